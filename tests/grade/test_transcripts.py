"""Verdicts from known replies: the same as from the tests themselves, whoever handed in before."""

import json
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from autograder.build.assign import assign
from autograder.build.builder import pinned
from autograder.build.master import read_master
from autograder.course import Course
from autograder.grade.jail.wire import Gone, Line, WireError, group, pack
from autograder.grade.judge.assignment import Assignment, from_folder
from autograder.grade.judge.memory import Memory, Turn
from autograder.grade.judge.transcripts import Strayed, Tape
from autograder.grade.judge.workers import Options, close_engines, grade_submission
from autograder.grade.samples import make_samples
from tests.grade.small import FIRST, RIGHT, SMALL, notebook, submission

COURSE = Course.find()
SECONDS = 3.0
THREADS = {remember: ThreadPoolExecutor(1) for remember in (True, False)}  # an engine belongs to its thread


@pytest.fixture(scope="module", autouse=True)
def engines() -> Iterator[None]:
    yield
    close_engines()


def grade(assignment: Assignment, data: bytes, remember: bool = True) -> dict:
    return (
        THREADS[remember]
        .submit(grade_submission, assignment, data, Options(SECONDS, remember=remember))
        .result()
        .as_dict()
    )


def plain(result: dict) -> dict:
    return {k: v for k, v in result.items() if k != "seconds"}


# the tape itself


class Other:
    """The child's end of a line: answers requests, in batches too, with one reply after the other or all together."""

    def __init__(self, *replies: dict, pause: float = 0.0, together: bool = False):
        self.pause, self.together = pause, together
        ours, theirs = socket.socketpair()
        self.tape, self.line = Tape(Line(ours)), Line(theirs)
        self.replies, self.asked, self.frames, self.refusal = list(replies), [], [], {}
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while self.replies:
            message, _ = self.line.receive()
            self.frames.append(message["op"])
            held: list[bytes] = []
            for _ in range(message["n"] if message["op"] == "batch" else 1):
                request = self.line.receive()[0] if message["op"] == "batch" else message
                self.asked.append(request.get("name"))
                while "callback" in self.replies[0]:
                    self.line.send(self.replies.pop(0))
                    self.refusal = self.line.receive()[0]
                time.sleep(self.pause)
                held.append(pack(self.replies.pop(0)))
                if not self.together:
                    self.line.push(held.pop())
            if held:
                self.line.push(group(held))


def ask(tape: Tape, name: str) -> dict:
    tape.send({"op": "get", "name": name})
    return tape.receive(float("inf"))[0]


def learned(memory: Memory, *names: str, verdict: str = "yes", key: tuple = ("q",)) -> Tape:
    """A transcript in which every name has the value 1."""
    tape = Other(*({"value": 1} for _ in names)).tape
    tape.begin()
    for name in names:
        ask(tape, name)
    memory.find(key, tape.turns, ((True, verdict),))
    return tape


def test_equal_replies_lead_to_the_verdict_in_one_batch() -> None:
    memory = Memory()
    learned(memory, "a", "b", "c")
    other = Other({"value": 1}, {"value": 1}, {"value": 1})
    assert other.tape.rehearse(memory.starts[("q",)], 5, float("inf")) == ((True, "yes"),)
    assert (other.frames, other.asked) == (["batch"], ["a", "b", "c"])


def test_batches_are_long_while_replies_come_fast() -> None:
    memory, names = Memory(), [str(i) for i in range(70)]
    learned(memory, *names)
    other = Other(*[{"value": 1}] * 70)
    other.tape.begin()
    assert other.tape.rehearse(memory.starts[("q",)], 5, float("inf")) == ((True, "yes"),)
    assert other.asked == names and len(other.frames) == 2  # 64, and the rest
    slow = Other(*[{"value": 1}] * 70, pause=0.02)
    slow.tape.begin()
    assert slow.tape.rehearse(memory.starts[("q",)], 5, float("inf")) == ((True, "yes"),)
    assert len(slow.frames) == 1 + 6


