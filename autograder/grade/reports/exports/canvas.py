"""canvas/grades.csv, for Grades > Import.

Canvas finds a student by its own ID, the SIS ID or the login, and an assignment by the number in the column's title; a
title without one becomes a new assignment. A gradebook that Canvas exported, given as the roster, has all of these.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from ..catalog import Catalog
from ..files import Verbatim, write_csv
from .columns import Grades, StudentLine

HEAD = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
_OWN_COLUMN = re.compile(r"(?P<title>.+) \((?P<number>\d+)\)$")
_NUMBERED = re.compile(r"^(?P<name>.+)_(?P<id>\d+)$")  # a name as Canvas's downloads have it


def write_canvas(found: Grades, out: Path, catalog: Catalog, columns: Iterable[str]) -> None:
    """One row per student, one column per assignment, and the points possible as second row. `columns` are the titles
    in a gradebook that Canvas exported."""
    titles = canvas_titles(found.possible, catalog, columns)
    head = (*HEAD, *(titles[name] for name in found.possible))
    possible = (Verbatim("    Points Possible"), "", "", "", "", *found.possible.values())
    rows = [(*_person(line), *(line.scores.get(name, "") for name in found.possible)) for line in found.lines]
    write_csv(out / "canvas" / "grades.csv", head, [possible, *rows])


def canvas_titles(names: Iterable[str], catalog: Catalog, columns: Iterable[str]) -> dict[str, str]:
    """The column of each assignment: Canvas's own, where one of its titles is the assignment's title or name, or what
    stands before the first · in the title."""
    own: dict[str, list[str]] = {}
    for column in columns:
        if match := _OWN_COLUMN.match(column.strip()):
            own.setdefault(_plain(match["title"]), []).append(column.strip())
    found = {}
    for name in names:
        title = catalog.assignment(name)
        candidates = [own.get(_plain(said), []) for said in (title, name, title.split("·")[0])]
        found[name] = next((c[0] for c in candidates if len(c) == 1), title)
    return found


def _plain(title: str) -> str:
    return "".join(c for c in title.casefold() if c.isalnum())


def _person(line: StudentLine) -> tuple[str, str, str, str, str]:
    person: Mapping[str, str] = line.person
    number, name = person.get("id", ""), line.name
    match = _NUMBERED.match(name)
    if match and number in ("", match["id"]):
        name, number = match["name"], match["id"]
    number = number if number.isdigit() else ""
    known = number or person.get("sis_id") or person.get("login")
    login = person.get("login") or ("" if known else person.get("email") or line.student)
    return name, number, person.get("sis_id", ""), login, person.get("section", "")
