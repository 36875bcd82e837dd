"""Pooling backward: where a window's gradient goes (Problem 5)."""

from functools import partial
from typing import Any

import numpy as np

from .fork import DeadEnd, Fork, program
from .input_grad import only_image
from .landing import Landing, cut, landing, only_last, spread
from .pooling import as_image, as_rows, axes_of, channels_mixed, with_two
from .sliding import Array, Axis, PerAxis, Places, padded, read, windows
from .upstream import upstream

_WORDS = """
overwrite-overlap
  Where windows overlap, the later one wiped out what the earlier one had left.
  A pixel that takes part in two windows: what does it get from each?

upstream-ones
  This is the gradient as if ones had come from above: the numbers that did come were not used.
  If one output matters twice as much to the loss as another, where does your answer show it?

grad-to-corner
  The first number of each window got the gradient.
  Which number of the window made the output?

stride-is-kernel
  Your windows lie side by side: the stride was not used on the way back.
  Where does the second window begin?

upstream-at-window
  You read grad_output at the place where the window begins, not at the place of the output.
  Which index has an output in grad_output: the window's number, or the pixel at which the window begins?
"""


def as_deltas(fork: Fork, deltas: Any) -> Array:
    """Deltas (B, outputs..., C)."""
    deltas = np.asarray(deltas, float)
    return deltas[None, ..., None] if deltas.ndim < 3 else deltas


def counted_windows(fork: Fork, a: Axis, m: int) -> Places:
    """The windows of the forward pass, as many as there are outputs."""
    return windows(fork, a, count=m)


def collected(fork: Fork, shares: Array, deltas: Array, land: Landing, *places: Places) -> Array:
    """The gradient: what every window hands back lands in the input, and the padding is cut off."""
    handed = shares * np.expand_dims(deltas, tuple(range(deltas.ndim - 1, deltas.ndim - 1 + len(places))))
    wide = spread(land, handed, places)
    ends = [(p.before, p.room - p.after) for p in places]
    ways = {"forgot_unpad": [(0, p.room) for p in places]} if any(p.before for p in places) else {}
    return by_image(fork, cut(wide, fork("what is cut off", ends, **ways)))


def by_image(fork: Fork, dx: Array) -> Array:
    """The gradient of all images."""
    if len(dx) == 1:
        return dx
    ways = {"averaged_over_batch": lambda: dx / len(dx), "first_image_written": lambda: only_image(dx, 0)}
    ways["last_image_written"] = lambda: only_image(dx, -1)
    return fork("the sum over the images", dx, **ways)


