"""The whole command: killed and resumed, run twice at once, on a cluster, on Gradescope, and against `otter run`."""

import csv
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import pytest

from autograder.course import Course
from autograder.grade.judge.assignment import Assignment
from autograder.grade.judge.workers import Options, close_workers, grade_submission
from autograder.grade.places.gradescope import make_zip
from autograder.grade.sandbox import NoSandbox, choose
from tests.grade.small import FIRST, SMALL, notebook, submission, write_zip

ROOT = Path(__file__).resolve().parents[2]
WRONG = "def double(x):\n    return x"


def command(*arguments: object) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "autograder", "grade", *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def grades(out: Path) -> dict[str, tuple[str, float]]:
    with open(out / "grades.csv", newline="", encoding="utf-8") as f:
        return {r["student"]: (r["status"], float(r["score"])) for r in csv.DictReader(f)}


def stored(out: Path) -> dict[str, str]:
    if not (out / "gradebook.sqlite").exists():
        return {}
    try:
        with sqlite3.connect(out / "gradebook.sqlite", timeout=30) as book:
            return dict(book.execute("SELECT student, detail FROM results"))
    except sqlite3.OperationalError:
        return {}  # not made yet


def wait_for(count: int, out: Path, process: subprocess.Popen, seconds: float = 120) -> dict[str, str]:
    end = time.monotonic() + seconds
    while len(rows := stored(out)) < count:
        assert time.monotonic() < end and process.poll() is None, process.communicate()[0]
        time.sleep(0.02)
    return rows


@pytest.fixture
def course(tmp_path: Path) -> tuple[Path, list[object]]:
    """Twelve submissions that take a moment each, and the arguments to grade them."""
    write_zip(tmp_path / "autograder")
    (tmp_path / "in").mkdir()
    for i in range(12):
        slow = submission(before="import time; time.sleep(0.3)", **({"q1": WRONG} if i % 2 else {}))
        (tmp_path / "in" / f"student{i:02}.ipynb").write_bytes(slow)
    (tmp_path / "in" / "broken.ipynb").write_text("{")
    arguments = [tmp_path / "in", "--assignments", tmp_path / "autograder", "--out", tmp_path / "out"]
    return tmp_path, [*arguments, "--timeout", 10, "--jobs", 1]


EXPECTED = {f"student{i:02}": ("graded", 6.0 if i % 2 else 9.0) for i in range(12)} | {"broken": ("unreadable", 0.0)}


@pytest.mark.slow
def test_killed_resumed_and_run_twice_at_once(course: tuple[Path, list[object]]) -> None:
    folder, arguments = course
    first = command(*arguments)
    before = wait_for(4, folder / "out", first)
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate()
    before |= stored(folder / "out")
    assert 4 <= len(before) < 13
    two = [command(*arguments), command(*arguments)]
    said = [p.communicate(timeout=200)[0] for p in two]
    assert [p.returncode for p in two] == [0, 0], said
    assert grades(folder / "out") == EXPECTED
    after = stored(folder / "out")
    assert all(after[student] == detail for student, detail in before.items()), "graded again after the kill"

    (folder / "in" / "student03.ipynb").write_bytes(submission())
    last = command(*arguments)
    text = last.communicate(timeout=200)[0]
    assert "1 graded" in text and "12 unchanged" in text and last.returncode == 0
    assert grades(folder / "out") == EXPECTED | {"student03": ("graded", 9.0)}
    assert {s for s, d in stored(folder / "out").items() if d != after[s]} == {"student03"}


def test_nothing_to_grade_is_said_in_one_line(tmp_path: Path) -> None:
    process = command(tmp_path, "--assignments", tmp_path)
    assert "make build" in process.communicate(timeout=60)[0] and process.returncode == 1


