"""A wrong answer drawn below its card: opened by keyboard in two frames, walked entry by entry, in light and dark."""

import shutil

import nbformat
import pytest
from playwright.sync_api import Page

from tests.browser.lab import ROOT, Lab, errors, words
from tests.browser.student import is_check

PROBLEM, QUESTION, ANSWER = "p3_backprop_1d", "q3e_i", "grad_x_strided = [3, 9, -1, -3, 2, 0]"
# opens the picture as the keyboard does, and says after how many frames it is there
FRAMES = """async (summary) => {
  summary.focus();
  summary.click();
  for (let frames = 1; frames < 60; frames++) {
    await new Promise(requestAnimationFrame);
    const cell = summary.parentElement.querySelector('.cnn-cell.here');
    if (cell && cell.getBoundingClientRect().height > 10) return frames;
  }
  return 60;
}"""


@pytest.fixture
def file(lab: Lab) -> str:
    """The problem's notebook with its first cell, one wrong answer, and its check."""
    notebook = nbformat.read(ROOT / "notebooks" / f"{PROBLEM}.ipynb", 4)
    check = next(cell for cell in notebook.cells if is_check(cell, QUESTION))
    first = next(cell for cell in notebook.cells if cell.cell_type == "code")
    answer = nbformat.v4.new_code_cell(ANSWER)
    answer.pop("id")  # the format of the course's notebooks has none
    notebook.cells = [first, answer, check]
    path = lab.folder / "notebooks" / "drawn.ipynb"
    nbformat.write(notebook, path)
    shutil.rmtree(lab.folder / "notebooks" / ".ipynb_checkpoints", ignore_errors=True)
    return "notebooks/drawn.ipynb"


def test_a_wrong_answer_is_drawn(lab: Lab, page: Page, file: str) -> None:
    notebook = lab.open(page, file)
    notebook.run_all()
    cells = notebook.cells()
    assert errors(cells) == []
    (still,) = [o for o in cells[2]["outputs"] if "image/png" in o.get("data", {})]
    alt = still["metadata"]["image/png"]["alt"]
    assert "other numbers than yours" in alt and "−7" not in alt, (
        "the answer to a question by hand stays with the student"
    )
    assert "Yours: dx[1] = dy[1]·w[0]" in alt and "Yours lacks dy[0]." in alt
    cell = notebook.show(2)
    assert "mistake: overwrite-overlap" in cell.get_by_role("status").first.inner_text()
    summary = cell.locator(".cnn-fold > summary")
    summary.wait_for()
    assert not cell.locator(".cnn-explorer").is_visible(), "it waits until somebody asks"
    assert summary.evaluate(FRAMES) <= 2
    said = cell.locator(".cnn-formula")
    assert "Yours lacks dy[0]." in said.inner_text()
    assert cell.locator(".cnn-cell.off").count() > 0
    for theme in ("light", "dark"):
        notebook.theme(theme)
        notebook.shot(f"drawn-{theme}", cell)
    # by keyboard alone: from the summary into the tables, and from cell to cell
    summary.focus()
    page.keyboard.press("Tab")
    first = said.inner_text()
    page.keyboard.press("ArrowRight")
    assert said.inner_text() != first
    assert "leads to" in said.inner_text(), "the first table is an input: it says where its number lands"
    spoken = cell.locator(".cnn-hidden").inner_text()
    assert "Yours: " in spoken and "Right: " in spoken
    # shut again by keyboard
    summary.focus()
    page.keyboard.press("Enter")
    assert not cell.locator(".cnn-explorer").is_visible()
    # a right answer has no picture
    notebook.run(1, "grad_x_strided = [3, 9, -7, -3, 2, 0]")
    right = notebook.run(2)
    assert f"{QUESTION}: right" in words(right) and len(right["outputs"]) == 1
    notebook.close()
