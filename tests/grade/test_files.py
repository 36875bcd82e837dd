# ruff: noqa: E501
"""Which files are submissions and whose; what is refused; the gradebook and the reports made from it."""

import csv
import json
import os
import stat
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest

from autograder.grade.batch import grade_all
from autograder.grade.intake.collect import Submission, collect
from autograder.grade.reports.files import file_name, harmless
from autograder.grade.reports.gradebook import Gradebook
from autograder.grade.reports.records import Row
from tests.grade.reports.book import write_reports
from tests.grade.small import MARK, notebook

KNOWN = ["p1_dimensions", "p5_pooling"]
ONE = notebook("a = 1", name="p1_dimensions")
TWO = notebook("a = 2", name="p1_dimensions")


def zipped(files: dict[str, bytes], when: tuple = (2026, 3, 1, 12, 0, 0)) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, data in files.items():
            bundle.writestr(zipfile.ZipInfo(name, when), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def written(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def found(folder: Path) -> dict[str, Submission]:
    return {s.student: s for s in collect([folder], KNOWN)}


@pytest.mark.parametrize(
    ("name", "student"),
    [
        ("alice.ipynb", "alice"),
        ("alice/p1_dimensions.ipynb", "alice"),
        ("alice/work/p1_dimensions.ipynb", "alice"),
        ("submissions/alice/p1_dimensions.ipynb", "alice"),
        ("p1_dimensions/alice.ipynb", "alice"),
        ("alice_p1_dimensions.ipynb", "alice"),
        ("p1_dimensions-alice.ipynb", "alice"),
        ("alicecarr_12345_67890_p1_dimensions.ipynb", "alicecarr_12345"),
        ("alicecarr_LATE_12345_67890_p1_dimensions-2.ipynb", "alicecarr_12345"),
    ],
)
def test_whose_notebook(tmp_path: Path, name: str, student: str) -> None:
    assert list(found(written(tmp_path, {name: ONE}))) == [student]


def test_zips_in_zips_and_an_otter_zip(tmp_path: Path) -> None:
    otter = zipped({"p1_dimensions.ipynb": ONE, ".OTTER_LOG": b"x", "__zip_filename__": b"y"})
    all_of_them = zipped({"alice/p1_dimensions_2026_03_01T10_11_12_123456.zip": otter, "bob.ipynb": TWO})
    submissions = found(written(tmp_path, {"download.zip": all_of_them}))
    assert {k: v.data for k, v in submissions.items()} == {"alice": ONE, "bob": TWO}


def test_gradescope_export(tmp_path: Path) -> None:
    metadata = b"""---
submission_11:
  :submitters:
  - :name: Alice A
    :sid: '1'
    :email: alice@example.org
  :created_at: 2026-03-01 10:00:00 Z
submission_12:
  :submitters:
  - :name: Alice A
    :email: alice@example.org
  :created_at: 2026-03-02 10:00:00 Z
"""
    files = {"submission_metadata.yml": metadata, "submission_11/x.ipynb": TWO, "submission_12/x.ipynb": ONE}
    submissions = found(written(tmp_path, {f"assignment_1_export/{k}": v for k, v in files.items()}))
    assert {k: v.data for k, v in submissions.items()} == {"alice@example.org": ONE}


def test_the_latest_wins(tmp_path: Path) -> None:
    written(tmp_path, {"alice/one/p1_dimensions.ipynb": ONE, "alice/two/p1_dimensions.ipynb": TWO})
    os.utime(tmp_path / "alice/one/p1_dimensions.ipynb", (2_000_000_000, 2_000_000_000))
    assert found(tmp_path)["alice"].data == ONE
    old = {"ann_1_100_p.ipynb": TWO, "ann_1_200_p.ipynb": ONE}
    assert found(written(tmp_path, old))["ann_1"].data == ONE


def test_a_foreign_or_missing_assignment(tmp_path: Path) -> None:
    files = {"a.ipynb": notebook(name="other"), "b.ipynb": notebook("x = 1", name=None)}
    files["c.ipynb"] = notebook("import otter\ngrader = otter.Notebook('p5_pooling.ipynb')", name=None)
    submissions = found(written(tmp_path, files))
    assert submissions["a"].status == "wrong-assignment" and "'other'" in submissions["a"].problem
    assert submissions["b"].status == "wrong-assignment"
    assert submissions["c"].assignment == "p5_pooling" and not submissions["c"].problem


def link_in_zip() -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as bundle:
        entry = zipfile.ZipInfo("p1_dimensions.ipynb")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        bundle.writestr(entry, "/etc/passwd")
    return out.getvalue()


def locked_zip() -> bytes:
    data = bytearray(zipped({"a.ipynb": ONE}))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    data[6] |= 1
    return bytes(data)


def declared(size: int) -> bytes:
    """A zip of twenty notebooks, each as large as it says, not as it is: to make them would take seconds."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as bundle:
        for i in range(20):
            bundle.writestr(f"{i}.ipynb", ONE)
        for entry in bundle.filelist:
            entry.file_size = size
    return out.getvalue()


def nested(depth: int) -> bytes:
    data = zipped({"p1_dimensions.ipynb": ONE})
    for _ in range(depth):
        data = zipped({"in.zip": data})
    return data


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (zipped({"bomb.ipynb": bytes(30 << 20)}), "bomb"),
        (declared(60 << 20), "unpacks to"),
        (zipped({"../../evil.ipynb": ONE}), "leads out"),
        (zipped({"/etc/evil.ipynb": ONE}), "leads out"),
        (zipped({"..\\evil.ipynb": ONE}), "leads out"),
        (link_in_zip(), "link"),
        (locked_zip(), "password"),
        (nested(7), "zips within zips"),
        (b"PK\x03\x04 not a zip at all", "cannot be read"),
        (zipped({"a.ipynb": ONE})[:-30], "cannot be read"),
    ],
)
def test_archives_that_are_refused(tmp_path: Path, data: bytes, reason: str) -> None:
    (submission,) = collect([written(tmp_path, {"eve.zip": data})], KNOWN)
    assert submission.status == "refused" and reason in submission.problem
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["eve.zip"]


def test_links_folders_and_pipes_are_not_read(tmp_path: Path) -> None:
    secret = written(tmp_path / "secret", {"p1_dimensions.ipynb": ONE})
    inputs = tmp_path / "inputs"
    (inputs / "folder.ipynb").mkdir(parents=True)
    (inputs / "link.ipynb").symlink_to(secret / "p1_dimensions.ipynb")
    (inputs / "linked").symlink_to(secret)
    os.mkfifo(inputs / "pipe.ipynb")
    submissions = collect([inputs], KNOWN)
    assert {s.status for s in submissions} == {"refused"} and len(submissions) == 3


def test_a_notebook_with_huge_outputs(tmp_path: Path) -> None:
    big = json.loads(ONE)
    big["cells"][0]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x" * (65 << 20)}]
    (submission,) = collect([written(tmp_path, {"max.ipynb": json.dumps(big).encode()})], KNOWN)
    assert submission.status == "refused" and "65 MB" in submission.problem


def row(student: str, **more: object) -> Row:
    cases = [
        {"name": "q1 - 1", "title": "A public title", "hidden": False, "points": 1, "passed": False,
         "message": "❌ Test case failed\n code\nFailure: f is <b>wrong</b>\n[mistake: not-flipped]",
         "mistake": "not-flipped", "shown": "❌ Test case failed\n code\nFailure: f is <b>wrong</b>\n[mistake: not-flipped]"},
        {"name": "q1 - 2", "title": "A hidden title", "hidden": True, "points": 2, "passed": False, "message": MARK,
         "mistake": "values", "shown": ""},
    ]  # fmt: skip
    question = {"name": "q1", "score": 0.0, "possible": 3.0, "cases": cases, "trouble": ""}
    detail = {"questions": [question], "errors": [], "written": {"1.f": "my <i>answer</i>"}, "sandbox": "bubblewrap"}
    values: dict = {"assignment": "small", "submission": "x.ipynb", "handed_in": 0.0, "key": "k", "status": "graded"}
    values |= {"score": 0.0, "possible": 3.0, "reason": "", "detail": detail} | more
    return Row(student, **values)


def read_csv(path: Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as f:
        return list(csv.DictReader(f))


def test_reports(tmp_path: Path) -> None:
    book = Gradebook(tmp_path / "gradebook.sqlite")
    evil = "=cmd|'/c calc'!A0<script>"
    for student in ("ann", "doe_4711", evil):
        book.put(row(student))
    assert write_reports(book, tmp_path, tmp_path) == []
    grades = read_csv(tmp_path / "grades.csv")
    assert [g["student"] for g in grades] == [f"'{evil}", "ann", "doe_4711"]
    assert list(grades[0]) == ["student", "assignment", "submission", "status", "score", "possible", "reason"]
    assert read_csv(tmp_path / "questions.csv")[1]["mistake"] == "not-flipped"
    feedback = (tmp_path / "feedback" / "ann.html").read_text()
    assert "A hidden title" in feedback and "&lt;b&gt;wrong&lt;/b&gt;" in feedback and "my &lt;i&gt;" in feedback
    report = (tmp_path / "report.html").read_text()
    assert "not-flipped" in report and 'role="img"' in report and "What to teach again" in report
    for shown in [*(tmp_path / "feedback").iterdir(), tmp_path / "report.html"]:
        text = shown.read_text()
        assert MARK not in text and "<script>" not in text and "http" not in text.replace("http-equiv", "")
    canvas = read_csv(tmp_path / "canvas" / "grades.csv")
    assert canvas[0]["small"] == "3" and [c["ID"] for c in canvas if c["Student"] == "doe"] == ["4711"]
    results = json.loads((tmp_path / "gradescope" / "small" / "ann.json").read_text())
    visible = [t for t in results["tests"] if t["visibility"] == "visible"]
    assert MARK not in json.dumps(visible) and results["tests"][1]["max_score"] == 3


def test_written_answers_are_merged_back(tmp_path: Path) -> None:
    book = Gradebook(tmp_path / "gradebook.sqlite")
    book.put(row("ann"))
    write_reports(book, tmp_path, tmp_path)
    path = tmp_path / "written" / "small" / "1.f.csv"
    assert read_csv(path)[0]["answer"] == "my <i>answer</i>"
    assert "not graded yet" in read_csv(tmp_path / "grades.csv")[0]["reason"]
    text = path.read_text().replace("answer</i>,,", "answer</i>,2.5,well said")
    path.write_text(text)
    write_reports(book, tmp_path, tmp_path)
    assert read_csv(tmp_path / "grades.csv")[0]["score"] == "2.5"
    assert "well said" in (tmp_path / "feedback" / "ann.html").read_text()
    changed = row("ann").detail | {"written": {"1.f": "another"}}
    book.put(row("ann", detail=changed))
    write_reports(book, tmp_path, tmp_path)
    assert read_csv(tmp_path / "grades.csv")[0]["score"] == "0"
    assert "2.5 points" in read_csv(path)[0]["comment"]
    path.write_text(path.read_text().replace("another,,", "another,many,"))
    assert "expected a number" in write_reports(book, tmp_path, tmp_path)[0]


@pytest.mark.parametrize(
    ("change", "encoding"),
    [
        (lambda t: t.replace(",", ";").replace("answer</i>;;", "answer</i>;2,5;gut"), "utf-8-sig"),
        (lambda t: t.replace(",", "\t").replace("answer</i>\t\t", "answer</i>\t2.5\tgro\u00df"), "cp1252"),
    ],
)
def test_points_from_any_spreadsheet_arrive(tmp_path: Path, change: Callable[[str], str], encoding: str) -> None:
    book = Gradebook(tmp_path / "gradebook.sqlite")
    book.put(row("ann"))
    write_reports(book, tmp_path, tmp_path)
    path = tmp_path / "written" / "small" / "1.f.csv"
    path.write_bytes(change(path.read_text()).encode(encoding))
    assert write_reports(book, tmp_path, tmp_path) == []
    assert read_csv(tmp_path / "grades.csv")[0]["score"] == "2.5"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("ann,small", "Ann,small", "student is 'Ann', who is not in the gradebook"),
        (",points", ",mark", "has no column points"),
        ("answer</i>,2", "answer</i>,nan", "expected a number"),
    ],
)
def test_a_file_that_is_not_understood_stays_as_it_is(tmp_path: Path, old: str, new: str, said: str) -> None:
    book = Gradebook(tmp_path / "gradebook.sqlite")
    book.put(row("ann"))
    write_reports(book, tmp_path, tmp_path)
    path = tmp_path / "written" / "small" / "1.f.csv"
    path.write_text(path.read_text().replace("answer</i>,,", "answer</i>,2,").replace(old, new))
    before = path.read_bytes()
    problems = write_reports(book, tmp_path, tmp_path)
    assert said in problems[0] and "left as it is" in problems[-1]
    assert path.read_bytes() == before


def test_a_notebook_cannot_invent_many_questions(tmp_path: Path) -> None:
    book = Gradebook(tmp_path / "gradebook.sqlite")
    book.put(row("ann", detail=row("ann").detail | {"written": {f"x{i}": "" for i in range(600)}}))
    write_reports(book, tmp_path, tmp_path)
    assert len(list((tmp_path / "written" / "small").iterdir())) == 100


def test_unsandboxed_is_stamped(tmp_path: Path) -> None:
    book = Gradebook(tmp_path / "gradebook.sqlite")
    book.put(row("ann", detail=row("ann").detail | {"sandbox": "none (--unsandboxed)"}))
    write_reports(book, tmp_path, tmp_path)
    for name in ("report.html", "feedback/ann.html", "grades.csv", "gradescope/small/ann.json"):
        assert "sandbox" in (tmp_path / name).read_text()


@pytest.mark.parametrize("name", ["../../etc/x", "/etc/x", ".", "..", "a/b", "a\x00b", "", "ok name"])
def test_file_names_stay_in_their_folder(tmp_path: Path, name: str) -> None:
    path = (tmp_path / f"{file_name(name)}.html").resolve()
    assert path.parent == tmp_path.resolve()


@pytest.mark.parametrize("name", ["CON", "aux", "NUL.txt", "com1"])
def test_no_file_is_called_as_a_device_of_windows(name: str) -> None:
    assert file_name(name).startswith(f"_{name}-") and file_name(f"fal{name}") == f"fal{name}"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\n=1"])
def test_no_formulas(text: str) -> None:
    assert str(harmless(text)).startswith("'")


def test_submissions_without_a_grade_get_a_row(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from autograder.grade.judge.workers import Options

    book = Gradebook(tmp_path / "gradebook.sqlite")
    bad = Submission("eve", "", "eve.zip", b"", 0.0, "refused", "the zip is a bomb")
    with ThreadPoolExecutor(1) as pool:
        rows = list(grade_all(pool, [bad], {}, {}, book, Options(), None, 2))
        again = list(grade_all(pool, [bad], {}, {}, book, Options(), None, 2))
    assert [(r.student, r.status, r.score) for r in rows] == [("eve", "refused", 0.0)] and again == []
