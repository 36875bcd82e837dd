"""Cells -> one HTML page: a notebook as worksheet, as solutions or as a submission."""

import base64
import itertools
import json
import mimetypes
import re
from dataclasses import dataclass, field
from functools import cache
from html import escape
from itertools import groupby
from pathlib import Path
from string import Template
from typing import Literal
from urllib.parse import unquote

from . import outputs
from .boxes import room
from .engine import MARGIN_BOTTOM, MARGIN_TOP, MARGIN_X, PAPERS
from .markdown import Formulas, code_block, render
from .math import Styles
from .notebook import PROMPT, Cell, Notebook, PdfError

Mode = Literal["worksheet", "solutions", "submission"]
HERE = Path(__file__).parent
PASTED = ("image/png", "image/jpeg", "image/gif", "image/webp")
NAME_LINE = '<p class="name"><span>Name</span><span>Student number</span><span>Date</span></p>'


@dataclass
class Part:
    """One notebook's HTML, its formulas still to be set."""

    title: str
    mode: Mode
    html: str
    formulas: Formulas = field(repr=False)


def part(notebook: Notebook, mode: Mode, heights: dict[str, float] | None = None) -> Part:
    """A notebook's cells as HTML. `heights`: of the printed solutions, by gap, for the boxes of a
    worksheet."""
    formulas = Formulas()
    pieces: list[str] = []
    for gap_and_kind, run in groupby(notebook.cells, key=lambda cell: (cell.gap, cell.role in ("answer", "solution"))):
        cells = list(run)
        if not gap_and_kind[1]:
            pieces += [plain_cell(cell, notebook, mode, formulas) for cell in cells]
        elif mode == "worksheet":
            pieces.append(empty_boxes(cells, notebook, formulas, (heights or {}).get(str(gap_and_kind[0]))))
        else:
            pieces.append(filled_box(cells, notebook, mode, formulas))
    html = "\n".join(filter(None, pieces))
    if mode == "submission" and "<h1" not in html:  # a student may have deleted everything
        html = f"<h1>{escape(notebook.title)}</h1>\n{html}"
    return Part(notebook.title, mode, html, formulas)


def where(cell: Cell, notebook: Notebook) -> str:
    return f"{notebook.where}, cell {cell.number}"


def plain_cell(cell: Cell, notebook: Notebook, mode: Mode, formulas: Formulas) -> str:
    if cell.role == "plumbing":
        return ""
    place = where(cell, notebook)
    if cell.kind == "markdown":
        inside = markdown(cell, notebook, mode, formulas, hints=mode == "solutions")
    else:
        inside = code(cell, notebook, formulas)
    return f'<div class="cell" data-where="{escape(place)}">{inside}</div>' if inside else ""


def markdown(cell: Cell, notebook: Notebook, mode: Mode, formulas: Formulas, hints: bool) -> str:
    def picture(address: str) -> str:
        try:
            return embedded(address, notebook, cell)
        except PdfError:
            if mode == "submission":
                return ""  # the picture's words are printed in its place
            raise

    return render(cell.source, formulas, where(cell, notebook), hints, picture)


def code(cell: Cell, notebook: Notebook, formulas: Formulas) -> str:
    source = cell.source.strip("\n")
    shown = code_block(source) if source.strip() and not source.startswith("%%") else ""
    return shown + outputs.render(cell, formulas, where(cell, notebook))


def empty_boxes(cells: list[Cell], notebook: Notebook, formulas: Formulas, height: float | None) -> str:
    """What a student fills in: the prompt, if there is code to start from, and room to write."""
    boxes = []
    for cell in cells:
        prompt = code_block(cell.source) if cell.kind == "code" else ""
        if cell.kind == "markdown" and cell.source.strip() != PROMPT:
            prompt = markdown(cell, notebook, "worksheet", formulas, hints=False)
        lines = cell.source.count("\n") + 1 if cell.kind == "code" else 0
        space = room(height, lines, len(cells))
        boxes.append(
            f'<div class="answer" data-where="{escape(where(cell, notebook))}">{prompt}'
            f'<div class="room" style="height: {space}px"></div></div>'
        )
    return "".join(boxes)


def filled_box(cells: list[Cell], notebook: Notebook, mode: Mode, formulas: Formulas) -> str:
    """A solution or a student's answer, shaded. The prompt that otter leaves beside a written solution is
    dropped."""
    shown = []
    for cell in cells:
        if mode == "solutions" and cell.role == "answer":
            continue
        if cell.kind == "markdown":
            empty = cell.source.strip() in ("", PROMPT)
            inside = (
                '<p class="nothing">(nothing written)</p>'
                if empty
                else markdown(cell, notebook, mode, formulas, hints=True)
            )
        else:
            inside = code(cell, notebook, formulas)
        shown.append(f'<div class="cell" data-where="{escape(where(cell, notebook))}">{inside}</div>')
    label = "Solution" if mode == "solutions" else "Answer"
    inside = "\n".join(shown)
    return (
        f'<div class="solution" data-gap="{cells[0].gap}"><p class="label">{label}</p>{inside}</div>' if shown else ""
    )


def embedded(address: str, notebook: Notebook, cell: Cell) -> str:
    """A picture's address -> the picture itself, so that printing needs nothing else."""
    if address.startswith("data:"):
        return address
    if address.startswith("attachment:"):
        for kind, data in cell.attachments.get(unquote(address.removeprefix("attachment:")), {}).items():
            if kind in PASTED:
                return f"data:{kind};base64,{''.join(data.split())}"
    file = (notebook.path.parent / address).resolve()
    kind = mimetypes.guess_type(file.name)[0] or ""
    inside = notebook.path.parent.resolve().parent in file.parents
    if not kind.startswith("image/") or not inside or not file.is_file():
        raise PdfError(f"{where(cell, notebook)}: the picture {address!r} is not an image file of this course")
    return f"data:{kind};base64,{base64.b64encode(file.read_bytes()).decode()}"


def numbered(html: str, name: str) -> str:
    """Give each heading a place that a table of contents can link to."""
    count = itertools.count(1)
    return re.sub(r"<(h[1-6])>", lambda found: f'<{found[1]} id="{name}-{next(count)}">', html)


def page(parts: list[tuple[Part, str]], title: str, version: str, paper: str, styles: Styles, front: str = "") -> str:
    """The whole HTML document. Each part comes with its HTML once its formulas are set."""
    width, height = PAPERS[paper]
    sheets, bodies = [], []
    for number, (one, html) in enumerate(parts, start=1):
        sheets.append(
            f"@page part{number} {{ @top-left {{ content: {json.dumps(one.title, ensure_ascii=False)} }} "
            f"@top-right {{ content: {json.dumps(one.mode.capitalize())} }} }}\n"
            f".part{number} {{ page: part{number} }}"
        )
        name = NAME_LINE if one.mode == "worksheet" else ""
        bodies.append(f'<div class="part part{number} {one.mode}">{name}{html}</div>')
    margins = (
        f"@page {{ size: {width}mm {height}mm; margin: {MARGIN_TOP}mm {MARGIN_X}mm {MARGIN_BOTTOM}mm;\n"
        f"  @bottom-left {{ content: {json.dumps(version, ensure_ascii=False)} }} }}"
    )
    return Template(template("template.html")).substitute(
        title=escape(title),
        fonts=template("fonts.css") + styles.fonts,
        css="\n".join([template("print.css"), styles.rules, margins, *sheets]),
        front=front,
        body="\n".join(bodies),
    )


@cache
def template(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")
