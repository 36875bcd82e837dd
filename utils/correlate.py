"""The three products behind every convolution: forward, back to the input, back to the weights.

Here x is padded already and has shape `(B, n..., C)`, w `(k..., C, D)`, y `(B, out..., D)`.
"""

import numpy as np

from utils.shapes import Array, Shape
from utils.windows import taps, windows


def correlate(x: Array, w: Array, stride: Shape, dilation: Shape) -> Array:
    """y = patches @ w."""
    kernel, (depth, filters) = w.shape[:-2], w.shape[-2:]
    patches = windows(x, kernel, stride, dilation)
    out = patches.shape[: len(kernel) + 1]
    return (patches.reshape(-1, depth * int(np.prod(kernel))) @ w.reshape(-1, filters)).reshape(*out, filters)


def correlate_grad_x(dy: Array, w: Array, shape: Shape, stride: Shape, dilation: Shape) -> Array:
    """dx: each weight sends dy back to the pixels that it met."""
    dx = np.zeros(shape, dy.dtype)
    for index, pixels in taps(dy.shape[1:-1], w.shape[:-2], stride, dilation):
        dx[pixels] += dy @ w[index].T
    return dx


def correlate_grad_w(dy: Array, x: Array, kernel: Shape, stride: Shape, dilation: Shape) -> Array:
    """dw = patches.T @ dy."""
    patches = windows(x, kernel, stride, dilation)[(slice(None), *(slice(m) for m in dy.shape[1:-1]))]
    rows = int(np.prod(dy.shape[:-1]))
    return (patches.reshape(rows, -1).T @ dy.reshape(rows, -1)).reshape(*kernel, x.shape[-1], dy.shape[-1])
