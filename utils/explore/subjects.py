"""What can be drawn of each operation: its arrays, which of them it multiplies, and small cases where mistakes show."""

from dataclasses import dataclass, field

import numpy as np

from utils.check.cases import Case, case, draw


@dataclass(frozen=True)
class Subject:
    """`inputs`: the arguments whose entries have roads -> what they are called in the picture.

    `product`: the two inputs that it multiplies, if it does. `out`: what the result is called, for each of several.
    `beside`: arguments that are shown beside, lit at the place of the entry. `cases`: small calls, the simplest first.
    """

    title: str
    inputs: dict[str, str]
    out: tuple[str, ...]
    cases: tuple[Case, ...]
    product: tuple[str, str] | None = None
    beside: dict[str, str] = field(default_factory=dict)


def _whole(*shape: int, seed: int) -> np.ndarray:
    return draw(shape, seed, "integers")


def _pixels(*shape: int, seed: int) -> np.ndarray:
    return draw(shape, seed, "tenths")


_SIGNAL, _FILTER = [2, -1, 3, 1, -2, 4], [1, 2, -3]

_CONV1D = (
    case(_SIGNAL, _FILTER),
    case(_SIGNAL[:5], _FILTER, stride=2, padding=1),
    case([2, -1, 3, 1, -2, 4, 5], [1, 2], stride=3),
    case(_SIGNAL, [1, -3], dilation=2, stride=3, padding=1),
    case(_SIGNAL, [1, 2, -3], dilation=2, padding=1),
    case([0.5, -1.5, 2.5, 1.5], [1, 0.5]),
)
_CONV2D = (
    case(_whole(1, 3, 4, 1, seed=1), _whole(2, 3, 1, 1, seed=2)),
    case(_whole(1, 4, 5, 1, seed=1), _whole(3, 2, 1, 1, seed=2), stride=(2, 1), padding=(1, 0)),
    case(_whole(1, 2, 2, 2, seed=3), _whole(2, 1, 2, 2, seed=4), draw(2, 5, "integers")),
    case(_whole(1, 2, 3, 2, seed=3), _whole(1, 2, 2, 3, seed=4), padding=(0, 1)),
    case(_whole(2, 2, 3, 1, seed=6), _whole(2, 2, 1, 1, seed=7)),
    case(_whole(2, 2, 2, 2, seed=6), _whole(1, 2, 2, 2, seed=7)),
    case(_whole(1, 5, 4, 1, seed=8), _whole(2, 2, 1, 1, seed=9), dilation=(2, 1), stride=(1, 2)),
    case(_whole(1, 6, 6, 1, seed=8), _whole(2, 2, 1, 1, seed=9), stride=(2, 3), padding=2),
    case(_whole(3, 3, seed=10), _whole(2, 2, seed=11)),
    case(_pixels(1, 3, 3, 1, seed=8), _pixels(2, 2, 1, 1, seed=9)),
    case(_pixels(1, 2, 2, 1, seed=8), _pixels(2, 1, 1, 1, seed=9), [0.5]),
)
_TRUE = tuple(c for c in (*_CONV1D[:2], *_CONV2D))
_GRAD_INPUT_1D = (
    case([2, -1, 3, 1], _FILTER, (6,)),
    case([3, 1, -2], [1, 2, -3], (6,), stride=2, padding=1),
    case([3, 1, -2], [1, 2, 4], (8,), stride=2),
    case([3, 1], [1, 2], (6,), stride=3, dilation=2),
    case([3, 1, -2], [1, 2], (7,), dilation=2, stride=2),
    case([0.5, -1.5], [1.5, 0.5], (3,)),
)
_GRAD_INPUT_2D = (
    case(_whole(1, 2, 3, 1, seed=1), _whole(2, 3, 1, 1, seed=2), (1, 3, 5, 1)),
    case(_whole(1, 2, 3, 1, seed=1), _whole(3, 2, 1, 1, seed=2), (1, 4, 4, 1), stride=(2, 1), padding=(1, 0)),
    case(_whole(1, 2, 2, 1, seed=1), _whole(2, 3, 1, 1, seed=2), (1, 3, 6, 1), stride=(1, 2), padding=(0, 1)),
    case(_whole(1, 1, 2, 2, seed=3), _whole(2, 1, 2, 2, seed=4), (1, 2, 2, 2)),
    case(_whole(1, 2, 1, 3, seed=3), _whole(1, 2, 2, 3, seed=4), (1, 2, 2, 2)),
    case(_whole(2, 1, 2, 1, seed=6), _whole(2, 2, 1, 1, seed=7), (2, 2, 3, 1)),
    case(_whole(1, 2, 2, 1, seed=8), _whole(2, 2, 1, 1, seed=9), (1, 4, 3, 1), dilation=(2, 1)),
    case(_whole(1, 2, 2, 1, seed=8), _whole(2, 2, 1, 1, seed=9), (1, 6, 5, 1), dilation=2, stride=(3, 2)),
    case(_pixels(1, 2, 2, 1, seed=8), _pixels(2, 2, 1, 1, seed=9), (1, 3, 3, 1)),
)
_GRAD_WEIGHT_1D = (
    case([2, -1, 3, 1], _SIGNAL, (3,)),
    case([3, 1, -2], _SIGNAL, (3,), stride=2, padding=1),
    case([3, 1, -2], [2, -1, 3, 1, -2, 4, 5], (2,), stride=2),
    case([3, 1], _SIGNAL, (2,), stride=3, dilation=2),
    case([3, 1, -2, 2], _SIGNAL, (2,), dilation=2),
    case([0.5, -1.5], [1.5, 0.5, 2.5], (2,)),
)
_GRAD_WEIGHT_2D = (
    case(_whole(1, 2, 2, 1, seed=1), _whole(1, 3, 4, 1, seed=2), (2, 3, 1, 1)),
    case(_whole(1, 2, 3, 1, seed=1), _whole(1, 4, 4, 1, seed=2), (3, 2, 1, 1), stride=(2, 1), padding=(1, 0)),
    case(_whole(1, 1, 2, 2, seed=3), _whole(1, 2, 2, 2, seed=4), (2, 1, 2, 2)),
    case(_whole(2, 1, 2, 1, seed=6), _whole(2, 2, 3, 1, seed=7), (2, 2, 1, 1)),
    case(_whole(1, 2, 2, 1, seed=8), _whole(1, 4, 5, 1, seed=9), (2, 2, 1, 1), dilation=(2, 1), stride=(1, 2)),
    case(_whole(1, 2, 2, 1, seed=8), _whole(1, 6, 5, 1, seed=9), (2, 2, 1, 1), dilation=2, stride=(3, 2)),
    case(_pixels(1, 2, 2, 1, seed=8), _pixels(1, 3, 3, 1, seed=9), (2, 2, 1, 1)),
)
_MAX2D = (
    case(_whole(1, 4, 4, 1, seed=1), 2),
    case(_whole(1, 3, 5, 1, seed=2), 2, 1),
    case(-abs(draw((1, 4, 4, 1), 3, "integers")), 2, 2, 1),
    case(_whole(1, 4, 5, 1, seed=4), (2, 3), (2, 1), (1, 0)),
    case(_whole(1, 5, 6, 1, seed=4), (3, 2), (1, 2), (1, 1)),
    case(_whole(1, 2, 4, 2, seed=5), 2),
    case(_whole(2, 2, 3, 2, seed=6), (1, 2), 1),
    case(_whole(1, 4, 5, 1, seed=7), 2, 3),
    case(_whole(1, 3, 4, 1, seed=7), 2, 2, 1),
    case(-np.arange(1.0, 21).reshape(1, 5, 4, 1) * 7 % 23, 3, 2, (1, 0)),
    case(_whole(1, 4, 4, 1, seed=9), 3, 2),
    case(_pixels(1, 3, 3, 1, seed=7), 2, 1),
)
_POOL_ND = (
    *_MAX2D,
    case(_whole(1, 6, 1, seed=1), 2),
    case(_whole(1, 4, 1, seed=2), 3, 2),
    case(_whole(1, 5, 1, seed=3), 2, 1),
    case(_whole(1, 4, 2, 2, 1, seed=4), 2),
)
_MAX1D = (
    case([3, 1, 4, 2, 7, 5], 2),
    case([3, -1, 4, 2, 7], 3, 1),
    case([-3, -1, -4, -2, -7, -6], 3, 2, 1),
    case([3, -1, 4, 2, -7, 5, 6], 2, 3),
    case([3.5, 1.5, 4.5], 2, 1),
)
_UP = {"grad_output": "dy"}
_WITH_TIES = [3.0, 3, 1, 2, 1, 0, 2, 2, 5, 1, 4, 4, 2, 5, 4, 1]
_MAX_GRAD = (
    case(_whole(1, 2, 2, 1, seed=11), _whole(1, 4, 4, 1, seed=1), 2),
    case(_whole(1, 2, 3, 1, seed=11), _whole(1, 3, 4, 1, seed=2), 2, 1),
    case(_whole(1, 2, 2, 1, seed=12), np.reshape(_WITH_TIES, (1, 4, 4, 1)), 2),
    case(_whole(1, 2, 2, 1, seed=12), -abs(draw((1, 3, 3, 1), 3, "integers")), 2, 2, 1),
    case(_whole(1, 2, 3, 1, seed=12), _whole(1, 4, 5, 1, seed=4), (2, 3), (2, 1)),
    case(_whole(1, 3, 2, 1, seed=12), _whole(1, 5, 5, 1, seed=4), (3, 2), (2, 3), (1, 1)),
    case(_whole(1, 1, 2, 2, seed=13), _whole(1, 2, 4, 2, seed=5), 2),
    case(_whole(2, 1, 2, 1, seed=13), _whole(2, 2, 3, 1, seed=6), 2, 1),
    case(_whole(1, 2, 2, 1, seed=14), _whole(1, 5, 5, 1, seed=7), 2, 3),
    case(_whole(1, 3, 2, 1, seed=15), _whole(1, 4, 4, 1, seed=8), 2, 2, (1, 0)),
    case(_whole(1, 3, 1, seed=16), np.reshape([1.0, 5, 2, 4], (1, 4, 1)), 2, 1),
    case(_whole(1, 2, 1, seed=16), _whole(1, 5, 1, seed=10), 3, 2),
    case(_whole(1, 2, 1, 1, 1, seed=17), -np.arange(16.0).reshape(1, 4, 2, 2, 1) * 7 % 17, 2),
    case(_pixels(1, 2, 2, 1, seed=14), _whole(1, 3, 3, 1, seed=7), 2, 1),
)  # fmt: skip
_AVG_GRAD = (
    case(_whole(1, 2, 2, 1, seed=11), (1, 4, 4, 1), 2),
    case(_whole(1, 2, 3, 1, seed=11), (1, 3, 4, 1), 2, 1),
    case(_whole(1, 2, 2, 1, seed=11), (1, 5, 5, 1), 2),
    case(_whole(1, 2, 2, 1, seed=12), (1, 3, 3, 1), 2, 2, 1),
    case(_whole(1, 2, 3, 1, seed=12), (1, 4, 5, 1), (2, 3), (2, 1)),
    case(_whole(1, 3, 2, 1, seed=12), (1, 5, 5, 1), (3, 2), (2, 3), (1, 1)),
    case(_whole(1, 1, 2, 2, seed=13), (1, 2, 4, 2), 2),
    case(_whole(2, 1, 2, 1, seed=13), (2, 2, 3, 1), 2, 1),
    case(_whole(1, 2, 2, 1, seed=14), (1, 5, 5, 1), 2, 3),
    case(_whole(1, 3, 2, 1, seed=15), (1, 4, 4, 1), 2, 2, (1, 0)),
    case(_whole(1, 3, 1, seed=16), (1, 4, 1), 2, 1),
    case(_whole(1, 2, 1, seed=16), (1, 5, 1), 3, 2),
    case(_whole(1, 2, 1, 1, 1, seed=17), (1, 4, 2, 2, 1), 2),
    case(_pixels(1, 2, 2, 1, seed=14), (1, 3, 3, 1), 2, 1),
)
# no number is its column's mean: the spread does not move with such a one, and would hide a mistake
_TABLE = [[2.0, 10.0, 1.0], [4.0, 13.0, 6.0], [9.0, 19.0, 2.0]]
_UPON = [[1.0, -2.0, 2.0], [3.0, 1.0, -1.0], [-1.0, 2.0, 4.0]]
_GAMMA, _BETA = [2.0, -1.0, 3.0], [0.5, 3.0, 1.0]
_NORM = (
    case(_TABLE, _GAMMA, _BETA),
    case(_TABLE, _GAMMA, _BETA, 0.5),
    case(_whole(2, 2, 2, 2, seed=1), _GAMMA[:2], _BETA[:2], 0.5),
    case(_whole(2, 2, 3, 2, seed=1), _GAMMA[:2], _BETA[:2]),
)
_NORM_GRAD = (
    case(_UPON, _TABLE, _GAMMA),
    case(_UPON, _TABLE, _GAMMA, 0.5),
    case(_whole(2, 2, 2, 2, seed=2), _whole(2, 2, 2, 2, seed=1), _GAMMA[:2], 0.5),
    case(_whole(2, 2, 3, 2, seed=2), _whole(2, 2, 3, 2, seed=1), _GAMMA[:2]),
)
_RUNNING = ([1.0, 12.0, 3.0], [16.0, 9.0, 4.0])


