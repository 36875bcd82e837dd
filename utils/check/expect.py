"""The one way to check: `expect(answer, like=reference, on=cases)`."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

import numpy as np

from . import report
from .call import is_function, student_calls
from .caller import inside_hidden_test, name_in_test
from .cases import Case
from .compare import Difference, Tolerance, compare, plain
from .diagnosis import Diagnosis
from .letters import letter_became_number
from .operations import OPERATIONS, forbidden_names, operation
from .outcome import Opaque, Outcome
from .question import Question, leaves
from .recognise import recognise
from .recorded import NotRecorded
from .seen import nothing_returned, nothing_written
from .several import several
from .shown import keep
from .trial import Trial, try_case, worst_of

_names_wanted = ContextVar("names_wanted", default=True)


@contextmanager
def without_names() -> Iterator[None]:
    """In this block checks judge, and look for no mistake's name: for a grader that has it from another check."""
    before = _names_wanted.set(False)
    try:
        yield
    finally:
        _names_wanted.reset(before)


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
    about    the operation's name in `operations`; default: `like`'s own name, if it is one. "": none.
    rtol, atol  numbers agree within atol + rtol * (largest size in the target). NaN never agrees.
    forbid   names of `utils` functions that may not run during the call; default: those that answer `about`.
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
    known = OPERATIONS.get(getattr(like, "__name__", "")) if about is None else operation(about) if about else None
    call = is_function(answer)
    function = str(getattr(answer, "__name__", "")) if call else ""
    name = name_in_test(answer) or function or ("it" if call else "Your answer")
    hidden = inside_hidden_test() if hidden is None else hidden
    question = Question(name, known, like, Tolerance(rtol, atol), pick, via, not call, hidden, unchanged, function)

    if answer is None or (not call and _is_stub(answer)):
        raise report.unanswered(question)
    if not call and not isinstance(on, Case):
        raise report.no_function(question, Difference("type", "function", answer))
    single = _single_precision(cases) if call and float32 else None
    watch = tuple(sorted(known.forbidden if known else ())) if forbid is None else forbidden_names(forbid)
    asked = [*cases, single] if single else cases
    outcomes = student_calls(answer, [c.fresh() for c in asked], watch) if call else [None]
    trials = [t for c, o in zip(cases, outcomes, strict=False) for t in try_case(question, c, answer, o)]
    worst = worst_of(trials)
    if worst is not None:
        found = _diagnose(question, trials) if _names_wanted.get() else None
        failure = report.failure(question, worst, found)
        keep(failure, question, trials, found)
        raise failure
    if single and (difference := _float32_difference(question, single, outcomes[-1], float32 == "strict")):
        raise report.float32(question, single, difference)


def _diagnose(question: Question, trials: list[Trial]) -> Diagnosis | None:
    for find in (letter_became_number, nothing_returned, nothing_written, several, recognise):
        with suppress(NotRecorded):  # in a student's hands
            found = find(question, trials)
            if found is not None:
                return found
    return None


def _is_stub(answer: Any) -> bool:
    seen = plain(answer)
    return isinstance(seen, Opaque) and seen.type == "ellipsis"


def _single_precision(cases: list[Case]) -> Case | None:
    """The smallest case that has a float array, at float32; None where no case has one."""
    able = [c for c in cases if any(_is_float64(a) for a in c.values())]
    return min(able, key=Case.weight).map(lambda a: a.astype(np.float32) if _is_float64(a) else a) if able else None


def _float32_difference(question: Question, single: Case, outcome: Outcome | None, strict: bool) -> Difference | None:
    assert outcome is not None
    if outcome.error is not None:
        return Difference("float32", "raised", outcome.error.type)
    target = question.target(single.map(lambda a: a.astype(float) if _is_float32(a) else a))
    if compare(outcome.value, target, Tolerance(1e-3, 1e-4)) is not None:
        return Difference("float32", "values")
    dtypes = [v.dtype for v in leaves(outcome.value) if isinstance(v, np.ndarray) and v.dtype != np.float32]
    return Difference("float32", "dtype", dtypes[0]) if strict and dtypes else None


def _is_float64(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype == np.float64


def _is_float32(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype == np.float32
