"""What otter does not prove: tests run, the solution earns every point, a blank none, no wrong answer is told right."""

import ast
import json
import re
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import nbformat
from IPython.core.inputtransformer2 import TransformerManager

from autograder.build import number_places, practice
from autograder.build.assign import Assigned
from autograder.build.edition import GIVEN
from autograder.build.faults import MARK
from autograder.build.parts import Master, MasterCell, MasterQuestion
from autograder.build.run import Run
from autograder.course import Course
from autograder.mutate.public import leaks

TELLING = 16  # a shorter line of code, such as `return y`, gives nothing away
SAYING = 12  # nor does one with fewer characters that are no spaces, when a text says it
BLOCK = re.compile(r"(for|while|if|elif|else|with|def|class|try|except|import|from)\b")  # says little


def prove_tests(master: Master, made: Assigned) -> None:
    """Each test file compiles, holds every test of its question, and is worth what the master declares."""
    from otter.test_files.exception_test import ExceptionTestFile

    for question in (q for q in master.questions if not q.manual):
        path = made.tests / f"{question.name}.py"
        try:
            loaded = ExceptionTestFile.from_file(str(path))
        except Exception as error:
            raise master.error(
                question.line, f"otter made a test file of {question.name} that does not load: {error}"
            ) from error
        if len(loaded.test_cases) != len(question.tests):
            message = f"{question.name} has {len(question.tests)} tests, but otter kept {len(loaded.test_cases)}"
            raise master.error(question.line, message)
        total = sum(case.points or 0 for case in loaded.test_cases)
        if abs(total - question.worth) > 1e-6:
            raise master.error(
                question.line, f"{question.name} declares {question.worth:g} points, but its tests can give {total:g}"
            )


def prove_places(master: Master, made: Assigned, course: Course) -> None:
    """In a notebook with open places, and in its tests, stand all sets of numbers that were drawn for practice."""
    notebook = read(made.student)
    tests = [path.read_text(encoding="utf-8") for path in made.tests.glob("*.py")]
    drawn = {q.name: practice.numbers(q, master, course) for q in master.questions if q.own.numbers}
    for question in (q for q in master.questions if q.own.numbers):
        try:
            for own in drawn[question.name]:
                number_places.fill_notebook(notebook, {question.name: own})
                for text in tests:
                    ast.parse(number_places.fill(text, {question.name: own}, repr))
        except (number_places.PlaceError, SyntaxError) as error:
            raise master.error(question.line, f"{question.name}: {error}") from None
    filled = number_places.fill_notebook(notebook, {name: sets[0] for name, sets in drawn.items()})
    for name in number_places.questions_in([json.dumps(filled)]) & drawn.keys():
        why = "stands where none can be: in texts, code and tests there are places"
        raise master.error(1, f"a place for a number of {name} {why}")


def prove_skipped(master: Master) -> None:
    """No later cell reads a name that only a cell which graders skip has given."""
    skipped: set[str] = set()
    given: set[str] = set()
    for cell in (c for c in master.cells if c.kind == "code" and "BEGIN TEST CONFIG" not in c.source):
        stored, loaded = _names(cell.source)
        if "otter_ignore" in cell.tags:
            skipped |= stored
            continue
        given |= stored
        for name in sorted((loaded & skipped) - given):
            message = f"`{name}` comes from a cell that graders skip; give it here, or drop that cell's otter_ignore"
            raise master.error(cell.line, message)


def _names(source: str) -> tuple[set[str], set[str]]:
    """The names that a cell gives, at any depth, and those that it reads."""
    stored: set[str] = set()
    loaded: set[str] = set()
    for node in ast.walk(ast.parse(TransformerManager().transform_cell(source))):
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                loaded.add(name)
            case ast.Name(id=name) | ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.arg(arg=name):
                stored.add(name)
            case ast.alias(name=name, asname=other):
                stored.add((other or name).split(".")[0])
            case ast.ExceptHandler(name=str(name)):
                stored.add(name)
    return stored, loaded


def prove_solution(master: Master, run: Run) -> None:
    """The master's own answers pass every test, and no cell raises."""
    for source, message in run.errors:
        raise master.error(line_of(master, source), f"the solution notebook stops here with {message}")
    for question in (q for q in master.questions if not q.manual):
        cases = [c for c in run.cases if c.question == question.name]
        if len(cases) != len(question.tests):
            raise master.error(
                question.line, f"{question.name}: {len(cases)} test results for {len(question.tests)} tests"
            )
        for case, test in zip(cases, question.tests, strict=True):
            if not case.passed:
                raise master.error(
                    test.line, f"the solution fails {test.name} of {question.name}: {_last_words(case.message)}"
                )
    if abs(run.score - master.points) > 1e-6:
        raise master.error(1, f"the solution scores {run.score:g} points; the questions declare {master.points:g}")


