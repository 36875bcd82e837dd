"""A worker and the student's process take turns on one core; a process that takes long is let go."""

import os
import time
from collections.abc import Iterator

import pytest

from autograder.grade.jail.walls import cores
from autograder.grade.jail.walls.cores import EVERY, held, one_core
from autograder.grade.jail.wire import Line
from autograder.grade.sandbox import Sandbox
from autograder.grade.sandbox.choose import ORDER, self_test

pytestmark = pytest.mark.skipif(len(EVERY) < 2, reason="needs two cores to choose from")
LOOK = """
import os, threading, time
sleeper = threading.Thread(target=time.sleep, args=(60,), daemon=True)
sleeper.start()
def cores():
    return [sorted(os.sched_getaffinity(thread)) for thread in (0, sleeper.native_id)]
where = cores()
"""
MOVED = f"""
ends = time.monotonic() + 30
while cores() != [{sorted(EVERY)}] * 2 and time.monotonic() < ends:
    time.sleep(0.05)
where = cores()
"""


@pytest.fixture(scope="module", params=[b.name for b in ORDER])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    backend = next(b for b in ORDER if b.name == request.param)
    if backend.name == "another user" and os.getuid() != 0:
        pytest.skip("only root can become another user")
    if backend.name != "another user" and (problem := self_test(backend)):
        pytest.skip(problem)
    with one_core():  # as in a worker: the zygote starts with the first submission
        sandbox = Sandbox(backend, [])
        sandbox.spawn()
        sandbox.stop()
    yield sandbox
    sandbox.close()


def where(line: Line, cell: str) -> list[set[int]]:
    """The cores that two threads of a child may run on after a cell."""
    line.send({"op": "cells", "cells": [[1, cell]], "seconds": 60.0})
    line.send({"op": "get", "name": "where"})
    ends = time.monotonic() + 60
    assert line.receive(ends)[0] == {"cell": 1}
    return [set(cores) for cores in line.receive(ends)[0]["value"]]


def test_a_block_stays_on_the_core_where_it_began_and_leaves_it() -> None:
    assert held() is None
    with one_core():
        (core,) = os.sched_getaffinity(0)
        assert core in EVERY and held() == core
    assert os.sched_getaffinity(0) == EVERY
    with pytest.raises(ZeroDivisionError), one_core():
        raise ZeroDivisionError
    assert os.sched_getaffinity(0) == EVERY and held() is None


def test_a_child_runs_on_its_workers_core_until_it_has_been_there_for_long(sandbox: Sandbox) -> None:
    """But another user's never does: without every right, a zygote could not let it go."""
    with one_core():
        line, core = sandbox.spawn(), held()
        assert core is not None
        assert where(line, LOOK) == [EVERY if sandbox.backend.name == "another user" else {core}] * 2
        assert where(line, MOVED) == [EVERY] * 2
    sandbox.stop()


def test_nothing_is_left_of_a_workers_core(sandbox: Sandbox) -> None:
    with one_core():
        sandbox.spawn()
        sandbox.stop()
    assert where(sandbox.spawn(), LOOK) == [EVERY] * 2
    sandbox.stop()


def test_what_cannot_be_chosen_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some containers refuse the call; macOS has none."""

    def refuse(pid: int, cores: set[int]) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "sched_setaffinity", refuse)
    with one_core():
        assert held() is None
    monkeypatch.setattr(cores, "EVERY", set())
    monkeypatch.setattr(cores, "_NUMBER", None)
    with one_core():
        pass
