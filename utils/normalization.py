"""Batch normalization and its gradient (Problem 6): check the arguments, then the formulas.

Results are float32 if all arrays are, float64 otherwise; a ValueError or TypeError names the argument that does not
fit. What may change here: how arguments are checked. What stays: names, arguments, results. The sums over each channel
are made fast and exact in `utils/engine/batch_norm.py`.
"""

import numpy as np
from numpy.typing import ArrayLike

from utils.engine.batch_norm import combine, mean_and_var, scale_and_shift, sums_with_gradient
from utils.shapes import Array, as_floats, check_eps, check_shape, per_axis, shown
from utils.watch import watched


@watched
def batch_norm(x: ArrayLike, gamma: ArrayLike, beta: ArrayLike, eps: float = 1e-5) -> Array:
    """gamma (x - mean) / sqrt(var + eps) + beta, with mean and variance over all axes but the last.

    x (N, C) or (..., C), gamma and beta (C,) give x's shape. The variance divides by the count, not count - 1;
    eps keeps a channel of equal numbers from a division by 0.
    """
    x, gamma, beta = as_floats(x=x, gamma=gamma, beta=beta)
    _check(x, gamma, eps)
    check_shape(beta, "beta", x.shape[-1:], "one number for each channel of x")
    mean, var = mean_and_var(x)
    return scale_and_shift(x, mean, gamma / np.sqrt(var + x.dtype.type(eps)), beta)


@watched
def batch_norm_grad(
    grad_output: ArrayLike, x: ArrayLike, gamma: ArrayLike, eps: float = 1e-5
) -> tuple[Array, Array, Array]:
    """The gradients of sum(grad_output * batch_norm(x, gamma, beta)): (grad_x, grad_gamma, grad_beta).

    grad_output and x (..., C), gamma (C,) and the eps of `batch_norm` give x's shape, (C,) and (C,). grad_x counts
    that the mean and the variance depend on x too: with xhat = (x - mean) / sigma and m numbers in each channel,
    grad_x = gamma / sigma (dy - sum(dy) / m - xhat sum(dy xhat) / m).
    """
    dy, x, gamma = as_floats(grad_output=grad_output, x=x, gamma=gamma)
    _check(x, gamma, eps)
    check_shape(dy, "grad_output", x.shape, "the shape of x")
    m = x.dtype.type(x.size // x.shape[-1])
    mean, var, products, total = sums_with_gradient(dy, x)
    sigma = np.sqrt(var + x.dtype.type(eps))
    grad_gamma, grad_beta = products / sigma, total
    # xhat sum(dy xhat) / m = (x - mean) slope, and sum(dy) / m = shift
    grad_x = combine(dy, x, mean, slope=grad_gamma / sigma / m, shift=grad_beta / m, scale=gamma / sigma)
    return grad_x, grad_gamma, grad_beta


class BatchNorm:
    """Batch normalization that remembers: trains on each batch's statistics, evaluates on their running mean.

    `gamma` and `beta`, one number for each of the `channels`, are its parameters, 1 and 0 at first; `eps` is that of
    `batch_norm`. Each `train` moves `running_mean` and
    `running_var` by `momentum` towards the batch's, with the unbiased variance (count - 1), as PyTorch does.
    """

    def __init__(self, channels: int, eps: float = 1e-5, momentum: float = 0.1):
        (channels,) = per_axis(channels, 1, "channels", least=1)
        self.gamma, self.beta = np.ones(channels), np.zeros(channels)
        self.running_mean, self.running_var = np.zeros(channels), np.ones(channels)
        check_eps(eps)
        if not isinstance(momentum, int | float | np.integer | np.floating) or not 0 <= momentum <= 1:
            raise ValueError(f"momentum is {shown(momentum)}, expected a number from 0 to 1")
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
        return self._normalize(x, mean, var)

    def evaluate(self, x: ArrayLike) -> Array:
        """x with the running statistics: each row's result depends on that row alone."""
        (x,) = as_floats(x=x)
        self._check(x)
        return self._normalize(x, self.running_mean, self.running_var)

    def _normalize(self, x: Array, mean: Array, var: Array) -> Array:
        return scale_and_shift(x, mean, self.gamma / np.sqrt(var + x.dtype.type(self.eps)), self.beta)

    def _check(self, x: Array) -> None:
        if x.ndim < 2 or x.shape[-1] != len(self.gamma):
            raise ValueError(f"x has shape {x.shape}, expected {len(self.gamma)} channels as its last axis")


def _check(x: Array, gamma: Array, eps: float) -> None:
    if x.ndim < 2:
        raise ValueError(f"x has shape {x.shape}, expected (N, C) or (..., C)")
    check_shape(gamma, "gamma", x.shape[-1:], "one number for each channel of x")
    check_eps(eps)
