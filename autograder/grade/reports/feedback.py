"""One page for each student: what was right, what was wrong and why. Hidden tests appear by their titles alone."""

import re
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from ..result import CellError
from .files import file_names, replace
from .marks import Mark, Marking, Marks
from .pages import render

_STATUS = {
    "graded": "",
    "timeout": "Some code did not come to an end in time.",
    "crashed": "Some code ended the process that ran it.",
    "unreadable": "The file could not be read as a notebook, so nothing could be graded.",
    "wrong-assignment": "This notebook does not belong to an assignment that is graded here.",
    "refused": "The file was not opened.",
}
_MISTAKE = re.compile(r"\n?\[mistake: [a-z0-9-]+\]\s*\Z")


@dataclass(frozen=True)
class Part:
    """What a student reads about one assignment."""

    title: str
    file: str
    score: float
    possible: float | None
    notes: list[str]
    status: str
    reason: str
    errors: list[CellError]
    marks: tuple[Mark, ...]
    unsandboxed: bool


def write_feedback(marking: Marking, out: Path) -> None:
    """`feedback/STUDENT.html` for every student."""
    files = file_names(marking.book.students())
    for student, found in groupby(marking.all(), key=lambda marks: marks.row.student):
        parts = [_part(marks, marking.catalog.assignment(marks.row.assignment)) for marks in found]
        page = render("feedback.html", title=f"Feedback for {student}", parts=parts, remark=remark)
        replace(out / "feedback" / f"{files[student]}.html", page)


def _part(marks: Marks, title: str) -> Part:
    row = marks.row
    return Part(
        title, row.submission, marks.score, marks.possible, marks.notes, _STATUS.get(row.status, row.status),
        "" if marks.grader_failed else row.reason, row.result.errors, marks.marks, row.unsandboxed,
    )  # fmt: skip


def remark(message: str) -> str:
    """Otter's message without its frame: what the check says to the student."""
    text = _MISTAKE.sub("", message)
    if "\nFailure: " in text:
        return text.split("\nFailure: ", 1)[1]
    return text.removeprefix("❌ Test case failed\n")
