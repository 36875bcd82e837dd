"""Several results that are right one by one: they come in another order, or some of them are missing."""

from collections.abc import Iterable, Sequence
from itertools import combinations, permutations
from typing import Any

from .compare import compare, is_one_array
from .diagnosis import Diagnosis
from .question import Question
from .trial import Trial

MOST = 5  # results whose orders are all tried


def several(question: Question, trials: Sequence[Trial]) -> Diagnosis | None:
    """The right results in another order, or only some of them, in their order; in every case the same."""
    targets = [t.target for t in trials]
    if any(not isinstance(t, tuple) or is_one_array(t) or not 2 <= len(t) <= MOST for t in targets):
        return None
    if any(t.value is None for t in trials):
        return None
    wanted = len(targets[0])
    values = [list(t.value) if isinstance(t.value, tuple | list) else [t.value] for t in trials]
    given = len(values[0])
    if any(len(v) != given for v in values) or not 0 < given <= wanted:
        return None
    orders: Iterable[tuple[int, ...]] = (
        permutations(range(wanted)) if given == wanted else combinations(range(wanted), given)
    )
    for order in orders:
        if list(order) != list(range(wanted)) and all(
            _same(question, v, [t[i] for i in order]) for v, t in zip(values, targets, strict=True)
        ):
            return _says(question, order, wanted)
    return None


def _same(question: Question, values: list[Any], targets: list[Any]) -> bool:
    return all(compare(v, t, question.tolerance) is None for v, t in zip(values, targets, strict=True))


def _says(question: Question, order: Sequence[int], wanted: int) -> Diagnosis:
    names = question.operation.results if question.operation else ()
    called = [f"`{names[i]}`" if len(names) == wanted else f"number {i + 1}" for i in range(wanted)]
    if len(order) == wanted:
        says = f"Your results are right, but they come in another order: {', '.join(called[i] for i in order)}."
        return Diagnosis("results-in-another-order", says, "In which order does the question list what you return?")
    missing = [called[i] for i in range(wanted) if i not in order]
    says = f"What you return is right ({', '.join(called[i] for i in order)}), but {' and '.join(missing)} "
    says += "is missing." if len(missing) == 1 else "are missing."
    return Diagnosis("results-missing", says, "Which results does the question ask for, and what does `return` hold?")
