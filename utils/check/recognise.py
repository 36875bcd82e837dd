"""Name the mistake: which wrong turns in the operation's plain program give the student's own numbers."""

import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from .diagnosis import Diagnosis
from .forks.evidence import likeness, parts, right
from .forks.fork import Program, programs
from .forks.readings import diagnosis, reading
from .forks.search import Search, Seen
from .in_common import in_common
from .other_shape import other_shape
from .question import Question, picked
from .rounded import ROUNDED, is_rounded
from .trial import Trial, worst_of


def recognise(question: Question, trials: Sequence[Trial]) -> Diagnosis | None:
    """The mistake whose program gives all of the student's numbers, on cases that fail and on cases that pass."""
    worst = worst_of(trials)
    program = programs().get(question.about)
    if worst is None or program is None or not worst.numbers_wrong:
        return None
    with suppress(Exception), warnings.catch_warnings(), np.errstate(all="ignore"):  # a remark must not break a verdict
        warnings.simplefilter("ignore")
        seen = [_seen(question, t) for t in trials]
        if any(s is None for s in seen):
            return None
        return _explained(question, program, [s for s in seen if s], worst)
    return None


def _seen(question: Question, trial: Trial) -> Seen | None:
    value, target = parts(trial.value, trial.target), parts(trial.target, trial.target)
    if value is None or target is None:
        return None
    wrong = [not (trial.numbers_right or right(v, t, question.tolerance)) for v, t in zip(value, target, strict=True)]
    return Seen(question.operands(trial.concrete), value, target, trial.target, wrong)


def _explained(question: Question, program: Program, seen: list[Seen], worst: Trial) -> Diagnosis | None:
    wrong = [i for i in range(len(seen[0].target)) if any(s.wrong[i] for s in seen)]
    spoken_of = [i for i in wrong if _path(worst.target, i) == worst.difference.path[:1]] if worst.difference else []
    for look_at in [wrong, spoken_of] if spoken_of and spoken_of != wrong else [wrong]:
        if found := _named(question, program, seen, look_at):
            return found
    part = (spoken_of or wrong)[0]
    by_hand = question.typed and worst.symbolic is None
    if by_hand and all(is_rounded(s.value[i], s.target[i], question.tolerance) for s in seen for i in wrong):
        return ROUNDED
    if found := in_common(seen, part, question.typed) or other_shape(seen, part, question.typed):
        return found
    if not by_hand:
        return None
    return _named(question, program, seen, wrong, lambda v: lambda w: is_rounded(v, w, question.tolerance))


def _path(target: Any, part: int) -> tuple[Any, ...]:
    """Where a part of several results stands, as a difference says it."""
    return (list(target)[part] if isinstance(target, dict) and part < len(target) else part,)


def _named(
    question: Question, program: Program, seen: list[Seen], look_at: list[int],
    fits: Callable[[Any], Callable[[Any], bool]] | None = None,
) -> Diagnosis | None:  # fmt: skip
    fits = fits or partial(likeness, noise=program.noise)
    search = Search(program, seen, look_at, lambda result: picked(result, question.pick), fits, question.typed)
    explanations = search.explanations()
    readings = [reading(program, turns) for turns in explanations]
    found = diagnosis(readings)
    if found is None:
        return None
    named = {r.names: turns for r, turns in reversed(list(zip(readings, explanations, strict=True)))}
    walks = tuple(named[names] for names in _told(found) if names in named)
    return replace(found, walks=walks if len(walks) == len(_told(found)) else ())


def _told(found: Diagnosis) -> list[tuple[str, ...]]:
    """The names of each explanation that is told: one, a pair, or several that give the same numbers. Of a mistake
    whose place alone is certain, and of one of two whose other is not known, there is no program to show."""
    if found.second or len(found.names) == 1:
        return [found.names]
    return [(name,) for name in found.names] if found.name in found.names else [()]
