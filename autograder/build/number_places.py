"""Places for numbers in a master: `{{q1.x}}` is what the question q1 calls x, `{{q1.len(x) + 2}}` is made of it.

A master says below `numbers:` what stands there for everybody. With `variants = "per-student"` in the course's file the
build also keeps the notebook and its tests with the places left open, and each student's own numbers are put there.
In a text a list stands as `(2, 1)` and a matrix as mathematics; in code both stand as Python.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from autograder.errors import CommandError

PLACE = re.compile(r"\{\{([A-Za-z]\w*)\.([^{}]+)\}\}")
PLACES = "places"  # the folder of a build in which they are open: student.ipynb, tests/
Numbers = Mapping[str, Mapping[str, Any]]  # of each question, by name


class PlaceError(CommandError, ValueError):
    """What is wrong with a place, in one sentence."""


def fill(text: str, numbers: Numbers, form: Callable[[Any], str]) -> str:
    """`text` with the numbers in their places; places of other questions stay. Raises PlaceError."""

    def value(found: re.Match[str]) -> str:
        if found[1] not in numbers:
            return found[0]
        own = dict(numbers[found[1]])
        try:
            return form(eval(found[2], {**own, "bracketed": bracketed}))
        except Exception as error:
            raise PlaceError(f"{found[0]} with {own} says {type(error).__name__}: {error}") from None

    return PLACE.sub(value, text)


def in_words(value: Any) -> str:
    """As it stands in a text: `7`, `(2, 1)`, a matrix as mathematics."""
    if isinstance(value, list) and value and isinstance(value[0], list):
        rows = r" \\ ".join(" & ".join(map(str, row)) for row in value)
        return rf"\begin{{pmatrix}} {rows} \end{{pmatrix}}"
    return f"({', '.join(map(str, value))})" if isinstance(value, list | tuple) else str(value)


def bracketed(number: float) -> str:
    """A number as a factor: `3`, `(-2)`."""
    return f"({number})" if number < 0 else f"{number}"


def questions_in(texts: Iterable[str]) -> set[str]:
    """The questions whose numbers have a place in one of these texts."""
    return {found[1] for text in texts for found in PLACE.finditer(text)}


def missing(names: Iterable[str], question: str, texts: Iterable[str]) -> Iterator[str]:
    """Those of a question's names that have no place in these texts."""
    said = " ".join(found[2] for text in texts for found in PLACE.finditer(text) if found[1] == question)
    yield from (name for name in names if not re.search(rf"\b{re.escape(name)}\b", said))


def fill_notebook(notebook: Mapping[str, Any], numbers: Numbers) -> dict[str, Any]:
    """A notebook with open places, as plain data, with these numbers: in its cells, and in the tests that it holds."""
    cells = []
    for cell in notebook["cells"]:
        form = repr if cell["cell_type"] == "code" else in_words
        cells.append({**cell, "source": fill("".join(cell["source"]), numbers, form).splitlines(keepends=True)})
    otter = notebook["metadata"].get("otter", {})
    tests = {name: fill(text, numbers, repr) for name, text in otter.get("tests", {}).items()}
    return {**notebook, "cells": cells, "metadata": {**notebook["metadata"], "otter": {**otter, "tests": tests}}}
