"""Convolution and its gradients, in any number of dimensions (Problems 1 to 4).

"Convolution" means cross-correlation, as in every deep-learning library: the kernel is not flipped.
`true_convolution` flips it. Names and arguments follow `torch.nn.functional` and `torch.nn.grad`; only the
order of the axes differs (see `utils.shapes`). `stride`, `padding` and `dilation` are an int or one per axis.

Every function returns float32 if all its arrays are float32, float64 otherwise; never changes its arguments;
and raises one ValueError or TypeError that names the argument, what it was, and what was expected.
`conv1d` and `conv2d`, in `utils.faces`, are these with the number of axes fixed.
"""

from numpy.typing import ArrayLike

from utils.correlate import correlate, correlate_grad_w, correlate_grad_x
from utils.shapes import Array, PerAxis, Shape, as_floats, as_shape, check_shape, told
from utils.slide import slide_over


def conv(
    x: ArrayLike, w: ArrayLike, bias: ArrayLike | None = None,
    stride: PerAxis = 1, padding: PerAxis = 0, dilation: PerAxis = 1,
) -> Array:  # fmt: skip
    """y[b, i, d] = bias[d] + sum over j and c of x[b, i stride + j dilation - padding, c] w[j, c, d].

    x (B, n..., C), w (k..., C, D), bias (D,) give y (B, out..., D); i and j index all the spatial axes.
    """
    x, w = as_floats(x=x, w=w)
    check_layouts(x.shape, "x", w.shape, "w")
    slide = slide_over(x.shape[1:-1], w.shape[:-2], stride, padding, dilation)
    y = correlate(x, w, slide)
    if bias is not None:
        (bias,) = as_floats(bias=bias)
        check_shape(bias, "bias", w.shape[-1:], "one number for each filter of w")
        y += bias
    return y


def conv_grad_input(
    grad_output: ArrayLike, w: ArrayLike, input_shape: PerAxis,
    stride: PerAxis = 1, padding: PerAxis = 0, dilation: PerAxis = 1,
) -> Array:  # fmt: skip
    """The gradient of sum(grad_output * y) with respect to x: the transposed convolution.

    grad_output (B, out..., D) and w (k..., C, D) give an array of `input_shape` = (B, n..., C). The other two
    do not tell that shape: a stride can leave pixels over, whose gradient is 0.
    """
    dy, w = as_floats(grad_output=grad_output, w=w)
    shape = as_shape(input_shape, "input_shape")
    check_layouts(shape, "input_shape", w.shape, "w")
    slide = slide_over(shape[1:-1], w.shape[:-2], stride, padding, dilation)
    check_shape(dy, "grad_output", (shape[0], *slide.out, w.shape[-1]), "the shape of the convolution's output")
    return correlate_grad_x(dy, w, shape[1:-1], slide)


def conv_grad_weight(
    grad_output: ArrayLike, x: ArrayLike, kernel_shape: PerAxis,
    stride: PerAxis = 1, padding: PerAxis = 0, dilation: PerAxis = 1,
) -> Array:  # fmt: skip
    """The gradient of sum(grad_output * y) with respect to w.

    grad_output (B, out..., D) and x (B, n..., C) give an array of `kernel_shape` = (k..., C, D).
    """
    dy, x = as_floats(grad_output=grad_output, x=x)
    shape = as_shape(kernel_shape, "kernel_shape")
    check_layouts(x.shape, "x", shape, "kernel_shape")
    slide = slide_over(x.shape[1:-1], shape[:-2], stride, padding, dilation)
    check_shape(dy, "grad_output", (len(x), *slide.out, shape[-1]), "the shape of the convolution's output")
    return correlate_grad_w(dy, x, slide)


def conv_grad_bias(grad_output: ArrayLike) -> Array:
    """The gradient of sum(grad_output * y) with respect to bias: grad_output (B, out..., D) gives (D,)."""
    (dy,) = as_floats(grad_output=grad_output)
    if dy.ndim < 3:
        raise ValueError(f"grad_output has shape {dy.shape}, expected (B, out..., D)")
    return dy.sum(tuple(range(dy.ndim - 1)))


def check_layouts(shape: Shape, name: str, kernel: Shape, kernel_name: str) -> None:
    """ValueError unless `kernel` is (k..., C, D) and `shape` (B, n..., C), with as many axes and equal C."""
    if len(kernel) < 3:
        raise ValueError(f"{told(kernel_name, kernel)}, expected (k..., C, D)")
    if len(shape) != len(kernel):
        layout = {3: "(B, n, C)", 4: "(B, H, W, C)"}.get(len(kernel), "(B, n..., C)")
        raise ValueError(f"{told(name, shape)}, expected {layout}, because {told(kernel_name, kernel)}")
    if shape[-1] != kernel[-2]:
        raise ValueError(f"{name} has {shape[-1]} channels, expected {kernel[-2]}: {told(kernel_name, kernel)}")
