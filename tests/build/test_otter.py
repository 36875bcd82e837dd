"""What the build makes works with otter's own tools: the check in a notebook, and `otter run`."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from autograder.build.command import build
from autograder.course import Course
from tests.small_course import autograder_zip, blank_notebook, small_course, solution_notebook

NAME = "p1_small"


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    course = small_course(tmp_path_factory.mktemp("course"))
    assert build(course, course.masters(), jobs=1) == 0
    return course


def answered(course: Course, at: Path, answers: dict[str, str]) -> Path:
    """The student notebook with cells replaced, where a cell holds the text of a key."""
    notebook = nbformat.read(blank_notebook(NAME, course), as_version=4)
    for cell in notebook.cells:
        for sign, answer in answers.items():
            if cell.cell_type == "code" and sign in cell.source:
                cell.source = answer
    path = at / f"{NAME}.ipynb"
    nbformat.write(notebook, path)
    return path


def otter_run(submission: Path, course: Course, at: Path) -> dict:
    """Run the command that a teaching assistant would run. Returns otter's results.json."""
    command = [sys.executable, "-m", "otter", "run", "--no-logo", "-a", str(autograder_zip(NAME, course))]
    at.mkdir()
    done = subprocess.run(
        [*command, "-o", str(at), str(submission)], capture_output=True, text=True, cwd=at, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return json.loads((at / "results.json").read_text(encoding="utf-8"))


def score(results: dict) -> dict[str, float]:
    return {t["name"]: t.get("score", 0) for t in results["tests"] if t["name"] != "Public Tests"}


def test_check_in_an_executed_notebook(course: Course, tmp_path: Path) -> None:
    """A right answer passes, a wrong one is told so; only public tests are there; the submit cell works."""
    here = tmp_path / "notebooks"
    here.mkdir()
    shutil.copytree(course.library.path, tmp_path / "utils")
    answers = {
        "def double": "def double(x):\n    return 2 * x",
        "number_of_wheels = ...": "number_of_wheels = 5",
    }
    path = answered(course, here, answers)
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=180, resources={"metadata": {"path": str(here)}})
    client.execute(env={**os.environ, "IPYTHONDIR": str(tmp_path / "ipython")})
    said = {cell.source.split(" if ")[0]: str(cell.get("outputs")) for cell in notebook.cells}
    assert "q1a</pre></strong> passed!" in said['grader.check("q1a")']
    assert "q1b - 1" in said['grader.check("q1b")'] and "AssertionError" in said['grader.check("q1b")']
    submitted = list(here.glob("*.zip"))
    assert len(submitted) == 1
    with zipfile.ZipFile(submitted[0]) as bundle:
        assert f"{NAME}.ipynb" in bundle.namelist()
    assert "No module named" not in str(said), "the submit cell's own check found no utils/"


def test_otter_run_gives_a_solution_all_points(course: Course, tmp_path: Path) -> None:
    assert score(otter_run(solution_notebook(NAME, course), course, tmp_path / "out")) == {"q1a": 3, "q1b": 3}


def test_otter_run_gives_a_blank_none(course: Course, tmp_path: Path) -> None:
    results = otter_run(blank_notebook(NAME, course), course, tmp_path / "out")
    assert score(results) == {"q1a": 0, "q1b": 0}
    assert {t["name"]: t["max_score"] for t in results["tests"] if "max_score" in t} == {"q1a": 3, "q1b": 3}


def test_otter_run_refuses_a_submission_with_another_utils(course: Course, tmp_path: Path) -> None:
    """A library that agrees with everything must not make wrong answers right."""
    answers = {"def double": "def double(x):\n    return 'wrong'", "number_of_wheels = ...": "number_of_wheels = 4"}
    notebook = answered(course, tmp_path, answers)
    submission = tmp_path / "submission.zip"
    with zipfile.ZipFile(submission, "w") as bundle:
        bundle.write(notebook, notebook.name)
        bundle.writestr("utils/__init__.py", "def same(a, b):\n    pass\n")
    results = otter_run(submission, course, tmp_path / "out")
    assert score(results) == {"q1a": 0, "q1b": 0}
    assert "brings its own utils/: submit the notebook alone" in json.dumps(results)


@pytest.mark.parametrize("changed", [False, True])
def test_only_another_utils_is_refused(course: Course, tmp_path: Path, changed: bool) -> None:
    """The course's own files, copied into a submission with what a file manager leaves behind, do no harm."""
    shutil.copytree(course.library.path, tmp_path / "utils", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "utils" / ".DS_Store").write_bytes(b"")
    if changed:
        (tmp_path / "utils" / "more.py").write_text("", encoding="utf-8")
    with zipfile.ZipFile(autograder_zip(NAME, course)) as bundle:
        guard = bundle.read("tests/q1b.py").decode().split("\n\n\n")[-1]
    call = [sys.executable, "-c", guard[guard.index("def _own_library") :] + "\n_own_library()"]
    done = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (done.returncode != 0) == changed, done.stderr


def test_on_gradescope_a_submission_s_own_library_is_taken_away(course: Course, tmp_path: Path) -> None:
    """Students hand in the folder that they were given: their work counts, and the copy does not."""
    stock = autograder_zip(NAME, course).with_name(f"{NAME}-stock.zip")
    home = tmp_path / "autograder"
    with zipfile.ZipFile(stock) as bundle:
        bundle.extractall(home / "source")
    answers = {"def double": "def double(x):\n    return 'wrong'", "number_of_wheels = ...": "number_of_wheels = 4"}
    (home / "results").mkdir()
    (home / "submission" / "utils").mkdir(parents=True)
    answered(course, home / "submission", answers)
    (home / "submission" / "utils" / "__init__.py").write_text("def same(a, b):\n    pass\n", encoding="utf-8")
    runner = home / "source" / "run_otter.py"
    runner.write_text(runner.read_text(encoding="utf-8").replace('"/autograder', f'"{home}'), encoding="utf-8")
    done = subprocess.run([sys.executable, str(runner)], cwd="/", capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    results = json.loads((home / "results" / "results.json").read_text(encoding="utf-8"))
    assert score(results) == {"q1a": 0, "q1b": 3} and "brings its own" not in json.dumps(results)
