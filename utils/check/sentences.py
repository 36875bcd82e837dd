"""Each `Difference` in words: the end of a sentence that begins with the call, and sometimes a hint."""

from typing import Any

import numpy as np

from .compare import Difference
from .outcome import Opaque

_EXPECTED = {
    "dict": "a dict",
    "tuple": "a tuple",
    "array": "a NumPy array",
    "array-no-list": "a NumPy array",
    "truth": "True or False",
    "number": "a number",
    "whole-number": "a whole number",
    "function": "a function",
}
_NAN = "NaN comes from 0/0, from inf - inf, or from memory that was never filled. Where could that be?"
_AS_ARRAY = "np.array(...) makes an array of it; better still, fill an array from the start."
_WHOLE = "A size counts things: `//` divides without a fraction, and int(...) makes a whole number."


def sentence(found: Difference, typed: bool, results: tuple[str, ...] = ()) -> str:
    """What is wrong with a type, a shape or values: "returned a list; a NumPy array is expected.".

    `results`: what the single results are called, where there are several.
    """
    told = {"none": _none, "type": _type, "shape": _shape, "values": _values}[found.kind](found, typed)
    return f"({_place(found, results)}) {told}" if found.path else told


def hint(found: Difference, typed: bool) -> str | None:
    """A hint that follows from the difference alone."""
    if found.reason == "nan":
        return _NAN
    if found.reason == "decimal-point":
        return _WHOLE
    if found.reason == "array-no-list":
        return _AS_ARRAY
    if found.reason == "no-expression" and _holds_text(found.yours):
        return "Write formulas without quotes: their letters are names that Python knows."
    if found.reason in ("number", "whole-number") and isinstance(found.yours, str):
        return "Write the number without quotes."
    if found.kind == "none":
        return "Either it has no answer yet, or its `return` line is missing. Which name holds your result?"
    return None


def _holds_text(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list | tuple) and any(map(_holds_text, value)))


def kind_name(value: Any) -> str:
    """A type in plain words."""
    if isinstance(value, Opaque):
        return f"a {value.type}"
    names = {bool: "True or False", int: "a whole number", float: "a number", complex: "a complex number"}
    names |= {str: "a text", list: "a list", tuple: "a tuple", dict: "a dict", np.ndarray: "an array"}
    return names.get(type(value), f"a {type(value).__name__}")


def _place(found: Difference, results: tuple[str, ...]) -> str:
    steps = [f"`{step}`" if isinstance(step, str) else f"part {step + 1}" for step in found.path]
    if len(steps) == 1 and isinstance(found.path[0], int):
        steps[0] += f" of {found.parts[0]}"
        if len(results) == found.parts[0]:
            steps[0] += f", `{results[found.path[0]]}`"
    return " of ".join(reversed(steps))


def _verb(typed: bool) -> str:
    return "is" if typed else "returned"


def _none(found: Difference, typed: bool) -> str:
    return "returned nothing (None)."


def _type(found: Difference, typed: bool) -> str:
    if found.reason == "decimal-point":
        return f"returned {found.yours:.1f}, a number with a decimal point."
    if found.reason == "word":
        return f"is {kind_name(found.yours)}; a text is expected, in quotes."
    if found.reason == "several":
        return f"{_verb(typed)} {kind_name(found.yours)}; {len(found.target)} things are expected, in a tuple."
    if found.reason == "entries":
        what = "Python objects" if found.yours.dtype == object else f"{found.yours.dtype} values"
        wanted = "True and False" if found.target.dtype == bool else "numbers"
        return f"{_verb(typed)} an array of {what}; an array of {wanted} is expected."
    wanted = "a list" if typed and found.reason == "array" else _EXPECTED[found.reason]
    return f"{_verb(typed)} {kind_name(found.yours)}; {wanted} is expected."


def _shape(found: Difference, typed: bool) -> str:
    if found.reason == "keys":
        missing = ", ".join(f"`{name}`" for name in found.names)
        return f"does not have the keys that are expected{f': {missing} missing' if missing else ''}."
    if found.reason == "count":
        return f"has {len(found.yours)} parts; {len(found.target)} are expected."
    if found.reason == "brackets":
        return f"has shape {np.shape(found.yours)}; one number is expected, without brackets."
    if found.reason == "one-number":
        wanted = "several are" if typed else f"an array of shape {np.shape(found.target)} is"
        return f"{_verb(typed)} one number; {wanted} expected."
    right = "not the right shape" if typed else f"the right shape is {np.shape(found.target)}"
    return f"has shape {np.shape(found.yours)}; {right}."


def _values(found: Difference, typed: bool) -> str:
    if found.reason == "unknown-symbols":
        return f"contains {', '.join(found.names)}, on which the right answer does not depend."
    if found.reason == "no-expression":
        return "could not be read as an expression."
    if found.reason == "choice":
        return "is not the right choice." if isinstance(found.yours, str) else "is not right."
    if found.reason == "nan":
        return f"{_verb(typed)} NaN (not a number)." if np.ndim(found.yours) == 0 else "has NaN (not a number) in it."
    if found.reason == "number":
        return f"{_verb(typed)} {_plain(found.yours)}, which is not right."
    return "has the right shape, but wrong values."


def _plain(number: float) -> str:
    return f"{number:.0f}" if np.isfinite(number) and number == round(number) else f"{number:.5g}"
