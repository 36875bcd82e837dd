"""Recurrent layers forwards: with which state a step begins, what is squashed, how gates are ordered (Problem 8)."""

from itertools import permutations
from typing import Any

import numpy as np

from .fork import Fork, program, share_words

Array = np.ndarray

share_words(
    """
start-state-forgotten
  The state before the first step was taken to be 0; h0 was not used.
  What does the first step take in besides x[:, 0]?

rnn-bias-forgotten
  The bias was not added.
  Which three things are added up before they are squashed?

memory-forgotten
  No step knows the one before it: the last state was not used.
  Which two things come into a step, and which of them is the memory?

state-weights-transposed
  The state was multiplied by the transpose of w_h.
  With states as rows, (B, M): which axis of w_h belongs to the old state, and which to the new?

state-not-updated
  Every step began with the first state again.
  What must the loop hand from one step to the next?

last-state-only
  Only the last state was returned.
  How many states has a sequence of T steps, and in which shape are they asked for?

time-first
  The steps come first in your result, then the batch.
  In which order are the axes of x, and which of them counts the steps?

start-state-included
  Your result begins with h0: it has one state too many.
  Which is the first state that is made by a step?

states-one-late
  In each place stands the state before the step, not the one after it.
  When do you write a state into the result: before or after it was made?

steps-from-the-end
  Your loop ran from the last step to the first.
  Which step does a step take its state from, forwards?
"""
)


@program(
    "rnn",
    words="""
no-tanh
  There is no tanh.
  What is done to the sum before it becomes the new state?

sigmoid-not-tanh
  You squashed with a sigmoid; it makes numbers between 0 and 1.
  Between which two numbers lie the values of tanh?

remembers-the-inside
  What was handed on is the sum before the tanh.
  Which of the two is the state: what goes into tanh, or what comes out?

first-input-for-all
  Every step read the first input.
  Which index of x counts the steps, and does your loop use it?

input-forgotten
  x was not used: only the state was handed on.
  Which two things come into a step?

batch-mixed
  The states of the whole batch were added up or averaged.
  May one sequence know anything of another?
""",
)  # fmt: skip
def rnn(fork: Fork, x: Any, w_x: Any, w_h: Any, bias: Any = None, h0: Any = None) -> Array:
    """Each step squashes its input and the last state, both times the same weights, and hands the result on."""
    x, w_x, w_h, bias, h0 = layer(x, w_x, w_h, bias, h0)
    start = start_state(fork, h0)
    weights = state_weights(fork, w_h)
    bias = fork("the bias", bias, rnn_bias_forgotten=lambda: 0 * bias)
    before, states, first = start, [], start
    for t in order_of_steps(fork, x.shape[1]):
        inside = fork(
            "what is added up", lambda t=t, before=before: x[:, t] @ w_x + before @ weights + bias,
            memory_forgotten=lambda t=t: x[:, t] @ w_x + bias,
            input_forgotten=lambda before=before: before @ weights + bias,
            first_input_for_all=lambda before=before: x[:, 0] @ w_x + before @ weights + bias,
            batch_mixed=lambda t=t, before=before: x[:, t] @ w_x + before.mean(0) @ weights + bias,
        )  # fmt: skip
        state = fork(
            "what squashes", lambda inside=inside: np.tanh(inside),
            no_tanh=inside, sigmoid_not_tanh=lambda inside=inside: _sigmoid(inside),
        )  # fmt: skip
        states.append(state)
        before = fork("what is handed on", state, remembers_the_inside=inside, state_not_updated=first)
    return told(fork, states, start)


