"""report.html: how the class did, question by question, which mistakes were made, and what to teach again."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from .catalog import Catalog
from .charts import bars, histogram
from .gradebook import Gradebook
from .page import UNSAFE, page, safe, table
from .tables import mistake_of, replace, total

TEACH_AGAIN = 5


@dataclass
class Tally:
    """Counts over one assignment."""

    scores: list[float] = field(default_factory=list)
    possible: float = 0.0
    statuses: Counter = field(default_factory=Counter)
    troubles: list[tuple[str, str, str]] = field(default_factory=list)
    asked: Counter = field(default_factory=Counter)
    solved: Counter = field(default_factory=Counter)
    mistakes: dict[str, Counter] = field(default_factory=dict)
    students: Counter = field(default_factory=Counter)
    messages: dict[tuple[str, str], str] = field(default_factory=dict)
    unsafe: bool = False


def tally(book: Gradebook) -> dict[str, Tally]:
    """One pass over the gradebook; memory grows with the number of questions, not of students' answers."""
    written, found = book.written(), {}
    for row in book.rows():
        t = found.setdefault(row.assignment, Tally())
        t.scores.append(total(row, written)[0])
        t.possible = max(t.possible, row.possible or 0.0)
        t.statuses[row.status] += 1
        t.unsafe |= "unsandboxed" in row.detail.get("sandbox", "")
        if row.status != "graded":
            t.troubles.append((row.student, row.status, row.reason))
        made = set()
        for q in row.detail["questions"]:
            t.asked[q["name"]] += 1
            t.solved[q["name"]] += q["score"] == q["possible"]
            name = mistake_of(q)
            if name and q["score"] < q["possible"]:
                t.mistakes.setdefault(q["name"], Counter())[name] += 1
                t.messages.setdefault((q["name"], name), " ".join(str(c.get("message", "")) for c in q["cases"]))
                made.add(name)
        t.students.update(made)
    return found


def write_report(book: Gradebook, out: Path, catalog: Catalog) -> None:
    tallies = tally(book)
    body = [UNSAFE] if any(t.unsafe for t in tallies.values()) else []
    for name, t in sorted(tallies.items()):
        body += _assignment(name, t, catalog)
    replace(out / "report.html", page("How the class did", body))


def _assignment(name: str, t: Tally, catalog: Catalog) -> list[str]:
    title = catalog.assignment(name)
    count = len(t.scores)
    parts = [f"<h2>{safe(title)}</h2>"]
    if t.asked:
        mean, middle = sum(t.scores) / count, sorted(t.scores)[count // 2]
        parts.append(f"<p>{count} submissions, mean {mean:.1f}, median {middle:g} of {t.possible:g} points.</p>")
        parts += ["<h3>Scores</h3>", histogram(f"Scores of {title}", t.scores, t.possible)]
        parts += [
            "<h3>Questions solved</h3>",
            bars(f"Questions of {title} solved", _rates(name, t, catalog), 1.0),
        ]
        parts += _mistakes(t, catalog) + _teach_again(name, t, catalog)
    if t.troubles:
        parts += ["<h3>Not simply graded</h3>", table(("student", "status", "reason"), t.troubles)]
    return parts


def _rates(name: str, t: Tally, catalog: Catalog) -> list[tuple[str, float, str]]:
    return [
        (catalog.question(name, q), t.solved[q] / n, f"{100 * t.solved[q] / n:.0f} % ({t.solved[q]} of {n})")
        for q, n in t.asked.items()
    ]


def _mistakes(t: Tally, catalog: Catalog) -> list[str]:
    if not t.students:
        return []
    most = t.students.most_common(15)
    rows = [(n, c, catalog.remark(n, _said(t, n))[0]) for n, c in most]
    chart = bars("Mistakes by number of students", [(n, c, str(c)) for n, c in most], most[0][1])
    return ["<h3>Mistakes</h3>", chart, table(("mistake", "students", "what happened"), rows, numbers=(1,))]


def _said(t: Tally, mistake: str) -> str:
    """The messages with this mistake, of the question where it was made most often."""
    often = max(t.mistakes, key=lambda question: t.mistakes[question][mistake])
    return t.messages.get((often, mistake), "")


def _teach_again(name: str, t: Tally, catalog: Catalog) -> list[str]:
    """The questions that most students miss, each with its most frequent mistake and a question to ask in class."""
    weak = sorted((q for q in t.asked if t.solved[q] < t.asked[q]), key=lambda q: t.solved[q] / t.asked[q])
    items = []
    for q in weak[:TEACH_AGAIN]:
        missed = t.asked[q] - t.solved[q]
        text = f"<strong>{safe(catalog.question(name, q))}</strong>: {missed} of {t.asked[q]} did not solve it."
        for mistake, count in t.mistakes.get(q, Counter()).most_common(1):
            says, asks = catalog.remark(mistake, t.messages.get((q, mistake), ""))
            text += f" Most often ({count}): <code>{safe(mistake)}</code>. {safe(says)} <em>{safe(asks)}</em>"
        items.append(f"<li>{text}</li>")
    return ["<h3>What to teach again</h3>", "<ol>", *items, "</ol>"] if items else []
