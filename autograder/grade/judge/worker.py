"""A trusted grading process: reads jobs from a socket, owns one sandbox, answers with results.

It runs the tests, so it must survive whatever a test does with a student's values: its memory is limited, and the
process that started it kills it when a job takes too long.
"""

import gc
import os
import re
import resource
import socket
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path

from autograder.course import Library

from ..intake.fingerprint import fingerprint
from ..intake.notebook import Notebook, Unreadable, given_cells, read
from ..intake.written import BlankNotebook, load_blank
from ..jail.settings import GARBAGE
from ..jail.walls.cores import one_core
from ..jail.wire import Gone, Line, WireError
from ..result import GraderFailed, Result
from ..sandbox import Backend, Sandbox, SandboxFailed, choose
from ..sandbox.choose import ORDER, UNSANDBOXED
from .assignment import Assignment, cut
from .limits import KEPT
from .verdict import forget_tests, grade, load_tests, possible

MEMORY = 1 << 30  # bytes of address space: no student's answers need more to be compared
SYMBOLS = ("sympy",)
DRAWING = (
    "matplotlib", "matplotlib.pyplot", "ipywidgets", "anywidget", "IPython", "IPython.display",
    "IPython.core.inputtransformer2",
)  # fmt: skip
# most notebooks have these lines, whether they use the names or not
IMPORTS = ("import matplotlib.pyplot as plt", "import sympy as sp")
_MAGIC = re.compile(r"^[ \t]*[%!?]|= ?[%!]|^[ \t]*[\w.]+\?\??[ \t]*$", re.MULTILINE)


def _words(*words: str) -> re.Pattern[str]:
    return re.compile(r"\b(" + "|".join(re.escape(w) for w in words) + r")\b")


_SYMBOLS = _words(*SYMBOLS, "sp")


def main(fd: int) -> None:
    line = Line(socket.socket(fileno=fd))
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1):
        os.dup2(null, stream)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    setup, _ = line.receive()
    backends = {b.name: b for b in (*ORDER, UNSANDBOXED)}
    backend = backends.get(setup["backend"]) or choose()
    library = Library.of(setup["library"]) if setup["library"] else None
    given = Path(setup["given"]) if setup["given"] else None
    sandboxes = Sandboxes(backend, setup["preload"], given, library)
    known: dict[str, Assignment] = {}
    gc.collect()
    gc.freeze()  # the libraries stay: no search for cycles goes through them again
    gc.set_threshold(GARBAGE)
    try:
        while True:
            job, data = line.receive()
            if "assignment" in job:
                if len(known) >= KEPT:
                    known.clear()
                    forget_tests()
                known[job["code"]] = Assignment.of(job["assignment"], data)
            elif "describe" in job:
                line.send(describe(known[job["code"]]))
            else:
                answer(line, job, data, known[job["code"]], sandboxes)
    except Gone:
        pass
    finally:
        sandboxes.close()


def answer(line: Line, job: dict, data: bytes, assignment: Assignment, sandboxes: "Sandboxes") -> None:
    """Send the result of one submission, or why the grader failed on it."""
    size = len(data) - sum(job["files"].values())
    try:
        with one_core():
            result = work(assignment, data[:size], job["seconds"], sandboxes, cut(data[size:], job["files"]))
    except GraderFailed as e:
        line.send({"failed": str(e)})
        return
    try:
        line.send({"result": result.as_dict() | {"fingerprint": result.fingerprint}})
    except WireError as e:
        result = Result("crashed", f"the result is too large: {e}", possible=possible(assignment))
        line.send({"result": result.as_dict()})


class Sandboxes:
    """Sandboxes of three sizes, started when a notebook needs them: forking copies the tables of all memory.

    The small one has NumPy and the course's library, the next sympy too, the large one also what draws, and other
    slow libraries.
    """

    def __init__(self, backend: Backend, slow: list[str], given: Path | None = None, library: Library | None = None):
        self.backend, self.slow, self.library = backend, slow, library
        self.given = given_cells(given) if given else []
        self.folder, self.blanks = given, dict[str, BlankNotebook | None]()
        self.drawing = [*DRAWING, *(library.drawing if library else ())]
        lines = [*IMPORTS, *("from {0} import {2}".format(*name.rpartition(".")) for name in self.drawing)]
        self.imports = re.compile("^(" + "|".join(map(re.escape, lines)) + ")$", re.MULTILINE)
        names = [*self.drawing, *(name.rpartition(".")[2] for name in (library.drawing if library else ()))]
        self.large = _words(*names, *{name.split(".")[0] for name in slow}, "plt", "display")
        self.started: dict[int, Sandbox] = {}

    def of(self, notebook: Notebook) -> Sandbox:
        code = self.imports.sub("", "\n".join(cell.source for cell in notebook.cells))
        size = 2 if self.large.search(code) or _MAGIC.search(code) else 1 if _SYMBOLS.search(code) else 0
        if size not in self.started:
            lazy = ([*SYMBOLS, *self.drawing], self.drawing, ())[size]
            self.started[size] = Sandbox(self.backend, self.slow * (size == 2), lazy, self.given, self.library)
        return self.started[size]

    def blank(self, assignment: str) -> BlankNotebook | None:
        """The notebook that students of this assignment start from, where its build is at hand."""
        if assignment not in self.blanks:
            self.blanks[assignment] = load_blank(self.folder / assignment) if self.folder else None
        return self.blanks[assignment]

    def close(self) -> None:
        for sandbox in self.started.values():
            sandbox.close()


def describe(assignment: Assignment) -> dict:
    """Points and test cases, without any student: what a submission that cannot be graded could have earned."""
    tests = load_tests(assignment).values()
    cases = {
        t.name: [{"name": c.name, "hidden": bool(c.hidden), "points": c.points} for c in t.test_cases] for t in tests
    }
    return {"possible": possible(assignment), "questions": cases, "points": {t.name: t.possible for t in tests}}


def work(assignment: Assignment, data: bytes, seconds: float, sandboxes: Sandboxes, own: Mapping[str, bytes]) -> Result:
    """The result of one submission, with the student's `own` files beside it; raises GraderFailed."""
    blank = sandboxes.blank(assignment.name)
    try:
        notebook = read(data, blank)
    except Unreadable as e:
        return Result("unreadable", str(e), possible=possible(assignment))
    try:
        result = grade(assignment, notebook, sandboxes.of(notebook), seconds, own)
        result.fingerprint = fingerprint((c.source for c in notebook.cells), notebook.written.values(), blank)
        return result
    except SandboxFailed as e:
        raise GraderFailed(f"the sandbox did not start: {e}") from None
    except Exception as e:
        raise GraderFailed("".join(traceback.format_exception(e, limit=-6))) from None


if __name__ == "__main__":
    main(int(sys.argv[1]))
