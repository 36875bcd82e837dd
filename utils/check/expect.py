"""The one way to check: `expect(answer, like=reference, on=cases)`."""

import inspect
import sys
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from . import report
from .call import is_function, student_calls
from .cases import Case
from .compare import Difference, Tolerance, compare, kind_name, plain
from .failure import KINDS
from .families import family
from .outcome import Opaque, Outcome
from .recognise import recognise
from .symbols import UnknownSymbols, is_symbolic, names, numbers, random_points
from .trial import Trial, picked


def expect(
    answer: Any,
    like: Callable[..., Any],
    on: Case | Sequence[Case],
    *,
    about: str | None = None,
    rtol: float = 1e-7,
    atol: float = 1e-9,
    forbid: Iterable[str] | None = None,
    float32: bool | str = True,
    unchanged: bool = True,
    hidden: bool | None = None,
    pick: Any = None,
    via: Callable[..., Case] | None = None,
) -> None:
    """Return None when the answer is right, else raise `Failure` with a remark that a tutor would make.

    answer   a function (or a grader's proxy), called on each case; or a value, compared at the single case `on`.
             With a list of cases a function is required. A value may be a number, tuple, text, True/False, array,
             or SymPy expression(s): an expression is right when it equals `like` at random values of its symbols.
    like     the reference function; called with the case's arguments.
    about    the operation's name in the table of misconceptions; default: `like`'s own name.
    rtol, atol  numbers agree within atol + rtol * (largest size in the target). NaN never agrees.
    forbid   names of `utils` functions that may not run during the call; default: `about` and its other faces.
    float32  True: a float32 run must work, with values right to float32's accuracy; "strict": and must return
             float32; False: not tried. Only cases with float arrays are tried.
    unchanged  the function may not change its arguments.
    hidden   True: the message shows no case, no value and no expected shape, only what kind of mistake it is.
             Default: True inside a test that otter marks as hidden, else False.
    pick     an index into, or a function of, `like`'s result: `pick=2` checks one entry of a gradient.
    via      turns the arguments of `on` into the case of `about`'s signature, when the student's function has
             another one: `via=lambda x, delta: case(delta, x, (3,))`. Only misconceptions are called through it.
    """
    cases = [on] if isinstance(on, Case) else list(on)
    if not cases:
        raise ValueError("on is empty; expected at least one case(...)")
    about = about or str(getattr(like, "__name__", ""))
    call = is_function(answer)
    hidden = _inside_hidden_test() if hidden is None else hidden
    name = _name_in_test(answer) or (str(getattr(answer, "__name__", about)) if call else "Your answer")
    say = report.Reporter(name, about, like, hidden=hidden, typed=not call)

    if answer is None or (not call and _is_stub(answer)):
        raise say.unanswered()
    if not call and not isinstance(on, Case):
        raise say.failure("type", None, f"is {kind_name(answer)}; a function is expected.")
    tolerance = Tolerance(rtol, atol)
    watch = tuple(family(about) if forbid is None else forbid)
    single = _float32_case(cases) if call and float32 else None
    outcomes = (
        student_calls(answer, [c.fresh() for c in [*cases, *([single] if single else [])]], watch) if call else []
    )
    trials = [t for i, c in enumerate(cases) for t in _trials(answer, outcomes[i] if call else None, like, c, pick)]
    failed = []
    for trial in trials:
        trial.difference = _first_difference(trial, tolerance, typed=not call, unchanged=unchanged)
        if trial.difference is not None:
            failed.append(trial)
    if failed:
        worst = min(failed, key=_severity)
        found = recognise(trials, worst, about, tolerance, pick, via)
        raise say.of(worst, found, tolerance)
    if single:
        _check_float32(outcomes[-1], like, single, pick, strict=float32 == "strict", say=say)


def _is_stub(answer: Any) -> bool:
    seen = plain(answer)
    return isinstance(seen, Opaque) and seen.type == "ellipsis"


def _severity(trial: Trial) -> tuple[bool, int, int]:
    assert trial.difference is not None
    return trial.difference.mild, KINDS.index(trial.difference.kind), trial.shown.weight()


def _trials(answer: Any, outcome: Outcome | None, like: Callable, shown: Case, pick: Any) -> list[Trial]:
    """The trial of one case; a symbolic case becomes several numeric trials."""
    value = outcome.value if outcome else answer
    symbols = set().union(*(names(a) for a in shown.values() if is_symbolic(a)), set())
    if not symbols and not is_symbolic(value):
        return [Trial(shown, shown, outcome, value, _target(like, shown, pick), pick)]
    trials = []
    for point in random_points(symbols):
        concrete = shown.map(lambda a, at=point: numbers(a, at) if is_symbolic(a) else a)
        trial = Trial(shown, concrete, outcome, value, _target(like, concrete, pick), pick, symbolic=value)
        try:
            if is_symbolic(value) or isinstance(value, list | tuple | int | float):
                trial.value = numbers(value, point)
        except UnknownSymbols as unknown:
            trial.problem = f"contains {unknown}, on which the right answer does not depend."
        except (TypeError, ValueError, OverflowError):
            trial.problem = "could not be read as an expression."
        trials.append(trial)
    return trials


