"""The convolution's gradient to its input: every delta laid down over x with the kernel's weights."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .fork import DeadEnd, Fork, program
from .landing import Landing, cut, landing, spread
from .sliding import Array, Axis, PerAxis, Places, axes, padded, read, visited, windows
from .upstream import as_full, upstream, without_last

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

channels-added-up
  Every input channel got the sum of what belongs to each of them.
  Which axes should your sum run over, and is the input channel one of them?

first-weights-for-all-channels
  Every input channel got its gradient through the weights of the first one.
  Which index of w counts the input channels, and does your loop use it?

turned-with-channels
  A channel axis of the filter was turned around, and one of its rows and columns was not.
  Which two axes of your filter count its rows and columns? Those are turned.

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

cut-off-by-one
  Your result ends one number too late, or one too early.
  How many inputs are there, and which deltas reach the last one?

cut-to-output
  The result was cut to the size of the output; the gradient must be as big as x.
  Of which array is this the gradient, and how many rows and columns has that one?

valid-not-full
  Your filter stayed inside of the deltas, so the result is too small; the gradient must be as big as x.
  How many zeros must stand around the deltas so that the first of them meets every entry of the filter?

padded-by-k
  There is one zero too many on each side of the deltas.
  The first input fed one output only. How far may the filter hang out so that it still touches one number?

ring-too-narrow
  The ring of zeros around the deltas is too narrow for this filter.
  How many zeros must stand around the deltas so that the first of them meets every entry of the filter?

ring-at-one-end
  The zeros stand at one end of the deltas only.
  How far may the filter hang out at the start, and how far at the end?

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
    landed = [fork.stage(landing_places, a, m) for a, m in zip(along, deltas.shape[1:-1], strict=True)]
    places = [axis.places for axis in landed]
    wide = fork.stage(spread_back, deltas, kernel, fork.stage(landing, *places), *places)
    kept = [fork.stage(block_kept, a, axis) for a, axis in zip(along, landed, strict=True)]
    dx = fork.stage(finished, wide, deltas, *kept)
    return dx[0, ..., 0] if np.ndim(w) < 3 else dx


def backward_filters(fork: Fork, w: Array) -> Array:
    """The filter (k..., C, D) through which the deltas go back."""
    bare = w.ndim < 3
    w = w[..., None, None] if bare else w
    spatial = tuple(range(w.ndim - 2))
    first, last = np.arange(w.shape[-1]) == 0, np.arange(w.shape[-1]) == w.shape[-1] - 1
    ways = {
        "unflipped_dx": lambda: np.flip(w, spatial),
        "channels_reversed": lambda: w[..., ::-1, ::-1],
        "one_channel_only": lambda: w * first,
        "last_filter_only": lambda: w * last,
        "weights_not_used": lambda: np.ones_like(w),
        "minus_lost": lambda: np.abs(w),
        "one_filter_for_all": lambda: np.broadcast_to(w[..., :1], w.shape),
        "weights_added_up": lambda: np.broadcast_to(w.sum(spatial, keepdims=True), w.shape),
        "weights_added_up__channels": lambda: np.broadcast_to(w.sum((*spatial, w.ndim - 2), keepdims=True), w.shape),
        "last_filter_missing": lambda: w * ~last,
        "slice_drops_last": lambda: without_last(w[None, ...], tuple(a + 1 for a in spatial))[0],
    }
    if not bare:
        ways["channels_not_swapped"] = lambda: w.swapaxes(-1, -2)
        ways["channels_not_swapped__nor_flipped"] = lambda: np.flip(w.swapaxes(-1, -2), spatial)
    if w.shape[-2] > 1:
        ways["channels_added_up"] = lambda: np.broadcast_to(w.sum(-2, keepdims=True), w.shape)
        ways["first_weights_for_all_channels"] = lambda: np.broadcast_to(w[..., :1, :], w.shape)
    if len(spatial) > 1:
        ways |= {
            "turned_with_channels": lambda: w[:, ::-1, ::-1],
            "turned_with_channels__filters": lambda: w[::-1, ::-1, ::-1, ::-1],
            "turned_with_channels__columns": lambda: w[::-1, :, ::-1],
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


@dataclass
class Landed:
    """Along one axis, `places`: where the windows land in the padded input.

    It has `room` numbers, with `p` zeros on each side. The windows reach the first `reach` of them, and each window
    `margin` beyond its own first.
    """

    places: Places
    p: int
    room: int
    reach: int
    margin: int


def landing_places(fork: Fork, a: Axis, m: int) -> Landed:
    """Along one axis: the inputs of each of the m windows."""
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
    places = Places(index, 0, 0, max(room, reach), visits)
    return Landed(places, p, room, reach, d * (a.k - 1))


def block_kept(fork: Fork, a: Axis, landed: Landed) -> tuple[int, int]:
    """Along one axis: which block of the padded input is the result."""
    b, p, room, reach, margin = a.other, landed.p, landed.room, landed.reach, landed.margin

    def sliced(start: int, end: int) -> tuple[int, int]:
        return slice(start, end).indices(room)[:2]

    blocks = {"valid_not_full": (margin, reach - margin), "padded_by_k": (-1, reach + 1)}
    ring = b.d * (b.k - 1)
    blocks |= {"ring_of_other_axis": (margin - ring, reach - margin + ring)} if b is not a else {}
    for way, ring in (("at_one", 1), ("half", a.k // 2)) if fork.gives("formula") else ():
        blocks |= {f"ring_too_narrow__{way}": (margin - ring, reach - margin + ring)} if ring < margin else {}
    if margin and fork.gives("formula"):
        blocks |= {"ring_at_one_end": (0, reach - margin), "ring_at_one_end__end": (margin, reach)}
    blocks |= {"leftover_forgotten": (p, reach - p), "cut_with_other_axis": sliced(p, p + b.n)}
    blocks |= {"cut_to_output": sliced(p, p + len(landed.places.index))} if a.at else {}
    if a.pads:  # else nobody cuts
        blocks |= {"cut_off_by_one": sliced(p, p + a.n + 1), "cut_off_by_one__less": sliced(p, p + a.n - 1)}
        blocks |= {"forgot_unpad": (0, room), "forgot_unpad__shorter": (0, reach), "empty_slice": sliced(p, -p)}
        blocks |= {"cut_fixed_at_one": sliced(1, -1), "cut_fixed_at_one__to_size": sliced(1, 1 + a.n)}
        blocks |= {"padding_shift__start": sliced(0, a.n), "padding_shift__end": (2 * p, 2 * p + a.n)}
        blocks |= {"cut_by_half_kernel": sliced(a.k // 2, room - a.k // 2)}
        blocks |= {"cut_by_half_kernel__other_axis": sliced(b.k // 2, room - b.k // 2)}
        blocks |= {"cut_at_one_end__start": sliced(p, room), "cut_at_one_end__end": sliced(0, room - p)}
        blocks |= {"padded_by_p": (margin - p, reach - margin + p)}
        blocks |= {"padding_axes_swapped__other": sliced(b.p, b.p + a.n)} if b is not a else {}
    return fork("what is cut off", (p, p + a.n), a.at, **blocks)


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
        ways = {"averaged_over_batch": lambda: dx / len(dx), "first_image_written": lambda: only_image(dx, 0)}
        ways["last_image_written"] = lambda: only_image(dx, -1)
    if len(ends) == 2 and any(start for start, _ in ends):
        ways["first_axes_cut"] = lambda: wide[tuple(slice(start, -start) for start, _ in ends)]
        ways["first_axes_cut__to_size"] = lambda: wide[tuple(slice(start, end) for start, end in ends)]
    return fork("the sum over the images", dx, **ways)


def only_image(dx: Array, image: int) -> Array:
    """The gradient of one image; zeros for the others."""
    kept = np.zeros_like(dx)
    kept[image] = dx[image]
    return kept


@program("spread", words=INPUT_WORDS)
def laid_down(fork: Fork, delta: Any, w: Any, n: int, stride: int = 1) -> Array:
    """Each delta times the filter, laid down where its window was, on a signal of length n."""
    return input_gradient(fork, delta, w, (n,), stride)


@program(
    "true_grad_input",
    words=INPUT_WORDS
    + """
gradient-of-the-other = unflipped-dx
  This is the gradient of the cross-correlation with respect to its input.
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
