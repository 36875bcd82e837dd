"""ONNX's operators, computed by ours: the order of axes, the names of settings and the defaults are all that differ.

Each function takes ONNX's inputs, and its attributes by name, and gives ONNX's outputs; None for one that ours lacks.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import utils
from utils.shapes import Array, Shape

Outputs = tuple[Array | None, ...]
Pairs = tuple[tuple[int, int], ...]


def last(x: Array) -> Array:
    return np.moveaxis(x, 1, -1)


def first(x: Array) -> Array:
    return np.moveaxis(x, -1, 1)


def kernel(w: Array) -> Array:
    """(D, C, k...) as (k..., C, D): of a convolution and of a transposed one."""
    return np.moveaxis(w, (0, 1), (-1, -2))


def windows(
    sizes: Shape, kernel_size: Sequence[int], *, strides: Any = None, pads: Any = None, dilations: Any = None,
    auto_pad: bytes = b"NOTSET",
) -> tuple[Shape, Pairs, Shape]:  # fmt: skip
    """(stride, padding, dilation), each with a number or a pair for each axis."""
    axes = len(sizes)
    stride, dilation = tuple(strides or [1] * axes), tuple(dilations or [1] * axes)
    pads = pads or [0] * (2 * axes)
    padding = tuple(zip(pads[:axes], pads[axes:], strict=True))
    if auto_pad.startswith(b"SAME"):
        along = zip(sizes, kernel_size, stride, dilation, strict=True)
        total = [max(0, (-(-n // s) - 1) * s + d * (k - 1) + 1 - n) for n, k, s, d in along]
        padding = split(total, auto_pad == b"SAME_UPPER")
    return stride, padding, dilation


def split(total: Sequence[int], more_at_the_end: bool) -> Pairs:
    """Each number as (before, after); an odd one has one more on one side."""
    return tuple((t // 2, t - t // 2) if more_at_the_end else (t - t // 2, t // 2) for t in total)


def conv(
    x: Array, w: Array, bias: Array | None = None, *, group: int = 1, kernel_shape: Any = None, **how: Any
) -> Outputs:
    stride, padding, dilation = windows(x.shape[2:], w.shape[2:], **how)
    return (first(utils.conv(last(x), kernel(w), bias, stride, padding, dilation, group)),)


def conv_transpose(
    x: Array, w: Array, bias: Array | None = None, *, group: int = 1, kernel_shape: Any = None,
    output_padding: Any = None, output_shape: Any = None, auto_pad: bytes = b"NOTSET", **how: Any,
) -> Outputs:  # fmt: skip
    sizes = x.shape[2:]
    stride, padding, dilation = windows(sizes, w.shape[2:], **how)
    extra = list(output_padding or [0] * len(sizes))
    if auto_pad.startswith(b"SAME"):
        output_shape = [n * s for n, s in zip(sizes, stride, strict=True)]
    if output_shape:
        along = zip(sizes, w.shape[2:], stride, dilation, extra, output_shape, strict=True)
        total = [(n - 1) * s + d * (k - 1) + 1 + e - wanted for n, k, s, d, e, wanted in along]
        extra = [e + max(0, -t) for e, t in zip(extra, total, strict=True)]
        padding = split([max(0, t) for t in total], auto_pad == b"SAME_UPPER")
    return (first(utils.conv_transpose(last(x), kernel(w), bias, stride, padding, dilation, extra, group)),)


def max_pool(
    x: Array, *, kernel_shape: Sequence[int], ceil_mode: int = 0, storage_order: int = 0, **how: Any
) -> Outputs:
    stride, padding, dilation = windows(x.shape[2:], kernel_shape, **how)
    settings = {"dilation": dilation, "ceil_mode": bool(ceil_mode)}
    y = first(utils.pool(last(x), kernel_shape, stride, padding, **settings)).astype(x.dtype)
    places = first(utils.max_pool_indices(last(x), kernel_shape, stride, padding, **settings))
    pixels = np.unravel_index(places, x.shape[2:])
    places = np.ravel_multi_index(pixels, x.shape[2:], order="F" if storage_order else "C")
    images = np.arange(x.shape[0] * x.shape[1]).reshape(*x.shape[:2], *[1] * (x.ndim - 2))
    return y, places + images * np.prod(x.shape[2:])  # ONNX counts through the whole batch


def average_pool(
    x: Array, *, kernel_shape: Sequence[int], ceil_mode: int = 0, count_include_pad: int = 0, **how: Any
) -> Outputs:
    stride, padding, dilation = windows(x.shape[2:], kernel_shape, **how)
    settings = {"ceil_mode": bool(ceil_mode), "count_include_pad": bool(count_include_pad)}
    return (first(utils.pool(last(x), kernel_shape, stride, padding, "avg", dilation, **settings)),)


def global_max_pool(x: Array) -> Outputs:
    return (first(utils.pool(last(x), x.shape[2:])),)


def global_average_pool(x: Array) -> Outputs:
    return (first(utils.pool(last(x), x.shape[2:], mode="avg")),)


def batch_normalization(
    x: Array, gamma: Array, beta: Array, mean: Array, var: Array, *,
    epsilon: float = 1e-5, momentum: float = 0.9, training_mode: int = 0, is_test: int = 1,
) -> Outputs:  # fmt: skip
    layer = utils.BatchNorm(x.shape[1], epsilon, 1 - momentum)
    layer.gamma, layer.beta, layer.running_mean, layer.running_var = gamma, beta, mean, var
    if not training_mode:
        return (first(layer.evaluate(last(x))),)
    y, m = first(layer.train(last(x))), x.size // x.shape[1]
    biased = momentum * var + (layer.running_var - momentum * var) * (m - 1) / m  # ours remembers the unbiased one
    return y, layer.running_mean, biased


def layer_normalization(
    x: Array, gamma: Array, beta: Array | None = None, *, axis: int = -1, epsilon: float = 1e-5
) -> Outputs:
    assert gamma.shape == x.shape[axis:]
    return utils.layer_norm(x, gamma, np.zeros_like(gamma) if beta is None else beta, epsilon), None, None


def group_normalization(x: Array, gamma: Array, beta: Array, *, num_groups: int, epsilon: float = 1e-5) -> Outputs:
    return (first(utils.group_norm(last(x), gamma, beta, num_groups, epsilon)),)


def instance_normalization(x: Array, gamma: Array, beta: Array, *, epsilon: float = 1e-5) -> Outputs:
    return (first(utils.instance_norm(last(x), gamma, beta, epsilon)),)


def col2im(columns: Array, image_shape: Array, block_shape: Array, **how: Any) -> Outputs:
    sizes, block = tuple(map(int, image_shape)), tuple(map(int, block_shape))
    stride, padding, dilation = windows(sizes, block, **how)
    along = zip(sizes, block, stride, padding, dilation, strict=True)
    out = [utils.output_size(n, k, s, (pair,), d) for n, k, s, pair, d in along]
    axes, batch = len(sizes), len(columns)
    patches = columns.reshape(batch, -1, *block, *out)
    order = (0, *range(2 + axes, 2 + 2 * axes), *range(2, 2 + axes), 1)  # (B, out..., k..., C)
    rows = patches.transpose(order).reshape(batch * int(np.prod(out)), -1)
    return (first(utils.col2im(rows, (batch, *sizes, patches.shape[1]), block, stride, padding, dilation)),)


def rnn(
    x: Array, w: Array, r: Array, b: Array | None = None, lengths: Any = None, h0: Array | None = None, **how: Any
) -> Outputs:
    return _recurrent(utils.rnn, [0], x, w, r, b, {"h0": h0}, **how)


def lstm(
    x: Array, w: Array, r: Array, b: Array | None = None, lengths: Any = None, h0: Array | None = None,
    c0: Array | None = None, **how: Any,
) -> Outputs:  # fmt: skip
    return _recurrent(utils.lstm, [0, 2, 3, 1], x, w, r, b, {"h0": h0, "c0": c0}, **how)  # ONNX: i, o, f, g


def _recurrent(
    layer: Callable[..., Any], gates: list[int], x: Array, w: Array, r: Array, b: Array | None,
    states: dict[str, Array | None], *, hidden_size: int, direction: bytes = b"forward", layout: int = 0,
) -> Outputs:  # fmt: skip
    x = x if layout else x.swapaxes(0, 1)
    found: list[list[Array]] = []
    for number in range(len(w)):
        turn = slice(None, None, -1 if direction == b"reverse" or number == 1 else 1)
        w_x, w_h = (_gates(a[number], gates, hidden_size).T for a in (w, r))
        bias = None if b is None else _gates(b[number].reshape(2, -1).sum(0), gates, hidden_size)
        first_states = {name: s[number] for name, s in states.items() if s is not None}
        results = layer(x[:, turn], w_x, w_h, bias, **first_states)
        results = [results] if isinstance(results, np.ndarray) else results
        found.append([states[:, turn] for states in results] + [states[:, -1] for states in results])
    h, *rest = (
        np.stack(each, axis=1) for each in zip(*found, strict=True)
    )  # (B, directions, T, M), (B, directions, M)
    ends = rest[-len(states) :]
    if layout:
        return h.swapaxes(1, 2), *ends
    return h.transpose(2, 1, 0, 3), *(end.swapaxes(0, 1) for end in ends)


def _gates(a: Array, order: list[int], size: int) -> Array:
    """The rows of the gates, each `size` of them, in another order."""
    return np.concatenate([a[g * size : (g + 1) * size] for g in order])


OPERATORS: dict[str, Callable[..., Outputs]] = {
    "Conv": conv,
    "ConvTranspose": conv_transpose,
    "MaxPool": max_pool,
    "AveragePool": average_pool,
    "GlobalMaxPool": global_max_pool,
    "GlobalAveragePool": global_average_pool,
    "BatchNormalization": batch_normalization,
    "LayerNormalization": layer_normalization,
    "GroupNormalization": group_normalization,
    "InstanceNormalization": instance_normalization,
    "Col2Im": col2im,
    "RNN": rnn,
    "LSTM": lstm,
}
