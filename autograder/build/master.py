"""Read a master: its cells with their line numbers, and its questions.

Otter reports a broken master by cell number, or not at all. So all is checked before otter sees the master, and a
mistake has a file and a line: what opens and closes here, the rest in `faults.py`.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jupytext
from IPython.core.inputtransformer2 import TransformerManager

from autograder.build import faults, fields, number_places
from autograder.build.info import MasterError
from autograder.build.parts import LineError, Master, MasterCell, MasterQuestion
from autograder.build.testcell import read_test
from autograder.settings import SettingError

BOUNDARY = re.compile(r"#\s+(BEGIN|END)\s+(QUESTION|SOLUTION|PROMPT|TESTS)\s*$", re.IGNORECASE)
PART = re.compile(r"^#{1,6}\s+(\d+(?:\.[0-9a-z]+)*)\s+·\s+(.+?)\s*$", re.MULTILINE)


def read_master(path: Path, *, open_places: bool = False) -> Master:
    """Read and check the master at `path`. Raises MasterError at the first thing that is wrong.

    In its places (number_places.py) stand the numbers for everybody, unless they are to stay open.
    """
    try:
        return _master(path, open_places)
    except LineError as wrong:
        raise MasterError(path, wrong.line, wrong.message) from None


def _master(path: Path, open_places: bool) -> Master:
    cells = _cells(path.read_text(encoding="utf-8-sig"))  # some editors begin a file with a mark
    config_cells = [i for i, c in enumerate(cells) if c.kind == "raw" and re.match(r"#\s+ASSIGNMENT CONFIG", c.source)]
    if not config_cells:
        raise LineError(1, "no assignment: the first cell must be `# %% [raw]` with `# # ASSIGNMENT CONFIG`")
    cell = cells[config_cells[0]]
    config = faults.settings(cell.source, cell.line)
    faults.of_config(path, cell, config)
    questions = list(_questions(cells))
    faults.of_numbers(questions)
    if not open_places:
        cells = _filled(cells, {q.name: q.own.numbers for q in questions if q.own.numbers})
        questions = list(_questions(cells))
    faults.of_names(questions)
    return Master(path, cells, config, config_cells[0], questions)


def _cells(text: str) -> list[MasterCell]:
    notebook = jupytext.reads(text, fmt="py:percent")
    starts = [i for i, line in enumerate(text.splitlines(), start=1) if re.match(r"# %%(\s|$)", line)]
    if not starts or text[:4] != "# %%":
        raise LineError(1, "the file must start with a cell mark, `# %% [raw]`")
    for cell, start in zip(notebook.cells, starts, strict=False):
        if re.search(r"^# %%", cell.source, re.MULTILINE):
            raise LineError(start + 1, 'a text in triple quotes opens in this cell and is never closed: `"""`')
    return [
        MasterCell(c.cell_type, c.source, line + 1, dict(c.metadata))
        for c, line in zip(notebook.cells, starts, strict=True)
    ]


def _filled(cells: list[MasterCell], numbers: number_places.Numbers) -> list[MasterCell]:
    """The cells with everybody's numbers in their places."""
    found = []
    for cell in cells:
        form = repr if cell.kind == "code" else number_places.in_words
        lines = cell.lines
        for at, line in enumerate(lines):
            try:
                lines[at] = number_places.fill(line, numbers, form)
            except number_places.PlaceError as error:
                raise LineError(cell.line + at, str(error)) from None
            for name in number_places.questions_in([lines[at]]) - {"limits"}:
                raise LineError(cell.line + at, f"a place for a number of {name}, which has no `numbers:`")
        found.append(replace(cell, source="\n".join(lines)))
    return found


def _questions(cells: list[MasterCell]) -> Iterator[MasterQuestion]:
    blocks: list[tuple[str, int]] = []  # the open blocks, outermost first: kind and line
    question: MasterQuestion | None = None
    for cell in cells:
        mark = BOUNDARY.match(cell.lines[0].rstrip()) if cell.kind == "raw" else None
        if not mark:
            _inside(cell, blocks[-1][0] if blocks else None, question)
            continue
        edge, kind = mark[1].upper(), mark[2].upper()
        if edge == "BEGIN":
            _opens(cell, kind, blocks)
            if kind == "QUESTION":
                question = _question(cell)
            continue
        _closes(cell, kind, blocks)
        if kind == "QUESTION" and question:
            faults.of_question(question)
            yield question
            question = None
    if blocks:
        kind, line = blocks[-1]
        raise LineError(line, f"this {kind} block is never closed: end it with a raw cell `# # END {kind}`")


def _opens(cell: MasterCell, kind: str, blocks: list[tuple[str, int]]) -> None:
    inside = blocks[-1][0] if blocks else None
    if inside != (None if kind == "QUESTION" else "QUESTION"):
        never = f"inside the {inside} block of line {blocks[-1][1]}, which is never closed" if inside else ""
        raise LineError(cell.line, f"found `# BEGIN {kind}` {never or 'outside a question'}")
    blocks.append((kind, cell.line))


def _closes(cell: MasterCell, kind: str, blocks: list[tuple[str, int]]) -> None:
    if not blocks or blocks[-1][0] != kind:
        still = f"the {blocks[-1][0]} block of line {blocks[-1][1]} is still open" if blocks else ""
        raise LineError(cell.line, f"found `# END {kind}`, but {still or f'no {kind} block is open'}")
    blocks.pop()


def _question(cell: MasterCell) -> MasterQuestion:
    config: dict[str, Any] = faults.settings(cell.source, cell.line)
    if not isinstance(config.get("name"), str) or not re.fullmatch(r"[A-Za-z]\w*", config["name"]):
        raise LineError(cell.line, "a question needs a name made of letters, digits and _: `# name: q1a`")
    manual, rubric = bool(config.get("manual", False)), config.get("rubric", "")
    if not isinstance(rubric, str) or (rubric and not manual):
        only = "a text: `rubric: |` and lines below it" if manual else "one only with `manual: true`"
        raise LineError(cell.line_of("rubric:"), f"the rubric of {config['name']} must be {only}")
    try:
        own = fields.read(config)
    except SettingError as error:
        raise LineError(cell.line_of(f"{error.key}:"), f"{config['name']}: {error}") from None
    return MasterQuestion(config["name"], cell.line, manual, config.get("points"), own=own)


def _inside(cell: MasterCell, block: str | None, question: MasterQuestion | None) -> None:
    """A cell that is no boundary: what it says belongs to the open question, if there is one."""
    if question and block == "QUESTION" and cell.kind == "markdown":
        _read_text(cell, question)
    if question and block == "SOLUTION":
        question.solution.append(cell)
    if question and block == "TESTS":
        question.tests.append(read_test(cell))
    elif cell.kind == "code":
        faults.of_marks(cell, in_solution=block == "SOLUTION")
        faults.parsed(TransformerManager().transform_cell(cell.source), cell.line)


def _read_text(cell: MasterCell, question: MasterQuestion) -> None:
    question.texts.append(cell.source)
    if question.title:
        return
    if heading := PART.search(cell.source):
        question.part, question.title, question.heading = heading[1], heading[2], cell
    elif heading := re.search(r"^#{1,6}\s+(.+?)\s*$", cell.source, re.MULTILINE):
        question.title = heading[1]
