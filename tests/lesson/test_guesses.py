"""A cell reveals once there is a guess, keeps the first, and says what differs."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from utils.check import display
from utils.notebook import guesses, hand_in, reveal
from utils.notebook.checker import praise
from utils.notebook.hand_in import left, table, written
from utils.notebook.lesson import Lesson


@pytest.fixture
def cards(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    said: list[str] = []
    monkeypatch.setattr(guesses, "card", lambda label, body, plain: said.append(plain))
    monkeypatch.setattr(guesses, "_FIRST_GUESSES", {})
    return said


@pytest.mark.parametrize("blank", [..., None])
def test_without_a_guess_nothing_is_revealed(cards: list[str], blank: Any) -> None:
    assert reveal("the size", blank, 24) is False
    assert "24" not in cards[0] and "Commit first" in cards[0] and "never graded" in cards[0]


@pytest.mark.parametrize(
    ("guess", "truth", "options", "said"),
    [
        (24, 24, {}, "The size: as you said, 24."),
        (20, 24, {}, "The size: you said 20. It is 24. Your guess was 4 too low."),
        (30, 24, {"why": "Both ends count."}, "It is 24. Your guess was 6 too high. Both ends count."),
        (95, 100.0, {"near": 0.1}, "as you said, 100."),
        (0.5, 0.25, {}, "you said 0.5. It is 0.25."),
        (True, False, {}, "you said True. It is False."),
        (np.True_, True, {}, "as you said, True."),
        ((2, 3), (2, 4), {}, "you said (2, 3). It is (2, 4). 1 of 2 numbers differ."),
        ([1, 2, 3], (2, 4), {}, "That is 3 numbers in the place of 2."),
        ([2, 4], np.array([2, 4]), {}, "as you said, [2, 4]."),
        ("Brighter", "brighter", {"choices": ("brighter", "darker")}, "as you said, brighter."),
        ("darker", "brighter", {"choices": ("brighter", "darker")}, "you said darker. The answer is brighter."),
    ],
)
def test_what_differs_is_said(cards: list[str], guess: Any, truth: Any, options: dict[str, Any], said: str) -> None:
    assert reveal("the size", guess, truth, **options) is True
    assert said in cards[0]


@pytest.mark.parametrize(
    ("guess", "truth", "options", "said"),
    [
        ("many", 24, {}, "Write a number."),
        (True, 1, {}, "Write a number."),
        (1, True, {}, "Write True or False."),
        (3, (2, 3), {}, "Write several numbers"),
        (
            "red",
            "brighter",
            {"choices": ("brighter", "darker")},
            "Choose one of these, in quotes: 'brighter', 'darker'.",
        ),
    ],
)
def test_what_is_no_guess_reveals_nothing(
    cards: list[str], guess: Any, truth: Any, options: dict[str, Any], said: str
) -> None:
    assert reveal("the size", guess, truth, **options) is False
    assert said in cards[0]


def test_the_first_guess_is_kept(cards: list[str]) -> None:
    reveal("the size", 20, 24)
    reveal("the size", 24, 24)
    assert cards[1] == "The size: as you said, 24. (Your first guess was 20.)"


def test_outside_of_a_notebook_nothing_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert reveal("outside", 3, 4) is True and reveal("outside", ..., 4) is False
    assert capsys.readouterr().out == ""


ABOUT = {
    "a": {"part": "1.a", "title": "One", "path": "core", "points": 4, "public": 1, "hidden": True, "also": "x < 3"},
    "b": {"part": "1.b", "title": "Two", "points": 2, "public": 2, "explain": "Why is it `n`?"},
    "c": {"part": "1.c", "title": "Words", "points": 2, "manual": True},
}


def lesson(**more: Any) -> Lesson:
    return Lesson.of("p1", {"metadata": {"lesson": {"questions": ABOUT, "guesses": ["g", "h"], **more}}})


def test_where_you_are(tmp_path: Path) -> None:
    here = lesson()
    assert here.standing() == "0 of 2 questions · 0 of 3 public points"
    here.remember(tmp_path / "progress.json")
    here.note("b", True)
    assert praise(here, "b") == (
        "1 of 2 questions · 2 of 3 public points",
        "<p>Explain it to yourself: Why is it <code>n</code>?</p>",
    )
    here.note("a", True)
    headline, below = praise(here, "a")
    assert headline.startswith("public checks pass; other numbers are tried at grading · 2 of 2 questions")
    assert "Another way to write it" in below and "x &lt; 3" in below
    again = lesson()
    again.remember(tmp_path / "progress.json")
    assert again.right == {"a", "b"}
    again.note("a", False)
    assert again.standing() == "1 of 2 questions · 2 of 3 public points"
    assert lesson(points_shown=False).standing() == "0 of 2 questions"
    assert Lesson.of("p1", {}).standing() == "" and praise(Lesson.of("p1", {}), "a") == ("", "")


def test_a_progress_file_that_cannot_be_read_is_no_progress(tmp_path: Path) -> None:
    file = tmp_path / "progress.json"
    for text in ("", "[]", '{"right": 3}', '{"right": ["z"]}'):
        file.write_text(text, encoding="utf-8")
        here = lesson()
        here.remember(file)
        assert here.right == set()


def test_the_table_before_handing_in() -> None:
    here = lesson(hand_in="Upload it in the course's room.")
    here.note("b", True)
    states = {"a": "not yet", "b": "right", "c": "written"}
    rows = table(here, states)
    assert "✗ not yet" in rows and "0 of 1, 3 more at grading" in rows and "2, by a person" in rows and "core" in rows
    line = left(here, states, {"g": 3, "h": ...})
    assert "1 of 2 questions · 2 of 3 public points · 1 of 1 answers in words · 1 of 2 guesses made" in line
    assert "Left: 1.a." in line


def test_answers_in_words_are_found_by_their_heading() -> None:
    sources = [
        "<!-- BEGIN QUESTION -->\n\n### 1.c · In your own words\n\nWhy?",
        "_Type your answer here, replacing this text._",
        "<!-- END QUESTION -->\n\n### 1.d · Next",
        "<!-- BEGIN QUESTION -->\n\n### 1.e · Again",
        "Because.",
        "<!-- END QUESTION -->",
    ]
    cells = [{"cell_type": "markdown", "source": source} for source in sources]
    assert written({"cells": cells}) == {"1.c": "", "1.e": "Because."}


def test_an_answer_that_was_not_saved_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    ran = SimpleNamespace(user_ns={"In": ["", "x = 1\n", "y = 2", "z = ..."]})
    monkeypatch.setattr(hand_in, "shell", lambda: ran)
    cells: list[dict[str, Any]] = []
    for question, source in (("a", "x = 1"), ("b", ["y = ", "3"]), ("c", "z = 4")):
        cells.append({"cell_type": "code", "source": source, "metadata": {"tags": ["otter_answer_cell"]}})
        cells.append({"cell_type": "code", "source": f'grader.check("{question}") if 1 else 2', "metadata": {}})
    states = {"a": "right", "b": "right", "c": "open"}
    assert hand_in.unlike({"cells": cells}, states) == ["b"]
    assert "other code than you ran here in 1.b" in hand_in.differing(lesson(), ["b"])
    assert hand_in.differing(lesson(), []) == ""


def test_the_card_of_a_right_answer_says_where_you_are(monkeypatch: pytest.MonkeyPatch) -> None:
    case = SimpleNamespace(success_message=None, failure_message=None)
    result = SimpleNamespace(name="b", test_case_results=[SimpleNamespace(passed=True, message="", test_case=case)])
    assert "<strong>✓ b: right</strong></p>" in display.result_html(result)
    monkeypatch.setattr(display, "after_a_right_answer", lambda name: praise(lesson(), name))
    assert "<strong>✓ b: right</strong> · 0 of 2 questions" in display.result_html(result)
