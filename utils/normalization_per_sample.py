"""Layer, group and instance normalization and their gradients: statistics of each sample alone (Problem 9).

`batch_norm` takes a channel's mean and variance over all samples. These take them within each sample: so nothing is
remembered, and training and evaluation are the same. They differ only in the numbers that are normalized together:

    layer_norm       a sample's last axes, as many as gamma has
    group_norm       a sample's pixels, and the channels of one of its groups
    instance_norm    a sample's pixels, channel by channel: group_norm with a group for each channel

All are xhat = (x - mean) / sqrt(var + eps), and then gamma xhat + beta. With dxhat = gamma dy, and means over the same
numbers as before, the gradient is (dxhat - mean(dxhat) - xhat mean(dxhat xhat)) / sqrt(var + eps). Results are float32
if all arrays are, float64 otherwise; a ValueError or TypeError names the argument that does not fit. They are
PyTorch's, with channels last. What may change here: how the statistics are computed. What stays: names, arguments,
results.
"""

import numpy as np
from numpy.typing import ArrayLike

from utils.shapes import Array, Shape, as_floats, check_eps, check_shape, per_axis
from utils.watch import watched

Gradients = tuple[Array, Array, Array]


@watched
def layer_norm(x: ArrayLike, gamma: ArrayLike, beta: ArrayLike, eps: float = 1e-5) -> Array:
    """gamma (x - mean) / sqrt(var + eps) + beta, with mean and variance over the last axes, those that gamma has.

    x (..., C) with gamma and beta (C,) normalizes the channels of each pixel or step; x (B, H, W, C) with gamma and
    beta (H, W, C) each whole image. Gives x's shape. The variance divides by the count, not count - 1.
    """
    x, gamma, beta = as_floats(x=x, gamma=gamma, beta=beta)
    axes = _last_axes(x, gamma)
    check_shape(beta, "beta", gamma.shape, "the shape of gamma")
    xhat, _ = _normalize(x, axes, eps)
    return xhat * gamma + beta


@watched
def layer_norm_grad(grad_output: ArrayLike, x: ArrayLike, gamma: ArrayLike, eps: float = 1e-5) -> Gradients:
    """The gradients of sum(grad_output * layer_norm(x, gamma, beta)): (grad_x, grad_gamma, grad_beta).

    grad_output and x (..., C), gamma and the eps of `layer_norm` give the shapes of x, gamma and gamma.
    """
    dy, x, gamma = as_floats(grad_output=grad_output, x=x, gamma=gamma)
    axes = _last_axes(x, gamma)
    check_shape(dy, "grad_output", x.shape, "the shape of x")
    xhat, sigma = _normalize(x, axes, eps)
    samples = tuple(range(x.ndim - gamma.ndim))
    return _to_x(dy * gamma, xhat, sigma, axes), (dy * xhat).sum(samples), dy.sum(samples)


@watched
def group_norm(x: ArrayLike, gamma: ArrayLike, beta: ArrayLike, groups: int, eps: float = 1e-5) -> Array:
    """gamma (x - mean) / sqrt(var + eps) + beta, with mean and variance of each sample and each group of channels.

    x (B, C) or (B, n..., C), gamma and beta (C,) give x's shape; the C channels, in order, fall into `groups` equal
    parts. The variance divides by the count, not count - 1.
    """
    x, gamma, beta = as_floats(x=x, gamma=gamma, beta=beta)
    parts, axes = _in_groups(x, gamma, groups)
    check_shape(beta, "beta", x.shape[-1:], "one number for each channel of x")
    xhat, _ = _normalize(x.reshape(parts), axes, eps)
    return xhat.reshape(x.shape) * gamma + beta


