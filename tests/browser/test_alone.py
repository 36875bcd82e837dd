"""A student who has one file: an empty folder, a guess, a wrong answer, a hint, the right one, the table, the zip.

Everything by mouse and keyboard, as a student does it.
"""

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page

from tests.browser.lab import Lab, Notebook, errors, words
from tests.lesson import web
from tests.lesson.web import NAME


def typed(notebook: Notebook, text: str, new: str = "") -> int:
    """Click into the code cell that holds `text`, type `new` in its place, press Shift+Enter; its index."""
    index = notebook.find(text)
    cell = notebook.show(index)
    if "source_hidden" in str(notebook.cells()[index]["metadata"]):
        notebook.ask("nb.content.mode = 'command'; nb.content.activate()")  # chosen, as after Shift+Enter above it
    else:
        cell.locator(".cm-content").click()
    keyboard = notebook.page.keyboard
    if new:
        keyboard.press("Control+a")
        keyboard.type(new)
    before = notebook.cells()[index]["execution_count"]
    keyboard.press("Shift+Enter")
    notebook._wait(
        f"![null, undefined, {before or 'null'}].includes(nb.content.model.cells.get({index}).executionCount)"
    )
    return index


def output(notebook: Notebook, index: int) -> Locator:
    return notebook.show(index).get_by_role("status")


@pytest.fixture
def no_course_above(lab: Lab) -> Iterator[None]:
    """A notebook finds a course in any folder above it; here there is none."""
    course, hidden = lab.folder / "utils", lab.folder / "not_yet"
    course.rename(hidden)
    yield
    hidden.rename(course)


@pytest.mark.usefixtures("no_course_above")
def test_a_student_with_one_file(lab: Lab, page: Page, tmp_path: Path) -> None:
    file = f"{NAME} (1).ipynb"
    with web.archives(tmp_path / "web") as host:
        first = web.first_cell(host.address, tmp_path / "course")
        here = web.alone(lab.folder / "downloads" / "monday", first, file, whole=True).parent
        notebook = lab.open(page, f"downloads/monday/{file}")
        notebook.ask("window.jupyterapp.shell.collapseLeft()")
        started = typed(notebook, "grader = start(")
        assert errors([notebook.cells()[started]]) == [] and host.asked == 1
    typed(notebook, "import numpy as np")

    # commit, then run
    reveal = typed(notebook, "guess_bright = ") + 1
    typed(notebook, "load_sample_image")
    assert "Commit first" in output(notebook, reveal).inner_text()
    assert notebook.show(reveal).locator("svg[role='img']").count() == 0, "shown before there was a guess"
    typed(notebook, "guess_bright = ", 'guess_bright = "everywhere"')
    typed(notebook, "load_sample_image")
    assert "you said everywhere. The answer is where the brightness changes" in output(notebook, reveal).inner_text()
    picture = notebook.show(reveal).locator("svg[role='img']")
    picture.wait_for()
    assert "pagoda" in (picture.get_attribute("aria-label") or "")
    notebook.shot("alone-guess")

    # wrong, a remark, a hint, right
    check = typed(notebook, "y_by_hand = ", "y_by_hand = [-4, 1, -1]") + 1
    typed(notebook, 'grader.check("q1a_i")')
    assert "mistake: flipped-forward" in output(notebook, check).inner_text()
    hint = notebook.show(check - 2).locator("details").first
    hint.locator("> summary").click()
    assert hint.locator("> p").first.is_visible()
    typed(notebook, "y_by_hand = ", "y_by_hand = [2, -5, 2]")
    typed(notebook, 'grader.check("q1a_i")')
    said = output(notebook, check).inner_text()
    assert "q1a_i: right · 1 of 15 questions · 1 of" in said and "Explain it to yourself" in said
    notebook.shot("alone-right")

    # not saved, then saved
    export = typed(notebook, "grader.export(")
    table = output(notebook, export)
    assert "Not saved?" in table.inner_text()
    page.keyboard.press("Control+s")
    notebook._wait("!nb.context.model.dirty")
    typed(notebook, "grader.export(")
    said = output(notebook, export).inner_text()
    assert "1 of 15 questions" in said and "1 of 8 guesses made" in said and "Not saved?" not in said
    assert "Left: 1.a.ii" in said, said
    notebook.shot("alone-table")
    newest = max(here.glob("*.zip"), key=lambda path: path.stat().st_mtime)
    with zipfile.ZipFile(newest) as bundle:
        assert "[2, -5, 2]" in bundle.read(file).decode()
    assert {path.name for path in (here / "a-course").iterdir()} == {"utils", "notebooks", "requirements.txt"}

    # the kernel is started anew: a check says what to do
    notebook.ask("await nb.sessionContext.session.kernel.restart()")
    notebook._wait("true")
    typed(notebook, 'grader.check("q1a_i")')
    assert "Run the cells above first." in words(notebook.cells()[check])
    assert errors([notebook.cells()[check]]) == []
    notebook.close()


