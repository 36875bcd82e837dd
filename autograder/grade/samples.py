"""Sample submissions made from the built solutions: right, half done, with known mistakes, hanging, hostile, broken.

They let a newcomer see a whole run, and show what each report looks like.
"""

import importlib
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from autograder.course import Library

_DEF = re.compile(r"^def (\w+)\(", re.M)
_NUMBER = re.compile(r"^(\w+) = (\d+)$", re.M)
Change = Callable[[list[dict]], None]


def make_samples(solutions: Path, folder: Path, library: Library) -> Path:
    """Write `folder/STUDENT/ASSIGNMENT.ipynb`; each run writes the same bytes."""
    shutil.rmtree(folder, ignore_errors=True)
    for number, path in enumerate(sorted(solutions.glob("*.ipynb"))):
        solution = json.loads(path.read_text(encoding="utf-8"))
        for student, change in students(number == 0, library.checker).items():
            notebook = json.loads(json.dumps(solution))
            for cell in notebook["cells"]:
                if cell["cell_type"] == "code":
                    cell["outputs"] = []
            change(notebook["cells"])
            target = folder / student / path.name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(json.dumps(notebook, indent=1), encoding="utf-8")
    broken = folder / "mallory" / f"{min(p.stem for p in solutions.glob('*.ipynb'))}.ipynb"
    broken.parent.mkdir(exist_ok=True)
    broken.write_text("this is not a notebook", encoding="utf-8")
    return folder


def students(first: bool, checker: str) -> dict[str, Change]:
    """Name -> what happens to the solution's cells. Slow and hostile ones hand in the first assignment only."""
    found: dict[str, Change] = {"ada": lambda cells: None, "blaise": half_done, "emmy": numbers_off_by_one}
    if checker:
        found |= {"carl": lambda cells: with_mistakes(cells, 0, checker)}
        found |= {"dorothy": lambda cells: with_mistakes(cells, 1, checker)}
    if first:
        found |= {"evariste": endless, "charles": hostile}
    return found


def half_done(cells: list[dict]) -> None:
    """The second half of the answers is missing."""
    answers = [c for c in cells if c["cell_type"] == "code" and (_DEF.search(_source(c)) or _NUMBER.search(_source(c)))]
    for cell in answers[len(answers) // 2 :]:
        cell["source"] = "..."


def with_mistakes(cells: list[dict], which: int, checker: str) -> None:
    """After each function that has known misconceptions, one of them takes its place."""
    known = importlib.import_module(checker).known
    operations = importlib.import_module(f"{checker}.operations").OPERATIONS

    for at in range(len(cells) - 1, -1, -1):
        if cells[at]["cell_type"] != "code":
            continue
        for name in _DEF.findall(_source(cells[at])):
            forbidden = operations[name].forbidden if name in operations else frozenset()
            mistakes = [m for m in known(name) if not forbidden & {*m.wrong.__code__.co_names}]
            if mistakes:
                mistake = mistakes[which % len(mistakes)].name
                source = (
                    f"from {checker} import known\n"
                    f'{name} = next(m.wrong for m in known("{name}") if m.name == "{mistake}")'
                )
                cells.insert(at + 1, {"cell_type": "code", "metadata": {}, "source": source, "outputs": []})


def numbers_off_by_one(cells: list[dict]) -> None:
    for cell in cells:
        if cell["cell_type"] == "code":
            cell["source"] = _NUMBER.sub(lambda m: f"{m[1]} = {int(m[2]) + 1}", _source(cell))


def endless(cells: list[dict]) -> None:
    """The first function never comes back."""
    for cell in cells:
        found = _DEF.search(_source(cell)) if cell["cell_type"] == "code" else None
        if found:
            cell["source"] = _source(cell) + f"\n\ndef {found[1]}(*args, **kwargs):\n    while True:\n        pass"
            return


def hostile(cells: list[dict]) -> None:
    """Patches what it can reach, gives no answer, and ends the process."""
    for cell in cells:
        if cell["cell_type"] == "code" and _DEF.search(_source(cell)):
            cell["source"] = "import numpy\nnumpy.testing.assert_allclose = lambda *a, **k: None"
    ending = "import os\nos._exit(0)"
    cells.append({"cell_type": "code", "metadata": {}, "source": ending, "outputs": []})


def _source(cell: dict) -> str:
    return "".join(cell["source"])
