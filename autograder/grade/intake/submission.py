"""What the rest of the grader sees of the intake: submissions, and how to read them."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .layouts import Layout
from .roster import Roster

MISSING = "missing"  # the status of a student on the roster who handed nothing in


@dataclass(frozen=True)
class Submission:
    """One notebook of one student. `problem` is set when it must not or cannot be graded, with its status; `note` is
    for the grade's reason. `time` is in seconds since 1970, 0 when nothing tells it. `late` is None when nothing tells
    that either; `late_by` are the seconds, 0 when only the course system's word is known. `person` is what the roster
    or the course system knows: name, id, sis_id, login, email, section. `files` are those of the student's that lie
    beside the notebook, by their paths from there. `numbers` are the student's own, of each question that has any."""

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
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    numbers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def content(self) -> str:
        """A hash of the work itself: what stays the same when it is handed in or graded again."""
        digest = hashlib.sha256(self.data)
        for path, data in sorted(self.files.items()):
            digest.update(json.dumps([path, len(data)]).encode() + data)
        return digest.hexdigest()

    @property
    def hash(self) -> str:
        return hashlib.sha256(json.dumps([self.content, self.problem, self.note]).encode()).hexdigest()


@dataclass(frozen=True)
class IntakeSettings:
    """`layout`, when it is not to be recognised. `one_owner`: files that nobody's name is on are one student's. `due`:
    when each assignment is due, in seconds since 1970, '' for all. `handed_out`: hashes of each assignment's cells as
    students got them (`cells_of`). `whole`: large notebooks come with their outputs, which grading does not need.
    `shared`: names of folders that are nobody's, such as the course's own; `reserved`: names of the course's modules
    and of what lies beside its notebooks, which no student's file stands for; `questions`: each
    assignment's, by name."""

    layout: Layout | None = None
    one_owner: bool = False
    roster: Roster | None = None
    due: Mapping[str, float] = field(default_factory=dict)
    handed_out: Mapping[str, list[str]] = field(default_factory=dict)
    whole: bool = False
    shared: tuple[str, ...] = ()
    reserved: tuple[str, ...] = ()
    questions: Mapping[str, list[str]] = field(default_factory=dict)


@dataclass
class Collected:
    """`said` are sentences on what was found, `unclear` those on files that are graded for nobody; `renamed` has the
    roster's names of those who are called otherwise without a roster."""

    submissions: list[Submission]
    said: list[str]
    unclear: list[str]
    renamed: dict[str, str] = field(default_factory=dict)


class Unclear(ValueError):
    """It is not clear whose some files are; the message names them."""
