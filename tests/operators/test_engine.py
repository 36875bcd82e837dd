"""The engine gives what the plain way gives, however its work is cut; and a small product takes one thread."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import utils
from tests.strategies import Layer, layers
from utils.engine import PatchMatrix, bands, patch_blocks
from utils.windows import windows_over

EVERYTHING_AT_ONCE = {"BLOCK": 2**30, "TINY": 2**30}
IN_BLOCKS = {"BLOCK": 2**8, "TINY": 0}
IN_PIECES = {"BLOCK": 2**12, "TINY": 0, "ONE_THREAD": 2**6}
IN_PIECES_OF_A_ROW = {"TINY": 0, "ONE_THREAD": 1}


@given(layers(most=12), st.sampled_from([1, 2, 4, 8]))
@settings(max_examples=40)
@pytest.mark.parametrize("sizes", [EVERYTHING_AT_ONCE, IN_BLOCKS, IN_PIECES, IN_PIECES_OF_A_ROW])
def test_a_product_with_the_patch_matrix_is_that_with_im2col(sizes, layer: Layer, band):
    x, w, dy = layer.draw(layer.input_shape, layer.kernel_shape, layer.output_shape)
    w, dy = w.reshape(-1, layer.filters), dy.reshape(-1, layer.filters)
    whole = utils.im2col(x, layer.kernel, **layer.settings)
    windows = windows_over(x.shape[1:-1], layer.kernel, **layer.settings)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in sizes.items():
            patch.setattr(patch_blocks, name, value)
        patch.setattr("utils.engine.patch_matrix.band_size", lambda filters, windows: band)
        forward, back = PatchMatrix(x, windows) @ w, PatchMatrix(x, windows).T @ dy
    np.testing.assert_allclose(forward, whole @ w, atol=1e-12, strict=True)
    np.testing.assert_allclose(back, whole.T @ dy, atol=1e-12, strict=True)


@given(layers(most=9), st.sampled_from([1, 64, 2**20]))
@settings(max_examples=40)
def test_a_depthwise_convolution_is_each_channel_with_its_filter(layer: Layer, block):
    layer = replace(layer, channels=3, filters=3, groups=3)
    x, w, dy = layer.draw(layer.input_shape, layer.kernel_shape, layer.output_shape)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("utils.engine.depthwise.BLOCK", block)
        patch.setattr(patch_blocks, "BLOCK", block)
        y, dw = utils.conv(x, w, **layer.grouped), utils.conv_grad_weight(dy, x, w.shape, **layer.grouped)
    for c in range(3):
        one = slice(c, c + 1)
        np.testing.assert_allclose(y[..., one], utils.conv(x[..., one], w[..., one], **layer.settings), atol=1e-12)
        alone = utils.conv_grad_weight(dy[..., one], x[..., one], w[..., one].shape, **layer.settings)
        np.testing.assert_allclose(dw[..., one], alone, atol=1e-12)


def test_a_band_is_the_matrix_of_its_picture():
    w = np.array([5.0, 7.0])[:, None, None]
    windows = windows_over((5,), (2,), 1, 0)
    np.testing.assert_array_equal(
        bands.band_matrix(w, windows, 3), [[5.0, 0, 0], [7, 5, 0], [0, 7, 5], [0, 0, 7]], strict=True
    )


@pytest.mark.parametrize("filters", [1, 6, 48, 1000])
def test_small_products_are_cut_below_what_wakes_a_second_thread_and_large_ones_are_not(filters):
    def multiplications(batch: int) -> list[int]:
        windows = windows_over((28, 28), (5, 5), 1, 0)
        blocks = patch_blocks.patch_blocks(np.ones((batch, 28, 28, 1), np.float32), windows, filters)
        return [len(patches) * patches.shape[1] * filters for _, patches in blocks]

    small, large = multiplications(1), multiplications(2000)
    assert max(small) < patch_blocks.ONE_THREAD
    assert sum(small) == 24 * 24 * 25 * filters
    assert sum(large) == 2000 * sum(small)
    assert len(large) <= 2000 * 24 * 24 * 25 * 4 / patch_blocks.BLOCK * 1.2 + 1  # no more pieces than blocks


PRODUCTS = """
import json, time
import numpy as np
import utils

def threads(run, times):
    run()
    time.sleep(0.3)  # threads that have just started, or worked, turn round a while before they sleep
    process, thread = time.process_time(), time.thread_time()
    for _ in range(times):
        run()
    return (time.process_time() - process) / (time.thread_time() - thread)

x, w, dy = np.ones((32, 28, 28, 1), "f"), np.ones((5, 5, 1, 6), "f"), np.ones((32, 24, 24, 6), "f")
a = np.ones((1000, 1000))
print(json.dumps({
    "forward": threads(lambda: utils.conv2d(x, w), 20),
    "grad_weight": threads(lambda: utils.conv2d_grad_weight(dy, x, w.shape), 20),
    "grad_input": threads(lambda: utils.conv2d_grad_input(dy, w, x.shape), 20),
    "a large product": threads(lambda: a @ a, 3),
}))
"""


def test_a_small_layer_takes_one_thread():
    """All threads' processor time is the calling thread's: nothing else was woken, however busy the machine is."""
    env = os.environ | {name: "2" for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")}
    done = subprocess.run([sys.executable, "-c", PRODUCTS], env=env, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    if found.pop("a large product") < 1.2:
        pytest.skip("BLAS has one thread on this machine")
    assert all(share < 1.2 for share in found.values()), found
