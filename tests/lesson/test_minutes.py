"""The minutes that a lesson promises: those of its questions, and of what is read, guessed and moved between them."""

import re
from pathlib import Path

import pytest

from autograder.build.parts import Master, MasterCell
from autograder.course import Course
from tests import masters

COURSE = Course.find(Path(__file__))
FIRST_SEVEN = 150  # minutes for their core paths together
WORDS_A_MINUTE = 200
FORMULA = 10  # a shown formula takes as long as so many words
GUESS, RECAP, EXPLORER, START = 0.5, 0.3, 0.75, 0.3  # minutes, with a look at what is revealed
BLANK = 0.3  # minutes for a blank in a derivation


def between_questions(master: Master) -> list[tuple[MasterCell, str]]:
    """The cells outside of questions in pieces, each with the path that it belongs to."""
    found: list[tuple[MasterCell, str]] = []
    questions = iter(master.questions)
    inside, section, part = False, "core", "core"
    for cell in master.cells:
        if cell.kind == "raw":
            if "BEGIN QUESTION" in cell.source:
                inside, part = True, next(questions).own.path  # what follows a question belongs to it
            inside = inside and "END QUESTION" not in cell.source
        elif not inside:
            for piece in re.split(r"(?m)^(?=###? )", cell.source):
                heading = re.match(r"(##+) ", piece)
                if heading:
                    part = "more" if "*◇ more*" in piece[:120] or "## Another one" in piece else "core"
                if heading and len(heading[1]) == 2:
                    section = part
                found.append((MasterCell(cell.kind, piece, cell.line, cell.metadata), max(section, part)))
    return found


def minutes_of(cell: MasterCell) -> float:
    """A cell outside of questions: hints are closed, folded code is not read."""
    if cell.kind == "code":
        guesses = len(re.findall(r"(?m)^\w+ = ", cell.source)) if "prediction" in cell.tags else 0
        return guesses * (RECAP if "recap_" in cell.source else GUESS) + EXPLORER * ("explore." in cell.source)
    text = re.sub(r"<!--paper-->.*?<!--/paper-->|<!--.*?-->", "", cell.source, flags=re.DOTALL)
    shown, blanks = text.count("$$") // 2, text.count(r"\square")
    text = re.sub(r"\$\$.*?\$\$", " ", text, flags=re.DOTALL)
    text = re.sub(r"```.*?```|`[^`]*`|\$[^$]*\$", " formula ", text, flags=re.DOTALL)
    return (len(re.findall(r"\w[\w'’-]*", text)) + FORMULA * shown) / WORDS_A_MINUTE + BLANK * blanks


def promised(master: Master) -> int:
    (found,) = re.findall(r"(\d+) minutes for the core path", master.path.read_text(encoding="utf-8"))
    return int(found)


@pytest.mark.parametrize("path", COURSE.masters(), ids=lambda path: path.stem)
def test_the_core_path_takes_as_long_as_the_head_says(path: Path) -> None:
    master = masters.read(path)
    between = START + sum(minutes_of(cell) for cell, way in between_questions(master) if way == "core")
    questions = sum(q.own.minutes for q in master.questions if q.own.path == "core")
    assert abs(between + questions - promised(master)) <= 1, f"{between:.1f} between the questions, {questions} in them"


def test_the_core_of_the_first_seven_problems_fits_into_two_and_a_half_hours() -> None:
    assert sum(promised(masters.read(path)) for path in COURSE.masters()[:7]) <= FIRST_SEVEN


def defined(source: str) -> set[str]:
    return set(re.findall(r"(?m)^(?:def )?(\w+)(?: = |\()", source))


@pytest.mark.parametrize("path", COURSE.masters(), ids=lambda path: path.stem)
def test_no_core_question_needs_one_that_is_left_out(path: Path) -> None:
    left_out: set[str] = set()
    for question in masters.read(path).questions:
        solution = "\n".join(cell.source for cell in question.solution if cell.kind == "code")
        if question.own.path == "more":
            left_out |= defined(solution)
        else:
            used = set(re.findall(r"(?<![\w.])[A-Za-z_]\w*", solution)) - defined(solution)
            assert not used & left_out, f"{question.name} uses {used & left_out}"


def test_every_part_of_the_source_worksheet_has_a_core_question() -> None:
    own = [q.own for path in COURSE.masters() for q in masters.read(path).questions]
    parts = {part for one in own for part in one.worksheet}
    assert parts == {part for one in own if one.path == "core" for part in one.worksheet}
