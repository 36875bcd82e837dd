"""The matrix of a convolution, times the input, is the convolution: to call it is to call the answer."""

import numpy as np
import pytest

import utils
from utils.check import Failure, case, expect


def test_the_matrix_times_x_counts_as_calling_the_convolution() -> None:
    def conv1d(x, w):
        return utils.conv_matrix(np.asarray(w), len(x)) @ np.asarray(x)

    with pytest.raises(Failure) as raised:
        expect(conv1d, like=utils.conv1d, on=case(np.array([1.5, 2.25, 3.5]), np.array([1.25, -2.5])), about="conv1d")
    assert raised.value.kind == "used-utils"
