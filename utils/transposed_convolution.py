"""The transposed convolution and its gradients: a convolution run backwards, as a layer of its own (Problem 9).

A convolution with the kernel w, as the matrix W, takes C channels to D: y = W x. Transposed it takes D channels to C,
y = W.T x, with the very same w: each number of x paints the whole kernel, times itself, into y, and what meets adds up.
It has the size that the convolution came from, not its numbers: it is no inverse. So nothing is new here. With X for
`im2col`, as in `utils.convolution`:

    y = col2im(x @ w.T)         conv_transpose             (there: conv_grad_input)
    dx = im2col(dy) @ w         conv_transpose_grad_input  (there: conv)
    dw = im2col(dy).T @ x       conv_transpose_grad_weight (there: conv_grad_weight)

and the bias's gradient is `conv_grad_bias`. Arguments, dtypes and errors are as in `utils.convolution`; along each axis
y is (n - 1) stride - 2 padding + dilation (k - 1) + 1 + output_padding long. `output_padding` says which of the sizes
that a stride rounds to the same n is meant. What may change here: how arguments are checked. What stays: names,
arguments, results.
"""

import numpy as np
from numpy.typing import ArrayLike

from utils.engine import PatchMatrix, transposed_convolution
from utils.shapes import (
    Array,
    Padding,
    PerAxis,
    Shape,
    as_floats,
    as_shape,
    check_numbers,
    check_shape,
    describe,
    paddings,
    per_axis,
)
from utils.watch import watched
from utils.windows import Windows


@watched
def conv_transpose(
    x: ArrayLike, w: ArrayLike, bias: ArrayLike | None = None, stride: PerAxis = 1, padding: Padding = 0,
    dilation: PerAxis = 1, output_padding: PerAxis = 0, groups: int = 1,
) -> Array:  # fmt: skip
    """y[b, p, c] = bias[c] + sum of x[b, i, d] w[j, c, d] over d and all i, j with i stride + j dilation - padding = p.

    x (B, n..., D), w (k..., C / groups, D), bias (C,) give y (B, out..., C): w is that of the convolution that it is
    the transpose of. `stride`, `padding`, `dilation` and `output_padding` are an int or one per axis.
    Returns float32 if all arrays are, float64 otherwise. A ValueError or TypeError names what does not fit.
    """
    x, w = as_floats(x=x, w=w)
    shape, windows, groups = _transposed(x.shape, "x", w.shape, "w", stride, padding, dilation, output_padding, groups)
    y = transposed_convolution(x, w, shape[1:-1], windows, groups)  # col2im(x @ w.T)
    if bias is not None:
        (bias,) = as_floats(bias=bias)
        check_shape(bias, "bias", shape[-1:], "one number for each channel that comes out")
        y += bias
    return y


@watched
def conv_transpose_grad_input(
    grad_output: ArrayLike, w: ArrayLike, input_shape: PerAxis, stride: PerAxis = 1, padding: Padding = 0,
    dilation: PerAxis = 1, output_padding: PerAxis = 0, groups: int = 1,
) -> Array:  # fmt: skip
    """The gradient of sum(grad_output * y) with respect to x: the convolution of grad_output with w.

    grad_output (B, out..., C) and w (k..., C / groups, D) give an array of `input_shape` = (B, n..., D). `stride`,
    `padding`, `dilation`, `output_padding` and `groups` are those of `conv_transpose`.
    Returns float32 if all arrays are, float64 otherwise. A ValueError or TypeError names what does not fit.
    """
    dy, w = as_floats(grad_output=grad_output, w=w)
    x_shape = as_shape(input_shape, "input_shape")
    shape, windows, groups = _transposed(
        x_shape, "input_shape", w.shape, "w", stride, padding, dilation, output_padding, groups
    )
    check_shape(dy, "grad_output", shape, "the shape of the transposed convolution's output")
    dx = PatchMatrix(dy, windows, groups) @ w.reshape(-1, w.shape[-1])  # im2col(dy) @ w
    return dx.reshape(x_shape)


@watched
def conv_transpose_grad_weight(
    grad_output: ArrayLike, x: ArrayLike, kernel_shape: PerAxis, stride: PerAxis = 1, padding: Padding = 0,
    dilation: PerAxis = 1, output_padding: PerAxis = 0, groups: int = 1,
) -> Array:  # fmt: skip
    """The gradient of sum(grad_output * y) with respect to w.

    grad_output (B, out..., C) and x (B, n..., D) give an array of `kernel_shape` = (k..., C / groups, D). `stride`,
    `padding`, `dilation`, `output_padding` and `groups` are those of `conv_transpose`.
    Returns float32 if all arrays are, float64 otherwise. A ValueError or TypeError names what does not fit.
    """
    dy, x = as_floats(grad_output=grad_output, x=x)
    w_shape = as_shape(kernel_shape, "kernel_shape")
    shape, windows, groups = _transposed(
        x.shape, "x", w_shape, "kernel_shape", stride, padding, dilation, output_padding, groups
    )
    check_shape(dy, "grad_output", shape, "the shape of the transposed convolution's output")
    dw = PatchMatrix(dy, windows, groups).T @ x.reshape(-1, x.shape[-1])  # im2col(dy).T @ x
    return dw.reshape(w_shape)


