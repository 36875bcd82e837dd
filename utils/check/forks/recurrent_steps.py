"""Why gradients vanish or explode: their bounds, the Jacobian, clipping (Problem 8)."""

from typing import Any

import numpy as np

from .fork import Fork, program

Array = np.ndarray


@program(
    "gradient_bounds",
    words="""
power-forgotten
  You multiplied by the number of steps, or took one step for all.
  One step multiplies by sigma times s. What do two steps do, and ten?

slope-once
  The slope was counted once, and the matrix at every step.
  How often does the gradient pass a tanh on its way?

slope-forgotten
  The slopes were left out.
  By which two things is a gradient multiplied at each step?

power-off-by-one
  You took one step too few or too many.
  How often is it multiplied in the steps that are named?

upside-down
  You turned the factor around.
  With a factor of one half at each step, does the gradient get longer or shorter?
""",
)  # fmt: skip
def gradient_bounds(fork: Fork, sigma: Any, slope: Any, steps: Any) -> Array:
    """The factor of one step, to the power of the steps."""
    sigma, slope, steps = (np.asarray(a, float) for a in (sigma, slope, steps))
    return fork(
        "the bound", (sigma * slope) ** steps,
        power_forgotten=sigma * slope * steps, power_forgotten__one=sigma * slope, slope_once=sigma**steps * slope,
        slope_forgotten=sigma**steps, power_off_by_one=(sigma * slope) ** (steps - 1),
        power_off_by_one__more=(sigma * slope) ** (steps + 1), upside_down=(sigma * slope) ** -steps,
    )  # fmt: skip


@program(
    "state_jacobian",
    words="""
slopes-on-rows
  The slopes stand on the rows.
  The slope belongs to the state that comes out. Are its entries in the rows or in the columns?

slopes-forgotten
  The slopes of tanh are missing.
  What does an entry of the old state pass on its way to the new one, besides a weight?

slopes-not-squared
  You took 1 - h for the slope of tanh.
  What is the derivative of tanh, written with its result?

product-reversed
  The steps are multiplied in the wrong order.
  The index of the first state stands in the rows. Which step's matrix must stand on the left?

last-step-only
  Only one step is there.
  How many matrices lie between the first state and the last?

weights-transposed
  Your matrix of weights is transposed.
  In which index of w_h does the old state stand?
""",
)  # fmt: skip
def state_jacobian(fork: Fork, h: Any, w_h: Any) -> Array:
    """One matrix for each step, multiplied in the order of the steps."""
    h, w_h = np.asarray(h, float), np.asarray(w_h, float)
    w_h = fork("the weights", w_h, weights_transposed=w_h.T)
    steps = [
        fork(
            "the matrix of one step", w_h * (1 - state**2),
            slopes_on_rows=(1 - state**2)[:, None] * w_h, slopes_forgotten=w_h, slopes_not_squared=w_h * (1 - state),
        )
        for state in h
    ]  # fmt: skip
    steps = fork("the order of the steps", steps, product_reversed=steps[::-1], last_step_only=steps[-1:])
    return np.linalg.multi_dot([np.eye(len(w_h)), *steps])


@program(
    "power_norm",
    words="""
bound-for-the-truth
  This is the bound: the largest singular value to the power of the steps.
  What does W do to W times a vector? Multiply the matrix by itself before you judge.

step-off-by-one
  You counted one step, or one pair of steps, too many or too few.
  W times W is a number times the identity. How many pairs are there in the power that is asked for?

pairs-not-counted
  The factor of two steps was taken at every step.
  W times W shrinks by that factor. How many times is that done in ten steps?

smallest-not-largest
  This is the smaller of the two singular values.
  Which of the vectors (1, 0) and (0, 1) becomes longer?

root-of-the-product
  This is the root of what two steps do.
  How long does the longest vector get in one single step?
""",
)  # fmt: skip
def power_norm(fork: Fork, w: Any, steps: int) -> Any:
    """The matrix to that power, and then the longest that it makes a vector."""
    w = np.asarray(w, float)
    pair = float(np.linalg.norm(w @ w, 2))
    ways: dict[str, Any] = {"smallest_not_largest": float(np.linalg.norm(w, -2)), "root_of_the_product": pair**0.5}
    if steps > 1:
        ways = {"bound_for_the_truth": float(np.linalg.norm(w, 2)) ** steps, "pairs_not_counted": pair**steps}
        ways |= {"step_off_by_one": pair ** (steps // 2 - 1), "step_off_by_one__more": pair ** (steps // 2 + 1)}
    return fork("the longest", float(np.linalg.norm(np.linalg.matrix_power(w, steps), 2)), **ways)


@program(
    "clip_by_norm",
    words="""
entries-clipped
  Every entry was cut off at the limit on its own: the direction has changed.
  By what must all entries be multiplied so that the direction stays?

each-array-on-its-own
  Every array was made shorter on its own.
  The gradient is all arrays together. How many lengths does it have?

always-scaled
  A gradient that was short enough was made longer.
  What should happen to a gradient that is not too long?

squares-not-rooted
  You took the sum of the squares for the length.
  How long is the vector (3, 4)?

never-scaled
  Nothing was made shorter.
  Is the gradient that failed longer than the limit?

lengths-added
  You added up the lengths of the arrays.
  Two arrays of the lengths 3 and 4, written one behind the other: how long are they together?

sizes-summed
  You added up the entries without their signs and took that for the length.
  How long is the vector (3, 4)?

largest-entry
  You took the largest entry for the length.
  How long is the vector (3, 4)?

not-times-the-limit
  The gradient was divided by its length: the limit is missing.
  How long should it be afterwards?
""",
)  # fmt: skip
def clip_by_norm(fork: Fork, grads: Any, limit: float) -> dict[str, Array]:
    """One length for all arrays, and one factor."""
    arrays = {name: np.asarray(g, float) for name, g in grads.items()}
    lengths = {name: float(np.linalg.norm(g)) for name, g in arrays.items()}
    squares = sum(n**2 for n in lengths.values())
    length = fork(
        "the length", squares**0.5,
        squares_not_rooted=squares, lengths_added=sum(lengths.values()),
        sizes_summed=sum(float(np.abs(g).sum()) for g in arrays.values()),
        largest_entry=max(float(np.abs(g).max()) for g in arrays.values()),
    )  # fmt: skip
    whole = min(1.0, limit / length)
    own = {name: min(1.0, limit / n) for name, n in lengths.items()}
    factors = fork(
        "the factor", dict.fromkeys(arrays, whole),
        each_array_on_its_own=own, always_scaled=dict.fromkeys(arrays, limit / length),
        never_scaled=dict.fromkeys(arrays, 1.0),
        not_times_the_limit=dict.fromkeys(arrays, 1 / length if length > limit else 1.0),
    )  # fmt: skip
    return fork(
        "what is made shorter", lambda: {name: g * factors[name] for name, g in arrays.items()},
        entries_clipped=lambda: {name: np.clip(g, -limit, limit) for name, g in arrays.items()},
    )  # fmt: skip
