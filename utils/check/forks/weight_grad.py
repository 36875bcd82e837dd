"""The convolution's gradient to its kernel: summed over every place where a weight was used."""

from typing import Any

import numpy as np

from .fork import DeadEnd, Fork, program
from .sliding import Array, Axis, PerAxis, Places, axes, padded, read, windows
from .upstream import as_full, upstream

WEIGHT_WORDS = """
stride-not-dilated = stride-ignored
stride-not-dilated = stride-ignored + leftover-counted
  You slid the deltas over x as if the stride had been 1.
  With stride 2, the inputs that one weight met lie two apart. Do yours?

padding-ignored
  The deltas slid over x without its padding.
  Which array did the filter slide over in the forward pass: x, or x with zeros around it?

padding-ignored = padding-ignored + leftover-counted
  The deltas slid over x without its padding.
  Which array did the filter slide over in the forward pass: x, or x with zeros around it?

deltas-slid-by-stride = stride-ignored + dilation-is-stride
deltas-slid-by-stride = stride-ignored + dilation-is-stride + leftover-counted
  Your deltas slide over the image by the layer's stride; they should lie that far apart, and slide by one.
  With stride 2, the inputs that one weight met lie two apart. Do yours?

flipped-dw
  Your gradient is right but lies the wrong way round: it belongs to a true convolution.
  The first weight met x[0] when y[0] was made. Which entries of x belong to dL/dw[0]?

flipped-one-axis
  Your result was turned along one axis.
  The first weight met x[0] when y[0] was made. Which entries of x belong to dL/dw[0]?

channels-swapped-dw
  Input and output channels of the result changed places.
  w is (..., C, D): which of the two does x bring, and which one do the deltas?

channels-reversed
  You also reversed the order of the channels.
  Is input channel 0 still input channel 0 on the way back?

kernel-axes-swapped
  Rows and columns of the result changed places.
  Which axis of the kernel moves along the height of the image?

averaged-over-places
  You took the mean over the places where the weight was used.
  One weight is used at many places. What does the chain rule do with their contributions?

last-window-missing
  The last output was not counted.
  How many outputs are there, and which of them did you use?

first-window-missing
  The first output was not counted.
  Which output comes first, and where does your answer (or your loop) use it?

channels-added-up
  The input's channels were added up before they met the deltas: each of them got the same numbers.
  The weights of channel c met one channel of x only. Which one?

one-channel-index
  One channel index serves both arrays: filter d got what belongs to another filter, or to another input channel.
  dw[..., c, d]: at which of the two indices is x read, and at which one the deltas?

one-channel-only
  Every input channel got the numbers of the first one.
  Which index of x counts the channels, and does your loop use it?

inputs-of-first-image
  The deltas of every image met the inputs of the first one.
  Which index of x runs over the images, and does your loop use it?

last-image-missing
  The last image of the batch was not counted.
  How many images are there, and which of them does range(B - 1) visit?

first-image-missing
  The first image of the batch was not counted.
  With which number does range(1, B) begin, and which image is that?

only-last-window
  Each output wiped out what the earlier ones had left: only the last one counts.
  One weight is used by every output. What does the chain rule do with their contributions?

only-first-window
  Only the first output was counted.
  One weight is used by every output. What does the chain rule do with their contributions?

upstream-flipped
  You turned the deltas around before sliding them over x.
  dL/dw[0] is a sum over outputs: which x goes with the first delta, and which with the second?

input-turned-around
  The input was turned around.
  The first weight met x[0] when y[0] was made. Which entries of x belong to dL/dw[0]?

last-filter-only
  Only the last filter got a gradient.
  In which of your loops does the line stand that adds, and which filters does it see?

loop-of-other-axis
  Your loop over the filter runs as far as the filter is long along its other axis.
  How many rows and how many columns does the filter have? Which of your loops has which?

inputs-not-used
  You added up the deltas; the inputs that the weight met were not used. This is the gradient of a bias.
  y = w x: if w grows by 1, by how much does y grow?

"""


