"""Pooling forward: which numbers a window takes, and what it makes of them (Problem 5)."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .filled import FILLED_WORDS, filled
from .fork import Fork, program, share_words
from .sliding import Array, Axis, PerAxis, Places, axes, diagonal, padded, read, unvisited, windows

share_words(
    """
stride-one-default
  Your window moved by one.
  When no stride is given, by how much does a pooling window move?

kernel-axes-swapped
  The window lies on its side: its height and width changed places.
  Which entry of kernel_size belongs to the height?

two-written-in
  A 2 is written in, where the size of the window or the stride of the call belongs.
  What does your function do when it is called with a window of 3 that moves by 1?

pooled-over-channels
  You pooled over the channels as well.
  Do two channels of one pixel compete with each other, or is each pooled on its own?

same-for-all-axes
  You used the sizes of the first axis for all of them.
  Which entry of kernel_size and of stride belongs to which axis?

pooled-over-everything
  You pooled over all images and channels of the block at once.
  `.max()` without an axis: over which numbers does it run, and over which should it run here?

blocks-reshaped
  Your reshape has the right sizes in another order: it puts pixels together that are no window.
  A reshape keeps the order in memory. In which order do the rows of windows, and the rows inside of one, come there?

windows-reshaped
  Each window was reshaped without moving its axes, so its rows hold numbers of different channels.
  A reshape keeps the order in memory. Which axis of a window (B, K, K, C) must be moved before each row is one channel?

first-of-window
  You kept the first number of each window.
  What should happen to the other numbers of the window?

last-of-window
  You kept the last number of each window.
  What should happen to the other numbers of the window?
"""
)
_WORDS = (
    FILLED_WORDS
    + """
first-image-for-all = one-image-only
  Every image got the result of the first one.
  Which index of x runs over the images, and does your loop use it?

stride-one-default = stride-ignored
  Your window moved by one.
  By how much does a pooling window move when a stride is given, and when none is?

partial-window-counted = size-rounded-up
partial-window-counted = size-rounded
  You also used windows that stick out at the end: the number of windows was rounded, not cut.
  What does the floor in the output size do with a window that is not complete?

last-window-missing = size-off-by-one
  The last window along each axis was left out.
  For n = 5 and K = 2 with stride 1, at which indices can the window start?

slice-drops-last
  Each window lost its last row and column.
  How many numbers has x[0:2]? And x[0:K-1]?

padding-ignored
  This is the result without padding.
  Which array should the window slide over: x, or x with something around it?
"""
)


def as_image(fork: Fork, x: Any) -> Array:
    """x (B, n..., C); a bare one gets a batch and a channel."""
    x = np.asarray(x, float)
    return x[None, ..., None] if x.ndim < 3 else x


def axes_of(fork: Fork, x: Array, kernel_size: PerAxis, stride: PerAxis | None, padding: PerAxis) -> list[Axis]:
    """The axes along which the window slides; without a stride it moves by its own size."""
    if not isinstance(kernel_size, int):
        kernel_size = fork("the window's size", kernel_size, kernel_axes_swapped=tuple(kernel_size)[::-1])
    if stride is None:
        stride = fork("the stride that is not given", kernel_size, stride_one_default=1)
    sizes = (kernel_size, stride, padding)
    sizes = fork("the sizes of each axis", sizes, same_for_all_axes=lambda: tuple(_first(v) for v in sizes))
    return axes(x.shape[1:-1], *sizes, pads=fork.gives("padding"))


def with_two(run: Callable[[Any, Any], Any], kernel_size: PerAxis, stride: PerAxis | None) -> dict[str, Any]:
    """The ways of those who write a 2 where the window's size or the stride belongs in `run(kernel_size, stride)`."""
    return {
        "two_written_in": lambda: run(2, 2),
        "two_written_in__window": lambda: run(2, stride),
        "two_written_in__stride": lambda: run(kernel_size, 2),
    }


def _first(value: Any) -> Any:
    return value if np.ndim(value) == 0 else value[0]


