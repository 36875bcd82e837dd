"""Recognise the wrong size formula behind a wrong shape."""

import numpy as np

from .question import Question
from .table import Misconception, known
from .trial import Trial


def wrong_size(question: Question, trials: list[Trial]) -> Misconception | None:
    """The misconception about `output_size` that gives the shape of every answer in `trials`."""
    for m in known("output_size"):
        if trials and all(_gives_shape(m, question, t) for t in trials):
            return m
    return None


def _gives_shape(m: Misconception, question: Question, trial: Trial) -> bool:
    if question.operation is None or not question.operation.slides:
        return False
    windows = question.operation.windows(question.operands(trial.concrete))
    yours, right = np.shape(trial.value), np.shape(trial.target)
    if not windows or len(yours) != len(right):
        return False
    spatial = range(1, 1 + len(windows)) if len(right) > len(windows) else range(len(windows))
    others = [i for i in range(len(right)) if i not in spatial]
    if any(yours[i] != right[i] for i in others):
        return False
    try:
        return all(yours[i] == m.wrong(*sizes) for i, sizes in zip(spatial, windows, strict=True))
    except (TypeError, ValueError, ZeroDivisionError):
        return False
