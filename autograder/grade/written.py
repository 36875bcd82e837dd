"""Written answers: collected side by side for a person to grade, and merged back.

written/ASSIGNMENT/QUESTION.csv has a `points` and a `comment` column to fill in; the next run reads them. The HTML
page beside it shows the same answers for comfortable reading.
"""

import csv
import hashlib
from pathlib import Path

from .catalog import Catalog
from .gradebook import Gradebook
from .page import file_name, page, safe
from .tables import harmless, write_csv

HEAD = ("student", "assignment", "question", "answer", "points", "comment")
MAX_CSV = 64 << 20


def merge_written(book: Gradebook, out: Path) -> list[str]:
    """Take over the points that people filled in; returns what could not be understood, a sentence each."""
    problems = []
    csv.field_size_limit(1 << 20)
    students = {harmless(r.student): r.student for r in book.rows()}
    for path in sorted((out / "written").glob("*/*.csv")):
        if path.stat().st_size > MAX_CSV:
            continue
        with open(path, encoding="utf-8-sig", newline="") as f:
            for line, row in enumerate(csv.DictReader(f), 2):
                if not (row.get("points") or "").strip():
                    continue
                try:
                    points = float(str(row["points"]).replace(",", "."))
                except ValueError:
                    problems.append(f"{path}, line {line}: points are {row['points']!r}, expected a number")
                    continue
                student = students.get(row.get("student") or "", "")
                answer = digest(row.get("answer") or "")
                book.put_written(student, row["assignment"], row["question"], points, row.get("comment") or "", answer)
    return problems


def digest(answer: str) -> str:
    return hashlib.sha256(str(harmless(answer)).encode()).hexdigest()


def write_written(book: Gradebook, out: Path, catalog: Catalog) -> None:
    """One CSV and one page per question, with the points given so far. An answer that changed loses its points."""
    given = book.written()
    answers: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for row in book.rows():
        for question, answer in (row.detail.get("written") or {}).items():
            answers.setdefault((row.assignment, question), []).append((row.student, answer))
    for (assignment, question), entries in answers.items():
        stem = out / "written" / file_name(assignment) / file_name(question)
        rows = [(s, assignment, question, a, *given.get((s, assignment, question), (None, ""))) for s, a in entries]
        write_csv(stem.with_name(stem.name + ".csv"), HEAD, rows)
        _write_page(stem.with_name(stem.name + ".html"), assignment, question, rows, catalog)


def _write_page(path: Path, assignment: str, question: str, rows: list[tuple], catalog: Catalog) -> None:
    from .tables import replace

    worth = catalog.manual.get((assignment, question))
    parts = [f"<p>{len(rows)} answers" + (f", {worth:g} points" if worth else "") + ". Points go into the CSV file "]
    parts += [f"<code>{safe(path.with_suffix('.csv').name)}</code>; the next run of the grader merges them.</p>"]
    parts.append('<div class="answers">')
    for student, _, _, answer, points, comment in rows:
        mark = "not graded yet" if points is None else f"{points:g} points"
        parts.append(f"<section><h2>{safe(student)}: {mark}</h2><pre>{safe(answer) or '(empty)'}</pre>")
        parts.append(f"<p>{safe(comment)}</p></section>")
    parts.append("</div>")
    title = f"{catalog.assignment(assignment)}: {catalog.question(assignment, question)}"
    replace(path, page(title, parts))
