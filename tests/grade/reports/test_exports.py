"""Grades in the forms that learning systems take."""

import csv
import json
from pathlib import Path

import pytest

from autograder.course import GradingOptions
from autograder.grade.intake.roster import read_roster
from autograder.grade.reports.gradebook import Gradebook
from autograder.grade.reports.marks import digest
from autograder.grade.reports.records import Given, HandInRecord
from autograder.grade.reports.write import Wishes, take, write_all
from autograder.grade.result import CaseResult, QuestionResult, Result
from tests.grade.reports.book import build, put, read_csv, result

TITLE = "Problem 1 · A small one"
ROSTER = """Student,ID,SIS User ID,SIS Login ID,Section,HW 0 (90),Problem 1 (91),Problem 1 - bonus (92)
    Points Possible,,,,,5,9,1
"Doe, Jane",4711,s-77,jdoe,"Mon, 10"
"Bey, Ali",4712,s-78,abey,Tue
"""


@pytest.fixture
def book(tmp_path: Path) -> Gradebook:
    return Gradebook(tmp_path / "gradebook.sqlite")


def run(out: Path, columns: tuple[str, ...] = (), grading: GradingOptions | None = None) -> None:
    taken = take(Gradebook(out / "gradebook.sqlite"), out, build(out))
    write_all(taken, out, Wishes(grading or GradingOptions(), columns=columns))


def person(book: Gradebook, student: str, **known: str) -> None:
    book.put_hand_ins([HandInRecord(student, "small", "hash", person=known)])


def test_canvas_with_its_own_gradebook_as_the_roster(tmp_path: Path, book: Gradebook) -> None:
    (tmp_path / "roster.csv").write_text(ROSTER)
    roster = read_roster(tmp_path / "roster.csv")
    for one, score in zip(roster.people, (3.0, 1.0), strict=True):
        put(book, one.name, result(score))
        person(book, one.name, **one.as_dict())
    run(tmp_path, roster.columns)
    with open(tmp_path / "canvas" / "grades.csv", newline="", encoding="utf-8") as f:
        rows = list(csv.reader(f))
    assert rows == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Problem 1 (91)"],
        ["    Points Possible", "", "", "", "", "9"],
        ["Bey, Ali", "4712", "s-78", "abey", "Tue", "1"],
        ["Doe, Jane", "4711", "s-77", "jdoe", "Mon, 10", "3"],
    ]


def test_canvas_without_a_roster(tmp_path: Path, book: Gradebook) -> None:
    for student in ("doejane_4711", "ann@example.org"):
        put(book, student, result(3.0))
    person(book, "doejane_4711", name="doejane_4711", id="4711", number="4711")
    run(tmp_path)
    jane, ann = sorted(read_csv(tmp_path / "canvas" / "grades.csv")[1:], key=lambda r: r["ID"], reverse=True)
    assert (jane["Student"], jane["ID"], jane["SIS Login ID"], jane[TITLE]) == ("doejane", "4711", "", "3")
    assert (ann["ID"], ann["SIS Login ID"]) == ("", "ann@example.org")


def test_moodle(tmp_path: Path, book: Gradebook) -> None:
    put(book, "Jane Doe", result(3.0))
    person(book, "Jane Doe", name="Jane Doe", number="Participant 12345", id="2026-01", email="jane@example.org")
    put(book, "Ali Bey", result(1.0))
    person(book, "Ali Bey", name="Ali Bey", id="12346", number="Teilnehmer/in 12346")
    run(tmp_path)
    head, ali, jane = (tmp_path / "moodle" / "small.csv").read_text(encoding="utf-8").splitlines()
    assert head == "Identifier,Full name,Email address,Grade,Maximum Grade"
    assert ali == "Teilnehmer/in 12346,Ali Bey,,1,9" and jane == "Participant 12345,Jane Doe,jane@example.org,3,9"
    grades = {row["Full name"]: row for row in read_csv(tmp_path / "moodle" / "grades.csv")}
    assert grades["Jane Doe"]["ID number"] == "2026-01" and grades["Jane Doe"][TITLE] == "3"
    assert grades["Ali Bey"]["ID number"] == "", "a participant's number is no ID number"


