"""One run of an answer on one case, with its target: what the later steps pass on to each other."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .cases import Case
from .compare import Difference
from .outcome import Outcome


@dataclass
class Trial:
    """`shown` is the case as the student knows it; `concrete` the same with numbers in place of symbols."""

    shown: Case
    concrete: Case
    outcome: Outcome | None
    value: Any
    target: Any
    pick: Any = None
    symbolic: Any = None
    problem: str | None = None
    difference: Difference | None = None


def picked(result: Any, pick: Any) -> Any:
    """The part of a reference's result that the question asks for."""
    if pick is None:
        return result
    if callable(pick):
        return pick(result)
    return result[pick] if isinstance(result, tuple | list | dict) else np.asarray(result)[pick]
