"""What a master says beyond otter's format, and what becomes of it in the students' notebook."""

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest

from autograder.build import edition, fields
from autograder.build.builder import build_one
from autograder.build.info import MasterError
from autograder.build.master import read_master
from autograder.build.prove import read
from autograder.course import Publish
from autograder.pdf.editions import on_paper
from tests import masters
from tests.small_course import MASTER, small_course

MORE = """
# %% tags=["prediction"]
guess_wheels = 3  # a whole number
guess_shape = (2,
               3)  # a tuple

# %% tags=["otter_ignore"]
print(guess_wheels)

# %% tags=["otter_ignore", "folded"]
print("a long picture")

# %% [markdown] tags=["paper"]
# Draw it with a pencil.

# %% [markdown]
# You have {{limits.cell}} seconds, and $\\frac{{a}}{{b}}$.
#
# Before.<!--screen--> Run the next cell.<!--/screen--><!--paper--> Look at the table.<!--/paper--> After.
"""


def master(folder: Path, replace: dict[str, str] | None = None, more: str = MORE) -> Path:
    text = MASTER.read_text(encoding="utf-8") + more
    own = "# name: q1a\n# path: core\n# minutes: 8\n# difficulty: 1\n# worksheet: 0.1\n# explain: Why?\n# also: x + x"
    for old, new in {"# name: q1a": own, "*1 minute · difficulty 1 of 3*": "", **(replace or {})}.items():
        assert old in text
        text = text.replace(old, new, 1)
    path = folder / "p1_small.py"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    root = tmp_path_factory.mktemp("course")
    course = small_course(root)
    problem = build_one(master(course.solutions), root / "out", course)
    return SimpleNamespace(problem=problem, **{n: read(root / "out" / f"{n}.ipynb") for n in ("student", "solution")})


def cell(notebook, text: str):  # type: ignore[no-untyped-def]
    return next(c for c in notebook.cells if text in c.source)


def test_marks_stand_under_the_heading_and_otter_sees_none_of_the_keys(built: SimpleNamespace) -> None:
    assert "### 1.a · Double it\n\n*◆ core · 8 minutes · difficulty 1 of 3*" in cell(built.student, "1.a").source
    question = built.problem.questions[0]
    assert question.own.worksheet == ("0.1",) and question.own.minutes == 8 and question.own.path == "core"


def test_a_remark_that_a_small_screen_would_cut_stands_above_its_line() -> None:
    choices = '"about as fast", "about three times", "about twenty-four times" or "more"'
    found = edition.unguessed(f'guess_a = 3  # a number\nguess_race = "more"  # {choices}').split("\n")
    assert found[0] == "guess_a = ...  # a number" and found[-1] == "guess_race = ..."
    assert " ".join(line.removeprefix("# ") for line in found[1:-1]) == choices
    assert all(len(line) <= edition.WIDE and line.count('"') % 2 == 0 for line in found), "no choice is broken in two"


def test_students_find_a_blank_in_the_place_of_a_guess_and_may_write_there(built: SimpleNamespace) -> None:
    guess = cell(built.student, "guess_wheels = ")
    assert guess.source == "guess_wheels = ...  # a whole number\nguess_shape = ...  # a tuple"
    assert guess.metadata.get("editable", True) and guess.metadata.get("deletable", True)
    assert "guess_wheels = 3" in cell(built.solution, "guess_wheels = ").source
    assert built.student.metadata.lesson.guesses == ["guess_wheels", "guess_shape"]


def test_long_code_is_folded_in_jupyter_and_in_colab(built: SimpleNamespace) -> None:
    folded = cell(built.student, "a long picture").metadata
    assert folded.jupyter.source_hidden is True and folded.cellView == "form"


def test_what_reveals_is_closed_until_somebody_opens_it(built: SimpleNamespace) -> None:
    cells = built.student.cells
    behind = [b for a, b in pairwise(cells) if "prediction" in a.metadata.get("tags", [])]
    assert behind
    for one in behind:
        assert one.source.startswith(edition.GUESS_FIRST) and one.metadata.jupyter.source_hidden is True
    assert not any(edition.GUESS_FIRST in one.source for one in cells if one not in behind)


def test_what_is_for_paper_is_not_on_the_screen(built: SimpleNamespace) -> None:
    text = "\n".join(c.source for c in built.student.cells)
    seen = re.sub(r"<!--.*?-->", "", text)
    assert "with a pencil" not in text and "Before. Run the next cell. After." in seen
    assert edition.for_edition("a<!--paper--> b<!--/paper--> c", "paper") == "a b c"


