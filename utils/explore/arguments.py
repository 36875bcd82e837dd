"""What the explorers accept: small whole numbers and small arrays, with one clear error for anything else."""

from typing import Any

import numpy as np


def whole(name: str, value: Any, at_least: int, at_most: int) -> int:
    """`value` as an int between the two limits, or a ValueError that names the argument."""
    if isinstance(value, bool) or int(value) != value or not at_least <= value <= at_most:
        raise ValueError(f"{name} is {value!r}; expected a whole number from {at_least} to {at_most}")
    return int(value)


def small_array(name: str, value: Any, axes: tuple[int, ...], longest: int = 12) -> np.ndarray:
    """`value` as a float array with one of these numbers of axes, whose sides are at most `longest`."""
    array = np.asarray(value, dtype=float)
    if array.ndim not in axes or array.size == 0 or max(array.shape) > longest:
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
