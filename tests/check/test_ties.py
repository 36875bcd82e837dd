"""Equal pixels may share the gradient or leave it to one of them; each getting all of it is wrong."""

from typing import Any

import numpy as np

import utils
from utils.check.ties import ties_are_shared

G, X = np.array([[[[5.0], [-2]]]]), np.array([[2.5, 2.5, 1, 0], [1, 2.5, 3, 3]])[None, ..., None]


def spread(shares):
    """A gradient that gives each largest pixel of a 2 by 2 window `shares(how many there are)` of what comes in."""

    def gradient(grad_output, x):
        windows = x.reshape(1, 1, 2, 2, 2, 1)
        largest = windows == windows.max((2, 4), keepdims=True)
        return (largest * shares(largest.sum((2, 4), keepdims=True)) * grad_output[:, :, None, :, None]).reshape(
            x.shape
        )

    return gradient


def test_one_takes_all_or_all_take_a_part() -> None:
    assert ties_are_shared(utils.max_pool2d_grad, G, X, 2, 2, 2)
    assert ties_are_shared(spread(lambda n: 1 / n), G, X, 2)


def test_too_much_too_little_or_no_answer_is_wrong() -> None:
    wrong_ones: list[Any] = [
        spread(lambda n: 1),
        spread(lambda n: 0.5 / n),
        lambda g, x: g,
        lambda g, x: None,
        lambda g, x: 1 / 0,
    ]
    for wrong in wrong_ones:
        assert not ties_are_shared(wrong, G, X, 2)
