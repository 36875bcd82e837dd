"""Pooling backward: where a window's gradient goes (Problem 5)."""

import numpy as np

import utils

from ..table import misconception
from .pooling import pad, split

MAX = ("max_pool2d_grad", "max_pool_grad")
AVG = ("avg_pool2d_grad", "avg_pool_grad")


def _windows(dy, sizes, kernel, strides):
    """Each place of dY with the slices of its window."""
    for place in np.ndindex(*dy.shape[1:-1]):
        index = tuple(slice(i * s, i * s + k) for i, s, k in zip(place, strides, kernel, strict=True))
        yield (slice(None), *place), (slice(None), *index)


def _cut(dx, pads):
    return dx[(slice(None), *(slice(p, n - p) for n, p in zip(dx.shape[1:-1], pads, strict=True)))]


def _full(dy):
    dy = np.asarray(dy, float)
    return dy[None, ..., None] if dy.ndim < 3 else dy


def _shares(dy, x, kernel_size, stride, padding, share, write="add"):
    """dX where each window hands `dy * share(window)` back, by adding or by overwriting."""
    x, kernel, strides, pads, bare = split(x, kernel_size, stride, padding)
    dy, wide = _full(dy), pad(x, pads, -np.inf)
    dx = np.zeros_like(wide)
    for place, index in _windows(dy, x.shape[1:-1], kernel, strides):
        axes = tuple(range(1, x.ndim - 1))
        part = np.expand_dims(dy[place], axes) * share(wide[index], axes)
        dx[index] = part if write == "set" else dx[index] + part
    return bare(_cut(dx, pads))


def _first_max(window, axes):
    flat = window.reshape(window.shape[0], -1, window.shape[-1])
    mask = np.zeros_like(flat)
    np.put_along_axis(mask, flat.argmax(1)[:, None], 1.0, axis=1)
    return mask.reshape(window.shape)


def _all_max(window, axes):
    return (window == window.max(axes, keepdims=True)).astype(float)


def _everyone(window, axes):
    return np.ones_like(window)


def _equal(window, axes):
    return np.full_like(window, 1 / np.prod([window.shape[a] for a in axes]))


def _corner(window, axes):
    mask = np.zeros_like(window)
    mask[(slice(None), *(0 for _ in axes))] = 1
    return mask


def _right(dy, x, kernel_size, stride, padding):
    x, kernel, strides, pads, bare = split(x, kernel_size, stride, padding)
    return bare(utils.max_pool_grad(_full(dy), x, kernel, strides, pads))


@misconception(
    "max-tie-duplicated",
    about=MAX,
    says="Where two numbers tie for the maximum, both got the whole gradient.",
    asks="If a window's output grows by 1, by how much can its inputs together take part? May it be counted twice?",
)
def tie_duplicated(grad_output, x, kernel_size, stride=None, padding=0):
    return _shares(grad_output, x, kernel_size, stride, padding, _all_max)


@misconception(
    "grad-spread-evenly",
    about=MAX,
    says="Every number of a window got an equal share; this is the gradient of average pooling.",
    asks="If a number that is not the maximum grows a little, does the output change?",
)
def spread_evenly(grad_output, x, kernel_size, stride=None, padding=0):
    return _shares(grad_output, x, kernel_size, stride, padding, _equal)


@misconception(
    "grad-to-everyone",
    about=MAX,
    says="Every number of a window got the whole gradient.",
    asks="If a number that is not the maximum grows a little, does the output change?",
)
def to_everyone(grad_output, x, kernel_size, stride=None, padding=0):
    return _shares(grad_output, x, kernel_size, stride, padding, _everyone)


_CORNER = {
    "says": "The first number of each window got the gradient.",
    "asks": "Which number of the window made the output?",
}


@misconception("grad-to-corner", about=MAX, **_CORNER)
def to_corner(grad_output, x, kernel_size, stride=None, padding=0):
    return _shares(grad_output, x, kernel_size, stride, padding, _corner)


@misconception(
    "overwrite-overlap",
    about=MAX,
    says="Where windows overlap, the later one wiped out what the earlier one had left.",
    asks="A pixel that is the maximum of two windows: what does it get from each?",
)
def overwrite(grad_output, x, kernel_size, stride=None, padding=0):
    return _shares(grad_output, x, kernel_size, stride, padding, _first_max, write="set")


