"""A recurrence by hand, and its gradient through time (Problem 8)."""

from typing import Any

import numpy as np

from .fork import Fork, program

Array = np.ndarray

_RECURRENCE = """
memory-not-weighted
  Only the input was multiplied by the weight; the last state was added as it was.
  What stands inside the brackets that the weight multiplies?

inputs-turned-around
  The inputs came in from the last to the first.
  Which input has gone through the most steps when the end is reached?

memory-forgotten
  Each step saw its own input only.
  What is added to the input before the weight multiplies?

input-not-weighted
  Only the last state was multiplied by the weight; the input was added as it was.
  What stands inside the brackets that the weight multiplies?

weight-forgotten
  The weight was not used.
  What multiplies the sum of the input and the last state?

later-steps-forgotten
  What a use does to its own step is there; what the later steps make of it is not.
  How often is something from the first step multiplied by the weight before it reaches the end?

one-step-too-many
  Each share was multiplied by the weight once too often.
  At its own step a weight multiplies the brackets. What is the derivative of w times the brackets with respect to w?

uses-turned-around
  Your powers of the weight belong to the steps in reversed order.
  After its own step, how many times is the first use multiplied by the weight, and how many times the last?

last-use-only
  Only the last use of the weight was counted.
  The weight is used at every step. What does a shared weight do with what its uses send back?
"""


def _states(fork: Fork, u: Array, w: float) -> tuple[Array, Array]:
    """The states, and what stood in the brackets of each step."""
    states, brackets, state = [], [], 0.0
    u = fork("the order of the inputs", u, inputs_turned_around=u[::-1])
    for number in u:
        bracket = fork("the last state in the brackets", number + state, memory_forgotten=number)
        brackets.append(bracket)
        state = fork(
            "what the weight multiplies", w * bracket,
            memory_not_weighted=w * number + state, input_not_weighted=number + w * state, weight_forgotten=bracket,
        )  # fmt: skip
        states.append(state)
    return np.array(states), np.array(brackets)


@program("recurrence", words=_RECURRENCE)
def recurrence(fork: Fork, u: Any, w: float) -> Array:
    """The weight multiplies the input and the last state."""
    return _states(fork, np.asarray(u, float), w)[0]


def _shares(fork: Fork, u: Any, w: float) -> Array:
    u = np.asarray(u, float)
    later = np.arange(len(u) - 1.0, -1, -1)
    brackets = _states(fork, u, w)[1]
    later = fork("the order of the uses", later, uses_turned_around=later[::-1])
    return fork(
        "what the later steps do", lambda: brackets * w**later,
        later_steps_forgotten=brackets, one_step_too_many=lambda: brackets * w ** (later + 1),
    )  # fmt: skip


@program("weight_shares", words=_RECURRENCE)
def weight_shares(fork: Fork, u: Any, w: float) -> Array:
    """What each use of the weight multiplies, times the weight for every later step."""
    return _shares(fork, u, w)


@program(
    "recurrence_grad",
    words=_RECURRENCE + """
exponents-forgotten = memory-forgotten
  Each power of the weight is lower by one, but no factor came down with it: this is what the last use alone gives.
  What is the derivative of w to the power 3 with respect to w?

own-input-only = memory-forgotten + last-use-only
  This is the derivative of an output that holds its own input only.
  What is added to the last input before the weight multiplies?

exponents-forgotten = last-use-only
  Each power of the weight is lower by one, but no factor came down with it: this is what the last use alone gives.
  What is the derivative of w to the power 3 with respect to w?
""",
)  # fmt: skip
def recurrence_gradient(fork: Fork, u: Any, w: float) -> Any:
    """The sum of all shares."""
    shares = _shares(fork, u, w)
    return fork("the sum over the uses", lambda: shares.sum(), last_use_only=lambda: shares[-1])


@program(
    "truncated_grad",
    words=_RECURRENCE + """
memory-thrown-away
  The last steps began with a state of 0: what came before was lost on the way forwards, too.
  What is cut in the truncated gradient: the way forwards, or the way back?

not-truncated
  All uses of the weight were counted.
  How many steps back may the gradient go?

first-steps-kept
  You kept the first uses of the weight, and dropped the last ones.
  From which end does the way back begin?

one-use-too-many
  One use too many was counted.
  With keep = 1, how many uses of the weight count?

one-use-too-few
  One use too few was counted.
  With keep = 1, how many uses of the weight count?
""",
)  # fmt: skip
def truncated_gradient(fork: Fork, u: Any, w: float, keep: int) -> Any:
    """All steps forwards, the last ones back."""
    u = np.asarray(u, float)
    u = fork("the steps forwards", u, memory_thrown_away=u[-keep:])
    shares = _shares(fork, u, w)
    return fork(
        "which uses count", lambda: shares[-keep:].sum(),
        not_truncated=lambda: shares.sum(), first_steps_kept=lambda: shares[:keep].sum(),
        one_use_too_many=lambda: shares[-keep - 1 :].sum(),
        one_use_too_few=lambda: shares[-(keep - 1) :].sum() if keep > 1 else 0.0,
    )  # fmt: skip


@program(
    "input_slopes",
    words="""
power-off-by-one
  The powers of the weight are one too small.
  The last input is added before the weight multiplies. How often has it met the weight in the end?

power-too-large
  The powers of the weight are one too large.
  How often has the last input met the weight in the end?

last-step-first
  Your list begins with the last input.
  Which input has met the weight most often, and where does it stand in the list?

product-not-power
  You multiplied by the number of steps where the weight comes in again and again.
  Two steps multiply by w and by w again. What is that together?
""",
)  # fmt: skip
def input_slopes(fork: Fork, w: float, steps: int) -> Array:
    """An input meets the weight at its own step and at every later one."""
    often = np.arange(steps, 0.0, -1)
    often = fork("how often an input meets the weight", often, power_off_by_one=often - 1, power_too_large=often + 1)
    slopes = fork("what that makes", lambda: w**often, product_not_power=lambda: w * often)
    return fork("the order of the inputs", slopes, last_step_first=slopes[::-1])
