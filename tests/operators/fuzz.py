"""Calls of every public function with arguments that are wrong: each gets a result, or one error that names one."""

import inspect
import re
import time
import warnings
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

import utils
from utils import explore

CLEAR = (ValueError, TypeError)


def _layer(*shapes: tuple[int, ...]) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.normal(size=shape) for shape in shapes]


def right_calls() -> dict[str, list[tuple[tuple[Any, ...], dict[str, Any]]]]:
    """Name -> calls that are right, of which the wrong ones are made."""
    x, w, dy, bias = _layer((2, 6, 5, 4), (3, 2, 4, 6), (2, 4, 4, 6), (6,))
    signal, filters, row, taps = _layer((2, 7, 3), (3, 3, 2), (6,), (3,))
    depth, y = _layer((3, 2, 1, 4), (2, 4, 4, 4))
    g, b, seq, w_x, w_h, w_x4, w_h4, h = _layer((4,), (4,), (2, 5, 3), (3, 2), (2, 2), (3, 8), (2, 8), (2, 5, 2))
    how = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1}
    pool = {"kernel_size": (2, 3), "stride": 2, "padding": 1}
    calls: dict[str, list[Any]] = {
        "conv": [((x, w), {"bias": bias, **how}), ((x, depth), {**how, "groups": 4})],
        "conv1d": [((signal, filters), {"bias": bias[:2], **how}), ((row, taps), {"bias": 0.5, **how})],
        "conv2d": [((x, w), {"bias": bias, **how}), ((x[0, ..., 0], w[..., 0, 0]), how)],
        "true_convolution": [((x, w), {"bias": bias, **how}), ((row, taps), how)],
        "conv_grad_bias": [((dy,), {})],
        "conv2d_grad_bias": [((dy,), {})],
        "conv_grad_input": [((dy, w, x.shape), how), ((y, depth, x.shape), {**how, "groups": 4})],
        "conv2d_grad_input": [((dy, w, x.shape), how), ((dy[0, ..., 0], w[..., 0, 0], (6, 5)), how)],
        "conv1d_grad_input": [((row[:4], taps, 6), how), ((signal[:, :5, :2], filters, signal.shape), how)],
        "conv_grad_weight": [((dy, x, w.shape), how), ((y, x, depth.shape), {**how, "groups": 4})],
        "conv2d_grad_weight": [((dy, x, w.shape), how), ((dy[0, ..., 0], x[0, ..., 0], (3, 2)), how)],
        "conv1d_grad_weight": [((row[:4], row, 3), how), ((signal[:, :5, :2], signal, filters.shape), how)],
        "conv_transpose": [((dy, w), {"bias": g, **how, "output_padding": 0}), ((y, depth), {**how, "groups": 4})],
        "conv_transpose1d": [((row, taps), {**how, "output_padding": 0})],
        "conv_transpose2d": [((dy, w), {"bias": g, **how}), ((row.reshape(2, 3), w[..., 0, 0]), how)],
        "conv_transpose_grad_input": [((x, w, dy.shape), {**how, "output_padding": 0})],
        "conv_transpose_grad_weight": [((x, dy, w.shape), {**how, "output_padding": 0})],
        "conv_matrix": [((taps, 6), {"stride": 1, "padding": 0})],
        "im2col": [((x, (3, 2)), {"stride": 1, "padding": 0, "dilation": 1}), ((row, 3), {})],
        "col2im": [((utils.im2col(x, (3, 2)), x.shape, (3, 2)), {"stride": 1, "padding": 0, "dilation": 1})],
        "output_size": [((7, 3), {"stride": 2, "padding": 1, "dilation": 1})],
        "num_parameters": [(((3, 2, 4, 6),), {"bias": True})],
        "pool": [((x,), {**pool, "mode": "avg", "dilation": 1, "ceil_mode": True, "count_include_pad": False})],
        "max_pool_indices": [((x,), {**pool, "dilation": 1, "ceil_mode": True})],
        "max_pool_grad": [((utils.pool(x, **pool), x), {**pool, "dilation": 1, "ceil_mode": False})],
        "avg_pool_grad": [((utils.pool(x, **pool), x.shape), {**pool, "count_include_pad": False, "ceil_mode": False})],
        "max_pool1d": [((row, 2), {"stride": 2, "padding": 1, "dilation": 1, "ceil_mode": False})],
        "avg_pool1d": [((row, 2), {"stride": 2, "padding": 1, "ceil_mode": False, "count_include_pad": True})],
        "max_pool2d": [((x, 2), {"stride": 2, "padding": 1, "dilation": 1, "ceil_mode": False})],
        "avg_pool2d": [((x, 2), {"stride": 2, "padding": 1, "ceil_mode": False, "count_include_pad": True})],
        "max_pool2d_grad": [((x[:, :3, :2], x, 2), {"stride": 2}), ((row[:1, None], x[0, ..., 0], (4, 3)), {})],
        "avg_pool2d_grad": [((x[:, :3, :2], x.shape, 2), {"stride": 2, "padding": 0, "ceil_mode": False})],
        "batch_norm": [((x, g, b), {"eps": 1e-5})],
        "batch_norm_grad": [((x, x, g), {"eps": 1e-5})],
        "layer_norm": [((x, g, b), {"eps": 1e-5})],
        "layer_norm_grad": [((x, x, g), {"eps": 1e-5})],
        "group_norm": [((x, g, b, 2), {"eps": 1e-5})],
        "group_norm_grad": [((x, x, g, 2), {"eps": 1e-5})],
        "instance_norm": [((x, g, b), {"eps": 1e-5})],
        "instance_norm_grad": [((x, x, g), {"eps": 1e-5})],
        "BatchNorm": [((4,), {"eps": 1e-5, "momentum": 0.1})],
        "rnn": [((seq, w_x, w_h), {"bias": g[:2], "h0": w_h})],
        "rnn_grad": [((h, seq, w_x, w_h), {"bias": g[:2], "h0": w_h})],
        "lstm": [((seq, w_x4, w_h4), {"bias": w_h4[0], "h0": w_h, "c0": w_h})],
        "lstm_grad": [((h, seq, w_x4, w_h4), {"bias": w_h4[0], "h0": w_h, "c0": w_h, "grad_c": h})],
        "numerical_gradient": [((np.sin, g, b), {"step": 1e-5})],
        "check_gradient": [((np.cos(g) * b, np.sin, g, b), {"name": "x", "step": 1e-5, "rtol": 1e-5, "atol": 1e-7})],
    }  # fmt: skip
    calls |= {name: [((x,), {})] for name in ("BatchNorm.train", "BatchNorm.evaluate")}
    for name in explore.__all__:
        parameters = inspect.signature(getattr(explore, name)).parameters.values()
        calls[f"explore.{name}"] = [((), {p.name: p.default for p in parameters})]
    return calls