@misconception(
    "overwrite-overlap",
    about=MAX,
    says="Where windows overlap, the later one wiped out what the earlier one had left.",
    asks="A pixel that is the maximum of two windows: what does it get from each?",
)
def overwrite_maximum_only(grad_output, x, kernel_size, stride=None, padding=0):
    x, kernel, strides, pads, bare = split(x, kernel_size, stride, padding)
    dy, wide = _full(grad_output), pad(x, pads, -np.inf)
    dx = np.zeros_like(wide)
    for place, index in _windows(dy, x.shape[1:-1], kernel, strides):
        axes = tuple(range(1, x.ndim - 1))
        mask = _first_max(wide[index], axes) > 0
        dx[index] = np.where(mask, np.expand_dims(dy[place], axes), dx[index])
    return bare(_cut(dx, pads))


@misconception(
    "upstream-ones",
    about=MAX,
    says="You marked the maxima with ones: the numbers that came from above were not used.",
    asks="If one output matters twice as much to the loss as another, where does your code notice?",
)
def mask_only(grad_output, x, kernel_size, stride=None, padding=0):
    return _right(np.ones_like(grad_output), x, kernel_size, stride, padding)


@misconception(
    "gradient-times-x",
    about=MAX,
    says="You handed back the maximum itself times the gradient.",
    asks="The output is 1 times the maximum. By how much does it grow when the maximum grows by 1?",
)
def times_x(grad_output, x, kernel_size, stride=None, padding=0):
    return _right(grad_output, x, kernel_size, stride, padding) * np.asarray(x)


