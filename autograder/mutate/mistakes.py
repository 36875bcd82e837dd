"""Every known mistake, handed in as the answer to every check that is about its operation.

What is known, and what a student would hand in, is the business of the course's checker: its module `rehearsal`.
"""

import contextlib
import importlib
import importlib.util
from dataclasses import dataclass
from types import ModuleType

from autograder.course import Library

from .solved import Solved, limit, quiet

SECONDS = 20.0


@dataclass
class Verdict:
    """How one mistake fared in one question: what public and hidden checks said of it, and whether that is true."""

    question: str
    name: str
    way: str
    public: str | None = None
    hidden: str | None = None
    named: bool = False

    @property
    def loses(self) -> bool:
        return bool(self.public or self.hidden)


def rehearsal(library: Library) -> ModuleType | None:
    """The module `rehearsal` of the course's checker; None where the course has none."""
    if not library.checker:
        return None
    return _module(library.checker, "rehearsal")


def coverages(library: Library) -> list[ModuleType]:
    """The modules `coverage` of the course's pictures: they know which wrong answers cannot be drawn."""
    return [found for package in library.drawing if (found := _module(package, "coverage"))]


def _module(package: str, name: str) -> ModuleType | None:
    whole = f"{package}.{name}"
    is_package = hasattr(importlib.import_module(package), "__path__")
    return importlib.import_module(whole) if is_package and importlib.util.find_spec(whole) else None


def numbers_only(rehearse: ModuleType | None) -> contextlib.AbstractContextManager[None]:
    """In its block checks judge by numbers alone, and look for no mistake's name; without a rehearsal as ever."""
    return rehearse.numbers_only() if rehearse else contextlib.nullcontext()


def try_mistakes(solved: Solved, rehearse: ModuleType | None, hidden: bool = True, every: int = 1) -> list[Verdict]:
    """Each (or every n-th) mistake in each question whose cases tell it from the right answer.

    Without `hidden`, in public checks only.
    """
    verdicts: dict[tuple[str, str, str], Verdict] = {}
    for check in solved.checks if hidden else [c for c in solved.checks if not c.hidden]:
        if rehearse is None:
            break
        for wrong in list(rehearse.rehearse(check.run, solved.answers(check)))[::every]:
            with quiet():
                try:
                    with limit(SECONDS):
                        told = wrong.told() if wrong.loses else None
                        named = told is not None and wrong.is_named_by(told)
                except Exception:
                    continue
            if told is None:
                continue
            key = (check.question, wrong.name, wrong.way)
            verdict = verdicts.setdefault(key, Verdict(*key))
            if not verdict.loses or (verdict.public is None and not check.hidden):
                verdict.named = named
            if check.hidden:
                verdict.hidden = verdict.hidden or told
            else:
                verdict.public = verdict.public or told
    return list(verdicts.values())
