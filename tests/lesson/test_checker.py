"""What a check in a notebook says besides its card."""

import pytest
from IPython.core.interactiveshell import InteractiveShell

from utils.notebook import checker


def test_after_a_cell_that_failed_it_says_that_what_it_looks_at_is_older(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = InteractiveShell()
    monkeypatch.setattr(checker, "shell", lambda: ran)
    monkeypatch.setattr(checker, "say", print)
    for cell, says in (("a = 1", False), ("a = [2 5]", True), ("a = 3", False), ("a = b", True)):
        ran.run_cell(cell)
        capsys.readouterr()
        checker.say_what_is_older()
        assert ("older" in capsys.readouterr().out) == says, cell
