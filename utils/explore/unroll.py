"""Explorer (g): a recurrent neuron step by step: one weight, used at each; the gradient's way back. Problem 8."""

from typing import Any

import numpy as np

from utils.explore.arguments import chosen, plain, small_array
from utils.explore.still import COLOUR, INK, QUIET, number, png, to_rgb
from utils.explore.widget import Explorer, State
from utils.recurrent import rnn, rnn_grad

MOST = 8  # steps
DEFAULT = [1, 0, 0, -1, 0, 0]
TITLES = {
    "x": "x",
    "w": "w_h, each time",
    "h": "h",
    "given": "δ, given",
    "dh": "∂L/∂h",
    "dw": "each use of w_h",
    "dx": "∂L/∂x",
}
AXIS = {"x": "x", "dx": "x", "w": "w", "dw": "w"}


def unroll(x: Any = None, w_x: float = 1.0, w_h: float = 0.7, activation: str = "tanh") -> Explorer:
    """One recurrent neuron, h[t] = tanh(w_x x[t] + w_h h[t-1]), over the inputs `x` (T,), T from 2 to 8.

    `w_x` and `w_h` are from -2 to 2; `activation` "linear" leaves the tanh out. Backward, the loss is the last state.
    Returns a widget.
    """
    x = small_array("x", DEFAULT if x is None else x, (1,), longest=MOST)
    if len(x) < 2:
        raise ValueError(f"x has shape {x.shape}; expected 2 to {MOST} steps")
    start = {
        "direction": "forward",
        "x": plain(np.resize(np.append(x, np.zeros(MOST)), MOST)),
        "steps": len(x),
        "w_x": _weight("w_x", w_x),
        "w_h": _weight("w_h", w_h),
        "activation": chosen("activation", activation, "tanh", "linear"),
        "grad": [0.0] * MOST,
        "cursor": ["h", len(x) - 1],
    }
    return Explorer("unroll", start, describe, draw)


def layer(state: State) -> dict[str, np.ndarray]:
    """Every array in the picture by name, each (T,); `dw` is what each use of w_h gets."""
    steps, w_h = state["steps"], np.array(state["w_h"])
    x, given = np.array(state["x"][:steps], float), np.array(state["grad"][:steps], float)
    given[-1] += 1
    comes_in = state["w_x"] * x
    if state["activation"] == "tanh":
        one = comes_in[None, :, None], np.ones((1, 1)), w_h.reshape(1, 1)
        h, goes_out = rnn(*one).ravel(), rnn_grad(given[None, :, None], *one)[0].ravel()
    else:  # without a tanh all that comes in is in all states after it, times w_h for each step between
        t = np.arange(steps)
        passed_on = np.tril(w_h ** np.abs(t[:, None] - t))
        h, goes_out = passed_on @ comes_in, given @ passed_on
    dh, dw = given + w_h * np.append(goes_out[1:], 0), goes_out * np.append(0, h[:-1])
    return {"x": x, "w": np.full(steps, w_h), "h": h, "given": given, "dh": dh, "dw": dw, "dx": goes_out * state["w_x"]}


def describe(state: State) -> str:
    """The picture in words."""
    arrays = layer(state)
    names = ("dh", "dw") if state["direction"] == "backward" else ("x", "h")
    lists = "; ".join(f"{name} = {', '.join(map(number, arrays[name]))}" for name in names)
    how = "with tanh" if state["activation"] == "tanh" else "without tanh"
    return (
        f"Explorer of a recurrent neuron unrolled over {state['steps']} steps, {state['direction']}, {how}: "
        f"w_h = {number(state['w_h'])} at each of them; {lists}. Run this cell to move it."
    )


def draw(state: State) -> bytes:
    """The still picture, as PNG: the rows of cells, and a bar for each state's size or its gradient's."""
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    arrays, steps, backward = layer(state), state["steps"], state["direction"] == "backward"
    rows = ["h", "given", "dh", "bars", "wires", "dw", "dx"] if backward else ["x", "w", "wires", "h", "bars"]
    on, here = state["cursor"]
    # a state is two wide, and a weight stands above the gap before it
    wide, high = 2 * steps + 1, 1.5 * len(rows) + 1.3
    figure = Figure(figsize=(0.26 * (wide + 5.5), 0.36 * high))
    axes = figure.add_axes((0, 0, 1, 1), xlim=(-5.5, wide), ylim=(high, 0))
    axes.axis("off")
    axes.text(-5.2, 0.6, "One recurrent neuron, unrolled", size=11, weight="bold", color=INK, va="center")
    for r, name in enumerate(rows):
        top, axis, title = 1.3 + 1.5 * r, AXIS.get(name, "y"), TITLES.get(name, "")
        axes.text(-5.2, top + 0.5, title, size=9, weight="bold", color=COLOUR[axis], va="center")
        if name == "wires":
            ends = (1.4, -0.1) if backward else (-0.4, 1.4)
            path = [(2 * t + side, top + ends[side]) for t in range(steps) for side in (0, 1)]
            axes.plot(*zip(*[(x + 1, y) for x, y in path], strict=True), color=QUIET, lw=1, zorder=0)
        for t, value in enumerate(arrays.get(name, [])):
            left = 2 * t + (axis != "w")
            mine, lit = (name, t) == (on, here), axis == "w" or (t >= here if backward else t <= here)
            face = COLOUR[axis] if mine else (*to_rgb(COLOUR[axis]), 0.25) if lit else "white"
            axes.add_patch(Rectangle((left, top), 1.9, 1, fc=face, ec=COLOUR[axis] if lit else "#b8b8b8", lw=1))
            ink = {"color": "white" if mine else INK, "ha": "center", "va": "center", "size": 8}
            axes.text(left + 0.95, top + 0.5, number(value), **ink)
        sizes = np.abs(arrays["dh" if backward else "h"]) if name == "bars" else np.array([])
        for t, size in enumerate(1.4 * sizes / max(sizes.max(initial=0), 1e-12)):
            axes.add_patch(Rectangle((2 * t + 1.35, top + 1.3 - size), 1.2, size, fc=(*to_rgb(COLOUR["y"]), 0.5)))
    return png(figure)


def _weight(name: str, value: Any) -> float:
    array = small_array(name, value, (0,))
    if not -2 <= array <= 2:
        raise ValueError(f"{name} is {value!r}; expected a number from -2 to 2")
    return float(array)
