"""Prints a course: several problems at a time, a process for each core, then the two books of all problems."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

from autograder.course import Course

from .notebook import PrintedNotebook
from .press import Press
from .printer import Printed, PrintedProblem, Printer

Map = Callable[[Callable[..., Any], Iterable[Any]], Iterable[Any]]
_printer: Printer  # of this process


def print_course(
    course: Course, paper: str, out: Path, pairs: list[tuple[PrintedNotebook, PrintedNotebook]], book: bool
) -> Iterator[Printed]:
    """Each file when it is written. `pairs`: the student notebook and the executed solution of each problem."""
    with _processes(course, paper, out, len(pairs)) as each:
        problems = []
        for problem in each(_problem, pairs):
            problems.append(problem)
            yield from problem.printed
        if book:
            yield from each(_book, [("worksheet", problems), ("solutions", problems)])


@contextmanager
def _processes(course: Course, paper: str, out: Path, problems: int) -> Iterator[Map]:
    """A `map` in several processes; one problem is printed in this one, which is there already."""
    with TemporaryDirectory() as work:
        setup = (course, paper, out, work)
        if problems == 1:
            _open(*setup)
            yield map
            return
        count = min(problems, os.cpu_count() or 1)
        with ProcessPoolExecutor(count, get_context("spawn"), _open, setup) as processes:
            yield processes.map


def _open(course: Course, paper: str, out: Path, work: str) -> None:
    global _printer
    _printer = Printer(course, Press(Path(mkdtemp(dir=work))), out, paper)


def _problem(pair: tuple[PrintedNotebook, PrintedNotebook]) -> PrintedProblem:
    return _printer.problem(*pair)


def _book(wanted: tuple[Any, list[PrintedProblem]]) -> Printed:
    return _printer.book(*wanted)
