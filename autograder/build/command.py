"""Masters in solutions/ -> notebooks/, dist/solutions/, dist/autograder/, dist/student.zip."""

import argparse
import os
import sys
import tempfile
import time
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from pathlib import Path

from autograder.build import practice, table
from autograder.build.bundle import notebooks_of, student_zip
from autograder.build.info import MasterError, find_problem, load_problem
from autograder.build.inputs import key
from autograder.build.judged import is_judged, judge
from autograder.build.warm import processes
from autograder.course import Course, CourseError
from autograder.progress import track
from autograder.student_library import RECORDED


def configure(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    problems = "a master's name, or what stands before its first _; all when none is named"
    add("problems", nargs="*", metavar="PROBLEM", help=problems)
    add("--check", action="store_true", help="write nothing; fail if a committed notebook differs from its master")
    add("--prove", action="store_true", help="with --check: run them, too, as a build does")
    add("--force", action="store_true", help="build even what is up to date")
    add("--jobs", type=int, default=os.cpu_count() or 1, help="how many problems at the same time")


def run(args: argparse.Namespace) -> int:
    course: Course = args.course
    masters = [course.master(name) for name in args.problems] or course.masters()
    if not masters:
        raise CourseError(f"there is no master in {course.solutions}: CONTRIBUTING.md shows how one is written")
    if args.check:
        return check(course, masters, args.jobs, prove=args.prove)
    return build(course, masters, args.jobs, args.force)


def build(course: Course, masters: list[Path], jobs: int, force: bool = False) -> int:
    """Build what changed, write notebooks/ and dist/, and say what was done. Returns the exit code."""
    started = time.monotonic()
    stale = [m for m in masters if force or not up_to_date(course, m)]
    unjudged = [m for m in masters if m in stale or not is_judged(course, m.stem)]
    outs = {m: course.built(m.stem) for m in masters}
    errors = _each(unjudged, outs, course, jobs, proofs=True, build=set(stale), label="building")
    for master in masters:
        if master not in errors:
            publish(course, master.stem)
    for error in errors.values():
        print(error, file=sys.stderr)
    if errors:
        return 1
    student_zip(course, notebooks_of(course), course.dist / "student.zip")
    if all((course.built(m.stem) / "problem.json").exists() for m in course.masters()):
        table.update(course.contributing, [load_problem(course.built(m.stem)) for m in course.masters()])
    for master in masters:
        problem = load_problem(course.built(master.stem))
        state = "built and proved" if master in stale else "up to date"
        print(f"{problem.name}: {len(problem.questions)} questions, {problem.points:g} points, {state}")
    if to_practise := practice.told(load_problem(course.built(master.stem)) for master in masters):
        print(to_practise)
    for draft in course.drafts():
        print(f"{draft.name} is not built: `problems` in {course.file.name} does not name it")
    print(f"{len(stale)} built, {len(masters) - len(stale)} up to date, {time.monotonic() - started:.0f} s")
    return 0


def check(course: Course, masters: list[Path], jobs: int, prove: bool = False) -> int:
    """Compare each committed notebook with a fresh one, and with `prove` run its solution and its blank.

    Writes nothing; returns the exit code.
    """
    problems: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        outs = {m: Path(folder) / m.stem for m in masters}
        errors = _each(masters, outs, course, jobs, proofs=prove, build=set(masters), label="checking")
        problems += [str(e) for e in errors.values()]
        for master in masters:
            committed = course.notebooks / f"{master.stem}.ipynb"
            if master in errors:
                continue
            given = {committed: outs[master] / "student.ipynb"}
            given |= {course.notebooks / f: outs[master] / "files" / f for f in load_problem(outs[master]).files}
            for ours, fresh in given.items():
                if not ours.exists() or ours.read_bytes() != fresh.read_bytes():
                    problems.append(f"{ours} is not what {master.name} gives: run `make build` and commit {ours.name}")
        if not problems and len(masters) == len(course.masters()) and course.contributing.exists():
            text = course.contributing.read_text(encoding="utf-8")
            if table.with_table(text, [load_problem(outs[m]) for m in masters]) != text:
                problems.append(f"the table in {course.contributing} is out of date: run `make build`, commit")
    for path in sorted(course.notebooks.glob("*.ipynb")):
        if path.stem not in {m.stem for m in course.masters()}:
            problems.append(f"{path} has no master in {course.solutions}: delete it, or write its master")
    print("\n".join(problems), file=sys.stderr) if problems else print(
        f"{len(masters)} notebooks agree with their masters"
    )
    return 1 if problems else 0


def up_to_date(course: Course, master: Path) -> bool:
    out = course.built(master.stem)
    problem, made = find_problem(out), ("solution.ipynb", "autograder.zip", RECORDED)
    return problem is not None and problem.key == key(course, master) and all((out / f).exists() for f in made)


def publish(course: Course, name: str) -> None:
    """Copy a built problem to where people look for it; leave files alone that already agree."""
    beside = load_problem(course.built(name)).files
    places = {f"files/{file}": course.notebooks / file for file in beside} | {
        "student.ipynb": course.notebooks / f"{name}.ipynb",
        "solution.ipynb": course.dist / "solutions" / f"{name}.ipynb",
        "autograder.zip": course.dist / "autograder" / f"{name}-stock.zip",
    }
    for made, place in places.items():
        data = (course.built(name) / made).read_bytes()
        if not place.exists() or place.read_bytes() != data:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
    if os.name == "posix":  # elsewhere there is no grader to put in
        from autograder.grade.places.gradescope import make_zip  # only here: the grader takes a moment to import

        make_zip(course.built(name) / "autograder.zip", course.dist / "autograder" / f"{name}.zip", course)


def _each(
    masters: list[Path],
    outs: dict[Path, Path],
    course: Course,
    jobs: int,
    *,
    proofs: bool,
    build: set[Path],
    label: str,
) -> dict[Path, MasterError]:
    """Make those of `build`, and with `proofs` judge what is to be published, in other processes.

    Returns what went wrong, by master.
    """
    if not masters:
        return {}
    errors: dict[Path, MasterError] = {}
    with ProcessPoolExecutor(min(jobs, len(masters)), mp_context=processes()) as pool:
        waiting: dict[Future, Path] = {
            pool.submit(_build_one, m, outs[m], course, proofs, m in build): m for m in masters
        }
        for future in track(as_completed(waiting), label, total=len(waiting)):
            try:
                future.result()
            except MasterError as error:
                errors[waiting[future]] = error
    return errors


def _build_one(master: Path, out: Path, course: Course, proofs: bool, build: bool) -> None:
    from autograder.build.builder import build_one  # only where the work is done: otter takes seconds to import

    if build:
        build_one(master, out, course, proofs=proofs)
    if proofs and out == course.built(master.stem):
        judge(course, master.stem)
