"""Steps on the way to recurrent layers (Problem 8): the recurrence h = w (u + h), one neuron, counts, bounds."""

import numpy as np

from utils.shapes import Array
from utils.watch import watched


@watched
def recurrence(u: Array, w: float) -> Array:
    """The states (T,) of h[t] = w (u[t] + h[t-1]), beginning with 0."""
    return w * _brackets(u, w)


@watched
def weight_shares(u: Array, w: float) -> Array:
    """How much the last of these states owes to the use of w at each step (T,)."""
    return _brackets(u, w) * w ** np.arange(len(u) - 1.0, -1, -1)


@watched
def recurrence_grad(u: Array, w: float) -> float:
    """The derivative of the last state with respect to w: the sum over all of its uses."""
    return weight_shares(u, w).sum()


@watched
def truncated_grad(u: Array, w: float, keep: int) -> float:
    """The same, of which only the last `keep` uses count."""
    return weight_shares(u, w)[-keep:].sum()


@watched
def input_slopes(w: float, steps: int) -> Array:
    """The derivative of the last state with respect to each input (steps,)."""
    return w ** np.arange(steps, 0.0, -1)


@watched
def one_neuron_grad(delta: Array, h: Array, w_h: float) -> tuple[Array, float]:
    """(g, grad_w_h) of one tanh neuron: delta (T,) comes in at each state, h (T + 1,) are the states from h[0] on.

    g (T,) is the gradient with respect to what stands inside the tanh.
    """
    g, back = np.zeros(len(delta)), 0.0
    for t in reversed(range(len(delta))):
        g[t] = (delta[t] + back) * (1 - h[t + 1] ** 2)
        back = g[t] * w_h
    return g, float(g @ h[:-1])


@watched
def rnn_parameters(inputs: int, states: int, times_longer: int = 1) -> int:
    """What a recurrent layer learns; how long the sequences are plays no part."""
    return states * (inputs + states) + states


@watched
def gated_parameters(inputs: int, states: int, layers: int) -> int:
    """What a cell of that many such layers learns: 4 in an LSTM, 3 in a GRU."""
    return layers * rnn_parameters(inputs, states)


@watched
def reached(steps: int, changed: int, kernel_size: int | None = None) -> Array:
    """The steps, from 0, that feel the input of one of them: in a recurrent layer, or in a filter that looks back."""
    return np.arange(changed, steps if kernel_size is None else min(steps, changed + kernel_size))


@watched
def terms_of_weight(steps: int, from_zero: bool) -> int:
    """The terms h[t-1]^T g[t] of w_h's gradient that are not 0, when the state begins with 0, or does not."""
    return steps - from_zero


@watched
def gradient_bounds(sigma: Array, slope: Array, steps: Array) -> Array:
    """How long a gradient of length 1 can be after these steps back."""
    return (sigma * slope) ** steps


@watched
def state_jacobian(h: Array, w_h: Array) -> Array:
    """The derivatives of h[-1] (columns) with respect to the state before h[0] (rows), for states h (T, M)."""
    jacobian = np.eye(len(w_h))
    for state in h:
        jacobian = jacobian @ (w_h * (1 - state**2))
    return jacobian


@watched
def power_norm(w: Array, steps: int) -> float:
    """The largest singular value of a matrix to that power."""
    return float(np.linalg.norm(np.linalg.matrix_power(w, steps), 2))


@watched
def clip_by_norm(grads: dict[str, Array], limit: float) -> dict[str, Array]:
    """The arrays, made shorter by one factor where they are longer than `limit` together."""
    length = np.sqrt(sum(np.sum(g**2) for g in grads.values()))
    return {name: g * min(1, limit / length) for name, g in grads.items()}


@watched
def cell_step(c: float, i: float, f: float, g: float) -> float:
    """The cell of an LSTM after one step."""
    return f * c + i * g


@watched
def straight_road(f: Array) -> float:
    """By what a gradient is multiplied along the cell, over steps with these forget gates."""
    return float(np.prod(f))


@watched
def steps_until_below(f: float, left: float) -> int:
    """The first number of steps after which less than `left` remains, with a forget gate f."""
    return next(n for n in range(100_000) if f**n < left)


@watched
def layers_needed(steps: int, kernel_size: int) -> int:
    """The layers of width `kernel_size` after which one output sees that many steps."""
    return -(-(steps - 1) // (kernel_size - 1))


@watched
def in_a_row(steps: int, kernel_size: int) -> tuple[int, int]:
    """What must be computed one after the other: by a recurrent layer, and by a stack of convolutions."""
    return steps, layers_needed(steps, kernel_size)


def _brackets(u: Array, w: float) -> Array:
    """What the weight is multiplied by at each step: u[t] + h[t-1]."""
    found, state = [], 0.0
    for number in u:
        found.append(number + state)
        state = w * found[-1]
    return np.array(found, float)
