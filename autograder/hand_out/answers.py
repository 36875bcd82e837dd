"""Right answers of one student's own public checks: what `library.recorded` gives there, as the build records it."""

import importlib
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from autograder.build.record import Recorder
from autograder.course import Library
from autograder.grade.judge.otter_tests import read_test_file


class RightAnswers:
    """Records from now on, in this process; afterwards it is good for nothing else. The library must be importable."""

    def __init__(self, library: Library) -> None:
        self.recorder = Recorder(library)
        self.records = bool(library.recorded)
        if self.records:
            checker: Any = importlib.import_module(library.checker)
            checker.expect = _ask

    def of(self, tests: Iterable[str]) -> dict[str, Any]:
        """What is recorded while the public ones of these test files run."""
        if not self.records:
            return {}
        self.recorder.found.clear()
        with TemporaryDirectory() as folder:
            for text in tests:
                path = Path(folder) / "test.py"
                path.write_text(text, encoding="utf-8")
                for case in read_test_file(str(path)).test_cases:
                    if not case.hidden:
                        case.body.call_func({})
        return dict(self.recorder.found)


def _ask(answer: Any, like: Any, on: Any, **_: Any) -> None:
    """In the place of the checker's `expect`: only the right answers are asked for."""
    for case in on if isinstance(on, list) else [on]:
        case.call(like)
