"""The committed notebooks are what the masters give, and the course's own pages agree with them."""

import re
from pathlib import Path

import pytest

from autograder.build.builder import describe
from autograder.build.command import check
from autograder.build.info import Problem
from autograder.build.table import START, table
from autograder.course import Course
from tests import masters

COURSE = Course.find()


@pytest.fixture(scope="module")
def described() -> list[Problem]:
    return [describe(master) for master in masters.masters()]


def test_no_committed_notebook_differs_from_its_master(capsys: pytest.CaptureFixture[str]) -> None:
    assert check(COURSE, COURSE.masters(), jobs=2) == 0, capsys.readouterr().err


def test_every_question_says_which_part_of_the_worksheet_it_is(described: list[Problem]) -> None:
    for problem in described:
        number = problem.name[1 : problem.name.index("_")]
        for question in problem.questions:
            where = f"{problem.name}: {question.name}"
            assert question.part, f"{where}: its heading must look like `### {number}.a · Title`"
            assert question.part.startswith(f"{number}."), where
            first, rest = question.part.split(".", 1)
            assert question.name == f"q{first}{rest.replace('.', '_')}", where


def test_contributing_maps_every_question_to_its_points(described: list[Problem]) -> None:
    page = COURSE.contributing.read_text(encoding="utf-8")
    assert START in page and table(described) in page, "run `make build` and commit CONTRIBUTING.md"
    for problem in described:
        for question in problem.questions:
            assert f"| `{question.name}` |" in page


def test_readme_names_every_problem() -> None:
    readme = (COURSE.root / "README.md").read_text(encoding="utf-8")
    for path in COURSE.masters():
        assert f"{path.stem}.ipynb" in readme, f"README.md has no row for {path.stem}"


def test_the_time_for_a_problem_is_that_of_its_questions() -> None:
    """The head of a lesson and README's table say what its questions take, and a little for reading and guessing."""
    readme = (COURSE.root / "README.md").read_text(encoding="utf-8")
    for master in COURSE.masters():
        text = master.read_text(encoding="utf-8")
        row = re.search(rf"{master.stem}\.ipynb\).*\| ([\d/ ]+) \|$", readme, re.MULTILINE)
        own = [q.own for q in masters.read(master).questions]
        if all(o.minutes and o.path for o in own):
            core, everything = sum(o.minutes for o in own if o.path == "core"), sum(o.minutes for o in own)
            head = re.findall(r"(\d+) minutes for the core path.*; about (\d+) for everything", text)
            assert len(head) == 1 and row and row[1] == " / ".join(head[0]), f"{master.stem}: {head} is not README's"
            assert core <= int(head[0][0]) <= core + 15, f"the core of {master.stem} takes {core} minutes"
            assert everything <= int(head[0][1]) <= everything + 15, f"{master.stem} takes {everything} minutes"
            continue
        (head,) = re.findall(r"^# - about (\d+) minutes$", text, re.MULTILINE)
        questions = sum(map(int, re.findall(r"^# \*(\d+) minutes", text, re.MULTILINE)))
        assert row is not None and row[1] == head, f"README.md says {row and row[1]} minutes, {master.stem} {head}"
        assert abs(questions - int(head)) <= 5, f"the questions of {master.stem} take {questions} minutes, not {head}"


def test_the_student_readme_is_short_and_true() -> None:
    text = (Path(COURSE.root) / "autograder" / "build" / "student_readme.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 45
    assert "py -m venv" in text  # Windows has no make
