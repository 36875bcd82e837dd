"""The submissions beside the class list: under its names, with a row for those who handed nothing in."""

from dataclasses import replace

from .hand_ins import HandIn
from .roster import Person, Roster
from .submission import MISSING, Submission


def with_roster(
    found: list[Submission], hand_ins: list[HandIn], roster: Roster, known: list[str]
) -> tuple[list[Submission], list[str]]:
    """The submissions under the roster's names, a row for those who handed nothing in, and sentences on both sides."""
    people: dict[str, Person] = {}
    for hand_in in hand_ins:
        for who in hand_in.people:
            number = hand_in.layout.number.format(id=who.id) if who.id else ""
            if person := roster.find((number, who.student, *who.also), (*who.also, who.student)):
                people[who.student] = person
    named: dict[tuple[str, str], Submission] = {}
    for s in found:
        if person := people.get(s.student):
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
    if strangers:
        said.append(f"Not on the roster: {', '.join(strangers)}")
    return list(named.values()), said
