"""Prints notebooks: solutions first, whose heights make the room for answers in the worksheets."""

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from autograder.course import Course

from . import writer
from .document import Mode, Part, part
from .formulas import MathError, settle, shorten
from .notebook import PrintedNotebook
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


@dataclass(frozen=True)
class PrintedProblem:
    """Both PDFs of a problem, and what the books of the course take from it: Typst code, and where its pictures lie."""

    printed: tuple[Printed, Printed]
    parts: dict[Mode, tuple[Part, str]]
    pictures: Path
    digest: str


class Printer:
    def __init__(self, course: Course, press: Press, out: Path, paper: str) -> None:
        self.course, self.press, self.out, self.paper = course, press, out, paper
        out.mkdir(parents=True, exist_ok=True)

    def problem(self, worksheet: PrintedNotebook, solution: PrintedNotebook) -> PrintedProblem:
        """Both PDFs of a problem."""
        lend_outputs(worksheet, solution, self.course.library.modules)
        digest = fingerprint([worksheet, solution])
        solved = self.set(part(solution, "solutions"))
        sheets, first = self.print(*solved, f"{worksheet.name}-solutions.pdf", digest)
        asked = self.set(part(worksheet, "worksheet", sheets.heights))
        _, second = self.print(*asked, f"{worksheet.name}-worksheet.pdf", digest)
        return PrintedProblem((first, second), {"solutions": solved, "worksheet": asked}, self.press.work, digest)

    def submission(self, notebook: PrintedNotebook, name: str) -> Printed:
        """What a student handed in."""
        for cell in notebook.cells:
            cell.outputs = without_widgets(cell.outputs)
        return self.one(part(notebook, "submission"), f"{name}-submission.pdf", fingerprint([notebook]))[1]

    def book(self, mode: Mode, problems: list[PrintedProblem]) -> Printed:
        """All problems in one PDF, with a table of contents."""
        for folder in {one.pictures for one in problems} - {self.press.work}:
            bring(folder, self.press.work)
        digest = hashlib.sha256("".join(one.digest for one in problems).encode()).hexdigest()[:7]
        title = f"{self.course.title} · {SUBTITLES[mode]}"
        parts = [one.parts[mode] for one in problems]
        source = writer.document(parts, title, self.masthead, self.stamp(digest), self.paper)
        front = writer.front(self.course.title, SUBTITLES[mode], self.masthead, self.stamp(digest), self.paper)
        opening = writer.head(title)
        source = source.replace(opening, f"{opening}\n{front}", 1)
        return self.write(self.press.print(source, title), f"course-{mode}.pdf")

    def one(self, made: Part, file: str, digest: str) -> tuple[Sheets, Printed]:
        """Print one part by itself into `file`."""
        return self.print(*self.set(made), file, digest)

    def set(self, made: Part) -> tuple[Part, str]:
        """A part, and its Typst code; its pictures are kept beside the press."""
        formulas = settle(made.formulas.all, self.press.faults, made.mode == "submission")
        return made, writer.Writer(formulas, made.mode, self.press.work).write(made.html)

    def print(self, made: Part, code: str, file: str, digest: str) -> tuple[Sheets, Printed]:
        """Print one part and its code into `file`."""
        lenient = made.mode == "submission"
        title = f"{made.title} · {made.label}"
        source = writer.document([(made, code)], title, self.masthead, self.stamp(digest), self.paper)
        sheets = self.press.print(source, title, lenient)
        wide = [one for one in made.formulas.all if shorten(one.tex, 2000) in sheets.wide and not lenient]
        if wide:
            raise MathError("\n".join(f"{one.where}: wider than the paper: {shorten(one.tex)}" for one in wide))
        return sheets, self.write(sheets, file)

    def write(self, sheets: Sheets, name: str) -> Printed:
        (self.out / name).write_bytes(sheets.pdf)
        return Printed(self.out / name, sheets.pages, sheets.warnings)

    @property
    def masthead(self) -> list[str]:
        """What stands at the top of a first page."""
        return [self.course.institution, self.course.title, self.course.term, ", ".join(self.course.authors)]

    def stamp(self, digest: str) -> str:
        """What the margin says of the version."""
        return " · ".join(filter(None, (self.course.short, self.course.term, digest)))


def bring(pictures: Path, here: Path) -> None:
    """Copy the pictures that are not here yet, each whole or not at all: another process may copy them from here."""
    for picture in pictures.glob(writer.PICTURES):
        if not (here / picture.name).exists():
            Path(shutil.copy(picture, here / f"new-{picture.name}")).replace(here / picture.name)


def fingerprint(notebooks: list[PrintedNotebook]) -> str:
    """Seven letters that tell one build's paper from another's."""
    sources = "\0".join(cell.source for notebook in notebooks for cell in notebook.cells)
    return hashlib.sha256(sources.encode()).hexdigest()[:7]
