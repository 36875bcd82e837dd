"""Print worksheets and solutions as PDF: one of each per problem, and both for the whole course."""

import argparse
import hashlib
import re
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from autograder.progress import track

from . import boxes
from .contents import Heading, front_page, titles
from .deliver import Printed, Sheets, deliver, processes
from .document import ROOT, Mode, Part, course_version, numbered, page, part
from .engine import PAPERS, Engine, NoBrowser, folder, open_engine
from .fonts import Fonts
from .math import FONTS, MathSetter, mathjax_folder
from .notebook import Notebook, PdfError, read
from .spoilers import lend_outputs

COURSE = "Convolutional neural networks"
SUBTITLES: dict[Mode, str] = {"worksheet": "Worksheets", "solutions": "Solutions"}


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "problems",
        nargs="*",
        metavar="PROBLEM",
        help="beginning of a problem's name, e.g. p1 (default: all, and the course)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=ROOT / "dist" / "pdf",
        metavar="DIR",
        help="where to write (default: dist/pdf)",
    )
    parser.add_argument(
        "--engine",
        choices=("browser", "typst"),
        help="what prints (default: a browser if there is one, else typst)",
    )
    parser.add_argument("--paper", choices=PAPERS, default="a4", help="default: a4")
    parser.add_argument(
        "--submission",
        type=Path,
        action="append",
        metavar="PATH",
        help="print what students handed in instead, for manual grading: a notebook, a zip or a folder, as for `grade`",
    )
    parser.add_argument(
        "--notebooks",
        type=Path,
        default=ROOT / "notebooks",
        metavar="DIR",
        help="student notebooks (default: notebooks)",
    )
    parser.add_argument(
        "--solutions",
        type=Path,
        default=ROOT / "dist" / "solutions",
        metavar="DIR",
        help="executed solutions (default: dist/solutions)",
    )


def run(args: argparse.Namespace) -> int:
    try:
        if args.submission:
            return print_submissions(args)
        pairs = find(args.notebooks, args.solutions, args.problems)
        start = time.perf_counter()
        with open_printer(args.paper, args.out, args.engine) as printer:
            for worksheet, solution in track(pairs, "printing"):
                printer.problem(worksheet, solution)
            if not args.problems:
                printer.course()
            files = printer.files()
        report(files, args.out, time.perf_counter() - start)
    except PdfError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def print_submissions(args: argparse.Namespace) -> int:
    """One PDF for each notebook. What cannot be printed gets a line, and the others go on."""
    from .submissions import find as find_submissions

    start, faults = time.perf_counter(), 0
    found = find_submissions(args.submission, args.notebooks)
    with open_printer(args.paper, args.out, args.engine) as printer:
        for one in track(found, "printing"):
            fault = one.fault or (one.notebook and attempt(printer, one.notebook, one.name))
            if fault:
                faults += 1
                print(f"{one.source}: not printed: {fault}", file=sys.stderr)
        report(printer.files(), args.out, time.perf_counter() - start)
    return 1 if faults else 0


def attempt(printer: "Printer", notebook: Notebook, name: str) -> str:
    """Print one submission; return why it could not be done, or ''."""
    try:
        printer.submission(notebook, name)
    except Exception as error:  # a student's file may hold anything, and the next one is another student's
        said = str(error).strip() or type(error).__name__
        return " ".join(said.split())[:300]
    return ""


def find(notebooks: Path, solutions: Path, wanted: list[str]) -> list[tuple[Notebook, Notebook]]:
    """The student notebook and the executed solution of each problem, in the course's order."""
    files = sorted(notebooks.glob("*.ipynb"))
    if not files:
        raise PdfError(f"There are no notebooks in {notebooks}. Run `make build` first.")
    for name in wanted:
        if not any(file.stem.startswith(name) for file in files):
            raise PdfError(f"No problem is called {name!r}. There are: {', '.join(file.stem for file in files)}.")
    chosen = [file for file in files if not wanted or any(file.stem.startswith(name) for name in wanted)]
    pairs = []
    for file in chosen:
        solution = solutions / file.name
        if not solution.exists():
            raise PdfError(f"{solution} is missing. Run `make build` first.")
        pairs.append((read(file), read(solution)))
    return pairs


def report(files: list[Printed], out: Path, seconds: float) -> None:
    for file in files:
        print(f"{file.path.name:44} {file.pages:3} pages")
    took = f" in {seconds:.1f} s" if seconds else ""
    print(f"{len(files)} PDFs in {out}{took}")


@dataclass(frozen=True)
class Ready:
    """A part that was printed by itself, kept for the course."""

    part: Part
    html: str
    sheets: Sheets


@contextmanager
def open_printer(paper: str, out: Path, wanted: str | None = None) -> Iterator["Printer"]:
    """One engine for everything that is printed: a browser, else typst. The last error says what to install."""
    with ExitStack() as stack:
        pool = stack.enter_context(processes())
        try:
            if wanted == "typst":
                raise NoBrowser("")
            engine = stack.enter_context(open_engine(paper))
            print(f"printing with {engine.program} {engine.version}")
            printer = Printer(engine, out, pool)
        except NoBrowser as error:
            if wanted == "browser":
                raise
            from .fallback import TypstPrinter

            printer = TypstPrinter(paper, out, pool, stack.enter_context(TemporaryDirectory()), str(error))
            why = str(error).split(". ")[0]
            print(f"printing with typst {printer.version}" + (f" ({why})" if why else ""))
        yield printer


