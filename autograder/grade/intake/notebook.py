"""Reads a student's notebook as data: code cells, the assignment's name, written answers. Nothing is run."""

import contextlib
import json
import re
from codecs import BOM_UTF8
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .names import clean, without_copy
from .written import BlankNotebook, Text, answers

MAX_BYTES = 64 << 20
MAX_CELLS = 2000
MAX_SOURCE = 1 << 20
_KINDS = {b"%PDF": "a PDF", b"\x89PNG": "a picture", b"\xff\xd8\xff": "a picture", b"<": "a web page"}
MAX_INIT = 2000  # characters of a cell in which `otter.Notebook(...)` is looked for
_INIT = re.compile(r"""\bNotebook\([^)\n]{0,100}?['"]([^'"\n]{1,200}?)\.ipynb['"]""")
_FIRST = re.compile(r"""^grader = \w+\("([\w.-]{1,200})"\)$""", re.MULTILINE)  # the course's own first cell ends so


class Unreadable(Exception):
    """The bytes are not a notebook that can be graded; the message says why, in one line."""


@dataclass(frozen=True)
class CodeCell:
    """A code cell: its number among all cells from 1, its source, and the checks that otter adds after it."""

    number: int
    source: str
    checks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Notebook:
    assignment: str | None
    cells: tuple[CodeCell, ...]
    written: dict[str, str] = field(default_factory=dict)

    def line(self, cell: int, number: int | None) -> str:
        """Line `number` of the code cell with number `cell`, from the submission itself; '' when there is none."""
        for c in self.cells:
            lines = c.source.splitlines()
            if c.number == cell and number is not None and 0 < number <= len(lines):
                return lines[number - 1].strip()
        return ""


def read(data: bytes, blank: BlankNotebook | None = None) -> Notebook:
    """The notebook in `data`; raises Unreadable. `blank` is what students start from: it has the questions in words."""
    return understand(parse(data), blank)


def parse(data: bytes) -> dict:
    """The notebook's JSON, whose cells are a list of dictionaries or what a student made of that; raises Unreadable."""
    if len(data) > MAX_BYTES:
        raise Unreadable(f"the notebook has {len(data) >> 20} MB; the limit is {MAX_BYTES >> 20} MB")
    if not data.strip():
        raise Unreadable("the file is empty")
    try:
        text = data.decode(json.detect_encoding(data))
        raw = json.loads(text.removeprefix("\ufeff").rstrip("\0 \t\r\n"))  # disks fill up with zeros
    except UnicodeDecodeError:
        kind = _kind(data)
        raise Unreadable(f"the file is {kind}, not a notebook" if kind else "the file is not text in UTF-8") from None
    except RecursionError:
        raise Unreadable("the file is nested too deeply to be a notebook") from None
    except ValueError as e:
        raise Unreadable(_instead(data, str(e)) or f"the file is not a notebook: {str(e)[:100]}") from None
    if not isinstance(raw, dict) or not isinstance(raw.get("cells"), list):
        old = isinstance(raw, dict) and "worksheets" in raw
        raise Unreadable("a notebook of version 3; open it in Jupyter and save it" if old else "the file has no cells")
    if len(raw["cells"]) > MAX_CELLS:
        raise Unreadable(f"the notebook has {len(raw['cells'])} cells; the limit is {MAX_CELLS}")
    return raw


def _instead(data: bytes, why: str) -> str:
    """What a file is that is no JSON; "" when it does not show."""
    start, end = data[:200].lstrip(), data[-200:].rstrip()
    if start.startswith(b"<<<") or b"\n<<<<<<< " in data:
        return "the file holds two versions that Git could not merge"
    if kind := _kind(data):
        return f"the file is {kind}, not a notebook"
    if start.startswith(b"{") and "Extra data" in why:
        return "something stands behind the end of the notebook"
    if start.startswith(b"{") and not end.endswith(b"}"):
        return "the file ends in the middle of a notebook"
    if not start.startswith((b"{", b"[")):
        return f"the file is not a notebook: it begins with {start[:20].decode(errors='replace')!r}"
    return ""


