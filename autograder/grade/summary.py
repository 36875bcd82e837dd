"""What the terminal shows when grading has ended: a line for each assignment, and what has no verdict."""

import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from .places.container import shown
from .reports.marks import Marking

REPORTS = ("report.html", "grades.csv", "questions.csv", "feedback/", "written/", "canvas/", "moodle/", "gradescope/")
COLUMNS = ("assignment", "submissions", "mean", "of", "not simply graded")


@dataclass
class Group:
    """The submissions of one assignment."""

    count: int = 0
    scores: list[float] = field(default_factory=list)  # where the grader did not fail
    possible: float = 0.0
    troubles: Counter[str] = field(default_factory=Counter)


def show_summary(marking: Marking, out: Path, wanted: set[tuple[str, str]], title: str, console: Console) -> int:
    """Print the table of the submissions in `wanted` (student, assignment); 0 when each of them has a verdict."""
    groups: dict[str, Group] = {}
    failed: list[str] = []
    missing = set(wanted)
    for marks in marking.all():
        row = marks.row
        if (row.student, row.assignment) not in wanted:
            continue
        missing.discard((row.student, row.assignment))
        group = groups.setdefault(row.assignment, Group())
        group.count += 1
        group.possible = max(group.possible, marks.possible or 0.0)
        if row.status != "graded":
            group.troubles[row.status] += 1
        if marks.grader_failed:
            failed.append(row.reason)
        else:
            group.scores.append(marks.score)
    Console(file=sys.stdout, width=None if sys.stdout.isatty() else 100).print(_table(title, groups))
    print(f"Reports: {shown(out)}/{', '.join(REPORTS)}")
    if failed or missing:
        example = failed[0] if failed else "no result was stored"
        say(console, f"{len(failed) + len(missing)} submissions have no verdict: {example}")
        return 1
    return 0


def _table(title: str, groups: dict[str, Group]) -> Table:
    table = Table(title=title)
    for column in COLUMNS:
        table.add_column(column, justify="left" if column == "assignment" else "right")
    for name, group in sorted(groups.items()):
        table.add_row(
            escape(printable(name) or "(none)"),
            str(group.count),
            f"{sum(group.scores) / len(group.scores):.2f}" if group.scores else "",
            f"{group.possible:g}",
            ", ".join(f"{n} {status}" for status, n in group.troubles.items()),
        )
    return table


def say(console: Console, words: str) -> None:
    """Print words that may come from a student's file: markup and control characters mean nothing in them."""
    console.print(escape(printable(words)), highlight=False)


def printable(text: str) -> str:
    """`text` without what a terminal would obey: a notebook names its own assignment."""
    return "".join(c if c.isprintable() or c == "\n" else "?" for c in text)
