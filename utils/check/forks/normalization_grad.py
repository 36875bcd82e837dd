"""BatchNorm backward: three paths from x to the loss, and what each sum runs over (Problem 6)."""

from typing import Any

import numpy as np

from .fork import Fork, program
from .normalization import denominator, statistics_axes

Array = np.ndarray


@program(
    "batch_norm_grad",
    words="""
bn-stats-constant = bn-missing-mean + bn-missing-var
  You treated the mean and the variance as constants: only the direct path is there.
  If one input grows, what happens to the mean, and through it to all the other outputs?

bn-missing-mean
  The path through the mean is missing.
  On how many paths does x reach the output? Count the arrows that leave x in the graph.

bn-missing-var
  The path through the variance is missing.
  On how many paths does x reach the output? Count the arrows that leave x in the graph.

bn-own-row-only
  Each number felt only itself: the sum over the batch is missing.
  One mean and one variance are used by all rows of the batch. What happens to what all of them send back?

bn-channels-summed
  The channels were added up as well: a sum without its axis.
  How many variances and means are there, and how many gradients must come back to them?

bn-wrong-m
  You divided by the number of images N; each mean was taken over more numbers.
  For images of H by W, how many numbers went into one channel's mean?

bn-sum-not-mean
  A sum stands where a mean belongs.
  Each number has a share of 1/m in the mean. Where is this 1/m in your formula?

bn-xhat-forgotten
  The path over the variance lacks the distance of each number from the mean.
  If the variance grows, do outputs near the mean change as much as outputs far from it?

sign-flipped
  The path over the variance was added with the wrong sign.
  If the variance grows, does 1 / root(variance) grow or shrink?

half-forgotten
  The path over the variance has the wrong factor: 1/2 or 2 is missing.
  What is the derivative of v to the power -1/2, and what is that of a square?

bn-no-gamma
  gamma is missing in the gradient to x.
  y = gamma xhat + beta: what does the chain rule multiply by on the way from y to xhat?

bn-not-divided
  The division by sigma is missing.
  xhat = (x - mean) / sigma: what is the derivative of xhat with respect to x, the statistics held fixed?

bn-not-centred
  Somewhere your backward pass uses x itself where `centered` belongs.
  Go through your lines: which of them would give other numbers if 100 were added to every x?

bn-sigma-squared
  You divided by the variance instead of its root.
  xhat = (x - mean) / sigma: what is the derivative of xhat with respect to x, the statistics held fixed?

bn-unbiased
  Your variance divides by the count minus one.
  Which variance did the forward pass use?

bn-squares-not-summed
  The squares were divided by their number, but not added up: each number has a variance of its own.
  How many variances does one channel have?

bn-one-variance-for-all
  One variance serves all channels.
  How many variances did the forward pass use?

bn-per-pixel
  Every pixel has statistics or parameters of its own: you summed over the batch only.
  Over which axes did the forward pass average?

bn-per-image
  Every image has statistics of its own.
  Over which axes did the forward pass average?

bn-per-sample
  Every row, pixel or example has statistics of its own.
  Over which axes did the forward pass average?

bn-per-row-of-pixels
  One axis of space was not averaged over.
  Over which axes did the forward pass average?

bn-channels-first-axes
  You averaged over the axes of another library, where the channels come first.
  Which axis of x (B, H, W, C) counts the channels?

bn-channels-mixed
  Your table has the right shape, but its columns mix the channels.
  The numbers of one pixel lie side by side in memory. Which reshape leaves the last axis where it is?

bn-all-axes
  There is one mean and one variance for all channels together.
  Over which axes did the forward pass average?

bn-gamma-without-xhat
  In gamma's gradient you multiplied grad_output by x.
  y = gamma xhat + beta: what stands beside gamma in this formula?

bn-gamma-beta-swapped
  The gradients of gamma and beta changed places.
  Which of the two was multiplied by xhat?

bn-grads-averaged
  You took the mean where the gradient is a sum.
  gamma and beta are used for every number of their channel. What does the chain rule do with all the contributions?

not-summed
  The gradient still has one number for each row.
  gamma and beta have one number for each channel. What shape must their gradients have?

bn-matrix-product
  The gradient of gamma is a matrix product (C, C): every channel met every other one.
  gamma has one number for each channel. Which numbers does each of them meet?

upstream-summed-first
  grad_output was added up over the batch before the chain began.
  The path from one row of y to the same row of x-hat: does it meet the other rows?

upstream-ones
  This is the gradient for a grad_output of ones: the numbers that came from above were not used.
  If one output matters twice as much to the loss as another, where does your code notice?
""",
)  # fmt: skip
def batch_norm_gradient(
    fork: Fork, grad_output: Any, x: Any, gamma: Any, eps: float = 1e-5
) -> tuple[Array, Array, Array]:
    """Along the direct path, over the variance and over the mean; gamma's and beta's gradients are sums."""
    g, x, gamma = (np.asarray(a, float) for a in (grad_output, x, gamma))
    shape = x.shape
    mixed = x.ndim > 2 and fork("the table of numbers", False, bn_channels_mixed=True)
    if mixed:
        g, x = (a.reshape(shape[-1], -1).T for a in (g, x))
    axes = statistics_axes(fork, x)
    g = fork(
        "the deltas", g, upstream_ones=lambda: np.ones_like(g),
        upstream_summed_first=lambda: np.broadcast_to(g.sum(axes, keepdims=True), g.shape),
    )  # fmt: skip
    count = int(np.prod([x.shape[a] for a in axes]))
    centered = x - x.mean(axes, keepdims=True)
    var = fork(
        "the variance", lambda: (centered**2).mean(axes, keepdims=True),
        bn_unbiased=lambda: (centered**2).sum(axes, keepdims=True) / (count - 1),
        bn_squares_not_summed=lambda: centered**2 / count,
        bn_one_variance_for_all=lambda: np.var(x) * np.ones_like(centered),
    )  # fmt: skip
    root = denominator(fork, var, eps)
    inv, bend = fork(
        "the root and its slope", (1 / root, 1 / root),
        bn_eps_outside__chained=lambda: (1 / (np.sqrt(var) + eps), 1 / np.sqrt(var)),
    )  # fmt: skip
    dx = to_input(fork, g, x, centered, inv, bend, gamma, axes, count)
    dgamma = fork(
        "the gradient of gamma", lambda: (g * centered * inv).sum(axes),
        bn_gamma_without_xhat=lambda: (g * x).sum(axes), bn_grads_averaged=lambda: (g * centered * inv).mean(axes),
        not_summed=lambda: g * centered * inv, bn_gamma_beta_swapped=lambda: g.sum(axes),
        bn_not_centred=lambda: (g * x * inv).sum(axes),
        bn_matrix_product=lambda: g.reshape(-1, g.shape[-1]).T @ (centered * inv).reshape(-1, g.shape[-1]),
    )  # fmt: skip
    dbeta = fork(
        "the gradient of beta", lambda: g.sum(axes),
        bn_grads_averaged=lambda: g.mean(axes), not_summed=lambda: g,
        bn_gamma_beta_swapped=lambda: (g * centered * inv).sum(axes),
    )  # fmt: skip
    dx = dx.T.reshape(shape) if mixed else dx
    if len(shape) > 2:
        dx = fork("the way back to the image", dx, not_reshaped_back=lambda: dx.reshape(-1, shape[-1]))
    return dx, dgamma, dbeta


