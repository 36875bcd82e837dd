"""Every mutant of every solution must lose points; the equivalent ones are listed with a reason."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.build.assign import without_marks
from autograder.build.master import MasterQuestion

from .changes import Mutant, mutants
from .solved import SECONDS, CheckTooSlow, Solved, definitions, limit, quiet

EQUIVALENT = Path(__file__).resolve().parents[2] / "tests" / "mutants" / "equivalent.toml"


@dataclass
class Tried:
    """One mutant: `killed` by which mistake, or the `reason` why it may live; both None for a survivor."""

    problem: str
    question: str
    mutant: Mutant
    killed: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Reason:
    """Why a mutant may live. An empty field fits every mutant; `after` is found anywhere in the changed line."""

    why: str
    problem: str = ""
    question: str = ""
    before: str = ""
    after: str = ""

    def covers(self, tried: Tried) -> bool:
        return (
            self.problem in ("", tried.problem)
            and self.question in ("", tried.question)
            and self.before in ("", tried.mutant.before)
            and bool(re.search(re.escape(self.after), tried.mutant.after))
        )


def try_mutants(solved: Solved, every: int = 1) -> Iterator[Tried]:
    """Each (or every n-th) mutant of each question's solution cells."""
    reasons = equivalents()
    count = 0
    for question in solved.master.questions:
        for cell in question.solution:
            if cell.kind != "code" or question.manual:
                continue
            source = without_marks(cell.source)
            for mutant in mutants(source):
                count += 1
                if count % every == 0:
                    killed = _kill(solved, question, mutant.source, definitions(source))
                    tried = Tried(solved.master.name, question.name, mutant, killed)
                    if killed is None:
                        tried.reason = next((r.why for r in reasons if r.covers(tried)), None)
                    yield tried


def _kill(solved: Solved, question: MasterQuestion, source: str, defines: set[str]) -> str | None:
    """The mistake that the question's checks see; a cell that no longer runs is seen, too."""
    names = {k: v for k, v in solved.names.items() if k not in defines}
    try:
        with quiet(), limit(SECONDS):
            exec(compile(source, "<mutant>", "exec"), names)
    except CheckTooSlow:
        return "too-slow"
    except Exception as error:
        return type(error).__name__
    return next((mistake for check in solved.of(question) if (mistake := check(names)) is not None), None)


def equivalents(path: Path = EQUIVALENT) -> list[Reason]:
    """The mutants that no test can tell from the solution, each with its reason."""
    if not path.exists():
        return []
    return [Reason(**entry) for entry in tomllib.loads(path.read_text(encoding="utf-8")).get("mutant", [])]
