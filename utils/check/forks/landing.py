"""The way back from windows to the padded input: what lands where, and what is cut off."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .fork import Fork
from .sliding import Places, mesh

Array = np.ndarray


@dataclass
class Landing:
    """Where the numbers of all windows are added on the way back: `entries`, cut at `starts`, land at `there`."""

    entries: Array
    starts: Array
    there: Array
    counts: Array


def landing(fork: Fork, *places: Places) -> Landing:
    """Which entries of the windows come together at which place of the padded input, and what becomes of them."""
    order = fork(
        "where windows overlap", "add", overwrite_overlap="last", overlap_averaged="mean",
        **{"slices_overwritten" if len(places) > 1 else "first_window_only": "first"},
    )  # fmt: skip
    flat, inside = np.zeros((1,), int), np.ones((1,), bool)
    for axis, (index, p) in enumerate(zip(mesh([p.index for p in places]), places, strict=True)):
        flat = flat * (p.room + 1) + index
        inside = inside & (index < p.room)
        if p.visited is not None:
            inside = inside & p.visited.reshape([-1 if i == axis else 1 for i in range(inside.ndim)])
    entries = np.flatnonzero(inside)
    entries = entries[np.argsort(flat.ravel()[entries], kind="stable")]
    there, starts, counts = np.unique(flat.ravel()[entries], return_index=True, return_counts=True)
    if order in ("first", "last"):
        entries = entries[starts if order == "first" else starts + counts - 1]
        starts, counts = np.arange(len(there)), np.ones_like(counts)
    return Landing(entries, starts, there, counts if order == "mean" else np.ones_like(counts))


def only_last(land: Landing) -> Landing:
    """Of the numbers that land at one place, the one that is written last."""
    last = land.entries[np.append(land.starts[1:], len(land.entries)) - 1]
    return Landing(last, np.arange(len(land.there)), land.there, np.ones_like(land.counts))


def spread(land: Landing, entries: Array, places: Sequence[Places]) -> Array:
    """What lands in the padded input (B, rooms..., C), of entries (B, outputs..., window..., C)."""
    images, channels = entries.shape[0], entries.shape[-1]
    rooms = [p.room + 1 for p in places]
    wide = np.zeros((images, int(np.prod(rooms)), channels))
    if len(land.there):
        sums = np.add.reduceat(entries.reshape(images, -1, channels)[:, land.entries], land.starts, axis=1)
        wide[:, land.there] = sums / land.counts[:, None]
    return wide.reshape(images, *rooms, channels)[(slice(None), *(slice(p.room) for p in places))]


def cut(wide: Array, ends: Sequence[tuple[int, int]]) -> Array:
    """The block from `start` to `end` along each spatial axis; zeros where it reaches outside."""
    for axis, (start, end) in enumerate(ends, start=1):
        n = wide.shape[axis]
        if end <= start:
            start = end = 0
        inside = wide[(slice(None),) * axis + (slice(max(start, 0), max(end, 0)),)]
        if start < 0 or end > n:
            room = [(0, 0)] * wide.ndim
            room[axis] = (max(-start, 0), max(end - max(n, start), 0))
            inside = np.pad(inside, room)
        wide = inside
    return wide
