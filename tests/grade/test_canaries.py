"""A problem that cannot be graded stops no other: its submissions get no verdict, and the reason says why."""

import csv
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.build.bundle import digest_of, guarded
from autograder.course import Course
from autograder.grade.judge.assignment import Assignment, from_folder, from_zip, load_all
from autograder.grade.judge.workers import Options, close_workers, grade_submission
from tests.grade.small import SMALL, notebook, submission, write_zip
from tests.grade.test_command import command

OK_FORMAT = """OK_FORMAT = True
test = {"name": "q1", "points": 1, "suites": [{"cases": [{"code": ">>> double(2)\\n4", "hidden": False}]}]}
"""


def other_zip(path: Path, tests: dict[str, str]) -> None:
    with zipfile.ZipFile(path, "w") as bundle:
        bundle.writestr("otter_config.json", json.dumps({"assignment_name": path.stem, "lang": "python"}))
        for name, body in tests.items():
            bundle.writestr(f"tests/{name}", body)


def test_the_others_are_graded(tmp_path: Path) -> None:
    zips = write_zip(tmp_path / "autograder")
    other_zip(zips / "unsound.zip", SMALL.tests)
    other_zip(zips / "inner.zip", {"q1.py": OK_FORMAT})
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "unsound.ipynb").write_bytes(submission(q2="count = 41"))
    for student in ("ada", "blaise"):
        (tmp_path / "in" / student).mkdir(parents=True)
        for name in ("small", "unsound", "inner"):
            data = submission().replace(b'"assignment_name": "small"', f'"assignment_name": "{name}"'.encode())
            (tmp_path / "in" / student / f"{name}.ipynb").write_bytes(data)
    process = command(tmp_path / "in", "--assignments", zips, "--out", tmp_path / "out", "--jobs", 1)
    said = " ".join(process.communicate(timeout=300)[0].split())
    assert process.returncode == 1, said
    assert "unsound is not graded: its solution scored 6, expected 9" in said
    assert "inner is not graded:" in said
    assert "inner.zip:tests/q1.py:1:testsinOKformatcannotbegraded" in said.replace(" ", "")  # a long line is broken
    assert "4 submissions have no verdict" in said and "Traceback" not in said
    found = statuses(tmp_path / "out")
    for student in ("ada", "blaise"):
        assert found[(student, "small")] == "graded"
        assert found[(student, "unsound")] == found[(student, "inner")] == "grader-failed"
    # mended, the same command goes on
    (tmp_path / "solutions" / "unsound.ipynb").write_bytes(submission())
    again = command(tmp_path / "in", "--assignments", zips, "--out", tmp_path / "out", "--jobs", 1)
    said = again.communicate(timeout=300)[0]
    found = statuses(tmp_path / "out")
    assert found["ada", "unsound"] == found["blaise", "unsound"] == "graded", said
    assert found["ada", "inner"] == "grader-failed" and "2 submissions have no verdict" in " ".join(said.split())


def statuses(out: Path) -> dict[tuple[str, str], str]:
    with open(out / "grades.csv", newline="", encoding="utf-8") as table:
        return {(row["student"], row["assignment"]): row["status"] for row in csv.DictReader(table)}


def test_a_zip_tells_what_is_wrong_with_its_tests(tmp_path: Path) -> None:
    other_zip(tmp_path / "one.zip", {"q1.py": SMALL.tests["q1.py"], "q2.py": "def test(:\n"})
    assert (
        from_zip(tmp_path / "one.zip").fault
        == f"{tmp_path / 'one.zip'}: tests/q2.py:1: not valid Python: "
        + (from_zip(tmp_path / "one.zip").fault.rpartition("Python: ")[2])
    )
    other_zip(tmp_path / "one-stock.zip", {"q1.py": OK_FORMAT})
    assert list(load_all(tmp_path)) == ["one"], "a zip for otter's own runner is no assignment"


@pytest.mark.parametrize("same", [True, False])
def test_a_zip_of_another_library_is_not_graded(tmp_path: Path, same: bool) -> None:
    """Its tests would tell every student that the submission brings a library of its own."""
    library = Course.find().library
    digest = digest_of(library.path) if same else "0" * 64
    other_zip(tmp_path / "one.zip", {"q1.py": guarded(SMALL.tests["q1.py"], library.name, digest)})
    fault = load_all(tmp_path, library)["one"].fault
    assert fault == "" if same else "another edition of utils/" in fault and "make build" in fault


def test_files_beside_the_notebook_are_read_from_the_zip(tmp_path: Path) -> None:
    other_zip(tmp_path / "one.zip", SMALL.tests)
    with zipfile.ZipFile(tmp_path / "one.zip", "a") as bundle:
        bundle.writestr("files/data/words.csv", "a,b\n")
        bundle.writestr("files/utils/__init__.py", "")
    found = from_zip(tmp_path / "one.zip", Course.find().library)
    assert found.files == {"data/words.csv": b"a,b\n"} and found.code != SMALL.code
    message, files = found.as_message()
    assert Assignment.of(json.loads(json.dumps(message)), b"".join(files)) == found


def test_a_notebook_finds_its_files(tmp_path: Path) -> None:
    with_files = replace(SMALL, files={"data/count.txt": b"42", "more.txt": b"1"})
    source = 'count = int(open("data/count.txt").read()) * int(open("more.txt").read())'
    try:
        result = grade_submission(with_files, notebook(source, "grader.check('q2')"), Options(5.0))
    finally:
        close_workers()
    assert {q.name: q.score for q in result.questions}["q2"] == 4, result.errors


def test_a_folder_gives_its_files_without_the_library(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "q1.py").write_text(SMALL.tests["q1.py"], encoding="utf-8")
    for path in ("data/words.csv", "utils/__init__.py"):
        (tmp_path / "files" / path).parent.mkdir(parents=True)
        (tmp_path / "files" / path).write_text("a", encoding="utf-8")
    library = Course.find().library
    found = from_folder(tmp_path / "tests", "one", files=tmp_path / "files", library=library)
    assert found.files == {"data/words.csv": b"a"}, "as on Gradescope"
