"""Worksheet and solutions of a section: its questions' cells as one pair of notebooks, printed like any other."""

import base64
import re
from dataclasses import replace
from typing import Literal

from autograder.course import Section
from autograder.errors import CommandError
from autograder.pdf.document import part
from autograder.pdf.notebook import PrintedCell, PrintedNotebook
from autograder.pdf.outputs import alt_text, figure, svg_for_print
from autograder.pdf.printer import Printed, Printer, fingerprint
from autograder.pdf.spoilers import lend_outputs

from .select import HEAD, Chosen, parted, without_hints

ROOM, MOST_ROOM = 4.0, 30.0  # millimetres to reckon in: for each minute of a question, and at most
SMALL = "70%"  # of a picture's own size
PATH = re.compile(r"[◆◇] (core|more) · ")  # which says something in a whole problem only
Edition = Literal["worksheet", "solutions"]


def print_sheets(printer: Printer, chosen: list[Chosen], section: Section) -> list[Printed]:
    """Solutions, whose heights make the room in the worksheet, then the worksheet."""
    for problem in {id(one.problem): one.problem for one in chosen}.values():
        lend_outputs(problem.student, problem.solution, problem.modules)
    worksheet = assembled(chosen, section, "worksheet")
    solution = assembled(chosen, section, "solutions")
    digest = fingerprint([worksheet, solution])
    sheets, solved = printer.one(part(solution, "solutions"), "solutions.pdf", digest)
    _, empty = printer.one(part(worksheet, "worksheet", sheets.heights), "worksheet.pdf", digest)
    return [empty, solved]


def assembled(chosen: list[Chosen], section: Section, edition: Edition) -> PrintedNotebook:
    """The chosen questions' cells as one notebook. What lies between two shared cells has one gap in both editions."""
    cells, gap = [PrintedCell(0, "text", "markdown", opening(chosen, section), 0)], 1
    questions = {}
    problem = None
    for one in chosen:
        if one.problem is not problem:
            problem = one.problem
            cells.append(PrintedCell(0, "text", "markdown", f"## {problem.problem.title}", gap))
            gap += 1
        told = one.problem.student.lesson
        known = told.get("questions", {}).get(one.question.name, {})
        questions[one.question.name] = {**known, "grid": one.question.own.grid}
        for cell in one.student if edition == "worksheet" else solved(one):
            source = asked(one, cell.source, edition) if cell.kind == "markdown" and HEAD.search(cell.source) else None
            cells.append(replace(cell, gap=gap, source=cell.source if source is None else source))
            gap += cell.role not in ("answer", "solution")
        if edition == "worksheet":  # to reckon in
            cells.append(PrintedCell(0, "space", "raw", f"{min(MOST_ROOM, ROOM * one.minutes):g}", gap))
            gap += 1
    first = chosen[0].problem.student
    return PrintedNotebook(first.path, section.title, cells, {**first.lesson, "questions": questions})


def opening(chosen: list[Chosen], section: Section) -> str:
    minutes, points = sum(one.minutes for one in chosen), sum(one.question.points for one in chosen)
    told = [f"{len(chosen)} questions", f"{minutes:g} minutes with a pencil"]
    told += [f"{points:g} points"] if chosen[0].problem.student.lesson.get("points_shown", True) else []
    return f"# {section.title}\n\n{', '.join(told)}. {section.note}".rstrip()


def solved(one: Chosen) -> list[PrintedCell]:
    """The cells of a question's solution: as one writes it on the board, where the master says so."""
    if not one.question.own.board:
        return list(one.solution)
    answers = [cell for cell in one.solution if cell.role in ("answer", "solution")]
    board = replace(answers[0], role="solution", kind="markdown", source=one.question.own.board, outputs=[])
    return [board if cell is answers[0] else cell for cell in one.solution if cell is answers[0] or cell not in answers]


def asked(one: Chosen, source: str, edition: Edition) -> str:
    """A question's text, with what it stands on between its heading and itself."""
    head, text = parted(source)
    if one.question.own.board or edition == "worksheet":
        text = without_hints(text)
    shown = picture(one) if edition == "worksheet" and one.question.own.picture else ""
    return "\n\n".join(filter(None, (PATH.sub("", head).strip(), one.setting, shown, text.strip())))


def picture(one: Chosen) -> str:
    """The picture that the question names, as HTML. Raises CommandError where its problem shows none like it."""
    return figure(*pictured(one), SMALL)


def pictured(one: Chosen) -> tuple[str, str]:
    """The picture that the question names as an address, and its words."""
    wanted = one.question.own.picture
    for cell in one.problem.student.cells:
        for output in cell.outputs:
            svg = output.get("data", {}).get("image/svg+xml")
            alt = alt_text(output["data"], output.get("metadata", {}), "image/svg+xml", cell) if svg else ""
            if svg and wanted in alt:
                data = base64.b64encode(svg_for_print(svg).encode()).decode()
                return f"data:image/svg+xml;base64,{data}", alt
    raise CommandError(f"{one.problem.name}, {one.question.name}: no picture's description says {wanted!r}")
