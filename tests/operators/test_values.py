"""The operators' numbers against loops, against frozen PyTorch results, and against each other."""

from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import utils
from tests import loops
from tests.compare import assert_same, our_batch_norm, our_conv, our_pool
from tests.strategies import Layer, layers

FROZEN = Path(__file__).parents[1] / "frozen" / "torch_vectors.npz"


def frozen(kind: str) -> dict[int, dict[str, np.ndarray]]:
    """The arrays of one kind, by case."""
    cases: dict[int, dict[str, np.ndarray]] = defaultdict(dict)
    with np.load(FROZEN) as vectors:
        for key in vectors.files:
            number, rest = key.split("/", 1)
            if rest.rpartition("/")[0] == kind:
                cases[int(number)][rest.rpartition("/")[2]] = vectors[key]
    return dict(cases)


def as_tuple(array: np.ndarray) -> tuple[int, ...]:
    return tuple(int(i) for i in array)


CANCELS = Layer(2, (7,), 1, 1, kernel=(2,), stride=(1,), padding=(3,), dilation=(1,), seed=2)  # a sum close to 0


@given(layers(most=7), st.sampled_from([np.float64, np.float32]))
@example(CANCELS, np.float32)
@settings(max_examples=100)
def test_convolution_is_its_loops(layer: Layer, dtype):
    arrays = layer.draw(layer.input_shape, layer.kernel_shape, (layer.filters,), layer.output_shape, dtype=dtype)
    theirs = loops.conv(*arrays, **layer.settings)
    assert_same(our_conv(*arrays, **layer.settings), theirs, dtype, terms=dtype == np.float32)


@given(layers(most=7, pooling=True), st.sampled_from(["max", "avg"]), st.booleans())
@settings(max_examples=150)
def test_pooling_is_its_loops(layer: Layer, mode, ties):
    x, dy = layer.draw(layer.input_shape, (layer.batch, *layer.out, layer.channels))
    x = np.round(x) if ties else x
    how = (mode, layer.kernel, layer.stride, layer.padding)
    assert_same(our_pool(x, dy, *how), loops.pool(x, dy, *how))


@pytest.mark.parametrize("shape", [(1, 3), (7, 2), (3, 4, 2), (2, 3, 4, 5)])
def test_batch_norm_is_its_loops(shape):
    rng = np.random.default_rng(1)
    x, (gamma, beta) = rng.normal(5, 3, shape), rng.normal(size=(2, shape[-1]))
    np.testing.assert_allclose(utils.batch_norm(x, gamma, beta), loops.batch_norm(x, gamma, beta, 1e-5))


@pytest.mark.parametrize("number", frozen("conv"))
def test_convolution_is_what_pytorch_gave(number):
    case = frozen("conv")[number]
    how = {name: as_tuple(case[name]) for name in ("stride", "padding", "dilation")}
    ours = our_conv(case["x"], case["w"], case["bias"], case["dy"], **how)
    assert_same(ours, frozen("conv/result")[number])


@pytest.mark.parametrize("mode", ["max", "avg"])
@pytest.mark.parametrize("number", frozen("pool"))
def test_pooling_is_what_pytorch_gave(number, mode):
    case = frozen("pool")[number]
    kernel, stride, padding = map(as_tuple, case["how"])
    assert_same(our_pool(case["x"], case["dy"], mode, kernel, stride, padding), frozen(f"pool/{mode}")[number])


@pytest.mark.parametrize("number", frozen("norm"))
def test_batch_norm_is_what_pytorch_gave(number):
    case = frozen("norm")[number]
    ours = our_batch_norm(case["x"], case["gamma"], case["beta"], case["dy"], eps=1e-3)
    assert_same(ours, frozen("norm/result")[number])


@given(layers())
@settings(max_examples=100)
def test_a_convolution_is_a_matrix_product(layer: Layer):
    x, w = layer.draw(layer.input_shape, layer.kernel_shape)
    product = utils.im2col(x, layer.kernel, **layer.settings) @ w.reshape(-1, layer.filters)
    np.testing.assert_allclose(product.reshape(layer.output_shape), utils.conv(x, w, **layer.settings), atol=1e-12)


