"""A notebook's cells and the part each one plays in print."""

import ast
import json
import re
from collections.abc import ItemsView
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from autograder.errors import CommandError

ANSWER_TAG = "otter_answer_cell"
GUESS_TAG, SETUP_TAG = "prediction", "setup"  # autograder/build/edition.py
SOLUTION_TAG = "otter_assign_solution_cell"
DRAWS = "folded"
SCREEN_CODE = frozenset({"otter_ignore", DRAWS})  # code that only draws: nobody reads it on paper
TITLE = re.compile(r"^# +(.+?)\s*#*$", re.MULTILINE)
PLUMBING = re.compile(
    r"^\s*(# Initialize Otter|grader\s*=|grader\.|.*\botter\.Notebook\()|sys\.path\.insert", re.MULTILINE
)
SUBMIT = re.compile(r"^\s*#{1,6}\s+submi(t|ssion)\b", re.IGNORECASE)
PROMPT = "_Type your answer here, replacing this text._"

ABOUT_A_PICTURE = re.compile(r"\b(pictures?|figures?|plots?|curves?|lines?|rows?|columns?|left|right)\b", re.IGNORECASE)

Role = Literal["text", "code", "answer", "solution", "plumbing", "space"]  # the last: millimetres to reckon in


@dataclass
class PrintedCell:
    """One cell. `number` counts from 1 as JupyterLab's list of cells does; `gap` is the number of cells
    before it
    that notebook and solution share, so an answer and its solution have the same gap."""

    number: int
    role: Role
    kind: Literal["markdown", "code", "raw"]
    source: str
    gap: int
    outputs: list[dict[str, Any]] = field(default_factory=list)
    alt: str = ""
    attachments: dict[str, dict[str, str]] = field(default_factory=dict)  # pictures pasted into a text: name, kind
    tags: frozenset[str] = frozenset()

    @property
    def draws(self) -> bool:
        """Whether paper wants what the code shows, and not the code."""
        pictures = any(kind.startswith("image/") for output in self.outputs for kind in output.get("data", {}))
        return self.role == "code" and (pictures or bool(self.tags & SCREEN_CODE))


@dataclass
class PrintedNotebook:
    path: Path
    title: str
    cells: list[PrintedCell]
    lesson: dict[str, Any] = field(default_factory=dict)  # what the build says of its questions

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def where(self) -> str:
        return f"{self.path.parent.name}/{self.path.name}"


def read(path: Path) -> PrintedNotebook:
    """Read a notebook and give each cell its role. A file that is not a notebook raises CommandError."""
    try:
        return parse(path.read_bytes(), path)
    except FileNotFoundError:
        raise CommandError(f"{path}: there is no such file") from None
    except OSError as error:
        raise CommandError(f"{path}: the file could not be opened ({error.strerror})") from None


def parse(data: bytes, path: Path) -> PrintedNotebook:
    """Like `read`, from the bytes of a file; `path` names it, and its pictures lie beside it."""
    try:
        # importing nbformat takes longer than printing a notebook
        raw = json.loads(data.decode(json.detect_encoding(data)))
        cells = [read_cell(number, cell) for number, cell in enumerate(raw["cells"], start=1)]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise CommandError(f"{path}: this is not a notebook of format 4 that can be read") from None
    for cell, after in pairwise(cell for cell in cells if cell.role != "plumbing"):
        cell.alt = cell.alt or told_by(after)
    shared = 0
    for cell in cells:
        cell.gap = shared
        shared += cell.role not in ("answer", "solution")
    headings = (TITLE.search(cell.source) for cell in cells if cell.kind == "markdown")
    title = next((found[1] for found in headings if found), path.stem)
    said = raw.get("metadata", {}).get("lesson", {}) if isinstance(raw.get("metadata"), dict) else {}
    return PrintedNotebook(path, plain(title), cells, said if isinstance(said, dict) else {})


def read_cell(number: int, cell: dict[str, Any]) -> PrintedCell:
    source = text_of(cell["source"])
    metadata = cell.get("metadata", {})
    role = role_of(cell["cell_type"], source, metadata)
    outputs = [read_output(output) for output in cell.get("outputs", [])]
    pasted = {name: {kind: text_of(data) for kind, data in one.items()} for name, one in attachments(cell)}
    tags = frozenset(str(tag) for tag in metadata.get("tags", []))
    return PrintedCell(number, role, cell["cell_type"], source, 0, outputs, str(metadata.get("alt", "")), pasted, tags)


def attachments(cell: dict[str, Any]) -> ItemsView[str, dict[str, Any]]:
    return (cell.get("attachments") or {}).items()


def read_output(output: dict[str, Any]) -> dict[str, Any]:
    data = {kind: text_of(value) for kind, value in output.get("data", {}).items() if not kind.endswith("json")}
    widget = {kind: "" for kind in output.get("data", {}) if kind.endswith("json")}
    return {**output, "text": text_of(output.get("text", "")), "data": {**data, **widget}}


def told_by(after: PrintedCell) -> str:
    """The words for a picture are often the next cell's first paragraph: "The picture shows ..."."""
    first = after.source.strip().split("\n\n")[0]
    if after.role != "text" or first.startswith("#") or not ABOUT_A_PICTURE.search(first):
        return ""
    return " ".join(plain(first).split())[:600]


def text_of(value: str | list[str]) -> str:
    """Notebooks keep long text as one string or as a list of lines."""
    return "".join(value)


def role_of(kind: str, source: str, metadata: Any) -> Role:
    tags = metadata.get("tags", [])
    if SOLUTION_TAG in tags:
        return "solution"
    if ANSWER_TAG in tags or GUESS_TAG in tags:
        return "answer"
    if SETUP_TAG in tags or "screen" in tags:
        return "plumbing"
    if kind == "markdown":
        return "plumbing" if SUBMIT.match(source) else "text"
    return "plumbing" if kind != "code" or not source.strip() or PLUMBING.search(source) else "code"


def plain(markdown: str) -> str:
    """A heading's text without markdown's marks, for titles."""
    return re.sub(r"[*`$]|(?<!\w)_|_(?!\w)|\\(?=[#*_`])", "", markdown).strip()


def imports_only(source: str, beside: bool = True) -> bool:
    """Whether a cell imports, and does next to nothing `beside` that; with False, nothing at all."""
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return False
    kinds = {type(node) for node in body}
    imports = {ast.Import, ast.ImportFrom}
    return bool(imports & kinds) and kinds <= imports | ({ast.Assign, ast.Expr} if beside else set())