def test_a_mark_at_the_beginning_of_a_line_leaves_the_line_to_markdown() -> None:
    begins = edition.for_edition("Look.\n\n<!--screen-->Point at *it*.\nThen move.<!--/screen-->", "screen")
    assert begins == "Look.\n\n<!--screen-->\n\nPoint at *it*.\nThen move.<!--/screen-->"
    within = edition.for_edition("Look here.\n<!--screen-->Point at *it*.<!--/screen-->", "screen")
    assert within == "Look here. <!--screen-->Point at *it*.<!--/screen-->"
    assert on_paper(begins).strip() == "Look."


def test_the_first_cell_is_closed_in_jupyter(tmp_path: Path) -> None:
    cells = edition.stage(read_master(master(tmp_path)), "find_the_course()")
    (first,) = (c for c in cells if c.source == "find_the_course()")
    assert first.metadata.jupyter.source_hidden is True and "cellView" not in first.metadata


def test_both_editions_come_from_one_notebook(built: SimpleNamespace) -> None:
    text = next(c.source for c in built.student.cells if "Before." in c.source)
    assert "Before. Look at the table. After." in on_paper(text)


def test_a_check_says_that_the_kernel_is_empty(built: SimpleNamespace) -> None:
    source = cell(built.student, 'grader.check("q1a")').source
    assert eval(source, {}) == "Run the cells above first."


def test_a_badge_opens_a_published_notebook_in_colab(tmp_path: Path) -> None:
    course = small_course(tmp_path)
    assert edition.colab_link(course, "p1_small") == "" and edition.archive(course) == ""
    github = replace(course, publish=Publish("https://github.com/someone/course/", "spring"))
    badge = edition.colab_link(github, "p1_small")
    assert "/github/someone/course/blob/spring/notebooks/p1_small.ipynb)" in badge and "![Open in Colab](" in badge
    assert edition.archive(github) == "https://github.com/someone/course/archive/refs/heads/spring.zip"
    other = replace(course, publish=Publish("https://example.org/x", archive="https://example.org/x.zip"))
    assert edition.colab_link(other, "p1_small") == "" and edition.archive(other) == "https://example.org/x.zip"


def test_the_last_words_are_the_course_s_own(built: SimpleNamespace) -> None:
    assert "Save the notebook (Ctrl+S" in cell(built.student, "## Submit").source


def test_the_notebook_knows_its_questions(built: SimpleNamespace) -> None:
    about = built.student.metadata.lesson.questions
    assert (about.q1a.points, about.q1a.public, about.q1a.hidden, about.q1a.also) == (3, 1, True, "x + x")
    assert (about.q1b.public, about.q1b.hidden, about.q1c.manual) == (3, False, True)


@pytest.mark.parametrize(
    ("replace", "more", "words"),
    [
        ({"# path: core": "# path: kern"}, MORE, "q1a: `path` is 'kern'; expected core or more"),
        ({"# minutes: 8": "# minutes: long"}, MORE, "`minutes` is 'long'; expected a number above 0"),
        ({"# also: x + x": "# alos: x + x"}, MORE, "there is no key `alos`; known are: all_or_nothing, also"),
        ({}, MORE.replace("guess_shape", "guess_wheels"), "a second guess is called guess_wheels"),
        ({}, MORE.replace("guess_wheels = 3", "print(3)"), "holds lines such as `guess_size = 3` only"),
        ({}, MORE.replace('"folded"', '"foldet"'), "there is no tag 'foldet'; known are:"),
    ],
)
def test_what_is_wrong_has_a_line(tmp_path: Path, replace: dict[str, str], more: str, words: str) -> None:
    course = small_course(tmp_path / "course")
    path = master(course.solutions, replace, more)
    with pytest.raises(MasterError) as error:
        build_one(path, tmp_path / "out", course, proofs=False)
    said = str(error.value)
    assert words in said
    line = int(said.split(".py:")[1].split(":")[0])
    near = "\n".join(path.read_text(encoding="utf-8").splitlines()[line - 1 : line + 1])
    assert any(word in near for word in ("kern", "long", "alos", "guess_wheels", "print(3)", "foldet")), near


def test_every_key_of_the_course_s_masters_is_read() -> None:
    assert all(isinstance(question.own, fields.Fields) for question in masters.questions().values())


def test_a_text_says_the_courses_own_limit(built: SimpleNamespace, tmp_path: Path) -> None:
    text = next(c.source for c in built.student.cells if "You have" in c.source)
    assert "You have 30 seconds, and $\\frac{{a}}{{b}}$." in text
    course = small_course(tmp_path)
    path = master(course.solutions, None, MORE.replace("limits.cell", "limits.call"))
    with pytest.raises(MasterError, match=r"there is no \{\{limits.call\}\}; known are: \{\{limits.cell"):
        build_one(path, tmp_path / "out", course)
