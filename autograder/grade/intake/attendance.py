"""The submissions beside the class list: under its names, with a row for those who handed nothing in."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from itertools import product

from .hand_ins import HandIn
from .roster import Person, Roster
from .submission import MISSING, Submission


def with_roster(
    found: list[Submission], hand_ins: list[HandIn], roster: Roster, known: list[str]
) -> tuple[list[Submission], list[str], dict[str, str]]:
    """The submissions under the roster's names, with a row for each student who handed nothing in; sentences on who
    that is, and on whose name is not on the roster; and which names became which."""
    people, guessed = _people(hand_ins, roster)
    rows = _newest(_under_name(s, people.get(s.student)) for s in found)
    assignments = sorted({s.assignment for s in found} & {*known}) or (known if len(known) == 1 else [])
    for assignment, person in product(assignments, roster.people):
        if (person.name, assignment) not in rows and (person.name, "") not in rows:
            rows[person.name, assignment] = _missing(person, assignment)
    absent = {s.student for s in rows.values() if s.status == MISSING}
    said = [f"Roster: {len(roster.people)} students, {len(absent)} with something missing"]
    labels: dict[str, set[str]] = defaultdict(set)
    for s in found:
        if person := people.get(s.student):
            labels[person.name].add(s.student)
    several = [f"{name} ({', '.join(sorted(has))})" for name, has in sorted(labels.items()) if len(has) > 1]
    if several:
        said.append(f"Handed in under several names, of which the newest counts: {'; '.join(several)}")
    if guessed:
        said.append(f"By a part of the name: {'; '.join(f'{name} is {who.name}' for name, who in guessed.items())}")
    if strangers := sorted({s.student for s in found if s.student not in people}):
        said.append(f"Not on the roster: {', '.join(strangers)}")
    names = {person.name for person in roster.people}
    return list(rows.values()), said, {old: person.name for old, person in people.items() if old not in names}


def _under_name(s: Submission, person: Person | None) -> Submission:
    """A submission under the name that the roster has; what the download alone knows, its number, stays."""
    if person is None:
        return s
    number = {key: value for key, value in s.person.items() if key == "number"}
    return replace(s, student=person.name, person=number | person.as_dict())


def _newest(found: Iterable[Submission]) -> dict[tuple[str, str], Submission]:
    """By student and assignment: of several the newest, but first one that can be graded."""
    best: dict[tuple[str, str], Submission] = {}
    for s in found:
        old = best.setdefault((s.student, s.assignment), s)
        if (not s.problem, s.time) > (not old.problem, old.time):
            best[s.student, s.assignment] = s
    return best


def _missing(person: Person, assignment: str) -> Submission:
    why = "nothing was handed in"
    return Submission(person.name, assignment, "", b"", 0.0, MISSING, why, person=person.as_dict())


def _people(hand_ins: list[HandIn], roster: Roster) -> tuple[dict[str, Person], dict[str, Person]]:
    """The roster's person of each student, and those who were guessed. Who was guessed is nobody else, too."""
    people: dict[str, Person] = {}
    open_: set[str] = set()
    for hand_in in hand_ins:
        for who in hand_in.people:
            number = hand_in.layout.number.format(id=who.id) if who.id else ""
            if person := roster.find((number, who.student, *who.also), (*who.also, who.student)):
                people[who.student] = person
            elif not who.id and who.by != "none":
                open_.add(who.student)
    every = {who.student for hand_in in hand_ins for who in hand_in.people}
    guesses = roster.guesses(open_ - {*people}, every)
    count = Counter([*people.values(), *guesses.values()])
    guessed = {name: person for name, person in guesses.items() if count[person] == 1}
    return people | guessed, guessed
