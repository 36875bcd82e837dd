"""What one call of a student's function gave: the whole protocol between a check and whoever runs student code."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class StudentError:
    """An exception that left the student's code.

    `line` is the line number inside the student's cell (from 1), `source` that line's text; None where unknown.
    A grader that runs the call elsewhere should read `source` from the submission by itself: a student's process
    can claim any text.
    """

    type: str
    message: str = ""
    line: int | None = None
    source: str | None = None


@dataclass(frozen=True)
class Opaque:
    """Stands for a returned value of a type that does not cross a process border; only the type's name is known."""

    type: str


@dataclass(frozen=True)
class Outcome:
    """One call: the value returned, or the error; which arguments were changed; which watched functions ran.

    Values: None, bool, int, float, complex, str, list, tuple, dict, NumPy arrays and scalars of kinds "biufc",
    SymPy expressions and matrices; anything else may be sent as `Opaque`.
    """

    value: Any = None
    error: StudentError | None = None
    mutated: tuple[str, ...] = ()
    used: tuple[str, ...] = ()

    @classmethod
    def of(cls, told: Any) -> "Outcome | None":
        """The same from a grader, which has classes of its own with these attributes; None for anything else."""
        try:
            error = told.error and StudentError(told.error.type, told.error.message, told.error.line, told.error.source)
            return cls(told.value, error, tuple(told.mutated), tuple(told.used))
        except AttributeError:
            return None
