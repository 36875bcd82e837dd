"""Name the mistake: which wrong computation gives the student's own numbers."""

import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np

from .cases import Case
from .compare import Tolerance, same
from .sizes import wrong_size
from .table import Misconception, known
from .trial import Trial

ROUNDED = Misconception(
    "rounded-too-soon",
    "",
    "These are the right numbers, but rounded.",
    "Can you write a fraction or a formula, such as 1 / 3 or np.sqrt(2), or more digits?",
    round,
)


def recognise(
    trials: list[Trial],
    worst: Trial,
    about: str,
    tolerance: Tolerance,
    pick: Any,
    via: Callable[..., Case] | None,
) -> Misconception | None:
    """The misconception that explains every failed trial; one that also explains the others goes first."""
    if worst.difference is None or worst.difference.kind not in ("shape", "values") or worst.problem:
        return None
    failed = [t for t in trials if t.difference is not None]
    alike = [t for t in failed if t.difference and t.difference.kind in ("shape", "values") and not t.problem]
    rest = [t for t in trials if t.difference is None]
    candidates = [m for m in known(about) if alike and all(_explains(m, t, tolerance, pick, via) for t in alike)]
    for m in candidates:
        if all(_explains(m, t, tolerance, pick, via) for t in rest):
            return m
    if candidates:
        return candidates[0]
    if worst.outcome is None and worst.symbolic is None:  # numbers that were written by hand
        return _rounded_by_hand(alike, about, tolerance, pick, via)
    if worst.difference.kind == "shape":
        with suppress(Exception):  # a remark must never break the verdict
            return wrong_size([t for t in alike if t.difference and t.difference.kind == "shape"], about, via)
    return None


def _rounded_by_hand(
    trials: list[Trial], about: str, tolerance: Tolerance, pick: Any, via: Callable[..., Case] | None
) -> Misconception | None:
    """The right numbers, or a known mistake's, that were rounded before they were written down."""
    if trials and all(_is_rounded(_part(t, t.value), _part(t, t.target), tolerance) for t in trials):
        return ROUNDED
    fits = [
        m for m in known(about) if trials and all(_explains(m, t, tolerance, pick, via, _is_rounded) for t in trials)
    ]
    return fits[0] if fits else None


def _is_rounded(value: Any, exact: Any, tolerance: Tolerance) -> bool:
    """Whether each number of `value` is that of `exact`, or that number rounded to 2, 3 or 4 digits."""
    with suppress(TypeError, ValueError):
        mine, right = np.asarray(value, float), np.asarray(exact, float)
        if mine.shape == right.shape:
            pairs = zip(mine.ravel().tolist(), right.ravel().tolist(), strict=True)
            return all(same(v, r, tolerance) or v in _roundings(r) for v, r in pairs)
    return False


def _roundings(number: float) -> set[float]:
    if number.is_integer():
        return set()
    return ({float(f"{number:.{d}g}") for d in (2, 3, 4)} | {round(number, d) for d in (2, 3, 4)}) - {0.0}


def _part(trial: Trial, value: Any) -> Any:
    """The part of several results that went wrong; `value` itself where there is only one."""
    part = trial.difference.part if trial.difference else None
    if part is None:
        return value
    return value[list(trial.target)[part] if isinstance(trial.target, dict) else part]


def _explains(
    m: Misconception,
    trial: Trial,
    tolerance: Tolerance,
    pick: Any,
    via: Callable[..., Case] | None,
    fits: Callable[[Any, Any, Tolerance], bool] = same,
) -> bool:
    from .expect import picked

    args, kwargs = trial.concrete.fresh()
    with suppress(Exception), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        wrong = (via(*args, **kwargs) if via else trial.concrete).call(m.wrong)
        if wrong is None:  # does not apply to this case
            return False
        return fits(_part(trial, trial.value), _part(trial, picked(wrong, pick)), tolerance)
    return False