@watched
def conv_transpose1d(
    x: ArrayLike, w: ArrayLike, bias: ArrayLike | None = None, stride: PerAxis = 1, padding: Padding = 0,
    dilation: PerAxis = 1, output_padding: PerAxis = 0, groups: int = 1,
) -> Array:  # fmt: skip
    """`conv_transpose` of signals: x (B, n, D), w (k, C / groups, D) and bias (C,) give y (B, out, C).

    Bare: x (n,), w (k,) and a number as bias give y (out,). `stride`, `padding`, `dilation` and `output_padding` are
    ints.
    Returns float32 if all arrays are, float64 otherwise. A ValueError or TypeError names what does not fit.
    """
    return _with_axes(1, x, w, bias, stride, padding, dilation, output_padding, groups)


@watched
def conv_transpose2d(
    x: ArrayLike, w: ArrayLike, bias: ArrayLike | None = None, stride: PerAxis = 1, padding: Padding = 0,
    dilation: PerAxis = 1, output_padding: PerAxis = 0, groups: int = 1,
) -> Array:  # fmt: skip
    """`conv_transpose` of images: x (B, H, W, D), w (kH, kW, C / groups, D) and bias (C,) give y (B, outH, outW, C).

    Bare: x (H, W), w (kH, kW) and a number as bias give y (outH, outW). `stride`, `padding`, `dilation` and
    `output_padding` are an int or one per axis.
    Returns float32 if all arrays are, float64 otherwise. A ValueError or TypeError names what does not fit.
    """
    return _with_axes(2, x, w, bias, stride, padding, dilation, output_padding, groups)


def _with_axes(axes: int, x: ArrayLike, w: ArrayLike, bias: ArrayLike | None, *settings: PerAxis | Padding) -> Array:
    x, w = as_floats(x=x, w=w)
    if w.ndim == axes + 2:
        return conv_transpose(x, w, bias, *settings)  # type: ignore[arg-type]
    full, bare = {1: ("(k, C, D)", "(k,)"), 2: ("(kH, kW, C, D)", "(kH, kW)")}[axes]
    if w.ndim != axes:
        raise ValueError(f"w has shape {w.shape}, expected {full} or, bare, {bare}")
    if x.ndim != axes:
        raise ValueError(f"x has shape {x.shape}, expected {'(n,)' if axes == 1 else '(H, W)'}, because w is bare")
    if bias is not None:
        (bias,) = as_floats(bias=bias)
        check_shape(bias, "bias", (), "w is one filter")
        bias = np.reshape(bias, 1)
    return conv_transpose(x[None, ..., None], w[..., None, None], bias, *settings)[0, ..., 0]  # type: ignore[arg-type]


def _transposed(
    shape: Shape, name: str, kernel: Shape, kernel_name: str,
    stride: PerAxis, padding: Padding, dilation: PerAxis, output_padding: PerAxis, groups: int,
) -> tuple[Shape, Windows, int]:  # fmt: skip
    """The output's shape (B, out..., C), the windows of the convolution that goes back from there, and groups."""
    if len(kernel) < 3:
        raise ValueError(f"{describe(kernel_name, kernel)}, expected (k..., C, D)")
    if len(shape) != len(kernel):
        layout = {3: "(B, n, D)", 4: "(B, H, W, D)"}.get(len(kernel), "(B, n..., D)")
        raise ValueError(f"{describe(name, shape)}, expected {layout}, because {describe(kernel_name, kernel)}")
    if shape[-1] != kernel[-1]:
        raise ValueError(
            f"{name} has {shape[-1]} channels, expected {kernel[-1]}, the last axis of {kernel_name}: "
            f"{describe(kernel_name, kernel)}, and a transposed convolution goes from D channels to C"
        )
    (groups,) = per_axis(groups, 1, "groups", least=1)
    if kernel[-1] % groups:
        raise ValueError(f"groups is {groups}, expected a number that divides {name}'s {shape[-1]} channels")
    axes, sizes, kernel_size = len(kernel) - 2, shape[1:-1], kernel[:-2]
    strides = per_axis(stride, axes, "stride", least=1)
    dilations = per_axis(dilation, axes, "dilation", least=1)
    extra = per_axis(output_padding, axes, "output_padding", least=0)
    before, after = paddings(padding, kernel_size, strides, dilations)
    out = []
    for n, k, s, d, e, p, q in zip(sizes, kernel_size, strides, dilations, extra, before, after, strict=True):
        if e >= max(s, d):
            raise ValueError(f"output_padding is {e}, expected less than the stride or the dilation, {max(s, d)}")
        whole = (n - 1) * s + d * (k - 1) + 1 + e
        if p + q >= whole:
            raise ValueError(f"padding is {p} + {q}, expected less than {whole}: so long is the output without it")
        out.append(whole - p - q)
    windows = Windows(kernel_size, strides, before, dilations, sizes)
    name, value = max(("stride", strides), ("dilation", dilations), key=lambda setting: max(setting[1]))
    check_numbers(tuple(out), name, value)
    return (shape[0], *out, kernel[-2] * groups), windows, groups
