"""A broken master gives one error with file and line, and the build before it stays."""

import re
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from autograder.build.builder import build_one
from autograder.build.command import build
from autograder.build.info import MasterError
from autograder.build.master import read_master
from autograder.build.prove import prove_nothing_leaks
from autograder.course import Course
from tests.small_course import MASTER, small_course

GOOD = MASTER.read_text(encoding="utf-8")


def line_with(text: str, sign: str, nth: int = 1) -> int:
    """The number of the `nth` line of `text` that holds `sign`."""
    return [i for i, line in enumerate(text.split("\n"), start=1) if sign in line][nth - 1]


# what breaks: old text, new text, a sign of the line to be named, and words of the message
READ = {
    "a block is never closed": ("# # END SOLUTION\n\n# %% [raw]\n# # BEGIN TESTS", "# # BEGIN TESTS", "# # BEGIN TESTS", "inside the SOLUTION block"),
    "the last block is never closed": ("# %% [raw]\n# # END QUESTION\n" * 1, "", "# # BEGIN QUESTION", "inside the QUESTION block"),
    "tests outside a question": ("# # BEGIN QUESTION\n# name: q1a\n", "# just a remark\n", "# # BEGIN SOLUTION", "outside a question"),
    "an end without a begin": ("# # BEGIN TESTS", "# a remark", "# # END TESTS", "no TESTS block is open|QUESTION block"),
    "a quote in a message": ("Twice 3 is 6", 'Twice "3" is 6', "failure_message", "double quote"),
    "a backslash in a message": ("Twice 3 is 6", r"Twice \nu", "failure_message", "backslash"),
    "a text that is never closed": ('hidden: true\n""" # END', 'hidden: true\n" # END', "points: 2", "triple quotes"),
    "test settings in a comment": ('""" # BEGIN TEST CONFIG\npoints: 1\nfailure_message: Twice 3 is 6\n"""', '# """ # BEGIN TEST CONFIG\n# points: 1\n# """', '# """ # BEGIN', "commented out"),
    "settings that are not YAML": ("points: 2\nhidden: true", "points: 2\nhidden: [true", "hidden: [true", "not valid YAML"),
    "points that are no number": ("points: 2\nhidden", "points: two\nhidden", "points: two", "points must be a number"),
    "two tests of one name": ("def test_minus_seven", "def test_three", "def test_three(double)", "a second test called test_three"),
    "a test that is not Python": ("def test_wheels(number_of_wheels):", "def test_wheels(number_of_wheels:", "def test_wheels", "not valid Python"),
    "a test cell with two functions": ("    utils.same(double(-7), -14)\n", "    utils.same(double(-7), -14)\n\ndef more():\n    pass\n", "def test_minus", "exactly one function"),
    "two questions of one name": ("# name: q1b", "# name: q1a", "# name: q1a", "a second question is called q1a"),
    "a name that otter cannot use": ("# name: q1b", "# name: 1 b", "# name: 1 b", "a question needs a name"),
    "another problem's name": ("# name: p1_small", "# name: p2_other", "# ASSIGNMENT CONFIG", "must be the file's"),
    "a question by hand without points": ("# manual: true\n# points: 2", "# manual: true", "# name: q1c", "say how much"),
    "a rubric that is no text": ("# rubric: |\n#   - 1 point for any reason\n#   - 2 points for a good one", "# rubric: [1, 2]", "# rubric:", "must be a text"),
    "a rubric where tests grade": ("# name: q1b", "# name: q1b\n# rubric: good ones", "# rubric: good", "only with `manual: true`"),
    "a mark outside a solution": ("import numpy as np\n", "import numpy as np  # SOLUTION\n", "as np  # SOLUTION", "outside a SOLUTION block"),
    "a solution without a mark": ("number_of_wheels = 4  # SOLUTION\n\n# BEGIN SOLUTION\nplt.plot([1, 2, number_of_wheels])\nplt.show()\n# END SOLUTION", "number_of_wheels = 4", "number_of_wheels = 4", "students would see all of it"),
    "an unclosed solution": ("plt.show()\n# END SOLUTION\n", "plt.show()\n", "# BEGIN SOLUTION", "never closed"),
    "a test without points": ("points: 1\nfailure", "failure", "def test_three", "test_three of q1a says no points"),
    "a misspelt setting of a test": ("points: 1\n", "point: 1\n", "point: 1", "no key `point`; did you mean `points`"),
    "a setting that tests do not have": ("points: 1\n", "points: 1\nweight: 2\n", "weight: 2", "a test has no key `weight`; known are"),
    "a heading of another question": ("### 1.a · Double it", "### 1.b · Double it", "# name: q1a", "q1a stands below the heading 1.b"),
    "a heading of another problem": ("### 1.a · Double it", "### 2.a · Double it", "# name: q1a", "there it is q2a"),
    "a file that is not there": ("Problem 1 · A small one\"\n", "Problem 1 · A small one\"\n# files:\n# - data.csv\n", "# - data.csv", "no file 'data.csv' beside this master"),
    "a file from elsewhere": ("Problem 1 · A small one\"\n", "Problem 1 · A small one\"\n# files: [../course.toml]\n", "files:", "no file '../course.toml' beside"),
    "files that are no list": ("Problem 1 · A small one\"\n", "Problem 1 · A small one\"\n# files: data.csv\n", "files:", "files must be a list of names"),
    "an argument that is read back": ("    utils.same(double(3), 6)\n", "    x = [3]\n    double(x)\n    assert x == [6]\n", "assert x == [6]", "`x` is read back after a call"),
    "the notebook's np.random": ("def test_three(double):", "def test_three(double, np):\n    np.random.seed(1)", "np.random.seed", "`np.random` does not reach a test"),
    "the code of an answer": ("    utils.same(double(3), 6)\n", "    import inspect\n    assert '2 *' in inspect.getsource(double)\n", "inspect.getsource", "does not see the code of `double`"),
    "a cell that is not Python": ("import numpy as np\n", "import numpy as\n", "import numpy as", "not valid Python"),
}  # fmt: skip


