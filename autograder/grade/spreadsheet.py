"""What spreadsheets make of a CSV file: other letters, other marks between columns, lines before the first one."""

import csv
import io
import re
from dataclasses import dataclass

_BEFORE = re.compile(r"(?:[ \t;,\"]*\r?\n|\"?sep=.\"?[;,\t]*\r?\n)+", re.I)  # empty lines, and a line for Excel alone
_BOMS = (
    (b"\xff\xfe\0\0", "utf-32"), (b"\0\0\xfe\xff", "utf-32"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"),
)  # fmt: skip


@dataclass(frozen=True)
class Sheet:
    """The text from the line with the columns' names on, what stands between columns, and the lines before."""

    text: str
    separator: str
    skipped: int = 0


def sheet(data: bytes) -> Sheet:
    """A CSV file's bytes, as a spreadsheet or a course system wrote them."""
    text = _decoded(data).replace("\0", "").lstrip("\ufeff")
    before = _BEFORE.match(text)
    skipped = before.group().count("\n") if before else 0
    text = text[before.end() :] if before else text
    head = re.sub(r'"[^"]*"', "", text.split("\n", 1)[0])  # a mark in quotes stands between nothing
    return Sheet(text, max(",;\t", key=head.count), skipped)


def rows(found: Sheet) -> list[list[str]]:
    """The lines of a sheet, cell by cell; raises csv.Error."""
    return list(csv.reader(io.StringIO(found.text, newline=""), delimiter=found.separator))


def _decoded(data: bytes) -> str:
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return data.decode(encoding, "replace")
    if b"\0" in data[:2]:  # two bytes a letter, and no mark that says so
        return data.decode("utf-16-be" if data[:1] == b"\0" else "utf-16-le", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
