"""Public cases for every operation in the table: small, asymmetric, with strides that do not divide."""

from itertools import product

import numpy as np

import utils
from tests.check import cases_backprop as check_cases_backprop
from tests.check import cases_layers as check_cases_layers
from tests.check import cases_recurrent as check_cases_recurrent
from tests.check import cases_variations as check_cases_variations
from utils.check import Case, case, draw
from utils.check.references import counting


def _normal(*shape: int, seed: int = 0) -> np.ndarray:
    return draw(shape, seed + sum(shape), "normal")


def _forward(axes: int) -> list[Case]:
    """Bare and full, strides, paddings and dilations that differ from axis to axis."""
    n, k = (8, 6, 5)[:axes], (3, 2, 2)[:axes]
    x, w, bias = _normal(2, *n, 3), _normal(*k, 3, 4), _normal(4)
    square = _normal(*(3,) * axes, 3, 3)
    settings = [((1,) * 3, (0,) * 3), ((2, 1, 1), (0,) * 3), ((1,) * 3, (1, 2, 0)), ((3, 2, 2), (1, 0, 1))]
    cases = [case(x, w, bias, s[:axes], p[:axes]) for s, p in settings]
    cases += [case(x, square), case(x, w, bias, 1, 1, 2)]
    if axes < 3:
        cases += [case(draw(n, 3), draw(k, 4), stride=s[:axes], padding=p[:axes]) for s, p in settings]
    return cases


def _backward(axes: int, to: str) -> list[Case]:
    """The same settings, with a random upstream gradient."""
    n, k = (9, 7, 6)[:axes], (4, 3, 3)[:axes]
    settings = [((1,) * 3, (0,) * 3), ((2, 2, 1), (0,) * 3), ((1,) * 3, (1, 1, 1)), ((3, 2, 2), (1, 1, 0))]
    cases = []
    for (s, p), channels in product([(s[:axes], p[:axes]) for s, p in settings], [(3, 4), (3, 3), None]):
        if channels is None and axes == 3:
            continue
        x = _normal(*n) if channels is None else _normal(2, *n, channels[0])
        w = _normal(*k) if channels is None else _normal(*k, *channels)
        y = (
            utils.conv(x, w, None, s, p)
            if channels
            else (utils.conv1d if axes == 1 else utils.conv2d)(x, w, None, s, p)
        )
        dy = _normal(*y.shape, seed=9)
        cases.append(case(dy, w, x.shape, s, p) if to == "x" else case(dy, x, w.shape, s, p))
    return cases


def _pool(axes: int) -> list[Case]:
    n = (7, 8)[:axes]
    settings = [((2, 3), None, (0, 0)), ((3, 2), (2, 1), (0, 0)), ((3, 3), (2, 2), (1, 1)), ((2, 2), (3, 3), (1, 0))]
    shapes = [n, (2, *n, 3)]
    return [case(_normal(*s) - 1, k[:axes], t and t[:axes], p[:axes]) for s in shapes for k, t, p in settings]


def _pool_grad(mode: str) -> list[Case]:
    cases = []
    for on in _pool(2):
        x, kernel, stride, padding = on.args
        dy = _normal(*(utils.max_pool2d(x, kernel, stride, padding)).shape, seed=5)
        cases.append(case(dy, x if mode == "max" else x.shape, kernel, stride, padding))
    if mode == "max":
        tied = np.array([[1.0, 3, 3, 0], [3, 2, 1, 0], [0, 4, 4, 1], [2, 4, 0, 1]])
        cases.append(case(draw((2, 2), 1), tied, 2))
    return cases


_FULL_TIE = case(np.array([[[2.0], [5.0]]]), np.array([[[1.0], [1.0], [3.0], [3.0]]]), 2)


def _batch_norm() -> list[Case]:
    cases = []
    for shape in [(5, 3), (2, 4, 3, 2)]:
        gamma, beta = 1 + _normal(shape[-1]) ** 2, _normal(shape[-1], seed=7)
        x = _normal(*shape) * 2 + 1
        cases += [case(x, gamma, beta), case(x, gamma, beta, eps=0.3)]
    return cases


def _batch_norm_grad() -> list[Case]:
    return [Case((_normal(*c.args[0].shape, seed=8), *c.args[:2]), c.kwargs) for c in _batch_norm()]


def _sizes(with_dilation: bool) -> list[Case]:
    plain = [(5, 3, 1, 0), (5, 3, 2, 1), (6, 3, 2, 0), (3, 2, 3, 0), (32, 5, 1, 2), (9, 4, 2, 1), (10, 3, 4, 2)]
    return [case(*c) for c in plain] + ([case(11, 3, 1, 0, 2), case(12, 4, 2, 1, 3)] if with_dilation else [])


def _spread() -> list[Case]:
    w = draw(3, 1)
    return [case(draw(2, 2), w, 4), case(draw(2, 3), w, 5, stride=2), case(draw(2, 4), w, 6, stride=2)]


def _spread_reference(delta: np.ndarray, w: np.ndarray, n: int, stride: int = 1) -> np.ndarray:
    return utils.conv1d_grad_input(delta, w, (n,), stride)


def _curve(x: np.ndarray) -> np.ndarray:
    return np.array([x[0] ** 3 + 50 * x[1] ** 2, x[0] * x[1] * 7])