@given(st.integers(1, 5), st.integers(1, 12), st.integers(1, 4), st.integers(0, 3))
def test_conv_matrix_is_the_convolution_and_its_transpose_the_gradient(k, n, stride, padding):
    if k > n + 2 * padding:
        return
    rng = np.random.default_rng(k + 10 * n)
    x, w = rng.normal(size=n), rng.normal(size=k)
    matrix = utils.conv_matrix(w, n, stride, padding)
    y = utils.conv1d(x, w, stride=stride, padding=padding)
    assert matrix.shape == (len(y), n + 2 * padding)
    np.testing.assert_allclose(matrix @ np.pad(x, padding), y, atol=1e-12)
    dy = rng.normal(size=y.shape)
    dx = utils.conv1d_grad_input(dy, w, n, stride=stride, padding=padding)
    np.testing.assert_allclose((matrix.T @ dy)[padding : padding + n], dx, atol=1e-12)


@pytest.mark.parametrize("axes", [1, 2])
def test_bare_arrays_are_one_image_with_one_channel(axes):
    rng = np.random.default_rng(4)
    x, w = rng.normal(size=(7, 9)[:axes]), rng.normal(size=(3, 2)[:axes])
    how: dict[str, Any] = {"stride": (2, 1)[:axes], "padding": (1, 2)[:axes], "dilation": (1, 3)[:axes]}
    name = f"conv{axes}d"
    y = getattr(utils, name)(x, w, 0.5, **how)
    full = utils.conv(x[None, ..., None], w[..., None, None], [0.5], **how)
    np.testing.assert_array_equal(y, full[0, ..., 0])
    dy = rng.normal(size=y.shape)
    dx = getattr(utils, f"{name}_grad_input")(dy, w, x.shape, **how)
    dw = getattr(utils, f"{name}_grad_weight")(dy, x, w.shape, **how)
    utils.check_gradient(dx, lambda x: getattr(utils, name)(x, w, **how), x, dy)
    utils.check_gradient(dw, lambda w: getattr(utils, name)(x, w, **how), w, dy, name="w")
    np.testing.assert_array_equal(utils.im2col(x, w.shape), utils.im2col(x[None, ..., None], w.shape))


def test_bare_pooling():
    x = np.array([[1.0, 2, 0, 4, 9], [3, 3, 8, 1, 9]])
    np.testing.assert_array_equal(utils.max_pool2d(x, 2), [[3, 8]])
    np.testing.assert_array_equal(utils.avg_pool2d(x, 2), [[2.25, 3.25]])
    np.testing.assert_array_equal(utils.max_pool1d(x[0], 3, stride=1), [2, 4, 9])
    np.testing.assert_array_equal(utils.avg_pool1d(x[1], 2), [3, 4.5])
    dy = np.array([[5.0, 7]])
    np.testing.assert_array_equal(utils.max_pool2d_grad(dy, x, 2), [[0, 0, 0, 0, 0], [5, 0, 7, 0, 0]])
    np.testing.assert_array_equal(utils.avg_pool2d_grad(dy, x.shape, 2)[1], [1.25, 1.25, 1.75, 1.75, 0])


def test_true_convolution_flips_and_conv_does_not():
    x, w = np.array([1.0, 2, 3, 4]), np.array([1.0, 0, -2])
    np.testing.assert_array_equal(utils.conv1d(x, w), [1 - 6, 2 - 8])
    np.testing.assert_array_equal(utils.true_convolution(x, w), np.convolve(x, w, "valid"))
    rng = np.random.default_rng(2)
    x, w = rng.normal(size=(2, 5, 6, 3)), rng.normal(size=(2, 3, 3, 4))
    expected = utils.conv2d(x, w[::-1, ::-1], [1, 2, 3, 4], padding=1)
    np.testing.assert_array_equal(utils.true_convolution(x, w, [1, 2, 3, 4], padding=1), expected)


