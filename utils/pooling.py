"""Pooling: one number for each window and channel, and how its gradient goes back (Problem 5).

`kernel_size`, `stride` and `padding` are an int or one per axis; stride None means kernel_size. As in PyTorch,
padding is at most half the kernel, never wins a maximum, and counts as zeros in a mean.
"""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from utils.shapes import Array, PerAxis, Shape, as_floats, as_shape, output_sizes, per_axis
from utils.windows import pad, taps, unpad


def pool(
    x: ArrayLike, kernel_size: PerAxis, stride: PerAxis | None = None, padding: PerAxis = 0,
    mode: Literal["max", "avg"] = "max",
) -> Array:  # fmt: skip
    """The maximum or mean of each window: x (B, n..., C) gives (B, out..., C), with any number of spatial axes.

    A window that holds NaN gives NaN.
    """
    if mode not in ("max", "avg"):
        raise ValueError(f"mode is {mode!r}, expected 'max' or 'avg'")
    (x,) = as_floats(x=x)
    if x.ndim < 3:
        raise ValueError(f"x has shape {x.shape}, expected (B, n..., C)")
    return _pool(x, mode, *_settings(x.shape, kernel_size, stride, padding))


def max_pool_grad(
    grad_output: ArrayLike,
    x: ArrayLike,
    kernel_size: PerAxis,
    stride: PerAxis | None = None,
    padding: PerAxis = 0,
) -> Array:
    """The gradient of sum(grad_output * pool(x)) with respect to x: each window's goes to its maximum alone.

    grad_output (B, out..., C), x (B, n..., C); returns x's shape. A tie goes to the first in row order, as in
    PyTorch, and a NaN counts as a maximum. Windows that overlap add up.
    """
    dy, x = as_floats(grad_output=grad_output, x=x)
    if x.ndim < 3:
        raise ValueError(f"x has shape {x.shape}, expected (B, n..., C)")
    kernel, strides, pads, out = _settings(x.shape, kernel_size, stride, padding)
    _check_grad_output(dy, x.shape, out)
    padded = pad(x, pads, -np.inf)
    dx = np.zeros_like(padded)
    y = _pool(x, "max", kernel, strides, pads, out)
    free = np.ones(dy.shape, bool)
    for _, pixels in taps(out, kernel, strides, (1,) * len(kernel)):
        candidate = padded[pixels]
        here = free & ((candidate == y) | np.isnan(candidate))
        free &= ~here
        dx[pixels] += dy * here
    return unpad(dx, pads)


def avg_pool_grad(
    grad_output: ArrayLike, input_shape: PerAxis, kernel_size: PerAxis, stride: PerAxis | None = None,
    padding: PerAxis = 0,
) -> Array:  # fmt: skip
    """The gradient of sum(grad_output * pool(x, mode="avg")) with respect to x: an equal share for every pixel.

    grad_output (B, out..., C); returns `input_shape` = (B, n..., C). Pixels that no window meets get 0.
    """
    (dy,) = as_floats(grad_output=grad_output)
    shape = as_shape(input_shape, "input_shape")
    if len(shape) < 3:
        raise ValueError(f"input_shape is {shape}, expected (B, n..., C)")
    kernel, strides, pads, out = _settings(shape, kernel_size, stride, padding)
    _check_grad_output(dy, shape, out)
    dx = np.zeros(
        (shape[0], *(n + 2 * p for n, p in zip(shape[1:-1], pads, strict=True)), shape[-1]), dy.dtype
    )
    share = dy / dy.dtype.type(np.prod(kernel))
    for _, pixels in taps(out, kernel, strides, (1,) * len(kernel)):
        dx[pixels] += share
    return unpad(dx, pads)


def max_pool1d(
    x: ArrayLike, kernel_size: PerAxis, stride: PerAxis | None = None, padding: PerAxis = 0
) -> Array:
    """The maximum of each window: x (B, n, C) gives (B, out, C), and a bare signal (n,) gives (out,) (Problem 5)."""
    return _face(1, x, kernel_size, stride, padding, "max")


def avg_pool1d(
    x: ArrayLike, kernel_size: PerAxis, stride: PerAxis | None = None, padding: PerAxis = 0
) -> Array:
    """The mean of each window: x (B, n, C) gives (B, out, C), and a bare signal (n,) gives (out,) (Problem 5)."""
    return _face(1, x, kernel_size, stride, padding, "avg")


