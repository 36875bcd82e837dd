"""Practice in a page, by keyboard only: an hour of it in the notebook's last cell alone, and a wrong answer drawn."""

import json

import nbformat
import pytest
from playwright.sync_api import Page

from tests.browser.lab import ROOT, Lab, errors, words

QUESTIONS = 60  # one a minute
WHERE = """import gc, json
from utils.notebook.practice import Practice
_asked = [one for one in gc.get_objects() if isinstance(one, Practice)][-1]
print(json.dumps([_asked.pool.question, _asked.text, _asked.right, _asked.line]))"""


def test_an_hour_of_practice_without_a_question_that_comes_twice(lab: Lab, page: Page) -> None:
    notebook = lab.open(page, "notebooks/p1_dimensions.ipynb")
    door = notebook.find("utils.practice(")
    spare = notebook.find("plt.subplots")
    assert errors([notebook.run(door)]) == [], "the cell must work alone"
    box = notebook.show(door)
    answer = box.locator("input[type=text]")
    answer.wait_for()
    texts, questions = set(), set()
    for number in range(1, QUESTIONS + 1):
        question, text, right, line = json.loads(words(notebook.run(spare, WHERE)))
        assert text not in texts, f"question {number} has been asked before: {text}"
        assert line.startswith(f"{number} asked"), line
        texts.add(text)
        questions.add(question)
        box = notebook.show(door)
        answer = box.locator("input[type=text]")
        answer.focus()
        said = box.locator("[role=status]")
        if number % 7 == 0:  # now and then a wrong one first
            page.keyboard.type("-99999")
            page.keyboard.press("Enter")
            said.filter(has_not_text="asked").wait_for()
            assert "Right" not in said.inner_text()
            answer.fill("")
        page.keyboard.type(json.dumps(right))
        page.keyboard.press("Enter")
        said.filter(has_text="✓ Right").wait_for()
        for _ in range(2):  # past "Check", to "Another one"
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        said.filter(has_text=f"{number + 1} asked").wait_for()
    assert len(questions) == 9, questions
    notebook.shot("practice")
    kept = json.loads((lab.folder / "notebooks" / ".p1_dimensions.practice.json").read_text(encoding="utf-8"))
    assert kept["right"] == QUESTIONS - QUESTIONS // 7
    notebook.close()


# the answer of somebody who lets a later window wipe out what an earlier one has left
MISTAKEN = """import json
from utils.check.forks.mistakes import mistakes
_on = _practice.pool.recipe.on(_practice.numbers)
_wrong = next(m for m in mistakes(_practice.pool.recipe.about, [_on], typed=True) if m.name == "overwrite-overlap")
print(json.dumps(_wrong.wrong(*_on.args, **_on.kwargs).tolist()))"""


@pytest.fixture
def file(lab: Lab) -> str:
    """A notebook with the first cell of problem 3, and practice of one of its questions."""
    notebook = nbformat.read(ROOT / "notebooks" / "p3_backprop_1d.ipynb", 4)
    first = next(cell for cell in notebook.cells if cell.cell_type == "code")
    own = [
        nbformat.v4.new_code_cell(source)
        for source in ('import utils\n_practice = utils.practice("q3e_i")', "_practice", "")
    ]
    for cell in own:
        cell.pop("id")  # the format of the course's notebooks has none
    notebook.cells = [first, *own]
    nbformat.write(notebook, lab.folder / "notebooks" / "practice.ipynb")
    return "notebooks/practice.ipynb"


def test_a_wrong_answer_in_practice_is_drawn_by_keyboard(lab: Lab, page: Page, file: str) -> None:
    notebook = lab.open(page, file)
    cells = [notebook.run(index) for index in range(3)]
    assert errors(cells) == []
    wrong = words(notebook.run(3, MISTAKEN))
    box = notebook.show(2)
    answer = box.locator("input[type=text]")
    answer.focus()
    page.keyboard.type(wrong.strip())
    page.keyboard.press("Enter")
    box.locator("[role=status]").filter(has_text="later").wait_for()
    summary = box.locator(".cnn-fold > summary")
    summary.wait_for()
    for _ in range(3):  # past "Check" and "Another one"
        page.keyboard.press("Tab")
    assert summary.evaluate("it => it === document.activeElement")
    page.keyboard.press("Enter")
    drawn = box.locator(".cnn-explorer")
    drawn.wait_for()
    for theme in ("light", "dark"):
        notebook.theme(theme)
        notebook.shot(f"practice-drawn-{theme}", box)
    said = box.locator(".cnn-formula")
    first = said.inner_text()
    assert "Yours" in first and "Right" in first
    summary.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    assert said.inner_text() != first
    # the next question begins without a picture
    box.get_by_role("button", name="Another one").press("Enter")
    summary.wait_for(state="detached")
    notebook.close()
