"""What people decide after the tests, what lateness costs, and what a changed test changed."""

import dataclasses
from pathlib import Path

import pytest

from autograder.course import GradingOptions, Late
from autograder.grade.reports.gradebook import Gradebook
from autograder.grade.reports.records import HandInRecord, Row
from autograder.grade.reports.write import Wishes, take, write_all
from autograder.grade.result import Result
from tests.grade.reports.book import build, put, question, read_csv, result, write_reports

DAY = 24 * 3600.0


@pytest.fixture
def book(tmp_path: Path) -> Gradebook:
    return Gradebook(tmp_path / "gradebook.sqlite")


def run(out: Path, late: Late | None = None) -> list[str]:
    taken = take(Gradebook(out / "gradebook.sqlite"), out, build(out), late=late)
    write_all(taken, out, Wishes(GradingOptions()))
    return taken.problems


def total(out: Path, student: str) -> tuple[str, str]:
    return next((r["score"], r["reason"]) for r in read_csv(out / "grades.csv") if r["student"] == student)


def override(out: Path, *lines: str, head: str = "student,question,points,reason") -> None:
    (out / "overrides.csv").write_text("\n".join((head, *lines)) + "\n")


def test_an_override_comes_last_and_stays(tmp_path: Path, book: Gradebook) -> None:
    put(book, "ann", result(0.0))
    override(tmp_path, "ann,q1a,2.5,the task was not clear", "ann,1.b,1,said in class")
    assert run(tmp_path) == []
    assert total(tmp_path, "ann")[0] == "3.5" and "the task was not clear" in total(tmp_path, "ann")[1]
    scores = {q["question"]: q["score"] for q in read_csv(tmp_path / "questions.csv")}
    assert scores == {"q1a": "2.5", "q1b": "1", "q1c": ""}
    page = (tmp_path / "feedback" / "ann.html").read_text()
    assert "decided by a person" in page and "the task was not clear" in page and "3.5 of 9 points" in page
    put(book, "ann", result(3.0))
    run(tmp_path)
    assert total(tmp_path, "ann")[0] == "3.5", "graded again, and the override still counts"
    override(tmp_path)
    run(tmp_path)
    assert total(tmp_path, "ann")[0] == "3"


def test_an_override_for_a_file_that_could_not_be_read(tmp_path: Path, book: Gradebook) -> None:
    put(book, "eve", result(0.0, status="unreadable", reason="no notebook", questions=[]))
    override(tmp_path, "eve;1.a;3;sent by mail", head="student;question;points;reason")
    assert run(tmp_path) == [] and total(tmp_path, "eve")[0] == "3"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("ann,q1a,3.5,x", "line 2: points are 3.5, expected 0 to 3"),
        ("ann,q1a,-1,x", "points are -1, expected 0 to 3"),
        ("ann,q1a,,x", "points are '', expected a number"),
        ("bob,q1a,1,x", "student is 'bob', who is not in the gradebook"),
        ("ann,q9,1,x", "question is 'q9', which there is not"),
    ],
)
def test_overrides_that_cannot_be(tmp_path: Path, book: Gradebook, line: str, said: str) -> None:
    put(book, "ann", result(1.0))
    override(tmp_path, line, "ann,q1b,2,good")
    before = (tmp_path / "overrides.csv").read_bytes()
    problems = run(tmp_path)
    assert len(problems) == 1 and said in problems[0]
    assert total(tmp_path, "ann")[0] == "3", "the other line counts"
    assert (tmp_path / "overrides.csv").read_bytes() == before


def test_a_question_of_two_assignments_needs_the_assignment(tmp_path: Path, book: Gradebook) -> None:
    put(book, "ann", result(0.0))
    put(book, "ann", result(0.0), assignment="other")
    override(tmp_path, "ann,q1a,2,x")
    assert "is in other, small: say which in a column assignment" in run(tmp_path)[0]
    override(tmp_path, "ann,other,q1a,2,x", head="student,assignment,question,points,reason")
    assert run(tmp_path) == []
    assert [r["score"] for r in read_csv(tmp_path / "grades.csv")] == ["2", "0"]


def late(student: str, seconds: float, assignment: str = "small", **more: float) -> HandInRecord:
    return HandInRecord(student, assignment, "hash", more.get("time", 1.0), True, seconds)


def test_lateness_costs_nothing_by_itself(tmp_path: Path, book: Gradebook) -> None:
    put(book, "ann", result(3.0))
    book.put_hand_ins([late("ann", 1.5 * DAY)])
    run(tmp_path)
    assert total(tmp_path, "ann") == ("3", "2 days late; 2 written answers are not graded yet")
    line = read_csv(tmp_path / "questions.csv")[-1]
    assert (line["question"], line["score"], line["possible"]) == ("late", "0", "0")
    assert "2 days late" in (tmp_path / "feedback" / "ann.html").read_text()