def max_pool2d(
    x: ArrayLike, kernel_size: PerAxis, stride: PerAxis | None = None, padding: PerAxis = 0
) -> Array:
    """The maximum of each window: x (B, H, W, C) gives (B, outH, outW, C); (H, W) gives (outH, outW) (Problem 5)."""
    return _face(2, x, kernel_size, stride, padding, "max")


def avg_pool2d(
    x: ArrayLike, kernel_size: PerAxis, stride: PerAxis | None = None, padding: PerAxis = 0
) -> Array:
    """The mean of each window: x (B, H, W, C) gives (B, outH, outW, C); (H, W) gives (outH, outW) (Problem 5)."""
    return _face(2, x, kernel_size, stride, padding, "avg")


def max_pool2d_grad(
    grad_output: ArrayLike,
    x: ArrayLike,
    kernel_size: PerAxis,
    stride: PerAxis | None = None,
    padding: PerAxis = 0,
) -> Array:
    """`max_pool_grad` of images (Problem 5): grad_output (B, outH, outW, C), x (B, H, W, C); both may be bare."""
    dy, x = as_floats(grad_output=grad_output, x=x)
    if x.ndim == 2 and dy.ndim == 2:
        return max_pool_grad(dy[None, ..., None], x[None, ..., None], kernel_size, stride, padding)[0, ..., 0]
    _check_rank(x.shape, "x", 2)
    return max_pool_grad(dy, x, kernel_size, stride, padding)


def avg_pool2d_grad(
    grad_output: ArrayLike, input_shape: PerAxis, kernel_size: PerAxis, stride: PerAxis | None = None,
    padding: PerAxis = 0,
) -> Array:  # fmt: skip
    """`avg_pool_grad` of images (Problem 5): grad_output (B, outH, outW, C), input_shape (B, H, W, C), or bare."""
    (dy,) = as_floats(grad_output=grad_output)
    shape = as_shape(input_shape, "input_shape")
    if len(shape) == 2 and dy.ndim == 2:
        return avg_pool_grad(dy[None, ..., None], (1, *shape, 1), kernel_size, stride, padding)[0, ..., 0]
    _check_rank(shape, "input_shape", 2)
    return avg_pool_grad(dy, shape, kernel_size, stride, padding)


def _face(axes: int, x: ArrayLike, kernel_size: PerAxis, stride: PerAxis | None, padding: PerAxis,
          mode: Literal["max", "avg"]) -> Array:  # fmt: skip
    (x,) = as_floats(x=x)
    if x.ndim == axes:
        return pool(x[None, ..., None], kernel_size, stride, padding, mode)[0, ..., 0]
    _check_rank(x.shape, "x", axes)
    return pool(x, kernel_size, stride, padding, mode)


def _pool(x: Array, mode: str, kernel: Shape, stride: Shape, padding: Shape, out: Shape) -> Array:
    x = pad(x, padding, -np.inf if mode == "max" else 0.0)
    (_, first), *rest = taps(out, kernel, stride, (1,) * len(kernel))
    y = x[first].copy()
    for _, pixels in rest:
        (np.maximum if mode == "max" else np.add)(y, x[pixels], out=y)
    return y if mode == "max" else y / y.dtype.type(np.prod(kernel))


def _settings(
    shape: Shape, kernel_size: PerAxis, stride: PerAxis | None, padding: PerAxis
) -> tuple[Shape, Shape, Shape, Shape]:
    axes = len(shape) - 2
    kernel = per_axis(kernel_size, axes, "kernel_size", least=1)
    strides = kernel if stride is None else per_axis(stride, axes, "stride", least=1)
    pads = per_axis(padding, axes, "padding", least=0)
    if any(2 * p > k for p, k in zip(pads, kernel, strict=True)):
        raise ValueError(
            f"padding is {padding!r}, expected at most half of kernel_size, which is {kernel_size!r}"
        )
    return kernel, strides, pads, output_sizes(shape[1:-1], kernel, strides, pads, (1,) * axes)


def _check_rank(shape: Shape, name: str, axes: int) -> None:
    if len(shape) != axes + 2:
        expected = ("(B, n, C) or, bare, (n,)", "(B, H, W, C) or, bare, (H, W)")[axes - 1]
        raise ValueError(f"{name} has shape {shape}, expected {expected}")


def _check_grad_output(dy: Array, shape: Shape, out: Shape) -> None:
    expected = (shape[0], *out, shape[-1])
    if dy.shape != expected:
        raise ValueError(
            f"grad_output has shape {dy.shape}, expected {expected}: the shape of the pooled output"
        )
