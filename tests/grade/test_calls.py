"""Calls of a student's functions: all cases in one message, each with its own time, and the verdict that follows."""

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.build.assign import assign
from autograder.build.master import read_master
from autograder.course import Course
from autograder.grade.jail.wire import Line
from autograder.grade.judge.assignment import Assignment, from_folder
from autograder.grade.judge.proxies import CallableProxy
from autograder.grade.judge.session import Session
from autograder.grade.judge.workers import Options, close_workers, grade_submission
from autograder.grade.samples import make_samples
from autograder.grade.sandbox import Sandbox, choose
from tests.grade.small import FIRST, RIGHT, SMALL, head, notebook, submission

COURSE = Course.find()
SECONDS = 1.5


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    sandbox = Sandbox(choose(), [], library=COURSE.library)
    yield sandbox
    sandbox.close()
    close_workers()


@pytest.fixture(scope="module", autouse=True)
def workers() -> Iterator[None]:
    yield
    close_workers()


def plain(result: dict) -> dict:
    return {k: v for k, v in result.items() if k != "seconds"}


# the line


class Counted(Line):
    """Counts what leaves."""

    frames = 0

    def send(self, message: dict, blobs: list[bytes] | None = None) -> None:
        self.frames += 1
        super().send(message, blobs)


class Asked:
    """A child that has run `source`; asks its functions as a test does."""

    def __init__(self, sandbox: Sandbox, source: str, seconds: float = 1.0):
        self.line = Counted(sandbox.spawn().sock)
        self.session = Session(self.line, seconds, time.monotonic() + 60, lambda question: None)
        assert (
            self.session.run_cells([(1, "import time, os\nimport numpy as np\n" + source)], lambda number: None) == []
        )
        self.session.begin_question()

    def outcomes(self, name: str, *values: Any) -> list[Any]:
        """What each call gave: a value, or an error's type and message."""
        function = self.session.names[name]
        assert isinstance(function, CallableProxy)
        self.line.frames = 0
        found = function.student_calls([((v,), {}) for v in values])
        assert len(found) == len(values)
        return [(o.error.type, o.error.message) if o.error else o.value for o in found]


def test_all_cases_leave_in_one_message(sandbox: Sandbox) -> None:
    asked = Asked(sandbox, "def f(x): return 2 * x")
    assert asked.outcomes("f", *range(50)) == [2 * i for i in range(50)]
    assert asked.line.frames == 1


def test_an_error_costs_its_case_alone(sandbox: Sandbox) -> None:
    asked = Asked(sandbox, "def f(x): return 6 // x")
    assert asked.outcomes("f", 1, 0, 3, "a") == [6, ("ZeroDivisionError", "integer division or modulo by zero"), 2,
        ("TypeError", "unsupported operand type(s) for //: 'int' and 'str'")]  # fmt: skip


def test_each_case_has_its_own_time_and_one_out_of_time_is_the_last(sandbox: Sandbox) -> None:
    asked = Asked(sandbox, "called = []\ndef f(x):\n    called.append(x)\n    time.sleep(x)\n    return x", 1.0)
    late = ("TimeLimit", "the call took more than 1 s")
    assert asked.outcomes("f", 0.7, 0.71, 20, 0.1, 0.2) == [0.7, 0.71, late, late, late]
    asked.session.end_question()
    asked.session.begin_question()
    assert asked.session.names["called"] == [0.7, 0.71, 20]  # and the child is still there