@program(
    "max_pool1d_grad", "max_pool2d_grad", "max_pool3d_grad", "max_pool_grad",
    words=_WORDS + """
max-tie-duplicated
  Where two numbers tie for the maximum, both got the whole gradient.
  If a window's output grows by 1, by how much can its inputs together take part? May it be counted twice?

handed-out-in-reading-order
  The deltas were handed out to the maxima in the order in which these stand in x: row by row of the whole image.
  The maximum of the second window may stand in a row above that of the first. Whose delta does it get from you?

equal-pixels-anywhere
  Every pixel that equals a window's maximum got its gradient, also outside of the window.
  Which pixels had a say in this output? Do you compare the window, or the whole image?

maximum-itself = upstream-ones + gradient-times-x
  You handed back the maximum itself, not the gradient.
  The output is 1 times the maximum. By how much does it grow when the maximum grows by 1?

grad-spread-evenly
  Every number of a window got an equal share; this is the gradient of average pooling.
  If a number that is not the maximum grows a little, does the output change?

grad-to-everyone
  Every number of a window got the whole gradient.
  If a number that is not the maximum grows a little, does the output change?

maximum-to-everyone
  Every number of a window got the maximum times the gradient.
  If a number that is not the maximum grows a little, does the output change?

blown-up-then-masked
  grad_output was blown up to the size of x and multiplied with one mask: each pixel has one number of it only.
  A pixel that is the largest of two windows: what does it get from each of them?

one-mask-for-all-windows
  The places of the maxima were marked in one array for all windows; where windows overlap, their marks get mixed up.
  A pixel may be the largest of one window and not of the next: can one mark for each pixel say both?

grad-to-smallest
  The smallest number of each window got the gradient.
  Which number of the window made the output?

grad-to-last
  The last number of each window got the gradient.
  Which number of the window made the output?

maximum-shared
  The maximum got only a part of the gradient: you divided by the size of the window.
  The output is 1 times the maximum. By how much does it grow when the maximum grows by 1?

row-and-column-exchanged
  The place of the maximum lies mirrored in its window: its row was taken for the column.
  np.unravel_index(5, (3, 3)) is (1, 2): which of the two is the row?

first-channel-chooses
  The place of the maximum was looked for in the first channel, and used in all of them.
  May two channels of one window have their maximum at different places?

first-image-chooses
  The place of the maximum was looked for in the first image, and used in all of them.
  May two images have the maximum of a window at different places?

pooled-over-channels
  The largest number was looked for in all channels at once.
  Do two channels of one pixel compete with each other, or does each have its own maximum?

pooled-over-everything
  The largest number was looked for in all images and channels at once.
  `.max()` without an axis: over which numbers does it run, and over which should it run here?

written-to-all-channels
  What belongs to one channel was written into all of them.
  Which index of your result runs over the channels, and does your loop use it there?

largest-size-not-value
  You compared the numbers without their signs.
  Which is larger, -5 or 3?

maximum-itself
  You handed back the maximum itself, not the gradient.
  The output is 1 times the maximum. By how much does it grow when the maximum grows by 1?

gradient-times-x
  You handed back the maximum itself times the gradient.
  The output is 1 times the maximum. By how much does it grow when the maximum grows by 1?

gradient-times-window
  You multiplied every number of the window with its gradient.
  If a number that is not the maximum grows a little, does the output change?

grad-to-others
  Every number but the largest got the gradient: the mask is turned around.
  If the largest number of a window grows a little, does the output change?

starts-with-x
  Your result began as a copy of x, and the gradients were added to it.
  What is the gradient of a pixel that no window takes as its largest?

tiled-not-repeated
  You laid copies of the whole grad_output side by side; each number should become a block of itself.
  Which output did the pixels (0, 0) and (0, 1) feed: the same one, or two?

one-number-for-each-window
  Your result has one number for each window; it should have one for each pixel.
  How large is x, and which of its pixels fed the first output?

window-at-own-pixel
  You asked each pixel whether it is the largest of a window that begins at that pixel.
  Where do the windows begin that the forward pass used, and in which of them does this pixel lie?

index-not-moved
  The place of the maximum was counted from the window's corner and then used in the whole image.
  The maximum lies at (0, 1) of a window that begins at (2, 2). Where does it lie in x?

place-half-used
  Only one of the two numbers that say where the maximum lies was used (or one of them twice).
  The maximum lies at (2, 1) of its window: which of your lines uses the 2, and which one the 1?

index-moved-by-one
  The place of a window's maximum was counted as if the windows began at 0, 1, 2, ... in the image.
  The maximum lies at (0, 1) of a window that begins at (2, 2). Where does it lie in x?

index-moved-by-kernel
  The place of a window's maximum was counted as if the windows lay side by side.
  Where in the image does window number i begin?

input-overwritten
  Your code writes into the window, and the window is a part of x: later windows see changed numbers.
  Is x[:, i:i+K, j:j+K] a new array, or a view of x? Where would a copy help?
""",
)  # fmt: skip
def max_pooling_gradient(
    fork: Fork, grad_output: Any, x: Any, kernel_size: PerAxis, stride: PerAxis | None = None, padding: PerAxis = 0
) -> Array:
    """The largest number of every window gets the window's delta; deltas add up."""
    deltas, image = fork.stage(as_deltas, grad_output), fork.stage(as_image, x)
    deltas = fork.stage(upstream, deltas)
    along = fork.stage(axes_of, image, kernel_size, stride, padding)
    places = [fork.stage(counted_windows, a, m) for a, m in zip(along, deltas.shape[1:-1], strict=True)]
    deltas = fork.stage(read_upstream, deltas, along)
    shares = fork.stage(shares_of_maximum, image, deltas, *places)
    land = fork.stage(landing, *places)
    dx = fork.stage(set_or_added, shares, deltas, image, land, *places)
    ways = with_two(lambda k, s: max_pooling_gradient(Fork(), grad_output, x, k, s, padding), kernel_size, stride)
    return fork("the numbers of the call", dx[0, ..., 0] if np.ndim(x) < 3 else dx, **ways)


