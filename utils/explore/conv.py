"""Explorer (a): a convolution, read four ways: forward, both gradients, and as a matrix. Problems 1 to 4, 8 and 9."""

from itertools import product
from typing import Any

import numpy as np

from utils.explore.arguments import chosen, integers, plain, small_array, whole
from utils.explore.links import Axis, Links, across, along, setting
from utils.explore.still import Panel, caption, number, panels, pointed, sheet
from utils.explore.widget import Explorer, State

KINDS = ("convolution", "flipped", "transposed")
# a layer has three places, for x, w and y, and links between them. what is computed stands in one place, and is made of
# what stands in the other two: the same links, read from another end. as a matrix, it is made from "from" through "by"
READINGS: dict[str, dict[str, Any]] = {
    "y": {"places": ["x", "w", "y"], "from": "x", "by": "w", "matrix": "W"},
    "dx": {"places": ["dx", "w", "dy"], "from": "dy", "by": "w", "matrix": "Wᵀ"},
    "dw": {"places": ["x", "dw", "dy"], "from": "dy", "by": "x", "matrix": "a row for each weight"},
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
    x, w = _arrays(x, w, groups, kind)
    channels, filters = w.shape[-2:] if given else (groups, groups)
    if channels % groups or filters % groups:
        raise ValueError(
            f"groups is {groups}; expected a number that divides {channels} channels and {filters} filters"
        )
    start = {
        "readings": READINGS,
        "most": MOST,
        "reading": chosen("reading", reading, *READINGS),
        "matrix": chosen("matrix", matrix, False, True),
        "kind": kind,
        "x": plain(x),
        "w": plain(w),
        "dy": plain(integers((97,), seed=3)),
        "channels": channels,
        "filters": filters,
        "groups": groups,
        "stride": whole("stride", stride, 1, 4),
        "padding": whole("padding", padding, 0, 3),
        "dilation": whole("dilation", dilation, 1, 3),
        "axes": [_settings(n, k) for n, k in zip(x.shape[:-1], w.shape[:-2], strict=True)],
        "across": {setting(c, d): _groupings(c, d) for c, d in np.ndindex(w.shape[-2] + 1, w.shape[-1] + 1) if c and d},
    }
    _check_room(start)
    links, letter = layer(start)[0], reading[-1]
    # not at an edge, where padding is and windows are cut: in the middle of those with most links
    real = np.all([links.inside(end)[links.of(end)] for end in "yxw"], axis=0)
    many = np.bincount(links.of(letter)[real], minlength=len(links.cells[letter]))
    best = np.flatnonzero(many == many.max())
    here = int(best[len(best) // 2])
    return Explorer("conv", {**start, "cursor": [f"{reading}{here % links.shape[letter][-1]}", here]}, describe, draw)


def _settings(n: int, kernel: int) -> dict[str, Axis]:
    """The links along one axis, for each setting that a student can choose."""
    dials = product(KINDS, range(1, 5), range(4), range(1, 4))
    return {setting(kind, s, p, d): along(n, kernel, s, p, d, kind) for kind, s, p, d in dials}


def _groupings(channels: int, filters: int) -> dict[str, Axis]:
    """The links from channels to filters, in as many groups as they can be cut into."""
    return {str(g): across(channels, filters, g) for g in (1, 2, 3) if channels % g == filters % g == 0}


def _arrays(x: Any, w: Any, groups: int, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """x (H, W, C) and w (kH, kW, C, D); of a signal and its filter, x (n, 1) and w (k, 1, 1)."""
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
        return x, np.concatenate([two, -two[::-1, :, ::-1, :1]], axis=3)
    if (x.ndim == 1) != (w.ndim == 1):
        raise ValueError(f"w has {w.ndim} axes and x {x.ndim}; expected one of each for a signal, more for an image")
    if one_axis:
        return x[:, None], w[:, None, None]
    w = _whole_kernel(w[..., None, None] if w.ndim == 2 else w, groups)
    w = w.swapaxes(2, 3) if kind == "transposed" else w
    if x.shape[2] > 3 or w.shape[3] > 3:
        raise ValueError(f"x has {x.shape[2]} channels and w {w.shape[3]} filters; expected at most 3 of each")
    if w.shape[2] != x.shape[2]:
        axis = "last" if kind == "transposed" else "third" if groups == 1 else f"{groups} times its third"
        raise ValueError(f"w is for {w.shape[2]} channels; expected its {axis} axis to be x's {x.shape[2]} channels")
    return x, w


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


def _check_room(state: State) -> None:
    """Raise ValueError where no window fits, or the padding cuts away all that a transposed layer makes."""
    for axis, lists in enumerate(state["axes"]):
        one = lists[_setting(state)]
        if not one["y"]:
            kernel = f"{len(one['w'])} along axis {axis} (dilation {state['dilation']})"
            raise ValueError(f"w has length {kernel}; the padded x has only {len(one['x'])} places for it")
        if [0] not in one["y"]:
            padding = f"padding is {state['padding']}"
            raise ValueError(f"{padding}; expected less: it cuts away all of the output along axis {axis}")


def _setting(state: State) -> str:
    return setting(*(state[name] for name in ("kind", "stride", "padding", "dilation")))


def _groups(state: State) -> dict[str, Axis]:
    return state["across"][setting(state["channels"], state["filters"])]


def layer(state: State) -> tuple[Links, dict[str, np.ndarray]]:
    """The links of the picture, and every array in it by name, in the links' places; m is the matrix of what is
    computed."""
    axes = [lists[_setting(state)] for lists in state["axes"]]
    links = Links(*axes, _groups(state).get(str(state["groups"]), _groups(state)["1"]))
    x, w = (links.read(name, np.asarray(state[name])) for name in "xw")
    dy, kept = np.zeros(links.shape["y"]), links.inside("y")
    dy.flat[kept] = np.resize(state["dy"], kept.sum())
    arrays = {"x": x, "w": w, "dy": dy}
    for name, how in READINGS.items():
        arrays[name] = links.contract(name[-1], **{of[-1]: arrays[of] for of in (how["from"], how["by"])})
    made, given, by = state["reading"], *(READINGS[state["reading"]][end] for end in ("from", "by"))
    matrix = np.zeros((arrays[made].size, arrays[given].size))
    matrix[links.of(made[-1]), links.of(given[-1])] = arrays[by].ravel()[links.of(by[-1])]
    return links, {**arrays, "m": matrix}


def describe(state: State) -> str:
    """The picture in words."""
    links, arrays = layer(state)
    shown = []
    for name in READINGS[state["reading"]]["places"]:
        numbers = {tuple(c): v for c, v in zip(links.cells[name[-1]], arrays[name].flat, strict=True) if None not in c}
        if len(state["axes"]) == 1:
            shown.append(f"{name} = {', '.join(number(numbers[cell]) for cell in sorted(numbers))}")
        else:
            shown.append(f"{name} {'×'.join(map(str, np.max([*numbers], axis=0) + 1))}" if numbers else f"no {name}")
    settings = ", ".join(f"{name} {state[name]}" for name in ("stride", "padding", "dilation"))
    settings += f", {state['groups']} groups" if state["groups"] > 1 and str(state["groups"]) in _groups(state) else ""
    kind = {"convolution": "", "flipped": "true ", "transposed": "transposed "}[state["kind"]]
    what = {"y": "forward", "dx": "the gradient of its input", "dw": "the gradient of its weights"}[state["reading"]]
    rows, columns = arrays["m"].shape
    what += f", as a matrix of {rows} rows and {columns} columns" if state["matrix"] else ""
    return f"Explorer of a {kind}convolution, {what}: {'; '.join(shown)}; {settings}. Run this cell to move it."


def draw(state: State) -> bytes:
    """The still picture, as PNG."""
    links, arrays = layer(state)
    made, how = state["reading"], READINGS[state["reading"]]
    cursor = pointed(state)
    if cursor[0] == "m":  # the sum that the cell's row is
        cursor = (made, made[-1], cursor[2] // max(arrays[how["from"]].size, 1))
    one_axis = len(state["axes"]) == 1
    turned = {"w": ", turned around" if state["kind"] == "flipped" else ""}
    drawn = [[*panels(n + turned.get(n[-1], ""), n, arrays[n], links, cursor)] for n in how["places"] if arrays[n].size]
    rows = drawn
    if not one_axis and state["channels"] * state["filters"] <= 2:
        rows = [[panel for row in drawn for panel in row]]
    elif not one_axis and len(drawn) == 3:  # in two rows, or paper makes them too small
        rows = [[*drawn[0], *drawn[2]], drawn[1]]
    if state["matrix"] and all(n <= most for n, most in zip(arrays["m"].shape, MOST, strict=True)):
        chosen = links.of(cursor[1]) == cursor[2]
        lit = set(zip(links.of(made[-1])[chosen].tolist(), links.of(how["from"][-1])[chosen].tolist(), strict=True))
        rows.append([Panel(how["matrix"], "w", arrays["m"], lit)])
    return sheet("A convolution and its links", rows, caption(links, cursor, arrays))
