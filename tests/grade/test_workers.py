"""A worker that ends or takes too much is the grader's failure; a student's cell that sleeps is the student's."""

import time
from collections.abc import Iterator

import pytest

from autograder.grade.judge.assignment import Assignment
from autograder.grade.judge.worker import MEMORY
from autograder.grade.judge.workers import Options, close_workers, grade_submission
from autograder.grade.result import GraderFailed
from tests.grade.small import FIRST, POSSIBLE, RIGHT, SMALL, head, notebook, submission

TEST = (
    head("q2", 1)
    + """
@test_case(points=1, hidden=True)
def test_count(count):
    {}
"""
)
ENDS = Assignment("ends", {"q2.py": TEST.format("import os; os._exit(3)")})
ONCE = "import os, pathlib\n    seen = pathlib.Path({!r})\n    if not seen.exists(): seen.touch(); os._exit(3)"
FILLS = f"""import resource
    assert resource.getrlimit(resource.RLIMIT_AS)[0] == {MEMORY}
    try: bytearray({MEMORY})
    except MemoryError: return
    raise AssertionError("there was more memory")"""


@pytest.fixture(autouse=True)
def workers() -> Iterator[None]:
    yield
    close_workers()


def test_a_worker_that_ends_twice_is_a_failure_of_the_grader_and_the_next_is_graded() -> None:
    with pytest.raises(GraderFailed, match=r"^the worker ended, twice"):
        grade_submission(ENDS, submission(), Options(5.0))
    assert grade_submission(SMALL, submission(), Options(5.0)).score == POSSIBLE


def test_a_worker_that_ends_once_is_replaced(tmp_path: object) -> None:
    once = Assignment("once", {"q2.py": TEST.format(ONCE.format(f"{tmp_path}/seen"))})
    result = grade_submission(once, submission(), Options(5.0))
    assert (result.status, result.score) == ("graded", 1.0)


def test_a_worker_s_memory_is_limited() -> None:
    result = grade_submission(Assignment("fills", {"q2.py": TEST.format(FILLS)}), submission(), Options(5.0))
    assert (result.status, result.score) == ("graded", 1.0), result


def test_a_cell_may_sleep_longer_than_it_may_compute_but_not_for_ever() -> None:
    """The limit counts processor time; waiting ends at three times as much by the clock, and what follows runs."""
    began = time.monotonic()
    cells = [FIRST, "import time", RIGHT["q1"], "time.sleep({})", RIGHT["q2"], RIGHT["q3"]]
    short, long = ([c.format(seconds) if "sleep(" in c else c for c in cells] for seconds in (1.5, 10_000))
    result = grade_submission(SMALL, notebook(*short), Options(1.0))
    assert (result.status, result.score, result.errors) == ("graded", POSSIBLE, [])
    result = grade_submission(SMALL, notebook(*long), Options(1.0))
    assert [q.score for q in result.questions] == [3.0, 4.0, 2.0]
    (error,) = result.errors
    assert (error.cell, error.type) == (4, "TimeLimit") and "1 s" in error.message
    assert time.monotonic() - began < 40


def test_an_answer_that_sleeps_loses_its_question_alone() -> None:
    sleeps = submission(q1="import time\ndef double(x):\n    time.sleep(10_000)")
    result = grade_submission(SMALL, sleeps, Options(1.0))
    assert [q.score for q in result.questions] == [0.0, 4.0, 2.0]
    (failed, *_) = result.questions[0].cases
    assert "took more than 1 s" in failed.message
