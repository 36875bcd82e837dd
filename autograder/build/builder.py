"""Build one problem: from its master to a folder with everything made from it, proved."""

import json
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from autograder.build import prove
from autograder.build.assign import Assigned, assign, without_marks, write_notebook
from autograder.build.bundle import autograder_zip
from autograder.build.info import Problem, QuestionInfo, TestInfo
from autograder.build.inputs import key
from autograder.build.master import read_master
from autograder.build.number_places import PLACES
from autograder.build.parts import Master, MasterCell
from autograder.build.run import Run, Running, stable
from autograder.course import Course
from autograder.student_library import RECORDED


def build_one(master: Path, out: Path, course: Course, *, proofs: bool = True) -> Problem:
    """Build `master` into the folder `out`, which is replaced.

    Writes student.ipynb, tests/, problem.json and, with `proofs`, solution.ipynb (executed) and
    autograder.zip. Raises MasterError, a sentence with file and line, if anything about the master
    is wrong; `out` is then left as it was.
    """
    read = read_master(master)
    with tempfile.TemporaryDirectory(prefix="course-build-") as folder:
        work = Path(folder)
        made = assign(read, course, work)
        prove.prove_tests(read, made)
        prove.prove_skipped(read)
        prove.prove_nothing_leaks(read, prove.read(made.student))
        new = work / "new"
        shutil.copytree(made.tests, new / "tests")
        shutil.copy(made.student, new / "student.ipynb")
        for name in read.files:
            (new / "files" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(master.parent / name, new / "files" / name)
        if proofs:
            solution = _prove_by_running(read, made, course, work)
            write_notebook(stable(solution.notebook), new / "solution.ipynb")
            shutil.copy(work / "solution" / RECORDED, new / RECORDED)
            personal = _open_places(master, course, work, new) if course.per_student else set()
            autograder_zip(made.zip, course.library, new / "autograder.zip", personal)
        problem = describe(read, key(course, master) if proofs else "")
        (new / "problem.json").write_text(
            json.dumps(asdict(problem), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )
        shutil.rmtree(out, ignore_errors=True)
        out.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(new, out)
    return problem


def _open_places(path: Path, course: Course, work: Path, new: Path) -> set[str]:
    """The notebook and its tests once more, with the places for numbers left open, into `new`/places.

    Returns the questions that have any. Raises MasterError where numbers that may be drawn do not fit.
    """
    master = read_master(path, open_places=True)
    personal = {q.name for q in master.questions if q.own.numbers}
    if personal:
        (work / PLACES).mkdir()
        made = assign(master, course, work / PLACES)
        prove.prove_places(master, made, course)
        shutil.copytree(made.tests, new / PLACES / "tests")
        shutil.copy(made.student, new / PLACES / "student.ipynb")
    return personal


def _prove_by_running(master: Master, made: Assigned, course: Course, work: Path) -> Run:
    started = {
        name: Running(notebook, made.tests, course, work / name, master)
        for name, notebook in (("solution", made.solution), ("unanswered", made.student))
    }
    runs: dict[str, Run] = {}
    for name, running in started.items():
        try:
            runs[name] = running.result()
        except RuntimeError as error:
            raise master.error(1, f"the {name} notebook: {error}") from error
    prove.prove_solution(master, runs["solution"])
    prove.prove_blank(master, runs["unanswered"])
    prove.prove_public(master, course)
    return runs["solution"]


def describe(master: Master, key: str = "") -> Problem:
    questions = tuple(
        QuestionInfo(
            q.name,
            q.part,
            q.title,
            q.worth,
            q.manual,
            q.own,
            tuple(TestInfo(t.name, t.hidden, t.line) for t in q.tests),
            *((_text(q.texts), _text(map(_shown, q.solution)), q.own.rubric.strip()) if q.manual else ()),
        )
        for q in master.questions
    )
    return Problem(master.name, master.title, master.points, questions, key, master.files)


def _shown(cell: MasterCell) -> str:
    return f"```python\n{without_marks(cell.source)}\n```" if cell.kind == "code" else cell.source


def _text(cells: Iterable[str]) -> str:
    return "\n\n".join(cells).strip()
