"""The options of `grade` that say how to read what was handed in."""

import argparse
from collections.abc import Iterable, Mapping
from pathlib import Path

from .layouts import TABLE, choose, pattern_layout
from .moments import moment
from .names import Names
from .roster import read_roster
from .submission import IntakeSettings


def configure(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("what was handed in").add_argument
    names = ", ".join(dict.fromkeys(layout.name for layout in TABLE))
    add("--layout", metavar="NAME", help=f"what the files are, when it is not recognised: {names}")
    add("--pattern", metavar="TEXT", help="how names are made, e.g. '{student}_{id}_{file}'; folders with /")
    add("--one-owner", action="store_true", help="files that nobody's name is on are one student's")
    add("--roster", type=Path, metavar="FILE.csv", help="a class list: rows for those who handed nothing in")
    add(
        "--due",
        action="append",
        default=[],
        metavar="[NAME=]WHEN",
        help="when it was due, e.g. '2026-11-21 23:59' (a day alone: its first minute); NAME=WHEN for one assignment; "
        "may be repeated",
    )


def settings(
    args: argparse.Namespace, questions: Mapping[str, list[str]], handed_out: dict[str, list[str]]
) -> IntakeSettings:
    """`questions` are those of each assignment. Raises ValueError with a sentence for people."""
    known = list(questions)
    if args.layout and args.pattern:
        raise ValueError("--layout and --pattern say the same in two ways: choose one")
    layout = choose(args.layout) if args.layout else None
    if args.pattern:
        layout = pattern_layout(args.pattern, Names(known))
    roster = read_roster(args.roster) if args.roster else None
    course = getattr(args, "course", None)
    shared, reserved = ((course.short,), course.library.names) if course else ((), ())
    due = _due(args.due, known)
    return IntakeSettings(
        layout, args.one_owner, roster, due, handed_out, shared=shared, reserved=reserved, questions=questions
    )


def _due(given: Iterable[str], known: list[str]) -> dict[str, float]:
    found = {}
    for text in given:
        name, separator, when = text.rpartition("=")
        time = moment(when)
        if time is None:
            raise ValueError(f"--due {text!r} is no day and time, such as '2026-11-21 23:59'")
        if separator and name not in known:
            raise ValueError(f"--due {text!r}: there is no assignment {name!r}; there are {', '.join(known)}")
        found[name] = time
    return found
