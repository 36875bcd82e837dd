"""Which student handed in which notebook: the latest of each assignment that can be read."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from .archives import METADATA, File, Reader
from .exported import NotUnderstood, roots, students
from .notebook import Unreadable, read
from .owners import Owner, Owners

OURS = "gradebook.sqlite"  # a folder with it holds what the grader wrote


@dataclass(frozen=True)
class Submission:
    """One notebook of one student. `problem` is set when it must not or cannot be graded, with its status."""

    student: str
    assignment: str
    source: str
    data: bytes
    time: float
    status: str = ""
    problem: str = ""

    @property
    def hash(self) -> str:
        return hashlib.sha256(self.data + self.problem.encode()).hexdigest()


def collect(paths: Iterable[Path], known: Iterable[str]) -> list[Submission]:
    """The latest submission of every student and assignment, in order of student."""
    known = list(known)
    found: dict[tuple[str, str], Submission] = {}
    others: dict[str, list[tuple[File, Owner]]] = {}
    for path in paths:
        files = list(Reader().walk(path))
        owners = _owners(path, known, files)
        for file in files:
            owner = owners.of(file)
            if file.other:
                others.setdefault(owner.student, []).append((file, owner))
            elif file.name != METADATA:
                submission = _submission(file, owner, known)
                key = (submission.student, submission.assignment)
                if key not in found or _rank(submission) > _rank(found[key]):
                    found[key] = submission
    empty = _without_notebook(others, {s.student for s in found.values()}, known)
    return sorted([*_without_leftovers(found.values(), known), *empty], key=lambda s: (s.student, s.assignment))


def _owners(path: Path, known: list[str], files: list[File]) -> Owners:
    owners = Owners(path, known)
    export: dict[tuple[str, ...], tuple[str, float]] = {}
    for file in roots(files, owners):
        with suppress(NotUnderstood):  # then the names of the folders are all there is
            export |= students(file)
    return replace(owners, export=export)


def _rank(submission: Submission) -> tuple:
    return (not submission.problem, submission.time, submission.source)


def _without_leftovers(submissions: Iterable[Submission], known: list[str]) -> Iterator[Submission]:
    """A student's file for no assignment of ours does not matter when one that was handed in later could be read."""
    every = list(submissions)
    newest: dict[str, float] = {}
    for s in every:
        if not s.problem:
            newest[s.student] = max(s.time, newest.get(s.student, s.time))
    for s in every:
        if not s.problem or s.assignment in known or s.time > newest.get(s.student, float("-inf")):
            yield s


def _without_notebook(
    others: dict[str, list[tuple[File, Owner]]], students: set[str], known: list[str]
) -> Iterator[Submission]:
    """A row for a student who handed in a photo, say, and nothing that can be graded."""
    for student, found in others.items():
        files = [file for file, owner in found if owner.by != "file"]
        if student in students or not files or any(file.name == OURS for file in files):
            continue
        names = ", ".join(file.name for file in files[:3]) + ", …" * (len(files) > 3)
        why = f"no notebook was found among {len(files)} file{'s' * (len(files) > 1)} ({names})"
        when = max(owner.time for _, owner in found)
        assignment = known[0] if len(known) == 1 else ""
        yield Submission(student, assignment, "/".join(files[0].path), b"", when, "unreadable", why)


def _submission(file: File, owner: Owner, known: list[str]) -> Submission:
    student, when = owner.student, owner.time
    source = "/".join(file.path)
    guess = next((k for k in known if k in file.name), None)
    only = known[0] if len(known) == 1 else ""
    if file.refused:
        return Submission(student, guess or only, source, b"", when, "refused", file.refused)
    try:
        name = read(file.data).assignment
    except Unreadable as e:
        return Submission(student, guess or only, source, file.data, when, "unreadable", str(e))
    if name in known:
        return Submission(student, str(name), source, file.data, when)
    if guess and name is None:
        return Submission(student, guess, source, file.data, when)
    problem = (
        f"the notebook is for {name!r}; graded are: {', '.join(known)}" if name else "the notebook names no assignment"
    )
    return Submission(student, name or "", source, file.data, when, "wrong-assignment", problem)