@watched
def group_norm_grad(
    grad_output: ArrayLike, x: ArrayLike, gamma: ArrayLike, groups: int, eps: float = 1e-5
) -> Gradients:
    """The gradients of sum(grad_output * group_norm(x, gamma, beta, groups)): (grad_x, grad_gamma, grad_beta).

    grad_output and x (B, n..., C), gamma (C,), the groups and the eps of `group_norm` give x's shape, (C,) and (C,).
    """
    dy, x, gamma = as_floats(grad_output=grad_output, x=x, gamma=gamma)
    parts, axes = _in_groups(x, gamma, groups)
    check_shape(dy, "grad_output", x.shape, "the shape of x")
    xhat, sigma = _normalize(x.reshape(parts), axes, eps)
    grad_x = _to_x((dy * gamma).reshape(parts), xhat, sigma, axes).reshape(x.shape)
    but_channels = tuple(range(x.ndim - 1))
    return grad_x, (dy * xhat.reshape(x.shape)).sum(but_channels), dy.sum(but_channels)


@watched
def instance_norm(x: ArrayLike, gamma: ArrayLike, beta: ArrayLike, eps: float = 1e-5) -> Array:
    """gamma (x - mean) / sqrt(var + eps) + beta, with mean and variance of each sample and each channel.

    x (B, n..., C), gamma and beta (C,) give x's shape. The variance divides by the count, not count - 1.
    """
    x, gamma, beta = as_floats(x=x, gamma=gamma, beta=beta)
    return group_norm(x, gamma, beta, _pixels_and_channels(x), eps)


@watched
def instance_norm_grad(grad_output: ArrayLike, x: ArrayLike, gamma: ArrayLike, eps: float = 1e-5) -> Gradients:
    """The gradients of sum(grad_output * instance_norm(x, gamma, beta)): (grad_x, grad_gamma, grad_beta).

    grad_output and x (B, n..., C), gamma (C,) and the eps of `instance_norm` give x's shape, (C,) and (C,).
    """
    dy, x, gamma = as_floats(grad_output=grad_output, x=x, gamma=gamma)
    return group_norm_grad(dy, x, gamma, _pixels_and_channels(x), eps)


def _normalize(x: Array, axes: Shape, eps: float) -> tuple[Array, Array]:
    """xhat, and sigma = sqrt(var + eps), of the numbers along these axes."""
    check_eps(eps)
    xhat = x - x.mean(axes, keepdims=True)
    sigma = np.sqrt((xhat * xhat).mean(axes, keepdims=True) + x.dtype.type(eps))
    xhat /= sigma
    return xhat, sigma


def _to_x(dxhat: Array, xhat: Array, sigma: Array, axes: Shape) -> Array:
    """Back through the scale, the variance and the mean, which depend on all the numbers along the axes."""
    mean = dxhat.mean(axes, keepdims=True)
    slope = (dxhat * xhat).mean(axes, keepdims=True)
    return (dxhat - mean - xhat * slope) / sigma


def _last_axes(x: Array, gamma: Array) -> Shape:
    if not 0 < gamma.ndim <= x.ndim:
        raise ValueError(f"gamma has shape {gamma.shape}, expected the last axes of x, which has shape {x.shape}")
    check_shape(gamma, "gamma", x.shape[-gamma.ndim :], f"the last axes of x, which has shape {x.shape}")
    return tuple(range(x.ndim - gamma.ndim, x.ndim))


def _in_groups(x: Array, gamma: Array, groups: int) -> tuple[Shape, Shape]:
    """The shape (B, n..., groups, C / groups), and its axes over which the statistics go."""
    if x.ndim < 2:
        raise ValueError(f"x has shape {x.shape}, expected (B, C) or (B, n..., C)")
    (groups,) = per_axis(groups, 1, "groups", least=1)
    if x.shape[-1] % groups:
        raise ValueError(f"groups is {groups}, expected a number that divides x's {x.shape[-1]} channels")
    check_shape(gamma, "gamma", x.shape[-1:], "one number for each channel of x")
    return (*x.shape[:-1], groups, x.shape[-1] // groups), (*range(1, x.ndim - 1), x.ndim)


def _pixels_and_channels(x: Array) -> int:
    if x.ndim < 3:
        raise ValueError(f"x has shape {x.shape}, expected (B, n..., C): a channel's pixels are normalized together")
    return x.shape[-1]
