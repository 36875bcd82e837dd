"""What gamma and beta can undo, and BatchNorm's backward pass arrow by arrow (Problem 6)."""

from typing import Any

import numpy as np

from .fork import Fork, program, share_words
from .normalize_row import ROW

Array = np.ndarray

share_words(
    """
bn-columns-not-rows
  You worked over the wrong axis of the table: along each row, where each column belongs together.
  A table has N rows and C columns, one column for each channel. Which axis counts the examples?

bn-one-row-short
  You divided by one less than the number of rows.
  Over how many numbers is the mean of one column?

bn-missing-mean
  The part that removes the mean is missing.
  Does each column of your result add up to 0?

bn-missing-var
  The part along x-hat is missing.
  Is the sum of your result times x-hat 0, as it should be?

bn-stats-constant = bn-missing-mean + bn-missing-var
  You treated the mean and the variance as constants.
  If one input grows, what happens to the mean, and through it to all the other outputs?

bn-sum-not-mean
  You took sums where means belong.
  In the formula, what stands before each sum?

bn-xhat-forgotten
  In the last part, the factor x-hat is missing.
  The last part is different for each row. What makes it so?

sign-flipped
  A part of the formula, or all of it, has the wrong sign.
  Which sign does each part have in the formula, and does a bracket of yours turn it around?

bn-not-divided
  The division by sigma is missing.
  What stands in front of the bracket?

bn-sigma-squared
  You divided by sigma twice.
  Which power of sigma stands in the formula?

bn-divided-by-inv-std
  You divided by inv_std.
  inv_std is already 1 / sigma. What do you do with it?

bn-wrong-m
  You divided by another count than that of the rows.
  How many numbers are averaged in one column?

not-summed
  There is still one number for each row.
  One number is used by all rows. How many numbers come out?

bn-grads-averaged
  You averaged over the rows.
  One number is used by N rows. Do N arrows that come back add up, or do they average?
"""
)


share_words(
    """
bn-gamma-divided
  You divided by gamma where you should multiply.
  y = gamma x-hat + beta: what is the slope of y in x-hat?
"""
)


@program(
    "undo_scale",
    words="""
bn-unbiased
  Your variance divides by the count minus one.
  By what was x divided: is that variance a plain mean of the squares?

bn-var-not-std
  This is the variance of x.
  By what was x divided: by its variance, or by the root?

bn-gamma-inverse
  You divided once more.
  x-hat was divided by sigma. What brings x back?

bn-gamma-beta-swapped
  This is the number that brings the mean back.
  Which of the two stretches?

nothing-undone
  With this gamma the numbers stay as normalization made them.
  x-hat was divided by sigma. What brings x back?
""",
)
def undo_scale(fork: Fork, x: Any) -> Any:
    """The gamma that brings x back."""
    x = np.asarray(x, float)
    return fork(
        "gamma", x.std(),
        bn_unbiased=x.std(ddof=1), bn_var_not_std=x.var(), bn_gamma_inverse=lambda: 1 / x.std(),
        bn_gamma_beta_swapped=x.mean(), nothing_undone=1.0, bn_var_not_std__unbiased=x.var(ddof=1),
        bn_gamma_inverse__of_the_variance=lambda: 1 / x.var(),
        bn_absolute_distances=np.abs(x - x.mean()).mean(), bn_squares_not_divided=np.sqrt(np.sum((x - x.mean()) ** 2)),
    )  # fmt: skip


@program(
    "undo_shift",
    words="""
bn-gamma-beta-swapped
  This is the number that brings the scale back.
  Which of the two shifts?

nothing-undone
  With this beta the mean stays where normalization put it.
  The mean was subtracted. What brings it back?

sign-flipped
  The sign is wrong.
  The mean was subtracted. What brings it back?

bn-mean-scaled
  The mean was divided by sigma.
  beta is added after gamma has undone the division. What is still missing then?

bn-median-not-mean
  This is the median.
  What was subtracted: the median, or the mean?
""",
)
def undo_shift(fork: Fork, x: Any) -> Any:
    """The beta that brings x back."""
    x = np.asarray(x, float)
    return fork(
        "beta", x.mean(),
        bn_gamma_beta_swapped=x.std(), nothing_undone=0.0, sign_flipped=-x.mean(),
        bn_mean_scaled=lambda: x.mean() / x.std(), bn_mean_scaled__turned=lambda: -x.mean() / x.std(),
        bn_median_not_mean=np.median(x), sign_flipped__and_the_other=-x.std(),
    )  # fmt: skip


