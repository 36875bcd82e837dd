"""Modules that are imported when something of them is first used.

Forking a submission's process copies the tables of all memory, so what a notebook only imports should not be there.
"""

import importlib
import sys
import types
from typing import Any


class Lazy(types.ModuleType):
    """Stands for a module, and imports it at the first look at one of its names."""

    def __getattr__(self, name: str) -> Any:
        if name == "__file__":  # `inspect` asks this of every module there is
            raise AttributeError(name)
        return getattr(_real(self.__name__), name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(_real(self.__name__), name, value)


def postpone(names: list[str]) -> None:
    """Put a `Lazy` in place of each module that is not imported yet; a package before its modules."""
    for name in names:
        parent, _, last = name.rpartition(".")
        if name not in sys.modules:
            sys.modules[name] = module = Lazy(name)
            if parent in sys.modules:
                vars(sys.modules[parent])[last] = module


def _real(name: str) -> types.ModuleType:
    root = name.split(".")[0]
    for other, module in list(sys.modules.items()):
        if type(module) is Lazy and other.split(".")[0] == root:
            del sys.modules[other]
    return importlib.import_module(name)
