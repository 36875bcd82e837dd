"""Finite differences: the check of a gradient that the student writes (Problem 4)."""

import numpy as np

from ..table import misconception


def _walk(f, x, grad_output, up, down, divide):
    """One slope for each number of x, from f at x + up and at x - down."""
    x = np.array(x, float)
    gradient = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        above, below = x.copy(), x.copy()
        above[index] += up
        below[index] -= down
        gradient[index] = np.sum(grad_output * (np.asarray(f(above)) - np.asarray(f(below)))) / divide
    return gradient


@misconception(
    "one-sided-difference",
    about="numerical_gradient",
    says="You went one step up and compared with x itself. With a large step this is visibly wrong.",
    asks="On a curve that bends, which is closer to the tangent: from x to x + h, or from x - h to x + h?",
)
def forward_difference(f, x, grad_output, step=1e-6):
    return _walk(f, x, grad_output, step, 0, step)


@misconception(
    "backward-difference",
    about="numerical_gradient",
    says="You compared x itself with one step down. With a large step this is visibly wrong.",
    asks="On a curve that bends, which is closer to the tangent: from x - h to x, or from x - h to x + h?",
)
def backward_difference(f, x, grad_output, step=1e-6):
    return _walk(f, x, grad_output, 0, step, step)


@misconception(
    "half-forgotten",
    about="numerical_gradient",
    says="Your numbers are twice as large as they should be.",
    asks="How far apart are x - h and x + h?",
)
def divided_by_one_step(f, x, grad_output, step=1e-6):
    return _walk(f, x, grad_output, step, step, step)


@misconception(
    "divided-half",
    about="numerical_gradient",
    says="Your numbers are the right ones times the step squared: you multiplied where you should divide.",
    asks="In Python, what does a / 2 * h do first? Where do brackets belong?",
)
def brackets_forgotten(f, x, grad_output, step=1e-6):
    return _walk(f, x, grad_output, step, step, 2 / step)


@misconception(
    "sign-turned",
    about="numerical_gradient",
    says="All your numbers have the wrong sign.",
    asks="When the loss grows while x grows, is the slope above or below zero?",
)
def down_minus_up(f, x, grad_output, step=1e-6):
    return -_walk(f, x, grad_output, step, step, 2 * step)


@misconception(
    "upstream-ones",
    about="numerical_gradient",
    says="The outputs were just added up: grad_output was not used.",
    asks="If one output matters ten times as much to the loss as another, where does your code notice?",
)
def without_upstream(f, x, grad_output, step=1e-6):
    return _walk(f, x, np.ones_like(grad_output), step, step, 2 * step)


@misconception(
    "all-moved-at-once",
    about="numerical_gradient",
    says="You changed all numbers of x at the same time.",
    asks="A partial derivative asks what happens when how many numbers change?",
)
def all_at_once(f, x, grad_output, step=1e-6):
    x = np.array(x, float)
    slope = np.sum(grad_output * (np.asarray(f(x + step)) - np.asarray(f(x - step)))) / (2 * step)
    return np.full(x.shape, slope)


@misconception(
    "summed-too-late",
    about="numerical_gradient",
    says="You moved all numbers of x at once and did not add up: as if each output had its own input.",
    asks="Which outputs move when you change x[0] alone?",
)
def elementwise(f, x, grad_output, step=1e-6):
    x = np.array(x, float)
    return grad_output * (np.asarray(f(x + step)) - np.asarray(f(x - step))) / (2 * step)


def _distances(gradient, f, x, grad_output):
    return np.asarray(gradient) - _walk(f, x, grad_output, 1e-6, 1e-6, 2e-6)


@misconception(
    "error-without-abs",
    about="worst_error",
    says="You took the largest difference with its sign, so an error below zero was lost.",
    asks="Which is worse: an error of 0.5 or one of -5? Which of them does your maximum find?",
)
def largest_signed(gradient, f, x, grad_output):
    return float(np.max(_distances(gradient, f, x, grad_output)))


@misconception(
    "error-averaged",
    about="worst_error",
    says="You took the mean of the errors.",
    asks="One wrong number among a thousand right ones: what does the mean say, and what should you say?",
)
def mean_error(gradient, f, x, grad_output):
    return float(np.mean(np.abs(_distances(gradient, f, x, grad_output))))


@misconception(
    "error-summed",
    about="worst_error",
    says="You added the errors up.",
    asks="The question asks for one place only. Which?",
)
def summed_error(gradient, f, x, grad_output):
    return float(np.sum(np.abs(_distances(gradient, f, x, grad_output))))


@misconception(
    "error-squared",
    about="worst_error",
    says="Your error is squared.",
    asks="How far apart are 6 and 6.5?",
)
def squared_error(gradient, f, x, grad_output):
    return float(np.max(_distances(gradient, f, x, grad_output) ** 2))


@misconception(
    "error-of-the-largest",
    about="worst_error",
    says="You took the maximum of each array first, and then the difference.",
    asks="Can two arrays have the same largest number and still differ somewhere?",
)
def difference_of_maxima(gradient, f, x, grad_output):
    return float(abs(np.max(gradient) - np.max(_walk(f, x, grad_output, 1e-6, 1e-6, 2e-6))))