@program(
    "larger_of_two",
    words=ROW
    + """
bn-not-scaled
  This is the distance from the mean; it was not divided.
  What is the standard deviation of just two numbers?

nothing-normalized
  This is the larger pixel as it came in.
  What did the cell print at these two places?

distance-of-the-two
  This is the distance between the two; the distance from their mean is half of it.
  Where does the mean of two numbers lie?

one-sign-wrong
  One of the signs is wrong.
  The larger one of a pair: is it above or below the mean of the two?
""",
)
def larger_of_two(fork: Fork, pairs: Any) -> Array:
    """The larger number of each pair, after the pair was normalized."""
    pairs = np.asarray(pairs, float)
    top = fork(
        "the numerator", pairs.max(1) - pairs.mean(1),
        nothing_normalized__not_centred=pairs.max(1), distance_of_the_two=pairs.max(1) - pairs.min(1),
        sign_flipped=pairs.min(1) - pairs.mean(1), one_sign_wrong__first=_turned(pairs, 0),
        one_sign_wrong=_turned(pairs, -1),
    )  # fmt: skip
    half = (pairs.max(1) - pairs.min(1)) / 2
    spread = fork(
        "the denominator", pairs.std(1),
        bn_not_scaled=1.0, bn_unbiased=pairs.std(1, ddof=1), bn_var_not_std=pairs.var(1), bn_divided_by_range=2 * half,
        nothing_normalized__not_scaled=1.0, bn_squares_not_divided=np.sqrt(2) * half,
    )  # fmt: skip
    return fork("the larger one", top / spread, nothing_normalized=pairs.max(1))


def _turned(pairs: Array, which: int) -> Array:
    distance = pairs.max(1) - pairs.mean(1)
    distance[which] *= -1
    return distance


