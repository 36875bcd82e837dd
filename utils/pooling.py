"""Pooling: one number for each window and channel, and how its gradient goes back (Problem 5).

`kernel_size`, `stride`, `padding` and `dilation` are an int or one per axis; stride None means kernel_size; `padding`
may be a pair for each axis, as in `utils.convolution`. As in PyTorch, padding is at most half the kernel, never wins a
maximum, and counts as zeros in a mean, unless `count_include_pad` is False; `ceil_mode` lets a last window reach over
the end, where nothing counts. Results are float32 if all arrays are, float64 otherwise; a ValueError or TypeError names
the argument that does not fit. What may change here: how arguments are checked. What stays: names, arguments, results.
How it is made fast is in `utils/engine/pooling.py`.
"""

from math import prod
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from utils.engine.pooling import groups_of_images, places_of_maxima, pool_along, send_to_maxima, spread_along
from utils.shapes import (
    Array,
    Padding,
    PerAxis,
    Shape,
    as_floats,
    as_shape,
    check_shape,
    describe,
    flag,
    paddings,
    shown,
)
from utils.watch import watched
from utils.windows import Windows, windows_over


@watched
def pool(
    x: ArrayLike, kernel_size: PerAxis, stride: PerAxis | None = None, padding: Padding = 0,
    mode: Literal["max", "avg"] = "max", dilation: PerAxis = 1, ceil_mode: bool = False, count_include_pad: bool = True,
) -> Array:  # fmt: skip
    """The maximum or mean (`mode` "max" or "avg") of each window, over any number of axes.

    x (B, n..., C) gives (B, out..., C). A window that holds a NaN gives NaN.
    `kernel_size`, `stride`, `padding` and `dilation` are an int or one per axis; without a stride it is `kernel_size`.
    `ceil_mode` lets a last window reach over the end; without `count_include_pad` a mean divides by the window's
    number of pixels.
    """
    if not isinstance(mode, str) or mode not in ("max", "avg"):
        raise ValueError(f"mode is {shown(mode)}, expected 'max' or 'avg'")
    (x,) = as_floats(x=x)
    windows = _check_windows(x.shape, "x", kernel_size, stride, padding, dilation, ceil_mode)
    count = None if mode == "max" else _count(x.shape, windows, padding, ceil_mode, count_include_pad, x.dtype)
    y = np.empty((len(x), *windows.out, x.shape[-1]), x.dtype)
    for images in groups_of_images(x):
        part = x[images]
        for axis in range(len(windows.out)):  # the maximum of the rows' maxima, the sum of the rows' sums
            part = pool_along(axis, part, windows, mode)
        if count is None:
            y[images] = part
        else:
            np.divide(part, count, out=y[images])
    return y


@watched
def max_pool_indices(
    x: ArrayLike, kernel_size: PerAxis, stride: PerAxis | None = None, padding: Padding = 0, dilation: PerAxis = 1,
    ceil_mode: bool = False,
) -> NDArray[np.int64]:  # fmt: skip
    """Where each window of `pool(x, ...)` has its maximum, as PyTorch says it: a number that counts an image's pixels.

    x (B, n..., C) gives (B, out..., C), int64: in an image (H, W), pixel (i, j) has the number i W + j. A tie goes to
    the first. `kernel_size`, `stride`, `padding`, `dilation` and `ceil_mode` are those of `pool`.
    """
    (x,) = as_floats(x=x)
    windows = _check_windows(x.shape, "x", kernel_size, stride, padding, dilation, ceil_mode)
    indices = np.empty((len(x), *windows.out, x.shape[-1]), np.int64)
    for images, places in places_of_maxima(x, windows):
        indices[images] = places // x.shape[-1] % prod(x.shape[1:-1])
    return indices


@watched
def max_pool_grad(
    grad_output: ArrayLike, x: ArrayLike, kernel_size: PerAxis, stride: PerAxis | None = None, padding: Padding = 0,
    dilation: PerAxis = 1, ceil_mode: bool = False,
) -> Array:  # fmt: skip
    """The gradient of sum(grad_output * pool(x)) with respect to x: all of a window's goes to its maximum.

    grad_output (B, out..., C) and x (B, n..., C) give x's shape. A tie goes to the first in row order, as in
    PyTorch; a NaN counts as the largest; windows that overlap add up. `kernel_size`, `stride`, `padding`,
    `dilation` and `ceil_mode` are those of `pool`.
    """
    dy, x = as_floats(grad_output=grad_output, x=x)
    windows = _check_windows(x.shape, "x", kernel_size, stride, padding, dilation, ceil_mode)
    check_shape(dy, "grad_output", (len(x), *windows.out, x.shape[-1]), "the shape of the pooled output")
    return send_to_maxima(dy, x, windows)


