"""Written answers: collected side by side for a person to grade, and merged back.

written/ASSIGNMENT/QUESTION.csv has a `points` and a `comment` column to fill in; the next run reads them. The HTML
page beside it shows the same answers for comfortable reading.
"""

import csv
import io
import math
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from .catalog import Catalog
from .files import file_name, harmless, replace, write_csv
from .gradebook import Given, Gradebook
from .marks import Marking, digest
from .pages import render

HEAD = ("student", "assignment", "question", "answer", "points", "comment")
NEEDED = ("student", "assignment", "question", "answer", "points")
MAX_CSV = 64 << 20
MANY = 50  # written questions of one assignment, where the build has left no list of them


@dataclass(frozen=True)
class Entry:
    """A student's answer to one question, and what a person gave for it."""

    student: str
    answer: str
    points: float | None
    comment: str


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
    book.put_written(student, row["assignment"], row["question"], Given(points, row.get("comment") or "", answer))
    return ""


def write_written(marking: Marking, out: Path, keep: Collection[Path] = ()) -> None:
    """One CSV and one page per question, with the points given so far. An answer that changed loses its points.

    The files in `keep` stay as they are: not all that a person wrote there has been understood.
    """
    sheets: dict[tuple[str, str], list[Entry]] = {}
    for marks in marking.all():
        assignment = marks.row.assignment
        for mark in marks.marks:
            if mark.words and (mark.possible is not None or _may_be_asked(assignment, mark.words.key, sheets)):
                entry = Entry(marks.row.student, mark.answer, mark.score, mark.note)
                sheets.setdefault((assignment, mark.words.key), []).append(entry)
    for (assignment, question), entries in sheets.items():
        stem = out / "written" / file_name(assignment) / file_name(question)
        table, page = stem.with_name(stem.name + ".csv"), stem.with_name(stem.name + ".html")
        if table not in keep:
            write_csv(table, HEAD, [(e.student, assignment, question, e.answer, e.points, e.comment) for e in entries])
        replace(page, _page(assignment, question, entries, table.name, marking.catalog))


def _may_be_asked(assignment: str, question: str, sheets: Collection[tuple[str, str]]) -> bool:
    """Whether a question that only notebooks name gets a sheet: a notebook can name any."""
    return (assignment, question) in sheets or sum(name == assignment for name, _ in sheets) < MANY


def _page(assignment: str, question: str, entries: list[Entry], table: str, catalog: Catalog) -> str:
    known = catalog.in_words(assignment).get(question)
    title = f"{catalog.assignment(assignment)}: {catalog.question(assignment, question)}"
    points = known.points if known else None
    return render("written.html", title=title, entries=entries, table=table, points=points)