@program("conv1d_grad_weight", "conv2d_grad_weight", "conv_grad_weight", words=WEIGHT_WORDS)
def weight_gradient(
    fork: Fork, grad_output: Any, x: Any, kernel_shape: Any, stride: PerAxis = 1, padding: PerAxis = 0,
    dilation: PerAxis = 1,
) -> Array:  # fmt: skip
    """Each weight gets the sum, over all outputs of all images, of the delta times the input that it met there."""
    deltas, image = fork.stage(as_full, grad_output, x)
    image = fork.stage(input_image, image)
    deltas = fork.stage(upstream, deltas)
    along = fork.stage(axes_of_weights, image, kernel_shape, stride, padding, dilation)
    places = [fork.stage(windows_of_weights, a, m) for a, m in zip(along, deltas.shape[1:-1], strict=True)]
    seen = fork.stage(seen_through, image, *places)
    dw = fork.stage(meeting, seen, deltas)
    dw = fork.stage(laid_out, dw)
    return dw[..., 0, 0] if np.ndim(x) < 3 else dw


def input_image(fork: Fork, x: Array) -> Array:
    """The input, with a batch and channels."""
    x = x[None, ..., None] if x.ndim < 3 else x
    return fork("the order of the inputs", x, input_turned_around=lambda: np.flip(x, tuple(range(1, x.ndim - 1))))


def axes_of_weights(
    fork: Fork, x: Array, shape: Any, stride: PerAxis, padding: PerAxis, dilation: PerAxis
) -> list[Axis]:
    """The axes along which the kernel slid."""
    shape = (shape,) if np.ndim(shape) == 0 else tuple(shape)
    rank = x.ndim - 2
    return axes(x.shape[1:-1], [int(k) for k in shape[:rank]], stride, padding, dilation, pads=fork.gives("padding"))


def windows_of_weights(fork: Fork, a: Axis, m: int) -> Places:
    """The windows that made the m outputs."""
    return windows(fork, a, count=m, weights=True)


def seen_through(fork: Fork, x: Array, *places: Places) -> Array:
    """What every weight met at every output."""
    seen = read(padded(x, places), places)
    ways = {}
    if seen.shape[-1] > 1:
        ways["channels_added_up"] = lambda: np.broadcast_to(seen.sum(-1, keepdims=True), seen.shape)
        ways["one_channel_only"] = lambda: np.broadcast_to(seen[..., :1], seen.shape)
    if len(seen) > 1:
        ways["inputs_of_first_image"] = lambda: np.broadcast_to(seen[:1], seen.shape)
    return fork("the inputs", seen, inputs_not_used=lambda: np.ones_like(seen), **ways)


def meeting(fork: Fork, seen: Array, deltas: Array) -> Array:
    """The sum of inputs times deltas: (window..., C, D)."""
    rank = deltas.ndim - 2
    outer, window = seen.shape[: 1 + rank], seen.shape[1 + rank :]
    if outer != deltas.shape[:-1]:
        raise DeadEnd
    for axis, at in enumerate(("along the height", "along the width")[:rank] if rank == 2 else ("",) * rank, start=1):
        m = outer[axis]
        ends = fork(
            "which outputs are counted", (0, m), at,
            last_window_missing=(0, m - 1), first_window_missing=(1, m),
        )  # fmt: skip
        if ends != (0, m):
            deltas = deltas.copy()
            deltas[(slice(None),) * axis + (np.r_[0 : ends[0], ends[1] : m],)] = 0
    images, places = outer[0], int(np.prod(outer[1:]))
    met = seen.reshape(images, places, -1)
    came = deltas.reshape(images, places, -1)

    def total(image: slice = slice(None), place: slice = slice(None)) -> Array:
        one, two = met[image, place], came[image, place]
        product = one.reshape(-1, one.shape[-1]).T @ two.reshape(-1, two.shape[-1])
        return product.reshape(*window, deltas.shape[-1])

    return fork(
        "the sum over outputs and images", total,
        averaged_over_batch=lambda: total() / images, averaged_over_places=lambda: total() / places,
        averaged_over_places__images=lambda: total() / (places * images),
        one_image_only=lambda: total(slice(1)), last_image_only=lambda: total(slice(-1, None)),
        only_last_window=lambda: total(place=slice(-1, None)), only_first_window=lambda: total(place=slice(1)),
        only_last_window__of_all=lambda: total(slice(-1, None), slice(-1, None)),
        last_image_missing=lambda: total(slice(-1)), first_image_missing=lambda: total(slice(1, None)),
        fractions_cut_off__of_each=lambda: (
            np.trunc(met[..., None] * came[:, :, None]).sum((0, 1)).reshape(*window, deltas.shape[-1])
        ),
    )  # fmt: skip


