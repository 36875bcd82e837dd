"""What a notebook knows of itself, and where its student is: questions right so far, points, guesses."""

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class LessonQuestion:
    """A question as the build describes it in the notebook's metadata."""

    name: str
    part: str = ""  # "1.a.i"
    title: str = ""
    path: str = ""  # "core" or "more"
    points: float = 0.0
    public: float = 0.0  # those of them that the notebook's own checks can give
    hidden: bool = False  # whether other numbers are tried at grading
    manual: bool = False  # answered in words
    explain: str = ""  # after a right answer: one sentence to explain it to yourself
    also: str = ""  # after a right answer: a second way to write it
    grid: str = ""  # on paper: the size of a table to fill in
    practice: dict[str, Any] = field(default_factory=dict)  # the same with other numbers: utils.notebook.practice


@dataclass
class Lesson:
    """One notebook in one student's hands. `file` keeps what is right from one day to the next."""

    name: str
    questions: dict[str, LessonQuestion]
    guesses: tuple[str, ...] = ()
    hand_in: str = ""
    points_shown: bool = True
    file: Path | None = None
    right: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, name: str, notebook: Mapping[str, Any]) -> "Lesson":
        """From a notebook's metadata; without questions when it says nothing."""
        said = notebook.get("metadata", {}).get("lesson", {})
        questions = {q: LessonQuestion(q, **about) for q, about in said.get("questions", {}).items()}
        shown = bool(said.get("points_shown", True))
        return cls(name, questions, tuple(said.get("guesses", ())), str(said.get("hand_in", "")), shown)

    def remember(self, file: Path) -> None:
        """Keep what is right in `file`, and take up what it says."""
        self.file = file
        with contextlib.suppress(OSError, ValueError, TypeError):
            self.right = set(json.loads(file.read_text(encoding="utf-8"))["right"]) & self.questions.keys()

    def note(self, question: str, right: bool) -> None:
        """A check of `question` said so."""
        if question not in self.questions or right == (question in self.right):
            return
        self.right.symmetric_difference_update([question])
        if self.file:
            with contextlib.suppress(OSError):
                self.file.write_text(json.dumps({"right": sorted(self.right)}) + "\n", encoding="utf-8")

    @property
    def checked(self) -> list[LessonQuestion]:
        """The questions that have a check."""
        return [q for q in self.questions.values() if not q.manual]

    @property
    def public(self) -> float:
        return sum(q.public for q in self.checked)

    @property
    def earned(self) -> float:
        """Points of the public checks that passed."""
        return sum(q.public for q in self.checked if q.name in self.right)

    def standing(self) -> str:
        """ "6 of 14 questions · 11 of 24 public points"; "" when the notebook says nothing of its questions."""
        if not self.checked:
            return ""
        done = f"{sum(q.name in self.right for q in self.checked)} of {len(self.checked)} questions"
        points = f" · {self.earned:g} of {self.public:g} public points"
        return done + (points if self.points_shown else "")
