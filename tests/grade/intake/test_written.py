"""Every question in words has an answer or none, whatever a student did to the cells around it."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.grade.intake.notebook import read
from autograder.grade.intake.written import AT_ITS_PLACE, ELSEWHERE, BlankNotebook, load_blank
from tests.grade.reports.book import PROBLEM, build

PLACEHOLDER = "_Type your answer here, replacing this text._"
WHY = (
    "<!-- BEGIN QUESTION -->\n\n### 1.b · In your own words\n\n*5 minutes*\n\n"
    "A friend says that a small window sees nothing. What does it do to space, and what to channels?"
)
NEXT = (
    "<!-- END QUESTION -->\n\n<!-- BEGIN QUESTION -->\n\n### And why?\n\nDraw what a sum over many channels looks "
    "like, with an example of your own."
)
LAST = "<!-- END QUESTION -->\n\n### 1.d · Keep the size\n\nWrite `same(k)` for odd kernels and stride one."
CELLS = [
    ("markdown", "# Problem 1\n\nHow big is the output, and how many numbers are learned?"),
    ("code", "import numpy as np"),
    ("markdown", "### 1.a · Double it\n\nWrite `double(x)`, twice what it is given."),
    ("code", 'def double(x):\n    """Twice x, of any shape."""\n    ...'),
    ("code", 'grader.check("q1a")'),
    ("markdown", WHY),
    ("markdown", PLACEHOLDER),
    ("markdown", NEXT),
    ("markdown", PLACEHOLDER),
    ("markdown", LAST),
    ("code", 'def same(k):\n    """The padding that keeps the size."""\n    ...'),
    ("code", 'grader.check("q1d")'),
]
Cells = list[tuple[str, str]]
ANSWER, OTHER = "It mixes the channels of each pixel.\n\nNothing else: $y = Wx$", "A weighted sum."


def data(cells: Cells) -> bytes:
    found = [{"cell_type": kind, "metadata": {}, "source": source.splitlines(True)} for kind, source in cells]
    return json.dumps({"cells": found, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}).encode()


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> BlankNotebook:
    folder = build(tmp_path_factory.mktemp("course")) / str(PROBLEM["name"])
    (folder / "student.ipynb").write_bytes(data(CELLS))
    found = load_blank(folder)
    assert found is not None and [(p.key, p.first, p.end) for p in found.places] == [("1.b", 5, 7), ("q1c", 7, 9)]
    return found


def solved() -> Cells:
    """The code is written, and both questions are answered in their cells."""
    cells = list(CELLS)
    cells[3] = ("code", 'def double(x):\n    """Twice x, of any shape."""\n    y = x + x\n    return y')
    cells[6], cells[8] = ("markdown", ANSWER), ("markdown", OTHER)
    return cells


def changed(change: Callable[[Cells], object]) -> Cells:
    cells = solved()
    change(cells)
    return cells


def put(cells: Cells, at: int, source: str, kind: str = "markdown") -> None:
    cells[at] = (kind, source)


def moved(cells: Cells, first: int, end: int) -> None:
    part = cells[first:end]
    del cells[first:end]
    cells += part


def without(cells: Cells, *numbers: int) -> None:
    for number in sorted(numbers, reverse=True):
        del cells[number]


@pytest.mark.parametrize(
    "change",
    [
        lambda c: None,
        lambda c: put(c, 5, WHY.replace("<!-- BEGIN QUESTION -->\n\n", "")),
        lambda c: [put(c, n, c[n][1].replace("<!-- BEGIN QUESTION -->", "").replace("<!-- END QUESTION -->", ""))
                   for n in (5, 7, 9)],
        lambda c: put(c, 5, WHY.replace("### 1.b · In your own words", "### MY ANSWER")),
        lambda c: [put(c, 6, PLACEHOLDER), c.insert(7, ("markdown", ANSWER))],
        lambda c: [put(c, 6, ""), c.insert(7, ("raw", ANSWER))],
        lambda c: [put(c, 6, PLACEHOLDER), put(c, 5, WHY + "\n\n" + ANSWER)],
        lambda c: [without(c, 6), put(c, 5, WHY + "\n" + ANSWER)],
        lambda c: put(c, 6, PLACEHOLDER + "\n\n" + ANSWER),
        lambda c: [put(c, 6, ANSWER.split("\n\n")[0]), c.insert(7, ("markdown", ANSWER.split("\n\n")[1]))],
        lambda c: without(c, 4, 9, 10, 11),
        lambda c: [put(c, n, " \n\t\n") for n in (0, 1, 4, 9)],
        lambda c: c.insert(6, ("markdown", WHY)),
        lambda c: put(c, 7, NEXT.replace("### And why?", "### My own heading")),
    ],
)  # fmt: skip
def test_the_answer_is_found(blank: BlankNotebook, change: Callable[[Cells], object]) -> None:
    assert read(data(changed(change)), blank).written == {"1.b": ANSWER, "q1c": OTHER}


@pytest.mark.parametrize(
    "change",
    [
        lambda c: put(c, 5, WHY.replace("### 1.b · In your own words", "**Antwort**").replace("*5 minutes*", "")),
        lambda c: [put(c, 6, PLACEHOLDER), put(c, 7, ANSWER + "\n\n" + NEXT)],
        lambda c: [put(c, 6, PLACEHOLDER), put(c, 7, NEXT.replace("\n\n<!-- BEGIN", f"\n\n{ANSWER}\n\n<!-- BEGIN"))],
    ],
)
def test_what_may_belong_to_two_questions_is_shown_with_both(
    blank: BlankNotebook, change: Callable[[Cells], object]
) -> None:
    written = read(data(changed(change)), blank).written
    assert written["1.b"].endswith(ANSWER) and written["q1c"].endswith(OTHER)


@pytest.mark.parametrize(
    ("change", "note"),
    [
        (lambda c: without(c, 5), AT_ITS_PLACE),
        (lambda c: without(c, 4, 5), AT_ITS_PLACE),
        (lambda c: moved(c, 5, 7), ELSEWHERE),
        (lambda c: [put(c, 6, PLACEHOLDER), c.append(("markdown", f"1.b: {ANSWER}"))], ELSEWHERE),
        (lambda c: [without(c, 5, 6), c.append(("markdown", f"Answer to 1.b\n\n{ANSWER}"))], ELSEWHERE),
    ],
)
def test_what_stands_at_another_place_is_shown_and_said(
    blank: BlankNotebook, change: Callable[[Cells], object], note: str
) -> None:
    written = read(data(changed(change)), blank).written
    assert written["1.b"].startswith(note) and written["1.b"].endswith(ANSWER) and written["q1c"] == OTHER


@pytest.mark.parametrize(
    "cells",
    [
        changed(lambda c: put(c, 6, PLACEHOLDER)),
        changed(lambda c: put(c, 6, "   ")),
        changed(lambda c: without(c, 6)),
        changed(lambda c: without(c, 5, 6)),
    ],
)
def test_no_answer_is_none(blank: BlankNotebook, cells: Cells) -> None:
    assert read(data(cells), blank).written == {"1.b": "", "q1c": OTHER}


def test_both_questions_have_a_row_in_any_notebook(blank: BlankNotebook) -> None:
    for cells in ([], [("code", "x = 1")], [("markdown", "hello")] * 2000):
        assert set(read(data(cells), blank).written) == {"1.b", "q1c"}
    assert read(data(CELLS), blank).written == {"1.b": "", "q1c": ""}


def test_code_and_pictures_that_a_person_grades_are_part_of_the_answer(blank: BlankNotebook) -> None:
    cells = changed(lambda c: c.insert(7, ("code", "plt.plot(np.arange(3))")))
    assert read(data(cells), blank).written["1.b"] == f"{ANSWER}\n\n```python\nplt.plot(np.arange(3))\n```"


def test_without_a_build_marks_and_headings_tell() -> None:
    assert read(data(solved())).written == {"1.b": ANSWER, "And": OTHER}


@pytest.mark.parametrize("filling", ["word " * 4000, "<!-- BEGIN QUESTION -->" * 800, "### 1.b\n" * 2000, "\n" * 20000])
def test_a_hostile_notebook_takes_no_time(blank: BlankNotebook, filling: str) -> None:
    began = time.process_time()
    written = read(data([("markdown", f"{filling}{n}") for n in range(200)]), blank).written
    assert time.process_time() - began < 4 and all(len(text) <= 20_000 for text in written.values())


def test_a_build_that_is_damaged_is_none(tmp_path: Path) -> None:
    folder = build(tmp_path) / "small"
    assert load_blank(folder) is None
    (folder / "student.ipynb").write_text('{"cells": [{"source": 3}]}')
    assert load_blank(folder) is None
