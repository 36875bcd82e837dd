"""Steps on the way to the gradients of a convolution and of pooling (Problems 2 to 5)."""

from collections.abc import Callable

import numpy as np

from utils import conv1d_grad_input, conv2d_grad_input, conv2d_grad_weight, max_pool_grad, numerical_gradient
from utils.shapes import Array, Shape
from utils.watch import watched


@watched
def spread(delta: Array, w: Array, n: int, stride: int = 1) -> Array:
    """Each delta (out,) times the filter w (k,), laid down where its window was, on a signal of length n."""
    return conv1d_grad_input(delta, w, (n,), stride)


@watched
def inputs_of_weight(x: Array, j: int, m: int) -> Array:
    """The m inputs that weight j meets while the filter slides over x (n,) with stride 1."""
    return x[j : j + m]


@watched
def zero_insert(grad_output: Array, stride: int) -> Array:
    """grad_output (out,) with stride - 1 zeros between its entries."""
    out = np.zeros((len(grad_output) - 1) * stride + 1, grad_output.dtype)
    out[::stride] = grad_output
    return out


@watched
def backward_kernel(w: Array) -> Array:
    """The kernel (kH, kW, D, C) with which grad_output is convolved: w (kH, kW, C, D) turned, channels exchanged."""
    return w[::-1, ::-1].swapaxes(2, 3)


@watched
def true_grad_input(grad_output: Array, w: Array, input_shape: Shape) -> Array:
    """dL/dx of the mathematician's convolution: grad_output (B, outH, outW, D), w (kH, kW, C, D)."""
    return conv2d_grad_input(grad_output, w[::-1, ::-1], input_shape)


@watched
def true_grad_weight(grad_output: Array, x: Array, kernel_shape: Shape) -> Array:
    """dL/dw of the mathematician's convolution: grad_output (B, outH, outW, D), x (B, H, W, C)."""
    return conv2d_grad_weight(grad_output, x, kernel_shape)[::-1, ::-1]


@watched
def worst_error(gradient: Array, f: Callable[[Array], Array], x: Array, grad_output: Array) -> float:
    """The largest distance between a gradient and the central differences of sum(grad_output * f(x))."""
    return float(np.max(np.abs(gradient - numerical_gradient(f, x, grad_output))))


@watched
def max_marks(x: Array, kernel_size: int, stride: int) -> Array:
    """How many windows each pixel of an image (H, W) is the maximum of."""
    marks = np.zeros(x.shape)
    for i in range(0, x.shape[0] - kernel_size + 1, stride):
        for j in range(0, x.shape[1] - kernel_size + 1, stride):
            window = x[i : i + kernel_size, j : j + kernel_size]
            marks[i : i + kernel_size, j : j + kernel_size] += window == window.max()
    return marks


@watched
def max_pool1d_grad(grad_output: Array, x: Array, kernel_size: int, stride: int) -> Array:
    """The gradient of max pooling of one signal: grad_output (out,), x (n,)."""
    return max_pool_grad(grad_output[None, :, None], x[None, :, None], kernel_size, stride)[0, :, 0]


@watched
def not_a_subgradient(window: Array, grad_output: float) -> str:
    """Which of the three programs of question 5.c.v gives more than came in."""
    return "C"


@watched
def windows_per_pixel(n: int, kernel_size: int, stride: int) -> Array:
    """How many windows each of n pixels is in."""
    starts = range(0, n - kernel_size + 1, stride)
    return np.array([sum(start <= i < start + kernel_size for start in starts) for i in range(n)])
