"""Print worksheets and solutions as PDF: one of each per problem, and both for the whole course."""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from autograder.course import PAPERS, Course
from autograder.errors import CommandError
from autograder.progress import track
from autograder.words import counted

from .course_book import print_course
from .notebook import PrintedNotebook, read
from .press import Press
from .printer import Printed, Printer


def configure(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("problems", nargs="*", metavar="PROBLEM", help="beginning of a problem's name, (default: all, and the course)")
    add("--out", type=Path, metavar="DIR", help="where to write (default: dist/pdf)")
    add("--paper", choices=PAPERS, help="default: course.toml's")
    printed = "print what students handed in instead, for manual grading: a notebook, a zip or a folder, as for `grade`"
    add("--submission", type=Path, action="append", metavar="PATH", help=printed)
    written = "of submissions only the questions in words, in one PDF for the class, with model answers and points"
    add("--written-only", action="store_true", help=written)
    fixed = "with --written-only: the same number of pages for each student, as Gradescope wants scans"
    add("--fixed-pages", action="store_true", help=fixed)
    add("--notebooks", type=Path, metavar="DIR", help="student notebooks (default: notebooks)")
    add("--solutions", type=Path, metavar="DIR", help="executed solutions (default: dist/solutions)")


def run(args: argparse.Namespace) -> int:
    course: Course = args.course
    args.out = args.out or course.dist / "pdf"
    args.notebooks = args.notebooks or course.notebooks
    args.solutions = args.solutions or course.dist / "solutions"
    if args.written_only and not args.submission:
        raise CommandError("--written-only prints what students handed in: say which, with --submission PATH")
    if args.fixed_pages and not args.written_only:
        raise CommandError("--fixed-pages is about answers in words: say --written-only, too")
    if args.submission:
        return print_written(args) if args.written_only else print_submissions(args)
    pairs = find(args.notebooks, args.solutions, args.problems, course.order)
    start = time.perf_counter()
    book = not args.problems
    printing = print_course(course, args.paper or course.paper, args.out, pairs, book)
    report(list(track(printing, "printing", 2 * len(pairs) + 2 * book)), args.out, time.perf_counter() - start)
    return 0


def print_submissions(args: argparse.Namespace) -> int:
    """One PDF for each notebook. What cannot be printed gets a line, and the others go on."""
    from autograder.grade.intake.readers import Reader, ReaderLost

    from .limited import Children, packed
    from .submissions import Submitted
    from .submissions import find as find_submissions

    def ask(child: Reader, one: Submitted) -> tuple[str, Printed | None]:
        if one.fault:
            return one.fault, None
        told = {"told": packed(one.submission), "place": str(one.place.resolve()), "title": one.title}
        try:
            answer, next_bytes = child.ask("submission", **told)
        except ReaderLost as lost:
            return str(lost), None
        if answer["fault"]:
            return answer["fault"], None
        file = args.out / f"{one.name}-submission.pdf"
        file.write_bytes(next_bytes())
        return "", Printed(file, answer["pages"], tuple(answer["warnings"]))

    start, files, faults = time.perf_counter(), list[Printed](), 0
    found = find_submissions(args.submission, args.notebooks)
    args.out.mkdir(parents=True, exist_ok=True)
    paper = args.paper or args.course.paper
    with TemporaryDirectory() as work, Children(args.course, paper, args.notebooks, Path(work)) as children:
        for one, (fault, printed) in zip(found, track(children.map(ask, found), "printing", len(found)), strict=True):
            files += [printed] if printed else []
            if fault:
                faults += 1
                print(f"{one.submission.source}: not printed: {' '.join(fault.split())[:300]}", file=sys.stderr)
        report(files, args.out, time.perf_counter() - start)
    return 1 if faults else 0


def print_written(args: argparse.Namespace) -> int:
    """One PDF of all answers in words. What cannot be read gets a line, and the others are printed."""
    from .limited import Children
    from .submissions import handed_in
    from .written import print_class

    start, course, paper = time.perf_counter(), args.course, args.paper or args.course.paper
    found = [one for path in args.submission for one in handed_in(path, [m.stem for m in course.masters()])]
    with (
        open_printer(course, paper, args.out) as printer,
        TemporaryDirectory() as work,
        Children(course, paper, args.notebooks, Path(work)) as children,
    ):
        printed, faults = print_class(printer, children, found, args.fixed_pages)
    for fault in faults:
        print(fault, file=sys.stderr)
    report([printed], args.out, time.perf_counter() - start)
    return 1 if faults else 0


def find(
    notebooks: Path, solutions: Path, wanted: list[str], order: Callable[[str], Any] = str
) -> list[tuple[PrintedNotebook, PrintedNotebook]]:
    """The student notebook and the executed solution of each problem, in the course's order."""
    files = sorted(notebooks.glob("*.ipynb"), key=lambda file: order(file.stem))
    if not files:
        raise CommandError(f"There are no notebooks in {notebooks}. Run `make build` first.")
    for name in wanted:
        if not any(file.stem.startswith(name) for file in files):
            raise CommandError(f"No problem is called {name!r}. There are: {', '.join(file.stem for file in files)}.")
    chosen = [file for file in files if not wanted or any(file.stem.startswith(name) for name in wanted)]
    pairs = []
    for file in chosen:
        solution = solutions / file.name
        if not solution.exists():
            raise CommandError(f"{solution} is missing. Run `make build` first.")
        pairs.append((read(file), read(solution)))
    return pairs


def report(files: list[Printed], out: Path, seconds: float) -> None:
    for file in sorted(files, key=lambda file: (file.path.name.startswith("course"), file.path.name)):
        print(f"{file.path.name:44} {file.pages:3} pages")
        for warning in file.warnings:
            print(f"{file.path.name}: {warning}", file=sys.stderr)
    took = f" in {seconds:.1f} s" if seconds else ""
    print(f"{counted(len(files), 'PDF')} in {out}{took}")


@contextmanager
def open_printer(course: Course, paper: str, out: Path) -> Iterator[Printer]:
    """A printer with a folder of its own for pictures."""
    with TemporaryDirectory() as work:
        yield Printer(course, Press(Path(work)), out, paper)
