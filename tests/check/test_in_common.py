"""What all wrong numbers have in common is said where no known mistake gives them, and only where it is certain."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import utils
from tests.check.test_forks import diagnosed
from utils.check import case, draw

CASES = [case(draw((2, 5, 6, 3), seed=1), 2, 2), case(draw((1, 7, 4, 3), seed=2), 3, 1)]
Change = Callable[[np.ndarray, tuple[Any, ...]], np.ndarray]


def of(change: Change) -> Any:
    return diagnosed(lambda *args: change(utils.avg_pool2d(*args), args), "avg_pool2d", CASES)


@pytest.mark.parametrize(
    ("change", "name", "says"),
    [
        (lambda y, args: y / 3, "wrong-factor", "Every number is the right one times 1/3."),
        (lambda y, args: y * -7, "wrong-factor", "times -7."),
        (lambda y, args: y / len(args[0]) / 5, "wrong-factor", "here 1/10; in another call"),
        (lambda y, args: y * [2.5, 3, -1], "wrong-factor-per-channel", "In each channel"),
        (lambda y, args: y + 0.25, "shifted", "All numbers are too large by the same amount, 1/4."),
        (lambda y, args: y - args[0].mean(), "shifted", "by the same amount"),
        (lambda y, args: y + np.array([1, 2, 3.5]), "shifted-per-channel", "In each channel"),
        (lambda y, args: np.maximum(y, 0), "negatives-cut-off", "yours is 0"),
        (lambda y, args: np.abs(y), "signs-lost", "All signs are lost"),
        (lambda y, args: np.floor(y), "fractions-cut-off", "rounded down"),
        (lambda y, args: np.round(y), "fractions-cut-off", "rounded to whole ones"),
        (lambda y, args: y.astype(np.float16).astype(float), "half-precision", "float16"),
        (lambda y, args: y * (np.indices(y.shape)[1:3].sum(0) > 0), "partly-written", "In [:, 0, 0] of your result"),
    ],
)
def test_what_is_true_of_every_number_is_said(change: Change, name: str, says: str) -> None:
    found = of(change)
    assert found and found.name == name and says in found.says


@pytest.mark.parametrize(
    "change",
    [
        lambda y, args: y * np.linspace(1, 2, y.size).reshape(y.shape),
        lambda y, args: np.where(np.arange(y.shape[2])[:, None] == 1, 3 * y, y),  # one column of pixels
        lambda y, args: y / 3 if len(args[0]) > 1 else y + 1,
        lambda y, args: y / 3 * (1 + 1e-6 * np.cos(y)),
        lambda y, args: np.where(np.arange(y.size).reshape(y.shape) % 7, y, 0),
    ],
    ids=["another factor everywhere", "a column", "a factor here, a sum there", "close", "zeros here and there"],
)
def test_what_is_not_true_of_every_number_is_not_said(change: Change) -> None:
    assert of(change) is None


def test_a_known_mistake_is_named_before_a_factor() -> None:
    found = of(lambda y, args: y * args[1] ** 2 / 4)
    assert found and found.name == "divided-by-four"


def test_a_few_numbers_are_no_proof() -> None:
    tiny = [case(np.array([1.0, 2, 0, 5]).reshape(1, 2, 2, 1), 2, 2)]
    assert diagnosed(lambda *args: utils.avg_pool2d(*args) * 1.7, "avg_pool2d", tiny) is None
