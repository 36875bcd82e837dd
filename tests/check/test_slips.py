"""Plain functions with one slip each, of kinds that were seen in code from outside of this course."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import utils
from utils.check import Case, Failure, case, draw, expect
from utils.check.references import network, normalization

Array = np.ndarray
ROWS = [case(draw((3, 2), 1), [2, -3], [1, 5], 0.5), case(draw((4, 3), 2), [1, 2, -1], [0, 1, 2], 0.1)]
IMAGES = [case(draw((2, 3, 5, 2), 1), 2, 1), case(draw((2, 4, 4, 3), 2), 2, 2), case(draw((2, 5, 7, 2), 3), 3, 2)]
LAYERS = [
    case(draw((2, 4, 6, 3), 1), draw((2, 3, 3, 4), 2)),
    case(draw((2, 4, 6, 3), 1), draw((2, 3, 3, 4), 2), padding=(1, 2)),
    case(draw((2, 4, 6, 3), 1), draw((2, 3, 3, 4), 2), stride=(2, 3), padding=(2, 1)),
]
X = [draw((2, 3, 5, 2), 1), draw((2, 4, 4, 3), 2), draw((2, 5, 7, 2), 3), draw((1, 7, 6, 2), 4)]
DELTAS = [
    case(draw(utils.max_pool2d(x, k, s).shape, 5 + i), x, k, s)
    for i, (x, k, s) in enumerate(zip(X, (2, 2, 3, 3), (1, 2, 2, 1), strict=True))
]
GRADIENTS = [case(draw((4, 3), 1), draw((4, 3), 2), [2, -3, 1], 0.5), case(draw((5, 2), 3), draw((5, 2), 4), [2, 3])]
RUNNING = [case(draw((4, 3), 1), [2, -3, 1], [1, 5, 2], [0.5, 1, 2], [4, 2, 0.5], 0.5)]
LOGITS = [case(draw((3, 4), 1), np.array([2, 0, 3])), case(draw((2, 3), 2), np.array([0, 1]))]


Slip = tuple[str, str, Callable, Callable, list[Case]]  # the operation, the mistake, a wrong function, the right one


def is_called_by_its_name(about: str, name: str, wrong: Callable, right: Callable, cases: list[Case]) -> None:
    with pytest.raises(Failure) as failure, np.errstate(all="ignore"):
        expect(wrong, like=right, about=about, on=cases, forbid=())
    assert failure.value.misconception == name, failure.value


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


def counted(step: int = 1, row_for_column: bool = False) -> Callable:
    """max_pool2d_grad; the loops over the outputs move by `step` strides, or a maximum's row is used twice."""

    def pool_grad(grad_output, x, kernel_size, stride):
        dx, k, s = np.zeros(x.shape), kernel_size, stride
        for b, i, j, c in np.ndindex(*grad_output.shape):
            if step > 1 and j % s:
                continue
            window = x[b, i * s : i * s + k, j * s : j * s + k, c]
            r, q = np.unravel_index(window.argmax(), window.shape)
            dx[b, i * s + r, j * s + (r if row_for_column else q), c] += grad_output[b, i, j, c]
        return dx

    return pool_grad


def plain_gradient(scale: Callable = lambda g, d, x_hat: g, power: float = 1.5, sign: float = -0.5) -> Callable:
    """batch_norm_grad as the paper writes it, with a slip in one of its steps."""

    def batch_norm_grad(grad_output, x, gamma, eps=1e-5):
        g, n, c, var = grad_output, len(x), x - x.mean(0), x.var(0)
        x_hat, d = c / np.sqrt(var + eps), grad_output * gamma
        d_var = (d * c * sign * (var + eps) ** -power).sum(0)
        dx = scale(d / np.sqrt(var + eps), d, var) + d_var * 2 * c / n - (d / np.sqrt(var + eps)).sum(0) / n
        return dx, (g * x_hat).sum(0), g.sum(0)

    return batch_norm_grad


def rows_stay(x, w, stride=(1, 1), padding=(0, 0)):
    """The counter of the rows does not move: every row is written into the first."""
    y = convolution()(x, w, stride, padding)
    z = np.zeros_like(y)
    for i in range(y.shape[1]):
        z[:, 0] = y[:, i]
    return z


def one_mean(x, gamma, beta, eps=1e-5):
    return gamma * (x - x.mean()) / np.sqrt(x.var(0) + eps) + beta


def moved_first(x, gamma, beta, running_mean, running_var, eps=1e-5):
    mean, var = 0.9 * running_mean + 0.1 * x.mean(0), 0.9 * running_var + 0.1 * x.var(0)
    return gamma * (x - mean) / np.sqrt(var + eps) + beta


AVERAGED = plain_gradient(lambda s, d, v: s / len(s))


def reshaped_kernel(x, w, stride=(1, 1), padding=(0, 0)):
    filters_first = w.reshape(w.shape[3], w.shape[2], *w.shape[:2])
    return convolution()(x, filters_first.transpose(2, 3, 1, 0), stride, padding)


def turned_result(x, w, stride=(1, 1), padding=(0, 0)):
    return convolution()(x, w, stride, padding).transpose(0, 3, 2, 1)


def exchanged(x, gamma, beta, running_mean, running_var, eps=1e-5):
    return normalization.batch_norm_eval(x, gamma, beta, running_var, running_mean, eps)


def mean_below(logits, labels):
    return network.cross_entropy(logits, labels) - np.log(len(logits[0]))


