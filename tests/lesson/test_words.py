"""Sentences that were bad enough to remember, and what every lesson must have."""

import re
from pathlib import Path

import pytest

from autograder.build import edition
from autograder.build.parts import Master
from autograder.course import Course
from autograder.pdf.editions import on_paper
from tests import masters

COURSE = Course.find(Path(__file__))
WORST = [
    "To subtract the largest logit changes nothing",
    "So do a reshape to two matrices",
    "Would you have read them rightly?",
    "Take it that all",
    "In between it is something in between",
    "The roads are more, but the rules are these",
    "At its end stands one number",
    "At the end of this road stands",
    "Done so, ",
    "has only who",
    "as it stands",
    "lying on its side",
    "Turn the matrix around",
    "the weights that lie above them",
    "for every number becomes 0",
    "larger in shape",
    "the window must hang over the edge",
    "two directions do not disturb each other",
    "gradient to the",
    "gradient to $",
]
BEYOND = {"p8", "p9"}  # the source worksheet has nothing on what these two are about


@pytest.fixture(params=COURSE.masters(), ids=lambda path: path.stem, scope="module")
def master(request: pytest.FixtureRequest) -> Master:
    return masters.read(request.param)


def prose(master: Master) -> str:
    """All that a student reads, on one line."""
    return " ".join(" ".join(c.source.split()) for c in master.cells if c.kind != "raw")


def test_none_of_the_worst_sentences(master: Master) -> None:
    text = prose(master).casefold()
    assert [words for words in WORST if words.casefold() in text] == []


ASKED = re.compile(r"(?i)(how many|which|what) [^.?!:]{1,40} (has|have) (it|its|the|a|an|each)\b[^.?!]{0,40}\?")
RIGHT = re.compile(r"have (a say|the maximum|the length)")  # here "have" is what is done, not a part of the question


def test_a_question_asks_with_do(master: Master) -> None:
    """Not "How many terms has it?"."""
    assert [found[0] for found in ASKED.finditer(prose(master))] == []


def test_a_remark_asks_with_do() -> None:
    """The questions of a check's card are read by students, too."""
    for path in (COURSE.root / "utils").rglob("*.py"):
        asked = [found[0] for found in ASKED.finditer(" ".join(path.read_text(encoding="utf-8").split()))]
        assert [words for words in asked if not RIGHT.search(words)] == [], path.name


def test_paper_does_not_speak_of_the_screen(master: Master) -> None:
    """Where there are no cells, nobody runs the next one, drags a slider or sees what is printed below."""
    spoken = re.compile(r"(next|last|this|following) cell|cell (above|below)|\bRun (it|the|this)\b|[Cc]lick|slider")
    for cell in master.cells:
        if cell.kind == "markdown" and "screen" not in cell.tags:
            text = " ".join(on_paper(cell.source).split("<details>")[0].split())
            assert not spoken.search(text), (master.path.name, cell.line, text)


def test_every_question_says_its_path_its_time_and_its_part(master: Master) -> None:
    for question in master.questions:
        own = question.own
        assert own.path and own.minutes and own.difficulty, f"{question.name}: path, minutes, difficulty"
        assert question.manual or own.explain.endswith("?"), f"{question.name}: explain is a question to oneself"
    assert master.name[:2] in BEYOND or any(q.own.worksheet for q in master.questions)
    assert any(q.own.also for q in master.questions), "a second way to write at least one of the answers"


def test_guesses_come_before_what_reveals_them(master: Master) -> None:
    names = edition.guesses(master)
    assert len(names) >= 3
    code = [c for c in master.cells if c.kind == "code"]
    for name in names:
        first = next(i for i, c in enumerate(code) if re.search(rf"\b{name}\b", c.source))
        assert "prediction" in code[first].tags, f"{name} is used before it is guessed"
        assert any(re.search(rf"reveal\([^)]*\b{name}\b", c.source) for c in code[first + 1 : first + 3]), name


def test_long_pictures_are_folded_and_have_words(master: Master) -> None:
    for cell in master.cells:
        assert "plt.show(" not in cell.source, f"line {cell.line}: show(figure, words) follows the page's colours"
        if "otter_ignore" in cell.tags and len(cell.lines) > 8:
            assert "folded" in cell.tags, f"line {cell.line}: a long cell that only draws is folded"


def test_no_hint_ends_in_a_line_of_the_solution(master: Master) -> None:
    for question in master.questions:
        lines = {line.split("#")[0].strip() for c in question.solution if c.kind == "code" for line in c.lines}
        told = [c.source for c in master.cells if c.kind == "markdown" and "<summary>Hint" in c.source]
        for line in lines:
            right = line.removeprefix("return ").split(" = ", 1)[-1]
            if len(right) > 12 and "def " not in line:
                assert not [1 for text in told if right in text], f"{question.name}: a hint holds `{right}`"


def test_recap_opens_problems_3_to_7(master: Master) -> None:
    if master.name[:2] in ("p1", "p2"):
        return
    first = next(c for c in master.cells if "prediction" in c.tags)
    assert len(re.findall(r"^recap_\w+ = ", first.source, re.MULTILINE)) == 3


def test_what_is_for_one_edition_only_is_closed_again(master: Master) -> None:
    for cell in master.cells:
        for where in ("screen", "paper"):
            assert cell.source.count(f"<!--{where}-->") == cell.source.count(f"<!--/{where}-->"), f"line {cell.line}"
