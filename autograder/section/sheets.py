"""Worksheet and solutions of a section: its questions' cells as one pair of notebooks, printed like any other."""

from collections.abc import Callable
from dataclasses import replace

from autograder.pdf.document import part
from autograder.pdf.notebook import Notebook, PrintedCell
from autograder.pdf.printer import Printed, Printer, fingerprint
from autograder.pdf.spoilers import lend_outputs

from .select import Chosen

ROOM, MOST_ROOM = 6.0, 45.0  # millimetres to reckon in: for each minute of a question, and at most


def print_sheets(printer: Printer, chosen: list[Chosen], title: str) -> list[Printed]:
    """Solutions, whose heights make the room in the worksheet, then the worksheet."""
    for problem in {id(one.problem): one.problem for one in chosen}.values():
        lend_outputs(problem.student, problem.solution, problem.modules)
    worksheet = assembled(chosen, title, lambda one: one.student)
    solution = assembled(chosen, title, lambda one: one.solution)
    digest = fingerprint([worksheet, solution])
    sheets, solved = printer.one(part(solution, "solutions"), "solutions.pdf", digest)
    _, empty = printer.one(part(worksheet, "worksheet", sheets.heights), "worksheet.pdf", digest)
    return [empty, solved]


def assembled(chosen: list[Chosen], title: str, cells_of: Callable[[Chosen], tuple[PrintedCell, ...]]) -> Notebook:
    """The chosen questions' cells as one notebook. What lies between two shared cells has one gap in both notebooks."""
    cells, gap = [PrintedCell(0, "text", "markdown", f"# {title}", 0)], 1
    questions = {}
    problem = None
    for one in chosen:
        if one.problem is not problem:
            problem = one.problem
            cells.append(PrintedCell(0, "text", "markdown", f"## {problem.master.title}", gap))
            gap += 1
        told = one.problem.student.lesson
        questions[one.question.name] = told.get("questions", {}).get(one.question.name, {})
        for cell in cells_of(one):
            cells.append(replace(cell, gap=gap))
            gap += cell.role not in ("answer", "solution")
        if cells_of(one) is one.student:  # to reckon in
            cells.append(PrintedCell(0, "space", "raw", f"{min(MOST_ROOM, ROOM * one.minutes):g}", gap))
            gap += 1
    first = chosen[0].problem.student
    return Notebook(first.path, title, cells, {**first.lesson, "questions": questions})
