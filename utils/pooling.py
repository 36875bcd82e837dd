"""Pooling: one number for each window and channel, and how its gradient goes back (Problem 5).

`kernel_size`, `stride` and `padding` are an int or one per axis; stride None means kernel_size. As in PyTorch, padding
is at most half the kernel, never wins a maximum, and counts as zeros in a mean. Results are float32 if all arrays are,
float64 otherwise; a ValueError or TypeError names the argument that does not fit.
What may change here: how arguments are checked. What stays: names, arguments, results. How it is made fast is in
`utils/engine/pooling.py`.
"""

from math import prod
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from utils.engine.pooling import groups_of_images, pool_along, send_to_maxima, spread_along
from utils.shapes import Array, PerAxis, Shape, as_floats, as_shape, check_shape, describe
from utils.watch import watched
from utils.windows import Windows, windows_over


@watched
def pool(
    x: ArrayLike, kernel_size: PerAxis, stride: PerAxis | None = None, padding: PerAxis = 0,
    mode: Literal["max", "avg"] = "max",
) -> Array:  # fmt: skip
    """The maximum or mean (`mode` "max" or "avg") of each window, over any number of axes.

    x (B, n..., C) gives (B, out..., C). A window that holds a NaN gives NaN.
    `kernel_size`, `stride` and `padding` are an int or one per axis; without a stride it is `kernel_size`.
    """
    if mode not in ("max", "avg"):
        raise ValueError(f"mode is {mode!r}, expected 'max' or 'avg'")
    (x,) = as_floats(x=x)
    windows = _check_windows(x.shape, "x", kernel_size, stride, padding)
    y = np.empty((len(x), *windows.out, x.shape[-1]), x.dtype)
    for images in groups_of_images(x):
        part = x[images]
        for axis in range(len(windows.out)):  # the maximum of the rows' maxima, the sum of the rows' sums
            part = pool_along(axis, part, windows, mode)
        if mode == "max":
            y[images] = part
        else:
            np.divide(part, x.dtype.type(prod(windows.kernel)), out=y[images])
    return y


@watched
def max_pool_grad(
    grad_output: ArrayLike, x: ArrayLike, kernel_size: PerAxis,
    stride: PerAxis | None = None, padding: PerAxis = 0,
) -> Array:  # fmt: skip
    """The gradient of sum(grad_output * pool(x)) with respect to x: all of a window's goes to its maximum.

    grad_output (B, out..., C) and x (B, n..., C) give x's shape. A tie goes to the first in row order, as in
    PyTorch; a NaN counts as the largest; windows that overlap add up. `kernel_size`, `stride` and `padding` are those
    of `pool`.
    """
    dy, x = as_floats(grad_output=grad_output, x=x)
    windows = _check_windows(x.shape, "x", kernel_size, stride, padding)
    check_shape(dy, "grad_output", (len(x), *windows.out, x.shape[-1]), "the shape of the pooled output")
    return send_to_maxima(dy, x, windows)


@watched
def avg_pool_grad(
    grad_output: ArrayLike, input_shape: PerAxis, kernel_size: PerAxis, stride: PerAxis | None = None,
    padding: PerAxis = 0,
) -> Array:  # fmt: skip
    """The gradient of sum(grad_output * pool(x, mode="avg")) with respect to x: equal shares for all pixels.

    grad_output (B, out..., C) gives an array of `input_shape` = (B, n..., C). Pixels in no window get 0.
    `kernel_size`, `stride` and `padding` are those of `pool`.
    """
    (dy,) = as_floats(grad_output=grad_output)
    shape = as_shape(input_shape, "input_shape")
    windows = _check_windows(shape, "input_shape", kernel_size, stride, padding)
    check_shape(dy, "grad_output", (shape[0], *windows.out, shape[-1]), "the shape of the pooled output")
    dx = np.empty(shape, dy.dtype)
    for images in groups_of_images(dx):
        part = dy[images] / dy.dtype.type(prod(windows.kernel))
        for axis, n in enumerate(shape[1:-1]):
            part = spread_along(axis, part, n, windows)
        dx[images] = part
    return dx


def _check_windows(shape: Shape, name: str, kernel_size: PerAxis, stride: PerAxis | None, padding: PerAxis) -> Windows:
    if len(shape) < 3:
        raise ValueError(f"{describe(name, shape)}, expected (B, n..., C)")
    windows = windows_over(shape[1:-1], kernel_size, kernel_size if stride is None else stride, padding)
    if any(2 * p > k for p, k in zip(windows.padding, windows.kernel, strict=True)):
        raise ValueError(f"padding is {padding}, expected at most half of kernel_size, which is {kernel_size}")
    return windows
