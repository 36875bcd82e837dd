"""Gradients by central differences: slow, and right whatever the formula is (Problems 3 to 6).

What may change: the step, as long as the difference stays as exact. What stays: names, arguments, errors.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from utils.shapes import Array, as_array, as_floats, check_shape, shown
from utils.watch import calling_back, watched


@watched
def numerical_gradient(
    f: Callable[[Array], ArrayLike], x: ArrayLike, grad_output: ArrayLike, step: float = 1e-5
) -> Array:
    """The gradient of sum(grad_output * f(x)) with respect to x, from 2 calls of f for each number in x.

    f takes an array of x's shape and returns one of grad_output's shape. It is called `step` to either side of each
    number. Everything is computed in float64. ValueError if f's result has another shape.
    """
    x, dy = (as_array(value, name).astype(np.float64) for name, value in (("x", x), ("grad_output", grad_output)))
    if not callable(f):
        raise TypeError(f"f is {shown(f)}, expected a function of one array")
    _check_positive(step, "step", "a small positive number, such as 1e-5")
    f = calling_back(f)
    gradient = np.empty_like(x)
    for index in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[index] += step
        down[index] -= step
        above, below = (as_array(f(moved), "f(x)").astype(np.float64) for moved in (up, down))
        check_shape(above, "f(x)", dy.shape, "the shape of grad_output")
        check_shape(below, "f(x)", dy.shape, "the shape of grad_output")
        difference = above - below
        gradient[index] = (difference * dy).sum() / (2 * step)
    return gradient


@watched
def check_gradient(
    gradient: ArrayLike, f: Callable[[Array], ArrayLike], x: ArrayLike, grad_output: ArrayLike,
    name: str = "x", step: float = 1e-5, rtol: float = 1e-5, atol: float = 1e-7,
) -> None:  # fmt: skip
    """AssertionError unless `gradient` is the gradient of sum(grad_output * f(x)) with respect to x.

    The two may differ by atol + rtol |central difference|; `step` is that of `numerical_gradient`. The error names
    the argument (`name`), the index where they differ most, and both numbers.
    """
    (yours,) = as_floats(gradient=gradient)
    truth = numerical_gradient(f, x, grad_output, step)
    for tolerance, called in ((rtol, "rtol"), (atol, "atol")):
        _check_positive(tolerance, called, "a number, 0 or more", or_zero=True)
    if not isinstance(name, str):
        raise TypeError(f"name is {shown(name)}, expected a text")
    if yours.shape != truth.shape:
        raise AssertionError(f"the gradient of {name} has shape {yours.shape}, but {name} has shape {truth.shape}")
    excess = np.abs(yours - truth) - (atol + rtol * np.abs(truth))
    excess[np.isnan(excess)] = np.inf
    if excess.size and excess.max() > 0:
        index = tuple(int(i) for i in np.unravel_index(excess.argmax(), excess.shape))
        at = f"{name}[{', '.join(map(str, index))}]" if index else name
        raise AssertionError(
            f"the gradient of {at} is {yours[index]:.8g}, but central differences give {truth[index]:.8g} "
            f"({int((excess > 0).sum())} of {excess.size} entries are wrong)"
        )


def _check_positive(value: float, name: str, expected: str, or_zero: bool = False) -> None:
    if not isinstance(value, int | float | np.integer | np.floating):
        raise TypeError(f"{name} is {shown(value)}, expected {expected}")
    if not (value > 0 or (or_zero and value == 0)) or value == np.inf:
        raise ValueError(f"{name} is {value!r}, expected {expected}")
