"""Plain functions with one slip each, as they were met outside: losses of zeros, marks of maxima, counters, sizes."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import utils
from tests.check.test_slips import DELTAS, IMAGES, Slip, is_called_by_its_name, one_hot, softmax
from utils.check import Failure, case, draw, expect
from utils.check.references import network

Array = np.ndarray
FAR = [
    case(draw((3, 4), 1), np.array([2, 0, 3])), case([[0.5, -900.0, 1]], np.array([1])),
    case([[0, 1, -800.0], [-2, -1, -3]], np.array([1, 0])), case([[-1000, -1002, -1001]], np.array([1])),
]  # fmt: skip
LARGE = case([[1000, 999, 0.0]], np.array([0]))
WIDE = [
    case(draw((2, 4, 6, 3), 1), draw((2, 3, 3, 4), 2), draw(4, 3), stride=(2, 3), padding=(2, 1)),
    case(draw((2, 5, 6, 3), 1), draw((3, 3, 3, 4), 2), draw(4, 3), stride=(2, 2), padding=(1, 1)),
    case(draw((2, 4, 6, 3), 1), draw((2, 2, 3, 4), 2), draw(4, 3), stride=(2, 2)),
]
ONTO_INPUTS = [
    case(draw((3, 3, 4, 2), 1), draw((2, 3, 2, 2), 2), (3, 4, 6, 2)),
    case(draw((2, 2, 3, 2), 3), draw((2, 2, 2, 2), 4), (2, 4, 6, 2), stride=2),
]
TABLES = [case(draw((2, 3, 4, 5), 1)), case(draw((3, 2, 4, 2), 2)), case(draw((1, 4, 3, 2), 3))]
FOR_IMAGES = [case(draw((2, 3, 2, 2), s), draw((2, 3, 2, 2), s + 9), draw(2, s + 20), 0.5) for s in (1, 2)]
SPREAD = [case(c.args[0], c.args[1].shape, *c.args[2:]) for c in DELTAS]


def loss(of: Callable[[Array, Any], Array]) -> Callable:
    def cross_entropy(logits, labels):
        return np.mean(of(np.asarray(logits, float), labels))

    return cross_entropy


def right_ones(p: Array, labels: Any) -> Array:
    return p[np.arange(len(p)), labels]


def or_zero(logits: Array, labels: Any) -> Array:
    losses = -np.log(right_ones(softmax(logits), labels))
    return np.where(np.isinf(losses), 0, losses)


def cut_off(logits: Array, labels: Any) -> Array:
    e = np.exp(np.maximum(logits - logits.max(1, keepdims=True), -500))
    return -np.log(right_ones(e / e.sum(1, keepdims=True), labels))


def so_far(logits: Array, labels: Any) -> Array:
    largest, losses = 0.0, []
    for row, label in zip(logits, labels, strict=True):
        largest = max(largest, row.max())
        e = np.exp(row - largest)
        losses.append(-np.log(e[label] / e.sum()))
    return np.array(losses)


def too_often(grad_output):
    return sum(grad_output.sum((0, 1, 2)) for _ in grad_output[0])


def at_the_label(logits, labels):
    p, one = softmax(logits), one_hot(logits, labels)
    return np.where(one == 1, -1 / p * (p - p * p), p) / len(p)


def pooled(size: Callable, start: Callable, take: Callable) -> Callable:
    """`size(n, k, s)` windows along each axis; window (i, j) begins at start(i, j, s)."""

    def pool(x, kernel_size, stride):
        k, s = kernel_size, stride
        y = np.zeros((len(x), *(size(n, k, s) for n in x.shape[1:3]), x.shape[3]))
        for i, j in np.ndindex(*y.shape[1:3]):
            top, left = start(i, j, s)
            y[:, i, j] = take(x[:, top : top + k, left : left + k])
        return y

    return pool


def as_many_as_fit(n: int, k: int, s: int) -> int:
    return (n - k) // s + 1


def in_steps(i: int, j: int, s: int) -> tuple[int, int]:
    return i * s, j * s


def largest(window: Array) -> Array:
    return window.max((1, 2))


def rows_of(window: Array) -> Array:
    return window.reshape(len(window) * window.shape[3], -1).max(1).reshape(len(window), -1)


def moved_back(x, kernel_size, stride):
    k, s = kernel_size, stride
    starts = [[min(i * s, n - k) for i in range(-(-(n - k) // s) + 1)] for n in x.shape[1:3]]
    return np.stack([np.stack([largest(x[:, i : i + k, j : j + k]) for j in starts[1]], 1) for i in starts[0]], 1)


def marked(how: Callable[[Array, Array], Array]) -> Callable:
    """max_pool2d_grad with one array of marks for all windows; `how` writes a window's marks over what is there."""

    def pool_grad(grad_output, x, kernel_size, stride):
        k, s, marks, dx = kernel_size, stride, np.zeros(x.shape), np.zeros(x.shape)
        corners = [
            (i, j, slice(i * s, i * s + k), slice(j * s, j * s + k)) for i, j in np.ndindex(*grad_output.shape[1:3])
        ]
        for _, _, rows, columns in corners:
            window = x[:, rows, columns]
            marks[:, rows, columns] = how(marks[:, rows, columns], window == window.max((1, 2), keepdims=True))
        for i, j, rows, columns in corners:
            dx[:, rows, columns] += marks[:, rows, columns] * grad_output[:, i : i + 1, j : j + 1]
        return dx

    return pool_grad


