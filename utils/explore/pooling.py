"""Explorer (e): max and average pooling, and the road the gradient takes back; ties, overlaps, leftovers. Problem 5."""

from typing import Any

from utils.explore.arguments import plain, small_array, whole
from utils.explore.still import sentence
from utils.explore.widget import Explorer, State

# 5×6 with a tie in the first window and a last row that a 2×2 window never reads
PICTURE = [[3, 1, 4, 1, 2, 0], [2, 3, 2, 5, 1, 7], [0, 2, 6, 1, 4, 2], [8, 1, 1, 2, 4, 3], [5, 0, 2, 9, 1, 6]]
GRADIENT = [2, -1, 3, 4, 1, -2, 5, -3]


def pooling(x: Any = None, kernel_size: int = 2, stride: int | None = None, mode: str = "max") -> Explorer:
    """Pool `x` (H, W), sides at most 12, with a square window; `stride` None means `kernel_size`; `mode` "max" or "average".

    Returns a widget. A tie goes to the first maximum in row order.
    """
    x = small_array("x", PICTURE if x is None else x, (2,))
    if mode not in ("max", "average"):
        raise ValueError(f"mode is {mode!r}; expected 'max' or 'average'")
    size = whole("kernel_size", kernel_size, 1, min(x.shape))
    start = {
        "x": plain(x),
        "grad": GRADIENT,
        "kernel_size": size,
        "stride": whole("stride", size if stride is None else stride, 1, 6),
        "mode": mode,
    }
    return Explorer("pooling", start, describe, draw)


def describe(state: State) -> str:
    """The picture in words."""
    return "Explorer pooling. Run this cell to move the picture."


def draw(state: State) -> bytes:
    """The still picture, as PNG."""
    return sentence(describe(state))
