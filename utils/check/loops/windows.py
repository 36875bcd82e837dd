"""Everything that slides a window: who meets whom, place by place.

Arrays are bare, (n,) or (H, W) with a kernel (k,) or (kH, kW), or full: (B, n..., C) with a kernel (k..., C, D).
"""

from collections.abc import Iterator
from itertools import product
from math import prod
from typing import Any

import numpy as np

from utils.shapes import Array, PerAxis, Shape
from utils.watch import watched

Meeting = tuple[Shape, Shape, Shape]


def meetings(
    sizes: Shape, kernel: Shape, stride: PerAxis = 1, padding: PerAxis = 0, dilation: PerAxis = 1
) -> Iterator[Meeting]:
    """(output i, weight j, pixel i stride + j dilation - padding), for each place i, where there is such a pixel."""
    axes = len(sizes)
    s, p, d = _each(stride, axes), _each(padding, axes), _each(dilation, axes)
    for i in product(*map(range, places(sizes, kernel, s, p, d))):
        for j in product(*map(range, kernel)):
            pixel = tuple(i[a] * s[a] + j[a] * d[a] - p[a] for a in range(axes))
            if all(0 <= at < n for at, n in zip(pixel, sizes, strict=True)):
                yield i, j, pixel


def places(sizes: Shape, kernel: Shape, stride: PerAxis = 1, padding: PerAxis = 0, dilation: PerAxis = 1) -> Shape:
    """How many places the window has along each axis, counted one by one."""
    axes = len(sizes)
    rows = zip(sizes, kernel, _each(stride, axes), _each(padding, axes), _each(dilation, axes), strict=True)
    return tuple(len(range(-p, n + p - d * (k - 1), s)) for n, k, s, p, d in rows)


@watched
def conv(
    x: Array, w: Array, bias: Any = None, stride: PerAxis = 1, padding: PerAxis = 0, dilation: PerAxis = 1
) -> Array:
    """Each output is the sum of the products of the weights with the pixels under them."""
    bare, x, w = w.ndim < 3, _full(x, w.ndim), _full_kernel(w)
    sizes, kernel = x.shape[1:-1], w.shape[:-2]
    y = np.zeros((len(x), *places(sizes, kernel, stride, padding, dilation), w.shape[-1]))
    for i, j, pixel in meetings(sizes, kernel, stride, padding, dilation):
        y[:, *i] += x[:, *pixel] @ w[*j]
    y += 0 if bias is None else bias
    return y[0, ..., 0] if bare else y


@watched
def conv_grad_input(
    grad_output: Array, w: Array, input_shape: PerAxis,
    stride: PerAxis = 1, padding: PerAxis = 0, dilation: PerAxis = 1,
) -> Array:  # fmt: skip
    """Each pixel gets back, from every output that it went into, the weight times what came back there."""
    bare, shape = w.ndim < 3, _each(input_shape, 1)
    dy, w = _full(grad_output, w.ndim), _full_kernel(w)
    dx = np.zeros((1, *shape, 1) if bare else shape)
    for i, j, pixel in meetings(dx.shape[1:-1], w.shape[:-2], stride, padding, dilation):
        dx[:, *pixel] += dy[:, *i] @ w[*j].T
    return dx[0, ..., 0] if bare else dx


@watched
def conv_grad_weight(
    grad_output: Array, x: Array, kernel_shape: PerAxis,
    stride: PerAxis = 1, padding: PerAxis = 0, dilation: PerAxis = 1,
) -> Array:  # fmt: skip
    """Each weight gets, from every output, the pixel that it met times what came back there."""
    shape = _each(kernel_shape, 1)
    bare, dy, x = len(shape) < 3, _full(grad_output, len(shape)), _full(x, len(shape))
    dw = np.zeros((*shape, 1, 1) if bare else shape)
    for i, j, pixel in meetings(x.shape[1:-1], dw.shape[:-2], stride, padding, dilation):
        dw[*j] += x[:, *pixel].T @ dy[:, *i]
    return dw[..., 0, 0] if bare else dw


@watched
def conv_grad_bias(grad_output: Array) -> Array:
    """Each filter's bias gets all that came back to its outputs (B, out..., D)."""
    db = np.zeros(grad_output.shape[-1])
    for place in np.ndindex(grad_output.shape):
        db[place[-1]] += grad_output[place]
    return db


@watched
def backward_kernel(w: Array) -> Array:
    """The kernel (kH, kW, C, D) turned by half a turn, with its channels exchanged: (kH, kW, D, C)."""
    k_h, k_w, channels, filters = w.shape
    back = np.zeros((k_h, k_w, filters, channels))
    for u, v, c, d in np.ndindex(w.shape):
        back[k_h - 1 - u, k_w - 1 - v, d, c] = w[u, v, c, d]
    return back