def test_all_cases_together_have_a_limit(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.grade.judge.session.PARTS", 0.5)
    asked = Asked(sandbox, "def f(x):\n    time.sleep(x)\n    return x", 1.0)
    late = ("TimeLimit", "all calls together took too long")
    assert asked.outcomes("f", 0.2, 0.4, 0.1, 0.1) == [0.2, 0.4, late, late]


@pytest.mark.parametrize("end", ["os._exit(0)", "os.abort()"])
def test_what_was_answered_before_a_process_ended_counts(sandbox: Sandbox, end: str) -> None:
    asked = Asked(sandbox, f"def f(x): return x if x != 2 else {end}")
    gone = ("Crash", "the process ended")
    assert asked.outcomes("f", 0, 1, 2, 3) == [0, 1, gone, gone]


def test_what_was_answered_before_a_process_had_to_be_ended_counts(sandbox: Sandbox) -> None:
    holds = """
def f(x):
    while x == 1:
        try:
            time.sleep(9)
        except BaseException:
            pass
    return x
"""
    late = ("TimeLimit", "took more than 0.5 s")
    assert Asked(sandbox, holds, 0.5).outcomes("f", 0, 1, 2) == [0, late, late]


def test_an_answer_that_cannot_cross_costs_its_case_alone(sandbox: Sandbox) -> None:
    asked = Asked(sandbox, "def f(x): return x if x != 1 else np.empty(20 << 20, 'u1')")
    zero, (kind, message), two = asked.outcomes("f", 0, 1, 2)
    assert (zero, kind, two) == (0, "WireError", 2) and "8 MB" in message


def test_answers_that_are_too_large_together_are_refused(sandbox: Sandbox) -> None:
    asked = Asked(sandbox, "def f(x): return np.zeros(x, 'u1')", 20.0)
    found = asked.outcomes("f", *[7 << 20] * 6)
    assert [np.size(a) for a in found[:4]] == [7 << 20] * 4
    assert found[4:] == [("TypeError", "the answers together are too large")] * 2


def test_changed_arguments_are_told_for_each_case_and_do_not_come_back(sandbox: Sandbox) -> None:
    asked = Asked(
        sandbox, "def f(x, k=None):\n    if x[0] > 1: x[0] = 0\n    if k: k.append(1)\n    return float(x.sum())"
    )
    function, ones, twos, listed = asked.session.names["f"], np.ones(2), np.full(2, 2.0), [1]
    found = function.student_calls([((ones,), {}), ((twos,), {"k": listed}), ((twos,), {})])
    assert [(o.value, o.mutated) for o in found] == [(2.0, ()), (2.0, ("1", "k")), (2.0, ("1",))]
    assert twos.tolist() == [2, 2] and listed == [1]


def test_used_functions_are_told_for_each_case(sandbox: Sandbox) -> None:
    asked = Asked(
        sandbox,
        "import utils\ndef f(x): return utils.conv1d(np.ones(3), np.ones(2)).tolist() if x else [2.0, 2.0]",
        20.0,
    )
    found = asked.session.names["f"].student_calls([((i,), {}) for i in (0, 1, 0)], ("conv1d",))
    assert [(o.value, o.used) for o in found] == [([2.0, 2.0], u) for u in ((), ("conv1d",), ())]


def test_arrays_that_are_too_many_for_one_message_take_several(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autograder.grade.judge.session.FRAME_BYTES", 100)
    asked = Asked(sandbox, "def f(x): return len(x)")
    arrays = [np.ones(n) for n in (5, 6, 7, 100, 1, 1)]
    assert asked.outcomes("f", *arrays) == [5, 6, 7, 100, 1, 1]
    assert asked.line.frames == 4  # 5 and 6, 7, 100, 1 and 1


def test_functions_among_the_arguments_and_calls_within_calls(sandbox: Sandbox) -> None:
    asked = Asked(sandbox, "def f(g): return g(3)\ndef double(x): return 2 * x")
    double = asked.session.names["double"]
    assert asked.outcomes("f", lambda x: x + 1, double, lambda x: double(x) + 1, lambda x: 1 // 0) == [
        4, 6, 7, ("RuntimeError", "the test's function failed: ZeroDivisionError"),
    ]  # fmt: skip


def grade(assignment: Assignment, data: bytes) -> dict:
    return grade_submission(assignment, data, Options(SECONDS)).as_dict()


# whole submissions

MANY = Assignment(
    "small",
    {
        "q1.py": head("q1")
        + """
@test_case(points=1, hidden=False)
def test_public(double):
    for i in range(8):
        assert double(i) == 2 * i

@test_case(points=2, hidden=True)
def test_hidden(double, numbers):
    assert [double(i) for i in range(8, 40)] == [2 * i for i in range(8, 40)]
    assert numbers == [1, 2, 3]
"""
    },
)
RANDOM = Assignment(
    "small",
    {
        "q1.py": """
OK_FORMAT = False
import random
from otter.test_files import test_case
name = "q1"
points = 2

@test_case()
def test_random(double):
    for _ in range(5):
        i = random.randrange(10**9)
        assert double(i) == 2 * i
"""
    },
)


def q1(source: str, *more: str) -> bytes:
    return notebook(FIRST, source, "numbers = [1, 2, 3]", "grader.check('q1')", *more)


@pytest.mark.parametrize(
    "source",
    [
        "def double(x): return x + x",
        "def double(x): return x + x if x < 30 else 0",
        "def double(x): return x + x if x != 3 else 'three'",
        "import os\ndef double(x): return x + x if x < 20 else os._exit(0)",
        "import os\ndef double(x): return x + x if x < 5 else os._exit(0)",
        "def double(x):\n    while x > 20: pass\n    return x + x",
        "calls = []\ndef double(x):\n    calls.append(x)\n    return x + x if len(calls) < 15 else 0",
        "def double(x): return [x][1]",
        # wrong, and then what the test would never have seen: an end, a pause, an error that is slow
        "import os\ndef double(x): return x + x if x < 3 else 0 if x < 5 else os._exit(0)",
        "import time\ndef double(x): return x + x if x < 3 or x > 7 else 0 if x < 4 else time.sleep(1.5)",
        "import os\ndef double(x): return x + x if x != 3 else 'three' if x < 6 else os._exit(0)",
    ],
)
def test_a_verdict_does_not_depend_on_who_handed_in_before(source: str) -> None:
    close_workers()
    alone = plain(grade(MANY, q1(source)))
    grade(MANY, q1("def double(x): return 2 * x"))
    for _ in range(2):
        assert plain(grade(MANY, q1(source))) == alone


COUNTED = Assignment(
    "small",
    {
        "q1.py": head("q1")
        + """
@test_case(points=1, hidden=False)
def test_values(double):
    for i in range(6):
        assert double(i) == 2 * i

@test_case(points=2, hidden=False)
def test_calls(calls):
    assert calls() <= 1
"""
    },
)


def test_a_function_that_counts_its_calls_is_called_no_oftener_than_by_the_test() -> None:
    counts = "n = [0]\ndef calls(): return n[0]\ndef double(x):\n    n[0] += 1\n    return "
    wrong, right = (notebook(FIRST, counts + value, "grader.check('q1')") for value in ("3 * x + 1", "2 * x"))
    alone = grade(COUNTED, wrong)
    assert alone["score"] == 2  # one call, and the test gave up
    assert grade(COUNTED, right)["score"] == 1
    for _ in range(3):
        assert plain(grade(COUNTED, wrong)) == plain(alone)


def test_many_crashes_leave_the_others_their_points_whoever_came_before() -> None:
    names = [f"q{i}" for i in range(14)]
    test = (
        head("{0}", 1)
        + """
@test_case()
def test_values(f_{0}):
    for i in range(6):
        assert f_{0}(i) == i
"""
    )
    many = Assignment("small", {f"{n}.py": test.format(n) for n in [*names, "q99"]})
    right = notebook(FIRST, *(f"def f_{n}(x): return x" for n in [*names, "q99"]))
    ends = "import os\ndef f_{0}(x): return x if x < 3 else os._exit(0)"
    crashing = notebook(FIRST, *(ends.format(n) for n in names), "def f_q99(x): return x")
    assert grade(many, right)["score"] == 15
    for _ in range(2):
        assert grade(many, crashing)["score"] == 1


def test_a_test_with_randomness_is_judged_by_itself() -> None:
    for source, score in (("def double(x): return x + x", 2.0), ("def double(x): return 3 * x", 0.0)) * 3:
        assert grade(RANDOM, q1(source))["score"] == score


def test_a_hidden_test_sees_the_values_of_the_check_also_when_they_change_in_place() -> None:
    right = "def double(x): return x + x"
    assert grade(MANY, q1(right, "numbers.append(4)"))["score"] == 3
    assert grade(MANY, q1(right, "del numbers, double"))["score"] == 3
    late = notebook(FIRST, right, "numbers = [1]", "grader.check('q1')", "numbers += [2, 3]")
    assert grade(MANY, late)["score"] == 1


CASES = """
@test_case(points=1, hidden={0})
def test_{0}(f):
    import numpy as np
    from utils.check import case, expect
    def reference(x):
        return 2 * x
    expect(f, like=reference, on=[case(np.array(v)) for v in {1}])
"""
EXPECTED = Assignment(
    "small",
    {
        "q1.py": head("q1")
        + CASES.format(False, "([1.0, 2.0], [3.0], [4.0])")
        + CASES.format(True, "([6.0], [7.0], [98765.5])")
    },
)
CONV1D = """
@test_case(points=1, hidden={0})
def test_{0}(f):
    import utils
    from utils.check import case, expect
    expect(f, like=utils.conv1d, on=case({1}, [1.5, -2, 3]))
"""
TELLS = """
import sys, re
def f(x):
    if x[0] < 5: return 2 * x
    frame, found = sys._getframe(), []
    while frame is not None:
        found.append(repr(frame.f_locals)); frame = frame.f_back
    text = ' '.join(found)
    import numpy as np
    import struct
    known = text + (' 98765.5' if repr(struct.pack('<d', 98765.5))[2:-1] in text else '')
    {0}
"""


@pytest.mark.parametrize(
    "tell",
    [
        "raise ValueError(known)",
        "raise type(known[-60:], (Exception,), {{}})(known)",
        "return known",
        "return {{known: known}}",
        "f.__name__ = known; return f",
        "grader.check(known); return x",
        "raise SystemExit(known)",
    ],
)
def test_what_a_hidden_case_asks_does_not_come_out_while_an_earlier_one_is_answered(tell: str) -> None:
    """All cases of a test are in the child's memory: it may read them, and there is nobody to tell."""
    source = TELLS.format(tell.replace("{{", "{").replace("}}", "}"))
    result = grade(EXPECTED, notebook(FIRST, source, "grader.check('q1')"))
    public, hidden = result["questions"][0]["cases"]
    assert public["passed"] and not hidden["passed"]
    shown = [result["reason"], result["errors"], result["questions"][0]["trouble"], public, hidden["shown"]]
    assert "98765" not in json.dumps(shown)


@pytest.mark.parametrize(
    ("turned", "public", "hidden"),
    [("w", "flipped-forward", "values"), ("w[::-1] if len(x) == 4 else w", None, "flipped-forward")],
)
def test_a_hidden_test_seeks_no_name_where_a_public_one_has_failed(turned: str, public: str, hidden: str) -> None:
    tests = head("q1") + CONV1D.format(False, "[1, 2.5, -4, 3]") + CONV1D.format(True, "[2.5, 1, -3.5, 6, 0.5]")
    source = f"def f(x, w): return np.convolve(x, {turned}, 'valid')"
    result = grade(Assignment("small", {"q1.py": tests}), notebook(FIRST, source, "grader.check('q1')"))
    assert [case["mistake"] for case in result["questions"][0]["cases"]] == [public, hidden]


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("def f(x):\n    x += x\n    return x", "mutation"),
        ("def f(x):\n    if len(x) == 1: x[0] = 0\n    return 2 * x", "values"),
        ("def f(x):\n    while x[0] == 3: pass\n    return 2 * x", "exception"),
        ("import os\ndef f(x): return 2 * x if x[0] != 3 else os._exit(0)", "exception"),
        ("def f(x): return 2 * x if x.dtype == float else None", "float32"),
    ],
)
def test_expect_judges_all_cases_as_it_does_without_a_grader(source: str, word: str) -> None:
    result = grade(EXPECTED, notebook(FIRST, source, "grader.check('q1')"))
    public, _ = result["questions"][0]["cases"]
    assert (public["passed"], public["mistake"]) == (False, word)


