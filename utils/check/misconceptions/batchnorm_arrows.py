"""BatchNorm backward, arrow by arrow, and in the closed form (Problem 6)."""

import numpy as np

from ..table import misconception

_SCALE = "scale_shift_grad"
misconception(
    "bn-grads-averaged",
    _SCALE,
    "You averaged over the rows for gamma and beta.",
    "One beta is used by N rows. Do N arrows that come back add up, or do they average?",
)(lambda g, xhat, gamma: (g * gamma, (g * xhat).mean(0), g.mean(0)))
misconception(
    "not-summed",
    _SCALE,
    "The gradients of gamma and beta still have one row for each example.",
    "gamma has one number for each column. What shape must its gradient have?",
)(lambda g, xhat, gamma: (g * gamma, g * xhat, g))
misconception(
    "bn-gamma-without-xhat",
    _SCALE,
    "Where the gradient of gamma is expected, x-hat is missing.",
    "What is gamma multiplied with?",
)(lambda g, xhat, gamma: (g * gamma, g.sum(0), g.sum(0)))
misconception(
    "bn-no-gamma",
    _SCALE,
    "On the way to x-hat, gamma was not used.",
    "What is the slope of gamma * x_hat in x_hat?",
)(lambda g, xhat, gamma: (g, (g * xhat).sum(0), g.sum(0)))
misconception(
    "bn-not-divided",
    _SCALE,
    "On the way to x-hat you divided by gamma.",
    "What is the slope of gamma * x_hat in x_hat?",
)(lambda g, xhat, gamma: (g / gamma, (g * xhat).sum(0), g.sum(0)))

misconception(
    "beta-without-gradient",
    _SCALE,
    "The gradient that comes in is missing in the gradient of beta.",
    "What is the slope of y in beta, and with what is it multiplied on the way back?",
)(lambda g, xhat, gamma: (g * gamma, (g * xhat).sum(0), np.ones(g.shape[1])))
misconception(
    "gamma-without-gradient",
    _SCALE,
    "The gradient that comes in is missing in the gradient of gamma.",
    "What is the slope of y in gamma, and with what is it multiplied on the way back?",
)(lambda g, xhat, gamma: (g * gamma, xhat.sum(0), g.sum(0)))

_VAR = "variance_grad"


def _inv_std_grad(g, centered):
    return (g * centered).sum(0)


misconception(
    "sign-flipped",
    _VAR,
    "The sign is wrong.",
    "If the variance grows, does 1 / root(variance) grow or shrink?",
)(lambda g, c, inv: _inv_std_grad(g, c) * 0.5 * inv**3)
misconception("half-forgotten", _VAR, "The factor 1/2 is missing.", "What is the derivative of v to the power -1/2?")(
    lambda g, c, inv: -_inv_std_grad(g, c) * inv**3
)
misconception(
    "power-not-lowered",
    _VAR,
    "You multiplied by inv_std where its third power belongs.",
    "What is the power of v after taking the derivative of v to the power -1/2?",
)(lambda g, c, inv: -0.5 * _inv_std_grad(g, c) * inv)


def _with_power(power):
    def wrong(g, c, inv):
        return -0.5 * _inv_std_grad(g, c) * inv**power

    wrong.__qualname__ = f"inv_std to the power {power}"
    return wrong


for _power in (1.5, -1.5, -3.0, 2.0):
    misconception(
        "power-not-of-variance",
        _VAR,
        "The power of inv_std is not right.",
        "inv_std is v to the power -1/2. Which power of it is v to the power -3/2?",
    )(_with_power(_power))
misconception(
    "stopped-at-inv-std",
    _VAR,
    "This is the gradient of inv_std.",
    "There is one more arrow, from inv_std to var. What is its slope?",
)(lambda g, c, inv: _inv_std_grad(g, c))
misconception(
    "not-summed",
    _VAR,
    "There is still one number for each row.",
    "One variance is used by all rows. How many numbers come out?",
)(lambda g, c, inv: g * c * -0.5 * inv**3)
misconception(
    "bn-grads-averaged",
    _VAR,
    "You averaged over the rows.",
    "Do arrows that come back add up, or do they average?",
)(lambda g, c, inv: (g * c).mean(0) * -0.5 * inv**3)

_CENTRED = "centered_grad"
misconception("bn-missing-var", _CENTRED, "Only the arrow over x-hat is there.", "Where else is centered used?")(
    lambda g, gv, c, inv: g * inv
)
misconception(
    "direct-path-missing",
    _CENTRED,
    "Only the arrow over the variance is there.",
    "Where else is centered used?",
)(lambda g, gv, c, inv: gv * 2 * c / len(c))
misconception("two-forgotten", _CENTRED, "The factor 2 is missing.", "What is the derivative of a square?")(
    lambda g, gv, c, inv: g * inv + gv * c / len(c)
)
misconception(
    "bn-sum-not-mean",
    _CENTRED,
    "The division by N is missing on the way over the variance.",
    "The variance is a mean of N squares. What is its slope in one of them?",
)(lambda g, gv, c, inv: g * inv + gv * 2 * c)
misconception(
    "bn-wrong-m",
    _CENTRED,
    "You divided by the number of columns.",
    "How many squares are averaged in one column?",
)(lambda g, gv, c, inv: g * inv + gv * 2 * c / c.shape[1])


