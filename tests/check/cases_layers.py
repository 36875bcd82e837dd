"""Cases for the small questions of Problems 5, 6 and 7, each with the reference that its notebook uses."""

import numpy as np

from utils.check import case, draw
from utils.check.references import network


def _n(*shape: int, seed: int = 0) -> np.ndarray:
    return draw(shape, seed + sum(shape), "normal")


def _pooled_shape(shape, k, s):
    return (shape[0] - k) // s + 1, (shape[1] - k) // s + 1, shape[2]


def _max_marks(x, k, s):
    marks = np.zeros(x.shape)
    for i in range(0, x.shape[0] - k + 1, s):
        for j in range(0, x.shape[1] - k + 1, s):
            marks[i : i + k, j : j + k] += x[i : i + k, j : j + k] == x[i : i + k, j : j + k].max()
    return marks


def _windows_per_pixel(n, k, s):
    return np.array([sum(a <= i < a + k for a in range(0, n - k + 1, s)) for i in range(n)])


def _row(x, gamma, beta):
    return gamma * (x - x.mean()) / x.std() + beta


def _row_grad(g, x, gamma):
    xhat = (x - x.mean()) / x.std()
    return gamma / x.std() * (g - g.mean() - xhat * (g * xhat).mean())


def _closed_form(g, xhat, gamma, inv):
    return gamma * inv * (g - g.mean(0) - xhat * (g * xhat).mean(0))


def _update(mean, var, x, m):
    return (1 - m) * mean + m * x.mean(0), (1 - m) * var + m * x.var(0, ddof=1)


def _parameters(size, f1, f2, classes):
    return 9 * f1 + 9 * f1 * f2 + 2 * (f1 + f2) + ((size // 4) ** 2 * f2 + 1) * classes


def _momentum_step(params, velocity, grads, rate, momentum):
    v = {k: momentum * velocity[k] - rate * grads[k] for k in params}
    return {k: params[k] + v[k] for k in params}, v


COMPANION = [[3, 4, 1, 2], [0, 5, 9, 4], [8, 6, 3, 7], [2, 4, 2, 0]]
_TINY = {"w1": (3, 3, 1, 2), "gamma1": (2,), "beta1": (2,), "w2": (3, 3, 2, 3), "gamma2": (3,), "beta2": (3,),
         "w3": (3, 4), "b3": (4,)}  # fmt: skip
_PARAMS = {name: draw(shape, k, "normal") for k, (name, shape) in enumerate(_TINY.items())}
_TRIO = [{"kernel": _n(3, 2, seed=k), "bias": _n(4, seed=k)} for k in range(3)]
_LOGITS = [case([[1, 0, 2], [0, 3, -1]], np.array([0, 1])), case(_n(5, 4), np.array([3, 0, 1, 1, 2]))]
_LOGITS += [case([[1000, 999, 0]], np.array([1])), case([[1000, 999, 0], [1, 0, 2]], np.array([1, 0]))]

CASES = {
    "pooled_shape": (_pooled_shape, [case((6, 9, 4), 3, 2), case((11, 8, 5), 2, 3)]),
    "pooling_parameters": (lambda k, channels: 0, [case(2, 10)]),
    "max_marks": (_max_marks, [case(COMPANION, 2, 2)]),
    "not_a_subgradient": (lambda window, grad: "C", [case([[2, 2], [1, 0]], 6)]),
    "windows_per_pixel": (
        _windows_per_pixel,
        [case(5, 2, 2), case(5, 3, 1), case(5, 1, 2), case(6, 2, 1), case(6, 3, 2)],
    ),
    "normalize_row": (_row, [case([2, 2, 2, 2, 7], 6, 10)]),
    "normalize_row_grad": (_row_grad, [case([1, 0, 0, 0, 0], [2, 2, 2, 2, 7], 4)]),
    "undo_scale": (lambda x: x.std(), [case([2, 2, 2, 2, 7])]),
    "undo_shift": (lambda x: x.mean(), [case([2, 2, 2, 2, 7])]),
    "batch_norm_count": (lambda shape: shape[0] * shape[1] * shape[2], [case((8, 6, 5, 3))]),
    "batch_norm_parameters": (lambda shape: 2 * shape[-1], [case((8, 6, 5, 3))]),
    "larger_of_two": (lambda p: (p.max(1) - p.mean(1)) / p.std(1), [case([[700, 3], [3.1, 3]])]),
    "scale_shift_grad": (
        lambda g, xhat, gamma: (gamma * g, (g * xhat).sum(0), g.sum(0)),
        [case(_n(4, 3), _n(4, 3, seed=1), [2, -3, 1])],
    ),
    "variance_grad": (
        lambda g, c, inv: -0.5 * (g * c).sum(0) * inv**3,
        [case(_n(4, 3), _n(4, 3, seed=1), [2, 0.3, 1.5])],
    ),
    "centered_grad": (
        lambda g, gv, c, inv: g * inv + 2 * gv * c / len(c),
        [case(_n(4, 3), [4, -2, 1], _n(4, 3, seed=1), [2, 0.3, 1.5])],
    ),
    "input_grad": (lambda g: g - g.mean(0), [case(_n(4, 3))]),
    "closed_form": (_closed_form, [case(_n(4, 3), _n(4, 3, seed=1), [2, -3, 0.5], [2, 0.3, 1.5])]),
    "update_running": (_update, [case([1, 2], [3, 5], _n(4, 2), 0.3)]),
    "batch_norm_eval": (
        lambda x, gamma, beta, mean, var, eps=1e-5: gamma * (x - mean) / np.sqrt(var + eps) + beta,
        [
            case(_n(3, 2), [2, -3], [1, 5], [1, 2], [3, 5], 0.5),
            case(_n(2, 2, 3, 2), [2, -3], [1, 5], [1, 2], [3, 5], 0.2),
        ],
    ),
    "batch_norm_eval_grad": (
        lambda g, gamma, var, eps=1e-5: g * gamma / np.sqrt(var + eps),
        [case(_n(3, 2), [2, -3], [3, 5], 0.5)],
    ),
    "dense_inputs": (
        lambda size, channels, poolings: (size // 2**poolings) ** 2 * channels,
        [case(8, 16, 2)],
    ),
    "network_parameters": (_parameters, [case(8, 8, 16, 10)]),
    "relu_grad": (network.relu_grad, [case([[5, -2, 7], [-1, 4, -3]], [[1, 2, -4], [-5, 3, -6]])]),
    "loss_of_equal_logits": (lambda classes: float(np.log(classes)), [case(10)]),
    "cross_entropy": (network.cross_entropy, _LOGITS),
    "cross_entropy_grad": (network.cross_entropy_grad, _LOGITS),
    "network_gradients": (network.network_gradients, [case(_PARAMS, _n(3, 4, 4, 1), np.array([2, 0, 3]))]),
    "momentum_step": (_momentum_step, [case(*_TRIO, 0.1, 0.5)]),
}
