"""Recurrent layers and their gradients: the same weights at every step, as a filter's at every place (Problem 8).

Sequences are `(B, T, C)`, states `(B, M)`. A step takes what comes in and what it remembers, with weights that do not
depend on the step, so a weight's gradient is a sum over all steps. Backward through time is the same loop, run from
the last step to the first: what a state passed on to the next step comes back from there.

As in PyTorch an `rnn` has tanh, and the four parts of an `lstm`'s weights are, in this order, the gates i, f, g and o.
PyTorch has two biases, which it adds up; here there is one: their sum. Weights are `(C, M)` and `(M, M)`, its own are
transposed. What may change here: how it is made fast. What stays: names, arguments, results. Results are float32 if
all arrays are, float64 otherwise; a ValueError or TypeError names the argument that does not fit.
"""

import numpy as np
from numpy.typing import ArrayLike

from utils.shapes import Array, as_floats, check_shape
from utils.watch import watched


@watched
def rnn(
    x: ArrayLike, w_x: ArrayLike, w_h: ArrayLike, bias: ArrayLike | None = None, h0: ArrayLike | None = None
) -> Array:
    """The state after every step: h[t] = tanh(x[t] w_x + h[t-1] w_h + bias), beginning with h[-1] = h0.

    x (B, T, C), w_x (C, M), w_h (M, M), bias (M,) and h0 (B, M) give h (B, T, M); no bias or h0 means zeros.
    """
    x, w_x, w_h, bias, h0 = _layer(1, x=x, w_x=w_x, w_h=w_h, bias=bias, h0=h0)
    h = _each_step(x, w_x)
    h += bias
    before = h0
    for t in range(x.shape[1]):
        before = h[:, t] = np.tanh(h[:, t] + before @ w_h)
    return h


@watched
def rnn_grad(
    grad_output: ArrayLike, x: ArrayLike, w_x: ArrayLike, w_h: ArrayLike,
    bias: ArrayLike | None = None, h0: ArrayLike | None = None,
) -> tuple[Array, Array, Array, Array, Array]:  # fmt: skip
    """The gradients of sum(grad_output * rnn(...)): (grad_x, grad_w_x, grad_w_h, grad_bias, grad_h0).

    grad_output (B, T, M) has zeros at the steps whose state the loss does not read itself; x, w_x, w_h, bias and h0 are
    those of `rnn`. Each gradient has its argument's shape: (B, T, C), (C, M), (M, M), (M,), (B, M).
    """
    dy, x, w_x, w_h, bias, h0 = _layer(1, grad_output=grad_output, x=x, w_x=w_x, w_h=w_h, bias=bias, h0=h0)
    h = rnn(x, w_x, w_h, bias, h0)
    da = np.empty_like(h)  # the gradient of what goes into tanh
    later = np.zeros_like(h0)  # what comes back from the step after
    for t in reversed(range(x.shape[1])):
        da[:, t] = (dy[:, t] + later) * (1 - h[:, t] ** 2)
        later = da[:, t] @ w_h.T
    return *_shared(da, x, w_x, _before(h, h0)), later


@watched
def lstm(
    x: ArrayLike, w_x: ArrayLike, w_h: ArrayLike, bias: ArrayLike | None = None,
    h0: ArrayLike | None = None, c0: ArrayLike | None = None,
) -> tuple[Array, Array]:  # fmt: skip
    """The states and the memory cells after every step, (h, c), with the gates i, f, g and o:

        a = x[t] w_x + h[t-1] w_h + bias;  i, f, g, o = sigmoid(a_i), sigmoid(a_f), tanh(a_g), sigmoid(a_o)
        c[t] = f c[t-1] + i g;             h[t] = o tanh(c[t])

    x (B, T, C), w_x (C, 4 M), w_h (M, 4 M), bias (4 M,), h0 and c0 (B, M) give h and c (B, T, M); no bias, h0 or c0
    means zeros.
    """
    x, w_x, w_h, bias, h0, c0 = _layer(4, x=x, w_x=w_x, w_h=w_h, bias=bias, h0=h0, c0=c0)
    _, h, c = _lstm_steps(x, w_x, w_h, bias, h0, c0)
    return h, c


