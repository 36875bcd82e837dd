"""Windows that slide: where each one begins and ends along an axis, with the forks that all such operations share."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import ceil
from typing import Any

import numpy as np

from .fork import DeadEnd, Fork, share_words

Array = np.ndarray
PerAxis = int | Sequence[int]
_ALONG = {
    1: [""],
    2: ["along the height", "along the width"],
    3: ["along the depth", "along the height", "along the width"],
}


@dataclass
class Axis:
    """One spatial axis: n numbers, a window of k, stride s, p zeros on each side, dilation d. `other`: another axis.

    `pads`, `spreads`: whether the question has padding at all, and whether the operation knows gaps inside of windows;
    nobody mistakes what is not there.
    """

    at: str
    n: int
    k: int
    s: int
    p: int
    d: int
    pads: bool = True
    spreads: bool = True
    other: "Axis" = field(init=False, repr=False)


@dataclass
class Places:
    """`index[i, u]` is the place that entry u of window i reads, counted with `before` zeros on the left; `room`: none.

    `visited` says which windows a loop comes to at all; None means all. `biased`: the bias stands in the others.
    """

    index: Array
    before: int
    after: int
    room: int
    visited: Array | None = None
    biased: bool = False


def axes(
    n: Sequence[int], k: PerAxis, s: PerAxis, p: PerAxis, d: PerAxis | None = None, pads: bool = True
) -> list[Axis]:
    """The axes of an operation; numbers given once hold for each. `d` is None where there is no dilation."""
    rank = len(n)
    sizes = tuple(int(one) for one in n)
    return _axes(sizes, each(k, rank), each(s, rank), each(p, rank), each(d or 1, rank), pads, d is not None)


@lru_cache(1000)  # the same numbers are the same axes: walks share what they did along them
def _axes(
    n: tuple[int, ...], k: tuple[int, ...], s: tuple[int, ...], p: tuple[int, ...], d: tuple[int, ...],
    pads: bool, spreads: bool,
) -> list[Axis]:  # fmt: skip
    found = [Axis(*values, pads=pads, spreads=spreads) for values in zip(_at(len(n)), n, k, s, p, d, strict=True)]
    for axis, other in zip(found, reversed(found), strict=True):
        axis.other = other
    return found


def _at(rank: int) -> list[str]:
    return _ALONG.get(rank, [f"along axis {i + 1}" for i in range(rank)])


def each(value: Any, rank: int) -> tuple[int, ...]:
    """One number for every axis."""
    return (int(value),) * rank if np.ndim(value) == 0 else tuple(int(v) for v in value)


def windows(fork: Fork, a: Axis, count: int | None = None, weights: bool = False) -> Places:
    """The windows along one axis: as many as fit, or `count` where the number of outputs is given.

    `weights`: the window's size is the result's, and may be worked out from the two arrays that meet.
    """
    b = a.other
    p, counted, before, after = padding(fork, a, both_sides=count is None)
    steps = {"stride_ignored": 1, "stride_is_kernel": a.k, "stride_axes_swapped__other": b.s}
    steps |= {"stride_is_dilation": a.d} if a.d > 1 else {}
    s = fork("the stride", a.s, a.at, **steps)
    gaps = {"dilation_ignored": 1, "dilation_is_stride": a.s, "dilation_axes_swapped": b.d} if a.spreads else {}
    d = fork("the dilation", a.d, a.at, **gaps)
    k = a.k
    room = before + a.n + after
    m = size(fork, a, k, s, d, 2 * counted if counted != p else before + after) if count is None else count
    starts = {"rows_not_moved": 0}
    if count is None:  # else the stride is used nowhere else
        starts |= {"stride_not_in_start": 1, "start_by_kernel": k, "start_of_other_axis": b.s}
        starts |= {"start_by_kernel__that_fit": -k}
    step = fork("where a window begins", s, a.at, **starts)
    first = fork("where the first window begins", 0, a.at, starts_one_late=1) if count is None else 0
    if weights:
        fits = (room - (m - 1) * s - 1) // d + 1
        k = fork("the number of weights", k, a.at, leftover_counted=fits)
    ends = {"window_as_wide_as_stride": s, "slice_one_too_many": k + 1}
    if count is None or fork.gives("formula"):  # by hand a window that is given back is whole
        ends = {"slice_drops_last": k - 1, **ends}
    elif weights:
        ends = {}
    ends |= {"loop_of_other_axis": b.k} if a.at and a.spreads and not weights else {}
    length = fork("where a window ends", k, a.at, **ends)
    if m < 0 or length < 0:
        raise DeadEnd
    visits = None if weights else visited(fork, a, m, _other_count(b, m))
    if step < 0:  # a loop over all starts, k apart
        step = -step
        visits = np.arange(m) * step + d * (k - 1) < room
    fit = (room - d * (k - 1) - 1) // s + 1
    empty = ""
    if count is None and m > fit and fork.gives("formula"):  # by hand nobody makes room for more
        ways = {"outputs_left_empty": "zero", "window_moved_back": "moved"}
        ways |= {"outputs_left_empty__but_for_the_bias": "bias"} if a.spreads else {}
        empty = fork("places without a window", "", a.at, **ways)
    if empty in ("zero", "bias"):
        visits = (np.arange(m) < fit) & (True if visits is None else visits)
    gap = fork("the gaps inside of a window", d, a.at, gaps_are_stride=s) if a.spreads else d
    index = _index(m, length, step, gap, room, first)
    if empty == "moved" and fit > 0:
        starts = np.minimum(np.arange(m) * step, room - d * (k - 1) - 1)
        index = starts[:, None] + np.arange(length) * gap
    if a.at and length == k and k > 1 and step == s:
        by_kernel = fork("the end of a slice", False, window_ends_by_kernel=True)
        index = _ends_by_kernel(m, k, step, room) if by_kernel else index
    return Places(index, before, after, room, visits, empty == "bias")


def visited(fork: Fork, a: Axis, m: int, others: int) -> Array | None:
    """Which of the m windows the loop comes to; None for all of them. `others`: as many as along the other axis."""
    last = a.n + 2 * a.p - a.d * (a.k - 1) - 1  # where a window may begin at most
    touching = m - 1 if (m - 1) * a.s >= last else m
    ways = {"loop_without_padding": (0, max(last - 2 * a.p, -1) // a.s + 1)} if a.pads else {}
    if fork.gives("formula"):  # nobody who counts by hand writes a loop
        ways |= {"size_by_kernel__loop": (0, min(m, last // a.k + 1))}
    if a.s > 1 and fork.gives("formula"):
        ways |= {"outputs_skipped": (0, m, a.s), "last_window_missing__twice": (0, -(-max(last - 1, 0) // a.s))}
    visits = fork(
        "how many windows the loop visits", (0, m), a.at,
        last_window_missing=(0, m - 1), first_window_missing=(1, m), only_first_window=(0, 1),
        last_window_missing__at_the_edge=(0, touching), only_last_window=(m - 1, m),
        windows_of_other_axis=(0, others), **ways,
    )  # fmt: skip
    came = np.isin(np.arange(m), np.arange(m)[slice(*visits)])
    return None if came.all() else came


def padding(fork: Fork, a: Axis, both_sides: bool) -> tuple[int, int, int, int]:
    """The amount of padding, what the formula for the number of windows makes of it, and the zeros on both sides."""
    amounts = {}
    if a.spreads:
        amounts = {"full_not_valid": a.p + a.d * (a.k - 1), "full_not_valid__undilated": a.p + a.k - 1}
        amounts |= {"same_assumed": a.k // 2}
    if a.pads:
        amounts |= {"padding_ignored": 0, "padding_fixed_at_one": 1, "padding_doubled": 2 * a.p}
        amounts |= {"padding_axes_swapped": a.other.p}
        if a.at:
            amounts |= {"padding_channels_first": a.other.p if a.at == "along the width" else 0}
    counted = p = fork("the amount of padding", a.p, a.at, **amounts)
    if not a.pads:
        return p, counted, p, p
    own = {f"{way}__of_the_image": n for way, n in amounts.items() if way.startswith("padding")}
    p = fork("the zeros beside the image", p, a.at, **own)
    sides = {"one_sided_pad__before": (p, 0), "padding_all_on_one_side__before": (2 * p, 0)}
    if both_sides:  # else nobody asks how much stands behind the input
        sides |= {"one_sided_pad__after": (0, p), "padding_all_on_one_side__after": (0, 2 * p)}
        sides |= {"padding_shared_out": (p // 2, p - p // 2)}
        sides |= {"same_assumed__sides": ((a.k - 1) // 2, a.k // 2)} if a.spreads and fork.gives("formula") else {}
    return p, counted, *fork("the sides of the padding", (p, p), a.at, **sides)


def size(fork: Fork, a: Axis, k: int, s: int, d: int, zeros: int) -> int:
    """How many windows fit."""
    if not fork.gives("formula"):  # counted by hand
        m = a.n + zeros - d * (k - 1) - 1
        ways = {} if zeros else {"same_assumed": ceil(a.n / s)}  # zeros may be there to keep the size
        return fork(
            "the number of windows", m // s + 1, a.at,
            size_off_by_one=m // s, size_rounded_up=ceil(m / s) + 1, **ways,
        )  # fmt: skip
    halves = max(ceil((a.n + zeros - 2 * (k // 2)) / s), 0)  # right where k is odd
    return size_by_formula(fork, a, k, s, d, zeros, **({"twice_half_the_window": halves} if a.spreads else {}))


def size_by_formula(fork: Fork, a: Axis, k: int, s: int, d: int, zeros: int, **more: int) -> int:
    """How many windows fit, for whoever computes it. `more`: ways of whoever slides the windows, too."""
    b = a.other
    n = fork("the image's size in the formula", a.n, a.at, size_of_other_axis=b.n)
    k = fork("the window's size in the formula", k, a.at, window_of_other_axis=b.k)
    span = d * (k - 1) + 1
    m = n + zeros - span
    ways = {}
    if d > 1:
        ways = {"dilation_not_in_size": (n + zeros - k) // s + 1, "dilated_span": (n + zeros - d * k) // s + 1}
    if s > 1 or (fork.gives("formula") and fork.gives("stride")):  # nobody divides by 1 with a pencil
        ways["size_remainder"] = m % s + 1
    if a.pads:
        ways["size_precedence__padding"] = int(n - span + zeros / s + 1)
        ways["size_precedence__padding_last"] = (n - span) // s + zeros + 1
    if zeros:
        ways["padding_subtracted"] = max((n - zeros - span) // s + 1, 0)
    return fork(
        "the number of windows", m // s + 1, a.at,
        size_off_by_one=m // s, size_off_by_one__last=(m - 1) // s + 1, size_off_by_one__twice=(m - 1) // s,
        size_one_too_many=m // s + 2, size_one_too_many__before_division=(m + 1) // s + 1,
        floor_misplaced=(m + 1) // s,
        size_rounded_up=lambda: ceil(m / s) + 1,
        size_rounded_up__inside=lambda: min(ceil(m / s), (n + zeros - 1) // s) + 1,
        size_rounded=lambda: round(m / s + 1),
        padding_once_in_size=(n + zeros // 2 - span) // s + 1, padding_not_in_size=(n - span) // s + 1,
        stride_not_in_size=m + 1, size_by_kernel=n // k if k else 0, size_by_stride=n // s,
        same_assumed=lambda: ceil(n / s), same_assumed__padded=(n + zeros) // s,
        size_precedence=n + zeros - span // s + 1, size_precedence__of_one=n + zeros - span + 2 - 1 // s,
        size_precedence__plus_one=m // (s + 1), **ways, **more,
    )  # fmt: skip


def diagonal(y: Array, axis: int) -> Array:
    """The numbers at (i, i), or at (j, j), for every (i, j)."""
    at = np.arange(y.shape[axis])
    if len(at) > min(y.shape[1:3]):
        raise DeadEnd
    return np.broadcast_to(np.expand_dims(y[:, at, at], 3 - axis), y.shape)


def _other_count(b: Axis, m: int) -> int:
    return min(m, (b.n + 2 * b.p - b.d * (b.k - 1) - 1) // b.s + 1)


@lru_cache(maxsize=4096)
def _index(count: int, length: int, step: int, gap: int, room: int, first: int = 0) -> Array:
    index = (first + np.arange(count) * step)[:, None] + np.arange(length) * gap
    index[index >= room] = room
    return index


def _ends_by_kernel(count: int, k: int, step: int, room: int) -> Array:
    """Slices [i s : i k + k]: where the windows overlap, each is longer than the one before; else shorter."""
    starts, ends = np.arange(count) * step, np.arange(count) * k + k
    if (ends <= starts).any():
        raise DeadEnd
    index = starts[:, None] + np.arange(max((ends - starts).max(initial=0), 1))
    return np.where(index < np.minimum(ends, room)[:, None], index, room)


def padded(x: Array, places: Sequence[Places], mode: str = "zeros", filler: float = 0.0) -> Array:
    """x (B, n..., C) with its padding, and one more entry along each axis for what is read where nothing is."""
    wide = np.full((x.shape[0], *(p.room + 1 for p in places), x.shape[-1]), filler, float)
    inside = tuple(slice(p.before, p.before + n) for p, n in zip(places, x.shape[1:-1], strict=True))
    wide[(slice(None), *inside)] = x
    if mode != "zeros":
        around = [(0, 0), *((p.before, p.after) for p in places), (0, 0)]
        constant = {"constant_values": 1} if mode == "constant" else {}
        wide[(slice(None), *(slice(p.room) for p in places))] = np.pad(x, around, mode=mode, **constant)  # type: ignore[call-overload]
    return wide


def read(wide: Array, places: Sequence[Places]) -> Array:
    """All windows: (B, outputs..., window..., C)."""
    return wide[(slice(None), *mesh([p.index for p in places]))]


@lru_cache(maxsize=4096)
def _shapes(shapes: tuple[tuple[int, int], ...]) -> list[tuple[int, ...]]:
    rank = len(shapes)
    return [
        tuple(m if j == i else k if j == rank + i else 1 for j in range(2 * rank)) for i, (m, k) in enumerate(shapes)
    ]


def mesh(indices: list[Array]) -> list[Array]:
    """Index arrays (outputs, window), one for each axis, shaped so that together they have (outputs..., window...)."""
    shapes = _shapes(tuple(i.shape for i in indices))
    return [i.reshape(shape) for i, shape in zip(indices, shapes, strict=True)]


def unvisited(y: Array, places: Sequence[Places], value: float | Array = 0.0) -> Array:
    """y (B, outputs..., D) with `value` where the loop never came."""
    for axis, p in enumerate(places, start=1):
        if p.visited is not None:
            y = y.copy()
            y[(slice(None),) * axis + (~p.visited,)] = value
    return y


share_words(
    """
