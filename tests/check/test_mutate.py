"""`make mutate` in a shorter form: every misconception and every other answer, and a sample of the mutants."""

from pathlib import Path

import numpy as np
import pytest

import utils
from autograder.build.info import MasterError
from autograder.build.master import read_master
from autograder.build.prove import prove_public
from autograder.course import Course
from autograder.mutate.changes import mutants
from autograder.mutate.command import Survey, details, known, public, survey, table, twins
from autograder.mutate.mistakes import Verdict, rehearsal
from autograder.mutate.mutants import equivalents
from autograder.mutate.public import leaks
from autograder.mutate.solved import definitions
from utils.check import case, expect
from utils.check.rehearsal import asked, inventory, numbers_only, rehearse
from utils.check.rehearsal import twins as same_numbers

COURSE = Course.find()

# problem 7 trains a network before its checks can run: `make mutate` does that, `make test` does not
MASTERS = [m for m in COURSE.masters() if not m.stem.startswith("p7")]


# its only wrong number is an infinity, of a window outside of the image; that proves nothing, so no name is right
SILENT = {("q5f", "where a window begins: start_of_other_axis along the depth")}


@pytest.mark.slow
@pytest.mark.parametrize("master", MASTERS, ids=lambda m: m.stem)
def test_a_sample_of_the_survey_is_all_good(master) -> None:
    found = survey(master, COURSE, every=150)
    found.mistakes = [m for m in found.mistakes if (m.question, m.way) not in SILENT]
    assert found.good, "\n".join(details(found))
    assert len(found.mistakes) > 5
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
    reasons = equivalents(COURSE.equivalents)
    assert reasons
    assert all(len(r.why) > 20 and r.after for r in reasons)


def test_table_of_nothing() -> None:
    assert "100 %" in table([Survey("p0")])


MASTER = """# %% [raw]
# # ASSIGNMENT CONFIG
# name: p1_sliding
# title: "Problem 1 · Sliding"

# %% [raw]
# # BEGIN QUESTION
# name: q1a

# %% [markdown]
# ### 1.a · Slide

# %% [raw]
# # BEGIN SOLUTION

# %%
import numpy as np

def slide(x, w):
    return np.array([x[i : i + len(w)] @ w for i in range(len(x) - len(w) + 1)])  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
\"\"\" # BEGIN TEST CONFIG
points: 1
failure_message: Small signals
\"\"\" # END TEST CONFIG
def test_slide(slide):
    import utils
    from utils.check import case, expect

    expect(slide, like=utils.conv1d, on=[case(PUBLIC, [1, -2]), case([2, 0, 3, -1, 4], [1, 3, -2])])

# %%
\"\"\" # BEGIN TEST CONFIG
points: 1
hidden: true
failure_message: Others
\"\"\" # END TEST CONFIG
def test_slide_for_all(slide):
    import utils
    from utils.check import case, expect

    expect(slide, like=utils.conv1d, on=case([0.3, 1.4, -2.6, 5.1], [1, 0.5, -0.7]), hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION
"""


def sliding(folder: Path, signal: str) -> Path:
    path = folder / "p1_sliding.py"
    path.write_text(MASTER.replace("PUBLIC", signal), encoding="utf-8")
    return path


def test_whole_numbers_let_a_mistake_pass_in_public_and_the_build_says_so(tmp_path: Path) -> None:
    path = sliding(tmp_path, "[1, 2, 3]")
    found = [leak.what for leak in leaks(path, COURSE.library)]
    assert any("fractions-cut-off" in what for what in found), found
    with pytest.raises(MasterError, match=r"q1a tells a wrong answer that it is right.*Change the public data") as told:
        prove_public(read_master(path), COURSE)
    assert told.value.line == path.read_text(encoding="utf-8").split("\n").index("def test_slide(slide):") + 1


def test_fractions_in_public_leave_nothing_to_hidden_tests(tmp_path: Path) -> None:
    path = sliding(tmp_path, "[1.5, 2, -3.2]")
    assert leaks(path, COURSE.library) == []
    prove_public(read_master(path), COURSE)


