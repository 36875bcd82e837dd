"""Compare one answer with its target: type, then shape, then values; nothing is broadcast and NaN never passes."""

from dataclasses import dataclass
from numbers import Number
from typing import Any

import numpy as np

from .outcome import Opaque

_NAN_HINT = "NaN comes from 0/0, from inf - inf, or from memory that was never filled. Where could that be?"
_DATA = (type(None), bool, Number, str, list, tuple, dict, np.ndarray, np.generic, Opaque)


@dataclass(frozen=True)
class Tolerance:
    """Two numbers agree when they differ by at most atol + rtol * (largest size in the target)."""

    rtol: float = 1e-7
    atol: float = 1e-9


@dataclass(frozen=True)
class Difference:
    """Why an answer is not the target. `what` continues a sentence that begins with the call.

    `mild`: told only when no other case went wrong in a more telling way.
    """

    kind: str
    what: str
    yours: Any = None
    target: Any = None
    part: int | None = None
    hint: str | None = None
    mild: bool = False


def compare(value: Any, target: Any, tolerance: Tolerance, *, typed: bool = False) -> Difference | None:
    """The first difference, or None when the answer is right.

    `typed` is for values that a student wrote by hand: lists count as arrays and 4.0 counts as 4.
    """
    value = plain(value)
    if isinstance(value, Opaque) and value.type == "ellipsis":
        return Difference("unanswered", "is still `...`.")
    if value is None:
        return (
            Difference("unanswered", "has no value yet.") if typed else Difference("none", "returned nothing (None).")
        )
    if isinstance(target, dict):
        return _compare_dict(value, target, tolerance, typed)
    if isinstance(target, tuple | list) and not _is_row_of_numbers(target):
        return _compare_parts(value, target, tolerance, typed)
    if isinstance(target, str):
        return _compare_word(value, target)
    if isinstance(target, bool | np.bool_):
        return _compare_bool(value, bool(target))
    if np.ndim(target) == 0:
        return _compare_number(value, target, tolerance, typed)
    return _compare_array(value, target, tolerance, typed)


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


def kind_name(value: Any) -> str:
    """A type in plain words."""
    if isinstance(value, Opaque):
        return f"a {value.type}"
    names = {bool: "True or False", int: "a whole number", float: "a number", complex: "a complex number"}
    names |= {str: "a text", list: "a list", tuple: "a tuple", dict: "a dict", np.ndarray: "an array"}
    return names.get(type(value), f"a {type(value).__name__}")


def _verb(typed: bool) -> str:
    return "is" if typed else "returned"


def _is_row_of_numbers(target: Any) -> bool:
    """Whether a reference's tuple or list is a shape or one array, and not several results."""
    if isinstance(target, list):
        return np.asarray(target).dtype.kind in "iuf"
    return all(isinstance(t, Number | np.number) and not isinstance(t, bool) for t in target)


def _compare_dict(value: Any, target: dict, tolerance: Tolerance, typed: bool) -> Difference | None:
    if not isinstance(value, dict):
        return Difference("type", f"{_verb(typed)} {kind_name(value)}; a dict is expected.")
    if {str(k) for k in value} != {str(k) for k in target}:
        missing = ", ".join(f"`{k}`" for k in target if str(k) not in {str(name) for name in value})
        return Difference("shape", f"does not have the keys that are expected{f': {missing} missing' * bool(missing)}.")
    by_name = {str(k): v for k, v in value.items()}
    names = [f"`{k}`" for k in target]
    return _compare_parts([by_name[str(k)] for k in target], list(target.values()), tolerance, typed, names)


def _compare_parts(
    value: Any, target: Any, tolerance: Tolerance, typed: bool, names: list[str] | None = None
) -> Difference | None:
    if not isinstance(value, tuple | list):
        return Difference("type", f"{_verb(typed)} {kind_name(value)}; {len(target)} things are expected, in a tuple.")
    if len(value) != len(target):
        return Difference("shape", f"has {len(value)} parts; {len(target)} are expected.")
    found = [(i, compare(v, t, tolerance, typed=typed)) for i, (v, t) in enumerate(zip(value, target, strict=True))]
    wrong = [(i, d) for i, d in found if d is not None]
    order = ["unanswered", "none", "type", "shape", "values"]
    if not wrong:
        return None
    i, d = min(wrong, key=lambda pair: order.index(pair[1].kind))
    where = names[i] if names else f"part {i + 1} of {len(target)}"
    return Difference(d.kind, f"({where}) {d.what}", d.yours, d.target, i, d.hint)


