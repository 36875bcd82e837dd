"""Read a master: its cells with their line numbers, its questions, and what is wrong with it.

Otter reports a broken master by cell number, or not at all. Everything here is checked before
otter sees the master, so that a mistake has a file and a line.
"""

import ast
import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jupytext
import yaml
from IPython.core.inputtransformer2 import TransformerManager

from autograder.build import fields
from autograder.build.fields import Fields
from autograder.build.info import MasterError
from autograder.testfiles import faults_of_test

BOUNDARY = re.compile(r"#\s+(BEGIN|END)\s+(QUESTION|SOLUTION|PROMPT|TESTS)\s*$", re.IGNORECASE)
TEST_CONFIG = re.compile(r'\s*"""\s*#\s*(BEGIN|END) TEST CONFIG')
MARK = re.compile(r"# ?(BEGIN SOLUTION|END SOLUTION|SOLUTION)( NO PROMPT)?\s*$")
TEST_KEYS = ("points", "hidden", "failure_message", "success_message")  # otter takes no notice of others
PART = re.compile(r"^#{1,6}\s+(\d+(?:\.[0-9a-z]+)*)\s+·\s+(.+?)\s*$", re.MULTILINE)


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
    def rubric(self) -> str:
        """For who grades it by hand: Markdown."""
        return self.own.rubric.strip()

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


def read_master(path: Path) -> Master:
    """Read and check the master at `path`. Raises MasterError at the first thing that is wrong."""
    cells = _cells(path)
    config_cells = [i for i, c in enumerate(cells) if c.kind == "raw" and re.match(r"#\s+ASSIGNMENT CONFIG", c.source)]
    if not config_cells:
        raise MasterError(path, 1, "no assignment: the first cell must be `# %% [raw]` with `# # ASSIGNMENT CONFIG`")
    config = _yaml(path, cells[config_cells[0]])
    if config.get("name") != path.stem:
        found = config.get("name")
        raise MasterError(
            path,
            cells[config_cells[0]].line,
            f"the assignment's name is {found!r}; it must be the file's: `name: {path.stem}`",
        )
    _check_files(path, cells[config_cells[0]], config)
    questions = list(_questions(path, cells))
    _unique(path, questions)
    _headings(path, questions)
    return Master(path, cells, config, config_cells[0], questions)


def _cells(path: Path) -> list[MasterCell]:
    text = path.read_text(encoding="utf-8-sig")  # some editors begin a file with a mark
    notebook = jupytext.reads(text, fmt="py:percent")
    starts = [i for i, line in enumerate(text.splitlines(), start=1) if re.match(r"# %%(\s|$)", line)]
    if not starts or text[:4] != "# %%":
        raise MasterError(path, 1, "the file must start with a cell mark, `# %% [raw]`")
    for cell, start in zip(notebook.cells, starts, strict=False):
        if re.search(r"^# %%", cell.source, re.MULTILINE):
            raise MasterError(path, start + 1, 'a text in triple quotes opens in this cell and is never closed: `"""`')
    return [
        MasterCell(c.cell_type, c.source, line + 1, dict(c.metadata))
        for c, line in zip(notebook.cells, starts, strict=True)
    ]


def _check_files(path: Path, cell: MasterCell, config: dict[str, Any]) -> None:
    files = config.get("files") or []
    if not isinstance(files, list) or not all(isinstance(name, str) for name in files):
        raise MasterError(path, _line_of(cell, "files:"), f"files must be a list of names, found {files!r}")
    for name in files:
        where = path.parent / name
        if not where.resolve().is_relative_to(path.parent.resolve()) or not where.is_file():
            message = f"there is no file {name!r} beside this master; what lies beside all notebooks is `support` in "
            raise MasterError(path, _line_of(cell, name), f"{message}course.toml")


