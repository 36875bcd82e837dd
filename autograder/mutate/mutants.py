"""Every mutant of every solution must lose points; the equivalent ones are listed with a reason."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from autograder.build.assign import without_marks
from autograder.build.parts import MasterQuestion

from .changes import Mutant, mutants
from .mistakes import numbers_only
from .solved import SECONDS, Check, CheckTooSlow, Solved, definitions, limit, quiet


@dataclass
class Tried:
    """One mutant: `killed` by which mistake, in public or not, or the `reason` why it may live; None for a survivor."""

    problem: str
    question: str
    mutant: Mutant
    killed: str | None = None
    reason: str | None = None
    public: bool = False


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


def try_mutants(
    solved: Solved,
    rehearse: ModuleType | None,
    reasons: Sequence[Reason] = (),
    every: int = 1,
    questions: Sequence[MasterQuestion] | None = None,
) -> Iterator[Tried]:
    """Each (or every n-th) mutant of the solution cells of these questions, or of all."""
    count = 0
    for question in solved.master.questions if questions is None else questions:
        for cell in question.solution:
            if cell.kind != "code" or question.manual:
                continue
            source = without_marks(cell.source)
            for mutant in mutants(source):
                count += 1
                if count % every == 0:
                    killed, public = _kill(solved, question, mutant.source, definitions(source), rehearse)
                    tried = Tried(solved.master.name, question.name, mutant, killed, public=public)
                    if killed is None:
                        tried.reason = next((r.why for r in reasons if r.covers(tried)), None)
                    yield tried


def _kill(
    solved: Solved, question: MasterQuestion, source: str, defines: set[str], rehearse: ModuleType | None
) -> tuple[str | None, bool]:
    """What the question's checks see in a mutant, and whether in public; a cell that does not run is seen at once."""
    names = {k: v for k, v in solved.names.items() if k not in defines}
    try:
        with quiet(), limit(SECONDS):
            exec(compile(source, "<mutant>", "exec"), names)
    except CheckTooSlow:
        return "too-slow", True
    except Exception as error:
        return type(error).__name__, True
    for check in solved.of(question):
        if (seen := seen_by(check, names, rehearse)) is not None:
            return seen, not check.hidden
    return None, False


def seen_by(check: Check, names: dict[str, Any], rehearse: ModuleType | None) -> str | None:
    """What a check sees in answers: first by their numbers alone, which is quick; then with all that it looks at."""
    with numbers_only(rehearse):
        seen = check(names)
    return seen if seen is not None or rehearse is None else check(names)


def equivalents(path: Path) -> list[Reason]:
    """The mutants that no test can tell from the solution, each with its reason."""
    if not path.exists():
        return []
    return [Reason(**entry) for entry in tomllib.loads(path.read_text(encoding="utf-8")).get("mutant", [])]
