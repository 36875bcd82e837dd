"""The known mistakes as wrong functions: for whoever tries them out on a question."""

import warnings
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..cases import Case
from .fork import SHARED, Fork, Program, Turn, Turns, programs
from .readings import reading
from .results import RESULT, turned
from .search import every_turn


@dataclass(frozen=True)
class Mistake:
    """One wrong way through the program of the operation `about`. `wrong` has that operation's signature."""

    name: str
    about: str
    says: str
    asks: str
    turns: Turns = ()
    given: frozenset[str] | None = None
    called: frozenset[str] = frozenset()

    def wrong(self, *args: Any, **kwargs: Any) -> Any:
        """What a student with this mistake computes."""
        return self.walk(Case(args, kwargs), {})

    def walk(self, on: Case, memory: dict) -> Any:
        """`wrong` on a case. `memory`, one dict for each case, holds what the walks over it have in common."""
        fork = Fork(self.turns, memory, self.given, self.called)
        result = programs()[self.about].run(fork, *on.args, **on.kwargs)
        if any(t.slot == RESULT for t in self.turns):
            return turned(Fork(self.turns), np.asarray(result))
        return result

    def __str__(self) -> str:
        return " and ".join(f"{t.slot}: {t.way}{f' {t.at}' if t.at else ''}" for t in self.turns)


def mistakes(about: str, cases: Sequence[Case], typed: bool = False) -> list[Mistake]:
    """Every single wrong turn that a walk over these cases can take; none for an operation without a program.

    `typed`: without those in a formula that nobody needs who counts by hand.
    """
    program = programs().get(about)
    if program is None:
        return []
    met: dict = {}
    given = program.given(cases) | (set() if typed else {"formula"})
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for case in cases:
            fork = Fork(given=given)
            program.run(fork, *case.args, **case.kwargs)
            for key, ways in fork.met.items():
                met[key] = met.get(key, {}) | ways
    return [mistake_of(program, about, turns, given) for turns in every_turn(program, met)]


def turned_results(about: str, result: Any) -> list[Mistake]:
    """What people do to a finished result of the operation, as mistakes."""
    fork = Fork()
    with suppress(ValueError):  # several results of different shapes
        if (array := np.asarray(result)).dtype.kind in "iuf":
            turned(fork, array)
    turns = [Turn(RESULT, way) for ways in fork.met.values() for way in ways]
    return [mistake_of(programs()[about], about, (turn,), frozenset()) for turn in turns]


def mistake(about: str, name: str, cases: Sequence[Case]) -> Mistake:
    """The first of them that has this name. ValueError where these cases meet none."""
    for found in mistakes(about, cases):
        if found.name == name:
            return found
    raise ValueError(f"name is {name!r}; no mistake about {about} has it on these cases")


def known(about: str | None = None) -> list[Mistake]:
    """Every mistake that has a name, once for each operation in whose words it is told; those of one operation only.

    Words that all operations share are `about` nothing. `wrong` goes astray wherever a walk meets the mistake.
    """
    found = []
    for operation, program in programs().items():
        pairs = {name: parts for parts, name in program.together.items()}
        for name, told in program.words.items():
            found.append(Mistake(name, operation, *told, called=pairs.get(name, frozenset({name}))))
    found += [Mistake(name, "", *told) for name, told in SHARED.items()]
    return [m for m in found if about in (None, m.about)]


def mistake_of(program: Program, about: str, turns: Turns, given: frozenset[str]) -> Mistake:
    """The mistake that these turns in a program are; `given`: which arguments a question gives (`Program.given`)."""
    read = reading(program, turns)
    return Mistake(read.names[0], about, read.says[0], read.asks[0], turns, given)
