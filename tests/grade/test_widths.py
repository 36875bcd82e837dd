"""How often a submission is graded before its verdict counts: the verdict that it would get if nobody came before."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from autograder.course import Course
from autograder.grade.intake.notebook import read
from autograder.grade.judge import verdict
from autograder.grade.judge.assignment import Assignment
from autograder.grade.judge.memory import Memory
from autograder.grade.sandbox import Sandbox, choose
from tests.grade.small import FIRST, notebook

HEAD = 'OK_FORMAT = False\nfrom otter.test_files import test_case\nname = "q1"\npoints = None\n'


def assignment(body: str) -> Assignment:
    return Assignment("small", {"q1.py": HEAD + body})


CALLS = assignment("""
@test_case(points=1, hidden=False)
def test_calls(f):
    for i in range(20):
        assert f(i) == 2 * i
""")
RIGHT = notebook(FIRST, "def f(x): return 2 * x")


@dataclass
class Grader:
    """Grades in this process. `widths` are those of the last submission."""

    sandbox: Sandbox
    widths: list[int]

    def __call__(self, assignment: Assignment, data: bytes, seconds: float = 3.0, alone: bool = False) -> dict:
        self.widths.clear()
        result = verdict.grade(assignment, read(data), self.sandbox, seconds, remember=not alone).as_dict()
        return {k: v for k, v in result.items() if k != "seconds"}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    sandbox = Sandbox(choose(), [], library=Course.find().library)
    yield sandbox
    sandbox.close()


@pytest.fixture
def grade(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Grader:
    widths: list[int] = []

    class Watched(verdict.Grading):
        def run(self) -> None:
            widths.append(self.width)
            super().run()

    monkeypatch.setattr(verdict, "Grading", Watched)
    monkeypatch.setattr(verdict, "TRANSCRIPTS", Memory())
    return Grader(sandbox, widths)


def test_what_is_known_is_graded_once(grade: Grader) -> None:
    wrong = notebook(FIRST, "def f(x): return 2 * x if x < 7 else 0")
    for data in (RIGHT, wrong):
        grade(CALLS, data)
    for data in (RIGHT, wrong, RIGHT):
        grade(CALLS, data)
        assert grade.widths == [64]


def test_a_new_answer_is_graded_twice_and_the_second_time_step_by_step(grade: Grader) -> None:
    grade(CALLS, RIGHT)
    wrong = notebook(FIRST, "def f(x): return 2 * x if x < 7 else 0")
    result = grade(CALLS, wrong)
    assert grade.widths == [64, 1] and result == grade(CALLS, wrong, alone=True)


@pytest.mark.parametrize("end", ["os._exit(0)", "os.abort()"])
def test_a_process_that_ends_is_lost_to_the_test_at_the_same_place(grade: Grader, end: str) -> None:
    data = notebook("import os", FIRST, f"def f(x): return 2 * x if x < 7 else {end}")
    alone = grade(CALLS, data, alone=True)
    assert alone["status"] == "crashed" and alone["score"] == 0
    grade(CALLS, RIGHT)
    for _ in range(2):
        assert grade(CALLS, data) == alone
        assert grade.widths == [64, 1]


def test_calls_that_take_too_long_together_do_so_whoever_came_before(
    grade: Grader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autograder.grade.judge.session.PARTS", 0.5)  # 1.5 s for all, and 3 s for each
    slow = notebook(FIRST, "import time\ndef f(x):\n    time.sleep(0.15)\n    return 2 * x")
    alone = grade(CALLS, slow, alone=True)
    assert alone["status"] == "timeout" and alone["score"] == 0 and "together" in alone["reason"]
    grade(CALLS, RIGHT)
    assert grade(CALLS, slow) == alone
    assert grade.widths == [64, 1]


def test_a_check_within_a_call_does_not_overtake_earlier_replies(grade: Grader) -> None:
    data = notebook(FIRST, "def f(x):\n    if x == 3:\n        grader.check('q1')\n    return 2 * x")
    for _ in range(3):
        assert grade(CALLS, data)["score"] == 1
        assert grade.widths == [64]


def test_a_test_with_randomness_runs_by_itself(grade: Grader) -> None:
    random = assignment("""
import random
@test_case(points=1, hidden=False)
def test_random(f):
    for _ in range(3):
        i = random.randrange(10**9)
        assert f(i) == 2 * i
""")
    wrong = notebook(FIRST, "def f(x): return 3 * x")
    for data, score, widths in ((RIGHT, 1, [64]), (wrong, 0, [64, 1, 0]), (wrong, 0, [64]), (RIGHT, 1, [64])):
        assert grade(random, data)["score"] == score
        assert grade.widths == widths


def test_functions_of_a_test_that_call_each_other_end_at_the_same_depth(grade: Grader) -> None:
    within = assignment("""
@test_case(points=1, hidden=False)
def test_within(f):
    def again(x):
        return f(again, x + 1)
    assert f(again, 0) == 7
""")
    data = notebook(FIRST, "def f(again, x): return again(x)")
    alone = grade(within, data, alone=True)
    assert alone["status"] == "graded" and "the test's function failed" in str(alone["questions"])
    for _ in range(2):
        assert grade(within, data) == alone


EARLY = """
import gc, sys
child = [o for o in gc.get_objects() if type(o).__name__ == "Student"][0]
wire, kept = sys.modules[type(child.line).__module__], []
def release():
    if child.held and not kept:
        kept.extend(child.held)
        child.line.push(wire.group(kept + kept))  # the replies that the next question will want, too
    child.held, child.held_bytes = [], 0
child._release = release
"""


def test_a_child_that_answers_before_it_is_asked_harms_nobody_else(grade: Grader) -> None:
    body = """
@test_case(points=1, hidden=False)
def test_calls({0}):
    for i in range(3):
        assert {0}(i) == 2 * i
"""
    tests = {f"q{i}.py": HEAD.replace("q1", f"q{i}") + body.format(name) for i, name in ((1, "f"), (2, "h"))}
    both = Assignment("small", tests)
    honest = notebook(FIRST, "def f(x): return 2 * x\nh = f")
    early = notebook(FIRST, "def f(x): return 2 * x\nh = f", EARLY)
    right = grade(both, honest)
    for _ in range(3):
        grade(both, early)
        assert grade(both, honest) == right


def test_a_frame_that_is_none_is_the_students_loss(grade: Grader) -> None:
    grade(CALLS, RIGHT)
    find = EARLY.split("def release")[0]
    broken = notebook(FIRST, find + "def f(x):\n    child.line.push(b'no frame at all')\n    return x")
    result = grade(CALLS, broken)
    assert result["status"] == "crashed" and result == grade(CALLS, broken, alone=True)
