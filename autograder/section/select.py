"""The questions of a section: their cells in the built notebooks, and what they need of earlier cells."""

import ast
import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from autograder.build.info import Problem, QuestionInfo, find_problem
from autograder.course import Course
from autograder.errors import CommandError
from autograder.pdf.notebook import PrintedCell, PrintedNotebook, read
from autograder.pdf.spoilers import SHARED, names

HEAD = re.compile(r"^#{2,6} .*\n*", re.MULTILINE)
MARKS = re.compile(r"^\*[^*\n]*\bminutes?\b[^*\n]*\*\n+", re.MULTILINE)  # below a question's heading
REFERENCE = re.compile(r"(?<![\w.])(\d+\.[a-z](?:\.[0ivx]+)?)(?![\w]|\.\w)")
HEADING = re.compile(r"^#{1,3} ", re.MULTILINE)


@dataclass(frozen=True)
class Chosen:
    """A question of a section. `student` and `solution` are its cells in the two notebooks of its problem.

    `needs` are earlier code cells that it builds on, with earlier answers among them, from the solution; `given` are
    those of them that no earlier question of the section has.
    """

    problem: "BuiltProblem"
    question: QuestionInfo
    student: tuple[PrintedCell, ...]
    solution: tuple[PrintedCell, ...]
    needs: tuple[PrintedCell, ...] = ()
    given: tuple[PrintedCell, ...] = ()
    setting: str = ""  # Markdown: what it stands on, where that is not on the sheet

    @property
    def minutes(self) -> float:
        return self.question.own.minutes or 3.0

    @property
    def in_class(self) -> int:
        """Minutes in a room: half as long again as alone, since a question is talked through on the board."""
        return math.ceil(1.5 * self.minutes)

    @property
    def label(self) -> str:
        """What it is called in a sentence."""
        return self.question.part or self.question.title


@dataclass
class BuiltProblem:
    """A problem as its build left it. Nothing is read of its master: importing what reads those takes a second."""

    problem: Problem
    student: PrintedNotebook
    solution: PrintedNotebook
    tests: Path  # a folder with a file for each question
    modules: frozenset[str] = field(default_factory=frozenset)  # names of the course's own modules
    checker: str = ""  # the module that knows mistakes

    @property
    def name(self) -> str:
        return self.problem.name

    def tests_of(self, question: QuestionInfo) -> ast.Module:
        """The tests of a question as otter has them."""
        file = self.tests / f"{question.name}.py"
        return ast.parse(file.read_text(encoding="utf-8") if file.is_file() else "")


def choose(course: Course, wanted: Sequence[str]) -> list[Chosen]:
    """The questions called `wanted`, in this order. Raises CommandError for a name that no problem has."""
    by_name, hint = known_questions(course)
    opened: dict[str, BuiltProblem] = {}
    found: list[Chosen] = []
    for name in wanted:
        if name not in by_name:
            raise CommandError(f"There is no question {name!r}. There are: {', '.join(by_name)}.{hint}")
        if any(name == one.question.name for one in found):
            raise CommandError(f"The question {name} is named twice.")
        problem, question = by_name[name]
        if problem.name not in opened:
            opened[problem.name] = built(course, problem)
        found.append(_with_given(_sliced(opened[problem.name], question), found))
    return [replace(one, setting=_setting(one, wanted)) for one in found]


def known_questions(course: Course) -> tuple[dict[str, tuple[Problem, QuestionInfo]], str]:
    """Every question by its name, with its problem; and a sentence that names the problems that are not built."""
    problems = {path.stem: find_problem(course.built(path.stem)) for path in course.masters()}
    missing = ", ".join(name for name, problem in problems.items() if not problem)
    hint = f" Not built: {missing}. Run `make build` first." if missing else ""
    return {q.name: (problem, q) for problem in problems.values() if problem for q in problem.questions}, hint


def built(course: Course, problem: Problem) -> BuiltProblem:
    student, solution = (folder / f"{problem.name}.ipynb" for folder in (course.notebooks, course.dist / "solutions"))
    if not student.is_file() or not solution.is_file():
        raise CommandError(f"{problem.name} is not built. Run `make build` first.")
    library = course.library
    tests = course.built(problem.name) / "tests"
    return BuiltProblem(problem, read(student), read(solution), tests, frozenset(library.modules), library.checker)


def _sliced(problem: BuiltProblem, question: QuestionInfo) -> Chosen:
    return Chosen(
        problem, question, tuple(_cells_of(problem.student, question)), tuple(_cells_of(problem.solution, question))
    )