padding-ignored
  These are the numbers without any padding.
  Which line puts the zeros around the input, and does the window slide over its result?

padding-fixed-at-one
  There is one zero on each side, whatever the padding of the call is.
  What does your code do when it is called with padding=0, and where does it use its argument?

padding-axes-swapped
  The paddings of height and width changed places.
  Which entry of padding belongs to the first spatial axis?

padding-channels-first
  Width and channels were padded, not height and width.
  Which axes of x (B, H, W, C) are its height and width, and in which order does np.pad ask for them?

padding-doubled
  There are twice as many zeros as there should be on each side.
  Padding p: how many zeros stand on the left, and how many on the right?

full-not-valid
  Your window also stands half outside of the input: this is the longest of the three usual results (full).
  Which windows lie inside of the padded input with all of their entries?

same-assumed
  You took it that the output is as big as the input (divided by the stride).
  Can the filter start at the last input without sticking out?

one-sided-pad
  The zeros stand on one side of the input only.
  An input of 4 with padding 1: how many numbers should it have then, and where are the new ones?

padding-all-on-one-side
  All of the zeros stand on the same side of the input.
  Padding 1: what stands to the left of the first number, and what to the right of the last?

padding-shared-out
  The padding was shared out over the two sides; it should stand on each of them in full.
  An input of 4 with padding 2: how many numbers should it have then?

