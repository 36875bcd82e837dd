"""What the course calls its questions, and those that a person grades, from the build; what mistakes mean, from the
course's checker."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from autograder.course import Mistake

from .remarks import remark


@dataclass(frozen=True)
class Asked:
    """A question as the course asks it. `part` is its number on the worksheet, such as 1.a.i, where it has one.

    Of a question in words, `text`, `answer` (a model one) and `rubric` are Markdown, for the person who grades it.
    """

    name: str
    part: str | None
    title: str
    points: float
    in_words: bool = False
    text: str = ""
    answer: str = ""
    rubric: str = ""

    @property
    def label(self) -> str:
        return f"{self.part} · {self.title}" if self.part else self.title

    @property
    def key(self) -> str:
        """What a question in words is called in the gradebook and in its sheet."""
        return self.part or self.name


@dataclass(frozen=True)
class Catalog:
    """Assignments by name, and their questions in the order of the notebook, where the build left them."""

    titles: dict[str, str] = field(default_factory=dict)
    asked: dict[str, tuple[Asked, ...]] = field(default_factory=dict)
    mistakes: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def assignment(self, name: str) -> str:
        return self.titles.get(name, name or "(no assignment)")

    def find(self, assignment: str, said: str) -> Asked | None:
        """A question by its name or its part."""
        return next((q for q in self.asked.get(assignment, ()) if said in (q.name, q.part)), None)

    def question(self, assignment: str, said: str) -> str:
        """A question's title; its name where the build does not know it."""
        found = self.find(assignment, said)
        return found.label if found else said

    def in_words(self, assignment: str) -> list[Asked]:
        return [q for q in self.asked.get(assignment, ()) if q.in_words]

    def position(self, assignment: str, name: str) -> int:
        """Where a question stands in its notebook; questions that the build does not know come last."""
        names = [q.name for q in self.asked.get(assignment, ())]
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
    catalog = Catalog(mistakes=_remarks(mistakes))
    for path in sorted(build.glob("*/problem.json")):
        try:
            problem = json.loads(path.read_text(encoding="utf-8"))
            asked = tuple(_asked(question) for question in problem["questions"])
            catalog.titles[problem["name"]], catalog.asked[problem["name"]] = problem["title"], asked
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return catalog


def _asked(question: dict) -> Asked:
    texts = [str(question.get(key) or "") for key in ("text", "answer", "rubric")]
    points, in_words = float(question["points"]), bool(question["manual"])
    return Asked(question["name"], question.get("part"), question["title"], points, in_words, *texts)


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
