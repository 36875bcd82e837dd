"""What is known of an exception, and of the call that raised it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from re import Match
from typing import Any

import numpy as np

from ..operations import Windows
from ..outcome import StudentError


@dataclass(frozen=True)
class Cause:
    """`says` and `asks` hold nothing of the call, `detail` its numbers: a hidden test leaves it out."""

    says: str
    asks: str
    detail: str = ""


@dataclass(frozen=True)
class RaisingCall:
    """The call that raised: its arguments by name, and the windows along each axis, if there are any.

    `own`: the names of the student's function, in the test and in its `def`.
    """

    error: StudentError
    own: frozenset[str]
    arguments: Mapping[str, Any]
    windows: Windows | None

    def remainder(self) -> str | None:
        """What no window reaches, such as "1 row and 2 columns"; None where the stride divides."""
        left = [(n + 2 * p - d * (k - 1) - 1) % s for n, k, s, p, d in self.windows or []]
        names = ["row", "column"] if len(left) == 2 else ["place"] * len(left)
        texts = [f"{n} {name}{'s' * (n > 1)}" for n, name in zip(left, names, strict=True) if n]
        return " and ".join(texts) or None

    @property
    def unpadded(self) -> bool:
        """Whether there is a padding, and it is 0."""
        return "padding" in self.arguments and not np.any(self.arguments["padding"])


Rule = Callable[[Match[str], RaisingCall], Cause | None]
"""Reads what a pattern found in "TYPE: MESSAGE"; None where it is not what it seemed."""
