"""One submission, three judges: the notebook's own check, `otter run`, and our grader must say the same."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from otter.nbmeta_config import NBMetadataConfig
from otter.test_files import create_test_file

from autograder.build.assign import assign
from autograder.build.bundle import autograder_zip
from autograder.build.master import read_master
from autograder.course import Course
from autograder.grade.judge.assignment import from_folder
from autograder.grade.judge.workers import Options, close_workers, grade_submission
from autograder.mutate.solved import quiet
from utils.check.display import remark_lines

COURSE = Course.find()

NAME = "p1_dimensions"

# a cell that defines the name gets this answer instead; the other cells keep the master's
ANSWERS = {
    "y_by_hand": "y_by_hand = [-4, 7, 1]",
    "valid_size": "def valid_size(n, k):\n    return n - k - 1",
    "slide": "def slide(x, w):\n    return np.convolve(x, w, mode='valid')",
    "output_size": "def output_size(n, kernel_size, stride, padding):\n"
    "    return (n + 2 * padding - kernel_size) / stride + 1",
    "conv1d": "def conv1d(x, w, stride=1, padding=0):\n    return utils.conv1d(x, w, stride=stride, padding=padding)",
    "shape_b": "shape_b = [28, 28, 3]\nproducts_b = ...",
    "num_parameters": "def num_parameters(kernel_shape, bias=False):\n    return kernel_shape[9]",
    "conv1x1": "def conv1x1(x, w):\n    x *= 2\n    return (x / 2) @ w[0, 0]",
    "same_padding": "def same_padding(kernel_size):\n    ...",
}

Verdicts = dict[tuple[str, int], tuple[bool, str | None]]  # passed, and what was told of a public case


def mistake(message: str) -> str | None:
    return remark_lines(message)[1]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """tests/, autograder.zip and a submission; without the build's proofs, which have tests of their own."""
    out = tmp_path_factory.mktemp("verdicts")
    (out / "work").mkdir()
    master = read_master(COURSE.solutions / f"{NAME}.py")
    made = assign(master, COURSE, out / "work")
    autograder_zip(made.zip, COURSE.library, out / "autograder.zip")
    notebook = nbformat.read(made.solution, as_version=4)
    left = dict(ANSWERS)
    for cell in notebook.cells:
        for name in list(left):
            if cell.cell_type == "code" and re.search(rf"^(?:def {name}\(|{name} =)", cell.source, re.MULTILINE):
                cell.source = left.pop(name)
    assert not left, f"no cell defines {left}"
    nbformat.write(notebook, out / f"{NAME}.ipynb")
    return out


def by_the_check(built: Path) -> Verdicts:
    """What `grader.check` computes, on the names that the submission's cells define."""
    names: dict[str, Any] = {"__name__": "__main__", "display": lambda *shown: None}
    with quiet():
        for cell in nbformat.read(built / f"{NAME}.ipynb", as_version=4).cells:
            if cell.cell_type == "code" and "grader" not in cell.source:
                exec(compile(cell.source, "<cell>", "exec"), names)
        found = {}
        for path in sorted((built / "work" / "tests").glob("*.py")):
            test = create_test_file(str(path), NBMetadataConfig())
            test.run(names)
            for i, r in enumerate(test.test_case_results):
                told = None if r.passed else mistake(r.message or "")
                found[test.name, i] = (r.passed, "" if r.test_case.hidden else told)
    return found


def by_our_grader(built: Path) -> Verdicts:
    assignment = from_folder(built / "work" / "tests", NAME)
    result = grade_submission(assignment, (built / f"{NAME}.ipynb").read_bytes(), Options())
    close_workers()
    assert result.status == "graded", result.reason
    return {
        (q.name, i): (c.passed, "" if c.hidden else c.mistake) for q in result.questions for i, c in enumerate(q.cases)
    }


def by_otter_run(built: Path) -> tuple[dict[str, float], str]:
    """Otter's scores by question, and all that it says."""
    command = [sys.executable, "-m", "otter", "run", "--no-logo", "-a", str(built / "autograder.zip")]
    out = built / "out"
    out.mkdir()
    done = subprocess.run(
        [*command, "-o", str(out), str(built / f"{NAME}.ipynb")], capture_output=True, text=True, cwd=out, timeout=300
    )
    assert done.returncode == 0, done.stderr
    results = json.loads((out / "results.json").read_text(encoding="utf-8"))
    return {t["name"]: t.get("score", 0.0) for t in results["tests"]}, json.dumps(results)


@pytest.mark.slow
def test_three_judges_agree(built: Path) -> None:
    check, ours = by_the_check(built), by_our_grader(built)
    assert ours == check
    given = {name for passed, name in check.values() if not passed and name}
    assert given >= {"flipped-forward", "size-off-by-one", "no-floor", "used-utils", "exception", "mutation", "none"}

    scores, said = by_otter_run(built)
    assert all(f"[mistake: {name}]" in said for name in given)
    tests = {p.stem: create_test_file(str(p), NBMetadataConfig()) for p in (built / "work" / "tests").glob("*.py")}
    for question, test in tests.items():
        wanted = sum(c.points or 0 for i, c in enumerate(test.test_cases) if check[question, i][0])
        assert scores[question] == pytest.approx(wanted), question
