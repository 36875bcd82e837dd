"""Layer, group and instance normalization: against numbers one by one, central differences, and each other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import utils
from tests.compare import assert_same, our_norm
from tests.operators.test_values import as_tuple, frozen
from tests.strategies import norms


def one_by_one(name, x, gamma, beta, eps, groups=1):
    """The same, from the set of numbers that are normalized together with each number."""
    y = np.zeros_like(x)
    size = x.shape[-1] // (x.shape[-1] if name == "instance_norm" else groups)
    for index in np.ndindex(x.shape):
        if name == "layer_norm":
            together, at = x[index[: x.ndim - gamma.ndim]], index[x.ndim - gamma.ndim :]
        else:
            first = index[-1] // size * size
            together, at = x[index[0], ..., first : first + size], index[-1]
        numbers = [float(v) for v in np.ravel(together)]
        mean = sum(numbers) / len(numbers)
        var = sum((v - mean) ** 2 for v in numbers) / len(numbers)
        y[index] = gamma[at] * (x[index] - mean) / (var + eps) ** 0.5 + beta[at]
    return y


@given(norms(st.just(np.float64)))
@settings(max_examples=60)
def test_forward_is_its_definition(norm):
    name, x, gamma, beta, _, eps, *groups = norm
    expected = one_by_one(name, x, gamma, beta, eps, *groups)
    np.testing.assert_allclose(our_norm(*norm)["y"], expected, rtol=1e-9, atol=1e-9)


@given(norms(st.just(np.float64)))
@settings(max_examples=20)
def test_gradients_agree_with_central_differences(norm):
    name, x, gamma, beta, dy, eps, *groups = norm
    found = our_norm(*norm)
    forward = getattr(utils, name)
    for key, value in {"x": x, "gamma": gamma, "beta": beta}.items():

        def changed(new, key=key):
            arrays = {"x": x, "gamma": gamma, "beta": beta, key: new}
            return forward(*arrays.values(), *groups, eps=eps)

        utils.check_gradient(found[f"grad_{key}"], changed, value, dy, name=key, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["layer_norm", "group_norm", "instance_norm"])
def test_it_is_what_pytorch_gave(name):
    ((number, case),) = frozen(name).items()
    ours = our_norm(name, case["x"], case["gamma"], case["beta"], case["dy"], 1e-3, *as_tuple(case["groups"]))
    assert_same(ours, frozen(f"{name}/result")[number])


def test_they_are_each_other_at_their_ends():
    rng = np.random.default_rng(0)
    x, (gamma, beta) = rng.normal(2, 3, (2, 4, 5, 6)), rng.normal(size=(2, 6))
    each = utils.group_norm(x, gamma, beta, 6)
    np.testing.assert_array_equal(utils.instance_norm(x, gamma, beta), each)
    whole = utils.layer_norm(x, np.broadcast_to(gamma, x.shape[1:]), np.broadcast_to(beta, x.shape[1:]))
    np.testing.assert_allclose(utils.group_norm(x, gamma, beta, 1), whole)
    flat = utils.layer_norm(x[:, 0, 0], gamma, beta)
    np.testing.assert_allclose(utils.group_norm(x[:, 0, 0], gamma, beta, 1), flat)
    one = utils.batch_norm(x[:1], gamma, beta)  # of a single image, a channel's batch is its instance
    np.testing.assert_allclose(utils.instance_norm(x[:1], gamma, beta), one)


@pytest.mark.parametrize("name", ["layer_norm", "group_norm", "instance_norm"])
def test_a_sample_does_not_see_the_others(name):
    rng = np.random.default_rng(1)
    x, dy = rng.normal(size=(2, 3, 4, 5, 6))
    norm = name, x, np.ones(6), np.zeros(6), dy, 1e-5, *([3] if name == "group_norm" else [])
    whole = our_norm(*norm)
    for b in range(3):
        alone = our_norm(name, x[b : b + 1], *norm[2:4], dy[b : b + 1], *norm[5:])
        for key in ("y", "grad_x"):
            np.testing.assert_allclose(whole[key][b], alone[key][0], atol=1e-12)