def filled_windows(fork: Fork, x: Array, *places: Places) -> Array:
    """The windows of max pooling, whose padding holds nothing that could win."""
    filler = fork("what stands in the padding", "nothing", zero_pad_max="zero", padding_not_zero="edge")
    return flat_windows(fork, x, *places, filler=filler)


def flat_windows(fork: Fork, x: Array, *places: Places, filler: str = "nothing") -> Array:
    """All windows as rows of numbers: (B, outputs..., numbers, C). NaN stands where a window sticks out."""
    rank = len(places)
    wide = padded(x, places, "edge" if filler == "edge" else "zeros", np.nan)
    inside = tuple(slice(p.room) for p in places)
    if filler == "zero":
        part = wide[(slice(None), *inside)]
        part[np.isnan(part)] = 0
    seen = read(wide, places)
    return as_rows(seen, rank)


def as_rows(seen: Array, rank: int) -> Array:
    """Windows (B, outputs..., window..., C) as rows of numbers (B, outputs..., numbers, C)."""
    taps = int(np.prod(seen.shape[1 + rank : 1 + 2 * rank]))
    return seen.reshape(*seen.shape[: 1 + rank], taps, seen.shape[-1])


def channels_mixed(seen: Array) -> Array:
    """Windows (..., numbers, C) that were reshaped as if their channels came first."""
    return seen.reshape(*seen.shape[:-2], seen.shape[-1], seen.shape[-2]).swapaxes(-1, -2)


def handed_back(fork: Fork, y: Array, together: np.ufunc, *places: Places) -> Array:
    """The outputs (B, outputs..., C) in the array that holds them."""
    y = filled(fork, unvisited(y, places), together)
    ways: dict[str, Callable[[], Array]] = {}
    if y.ndim == 4:
        from .convolution import counted_by_height

        ways["places_counted_by_height"] = lambda: counted_by_height(y)
        if fork.gives("formula"):  # by hand nobody takes a counter twice
            ways |= {f"counter_used_twice__{axis}": lambda a=axis: diagonal(y, a) for axis in (1, 2)}
    return fork("where the results go", y, **ways)


def _mixed(seen: Array, reduce: Callable[..., Array]) -> dict[str, Callable[[], Array]]:
    return {"windows_reshaped": lambda: reduce(channels_mixed(seen), -2)} if seen.shape[-1] > 1 else {}


def _over_channels(reduced: Array, reduce: Callable[..., Array]) -> dict[str, Callable[[], Array]]:
    if reduced.shape[-1] == 1:  # one channel alone: pooling over it changes no number
        return {}
    return {
        "pooled_over_channels": lambda: reduce(reduced, -1),
        "pooled_over_channels__kept": lambda: reduce(reduced, -1)[..., None],
        "pooled_over_channels__copied": lambda: np.repeat(reduce(reduced, -1)[..., None], reduced.shape[-1], -1),
        "pooled_over_everything": lambda: np.broadcast_to(reduce(reduced, (0, -1), keepdims=True), reduced.shape),
    }


