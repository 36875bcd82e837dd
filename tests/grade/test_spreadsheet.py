"""A class list and points that people gave are read whatever a spreadsheet made of them."""

from itertools import product
from pathlib import Path

import pytest

from autograder.grade.intake.roster import RosterError, read_roster
from autograder.grade.reports.filled import read_filled

HEAD = ("student", "question", "points", "reason")
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252")
BEFORE = ("", "\n\r\n", ";;;\n", "sep={}\n", '"sep={}"\r\n\n')


def written(lines: list[list[str]], separator: str, quoted: bool, end: str, before: str, encoding: str) -> bytes:
    def cell(text: str) -> str:
        return f'"{text}"' if quoted or separator in text or "\n" in text else text

    body = end.join(separator.join(map(cell, line)) for line in [*lines, [""], ["", "", ""]])
    return (before.format(separator) + body + end).encode(encoding)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("separator", list(",;\t"))
def test_a_roster_in_any_dress(tmp_path: Path, separator: str, encoding: str) -> None:
    people = [["Müller, Jörg", "17", "j@x.org"], ["Anne; van der Berg", "18", "b@x.org"]]
    heads = (["Name", "ID", "E-Mail"], ["NAME", " id ", "E-MAIL"])
    for before, quoted, end, head in product(BEFORE, (False, True), ("\n", "\r\n"), heads):
        path = tmp_path / "class.csv"
        path.write_bytes(written([head, *people], separator, quoted, end, before, encoding))
        assert [[p.name, p.id, p.email] for p in read_roster(path).people] == people


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("separator", list(",;\t"))
def test_filled_points_in_any_dress(tmp_path: Path, separator: str, encoding: str) -> None:
    line = ["Müller, Jörg", "1.a.i", "2,5", "gut; ja"]
    for before, quoted, end in product(BEFORE, (False, True), ("\n", "\r\n")):
        path = tmp_path / "overrides.csv"
        path.write_bytes(written([[h.title() for h in HEAD], line], separator, quoted, end, before, encoding))
        filled = read_filled(path, HEAD[:3], HEAD)
        said = [(number, list(cells.values())) for number, cells in filled.lines if any(cells.values())]
        assert (said, filled.problems) == ([(2 + before.count("\n"), line)], [])


def test_what_is_no_roster_is_said_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "class.xlsx"
    path.write_bytes(b"PK\x03\x04" + bytes(range(256)) * 2)
    with pytest.raises(RosterError, match=r"class\.xlsx"):
        read_roster(path)