def test_a_check_within_a_call_does_not_overtake_earlier_replies() -> None:
    data = notebook(FIRST, "def f(x):\n    if x[0] == 3:\n        grader.check('q1')\n    return 2 * x")
    assert grade(EXPECTED, data)["score"] == 2


def test_functions_of_a_test_that_call_each_other_end_at_the_same_depth() -> None:
    body = """
@test_case(points=1, hidden=False)
def test_within(f):
    def again(x):
        return f(again, x + 1)
    assert f(again, 0) == 7
"""
    within = Assignment("small", {"q1.py": head("q1") + body})
    one, other = (plain(grade(within, notebook(FIRST, "def f(again, x): return again(x)"))) for _ in range(2))
    assert one["status"] == "graded" and "the test's function failed" in str(one["questions"]) and one == other


EARLY = """
import gc, sys
child = [o for o in gc.get_objects() if type(o).__name__ == "Student"][0]
send = child.line.send
"""


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("def f(x):\n    child.line.send({'value': 1})\n    child.line.send({'value': 1})\n    return x", "graded"),
        ("def f(x):\n    child.line.push(b'no frame at all')\n    return x", "crashed"),
        ("def f(x):\n    for _ in range(1000): child.line.send({'late': 'call', 'error': 7})\n    return x", "timeout"),
        ("def f(x):\n    child.line.send({'late': ['x'], 'error': {}, 'value': 3})\n    return x", "timeout"),
        ("def f(x):\n    child.line.send({'value': 1, 'mutated': 7, 'used': {'a': 1}})\n    return x", "graded"),
    ],
)
def test_a_child_that_answers_what_it_was_not_asked_harms_nobody_else(source: str, status: str) -> None:
    body = """
@test_case(points=1, hidden=False)
def test_calls({0}):
    from utils.check import case, expect
    def reference(x):
        return 2 * x
    expect({0}, like=reference, on=[case(i) for i in range(1, 9)])
"""
    tests = {f"q{i}.py": head(f"q{i}") + body.format(name) for i, name in ((1, "f"), (2, "h"))}
    both = Assignment("small", tests)
    honest = notebook(FIRST, "def f(x): return 2 * x\nh = f")
    right = plain(grade(both, honest))
    assert right["score"] == 2
    result = grade(both, notebook(FIRST, EARLY + source + "\nh = f"))
    assert (result["status"], result["score"]) == (status, 0)
    assert plain(grade(both, honest)) == right


