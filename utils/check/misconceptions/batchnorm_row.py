"""BatchNorm by hand: one row of numbers, and what is counted and learned (Problem 6)."""

import numpy as np

from ..table import misconception

_ROW = "normalize_row"
misconception(
    "bn-unbiased",
    _ROW,
    "Your variance divides by the count minus one.",
    "Is this variance a plain mean of the squares?",
)(lambda x, gamma, beta: gamma * (x - x.mean()) / x.std(ddof=1) + beta)
misconception(
    "bn-var-not-std",
    _ROW,
    "You divided by the variance.",
    "What stands in the denominator: the variance, or its root?",
)(lambda x, gamma, beta: gamma * (x - x.mean()) / x.var() + beta)
misconception(
    "bn-not-scaled",
    _ROW,
    "The mean was taken away, but nothing was divided by the spread.",
    "What should be the standard deviation of x-hat?",
)(lambda x, gamma, beta: gamma * (x - x.mean()) + beta)
misconception("bn-not-centred", _ROW, "The mean was not taken away.", "What should be the mean of x-hat?")(
    lambda x, gamma, beta: gamma * x / x.std() + beta
)
misconception(
    "bn-gamma-beta-swapped",
    _ROW,
    "gamma and beta changed their roles.",
    "Which of the two stretches, and which one shifts?",
)(lambda x, gamma, beta: beta * (x - x.mean()) / x.std() + gamma)
misconception("bn-no-beta", _ROW, "beta was not added.", "What is the mean of y, for a mean of x-hat of 0?")(
    lambda x, gamma, beta: gamma * (x - x.mean()) / x.std()
)
misconception("bn-no-gamma", _ROW, "gamma was not used.", "What is the standard deviation of y?")(
    lambda x, gamma, beta: (x - x.mean()) / x.std() + beta
)
misconception(
    "bn-shift-first",
    _ROW,
    "You shifted by beta before you multiplied by gamma.",
    "With gamma = 0, what should come out?",
)(lambda x, gamma, beta: gamma * ((x - x.mean()) / x.std() + beta))

_ROW_GRAD = "normalize_row_grad"


def _row_grad(g, x, gamma, mean=1.0, var=1.0):
    xhat = (x - x.mean()) / x.std()
    return gamma / x.std() * (g - mean * g.mean() - var * xhat * (g * xhat).mean())


misconception(
    "bn-stats-constant",
    _ROW_GRAD,
    "You treated the mean and the variance as constants.",
    "If one input grows, what happens to the mean, and through it to all the other outputs?",
)(lambda g, x, gamma: _row_grad(g, x, gamma, 0, 0))
misconception(
    "bn-missing-mean",
    _ROW_GRAD,
    "The part that removes the mean of g is missing.",
    "Do your numbers add up to 0?",
)(lambda g, x, gamma: _row_grad(g, x, gamma, mean=0))
misconception(
    "bn-missing-var",
    _ROW_GRAD,
    "The part along x-hat is missing.",
    "The sum of your numbers times x-hat should be 0. Is it?",
)(lambda g, x, gamma: _row_grad(g, x, gamma, var=0))
misconception(
    "sign-flipped",
    _ROW_GRAD,
    "The part along x-hat has the wrong sign.",
    "Minus a negative number: what is its sign?",
)(lambda g, x, gamma: _row_grad(g, x, gamma, var=-1))
misconception(
    "bn-not-divided",
    _ROW_GRAD,
    "You did not multiply by gamma / sigma.",
    "What stands in front of the bracket?",
)(lambda g, x, gamma: _row_grad(g, x, gamma) * x.std() / gamma)

misconception(
    "bn-not-scaled",
    _ROW_GRAD,
    "You multiplied by gamma, but did not divide by sigma.",
    "What stands in front of the bracket?",
)(lambda g, x, gamma: _row_grad(g, x, gamma) * x.std())
misconception(
    "bn-var-not-std",
    "undo_scale",
    "This is the variance of x.",
    "By what was x divided: by its variance, or by the root?",
)(lambda x: x.var())
misconception(
    "bn-gamma-inverse",
    "undo_scale",
    "You divided once more.",
    "x-hat was divided by sigma. What brings x back?",
)(lambda x: 1 / x.std())
misconception(
    "bn-gamma-beta-swapped",
    "undo_scale",
    "This is the number that brings the mean back.",
    "Which of the two stretches?",
)(lambda x: x.mean())
misconception("sign-flipped", "undo_shift", "The sign is wrong.", "The mean was subtracted. What brings it back?")(
    lambda x: -x.mean()
)
misconception(
    "bn-gamma-beta-swapped",
    "undo_shift",
    "This is the number that brings the scale back.",
    "Which of the two shifts?",
)(lambda x: x.std())
misconception(
    "bn-wrong-m",
    "batch_norm_count",
    "You counted the images only.",
    "One image has many pixels. Do they all take part?",
)(lambda shape: shape[0])
misconception(
    "bn-per-image",
    "batch_norm_count",
    "You counted the pixels of one image.",
    "Over what does *batch* norm average?",
)(lambda shape: shape[1] * shape[2])
misconception(
    "bn-all-axes",
    "batch_norm_count",
    "You counted the channels too.",
    "Is there one mean for all channels together?",
)(lambda shape: int(np.prod(shape)))
_LEARNED = "For each channel, which two numbers are learned, and is there one pair for each pixel?"
misconception("gamma-or-beta-forgotten", "batch_norm_parameters", "This is one number for each channel.", _LEARNED)(
    lambda shape: shape[-1]
)
misconception("bn-per-pixel", "batch_norm_parameters", "This is one pair for each pixel and channel.", _LEARNED)(
    lambda shape: 2 * shape[1] * shape[2] * shape[3]
)
misconception(
    "bn-all-axes",
    "batch_norm_parameters",
    "This is one pair for all channels together.",
    "How many channels are there?",
)(lambda shape: 2)
misconception(
    "statistics-counted",
    "batch_norm_parameters",
    "You counted the mean and the variance too.",
    "Are the mean and the variance learned by gradient descent, or measured?",
)(lambda shape: 4 * shape[-1])
misconception(
    "bn-not-scaled",
    "larger_of_two",
    "This is the distance from the mean; it was not divided.",
    "What is the standard deviation of just two numbers?",
)(lambda pairs: pairs.max(1) - pairs.mean(1))
misconception(
    "bn-unbiased",
    "larger_of_two",
    "Your variance divides by the count minus one.",
    "Is this variance a plain mean?",
)(lambda pairs: (pairs.max(1) - pairs.mean(1)) / pairs.std(1, ddof=1))
misconception(
    "nothing-normalized",
    "larger_of_two",
    "This is the larger pixel as it came in.",
    "What did the cell print at these two places?",
)(lambda pairs: pairs.max(1))
