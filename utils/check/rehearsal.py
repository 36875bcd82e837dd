"""What students with known mistakes would hand in for a question, and what its checks say of it.

For those who try out a course's checks (`python -m autograder mutate`, the build): no notebook needs it.
"""

import contextlib
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import combinations
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np

from .call import is_function
from .cases import Case
from .compare import Tolerance, same
from .expect import expect, without_names
from .failure import KINDS, Failure
from .forks.fork import programs
from .forks.mistakes import Mistake, mistakes, turned_results
from .forks.readings import MOST, place_name
from .forks.search import can_meet
from .question import leaves, picked
from .symbols import is_symbolic, names, numbers, random_points

_PACKAGE = __name__.rpartition(".")[0]
_LENIENT = {"forbid": (), "float32": False, "unchanged": False}  # a wrong program may call what it likes


@dataclass(frozen=True, eq=False)
class ExpectCall:
    """One call of `expect` that a test made for the right answers; `of`: which of them it is about, if it is one."""

    of: str
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

    @cached_property
    def known(self) -> list[Mistake]:
        """Every known mistake that these cases may meet, and what people do to one finished result."""
        found = self.mistakes()
        if not found or self.options.get("pick") is not None:
            return found
        result = _in_numbers(self.cases[0]).call(self.like)
        several = isinstance(result, dict) or (isinstance(result, tuple | list) and any(map(np.ndim, result)))
        return found if several else found + turned_results(self.about, result)

    def mistakes(self) -> list[Mistake]:
        """Every wrong turn in the program of the operation that these cases may meet."""
        via = self.options.get("via")
        concrete = [_in_numbers(c) for c in self.cases]
        operands = [via(*c.args, **c.kwargs) if via else c for c in concrete]
        return mistakes(self.about, operands, typed=not is_function(self.answer))

    def answer_with(self, m: Mistake) -> Any:
        """What a student with this mistake would hand in; None where it has nothing to say."""
        pick, via = self.options.get("pick"), self.options.get("via")

        def function(*args: Any, **kwargs: Any) -> Any:
            on = via(*args, **kwargs) if via else Case(args, kwargs)
            return picked(m.wrong(*on.args, **on.kwargs), pick)

        return function if is_function(self.answer) else self.cases[0].call(function)

    def tells_apart(self, one: Any, other: Any) -> bool:
        """Whether two answers differ on one of the cases."""
        if not callable(one) or not callable(other):
            return not same(one, other, self._tolerance)
        return any(not self._alike(one, other, on) for on in self.cases)

    def target(self) -> Any:
        """The right answer in the same form as a wrong one."""
        pick = self.options.get("pick")
        if is_function(self.answer):
            return lambda *a, **k: picked(self.like(*a, **k), pick)
        return picked(self.cases[0].call(self.like), pick)

    def told(self, answer: Any) -> str | None:
        """What is said of a wrong answer: a mistake's name, or what kind of difference is seen; None: it passes."""
        try:
            expect(answer, self.like, self.on, **{**self.options, **_LENIENT})
        except Failure as failure:
            return failure.misconception or failure.kind
        return None

    @property
    def _tolerance(self) -> Tolerance:
        return Tolerance(self.options.get("rtol", 1e-7), self.options.get("atol", 1e-9))

    def _alike(self, one: Callable, other: Callable, on: Case) -> bool:
        try:
            left = on.call(one)
        except Exception:
            return False
        try:
            return same(left, on.call(other), self._tolerance)
        except Exception:
            return False


@dataclass(frozen=True, eq=False)
class WrongAnswer:
    """What a student with the mistake `name` hands in as `of`. `way` tells the ways apart in which it can be made."""

    name: str
    way: str
    of: str
    answer: Any
    asked: ExpectCall = field(repr=False)
    mistake: Mistake = field(repr=False)

    @cached_property
    def loses(self) -> bool:
        """Whether the cases tell it from the right answer at all, and it has something to say on each of them."""
        try:
            if self.answer is None or self._silent():
                return False
            return self.asked.tells_apart(self.answer, self.asked.target())
        except Exception:
            return False

    def told(self) -> str | None:
        """What the check says of it."""
        return self.asked.told(self.answer)

    def is_named_by(self, told: str) -> bool:
        """Whether that is true: its own name, its place, a mistake with the same numbers, or silence in a crowd."""
        if told in (self.name, "nothing-written", *(place_name(t.slot) for t in self.mistake.turns)):
            return True
        return told in self.twins or (told in KINDS and len({self.name, *self.twins}) > MOST)

    @cached_property
    def twins(self) -> list[str]:
        """Other mistakes with the same numbers on these cases."""
        found = []
        for other in self.asked.known:
            if other.name != self.name:
                with contextlib.suppress(Exception):
                    if not self.asked.tells_apart(self.answer, self.asked.answer_with(other)):
                        found.append(other.name)
        return list(dict.fromkeys(found))

    def _silent(self) -> bool:
        if not callable(self.answer):
            return is_symbolic(self.asked.answer) or np.size(np.asarray(self.answer, dtype=object)) == 0
        try:
            return any(on.call(self.answer) is None for on in self.asked.cases)
        except Exception:
            return True