def _yaml(path: Path, cell: MasterCell, offset: int = 0, text: str | None = None) -> dict[str, Any]:
    try:
        config = yaml.safe_load(cell.source if text is None else text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = cell.line + offset + (mark.line if mark else 0)
        raise MasterError(path, line, f"not valid YAML: {getattr(error, 'problem', None) or error}") from None
    if config is None:
        return {}
    if not isinstance(config, dict):
        raise MasterError(path, cell.line + offset, f"expected settings such as `name: q1a`, found {config!r}")
    return config


def _questions(path: Path, cells: list[MasterCell]) -> Iterator[MasterQuestion]:
    blocks: list[tuple[str, int]] = []  # the open blocks, outermost first: kind and line
    question: MasterQuestion | None = None
    for cell in cells:
        if cell.kind == "raw" and (mark := BOUNDARY.match(cell.lines[0].rstrip())):
            edge, kind = mark[1].upper(), mark[2].upper()
            if edge == "BEGIN":
                _may_open(path, cell, kind, blocks)
                blocks.append((kind, cell.line))
                if kind == "QUESTION":
                    question = _question(path, cell)
                continue
            if not blocks or blocks[-1][0] != kind:
                inner = (
                    f"the {blocks[-1][0]} block of line {blocks[-1][1]} is still open"
                    if blocks
                    else f"no {kind} block is open"
                )
                raise MasterError(path, cell.line, f"found `# END {kind}`, but {inner}")
            blocks.pop()
            if kind == "QUESTION" and question:
                yield _finished(path, question)
                question = None
            continue
        _check_cell(path, cell, blocks[-1][0] if blocks else None, question)
    if blocks:
        kind, line = blocks[-1]
        raise MasterError(path, line, f"this {kind} block is never closed: end it with a raw cell `# # END {kind}`")


def _may_open(path: Path, cell: MasterCell, kind: str, blocks: list[tuple[str, int]]) -> None:
    inside = blocks[-1][0] if blocks else None
    wanted = None if kind == "QUESTION" else "QUESTION"
    if inside != wanted:
        where = (
            f"inside the {inside} block of line {blocks[-1][1]}, which is never closed"
            if inside
            else "outside a question"
        )
        raise MasterError(path, cell.line, f"found `# BEGIN {kind}` {where}")


def _question(path: Path, cell: MasterCell) -> MasterQuestion:
    config = _yaml(path, cell)
    if not isinstance(config.get("name"), str) or not re.fullmatch(r"[A-Za-z]\w*", config["name"]):
        raise MasterError(path, cell.line, "a question needs a name made of letters, digits and _: `# name: q1a`")
    manual, rubric = bool(config.get("manual", False)), config.get("rubric", "")
    if not isinstance(rubric, str) or (rubric and not manual):
        only = "a text: `rubric: |` and lines below it" if manual else "one only with `manual: true`"
        raise MasterError(path, _line_of(cell, "rubric:"), f"the rubric of {config['name']} must be {only}")
    try:
        own = fields.read(config)
    except ValueError as error:
        key, message = error.args
        raise MasterError(path, _line_of(cell, f"{key}:"), f"{config['name']}: {message}") from None
    return MasterQuestion(config["name"], cell.line, manual, config.get("points"), own=own)


def _check_cell(path: Path, cell: MasterCell, block: str | None, question: MasterQuestion | None) -> None:
    if cell.kind == "markdown" and question and block == "QUESTION" and not question.title:
        if heading := PART.search(cell.source):
            question.part, question.title, question.heading = heading[1], heading[2], cell
        elif heading := re.search(r"^#{1,6}\s+(.+?)\s*$", cell.source, re.MULTILINE):
            question.title = heading[1]
    if cell.kind == "markdown" and question and block == "QUESTION":
        question.texts.append(cell.source)
    if block == "SOLUTION" and question:
        question.solution.append(cell)
    if block == "TESTS" and question:
        if cell.kind != "code":
            raise MasterError(path, cell.line, "only code cells may stand in a TESTS block")
        question.tests.append(_test(path, cell))
    elif cell.kind == "code":
        _check_marks(path, cell, in_solution=block == "SOLUTION")
        _check_syntax(path, cell, TransformerManager().transform_cell(cell.source))


def _check_marks(path: Path, cell: MasterCell, in_solution: bool) -> None:
    opened = None
    marked = False
    for number, line in enumerate(cell.lines, start=cell.line):
        mark = MARK.search(line)
        if not mark:
            continue
        if not in_solution:
            raise MasterError(
                path,
                number,
                f"`# {mark[1]}` stands outside a SOLUTION block, so students would see this line",
            )
        marked = True
        if mark[1] == "BEGIN SOLUTION":
            if opened:
                raise MasterError(path, number, f"`# BEGIN SOLUTION` again: the one of line {opened} is still open")
            opened = number
        elif mark[1] == "END SOLUTION":
            if not opened:
                raise MasterError(path, number, "`# END SOLUTION` without `# BEGIN SOLUTION`")
            opened = None
    if opened:
        raise MasterError(path, opened, "`# BEGIN SOLUTION` is never closed: add a line `# END SOLUTION`")
    if in_solution and not marked and cell.source.strip():
        raise MasterError(
            path,
            cell.line,
            "no line of this solution cell is marked `# SOLUTION`, so students would see all of it",
        )


def _check_syntax(path: Path, cell: MasterCell, source: str, offset: int = 0) -> ast.Module:
    try:
        return ast.parse(source)
    except SyntaxError as error:
        raise MasterError(
            path, cell.line + offset + (error.lineno or 1) - 1, f"not valid Python: {error.msg}"
        ) from None


def _test(path: Path, cell: MasterCell) -> Test:
    lines, start, config = cell.lines, 0, {}
    if re.match(r'\s*#\s*"""\s*#\s*BEGIN TEST CONFIG', lines[0]):
        raise MasterError(
            path,
            cell.line,
            'the test settings are commented out: write `""" # BEGIN TEST CONFIG` without a leading `#`',
        )
    if TEST_CONFIG.match(lines[0]):
        ends = [i for i, line in enumerate(lines) if i and TEST_CONFIG.match(line)]
        if not ends:
            raise MasterError(path, cell.line, 'the test settings are never closed: add a line `""" # END TEST CONFIG`')
        start = ends[0] + 1
        config = _yaml(path, cell, offset=1, text="\n".join(lines[1 : ends[0]]))
        _check_keys(path, cell, config)
        _check_messages(path, cell, config)
    body = _check_syntax(path, cell, "\n".join(lines[start:]), offset=start).body
    if len(body) != 1 or not isinstance(body[0], ast.FunctionDef):
        raise MasterError(
            path,
            cell.line + start,
            "a test cell holds exactly one function, `def test_...(the, names, it, checks):`",
        )
    for fault in faults_of_test(body[0]):
        raise MasterError(path, cell.line + start + fault.line - 1, fault.message)
    points = config.get("points")
    if points is not None and (isinstance(points, bool) or not isinstance(points, (int, float)) or points < 0):
        raise MasterError(
            path, _line_of(cell, "points:"), f"points must be a number that is not negative, found {points!r}"
        )
    hidden = bool(config.get("hidden", re.match(r"#.*\bhidden\b", lines[0], re.IGNORECASE)))
    return Test(body[0].name, cell.line + start + body[0].lineno - 1, hidden, points, ast.unparse(body[0]))


def _check_keys(path: Path, cell: MasterCell, config: dict[str, Any]) -> None:
    for key in config:
        if key not in TEST_KEYS:
            near = difflib.get_close_matches(str(key), TEST_KEYS, 1)
            meant = f"did you mean `{near[0]}`?" if near else f"known are: {', '.join(TEST_KEYS)}"
            raise MasterError(path, _line_of(cell, str(key)), f"a test has no key `{key}`; {meant}")


def _check_messages(path: Path, cell: MasterCell, config: dict[str, Any]) -> None:
    for key in ("failure_message", "success_message"):
        text = str(config.get(key) or "")
        for bad, called in (('"', 'a double quote `"`'), ("\\", "a backslash"), ("\n", "a line break")):
            if bad in text:
                raise MasterError(
                    path,
                    _line_of(cell, key),
                    f"the {key} holds {called}; otter would write a broken test file from it",
                )


def _line_of(cell: MasterCell, text: str) -> int:
    return cell.line + next((i for i, line in enumerate(cell.lines) if text in line), 0)


def _finished(path: Path, question: MasterQuestion) -> MasterQuestion:
    if question.manual:
        if question.points is None:
            raise MasterError(
                path,
                question.line,
                f"{question.name} is graded by hand: say how much it is worth, `# points: 2`",
            )
        return question
    if not question.tests:
        raise MasterError(path, question.line, f"{question.name} has no test: add a TESTS block, or `# manual: true`")
    if isinstance(question.points, list) and len(question.points) != len(question.tests):
        raise MasterError(
            path,
            question.line,
            f"{question.name} lists {len(question.points)} points for {len(question.tests)} tests",
        )
    seen: dict[str, int] = {}
    for test in question.tests:
        if test.name in seen:
            raise MasterError(
                path,
                test.line,
                f"a second test called {test.name} (the first: line {seen[test.name]}): only one would run",
            )
        seen[test.name] = test.line
    given = [t.points for t in question.tests]
    if question.points is None:
        for test in question.tests:
            if test.points is None:
                message = f"{test.name} of {question.name} says no points: `points: 2` in the test, or in its question"
                raise MasterError(path, test.line, message)
    if (
        isinstance(question.points, (int, float))
        and None not in given
        and sum(p or 0 for p in given) != question.points
    ):
        total = sum(p or 0 for p in given)
        raise MasterError(
            path,
            question.line,
            f"{question.name} declares {question.points} points, but its tests add up to {total}",
        )
    return question


def _headings(path: Path, questions: list[MasterQuestion]) -> None:
    """A question's name is its heading's: `### 1.a.i · Title` for q1a_i."""
    for question in questions:
        if not question.part or _plain(question.part) == _plain(question.name.removeprefix("q")):
            continue
        fits = "q" + question.part.replace(".", "", 1).replace(".", "_")
        message = f"{question.name} stands below the heading {question.part} · {question.title}; there it is {fits}"
        raise MasterError(path, question.line, message)


def _plain(text: str) -> str:
    return re.sub(r"[^0-9a-z]", "", text.lower())


def _unique(path: Path, questions: list[MasterQuestion]) -> None:
    seen: dict[str, int] = {}
    for question in questions:
        if question.name in seen:
            raise MasterError(
                path,
                question.line,
                f"a second question is called {question.name} (the first: line {seen[question.name]})",
            )
        seen[question.name] = question.line
