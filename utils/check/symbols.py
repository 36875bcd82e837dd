"""Symbolic answers: a SymPy expression is right when it equals the reference at random values of its symbols.

The reference and every misconception stay plain NumPy functions: symbols in the case and in the answer are
replaced by the same random numbers, so any equivalent form of an expression passes and no simplifier is needed.
"""

import os
import re
import sys
from typing import Any

import numpy as np

MAX_OPERATIONS = 20_000


class UnknownSymbols(Exception):
    """The answer holds symbols that are not in the case; args[0] is the list of their names."""


def is_symbolic(value: Any) -> bool:
    """Whether `value` is a SymPy expression or matrix, or a list, tuple or object array that holds one."""
    if "sympy" not in sys.modules:
        return False
    if isinstance(value, list | tuple):
        return any(is_symbolic(v) for v in value)
    if isinstance(value, np.ndarray):
        return value.dtype == object and any(is_symbolic(v) for v in value.ravel())
    if type(value).__name__ in ("BooleanTrue", "BooleanFalse"):
        return False
    return type(value).__module__.split(".")[0] == "sympy" and hasattr(value, "free_symbols")


def unwrapped(value: Any) -> Any:
    """SymPy's `Tuple` as a tuple, and in lists and tuples the entry of a 1 by 1 matrix: a row times a column."""
    if type(value).__name__ == "Tuple" and is_symbolic(value):
        value = tuple(value)
    if not isinstance(value, list | tuple):
        return value
    entries = [e[0, 0] if is_symbolic(e) and getattr(e, "shape", ()) == (1, 1) else unwrapped(e) for e in value]
    return entries if type(value) is list else tuple(entries)


def names(value: Any) -> set[str]:
    """The names of all symbols in a value; `w[0]`, `w_0`, `w_{0}` and `w0` are one name."""
    return {_name(s) for s in _symbols(value)}


def numbers(value: Any, at: dict[str, float]) -> Any:
    """`value` with every symbol replaced by its number: a float, or a float array for lists and matrices."""
    if unknown := sorted(str(s) for s in _symbols(value) if _name(s) not in at):
        raise UnknownSymbols(unknown)
    if isinstance(value, np.ndarray | list | tuple):
        entries = np.array(value, dtype=object)
        return np.array([numbers(e, at) for e in entries.ravel()], dtype=float).reshape(entries.shape)
    if is_symbolic(value) and hasattr(value, "tolist"):  # a SymPy matrix or array
        return numbers(np.array(value.tolist(), dtype=object).reshape(value.shape), at)
    if not is_symbolic(value):
        return float(value)
    if getattr(value, "is_symbol", False) and _name(value) in at:
        return float(at[_name(value)])
    from sympy import Float, count_ops

    if count_ops(value) > MAX_OPERATIONS:
        raise ValueError("the expression is too long to check; expand it less")
    result = complex(value.xreplace({s: Float(at[_name(s)], 30) for s in _symbols(value)}).evalf(30))
    return result.real if abs(result.imag) < 1e-20 else float("nan")


def random_points(symbol_names: set[str], count: int = 3) -> list[dict[str, float]]:
    """`count` assignments of numbers, positive so that roots exist.

    They are the same ones in every run of a notebook. A grader draws a secret for each of its runs: nobody can write
    a formula that is right at these points alone.
    """
    generator = np.random.default_rng(int(os.environ.get("GRADING_SECRET", "20")))
    ordered = sorted(symbol_names)
    return [dict(zip(ordered, generator.uniform(0.3, 2.0, len(ordered)), strict=True)) for _ in range(count)]


def _symbols(value: Any) -> set[Any]:
    if isinstance(value, np.ndarray | list | tuple):
        return set().union(*(_symbols(v) for v in np.array(value, dtype=object).ravel()), set())
    free = value.free_symbols if is_symbolic(value) else set()
    # w[0] of an IndexedBase lists both w and w[0]: keep the element
    bases = {str(s.base) for s in free if hasattr(s, "base") and hasattr(s, "indices")}
    return {s for s in free if str(s) not in bases}


def _name(symbol: Any) -> str:
    return re.sub(r"[\[\]{}_, ]", "", str(symbol))
