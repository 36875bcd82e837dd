"""BatchNorm backward: three paths from x to the loss, and what each sum runs over (Problem 6)."""

from dataclasses import dataclass
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

bn-wrong-count
  You divided by the wrong count.
  Which numbers were averaged for one channel, and how many are they?

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
  gamma is missing in the gradient with respect to x.
  y = gamma xhat + beta: what does the chain rule multiply by on the way from y to xhat?

bn-gamma-squared
  gamma was used twice on the way to x.
  In how many of your lines does gamma stand, and how often does it stand between y and x-hat?

bn-divided-by-gamma
  You divided by gamma.
  y = gamma xhat + beta: what does the chain rule multiply by on the way from y to xhat?

bn-multiplied
  You multiplied by sigma; you should divide by it.
  xhat = (x - mean) / sigma: what is the derivative of xhat with respect to x, the statistics held fixed?

bn-wrong-power
  The path over the variance has the wrong power of it.
  What is the derivative of v to the power -1/2? Which power of v stands in it?

bn-divided-twice-by-m
  One path was divided twice by the number of numbers in a mean.
  Each number has a share of 1/m in the mean. How often does this 1/m stand in your formula?

mean-path-added
  The path over the mean has the wrong sign.
  If the mean grows, does x - mean grow or shrink?

bn-gamma-in-its-own-gradient
  In the gradient of gamma or beta you multiplied by gamma.
  y = gamma xhat + beta: what stands beside the one whose gradient is asked for?

bn-one-for-each-channel
  The gradient of beta is 1 in every channel: the numbers that came from above were not used.
  If one output matters twice as much to the loss as another, where does your answer show it?

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

bn-sums-multiplied
  In gamma's gradient you multiplied two sums; it is the sum of the products.
  y = gamma xhat + beta: which number of xhat does each delta meet?

bn-matrix-product
  The gradient of gamma is a matrix product (C, C): every channel met every other one.
  gamma has one number for each channel. Which numbers does each of them meet?

upstream-summed-first
  grad_output was added up over the batch before the chain began.
  The path from one row of y to the same row of x-hat: does it meet the other rows?

upstream-ones
  This is the gradient for a grad_output of ones: the numbers that came from above were not used.
  If one output matters twice as much to the loss as another, where does your answer show it?
