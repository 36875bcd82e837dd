"""Gradients measured by moving each input a little (Problem 4)."""

import numpy as np

from ..table import misconception

ABOUT = "numerical_gradient"


def _moved(f, x, index, step):
    moved = np.array(x, float)
    moved[index] += step
    return np.asarray(f(moved), float)


def _each(f, x, grad_output, difference):
    x = np.asarray(x, float)
    grad = np.zeros(x.shape)
    for index in np.ndindex(*x.shape):
        grad[index] = np.sum(np.asarray(grad_output) * difference(index))
    return grad


@misconception(
    "divided-by-step",
    about=ABOUT,
    says="Your gradient is twice as large as it should be.",
    asks="From x - h to x + h: how far is that?",
)
def divided_by_step(f, x, grad_output, step=1e-5):
    return _each(f, x, grad_output, lambda i: (_moved(f, x, i, step) - _moved(f, x, i, -step)) / step)


@misconception(
    "sign-turned",
    about=ABOUT,
    says="Your gradient has the wrong sign.",
    asks="If f grows when x grows, which of f(x + h) and f(x - h) is larger?",
)
def sign_turned(f, x, grad_output, step=1e-5):
    return _each(f, x, grad_output, lambda i: (_moved(f, x, i, -step) - _moved(f, x, i, step)) / (2 * step))


@misconception(
    "not-divided",
    about=ABOUT,
    says="These are the differences themselves.",
    asks="A slope is a rise over a run. What is the run?",
)
def not_divided(f, x, grad_output, step=1e-5):
    return _each(f, x, grad_output, lambda i: _moved(f, x, i, step) - _moved(f, x, i, -step))


@misconception(
    "upstream-ones",
    about=ABOUT,
    says="You added up all outputs alike: the numbers that came from above were not used.",
    asks="If one output matters twice as much to the loss as another, where does your code notice?",
)
def upstream_ones(f, x, grad_output, step=1e-5):
    ones = np.ones_like(np.asarray(grad_output, float))
    return _each(f, x, ones, lambda i: (_moved(f, x, i, step) - _moved(f, x, i, -step)) / (2 * step))


@misconception(
    "one-sided-difference",
    about=ABOUT,
    says="You moved each input to one side only, so the curve's bend is still in your number.",
    asks="With x - h as well, what happens to the error's largest part?",
)
def one_sided(f, x, grad_output, step=1e-5):
    return _each(f, x, grad_output, lambda i: (_moved(f, x, i, step) - _moved(f, x, i, 0)) / step)


@misconception(
    "moves-add-up",
    about=ABOUT,
    says="The moves were never undone: each entry was measured with the earlier ones still moved.",
    asks="After measuring one entry, what must happen to x before the next one?",
)
def all_moved_together(f, x, grad_output, step=1e-5):
    x = np.array(x, float)
    grad = np.zeros(x.shape)
    for index in np.ndindex(*x.shape):
        before = np.asarray(f(x), float)
        x[index] += step
        up = np.asarray(f(x), float)
        grad[index] = np.sum(np.asarray(grad_output) * (up - before)) / (2 * step)
    return grad
