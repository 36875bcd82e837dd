"""A worker and the student's process take turns on one core; neither is tied to it."""

import os
import time
from collections.abc import Iterator

import pytest

from autograder.grade.inside import cores
from autograder.grade.inside.cores import EVERY, held, one_core
from autograder.grade.inside.wire import Line
from autograder.grade.sandbox import Sandbox, choose

pytestmark = pytest.mark.skipif(len(EVERY) < 2, reason="needs two cores to choose from")
LOOK = "import os, time\nwhere = sorted(os.sched_getaffinity(0))"
MOVED = f"""
import os, time
ends = time.monotonic() + 30
while sorted(os.sched_getaffinity(0)) != {sorted(EVERY)} and time.monotonic() < ends:
    time.sleep(0.05)
where = sorted(os.sched_getaffinity(0))
"""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with one_core():  # as in a worker: the zygote starts with the first submission
        sandbox = Sandbox(choose(), [])
        sandbox.spawn()
        sandbox.stop()
    yield sandbox
    sandbox.close()


def where(line: Line, cell: str) -> set[int]:
    """The cores that a cell may run on."""
    line.send({"op": "cells", "cells": [[1, cell]], "seconds": 60.0})
    line.send({"op": "get", "name": "where"})
    ends = time.monotonic() + 60
    assert line.receive(ends)[0] == {"cell": 1}
    return set(line.receive(ends)[0]["value"])


def test_a_block_stays_on_the_core_where_it_began_and_leaves_it() -> None:
    assert held() is None
    with one_core():
        (core,) = os.sched_getaffinity(0)
        assert core in EVERY and held() == core
    assert os.sched_getaffinity(0) == EVERY
    with pytest.raises(ZeroDivisionError), one_core():
        raise ZeroDivisionError
    assert os.sched_getaffinity(0) == EVERY and held() is None


def test_a_child_runs_on_its_workers_core_until_it_has_worked_for_long(sandbox: Sandbox) -> None:
    with one_core():
        line, core = sandbox.spawn(), held()
        assert where(line, LOOK) == {core}
        assert where(line, MOVED) == EVERY
    sandbox.stop()


def test_nothing_is_left_of_a_workers_core(sandbox: Sandbox) -> None:
    with one_core():
        sandbox.spawn()
        sandbox.stop()
    assert where(sandbox.spawn(), LOOK) == EVERY
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
