"""Right answers that were recorded: found again by the arguments, as they were."""

import json
from typing import Any

import numpy as np
import pytest
import sympy as sp

from utils.check import recorded

x, y = sp.symbols("x y", positive=True)
RESULTS: list[Any] = [
    3, 2.5, "cd", True, None, (1, (2, 3)), [1, 2], {"w": np.arange(3.0), "b": 1}, np.float32(1.5), np.int64(7),
    np.arange(6).reshape(2, 3), np.zeros((0, 2), np.float32), np.array([x + 1, 2 * y]), x**2 + sp.Rational(1, 3),
    sp.Matrix([[x, 1]]), float("inf"),
]  # fmt: skip


@pytest.mark.parametrize("result", RESULTS, ids=lambda r: f"{type(r).__name__} {r}"[:30])
def test_a_result_comes_back_as_it_was(result: Any) -> None:
    back = recorded.decode(json.loads(json.dumps(recorded.encode(result))))
    assert type(back) is type(result)
    if isinstance(result, np.ndarray):
        assert back.dtype == result.dtype and back.shape == result.shape and (back == result).all()
        back[...] = back  # it can be changed, as one that was computed
    elif isinstance(result, dict):
        assert list(back) == list(result) and (back["w"] == result["w"]).all()
    else:
        assert back == result


def test_what_has_no_form_is_refused() -> None:
    with pytest.raises(TypeError, match="type object cannot be recorded"):
        recorded.encode(object())


def key(**arguments: Any) -> str:
    return recorded.key("f", arguments)


def test_the_same_call_has_the_same_key() -> None:
    a = np.random.default_rng(0).normal(size=(3, 4))
    assert key(a=a, n=3) == key(n=np.int64(3), a=a * (1 + 1e-14)) == key(a=a.copy(), n=3.0)
    assert key(layers=[(1, 2), (3, 4)]) == key(layers=((1, 2), [3, 4]))
    assert key(z=0.0) == key(z=-0.0)


def test_another_call_has_another_key() -> None:
    a = np.arange(6.0)
    keys = [key(a=a), key(a=a + 1e-3), key(a=a.reshape(2, 3)), key(b=a), key(a=x), key(a=y), key(a="x y"), key(a=None)]
    assert len({*keys, recorded.key("g", {"a": a})}) == len(keys) + 1


def test_nothing_is_at_hand_where_nothing_was_recorded() -> None:
    with pytest.raises(recorded.NotRecorded, match="right answer of chain is not recorded"):
        recorded.recorded("chain", {"n": 987654321})