def _target(like: Callable, on: Case, pick: Any) -> Any:
    target = picked(_right_answer(like, on), pick)
    if any(np.isnan(np.asarray(t, float)).any() for t in _leaves(target) if np.asarray(t).dtype.kind == "f"):
        raise ValueError(f"the reference {getattr(like, '__name__', like)} gives NaN on {on}; choose another case")
    return target


def _right_answer(like: Callable, on: Case) -> Any:
    """What `like` gives on a case. References are pure, so one that stays in its module is asked once for each case."""
    name = getattr(like, "__qualname__", "<")
    contents = None if "<" in name else on.contents()  # <locals> and <lambda> are made anew in each run of a test
    return on.call(like) if contents is None else _remembered(like, _Asked(contents, on))


@dataclass(frozen=True)
class _Asked:
    contents: Hashable
    case: Case = field(compare=False)


@lru_cache(maxsize=2048)
def _remembered(like: Callable, asked: _Asked) -> Any:
    return asked.case.call(like)


def _leaves(target: Any) -> list[Any]:
    if isinstance(target, dict):
        return [leaf for v in target.values() for leaf in _leaves(v)]
    return [leaf for t in target for leaf in _leaves(t)] if isinstance(target, tuple | list) else [target]


def _first_difference(trial: Trial, tolerance: Tolerance, *, typed: bool, unchanged: bool) -> Difference | None:
    outcome = trial.outcome
    if outcome is not None and outcome.used:
        return Difference("used-utils", ", ".join(outcome.used))
    if outcome is not None and outcome.error is not None:
        stub = "ellipsis" in outcome.error.message
        return Difference("unanswered", "still has a `...` in it.") if stub else Difference("exception", "")
    if trial.problem:
        return Difference("values", trial.problem)
    difference = compare(trial.value, trial.target, tolerance, typed=typed or trial.symbolic is not None)
    if difference is None and unchanged and outcome is not None and outcome.mutated:
        return Difference("mutation", ", ".join(outcome.mutated))
    return difference


def _float32_case(cases: list[Case]) -> Case | None:
    """The smallest case that has a float array, at float32; None where no case has one."""
    able = [c for c in cases if any(_is_float64(a) for a in c.values())]
    return min(able, key=Case.weight).map(lambda a: a.astype(np.float32) if _is_float64(a) else a) if able else None


def _check_float32(
    outcome: Outcome, like: Callable, single: Case, pick: Any, *, strict: bool, say: "report.Reporter"
) -> None:
    target = _target(like, single.map(lambda a: a.astype(float) if _is_float32(a) else a), pick)
    if outcome.error is not None:
        raise say.float32(single, "raised " + outcome.error.type, "when the data are float32.")
    if compare(outcome.value, target, Tolerance(1e-3, 1e-4)) is not None:
        raise say.float32(single, "gives wrong values", "when the data are float32; float64 is right.")
    leaves = [v for v in _leaves(outcome.value) if isinstance(v, np.ndarray)]
    if strict and any(v.dtype != np.float32 for v in leaves):
        dtype = next(v.dtype for v in leaves if v.dtype != np.float32)
        raise say.float32(single, f"returned {dtype}", "for float32 data; a result keeps the dtype of its input.")


def _is_float64(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype == np.float64


def _is_float32(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype == np.float32


def _name_in_test(answer: Any) -> str | None:
    """The name under which the test that called `expect` knows the answer."""
    caller = inspect.currentframe()
    while caller is not None and caller.f_code.co_filename == __file__:
        caller = caller.f_back
    if caller is None or answer is None or answer is Ellipsis:
        found = [] if caller is None else list(caller.f_code.co_varnames[: caller.f_code.co_argcount])
        return found[0] if caller is not None and len(found) == 1 else None
    found = [k for k, v in caller.f_locals.items() if v is answer and k.isidentifier() and not k.startswith("_")]
    return found[0] if len(found) == 1 else None


def _inside_hidden_test() -> bool:
    """Whether an otter test case with `hidden=True` is running."""
    frame = sys._getframe()
    while frame is not None:
        if frame.f_code.co_name == "call_func" and getattr(frame.f_locals.get("self"), "hidden", False) is True:
            return True
        frame = frame.f_back
    return False
