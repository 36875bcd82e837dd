"""Whether a program gives a student's numbers: part by part, far more tightly than two known mistakes differ."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..compare import Tolerance, is_one_array

TIGHT = 1e-9  # of the largest number; two ways to compute the same differ less, two known mistakes more
NUMERIC = "the care for large numbers"  # forks that are right in exact arithmetic: only they explain an infinity
SINGLE = 2e-6  # where the student worked in float32


def parts(value: Any, target: Any) -> list[Any] | None:
    """The single results in `value`, in the order of `target`'s; None where it is not built as `target` is."""
    if isinstance(value, np.ndarray) and isinstance(target, np.ndarray):
        return [_part(value)]
    if isinstance(target, dict):
        if not isinstance(value, dict) or {str(k) for k in value} != {str(k) for k in target}:
            return None
        by_name = {str(k): v for k, v in value.items()}
        return _joined([(by_name[str(k)], t) for k, t in target.items()])
    if isinstance(target, tuple | list) and not is_one_array(target):
        if not isinstance(value, tuple | list) or len(value) != len(target):
            return None
        return _joined(list(zip(value, target, strict=True)))
    return [_part(value)]


def alike(yours: Any, wrong: Any, noise: float = 0.0) -> bool:
    """Whether two parts are the same numbers (or the same word). NaN and infinities must stand in the same places.

    `noise`: a part of the largest number by which they may differ. NumPy's warnings are expected to be off.
    """
    return likeness(yours, noise)(wrong)


def likeness(yours: Any, noise: float = 0.0) -> Callable[[Any], bool]:
    """What is `alike` to `yours`, made ready to be asked for thousands of walks."""
    if yours is None or isinstance(yours, str):
        return lambda wrong: isinstance(wrong, str) and wrong == yours
    if not yours.size:
        return lambda wrong: np.shape(wrong) == yours.shape
    finite, limit = np.isfinite(yours), accuracy(yours, noise)
    place = int(np.where(finite, np.abs(yours), -1).argmax())
    largest = yours.item(place)

    def is_alike(wrong: Any) -> bool:
        if wrong is None or isinstance(wrong, str) or wrong.shape != yours.shape:
            return False
        if abs(wrong.item(place) - largest) > limit:  # one number is enough to refuse nearly all of them
            return False
        close = np.abs(yours - wrong) <= limit
        return bool(np.where(finite, close, same_kind(yours, wrong)).all())

    return is_alike


def accuracy(yours: np.ndarray, noise: float = 0.0) -> float:
    """How far two ways to compute these numbers may differ."""
    sizes = np.abs(yours)
    largest = sizes.max(initial=0.0)
    if not np.isfinite(largest):
        largest = sizes[np.isfinite(sizes)].max(initial=0.0)
    tight = SINGLE if yours.dtype in (np.float32, np.float16) else TIGHT
    return 1e-12 + max(tight, noise) * float(largest)


def same_kind(yours: np.ndarray, wrong: np.ndarray) -> np.ndarray:
    """Where both are NaN, or the same infinity."""
    return (np.isnan(yours) & np.isnan(wrong)) | (yours == wrong)


def right(yours: Any, target: Any, tolerance: Tolerance) -> bool:
    """Whether a part is what was asked for, whatever its type."""
    if isinstance(yours, str) or isinstance(target, str):
        return yours == target
    if yours is None or yours.shape != target.shape:
        return False
    with np.errstate(all="ignore"):
        finite = np.abs(target[np.isfinite(target)])
        limit = tolerance.atol + tolerance.rtol * finite.max(initial=0.0)
        return bool(((np.abs(yours - target) <= limit) | (yours == target)).all())


def worth(yours: Any, target: Any) -> set[float]:
    """The different numbers in a wrong part that speak for an explanation: finite, not 0, and not the right ones."""
    if yours is None or isinstance(yours, str):
        return set()
    numbers = yours[yours != target] if yours.shape == target.shape else yours
    return {float(f"{v:.6g}") for v in np.unique(numbers[np.isfinite(numbers)]).tolist() if v != 0}


def _joined(pairs: list[tuple[Any, Any]]) -> list[Any] | None:
    found = [parts(v, t) for v, t in pairs]
    return None if None in found else [part for some in found for part in some]  # type: ignore[union-attr]


def _part(value: Any) -> Any:
    """A word, or an array of floats; None for everything else."""
    if isinstance(value, str):
        return value.strip().casefold()
    try:
        array = np.asarray(value)
        return array if array.dtype.kind == "f" else array.astype(float)
    except (TypeError, ValueError):
        return None