@program(
    "scale_shift_grad",
    words="""
not-summed = gamma-not-summed + beta-not-summed
  The gradients of gamma and beta still have one row for each example.
  gamma has one number for each column. What shape must its gradient have?

gamma-not-summed
  The gradient of gamma still has one row for each example.
  gamma has one number for each column. What shape must its gradient have?

beta-not-summed
  The gradient of beta still has one row for each example.
  beta has one number for each column. What shape must its gradient have?

bn-gamma-without-xhat
  Where the gradient of gamma is expected, x-hat is missing.
  What is gamma multiplied with?

bn-no-gamma
  On the way to x-hat, gamma was not used.
  What is the slope of gamma * x_hat in x_hat?

bn-gamma-divided
  On the way to x-hat you divided by gamma.
  What is the slope of gamma * x_hat in x_hat?

bn-gamma-beta-swapped
  The gradients of gamma and beta changed places.
  Which of the two was multiplied by xhat?

beta-without-gradient
  The gradient that comes in is missing in the gradient of beta.
  What is the slope of y in beta, and with what is it multiplied on the way back?

gamma-without-gradient
  The gradient that comes in is missing in the gradient of gamma.
  What is the slope of y in gamma, and with what is it multiplied on the way back?

bn-matrix-product
  The gradient of gamma is a matrix product: every column met every other one.
  gamma has one number for each column. Which numbers does each of them meet?

bn-sums-multiplied
  In gamma's gradient you multiplied two sums; it is the sum of the products.
  y = gamma xhat + beta: which number of xhat does each delta meet?

gamma-too-often
  The gradient of gamma was multiplied by gamma itself.
  What is the slope of gamma * x_hat + beta in gamma?

bn-xhat-too-often
  x-hat does not belong into this gradient.
  What is the slope of gamma * x_hat + beta in beta, and in x_hat?
""",
)
def scale_shift_grad(fork: Fork, grad_output: Any, x_hat: Any, gamma: Any) -> tuple[Array, Array, Array]:
    """The gradients of gamma * x_hat + beta to its three parts."""
    g, x_hat, gamma = (np.asarray(a, float) for a in (grad_output, x_hat, gamma))
    to_x_hat = fork(
        "the gradient of x-hat", lambda: g * gamma,
        bn_no_gamma=lambda: g, bn_gamma_divided=lambda: g / gamma, bn_xhat_too_often=lambda: g * gamma * x_hat,
        beta_without_gradient__here=lambda: gamma * np.ones_like(g), beta_without_gradient__gamma=lambda: gamma,
    )  # fmt: skip
    products = fork(
        "the products for gamma", g * x_hat,
        bn_gamma_without_xhat=g, gamma_without_gradient=x_hat, gamma_too_often=lambda: g * x_hat * gamma,
    )  # fmt: skip
    ones = fork("the products for beta", g, beta_without_gradient=np.ones_like(g), bn_xhat_too_often__beta=g * x_hat)
    to_gamma = _over_rows(fork, "the gradient of gamma", products, gamma_not_summed=products)
    to_beta = _over_rows(fork, "the gradient of beta", ones, beta_not_summed=ones)
    plain = {"beta_without_gradient__number": np.float64(len(g)), "beta_without_gradient__one": np.float64(1)}
    to_beta = fork("beta's gradient", to_beta, beta_without_gradient__plain=np.ones(g.shape[1]), **plain)
    to_gamma = fork(
        "gamma's products", to_gamma,
        bn_matrix_product=lambda: g.T @ x_hat, bn_matrix_product__turned=lambda: x_hat.T @ g,
        bn_sums_multiplied=lambda: g.sum(0) * x_hat.sum(0),
    )  # fmt: skip
    both = fork("gamma and beta", (to_gamma, to_beta), bn_gamma_beta_swapped=(to_beta, to_gamma))
    return to_x_hat, *both


def _over_rows(fork: Fork, slot: str, table: Array, **not_summed: Array) -> Any:
    """The sum of each column, and what else happens to it."""
    ways = {
        "bn_grads_averaged": lambda: table.mean(0), "bn_all_axes": lambda: table.sum(),
        "bn_columns_not_rows": lambda: table.sum(1), "extra_axis__kept": lambda: table.sum(0, keepdims=True),
        "bn_columns_not_rows__kept": lambda: table.sum(1, keepdims=True),
    }  # fmt: skip
    return fork(slot, lambda: table.sum(0), **ways, **(not_summed or {"not_summed": table}))


