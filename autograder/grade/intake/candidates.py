"""The notebooks that one person handed in for an assignment, and which of them counts."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .names import copy_number, natural

_OPEN = re.compile(r"^[ \t]*(?:(?:[^#\n]*=|return)[ \t]*)?\.\.\.[ \t]*(?:#.*)?$", re.M)


@dataclass(frozen=True)
class AnswerCells:
    """Hashes of a notebook's code cells: those in which an answer is still `...`, and the others."""

    open: frozenset[str] = frozenset()
    done: frozenset[str] = frozenset()

    @classmethod
    def of(cls, sources: Iterable[str]) -> "AnswerCells":
        found: dict[bool, list[str]] = {True: [], False: []}
        for source in sources:
            found[bool(_OPEN.search(source))] += cell_hashes([source])
        return cls(frozenset(found[True]), frozenset(found[False]))

    def within(self, other: "AnswerCells") -> bool:
        """Whether all that is answered here is answered there in the same way, and more is."""
        return self.done < other.done and not other.open - self.open


@dataclass
class Candidate:
    """A notebook that may be graded, or why there is none.

    `item` is the number of the file that it came in; `worked`: something in it is not in the handed-out one; `less`: it
    answers less than another of the same hand-in; `same` is a hash of its cells; `note` is for the grade's reason;
    `size` are the bytes that follow; `files` lie beside it, by their paths from there, and follow too.
    """

    assignment: str
    source: str
    item: int
    attempt: float
    time: float
    status: str = ""
    problem: str = ""
    worked: bool = True
    less: bool = False
    same: str = ""
    answers: AnswerCells = AnswerCells()
    note: str = ""
    size: int = 0
    data: bytes = field(default=b"", repr=False)
    files: dict[str, bytes] = field(default_factory=dict, repr=False)

    @property
    def order(self) -> tuple[float, float]:
        return (self.attempt, self.time)

    @property
    def rank(self) -> tuple:
        """Read before not read, worked before untouched, then the newest; of one moment, the copy with the higher
        number."""
        last = (copy_number(self.source), natural(self.source))
        return (not self.problem, self.worked, not self.less, *self.order, *last)


def compare(one: Candidate, other: Candidate) -> None:
    """Say which of two notebooks in the same hand-in answers less, where one holds all that the other answers."""
    if one.attempt == other.attempt:
        one.less = one.less or one.answers.within(other.answers)
        other.less = other.less or other.answers.within(one.answers)


def note(chosen: Candidate, every: list[Candidate]) -> str:
    """A sentence when one person handed in different notebooks for the same assignment at once."""
    others = {c.same: c for c in every if c.same != chosen.same}
    empty = [c for c in others.values() if c.less or not c.worked]
    passed = [c for c in empty if c.order > chosen.order]
    beside = [c for c in others.values() if c.attempt == chosen.attempt]
    if not passed and not beside:
        return ""
    name = chosen.source.split("/")[-1]
    one = len(others) == 1
    why = "it is the newest"
    if chosen.worked and all(not c.worked for c in others.values()):
        why = "the other is as handed out" if one else "the others are as handed out"
    elif not chosen.less and len(empty) == len(others):
        why = "the other answers less" if one else "the others answer less"
    return f"{len(others) + 1} different notebooks were handed in for this; {name} counts, since {why}"


def cell_hashes(sources: Any) -> list[str]:
    """Short hashes of the cells that hold something, without regard to white space at the ends of lines."""
    found = []
    for source in sources:
        text = "".join(s for s in source if isinstance(s, str)) if isinstance(source, list) else source
        if isinstance(text, str) and text.strip():
            plain = "\n".join(line.rstrip() for line in text.strip().splitlines())
            found.append(hashlib.sha256(plain.encode("utf-8", "replace")).hexdigest()[:16])
    return found
