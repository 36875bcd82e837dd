"""Recurrent layers against loops, frozen PyTorch results and central differences; and what they are known for."""

import inspect

import numpy as np
import pytest
from hypothesis import given, settings

import utils
from tests import loops
from tests.compare import assert_same, our_recurrent
from tests.operators.test_values import frozen
from tests.strategies import Recurrent, recurrent_layers


@given(recurrent_layers)
@settings(max_examples=60)
def test_forward_is_its_loops(layer: Recurrent):
    arrays, _, _ = layer.draw()
    ours, theirs = (getattr(module, layer.kind)(**arrays) for module in (utils, loops))
    np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-12, strict=True)


@pytest.mark.parametrize("kind", ["rnn", "lstm"])
def test_it_is_what_pytorch_gave(kind):
    assert len(frozen(kind)) == 2
    for number, case in frozen(kind).items():
        dy, dc = case.pop("dy"), case.pop("dc")
        assert_same(our_recurrent(kind, dy, dc, **case), frozen(f"{kind}/result")[number])


@given(recurrent_layers)
@settings(max_examples=25)
def test_gradients_agree_with_central_differences(layer: Recurrent):
    arrays, dy, _ = layer.draw()
    dc = np.random.default_rng(1).normal(size=dy.shape)  # cells of every step are read
    one = layer.kind == "rnn"
    gradients = utils.rnn_grad(dy, **arrays) if one else utils.lstm_grad(dy, **arrays, grad_c=dc)
    for (name, value), gradient in zip(arrays.items(), gradients, strict=True):

        def forward(changed, name=name):
            result = getattr(utils, layer.kind)(**{**arrays, name: changed})
            return result if one else np.stack(result)

        utils.check_gradient(gradient, forward, value, dy if one else np.stack([dy, dc]), name=name)


@pytest.mark.parametrize("kind", ["rnn", "lstm"])
def test_without_bias_and_states_they_are_zeros(kind):
    arrays, dy, _ = Recurrent(kind, 2, 4, 3, 2, seed=3).draw()
    given = {name: arrays[name] for name in ("x", "w_x", "w_h")}
    zeros = {name: np.zeros_like(a) for name, a in arrays.items() if name not in given}
    forward, backward = getattr(utils, kind), getattr(utils, f"{kind}_grad")
    np.testing.assert_array_equal(forward(**given), forward(**given, **zeros))
    for ours, theirs in zip(backward(dy, **given), backward(dy, **given, **zeros), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert list(inspect.signature(backward).parameters)[1:][: len(arrays)] == list(arrays)


def test_arguments_stay_as_they_are():
    for kind in ("rnn", "lstm"):
        arrays, dy, dc = Recurrent(kind, 2, 4, 3, 2, seed=3).draw()
        for array in (*arrays.values(), dy, dc):
            array.flags.writeable = False
        results = our_recurrent(kind, dy, dc, **arrays)
        assert all(r.flags.writeable and not np.shares_memory(r, a) for r in results.values() for a in arrays.values())


def test_the_linear_recurrence_by_hand():
    """Small numbers, where tanh is the identity: y = w² u1 + w u2, and dy/dw = 2 w u1 + u2, a sum over both uses."""
    w, u1, u2 = 0.5, 2e-6, 3e-6
    x, w_x, w_h = np.array([[[u1], [u2]]]), np.array([[w]]), np.array([[w]])
    np.testing.assert_allclose(utils.rnn(x, w_x, w_h)[0, 1, 0], w * w * u1 + w * u2, rtol=1e-9)
    _, grad_w_x, grad_w_h, _, _ = utils.rnn_grad(np.array([[[0.0], [1]]]), x, w_x, w_h)
    np.testing.assert_allclose(grad_w_x[0, 0] + grad_w_h[0, 0], 2 * w * u1 + u2, rtol=1e-9)


def test_a_gate_that_is_open_keeps_the_cell_for_ever_and_no_number_overflows():
    bias = np.array([-1e4, 1e4, 0, 0])  # i = 0, f = 1
    with np.errstate(all="raise", under="ignore"):
        _, c = utils.lstm(np.ones((1, 50, 1)), np.ones((1, 4)), np.ones((1, 4)), bias, c0=[[0.7]])
        dc = np.zeros((1, 50, 1))
        dc[0, -1] = 1
        *_, grad_c0 = utils.lstm_grad(np.zeros_like(dc), np.ones((1, 50, 1)), np.ones((1, 4)), np.ones((1, 4)), bias,
                                      c0=[[0.7]], grad_c=dc)  # fmt: skip
    np.testing.assert_array_equal(c, np.full((1, 50, 1), 0.7))
    np.testing.assert_array_equal(grad_c0, [[1.0]])
