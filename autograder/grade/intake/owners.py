"""Whose file it is, read from the names on its path from outside in: Gradescope's, Canvas's, otter's and people's."""

import calendar
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from .archives import File, readable

_CANVAS = re.compile(r"^(?P<student>[^\W_]+)(?:_LATE)?_(?P<user>\d+)_(?P<submission>\d+)_(?P<file>.+)$", re.I)
_GRADESCOPE = re.compile(r"^submission_\d+$")
_OTTER_ZIP = re.compile(r"^(?P<assignment>.+?)_(?P<time>\d{4}_\d\d_\d\dT\d\d_\d\d_\d\d_\d+)(?:[ _(-].*)?\.zip$")
_DOWNLOAD = re.compile(r"^(?:submissions|downloads?|assignment_\d+_export)(?: ?\(\d+\)|-\d+)?$", re.I)
_OUR_FOLDER = ("submissions", "submission", "notebooks", "download", "downloads", "cnn-course")
_JOINTS = "-_ "

Kind = Literal["canvas", "gradescope", "otter", "shared", "folder", "zip"]


@dataclass(frozen=True)
class Owner:
    """`time` is when it was handed in; `by` says what named the student: a course system, a folder, a zip, the file."""

    student: str
    time: float
    by: Literal["system", "folder", "zip", "file"]


@dataclass
class Owners:
    """`export` has the folders of a Gradescope export, with the student and the time that its metadata gives."""

    root: Path
    known: list[str]
    export: Mapping[tuple[str, ...], tuple[str, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        real = self.root.resolve()
        self.named = self.root.is_file()  # a zip that is itself the PATH: what it holds may come from many students
        self.name = readable(real.parent.name if self.named else real.name)
        self.parts = {*self.known, *(k.split("_")[0] for k in self.known)}

    def of(self, file: File) -> Owner:
        """The first name that says it wins. Inside a zip that a student handed in, names mean nothing."""
        folder = shared = ""
        for at, (kind, part) in enumerate(self.kinds(file.path)):
            here = file.path[: at + 1]
            if here in self.export:
                student, when = self.export[here]
                return Owner(student, when or file.time, "system")
            if kind == "canvas" and (canvas := _CANVAS.match(part)):
                return Owner(f"{canvas['student']}_{canvas['user']}", float(canvas["submission"]), "system")
            if kind == "otter":
                found = _OTTER_ZIP.match(part)
                return self._unnamed(folder, shared, stamp(found["time"]) if found else file.time)
            if here == file.path:
                break
            if kind == "gradescope":
                return Owner(part, file.time, "system")
            if kind == "zip":
                return self._zip(part, folder, shared, file.time)
            if kind == "shared" and part.lower().endswith(".zip"):
                shared = _stem(part)
            elif kind == "folder":
                folder = folder or part
        if folder:
            return Owner(folder, file.time, "folder")
        if file.name.lower().endswith(".zip"):  # one that could not be opened
            return self._zip(file.name, folder, shared, file.time)
        stem = self._without_assignment(_stem(file.name))
        return Owner(stem, file.time, "file") if stem else self._unnamed(folder, shared, file.time)

    def kinds(self, path: tuple[str, ...]) -> Iterator[tuple[Kind, str]]:
        """What each name on a path is, until nothing further in counts."""
        folder = container = ""
        for at, part in enumerate(path):
            stem = _stem(part)
            if _CANVAS.match(part):
                yield "canvas", part
            elif not part.lower().endswith(".zip"):
                shared = part in self.parts or part.lower() in _OUR_FOLDER or bool(_DOWNLOAD.match(part))
                # a folder that was packed as a whole has its own name inside
                shared |= part == container
                kind = "shared" if shared else "gradescope" if _GRADESCOPE.match(part) and not folder else "folder"
                yield kind, part
                folder = folder or (part if kind == "folder" else "")
            elif _OTTER_ZIP.match(part):
                yield "otter", part
            elif (at == 0 and self.named) or (not folder and (stem in self.parts or _DOWNLOAD.match(stem))):
                yield "shared", part
                container = stem
            else:
                yield "zip", part

    def _zip(self, name: str, folder: str, shared: str, time: float) -> Owner:
        stem = self._without_assignment(_stem(name))
        return Owner(stem, time, "zip") if stem and not folder else self._unnamed(folder, shared, time)

    def _unnamed(self, folder: str, shared: str, time: float) -> Owner:
        """Neither file nor zip has a student's name, so that what holds it must."""
        return Owner(folder or shared or self.name or "unknown", time, "folder" if folder else "file")

    def _without_assignment(self, stem: str) -> str:
        """`stem` without an assignment's name at its beginning or end; '' when nothing else is left."""
        for name in self.known:
            if stem.startswith(name) and stem[len(name) :][:1] in (*_JOINTS, ""):
                stem = stem[len(name) :].lstrip(_JOINTS)
            elif stem.endswith(name) and stem[: -len(name)][-1:] in (*_JOINTS, ""):
                stem = stem[: -len(name)].rstrip(_JOINTS)
        return "" if stem[:1] == "(" and stem[-1:] == ")" and stem[1:-1].isdigit() else stem  # a browser's second copy


def _stem(name: str) -> str:
    return name.rsplit(".", 1)[0]


def stamp(text: str) -> float:
    """The seconds since 1970 of a year, month, day, hour, minute and second in `text`; 0 when there is no such day."""
    year, month, day, hour, minute, second = (int(n) for n in re.findall(r"\d+", text)[:6])
    try:
        return float(calendar.timegm((year, month, day, hour, minute, second)))
    except ValueError:
        return 0.0