def _kind(data: bytes) -> str:
    """What the first bytes say that a file is: not text, or other text than a notebook; "" when they do not say."""
    if data[4:8] == b"ftyp":
        return "a picture or a film"
    start = data[:200].removeprefix(BOM_UTF8).lstrip()
    return next((kind for begin, kind in _KINDS.items() if start.startswith(begin)), "")


def understand(raw: dict, blank: BlankNotebook | None = None) -> Notebook:
    """What is graded in a notebook's JSON; raises Unreadable."""
    code = tuple(_code_cells(raw["cells"]))
    return Notebook(_assignment(raw, code), code, answers(_texts(raw["cells"]), blank))


def reduced(raw: dict) -> bytes:
    """The notebook without what is never graded: outputs, pictures, metadata of other programs."""
    cells = []
    for cell in raw["cells"]:
        kind = cell.get("cell_type") if isinstance(cell, dict) else None
        if kind in ("code", "markdown", "raw"):
            metadata = {key: _mapping(cell.get("metadata")).get(key) for key in ("otter", "tags")}
            cells.append({"cell_type": kind, "metadata": metadata, "source": source_of(cell)})
        else:
            cells.append({})  # cells are counted
    otter = _mapping(_mapping(raw.get("metadata")).get("otter"))
    metadata = {"otter": {"assignment_name": otter.get("assignment_name")}}
    return json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 4}).encode()


def given_cells(folder: Path) -> list[tuple[int, str]]:
    """Numbers and sources of the code cells in the notebooks that students start from, as `make build` leaves them."""
    found: dict[tuple[int, str], None] = {}
    for path in sorted(folder.glob("*/student.ipynb")):
        with contextlib.suppress(OSError, Unreadable):
            found.update(dict.fromkeys((c.number, c.source) for c in read(path.read_bytes()).cells))
    return list(found)


def _code_cells(cells: list) -> list[CodeCell]:
    found = []
    for number, cell in enumerate(cells, 1):
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        metadata = _mapping(cell.get("metadata"))
        otter = _mapping(metadata.get("otter"))
        tags = metadata.get("tags")
        if (isinstance(tags, list) and "otter_ignore" in tags) or otter.get("ignore"):
            continue
        tests = otter.get("tests")
        checks = tuple(t for t in tests if isinstance(t, str))[:20] if isinstance(tests, list) else ()
        found.append(CodeCell(number, source_of(cell), checks))
    return found


def source_of(cell: dict) -> str:
    source = cell.get("source", "")
    if isinstance(source, list):
        try:
            source = "".join(source)
        except TypeError:
            source = "".join(s for s in source if isinstance(s, str))
    if not isinstance(source, str):
        raise Unreadable("a cell's source is not text")
    if len(source) > MAX_SOURCE:
        raise Unreadable("a cell has more than a million characters")
    return source.encode("utf-8", "replace").decode("utf-8")  # without lone surrogates, which no file takes


def _mapping(value: Any) -> dict:
    return value if isinstance(value, dict) else {}


def _assignment(raw: dict, cells: tuple[CodeCell, ...]) -> str | None:
    """The name that otter wrote into the notebook; else the one in the cell that makes `otter.Notebook`."""
    name = _mapping(_mapping(raw.get("metadata")).get("otter")).get("assignment_name")
    if isinstance(name, str) and name:
        return clean(name)
    for cell in cells:
        if "Notebook(" in cell.source and (found := _INIT.search(cell.source[:MAX_INIT])):
            return clean(without_copy(re.split(r"[/\\]", found.group(1))[-1]))
        if found := _FIRST.search(cell.source[-300:]):
            return clean(found.group(1))
    return None


def language(raw: dict) -> str:
    """The programming language that a notebook says it is written in; "" when it does not say."""
    metadata = _mapping(raw.get("metadata"))
    said = [_mapping(metadata.get("language_info")).get("name"), _mapping(metadata.get("kernelspec")).get("language")]
    return next((clean(name) for name in said if isinstance(name, str) and name), "")


def _texts(cells: list) -> list[Text]:
    kinds = ("markdown", "raw", "code")
    good = [c for c in cells if isinstance(c, dict) and c.get("cell_type") in kinds]
    return [Text(source_of(c), c["cell_type"] == "code") for c in good]
