"""Recognition by the table of wrong functions, for the operations that have no program with forks yet."""

import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from .compare import Tolerance, same
from .diagnosis import Diagnosis
from .forks.evidence import SINGLE, TIGHT
from .question import Question
from .rounded import ROUNDED, is_rounded
from .table import Misconception, known
from .trial import Trial


def in_table(question: Question, trials: Sequence[Trial]) -> Diagnosis | None:
    """The wrong function that gives the student's numbers on every case."""
    wrong = [t for t in trials if t.numbers_wrong]
    symbolic = any(t.symbolic is not None for t in trials)
    rest = [t for t in trials if t.difference is None]
    for m in known(question.about):
        if all(_explains(m, question, t) for t in [*wrong, *rest]):
            return Diagnosis(m.name, m.says, m.asks, names=(m.name,))
    if question.typed and not symbolic:

        def rounded(value: Any, exact: Any, tolerance: Tolerance) -> bool:
            with suppress(TypeError, ValueError):
                return is_rounded(np.asarray(value, float), np.asarray(exact, float), tolerance)
            return False

        if all(rounded(t.part(t.value), t.part(t.target), question.tolerance) for t in wrong):
            return ROUNDED
        for m in known(question.about):
            if all(_explains(m, question, t, rounded) for t in wrong):
                return Diagnosis(m.name, m.says, m.asks, names=(m.name,))
    return None


def _explains(
    m: Misconception, question: Question, trial: Trial, fits: Callable[[Any, Any, Tolerance], bool] = same
) -> bool:
    with suppress(Exception), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        wrong = question.answer_by(m.wrong, trial.concrete)
        if wrong is None:  # does not apply to this case
            return False
        value = trial.part(trial.value)
        return fits(value, trial.part(wrong), question.tolerance if fits is not same else _tight(value))
    return False


def _tight(value: Any) -> Tolerance:
    """Far closer than two known mistakes differ, whatever the question takes for right."""
    single = getattr(value, "dtype", None) in (np.float32, np.float16)
    return Tolerance(SINGLE if single else TIGHT, 1e-12)
