"""Small tools for the wrong computations: one way to call the operators for bare and full arrays of any rank."""

from collections.abc import Sequence
from typing import Any

import numpy as np

import utils

Array = np.ndarray
PerAxis = int | Sequence[int]

# faces for one, two and any number of axes
FORWARD = ("conv1d", "conv2d", "conv")
GRAD_INPUT = ("conv1d_grad_input", "conv2d_grad_input", "conv_grad_input")
GRAD_WEIGHT = ("conv1d_grad_weight", "conv2d_grad_weight", "conv_grad_weight")
GRAD_BIAS = ("conv2d_grad_bias", "conv_grad_bias")


def axes_of(kernel_ndim: int) -> int:
    """Spatial axes of a kernel: (k,) and (kH, kW) are bare, more axes end with (C, D)."""
    return kernel_ndim if kernel_ndim < 3 else kernel_ndim - 2


def spatial(array: Array, kernel_ndim: int) -> tuple[int, ...]:
    """The spatial axes of x, dy or dx, whose batch axis comes first unless the arrays are bare."""
    first = 0 if kernel_ndim < 3 else 1
    return tuple(range(first, first + axes_of(kernel_ndim)))


def per_axis(value: PerAxis, axes: int) -> tuple[int, ...]:
    """An int for every axis."""
    return (int(value),) * axes if np.ndim(value) == 0 else tuple(value)  # type: ignore[arg-type]


def shape_of(shape: PerAxis) -> tuple[int, ...]:
    """A shape given as an int or a tuple."""
    return per_axis(shape, 1) if np.ndim(shape) == 0 else tuple(shape)  # type: ignore[arg-type]


def flip(w: Array) -> Array:
    """The kernel reversed along its spatial axes."""
    return np.flip(w, tuple(range(axes_of(np.ndim(w)))))


def swap_channels(w: Array) -> Array:
    """The kernel with C and D exchanged; a bare kernel has none."""
    return np.swapaxes(w, -1, -2) if np.ndim(w) > 2 else w


def forward(
    x: Any, w: Any, bias: Any = None, stride: PerAxis = 1, padding: PerAxis = 0, dilation: PerAxis = 1
) -> Array:
    """The right convolution for a bare signal or image, and for full arrays of any rank."""
    operator = {1: utils.conv1d, 2: utils.conv2d}.get(np.ndim(w), utils.conv)
    return operator(x, w, bias, stride, padding, dilation)


def grad_input(
    dy: Any, w: Any, shape: PerAxis, stride: PerAxis = 1, padding: PerAxis = 0, dilation: PerAxis = 1
) -> Array:
    """The right gradient to the input, bare or full."""
    operator = {1: utils.conv1d_grad_input, 2: utils.conv2d_grad_input}.get(np.ndim(w), utils.conv_grad_input)
    return operator(dy, w, shape, stride, padding, dilation)


def grad_weight(
    dy: Any, x: Any, shape: PerAxis, stride: PerAxis = 1, padding: PerAxis = 0, dilation: PerAxis = 1
) -> Array:
    """The right gradient to the kernel, bare or full."""
    shape = shape_of(shape)
    operator = {1: utils.conv1d_grad_weight, 2: utils.conv2d_grad_weight}.get(len(shape), utils.conv_grad_weight)
    return operator(dy, x, shape, stride, padding, dilation)


def pad_spatial(x: Array, kernel_ndim: int, padding: PerAxis, mode: Any = "constant", after: bool = True,
                before: bool = True) -> Array:  # fmt: skip
    """x padded along its spatial axes, on both sides or on one."""
    widths = [(0, 0)] * np.ndim(x)
    for axis, p in zip(spatial(x, kernel_ndim), per_axis(padding, axes_of(kernel_ndim)), strict=True):
        widths[axis] = (p if before else 0, p if after else 0)
    return np.pad(x, widths, mode=mode)


def cut_spatial(x: Array, kernel_ndim: int, start: Sequence[int], sizes: Sequence[int]) -> Array:
    """The block of x that begins at `start` and has `sizes` along the spatial axes."""
    index = [slice(None)] * np.ndim(x)
    for axis, a, n in zip(spatial(x, kernel_ndim), start, sizes, strict=True):
        index[axis] = slice(a, a + n)
    return x[tuple(index)]


def dilate(dy: Array, kernel_ndim: int, steps: Sequence[int]) -> Array:
    """dy with `step - 1` zeros between its entries along each spatial axis."""
    shape, index = list(dy.shape), [slice(None)] * dy.ndim
    for axis, s in zip(spatial(dy, kernel_ndim), steps, strict=True):
        shape[axis] = (dy.shape[axis] - 1) * s + 1
        index[axis] = slice(None, None, s)
    out = np.zeros(shape, dy.dtype)
    out[tuple(index)] = dy
    return out
