"""The gradebook: one SQLite file, written as results come. Several commands may use it at the same time."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from ..jail.wire import text as without_surrogates
from .records import Change, Fingerprint, Given, HandInRecord, Row, SheetLine

SCHEMA = """
CREATE TABLE IF NOT EXISTS results (
    student TEXT NOT NULL, assignment TEXT NOT NULL, submission TEXT NOT NULL, handed_in REAL NOT NULL,
    key TEXT NOT NULL, status TEXT NOT NULL, score REAL NOT NULL, possible REAL, reason TEXT NOT NULL,
    detail TEXT NOT NULL, graded_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (student, assignment)
);
CREATE TABLE IF NOT EXISTS written (
    student TEXT NOT NULL, assignment TEXT NOT NULL, question TEXT NOT NULL,
    points REAL, comment TEXT NOT NULL, answer TEXT NOT NULL,
    PRIMARY KEY (student, assignment, question)
);
CREATE TABLE IF NOT EXISTS sheet_lines (
    id TEXT PRIMARY KEY, student TEXT NOT NULL, assignment TEXT NOT NULL, question TEXT NOT NULL, answer TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS hand_ins (
    student TEXT NOT NULL, assignment TEXT NOT NULL, content TEXT NOT NULL, time REAL NOT NULL,
    late INTEGER, late_by REAL NOT NULL, person TEXT NOT NULL,
    PRIMARY KEY (student, assignment)
);
CREATE TABLE IF NOT EXISTS graded_before (
    student TEXT NOT NULL, assignment TEXT NOT NULL, content TEXT NOT NULL, score REAL NOT NULL, scores TEXT NOT NULL,
    PRIMARY KEY (student, assignment)
);
CREATE TABLE IF NOT EXISTS fingerprints (
    student TEXT NOT NULL, assignment TEXT NOT NULL, runs TEXT NOT NULL, PRIMARY KEY (student, assignment)
);
CREATE TABLE IF NOT EXISTS changes (
    student TEXT NOT NULL, assignment TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL,
    at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE IF NOT EXISTS former_names (name TEXT PRIMARY KEY, student TEXT NOT NULL);
"""
STUDENTS = ("results", "written", "sheet_lines", "hand_ins", "graded_before", "fingerprints", "changes", "former_names")
WAIT_SECONDS = 60.0


class Gradebook:
    """Every method opens, locks and closes the file by itself, so a killed command leaves nothing half written."""

    def __init__(self, path: Path):
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._open() as book:
            book.executescript(SCHEMA)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path, timeout=WAIT_SECONDS)) as book, book:
            yield book

    def key(self, student: str, assignment: str) -> str | None:
        """The key under which this student's result was stored; None if there is none."""
        with self._open() as book:
            found = book.execute(
                "SELECT key FROM results WHERE student = ? AND assignment = ?", _storable(student, assignment)
            ).fetchone()
        return found[0] if found else None

    def keys(self) -> dict[tuple[str, str], str]:
        with self._open() as book:
            return {(s, a): k for s, a, k in book.execute("SELECT student, assignment, key FROM results")}

    def put(self, row: Row, content: str = "", fingerprint: Iterable[int] = ()) -> None:
        """Store a result in place of the one before. `content` is a hash of what was handed in: when the same work gets
        other points than before, that is a change. `fingerprint` tells work that looks alike."""
        with self._open() as book:
            if content:
                _note_change(book, row, content)
            book.execute(
                "INSERT OR REPLACE INTO results (student, assignment, submission, handed_in, key, status, score,"
                " possible, reason, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                _storable(
                    row.student, row.assignment, row.submission, row.handed_in, row.key, row.status, row.score,
                    row.possible, row.reason, json.dumps(row.detail),
                ),
            )  # fmt: skip
            runs = _storable(row.student, row.assignment, " ".join(map(str, fingerprint)))
            book.execute("INSERT OR REPLACE INTO fingerprints VALUES (?, ?, ?)", runs)

    def forget(self, students: set[str], keep: set[tuple[str, str]], known: set[str]) -> None:
        """Drop rows about files of `students` that belonged to no assignment in `known` and are not there any more.

        `keep` holds the (student, assignment) of the files that are there now.
        """
        with self._open() as book:
            rows = book.execute("SELECT student, assignment FROM results").fetchall()
            gone = [r for r in rows if r[0] in students and r[1] not in known and tuple(r) not in keep]
            for table in ("results", "hand_ins", "graded_before", "fingerprints"):
                book.executemany(f"DELETE FROM {table} WHERE student = ? AND assignment = ?", gone)

    def rename(self, names: Mapping[str, str]) -> None:
        """Give what is known of students, and what people wrote about them, to other names; what these have stays."""
        with self._open() as book:
            for old, new in names.items():
                for table in STUDENTS:
                    book.execute(f"UPDATE OR IGNORE {table} SET student = ? WHERE student = ?", _storable(new, old))
                    book.execute(f"DELETE FROM {table} WHERE student = ?", _storable(old))
                book.execute("INSERT OR REPLACE INTO former_names VALUES (?, ?)", _storable(old, new))
                book.execute("DELETE FROM former_names WHERE name = student")

    def former_names(self) -> dict[str, str]:
        """What students were called before -> what they are called now: people's files may have the old names."""
        with self._open() as book:
            return dict(book.execute("SELECT name, student FROM former_names").fetchall())

    def rows(self, assignment: str | None = None) -> Iterator[Row]:
        """All results in order of student, one at a time."""
        where, values = ("WHERE assignment = ?", (assignment,)) if assignment is not None else ("", ())
        with closing(sqlite3.connect(self.path, timeout=WAIT_SECONDS)) as book:
            names = book.execute(f"SELECT student, assignment FROM results {where} ORDER BY 1, 2", values).fetchall()
            yield from filter(None, (_row(book, name) for name in names))

    def row(self, student: str, assignment: str) -> Row | None:
        with closing(sqlite3.connect(self.path, timeout=WAIT_SECONDS)) as book:
            return _row(book, _storable(student, assignment))

    def students(self) -> list[str]:
        with self._open() as book:
            return [name for (name,) in book.execute("SELECT DISTINCT student FROM results ORDER BY 1")]

    def put_written(self, student: str, assignment: str, question: str, given: Given) -> None:
        """Store a person's points for an answer in words."""
        with self._open() as book:
            book.execute(
                "INSERT OR REPLACE INTO written VALUES (?, ?, ?, ?, ?, ?)",
                _storable(student, assignment, question, given.points, given.comment, given.digest),
            )

    def put_hand_ins(self, hand_ins: Iterable[HandInRecord]) -> None:
        """Store what is known of hand-ins. When the same work comes again and nothing tells whether it was late, what
        was known before stays."""
        with self._open() as book:
            for x in hand_ins:
                book.execute(
                    "INSERT INTO hand_ins VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
                    " late = CASE WHEN excluded.late IS NULL AND content = excluded.content THEN late"
                    " ELSE excluded.late END,"
                    " late_by = CASE WHEN excluded.late IS NULL AND content = excluded.content THEN late_by"
                    " ELSE excluded.late_by END,"
                    " person = CASE WHEN excluded.person = '{}' THEN person ELSE excluded.person END,"
                    " content = excluded.content, time = excluded.time",
                    _storable(
                        x.student, x.assignment, x.content, x.time, x.late, x.late_by,
                        json.dumps(dict(x.person)),
                    ),
                )  # fmt: skip

    def hand_ins(self) -> dict[tuple[str, str], HandInRecord]:
        """By student and assignment."""
        with self._open() as book:
            return {
                (student, assignment): HandInRecord(
                    student, assignment, content, time, None if late is None else bool(late), late_by,
                    json.loads(person),
                )
                for student, assignment, content, time, late, late_by, person in book.execute(
                    "SELECT * FROM hand_ins"
                )
            }  # fmt: skip

    def fingerprints(self) -> Iterator[list[Fingerprint]]:
        """All of one assignment, one assignment at a time."""
        with closing(sqlite3.connect(self.path, timeout=WAIT_SECONDS)) as book:
            found = book.execute("SELECT DISTINCT assignment FROM fingerprints ORDER BY 1").fetchall()
            for (assignment,) in found:
                rows = book.execute(
                    "SELECT student, submission, runs FROM fingerprints JOIN results USING (student, assignment)"
                    " WHERE assignment = ? ORDER BY student",
                    (assignment,),
                )
                yield [Fingerprint(s, assignment, file, frozenset(map(int, runs.split()))) for s, file, runs in rows]

    def changes(self) -> list[Change]:
        """The newest first."""
        with self._open() as book:
            found = book.execute("SELECT student, assignment, before, after, at FROM changes ORDER BY rowid DESC")
            return [Change(s, a, json.loads(before), json.loads(after), at) for s, a, before, after, at in found]

    def drop_written(self, student: str, assignment: str, question: str) -> None:
        with self._open() as book:
            where = "student = ? AND assignment = ? AND question = ?"
            book.execute(f"DELETE FROM written WHERE {where}", _storable(student, assignment, question))

    def put_sheet_lines(self, lines: Iterable[SheetLine]) -> None:
        """Remember what the lines of sheets showed, for good: a person may hand back an old sheet."""
        with self._open() as book:
            values = (_storable(x.id, x.student, x.assignment, x.question, x.answer) for x in lines)
            book.executemany("INSERT OR IGNORE INTO sheet_lines VALUES (?, ?, ?, ?, ?)", values)

    def sheet_lines(self) -> dict[str, SheetLine]:
        """By id."""
        with self._open() as book:
            return {x[0]: SheetLine(*x) for x in book.execute("SELECT * FROM sheet_lines")}

    def written(self) -> dict[tuple[str, str, str], Given]:
        """(student, assignment, question) -> what a person gave, whether or not the answer has changed since."""
        with self._open() as book:
            found = book.execute("SELECT student, assignment, question, points, comment, answer FROM written")
            return {(s, a, q): Given(points, comment, digest) for s, a, q, points, comment, digest in found}


def _storable(*values: object) -> tuple:
    """SQLite refuses text with lone surrogates, which a file's name or a notebook may hold."""
    return tuple(without_surrogates(v) if isinstance(v, str) else v for v in values)


def _row(book: sqlite3.Connection, name: tuple) -> Row | None:
    """The result of a student on an assignment."""
    found = book.execute(
        "SELECT student, assignment, submission, handed_in, key, status, score, possible, reason, detail"
        " FROM results WHERE student = ? AND assignment = ?",
        name,
    ).fetchone()
    return Row(*found[:-1], detail=json.loads(found[-1])) if found else None


def _note_change(book: sqlite3.Connection, row: Row, content: str) -> None:
    """Compare with the last time that the same work was graded, and remember this one."""
    name = _storable(row.student, row.assignment)
    before = book.execute(
        "SELECT content, score, scores FROM graded_before WHERE student = ? AND assignment = ?", name
    ).fetchone()
    scores = json.dumps({q.name: q.score for q in row.result.questions})
    if before and before[0] == content and (before[1] != row.score or before[2] != scores):
        book.execute(
            "INSERT INTO changes (student, assignment, before, after) VALUES (?, ?, ?, ?)", (*name, before[2], scores)
        )
    book.execute("INSERT OR REPLACE INTO graded_before VALUES (?, ?, ?, ?, ?)", (*name, content, row.score, scores))
