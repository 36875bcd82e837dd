"""Every known mistake, handed in as the answer to every check that is about its operation."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import numpy as np

from utils.check import Case, Failure
from utils.check import expect as real_expect
from utils.check.compare import Tolerance, same
from utils.check.failure import KINDS
from utils.check.forks.mistakes import Mistake, mistakes, turned_results
from utils.check.forks.readings import MOST, place_name
from utils.check.question import picked
from utils.check.symbols import is_symbolic, names, numbers, random_points

from .solved import Check, Solved, limit, quiet


@dataclass
class Asked:
    """One call of `expect` that a check made for the right answer."""

    check: Check
    answer: Any
    like: Callable[..., Any]
    on: Any
    options: dict[str, Any]

    @property
    def about(self) -> str:
        return self.options.get("about") or getattr(self.like, "__name__", "")

    @property
    def cases(self) -> list[Case]:
        return [self.on] if isinstance(self.on, Case) else list(self.on)

    def mistakes(self) -> list[Mistake]:
        """Every known mistake that these cases may meet."""
        via = self.options.get("via")
        concrete = [in_numbers(c) for c in self.cases]
        operands = [via(*c.args, **c.kwargs) if via else c for c in concrete]
        return mistakes(self.about, operands, typed=not callable(self.answer))

    def answer_with(self, m: Mistake) -> Any:
        """What a student with this misconception would hand in; None where it has nothing to say."""
        pick, via = self.options.get("pick"), self.options.get("via")

        def function(*args: Any, **kwargs: Any) -> Any:
            on = via(*args, **kwargs) if via else Case(args, kwargs)
            return picked(m.wrong(*on.args, **on.kwargs), pick)

        if callable(self.answer) and not is_symbolic(self.answer):
            return function
        return self.cases[0].call(function)

    def tells_apart(self, one: Any, other: Any) -> bool:
        """Whether two answers differ on one of the cases."""
        if not callable(one) or not callable(other):
            return not same(one, other, self.tolerance)
        return any(not self._alike(one, other, on) for on in self.cases)

    def _alike(self, one: Callable, other: Callable, on: Case) -> bool:
        try:
            left = on.call(one)
        except Exception:
            return False
        try:
            return same(left, on.call(other), self.tolerance)
        except Exception:
            return False

    @property
    def tolerance(self) -> Tolerance:
        return Tolerance(self.options.get("rtol", 1e-7), self.options.get("atol", 1e-9))

    def target(self) -> Any:
        """The right answer in the same form as a wrong one."""
        pick = self.options.get("pick")
        if callable(self.answer):
            return lambda *a, **k: picked(self.like(*a, **k), pick)
        return picked(self.cases[0].call(self.like), pick)


@dataclass
class Verdict:
    """How one misconception fared in one question: the names that public and hidden checks gave it."""

    question: str
    name: str
    public: str | None = None
    hidden: str | None = None
    twins: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)

    @property
    def loses(self) -> bool:
        return bool(self.public or self.hidden)

    @property
    def named(self) -> bool:
        """Named as what it is, by the place where it happened, or as another one with the same numbers."""
        given = self.public or self.hidden
        return given in (self.name, *self.places, *self.twins) or (given in KINDS and self.in_a_crowd)

    @property
    def in_a_crowd(self) -> bool:
        """Whether so many mistakes give these numbers that nothing is said."""
        return len({self.name, *self.twins}) > MOST


def in_numbers(case: Case) -> Case:
    """The case with numbers in place of symbols."""
    point = random_points(set().union(*(names(a) for a in case.values() if is_symbolic(a)), set()), 1)[0]
    return case.map(lambda a: numbers(a, point) if is_symbolic(a) else a)


def asked(solved: Solved, check: Check) -> list[Asked]:
    """The calls of `expect` in a check, for the right answers."""
    found: list[Asked] = []

    def record(answer: Any, like: Callable, on: Any, **options: Any) -> None:
        found.append(Asked(check, answer, like, on, options))

    with patch("utils.check.expect", record), quiet():
        check.run(*[solved.names.get(t) for t in check.takes])
    return found


def try_mistakes(solved: Solved, hidden: bool = True, every: int = 1) -> list[Verdict]:
    """Each (or every n-th) mistake in each question whose cases tell it from the right answer.

    Without `hidden`, in public checks only.
    """
    verdicts: dict[tuple[str, str, str], Verdict] = {}
    for check in solved.checks if hidden else [c for c in solved.checks if not c.hidden]:
        for question in asked(solved, check):
            with quiet():
                every_mistake = question.mistakes()[::every]
            for m in every_mistake:
                with quiet():
                    given, twins = _try(question, m)
                if given is None:
                    continue
                key = (check.question, m.name, str(m))
                places = [place_name(t.slot) for t in m.turns]
                verdict = verdicts.setdefault(key, Verdict(check.question, m.name, places=places))
                if check.hidden:
                    verdict.hidden = verdict.hidden or given
                else:
                    verdict.public = verdict.public or given
                verdict.twins += twins
    return list(verdicts.values())


def _try(question: Asked, m: Mistake) -> tuple[str | None, list[str]]:
    """(the name that the check gives, other names with the same numbers); (None, []) where m has nothing to say."""
    try:
        answer = question.answer_with(m)
        if answer is None or _silent(question, answer) or not question.tells_apart(answer, question.target()):
            return None, []
    except Exception:
        return None, []
    options = {**question.options, "forbid": (), "float32": False, "unchanged": False}
    try:
        with limit(20):
            real_expect(answer, question.like, question.on, **options)
    except Failure as failure:
        given = failure.misconception or failure.kind
        if given == "nothing-written":  # all zeros say no more than that, whatever made them
            return given, [given]
        return given, _twins(question, m, answer) if given != m.name else []
    return None, []


def _silent(question: Asked, answer: Any) -> bool:
    """Whether a wrong function fails or has nothing to say on one of the cases: no student would get its numbers."""
    if not callable(answer):
        return is_symbolic(question.answer) or np.size(np.asarray(answer, dtype=object)) == 0
    try:
        return any(on.call(answer) is None for on in question.cases)
    except Exception:
        return True


def _twins(question: Asked, m: Mistake, answer: Any) -> list[str]:
    found = []
    right = question.cases[0].call(question.target()) if callable(answer) else question.target()
    for other in [*question.mistakes(), *turned_results(question.about, right)]:
        if other.name != m.name:
            try:
                if not question.tells_apart(answer, question.answer_with(other)):
                    found.append(other.name)
            except Exception:
                continue
    return found
