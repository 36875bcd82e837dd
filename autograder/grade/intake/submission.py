"""What the rest of the grader sees of the intake: submissions, and how to read them."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from .layouts import Layout
from .roster import Roster

MISSING = "missing"  # the status of a student on the roster who handed nothing in


@dataclass(frozen=True)
class Submission:
    """One notebook of one student. `problem` is set when it must not or cannot be graded, with its status; `note` is
    for the grade's reason. `time` is in seconds since 1970, 0 when nothing tells it. `late` is None when nothing tells
    that either; `late_by` are the seconds, 0 when only the course system's word is known. `person` is what the roster
    or the course system knows: name, id, sis_id, login, email, section."""

    student: str
    assignment: str
    source: str
    data: bytes
    time: float
    status: str = ""
    problem: str = ""
    note: str = ""
    late: bool | None = None
    late_by: float = 0.0
    person: Mapping[str, str] = field(default_factory=dict)

    @property
    def hash(self) -> str:
        rest = json.dumps([self.problem, self.note])
        return hashlib.sha256(self.data + rest.encode()).hexdigest()


@dataclass(frozen=True)
class Settings:
    """`layout`, when it is not to be recognised. `one_owner`: files that nobody's name is on are one student's. `due`:
    when each assignment is due, in seconds since 1970, '' for all. `handed_out`: hashes of each assignment's cells as
    students got them (`cells_of`). `whole`: large notebooks come with their outputs, which grading does not need.
    `shared`: names of folders that are nobody's, such as the course's own."""

    layout: Layout | None = None
    one_owner: bool = False
    roster: Roster | None = None
    due: Mapping[str, float] = field(default_factory=dict)
    handed_out: Mapping[str, list[str]] = field(default_factory=dict)
    whole: bool = False
    shared: tuple[str, ...] = ()


@dataclass
class Collected:
    """`said` are sentences on what was found, `unclear` those on files that are graded for nobody."""

    submissions: list[Submission]
    said: list[str]
    unclear: list[str]


class Unclear(ValueError):
    """It is not clear whose some files are; the message names them."""
