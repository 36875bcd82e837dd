"""Convolution and its gradients, in any number of dimensions: check the arguments, im2col, `@` (Problems 1 to 4).

With x as its patch matrix X (`im2col`), w as a matrix (k... * C, D) and y and dy as (B * out..., D):

    y = X @ w                   conv
    dw = X.T @ dy               conv_grad_weight
    dx = col2im(dy @ w.T)       conv_grad_input

`PatchMatrix` is X, a few rows at a time: how these products are made fast is in `utils/engine`, and may change there.
What stays: names, arguments and results, on which notebooks and tests rely. They follow `torch.nn.functional` and
`torch.nn.grad`; only the order of the axes differs (see `utils.shapes`). "Convolution" means cross-correlation, as in
every deep-learning library: the kernel is not flipped; `true_convolution` flips it. `conv1d` and `conv2d`, in
`utils.convolution_1d_2d`, are these with the number of axes fixed.

`stride`, `padding` and `dilation` are an int or one per axis. `padding` may also be a pair (before, after) for each
axis, ((1, 2), (0, 0)), or "same", which keeps the size at stride 1, or "valid", none. With `groups` the channels and
the filters are cut into so many parts, and each part of the filters sees its own part of the channels only: w is
(k..., C / groups, D). With as many groups as channels it is the depthwise convolution.

Every function returns float32 if all its arrays are float32, float64 otherwise; never changes its arguments; and
raises one ValueError or TypeError that names the argument, what it was, and what was expected.
"""

from numpy.typing import ArrayLike

from utils.engine import PatchMatrix, transposed_convolution
from utils.shapes import Array, Padding, PerAxis, Shape, as_floats, as_shape, check_shape, describe, per_axis
from utils.watch import watched
from utils.windows import windows_over


@watched
def conv(
    x: ArrayLike, w: ArrayLike, bias: ArrayLike | None = None,
    stride: PerAxis = 1, padding: Padding = 0, dilation: PerAxis = 1, groups: int = 1,
) -> Array:  # fmt: skip
    """y[b, i, d] = bias[d] + sum over j and c of x[b, i stride + j dilation - padding, c] w[j, c, d].

    x (B, n..., C), w (k..., C / groups, D), bias (D,) give y (B, out..., D); i and j index all the spatial axes.
    `stride`, `padding` and `dilation` are an int or one per axis; `padding` may be pairs or "same".
    Returns float32 if all arrays are, float64 otherwise. A ValueError or TypeError names what does not fit.
    """
    x, w = as_floats(x=x, w=w)
    groups = check_layouts(x.shape, "x", w.shape, "w", groups)
    filters = w.shape[-1]
    windows = windows_over(x.shape[1:-1], w.shape[:-2], stride, padding, dilation)
    y = PatchMatrix(x, windows, groups) @ w.reshape(-1, filters)  # im2col(x) @ w
    y = y.reshape(len(x), *windows.out, filters)
    if bias is not None:
        (bias,) = as_floats(bias=bias)
        check_shape(bias, "bias", (filters,), "one number for each filter of w")
        y += bias
    return y


@watched
def conv_grad_input(
    grad_output: ArrayLike, w: ArrayLike, input_shape: PerAxis,
    stride: PerAxis = 1, padding: Padding = 0, dilation: PerAxis = 1, groups: int = 1,
) -> Array:  # fmt: skip
    """The gradient of sum(grad_output * y) with respect to x: the transposed convolution.

    grad_output (B, out..., D) and w (k..., C / groups, D) give an array of `input_shape` = (B, n..., C). The other two
    do not tell that shape: a stride can leave pixels over, whose gradient is 0. `stride`, `padding`, `dilation`
    and `groups` are those of `conv`.
    Returns float32 if all arrays are, float64 otherwise. A ValueError or TypeError names what does not fit.
    """
    dy, w = as_floats(grad_output=grad_output, w=w)
    shape = as_shape(input_shape, "input_shape")
    groups = check_layouts(shape, "input_shape", w.shape, "w", groups)
    windows = windows_over(shape[1:-1], w.shape[:-2], stride, padding, dilation)
    check_shape(dy, "grad_output", (shape[0], *windows.out, w.shape[-1]), "the shape of the convolution's output")
    return transposed_convolution(dy, w, shape[1:-1], windows, groups)  # col2im(dy @ w.T)


@watched
def conv_grad_weight(
    grad_output: ArrayLike, x: ArrayLike, kernel_shape: PerAxis,
    stride: PerAxis = 1, padding: Padding = 0, dilation: PerAxis = 1, groups: int = 1,
) -> Array:  # fmt: skip
    """The gradient of sum(grad_output * y) with respect to w.

    grad_output (B, out..., D) and x (B, n..., C) give an array of `kernel_shape` = (k..., C / groups, D).
    `stride`, `padding`, `dilation` and `groups` are those of `conv`.
    Returns float32 if all arrays are, float64 otherwise. A ValueError or TypeError names what does not fit.
    """
    dy, x = as_floats(grad_output=grad_output, x=x)
    shape = as_shape(kernel_shape, "kernel_shape")
    groups = check_layouts(x.shape, "x", shape, "kernel_shape", groups)
    filters = shape[-1]
    windows = windows_over(x.shape[1:-1], shape[:-2], stride, padding, dilation)
    check_shape(dy, "grad_output", (len(x), *windows.out, filters), "the shape of the convolution's output")
    dw = PatchMatrix(x, windows, groups).T @ dy.reshape(-1, filters)  # im2col(x).T @ dy
    return dw.reshape(shape)


@watched
def conv_grad_bias(grad_output: ArrayLike) -> Array:
    """The gradient of sum(grad_output * y) with respect to bias: grad_output (B, out..., D) gives (D,)."""
    (dy,) = as_floats(grad_output=grad_output)
    if dy.ndim < 3:
        raise ValueError(f"grad_output has shape {dy.shape}, expected (B, out..., D)")
    return dy.sum(tuple(range(dy.ndim - 1)))


def check_layouts(shape: Shape, name: str, kernel: Shape, kernel_name: str, groups: int = 1) -> int:
    """An error unless `kernel` is (k..., C / groups, D) and `shape` (B, n..., C), with as many axes. Gives groups."""
    if len(kernel) < 3:
        raise ValueError(f"{describe(kernel_name, kernel)}, expected (k..., C, D)")
    if len(shape) != len(kernel):
        layout = {3: "(B, n, C)", 4: "(B, H, W, C)"}.get(len(kernel), "(B, n..., C)")
        raise ValueError(f"{describe(name, shape)}, expected {layout}, because {describe(kernel_name, kernel)}")
    (groups,) = per_axis(groups, 1, "groups", least=1)
    channels, filters = shape[-1], kernel[-1]
    if channels % groups or filters % groups:
        uneven = f"{name}'s {channels} channels" if channels % groups else f"{kernel_name}'s {filters} filters"
        raise ValueError(f"groups is {groups}, expected a number that divides {uneven}")
    if channels != groups * kernel[-2]:
        each = f" for each of {groups} groups" if groups > 1 else ""
        raise ValueError(
            f"{name} has {channels} channels, expected {groups * kernel[-2]}: {describe(kernel_name, kernel)}{each}"
        )
    return groups
