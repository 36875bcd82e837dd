"""What all wrong numbers have in common, where no known mistake gives them: a factor, a sign that is lost, a sum, or
that nothing was written there."""

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from functools import partial
from typing import NamedTuple

import numpy as np

from .diagnosis import Diagnosis
from .forks.evidence import TIGHT, accuracy
from .forks.search import Seen

ENOUGH = 3  # numbers, more than factors, that speak for it
Array = np.ndarray
_TREATED: tuple[tuple[str, Callable[[Array], Array], str, str], ...] = (
    (
        "negatives-cut-off",
        lambda right: np.maximum(right, 0),
        "Where the right number is negative, yours is 0: a ReLU, or a maximum with 0, is in your code.",
        "Which of your lines keeps the larger of a number and 0, and does the question ask for that?",
    ),
    (
        "signs-lost",
        np.abs,
        "All signs are lost: each number is the size of the right one.",
        "Where does your code take an absolute value, or a square and its root?",
    ),
    (
        "fractions-cut-off",
        np.floor,
        "These are the right numbers, rounded down to whole ones.",
        "What does `//` do with the rest of a division, and what does `/` do?",
    ),
    (
        "fractions-cut-off",
        np.round,
        "These are the right numbers, rounded to whole ones.",
        "Which of your lines rounds, and does the question ask for that?",
    ),
    (
        "half-precision",
        lambda right: right.astype(np.float16).astype(float),
        "Your numbers have three or four right digits: they were kept in float16.",
        "Which dtype does the array have that you write into, and which one does np.zeros give when you say nothing?",
    ),
)


class _Pair(NamedTuple):
    """What a student has in one case, what is right there, and whether the one is not the other."""

    value: Array
    target: Array
    is_wrong: bool


def in_common(seen: Sequence[Seen], part: int, typed: bool) -> Diagnosis | None:
    """What is true of every number in this part of the results, on every case; None where there is no such thing.

    A factor may be another one in each call, and then in each channel; so may what was added.
    """
    pairs = [_Pair(s.value[part], s.target[part], s.wrong[part]) for s in seen]
    if not all(map(_are_numbers, pairs)):
        return None
    typed_only, code_only = ([_of_typed], []) if typed else ([], [_stopped])
    times = partial(_in_all_or_each_channel, _factor, _says_factor)
    shifted = partial(_in_all_or_each_channel, _added, _says_added)
    for look in (_treated, *typed_only, _cut_off, _partly_written, *code_only, times, shifted):
        if found := look(pairs):
            return found
    return None


def _are_numbers(pair: _Pair) -> bool:
    """Whether both are finite numbers in one shape."""
    value, target, _ = pair
    if isinstance(value, str) or value is None or value.shape != target.shape:
        return False
    return bool(np.isfinite(value).all() and np.isfinite(target).all())


def _says_much(pairs: Iterable[_Pair]) -> bool:
    """Whether enough different numbers went wrong in one way."""
    wrong = [t[v != t] for v, t, is_wrong in pairs if is_wrong]
    return len({float(f"{n:.9g}") for t in wrong for n in t.ravel().tolist()}) >= ENOUGH


def _treated(pairs: list[_Pair]) -> Diagnosis | None:
    """The right numbers, and then something was done to each of them."""
    for name, treat, says, asks in _TREATED:
        if all(np.abs(v - treat(t)).max(initial=0.0) <= accuracy(v) for v, t, _ in pairs) and _says_much(pairs):
            return Diagnosis(name, says, asks)
    return None


def _of_typed(pairs: list[_Pair]) -> Diagnosis | None:
    """What is true of numbers that were counted by hand, which are few."""
    least = 1 if len(pairs) > 1 else 2  # a formula, at several points, says more than a number
    for holds, said in ((partial(_one_wrong, least=least), _SLIP), (_signs_wrong, _SIGNS), (_elsewhere, _ELSEWHERE)):
        if all(holds(v, t) for v, t, _ in pairs):
            return said
    return None


def _cut_off(pairs: list[_Pair]) -> Diagnosis | None:
    fractions = (_Pair(v[t % 1 != 0], t[t % 1 != 0], is_wrong) for v, t, is_wrong in pairs)
    if not all(_without_fraction(v, t) for v, t, _ in pairs) or not _says_much(fractions):
        return None
    says = "These are the right numbers without their fractions: an array of whole numbers keeps none."
    return Diagnosis("fractions-cut-off", says, "Which dtype does the array have that you write into?")


