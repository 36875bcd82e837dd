"""Explorer (a): slide a filter along a signal; forward, and both gradients. Problems 1 and 3."""

from typing import Any

import numpy as np

from utils.explore.arguments import chosen, integers, plain, small_array, whole
from utils.explore.links import Links, conv_links
from utils.explore.still import caption, number, panels, pointed, sheet
from utils.explore.widget import Explorer, State


def slide_1d(x: Any = None, w: Any = None, stride: int = 1, padding: int = 0, flip: bool = False) -> Explorer:
    """Slide `w` (k,) along `x` (n,), n and k at most 12; `flip` turns w around (true convolution).

    Returns a widget: arrow keys or the mouse move the window, buttons switch to the gradients.
    """
    x = small_array("x", [2, -1, 3, 1, -2, 4, 1] if x is None else x, (1,))
    w = small_array("w", [1, 2, -1] if w is None else w, (1,))
    start = {
        "direction": "forward",
        "x": plain(x),
        "w": plain(w),
        "grad": plain(integers((40,), seed=3)),
        "stride": whole("stride", stride, 1, 5),
        "padding": whole("padding", padding, 0, 4),
        "flip": chosen("flip", flip, False, True),
    }
    if len(w) > len(x) + 2 * start["padding"]:
        raise ValueError(
            f"w has length {len(w)}; expected at most len(x) + 2·padding = {len(x) + 2 * start['padding']}"
        )
    return Explorer("slide_1d", start, describe, draw)


def layer(state: State) -> tuple[Links, dict[str, np.ndarray]]:
    """The links of the picture, and every array in it by name."""
    pad = state["padding"]
    w = np.asarray(state["w"])[None, :, None, None]
    links = conv_links((1, len(state["x"])), w.shape, stride=(1, state["stride"]), padding=(0, pad), flip=state["flip"])
    x = np.pad(np.asarray(state["x"]), pad)[None, :, None]
    dy = np.resize(state["grad"], links.shape["y"])
    arrays = {"x": x, "w": w, "dy": dy, "y": links.contract("y", x=x, w=w)}
    return links, {**arrays, "dx": links.contract("x", w=w, y=dy), "dw": links.contract("w", x=x, y=dy)}


def describe(state: State) -> str:
    """The picture in words."""
    _, arrays = layer(state)
    lists = "; ".join(f"{name} = {', '.join(map(number, arrays[name].ravel()))}" for name in "xwy")
    turned = ", w flipped" if state["flip"] else ""
    settings = f"stride {state['stride']}, padding {state['padding']}{turned}, {state['direction']}"
    return f"Explorer of a filter that slides along a signal, {settings}: {lists}. Run this cell to move it."


def draw(state: State) -> bytes:
    """The still picture, as PNG."""
    links, arrays = layer(state)
    backward = state["direction"] == "backward"
    cursor = pointed(state, ("dx", state["padding"]) if backward else ("y", 1))
    names = ["x", "dx", "w", "dy", "dw"] if backward else ["x", "w", "y"]
    pads = {"x": state["padding"], "dx": state["padding"]}
    rows = [list(panels(n, n, arrays[n], links, cursor, pads.get(n, 0))) for n in names if arrays[n].size]
    return sheet("Slide a filter", rows, caption(links, cursor, arrays))
