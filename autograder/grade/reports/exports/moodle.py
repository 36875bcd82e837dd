"""moodle/grades.csv, for Grades > Import > CSV file: Moodle asks which column finds a student, such as the e-mail
address.

moodle/ASSIGNMENT.csv, for an assignment's Upload grading worksheet: Moodle finds a student by the participant's number,
which stands in the names of its downloads.
"""

import re
from pathlib import Path

from ..catalog import Catalog
from ..files import file_name, write_csv
from .columns import Grades, StudentLine

_PARTICIPANT = re.compile(r"\D+ \d+")  # in the site's language


def write_moodle(found: Grades, out: Path, catalog: Catalog) -> None:
    folder = out / "moodle"
    head = ("Full name", "ID number", "Username", "Email address", *map(catalog.assignment, found.possible))
    rows = [(*_person(line), *(line.scores.get(name, "") for name in found.possible)) for line in found.lines]
    write_csv(folder / "grades.csv", head, rows)
    for name, possible in found.possible.items():
        head = ("Identifier", "Full name", "Email address", "Grade", "Maximum Grade")
        graded = [(_participant(line), line, line.scores.get(name)) for line in found.lines]
        rows = [
            (who, line.name, line.person.get("email", ""), score, possible)
            for who, line, score in graded
            if who and score is not None
        ]
        if rows:
            write_csv(folder / f"{file_name(name)}.csv", head, rows)


def _person(line: StudentLine) -> tuple[str, str, str, str]:
    number = line.person.get("id", "")
    number = "" if _PARTICIPANT.fullmatch(number) or number == _number(line) else number
    return line.name, number, line.person.get("login", ""), line.person.get("email", "")


def _participant(line: StudentLine) -> str:
    """`Participant 12345`, from the download or from a worksheet that is the roster."""
    said = (line.person.get("number", ""), line.person.get("id", ""))
    return next((text for text in said if _PARTICIPANT.fullmatch(text)), "")


def _number(line: StudentLine) -> str:
    return line.person.get("number", "").rpartition(" ")[2]
