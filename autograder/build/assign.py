"""One master through otter assign: student notebook, solution notebook, test files, autograder zip."""

import copy
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import yaml
from packaging.requirements import Requirement

from autograder.build import edition
from autograder.build.parts import Master
from autograder.course import Course

KERNEL = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


@dataclass(frozen=True)
class Assigned:
    """What otter made, in a folder of its own."""

    student: Path
    solution: Path  # with otter's tags and without the `# SOLUTION` marks; not executed
    tests: Path  # a folder: one file per question, hidden tests included
    zip: Path  # as otter wrote it: with timestamps, without the library


def assign(master: Master, course: Course, work: Path) -> Assigned:
    """Run otter assign on `master` inside the empty folder `work`. Raises MasterError when otter refuses it."""
    from otter.assign import main as otter_assign

    stage, result = work / "master", work / "result"
    stage.mkdir()
    notebook = stage / f"{master.name}.ipynb"
    for name in master.files:
        (stage / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(master.path.parent / name, stage / name)
    (stage / "requirements.txt").write_text("\n".join(_pinned(course)) + "\n", encoding="utf-8")
    nbformat.write(to_notebook(master, course), notebook)
    try:
        otter_assign(str(notebook), str(result), no_pdfs=True, no_run_tests=True)
    except Exception as error:
        line = _line_of_otters_cell(master, str(error))
        raise master.error(line, f"otter assign refuses it: {error}") from error
    (made,) = (result / "autograder").glob("*-autograder_*.zip")
    otters = Assigned(result / "student" / notebook.name, result / "autograder" / notebook.name, work / "tests", made)
    shutil.unpack_archive(made, work / "zip")
    shutil.copytree(work / "zip" / "tests", otters.tests)
    said = edition.lesson(master, course)
    _tidy(otters.student, master, course, said, student=True)
    _tidy(otters.solution, master, course, said, student=False)
    return otters


def to_notebook(master: Master, course: Course) -> nbformat.NotebookNode:
    """The master as otter wants it. nbformat 4.4: no cell ids, so the same text gives the same bytes."""
    first = edition.first_cell(course, master.name)
    cells = edition.stage(master, first, own=course.per_student)
    for cell in cells:
        if cell.cell_type == "markdown":
            cell.source = edition.filled(cell.source, master, course)
    config = next(c for c in cells if c.cell_type == "raw" and c.source == master.cells[master.config_cell].source)
    config.source = _config_cell(master, course.settings, init_cell=first is None)
    metadata = {**KERNEL, "title": master.title}
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata, nbformat_minor=4)


def _config_cell(master: Master, shared: Path, *, init_cell: bool) -> str:
    common = yaml.safe_load(shared.read_text(encoding="utf-8")) if shared.exists() else {}
    config = merge(common, master.config) | {"requirements": "requirements.txt"}
    if not init_cell:
        config["init_cell"] = False
    tests = config.get("tests")
    if not isinstance(tests, dict) or tests.get("ok_format", True):
        line = master.cells[master.config_cell].line
        message = "tests in OK format cannot be graded: say `tests: {ok_format: false}`, and write functions"
        raise master.error(line, message)
    config.pop("title", None)  # ours, not otter's
    return "# ASSIGNMENT CONFIG\n" + yaml.safe_dump(config, allow_unicode=True)


def merge(common: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """`own` over `common`, key by key, also inside nested settings."""
    merged = copy.deepcopy(common)
    for key, value in own.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = merge(merged[key], value) if both else value
    return merged


def without_marks(source: str) -> str:
    """A solution cell as a reader wants it: no `# SOLUTION` marks, no prompt that only students see."""
    kept, in_prompt = [], False
    for line in source.split("\n"):
        if re.search(r'"""\s*#\s*(BEGIN|END) PROMPT\s*$', line):
            in_prompt = "BEGIN" in line
        elif not in_prompt and not re.match(r"\s*# (BEGIN|END) SOLUTION( NO PROMPT)?\s*$", line):
            kept.append(re.sub(r"\s*# ?SOLUTION( NO PROMPT)?\s*$", "", line))
    return "\n".join(kept)


def _tidy(path: Path, master: Master, course: Course, said: dict[str, Any], *, student: bool) -> None:
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata.update({**KERNEL, "title": master.title})
    notebook.nbformat_minor = 4
    for cell in notebook.cells:
        cell.pop("id", None)
        if cell.cell_type == "code":
            cell.source = cell.source if student else without_marks(cell.source)
    edition.finish(notebook, master, course, said, student=student)
    write_notebook(notebook, path)


def write_notebook(notebook: nbformat.NotebookNode, path: Path) -> None:
    """Always the same bytes for the same notebook, on every system."""
    path.write_bytes((nbformat.writes(notebook).rstrip("\n") + "\n").encode("utf-8"))


def _line_of_otters_cell(master: Master, message: str) -> int:
    if found := re.search(r"cell number (\d+)\)", message):
        return master.cells[min(int(found[1]), len(master.cells)) - 1].line
    if found := re.search(r"[Qq]uestion ['\"]?(\w+)", message):
        return next((q.line for q in master.questions if q.name == found[1]), 1)
    return 1


def _pinned(course: Course) -> list[str]:
    """What the grading image installs: the packages of requirements.txt at the versions that the lock has for its
    Python. Without otter: its own environment file pins it.
    """
    names = re.findall(r"^([\w.-]+)", course.requirements.read_text(encoding="utf-8"), re.MULTILINE)
    lines = course.lock.read_text(encoding="utf-8").splitlines()
    locked = [Requirement(line) for line in lines if re.match(r"\w", line)]
    here = {"python_version": "3.11", "python_full_version": "3.11.0", "sys_platform": "linux"}
    versions = {r.name: str(r.specifier) for r in locked if r.marker is None or r.marker.evaluate(here)}
    return [name + versions[name] for name in names if name != "otter-grader"]
