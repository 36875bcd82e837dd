"""Name the mistake: which wrong computation gives the student's own numbers."""

import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from .compare import Tolerance, same
from .diagnosis import Diagnosis
from .question import Question
from .sizes import wrong_size
from .table import Misconception, known
from .trial import Trial, worst_of

ROUNDED = Diagnosis(
    "rounded-too-soon",
    "These are the right numbers, but rounded.",
    "Can you write a fraction or a formula, such as 1 / 3 or np.sqrt(2), or more digits?",
)


def recognise(question: Question, trials: Sequence[Trial]) -> Diagnosis | None:
    """The mistake that explains every failed trial; one that also explains the others goes first."""
    worst = worst_of(trials)
    if worst is None or not worst.numbers_wrong:
        return None
    wrong = [t for t in trials if t.numbers_wrong]
    rest = [t for t in trials if t.difference is None]
    candidates = [m for m in known(question.about) if all(_explains(m, question, t) for t in wrong)]
    for m in candidates:
        if all(_explains(m, question, t) for t in rest):
            return _diagnosis(m)
    if candidates:
        return _diagnosis(candidates[0])
    if question.typed and worst.symbolic is None:  # numbers that were written by hand
        return _rounded_by_hand(question, wrong)
    if worst.difference and worst.difference.kind == "shape":
        with suppress(Exception):  # a remark must never break the verdict
            shapes = [t for t in wrong if t.difference and t.difference.kind == "shape"]
            return _diagnosis(wrong_size(question, shapes))
    return None


def _diagnosis(m: Misconception | None) -> Diagnosis | None:
    return Diagnosis(m.name, m.says, m.asks) if m else None


def _rounded_by_hand(question: Question, trials: list[Trial]) -> Diagnosis | None:
    """The right numbers, or a known mistake's, that were rounded before they were written down."""
    if all(_is_rounded(t.part(t.value), t.part(t.target), question.tolerance) for t in trials):
        return ROUNDED
    fits = [m for m in known(question.about) if all(_explains(m, question, t, _is_rounded) for t in trials)]
    return _diagnosis(fits[0]) if fits else None


def _is_rounded(value: Any, exact: Any, tolerance: Tolerance) -> bool:
    """Whether each number of `value` is that of `exact`, or that number rounded to 2, 3 or 4 digits."""
    with suppress(TypeError, ValueError):
        mine, right = np.asarray(value, float), np.asarray(exact, float)
        if mine.shape == right.shape:
            pairs = zip(mine.ravel().tolist(), right.ravel().tolist(), strict=True)
            return all(same(v, r, tolerance) or v in _roundings(r) for v, r in pairs)
    return False


def _roundings(number: float) -> set[float]:
    if number.is_integer():
        return set()
    return ({float(f"{number:.{d}g}") for d in (2, 3, 4)} | {round(number, d) for d in (2, 3, 4)}) - {0.0}


def _explains(
    m: Misconception, question: Question, trial: Trial, fits: Callable[[Any, Any, Tolerance], bool] = same
) -> bool:
    with suppress(Exception), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        wrong = question.answer_by(m.wrong, trial.concrete)
        if wrong is None:  # does not apply to this case
            return False
        return fits(trial.part(trial.value), trial.part(wrong), question.tolerance)
    return False
