"""What a test may do: what cannot work outside of the student's process is found in its source."""

import ast
from pathlib import Path

import pytest

from autograder.testfiles import faults_of_file, faults_of_test
from tests.small_course import ROOT

HEAD = "OK_FORMAT = False\nfrom otter.test_files import test_case\n@test_case(points=1)\n"
FAULTS = {
    "OK format": ("OK_FORMAT = True\ntest = {}\n", 1, "OK format"),
    "OK format without a name": ("test = {'name': 'q1', 'suites': []}\n", 1, "OK format"),
    "no test": ("OK_FORMAT = False\ndef test(f):\n    assert f\n", 1, "no test in this file"),
    "not Python": (HEAD + "def test(f:\n    pass\n", 4, "not valid Python"),
    "a module's module": (HEAD + "def test(f, np):\n    assert f(np.linalg.norm([1]))\n", 5, "`np.linalg`"),
    "pandas of the notebook": (HEAD + "def test(df, pd):\n    pd.testing.assert_frame_equal(df, df)\n", 5, "`pd`"),
    "documentation": (HEAD + "def test(f):\n    assert f.__doc__\n", 5, "`f.__doc__`"),
    "read back with a copy": (
        HEAD + "def test(f):\n    x = [1]\n    before = x.copy()\n    f(x)\n    assert x == before\n", 8, "`x` is read",
    ),
    "read back as a keyword": (
        HEAD + "def test(f):\n    a = ones(2)\n    f(x=a)\n    np.testing.assert_array_equal(a, 0)\n", 7, "`a` is read",
    ),
    "read back from a method": (
        HEAD + "def test(Model):\n    m = Model()\n    w = [1]\n    m.step(w)\n    assert w == [2]\n", 8, "`w` is read",
    ),
}  # fmt: skip
FINE = {
    "the answer is compared with what it was made of": "x = [1]\n    y = f(x)\n    assert y == [2 * v for v in x]",
    "in one line": "x = [1]\n    assert f(x) == x",
    "in a loop": "for x in ([1], [2]):\n        y = f(x)\n        assert y == x",
    "through other names": "x = [1]\n    y, z = f(x)\n    sizes = {len(y)}\n    assert sizes == {len(x)}",
    "before the call": "x = [1]\n    assert len(x) == 1\n    f(x)",
    "a name": "assert f.__name__ == 'f'",
    "a module of the notebook": "assert np.ones(2).sum() == f(2)",
}


@pytest.mark.parametrize(("source", "line", "words"), FAULTS.values(), ids=FAULTS.keys())
def test_what_cannot_work_is_found(source: str, line: int, words: str) -> None:
    found = list(faults_of_file(source))
    assert [(fault.line, words in fault.message) for fault in found] == [(line, True)], found


@pytest.mark.parametrize("body", FINE.values(), ids=FINE.keys())
def test_what_works_is_left_alone(body: str) -> None:
    assert not list(faults_of_file(f"{HEAD}def test(f, np):\n    {body}\n"))


def test_the_tests_of_this_course_are_left_alone() -> None:
    found = 0
    for master in sorted((ROOT / "solutions").glob("*.py")):
        for node in ast.walk(ast.parse(master.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                found += 1
                assert not list(faults_of_test(node)), f"{Path(master).name}:{node.lineno}"
    assert found > 100
