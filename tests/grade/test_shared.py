"""What one worker learned, told to the others."""

import socket
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Lock

import pytest

from autograder.grade import engine
from autograder.grade.engine import Options, close_engines, grade_submission
from autograder.grade.inside.wire import Line, pack
from autograder.grade.shared import Exchange, hear, say
from autograder.grade.transcripts import Memory, digest
from tests.grade.small import FIRST, SMALL, notebook

KEY = ("code", 3.0, "q", True)
TURNS = [(pack({"op": "get"}), digest(b"1")), (pack({"op": "call"}), digest(b"2"))]
VERDICT = ((True, ""), (False, "it is 3\n[mistake: off-by-one]"))


def told(memory: Memory) -> list[tuple[dict, bytes]]:
    ours, theirs = (Line(s) for s in socket.socketpair())
    say(ours, memory)
    ours.send({"end": True})
    found = []
    while "end" not in (message := theirs.receive(float("inf")))[0]:
        found.append(message)
    return found


def test_another_worker_learns_the_same() -> None:
    one, other = Memory(), Memory()
    one.find(KEY, TURNS, VERDICT)
    (message,) = told(one)
    hear(other, *message)
    assert told(one) == told(other) == []  # said once, and not said again by those who heard it
    here = other.starts[KEY]
    for frame, edge in TURNS:
        assert here is not None and not isinstance(here, tuple) and here.frame == frame
        here = here.next[edge]
    assert here == VERDICT


def test_what_is_said_does_not_change_with_the_tape() -> None:
    memory, turns = Memory(), TURNS.copy()
    memory.find(KEY, turns, VERDICT)
    turns.append(TURNS[0])
    assert told(memory)[0][0]["sizes"] == [len(frame) for frame, _ in TURNS]


def test_another_workers_contradiction_changes_nothing_here() -> None:
    memory, other = Memory(), Memory()
    memory.find(KEY, TURNS, VERDICT)
    other.find(KEY, TURNS[1:], ((False, ""),))
    hear(memory, *told(other)[0])
    assert memory.starts[KEY] is not None
    memory.find(KEY, TURNS[1:], ((False, ""),))  # its own does
    told(memory)
    assert memory.starts[KEY] is None
    memory.find(KEY, TURNS[1:], ((False, ""),))
    assert told(memory) == []


def test_a_transcript_that_is_too_large_is_not_said(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = Memory()
    memory.find(KEY, TURNS, VERDICT)
    monkeypatch.setattr("autograder.grade.inside.wire.MAX_BLOB", 20)
    assert told(memory) == []


def test_an_exchange_has_a_limit() -> None:
    exchange = Exchange(limit=250)
    for i in range(3):
        exchange.add(i, {"learned": ["a"], "verdict": []}, bytes(100))
    assert [worker for worker, _, _ in exchange.since("a", 0)] == [0, 1] and exchange.since("b", 0) == []
    assert [worker for worker, _, _ in exchange.since("a", 1)] == [1]


def test_workers_know_each_others_transcripts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two workers in turns: the second need not run a test for a submission that the first has seen."""
    monkeypatch.setattr(engine, "_EXCHANGE", exchange := Exchange())
    data = notebook(FIRST, "def double(x): return 2 * x", "numbers = [1, 2, 3]", "grader.check('q1')")
    both, lock = Barrier(2), Lock()

    def grade(_: int) -> dict:
        both.wait()  # each thread takes one
        with lock:
            return grade_submission(SMALL, data, Options(3.0))

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(grade, range(2))
        assert {k: v for k, v in one.items() if k != "seconds"} == {k: v for k, v in other.items() if k != "seconds"}
        said = exchange.since(SMALL.code, 0)
        assert said and len({worker for worker, _, _ in said}) == 1  # the second had nothing to say
    close_engines()
