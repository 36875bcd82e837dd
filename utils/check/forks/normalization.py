"""BatchNorm forward, in training and at evaluation: whose mean, whose variance, and where eps stands (Problem 6)."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .fork import Fork, program, share_words

Array = np.ndarray

share_words(
    """
bn-eps-outside
  You added eps after the root.
  In the formula, does eps stand under the root or behind it?

bn-eps-twice
  eps was added twice: under the root and behind it.
  In how many of your lines is eps added?

bn-eps-after-division
  eps was added after the division.
  Which number should eps keep away from 0?

bn-eps-multiplied
  The variance was multiplied by eps; eps is added to it.
  What should eps keep away from 0, and does a product with a tiny number do that?

bn-divided-by-range
  You divided by the distance from the smallest number to the largest.
  What stands in the denominator: the range, or the root of the variance?

bn-first-channel-for-all
  gamma and beta of the first channel were used for all channels.
  Which index of gamma and beta runs over the channels?

bn-channels-first-parameters
  gamma and beta were laid along another axis than the channels: as in libraries where the channels come first.
  Which axis of x does a shape (C, 1, 1) stretch, and which one a plain (C,)?

bn-squares-added
  To the mean of the squares you added the square of the mean; it must be taken away.
  The variance is the mean of the squares less what?

bn-no-eps
  eps was left out.
  What would happen in a channel whose numbers are all the same?

bn-eps-not-passed-on
  You worked with an eps of your own; the eps of the call was not used.
  When your function calls another one, which of its arguments does it pass on?

bn-eps-subtracted
  eps was subtracted.
  What should eps keep away from 0, and in which direction?

bn-eps-squared
  eps was squared.
  Is eps added to the variance or to its root, and which of the two must it be as small as?

bn-multiplied
  You multiplied by the root; you should divide by it.
  If the inputs of a channel spread twice as far, what should happen to its outputs?

bn-eps-in-the-numerator
  eps was added in the numerator.
  Which number should eps keep away from 0?

bn-mean-added
  The mean was added; it should be taken away.
  What should be the mean of each channel before gamma and beta come in?

bn-mean-multiplied
  You multiplied by the mean; it should be taken away.
  What should be the mean of each channel before gamma and beta come in?

bn-brackets-forgotten
  Only the mean was divided by the spread: a division comes before a subtraction.
  In a - b / c, what is divided by c? Where do brackets belong?

bn-one-mean-for-all
  One mean serves all channels.
  How many means are there, and how many channels?

bn-one-variance-for-all
  One variance serves all channels.
  How many variances are there, and how many channels?

bn-gamma-twice
  gamma stands where beta belongs, or beta where gamma belongs: one of the two was used twice.
  Which of the two stretches, and which one shifts?

bn-median
  You took the median away; BatchNorm takes the mean away.
  What is the mean of 2, 2, 2, 2 and 7, and what is their median?

bn-min-max
  You scaled to the range from the smallest to the largest number of a channel.
  Which two numbers of a channel should be 0 and 1 afterwards: its ends, or its mean and its deviation?

bn-wrong-count
  You divided by the wrong count.
  Which numbers were added up for one channel, and how many are they?

bn-mean-of-variances
  You took the mean of the variances of single images; BatchNorm takes one variance of all their numbers.
  Two images with one grey value each, 0 and 10: how far do these numbers spread?

bn-variance-of-means
  You took the variance of the images' means; BatchNorm takes one variance of all their numbers.
  Are all pixels of an image equal to its mean?

bn-mean-per-pixel
  Every pixel got a mean of its own.
  Over which axes does the mean of a channel run?

bn-mean-per-image
  Every image got a mean of its own.
  Over which axes does the mean of a channel run?

bn-count-precedence
  You divided by N and then multiplied by H and W: `/ N * H * W` is worked out from left to right.
  How much is 12 / 2 * 3, and how much 12 / (2 * 3)? Which of them divides by a product?

bn-variance-per-image
  Every image got a variance of its own.
  Over which axes does the variance of a channel run?

bn-variance-per-pixel
  Every pixel got a variance of its own; the mean is right.
  Over which axes does the variance of a channel run?

bn-nothing-normalized = bn-not-scaled + bn-not-centred
  x itself was stretched by gamma and shifted by beta: nothing was normalized.
  What should be the mean and the standard deviation of a channel before gamma and beta come in?

bn-gamma-squared
  gamma was used twice.
  In how many of your lines does gamma stand?

