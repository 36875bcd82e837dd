"""Thousands of random layers, each computed by us and by PyTorch: forward and every gradient."""

import importlib
import os

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import utils
from tests.compare import assert_same, our_batch_norm, our_conv, our_conv_transpose, our_norm, our_pool, our_recurrent
from tests.strategies import Layer, Recurrent, Transposed, layers, norms, pools, recurrent_layers, transposed_layers

torch = pytest.importorskip("torch", reason="PyTorch lives in its own environment: make oracle")
torch_ops = importlib.import_module("tests.oracle.torch_ops")
torch.set_num_threads(1)
pytestmark = pytest.mark.oracle
LAYERS = int(os.environ.get("ORACLE_LAYERS", "750"))  # random layers of each kind; CI takes fewer
dtypes = st.sampled_from([np.float64, np.float64, np.float32])


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_convolution(axes):
    @given(layers(axes, most=12), dtypes)
    @settings(max_examples=2 * LAYERS)
    def check(layer: Layer, dtype):
        shapes = (layer.input_shape, layer.kernel_shape, (layer.filters,), layer.output_shape)
        arrays = layer.draw(*shapes, dtype=dtype)
        expected = torch_ops.conv(*arrays, **layer.settings)
        # the numbers are about 1 and may cancel in the sums
        assert_same(our_conv(*arrays, **layer.settings), expected, dtype, terms=dtype == np.float32)

    check()


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_grouped_convolution(axes):
    @given(layers(axes, most=9, groups=True), dtypes)
    @settings(max_examples=LAYERS)
    def check(layer: Layer, dtype):
        shapes = (layer.input_shape, layer.kernel_shape, (layer.filters,), layer.output_shape)
        arrays = layer.draw(*shapes, dtype=dtype)
        expected = torch_ops.conv(*arrays, **layer.grouped)
        assert_same(our_conv(*arrays, **layer.grouped), expected, dtype, terms=dtype == np.float32)

    check()


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_transposed_convolution(axes):
    @given(transposed_layers(axes), dtypes)
    @settings(max_examples=LAYERS)
    def check(layer: Transposed, dtype):
        arrays = layer.draw(dtype)
        expected = torch_ops.conv_transpose(*arrays, **layer.settings)
        assert_same(our_conv_transpose(*arrays, **layer.settings), expected, dtype, terms=dtype == np.float32)

    check()


@given(layers(most=9), dtypes)
@settings(max_examples=LAYERS)
def test_same_padding(layer: Layer, dtype):
    x, w, bias = layer.draw(layer.input_shape, layer.kernel_shape, (layer.filters,), dtype=dtype)
    dy = np.random.default_rng(layer.seed).normal(size=(*x.shape[:-1], layer.filters)).astype(dtype)
    how = {"padding": "same", "dilation": layer.dilation}
    expected = torch_ops.conv(x, w, bias, dy, **how)
    assert_same(our_conv(x, w, bias, dy, **how), expected, dtype, terms=dtype == np.float32)


@pytest.mark.parametrize("mode", ["max", "avg"])
@pytest.mark.parametrize("axes", [1, 2, 3])
def test_pooling(axes, mode):
    @given(layers(axes, most=12, pooling=True), dtypes, st.booleans())
    @settings(max_examples=LAYERS)
    def check(layer: Layer, dtype, ties: bool):
        # PyTorch's own limit in 3-D: the image must hold the kernel before it is padded
        assume(axes < 3 or all(n >= k for n, k in zip(layer.sizes, layer.kernel, strict=True)))
        x, dy = layer.draw(layer.input_shape, (layer.batch, *layer.out, layer.channels), dtype=dtype)
        x = np.round(x) if ties else x
        how = (mode, layer.kernel, layer.stride, layer.padding)
        assert_same(our_pool(x, dy, *how), torch_ops.pool(x, dy, *how), dtype)

    check()


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_pooling_with_everything(axes):
    @given(pools(axes, most=12), dtypes, st.booleans())
    @settings(max_examples=LAYERS)
    def check(pool, dtype, ties: bool):
        layer, mode, more, y_shape = pool
        assume(
            axes < 3
            or all(n >= d * (k - 1) + 1 for n, k, d in zip(layer.sizes, layer.kernel, layer.dilation, strict=True))
        )
        x, dy = layer.draw(layer.input_shape, y_shape, dtype=dtype)
        x = np.round(x) if ties else x
        how = (layer.kernel, layer.stride, layer.padding)
        assert_same(our_pool(x, dy, mode, *how, **more), torch_ops.pool(x, dy, mode, *how, **more), dtype)
        if mode == "max":
            places = utils.max_pool_indices(x, *how, **more)
            np.testing.assert_array_equal(places, torch_ops.max_pool_indices(x, *how, **more), strict=True)

    check()


@given(st.lists(st.integers(1, 6), min_size=2, max_size=5), st.integers(0, 2**16), dtypes)
@settings(max_examples=LAYERS)
def test_batch_norm(shape, seed, dtype):
    shape[0] += 1  # PyTorch refuses one number for each channel
    rng = np.random.default_rng(seed)
    x, dy = (rng.normal(1, 2, (2, *shape))).astype(dtype)
    gamma, beta = rng.normal(size=(2, shape[-1])).astype(dtype)
    arrays = (x, gamma, beta, dy, 1e-2)
    terms = np.abs(gamma).max() * np.abs(dy).max() / np.sqrt(1e-2)
    assert_same(our_batch_norm(*arrays), torch_ops.batch_norm(*arrays), dtype, terms)


@given(norms(dtypes))
@settings(max_examples=2 * LAYERS)
def test_norms_of_each_sample(norm):
    _, x, gamma, _, dy, eps, *_ = norm
    terms = np.abs(gamma).max() * np.abs(dy).max() / np.sqrt(eps)
    assert_same(our_norm(*norm), torch_ops.norm(*norm), x.dtype, terms)


@given(recurrent_layers, dtypes)
@settings(max_examples=2 * LAYERS)
def test_recurrent_layers(layer: Recurrent, dtype):
    arrays, dy, dc = layer.draw(dtype)
    expected = torch_ops.recurrent(layer.kind, dy, dc, **arrays)
    assert_same(our_recurrent(layer.kind, dy, dc, **arrays), expected, dtype, terms=10 * (dtype == np.float32))


@pytest.mark.parametrize("shape", [(8, 3), (4, 5, 3), (2, 4, 5, 3)])
def test_batch_norm_running_statistics(shape):
    rng = np.random.default_rng(0)
    ours = utils.BatchNorm(3, eps=1e-3, momentum=0.2)
    module = {2: torch.nn.BatchNorm1d, 3: torch.nn.BatchNorm1d, 4: torch.nn.BatchNorm2d}[len(shape)]
    theirs = module(3, eps=1e-3, momentum=0.2, dtype=torch.float64)
    batches = rng.normal(3, 2, (3, *shape))
    for x in batches:
        expected = theirs(torch.from_numpy(x).movedim(-1, 1)).movedim(1, -1).detach().numpy()
        np.testing.assert_allclose(ours.train(x), expected, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(ours.running_mean, theirs.running_mean.numpy(), rtol=1e-9)
    np.testing.assert_allclose(ours.running_var, theirs.running_var.numpy(), rtol=1e-9)
    theirs.eval()
    expected = theirs(torch.from_numpy(batches[0]).movedim(-1, 1)).movedim(1, -1).detach().numpy()
    np.testing.assert_allclose(ours.evaluate(batches[0]), expected, rtol=1e-9, atol=1e-9)