def window_times(what: Callable[[Array], Array]) -> Callable:
    def pool_grad(grad_output, x, kernel_size, stride):
        dx, k, s = np.zeros(x.shape), kernel_size, stride
        for b, i, j, c in np.ndindex(*grad_output.shape):
            here = b, slice(i * s, i * s + k), slice(j * s, j * s + k), c
            dx[here] += grad_output[b, i, j, c] * what(x[here])
        return dx

    return pool_grad


def mixed_up(grad_output, x, kernel_size, stride):
    """Windows are reshaped to rows with their channels last, and back."""
    dx, k, s = np.zeros(x.shape), kernel_size, stride
    for i, j in np.ndindex(*grad_output.shape[1:3]):
        window = x[:, i * s : i * s + k, j * s : j * s + k]
        rows = window.reshape(-1, k * k)
        marks = (rows == rows.max(1, keepdims=True)) * grad_output[:, i, j].reshape(-1, 1)
        dx[:, i * s : i * s + k, j * s : j * s + k] += marks.reshape(window.shape)
    return dx


def all_deltas(grad_output, input_shape, kernel_size, stride):
    dx, k, s = np.zeros(input_shape), kernel_size, stride
    for i, j in np.ndindex(*grad_output.shape[1:3]):
        dx[:, i * s : i * s + k, j * s : j * s + k] += grad_output.sum() / k**2
    return dx


def left_empty(with_bias: bool) -> Callable:
    """The stride divides only the padding, so there is room for more outputs than there are windows."""

    def conv2d(x, w, bias, stride=(1, 1), padding=(0, 0)):
        s, p, k = stride, padding, w.shape[:2]
        y = utils.conv2d(x, w, None, stride=s, padding=p)
        z = np.zeros((len(x), *(int(x.shape[a + 1] - k[a] + 2 * p[a] / s[a] + 1) for a in (0, 1)), w.shape[3]))
        z[:, : y.shape[1], : y.shape[2]] = y if with_bias else y + bias
        return z + bias if with_bias else z

    return conv2d


def last_image(grad_output, w, input_shape, stride=(1, 1), padding=(0, 0)):
    dx = utils.conv2d_grad_input(grad_output, w, input_shape, stride=stride, padding=padding)
    dx[:-1] = 0
    return dx


def precedence(grad_output, x, gamma, eps=1e-5):
    g, (B, H, W, _), axes = grad_output, x.shape, (0, 1, 2)
    c, inv = x - x.mean(axes), 1 / np.sqrt(x.var(axes) + eps)
    d = g * gamma
    d_var = (d * c * -0.5 * inv**3).sum(axes)
    dx = d * inv + d_var * 2 * c / B * H * W - (d * inv).sum(axes) / (B * H * W)
    return dx, (g * c * inv).sum(axes), g.sum(axes)


