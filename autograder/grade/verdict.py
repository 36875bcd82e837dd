"""The verdict on one submission: otter's own test files run here, in the trusted process, against proxies.

As in `otter`, a check in the notebook looks at the names of that moment, the last check of a question counts, and
questions that were never checked are checked at the end.
"""

import re
import time
from dataclasses import asdict, dataclass, field, replace

from .assignment import Assignment, test_folder
from .inside.wire import WireError
from .notebook import Notebook
from .otters import TestCase, TestFile, read_test_file
from .sandbox import Sandbox
from .session import CellError, Lost, Session
from .verdict_limits import BUDGET

MAX_CHECKS = 5  # of one question in one run
MAX_RESTARTS = 12

_MISTAKE = re.compile(r"\[mistake: ([a-z0-9-]{1,60})\]\s*\Z")
_TESTS: dict[str, dict[str, TestFile]] = {}


@dataclass
class Case:
    """One test case. `message` is otter's, for the teacher; `shown` is what the student may read of it."""

    name: str
    hidden: bool
    points: float
    passed: bool
    message: str
    mistake: str | None
    shown: str = ""
    title: str = ""


@dataclass
class Question:
    name: str
    score: float
    possible: float
    cases: list[Case]
    trouble: str = ""


@dataclass
class Result:
    """A row of the gradebook, and all that the reports are made of."""

    status: str
    reason: str
    score: float
    possible: float
    questions: list[Question] = field(default_factory=list)
    errors: list[CellError] = field(default_factory=list)
    written: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    sandbox: str = ""

    def as_dict(self) -> dict:
        return asdict(self)


def load_tests(assignment: Assignment) -> dict[str, TestFile]:
    """The otter test files, compiled once per process. Tests keep nothing between runs."""
    if assignment.code not in _TESTS:
        folder = test_folder(assignment)
        files = [read_test_file(str(folder / name)) for name in sorted(assignment.tests)]
        _TESTS[assignment.code] = {f.name: f for f in files}
    return _TESTS[assignment.code]


def possible(assignment: Assignment) -> float:
    return sum(t.possible for t in load_tests(assignment).values())


class Grading:
    """The state of one submission's grading, over as many children as it takes."""

    def __init__(self, assignment: Assignment, notebook: Notebook, sandbox: Sandbox, seconds: float, public_only: bool):
        self.tests, self.notebook, self.sandbox, self.seconds = (
            load_tests(assignment),
            notebook,
            sandbox,
            seconds,
        )
        self.public_only = public_only
        self.decided: dict[tuple[str, int], Question] = {}
        self.seen: dict[str, int] = {}
        self.skipped: set[int] = set()
        self.errors: dict[int, CellError] = {}
        self.late: list[str] = []
        self.crashed: list[str] = []
        self.ends = time.monotonic() + BUDGET * seconds
        self.session: Session | None = None
        self.lost_in_question = False

    def run(self) -> None:
        """Run the notebook, again after each loss, until every question has a verdict."""
        for _ in range(MAX_RESTARTS):
            if time.monotonic() > self.ends:
                self.late.append(f"the whole notebook took more than {BUDGET * self.seconds:g} s")
                return
            if self._run_once():
                return
        self.crashed.append(f"gave up after {MAX_RESTARTS} losses")

    def _run_once(self) -> bool:
        line = self.sandbox.spawn()
        self.seen = {}
        self.session = session = Session(line, self.seconds, self._check)
        number = 0
        try:
            for cell in self.notebook.cells:
                if cell.number in self.skipped:
                    continue
                number, self.lost_in_question = cell.number, False
                error = session.run_cell(cell.number, cell.source)
                if error is not None:
                    if error.type == "TimeLimit":
                        error.message = f"the cell took more than {self.seconds:g} s"  # ours, not the child's words
                    self.errors[cell.number] = error
                    if error.type == "TimeLimit":
                        self._note(self.late, f"cell {number} took more than {self.seconds:g} s")
                for question in cell.checks:
                    self._check(question)
            number = 0
            for question in self.tests:
                if not self.seen.get(question):
                    self._check(question)
            return True
        except Lost as e:
            if not self.lost_in_question:
                where = f"cell {number}: {e}"
                self._note(self.late if e.late else self.crashed, where)
                self.errors[number] = CellError(number, "TimeLimit" if e.late else "Crash", str(e), None)
                self.skipped.add(number)
            return False
        finally:
            line.close()
            self.sandbox.stop()

    def _check(self, question: str) -> None:
        test, session = self.tests.get(question), self.session
        count = self.seen.get(question, 0)
        if test is None or session is None or count >= MAX_CHECKS:
            return
        self.seen[question] = count + 1
        if (question, count) in self.decided:
            return
        session.begin_question()
        verdict = self._judge(test, session)
        self.decided[question, count] = verdict
        if session.lost is not None or session.spoiled is not None:
            late = session.spoiled is not None or (session.lost is not None and session.lost.late)
            verdict.trouble = session.spoiled or str(session.lost)
            self._note(self.late if late else self.crashed, f"{question}: {verdict.trouble}")
        if session.lost is not None:
            self.lost_in_question = True
            raise session.lost
        session.end_question()

    def _judge(self, test: TestFile, session: Session) -> Question:
        every = test.test_cases
        try:
            if self.public_only:
                test.test_cases = [c for c in every if not c.hidden]
            test.run(session.names)  # type: ignore[arg-type]
            cases = [
                Case(
                    r.test_case.name,
                    bool(r.test_case.hidden),
                    float(r.test_case.points or 0),
                    bool(r.passed),
                    "" if r.passed else (r.message or "")[:6000],
                    None if r.passed else _mistake(r.message or ""),
                    title=r.test_case.failure_message or r.test_case.name,
                )
                for r in test.test_case_results
            ]
            return Question(test.name, float(test.score), float(test.possible), cases)
        finally:
            test.test_cases = every

    @staticmethod
    def _note(where: list[str], what: str) -> None:
        if what not in where:
            where.append(what)

    def questions(self) -> list[Question]:
        """The last verdict on each question; what was never reached scores nothing."""
        found = []
        for name, test in self.tests.items():
            verdicts = [v for (q, _), v in sorted(self.decided.items(), key=lambda kv: kv[0][1]) if q == name]
            if verdicts:
                found.append(verdicts[-1])
            else:
                cases = [_not_run(c) for c in test.test_cases]
                found.append(Question(name, 0.0, float(test.possible), cases, "not reached"))
        return found


