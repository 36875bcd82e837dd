"""What one call of `expect` asks: everything but the answer."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from .cases import Case
from .compare import Tolerance
from .operations import Operation


@dataclass(frozen=True)
class Question:
    """`name` is what the test calls the answer, `like` the reference that the answer is compared with; `pick` and
    `via` are those of `expect`. `operation` is None where no mistakes are known. `typed`: a value written by hand.
    `function` is the name in the student's `def`."""

    name: str
    operation: Operation | None
    like: Callable[..., Any]
    tolerance: Tolerance
    pick: Any = None
    via: Callable[..., Case] | None = None
    typed: bool = False
    hidden: bool = False
    unchanged: bool = True
    function: str = ""

    @property
    def about(self) -> str:
        """The operation's name, or nothing."""
        return self.operation.name if self.operation else ""

    def target(self, on: Case) -> Any:
        """The right answer for a case of numbers. ValueError when the reference gives NaN."""
        target = picked(_right_answer(self.like, on), self.pick)
        if any(np.isnan(np.asarray(t, float)).any() for t in leaves(target) if np.asarray(t).dtype.kind == "f"):
            name = getattr(self.like, "__name__", self.like)
            raise ValueError(f"the reference {name} gives NaN on {on}; choose another case")
        return target

    def operands(self, on: Case) -> Case:
        """A case as the operation `about` takes it: what `via` makes of it."""
        args, kwargs = on.fresh()
        return self.via(*args, **kwargs) if self.via else on


def picked(result: Any, pick: Any) -> Any:
    """The part of a reference's result that the question asks for."""
    if pick is None or result is None:
        return result
    if callable(pick):
        return pick(result)
    return result[pick] if isinstance(result, tuple | list | dict) else np.asarray(result)[pick]


def leaves(result: Any) -> list[Any]:
    """The single results of a reference that gives several."""
    if isinstance(result, dict):
        return [leaf for v in result.values() for leaf in leaves(v)]
    return [leaf for part in result for leaf in leaves(part)] if isinstance(result, tuple | list) else [result]


def _right_answer(like: Callable, on: Case) -> Any:
    """What `like` gives on a case. References are pure, so one that stays in its module is asked once for each case."""
    name = getattr(like, "__qualname__", "<")
    contents = None if "<" in name else on.contents()  # <locals> and <lambda> are made anew in each run of a test
    return on.call(like) if contents is None else _remembered(like, _Asked(contents, on))


@dataclass(frozen=True)
class _Asked:
    contents: Hashable
    case: Case = field(compare=False)


@lru_cache(maxsize=2048)
def _remembered(like: Callable, asked: _Asked) -> Any:
    return asked.case.call(like)
