"""Explorer (c): the matrix of a convolution beside the sliding window; transposed for backward. Problem 2."""

from typing import Any

import numpy as np

from utils.explore.arguments import integers, plain, small_array, whole
from utils.explore.links import Links, conv_links
from utils.explore.still import Panel, caption, panels, pointed, sheet
from utils.explore.widget import Explorer, State


def matrix(w: Any = None, n: int = 4, stride: int = 1, padding: int = 0) -> Explorer:
    """The matrix of convolving an n×n image with `w` (kH, kW), or a signal of length n with `w` (k,).

    n at most 8, w's sides at most 5. The same cell is lit in the matrix and in the sliding window.
    """
    w = small_array("w", [[1, 2, -1], [3, -2, 1], [-1, 1, 2]] if w is None else w, (1, 2), longest=5)
    n = whole("n", n, 2, 8)
    one_axis = w.ndim == 1
    start = {
        "direction": "forward",
        "x": plain(integers((1 if one_axis else n, n), seed=4)),
        "w": plain(w[None] if one_axis else w),
        "grad": plain(integers((97,), seed=5)),
        "stride": whole("stride", stride, 1, 4),
        "padding": whole("padding", padding, 0, 2),
        "one_axis": one_axis,
    }
    if max(w.shape) > n + 2 * start["padding"]:
        raise ValueError(f"w has shape {w.shape}; expected sides of at most n + 2·padding = {n + 2 * start['padding']}")
    return Explorer("matrix", start, describe, draw)


def layer(state: State) -> tuple[Links, dict[str, np.ndarray]]:
    """The links of the picture, and every array in it by name; W is (outputs, inputs)."""
    x, w = np.asarray(state["x"]), np.asarray(state["w"])[..., None, None]
    rows = not state["one_axis"]
    stride, padding = (
        (state["stride"] if rows else 1, state["stride"]),
        (state["padding"] * rows, state["padding"]),
    )
    links = conv_links(x.shape, w.shape, stride, padding)
    x = np.pad(x, [(p, p) for p in padding])[..., None]
    dy = np.resize(state["grad"], links.shape["y"])
    big = np.zeros((dy.size, x.size))
    big[links.y, links.x] = w.ravel()[links.w]
    arrays = {"x": x, "w": w, "dy": dy, "m": big}
    return links, {**arrays, "y": links.contract("y", x=x, w=w), "dx": links.contract("x", w=w, y=dy)}


def describe(state: State) -> str:
    """The picture in words."""
    _, arrays = layer(state)
    rows, columns = arrays["m"].shape
    kernel = "×".join(map(str, arrays["w"].shape[:2]))
    return (
        f"Explorer of a convolution as a matrix, {state['direction']}: a {kernel} kernel is a matrix W of "
        f"{rows} rows (outputs) and {columns} columns (inputs). Run this cell to move it."
    )


def draw(state: State) -> bytes:
    """The still picture, as PNG."""
    links, arrays = layer(state)
    given, made = ("dy", "dx") if state["direction"] == "backward" else ("x", "y")
    cursor = pointed(state, (made, 0))
    if cursor[0] == "m":  # a matrix cell: show the sum that its row belongs to
        o, i = divmod(cursor[2], arrays["x"].size)
        cursor = (made, made[-1], i if made == "dx" else o)
    window = [p for name in (given, "w", made) for p in panels(name, name, arrays[name], links, cursor)]
    _, axis, index = cursor
    chosen = links.of(axis) == index
    lit = set(zip(links.y[chosen].tolist(), links.x[chosen].tolist(), strict=True))
    big = Panel("W", "w", arrays["m"], lit)
    if made == "dx":
        big = Panel("Wᵀ", "w", arrays["m"].T, {(column, row) for row, column in lit})
    return sheet("A convolution is a matrix", [window, [big]], caption(links, cursor, arrays))
