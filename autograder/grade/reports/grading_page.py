"""A page beside each sheet for who grades: the question, a model answer, the rubric, every answer as it is meant."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from .catalog import Catalog
from .files import replace
from .marks import Marking
from .pages import render
from .sheets import SheetEntry, Sheets, place
from .typesetting import typeset_all


@dataclass(frozen=True)
class ShownAnswer:
    """An answer on the page. `html` is None for a text that could not be typeset in time."""

    id: str
    who: str
    file: str
    given: float | None
    note: str
    typed: str
    html: Markup | None


def write_pages(marking: Marking, out: Path, sheets: Sheets, anonymous: bool) -> None:
    """`written/ASSIGNMENT/QUESTION.html` for every sheet. `anonymous`: without names, in an order that says nothing."""
    catalog = marking.catalog
    texts = [entry.mark.answer for entries in sheets.values() for entry in entries]
    for assignment, question in sheets:
        if asked := catalog.find(assignment, question):
            texts += [asked.text, asked.answer, asked.rubric]
    html = typeset_all(texts)
    for (assignment, question), entries in sheets.items():
        page = _page(assignment, question, entries, catalog, html, anonymous)
        replace(place(out, assignment, question, "html"), page)


def _page(
    assignment: str,
    question: str,
    entries: list[SheetEntry],
    catalog: Catalog,
    html: Mapping[str, Markup],
    anonymous: bool,
) -> str:
    asked = catalog.find(assignment, question)
    answers = [_answer(entry, html, anonymous) for entry in entries]
    return render(
        "grading.html",
        title=f"{catalog.assignment(assignment)}: {catalog.question(assignment, question)}",
        points=asked.points if asked else None,
        parts=_parts(asked.text, asked.answer, asked.rubric, html) if asked else [],
        answers=sorted(answers, key=lambda a: a.who) if anonymous else answers,
        table=place(Path(), assignment, question, "csv").name,
    )


def _parts(text: str, answer: str, rubric: str, html: Mapping[str, Markup]) -> list[tuple[str, Markup | str]]:
    found = {"Question": text, "A model answer": answer, "How to give points": rubric}
    return [(title, html.get(part, part)) for title, part in found.items() if part.strip()]


def _answer(entry: SheetEntry, html: Mapping[str, Markup], anonymous: bool) -> ShownAnswer:
    who = entry.line.id if anonymous else entry.line.student
    file = "" if anonymous else entry.marks.row.submission
    mark = entry.mark
    return ShownAnswer(entry.line.id, who, file, mark.given, mark.note, mark.answer, html.get(mark.answer))
