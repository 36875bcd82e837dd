"""Every mutant of every solution must lose points; the equivalent ones are listed with a reason."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.build.assign import without_marks

from .changes import Mutant, mutants
from .solved import Solved, quiet

EQUIVALENT = Path(__file__).resolve().parents[2] / "tests" / "mutants" / "equivalent.toml"


@dataclass
class Tried:
    """One mutant: `killed` by which mistake, or why it may live; both None for a survivor."""

    problem: str
    question: str
    mutant: Mutant
    killed: str | None = None
    reason: str | None = None


def try_mutants(solved: Solved, every: int = 1) -> Iterator[Tried]:
    """Each (or every n-th) mutant of each question's solution cells."""
    reasons = equivalents()
    count = 0
    for question in solved.master.questions:
        for cell in question.solution:
            if cell.kind != "code" or question.manual:
                continue
            for mutant in mutants(without_marks(cell.source)):
                count += 1
                if count % every:
                    continue
                tried = Tried(solved.master.name, question.name, mutant)
                tried.killed = _kill(solved, question, mutant.source)
                if tried.killed is None:
                    tried.reason = reasons.get((tried.problem, question.name, mutant.before, mutant.after))
                yield tried


def _kill(solved: Solved, question, source: str) -> str | None:
    """The mistake that the question's checks see; a cell that no longer runs is seen, too."""
    names = dict(solved.names)
    try:
        with quiet():
            from .solved import TooSlow, limit

            try:
                with limit(5):
                    exec(compile(source, "<mutant>", "exec"), names)
            except TooSlow:
                return "too-slow"
    except Exception as error:
        return type(error).__name__
    for check in solved.of(question):
        mistake = check(names)
        if mistake is not None:
            return mistake
    return None


def equivalents(path: Path = EQUIVALENT) -> dict[tuple[str, str, str, str], str]:
    """(problem, question, statement before, after) -> why no test can tell them apart."""
    if not path.exists():
        return {}
    listed = tomllib.loads(path.read_text(encoding="utf-8")).get("mutant", [])
    return {(m["problem"], m["question"], m["before"], m["after"]): m["reason"] for m in listed}