@program(
    "variance_grad",
    words="""
sign-flipped
  The sign is wrong.
  If the variance grows, does 1 / root(variance) grow or shrink?

half-forgotten
  The factor 1/2 is not right.
  What is the derivative of v to the power -1/2?

power-not-lowered
  You multiplied by inv_std where its third power belongs.
  What is the power of v after taking the derivative of v to the power -1/2?

power-not-of-variance
  The power of inv_std is not right.
  inv_std is v to the power -1/2. Which power of it is v to the power -3/2?

stopped-at-inv-std
  This is the gradient of inv_std.
  There is one more arrow, from inv_std to var. What is its slope?

bn-gradient-forgotten
  The gradient that comes in is missing.
  With what is each slope multiplied on the way back?

bn-sums-multiplied
  You multiplied two sums; the gradient is the sum of the products.
  Which number of `centered` does each row of the gradient meet?

bn-centred-squared
  `centered` stands there squared.
  x-hat is centered * inv_std. What is the slope of x-hat in inv_std?

bn-matrix-product
  This is a matrix product: every column met every other one.
  There is one variance for each column. Which numbers does each of them meet?

bn-slope-added
  The slope was added; it should be multiplied with what comes back.
  Two arrows one after the other: what happens to their slopes?

bn-not-centred
  The factor `centered` is missing.
  x-hat is centered * inv_std. What is the slope of x-hat in inv_std?
""",
)
def variance_grad(fork: Fork, grad_x_hat: Any, centered: Any, inv_std: Any) -> Any:
    """From x-hat over inv_std to the variances."""
    g, c, inv = (np.asarray(a, float) for a in (grad_x_hat, centered, inv_std))
    table = fork("the products", g * c, bn_gradient_forgotten=c, bn_not_centred=g, bn_centred_squared=g * c**2)
    arrow = _over_rows(fork, "the sum over the rows", table)
    arrow = fork(
        "what is summed", arrow,
        bn_sums_multiplied=lambda: g.sum(0) * c.sum(0), bn_matrix_product=lambda: g.T @ c,
        bn_matrix_product__turned=lambda: c.T @ g, bn_gradient_forgotten__all=lambda: np.ones_like(inv),
    )  # fmt: skip
    power = fork("the power of inv_std", 3.0, power_not_lowered=1.0, **{
        f"power_not_of_variance__{i}": p for i, p in enumerate((1.5, -1.5, -3.0, 2.0, 4.0, 6.0, 0.5, -1.0, -0.5, 0.0))
    })  # fmt: skip
    factor = fork(
        "the factor", -0.5, sign_flipped=0.5, half_forgotten=-1.0, half_forgotten__two=-2.0, half_forgotten__three=-1.5,
    )  # fmt: skip
    ways = {"stopped_at_inv_std": arrow, "bn_slope_added": factor * arrow + inv**power}
    return fork("the slope", factor * arrow * inv**power, **ways)


@program(
    "centered_grad",
    words="""
bn-missing-var
  Only the arrow over x-hat is there.
  Where else is centered used?

direct-path-missing
  Only the arrow over the variance is there.
  Where else is centered used?

two-forgotten
  The factor 2 is missing, or stands where it does not belong.
  What is the derivative of a square?

bn-sum-not-mean
  The division by N is missing on the way over the variance.
  The variance is a mean of N squares. What is its slope in one of them?

bn-wrong-m
  You divided by another count than that of the rows.
  How many squares are averaged in one column?

sign-flipped
  The arrow over the variance, or all of it, has the wrong sign.
  Two arrows come back to one number. What happens to what they bring?

bn-mean-of-centred
  On the way over the variance you took the mean or the sum of centered, which is 0.
  Which of the N numbers does the slope of the variance in one number depend on?

bn-not-centred
  On the way over the variance, centered is missing.
  What is the derivative of a square?

arrows-multiplied
  You multiplied the two arrows.
  Two arrows come back to one number. What happens to what they bring?

all-divided-by-n
  Both arrows were divided by N; only the variance is a mean.
  Which of the two arrows goes through a mean?

bn-centred-squared
  On the way over the variance, centered stands there squared.
  What is the derivative of a square?

factors-exchanged
  centered and inv_std changed places in the two arrows.
  What is the slope of x-hat in centered, and what is the slope of the variance in centered?

bn-gradient-forgotten
  On the way over the variance, grad_var is missing or another gradient stands in its place.
  With what is each slope multiplied on the way back?

not-summed
  The direct arrow was summed over the rows; each number has an arrow of its own.
  How many rows has the result, and which row of grad_x_hat belongs to which?

bn-xhat-forgotten
  inv_std stands in the arrow over the variance, too.
  The variance is the mean of centered ** 2. Does inv_std appear there?
""",
)
def centered_grad(fork: Fork, grad_x_hat: Any, grad_var: Any, centered: Any, inv_std: Any) -> Array:
    """Over x-hat, and over the variance."""
    g, g_var, c, inv = (np.asarray(a, float) for a in (grad_x_hat, grad_var, centered, inv_std))
    direct = fork(
        "the arrow over x-hat", g * inv,
        direct_path_missing=0.0 * g, bn_not_divided=g, bn_divided_by_inv_std=lambda: g / inv,
        bn_sigma_squared=g * inv**2,
    )  # fmt: skip
    n, columns = c.shape
    counts = {"bn_sum_not_mean": 1, "bn_one_row_short": n - 1, "bn_wrong_m": columns, "bn_wrong_m__all": c.size}
    count = fork("what the squares are divided by", n, **counts)
    inner = fork(
        "the derivative of a square", c, bn_mean_of_centred=c.mean(0), bn_not_centred=np.ones_like(c),
        bn_centred_squared=c**2, bn_gradient_forgotten__twice=g,
    )  # fmt: skip
    two = fork(
        "the factor", 2.0, two_forgotten=1.0, two_forgotten__four=4.0, two_forgotten__half=0.5, sign_flipped=-2.0
    )
    g_var = fork("what comes back from the variance", g_var, bn_gradient_forgotten=np.ones_like(g_var))
    over = two * g_var * inner / count
    over = fork("the arrow over the variance", over, bn_missing_var=0.0 * over, bn_xhat_forgotten=over * inv)
    return fork(
        "the two arrows", direct + over,
        arrows_multiplied=lambda: direct * over, all_divided_by_n=lambda: (direct + over * n) / n,
        factors_exchanged=lambda: g * c + two * g_var * inv / count, not_summed=lambda: direct.sum(0) + over,
        bn_xhat_forgotten__both=lambda: (g + over) * inv,
    )  # fmt: skip