@watched
def true_convolution(x: Array, w: Array) -> Array:
    """`conv` with the minus sign of the mathematicians: the first weight meets the last pixel of the window."""
    return conv(x, _turned(w))


@watched
def true_grad_input(grad_output: Array, w: Array, input_shape: Shape) -> Array:
    """The gradient of `true_convolution` to its input."""
    return conv_grad_input(grad_output, _turned(w), input_shape)


@watched
def true_grad_weight(grad_output: Array, x: Array, kernel_shape: Shape) -> Array:
    """The gradient of `true_convolution` to its kernel."""
    return _turned(conv_grad_weight(grad_output, x, kernel_shape))


@watched
def conv_matrix(w: Array, n: int, stride: int = 1, padding: int = 0) -> Array:
    """Row i has weight j in the column of the (padded) input that it meets there."""
    width = n + 2 * padding
    matrix = np.zeros((*places((width,), w.shape, stride), width))
    for i, j, pixel in meetings((width,), w.shape, stride):
        matrix[*i, *pixel] = w[j]
    return matrix


@watched
def im2col(x: Array, kernel_size: PerAxis, stride: PerAxis = 1, padding: PerAxis = 0) -> Array:
    """One row for each place of the window, with the pixels that it sees there; padding counts as zeros."""
    x = x[None, ..., None] if x.ndim < 3 else x
    sizes, channels = x.shape[1:-1], x.shape[-1]
    kernel = _each(kernel_size, len(sizes))
    out = places(sizes, kernel, stride, padding)
    patches = np.zeros((len(x), *out, *kernel, channels))
    for i, j, pixel in meetings(sizes, kernel, stride, padding):
        patches[:, *i, *j] = x[:, *pixel]
    return patches.reshape(len(x) * prod(out), prod(kernel) * channels)


@watched
def max_pool(x: Array, kernel_size: PerAxis, stride: PerAxis) -> Array:
    """The largest pixel of each window, for each image and channel."""
    sizes, kernel = x.shape[1:-1], _each(kernel_size, x.ndim - 2)
    y = np.full((len(x), *places(sizes, kernel, stride), x.shape[-1]), -np.inf)
    for i, _, pixel in meetings(sizes, kernel, stride):
        y[:, *i] = np.maximum(y[:, *i], x[:, *pixel])
    return y


@watched
def avg_pool(x: Array, kernel_size: PerAxis, stride: PerAxis) -> Array:
    """The mean of each window, for each image and channel."""
    sizes, kernel = x.shape[1:-1], _each(kernel_size, x.ndim - 2)
    y = np.zeros((len(x), *places(sizes, kernel, stride), x.shape[-1]))
    for i, _, pixel in meetings(sizes, kernel, stride):
        y[:, *i] += x[:, *pixel] / prod(kernel)
    return y


@watched
def max_pool_grad(grad_output: Array, x: Array, kernel_size: PerAxis, stride: PerAxis) -> Array:
    """All that came back to a window goes to its largest pixel; among equal ones to the first."""
    kernel, dx = _each(kernel_size, x.ndim - 2), np.zeros(x.shape)
    seen: dict[Shape, list[Shape]] = {}
    for i, _, pixel in meetings(x.shape[1:-1], kernel, stride):
        seen.setdefault(i, []).append(pixel)
    for b, c in product(range(len(x)), range(x.shape[-1])):
        for i, pixels in seen.items():
            winner = max(pixels, key=lambda pixel: x[b, *pixel, c])
            dx[b, *winner, c] += grad_output[b, *i, c]
    return dx


@watched
def avg_pool_grad(grad_output: Array, input_shape: Shape, kernel_size: PerAxis, stride: PerAxis) -> Array:
    """Every pixel of a window gets the same share of what came back to it."""
    kernel, dx = _each(kernel_size, len(input_shape) - 2), np.zeros(input_shape)
    for i, _, pixel in meetings(tuple(input_shape[1:-1]), kernel, stride):
        dx[:, *pixel] += grad_output[:, *i] / prod(kernel)
    return dx


def _each(value: PerAxis, axes: int) -> Shape:
    """One int for each axis."""
    return (int(value),) * axes if np.ndim(value) == 0 else tuple(value)  # type: ignore[arg-type]


def _full(array: Array, kernel_ndim: int) -> Array:
    """x or dy of a bare kernel as a batch of one, with one channel."""
    return array[None, ..., None] if kernel_ndim < 3 else array


def _full_kernel(w: Array) -> Array:
    return w[..., None, None] if w.ndim < 3 else w


def _turned(w: Array) -> Array:
    """The kernel with its spatial axes reversed."""
    axes = w.ndim if w.ndim < 3 else w.ndim - 2
    turned = np.zeros(w.shape)
    for j in np.ndindex(w.shape[:axes]):
        turned[j] = w[tuple(k - 1 - at for k, at in zip(w.shape, j, strict=False))]
    return turned
