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
    if worst.difference.kind == "shape":
        with suppress(Exception):  # a remark must never break the verdict
            return wrong_size([t for t in alike if t.difference and t.difference.kind == "shape"], about, via)
    return None


def _explains(m: Misconception, trial: Trial, tolerance: Tolerance, pick: Any, via: Callable[..., Case] | None) -> bool:
    from .expect import picked

    args, kwargs = trial.concrete.fresh()
    with suppress(Exception), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        wrong = (via(*args, **kwargs) if via else trial.concrete).call(m.wrong)
        if wrong is None:  # does not apply to this case
            return False
        wrong = picked(wrong, pick)
        value, part = trial.value, trial.difference.part if trial.difference else None
        if part is not None:
            where = list(trial.target)[part] if isinstance(trial.target, dict) else part
            value, wrong = value[where], wrong[where]
        return same(value, wrong, tolerance)
    return False
