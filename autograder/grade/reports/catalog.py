"""What the course calls its questions: titles from the build, remarks from the table of misconceptions."""

import json
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Catalog:
    """Titles of assignments and questions, where the build left them; names stand in for those it did not."""

    assignments: dict[str, str] = field(default_factory=dict)
    questions: dict[tuple[str, str], str] = field(default_factory=dict)
    manual: dict[tuple[str, str], float] = field(default_factory=dict)
    mistakes: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def assignment(self, name: str) -> str:
        return self.assignments.get(name, name or "(no assignment)")

    def question(self, assignment: str, name: str) -> str:
        return self.questions.get((assignment, name), name)

    def remark(self, mistake: str, messages: str = "") -> tuple[str, str]:
        """What happened, and a question that leads on: of several remarks with this name, the one in `messages`."""
        remarks = self.mistakes.get(mistake) or [("", "")]
        seen = " ".join(messages.split())
        return next((r for r in remarks if " ".join(r[0].split()) in seen), remarks[0])


def load_catalog(build: Path) -> Catalog:
    """The catalog of the problems built into `build` (`dist/build`)."""
    catalog = Catalog(mistakes=_mistakes())
    for path in sorted(build.glob("*/problem.json")):
        try:
            problem = json.loads(path.read_text(encoding="utf-8"))
            name = problem["name"]
            catalog.assignments[name] = problem["title"]
            for q in problem["questions"]:
                label = f"{q['part']} · {q['title']}" if q.get("part") else q["title"]
                catalog.questions[name, q["name"]] = label
                if q["manual"]:
                    catalog.questions[name, q.get("part") or q["name"]] = label
                    catalog.manual[name, q.get("part") or q["name"]] = float(q["points"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return catalog


_KINDS = {
    "unanswered": ("The question has no answer yet.", ""),
    "none": ("The function returns nothing.", "Does its last line say `return`?"),
    "exception": ("The code stops with an error.", "What does the last line of the error say?"),
    "type": ("The answer is of another kind than asked for.", ""),
    "shape": ("The shape is wrong.", "Which size does each axis have, and why?"),
    "values": ("The shape is right, the numbers are not.", ""),
    "mutation": ("The function changes its input.", "Does it write into an array that it was given?"),
    "float32": ("float32 does not stay float32.", ""),
    "used-utils": ("The answer calls the function that it should build.", ""),
}


def _mistakes() -> dict[str, list[tuple[str, str]]]:
    """Name -> (what happened, a question that leads on); one mistake reads differently about a size and a sum."""
    from utils.check.table import known

    found = {kind: [remark] for kind, remark in _KINDS.items()}
    for m in known():
        if (m.says, m.asks) not in found.setdefault(m.name, []):
            found[m.name].append((m.says, m.asks))
    return found