SLIPS: list[Slip] = [
    (
        "cross_entropy", "zero-times-infinity",
        lambda z, t: -(one_hot(z, t) * np.log(softmax(z))).sum() / len(z), network.cross_entropy, FAR,
    ),
    ("cross_entropy", "infinity-replaced", loss(or_zero), network.cross_entropy, FAR),
    ("cross_entropy", "logits-cut-off", loss(cut_off), network.cross_entropy, FAR),
    ("cross_entropy", "maximum-at-least-zero", loss(so_far), network.cross_entropy, [*FAR, LARGE]),
    (
        "cross_entropy", "labels-crossed",
        lambda z, t: -np.log(softmax(z).T[t]).sum(), network.cross_entropy, FAR[:1],
    ),
    (
        "cross_entropy", "one-loss-for-each-image",
        lambda z, t: -np.log(right_ones(softmax(z), t)), network.cross_entropy, [FAR[0], FAR[2]],
    ),
    ("cross_entropy_grad", "log-of-zero", at_the_label, network.cross_entropy_grad, FAR[:2]),
    (
        "cross_entropy_grad", "label-before",
        lambda z, t: (softmax(z) - one_hot(z, np.asarray(t) - 1)) / len(t), network.cross_entropy_grad, FAR[:1],
    ),
    ("relu_grad", "mask-from-gradient", lambda g, x: 1.0 * (g > 0), network.relu_grad, [case(draw(9, 1), draw(9, 2))]),
    ("conv2d_grad_bias", "bias-added-too-often", too_often, utils.conv2d_grad_bias, TABLES),
    ("conv2d_grad_bias", "bias-per-place", lambda g: g.reshape(len(g), -1).sum(0), utils.conv2d_grad_bias, TABLES),
    ("max_pool2d", "windows-reshaped", pooled(as_many_as_fit, in_steps, rows_of), utils.max_pool2d, IMAGES),
    ("max_pool2d", "size-by-stride", pooled(lambda n, k, s: n // s, in_steps, largest), utils.max_pool2d,
     [*IMAGES, case(draw((1, 5, 3, 2), 7), 1, 2), case(draw((1, 5, 2, 3), 8), 2, 3)]),
    ("max_pool2d", "stride-not-used", pooled(lambda n, k, s: n // k, lambda i, j, s: (i, j), largest), utils.max_pool2d,
     IMAGES),
    ("max_pool2d", "last-window-moved-back", moved_back, utils.max_pool2d,
     [*IMAGES, case(draw((2, 5, 6, 2), 5), 2, 2)]),
    ("max_pool2d", "one-maximum-for-all",
     lambda x, k, s: utils.max_pool2d(x, k, s) * 0 + x.max((1, 2), keepdims=True), utils.max_pool2d, IMAGES),
    ("max_pool2d", "counter-used-twice", pooled(as_many_as_fit, lambda i, j, s: (i * s, i * s), largest),
     utils.max_pool2d, IMAGES[:1] + IMAGES[2:]),
    ("max_pool2d_grad", "one-mask-for-all-windows", marked(lambda old, new: new), utils.max_pool2d_grad, DELTAS),
    ("max_pool2d_grad", "one-mask-for-all-windows", marked(np.maximum), utils.max_pool2d_grad, DELTAS),
    ("max_pool2d_grad", "maximum-to-everyone", window_times(np.max), utils.max_pool2d_grad, DELTAS),
    ("max_pool2d_grad", "windows-reshaped", mixed_up, utils.max_pool2d_grad, DELTAS),
    ("avg_pool2d_grad", "deltas-of-all-places", all_deltas, utils.avg_pool2d_grad, SPREAD),
    ("conv2d", "size-precedence", left_empty(with_bias=False), utils.conv2d, WIDE),
    ("conv2d", "size-precedence", left_empty(with_bias=True), utils.conv2d, WIDE),
    ("conv2d_grad_input", "last-image-written", last_image, utils.conv2d_grad_input, ONTO_INPUTS),
    ("batch_norm_grad", "bn-count-precedence", precedence, utils.batch_norm_grad, FOR_IMAGES),
]  # fmt: skip


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: f"{slip[0]}-{slip[1]}")
def test_a_slip_is_called_by_its_name(slip: Slip) -> None:
    is_called_by_its_name(*slip)


def test_two_ways_to_nan_are_both_told_where_nothing_tells_them_apart() -> None:
    with pytest.raises(Failure) as failure, np.errstate(all="ignore"):
        wrong = SLIPS[0][2]
        expect(
            wrong,
            like=network.cross_entropy,
            about="cross_entropy",
            on=case([[1000, 999, 0.0]], np.array([1])),
            forbid=(),
        )
    assert "infinite" in str(failure.value) and "one-hot" in str(failure.value)