def test_pictures_of_a_lesson_take_the_page_s_colours(lab: Lab, page: Page) -> None:
    """Text in a picture is as dark or light as the page's own; 900 pixels, and 150 %, cut nothing off."""
    notebook = lab.open(page, f"notebooks/{NAME}.ipynb")
    notebook.ask("window.jupyterapp.shell.collapseLeft()")
    for text in ("grader = start(", "import numpy as np"):
        notebook.run(notebook.find(text))
    notebook.run(notebook.find("guess_worksheet = "), "guess_worksheet = True")
    index = notebook.find("broken_barh")
    notebook.run(index)
    for theme in ("light", "dark"):
        notebook.theme(theme)
        for name, size in (("wide", (1280, 900)), ("900", (900, 900)), ("150", (853, 600))):
            page.set_viewport_size({"width": size[0], "height": size[1]})
            picture = notebook.show(index).locator("svg[role='img']")
            picture.wait_for()
            ink, around = picture.evaluate(
                """(e) => [getComputedStyle(e).fill,
                getComputedStyle(e.closest('.jp-Cell').querySelector('[role=status] p')).color]"""
            )
            assert ink == around, f"{theme}: the picture's ink is {ink}, the page's {around}"
            box = picture.bounding_box()
            assert box and box["x"] + box["width"] <= size[0]
            notebook.shot(f"lesson-{theme}-{name}")
    notebook.close()


BLUE = """
import matplotlib.pyplot as plt
from utils.notebook.pictures import show
figure, ax = plt.subplots(figsize=(4, 2))
for height, color in enumerate(("#0b63b0", "#b04a00", "#00734f")):
    ax.plot([0, 1], [height, height], color=color)
    ax.text(0.5, height + 0.2, color, color=color)
show(figure, "three lines")
"""
# of a colour, whatever CSS calls it, against the page: WCAG's contrast
CONTRAST = """(picture) => {
  const canvas = new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true});
  const light = (color) => {
    canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((v) => v / 255)
      .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
  };
  const page = light(getComputedStyle(picture.closest('.jp-Notebook')).backgroundColor);
  const inks = [...picture.querySelectorAll('[style*=color-mix]')];
  return inks.map((e) => getComputedStyle(e)).map((s) => light(s.stroke === 'none' ? s.fill : s.stroke))
    .map((ink) => Math.max(ink, page) / Math.min(ink, page));
}"""


def test_lines_and_words_in_a_colour_are_seen_on_a_dark_page_too(lab: Lab, page: Page) -> None:
    notebook = lab.open(page, f"notebooks/{NAME}.ipynb")
    notebook.ask("window.jupyterapp.shell.collapseLeft()")
    notebook.run(notebook.find("grader = start("))
    index = notebook.find("guess_worksheet = ")
    notebook.run(index, BLUE)
    for theme in ("light", "dark"):
        notebook.theme(theme)
        picture = notebook.show(index).locator("svg[role='img']")
        picture.wait_for()
        found = picture.evaluate(CONTRAST)
        assert len(found) >= 6 and min(found) >= 4.5, (theme, found)
        notebook.shot(f"colours-{theme}")
    notebook.close()


def test_choices_of_a_guess_are_read_at_150_percent(lab: Lab, page: Page) -> None:
    """They stand in the code; a line that is too long would go on where nobody sees it."""
    page.set_viewport_size({"width": 853, "height": 600})
    for file in sorted(lab.folder.glob("notebooks/p[19]_*.ipynb")):
        notebook = lab.open(page, f"notebooks/{file.name}")
        notebook.ask("window.jupyterapp.shell.collapseLeft()")
        guesses = [i for i, c in enumerate(notebook.cells()) if "prediction" in c["metadata"].get("tags", [])]
        assert len(guesses) > 2
        for index in guesses:
            scroller = notebook.show(index).locator(".cm-scroller")
            scroller.wait_for()
            wide, seen = scroller.evaluate("(e) => [e.scrollWidth, e.clientWidth]")
            assert wide <= seen + 1, "".join(notebook.cells()[index]["source"])
        notebook.shot(f"guess-150-{file.stem[:2]}")
        notebook.close()
