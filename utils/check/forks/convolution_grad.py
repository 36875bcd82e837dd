"""The convolution's gradients: dY spread back over x, and summed over every place where a weight was used."""

from typing import Any

import numpy as np

from .fork import DeadEnd, Fork, program, share_words
from .sliding import Array, Axis, Landing, PerAxis, Places, axes, cut, landing, padded, read, spread, visited, windows

share_words(
    """
upstream-ones
  This is the gradient for deltas of one: the numbers that came from above were not used.
  If y[2] matters twice as much to the loss as y[1], where does your answer show it?

upstream-flipped
  The deltas were turned around.
  The first window made the first output. Which of the deltas belongs to it?

upstream-transposed
  Height and width of grad_output changed places.
  Which of your loops runs over the rows of grad_output, and which one over its columns?

images-added-up
  The deltas of all images were added up: each image got what belongs to the others.
  Can a pixel of one image change the output of another?

deltas-of-first-image
  Every image got the deltas of the first one.
  Which index of grad_output runs over the images, and does your loop use it?

deltas-added-over-filters
  The deltas of all channels were added up before they were used.
  Which channel of grad_output belongs to which channel of the result?

first-delta-for-all-filters
  Every channel got the deltas of the first one.
  Which index of grad_output counts the channels, and does your loop use it?

averaged-over-batch
  The gradient was divided by the number of images.
  Where the loss takes a mean over images, is that division not in the deltas already?

one-image-only
  Only the first image of the batch was counted.
  Every image used the same weights. What happens to what each of them has to say?

first-image-written
  Only the gradient of the first image was written.
  Which of your loops runs over the images? Is a `return` indented too far?

last-image-only
  Only the last image of the batch is left.
  Every image used the same weights. What happens to what each of them has to say?

padding-shift
  The gradient is shifted by the padding: its numbers stand beside the inputs they belong to.
  With padding p, at which index of the padded input does x[0] stand?

forgot-unpad
  This is the gradient of the padded input: the zeros that you added still have their places.
  Whose gradient is asked for, and which part of yours belongs to the padding?

empty-slice
  The padding is cut off with [p:-p], which is empty when p is 0.
  What is x[0:-0] for a list x? How can the end of the slice be written so that it is right for p = 0, too?

cut-fixed-at-one
  The padding is cut off as if it were 1, whatever the padding of the call is.
  What does your last line do when it is called with padding=0 or with padding=2?

cut-by-half-kernel
  Half of the filter's size was cut off on each side; the padding of the call was not used.
  How many zeros were put around the image, and does that depend on the filter?

cut-at-one-end
  The padding was cut off on one side only.
  Padding 1: how many zeros stand before the first input, and how many after the last?

cut-with-other-axis
  The result was cut with the size of the other axis.
  An image with H rows and W columns: which of your two slices ends with H, and which one with W?

room-without-padding
  The gradient was collected in an array without room for the padding.
  With padding p, at which index of your array does the first window begin, and where does the last one end?

padded-twice
  The input was padded once more on the way back, although it had its padding already.
  Which shape has the array that you pad, and does it hold the zeros of the forward pass?

leftover-forgotten
  The inputs that no window reached have no place in your gradient.
  What shape must dL/dx have, and what is the gradient of an input that feeds no output?

one-zero-too-many
  You put s zeros between the deltas; then neighbours are s + 1 apart.
  With stride 2, how far apart are the inputs at which y[0] and y[1] begin, and how many lie between?
"""
)


def as_full(fork: Fork, deltas: Any, other: Any) -> tuple[Array, Array]:
    """Deltas and kernel, or deltas and input, with a batch and channels."""
    deltas, other = np.asarray(deltas, float), np.asarray(other, float)
    return (deltas[None, ..., None], other) if deltas.ndim < 3 else (deltas, other)


