"""The whole course as one PDF, with a table of contents."""

import re
from dataclasses import dataclass, replace

from autograder.course import Course

from .contents import Heading, front_page
from .document import Mode
from .engine import Engine
from .math import Styles
from .sheets import Ready, Sheets, lay

SUBTITLES: dict[Mode, str] = {"worksheet": "Worksheets", "solutions": "Solutions"}


@dataclass(frozen=True)
class Book:
    """All parts of one mode, in the course's order, each of them printed by itself before."""

    course: Course
    mode: Mode
    parts: list[Ready]
    version: str
    styles: Styles

    @property
    def title(self) -> str:
        return f"{self.course.title} · {SUBTITLES[self.mode]}"

    def lay(self, engine: Engine) -> Sheets:
        """Print until the table of contents names the pages that the headings came to stand on: mostly once."""
        guess = self.expected(engine)
        sheets = self.attempt(engine, guess)
        for _ in range(2):
            real = sheets.headings[1:]
            if [(one.title, one.page) for one in real] == [(one.title, one.page) for one in guess]:
                break
            guess = real
            sheets = self.attempt(engine, guess)
        return sheets

    def attempt(self, engine: Engine, found: list[Heading]) -> Sheets:
        bodies = [(one.part, one.html) for one in self.parts]
        return lay(engine, bodies, self.title, self.version, self.styles, self.front(found))

    def expected(self, engine: Engine) -> list[Heading]:
        """Where headings will stand: a problem is laid out in the course as it is alone, after what comes before."""
        alone = [heading for one in self.parts for heading in one.sheets.headings]
        before = lay(engine, [], self.course.title, self.version, self.styles, self.front(alone)).pages
        guess = []
        for one in self.parts:
            guess += [replace(heading, page=heading.page + before) for heading in one.sheets.headings]
            before += one.sheets.pages
        return guess

    def front(self, found: list[Heading]) -> str:
        places = [place for one in self.parts for place in ids(one.html)]
        entries = [(one, place) for one, place in zip(found, places, strict=True) if one.level in (1, 3)]
        return front_page(self.course.title, SUBTITLES[self.mode], self.version, entries)


def ids(html: str) -> list[str]:
    return re.findall(r'<h[1-6] id="([^"]+)"', html)
