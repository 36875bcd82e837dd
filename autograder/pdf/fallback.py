"""Prints where there is no browser: the same parts through Typst, which pip alone provides."""

import shutil
from concurrent.futures import ProcessPoolExecutor
from html import escape
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

from autograder.course import Course

from . import typst as writer
from .book import SUBTITLES
from .contents import titles
from .document import Part
from .markdown import put_back
from .math import FORMULA
from .notebook import PdfError
from .printer import Printer
from .sheets import Sheets
from .vector import VectorSetter

SHEET = Path(__file__).parent / "sheet.typ"


class TypstPrinter(Printer):
    """Like Printer; a part is set as Typst code."""

    def __init__(self, course: Course, paper: str, out: Path, pool: ProcessPoolExecutor, work: str, why: str) -> None:
        try:
            import typst
        except ImportError:
            raise PdfError(why or "The package typst is missing. Run `make setup`.") from None
        import matplotlib

        self.version = version_of("typst")
        self.work = Path(work)
        shutil.copy(SHEET, self.work)
        fonts: list[Any] = [Path(matplotlib.get_data_path()) / "fonts" / "ttf"]
        (self.work / "main.typ").touch()
        self.compiler = typst.Compiler(
            self.work / "main.typ", root=self.work, font_paths=fonts, ignore_system_fonts=True
        )
        self.error = typst.TypstError
        self.math = VectorSetter(self.work)
        self.start(course, out, paper, pool)

    def set(self, made: Part) -> str:
        formulas = self.math.set(made.formulas.all, lenient=made.mode == "submission")
        return writer.Writer(formulas, made.mode, self.work).write(made.html)

    def print(self, parts: list[tuple[Part, str]], title: str, digest: str, front: str = "") -> Sheets:
        source = self.work / "main.typ"
        source.write_text(writer.document(parts, title, self.stamp(digest), self.paper, front), encoding="utf-8")
        # the standard refuses headings that skip a level, as a student's may
        strict = all(part.mode != "submission" for part, _ in parts)
        try:
            standards: Any = ["ua-1"] if strict else []
            made: Any = self.compiler.compile_with_warnings(format="pdf", pdf_standards=standards)
            printed, warnings = made
            heights = self.heights()
        except self.error as error:
            raise PdfError(f"{title}: typst: {error.message} {' '.join(error.hints)}") from None
        if warnings and strict:  # something may have been left out
            raise PdfError("\n".join(f"{title}: typst: {one.message}" for one in warnings))
        return Sheets(printed, ([self.course.title] if front else []) + self.titles(parts), heights)

    def heights(self) -> dict[str, float]:
        import json

        found: dict[str, float] = {}
        for gap, points in json.loads(self.compiler.query("<height>", field="value")):
            found[gap] = found.get(gap, 0) + points / writer.POINTS
        return found

    def titles(self, parts: list[tuple[Part, str]]) -> list[str]:
        """As the browser's: a formula in a heading is written as its TeX."""
        found = []
        for part, _ in parts:
            said = [f'<span role="img" aria-label="{FORMULA}{escape(one.tex)}"></span>' for one in part.formulas.all]
            found += titles(put_back(part.html, said))
        return found

    def book(self) -> None:
        digest = self.whole()
        for mode, parts in self.parts.items():
            front = writer.front(self.course.title, SUBTITLES[mode], self.stamp(digest))
            title = f"{self.course.title} · {SUBTITLES[mode]}"
            bodies = [(one.part, one.html) for one in parts]
            self.send(self.print(bodies, title, digest, front), title, digest, f"course-{mode}.pdf")