stride-ignored
  The window moved by one, whatever the stride was.
  Where does the second window begin when the stride is 2?

stride-is-kernel
  Your windows lie side by side: they moved by the window's size, not by the stride.
  By how much should the window move, and can two windows share a number?

stride-axes-swapped
  The strides of height and width changed places.
  Which entry of stride belongs to the first spatial axis?

stride-is-dilation
  The window moved by the dilation, not by the stride.
  Which of the two moves the window as a whole, and which spreads the numbers inside of it?

stride-as-dilation = stride-ignored + dilation-is-stride + leftover-counted
stride-as-dilation = stride-ignored + dilation-is-stride
stride-as-dilation = stride-not-in-start + gaps-are-stride
  The stride became gaps inside of the window: it reads every second (third, ...) input.
  What should the stride move: the window as a whole, or the inputs that one window reads?

stride-and-dilation-exchanged = stride-is-dilation + dilation-is-stride
  Stride and dilation changed their roles.
  Which of the two moves the window as a whole, and which spreads the numbers inside of it?

dilation-ignored
  The window reads neighbours, as if the dilation were 1.
  How far apart are two inputs that neighbouring weights meet?

gaps-are-stride
  The gaps inside of your windows are those of the stride.
  What should the stride move: the window as a whole, or the inputs that one window reads?

