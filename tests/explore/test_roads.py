"""Measured roads are those of a plain loop: which inputs, through which weight, to which output."""

from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

import numpy as np
import pytest

import utils
from utils.check import draw
from utils.explore.roads import NOWHERE, NoRoads, Roads, measure

Array = np.ndarray


def roads_of(function: Callable[..., Any], arrays: Mapping[str, Any], *pairs: tuple[str, str]) -> Roads:
    given = {name: np.asarray(array, float) for name, array in arrays.items()}
    return measure(lambda a: function(**a), given, pairs)


def as_set(roads: Roads, *names: str) -> set[tuple[Any, ...]]:
    """(output, place in each array, factor) of every road."""
    columns = [roads.out.tolist(), *(roads.at[name].tolist() for name in names), np.round(roads.factor, 9).tolist()]
    return set(zip(*columns, strict=True))


def windows(n: tuple[int, int], k: tuple[int, int], s: int, p: int) -> list[tuple[int, int, int]]:
    """(output, input, tap) of each place that a window reads, by counting."""
    out = [(size + 2 * p - kernel) // s + 1 for size, kernel in zip(n, k, strict=True)]
    found = []
    for i, j, a, b in product(range(out[0]), range(out[1]), range(k[0]), range(k[1])):
        row, column = i * s + a - p, j * s + b - p
        if 0 <= row < n[0] and 0 <= column < n[1]:
            found.append((i * out[1] + j, row * n[1] + column, a * k[1] + b))
    return found


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 1)])
def test_a_convolution_and_both_gradients(stride: int, padding: int) -> None:
    n, k = (4, 3), (2, 2)
    how = {"stride": stride, "padding": padding}
    x, w = draw((1, *n, 1), 1), draw((*k, 1, 1), 2)
    links = windows(n, k, stride, padding)
    y = roads_of(lambda x, w: utils.conv2d(x, w, **how), {"x": x, "w": w}, ("x", "w"))
    assert y.adds_up and as_set(y, "x", "w") == {(o, i, t, 1.0) for o, i, t in links}
    dy = draw(y.values.shape, 3)
    dx = roads_of(lambda dy, w: utils.conv2d_grad_input(dy, w, x.shape, **how), {"dy": dy, "w": w}, ("dy", "w"))
    assert dx.adds_up and as_set(dx, "dy", "w") == {(i, o, t, 1.0) for o, i, t in links}
    dw = roads_of(lambda dy, x: utils.conv2d_grad_weight(dy, x, w.shape, **how), {"dy": dy, "x": x}, ("dy", "x"))
    assert dw.adds_up and as_set(dw, "dy", "x") == {(t, o, i, 1.0) for o, i, t in links}
    np.testing.assert_allclose(dw.total({"dy": dy, "x": x}), dw.values, atol=1e-9)


def test_channels_filters_and_a_bias() -> None:
    x, w, bias = draw((1, 2, 1, 2), 1), draw((1, 1, 2, 3), 2), draw(3, 3)
    y = roads_of(lambda x, w, bias: utils.conv2d(x, w, bias), {"x": x, "w": w, "bias": bias}, ("x", "w"))
    pixels = {(i * 3 + d, i * 2 + c, c * 3 + d, NOWHERE, 1.0) for i, c, d in product(range(2), range(2), range(3))}
    assert as_set(y, "x", "w", "bias") == pixels | {
        (i * 3 + d, NOWHERE, NOWHERE, d, 1.0) for i, d in product(range(2), range(3))
    }


@pytest.mark.parametrize("stride", [1, 2])
def test_pooling_and_its_gradients(stride: int) -> None:
    n, k = (4, 5), (2, 2)
    x = draw((1, *n, 1), 4)
    links = [(o, i) for o, i, _ in windows(n, k, stride, 0)]
    mean = roads_of(lambda x: utils.avg_pool2d(x, 2, stride), {"x": x})
    assert mean.adds_up and as_set(mean, "x") == {(o, i, 0.25) for o, i in links}
    largest = {o: max((i for p, i in links if p == o), key=lambda i: x.flat[i]) for o, _ in links}
    top = roads_of(lambda x: utils.max_pool2d(x, 2, stride), {"x": x})
    assert not top.adds_up and as_set(top, "x") == {(o, i, float(i == largest[o])) for o, i in links}
    dy = draw(top.values.shape, 5)
    dx = roads_of(lambda dy: utils.max_pool2d_grad(dy, x, 2, stride), {"dy": dy})
    assert dx.adds_up and as_set(dx, "dy") == {(i, o, 1.0) for o, i in largest.items()}
    even = roads_of(lambda dy: utils.avg_pool2d_grad(dy, x.shape, 2, stride), {"dy": dy})
    assert as_set(even, "dy") == {(i, o, 0.25) for o, i in links}


def test_a_normalised_number_looks_at_its_channel_and_its_gradient_has_the_slopes_of_the_formula() -> None:
    x, gamma, beta = np.array([[2.0, 10], [4, 13], [9, 19]]), np.array([2.0, -1]), np.array([0.5, 3])
    y = roads_of(utils.batch_norm, {"x": x, "gamma": gamma, "beta": beta})
    assert not y.adds_up
    for o, (row, channel) in enumerate(product(range(3), range(2))):
        into = y.into(o)
        assert {int(i) for i in y.at["x"][into] if i != NOWHERE} == {channel, 2 + channel, 4 + channel}, (row, channel)
        assert {int(i) for i in y.at["gamma"][into] if i != NOWHERE} == {channel}
    dy = draw((3, 2), 6)
    dx = roads_of(lambda dy: utils.batch_norm_grad(dy, x, gamma)[0], {"dy": dy})
    assert dx.adds_up
    hat = (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-5)
    for o, i, factor in as_set(dx, "dy"):
        (r, c), (q, d) = divmod(o, 2), divmod(i, 2)
        slope = gamma[c] / np.sqrt(x[:, c].var() + 1e-5) * ((r == q) - 1 / 3 - hat[r, c] * hat[q, c] / 3)
        assert c == d and factor == pytest.approx(slope, abs=1e-7)


def test_a_number_from_nowhere_is_a_road_and_a_cut_has_none() -> None:
    ones = roads_of(lambda dy: np.array([3.0, dy[0]]), {"dy": [5.0, 7.0]})
    assert as_set(ones, "dy") == {(0, NOWHERE, 3.0), (1, 0, 1.0)}
    cut = roads_of(lambda x: np.trunc(x), {"x": [2.4, -1.6]})
    assert not cut.adds_up and as_set(cut, "x") == {
        (0, 0, 0.0),
        (1, 1, 0.0),
    }  # it looks, and nothing moves


def test_an_entry_without_a_number_has_no_roads_and_the_others_have_theirs() -> None:
    found = roads_of(lambda x: np.array([-np.inf, 2 * x[0]]), {"x": [2.0, 1.0]})
    assert found.values[0] == -np.inf and as_set(found, "x") == {(1, 0, 2.0)}


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x: x / (x[0] < 1), "not a number"),
        (lambda x: x[:9][12], "the program stopped"),
        (lambda x: x[x > 0], "the result has shape"),
    ],
)
def test_what_cannot_be_measured_says_why(function: Callable[..., Any], words: str) -> None:
    with pytest.raises(NoRoads, match=words):
        roads_of(function, {"x": [0.5, 2.0, -0.5]})
