"""Max pooling's gradient shared out equally among equal pixels: another valid subgradient."""

import numpy as np


def max_pool2d_grad(grad_output, x, kernel_size, stride):
    dx = np.zeros_like(x)
    _, rows, columns, _ = grad_output.shape
    for i in range(rows):
        for j in range(columns):
            index = np.s_[:, i * stride : i * stride + kernel_size, j * stride : j * stride + kernel_size]
            largest = (x[index] == x[index].max(axis=(1, 2), keepdims=True)).astype(x.dtype)
            dx[index] += largest / largest.sum(axis=(1, 2), keepdims=True) * grad_output[:, i : i + 1, j : j + 1]
    return dx


def max_pool_grad(grad_output, x, kernel_size, stride):
    dx, space = np.zeros_like(x), tuple(range(1, x.ndim - 1))
    for place in np.ndindex(grad_output.shape[1:-1]):
        window = (slice(None), *(slice(i * s, i * s + k) for i, k, s in zip(place, kernel_size, stride, strict=True)))
        largest = (x[window] == x[window].max(space, keepdims=True)).astype(x.dtype)
        came_back = np.expand_dims(grad_output[(slice(None), *place)], space)
        dx[window] += came_back * largest / largest.sum(space, keepdims=True)
    return dx
