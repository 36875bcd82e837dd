"""One run of an answer on one case, with its target and what is wrong with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .cases import Case
from .compare import Difference, as_long_as, compare, same
from .failure import KINDS
from .outcome import Outcome, StudentError
from .question import Question
from .symbols import UnknownSymbols, is_symbolic, names, numbers, random_points, unwrapped


@dataclass(frozen=True, eq=False)
class Trial:
    """`shown` is the case as the student knows it; `concrete` the same with numbers in place of symbols.

    `value` and `target` are numbers too; `symbolic` is the expression as it was written, or None.
    `difference` is None when the answer is right. `numbers_right`: the numbers are right, whatever else is wrong, such
    as a dtype or a changed input.
    """

    shown: Case
    concrete: Case
    outcome: Outcome | None
    value: Any
    target: Any
    symbolic: Any
    difference: Difference | None
    numbers_right: bool

    @property
    def numbers_wrong(self) -> bool:
        """Whether there are numbers that can be compared with, and they, or their shape, are not right."""
        found = self.difference
        if found is None or found.reason in ("unknown-symbols", "no-expression"):
            return False
        return found.kind in ("shape", "values")

    def part(self, value: Any) -> Any:
        """The part of several results that went wrong; `value` itself where there is only one."""
        return value[self.difference.path[0]] if self.difference and self.difference.path else value


def try_case(question: Question, shown: Case, answer: Any, outcome: Outcome | None) -> list[Trial]:
    """The trial of one case, from the outcome of a call or from a typed answer; a symbolic case gives several."""
    value = unwrapped(outcome.value if outcome else answer)
    symbols = set().union(*(names(a) for a in shown.values() if is_symbolic(a)), set())
    word = not symbols and is_symbolic(value) and isinstance(question.target(shown), str)
    if not symbols and (word or not is_symbolic(value)):
        return [_judged(question, shown, shown, outcome, value)]
    trials = []
    for point in random_points(symbols):
        concrete = shown.map(lambda a, at=point: numbers(a, at) if is_symbolic(a) else a)
        number, problem = value, None
        try:
            if is_symbolic(value) or isinstance(value, list | tuple | int | float):
                number = numbers(value, point)
        except UnknownSymbols as unknown:
            problem = Difference("values", "unknown-symbols", names=tuple(unknown.args[0]))
        except (TypeError, ValueError, OverflowError, AttributeError):
            problem = Difference("values", "no-expression", value)
        trials.append(_judged(question, shown, concrete, outcome, number, value, problem))
    return trials


def worst_of(trials: Sequence[Trial]) -> Trial | None:
    """The failed trial to speak of: by the order of kinds, then the one with the fewest numbers."""
    failed = [t for t in trials if t.difference is not None]
    return min(failed, key=_severity) if failed else None


def _severity(trial: Trial) -> tuple[bool, int, int]:
    assert trial.difference is not None
    return trial.difference.mild, KINDS.index(trial.difference.kind), trial.shown.weight()


def _judged(
    question: Question,
    shown: Case,
    concrete: Case,
    outcome: Outcome | None,
    value: Any,
    symbolic: Any = None,
    problem: Difference | None = None,
) -> Trial:
    target = question.target(concrete)
    if symbolic is not None:
        value = as_long_as(value, target, symbolic)
    difference = _of_the_call(outcome) or problem
    right = False
    if difference is None:
        difference = compare(value, target, question.tolerance, typed=question.typed or symbolic is not None)
        right = difference is None or (difference.kind == "type" and same(value, target, question.tolerance))
        if difference is None and question.unchanged and outcome is not None and outcome.mutated:
            difference = Difference("mutation", names=outcome.mutated)
    return Trial(shown, concrete, outcome, value, target, symbolic, difference, right)


def _of_the_call(outcome: Outcome | None) -> Difference | None:
    """What is wrong before anybody looks at the value."""
    if outcome is None:
        return None
    if outcome.used:
        return Difference("used-utils", names=outcome.used)
    if outcome.error is None:
        return None
    return Difference("unanswered" if _is_stub(outcome.error) else "exception")


def _is_stub(error: StudentError) -> bool:
    """Whether the code stopped at a `...`, which such errors name 'ellipsis' in quotes, or says that it is not done."""
    return "'ellipsis'" in error.message.lower() or error.type == "NotImplementedError"