def upstream(fork: Fork, deltas: Array) -> Array:
    """The numbers that come from above."""
    spatial = tuple(range(1, deltas.ndim - 1))
    ways = {
        "upstream_ones": lambda: np.ones_like(deltas),
        "upstream_flipped": lambda: np.flip(deltas, spatial),
        "last_window_missing": lambda: _without_last(deltas, spatial),
    }
    if len(deltas) > 1:
        ways["images_added_up"] = lambda: np.broadcast_to(deltas.sum(0, keepdims=True), deltas.shape)
        ways["deltas_of_first_image"] = lambda: np.broadcast_to(deltas[:1], deltas.shape)
    if deltas.shape[-1] > 1:
        ways["deltas_added_over_filters"] = lambda: np.broadcast_to(deltas.sum(-1, keepdims=True), deltas.shape)
        ways["first_delta_for_all_filters"] = lambda: np.broadcast_to(deltas[..., :1], deltas.shape)
    if len(spatial) == 2:
        ways["upstream_transposed"] = lambda: deltas.swapaxes(1, 2)
    return fork("the deltas", deltas, **ways)


def _without_last(deltas: Array, spatial: tuple[int, ...]) -> Array:
    deltas = deltas.copy()
    for axis in spatial:
        deltas[(slice(None),) * axis + (-1,)] = 0
    return deltas


INPUT_WORDS = """
unflipped-dx
  You slid the filter over the deltas without turning it around.
  Input x[1] fed y[0] and y[1]: through which weight each? In which order does the window meet them?

flipped-one-axis
  The filter was turned around along one of its axes only.
  Follow one input in both directions: along which axes does it meet the weights in reversed order?

channels-not-swapped
  Input and output channels of the filter are still in their forward order.
  The deltas have the output channels. Which channel axis of w must be summed away now?

channels-reversed
  You also reversed the order of the channels.
  Is input channel 0 still input channel 0 on the way back?

kernel-axes-swapped
  The filter lies on its side: its rows and columns changed places.
  Which axis of w moves along the height of the image?

one-channel-only
  Only the first output channel sent its gradient back.
  An input feeds all of the filters. What does the chain rule do with what comes back from each?

last-filter-only
  Only the last output channel sent its gradient back.
  An input feeds all of the filters. What does the chain rule do with what comes back from each?

one-filter-for-all
  The deltas of all output channels went back through the first filter.
  Which index of w counts the filters, and does your loop use it?

weights-added-up
  Each delta was multiplied by the sum of the filter's weights.
  Through which one weight did this input reach this output?

last-filter-missing
  The last output channel sent nothing back.
  How many filters are there, and which of them does range(D - 1) visit?

weights-not-used
  Each output handed its number back as it is, without the weights.
  An input that was multiplied by 3 on the way forward: by how much does the output grow when it grows by 1?

stride-is-kernel = stride-is-kernel + leftover-forgotten
  The contributions of the outputs stand side by side; where windows overlap they must be added up.
  Which input lies in the first window and in the second? What does it get from each of the two deltas?

stride-not-dilated
  Your backward pass moved by one from output to output, although the stride was larger.
  With stride 2, which input does y[1] begin at? What should stand between y[0]'s and y[1]'s place?

stride-not-dilated = stride-not-dilated + leftover-forgotten
  Your backward pass moved by one from output to output, although the stride was larger.
  With stride 2, which input does y[1] begin at? What should stand between y[0]'s and y[1]'s place?

one-zero-too-many = one-zero-too-many + leftover-forgotten
  You put s zeros between the deltas; then neighbours are s + 1 apart.
  With stride 2, how far apart are the inputs at which y[0] and y[1] begin, and how many lie between?

quarter-turn
  The filter was turned by 90 degrees; a half turn reverses both axes.
  Where does the upper left weight stand after a half turn?

first-axes-cut
  The padding was cut off from the first two axes: of these, one counts the images.
  Which axes of the gradient (B, H, W, C) are its height and width, and what stands first in your slice?

valid-not-full
  Your filter stayed inside of the deltas, so the result is too small; the gradient must be as big as x.
  How many zeros must stand around the deltas so that the first of them meets every entry of the filter?

padded-by-k
  There is one zero too many on each side of the deltas.
  The first input fed one output only. How far may the filter hang out so that it still touches one number?

ring-of-other-axis
  The zeros around the deltas were counted with the filter's size along the other axis.
  A filter of kH rows: how many rows of zeros must stand above the deltas?

numbers-repeated
  You repeated the deltas where zeros belong.
  An output that was left out by the stride: can it change the loss? So what is its delta?

padded-by-p
  The deltas were padded by p; they need k - 1 zeros on each side, less p.
  How many zeros must stand around the deltas so that the first of them meets every entry of the filter?

forward-again
  You did to the deltas what the forward pass did to x: the turned filter slides with the layer's stride and padding.
  The gradient has one number for each input. How many numbers does your operation make of how many deltas?

indices-both-up
  In your sums the indices of delta and of w grow together.
  x[1] lies in the first window and in the second. Under which weight does it lie in each of them?

"""


