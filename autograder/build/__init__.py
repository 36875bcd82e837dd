"""Masters in solutions/ -> student notebooks, executed solutions, autograder zips.

    python -m autograder build [PROBLEM...]      build, prove and write what changed
    python -m autograder build --check           write nothing; fail if a committed notebook is out of date

For the other commands:

    problems(course) -> ["first", ...]           names of all masters, in order
    problem(name, course) -> Problem             title, points, questions with their tests, of a built problem
    blank_notebook(name, course) -> Path         notebooks/NAME.ipynb, what a student opens
    solution_notebook(name, course) -> Path      dist/solutions/NAME.ipynb, executed: figures, otter's cell tags
    autograder_zip(name, course) -> Path         dist/autograder/NAME.zip, for Gradescope (and `otter run`)
    tests_folder(name, course) -> Path           one otter test file a question, QUESTION.py, hidden ones too
    build_one(master, out, course) -> Problem    build a single master into the folder `out` (for tests: no cache)

A path is returned whether or not it exists yet; `problem` and `tests_folder` raise a
FileNotFoundError that says what to run. In an autograder zip the test files are `tests/QUESTION.py`
(the same, plus a guard against a foreign library) and the library is `files/LIBRARY/`.
"""

from pathlib import Path

from autograder.build.info import MasterError, Problem, load_problem
from autograder.course import Course

__all__ = [
    "Course",
    "MasterError",
    "Problem",
    "autograder_zip",
    "blank_notebook",
    "build_one",
    "problem",
    "problems",
    "solution_notebook",
    "tests_folder",
]


def problems(course: Course) -> list[str]:
    return [path.stem for path in course.masters()]


def problem(name: str, course: Course) -> Problem:
    return load_problem(_built(name, course))


def blank_notebook(name: str, course: Course) -> Path:
    return course.notebooks / f"{name}.ipynb"


def solution_notebook(name: str, course: Course) -> Path:
    return course.dist / "solutions" / f"{name}.ipynb"


def autograder_zip(name: str, course: Course) -> Path:
    return course.dist / "autograder" / f"{name}.zip"


def tests_folder(name: str, course: Course) -> Path:
    return _built(name, course) / "tests"


def build_one(master: Path, out: Path, course: Course, *, proofs: bool = True) -> Problem:
    from autograder.build import builder  # otter takes seconds to import

    return builder.build_one(master, out, course, proofs=proofs)


def _built(name: str, course: Course) -> Path:
    folder = course.built(name)
    if not (folder / "problem.json").exists():
        raise FileNotFoundError(f"{name} is not built yet: run `make build` (or `python -m autograder build {name}`)")
    return folder
