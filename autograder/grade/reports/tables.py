"""grades.csv and questions.csv: views of the gradebook for a spreadsheet."""

from collections.abc import Iterable
from pathlib import Path

from ..result import QuestionResult
from .files import write_csv
from .marks import Marking

GRADES = ("student", "assignment", "submission", "status", "score", "possible", "reason")
QUESTIONS = ("student", "assignment", "question", "score", "possible", "mistake", "failed_cases")


def write_grades(marking: Marking, out: Path) -> None:
    """One row per student and assignment."""

    def lines() -> Iterable[tuple]:
        for marks in marking.all():
            row = marks.row
            unsafe = "graded without a sandbox" if row.unsandboxed else ""
            reason = "; ".join(x for x in (row.reason, *marks.notes, unsafe) if x)
            yield (row.student, row.assignment, row.submission, row.status, marks.score, marks.possible, reason)

    write_csv(out / "grades.csv", GRADES, lines())


def write_questions(marking: Marking, out: Path) -> None:
    """One row per student and question, with the misconception's name; and one for lateness where it counts."""

    def lines() -> Iterable[tuple]:
        for marks in marking.all():
            for mark in marks.marks:
                if mark.possible is None:  # a question that only this notebook names
                    continue
                mistake = mistake_of(mark.tests) if mark.tests else ""
                failed = ", ".join(c.name for c in mark.tests.cases if not c.passed) if mark.tests else ""
                yield (
                    marks.row.student, marks.row.assignment, mark.name, mark.score, mark.possible, mistake, failed,
                )  # fmt: skip

    write_csv(out / "questions.csv", QUESTIONS, lines())


def mistake_of(question: QuestionResult) -> str:
    """The name of the first mistake in a question, '' when there is none or it has no name."""
    return next((c.mistake for c in question.cases if c.mistake), "")
