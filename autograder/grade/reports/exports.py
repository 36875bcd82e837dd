"""Grades in the formats that Canvas and Gradescope take.

canvas/grades.csv            Grades > Import: one row per student, one column per assignment
gradescope/ASSIGNMENT/*.json one results.json per student, as an autograder would have written it
"""

import json
import re
from itertools import groupby
from pathlib import Path

from .catalog import Catalog
from .feedback import remark
from .gradebook import Gradebook
from .page import file_name
from .tables import replace, total, write_csv

_CANVAS_ID = re.compile(r"^(?P<name>.+)_(?P<id>\d+)$")


def write_canvas(book: Gradebook, out: Path, catalog: Catalog) -> None:
    """Canvas wants its own five columns first, then assignments by title, and the points possible as second row."""
    written, columns, possible = book.written(), [], {}
    for row in book.rows():
        if row.assignment and row.possible is not None:
            possible[row.assignment] = row.possible
    columns = sorted(possible)
    head = (
        "Student",
        "ID",
        "SIS User ID",
        "SIS Login ID",
        "Section",
        *(catalog.assignment(c) for c in columns),
    )
    lines: list[tuple] = [("    Points Possible", "", "", "", "", *(possible[c] for c in columns))]
    for student, rows in groupby(book.rows(), key=lambda r: r.student):
        scores = {r.assignment: total(r, written)[0] for r in rows}
        found = _CANVAS_ID.match(student)
        name, number = (found["name"], found["id"]) if found else (student, "")
        lines.append((name, number, "", "" if found else student, "", *(scores.get(c, "") for c in columns)))
    write_csv(out / "canvas" / "grades.csv", head, lines)


def write_gradescope(book: Gradebook, out: Path) -> None:
    for row in book.rows():
        if row.assignment:
            path = out / "gradescope" / file_name(row.assignment) / f"{file_name(row.student)}.json"
            replace(path, json.dumps(gradescope_results(row.status, row.reason, row.detail), indent=1) + "\n")


def gradescope_results(status: str, reason: str, result: dict, show_hidden: bool = False) -> dict:
    """The `results.json` of one submission. Students see public checks; the rest stays with the staff."""
    failed = [(q, c) for q in result["questions"] for c in q["cases"] if not c["passed"]]
    public = [f"{q['name']}: {remark(c['shown'] or c['title'])}" for q, c in failed if not c["hidden"]]
    notes = [f"Not everything could be run ({status}): {reason}"] if status != "graded" else []
    notes += [f"Cell {e['cell']}: {e['type']}: {e['message']}" for e in result["errors"]]
    tests: list[dict] = [
        {
            "name": "Public Tests",
            "visibility": "visible",
            "status": "failed" if public or notes else "passed",
            "output": "\n\n".join([*notes, *public]) or "All public checks pass.",
        }
    ]
    for q in result["questions"]:
        lines = [f"{'✓' if c['passed'] else '✗'} {c['title'] or c['name']}" for c in q["cases"]]
        messages = [c["message"] for c in q["cases"] if c["message"]]
        tests.append(
            {
                "name": q["name"],
                "score": round(q["score"], 5),
                "max_score": round(q["possible"], 5),
                "visibility": "after_published" if show_hidden else "hidden",
                "output": "\n".join(lines if show_hidden else [*lines, *messages]),
            }
        )
    results: dict = {"tests": tests}
    if "unsandboxed" in result.get("sandbox", ""):
        results["output"] = "Graded without a sandbox (--unsandboxed)."
    if not result["questions"]:
        results["score"] = 0
    return results
