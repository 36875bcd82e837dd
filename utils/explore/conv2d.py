"""Explorer (b): a 2-D convolution, both ways; every cell shows what it is made of. Problems 1 and 4."""

from typing import Any

import numpy as np

from utils.explore.arguments import integers, plain, small_array, whole
from utils.explore.links import Links, conv_links
from utils.explore.still import caption, panels, pointed, sheet
from utils.explore.widget import Explorer, State


def conv2d(x: Any = None, w: Any = None, stride: int = 1, padding: int = 0, dilation: int = 1) -> Explorer:
    """Convolve `x` (H, W) or (H, W, C) with `w` (kH, kW) or (kH, kW, C, D); sides at most 12, C and D 3.

    Returns a widget. Point at an output (or walk with the arrow keys) to see its window; at an input, to see
    every output and weight it feeds; at a weight, to see every pair it multiplies.
    """
    given = x is not None or w is not None
    x = integers((5, 6, 3), seed=1) if x is None else small_array("x", x, (2, 3))
    x = x[..., None] if x.ndim == 2 else x
    w = integers((3, 2, x.shape[2], 2), seed=2, high=2, low=-2) if w is None else small_array("w", w, (2, 4))
    w = w[..., None, None] if w.ndim == 2 else w
    if x.shape[2] > 3 or w.shape[3] > 3:
        raise ValueError(f"x has {x.shape[2]} channels and w {w.shape[3]} filters; expected at most 3 of each")
    if w.shape[2] != x.shape[2]:
        raise ValueError(f"w has shape {w.shape}; expected its third axis to be x's {x.shape[2]} channels")
    start = {
        "direction": "forward",
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


def layer(state: State) -> tuple[Links, dict[str, np.ndarray]]:
    """The links of the picture, and every array in it by name."""
    channels, filters, pad = state["channels"], state["filters"], state["padding"]
    x = np.asarray(state["x"])[..., :channels]
    w = np.asarray(state["w"])[:, :, :channels, :filters]
    stride, padding, dilation = ((state[name],) * 2 for name in ("stride", "padding", "dilation"))
    links = conv_links(x.shape[:2], w.shape, stride, padding, dilation)
    x = np.pad(x, ((pad, pad), (pad, pad), (0, 0)))
    dy = np.resize(state["grad"], links.shape["y"])
    arrays = {"x": x, "w": w, "dy": dy, "y": links.contract("y", x=x, w=w)}
    return links, {**arrays, "dx": links.contract("x", w=w, y=dy), "dw": links.contract("w", x=x, y=dy)}


def describe(state: State) -> str:
    """The picture in words."""
    _, arrays = layer(state)
    sizes = ", ".join(f"{name} {'×'.join(map(str, arrays[name].shape))}" for name in "xwy")
    settings = ", ".join(f"{name} {state[name]}" for name in ("stride", "padding", "dilation"))
    return f"Explorer of a 2-D convolution, {state['direction']}: {sizes}; {settings}. Run this cell to move it."


def draw(state: State) -> bytes:
    """The still picture, as PNG."""
    links, arrays = layer(state)
    backward = state["direction"] == "backward"
    cursor = pointed(state, ("dx", 0) if backward else ("y", 0))
    rows = [("x", "w", "dy"), ("dx", "dw")] if backward else [("x", "w", "y")]
    pads = {"x": state["padding"], "dx": state["padding"]}
    drawn = [[p for n in row for p in panels(n, n, arrays[n], links, cursor, pads.get(n, 0))] for row in rows]
    return sheet("Convolution", drawn, caption(links, cursor, arrays))