def _compare_word(value: Any, target: str) -> Difference | None:
    if not isinstance(value, str | np.str_):
        return Difference("type", f"is {kind_name(value)}; write the word of your choice in quotes.")
    if value.strip().casefold() != target.strip().casefold():
        return Difference("values", "is not the right choice.", str(value), target)
    return None


def _compare_bool(value: Any, target: bool) -> Difference | None:
    if isinstance(value, np.ndarray) and value.shape == () and value.dtype == bool:
        value = bool(value)
    if not isinstance(value, bool | np.bool_):
        return Difference("type", f"is {kind_name(value)}; True or False is expected.")
    return None if bool(value) == target else Difference("values", "is not right.", bool(value), target)


def _compare_number(value: Any, target: Any, tolerance: Tolerance, typed: bool) -> Difference | None:
    whole = isinstance(target, int | np.integer)
    wanted = "a whole number" if whole else "a number"
    if isinstance(value, bool | np.bool_ | str | Opaque | dict):
        hint = "Write the number without quotes." if isinstance(value, str) else None
        return Difference("type", f"{_verb(typed)} {kind_name(value)}; {wanted} is expected.", hint=hint)
    if isinstance(value, list | tuple | np.ndarray) and np.ndim(_loose(value)) > 0:
        return Difference("shape", f"has shape {np.shape(_loose(value))}; one number is expected, without brackets.")
    try:
        number = complex(np.asarray(value)[()])
    except (TypeError, ValueError):
        return Difference("type", f"{_verb(typed)} {kind_name(value)}; {wanted} is expected.")
    if number.imag != 0:
        return Difference("type", f"{_verb(typed)} a complex number; {wanted} is expected.")
    if np.isnan(number.real):
        return Difference("values", f"{_verb(typed)} NaN (not a number).", number.real, target, hint=_NAN_HINT)
    if not _close(np.asarray(number.real), np.asarray(target, float), tolerance).all():
        return Difference("values", f"{_verb(typed)} {_plain(number.real)}, which is not right.", number.real, target)
    if whole and not typed and not isinstance(value, int | np.integer) and not _is_integer_array(value):
        hint = "A size counts things: `//` divides without a fraction, and int(...) makes a whole number."
        return Difference("type", f"returned {number.real:.1f}, a number with a decimal point.", hint=hint, mild=True)
    return None


def _compare_array(value: Any, target: Any, tolerance: Tolerance, typed: bool) -> Difference | None:
    target_is_tuple = isinstance(target, tuple)
    target = np.asarray(target)
    if isinstance(value, list | tuple):
        if not (typed or target_is_tuple):
            hint = "np.array(...) makes an array of it; better still, fill an array from the start."
            return Difference("type", f"returned {kind_name(value)}; a NumPy array is expected.", hint=hint)
        value = _loose(value)
    if np.ndim(value) == 0 and isinstance(value, Number | np.number | np.ndarray) and not isinstance(value, bool):
        expected = "" if typed else f" of shape {target.shape}"
        return Difference(
            "shape", f"{_verb(typed)} one number; {'several' if typed else 'an array' + expected} expected."
        )
    if not isinstance(value, np.ndarray) or isinstance(value, np.ma.MaskedArray):
        wanted = "a tuple" if target_is_tuple else "a NumPy array"
        return Difference("type", f"{_verb(typed)} {kind_name(value)}; {wanted} is expected.")
    value = np.array(value, subok=False)
    allowed = "b" if target.dtype == bool else "iufc" if target.dtype.kind == "c" else "iuf"
    if value.dtype.kind not in allowed:
        what = "Python objects" if value.dtype == object else f"{value.dtype} values"
        wanted = "True and False" if allowed == "b" else "numbers"
        return Difference("type", f"{_verb(typed)} an array of {what}; an array of {wanted} is expected.")
    if value.shape != target.shape:
        right = "not the right shape" if typed else f"the right shape is {target.shape}"
        return Difference("shape", f"has shape {value.shape}; {right}.", value, target)
    close = _close(value, target, tolerance)
    if close.all():
        return None
    if np.isnan(value).any() and not np.isnan(target).any():
        return Difference("values", "has NaN (not a number) in it.", value, target, hint=_NAN_HINT)
    return Difference("values", "has the right shape, but wrong values.", value, target)


def _close(value: np.ndarray, target: np.ndarray, tolerance: Tolerance) -> np.ndarray:
    """Elementwise; equal infinities agree, NaN never does."""
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


def _plain(number: float) -> str:
    return f"{number:.0f}" if np.isfinite(number) and number == round(number) else f"{number:.5g}"
