"""Compare one answer with its target: type, then shape, then values; nothing is broadcast and NaN never passes."""

from dataclasses import dataclass, replace
from numbers import Number
from typing import Any

import numpy as np

from .failure import KINDS
from .outcome import Opaque

_DATA = (type(None), bool, Number, str, list, tuple, dict, np.ndarray, np.generic, Opaque)


@dataclass(frozen=True)
class Tolerance:
    """Two numbers agree when they differ by at most atol + rtol * (largest size in the target)."""

    rtol: float = 1e-7
    atol: float = 1e-9


@dataclass(frozen=True)
class Difference:
    """Why an answer is not the target, as data; `sentences` tells it.

    kind    one of `failure.KINDS`
    reason  which of the kind's sentences says it; for a type: what is expected
    yours, target  the two values that differ
    path    where they are in several results: places and keys, from the outside
    parts   how many results there are, and how many of them are wrong
    names   of functions that ran, arguments that changed, symbols that nobody knows, keys that are missing
    """

    kind: str
    reason: str = ""
    yours: Any = None
    target: Any = None
    path: tuple[int | str, ...] = ()
    parts: tuple[int, int] = (1, 1)
    names: tuple[str, ...] = ()

    @property
    def mild(self) -> bool:
        """Told only when no other case went wrong in a more telling way."""
        return self.reason == "decimal-point"


def compare(value: Any, target: Any, tolerance: Tolerance, *, typed: bool = False) -> Difference | None:
    """The first difference, or None when the answer is right.

    `typed` is for values that a student wrote by hand: lists count as arrays and 4.0 counts as 4.
    """
    value = plain(list(value) if isinstance(value, range) else value)
    value = kindly(value, target) if typed else value
    if _has_ellipsis(value):
        return Difference("unanswered")
    if value is None:
        return Difference("unanswered" if typed else "none")
    if isinstance(target, dict):
        return _compare_dict(value, target, tolerance, typed)
    if isinstance(target, tuple | list) and not is_one_array(target):
        return _compare_parts(value, target, tolerance, typed)
    if isinstance(target, str):
        return _compare_word(value, target)
    if isinstance(target, bool | np.bool_):
        return _compare_truth(value, bool(target))
    if np.ndim(target) == 0:
        return _compare_number(value, target, tolerance, typed)
    return _compare_array(value, target, tolerance, typed)


def kindly(value: Any, target: Any) -> Any:
    """A value written by hand in the form that the target has, where that is the same thing in mathematics."""
    if isinstance(target, dict | str) or (isinstance(target, tuple | list) and not is_one_array(target)):
        return value
    if isinstance(target, bool | np.bool_):
        return bool(value) if _is_truth(value) else value
    if hasattr(value, "tolist") and hasattr(value, "free_symbols"):
        value = as_long_as(np.array(value.tolist(), dtype=object), target, value)
    if isinstance(value, np.matrix):
        value = as_long_as(np.asarray(value), target, value)
    if np.asarray(target).dtype.kind not in "iuf" or not isinstance(value, np.ndarray | list | tuple | bool | np.bool_):
        return value
    entries = _loose(value)
    if entries.dtype.kind == "c" and not entries.imag.any():
        return entries.real
    if entries.dtype == bool or (entries.dtype == object and all(isinstance(e, Number) for e in entries.ravel())):
        return entries.astype(float)[()]  # True and False are 1 and 0; fractions are numbers
    return value


def _is_truth(value: Any) -> bool:
    """SymPy's true and false; 1 and 0."""
    return type(value).__name__ in ("BooleanTrue", "BooleanFalse") or (type(value) is int and value in (0, 1))