def test_replies_that_come_together_and_are_known_are_taken_at_once() -> None:
    memory = Memory()
    learned(memory, "a", "b", "c")
    start = memory.starts[("q",)]
    for value, expected in ((1, ((True, "yes"),)), (1, ((True, "yes"),)), (2, None)):
        other = Other({"value": 1}, {"value": 1}, {"value": value}, together=True)
        other.tape.begin()
        assert other.tape.rehearse(start, 5, float("inf")) == expected
        assert (other.frames, other.asked) == (["batch"], ["a", "b", "c"])
    assert isinstance(start, Turn) and len(start.leaps) == 1
    assert [ask(other.tape, name)["value"] for name in "abc"] == [1, 1, 2]  # the test goes on with what is there


def test_a_leap_is_for_the_requests_that_were_sent() -> None:
    """Equal replies to other requests lead elsewhere."""
    memory = Memory()
    learned(memory, "a", "b")
    start = memory.starts[("q",)]
    other = Other({"value": 1}, {"value": 1}, together=True)
    other.tape.begin()
    assert other.tape.rehearse(start, 5, float("inf")) == ((True, "yes"),)
    tape = Other({"value": 2}, {"value": 1}).tape
    tape.begin()
    for name in "ac":
        ask(tape, name)
    memory.find(("q",), tape.turns, ((False, "no"),))  # now what comes after a depends on its reply
    other = Other({"value": 1}, {"value": 1}, together=True)
    other.tape.begin()
    assert other.tape.rehearse(start, 5, float("inf")) == ((True, "yes"),)
    assert other.asked == ["a", "b"] and other.frames == ["get", "get"]


def test_replies_that_nobody_asked_for_are_no_leap() -> None:
    memory = Memory()
    learned(memory, "a", "b", "c")
    start = memory.starts[("q",)]
    assert isinstance(start, Turn)
    for _ in range(2):
        ours, theirs = socket.socketpair()
        tape = Tape(Line(ours))
        Line(theirs).push(group([pack({"value": 1})] * 6))
        for _ in range(2):
            tape.begin()
            assert tape.rehearse(start, 5, float("inf")) == ((True, "yes"),)
        assert not start.leaps


def test_what_was_replied_until_the_line_broke_waits_for_the_test() -> None:
    memory = Memory()
    learned(memory, "a", "b")
    ours, theirs = socket.socketpair()
    tape = Tape(Line(ours), widest=1)
    tape.begin()
    Line(theirs).push(pack({"value": 1}) + b"\0" * 4)
    theirs.shutdown(socket.SHUT_WR)
    with pytest.raises(Gone):
        tape.rehearse(memory.starts[("q",)], 5, float("inf"))
    assert ask(tape, "a") == {"value": 1} and not tape.scripted


@pytest.mark.parametrize("broken", [b"abc", b"\xff\0\0\0\0\0\0\0{}", b""])
def test_a_broken_group_of_replies_is_no_answer(broken: bytes) -> None:
    memory = Memory()
    learned(memory, "a", "b")
    ours, theirs = socket.socketpair()
    tape = Tape(Line(ours))
    tape.begin()
    Line(theirs).push(group([broken]))
    with pytest.raises(WireError):
        tape.rehearse(memory.starts[("q",)], 5, float("inf"))


def test_at_a_new_reply_the_test_goes_on_from_there_and_asks_nothing_twice() -> None:
    memory = Memory()
    learned(memory, "a", "b", "c")
    other = Other({"value": 1}, {"value": 2}, {"value": 1}, {"value": 7})
    other.tape.begin()
    assert other.tape.rehearse(memory.starts[("q",)], 5, float("inf")) is None
    assert [ask(other.tape, name)["value"] for name in "abcd"] == [1, 2, 1, 7]
    assert other.asked == ["a", "b", "c", "d"]  # c was on its way when b surprised
    memory.find(("q",), other.tape.turns, ((False, "no"),))
    again = Other({"value": 1}, {"value": 2}, {"value": 1}, {"value": 7})
    assert again.tape.rehearse(memory.starts[("q",)], 5, float("inf")) == ((False, "no"),)