def broken(tmp_path: Path, old: str, new: str) -> tuple[Path, str]:
    assert old in GOOD
    text = GOOD.replace(old, new, 1)
    path = tmp_path / MASTER.name
    path.write_text(text, encoding="utf-8")
    return path, text


@pytest.mark.parametrize(("old", "new", "sign", "words"), READ.values(), ids=READ.keys())
def test_reading_names_the_line(tmp_path: Path, old: str, new: str, sign: str, words: str) -> None:
    path, text = broken(tmp_path, old, new)
    with pytest.raises(MasterError, match=words) as caught:
        read_master(path)
    lines = [i for i, line in enumerate(text.split("\n"), start=1) if sign in line]
    assert any(abs(caught.value.line - line) <= 1 for line in lines), (caught.value.line, lines)
    assert str(caught.value).count("\n") == 0 and f"{MASTER.name}:{caught.value.line}: " in str(caught.value)


def test_points_that_do_not_add_up(tmp_path: Path) -> None:
    path, _ = broken(tmp_path, "# name: q1a\n", "# name: q1a\n# points: 4\n")
    with pytest.raises(MasterError, match="q1a declares 4 points, but its tests add up to 3"):
        read_master(path)


# what only shows when otter has made the notebooks, or when they run
MADE: dict[str, tuple[Callable[[str], str], str, str]] = {
    "a solution line that is also given": (
        lambda s: s.replace("# Why?", "# Why?\n#\n# ```\n# twice_as_much = 2 * np.asarray(x)\n# ```"),
        "twice_as_much = 2 * np",
        "gives this solution line away elsewhere",
    ),
    "a solution line inside a sentence": (
        lambda s: s.replace("# Why?", "# Why does `twice_as_much = 2*np.asarray(x)` work?"),
        "twice_as_much = 2 * np",
        "the text gives this solution line away elsewhere, in line",
    ),
    "a short solution line in a text": (
        lambda s: s.replace("A number and a picture\n", "A number and a picture\n#\n# Write `number_of_wheels = 4`.\n"),
        "number_of_wheels = 4  # SOLUTION",
        "the text gives this solution line away elsewhere, in line",
    ),
    "tests in OK format": (
        lambda s: s.replace("# name: p1_small\n", "# name: p1_small\n# tests: {ok_format: true}\n"),
        "%% [raw]",
        "tests in OK format cannot be graded",
    ),
    "a solution that fails its test": (
        lambda s: s.replace("2 * np.asarray(x)  # SOLUTION", "3 * np.asarray(x)  # SOLUTION"),
        "def test_three",
        "the solution fails test_three of q1a: .*9 is not what was expected",
    ),
    "a solution that raises": (
        lambda s: s.replace("plt.show()\n", "plt.show(unknown_name)\n"),
        "number_of_wheels = 4",
        "stops here with NameError: name 'unknown_name' is not defined",
    ),
    "a blank that earns points": (
        lambda s: s.replace("assert number_of_wheels == 4", "assert number_of_wheels"),
        "def test_wheels",
        "an unanswered notebook earns 3 points from test_wheels of q1b",
    ),
    "a name from a cell that graders skip": (
        lambda s: s.replace("# %%\nimport", '# %% tags=["otter_ignore"]\nimport', 1),
        "def double",
        "`np` comes from a cell that graders skip",
    ),
    "a blank that is not Python": (
        lambda s: s.replace(
            "    twice_as_much = 2 * np.asarray(x)  # SOLUTION\n    return twice_as_much  # SOLUTION\n",
            "    # BEGIN SOLUTION NO PROMPT\n    return 2 * np.asarray(x)\n    # END SOLUTION\n",
        ).replace('    """Twice `x`."""\n', ""),
        "def double",
        "without its solution this cell is not valid Python",
    ),
    "a setting that otter does not know": (
        lambda s: s.replace("# name: p1_small\n", "# name: p1_small\n# generat: true\n"),
        "%% [raw]",
        "otter assign refuses it",
    ),
}


