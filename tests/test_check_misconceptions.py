"""Every misconception, fed as an answer, must lose and be given its own name."""

from contextlib import suppress

import numpy as np
import pytest

from tests.check_cases import CASES
from utils.check import Case, Failure, Misconception, expect, known
from utils.check.compare import Tolerance, same


def applies(m: Misconception, on: Case) -> bool:
    """Whether a wrong computation has something to say about a case."""
    with suppress(Exception), np.errstate(all="ignore"):
        return on.call(m.wrong) is not None
    return False


def label(m: Misconception) -> str:
    return f"{m.about}-{m.name}-{m.wrong.__name__}"


@pytest.mark.parametrize("m", known(), ids=label)
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


def test_table_covers_the_course() -> None:
    assert {m.about for m in known()} == set(CASES)
    assert len({m.name for m in known()}) >= 40


@pytest.mark.parametrize("m", known(), ids=label)
def test_words_are_a_tutors(m: Misconception) -> None:
    """One remark, one question that leads on, and both fit on a line."""
    assert m.says.endswith((".", "?")) and "?" in m.asks
    assert max(len(m.says), len(m.asks)) <= 130
