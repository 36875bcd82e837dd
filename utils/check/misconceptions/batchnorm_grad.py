"""BatchNorm backward: three paths from x to the loss, and what each sum runs over (Problem 6)."""

import numpy as np

import utils

from ..table import misconception

BACKWARD = "batch_norm_grad"


def _parts(dy, x, gamma, eps, axes=None, ddof=0):
    dy, x = np.asarray(dy, float), np.asarray(x, float)
    axes = tuple(range(x.ndim - 1)) if axes is None else axes
    mean, var = x.mean(axes, keepdims=True), x.var(axes, ddof=ddof, keepdims=True)
    sigma = np.sqrt(var + eps)
    return dy, (x - mean) / sigma, sigma, axes


def _closed(dy, xhat, sigma, gamma, axes, mean=1.0, var=1.0):
    """The closed form, with each of its two corrections weighted."""
    first, second = dy.mean(axes, keepdims=True), (dy * xhat).mean(axes, keepdims=True)
    return gamma / sigma * (dy - mean * first - var * xhat * second)


def _with(grad_output, x, gamma, eps, grad_x):
    _, grad_gamma, grad_beta = utils.batch_norm_grad(grad_output, x, gamma, eps)
    return grad_x, grad_gamma, grad_beta


@misconception(
    "bn-stats-constant",
    about=BACKWARD,
    says="You treated the mean and the variance as constants: only the direct path is there.",
    asks="If one input grows, what happens to the mean, and through it to all the other outputs?",
)
def stats_constant(grad_output, x, gamma, eps=1e-5):
    dy, xhat, sigma, axes = _parts(grad_output, x, gamma, eps)
    return _with(grad_output, x, gamma, eps, _closed(dy, xhat, sigma, gamma, axes, mean=0, var=0))


@misconception(
    "bn-missing-mean",
    about=BACKWARD,
    says="The path through the mean is missing.",
    asks="On how many paths does x reach the output? Count the arrows that leave x in the graph.",
)
def missing_mean(grad_output, x, gamma, eps=1e-5):
    dy, xhat, sigma, axes = _parts(grad_output, x, gamma, eps)
    return _with(grad_output, x, gamma, eps, _closed(dy, xhat, sigma, gamma, axes, mean=0))


@misconception(
    "bn-missing-var",
    about=BACKWARD,
    says="The path through the variance is missing.",
    asks="On how many paths does x reach the output? Count the arrows that leave x in the graph.",
)
def missing_var(grad_output, x, gamma, eps=1e-5):
    dy, xhat, sigma, axes = _parts(grad_output, x, gamma, eps)
    return _with(grad_output, x, gamma, eps, _closed(dy, xhat, sigma, gamma, axes, var=0))


_NOT_CENTRED = {
    "says": "Somewhere your backward pass uses x itself where `centered` belongs.",
    "asks": "Go through your lines: which of them would give other numbers if 100 were added to every x?",
}


@misconception("bn-not-centred", about=BACKWARD, **_NOT_CENTRED)
def variance_from_x(grad_output, x, gamma, eps=1e-5):
    dy, xhat, sigma, axes = _parts(grad_output, x, gamma, eps)
    second = (dy * x).mean(axes, keepdims=True) / sigma
    mean = dy.mean(axes, keepdims=True)
    return _with(grad_output, x, gamma, eps, gamma / sigma * (dy - mean - xhat * second))


@misconception("bn-not-centred", about=BACKWARD, **_NOT_CENTRED)
def nothing_centred(grad_output, x, gamma, eps=1e-5):
    grad_x, _, grad_beta = variance_from_x(grad_output, x, gamma, eps)
    dy, _, sigma, axes = _parts(grad_output, x, gamma, eps)
    return grad_x, (dy * x / sigma).sum(axes), grad_beta


@misconception("bn-not-centred", about=BACKWARD, **_NOT_CENTRED)
def x_hat_not_centred(grad_output, x, gamma, eps=1e-5):
    grad_x, _, grad_beta = utils.batch_norm_grad(grad_output, x, gamma, eps)
    return grad_x, nothing_centred(grad_output, x, gamma, eps)[1], grad_beta


_WRONG_M = {
    "says": "You divided by the number of images N; each mean was taken over more numbers.",
    "asks": "For images of H by W, how many numbers went into one channel's mean?",
}


