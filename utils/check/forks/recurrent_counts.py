"""How many weights a recurrent layer has, how far a change reaches, how many layers or terms there are (Problem 8)."""

import numpy as np

from .fork import Fork, program

Array = np.ndarray

_COUNT = """
state-weights-not-counted
  The weights from a state to the next one are missing.
  Which two arrays of weights does a step use, and what shape does each have?

bias-not-counted
  The biases are missing.
  How many numbers does b have?

bias-counted-twice
  You counted two biases for each entry of the state.
  How many numbers does b have?

input-weights-not-counted
  The weights from the input to the state are missing.
  Which two arrays of weights does a step use, and what shape does each have?

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
