"""Judges without a second implementation: a gradient is an adjoint, and agrees with central differences."""

import numpy as np
import pytest
from hypothesis import given, settings

import utils
from tests.strategies import Layer, layers


@given(data=layers(1) | layers(2) | layers(3))
@settings(max_examples=150)
def test_convolution_adjoints(data: Layer):
    x, w, dy = data.draw(data.input_shape, data.kernel_shape, data.output_shape)
    forward = (utils.conv(x, w, **data.settings) * dy).sum()
    dx = utils.conv_grad_input(dy, w, x.shape, **data.settings)
    dw = utils.conv_grad_weight(dy, x, w.shape, **data.settings)
    assert dx.shape == x.shape
    assert dw.shape == w.shape
    scale = np.abs(dy).sum() * np.abs(w).max() * np.abs(x).max()
    np.testing.assert_allclose([(dx * x).sum(), (dw * w).sum()], forward, atol=1e-12 * scale)


@given(data=layers())
@settings(max_examples=150)
def test_im2col_and_col2im_are_adjoint(data: Layer):
    (x,) = data.draw(data.input_shape)
    columns = utils.im2col(x, data.kernel, **data.settings)
    (other,) = data.draw(columns.shape)
    back = utils.col2im(other, x.shape, data.kernel, **data.settings)
    np.testing.assert_allclose((columns * other).sum(), (x * back).sum(), atol=1e-9)


@given(data=layers(pooling=True))
@settings(max_examples=150)
def test_average_pooling_is_adjoint(data: Layer):
    x, dy = data.draw(data.input_shape, (data.batch, *data.out, data.channels))
    y = utils.pool(x, data.kernel, data.stride, data.padding, mode="avg")
    dx = utils.avg_pool_grad(dy, x.shape, data.kernel, data.stride, data.padding)
    np.testing.assert_allclose((y * dy).sum(), (x * dx).sum(), atol=1e-9)


@given(data=layers(most=5))
@settings(max_examples=40)
def test_convolution_gradients_agree_with_central_differences(data: Layer):
    x, w, dy = data.draw(data.input_shape, data.kernel_shape, data.output_shape)
    dx = utils.conv_grad_input(dy, w, x.shape, **data.settings)
    dw = utils.conv_grad_weight(dy, x, w.shape, **data.settings)
    utils.check_gradient(dx, lambda x: utils.conv(x, w, **data.settings), x, dy)
    utils.check_gradient(dw, lambda w: utils.conv(x, w, **data.settings), w, dy, name="w")
    bias = np.zeros(data.filters)
    utils.check_gradient(
        utils.conv_grad_bias(dy), lambda b: utils.conv(x, w, b, **data.settings), bias, dy, name="bias"
    )


@given(data=layers(most=5, pooling=True))
@settings(max_examples=40)
def test_max_pooling_gradient_agrees_with_central_differences(data: Layer):
    x, dy = data.draw(data.input_shape, (data.batch, *data.out, data.channels))
    x = x.argsort(axis=None).argsort().reshape(x.shape) / 10  # two numbers within a step of each other have no gradient
    how = (data.kernel, data.stride, data.padding)
    utils.check_gradient(utils.max_pool_grad(dy, x, *how), lambda x: utils.pool(x, *how), x, dy)


@pytest.mark.parametrize("shape", [(7, 3), (2, 5, 4), (2, 3, 4, 2)])
def test_batch_norm_gradients_agree_with_central_differences(shape):
    rng = np.random.default_rng(3)
    x, dy = rng.normal(2, 3, shape), rng.normal(size=shape)
    gamma, beta = rng.normal(size=(2, shape[-1]))
    dx, dgamma, dbeta = utils.batch_norm_grad(dy, x, gamma, eps=0.1)
    utils.check_gradient(dx, lambda x: utils.batch_norm(x, gamma, beta, 0.1), x, dy)
    utils.check_gradient(dgamma, lambda g: utils.batch_norm(x, g, beta, 0.1), gamma, dy, name="gamma")
    utils.check_gradient(dbeta, lambda b: utils.batch_norm(x, gamma, b, 0.1), beta, dy, name="beta")


def test_a_wrong_gradient_is_named():
    x, dy = np.array([1.0, 2.0, 3.0]), np.array([1.0, -1.0, 2.0])
    wrong = 2 * x * dy
    wrong[1] = 7
    with pytest.raises(AssertionError, match=r"gradient of s\[1\] is 7, but central differences give -4"):
        utils.check_gradient(wrong, lambda s: s**2, x, dy, name="s")
    with pytest.raises(AssertionError, match="nan"):
        utils.check_gradient(np.full(3, np.nan), lambda s: s**2, x, dy)
    with pytest.raises(AssertionError, match=r"shape \(2,\)"):
        utils.check_gradient(np.zeros(2), lambda s: s**2, x, dy)
