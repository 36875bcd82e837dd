"""What a master writes on the board is the answer that its own check takes: every number of it is there."""

import ast
import re
from pathlib import Path

import numpy as np
import pytest

MASTERS = Path(__file__).resolve().parents[2] / "solutions"
NAME = re.compile(r"^# name: (\w+)$", re.MULTILINE)
BOARD = re.compile(r"^# board: \|\n((?:#   .*\n)+)", re.MULTILINE)
SOLUTION = re.compile(r"^# # BEGIN SOLUTION\n(.*?)^# # END SOLUTION", re.MULTILINE | re.DOTALL)


def boards() -> list[tuple[str, str, str]]:
    """Name, board and solution of each question that has a board."""
    found = []
    for master in sorted(MASTERS.glob("p*.py")):
        for question in master.read_text(encoding="utf-8").split("# # BEGIN QUESTION\n")[1:]:
            if board := BOARD.search(question):
                found.append((NAME.findall(question)[0], board[1], SOLUTION.findall(question)[0]))
    return found


@pytest.mark.parametrize(("name", "board", "solution"), boards(), ids=[name for name, *_ in boards()])
def test_the_board_shows_the_answer(name: str, board: str, solution: str) -> None:
    said = {int(number) for number in re.findall(r"-?\d+", board.replace("- ", "-"))}
    for node in ast.parse(solution).body:
        if isinstance(node, ast.Assign):
            try:
                value = eval(compile(ast.Expression(node.value), name, "eval"), {}, {})
            except NameError:
                continue  # in letters
            missing = {int(number) for number in np.ravel(value)} - said
            assert not missing, f"{name}: the board says nothing of {missing}"


def test_there_are_boards() -> None:
    assert len(boards()) > 5
