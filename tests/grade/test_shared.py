"""What one worker learned, told to the others."""

import socket
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Lock

import pytest

from autograder.grade.jail.wire import Line, pack
from autograder.grade.judge import workers as engine
from autograder.grade.judge.memory import Memory, digest
from autograder.grade.judge.shared import Exchange, hear, say
from autograder.grade.judge.workers import Options, close_engines, grade_submission
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
    assert len(told(memory)) == 1  # what it found first
    assert memory.starts[KEY] is None
    memory.find(KEY, TURNS[1:], ((False, ""),))
    assert told(memory) == []


def test_a_transcript_that_is_too_large_is_not_said(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = Memory()
    memory.find(KEY, TURNS, VERDICT)
    monkeypatch.setattr("autograder.grade.jail.wire.MAX_BLOB", 20)
    assert told(memory) == []


def test_a_worker_says_a_bounded_amount_of_one_submission(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = Memory()
    for i in range(20):
        memory.find((*KEY, i), TURNS, VERDICT)
    monkeypatch.setattr("autograder.grade.judge.shared.SAID", 1000)
    assert 2 < len(told(memory)) < 20 and not memory.news


def test_an_exchange_keeps_each_thing_once_and_the_newest() -> None:
    exchange = Exchange(kept=2500)
    for i in (0, 1, 1, 2, 3):
        exchange.add(i, {"learned": ["a"], "verdict": []}, bytes([i]) * 100)
    exchange.add(7, {"learned": ["b"], "verdict": [[True, ""]]}, b"")
    said, count = exchange.since("a", 0)
    assert [each.worker for each in said] == [2, 3] and count == 4
    assert [each.worker for each in exchange.since("a", 3)[0]] == [3] and exchange.since("a", 4) == ([], 4)
    assert exchange.since("c", 0) == ([], 0)
    exchange.add(0, {"learned": ["a"], "verdict": []}, bytes(100))  # gone, so it is news again
    assert [each.worker for each in exchange.since("a", 4)[0]] == [0]


def test_workers_know_each_others_transcripts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two workers in turns: the second need not run a test for a submission that the first has seen."""
    monkeypatch.setattr(engine, "_EXCHANGE", exchange := Exchange())
    data = notebook(FIRST, "def double(x): return 2 * x", "numbers = [1, 2, 3]", "grader.check('q1')")
    both, lock = Barrier(2), Lock()

    def grade(_: int) -> dict:
        both.wait()  # each thread takes one
        with lock:
            return grade_submission(SMALL, data, Options(3.0)).as_dict()

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(grade, range(2))
        assert {k: v for k, v in one.items() if k != "seconds"} == {k: v for k, v in other.items() if k != "seconds"}
        said, _ = exchange.since(SMALL.code, 0)
        assert said and len({each.worker for each in said}) == 1  # the second had nothing to say
    close_engines()
