"""What a wrong answer is made of, drawn: below a card, and in practice."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from utils.check.shown import kept


def pictures(messages: Iterable[str]) -> list[Any]:
    """The wrong answers behind these messages of failed checks, drawn: each picture once."""
    found: list[Any] = []
    for shown in filter(None, map(kept, messages)):
        from utils.explore.drawn import drawn  # what it needs takes time, and most checks pass

        with suppress(Exception):  # a picture must not break a verdict
            one = drawn(shown.mistakes, shown.cases, shown.secret)
            if one is not None and all(one.state != other.state for other in found):
                found.append(one)
    return found
