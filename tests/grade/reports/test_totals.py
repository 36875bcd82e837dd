"""Points possible are the same everywhere, questions in words included; and the class report's shares."""

import json
import re
from pathlib import Path

import pytest

from autograder.grade.reports.files import file_names, harmless
from autograder.grade.reports.gradebook import Given, Gradebook
from autograder.grade.reports.marks import digest
from tests.grade.reports.book import build, put, read_csv, result, write_reports

WRITTEN = {"1.b": "It mixes channels.", "q1c": "Because."}


@pytest.fixture
def book(tmp_path: Path) -> Gradebook:
    return Gradebook(tmp_path / "gradebook.sqlite")


def test_points_in_words_count_everywhere(tmp_path: Path, book: Gradebook) -> None:
    put(book, "ann", result(3.0, written=WRITTEN))
    put(book, "bob", result(0.0, written={}))
    book.put_written("ann", "small", "1.b", Given(1.5, "well said", digest(WRITTEN["1.b"])))
    assert write_reports(book, tmp_path, build(tmp_path)) == []
    grades = {row["student"]: row for row in read_csv(tmp_path / "grades.csv")}
    assert (grades["ann"]["score"], grades["ann"]["possible"]) == ("4.5", "9")
    assert (grades["bob"]["score"], grades["bob"]["possible"]) == ("0", "9")
    assert grades["ann"]["reason"] == "1 written answer is not graded yet"
    questions = [row for row in read_csv(tmp_path / "questions.csv") if row["student"] == "ann"]
    assert [(q["question"], q["score"], q["possible"]) for q in questions] == [
        ("q1a", "3", "3"), ("q1b", "1.5", "2"), ("q1c", "", "4"),
    ]  # fmt: skip
    assert "4.5 of 9 points" in (tmp_path / "feedback" / "ann.html").read_text()
    title = "Problem 1 · A small one"
    canvas = read_csv(tmp_path / "canvas" / "grades.csv")
    assert [row[title] for row in canvas] == ["9", "4.5", "0"]
    assert "median 4.5 of 9 points" in (tmp_path / "report.html").read_text()


def test_a_notebook_that_could_not_be_read_has_the_same_points_possible(tmp_path: Path, book: Gradebook) -> None:
    put(book, "eve", result(0.0, status="unreadable", reason="no notebook", questions=[]))
    write_reports(book, tmp_path, build(tmp_path))
    assert read_csv(tmp_path / "grades.csv")[0]["possible"] == "9"
    assert [q["question"] for q in read_csv(tmp_path / "questions.csv")] == ["q1b", "q1c"]


def test_the_report_shows_how_many_mistakes_have_no_name(tmp_path: Path, book: Gradebook) -> None:
    put(book, "ann", result(3.0))
    for student, mistake in {"bob": "no-floor", "cyd": "no-floor", "dee": "values", "eli": None}.items():
        put(book, student, result(0.0, mistake))
    put(book, "fay", result(0.0, "unanswered"))
    write_reports(book, tmp_path, build(tmp_path))
    report = (tmp_path / "report.html").read_text()
    assert "2 of 4 wrong answers (50 %)" in report, "no answer is not a wrong answer"
    assert "dee, dee.ipynb" in report and "bob.ipynb" not in report, "examples of those without a name alone"
    table = re.sub(r"<[^>]+>", " ", report[report.index("<tbody>") : report.index("</tbody>")])
    assert re.search(r"no-floor\s+2\s+1\.a \(2\)", table) and "values" not in table
    assert "5 of 6 did not solve it, 1 of them gave no answer" in report and "Most often (2)" in report


def test_two_mistakes_of_one_answer_both_count(tmp_path: Path, book: Gradebook) -> None:
    both = result(0.0, "no-floor")
    case = both.questions[0].cases[0]
    case.message = "Failure: Two things.\n[second mistake: stride-ignored]\n[mistake: no-floor]"
    put(book, "ann", both)
    put(book, "bob", result(0.0, "no-floor"))
    write_reports(book, tmp_path, build(tmp_path))
    report = (tmp_path / "report.html").read_text()
    table = re.sub(r"<[^>]+>", " ", report[report.index("<tbody>") : report.index("</tbody>")])
    assert re.search(r"no-floor\s+2\s+1\.a \(2\)", table) and re.search(r"stride-ignored\s+1\s+1\.a \(1\)", table)
    assert "second mistake" not in (tmp_path / "feedback" / "ann.html").read_text()


def test_pages_are_whole_and_run_nothing(tmp_path: Path, book: Gradebook) -> None:
    evil = '"><script src=//x.example></script>'
    put(book, evil, result(0.0, written={"1.b": evil}, reason=f"{evil}\x1b[31m\ud800", status="crashed"))
    write_reports(book, tmp_path, build(tmp_path))
    pages = [tmp_path / "report.html", *tmp_path.glob("feedback/*.html"), *tmp_path.glob("written/*/*.html")]
    assert len(pages) == 4
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert text.count("<!doctype html>") == 1 and "default-src 'none'" in text
        assert "<script" not in text and "<link" not in text and "\x1b" not in text
        assert "x.example" in text


@pytest.mark.parametrize(
    "student", ["a" * 300, "李" * 200, "𝒳" * 100, "x\ud800y", "%\x00\x1b/..", "CON", " ", "-" * 260]
)
def test_any_name_gets_its_rows_and_files(tmp_path: Path, book: Gradebook, student: str) -> None:
    for name in (student, "ann"):
        put(book, name, result(3.0, written=WRITTEN), assignment="small")
        put(book, name, result(3.0, written=WRITTEN), assignment=student)
    for _ in range(2):  # the second time with what the first has left
        assert write_reports(book, tmp_path, build(tmp_path)) == []
    assert len(read_csv(tmp_path / "grades.csv")) == 4
    assert len(list((tmp_path / "feedback").iterdir())) == 2
    assert len(list((tmp_path / "gradescope").rglob("*.json"))) == 4
    assert all(json.loads(p.read_text())["tests"] for p in (tmp_path / "gradescope").rglob("*.json"))


def test_names_that_a_file_system_may_hold_for_one() -> None:
    names = ["Ann", "ann", "ANN", "Zoe\u0308", "Zo\u00eb"]
    files = file_names(names)
    assert files["Ann"] == "Ann" and len({f.casefold() for f in files.values()}) == 5


@pytest.mark.parametrize("text", ["x;=1+1", "x; =1+1", 'x;"=1+1"', ";@SUM(1)", ";\t+1", "＝1+1", "a;;-1", 'a;""=1'])
def test_no_formulas_behind_a_semicolon(text: str) -> None:
    """A spreadsheet that cuts at semicolons reads what follows one as a field of its own."""
    once = str(harmless(text))
    for field in once.split(";"):
        assert field.strip(' "\t')[:1] not in set("=+-@＝"), once
    assert harmless(once) == once, "reading back and writing again changes nothing"
