"""A wrong answer that no known mistake explains: what can be seen in it for certain, and a question that fits that."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .compare import Tolerance, agree
from .diagnosis import Diagnosis
from .question import Question
from .trial import Trial, worst_of

_ON_PAPER = "Do it on paper for this call. Which step of your code is the first that gives another number?"
_STAR = "Take the entry with the star: which of the arguments should it be made of, and how?"
_WHOSE_SHAPE = {"input_shape": "the input", "kernel_shape": "the kernel"}
_PLACES = "Which of your numbers belongs in the first place, and which one in the next?"
_PRINT = "Print the `.shape` after each of your lines. Which line is the first that surprises you?"


@dataclass(frozen=True)
class Remark:
    """`says` may be empty. `name`: what is seen, where it is more than a wrong shape or wrong numbers."""

    says: str
    asks: str
    name: str | None = None


def nothing_written(question: Question, trials: Sequence[Trial]) -> Diagnosis | None:
    """A function that fills the right shape with zeros, in every case: no case tells more than that."""
    entries = [t for t in trials if t.difference and t.difference.reason == "entries"]
    if question.typed or not entries or any(t.difference and t not in entries for t in trials):
        return None
    yours = [np.asarray(entries[0].part(t.value) if t.difference is None else t.part(t.value)) for t in trials]
    if any(y.dtype.kind not in "iuf" or y.any() for y in yours) or sum(y.size for y in yours) < 4:
        return None
    asks = "Which line writes into the result, and is it reached in the loop? Is it this array that is returned?"
    says = "Every number is still 0: nothing was written into the result, or all of it was multiplied by 0."
    return Diagnosis("nothing-written", says, asks)


def nothing_returned(question: Question, trials: Sequence[Trial]) -> Diagnosis | None:
    """A function that returns a result in some cases, and None in others: its `return` stands in a branch."""
    empty = [t for t in trials if t.difference and t.difference.kind == "none"]
    if question.typed or not empty or worst_of(trials) not in empty or all(t.value is None for t in trials):
        return None
    says = "In this call your function returns nothing (None); in other calls it does return a result."
    asks = "Under which `if` (or in which loop) stands your `return`, and what happens where it is not entered?"
    return Diagnosis("return-in-a-branch", says, asks)


def seen(question: Question, trial: Trial) -> Remark | None:
    """What a function's wrong shape or values look like, or a formula's letters; None where nothing can be said."""
    difference = trial.difference
    if difference is not None and difference.reason == "unknown-symbols":
        asks = "Change such a letter alone, a little. Does what the question asks for change?"
        return Remark("", asks, "foreign-letter")
    if difference is not None and difference.reason == "entries" and np.asarray(difference.yours).dtype.kind == "b":
        asks = "What should happen to the numbers where the comparison is True, and where it is False?"
        return Remark("This is a comparison: it holds True and False.", asks, "comparison-returned")
    if difference is None or question.typed or difference.reason not in ("shape", "brackets", "entries", "number"):
        return None
    if difference.reason == "brackets":
        return Remark("", "Which line keeps an axis where one plain number should be left: a `keepdims`, or brackets?")
    if difference.kind == "shape":
        found = _shape(question, trial, np.shape(difference.yours), np.shape(difference.target))
    elif difference.reason == "number":
        found = Remark("", _ON_PAPER)
    else:
        found = _values(np.asarray(difference.yours), np.asarray(difference.target), question.tolerance)
    if trial.outcome and trial.outcome.mutated:
        asks = "Which line writes into an argument, and is that argument read again afterwards?"
        return Remark("It also changed one of its arguments; the wrong numbers may come from that.", asks)
    return found


def _shape(question: Question, trial: Trial, yours: tuple[int, ...], right: tuple[int, ...]) -> Remark:
    """What is telling in a wrong shape: nothing in it, too many axes, another order, one axis with another's size."""
    operation = question.operation
    if 0 in yours and 0 not in right:
        unpadded = yours.count(0) > 1 and not np.any(_argument(question, trial, "padding", 1))
        asks = "What does a slice such as `a[p:-p]` take when p is 0?" if unpadded else _PRINT
        return Remark("It is empty: a slice took nothing, or a loop never ran.", asks, "empty-result")
    if len(yours) != len(right):
        what = f"It has {_count(len(yours))} where {len(right)} should be."
        return Remark(
            what, "Which line adds or drops an axis: a number in place of a slice, a sum, a reshape, a `None`?"
        )
    if sorted(yours) == sorted(right):
        asks = "Which axis comes first, which last?"
        return Remark("The sizes are right, but the axes are in another order.", asks, "axes-in-another-order")
    wrong = [axis for axis, (a, b) in enumerate(zip(yours, right, strict=True)) if a != b]
    spatial = range(1, len(right) - 1) if len(right) > 2 else range(len(right))
    if operation and operation.slides and all(axis in spatial for axis in wrong):
        if len(spatial) == 2 and wrong == [spatial[1]] and yours[spatial[1]] == right[spatial[0]]:
            asks = "From which sizes is each of the two computed?"
            return Remark("The size along the columns is the one along the rows.", asks, "size-of-other-axis")
        asks = "How many places are there for the window along each axis? Count them on paper for this call."
        return Remark("", asks)
    if operation and operation.shaped_like:
        name = operation.shaped_like
        # in one dimension the argument may be a length, and have another name in the question
        says_it = isinstance(_argument(question, trial, name, ()), tuple)
        source = f"that `{name}` says" if says_it else f"of {_WHOSE_SHAPE.get(name, f'`{name}`')}"
        return Remark(f"It should have the shape {source}.", _PRINT)
    return Remark("", _PRINT)


