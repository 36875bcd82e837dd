"""Recurrent layers, one number at a time, and their gradients by central differences. Sequences are (B, T, C)."""

import math

import numpy as np

from utils.shapes import Array
from utils.watch import watched

from .differences import slope


@watched
def input_slopes(w: float, steps: int) -> Array:
    """By running h = w (u + h) with 1 in the place of one input and 0 in all others: it is linear in them."""
    slopes = np.zeros(steps)
    for k in range(steps):
        state = 0.0
        for t in range(steps):
            state = w * ((1 if t == k else 0) + state)
        slopes[k] = state
    return slopes


@watched
def truncated_grad(u: Array, w: float, keep: int) -> float:
    """By a weight of its own for the last `keep` steps, which is moved a little."""

    def last(late: float) -> float:
        state = 0.0
        for t, number in enumerate(u.tolist()):
            state = (late if t >= len(u) - keep else w) * (number + state)
        return state

    # a polynomial in the weight: differences of small steps, extrapolated
    far, near = ((last(w + d) - last(w - d)) / (2 * d) for d in (2e-3, 1e-3))
    return near + (near - far) / 3


@watched
def rnn(x: Array, w_x: Array, w_h: Array, bias: Array, h0: Array) -> Array:
    """All states (B, T, M) of a layer with tanh."""
    B, T, C = x.shape
    M = len(bias)
    h = np.zeros((B, T, M))
    for b in range(B):
        before = h0[b].tolist()
        for t in range(T):
            for m in range(M):
                total = bias[m]
                for c in range(C):
                    total += x[b, t, c] * w_x[c, m]
                for k in range(M):
                    total += before[k] * w_h[k, m]
                h[b, t, m] = math.tanh(total)
            before = h[b, t].tolist()
    return h


@watched
def rnn_grad(
    grad_output: Array, x: Array, w_x: Array, w_h: Array, bias: Array, h0: Array
) -> tuple[Array, Array, Array, Array, Array]:
    """The gradients of sum(grad_output * rnn(...)) to x, w_x, w_h, bias and h0, by central differences."""
    given = {"x": x, "w_x": w_x, "w_h": w_h, "bias": bias, "h0": h0}

    def to(name: str) -> Array:
        return slope(lambda a: float((grad_output * rnn(**{**given, name: a})).sum()), np.asarray(given[name], float))

    return to("x"), to("w_x"), to("w_h"), to("bias"), to("h0")


@watched
def lstm(x: Array, w_x: Array, w_h: Array, bias: Array, h0: Array, c0: Array) -> tuple[Array, Array]:
    """All states and all cells (B, T, M); the gates in the order i, f, g, o."""
    B, T, C = x.shape
    M = h0.shape[1]
    h, c = np.zeros((B, T, M)), np.zeros((B, T, M))
    for b in range(B):
        before, cell = h0[b].tolist(), c0[b].tolist()
        for t in range(T):
            a = []
            for k in range(4 * M):
                a.append(bias[k] + sum(x[b, t, n] * w_x[n, k] for n in range(C)))
                a[k] += sum(before[n] * w_h[n, k] for n in range(M))
            for m in range(M):
                i, f, o = (1 / (1 + math.exp(-a[m + part * M])) for part in (0, 1, 3))
                c[b, t, m] = f * cell[m] + i * math.tanh(a[m + 2 * M])
                h[b, t, m] = o * math.tanh(c[b, t, m])
            before, cell = h[b, t].tolist(), c[b, t].tolist()
    return h, c


@watched
def state_jacobian(h: Array, w_h: Array) -> Array:
    """By the chain rule along every way from an entry of the first state to one of the last, step by step."""
    M = len(w_h)
    found = np.zeros((M, M))
    for i in range(M):
        felt = [1.0 if k == i else 0.0 for k in range(M)]
        for state in h:
            felt = [sum(felt[k] * w_h[k, j] for k in range(M)) * (1 - state[j] * state[j]) for j in range(M)]
        found[i] = felt
    return found


@watched
def clip_by_norm(grads: dict[str, Array], limit: float) -> dict[str, Array]:
    """The arrays, divided by how many times too long all their entries together are."""
    numbers = {name: g.ravel().tolist() for name, g in grads.items()}
    times = math.sqrt(sum(v * v for entries in numbers.values() for v in entries)) / limit
    return {name: np.array([v / max(times, 1) for v in numbers[name]]).reshape(g.shape) for name, g in grads.items()}