bn-var-not-std
  You divided by the variance.
  If all inputs get twice as large, how much larger is their variance? Should the result change?

bn-var-not-std = bn-variance-squared + bn-no-eps
  You divided by the variance.
  If all inputs get twice as large, how much larger is their variance? Should the result change?

bn-half-not-root
  You divided by half of the variance: a power comes before a division.
  What is 16 ** 1 / 2? Where do brackets belong?

bn-root-twice
  The root was taken twice: the standard deviation is a root already.
  Which of the two does NumPy's `std` give, and which one does the formula take the root of?

bn-variance-squared
  The variance was squared under the root: it is the square of a spread already.
  Which of the two is the square of the other: the variance, or the standard deviation?

bn-divided-by-squared-variance
  You divided by the square of the variance.
  What stands in the denominator: the variance, its square, or its root?

bn-not-scaled
  The mean was taken away, but nothing was divided by the spread.
  What should be the standard deviation of each channel before gamma and beta come in?

bn-not-centred
  The mean was not taken away.
  What should be the mean of each channel before gamma and beta come in?

bn-no-gamma
  gamma was not used.
  After normalizing, which two numbers may the layer learn for each channel?

bn-no-beta
  beta was not used.
  After normalizing, which two numbers may the layer learn for each channel?

bn-no-scale-shift
  This is x-hat: gamma and beta were not used.
  After normalizing, which two numbers may the layer learn for each channel?

bn-gamma-beta-swapped
  gamma and beta changed their roles.
  Which of the two stretches, and which one shifts?

bn-shift-first
  You shifted by beta before you multiplied by gamma.
  With gamma = 0, what should come out?

bn-beta-subtracted
  beta was subtracted.
  Which sign does beta have in the formula?

bn-unbiased
  Your variance divides by the count minus one.
  BatchNorm takes the mean of the squared distances. Which `ddof` is a plain mean?

bn-mean-not-squared
  From the mean of the squares you took the mean; its square belongs there.
  The variance is the mean of the squares less what?

bn-axis-forgotten
  All channels were added up, and then divided by the numbers of one channel.
  A sum without its axis: over which numbers does it run?

bn-mean-square
  Your variance is the mean of the squares: the mean was not taken away before squaring.
  Distances from what does the variance measure?

bn-squares-not-summed
  The squares were divided by their number, but not added up: each number has a variance of its own.
  How many variances does one channel have?

bn-squares-not-divided
  Your variance is the sum of the squares; it should be their mean.
  By how many squares must their sum be divided?

bn-absolute-distances
  You took the mean distance from the mean where the variance belongs.
  The variance is a mean of what: of the distances, or of their squares?

bn-per-pixel
  Every pixel got a mean and a variance of its own: you averaged over the batch only.
  A filter slides over all pixels. Which numbers of a channel come from the same filter?

bn-per-image
  Every image got a mean and a variance of its own.
  The first letter of BatchNorm's name: over what does it average?

bn-per-sample
  Every row, pixel or example was normalized on its own: the average ran over the channels too.
  The first letter of BatchNorm's name: over what does it average?

bn-per-row-of-pixels
  One axis of space was not averaged over.
  A filter slides over all pixels. Which numbers of a channel come from the same filter?

bn-channels-first-axes
  You averaged over the axes of another library, where the channels come first.
  Which axis of x (B, H, W, C) counts the channels?

bn-all-axes
  There is one mean and one variance for all channels together.
  Do two channels measure the same thing, on the same scale?

not-reshaped-back
  The numbers are right, but they are still the table that you reshaped the image to.
  Which shape must the result have, and which axes did you join?

bn-channels-mixed
  Your table has the right shape, but its columns mix the channels.
  The numbers of one pixel lie side by side in memory. Which reshape leaves the last axis where it is?
