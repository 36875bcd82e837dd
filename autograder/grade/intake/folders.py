"""The names, sizes and times of files below a path on disk. Nothing is opened here: links and pipes are told apart."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from .archives import BEGINS_AS_JUNK, JUNK, MAX_FILE, MAX_FOLDERS, MAX_ZIP
from .names import is_notebook, is_zip


@dataclass(frozen=True)
class Entry:
    """A file by its names, those of zips that hold a class included. `disk` and `inside` say how to open it: the file
    on disk, and the numbers of the entries in zips from there inwards. `refused` says why it is not read."""

    path: tuple[str, ...]
    disk: str
    inside: tuple[int, ...] = ()
    time: float = 0.0
    refused: str = ""

    @property
    def name(self) -> str:
        return self.path[-1]

    @property
    def is_work(self) -> bool:
        return is_notebook(self.name) or is_zip(self.name)


@dataclass
class Folder:
    """A folder, or a zip that holds several people's files."""

    name: str
    path: tuple[str, ...]
    folders: dict[str, "Folder"] = field(default_factory=dict)
    files: list[Entry] = field(default_factory=list)

    def every(self) -> Iterator[Entry]:
        yield from self.files
        for folder in self.folders.values():
            yield from folder.every()

    def work(self) -> bool:
        return any(entry.is_work for entry in self.every())

    def add(self, entry: Entry) -> None:
        """Put a file where its path says, below this folder."""
        place = self
        for part in entry.path[len(self.path) : -1]:
            place = place.folders.setdefault(part, Folder(part, (*place.path, part)))
        place.files.append(entry)


def walk(path: Path) -> Iterator[Entry]:
    """Every file under `path` (a file, a zip or a folder), in order of name."""
    at = (readable(path.name),)
    if path.is_symlink():
        yield Entry(at, os.fspath(path), refused="a link, not a file")
    elif path.is_dir():
        yield from _folder(path, ())
    elif path.is_file():
        yield _file(path, at)
    else:
        yield Entry(at, os.fspath(path), refused="not a file")


def _folder(folder: Path, at: tuple[str, ...]) -> Iterator[Entry]:
    if len(at) > MAX_FOLDERS:
        yield Entry((*at, "…"), os.fspath(folder), refused=f"folders are nested more than {MAX_FOLDERS} deep")
        return
    try:
        entries = sorted(folder.iterdir(), key=lambda p: p.name)
    except OSError as e:
        at = at or (readable(folder.name),)
        yield Entry((*at, "…"), os.fspath(folder), refused=f"the folder could not be opened ({e.strerror})")
        return
    if at and not entries and (is_notebook(at[-1]) or is_zip(at[-1])):
        yield Entry(at, os.fspath(folder), refused="an empty folder, not a file")
    kept = [e for e in entries if e.name not in JUNK and not e.name.startswith(BEGINS_AS_JUNK)]
    if at and entries and not kept:
        names = ", ".join(readable(e.name) for e in entries[:3])
        yield Entry((*at, "…"), os.fspath(folder), refused=f"the folder holds nothing but {names}")
    for entry in kept:
        here = (*at, readable(entry.name))
        if entry.is_symlink():
            yield Entry(here, os.fspath(entry), refused="a link, not a file")
        elif entry.is_dir():
            yield from _folder(entry, here)
        elif entry.is_file():
            yield _file(entry, here)


def _file(path: Path, at: tuple[str, ...]) -> Entry:
    try:
        status = path.stat()
    except OSError as e:
        return Entry(at, os.fspath(path), refused=f"the file could not be opened ({e.strerror})")
    limit = MAX_ZIP if is_zip(at[-1]) else MAX_FILE
    too_large = status.st_size > limit and (is_notebook(at[-1]) or is_zip(at[-1]))
    refused = f"the file has {status.st_size >> 20} MB" if too_large else ""
    return Entry(at, os.fspath(path), (), status.st_mtime, refused)


def readable(name: str) -> str:
    r"""A file's name as text that can be printed and stored: bytes that are no UTF-8 become \\xff."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
