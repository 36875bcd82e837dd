"""`conv` with one or two spatial axes, and of bare arrays: a signal (n,) or image (H, W) alone.

A bare array has no batch and no channel axis, as on the worksheet. Here are only the checks, and what each function
takes: a layer goes to `utils.convolution`, a bare array to `utils.engine.single_channel`.
What may change: more checks. What stays: names, arguments, results and the errors' words, on which notebooks rely.
"""

import numpy as np
from numpy.typing import ArrayLike

from utils.convolution import conv, conv_grad_bias, conv_grad_input, conv_grad_weight
from utils.engine.single_channel import correlate, correlate_grad_input, correlate_grad_weight
from utils.shapes import Array, Padding, PerAxis, Shape, as_floats, as_shape, check_shape, describe, per_axis, shown
from utils.watch import watched
from utils.windows import windows_over


@watched
def conv1d(
    x: ArrayLike, w: ArrayLike, bias: ArrayLike | None = None,
    stride: PerAxis = 1, padding: Padding = 0, dilation: PerAxis = 1, groups: int = 1,
) -> Array:  # fmt: skip
    """`conv` of signals (Problem 1): x (B, n, C), w (k, C, D) and bias (D,) give y (B, out, D).

    Bare: x (n,), w (k,) and a number as bias give y (out,). `stride`, `padding` and `dilation` are ints; `padding` and
    `groups` may be what `conv` takes.
    Returns float32 if all arrays are, float64 otherwise. A ValueError or TypeError names what does not fit.
    """
    return _conv(1, x, w, bias, stride, padding, dilation, groups)


@watched
def conv1d_grad_input(
    grad_output: ArrayLike, w: ArrayLike, input_shape: PerAxis,
    stride: PerAxis = 1, padding: Padding = 0, dilation: PerAxis = 1, groups: int = 1,
) -> Array:  # fmt: skip
    """dL/dx of `conv1d` (Problem 3): grad_output (B, out, D), w (k, C, D), input_shape (B, n, C).

    Bare: grad_output (out,), w (k,) and input_shape n or (n,). Gives an array of `input_shape`. `stride`, `padding`,
    `dilation` and `groups` are those of `conv1d`.
    Returns float32 if all arrays are, float64 otherwise. A ValueError or TypeError names what does not fit.
    """
    return _conv_grad_input(1, grad_output, w, input_shape, stride, padding, dilation, groups)


@watched
def conv1d_grad_weight(
    grad_output: ArrayLike, x: ArrayLike, kernel_shape: PerAxis,
    stride: PerAxis = 1, padding: Padding = 0, dilation: PerAxis = 1, groups: int = 1,
) -> Array:  # fmt: skip
    """dL/dw of `conv1d` (Problem 3): grad_output (B, out, D), x (B, n, C), kernel_shape (k, C, D).

    Bare: grad_output (out,), x (n,) and kernel_shape k or (k,). Gives an array of `kernel_shape`. `stride`, `padding`,
    `dilation` and `groups` are those of `conv1d`.
    Returns float32 if all arrays are, float64 otherwise. A ValueError or TypeError names what does not fit.
    """
    return _conv_grad_weight(1, grad_output, x, kernel_shape, stride, padding, dilation, groups)


@watched
def conv2d(
    x: ArrayLike, w: ArrayLike, bias: ArrayLike | None = None,
    stride: PerAxis = 1, padding: Padding = 0, dilation: PerAxis = 1, groups: int = 1,
) -> Array:  # fmt: skip
    """`conv` of images (Problem 4): x (B, H, W, C), w (kH, kW, C, D) and bias (D,) give y (B, outH, outW, D).

    Bare: x (H, W), w (kH, kW) and a number as bias give y (outH, outW).
    `stride`, `padding` and `dilation` are an int or one per axis; `padding` and `groups` may be what `conv` takes.
    Returns float32 if all arrays are, float64 otherwise. A ValueError or TypeError names what does not fit.
    """
    return _conv(2, x, w, bias, stride, padding, dilation, groups)


@watched
def conv2d_grad_input(
    grad_output: ArrayLike, w: ArrayLike, input_shape: PerAxis,
    stride: PerAxis = 1, padding: Padding = 0, dilation: PerAxis = 1, groups: int = 1,
) -> Array:  # fmt: skip
    """dL/dx of `conv2d` (Problem 4), from grad_output (B, outH, outW, D), w (kH, kW, C, D), input_shape
    (B, H, W, C).

    Bare: grad_output (outH, outW), w (kH, kW) and input_shape (H, W). Gives an array of `input_shape`. `stride`,
    `padding`, `dilation` and `groups` are those of `conv2d`.
    Returns float32 if all arrays are, float64 otherwise. A ValueError or TypeError names what does not fit.
    """
    return _conv_grad_input(2, grad_output, w, input_shape, stride, padding, dilation, groups)