def to_input(
    fork: Fork,
    g: Array,
    x: Array,
    centered: Array,
    inv: Array,
    bend: Array,
    gamma: Array,
    axes: tuple[int, ...],
    count: int,
) -> Array:
    """The gradient to x, path by path."""
    d_hat = fork("the way from y to x-hat", lambda: g * gamma, bn_no_gamma=lambda: g)
    if g.ndim > 2:
        ways = {"bn_per_pixel__sums": (0,), "bn_per_image__sums": (1, 2), "bn_per_sample__sums": (1, 2, 3)}
        axes = fork("what the sums run over", axes, bn_all_axes__sums=tuple(range(g.ndim)), **ways)
        count = int(np.prod([g.shape[a] for a in axes]))
    counts = {"bn_wrong_m__columns": float(g.shape[-1]), "bn_wrong_m__all": float(g.size), "bn_wrong_m": float(len(g))}
    m = fork("the number of numbers in a mean", float(count), **counts)
    own = fork("the sums over the batch", False, bn_own_row_only__both=True)
    direct = fork(
        "the direct path", lambda: d_hat * inv, bn_not_divided=lambda: d_hat, bn_sigma_squared=lambda: d_hat * inv**2
    )
    products = -0.5 * d_hat * centered * inv**2 * bend
    over = {"bn_own_row_only": products, "bn_missing_var": 0.0 * products}
    over |= {"sign_flipped": -products.sum(axes, keepdims=True)}
    over |= {"bn_channels_summed": np.sum(products), "half_forgotten": 2 * products.sum(axes, keepdims=True)}
    over |= {"half_forgotten__two": products.sum(axes, keepdims=True) / 2}
    over |= {"bn_sum_not_mean": m * products.sum(axes, keepdims=True)}
    over |= {"bn_not_centred": (-0.5 * d_hat * x * inv**3).sum(axes, keepdims=True)}
    over |= {"bn_not_divided__once": (products / inv).sum(axes, keepdims=True)}
    over |= {"bn_sigma_squared__more": (products * inv).sum(axes, keepdims=True)}
    d_var = fork("the path over the variance", products if own else products.sum(axes, keepdims=True), **over)
    slope = fork("the slope of the variance", 2 * centered / m, bn_xhat_forgotten=lambda: 2 / inv / m)
    backs = -d_hat * inv
    mean = {"bn_own_row_only": backs, "bn_missing_mean": 0.0 * backs, "bn_channels_summed": np.sum(backs)}
    mean |= {"bn_sum_not_mean": m * backs.sum(axes, keepdims=True)}
    d_mean = fork("the path over the mean", backs if own else backs.sum(axes, keepdims=True), **mean)
    inside = (products * slope).sum(axes, keepdims=True)
    dx = direct + fork("x-hat in this path", d_var * slope, bn_xhat_forgotten__inside=inside) + d_mean / m
    return fork(
        "the factor in front", dx, bn_not_divided__at_all=lambda: dx / inv, bn_sigma_squared__too=lambda: dx * inv
    )
