"""Pooling forward: which numbers a window takes, and what it makes of them (Problem 5)."""

from math import ceil

import numpy as np

import utils

from ..table import misconception
from ._arrays import per_axis

MAX = ("max_pool1d", "max_pool2d", "pool")
AVG = ("avg_pool1d", "avg_pool2d")


def split(x, kernel_size, stride, padding):
    """x as (B, n..., C), with kernel, stride and padding per axis; and how to make a result bare again."""
    x = np.asarray(x, float)
    bare = x.ndim < 3
    x = x[None, ..., None] if bare else x
    axes = x.ndim - 2
    kernel = per_axis(kernel_size, axes)
    strides = kernel if stride is None else per_axis(stride, axes)
    return x, kernel, strides, per_axis(padding, axes), (lambda y: y[0, ..., 0] if bare else y)


def pad(x, pads, value):
    return np.pad(x, [(0, 0), *((p, p) for p in pads), (0, 0)], constant_values=value)


def slide(x, kernel, strides, reduce, sizes=None):
    """`reduce` over each window of x (B, n..., C); windows may stick out at the end when `sizes` says so."""
    if sizes is None:
        sizes = [(n - k) // s + 1 for n, k, s in zip(x.shape[1:-1], kernel, strides, strict=True)]
    if min(sizes) < 1:
        raise ValueError("no window fits")
    y = np.zeros((x.shape[0], *sizes, x.shape[-1]))
    for place in np.ndindex(*sizes):
        index = tuple(slice(i * s, i * s + k) for i, s, k in zip(place, strides, kernel, strict=True))
        y[(slice(None), *place)] = reduce(x[(slice(None), *index)], axis=tuple(range(1, x.ndim - 1)))
    return y


def _right(x, kernel_size, stride, padding, mode):
    x, kernel, strides, pads, bare = split(x, kernel_size, stride, padding)
    return bare(utils.pool(x, kernel, strides, pads, mode))


@misconception(
    "mean-not-max",
    about=MAX,
    says="You took the mean of each window; this is average pooling.",
    asks="Which one number of the window does max pooling keep?",
)
def mean_not_max(x, kernel_size, stride=None, padding=0, mode="max"):
    return _right(x, kernel_size, stride, padding, "avg")


@misconception(
    "max-not-mean",
    about=AVG,
    says="You took the largest number of each window; this is max pooling.",
    asks="How many numbers of the window have a say in their mean?",
)
def max_not_mean(x, kernel_size, stride=None, padding=0):
    return _right(x, kernel_size, stride, padding, "max")


@misconception(
    "min-not-max",
    about=MAX,
    says="You took the smallest number of each window.",
    asks="Which end of the ordered window is asked for?",
)
def min_not_max(x, kernel_size, stride=None, padding=0, mode="max"):
    return -_right(-np.asarray(x), kernel_size, stride, padding, "max")


@misconception(
    "largest-size-not-value",
    about=MAX,
    says="You compared the numbers without their signs.",
    asks="Which is larger, -5 or 3?",
)
def largest_size(x, kernel_size, stride=None, padding=0, mode="max"):
    return _right(np.abs(x), kernel_size, stride, padding, "max")


_STRIDE_ONE = {
    "says": "Your window moved by one.",
    "asks": "When no stride is given, by how much does a pooling window move?",
}
_STRIDE_KERNEL = {
    "says": "Your windows lie side by side: the stride that was given was not used.",
    "asks": "By how much should the window move, and can two windows share a pixel?",
}
_SWAPPED = {
    "says": "The window lies on its side: its height and width changed places.",
    "asks": "Which entry of kernel_size belongs to the height?",
}
_PARTIAL = {
    "says": "You also used windows that stick out at the end.",
    "asks": "What does the floor in the output size do with a window that is not complete?",
}
_SHORT = {
    "says": "Each window lost its last row and column.",
    "asks": "How many numbers has x[0:2]? And x[0:K-1]?",
}
_FEWER = {
    "says": "The last window along each axis was left out.",
    "asks": "For n = 5 and K = 2 with stride 1, at which indices can the window start?",
}
_NO_PADDING = {
    "says": "This is the result without padding.",
    "asks": "Which array should the window slide over: x, or x with something around it?",
}
_CHANNELS = {
    "says": "You pooled over the channels as well.",
    "asks": "Do two channels of one pixel compete with each other, or is each pooled on its own?",
}
_FIRST = {
    "says": "You kept the first number of each window.",
    "asks": "What should happen to the other numbers of the window?",
}


def _both(name, words, faces=slice(None)):
    """Register one slip for max pooling and for average pooling."""

    def register(make):
        def of_max(x, kernel_size, stride=None, padding=0, mode="max"):
            return make(x, kernel_size, stride, padding, mode, np.max, -np.inf)

        def of_mean(x, kernel_size, stride=None, padding=0):
            return make(x, kernel_size, stride, padding, "avg", np.mean, 0.0)

        for wrong, about in ((of_max, MAX[faces]), (of_mean, AVG[faces])):
            wrong.__qualname__ = f"{make.__name__} {wrong.__name__}"
            misconception(name, about=about, **words)(wrong)
        return make

    return register


@_both("stride-one-default", _STRIDE_ONE)
def stride_one(x, kernel_size, stride, padding, mode, reduce, empty):
    return _right(x, kernel_size, 1, padding, mode)


@_both("stride-is-kernel", _STRIDE_KERNEL)
def stride_is_kernel(x, kernel_size, stride, padding, mode, reduce, empty):
    return _right(x, kernel_size, None, padding, mode)


@_both("kernel-axes-swapped", _SWAPPED, faces=slice(1, None))
def kernel_swapped(x, kernel_size, stride, padding, mode, reduce, empty):
    x, kernel, strides, pads, bare = split(x, kernel_size, stride, padding)
    given = kernel[::-1] if stride is None else strides
    return bare(utils.pool(x, kernel[::-1], given, pads, mode))


@_both("partial-window-counted", _PARTIAL)
def partial_window(x, kernel_size, stride, padding, mode, reduce, empty):
    x, kernel, strides, pads, bare = split(x, kernel_size, stride, padding)
    x = pad(x, pads, empty)
    sizes = [min(ceil((n - k) / s), (n - 1) // s) + 1 for n, k, s in zip(x.shape[1:-1], kernel, strides, strict=True)]
    return bare(slide(x, kernel, strides, reduce, sizes))


@_both("slice-drops-last", _SHORT)
def short_window(x, kernel_size, stride, padding, mode, reduce, empty):
    x, kernel, strides, pads, bare = split(x, kernel_size, stride, padding)
    sizes = [(n + 2 * p - k) // s + 1 for n, p, k, s in zip(x.shape[1:-1], pads, kernel, strides, strict=True)]
    return bare(slide(pad(x, pads, empty), [k - 1 for k in kernel], strides, reduce, sizes))


@_both("last-window-missing", _FEWER)
def last_window(x, kernel_size, stride, padding, mode, reduce, empty):
    y = _right(x, kernel_size, stride, padding, mode)
    spatial = range(y.ndim) if y.ndim < 3 else range(1, y.ndim - 1)
    return y[tuple(slice(None, -1) if a in spatial else slice(None) for a in range(y.ndim))]


@_both("padding-ignored", _NO_PADDING)
def padding_ignored(x, kernel_size, stride, padding, mode, reduce, empty):
    return _right(x, kernel_size, stride, 0, mode)


@_both("pooled-over-channels", _CHANNELS)
def over_channels(x, kernel_size, stride, padding, mode, reduce, empty):
    return None if np.ndim(x) < 3 else reduce(_right(x, kernel_size, stride, padding, mode), axis=-1)


@_both("pooled-over-channels", _CHANNELS)
def over_channels_kept(x, kernel_size, stride, padding, mode, reduce, empty):
    y = over_channels(x, kernel_size, stride, padding, mode, reduce, empty)
    return None if y is None else y[..., None]


@_both("pooled-over-channels", _CHANNELS)
def over_channels_copied(x, kernel_size, stride, padding, mode, reduce, empty):
    y = over_channels_kept(x, kernel_size, stride, padding, mode, reduce, empty)
    return None if y is None else np.repeat(y, np.shape(x)[-1], axis=-1)


@_both("first-of-window", _FIRST)
def first_of_window(x, kernel_size, stride, padding, mode, reduce, empty):
    x, kernel, strides, pads, bare = split(x, kernel_size, stride, padding)
    sizes = [(n + 2 * p - k) // s + 1 for n, p, k, s in zip(x.shape[1:-1], pads, kernel, strides, strict=True)]
    return bare(slide(pad(x, pads, empty), [1] * len(kernel), strides, reduce, sizes))


@misconception(
    "zero-pad-max",
    about=MAX,
    says="Your padding took part in the maximum: a zero beats every negative number.",
    asks="Which number can stand in the padding so that it never wins?",
)
def zero_pad_max(x, kernel_size, stride=None, padding=0, mode="max"):
    x, kernel, strides, pads, bare = split(x, kernel_size, stride, padding)
    return bare(slide(pad(x, pads, 0.0), kernel, strides, np.max))


@misconception(
    "no-1-over-k2",
    about=AVG,
    says="You added the numbers of each window, and did not divide.",
    asks="How many numbers are in a window, and what makes their sum a mean?",
)
def sum_not_mean(x, kernel_size, stride=None, padding=0):
    x, kernel, strides, pads, bare = split(x, kernel_size, stride, padding)
    return bare(slide(pad(x, pads, 0.0), kernel, strides, np.sum))


@misconception(
    "divided-by-k",
    about=AVG[1:],
    says="You divided by the side of the window.",
    asks="A window with 2 rows and 2 columns: how many numbers were added?",
)
def divided_by_k(x, kernel_size, stride=None, padding=0):
    _, kernel, *_ = split(x, kernel_size, stride, padding)
    return sum_not_mean(x, kernel_size, stride, padding) / kernel[0] if len(kernel) > 1 else None


@misconception(
    "padding-not-counted",
    about=AVG,
    says="At the border you divided by the numbers inside of the image only.",
    asks="In this course the zeros of the padding count. How many numbers has a window at the border then?",
)
def padding_not_counted(x, kernel_size, stride=None, padding=0):
    inside = sum_not_mean(np.ones_like(np.asarray(x, float)), kernel_size, stride, padding)
    return sum_not_mean(x, kernel_size, stride, padding) / inside