def _cells_of(notebook: PrintedNotebook, question: QuestionInfo) -> list[PrintedCell]:
    """From the question's heading to its last answer, and its check behind that."""
    heading = re.compile(rf"^#+ +{re.escape(question.label)}\s*$", re.MULTILINE)
    found = (i for i, c in enumerate(notebook.cells) if c.kind == "markdown" and heading.search(c.source))
    start = next(found, None)
    if start is None:
        raise CommandError(f"{notebook.where}: the heading of question {question.name} was not found")
    after = [i for i in range(start + 1, len(notebook.cells)) if _begins(notebook.cells[i])]
    cells = notebook.cells[start : after[0] if after else None]
    last = max((i for i, c in enumerate(cells) if c.role in ("answer", "solution") or _checks(c, question)), default=0)
    return cells[: last + 1]


def _begins(cell: PrintedCell) -> bool:
    return cell.kind == "markdown" and bool(HEADING.search(cell.source))


def _checks(cell: PrintedCell, question: QuestionInfo) -> bool:
    return cell.kind == "code" and f'check("{question.name}")' in cell.source


def _with_given(chosen: Chosen, before: list[Chosen]) -> Chosen:
    """Earlier cells that define what the question uses, unless an earlier question of the section has it already."""
    cells = [
        c for c in chosen.problem.solution.cells if c.kind == "code" and (c.role != "plumbing" or "screen" in c.tags)
    ]
    mine = {c.number for c in chosen.solution}
    at_hand = {c.number for one in before if one.problem is chosen.problem for c in (*one.solution, *one.given)}
    first = min(mine)
    modules = SHARED | chosen.problem.modules
    tests = chosen.problem.tests_of(chosen.question).body
    wanted = {a.arg for test in tests if isinstance(test, ast.FunctionDef) for a in test.args.args}
    for cell in chosen.solution:
        if cell.kind == "code" and cell.role != "plumbing":
            wanted |= names(cell.source, modules)[0]
    needs: list[PrintedCell] = []
    for cell in reversed([c for c in cells if c.number < first]):
        used, changed, readable = names(cell.source, modules)
        if readable and changed & wanted:
            wanted |= used
            needs.insert(0, cell)
    given = tuple(cell for cell in needs if cell.number not in at_hand)
    return replace(chosen, needs=tuple(needs), given=given)


def _setting(chosen: Chosen, wanted: Sequence[str]) -> str:
    """What the course says that the question stands on, and each question of its problem that its text refers to."""
    told = [chosen.question.own.setting] if chosen.question.own.setting else []
    text = without_hints("\n\n".join(c.source for c in chosen.student if c.kind == "markdown"))
    for part in dict.fromkeys(REFERENCE.findall(text)):
        for other in chosen.problem.problem.questions:
            named = other.part == part or (
                str(other.part).startswith(f"{part}.") and _defines(_sliced(chosen.problem, other), text)
            )
            if named and other.name not in (*wanted, chosen.question.name):
                told.append(_told(_sliced(chosen.problem, other)))
    return "\n\n".join(told)


def _defines(other: Chosen, text: str) -> bool:
    """Whether the text names a function that the solution of another question defines."""
    code = "\n".join(cell.source for cell in other.solution if cell.kind == "code" and cell.role == "solution")
    return any(f"`{name}`" in text for name in re.findall(r"^def (\w+)\(", code, re.MULTILINE))


def _told(other: Chosen) -> str:
    """A question that is not on the sheet, with its answer."""
    asked = MARKS.sub("", HEAD.sub("", without_hints(other.student[0].source))).strip()
    code = [c.source for c in other.solution if c.role == "solution" and c.kind == "code"]
    answer = "".join(f"\n\n```python\n{source}\n```" for source in code)
    return f"*From {other.question.part}, whose answer is given here:* {asked}{answer}"


def parted(source: str) -> tuple[str, str]:
    """A question's text as its heading with the marks below, and the rest."""
    head = HEAD.search(source)
    rest = source[head.end() :] if head else source
    marks = MARKS.match(rest)
    above = source[: head.end()] if head else ""
    return (above + marks[0], rest[marks.end() :]) if marks else (above, rest)


def without_hints(source: str) -> str:
    """A question's text up to its hints."""
    return source.split("<details><summary>Hint")[0].rstrip()


def raw_cells(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The cells of a notebook file with their numbers, as they are written."""
    yield from enumerate(json.loads(path.read_text(encoding="utf-8"))["cells"], start=1)
