"""Points for answers in words: what a person wrote is never lost, whatever a spreadsheet did to the file."""

import csv
import io
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.course import GradingOptions
from autograder.grade.reports.filled import agrees
from autograder.grade.reports.gradebook import Gradebook
from autograder.grade.reports.write import Wishes, take, write_all
from tests.grade.reports.book import build, put, read_csv, result, write_reports

ANSWERS = {
    "ann": "=x;y\nIt mixes “space”, 空间 by 空间",
    "李小明": "每个像素",
    "Łukasz Ó": "Ż",
    "00123": "-5",
    "may1": "",
}
Change = Callable[[list[dict[str, str]]], object]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    book = Gradebook(tmp_path / "gradebook.sqlite")
    for student, answer in ANSWERS.items():
        put(book, student, result(1.0, written={"1.b": answer}))
    assert run(tmp_path) == []
    return tmp_path


def run(out: Path) -> list[str]:
    return write_reports(Gradebook(out / "gradebook.sqlite"), out, build(out))


def sheet(out: Path) -> Path:
    return out / "written" / "small" / "1.b.csv"


def fill(out: Path, change: Change, encoding: str = "utf-8", errors: str = "strict", **dialect: str) -> None:
    """Open the sheet, change its rows, and save it as a spreadsheet would."""
    rows = read_csv(sheet(out))
    change(rows)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, rows[0], lineterminator="\r\n", **dialect)  # type: ignore[arg-type]
    writer.writeheader()
    writer.writerows(rows)
    sheet(out).write_bytes(text.getvalue().encode(encoding, errors))


def points(out: Path) -> dict[str, str]:
    return {row["student"]: row["score"] for row in read_csv(out / "questions.csv") if row["question"] == "q1b"}


def all_of_them(rows: list[dict[str, str]]) -> None:
    for number, row in enumerate(rows):
        row["points"] = f"{number / 4:g}"


def as_an_excel_of_old(rows: list[dict[str, str]]) -> None:
    """Letters that the code page lacks are gone, numbers are numbers, points have a comma, and the order is another."""
    all_of_them(rows)
    for row in rows:
        row["points"] = row["points"].replace(".", ",")
        for key in ("student", "answer"):
            row[key] = row[key].encode("cp1252", "replace").decode("cp1252").replace("?ukasz", "Lukasz")
        row["student"] = row["student"].replace("00123", "123")
    rows.reverse()


def mojibake(rows: list[dict[str, str]]) -> None:
    all_of_them(rows)
    for row in rows:
        for key in ("student", "answer"):
            row[key] = row[key].encode().decode("cp1252", "replace")


@pytest.mark.parametrize(
    ("change", "encoding", "delimiter"),
    [
        (all_of_them, "utf-8", ","),
        (all_of_them, "utf-8-sig", ";"),
        (all_of_them, "utf-16", "\t"),
        (as_an_excel_of_old, "cp1252", ";"),
        (mojibake, "utf-8", ";"),
    ],
)
def test_no_point_is_lost(out: Path, change: Change, encoding: str, delimiter: str) -> None:
    fill(out, change, encoding, delimiter=delimiter)
    students = sorted(ANSWERS)
    for _ in range(2):  # the second time from the sheet that the first has written
        assert run(out) == []
        assert points(out) == {s: f"{n / 4:g}" for n, s in enumerate(students)}


def set_points(student: str, value: str) -> Change:
    return lambda rows: [row.update(points=value) for row in rows if row["student"] == student]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("2.5", "points are 2.5, expected 0 to 2"),
        ("-1", "points are -1, expected 0 to 2"),
        ("inf", "points are 'inf', expected a number"),
        ("two", "points are 'two', expected a number"),
    ],
)
def test_points_that_cannot_be_are_refused(out: Path, value: str, said: str) -> None:
    fill(out, lambda rows: [set_points("may1", "2")(rows), set_points("ann", value)(rows)])
    before = sheet(out).read_bytes()
    problems = run(out)
    assert said in problems[0] and "line " in problems[0] and "left as it is" in problems[-1]
    assert sheet(out).read_bytes() == before, "the person finds the line again"
    assert points(out) == dict.fromkeys(sorted(ANSWERS), "") | {"may1": "2"}, "the other lines count"


def test_blank_withdraws(out: Path) -> None:
    fill(out, set_points("ann", "2"))
    run(out)
    assert points(out)["ann"] == "2"
    fill(out, set_points("ann", ""))
    run(out)
    assert points(out)["ann"] == "" and read_csv(out / "grades.csv")[1]["student"] == "ann"
    assert read_csv(out / "grades.csv")[1]["score"] == "1"


def test_a_comment_without_points_stays(out: Path) -> None:
    fill(out, lambda rows: [row.update(comment="ask her") for row in rows if row["student"] == "ann"])
    run(out)
    assert [row["comment"] for row in read_csv(sheet(out)) if row["student"] == "ann"] == ["ask her"]
    assert points(out)["ann"] == ""


