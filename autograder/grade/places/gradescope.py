"""Gradescope: the trusted grader in place of otter's, in the layout that otter's autograder zip has there.

    make build      dist/autograder/NAME.zip for Gradescope, and NAME-stock.zip as otter made it

The stock zip is compatible, and not proof against tampering. In the trusted one `run_otter.py` starts `grade_here`,
which closes the tests and the results to everyone else, picks the best sandbox that the machine allows, and writes
`results/results.json`.

Where each student has own numbers, `python -m autograder grade --gradescope` puts what was handed out into the zips
that it makes: `numbers/`, with the secret, and `places/`, the tests in which the numbers have their places.
"""

import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from autograder import HOME
from autograder.build.bundle import STOCK_README, write_zip
from autograder.build.number_places import PLACES
from autograder.course import FILE, Course, CourseError
from autograder.hand_out.secret import FILE as SECRET
from autograder.hand_out.secret import NoSecret, Secret

from .. import own_numbers
from ..batch import CanaryFailed, check_canaries
from ..intake.collect import IntakeSettings, Submission, collect
from ..intake.layouts import choose as layout
from ..judge.assignment import STOCK, Assignment, from_folder, open_places
from ..judge.workers import Options, close_workers, grade_submission
from ..reports.exports.gradescope import results as gradescope_results
from ..result import GraderFailed
from ..sandbox import NoSandbox, choose

RUN = '''"""Starts the trusted grader; `run_otter.py` of the stock zip runs everything in the student's own process."""

import sys

HOME = sys.argv[1] if len(sys.argv) > 1 else "/autograder"
sys.path.insert(0, HOME + "/source/course")
from autograder.grade.places.gradescope import grade_here  # noqa: E402

grade_here(HOME)
'''
SETUP = """#!/usr/bin/env bash
# Gradescope makes its image with this: Python, what notebooks import, otter's test files, and nothing else.
set -e
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install -y --no-install-recommends python3-venv ca-certificates
apt-get install -y --no-install-recommends bubblewrap || true  # the best sandbox; without it there are others
python3 -m venv /opt/uv
/opt/uv/bin/pip install --quiet uv
export UV_PYTHON_INSTALL_DIR=/opt/python  # not below /root: student code may run as another user
/opt/uv/bin/uv venv --python 3.11 /opt/grading
/opt/uv/bin/uv pip install --python /opt/grading/bin/python -r /autograder/source/requirements.txt \\
  -c /autograder/source/requirements.lock
"""
START = """#!/usr/bin/env bash
exec /opt/grading/bin/python /autograder/source/run_otter.py
"""
NUMBERS = "numbers"  # beside the tests in the zip: what was handed out
OWN = (NUMBERS, PLACES)
NOT_FOR_GRADING = "jupyterlab"  # it is for people; grading needs no part of it


