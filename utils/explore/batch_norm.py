"""Explorer (f): BatchNorm per channel, before and after, and what its gradient removes. Problem 6."""

from typing import Any

import numpy as np

from utils.explore.arguments import plain
from utils.explore.still import COLOUR, INK, number, png
from utils.explore.widget import Explorer, State
from utils.normalization import batch_norm as normalized
from utils.normalization import batch_norm_grad
from utils.shapes import as_array, check_eps, shown

MOST = 600


def batch_norm(x: Any = None, gamma: Any = None, beta: Any = None, eps: float = 1e-5) -> Explorer:
    """Normalise `x` (N, C) or (B, H, W, C) over all axes but the last; C at most 4, 600 values per channel.

    `gamma` and `beta` (C,) default to ones and zeros. Returns a widget.
    """
    if x is None:
        noise = np.random.default_rng(6).normal(size=(40, 3))
        x = np.round(noise * [1.0, 0.5, 2.0] + [2.0, -1.0, 0.0], 2)
    x = as_array(x, "x").astype(float)
    rows = x.reshape(-1, x.shape[-1]) if x.ndim in (2, 4) and x.size else x
    if (
        rows.ndim != 2
        or not rows.size
        or rows.shape[1] > 4
        or not 2 <= len(rows) <= MOST
        or not np.isfinite(rows).all()
    ):
        raise ValueError(f"x has shape {x.shape}; expected finite numbers (N, C) or (B, H, W, C), C ≤ 4, {MOST} rows")
    channels = rows.shape[1]
    scale = np.ones(channels) if gamma is None else _each_channel("gamma", gamma, channels)
    shift = np.zeros(channels) if beta is None else _each_channel("beta", beta, channels)
    check_eps(eps)
    # a gradient with a mean and a slope, so that there is something to remove
    one = np.ones(channels)
    hat = normalized(rows, one, 0 * one, eps)
    noise = 0.5 * np.random.default_rng(7).normal(size=rows.shape)
    grad = np.round(0.8 + hat * [0.9, -0.7, 0.5, -0.4][:channels] + noise, 2)
    dx, slopes, sums = batch_norm_grad(grad, rows, one, eps)
    # a student changes γ and β alone, and these only stretch and shift what is here: the page needs no sum of its own
    start = {
        "direction": "forward",
        "x": plain(rows),
        "mean": plain(rows.mean(axis=0)),
        "variance": plain(rows.var(axis=0)),
        "hat": plain(hat),
        "gamma": plain(scale),
        "beta": plain(shift),
        "grad": plain(grad),
        "grad_mean": plain(sums / len(rows)),
        "grad_slope": plain(slopes / len(rows)),
        "dx": plain(dx),  # for γ = 1
        "eps": float(eps),
        "axes": "N" if x.ndim == 2 else "B·H·W",
    }
    return Explorer("batch_norm", start, describe, draw)


def _each_channel(name: str, value: Any, channels: int) -> np.ndarray:
    array = as_array(value, name).astype(float)
    if array.shape not in ((), (1,), (channels,)) or not np.isfinite(array).all():
        raise ValueError(f"{name} is {shown(value)}; expected {channels} finite numbers, one for each channel")
    return np.broadcast_to(array, channels)


def describe(state: State) -> str:
    """The picture in words."""
    x = np.asarray(state["x"])
    each = "; ".join(
        f"channel {c}: mean {number(mean)}, std {number(std)}"
        for c, (mean, std) in enumerate(zip(x.mean(axis=0), x.std(axis=0), strict=True))
    )
    return f"Explorer of BatchNorm. Before, {each}; after, each has mean β and std γ. Run this cell to move it."


def draw(state: State) -> bytes:
    """The still picture, as PNG: each channel's histogram before and after."""
    from matplotlib.figure import Figure

    x = np.asarray(state["x"])
    y = np.asarray(state["hat"]) * state["gamma"] + state["beta"]
    channels = x.shape[1]
    figure = Figure(figsize=(7.5, 0.7 + 1.2 * channels), layout="constrained")
    figure.suptitle("BatchNorm, channel by channel", size=9, color=INK)
    grid = figure.subplots(channels, 2, sharex="col", squeeze=False)
    for c in range(channels):
        for axes, values, axis in ((grid[c][0], x, "x"), (grid[c][1], y, "y")):
            axes.hist(
                values[:, c], bins=np.linspace(values.min(), values.max() + 1e-9, 25), color=COLOUR[axis], alpha=0.6
            )
            axes.axvline(values[:, c].mean(), color=COLOUR[axis], ls="--")
            axes.set_yticks([])
            axes.tick_params(labelsize=7)
            axes.spines[["top", "left", "right"]].set_visible(False)
            mean, std = number(values[:, c].mean()), number(values[:, c].std())
            axes.set_title(f"{axis}, channel {c}: mean {mean}, std {std}", size=8, color=COLOUR[axis], loc="left")
    return png(figure)
