"""CSV files that people fill in. A spreadsheet writes other marks between columns, and other letters, than it read."""

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..intake.archives import is_junk
from ..spreadsheet import sheet

MAX_BYTES = 64 << 20
MAX_CELL = 1 << 20  # characters
SPREADSHEETS = (".xlsx", ".xls", ".ods", ".numbers")


@dataclass
class Filled:
    """The lines of a file by the names of its columns, each with its number; or what is wrong with the file."""

    path: Path
    lines: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def refuse(self, line: int, why: str) -> None:
        self.problems.append(f"{self.path}, line {line}: {why}")


def read_filled(path: Path, needed: Sequence[str], head: Sequence[str]) -> Filled:
    """A file with the columns `head`, of which those in `needed` must be there."""
    filled = Filled(path)
    csv.field_size_limit(MAX_CELL)
    try:
        if path.stat().st_size > MAX_BYTES:
            filled.problems.append(f"{path}: has more than {MAX_BYTES >> 20} MB")
            return filled
        found = sheet(path.read_bytes())
        reader = csv.DictReader(io.StringIO(found.text, newline=""), delimiter=found.separator, restval="")
        names = [(name or "").strip().lower() for name in reader.fieldnames or []]
        reader.fieldnames = names
        if missing := [name for name in needed if name not in names]:
            columns = ", ".join(head)
            filled.problems.append(f"{path}: has no column {', '.join(missing)}; expected the columns {columns}")
            return filled
        filled.lines = [(reader.line_num + found.skipped, {k: row.get(k) or "" for k in head}) for row in reader]
    except (csv.Error, OSError) as e:
        filled.problems.append(f"{path}: cannot be read ({e})")
    return filled


def saved_otherwise(folder: Path, name: str = "*") -> list[str]:
    """A sentence on each file that a spreadsheet program saved there in a form of its own: it is not read."""
    files = sorted(p for p in folder.glob(f"{name}.*") if p.suffix.lower() in SPREADSHEETS and not is_junk((p.name,)))
    return [f"{p}: only CSV files are read. Save it as CSV, under the name that it had." for p in files]


def points_in(text: str, most: float | None, least: float = 0.0) -> float:
    """The points that a person wrote, with a point or a comma. Raises ValueError: what is wrong with them."""
    try:
        points = float(text.strip().replace(",", "."))
    except ValueError:
        points = math.nan
    if not math.isfinite(points):
        raise ValueError(f"points are {text.strip()!r}, expected a number")
    if points < least or (most is not None and points > most):
        expected = f"{least:g} to {most:g}" if most is not None else f"{least:g} or more"
        raise ValueError(f"points are {points:g}, expected {expected}")
    return points


def agrees(shown: str, text: str) -> bool:
    """Whether `shown` can be what spreadsheets made of `text`: they may spoil all letters but the plain ones.

    A text that is a number may have lost zeros before it, or digits behind.
    """
    parts = "".join(c if c.isascii() else "\0" for c in text).split("\0")
    if len(parts) == 1:
        return shown == text or _same_number(shown, text)
    if not (shown.startswith(parts[0]) and shown.endswith(parts[-1])):
        return False
    at = len(parts[0])
    for part in parts[1:-1]:
        at = shown.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return at <= len(shown) - len(parts[-1])


def _same_number(one: str, other: str) -> bool:
    try:
        return math.isclose(float(one.replace(",", ".")), float(other), rel_tol=1e-5)
    except ValueError:
        return False
