"""Slips between channels and filters, with labels taken for numbers, with masks, and with infinities beside them."""

from collections.abc import Callable

import numpy as np
import pytest
import sympy as sp

import utils
from tests.check.test_slips import LOGITS, Slip, is_called_by_its_name, one_hot, softmax
from utils.check import Failure, case, draw, expect
from utils.check.references import network, recurrent

Array = np.ndarray
IMAGES = [case(draw((2, 5, 6, 3), 1), draw((2, 3, 3, 4), 2)), case(draw((3, 4, 5, 2), 3), draw((3, 2, 2, 2), 4))]
EVEN = [case(draw((1, 6, 7, 1), 1), draw((4, 2, 1, 2), 2)), case(draw((2, 5, 6, 2), 3), draw((3, 2, 2, 1), 4))]
BACK = [
    case(draw((2, 3, 4, 4), 5), draw((2, 3, 3, 4), 6), (2, 4, 6, 3)),
    case(draw((1, 2, 2, 2), 7), draw((3, 2, 2, 2), 8), (1, 4, 3, 2)),
]
WEIGHTS = [
    case(draw((2, 3, 4, 4), 5), draw((2, 4, 6, 3), 6), (2, 3, 3, 4)),
    case(draw((1, 2, 2, 3), 7), draw((1, 4, 3, 2), 8), (3, 2, 2, 3)),
]
POOLED = [
    case(draw((2, 2, 3, 2), 3), draw((2, 4, 6, 2), 4), 2, 2),
    case(draw((1, 2, 2, 1), 5), draw((1, 6, 6, 1), 6), 3, 3),
]
SLOPES = [case(draw((3, 4), 1), draw((3, 4), 2))]
LARGE = [*LOGITS, case(np.array([[0.25, 900], [2, 1]]), np.array([1, 0]))]


def with_filter(change: Callable[[Array], Array]) -> Callable:
    return lambda x, w: utils.conv2d(x, change(w))


def back_with(change: Callable[[Array], Array]) -> Callable:
    return lambda grad_output, w, input_shape: utils.conv2d_grad_input(grad_output, change(w), input_shape)


def first_channel(w):
    return np.repeat(w[:, :, :1], w.shape[2], 2)


def sum_of_channels(w):
    return np.repeat(w.sum(2, keepdims=True), w.shape[2], 2)


def weighted_with_labels(logits, labels):
    return -(np.log(softmax(logits)).T * labels).sum() / len(labels)


def less_the_labels(logits, labels):
    return (softmax(logits) - labels[:, None]) / len(labels)


def cut_to(rows: Callable[[int, int], int]) -> Callable:
    """conv2d with as many windows as `rows` says of an image's and the filter's size; what sticks out meets zeros."""

    def conv2d(x, w):
        wide = np.pad(x, ((0, 0), (0, 9), (0, 9), (0, 0)))
        places = [rows(n, k) for n, k in zip(x.shape[1:3], w.shape, strict=False)]
        return utils.conv2d(wide, w)[:, : places[0], : places[1]]

    return conv2d


def with_deltas_of_channel(grad_output, x, kernel_shape):
    dw = utils.conv2d_grad_weight(grad_output, x, kernel_shape)
    same = np.arange(kernel_shape[2])
    return np.repeat(dw[..., same, same][..., None], kernel_shape[3], -1)


def with_channels_added(grad_output, x, kernel_shape):
    return np.repeat(utils.conv2d_grad_weight(grad_output, x, kernel_shape).sum(2, keepdims=True), kernel_shape[2], 2)


def through_a_mask(grad_output, x, kernel_size, stride):
    dx, ones = np.zeros(x.shape), np.ones(grad_output.shape)
    dx[utils.max_pool2d_grad(ones, x, kernel_size, stride) > 0] = grad_output.ravel()
    return dx


def picked(log_p, labels):
    return log_p[np.arange(len(labels)), labels]


def chained(tiny: float) -> Callable:
    def gradient(logits, labels):
        p = softmax(logits)
        to_p = -one_hot(logits, labels) / (p + tiny) / len(p)
        return p * (to_p - (to_p * p).sum(1, keepdims=True))

    return gradient


def each_by_itself(of_mean: bool) -> Callable:
    """batch_norm_grad as a chain in which the sums over the batch are missing; `of_mean`: in the mean's path, too."""

    def gradients(grad_output, x, gamma, eps=1e-5):
        _, dgamma, dbeta = utils.batch_norm_grad(grad_output, x, gamma, eps)
        centered, inv = x - x.mean(0), 1 / np.sqrt(x.var(0) + eps)
        d_var = -0.5 * grad_output * gamma * centered * inv**3
        d_centered = grad_output * gamma * inv + d_var * 2 * centered / len(x)
        return d_centered - (d_centered if of_mean else d_centered.sum(0)) / len(x), dgamma, dbeta

    return gradients