def prove_blank(master: Master, run: Run) -> None:
    """The notebook as handed out, run from top to bottom, passes no test that is worth something."""
    by_name = {q.name: q for q in master.questions}
    for case in run.cases:
        if case.passed and case.points:
            test = by_name[case.question].tests[case.index]
            raise master.error(
                test.line, f"an unanswered notebook earns {case.points:g} points from {test.name} of {case.question}"
            )


def prove_public(master: Master, course: Course) -> None:
    """Every known mistake and every mutant of a solution that a hidden test sees fails a public one, too."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:  # it runs the solution
        found = pool.submit(leaks, master.path, course.library).result()
    if found:
        line = {q.name: q.tests[0].line for q in master.questions if q.tests}
        told = f"{found[0].question} tells a wrong answer that it is right, and only a hidden test sees it"
        more = (
            f" (and {len(found) - 1} more: `python -m autograder mutate {master.name}` lists them)" if found[1:] else ""
        )
        message = f"{told}: {found[0].what}{more}. Change the public data"
        raise master.error(line[found[0].question], message)


def prove_nothing_leaks(master: Master, student: nbformat.NotebookNode) -> None:
    """No hidden test and no solution line is in the student's notebook, and what is there is valid Python."""
    public = str(student.metadata.get("otter", {}).get("tests", ""))
    shown = Counter(line.strip() for c in student.cells for line in c.source.split("\n"))
    visible = Counter(line.strip() for c in _given_cells(master) for line in c.lines)
    for question in master.questions:
        for test in question.tests:
            if test.hidden and f"def {test.name}(" in public:
                raise master.error(test.line, f"the hidden test {test.name} is in the student notebook")
        for number, line in solution_lines(question):
            if len(line) >= TELLING and shown[line] > visible[line]:
                raise master.error(number, f"this solution line is in the student notebook: {line}")
            if len(line) >= 2 * TELLING and visible[line]:
                raise master.error(number, f"the notebook gives this solution line away elsewhere: {line}")
            if (where := _told(master, line)) is not None:
                message = f"the text gives this solution line away elsewhere, in line {where}: {line}"
                raise master.error(number, message)
    for cell in student.cells:
        if any(MARK.search(line) for line in cell.source.split("\n")):
            raise master.error(line_of(master, cell.source), "a `# SOLUTION` mark is left in the student notebook")
        if cell.cell_type == "code":
            _still_python(master, cell)


def _told(master: Master, line: str) -> int | None:
    """Where a text says a line of code, however it is spaced; None for what says nothing by itself."""
    wanted = _close(line)
    if len(wanted) < SAYING or BLOCK.match(line):
        return None
    for cell in _given_cells(master):
        if cell.kind == "markdown" and GIVEN not in cell.tags and wanted in _close(cell.source):
            lines = (n for n, text in enumerate(cell.lines, start=cell.line) if wanted in _close(text))
            return next(lines, cell.line)
    return None


def _close(text: str) -> str:
    return re.sub(r"\s+", "", text)


def _given_cells(master: Master) -> list[MasterCell]:
    """The cells that students see as they are: not a solution, not a test."""
    hidden = {id(c) for q in master.questions for c in q.solution}
    return [c for c in master.cells if id(c) not in hidden and c.kind != "raw" and "BEGIN TEST CONFIG" not in c.source]


def solution_lines(question: MasterQuestion) -> list[tuple[int, str]]:
    """The lines of a question that only the solution has, with their line in the master."""
    found: list[tuple[int, str]] = []
    for cell in question.solution:
        inside = False
        for number, line in enumerate(cell.lines, start=cell.line):
            mark = MARK.search(line)
            if mark and mark[1] != "SOLUTION":
                inside = mark[1] == "BEGIN SOLUTION"
            elif mark or inside or cell.kind == "markdown":
                found.append((number, line[: mark.start()].strip() if mark else line.strip()))
    return found


def _still_python(master: Master, cell: nbformat.NotebookNode) -> None:
    try:
        ast.parse(TransformerManager().transform_cell(cell.source))
    except SyntaxError as error:
        where = line_of(master, cell.source)
        raise master.error(where, f"without its solution this cell is not valid Python: {error.msg}") from None


def line_of(master: Master, source: str) -> int:
    """The master's line of the cell that best fits `source`, a cell of one of its notebooks."""
    lines = set(source.split("\n")) - {"", "..."}
    best = max(master.cells, key=lambda c: len(lines & set(c.lines)) if c.kind != "raw" else -1)
    return best.line if lines & set(best.lines) else 1


def _last_words(message: str) -> str:
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    return " ".join(lines[3:])[:300] or " ".join(lines)[:300]


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)