def right(x, w):
    return np.correlate(x, w, "valid")


def small(slide) -> None:
    from utils.check import case, expect  # as tests do: a rehearsal puts its own in the place

    expect(slide, like=utils.conv1d, on=[case([1.5, 2, 4], [1, -2]), case([2, 0, 3, -1], [1, 3, -2])])


def test_a_rehearsal_knows_what_each_mistake_hands_in() -> None:
    (ask,) = asked(small, {"slide": right})
    assert ask.of == "slide" and ask.about == "conv1d" and len(ask.cases) == 2
    wrong = {w.name: w for w in rehearse(small, {"slide": right})}
    flipped = wrong["flipped-forward"]
    assert np.array_equal(flipped.answer(np.array([1.5, 2, 4]), np.array([1.0, -2])), [-1, 0])
    assert flipped.loses and flipped.told() == "flipped-forward" and flipped.is_named_by("flipped-forward")
    assert not flipped.is_named_by("stride-ignored")
    assert not wrong["stride-ignored"].loses, "there is no stride in these cases"


def test_numbers_alone_stop_at_the_first_wrong_case_and_look_for_no_name() -> None:
    calls = []

    def wrong(x, w):
        calls.append(len(x))
        return utils.conv1d(x, w) + 1

    from utils import check

    with numbers_only(), pytest.raises(check.Failure) as told:
        check.expect(wrong, like=utils.conv1d, on=[case([1.5, 2, 4], [1, -2]), case([2, 0, 3, -1], [1, 3, -2])])
    assert calls == [3] and told.value.misconception is None and told.value.kind == "values"
    assert check.expect is expect, "outside of the block all is as it was"


def test_an_inventory_counts_ways_and_pairs_and_twins_are_told() -> None:
    found = asked(small, {"slide": right})
    ((about, names, turns, pairs),) = inventory(found)
    assert about == "conv1d" and 10 < names <= turns < pairs < turns**2
    groups = same_numbers(found)
    assert all(len(group) > 1 for group in groups)

    def even(slide) -> None:
        from utils.check import expect

        expect(slide, like=utils.conv1d, on=[case([1.5, 2, 4], [1, 1])])

    symmetric = asked(even, {"slide": right})
    assert not any("flipped-forward" in group for group in same_numbers(symmetric)), "that is no wrong answer there"


def test_a_course_without_a_checker_has_no_rehearsal() -> None:
    from dataclasses import replace

    assert rehearsal(replace(COURSE.library, checker="")) is None
    assert rehearsal(replace(COURSE.library, checker="json")) is None
    assert rehearsal(COURSE.library) is not None


def test_the_survey_prints_operations_shares_and_twins() -> None:
    seen = Verdict("q1a", "flipped-forward", "the filter", public="flipped-forward", named=True)
    unseen = Verdict("q1a", "stride-ignored", "the stride", hidden="stride-ignored", named=True)
    found = Survey("p0", mistakes=[seen, unseen], known=[("conv1d", 3, 5, 7)], twins={"q1a": [("a", "b")]})
    assert found.in_public == {"q1a": (1, 2)}
    assert "q1a" in public([found]) and "1/2 50 %" in public([found]) and "all of them in 0 of 1" in public([found])
    assert known([found]).split("\n")[1].split() == ["conv1d", "3", "5", "7"]
    assert "p0 q1a: a = b" in twins([found])
    assert known([Survey("p0")]) == "" == twins([Survey("p0")])


def test_twins_of_formulas_are_found_by_numbers() -> None:
    import sympy as sp

    letters = list(sp.symbols("w0:3"))

    def table(W) -> None:
        from utils.check import expect

        expect(W, like=utils.conv_matrix, on=case(letters, 4, padding=1))

    a, b, c = letters
    rows = [[a, b, c, 0, 0, 0], [0, a, b, c, 0, 0], [0, 0, a, b, c, 0], [0, 0, 0, a, b, c]]
    assert all(len(group) > 1 for group in same_numbers(asked(table, {"W": rows})))
