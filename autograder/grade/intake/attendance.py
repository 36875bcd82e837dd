"""The submissions beside the class list: under its names, with a row for those who handed nothing in."""

from collections import Counter, defaultdict
from dataclasses import replace

from .hand_ins import HandIn
from .roster import Person, Roster
from .submission import MISSING, Submission


def with_roster(
    found: list[Submission], hand_ins: list[HandIn], roster: Roster, known: list[str]
) -> tuple[list[Submission], list[str]]:
    """The submissions under the roster's names, a row for those who handed nothing in, and sentences on both sides."""
    people, guessed = _people(hand_ins, roster)
    named: dict[tuple[str, str], Submission] = {}
    labels: dict[str, set[str]] = defaultdict(set)
    for s in found:
        if person := people.get(s.student):
            labels[person.name].add(s.student)
            number = {k: v for k, v in s.person.items() if k == "number"}  # the download's, which a roster may not have
            s = replace(s, student=person.name, person=number | person.as_dict())
        key = (s.student, s.assignment)
        if key not in named or (not s.problem, s.time) > (not named[key].problem, named[key].time):
            named[key] = s
    strangers = sorted({s.student for s in found if s.student not in people})
    assignments = sorted({s.assignment for s in found} & {*known}) or (known if len(known) == 1 else [])
    for assignment in assignments:
        for person in roster.people:
            if not any((person.name, a) in named for a in (assignment, "")):
                why = "nothing was handed in"
                missing = Submission(person.name, assignment, "", b"", 0.0, MISSING, why, person=person.as_dict())
                named[person.name, assignment] = missing
    missing = sorted({s.student for s in named.values() if s.status == MISSING})
    said = [f"Roster: {len(roster.people)} students, {len(missing)} with something missing"]
    several = [f"{name} ({', '.join(sorted(has))})" for name, has in sorted(labels.items()) if len(has) > 1]
    if several:
        said.append(f"Handed in under several names, of which the newest counts: {'; '.join(several)}")
    if guessed:
        said.append(f"By a part of the name: {'; '.join(f'{name} is {who.name}' for name, who in guessed.items())}")
    if strangers:
        said.append(f"Not on the roster: {', '.join(strangers)}")
    return list(named.values()), said


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
