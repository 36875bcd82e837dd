"""Explorer (b): a 2-D convolution, both ways; every cell shows what it is made of. Problems 1 and 4."""

from typing import Any

import numpy as np

from utils.explore.arguments import chosen, integers, plain, small_array, whole
from utils.explore.links import Links, conv_links, transposed_links
from utils.explore.still import caption, panels, pointed, sheet
from utils.explore.widget import Explorer, State


def conv2d(
    x: Any = None, w: Any = None, stride: int = 1, padding: int = 0, dilation: int = 1, groups: int = 1,
    transposed: bool = False,
) -> Explorer:  # fmt: skip
    """Convolve `x` (H, W) or (H, W, C) with `w` (kH, kW) or (kH, kW, C / groups, D); sides at most 12, C and D 3.

    `transposed` shows `utils.conv_transpose2d`, whose `w` is (kH, kW, D / groups, C) for x's C channels.
    Returns a widget. Point at an output (or walk with the arrow keys) to see its window; at an input, to see
    every output and weight it feeds; at a weight, to see every pair it multiplies.
    """
    given = x is not None or w is not None
    groups, transposed = whole("groups", groups, 1, 3), chosen("transposed", transposed, False, True)
    x = integers((5, 6, 3), seed=1) if x is None else small_array("x", x, (2, 3))
    x = x[..., None] if x.ndim == 2 else x
    if w is None:
        two = integers((3, 2, x.shape[2], 2), seed=2, high=2, low=-2)
        w = np.concatenate([two, -two[::-1, :, ::-1, :1]], axis=3)
    else:
        w = small_array("w", w, (2, 4))
        w = w[..., None, None] if w.ndim == 2 else w
        w = _whole_kernel(w, groups)
        w = w.swapaxes(2, 3) if transposed else w
    if x.shape[2] > 3 or w.shape[3] > 3:
        raise ValueError(f"x has {x.shape[2]} channels and w {w.shape[3]} filters; expected at most 3 of each")
    if w.shape[2] != x.shape[2]:
        axis = "last" if transposed else "third" if groups == 1 else f"{groups} times its third"
        raise ValueError(f"w is for {w.shape[2]} channels; expected its {axis} axis to be x's {x.shape[2]} channels")
    channels, filters = (x.shape[2], w.shape[3]) if given else (groups, groups)
    if channels % groups or filters % groups:
        raise ValueError(
            f"groups is {groups}; expected a number that divides {channels} channels and {filters} filters"
        )
    start = {
        "direction": "forward",
        "transposed": transposed,
        "x": plain(x),
        "w": plain(w),
        "grad": plain(integers((97,), seed=3)),
        "channels": channels,
        "filters": filters,
        "groups": groups,
        "stride": whole("stride", stride, 1, 4),
        "padding": whole("padding", padding, 0, 3),
        "dilation": whole("dilation", dilation, 1, 3),
    }
    for axis in (0, 1):
        span, room = (w.shape[axis] - 1) * dilation + 1, x.shape[axis] + 2 * padding
        if not transposed and span > room:
            raise ValueError(
                f"w spans {span} cells along axis {axis} (dilation {dilation}); the padded x has only {room}"
            )
        if transposed and (x.shape[axis] - 1) * stride + span <= 2 * padding:
            raise ValueError(f"padding is {padding}; expected less: it cuts away all of the output along axis {axis}")
    return Explorer("conv2d", start, describe, draw)


def _whole_kernel(w: np.ndarray, groups: int) -> np.ndarray:
    """(kH, kW, C, D) from (kH, kW, C / groups, D): zeros where channel and filter are in different groups."""
    height, width, own, filters = w.shape
    if filters % groups:
        raise ValueError(f"groups is {groups}; expected a number that divides the {filters} of w's last axis")
    full = np.zeros((height, width, own * groups, filters))
    for f in range(filters):
        first = f * groups // filters * own
        full[:, :, first : first + own, f] = w[..., f]
    return full


def layer(state: State) -> tuple[Links, dict[str, np.ndarray]]:
    """The links of the picture, and every array in it by name."""
    channels, filters, pad = state["channels"], state["filters"], 0 if state["transposed"] else state["padding"]
    groups = state["groups"] if channels % state["groups"] == filters % state["groups"] == 0 else 1
    x = np.asarray(state["x"])[..., :channels]
    w = np.asarray(state["w"])[:, :, :channels, :filters]
    own = np.arange(channels)[:, None] * groups // channels == np.arange(filters) * groups // filters
    w = np.where(own, w, 0)
    stride, padding, dilation = ((state[name],) * 2 for name in ("stride", "padding", "dilation"))
    make = transposed_links if state["transposed"] else conv_links
    links = make(x.shape[:2], w.shape, stride, padding, dilation, groups=groups)
    x = np.pad(x, ((pad, pad), (pad, pad), (0, 0)))
    dy = np.resize(state["grad"], links.shape["y"])
    arrays = {"x": x, "w": w, "dy": dy, "y": links.contract("y", x=x, w=w)}
    return links, {**arrays, "dx": links.contract("x", w=w, y=dy), "dw": links.contract("w", x=x, y=dy)}


def describe(state: State) -> str:
    """The picture in words."""
    _, arrays = layer(state)
    sizes = ", ".join(f"{name} {'×'.join(map(str, arrays[name].shape))}" for name in "xwy")
    settings = ", ".join(f"{name} {state[name]}" for name in ("stride", "padding", "dilation"))
    kind = f"{'transposed ' if state['transposed'] else ''}convolution"
    settings += f", {state['groups']} groups" if state["groups"] > 1 else ""
    return f"Explorer of a 2-D {kind}, {state['direction']}: {sizes}; {settings}. Run this cell to move it."


def draw(state: State) -> bytes:
    """The still picture, as PNG."""
    links, arrays = layer(state)
    backward = state["direction"] == "backward"
    cursor = pointed(state, ("dx", 0) if backward else ("y", 0))
    rows = [("x", "w", "dy"), ("dx", "dw")] if backward else [("x", "w", "y")]
    if state["channels"] * state["filters"] > 2:  # too many side by side
        rows = [(name,) for row in rows for name in row]
    pads = {} if state["transposed"] else {"x": state["padding"], "dx": state["padding"]}
    drawn = [[p for n in row for p in panels(n, n, arrays[n], links, cursor, pads.get(n, 0))] for row in rows]
    return sheet(
        "Transposed convolution" if state["transposed"] else "Convolution", drawn, caption(links, cursor, arrays)
    )
