"""A letter that has become a number: after `delta_0 = 3` in another cell, a right formula is refused."""

from collections.abc import Sequence
from contextlib import suppress

import numpy as np

from .compare import same
from .diagnosis import Diagnosis
from .question import Question
from .symbols import is_symbolic, names, numbers
from .trial import Trial

_ASKS = "Which cell gives it a value? Run the cell with the symbols again, then this one."


def letter_became_number(question: Question, trials: Sequence[Trial]) -> Diagnosis | None:
    """Whether numbers in place of the letters that the answer lacks make the right answer out of it."""
    first = trials[0]
    if first.shown is first.concrete or first.difference is None:
        return None
    letters = set().union(*(names(v) for v in first.shown.values() if is_symbolic(v)))
    missing = sorted(letters - names(first.symbolic))
    if not missing or len(missing) == len(letters):
        return None
    with suppress(Exception):  # a remark must never break the verdict
        values = _solve(question, trials, missing)
        if values and any(abs(v) not in (0, 1) for v in values.values()):  # 0 or 1: rather left out than overwritten
            told = ", ".join(f"`{_spelled(first, name)}` = {value:g}" for name, value in values.items())
            says = f"Your formula would be right with letters: a letter has become a number here ({told})."
            return Diagnosis("letter-became-number", says, _ASKS)
    return None


def _entries(value: object) -> list:
    return [e for e in np.array(value, dtype=object).ravel() if is_symbolic(e)]


def _spelled(trial: Trial, name: str) -> str:
    """The letter as the question writes it."""
    return next(str(e) for v in trial.shown.values() if is_symbolic(v) for e in _entries(v) if names(e) == {name})


def _solve(question: Question, trials: Sequence[Trial], missing: list[str]) -> dict[str, float] | None:
    """The numbers with which the target is the answer, at every point; the target must be linear in the letters.

    Letters on which the target does not depend alone (their number can be anything) are left out.
    """
    shown = trials[0].shown

    def target(point: dict[str, float]) -> np.ndarray:
        on = shown.map(lambda a: numbers(a, point) if is_symbolic(a) else a)
        return np.ravel(np.asarray(question.target(on), float))

    rows, right = [], []
    points = [_point(t) for t in trials]
    for trial, point in zip(trials, points, strict=True):
        base = target(point | dict.fromkeys(missing, 0.0))
        rows.append(np.stack([target(point | dict.fromkeys(missing, 0.0) | {m: 1.0}) - base for m in missing], 1))
        right.append(np.ravel(np.asarray(trial.value, float)) - base)
    solution, *_ = np.linalg.lstsq(np.concatenate(rows), np.concatenate(right), rcond=None)
    values = {m: round(float(v), 9) for m, v in zip(missing, solution, strict=True)}
    for trial, point in zip(trials, points, strict=True):
        if not same(np.ravel(np.asarray(trial.value, float)), target(point | values), question.tolerance):
            return None
    used = np.abs(np.concatenate(rows)).max(0) > 0
    values = {m: v for (m, v), u in zip(values.items(), used, strict=True) if u}
    return values if all(values.values()) else None  # whoever left a term out has no letter that became 0


def _point(trial: Trial) -> dict[str, float]:
    """The number of each letter in a trial."""
    pairs = zip(trial.shown.values(), trial.concrete.values(), strict=True)
    return {
        names(letter).pop(): float(number)
        for a, b in pairs
        if is_symbolic(a)
        for letter, number in zip(np.array(a, dtype=object).ravel(), np.ravel(b), strict=True)
        if len(names(letter)) == 1
    }
