"""What lateness costs: free days first, which a student has for the whole course, then a share of the points a day."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from autograder.course import Late

from .records import HandInRecord

DAY = 24 * 3600.0


@dataclass(frozen=True)
class Lateness:
    """Days late, begun days counted; how many of them were free; and the share of the points possible that the others
    cost."""

    days: int
    free: int
    share: float

    @property
    def note(self) -> str:
        late = f"{self.days} day{'s' if self.days > 1 else ''} late"
        return late + (f", of which {self.free} free" if self.free else "")


def lateness(hand_ins: Iterable[HandInRecord], policy: Late) -> dict[tuple[str, str], Lateness]:
    """By student and assignment, for what was handed in late. Free days go to what was handed in first."""
    left: dict[str, int] = {}
    found = {}
    for one in sorted(hand_ins, key=lambda h: (h.time, h.assignment)):
        if not one.late or (one.late_by and one.late_by <= 60 * policy.grace_minutes):
            continue
        days = max(1, math.ceil(one.late_by / DAY))  # a system's "late" without a time is one day
        free = min(days, left.setdefault(one.student, policy.free_days))
        left[one.student] -= free
        share = min(1.0, policy.penalty_per_day * (days - free))
        found[one.student, one.assignment] = Lateness(days, free, share)
    return found
