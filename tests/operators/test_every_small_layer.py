"""Every short signal under every small kernel, at every stride, dilation and pair of paddings: what chance may miss."""

from itertools import product

import numpy as np
import pytest

import utils
from tests import loops

SMALL = [
    (n, k, s, d, before, after)
    for n, k, s, d, before, after in product((1, 2, 3, 5), (1, 2, 3), (1, 2, 3), (1, 2), (0, 1, 3), (0, 1, 2, 4))
    if (k - 1) * d < n + before + after
]


@pytest.mark.parametrize("channels", [1, 2])  # with two the groups are two: each channel has its own filter
def test_every_small_convolution_is_its_loops(channels: int) -> None:
    rng = np.random.default_rng(0)
    for n, k, s, d, before, after in SMALL:
        out = (n + before + after - (k - 1) * d - 1) // s + 1
        x, w, dy = (
            rng.normal(size=(1, n, channels)),
            rng.normal(size=(k, 1, channels)),
            rng.normal(size=(1, out, channels)),
        )
        bias = np.zeros(channels)
        theirs = loops.conv(x, w, bias, dy, stride=(s,), padding=(before,), dilation=(d,), groups=channels)
        how = {"stride": s, "padding": ((before, after),), "dilation": d, "groups": channels}
        ours = {
            "y": utils.conv(x, w, **how),
            "grad_x": utils.conv_grad_input(dy, w, x.shape, **how),
            "grad_w": utils.conv_grad_weight(dy, x, w.shape, **how),
        }
        for name, array in ours.items():
            np.testing.assert_allclose(array, theirs[name], atol=1e-12, err_msg=f"{name} of {how}, n = {n}, k = {k}")
        if channels == 1:
            y = utils.conv1d(x[0, :, 0], w[:, 0, 0], stride=s, padding=((before, after),), dilation=d)
            np.testing.assert_allclose(y, theirs["y"][0, :, 0], atol=1e-12)
