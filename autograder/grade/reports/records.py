"""What the gradebook holds: results, what people gave, and what is known of hand-ins besides their grade."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from ..result import Result


@dataclass(frozen=True)
class Row:
    """One student's result on one assignment; `detail` is the whole result as it is stored."""

    student: str
    assignment: str
    submission: str
    handed_in: float
    key: str
    status: str
    score: float
    possible: float | None
    reason: str
    detail: dict

    @cached_property
    def result(self) -> Result:
        return Result.from_dict({"status": self.status, "reason": self.reason} | self.detail)

    @property
    def unsandboxed(self) -> bool:
        """Whether the student's code ran with the grader's own rights."""
        return "unsandboxed" in self.result.sandbox


@dataclass(frozen=True)
class Given:
    """What a person gave for an answer in words; `digest` is of the answer that the person saw."""

    points: float | None  # None: a comment alone
    comment: str
    digest: str


@dataclass(frozen=True)
class SheetLine:
    """Which answer of whom a line of a sheet showed; `answer` is its digest."""

    id: str
    student: str
    assignment: str
    question: str
    answer: str


@dataclass(frozen=True)
class HandInRecord:
    """What is known of a hand-in besides its grade. `content` is a hash of what was handed in, `time` in seconds since
    1970 (0: not known); `late` is None where nothing tells, `late_by` in seconds is 0 where only the system's word is
    known; `person` is what a roster or course system knows of the student: name, id, sis_id, login, email, section."""

    student: str
    assignment: str
    content: str
    time: float = 0.0
    late: bool | None = None
    late_by: float = 0.0
    person: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """The same work got other points than before. Points by question; `at` is the time in UTC."""

    student: str
    assignment: str
    before: dict[str, float]
    after: dict[str, float]
    at: str


@dataclass(frozen=True)
class Fingerprint:
    """Hashes of short runs of a student's work, see `intake/fingerprint.py`."""

    student: str
    assignment: str
    submission: str
    runs: frozenset[int]
