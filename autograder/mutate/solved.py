"""A master's solution as a namespace, and its checks as functions that can be called on any namespace."""

import ast
import contextlib
import io
import os
import signal
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograder.build.parts import Master, MasterQuestion, Test

SECONDS = 5.0


class CheckTooSlow(BaseException):
    """A check ran longer than `SECONDS`; not an Exception, so that no answer can swallow it."""


@dataclass
class Check:
    """One test of one question, ready to run."""

    question: str
    name: str
    hidden: bool
    takes: list[str]
    run: Callable[..., None]

    def __call__(self, names: dict[str, Any], seconds: float = SECONDS) -> str | None:
        """None when the names pass, else the name of the mistake ("too-slow", or an exception's type)."""
        answers = [names if t == "env" else names.get(t) for t in self.takes]
        try:
            with limit(seconds), quiet():
                self.run(*answers)
        except CheckTooSlow:
            return "too-slow"
        except Exception as error:  # a check that breaks on an answer does not pass it either
            told = getattr(error, "misconception", None) or getattr(error, "kind", None)
            return told if isinstance(told, str) else type(error).__name__
        return None


@dataclass
class Solved:
    """A master with its solution run: `names` is what a student's notebook would hold at the end."""

    master: "Master"
    names: dict[str, Any]
    checks: list[Check] = field(default_factory=list)

    def of(self, question: "MasterQuestion") -> list[Check]:
        """The question's checks: public first, then hidden."""
        return sorted((c for c in self.checks if c.question == question.name), key=lambda c: c.hidden)

    def taking(self, names: set[str]) -> list[Check]:
        """The checks that take one of these names."""
        return [c for c in self.checks if names & set(c.takes)]

    def answers(self, check: Check) -> dict[str, Any]:
        """What a check is called with, by name."""
        return {name: self.names if name == "env" else self.names.get(name) for name in check.takes}


def solve(path: Path) -> Solved:
    """Run the solution cells of a master. Cells that only draw may fail; a check that does not pass is an error."""
    from autograder.build.assign import without_marks  # who has a build already needs no reader of masters
    from autograder.build.master import read_master

    master = read_master(path)
    names: dict[str, Any] = {"__name__": "__main__"}
    os.environ["MPLBACKEND"] = "Agg"
    required = {id(cell) for q in master.questions for cell in q.solution}
    for cell in master.cells:
        if cell.kind != "code" or _is_test(cell.source):
            continue
        source = without_marks(cell.source)
        try:
            with quiet(), contextlib.chdir(path.parent):  # its data lie beside it
                exec(compile(_without_magics(source), f"{path.name}:{cell.line}", "exec"), names)
        except Exception as error:
            if id(cell) in required:
                raise RuntimeError(f"{path}:{cell.line}: the solution does not run: {error}") from error
    return Solved(master, names, [check for q in master.questions for check in checks(q)])


def checks(question: "MasterQuestion") -> list[Check]:
    """The tests of a question, ready to run."""
    return [_check(question.name, t) for t in question.tests]


def definitions(source: str) -> set[str]:
    """The names that a piece of code defines at its top level."""
    found: set[str] = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            found |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return found


@contextlib.contextmanager
def limit(seconds: float) -> Iterator[None]:
    """Raise `CheckTooSlow` in the block after `seconds` of processor time: a busy machine makes nothing too slow."""

    def ring(*_: Any) -> None:
        raise CheckTooSlow

    before = signal.signal(signal.SIGVTALRM, ring)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """No output and no warnings: thousands of wrong answers run here."""
    import numpy as np

    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
    ):
        warnings.simplefilter("ignore")
        yield


def _check(question: str, test: "Test") -> Check:
    names: dict[str, Any] = {}
    exec(compile(test.source, f"{question}.{test.name}", "exec"), names)
    function = names[test.name]
    takes = list(function.__code__.co_varnames[: function.__code__.co_argcount])
    return Check(question, test.name, test.hidden, takes, function)


def _is_test(source: str) -> bool:
    return "# BEGIN TEST CONFIG" in source or source.lstrip().startswith("def test_")


def _without_magics(source: str) -> str:
    return "\n".join(line for line in source.split("\n") if not line.startswith(("%", "!")))
