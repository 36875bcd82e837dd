"""Cases for the questions of Problem 8, each with the reference that its notebook uses."""

import numpy as np

import utils
from utils.check import Case, case, draw
from utils.check.references import recurrent


def _layer(*sizes: int, parts: int = 1, seed: int = 0, back: bool = False, cell: bool = False) -> Case:
    """x, w_x, w_h, bias, h0 of a layer with (B, T, C, M); with grad_output in front, with c0 behind."""
    B, T, C, M = sizes
    shapes = [(B, T, M)] * back + [(B, T, C), (C, parts * M), (M, parts * M), (parts * M,), (B, M)] + [(B, M)] * cell
    return case(*(draw(s, seed + k, "normal") / 2 for k, s in enumerate(shapes)))


_SIZES = [(1, 2, 2, 3), (2, 3, 2, 2), (3, 4, 3, 2)]
_LETTERS = [case([3, -2, 5], 2.0), case([1, 4, -3, 2], -3.0), case([2, 7], 0.5)]
_GRADS = [
    case({"w": np.array([3.0, -0.5]), "b": np.array([[2.0], [4.0]])}, 1.5),
    case({"w": np.array([0.3, -0.5]), "b": np.array([[0.2], [0.1]])}, 1.5),
    case({"w": np.array([6.0, 2.0]), "b": np.array([[3.0, 1.0]])}, 5.0),
]

CASES = {
    "rnn": (utils.rnn, [_layer(*s, seed=10 * k) for k, s in enumerate(_SIZES)]),
    "rnn_grad": (utils.rnn_grad, [_layer(*s, seed=10 * k, back=True) for k, s in enumerate(_SIZES)]),
    "lstm": (utils.lstm, [_layer(*s, parts=4, seed=10 * k, cell=True) for k, s in enumerate(_SIZES)]),
    "recurrence": (recurrent.recurrence, _LETTERS),
    "recurrence_grad": (recurrent.recurrence_grad, _LETTERS),
    "weight_shares": (recurrent.weight_shares, _LETTERS),
    "truncated_grad": (recurrent.truncated_grad, [case([3, 1, -2, 5], 2.0, k) for k in (1, 2, 3)]),
    "input_slopes": (recurrent.input_slopes, [case(2.0, 3), case(0.5, 4)]),
    "one_neuron_grad": (
        recurrent.one_neuron_grad,
        [case([1, 2], [1, 0.5, -0.5], 2.0), case([3, -1], [0.3, 0.7, 0.2], -1.5)],
    ),
    "rnn_parameters": (recurrent.rnn_parameters, [case(6, 9, 10), case(2, 3, 4)]),
    "gated_parameters": (recurrent.gated_parameters, [case(4, 6, 4), case(2, 5, 3)]),
    "reached": (recurrent.reached, [case(9, 3), case(9, 3, 3)]),
    "terms_of_weight": (recurrent.terms_of_weight, [case(12, False), case(12, True)]),
    "gradient_bounds": (recurrent.gradient_bounds, [case([0.5, 2, 3], [1, 1, 0.25], [6, 10, 4])]),
    "state_jacobian": (
        recurrent.state_jacobian,
        [case([[0.5, -0.25]], [[1, 2], [-3, 0.5]]), case([[0.5, -0.25], [0.8, 0.1]], [[1, 2], [-3, 0.5]])],
    ),
    "power_norm": (recurrent.power_norm, [case([[0, 4], [0.125, 0]], 10), case([[0, 4], [0.125, 0]], 1)]),
    "clip_by_norm": (recurrent.clip_by_norm, _GRADS),
    "cell_step": (recurrent.cell_step, [case(4.0, 0.5, 0.75, -1.0), case(3.0, 0.25, 0.5, 2.0)]),
    "straight_road": (recurrent.straight_road, [case([0.5, 1, 0.75])]),
    "steps_until_below": (recurrent.steps_until_below, [case(0.8, 0.01)]),
    "layers_needed": (recurrent.layers_needed, [case(49, 5), case(30, 4)]),
    "in_a_row": (recurrent.in_a_row, [case(49, 5)]),
}