dilation-is-stride
  The gaps inside of your windows are those of the stride.
  What should the stride move: the window as a whole, or the inputs that one window reads?

dilation-axes-swapped
  The dilations of height and width changed places.
  Which entry of dilation belongs to the first spatial axis?

padding-not-zero
  Your padding holds other numbers than 0 (those at the edge, mirrored ones, or ones); it should add no information.
  Which number leaves a sum of products unchanged, whatever weight it meets?

padding-wraps-around
  Your padding takes its numbers from the other end of the input, as on a circle.
  What lies outside of the input here: its own other end, or nothing?

places-counted-by-height
  The windows were numbered row by row with the wrong row length: the number of rows in place of the columns.
  In a table of H rows and W columns, at which place of a list that runs row by row does entry (i, j) stand?

stride-not-in-start
  You made the right number of outputs, but their windows begin at 0, 1, 2, ... as if the stride were 1.
  Output number i: at which input does its window begin?

start-by-kernel
  Window number i begins at i times the window's size; it should begin at i times the stride.
  Where does the second window begin when the stride is smaller than the window?

start-of-other-axis
  Where a window begins was computed with the stride of the other axis.
  Which entry of stride belongs to which axis?

rows-not-moved
  Every window begins at the same place.
  Where does the second window begin, and what in your answer says so?