def test_what_was_asked_ahead_and_is_not_wanted_makes_the_child_useless() -> None:
    memory = Memory()
    learned(memory, "a", "b", "c")
    other = Other({"value": 9}, {"value": 1}, {"value": 1})
    other.tape.begin()
    assert other.tape.rehearse(memory.starts[("q",)], 5, float("inf")) is None
    assert ask(other.tape, "a") == {"value": 9}
    for name in ("other", "b"):
        with pytest.raises(Strayed):
            ask(other.tape, name)
    assert other.tape.vain


def test_what_the_child_left_out_when_it_ran_out_of_time_did_no_harm() -> None:
    memory = Memory()
    learned(memory, "a", "b", "c")
    left_out = {"skipped": True, "error": {"type": "TimeLimit", "message": "not called"}}
    other = Other({"late": True, "error": {}}, left_out, left_out, {"value": 5}, together=True)
    other.tape.begin()
    assert other.tape.rehearse(memory.starts[("q",)], 5, float("inf")) is None
    assert ask(other.tape, "a") == {"late": True, "error": {}}
    assert ask(other.tape, "other") == {"value": 5}
    assert not other.tape.vain


def test_nothing_is_asked_ahead_where_the_next_request_depended_on_the_reply() -> None:
    memory = Memory()
    learned(memory, "a", "b", "c")
    tape = Other({"value": 2}).tape
    tape.begin()
    ask(tape, "a")
    memory.find(("q",), tape.turns, ((False, "no"),))
    for value, expected, asked in ((1, ((True, "yes"),), ["a", "b", "c"]), (2, ((False, "no"),), ["a"])):
        other = Other(*[{"value": value}] * 3)
        other.tape.begin()
        assert other.tape.rehearse(memory.starts[("q",)], 5, float("inf")) == expected
        assert other.asked == asked


def test_what_is_known_is_never_asked_in_vain() -> None:
    """Two paths with different replies to a, and a third that ends after b in one of them alone."""
    memory = Memory()

    def replies(*values: int, names: str, verdict: str) -> None:
        tape = Other(*({"value": v} for v in values)).tape
        tape.begin()
        for name in names:
            ask(tape, name)
        memory.find(("q",), tape.turns, ((True, verdict),))

    replies(1, 3, names="ab", verdict="ends")
    for values, verdict in (((1, 1, 1, 1), "one"), ((2, 1, 1, 1), "two")):
        replies(*values, names="abcd", verdict=verdict)
    for values, verdict in (((1, 3), "ends"), ((1, 1, 1, 1), "one"), ((2, 1, 1, 1), "two")):
        other = Other(*({"value": v} for v in values), *[{"value": 0}] * 2, together=True)
        other.tape.begin()
        assert other.tape.rehearse(memory.starts[("q",)], 5, float("inf")) == ((True, verdict),)
        other.tape.finish()
        assert not other.tape.vain and other.asked == list("abcd"[: len(values)])
    start = memory.starts[("q",)]
    assert isinstance(start, Turn) and start.sure == 2


def test_one_at_a_time_nothing_is_asked_in_vain() -> None:
    memory = Memory()
    learned(memory, "a", "b", "c")
    other = Other({"value": 1}, {"value": 2}, {"value": 7})
    tape = Tape(other.tape.line, widest=1)
    tape.begin()
    assert tape.rehearse(memory.starts[("q",)], 5, float("inf")) is None
    assert [ask(tape, name)["value"] for name in "abx"] == [1, 2, 7]  # what follows b is new too
    tape.finish()
    assert not tape.vain and other.asked == ["a", "b", "x"]


def test_a_test_that_asks_something_else_than_before_is_noticed() -> None:
    memory = Memory()
    learned(memory, "a", "b")
    other = Other({"value": 2}, {"value": 1})
    other.tape.begin()
    assert other.tape.rehearse(memory.starts[("q",)], 5, float("inf")) is None
    with pytest.raises(Strayed):
        ask(other.tape, "random")
    assert other.tape.vain
    learned(memory, "random")
    assert memory.starts[("q",)] is None  # and it is not rehearsed any more


