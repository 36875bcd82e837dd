"""The course's own solutions, in our grader: full marks, and blanks none."""

from pathlib import Path

import pytest

from autograder.build.assign import assign
from autograder.build.builder import pinned
from autograder.build.master import read_master
from autograder.course import Course
from autograder.grade.judge.assignment import from_folder
from autograder.grade.judge.workers import Options, close_workers, grade_submission

COURSE = Course.find()

MASTERS = sorted(COURSE.solutions.glob("p*.py"))


@pytest.mark.slow
@pytest.mark.parametrize("path", MASTERS, ids=lambda path: path.stem)
def test_a_solution_has_full_marks_and_a_blank_none(path: Path, tmp_path: Path) -> None:
    made = assign(read_master(path), COURSE, pinned(COURSE.lock, COURSE.requirements), tmp_path)
    assignment, options = from_folder(tmp_path / "tests", path.stem), Options(60.0)
    try:
        solved = grade_submission(assignment, made.solution.read_bytes(), options)
        assert (solved.status, solved.score) == ("graded", solved.possible), solved.errors
        blank = grade_submission(assignment, made.student.read_bytes(), options)
        assert blank.score == 0 and blank.possible
    finally:
        close_workers()