leftover-counted
  The result is larger than the kernel: inputs that no window reached gave it more places.
  How many places does the gradient of the kernel need, and what made yours have more?

overwrite-overlap
  Where windows overlap, the later one wiped out what the earlier one had left.
  An input that feeds two outputs: what does the chain rule do with its two contributions?

first-window-only
  Where windows overlap, you kept what the first window sends back and dropped the rest.
  An input that feeds two outputs: what does the chain rule do with its two contributions?

slices-overwritten
  The slices of different places of the filter overlap, and the later ones overwrote the earlier ones.
  An input feeds several outputs. What happens to what they all send back: does the last one win?

overlap-averaged
  Where windows overlap you took the mean.
  An input feeds two outputs: what does the chain rule do with its two contributions?

slice-drops-last
  Each window lost its last entry: it has one number too few.
  How many numbers has x[0:3]? And x[0:k-1]?

slice-one-too-many
  Each window has one number too many.
  How many numbers has x[0:3]? And x[0:k+1]?

window-as-wide-as-stride
  Your window is as wide as the stride; it should be as wide as the window's size says.
  A window that begins at i s: at which index does it end, and does that depend on the stride?

outputs-skipped
  Only every second (third, ...) output was made: your loop over the outputs moves by the stride, too.
  range(0, m, s) counts outputs: which of them does it leave out? Where in your code is the stride used already?

window-ends-by-kernel
  A window begins at i times the stride, but ends at i times the window's size, plus that size.
  A window that begins at i s: at which index does it end?

starts-one-late
  Every window begins one number too late.
  With which number does the index of the first input begin: with 0, or with 1?

first-window-missing
  The first window was left out.
  Which window comes first, and where does your answer (or your loop) use it?

last-window-missing
  The last window was left out.
  Where does the last window that fits begin, and where does your answer (or your loop) use it?

