"""Which student handed in which notebook: found from the names that Gradescope, Canvas, otter and people use."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from .archives import File, Reader
from .notebook import Unreadable, read

_CANVAS = re.compile(r"^(?P<student>[^\W_]+)(?:_LATE)?_(?P<user>\d+)_(?P<submission>\d+)_(?P<file>.+)$", re.I)
_GRADESCOPE = re.compile(r"^submission_(\d+)$")
_OTTER_ZIP = re.compile(r"^(?P<assignment>.+?)_(?P<time>\d{4}_\d\d_\d\dT\d\d_\d\d_\d\d_\d+)(?:[ _(-].*)?\.zip$")
_OUR_FOLDER = ("submissions", "submission", "notebooks", "download", "downloads", "cnn-course")


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
    for path in paths:
        files = list(Reader().walk(path))
        folders = _gradescope_students(files)
        for file in files:
            if not file.refused and file.name.lower().endswith(".yml"):
                continue
            submission = _submission(file, path, known, folders)
            key = (submission.student, submission.assignment)
            if key not in found or _rank(submission) > _rank(found[key]):
                found[key] = submission
    return sorted(_without_leftovers(found.values()), key=lambda s: (s.student, s.assignment))


def _rank(submission: Submission) -> tuple:
    return (submission.time, submission.source)


def _without_leftovers(submissions: Iterable[Submission]) -> Iterator[Submission]:
    """A student's unreadable or foreign file does not matter when an older or newer one could be read."""
    every = list(submissions)
    newest: dict[str, float] = {}
    for s in every:
        if not s.problem:
            newest[s.student] = max(s.time, newest.get(s.student, s.time))
    for s in every:
        if not s.problem or s.time > newest.get(s.student, float("-inf")):
            yield s


def _submission(file: File, root: Path, known: list[str], folders: dict[str, tuple[str, float]]) -> Submission:
    student, when = _student(file, root, known, folders)
    source = "/".join(file.path)
    if file.refused:
        return Submission(student, known[0] if len(known) == 1 else "", source, b"", when, "refused", file.refused)
    try:
        name = read(file.data).assignment
    except Unreadable as e:
        guess = next((k for k in known if k in file.name), known[0] if len(known) == 1 else "")
        return Submission(student, guess, source, file.data, when, "unreadable", str(e))
    if name in known:
        return Submission(student, str(name), source, file.data, when)
    guess = next((k for k in known if name is None and k in file.name), None)
    if guess:
        return Submission(student, guess, source, file.data, when)
    problem = (
        f"the notebook is for {name!r}; graded are: {', '.join(known)}" if name else "the notebook names no assignment"
    )
    return Submission(student, name or "", source, file.data, when, "wrong-assignment", problem)


def _student(file: File, root: Path, known: list[str], folders: dict[str, tuple[str, float]]) -> tuple[str, float]:
    """Whose file it is, and when it was handed in."""
    for part in file.path:
        if part in folders:
            student, when = folders[part]
            return student, when or file.time
    for part in reversed(file.path):
        if canvas := _CANVAS.match(part):
            return f"{canvas['student']}_{canvas['user']}", float(canvas["submission"])
    parts = [p for p in file.path[:-1] if not p.lower().endswith(".zip") and p.lower() not in _OUR_FOLDER]
    parts = [p for p in parts if p not in known and p not in {k.split("_")[0] for k in known}]
    time = file.time
    for part in file.path:
        if otter := _OTTER_ZIP.match(part):
            stamp = re.findall(r"\d+", otter["time"])
            year, month, day, hour, minute, second = (int(n) for n in stamp[:6])
            time = ((((year - 1970) * 372 + (month - 1) * 31 + day - 1) * 24 + hour) * 60 + minute) * 60.0 + second
    if parts:
        return parts[0], time
    zips = [p for p in file.path[:-1] if p.lower().endswith(".zip") and not _OTTER_ZIP.match(p)]
    outer = zips[-1].rsplit(".", 1)[0] if zips else ""
    stem = file.name.rsplit(".", 1)[0]
    for name in known:
        stem = re.sub(rf"^{re.escape(name)}[-_ ]+|[-_ ]+{re.escape(name)}$", "", stem)
    if stem in known or not stem:
        stem = outer or root.resolve().name.rsplit(".", 1)[0] if root.is_dir() or outer else root.resolve().parent.name
    return stem or "unknown", time


def _gradescope_students(files: list[File]) -> dict[str, tuple[str, float]]:
    """Folder -> (student, time), from the metadata file of a Gradescope export."""
    found: dict[str, tuple[str, float]] = {}
    for file in files:
        if file.refused or file.name != "submission_metadata.yml":
            continue
        import yaml

        try:
            loaded = yaml.load(file.data[: 16 << 20], Loader=_symbols())
        except (yaml.YAMLError, ValueError, RecursionError):
            continue
        for folder, entry in (loaded if isinstance(loaded, dict) else {}).items():
            if not _GRADESCOPE.match(str(folder)) or not isinstance(entry, dict):
                continue
            people = entry.get(":submitters") or []
            people = [p for p in people if isinstance(p, dict)]
            names = [str(p.get(":email") or p.get(":sid") or p.get(":name") or "") for p in people]
            when = entry.get(":created_at")
            stamp = when.timestamp() if isinstance(when, datetime) else 0.0
            found[str(folder)] = (" & ".join(n for n in names if n) or str(folder), stamp)
    return found


def _symbols() -> type:
    """YAML's safe loader; Gradescope's file has Ruby symbols and times that it would stumble over."""
    import yaml

    class Loader(yaml.SafeLoader):
        pass

    def plain(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> object:
        if isinstance(node, yaml.MappingNode):
            return loader.construct_mapping(node, deep=True)
        return loader.construct_scalar(node) if isinstance(node, yaml.ScalarNode) else None

    Loader.add_multi_constructor("!ruby/", plain)
    return Loader
