"""What a build says about a problem: its questions and points, or what is wrong with its master.

Light to import: no otter, no Jupyter.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

from autograder.build.fields import Fields


class MasterError(Exception):
    """What is wrong with a master: one sentence that starts with `file:line`."""

    def __init__(self, path: Path, line: int, message: str):
        super().__init__(path, line, message)
        self.path, self.line, self.message = path, line, message

    def __str__(self) -> str:
        path = self.path.relative_to(Path.cwd()) if self.path.is_relative_to(Path.cwd()) else self.path
        return f"{path}:{self.line}: {self.message}"


@dataclass(frozen=True)
class TestInfo:
    name: str  # of the test function
    hidden: bool
    line: int  # in the master


@dataclass(frozen=True)
class QuestionInfo:
    name: str
    part: str | None  # the worksheet's id, "1.a.i"
    title: str
    points: float
    manual: bool
    own: Fields = field(default_factory=Fields)  # what the course says of it: core or more, minutes, ...
    tests: tuple[TestInfo, ...] = ()
    # of a question that a person grades, for the page on which that is done: Markdown
    text: str = ""
    answer: str = ""
    rubric: str = ""

    @property
    def label(self) -> str:
        """Its heading in the notebook: `1.a · Double it`."""
        return f"{self.part} · {self.title}" if self.part else self.title

    @property
    def key(self) -> str:
        """What a question in words is called in the gradebook and in its sheet."""
        return self.part or self.name


@dataclass(frozen=True)
class Problem:
    name: str
    title: str
    points: float  # of the questions that are graded automatically
    questions: tuple[QuestionInfo, ...]
    key: str = ""  # hash of all inputs of this build
    files: tuple[str, ...] = ()  # what lies beside the notebook


def load_problem(folder: Path) -> Problem:
    """The problem that was built into `folder`. FileNotFoundError, which says what to run, where there is none."""
    try:
        data = json.loads((folder / "problem.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        name = folder.name
        hint = f"run `make build` (or `python -m autograder build {name}`)"
        raise FileNotFoundError(f"{name} is not built yet: {hint}") from None
    questions = tuple(
        QuestionInfo(**{**q, "own": Fields.of(q.get("own", {})), "tests": tuple(TestInfo(**t) for t in q["tests"])})
        for q in data["questions"]
    )
    return Problem(**{**data, "questions": questions, "files": tuple(data.get("files", ()))})


def find_problem(folder: Path) -> Problem | None:
    """The same; None where there is no build, or one that another version made."""
    try:
        return load_problem(folder)
    except (OSError, ValueError, KeyError, TypeError):
        return None
