"""A wrong shape whose numbers tell where it comes from: an axis summed away, or not summed, one row, a part."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from .diagnosis import Diagnosis
from .forks.evidence import accuracy
from .forks.search import Seen

ENOUGH = 3  # different numbers of a function's results that speak for it
Array = np.ndarray


@dataclass(frozen=True)
class _Way:
    """`makes` gives, of what a student has and what is right, two arrays that are equal if it went this way."""

    name: str
    says: str
    asks: str
    makes: Callable[[Array, Array], tuple[Array, Array]]


# what people do along an axis too often, or not at all: "Your numbers are ... axis 0", "... axis 0, and they are right"
_REDUCED: tuple[tuple[str, str, str, Callable[..., Array]], ...] = (
    ("summed", "added up over", "Add up your numbers along", np.sum),
    ("averaged", "averaged over", "Average your numbers over", np.mean),
    ("pooled", "the largest along", "Take the largest of your numbers along", np.max),
)
_WHICH_AXES = "Which axes does this result have, and over which axes do your lines sum, average, or take a maximum?"
_OF_ALL = {"summed": "the sum", "averaged": "the mean", "pooled": "the largest"}
_LEFT_OF_AN_AXIS = {f"axis-{name}-too" for name, *_ in _REDUCED} | {"first-entry-only", "last-entry-only"}


def other_shape(seen: Sequence[Seen], part: int, typed: bool) -> Diagnosis | None:
    """What turns the right numbers into the student's, or theirs into the right ones, in every case; or None."""
    pairs = [(s.value[part], s.target[part]) for s in seen]
    if any(isinstance(v, str) or v is None or not v.size or not np.isfinite(v).all() for v, _ in pairs):
        return None
    apart = [(v, t) for v, t in pairs if v.shape != t.shape]
    dimensions = {(v.ndim, t.ndim) for v, t in apart}
    numbers_wrong = any(s.wrong[part] and v.shape == t.shape for s, (v, t) in zip(seen, pairs, strict=True))
    if len(dimensions) != 1 or numbers_wrong or all(t.size > 1 and not np.ptp(t) for _, t in apart):
        return None
    if not _says_much(apart, typed):
        return None
    found = [way for way in _ways(*dimensions.pop(), typed) if all(_holds(way, v, t) for v, t in apart)]
    if not found or (found[0].name in _LEFT_OF_AN_AXIS and len({way.name for way in found} & _LEFT_OF_AN_AXIS) > 1):
        return None  # a single number may be the first, the largest and the mean: which of them, nobody knows
    return Diagnosis(found[0].name, found[0].says, found[0].asks)


def _holds(way: _Way, value: Array, target: Array) -> bool:
    yours, wanted = way.makes(value, target)
    return yours.shape == wanted.shape and bool((np.abs(yours - wanted) <= accuracy(target)).all())


def _says_much(pairs: list[tuple[Array, Array]], typed: bool) -> bool:
    """Whether enough different numbers speak for it: of a typed answer, two, or the only one that is not 0."""
    found = {float(f"{n:.9g}") for v, _ in pairs for n in v.ravel().tolist() if n}
    several = any(np.count_nonzero(t) > 1 and v.size > 1 for v, t in pairs)
    return len(found) >= (ENOUGH - 1 if several else 1) if typed else len(found) >= ENOUGH


def _ways(yours: int, right: int, typed: bool) -> Iterator[_Way]:
    """Ways that lead from an array with `right` axes to one with `yours`."""
    if typed and right == 0:
        yield _Way(
            "in-brackets", "The number is right, but it stands in brackets.", "How is one plain number written?",
            lambda v, t: (v.ravel(), t.ravel()),
        )  # fmt: skip
    if typed and right > 0:
        yield _Way(
            "zeros-left-out",
            "The numbers that are not 0 are right, but the zeros are left out.",
            "For how many places is a number asked, and what stands where nothing arrives?",
            lambda v, t: (v.ravel(), t[t != 0] if not t.all() else np.empty(0)),
        )  # fmt: skip
    if yours < right:
        yield from _reduced(right, right - yours, typed)
    if yours > right > 0 or (yours > right and not typed):
        yield from _not_reduced(yours, yours - right, typed)
    if right > 1 and yours == 1:
        yield _Way(
            "rows-lost", "These are the right numbers in the right order, but all in one row.",
            "Where do the rows end?" if typed else "Which line makes one long row, and which should follow it?",
            lambda v, t: (v, t.ravel()),
        )  # fmt: skip
    if right > 0:
        yield _Way(
            "not-reshaped", "These are the right numbers in the right order, but in another shape.",
            "Which shape does the question ask for, and which reshape (or which brackets) leads there?",
            lambda v, t: (v.ravel(), t.ravel()),
        )  # fmt: skip
    if yours == right > 0:
        yield _Way(
            "part-missing", "Your numbers are right, but they are a part of the result: the others are missing.",
            "For how many places is a number asked, and which of them are left?" if typed
            else "Along which axis is your result too short, and which loop or slice ends too early there?",
            lambda v, t: (v, _block(t, v)),
        )  # fmt: skip
        yield _Way(
            "more-than-asked", "The right numbers are in your result, but there is more round them.",
            "How many entries are asked for, and which of yours are too many?" if typed
            else "Along which axis is your result too long, and what should have been cut off, or never been there?",
            lambda v, t: (_block(v, t), t),
        )  # fmt: skip