only-first-window
  Only the first window was used.
  How many windows are there, and which of them did you use?

only-last-window
  Only the last window was used.
  Which of your lines stand inside of the innermost loop, and which ones behind it?

loop-without-padding
  Your loop visits as many windows as fit without the padding.
  How long is the input after the zeros were written around it, and how many windows fit then?

loop-of-other-axis
  Your loop over the window runs as far as the window is long along its other axis.
  How many rows and how many columns does the window have? Which of your loops has which?

windows-of-other-axis
  Your loop runs as often as there are windows along the other axis.
  How many windows are there along the height, and how many along the width? Which loop has which?

size-of-other-axis
  The number of windows was computed from the image's size along the other axis.
  An image with H rows and W columns: in which of your two sizes does H stand, and in which one W?

window-of-other-axis
  The number of windows was computed with the window's size along the other axis.
  In which of your two sizes does the window's height stand, and in which one its width?

size-off-by-one
  You counted fewer windows than fit.
  For n = 5 and k = 3, at which indices can the filter start? How many are these?

size-one-too-many
  You counted one window more than fits.
  For n = 5 and k = 3, where would your last window end?

floor-misplaced
  The 1 for the first window was added before the division, so it was divided by the stride too.
  n = 3, k = 2, stride 3: how many windows fit on paper? The first window always fits: when is it counted?

size-rounded-up
  You rounded the number of windows up: a window that sticks out over the end was counted.
  n = 6, k = 3, stride 2: draw the windows. Does the third one fit?

size-precedence
  The stride divides only a part of your formula: `//` and `*` come before `+` and `-`.
  Which numbers stand before your `//`, and where do brackets belong?

last-window-moved-back = size-rounded-up + window-moved-back
  Where the sizes do not divide you made one window more, and moved it back so that it ends with the input.
  Is every window one stride after the one before it? What becomes of numbers that no such window reaches?

window-moved-back
  A window that would stick out over the end was moved back so that it ends with the input.
  Is every window one stride after the one before it?

counter-used-twice
  One counter was used for rows and columns: the windows of all places (i, j) lie at (i, i), or at (j, j).
  Which of your loop variables moves the window down, and which one moves it to the right?

outputs-left-empty
  Your result has more places than there are windows, and no window was written into those that are left over.
  How many windows fit? Where else in your code is that number worked out?

stride-not-used = stride-ignored + size-by-kernel
stride-not-used = stride-is-kernel + stride-not-in-start
stride-not-used = size-by-kernel + stride-not-in-start
  You made as many outputs as windows fit side by side, and moved by one from window to window: no line uses the stride.
  Which of your lines should change when the stride does: how many windows there are, where they begin, or both?

size-remainder
  You took the remainder of the division (`%`) for its result (`//`).
  How much is 7 // 2, and how much is 7 % 2? Which of them counts steps?

dilation-not-in-size
  The number of windows was computed without the dilation.
  With gaps between its entries, how far is it from the filter's first entry to its last?

dilated-span
  You took the dilated filter to be k times d long.
  k = 3 entries with dilation 2: draw them. How many gaps lie between three entries?

size-rounded
  You rounded the number of windows to the nearest whole number, so it may count a window that sticks out.
  n = 6, k = 3, stride 2: draw the windows. Does the third one fit?

padding-once-in-size
  The number of windows was computed with the padding of one side only.
  The input has zeros on how many sides, and how long is it then?

padding-subtracted
  The number of windows was computed as if the padding made the input shorter.
  The zeros stand around the input: is it longer or shorter with them?

padding-not-in-size
  The number of windows was computed without the padding.
  How long is the input after the zeros were written around it?

stride-not-in-size
  This is the number of windows for stride 1.
  If the window takes steps of two, how many of its places remain?

size-by-kernel
  You divided the input's size by the window's size; the window moves by the stride.
  By how much does the window move, and can two windows share a number?

twice-half-the-window
  The number of windows was computed with twice `k // 2`, which is k - 1 for odd windows only.
  How much is 2 * (k // 2) for k = 3, and how much for k = 2? How many windows of 2 fit into 4 numbers?

size-by-stride
  You divided the input's size by the stride and left the window's own size out.
  Can the window start at the last input without sticking out?
"""
)
