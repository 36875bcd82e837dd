"""The section's notebook: cells of the built notebooks, with what they need of earlier answers given and folded."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

from autograder.course import Section
from autograder.pdf.notebook import imports_only

from .select import Chosen, parted, raw_cells

FOLDED = {"jupyter": {"source_hidden": True}, "tags": ["folded", "given"]}


def write_notebook(chosen: list[Chosen], section: Section, path: Path) -> None:
    """Write the notebook; the same questions give the same bytes."""
    first = chosen[0].problem
    book = json.loads(first.student.path.read_text(encoding="utf-8"))
    tests: dict[str, str] = {}
    questions: dict[str, Any] = {}
    cells: list[dict[str, Any]] = [_markdown(f"# {section.title}" + (f"\n\n{section.note}" if section.note else ""))]
    opened: list[str] = []
    for one in chosen:
        source = json.loads(one.problem.student.path.read_text(encoding="utf-8"))
        student = dict(raw_cells(one.problem.student.path))
        if one.problem.name not in opened:
            cells += _opening(one, student, first_problem=not opened, name=path.stem)
            opened.append(one.problem.name)
        cells += [_given(cell.source) for cell in one.given]
        asked = [deepcopy(student[cell.number]) for cell in one.student]
        if one.question.own.setting:
            head, text = parted(one.student[0].source)
            asked[0]["source"] = f"{head.rstrip()}\n\n{one.question.own.setting}\n\n{text.lstrip()}"
        cells += asked
        found = source["metadata"]["otter"].get("tests", {})
        tests |= {name: body for name, body in found.items() if name == one.question.name}
        lesson = source["metadata"].get("lesson", {})
        questions |= {n: q for n, q in lesson.get("questions", {}).items() if n == one.question.name}
    metadata = book["metadata"]
    metadata["title"] = section.title
    metadata["otter"] = {**metadata["otter"], "assignment_name": path.stem, "tests": tests}
    if "lesson" in metadata:
        metadata["lesson"] = {**metadata["lesson"], "title": section.title, "questions": questions, "guesses": []}
    book["cells"] = cells
    path.write_text(json.dumps(book, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _opening(one: Chosen, student: dict[int, dict], first_problem: bool, name: str) -> list[dict[str, Any]]:
    """The cells that find the course, once, and a problem's imports."""
    cells = []
    for cell in one.problem.student.cells:
        if cell.number >= one.student[0].number or cell.kind != "code":
            continue
        raw = deepcopy(student[cell.number])
        if cell.role == "plumbing" and first_problem and "grader." not in cell.source:
            text = "".join(raw["source"]).replace(one.problem.name, name)
            cells.append({**raw, "source": text})
        elif imports_only(cell.source):
            cells.append(raw)
    return cells


def _given(source: str) -> dict[str, Any]:
    return {"cell_type": "code", "execution_count": None, "metadata": FOLDED, "outputs": [], "source": source}


def _markdown(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": source}
