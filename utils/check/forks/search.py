"""Which wrong turns in a program give all of a student's numbers: each turn alone, then each pair that can meet."""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np

from ..cases import Case
from .evidence import NUMERIC, likeness, parts, worth
from .fork import SHARED_PAIRS, Fork, Program, Turn, Turns
from .results import RESULT, turned

LARGE = 1500  # numbers in the smallest case, from which on pairs would take too long
PAIR_EVIDENCE = 4  # a pair is believed when this many different wrong numbers speak for it; a fraction counts twice


@dataclass
class Seen:
    """One case and what a student has on it: `value`, where `target` is right. `wrong` says which parts are not.

    `memory` holds what all walks over the case have in common.
    """

    case: Case
    value: list[Any]
    target: list[Any]
    like: Any
    wrong: list[bool]
    memory: dict = field(default_factory=dict, repr=False)


@dataclass
class _Walk:
    """What a walk gave on one case: its parts (None for a dead end), and which forks it met."""

    parts: list[Any] | None
    met: dict[tuple[str, str], Any]


class Search:
    """All walks of one program that agree with what a student has in the parts `look_at`.

    `fits(yours)` tells which parts of a walk agree with a part of yours.
    `typed`: the numbers were written by hand, so no formula was mistaken.
    """

    def __init__(
        self,
        program: Program,
        seen: list[Seen],
        look_at: list[int],
        pick: Callable[[Any], Any],
        fits: Callable[[Any], Callable[[Any], bool]],
        typed: bool,
    ) -> None:
        self.program, self.look_at, self.pick = program, look_at, pick
        self.seen = sorted(seen, key=lambda s: (not any(s.wrong[i] for i in look_at), s.case.weight()))
        self._fits = [[fits(v) for v in s.value] for s in self.seen]
        self.failed = sum(any(s.wrong[i] for i in look_at) for s in seen)
        self._walks: dict[tuple[int, Turns], _Walk] = {}
        self._given = program.given(s.case for s in seen) | ({"formula"} if not typed else set())

    def explanations(self) -> list[Turns]:
        """The turns, or else the pairs of turns, that give the student's numbers on every case."""
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            singles = self._singles()
            likely = [s for s in singles if is_likely(s)]
            for group in (
                [s for s in likely if s[0].slot != RESULT],
                [s for s in singles if s[0].slot == RESULT],
                singles,
            ):
                if alone := _simplest([s for s in group if self._is_proved(s) and self._agrees(s)]):
                    return [s for s in alone if self._agrees(s, whole=True)] or alone
            enough = self._enough_for_pairs()
            if not enough and not self._infinite:
                return []
            pairs = [pair for pair in self._pairs(likely) if (enough or _is_numeric(pair)) and self._agrees(pair)]
            return pairs if enough else [pair for pair in pairs if len(pair) == 2]

    def _singles(self) -> list[Turns]:
        """Every turn at a fork that the right program meets, and every pair that has a name of its own."""
        met: dict[tuple[str, str], Any] = {}
        for i in range(self.failed):
            for key, ways in self._walk(i, ()).met.items():
                met[key] = met.get(key, {}) | ways
        return every_turn(self.program, met)

    def _pairs(self, singles: list[Turns]) -> Iterator[Turns]:
        """Pairs that may give the student's numbers, as far as what each turn gives alone on the first case can tell.

        In a part that one of them leaves right, the other alone must give what the student has.
        """
        right, walks = self._walk(0, ()), [self._walk(0, s) for s in singles]
        mine, wanted = self._shapes(self.seen[0].value), self._shapes(right.parts)
        shapes = [self._shapes(walk.parts) for walk in walks]
        unmoved = [likeness(part, self.program.noise) for part in right.parts or ()]
        left_right, explained = (self._parts_that_fit(fits, walks) for fits in (unmoved, self._fits[0]))
        numbered = [(a, s) for a, s in enumerate(singles) if frozenset(t.name for t in s) not in SHARED_PAIRS]
        for (a, one), (b, other) in combinations(numbered, 2):
            in_parts = left_right[a] <= explained[b] and left_right[b] <= explained[a]
            if in_parts and can_meet(one, other) and _may_give(mine, wanted, shapes[a], shapes[b]):
                yield one + other
        for single, walk in zip(singles, walks, strict=True):  # forks that only this wrong way leads to
            new = {key: ways for key, ways in walk.met.items() if key not in right.met}
            yield from ((*single, t) for t in _turns(new) if is_likely((t,)) and can_meet(single, (t,)))

    def _agrees(self, turns: Turns, whole: bool = False) -> bool:
        """Whether a walk gives the student's numbers on every case; `whole`: also in the parts that are right."""
        return all(self._same(i, self._walk(i, turns), whole) for i in range(len(self.seen)))

    def _same(self, i: int, walk: _Walk, whole: bool = False) -> bool:
        look_at = range(len(self._fits[i])) if whole else self.look_at
        return walk.parts is not None and all(self._fits[i][p](walk.parts[p]) for p in look_at)

    def _parts_that_fit(self, fits: list[Callable[[Any], bool]], walks: list[_Walk]) -> list[set[int]]:
        """For each walk over the first case, those of the parts `look_at` in which it agrees."""
        return [{p for p in self.look_at if walk.parts is not None and fits[p](walk.parts[p])} for walk in walks]

    def _walk(self, i: int, turns: Turns) -> _Walk:
        """The walk with these turns on case i."""
        if len(turns) < 2 and (i, turns) in self._walks:
            return self._walks[i, turns]
        walk = self._turned(i, turns) if turns and turns[-1].slot == RESULT else self._run(i, turns)
        if len(turns) < 2:
            self._walks[i, turns] = walk
        return walk

    def _run(self, i: int, turns: Turns) -> _Walk:
        seen = self.seen[i]
        fork = Fork(turns, seen.memory, self._given)
        try:
            result = self.program.run(fork, *seen.case.args, **seen.case.kwargs)
            found = parts(self.pick(result), seen.like)
        except Exception:  # a wrong way may lead nowhere
            found = None
        if found is not None and not turns:
            for p in self.look_at:
                turned(fork, found[p], f"part {p + 1}" if len(found) > 1 else "")
        return _Walk(found, fork.met)

    def _turned(self, i: int, turns: Turns) -> _Walk:
        """A walk whose last turn is about the finished result."""
        before = self._walk(i, turns[:-1])
        if before.parts is None:
            return before
        fork = Fork(turns[-1:])
        found = list(before.parts)
        try:
            for p in self.look_at:
                found[p] = turned(fork, found[p], f"part {p + 1}" if len(found) > 1 else "")
        except Exception:
            return _Walk(None, before.met)
        return _Walk(found, before.met)

    def _shapes(self, found: list[Any] | None) -> list[Any] | None:
        return None if found is None else [np.shape(found[p]) for p in self.look_at]

    def _is_proved(self, turns: Turns) -> bool:
        """Infinities and NaN prove nothing, unless a turn is about nothing else."""
        return all(t.slot.startswith(NUMERIC) for t in turns) or self._finite

    @cached_property
    def _finite(self) -> bool:
        """Whether a number, or a shape, speaks for an explanation."""
        failed = [(s.value[p], s.target[p]) for s in self.seen[: self.failed] for p in self.look_at]
        return any(isinstance(v, str) or np.shape(v) != np.shape(t) or np.isfinite(v[v != t]).any() for v, t in failed)

    @cached_property
    def _infinite(self) -> bool:
        """Whether infinities or NaN speak for a lack of care for large numbers, beside whatever else is wrong."""
        return any(
            not isinstance(s.value[p], str | None) and not np.isfinite(s.value[p]).all()
            for s in self.seen[: self.failed]
            for p in self.look_at
        )

    def _enough_for_pairs(self) -> bool:
        if self.seen[0].case.weight() + sum(np.size(t) for t in self.seen[0].target) > LARGE:
            return False
        numbers = set()
        for s in self.seen[: self.failed]:
            for p in self.look_at:
                numbers |= worth(s.value[p], s.target[p])
        return sum(1 if number.is_integer() else 2 for number in numbers) >= PAIR_EVIDENCE