def _reduced(right: int, gone: int, typed: bool) -> Iterator[_Way]:
    """Axes of the right result that yours has not."""
    rest = "For how many places is a number asked, and which number belongs to each?" if typed else ""
    yield _Way(
        "axis-lost", "The numbers are right, but an axis of length 1 is missing.",
        "Which of your lines drops it (an index in place of a slice, squeeze)?", _without_ones,
    )  # fmt: skip
    for axes in combinations(range(right), gone):
        for name, what, _, reduce in _REDUCED:
            says = f"Your numbers are the right ones, but {what} {_called(axes, right)}, which should stay."
            if typed and len(axes) == right:
                says = f"Your number is {_OF_ALL[name]} of the right ones."
            yield _Way(
                f"axis-{name}-too", says,
                rest or _WHICH_AXES,
                lambda v, t, axes=axes, reduce=reduce: (v, reduce(t, axis=axes)),
            )  # fmt: skip
        for entry, which in ((0, "first"), (-1, "last")):
            says = f"Your numbers are right, but only the {which} entry of {_called(axes, right)} is there."
            if len(axes) == right:
                says = f"Your number is right, but it is only the {which} of several."
            yield _Way(
                f"{which}-entry-only", says,
                rest or "Does a loop over that axis return too early, or overwrite what it wrote before?",
                lambda v, t, axes=axes, entry=entry: (v, _entry(t, axes, entry)),
            )  # fmt: skip


def _not_reduced(yours: int, more: int, typed: bool) -> Iterator[_Way]:
    """Axes of your result that the right one has not."""
    yield _Way(
        "extra-axis", "The numbers are right, but the result has an axis of length 1 too many.",
        "Which brackets are a pair too many?" if typed
        else "Which of your lines keeps that axis (keepdims, None, a slice of one entry, reshape)?", _without_ones,
    )  # fmt: skip
    for axes in combinations(range(yours), more):
        for name, _, missing, reduce in _REDUCED:
            if name == "pooled" and more == yours:  # of several in place of one, one is the largest anyway
                continue
            yield _Way(
                f"axis-not-{name}",
                f"{missing} {_called(axes, yours)}, and they are right: that step is missing.",
                "Which axes should be gone in the end, and which of your lines makes them go?",
                lambda v, t, axes=axes, reduce=reduce: (reduce(v, axis=axes), t),
            )  # fmt: skip


def _without_ones(value: Array, target: Array) -> tuple[Array, Array]:
    return value.squeeze(), target.squeeze()


def _called(axes: Sequence[int], of: int) -> str:
    if len(axes) == of:
        return "all axes"
    return f"axis {axes[0]}" if len(axes) == 1 else f"axes {', '.join(map(str, axes[:-1]))} and {axes[-1]}"


def _entry(a: Array, axes: Sequence[int], entry: int) -> Array:
    return a[tuple(entry if axis in axes else slice(None) for axis in range(a.ndim))]


def _block(large: Array, small: Array) -> Array:
    """The block of `large` as large as `small` that lies at one end, or in the middle, of each axis and is equal to it;
    an empty array where there is none."""
    room = [n - k for n, k in zip(large.shape, small.shape, strict=True)]
    if min(room) < 0:
        return np.empty(0)
    for starts in np.ndindex(*(3,) * large.ndim):
        at = [(0, r, r // 2)[s] for s, r in zip(starts, room, strict=True)]
        if any(s and not r for s, r in zip(starts, room, strict=True)):
            continue
        block = large[tuple(slice(a, a + k) for a, k in zip(at, small.shape, strict=True))]
        if (np.abs(block - small) <= accuracy(small)).all():
            return block
    return np.empty(0)