def read_upstream(fork: Fork, deltas: Array, along: list[Axis]) -> Array:
    """The delta of every window."""
    return fork("which delta belongs to a window", deltas, upstream_at_window=lambda: _at_window(deltas, along))


def _at_window(deltas: Array, along: list[Axis]) -> Array:
    for axis, a in enumerate(along, start=1):
        index = np.arange(deltas.shape[axis]) * a.s
        if index.size and index[-1] >= deltas.shape[axis]:
            raise DeadEnd
        deltas = np.take(deltas, index, axis)
    return deltas


def shares_of_maximum(fork: Fork, x: Array, deltas: Array, *places: Places) -> Array:
    """What share of its window's delta each number gets: (B, outputs..., window..., C)."""
    rank = len(places)
    seen = read(padded(x, places, "zeros", -np.inf), places)
    flat = as_rows(seen, rank)
    taps = flat.shape[-2]

    def only(place: Any) -> Array:
        return (np.arange(taps)[:, None] == np.expand_dims(place, -2)).astype(float).reshape(seen.shape)

    first = only(flat.argmax(-2))
    corner = np.zeros(flat.shape[:-2] + flat.shape[-1:])
    window = seen.shape[1 + rank : 1 + 2 * rank]

    def largest() -> Array:
        return np.broadcast_to(flat.max(-2, keepdims=True), flat.shape).reshape(seen.shape)

    def tied() -> Array:
        return (seen == largest()).astype(float)

    def half(row: int, column: int) -> Array:
        """The place of the maximum with its row and its column, each taken from one of the two, or 0 (2)."""
        both = (*np.divmod(flat.argmax(-2), window[1]), 0)
        return only(both[row] * window[1] + both[column])

    def turned_place(place: Any) -> Any:
        """The row taken for the column."""
        return (place % window[1]) * window[1] + place // window[1]

    ways = {}
    if rank == 2 and window[0] == window[1]:
        ways["row_and_column_exchanged"] = lambda: only(turned_place(flat.argmax(-2)))
    if rank == 2 and window[0] == window[1] and fork.gives("formula"):  # nobody takes it apart by hand
        for way, (r, q) in {"row": (0, 2), "column": (2, 1), "row_twice": (0, 0), "column_twice": (1, 1)}.items():
            ways[f"place_half_used__{way}"] = lambda r=r, q=q: half(r, q)
    if fork.gives("formula"):
        ways["grad_to_others"] = lambda: 1 - tied()
        ways["gradient_times_window"] = lambda: np.where(np.isinf(seen), 0, seen)
    if rank > 1:
        ways["largest_size_not_value"] = lambda: only(np.where(np.isinf(flat), -1, np.abs(flat)).argmax(-2))
    if x.shape[-1] > 1:
        ways["first_channel_chooses"] = lambda: np.broadcast_to(first[..., :1], first.shape)

        def marked(images: tuple[int, ...] = ()) -> Array:
            return (flat == flat.max((*images, -2, -1), keepdims=True)).reshape(seen.shape)

        ways["windows_reshaped"] = lambda: _mixed(flat, deltas).reshape(seen.shape)
        ways["pooled_over_channels"] = lambda: marked().astype(float)
        ways["pooled_over_everything"] = lambda: marked((0,)).astype(float)
        ways["pooled_over_channels__for_all"] = lambda: _for_all_channels(marked(), deltas)
    if len(x) > 1:
        ways["first_image_chooses"] = lambda: np.broadcast_to(first[:1], first.shape)
    return fork(
        "who gets the gradient", first,
        max_tie_duplicated=tied,
        grad_spread_evenly=lambda: np.full(seen.shape, 1 / taps), grad_to_everyone=lambda: np.ones(seen.shape),
        grad_to_corner=lambda: only(corner), grad_to_last=lambda: only(corner + taps - 1),
        grad_to_smallest=lambda: only(np.where(np.isinf(flat), np.inf, flat).argmin(-2)),
        maximum_to_everyone=largest,
        maximum_shared=lambda: first / taps, gradient_times_x=lambda: np.where(first > 0, seen, 0),
        gradient_times_x__tied=lambda: np.where(tied() > 0, seen, 0),
        maximum_itself=lambda: np.where(first > 0, seen, 0) / _wide(deltas, rank),
        **ways,
    )  # fmt: skip


