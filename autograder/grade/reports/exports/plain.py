"""class.csv: one row per student, one column per assignment, for who has no learning system."""

from pathlib import Path

from ..files import write_csv
from .columns import Grades

KNOWN = ("name", "id", "login", "email", "section")


def write_plain(found: Grades, out: Path) -> None:
    """What nobody's row has is no column. The second row has the points possible."""
    known = [key for key in KNOWN if any(line.person.get(key) for line in found.lines)]
    head = ("student", *known, *found.possible, "total")
    possible = ("(points possible)", *("" for _ in known), *found.possible.values(), sum(found.possible.values()))
    rows = [
        (
            line.student,
            *(line.person.get(key, "") for key in known),
            *(line.scores.get(name, "") for name in found.possible),
            line.total,
        )
        for line in found.lines
    ]
    write_csv(out / "class.csv", head, [possible, *rows])