def test_a_memory_stays_small_and_forgets_what_takes_most() -> None:
    memory = Memory(limit=20_000)
    learned(memory, "a", key=("small",))
    for i in range(100):
        learned(memory, *(f"name-{i}-{j}" for j in range(5)), verdict=str(i), key=("q", i % 10))
        assert memory.bytes < 25_000 and memory.bytes == sum(memory.sizes.values())
    assert ("small",) in memory.starts and len(memory.starts) > 3


def test_learning_again_costs_nothing() -> None:
    memory, sizes = Memory(), set()
    for _ in range(3):
        learned(memory, "a", "b")
        sizes.add(memory.bytes)
    assert len(sizes) == len(memory.news) == 1


def test_a_transcript_without_end_is_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.grade.judge.transcripts.LONGEST", 5000)
    tape = Other(*[{"value": 1}] * 20).tape
    tape.begin()
    for i in range(20):
        ask(tape, str(i))
    assert not tape.complete and len(tape.turns) < 20


# whole submissions

MANY = Assignment(
    "small",
    {
        "q1.py": """
OK_FORMAT = False
from otter.test_files import test_case
name = "q1"
points = None

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
    alone = plain(grade(MANY, q1(source), remember=False))
    grade(MANY, q1("def double(x): return 2 * x"))
    for _ in range(2):
        assert plain(grade(MANY, q1(source))) == alone


COUNTED = Assignment(
    "small",
    {
        "q1.py": """
OK_FORMAT = False
from otter.test_files import test_case
name = "q1"
points = None

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
    alone = grade(COUNTED, wrong, remember=False)
    assert alone["score"] == 2  # one call, and the test gave up
    assert grade(COUNTED, right)["score"] == 1
    for _ in range(3):
        assert plain(grade(COUNTED, wrong)) == plain(alone)


def test_many_crashes_leave_the_others_their_points_whoever_came_before() -> None:
    names = [f"q{i}" for i in range(14)]
    test = """
OK_FORMAT = False
from otter.test_files import test_case
name = "{0}"
points = 1

@test_case()
def test_values(f_{0}):
    for i in range(6):
        assert f_{0}(i) == i
"""
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
    for remember in (True, False):
        right = "def double(x): return x + x"
        assert grade(MANY, q1(right, "numbers.append(4)"), remember)["score"] == 3
        assert grade(MANY, q1(right, "del numbers, double"), remember)["score"] == 3
        late = notebook(FIRST, right, "numbers = [1]", "grader.check('q1')", "numbers += [2, 3]")
        assert grade(MANY, late, remember)["score"] == 1


def test_many_names_that_hold_one_another_are_kept_at_once() -> None:
    knot = "a = []\nfor _ in range(60):\n    a = [a, a, (a, a)]\na.append(a)\nbig = np.zeros(10**7)"
    assert grade(SMALL, notebook(FIRST, knot, *RIGHT.values()))["score"] == 9


def test_what_others_handed_in_shows_in_nobody_elses_result() -> None:
    first = submission(q1="def double(x):\n    raise ValueError('first')")
    second = submission(q1="def double(x):\n    raise ValueError('second')")
    for data, word in ((first, "first"), (second, "second"), (first, "first")):
        shown: Any = json.dumps(grade(SMALL, data)["questions"])
        assert ("first" in shown, "second" in shown) == (word == "first", word == "second")


@pytest.mark.parametrize("name", ["p1_dimensions", "p4_backprop_2d"])
def test_the_samples_get_the_same_result_with_and_without_memory(name: str, tmp_path: Path) -> None:
    master = COURSE.solutions / f"{name}.py"
    made = assign(read_master(master), COURSE.settings, pinned(COURSE.lock, COURSE.requirements), tmp_path)
    assignment = from_folder(made.tests, name)
    (tmp_path / "solutions").mkdir()
    shutil.copy(made.solution, tmp_path / "solutions" / f"{name}.ipynb")
    make_samples(tmp_path / "solutions", tmp_path / "samples", Course.find().library)
    for student in ("ada", "blaise", "carl", "dorothy", "emmy"):
        data = (tmp_path / "samples" / student / f"{name}.ipynb").read_bytes()
        one, two, three = (plain(grade(assignment, data, remember)) for remember in (False, True, True))
        assert one == two == three, student
        assert one["score"] == one["possible"] or student != "ada"