def make_zip(stock: Path, out: Path, course: Course, own: Mapping[str, bytes] = MappingProxyType({})) -> Path:
    """The stock autograder zip with the trusted runner, the course's library and this grader inside; `own` is what each
    student's own numbers need."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(stock) as old:
        files = {name: old.read(name) for name in old.namelist() if name != STOCK_README}
    files |= {"setup.sh": SETUP.encode(), "run_autograder": START.encode(), **_runner(course), **own}
    wanted = course.requirements.read_text(encoding="utf-8").splitlines(keepends=True)
    files["requirements.txt"] = "".join(w for w in wanted if not w.startswith(NOT_FOR_GRADING)).encode()
    files["requirements.lock"] = course.lock.read_bytes()
    write_zip(out, files)
    return out


def _runner(course: Course) -> dict[str, bytes]:
    found = {"run_otter.py": RUN.encode(), f"course/{FILE}": course.file.read_bytes()}
    for folder in (HOME / "autograder", *course.library.given):
        for path in [folder] if folder.is_file() else sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                found[f"course/{path.relative_to(folder.parent).as_posix()}"] = path.read_bytes()
    return found


def grade_here(home: str) -> None:
    """Grade the one submission in `home/submission` and write `home/results/results.json`."""
    base = Path(home)
    (base / "results").mkdir(exist_ok=True)
    for closed in ("source/tests", "results", *(f"source/{name}" for name in OWN)):
        if (base / closed).is_dir():
            os.chmod(base / closed, 0o700)
    try:
        results = _grade(base)
    except (NoSandbox, NoSecret, CanaryFailed, CourseError, ValueError, OSError) as e:
        results = failed(str(e))
    finally:
        close_workers()
    (base / "results" / "results.json").write_text(json.dumps(results, indent=4), encoding="utf-8")
    print("Graded." if "score" in results or results["tests"] else "Not graded.")


def _grade(base: Path) -> dict:
    course = Course.load(base / "source" / "course")
    config_file = base / "source" / "otter_config.json"
    config = json.loads(config_file.read_text(encoding="utf-8")) if config_file.is_file() else {}
    source, name = base / "source", config.get("assignment_name") or "assignment"
    assignment = from_folder(source / "tests", name, files=source / "files", library=course.library)
    found = collect(
        [base / "submission"], [assignment.name], IntakeSettings(layout("one"), reserved=course.library.names)
    )
    submission = _only(found, assignment)
    if (source / NUMBERS).is_dir():
        assignment = replace(assignment, places=open_places(source / PLACES))
        submission = own_numbers.of_one_of(submission, _people(base), assignment, source / NUMBERS)
    library = course.library
    private = [source / "tests", base / "results", *(source / name for name in OWN if (source / name).is_dir())]
    options = Options(course.limits.cell, choose(library=library, private=private).name, library=library)
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        check_canaries(pool, [], base, options)
        if submission.problem:
            return {"score": 0, "tests": [{"name": "Submission", "output": submission.problem, "status": "failed"}]}
        try:
            data, files = submission.data, submission.files
            edition = assignment.edition(submission.numbers) if submission.numbers else assignment
            result = pool.submit(grade_submission, edition, data, options, files).result()
        except GraderFailed as e:
            return failed(str(e))
    results = gradescope_results(result, course.grading)
    if submission.note:
        results["tests"].append({"name": "Note", "visibility": "hidden", "output": submission.note})
    return results


def _people(base: Path) -> list[dict[str, str]]:
    """Who handed this in, as Gradescope says: name and email of each."""
    file = base / "submission_metadata.json"
    said = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return [{k: str(user[k]) for k in ("name", "email", "sid") if user.get(k)} for user in said.get("users", [])]


def _only(found: list[Submission], assignment: Assignment) -> Submission:
    if not found:
        return Submission("", assignment.name, "", b"", 0.0, "unreadable", "There is no notebook in this submission.")
    good = [s for s in found if not s.problem]
    if len(good) > 1:
        names = ", ".join(s.source for s in good)
        return replace(good[0], problem=f"There is more than one notebook for this assignment: {names}")
    return (good or found)[0]


def failed(why: str) -> dict:
    """What Gradescope shows when the grader itself could not work: the reason is for the staff only."""
    return {
        "score": 0,
        "tests": [
            {
                "name": "Autograder Failed",
                "visibility": "visible",
                "status": "failed",
                "output": "The autograder could not grade this. Please tell your instructor.",
            },
            {"name": "Reason", "visibility": "hidden", "status": "failed", "output": why},
        ],
    }


def make_all(folder: Path, out: Path, course: Course, numbers: Path) -> list[Path]:
    """A trusted zip for every zip in a folder, made from the stock one where there is one. `numbers` is what `hand-out`
    keeps, if each student has own numbers."""
    found = []
    for path in sorted(p for p in folder.glob("*.zip") if not p.stem.endswith(STOCK)):
        stock = path.with_name(f"{path.stem}{STOCK}.zip")
        own = _own(path.stem, folder.parent / "build", numbers) if course.per_student else {}
        found.append(make_zip(stock if stock.exists() else path, out / path.name, course, own))
    return found


def _own(problem: str, build: Path, numbers: Path) -> dict[str, bytes]:
    """What was handed out of a problem, and its tests with open places; nothing where nothing was handed out. Raises
    NoSecret."""
    ledgers = sorted((numbers / problem).glob("*.json"))
    if not ledgers:
        return {}
    found = {f"{NUMBERS}/{problem}/{path.name}": path.read_bytes() for path in ledgers}
    for path in (build / problem / PLACES / "tests").glob("*.py"):
        found[f"{PLACES}/{path.name}"] = path.read_bytes()
        found[f"tests/{path.name}"] = (build / problem / "tests" / path.name).read_bytes()  # everybody's numbers
    return found | {f"{NUMBERS}/{SECRET}": Secret.read(numbers).key.encode()}
