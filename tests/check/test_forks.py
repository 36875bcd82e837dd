"""Every wrong turn, fed as an answer, must lose and be called by its own name."""

import ast
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.check.cases import CASES
from utils.check import Case, Failure, expect, forks
from utils.check.compare import Tolerance
from utils.check.forks.evidence import alike, parts
from utils.check.forks.evidence import right as is_right
from utils.check.forks.fork import Fork, Turn, program, programs, read_words
from utils.check.forks.mistakes import Mistake, known, mistakes
from utils.check.forks.readings import ALIKE, place_name, reading
from utils.check.forks.search import is_likely
from utils.check.operations import operation
from utils.check.outcome import Outcome
from utils.check.question import Question
from utils.check.recognise import recognise
from utils.check.trial import try_case

COVERED = [about for about in CASES if about in programs()]


def of(about: str) -> list[Mistake]:
    """The mistakes that the cases of an operation tell from the right answer."""
    reference, cases = CASES[about]
    return [m for m in mistakes(about, cases) if any(differs(m, reference, on) for on in cases)]


def differs(m: Mistake, reference, on: Case) -> bool:
    with np.errstate(all="ignore"):
        right = on.call(reference)
        try:
            wrong = parts(on.call(m.wrong), right)
        except Exception:
            return False
        return wrong is not None and not all(
            is_right(w, r, Tolerance()) for w, r in zip(wrong, parts(right, right) or [], strict=True)
        )


def diagnosed(answer, about: str, cases: list[Case]):
    """What recognition says of a function on the cases on which it returns something."""
    question = Question("answer", operation(about), CASES[about][0], Tolerance())
    trials = []
    with np.errstate(all="ignore"):
        for on in cases:
            try:
                trials += try_case(question, on, answer, Outcome(on.call(answer)))
            except Exception:
                continue
    return recognise(question, trials)


def told(answer, about: str, cases: list[Case]) -> Any:
    """What recognition says where it must say something."""
    said = diagnosed(answer, about, cases)
    assert said is not None
    return said


@pytest.mark.parametrize("about", COVERED)
def test_the_program_without_a_wrong_turn_is_right(about: str) -> None:
    reference, cases = CASES[about]
    for on in cases:
        right = on.call(reference)
        found = parts(programs()[about].run(Fork(), *on.args, **on.kwargs), right)
        assert found and all(map(alike, parts(right, right) or [], found)), on


@pytest.mark.slow
@pytest.mark.parametrize("about", COVERED)
def test_each_wrong_turn_is_called_by_its_name(about: str) -> None:
    found = [m for m in of(about) if is_likely(m.turns)]
    assert found
    unnamed = []
    for m in found[:: 1 + len(found) // 15]:
        said = diagnosed(m.wrong, about, CASES[about][1])
        own = {m.name, ALIKE.get(m.name), *(place_name(t.slot) for t in m.turns)}
        if said is None or not own & {said.name, *said.names}:
            unnamed.append(f"{m} ({m.name}) was told {said and said.names}")
    assert not unnamed, "\n".join(unnamed)


def test_a_pair_is_told_as_two_things() -> None:
    turns = (Turn("how far apart the windows begin", "stride_not_dilated"), Turn("what is cut off", "empty_slice"))
    about = "conv2d_grad_input"
    wrong = Mistake("stride-not-dilated", about, "", "", turns).wrong
    said = told(wrong, about, CASES[about][1])
    assert said.names == ("stride-not-dilated", "empty-slice")
    assert said.name == "stride-not-dilated"
    assert said.says.startswith("Two things. First: Your backward pass moved by one")
    assert said.also[0].startswith("Second: The padding is cut off with [p:-p]")
    reference, cases = CASES[about]
    with pytest.raises(Failure) as failure, np.errstate(all="ignore"):
        expect(wrong, like=reference, on=cases, about=about, forbid=(), float32=False)
    assert (failure.value.misconception, failure.value.second) == said.names
    assert failure.value.lines[-2:] == ["[second mistake: empty-slice]", "[mistake: stride-not-dilated]"]
    assert len(failure.value.lines) <= 10


def test_the_same_way_along_both_axes_is_one_mistake() -> None:
    about = "max_pool2d"
    turns = tuple(
        Turn("the number of windows", "size_one_too_many", at) for at in ("along the height", "along the width")
    )
    said = told(Mistake("", about, "", "", turns).wrong, about, CASES[about][1])
    assert said.names == ("size-one-too-many",)


def test_a_mistake_along_one_axis_says_which() -> None:
    about = "conv2d"
    turn = Turn("the image's size in the formula", "size_of_other_axis", "along the width")
    said = told(Mistake("", about, "", "", (turn,)).wrong, about, CASES[about][1])
    assert said.says.startswith("Along the width: the number of windows was computed")


def test_nothing_is_said_that_a_passed_case_refutes() -> None:
    """Right on one case, wrong on another as if without padding: no program does both."""
    reference, cases = CASES["conv2d"]
    wrong = Mistake("", "conv2d", "", "", (Turn("the amount of padding", "padding_ignored"),)).wrong
    padded = [c for c in cases if np.max(c.args[4] if len(c.args) > 4 else c.kwargs.get("padding", 0)) > 0]
    assert told(wrong, "conv2d", padded).name == "padding-ignored"

    def sometimes(x, w, *args, **kwargs):
        return (wrong if np.ndim(x) == 4 else reference)(x, w, *args, **kwargs)

    assert diagnosed(sometimes, "conv2d", padded) is None


def test_numbers_that_are_only_close_are_no_proof() -> None:
    cases = CASES["conv2d"][1]
    wrong = Mistake("", "conv2d", "", "", (Turn("the filter", "flipped_forward"),)).wrong
    assert diagnosed(lambda *a, **k: wrong(*a, **k) * (1 + 1e-7), "conv2d", cases) is None


def test_a_pair_needs_more_than_a_few_numbers() -> None:
    """Among thousands of pairs, some give any two small numbers."""
    right = np.array([2.0, -5])
    assert diagnosed(lambda x, w: right + np.array([1, 3]), "conv1d", [CASES["conv1d"][1][-1]]) is None


def test_words_are_a_tutors() -> None:
    """One remark, one question that leads on, and both fit on a line."""
    for m in known():
        assert m.says.endswith((".", "?")), m.name
        assert "?" in m.asks, m.name
        assert max(len(m.says), len(m.asks)) <= 140, m.name


@pytest.mark.parametrize("about", CASES)
def test_the_reference_itself_passes(about: str) -> None:
    reference, cases = CASES[about]
    expect(lambda *a, **k: reference(*a, **k), like=reference, on=cases, forbid=())


def test_known_mistakes_go_astray_by_their_names() -> None:
    """Without a case at hand: whoever lists them can run them, too."""
    cases = CASES["num_parameters"][1]
    found = {m.name: m for m in known("num_parameters")}
    assert {"per-filter-not-total", "sizes-added"} <= found.keys()
    assert cases[1].call(found["per-filter-not-total"].wrong) in (75, 76)  # with its bias, or without
    assert {m.about for m in known()} >= {"", "conv2d", "chain"}


def test_every_way_has_words() -> None:
    for about in COVERED:
        for m in mistakes(about, CASES[about][1]):
            assert m.says and m.asks


def test_a_program_of_ones_own() -> None:
    @program(
        "test_area", words="sides-added\n  You added the sides.\n  How many tiles are in a row, and how many rows?"
    )
    def area(fork, height, width):
        return fork("the area", height * width, sides_added=height + width)

    try:
        found = programs()["test_area"]
        assert found.run(Fork(), 3, 4) == 12
        wrong = Turn("the area", "sides_added")
        assert found.run(Fork([wrong]), 3, 4) == 7
        assert reading(found, (wrong,)).says == ("You added the sides.",)
    finally:
        del programs()["test_area"]


@pytest.mark.parametrize("file", sorted(Path(forks.__file__).parent.glob("*.py")), ids=lambda file: file.stem)
def test_no_name_says_two_things(file: Path) -> None:
    """Within one text the last remark would win; a text behind it may say a name anew, for an operation of its own."""
    texts = (node.value for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Constant))
    for text in (t for t in texts if isinstance(t, str) and re.match(r"\n[a-z0-9-]+( = .*)?\n", t)):
        said: dict[str, str] = {}
        for block in re.split(r"\n\s*\n", text.strip()):
            (name,) = read_words(block)[0]
            assert said.setdefault(name, block.split("\n  ", 1)[1]) == block.split("\n  ", 1)[1], name


def test_words_with_a_bad_name_are_refused() -> None:
    with pytest.raises(ValueError, match="small letters"):
        read_words("Bad Name\n  It says.\n  It asks?")
