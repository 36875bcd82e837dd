"""The table of misconceptions: wrong computations with a name, so that their numbers can be recognised."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


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


_TABLE: list[Misconception] = []


def misconception(name: str, about: str | Iterable[str], says: str, asks: str) -> Callable[[Callable], Callable]:
    """Register the decorated function as the wrong computation `name`, for one operation or for several.

    One name may have several wrong functions about one operation, when they are one mistake in two spellings.
    """
    operations = (about,) if isinstance(about, str) else tuple(about)
    if not NAME.fullmatch(name):
        raise ValueError(f"name is {name!r}; expected small letters, digits and hyphens")

    def register(wrong: Callable) -> Callable:
        for operation in operations:
            entry = Misconception(name, operation, says, asks, wrong)
            same = [i for i, m in enumerate(_TABLE) if _identity(m) == _identity(entry)]
            if same:  # a reloaded module
                _TABLE[same[0]] = entry
            else:
                _TABLE.append(entry)
        return wrong

    return register


def known(about: str | None = None) -> list[Misconception]:
    """All misconceptions about an operation in the order of the table; without `about`, all there are."""
    _load()
    return registered(about)


def registered(about: str | None = None) -> list[Misconception]:
    """What `known` gives, of the topics loaded so far: for a topic that builds on another."""
    return [m for m in _TABLE if about in (None, m.about)]


def _identity(m: Misconception) -> tuple[str, str, str, str]:
    return m.name, m.about, m.wrong.__module__, m.wrong.__qualname__


@cache
def _load() -> None:
    import_module("utils.check.misconceptions")
