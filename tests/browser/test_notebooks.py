"""What a student does: open a notebook, run it, move its pictures, answer wrongly, then rightly, and submit."""

import re

import nbformat
import numpy as np
import pytest
from playwright.sync_api import Locator, Page

import utils
from tests.browser.lab import ROOT, Lab, Notebook, errors
from tests.browser.student import submit, work_through
from utils import explore

PICTURES = sorted(explore.__all__)
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
def test_a_notebook_runs_its_pictures_move_and_it_teaches(lab: Lab, page: Page, name: str) -> None:
    notebook = lab.open(page, f"notebooks/{name}.ipynb")
    export = notebook.find("grader.export")
    source = "".join(notebook.cells()[export]["source"])
    notebook.ask("nb.content.widgets[arg].model.sharedModel.setSource('0')", export)
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

    work_through(notebook, name)
    notebook.ask("nb.content.widgets[arg[0]].model.sharedModel.setSource(arg[1])", [export, source])
    submit(notebook, lab, name)
    notebook.show(export)
    notebook.shot(f"submitted-{name}")
    notebook.close()


def gallery(lab: Lab, page: Page) -> Notebook:
    """A notebook with every explorer as it starts, run."""
    cells = [
        "import sys\nsys.path.insert(0, '..')\nfrom utils import explore",
        *(f"explore.{name}()" for name in PICTURES),
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, lab.folder / "notebooks" / "gallery.ipynb")
    opened = lab.open(page, "notebooks/gallery.ipynb")
    opened.run_all()
    assert errors(opened.cells()) == []
    return opened


def test_every_explorer_in_light_and_dark_and_at_200_percent(lab: Lab, page: Page) -> None:
    notebook = gallery(lab, page)
    for theme in ("light", "dark", "zoom"):
        if theme == "zoom":  # 200 % on a laptop's screen leaves half the pixels
            notebook.ask("window.jupyterapp.shell.collapseLeft()")
            page.set_viewport_size({"width": 640, "height": 450})
        else:
            notebook.theme(theme)
        for i, name in enumerate(PICTURES, 1):
            explorer = notebook.show(i).locator(".cnn-explorer")
            explorer.wait_for()
            walk(explorer)
            if theme == "zoom":  # for the eye alone: a screen that is high enough for the whole picture
                page.set_viewport_size({"width": 640, "height": 1500})
            notebook.shot(f"{name}-{theme}", explorer)
            if theme == "zoom":
                page.set_viewport_size({"width": 640, "height": 450})
            wide = explorer.evaluate(
                "(e) => [e.getBoundingClientRect().width, e.parentElement.getBoundingClientRect().width]"
            )
            assert wide[0] <= wide[1] + 1, f"{name} is wider than its cell: {wide}"
            nameless = explorer.evaluate(
                """(e) => [...e.querySelectorAll('button, [tabindex]')]
                .filter((n) => !n.getAttribute('aria-label') && !n.textContent.trim()).length"""
            )
            assert nameless == 0, f"{name} has {nameless} controls without a name"
    notebook.close()


def test_eight_steps_fit_into_a_narrow_window(lab: Lab, page: Page) -> None:
    notebook = gallery(lab, page)
    explorer = notebook.show(1 + PICTURES.index("unroll")).locator(".cnn-explorer")
    for _ in range(2):
        explorer.locator("[data-key='steps1']").click()
    assert explorer.locator("[data-grid='h'] .cnn-cell").count() == 8
    for direction in ("forward", "backward"):
        explorer.locator(f"[data-key='direction-{direction}']").click()
        for width, files in ((900, "expandLeft"), (600, "collapseLeft")):
            page.set_viewport_size({"width": width, "height": 900})
            notebook.ask(f"window.jupyterapp.shell.{files}()")
            shown = explorer.locator(".cnn-board").evaluate("(e) => [e.scrollWidth, e.clientWidth]")
            assert shown[0] <= shown[1], f"{direction}: {shown[0]} pixels in {shown[1]} at {width}"
            notebook.shot(f"unroll-8-{direction}-{width}", explorer)
    notebook.close()


def test_the_numbers_in_the_page_and_a_picture_without_its_kernel(lab: Lab, page: Page) -> None:
    notebook = gallery(lab, page)
    explorer = notebook.show(1 + PICTURES.index("conv")).locator(".cnn-explorer")
    explorer.locator("[data-key='padding1']").click()
    start = explore.conv().state
    x, w = np.array(start["x"])[None, ..., :1], np.array(start["w"])[:, :, :1, :1]
    shown = explorer.locator("[data-grid='y0'] .cnn-cell").all_inner_texts()
    numbers = [float(text.replace("−", "-")) for text in shown]
    np.testing.assert_allclose(numbers, utils.conv2d(x, w, padding=1).ravel())
    # the formula's last number is the cell under the cursor
    explorer.locator("[data-grid='y0'] [data-index='8']").hover()
    assert explorer.locator(".cnn-formula").inner_text().endswith(shown[8])
    spoken = explorer.locator("[aria-live='polite']").inner_text()
    assert spoken.startswith("y[1,1] equals") or spoken.startswith("y["), spoken
    # what is looked at stays the same when the array around it grows
    explorer.locator("[data-key='padding1']").click()
    assert explorer.locator(".cnn-formula").inner_text().startswith("y[1,1]")
    explorer.locator("[data-key='padding-1']").click()
    # plus changes the number under the keyboard, and with it the outputs
    explorer.locator("[data-grid='w0'] [data-index='0']").focus()
    page.keyboard.press("+")
    assert explorer.locator("[data-grid='y0'] .cnn-cell").all_inner_texts() != shown

    note = explorer.locator(".cnn-kernel")
    assert not note.is_visible()
    notebook.close()
    note.wait_for(state="visible")
    assert "goes on working" in note.inner_text()
    walk(explorer)
    notebook.shot("without-kernel")


def test_a_reopened_notebook_says_how_to_wake_its_pictures(lab: Lab, page: Page) -> None:
    notebook = gallery(lab, page)
    words = ".cnn-asleep"
    cell = notebook.show(1)
    cell.locator(".cnn-explorer").wait_for()
    assert cell.locator(words).count() == 1
    cell.locator(words).wait_for(state="hidden")
    notebook.save()
    notebook.close()

    notebook = lab.open(page, "notebooks/gallery.ipynb")
    cell = notebook.show(1)
    cell.locator(words).wait_for(state="visible")
    assert "Shift+Enter" in cell.locator(words).inner_text()
    notebook.shot("reopened")
    notebook.run(0)
    notebook.run(1)
    notebook.show(1).locator(".cnn-explorer").wait_for()
    notebook.show(1).locator(words).wait_for(state="hidden")
    notebook.close()