def _count(axes: int) -> str:
    return f"{axes} {'axis' if axes == 1 else 'axes'}"


def _argument(question: Question, trial: Trial, name: str, default: Any) -> Any:
    try:
        assert question.operation is not None
        return question.operation.arguments(question.operands(trial.concrete)).get(name, default)
    except (AssertionError, TypeError):
        return default


def _values(yours: np.ndarray, right: np.ndarray, tolerance: Tolerance) -> Remark:
    if yours.dtype.kind not in "iuf" or right.dtype.kind not in "iuf" or not np.isfinite(yours).all():
        return Remark("", _STAR)
    if agree(-yours, right, tolerance).all():
        return Remark("Every number has the wrong sign.", "Which of two things is subtracted from which?")
    factor = _factor(yours, right, tolerance)
    if factor is not None:
        what = f"Every number is {factor:{'.4g' if abs(factor - 1) > 1e-3 else '.9g'}} times what it should be."
        return Remark(what, "Which number of this call is that, and where does it come in, or where is it missing?")
    offset = yours - right
    if np.ptp(offset) <= 1e-9 * np.abs(right).max(initial=1) and yours.size > 1:
        what = f"Every number is {abs(offset.flat[0]):.4g} too {'large' if offset.flat[0] > 0 else 'small'}."
        return Remark(what, "Which number of this call is that, and where does it come in?")
    if yours.size > 2 and agree(np.sort(yours, None), np.sort(right, None), tolerance).all():
        asks = "In which order are the axes, and the loops over them?" if right.ndim > 1 else _PLACES
        return Remark("These are the right numbers, in other places.", asks, "right-numbers-elsewhere")
    return Remark(_where(~agree(yours, right, tolerance)), _STAR)


def _factor(yours: np.ndarray, right: np.ndarray, tolerance: Tolerance) -> float | None:
    """c with yours == c * right everywhere, and enough numbers to believe it."""
    largest = np.argmax(np.abs(right))
    if yours.size < 3 or right.flat[largest] == 0 or np.count_nonzero(right) < 3:
        return None
    factor = float(yours.flat[largest] / right.flat[largest])
    if not 1e-3 < abs(factor) < 1e3 or not agree(yours / factor, right, tolerance).all():
        return None
    return factor


def _where(wrong: np.ndarray) -> str:
    """Where the wrong entries are, if they keep to one image, one channel or the edges of (B, H, W, C)."""
    if wrong.ndim < 3 or wrong.all():
        return ""
    images = [i for i in range(len(wrong)) if wrong[i].any()]
    if len(images) < len(wrong):
        return f"Only image {', '.join(map(str, images))} is wrong (counted from 0)."
    channels = [c for c in range(wrong.shape[-1]) if wrong[..., c].any()]
    if len(channels) < wrong.shape[-1]:
        return f"Only channel {', '.join(map(str, channels))} is wrong (counted from 0)."
    inside = wrong[(slice(None), *[slice(1, -1)] * (wrong.ndim - 2))]
    if inside.size and not inside.any():
        return "Only entries at the edges are wrong."
    return ""