def _reshaped(x: Array, along: list[Axis], reduce: Callable[..., Array]) -> dict[str, Callable[[], Array]]:
    """Windows side by side that a reshape should cut out, with its sizes in another order."""
    if len(along) != 2 or any(a.k != a.s or a.p or a.n % a.k for a in along):
        return {}
    images, channels, (a, b) = len(x), x.shape[-1], along
    outer, inner = (a.n // a.k, b.n // b.k), (a.k, b.k)
    return {
        "blocks_reshaped": lambda: reduce(x.reshape(images, *outer, *inner, channels), (3, 4)),
        "blocks_reshaped__inner_first": lambda: reduce(
            x.reshape(images, a.k, outer[0], b.k, outer[1], channels), (1, 3)
        ),
    }


@program(
    "max_pool1d", "max_pool2d", "max_pool3d", "max_pool", "pool",
    words=_WORDS + """
mean-not-max = mean-not-max + zero-pad-max
  You took the mean of each window; this is average pooling.
  Which one number of the window does max pooling keep?

mean-not-max
  You took the mean of each window; this is average pooling.
  Which one number of the window does max pooling keep?

diagonal-of-window
  You looked at the diagonal of each window only.
  A window of 2 by 2 has four numbers: which slices of x hold the other two?

largest-of-all
  The largest number of the whole image took part in every window.
  With which number can a search for the maximum begin, and does it belong to this window?

min-not-max
  You took the smallest number of each window.
  Which end of the ordered window is asked for?

sum-not-max
  You added the numbers of each window.
  Which one number of the window does max pooling keep?

median-not-max
  You took the number in the middle of each ordered window.
  Which end of the ordered window is asked for?

largest-size-not-value
  You compared the numbers without their signs.
  Which is larger, -5 or 3?

place-not-value
  You returned where the largest number stands, not the number itself.
  What does argmax give, and what does max give?

one-maximum-for-all
  Every place got the maximum of the whole image.
  Over which numbers does the maximum of one window run?

pooled-over-images
  You pooled over the images as well.
  Do two images of a batch compete with each other?

max-starts-at-zero
  Windows that hold negative numbers only gave 0: your maximum began at 0.
  What is the largest of -3 and -5? With which number can a search for the maximum begin?

zero-pad-max
  Your padding took part in the maximum: a zero beats every negative number.
  Which number can stand in the padding so that it never wins?
""",
)  # fmt: skip
def max_pooling(
    fork: Fork, x: Any, kernel_size: PerAxis, stride: PerAxis | None = None, padding: PerAxis = 0, mode: str = "max"
) -> Array:
    """The largest number of every window."""
    image = fork.stage(as_image, x)
    along = fork.stage(axes_of, image, kernel_size, stride, padding)
    places = [fork.stage(windows, a) for a in along]
    seen = fork.stage(filled_windows, image, *places)
    y = fork.stage(largest, seen, along, image)
    y = fork.stage(handed_back, y, np.maximum, *places)
    ways = with_two(lambda k, s: max_pooling(Fork(), x, k, s, padding), kernel_size, stride)
    return fork("the numbers of the call", y[0, ..., 0] if np.ndim(x) < 3 else y, **ways)


def largest(fork: Fork, seen: Array, along: list[Axis], image: Array) -> Array:
    """What becomes of each window."""
    inside = np.where(np.isnan(seen), -np.inf, seen)
    y = inside.max(-2)
    ways = {}
    if len(along) == 2 and along[0].k == along[1].k and fork.gives("formula"):
        ways["diagonal_of_window"] = lambda: inside[..., :: along[0].k + 1, :].max(-2)
        ways["largest_of_all"] = lambda: np.broadcast_to(image.max(), y.shape)
    return fork(
        "what is taken of a window", y,
        mean_not_max=lambda: np.nanmean(seen, -2), min_not_max=lambda: np.nanmin(seen, -2),
        sum_not_max=lambda: np.nansum(seen, -2), median_not_max=lambda: np.nanmedian(seen, -2),
        largest_size_not_value=lambda: np.nanmax(np.abs(seen), -2),
        one_maximum_for_all=lambda: np.broadcast_to(_over_image(image, np.max), y.shape),
        largest_size_not_value__with_sign=lambda: _of_largest_size(seen),
        max_starts_at_zero=lambda: np.maximum(y, 0), first_of_window=lambda: inside[..., 0, :],
        last_of_window=lambda: inside[..., -1, :], place_not_value=lambda: inside.argmax(-2).astype(float),
        pooled_over_images=lambda: np.broadcast_to(y.max(0, keepdims=True), y.shape), **_over_channels(y, np.max),
        **ways, **_mixed(inside, np.max), **_reshaped(image, along, np.max),
    )  # fmt: skip


def _of_largest_size(seen: Array) -> Array:
    place = np.nanargmax(np.abs(seen), -2)[..., None, :]
    return np.take_along_axis(seen, place, -2)[..., 0, :]


@program(
    "avg_pool1d", "avg_pool2d", "avg_pool3d", "avg_pool",
    words=_WORDS + """
max-not-mean
  You took the largest number of each window; this is max pooling.
  How many numbers of the window have a say in their mean?

no-1-over-k2
  You added the numbers of each window, and did not divide.
  How many numbers are in a window, and what makes their sum a mean?

divided-by-k
  You divided by the side of the window.
  A window with 2 rows and 2 columns: how many numbers were added?

divided-by-twice-k
  You divided by twice the side of the window.
  What is 3 * 2, and what is 3 ** 2? How many numbers are in a window of 3 by 3?

divided-by-four
  You divided by 4, whatever the size of the window.
  A window of 3 by 3: how many numbers were added?

divided-by-stride
  You divided by the square of the stride; a mean is divided by how many numbers were added.
  A window of 3 by 3 that moves by 1: how many numbers were added?

padding-not-counted
  At the border you divided by the numbers inside of the image only.
  In this course the zeros of the padding count. How many numbers does a window at the border have then?

pooled-over-images
  You averaged over the images as well.
  Do two images of a batch belong to one mean?

median-not-mean
  You took the number in the middle of each ordered window.
  What is the mean of 0, 0, 0 and 8, and what is their median?

middle-of-the-ends
  You took the middle between the smallest and the largest number of each window.
  How many numbers of the window have a say in their mean?

one-mean-for-all
  Every place got the mean of the whole image.
  Over which numbers does the mean of one window run?
""",
)  # fmt: skip
def average_pooling(
    fork: Fork, x: Any, kernel_size: PerAxis, stride: PerAxis | None = None, padding: PerAxis = 0
) -> Array:
    """The mean of every window; the zeros of the padding count."""
    image = fork.stage(as_image, x)
    along = fork.stage(axes_of, image, kernel_size, stride, padding)
    places = [fork.stage(windows, a) for a in along]
    seen = fork.stage(flat_windows, image, *places)
    y = fork.stage(means, seen, along, image, *places)
    y = fork.stage(handed_back, y, np.add, *places)
    ways = with_two(lambda k, s: average_pooling(Fork(), x, k, s, padding), kernel_size, stride)
    return fork("the numbers of the call", y[0, ..., 0] if np.ndim(x) < 3 else y, **ways)


def means(fork: Fork, seen: Array, along: list[Axis], image: Array, *places: Places) -> Array:
    """What becomes of each window."""
    total = np.nansum(seen, -2)
    outside = np.ones((1,))
    for p in places:
        outside = (outside[..., None] * (p.index < p.room).sum(1)).reshape(*outside.shape, -1)
    count = outside.reshape(1, *(len(p.index) for p in places), 1)
    y = total / count
    side = along[0].k
    return fork(
        "what is taken of a window", y,
        max_not_mean=lambda: np.where(np.isnan(seen), -np.inf, seen).max(-2), no_1_over_k2=total,
        divided_by_k=lambda: total / side if len(along) > 1 else y, divided_by_four=lambda: total / 4,
        divided_by_twice_k=lambda: total / (2 * side),
        divided_by_stride=lambda: total / along[0].s ** 2,
        padding_not_counted=lambda: total / _inside(image, seen, places).sum(-2),
        first_of_window=lambda: np.nan_to_num(seen[..., 0, :]), last_of_window=lambda: np.nan_to_num(seen[..., -1, :]),
        pooled_over_images=lambda: np.broadcast_to(y.mean(0, keepdims=True), y.shape),
        median_not_mean=lambda: np.nanmedian(seen, -2),
        middle_of_the_ends=lambda: (np.nanmax(seen, -2) + np.nanmin(seen, -2)) / 2,
        one_mean_for_all=lambda: np.broadcast_to(_over_image(image, np.mean), y.shape), **_over_channels(y, np.mean),
        **_mixed(seen, np.nanmean), **_reshaped(image, along, np.mean),
    )  # fmt: skip


def _inside(image: Array, seen: Array, places: tuple[Places, ...]) -> Array:
    return read(padded(np.ones_like(image), places, "zeros", 0.0), places).reshape(seen.shape)


def _over_image(image: Array, reduce: Callable[..., Array]) -> Array:
    return reduce(image, tuple(range(1, image.ndim - 1)), keepdims=True)