def test_plain(tmp_path: Path, book: Gradebook) -> None:
    for assignment, score in (("small", 3.0), ("other", 1.0)):
        put(book, "ann", result(score), assignment=assignment)
    put(book, "bob", result(2.0))
    person(book, "bob", email="bob@example.org")
    run(tmp_path)
    assert read_csv(tmp_path / "class.csv") == [
        {"student": "(points possible)", "email": "", "other": "3", "small": "9", "total": "12"},
        {"student": "ann", "email": "", "other": "1", "small": "3", "total": "4"},
        {"student": "bob", "email": "bob@example.org", "other": "", "small": "2", "total": "2"},
    ]


def test_what_the_grader_failed_on_is_exported_to_nobody(tmp_path: Path, book: Gradebook) -> None:
    why = "the grader failed: the sandbox did not start"
    put(book, "ann", Result("grader-failed", why, possible=3.0))
    put(book, "bob", result(3.0))
    run(tmp_path)
    assert [r[TITLE] for r in read_csv(tmp_path / "canvas" / "grades.csv")] == ["9", "", "3"]
    assert not (tmp_path / "gradescope" / "small" / "ann.json").exists()
    page = (tmp_path / "feedback" / "ann.html").read_text()
    assert "The grader itself failed" in page and "0 of" not in page and "sandbox" not in page
    report = (tmp_path / "report.html").read_text()
    assert "1 submissions, mean 3.0" in report and why in report


HIDDEN = [
    CaseResult("q1a - 1", False, 1.0, True, title="On small numbers"),
    CaseResult("q1a - 2", True, 2.0, False, "for the staff", None, "", "On large numbers"),
]


@pytest.mark.parametrize(
    ("grading", "visibility", "staff"),
    [
        (GradingOptions(), "after_published", False),
        (GradingOptions(hidden_shown="always"), "visible", False),
        (GradingOptions(hidden_shown="never"), "hidden", True),
        (GradingOptions(points_shown=False, hidden_shown="always"), "hidden", True),
    ],
)
def test_what_students_see_of_hidden_tests_on_gradescope(
    tmp_path: Path, book: Gradebook, grading: GradingOptions, visibility: str, staff: bool
) -> None:
    put(book, "ann", result(1.0, questions=[QuestionResult("q1a", 1.0, 3.0, HIDDEN)], written={"1.b": "so"}))
    book.put_written("ann", "small", "1.b", Given(1.5, "good", digest("so")))
    run(tmp_path, grading=grading)
    found = json.loads((tmp_path / "gradescope" / "small" / "ann.json").read_text())
    assert found["score"] == 2.5
    tests = {t["name"]: t for t in found["tests"]}
    assert list(tests) == ["Public Tests", "q1a", "q1b", "q1c"]
    question = tests["q1a"]
    assert (question["visibility"], question["score"], question["max_score"]) == (visibility, 1, 3)
    assert "✓ On small numbers\n✗ On large numbers" in question["output"]
    assert ("for the staff" in question["output"]) == staff
    assert (tests["q1b"]["score"], tests["q1b"]["max_score"], tests["q1b"]["output"]) == (1.5, 2, "good")
    assert tests["q1c"]["output"] == "This answer is not graded yet."


def test_points_that_students_do_not_see(tmp_path: Path, book: Gradebook) -> None:
    put(book, "ann", result(1.0, questions=[QuestionResult("q1a", 1.0, 3.0, HIDDEN)], written={"1.b": "so"}))
    book.put_written("ann", "small", "1.b", Given(1.5, "good", digest("so")))
    run(tmp_path, grading=GradingOptions(points_shown=False))
    page = (tmp_path / "feedback" / "ann.html").read_text()
    assert "not yet right" in page and "good" in page and "points" not in page and " of " not in page.split("<h2>")[1]
