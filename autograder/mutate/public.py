"""No wrong answer passes in public and fails hidden: hidden tests only stop answers that are right by chance.

A student who is told "right" must be right. So each known mistake and each mutant must fail in a public case.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from autograder.build.parts import MasterQuestion
from autograder.course import Library

from .mistakes import numbers_only, rehearsal
from .mutants import Tried, try_mutants
from .solved import Check, Solved, quiet, solve


@dataclass(frozen=True)
class Leak:
    """A wrong answer that only a hidden test sees."""

    question: str
    what: str


def leaks(master: Path, library: Library) -> list[Leak]:
    """All of them: known mistakes, then mutants. Runs the solution."""
    solved, rehearse = solve(master), rehearsal(library)
    found = list(mistakes_that_leak(solved, rehearse)) if rehearse else []
    return found + mutants_that_leak(try_mutants(solved, rehearse, questions=_with_hidden_tests(solved)))


def mutants_that_leak(tried: Iterable[Tried]) -> list[Leak]:
    """Those that no public check kills."""
    return [
        Leak(t.question, f"{t.mutant.kind}: {t.mutant.before}  ->  {t.mutant.after}")
        for t in tried
        if t.killed and not t.public
    ]


def mistakes_that_leak(solved: Solved, rehearse: ModuleType) -> Iterator[Leak]:
    """Known mistakes; each is tried in all checks that take the answer in which it was made."""
    for question in _with_hidden_tests(solved):
        checks = solved.of(question)
        caught: set[tuple[str, str]] = set()
        for check in checks:
            for wrong in rehearse.rehearse(check.run, solved.answers(check)):
                key = wrong.of, wrong.way
                if key in caught or not wrong.of or wrong.answer is None:
                    continue
                seen = _first_to_see(checks, solved, wrong.of, wrong.answer, rehearse)
                if seen is None:
                    continue
                caught.add(key)
                if seen.hidden:
                    yield Leak(question.name, f"{wrong.of} with the mistake {wrong.name} ({wrong.way})")


def _with_hidden_tests(solved: Solved) -> list[MasterQuestion]:
    return [q for q in solved.master.questions if any(test.hidden for test in q.tests)]


def _first_to_see(checks: list[Check], solved: Solved, of: str, answer: object, rehearse: ModuleType) -> Check | None:
    """The first check, public ones first, that a wrong answer does not pass."""
    names = {**solved.names, of: answer}
    with numbers_only(rehearse), quiet():
        return next((c for c in checks if of in c.takes and c(names) is not None), None)