""",
)  # fmt: skip
def batch_norm_gradient(
    fork: Fork, grad_output: Any, x: Any, gamma: Any, eps: float = 1e-5
) -> tuple[Array, Array, Array]:
    """Along the direct path, over the variance and over the mean; gamma's and beta's gradients are sums."""
    forth = fork.stage(way_forth, grad_output, x, gamma, eps)
    back = fork.stage(way_back, forth)
    dx = fork.stage(direct_path, forth, back) + fork.stage(over_variance, forth, back)
    dx = dx + fork.stage(over_mean, forth, back)
    ways = {"bn_not_divided__at_all": lambda: dx / forth.inv, "bn_sigma_squared__too": lambda: dx * forth.inv}
    dx = fork("the factor in front", dx, **ways)
    shape = np.shape(x)
    dx = dx.T.reshape(shape) if forth.mixed else dx
    if len(shape) > 2:
        dx = fork("the way back to the image", dx, not_reshaped_back=lambda: dx.reshape(-1, shape[-1]))
    return dx, fork.stage(to_gamma, forth), fork.stage(to_beta, forth)


@dataclass
class Forth:
    """What the forward pass gave: 1 / sigma as `inv`, and as `bend` where its slope needs it."""

    g: Array
    x: Array
    gamma: Array
    centered: Array
    inv: Array
    bend: Array
    axes: tuple[int, ...]
    mixed: bool


@dataclass
class Back:
    """The gradient to x-hat; the sums of the way back run over `axes`, and a mean is taken of m numbers."""

    d_hat: Array
    axes: tuple[int, ...]
    m: float
    own: bool

    def sum(self, a: Array) -> Array:
        """The sum that all numbers of a channel send back, or, if each feels only itself, none."""
        return a if self.own else a.sum(self.axes, keepdims=True)


def way_forth(fork: Fork, grad_output: Any, x: Any, gamma: Any, eps: float) -> Forth:
    """Mean, variance and root."""
    g, x, gamma = (np.asarray(a, float) for a in (grad_output, x, gamma))
    mixed = x.ndim > 2 and fork("the table of numbers", False, bn_channels_mixed=True)
    if mixed:
        g, x = (a.reshape(a.shape[-1], -1).T for a in (g, x))
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
    return Forth(g, x, gamma, centered, inv, bend, axes, mixed)


def way_back(fork: Fork, f: Forth) -> Back:
    """From y to x-hat, and what the sums of the way back run over."""
    g, axes = f.g, f.axes
    d_hat = fork(
        "the way from y to x-hat", lambda: g * f.gamma,
        bn_no_gamma=lambda: g, bn_gamma_squared=lambda: g * f.gamma**2, bn_divided_by_gamma=lambda: g / f.gamma,
    )  # fmt: skip
    if g.ndim > 2:
        ways = {"bn_per_pixel__sums": (0,), "bn_per_image__sums": (1, 2), "bn_per_sample__sums": (1, 2, 3)}
        axes = fork("what the sums run over", axes, bn_all_axes__sums=tuple(range(g.ndim)), **ways)
    counts = {"bn_wrong_count": float(g.shape[-1]), "bn_wrong_count__all": float(g.size), "bn_wrong_m": float(len(g))}
    m = fork("the number of numbers in a mean", float(np.prod([g.shape[a] for a in axes])), **counts)
    return Back(d_hat, axes, m, fork("the sums over the batch", False, bn_own_row_only__both=True))


def direct_path(fork: Fork, f: Forth, b: Back) -> Array:
    """From x-hat to x, the statistics held fixed."""
    return fork(
        "the direct path", lambda: b.d_hat * f.inv,
        bn_not_divided=lambda: b.d_hat, bn_sigma_squared=lambda: b.d_hat * f.inv**2,
        bn_no_gamma__here=lambda: f.g * f.inv, bn_multiplied=lambda: b.d_hat / f.inv,
    )  # fmt: skip


def over_variance(fork: Fork, f: Forth, b: Back) -> Array:
    """From x-hat over the variance to x."""
    products = -0.5 * b.d_hat * f.centered * f.inv**2 * f.bend
    d_var = fork(
        "the path over the variance", lambda: b.sum(products),
        bn_own_row_only=products, bn_missing_var=lambda: 0.0 * products, bn_channels_summed=lambda: np.sum(products),
        sign_flipped=lambda: -b.sum(products), half_forgotten=lambda: 2 * b.sum(products),
        half_forgotten__two=lambda: b.sum(products) / 2, bn_sum_not_mean=lambda: b.m * b.sum(products),
        bn_not_centred=lambda: b.sum(-0.5 * b.d_hat * f.x * f.inv**3),
        bn_not_divided__once=lambda: b.sum(products / f.inv), bn_sigma_squared__more=lambda: b.sum(products * f.inv),
        bn_no_gamma__here=lambda: b.sum(-0.5 * f.g * f.centered * f.inv**2 * f.bend),
        bn_wrong_power__half=lambda: b.sum(products * f.inv**-1.5), bn_wrong_power=lambda: b.sum(products / f.inv**2),
        bn_divided_twice_by_m=lambda: b.sum(products) / b.m,
        bn_channels_summed__before_sigma=lambda: np.sum(b.d_hat * f.centered) * -0.5 * f.inv**2 * f.bend,
    )  # fmt: skip
    slope = fork(
        "the slope of the variance", 2 * f.centered / b.m,
        bn_xhat_forgotten=lambda: 2 / f.inv / b.m, bn_not_centred=lambda: 2 * f.x / b.m,
        bn_sigma_squared__here=lambda: 2 * f.centered * f.inv / b.m,
    )  # fmt: skip
    inside = {"bn_xhat_forgotten__inside": lambda: (products * slope).sum(b.axes, keepdims=True)}
    return fork("x-hat in this path", d_var * slope, **inside)


def over_mean(fork: Fork, f: Forth, b: Back) -> Array:
    """From x-hat over the mean to x."""
    backs = -b.d_hat * f.inv
    d_mean = fork(
        "the path over the mean", lambda: b.sum(backs),
        bn_own_row_only=backs, bn_missing_mean=lambda: 0.0 * backs, bn_channels_summed=lambda: np.sum(backs),
        bn_sum_not_mean=lambda: b.m * b.sum(backs), bn_not_divided=lambda: b.sum(-b.d_hat),
        bn_sigma_squared=lambda: b.sum(backs * f.inv), bn_no_gamma__here=lambda: b.sum(-f.g * f.inv),
        bn_channels_summed__mean=lambda: np.mean(-b.d_hat) * b.m * f.inv,
        bn_channels_summed__mean_before_gamma=lambda: np.mean(-f.g) * b.m * f.gamma * f.inv,
        mean_path_added=lambda: -b.sum(backs), bn_divided_twice_by_m=lambda: b.sum(backs) / b.m,
    )  # fmt: skip
    return d_mean / b.m


def to_gamma(fork: Fork, f: Forth) -> Array:
    """The gradient of gamma."""
    products, columns = f.g * f.centered * f.inv, f.g.shape[-1]
    return fork(
        "the gradient of gamma", lambda: products.sum(f.axes),
        bn_gamma_without_xhat=lambda: (f.g * f.x).sum(f.axes), bn_grads_averaged=lambda: products.mean(f.axes),
        not_summed=products, bn_gamma_beta_swapped=lambda: f.g.sum(f.axes), bn_channels_summed=lambda: np.sum(products),
        bn_gamma_in_its_own_gradient=lambda: (products * f.gamma).sum(f.axes),
        bn_not_centred=lambda: (f.g * f.x * f.inv).sum(f.axes),
        bn_sums_multiplied=lambda: f.g.sum(f.axes) * (f.centered * f.inv).sum(f.axes),
        bn_matrix_product=lambda: f.g.reshape(-1, columns).T @ (f.centered * f.inv).reshape(-1, columns),
    )  # fmt: skip


def to_beta(fork: Fork, f: Forth) -> Array:
    """The gradient of beta."""
    return fork(
        "the gradient of beta", lambda: f.g.sum(f.axes),
        bn_grads_averaged=lambda: f.g.mean(f.axes), not_summed=f.g, bn_channels_summed=lambda: np.sum(f.g),
        bn_gamma_in_its_own_gradient=lambda: (f.g * f.gamma).sum(f.axes),
        bn_one_for_each_channel=lambda: np.ones(f.g.shape[-1]),
        bn_gamma_beta_swapped=lambda: (f.g * f.centered * f.inv).sum(f.axes),
    )  # fmt: skip
