"""Reads folders and zips without ever writing what they hold: bombs, links and paths that climb out are refused."""

import calendar
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path, PurePosixPath

MAX_FILE = 64 << 20
MAX_TOTAL = 1 << 30
MAX_ENTRIES = 100_000
MAX_RATIO = 200
MAX_NESTING = 4
MAX_FOLDERS = 50
MAX_NAME = 255  # bytes; no file system takes more
WANTED = (".ipynb", ".zip")
METADATA = "submission_metadata.yml"
JUNK = ("__MACOSX", ".ipynb_checkpoints", ".git", ".OTTER_LOG", ".DS_Store", "__pycache__")


@dataclass(frozen=True)
class File:
    """A file that may be a submission. `path` says where it was found, zips included; `refused` why it is not read.
    What is neither a notebook nor a zip is an `other` file, and comes without its data."""

    path: tuple[str, ...]
    data: bytes = b""
    time: float = 0.0
    refused: str = ""
    other: bool = False

    @property
    def name(self) -> str:
        return self.path[-1]


@dataclass
class Reader:
    """Walks inputs; counts what it has read, so that a bomb ends the archive and not the machine."""

    total: int = field(default=0)

    def walk(self, path: Path) -> Iterator[File]:
        """Every file under `path` (a file, a zip or a folder), in order of name."""
        at = (readable(path.name),)
        if path.is_symlink():
            yield File(at, refused="a link, not a file")
        elif path.is_dir():
            yield from self._folder(path, ())
        elif path.is_file():
            yield from self._one(path, at)
        else:
            yield File(at, refused="not a file")

    def _folder(self, folder: Path, at: tuple[str, ...]) -> Iterator[File]:
        if len(at) > MAX_FOLDERS:
            yield File(at, refused=f"folders are nested more than {MAX_FOLDERS} deep")
            return
        try:
            entries = sorted(folder.iterdir(), key=lambda p: p.name)
        except OSError as e:
            yield File(at or (readable(folder.name),), refused=f"the folder could not be opened ({e.strerror})")
            return
        for entry in entries:
            here = (*at, readable(entry.name))
            if entry.name in JUNK or entry.name.startswith("._"):
                continue
            if entry.is_symlink():
                yield File(here, refused="a link, not a file")
            elif entry.is_dir():
                yield from self._folder(entry, here)
            elif entry.is_file():
                yield from self._one(entry, here) if wanted(entry.name) else [File(here, other=True)]

    def _one(self, path: Path, at: tuple[str, ...]) -> Iterator[File]:
        try:
            status = path.stat()
            is_zip = path.suffix.lower() == ".zip"
            if status.st_size > (MAX_TOTAL if is_zip else MAX_FILE):
                yield File(at, time=status.st_mtime, refused=f"the file has {status.st_size >> 20} MB")
            elif is_zip:
                with open(path, "rb") as f:
                    yield from self._zip(f, at, status.st_mtime, 1)
            else:
                yield File(at, path.read_bytes(), status.st_mtime)
        except OSError as e:
            yield File(at, refused=f"the file could not be opened ({e.strerror})")

    def _zip(self, source: object, at: tuple[str, ...], when: float, depth: int) -> Iterator[File]:
        try:
            with zipfile.ZipFile(source) as bundle:  # type: ignore[call-overload]
                problem = refuse_zip(bundle)
                if problem or depth > MAX_NESTING:
                    yield File(at, time=when, refused=problem or "zips within zips within zips")
                    return
                for entry in sorted(bundle.infolist(), key=lambda e: e.filename):
                    yield from self._entry(bundle, entry, at, when, depth)
        except (zipfile.BadZipFile, ValueError, EOFError, NotImplementedError, RuntimeError, OSError) as e:
            yield File(at, time=when, refused=f"the zip cannot be read ({str(e)[:80]})")

    def _entry(
        self, bundle: zipfile.ZipFile, entry: zipfile.ZipInfo, at: tuple[str, ...], when: float, depth: int
    ) -> Iterator[File]:
        parts = PurePosixPath(entry.filename).parts
        if entry.is_dir() or not parts or set(parts) & set(JUNK) or parts[-1].startswith("._"):
            return
        when = zip_time(entry) or when
        here = (*at, *(p if fits(p) else f"{p[:40]}…" for p in parts[-MAX_FOLDERS:]))
        if not wanted(parts[-1]):
            yield File(here, time=when, other=True)
            return
        if not all(fits(p) for p in parts) or len(parts) > MAX_FOLDERS:
            yield File(here, time=when, refused=f"a name of more than {MAX_NAME} bytes, or too many folders")
            return
        self.total += entry.file_size
        if self.total > MAX_TOTAL * 4:
            yield File(here, time=when, refused="all archives together unpack to more than 4 GB")
            return
        data = bundle.read(entry)  # never more than file_size, which `refuse_zip` has bounded
        if parts[-1].lower().endswith(".zip"):
            yield from self._zip(BytesIO(data), here, when, depth + 1)
        else:
            yield File(here, data, when)


def refuse_zip(bundle: zipfile.ZipFile) -> str:
    """Why this zip is not opened, or ''."""
    entries = bundle.infolist()
    if len(entries) > MAX_ENTRIES:
        return f"the zip has {len(entries)} entries"
    if sum(e.file_size for e in entries) > MAX_TOTAL:
        return f"the zip unpacks to {sum(e.file_size for e in entries) >> 20} MB"
    for entry in entries:
        parts = PurePosixPath(entry.filename.replace("\\", "/")).parts
        if ".." in parts or entry.filename.startswith(("/", "\\")) or (parts and ":" in parts[0]):
            return "the zip has a path that leads out of it"
        if stat.S_ISLNK(entry.external_attr >> 16):
            return "the zip holds a link"
        if entry.file_size > MAX_FILE and not entry.filename.lower().endswith(".zip"):
            return f"the zip holds a file of {entry.file_size >> 20} MB"
        if entry.file_size > (1 << 20) and entry.file_size > MAX_RATIO * max(1, entry.compress_size):
            return "the zip is a bomb: it unpacks to more than 200 times its size"
        if entry.flag_bits & 1:
            return "the zip is locked with a password"
    return ""


def zip_time(entry: zipfile.ZipInfo) -> float:
    """Seconds since 1970 by the clock of whoever made the zip; 0 when the zip does not say."""
    try:
        return float(calendar.timegm(entry.date_time)) if entry.date_time[0] > 1980 else 0.0
    except ValueError:  # there is no such month
        return 0.0


def wanted(name: str) -> bool:
    return name.lower().endswith(WANTED) or name == METADATA


def fits(name: str) -> bool:
    return len(name.encode("utf-8", "replace")) <= MAX_NAME


def readable(name: str) -> str:
    r"""A file's name as text that can be printed and stored: bytes that are no UTF-8 become \\xff."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
