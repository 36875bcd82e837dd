"""Call a student's function in this process, and tell what happened as an `Outcome`."""

import linecache
import sys
import sysconfig
import traceback
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

import numpy as np

from utils.watch import watching

from .outcome import Outcome, StudentError

LIBRARY = __name__.split(".")[0]
LIBRARIES = tuple({sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")})


Call = tuple[tuple[Any, ...], dict[str, Any]]


def student_calls(function: Any, calls: Sequence[Call], watch: tuple[str, ...] = ()) -> list[Outcome]:
    """The outcomes of all `calls` (args, kwargs) of `function`, in their order. The arguments may get changed.

    A proxy is asked once for all of them, through its own `student_calls(calls, watch)`.
    """
    if not is_proxy(function):
        return [_called(function, args, kwargs, watch) for args, kwargs in calls]
    told = list(function.student_calls(list(calls), watch))
    outcomes = [outcome for each in told if (outcome := Outcome.of(each)) is not None]
    strange = [type(each).__name__ for each in told if Outcome.of(each) is None]
    if strange or len(outcomes) != len(calls):
        given = f"a {strange[0]}" if strange else f"{len(outcomes)} outcomes"
        raise TypeError(f"a proxy gave {given} for {len(calls)} calls; one Outcome for each is expected")
    return outcomes


def _called(function: Callable[..., Any], args: tuple, kwargs: dict[str, Any], watch: tuple[str, ...]) -> Outcome:
    """One call in this process."""
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
    return f"{frame.f_globals.get('__name__')}.".startswith(f"{LIBRARY}.")


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
    return hasattr(type(answer), "student_calls")


def is_function(answer: Any) -> bool:
    """Whether an answer is to be called: a function or proxy, and not a SymPy symbol (it is callable too)."""
    if is_proxy(answer):
        return True
    sympy = sys.modules.get("sympy")
    return isinstance(answer, Callable) and not (sympy and isinstance(answer, sympy.Basic))
