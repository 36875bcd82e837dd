"""One page for each student: what was right, what was wrong and why. Hidden tests appear by their titles alone."""

from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from ..result import CellError
from .files import file_names, replace
from .marks import Mark, Marking, Marks
from .pages import render
from .remarks import remark

_STATUS = {
    "graded": "",
    "timeout": "Some code did not come to an end in time.",
    "crashed": "Some code ended the process that ran it.",
    "unreadable": "The file could not be read as a notebook, so nothing could be graded.",
    "wrong-assignment": "This notebook does not belong to an assignment that is graded here.",
    "refused": "The file was not opened.",
    "no-numbers": "It is not known which numbers were yours.",
    "missing": "Nothing was handed in.",
}


@dataclass(frozen=True)
class FeedbackPart:
    """What a student reads about one assignment."""

    title: str
    file: str
    score: float
    possible: float | None
    waiting: str
    status: str
    reason: str
    failed: bool
    errors: list[CellError]
    marks: tuple[Mark, ...]
    unsandboxed: bool


def write_feedback(marking: Marking, out: Path, points_shown: bool) -> None:
    """`feedback/STUDENT.html` for every student, with points or only with what is right."""
    files = file_names(marking.book.students())
    for student, found in groupby(marking.all(), key=lambda marks: marks.row.student):
        parts = [_part(marks, marking.catalog.assignment(marks.row.assignment)) for marks in found]
        page = render(
            "feedback.html", title=f"Feedback for {student}", parts=parts, remark=remark, points_shown=points_shown
        )
        replace(out / "feedback" / f"{files[student]}.html", page)


def _part(marks: Marks, title: str) -> FeedbackPart:
    row = marks.row
    return FeedbackPart(
        title, row.submission, marks.score, marks.possible, marks.waiting, _status(marks),
        "" if marks.grader_failed else row.reason, marks.grader_failed, row.result.errors, marks.marks, row.unsandboxed,
    )  # fmt: skip


def _status(marks: Marks) -> str:
    if marks.grader_failed:
        return "The grader itself failed on this file. That is not your doing, and your points are not known yet."
    return _STATUS.get(marks.row.status, marks.row.status)
