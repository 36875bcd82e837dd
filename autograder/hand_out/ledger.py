"""What was handed out: sets of numbers for each question, and the students who were handed some of them.

A file for each problem and each state of its recipes, FOLDER/PROBLEM/FINGERPRINT.json. A student stands in one of a
problem's files, the first. So who changes a recipe later changes nothing for those who have their numbers already.
"""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from autograder.build.number_places import Numbers
from autograder.errors import CommandError
from autograder.grade.intake.roster import Person, Roster

from .secret import Secret


class LedgerError(CommandError):
    """The numbers of a student cannot be told; one sentence says why."""


@dataclass
class HandOut:
    """`pools`: the sets of numbers of each question, by its name. `secret`: a mark of the secret that chooses."""

    problem: str
    fingerprint: str
    secret: str
    pools: Mapping[str, list[dict[str, Any]]]
    students: list[dict[str, str]] = field(default_factory=list)

    @cached_property
    def roster(self) -> Roster:
        return Roster(Person(**student) for student in self.students)

    def enter(self, people: Iterable[Person]) -> None:
        """From now on these were handed some, too."""
        self.students += [person.as_dict() for person in people]
        self.__dict__.pop("roster", None)

    def numbers(self, person: Person, secret: Secret) -> Numbers:
        """One student's numbers. Raises LedgerError where another secret chose them."""
        if secret.mark("secret") != self.secret:
            raise LedgerError(
                f"the numbers in {self.problem} were chosen with another secret than the one that is there now"
            )
        return {
            question: pool[secret.choice(len(pool), key_of(person), self.problem, question)]
            for question, pool in self.pools.items()
        }


class Ledger:
    """All that was handed out of one problem."""

    def __init__(self, folder: Path, problem: str) -> None:
        self.folder, self.problem = folder / problem, problem
        texts = [path.read_text(encoding="utf-8") for path in sorted(self.folder.glob("*.json"))]
        self.hand_outs = [HandOut(**json.loads(text)) for text in texts]

    def of(self, fingerprint: str) -> HandOut | None:
        """What was handed out while the recipes were as `fingerprint` says."""
        return next((h for h in self.hand_outs if h.fingerprint == fingerprint), None)

    def find(self, numbers: Iterable[str], names: Iterable[str]) -> tuple[HandOut, Person] | None:
        """What the student with one of these numbers, or else of one of these names, was handed; None: nothing.

        Raises LedgerError where it may be one of two.
        """
        numbers, names = list(numbers), list(names)
        found = [(h, person) for h in self.hand_outs if (person := h.roster.find(numbers, names))]
        if len(found) > 1:
            raise LedgerError(f"several students of {self.problem} are called that: grade with --roster")
        return found[0] if found else None

    def save(self, hand_out: HandOut) -> None:
        """Keep it, whole or not at all."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = self.folder / f"{hand_out.fingerprint}.new"
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(asdict(hand_out), file, ensure_ascii=False)
        new.replace(new.with_suffix(".json"))


def key_of(person: Person) -> str:
    """What a student's numbers hang on: the first of these that the roster has."""
    return next(filter(None, (person.id, person.sis_id, person.login, person.email, person.name)))
