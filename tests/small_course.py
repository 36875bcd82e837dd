"""A whole course in a temporary folder, small enough to build in a few seconds."""

import shutil
from pathlib import Path

from autograder.course import Course

ROOT = Path(__file__).resolve().parent.parent
MASTER = ROOT / "tests" / "fixtures" / "masters" / "p1_small.py"
UTILS = '''"""A stand-in for the course's library."""


def same(answer, expected):
    assert answer is not None and answer is not ..., "nothing here yet"
    assert answer == expected, f"{answer} is not what was expected"
'''


TOML = """title = "A small course"
short = "small-course"
[library]
folder = "utils"
preload = ["utils"]
"""


def blank_notebook(name: str, course: Course) -> Path:
    """What a student opens."""
    return course.notebooks / f"{name}.ipynb"


def solution_notebook(name: str, course: Course) -> Path:
    """Executed: with figures and otter's tags of cells."""
    return course.dist / "solutions" / f"{name}.ipynb"


def autograder_zip(name: str, course: Course) -> Path:
    """For Gradescope, and `otter run`."""
    return course.dist / "autograder" / f"{name}.zip"


def small_course(root: Path) -> Course:
    """One master, a library of one function, and the real requirements."""
    for folder in ("solutions", "utils", "notebooks"):
        (root / folder).mkdir(parents=True)
    shutil.copy(MASTER, root / "solutions")
    shutil.copy(ROOT / "solutions" / "assignment.yml", root / "solutions")
    for name in ("requirements.txt", "requirements.lock"):
        shutil.copy(ROOT / name, root)
    (root / "utils" / "__init__.py").write_text(UTILS, encoding="utf-8")
    (root / "course.toml").write_text(TOML, encoding="utf-8")
    return Course.load(root)
