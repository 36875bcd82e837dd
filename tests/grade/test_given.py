"""Cells that students were given are compiled once, and mean the same as when they are not."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.grade.intake.notebook import given_cells, read
from autograder.grade.jail.notebook.student import COMPILED, compile_ahead
from autograder.grade.judge.workers import Options, close_workers, grade_submission
from tests.grade.small import FIRST, SMALL, notebook

FAILS = "import sys\nwhere = sys._getframe().f_code.co_filename\nraise ValueError(where)"
CHECK = "numbers = [1, 2, 3]"


@pytest.fixture(autouse=True)
def workers() -> Iterator[None]:
    yield
    close_workers()


def folder(tmp_path: Path, *cells: str) -> Path:
    for name, data in (("a", notebook(*cells)), ("b", b"no notebook"), ("c", notebook(*cells, "print("))):
        (tmp_path / name).mkdir()
        (tmp_path / name / "student.ipynb").write_bytes(data)
    return tmp_path


def test_the_cells_of_all_built_notebooks_are_found_once(tmp_path: Path) -> None:
    found = given_cells(folder(tmp_path, FIRST, CHECK))
    numbers = [c.number for c in read(notebook(FIRST, CHECK, "print(")).cells]
    assert found == list(zip(numbers, (FIRST, CHECK, "print("), strict=True))
    assert given_cells(tmp_path / "none") == []


def test_only_what_can_be_compiled_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.grade.jail.notebook.student.COMPILED", found := {})
    compile_ahead([(1, "x = 1"), (2, "print("), (3, "%time 1"), (4, "a\0b")])
    assert list(found) == [("<cell 1>", "x = 1")] and not COMPILED


@pytest.mark.slow
def test_a_result_does_not_depend_on_them(tmp_path: Path) -> None:
    """Equal cells at the same place, at another place, changed, and after a `from __future__`."""
    given = str(folder(tmp_path, FIRST, FAILS, CHECK))
    future = "from __future__ import annotations"
    typed = "def double(x: nothing) -> nowhere:\n    return 2 * x"
    for cells in ([FIRST, FAILS, CHECK], [FIRST, CHECK, FAILS], [FIRST, FAILS + " "], [future, FIRST, typed, FAILS]):
        data = notebook(*cells, "grader.check('q1')")
        one, other = (grade_submission(SMALL, data, Options(5.0, given=g)).as_dict() for g in ("", given))
        assert json.dumps(one | {"seconds": 0}) == json.dumps(other | {"seconds": 0})
        assert any(e["message"].startswith("<cell ") for e in one["errors"])
