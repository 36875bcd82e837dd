"""One page for each student: what was right, what was wrong and why. Hidden tests appear by their titles alone."""

import re
from itertools import groupby
from pathlib import Path

from .catalog import Catalog
from .gradebook import Gradebook, Row
from .page import UNSAFE, file_name, page, safe
from .tables import replace, total

_STATUS = {
    "graded": "",
    "timeout": "Some code did not come to an end in time.",
    "crashed": "Some code ended the process that ran it.",
    "unreadable": "The file could not be read as a notebook, so nothing could be graded.",
    "wrong-assignment": "This notebook does not belong to an assignment that is graded here.",
    "refused": "The file was not opened.",
}
_MISTAKE = re.compile(r"\n?\[mistake: [a-z0-9-]+\]\s*\Z")


def write_feedback(book: Gradebook, out: Path, catalog: Catalog) -> None:
    """`feedback/STUDENT.html` for every student."""
    written = book.written()
    for student, rows in groupby(book.rows(), key=lambda r: r.student):
        text = page(f"Feedback for {student}", [part for row in rows for part in _assignment(row, written, catalog)])
        replace(out / "feedback" / f"{file_name(student)}.html", text)


def _assignment(row: Row, written: dict, catalog: Catalog) -> list[str]:
    score, note = total(row, written)
    possible = "" if row.possible is None else f" of {row.possible:g}"
    parts = [
        f"<h2>{safe(catalog.assignment(row.assignment))}</h2>",
        f"<p><strong>{score:g}{possible} points.</strong>",
    ]
    parts += [f"File: {safe(row.submission)}. {safe(note)}</p>"]
    if "unsandboxed" in row.detail.get("sandbox", ""):
        parts.append(UNSAFE)
    if row.status != "graded":
        reason = "" if row.reason.startswith("the grader failed") else f" ({safe(row.reason)})"
        parts.append(f'<p class="bad"><strong>{safe(_STATUS.get(row.status, row.status))}</strong>{reason}</p>')
    for error in row.detail["errors"]:
        where = f"Cell {error['cell']}" + (f", line {error['line']}" if error["line"] else "")
        parts.append(f"<p>{where} stopped with {safe(error['type'])}:</p><pre>{safe(error['message'])}</pre>")
    for question in row.detail["questions"]:
        parts += _question(row.assignment, question, catalog)
    for question, answer in (row.detail.get("written") or {}).items():
        points, comment = written.get((row.student, row.assignment, question), (None, ""))
        mark = "not graded yet" if points is None else f"{points:g} points"
        parts.append(f"<h3>{safe(catalog.question(row.assignment, question))}: {mark}</h3><pre>{safe(answer)}</pre>")
        parts.append(f"<p>{safe(comment)}</p>" if comment else "")
    return parts


def _question(assignment: str, question: dict, catalog: Catalog) -> list[str]:
    right = question["score"] == question["possible"]
    mark = '<span class="good">✓ right</span>' if right else '<span class="bad">✗ not yet right</span>'
    title = safe(catalog.question(assignment, question["name"]))
    parts = [f"<h3>{title}: {mark}, {question['score']:g} of {question['possible']:g}</h3>"]
    if question["trouble"]:
        parts.append(f"<p>Stopped: {safe(question['trouble'])}</p>")
    if right:
        return parts
    items = []
    for case in question["cases"]:
        sign = '<span class="good">✓ passed</span>' if case["passed"] else '<span class="bad">✗ not passed</span>'
        kind = " (hidden check)" if case["hidden"] else ""
        why = "" if case["passed"] or case["hidden"] else f"<pre>{safe(remark(case['shown']))}</pre>"
        items.append(f"<li>{sign} {safe(case['title'] or case['name'])}{kind}{why if case['shown'] else ''}</li>")
    return [*parts, "<ul>", *items, "</ul>"]


def remark(message: str) -> str:
    """Otter's message without its frame: what the check says to the student."""
    text = _MISTAKE.sub("", message)
    if "\nFailure: " in text:
        return text.split("\nFailure: ", 1)[1]
    return text.removeprefix("❌ Test case failed\n")
