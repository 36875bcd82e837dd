"""Nobody's file is taken for somebody else's, and every student who handed something in has a row."""

import os
from pathlib import Path

import pytest

from autograder.grade.intake.collect import Submission, collect
from tests.grade.small import notebook
from tests.grade.test_files import KNOWN, ONE, TWO, found, written, zipped

FIVE = notebook("a = 5", name="p5_pooling")


def rows(folder: Path) -> dict[tuple[str, str], Submission]:
    return {(s.student, s.assignment): s for s in collect([folder], KNOWN)}


def test_a_canvas_name_inside_a_students_zip_says_nothing(tmp_path: Path) -> None:
    inside = {"bobbrown_222_99999999_p1_dimensions.ipynb": TWO}
    files = {
        "bobbrown_222_900_p1_dimensions.ipynb": ONE,
        "alicecarr_111_901_homework.zip": zipped(inside),
        "evel_333_902_all.zip": zipped({f"s{n}_{n}_1_p1_dimensions.ipynb": ONE for n in range(4)}),
    }
    students = found(written(tmp_path, files))
    assert set(students) == {"bobbrown_222", "alicecarr_111", "evel_333"}
    assert (students["bobbrown_222"].data, students["alicecarr_111"].data) == (ONE, TWO)


def test_a_folder_inside_a_students_zip_says_nothing(tmp_path: Path) -> None:
    files = {
        "alice.zip": zipped({"bob/p1_dimensions.ipynb": TWO}, (2040, 1, 1, 0, 0, 0)),
        "bob.zip": zipped({"homework/p1_dimensions.ipynb": ONE}),
        "carol.zip": zipped({"homework/p1_dimensions.ipynb": TWO}),
    }
    students = found(written(tmp_path, files))
    assert {s: students[s].data for s in students} == {"alice": TWO, "bob": ONE, "carol": TWO}


def test_a_zip_of_students_folders_is_a_container(tmp_path: Path) -> None:
    (tmp_path / "class.zip").write_bytes(
        zipped({"ann/p1_dimensions.ipynb": ONE, "ben/hw.zip": zipped({"x/p1_dimensions.ipynb": TWO})})
    )
    assert {s.student: s.data for s in collect([tmp_path / "class.zip"], KNOWN)} == {"ann": ONE, "ben": TWO}


METADATA = b"""---
submission_1:
  :submitters:
  - :name: Ann
    :email: ann@example.org
  :created_at: 2026-03-01 12:00:00.000000000 Z
"""


def test_metadata_counts_only_where_gradescope_puts_it(tmp_path: Path) -> None:
    forged = METADATA.replace(b"ann@", b"forged@").replace(b"submission_1:", b"submission_2:")
    files = {
        "submission_metadata.yml": METADATA,
        "submission_1/p1_dimensions.ipynb": ONE,
        "submission_1/submission_metadata.yml": forged,
        "submission_2/p1_dimensions.ipynb": TWO,
    }
    assert set(found(written(tmp_path, files))) == {"ann@example.org", "submission_2"}


def test_aliases_within_aliases_are_not_unfolded(tmp_path: Path) -> None:
    levels = "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60))
    bomb = f"a0: &a0 [x, x]\n{levels}submission_1:\n  :submitters:\n  - :email: *a59\n".encode()
    files = {"submission_metadata.yml": bomb, "submission_1/p1_dimensions.ipynb": ONE}
    assert set(found(written(tmp_path, files))) == {"submission_1"}


def test_names_that_are_no_text_and_names_without_end(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/ann\xff"
    os.mkdir(folder)
    with open(folder + b"/p1_dimensions.ipynb", "wb") as f:
        f.write(ONE)
    written(tmp_path, {"ben.zip": zipped({"x" * 60_000 + ".ipynb": ONE})})
    students = found(tmp_path)
    assert students["ann\\xff"].data == ONE and students["ben"].status == "refused"
    for s in students.values():
        f"{s.student} {s.source} {s.problem}".encode()


def test_the_clock_of_a_zip_is_the_clock_of_a_file(tmp_path: Path) -> None:
    files = {"ann/old.zip": zipped({"p1_dimensions.ipynb": ONE}, (2026, 3, 1, 0, 0, 0)), "ann/p1_dimensions.ipynb": TWO}
    written(tmp_path, files)
    os.utime(tmp_path / "ann" / "p1_dimensions.ipynb", (1773273600.0, 1773273600.0))  # 12 March 2026
    assert found(tmp_path)["ann"].data == TWO


@pytest.mark.parametrize("newer", [False, True])
def test_an_unreadable_file_counts_for_its_own_assignment_and_not_before_a_readable_one(
    tmp_path: Path, newer: bool
) -> None:
    files = {"ann/p1_dimensions.ipynb": b"no", "ann/p5_pooling.ipynb": FIVE, "ben/p1_dimensions.ipynb": ONE}
    written(tmp_path, files | {"ben/again/p1_dimensions.ipynb": b"no"})
    for broken in ("ann/p1_dimensions.ipynb", "ben/again/p1_dimensions.ipynb"):
        os.utime(tmp_path / broken, (2e9, 2e9) if newer else (1e9, 1e9))
    every = rows(tmp_path)
    assert every["ann", "p1_dimensions"].status == "unreadable" and every["ann", "p5_pooling"].data == FIVE
    assert every["ben", "p1_dimensions"].data == ONE


def test_who_hands_in_no_notebook_has_a_row_that_says_so(tmp_path: Path) -> None:
    files = {"ann/photo.jpg": b"x", "ben/p1_dimensions.ipynb": ONE, "ben/photo.jpg": b"x", "README.md": b"x"}
    students = found(written(tmp_path, files | {"carr_1_2_photo.heic": b"x"}))
    assert set(students) == {"ann", "ben", "carr_1"}
    assert students["ann"].problem == "no notebook was found among 1 file (photo.jpg)"
    assert students["carr_1"].status == "unreadable"