def laid_out(fork: Fork, dw: Array) -> Array:
    """The result (k..., C, D) as it is handed back."""
    spatial = tuple(range(dw.ndim - 2))
    ways = {
        "last_filter_only": lambda: dw * (np.arange(dw.shape[-1]) == dw.shape[-1] - 1),
        "flipped_dw": lambda: np.flip(dw, spatial),
        "channels_swapped_dw": lambda: dw.swapaxes(-1, -2),
        "channels_reversed": lambda: dw[..., ::-1, ::-1],
        "one_channel_index__of_the_deltas": lambda: _of_one_channel(dw, -1),
        "one_channel_index__of_x": lambda: _of_one_channel(dw, -2),
    }
    if len(spatial) > 1:
        ways |= {
            "kernel_axes_swapped": lambda: dw.swapaxes(0, 1),
            "flipped_one_axis__first": lambda: dw[::-1],
            "flipped_one_axis__second": lambda: dw[:, ::-1],
            "loop_of_other_axis__rows": lambda: _looped(dw, dw.shape[1], dw.shape[1]),
            "loop_of_other_axis__columns": lambda: _looped(dw, dw.shape[0], dw.shape[0]),
        }
    return fork("how the result lies", dw, **ways)


def _of_one_channel(dw: Array, axis: int) -> Array:
    """dw[..., c, c], or dw[..., d, d], for every (c, d)."""
    same = np.arange(dw.shape[-3 - axis])  # the other one of the two counts
    if not 1 < len(same) <= dw.shape[axis]:
        raise DeadEnd
    return np.broadcast_to(np.expand_dims(dw[..., same, same], axis), dw.shape)


def _looped(dw: Array, rows: int, columns: int) -> Array:
    """The part that loops over so many rows and columns write."""
    if rows > dw.shape[0] or columns > dw.shape[1]:
        raise DeadEnd
    part = np.zeros_like(dw)
    part[:rows, :columns] = dw[:rows, :columns]
    return part


@program(
    "true_grad_weight",
    words=WEIGHT_WORDS
    + """
gradient-of-the-other = flipped-dw
  This is the gradient of the cross-correlation with respect to its kernel.
  Your number for the upper left corner: did it come from the turned kernel or from w itself?

upstream-flipped = upstream-flipped + flipped-dw
  You used the same operation as in the forward pass: it has turned the deltas around.
  The judge had the numbers of x sliding under delta, as delta is, in another order. Which order?

input-turned-around = input-turned-around + flipped-dw
  You turned the input around in place of the result.
  The first weight of the turned kernel is the last one of w. What does that say about the result?
""",
)
def true_weight_gradient(fork: Fork, grad_output: Any, x: Any, kernel_shape: Any) -> Array:
    """The same for the mathematician's convolution: the result is turned around."""
    return np.flip(weight_gradient(fork, grad_output, x, kernel_shape), (0, 1))
