"""What wrong answers look like, and which question to ask back: from the mistakes that a check knows."""

import ast
import contextlib
import importlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from typing import Any

import numpy as np

from autograder.pdf.notebook import PrintedCell, imports_only
from autograder.pdf.spoilers import names

from .select import Chosen

LARGEST = 24  # entries of a wrong answer


@dataclass(frozen=True)
class LikelyAnswer:
    """One wrong answer as a student would write it, in TeX, why it comes about, and what to ask."""

    name: str
    answer: str  # the name of what was asked for
    shown: str
    says: str
    asks: str
    in_code: bool  # the answer is a function: `shown` is what it gives for numbers of the check's own


def wrong_answers(chosen: Chosen, most: int, first: Sequence[str] = ()) -> list[LikelyAnswer]:
    """At most `most` of them, each another mistake with a value of its own; those named in `first` come first.

    None where the course has no checker whose mistakes can be tried.
    """
    if not chosen.problem.checker:
        return []
    trying: Any = importlib.import_module(f"{chosen.problem.checker}.rehearsal")
    solving: Any = importlib.import_module("autograder.mutate.solved")
    checks = [solving.Check(chosen.question.name, *test) for test in _public(chosen)]
    solved = solving.Solved(None, answered(chosen, solving.quiet), checks)
    asks = [ask for check in checks for ask in trying.asked(check.run, solved.answers(check))]
    found: dict[str, LikelyAnswer] = {}
    for ask, mistake in _candidates(asks, trying, first):
        if len(found) == most:
            break
        wrong = _tried(ask, mistake, trying) if mistake.name not in found else None
        if wrong and (wrong.answer, wrong.shown) not in {(other.answer, other.shown) for other in found.values()}:
            found[mistake.name] = wrong
    return list(found.values())


def _public(chosen: Chosen) -> Iterator[tuple[str, bool, list[str], Callable[..., None]]]:
    """The tests that students see: name, hidden or not, what each takes, and the function."""
    tree = chosen.problem.tests_of(chosen.question)
    tree.body = [node for node in tree.body if not isinstance(node, ast.ImportFrom)]  # otter takes a second to import
    hidden: dict[str, bool] = {}

    def test_case(**said: Any) -> Callable[[Callable], Callable]:
        def take(function: Callable) -> Callable:
            hidden[function.__name__] = bool(said.get("hidden"))
            return function

        return take

    scope: dict[str, Any] = {"test_case": test_case}
    exec(compile(tree, f"{chosen.question.name}.py", "exec"), scope)
    for name, secret in hidden.items():
        if not secret:
            code = scope[name].__code__
            yield name, secret, list(code.co_varnames[: code.co_argcount]), scope[name]


def answered(chosen: Chosen, quiet: Callable[[], contextlib.AbstractContextManager]) -> dict[str, Any]:
    """The names that a question's checks look at, from its solution and what that needs; nothing else is run."""
    scope: dict[str, Any] = {"__name__": "__main__"}
    os.environ["MPLBACKEND"] = "Agg"
    cells = [*chosen.needs, *(c for c in chosen.solution if c.role == "solution" and c.kind == "code")]
    used = {name for cell in cells for name in names(cell.source)[0]}
    for cell in chosen.problem.solution.cells:
        if cell.kind == "code" and imports_only(cell.source):
            tree = ast.parse(cell.source)
            tree.body = [node for node in tree.body if used & _imported(node)]  # others may take a second each
            exec(compile(tree, cell_name(chosen, cell), "exec"), scope)
    for cell in cells:
        with quiet(), contextlib.suppress(Exception):  # a cell that only draws may fail
            exec(compile(cell.source, cell_name(chosen, cell), "exec"), scope)
    return scope