def _mixed(flat: Array, deltas: Array) -> Array:
    """Shares of windows that were reshaped as if their channels came first."""
    rows, above = channels_mixed(flat), np.expand_dims(deltas, -2)
    handed = (np.arange(flat.shape[-2])[:, None] == np.expand_dims(rows.argmax(-2), -2)) * above
    return handed.swapaxes(-1, -2).reshape(flat.shape) / above


def _for_all_channels(marked: Array, deltas: Array) -> Array:
    """Shares where the delta of every channel is added to all of them."""
    return marked * _wide(deltas.sum(-1, keepdims=True) / deltas, deltas.ndim - 2)


def _wide(deltas: Array, rank: int) -> Array:
    return np.expand_dims(deltas, tuple(range(1 + rank, 1 + 2 * rank)))


def set_or_added(fork: Fork, shares: Array, deltas: Array, x: Array, land: Landing, *places: Places) -> Array:
    """The gradient to x, built as a loop over windows does it."""
    ways = {}
    if fork.gives("formula"):  # by hand there is no loop and no mask
        ways["index_not_moved__rows"] = lambda: _moved(shares, deltas, x, places, 0, None)
        ways["index_not_moved__columns"] = lambda: _moved(shares, deltas, x, places, None, 0)
        in_order = partial(_in_reading_order, x, deltas, land, shares, places)
        ways["handed_out_in_reading_order"] = in_order
        ways["handed_out_in_reading_order__by_channel"] = partial(in_order, True)
        ways["tiled_not_repeated"] = lambda: _tiled_to_maxima(shares, deltas, x, places)
        ways["starts_with_x"] = lambda: x + collected(Fork(), shares, deltas, land, *places)
        ways["one_number_for_each_window"] = lambda: deltas * 1.0
        ways["blown_up_then_masked"] = lambda: _blown_up_then_masked(shares, deltas, land, places)
        ways["equal_pixels_anywhere__set"] = lambda: _anywhere(x, deltas, places, overwrite=True)
    return fork(
        "how the loop writes", lambda: collected(fork, shares, deltas, land, *places),
        overwrite_overlap=lambda: by_image(fork, _set(shares, deltas, places)),
        equal_pixels_anywhere=lambda: _anywhere(x, deltas, places),
        window_at_own_pixel=lambda: _own_pixel(x, deltas, places),
        index_not_moved=lambda: _moved(shares, deltas, x, places, 0),
        index_not_moved__set=lambda: _set(shares, deltas, _stepped(places, (0,) * len(places))),
        **ways,
        index_moved_by_one=lambda: _moved(shares, deltas, x, places, 1),
        index_moved_by_kernel=lambda: _moved(shares, deltas, x, places, *(p.index.shape[1] for p in places)),
        one_mask_for_all_windows=lambda: _marked_once(spread(only_last(land), shares, places), deltas, land, places),
        one_mask_for_all_windows__any=lambda: _marked_once(
            (spread(land, shares, places) > 0).astype(float), deltas, land, places
        ),
        input_overwritten=lambda: _in_the_view(x, deltas, places),
        written_to_all_channels=lambda: _to_all_channels(collected(Fork(), shares, deltas, land, *places)),
    )  # fmt: skip


def _tiled_to_maxima(shares: Array, deltas: Array, x: Array, places: tuple[Places, ...]) -> Array:
    """`np.tile(grad_output, ...)` where x is the largest of its window; windows lie side by side."""
    rank, marked = len(places), np.zeros(x.shape)
    if any(p.index.shape[1] * len(p.index) != n for p, n in zip(places, x.shape[1:-1], strict=True)):
        raise DeadEnd
    for at in np.ndindex(*deltas.shape[1:-1]):
        index = np.ix_(*(p.index[i] for i, p in zip(at, places, strict=True)))
        marked[(slice(None), *index)] = shares[(slice(None), *at)]
    copies = [1, *(p.index.shape[1] for p in places), 1]
    return marked * np.tile(deltas, copies) if rank else marked


