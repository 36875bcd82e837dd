"""Keeps a worker and a student's process on one core while they take turns.

They wait for each other hundreds of times a submission. On two cores each turn wakes a core that has gone to sleep, and
whose caches are cold; on one core the other simply goes on. Where the system does not let a process choose its cores,
nothing here has any effect.
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
    """In the block this process stays on the core on which it runs now."""
    core = _NUMBER() if _NUMBER is not None else -1
    if core in EVERY:
        move(0, {core})
    try:
        yield
    finally:
        move(0, EVERY)


def held() -> int | None:
    """The core to which this process keeps; None when it may use several."""
    now = _every()
    return now.pop() if len(now) == 1 else None


def move(thread: int, cores: set[int]) -> None:
    """From now on, let `thread` and the threads and processes that it starts run on these cores.

    `thread` is a thread's number, a process's number for its first thread, or 0 for the thread that calls.
    """
    if cores:
        with contextlib.suppress(OSError):
            os.sched_setaffinity(thread, cores)


def let_go(pid: int) -> None:
    """Let all threads of a process run on every core."""
    if EVERY:
        with contextlib.suppress(OSError):
            for thread in os.listdir(f"/proc/{pid}/task"):
                move(int(thread), EVERY)