SYMBOLIC = """
@test_case(points=1, hidden=False)
def test_formula(formula):
    import sympy as sp
    from utils.check import case, expect
    def reference(x):
        return 3 * x
    expect(formula, like=reference, on=case(sp.Symbol("x")), float32=False)
"""
AT_THE_POINTS = """import sympy as sp
from utils.check.symbols import random_points
x = sp.Symbol("x")
zero = sp.Mul(*(x - p["x"] for p in random_points({"x"})))
"""


def test_a_formula_that_is_right_at_the_points_of_the_notebooks_earns_nothing() -> None:
    assignment = Assignment("small", {"q1.py": head("q1") + SYMBOLIC})
    for formula, score in (("x + 2 * x", 1), ("3 * x + zero", 0), ("3 * x + x * zero", 0)):
        cells = (FIRST, AT_THE_POINTS, f"formula = {formula}")
        assert grade(assignment, notebook(*cells))["score"] == score
    tells = notebook(
        FIRST, "import os\nraise ValueError(sorted(k for k in os.environ if 'SECRET' in k or 'SEED' in k))"
    )
    assert grade(assignment, tells)["errors"][0]["message"] == "['PYTHONHASHSEED']"


def test_many_names_that_hold_one_another_are_kept_at_once() -> None:
    knot = "a = []\nfor _ in range(60):\n    a = [a, a, (a, a)]\na.append(a)\nbig = np.zeros(10**7)"
    assert grade(SMALL, notebook(FIRST, knot, *RIGHT.values()))["score"] == 9


