"""An hour of practice in a page: the notebook's last cell alone, the answers typed, by keyboard only."""

import json

from playwright.sync_api import Page

from tests.browser.lab import Lab, errors, words

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
