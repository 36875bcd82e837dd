"""What the explorers accept: small whole numbers and small arrays, with one clear error for anything else."""

from typing import Any

import numpy as np

from utils.shapes import as_array, shown


def whole(name: str, value: Any, at_least: int, at_most: int) -> int:
    """`value` as an int between the two limits, or a ValueError that names the argument."""
    number = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    if not number or not at_least <= value <= at_most or int(value) != value:
        raise ValueError(f"{name} is {shown(value)}; expected a whole number from {at_least} to {at_most}")
    return int(value)


def chosen(name: str, value: Any, *choices: Any) -> Any:
    """`value`, if it is one of the choices, or a ValueError that names the argument."""
    if not any(type(value) is type(choice) and value == choice for choice in choices):
        raise ValueError(f"{name} is {shown(value)}; expected {' or '.join(map(repr, choices))}")
    return value


def small_array(name: str, value: Any, axes: tuple[int, ...], longest: int = 12) -> np.ndarray:
    """`value` as a float array with one of these numbers of axes, whose sides are at most `longest`."""
    array = as_array(value, name).astype(float)
    if array.ndim not in axes or max(array.shape, default=0) > longest:
        ranks = " or ".join(map(str, axes))
        raise ValueError(f"{name} has shape {array.shape}; expected {ranks} axes, each of 1 to {longest}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds a value that is not a number (nan or inf); expected finite numbers")
    return array


def integers(shape: tuple[int, ...], seed: int, low: int = -3, high: int = 3) -> np.ndarray:
    """Deterministic small integers without 0: numbers that a student can add up in their head."""
    values = np.random.default_rng(seed).integers(low, high, shape)
    return np.where(values >= 0, values + 1, values).astype(float)


def plain(array: np.ndarray) -> list:
    """Nested lists for the page."""
    return array.tolist()
