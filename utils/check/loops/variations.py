"""Variations of the convolution, place by place, and what a gradient lights up."""

from collections.abc import Sequence

import numpy as np

from utils.shapes import Array
from utils.watch import watched

from .differences import slope


@watched
def dilated_field(layers: Sequence[tuple[int, int, int]]) -> int:
    """The distance between the first and the last pixel that one output is made of, found by walking back."""
    places = {0}
    for kernel_size, stride, dilation in reversed(layers):
        places = {place * stride + tap * dilation for place in places for tap in range(kernel_size)}
    return max(places) - min(places) + 1


@watched
def spread_kernel(w: Array, dilation: tuple[int, int]) -> Array:
    """Each weight at its place times the dilation."""
    kH, kW, C, D = w.shape
    spread = np.zeros((dilation[0] * (kH - 1) + 1, dilation[1] * (kW - 1) + 1, C, D))
    for u in range(kH):
        for v in range(kW):
            spread[u * dilation[0], v * dilation[1]] = w[u, v]
    return spread


@watched
def depthwise(x: Array, w: Array) -> Array:
    """Each channel on its own."""
    kH, kW, C = w.shape
    B, H, W, _ = x.shape
    y = np.zeros((B, H - kH + 1, W - kW + 1, C))
    for b, i, j, c in np.ndindex(y.shape):
        y[b, i, j, c] = (x[b, i : i + kH, j : j + kW, c] * w[:, :, c]).sum()
    return y


@watched
def transposed_size(n: int, kernel_size: int, stride: int, padding: int) -> int:
    """The places on which a kernel was laid, less those that are cut off."""
    places = {i * stride + j for i in range(n) for j in range(kernel_size)}
    return max(places) + 1 - 2 * padding


@watched
def group_norm(x: Array, gamma: Array, beta: Array, groups: int, eps: float = 1e-5) -> Array:
    """Each image and each group of channels on its own."""
    y, wide = np.zeros(x.shape), x.shape[-1] // groups
    for b in range(len(x)):
        for group in range(groups):
            channels = range(group * wide, (group + 1) * wide)
            numbers = [v for c in channels for v in x[b, ..., c].ravel().tolist()]
            mean = sum(numbers) / len(numbers)
            var = sum((v - mean) ** 2 for v in numbers) / len(numbers)
            for c in channels:
                y[b, ..., c] = gamma[c] * (x[b, ..., c] - mean) / (var + eps) ** 0.5 + beta[c]
    return y


@watched
def residual_grad(grad_output: Array, x: Array, w1: Array, w2: Array) -> Array:
    """By central differences."""
    return slope(lambda x: float((grad_output * (x + np.where(x @ w1 > 0, x @ w1, 0) @ w2)).sum()), x, 1e-6)
