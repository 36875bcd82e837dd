"""A notebook starts: on a laptop, in Colab, in VS Code, in a grader."""

import os
import re
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from utils.notebook import colab
from utils.notebook.files import COURSE, notebook_file, read, test_files
from utils.notebook.lesson import Lesson
from utils.notebook.words import Stop

MODULES = {"otter-grader": "otter", "scikit-learn": "sklearn"}  # where it is not the package's own name
SERVER = "jupyterlab"  # a notebook that is open has one


def start(name: str) -> Any:
    """The notebook's checker: `grader.check("q1a")`, `grader.export()`.

    `name` is the problem's, whatever the file is called by now. Raises Stop, one sentence with the right command,
    where a package is missing.
    """
    missing = [] if sys.platform == "emscripten" else missing_packages(COURSE / "requirements.txt")
    if missing and not (colab.running() and colab.fetched(missing)):
        wanted = " ".join(f'"{package}"' for package in missing)
        raise Stop(
            f"This Python lacks a few packages. Run this in a new cell, then this one again: %pip install {wanted}"
        )
    import utils.check  # noqa: F401  # shows what otter finds
    from utils.check.recorded import remember
    from utils.notebook.checker import checker

    colab.allow_widgets()
    file = notebook_file(name)
    if file and file.is_absolute():  # VS Code, set to work in the workspace's folder: otter wants the notebook's
        os.chdir(file.parent)
        file = Path(file.name)
    notebook = read(file or COURSE / "notebooks" / f"{name}.ipynb")
    if file is None and colab.running() and notebook["metadata"]["lesson"].get("own_numbers"):
        notebook = colab.live_notebook(notebook["metadata"])
    remember(notebook.get("metadata", {}).get("lesson", {}).get("answers", {}))
    lesson = Lesson.of(name, notebook)
    for guess in lesson.guesses:  # who skips a guess's cell is asked for a guess, and meets no NameError
        sys._getframe(1).f_globals.setdefault(guess, ...)
    return checker(name, file, lesson, test_files(notebook))


def missing_packages(requirements: Path) -> list[str]:
    """Lines of a requirements file whose package this Python does not have; none when there is no such file."""
    try:
        lines = [line.split("#")[0].strip() for line in requirements.read_text(encoding="utf-8").splitlines()]
    except OSError:
        return []
    packages = {re.split(r"[<>=!~; \[]", line)[0]: line for line in lines if line}
    packages.pop(SERVER, None)
    return [line for package, line in packages.items() if not _there(MODULES.get(package, package.replace("-", "_")))]


def _there(module: str) -> bool:
    return module in sys.modules or find_spec(module) is not None
