"""What students handed in -> notebooks to print: files, folders and zips, as `grade` finds them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from autograder.errors import CommandError
from autograder.grade.intake.collect import IntakeSettings, Submission, Unclear, collect

UNREADABLE = ("refused", "unreadable")


@dataclass(frozen=True)
class Submitted:
    """One notebook of one student. `place`: where its pictures lie; `title`: what stands before its own."""

    name: str
    submission: Submission
    place: Path
    title: str = ""

    @property
    def fault(self) -> str:
        """Why it cannot be read, in one line."""
        return self.submission.problem if self.submission.status in UNREADABLE else ""


def find(paths: Iterable[Path], notebooks: Path) -> list[Submitted]:
    """The latest notebook of every student and problem under each path, in order of student."""
    known = [file.stem for file in sorted(notebooks.glob("*.ipynb"))]
    found: list[Submitted] = []
    for path in paths:
        found += [one(submission, path, notebooks, known) for submission in handed_in(path, known)]
    return list(different(found))


def handed_in(path: Path, known: list[str]) -> list[Submission]:
    """The latest submission of every student and problem under a path. Raises CommandError."""
    try:
        submissions = collect([path], known, IntakeSettings(whole=True))
    except Unclear as e:
        raise CommandError(str(e)) from None
    if not submissions:
        raise CommandError(f"No notebooks and no zips were found in {path}.")
    return submissions


def one(submission: Submission, root: Path, notebooks: Path, known: list[str]) -> Submitted:
    source = PurePosixPath(submission.source)
    problem = submission.assignment if submission.assignment in known else source.stem
    lone = root.is_file() and root.suffix == ".ipynb"  # one file, asked for by name: the folder it lies in says nothing
    alone = lone or submission.student in ("unknown", problem)
    name = file_name(root.stem if lone else problem if alone else f"{submission.student}-{problem}")
    real = root if root.is_file() else root / source
    # pictures lie beside the notebook; a zip is never unpacked, so there only the course's own can be shown
    place = real if real.suffix == ".ipynb" and real.is_file() else notebooks / f"{problem}.ipynb"
    return Submitted(name, submission, place, "" if alone else submission.student)


def file_name(text: str) -> str:
    """A student's name may hold anything; a file's name may not."""
    return re.sub(r"[^\w.@+-]+", "_", text).strip("._")[:150] or "unknown"


def different(found: list[Submitted]) -> Iterator[Submitted]:
    """Two that would have the same name get numbers, so that none is written over another."""
    seen: dict[str, int] = {}
    for each in found:
        count = seen[each.name.lower()] = seen.get(each.name.lower(), 0) + 1
        name = each.name if count == 1 else f"{each.name}-{count}"
        yield replace(each, name=name)
