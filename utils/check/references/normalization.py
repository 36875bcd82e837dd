"""Batch normalization by hand, its backward pass step by step, and at evaluation (Problem 6)."""

import numpy as np

from utils.shapes import Array
from utils.watch import watched


@watched
def normalize_row(x: Array, gamma: float, beta: float) -> Array:
    """Batch normalization of one row (n,), without eps."""
    return gamma * (x - x.mean()) / x.std() + beta


@watched
def normalize_row_grad(grad_output: Array, x: Array, gamma: float) -> Array:
    """The gradient of sum(grad_output * normalize_row(x, gamma, beta)) with respect to x (n,)."""
    x_hat = (x - x.mean()) / x.std()
    return gamma / x.std() * (grad_output - grad_output.mean() - x_hat * (grad_output * x_hat).mean())


@watched
def undo_scale(x: Array) -> float:
    """The gamma with which normalization changes nothing: the standard deviation."""
    return x.std()


@watched
def undo_shift(x: Array) -> float:
    """The beta with which normalization changes nothing: the mean."""
    return x.mean()


@watched
def larger_of_two(pairs: Array) -> Array:
    """The larger number of each pair (n, 2) after the pair was normalized: 1, whatever the two are."""
    return (pairs.max(1) - pairs.mean(1)) / pairs.std(1)


@watched
def scale_shift_grad(grad_output: Array, x_hat: Array, gamma: Array) -> tuple[Array, Array, Array]:
    """The gradients of sum(grad_output * (gamma * x_hat + beta)) to x_hat (N, C), gamma (C,) and beta (C,)."""
    return gamma * grad_output, (grad_output * x_hat).sum(0), grad_output.sum(0)


@watched
def variance_grad(grad_x_hat: Array, centered: Array, inv_std: Array) -> Array:
    """The gradient of sum(grad_x_hat * centered / sqrt(var)) to the variances (C,); inv_std is 1 / sqrt(var)."""
    return -(grad_x_hat * centered).sum(0) * inv_std**3 / 2


@watched
def centered_grad(grad_x_hat: Array, grad_var: Array, centered: Array, inv_std: Array) -> Array:
    """The gradient with respect to centered (N, C), which x_hat is made of directly, and through the variance."""
    return inv_std * grad_x_hat + 2 / len(centered) * grad_var * centered


@watched
def input_grad(grad_centered: Array) -> Array:
    """The gradient with respect to x of sum(grad_centered * (x - mean)), for x (N, C)."""
    return grad_centered - grad_centered.mean(0)


@watched
def closed_form(grad_output: Array, x_hat: Array, gamma: Array, inv_std: Array) -> Array:
    """dL/dx of batch normalization in one line, from x_hat (N, C) and inv_std = 1 / sqrt(var + eps)."""
    return gamma * inv_std * (grad_output - grad_output.mean(0) - x_hat * (grad_output * x_hat).mean(0))


@watched
def update_running(running_mean: Array, running_var: Array, x: Array, momentum: float) -> tuple[Array, Array]:
    """(running_mean, running_var) after a batch x (N, C); the variance is the unbiased one."""
    mean, var = x.mean(0), x.var(0, ddof=1)
    return running_mean + momentum * (mean - running_mean), running_var + momentum * (var - running_var)


@watched
def batch_norm_eval(
    x: Array, gamma: Array, beta: Array, running_mean: Array, running_var: Array, eps: float = 1e-5
) -> Array:
    """Batch normalization at evaluation: with the running mean and variance instead of the batch's."""
    scale = gamma / np.sqrt(running_var + eps)
    return x * scale + (beta - running_mean * scale)


@watched
def batch_norm_eval_grad(grad_output: Array, gamma: Array, running_var: Array, eps: float = 1e-5) -> Array:
    """The gradient of `batch_norm_eval` to x: the running statistics are constants."""
    return grad_output * (gamma / np.sqrt(running_var + eps))