def function_of(name: str) -> Callable[..., Any]:
    owner, _, own = name.rpartition(".")
    return getattr({"": utils, "explore": explore, "BatchNorm": utils.BatchNorm(4)}[owner], own)


STRANGE: list[Any] = [
    None, True, "", "abc", "same", b"ab", 0, -1, 1, 2, 3, 7, 1.5, -2.0, np.nan, np.inf, 1j, 10**10, 2**63, 2**70,
    -(2**70), np.int64(3), np.uint8(2), np.int64(-3), np.float64(2), np.float32(0.5), np.bool_(True),
    np.complex64(2), np.str_("x"), np.array(2), np.array(2.0), np.array("x"), np.array([1j, 2]), np.array([[1, 2],
    [3, 4]]), np.array([2, 3]), np.zeros(0), np.zeros((0, 3)), np.zeros((2, 0, 5, 4)), np.ones((2, 6, 5, 4),
    object), np.ones((1,) * 7), np.ma.masked_array([1.0, 2, 3], [False] * 3), np.ma.masked_array(np.ones((2, 6, 5,
    4)), False), np.ma.masked, np.array(["2020-01-01"], "datetime64[D]"), np.zeros(2, [("a", int)]),
    np.array([np.nan, 1]), np.array([10**30]), {1, 2}, frozenset([3]), {1: 2}, (), [], (1,), (2, 2), (0, 1), (-1,
    1), (1, 2, 3), ((1, 2), (0, 0)), ((1, 2),), ((1,), 2), (2, 6, 5, 4), (2.0, 3), ("a", "b"), [[1, 2], [3]], [1,
    [2]], [None, 1], (10**10, 1), (2**70, 2), (10**6,) * 4, range(3), object(), repr, Fraction(1, 2), Decimal(1),
    slice(2), iter([1, 2]), memoryview(b"ab"), np.sin, lambda x: x, lambda x: None, lambda x: "text", Ellipsis,
    [True, False], np.array([True]),
]  # fmt: skip


