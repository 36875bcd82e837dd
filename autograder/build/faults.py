"""What can be wrong with the parts of a master. Each function raises `LineError` with the line, or is content."""

import ast
import re
from pathlib import Path
from typing import Any

import yaml

from autograder.build import number_places
from autograder.build.parts import LineError, MasterCell, MasterQuestion

MARK = re.compile(r"# ?(BEGIN SOLUTION|END SOLUTION|SOLUTION)( NO PROMPT)?\s*$")


def settings(text: str, line: int) -> dict[str, Any]:
    """YAML that begins in this line of the master."""
    try:
        config = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        message = f"not valid YAML: {getattr(error, 'problem', None) or error}"
        raise LineError(line + (mark.line if mark else 0), message) from None
    if config is not None and not isinstance(config, dict):
        raise LineError(line, f"expected settings such as `name: q1a`, found {config!r}")
    return config or {}


def parsed(source: str, line: int) -> ast.Module:
    """Python that begins in this line of the master."""
    try:
        return ast.parse(source)
    except SyntaxError as error:
        raise LineError(line + (error.lineno or 1) - 1, f"not valid Python: {error.msg}") from None


def of_config(path: Path, cell: MasterCell, config: dict[str, Any]) -> None:
    """The assignment's name is its file's, and what it brings lies beside it."""
    if config.get("name") != path.stem:
        found = config.get("name")
        raise LineError(cell.line, f"the assignment's name is {found!r}; it must be the file's: `name: {path.stem}`")
    files = config.get("files") or []
    if not isinstance(files, list) or not all(isinstance(name, str) for name in files):
        raise LineError(cell.line_of("files:"), f"files must be a list of names, found {files!r}")
    for name in files:
        where = path.parent / name
        if not where.resolve().is_relative_to(path.parent.resolve()) or not where.is_file():
            message = f"there is no file {name!r} beside this master; what lies beside all notebooks is `support` in "
            raise LineError(cell.line_of(name), f"{message}course.toml")


def of_marks(cell: MasterCell, in_solution: bool) -> None:
    """`# SOLUTION` and its relatives: in pairs, and nowhere but in a solution, which has at least one."""
    opened, marked = None, False
    for number, line in enumerate(cell.lines, start=cell.line):
        mark = MARK.search(line)
        if not mark:
            continue
        if not in_solution:
            raise LineError(number, f"`# {mark[1]}` stands outside a SOLUTION block, so students would see this line")
        marked = True
        if mark[1] == "BEGIN SOLUTION":
            if opened:
                raise LineError(number, f"`# BEGIN SOLUTION` again: the one of line {opened} is still open")
            opened = number
        elif mark[1] == "END SOLUTION":
            if not opened:
                raise LineError(number, "`# END SOLUTION` without `# BEGIN SOLUTION`")
            opened = None
    if opened:
        raise LineError(opened, "`# BEGIN SOLUTION` is never closed: add a line `# END SOLUTION`")
    if in_solution and not marked and cell.source.strip():
        raise LineError(
            cell.line, "no line of this solution cell is marked `# SOLUTION`, so students would see all of it"
        )


def of_question(question: MasterQuestion) -> None:
    """Each question is worth something, and its points go with its tests."""
    name, points, tests = question.name, question.points, question.tests
    if question.manual:
        if points is None:
            raise LineError(question.line, f"{name} is graded by hand: say how much it is worth, `# points: 2`")
        return
    if not tests:
        raise LineError(question.line, f"{name} has no test: add a TESTS block, or `# manual: true`")
    if isinstance(points, list) and len(points) != len(tests):
        raise LineError(question.line, f"{name} lists {len(points)} points for {len(tests)} tests")
    seen: dict[str, int] = {}
    for test in tests:
        if test.name in seen:
            message = f"a second test called {test.name} (the first: line {seen[test.name]}): only one would run"
            raise LineError(test.line, message)
        seen[test.name] = test.line
        if points is None and test.points is None:
            message = f"{test.name} of {name} says no points: `points: 2` in the test, or in its question"
            raise LineError(test.line, message)
    given = [t.points for t in tests if t.points is not None]
    if isinstance(points, (int, float)) and len(given) == len(tests) and sum(given) != points:
        raise LineError(question.line, f"{name} declares {points} points, but its tests add up to {sum(given)}")


def of_names(questions: list[MasterQuestion]) -> None:
    """A name stands once, and is its heading's: `### 1.a.i · Title` for q1a_i."""
    seen: dict[str, int] = {}
    for question in questions:
        if question.name in seen:
            message = f"a second question is called {question.name} (the first: line {seen[question.name]})"
            raise LineError(question.line, message)
        seen[question.name] = question.line
        if not question.part or _plain(question.part) == _plain(question.name.removeprefix("q")):
            continue
        fits = "q" + question.part.replace(".", "", 1).replace(".", "_")
        message = f"{question.name} stands below the heading {question.part} · {question.title}; there it is {fits}"
        raise LineError(question.line, message)


def of_numbers(questions: list[MasterQuestion]) -> None:
    """A number is drawn, asked in the text, and tested; else a student's own could not be answered, or not be right."""
    for q in questions:
        wanted = {
            "is not drawn below `vary`": [name for name in q.own.numbers if name not in q.own.vary.get("draw", {})],
            "has no place in its text": number_places.missing(q.own.numbers, q.name, q.texts),
            "has no place in its tests": number_places.missing(q.own.numbers, q.name, (t.source for t in q.tests)),
        }
        for why, names in wanted.items():
            for name in names:
                raise LineError(q.line, f"`numbers` of {q.name}: {name} {why}")


def _plain(text: str) -> str:
    return re.sub(r"[^0-9a-z]", "", text.lower())
