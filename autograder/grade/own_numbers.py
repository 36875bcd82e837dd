"""With numbers of each student's own, a submission is judged by the numbers that stand in its notebook.

A notebook with a mark was made for somebody: it is judged by what its student was handed, and who was handed nothing
gets a row with the reason, and no score. Whose it is says the intake, and never the notebook. One without a mark, from
the web, a class's shared zip or the static site, has everybody's numbers, and is judged by these; its row says so.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from autograder.build.number_places import PlaceError
from autograder.hand_out.ledger import Ledger, LedgerError, key_of
from autograder.hand_out.secret import Secret, marks_in

from .intake.collect import Submission
from .judge.assignment import Assignment

NO_NUMBERS = "no-numbers"  # the status of who was handed none
STRANGE = "this is not the notebook that was made for this student"
EVERYBODYS = "judged by everybody's numbers, since these are in the notebook: it was made for no one"


def with_numbers(
    submissions: Iterable[Submission], assignments: Mapping[str, Assignment], folder: Path
) -> list[Submission]:
    """The submissions with their students' numbers, as the ledger in `folder` has them; or with why they have none.

    Raises NoSecret.
    """
    personal = {name for name, assignment in assignments.items() if assignment.places}
    ledgers = {name: Ledger(folder, name) for name in assignments}
    personal |= {name for name, ledger in ledgers.items() if ledger.hand_outs}
    handed = any(ledgers[name].hand_outs for name in personal)
    secret = Secret.read(folder) if handed else None
    found = []
    for submission in submissions:
        if submission.assignment in personal and not submission.problem:
            assignment, ledger = assignments[submission.assignment], ledgers[submission.assignment]
            submission = _with_own(submission, assignment, ledger, secret)
        found.append(submission)
    return found


def of_one_of(
    submission: Submission, people: Iterable[Mapping[str, str]], assignment: Assignment, folder: Path
) -> Submission:
    """One submission with the numbers of the person who handed it in; of several, of the one whose notebook it is."""
    found = [
        replace(
            submission, student=who.get("name", ""), person={"email": who.get("email", ""), "id": who.get("sid", "")}
        )
        for who in people
    ]
    found = with_numbers(found, {assignment.name: assignment}, folder) or [
        _without(submission, "nobody's name is there")
    ]
    return min(found, key=lambda one: (bool(one.problem), STRANGE in one.note))


def _with_own(submission: Submission, assignment: Assignment, ledger: Ledger, secret: Secret | None) -> Submission:
    marks = marks_in(submission.data)
    if assignment.places and not marks:
        return replace(submission, note="; ".join(filter(None, (submission.note, EVERYBODYS))))
    person = submission.person
    known = [person[key] for key in ("id", "sis_id", "login", "email", "number") if person.get(key)]
    try:
        handed = ledger.find([*known, submission.student], [submission.student])
        if handed is None or secret is None:
            return _without(submission, f"nothing of {assignment.name} was handed out to {submission.student}")
        if not assignment.places:
            return _without(submission, f"{assignment.name} is not built with places for each student's numbers")
        hand_out, who = handed
        numbers = hand_out.numbers(who, secret)
        assignment.edition(numbers)
    except (LedgerError, PlaceError) as error:
        return _without(submission, str(error))
    mark = secret.mark("notebook", key_of(who), assignment.name)
    strange = "" if mark in marks else STRANGE
    return replace(submission, numbers=numbers, note="; ".join(filter(None, (submission.note, strange))))


def _without(submission: Submission, why: str) -> Submission:
    return replace(submission, status=NO_NUMBERS, problem=f"not graded, since each student has own numbers: {why}")
