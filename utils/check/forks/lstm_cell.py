"""One step of an LSTM's cell, and how long it remembers (Problem 8)."""

from typing import Any

import numpy as np

from .fork import Fork, program


@program(
    "cell_step",
    words="""
gates-swapped
  The input gate and the forget gate changed places.
  Which gate multiplies the old cell, and which the new?

forget-gate-turned-around
  You used 1 - f where f belongs.
  When the forget gate is 1, is the old number kept or lost?

cell-forgotten
  The old cell was not kept.
  What stands beside the forget gate in the formula?

new-forgotten
  Nothing new was let in.
  What stands beside the input gate in the formula?

new-not-gated
  All of the new was let in.
  What stands beside the new in the formula?

old-not-gated
  All of the old was kept.
  What stands beside the old cell in the formula?

new-subtracted
  The sign of the new is wrong.
  g is negative here. Is it added or taken away?
""",
)  # fmt: skip
def cell_step(fork: Fork, c: float, i: float, f: float, g: float) -> float:
    """A part of the old and a part of the new."""
    return fork(
        "the new cell", f * c + i * g,
        gates_swapped=i * c + f * g, forget_gate_turned_around=(1 - f) * c + i * g, cell_forgotten=i * g,
        new_forgotten=f * c, new_not_gated=f * c + g, old_not_gated=c + i * g, new_subtracted=f * c - i * g,
    )  # fmt: skip


@program(
    "straight_road",
    words="""
gates-added
  You added the forget gates, or took their mean.
  Each step multiplies what arrives. What do three steps do together?

last-gate-only
  You took one of the gates.
  How many steps does the gradient go back, and what does each of them do?

gate-turned-around
  You took 1 - f at each step.
  When the forget gate is 1, does the gradient pass or not?

power-of-one-gate
  You took the same gate at every step.
  Each step has a forget gate of its own. Which three are they?
""",
)  # fmt: skip
def straight_road(fork: Fork, f: Any) -> Any:
    """The product of the forget gates."""
    f = np.asarray(f, float)
    return fork(
        "the factor", float(np.prod(f)),
        gates_added=float(f.sum()), gates_added__mean=float(f.mean()), last_gate_only=float(f[-1]),
        last_gate_only__first=float(f[0]), gate_turned_around=float(np.prod(1 - f)),
        power_of_one_gate=float(f[0] ** len(f)), power_of_one_gate__last=float(f[-1] ** len(f)),
    )  # fmt: skip


@program(
    "steps_until_below",
    words="""
one-step-too-few
  After that many steps there is still more left.
  What is left after your number of steps, and what after one more?

one-step-too-many
  It is below one step earlier.
  What is left after your number of steps, and what one step before?

not-rounded
  Steps are whole numbers.
  Which whole number of steps is the first that is enough?

each-step-takes-the-same
  You let each step take away the same amount.
  Each step takes a fifth of what is left. Is that the same at every step?
""",
)  # fmt: skip
def steps_until_below(fork: Fork, f: float, left: float) -> Any:
    """The first power of f that is small enough."""
    exact = float(np.log(left) / np.log(f))
    right = int(np.floor(exact)) + 1
    return fork(
        "the number of steps", right, one_step_too_few=right - 1, one_step_too_many=right + 1, not_rounded=exact,
        each_step_takes_the_same=int(np.ceil((1 - left) / (1 - f))),
    )  # fmt: skip
