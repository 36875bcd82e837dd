"""Grades what needs grading: canaries first, then every submission whose key is not in the gradebook yet."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from pathlib import Path

from autograder.errors import CommandError

from .intake.collect import Submission
from .judge.assignment import Assignment, code_hash
from .judge.canary import CANARY, EXPECTED
from .judge.workers import Options, grade_submission
from .reports.gradebook import Gradebook
from .reports.records import HandInRecord, Row
from .result import GraderFailed, Result

FAILED = "failed "
Grade = Callable[[Assignment, bytes, Options], Result]


class CanaryFailed(CommandError):
    """A notebook whose grade is known got another one. Nothing may be graded until that is understood."""


def edition(submission: Submission, assignments: Mapping[str, Assignment]) -> Assignment | None:
    """The assignment as this student has it; None where it is not known."""
    assignment = assignments.get(submission.assignment)
    return assignment.edition(submission.numbers) if assignment and submission.numbers else assignment


def key_of(submission: Submission, assignment: Assignment | None, options: Options) -> str:
    """What a result depends on: submission, assignment, library and grader, time limit, the sandbox's safety."""
    parts = [submission.hash, submission.status, assignment.code if assignment else "", code_hash(options.library)]
    parts += [f"{options.seconds:g}", "unsafe" if "unsandboxed" in options.backend else "safe"]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def check_canaries(
    executor: Executor, needed: Iterable[Assignment], solutions: Path, options: Options
) -> dict[str, str]:
    """Grade notebooks with known grades: the built-in ones, and the solution of each assignment where it was built.

    Gives the assignments that cannot be graded, each with the reason. Raises CanaryFailed where nothing can.
    """
    faults = {a.name: a.fault for a in needed if a.fault}
    sound = {a.name: a for a in needed if not a.fault}
    ours = [(score, executor.submit(grade_submission, CANARY, data, options)) for data, score in EXPECTED]
    files = {name: solutions / f"{name}.ipynb" for name in sound}
    theirs = {
        name: executor.submit(grade_submission, sound[name], file.read_bytes(), options)
        for name, file in files.items()
        if file.is_file()
    }
    for score, future in ours:
        if why := _differs(future, score):
            raise CanaryFailed(f"the built-in canary {why}")
    found = {name: _differs(future, None) for name, future in theirs.items()}
    return faults | {name: f"its solution {why}" for name, why in found.items() if why}


def _differs(future: Future, expected: float | None) -> str:
    """What is wrong with a canary's grade, "" when nothing is; expected are all points unless a number is given."""
    try:
        result: Result = future.result()
    except GraderFailed as e:
        return f"could not be graded: {e}"
    expected = (result.possible or 0.0) if expected is None else expected
    return "" if result.score == expected else f"scored {result.score:g}, expected {expected:g}. {explain(result)}"


def explain(result: Result) -> str:
    """The first things that went wrong in a result, for a teacher."""
    found = [result.reason] if result.reason else []
    found += [f"cell {e.cell}: {e.type}: {e.message}" for e in result.errors[:2]]
    found += [f"{c.name}: {c.message}" for q in result.questions for c in q.cases if not c.passed][:2]
    return "\n".join(found)


def grade_all(
    executor: Executor,
    submissions: list[Submission],
    assignments: dict[str, Assignment],
    possible: dict[str, float],
    book: Gradebook,
    options: Options,
    regrade: str | None,
    window: int,
    faults: Mapping[str, str] | None = None,
) -> Iterator[Row]:
    """Grade and store what is new or changed, a row at a time; at most `window` submissions are in flight.

    Submissions for an assignment in `faults` get no verdict: their rows say why.
    """
    running: dict[Future[Result], tuple[Submission, str]] = {}
    for submission in submissions:
        assignment = edition(submission, assignments)
        key = key_of(submission, assignment, options)
        # asked just before the work, not at the start: another command may be grading the same folder
        if submission.student != regrade and book.key(submission.student, submission.assignment) == key:
            continue
        if submission.problem or assignment is None:
            yield _store(book, submission, key, Result(submission.status, submission.problem), possible)
        elif why := (faults or {}).get(assignment.name):
            yield _store(book, submission, FAILED + key, _failed(why, options), possible)
        else:
            future = executor.submit(grade_submission, assignment, submission.data, options, submission.files)
            running[future] = submission, key
            if len(running) >= window:
                yield from _finished(running, book, options, possible)
    while running:
        yield from _finished(running, book, options, possible)


def _finished(
    running: dict[Future[Result], tuple[Submission, str]],
    book: Gradebook,
    options: Options,
    possible: Mapping[str, float],
) -> Iterator[Row]:
    """The rows of what has been graded by now; waits for one at least."""
    done, _ = wait(running, return_when=FIRST_COMPLETED)
    for future in done:
        submission, key = running.pop(future)
        try:
            result = future.result()
        except Exception as e:
            why = str(e) if isinstance(e, GraderFailed) else f"{type(e).__name__}: {e}"
            result = _failed(why, options)
            key = FAILED + key  # so that the next run tries again
        yield _store(book, submission, key, result, possible)


def _failed(why: str, options: Options) -> Result:
    return Result("grader-failed", f"the grader failed: {why}"[:2000], sandbox=options.backend)


def _store(book: Gradebook, submission: Submission, key: str, result: Result, possible: Mapping[str, float]) -> Row:
    if result.possible is None:
        result.possible = possible.get(submission.assignment)
    result.reason = "; ".join(filter(None, (result.reason, submission.note)))
    row = Row(
        submission.student, submission.assignment, submission.source, submission.time, key, result.status,
        result.score, result.possible, result.reason, result.as_dict(),
    )  # fmt: skip
    book.put(row, "" if key.startswith(FAILED) else submission.content, result.fingerprint)
    return row


def other_names(book: Gradebook, submissions: Iterable[Submission], renamed: Mapping[str, str]) -> dict[str, str]:
    """Whom the gradebook knows by another name, and by which they go now: as `renamed` says, or by the course system's
    number, where a roster was given then and is not now. Whoever has a submission now is nobody else."""
    submissions = list(submissions)
    now = {s.student for s in submissions}
    numbers = {(s.assignment, s.person["number"]): s.student for s in submissions if s.person.get("number")}
    before = book.hand_ins().values()
    by_number = {h.student: numbers.get((h.assignment, h.person.get("number", ""))) for h in before}
    found = {old: new for old, new in by_number.items() if new} | dict(renamed)
    return {old: new for old, new in found.items() if old not in now}


def hand_ins(submissions: Iterable[Submission]) -> Iterator[HandInRecord]:
    """What is known of submissions besides what is in them: it may become known without grading anything again."""
    for s in submissions:
        yield HandInRecord(s.student, s.assignment, s.content, s.time, s.late, s.late_by, s.person)
