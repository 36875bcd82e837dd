"""Sizes and numbers of weights, counted one by one."""

from collections.abc import Iterable

import numpy as np

from utils.shapes import Array, Shape
from utils.watch import watched

from .windows import places


@watched
def output_size(n: int, kernel_size: int, stride: int = 1, padding: int = 0) -> int:
    """How many places a window has."""
    return places((n,), (kernel_size,), stride, padding)[0]


@watched
def num_parameters(kernel_shape: Shape, bias: bool = False) -> int:
    """The entries of a kernel, and of its biases."""
    return np.zeros(kernel_shape).size + (np.zeros(kernel_shape[-1]).size if bias else 0)


@watched
def same_padding(kernel_size: int) -> int:
    """The padding that keeps the size, by trying one after the other."""
    n = kernel_size + 50
    return next(p for p in range(n) if output_size(n, kernel_size, 1, p) == n)


@watched
def chain(input_shape: Shape, layers: Iterable[tuple[int, int, int, int]]) -> tuple[Shape, int]:
    """(the last shape, all parameters) of layers (kernel_size, filters, stride, padding)."""
    *space, channels = input_shape
    parameters = 0
    for kernel_size, filters, stride, padding in layers:
        space = [output_size(n, kernel_size, stride, padding) for n in space]
        parameters += num_parameters((kernel_size, kernel_size, channels, filters), bias=True)
        channels = filters
    return (*space, channels), parameters


@watched
def receptive_field(layers: Iterable[tuple[int, int]]) -> int:
    """The pixels that output 0 sees, found by going back from layer to layer."""
    seen = {0}
    for kernel_size, stride in reversed(list(layers)):
        seen = {place * stride + step for place in seen for step in range(kernel_size)}
    return max(seen) + 1


@watched
def dense_weights(n: int, k: int) -> int:
    """The cells of the matrix of a filter of length k on n inputs."""
    return _weight_of_cell(n, k).size


@watched
def nonzero_cells(n: int, k: int) -> int:
    """Those that hold a weight."""
    return int(np.count_nonzero(_weight_of_cell(n, k)))


@watched
def distinct_weights(n: int, k: int) -> int:
    """How many different weights they hold."""
    return len(set(_weight_of_cell(n, k).ravel().tolist()) - {0})


@watched
def nonzero_fraction(n: int, k: int) -> float:
    """The part of the cells that hold a weight."""
    return nonzero_cells(n, k) / dense_weights(n, k)


def _weight_of_cell(n: int, k: int) -> Array:
    """The matrix of a filter, with 1 for its first weight, 2 for its second, ..., and 0 where there is none."""
    starts = range(n - k + 1)
    return np.array([[column - start + 1 if 0 <= column - start < k else 0 for column in range(n)] for start in starts])
