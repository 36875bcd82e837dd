"""Binder, the dev container and the links of the README name things that are here."""

import json
import os
import re
import shutil
import subprocess
from urllib.parse import unquote

import pytest

from tests.small_course import ROOT

CONTAINER = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf8"))
README = (ROOT / "README.md").read_text(encoding="utf8")


def test_links_open_a_notebook_in_jupyterlab() -> None:
    opened = [unquote(path) for path in re.findall(r"urlpath=([^`&\s)]+)", README)]
    assert len(opened) >= 2, "Binder's link and nbgitpuller's"
    for path in opened:
        assert path.startswith("lab/tree/"), path
        inside = path.removeprefix("lab/tree/").removeprefix("NAME/")
        assert (ROOT / inside).is_file(), inside


def test_binder_installs_what_a_student_needs_and_its_script_runs() -> None:
    folder = ROOT / ".binder"
    (line,) = (folder / "requirements.txt").read_text().split("\n")[:1]
    assert (folder / line.removeprefix("-r ")).resolve() == (ROOT / "requirements.txt").resolve()
    assert re.fullmatch(r"python-3\.\d+\n", (folder / "runtime.txt").read_text())
    script = folder / "postBuild"
    assert os.access(script, os.X_OK)
    if shutil.which("bash"):
        subprocess.run(["bash", "-n", script], check=True)


@pytest.mark.skipif(shutil.which("make") is None, reason="this machine has no make")
def test_the_dev_container_sets_up_with_a_target_that_exists() -> None:
    command = CONTAINER["postCreateCommand"].split()
    assert command[0] == "make"
    subprocess.run([*command, "--dry-run"], cwd=ROOT, check=True, capture_output=True)


def test_the_dev_container_is_as_vs_code_wants_it() -> None:
    assert set(CONTAINER) <= {"name", "image", "postCreateCommand", "customizations", "containerEnv", "forwardPorts"}
    assert re.fullmatch(r"python:3\.\d+-[a-z]+", CONTAINER["image"]), "an image of the least Python that works"
    code = CONTAINER["customizations"]["vscode"]
    assert {"ms-toolsai.jupyter", "ms-python.python"} <= set(code["extensions"])
    assert code["settings"]["python.defaultInterpreterPath"] == "${containerWorkspaceFolder}/.venv/bin/python"
