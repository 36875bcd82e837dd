"""What a student does: open a notebook, run it, move its pictures, answer wrongly, then rightly, and submit."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page

from tests.browser.lab import ROOT, Lab, Notebook, errors, words

NOTEBOOKS = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))


def picture(explorer: Locator) -> str:
    """All that the eye sees of an explorer: its formula, and the classes and values of its cells."""
    return explorer.evaluate(
        "(e) => e.querySelector('.cnn-formula').innerHTML + e.querySelector('.cnn-board').innerHTML"
    )


def walk(explorer: Locator, key: str = "ArrowRight") -> None:
    """Put the keyboard on the picture and press one key; a picture at its right end goes left."""
    before = picture(explorer)
    explorer.locator(".cnn-board [tabindex='0']").first.focus()
    for press in (key, "ArrowLeft", "ArrowDown"):
        explorer.page.keyboard.press(press)
        if picture(explorer) != before:
            return
    raise AssertionError(f"the picture did not change: {explorer.inner_text()[:300]}")


def explorers(notebook: Notebook) -> list[int]:
    cells = enumerate(notebook.cells())
    return [i for i, c in cells if c["cell_type"] == "code" and re.search(r"^explore\.", "".join(c["source"]), re.M)]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_runs_and_its_pictures_move(lab: Lab, page: Page, name: str) -> None:
    notebook = lab.open(page, f"notebooks/{name}.ipynb")
    # the submit cell runs everything once more; one notebook does that below
    submit = notebook.find("grader.export")
    notebook.ask("nb.content.widgets[arg].model.sharedModel.setSource('0')", submit)
    notebook.run_all()
    cells = notebook.cells()
    assert errors(cells) == []
    found = explorers(notebook)
    assert found, "a notebook without a picture"
    for i in found:
        explorer = notebook.show(i).locator(".cnn-explorer")
        explorer.wait_for()
        walk(explorer)
    notebook.shot(name)


def test_wrong_then_right_then_submit(lab: Lab, page: Page) -> None:
    notebook = lab.open(page, "notebooks/p1_dimensions.ipynb")
    for i in range(notebook.find("y_by_hand")):
        if notebook.cells()[i]["cell_type"] == "code":
            notebook.run(i)
    answer, check = notebook.find("y_by_hand"), notebook.find('grader.check("q1a_i")')
    notebook.run(answer, "y_by_hand = [-4, 1, -1]")
    said = words(notebook.run(check))
    assert "flipped-forward" in said, said
    notebook.show(check)
    notebook.shot("answer-wrong")
    notebook.run(answer, "y_by_hand = [2, -5, 2]")
    said = words(notebook.run(check))
    assert "passed" in said and "mistake" not in said, said
    notebook.show(check)
    notebook.shot("answer-right")

    notebook.save()
    submit = notebook.find("grader.export")
    cell = notebook.run(submit, "grader.export(pdf=False, run_tests=False)")
    assert errors([cell]) == []
    assert list(Path(lab.folder, "notebooks").glob("p1_dimensions*.zip")), words(cell)
    notebook.show(submit)
    notebook.shot("submitted")
