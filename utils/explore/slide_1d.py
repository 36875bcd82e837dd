"""Explorer (a): slide a filter along a signal; forward, and both gradients. Problems 1 and 3."""

from typing import Any

from utils.explore.arguments import integers, plain, small_array, whole
from utils.explore.still import sentence
from utils.explore.widget import Explorer, State


def slide_1d(x: Any = None, w: Any = None, stride: int = 1, padding: int = 0, flip: bool = False) -> Explorer:
    """Slide `w` (k,) along `x` (n,), n and k at most 12; `flip` turns w around (true convolution).

    Returns a widget: arrow keys or the mouse move the window, buttons switch to the gradients.
    """
    x = small_array("x", [2, -1, 3, 1, -2, 4, 1] if x is None else x, (1,))
    w = small_array("w", [1, 2, -1] if w is None else w, (1,))
    start = {
        "x": plain(x),
        "w": plain(w),
        "grad": plain(integers((40,), seed=3)),
        "stride": whole("stride", stride, 1, 5),
        "padding": whole("padding", padding, 0, 4),
        "flip": bool(flip),
    }
    if len(w) > len(x) + 2 * start["padding"]:
        raise ValueError(
            f"w has length {len(w)}; expected at most len(x) + 2·padding = {len(x) + 2 * start['padding']}"
        )
    return Explorer("slide_1d", start, describe, draw)


def describe(state: State) -> str:
    """The picture in words."""
    return "Explorer slide_1d. Run this cell to move the picture."


def draw(state: State) -> bytes:
    """The still picture, as PNG."""
    return sentence(describe(state))