def _partly_written(pairs: list[_Pair]) -> Diagnosis | None:
    places = [_unwritten(v, t) for v, t, is_wrong in pairs if is_wrong]
    return _says_unwritten(places) if all(places) and _says_much(pairs) else None


def _stopped(pairs: list[_Pair]) -> Diagnosis | None:
    if not all(_stopped_early(v, t) for v, t, is_wrong in pairs if is_wrong) or not _says_much(pairs):
        return None
    says = "The first of your numbers are right, and all after them are 0: nothing was written there."
    asks = "Is a `return` indented so far that it stands inside of a loop, or does a loop end too early?"
    return Diagnosis("stopped-early", says, asks)


def _in_all_or_each_channel(
    find: Callable[[Array, Array], Array | None], says: Callable[[list[float]], Diagnosis], pairs: list[_Pair]
) -> Diagnosis | None:
    """One factor (or what was added) for all numbers of a case, else one for each of its channels."""
    whole = [find(v.ravel()[:, None], t.ravel()[:, None]) for v, t, _ in pairs]
    if _holds(whole, pairs):
        return says([float(w[0]) for w, pair in zip(whole, pairs, strict=True) if pair.is_wrong and w is not None])
    if all(v.ndim > 1 and v.shape[-1] > 1 for v, _, is_wrong in pairs if is_wrong):
        return says([]) if _holds([find(_columns(v), _columns(t)) for v, t, _ in pairs], pairs) else None
    return None


def _without_fraction(value: Array, target: Array) -> bool:
    """Whether these are the right numbers as whole ones; 12 may have come out as 11.9999999, which is 11."""
    return bool(np.any([value == np.trunc(target * near) for near in (1 - TIGHT, 1, 1 + TIGHT)], axis=0).all())


def _stopped_early(value: Array, target: Array) -> bool:
    """Whether the first numbers are right, and after them there are only zeros."""
    wrong = np.abs(value - target).ravel() > accuracy(target)
    first = int(wrong.argmax())
    return bool(wrong.any() and value.ravel()[:first].any() and not value.ravel()[first:].any())


def _one_wrong(value: Array, target: Array, least: int) -> bool:
    """Whether all numbers but one are right, and enough of these are no zeros."""
    wrong = np.abs(value - target) > accuracy(target)
    return bool(np.count_nonzero(wrong) == 1 and np.count_nonzero(target[~wrong]) >= least)


def _signs_wrong(value: Array, target: Array) -> bool:
    """Whether the numbers are right but for signs, and there are several of them."""
    return value.size > 2 and bool((np.abs(np.abs(value) - np.abs(target)) <= accuracy(target)).all())


def _elsewhere(value: Array, target: Array) -> bool:
    """Whether the right numbers stand in other places; two of them must differ."""
    alike = np.abs(np.sort(value, None) - np.sort(target, None)) <= accuracy(target)
    return bool(alike.all()) and len(np.unique(target[target != 0])) > 1


def _columns(a: Array) -> Array:
    return a.reshape(-1, a.shape[-1]) if a.ndim > 1 else a.reshape(-1, 1)


def _factor(value: Array, target: Array) -> Array | None:
    """The factor of each column."""
    size = (target**2).sum(0)
    if not size.all():
        return None
    factor = (value * target).sum(0) / size
    return factor if (np.abs(value - factor * target) <= accuracy(value)).all() else None


def _added(value: Array, target: Array) -> Array | None:
    """What was added to each column."""
    added = (value - target).mean(0)
    return added if (np.abs(value - target - added) <= accuracy(np.concatenate([value, target]))).all() else None


def _holds(found: list[Array | None], pairs: list[_Pair]) -> bool:
    """Whether there is one for every case, and more numbers speak for them than chance can bring about."""
    if any(f is None for f in found):
        return False
    wrong = [(f, t) for f, (_, t, is_wrong) in zip(found, pairs, strict=True) if is_wrong]
    numbers = {float(f"{n:.9g}") for _, t in wrong for n in t.ravel().tolist() if n}
    factors = {float(f"{n:.9g}") for f, _ in wrong for n in np.ravel(f).tolist()}  # type: ignore[arg-type]
    return len(numbers) >= len(factors) * 2 and len(numbers) - len(factors) >= ENOUGH


