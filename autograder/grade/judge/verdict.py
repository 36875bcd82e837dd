"""The verdict on one submission: otter's own test files run here, in the trusted process, against proxies.

As in `otter`, a check in the notebook looks at the names of that moment, the last check of a question counts, and
questions that were never checked are checked at the end.

Hidden tests run last: after the whole notebook and all public tests. Each question then gets back the names that it had
when it was checked. The reason for the order: a student's code sees the inputs of a hidden test, could keep them, and
could put them into the message of a later error, which the student reads. So nothing that a child says after its first
hidden test reaches the student; nor does what a later child of the same submission says.
"""

import re
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from types import MappingProxyType

from ..intake.notebook import CodeCell, Notebook
from ..jail.wire import WireError
from ..result import CaseResult, CellError, QuestionResult, Result
from ..sandbox import Sandbox
from .assignment import Assignment, forget_folders, test_folder
from .limits import BUDGET, JUDGING
from .otter_tests import TestCaseResult, TestFile, read_test_file
from .session import Lost, Session
from .stopwatch import Stopwatch

MAX_CHECKS = 5  # of one question in one run; then the last check counts, and it is made at the end
MAX_RESTARTS = 24

_MISTAKE = re.compile(r"\[mistake: ([a-z0-9-]{1,60})\]\s*\Z")
_TESTS: dict[str, dict[str, TestFile]] = {}
Verdict = tuple[tuple[bool, str], ...]  # for each case: passed, otter's message


def load_tests(assignment: Assignment) -> dict[str, TestFile]:
    """The otter test files, compiled once per process. Tests keep nothing between runs."""
    if assignment.code not in _TESTS:
        folder = test_folder(assignment)
        files = [read_test_file(str(folder / name)) for name in sorted(assignment.tests)]
        _TESTS[assignment.code] = {f.name: f for f in files}
    return _TESTS[assignment.code]


def forget_tests() -> None:
    """Let go of all test files that were loaded."""
    _TESTS.clear()
    forget_folders()


def possible(assignment: Assignment) -> float:
    return sum(t.possible for t in load_tests(assignment).values())


class OutOfTime(Exception):
    """The whole submission took too long."""