def test_a_text_may_be_allowed_to_say_a_line(tmp_path: Path) -> None:
    said = "# Why does `twice_as_much = 2*np.asarray(x)` work?"
    text = GOOD.replace("# %% [markdown]\n# ### 1.c", '# %% [markdown] tags=["given"]\n# ### 1.c').replace(
        "# Why?", said
    )
    path = tmp_path / MASTER.name
    path.write_text(text, encoding="utf-8")
    master = read_master(path)
    given = [c for c in master.cells if "given" in c.tags]
    assert len(given) == 1 and "twice_as_much" in given[0].source
    prove_nothing_leaks(master, nbformat.v4.new_notebook())


def test_a_mark_at_the_beginning_of_the_file_is_none_of_its_text(tmp_path: Path) -> None:
    """Notepad writes one. Line ends of Windows do no harm either."""
    path = tmp_path / MASTER.name
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert read_master(path).cells == read_master(MASTER).cells


# works in the student's process, where otter runs it, and not outside of it: what the test is, a sign, words
JUDGED = {
    "an answer that is no plain data": (
        "    double.table = {'a': 1}\n    assert double.table is double.table, 'one object'\n    utils.same(double(3), 6)\n",
        "def test_three",
        "passes test_three of q1a in otter and fails it in the grader: .*one object",
    ),
    "what a test prints into": (
        "    import numpy\n    kept = []\n    double.kept = kept\n    double.kept.append(1)\n    utils.same((double(3), kept), (6, [1]))\n",
        "def test_three",
        "passes test_three of q1a in otter and fails it in the grader",
    ),
}


@pytest.mark.parametrize(("body", "sign", "words"), JUDGED.values(), ids=JUDGED.keys())
def test_what_otter_alone_can_grade_is_refused_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], body: str, sign: str, words: str
) -> None:
    course = small_course(tmp_path / "course")
    text = GOOD.replace("    utils.same(double(3), 6)\n", body)
    (course.solutions / MASTER.name).write_text(text, encoding="utf-8")
    assert build(course, course.masters(), jobs=1) == 1
    said = capsys.readouterr().err
    assert re.search(words, said) and f"{MASTER.name}:{line_with(text, sign)}: " in said and "Traceback" not in said
    assert "What a test may do" in said and not list(course.notebooks.glob("*.ipynb"))


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    return small_course(tmp_path_factory.mktemp("course"))


@pytest.mark.parametrize(("breaks", "sign", "words"), MADE.values(), ids=MADE.keys())
def test_building_names_the_line(
    course: Course, tmp_path: Path, breaks: Callable[[str], str], sign: str, words: str
) -> None:
    text = breaks(GOOD)
    assert text != GOOD
    path, out = tmp_path / MASTER.name, tmp_path / "out"
    path.write_text(text, encoding="utf-8")
    out.mkdir()
    with pytest.raises(MasterError, match=words) as caught:
        build_one(path, out, course)
    assert abs(caught.value.line - line_with(text, sign)) <= 1
    assert list(out.iterdir()) == []  # what was there before is left alone


def test_one_broken_master_does_not_stop_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    course = small_course(tmp_path / "course")
    second = course.solutions / "p2_broken.py"
    second.write_text(GOOD.replace("p1_small", "p2_broken").replace("Twice 3", 'Twice "3"'), encoding="utf-8")
    assert build(course, course.masters(), jobs=2) == 1
    said = capsys.readouterr().err
    assert f"p2_broken.py:{line_with(GOOD, 'failure_message')}: " in said and "Traceback" not in said
    assert (course.notebooks / "p1_small.ipynb").exists()
    assert not (course.notebooks / "p2_broken.ipynb").exists()
