"""Worksheet and solutions of a section: its questions' cells as one pair of notebooks, printed like any other."""

from collections.abc import Callable
from dataclasses import replace

from autograder.pdf.document import part
from autograder.pdf.notebook import Cell, Notebook
from autograder.pdf.printer import Printed, Printer, fingerprint
from autograder.pdf.spoilers import lend_outputs

from .select import Chosen


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


def assembled(chosen: list[Chosen], title: str, cells_of: Callable[[Chosen], tuple[Cell, ...]]) -> Notebook:
    """The chosen questions' cells as one notebook. What lies between two shared cells has one gap in both notebooks."""
    cells, gap = [Cell(0, "text", "markdown", f"# {title}", 0)], 1
    questions = {}
    for one in chosen:
        told = one.problem.student.lesson
        questions[one.question.name] = told.get("questions", {}).get(one.question.name, {})
        for cell in cells_of(one):
            cells.append(replace(cell, gap=gap))
            gap += cell.role not in ("answer", "solution")
    first = chosen[0].problem.student
    return Notebook(first.path, title, cells, {**first.lesson, "questions": questions})
