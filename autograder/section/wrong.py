"""What wrong answers look like, and which question to ask back: from the mistakes that a check knows."""

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.mutate.mistakes import Asked, asked
from autograder.mutate.solved import Solved, checks, quiet
from autograder.pdf.notebook import PrintedCell
from utils.check.picture import call_text

from .select import Chosen, imports_only

LONGEST = 60  # characters of a wrong answer


@dataclass(frozen=True)
class Wrong:
    """One wrong answer as a student would show it, why it comes about, and what to ask."""

    name: str
    shown: str
    says: str
    asks: str


def wrong_answers(chosen: Chosen, most: int, first: Sequence[str] = ()) -> list[Wrong]:
    """At most `most` of them, each another mistake with numbers of its own; those named in `first` come first."""
    found: dict[str, Wrong] = {}
    numbers: set[str] = set()
    solved = Solved(chosen.problem.master, answered(chosen), checks(chosen.question))
    for ask in [a for check in solved.checks if not check.hidden for a in asked(solved, check)]:
        for wrong in sorted(_possible(ask), key=lambda w: w.name not in first):
            if wrong.name not in found and wrong.shown not in numbers and len(found) < most:
                found[wrong.name] = wrong
                numbers.add(wrong.shown)
    return list(found.values())


def answered(chosen: Chosen) -> dict[str, Any]:
    """The names that a question's checks look at, from its solution and what that needs; nothing else is run."""
    names: dict[str, Any] = {"__name__": "__main__"}
    os.environ["MPLBACKEND"] = "Agg"
    imports = [c for c in chosen.problem.solution.cells if c.kind == "code" and imports_only(c.source)]
    for cell in [*imports, *chosen.given, *(c for c in chosen.solution if c.role == "solution" and c.kind == "code")]:
        with quiet(), contextlib.suppress(Exception):  # a cell that only draws may fail
            exec(compile(cell.source, cell_name(chosen, cell), "exec"), names)
    return names


def cell_name(chosen: Chosen, cell: PrintedCell) -> str:
    return f"{chosen.problem.name}, cell {cell.number}"


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