def test_a_window_with_nan_pools_to_nan_and_the_gradient_goes_to_it():
    x = np.array([[1.0, np.nan, 3, 4], [5, 6, 7, 8]])
    np.testing.assert_array_equal(utils.max_pool2d(x, 2), [[np.nan, 8]])
    gradient = utils.max_pool2d_grad(np.array([[2.0, 3]]), x, 2)
    np.testing.assert_array_equal(gradient, [[0, 2, 0, 0], [0, 0, 0, 3]])


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("strange", [np.inf, np.nan])
def test_a_strange_gradient_goes_to_its_maximum_alone(strange, stride):
    x = np.array([[4.0, 1, 3, 2], [1, 1, 1, 1]])
    dy = np.array([[strange, *[1.0] * (3 - stride)]])
    gradient = utils.max_pool2d_grad(dy, x, 2, stride)
    expected = np.array([[strange, 0, 3 - stride, 0], [0, 0, 0, 0]])
    np.testing.assert_array_equal(gradient, expected)


def test_padding_never_wins_a_maximum():
    lowest = np.full((3, 3), -np.inf)
    np.testing.assert_array_equal(utils.max_pool2d(lowest + 0, 2, padding=1), np.full((2, 2), -np.inf))
    gradient = utils.max_pool2d_grad(np.array([[1.0, 2], [3, 4]]), lowest, 2, padding=1)
    np.testing.assert_array_equal(gradient, [[1, 2, 0], [3, 4, 0], [0, 0, 0]])


def test_the_worksheets_counts():
    assert utils.num_parameters((5, 5, 3, 10)) == 750
    assert utils.num_parameters((5, 5, 3, 10), bias=True) == 760
    assert utils.output_size(32, 5, padding=2) == 32
    assert utils.output_size(3, 2, stride=3) == 1
    assert utils.output_size(7, 3, dilation=3) == 1


def test_batch_norm_evaluates_on_what_it_saw():
    layer = utils.BatchNorm(2, momentum=1.0, eps=0)
    x = np.array([[1.0, 10], [3, 20], [5, 60]])
    np.testing.assert_allclose(layer.train(x).mean(0), 0, atol=1e-12)
    np.testing.assert_allclose(layer.running_mean, x.mean(0))
    np.testing.assert_allclose(layer.running_var, x.var(0, ddof=1))
    np.testing.assert_allclose(layer.evaluate(x[:1]), (x[:1] - x.mean(0)) / x.std(0, ddof=1))


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize("strange", [np.inf, np.nan])
def test_what_is_not_finite_stays_in_its_windows(strange):
    layer = Layer(2, (9, 11), 1, 1, (3, 3), (1, 1), (1, 1), (1, 1), seed=5)
    x, w, bias, dy = layer.draw(layer.input_shape, layer.kernel_shape, (1,), layer.output_shape)
    x[0, 4, 10, 0] = dy[1, 2, 3, 0] = strange
    ours, theirs = (f(x, w, bias, dy, **layer.settings) for f in (our_conv, loops.conv))
    for name, expected in theirs.items():
        np.testing.assert_array_equal(np.isfinite(ours[name]), np.isfinite(expected), err_msg=name)


@pytest.mark.parametrize("strange", [np.inf, np.nan])
@pytest.mark.parametrize("size", [4, 40])
def test_what_is_not_finite_stays_in_its_windows_of_a_bare_image(strange, size):
    x, w = np.arange(1.0, size**2 + 1).reshape(size, size), np.array([[1.0, 2], [3, 4]])
    x[1, 2] = strange
    expected = np.ones((size - 1, size - 1), bool)
    expected[:2, 1:3] = False
    np.testing.assert_array_equal(np.isfinite(utils.conv2d(x, w)), expected)
    dy = np.ones((size - 1, size - 1))
    dy[0, 0] = strange
    expected = np.ones((size, size), bool)
    expected[:2, :2] = False
    np.testing.assert_array_equal(np.isfinite(utils.conv2d_grad_input(dy, w, x.shape)), expected)
