"""The same cells and the same tests, run plainly: one process, nothing handed over. Prints seconds a notebook.

    python -m benchmarks.plain_grading ROUNDS

A program of its own: it puts the grader's stand-in for otter in otter's place.
"""

import contextlib
import importlib
import io
import os
import sys
import time

os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MPLBACKEND": "Agg"}

from autograder.course import Course
from autograder.grade.intake.notebook import Notebook, read
from autograder.grade.jail.notebook import stubs
from autograder.grade.judge.assignment import Assignment, load_all
from autograder.grade.judge.verdict import load_tests


def run(assignment: Assignment, notebook: Notebook) -> float:
    """Every cell, and the tests of each question where the notebook checks it; the points."""
    tests, names, seen = load_tests(assignment), {"__name__": "__main__"}, set()

    def check(question: str) -> None:
        if question in tests:
            seen.add(question)
            tests[question].run(names)  # type: ignore[arg-type]

    stubs.install_otter(check)
    for cell in notebook.cells:
        exec(compile(cell.source, f"<cell {cell.number}>", "exec"), names)
        for question in cell.checks:
            check(question)
    for question in set(tests) - seen:
        check(question)
    return sum(t.score for t in tests.values())


def main() -> None:
    course = Course.find()
    for name in (*course.library.preload, "matplotlib.pyplot", "sympy", "ipywidgets"):
        importlib.import_module(name)
    assignments = load_all(course.dist / "autograder")
    for assignment in assignments.values():
        load_tests(assignment)  # with the real otter, before the stand-in takes its place
    os.chdir(course.notebooks)
    notebooks = [
        (assignments[path.stem], read(path.read_bytes()))
        for path in sorted((course.dist / "solutions").glob("p[1-6]_*.ipynb"))
    ]
    took = []
    for _ in range(1 + int(sys.argv[1])):  # the first is a warm-up
        began = time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()):
            for assignment, notebook in notebooks:
                points = run(assignment, notebook)
                assert points == sum(t.possible for t in load_tests(assignment).values()), assignment.name
        took.append((time.perf_counter() - began) / len(notebooks))
    print(min(took[1:]))


if __name__ == "__main__":
    main()