@watched
def avg_pool_grad(
    grad_output: ArrayLike, input_shape: PerAxis, kernel_size: PerAxis, stride: PerAxis | None = None,
    padding: Padding = 0, dilation: PerAxis = 1, ceil_mode: bool = False, count_include_pad: bool = True,
) -> Array:  # fmt: skip
    """The gradient of sum(grad_output * pool(x, mode="avg")) with respect to x: equal shares for all pixels.

    grad_output (B, out..., C) gives an array of `input_shape` = (B, n..., C). Pixels in no window get 0.
    `kernel_size`, `stride`, `padding`, `dilation`, `ceil_mode` and `count_include_pad` are those of `pool`.
    """
    (dy,) = as_floats(grad_output=grad_output)
    shape = as_shape(input_shape, "input_shape")
    windows = _check_windows(shape, "input_shape", kernel_size, stride, padding, dilation, ceil_mode)
    check_shape(dy, "grad_output", (shape[0], *windows.out, shape[-1]), "the shape of the pooled output")
    count = _count(shape, windows, padding, ceil_mode, count_include_pad, dy.dtype)
    dx = np.empty(shape, dy.dtype)
    for images in groups_of_images(dx):
        part = dy[images] / count
        for axis, n in enumerate(shape[1:-1]):
            part = spread_along(axis, part, n, windows)
        dx[images] = part
    return dx


def _check_windows(
    shape: Shape, name: str, kernel_size: PerAxis, stride: PerAxis | None, padding: Padding, dilation: PerAxis,
    ceil_mode: bool,
) -> Windows:  # fmt: skip
    if len(shape) < 3:
        raise ValueError(f"{describe(name, shape)}, expected (B, n..., C)")
    stride = kernel_size if stride is None else stride
    windows = windows_over(shape[1:-1], kernel_size, stride, padding, dilation, ceil_mode)
    after = _after(padding, windows)
    for p, q, k, d in zip(windows.padding, after, windows.kernel, windows.dilation, strict=True):
        if 2 * max(p, q) > (k - 1) * d + 1:
            half = (
                f"kernel_size, which is {shown(kernel_size)}" if d == 1 else f"what the kernel spans, {(k - 1) * d + 1}"
            )
            raise ValueError(f"padding is {shown(padding)}, expected at most half of {half}")
    if max(windows.dilation) > 1:
        for axis, n in enumerate(shape[1:-1]):
            if not _pixels_before(n, windows, axis, 0).all():
                raise ValueError(f"dilation is {shown(dilation)}, with which a window of {name} lies on padding alone")
    return windows


def _count(
    shape: Shape, windows: Windows, padding: Padding, ceil_mode: bool, count_include_pad: bool, dtype: np.dtype
) -> Array | np.floating:
    """By what each window's sum is divided: one number, or (out..., 1) where windows have fewer pixels."""
    if flag(count_include_pad, "count_include_pad") and not ceil_mode:
        return dtype.type(prod(windows.kernel))
    after = _after(padding, windows)
    count = np.ones((*windows.out, 1), dtype)
    for axis, n in enumerate(shape[1:-1]):
        around = (windows.padding[axis], after[axis]) if count_include_pad else (0, 0)
        along = _pixels_before(n + around[1], windows, axis, around[0])
        count *= along.reshape(-1, *[1] * (len(shape) - 2 - axis))
    return count


def _after(padding: Padding, windows: Windows) -> Shape:
    """How many pixels are added after the last one of each axis."""
    return windows.padding if type(padding) is int else paddings(padding, *windows[:2], windows.dilation)[1]


def _pixels_before(end: int, windows: Windows, axis: int, padding: int) -> Array:
    """How many pixels of each window along one axis, from the pixel -padding on, come before `end`."""
    kernel, stride, before, dilation, out = (values[axis] for values in windows)
    starts = np.arange(out) * stride - before
    first = np.maximum(0, -((starts + padding) // dilation))
    last = np.minimum(kernel - 1, (end - 1 - starts) // dilation)
    return np.maximum(0, last - first + 1)
