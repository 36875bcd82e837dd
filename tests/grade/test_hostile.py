# ruff: noqa: E501
"""Hostile notebooks: none earns what its answers do not, nothing outside changes, and the batch goes on."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from autograder.grade.judge.workers import Options, close_workers, grade_submission
from autograder.grade.result import Result
from autograder.grade.sandbox import NoSandbox, choose
from tests.grade import attacks, more_attacks
from tests.grade.small import MARK, SMALL, submission

SECONDS = 1.0  # a limit that a busy machine keeps for honest cells


NO_POINTS = [
    name for one in (attacks, more_attacks) for table in (one.FORGED_SCORES, one.REACHING_OUT) for name in table
]
BREAKING = [*attacks.BREAKING]
IN_A_CELL = [*attacks.IN_A_CELL, *more_attacks.IN_A_CELL]


@dataclass
class Target:
    """The canaries that attacks aim at, and how to see that they are unharmed."""

    folder: Path
    process: subprocess.Popen
    server: socket.socket
    environment: str

    @property
    def names(self) -> str:
        port = self.server.getsockname()[1]
        return (
            f"CANARY, FOLDER, PID, PORT = {str(self.folder / 'canary')!r}, {str(self.folder)!r}, {self.process.pid}, {port}\n"
            f"SECRET = {self.environment!r}[::-1]"
        )

    def assert_unharmed(self) -> None:
        assert sorted(p.name for p in self.folder.iterdir()) == ["canary"]
        assert (self.folder / "canary").read_text() == "unharmed"
        assert self.process.poll() is None
        with pytest.raises(BlockingIOError):
            self.server.accept()


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    folder = tmp_path_factory.mktemp("canary")
    (folder / "canary").write_text("unharmed")
    os.environ["GRADER_TEST_SECRET"] = "a-secret-of-the-grader"
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    server = socket.create_server(("127.0.0.1", 0))
    server.setblocking(False)
    yield Target(folder, process, server, os.environ.pop("GRADER_TEST_SECRET")[::-1])
    process.kill()
    process.wait()
    server.close()


def notebook_of(target: Target, right: bool, answers: dict[str, str]) -> bytes:
    cells = ({} if right else attacks.WRONG) | answers
    before = target.names + "\n" + cells.pop("before", "")
    return submission(before=before, **cells)


def everything() -> dict[str, tuple[dict[str, str], bool]]:
    """Every attack: its cells, and whether the other answers are right."""
    answers_are_right = {False: NO_POINTS, True: [*BREAKING, *IN_A_CELL]}
    every = {**attacks.FORGED_SCORES, **attacks.REACHING_OUT, **attacks.BREAKING, **attacks.IN_A_CELL}
    every |= {**more_attacks.FORGED_SCORES, **more_attacks.REACHING_OUT, **more_attacks.IN_A_CELL}
    return {name: (every[name], right) for right, names in answers_are_right.items() for name in names}


def grade_everything(target: Target, backend: str) -> dict[str, Result]:
    options = Options(SECONDS, backend)
    with ThreadPoolExecutor(2) as pool:
        running = {
            name: pool.submit(grade_submission, SMALL, notebook_of(target, right, dict(cells)), options)
            for name, (cells, right) in everything().items()
        }
        results = {name: future.result() for name, future in running.items()}
    close_workers()
    return results


@pytest.fixture(scope="module")
def results(target: Target) -> dict[str, Result]:
    try:
        backend = choose().name
    except NoSandbox as e:
        pytest.skip(str(e))
    return grade_everything(target, backend)


def test_there_are_many() -> None:
    assert len(everything()) >= 100


@pytest.mark.parametrize("name", NO_POINTS)
def test_earns_nothing(name: str, results: dict[str, Result]) -> None:
    result = results[name]
    assert result.score == 0, result
    assert result.possible == 9


@pytest.mark.parametrize("name", BREAKING)
def test_costs_its_question_alone(name: str, results: dict[str, Result]) -> None:
    scores = {q.name: q.score for q in results[name].questions}
    assert scores == {"q1": 0.0, "q2": 4.0, "q3": 2.0}, results[name]


@pytest.mark.parametrize("name", IN_A_CELL)
def test_costs_its_cell_alone(name: str, results: dict[str, Result]) -> None:
    assert results[name].score == 9, results[name]


@pytest.mark.slow  # most of them hang
@pytest.mark.parametrize("name", more_attacks.BREAKING)
def test_costs_its_question_alone_and_little_time(name: str, target: Target, results: dict[str, Result]) -> None:
    options = Options(SECONDS, results["endless-loop"].sandbox)
    result = grade_submission(SMALL, notebook_of(target, True, dict(more_attacks.BREAKING[name])), options)
    assert {q.name: q.score for q in result.questions} == {"q1": 0.0, "q2": 4.0, "q3": 2.0}, result
    assert result.seconds < 30, result
    target.assert_unharmed()


def test_a_child_that_asks_and_never_reads_costs_no_minute(target: Target, results: dict[str, Result]) -> None:
    name = "callbacks-without-end"
    cells = dict(more_attacks.BREAKING[name])
    result = grade_submission(
        SMALL, notebook_of(target, True, cells), Options(SECONDS, results["endless-loop"].sandbox)
    )
    assert (result.score, result.status) == (6.0, "timeout") and result.seconds < 20


def test_time_is_named(results: dict[str, Result]) -> None:
    assert results["endless-loop"].status == "timeout"
    assert results["endless-loop"].reason.startswith("q1: ")
    assert results["cell-never-ends"].status == "timeout"
    assert results["segfault"].status == "crashed"
    assert results["exit"].reason == "q1: the process ended"


def test_nothing_outside_changed(results: dict[str, Result], target: Target) -> None:
    assert len(results) == len(everything())
    target.assert_unharmed()


def test_hidden_text_is_shown_to_nobody(results: dict[str, Result]) -> None:
    for name, result in results.items():
        shown = [c.shown for q in result.questions for c in q.cases]
        shown += [e.message for e in result.errors]
        assert MARK not in json.dumps(shown), name


def run_elsewhere(prefix: list[str], backend: str) -> dict[str, list]:
    """Reaching out, under another sandbox or as another user, in a program of its own."""
    python = prefix or [sys.executable]
    names = [*attacks.REACHING_OUT, "frame-forged", "segfault", "endless-loop"]
    environment = {**os.environ, "HOME": "/nonexistent", "MPLCONFIGDIR": "/nonexistent"}
    environment["PYTHONPATH"] = os.pathsep.join(p for p in sys.path if p.endswith("-packages"))
    done = subprocess.run(
        [*python, "-m", "tests.grade.run_attacks", backend, *names],
        cwd=Path(__file__).parents[2], env=environment, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def assert_held(scores: dict[str, list]) -> None:
    assert {n: s[1] for n, s in scores.items()} == dict.fromkeys(scores, 0.0) | {"segfault": 6.0, "endless-loop": 6.0}


def test_landlock_holds_too() -> None:
    from autograder.grade.jail.walls import landlock

    if not landlock.version():
        pytest.skip("this kernel has no Landlock")
    assert_held(run_elsewhere([], "Landlock and seccomp"))


@pytest.mark.slow
def test_holds_for_an_ordinary_user() -> None:
    """As root, the suite runs once more as nobody, with a Python that nobody can read."""
    if os.getuid() != 0:
        pytest.skip("the whole suite runs as an ordinary user already")
    python = f"/usr/bin/python{sys.version_info[0]}.{sys.version_info[1]}"
    if not os.path.exists(python):
        pytest.skip(f"there is no {python} for another user")
    as_nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    for needed in (__file__, pytest.__file__):
        if subprocess.run([*as_nobody, "test", "-r", needed]).returncode:
            pytest.skip(f"another user cannot read {needed}: its folder is closed")
    assert_held(run_elsewhere([*as_nobody, python], ""))