def _imported(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    return set()


def cell_name(chosen: Chosen, cell: PrintedCell) -> str:
    return f"{chosen.problem.name}, cell {cell.number}"


def _candidates(asks: Sequence[Any], trying: Any, first: Sequence[str]) -> list[tuple[Any, Any]]:
    """Each mistake beside what it would answer, on its smallest case: those named in `first`, then the others; in turn
    one for each of `asks`."""
    order = {name: number for number, name in enumerate(first)}
    possible = []
    for ask in asks:
        small = replace(ask, on=min(ask.cases, key=lambda case: case.weight()))
        with trying.quiet():
            mistakes = sorted(small.mistakes(), key=lambda mistake: order.get(mistake.name, len(order)))
        possible += [(mistake.name not in order, turn, small, mistake) for turn, mistake in enumerate(mistakes)]
    return [(ask, mistake) for *_, ask, mistake in sorted(possible, key=lambda one: one[:2])]


def _tried(ask: Any, mistake: Any, trying: Any) -> LikelyAnswer | None:
    """What a mistake answers; None where that is right, or too large to show."""
    with trying.quiet():
        right = tex(ask.on.call(ask.answer) if callable(ask.answer) else ask.answer)
        try:
            if trying.is_symbolic(ask.answer):
                value = in_letters(ask, mistake, trying)
            else:
                answer = ask.answer_with(mistake)
                value = ask.on.call(answer) if callable(answer) else answer
            shown = tex(value)
        except Exception:  # a wrong program may fail where a right one does not
            return None
    if not shown or shown == right:
        return None
    return LikelyAnswer(mistake.name, ask.of, shown, mistake.says, mistake.asks, callable(ask.answer))


def in_letters(ask: Any, mistake: Any, trying: Any) -> Any:
    """What a mistake gives for letters: its numbers for one letter of each argument at a time, put together.

    None where that is not the whole answer, since the mistake is not linear in each argument.
    """
    case = ask.cases[0]
    letters = [np.asarray(a, dtype=object) for a in case.values() if trying.is_symbolic(a)]

    def value(arrays: Sequence[np.ndarray]) -> np.ndarray:
        waiting = iter(arrays)
        numbers = case.map(lambda a: next(waiting) if trying.is_symbolic(a) else a)
        return np.asarray(replace(ask, on=numbers).answer_with(mistake), dtype=float)

    some = [np.arange(2.0, 2.0 + 3 * a.size, 3).reshape(a.shape) ** (k + 1) for k, a in enumerate(letters)]
    total: Any = 0
    proof: Any = 0
    for at in product(*(range(a.size) for a in letters)):
        units = [np.eye(a.size)[i].reshape(a.shape) for a, i in zip(letters, at, strict=True)]
        share = value(units)
        whole = np.array([int(x) if x == int(x) else x for x in share.ravel()], dtype=object).reshape(share.shape)
        total = total + whole * prod(a.ravel()[i] for a, i in zip(letters, at, strict=True))
        proof = proof + share * prod(float(a.ravel()[i]) for a, i in zip(some, at, strict=True))
    return total if np.allclose(proof, value(some)) else None


def tex(value: Any) -> str:
    """A value as one writes it on paper; "" for one that is too large, or not finite."""
    if isinstance(value, tuple):
        entries = [tex(entry) for entry in value]
        return f"({', '.join(entries)})" if all(entries) else ""
    if value is None or isinstance(value, str | dict):
        return ""
    if hasattr(value, "tolist") and np.ndim(value):
        value = value.tolist()
    if isinstance(value, list):
        rows = value if value and all(isinstance(row, list) for row in value) else [[entry] for entry in value]
        entries = [[tex(entry) for entry in row] for row in rows]
        flat = [entry for row in entries for entry in row]
        if not all(flat) or not 0 < len(flat) <= LARGEST:
            return ""
        return r"\begin{pmatrix}" + r" \\ ".join(" & ".join(row) for row in entries) + r"\end{pmatrix}"
    if hasattr(value, "free_symbols"):
        import sympy

        return sympy.latex(value)
    return f"{float(value):g}" if np.isfinite(float(value)) else ""