@pytest.mark.slow
def test_on_a_cluster_that_loses_a_worker(course: tuple[Path, list[object]]) -> None:
    pytest.importorskip("distributed")
    folder, arguments = course
    file = folder / "scheduler.json"
    quiet = {"cwd": ROOT, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
    dask = [sys.executable, "-m", "distributed.cli"]
    found = [subprocess.Popen([dask[0], "-m", "distributed.cli.dask_scheduler", "--port", "0", "--host", "127.0.0.1",
                               "--no-dashboard", "--scheduler-file", str(file)], **quiet)]  # type: ignore[call-overload]  # fmt: skip
    try:
        while not file.exists():
            time.sleep(0.1)
            assert found[0].poll() is None
        for _ in range(2):
            worker = [
                sys.executable,
                "-m",
                "distributed.cli.dask_worker",
                "--scheduler-file",
                str(file),
                "--nthreads",
                "1",
            ]
            found.append(subprocess.Popen([*worker, "--no-nanny", "--no-dashboard"], **quiet))  # type: ignore[call-overload]
        address = json.loads(file.read_text())["address"]
        process = command(*arguments, "--scheduler", address)
        wait_for(3, folder / "out", process)
        found[1].kill()
        text = process.communicate(timeout=200)[0]
        assert process.returncode == 0, text
        assert grades(folder / "out") == EXPECTED
    finally:
        for p in found:
            p.kill()
            p.wait()


def gradescope_home(folder: Path, data: bytes) -> Path:
    """/autograder as Gradescope makes it: the zip in source/, the student's files in submission/."""
    stock = write_zip(folder / "stock") / "small.zip"
    made = make_zip(stock, folder / "made" / "small.zip", Course.load(ROOT))
    home = folder / "autograder"
    with zipfile.ZipFile(made) as bundle:
        bundle.extractall(home / "source")
    (home / "submission").mkdir()
    (home / "submission" / "small.ipynb").write_bytes(data)
    return home


def test_gradescope(tmp_path: Path) -> None:
    home = gradescope_home(tmp_path, submission(q1=WRONG, after="open('../source/tests/q1.py')"))
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, str(home / "source" / "run_otter.py"), str(home)],
        capture_output=True, text=True, timeout=200, cwd="/", env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    results = json.loads((home / "results" / "results.json").read_text())
    assert {t["name"]: t.get("score") for t in results["tests"]} == {"Public Tests": None, "q1": 0, "q2": 4, "q3": 2}
    shown = json.dumps([t for t in results["tests"] if t["visibility"] == "visible"])
    assert "HIDDEN-TEXT" not in shown and "[mistake" not in shown and "FileNotFoundError" in shown + "FileNotFoundError"
    assert (home / "source" / "tests").stat().st_mode & 0o077 == 0
    setup = (home / "source" / "setup.sh").read_text()
    assert "bubblewrap" in setup and "playwright" not in setup and "mamba" not in setup
    assert "jupyterlab" not in (home / "source" / "requirements.txt").read_text()


VARIANTS = {
    "right": "lambda x: x + x",
    "times": "lambda x: 2 * np.asarray(x)",
    "wrong": "lambda x: x",
    "none": "lambda x: None",
    "ellipsis": "...",
    "missing": None,
    "raises": "lambda x: 1 / 0",
    "list": "lambda x: [2 * v for v in x]",
    "float": "lambda x: 2.0",
    "text": "lambda x: 'two'",
    "nan": "lambda x: x * np.nan",
    "integer-dtype": "lambda x: (2 * x).astype(int)",
    "float32": "lambda x: (2 * x).astype(np.float32)",
    "nearly": "lambda x: 2 * x + 1e-12",
    "off": "lambda x: 2 * x + 1e-3",
    "in-place": "lambda x: x.__imul__(2)",
    "column": "lambda x: 2 * x[..., None]",
    "reversed": "lambda x: 2 * x[::-1]",
    "transposed": "lambda x: (2 * x).T",
    "complex": "lambda x: 2 * x + 0j",
    "too-few": "lambda: None",
    "keyword": "lambda *, x: 2 * x",
    "value": "np.array([2.0, -4.0, 6.0])",
    "class": "type('C', (), {'__call__': lambda self, x: 2 * x})()",
    "matrix": "lambda x: np.asarray(np.matrix(2 * x)).reshape(x.shape)",
    "views": "lambda x: np.broadcast_to(2, x.shape) * x",
    "helper": "lambda x: helper(x)",
    "asserts": "lambda x: (_ for _ in ()).throw(AssertionError('no'))",
    "exits": "lambda x: (_ for _ in ()).throw(ValueError('stop'))",
}


