"""A recurrent layer backwards: what arrives at a state, what it passes on, and the sums over all steps (Problem 8)."""

from typing import Any

import numpy as np

from .fork import Fork, program, share_words
from .recurrent import layer

Array = np.ndarray

share_words(
    """
slope-forgotten
  The slope of tanh is missing.
  What does the gradient pass on its way from a state to what was added up?

slope-of-direct-only
  Only what the loss sends directly has passed the slope of tanh; what comes back from the next step has not.
  Both arrive at the same state. Which tanh do they go through on their way to what was added up?

slope-of-previous-state
  You took the slope of tanh at the state before.
  tanh made h_t. In which state, then, does its slope 1 - h squared stand?

slope-of-input
  You took the slope at what goes into tanh: 1 minus its square.
  1 - h squared is the slope of tanh. Is h what goes in, or what comes out?

slope-not-squared
  You took 1 - h for the slope of tanh.
  What is the derivative of tanh, written with its result?

direct-gradient-forgotten
  What the loss sends back to the earlier states directly is missing.
  On how many ways does a state in the middle reach the loss?

later-steps-forgotten
  Nothing came back from the steps that follow.
  On how many ways does a state in the middle reach the loss?
"""
)


@program(
    "rnn_grad",
    words="""
last-step-only
  Only the last step's share is there.
  The same weights are used at every step. What does a shared weight do with what its uses send back?

overwritten-in-the-loop
  Only the first step's share is left: the loop wrote over what it had.
  Which sign adds to what is already there?

steps-averaged
  You took the mean over the steps.
  The loss feels every use of a weight. Do the uses share one effect, or add theirs up?

batch-averaged
  You took the mean over the batch.
  Does grad_output hold the gradient of each sequence already, mean or sum?

batch-not-summed
  There is still a row for each sequence.
  How many biases does the layer have, and who uses them?

states-exchanged
  For w_h you took the state after the step.
  Which state is multiplied by w_h at step t?

product-turned-around
  The product of matrices is the wrong way round: your gradient is the transpose of the right one.
  Rows of w_h belong to the old state, columns to the new. To which of them does g belong?

not-transposed
  On the way back you multiplied by w_h, not by its transpose.
  Forwards, rows meet w_h from the left. What undoes rows and columns on the way back?

weights-passed-by
  What goes back to the step before was not multiplied by w_h.
  Through which weights did the old state come into this step?

loop-forwards
  Your loop runs from the first step to the last.
  Which step's gradient is known first, without waiting for another?

start-state-forgotten
  For the first step's share of w_h you took 0 in the place of h0.
  Which state did the first step multiply by w_h?

last-state-for-the-first
  For the first step you took h[:, -1]: in Python that is the last state.
  Which state did the first step begin with?

passed-on-before-the-slope
  What goes back to the step before has not passed the slope of tanh.
  In which order does the gradient meet tanh and the weights?

input-before-the-slope
  The gradient of x has not passed the slope of tanh.
  In which order does the gradient meet tanh and the weights?

start-gradient-forgotten
  The gradient with respect to h0 is 0.
  What does the first step pass back to the state before it?

start-gradient-without-weights
  For h0 you returned the gradient inside the tanh of the first step.
  Which weights lie between h0 and the first step's sum?

start-gradient-of-the-first-state
  For h0 you returned what arrives at the first state.
  Which tanh and which weights lie between h0 and h1?

upstream-ones
  grad_output was not used: this is the gradient for ones.
  If one state matters twice as much to the loss as another, where does your answer show it?
""",
)  # fmt: skip
def rnn_gradient(
    fork: Fork, grad_output: Any, x: Any, w_x: Any, w_h: Any, bias: Any = None, h0: Any = None
) -> tuple[Array, Array, Array, Array, Array]:
    """From the last step to the first; every use of a weight sends its share, and the shares are added up."""
    x, w_x, w_h, bias, h0 = layer(x, w_x, w_h, bias, h0)
    dy = np.asarray(grad_output, float)
    dy = fork("the deltas", dy, upstream_ones=lambda: np.ones_like(dy))
    steps = x.shape[1]
    insides, states = [], [h0]
    for t in range(steps):
        insides.append(x[:, t] @ w_x + states[-1] @ w_h + bias)
        states.append(np.tanh(insides[-1]))
    weights = fork("the weights on the way back", w_h.T, not_transposed=w_h, weights_passed_by=np.eye(len(w_h)))
    order = fork("the order of the steps", list(range(steps))[::-1], loop_forwards=list(range(steps)))
    dx, back, g, d = np.zeros_like(x), np.zeros_like(h0), np.zeros_like(h0), np.zeros_like(h0)
    shares: list[tuple[Array, Array, Array]] = []
    for t in order:
        before, state = states[t], states[t + 1]
        if t == 0:
            ways = {"last_state_for_the_first": states[-1]}
            ways |= {"start_state_forgotten": 0 * h0} if fork.gives("h0") else {}
            before = fork("the state before the first step", before, **ways)
        direct = dy[:, t]
        d = fork(
            "what arrives at a state", direct + back,
            direct_gradient_forgotten=direct if t == steps - 1 else back, later_steps_forgotten=direct,
        )  # fmt: skip
        g = fork(
            "the slope of tanh", d * (1 - state**2),
            slope_forgotten=d, slope_of_previous_state=d * (1 - states[t] ** 2),
            slope_of_input=d * (1 - insides[t] ** 2), slope_not_squared=d * (1 - state),
            slope_of_direct_only=direct * (1 - state**2) + back, slope_of_input__twice=d * (1 - np.tanh(state) ** 2),
        )  # fmt: skip
        met = fork("the state that w_h met", before, states_exchanged=state)
        to_w_h = fork("the share of w_h", met.T @ g, product_turned_around=g.T @ met)
        shares.append((x[:, t].T @ g, to_w_h, g))
        dx[:, t] = fork("what goes to x", g, input_before_the_slope=d) @ w_x.T
        back = fork("what goes to the step before", g, passed_on_before_the_slope=d) @ weights
    dw_x, dw_h, each_row = (
        added_up(fork, [s[k] for s in shares], order, len(x), at)
        for k, at in enumerate(("for w_x", "for w_h", "for the bias"))
    )
    dbias = fork("the batch in the bias", lambda: each_row.sum(0), batch_not_summed=lambda: each_row)
    dh0 = fork(
        "the gradient of h0", back,
        start_gradient_forgotten=0 * h0, start_gradient_without_weights=g, start_gradient_of_the_first_state=d,
    )  # fmt: skip
    return dx, dw_x, dw_h, dbias, dh0


