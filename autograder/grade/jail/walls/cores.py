"""Keeps what takes turns on one core.

A worker and a student's process wait for each other hundreds of times a submission. On two cores each turn wakes a core
that has gone to sleep, and finds its caches without what it needs; on one core the other simply goes on. Where a core
cannot be chosen, nothing here does anything.
"""

import contextlib
import ctypes
import os
from collections.abc import Iterator


def _every() -> set[int]:
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()


EVERY = _every()  # the cores that this process was given
_NUMBER = getattr(ctypes.CDLL(None), "sched_getcpu", None) if EVERY else None


@contextlib.contextmanager
def one_core() -> Iterator[None]:
    """In the block this process stays on the core where it is: where it woke up, on a free one if there was any."""
    core = _NUMBER() if _NUMBER is not None else -1
    if core in EVERY:
        move(0, {core})
    try:
        yield
    finally:
        move(0, EVERY)


def held() -> int | None:
    """The core that this process stays on; None when there are several."""
    now = _every()
    return now.pop() if len(now) == 1 else None


def move(thread: int, cores: set[int]) -> None:
    """Let a thread run on these cores from now on, and what it starts; 0 is this one, a process is its first."""
    if cores:
        with contextlib.suppress(OSError):
            os.sched_setaffinity(thread, cores)


def let_go(pid: int) -> None:
    """Let all threads of a process run on every core."""
    if EVERY:
        with contextlib.suppress(OSError):
            for thread in os.listdir(f"/proc/{pid}/task"):
                move(int(thread), EVERY)
