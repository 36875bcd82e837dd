"""`grade_submission`: (assignment, notebook's bytes, options) -> result. The same function here and on a cluster.

Each thread that calls it owns one trusted worker process, started on first use. A worker that dies or takes too long
is replaced. One that dies twice on one submission, or is too slow, is a failure of the grader, and told as that.
"""

import atexit
import contextlib
import os
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from autograder import import_paths
from autograder.course import Course, Library

from ..jail.wire import Gone, Line, NoAnswerInTime, WireError
from ..result import GraderFailed, Result
from .assignment import Assignment
from .limits import BUDGET, GRACE, KEPT

START_SECONDS = 120.0
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
_SEED = str(secrets.randbelow(1 << 32))  # sets have one order in all workers, which no student knows
_SECRET = str(secrets.randbits(60))  # a checker may draw its points from it; student code does not see it


@dataclass(frozen=True)
class Options:
    """`seconds` a cell or a call may take; the sandbox's name, '' for the best there is; modules to import early;
    a folder of built notebooks, whose cells are compiled once; the course's library, that of the working directory if
    none is named."""

    seconds: float = 20.0
    backend: str = ""
    preload: tuple[str, ...] = ()
    given: str = ""
    library: Library | None = field(default_factory=lambda: Course.find().library)


class WorkerProcess:
    """One trusted worker process and the line to it."""

    def __init__(self, options: Options):
        ours, theirs = socket.socketpair()
        self.options = options
        self.known: set[str] = set()
        imports = import_paths(*([options.library.root] if options.library else []))
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "autograder.grade.judge.worker", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, **imports, "PYTHONHASHSEED": _SEED, "GRADING_SECRET": _SECRET, **ONE_THREAD},
        )
        theirs.close()
        self.line = Line(ours)
        self.line.tick(int(START_SECONDS))  # also for the first message: a worker that hangs is noticed
        library = asdict(options.library) if options.library else None
        setup = {"backend": options.backend, "preload": list(options.preload), "given": options.given}
        self.line.send(setup | {"library": library})

    def introduce(self, assignment: Assignment) -> None:
        if assignment.code not in self.known:
            if len(self.known) >= KEPT:  # the worker does the same
                self.known.clear()
            message, files = assignment.as_message()
            self.line.send({"assignment": message, "code": assignment.code}, files)
            self.known.add(assignment.code)

    def describe(self, assignment: Assignment) -> dict:
        """Points and test cases of an assignment."""
        self.introduce(assignment)
        self.line.send({"code": assignment.code, "describe": True})
        return self.line.receive(time.monotonic() + START_SECONDS)[0]

    def grade(self, assignment: Assignment, data: bytes, files: Mapping[str, bytes]) -> Result:
        self.introduce(assignment)
        sizes = {path: len(content) for path, content in files.items()}
        message = {"code": assignment.code, "seconds": self.options.seconds, "files": sizes}
        self.line.send(message, [data, *files.values()])
        message, _ = self.line.receive(time.monotonic() + BUDGET * self.options.seconds + GRACE + START_SECONDS)
        if "failed" in message:
            raise GraderFailed(message["failed"])
        return Result.from_dict(message["result"])

    def close(self) -> None:
        self.line.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(2)
        self.process.kill()
        self.process.wait()


_LOCAL = threading.local()
_ALL: list[WorkerProcess] = []


def _close_all() -> None:
    while _ALL:
        _ALL.pop().close()


atexit.register(_close_all)


def _worker(options: Options) -> WorkerProcess:
    worker = getattr(_LOCAL, "worker", None)
    if worker is None or worker.options != options:
        _drop()
        worker = _LOCAL.worker = WorkerProcess(options)
        _ALL.append(worker)
    return worker


def _drop() -> None:
    worker = getattr(_LOCAL, "worker", None)
    if worker is not None:
        worker.close()
        if worker in _ALL:
            _ALL.remove(worker)
        _LOCAL.worker = None


def close_workers() -> None:
    """End all workers of this process."""
    _close_all()
    _LOCAL.worker = None


def describe(assignment: Assignment, options: Options) -> dict:
    """Points and test cases of an assignment; raises RuntimeError when its tests cannot be read."""
    try:
        return _worker(options).describe(assignment)
    except (Gone, NoAnswerInTime, WireError) as e:
        _drop()
        raise RuntimeError(f"the tests of {assignment.name} could not be read {e}".strip()) from None


def grade_submission(
    assignment: Assignment, data: bytes, options: Options, files: Mapping[str, bytes] | None = None
) -> Result:
    """Grade one notebook, with the student's own `files` beside it; never raises for what the notebook does, but
    GraderFailed when the grader cannot work."""
    problem = ""
    for _ in range(2):
        try:
            return _worker(options).grade(assignment, data, files or {})
        except NoAnswerInTime:  # once is enough
            _drop()
            raise GraderFailed("the worker took too long") from None
        except (Gone, WireError) as e:
            problem = f"the worker ended, twice {e}".strip()
        _drop()
    raise GraderFailed(problem)