_IMAGE_LAYERS = [((5, 5, 3, 10), 1, 2), ((5, 5, 3, 10), 1, 0), ((3, 4, 3, 6), 2, 1), ((2, 3, 3, 4), 3, 0)]
_COUNTS = [case(6, 3), case(4, 4), case(9, 2)]

# operation -> (reference, cases)
CASES = {
    "conv1d": (utils.conv1d, _forward(1)),
    "conv2d": (utils.conv2d, _forward(2)),
    "conv": (utils.conv, [c for c in _forward(3)]),
    "true_convolution": (utils.true_convolution, _forward(2)),
    **{f"conv{d}d_grad_input": (getattr(utils, f"conv{d}d_grad_input"), _backward(d, "x")) for d in (1, 2)},
    **{f"conv{d}d_grad_weight": (getattr(utils, f"conv{d}d_grad_weight"), _backward(d, "w")) for d in (1, 2)},
    "conv_grad_input": (utils.conv_grad_input, _backward(3, "x")),
    "conv_grad_weight": (utils.conv_grad_weight, _backward(3, "w")),
    "conv2d_grad_bias": (utils.conv2d_grad_bias, [case(_normal(2, 4, 5, 3))]),
    "conv_grad_bias": (utils.conv_grad_bias, [case(_normal(2, 4, 5, 3)), case(_normal(2, 3, 2, 4, 3))]),
    "output_size": (utils.output_size, _sizes(True)),
    "num_parameters": (
        utils.num_parameters,
        [case((5, 5, 3, 10)), case((5, 5, 3, 10), bias=True), case((3, 2, 4), bias=True)],
    ),
    "layer_parameters": (
        counting.layer_parameters,
        [case((32, 28, 3), k, stride=s, padding=p, bias=s == 2) for k, s, p in _IMAGE_LAYERS],
    ),
    "same_padding": (counting.same_padding, [case(5), case(3), case(1)]),
    "layer_shape": (counting.layer_shape, [case((32, 28, 3), k, stride=s, padding=p) for k, s, p in _IMAGE_LAYERS]),
    "chain": (
        counting.chain,
        [
            case((32, 28, 3), [(5, 10, 1, 2)]),
            case((32, 28, 3), [(5, 10, 1, 2), (3, 4, 2, 0)]),
            case((30, 21, 3), [(4, 6, 2, 1), (3, 8, 3, 0), (2, 5, 1, 1)]),
        ],
    ),
    "receptive_field": (
        counting.receptive_field,
        [
            case([(3, 1)]),
            case([(3, 2), (5, 1)]),
            case([(5, 2), (3, 3), (2, 1)]),
            case([(4, 1), (3, 2), (3, 2), (3, 1)]),
        ],
    ),
    "dense_weights": (counting.dense_weights, _COUNTS),
    "nonzero_cells": (counting.nonzero_cells, _COUNTS),
    "distinct_weights": (counting.distinct_weights, _COUNTS),
    "nonzero_fraction": (counting.nonzero_fraction, _COUNTS),
    "weights_grow_with_input": (counting.weights_grow_with_input, [case(8, 16, 3)]),
    "patch_numbers": (counting.patch_numbers, [case((32, 28, 3), (5, 4))]),
    "conv_matrix": (
        utils.conv_matrix,
        [case(draw(3, 5), 4), case(draw(3, 6), 5, padding=1), case(draw(3, 7), 8, stride=2, padding=1)],
    ),
    "im2col": (
        utils.im2col,
        [
            case(draw(6, 1), 3),
            case(draw(8, 2), 3, 2, 1),
            case(_normal(2, 6, 5, 3), (3, 2), (2, 1), (1, 0)),
            case(_normal(1, 4, 5, 2), (3, 2), (1, 2), 1),
        ],
    ),
    "col2im": (
        utils.col2im,
        [
            case(_normal(4, 3), (6,), 3),
            case(_normal(4, 3, seed=1), (8,), 3, 2, 1),
            case(_normal(2 * 3 * 4, 3 * 2 * 3), (2, 6, 5, 3), (3, 2), (2, 1), (1, 0)),
        ],
    ),
    "spread": (_spread_reference, _spread()),
    "max_pool1d": (utils.max_pool1d, _pool(1)),
    "max_pool2d": (utils.max_pool2d, _pool(2)),
    "avg_pool1d": (utils.avg_pool1d, _pool(1)),
    "avg_pool2d": (utils.avg_pool2d, _pool(2)),
    "pool": (utils.pool, _pool(2)[4:]),
    "max_pool2d_grad": (utils.max_pool2d_grad, _pool_grad("max")),
    "max_pool_grad": (utils.max_pool_grad, [*_pool_grad("max")[4:8], _FULL_TIE]),
    "avg_pool2d_grad": (utils.avg_pool2d_grad, _pool_grad("avg")),
    "avg_pool_grad": (utils.avg_pool_grad, _pool_grad("avg")[4:8]),
    "batch_norm": (utils.batch_norm, _batch_norm()),
    "batch_norm_grad": (utils.batch_norm_grad, _batch_norm_grad()),
    "numerical_gradient": (
        utils.numerical_gradient,
        [case(_curve, np.array([1.5, -0.7]), np.array([2.0, -3.0]), step=0.01)],
    ),
}

CASES |= check_cases_backprop.CASES
CASES |= check_cases_layers.CASES
CASES |= check_cases_recurrent.CASES
CASES |= check_cases_variations.CASES
