"""Groups, transposed convolutions, padding on one side, all settings of a pool: against loops, and as adjoints."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import utils
from tests import loops
from tests.compare import assert_same, our_conv, our_conv_transpose, our_pool
from tests.operators.test_values import as_tuple, frozen
from tests.strategies import Layer, Transposed, layers, pools, transposed_layers


@given(layers(most=6, groups=True), st.sampled_from([np.float64, np.float32]))
@settings(max_examples=60)
def test_grouped_convolution_is_its_loops(layer: Layer, dtype):
    shapes = (layer.input_shape, layer.kernel_shape, (layer.filters,), layer.output_shape)
    arrays = layer.draw(*shapes, dtype=dtype)
    theirs = loops.conv(*arrays, **layer.grouped)
    assert_same(our_conv(*arrays, **layer.grouped), theirs, dtype, terms=dtype == np.float32)


@pytest.mark.parametrize(("kind", "ours"), [("grouped", our_conv), ("transposed", our_conv_transpose)])
def test_they_are_what_pytorch_gave(kind, ours):
    assert len(frozen(kind)) > 1
    for number, case in frozen(kind).items():
        arrays = [case.pop(name) for name in ("x", "w", "bias", "dy")]
        how = {name: as_tuple(value) if value.ndim else int(value) for name, value in case.items()}
        assert_same(ours(*arrays, **how), frozen(f"{kind}/result")[number])


@pytest.mark.parametrize("axes", [1, 2])
def test_groups_are_convolutions_side_by_side(axes):
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(2, *(40, 30)[:axes], 6)), rng.normal(size=(*(3, 2)[:axes], 2, 9))
    how = {"stride": 2, "padding": 1, "dilation": 2}
    y = getattr(utils, f"conv{axes}d")(x, w, groups=3, **how)
    parts = [utils.conv(x[..., 2 * g : 2 * g + 2], w[..., 3 * g : 3 * g + 3], **how) for g in range(3)]
    np.testing.assert_allclose(y, np.concatenate(parts, -1), atol=1e-12)
    flipped = np.flip(w, tuple(range(axes)))
    np.testing.assert_array_equal(utils.true_convolution(x, flipped, groups=3, **how), y)


@given(transposed_layers())
@settings(max_examples=60)
def test_transposed_convolution_is_its_loops_and_its_gradients_are_adjoint(layer: Transposed):
    x, w, bias, dy = layer.draw()
    ours = our_conv_transpose(x, w, bias, dy, **layer.settings)
    np.testing.assert_allclose(ours["y"], loops.conv_transpose(x, w, bias, **layer.settings), atol=1e-12, strict=True)
    forward = ((ours["y"] - bias) * dy).sum()
    np.testing.assert_allclose([(ours["grad_x"] * x).sum(), (ours["grad_w"] * w).sum()], forward, atol=1e-10)
    assert ours["grad_x"].shape == x.shape and ours["grad_w"].shape == w.shape


def test_transposed_it_is_the_gradient_to_the_input_with_the_same_weights():
    rng = np.random.default_rng(0)
    x, w, dy = rng.normal(size=(2, 7, 8, 3)), rng.normal(size=(3, 2, 3, 4)), rng.normal(size=(2, 4, 4, 4))
    y = utils.conv_transpose2d(dy, w, stride=2, padding=1, output_padding=(0, 2 - 1))
    assert y.shape == (2, 7, 7, 3)
    np.testing.assert_allclose(y, utils.conv2d_grad_input(dy, w, (2, 7, 7, 3), stride=2, padding=1))
    assert utils.conv2d(x[:, :, :7], w, stride=2, padding=1).shape == dy.shape


def test_bare_transposed_convolution_by_hand():
    np.testing.assert_array_equal(utils.conv_transpose1d([1, 10], [1, 2, 3], stride=2), [1, 2, 13, 20, 30])
    np.testing.assert_array_equal(utils.conv_transpose1d([1, 10], [1, 2, 3], 0.5, padding=1), [12.5, 23.5])
    np.testing.assert_array_equal(
        utils.conv_transpose2d([[1, 2]], [[1, 1], [0, 3]], stride=(1, 2)), [[1, 1, 2, 2], [0, 3, 0, 6]]
    )


@given(layers(most=6), st.data())
@settings(max_examples=60)
def test_a_pair_of_paddings_is_zeros_on_each_side(layer: Layer, data):
    pairs = tuple((p, data.draw(st.integers(p, p + 3))) for p in layer.padding)
    x, w = layer.draw(layer.input_shape, layer.kernel_shape)
    how: dict[str, Any] = {"stride": layer.stride, "dilation": layer.dilation}
    padded = np.pad(x, [(0, 0), *pairs, (0, 0)])
    y = utils.conv(x, w, padding=pairs, **how)
    np.testing.assert_allclose(y, utils.conv(padded, w, **how), atol=1e-12, strict=True)
    (dy,) = layer.draw(y.shape)
    inside = (slice(None), *(slice(b, n + b) for n, (b, _) in zip(layer.sizes, pairs, strict=True)))
    dx = utils.conv_grad_input(dy, w, x.shape, padding=pairs, **how)
    np.testing.assert_allclose(dx, utils.conv_grad_input(dy, w, padded.shape, **how)[inside], atol=1e-12)
    dw = utils.conv_grad_weight(dy, x, w.shape, padding=pairs, **how)
    np.testing.assert_allclose(dw, utils.conv_grad_weight(dy, padded, w.shape, **how), atol=1e-12)
    columns = utils.im2col(x, layer.kernel, padding=pairs, **how)
    np.testing.assert_array_equal(columns, utils.im2col(padded, layer.kernel, **how))
    back = utils.col2im(columns, x.shape, layer.kernel, padding=pairs, **how)
    np.testing.assert_allclose((back * x).sum(), (columns**2).sum(), atol=1e-9)


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_same_keeps_the_size_and_an_odd_pixel_comes_last(k):
    x = np.arange(1.0, 8)
    for dilation in (1, 2):
        total = dilation * (k - 1)
        y = utils.conv1d(x, np.ones(k), padding="same", dilation=dilation)
        padded = np.pad(x, (total // 2, total - total // 2))
        np.testing.assert_array_equal(y, utils.conv1d(padded, np.ones(k), padding="valid", dilation=dilation))
        assert len(y) == len(x) == utils.output_size(7, k, padding="same", dilation=dilation)
    assert utils.output_size(7, 2, padding=((3, 0),)) == 9


@given(pools(most=7), st.booleans())
@settings(max_examples=100)
def test_pooling_with_everything_is_its_loops(pool, ties):
    layer, mode, more, y_shape = pool
    x, dy = layer.draw(layer.input_shape, y_shape)
    x = np.round(x) if ties else x
    how = (mode, layer.kernel, layer.stride, layer.padding)
    assert_same(our_pool(x, dy, *how, **more), loops.pool(x, dy, *how, **more))


@given(pools(most=7), st.booleans())
@settings(max_examples=60)
def test_indices_lead_to_the_maxima(pool, ties):
    layer, _, more, _ = pool
    (x,) = layer.draw(layer.input_shape)
    x = np.round(x) if ties else x
    more = {name: value for name, value in more.items() if name != "count_include_pad"}
    how = (layer.kernel, layer.stride, layer.padding)
    y, indices = utils.pool(x, *how, **more), utils.max_pool_indices(x, *how, **more)
    assert indices.dtype == np.int64 and indices.shape == y.shape
    flat = x.reshape(len(x), -1, x.shape[-1])
    np.testing.assert_array_equal(
        np.take_along_axis(flat, indices.reshape(len(x), -1, x.shape[-1]), 1).ravel(), y.ravel()
    )


def test_pools_at_the_end_by_hand():
    x = np.array([1.0, 5, 2, 4, 3, 9])
    np.testing.assert_array_equal(utils.max_pool1d(x, 4, 3), [5])
    np.testing.assert_array_equal(utils.max_pool1d(x, 4, 3, ceil_mode=True), [5, 9])
    np.testing.assert_array_equal(utils.avg_pool1d(x, 4, 3, ceil_mode=True), [3, 16 / 3])
    np.testing.assert_array_equal(utils.max_pool1d(x, 3, 1, dilation=2), [3, 9])
    np.testing.assert_array_equal(utils.avg_pool1d(x, 2, padding=1), [0.5, 3.5, 3.5, 4.5])
    np.testing.assert_array_equal(utils.avg_pool1d(x, 2, padding=1, count_include_pad=False), [1, 3.5, 3.5, 9])
    np.testing.assert_array_equal(utils.max_pool1d(x, 2, 1, padding="same"), [5, 5, 4, 4, 9, 9])
    np.testing.assert_array_equal(utils.max_pool1d(x, 2, 1, padding=((1, 0),)), [1, 5, 5, 4, 4, 9])
    image = x.reshape(1, 2, 3, 1)
    np.testing.assert_array_equal(utils.max_pool_indices(image, 2, 1).ravel(), [1, 5])
    gradient = utils.avg_pool2d_grad([[6.0, 8]], (2, 3), 2, ceil_mode=True)
    np.testing.assert_array_equal(gradient, [[1.5, 1.5, 4], [1.5, 1.5, 4]])
