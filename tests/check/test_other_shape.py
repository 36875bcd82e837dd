"""Right numbers in a wrong shape, in another order, in brackets, or all but one: what they are is said by its name."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import utils
from utils.check import Failure, case, draw, expect
from utils.check.references import backprop, normalization, variations

X, W = [draw((2, 4, 5, 3), 1), draw((3, 6, 4, 2), 2)], [draw((2, 3, 3, 4), 3), draw((3, 2, 2, 5), 4)]
LAYERS = [case(x, w) for x, w in zip(X, W, strict=True)]
DELTAS = [case(draw((2, 3, 4, 5), 5)), case(draw((3, 2, 4, 2), 6))]
POOLED = [case(X[0], 2, 2), case(X[1], 3, 1)]
TABLES = [case(draw((4, 3), 1), draw((4, 3), 2), [2, -3, 1], 0.5), case(draw((5, 2), 3), draw((5, 2), 4), [2, 3], 0.1)]


def told(answer: Any, like: Callable, on: Any, **options: Any) -> str:
    with pytest.raises(Failure) as caught:
        expect(answer, like=like, on=on, float32=False, forbid=[], **options)
    return caught.value.misconception or ""


def first_filter(x, w):
    return utils.conv2d(x, w[..., :1])


def pooled_along_rows_only(x, k, s):
    return np.lib.stride_tricks.sliding_window_view(x, (k, k), axis=(1, 2))[:, ::s, ::s].max(-2)


def without_image(x, w):
    return utils.conv2d(x, w)[0]


def whole_numbers(x, w):
    y = np.zeros(utils.conv2d(x, w).shape, dtype=int)
    y[...] = utils.conv2d(x, w)
    return y


def first_window(x, w):
    y = np.zeros(utils.conv2d(x, w).shape)
    for place in np.ndindex(*y.shape):
        y[place] = utils.conv2d(x, w)[place]
        return y


def every_second(x, w):
    y = np.zeros(utils.conv2d(x, w).shape)
    y[:, ::2, ::2] = utils.conv2d(x, w)[:, ::2, ::2]
    return y


@pytest.mark.parametrize(
    ("answer", "like", "on", "name"),
    [
        (first_filter, utils.conv2d, LAYERS, "part-missing"),
        (pooled_along_rows_only, utils.max_pool2d, POOLED, "axis-not-pooled"),
        (lambda x, w: utils.conv2d(x, w).sum(1), utils.conv2d, LAYERS, "axis-summed-too"),
        (lambda x, w: utils.conv2d(x, w).mean(-1), utils.conv2d, LAYERS, "axis-averaged-too"),
        (without_image, utils.conv2d, LAYERS, "first-entry-only"),
        (lambda x, w: utils.conv2d(x, w)[:, None, :, None], utils.conv2d, LAYERS, "extra-axis"),
        (lambda x, w: utils.conv2d(x, w).ravel(), utils.conv2d, LAYERS, "rows-lost"),
        (lambda x, w: utils.conv2d(x, w).reshape(len(x), -1), utils.conv2d, LAYERS, "not-reshaped"),
        (lambda x, w: np.pad(utils.conv2d(x, w), ((0, 0), (0, 2), (0, 2), (0, 0)), "edge"), utils.conv2d, LAYERS,
         "more-than-asked"),
        (whole_numbers, utils.conv2d, LAYERS, "fractions-cut-off"),
        (first_window, utils.conv2d, LAYERS, "stopped-early"),
        (every_second, utils.conv2d, LAYERS, "partly-written"),
    ],
)  # fmt: skip
def test_the_numbers_of_a_function_tell_where_its_shape_comes_from(answer, like, on, name) -> None:
    assert told(answer, like, on) == name


IMAGE = case([[2, 1, 0], [3, -1, -2], [-2, -2, 5]], [[4, -1], [1, 2]])


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        ([8, -1, 7, 6], "rows-lost"),
        ([[8, -1], [7, 5]], "one-number-wrong"),
        ([[8, 1], [-7, 6]], "signs-wrong"),
        ([[7, 6], [8, -1]], "right-numbers-elsewhere"),
        ([[8, -1, 0], [7, 6, 0]], "more-than-asked"),
    ],
)
def test_typed_numbers_in_other_brackets_and_one_that_is_wrong(answer: Any, name: str) -> None:
    assert told(answer, utils.conv2d, IMAGE) == name


def test_one_typed_number_in_brackets_and_zeros_left_out() -> None:
    assert told([[8]], utils.conv2d, IMAGE, pick=(0, 0)) == "in-brackets"
    row = case([3, 5], [1, 4, 2], 2, 1)
    assert told([8], backprop.max_pool1d_grad, row, about="max_pool_grad") == "zeros-left-out"


@pytest.mark.parametrize(
    ("order", "name"),
    [
        ((2, 0, 1), "results-in-another-order"),
        ((0,), "results-missing"),
        ((0, 1), "results-missing"),
        ((1, 2), "results-missing"),
    ],
)
def test_several_results_in_another_order_or_not_all_of_them(order: tuple[int, ...], name: str) -> None:
    def answer(*args):
        found = utils.batch_norm_grad(*args)
        return tuple(found[i] for i in order) if len(order) > 1 else found[0]

    assert told(answer, utils.batch_norm_grad, TABLES) == name


def test_a_return_in_a_branch_and_a_comparison_in_place_of_numbers() -> None:
    def only_with_bias(x, w, bias=None):
        if bias is not None:
            return utils.conv2d(x, w, bias)

    on = [*LAYERS, case(X[0], W[0], bias=draw((4,), 9))]
    assert told(only_with_bias, utils.conv2d, on) == "return-in-a-branch"
    assert told(lambda g, x_hat, gamma: (g > 0, x_hat.sum(0), g.sum(0)), normalization.scale_shift_grad,
                case(draw((3, 2), 1), draw((3, 2), 2), [2, -3])) == "comparison-returned"  # fmt: skip


def test_a_typed_number_in_place_of_several() -> None:
    row = case([2, 1, 0, 3, -1], [1, 0, -2])
    assert told(2, utils.conv1d, row) == "", "the first of 2, -5, 2, and the largest"
    assert told(-1, utils.conv1d, row) == "axis-summed-too"
    deltas = case([3, -1], [1, 3, -2], 4)
    assert told([3, 8, -9], utils.conv1d_grad_input, deltas) == "part-missing", (
        "nothing is cut where nothing was padded"
    )
    assert told([2, -5, 2, 3, -1], utils.conv1d, row) == "same-assumed", "zeros behind the input, and no second mistake"


def test_two_windows_by_hand_are_the_first_and_the_last() -> None:
    with pytest.raises(Failure) as caught:
        expect([0, 5, 0], backprop.max_pool1d_grad, case([3, 5], [1, 4, 2], 2, 1), about="max_pool_grad")
    assert "overlap" in str(caught.value) and "Only the last" not in str(caught.value)


def test_what_could_be_chance_has_no_name() -> None:
    assert told([[8, 0], [0, 0]], utils.conv2d, IMAGE) != "one-number-wrong"
    assert told(lambda g: np.float64(3), utils.conv2d_grad_bias, DELTAS) == ""


def test_axes_that_do_not_line_up_are_no_cut_slice() -> None:
    def windows_less_their_maximum(x, w):
        return x / x.max(axis=(1, 2))

    with pytest.raises(Failure) as caught:
        expect(windows_less_their_maximum, like=utils.conv2d, on=LAYERS, float32=False)
    assert "lacks axes of the other" in str(caught.value) and "slice" not in str(caught.value)


def test_a_field_that_comes_back_with_its_jump_is_no_maximum_that_is_missing() -> None:
    stacks = [case(((3, 1, 1),)), case(((3, 2, 1), (4, 1, 1))), case(((5, 2, 1), (3, 3, 2)))]

    def field_and_jump(layers):
        return variations.dilated_field(layers), int(np.prod([s for _, s, _ in layers]))

    assert told(field_and_jump, variations.dilated_field, stacks) == ""
