"""The table of misconceptions: wrong computations with a name, so that their numbers can be recognised."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any


@dataclass(frozen=True)
class Misconception:
    """A wrong version of the operation `about`, with the same signature as the reference of that name.

    `says` tells the student what happened, `asks` is a question that leads on and never gives the answer.
    """

    name: str
    about: str
    says: str
    asks: str
    wrong: Callable[..., Any]


_TABLE: dict[tuple[str, str], Misconception] = {}


def misconception(
    name: str, about: str | Iterable[str], says: str, asks: str
) -> Callable[[Callable], Callable]:
    """Register the decorated function as the wrong computation `name`, for one operation or for several."""
    operations = (about,) if isinstance(about, str) else tuple(about)

    def register(wrong: Callable) -> Callable:
        for operation in operations:
            if (operation, name) in _TABLE:
                raise ValueError(f"misconception {name!r} is registered twice about {operation!r}")
            _TABLE[operation, name] = Misconception(name, operation, says, asks, wrong)
        return wrong

    return register


def known(about: str | None = None) -> list[Misconception]:
    """All misconceptions about an operation in the order of the table; without `about`, all there are."""
    _load()
    return [m for (operation, _), m in _TABLE.items() if about in (None, operation)]


@cache
def _load() -> None:
    import_module("utils.check.misconceptions")