@misconception(
    "window-at-own-pixel",
    about=MAX,
    says="You asked each pixel whether it is the largest of a window that begins at that pixel.",
    asks="Where do the windows begin that the forward pass used, and in which of them does this pixel lie?",
)
def window_at_own_pixel(grad_output, x, kernel_size, stride=None, padding=0):
    x, kernel, strides, pads, bare = split(x, kernel_size, stride, padding)
    dy, wide = _full(grad_output), pad(x, pads, -np.inf)
    dx = np.zeros_like(wide)
    for place in np.ndindex(*wide.shape[1:-1]):
        own = tuple(slice(i, i + k) for i, k in zip(place, kernel, strict=True))
        above = tuple(min(i // s, m - 1) for i, s, m in zip(place, strides, dy.shape[1:-1], strict=True))
        largest = wide[(slice(None), *own)].max(axis=tuple(range(1, wide.ndim - 1)))
        here = (slice(None), *place)
        dx[here] = (wide[here] == largest) * dy[(slice(None), *above)]
    return bare(_cut(dx, pads))


@misconception(
    "stride-is-kernel",
    about=MAX,
    says="Your windows lie side by side: the stride was not used on the way back.",
    asks="Where does the second window begin?",
)
def stride_is_kernel(grad_output, x, kernel_size, stride=None, padding=0):
    x, kernel, _, _, bare = split(x, kernel_size, stride, padding)
    room = tuple(k * m for k, m in zip(kernel, _full(grad_output).shape[1:-1], strict=True))
    wide = np.pad(x, [(0, 0), *((0, max(0, r - n)) for r, n in zip(room, x.shape[1:-1], strict=True)), (0, 0)],
                  constant_values=-np.inf)  # fmt: skip
    dx = np.zeros_like(wide)
    for place, index in _windows(_full(grad_output), None, kernel, kernel):
        axes = tuple(range(1, x.ndim - 1))
        dx[index] += np.expand_dims(_full(grad_output)[place], axes) * _first_max(wide[index], axes)
    return bare(dx[(slice(None), *(slice(n) for n in x.shape[1:-1]))])


def _avg(dy, input_shape, kernel_size, stride, padding, share, write="add"):
    return _shares(dy, np.zeros(input_shape), kernel_size, stride, padding, share, write)


@misconception(
    "avgpool-of-dy",
    about=AVG,
    says="You pooled grad_output again, so your result is even smaller than that.",
    asks="dL/dX has one number for each pixel of X. Should the backward pass make grad_output smaller or larger?",
)
def pooled_again(grad_output, input_shape, kernel_size, stride=None, padding=0):
    dy, kernel, strides, pads, bare = split(grad_output, kernel_size, stride, padding)
    return bare(utils.pool(dy, kernel, strides, pads, "avg"))


@misconception(
    "no-1-over-k2",
    about=AVG,
    says="Every number of a window got the whole gradient; the division of the mean is missing.",
    asks="If one of four numbers grows by 1, by how much does their mean grow?",
)
def no_division(grad_output, input_shape, kernel_size, stride=None, padding=0):
    return _avg(grad_output, input_shape, kernel_size, stride, padding, _everyone)


@misconception(
    "divided-by-k",
    about=AVG,
    says="You divided by the side of the window.",
    asks="A window with 2 rows and 2 columns: if one of its numbers grows by 1, by how much does the mean grow?",
)
def divided_by_k(grad_output, input_shape, kernel_size, stride=None, padding=0):
    kernel = split(np.zeros(input_shape), kernel_size, stride, padding)[1]
    return no_division(grad_output, input_shape, kernel_size, stride, padding) / kernel[0] if len(kernel) > 1 else None


@misconception(
    "overwrite-overlap",
    about=AVG,
    says="Where windows overlap, the later one wiped out what the earlier one had left.",
    asks="A pixel that lies in two windows: what does it get from each?",
)
def avg_overwrite(grad_output, input_shape, kernel_size, stride=None, padding=0):
    return _avg(grad_output, input_shape, kernel_size, stride, padding, _equal, write="set")


@misconception("grad-to-corner", about=AVG, **_CORNER)
def avg_to_corner(grad_output, input_shape, kernel_size, stride=None, padding=0):
    return _avg(grad_output, input_shape, kernel_size, stride, padding, _corner)


def _upsampled(grad_output, input_shape, kernel_size, stride, padding, tile=False):
    x, kernel, _, pads, bare = split(np.zeros(input_shape), kernel_size, stride, padding)
    big = _full(grad_output) / np.prod(kernel)
    for axis, k in enumerate(kernel, start=1):
        big = np.concatenate([big] * k, axis=axis) if tile else np.repeat(big, k, axis=axis)
    return x, big, pads, bare


@misconception(
    "leftover-forgotten",
    about=AVG,
    says="The rows and columns that no window reached have no place in your result.",
    asks="What shape must dL/dX have, and what is the gradient of a pixel that feeds no output?",
)
def no_remainder(grad_output, input_shape, kernel_size, stride=None, padding=0):
    _, big, pads, bare = _upsampled(grad_output, input_shape, kernel_size, stride, padding)
    return bare(_cut(big, pads))


@misconception(
    "dropped-rows",
    about=AVG,
    says="The rows and columns that no window reached got a gradient too.",
    asks="If a pixel feeds no output, by how much does the loss change when this pixel changes?",
)
def remainder_filled(grad_output, input_shape, kernel_size, stride=None, padding=0):
    x, big, pads, bare = _upsampled(grad_output, input_shape, kernel_size, stride, padding)
    big = _cut(big, pads)
    room = [(0, 0), *((0, max(0, n - m)) for n, m in zip(x.shape[1:-1], big.shape[1:-1], strict=True)), (0, 0)]
    return bare(np.pad(big, room, mode="edge")[tuple(slice(n) for n in x.shape)])


@misconception(
    "tiled-not-repeated",
    about=AVG,
    says="You laid copies of the whole grad_output side by side; each number should become a block of itself.",
    asks="Which output did the pixels (0, 0) and (0, 1) feed: the same one, or two?",
)
def tiled(grad_output, input_shape, kernel_size, stride=None, padding=0):
    x, big, _, bare = _upsampled(grad_output, input_shape, kernel_size, stride, padding, tile=True)
    room = [(0, 0), *((0, max(0, n - m)) for n, m in zip(x.shape[1:-1], big.shape[1:-1], strict=True)), (0, 0)]
    return bare(np.pad(big, room)[tuple(slice(n) for n in x.shape)])


@misconception(
    "upstream-ones",
    about=AVG,
    says="This is the gradient for a grad_output of ones: the numbers that came from above were not used.",
    asks="If one output matters twice as much to the loss as another, where does your code notice?",
)
def avg_ones(grad_output, input_shape, kernel_size, stride=None, padding=0):
    return _avg(np.ones_like(grad_output), input_shape, kernel_size, stride, padding, _equal)
