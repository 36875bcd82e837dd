"""A trusted grading process: reads jobs from a socket, owns one sandbox, answers with results.

It runs the tests, so it must survive whatever a test does with a student's values: its memory is limited, and the
engine that started it kills it when a job takes too long.
"""

import json
import os
import resource
import socket
import sys
import traceback

from .assignment import Assignment
from .inside.wire import Gone, Line
from .notebook import Notebook, Unreadable, read
from .sandbox import Backend, Sandbox, SandboxFailed, choose
from .sandbox.choose import ORDER, UNSANDBOXED
from .verdict import Result, grade, load_tests, possible

MEMORY = 6 << 30


def main(fd: int) -> None:
    line = Line(socket.socket(fileno=fd))
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1):
        os.dup2(null, stream)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    setup, _ = line.receive()
    backends = {b.name: b for b in (*ORDER, UNSANDBOXED)}
    backend = backends.get(setup["backend"]) or choose()
    sandboxes = Sandboxes(backend, setup["preload"])
    known: dict[str, Assignment] = {}
    try:
        while True:
            job, data = line.receive()
            if "assignment" in job:
                known[job["code"]] = Assignment(**job["assignment"])
                continue
            if "describe" in job:
                line.send(describe(known[job["code"]]))
                continue
            line.send(work(known[job["code"]], data, job["seconds"], job["remember"], sandboxes))
    except Gone:
        pass
    finally:
        sandboxes.close()


class Sandboxes:
    """One sandbox with the slow libraries for notebooks that name them, and one without: forking copies all."""

    def __init__(self, backend: Backend, preload: list[str]):
        self.backend = backend
        self.plain = [name for name in preload if name.startswith("utils")]
        self.slow = [name for name in preload if not name.startswith("utils")]
        self.started: dict[bool, Sandbox] = {}

    def of(self, notebook: Notebook) -> Sandbox:
        roots = {name.split(".")[0] for name in self.slow}
        slow = any(root in cell.source for cell in notebook.cells for root in roots)
        if slow not in self.started:
            self.started[slow] = Sandbox(self.backend, self.plain + self.slow * slow)
        return self.started[slow]

    def close(self) -> None:
        for sandbox in self.started.values():
            sandbox.close()


def describe(assignment: Assignment) -> dict:
    """Points and test cases, without any student: what a submission that cannot be graded could have earned."""
    tests = load_tests(assignment).values()
    cases = {
        t.name: [{"name": c.name, "hidden": bool(c.hidden), "points": c.points} for c in t.test_cases] for t in tests
    }
    return {
        "possible": possible(assignment),
        "questions": cases,
        "points": {t.name: t.possible for t in tests},
    }


def work(assignment: Assignment, data: bytes, seconds: float, remember: bool, sandboxes: Sandboxes) -> dict:
    """The result of one submission as a plain dictionary, or `{"failed": why}` when the grader itself failed."""
    try:
        notebook = read(data)
    except Unreadable as e:
        return Result("unreadable", str(e), 0.0, possible(assignment)).as_dict()
    try:
        result = grade(assignment, notebook, sandboxes.of(notebook), seconds, remember)
    except SandboxFailed as e:
        return {"failed": f"the sandbox did not start: {e}"}
    except Exception as e:
        return {"failed": "".join(traceback.format_exception(e, limit=-6))}
    return json.loads(json.dumps(result.as_dict()))


if __name__ == "__main__":
    main(int(sys.argv[1]))
