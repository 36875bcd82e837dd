"""Explorer (b): a 2-D convolution, forward and backward; every cell shows what it is made of. Problems 1 and 4."""

from typing import Any

from utils.explore.arguments import integers, plain, small_array, whole
from utils.explore.still import sentence
from utils.explore.widget import Explorer, State


def conv2d(x: Any = None, w: Any = None, stride: int = 1, padding: int = 0, dilation: int = 1) -> Explorer:
    """Convolve `x` (H, W) or (H, W, C) with `w` (kH, kW) or (kH, kW, C, D); sides at most 12, C at most 3, D at most 3.

    Returns a widget. Point at an output (or walk with the arrow keys) to see its window; at an input, to see every
    output and weight it feeds; at a weight, to see every pair it multiplies. A button turns to the gradients.
    """
    given = x is not None or w is not None
    x = integers((5, 6, 3), seed=1) if x is None else small_array("x", x, (2, 3))
    x = x[..., None] if x.ndim == 2 else x
    w = integers((3, 2, x.shape[2], 2), seed=2, high=2, low=-2) if w is None else small_array("w", w, (2, 4))
    w = w[..., None, None] if w.ndim == 2 else w
    if x.shape[2] > 3 or w.shape[3] > 3:
        raise ValueError(
            f"x has {x.shape[2]} channels and w {w.shape[3]} filters; expected at most 3 of each"
        )
    if w.shape[2] != x.shape[2]:
        raise ValueError(f"w has shape {w.shape}; expected its third axis to be x's {x.shape[2]} channels")
    start = {
        "x": plain(x),
        "w": plain(w),
        "grad": plain(integers((97,), seed=3)),
        "channels": x.shape[2] if given else 1,
        "filters": w.shape[3] if given else 1,
        "stride": whole("stride", stride, 1, 4),
        "padding": whole("padding", padding, 0, 3),
        "dilation": whole("dilation", dilation, 1, 3),
    }
    for axis in (0, 1):
        span, room = (w.shape[axis] - 1) * dilation + 1, x.shape[axis] + 2 * padding
        if span > room:
            raise ValueError(
                f"w spans {span} cells along axis {axis} (dilation {dilation}); the padded x has only {room}"
            )
    return Explorer("conv2d", start, describe, draw)


def describe(state: State) -> str:
    """The picture in words."""
    return "Explorer conv2d. Run this cell to move the picture."


def draw(state: State) -> bytes:
    """The still picture, as PNG."""
    return sentence(describe(state))
