"""Grades in the form that Gradescope takes: one results.json per student, as an autograder there writes it.

gradescope/ASSIGNMENT/STUDENT.json has all that counts. `results` is what the autograder on Gradescope itself says: what
tests can tell, and of that, what students may see.
"""

import json
from pathlib import Path
from typing import Any

from autograder.course import GradingOptions

from ...result import QuestionResult, Result
from ..files import file_name, file_names, replace
from ..marks import Mark, Marking
from ..remarks import remark

VISIBILITY = {"always": "visible", "after_published": "after_published", "never": "hidden"}


def write_gradescope(marking: Marking, out: Path, grading: GradingOptions) -> None:
    files = file_names(marking.book.students())
    for marks in marking.all():
        row = marks.row
        if not row.assignment or marks.grader_failed:
            continue
        found = results(row.result, grading)
        tests = {test["name"]: test for test in found["tests"]}
        for mark in marks.marks:
            if mark.tests is None:
                found["tests"].append(_by_person(mark))
            elif mark.override:
                tests[mark.name]["score"] = round(mark.override.points, 5)
        found["score"] = round(marks.score, 5)
        path = out / "gradescope" / file_name(row.assignment) / f"{files[row.student]}.json"
        replace(path, json.dumps(found, indent=1) + "\n")


def results(result: Result, grading: GradingOptions) -> dict[str, Any]:
    """The results.json of one submission. Students see public checks, and points as the course wants it."""
    failed = [(q, c) for q in result.questions for c in q.cases if not c.passed]
    public = [f"{q.name}: {remark(c.shown or c.title)}" for q, c in failed if not c.hidden]
    notes = [f"Not everything could be run ({result.status}): {result.reason}"] if result.status != "graded" else []
    notes += [f"Cell {e.cell}: {e.type}: {e.message}" for e in result.errors]
    first = {
        "name": "Public Tests",
        "visibility": "visible",
        "status": "failed" if public or notes else "passed",
        "output": "\n\n".join([*notes, *public]) or "All public checks pass.",
    }
    found: dict[str, Any] = {"tests": [first, *(_by_tests(q, grading) for q in result.questions)]}
    if "unsandboxed" in result.sandbox:
        found["output"] = "Graded without a sandbox (--unsandboxed)."
    if not result.questions:
        found["score"] = 0
    return found


def _by_tests(question: QuestionResult, grading: GradingOptions) -> dict[str, Any]:
    """A question's points and the titles of its tests. What hidden tests say is for the staff."""
    hidden = any(c.hidden for c in question.cases)
    visibility = VISIBILITY[grading.hidden_shown if hidden else "always"] if grading.points_shown else "hidden"
    lines = [f"{'✓' if c.passed else '✗'} {c.title or c.name}" for c in question.cases]
    messages = [c.message for c in question.cases if c.message]
    staff = visibility == "hidden"
    return {
        "name": question.name,
        "score": round(question.score, 5),
        "max_score": round(question.possible, 5),
        "visibility": visibility,
        "output": "\n".join([*lines, *messages] if staff else lines),
        **({} if staff else {"extra_data": {"messages": messages}}),
    }


def _by_person(mark: Mark) -> dict[str, Any]:
    words = mark.override.reason if mark.override else mark.note
    return {
        "name": mark.name,
        "score": round(mark.score or 0.0, 5),
        "max_score": round(mark.possible or 0.0, 5),
        "visibility": "after_published",
        "output": words if mark.score is not None else "This answer is not graded yet.",
    }
