"""Explorer (e): max and average pooling, and the gradient's road back; ties and overlaps. Problem 5."""

import math
from typing import Any

import numpy as np

from utils.explore.arguments import chosen, plain, small_array, whole
from utils.explore.links import Links, across, along, setting
from utils.explore.still import caption, number, panels, pointed, sheet
from utils.explore.widget import Explorer, State
from utils.pooling_1d_2d import avg_pool2d_grad, max_pool2d_grad

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
        "dy": GRADIENT,
        "kernel_size": size,
        "stride": whole("stride", size if stride is None else stride, 1, 6),
        "mode": chosen("mode", mode, "max", "average"),
        "axes": [{setting(k, s): along(n, k, s) for k in range(1, MOST + 1) for s in range(1, 7)} for n in x.shape],
        "cursor": ["y", 0],
    }
    return Explorer("pooling", start, describe, draw)


def layer(state: State) -> tuple[Links, dict[str, np.ndarray]]:
    """The links of the picture, and every array in it by name; w holds what each link carries."""
    size, stride = state["kernel_size"], state["stride"]
    links = Links(*(lists[setting(size, stride)] for lists in state["axes"]), across(1, 1))
    x, out = np.asarray(state["x"])[..., None], links.shape["y"]
    each = np.eye(math.prod(out)).reshape(-1, *out)  # a gradient of each output alone: what it brings to every input
    images = np.broadcast_to(x, (len(each), *x.shape))
    if state["mode"] == "max":
        brings = max_pool2d_grad(each, images, size, stride)
    else:
        brings = avg_pool2d_grad(each, images.shape, size, stride)
    shares = np.asarray(brings, float).reshape(len(each), -1)[links.y, links.x]
    links.w = np.arange(len(shares))
    arrays = {"x": x, "w": shares, "y": links.contract("y", x=x, w=shares), "dy": np.resize(state["dy"], out)}
    return links, {**arrays, "dx": links.contract("x", w=shares, y=arrays["dy"])}


def describe(state: State) -> str:
    """The picture in words."""
    _, arrays = layer(state)
    sizes = ", ".join(f"{name} {'×'.join(map(str, arrays[name].shape[:2]))}" for name in "xy")
    window = f"window {state['kernel_size']}, stride {state['stride']}"
    return f"Explorer of {state['mode']} pooling, {state['direction']}: {sizes}, {window}. Run to move it."


def draw(state: State) -> bytes:
    """The still picture, as PNG."""
    links, arrays = layer(state)
    backward = state["direction"] == "backward"
    cursor = pointed(state)
    if backward:  # the gradient's road: only the links that carry something
        links.y, links.x, links.w = (ends[arrays["w"] > 0] for ends in (links.y, links.x, links.w))
    rows = [("x", "y"), ("dx", "dy")] if backward else [("x", "y")]
    drawn = [[p for n in row for p in panels(n, n, arrays[n], links, cursor)] for row in rows]
    formula = f"{state['mode']} of the window = {number(np.ravel(arrays['y'])[cursor[2]])}" if cursor[0] == "y" else ""
    return sheet(f"{state['mode'].capitalize()} pooling", drawn, formula or caption(links, cursor, arrays))
