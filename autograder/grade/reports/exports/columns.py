"""What every export is made of: a line for each student, with points by assignment and what is known of the student."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import groupby

from ..marks import Marking


@dataclass
class StudentLine:
    """`scores` has None where the grader failed: no grade is known then."""

    student: str
    person: dict[str, str] = field(default_factory=dict)  # name, id, number, sis_id, login, email, section
    scores: dict[str, float | None] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.person.get("name") or self.student

    @property
    def total(self) -> float:
        return sum(score for score in self.scores.values() if score is not None)


@dataclass(frozen=True)
class Grades:
    """Assignments by name with their points possible, and the students."""

    possible: Mapping[str, float]
    lines: list[StudentLine]


def grades(marking: Marking) -> Grades:
    """All that is graded; files for no assignment are left out."""
    possible: dict[str, float] = {}
    lines = []
    for student, found in groupby(marking.all(), key=lambda marks: marks.row.student):
        line = StudentLine(student)
        for marks in found:
            assignment = marks.row.assignment
            line.person |= dict(marks.hand_in.person) if marks.hand_in else {}
            if assignment and marks.possible is not None:
                possible[assignment] = max(marks.possible, possible.get(assignment, 0.0))
                line.scores[assignment] = None if marks.grader_failed else marks.score
        lines.append(line)
    return Grades({name: possible[name] for name in sorted(possible)}, lines)
