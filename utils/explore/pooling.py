"""Explorer (e): max and average pooling, and the gradient's road back; ties and overlaps. Problem 5."""

from typing import Any

import numpy as np

from utils.explore.arguments import chosen, plain, small_array, whole
from utils.explore.links import Links, pool_links, setting, windows
from utils.explore.still import caption, number, panels, pointed, sheet
from utils.explore.widget import Explorer, State

# 5×6 with a tie in the first window and a last row that a 2×2 window never reads
PICTURE = [[3, 1, 4, 1, 2, 0], [2, 3, 2, 5, 1, 7], [0, 2, 6, 1, 4, 2], [8, 1, 1, 2, 4, 3], [5, 0, 2, 9, 1, 6]]
MOST = 5  # cells of a window
GRADIENT = [2, -1, 3, 4, 1, -2, 5, -3]


def pooling(x: Any = None, kernel_size: int = 2, stride: int | None = None, mode: str = "max") -> Explorer:
    """Pool `x` (H, W), sides at most 12, with a square window; `mode` is "max" or "average".

    `stride` None means `kernel_size`. A tie goes to the first maximum in row order.
    """
    x = small_array("x", PICTURE if x is None else x, (2,))
    size = whole("kernel_size", kernel_size, 1, min(*x.shape, MOST))
    start = {
        "direction": "forward",
        "x": plain(x),
        "grad": GRADIENT,
        "kernel_size": size,
        "stride": whole("stride", size if stride is None else stride, 1, 6),
        "mode": chosen("mode", mode, "max", "average"),
        "windows": [
            {setting(k, s): windows(n, k, s) for k in range(1, MOST + 1) for s in range(1, 7)} for n in x.shape
        ],
    }
    return Explorer("pooling", start, describe, draw)


def layer(state: State) -> tuple[Links, dict[str, np.ndarray]]:
    """The links of the picture, and every array in it by name; w holds the links' gains."""
    x = np.asarray(state["x"])
    key = setting(state["kernel_size"], state["stride"])
    rows, columns = (lists[key] for lists in state["windows"])
    links, gains = pool_links(x, rows, columns, state["mode"])
    dy = np.resize(state["grad"], links.shape["y"])
    arrays = {"x": x, "dy": dy, "w": gains, "y": links.contract("y", x=x, w=gains)}
    return links, {**arrays, "dx": links.contract("x", w=gains, y=dy)}


def describe(state: State) -> str:
    """The picture in words."""
    _, arrays = layer(state)
    sizes = ", ".join(f"{name} {'×'.join(map(str, arrays[name].shape))}" for name in "xy")
    window = f"window {state['kernel_size']}, stride {state['stride']}"
    return f"Explorer of {state['mode']} pooling, {state['direction']}: {sizes}, {window}. Run to move it."


def draw(state: State) -> bytes:
    """The still picture, as PNG."""
    links, arrays = layer(state)
    backward = state["direction"] == "backward"
    cursor = pointed(state, ("dy", 0) if backward else ("y", 0))
    carries = arrays["w"] > 0
    if backward:  # the gradient's road: only the links that carry something
        links = Links(links.y[carries], links.x[carries], links.w[carries], links.shape)
    rows = [("x", "y"), ("dx", "dy")] if backward else [("x", "y")]
    drawn = [[p for n in row for p in panels(n, n, arrays[n], links, cursor)] for row in rows]
    formula = f"{state['mode']} of the window = {number(np.ravel(arrays['y'])[cursor[2]])}" if cursor[0] == "y" else ""
    return sheet(f"{state['mode'].capitalize()} pooling", drawn, formula or caption(links, cursor, arrays))
