"""A zip for each student on a class list, in which questions have numbers of that student's own."""

import argparse
import hashlib
import importlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from autograder.build.command import up_to_date
from autograder.build.info import load_problem
from autograder.build.number_places import PLACES
from autograder.build.practice import ENOUGH
from autograder.course import Course
from autograder.errors import CommandError
from autograder.grade.intake.roster import Person, Roster, read_roster
from autograder.progress import track

from .ledger import HandOut, Ledger, key_of
from .secret import FILE, Secret
from .zips import Template, Zips


def configure(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--roster", type=Path, metavar="FILE.csv", required=True, help="a class list, as Canvas or Moodle exports it")
    add("--out", type=Path, metavar="DIR", help="where the zips go (default: dist/students)")


def run(args: argparse.Namespace) -> int:
    course: Course = args.course
    return hand_out(course, read_roster(args.roster), args.out or course.dist / "students")


def hand_out(course: Course, roster: Roster, out: Path) -> int:
    """Write each student's zip into `out`, after the ledger has it. Raises CommandError."""
    templates = _templates(course)
    names = _file_names(roster.people)
    secret = Secret.make(course.numbers)
    ledgers = {t.name: Ledger(course.numbers, t.name) for t in templates}
    for template in templates:
        new = _enter(course, template.name, ledgers[template.name], roster.people, secret)
        print(f"{template.name}: {len(roster.people)} students, {new} of them new")
    zips = Zips(course, templates)
    for person in track(roster.people, "handing out"):
        handed = {name: _handed(ledger, person) for name, ledger in ledgers.items()}
        numbers = {name: one.numbers(who, secret) for name, (one, who) in handed.items()}
        marks = {name: secret.mark("notebook", key_of(who), name) for name, (_, who) in handed.items()}
        zips.write(person.name, numbers, marks, out / f"{names[key_of(person)]}.zip")
    print(f"{len(roster.people)} zips in {out}")
    print(f"Keep a copy of {course.numbers}: without the file `{FILE}` in it nobody can be graded.")
    return 0


def _templates(course: Course) -> list[Template]:
    if not course.per_student:
        raise CommandError(
            f"`variants` in {course.file} is {course.variants!r}: hand out dist/student.zip, or say per-student"
        )
    for master in course.masters():
        if not up_to_date(course, master):
            raise CommandError(f"{master.stem} is not built as its master is now: run `make build`")
    built = {master.stem: course.built(master.stem) / PLACES for master in course.masters()}
    found = [Template(name, folder) for name, folder in built.items() if folder.is_dir()]
    if not found:
        raise CommandError("No question has numbers of each student's own: no master says `numbers:`")
    return found


def _enter(course: Course, problem: str, ledger: Ledger, people: list[Person], secret: Secret) -> int:
    """Put those into the ledger who are not in it; their number. Sets of numbers are drawn where recipes are new."""
    new = [person for person in people if not ledger.find(*_called(person))]
    if new:
        tools: Any = importlib.import_module(f"{course.library.checker}.variants")
        recipes = {q.name: q.own.vary for q in load_problem(course.built(problem)).questions if q.own.numbers}
        fingerprint = hashlib.sha256("".join(map(tools.fingerprint, recipes.values())).encode()).hexdigest()[:16]
        one = ledger.of(fingerprint)
        if one is None:
            pools = {
                name: [v.numbers for v in tools.pool(tools.Recipe.of(recipe), ENOUGH, secret.mark("pool", name))]
                for name, recipe in track(recipes.items(), problem, total=len(recipes))
            }
            one = HandOut(problem, fingerprint, secret.mark("secret"), pools)
            ledger.hand_outs.append(one)
        one.enter(new)
        ledger.save(one)
    return len(new)


def _handed(ledger: Ledger, person: Person) -> tuple[HandOut, Person]:
    """What a student was handed, and who that was then: the roster may have another id by now."""
    found = ledger.find(*_called(person))
    assert found is not None, person
    return found


def _called(person: Person) -> tuple[list[str], list[str]]:
    """Numbers and addresses, and names, by which the ledger finds a student."""
    return [person.id, person.sis_id, person.login, person.email], [person.name]


def _file_names(people: Iterable[Person]) -> dict[str, str]:
    """What each student's zip is called, by that student's key. Raises CommandError where two are called the same."""
    found: dict[str, str] = {}
    for person in people:
        name = re.sub(r"[^\w.@+-]+", "_", key_of(person)).strip(".") or "student"
        if name in found.values():
            raise CommandError(f"Two students on the roster have the id {key_of(person)!r}; expected one for each")
        found[key_of(person)] = name
    return found