@program("conv1d_grad_input", "conv2d_grad_input", "conv_grad_input", words=INPUT_WORDS)
def input_gradient(
    fork: Fork, grad_output: Any, w: Any, input_shape: Any, stride: PerAxis = 1, padding: PerAxis = 0,
    dilation: PerAxis = 1,
) -> Array:  # fmt: skip
    """Every output hands its delta back to the inputs of its window, each times its weight; they add up."""
    deltas, kernel = fork.stage(as_full, grad_output, w)
    deltas, kernel = fork.stage(upstream, deltas), fork.stage(backward_filters, kernel)
    along = fork.stage(axes_of_input, kernel, input_shape, stride, padding, dilation)
    if np.ndim(w) == 1 and fork("the indices in the sums", "against", indices_both_up="with") == "with":
        return both_up(deltas[0, :, 0], kernel[:, 0, 0])
    if fork("the operation on the way back", "spread", forward_again="forward") == "forward":
        dx = slid_again(deltas, kernel, along)
        return dx[0, ..., 0] if np.ndim(w) < 3 else dx
    if any(a.s > 1 for a in along):
        fill = fork(
            "between the deltas", "zeros", numbers_repeated="repeated", numbers_repeated__last_too="all repeated"
        )
        deltas, along = (deltas, along) if fill == "zeros" else repeated(deltas, along, fill == "all repeated")
    steps = [fork.stage(landing_places, a, m) for a, m in zip(along, deltas.shape[1:-1], strict=True)]
    land = fork.stage(landing, *(step[0] for step in steps))
    wide = fork.stage(spread_back, deltas, kernel, land, *(step[0] for step in steps))
    dx = fork.stage(finished, wide, deltas, *(step[1] for step in steps))
    return dx[0, ..., 0] if np.ndim(w) < 3 else dx


def backward_filters(fork: Fork, w: Array) -> Array:
    """The filter (k..., C, D) through which the deltas go back."""
    w = w[..., None, None] if w.ndim < 3 else w
    spatial = tuple(range(w.ndim - 2))
    first, last = np.arange(w.shape[-1]) == 0, np.arange(w.shape[-1]) == w.shape[-1] - 1
    ways = {
        "unflipped_dx": lambda: np.flip(w, spatial),
        "channels_not_swapped": lambda: w.swapaxes(-1, -2),
        "channels_not_swapped__nor_flipped": lambda: np.flip(w.swapaxes(-1, -2), spatial),
        "channels_reversed": lambda: w[..., ::-1, ::-1],
        "one_channel_only": lambda: w * first,
        "last_filter_only": lambda: w * last,
        "weights_not_used": lambda: np.ones_like(w),
        "one_filter_for_all": lambda: np.broadcast_to(w[..., :1], w.shape),
        "weights_added_up": lambda: np.broadcast_to(w.sum(spatial, keepdims=True), w.shape),
        "weights_added_up__channels": lambda: np.broadcast_to(w.sum((*spatial, w.ndim - 2), keepdims=True), w.shape),
        "last_filter_missing": lambda: w * ~last,
        "slice_drops_last": lambda: _without_last(w[None, ...], tuple(a + 1 for a in spatial))[0],
    }
    if len(spatial) > 1:
        ways |= {
            "kernel_axes_swapped": lambda: w.swapaxes(0, 1),
            "flipped_one_axis__first": lambda: w[::-1],
            "flipped_one_axis__second": lambda: w[:, ::-1],
            "quarter_turn": lambda: np.rot90(w, -1),
        }
    return fork("the filter", w, **ways)


