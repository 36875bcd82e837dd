"""What wrong answers to a question look like, and which question to ask back: from the mistakes that its check knows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.build.master import Question
from autograder.mutate.mistakes import Asked, asked
from autograder.mutate.solved import Solved, quiet
from utils.check.picture import call_text

LONGEST = 60  # characters of a wrong answer


@dataclass(frozen=True)
class Wrong:
    """One wrong answer as a student would show it, why it comes about, and what to ask."""

    name: str
    shown: str
    says: str
    asks: str


def wrong_answers(solved: Solved, question: Question, most: int, first: Sequence[str] = ()) -> list[Wrong]:
    """At most `most` of them, each another mistake with numbers of its own; those named in `first` come first."""
    found: dict[str, Wrong] = {}
    numbers: set[str] = set()
    for ask in [a for check in solved.of(question) if not check.hidden for a in asked(solved, check)]:
        for wrong in sorted(_possible(ask), key=lambda w: w.name not in first):
            if wrong.name not in found and wrong.shown not in numbers and len(found) < most:
                found[wrong.name] = wrong
                numbers.add(wrong.shown)
    return list(found.values())


def _possible(ask: Asked) -> Iterator[Wrong]:
    on = min(ask.cases, key=lambda case: case.weight())
    for mistake in ask.mistakes():
        with quiet():
            try:
                answer = ask.answer_with(mistake)
                if answer is None or not ask.tells_apart(answer, ask.target()):
                    continue
                value = on.call(answer) if callable(answer) else answer
                shown = _text(value)
            except Exception:  # a wrong program may fail where a right one does not
                continue
        if shown and shown != _text(on.call(ask.target()) if callable(ask.answer) else ask.target()):
            yield Wrong(mistake.name, shown, mistake.says, mistake.asks)


def _text(value: Any) -> str:
    """A value on one line; "" for one that is too long, or not finite."""
    if isinstance(value, np.ndarray) and not np.isfinite(value.astype(float)).all():
        return ""
    text = call_text(value) if isinstance(value, np.ndarray) else str(value)
    return text if text and len(text) <= LONGEST else ""
