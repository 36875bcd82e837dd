# ruff: noqa: E501
"""A small assignment of our own: otter test files, its solution, and notebooks made from cells."""

import json
from pathlib import Path

from autograder.grade.judge.assignment import Assignment

MARK = "HIDDEN-TEXT-7f3a"  # stands in hidden tests only; must never reach a student


def head(name: str, points: float | None = None) -> str:
    """How an otter test file begins."""
    return f'OK_FORMAT = False\nfrom otter.test_files import test_case\nname = "{name}"\npoints = {points}\n'


Q1 = f'''{head("q1")}
@test_case(points=1, hidden=False)
def test_double_public(double):
    import numpy as np
    from utils.check import expect, case
    def reference(x):
        return 2 * x
    expect(double, like=reference, on=case(np.array([1.0, -2.0, 3.0])))

@test_case(points=2, hidden=True)
def test_double_hidden(double):
    import numpy as np
    data = np.array([[4.0, 5.5], [-1.0, 7.0]])  # {MARK}
    got = double(data.copy())
    assert type(got) is np.ndarray and got.shape == (2, 2), "{MARK}"
    np.testing.assert_array_equal(got, 2 * data)
'''

Q2 = f'''{head("q2")}
@test_case(points=1, hidden=False)
def test_count_type(count):
    assert type(count) is int, "count is a whole number"

@test_case(points=3, hidden=True)
def test_count_value(count):
    assert type(count) is int and count == 42, "{MARK}"
'''

Q3 = f'''{head("q3")}
@test_case(points=1, hidden=False)
def test_slope_callback(slope):
    def f(x):
        return 3 * x * x
    assert abs(slope(f, 2.0) - 12.0) < 1e-3, "the slope of 3x^2 at 2"

@test_case(points=1, hidden=True)
def test_scaler(Scaler):
    import numpy as np
    s = Scaler(3.0)
    np.testing.assert_allclose(s.apply(np.array([1.0, 2.0])), [3.0, 6.0])
    s.factor = 2.0
    np.testing.assert_allclose(s.apply(np.array([1.0, 2.0])), [2.0, 4.0])
    assert s.factor == 2.0, "{MARK}"
'''

SMALL = Assignment("small", {"q1.py": Q1, "q2.py": Q2, "q3.py": Q3})
POSSIBLE = 9.0

FIRST = "import sys; sys.path.insert(0, '..')\nimport numpy as np\nimport utils\nimport otter\ngrader = otter.Notebook('small.ipynb')"
RIGHT = {
    "q1": "def double(x):\n    return x + x",
    "q2": "count = 42",
    "q3": "def slope(f, x, h=1e-5):\n    return (f(x + h) - f(x - h)) / (2 * h)\n"
    "class Scaler:\n    def __init__(self, factor):\n        self.factor = factor\n"
    "    def apply(self, x):\n        return self.factor * x",
}


def notebook(*sources: str, name: str | None = "small") -> bytes:
    """A notebook with these code cells."""
    cells = [
        {"cell_type": "code", "metadata": {}, "source": s, "outputs": [], "execution_count": None} for s in sources
    ]
    metadata: dict = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    if name:
        metadata["otter"] = {"assignment_name": name}
    return json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 4}).encode()


def submission(before: str = "", after: str = "", **answers: str) -> bytes:
    """The solution with some answers replaced; `before` and `after` are cells around them."""
    cells = [FIRST, before] if before else [FIRST]
    for question, source in (RIGHT | answers).items():
        cells += [source, f"grader.check('{question}')"]
    return notebook(*cells, *([after] if after else []))


def write_zip(folder: Path) -> Path:
    """The assignment as an autograder zip in `folder`."""
    import zipfile

    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / "small.zip", "w") as bundle:
        bundle.writestr("otter_config.json", json.dumps({"assignment_name": "small", "lang": "python"}))
        for name, body in SMALL.tests.items():
            bundle.writestr(f"tests/{name}", body)
    return folder