def asked(test: Callable[..., None], answers: Mapping[str, Any]) -> list[ExpectCall]:
    """The calls of `expect` that a test makes for the right answers; `answers` by the names of its parameters."""
    found: list[ExpectCall] = []

    def record(answer: Any, like: Callable, on: Any, **options: Any) -> None:
        of = next((name for name, given in answers.items() if given is answer), "")
        found.append(ExpectCall(of, answer, like, on, options))

    with patch(f"{_PACKAGE}.expect", record), quiet():
        test(**answers)
    return found


def rehearse(test: Callable[..., None], answers: Mapping[str, Any]) -> Iterator[WrongAnswer]:
    """The wrong answers of all known mistakes that a test's cases may meet; `answers` are right."""
    for ask in asked(test, answers):
        with quiet():
            every = ask.known
        for m in every:
            with quiet(), contextlib.suppress(Exception):  # some wrong programs stop on these cases
                yield WrongAnswer(m.name, str(m), ask.of, ask.answer_with(m), ask, m)


@contextlib.contextmanager
def numbers_only() -> Iterator[None]:
    """In this block checks judge by the numbers alone, stop at the first wrong case, and look for no mistake's name."""

    def first_wrong(answer: Any, like: Callable, on: Any, **options: Any) -> None:
        for one in [on] if isinstance(on, Case) or not is_function(answer) else on:
            expect(answer, like, one, **{**options, **_LENIENT})

    with patch(f"{_PACKAGE}.expect", first_wrong), without_names():
        yield


class Inventory(NamedTuple):
    """What is known about an operation: names of mistakes, wrong turns in its program, pairs of turns that can meet."""

    about: str
    names: int
    turns: int
    pairs: int


def inventory(found: list[ExpectCall]) -> list[Inventory]:
    """One entry for each operation with a program that these questions are about, counted on their cases."""
    met: dict[str, dict[str, Mistake]] = {}
    for ask in found:
        if ask.about in programs():
            with quiet():
                met.setdefault(ask.about, {}).update({str(m): m for m in ask.known})
    counted = []
    for about, ways in sorted(met.items()):
        singles = [m.turns for m in ways.values() if len(m.turns) == 1]
        pairs = sum(can_meet(one, other) for one, other in combinations(singles, 2))
        counted.append(Inventory(about, len({m.name for m in ways.values()}), len(singles), pairs))
    return counted


def twins(found: list[ExpectCall]) -> list[tuple[str, ...]]:
    """Names of mistakes that give the same wrong numbers on all of these cases, in groups."""
    ways: dict[str, tuple[Any, ...]] = {}
    found = [replace(ask, on=_in_numbers(ask.on) if isinstance(ask.on, Case) else ask.on) for ask in found]
    with quiet():
        right = tuple(_digest(ask.target(), ask) for ask in found)
        for name, m in {f"{m.name} {m}": m for ask in found for m in ask.known}.items():
            with contextlib.suppress(Exception):
                ways[name] = tuple(_digest(ask.answer_with(m), ask) for ask in found)
    groups: dict[tuple[Any, ...], set[str]] = {}
    for name, numbers_given in ways.items():
        if numbers_given != right:
            groups.setdefault(numbers_given, set()).add(name.split(" ")[0])
    return sorted({tuple(sorted(group)) for group in groups.values() if len(group) > 1})


def _digest(answer: Any, ask: ExpectCall) -> tuple[Any, ...]:
    """An answer's numbers on the cases, to nine digits, as something that can be compared at once."""
    results = [on.call(answer) for on in ask.cases] if callable(answer) else [answer]
    arrays = [np.asarray(part) for result in results for part in leaves(result)]
    return tuple((a.shape, tuple(map(_nine_digits, a.ravel().tolist()))) for a in arrays)


def _nine_digits(value: Any) -> Any:
    return value if isinstance(value, str) else float(f"{float(value):.9g}") + 0.0


def _in_numbers(on: Case) -> Case:
    """The case with numbers in place of symbols."""
    point = random_points(set().union(*(names(a) for a in on.values() if is_symbolic(a)), set()), 1)[0]
    return on.map(lambda a: numbers(a, point) if is_symbolic(a) else a)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """No warnings: wrong programs divide by zero."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield
