"""A wrong answer drawn: on which call, with which roads, in which words; and of which mistakes there is a picture."""

import json
import struct
from collections import OrderedDict
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import utils
from tests.explore.test_explorers import run_javascript
from utils.check import Case, Failure, case, display, draw, expect
from utils.check.forks.mistakes import Mistake, mistake, mistakes
from utils.check.shown import Shown, kept
from utils.explore.drawn import _tag, drawn, panels_of
from utils.explore.layers import drawing
from utils.explore.said import Words, as_text, called, share
from utils.explore.subjects import SUBJECTS
from utils.explore.widget import WIDGET, module
from utils.notebook.mistakes import pictures

ONE_SIDE = {
    "stride-axes-swapped", "dilation-axes-swapped", "windows-of-other-axis", "padding-axes-swapped",
    "loop-of-other-axis", "size-of-other-axis", "window-of-other-axis", "start-of-other-axis", "cut-with-other-axis",
}  # fmt: skip
ONE_CHANNEL = {
    "one-channel-index", "one-channel-only", "last-channel-only", "last-filter-only", "channels-averaged",
    "channels-not-mixed", "input-channel-missing", "filters-counted-by-channels", "one-filter-for-all",
    "channels-reversed", "kernel-channels-swapped", "kernel-reshaped", "channels-swapped-dw",
}  # fmt: skip
ONE_IMAGE = {
    "one-image-only", "last-image-only", "averaged-over-batch", "first-image-written", "pooled-over-images",
    "pooled-over-everything",
}  # fmt: skip
NO_STEPS = {
    "dilation-ignored", "dilation-is-stride", "gaps-are-stride", "stride-as-dilation", "stride-not-dilated",
    "leftover-counted", "leftover-forgotten", "deltas-slid-by-stride",
}  # fmt: skip
# changes no number of this operation alone: what it makes larger or smaller is cut off, or never read
NO_DIFFERENCE = {
    "padding-once-in-size", "room-without-padding", "padded-twice", "one-sided-pad", "slice-one-too-many",
    "padding-not-zero", "padding-all-on-one-side", "upstream-at-window", "same-for-all-axes", "stride-not-in-size",
    "divided-by-k", "window-ends-by-kernel",
}  # fmt: skip
INVISIBLE = ONE_SIDE | ONE_CHANNEL | ONE_IMAGE | NO_STEPS | NO_DIFFERENCE


def wrong(about: str, name: str) -> Mistake:
    return mistake(about, name, SUBJECTS[about].cases)


def said(about: str, name: str, *cases: Case) -> list[str]:
    """The lines that stand below the picture at first: yours, the right one, where they part."""
    picture = drawn([wrong(about, name)], cases)
    assert picture is not None
    return picture.state["focus"][picture.state["cursor"]]["text"]


# ---- which mistakes have a picture


QUICK = {"conv1d", "conv2d_grad_bias", "im2col", "batch_norm", "batch_norm_grad"}


@pytest.mark.parametrize(
    "about", [pytest.param(about, marks=[] if about in QUICK else pytest.mark.slow) for about in sorted(SUBJECTS)]
)
def test_every_mistake_that_can_show_has_a_picture(about: str) -> None:
    every = mistakes(about, SUBJECTS[about].cases)
    left = {m.name for m in every}
    for m in every:  # one of the ways in which it is made is enough
        if m.name in left and drawing([m]) is not None:
            left.remove(m.name)
    assert left <= INVISIBLE, sorted(left - INVISIBLE)
    if "2d" in about:  # these have two axes, channels, images and steps
        assert left <= NO_DIFFERENCE | {"windows-of-other-axis"}, sorted(left)


def test_a_picture_is_of_the_mistakes_own_numbers() -> None:
    for about, name in (
        ("conv2d", "stride-ignored"),
        ("max_pool2d", "min-not-max"),
        ("batch_norm_grad", "bn-missing-var"),
    ):
        m = wrong(about, name)
        found = drawing([m])
        assert found is not None
        mine, right = found.layers
        assert mine.result.shape != right.result.shape or not np.allclose(mine.result, right.result)
        for layer in found.layers:
            if layer.roads.adds_up:
                np.testing.assert_allclose(layer.roads.total(found.arrays), layer.result, atol=1e-7)


def test_no_picture_of_an_operation_without_roads_nor_of_no_mistake() -> None:
    assert drawn([]) is None
    assert drawn([Mistake("no-such", "output_size", "", "")]) is None


# ---- on which call


def test_no_number_of_a_normalisation_is_the_mean_of_its_group() -> None:
    """There the spread does not move and gamma brings nothing: a mistake would not show."""
    normalisations = [about for about, subject in SUBJECTS.items() if "gamma" in subject.inputs]
    assert {"batch_norm", "group_norm", "normalize_row"} <= {*normalisations}
    for about in normalisations:
        for on in SUBJECTS[about].cases:
            found = drawing([wrong(about, "bn-not-scaled")], [on])
            assert found is not None and found.own
            roads = found.layers[-1].roads
            assert np.abs(roads.factor).min() > 5e-4
            assert len({*np.bincount(roads.out)}) == 1, "each entry looks at as many numbers as any other"


def test_the_students_own_call_where_it_is_small_and_a_small_one_else() -> None:
    own = case([5, 7, -2, 4], [1, -3])
    picture = drawn([wrong("conv1d", "flipped-forward")], [own])
    assert picture is not None and picture.state["inputs"][0]["values"] == [5, 7, -2, 4] and picture.state["note"] == ""
    large = case(draw((2, 9, 9, 3), 1), draw((3, 3, 3, 4), 2))
    picture = drawn([wrong("conv2d", "flipped-forward")], [large])
    assert picture is not None and "other numbers" in picture.state["note"]
    # this call does not show the mistake
    picture = drawn([wrong("conv1d", "stride-ignored")], [case([5, 7, -2, 4], [1, -3])])
    assert picture is not None and "other numbers" in picture.state["note"]


def test_a_call_that_is_asked_by_hand_is_not_drawn() -> None:
    secret = SUBJECTS["conv1d"].cases[0]
    picture = drawn([wrong("conv1d", "flipped-forward")], [], [secret])
    assert picture is not None and picture.state["inputs"][0]["values"] != secret.args[0].tolist()


# ---- what is said


def test_words_of_a_sum() -> None:
    assert said("conv1d", "flipped-forward", case([5, 7, -2], [1, -3])) == [
        "Yours: y[0] = x[0]·w[1] + x[1]·w[0] = 5·(−3) + 7·1 = −8",
        "Right: y[0] = x[0]·w[0] + x[1]·w[1] = 5·1 + 7·(−3) = −16",
        "The right numbers, but they meet in other pairs.",
    ]
    assert said("conv1d", "last-window-missing", case([5, 7, -2], [1, -3])) == [
        "Yours: no such place",
        "Right: y[1] = x[1]·w[0] + x[2]·w[1] = 7·1 + (−2)·(−3) = 13",
        "There is no such place in your result.",
    ]
    assert said("avg_pool1d", "no-1-over-k2", case([2, 4, 1, 1], 2))[:2] == [
        "Yours: y[0] = x[0] + x[1] = 2 + 4 = 6",
        "Right: y[0] = 1/2 · (x[0] + x[1]) = 1/2 · (2 + 4) = 3",
    ]
    # neither a number without its sign nor a maximum is a sum with other pairs or factors
    for about, name in (("conv1d_grad_weight", "minus-lost"), ("avg_pool2d", "max-not-mean")):
        assert said(about, name)[2] == "It looks at the right numbers, but makes something else of them."


def test_words_of_a_choice_and_of_a_spread() -> None:
    assert said("max_pool1d", "min-not-max", case([2, 4, 1, 1.5], 2)) == [
        "Yours: y[0] = x[0] = 2, taken from x[0], x[1]",
        "Right: y[0] = x[1] = 4, taken from x[0], x[1]",
        "It looks at the right numbers, but makes something else of them.",
    ]
    table, gamma, beta = [[2, 10], [4, 13], [9, 19]], [2, -1], [0.5, 3]
    mine, right, parting = said("batch_norm", "bn-unbiased", case(table, gamma, beta))
    assert mine.endswith("= 2 · (x[0,0] − 5) / 3.61 + 0.5; it looks at x[0,0], x[1,0], x[2,0]")
    assert "/ 2.94 + 0.5" in right and parting == "It looks at the right numbers, but makes something else of them."
    # what is not multiplied or added is not written; another channel's gamma says nothing of this one's mean
    for name, end in (
        ("bn-no-gamma", "= (x[0,0] − 5) / 2.94 + 0.5"),
        ("bn-no-scale-shift", "= (x[0,0] − 5) / 2.94"),
        ("bn-beta-subtracted", "= 2 · (x[0,0] − 5) / 2.94 − 0.5"),
        ("bn-gamma-twice", "= 0.68 · x[0,0] − 1.4"),
        ("bn-first-channel-for-all", "= 0.53 · x[0,1] − 6.98"),
    ):
        assert said("batch_norm", name, case(table, gamma, beta))[0].split(";")[0].endswith(end)
    # one is chosen of numbers of the same array; beta is not chosen among x
    spread = "Yours: y[1,0] = 1.07; it moves with x[0,0], x[1,0], x[2,0], beta[0], gamma[0]"
    picture = drawn([wrong("batch_norm", "bn-min-max")], [case(table, gamma, beta)])
    assert picture is not None and picture.state["focus"]["out0:2"]["text"][0] == spread
    assert picture.state["focus"]["out0:0"]["text"][0] == (
        "Yours: y[0,0] = 0.5; it moves with beta[0], and looks at x[0,0], x[1,0], x[2,0]"
    )
    assert said("batch_norm", "bn-all-axes", case(table, gamma, beta))[2] == (
        "Yours also takes x[0,1], x[1,1] and x[2,1], which do not belong here."
    )


def test_a_cut_fraction_has_the_roads_of_before_and_says_so() -> None:
    on = case([0.5, 1.5, -2.5], [1.5, 1.0])

    def cut(x: Any, w: Any) -> Any:
        return np.trunc(utils.conv1d(x, w))

    picture = drawn(shown(cut, utils.conv1d, on).mistakes, [on])
    assert picture is not None
    text = picture.state["focus"][picture.state["cursor"]]["text"]
    assert text[0].endswith("= 2.25, cut to 2") and text[2] == "The same paths, but another number at their end."
    image = "dtype of the padded image"
    m = next(m for m in mistakes("conv1d", SUBJECTS["conv1d"].cases, typed=True) if image in m.turns[0].slot)
    picture = drawn([m])
    assert picture is not None and picture.state["focus"]["out0:0"]["text"] == [
        "Yours: y[0] = x[0]·w[0] + x[1]·w[1] = 0.5·1 + (−1.5)·0.5 = −0.25, but its parts were cut, which makes −0.5",
        "Right: y[0] = x[0]·w[0] + x[1]·w[1] = 0.5·1 + (−1.5)·0.5 = −0.25",
        "The same paths, but another number at their end.",
    ]


def test_two_mistakes_with_the_same_numbers_are_two_layers_or_one() -> None:
    both = [wrong("conv1d", "flipped-forward"), wrong("conv1d", "last-weight-only")]
    picture = drawn(both, [case([5, 7, -2], [1, -3])])
    assert picture is not None and [layer["title"] for layer in picture.state["layers"]] == [
        "Yours, if it is flipped-forward", "Yours, if it is last-weight-only", "Right"
    ]  # fmt: skip
    picture = drawn([both[0], both[0]], [case([5, 7, -2], [1, -3])])
    assert picture is not None and [layer["title"] for layer in picture.state["layers"]] == [
        "Yours",
        "Right",
    ]


def test_names_and_factors_as_people_write_them() -> None:
    assert called("x", (1, 4, 5, 1), 7) == "x[1,2]" and called("x", (6,), 2) == "x[2]" and called("y", (), 0) == "y"
    assert called("y", (1, 1, 4, 1), 2) == "y[0,2]" and called("w", (2, 1, 1, 2), 3) == "w[1,0,1]"
    assert [share(f) for f in (0.25, -1 / 3, 2, 0.0123, 1)] == ["1/4", "−1/3", "2", "0.012", "1"]
    assert [p["title"] for p in panels_of("w", (2, 2, 1, 2))] == ["w[:, :, 0, 0]", "w[:, :, 0, 1]"]
    assert [p["index"] for p in panels_of("x", (1, 2, 2, 2))] == [[0, 2, 4, 6], [1, 3, 5, 7]]


def test_a_road_is_told_from_its_other_end() -> None:
    found = drawing([wrong("conv1d", "flipped-forward")], [case([5, 7, -2], [1, -3])])
    picture = drawn([wrong("conv1d", "flipped-forward")], [case([5, 7, -2], [1, -3])])
    assert found is not None and picture is not None
    assert as_text(Words(found).sentence(1, 1)) == "y[1] = x[1]·w[0] + x[2]·w[1] = 7·1 + (−2)·(−3) = 13"
    at = picture.state["focus"]["x:1"]
    assert at["text"] == [
        "Yours: x[1] leads to y[0] through w[0], y[1] through w[1]",
        "Right: x[1] leads to y[0] through w[1], y[1] through w[0]",
    ]
    assert at["lit"][0]["out"] == {"0": "w[0]", "1": "w[1]"} and at["lit"][1]["out"] == {"0": "w[1]", "1": "w[0]"}


# ---- from a check to a picture


def shown(answer: Any, like: Any, on: Any, **options: Any) -> Shown:
    with pytest.raises(Failure) as caught:
        expect(answer, like=like, on=on, forbid=(), float32=False, **options)
    found = kept(f"Error at line 3 in test q1:\nFailure: {caught.value}")
    assert found is not None, str(caught.value)
    return found


def test_a_check_remembers_what_can_be_drawn() -> None:
    on = [case([5, 7, -2, 4], [1, -3]), case([1.5, 2, 3], [1, 2])]
    found = shown(lambda x, w: np.convolve(x, w, "valid"), utils.conv1d, on)
    assert [m.name for m in found.mistakes] == ["flipped-forward"] and len(found.cases) == 2 and not found.secret
    picture = drawn(found.mistakes, found.cases, found.secret)
    assert picture is not None and picture.state["note"] == ""


def test_below_a_card_each_picture_stands_once() -> None:
    on = [case([5, 7, -2, 4], [1, -3])]
    messages = []
    for turned in (lambda x, w: np.convolve(x, w, "valid"), lambda x, w: utils.conv1d(x, w[::-1])):
        with pytest.raises(Failure) as caught:
            expect(turned, like=utils.conv1d, on=on, forbid=(), float32=False)
        messages.append(f"Error at line 3 in test q1:\nFailure: {caught.value}")
    assert len(pictures(messages)) == 1 and pictures(["Failure: something else"]) == []


def test_pictures_come_after_the_card(monkeypatch: pytest.MonkeyPatch) -> None:
    def row(passed: bool, message: str) -> SimpleNamespace:
        said = SimpleNamespace(failure_message="", success_message="")
        return SimpleNamespace(passed=passed, message=message, test_case=said)

    result = SimpleNamespace(name="q1", test_case_results=[row(True, "fine"), row(False, "Failure: not yet")])
    asked: list[list[str]] = []
    monkeypatch.setattr(display, "below_a_wrong_answer", lambda messages: asked.append(messages) or ["a picture"])
    out: list[Any] = []
    monkeypatch.setattr("IPython.display.display", lambda data, **_: out.append(data))
    display.show_result(result)
    card, picture = out
    assert "q1: not yet" in card["text/html"] and picture == "a picture"
    assert asked == [["Failure: not yet"]]


def test_a_check_by_hand_keeps_its_numbers_to_itself() -> None:
    on = case([5, 7, -2, 4], [1, -3])
    found = shown([-8, -23, 10], utils.conv1d, on)
    assert not found.cases and [c.args[0].tolist() for c in found.secret] == [[5, 7, -2, 4]]


def test_nothing_is_remembered_of_a_hidden_test_nor_of_an_unknown_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    on = case([5, 7, -2, 4], [1, -3])

    def turned(x: Any, w: Any) -> Any:
        return np.convolve(x, w, "valid")

    for answer, hidden in ((turned, False), (turned, True), (lambda x, w: utils.conv1d(x, w) + 0.123, False)):
        monkeypatch.setattr("utils.check.shown._KEPT", OrderedDict())
        with pytest.raises(Failure) as caught:
            expect(answer, like=utils.conv1d, on=on, forbid=(), float32=False, hidden=hidden)
        assert (kept(str(caught.value)) is not None) == (answer is turned and not hidden)


# ---- the page and the still


def test_the_page_is_one_module_and_the_still_has_words() -> None:
    text = module("drawn")
    assert text.count("export default") == 1 and not [line for line in text.splitlines() if line.startswith("import ")]
    run_javascript(text, "--check")
    picture = drawn([wrong("conv2d", "padding-ignored")])
    assert picture is not None
    data, metadata = picture._repr_mimebundle_()
    assert WIDGET in data and data["image/png"].startswith(b"\x89PNG")
    assert struct.unpack(">II", data["image/png"][16:24])[0] > 300
    alt = metadata["image/png"]["alt"]
    assert alt.startswith("Your answer, drawn: These are the numbers without any padding.") and "Right: y" in alt


@pytest.mark.parametrize("about", ["conv2d", "max_pool2d", "batch_norm_grad", "conv2d_grad_bias"])
def test_all_that_the_page_looks_up_is_there(about: str) -> None:
    name = {"conv2d": "kernel-axes-swapped", "max_pool2d": "first-of-window", "batch_norm_grad": "not-summed"}.get(
        about
    )
    picture = drawn([wrong(about, name or "bias-all-in-one")])
    assert picture is not None
    state = json.loads(json.dumps(picture.state))
    assert state["cursor"] in state["focus"]
    for n, layer in enumerate(state["layers"]):
        shown_cells = sorted(i for panel in layer["panels"] for i in panel["index"])
        assert shown_cells == list(range(len(layer["values"]))) and all(
            f"out{n}:{i}" in state["focus"] for i in shown_cells
        )
    for at in state["focus"].values():
        assert len(at["lit"]) == len(at["here"]) == len(state["layers"])


def test_a_tag_is_as_long_as_a_cell_has_room() -> None:
    assert [_tag([one]) for one in ("w[1]", "dy[0,1]", "w[0,1,0,0]", "×0.44", "")] == [
        "w[1]",
        "dy[0,1]",
        "0,1,0,0",
        "×0.44",
        "",
    ]
    assert _tag(["w[0]", "w[1]"]) == "w[0] w[1]" and _tag(["w[0]"] * 3) == "3 times"
    assert _tag(["x[0,1,0]", "x[1,0,0]"]) == "0,1,0 1,0,0"
