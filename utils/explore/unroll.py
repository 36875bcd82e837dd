"""Explorer (g): a recurrent neuron step by step: one weight, used at each; the gradient's way back. Problem 8."""

from typing import Any

import numpy as np

from utils.explore.arguments import chosen, plain, small_array
from utils.explore.still import COLOUR, INK, QUIET, number, png, to_rgb
from utils.explore.widget import Explorer, State

MOST = 8  # steps
DEFAULT = [1, 0, 0, -1, 0, 0]


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
    }
    return Explorer("unroll", start, describe, draw)


def layer(state: State) -> dict[str, np.ndarray]:
    """Every array in the picture by name, each (T,): see `unrolled` in links.js."""
    steps, w_h, tanh = state["steps"], state["w_h"], state["activation"] == "tanh"
    x = np.array(state["x"][:steps], float)
    h, dh, inside = np.zeros((3, steps))
    for t in range(steps):
        h[t] = state["w_x"] * x[t] + w_h * (h[t - 1] if t else 0)
        h[t] = np.tanh(h[t]) if tanh else h[t]
    given = np.array(state["grad"][:steps], float)
    given[-1] += 1
    for t in reversed(range(steps)):
        dh[t] = given[t] + (w_h * inside[t + 1] if t + 1 < steps else 0)
        inside[t] = dh[t] * (1 - h[t] ** 2 if tanh else 1)
    uses = inside * np.append(0, h[:-1])
    return {"x": x, "w": np.full(steps, w_h), "h": h, "given": given, "dh": dh, "dw": uses, "dx": inside * state["w_x"]}


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
    rows = [("h", "y"), ("given", "y"), ("dh", "y"), ("dw", "w"), ("dx", "x")] if backward else [("x", "x"), ("w", "w")]
    titles = {
        "x": "x",
        "w": "w_h, each time",
        "h": "h",
        "given": "δ, given",
        "dh": "∂L/∂h",
        "dw": "each use",
        "dx": "∂L/∂x",
    }
    rows += [] if backward else [("h", "y")]
    on, here = state.get("cursor") or (("dh", 0) if backward else ("h", steps - 1))
    high = len(rows) * 1.5 + 4.2
    figure = Figure(figsize=(0.22 * (4 * steps + 6), 0.36 * high))
    axes = figure.add_axes((0, 0, 1, 1), xlim=(-5.5, 4 * steps + 0.5), ylim=(high, 0))
    axes.axis("off")
    axes.text(-5.2, 0.6, "One recurrent neuron, unrolled", size=11, weight="bold", color=INK, va="center")
    for r, (name, axis) in enumerate(rows):
        top, colour = 1.3 + 1.5 * r, COLOUR[axis]
        axes.text(-5.2, top + 0.5, titles[name], size=9, weight="bold", color=colour, va="center")
        for t, value in enumerate(arrays[name]):
            left = 4 * t + (0 if axis == "w" else 2)
            mine, lit = (name, t) == (on, here), axis == "w" or (t <= here if not backward else t >= here)
            face = colour if mine else (*to_rgb(colour), 0.25) if lit else "white"
            axes.add_patch(Rectangle((left, top), 1.7, 1, fc=face, ec=colour if lit else "#b8b8b8", lw=1))
            ink = {"color": "white" if mine else INK, "ha": "center", "va": "center", "size": 8}
            axes.text(left + 0.85, top + 0.5, number(value), **ink)
    sizes = np.abs(arrays["dh" if backward else "h"])
    axes.text(-5.2, high - 1.6, "size of ∂L/∂h" if backward else "size of h", size=9, color=QUIET, va="center")
    for t, size in enumerate(2 * sizes / max(sizes.max(), 1e-12)):
        axes.add_patch(Rectangle((4 * t + 2, high - 0.5 - size), 1.7, size, fc=(*to_rgb(COLOUR["y"]), 0.5)))
    return png(figure)


def _weight(name: str, value: Any) -> float:
    array = small_array(name, value, (0,))
    if not -2 <= array <= 2:
        raise ValueError(f"{name} is {value!r}; expected a number from -2 to 2")
    return float(array)