def _not_run(case: TestCase) -> Case:
    title = case.failure_message or case.name
    return Case(case.name, bool(case.hidden), float(case.points or 0), False, "", None, title=title)


def _mistake(message: str) -> str | None:
    found = _MISTAKE.search(message)
    return found.group(1) if found else None


def grade(assignment: Assignment, notebook: Notebook, sandbox: Sandbox, seconds: float) -> Result:
    """Grade one notebook that has been read already."""
    began = time.monotonic()
    grading = Grading(assignment, notebook, sandbox, seconds, public_only=False)
    try:
        grading.run()
    except WireError as e:
        grading.crashed.append(str(e))
    questions = grading.questions()
    errors = _show(assignment, notebook, sandbox, seconds, grading, questions)
    status = "timeout" if grading.late else "crashed" if grading.crashed else "graded"
    reason = "; ".join([*grading.late, *grading.crashed])[:500]
    result = Result(
        status,
        reason,
        sum(q.score for q in questions),
        sum(q.possible for q in questions),
        questions,
        errors,
        dict(notebook.written),
        sandbox=sandbox.backend.name,
    )
    result.seconds = round(time.monotonic() - began, 3)
    return result


def _show(
    assignment: Assignment,
    notebook: Notebook,
    sandbox: Sandbox,
    seconds: float,
    first: Grading,
    questions: list[Question],
) -> list[CellError]:
    """Fill in what the student may read; returns the errors of cells as they may be shown.

    A student's code can keep the data of a hidden test and say them in a later error. So the messages come from a
    second run, without the hidden tests; it is only needed where something failed, and skips what took too long and
    the questions whose public tests passed.
    """
    errors = [first.errors[n] for n in sorted(first.errors)]
    failed = [c for q in questions for c in q.cases if not c.passed and not c.hidden]
    if not failed and not errors:
        return errors
    if not any(c.hidden for q in questions for c in q.cases):
        for case in failed:
            case.shown = case.message
        return errors
    again = Grading(assignment, notebook, sandbox, seconds, public_only=True)
    late = {e.cell: e for e in errors if e.type in ("TimeLimit", "Crash")}
    again.skipped |= set(late)
    again.decided = {key: _silent(q) for key, q in first.decided.items() if q.trouble or _passed_in_public(q)}
    try:
        again.run()
    except WireError:
        return []
    shown = {(q.name, c.name): c.message for q in again.questions() for c in q.cases if not c.hidden and not c.passed}
    for question in questions:
        for case in question.cases:
            if not case.hidden and not case.passed:
                case.shown = shown.get((question.name, case.name), "")
    found = again.errors | late
    return [found[n] for n in sorted(found)]


def _passed_in_public(question: Question) -> bool:
    return all(c.passed for c in question.cases if not c.hidden)


def _silent(question: Question) -> Question:
    """A verdict without the words of a process that had seen hidden tests."""
    return replace(question, cases=[replace(c, message="") for c in question.cases])
