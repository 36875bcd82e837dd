"""What counts for a student on one assignment: points of tests, those that people gave to answers in words, what being
late costs, and last what a person decided after all that.

Every report takes its totals from here, so that no two of them disagree.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from autograder.build.info import QuestionInfo
from autograder.course import Late

from ..result import QuestionResult
from .catalog import Catalog
from .files import harmless
from .gradebook import Gradebook
from .lateness import Lateness, lateness
from .overrides import LATE, Override
from .records import Given, HandInRecord, Row

GRADER_FAILED = "the grader failed"
CHANGED = "the answer changed after it got "


@dataclass(frozen=True)
class Mark:
    """The points of one question, or of lateness. `score` is None as long as a person has not graded it.

    `tests` is set where tests graded it; `words`, `answer` and `given` (the points) where a person does. `note` is what
    the person says, or the grader about what the person gave. `score` comes from the `override`, if there is one.
    """

    name: str
    title: str
    score: float | None
    possible: float | None
    tests: QuestionResult | None = None
    words: QuestionInfo | None = None
    answer: str = ""
    given: float | None = None
    note: str = ""
    override: Override | None = None

    @property
    def right(self) -> bool:
        return self.score == self.possible


@dataclass(frozen=True)
class Marks:
    """One student's marks on one assignment, in the order of the notebook; `untested` are points without a question."""

    row: Row
    marks: tuple[Mark, ...]
    possible: float | None
    untested: float
    hand_in: HandInRecord | None

    @property
    def score(self) -> float:
        return self.untested + sum(m.score for m in self.marks if m.score is not None)

    @property
    def grader_failed(self) -> bool:
        return self.row.reason.startswith(GRADER_FAILED)

    @property
    def ungraded(self) -> int:
        """How many answers wait for a person."""
        return sum(m.score is None for m in self.marks)

    @property
    def notes(self) -> list[str]:
        """What else there is to say about the points, a sentence each."""
        found = []
        for mark in self.marks:
            if mark.name == LATE:
                found.append(f"{mark.note}: {mark.score or 0:g} points" if mark.score else mark.note)
            elif mark.override:
                found.append(f"{mark.name} has {mark.override.points:g} points by a person: {mark.override.reason}")
        return [*found, self.waiting] if self.waiting else found

    @property
    def waiting(self) -> str:
        """What a person has yet to do, in a sentence."""
        if not self.ungraded or self.row.status != "graded":
            return ""
        return f"{self.ungraded} written answer{'s are' if self.ungraded > 1 else ' is'} not graded yet"


class Marking:
    """Marks every row of a gradebook; what people gave is read once."""

    def __init__(
        self, book: Gradebook, catalog: Catalog, overrides: Mapping[tuple[str, str, str], Override], policy: Late
    ):
        self.book, self.catalog, self.overrides = book, catalog, dict(overrides)
        self.given = book.written()
        self.hand_ins = book.hand_ins()
        self.late = lateness(self.hand_ins.values(), policy)

    def all(self) -> Iterator[Marks]:
        """In order of student, one at a time."""
        return (self.of(row) for row in self.book.rows())

    def of(self, row: Row) -> Marks:
        found = row.result
        known = self.catalog.in_words(row.assignment)
        words = known or [QuestionInfo(key, None, key, 0.0, manual=True) for key in found.written]
        marks = [
            Mark(q.name, self.catalog.question(row.assignment, q.name), q.score, q.possible, tests=q)
            for q in found.questions
        ]
        marks += [self._in_words(row, question, bool(known)) for question in words]
        marks = self._decided(row, marks)
        marks.sort(key=lambda m: self.catalog.position(row.assignment, m.name))
        possible = None if row.possible is None else row.possible + sum(q.points for q in known)
        untested = row.score - sum(q.score for q in found.questions)
        hand_in = self.hand_ins.get((row.student, row.assignment))
        if late := self.late.get((row.student, row.assignment)):
            earned = untested + sum(m.score for m in marks if m.score is not None)
            marks.append(self._late(row, late, min(earned, late.share * (possible or 0.0))))
        return Marks(row, tuple(marks), possible, untested, hand_in)

    def _in_words(self, row: Row, question: QuestionInfo, known: bool) -> Mark:
        answer = row.result.written.get(question.key, "")
        score, note = standing(self.given.get((row.student, row.assignment, question.key)), answer)
        possible = question.points if known else None
        return Mark(
            question.name, question.label, score, possible, words=question, answer=answer, given=score, note=note
        )

    def _decided(self, row: Row, marks: list[Mark]) -> list[Mark]:
        """Marks with what a person decided; also for questions that were never graded, as in a file that was lost."""
        asked = {q.name: q for q in self.catalog.asked(row.assignment)}
        for name in asked.keys() - {m.name for m in marks}:
            if (row.student, row.assignment, name) in self.overrides:
                marks.append(Mark(name, asked[name].label, 0.0, asked[name].points))
        return [self._override(row, mark) for mark in marks]

    def _override(self, row: Row, mark: Mark) -> Mark:
        override = self.overrides.get((row.student, row.assignment, mark.name))
        return mark if override is None else replace(mark, score=override.points, override=override)

    def _late(self, row: Row, late: Lateness, costs: float) -> Mark:
        return self._override(row, Mark(LATE, "Handed in late", 0.0 - costs, 0.0, note=late.note))


def standing(given: Given | None, answer: str) -> tuple[float | None, str]:
    """Points and comment that a person gave to this answer; None and why, where the answer is another by now."""
    if given is None:
        return None, ""
    if given.digest != digest(answer):
        return None, "" if given.points is None else f"{CHANGED}{given.points:g} points"
    return given.points, given.comment


def digest(answer: str) -> str:
    """What stays the same of an answer when it goes through a CSV file."""
    return hashlib.sha256(str(harmless(answer)).encode()).hexdigest()
