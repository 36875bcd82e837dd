"""Slips of small frameworks and of confused students: losses, masks, gates, counts, and signs lost with a pencil."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import utils
from tests.check.test_slips import DELTAS, GRADIENTS, IMAGES, LOGITS, Slip, is_called_by_its_name, one_hot, softmax
from utils.check import Failure, case, draw, expect
from utils.check.references import backprop, counting, network, normalization, recurrent, variations

Array = np.ndarray
BATCHES = [
    case(draw(utils.max_pool2d(x, k, s).shape, 5), x, k, s)
    for x, k, s in ((draw((2, 4, 4, 2), 1), 2, 1), (draw((3, 5, 4, 1), 2), 3, 1))
]
SIDE_BY_SIDE = [case(draw((2, 2, 2, 1), 3), draw((2, 4, 4, 1), 4), 2, 2)]
STACKS = [case(((3, 2, 1), (3, 3, 2), (2, 1, 3))), case(((2, 2, 1), (4, 2, 3), (3, 1, 2)))]
MOVED = [case([2, -3, 1], [1, 5, 2], draw((4, 3), 1), 0.5)]
RNN = [case(draw((2, 3, 2), 1), draw((2, 4), 2), draw((4, 4), 3), draw(4, 4), draw((2, 4), 5))]
RNN_GRAD = [case(draw((2, 3, 4), 6), *RNN[0].args)]
LSTM = [
    case(draw((2, 3, 2), 1), draw((2, 12), 2), draw((3, 12), 3), draw(12, 4), draw((2, 3), 5), draw((2, 3), 6)),
]
NORM = [case(draw((2, 2, 3, 4), 1), [2, -3, 1, 4], [1, 0, -2, 5], 2, 0.3)]
BLOCK = [case(draw((3, 2), 1), draw((3, 2), 2), draw((2, 4), 3), draw((4, 2), 4))]
FILTERS = [case((3, 2, 4), bias=True), case((2, 5, 3, 7), bias=True)]


def masked(grad_output, x, kernel_size, stride):
    blown_up, mask = np.zeros(x.shape), np.zeros(x.shape)
    for b, i, j, c in np.ndindex(*grad_output.shape):
        window = (b, slice(i * stride, i * stride + kernel_size), slice(j * stride, j * stride + kernel_size), c)
        r, q = np.unravel_index(x[window].argmax(), x[window].shape)
        blown_up[window] = grad_output[b, i, j, c]
        mask[b, i * stride + r, j * stride + q, c] = 1
    return blown_up * mask


def written(images: int | None = None, moves: bool = True) -> Callable:
    """max_pool2d_grad with = in place of +=, for so many images; `moves`: the window's corner is added."""

    def pool_grad(grad_output, x, kernel_size, stride):
        dx = np.zeros(x.shape)
        for b, i, j, c in np.ndindex(*grad_output[:images].shape):
            top, left = i * stride, j * stride
            window = x[b, top : top + kernel_size, left : left + kernel_size, c]
            r, q = np.unravel_index(window.argmax(), window.shape)
            dx[b, r + top * moves, q + left * moves, c] = grad_output[b, i, j, c]
        return dx

    return pool_grad


def cell(order: str = "ifgo", coupled: bool = False) -> Callable:
    def lstm(x, w_x, w_h, bias, h0, c0):
        h, c, states, cells = h0, c0, [], []
        for t in range(x.shape[1]):
            parts = dict(zip(order, np.split(x[:, t] @ w_x + h @ w_h + bias, 4, axis=1), strict=True))
            i, f, o = (1 / (1 + np.exp(-parts[k])) for k in "ifo")
            c = f * c + (1 - f if coupled else i) * np.tanh(parts["g"])
            h = o * np.tanh(c)
            states.append(h)
            cells.append(c)
        return np.stack(states, 1), np.stack(cells, 1)

    return lstm


def group_norm(cut: Callable[[Array, int], Array]) -> Callable:
    def norm(x, gamma, beta, groups, eps=1e-5):
        parts = cut(x, groups)
        centered = parts - parts.mean(-1, keepdims=True)
        return gamma * (centered / np.sqrt(parts.var(-1, keepdims=True) + eps)).reshape(x.shape) + beta

    return norm


