"""Gradients by central differences: slow, and right whatever the formula is (Problems 3 to 6).

What may change: the step, as long as the difference stays as exact. What stays: names, arguments, errors.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from utils.shapes import Array, as_floats, check_shape
from utils.watch import calling_back, watched


@watched
def numerical_gradient(
    f: Callable[[Array], ArrayLike], x: ArrayLike, grad_output: ArrayLike, step: float = 1e-5
) -> Array:
    """The gradient of sum(grad_output * f(x)) with respect to x, from 2 calls of f for each number in x.

    f takes an array of x's shape and returns one of grad_output's shape. It is called `step` to either side of each
    number. Everything is computed in float64. ValueError if f's result has another shape.
    """
    x, dy = np.array(x, np.float64), np.asarray(grad_output, np.float64)
    if not step > 0:
        raise ValueError(f"step is {step!r}, expected a small positive number, such as 1e-5")
    f = calling_back(f)
    gradient = np.empty_like(x)
    for index in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[index] += step
        down[index] -= step
        difference = np.asarray(f(up), np.float64) - np.asarray(f(down), np.float64)
        check_shape(difference, "f(x)", dy.shape, "the shape of grad_output")
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
