"""A student in an open notebook: answers wrongly, reads the remark, opens the hints, answers rightly, submits."""

import zipfile
from pathlib import Path
from typing import Any

from autograder.build.assign import without_marks
from autograder.build.master import read_master
from tests.browser.lab import ROOT, Lab, Notebook, errors, words
from tests.browser.wrong_answers import WRONG, Wrong


def reference(name: str) -> dict[str, str]:
    """The right answer to each question that has a check, in the notebook's order."""
    master = read_master(ROOT / "solutions" / f"{name}.py")
    return {q.name: without_marks(q.solution[0].source) for q in master.questions if not q.manual}


def work_through(notebook: Notebook, name: str) -> None:
    """Answer all questions up to the last one of the table: those in it first wrongly, then rightly."""
    right = reference(name)
    cells = notebook.cells()
    check = {q: next(i for i, c in enumerate(cells) if is_check(c, q)) for q in right}
    asked = [w.question for w in WRONG[name]]
    last = 1 + max(list(right).index(question) for question in asked)
    for question in list(right)[:last]:
        if question not in asked:
            notebook.type_and_run(check[question] - 1, right[question])
    for wrong in WRONG[name]:
        answer, below = check[wrong.question] - 1, check[wrong.question]
        notebook.run(answer, wrong.cell(right[wrong.question]))
        see_the_remark(notebook, below, wrong)
        open_the_hints(notebook, below)
        assert errors([notebook.run(answer, right[wrong.question])]) == []
        notebook.run(below)
        said = notebook.show(below).get_by_role("status").inner_text()
        assert f"{wrong.question}: right" in said and "mistake" not in said, said


def is_check(cell: dict[str, Any], question: str) -> bool:
    return cell["cell_type"] == "code" and "".join(cell["source"]).startswith(f'grader.check("{question}")')


def see_the_remark(notebook: Notebook, check: int, wrong: Wrong) -> None:
    """The card names the mistake, and asks something."""
    notebook.run(check)
    card = notebook.show(check).get_by_role("status")
    said = card.inner_text()
    assert f"mistake: {wrong.mistake}" in said and "?" in said, said
    box, page = card.bounding_box(), notebook.page.viewport_size
    assert box and page and box["x"] + box["width"] <= page["width"], "the card is cut off"
    notebook.shot(f"wrong-{wrong.question}")


def open_the_hints(notebook: Notebook, check: int) -> None:
    """Three hints above the check, each one inside the one before."""
    cells = notebook.cells()
    text = max(i for i in range(check) if "<summary>Hint 1" in "".join(cells[i]["source"]))
    hints = notebook.show(text).locator("details")
    assert hints.count() == 3
    for level in range(3):
        summary = hints.nth(level).locator("> summary")
        assert summary.inner_text() == f"Hint {level + 1}"
        assert level == 2 or not hints.nth(level + 1).is_visible(), "a hint is open before it was asked for"
        summary.click()
        assert hints.nth(level).locator("> p").first.is_visible()


def submit(notebook: Notebook, lab: Lab, name: str) -> None:
    """The last cell leaves a zip that holds the notebook as it is now."""
    notebook.save()
    export = notebook.find("grader.export")
    # without a second run of everything: `make build` proves that the solutions pass
    cell = notebook.run(export, "grader.export(pdf=False, run_tests=False)")
    assert errors([cell]) == []
    assert not any(o.get("name") == "stderr" for o in cell["outputs"]), words(cell)
    (made,) = Path(lab.folder, "notebooks").glob(f"{name}_*.zip")
    with zipfile.ZipFile(made) as archive:
        assert WRONG[name][-1].question in archive.read(f"{name}.ipynb").decode()
