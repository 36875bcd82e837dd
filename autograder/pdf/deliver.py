"""To finish and check a PDF takes as long as to print it: other processes do it while the next one is printed."""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from multiprocessing import get_context
from pathlib import Path

from .check import inspect
from .contents import Heading, headings, page_count
from .finish import finish
from .notebook import PdfError


@dataclass(frozen=True)
class Printed:
    """A file that can be handed out."""

    path: Path
    pages: int


@dataclass(frozen=True)
class Sheets:
    """What an engine printed: not yet finished. `titles` are its headings', `heights` its answers'."""

    pdf: bytes
    titles: list[str]
    heights: dict[str, float]

    @cached_property
    def headings(self) -> list[Heading]:
        found = headings(self.pdf)
        if len(found) != len(self.titles):
            raise PdfError(f"{len(self.titles)} headings became {len(found)} bookmarks")
        return [replace(one, title=title) for one, title in zip(found, self.titles, strict=True)]

    @cached_property
    def pages(self) -> int:
        return page_count(self.pdf)


def deliver(pdf: bytes, titles: list[str], title: str, version: str, paper: str, path: Path) -> Printed:
    """Write the finished PDF, or raise PdfError and write nothing."""
    content = finish(pdf, title, version, titles)
    facts = inspect(content, paper, path.name)
    path.write_bytes(content)
    return Printed(path, facts.pages)


def processes() -> ProcessPoolExecutor:
    """Where `deliver` runs. Not forked: the engine's connection to its browser must not be copied."""
    return ProcessPoolExecutor(2, mp_context=get_context("spawn"))