def yes_or_no(logits, labels):
    p, one = softmax(logits), one_hot(logits, labels)
    return -(one * np.log(p) + (1 - one) * np.log(1 - p)).sum(1).mean()


def right_ones(logits, labels):
    return softmax(logits)[np.arange(len(labels)), labels]


def field(layers):
    width, jump = 1, 1
    for k, s, d in layers:
        width, jump = width + (k * d - 1) * jump, jump * s
    return width


def wide_jumps(layers):
    width, jump = 1, 1
    for k, s, d in layers:
        width, jump = width + (k - 1) * d * jump, jump * s * d
    return width


def pooled(k: int | None = None, s: int | None = None) -> Callable:
    """max_pool2d with a window of k that moves by s, whatever the call says."""

    def max_pool2d(x, kernel_size, stride):
        return utils.max_pool2d(x, k or kernel_size, s or stride)

    return max_pool2d


def in_time(back: Callable = lambda g, w_h: g @ w_h.T, slope: Callable = lambda d, b, h: (d + b) * (1 - h**2)):
    def rnn_grad(grad_output, x, w_x, w_h, bias, h0):
        h = utils.rnn(x, w_x, w_h, bias, h0)
        dx, dw_x, dw_h, dbias, b = np.zeros_like(x), 0, 0, 0, np.zeros_like(h0)
        for t in reversed(range(x.shape[1])):
            g = slope(grad_output[:, t], b, h[:, t])
            dx[:, t], b = g @ w_x.T, back(g, w_h)
            dw_x, dbias = dw_x + x[:, t].T @ g, dbias + g.sum(0)
            dw_h = dw_h + (h[:, t - 1] if t else h0).T @ g
        return dx, dw_x, dw_h, dbias, b

    return rnn_grad


def stubborn(x, w_x, w_h, bias, h0):
    return utils.rnn(np.repeat(x[:, :1], x.shape[1], 1), w_x, w_h, bias, h0)


def clip(grads, limit):
    length = sum(np.abs(g).sum() for g in grads.values())
    return {name: g * min(1, limit / length) for name, g in grads.items()}


def moved(running_mean, running_var, x, momentum):
    return 0.9 * running_mean + 0.1 * x.mean(0), 0.9 * running_var + 0.1 * x.var(0, ddof=1)