def _conv(title: str, *cases: Case) -> Subject:
    return Subject(title, {"x": "x", "w": "w", "bias": "bias"}, ("y",), cases, ("x", "w"))


def _grad_input(*cases: Case) -> Subject:
    return Subject("The gradient with respect to the input", {**_UP, "w": "w"}, ("dx",), cases, ("grad_output", "w"))


def _grad_weight(*cases: Case) -> Subject:
    return Subject("The gradient with respect to the weights", {**_UP, "x": "x"}, ("dw",), cases, ("grad_output", "x"))


_POOL, _POOL_GRAD = {"x": "x"}, {"grad_output": "dy"}
_NORM_INPUTS = {"x": "x", "gamma": "gamma", "beta": "beta"}
_NORM_PARTS = ("dx", "dgamma", "dbeta")

_X_HAT = [[-1.5, 0.5, 1.0], [0.5, -1.5, 0.5], [1.0, 1.0, -1.5]]
_INV_STD = [0.5, 0.25, 2.0]

# what problems ask on the way to an operation: matrices of it, and single steps of its gradient
_STEPS: dict[str, Subject] = {
    "conv_matrix": Subject(
        "The matrix of a convolution", {"w": "w"}, ("W",),
        (case(_FILTER, 5), case(_FILTER, 5, 2, 1), case(_FILTER, 4, 1, 1), case([1, 2], 7, 3), case([1.5, 2], 4)),
    ),
    "im2col": Subject(
        "The windows as rows", {"x": "x"}, ("rows",),
        (
            case(_whole(1, 3, 3, 1, seed=1), 2), case(_whole(1, 2, 3, 2, seed=2), (2, 1)),
            case(_whole(1, 3, 4, 1, seed=3), (2, 3), (1, 2), (0, 1)), case(_whole(1, 3, 5, 1, seed=3), 2, 1, 0, (1, 2)),
            case(_whole(2, 2, 2, 2, seed=4), (1, 2)), case(_whole(1, 2, 4, 1, seed=5), 2, 2),
            case(_whole(1, 1, 7, 1, seed=5), (1, 2), 3), case(_whole(1, 3, 3, 1, seed=6), (1, 2), 1, (1, 0)),
        ),
    ),
    "col2im": Subject(
        "The rows, added up in the image", {"columns": "rows"}, ("dx",),
        (
            case(_whole(4, 4, seed=1), (1, 3, 3, 1), 2), case(_whole(3, 4, seed=2), (1, 2, 3, 2), (2, 1)),
            case(_whole(4, 6, seed=3), (1, 3, 4, 1), (2, 3), (1, 2), (0, 1)),
            case(_whole(6, 4, seed=3), (1, 3, 5, 1), 2, 1, 0, (1, 2)), case(_whole(4, 4, seed=4), (2, 2, 2, 2), (1, 2)),
        ),
    ),
    "zero_insert": Subject(
        "Zeros between the deltas", _POOL_GRAD, ("result",), (case([3, -1, 2], 2), case([3, -1], 3))
    ),
    "backward_kernel": Subject(
        "The kernel on the way back", {"w": "w"}, ("result",),
        (case(_whole(2, 3, 2, 2, seed=1)), case(_whole(2, 2, 2, 3, seed=1))),
    ),
    "depthwise": Subject(
        "A filter for each channel", {"x": "x", "w": "w"}, ("y",),
        (
            case(_whole(1, 2, 3, 2, seed=1), _whole(2, 2, 2, seed=2)),
            case(_whole(2, 2, 2, 2, seed=1), _whole(1, 2, 2, seed=2)),
            case(_pixels(1, 2, 2, 2, seed=1), _pixels(1, 2, 2, seed=2)),
        ),
        ("x", "w"),
    ),
    "laid_down": Subject(
        "Each input lays the filter down", {"x": "x", "w": "w"}, ("y",),
        (case([2, -1, 3, 1], _FILTER, 1), case([3, 1, -2], [1, 2, 4], 2), case([3, 1], [1, 2], 3)), ("x", "w"),
    ),
    "normalize_row": Subject(
        "A row, normalised", _NORM_INPUTS, ("y",), (case([2, 5, 8, 1], 2.0, 0.5), case([2, -1, 3, 0.5, 6], -1.0, 3.0)),
    ),
    "group_norm": Subject(
        "GroupNorm", _NORM_INPUTS, ("y",),
        (
            case(_whole(1, 2, 2, 4, seed=20), [2, -1, 3, 1], [0.5, 3, 1, -2], 2),
            case(_whole(2, 1, 2, 4, seed=20), [2, -1, 3, 1], [0.5, 3, 1, -2], 2, 0.5),
        ),
    ),
    "normalize_row_grad": Subject(
        "The gradient's way back to a row", _POOL_GRAD, ("dx",), (case([1, 3, -1, 2], [2, 5, 8, 1], 2.0),),
        beside={"x": "x"},
    ),
    "closed_form": Subject(
        "The gradient in one line", _POOL_GRAD, ("dx",), (case(_UPON, _X_HAT, _GAMMA, _INV_STD),),
        beside={"x_hat": "x_hat"},
    ),
    "scale_shift_grad": Subject(
        "Back through scale and shift", _POOL_GRAD, ("dx_hat", "dgamma", "dbeta"), (case(_UPON, _X_HAT, _GAMMA),),
        beside={"x_hat": "x_hat"},
    ),
    "variance_grad": Subject(
        "Back to the variance", {"grad_x_hat": "dx_hat"}, ("dvar",), (case(_UPON, _X_HAT, _INV_STD),),
        beside={"centered": "centered"},
    ),
    "centered_grad": Subject(
        "Two arrows come back", {"grad_x_hat": "dx_hat", "grad_var": "dvar"}, ("dcentered",),
        (case(_UPON, [3.0, -1.0, 2.0], _X_HAT, _INV_STD),), beside={"centered": "centered"},
    ),
    "input_grad": Subject("Back to x", {"grad_centered": "dcentered"}, ("dx",), (case(_UPON),)),
    "update_running": Subject(
        "Running statistics", {"running_mean": "mean", "running_var": "var", "x": "x"}, ("new_mean", "new_var"),
        (case(*_RUNNING, _TABLE, 0.1), case(*_RUNNING, _TABLE, 0.25)),
    ),
    "relu_grad": Subject(
        "Back through ReLU", _POOL_GRAD, ("dx",), (case(_UPON, [[-1.5, 0.5, 1], [0, -1.5, 0.5], [1, 1, -1.5]]),),
        beside={"x": "x"},
    ),
}  # fmt: skip

