"""Max pooling's gradient where several pixels are the largest: more than one answer is right."""

from collections.abc import Callable
from typing import Any

import numpy as np

from utils.shapes import Array


def ties_are_shared(gradient: Callable[..., Array], grad_output: Array, x: Array, size: int, *rest: Any) -> bool:
    """Whether `gradient(grad_output, x, *rest)` gives each window's upstream gradient to its largest pixels alone.

    x (B, H, W, C) has windows of size by size pixels beside each other. Where several pixels are the largest, any
    shares that add up to one are right: one of them takes all, or each takes a part.
    """
    try:
        dx = np.asarray(gradient(grad_output.copy(), x.copy(), *rest), float)
    except Exception:
        return False
    B, H, W, C = x.shape
    if dx.shape != x.shape:
        return False
    tiles = (B, H // size, size, W // size, size, C)
    shares, pixels = dx.reshape(tiles) / grad_output[:, :, None, :, None], x.reshape(tiles)
    largest = pixels == pixels.max((2, 4), keepdims=True)
    return bool(np.all(shares > -1e-9) and np.all(abs(shares[~largest]) < 1e-9) and np.allclose(shares.sum((2, 4)), 1))
