"""Which operators an answer calls: the check tells a student who calls the very function that they should write.

`@watched` stands on every public operator and changes nothing about it.
What may change: how a call is noticed. What stays: a call from inside `utils` is not counted.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_listeners: list[tuple[frozenset[str], set[str]]] = []
_inside = threading.local()  # how deep: an operator that another operator calls was not called by a student


def watched(function: Callable[P, R]) -> Callable[P, R]:
    """The function, which says so when it is called from outside while somebody listens."""

    @wraps(function)
    def watched_function(*args: P.args, **kwargs: P.kwargs) -> R:
        if not _listeners:
            return function(*args, **kwargs)
        depth = getattr(_inside, "depth", 0)
        if depth == 0:
            for names, seen in _listeners:
                seen.update(names & {function.__name__})
        _inside.depth = depth + 1
        try:
            return function(*args, **kwargs)
        finally:
            _inside.depth = depth

    return watched_function


def calling_back(function: Callable[P, R]) -> Callable[P, R]:
    """A function that an operator was given, as the operator calls it: what that calls is called from outside."""

    @wraps(function)
    def given(*args: P.args, **kwargs: P.kwargs) -> R:
        depth, _inside.depth = getattr(_inside, "depth", 0), 0
        try:
            return function(*args, **kwargs)
        finally:
            _inside.depth = depth

    return given


@contextmanager
def watching(names: Iterable[str]) -> Iterator[set[str]]:
    """A set that fills with those of `names` that code outside of `utils` calls while the block runs."""
    seen: set[str] = set()
    listener = (frozenset(names), seen)
    _listeners.append(listener)
    try:
        yield seen
    finally:
        _listeners[:] = [other for other in _listeners if other is not listener]
