"""Explorer (f): BatchNorm per channel, before and after, and what its gradient removes. Problem 6."""

from typing import Any

import numpy as np

from utils.explore.arguments import plain
from utils.explore.still import sentence
from utils.explore.widget import Explorer, State

MOST = 600


def batch_norm(x: Any = None, gamma: Any = None, beta: Any = None, eps: float = 1e-5) -> Explorer:
    """Normalise `x` (N, C) or (B, H, W, C) over all axes but the last; C at most 4, at most 600 values per channel.

    `gamma` and `beta` (C,) default to ones and zeros. Returns a widget.
    """
    if x is None:
        noise = np.random.default_rng(6).normal(size=(40, 3))
        x = np.round(noise * [1.0, 0.5, 2.0] + [2.0, -1.0, 0.0], 2)
    x = np.asarray(x, dtype=float)
    rows = x.reshape(-1, x.shape[-1]) if x.ndim in (2, 4) and x.size else x
    if (
        rows.ndim != 2
        or not rows.size
        or rows.shape[1] > 4
        or not 2 <= len(rows) <= MOST
        or not np.isfinite(rows).all()
    ):
        raise ValueError(
            f"x has shape {x.shape}; expected finite numbers (N, C) or (B, H, W, C), C at most 4, 2 to {MOST} values per channel"
        )
    channels = rows.shape[1]
    scale, shift = (
        np.broadcast_to(np.asarray(d if v is None else v, float), channels)
        for v, d in ((gamma, 1), (beta, 0))
    )
    grad = np.round(np.random.default_rng(7).normal(size=len(rows)) + 0.8, 2)
    start = {
        "x": plain(rows),
        "gamma": plain(scale),
        "beta": plain(shift),
        "grad": plain(grad),
        "eps": float(eps),
        "axes": "N" if x.ndim == 2 else "B·H·W",
    }
    return Explorer("batch_norm", start, describe, draw)


def describe(state: State) -> str:
    """The picture in words."""
    return "Explorer batch_norm. Run this cell to move the picture."


def draw(state: State) -> bytes:
    """The still picture, as PNG."""
    return sentence(describe(state))
