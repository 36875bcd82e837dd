"""Prints notebooks: solutions first, whose heights make the room for answers in the worksheets."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.course import Course

from . import writer
from .document import Mode, Part, part
from .formulas import MathError, settle, shorten
from .notebook import Notebook
from .outputs import without_widgets
from .press import Press, Sheets
from .spoilers import lend_outputs

SUBTITLES: dict[Mode, str] = {"worksheet": "Worksheets", "solutions": "Solutions"}


@dataclass(frozen=True)
class Printed:
    """A file that can be handed out. `warnings`: what a reader will not see on it."""

    path: Path
    pages: int
    warnings: tuple[str, ...] = ()


class Printer:
    def __init__(self, course: Course, press: Press, out: Path, paper: str) -> None:
        self.course, self.press, self.out, self.paper = course, press, out, paper
        self.parts: dict[Mode, list[tuple[Part, str]]] = {"worksheet": [], "solutions": []}
        self.digests: list[str] = []
        out.mkdir(parents=True, exist_ok=True)

    def problem(self, worksheet: Notebook, solution: Notebook) -> Iterator[Printed]:
        """Both PDFs of a problem."""
        lend_outputs(worksheet, solution, self.course.library.modules)
        digest = fingerprint([worksheet, solution])
        self.digests.append(digest)
        sheets, printed = self.one(part(solution, "solutions"), f"{worksheet.name}-solutions.pdf", digest)
        yield printed
        _, printed = self.one(part(worksheet, "worksheet", sheets.heights), f"{worksheet.name}-worksheet.pdf", digest)
        yield printed

    def submission(self, notebook: Notebook, name: str) -> Printed:
        """What a student handed in."""
        for cell in notebook.cells:
            cell.outputs = without_widgets(cell.outputs)
        return self.one(part(notebook, "submission"), f"{name}-submission.pdf", fingerprint([notebook]))[1]

    def book(self) -> Iterator[Printed]:
        """Both PDFs of all the problems that were printed, each with a table of contents."""
        digest = hashlib.sha256("".join(self.digests).encode()).hexdigest()[:7]
        for mode, parts in self.parts.items():
            title = f"{self.course.title} · {SUBTITLES[mode]}"
            source = writer.document(parts, title, self.masthead, self.stamp(digest), self.paper)
            front = writer.front(self.course.title, SUBTITLES[mode], self.masthead, self.stamp(digest), self.paper)
            opening = writer.head(title)
            source = source.replace(opening, f"{opening}\n{front}", 1)
            yield self.write(self.press.print(source, title), f"course-{mode}.pdf")

    def one(self, made: Part, file: str, digest: str) -> tuple[Sheets, Printed]:
        """Print one part by itself into `file`."""
        lenient = made.mode == "submission"
        formulas = settle(made.formulas.all, self.press.faults, lenient)
        code = writer.Writer(formulas, made.mode, self.press.work).write(made.html)
        title = f"{made.title} · {made.label}"
        source = writer.document([(made, code)], title, self.masthead, self.stamp(digest), self.paper)
        sheets = self.press.print(source, title, lenient)
        wide = [one for one in made.formulas.all if shorten(one.tex, 2000) in sheets.wide and not lenient]
        if wide:
            raise MathError("\n".join(f"{one.where}: wider than the paper: {shorten(one.tex)}" for one in wide))
        if made.mode in self.parts:
            self.parts[made.mode].append((made, code))
        return sheets, self.write(sheets, file)

    def write(self, sheets: Sheets, name: str) -> Printed:
        (self.out / name).write_bytes(sheets.pdf)
        return Printed(self.out / name, sheets.pages, sheets.warnings)

    @property
    def masthead(self) -> list[str]:
        """What stands at the top of a first page."""
        return [self.course.institution, self.course.title, self.course.term]

    def stamp(self, digest: str) -> str:
        """What the margin says of the version."""
        return " · ".join(filter(None, (self.course.short, self.course.term, digest)))


def fingerprint(notebooks: list[Notebook]) -> str:
    """Seven letters that tell one build's paper from another's."""
    sources = "\0".join(cell.source for notebook in notebooks for cell in notebook.cells)
    return hashlib.sha256(sources.encode()).hexdigest()[:7]
