"""All of our results for one layer, under the names that every judge uses; and one way to compare."""

from typing import Any

import numpy as np

import utils
from utils.shapes import Array, Shape

# relative to the largest number of the result: sums of up to a few hundred products
ACCURACY = {"float64": 1e-9, "float32": 2e-5}


def our_conv(x: Array, w: Array, bias: Array, grad_output: Array, **settings: Any) -> dict[str, Array]:
    return {
        "y": utils.conv(x, w, bias, **settings),
        "grad_x": utils.conv_grad_input(grad_output, w, x.shape, **settings),
        "grad_w": utils.conv_grad_weight(grad_output, x, w.shape, **settings),
        "grad_bias": utils.conv_grad_bias(grad_output),
    }


def our_conv_transpose(x: Array, w: Array, bias: Array, grad_output: Array, **settings: Any) -> dict[str, Array]:
    return {
        "y": utils.conv_transpose(x, w, bias, **settings),
        "grad_x": utils.conv_transpose_grad_input(grad_output, w, x.shape, **settings),
        "grad_w": utils.conv_transpose_grad_weight(grad_output, x, w.shape, **settings),
        "grad_bias": utils.conv_grad_bias(grad_output),
    }


def our_pool(
    x: Array, grad_output: Array, mode: Any, kernel: Shape, stride: Shape, padding: Shape, **more: Any
) -> dict[str, Array]:
    how = (kernel, stride, padding)
    if mode == "max":
        gradient = utils.max_pool_grad(grad_output, x, *how, **more)
    else:
        gradient = utils.avg_pool_grad(grad_output, x.shape, *how, **more)
    return {"y": utils.pool(x, *how, mode=mode, **more), "grad_x": gradient}


def our_batch_norm(x: Array, gamma: Array, beta: Array, grad_output: Array, eps: float) -> dict[str, Array]:
    dx, dgamma, dbeta = utils.batch_norm_grad(grad_output, x, gamma, eps)
    return {"y": utils.batch_norm(x, gamma, beta, eps), "grad_x": dx, "grad_gamma": dgamma, "grad_beta": dbeta}


def our_norm(
    name: str, x: Array, gamma: Array, beta: Array, grad_output: Array, eps: float, *groups: int
) -> dict[str, Array]:
    """`name` is layer_norm, group_norm, which takes groups, or instance_norm."""
    dx, dgamma, dbeta = getattr(utils, f"{name}_grad")(grad_output, x, gamma, *groups, eps=eps)
    y = getattr(utils, name)(x, gamma, beta, *groups, eps=eps)
    return {"y": y, "grad_x": dx, "grad_gamma": dgamma, "grad_beta": dbeta}


def our_recurrent(kind: Any, grad_output: Array, grad_c: Array, **arrays: Array) -> dict[str, Array]:
    """`arrays` are x, w_x, w_h, bias, h0 and, for an LSTM, c0, under these names."""
    if kind == "rnn":
        results = {"y": utils.rnn(**arrays)}
        gradients = utils.rnn_grad(grad_output, **arrays)
    else:
        h, c = utils.lstm(**arrays)
        results = {"y": h, "last_c": c[:, -1]}
        gradients = utils.lstm_grad(grad_output, **arrays, grad_c=grad_c)
    return results | {f"grad_{name}": g for name, g in zip(arrays, gradients, strict=True)}


def assert_same(ours: dict[str, Array], theirs: dict[str, Array], dtype: Any = np.float64, terms: float = 0.0) -> None:
    """Same names, shapes and values, and our results have the dtype asked for.

    `terms` is the size of the largest term in the sums, where the terms can cancel.
    """
    assert ours.keys() == theirs.keys()
    for name, expected in theirs.items():
        assert ours[name].dtype == dtype, name
        accuracy = ACCURACY[np.dtype(dtype).name]
        scale = np.abs(expected).max(initial=terms) + 1e-30
        np.testing.assert_allclose(
            ours[name], expected, rtol=accuracy, atol=accuracy * scale, err_msg=name, strict=dtype == expected.dtype
        )
