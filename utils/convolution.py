"""Convolution and its gradients, in any number of dimensions (Problems 1 to 4).

"Convolution" means cross-correlation, as in every deep-learning library: the kernel is not flipped.
`true_convolution` flips it. Names and arguments follow `torch.nn.functional` and `torch.nn.grad`; only the order of
the axes differs (see `utils.shapes`). `stride`, `padding` and `dilation` are an int or one per axis. Every function
returns float32 if all its arrays are float32, float64 otherwise, never changes its arguments, and raises one
ValueError or TypeError that names the argument, what it was, and what was expected.
"""

import numpy as np
from numpy.typing import ArrayLike

from utils.correlate import correlate, correlate_grad_w, correlate_grad_x
from utils.shapes import Array, PerAxis, Shape, as_floats, as_shape, check_shape, output_sizes, per_axis
from utils.windows import pad, unpad

ANY = 0  # any number of axes


def conv(
    x: ArrayLike, w: ArrayLike, bias: ArrayLike | None = None,
    stride: PerAxis = 1, padding: PerAxis = 0, dilation: PerAxis = 1,
) -> Array:  # fmt: skip
    """y[b, i, d] = bias[d] + sum over j, c of x[b, i stride + j dilation - padding, c] w[j, c, d].

    x (B, n..., C), w (k..., C, D), bias (D,); returns y (B, out..., D). i and j are indices along all the spatial axes.
    """
    return _forward(ANY, x, w, bias, stride, padding, dilation)


def conv_grad_input(
    grad_output: ArrayLike, w: ArrayLike, input_shape: PerAxis,
    stride: PerAxis = 1, padding: PerAxis = 0, dilation: PerAxis = 1,
) -> Array:  # fmt: skip
    """The gradient of sum(grad_output * y) with respect to x: the transposed convolution.

    grad_output (B, out..., D), w (k..., C, D); returns `input_shape` = (B, n..., C), which the other shapes do not
    tell when the stride leaves pixels over.
    """
    return _grad_input(ANY, grad_output, w, input_shape, stride, padding, dilation)


def conv_grad_weight(
    grad_output: ArrayLike, x: ArrayLike, kernel_shape: PerAxis,
    stride: PerAxis = 1, padding: PerAxis = 0, dilation: PerAxis = 1,
) -> Array:  # fmt: skip
    """The gradient of sum(grad_output * y) with respect to w.

    grad_output (B, out..., D), x (B, n..., C); returns `kernel_shape` = (k..., C, D).
    """
    return _grad_weight(ANY, grad_output, x, kernel_shape, stride, padding, dilation)


def conv_grad_bias(grad_output: ArrayLike) -> Array:
    """The gradient of sum(grad_output * y) with respect to the bias: grad_output (B, out..., D) gives (D,)."""
    (dy,) = as_floats(grad_output=grad_output)
    if dy.ndim < 3:
        raise ValueError(f"grad_output has shape {dy.shape}, expected (B, out..., D)")
    return dy.reshape(-1, dy.shape[-1]).sum(0)


def true_convolution(
    x: ArrayLike, w: ArrayLike, bias: ArrayLike | None = None,
    stride: PerAxis = 1, padding: PerAxis = 0, dilation: PerAxis = 1,
) -> Array:  # fmt: skip
    """The mathematician's convolution: `conv` with the kernel flipped along each spatial axis (Problem 1).

    Takes what `conv` takes; also a bare signal x (n,), w (k,) or image x (H, W), w (kH, kW).
    """
    (w,) = as_floats(w=w)
    axes = w.ndim if w.ndim < 3 else w.ndim - 2
    return _forward(axes, x, np.flip(w, tuple(range(axes))), bias, stride, padding, dilation)


def conv1d(
    x: ArrayLike, w: ArrayLike, bias: ArrayLike | None = None,
    stride: PerAxis = 1, padding: PerAxis = 0, dilation: PerAxis = 1,
) -> Array:  # fmt: skip
    """`conv` of signals (Problem 1): x (B, n, C), w (k, C, D), bias (D,) give y (B, out, D).

    Also a bare signal: x (n,), w (k,) and a number as bias give y (out,).
    """
    return _forward(1, x, w, bias, stride, padding, dilation)


