"""Exceptions that name something: a variable, a function, an attribute; and an assert of the student's own."""

from dataclasses import replace
from difflib import get_close_matches
from re import Match

import numpy as np

from .cause import Cause, RaisingCall, Rule
from .texts import told


def _unbound(found: Match[str], call: RaisingCall) -> Cause:
    off = [f"{k} is {v}" for k, v in call.arguments.items() if v is None or (np.ndim(v) < 2 and not np.any(v))]
    detail = f"It is `{found[1]}`{'; ' + ', '.join(off) + ' here' if off else ''}."
    return Cause(
        "A name is used that got no value in this call: the line that sets it was skipped.",
        "Around which line that sets it is there an `if` or a loop, and is it entered for these arguments?",
        detail,
    )


def _unknown_name(found: Match[str], call: RaisingCall) -> Cause:
    name = found[1]
    if name in ("np", "utils", "sp", "plt", "numpy", "sympy"):
        asks = "It comes from the imports at the top of the notebook: was that cell run since the kernel started?"
        return Cause("Python does not know a name in this line.", asks, f"It is `{name}`.")
    if name in ("math", "itertools", "functools"):
        asks = f"Such a module is known after `import {name}`: does that line stand in your cell, or before it?"
        return Cause("Python does not know a name in this line.", asks, f"It is `{name}`.")
    alike = get_close_matches(name, [*call.arguments, *call.own], 1, 0.7)
    detail = f"It is `{name}`{f'; there is a `{alike[0]}`' if alike else ''}."
    asks = "Is it spelled the same everywhere, and was the cell that defines it run since the kernel started?"
    return Cause("Python does not know a name in this line.", asks, detail)


def _wrong_call(found: Match[str], call: RaisingCall) -> Cause | None:
    called = found[1].split(".")[-1]
    if called in call.own:
        says = "The check calls your function with the arguments shown here."
        return Cause(says, "Does the first line of your `def` still have all of the parameters it came with?")
    other = told("unexpected keyword")
    return other and replace(other, detail=f"It is `{called}`.")


def _own_assert(found: Match[str], call: RaisingCall) -> Cause | None:
    if call.error.message.startswith("the gradient of"):
        return None
    says = "An `assert` of your own refuses this call, which is one that the question allows."
    left = call.remainder()
    if left is None:
        return Cause(says, "Is what it demands true for every size, stride and padding that may come?")
    asks = "What should become of the pixels that are left over when the stride does not divide?"
    return Cause(says, asks, f"Left over beside the last window: {left}.")


def _no_attribute(found: Match[str], call: RaisingCall) -> Cause | None:
    owner, attribute = found[1], found[2]
    if "NoneType" in owner:
        return None
    if owner.startswith("module"):
        module = owner.removeprefix("module ").strip("'")
        asks = "Is it spelled right, and is there another function in its place in today's version?"
        return Cause("A module has nothing of this name.", asks, f"`{module}` has no `{attribute}`.")
    if owner in ("'list' object", "'tuple' object") and attribute in ("shape", "ndim", "T", "dtype", "sum", "reshape"):
        return told("'list' object has no attribute")
    asks = "Of which type is the thing before the dot here, and what did you expect it to be?"
    detail = f"It is: {owner}, without `{attribute}`."
    return Cause("The thing before the dot has nothing of this name.", asks, detail)


RULES: list[tuple[str, Rule]] = [
    (r"^UnboundLocalError: .*?variable '(\w+)'", _unbound),
    (r"NameError: (?:free variable|name) '(\w+)'", _unknown_name),
    (r"TypeError: ([\w.<>]+)\(\) (?:missing|takes|got)", _wrong_call),
    (r"^AssertionError", _own_assert),
    (r"AttributeError: (module '[\w.]+'|'[\w.]+' object|type object '\w+') has no attribute '(\w+)'", _no_attribute),
]
