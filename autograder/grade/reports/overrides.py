"""overrides.csv: points that a person decided after all tests, each with its reason. The file is the whole truth: a
line that is taken out of it counts no more, and no run of the grader writes into it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from .catalog import Catalog
from .files import harmless, write_csv
from .filled import agrees, points_in, read_filled, saved_otherwise
from .gradebook import Gradebook
from .records import HandInRecord, Row

FILE = "overrides.csv"
HEAD = ("student", "assignment", "question", "points", "reason")
NEEDED = ("student", "question", "points")
LATE = "late"  # the question's name for what lateness costs


@dataclass(frozen=True)
class Override:
    """Points in place of those that a question has; `question` is its name, or LATE."""

    points: float
    reason: str


Overrides = dict[tuple[str, str, str], Override]  # by student, assignment and question


def read_overrides(book: Gradebook, out: Path, catalog: Catalog) -> tuple[Overrides, list[str]]:
    """The overrides in `out`, and what could not be understood, a sentence each. Without a file, one is made."""
    path = out / FILE
    other = saved_otherwise(out, path.stem)
    if not path.exists():
        write_csv(path, HEAD, [])
        return {}, other
    filled = read_filled(path, NEEDED, HEAD)
    found: Overrides = {}
    known = (book.rows(), catalog, book.hand_ins().values(), book.former_names())
    questions = _Questions(*known) if filled.lines else None
    for number, line in filled.lines:
        if questions is None or not any(value.strip() for value in line.values()):
            continue
        try:
            student, assignment, question, most = questions.find(line)
            low = -most if question == LATE else 0.0
            points = points_in(line["points"], 0.0 if question == LATE else most, low)
        except ValueError as e:
            filled.refuse(number, str(e))
            continue
        override = Override(points, line["reason"].strip())
        if found.get((student, assignment, question), override).points != points:
            filled.refuse(number, f"{student} has other points for {question} in a line before; these here count")
        found[student, assignment, question] = override
    return found, [*filled.problems, *other]


class _Questions:
    """Finds what a line is about, among the results that there are."""

    def __init__(
        self, rows: Iterable[Row], catalog: Catalog, hand_ins: Iterable[HandInRecord], former: Mapping[str, str]
    ):
        self.catalog, self.former = catalog, former
        self.people = {
            (h.student, said.casefold()) for h in hand_ins for key, said in h.person.items() if key != "section"
        }
        self.known: dict[str, dict[str, dict[str, float]]] = {}  # student -> assignment -> question -> points possible
        for row in rows:
            self.known.setdefault(row.student, {})[row.assignment] = self._points(row)

    def _points(self, row: Row) -> dict[str, float]:
        asked = {q.name: q.points for q in self.catalog.asked(row.assignment)}
        return asked | {q.name: q.possible for q in row.result.questions} | {LATE: row.possible or 0.0}

    def find(self, line: dict[str, str]) -> tuple[str, str, str, float]:
        """Student, assignment, question and its points possible; raises ValueError."""
        student = self._student(line["student"].strip())
        assignments = self.known[student]
        if wanted := line["assignment"].strip():
            if wanted not in assignments:
                raise ValueError(f"assignment is {wanted!r}; {student} has {', '.join(assignments)}")
            assignments = {wanted: assignments[wanted]}
        said = line["question"].strip()
        found = [
            (assignment, name)
            for assignment, questions in assignments.items()
            if (name := self._name(assignment, said)) in questions
        ]
        if len(found) != 1:
            some = ", ".join(sorted({a for a, _ in found})) if found else ""
            why = f"which is in {some}: say which in a column assignment" if some else "which there is not"
            raise ValueError(f"question is {said!r}, {why}")
        ((assignment, name),) = found
        return student, assignment, name, assignments[assignment][name]

    def _name(self, assignment: str, said: str) -> str:
        found = self.catalog.find(assignment, said)
        return found.name if found else said

    def _student(self, said: str) -> str:
        said = said if said in self.known else self.former.get(said, said)
        if said in self.known:
            return said
        found = [s for s in self.known if agrees(said, str(harmless(s)))]
        found = found or [s for s in self.known if (s, said.casefold()) in self.people]  # by number, login or address
        if len(found) != 1:
            raise ValueError(f"student is {said!r}, who is not in the gradebook")
        return found[0]
