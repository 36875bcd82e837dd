"""Batch normalization (Problem 6).

Sums run over long rows: `(..., C)` is seen as `(rows, r C)`, which holds r pixels side by side. That is fast,
and in float32 also more exact, because each number of a row has its own short sum. Work goes on in blocks of
rows that fit the processor's cache.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike

from utils.shapes import Array, as_floats, check_shape, per_axis

BLOCK = 2**18  # bytes of one array at a time


def batch_norm(x: ArrayLike, gamma: ArrayLike, beta: ArrayLike, eps: float = 1e-5) -> Array:
    """gamma (x - mean) / sqrt(var + eps) + beta, with mean and variance over all axes but the last.

    x (N, C) or (..., C), gamma and beta (C,) give x's shape. The variance divides by the count, not count - 1.
    """
    x, gamma, beta = as_floats(x=x, gamma=gamma, beta=beta)
    _check(x, gamma, eps)
    check_shape(beta, "beta", x.shape[-1:], "one number for each channel of x")
    mean, var = mean_and_var(x)
    return scale_and_shift(x, mean, var, gamma, beta, eps)


def batch_norm_grad(
    grad_output: ArrayLike, x: ArrayLike, gamma: ArrayLike, eps: float = 1e-5
) -> tuple[Array, Array, Array]:
    """The gradients of sum(grad_output * batch_norm(x, gamma, beta)): (grad_x, grad_gamma, grad_beta).

    grad_output and x (..., C), gamma (C,) give x's shape, (C,) and (C,). grad_x counts that the mean and the
    variance depend on x too: with xhat = (x - mean) / sigma and m numbers in each channel,
    grad_x = gamma / sigma (dy - sum(dy) / m - xhat sum(dy xhat) / m).
    """
    dy, x, gamma = as_floats(grad_output=grad_output, x=x, gamma=gamma)
    _check(x, gamma, eps)
    check_shape(dy, "grad_output", x.shape, "the shape of x")
    channels, m = x.shape[-1], x.dtype.type(x.size // x.shape[-1])
    rows_x, rows_dy = wide(x), wide(dy)
    mean = _repeat(_per_channel(rows_x.sum(0), channels) / m, rows_x)
    squares, products, total = np.zeros((3, rows_x.shape[1]), x.dtype)
    for rows in _blocks(rows_x):
        centered = rows_x[rows] - mean
        squares += _dot(centered, centered)
        products += _dot(centered, rows_dy[rows])
        total += rows_dy[rows].sum(0)
    sigma = np.sqrt(_per_channel(squares, channels) / m + x.dtype.type(eps))
    grad_gamma = _per_channel(products, channels) / sigma
    grad_beta = _per_channel(total, channels)

    slope = _repeat(grad_gamma / sigma / m, rows_x)
    shift = _repeat(grad_beta / m, rows_x)
    scale = _repeat(gamma / sigma, rows_x)
    dx = np.empty(x.shape, x.dtype)
    rows_dx = wide(dx)
    for rows in _blocks(rows_x):
        part = np.subtract(rows_x[rows], mean, out=rows_dx[rows])
        part *= slope
        np.subtract(rows_dy[rows], part, out=part)
        part -= shift
        part *= scale
    return dx, grad_gamma, grad_beta


class BatchNorm:
    """Batch normalization that remembers: trains on each batch's statistics, evaluates on their running mean.

    `gamma` and `beta` (C,) are its parameters, 1 and 0 at first. Each `train` moves `running_mean` and
    `running_var` by `momentum` towards the batch's, with the unbiased variance (count - 1), as PyTorch does.
    """

    def __init__(self, channels: int, eps: float = 1e-5, momentum: float = 0.1):
        (channels,) = per_axis(channels, 1, "channels", least=1)
        self.gamma, self.beta = np.ones(channels), np.zeros(channels)
        self.running_mean, self.running_var = np.zeros(channels), np.ones(channels)
        self.eps, self.momentum = eps, momentum

    def train(self, x: ArrayLike) -> Array:
        """`batch_norm(x)`, and the running statistics move. ValueError if a channel has one number alone."""
        (x,) = as_floats(x=x)
        self._check(x)
        m = x.size // x.shape[-1]
        if m < 2:
            raise ValueError(f"x has shape {x.shape}, expected at least 2 numbers in each channel to train on")
        mean, var = mean_and_var(x)
        self.running_mean = self.running_mean + self.momentum * (mean - self.running_mean)
        self.running_var = self.running_var + self.momentum * (var * (m / (m - 1)) - self.running_var)
        return scale_and_shift(x, mean, var, self.gamma, self.beta, self.eps)

    def evaluate(self, x: ArrayLike) -> Array:
        """x with the running statistics: each row's result depends on that row alone."""
        (x,) = as_floats(x=x)
        self._check(x)
        return scale_and_shift(x, self.running_mean, self.running_var, self.gamma, self.beta, self.eps)

    def _check(self, x: Array) -> None:
        if x.ndim < 2 or x.shape[-1] != len(self.gamma):
            raise ValueError(f"x has shape {x.shape}, expected {len(self.gamma)} channels as its last axis")