def as_long_as(value: Any, target: Any, matrix: Any) -> Any:
    """The entries of a matrix, SymPy's or NumPy's, which has always two axes, as a row where the target is a row."""
    is_matrix = hasattr(matrix, "free_symbols") or isinstance(matrix, np.matrix)
    one_row = is_matrix and np.ndim(value) == 2 and 1 in np.shape(value) and np.ndim(target) < 2
    return np.reshape(value, np.shape(target)) if one_row and np.size(value) == np.size(target) else value


def _has_ellipsis(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return any(map(_has_ellipsis, value))
    if isinstance(value, np.ndarray):
        return value.dtype == object and any(map(_has_ellipsis, value.ravel().tolist()))
    return value is ... or (isinstance(value, Opaque) and value.type == "ellipsis")


def same(value: Any, wrong: Any, tolerance: Tolerance) -> bool:
    """Whether an answer is exactly what a wrong computation gives; types are judged kindly here."""
    value, wrong = _without_shared_nan(value, wrong)
    return compare(value, wrong, tolerance, typed=True) is None


def _without_shared_nan(value: Any, wrong: Any) -> tuple[Any, Any]:
    """NaN in the same places counts as the same here: a wrong computation may divide by zero, too."""
    if isinstance(value, float) and isinstance(wrong, float) and np.isnan(value) and np.isnan(wrong):
        return 0.0, 0.0
    if isinstance(wrong, tuple | list) and isinstance(value, tuple | list) and len(wrong) == len(value):
        pairs = [_without_shared_nan(v, w) for v, w in zip(value, wrong, strict=True)]
        return tuple(v for v, _ in pairs), tuple(w for _, w in pairs)
    if not isinstance(value, np.ndarray) or not isinstance(wrong, np.ndarray) or value.shape != wrong.shape:
        return value, wrong
    if value.dtype.kind not in "fc" or not np.array_equal(np.isnan(value), np.isnan(wrong)):
        return value, wrong
    return np.where(np.isnan(value), 0, value), np.where(np.isnan(wrong), 0, wrong)


def plain(value: Any) -> Any:
    """`value` itself when it is data; an `Opaque` for every other object, so that it is never asked anything."""
    family = type(value).__module__.split(".")[0]
    if isinstance(value, _DATA) or family in ("numpy", "sympy"):
        return value
    return Opaque(str(getattr(value, "_kind", "")) if hasattr(type(value), "_kind") else type(value).__name__)


def is_one_array(target: tuple[Any, ...] | list[Any]) -> bool:
    """Whether a reference's tuple or list is a shape or one array, and not several results."""
    if isinstance(target, list):
        return _loose(target).dtype.kind in "iuf"
    return all(isinstance(t, Number | np.number) and not isinstance(t, bool) for t in target)


def _compare_dict(value: Any, target: dict, tolerance: Tolerance, typed: bool) -> Difference | None:
    if not isinstance(value, dict):
        return Difference("type", "dict", value, target)
    by_name = {str(k): v for k, v in value.items()}
    wanted = {str(k): v for k, v in target.items()}
    if by_name.keys() != wanted.keys():
        return Difference("shape", "keys", value, target, names=tuple(k for k in wanted if k not in by_name))
    return _first_wrong([(k, by_name[str(k)], target[k]) for k in target], tolerance, typed)


def _compare_parts(value: Any, target: Any, tolerance: Tolerance, typed: bool) -> Difference | None:
    if not isinstance(value, tuple | list):
        return Difference("type", "several", value, target)
    if len(value) != len(target):
        return Difference("shape", "count", value, target)
    return _first_wrong([(i, v, t) for i, (v, t) in enumerate(zip(value, target, strict=True))], tolerance, typed)


def _first_wrong(pairs: list[tuple[Any, Any, Any]], tolerance: Tolerance, typed: bool) -> Difference | None:
    """The most telling difference among (place, yours, target)."""
    found = [(place, compare(v, t, tolerance, typed=typed)) for place, v, t in pairs]
    wrong = [(place, d) for place, d in found if d is not None]
    if not wrong:
        return None
    place, d = min(wrong, key=lambda pair: KINDS.index(pair[1].kind))
    return replace(d, path=(place, *d.path), parts=(len(pairs), len(wrong)))


def _compare_word(value: Any, target: str) -> Difference | None:
    if not isinstance(value, str | np.str_):
        return Difference("type", "word", value, target)
    if str(value).strip().casefold() == target.strip().casefold():
        return None
    return Difference("values", "choice", str(value), target)


def _compare_truth(value: Any, target: bool) -> Difference | None:
    if isinstance(value, np.ndarray) and value.ndim == 0 and value.dtype == bool:
        value = bool(value)
    if not isinstance(value, bool | np.bool_):
        return Difference("type", "truth", value, target)
    return None if bool(value) == target else Difference("values", "choice", bool(value), target)


def _compare_number(value: Any, target: Any, tolerance: Tolerance, typed: bool) -> Difference | None:
    whole = isinstance(target, int | np.integer)
    not_a_number = Difference("type", "whole-number" if whole else "number", value, target)
    if isinstance(value, bool | np.bool_ | str | Opaque | dict):
        return not_a_number
    if isinstance(value, list | tuple | np.ndarray) and np.ndim(_loose(value)) > 0:
        return Difference("shape", "brackets", _loose(value), target)
    try:
        number = complex(np.asarray(value)[()])
    except (TypeError, ValueError):
        return not_a_number
    if number.imag != 0:
        return Difference("type", not_a_number.reason, number, target)
    if np.isnan(number.real):
        return Difference("values", "nan", number.real, target)
    if not agree(np.asarray(number.real), np.asarray(target, float), tolerance).all():
        return Difference("values", "number", number.real, target)
    if whole and not typed and not isinstance(value, int | np.integer) and not _is_integer_array(value):
        return Difference("type", "decimal-point", number.real, target)
    return None


def _compare_array(value: Any, target: Any, tolerance: Tolerance, typed: bool) -> Difference | None:
    wanted = "tuple" if isinstance(target, tuple) else "array"
    target = np.asarray(target)
    if isinstance(value, list | tuple):
        if not (typed or wanted == "tuple"):
            return Difference("type", "array-no-list", value, target)
        value = _loose(value)
    if np.ndim(value) == 0 and isinstance(value, Number | np.number | np.ndarray) and not isinstance(value, bool):
        return Difference("shape", "one-number", value, target)
    if not isinstance(value, np.ndarray) or isinstance(value, np.ma.MaskedArray):
        return Difference("type", wanted, value, target)
    value = np.array(value, subok=False)
    allowed = "b" if target.dtype == bool else "iufc" if target.dtype.kind == "c" else "iuf"
    if value.dtype.kind not in allowed:
        return Difference("type", "entries", value, target)
    if value.shape != target.shape:
        return Difference("shape", "shape", value, target)
    if agree(value, target, tolerance).all():
        return None
    has_nan = bool(np.isnan(value).any() and not np.isnan(target).any())
    return Difference("values", "nan" if has_nan else "entries", value, target)


def agree(value: np.ndarray, target: np.ndarray, tolerance: Tolerance) -> np.ndarray:
    """Where two arrays of one shape agree; equal infinities do, NaN never does."""
    if target.dtype == bool:
        return value == target
    value, target = value.astype(np.result_type(value, float)), target.astype(np.result_type(target, float))
    finite = np.abs(target[np.isfinite(target)])
    limit = tolerance.atol + tolerance.rtol * (finite.max() if finite.size else 0.0)
    with np.errstate(invalid="ignore"):
        return (np.abs(value - target) <= limit) | ((value == target) & np.isinf(target))


def _loose(value: Any) -> Any:
    """A list or tuple as an array where that is possible; ragged lists become object arrays."""
    try:
        return np.asarray(value)
    except ValueError:
        return np.array(value, dtype=object)


def _is_integer_array(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind in "iu"
