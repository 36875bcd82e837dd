"""A convolution written as one matrix (Problem 2).

What may change: nothing for the sake of speed, for this matrix is there to be looked at. What stays: the order of its
rows and columns, which notebooks print.
"""

import numpy as np
from numpy.typing import ArrayLike

from utils.shapes import Array, as_floats, check_numbers, output_size, per_axis
from utils.watch import watched


@watched
def conv_matrix(w: ArrayLike, n: int, stride: int = 1, padding: int = 0) -> Array:
    """The matrix W with `conv1d(x, w, stride=stride, padding=padding) == W @ np.pad(x, padding)`.

    w (k,) and n, the length of x before padding, give W (out, n + 2 padding): row i is w, moved `stride` i
    to the right. Its transpose is the gradient: dx = (W.T @ dy) without the padding (Problem 3).
    """
    (w,) = as_floats(w=w)
    if w.ndim != 1 or w.size == 0:
        raise ValueError(f"w has shape {w.shape}, expected (k,)")
    (padding,) = per_axis(padding, 1, "padding", least=0)
    (n,) = per_axis(n, 1, "n", least=1)
    rows = output_size(n, len(w), stride, padding)
    check_numbers((rows, n + 2 * padding), "n", n)
    (s,) = per_axis(stride, 1, "stride", least=1)
    matrix = np.zeros((rows, n + 2 * padding), w.dtype)
    for i in range(rows):
        matrix[i, s * i : s * i + len(w)] = w
    return matrix
