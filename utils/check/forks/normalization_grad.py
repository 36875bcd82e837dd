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

bn-count-precedence
  You divided by N and then multiplied by H and W: `/ N * H * W` is worked out from left to right.
  How much is 12 / 2 * 3, and how much 12 / (2 * 3)? Which of them divides by a product?

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
  The gradient of beta stands where gamma's belongs, or gamma's where beta's belongs.
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

bn-direct-path-averaged
  The direct path was divided by the number of numbers in a mean.
  Which of the three paths from x-hat to x goes through a mean, and which one does not?

direct-path-missing
  The direct path is missing: only what comes back over the mean and the variance is there.
  On how many paths does x reach the output? Count the arrows that leave x in the graph.

upstream-ones
  In this part the numbers that came from above were not used, as if grad_output were all ones.
  If one output matters twice as much to the loss as another, where does your answer show it?

bn-gradient-forgotten
  In the path over the variance, the gradient that comes in is missing.
  The mean of which product stands in the last part of the closed form?
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

    def alone(in_the_mean: bool) -> Array:
        """Each row feels its own share of the variance only; in the mean, its own or all."""
        felt = back.d_hat * (forth.inv - forth.centered**2 * forth.inv**2 * forth.bend / back.m)
        return felt - (felt if in_the_mean else felt.sum(back.axes[1], keepdims=True)) / back.m

    dx = fork(
        "the factor in front", dx,
        bn_own_row_only__chained=lambda: alone(True), bn_own_row_only__in_the_variance=lambda: alone(False),
        bn_not_divided__at_all=lambda: dx / forth.inv, bn_sigma_squared__too=lambda: dx * forth.inv,
    )  # fmt: skip
    shape = np.shape(x)
    dx = dx.T.reshape(shape) if forth.mixed else dx
    if len(shape) > 2:
        dx = fork("the way back to the image", dx, not_reshaped_back=lambda: dx.reshape(-1, shape[-1]))
    return dx, fork.stage(to_gamma, forth), fork.stage(to_beta, forth)


@dataclass
class Forth:
    """What the forward pass gave: 1 / sigma as `inv`, as `bend` where its slope needs it, and as `bare` without eps."""

    g: Array
    x: Array
    gamma: Array
    centered: Array
    x_hat: Array
    inv: Array
    bend: Array
    bare: Array
    axes: tuple[int, ...]
    mixed: bool


@dataclass
class Back:
    """The gradient to x-hat. The sums over the variance, and over the mean, run over `axes`; a mean is of m numbers."""

    d_hat: Array
    axes: tuple[tuple[int, ...], tuple[int, ...]]
    m: float
    own: bool

    def sum(self, a: Array, path: int) -> Array:
        """The sum that all numbers of a channel send back, or, if each feels only itself, none."""
        return a if self.own else a.sum(self.axes[path], keepdims=True)


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
    mean = fork("the mean", lambda: x.mean(axes, keepdims=True), bn_one_mean_for_all=lambda: np.mean(x))
    centered = x - mean
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
    with np.errstate(all="ignore"):
        bare = 1 / np.sqrt(var)
    x_hat = fork(
        "x-hat", lambda: centered * inv,
        bn_not_divided__x_hat=centered,
        bn_not_centred__x_hat=lambda: x * inv, bn_mean_added=lambda: (2 * x - centered) * inv,
        bn_brackets_forgotten=lambda: x - (x - centered) * inv,
    )  # fmt: skip
    return Forth(g, x, gamma, centered, x_hat, inv, bend, bare, axes, mixed)