SUBJECTS: dict[str, Subject] = {
    **_STEPS,
    "conv1d": _conv("Slide a filter", *_CONV1D),
    "conv2d": _conv("Convolution", *_CONV2D),
    "conv": _conv("Convolution", *_CONV2D),
    "true_convolution": _conv("True convolution", *_TRUE),
    "conv1d_grad_input": _grad_input(*_GRAD_INPUT_1D),
    "conv2d_grad_input": _grad_input(*_GRAD_INPUT_2D),
    "conv_grad_input": _grad_input(*_GRAD_INPUT_2D),
    "spread": Subject(
        "Each delta lays the filter down", {"delta": "δ", "w": "w"}, ("dx",),
        (case([2, -1, 3, 1], _FILTER, 6), case([3, 1, -2], [1, 2, 4], 8, 2), case([3, 1], [1, 2], 6, 3),
         case([1.5, -0.5], [0.5, 1.5], 3)),
        ("delta", "w"),
    ),
    "true_grad_input": _grad_input(*(_GRAD_INPUT_2D[i] for i in (0, 3, 4, 5, 8))),
    "conv1d_grad_weight": _grad_weight(*_GRAD_WEIGHT_1D),
    "conv2d_grad_weight": _grad_weight(*_GRAD_WEIGHT_2D),
    "conv_grad_weight": _grad_weight(*_GRAD_WEIGHT_2D),
    "true_grad_weight": _grad_weight(*(_GRAD_WEIGHT_2D[i] for i in (0, 2, 3, 6))),
    **dict.fromkeys(
        ("conv2d_grad_bias", "conv_grad_bias"),
        Subject(
            "The gradient with respect to the bias", {"grad_output": "dy"}, ("dbias",),
            (case(_whole(1, 2, 3, 2, seed=1)), case(_whole(2, 1, 2, 2, seed=1)), case(_pixels(2, 1, 2, 2, seed=1))),
        ),
    ),
    "max_pool1d": Subject("Max pooling", _POOL, ("y",), _MAX1D),
    "max_pool2d": Subject("Max pooling", _POOL, ("y",), _MAX2D),
    **dict.fromkeys(("max_pool", "pool"), Subject("Max pooling", _POOL, ("y",), _POOL_ND)),
    "avg_pool1d": Subject("Average pooling", _POOL, ("y",), _MAX1D),
    "avg_pool2d": Subject("Average pooling", _POOL, ("y",), _MAX2D),
    "avg_pool": Subject("Average pooling", _POOL, ("y",), _POOL_ND),
    **dict.fromkeys(
        ("max_pool2d_grad", "max_pool_grad"),
        Subject("The gradient's way back through max pooling", _POOL_GRAD, ("dx",), _MAX_GRAD, beside={"x": "x"}),
    ),
    **dict.fromkeys(
        ("avg_pool2d_grad", "avg_pool_grad"),
        Subject("The gradient's way back through average pooling", _POOL_GRAD, ("dx",), _AVG_GRAD),
    ),
    "batch_norm": Subject("BatchNorm", _NORM_INPUTS, ("y",), _NORM),
    "batch_norm_eval": Subject(
        "BatchNorm at evaluation", {**_NORM_INPUTS, "running_mean": "mean", "running_var": "var"}, ("y",),
        tuple(case(*c.args[:3], *_RUNNING, *c.args[3:]) for c in _NORM[:2]),
    ),
    "batch_norm_grad": Subject(
        "The gradient's way back through BatchNorm", _POOL_GRAD, _NORM_PARTS, _NORM_GRAD, beside={"x": "x"}
    ),
    "batch_norm_eval_grad": Subject(
        "The gradient's way back at evaluation", _POOL_GRAD, ("dx",),
        (case(_UPON, _GAMMA, _RUNNING[1]), case(_UPON, _GAMMA, _RUNNING[1], 0.5)),
    ),
}  # fmt: skip
