"""changes.csv: whose points for the same work are other ones since it was graded again, as after a changed test."""

from pathlib import Path

from .files import write_csv
from .gradebook import Gradebook
from .records import Change

HEAD = ("student", "assignment", "before", "after", "change", "questions", "when")


def write_changes(book: Gradebook, out: Path) -> None:
    """One row per student, assignment and time, the newest first. Points of tests alone."""
    write_csv(out / "changes.csv", HEAD, [_row(change) for change in book.changes()])


def _row(change: Change) -> tuple:
    before, after = sum(change.before.values()), sum(change.after.values())
    names = sorted({**change.before, **change.after})
    moved = [(n, change.before.get(n), change.after.get(n)) for n in names]
    questions = "; ".join(f"{n}: {_points(b)} to {_points(a)}" for n, b, a in moved if a != b)
    return (change.student, change.assignment, before, after, after - before, questions, f"{change.at} UTC")


def _points(points: float | None) -> str:
    return "not asked" if points is None else f"{points:g}"
