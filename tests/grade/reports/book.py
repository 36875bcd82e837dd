"""Gradebooks for tests of what is written from them."""

import csv
import json
from pathlib import Path
from typing import Any

from autograder.course import GradingOptions
from autograder.grade.reports.gradebook import Gradebook
from autograder.grade.reports.records import Row
from autograder.grade.reports.write import Wishes, take, write_all
from autograder.grade.result import CaseResult, QuestionResult, Result

PROBLEM = {
    "name": "small",
    "title": "Problem 1 · A small one",
    "points": 3.0,
    "questions": [
        {"name": "q1a", "part": "1.a", "title": "Double it", "points": 3.0, "manual": False, "tests": []},
        {"name": "q1b", "part": "1.b", "title": "In your own words", "points": 2.0, "manual": True, "tests": []},
        {"name": "q1c", "part": None, "title": "And why?", "points": 4.0, "manual": True, "tests": []},
    ],
}


def build(folder: Path, problem: dict = PROBLEM) -> Path:
    """`folder/build`, as `make build` leaves it, as far as the reports read it."""
    place = folder / "build" / problem["name"]
    place.mkdir(parents=True, exist_ok=True)
    (place / "problem.json").write_text(json.dumps(problem), encoding="utf-8")
    return folder / "build"


def question(
    name: str = "q1a", score: float = 0.0, possible: float = 3.0, mistake: str | None = None
) -> QuestionResult:
    """A question with one public test."""
    passed = score == possible
    message = "" if passed else f"❌ Test case failed\nFailure: {name} is wrong"
    case = CaseResult(f"{name} - 1", False, possible, passed, message, mistake, message, "A public title")
    return QuestionResult(name, score, possible, [case])


def result(score: float = 0.0, mistake: str | None = None, **more: Any) -> Result:
    """A result on the assignment of `PROBLEM`, with one question that tests grade."""
    fields: dict[str, Any] = {"status": "graded", "score": score, "possible": 3.0, "sandbox": "bubblewrap"}
    fields["questions"] = [question(score=score, mistake=mistake)]
    return Result(**(fields | more))


def put(book: Gradebook, student: str, found: Result, assignment: str = "small", file: str = "") -> None:
    book.put(
        Row(
            student, assignment, file or f"{student}.ipynb", 0.0, "key", found.status, found.score, found.possible,
            found.reason, found.as_dict(),
        ),
        fingerprint=found.fingerprint,
    )  # fmt: skip


def write_reports(book: Gradebook, out: Path, build: Path) -> list[str]:
    """Take over what people filled in, then write every report; returns what could not be understood."""
    taken = take(book, out, build)
    write_all(taken, out, Wishes(GradingOptions()))
    return taken.problems


def read_csv(path: Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as f:
        return list(csv.DictReader(f))
