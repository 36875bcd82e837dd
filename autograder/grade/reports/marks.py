"""What counts for a student on one assignment: the points of the tests, and those that people gave to answers in words.

Every report takes its totals from here, so that no two of them disagree.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from ..result import Question
from .catalog import Catalog, InWords
from .files import harmless
from .gradebook import Given, Gradebook, Row

GRADER_FAILED = "the grader failed"


@dataclass(frozen=True)
class Mark:
    """The points of one question. `score` is None as long as a person has not graded it.

    `tests` is set where tests graded it, `words` and `answer` where a person does; `note` is what the person says, or
    the grader about what the person gave.
    """

    name: str
    title: str
    score: float | None
    possible: float | None
    tests: Question | None = None
    words: InWords | None = None
    answer: str = ""
    note: str = ""

    @property
    def right(self) -> bool:
        return self.score == self.possible


@dataclass(frozen=True)
class Marks:
    """One student's marks on one assignment, in the order of the notebook."""

    row: Row
    marks: tuple[Mark, ...]
    possible: float | None

    @property
    def score(self) -> float:
        tests = self.row.score  # also where no question is listed
        return tests + sum(m.score for m in self.marks if m.words and m.score is not None)

    @property
    def grader_failed(self) -> bool:
        return self.row.reason.startswith(GRADER_FAILED)

    @property
    def ungraded(self) -> int:
        """How many answers wait for a person."""
        return sum(m.score is None for m in self.marks)

    @property
    def note(self) -> str:
        """What is still missing, in a sentence."""
        if not self.ungraded or self.row.status != "graded":
            return ""
        return f"{self.ungraded} written answer{'s are' if self.ungraded > 1 else ' is'} not graded yet"


class Marking:
    """Marks every row of a gradebook; what people gave is read once."""

    def __init__(self, book: Gradebook, catalog: Catalog):
        self.book, self.catalog = book, catalog
        self.given = book.written()

    def all(self) -> Iterator[Marks]:
        """In order of student, one at a time."""
        return (self.of(row) for row in self.book.rows())

    def of(self, row: Row) -> Marks:
        known = self.catalog.in_words(row.assignment)
        words = list(known.values()) or [InWords(q, q, q, 0.0) for q in row.result.written]
        marks = [
            Mark(q.name, self.catalog.question(row.assignment, q.name), q.score, q.possible, tests=q)
            for q in row.result.questions
        ]
        marks += [self._in_words(row, question, bool(known)) for question in words]
        marks.sort(key=lambda m: self.catalog.position(row.assignment, m.name))
        possible = None if row.possible is None else row.possible + sum(q.points for q in known.values())
        return Marks(row, tuple(marks), possible)

    def _in_words(self, row: Row, question: InWords, known: bool) -> Mark:
        answer = row.result.written.get(question.key, "")
        score, note = standing(self.given.get((row.student, row.assignment, question.key)), answer)
        title = self.catalog.question(row.assignment, question.key)
        possible = question.points if known else None
        return Mark(question.name, title, score, possible, words=question, answer=answer, note=note)


def standing(given: Given | None, answer: str) -> tuple[float | None, str]:
    """Points and comment that a person gave to this answer; None and why, where the answer is another by now."""
    if given is None:
        return None, ""
    if given.digest != digest(answer):
        return None, f"the answer changed after it got {given.points:g} points"
    return given.points, given.comment


def digest(answer: str) -> str:
    """What stays the same of an answer when it goes through a CSV file."""
    return hashlib.sha256(str(harmless(answer)).encode()).hexdigest()
