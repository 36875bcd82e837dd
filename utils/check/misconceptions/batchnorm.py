"""BatchNorm: whose mean, whose variance, and what depends on them (Problem 6)."""

import numpy as np

from ..table import misconception

FORWARD = "batch_norm"


def _norm(x, gamma, beta, eps, axes=None, ddof=0):
    x = np.asarray(x, float)
    axes = tuple(range(x.ndim - 1)) if axes is None else axes
    mean, var = x.mean(axes, keepdims=True), x.var(axes, ddof=ddof, keepdims=True)
    return gamma * (x - mean) / np.sqrt(var + eps) + beta


@misconception(
    "bn-unbiased",
    about=FORWARD,
    says="Your variance divides by the count minus one.",
    asks="BatchNorm takes the mean of the squared distances. Which `ddof` is a plain mean?",
)
def unbiased(x, gamma, beta, eps=1e-5):
    return _norm(x, gamma, beta, eps, ddof=1)


@misconception(
    "bn-eps-outside",
    about=FORWARD,
    says="You added eps to the standard deviation, after the root.",
    asks="In the formula, does eps stand under the root or behind it?",
)
def eps_outside(x, gamma, beta, eps=1e-5):
    x = np.asarray(x, float)
    axes = tuple(range(x.ndim - 1))
    return gamma * (x - x.mean(axes)) / (x.std(axes) + eps) + beta


@misconception(
    "bn-no-eps",
    about=FORWARD,
    says="eps was left out.",
    asks="What would happen in a channel whose numbers are all the same?",
)
def no_eps(x, gamma, beta, eps=1e-5):
    return _norm(x, gamma, beta, 0.0)


@misconception(
    "bn-var-not-std",
    about=FORWARD,
    says="You divided by the variance.",
    asks="If all inputs get twice as large, how much larger is their variance? Should the result change?",
)
def var_not_std(x, gamma, beta, eps=1e-5):
    x = np.asarray(x, float)
    axes = tuple(range(x.ndim - 1))
    return gamma * (x - x.mean(axes)) / (x.var(axes) + eps) + beta


@misconception(
    "bn-not-centred",
    about=FORWARD,
    says="The mean was not taken away.",
    asks="What should be the mean of each channel before gamma and beta come in?",
)
def not_centred(x, gamma, beta, eps=1e-5):
    x = np.asarray(x, float)
    return gamma * x / np.sqrt(x.var(tuple(range(x.ndim - 1))) + eps) + beta


@misconception(
    "bn-not-scaled",
    about=FORWARD,
    says="The mean was taken away, but nothing was divided by the spread.",
    asks="What should be the standard deviation of each channel before gamma and beta come in?",
)
def not_scaled(x, gamma, beta, eps=1e-5):
    x = np.asarray(x, float)
    return gamma * (x - x.mean(tuple(range(x.ndim - 1)))) + beta


@misconception(
    "bn-mean-square",
    about=FORWARD,
    says="Your variance is the mean of the squares: the mean was not taken away before squaring.",
    asks="Distances from what does the variance measure?",
)
def mean_square(x, gamma, beta, eps=1e-5):
    x = np.asarray(x, float)
    axes = tuple(range(x.ndim - 1))
    return gamma * (x - x.mean(axes)) / np.sqrt((x**2).mean(axes) + eps) + beta


@misconception(
    "bn-no-gamma",
    about=FORWARD,
    says="gamma was not used.",
    asks="After normalizing, which two numbers may the layer learn for each channel?",
)
def no_gamma(x, gamma, beta, eps=1e-5):
    return _norm(x, 1.0, beta, eps)


@misconception(
    "bn-no-beta",
    about=FORWARD,
    says="beta was not used.",
    asks="After normalizing, which two numbers may the layer learn for each channel?",
)
def no_beta(x, gamma, beta, eps=1e-5):
    return _norm(x, gamma, 0.0, eps)


