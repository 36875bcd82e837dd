"""The transposed convolution: the gradient with respect to the input, as convolutions with stride 1.

`col2im(dy @ w.T)` is the same, but would make the whole patch matrix and add it up number by number. Here each pixel
gathers instead what comes back to it: a convolution of dy with the flipped kernel, whose channels and filters are
swapped (Problem 3). With stride s, the pixels fall into s phases along each axis, and the pixels of one phase meet
the same few weights. So no zeros are put between the entries of dy, and none are multiplied.
What may change: how the phases are computed. What stays: results are those of `col2im(dy @ w.T)`, up to rounding.
"""

from collections.abc import Iterator
from itertools import product
from math import gcd

import numpy as np

from utils.engine.patch_matrix import PatchMatrix
from utils.shapes import Array, Shape
from utils.windows import Windows


def transposed_convolution(dy: Array, w: Array, sizes: Shape, windows: Windows, groups: int = 1) -> Array:
    """dx (B, n..., C), with `sizes` n..., from dy (B, out..., D) and w (k..., C / groups, D)."""
    channels = w.shape[-2] * groups
    axes = tuple(range(len(sizes)))
    dx = np.zeros((len(dy), *sizes, channels), dy.dtype)
    for phase in product(*(_phases(n, windows, axis) for axis, n in enumerate(sizes))):
        pixels, weights, geometry = zip(*phase, strict=True)
        flipped = swap_channels(np.flip(w[weights], axes), groups).reshape(-1, channels)
        over_dy = Windows(*zip(*geometry, strict=True))
        part = (PatchMatrix(dy, over_dy, groups) @ flipped).reshape(len(dy), *over_dy.out, channels)
        if part.shape == dx.shape:
            return part  # with stride 1 there is one phase, and copying it would be a waste
        dx[(slice(None), *pixels)] = part
    return dx


def swap_channels(w: Array, groups: int) -> Array:
    """(k..., D / groups, C) from w (k..., C / groups, D): in each group, what came out goes in."""
    if groups == 1:
        return w.swapaxes(-1, -2)
    *kernel, channels, filters = w.shape
    in_groups = w.reshape(*kernel, channels, groups, filters // groups)
    return np.moveaxis(in_groups, -3, -1).swapaxes(-2, -3).reshape(*kernel, filters // groups, groups * channels)


def _phases(n: int, windows: Windows, axis: int) -> Iterator[tuple[slice, slice, tuple[int, ...]]]:
    """Along one axis, for each phase that meets a weight: its pixels, its weights, its windows over dy.

    Pixel p meets weight j in window (p + padding - j dilation) / stride, if that is an integer.
    """
    kernel, stride, padding, dilation, _ = (values[axis] for values in windows)
    every = stride // gcd(stride, dilation)  # how far apart the weights lie that meet the same phase
    for j in range(min(kernel, every)):
        p = (j * dilation - padding) % stride
        pixels, weights = len(range(p, n, stride)), len(range(j, kernel, every))
        if pixels:
            step = dilation * every // stride
            newest = (p + padding - j * dilation) // stride  # the window in which pixel p meets weight j
            oldest = newest - step * (weights - 1)
            yield slice(p, None, stride), slice(j, None, every), (weights, 1, -oldest, step, pixels)
