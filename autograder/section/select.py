"""The questions of a section: their cells in the built notebooks, and what they need of earlier cells."""

import ast
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.build.master import Master, MasterQuestion, read_master
from autograder.course import Course
from autograder.pdf.notebook import Notebook, PdfError, PrintedCell, read
from autograder.pdf.spoilers import SHARED, names

HEADING = re.compile(r"^#{1,3} ", re.MULTILINE)


@dataclass(frozen=True)
class Chosen:
    """A question of a section. `student` and `solution` are its cells in the two notebooks of its problem.

    `given` are earlier code cells that it needs, with earlier answers among them; they come from the solution.
    """

    problem: "Built"
    question: MasterQuestion
    student: tuple[PrintedCell, ...]
    solution: tuple[PrintedCell, ...]
    given: tuple[PrintedCell, ...] = ()

    @property
    def minutes(self) -> float:
        return self.question.own.minutes or 3.0

    @property
    def heading(self) -> str:
        return f"{self.question.part} · {self.question.title}"


@dataclass
class Built:
    """A problem as its build left it."""

    master: Master
    student: Notebook
    solution: Notebook
    modules: frozenset[str] = field(default_factory=frozenset)  # names of the course's own modules

    @property
    def name(self) -> str:
        return self.master.name


def choose(course: Course, wanted: Iterable[str]) -> list[Chosen]:
    """The questions called `wanted`, in this order. Raises PdfError for a name that no problem has."""
    problems = [built(course, path) for path in course.masters()]
    by_name = {q.name: (problem, q) for problem in problems for q in problem.master.questions}
    found: list[Chosen] = []
    for name in wanted:
        if name not in by_name:
            raise PdfError(f"There is no question {name!r}. There are: {', '.join(by_name)}.")
        if any(name == one.question.name for one in found):
            raise PdfError(f"The question {name} is named twice.")
        problem, question = by_name[name]
        found.append(_with_given(_sliced(problem, question), found))
    return found


def built(course: Course, path: Path) -> Built:
    student, solution = course.notebooks / f"{path.stem}.ipynb", course.dist / "solutions" / f"{path.stem}.ipynb"
    if not student.is_file() or not solution.is_file():
        raise PdfError(f"{path.stem} is not built. Run `make build` first.")
    return Built(read_master(path), read(student), read(solution), frozenset(course.library.modules))


def _sliced(problem: Built, question: MasterQuestion) -> Chosen:
    return Chosen(
        problem,
        question,
        tuple(_cells_of(problem.student, question)),
        tuple(_cells_of(problem.solution, question)),
    )


def _cells_of(notebook: Notebook, question: MasterQuestion) -> list[PrintedCell]:
    """From the question's heading to its last answer, and its check behind that."""
    heading = f"### {question.part} · "
    found = (i for i, c in enumerate(notebook.cells) if c.kind == "markdown" and heading in c.source)
    start = next(found, None)
    if start is None:
        raise PdfError(f"{notebook.where}: the heading of question {question.name} was not found")
    after = [i for i in range(start + 1, len(notebook.cells)) if _begins(notebook.cells[i])]
    cells = notebook.cells[start : after[0] if after else None]
    last = max((i for i, c in enumerate(cells) if c.role in ("answer", "solution") or _checks(c, question)), default=0)
    return cells[: last + 1]


def _begins(cell: PrintedCell) -> bool:
    return cell.kind == "markdown" and bool(HEADING.search(cell.source))


def _checks(cell: PrintedCell, question: MasterQuestion) -> bool:
    return cell.kind == "code" and f'check("{question.name}")' in cell.source


def _with_given(chosen: Chosen, before: list[Chosen]) -> Chosen:
    """Earlier cells that define what the question uses, unless an earlier question of the section has it already."""
    cells = [c for c in chosen.problem.solution.cells if c.kind == "code" and c.role != "plumbing"]
    mine = {c.number for c in chosen.solution}
    at_hand = {c.number for one in before if one.problem is chosen.problem for c in (*one.solution, *one.given)}
    first = min(mine)
    modules = SHARED | chosen.problem.modules
    wanted = {name for t in chosen.question.tests for name in _arguments(t.source)}
    for cell in chosen.solution:
        if cell.kind == "code" and cell.role != "plumbing":
            wanted |= names(cell.source, modules)[0]
    given: list[PrintedCell] = []
    for cell in reversed([c for c in cells if c.number < first]):
        used, changed, readable = names(cell.source, modules)
        if readable and changed & wanted:
            wanted |= used
            if cell.number not in at_hand:
                given.append(cell)
    return Chosen(chosen.problem, chosen.question, chosen.student, chosen.solution, tuple(reversed(given)))


def _arguments(test: str) -> list[str]:
    found = re.search(r"def test_\w+\(([^)]*)\)", test)
    return [a.strip() for a in found[1].split(",") if a.strip()] if found else []


def raw_cells(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The cells of a notebook file with their numbers, as they are written."""
    yield from enumerate(json.loads(path.read_text(encoding="utf-8"))["cells"], start=1)


def imports_only(source: str) -> bool:
    """Whether a cell imports, and does next to nothing else."""
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return False
    kinds = [type(node) for node in body]
    return bool({ast.Import, ast.ImportFrom} & set(kinds)) and set(kinds) <= {
        ast.Import, ast.ImportFrom, ast.Assign, ast.Expr
    }  # fmt: skip
