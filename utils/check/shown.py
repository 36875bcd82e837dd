"""What a card may draw of a failed check, beside its words: kept by its text, since otter hands on nothing else."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from .cases import Case
from .diagnosis import Diagnosis
from .failure import Failure
from .forks.fork import programs
from .forks.mistakes import Mistake, mistake_of
from .question import Question
from .trial import Trial

MOST = 40  # failures of which this is remembered


@dataclass(frozen=True)
class Shown:
    """The mistakes behind an answer (several: any of them may be), and the student's own failed calls in numbers.

    `secret`: calls whose right numbers may not be shown: those of a question that is answered by hand.
    """

    mistakes: tuple[Mistake, ...]
    cases: tuple[Case, ...] = ()
    secret: tuple[Case, ...] = ()


_KEPT: OrderedDict[str, Shown] = OrderedDict()


def keep(failure: Failure, question: Question, trials: Sequence[Trial], found: Diagnosis | None) -> None:
    """Remember what can be drawn of a failure; nothing of a hidden test, whose calls nobody may see."""
    if question.hidden or found is None or not found.walks:
        return
    program = programs()[question.about]
    operands = [question.operands(t.concrete) for t in trials]
    given = program.given(operands) | (set() if question.typed else {"formula"})
    mistakes = tuple(mistake_of(program, question.about, turns, given) for turns in found.walks)
    failed = [on for on, t in zip(operands, trials, strict=True) if t.numbers_wrong and t.shown is t.concrete]
    calls = {"secret": tuple(operands)} if question.typed else {"cases": tuple(failed)}
    _KEPT[str(failure)] = Shown(mistakes, **calls)
    while len(_KEPT) > MOST:
        _KEPT.popitem(last=False)


def kept(message: str) -> Shown | None:
    """What was remembered of the failure whose text ends this message of otter's."""
    return next((shown for text, shown in reversed(_KEPT.items()) if message.endswith(text)), None)
