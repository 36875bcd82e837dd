"""BatchNorm's running statistics, and its gradient at evaluation (Problem 6)."""

from typing import Any

import numpy as np

from .fork import DeadEnd, Fork, program
from .normalization import denominator

Array = np.ndarray


@program(
    "update_running",
    words="""
momentum-swapped
  The old value and the batch changed their weights.
  With a momentum of 0.1, should one batch count much or little?

bn-biased
  The running variance took the variance that divides by N.
  Which variance does the question ask for, and why?

bn-mean-corrected
  The mean was multiplied by N / (N - 1), too.
  Which of the two is too small in a sample, on average: its mean, or its variance?

bn-corrected-twice
  The variance was multiplied by N / (N - 1) twice, or the wrong way round.
  Which variance does np.var give with ddof=1?

history-forgotten
  You returned the numbers of this batch alone.
  What is left of all the batches before?

nothing-moved
  You returned the old numbers: the batch was not used.
  What does this batch have to say?

old-not-faded
  The old value keeps its full weight, and the batch is added on top.
  What do the two weights add up to?

batch-in-full
  The batch counts in full, and the old value fades.
  What do the two weights add up to?

plain-mean
  You took the plain mean of the old value and the batch.
  Where does momentum stand in your formula?

running-subtracted
  The batch was subtracted.
  Should the running mean move towards the batch, or away from it?

bn-var-not-std
  You keep a running standard deviation.
  Which of the two is asked for: the variance, or its root?

bn-all-axes
  There is one mean and one variance for all columns together.
  Which axis do you average over, so that one number for each column is left?

bn-mean-square
  Your variance is the mean of the squares: the mean was not taken away before squaring.
  Distances from what does the variance measure?

bn-weights-squared
  The weights of the variance are squared.
  Which two weights stand in the formula for both of them?

momentum-fixed
  A momentum of your own is written in; the momentum of the call was not used.
  What does your function give when it is called with momentum 0.5?

bracket-too-wide
  The bracket is too wide: what the batch brings was also multiplied by 1 - momentum.
  In (1 - m) * old + m * new, what does each weight belong to?

bracket-forgotten
  1 - momentum * old is not (1 - momentum) * old.
  What is multiplied first, when there are no brackets?

bn-new-mean-first
  The variance was taken around the running mean that had just been moved.
  Distances from what does the variance of a batch measure?

bn-wrong-count
  The sum of the squares was divided by another number than N - 1.
  Which axis counts the examples, and which `ddof` divides by N - 1?

bn-about-running-mean
  Your variance measures the distances from the running mean.
  Distances from what does the variance of a batch measure?
""",
)
def update_running(fork: Fork, running_mean: Any, running_var: Any, x: Any, momentum: float) -> tuple[Array, Array]:
    """The old values fade, the batch comes in."""
    old_mean, old_var, x = (np.asarray(a, float) for a in (running_mean, running_var, x))
    n = len(x)
    axis = fork("what the statistics run over", 0, bn_all_axes=None, bn_columns_not_rows=1)
    mean = fork("the batch's mean", x.mean(axis), bn_mean_corrected=lambda: x.mean(axis) * n / (n - 1))
    var = fork(
        "the batch's variance", lambda: x.var(axis, ddof=1),
        bn_biased=lambda: x.var(axis), bn_var_not_std=lambda: x.std(axis, ddof=1),
        bn_var_not_std__biased=lambda: x.std(axis), bn_corrected_twice=lambda: x.var(axis, ddof=1) * n / (n - 1),
        bn_corrected_twice__turned=lambda: x.var(axis) * (n - 1) / n, bn_mean_square=lambda: (x**2).mean(axis),
        bn_about_running_mean=lambda: ((x - old_mean) ** 2).mean(0),
        bn_about_running_mean__unbiased=lambda: ((x - old_mean) ** 2).sum(0) / (n - 1),
        bn_wrong_count=lambda: x.var(axis) * n / (n - 2), bn_wrong_count__columns=lambda: _by_columns(x, axis),
        bn_new_mean_first=lambda: ((x - (1 - momentum) * old_mean - momentum * mean) ** 2).sum(0) / (n - 1),
    )  # fmt: skip
    m = momentum
    keep, take = fork(
        "the two weights", (1 - m, m),
        momentum_swapped=(m, 1 - m), history_forgotten=(0, 1), old_not_faded=(1, m), batch_in_full=(1 - m, 1),
        plain_mean=(0.5, 0.5),
        momentum_fixed=(0.9, 0.1), momentum_fixed__other=(0.1, 0.9), momentum_fixed__slow=(0.99, 0.01),
        running_subtracted=(1 - m, -m),
        running_subtracted__more=(1 + m, -m), nothing_moved=(1, 0),
        history_forgotten__scaled=(0, m), batch_in_full__too=(m, 1), old_not_faded__swapped=(1, 1 - m),
    )  # fmt: skip
    new_mean = fork(
        "the brackets", keep * old_mean + take * mean,
        bracket_too_wide=keep * (old_mean + take * mean), bracket_forgotten=1 - m * old_mean + take * mean,
    )  # fmt: skip
    keep_var = fork(
        "the weights of the variance",
        (keep, take),
        nothing_moved__variance=(1, 0),
        history_forgotten__var=(0, 1),
        bn_weights_squared=(keep**2, take**2),
    )
    return new_mean, keep_var[0] * old_var + keep_var[1] * var


