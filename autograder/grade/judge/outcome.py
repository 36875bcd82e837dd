"""What one call of a student's function gave, as a checker asks for it: `student_calls(calls, watch)`.

The course's checker has classes of its own for this, since students run it without a grader; it takes these for them
by their attributes, so that neither side imports the other.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class StudentError:
    """An exception that left the student's code; the line counts inside the student's cell, from 1."""

    type: str
    message: str = ""
    line: int | None = None
    source: str | None = None


@dataclass(frozen=True)
class Outcome:
    """The value returned, or the error; which arguments were changed; which watched functions ran."""

    value: Any = None
    error: StudentError | None = None
    mutated: tuple[str, ...] = ()
    used: tuple[str, ...] = ()


class Opaque:
    """Stands for a value that is not handed over; only its kind is known."""

    __slots__ = ("_kind",)

    def __init__(self, kind: str):
        self._kind = kind