@program(
    "input_grad",
    words="""
bn-missing-mean
  Only the direct arrow is there.
  The mean is computed from x. Which arrow comes back from it?

direct-path-missing
  Only the arrow over the mean is there.
  centered is x minus the mean. Which arrow comes back to x directly?

bn-sum-not-mean
  You subtracted the sum of each column.
  How much does the mean of N numbers grow if one grows by 1?

sign-flipped
  The mean was added, or all of it has the wrong sign.
  In centered = x - mean, what is the slope in the mean?

own-share-only
  Each number only felt its own share of the mean.
  If one x grows, the mean grows. Which rows of centered change?

bn-all-axes
  You subtracted one mean of the whole table.
  How many means are there?

bn-median-not-mean
  You subtracted the median of each column.
  centered is x minus what?

twice-subtracted
  The arrow over the mean was subtracted twice.
  How often is the mean used in centered = x - mean?

bn-gradient-forgotten
  The gradient that comes in is missing on the way over the mean.
  With what is each slope multiplied on the way back?

bn-per-sample
  You subtracted the mean of each row.
  Was the mean taken over rows or over columns?
""",
)
def input_grad(fork: Fork, grad_centered: Any) -> Array:
    """The direct arrow, and the one over the mean."""
    g = np.asarray(grad_centered, float)
    n, columns = g.shape
    over = fork(
        "what the mean runs over", lambda: g.sum(0),
        bn_per_sample=lambda: g.sum(1, keepdims=True) * n / columns, bn_all_axes=lambda: g.sum() / columns,
        own_share_only=lambda: g,
    )  # fmt: skip
    counts = {"bn_sum_not_mean": 1, "bn_one_row_short": n - 1, "bn_wrong_m": columns, "bn_wrong_m__all": g.size}
    mean = over / fork("what the sum is divided by", n, **counts)
    mean = fork(
        "the arrow over the mean", mean,
        bn_missing_mean=0.0 * mean, sign_flipped=-mean, bn_median_not_mean=lambda: np.median(g, axis=0),
        twice_subtracted=2 * mean, bn_gradient_forgotten=1 / n, bn_gradient_forgotten__one=1.0,
    )  # fmt: skip
    dx = fork("the direct arrow", g, direct_path_missing=0.0 * g) - mean
    return fork(
        "the two arrows", dx, direct_path_missing__a_row=-mean, direct_path_missing__its_mean=mean,
        direct_path_missing__as_table=mean + 0.0 * g,
    )  # fmt: skip
