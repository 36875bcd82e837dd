"""Steps of Problem 9: receptive fields, groups, transposed convolution, shifts, norms, a residual block."""

from collections.abc import Sequence
from math import prod

import numpy as np

from utils import conv1d, conv2d, conv_transpose1d
from utils.shapes import Array, Shape
from utils.watch import watched

Layer = tuple[int, int, int]
"""(kernel_size, stride, dilation)"""


@watched
def dilated_field(layers: Sequence[Layer]) -> int:
    """How many pixels wide one output of the last layer looks."""
    return 1 + sum((k - 1) * d * jump(layers[:i]) for i, (k, _, d) in enumerate(layers))


@watched
def jump(layers: Sequence[Layer]) -> int:
    """How many pixels two neighbours in the last layer's output are apart."""
    return prod(stride for _, stride, _ in layers)


@watched
def spread_kernel(w: Array, dilation: tuple[int, int]) -> Array:
    """w (kH, kW, C, D) with zeros between its weights."""
    size = [d * (k - 1) + 1 for k, d in zip(w.shape[:2], dilation, strict=True)]
    spread = np.zeros((*size, *w.shape[2:]), w.dtype)
    spread[:: dilation[0], :: dilation[1]] = w
    return spread


@watched
def grouped_weights(kernel_size: int, channels: int, filters: int, groups: int) -> int:
    """The weights of square filters, each of which sees the channels of its group."""
    return kernel_size**2 * channels // groups * filters


@watched
def separable_weights(kernel_size: int, channels: int, filters: int) -> int:
    """The weights of one filter for each channel, and then of filters 1 by 1."""
    return kernel_size**2 * channels + channels * filters


@watched
def channels_seen(channels: int, filters: int, groups: int, number: int) -> Array:
    """The input channels that the filter of this number sees."""
    wide = channels // groups
    return np.arange(wide) + number // (filters // groups) * wide


@watched
def depthwise(x: Array, w: Array) -> Array:
    """Each channel of x (B, H, W, C) under its own filter, w (kH, kW, C)."""
    return conv2d(x, w[:, :, None], groups=x.shape[-1])


@watched
def laid_down(x: Array, w: Array, stride: int) -> Array:
    """The transposed convolution of x (n,) with w (k,)."""
    return conv_transpose1d(x, w, stride=stride)


@watched
def transposed_size(n: int, kernel_size: int, stride: int, padding: int) -> int:
    """The length of the transposed convolution of n numbers."""
    return (n - 1) * stride + kernel_size - 2 * padding


@watched
def there_and_back(x: Array, w: Array) -> Array:
    """A convolution, and then the transposed convolution with the same kernel."""
    return conv_transpose1d(conv1d(x, w), w)


@watched
def even_overlap(kernel_size: Array, stride: Array) -> Array:
    """1 where the same number of kernels lies over every place in the middle of a transposed convolution, else 0."""
    return 1.0 * (kernel_size % stride == 0)


@watched
def good_shifts(strides: Shape, largest: int) -> Array:
    """The shifts, up to `largest`, that layers with these strides pass on exactly."""
    return np.arange(1, largest // prod(strides) + 1) * prod(strides)


@watched
def numbers_per_mean(shape: tuple[int, int, int, int], groups: int) -> Array:
    """Of how many numbers one mean is, in BatchNorm, LayerNorm over images, GroupNorm and InstanceNorm."""
    B, H, W, C = shape
    return np.array([B * H * W, H * W * C, H * W * C // groups, H * W])


@watched
def through_blocks(slope: float, blocks: int, bridges: bool) -> float:
    """By what a gradient is multiplied on its way back through blocks with this slope, with bridges or without."""
    return (slope + bridges) ** blocks


@watched
def residual_grad(grad_output: Array, x: Array, w1: Array, w2: Array) -> Array:
    """The gradient of sum(grad_output * (x + relu(x w1) w2)) with respect to x (N, C)."""
    return grad_output + ((grad_output @ w2.T) * (x @ w1 > 0)) @ w1.T