@program(
    "lstm",
    words="""
gate-order
  The four parts were taken in another order.
  In which order does the question put the gates i, f, g and o?

forget-gate-turned-around
  You used 1 - f where f belongs.
  When the forget gate is 1, is the old number kept or lost?

gates-swapped
  The input gate and the forget gate changed places.
  Which gate multiplies the old cell, and which the new?

gates-coupled
  What the forget gate left free was filled with the new: the input gate was not used.
  How many gates does this cell have, and which of them says how much of the new is written?

tanh-in-the-gates
  Your gates are made by tanh: they can be negative.
  Between which numbers must a gate lie that lets something through?

sigmoid-for-the-new
  What could be written, g, was made by the sigmoid: it is never negative.
  Which of the four parts may be negative?

cell-forgotten
  The old cell was not kept.
  What stands beside the forget gate in the formula?

cell-not-squashed
  The cell was shown without its tanh.
  What does the output gate multiply: the cell, or its tanh?

output-gate-forgotten
  The output gate was not used.
  How do you get from the cell to the state?

old-cell-shown
  The state was made from the cell before the step.
  Which comes first at each step: the new cell or the new state?

cell-for-state
  The gates were made from the last cell in the place of the last state.
  Which of the two meets w_h?

start-cell-forgotten
  The cell before the first step was taken to be 0; c0 was not used.
  What does the first forget gate multiply?

results-exchanged
  States and cells changed places in your result.
  Which of the two is asked for first?
""",
)  # fmt: skip
def lstm(
    fork: Fork, x: Any, w_x: Any, w_h: Any, bias: Any = None, h0: Any = None, c0: Any = None
) -> tuple[Array, Array]:
    """The cell keeps a part of what it was and takes in a part of the new; the state is a part of what it holds."""
    x, w_x, w_h, bias, h0, c0 = layer(x, w_x, w_h, bias, h0, c0)
    h = start_state(fork, h0)
    c = fork("the cell to begin with", c0, **({"start_cell_forgotten": 0 * c0} if fork.gives("c0") else {}))
    start_h, start_c = h, c
    bias = fork("the bias", bias, rnn_bias_forgotten=lambda: 0 * bias)
    order = fork(
        "the order of the gates", (0, 1, 2, 3),
        **{f"gate_order__{''.join(map(str, order))}": order for order in list(permutations(range(4)))[1:]},
    )  # fmt: skip
    gate = fork("what makes the gates", lambda: _sigmoid, tanh_in_the_gates=lambda: np.tanh)
    new = fork("what makes the new", lambda: np.tanh, sigmoid_for_the_new=lambda: _sigmoid)
    states, cells = [], []
    for t in order_of_steps(fork, x.shape[1]):
        fed = fork("what meets w_h", h, cell_for_state=c, memory_forgotten=0 * h)
        parts = np.split(x[:, t] @ w_x + fed @ w_h + bias, 4, axis=1)
        i, f, g, o = (parts[k] for k in order)
        i, f, g, o = gate(i), gate(f), new(g), gate(o)
        f = fork("the forget gate", f, forget_gate_turned_around=1 - f)
        i = fork("the input gate", i, gates_coupled=1 - f)
        old = c
        c = fork(
            "the new cell", f * c + i * g,
            gates_swapped=i * c + f * g, cell_forgotten=i * g, state_not_updated=f * start_c + i * g,
        )  # fmt: skip
        h = fork(
            "the new state", o * np.tanh(c),
            cell_not_squashed=o * c, output_gate_forgotten=np.tanh(c), old_cell_shown=o * np.tanh(old),
        )  # fmt: skip
        states.append(h)
        cells.append(c)
    both = told(fork, states, start_h), told(fork, cells, start_c)
    return fork("which result comes first", both, results_exchanged=both[::-1])


def layer(x: Any, w_x: Any, w_h: Any, bias: Any, *first: Any) -> list[Array]:
    """The arrays of a layer, with zeros where there is no bias or no first state."""
    x, w_x, w_h = (np.asarray(a, float) for a in (x, w_x, w_h))
    zeros = np.zeros((len(x), len(w_h)))
    bias = np.zeros(w_h.shape[1]) if bias is None else np.asarray(bias, float)
    return [x, w_x, w_h, bias, *(zeros if a is None else np.asarray(a, float) for a in first)]


def start_state(fork: Fork, h0: Array) -> Array:
    """The state before the first step."""
    ways = {"start_state_forgotten": 0 * h0} if fork.gives("h0") else {}
    return fork("the state to begin with", h0, **ways)


def state_weights(fork: Fork, w_h: Array) -> Array:
    """What the last state is multiplied by."""
    return fork("the weights of the state", w_h, state_weights_transposed=w_h.T)


def order_of_steps(fork: Fork, steps: int) -> list[int]:
    """Which step comes first."""
    return fork("the order of the steps", list(range(steps)), steps_from_the_end=list(range(steps))[::-1])


def told(fork: Fork, states: list[Array], start: Array) -> Array:
    """The states as one array (B, T, M)."""
    shifted = [start, *states]
    return fork(
        "which states are returned", lambda: np.stack(states, 1),
        last_state_only=lambda: states[-1], time_first=lambda: np.stack(states),
        start_state_included=lambda: np.stack(shifted, 1), states_one_late=lambda: np.stack(shifted[:-1], 1),
    )  # fmt: skip


def _sigmoid(a: Array) -> Array:
    return 1 / (1 + np.exp(-a))