def way_back(fork: Fork, f: Forth) -> Back:
    """From y to x-hat, and what the sums of the way back run over."""
    g, axes = f.g, f.axes
    d_hat = fork(
        "the way from y to x-hat", lambda: g * f.gamma,
        bn_no_gamma=lambda: g, bn_gamma_squared=lambda: g * f.gamma**2, bn_divided_by_gamma=lambda: g / f.gamma,
    )  # fmt: skip
    over = (axes, axes)
    if g.ndim > 2:
        ways = {"bn_per_pixel__sums": (0,), "bn_per_image__sums": (1, 2), "bn_per_sample__sums": (1, 2, 3)}
        ways["bn_all_axes__sums"] = tuple(range(g.ndim))
        paths = ("over the variance", "over the mean")
        over = tuple(fork("what the sums run over", axes, at, **ways) for at in paths)
        axes = over[0] if over[0] == over[1] else axes
    counts = {"bn_wrong_count": float(g.shape[-1]), "bn_wrong_count__all": float(g.size), "bn_wrong_m": float(len(g))}
    if g.ndim == 4:
        counts["bn_count_precedence"] = len(g) / (g.shape[1] * g.shape[2])
        counts |= {"bn_wrong_count__pixels": float(g.shape[1] * g.shape[2])}
    m = fork("the number of numbers in a mean", float(np.prod([g.shape[a] for a in axes])), **counts)
    return Back(d_hat, over, m, fork("the sums over the batch", False, bn_own_row_only__both=True))


def direct_path(fork: Fork, f: Forth, b: Back) -> Array:
    """From x-hat to x, the statistics held fixed."""
    return fork(
        "the direct path", lambda: b.d_hat * f.inv,
        bn_not_divided=lambda: b.d_hat, bn_sigma_squared=lambda: b.d_hat * f.inv**2,
        bn_no_gamma__here=lambda: f.g * f.inv, bn_multiplied=lambda: b.d_hat / f.inv,
        bn_no_eps__direct=lambda: b.d_hat * f.bare, bn_sigma_squared__no_eps=lambda: b.d_hat * f.bare**2,
        bn_direct_path_averaged=lambda: b.d_hat * f.inv / b.m,
        direct_path_missing=lambda: 0.0 * b.d_hat,
    )  # fmt: skip


def over_variance(fork: Fork, f: Forth, b: Back) -> Array:
    """From x-hat over the variance to x."""
    products = fork(
        "the products in the path over the variance", lambda: b.d_hat * f.x_hat / f.inv,
        bn_missing_var__products=lambda: 0.0 * b.d_hat,
        bn_not_centred=lambda: b.d_hat * f.x, bn_no_gamma__here=lambda: f.g * f.centered,
        bn_xhat_forgotten__products=b.d_hat,
        bn_xhat_forgotten__for_products=lambda: b.d_hat / f.inv, bn_gradient_forgotten=lambda: f.gamma * f.centered,
    )  # fmt: skip
    total = fork(
        "the path over the variance", lambda: b.sum(products, 0),
        bn_own_row_only=products, bn_missing_var=lambda: 0.0 * products, bn_channels_summed=lambda: np.sum(products),
        bn_sum_not_mean=lambda: b.m * b.sum(products, 0), bn_divided_twice_by_m=lambda: b.sum(products, 0) / b.m,
    )  # fmt: skip
    factor = fork("the factor of the variance's slope", -0.5, sign_flipped=0.5, half_forgotten=-1.0,
                  half_forgotten__two=-0.25, half_forgotten__both=-2.0, half_forgotten__with_sign=1.0)  # fmt: skip
    power = fork(
        "the power of sigma in the variance's slope", 3,
        bn_not_divided__once=2, bn_sigma_squared__more=4, bn_wrong_power__half=1.5, bn_wrong_power=1,
        bn_wrong_power__none=0, bn_multiplied=-3,
    )  # fmt: skip
    inv, bend = fork(
        "eps in the path over the variance", (f.inv, f.bend),
        bn_no_eps__variance=(f.bare, f.bare), bn_no_eps__once=(f.inv, f.bare),
    )  # fmt: skip
    d_var = factor * total * inv ** (power - 1) * bend
    ways = {}
    if f.g.ndim == 4:
        ways["bn_count_precedence__here"] = lambda: 2 * f.x_hat / f.inv * f.g[0, ..., 0].size / len(f.g)
    slope = fork(
        "the slope of the variance", 2 * f.x_hat / f.inv / b.m,
        bn_xhat_forgotten=lambda: 2 / f.inv / b.m, bn_xhat_forgotten__plain=2 / b.m,
        bn_not_centred=lambda: 2 * f.x / b.m, **ways, bn_one_row_short=lambda: 2 * f.x_hat / f.inv / (b.m - 1),
        bn_sum_not_mean=lambda: 2 * f.x_hat / f.inv, half_forgotten=lambda: f.x_hat / f.inv / b.m,
    )  # fmt: skip

    def each() -> Array:
        return -0.5 * b.d_hat * f.centered * f.inv**2 * f.bend

    return fork(
        "x-hat in this path", d_var * slope,
        bn_xhat_forgotten__inside=lambda: (each() * slope).sum(b.axes[0], keepdims=True),
        bn_channels_summed__with_sigma=lambda: np.sum(each()) * slope,
    )  # fmt: skip


