"""Explorer (a): a convolution, read four ways: forward, both gradients, and as a matrix. Problems 1 to 4, 8 and 9."""

from typing import Any

import numpy as np

from utils.explore.arguments import chosen, integers, plain, small_array, whole
from utils.explore.links import Links, along, linked, setting
from utils.explore.still import Panel, caption, number, panels, pointed, sheet
from utils.explore.widget import Explorer, State

KINDS = ("convolution", "flipped", "transposed")
# what is computed -> what stands in the places of x, w and y, and what it is computed from and through
READINGS = {
    "y": (("x", "w", "y"), "x", "w"),
    "dx": (("dx", "w", "dy"), "dy", "w"),
    "dw": (("x", "dw", "dy"), "dy", "x"),
}
MOST = (40, 64)  # rows and columns of a matrix that has room


def conv(
    x: Any = None, w: Any = None, stride: int = 1, padding: int = 0, dilation: int = 1, groups: int = 1,
    kind: str = "convolution", reading: str = "y", matrix: bool = False,
) -> Explorer:  # fmt: skip
    """A convolution of `x` (n,) and `w` (k,), of (H, W) and (kH, kW), or of (H, W, C) and (kH, kW, C / groups, D).

    Sides are at most 12, C and D at most 3. `kind` "flipped" turns w around (`utils.true_convolution`), "transposed" is
    `utils.conv_transpose2d`, whose w is (kH, kW, D / groups, C). `reading` "y" goes forward, "dx" and "dw" are the
    gradients; `matrix` shows each as a product with a matrix. Returns a widget. Point at a cell (or walk with the arrow
    keys) to see what it is made of, or where it leads.
    """
    groups, kind = whole("groups", groups, 1, 3), chosen("kind", kind, *KINDS)
    given = x is not None or w is not None
    x, w, one_axis = _arrays(x, w, groups, kind)
    channels, filters = w.shape[2:] if given else (groups, groups)
    if channels % groups or filters % groups:
        raise ValueError(
            f"groups is {groups}; expected a number that divides {channels} channels and {filters} filters"
        )
    start = {
        "reading": chosen("reading", reading, *READINGS),
        "matrix": chosen("matrix", matrix, False, True),
        "kind": kind,
        "one_axis": one_axis,
        "x": plain(x),
        "w": plain(w),
        "grad": plain(integers((97,), seed=3)),
        "channels": channels,
        "filters": filters,
        "groups": groups,
        "stride": whole("stride", stride, 1, 4),
        "padding": whole("padding", padding, 0, 3),
        "dilation": whole("dilation", dilation, 1, 3),
        "windows": [_windows(n, k) for n, k in zip(x.shape[:2], w.shape[:2], strict=True)],
    }
    if one_axis:  # no setting moves anything down a signal
        start["windows"][0] = {of: {key: [[0]] for key in lists} for of, lists in start["windows"][1].items()}
    _check_room(start)
    return Explorer("conv", start, describe, draw)


def _arrays(x: Any, w: Any, groups: int, kind: str) -> tuple[np.ndarray, np.ndarray, bool]:
    """x (H, W, C) and w (kH, kW, C, D), and whether they are a signal and its filter, of one axis."""
    x = None if x is None else small_array("x", x, (1, 2, 3))
    w = None if w is None else small_array("w", w, (1, 2, 4))
    one_axis = 1 in (0 if x is None else x.ndim, 0 if w is None else w.ndim)
    if x is None:
        x = np.array([2.0, -1, 3, 1, -2, 4, 1]) if one_axis else integers((5, 6, 3), seed=1)
    x = x[..., None] if x.ndim == 2 else x
    if w is None and one_axis:
        w = np.array([1.0, 2, -1])
    elif w is None:
        two = integers((3, 2, x.shape[2], 2), seed=2, high=2, low=-2)
        return x, np.concatenate([two, -two[::-1, :, ::-1, :1]], axis=3), False
    if (x.ndim == 1) != (w.ndim == 1):
        raise ValueError(f"w has {w.ndim} axes and x {x.ndim}; expected one of each for a signal, more for an image")
    if one_axis:
        return x[None, :, None], w[None, :, None, None], True
    w = _whole_kernel(w[..., None, None] if w.ndim == 2 else w, groups)
    w = w.swapaxes(2, 3) if kind == "transposed" else w
    if x.shape[2] > 3 or w.shape[3] > 3:
        raise ValueError(f"x has {x.shape[2]} channels and w {w.shape[3]} filters; expected at most 3 of each")
    if w.shape[2] != x.shape[2]:
        axis = "last" if kind == "transposed" else "third" if groups == 1 else f"{groups} times its third"
        raise ValueError(f"w is for {w.shape[2]} channels; expected its {axis} axis to be x's {x.shape[2]} channels")
    return x, w, False


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


def _windows(n: int, kernel: int) -> dict[str, Any]:
    """The windows along one axis, for each setting that a student can choose."""
    return along(n, kernel, range(1, 5), range(1, 4), range(4))


def _check_room(state: State) -> None:
    """Raise ValueError where no window fits, or the padding cuts away all that a transposed layer makes."""
    shape, pads = layer(state)[0].shape, _pads(state)
    for axis, (size, pad) in enumerate(zip(shape["y"], pads, strict=False)):
        if state["kind"] == "transposed" and size <= 2 * pad:
            raise ValueError(f"padding is {pad}; expected less: it cuts away all of the output along axis {axis}")
        if size == 0:
            kernel = f"{shape['w'][axis]} along axis {axis} (dilation {state['dilation']})"
            raise ValueError(f"w has length {kernel}; the padded x has only {shape['x'][axis]} places for it")


def _pads(state: State) -> tuple[int, int]:
    return (0 if state["one_axis"] else state["padding"], state["padding"])


