"""A student whom the gradebook knew by another name, before a roster was given, has one row and loses nothing."""

from pathlib import Path

import pytest

from autograder.course import GradingOptions
from autograder.grade.batch import hand_ins, other_names
from autograder.grade.intake.submission import Submission
from autograder.grade.reports.gradebook import Gradebook
from autograder.grade.reports.write import Wishes, take, write_all
from tests.grade.reports.book import build, put, read_csv, result

OLD, NEW = "doejane_101", "Doe, Jane"


@pytest.fixture
def book(tmp_path: Path) -> Gradebook:
    book = Gradebook(tmp_path / "gradebook.sqlite")
    put(book, OLD, result(2.0, written={"1.b": "because"}))
    put(book, "bob", result(1.0))
    book.put_hand_ins(hand_ins([handed_in(OLD)]))
    return book


def handed_in(student: str, number: str = "101", assignment: str = "small") -> Submission:
    return Submission(student, assignment, "x.ipynb", b"", 0.0, person={"number": number} if number else {})


def run(out: Path) -> list[str]:
    taken = take(Gradebook(out / "gradebook.sqlite"), out, build(out))
    write_all(taken, out, Wishes(GradingOptions()))
    return taken.problems


def scores(out: Path) -> dict[str, str]:
    return {row["student"]: row["score"] for row in read_csv(out / "grades.csv")}


def test_what_people_wrote_goes_along(tmp_path: Path, book: Gradebook) -> None:
    assert run(tmp_path) == [] and scores(tmp_path) == {OLD: "2", "bob": "1"}
    sheet = tmp_path / "written" / "small" / "1.b.csv"
    lines = [line.replace(",because,,", ",because,2,") for line in sheet.read_text().splitlines()]
    sheet.write_text("\n".join(lines))
    (tmp_path / "overrides.csv").write_text(f"student,question,points,reason\n{OLD},q1a,3,counted anew\n")
    book.rename({OLD: NEW})
    assert run(tmp_path) == [] and scores(tmp_path) == {NEW: "5", "bob": "1"}
    assert {row["student"] for row in read_csv(sheet)} == {NEW, "bob"}
    book.rename({NEW: OLD})
    assert run(tmp_path) == [] and scores(tmp_path) == {OLD: "5", "bob": "1"}


def test_of_two_names_the_row_that_is_there_stays(book: Gradebook) -> None:
    put(book, NEW, result(3.0))
    book.rename({OLD: NEW})
    assert {row.student: row.score for row in book.rows()} == {NEW: 3.0, "bob": 1.0}


@pytest.mark.parametrize(
    ("now", "renamed", "found"),
    [
        ([handed_in(NEW, "")], {OLD: NEW}, {OLD: NEW}),
        ([handed_in(NEW)], {}, {OLD: NEW}),
        ([handed_in(NEW, "102")], {}, {}),
        ([handed_in(NEW, assignment="other")], {}, {}),
        ([handed_in(NEW, ""), handed_in(OLD, "7")], {OLD: NEW}, {}),
    ],
    ids=["roster", "number", "another number", "another assignment", "somebody of that name"],
)
def test_who_is_whom(book: Gradebook, now: list[Submission], renamed: dict[str, str], found: dict[str, str]) -> None:
    assert other_names(book, now, renamed) == found
