"""What grading one submission gave: the judge writes it, the gradebook keeps it as JSON, the reports read it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any


class GraderFailed(Exception):
    """The grader itself could not work on a submission. Nothing is known about the student's answers."""


@dataclass
class CaseResult:
    """One test case. `message` is otter's, for the teacher; `shown`, for the student, is empty for a hidden test."""

    name: str
    hidden: bool
    points: float
    passed: bool
    message: str = ""
    mistake: str | None = None
    shown: str = ""
    title: str = ""


@dataclass
class QuestionResult:
    """A question's points and test cases; `trouble` says what stopped it, such as a time limit."""

    name: str
    score: float
    possible: float
    cases: list[CaseResult] = field(default_factory=list)
    trouble: str = ""


@dataclass
class CellError:
    """An error that left a cell of the notebook. `cell` is its number among all cells, `line` counts within it."""

    cell: int
    type: str
    message: str
    line: int | None = None
    late: bool = False  # stopped by the grader; a student's own class may have any name


@dataclass
class Result:
    """`status` is "graded", or in one word why it is not simply that; then `reason` says more.

    `possible` is None where the assignment is not known; `written` maps a question in words to its answer;
    `fingerprint` are hashes of what the student wrote (`intake/fingerprint.py`).
    """

    status: str
    reason: str = ""
    score: float = 0.0
    possible: float | None = None
    questions: list[QuestionResult] = field(default_factory=list)
    errors: list[CellError] = field(default_factory=list)
    written: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    sandbox: str = ""
    fingerprint: list[int] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Plain data, as it is stored; the fingerprint, which nobody reads beside the grade, is not in it."""
        questions = [vars(q) | {"cases": [vars(c) for c in q.cases]} for q in self.questions]
        found = vars(self) | {"questions": questions, "errors": [vars(e) for e in self.errors]}
        del found["fingerprint"]
        return found

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Result":
        """The result that `as_dict` made into `data`; fields that another version wrote are left out."""
        questions = [
            QuestionResult(**_known(QuestionResult, q, cases=[CaseResult(**_known(CaseResult, c)) for c in q["cases"]]))
            for q in data["questions"]
        ]
        errors = [CellError(**_known(CellError, e)) for e in data["errors"]]
        return cls(**_known(cls, data, questions=questions, errors=errors))


def _known(cls: type, data: Mapping[str, Any], **parts: Any) -> dict[str, Any]:
    return {f.name: data[f.name] for f in fields(cls) if f.name in data} | parts
