"""A wrong program beside the right one: the roads of both, on one call that shows the mistake."""

import inspect
from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from utils.check.cases import Case
from utils.check.forks.fork import Fork, programs
from utils.check.forks.mistakes import Mistake
from utils.check.symbols import is_symbolic
from utils.explore.roads import Array, NoRoads, Roads, measure
from utils.explore.subjects import SUBJECTS, Subject

MOST_PROBES = 220  # single entries and pairs of them that are changed: a tenth of a second
LONGEST = 7  # cells along an axis that has room on the page


@dataclass(frozen=True)
class Layer:
    """The roads of one program; `result` is what it hands back, which may be more than what its roads bring."""

    title: str
    roads: Roads
    result: Array


@dataclass(frozen=True)
class Drawing:
    """One call: the arrays by the names of the arguments, those without roads in `beside`; the right layer is last.

    `own`: whether it is a call of the student's.
    """

    subject: Subject
    out: str
    arrays: dict[str, Array]
    beside: dict[str, Array]
    layers: tuple[Layer, ...]
    own: bool = False


def drawing(mistakes: Sequence[Mistake], cases: Sequence[Case] = (), secret: Sequence[Case] = ()) -> Drawing | None:
    """The mistakes (one; or several that give the same numbers) on the first call that is small enough and shows them.

    `cases`: the student's own calls, in the signature of the operation; the subject's small ones come after them, but
    for those in `secret`.
    None for an operation without a picture, and where no call shows a mistake.
    """
    subject = SUBJECTS.get(mistakes[0].about) if mistakes else None
    if subject is None:
        return None
    asked = {on.contents() for on in secret}
    small = [on for on in subject.cases if on.contents() not in asked]
    for plainly in (True, False):
        for on in [*sorted(cases, key=Case.weight), *small]:
            with suppress(NoRoads):
                if (found := _drawn(subject, mistakes, on, plainly)) is not None:
                    return replace(found, own=any(on is one for one in cases))
    return None


def _drawn(subject: Subject, mistakes: Sequence[Mistake], on: Case, plainly: bool) -> Drawing | None:
    """The drawing of one call, if the mistakes show there; `plainly`: in the two decimals that the page shows."""
    about = mistakes[0].about
    arguments = _arguments(about, on)
    arrays = {name: _numbers(arguments[name]) for name in subject.inputs if arguments.get(name) is not None}
    product = tuple(name for name in subject.product or () if name in arrays)
    if not _is_small(arrays, product):
        return None
    right = _results(programs()[about].run(Fork(), **arguments))
    wrong = [_results(_run(m, arguments)) for m in mistakes]
    parts = [p for p in range(len(right)) if all(_differ(each[p], right[p], plainly) for each in wrong)]
    if not parts:
        return None
    call = DrawnCall(about, on, arguments, arrays, ((product[0], product[1]),) if len(product) == 2 else (), parts[0])
    titles = [f"Yours, if it is {m.name}" for m in mistakes]
    layers = [
        Layer(title, call.roads(lambda a, m=m: _run(_without_cut(m), a)), each[parts[0]])
        for title, m, each in zip(titles, mistakes, wrong, strict=True)
    ]
    if all(_same(layers[0], other) for other in layers[1:]):
        layers = [replace(layers[0], title="Yours")]
    layers.append(Layer("Right", right_roads(call), right[parts[0]]))
    if any(_is_deep(each.result) or max(each.result.shape, default=0) > 3 * LONGEST for each in layers):
        return None
    beside = {name: _numbers(arguments[name]) for name in subject.beside}
    return Drawing(subject, subject.out[parts[0]], arrays, beside, tuple(layers))


@dataclass(frozen=True)
class DrawnCall:
    """A call of an operation, of which one result is drawn; equal to another one with the same numbers."""

    about: str
    on: Case
    arguments: dict[str, Any]
    arrays: dict[str, Array]
    pairs: tuple[tuple[str, str], ...]
    part: int

    def roads(self, program: Callable[[dict[str, Any]], Any]) -> Roads:
        """The roads of a program that gets all arguments by name."""
        return measure(lambda a: _results(program({**self.arguments, **a}))[self.part], self.arrays, self.pairs)

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DrawnCall) and self._key == other._key

    @property
    def _key(self) -> Hashable:
        return self.about, self.on.contents(), self.part


@lru_cache(maxsize=64)
def right_roads(call: DrawnCall) -> Roads:
    """Measured once for each call: a student tries more than one answer on it."""
    return call.roads(lambda a: programs()[call.about].run(Fork(), **a))


def _same(one: Layer, other: Layer) -> bool:
    """Whether two programs take the same roads, on this call at least."""
    a, b = one.roads, other.roads
    if one.result.shape != other.result.shape or a.out.shape != b.out.shape or a.adds_up != b.adds_up:
        return False
    numbers = [(one.result, other.result), (a.out, b.out), (a.factor, b.factor)]
    return all(np.allclose(*pair) for pair in [*numbers, *((a.at[name], b.at[name]) for name in a.at)])


def _run(m: Mistake, arguments: Mapping[str, Any]) -> Any:
    try:
        return m.wrong(**arguments)
    except Exception as error:  # a wrong program may stop where the right one goes on
        raise NoRoads(f"the program of {m.name} stopped: {error}") from error


def _without_cut(m: Mistake) -> Mistake:
    """Numbers whose fractions are cut off do not move with the inputs; the roads are those without the cut."""
    return replace(m, turns=tuple(t for t in m.turns if not t.way.startswith("fractions_cut_off")))


def _arguments(about: str, on: Case) -> dict[str, Any]:
    signature = inspect.signature(programs()[about].run)
    try:
        bound = signature.bind(None, *on.args, **on.kwargs)
    except TypeError as error:
        raise NoRoads(f"the call does not fit {about}: {error}") from error
    bound.apply_defaults()
    return dict(list(bound.arguments.items())[1:])


def _numbers(value: Any) -> Array:
    if is_symbolic(value):
        raise NoRoads("the call holds letters; expected numbers")
    return np.array(value, float)


def _results(result: Any) -> list[Array]:
    return [np.asarray(part, float) for part in (result if isinstance(result, tuple) else (result,))]


def _is_small(arrays: Mapping[str, Array], product: tuple[str, ...]) -> bool:
    sizes = {name: array.size for name, array in arrays.items()}
    probes = sum(sizes.values()) + (sizes[product[0]] * sizes[product[1]] if len(product) == 2 else 0)
    return probes <= MOST_PROBES and all(
        max(a.shape, default=0) <= LONGEST and not _is_deep(a) for a in arrays.values()
    )


def _is_deep(array: Array) -> bool:
    """Whether an array has more axes than tables can show."""
    return array.ndim > 4 and np.squeeze(array).ndim > 3


def _differ(one: Array, other: Array, plainly: bool) -> bool:
    if one.shape != other.shape:
        return True
    return not np.allclose(one, other, rtol=0.0 if plainly else 1e-7, atol=0.03 if plainly else 1e-9)
