"""Explorer (c): the matrix of a convolution beside the sliding window; transposed for the gradient. Problem 2."""

from typing import Any

from utils.explore.arguments import integers, plain, small_array, whole
from utils.explore.still import sentence
from utils.explore.widget import Explorer, State


def matrix(w: Any = None, n: int = 4, stride: int = 1, padding: int = 0) -> Explorer:
    """The matrix of convolving an n×n image (or, for `w` of one axis, a signal of length n) with `w` (kH, kW) or (k,).

    n at most 8, w's sides at most 5. Returns a widget: the same cell is lit in the matrix and in the sliding window.
    """
    w = small_array("w", [[1, 2, -1], [3, -2, 1], [-1, 1, 2]] if w is None else w, (1, 2), longest=5)
    n = whole("n", n, 2, 8)
    one_axis = w.ndim == 1
    start = {
        "x": plain(integers((1 if one_axis else n, n), seed=4)),
        "w": plain(w[None] if one_axis else w),
        "grad": plain(integers((97,), seed=5)),
        "stride": whole("stride", stride, 1, 4),
        "padding": whole("padding", padding, 0, 2),
        "one_axis": one_axis,
    }
    if max(w.shape) > n + 2 * start["padding"]:
        raise ValueError(
            f"w has shape {w.shape}; expected sides of at most n + 2·padding = {n + 2 * start['padding']}"
        )
    return Explorer("matrix", start, describe, draw)


def describe(state: State) -> str:
    """The picture in words."""
    return "Explorer matrix. Run this cell to move the picture."


def draw(state: State) -> bytes:
    """The still picture, as PNG."""
    return sentence(describe(state))