"""
)


def denominator(fork: Fork, var: Array, eps: float) -> Array:
    """What x is divided by."""
    given = {"bn_eps_not_passed_on": 1e-5, "bn_eps_not_passed_on__8": 1e-8, "bn_eps_not_passed_on__7": 1e-7}
    given |= {"bn_eps_not_passed_on__6": 1e-6, "bn_eps_not_passed_on__3": 1e-3} if fork.gives("eps") else {}
    given |= {"bn_eps_squared": eps**2} if fork.gives("eps") else {}
    eps = fork("eps", eps, bn_no_eps=0.0, bn_eps_subtracted=-eps, **(given if fork.gives("eps") else {}))
    return fork(
        "the denominator", lambda: np.sqrt(var + eps),
        bn_eps_outside=lambda: np.sqrt(var) + eps, bn_var_not_std=lambda: var + eps,
        bn_variance_squared=lambda: np.sqrt(np.square(var) + eps),
        bn_divided_by_squared_variance=lambda: np.square(var + eps), bn_not_scaled=lambda: np.ones_like(var),
        bn_multiplied=lambda: 1 / np.sqrt(var + eps), bn_eps_outside__its_root=lambda: np.sqrt(var) + np.sqrt(eps),
        bn_eps_twice=lambda: np.sqrt(var + eps) + eps, bn_half_not_root=lambda: (var + eps) / 2,
        bn_root_twice=lambda: np.sqrt(np.sqrt(var) + eps),
        bn_eps_multiplied=lambda: np.sqrt(var * eps) if eps else np.zeros_like(var),
    )  # fmt: skip


def stretched(fork: Fork, x_hat: Array, gamma: Any, beta: Any) -> Array:
    """What gamma and beta make of x-hat."""
    gamma, beta = np.asarray(gamma, float), np.asarray(beta, float)
    ways = {}
    if gamma.size > 1 and np.ndim(x_hat) > 1:
        ways["bn_first_channel_for_all"] = lambda: gamma[0] * x_hat + beta[0]
    if np.ndim(x_hat) == 4:
        ways["bn_channels_first_parameters"] = lambda: gamma[:, None, None] * x_hat + beta[:, None, None]
    return fork(
        "gamma and beta", lambda: gamma * x_hat + beta,
        bn_no_scale_shift=lambda: x_hat, bn_no_gamma=lambda: x_hat + beta, bn_no_beta=lambda: gamma * x_hat,
        bn_gamma_beta_swapped=lambda: beta * x_hat + gamma, bn_shift_first=lambda: gamma * (x_hat + beta),
        bn_beta_subtracted=lambda: gamma * x_hat - beta, bn_gamma_squared=lambda: gamma**2 * x_hat + beta,
        bn_gamma_twice=lambda: gamma * x_hat + gamma, bn_gamma_twice__beta=lambda: beta * x_hat + beta, **ways,
    )  # fmt: skip


@program("batch_norm")
def batch_norm(fork: Fork, x: Any, gamma: Any, beta: Any, eps: float = 1e-5) -> Array:
    """Each channel loses its mean, is divided by its spread, and is stretched by gamma and shifted by beta."""
    table = fork.stage(as_table, x)
    axes = fork.stage(statistics_axes, table)
    count = fork.stage(how_many, table, axes)
    mean, inside = fork.stage(means_of, table, axes, count)
    root = fork.stage(denominator, fork.stage(variance_of, table, inside, axes, count), eps)
    x_hat = fork.stage(divided, table, mean, root, eps, axes)
    y = fork.stage(stretched, x_hat, gamma, beta)
    y = in_one_line(fork, y, table, mean, root, gamma, beta, eps)
    shape = np.shape(x)
    if table.ndim < len(shape):
        return fork("the way back from it", y.T.reshape(shape), bn_channels_mixed__not_turned=y.reshape(shape))
    if len(shape) > 2:
        return fork("the way back to the image", y, not_reshaped_back=lambda: y.reshape(-1, shape[-1]))
    return y


def in_one_line(
    fork: Fork, y: Array, x: Array, mean: Array, root: Array, gamma: Any, beta: Any, eps: float
) -> Array:  # fmt: skip
    """y, or what a single line gives in which brackets are missing."""
    gamma, beta = np.asarray(gamma, float), np.asarray(beta, float)
    return fork(
        "the brackets of a single line", y,
        bn_brackets_forgotten__gamma=lambda: gamma * x - mean / root + beta,
        bn_eps_after_division__gamma=lambda: gamma * (x - mean) / np.sqrt(np.square(root) - eps) + eps + beta,
    )  # fmt: skip


def as_table(fork: Fork, x: Any) -> Array:
    """The numbers whose last axis counts the channels."""
    x = np.asarray(x, float)
    ways = {"bn_channels_mixed": lambda: x.reshape(x.shape[-1], -1).T} if x.ndim > 2 else {}
    return fork("the table of numbers", x, **ways)


def statistics_axes(fork: Fork, x: Array) -> tuple[int, ...]:
    """Over which axes mean and variance run."""
    ways: dict[str, tuple[int, ...]] = {"bn_per_sample": (x.ndim - 1,), "bn_all_axes": tuple(range(x.ndim))}
    if x.ndim == 4:
        ways |= {"bn_per_pixel": (0,), "bn_per_image": (1, 2), "bn_per_sample__example": (1, 2, 3)}
        ways |= {"bn_per_row_of_pixels__height": (0, 1), "bn_per_row_of_pixels__width": (0, 2)}
        ways |= {"bn_channels_first_axes": (0, 2, 3)}
    return fork("what the statistics run over", tuple(range(x.ndim - 1)), **ways)


def how_many(fork: Fork, x: Array, axes: tuple[int, ...]) -> int:
    """How many numbers are averaged in one channel."""
    count = int(np.prod([x.shape[a] for a in axes]))
    return fork("how many numbers are averaged", count, **(_counts(x) if x.ndim == 4 else {}))


def means_of(fork: Fork, x: Array, axes: tuple[int, ...], count: int) -> tuple[Array, Array]:
    """The mean of each channel, and the one inside of its variance."""
    mean = x.sum(axes, keepdims=True) / count
    means: dict[str, Callable[[], Array]] = {
        "bn_one_mean_for_all": lambda: np.mean(x) * np.ones_like(mean),
        "bn_median": lambda: np.median(x, axes, keepdims=True),
        "bn_wrong_count__of_the_mean": lambda: x.sum(axes, keepdims=True) / x.shape[-1],
        "bn_wrong_count__of_images": lambda: x.sum(axes, keepdims=True) / len(x),
        "bn_sum_not_mean": lambda: x.sum(axes, keepdims=True),
        "bn_axis_forgotten": lambda: x.sum() / count * np.ones_like(mean),
    }
    if x.ndim > 2:
        means |= {"bn_mean_per_pixel": lambda: x.mean(0, keepdims=True)}
        means |= {"bn_mean_per_image": lambda: x.mean((1, 2), keepdims=True)}
    ways = {}
    for way, wrong in means.items():  # np.var has a mean of its own, which is right
        ways[way] = lambda f=wrong: (f(),) * 2
        ways[f"{way}{'_' if '__' in way else '__'}alone"] = lambda f=wrong: (f(), mean)
    return fork("the mean", (mean, mean), **ways)


def variance_of(fork: Fork, x: Array, mean: Array, axes: tuple[int, ...], count: int) -> Array:
    """The variance of each channel."""
    centered = x - mean
    of_images: dict[str, Callable[[], Array]] = {}
    if x.ndim > 2:
        of_images = {
            "bn_variance_per_pixel": lambda: x.var(0, keepdims=True),
            "bn_variance_per_image": lambda: x.var((1, 2), keepdims=True),
            "bn_mean_of_variances": lambda: x.var((1, 2), keepdims=True).mean(0, keepdims=True),
            "bn_variance_of_means": lambda: x.mean((1, 2), keepdims=True).var(0, keepdims=True),
            "bn_wrong_count__images": lambda: (centered**2).sum(axes, keepdims=True) / len(x),
        }
    return fork(
        "the variance", lambda: (centered**2).sum(axes, keepdims=True) / count, **of_images,
        bn_one_variance_for_all=lambda: np.var(x) * np.ones_like(mean),
        bn_one_variance_for_all__distances=lambda: np.mean(centered**2) * np.ones_like(mean),
        bn_wrong_count=lambda: (centered**2).sum(axes, keepdims=True) / x.shape[-1],
        bn_absolute_distances__not_squared=lambda: np.abs(centered).mean(axes, keepdims=True),
        bn_unbiased=lambda: (centered**2).sum(axes, keepdims=True) / (count - 1),
        bn_mean_square=lambda: (x**2).mean(axes, keepdims=True), bn_squares_not_summed=lambda: centered**2 / count,
        bn_squares_not_summed__plain=lambda: centered**2,
        bn_squares_added=lambda: (x**2).mean(axes, keepdims=True) + mean**2,
        bn_squares_not_divided=lambda: (centered**2).sum(axes, keepdims=True),
        bn_squares_not_divided__of_all=lambda: np.sum(centered**2),
        bn_axis_forgotten=lambda: np.sum(centered**2) / count * np.ones_like(mean),
        bn_mean_not_squared=lambda: (x**2).mean(axes, keepdims=True) - x.mean(axes, keepdims=True),
        bn_absolute_distances=lambda: np.abs(centered).mean(axes, keepdims=True) ** 2,
    )  # fmt: skip


def _counts(x: Array) -> dict[str, float]:
    """Products of some sizes of x (B, H, W, C), for both the mean and the variance."""
    chosen = ((0,), (0, 1), (0, 2), (1, 2), (1,), (2,), (3,), (0, 3), (0, 1, 1), (0, 2, 2), (0, 1, 2, 3))
    counts = {f"bn_wrong_count__{''.join(map(str, c))}": float(np.prod([x.shape[a] for a in c])) for c in chosen}
    return counts | {"bn_count_precedence": len(x) / (x.shape[1] * x.shape[2])}


def divided(fork: Fork, x: Array, mean: Array, root: Array, eps: float, axes: tuple[int, ...]) -> Array:
    """x-hat: x less the mean, divided by the root."""
    centered = x - mean
    return fork(
        "the numerator", lambda: centered / root,
        bn_not_centred=lambda: x / root, sign_flipped=lambda: -centered / root, bn_mean_added=lambda: (x + mean) / root,
        bn_brackets_forgotten=lambda: x - mean / root, bn_eps_in_the_numerator=lambda: (centered + eps) / root,
        bn_eps_after_division=lambda: centered / np.sqrt(np.square(root) - eps) + eps,
        bn_mean_multiplied=lambda: x * mean / root,
        bn_min_max=lambda: _to_its_ends(x, axes, eps), bn_min_max__no_eps=lambda: _to_its_ends(x, axes, 0.0),
        bn_divided_by_range=lambda: centered / (np.ptp(x, axes, keepdims=True) + eps),
        bn_divided_by_range__no_eps=lambda: centered / np.ptp(x, axes, keepdims=True),
        bn_half_not_root__in_one_line=lambda: centered / (np.square(root) - eps) / 2 + eps,
    )  # fmt: skip


def _to_its_ends(x: Array, axes: tuple[int, ...], eps: float) -> Array:
    low, high = x.min(axes, keepdims=True), x.max(axes, keepdims=True)
    return (x - low) / (high - low + eps)


@program(
    "batch_norm_eval",
    words="""