class Grading:
    """The state of one submission's grading, over as many children as it takes."""

    def __init__(
        self, assignment: Assignment, notebook: Notebook, sandbox: Sandbox, seconds: float, own: Mapping[str, bytes]
    ):
        self.tests = load_tests(assignment)
        self.beside = {**own, **assignment.files}  # the course's, where both have one of a name
        self.notebook, self.sandbox, self.seconds = notebook, sandbox, seconds
        self.public: dict[tuple[str, int], Verdict] = {}  # by question and how often it was checked before
        self.hidden: dict[str, Verdict] = {}
        self.hidden_began = False
        self.trouble: dict[str, str] = {}  # a question that ran out of time, or ended its process
        self.seen: dict[str, int] = {}
        self.skipped: set[int] = set()
        self.errors: dict[int, CellError] = {}
        self.late: list[str] = []
        self.crashed: list[str] = []
        self.ends = time.monotonic() + BUDGET * seconds
        self.session: Session | None = None
        self.cell = 0
        self.lost_in_question = False

    def run(self) -> None:
        """Run the notebook, again after each loss, until every question has a verdict."""
        try:
            for _ in range(MAX_RESTARTS):
                if self._run_once():
                    return
            self.crashed.append(f"gave up after {MAX_RESTARTS} losses")
        except OutOfTime:
            self.late.append(f"the whole notebook took more than {BUDGET * self.seconds:g} s")

    def _run_once(self) -> bool:
        """Run and judge the whole notebook in a fresh child; False where that was lost, and another one must go on."""
        line = self.sandbox.spawn()
        self.seen = {}
        self.cell, self.lost_in_question = 0, False
        name = self.sandbox.library_name
        self.session = session = Session(line, self.seconds, self.ends, self._check, name)
        try:
            session.place(self.beside)
            for cells in _groups([c for c in self.notebook.cells if c.number not in self.skipped]):
                errors = session.run_cells([(c.number, c.source) for c in cells], self._begin_cell)
                for error in errors:
                    self._blame(error)
                for question in cells[-1].checks:
                    self._check(question)
            self.cell = 0
            for question in self.tests:
                if not self.seen.get(question):
                    self._check(question)
            for question, count in self.seen.items():
                if count > MAX_CHECKS:
                    self._check_late(question)
            for question in self.tests:
                self._check_hidden(question)
            return True
        except Lost as e:
            if not self.lost_in_question:
                self._note(self.late if e.late else self.crashed, f"cell {self.cell}: {e}")
                self._blame(CellError(self.cell, "TimeLimit" if e.late else "Crash", str(e), None), note=False)
                self.skipped.add(self.cell)
            return False
        finally:
            line.close()
            if (ended := self.sandbox.stop()) and session.lost is not None:
                self._note(self.crashed, ended)

    def _begin_cell(self, number: int) -> None:
        self.cell = number
        self._in_time()

    def _in_time(self) -> None:
        if time.monotonic() > self.ends:
            raise OutOfTime

    def _blame(self, error: CellError, note: bool = True) -> None:
        """Keep a cell's error: the first, and none from a child that may know what a hidden test asked."""
        if error.late and note:
            error.message = f"the cell took more than {self.seconds:g} s"  # ours, not the child's words
            self._note(self.late, f"cell {error.cell} took more than {self.seconds:g} s")
        if not self.hidden_began:
            self.errors.setdefault(error.cell, error)

    def _check(self, question: str) -> None:
        """The public tests of a question, with the names as they are now; these are kept for the hidden ones."""
        test, session = self.tests.get(question), self.session
        if test is None or session is None:
            return
        count = self.seen.get(question, 0)
        self.seen[question] = count + 1
        session.keep(question)
        if count < MAX_CHECKS:
            self._judge_public(question, count, session)

    def _check_late(self, question: str) -> None:
        """The last of very many checks."""
        assert self.session is not None
        self.session.restore(question)
        self._judge_public(question, MAX_CHECKS, self.session)
        self.session.keep(question)

    def _judge_public(self, question: str, count: int, session: Session) -> None:
        self._in_time()
        if (question, count) not in self.public and not self.hidden_began:
            self.trouble.pop(question, None)
            self.public[question, count] = self._judge(self.tests[question], session, hidden=False)
            self._settle(question, session)

    def _check_hidden(self, question: str) -> None:
        session = self.session
        if session is None or question in self.hidden or question in self.trouble:
            return
        self._in_time()
        self.hidden_began = True
        session.restore(question)
        with self._naming(question):
            self.hidden[question] = self._judge(self.tests[question], session, hidden=True)
        self._settle(question, session)

    def _naming(self, question: str) -> AbstractContextManager[None]:
        """A block for hidden tests: where a public one failed, and told what it saw, no mistake's name is sought."""
        checker = self.sandbox.library.checker if self.sandbox.library else ""
        if not checker or all(passed for passed, _ in self._public(question) or ()):
            return nullcontext()
        return getattr(import_module(checker), "without_names", nullcontext)()

    def _public(self, question: str) -> Verdict | None:
        """The last public verdict on a question; None where it was not reached."""
        counts = [count for name, count in self.public if name == question]
        return self.public[question, max(counts)] if counts else None

    def _settle(self, question: str, session: Session) -> None:
        """End a question; raises Lost when it took the child with it."""
        session.end_question()
        if session.lost is not None or session.spoiled is not None:
            late = session.spoiled is not None or (session.lost is not None and session.lost.late)
            self.trouble[question] = session.spoiled or str(session.lost)
            self._note(self.late if late else self.crashed, f"{question}: {self.trouble[question]}")
        if session.lost is not None:
            self.lost_in_question = True
            raise session.lost

    def _judge(self, test: TestFile, session: Session, hidden: bool) -> Verdict:
        """Passed or not, and why, for the public or the hidden cases of a question; in `session`'s question."""
        session.begin_question()
        every = test.test_cases
        cases = [c for c in every if bool(c.hidden) == hidden]
        if not cases:
            return ()
        try:
            test.test_cases, test.test_case_results = cases, []
            with Stopwatch(JUDGING) as watch:
                test.run(session.names)  # type: ignore[arg-type]
            verdict = tuple((bool(r.passed), "" if r.passed else r.message[:6000]) for r in test.test_case_results)
        finally:
            test.test_cases = every
        if watch.rang:
            session.abandon(f"comparing the answers took more than {JUDGING:g} s")
        return verdict

    @staticmethod
    def _note(where: list[str], what: str) -> None:
        if what not in where:
            where.append(what)

    def questions(self) -> list[QuestionResult]:
        """The last verdict on each question; what was never reached scores nothing."""
        return [self._question(name, test) for name, test in self.tests.items()]

    def _question(self, name: str, test: TestFile) -> QuestionResult:
        public = self._public(name)
        parts = {False: iter(public or ()), True: iter(self.hidden.get(name, ()))}
        cases, results = [], []
        for case in test.test_cases:
            passed, message = next(parts[bool(case.hidden)], (False, ""))
            results.append(TestCaseResult(test_case=case, message=message, passed=passed))
            cases.append(
                CaseResult(
                    case.name,
                    bool(case.hidden),
                    float(case.points or 0),
                    passed,
                    message,
                    _mistake(message),
                    "" if case.hidden else message,
                    case.failure_message or case.name,
                )
            )
        test.test_case_results = results  # otter itself makes points of them
        trouble = self.trouble.get(name, "not reached" if public is None else "")
        return QuestionResult(name, float(test.score), float(test.possible), cases, trouble)


def _groups(cells: list[CodeCell]) -> list[list[CodeCell]]:
    """Cells that run without a pause: a group ends after a cell to which otter adds checks."""
    groups: list[list[CodeCell]] = [[]]
    for cell in cells:
        groups[-1].append(cell)
        if cell.checks:
            groups.append([])
    return [g for g in groups if g]


def _mistake(message: str) -> str | None:
    found = _MISTAKE.search(message)
    return found.group(1) if found else None


def grade(
    assignment: Assignment,
    notebook: Notebook,
    sandbox: Sandbox,
    seconds: float,
    own: Mapping[str, bytes] = MappingProxyType({}),
) -> Result:
    """Grade one notebook that has been read already; the student's `own` files lie beside it."""
    began = time.monotonic()
    grading = Grading(assignment, notebook, sandbox, seconds, own)
    try:
        grading.run()
    except WireError as e:
        grading.crashed.append(str(e))
    questions = grading.questions()
    return Result(
        "timeout" if grading.late else "crashed" if grading.crashed else "graded",
        "; ".join([*grading.late, *grading.crashed])[:500],
        sum(q.score for q in questions),
        sum(q.possible for q in questions),
        questions,
        [grading.errors[n] for n in sorted(grading.errors)],
        dict(notebook.written),
        round(time.monotonic() - began, 3),
        sandbox.backend.name,
    )
