"""Roads: of which inputs a program makes each output, and with which factor. They are measured, never drawn by hand."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

Array = np.ndarray
Measured = Callable[[Mapping[str, Array]], Array]

NOWHERE = -1
_FAR = (1.0, -1.0, 1000.7, -1000.7)  # changes that show whether an output looks at an input at all
_NEAR = 1e-5


class NoRoads(ValueError):
    """This program's roads cannot be measured: it stops, or loses its numbers or its shape when an input changes."""


@dataclass(frozen=True)
class Roads:
    """What each entry of a result is made of; all indices are flat.

    Road k leads into entry `out[k]`. It comes from the entries `at[name][k]` of the arrays, NOWHERE for an array that
    has no part in it, and brings their product times `factor[k]`; a road from nowhere brings a number of its own.
    `adds_up`: the roads into an entry add up to it, whatever numbers stand in the arrays. If they do not (a maximum,
    a spread), each road comes from one entry, `factor` says by how much a small change there moves the output, and 0
    that the output only looks there. `values`: the result; no road leads to an entry that is not finite.
    """

    values: Array
    out: Array
    at: dict[str, Array]
    factor: Array
    adds_up: bool

    def into(self, entry: int) -> Array:
        """The numbers k of the roads that lead into an entry."""
        return np.flatnonzero(self.out == entry)

    def from_(self, name: str, entry: int) -> Array:
        """The numbers k of the roads that come from an entry of an array."""
        return np.flatnonzero(self.at[name] == entry)

    def brings(self, arrays: Mapping[str, Array]) -> Array:
        """What each road brings (roads,), for these numbers in the arrays."""
        brought = self.factor.copy()
        for name, at in self.at.items():
            brought *= np.where(at == NOWHERE, 1.0, np.append(np.ravel(arrays[name]), 1.0)[at])
        return brought

    def total(self, arrays: Mapping[str, Array]) -> Array:
        """The result, as the roads add up to it."""
        total = np.zeros(self.values.size)
        np.add.at(total, self.out, self.brings(arrays))
        return total.reshape(self.values.shape)


def measure(program: Measured, arrays: Mapping[str, Array], products: tuple[tuple[str, str], ...] = ()) -> Roads:
    """The roads of `program` at these arrays; `products`: the pairs of arrays whose entries it may multiply.

    Each entry is changed alone, and each pair of entries that may meet together: what moves is a road. That the roads
    add up is tried at other numbers; where they do not, the roads are those of small changes. Raises NoRoads.
    """
    probe = _Probe(program, {name: np.asarray(array, float) for name, array in arrays.items()})
    roads = _sums(probe, products)
    return roads if _adds_up(roads, probe) else _changes(probe)


class _Probe:
    """A program at fixed arrays, of which single entries are changed."""

    def __init__(self, program: Measured, arrays: dict[str, Array]) -> None:
        self.program, self.arrays = program, arrays
        self.result_as_it_is = self._run(arrays)
        self.shape = self.result_as_it_is.shape
        # a window without a number has -inf for its maximum: an entry to which no road leads
        self.infinite = ~np.isfinite(self.result_as_it_is)
        self.values = self.result(arrays)
        self.noise = 1e-9 * max(1.0, float(np.abs(self.values).max(initial=0)))

    def changed(self, *changes: tuple[str, int, float]) -> Array:
        """The flat result when these entries are larger by so much."""
        arrays = dict(self.arrays)
        for name, entry, by in changes:
            arrays[name] = arrays[name].copy()
            arrays[name].flat[entry] += by
        return self.result(arrays).ravel()

    def result(self, arrays: Mapping[str, Array]) -> Array:
        found = self._run(arrays)
        if found.shape != self.shape:
            raise NoRoads(f"the result has shape {found.shape} for other numbers; expected {self.shape}")
        found = np.where(self.infinite, 0.0, found)
        if not np.isfinite(found).all():
            raise NoRoads("the result holds a value that is not a number (nan or inf); expected finite numbers")
        return found

    def _run(self, arrays: Mapping[str, Array]) -> Array:
        with np.errstate(all="ignore"):
            try:
                return np.asarray(self.program({name: array.copy() for name, array in arrays.items()}), float)
            except Exception as error:  # a wrong program may stop where the right one goes on
                raise NoRoads(f"the program stopped: {error}") from error