def test_points_outlive_a_new_hand_in_with_the_same_answer(out: Path) -> None:
    fill(out, set_points("ann", "2"))
    book = Gradebook(out / "gradebook.sqlite")
    put(book, "ann", result(3.0, written={"1.b": ANSWERS["ann"], "q1c": "more"}))
    run(out)
    assert points(out)["ann"] == "2", "the sheet was filled in before the new hand-in was graded"
    put(book, "ann", result(3.0, written={"1.b": "something else"}))
    run(out)
    assert points(out)["ann"] == "" and "changed after it got 2 points" in sheet(out).read_text()
    run(out)
    assert "changed after it got 2 points" in sheet(out).read_text(), "and the next run knows it still"
    put(book, "ann", result(3.0, written={"1.b": ANSWERS["ann"]}))
    run(out)
    assert points(out)["ann"] == "2"


def test_columns_that_were_sorted_apart_are_refused(out: Path) -> None:
    def sort_apart(rows: list[dict[str, str]]) -> None:
        all_of_them(rows)
        names = sorted((row["student"] for row in rows), reverse=True)
        for row, name in zip(rows, names, strict=True):
            row["student"] = name

    fill(out, sort_apart)
    problems = run(out)
    assert len(problems) >= 4 and "this id is another's" in problems[0]


def test_a_copy_counts_until_the_sheet_itself_says_otherwise(out: Path) -> None:
    fill(out, set_points("ann", "1"))
    shutil.move(sheet(out), sheet(out).with_name("a second person's.csv"))
    run(out)
    assert points(out)["ann"] == "1"
    fill(out, set_points("ann", "2"))
    run(out)
    assert points(out)["ann"] == "2"


def test_old_sheets_without_ids(out: Path) -> None:
    def without_ids(rows: list[dict[str, str]]) -> None:
        all_of_them(rows)
        for row in rows:
            row["answer"] = row["answer"].encode("cp1252", "replace").decode("cp1252")
            del row["id"]

    fill(out, without_ids)
    assert run(out) == []
    assert points(out) == {s: f"{n / 4:g}" for n, s in enumerate(sorted(ANSWERS))}


def test_anonymous(out: Path) -> None:
    book, place = Gradebook(out / "gradebook.sqlite"), build(out)
    write_all(take(book, out, place), out, Wishes(GradingOptions(), anonymous=True))
    page = sheet(out).with_suffix(".html").read_text()
    assert not any(name in sheet(out).read_text() or f"{name}:" in page for name in ANSWERS if name != "00123")
    ids = [row["id"] for row in read_csv(sheet(out))]
    assert ids == sorted(ids) and all(i in page for i in ids) and "ann.ipynb" not in page
    fill(out, all_of_them)
    assert run(out) == [] and all(points(out).values())


@pytest.mark.parametrize(
    ("shown", "text", "same"),
    [
        ("ann", "ann", True), ("Ann", "ann", False), ("???", "李小明", True), ("M?ller", "Müller", True),
        ("Muller", "Müller", True), ("Mller", "Müller", True), ("Moller", "Mxller", False), ("123", "00123", True),
        ("1,23457E+12", "1234567890123", True), ("124", "00123", False), ("Ax", "Äx y", False), ("", "李", True),
        ("ab", "aÄbÄab", False),
    ],
)  # fmt: skip
def test_what_spreadsheets_make_of_a_text(shown: str, text: str, same: bool) -> None:
    assert agrees(shown, text) == same


def test_a_spreadsheet_in_a_form_of_its_own_is_named(out: Path) -> None:
    fill(out, set_points("ann", "2"))
    for name in ("1.b.xlsx", "1.b.ods", "~$1.b.xlsx", "._1.b.csv", ".~lock.1.b.csv#"):
        (sheet(out).parent / name).write_bytes(b"PK")
    (out / "overrides.xlsx").write_bytes(b"PK")
    problems = run(out)
    named = [p.split(": ")[0].split("/")[-1] for p in problems if "only CSV" in p]
    assert sorted(named) == ["1.b.ods", "1.b.xlsx", "overrides.xlsx"]
    assert points(out)["ann"] == "2" and not any("lock" in p or "._" in p for p in problems)


def test_two_lines_of_one_student_that_differ_are_told(out: Path) -> None:
    def twice(rows: list[dict[str, str]]) -> None:
        set_points("ann", "2")(rows)
        rows += [row | {"points": "1"} for row in rows if row["student"] == "ann"]
        rows += [dict(rows[0])]

    fill(out, twice)
    problems = run(out)
    assert len(problems) == 2 and "a line before has other points" in problems[0] and points(out)["ann"] == "2"
