"""Plain functions with one slip each, of kinds that were seen in code from outside of this course."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import utils
from utils.check import Case, Failure, case, draw, expect
from utils.check.references import network

Array = np.ndarray
ROWS = [case(draw((3, 2), 1), [2, -3], [1, 5], 0.5), case(draw((4, 3), 2), [1, 2, -1], [0, 1, 2], 0.1)]
IMAGES = [case(draw((2, 3, 5, 2), 1), 2, 1), case(draw((2, 4, 4, 3), 2), 2, 2), case(draw((2, 5, 7, 2), 3), 3, 2)]
LAYERS = [
    case(draw((2, 4, 6, 3), 1), draw((2, 3, 3, 4), 2)),
    case(draw((2, 4, 6, 3), 1), draw((2, 3, 3, 4), 2), padding=(1, 2)),
    case(draw((2, 4, 6, 3), 1), draw((2, 3, 3, 4), 2), stride=(2, 3), padding=(2, 1)),
]
LOGITS = [case(draw((3, 4), 1), np.array([2, 0, 3])), case(draw((2, 3), 2), np.array([0, 1]))]


def inside(end: int, size: int) -> bool:
    return end <= size


def convolution(fits: Callable = inside, last: bool = False, without: bool = False) -> Callable:
    """conv2d, window by window; `fits` says which windows are used, `without`: the loop forgets the padding."""

    def conv2d(x, w, stride=(1, 1), padding=(0, 0)):
        wide = np.pad(x, ((0, 0), (padding[0],) * 2, (padding[1],) * 2, (0, 0)))
        size, k, s = wide.shape[1:3], w.shape[:2], stride
        out = [(size[a] - k[a]) // s[a] + 1 for a in (0, 1)]
        loop = [(x.shape[a + 1] - k[a]) // s[a] + 1 for a in (0, 1)] if without else out
        y = np.zeros((len(x), *out, w.shape[3]))
        for i, j in np.ndindex(*loop):
            ends = i * s[0] + k[0], j * s[1] + k[1]
            if all(map(fits, ends, size)) and (not last or j == out[1] - 1):
                y[:, i, j] = np.tensordot(wide[:, i * s[0] : ends[0], j * s[1] : ends[1]], w, 3)
        return y

    return conv2d


def tap_by_tap(x, w, stride=(1, 1), padding=(0, 0)):
    """The second loop runs to the height of the filter."""
    wide = np.pad(x, ((0, 0), (padding[0],) * 2, (padding[1],) * 2, (0, 0)))
    out = [(wide.shape[a + 1] - w.shape[a]) // stride[a] + 1 for a in (0, 1)]
    y = np.zeros((len(x), *out, w.shape[3]))
    for u, v in np.ndindex(w.shape[0], w.shape[0]):
        y += wide[:, u : u + out[0] * stride[0] : stride[0], v : v + out[1] * stride[1] : stride[1]] @ w[u, v]
    return y


def pooling(take: Callable) -> Callable:
    def pool(x, kernel_size, stride):
        out = [(n - kernel_size) // stride + 1 for n in x.shape[1:3]]
        y = np.zeros((len(x), *out, x.shape[3]))
        for i, j in np.ndindex(*out):
            y[:, i, j] = take(x[:, i * stride :, j * stride :][:, :kernel_size, :kernel_size], kernel_size)
        return y

    return pool


def normalized(numerator: Callable, denominator: Callable) -> Callable:
    def batch_norm(x, gamma, beta, eps=1e-5):
        return gamma * (numerator(x, eps) / denominator(x.var(0), eps)) + beta

    return batch_norm


def centered(x: Array, eps: float) -> Array:
    return x - x.mean(0)


def root(var: Array, eps: float) -> Array:
    return np.sqrt(var + eps)


def softmax(logits: Any) -> Array:
    e = np.exp(logits - np.max(logits, 1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def one_hot(logits: Any, labels: Any) -> Array:
    return np.eye(np.shape(logits)[1])[labels]


SLIPS: list[tuple[str, str, Callable, Callable, list[Case]]] = [
    ("conv2d", "last-window-missing", convolution(lambda end, size: end < size), utils.conv2d, LAYERS),
    ("conv2d", "only-last-window", convolution(last=True), utils.conv2d, LAYERS),
    ("conv2d", "loop-without-padding", convolution(without=True), utils.conv2d, LAYERS),
    ("conv2d", "loop-of-other-axis", tap_by_tap, utils.conv2d, LAYERS),
    ("max_pool2d", "pooled-over-everything", pooling(lambda part, k: part.max()), utils.max_pool2d, IMAGES),
    ("avg_pool2d", "divided-by-twice-k", pooling(lambda p, k: p.sum((1, 2)) / (k * 2)), utils.avg_pool2d, IMAGES),
    ("batch_norm", "bn-eps-twice", normalized(centered, lambda v, e: root(v, e) + e), utils.batch_norm, ROWS),
    ("batch_norm", "bn-root-twice", normalized(centered, lambda v, e: root(v**0.5, e)), utils.batch_norm, ROWS),
    ("batch_norm", "bn-half-not-root", normalized(centered, lambda v, e: (v + e) ** 1 / 2), utils.batch_norm, ROWS),
    ("batch_norm", "bn-mean-multiplied", normalized(lambda x, e: x * x.mean(0), root), utils.batch_norm, ROWS),
    (
        "cross_entropy_grad", "probabilities-not-divided",
        lambda z, t: softmax(z) - one_hot(z, t) / len(t), network.cross_entropy_grad, LOGITS,
    ),
    (
        "cross_entropy", "entropy-not-cross-entropy",
        lambda z, t: -(softmax(z) * np.log(softmax(z))).sum(1).mean(), network.cross_entropy, LOGITS,
    ),
]  # fmt: skip


@pytest.mark.parametrize(("about", "name", "wrong", "right", "cases"), SLIPS, ids=[f"{s[0]}-{s[1]}" for s in SLIPS])
def test_a_slip_is_called_by_its_name(
    about: str, name: str, wrong: Callable, right: Callable, cases: list[Case]
) -> None:
    with pytest.raises(Failure) as failure, np.errstate(all="ignore"):
        expect(wrong, like=right, about=about, on=cases, forbid=())
    assert failure.value.misconception == name, failure.value


@pytest.mark.parametrize(
    ("right", "like", "cases"),
    [
        (convolution(), utils.conv2d, LAYERS),
        (pooling(lambda part, k: part.max((1, 2))), utils.max_pool2d, IMAGES),
        (normalized(centered, root), utils.batch_norm, ROWS),
    ],
)
def test_without_a_slip_they_are_right(right: Callable, like: Callable, cases: list[Case]) -> None:
    expect(right, like=like, on=cases, forbid=())


@pytest.mark.parametrize(("times", "name"), [(2, "twice-as-large"), (0.5, "half-as-large"), (-1, "sign-flipped")])
def test_one_number_by_itself_is_named_as_many_are(times: float, name: str) -> None:
    with pytest.raises(Failure) as failed:
        shapes = [case((3, 2, 5, 7)), case((5, 1, 3, 4))]
        expect(lambda shape: times * float(np.prod(shape)), utils.num_parameters, shapes)
    assert failed.value.misconception == name