def test_what_others_handed_in_shows_in_nobody_elses_result() -> None:
    first = submission(q1="def double(x):\n    raise ValueError('first')")
    second = submission(q1="def double(x):\n    raise ValueError('second')")
    for data, word in ((first, "first"), (second, "second"), (first, "first")):
        shown: Any = json.dumps(grade(SMALL, data)["questions"])
        assert ("first" in shown, "second" in shown) == (word == "first", word == "second")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["p1_dimensions", "p4_backprop_2d"])
def test_the_samples_get_the_same_result_each_time(name: str, tmp_path: Path) -> None:
    master = COURSE.solutions / f"{name}.py"
    made = assign(read_master(master), COURSE, tmp_path)
    assignment = from_folder(made.tests, name)
    (tmp_path / "solutions").mkdir()
    shutil.copy(made.solution, tmp_path / "solutions" / f"{name}.ipynb")
    make_samples(tmp_path / "solutions", tmp_path / "samples", COURSE.library)
    for student in ("ada", "blaise", "carl", "dorothy", "emmy"):
        data = (tmp_path / "samples" / student / f"{name}.ipynb").read_bytes()
        one, two = (plain(grade(assignment, data)) for _ in range(2))
        assert one == two, student
        assert one["score"] == one["possible"] or student != "ada"
