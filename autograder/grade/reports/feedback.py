"""One page for each student: what was right, what was wrong and why. Hidden tests appear by their titles alone."""

from itertools import groupby
from pathlib import Path

from .files import file_names, replace
from .marks import Marking, Marks
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


def write_feedback(marking: Marking, out: Path, points_shown: bool) -> None:
    """`feedback/STUDENT.html` for every student, with points or only with what is right."""
    files = file_names(marking.book.students())
    for student, found in groupby(marking.all(), key=lambda marks: marks.row.student):
        parts = [(marking.catalog.assignment(marks.row.assignment), marks, _status(marks)) for marks in found]
        page = render(
            "feedback.html", title=f"Feedback for {student}", parts=parts, remark=remark, points_shown=points_shown
        )
        replace(out / "feedback" / f"{files[student]}.html", page)


def _status(marks: Marks) -> str:
    if marks.grader_failed:
        return "The grader itself failed on this file. That is not your doing, and your points are not known yet."
    return _STATUS.get(marks.row.status, marks.row.status)
