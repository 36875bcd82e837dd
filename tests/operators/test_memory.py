"""A convolution's peak memory is within twice its inputs plus its output: no whole patch matrix."""

import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest

import utils

SLACK = 6 * 2**20  # blocks of patches and of padded images, whatever the size


def peak(run: Callable[[], np.ndarray]) -> tuple[int, int]:
    """(bytes at the peak beyond those before, bytes of the result)."""
    tracemalloc.start()
    result = run()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most, result.nbytes


CASES = [
    ((16, 64, 64, 16), (3, 3, 16, 16), 1, 1),
    ((1, 300, 300, 16), (5, 5, 16, 4), 1, 2),
    ((4, 128, 128, 32), (3, 3, 32, 64), 2, 1),
    ((400, 8, 8, 32), (5, 5, 32, 32), 1, 2),
    ((1, 2_000_000, 1), (31, 1, 1), 1, 0),
    ((1, 32, 64, 64, 8), (3, 3, 3, 8, 8), 1, 1),
]


@pytest.mark.parametrize(("input_shape", "kernel_shape", "stride", "padding"), CASES)
def test_peak_memory(input_shape, kernel_shape, stride, padding):
    x, w = np.ones(input_shape, np.float32), np.ones(kernel_shape, np.float32)
    how = {"stride": stride, "padding": padding}
    dy = np.ones_like(utils.conv(x, w, **how))
    runs = [
        (x.nbytes, lambda: utils.conv(x, w, **how)),
        (dy.nbytes, lambda: utils.conv_grad_input(dy, w, x.shape, **how)),
        (dy.nbytes + x.nbytes, lambda: utils.conv_grad_weight(dy, x, w.shape, **how)),
    ]
    for inputs, run in runs:
        most, output = peak(run)
        assert most <= 2 * inputs + output + SLACK
    patches = dy[..., 0].size * w[..., 0].nbytes
    assert patches > 2 * x.nbytes  # the whole patch matrix would be too much