def _inside(array: np.ndarray, pads: tuple[int, int]) -> np.ndarray:
    """An array (H, W, C) without its padding."""
    return array[tuple(slice(p, max(p, n - p)) for n, p in zip(array.shape, pads, strict=False))]


def layer(state: State) -> tuple[Links, dict[str, np.ndarray]]:
    """The links of the picture, and every array in it by name; m is the matrix of what is computed."""
    channels, filters, transposed = state["channels"], state["filters"], state["kind"] == "transposed"
    groups = state["groups"] if channels % state["groups"] == filters % state["groups"] == 0 else 1
    x = np.asarray(state["x"])[..., :channels]
    w = np.asarray(state["w"])[:, :, :channels, :filters]
    own = np.arange(channels)[:, None] * groups // channels == np.arange(filters) * groups // filters
    pads, kernel, cut = _pads(state), (w.shape[0], w.shape[1]), [(p, p) for p in _pads(state)]
    key = setting(state["stride"], state["dilation"], *(() if transposed else (state["padding"],)))
    rows, columns = (lists["transposed" if transposed else "convolution"][key] for lists in state["windows"])
    down, across = (
        lists[-1][-1] + 1 if transposed else n + 2 * p
        for lists, n, p in zip((rows, columns), x.shape, pads, strict=False)
    )
    links = linked(
        rows, columns, (down, across), kernel, channels, filters, groups, transposed, state["kind"] == "flipped"
    )
    if transposed:  # the padding cuts y; what is cut stays in the picture, and gets no gradient
        inside = tuple(max(0, n - 2 * p) for n, p in zip((down, across), pads, strict=True))
        dy = np.pad(np.resize(state["grad"], (*inside, filters)), [*cut, (0, 0)])[:down, :across]
    else:
        x, dy = np.pad(x, [*cut, (0, 0)]), np.resize(state["grad"], links.shape["y"])
    arrays = {"x": x, "w": np.where(own, w, 0), "dy": dy}
    arrays["y"] = links.contract("y", x=x, w=arrays["w"])
    arrays |= {"dx": links.contract("x", w=arrays["w"], y=dy), "dw": links.contract("w", x=x, y=dy)}
    made, (_, given, by) = state["reading"], READINGS[state["reading"]]
    matrix = np.zeros((arrays[made].size, arrays[given].size))
    matrix[links.of(made[-1]), links.of(given[-1])] = arrays[by].ravel()[links.of(by[-1])]
    return links, {**arrays, "m": matrix}


def _first(state: State, links: Links) -> int:
    """Where the picture starts: not at the very edge, where padding is and windows are cut."""
    axis, wide = state["reading"][-1], "y" if state["kind"] == "transposed" else "x"
    (height, width), layers = links.shape[axis][:2], int(np.prod(links.shape[axis][2:]))
    down, across = _pads(state) if axis == wide else (0, 0)
    row, column = min(down + 1, height - 1), min(across + 1, width - 1)
    return 0 if axis == "w" else (row * width + column) * layers


def describe(state: State) -> str:
    """The picture in words."""
    _, arrays = layer(state)
    places, _, _ = READINGS[state["reading"]]
    wide = "y" if state["kind"] == "transposed" else "x"
    arrays |= {name: _inside(arrays[name], _pads(state)) for name in places if name[-1] == wide}
    if state["one_axis"]:
        shown = "; ".join(f"{name} = {', '.join(map(number, arrays[name].ravel()))}" for name in places)
    else:
        shown = ", ".join(f"{name} {'×'.join(map(str, arrays[name].shape))}" for name in places)
    settings = ", ".join(f"{name} {state[name]}" for name in ("stride", "padding", "dilation"))
    settings += f", {state['groups']} groups" if state["groups"] > 1 else ""
    kind = {"convolution": "", "flipped": "true ", "transposed": "transposed "}[state["kind"]]
    what = {"y": "forward", "dx": "the gradient of its input", "dw": "the gradient of its weights"}[state["reading"]]
    rows, columns = arrays["m"].shape
    what += f", as a matrix of {rows} rows and {columns} columns" if state["matrix"] else ""
    return f"Explorer of a {kind}convolution, {what}: {shown}; {settings}. Run this cell to move it."


def draw(state: State) -> bytes:
    """The still picture, as PNG."""
    links, arrays = layer(state)
    made, (places, given, _) = state["reading"], READINGS[state["reading"]]
    cursor = pointed(state, (made, _first(state, links)))
    if cursor[0] == "m":  # the sum that the cell's row is
        cursor = (made, made[-1], cursor[2] // max(arrays[given].size, 1))
    wide, pad = ("y" if state["kind"] == "transposed" else "x"), state["padding"]
    drawn = [[*panels(n, n, arrays[n], links, cursor, pad if n[-1] == wide else 0)] for n in places if arrays[n].size]
    side_by_side = not state["one_axis"] and state["channels"] * state["filters"] <= 2
    rows = [[panel for row in drawn for panel in row]] if side_by_side else drawn
    if not side_by_side and not state["one_axis"] and len(drawn) == 3:  # in two rows, or paper makes them too small
        rows = [[*drawn[0], *drawn[2]], drawn[1]]
    if state["matrix"] and all(n <= most for n, most in zip(arrays["m"].shape, MOST, strict=True)):
        chosen = links.of(cursor[1]) == cursor[2]
        lit = set(zip(links.of(made[-1])[chosen].tolist(), links.of(given[-1])[chosen].tolist(), strict=True))
        rows.append([Panel({"y": "W", "dx": "Wᵀ", "dw": "a row for each weight"}[made], "w", arrays["m"], lit)])
    return sheet("A convolution and its links", rows, caption(links, cursor, arrays))
