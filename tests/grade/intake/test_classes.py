"""Every student of a class of 30 has exactly one right row, whatever the course system makes of names and folders."""

import json
import random
from collections.abc import Iterable
from pathlib import Path

import pytest

from autograder.grade.intake.candidates import cell_hashes
from autograder.grade.intake.collect import IntakeSettings, take_in
from autograder.grade.intake.names import clean
from autograder.grade.intake.submission import Collected
from tests.grade.intake import classes
from tests.grade.intake.classes import BLANK, BUILDERS, KNOWN, P1, PEOPLE, Builder, Made, write, zipped

HANDED_OUT = {P1: cell_hashes(c["source"] for c in json.loads(BLANK)["cells"])}


def take(paths: Iterable[Path], **settings: object) -> Collected:
    return take_in(paths, KNOWN, IntakeSettings(handed_out=HANDED_OUT, **settings))  # type: ignore[arg-type]


def says(data: bytes) -> str:
    return eval(json.loads(data)["cells"][1]["source"].removeprefix("answer = "))


def check(found: Collected, made: Made) -> None:
    assert found.unclear == []
    rows = {(s.student, s.assignment): s for s in found.submissions}
    assert len(rows) == len(found.submissions)
    assert {s.student: s.problem for s in found.submissions if s.problem} == {}
    got = {student: says(s.data) for (student, _), s in rows.items()}
    assert got == {clean(student): what for student, what in made.expected.items()}
    assert {s.student for s in found.submissions if s.late} == made.late
    times = {clean(student): when for student, when in made.times.items()}
    assert {s.student: s.time for s in found.submissions if s.student in times} == times


@pytest.mark.parametrize("builder", BUILDERS, ids=lambda b: b.__name__)
def test_a_class_of_thirty(tmp_path: Path, builder: Builder) -> None:
    made = builder(PEOPLE, random.Random(builder.__name__))
    plain = take([write(tmp_path / "plain", made.files)])
    check(plain, made)
    assert plain.said[0].startswith(f"{made.title}: ") and f" {len(made.expected)} students" in plain.said[0]
    # one folder too high, as a zip, and as a zip in a folder
    high = write(tmp_path / "high", {f"Problem 1 of the course/{name}": data for name, data in made.files.items()})
    check(take([high]), made)
    packed = write(tmp_path / "packed", {"Course-Problem 1-2557.zip": zipped(made.files)})
    check(take([packed / "Course-Problem 1-2557.zip"]), made)
    check(take([packed]), made)


def test_the_builders_try_every_kind_of_file() -> None:
    names = {name for b in BUILDERS for name in b(PEOPLE, random.Random(b.__name__)).files}
    for part in (".zip", " (2).ipynb", "-Copy1.ipynb", ".ipynb.txt", "my homework", "work.zip"):
        assert any(part in name for name in names)
    assert len({p.name for p in PEOPLE}) < len(PEOPLE) == 30 and len(classes.BUILDERS) == 18
