"""Places for numbers: what stands in them, and what a master is told of those that are wrong."""

import random
from pathlib import Path
from typing import Any

import pytest

import utils.check
from autograder.build.info import MasterError
from autograder.build.master import read_master
from autograder.build.number_places import PlaceError, fill, fill_notebook, in_words, missing, questions_in
from autograder.build.parts import MasterQuestion
from autograder.course import Course
from tests.small_course import ROOT
from utils.check.variants import Recipe

MASTER = ROOT / "tests" / "fixtures" / "own_numbers" / "solutions" / "sliding.py"
OWN = {"q1": {"x": [2, -1], "w": [[1, -2], [3, 4]], "n": -7}}


@pytest.mark.parametrize(
    ("text", "words", "code"),
    [
        ("{{q1.n}}", "-7", "-7"),
        ("{{q1.x}}", "(2, -1)", "[2, -1]"),
        ("{{q1.w}}", r"\begin{pmatrix} 1 & -2 \\ 3 & 4 \end{pmatrix}", "[[1, -2], [3, 4]]"),
        ("{{q1.len(x) + 2}} of {{q1.x[1]}}", "4 of -1", "4 of -1"),
        (r"{{q1.bracketed(x[0])}}\cdot{{q1.bracketed(n)}}", r"2\cdot(-7)", r"'2'\cdot'(-7)'"),
        ("{{q1.[n * v for v in x]}}", "(-14, 7)", "[-14, 7]"),
        ("{{limits.cell}} {{q2.n}} {q1.n}", "{{limits.cell}} {{q2.n}} {q1.n}", "{{limits.cell}} {{q2.n}} {q1.n}"),
    ],
)
def test_what_stands_in_a_place(text: str, words: str, code: str) -> None:
    assert fill(text, OWN, in_words) == words and fill(text, OWN, repr) == code


def test_a_place_that_does_not_fit_says_why() -> None:
    with pytest.raises(PlaceError, match=r"\{\{q1\.x\[5\]\}\} with .* says IndexError"):
        fill("{{q1.x[5]}}", OWN, in_words)


def test_a_notebook_is_filled_in_texts_code_and_tests() -> None:
    cells = [{"cell_type": kind, "source": ["{{q1.x}}\n", "{{q1.n}}"]} for kind in ("markdown", "code")]
    notebook = {"cells": cells, "metadata": {"otter": {"tests": {"q1": "on({{q1.x}})"}}, "title": "T"}}
    filled = fill_notebook(notebook, OWN)
    assert ["".join(cell["source"]) for cell in filled["cells"]] == ["(2, -1)\n-7", "[2, -1]\n-7"]
    assert filled["metadata"] == {"otter": {"tests": {"q1": "on([2, -1])"}}, "title": "T"}
    assert cells[0]["source"] == ["{{q1.x}}\n", "{{q1.n}}"], "what is open stays open"


def test_names_without_a_place() -> None:
    assert list(missing(["x", "n"], "q1", ["{{q1.x}} {{q2.n}}", "{{q1.max(xn)}}"])) == ["n"]


def test_a_master_is_read_with_everybody_s_numbers_or_with_open_places() -> None:
    filled, opened = read_master(MASTER), read_master(MASTER, open_places=True)
    one, other = filled.questions[0], opened.questions[0]
    assert "x = (2, 1, 0, 3, -1)$" in one.texts[0] and "[2, 1, 0, 3, -1]" in one.tests[0].source
    assert "x = {{by_hand.x}}$" in other.texts[0] and "{{by_hand.x}}" in other.tests[0].source
    assert [cell.line for cell in filled.cells] == [cell.line for cell in opened.cells]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("w: [1, 0, -2]}", "w: [1, 0, -2], n: 3}", "15: `numbers` of by_hand: n is not drawn below `vary`"),
        ("meets {{layer.D}} filters", "meets 4 filters", "`numbers` of layer: D has no place in its text"),
        ("({{layer.H}}, {{layer.W}}", "(20, {{layer.W}}", "`numbers` of layer: H has no place in its tests"),
        ("{{by_hand.x}}$. The", "{{by_hnd.x}}$. The", "a place for a number of by_hnd, which has no `numbers:`"),
        ("numbers: {H: 20,", "numbers: 20 #", "`numbers` is 20; expected a table"),
        ("{{by_hand.bracketed(x[0])}}", "{{by_hand.bracketed(x[9])}}", "says IndexError"),
    ],
)
def test_what_is_wrong_with_a_place_has_a_line(tmp_path: Path, old: str, new: str, words: str) -> None:
    text = MASTER.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / MASTER.name
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(MasterError) as caught:
        read_master(path)
    assert words in str(caught.value) and f"{path.name}:" in str(caught.value)


COURSE = Course.load(ROOT)


@pytest.mark.parametrize("master", COURSE.masters(), ids=lambda path: path.stem)
def test_other_numbers_fit_into_the_places_of_this_course(master: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The text says them, and the references that its tests compare with have an answer for them."""
    asked: list[Any] = []
    monkeypatch.setattr(utils.check, "expect", lambda _, like, on, **__: asked.append(on.call(like)))
    for question in read_master(master, open_places=True).questions:
        if question.own.numbers:
            asked.clear()
            with_other_numbers(question)
            assert len(asked) >= 20, question.name


def with_other_numbers(question: MasterQuestion) -> None:
    """Twenty sets of numbers stand in its text, and its tests are called with each."""
    recipe, chance = Recipe.of(question.own.vary), random.Random(question.name)
    sets = [own for _ in range(2000) if (own := recipe.drawn(chance))][:20]
    assert len(sets) == 20, question.name
    for own in sets:
        numbers = {question.name: own}
        assert not questions_in(fill(text, numbers, in_words) for text in question.texts), question.name
        for test in question.tests:
            names: dict[str, Any] = {}
            exec(fill(test.source, numbers, repr), names)
            function = names[test.name]
            function(*[None] * function.__code__.co_argcount)
