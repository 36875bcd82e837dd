"""Grades in the formats that Canvas and Gradescope take.

canvas/grades.csv            Grades > Import: one row per student, one column per assignment
gradescope/ASSIGNMENT/*.json one results.json per student, as an autograder would have written it
"""

import json
import re
from itertools import groupby
from pathlib import Path

from ..result import Result
from .feedback import remark
from .files import file_name, file_names, replace, write_csv
from .marks import Marking

_CANVAS_ID = re.compile(r"^(?P<name>.+)_(?P<id>\d+)$")


def write_canvas(marking: Marking, out: Path) -> None:
    """Canvas wants its own five columns first, then assignments by title, and the points possible as second row."""
    possible: dict[str, float] = {}
    for marks in marking.all():
        if marks.row.assignment and marks.possible is not None:
            possible[marks.row.assignment] = marks.possible
    columns = sorted(possible)
    head = (
        "Student",
        "ID",
        "SIS User ID",
        "SIS Login ID",
        "Section",
        *(marking.catalog.assignment(c) for c in columns),
    )
    lines: list[tuple] = [("    Points Possible", "", "", "", "", *(possible[c] for c in columns))]
    for student, found in groupby(marking.all(), key=lambda marks: marks.row.student):
        scores = {marks.row.assignment: marks.score for marks in found}
        match = _CANVAS_ID.match(student)
        name, number = (match["name"], match["id"]) if match else (student, "")
        lines.append((name, number, "", "" if match else student, "", *(scores.get(c, "") for c in columns)))
    write_csv(out / "canvas" / "grades.csv", head, lines)


def write_gradescope(marking: Marking, out: Path) -> None:
    files = file_names(marking.book.students())
    for row in marking.book.rows():
        if row.assignment:
            path = out / "gradescope" / file_name(row.assignment) / f"{files[row.student]}.json"
            replace(path, json.dumps(gradescope_results(row.result), indent=1) + "\n")


def gradescope_results(result: Result, show_hidden: bool = False) -> dict:
    """The `results.json` of one submission. Students see public checks; the rest stays with the staff."""
    failed = [(q, c) for q in result.questions for c in q.cases if not c.passed]
    public = [f"{q.name}: {remark(c.shown or c.title)}" for q, c in failed if not c.hidden]
    notes = [f"Not everything could be run ({result.status}): {result.reason}"] if result.status != "graded" else []
    notes += [f"Cell {e.cell}: {e.type}: {e.message}" for e in result.errors]
    tests: list[dict] = [
        {
            "name": "Public Tests",
            "visibility": "visible",
            "status": "failed" if public or notes else "passed",
            "output": "\n\n".join([*notes, *public]) or "All public checks pass.",
        }
    ]
    for q in result.questions:
        lines = [f"{'✓' if c.passed else '✗'} {c.title or c.name}" for c in q.cases]
        messages = [c.message for c in q.cases if c.message]
        tests.append(
            {
                "name": q.name,
                "score": round(q.score, 5),
                "max_score": round(q.possible, 5),
                "visibility": "after_published" if show_hidden else "hidden",
                "output": "\n".join(lines if show_hidden else [*lines, *messages]),
            }
        )
    results: dict = {"tests": tests}
    if "unsandboxed" in result.sandbox:
        results["output"] = "Graded without a sandbox (--unsandboxed)."
    if not result.questions:
        results["score"] = 0
    return results
