"""One signal or image with one channel and one filter: what the worksheet computes by hand.

A small one is fastest as a single long signal, row after row, under a filter whose rows lie as far apart as the
image's: for signals NumPy has `correlate` and `convolve`. Results that reach over an edge are cut off. All others are
a batch of one for the patch matrix.
What may change: which arrays count as small. What stays: results are those of the patch matrix, up to rounding.
"""

from collections.abc import Callable
from math import isfinite, prod

import numpy as np

from utils.engine.patch_matrix import PatchMatrix
from utils.engine.transposed import transposed_convolution
from utils.shapes import Array, Shape
from utils.windows import Windows

SMALL = 2**16  # multiplications, if the filter lies on every place of the long signal


def correlate(x: Array, w: Array, windows: Windows) -> Array:
    """The convolution: x (n,) and w (k,) give (out,), or x (H, W) and w (kH, kW) give (outH, outW)."""
    if _is_small(x.shape, windows):
        y = _as_signals(np.correlate, x, w, windows.out, x.shape)
        if y is not None:
            return y
    return (PatchMatrix(_batch_of_one(x), windows) @ w.reshape(-1, 1)).reshape(windows.out)


def correlate_grad_input(dy: Array, w: Array, shape: Shape, windows: Windows) -> Array:
    """The gradient of x: dy has the output's shape; gives the shape of x."""
    if _is_small(shape, windows):
        dx = _as_signals(np.convolve, dy, w, shape, shape)
        if dx is not None:
            return dx
    return transposed_convolution(_batch_of_one(dy), w[..., None, None], shape, windows).reshape(shape)


def correlate_grad_weight(dy: Array, x: Array, windows: Windows) -> Array:
    """The gradient of w: dy has the output's shape; gives the shape of w."""
    if _is_small(x.shape, windows):
        dw = _as_signals(np.correlate, x, dy, windows.kernel, x.shape)
        if dw is not None:
            return dw
    return (PatchMatrix(_batch_of_one(x), windows).T @ dy.reshape(-1, 1)).reshape(windows.kernel)


def _is_small(shape: Shape, windows: Windows) -> bool:
    plain = (1,) * len(shape)
    if windows.stride != plain or windows.dilation != plain or any(windows.padding):
        return False
    if any(m + k != n + 1 for m, k, n in zip(windows.out, windows.kernel, shape, strict=True)):  # padding at the end
        return False
    width = prod(shape[1:])
    return windows.kernel[0] * width * windows.out[0] * width < SMALL


def _as_signals(operation: Callable[..., Array], a: Array, b: Array, out: Shape, image: Shape) -> Array | None:
    """`operation(a, b)` with both laid out in rows as long as the image's, cut to the shape `out`."""
    if len(image) == 1:
        return operation(a, b)
    y = operation(_in_rows(a, image[1]), _in_rows(b, image[1]))
    if not isfinite(np.dot(y, y)):  # quicker than asking each number
        return None  # inf times the zeros between the rows is NaN, where it should be nothing
    step = y.itemsize
    return np.ndarray(out, y.dtype, y, strides=(image[1] * step, step)).copy()  # type: ignore[arg-type]


def _in_rows(array: Array, width: int) -> Array:
    """The signal from its first number to its last, with each row as far from the next as in an image so wide."""
    height, columns = array.shape
    if columns == width:
        return array.reshape(-1)
    rows = np.zeros((height, width), array.dtype)
    rows[:, :columns] = array
    return rows.reshape(-1)[: columns - width]


def _batch_of_one(array: Array) -> Array:
    return array[None, ..., None]
