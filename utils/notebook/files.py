"""A notebook's own file, wherever it lies and whatever it is called by now, and the tests that it holds."""

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

COURSE = Path(__file__).resolve().parents[2]  # the folder that holds utils/


def notebook_file(name: str) -> Path | None:
    """The file that runs here, although it may have been renamed; None when there is none, as in Colab. Its path is
    whole only where it does not lie in the working folder."""
    told = [os.environ.get("JPY_SESSION_NAME", ""), str(_user_names().get("__vsc_ipynb_file__", ""))]
    named = [Path(one) for one in told if one.endswith(".ipynb")]
    exact = Path(f"{name}.ipynb")
    for path in [*(Path(path.name) for path in named), *(path for path in named if path.is_absolute()), exact]:
        if path.is_file() and (path == exact or assignment(path) == name):
            return path
    others = [path for path in Path().glob("*.ipynb") if assignment(path) == name]
    return max(others, key=lambda path: path.stat().st_mtime, default=None)


def assignment(path: Path) -> str:
    """The problem that a notebook belongs to; "" for every other file."""
    return str(read(path).get("metadata", {}).get("otter", {}).get("assignment_name", ""))


def read(path: Path) -> dict[str, Any]:
    """A notebook as nbformat has it; {} when it is not there, or not a notebook."""
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return notebook if isinstance(notebook, dict) else {}


def test_files(notebook: dict[str, Any]) -> Path | None:
    """The notebook's public tests, a file each, in a folder that lasts as long as this Python: otter reads these
    wherever the notebook lies. None when it holds none."""
    tests = notebook.get("metadata", {}).get("otter", {}).get("tests", {})
    if not tests:
        return None
    folder = tempfile.TemporaryDirectory(prefix="checks-")
    _KEPT.append(folder)
    for question, text in tests.items():
        Path(folder.name, f"{Path(question).name}.py").write_text(text, encoding="utf-8")
    return Path(folder.name)


_KEPT: list[tempfile.TemporaryDirectory] = []


def _user_names() -> dict[str, Any]:
    main = sys.modules.get("__main__")
    return vars(main) if main else {}
