"""Grade submissions: student code runs in a sandbox, the verdict is computed outside it."""

import argparse
import os
import time
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zipfile import BadZipFile

from rich.console import Console
from rich.markup import escape

from autograder.course import Course, known_mistakes
from autograder.errors import CommandError
from autograder.progress import track

from .batch import check_canaries, edition, grade_all, hand_ins, key_of, other_names
from .intake import options as intake_options
from .intake.collect import Submission, cells_of, take_in
from .jail.walls.cores import EVERY
from .judge.assignment import Assignment, load_all
from .judge.workers import Options, close_workers, describe
from .own_numbers import with_numbers
from .places.container import find_engine, give_back, grade_in_container, inside
from .places.gradescope import make_all
from .reports.gradebook import Gradebook
from .reports.records import Row
from .reports.write import Wishes, take, write_all
from .sandbox import NoSandbox, choose
from .summary import say, show_summary

EARLY_IMPORTS = ("sklearn.datasets", "scipy.signal", "scipy.sparse", "pandas")


def configure(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    paths = "notebooks, zips, folders, or what a course system lets you download"
    add("paths", nargs="*", metavar="PATH", type=Path, help=paths)
    out = "where the gradebook and the reports go (default: grades/)"
    add("--out", type=Path, default=Path("grades"), help=out)
    # one more than cores: there is work for each while a student's code sleeps
    cores = len(EVERY) or os.cpu_count() or 1
    add("--jobs", type=int, default=1 + cores, help="how many submissions at the same time")
    seconds = "seconds of processor time for one cell or one call (default: as course.toml says)"
    add("--timeout", type=float, metavar="S", help=seconds)
    cluster = "grade on the Dask cluster with this scheduler, e.g. tcp://host:8786"
    add("--scheduler", metavar="ADDRESS", help=cluster)
    add("--regrade", metavar="STUDENT", help="grade this student again even if nothing changed")
    add("--unsandboxed", action="store_true", help="run student code with your own rights (the reports say so)")
    container = "grade in a container of Docker or Podman (the default where no sandbox works)"
    add("--container", action="store_true", help=container)
    add("--anonymous", action="store_true", help="sheets and pages for answers in words without the students' names")
    zips = "only write the trusted zips for Gradescope anew, to dist/gradescope/"
    add("--gradescope", action="store_true", help=zips)
    add("--assignments", type=Path, metavar="DIR", help="folder of autograder zips (default: dist/autograder)")
    add("--numbers", type=Path, metavar="DIR", help="what `hand-out` keeps (default: as course.toml says)")
    intake_options.configure(parser)


def run(args: argparse.Namespace) -> int:
    """Grade what is named. Raises CommandError where nothing can be graded."""
    console = Console(stderr=True)
    course: Course = args.course
    args.timeout = args.timeout if args.timeout is not None else course.limits.cell
    args.numbers = args.numbers or course.numbers
    args.assignments = args.assignments or course.dist / "autograder"
    if args.jobs < 1 or args.timeout <= 0:
        raise CommandError("--jobs must be at least 1 and --timeout more than 0 seconds.")
    try:
        return grade_what_is_named(args, known_assignments(args), console)
    except RuntimeError as error:
        raise CommandError(str(error)) from error
    except KeyboardInterrupt:
        console.print("Stopped. The same command goes on from here.")
        return 1
    finally:
        close_workers()
        give_back(args.out)


def known_assignments(args: argparse.Namespace) -> dict[str, Assignment]:
    try:
        assignments = load_all(args.assignments, args.course.library)
    except (ValueError, BadZipFile) as error:
        raise CommandError(str(error)) from None
    if not assignments:
        raise CommandError(f"There are no autograder zips in {args.assignments}. Run `make build` first.")
    return assignments


def grade_what_is_named(args: argparse.Namespace, assignments: dict[str, Assignment], console: Console) -> int:
    """Take in what the paths hold, and grade it; 0 when every submission has a verdict."""
    course: Course = args.course
    build = args.assignments.parent / "build"
    if args.gradescope:
        for made in make_all(args.assignments, args.assignments.parent / "gradescope", course, args.numbers):
            print(made)
        return 0
    paths = list(args.paths) or sample_paths(args)
    for path in paths:
        if not path.exists():
            raise CommandError(f"There is no {path}.")
    try:
        if args.container:
            raise NoSandbox("--container")
        private = [course.solutions, args.assignments.parent, *paths, args.out, args.numbers]
        backend = choose(args.unsandboxed, library=course.library, private=private).name
    except NoSandbox as none:
        return in_container(args, none, console)
    try:
        questions = {name: one.questions for name, one in assignments.items()}
        settings = intake_options.settings(args, questions, cells_of(build))
    except ValueError as error:
        raise CommandError(str(error)) from None
    found = take_in(paths, assignments, settings)
    submissions = found.submissions
    if course.per_student:
        submissions = with_numbers(submissions, assignments, args.numbers)
    for words in (*found.said, *found.unclear):
        say(console, words)
    if not submissions:
        where = ", ".join(map(str, paths))
        raise CommandError(
            "Nothing is graded." if found.unclear else f"No notebooks and no zips were found in {where}."
        )
    given = str(build.resolve())
    options = Options(args.timeout, backend, early_imports(submissions), given=given, library=course.library)
    where = " in a container" if inside() else ""
    console.print(f"{len(submissions)} submissions, sandbox: {escape(backend)}{where}", highlight=False)
    wishes = Wishes(course.grading, args.anonymous, settings.roster.columns if settings.roster else ())
    book = Gradebook(args.out / "gradebook.sqlite")
    book.rename(other_names(book, submissions, found.renamed))
    status = grade(book, args, assignments, submissions, options, wishes, console)
    for words in found.unclear:
        say(console, words)
    return status or int(bool(found.unclear))


def in_container(args: argparse.Namespace, none: NoSandbox, console: Console) -> int:
    """Where this machine has no sandbox, a container may have one. Raises `none` where there is no container either."""
    if inside() or args.scheduler:
        raise none
    engine = find_engine()
    if engine is None and args.container:
        raise CommandError("--container needs Docker or Podman, and neither answers.")
    if engine is None:
        raise none
    console.print(f"grading in a container of {engine}", highlight=False)
    return grade_in_container(args, engine, lambda words: console.print(words, highlight=False))


def sample_paths(args: argparse.Namespace) -> list[Path]:
    """Without a PATH: sample submissions, so that a newcomer sees a whole run."""
    from .samples import make_samples

    solutions = args.assignments.parent / "solutions"
    if not any(solutions.glob("*.ipynb")):
        raise CommandError(
            f"Name what to grade; sample submissions need the built solutions in {solutions}: run `make build`."
        )
    return [make_samples(solutions, args.out / "samples", args.course.library)]


def grade(
    book: Gradebook,
    args: argparse.Namespace,
    assignments: dict[str, Assignment],
    submissions: list[Submission],
    options: Options,
    wishes: Wishes,
    console: Console,
) -> int:
    began = time.monotonic()
    book.put_hand_ins(hand_ins(submissions))
    new = len(submissions) if args.regrade else pending(book, submissions, assignments, options)
    if not new:
        return report(book, args, submissions, 0, began, wishes, console)
    needed = {s.assignment: assignments[s.assignment] for s in submissions if s.assignment in assignments}
    done: list[Row] = []
    with closing(executor_for(args, options)) as pool:
        faults = check_canaries(pool.executor, list(needed.values()), args.assignments.parent / "solutions", options)
        for name, why in faults.items():
            say(console, f"{name} is not graded: {why}")
        sound = {n: pool.executor.submit(describe, a, options) for n, a in needed.items() if n not in faults}
        possible = {name: future.result()["possible"] for name, future in sound.items()}
        book.forget(
            {s.student for s in submissions}, {(s.student, s.assignment) for s in submissions}, set(assignments)
        )
        rows = grade_all(
            pool.executor, submissions, assignments, possible, book, options, args.regrade, 2 * pool.width, faults
        )
        for row in track(rows, "grading", total=None if args.regrade else new):
            done.append(row)
    return report(book, args, submissions, len(done), began, wishes, console)


def report(
    book: Gradebook,
    args: argparse.Namespace,
    submissions: list[Submission],
    graded: int,
    began: float,
    wishes: Wishes,
    console: Console,
) -> int:
    """Write every report and show the summary; 0 when every submission has a verdict."""
    course: Course = args.course
    build = args.assignments.parent / "build"
    taken = take(book, args.out, build, known_mistakes(course.library), course.late)
    write_all(taken, args.out, wishes)
    for problem in taken.problems:
        say(console, problem)
    title = f"{graded} graded in {time.monotonic() - began:.1f} s, {len(submissions) - graded} unchanged"
    wanted = {(s.student, s.assignment) for s in submissions}
    return show_summary(taken.marking, args.out, wanted, title, console)


def pending(
    book: Gradebook, submissions: list[Submission], assignments: dict[str, Assignment], options: Options
) -> int:
    keys = book.keys()
    return sum(keys.get((s.student, s.assignment)) != key_of(s, edition(s, assignments), options) for s in submissions)


def executor_for(args: argparse.Namespace, options: Options) -> Any:
    """Threads of this machine, each with a worker process of its own; or a Dask cluster."""
    if args.scheduler:
        from .places.cluster import cluster_executor

        return cluster_executor(args.scheduler)
    executor: Executor = ThreadPoolExecutor(args.jobs)
    return SimpleNamespace(executor=executor, width=args.jobs, close=lambda: executor.shutdown(cancel_futures=True))


def early_imports(submissions: list[Submission]) -> tuple[str, ...]:
    """Slow libraries that the submissions use: imported once per sandbox, and not once per student."""
    names = [n for n in EARLY_IMPORTS if any(n.split(".")[0].encode() in s.data for s in submissions)]
    return tuple(names)