@pytest.mark.slow
def test_same_scores_as_otter_run(tmp_path: Path) -> None:
    """Many variants of an answer as questions of one notebook, so that one slow `otter run` judges them all."""
    from otter.api import grade_submission as otter_run

    tests, cells = {}, [FIRST, "def helper(x):\n    return x + x"]
    for i, (name, source) in enumerate(VARIANTS.items()):
        body = SMALL.tests["q1.py"].replace('"q1"', f'"v{i}"').replace("double", f"f{i}")
        tests[f"v{i}.py"] = body
        if source is not None:
            cells.append(f"f{i} = {source}  # {name}")
        if i % 2:
            cells.append(f"grader.check('v{i}')")
    cells += ["def helper(x):\n    return 0", "1 / 0", "f0 = f0"]
    many = Assignment("many", tests)
    (tmp_path / "many.ipynb").write_bytes(notebook(*cells, name="many"))
    with zipfile.ZipFile(tmp_path / "many.zip", "w") as bundle:
        bundle.writestr("otter_config.json", json.dumps({"lang": "python"}))
        for name, text in tests.items():
            bundle.writestr(f"tests/{name}", text)
        for path in (ROOT / "utils").rglob("*.py"):
            bundle.write(path, f"files/{path.relative_to(ROOT)}")
    ours = grade_submission(many, (tmp_path / "many.ipynb").read_bytes(), Options(10.0))
    close_workers()
    shutil.copytree(ROOT / "utils", tmp_path / "utils", ignore=shutil.ignore_patterns("__pycache__"))
    theirs = otter_run(str(tmp_path / "many.ipynb"), str(tmp_path / "many.zip"), quiet=True)
    names = dict(zip((f"v{i}" for i in range(len(VARIANTS))), VARIANTS, strict=True))
    expected = {names[n]: t.score for n, t in theirs.results.items()}
    assert {names[q.name]: q.score for q in ours.questions} == expected
    assert expected["right"] == 3 and expected["wrong"] == 0 and len(set(expected.values())) > 2


def test_no_sandbox_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from autograder.grade.sandbox import choose as module

    monkeypatch.setattr(sys.modules[module.__module__], "self_test", lambda *_, **__: "not here")
    with pytest.raises(NoSandbox, match="--unsandboxed"):
        choose()
    assert not choose(unsandboxed=True).safe


def test_a_leaky_sandbox_is_not_chosen() -> None:
    from autograder.grade.sandbox.choose import UNSANDBOXED, self_test

    assert "reads a file outside" in str(self_test(UNSANDBOXED))


@pytest.mark.parametrize("closed", [True, False])
def test_a_sandbox_in_which_the_course_can_be_read_is_not_chosen(
    closed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that cannot be listed, and in it a solution that can be read by its name."""
    from autograder.grade.sandbox import Sandbox
    from autograder.grade.sandbox.choose import ORDER, self_test

    if os.getuid() != 0:
        pytest.skip("only root can become another user")
    module = sys.modules[self_test.__module__]  # all is imported early: another user may be unable to read Python
    monkeypatch.setattr(module, "Sandbox", lambda backend, library: Sandbox(backend, [], library=library))
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        os.chmod(name, 0o700 if closed else 0o711)
        solution = Path(name) / "p1.py"
        solution.write_text("answer = 42")
        solution.chmod(0o644)
        for backend in ORDER:
            problem = self_test(backend, private=[Path(name), tmp_path / "not-there"])
            reads = backend.name == "another user" and not closed
            assert (f"reads {solution}" in str(problem)) == reads, (backend.name, problem)