def conv1d_grad_input(
    grad_output: ArrayLike, w: ArrayLike, input_shape: PerAxis,
    stride: PerAxis = 1, padding: PerAxis = 0, dilation: PerAxis = 1,
) -> Array:  # fmt: skip
    """dL/dx of `conv1d` (Problem 3): grad_output (B, out, D), w (k, C, D) and input_shape (B, n, C).

    Bare: grad_output (out,), w (k,) and input_shape n or (n,).
    """
    return _grad_input(1, grad_output, w, input_shape, stride, padding, dilation)


def conv1d_grad_weight(
    grad_output: ArrayLike, x: ArrayLike, kernel_shape: PerAxis,
    stride: PerAxis = 1, padding: PerAxis = 0, dilation: PerAxis = 1,
) -> Array:  # fmt: skip
    """dL/dw of `conv1d` (Problem 3): grad_output (B, out, D), x (B, n, C) and kernel_shape (k, C, D).

    Bare: grad_output (out,), x (n,) and kernel_shape k or (k,).
    """
    return _grad_weight(1, grad_output, x, kernel_shape, stride, padding, dilation)


def conv2d(
    x: ArrayLike, w: ArrayLike, bias: ArrayLike | None = None,
    stride: PerAxis = 1, padding: PerAxis = 0, dilation: PerAxis = 1,
) -> Array:  # fmt: skip
    """`conv` of images (Problems 1, 4): x (B, H, W, C), w (kH, kW, C, D), bias (D,) give y (B, outH, outW, D).

    Also a bare image: x (H, W), w (kH, kW) and a number as bias give y (outH, outW).
    """
    return _forward(2, x, w, bias, stride, padding, dilation)


def conv2d_grad_input(
    grad_output: ArrayLike, w: ArrayLike, input_shape: PerAxis,
    stride: PerAxis = 1, padding: PerAxis = 0, dilation: PerAxis = 1,
) -> Array:  # fmt: skip
    """dL/dx of `conv2d` (Problem 4): grad_output (B, outH, outW, D), w (kH, kW, C, D), input_shape (B, H, W, C).

    Bare: grad_output (outH, outW), w (kH, kW) and input_shape (H, W).
    """
    return _grad_input(2, grad_output, w, input_shape, stride, padding, dilation)


def conv2d_grad_weight(
    grad_output: ArrayLike, x: ArrayLike, kernel_shape: PerAxis,
    stride: PerAxis = 1, padding: PerAxis = 0, dilation: PerAxis = 1,
) -> Array:  # fmt: skip
    """dL/dw of `conv2d` (Problem 4): grad_output (B, outH, outW, D), x (B, H, W, C), kernel_shape (kH, kW, C, D).

    Bare: grad_output (outH, outW), x (H, W) and kernel_shape (kH, kW).
    """
    return _grad_weight(2, grad_output, x, kernel_shape, stride, padding, dilation)


def conv2d_grad_bias(grad_output: ArrayLike) -> Array:
    """dL/dbias of `conv2d` (Problem 4): grad_output (B, outH, outW, D) gives (D,)."""
    return conv_grad_bias(grad_output)


def _forward(
    axes: int, x: ArrayLike, w: ArrayLike, bias: ArrayLike | None,
    stride: PerAxis, padding: PerAxis, dilation: PerAxis,
) -> Array:  # fmt: skip
    x, w = as_floats(x=x, w=w)
    axes, bare = _axes(axes, w.shape, "w")
    if bare:
        if x.ndim != axes:
            raise ValueError(
                f"x has shape {x.shape}, expected {axes} axes, as many as w with its shape {w.shape}"
            )
        x, w = x[None, ..., None], w[..., None, None]
    strides, pads, dilations = _settings(axes, stride, padding, dilation)
    _check_channels(x.shape, "x", w.shape)
    output_sizes(x.shape[1:-1], w.shape[:-2], strides, pads, dilations)
    y = correlate(pad(x, pads), w, strides, dilations)
    if bias is not None:
        (b,) = as_floats(bias=bias)
        check_shape(b, "bias", () if bare else w.shape[-1:], "one number for each filter")
        y += b
    return y[0, ..., 0] if bare else y