def mean_and_var(x: Array) -> tuple[Array, Array]:
    """Of each channel, in two passes: the mean, then the mean of (x - mean)²."""
    channels, m = x.shape[-1], x.dtype.type(x.size // x.shape[-1])
    rows = wide(x)
    mean = _per_channel(rows.sum(0), channels) / m
    wide_mean, squares = _repeat(mean, rows), np.zeros(rows.shape[1], x.dtype)
    for block in _blocks(rows):
        centered = rows[block] - wide_mean
        squares += _dot(centered, centered)
    return mean, _per_channel(squares, channels) / m


def scale_and_shift(x: Array, mean: Array, var: Array, gamma: Array, beta: Array, eps: float) -> Array:
    """gamma (x - mean) / sqrt(var + eps) + beta, in x's dtype."""
    rows = wide(x)
    scale = gamma / np.sqrt(var + x.dtype.type(eps))
    mean, scale, beta = (_repeat(values.astype(x.dtype), rows) for values in (mean, scale, beta))
    y = np.empty(x.shape, x.dtype)
    out = wide(y)
    for block in _blocks(rows):
        part = np.subtract(rows[block], mean, out=out[block])
        part *= scale
        part += beta
    return y


def wide(x: Array) -> Array:
    """The view `(rows, r C)` of x (..., C), with r a power of two and r C about 2048 at most."""
    m, channels = x.size // x.shape[-1], x.shape[-1]
    together = 1
    while m % (2 * together) == 0 and 2 * together * channels <= 2048:
        together *= 2
    return x.reshape(m // together, together * channels)


def _dot(a: Array, b: Array) -> Array:
    """The sum of a * b over the rows."""
    return np.einsum("rc,rc->c", a, b)


def _per_channel(sums: Array, channels: int) -> Array:
    """The sums of wide columns, added up to one for each channel."""
    return sums.reshape(-1, channels).sum(0)


def _repeat(values: Array, rows: Array) -> Array:
    """One number for each channel, repeated along a wide row."""
    return np.tile(values, rows.shape[1] // len(values))


def _blocks(rows: Array) -> Iterator[slice]:
    size = max(1, BLOCK // (rows.shape[1] * rows.itemsize))
    return (slice(first, first + size) for first in range(0, len(rows), size))


def _check(x: Array, gamma: Array, eps: float) -> None:
    if x.ndim < 2:
        raise ValueError(f"x has shape {x.shape}, expected (N, C) or (..., C)")
    check_shape(gamma, "gamma", x.shape[-1:], "one number for each channel of x")
    if not eps >= 0:
        raise ValueError(f"eps is {eps!r}, expected a small number, 0 or more")