TABLES = [case(draw((4, 2), 1), draw((4, 2), 2), [2, -3], 0.5), case(draw((3, 3), 3), draw((3, 3), 4), [1, 2, -1], 0.5)]
SLIPS: list[Slip] = [
    ("conv2d", "first-weights-for-all-channels", with_filter(first_channel), utils.conv2d, IMAGES),
    ("conv2d", "twice-half-the-window", cut_to(lambda n, k: n - 2 * (k // 2)), utils.conv2d, EVEN),
    ("conv2d_grad_input", "first-weights-for-all-channels", back_with(first_channel), utils.conv2d_grad_input, BACK),
    ("conv2d_grad_input", "turned-with-channels", back_with(lambda w: w[:, ::-1, ::-1]), utils.conv2d_grad_input, BACK),
    ("conv2d_grad_input", "channels-added-up", back_with(sum_of_channels), utils.conv2d_grad_input, BACK),
    ("conv2d_grad_weight", "one-channel-index", with_deltas_of_channel, utils.conv2d_grad_weight, WEIGHTS),
    ("conv2d_grad_weight", "channels-added-up", with_channels_added, utils.conv2d_grad_weight, WEIGHTS),
    ("max_pool2d_grad", "handed-out-in-reading-order", through_a_mask, utils.max_pool2d_grad, POOLED),
    ("relu_grad", "leaky-mask", lambda g, x: np.where(x > 0, 1, 0.2) * g, network.relu_grad, SLOPES),
    ("cross_entropy", "labels-as-numbers", weighted_with_labels, network.cross_entropy, LOGITS),
    ("cross_entropy_grad", "labels-as-numbers", less_the_labels, network.cross_entropy_grad, LOGITS),
    ("cross_entropy_grad", "tiny-number-added", chained(1e-6), network.cross_entropy_grad, LOGITS),
    ("batch_norm_grad", "bn-own-row-only", each_by_itself(of_mean=True), utils.batch_norm_grad, TABLES),
    ("batch_norm_grad", "bn-own-row-only", each_by_itself(of_mean=False), utils.batch_norm_grad, TABLES),
]


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: f"{slip[0]}-{slip[1]}")
def test_a_slip_has_its_name(slip: Slip) -> None:
    is_called_by_its_name(*slip)


def test_infinities_do_not_hide_what_is_wrong_with_the_other_numbers() -> None:
    def cross_entropy(logits, labels):
        p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
        return -np.log(picked(p, labels)).sum()

    with pytest.raises(Failure) as failure, np.errstate(all="ignore"):
        expect(cross_entropy, like=network.cross_entropy, on=LARGE, forbid=())
    assert failure.value.misconception == "summed-not-averaged"


def test_a_factor_that_is_nearly_one_is_not_called_one() -> None:
    with pytest.raises(Failure) as failure:
        expect(lambda x: 1.000001 * x**3, like=lambda x: x**3, on=case(draw((4, 3), 1)), about="")
    assert "Every number is 1 times" not in str(failure.value)


def said(answer: object, like: Callable, on: object, **kwargs: object) -> Failure:
    with pytest.raises(Failure) as failure:
        expect(answer, like=like, on=on, **kwargs)  # type: ignore[arg-type]
    return failure.value


def test_one_wrong_formula_of_two_is_told() -> None:
    x, w = (list(sp.symbols(s)) for s in ("x_0:4", "w_0:3"))
    y = [sum(w[j] * x[m + j] for j in range(3)) for m in (0, 1)]
    slip = [y[0], y[1] - 2 * w[2] * x[3]]
    assert said(slip, utils.conv1d, case(x, w)).misconception == "one-number-wrong"


def test_by_hand_nobody_slices_or_drops_an_axis() -> None:
    on = case([2, -1], [1, 3, -2], 4)
    assert "x[p" not in str(said([2, 5, -7], utils.conv1d_grad_input, on))
    assert said([2, 5, -7], utils.conv1d_grad_input, on).misconception == "part-missing"
    brackets = said([[2, 5, -7, 2]], utils.conv1d_grad_input, on)
    assert brackets.misconception == "extra-axis" and "brackets" in str(brackets)


def test_a_term_that_was_left_out_is_no_letter_that_became_zero() -> None:
    u, w = list(sp.symbols("u_1:4")), sp.Symbol("w")
    assert said(u[1], recurrent.recurrence_grad, case(u, w)).misconception != "letter-became-number"


def test_places_in_one_row_are_no_axes() -> None:
    failure = said(lambda x: np.sort(x)[::-1] + 0.0, lambda x: np.sort(x), case(draw(5, 1)), about="")
    assert failure.misconception == "right-numbers-elsewhere" and "axes" not in str(failure)