@watched
def lstm_grad(
    grad_output: ArrayLike, x: ArrayLike, w_x: ArrayLike, w_h: ArrayLike, bias: ArrayLike | None = None,
    h0: ArrayLike | None = None, c0: ArrayLike | None = None, grad_c: ArrayLike | None = None,
) -> tuple[Array, Array, Array, Array, Array, Array]:  # fmt: skip
    """The gradients of sum(grad_output * h) + sum(grad_c * c), with h, c = lstm(...), with respect to its arguments:
    (grad_x, grad_w_x, grad_w_h, grad_bias, grad_h0, grad_c0).

    grad_output and grad_c (B, T, M) have zeros where the loss does not read a state or cell itself; no grad_c means
    zeros. x, w_x, w_h, bias, h0 and c0 are those of `lstm`. Each gradient has its argument's shape.
    """
    dy, dc, x, w_x, w_h, bias, h0, c0 = _layer(
        4, grad_output=grad_output, grad_c=grad_c, x=x, w_x=w_x, w_h=w_h, bias=bias, h0=h0, c0=c0
    )
    gates, h, c = _lstm_steps(x, w_x, w_h, bias, h0, c0)
    c_before, da = _before(c, c0), np.empty_like(gates)
    later_h, later_c = np.zeros_like(h0), np.zeros_like(c0)  # what comes back from the step after
    for t in reversed(range(x.shape[1])):
        i, f, g, o = _parts(gates[:, t])
        to_i, to_f, to_g, to_o = _parts(da[:, t])
        squashed, to_h = np.tanh(c[:, t]), dy[:, t] + later_h
        to_c = dc[:, t] + later_c + to_h * o * (1 - squashed**2)
        to_i[...] = to_c * g * i * (1 - i)
        to_f[...] = to_c * c_before[:, t] * f * (1 - f)
        to_g[...] = to_c * i * (1 - g**2)
        to_o[...] = to_h * squashed * o * (1 - o)
        later_h, later_c = da[:, t] @ w_h.T, to_c * f  # the cell's road back is straight: only f lies on it
    return *_shared(da, x, w_x, _before(h, h0)), later_h, later_c


def _lstm_steps(x: Array, w_x: Array, w_h: Array, bias: Array, h0: Array, c0: Array) -> tuple[Array, Array, Array]:
    """The gates (B, T, 4 M), as they are after their sigmoid or tanh, h and c."""
    gates = _each_step(x, w_x)
    gates += bias
    half = np.repeat(np.array([0.5, 0.5, 1, 0.5], x.dtype), len(w_h))  # sigmoid(a) = tanh(a / 2) / 2 + 1 / 2
    h, c = np.empty((2, *x.shape[:2], len(w_h)), x.dtype)
    h_before, c_before = h0, c0
    for t in range(x.shape[1]):
        gates[:, t] = np.tanh((gates[:, t] + h_before @ w_h) * half) * half + (1 - half)
        i, f, g, o = _parts(gates[:, t])
        c_before = c[:, t] = f * c_before + i * g
        h_before = h[:, t] = o * np.tanh(c_before)
    return gates, h, c


def _parts(gates: Array) -> Array:
    """The views i, f, g, o, each (B, M), of one step's gates (B, 4 M)."""
    return gates.reshape(len(gates), 4, -1).swapaxes(0, 1)


def _before(states: Array, first: Array) -> Array:
    """The state that each step begins with: `first`, and then all but the last of `states` (B, T, M)."""
    return np.concatenate([first[:, None], states[:, :-1]], axis=1)


def _each_step(x: Array, w: Array) -> Array:
    """x @ w, for all steps in one product of matrices."""
    return (x.reshape(-1, x.shape[-1]) @ w).reshape(*x.shape[:2], -1)


def _shared(da: Array, x: Array, w_x: Array, h_before: Array) -> tuple[Array, Array, Array, Array]:
    """The gradients of x, w_x, w_h and bias. Every step uses the same weights: theirs are sums over all steps."""
    steps = da.reshape(-1, da.shape[-1])
    grad_w_x, grad_w_h = (rows.reshape(len(steps), -1).T @ steps for rows in (x, h_before))
    return _each_step(da, w_x.T), grad_w_x, grad_w_h, steps.sum(0)


def _layer(parts: int, **named: ArrayLike | None) -> list[Array]:
    """The named arrays, of one type and with shapes that fit; zeros for a bias, a state or a grad_c that is None.

    The weights' last axis holds `parts` times as many numbers as the state.
    """
    given = {name: a for name, a in named.items() if a is not None or name not in ("bias", "h0", "c0", "grad_c")}
    arrays = dict(zip(given, as_floats(**given), strict=True))  # type: ignore[arg-type]
    x, w_x, w_h = arrays["x"], arrays["w_x"], arrays["w_h"]
    wide = "M" if parts == 1 else f"{parts} M"
    if x.ndim != 3:
        raise ValueError(f"x has shape {x.shape}, expected (B, T, C){'; one sequence is x[None]' * (x.ndim == 2)}")
    if w_h.ndim != 2 or w_h.shape[1] != parts * len(w_h):
        raise ValueError(f"w_h has shape {w_h.shape}, expected (M, {wide}): from the state to the next state")
    batch, steps, channels = x.shape
    m, fits = len(w_h), f"because x has shape {x.shape} and w_h {w_h.shape}"
    check_shape(w_x, "w_x", (channels, parts * m), f"(C, {wide}), {fits}")
    shapes = {"bias": (parts * m,), "h0": (batch, m), "c0": (batch, m)}
    shapes |= {"grad_output": (batch, steps, m), "grad_c": (batch, steps, m)}
    for name in (name for name in named if name in shapes):
        if name not in arrays:
            arrays[name] = np.zeros(shapes[name], x.dtype)
        check_shape(arrays[name], name, shapes[name], fits)
    return [arrays[name] for name in named]
