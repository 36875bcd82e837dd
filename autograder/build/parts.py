"""A master in parts: its cells with their lines, its questions, their tests."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.build.fields import Fields
from autograder.build.info import MasterError


class LineError(Exception):
    """What is wrong with a master, and in which line; `read_master` adds the file."""

    def __init__(self, line: int, message: str):
        super().__init__(line, message)
        self.line, self.message = line, message


@dataclass(frozen=True)
class MasterCell:
    kind: str  # "raw", "markdown" or "code"
    source: str
    line: int  # of the cell's first source line in the master, from 1
    metadata: dict[str, Any] = field(default_factory=dict)  # what stands behind the cell's `# %%`

    @property
    def tags(self) -> tuple[str, ...]:
        """`# %% tags=["otter_ignore"]`: edition.py lists those that mean something."""
        return tuple(self.metadata.get("tags", ()))

    @property
    def lines(self) -> list[str]:
        return self.source.split("\n")

    def line_of(self, text: str) -> int:
        """The first line in which `text` stands, counted in the master; the cell's first where it does not."""
        return self.line + next((i for i, line in enumerate(self.lines) if text in line), 0)


@dataclass(frozen=True)
class Test:
    name: str
    line: int
    hidden: bool
    points: float | None
    source: str


@dataclass
class MasterQuestion:
    name: str
    line: int
    manual: bool
    points: Any  # as written: None, a number, a list, or {"each": number}
    part: str | None = None  # the worksheet's id, "1.a.i", from the heading `### 1.a.i · Title`
    title: str = ""
    heading: MasterCell | None = None
    own: Fields = field(default_factory=Fields)  # what the course says of it beyond otter's keys
    tests: list[Test] = field(default_factory=list)
    solution: list[MasterCell] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)  # what students read of it, a Markdown cell each

    @property
    def worth(self) -> float:
        """The points this question declares: its own number, or the sum over its tests."""
        if isinstance(self.points, dict):
            return float(self.points.get("each", 1)) * len(self.tests)
        if isinstance(self.points, list):
            return float(sum(p or 0 for p in self.points))
        if self.points is not None:
            return float(self.points)
        given = [t.points for t in self.tests if t.points is not None]
        return float(sum(given)) if any(given) else 1.0


@dataclass
class Master:
    path: Path
    cells: list[MasterCell]
    config: dict[str, Any]
    config_cell: int
    questions: list[MasterQuestion]

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def title(self) -> str:
        return str(self.config.get("title", self.name))

    @property
    def files(self) -> tuple[str, ...]:
        """What lies beside the notebook, by its path from there, as it lies beside the master."""
        return tuple(self.config.get("files") or ())

    @property
    def points(self) -> float:
        """What the tests can give; questions graded by hand are not in it."""
        return sum(q.worth for q in self.questions if not q.manual)

    def error(self, line: int, message: str) -> MasterError:
        """What is wrong in a line of it, to be raised."""
        return MasterError(self.path, line, message)
