"""The small steps of Problem 8: a recurrence with one weight, counts, bounds, clipping, the cell of an LSTM."""

from typing import Any

import numpy as np

from .fork import Fork, program

Array = np.ndarray

_RECURRENCE = """
memory-not-weighted
  Only the input was multiplied by the weight; the last state was added as it was.
  What stands inside the brackets that the weight multiplies?

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


@program("recurrence_grad", words=_RECURRENCE)
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


_COUNT = """
state-weights-not-counted
  The weights from a state to the next one are missing.
  Which two arrays of weights does a step use, and what shape has each?

bias-not-counted
  The biases are missing.
  How many numbers does b have?

bias-counted-twice
  You counted two biases for each entry of the state.
  How many numbers does b have?

input-weights-not-counted
  The weights from the input to the state are missing.
  Which two arrays of weights does a step use, and what shape has each?

counted-again-at-each-step
  You counted the weights again for the longer sequence.
  Are there new weights at a new step?

states-and-inputs-exchanged
  The state and the input changed places in your count.
  w_x leads from the input to the state. Is w_h as wide as the state or as the input?

sizes-exchanged
  Inputs and states changed places in your count.
  How many numbers has the state, and how many rows and columns has w_h?

gates-not-counted
  This is one layer.
  How many such layers decide about the cell, and do they share their weights?

one-gate-too-few
  You counted one layer too few.
  How many such layers does the question name?

one-gate-too-many
  You counted one layer too many.
  How many such layers does the question name?
"""


def _layer_count(fork: Fork, inputs: int, states: int) -> int:
    from_input = fork("the weights of the input", inputs * states, input_weights_not_counted=0)
    from_state = fork(
        "the weights of the state", states * states, state_weights_not_counted=0, states_and_inputs_exchanged=inputs**2
    )
    return from_input + from_state + fork("the biases", states, bias_not_counted=0, bias_counted_twice=2 * states)


@program("rnn_parameters", words=_COUNT)
def rnn_parameters(fork: Fork, inputs: int, states: int, times_longer: int = 1) -> int:
    """Weights of the input, of the state, and biases, whatever the length."""
    one = _layer_count(fork, inputs, states)
    return fork("the length", one, counted_again_at_each_step=one * times_longer)


@program("gated_parameters", words=_COUNT)
def gated_parameters(fork: Fork, inputs: int, states: int, layers: int) -> int:
    """As many layers as there are gates, and the new."""
    layers = fork("the layers", layers, gates_not_counted=1, one_gate_too_few=layers - 1, one_gate_too_many=layers + 1)
    inputs, states = fork("inputs and states", (inputs, states), sizes_exchanged=(states, inputs))
    return layers * _layer_count(fork, inputs, states)


@program(
    "reached",
    words="""
memory-one-step
  You let the state be felt by one more step only.
  Does the next state hand something on in its turn?

only-its-own-step
  You let only the output of the changed step feel it.
  What does a later output read?

own-step-forgotten
  The step itself is missing.
  Does the output of a step read the input of that step?

reads-the-future
  Your list begins before the step that was changed.
  Can an output feel an input that comes later?

window-off-by-one
  The window is one step too wide or too narrow.
  In how many windows of width 3 does an input in the middle lie?

filter-never-forgets
  You let the filter feel it to the end.
  How far back does an output of the filter read?

forgets-like-a-filter
  You let the recurrent layer forget.
  Does the next state hand something on in its turn?

everything-reached
  You listed all steps.
  Can an output feel an input that comes later?
""",
)  # fmt: skip
def reached(fork: Fork, steps: int, changed: int, kernel_size: int | None = None) -> Array:
    """From the changed step on: to the end, or as long as it lies in the window."""
    everything = np.arange(steps)
    ways = {"everything_reached": everything, "everything_reached__so_far": everything[: changed + 1]}
    if kernel_size is None:
        ways |= {"memory_one_step": everything[changed : changed + 2]}
        ways |= {"forgets_like_a_filter": everything[changed : changed + 3]}
    else:
        ahead = np.arange(changed - kernel_size + 1, changed + 1)
        ways |= {"filter_never_forgets": everything[changed:], "reads_the_future": ahead}
        ways |= {"reads_the_future__centred": ahead + kernel_size // 2}
        ways |= {"window_off_by_one": everything[changed : changed + kernel_size - 1]}
        ways |= {"window_off_by_one__wide": everything[changed : changed + kernel_size + 1]}
    right = everything[changed : None if kernel_size is None else changed + kernel_size]
    return fork("which steps feel it", right, own_step_forgotten=right[1:], only_its_own_step=right[:1], **ways)


@program(
    "terms_of_weight",
    words="""
only-where-the-loss-looks
  You counted the last use only.
  Through which way does an earlier state reach the loss?

start-state-forgotten
  The first step uses the weight, too: it multiplies h0.
  How many steps are there, and how often is the weight used in each?

zero-not-seen
  You counted the term in which h0 = 0 stands.
  What is a product worth in which one factor is 0?

one-term-too-many
  You counted one term too many.
  How many steps are there, and how often is the weight used in each?
""",
)  # fmt: skip
def terms_of_weight(fork: Fork, steps: int, from_zero: bool) -> int:
    """One for each step, less those that are 0."""
    ways = {"zero_not_seen": steps} if from_zero else {"start_state_forgotten": steps - 1}
    return fork("the terms", steps - from_zero, only_where_the_loss_looks=1, one_term_too_many=steps + 1, **ways)


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


_DEEP = """
first-layer-forgotten
  You divided all steps by what a layer adds.
  How many steps does one output see with no layer at all?

width-not-less-one
  You let each layer add its whole width.
  Two layers of width 3 see 5 steps. How many did the second one add?

one-layer-too-few
  One layer is missing.
  How many steps does one output see after your number of layers?

one-layer-too-many
  One layer fewer would do.
  How many steps does one output see after one layer fewer?

not-in-a-row
  You let everything be computed at the same time.
  Can a state be made before the state that it is made from?

steps-in-each-layer
  You let the outputs of one layer wait for each other.
  Does an output of a convolution read other outputs of the same layer?
"""


def _layers(fork: Fork, steps: int, kernel_size: int) -> int:
    right = -(-(steps - 1) // (kernel_size - 1))
    return fork(
        "the number of layers", right,
        first_layer_forgotten=-(-steps // (kernel_size - 1)), width_not_less_one=-(-steps // kernel_size),
        one_layer_too_few=right - 1, one_layer_too_many=right + 1,
    )  # fmt: skip


@program("layers_needed", words=_DEEP)
def layers_needed(fork: Fork, steps: int, kernel_size: int) -> int:
    """One output sees one step, and each layer adds its width less 1."""
    return _layers(fork, steps, kernel_size)


@program("in_a_row", words=_DEEP)
def in_a_row(fork: Fork, steps: int, kernel_size: int) -> tuple[int, int]:
    """All steps of a recurrent layer, all layers of a stack."""
    layers = _layers(fork, steps, kernel_size)
    recurrent = fork("what a recurrent layer waits for", steps, not_in_a_row=1)
    stacked = fork("what a stack waits for", layers, not_in_a_row=1, steps_in_each_layer=steps)
    return recurrent, stacked