def without_first_row(x, w, stride=(1, 1), padding=(0, 0)):
    """No output in the first row of the last image: a return or a counter in the wrong place."""
    y = convolution()(x, w, stride, padding)
    y[-1, 0] = 0
    return y


def from_a_copy(grad_output, x, k, s):
    return x + utils.max_pool2d_grad(grad_output, x, k, s)


def narrow_ring(grad_output, w, input_shape):
    """One row and column of zeros round the deltas, whatever the kernel's size."""
    ringed = np.pad(grad_output, ((0, 0), (1, 1), (1, 1), (0, 0)))
    return convolution()(ringed, w[::-1, ::-1].swapaxes(2, 3))


def in_one_line(x, gamma, beta, eps=1e-5):
    return gamma * (x - x.mean(0)) / np.sqrt(x.var(0)) + eps + beta


def without_brackets(x, gamma, beta, eps=1e-5):
    return gamma * x - x.mean(0) / np.sqrt(x.var(0) + eps) + beta


DIAGONAL = pooling(lambda part, k: np.stack([part[:, i, i] for i in range(k)]).max(0))
MIDDLE = pooling(lambda part, k: np.median(part, (1, 2)))
RINGS = [
    case(draw((2, 3, 2, 2), 1), draw((3, 2, 3, 2), 2), (2, 5, 3, 3)),
    case(draw((2, 2, 3, 2), 3), draw((2, 3, 3, 2), 4), (2, 3, 5, 3)),
]
TABLE = [case(draw((4, 3), 1), draw((4, 3), 2), [2, -3, 1])]
SLIPS: list[Slip] = [
    ("max_pool2d", "diagonal-of-window", DIAGONAL, utils.max_pool2d, IMAGES),
    ("avg_pool2d", "median-not-mean", MIDDLE, utils.avg_pool2d, IMAGES),
    ("max_pool2d_grad", "starts-with-x", from_a_copy, utils.max_pool2d_grad, DELTAS),
    ("conv2d_grad_input", "ring-too-narrow", narrow_ring, utils.conv2d_grad_input, RINGS),
    ("batch_norm", "bn-eps-after-division", in_one_line, utils.batch_norm, ROWS),
    ("batch_norm", "bn-brackets-forgotten", without_brackets, utils.batch_norm, ROWS),
    ("scale_shift_grad", "bn-sums-multiplied", lambda g, h, gamma: (g * gamma, g.sum(0) * h.sum(0), g.sum(0)),
     normalization.scale_shift_grad, TABLE),
    ("cross_entropy", "logarithm-of-being-wrong",
     lambda z, t: -np.log(1 - softmax(z)[np.arange(len(t)), t]).mean(), network.cross_entropy, LOGITS),
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
    ("conv2d", "counter-not-moved", rows_stay, utils.conv2d, LAYERS),
    ("conv2d", "partly-written", without_first_row, utils.conv2d, LAYERS),
    ("conv2d", "kernel-reshaped", reshaped_kernel, utils.conv2d, LAYERS),
    ("conv2d", "axes-in-another-order", turned_result, utils.conv2d, LAYERS),
    ("max_pool2d_grad", "outputs-skipped", counted(step=2), utils.max_pool2d_grad, DELTAS),
    ("max_pool2d_grad", "place-half-used", counted(row_for_column=True), utils.max_pool2d_grad, DELTAS),
    ("batch_norm_grad", "bn-wrong-power", plain_gradient(power=0.5), utils.batch_norm_grad, GRADIENTS),
    ("batch_norm_grad", "half-forgotten", plain_gradient(sign=1), utils.batch_norm_grad, GRADIENTS),
    ("batch_norm_grad", "bn-direct-path-averaged", AVERAGED, utils.batch_norm_grad, GRADIENTS),
    ("batch_norm_grad", "bn-no-eps", plain_gradient(lambda s, d, v: d / np.sqrt(v)), utils.batch_norm_grad, GRADIENTS),
    ("batch_norm", "bn-one-mean-for-all", one_mean, utils.batch_norm, ROWS),
    ("batch_norm", "bn-gamma-twice", lambda x, g, b, eps=1e-5: utils.batch_norm(x, g, g, eps), utils.batch_norm, ROWS),
    ("batch_norm_eval", "running-statistics-moved", moved_first, normalization.batch_norm_eval, RUNNING),
    ("batch_norm_eval", "statistics-exchanged", exchanged, normalization.batch_norm_eval, RUNNING),
    ("cross_entropy", "mean-not-sum", mean_below, network.cross_entropy, LOGITS),
    ("cross_entropy_grad", "exponential-forgotten", lambda z, t: (z / z.sum(1, keepdims=True) - one_hot(z, t)) / len(t),
     network.cross_entropy_grad, LOGITS),
    (
        "cross_entropy_grad", "probabilities-not-divided",
        lambda z, t: softmax(z) - one_hot(z, t) / len(t), network.cross_entropy_grad, LOGITS,
    ),
    (
        "cross_entropy", "entropy-not-cross-entropy",
        lambda z, t: -(softmax(z) * np.log(softmax(z))).sum(1).mean(), network.cross_entropy, LOGITS,
    ),
]  # fmt: skip


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: f"{slip[0]}-{slip[1]}")
def test_a_slip_is_called_by_its_name(slip: Slip) -> None:
    is_called_by_its_name(*slip)


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
