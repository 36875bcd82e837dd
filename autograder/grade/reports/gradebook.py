"""The gradebook: one SQLite file, written as results come. Several commands may use it at the same time."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ..jail.wire import text as without_surrogates
from ..result import Result

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
"""
WAIT_SECONDS = 60.0


@dataclass(frozen=True)
class Row:
    """One student's result on one assignment; `detail` is the whole result as it is stored."""

    student: str
    assignment: str
    submission: str
    handed_in: float
    key: str
    status: str
    score: float
    possible: float | None
    reason: str
    detail: dict

    @cached_property
    def result(self) -> Result:
        return Result.from_dict({"status": self.status, "reason": self.reason} | self.detail)

    @property
    def unsandboxed(self) -> bool:
        """Whether the student's code ran with the grader's own rights."""
        return "unsandboxed" in self.result.sandbox


@dataclass(frozen=True)
class Given:
    """What a person gave for an answer in words; `digest` is of the answer that the person saw."""

    points: float
    comment: str
    digest: str


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

    def put(self, row: Row) -> None:
        """Store a result in place of the one before."""
        with self._open() as book:
            book.execute(
                "INSERT OR REPLACE INTO results (student, assignment, submission, handed_in, key, status, score,"
                " possible, reason, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                _storable(
                    row.student, row.assignment, row.submission, row.handed_in, row.key, row.status, row.score,
                    row.possible, row.reason, json.dumps(row.detail),
                ),
            )  # fmt: skip

    def forget(self, students: set[str], keep: set[tuple[str, str]], known: set[str]) -> None:
        """Drop rows about files of `students` that belonged to no assignment in `known` and are not there any more.

        `keep` holds the (student, assignment) of the files that are there now.
        """
        with self._open() as book:
            rows = book.execute("SELECT student, assignment FROM results").fetchall()
            gone = [r for r in rows if r[0] in students and r[1] not in known and tuple(r) not in keep]
            book.executemany("DELETE FROM results WHERE student = ? AND assignment = ?", gone)

    def rows(self, assignment: str | None = None) -> Iterator[Row]:
        """All results in order of student, one at a time."""
        where, values = ("WHERE assignment = ?", (assignment,)) if assignment is not None else ("", ())
        with closing(sqlite3.connect(self.path, timeout=WAIT_SECONDS)) as book:
            names = book.execute(f"SELECT student, assignment FROM results {where} ORDER BY 1, 2", values).fetchall()
            for name in names:
                found = book.execute(
                    "SELECT student, assignment, submission, handed_in, key, status, score, possible, reason, detail"
                    " FROM results WHERE student = ? AND assignment = ?",
                    name,
                ).fetchone()
                if found:
                    *fields, detail = found
                    yield Row(*fields, detail=json.loads(detail))

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

    def written(self) -> dict[tuple[str, str, str], Given]:
        """(student, assignment, question) -> what a person gave, whether or not the answer has changed since."""
        with self._open() as book:
            found = book.execute("SELECT student, assignment, question, points, comment, answer FROM written")
            return {(s, a, q): Given(points, comment, digest) for s, a, q, points, comment, digest in found}


def _storable(*values: object) -> tuple:
    """SQLite refuses text with lone surrogates, which a file's name or a notebook may hold."""
    return tuple(without_surrogates(v) if isinstance(v, str) else v for v in values)
