"""report.html: how the class did, question by question, which mistakes were made, and what to teach again."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from ..result import QuestionResult
from .catalog import SEEN_ONLY, UNANSWERED, Catalog
from .charts import Chart, bars, histogram
from .files import replace
from .marks import Marking, Marks
from .pages import render
from .remarks import remark, second_mistake
from .tables import mistake_of

TEACH_AGAIN = 5
FREQUENT = 15  # mistakes in the chart
EXAMPLES = 3  # of wrong answers without a name, for each question


@dataclass(frozen=True)
class Example:
    """A wrong answer whose mistake has no name: whose, and what the check says of it to a teacher."""

    student: str
    file: str
    message: str


@dataclass
class Tally:
    """Counts over one assignment. Memory grows with the number of questions, not of students' answers."""

    scores: list[float] = field(default_factory=list)
    possible: float = 0.0
    troubles: list[tuple[str, str, str]] = field(default_factory=list)  # student, status, reason
    asked: Counter[str] = field(default_factory=Counter)  # by question, as the next three
    solved: Counter[str] = field(default_factory=Counter)
    unanswered: Counter[str] = field(default_factory=Counter)
    unnamed: Counter[str] = field(default_factory=Counter)
    mistakes: dict[str, Counter[str]] = field(default_factory=dict)  # question -> name -> how many
    students: Counter[str] = field(default_factory=Counter)  # name of a mistake -> how many students made it
    messages: dict[tuple[str, str], str] = field(default_factory=dict)  # question and name -> one that was said
    examples: dict[str, list[Example]] = field(default_factory=dict)
    unsandboxed: bool = False

    def add(self, marks: Marks) -> None:
        row = marks.row
        self.possible = max(self.possible, marks.possible or 0.0)
        self.unsandboxed |= row.unsandboxed
        if row.status != "graded":
            self.troubles.append((row.student, row.status, row.reason))
        if marks.grader_failed:
            return
        self.scores.append(marks.score)
        self.students.update({m for q in row.result.questions for m in self._question(q, marks)})

    def _question(self, question: QuestionResult, marks: Marks) -> set[str]:
        """Count one answer; the names of its mistakes, nothing when it is right or has none."""
        name = question.name
        self.asked[name] += 1
        if question.score == question.possible:
            self.solved[name] += 1
            return set()
        mistake = mistake_of(question)
        if mistake == UNANSWERED:
            self.unanswered[name] += 1
        elif mistake in SEEN_ONLY:
            self.unnamed[name] += 1
            self._keep_example(question, marks)
            return set()
        second = next((second_mistake(c.message) for c in question.cases if c.mistake == mistake), "")
        made = {mistake, second} - {""}
        self.mistakes.setdefault(name, Counter()).update(made)
        for one in made:
            self.messages.setdefault((name, one), " ".join(c.message for c in question.cases))
        return made

    def _keep_example(self, question: QuestionResult, marks: Marks) -> None:
        message = next((remark(c.message) for c in question.cases if not c.passed and c.message), question.trouble)
        examples = self.examples.setdefault(question.name, [])
        if len(examples) < EXAMPLES and message not in (e.message for e in examples):
            examples.append(Example(marks.row.student, marks.row.submission, message))

    @property
    def wrong(self) -> int:
        """Wrong answers; where nothing was answered, nothing was wrong."""
        return sum(self.asked.values()) - sum(self.solved.values()) - sum(self.unanswered.values())


@dataclass(frozen=True)
class MistakeRow:
    name: str
    students: int
    questions: str
    says: str


@dataclass(frozen=True)
class Weak:
    """A question that many missed, with its most frequent mistake and a question to ask in class."""

    title: str
    missed: int
    asked: int
    unanswered: int
    mistake: str = ""
    count: int = 0
    says: str = ""
    asks: str = ""


@dataclass(frozen=True)
class AssignmentReport:
    """What the report says about one assignment."""

    title: str
    tally: Tally
    scores: Chart | None
    solved: Chart | None
    chart: Chart | None
    mistakes: list[MistakeRow]
    weak: list[Weak]
    unnamed: list[tuple[str, int, list[Example]]]  # question's title, how many, examples

    @property
    def mean(self) -> float:
        return sum(self.tally.scores) / len(self.tally.scores)

    @property
    def median(self) -> float:
        return sorted(self.tally.scores)[len(self.tally.scores) // 2]


def tally(marking: Marking) -> dict[str, Tally]:
    """One pass over the gradebook: counts by assignment."""
    found: dict[str, Tally] = {}
    for marks in marking.all():
        found.setdefault(marks.row.assignment, Tally()).add(marks)
    return found


def write_report(marking: Marking, out: Path) -> None:
    tallies = tally(marking)
    sections = [_section(name, t, marking.catalog) for name, t in sorted(tallies.items())]
    unsandboxed = any(t.unsandboxed for t in tallies.values())
    page = render("report.html", title="How the class did", sections=sections, unsandboxed=unsandboxed)
    replace(out / "report.html", page)


def _section(name: str, t: Tally, catalog: Catalog) -> AssignmentReport:
    title = catalog.assignment(name)
    frequent = t.students.most_common(FREQUENT)
    solved = [
        (catalog.question(name, q), t.solved[q] / n, f"{100 * t.solved[q] / n:.0f} % ({t.solved[q]} of {n})")
        for q, n in t.asked.items()
    ]
    return AssignmentReport(
        title,
        t,
        histogram(f"Scores of {title}", t.scores, t.possible),
        bars(f"Questions of {title} solved", solved, 1.0),
        bars(
            "Mistakes by number of students", [(m, n, str(n)) for m, n in frequent], max(t.students.values(), default=0)
        ),
        [_mistake(mistake, count, name, t, catalog) for mistake, count in frequent],
        _weak(name, t, catalog),
        [(catalog.question(name, q), n, t.examples[q]) for q, n in t.unnamed.most_common()],
    )


def _mistake(mistake: str, students: int, assignment: str, t: Tally, catalog: Catalog) -> MistakeRow:
    """With the questions where it was made, the most frequent first, and the words of that one."""
    made = sorted((q for q in t.mistakes if t.mistakes[q][mistake]), key=lambda q: -t.mistakes[q][mistake])
    questions = ", ".join(f"{catalog.question(assignment, q).split(' · ')[0]} ({t.mistakes[q][mistake]})" for q in made)
    return MistakeRow(mistake, students, questions, catalog.remark(mistake, t.messages[made[0], mistake])[0])


def _weak(name: str, t: Tally, catalog: Catalog) -> list[Weak]:
    """The questions that most students miss."""
    weak = sorted((q for q in t.asked if t.solved[q] < t.asked[q]), key=lambda q: t.solved[q] / t.asked[q])
    return [_missed(name, q, t, catalog) for q in weak[:TEACH_AGAIN]]


def _missed(name: str, q: str, t: Tally, catalog: Catalog) -> Weak:
    counts = (catalog.question(name, q), t.asked[q] - t.solved[q], t.asked[q], t.unanswered[q])
    made = Counter({m: n for m, n in t.mistakes.get(q, Counter()).items() if m != UNANSWERED})
    if not made:
        return Weak(*counts)
    ((mistake, count),) = made.most_common(1)
    return Weak(*counts, mistake, count, *catalog.remark(mistake, t.messages[q, mistake]))