def wrong_calls(seed: int) -> Iterator[tuple[str, Callable[..., Any], tuple[Any, ...], dict[str, Any]]]:
    """(name, function, arguments), with one to three arguments replaced, for ever."""
    rng = np.random.default_rng(seed)
    calls = right_calls()
    names = list(calls)
    while True:
        name = names[rng.integers(len(names))]
        args, kwargs = calls[name][rng.integers(len(calls[name]))]
        args, kwargs = list(args), dict(kwargs)
        for _ in range(rng.choice([1, 1, 1, 2, 3])):
            at, value = rng.integers(len(args) + len(kwargs)), STRANGE[rng.integers(len(STRANGE))]
            if at < len(args):
                args[at] = _reshaped(args[at], rng) if rng.random() < 0.2 else value
            else:
                kwargs[list(kwargs)[at - len(args)]] = value
        yield name, function_of(name), tuple(args), kwargs


def _reshaped(value: Any, rng: np.random.Generator) -> Any:
    """An array with an axis more, less, longer or shorter; a shape likewise."""
    if not isinstance(value, np.ndarray) or value.ndim == 0 or value.size == 0:
        return (*value, 1) if isinstance(value, tuple) else [value]
    axis = int(rng.integers(value.ndim))
    return [value[None], value[0], value.take([0], axis), np.concatenate([value, value], axis), value[..., None]][
        rng.integers(5)
    ]


def complaint(name: str, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> str | None:
    """What is wrong with how the function takes it; None if it gives a result or one clear error."""
    known = {*inspect.signature(function).parameters, "kernel_size", "f(x)"}
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            function(*args, **kwargs)
    except CLEAR as error:
        text, first = str(error), re.match(r"f\(x\)|\w+", str(error))
        named = first is not None and first[0] in known and type(error) in CLEAR and error.__cause__ is None
        return None if named and "\n" not in text and len(text) < 500 else f"{type(error).__name__}: {text}"
    except AssertionError as error:
        return None if name == "check_gradient" and str(error).startswith("the gradient of") else f"{error!r}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


def fuzz(calls: int = 0, seconds: float = 0.0, seed: int = 0) -> tuple[int, dict[str, str]]:
    """How many calls were made, in a number or a time; and each complaint with the call that led to it."""
    found: dict[str, str] = {}
    end = time.perf_counter() + seconds
    for number, (name, function, args, kwargs) in enumerate(wrong_calls(seed)):
        if number >= calls and time.perf_counter() >= end:
            return number, found
        said = complaint(name, function, args, kwargs)
        if said:
            shown = [np.shape(a) if isinstance(a, np.ndarray) and a.size > 4 else a for a in (*args, *kwargs.items())]
            found.setdefault(f"{name}: {said[:100]}", repr(shown))
    raise AssertionError("the calls never end")