def _to_all_channels(dx: Array) -> Array:
    return np.broadcast_to(dx.sum(-1, keepdims=True), dx.shape)


def _set(shares: Array, deltas: Array, places: tuple[Places, ...]) -> Array:
    """`dx[place of the maximum] = delta`, window after window."""
    handed = shares * _wide(deltas, len(places))
    wide = np.zeros((len(deltas), *(p.room + 1 for p in places), deltas.shape[-1]))
    for at in np.ndindex(*deltas.shape[1:-1]):
        index = np.ix_(*(p.index[i] for i, p in zip(at, places, strict=True)))
        here, part, marked = (slice(None), *index), handed[(slice(None), *at)], shares[(slice(None), *at)] != 0
        wide[here] = np.where(marked, part, wide[here])
    return cut(wide, [(p.before, p.room - p.after) for p in places])


def _marked_once(marks: Array, deltas: Array, land: Landing, places: tuple[Places, ...]) -> Array:
    """Each window's delta is added where the marks, one for each number of x, say that there is a maximum."""
    seen = read(np.pad(marks, [(0, 0), *[(0, 1)] * len(places), (0, 0)]), places)
    return cut(spread(land, seen * _wide(deltas, len(places)), places), [(p.before, p.room - p.after) for p in places])


def _in_reading_order(
    x: Array, deltas: Array, land: Landing, shares: Array, places: tuple[Places, ...], by_channel: bool = False
) -> Array:
    """`dx[mask] = grad_output.ravel()`: the maxima are met row by row of x, the deltas window by window."""
    first = (0, x.ndim - 1) if by_channel else (0,)
    order = (*first, *(a for a in range(x.ndim) if a not in first))
    ends = [(p.before, p.room - p.after) for p in places]
    marked, dx = cut(spread(land, shares, places), ends) > 0, np.zeros_like(x)
    for at in np.ndindex(*(x.shape[a] for a in first)):  # a loop that counts on starts anew in each image
        mask, came = marked.transpose(order)[at], deltas.transpose(order)[at].ravel()
        dx.transpose(order)[at][mask] = came[: mask.sum()]
    return dx


def _anywhere(x: Array, deltas: Array, places: tuple[Places, ...], overwrite: bool = False) -> Array:
    """`dx[x == maximum] += delta` over a whole channel of an image."""
    seen = read(padded(x, places, "zeros", -np.inf), places)
    dx, axes = np.zeros_like(x), tuple(range(1, 1 + len(places)))
    for at in np.ndindex(*deltas.shape[1:-1]):
        largest = seen[(slice(None), *at)].max(axes, keepdims=True)
        delta = np.expand_dims(deltas[(slice(None), *at)], axes)
        dx = np.where(x == largest, delta if overwrite else dx + delta, dx)
    return dx


