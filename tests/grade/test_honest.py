# ruff: noqa: E501
"""What honest notebooks do and `otter run` takes, the grader takes too."""

from collections.abc import Iterator

import pytest

from autograder.grade.judge.assignment import Assignment
from autograder.grade.judge.workers import Options, close_workers, grade_submission
from autograder.grade.result import Result
from tests.grade.small import FIRST, RIGHT, SMALL, notebook, submission

OPTIONS = Options(5.0)


@pytest.fixture(scope="module", autouse=True)
def workers() -> Iterator[None]:
    yield
    close_workers()


def grade(data: bytes, assignment: Assignment = SMALL) -> Result:
    return grade_submission(assignment, data, OPTIONS)


def scores(result: Result) -> dict[str, float]:
    return {q.name: q.score for q in result.questions}


DOUBLE = RIGHT["q1"]

# cells that are not Python alone: each answers its question right
CELLS = {
    "time": {"q1": "%%time\n" + DOUBLE},
    "empty lines, then time": {"q1": "\n\n%%time\n" + DOUBLE},
    "capture": {"q1": "%%capture out\n%matplotlib inline\n" + DOUBLE},
    "prun": {"q1": "%%prun -s cumtime\n" + DOUBLE},
    "flushes what it wrote": {"q2": "import os\nos.fsync(999)  # said to be done, as no disk may be kept busy\nos.sync()\ncount = 42"},
    "time of a statement": {"q2": "%time count = 42"},
    "time of an expression": {"q2": "count = %time 6 * 7"},
    "time in a function": {"q2": "def f(n):\n    %time m = n + 1\n    return n\ncount = f(42)"},
    "timeit": {"q2": "count = 42\n%timeit -n 10 -r3 sum(range(count))"},
    "timeit of a cell": {"before": "%%timeit n = 3\nnp.seen = n", "q2": "count = 14 * np.seen"},
    "timeit with a result": {"q2": "took = %timeit -o -n1 sum([1])\ncount = 42 if took.average >= 0 else f'{took.best:.1f}'"},
    "display": {"q1": "display('hello', np)\n" + DOUBLE},
    "a shell that is imported": {"q2": "from IPython import get_ipython\nip = get_ipython()\nip.run_line_magic('matplotlib', 'inline')\ncount = 42"},
    "a shell from its own file": {"q2": "from IPython.core.getipython import get_ipython as g\ncount = 42 if g() is get_ipython() else 0"},
    "a notebook of one's own kind": {"q2": "class Mine(otter.Notebook):\n    def export(self, *a):\n        return super().export(*a)\nMine('x').export()\nassert Mine._grading_mode\ncount = 42"},
    "help of a name": {"q1": "np.pad?\n?np.pad\nnp.pad??\n" + DOUBLE},
    "a shell": {"q2": "!ls\nfiles = !ls\ncount = 42 + len([f for f in files if f == 'nothing'])"},
    "await": {"q2": "import asyncio\nawait asyncio.sleep(0.01)\nasync def f(): return 42\ncount = await f()"},
    "awaiting several": {"q2": "import asyncio\na, b = await asyncio.gather(asyncio.sleep(0, 40), asyncio.sleep(0, 2))\ncount = a + b"},
    "what was typed": {"q2": "count = 42 if len(In) and Out == {} and not _ and _ih is In else 0"},
    "annotations of the future": {"before": "from __future__ import annotations", "q1": "def double(x: Nope) -> Nope:\n    return x + x"},
    "the future with a magic": {"before": "%matplotlib inline\nfrom __future__ import annotations", "q1": "%%time\ndef double(x: Nope):\n    return x + x"},
    "indented": {"q2": "  count = 42"},
    "return at the end": {"q2": "count = 42\nreturn count"},
}  # fmt: skip


@pytest.mark.parametrize("name", CELLS)
def test_cells_of_jupyter(name: str) -> None:
    assert grade(submission(**CELLS[name])).score == 9


@pytest.mark.parametrize("magic", ["html", "latex", "javascript", "bash", "writefile a.txt", "unknown"])
def test_a_cell_that_is_no_python_does_nothing(magic: str) -> None:
    result = grade(submission(before=f"%%{magic}\n<b>some text</b>", q1=f"%%{magic}\n{DOUBLE}"))
    assert scores(result) == {"q1": 0, "q2": 4, "q3": 2} and result.errors == []


def test_what_timeit_assigns_is_lost_as_in_jupyter() -> None:
    assert scores(grade(submission(q1="%%timeit\n" + DOUBLE)))["q1"] == 0


@pytest.mark.parametrize(
    ("source", "kind", "line"),
    [
        ("x = 1\nx = x +", "SyntaxError", 2),
        ("%%time\nx = 1\ny = 1 / 0", "ZeroDivisionError", 3),
        ("\n%matplotlib inline\ny = 1 / 0", "ZeroDivisionError", 3),
        ("x = 1\nreturn x", "SyntaxError", 2),
    ],
)
def test_an_error_has_its_line(source: str, kind: str, line: int) -> None:
    (error,) = grade(notebook(FIRST, source)).errors
    assert (error.cell, error.type, error.line) == (2, kind, line)


@pytest.mark.parametrize(
    "answer",
    [
        "from multiprocessing import Pool\ndef double(x):\n    with Pool(2) as pool:\n        return np.array(pool.map(abs, x))",
        "import subprocess\ndef double(x):\n    subprocess.run(['ls'])\n    return 2 * x",
    ],
    ids=["a pool", "a program"],
)
def test_what_the_sandbox_refuses_is_said_in_a_sentence(answer: str) -> None:
    message = next(c.shown for q in grade(submission(q1=answer)).questions for c in q.cases if not c.passed)
    assert "it starts no other process" in message and "with a loop or with NumPy?" in message
