"""Prints notebooks with a browser: one part after the other here, finishing them in other processes."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from pathlib import Path

from autograder.course import Course

from .book import Book
from .deliver import Printed, deliver
from .document import Mode, Part, numbered, part
from .engine import Engine
from .markdown import put_back
from .math import MathSetter
from .notebook import Notebook
from .sheets import Ready, Sheets, lay, serve
from .spoilers import lend_outputs


class Printer:
    def __init__(self, course: Course, engine: Engine, out: Path, pool: ProcessPoolExecutor) -> None:
        serve(engine, course.dist / ".cache")
        self.engine = engine
        self.math = MathSetter(engine)
        self.start(course, out, engine.paper, pool)

    def start(self, course: Course, out: Path, paper: str, pool: ProcessPoolExecutor) -> None:
        self.course, self.out, self.paper, self.pool = course, out, paper, pool
        self.sent: list[Future[Printed]] = []
        self.parts: dict[Mode, list[Ready]] = {"worksheet": [], "solutions": []}
        self.digests: list[str] = []
        out.mkdir(parents=True, exist_ok=True)

    def problem(self, worksheet: Notebook, solution: Notebook) -> None:
        """Solutions first: their heights make the boxes of the worksheet."""
        lend_outputs(worksheet, solution, self.course.library.modules)
        digest = fingerprint([worksheet, solution])
        self.digests.append(digest)
        heights = self.one(part(solution, "solutions"), worksheet.name, digest)
        self.one(part(worksheet, "worksheet", heights), worksheet.name, digest)

    def submission(self, notebook: Notebook, name: str) -> Printed:
        """Print what a student handed in, and wait until it is written."""
        self.one(part(notebook, "submission"), name, fingerprint([notebook]))
        return self.sent.pop().result()

    def book(self) -> None:
        """Both PDFs of all the problems that were printed. The one that takes longer to finish comes first."""
        digest = self.whole()
        for mode in ("solutions", "worksheet"):
            book = Book(self.course, mode, self.parts[mode], self.stamp(digest), self.math.styles)
            self.send(book.lay(self.engine), book.title, digest, f"course-{mode}.pdf")

    def written(self, wait: bool = False) -> Iterator[Printed]:
        """The files that were written since the last call; to `wait` gives the others too. Raises what was wrong."""
        for one in as_completed(self.sent) if wait else [one for one in self.sent if one.done()]:
            yield one.result()
            self.sent.remove(one)

    def one(self, made: Part, name: str, digest: str) -> dict[str, float]:
        """Print one part by itself; return the heights of its solutions."""
        html = numbered(self.set(made), f"part{len(self.digests)}")
        title = f"{made.title} · {made.mode.capitalize()}"
        sheets = self.print([(made, html)], title, digest)
        self.send(sheets, title, digest, f"{name}-{made.mode}.pdf")
        if made.mode in self.parts:
            self.parts[made.mode].append(Ready(made, html, sheets))
        return sheets.heights

    def send(self, sheets: Sheets, title: str, digest: str, name: str) -> None:
        """Finish, check and write in another process."""
        where = (self.paper, self.out / name)
        self.sent.append(self.pool.submit(deliver, sheets.pdf, sheets.titles, title, self.stamp(digest), *where))

    def set(self, made: Part) -> str:
        return put_back(made.html, self.math.set(made.formulas.all, lenient=made.mode == "submission"))

    def print(self, parts: list[tuple[Part, str]], title: str, digest: str) -> Sheets:
        return lay(self.engine, parts, title, self.stamp(digest), self.math.styles)

    def stamp(self, digest: str) -> str:
        """What the margin says of the version."""
        return " · ".join(filter(None, (self.course.short, self.course.term, digest)))

    def whole(self) -> str:
        return hashlib.sha256("".join(self.digests).encode()).hexdigest()[:7]


def fingerprint(notebooks: list[Notebook]) -> str:
    """Seven letters that tell one build's paper from another's."""
    sources = "\0".join(cell.source for notebook in notebooks for cell in notebook.cells)
    return hashlib.sha256(sources.encode()).hexdigest()[:7]
