"""`make mutate` in a shorter form: every misconception and every other answer, and a sample of the mutants."""

import pytest

from autograder.course import Course
from autograder.mutate.changes import mutants
from autograder.mutate.command import Survey, details, survey, table
from autograder.mutate.mutants import equivalents
from autograder.mutate.solved import definitions

COURSE = Course.find()

# problem 7 trains a network before its checks can run: `make mutate` does that, `make test` does not
MASTERS = [m for m in COURSE.masters() if not m.stem.startswith("p7")]


@pytest.mark.slow
@pytest.mark.parametrize("master", MASTERS, ids=lambda m: m.stem)
def test_a_sample_of_the_survey_is_all_good(master) -> None:
    found = survey(master, every=25)
    assert found.good, "\n".join(details(found))
    assert len(found.mistakes) > 20
    assert found.mutants


def test_mutants_of_a_small_function() -> None:
    loop = "    for i in range(len(x) - k + 1):\n        y += x[i : i + k].sum(axis=0)\n"
    source = f"def f(x, k):\n    y = 0\n{loop}    return y\n"
    found = list(mutants(source))
    changed = {(m.kind, m.after) for m in found}
    assert ("operator", "for i in range(len(x) + k + 1):") in changed
    assert ("constant", "for i in range(len(x) - k + 2):") in changed
    assert ("off by one", "y += x[i:i + k - 1].sum(axis=0)") in changed
    assert ("accumulate", "y = x[i:i + k].sum(axis=0)") in changed
    assert ("dropped statement", "pass") in changed
    assert len({m.source for m in found}) == len(found)
    assert all(m.source != source for m in found)


def test_docstrings_and_annotations_make_no_mutants() -> None:
    assert not list(mutants('def f(x: int = ...) -> "list[1]":\n    """Add 1."""\n    ...\n'))


def test_definitions() -> None:
    assert definitions("def f(): g = 1\nx = y = 2\na, b = 3, 4\nz += 1\n") == {"f", "x", "y", "a", "b", "z"}


def test_every_equivalent_mutant_has_a_reason() -> None:
    assert equivalents()
    assert all(len(r.why) > 20 and r.after for r in equivalents())


def test_table_of_nothing() -> None:
    assert "100 %" in table([Survey("p0")])
