"""A plain program with forks: at each place where people go wrong, the right value and the wrong ways beside it."""

import inspect
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..cases import Case

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class DeadEnd(Exception):
    """Nobody gets numbers this way: a wrong turn that has no meaning for these arguments."""


class Turn(NamedTuple):
    """At the fork `slot` the wrong way `way` is taken; at one of its places `at`, or (empty) wherever it is met."""

    slot: str
    way: str
    at: str = ""

    @property
    def name(self) -> str:
        """The mistake's name. Two spellings of one mistake are `name__one` and `name__other`."""
        return _name(self.way)


def _name(way: str) -> str:
    return way.split("__")[0].replace("_", "-")


Turns = tuple[Turn, ...]


@dataclass
class _Stage:
    """What one part of a program gave, for each set of turns at the forks that it meets."""

    forks: set[tuple[str, str]] = field(default_factory=set)
    found: dict[Turns, tuple[Any, dict, tuple]] = field(default_factory=dict)


class Fork:
    """One walk through a program. A program asks it for a value wherever people go different ways.

    `fork("the stride", s, stride_ignored=1)` gives `s`, or 1 on a walk that takes the turn `stride_ignored`. A way may
    be a function without arguments, which is called when the walk goes there. `at` tells the places of one fork apart
    (along the height, along the width).

    `fork.stage(work, *inputs)` is `work(fork, *inputs)`, done once for all walks over the same arguments that go the
    same way inside of it: thousands of walks differ in one or two turns. What walks of one turn leave in the memory
    is all that walks of two turns can share, so these add nothing to it.

    `called`: names of mistakes; every way that has one of them is taken.
    """

    def __init__(
        self,
        turns: Iterable[Turn] = (),
        memory: dict | None = None,
        given: frozenset[str] | None = None,
        called: frozenset[str] = frozenset(),
    ) -> None:
        self.turns = tuple(turns)
        self._places = [((t.slot, t.at), t) for t in self.turns]
        self._called = called
        self._given = given
        self.met: dict[tuple[str, str], dict[str, Any]] = {}
        self._memory = {} if memory is None else memory
        self._ways: dict[str, dict[str, str]] = {}
        for turn in self.turns:
            self._ways.setdefault(turn.slot, {})[turn.at] = turn.way

    def __call__(self, slot: str, right: Any, at: str = "", /, **ways: Any) -> Any:
        self.met[slot, at] = ways
        chosen = self._ways.get(slot)
        if self._called:
            chosen = {"": next((way for way in ways if _name(way) in self._called), "")}
        if chosen:
            way = chosen.get(at) or chosen.get("")
            if way in ways:
                return ways[way]() if callable(ways[way]) else ways[way]
        return right() if callable(right) else right

    def gives(self, argument: str) -> bool:
        """Whether any case of the question gives this argument; where it is never given there is nothing to mistake.

        "formula": whether there is one; answers that were counted by hand have none.
        """
        return self._given is None or argument in self._given

    def stage(self, work: Callable[..., Any], *inputs: Any) -> Any:
        """`work(fork, *inputs)`. The inputs are arguments of the program, or what other stages gave."""
        key = (work, *map(id, inputs))
        stage = self._memory.get(key)
        known = stage.found.get(self._turns_at(stage.forks)) if stage else None
        if known is None and len(self.turns) > 1:
            return work(self, *inputs)
        if known is None:
            stage = self._memory.setdefault(key, _Stage())
            outside, self.met = self.met, {}
            try:
                result = work(self, *inputs)
            except Exception as error:
                result = error
            for slot, at in self.met:
                stage.forks |= {(slot, at), (slot, "")}
            known = stage.found[self._turns_at(stage.forks)] = result, self.met, inputs
            self.met = outside
        result, met, _ = known
        self.met.update(met)
        if isinstance(result, Exception):
            raise result
        return result

    def _turns_at(self, forks: set[tuple[str, str]]) -> Turns:
        return tuple([turn for place, turn in self._places if place in forks])


SaysAndAsks = tuple[str, str]


@dataclass(frozen=True)
class Program:
    """The plain program of some operations. `run(fork, *arguments)` has the operations' signature after the fork."""

    about: tuple[str, ...]
    run: Callable[..., Any]
    words: dict[str, SaysAndAsks] = field(repr=False)
    together: dict[frozenset[str], str] = field(repr=False)
    noise: float = 0.0

    def says(self, name: str) -> SaysAndAsks:
        """What a mistake's name means here, and a question that leads on."""
        return self.words[name] if name in self.words else SHARED[name]

    def given(self, cases: Iterable[Case]) -> frozenset[str]:
        """The arguments that any of the cases gives."""
        names = list(inspect.signature(self.run).parameters)[1:]
        return frozenset(name for c in cases for name in (*names[: len(c.args)], *c.kwargs))

    def pairs_with_a_name(self) -> dict[frozenset[str], str]:
        """The names of two mistakes -> the name of both together."""
        return SHARED_PAIRS | self.together


SHARED: dict[str, SaysAndAsks] = {}
SHARED_PAIRS: dict[frozenset[str], str] = {}
_PROGRAMS: dict[str, Program] = {}


def program(*about: str, words: str = "", noise: float = 0.0) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register the decorated function as the plain program of these operations; `words` is read by `read_words`.

    `noise`: how far two ways to compute the same numbers may be apart, as a part of the largest of them.
    """

    def register(run: Callable[..., Any]) -> Callable[..., Any]:
        told, together = read_words(words)
        made = Program(about, run, told, together, noise)
        _PROGRAMS.update(dict.fromkeys(about, made))
        return run

    return register


def programs() -> dict[str, Program]:
    """Operation -> its program."""
    from . import load

    load()
    return _PROGRAMS


def share_words(words: str) -> None:
    """Words that every program may use."""
    told, together = read_words(words)
    SHARED.update(told)
    SHARED_PAIRS.update(together)


def read_words(text: str) -> tuple[dict[str, SaysAndAsks], dict[frozenset[str], str]]:
    """Blocks of a mistake's name, a line on what happened, and a question. `name = one + other` names a pair; several
    pairs with one name stand one below the other."""
    words: dict[str, SaysAndAsks] = {}
    together: dict[frozenset[str], str] = {}
    for block in re.split(r"\n\s*\n", text.strip()) if text.strip() else []:
        *heads, says, asks = (line.strip() for line in block.strip().split("\n"))
        for head in heads:
            name, _, pair = (part.strip() for part in head.partition("="))
            if not _NAME.fullmatch(name):
                raise ValueError(f"the name of a mistake is {name!r}; expected small letters, digits and hyphens")
            words[name] = says, asks
            if pair:
                together[frozenset(part.strip() for part in pair.split("+"))] = name
    return words, together