@misconception("bn-wrong-m", about=BACKWARD, **_WRONG_M)
def wrong_m(grad_output, x, gamma, eps=1e-5):
    dy, xhat, sigma, axes = _parts(grad_output, x, gamma, eps)
    factor = np.size(x) / np.shape(x)[-1] / np.shape(x)[0]
    return _with(grad_output, x, gamma, eps, _closed(dy, xhat, sigma, gamma, axes, mean=factor, var=factor))


@misconception(
    "bn-sum-not-mean",
    about=BACKWARD,
    says="Your two corrections are sums; they should be means.",
    asks="Each number has a share of 1/m in the mean. Where is this 1/m in your formula?",
)
def sum_not_mean(grad_output, x, gamma, eps=1e-5):
    dy, xhat, sigma, axes = _parts(grad_output, x, gamma, eps)
    m = np.size(x) / np.shape(x)[-1]
    return _with(grad_output, x, gamma, eps, _closed(dy, xhat, sigma, gamma, axes, mean=m, var=m))


@misconception(
    "bn-xhat-forgotten",
    about=BACKWARD,
    says="The second correction lacks its factor: each number has another distance from the mean.",
    asks="If the variance grows, do outputs near the mean change as much as outputs far from it?",
)
def xhat_forgotten(grad_output, x, gamma, eps=1e-5):
    dy, xhat, sigma, axes = _parts(grad_output, x, gamma, eps)
    second = (dy * xhat).mean(axes, keepdims=True)
    return _with(grad_output, x, gamma, eps, gamma / sigma * (dy - dy.mean(axes, keepdims=True) - second))


@misconception(
    "bn-sigma-squared",
    about=BACKWARD,
    says="You divided by the variance instead of its root.",
    asks="xhat = (x - mean) / sigma: what is the derivative of xhat with respect to x, the statistics held fixed?",
)
def sigma_squared(grad_output, x, gamma, eps=1e-5):
    dy, xhat, sigma, axes = _parts(grad_output, x, gamma, eps)
    return _with(grad_output, x, gamma, eps, _closed(dy, xhat, sigma, gamma, axes) / sigma)


@misconception(
    "bn-not-divided",
    about=BACKWARD,
    says="The division by sigma is missing.",
    asks="xhat = (x - mean) / sigma: what is the derivative of xhat with respect to x, the statistics held fixed?",
)
def not_divided(grad_output, x, gamma, eps=1e-5):
    dy, xhat, sigma, axes = _parts(grad_output, x, gamma, eps)
    return _with(grad_output, x, gamma, eps, _closed(dy, xhat, sigma, gamma, axes) * sigma)


@misconception(
    "bn-no-gamma",
    about=BACKWARD,
    says="gamma is missing in the gradient to x.",
    asks="y = gamma xhat + beta: what does the chain rule multiply by on the way from y to xhat?",
)
def grad_no_gamma(grad_output, x, gamma, eps=1e-5):
    dy, xhat, sigma, axes = _parts(grad_output, x, gamma, eps)
    return _with(grad_output, x, gamma, eps, _closed(dy, xhat, sigma, 1.0, axes))


@misconception(
    "bn-unbiased",
    about=BACKWARD,
    says="Your variance divides by the count minus one.",
    asks="Which variance did the forward pass use?",
)
def grad_unbiased(grad_output, x, gamma, eps=1e-5):
    dy, xhat, sigma, axes = _parts(grad_output, x, gamma, eps, ddof=1)
    return _closed(dy, xhat, sigma, gamma, axes), (dy * xhat).sum(axes), dy.sum(axes)


@misconception(
    "bn-no-eps",
    about=BACKWARD,
    says="eps was left out.",
    asks="Which sigma did the forward pass divide by?",
)
def grad_no_eps(grad_output, x, gamma, eps=1e-5):
    return utils.batch_norm_grad(grad_output, x, gamma, 0.0)


@misconception(
    "bn-eps-outside",
    about=BACKWARD,
    says="You added eps after the root.",
    asks="In the formula, does eps stand under the root or behind it?",
)
def grad_eps_outside(grad_output, x, gamma, eps=1e-5):
    dy, x = np.asarray(grad_output, float), np.asarray(x, float)
    axes = tuple(range(x.ndim - 1))
    sigma = x.std(axes, keepdims=True) + eps
    xhat = (x - x.mean(axes)) / sigma
    return _closed(dy, xhat, sigma, gamma, axes), (dy * xhat).sum(axes), dy.sum(axes)


