"""Sheets for answers in words: a person fills in points and comments, the next run takes them over.

written/ASSIGNMENT/QUESTION.csv has a line for each student. A line's `id` says which answer of which student it shows,
so that the points arrive whatever a spreadsheet did to the letters; a changed answer has a new id.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from ..intake.archives import is_junk
from .catalog import Catalog
from .files import file_name, harmless, write_csv
from .filled import agrees, points_in, read_filled
from .gradebook import Gradebook
from .marks import CHANGED, Mark, Marking, Marks, digest
from .records import Given, SheetLine

HEAD = ("student", "assignment", "question", "answer", "points", "comment", "id")
NEEDED = ("student", "assignment", "question", "answer", "points")
MANY = 50  # questions in words of one assignment, where the build has left no list of them


@dataclass(frozen=True)
class SheetEntry:
    """A line of a sheet, with the marks it is about."""

    line: SheetLine
    marks: Marks
    mark: Mark


Sheets = dict[tuple[str, str], list[SheetEntry]]  # (assignment, question) -> a line for each student


def sheets(marking: Marking) -> Sheets:
    """All sheets there are to fill in; not more than MANY where only notebooks name questions: they can name any."""
    found: Sheets = {}
    for marks in marking.all():
        assignment = marks.row.assignment
        for mark in marks.marks:
            if mark.words is None:
                continue
            key = (assignment, mark.words.key)
            if mark.possible is not None or key in found or sum(name == assignment for name, _ in found) < MANY:
                line = sheet_line(marks.row.student, assignment, mark.words.key, digest(mark.answer))
                found.setdefault(key, []).append(SheetEntry(line, marks, mark))
    return found


def sheet_line(student: str, assignment: str, question: str, answer: str) -> SheetLine:
    """The id begins with a letter and is no date: spreadsheets leave it alone."""
    text = "\0".join((student, assignment, question, answer))
    number = hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:12]
    return SheetLine(f"n{number}", student, assignment, question, answer)


def place(out: Path, assignment: str, question: str, ending: str) -> Path:
    return out / "written" / file_name(assignment) / f"{file_name(question)}.{ending}"


def write_sheets(marking: Marking, out: Path, found: Sheets, keep: Collection[Path], anonymous: bool) -> None:
    """One CSV per question, with the points given so far. An answer that changed loses its points.

    The files in `keep` stay as they are: not all that a person wrote there has been understood.
    """
    marking.book.put_sheet_lines(entry.line for entries in found.values() for entry in entries)
    for (assignment, question), entries in found.items():
        path = place(out, assignment, question, "csv")
        if path not in keep:
            rows = [_row(entry, anonymous) for entry in entries]
            write_csv(path, HEAD, sorted(rows, key=lambda row: row[-1]) if anonymous else rows)


def _row(entry: SheetEntry, anonymous: bool) -> tuple:
    line, mark = entry.line, entry.mark
    student = line.id if anonymous else line.student
    return (student, line.assignment, line.question, mark.answer, mark.given, mark.note, line.id)


class Merge:
    """Takes over what people filled in."""

    def __init__(self, book: Gradebook, out: Path, catalog: Catalog):
        self.book, self.out, self.catalog = book, out, catalog
        self.lines = book.sheet_lines()
        self.before = book.written()
        self.former = {harmless(old): new for old, new in book.former_names().items()}
        self.students = self.former | {harmless(name): name for name in book.students()}

    def run(self) -> dict[Path, list[str]]:
        """What could not be understood: by file, a sentence each. Copies of sheets are read too; a sheet of the
        grader's own has the last word."""
        files = sorted(path for path in (self.out / "written").glob("*/*.csv") if not is_junk((path.name,)))
        known = {place(self.out, line.assignment, line.question, "csv") for line in self.lines.values()}
        problems = {path: self._file(path) for path in sorted(files, key=lambda path: path in known)}
        return {path: found for path, found in problems.items() if found}

    def _file(self, path: Path) -> list[str]:
        filled = read_filled(path, NEEDED, HEAD)
        seen: dict[tuple[str, str, str], Given] = {}
        for number, row in filled.lines:
            try:
                self._take(row, seen)
            except ValueError as e:
                filled.refuse(number, str(e))
        return filled.problems

    def _take(self, row: dict[str, str], seen: dict[tuple[str, str, str], Given]) -> None:
        """Store what a line gives, where no line before has said otherwise; raises ValueError."""
        comment = "" if row["comment"].startswith(CHANGED) else row["comment"]
        if not row["points"].strip() and not comment.strip() and not row["id"]:
            return
        line = self._line(row)
        asked = self.catalog.find(line.assignment, line.question)
        points = points_in(row["points"], asked.points if asked else None) if row["points"].strip() else None
        key = (line.student, line.assignment, line.question)
        if points is not None or comment.strip():
            given = Given(points, comment, line.answer)
            if seen.setdefault(key, given) != given:
                raise ValueError(f"a line before has other points or another comment for {line.student!r}")
            self.book.put_written(*key, given)
        elif (shown := self.before.get(key)) is not None and shown.digest == line.answer:
            self.book.drop_written(*key)  # the points that this line had were taken out

    def _line(self, row: dict[str, str]) -> SheetLine:
        """Which answer of which student a line is about; raises ValueError."""
        line = self.lines.get(row["id"].strip())
        if line is None:
            if row["student"] not in self.students:
                raise ValueError(f"student is {row['student']!r}, who is not in the gradebook")
            student = self.students[row["student"]]
            answer = self._answer(student, row)
            return sheet_line(student, row["assignment"], row["question"], digest(answer))
        called = row["student"] == line.id or self.former.get(row["student"]) == line.student
        if not called and not agrees(row["student"], str(harmless(line.student))):
            who = "and this id is another's" if row["student"] in self.students else "who is not in the gradebook"
            raise ValueError(f"student is {row['student']!r}, {who}: the id is that of {line.student!r}")
        return line

    def _answer(self, student: str, row: dict[str, str]) -> str:
        """The answer that a line without an id shows: the student's, where letters alone were spoiled."""
        now = self.book.row(student, row["assignment"])
        answer = now.result.written.get(row["question"], "") if now else ""
        return answer if agrees(row["answer"], str(harmless(answer))) else row["answer"]