def over_mean(fork: Fork, f: Forth, b: Back) -> Array:
    """From x-hat over the mean to x."""
    backs = -b.d_hat * f.inv
    d_mean = fork(
        "the path over the mean", lambda: b.sum(backs, 1),
        bn_own_row_only=backs, bn_missing_mean=lambda: 0.0 * backs, bn_channels_summed=lambda: np.sum(backs),
        bn_sum_not_mean=lambda: b.m * b.sum(backs, 1), bn_not_divided=lambda: b.sum(-b.d_hat, 1),
        bn_sigma_squared=lambda: b.sum(backs * f.inv, 1), bn_no_gamma__here=lambda: b.sum(-f.g * f.inv, 1),
        bn_no_eps__mean=lambda: b.sum(-b.d_hat * f.bare, 1),
        bn_channels_summed__mean=lambda: np.mean(-b.d_hat) * b.m * f.inv,
        bn_channels_summed__mean_before_gamma=lambda: np.mean(-f.g) * b.m * f.gamma * f.inv,
        bn_not_centred=lambda: b.sum(backs, 1) + _over_the_variance_of_x(f, b),
        mean_path_added=lambda: -b.sum(backs, 1), bn_divided_twice_by_m=lambda: b.sum(backs, 1) / b.m,
    )  # fmt: skip
    return d_mean / b.m


def _over_the_variance_of_x(f: Forth, b: Back) -> Array:
    """What comes back to the mean over the variance where x, and not centered, stands in its slope."""
    return b.sum(b.d_hat * f.centered, 0) * f.inv**3 * f.x.mean(f.axes, keepdims=True)


def to_gamma(fork: Fork, f: Forth) -> Array:
    """The gradient of gamma."""
    products, columns = f.g * f.x_hat, f.g.shape[-1]
    return fork(
        "the gradient of gamma", lambda: products.sum(f.axes),
        bn_gamma_without_xhat=lambda: (f.g * f.x).sum(f.axes), bn_grads_averaged=lambda: products.mean(f.axes),
        not_summed=products, bn_gamma_beta_swapped=lambda: f.g.sum(f.axes), bn_channels_summed=lambda: np.sum(products),
        bn_columns_not_rows=lambda: products.sum(-1),
        bn_gamma_in_its_own_gradient=lambda: (products * f.gamma).sum(f.axes),
        bn_not_centred=lambda: (f.g * f.x * f.inv).sum(f.axes),
        bn_sums_multiplied=lambda: f.g.sum(f.axes) * f.x_hat.sum(f.axes), upstream_ones=lambda: f.x_hat.sum(f.axes),
        bn_not_divided=lambda: (f.g * f.centered).sum(f.axes),
        bn_matrix_product=lambda: f.g.reshape(-1, columns).T @ f.x_hat.reshape(-1, columns),
    )  # fmt: skip


def to_beta(fork: Fork, f: Forth) -> Array:
    """The gradient of beta."""
    return fork(
        "the gradient of beta", lambda: f.g.sum(f.axes),
        bn_grads_averaged=lambda: f.g.mean(f.axes), not_summed=f.g, bn_channels_summed=lambda: np.sum(f.g),
        bn_columns_not_rows=lambda: f.g.sum(-1),
        bn_gamma_in_its_own_gradient=lambda: (f.g * f.gamma).sum(f.axes),
        bn_one_for_each_channel=lambda: np.ones(f.g.shape[-1]),
        bn_gamma_beta_swapped=lambda: (f.g * f.x_hat).sum(f.axes), upstream_ones__x_hat=lambda: f.x_hat.sum(f.axes),
    )  # fmt: skip