batch-statistics
  You used the mean and the variance of x itself.
  May the result for one image depend on its neighbours?

statistics-exchanged
  Mean and variance changed places, or one of them was used as both.
  Which of your two running statistics is subtracted, and under which one's root does the other stand?

running-statistics-moved
  The running statistics were moved towards this batch before they were used.
  May the result for one image depend on its neighbours? When are the running statistics learned?

batch-variance
  You used the running mean, but the variance of x itself.
  May the result for one image depend on its neighbours?

batch-mean
  You used the running variance, but the mean of x itself.
  May the result for one image depend on its neighbours?
""",
)  # fmt: skip
def batch_norm_eval(
    fork: Fork, x: Any, gamma: Any, beta: Any, running_mean: Any, running_var: Any, eps: float = 1e-5
) -> Array:
    """Each channel loses its running mean and is divided by its running spread."""
    x, mean, var = (np.asarray(a, float) for a in (x, running_mean, running_var))
    axes = tuple(range(x.ndim - 1))
    both = (mean, var)
    moved = {
        f"running_statistics_moved__{i}": lambda r=rate: tuple(
            (1 - r) * old + r * new for old, new in zip(both, (x.mean(axes), x.var(axes)), strict=True)
        )
        for i, rate in enumerate((0.1, 0.9, 0.01, 0.5))
    }
    mean, var = fork(
        "the statistics", lambda: both,
        batch_statistics=lambda: (x.mean(axes), x.var(axes)), batch_variance=lambda: (mean, x.var(axes)),
        batch_variance__over_the_batch=lambda: (mean, x.var(0)),
        batch_mean=lambda: (x.mean(axes), var), batch_mean__over_the_batch=lambda: (x.mean(0), var),
        batch_statistics__over_the_batch=lambda: (x.mean(0), x.var(0)), statistics_exchanged=(var, mean),
        statistics_exchanged__mean_twice=(mean, mean), statistics_exchanged__variance_twice=(var, var), **moved,
    )  # fmt: skip
    root = denominator(fork, var, eps)
    y = stretched(fork, divided(fork, x, mean, root, eps, axes), gamma, beta)
    return in_one_line(fork, y, x, mean, root, gamma, beta, eps)
