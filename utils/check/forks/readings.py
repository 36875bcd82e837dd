"""Explanations in words: one mistake, two at once, or two that give the same numbers."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..diagnosis import Diagnosis
from .fork import Program, Turns

MOST = 3  # mistakes with the same numbers that are told
# of two windows, what is said on the left is what is said on the right
ALIKE = {"only-first-window": "last-window-missing", "only-last-window": "first-window-missing"}


@dataclass(frozen=True)
class Reading:
    """What one explanation is called and what it says; two of everything for a pair. `slots`: where it went wrong."""

    names: tuple[str, ...]
    says: tuple[str, ...]
    asks: tuple[str, ...]
    slots: tuple[str, ...]


def reading(program: Program, turns: Turns) -> Reading:
    """The names and words of the turns; a set of turns may have one name of its own."""
    names = program.pairs_with_a_name()
    whole = names.get(frozenset(t.name for t in turns))
    called = [(whole, turns[0])] if whole else [(names.get(frozenset({t.name}), t.name), t) for t in turns]
    called = list({name: (name, turn) for name, turn in reversed(called)}.values())[::-1]  # one mistake in two places
    says = [_placed(program.says(name)[0], turn.at) for name, turn in called]
    slots = tuple(t.slot for t in turns)
    return Reading(tuple(n for n, _ in called), tuple(says), tuple(program.says(n)[1] for n, _ in called), slots)


def _placed(says: str, at: str) -> str:
    return f"{at[0].upper()}{at[1:]}: {says[0].lower()}{says[1:]}" if at else says


def place_name(slot: str) -> str:
    """What a mistake is called of which only the place is certain: "the number of windows" -> "number-of-windows"."""
    return re.sub(r"[^a-z0-9]+", "-", slot.removeprefix("the ").lower()).strip("-")


def diagnosis(readings: Sequence[Reading]) -> Diagnosis | None:
    """What may be said when these are all the explanations: only what is certain."""
    different = [r for i, r in enumerate(readings) if all(r.names != earlier.names for earlier in readings[:i])]
    said = {r.names for r in different}
    different = [r for r in different if tuple(ALIKE.get(n, n) for n in r.names) not in said - {r.names}]
    if not different:
        return None
    first = different[0]
    in_all = [r for r in different if all(set(r.names) <= set(other.names) for other in different)]
    if in_all:
        return _one(in_all[0])
    shared = [n for n in first.names if all(n in r.names for r in different)]
    if shared:
        place = first.names.index(shared[0])
        more = "There is a second mistake, of which your numbers do not tell enough."
        if len(first.names) == 1:
            return _one(first)
        says = _beside_another(first.says[place])
        return Diagnosis(shared[0], says, first.asks[place], (more,), (shared[0],))
    if any(len(r.names) > 1 for r in different):
        return None
    slots = {r.slots[0] for r in different}
    if len(different) > 2 and len(slots) == 1:
        slot = slots.pop()
        return Diagnosis(
            place_name(slot),
            f"There is a mistake in {slot}: several wrong ways give these very numbers.",
            first.asks[0],
            names=tuple(r.names[0] for r in different),
        )
    if len(different) > MOST:
        return None
    return Diagnosis(
        first.names[0],
        f"{'Two' if len(different) == 2 else 'Three'} mistakes give these numbers. Either: {first.says[0]}",
        first.asks[0],
        tuple(f"Or: {r.says[0]}" for r in different[1:]),
        tuple(r.names[0] for r in different),
    )


def _beside_another(says: str) -> str:
    """What a mistake says where there is a second one: then the numbers are not right."""
    rest = re.sub("the numbers are right, but ", "", says, flags=re.IGNORECASE)
    return rest[0].upper() + rest[1:]


def _one(found: Reading) -> Diagnosis:
    if len(found.names) == 1:
        return Diagnosis(found.names[0], found.says[0], found.asks[0], names=found.names)
    one, other = map(_beside_another, found.says)
    return Diagnosis(
        found.names[0], f"Two things. First: {one}", found.asks[0], (f"Second: {other}",), found.names, found.names[1]
    )
