"""What the course calls its questions, and those that a person grades, from the build; what mistakes mean, from the
course's checker."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from autograder.build.info import Problem, QuestionInfo, find_problem
from autograder.course import Mistake

from .remarks import remark


@dataclass(frozen=True)
class Catalog:
    """The problems that were built, by name, and what the checker says of each mistake."""

    problems: dict[str, Problem] = field(default_factory=dict)
    mistakes: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def assignment(self, name: str) -> str:
        """Its title; the name where the build does not know it."""
        return self.problems[name].title if name in self.problems else name or "(no assignment)"

    def asked(self, assignment: str) -> tuple[QuestionInfo, ...]:
        """The questions, in the order of the notebook."""
        return self.problems[assignment].questions if assignment in self.problems else ()

    def in_words(self, assignment: str) -> list[QuestionInfo]:
        return [q for q in self.asked(assignment) if q.manual]

    def find(self, assignment: str, said: str) -> QuestionInfo | None:
        """A question by its name or its part."""
        return next((q for q in self.asked(assignment) if said in (q.name, q.part)), None)

    def question(self, assignment: str, said: str) -> str:
        """A question's title; its name where the build does not know it."""
        found = self.find(assignment, said)
        return found.label if found else said

    def position(self, assignment: str, name: str) -> int:
        """Where a question stands in its notebook; questions that the build does not know come last."""
        names = [q.name for q in self.asked(assignment)]
        return names.index(name) if name in names else len(names)

    def remark(self, mistake: str, messages: str = "") -> tuple[str, str]:
        """What happened, and a question that leads on: of several remarks with this name, the one in `messages`.

        A name that the checker has in no list is one of what was seen: then a message begins with what happened.
        """
        remarks = self.mistakes.get(mistake) or [(remark(messages).strip().split("\n")[0], "")]
        seen = " ".join(messages.split())
        return next((r for r in remarks if " ".join(r[0].split()) in seen), remarks[0])


def load_catalog(build: Path, mistakes: Iterable[Mistake] = ()) -> Catalog:
    """The catalog of the problems built into `build` (`dist/build`)."""
    found = [problem for folder in sorted(build.glob("*/")) if (problem := find_problem(folder))]
    return Catalog({problem.name: problem for problem in found}, _remarks(mistakes))


UNANSWERED = "unanswered"
SEEN_ONLY = ("", "values", "shape", "type", "exception")  # what was seen, and not why
_KINDS = {
    UNANSWERED: ("The question has no answer yet.", ""),
    "none": ("The function returns nothing.", "Does its last line say `return`?"),
    "exception": ("The code stops with an error.", "What does the last line of the error say?"),
    "type": ("The answer is of another kind than asked for.", ""),
    "shape": ("The shape is wrong.", "Which size does each axis have, and why?"),
    "values": ("The shape is right, the numbers are not.", ""),
    "mutation": ("The function changes its input.", "Does it write into an array that it was given?"),
    "float32": ("float32 does not stay float32.", ""),
    "used-utils": ("The answer calls the function that it should build.", ""),
}


def _remarks(mistakes: Iterable[Mistake]) -> dict[str, list[tuple[str, str]]]:
    """Name -> (what happened, a question that leads on); one mistake reads differently about a size and a sum."""
    found = {kind: [remark] for kind, remark in _KINDS.items()}
    for m in mistakes:
        if (m.says, m.asks) not in found.setdefault(m.name, []):
            found[m.name].append((m.says, m.asks))
    return found