def _sums(probe: _Probe, products: tuple[tuple[str, str], ...]) -> Roads:
    """The roads, if the result is a sum of products of one entry of each array of a pair, of single entries, and of
    numbers."""
    base, names = probe.values.ravel(), list(probe.arrays)
    found: list[tuple[dict[str, int], Array]] = []
    alone = {(name, i): probe.changed((name, i, 1.0)) - base for name in names for i in range(probe.arrays[name].size)}
    single = dict(alone)
    for one, other in products:
        left, right = probe.arrays[one].ravel(), probe.arrays[other].ravel()
        for i in range(left.size):
            for j in range(right.size):
                both = probe.changed((one, i, 1.0), (other, j, 1.0)) - base - alone[one, i] - alone[other, j]
                found.append(({one: i, other: j}, both))
                single[one, i] = single[one, i] - both * right[j]
                single[other, j] = single[other, j] - both * left[i]
    found += [({name: i}, by) for (name, i), by in single.items()]
    rest = base.copy()
    for at, by in found:
        rest = rest - by * np.prod([probe.arrays[name].flat[i] for name, i in at.items()])
    return _roads(probe, [*found, ({}, rest)], adds_up=True)


def _changes(probe: _Probe) -> Roads:
    """The roads of small changes, and those along which an output only looks."""
    base = probe.values.ravel()
    found, looks = [], []
    for name, array in probe.arrays.items():
        for i in range(array.size):
            up = (probe.changed((name, i, _NEAR)) - base) / _NEAR
            down = (base - probe.changed((name, i, -_NEAR))) / _NEAR
            bent = np.abs(up - down) > 1e-3 * (1 + np.abs(up))  # at a tie one side moves it, the other does not
            slope = np.where(bent, np.where(np.abs(up) >= np.abs(down), up, down), (up + down) / 2)
            slope = np.where(np.abs(slope) < 1e-6, 0.0, slope)
            far = np.max([np.zeros(base.shape), *_far(probe, name, i)], axis=0)
            found.append(({name: i}, slope))
            looks.append((far > 1e-7 * (1 + np.abs(base))) | (slope != 0))
    return _roads(probe, found, adds_up=False, keep=looks)


def _far(probe: _Probe, name: str, entry: int) -> list[Array]:
    """How much large changes of an entry move the result; some numbers allow none, such as a variance."""
    moved = []
    for by in _FAR:
        with suppress(NoRoads):
            moved.append(np.abs(probe.changed((name, entry, by)) - probe.values.ravel()))
    return moved


def _roads(
    probe: _Probe, found: list[tuple[dict[str, int], Array]], adds_up: bool, keep: list[Array] | None = None
) -> Roads:
    out: list[int] = []
    factor: list[float] = []
    at: dict[str, list[int]] = {name: [] for name in probe.arrays}
    for n, (places, by) in enumerate(found):
        there = np.abs(by) > 1e3 * probe.noise if keep is None else keep[n]
        for o in np.flatnonzero(there).tolist():
            out.append(o)
            factor.append(_clean(float(by[o])))
            for name in at:
                at[name].append(places.get(name, NOWHERE))
    order = np.argsort(np.array(out, int), kind="stable")
    places_of = {name: np.array(places, int)[order] for name, places in at.items()}
    return Roads(probe.result_as_it_is, np.array(out, int)[order], places_of, np.array(factor, float)[order], adds_up)


def _clean(factor: float) -> float:
    """Without the noise of differences: a factor of 0.9999999999 is 1."""
    near = round(factor, 6)
    return near if abs(factor - near) < 1e-9 * max(1.0, abs(factor)) else factor


def _adds_up(roads: Roads, probe: _Probe) -> bool:
    """Whether the roads give the program's numbers at other arrays as well."""
    generator = np.random.default_rng(1)
    for scale in (1.0, 3.0, 30.0):
        arrays = {name: scale * generator.normal(size=array.shape) for name, array in probe.arrays.items()}
        try:
            want = probe.result(arrays)
        except NoRoads:
            return False
        if not np.allclose(roads.total(arrays), want, rtol=1e-6, atol=1e-6 * max(1.0, np.abs(want).max(initial=0))):
            return False
    return True