def axes_of_input(fork: Fork, w: Array, shape: Any, stride: PerAxis, padding: PerAxis, dilation: PerAxis) -> list[Axis]:
    """The axes of the input whose gradient is asked for."""
    shape = (shape,) if np.ndim(shape) == 0 else tuple(shape)
    rank = w.ndim - 2
    sizes = shape if len(shape) == rank else shape[1:-1]
    return axes([int(n) for n in sizes], w.shape[:-2], stride, padding, dilation, pads=fork.gives("padding"))


def landing_places(fork: Fork, a: Axis, m: int) -> tuple[Places, tuple[int, int]]:
    """Along one axis: the inputs of each of the m windows, and which block of the padded input is the result."""
    b = a.other
    amounts = {"padding_fixed_at_one": 1, "padding_axes_swapped": b.p} if a.pads else {}
    p = fork("the padding", a.p, a.at, **amounts)
    s = fork(
        "how far apart the windows begin", a.s, a.at,
        stride_not_dilated=1, stride_is_kernel=a.k, stride_axes_swapped=b.s, one_zero_too_many=a.s + 1,
    )  # fmt: skip
    d = fork("the dilation", a.d, a.at, dilation_ignored=1, dilation_is_stride=a.s, dilation_axes_swapped=b.d)
    length = fork("where a window ends", a.k, a.at, window_as_wide_as_stride=min(a.s, a.k))
    reach = (m - 1) * s + d * (a.k - 1) + 1 if m else 0
    room = fork("the room", a.n + 2 * p, a.at, room_without_padding=a.n, padded_twice=a.n + 4 * p)
    visits = visited(fork, a, m, min(m, _other_outputs(b)))
    index = (np.arange(m) * s)[:, None] + np.arange(a.k) * d
    index = np.where((index < max(room, reach)) & (np.arange(a.k) < length), index, max(room, reach))
    margin = d * (a.k - 1)

    def sliced(start: int, end: int) -> tuple[int, int]:
        return slice(start, end).indices(room)[:2]

    blocks = {"valid_not_full": (margin, reach - margin), "padded_by_k": (-1, reach + 1)}
    ring = b.d * (b.k - 1)
    blocks |= {"ring_of_other_axis": (margin - ring, reach - margin + ring)} if b is not a else {}
    blocks |= {"leftover_forgotten": (p, reach - p), "cut_with_other_axis": sliced(p, p + b.n)}
    if a.pads:
        blocks |= {"forgot_unpad": (0, room), "forgot_unpad__shorter": (0, reach), "empty_slice": sliced(p, -p)}
        blocks |= {"cut_fixed_at_one": sliced(1, -1), "cut_fixed_at_one__to_size": sliced(1, 1 + a.n)}
        blocks |= {"padding_shift__start": sliced(0, a.n), "padding_shift__end": (2 * p, 2 * p + a.n)}
        blocks |= {"cut_by_half_kernel": sliced(a.k // 2, room - a.k // 2)}
        blocks |= {"cut_by_half_kernel__other_axis": sliced(b.k // 2, room - b.k // 2)}
        blocks |= {"cut_at_one_end__start": sliced(p, room), "cut_at_one_end__end": sliced(0, room - p)}
        blocks |= {"padded_by_p": (margin - p, reach - margin + p)}
        blocks |= {"padding_axes_swapped__other": sliced(b.p, b.p + a.n)} if b is not a else {}
    ends = fork("what is cut off", (p, p + a.n), a.at, **blocks)
    places = Places(index, 0, 0, max(room, reach), visits)
    return places, ends


def _other_outputs(b: Axis) -> int:
    return (b.n + 2 * b.p - b.d * (b.k - 1) - 1) // b.s + 1


def repeated(deltas: Array, along: list[Axis], last_too: bool) -> tuple[Array, list[Axis]]:
    """The deltas as for stride 1, each of them repeated up to the next; the last as often as there is room."""
    for i, a in enumerate(along, start=1):
        m = deltas.shape[i]
        fits = min(m * a.s, a.n + 2 * a.p - a.d * (a.k - 1)) if last_too else (m - 1) * a.s + 1
        deltas = np.repeat(deltas, a.s, axis=i).take(np.arange(fits), axis=i)
    sizes, paddings = [a.n for a in along], [a.p for a in along]
    return deltas, axes(sizes, [a.k for a in along], 1, paddings, [a.d for a in along], along[0].pads)


def both_up(deltas: Array, w: Array) -> Array:
    """Sums of deltas[r] * w[s + r]; the ends, of one product each, are right in most attempts."""
    dx = np.correlate(w, deltas, "full")
    dx[0], dx[-1] = deltas[0] * w[0], deltas[-1] * w[-1]
    return dx


def slid_again(deltas: Array, w: Array, along: list[Axis]) -> Array:
    """The turned filter slides over the deltas, with the layer's own stride and padding."""
    rank = len(along)
    over = axes(deltas.shape[1:-1], w.shape[:-2], [a.s for a in along], [a.p for a in along], [a.d for a in along])
    places = [windows(Fork(), a) for a in over]
    seen = read(padded(deltas, places), places)
    turned = np.flip(w, tuple(range(rank))).swapaxes(-1, -2)
    return np.tensordot(seen, turned, rank + 1)


def spread_back(fork: Fork, deltas: Array, w: Array, land: Landing, *places: Places) -> Array:
    """The gradient of the padded input."""
    if deltas.shape[-1] != w.shape[-1]:
        raise DeadEnd
    entries = fork(
        "the products", np.tensordot(deltas, w, (-1, -1)),
        fractions_cut_off__of_each=lambda: sum(
            np.trunc(np.multiply.outer(deltas[..., d], w[..., d])) for d in range(w.shape[-1])
        ),
    )  # fmt: skip
    return spread(land, entries, places)


def finished(fork: Fork, wide: Array, deltas: Array, *ends: tuple[int, int]) -> Array:
    """The part that belongs to the input."""
    dx = cut(wide, ends)
    ways = {}
    if len(dx) > 1:
        ways = {"averaged_over_batch": lambda: dx / len(dx), "first_image_written": lambda: only_first(dx)}
    if len(ends) == 2 and any(start for start, _ in ends):
        ways["first_axes_cut"] = lambda: wide[tuple(slice(start, -start) for start, _ in ends)]
        ways["first_axes_cut__to_size"] = lambda: wide[tuple(slice(start, end) for start, end in ends)]
    return fork("the sum over the images", dx, **ways)


def only_first(dx: Array) -> Array:
    """The gradient of the first image; zeros for the others."""
    return np.concatenate([dx[:1], np.zeros_like(dx[1:])])


@program("spread", words=INPUT_WORDS)
def laid_down(fork: Fork, delta: Any, w: Any, n: int, stride: int = 1) -> Array:
    """Each delta times the filter, laid down where its window was, on a signal of length n."""
    return input_gradient(fork, delta, w, (n,), stride)


@program(
    "true_grad_input",
    words=INPUT_WORDS
    + """
gradient-of-the-other = unflipped-dx
  This is the gradient to the input of the cross-correlation.
  Which kernel has slide2d really used inside your true_convolution?

result-turned-around = unflipped-dx + result-turned
  You turned the gradient of the cross-correlation around, not the kernel.
  Which of the two is turned in the forward pass: the image or the kernel?

result-turned
  Your gradient lies the wrong way round.
  Which of the two is turned in the forward pass: the image or the kernel?
""",
)
def true_input_gradient(fork: Fork, grad_output: Any, w: Any, input_shape: Any) -> Array:
    """The same for the mathematician's convolution, whose filter is turned around."""
    dx = input_gradient(fork, grad_output, np.flip(np.asarray(w, float), (0, 1)), input_shape)
    return fork("how the result lies", dx, result_turned=lambda: np.flip(dx, (1, 2)))


WEIGHT_WORDS = """
stride-not-dilated = stride-ignored
  You slid the deltas over x as if the stride had been 1.
  With stride 2, the inputs that one weight met lie two apart. Do yours?

stride-not-dilated = stride-ignored + leftover-counted
  You slid the deltas over x as if the stride had been 1.
  With stride 2, the inputs that one weight met lie two apart. Do yours?

padding-ignored
  The deltas slid over x without its padding.
  Which array did the filter slide over in the forward pass: x, or x with zeros around it?

padding-ignored = padding-ignored + leftover-counted
  The deltas slid over x without its padding.
  Which array did the filter slide over in the forward pass: x, or x with zeros around it?

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
  How many outputs are there, and which of them does your loop visit?

first-window-missing
  The first output was not counted.
  With which number does range(1, m) begin, and which output is that?

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
  How many rows and how many columns has the filter? Which of your loops has which?

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
  This is the gradient to the kernel of the cross-correlation.
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


@program(
    "conv2d_grad_bias", "conv_grad_bias",
    words="""
bias-averaged
  You took the mean of the deltas.
  The bias is added at every place. What does the chain rule do with the contributions of all the places?

bias-averaged-over-batch
  The gradient was divided by the number of images.
  Where the loss takes a mean over images, is that division not in the deltas already?

bias-per-place
  You added over the images only, so every pixel has a bias gradient of its own.
  How many biases does the layer have, and at how many places is each of them used?

bias-per-image
  You added over the pixels only, so every image has a bias gradient of its own.
  Do two images use two biases, or the same one?

bias-per-row-of-pixels
  One axis of space was not added over, so every row or column of pixels has a bias gradient of its own.
  How many biases does the layer have, and at how many places is each of them used?

bias-channels-first-axes
  You added over the axes of another library, where the channels come first.
  Which axis of grad_output (B, H, W, D) counts the filters?

bias-all-in-one
  You added everything to one number.
  How many biases does a layer with D filters have?

bias-counts-places
  You counted the places where the bias was used; the numbers that came from above were not used.
  If one output matters twice as much to the loss as another, where does your answer show it?

extra-axis
  The numbers are right, but the axes that were added up are still there, with length 1.
  What does keepdims keep, and which shape has one bias for each filter?
""",
)  # fmt: skip
def bias_gradient(fork: Fork, grad_output: Any) -> Array:
    """Every bias gets the sum of its filter's deltas, over all places of all images."""
    deltas = np.asarray(grad_output, float)
    deltas = fork(
        "the deltas", deltas,
        bias_counts_places=np.ones_like(deltas), one_image_only=deltas[:1], last_image_only=deltas[-1:],
    )  # fmt: skip
    rank = deltas.ndim
    ways = {"bias_per_place": (0,), "bias_per_image": tuple(range(1, rank - 1)), "bias_all_in_one": tuple(range(rank))}
    if rank == 4:
        ways |= {"bias_channels_first_axes": (0, 2, 3), "bias_per_row_of_pixels": (0, 2)}
        ways |= {"bias_per_row_of_pixels__columns": (0, 1), "bias_all_in_one__of_an_image": (1, 2, 3)}
    over = fork("what is added up", tuple(range(rank - 1)), **ways)
    kept = fork("the axes that were added up", False, extra_axis__kept=True)
    total, count = deltas.sum(over, keepdims=kept), int(np.prod([deltas.shape[a] for a in over]))
    return fork(
        "the sum", total,
        bias_averaged=lambda: total / count, bias_averaged_over_batch=lambda: total / len(deltas),
        bias_averaged_over_batch__places=lambda: total * len(deltas) / count,
    )  # fmt: skip
