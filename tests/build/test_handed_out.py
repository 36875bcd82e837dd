"""What students get of the library: no program that only checks use, and checks that work all the same."""

import ast
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from autograder.build.command import build
from autograder.course import Course
from autograder.grade.judge.workers import Options, close_workers, grade_submission
from autograder.student_library import write
from tests.grade.small import SMALL, notebook
from tests.small_course import small_course

LIBRARY = Course.find().library
# of references; of loops
SOLVED = ("dense_weights", "same_padding", "chain", "network_gradients", "cross_entropy", "closed_form", "relu_grad")


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Path:
    to = tmp_path_factory.mktemp("handed")
    write(LIBRARY, to)
    return to


def python(at: Path, source: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(at)!r}); {source}"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_no_program_of_a_reference_is_handed_out(given: Path) -> None:
    functions = {}
    for path in (given / "utils" / "check" / "references").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                functions[node.name] = node
    assert {*SOLVED} <= {*functions}
    for name, node in functions.items():
        *words, only = node.body
        assert len(words) <= 1 and ast.unparse(only) == f"return recorded({name!r}, locals())"
        assert ast.get_docstring(node), "what it gives is said"
    assert not [p for p in given.rglob("*.pyc") if "references" in p.parts]


def test_what_hidden_tests_compare_with_is_not_handed_out(given: Path) -> None:
    assert not [p for p in given.rglob("*") if p.is_file() and "loops" in p.relative_to(given).parts]
    assert "ModuleNotFoundError" in python(given, "import utils.check.loops.windows").stderr


def test_the_rest_is_there_and_works(given: Path) -> None:
    missing = [p for p in (LIBRARY.path).rglob("*.py") if "loops" not in p.parts]
    assert [p for p in missing if not (given / p.relative_to(LIBRARY.root)).exists()] == []
    source = "import numpy as np, utils; from utils.check import expect, case; "
    done = python(given, source + "expect(lambda x, w: np.correlate(x, w), utils.conv1d, case([1, 2, 3], [1, -2]))")
    assert done.returncode == 0, done.stderr
    asked = python(given, "from utils.check.references.counting import chain; chain((1, 1, 1), [])")
    assert "NotRecorded: the right answer of chain" in asked.stderr


@pytest.mark.parametrize(
    "source",
    [
        "from utils.check.references.counting import same_padding\ncount = 42 if same_padding(3) == 1 else 0",
        "from utils.check.loops import windows\ncount = 42",
        "from utils.check.references import network\nhelper = network._log_softmax\ncount = 42",
    ],
)
def test_nor_has_a_sandbox_any_of_it(source: str) -> None:
    try:
        result = grade_submission(SMALL, notebook("import sys; sys.path.insert(0, '..')", source), Options(5.0))
    finally:
        close_workers()
    assert result.errors[0].type in ("NotRecorded", "ModuleNotFoundError", "AttributeError"), result.errors
    assert result.score == 0


RECORDED = """
import json
from pathlib import Path


def key(name, arguments):
    return json.dumps([name, arguments], sort_keys=True)


def encode(value):
    return value


def recorded(name, arguments):
    return json.loads((Path(__file__).parent / "recorded.json").read_text())[key(name, arguments)]
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A small course whose public test asks a reference, and whose hidden one another module."""
    root = tmp_path_factory.mktemp("course")
    small_course(root)
    tools = root / "utils" / "tools"
    tools.mkdir()
    twice = "def _twice(x):\n    return 2 * x\n\n\n"
    files = {
        "__init__": "def known():\n    return []\n",
        "recorded": RECORDED,
        "right": twice + "def right(x, more=0):\n    '''Right.'''\n    return _twice(x) + more\n",
        "slow": "def slow(x):\n    return x + x\n",
    }
    for name, text in files.items():
        (tools / f"{name}.py").write_text(text, encoding="utf-8")
    text = (root / "course.toml").read_text(encoding="utf-8")
    own = 'checker = "utils.tools"\nhidden = ["utils.tools.slow"]\nrecorded = ["utils.tools.right"]\n'
    (root / "course.toml").write_text(text + own, encoding="utf-8")
    master = next((root / "solutions").glob("*.py"))
    words = master.read_text(encoding="utf-8")
    public, hidden = "    utils.same(double(3), 6)", "    utils.same(double(-7), -14)"
    assert public in words and hidden in words
    words = words.replace(public, "    from utils.tools.right import right\n\n    utils.same(double(3), right(3))")
    words = words.replace(
        hidden,
        "    from utils.tools.right import right\n    from utils.tools.slow import slow\n\n"
        "    utils.same(double(-7), slow(-7))\n    assert right(-7) == -14",
    )
    master.write_text(words, encoding="utf-8")
    course = Course.load(root)
    assert build(course, course.masters(), jobs=1) == 0
    return course


def test_public_checks_are_recorded_and_hidden_ones_are_not(small: Course, tmp_path: Path) -> None:
    with zipfile.ZipFile(small.dist / "student.zip") as bundle:
        bundle.extractall(tmp_path)
    tools = tmp_path / "small-course" / "utils" / "tools"
    assert json.loads((tools / "recorded.json").read_text()) == {'["right", {"more": 0, "x": 3}]': 6}
    assert "2 * x" not in (tools / "right.py").read_text() and not (tools / "slow.py").exists()
    assert "'''Right." in (tools / "right.py").read_text() or '"""Right.' in (tools / "right.py").read_text()
    found = python(
        tmp_path / "small-course", "from utils.tools.right import right; print(right(3), right(x=3, more=0))"
    )
    assert found.stdout == "6 6\n", found.stderr


def test_otters_own_zip_keeps_what_its_hidden_tests_ask(small: Course) -> None:
    (stock,) = (small.dist / "autograder").glob("*-stock.zip")
    with zipfile.ZipFile(stock) as bundle:
        assert "2 * x" in bundle.read("files/utils/tools/right.py").decode()
        assert "files/utils/tools/slow.py" in bundle.namelist()
    assert os.path.exists(small.built(small.masters()[0].stem) / "recorded.json")
