"""Right numbers that were rounded on their way."""

from typing import Any

import numpy as np

from .compare import Tolerance
from .diagnosis import Diagnosis

ROUNDED = Diagnosis(
    "rounded-too-soon",
    "These are the right numbers, but rounded.",
    "Can you write a fraction or a formula, such as 1 / 3 or np.sqrt(2), or more digits?",
)


def is_rounded(value: Any, exact: Any, tolerance: Tolerance) -> bool:
    """Whether each number of `value` is that of `exact`, or that number rounded to 2, 3 or 4 digits."""
    if isinstance(value, str) or value is None or exact is None or np.shape(value) != np.shape(exact):
        return False
    pairs = zip(value.ravel().tolist(), exact.ravel().tolist(), strict=True)
    return all(abs(v - r) <= tolerance.atol + tolerance.rtol * abs(r) or v in _roundings(r) for v, r in pairs)


def _roundings(number: float) -> set[float]:
    if not np.isfinite(number) or number.is_integer():
        return set()
    return ({float(f"{number:.{d}g}") for d in (2, 3, 4)} | {round(number, d) for d in (2, 3, 4)}) - {0.0}