def _grad_input(
    axes: int, grad_output: ArrayLike, w: ArrayLike, input_shape: PerAxis,
    stride: PerAxis, padding: PerAxis, dilation: PerAxis,
) -> Array:  # fmt: skip
    dy, w = as_floats(grad_output=grad_output, w=w)
    axes, bare = _axes(axes, w.shape, "w")
    shape = as_shape(input_shape, "input_shape", (axes,) if bare else (axes + 2,))
    if bare:
        dy, w, shape = dy[None, ..., None], w[..., None, None], (1, *shape, 1)
    strides, pads, dilations = _settings(axes, stride, padding, dilation)
    _check_channels(shape, "input_shape", w.shape)
    out = output_sizes(shape[1:-1], w.shape[:-2], strides, pads, dilations)
    _check_grad_output(dy, (shape[0], *out, w.shape[-1]), bare)
    padded = (shape[0], *(n + 2 * p for n, p in zip(shape[1:-1], pads, strict=True)), shape[-1])
    dx = unpad(correlate_grad_x(dy, w, padded, strides, dilations), pads)
    return dx[0, ..., 0] if bare else dx


def _grad_weight(
    axes: int, grad_output: ArrayLike, x: ArrayLike, kernel_shape: PerAxis,
    stride: PerAxis, padding: PerAxis, dilation: PerAxis,
) -> Array:  # fmt: skip
    dy, x = as_floats(grad_output=grad_output, x=x)
    shape = as_shape(kernel_shape, "kernel_shape")
    axes, bare = _axes(axes, shape, "kernel_shape")
    if bare:
        if x.ndim != axes:
            raise ValueError(f"x has shape {x.shape}, expected {axes} axes, as many as kernel_shape {shape}")
        dy, x, shape = dy[None, ..., None], x[None, ..., None], (*shape, 1, 1)
    strides, pads, dilations = _settings(axes, stride, padding, dilation)
    _check_channels(x.shape, "x", shape)
    out = output_sizes(x.shape[1:-1], shape[:-2], strides, pads, dilations)
    _check_grad_output(dy, (x.shape[0], *out, shape[-1]), bare)
    dw = correlate_grad_w(dy, pad(x, pads), shape[:-2], strides, dilations)
    return dw[..., 0, 0] if bare else dw


def _axes(axes: int, kernel: Shape, name: str) -> tuple[int, bool]:
    """The number of spatial axes, and whether the kernel comes bare, without channels and filters."""
    if axes == ANY:
        if len(kernel) < 3:
            raise ValueError(f"{name} has shape {kernel}, expected (k..., C, D)")
        return len(kernel) - 2, False
    if len(kernel) not in (axes, axes + 2):
        k = ("k",) if axes == 1 else ("kH", "kW", "kD")[:axes]
        expected = f"({', '.join(k)}, C, D) or, bare, ({', '.join(k)}{',' if axes == 1 else ''})"
        raise ValueError(f"{name} has shape {kernel}, expected {expected}")
    return axes, len(kernel) == axes


def _settings(axes: int, stride: PerAxis, padding: PerAxis, dilation: PerAxis) -> tuple[Shape, Shape, Shape]:
    return (
        per_axis(stride, axes, "stride", least=1),
        per_axis(padding, axes, "padding", least=0),
        per_axis(dilation, axes, "dilation", least=1),
    )


def _check_channels(shape: Shape, name: str, kernel: Shape) -> None:
    if len(shape) != len(kernel):
        raise ValueError(
            f"{name} has shape {shape}, expected {len(kernel)} axes: (B, n..., C) for a kernel {kernel}"
        )
    if shape[-1] != kernel[-2]:
        raise ValueError(
            f"{name} has {shape[-1]} channels, expected {kernel[-2]}: the kernel has shape {kernel}"
        )


def _check_grad_output(dy: Array, expected: Shape, bare: bool) -> None:
    if dy.shape != expected:
        got, want = (dy.shape[1:-1], expected[1:-1]) if bare else (dy.shape, expected)
        raise ValueError(
            f"grad_output has shape {got}, expected {want}: the shape of the convolution's output"
        )
