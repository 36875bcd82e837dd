"""Cells -> HTML: a notebook as worksheet, as solutions or as a submission."""

import base64
import mimetypes
import re
from dataclasses import dataclass, field
from html import escape
from itertools import groupby
from typing import Any, Literal
from urllib.parse import unquote

from autograder.errors import CommandError
from autograder.words import counted

from . import outputs
from .boxes import blanks, pieces, room, signature
from .editions import on_paper
from .formulas import Formulas
from .markdown import code_block, render
from .notebook import GUESS_TAG, PROMPT, PrintedCell, PrintedNotebook, imports_only

Mode = Literal["worksheet", "solutions", "submission", "plan"]
LABELS = {"solutions": "Solution", "submission": "Answer"}
MARKS = re.compile(  # of a question, or of a section that can wait
    r"<h(?P<level>[23])>(?P<heading>.*?)</h(?P=level)>\s*<p><em>(?P<marks>[^<]*\bminutes?\b[^<]*|◇ more)</em></p>"
)
HEADED = re.compile(r"^#{1,6} +(\S+) · ", re.MULTILINE)
RECAP = re.compile(r"#+ +What to remember\b")  # it answers half of the questions: not on the sheet to fill in
PASTED = ("image/png", "image/jpeg", "image/gif", "image/webp")


@dataclass
class Part:
    """One notebook's HTML, its formulas still to be set."""

    title: str
    mode: Mode
    html: str
    formulas: Formulas = field(repr=False)
    kind: str = ""

    @property
    def label(self) -> str:
        """What stands at the top right."""
        return self.kind or self.mode.capitalize()


def part(notebook: PrintedNotebook, mode: Mode, heights: dict[str, float] | None = None) -> Part:
    """A notebook's cells as HTML. `heights`: of the printed solutions, by gap, for the boxes of a worksheet."""
    formulas = Formulas()
    pieces: list[str] = []
    before: PrintedCell | None = None
    question: dict[str, Any] = {}  # what the build says of the one that we are in
    for (gap, answers), run in groupby(
        notebook.cells, key=lambda cell: (cell.gap, cell.role in ("answer", "solution"))
    ):
        cells = list(run)
        if not answers:
            for asked in filter(None, (HEADED.findall(c.source) for c in cells if c.kind == "markdown")):
                question = next(
                    (q for q in notebook.lesson.get("questions", {}).values() if q.get("part") in asked), {}
                )
            shown = [cell for cell in cells if mode != "worksheet" or not RECAP.match(cell.source)]
            pieces += [plain_cell(cell, notebook, mode, formulas) for cell in shown]
            before = cells[-1]
            continue
        if mode != "submission" and before and before.kind == "markdown" and pieces[-1]:
            pieces[-1] = f'<div class="question">{pieces[-1]}</div>'  # not parted from its answer
        if mode == "worksheet":
            pieces.append(
                empty_boxes(cells, notebook, formulas, (heights or {}).get(str(gap)), str(question.get("grid", "")))
            )
        else:
            pieces.append(filled_box(cells, notebook, mode, formulas))
        before = cells[-1]
    html = marked("\n".join(filter(None, pieces)), notebook)
    if mode == "submission" and "<h1" not in html:  # a student may have deleted everything
        html = f"<h1>{escape(notebook.title)}</h1>\n{html}"
    return Part(notebook.title, mode, html, formulas)


def marked(html: str, notebook: PrintedNotebook) -> str:
    """Minutes and points of a question beside its heading; in the notebook they stand in a line below it."""
    shown = notebook.lesson.get("questions", {}) if notebook.lesson.get("points_shown", True) else {}
    points = {str(q.get("part")): q.get("points") for q in shown.values()}

    def beside(found: re.Match[str]) -> str:
        worth = points.get(found["heading"].split(" ")[0]) if "minute" in found["marks"] else None
        told = [mark for mark in found["marks"].split(" · ") if not mark.startswith("difficulty")]
        told += [counted(worth, "point")] if worth else []
        return headed(told, found["heading"], int(found["level"]))

    return MARKS.sub(beside, html)