@pytest.mark.parametrize(
    ("seconds", "policy", "score"),
    [
        (1.5 * DAY, Late(penalty_per_day=0.1), 3 - 2 * 0.9),
        (1.5 * DAY, Late(penalty_per_day=0.1, free_days=1), 3 - 0.9),
        (1.5 * DAY, Late(penalty_per_day=0.1, free_days=5), 3),
        (0, Late(penalty_per_day=0.1), 3 - 0.9),
        (30 * DAY, Late(penalty_per_day=0.1), 0),
        (300, Late(penalty_per_day=0.1, grace_minutes=5), 3),
        (301, Late(penalty_per_day=0.1, grace_minutes=5), 3 - 0.9),
    ],
)
def test_what_lateness_costs(tmp_path: Path, book: Gradebook, seconds: float, policy: Late, score: float) -> None:
    """3 points of 9: a tenth of what was possible is 0.9."""
    put(book, "ann", result(3.0))
    book.put_hand_ins([late("ann", seconds)])
    run(tmp_path, policy)
    assert float(total(tmp_path, "ann")[0]) == pytest.approx(score)
    override(tmp_path, "ann,late,0,a doctor's note")
    run(tmp_path, policy)
    if seconds > 300:
        assert total(tmp_path, "ann")[0] == "3", "a person may let it pass"


def test_free_days_last_for_the_whole_course(tmp_path: Path, book: Gradebook) -> None:
    for assignment in ("small", "other"):
        put(book, "ann", result(3.0), assignment=assignment)
    book.put_hand_ins([late("ann", 2 * DAY, "small", time=20.0), late("ann", 2 * DAY, "other", time=10.0)])
    run(tmp_path, Late(free_days=3, penalty_per_day=0.1))
    scores = {r["assignment"]: float(r["score"]) for r in read_csv(tmp_path / "grades.csv")}
    assert scores == {"other": 3.0, "small": pytest.approx(3 - 0.9)}


def test_lateness_is_remembered_when_nothing_tells_it_again(tmp_path: Path, book: Gradebook) -> None:
    known = late("ann", DAY)
    book.put_hand_ins([known])
    book.put_hand_ins([dataclasses.replace(known, late=None, late_by=0.0)])
    assert book.hand_ins()["ann", "small"].late
    book.put_hand_ins([dataclasses.replace(known, content="new", late=None, late_by=0.0)])
    assert book.hand_ins()["ann", "small"].late is None


def grade(book: Gradebook, student: str, found: Result, content: str) -> None:
    row = Row(student, "small", "x.ipynb", 0.0, "key", found.status, found.score, 3.0, found.reason, found.as_dict())
    book.put(row, content)


def test_what_a_changed_test_changed(tmp_path: Path, book: Gradebook) -> None:
    def both(score: float, other: float) -> Result:
        return result(score + other, questions=[question("q1a", score), question("q1d", other, 1.0)])

    for student, score in (("ann", 3.0), ("bob", 3.0), ("cyd", 3.0)):
        grade(book, student, both(score, 1.0), f"{student}'s work")
    run(tmp_path)
    assert read_csv(tmp_path / "changes.csv") == []
    grade(book, "ann", both(1.0, 1.0), "ann's work")
    grade(book, "bob", both(3.0, 1.0), "bob's work")
    grade(book, "cyd", both(0.0, 1.0), "cyd's new work")
    for _ in range(2):
        run(tmp_path)
        (change,) = read_csv(tmp_path / "changes.csv")
        del change["when"]
        assert change == {"student": "ann", "assignment": "small", "before": "4", "after": "2", "change": "-2",
                          "questions": "q1a: 3 to 1"}  # fmt: skip


def test_a_failure_of_the_grader_is_no_change(tmp_path: Path, book: Gradebook) -> None:
    grade(book, "ann", result(3.0), "work")
    book.put(Row("ann", "small", "x", 0.0, "failed key", "crashed", 0.0, 3.0, "the grader failed: x",
                 Result("crashed", "the grader failed: x").as_dict()))  # fmt: skip
    grade(book, "ann", result(3.0), "work")
    assert book.changes() == []
    assert write_reports(book, tmp_path, build(tmp_path)) == []


def test_of_two_overrides_of_one_question_the_later_counts_and_it_is_said(tmp_path: Path, book: Gradebook) -> None:
    put(book, "ann", result(0.0))
    override(tmp_path, "ann,q1a,2,first", "ann,q1a,1,second thoughts", "ann,q1a,1,again")
    problems = run(tmp_path)
    assert len(problems) == 1 and "line 3: ann has other points for q1a in a line before" in problems[0]
    assert total(tmp_path, "ann")[0] == "1"


def test_an_override_may_name_a_student_by_what_the_roster_has(tmp_path: Path, book: Gradebook) -> None:
    people = {"Doe, Jane": {"login": "jdoe", "email": "jane@x.org"}, "Bey, Ali": {"login": "abey", "section": "Mon"}}
    for name, person in people.items():
        put(book, name, result(0.0))
        book.put_hand_ins([HandInRecord(name, "small", "hash", person=person)])
    override(tmp_path, "JDOE,q1a,2,x", "abey,q1a,1,y")
    assert run(tmp_path) == [] and [r["score"] for r in read_csv(tmp_path / "grades.csv")] == ["1", "2"]