@misconception(
    "bn-per-pixel",
    about=BACKWARD,
    says="Every pixel has statistics or parameters of its own: you summed over the batch only.",
    asks="Over which axes did the forward pass average?",
)
def grad_per_pixel(grad_output, x, gamma, eps=1e-5):
    if np.ndim(x) < 3:
        return None
    dy, xhat, sigma, axes = _parts(grad_output, x, gamma, eps, axes=(0,))
    return _closed(dy, xhat, sigma, gamma, axes), (dy * xhat).sum(0), dy.sum(0)


@misconception(
    "bn-gamma-without-xhat",
    about=BACKWARD,
    says="In gamma's gradient you multiplied grad_output by x.",
    asks="y = gamma xhat + beta: what stands beside gamma in this formula?",
)
def gamma_with_x(grad_output, x, gamma, eps=1e-5):
    grad_x, _, grad_beta = utils.batch_norm_grad(grad_output, x, gamma, eps)
    axes = tuple(range(np.ndim(x) - 1))
    return grad_x, (np.asarray(grad_output) * np.asarray(x)).sum(axes), grad_beta


@misconception(
    "bn-gamma-beta-swapped",
    about=BACKWARD,
    says="The gradients of gamma and beta changed places.",
    asks="Which of the two was multiplied by xhat?",
)
def grads_swapped(grad_output, x, gamma, eps=1e-5):
    grad_x, grad_gamma, grad_beta = utils.batch_norm_grad(grad_output, x, gamma, eps)
    return grad_x, grad_beta, grad_gamma


@misconception(
    "bn-grads-averaged",
    about=BACKWARD,
    says="You took means where gamma's and beta's gradients are sums.",
    asks="gamma is used for every number of its channel. What does the chain rule do with all the contributions?",
)
def grads_averaged(grad_output, x, gamma, eps=1e-5):
    grad_x, grad_gamma, grad_beta = utils.batch_norm_grad(grad_output, x, gamma, eps)
    m = np.size(x) / np.shape(x)[-1]
    return grad_x, grad_gamma / m, grad_beta / m


@misconception(
    "upstream-ones",
    about=BACKWARD,
    says="This is the gradient for a grad_output of ones: the numbers that came from above were not used.",
    asks="If one output matters twice as much to the loss as another, where does your code notice?",
)
def upstream_ones(grad_output, x, gamma, eps=1e-5):
    return utils.batch_norm_grad(np.ones_like(np.asarray(grad_output, float)), x, gamma, eps)


@misconception(
    "bn-eps-not-passed-on",
    about=BACKWARD,
    says="You worked with the default eps; the eps of the call was not used.",
    asks="When your function calls another one, which of its arguments does it pass on?",
)
def eps_not_passed_on(grad_output, x, gamma, eps=1e-5):
    return utils.batch_norm_grad(grad_output, x, gamma)


@misconception(
    "bn-channels-mixed",
    about=BACKWARD,
    says="Your table has the right shape, but its columns mix the channels.",
    asks="The numbers of one pixel lie side by side in memory. Which reshape leaves the last axis where it is?",
)
def channels_mixed(grad_output, x, gamma, eps=1e-5):
    if np.ndim(x) == 2:
        return None
    dy, table = (np.asarray(a, float).reshape(np.shape(x)[-1], -1).T for a in (grad_output, x))
    grad_x, grad_gamma, grad_beta = utils.batch_norm_grad(dy, table, gamma, eps)
    return grad_x.T.reshape(np.shape(x)), grad_gamma, grad_beta


@misconception(
    "sign-flipped",
    about=BACKWARD,
    says="The part along x-hat was added.",
    asks="Which sign does the last part have in the formula, and does a bracket of yours turn it around?",
)
def along_added(grad_output, x, gamma, eps=1e-5):
    dy, xhat, sigma, axes = _parts(grad_output, x, gamma, eps)
    return _with(grad_output, x, gamma, eps, _closed(dy, xhat, sigma, gamma, axes, var=-1))