@watched
def conv2d_grad_weight(
    grad_output: ArrayLike, x: ArrayLike, kernel_shape: PerAxis,
    stride: PerAxis = 1, padding: Padding = 0, dilation: PerAxis = 1, groups: int = 1,
) -> Array:  # fmt: skip
    """dL/dw of `conv2d` (Problem 4), from grad_output (B, outH, outW, D), x (B, H, W, C), kernel_shape
    (kH, kW, C, D).

    Bare: grad_output (outH, outW), x (H, W) and kernel_shape (kH, kW). Gives an array of `kernel_shape`. `stride`,
    `padding`, `dilation` and `groups` are those of `conv2d`.
    Returns float32 if all arrays are, float64 otherwise. A ValueError or TypeError names what does not fit.
    """
    return _conv_grad_weight(2, grad_output, x, kernel_shape, stride, padding, dilation, groups)


@watched
def conv2d_grad_bias(grad_output: ArrayLike) -> Array:
    """dL/dbias of `conv2d` (Problem 4): grad_output (B, outH, outW, D) gives (D,)."""
    (dy,) = as_floats(grad_output=grad_output)
    if dy.ndim != 4:
        raise ValueError(f"grad_output has shape {dy.shape}, expected (B, outH, outW, D)")
    return conv_grad_bias(dy)


@watched
def true_convolution(
    x: ArrayLike, w: ArrayLike, bias: ArrayLike | None = None,
    stride: PerAxis = 1, padding: Padding = 0, dilation: PerAxis = 1, groups: int = 1,
) -> Array:  # fmt: skip
    """The mathematician's convolution: `conv` with the kernel flipped along each spatial axis (Problem 1).

    Takes what `conv` takes, bias, stride, padding, dilation and groups too, and bare arrays: x (n,), w (k,) or
    x (H, W), w (kH, kW).
    Returns float32 if all arrays are, float64 otherwise. A ValueError or TypeError names what does not fit.
    """
    (w,) = as_floats(w=w)
    if w.ndim == 0:
        raise ValueError("w is a single number, expected (k,), (kH, kW) or (k..., C, D)")
    axes = w.ndim if w.ndim < 3 else w.ndim - 2
    return _conv(axes, x, np.flip(w, tuple(range(axes))), bias, stride, padding, dilation, groups)


def _conv(
    axes: int, x: ArrayLike, w: ArrayLike, bias: ArrayLike | None,
    stride: PerAxis, padding: Padding, dilation: PerAxis, groups: int,
) -> Array:  # fmt: skip
    x, w = as_floats(x=x, w=w)
    if not _is_bare(axes, w.shape, "w"):
        return conv(x, w, bias, stride, padding, dilation, groups)
    _check_bare(axes, x.shape, "x", "w", groups)
    y = correlate(x, w, windows_over(x.shape, w.shape, stride, padding, dilation))
    if bias is not None:
        (bias,) = as_floats(bias=bias)
        check_shape(bias, "bias", (), "w is one filter")
        y += bias
    return y


def _conv_grad_input(
    axes: int, grad_output: ArrayLike, w: ArrayLike, input_shape: PerAxis,
    stride: PerAxis, padding: Padding, dilation: PerAxis, groups: int,
) -> Array:  # fmt: skip
    dy, w = as_floats(grad_output=grad_output, w=w)
    shape = as_shape(input_shape, "input_shape")
    if not _is_bare(axes, w.shape, "w"):
        return conv_grad_input(dy, w, shape, stride, padding, dilation, groups)
    _check_bare(axes, shape, "input_shape", "w", groups)
    windows = windows_over(shape, w.shape, stride, padding, dilation)
    check_shape(dy, "grad_output", windows.out, "the shape of the convolution's output")
    return correlate_grad_input(dy, w, shape, windows)


def _conv_grad_weight(
    axes: int, grad_output: ArrayLike, x: ArrayLike, kernel_shape: PerAxis,
    stride: PerAxis, padding: Padding, dilation: PerAxis, groups: int,
) -> Array:  # fmt: skip
    dy, x = as_floats(grad_output=grad_output, x=x)
    shape = as_shape(kernel_shape, "kernel_shape")
    if not _is_bare(axes, shape, "kernel_shape"):
        return conv_grad_weight(dy, x, shape, stride, padding, dilation, groups)
    _check_bare(axes, x.shape, "x", "kernel_shape", groups)
    windows = windows_over(x.shape, shape, stride, padding, dilation)
    check_shape(dy, "grad_output", windows.out, "the shape of the convolution's output")
    return correlate_grad_weight(dy, x, windows)


def _is_bare(axes: int, kernel: Shape, name: str) -> bool:
    if len(kernel) not in (axes, axes + 2):
        expected = {1: "(k, C, D) or, bare, (k,)", 2: "(kH, kW, C, D) or, bare, (kH, kW)"}[axes]
        raise ValueError(f"{describe(name, kernel)}, expected {expected}")
    return len(kernel) == axes


def _check_bare(axes: int, shape: Shape, name: str, kernel_name: str, groups: int) -> None:
    if len(shape) != axes:
        expected = {1: "(n,)", 2: "(H, W)"}[axes]
        raise ValueError(f"{describe(name, shape)}, expected {expected}, because {kernel_name} is bare")
    if per_axis(groups, 1, "groups", least=1) != (1,):
        raise ValueError(f"groups is {shown(groups)}, expected 1: {kernel_name} is bare, so there is one channel")
