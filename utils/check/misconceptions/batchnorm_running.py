"""BatchNorm's running statistics and evaluation mode (Problem 6)."""

import numpy as np

from ..table import misconception

_RUN = "update_running"


def _move(mean, var, x, momentum, ddof=1):
    return (1 - momentum) * mean + momentum * x.mean(0), (1 - momentum) * var + momentum * x.var(0, ddof=ddof)


misconception(
    "momentum-swapped",
    _RUN,
    "The old value and the batch changed their weights.",
    "With a momentum of 0.1, should one batch count much or little?",
)(lambda mean, var, x, m: _move(mean, var, x, 1 - m))
misconception(
    "bn-biased",
    _RUN,
    "The running variance took the variance that divides by N.",
    "Which variance does the question ask for, and why?",
)(lambda mean, var, x, m: _move(mean, var, x, m, ddof=0))
misconception(
    "history-forgotten",
    _RUN,
    "You returned the numbers of this batch alone.",
    "What is left of all the batches before?",
)(lambda mean, var, x, m: _move(mean, var, x, 1.0))
misconception(
    "old-not-faded",
    _RUN,
    "The old value keeps its full weight, and the batch is added on top.",
    "What do the two weights add up to?",
)(lambda mean, var, x, m: (mean + m * x.mean(0), var + m * x.var(0, ddof=1)))
misconception(
    "bn-var-not-std",
    _RUN,
    "You keep a running standard deviation.",
    "Which of the two is asked for: the variance, or its root?",
)(lambda mean, var, x, m: (_move(mean, var, x, m)[0], (1 - m) * var + m * x.std(0, ddof=1)))

misconception(
    "bn-all-axes",
    _RUN,
    "There is one mean and one variance for all columns together.",
    "Which axis do you average over, so that one number for each column is left?",
)(lambda mean, var, x, m: ((1 - m) * mean + m * x.mean(), (1 - m) * var + m * x.var(ddof=1)))

_EVAL = "batch_norm_eval"


def _axes(x):
    return tuple(range(x.ndim - 1))


misconception(
    "batch-statistics",
    _EVAL,
    "You used the mean and the variance of x itself.",
    "May the result for one image depend on its neighbours?",
)(lambda x, gamma, beta, mean, var, eps=1e-5: gamma * (x - x.mean(_axes(x))) / np.sqrt(x.var(_axes(x)) + eps) + beta)
misconception(
    "bn-var-not-std",
    _EVAL,
    "You divided by the variance.",
    "What stands in the denominator: the variance, or its root?",
)(lambda x, gamma, beta, mean, var, eps=1e-5: gamma * (x - mean) / (var + eps) + beta)
misconception(
    "bn-eps-outside",
    _EVAL,
    "You added eps after the root.",
    "In the formula, does eps stand under the root or behind it?",
)(lambda x, gamma, beta, mean, var, eps=1e-5: gamma * (x - mean) / (np.sqrt(var) + eps) + beta)
misconception("bn-no-eps", _EVAL, "eps was left out.", "What would happen to a channel that never changes?")(
    lambda x, gamma, beta, mean, var, eps=1e-5: gamma * (x - mean) / np.sqrt(var) + beta
)
misconception(
    "bn-gamma-beta-swapped",
    _EVAL,
    "gamma and beta changed their roles.",
    "Which of the two stretches, and which one shifts?",
)(lambda x, gamma, beta, mean, var, eps=1e-5: beta * (x - mean) / np.sqrt(var + eps) + gamma)

misconception(
    "bn-variance-squared",
    _EVAL,
    "You squared running_var, but it is a variance already.",
    "Which of the two is the square of the other: the variance, or the standard deviation?",
)(lambda x, gamma, beta, mean, var, eps=1e-5: gamma * (x - mean) / np.sqrt(np.square(var) + eps) + beta)
misconception(
    "batch-variance",
    _EVAL,
    "You used the running mean, but the variance of x itself.",
    "May the result for one image depend on its neighbours?",
)(lambda x, gamma, beta, mean, var, eps=1e-5: gamma * (x - mean) / np.sqrt(x.var(_axes(x)) + eps) + beta)

_EVAL_GRAD = "batch_norm_eval_grad"
misconception(
    "bn-no-gamma",
    _EVAL_GRAD,
    "gamma was not used.",
    "What is the slope of gamma * (x - mean) / sigma + beta in x?",
)(lambda g, gamma, var, eps=1e-5: g / np.sqrt(var + eps))
misconception(
    "bn-var-not-std",
    _EVAL_GRAD,
    "You divided by the variance.",
    "What stands in the denominator: the variance, or its root?",
)(lambda g, gamma, var, eps=1e-5: g * gamma / (var + eps))
misconception(
    "bn-eps-outside",
    _EVAL_GRAD,
    "You added eps after the root.",
    "Does eps stand under the root or behind it?",
)(lambda g, gamma, var, eps=1e-5: g * gamma / (np.sqrt(var) + eps))
misconception(
    "bn-not-divided",
    _EVAL_GRAD,
    "Nothing was divided by sigma.",
    "What is the slope of gamma * (x - mean) / sigma + beta in x?",
)(lambda g, gamma, var, eps=1e-5: g * gamma)
misconception("bn-no-eps", _EVAL_GRAD, "eps was left out.", "What would happen to a channel that never changes?")(
    lambda g, gamma, var, eps=1e-5: g * gamma / np.sqrt(var)
)
