"""To finish and check a PDF takes as long as to print it: other processes do it while the next one is printed."""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from .check import inspect
from .finish import finish


@dataclass(frozen=True)
class Printed:
    """A file that can be handed out."""

    path: Path
    pages: int


def deliver(pdf: bytes, titles: list[str], title: str, version: str, paper: str, path: Path) -> Printed:
    """Write the finished PDF, or raise PdfError and write nothing."""
    content = finish(pdf, title, version, titles)
    facts = inspect(content, paper, path.name)
    path.write_bytes(content)
    return Printed(path, facts.pages)


def processes() -> ProcessPoolExecutor:
    """Where `deliver` runs. Not forked: the engine's connection to its browser must not be copied."""
    return ProcessPoolExecutor(2, mp_context=get_context("spawn"))
