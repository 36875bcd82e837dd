"""Batch normalization, relu, the loss and the step of gradient descent, one number at a time. Channels come last."""

import math

import numpy as np

from utils.shapes import Array
from utils.watch import watched

Params = dict[str, Array]


@watched
def batch_norm(x: Array, gamma: Array, beta: Array, eps: float = 1e-5) -> Array:
    """Each channel less its mean, by the root of its variance plus eps, times gamma, plus beta."""
    y = np.zeros(x.shape)
    for c in range(x.shape[-1]):
        mean, var = _mean_and_variance(x[..., c])
        for place in np.ndindex(x.shape[:-1]):
            y[*place, c] = gamma[c] * (x[*place, c] - mean) / (var + eps) ** 0.5 + beta[c]
    return y


@watched
def batch_norm_eval(
    x: Array, gamma: Array, beta: Array, running_mean: Array, running_var: Array, eps: float = 1e-5
) -> Array:
    """The same with a mean and variance from before."""
    y = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        c = place[-1]
        y[place] = gamma[c] * (x[place] - running_mean[c]) / (running_var[c] + eps) ** 0.5 + beta[c]
    return y


@watched
def batch_norm_eval_grad(grad_output: Array, gamma: Array, running_var: Array, eps: float = 1e-5) -> Array:
    """Each number of x has one slope: its channel's."""
    dx = np.zeros(grad_output.shape)
    for place in np.ndindex(dx.shape):
        dx[place] = grad_output[place] * gamma[place[-1]] / (running_var[place[-1]] + eps) ** 0.5
    return dx


@watched
def update_running(running_mean: Array, running_var: Array, x: Array, momentum: float) -> tuple[Array, Array]:
    """(1 - momentum) of the old and momentum of the new, with the unbiased variance of x (N, C)."""
    mean, var = np.zeros(running_mean.shape), np.zeros(running_var.shape)
    for c in range(x.shape[1]):
        mu, v = _mean_and_variance(x[:, c])
        mean[c] = (1 - momentum) * running_mean[c] + momentum * mu
        var[c] = (1 - momentum) * running_var[c] + momentum * v * len(x) / (len(x) - 1)
    return mean, var


@watched
def scale_shift_grad(grad_output: Array, x_hat: Array, gamma: Array) -> tuple[Array, Array, Array]:
    """What gamma * x_hat + beta sends back to x_hat (N, C), gamma and beta."""
    dx_hat, dgamma, dbeta = np.zeros(x_hat.shape), np.zeros(gamma.shape), np.zeros(gamma.shape)
    for i, c in np.ndindex(x_hat.shape):
        dx_hat[i, c] = grad_output[i, c] * gamma[c]
        dgamma[c] += grad_output[i, c] * x_hat[i, c]
        dbeta[c] += grad_output[i, c]
    return dx_hat, dgamma, dbeta


@watched
def input_grad(grad_centered: Array) -> Array:
    """x - mean sends each gradient to its own x, and takes the N-th part of it from all."""
    dx = np.zeros(grad_centered.shape)
    for i, c in np.ndindex(dx.shape):
        dx[i, c] += grad_centered[i, c]
        for row in range(len(dx)):
            dx[row, c] -= grad_centered[i, c] / len(dx)
    return dx


@watched
def relu(x: Array) -> Array:
    """Each number, if it is positive."""
    y = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        y[place] = x[place] if x[place] > 0 else 0
    return y


@watched
def relu_grad(grad_output: Array, x: Array) -> Array:
    """What came back, where x is positive."""
    dx = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        dx[place] = grad_output[place] if x[place] > 0 else 0
    return dx


@watched
def cross_entropy(logits: Array, labels: Array) -> float:
    """The mean of -log(softmax), row by row, with the largest logit taken off first."""
    total = 0.0
    for z, label in zip(logits.tolist(), labels.tolist(), strict=True):
        total -= (z[label] - max(z)) - math.log(sum(math.exp(v - max(z)) for v in z))
    return total / len(labels)


@watched
def momentum_step(
    params: Params, velocity: Params, grads: Params, learning_rate: float, momentum: float
) -> tuple[Params, Params]:
    """(new parameters, new velocity), number by number."""
    new_params, new_velocity = {}, {}
    for name, value in params.items():
        new_velocity[name] = np.zeros(value.shape)
        for place in np.ndindex(value.shape):
            new_velocity[name][place] = momentum * velocity[name][place] - learning_rate * grads[name][place]
        new_params[name] = value + new_velocity[name]
    return new_params, new_velocity


def _mean_and_variance(values: Array) -> tuple[float, float]:
    numbers = values.ravel().tolist()
    mean = sum(numbers) / len(numbers)
    return mean, sum((v - mean) ** 2 for v in numbers) / len(numbers)
