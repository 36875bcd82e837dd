"""Loops that hidden tests compare with are not where students' code runs, and a module of that name changes nothing."""

from collections.abc import Iterator

import pytest

from autograder.grade.judge.assignment import Assignment
from autograder.grade.judge.workers import Options, close_workers, grade_submission
from autograder.grade.result import Result
from tests.grade.small import head, notebook

TEST = (
    head("q1")
    + """
@test_case(points=3, hidden=True)
def test_slide_for_all(slide):
    from utils.check import case, draw, expect
    from utils.check.loops import windows

    cases = [case(draw((n,), seed=n), draw((k,), seed=50 + k)) for n, k in [(5, 5), (6, 1), (9, 4)]]
    expect(slide, like=windows.conv, about="conv1d", on=cases, hidden=True)
"""
)
ASSIGNMENT = Assignment("loops", {"q1.py": TEST})
RIGHT = "import numpy as np\ndef slide(x, w):\n    return np.correlate(x, w)"
ZEROS = "import numpy as np\ndef slide(x, w):\n    return np.zeros(len(x) - len(w) + 1)"
REPLACED = """
import sys, types
import numpy as np
import utils.check.question as question, utils.check.operations as operations

def zeros(x, w, *a, **k):
    return np.zeros(len(x) - len(w) + 1)

windows, loops = types.ModuleType("utils.check.loops.windows"), types.ModuleType("utils.check.loops")
windows.conv = windows.meetings = windows.places = zeros
loops.windows = windows
sys.modules |= {"utils.check.loops": loops, "utils.check.loops.windows": windows}
question._right_answer = question._remembered = lambda like, on: zeros(*on.args)
for record in operations.OPERATIONS.values():
    object.__setattr__(record, "reference", zeros)
"""


@pytest.fixture(scope="module", autouse=True)
def workers() -> Iterator[None]:
    yield
    close_workers()


def graded(*cells: str) -> Result:
    return grade_submission(ASSIGNMENT, notebook(*cells, name="loops"), Options(5.0))


def test_the_loop_of_a_hidden_test_cannot_be_replaced() -> None:
    """Put there by the notebook, a loop agrees with the zeros; it is not the one that the test calls."""
    result = graded(
        REPLACED,
        ZEROS,
        "from utils.check.loops import windows",
        "assert (windows.conv(np.ones(4), np.ones(2)) == slide(np.ones(4), np.ones(2))).all()",
    )
    assert result.status == "graded" and not result.errors, result
    assert result.score == 0
    assert graded(RIGHT).score == 3  # and the next student meets the loop as it was
    assert graded(ZEROS).score == 0


def test_the_loop_itself_is_no_answer() -> None:
    for cell in (
        "from utils.check.loops.windows import conv as slide",
        "import utils.check.loops.windows as l\ndef slide(x, w):\n    return l.conv(x, w)",
    ):
        result = graded(cell)
        assert result.score == 0
        assert "utils.check.loops" in result.errors[0].message
