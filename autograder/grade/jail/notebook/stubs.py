"""Stand-ins for what a notebook expects of Jupyter and otter. They do nothing; the verdict is made elsewhere.

`otter.Notebook(...).check("q1")` only tells the trusted side that the student's cell asks for this check now.
"""

import sys
import types
from collections.abc import Callable
from typing import Any


class _Quiet:
    """The answer to everything that a notebook asks of a tool which is not here."""

    def __repr__(self) -> str:
        return ""

    def __call__(self, *args: Any, **kwargs: Any) -> "_Quiet":
        return self

    def __getattr__(self, name: str) -> "_Quiet":
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __mro_entries__(self, bases: tuple) -> tuple:
        return (object,)


QUIET = _Quiet()


def install_otter(check: Callable[[str], None]) -> None:
    """Put a module `otter` in place whose `Notebook.check` calls `check(question)`."""

    class Notebook:
        _grading_mode = True  # as in otter when it grades: what notebooks do for their readers alone, they leave out

        def __init__(self, *args: Any, **kwargs: Any):
            pass

        def check(self, question: str, *args: Any, **kwargs: Any) -> _Quiet:
            check(str(question))
            return QUIET

        def __getattr__(self, name: str) -> _Quiet:
            return getattr(QUIET, name)

        def export(self, *args: Any, **kwargs: Any) -> _Quiet:  # a class of its own, too, for one built on this
            return QUIET

        check_all = to_pdf = add_plugin_files = run_plugin = export

    class TestFile:
        pass

    otter = _module("otter", Notebook=Notebook, __path__=[], __version__="7.0.0")
    otter.test_files = _module("otter.test_files", TestFile=TestFile, test_case=QUIET)  # type: ignore[attr-defined]


def _module(name: str, **names: Any) -> types.ModuleType:
    module = types.ModuleType(name)
    module.__dict__.update(names)
    module.__getattr__ = lambda attribute: getattr(QUIET, attribute)  # type: ignore[method-assign]
    sys.modules[name] = module
    return module


class Sink:
    """Standard output for students: it counts, and stops a flood."""

    encoding = "utf-8"
    errors = "replace"
    closed = False

    def __init__(self) -> None:
        self.left = 16 << 20  # characters

    def write(self, data: Any) -> int:
        size = len(data)
        self.left -= size
        if self.left < 0:
            raise OSError("too much was printed")
        return size

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return False

    def fileno(self) -> int:
        raise OSError("no file")

    @property
    def buffer(self) -> "Sink":
        return self
