"""Every misconception, fed as an answer, must lose and be given its own name."""

from contextlib import suppress

import numpy as np
import pytest

from tests.check.cases import CASES
from utils.check import Case, Failure, Misconception, expect, known
from utils.check.compare import Tolerance, same
from utils.check.forks.fork import programs

# the others are about a step of one notebook: test_check_mutate.py tries them on that notebook's own cases
OPERATORS = [m for m in known() if m.about in CASES and m.about not in programs()]


def applies(m: Misconception, on: Case) -> bool:
    """Whether a wrong computation has something to say about a case."""
    with suppress(Exception), np.errstate(all="ignore"):
        return on.call(m.wrong) is not None
    return False


def label(m: Misconception) -> str:
    return f"{m.about}-{m.name}-{m.wrong.__name__}"


@pytest.mark.parametrize("m", OPERATORS, ids=label)
def test_each_misconception_gets_its_own_name(m: Misconception) -> None:
    reference, cases = CASES[m.about]
    cases = [c for c in cases if applies(m, c)]
    wrong = [c for c in cases if not same(c.call(m.wrong), c.call(reference), Tolerance())]
    assert wrong, "these cases do not tell the misconception from the right answer"
    with pytest.raises(Failure) as failure, np.errstate(all="ignore"):
        expect(m.wrong, like=reference, on=cases, about=m.about, forbid=(), float32=False, unchanged=False)
    assert failure.value.misconception == m.name, str(failure.value)


@pytest.mark.parametrize("about", CASES)
def test_the_reference_itself_passes(about: str) -> None:
    reference, cases = CASES[about]
    expect(lambda *a, **k: reference(*a, **k), like=reference, on=cases, forbid=())


def test_table_covers_the_operators() -> None:
    assert {m.about for m in OPERATORS} | programs().keys() >= set(CASES)


def test_words_are_a_tutors() -> None:
    """One remark, one question that leads on, and both fit on a line."""
    for m in known():
        assert m.says.endswith((".", "?")), label(m)
        assert "?" in m.asks, label(m)
        assert max(len(m.says), len(m.asks)) <= 140, label(m)
