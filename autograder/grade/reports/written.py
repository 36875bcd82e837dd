"""Written answers: collected side by side for a person to grade, and merged back.

written/ASSIGNMENT/QUESTION.csv has a `points` and a `comment` column to fill in; the next run reads them. The HTML
page beside it shows the same answers for comfortable reading.
"""

import csv
import hashlib
import io
import math
from collections.abc import Collection
from pathlib import Path

from .catalog import Catalog
from .gradebook import Gradebook
from .page import file_name, page, safe
from .tables import harmless, write_csv

HEAD = ("student", "assignment", "question", "answer", "points", "comment")
NEEDED = ("student", "assignment", "question", "answer", "points")
MAX_CSV = 64 << 20
MANY = 50  # written questions of one assignment, where the build has left no list of them


def merge_written(book: Gradebook, out: Path) -> dict[Path, list[str]]:
    """Take over the points that people filled in. What could not be understood: by file, a sentence each."""
    students = {harmless(r.student): r.student for r in book.rows()}
    problems = {p: _merge(book, p, students) for p in sorted((out / "written").glob("*/*.csv"))}
    return {path: found for path, found in problems.items() if found}


def _merge(book: Gradebook, path: Path, students: dict[str, str]) -> list[str]:
    csv.field_size_limit(1 << 20)
    problems = []
    try:
        if path.stat().st_size > MAX_CSV:
            return [f"{path}: has more than {MAX_CSV >> 20} MB"]
        reader = _reader(path.read_bytes())
        missing = [name for name in NEEDED if name not in (reader.fieldnames or [])]
        if missing:
            return [f"{path}: has no column {', '.join(missing)}; expected the columns {', '.join(HEAD)}"]
        for row in reader:
            if (row["points"] or "").strip() and (problem := _take(book, row, students)):
                problems.append(f"{path}, line {reader.line_num}: {problem}")
    except (csv.Error, OSError) as e:
        problems.append(f"{path}: cannot be read ({e})")
    return problems


def _reader(data: bytes) -> csv.DictReader:
    """A spreadsheet may write other marks between columns, and other letters, than it has read."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    first = text.split("\n", 1)[0]
    return csv.DictReader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count))


def _take(book: Gradebook, row: dict, students: dict[str, str]) -> str:
    """Store the points of a row; '' or what is wrong with it."""
    try:
        points = float(str(row["points"]).strip().replace(",", "."))
    except ValueError:
        points = math.nan
    if not math.isfinite(points):
        return f"points are {row['points']!r}, expected a number"
    if row["student"] not in students:
        return f"student is {row['student']!r}, who is not in the gradebook"
    answer = digest(row["answer"] or "")
    student = students[row["student"]]
    book.put_written(student, row["assignment"], row["question"], points, row.get("comment") or "", answer)
    return ""


def digest(answer: str) -> str:
    return hashlib.sha256(str(harmless(answer)).encode()).hexdigest()


def write_written(book: Gradebook, out: Path, catalog: Catalog, keep: Collection[Path] = ()) -> None:
    """One CSV and one page per question, with the points given so far. An answer that changed loses its points.

    The files in `keep` stay as they are: not all that a person wrote there has been understood.
    """
    given = book.written()
    answers: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for row in book.rows():
        for question, answer in (row.detail.get("written") or {}).items():
            if not _asked(row.assignment, question, catalog, answers):
                continue
            answers.setdefault((row.assignment, question), []).append((row.student, answer))
    for (assignment, question), entries in answers.items():
        stem = out / "written" / file_name(assignment) / file_name(question)
        rows = [(s, assignment, question, a, *given.get((s, assignment, question), (None, ""))) for s, a in entries]
        if (table := stem.with_name(stem.name + ".csv")) not in keep:
            write_csv(table, HEAD, rows)
        _write_page(stem.with_name(stem.name + ".html"), assignment, question, rows, catalog)


def _asked(assignment: str, question: str, catalog: Catalog, answers: Collection[tuple[str, str]]) -> bool:
    """Whether the assignment has this question: a notebook can name any."""
    if any(name == assignment for name, _ in catalog.manual):
        return (assignment, question) in catalog.manual
    return (assignment, question) in answers or sum(name == assignment for name, _ in answers) < MANY


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
