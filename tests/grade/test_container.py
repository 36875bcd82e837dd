"""Grading in a container: what is asked of the engine, and, where an image is at hand, a real run."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.grade import command
from autograder.grade.places import container
from autograder.grade.sandbox import NoSandbox
from tests.grade.small import submission, write_zip
from tests.grade.test_command import ROOT, grades

ENGINE = """#!/bin/sh
echo "$@" >> "{log}"
case "$1" in
  info) exit {info};;
  image) exit 1;;
  build) cp "$4/Dockerfile" "{log}.recipe" || exit 3; {build};;
  run) exit 7;;
esac
"""


@pytest.fixture
def course(tmp_path: Path) -> Path:
    write_zip(tmp_path / "dist" / "autograder")
    (tmp_path / "in" / "ada").mkdir(parents=True)
    (tmp_path / "in" / "ada" / "small.ipynb").write_bytes(submission())
    return tmp_path


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `docker` that writes down what is asked of it; its log."""
    log = tmp_path / "log"
    pretend(tmp_path, monkeypatch, log)
    monkeypatch.delenv(container.IMAGE, raising=False)
    return log


def pretend(folder: Path, monkeypatch: pytest.MonkeyPatch, log: Path, info: int = 0, build: str = "exit 0") -> None:
    program = folder / "bin" / "docker"
    program.parent.mkdir(exist_ok=True)
    program.write_text(ENGINE.format(log=log, info=info, build=build))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    monkeypatch.setattr(container, "ENGINES", ("docker",))


def grade(course: Path, *more: str) -> int:
    from autograder.__main__ import main

    places = ["--assignments", str(course / "dist" / "autograder"), "--out", str(course / "out")]
    return main(["grade", str(course / "in"), *places, *more])


def no_sandbox(*_: object, **__: object) -> None:
    raise NoSandbox("No sandbox works on this machine")


def test_a_machine_without_a_sandbox_grades_in_a_container(
    course: Path, engine: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "choose", no_sandbox)
    assert grade(course, "--jobs", "3", "--regrade", "ada") == 7, "the status is the container's"
    asked = engine.read_text().splitlines()
    assert [line.split()[0] for line in asked] == ["info", "image", "build", "run"]
    run = asked[-1]
    assert "--network none" in run and "--read-only" in run and "--cap-drop ALL" in run
    assert "--security-opt no-new-privileges" in run
    # only root can enter /closed, and only the output can be written
    assert "--tmpfs /closed:rw,mode=0700" in run
    mounts = [word for word in run.split() if word.startswith("--mount")]
    open_to_all = {word.split("target=")[1].split(",")[0] for word in mounts if "target=/closed/" not in word}
    assert open_to_all == {"/course/autograder", "/course/course.toml", "/course/utils"}
    assert [word for word in mounts if not word.endswith(",readonly")] == [
        f"--mount=type=bind,source={course / 'out'},target=/closed/out"
    ]
    assert f"/closed/submissions/0/{course.name}/in" in run
    assert run.split(" python -m ")[1].split()[:2] == ["autograder", "grade"]
    assert "--out=/closed/out --assignments=/closed/dist/autograder --jobs=3" in run and "--regrade=ada" in run
    assert "grading in a container of docker" in capsys.readouterr().err


def test_an_image_of_ones_own_is_not_built(course: Path, engine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(container.IMAGE, "registry.example/grader:1")
    assert grade(course, "--container") == 7
    assert "build" not in engine.read_text() and " registry.example/grader:1 python " in engine.read_text()


def test_an_image_that_cannot_be_built_says_why(
    course: Path, engine: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pretend(course, monkeypatch, engine, build="echo 'no such host' >&2; exit 1")
    assert grade(course, "--container") == 1
    assert "docker could not build the image: no such host" in " ".join(capsys.readouterr().err.split())


def test_an_engine_that_does_not_answer_is_none(
    course: Path, engine: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pretend(course, monkeypatch, engine, info=1)
    assert grade(course, "--container") == 1
    assert "--container needs Docker or Podman, and neither answers" in capsys.readouterr().err
    monkeypatch.setattr(command, "choose", no_sandbox)
    assert grade(course) == 1
    assert "No sandbox works on this machine" in capsys.readouterr().err


def test_a_container_starts_no_container(
    course: Path, engine: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(container.INSIDE, "/home/ta/grades")
    monkeypatch.setattr(command, "choose", no_sandbox)
    assert grade(course) == 1 and not engine.exists()
    assert "No sandbox works on this machine" in capsys.readouterr().err


def test_a_path_with_a_comma_is_named(course: Path, engine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (course / "in").rename(course / "in, late")
    (course / "in").symlink_to(course / "in, late")
    assert grade(course, "--container") == 1
    assert "in, late: a container cannot get a path with a comma" in " ".join(capsys.readouterr().err.split())


def test_what_root_wrote_belongs_to_whom_the_folder_belongs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "feedback").mkdir()
    (tmp_path / "feedback" / "ada.html").touch()
    given: dict[str, tuple[int, int]] = {}
    monkeypatch.setattr(os, "chown", lambda path, uid, gid, follow_symlinks: given.update({path.name: (uid, gid)}))
    container.give_back(tmp_path)
    assert given == {}, "outside of a container nothing is given"
    monkeypatch.setenv(container.INSIDE, "/home/ta/grades")
    container.give_back(tmp_path)
    owner = tmp_path.stat()
    assert given == dict.fromkeys(("feedback", "ada.html"), (owner.st_uid, owner.st_gid))


def test_a_real_container_gives_the_same_scores(course: Path) -> None:
    if container.IMAGE not in os.environ:
        pytest.skip(f"building an image takes minutes: set {container.IMAGE} to one that is built")
    engine = container.find_engine()
    if engine is None:
        pytest.skip("neither Docker nor Podman answers")
    (course / "in" / "mallory").mkdir()
    # full marks for who sees nothing of the others
    peek = "import glob, os\ncount = 42 - len(glob.glob('/closed/*')) - sum('GRADER' in name for name in os.environ)"
    (course / "in" / "mallory" / "small.ipynb").write_bytes(submission(q2=peek))
    scores = []
    for place, more in (("here", []), ("there", ["--container"])):
        out = course / place
        arguments = [course / "in", "--assignments", course / "dist" / "autograder", "--out", out, *more]
        done = subprocess.run(
            [sys.executable, "-m", "autograder", "grade", *map(str, arguments)],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        scores.append(grades(out))
        shutil.rmtree(out / "feedback")  # ours, although root wrote it
    assert scores[0] == scores[1] and scores[0]["ada"] == scores[0]["mallory"]