def headed(told: list[str], heading: str, level: int = 3) -> str:
    """A question's heading with what is told beside it."""
    return f'<div class="headed"><aside>{"|".join(told)}</aside><h{level}>{heading}</h{level}></div>'


def where(cell: PrintedCell, notebook: PrintedNotebook) -> str:
    return f"{notebook.where}, cell {cell.number}"


def plain_cell(cell: PrintedCell, notebook: PrintedNotebook, mode: Mode, formulas: Formulas) -> str:
    if cell.role == "plumbing" or (cell.kind == "code" and mode != "submission" and imports_only(cell.source, False)):
        return ""
    if cell.role == "space":
        return f'<div class="space" data-height="{float(cell.source)}"></div>'
    if cell.kind == "markdown":
        inside = markdown(cell, notebook, mode, formulas, hints=mode == "solutions")
    else:
        inside = code(cell, notebook, formulas, hidden=cell.draws and mode != "submission")
    return f'<div class="cell">{inside}</div>' if inside else ""


def markdown(cell: PrintedCell, notebook: PrintedNotebook, mode: Mode, formulas: Formulas, hints: bool) -> str:
    def picture(address: str) -> str:
        try:
            return embedded(address, notebook, cell)
        except CommandError:
            if mode == "submission":
                return ""  # the picture's words are printed in its place
            raise

    text = cell.source if mode == "submission" else on_paper(cell.source)
    return render(text, formulas, where(cell, notebook), hints, picture)


def code(cell: PrintedCell, notebook: PrintedNotebook, formulas: Formulas, hidden: bool = False) -> str:
    """A cell's code, unless it is `hidden`, and what it printed and drew."""
    source = cell.source.strip("\n")
    shown = code_block(source) if source.strip() and not source.startswith("%%") and not hidden else ""
    return shown + outputs.render(cell, formulas, where(cell, notebook))


def empty_boxes(
    cells: list[PrintedCell], notebook: PrintedNotebook, formulas: Formulas, height: float | None, grid: str = ""
) -> str:
    """What a student fills in: boxes for numbers, or what there is to start from and lines to write on.

    `grid` is the size of a table to fill in, such as "4x6".
    """
    boxes = []
    asked = [
        (cell, piece) for cell in cells for piece in (pieces(cell.source) if cell.kind == "code" else [cell.source])
    ]
    for cell, source in asked:
        fields = blanks(source, "" if GUESS_TAG in cell.tags else grid) if cell.kind == "code" else []
        if fields:
            inside = "".join(f'<div class="fill-in" {field.attributes}></div>' for field in fields)
            small = len(fields) > 1 and all(field.is_small for field in fields)
            boxes.append(f'<div class="boxes{" small" if small else ""}">{inside}</div>')
            continue
        prompt = code_block(signature(source)) if cell.kind == "code" else ""
        if cell.kind == "markdown" and source.strip() != PROMPT:
            prompt = markdown(cell, notebook, "worksheet", formulas, hints=False)
        lines = source.count("\n") + 1 if cell.kind == "code" else 0
        space = room(height, lines, len(asked))
        boxes.append(f'<div class="answer">{prompt}<div class="room" data-height="{space}"></div></div>')
    return f'<div class="together">{"".join(boxes)}</div>' if len(boxes) > 1 else "".join(boxes)


def filled_box(cells: list[PrintedCell], notebook: PrintedNotebook, mode: Mode, formulas: Formulas) -> str:
    """A solution or a student's answer, shaded, without the prompt that otter leaves beside a written solution."""
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
        shown.append(f'<div class="cell">{inside}</div>')
    inside = "\n".join(shown)
    return f'<div class="solution" data-gap="{cells[0].gap}">{inside}</div>' if shown else ""


def embedded(address: str, notebook: PrintedNotebook, cell: PrintedCell) -> str:
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
        raise CommandError(f"{where(cell, notebook)}: the picture {address!r} is not an image file of this course")
    return f"data:{kind};base64,{base64.b64encode(file.read_bytes()).decode()}"