class Printer:
    def __init__(self, engine: Engine, out: Path, pool: ProcessPoolExecutor) -> None:
        import matplotlib

        mathjax = mathjax_folder()
        engine.files["/mathjax/fonts/"] = Fonts(mathjax / FONTS, ROOT / "dist" / ".cache").read
        engine.files["/mathjax/"] = folder(mathjax)
        engine.files["/fonts/"] = folder(Path(matplotlib.get_data_path()) / "fonts" / "ttf")
        self.engine = engine
        self.math = MathSetter(engine)
        self.start(out, engine.paper, pool)

    def start(self, out: Path, paper: str, pool: ProcessPoolExecutor) -> None:
        self.out, self.paper, self.pool = out, paper, pool
        self.sent: list[Future[Printed]] = []
        self.parts: dict[Mode, list[Ready]] = {"worksheet": [], "solutions": []}
        self.digests: list[str] = []
        out.mkdir(parents=True, exist_ok=True)

    def problem(self, worksheet: Notebook, solution: Notebook) -> None:
        """Solutions first: their heights make the boxes of the worksheet."""
        lend_outputs(worksheet, solution)
        digest = fingerprint([worksheet, solution])
        self.digests.append(digest)
        heights = self.one(part(solution, "solutions"), worksheet.name, digest)
        self.one(part(worksheet, "worksheet", heights), worksheet.name, digest)

    def submission(self, notebook: Notebook, name: str) -> None:
        self.one(part(notebook, "submission"), name, fingerprint([notebook]))
        if fault := self.sent[-1].exception():
            self.sent.pop()
            raise fault

    def files(self) -> list[Printed]:
        """What was written; waits for it, and raises what was wrong with one."""
        return [one.result() for one in self.sent]

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
        self.sent.append(self.pool.submit(deliver, sheets.pdf, sheets.titles, title, stamp(digest), *where))

    def whole(self) -> str:
        return hashlib.sha256("".join(self.digests).encode()).hexdigest()[:7]

    def course(self) -> None:
        digest = self.whole()
        for mode, parts in self.parts.items():
            name = f"course-{mode}.pdf"
            title = f"{COURSE} · {SUBTITLES[mode]}"
            bodies = [(one.part, one.html) for one in parts]
            guess = self.expected(mode, digest)
            sheets = self.print(bodies, title, digest, front=self.front(mode, guess, digest))
            for _ in range(2):
                real = sheets.headings[1:]
                if [(one.title, one.page) for one in real] == [(one.title, one.page) for one in guess]:
                    break
                guess = real
                sheets = self.print(bodies, title, digest, front=self.front(mode, guess, digest))
            self.send(sheets, title, digest, name)

    def expected(self, mode: Mode, digest: str) -> list[Heading]:
        """Where headings will stand: a problem is laid out in the course as it is alone, after what comes before."""
        alone = [heading for one in self.parts[mode] for heading in one.sheets.headings]
        front = self.print([], COURSE, digest, front=self.front(mode, alone, digest))
        before, guess = front.pages, []
        for one in self.parts[mode]:
            guess += [replace(heading, page=heading.page + before) for heading in one.sheets.headings]
            before += one.sheets.pages
        return guess

    def front(self, mode: Mode, found: list[Heading], digest: str) -> str:
        places = [place for one in self.parts[mode] for place in ids(one.html)]
        entries = [(one, place) for one, place in zip(found, places, strict=True) if one.level in (1, 3)]
        return front_page(COURSE, SUBTITLES[mode], stamp(digest), entries)

    def set(self, made: Part) -> str:
        from .markdown import put_back

        return put_back(made.html, self.math.set(made.formulas.all, lenient=made.mode == "submission"))

    def print(self, parts: list[tuple[Part, str]], title: str, digest: str, front: str = "") -> Sheets:
        html = page(parts, title, stamp(digest), self.paper, self.math, front)
        printed, said = self.engine.print(html, boxes.MEASURE)
        faults = [f"{where}: wider than the paper: {what}: {words}" for where, what, words in said["outside"]]
        faults += [f"{where}: a picture cannot be shown: {alt}" for where, alt in said["broken"]]
        if faults and parts and parts[0][0].mode != "submission":
            raise PdfError("\n".join(faults))
        return Sheets(printed, titles(html), said["heights"])


def stamp(digest: str) -> str:
    """What the margin says of the version."""
    return f"{course_version()} · {digest}"


def ids(html: str) -> list[str]:
    return re.findall(r'<h[1-6] id="([^"]+)"', html)


def fingerprint(notebooks: list[Notebook]) -> str:
    """Seven letters that tell one build's paper from another's."""
    sources = "\0".join(cell.source for notebook in notebooks for cell in notebook.cells)
    return hashlib.sha256(sources.encode()).hexdigest()[:7]