def _by_columns(x: Array, axis: Any) -> Array:
    """The variance times columns / (columns - 1)."""
    columns = x.shape[1]
    if columns < 2:
        raise DeadEnd
    return x.var(axis) * columns / (columns - 1)


@program(
    "batch_norm_eval_grad",
    words="""
gradient-of-the-variance
  You took the slope of 1 / root(variance); at evaluation nothing flows to the variance.
  Which of the numbers in gamma * (x - mean) / sigma + beta depends on x?

bn-eps-after-division
  eps was added after the division.
  Which number should eps keep away from 0?

bn-not-divided
  Nothing was divided by sigma.
  What is the slope of gamma * (x - mean) / sigma + beta in x?

bn-no-gamma
  gamma was not used.
  What is the slope of gamma * (x - mean) / sigma + beta in x?

bn-gamma-divided
  You divided by gamma where you should multiply.
  What is the slope of gamma * (x - mean) / sigma + beta in x?

bn-times-sigma
  You multiplied by sigma where you should divide.
  What is the slope of gamma * (x - mean) / sigma + beta in x?

undone-not-differentiated = bn-gamma-divided + bn-times-sigma
  You undid the forward pass: multiplied by sigma and divided by gamma. The gradient multiplies by the slope.
  If x grows by 1, by how much does the output grow?

bn-missing-mean-not-there
  You took the mean of the gradient away, as in training.
  At evaluation, does the mean depend on x?
""",
)
def batch_norm_eval_grad(fork: Fork, grad_output: Any, gamma: Any, running_var: Any, eps: float = 1e-5) -> Array:
    """The running statistics are constants."""
    g, gamma, var = (np.asarray(a, float) for a in (grad_output, gamma, running_var))
    root = denominator(fork, var, eps)
    inv = fork("the division", lambda: 1 / root, bn_times_sigma=lambda: root, bn_not_divided=lambda: np.ones_like(var))
    gamma = fork("gamma", gamma, bn_no_gamma=1.0, bn_gamma_divided=lambda: 1 / gamma)
    axes = tuple(range(g.ndim - 1))
    g = fork("the deltas", g, upstream_ones=np.ones_like(g), bn_missing_mean_not_there=lambda: g - g.mean(axes))
    dx = g * gamma * inv
    ways = {
        "bn_eps_after_division": g * gamma / np.sqrt(var) + eps,
        "bn_eps_after_division__var": g * gamma / var + eps,
    }
    if g.ndim > 1:
        ways["upstream_ones__one_row"] = gamma * inv
    return fork("the result", dx, gradient_of_the_variance=-0.5 * g * gamma * (var + eps) ** -1.5, **ways)
