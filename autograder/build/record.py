"""Records what the functions of `library.recorded` give while a solution's public checks run."""

import importlib
import inspect
import json
import pkgutil
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from types import ModuleType
from typing import Any

from autograder.course import Library


class Recorder:
    """From now on, in this process. The library must be importable."""

    def __init__(self, library: Library):
        self.found: dict[str, Any] = {}
        self.deep = False
        if library.recorded:
            self.codec = importlib.import_module(f"{library.checker}.recorded")
        for name in library.recorded:
            for module in _modules(name):
                for function, own in vars(module).copy().items():
                    if inspect.isfunction(own) and own.__module__ == module.__name__ and not function.startswith("_"):
                        setattr(module, function, self._recording(own))

    def _recording(self, function: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(function)

        @wraps(function)
        def asked(*args: Any, **kwargs: Any) -> Any:
            if self.deep or _in_hidden_test():
                return function(*args, **kwargs)
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            key = self.codec.key(function.__name__, bound.arguments)
            self.deep = True
            try:
                result = function(*args, **kwargs)
            finally:
                self.deep = False
            self.found[key] = self.codec.encode(result)
            return result

        return asked

    def save(self, to: Path) -> None:
        to.write_text(json.dumps(self.found, sort_keys=True) + "\n", encoding="utf-8")


def _modules(name: str) -> list[ModuleType]:
    """A module, and all that are in it when it is a package."""
    module = importlib.import_module(name)
    inside = pkgutil.iter_modules(module.__path__, f"{name}.") if hasattr(module, "__path__") else ()
    return [module, *(importlib.import_module(one.name) for one in inside)]


def _in_hidden_test() -> bool:
    """Whether otter runs a hidden test: nothing of it is handed out."""
    frame = sys._getframe()
    while frame is not None:
        if frame.f_code.co_name == "call_func" and getattr(frame.f_locals.get("self"), "hidden", False):
            return True
        frame = frame.f_back
    return False