@misconception(
    "bn-wrong-m",
    _CENTRED,
    "You divided by the number of all entries of the table.",
    "How many squares are averaged in one column?",
)
def divided_by_all_entries(g, gv, c, inv):
    return g * inv + gv * 2 * c / c.size


misconception(
    "sign-flipped",
    _CENTRED,
    "You subtracted the arrow over the variance.",
    "Two arrows come back to one number. What happens to what they bring?",
)(lambda g, gv, c, inv: g * inv - gv * 2 * c / len(c))
misconception(
    "bn-mean-of-centred",
    _CENTRED,
    "On the way over the variance you took the mean of centered, which is 0.",
    "Which of the N numbers does the slope of the variance in one number depend on?",
)(lambda g, gv, c, inv: g * inv + gv * 2 * c.mean(0))

_INPUT = "input_grad"
misconception(
    "bn-missing-mean",
    _INPUT,
    "Only the direct arrow is there.",
    "The mean is computed from x. Which arrow comes back from it?",
)(lambda g: 1 * g)
misconception(
    "bn-sum-not-mean",
    _INPUT,
    "You subtracted the sum of each column.",
    "How much does the mean of N numbers grow if one grows by 1?",
)(lambda g: g - g.sum(0))
misconception("sign-flipped", _INPUT, "You added the mean.", "In centered = x - mean, what is the slope in the mean?")(
    lambda g: g + g.mean(0)
)
misconception(
    "bn-per-sample",
    _INPUT,
    "You subtracted the mean of each row.",
    "Was the mean taken over rows or over columns?",
)(lambda g: g - g.mean(1, keepdims=True))
misconception("bn-all-axes", _INPUT, "You subtracted one mean of the whole table.", "How many means are there?")(
    lambda g: g - g.mean()
)

misconception(
    "own-share-only",
    _INPUT,
    "Each number only felt its own share of the mean.",
    "If one x grows, the mean grows. Which rows of centered change?",
)(lambda g: g * (1 - 1 / len(g)))

_CLOSED = "closed_form"


def _closed(g, xhat, gamma, inv, mean=1.0, var=1.0, average=np.mean):
    return gamma * inv * (g - mean * average(g, axis=0) - var * xhat * average(g * xhat, axis=0))


misconception(
    "bn-stats-constant",
    _CLOSED,
    "You treated the mean and the variance as constants.",
    "If one input grows, what happens to the mean, and through it to all the other outputs?",
)(lambda g, xhat, gamma, inv: _closed(g, xhat, gamma, inv, 0, 0))
misconception(
    "bn-missing-mean",
    _CLOSED,
    "The part that removes the mean is missing.",
    "Does each column of your result add up to 0?",
)(lambda g, xhat, gamma, inv: _closed(g, xhat, gamma, inv, mean=0))
misconception(
    "bn-missing-var",
    _CLOSED,
    "The part along x-hat is missing.",
    "Is the sum of your result times x-hat 0, as it should be?",
)(lambda g, xhat, gamma, inv: _closed(g, xhat, gamma, inv, var=0))
misconception(
    "bn-sum-not-mean",
    _CLOSED,
    "You took sums where means belong.",
    "In the formula, what stands before each sum?",
)(lambda g, xhat, gamma, inv: _closed(g, xhat, gamma, inv, average=np.sum))
misconception(
    "bn-xhat-forgotten",
    _CLOSED,
    "In the last part, the factor x-hat is missing.",
    "The last part is different for each row. What makes it so?",
)(lambda g, xhat, gamma, inv: gamma * inv * (g - g.mean(0) - (g * xhat).mean(0)))
misconception(
    "sign-flipped",
    _CLOSED,
    "The part along x-hat was added.",
    "Which sign does the last part have in the formula, and does a bracket of yours turn it around?",
)(lambda g, xhat, gamma, inv: _closed(g, xhat, gamma, inv, var=-1))
misconception(
    "bn-all-axes",
    _CLOSED,
    "You took one mean for all columns together.",
    "How many means does a table with C columns have?",
)(lambda g, xhat, gamma, inv: gamma * inv * (g - g.mean() - xhat * (g * xhat).mean()))
misconception("bn-no-gamma", _CLOSED, "gamma was not used.", "What stands in front of the bracket?")(
    lambda g, xhat, gamma, inv: _closed(g, xhat, 1, inv)
)
misconception("bn-not-divided", _CLOSED, "inv_std was not used.", "What stands in front of the bracket?")(
    lambda g, xhat, gamma, inv: _closed(g, xhat, gamma, 1)
)
misconception(
    "bn-sigma-squared",
    _CLOSED,
    "You divided by sigma twice.",
    "inv_std is already 1 / sigma. What do you do with it?",
)(lambda g, xhat, gamma, inv: _closed(g, xhat, gamma, inv**2))
misconception(
    "bn-divided-by-inv-std",
    _CLOSED,
    "You divided by inv_std.",
    "inv_std is already 1 / sigma. What do you do with it?",
)(lambda g, xhat, gamma, inv: _closed(g, xhat, gamma, 1 / inv))
