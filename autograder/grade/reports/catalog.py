"""What the course calls its questions, and those that a person grades, from the build; what mistakes mean, from the
check's table."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from autograder.course import Mistake


@dataclass(frozen=True)
class InWords:
    """A question that is answered in words and graded by a person. `key` names it in gradebook and sheets."""

    name: str
    key: str
    label: str
    points: float


@dataclass(frozen=True)
class Catalog:
    """Titles of assignments and questions, where the build left them; names stand in for those it did not."""

    assignments: dict[str, str] = field(default_factory=dict)
    questions: dict[tuple[str, str], str] = field(default_factory=dict)
    order: dict[str, list[str]] = field(default_factory=dict)
    words: dict[str, dict[str, InWords]] = field(default_factory=dict)
    mistakes: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def assignment(self, name: str) -> str:
        return self.assignments.get(name, name or "(no assignment)")

    def question(self, assignment: str, name: str) -> str:
        return self.questions.get((assignment, name), name)

    def in_words(self, assignment: str) -> dict[str, InWords]:
        """The questions in words of an assignment, by key; none where the build knows none."""
        return self.words.get(assignment, {})

    def position(self, assignment: str, name: str) -> int:
        """Where a question stands in its notebook; questions that the build does not know come last."""
        order = self.order.get(assignment, [])
        return order.index(name) if name in order else len(order)

    def remark(self, mistake: str, messages: str = "") -> tuple[str, str]:
        """What happened, and a question that leads on: of several remarks with this name, the one in `messages`."""
        remarks = self.mistakes.get(mistake) or [("", "")]
        seen = " ".join(messages.split())
        return next((r for r in remarks if " ".join(r[0].split()) in seen), remarks[0])


def load_catalog(build: Path, mistakes: Iterable[Mistake] = ()) -> Catalog:
    """The catalog of the problems built into `build` (`dist/build`); `mistakes` are those that the checker knows."""
    catalog = Catalog(mistakes=_remarks(mistakes))
    for path in sorted(build.glob("*/problem.json")):
        try:
            _add(catalog, json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return catalog


def _add(catalog: Catalog, problem: dict) -> None:
    assignment = problem["name"]
    catalog.assignments[assignment] = problem["title"]
    for question in problem["questions"]:
        name = question["name"]
        label = f"{question['part']} · {question['title']}" if question.get("part") else question["title"]
        catalog.questions[assignment, name] = label
        catalog.order.setdefault(assignment, []).append(name)
        if question["manual"]:
            key = question.get("part") or name
            catalog.questions[assignment, key] = label
            found = InWords(name, key, label, float(question["points"]))
            catalog.words.setdefault(assignment, {})[key] = found


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
