"""The command table tells a newcomer what to do when their machine is not ready."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.small_course import ROOT

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="this machine has no make")


def make(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run make in `folder` with this course's Makefile and lock, and an empty place for the .venv."""
    folder.mkdir(exist_ok=True)
    for name in ("Makefile", "requirements.lock"):
        shutil.copy(ROOT / name, folder)
    call = ["make", "--no-print-directory", f"VENV={folder / 'venv'}", *words]
    return subprocess.run(call, cwd=folder, capture_output=True, text=True, timeout=120)


def program(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def test_make_alone_lists_the_commands(tmp_path: Path) -> None:
    listed = make(tmp_path).stdout
    for target in ("setup", "lab", "test", "build", "grade", "pdf", "lint", "lock"):
        assert re.search(rf"^{target} +\S", listed, re.MULTILINE), target


def test_no_python(tmp_path: Path) -> None:
    done = make(tmp_path, "setup", "PYTHON=python-that-is-not-there")
    assert done.returncode != 0
    assert "There is no `python-that-is-not-there` on this machine. Install Python 3.11 or newer" in done.stdout


def test_an_old_python(tmp_path: Path) -> None:
    old = program(tmp_path / "old-python", 'case "$1" in --version) echo Python 3.9.2;; *) exit 1;; esac')
    done = make(tmp_path, "setup", f"PYTHON={old}")
    assert done.returncode != 0 and not (tmp_path / "venv").exists()
    assert "needs Python 3.11 or newer" in done.stdout and "is Python 3.9.2. Name another one" in done.stdout


def test_no_venv_module(tmp_path: Path) -> None:
    python = program(tmp_path / "python", 'case "$1$2" in -mvenv) exit 1;; *) exit 0;; esac')
    done = make(tmp_path, "setup", f"PYTHON={python}")
    assert done.returncode != 0 and "apt install python3-venv" in done.stdout


def test_no_network(tmp_path: Path) -> None:
    """A pip that cannot install: the message says what to do, and the next run tries again."""
    (tmp_path / "venv" / "bin").mkdir(parents=True)
    program(tmp_path / "venv" / "bin" / "python", 'case "$3" in install) echo no network >&2; exit 1;; esac')
    for _ in range(2):
        done = make(tmp_path, "setup")
        assert done.returncode != 0 and "Is this machine online?" in done.stdout and "no network" in done.stderr


def test_setup_does_nothing_when_it_is_up_to_date(tmp_path: Path) -> None:
    (tmp_path / "venv" / "bin").mkdir(parents=True)
    program(tmp_path / "venv" / "bin" / "python", f'echo "$@" >> {tmp_path / "calls"}')
    assert make(tmp_path, "setup").returncode == 0
    assert "pip install" in (tmp_path / "calls").read_text(encoding="utf-8")
    (tmp_path / "calls").unlink()
    (tmp_path / "requirements.lock").touch()
    again = make(tmp_path, "setup")
    assert again.returncode == 0 and again.stdout.strip() in ("", "make: Nothing to be done for 'setup'.")
    assert (tmp_path / "calls").read_text(encoding="utf-8").strip() == "-c"