def _simplest(explanations: list[Turns]) -> list[Turns]:
    """Those of which no part explains the numbers already."""
    return [e for e in explanations if not any(set(other) < set(e) for other in explanations)]


def every_turn(program: Program, met: dict[tuple[str, str], Any]) -> list[Turns]:
    """Every way at the forks that were met, and the pairs (or more) that have a name of their own."""
    singles: list[Turns] = [(turn,) for turn in _turns(met)]
    named = {s[0].name: s[0] for s in reversed(singles) if not s[0].at}
    together = [names for names in program.pairs_with_a_name() if len(names) > 1 and names <= named.keys()]
    return singles + [tuple(named[n] for n in sorted(names)) for names in together]


def _is_numeric(turns: Turns) -> bool:
    return any(t.slot.startswith(NUMERIC) for t in turns)


def _may_give(shape: Any, right: Any, one: Any, other: Any) -> bool:
    """Whether two turns can lead to a shape; two that mend each other are not looked for."""
    return one == right == other if shape == right else one != right or other != right


def _turns(met: dict[tuple[str, str], Any]) -> list[Turn]:
    """Every way at every fork: taken wherever the fork is met, then at one of its places only."""
    places: dict[str, dict[str, Any]] = {}
    for (slot, at), ways in met.items():
        places.setdefault(slot, {})[at] = ways
    everywhere, somewhere = [], []
    for slot, found in places.items():
        everywhere += [Turn(slot, way) for way in dict.fromkeys(w for ways in found.values() for w in ways)]
        if len(found) > 1:
            somewhere += [Turn(slot, way, at) for at, ways in found.items() for way in ways]
    result = [t for t in everywhere if t.slot == RESULT]
    return [t for t in everywhere if t.slot != RESULT] + somewhere + result


def is_likely(turns: Turns) -> bool:
    """A turn at one place alone is a slip of the pen, unless it takes another place's number (`other` in its name)."""
    return not any(t.at and t.slot != RESULT and "other" not in t.way for t in turns)


def can_meet(one: Turns, other: Turns) -> bool:
    """Whether a walk can take both: at one fork it goes one way only."""
    return not any(
        a.slot == b.slot and (not a.at or not b.at or a.at == b.at or a.way == b.way) for a in one for b in other
    )