@misconception(
    "bn-gamma-beta-swapped",
    about=FORWARD,
    says="gamma and beta changed their roles.",
    asks="Which of the two stretches, and which one shifts?",
)
def swapped(x, gamma, beta, eps=1e-5):
    return _norm(x, beta, gamma, eps)


@misconception(
    "bn-shift-first",
    about=FORWARD,
    says="You shifted by beta before you multiplied by gamma.",
    asks="With gamma = 0, what should come out?",
)
def shift_first(x, gamma, beta, eps=1e-5):
    return np.asarray(gamma) * (_norm(x, 1.0, 0.0, eps) + beta)


@misconception(
    "bn-per-pixel",
    about=FORWARD,
    says="Every pixel got a mean and a variance of its own: you averaged over the batch only.",
    asks="A filter slides over all pixels. Which numbers of a channel come from the same filter?",
)
def per_pixel(x, gamma, beta, eps=1e-5):
    return _norm(x, gamma, beta, eps, axes=(0,)) if np.ndim(x) > 2 else None


@misconception(
    "bn-per-image",
    about=FORWARD,
    says="Every image got a mean and a variance of its own.",
    asks="The first letter of BatchNorm's name: over what does it average?",
)
def per_image(x, gamma, beta, eps=1e-5):
    return _norm(x, gamma, beta, eps, axes=tuple(range(1, np.ndim(x) - 1))) if np.ndim(x) > 2 else None


@misconception(
    "bn-per-sample",
    about=FORWARD,
    says="You averaged over the channels: every row (or pixel) was normalized on its own.",
    asks="The first letter of BatchNorm's name: over what does it average?",
)
def per_sample(x, gamma, beta, eps=1e-5):
    return _norm(x, gamma, beta, eps, axes=(-1,))


@misconception(
    "bn-per-sample",
    about=FORWARD,
    says="You averaged over all but the batch: every example was normalized on its own.",
    asks="The first letter of BatchNorm's name: over what does it average?",
)
def per_example(x, gamma, beta, eps=1e-5):
    return _norm(x, gamma, beta, eps, axes=tuple(range(1, np.ndim(x)))) if np.ndim(x) > 2 else None


@misconception(
    "bn-all-axes",
    about=FORWARD,
    says="There is one mean and one variance for all channels together.",
    asks="Do two channels measure the same thing, on the same scale?",
)
def all_axes(x, gamma, beta, eps=1e-5):
    return _norm(x, gamma, beta, eps, axes=tuple(range(np.ndim(x))))


@misconception(
    "bn-no-scale-shift",
    about=FORWARD,
    says="This is x-hat: gamma and beta were not used.",
    asks="After normalizing, which two numbers may the layer learn for each channel?",
)
def no_scale_shift(x, gamma, beta, eps=1e-5):
    return _norm(x, 1.0, 0.0, eps)


def _shuffled_table(x):
    """The table that a reshape to (C, -1) gives: its columns mix the channels."""
    return np.asarray(x, float).reshape(np.shape(x)[-1], -1).T


_SHUFFLED = {
    "says": "Your table has the right shape, but its columns mix the channels.",
    "asks": "The numbers of one pixel lie side by side in memory. Which reshape leaves the last axis where it is?",
}


@misconception("bn-channels-mixed", about=FORWARD, **_SHUFFLED)
def channels_mixed(x, gamma, beta, eps=1e-5):
    return _norm(_shuffled_table(x), gamma, beta, eps).T.reshape(np.shape(x)) if np.ndim(x) > 2 else None


@misconception("bn-channels-mixed", about=FORWARD, **_SHUFFLED)
def channels_mixed_and_not_turned_back(x, gamma, beta, eps=1e-5):
    return _norm(_shuffled_table(x), gamma, beta, eps).reshape(np.shape(x)) if np.ndim(x) > 2 else None


@misconception(
    "bn-eps-not-passed-on",
    about=FORWARD,
    says="You worked with the default eps; the eps of the call was not used.",
    asks="When your function calls another one, which of its arguments does it pass on?",
)
def eps_not_passed_on(x, gamma, beta, eps=1e-5):
    return _norm(x, gamma, beta, 1e-5)