def added_up(fork: Fork, shares: list[Array], order: list[int], batch: int, at: str) -> Array:
    """The sum of what all steps send to a weight; `order` is the order in which they were met."""
    total = np.sum(shares, 0)
    return fork(
        "the sum over the steps", total, at,
        last_step_only=shares[int(np.argmax(order))], overwritten_in_the_loop=shares[-1],
        steps_averaged=total / len(shares), batch_averaged=total / batch,
    )  # fmt: skip


@program(
    "one_neuron_grad",
    words="""
last-use-only
  Only the second use of the weight was counted.
  The weight is used at both steps. What does a shared weight do with what its uses send back?

first-use-only
  Only the first use of the weight was counted.
  The weight is used at both steps. What does a shared weight do with what its uses send back?

states-exchanged
  Each g was multiplied by the state after its step.
  Which state is multiplied by the weight at step t?

weight-forgotten-on-the-way
  On its way from the second step to the first, the gradient was not multiplied by the weight.
  By what was the first state multiplied in the second step?
""",
)  # fmt: skip
def one_neuron_gradient(fork: Fork, delta: Any, h: Any, w_h: Any) -> tuple[Array, Any]:
    """From the last step to the first, with one number for each state."""
    delta, h = np.asarray(delta, float), np.asarray(h, float)
    steps = len(delta)
    g, back = np.zeros(steps), 0.0
    for t in reversed(range(steps)):
        last = t == steps - 1
        d = fork(
            "what arrives at a state", delta[t] + back,
            direct_gradient_forgotten=delta[t] if last else back, later_steps_forgotten=delta[t],
        )  # fmt: skip
        g[t] = fork(
            "the slope of tanh", d * (1 - h[t + 1] ** 2),
            slope_forgotten=d, slope_of_previous_state=d * (1 - h[t] ** 2), slope_not_squared=d * (1 - h[t + 1]),
        )  # fmt: skip
        back = fork("what goes to the step before", g[t] * w_h, weight_forgotten_on_the_way=g[t])
    shares = fork("the state that the weight met", lambda: g * h[:-1], states_exchanged=lambda: g * h[1:])
    total = fork(
        "the sum over the steps",
        lambda: shares.sum(),
        last_use_only=lambda: shares[-1],
        first_use_only=lambda: shares[0],
    )
    return g, total
