"""Sums over each channel, and scaling each channel: what `utils.normalization` computes with.

Both run over long rows: `(..., C)` is seen as `(rows, r C)`, which holds r pixels side by side. That is fast, and in
float32 also more exact, because each number of a row has its own short sum. Blocks of rows fit the processor's cache.
What may change: the sizes, which were measured, and the order of the sums.
"""

from collections.abc import Iterator

import numpy as np

from utils.shapes import Array

BLOCK = 2**18  # bytes of one array at a time
ROW = 2048  # numbers in a row at most


def mean_and_var(x: Array) -> tuple[Array, Array]:
    """Of each channel of x (..., C), in two passes: the mean, then the mean of (x - mean)²."""
    rows, numbers = long_rows(x), _numbers_per_channel(x)
    mean = _per_channel(rows.sum(0), x) / numbers
    along_row, squares = _repeat(mean, rows), np.zeros(rows.shape[1], x.dtype)
    for block in _blocks(rows):
        centered = rows[block] - along_row
        squares += _sum_of_products(centered, centered)
    return mean, _per_channel(squares, x) / numbers


def scale_and_shift(x: Array, mean: Array, scale: Array, shift: Array) -> Array:
    """(x - mean) scale + shift, each of the three one number for each channel, in x's dtype."""
    rows = long_rows(x)
    mean, scale, shift = (_repeat(values.astype(x.dtype), rows) for values in (mean, scale, shift))
    y = np.empty(x.shape, x.dtype)
    out = long_rows(y)
    for block in _blocks(rows):
        part = np.subtract(rows[block], mean, out=out[block])
        part *= scale
        part += shift
    return y


def sums_with_gradient(dy: Array, x: Array) -> tuple[Array, Array, Array, Array]:
    """Of each channel: mean(x), mean((x - mean)²), sum(dy (x - mean)), sum(dy). All in one pass after the mean's."""
    rows_x, rows_dy, numbers = long_rows(x), long_rows(dy), _numbers_per_channel(x)
    mean = _per_channel(rows_x.sum(0), x) / numbers
    along_row = _repeat(mean, rows_x)
    squares, products, total = np.zeros((3, rows_x.shape[1]), x.dtype)
    for block in _blocks(rows_x):
        centered = rows_x[block] - along_row
        squares += _sum_of_products(centered, centered)
        products += _sum_of_products(centered, rows_dy[block])
        total += rows_dy[block].sum(0)
    return mean, _per_channel(squares, x) / numbers, _per_channel(products, x), _per_channel(total, x)


def combine(dy: Array, x: Array, mean: Array, slope: Array, shift: Array, scale: Array) -> Array:
    """(dy - (x - mean) slope - shift) scale, each of the four one number for each channel."""
    rows_x, rows_dy = long_rows(x), long_rows(dy)
    mean, slope, shift, scale = (_repeat(values, rows_x) for values in (mean, slope, shift, scale))
    dx = np.empty(x.shape, x.dtype)
    out = long_rows(dx)
    for block in _blocks(rows_x):
        part = np.subtract(rows_x[block], mean, out=out[block])
        part *= slope
        np.subtract(rows_dy[block], part, out=part)
        part -= shift
        part *= scale
    return dx


def long_rows(x: Array) -> Array:
    """The view `(rows, r C)` of x (..., C), with r a power of two and r C at most about `ROW`."""
    pixels, channels = x.size // x.shape[-1], x.shape[-1]
    together = 1
    while pixels % (2 * together) == 0 and 2 * together * channels <= ROW:
        together *= 2
    return x.reshape(pixels // together, together * channels)


def _numbers_per_channel(x: Array) -> np.floating:
    return x.dtype.type(x.size // x.shape[-1])


def _sum_of_products(a: Array, b: Array) -> Array:
    """The sum of a * b over the rows."""
    return np.einsum("rc,rc->c", a, b)


def _per_channel(sums: Array, x: Array) -> Array:
    """The sums along a long row, added up to one for each channel of x."""
    return sums.reshape(-1, x.shape[-1]).sum(0)


def _repeat(values: Array, rows: Array) -> Array:
    """One number for each channel, repeated along a long row."""
    return np.tile(values, rows.shape[1] // len(values))


def _blocks(rows: Array) -> Iterator[slice]:
    size = max(1, BLOCK // (rows.shape[1] * rows.itemsize))
    return (slice(first, first + size) for first in range(0, len(rows), size))