SLIPS: list[Slip] = [
    ("cross_entropy", "every-class-counted", yes_or_no, network.cross_entropy, LOGITS),
    ("cross_entropy", "log-of-the-sum", lambda z, t: -np.log(right_ones(z, t).sum()), network.cross_entropy, LOGITS),
    ("cross_entropy", "probability-not-loss", lambda z, t: 1 - right_ones(z, t).mean(), network.cross_entropy, LOGITS),
    ("max_pool2d_grad", "blown-up-then-masked", masked, utils.max_pool2d_grad, DELTAS),
    ("max_pool2d_grad", "overwrite-overlap", written(images=1), utils.max_pool2d_grad, BATCHES),
    ("max_pool2d_grad", "index-not-moved", written(moves=False), utils.max_pool2d_grad, [*DELTAS, *SIDE_BY_SIDE]),
    ("max_pool2d", "two-written-in", pooled(2, 2), utils.max_pool2d, IMAGES),
    ("max_pool2d", "two-written-in", pooled(k=2), utils.max_pool2d, IMAGES),
    ("max_pool2d", "two-written-in", pooled(s=2), utils.max_pool2d, IMAGES),
    ("rnn", "first-input-for-all", stubborn, utils.rnn, RNN),
    ("rnn_grad", "weights-passed-by", in_time(back=lambda g, w_h: g), utils.rnn_grad, RNN_GRAD),
    ("rnn_grad", "slope-of-direct-only", in_time(slope=lambda d, b, h: d * (1 - h**2) + b), utils.rnn_grad, RNN_GRAD),
    ("lstm", "gate-order", cell("oifg"), utils.lstm, LSTM),
    ("lstm", "gates-coupled", cell(coupled=True), utils.lstm, LSTM),
    ("group_norm", "gn-channels-first", group_norm(lambda x, n: x.reshape(len(x), n, -1)), utils.group_norm, NORM),
    ("group_norm", "gn-per-pixel", group_norm(lambda x, n: x), utils.group_norm, NORM),
    ("residual_grad", "gradient-times-x", lambda g, x, w1, w2: g + (g @ w2.T * np.maximum(x @ w1, 0)) @ w1.T,
     variations.residual_grad, BLOCK),
    ("dilated_field", "dilation-times-kernel", field, variations.dilated_field, STACKS),
    ("dilated_field", "jump-dilated", wide_jumps, variations.dilated_field, STACKS),
    ("dilated_field", "layers-reversed", lambda layers: variations.dilated_field(layers[::-1]),
     variations.dilated_field, STACKS),
    ("clip_by_norm", "sizes-summed", clip, recurrent.clip_by_norm,
     [case({"a": draw(3, 1), "b": draw((2, 2), 2)}, 1.5)]),
    ("update_running", "momentum-fixed", moved, normalization.update_running, MOVED),
    ("relu", "leaky", lambda x: np.where(x > 0, x, 0.01 * x), network.relu, [case(draw((3, 4), 1))]),
    ("num_parameters", "bias-per-row", lambda s, bias=False: int(np.prod(s)) + bias * s[0], utils.num_parameters,
     FILTERS),
    ("num_parameters", "bias-per-input-channel", lambda s, bias=False: int(np.prod(s)) + bias * s[2],
     utils.num_parameters, FILTERS),
    ("conv2d_grad_bias", "bias-all-in-one", lambda g: np.full(g.shape[-1], g.sum()), utils.conv2d_grad_bias,
     [case(draw((2, 3, 2, 3), 1))]),
    ("output_size", "odd-filters-only", lambda n, k, s=1, p=0: -(-(n + 2 * p - k // 2 * 2) // s), utils.output_size,
     [case(6, 4, 2, 0), case(5, 3, 2, 1), case(9, 2, 1, 1)]),
    ("scale_shift_grad", "gamma-too-often", lambda g, x_hat, gamma: (g * gamma, (g * gamma * x_hat).sum(0), g.sum(0)),
     normalization.scale_shift_grad, [case(draw((4, 3), 1), draw((4, 3), 2), [2, -3, 1])]),
]  # fmt: skip


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: f"{slip[0]}-{slip[1]}")
def test_a_slip_is_called_by_its_name(slip: Slip) -> None:
    is_called_by_its_name(*slip)


def said(answer: Any, like: Callable, on: Any, about: str | None = None) -> Failure:
    """What is said of a wrong answer."""
    with pytest.raises(Failure) as failure:
        expect(answer, like=like, on=on, about=about)
    return failure.value


@pytest.mark.parametrize(
    ("name", "numbers", "like", "on"),
    [
        ("minus-lost", [2, 7, -2], utils.conv1d, case([2, 1, 0, 3, -1], [1, 0, -2])),
        ("minus-lost", [3, 10, -3, -2], utils.conv1d_grad_input, case([3, -1], [1, 3, -2], 4)),
        ("minus-lost", [3, 8, 3, -2], utils.conv1d_grad_input, case([3, -1], [1, 3, -2], 4)),
        ("weights-not-used", [3, 4, 2], utils.conv1d, case([2, 1, 0, 3, -1], [1, 0, -2])),
        ("products-not-summed", [2, 3, -6], utils.conv1d, case([2, 1, 3, 4, -1], [1, 3, -2])),
        ("one-window-too-few", [0, 1, 2, 2, 1, 0], counting.fan_out, case(6, 3)),
        ("groups-multiplied", 3 * 3 * 24 * 40 * 8, variations.grouped_weights, case(3, 24, 40, 8)),
        ("depthwise-sees-all-channels", 9 * 8 * 8 + 8 * 20, variations.separable_weights, case(3, 8, 20)),
        ("depthwise-sees-all-channels", 9 * 8 * 20 + 8 * 20, variations.separable_weights, case(3, 8, 20)),
        ("rounded-too-soon", [0.031, 64, 1], recurrent.gradient_bounds, case([0.5, 2, 4], [1, 1, 0.25], [5, 6, 50])),
    ],
)
def test_a_slip_of_the_pencil_is_called_by_its_name(name: str, numbers: Any, like: Callable, on: Any) -> None:
    assert said(numbers, like, on).misconception == name


def test_inputs_that_come_in_reversed() -> None:
    u_1, u_2, u_3, w = sp_symbols("u_1 u_2 u_3 w")
    powers = w * u_1 + w**2 * u_2 + w**3 * u_3
    with pytest.raises(Failure) as failure:
        expect(powers, like=recurrent.recurrence, on=case([u_1, u_2, u_3], w), pick=-1)
    assert failure.value.misconception == "inputs-turned-around"


def sp_symbols(names: str) -> Any:
    return pytest.importorskip("sympy").symbols(names)


def test_a_filter_without_channels_is_not_accused_of_its_channels() -> None:
    failure = said([-6, 11, 0, -1], utils.conv1d_grad_input, case([3, -1], [1, 3, -2], 4))
    assert failure.misconception == "unflipped-dx"
    assert "channel" not in str(failure)


def test_by_hand_a_gradient_at_the_wrong_pixel_is_no_slice_that_is_too_short() -> None:
    failure = said([[0, 6], [0, 0]], utils.max_pool2d_grad, case([[6]], [[3, 4], [0, 5]], 2, 2))
    assert failure.misconception != "slice-drops-last"


def test_numbers_are_not_called_right_where_there_is_a_second_mistake() -> None:
    def kept(grad_output, x, gamma, eps=1e-5):
        dx, dgamma, dbeta = utils.batch_norm_grad(grad_output, x, gamma, 0)
        return dx, dgamma[None], dbeta

    with pytest.raises(Failure) as failure:
        expect(kept, like=utils.batch_norm_grad, about="batch_norm_grad", on=GRADIENTS, forbid=())
    assert "extra-axis" in str(failure.value)
    assert "numbers are right" not in str(failure.value)


def test_a_spread_that_is_not_turned_is_told_alone() -> None:
    failure = said([-2, -1, 7, 2], backprop.spread, case([1, 2], [1, 3, -2], 4), "spread")
    assert failure.misconception == "unflipped-dx"
    assert "Either" not in str(failure)


def test_by_hand_one_bias_for_a_layer_is_no_wrong_entry_of_a_shape() -> None:
    failure = said(41, counting.layer_parameters, case((32, 32, 10), (1, 1, 10, 4), bias=True))
    assert failure.misconception == "bias-once"
    assert "row" not in str(failure)


@pytest.mark.parametrize(
    ("formula", "name"),
    [
        ("u_3 + w * u_2 + w**2 * u_1", "exponents-forgotten"),  # the right formula holds 1, 2 w and 3 w**2
        ("u_3", "own-input-only"),
    ],
)
def test_a_derivative_without_its_factors_is_not_told_that_a_state_was_forgotten(formula: str, name: str) -> None:
    letters: dict[str, Any] = dict(zip(("u_1", "u_2", "u_3", "w"), sp_symbols("u_1 u_2 u_3 w"), strict=True))
    failure = said(eval(formula, letters), recurrent.recurrence_grad, case([*letters.values()][:3], letters["w"]))
    assert failure.misconception == name and "Either" not in str(failure)


def test_a_gradient_that_was_used_is_not_called_ones() -> None:
    def without_variance(grad_output, x, gamma, eps=1e-5):
        inv = 1 / np.sqrt(x.var(axis=0) + eps)
        dgamma = (grad_output * (x - x.mean(axis=0)) * inv).sum(axis=0)
        return gamma * inv * (grad_output - grad_output.mean(axis=0)), dgamma, grad_output.sum(axis=0)

    tables = case(draw((4, 3), 1), draw((4, 3), 2), [2, -3, 1], 0.5)
    failure = said(without_variance, utils.batch_norm_grad, tables, "batch_norm_grad")
    assert failure.misconception == "bn-missing-var"
    assert "ones" not in str(failure)


def test_a_single_zero_is_no_array_into_which_nothing_was_written() -> None:
    failure = said(lambda layers: 0, variations.dilated_field, STACKS, "dilated_field")
    assert "written" not in str(failure)