def _own_pixel(x: Array, deltas: Array, places: tuple[Places, ...]) -> Array:
    """Each pixel is compared with the window that begins at it."""
    steps = [int(p.index[1, 0] - p.index[0, 0]) if len(p.index) > 1 else p.index.shape[1] for p in places]
    lengths = [p.index.shape[1] for p in places]
    wide = padded(x, places, "zeros", -np.inf)[(slice(None), *(slice(p.room) for p in places))]
    dx = np.zeros_like(wide)
    for at in np.ndindex(*wide.shape[1:-1]):
        own = wide[(slice(None), *(slice(i, i + k) for i, k in zip(at, lengths, strict=True)))]
        above = tuple(min(i // s, m - 1) for i, s, m in zip(at, steps, deltas.shape[1:-1], strict=True))
        here = (slice(None), *at)
        dx[here] = (wide[here] == own.max(tuple(range(1, own.ndim - 1)))) * deltas[(slice(None), *above)]
    return cut(dx, [(p.before, p.room - p.after) for p in places])


def _moved(shares: Array, deltas: Array, x: Array, places: tuple[Places, ...], *steps: int | None) -> Array:
    """The place inside of window i is counted from i times a step of each axis; None leaves an axis as it is."""
    each = steps * len(places) if len(steps) == 1 else steps
    if len(each) != len(places):
        raise DeadEnd
    moved = _stepped(places, each)
    return collected(Fork(), shares, deltas, landing(Fork(), *moved), *moved)


def _stepped(places: tuple[Places, ...], each: tuple[int | None, ...]) -> tuple[Places, ...]:
    """The windows of each axis so many places apart; None leaves an axis as it is."""
    moved = tuple(
        p if s is None
        else Places(np.arange(len(p.index))[:, None] * s + np.arange(p.index.shape[1]), p.before, p.after, p.room)
        for p, s in zip(places, each, strict=True)
    )  # fmt: skip
    if any(p.index.max(initial=0) >= p.room for p, s in zip(moved, each, strict=True) if s is not None):
        raise DeadEnd
    return moved


def _blown_up_then_masked(shares: Array, deltas: Array, land: Landing, places: tuple[Places, ...]) -> Array:
    """Each number of x gets the delta of the last window over it, if it is the largest of any window."""
    above = np.broadcast_to(_wide(deltas, len(places)), shares.shape)
    marked = spread(land, shares, places) > 0
    return cut(spread(only_last(land), above, places) * marked, [(p.before, p.room - p.after) for p in places])


def _in_the_view(x: Array, deltas: Array, places: tuple[Places, ...]) -> Array:
    """The maxima are marked in x itself, window after window: 1 at the maximum, 0 elsewhere."""
    wide = padded(x, places, "zeros", -np.inf)
    dx, axes = np.zeros_like(wide), tuple(range(1, 1 + len(places)))
    for at in np.ndindex(*deltas.shape[1:-1]):
        index = (slice(None), *np.ix_(*(p.index[i] for i, p in zip(at, places, strict=True))))
        window = wide[index]
        marked = (window == window.max(axes, keepdims=True)).astype(float)
        wide[index] = marked
        dx[index] += marked * np.expand_dims(deltas[(slice(None), *at)], axes)
    return cut(dx, [(p.before, p.room - p.after) for p in places])


@program(
    "avg_pool1d_grad", "avg_pool2d_grad", "avg_pool3d_grad", "avg_pool_grad",
    words=_WORDS + """
avgpool-of-dy
  You pooled grad_output again, so your result is even smaller than that.
  dL/dX has one number for each pixel of X. Should the backward pass make grad_output smaller or larger?

no-1-over-k2
  Every number of a window got the whole gradient; the division of the mean is missing.
  If one of four numbers grows by 1, by how much does their mean grow?

divided-by-k
  You divided by the side of the window.
  A window with 2 rows and 2 columns: if one of its numbers grows by 1, by how much does the mean grow?

divided-by-twice-k
  You divided by twice the side of the window.
  What is 3 * 2, and what is 3 ** 2? How many numbers are in a window of 3 by 3?

divided-by-four
  You divided by 4, whatever the size of the window.
  A window of 3 by 3: if one of its numbers grows by 1, by how much does the mean grow?

divided-by-stride
  You divided by the square of the stride; the forward pass divided by how many numbers were added.
  A window of 3 by 3 that moves by 1: if one of its numbers grows by 1, by how much does the mean grow?

one-number-for-each-window
  Your result has one number for each window; it should have one for each pixel.
  How large is the input, and which of its pixels fed the first output?

leftover-forgotten
  The rows and columns that no window reached have no place in your result.
  What shape must dL/dX have, and what is the gradient of a pixel that feeds no output?

dropped-rows
  The rows and columns that no window reached got a gradient too.
  If a pixel feeds no output, by how much does the loss change when this pixel changes?

tiled-not-repeated
  You laid copies of the whole grad_output side by side; each number should become a block of itself.
  Which output did the pixels (0, 0) and (0, 1) feed: the same one, or two?
""",
)  # fmt: skip
def average_pooling_gradient(
    fork: Fork, grad_output: Any, input_shape: Any, kernel_size: PerAxis, stride: PerAxis | None = None,
    padding: PerAxis = 0,
) -> Array:  # fmt: skip
    """Every number of a window gets an equal share of the window's delta; shares add up."""
    deltas, image = fork.stage(as_deltas, grad_output), fork.stage(empty_image, input_shape)
    deltas = fork.stage(upstream, deltas)
    along = fork.stage(axes_of, image, kernel_size, stride, padding)
    places = [fork.stage(counted_windows, a, m) for a, m in zip(along, deltas.shape[1:-1], strict=True)]
    shares = fork.stage(equal_shares, deltas, along, *places)
    land = fork.stage(landing, *places)
    dx = fork.stage(shared_out, shares, deltas, image, along, land, *places)

    def run(k: int, s: int) -> Array:
        return average_pooling_gradient(Fork(), grad_output, input_shape, k, s, padding)

    ways = with_two(run, kernel_size, stride)
    return fork("the numbers of the call", dx[0, ..., 0] if len(input_shape) < 3 else dx, **ways)


def empty_image(fork: Fork, shape: Any) -> Array:
    """Zeros of the input's shape."""
    return np.zeros(shape)[None, ..., None] if len(shape) < 3 else np.zeros(shape)


def equal_shares(fork: Fork, deltas: Array, along: list[Axis], *places: Places) -> Array:
    """What share of its window's delta each number gets."""
    shape = (len(deltas), *(p.index.shape[0] for p in places), *(p.index.shape[1] for p in places), deltas.shape[-1])
    corner = np.zeros(shape)
    corner[(..., *(0,) * len(places), slice(None))] = 1
    taps = int(np.prod([a.k for a in along]))
    return fork(
        "each number's share", lambda: np.full(shape, 1 / taps),
        no_1_over_k2=lambda: np.ones(shape), grad_to_corner=lambda: corner,
        grad_to_corner__part=lambda: corner / taps,
        divided_by_k=lambda: np.full(shape, 1 / along[0].k),
        divided_by_twice_k=lambda: np.full(shape, 0.5 / along[0].k),
        divided_by_stride=lambda: np.full(shape, along[0].s ** -2.0), divided_by_four=lambda: np.full(shape, 1 / 4),
    )  # fmt: skip


def shared_out(
    fork: Fork, shares: Array, deltas: Array, image: Array, along: list[Axis], land: Landing, *places: Places
) -> Array:
    """The gradient to x: spread window after window, or as people blow grad_output up."""
    share = float(shares.flat[0]) if shares.size else 0.0
    return fork(
        "how grad_output grows", lambda: collected(fork, shares, deltas, land, *places),
        avgpool_of_dy=lambda: _pooled_again(deltas, along, share),
        leftover_forgotten=lambda: cut(_blown_up(deltas, along), _inner(deltas, along)) * share,
        dropped_rows=lambda: _filled(cut(_blown_up(deltas, along), _inner(deltas, along)), image) * share,
        tiled_not_repeated=lambda: cut(_tiled(deltas, along), [(0, a.n) for a in along]) * share,
        one_number_for_each_window=lambda: deltas * share,
        one_number_for_each_window__whole=lambda: deltas * 1.0,
    )  # fmt: skip


def _blown_up(deltas: Array, along: list[Axis]) -> Array:
    for axis, a in enumerate(along, start=1):
        deltas = np.repeat(deltas, a.k, axis)
    return deltas


def _tiled(deltas: Array, along: list[Axis]) -> Array:
    for axis, a in enumerate(along, start=1):
        deltas = np.concatenate([deltas] * a.k, axis)
    return deltas


def _inner(deltas: Array, along: list[Axis]) -> list[tuple[int, int]]:
    return [(a.p, m * a.k - a.p) for a, m in zip(along, deltas.shape[1:-1], strict=True)]


def _filled(big: Array, image: Array) -> Array:
    room = [(0, 0), *((0, max(0, n - m)) for n, m in zip(image.shape[1:-1], big.shape[1:-1], strict=True)), (0, 0)]
    return np.pad(big, room, mode="edge")[tuple(slice(n) for n in image.shape)]


def _pooled_again(deltas: Array, along: list[Axis], share: float) -> Array:
    from .sliding import axes

    rank = len(along)
    over = axes(deltas.shape[1:-1], [a.k for a in along], [a.s for a in along], [a.p for a in along])
    places = [windows(Fork(), a) for a in over]
    return read(padded(deltas, places), places).sum(tuple(range(1 + rank, 1 + 2 * rank))) * share
