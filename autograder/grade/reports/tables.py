"""grades.csv and questions.csv: views of the gradebook that a spreadsheet can open without running anything."""

import csv
import io
import os
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from .gradebook import Gradebook, Row

GRADES = ("student", "assignment", "submission", "status", "score", "possible", "reason")
QUESTIONS = ("student", "assignment", "question", "score", "possible", "mistake", "failed_cases")


def harmless(value: Any) -> Any:
    """Text that no spreadsheet takes for a formula, in one line."""
    if not isinstance(value, str):
        return "" if value is None else f"{value:g}" if isinstance(value, float) else value
    text = " ".join("".join(c if c.isprintable() else " " for c in value).split())
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


def write_csv(path: Path, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([harmless(v) for v in row] for row in rows)
    replace(path, text.getvalue())


def replace(path: Path, text: str) -> None:
    """Write a file as a whole: another command, or a kill, never leaves half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as f:
        f.write(text)
    os.chmod(name, 0o644)
    os.replace(name, path)


def total(row: Row, written: dict) -> tuple[float, str]:
    """The score with the points of written answers, and a note about those still missing."""
    names = row.detail.get("written") or {}
    given = [written.get((row.student, row.assignment, q), (None, ""))[0] for q in names]
    missing = sum(p is None for p in given)
    note = f"{missing} written answers are not graded yet" if missing and row.status == "graded" else ""
    return row.score + sum(p for p in given if p is not None), note


def write_grades(book: Gradebook, out: Path) -> None:
    """One row per student and assignment."""
    written = book.written()

    def lines() -> Iterable[tuple]:
        for r in book.rows():
            score, note = total(r, written)
            unsafe = "graded without a sandbox" if "unsandboxed" in r.detail.get("sandbox", "") else ""
            reason = "; ".join(x for x in (r.reason, note, unsafe) if x)
            yield (r.student, r.assignment, r.submission, r.status, score, r.possible, reason)

    write_csv(out / "grades.csv", GRADES, lines())


def mistake_of(question: dict) -> str:
    """The name of the first mistake in a question, '' when there is none or it has no name."""
    return next((c["mistake"] for c in question["cases"] if c["mistake"]), "")


def write_questions(book: Gradebook, out: Path) -> None:
    """One row per student and question, with the misconception's name."""

    def lines() -> Iterable[tuple]:
        for r in book.rows():
            for q in r.detail["questions"]:
                failed = ", ".join(c["name"] for c in q["cases"] if not c["passed"])
                yield (r.student, r.assignment, q["name"], q["score"], q["possible"], mistake_of(q), failed)

    write_csv(out / "questions.csv", QUESTIONS, lines())