def _unwritten(value: Array, target: Array) -> str:
    """The slice in which nothing was written, or in each channel only a bias, as NumPy writes it; "" where none is.

    It must hold all that is wrong, and nothing that is right but zeros: zeros here and there may come from a mask.
    """
    wrong = np.abs(value - target) > accuracy(target)
    if len(np.unique(np.round(value[~wrong & (value != 0)], 9))) < 2:
        return ""
    if left := _left_out(value, wrong):
        return left
    at = [np.flatnonzero(wrong.any(tuple(a for a in range(wrong.ndim) if a != axis))) for axis in range(wrong.ndim)]
    places = [_end(where, n) for where, n in zip(at, wrong.shape, strict=True)]
    left, missed = value[np.ix_(*at)], wrong[np.ix_(*at)]
    bias_only = value.ndim == 4 and places[-1] == ":" and missed.all() and not np.ptp(_columns(left), axis=0).any()
    if not all(places) or set(places) == {":"} or not (bias_only or not left.any()):
        return ""
    while places[-1] == ":":
        del places[-1]
    return f"[{', '.join(places)}]"


def _left_out(value: Array, wrong: Array) -> str:
    """What was not written where every second (or third, ...) place along some axes was, and nothing else; else ""."""
    there = value != 0
    at = [np.flatnonzero(there.any(tuple(a for a in range(there.ndim) if a != axis))) for axis in range(there.ndim)]
    steps = [_step(where, n) for where, n in zip(at, there.shape, strict=True)]
    written = np.zeros(there.shape, bool)
    written[np.ix_(*at)] = True
    if not all(steps) or max(steps, default=1) == 1 or (written & wrong).any() or not wrong[~written].any():
        return ""
    while steps[-1] == 1:
        del steps[-1]
    return f"all but [{', '.join(':' if s == 1 else f'::{s}' for s in steps)}]"


def _step(at: Array, n: int) -> int:
    """The step of places 0, s, 2s, ... up to n; 0 where they are no such places."""
    step = int(at[1] - at[0]) if len(at) > 1 else n if len(at) else 0
    return step if step and np.array_equal(at, np.arange(0, n, step)) else 0


def _end(at: Array, n: int) -> str:
    """The places `at` of n as an index, if they are all, the first one or the last ones of an axis; else ""."""
    if len(at) == n:
        return ":"
    if len(at) == 1 and at[0] in (0, n - 1):
        return "0" if at[0] == 0 else "-1"
    return f"{at[0]}:" if len(at) and len(at) == n - at[0] else ""


def _says_unwritten(places: list[str]) -> Diagnosis:
    where = f"In {places[0]} of your result" if len(set(places)) == 1 else "At one end of your result"
    says = f"{where} nothing was written, or it was wiped out again. The other numbers are right."
    asks = (
        "Which of your loops starts too late or ends too early, or is a line (a `return`, a counter) indented too far?"
    )
    return Diagnosis("partly-written", says, asks)


_SIGNS = Diagnosis(
    "signs-wrong",
    "The sizes of your numbers are right, but signs are not.",
    "Which of the factors are negative, and what is taken away from what?",
)
_ELSEWHERE = Diagnosis(
    "right-numbers-elsewhere",
    "These are the right numbers, but they stand in other places.",
    "Which place does each of your numbers belong to, and which one comes first?",
)
_SLIP = Diagnosis(
    "one-number-wrong",
    "All of your entries are right but one.",
    "Do the others say that your way is right? Then go it once more for this one, term by term and sign by sign.",
)


def _says_factor(factors: list[float]) -> Diagnosis:
    asks = "What do you multiply or divide by that should not be there, or what is missing?"
    if not factors:
        says = "In each channel, every number is the right one times a factor of that channel's own."
        return Diagnosis("wrong-factor-per-channel", says, asks)
    which = _number(factors[0]) if abs(factors[0] - 1) > 1e-3 else f"{factors[0]:.9g}"
    same = all(abs(f - factors[0]) <= 1e-9 * abs(f) for f in factors)
    says = f"Every number is the right one times {which}." if same else _DIFFERS.format(which)
    return Diagnosis("wrong-factor", says, asks)


def _says_added(added: list[float]) -> Diagnosis:
    asks = "What do you add or take away once for all of them?"
    if not added:
        says = "In each channel, all numbers are too large by the same amount (or too small)."
        return Diagnosis("shifted-per-channel", says, asks)
    says = f"All numbers are too {'large' if added[0] > 0 else 'small'} by the same amount, {_number(abs(added[0]))}."
    return Diagnosis("shifted", says, asks)


_DIFFERS = "Every number is the right one times the same factor, here {}; in another call the factor is another one."


def _number(value: float) -> str:
    plain = Fraction(value).limit_denominator(200)
    return str(plain) if abs(float(plain) - value) <= 1e-9 * abs(value) else f"{value:.4g}"
