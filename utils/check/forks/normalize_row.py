"""BatchNorm of one row by hand, its gradient, and the gradient in one line (Problem 6)."""

from typing import Any

import numpy as np

from .fork import Fork, program
from .normalization import stretched

Array = np.ndarray


def _spread(fork: Fork, x: Array) -> Array:
    """The standard deviation of a row, with keepdims."""
    centered = x - x.mean()
    return fork(
        "the denominator", lambda: x.std(),
        bn_unbiased=lambda: x.std(ddof=1), bn_var_not_std=lambda: x.var(), bn_not_scaled=lambda: 1.0,
        bn_absolute_distances=lambda: np.abs(centered).mean(), bn_divided_by_range=lambda: x.max() - x.min(),
        bn_squares_not_divided=lambda: np.sqrt(np.sum(centered**2)), bn_mean_square=lambda: np.sqrt((x**2).mean()),
        bn_divided_by_largest=lambda: np.abs(centered).max(),
    )  # fmt: skip


ROW = """
bn-divided-by-range
  You divided by the distance from the smallest number to the largest.
  What stands in the denominator: the range, or the root of the variance?

bn-divided-by-largest
  You divided by the largest distance from the mean.
  What stands in the denominator: one distance, or the root of the mean of all their squares?

bn-min-max = bn-divided-by-range + bn-smallest-taken-away
  You stretched the numbers between 0 and 1: the smallest was taken away, and divided by the range.
  What is taken away in batch normalization, and what is divided by?

bn-smallest-taken-away
  The smallest number was taken away; it should be the mean.
  What should be the mean of each channel before gamma and beta come in?

bn-median-not-mean
  The median was taken away; it should be the mean.
  What should be the mean of each channel before gamma and beta come in?

nothing-normalized = bn-not-scaled + bn-not-centred
  Nothing was normalized: the numbers are as they came in, with gamma and beta.
  What should be the mean and the standard deviation of x-hat?

sign-flipped
  The signs of x-hat are wrong: the mean minus x.
  A number above the mean: is its x-hat above or below 0?

"""


@program("normalize_row", words=ROW)
def normalize_row(fork: Fork, x: Any, gamma: float, beta: float) -> Array:
    """A row loses its mean, is divided by its spread, stretched by gamma and shifted by beta."""
    x = np.asarray(x, float)
    top = fork(
        "the numerator", x - x.mean(),
        bn_not_centred=x, bn_smallest_taken_away=x - x.min(), bn_median_not_mean=x - np.median(x),
        sign_flipped=x.mean() - x,
    )  # fmt: skip
    return stretched(fork, top / _spread(fork, x), gamma, beta)


def _closed(fork: Fork, g: Array, x_hat: Array, over: Any = 0) -> Array:
    """g without its mean and without its part along x-hat; both run over the rows."""
    if g.ndim > 1:
        over = fork("what the means run over", 0, bn_all_axes=None, bn_columns_not_rows=1)

    def mean(a: Array) -> Any:
        return a.mean(over, keepdims=True) if over is not None else a.mean()

    count = g.size if over is None else g.shape[over]
    counts = {"bn_sum_not_mean": 1.0, "bn_one_row_short": count - 1, "bn_divided_twice_by_m": count**2}
    if g.ndim > 1:
        counts |= {"bn_wrong_m": g.shape[1], "bn_wrong_m__all": g.size, "bn_wrong_m__rows": len(g)}
    factor = count / fork("what the sums are divided by", count, **counts)
    first, second = factor * mean(g), factor * mean(g * x_hat)
    ways = {"bn_missing_mean": 0.0, "sign_flipped": -first, "bn_sum_not_mean__here": count * first}
    first = fork("the part of the mean", first, **ways)
    along = x_hat * second
    last = {"bn_missing_var": 0.0, "sign_flipped__last": -along, "bn_xhat_forgotten": second}
    last |= {"bn_sum_not_mean__there": count * along, "bn_own_row_only": g * x_hat**2 / count}
    last |= {"bn_gradient_forgotten": x_hat * mean(x_hat), "bn_xhat_forgotten__inside": x_hat * mean(g)}
    direct = fork("the direct part", g, bn_direct_path_averaged=g / len(g))
    return direct - first - fork("the part along x-hat", along, **last)


CLOSED = """
bn-divided-twice-by-m
  The sums were divided by their count twice.
  Which of your lines is a mean already?

bn-direct-path-averaged
  The first part was divided by the number of rows; only the other two are means.
  In the formula, what stands before g itself?

bn-gradient-forgotten
  In the last part, the gradient that comes in is missing.
  The mean of which product stands in the last part?

bn-own-row-only
  In the last part each number felt only itself: the mean over the rows is missing.
  One variance is used by all rows. What happens to what all of them send back?

bn-no-gamma
  gamma was not used.
  What stands in front of the bracket?

"""


@program(
    "normalize_row_grad",
    words=CLOSED
    + """
bn-not-scaled
  You multiplied by gamma, but did not divide by sigma.
  What stands in front of the bracket?

bn-not-divided
  You did not multiply by gamma / sigma.
  What stands in front of the bracket?

bn-gamma-divided
  You divided by gamma where you should multiply.
  y = gamma x-hat + beta: what is the slope of y in x-hat?
""",
)
def normalize_row_grad(fork: Fork, grad_output: Any, x: Any, gamma: float) -> Array:
    """The gradient through a row's normalization."""
    g, x = np.asarray(grad_output, float), np.asarray(x, float)
    sigma = x.std()
    bracket = _closed(fork, g, (x - x.mean()) / sigma)
    ways = {
        "bn_not_divided": 1.0,
        "bn_not_scaled": gamma,
        "bn_no_gamma": 1 / sigma,
        "bn_sigma_squared": gamma / x.var(),
    }
    ways |= {"bn_gamma_divided": 1 / (gamma * sigma), "bn_unbiased": gamma / x.std(ddof=1)}
    ways |= {"bn_divided_by_inv_std": gamma * sigma}
    return bracket * fork("the factor in front", gamma / sigma, **ways)


@program(
    "closed_form",
    words=CLOSED
    + """
bn-not-divided
  inv_std was not used.
  What stands in front of the bracket?
""",
)
def closed_form(fork: Fork, grad_output: Any, x_hat: Any, gamma: Any, inv_std: Any) -> Array:
    """The gradient to x of a whole table, in one line."""
    g, x_hat, gamma, inv = (np.asarray(a, float) for a in (grad_output, x_hat, gamma, inv_std))
    bracket = _closed(fork, g, x_hat)
    gamma = fork("gamma", gamma, bn_no_gamma=1.0, bn_gamma_divided=lambda: 1 / gamma)
    ways = {"bn_not_divided": 1.0, "bn_sigma_squared": inv**2, "bn_divided_by_inv_std": 1 / inv}
    inv = fork("inv_std", inv, bn_sigma_squared__cubed=inv**3, **ways)
    return gamma * inv * bracket
