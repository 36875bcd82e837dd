"""Call a student's function in this process, and tell what happened as an `Outcome`."""

import linecache
import sys
import sysconfig
import traceback
from collections.abc import Callable
from types import FrameType
from typing import Any

import numpy as np

from .outcome import Outcome, StudentError
from .watch import OPERATORS, watching

LIBRARIES = tuple({sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")})


def student_call(function: Any, args: tuple, kwargs: dict[str, Any], watch: tuple[str, ...] = ()) -> Outcome:
    """One call of `function`, through its own `student_call` when it is a proxy. The arguments may get changed."""
    if is_proxy(function):
        outcome = function.student_call(args, kwargs, watch)
        if not isinstance(outcome, Outcome):
            raise TypeError(f"student_call gave a {type(outcome).__name__}; an Outcome is expected")
        return outcome
    before = [(label, _snapshot(a)) for label, a in _labelled(args, kwargs)]
    value, error = None, None
    with watching(watch) as used:
        try:
            value = function(*args, **kwargs)
        except Exception as failure:
            error = describe(failure)
    after = [a for _, a in _labelled(args, kwargs)]
    changed = tuple(label for (label, b), a in zip(before, after, strict=True) if not _same(b, a))
    return Outcome(value, error, changed, tuple(sorted(used)))


def describe(failure: BaseException) -> StudentError:
    """The exception in the student's terms: the innermost line that they wrote themselves."""
    if isinstance(failure, SyntaxError):
        return StudentError("SyntaxError", str(failure), failure.lineno, failure.text and failure.text.strip())
    for frame, line in reversed(list(traceback.walk_tb(failure.__traceback__))):
        file = frame.f_code.co_filename
        if not file.startswith((*LIBRARIES, "<frozen", "<__array_function__")) and not _is_ours(frame):
            source = linecache.getline(file, line).strip() or None
            return StudentError(type(failure).__name__, str(failure), line, source)
    return StudentError(type(failure).__name__, str(failure))


def _is_ours(frame: FrameType) -> bool:
    return f"{frame.f_globals.get('__name__')}.".startswith(f"{OPERATORS}.")


def _labelled(args: tuple, kwargs: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(str(i + 1), a) for i, a in enumerate(args)] + list(kwargs.items())


def _snapshot(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, dict):
        return {name: _snapshot(entry) for name, entry in value.items()}
    return list(value) if isinstance(value, list) else value


def _same(before: Any, after: Any) -> bool:
    if isinstance(before, dict):
        return before.keys() == after.keys() and all(_same(entry, after[name]) for name, entry in before.items())
    if isinstance(before, np.ndarray):
        return (
            before.shape == after.shape
            and before.dtype == after.dtype
            and (before.tobytes() == after.tobytes() if before.dtype != object else bool((before == after).all()))
        )
    return before == after if isinstance(before, list) else True


def is_proxy(answer: Any) -> bool:
    """Whether a grader made this object; asked of its type, because an instance may claim anything."""
    return hasattr(type(answer), "student_call")


def is_function(answer: Any) -> bool:
    """Whether an answer is to be called: a function or proxy, and not a SymPy symbol (it is callable too)."""
    if is_proxy(answer):
        return True
    sympy = sys.modules.get("sympy")
    return isinstance(answer, Callable) and not (sympy and isinstance(answer, sympy.Basic))
