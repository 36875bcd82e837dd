"""Known mistakes as forks in plain programs; see README.md."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules


@cache
def load() -> None:
    """Import every module beside this one, and so every program."""
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
