"""What a zip holds, without ever writing it: bombs, links, locked zips and paths that climb out are refused.

Runs in the limited children of `readers`, since the bytes are a student's.
"""

import lzma
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import IO

from .names import is_notebook, is_zip

MAX_FILE = 64 << 20
MAX_ZIP = 1 << 30  # on disk
MAX_UNPACKED = 256 << 20  # of all notebooks and zips in one submission
MAX_ENTRIES = 100_000  # of all zips in one submission
MAX_RATIO = 200  # of a file of more than
UNSUSPECTED = 16 << 20  # bytes: one line printed over and over packs as well as a bomb does
MAX_NESTING = 4
MAX_FOLDERS = 50
MAX_NAME = 255  # bytes; no file system takes more
BEGINS_AS_JUNK = ("._", "~$")  # what macOS and office programs put beside a file
JUNK = ("__MACOSX", ".ipynb_checkpoints", ".git", ".OTTER_LOG", ".DS_Store", "__pycache__", ".venv", "node_modules")


Wanted = Callable[[tuple[str, ...]], int]


class Refused(Exception):
    """A file is not read; the message says why, in one line."""


@dataclass(frozen=True)
class File:
    """A file in a submission, `path` from the submission inwards; `data` of notebooks, and of what was asked for;
    `refused` says why not."""

    path: tuple[str, ...]
    time: float
    data: bytes | None = None
    refused: str = ""


@dataclass
class Budget:
    """What one submission may still unpack: a bomb ends the submission, not the next one's."""

    bytes: int = MAX_UNPACKED
    entries: int = MAX_ENTRIES

    def take(self, entries: int) -> None:
        self.entries -= entries
        if self.entries < 0:
            raise Refused(f"the submission has more than {MAX_ENTRIES} files in its zips")


def unpack(
    source: IO[bytes], at: tuple[str, ...], when: float, budget: Budget, wanted: Wanted = lambda path: 0, depth: int = 1
) -> Iterator[File]:
    """Every file in a student's zip, zips within it included, in order of name. `wanted` says how many bytes are read
    of a file that is no notebook; one that has more comes without."""
    try:
        budget.take(0)
        with zipfile.ZipFile(source) as bundle:
            entries = bundle.infolist()
            budget.take(len(entries))
            if depth > MAX_NESTING:
                raise Refused("zips within zips within zips")
            windows = is_windows(bundle)
            names = [entry_path(entry, windows) for entry in entries]
            taken = [(n, e) for n, e in zip(names, entries, strict=True) if not is_junk(n) and not e.is_dir()]
            if depth == 1 and not taken:
                junk = sorted({next((part for part in name if part in JUNK), "") for name in names} - {""})
                raise Refused(f"the zip holds nothing but {', '.join(junk)}" if junk else "the zip holds no files")
            _refuse_all(taken, budget)
            for name, entry in sorted(taken, key=lambda pair: pair[0]):
                yield from _entry(bundle, entry, (*at, *name), entry_time(entry) or when, budget, wanted, depth)
    except Refused as e:
        yield File(at, when, refused=str(e))
    except (MemoryError, GeneratorExit):
        raise
    except Exception as e:  # what damaged bytes do to zipfile, zlib, bz2 and lzma has no end
        yield File(at, when, refused=f"the zip cannot be read ({' '.join(str(e).split())[:80] or type(e).__name__})")


def _entry(
    bundle: zipfile.ZipFile,
    entry: zipfile.ZipInfo,
    path: tuple[str, ...],
    when: float,
    budget: Budget,
    wanted: Wanted,
    depth: int,
) -> Iterator[File]:
    name = path[-1]
    if not is_notebook(name) and not is_zip(name):
        yield File(path, when, beginning(bundle, entry, wanted(path)))
        return
    data = bundle.read(entry)  # never more than `file_size`
    if is_zip(name):
        yield from unpack(BytesIO(data), path, when, budget, wanted, depth + 1)
    else:
        yield File(path, when, data)


def beginning(bundle: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes | None:
    """The bytes of a small file in a zip; None when it has more than `most`, or cannot be read."""
    if most <= 0 or entry.flag_bits & 1 or stat.S_ISLNK(entry.external_attr >> 16):
        return None
    with suppress(OSError, ValueError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError):
        with bundle.open(entry) as file:
            data = file.read(most + 1)
        return data if len(data) <= most else None
    return None


def _refuse_all(entries: list[tuple[tuple[str, ...], zipfile.ZipInfo]], budget: Budget) -> None:
    """Raise Refused when a student's zip is not read at all; else count what its notebooks and zips unpack to."""
    wanted = [(n, e) for n, e in entries if is_notebook(n[-1]) or is_zip(n[-1])]
    total = sum(e.file_size for _, e in wanted)
    if total > budget.bytes:
        raise Refused(f"the zip unpacks to {total >> 20} MB, more than the {MAX_UNPACKED >> 20} MB of a submission")
    for name, entry in entries:
        refuse(name, entry)
    budget.bytes -= total


def refuse(name: tuple[str, ...], entry: zipfile.ZipInfo) -> None:
    """Raise Refused when this entry of a zip must not be read."""
    raw = entry.filename.replace("\\", "/")
    parts = raw.split("/")
    if ".." in parts or raw.startswith("/") or ":" in parts[0][1:2]:
        raise Refused("the zip has a path that leads out of it")
    if len(name) > MAX_FOLDERS or any(len(part.encode("utf-8", "replace")) > MAX_NAME for part in parts):
        raise Refused(f"a name of more than {MAX_NAME} bytes, or too many folders")
    if not is_notebook(name[-1]) and not is_zip(name[-1]):
        return  # a link, such as those in an environment, is never followed
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise Refused("the zip holds a link")
    if entry.file_size > (MAX_UNPACKED if is_zip(name[-1]) else MAX_FILE):
        raise Refused(f"the zip holds a file of {entry.file_size >> 20} MB")
    if entry.file_size > UNSUSPECTED and entry.file_size > MAX_RATIO * max(1, entry.compress_size):
        raise Refused(f"the zip is a bomb: it unpacks to more than {MAX_RATIO} times its size")
    if entry.flag_bits & 1:
        raise Refused("the zip is locked with a password")


def is_windows(bundle: zipfile.ZipFile) -> bool:
    """Whether the zip's names have backslashes between folders, as some programs for Windows write them."""
    names = bundle.namelist()
    return any("\\" in n for n in names) and not any("/" in n for n in names)


def entry_path(entry: zipfile.ZipInfo, windows: bool) -> tuple[str, ...]:
    """The folders and the name of an entry, short enough to be printed, without steps out of the zip."""
    name = entry.filename
    if not entry.flag_bits & 0x800:  # the zip does not say that names are UTF-8, but many programs write just that
        with suppress(UnicodeEncodeError, UnicodeDecodeError):
            name = name.encode("cp437").decode("utf-8")
    parts = (name.replace("\\", "/") if windows else name).split("/")
    return tuple(_short(p) for p in parts if p not in ("", "..", "."))[-MAX_FOLDERS - 1 :] or ("unnamed",)


def _short(part: str) -> str:
    return part if len(part.encode("utf-8", "replace")) <= MAX_NAME else f"{part[:40]}…"


def entry_time(entry: zipfile.ZipInfo) -> float:
    """Seconds since 1970 by this machine's clock; 0 when the zip does not say."""
    try:
        return datetime(*entry.date_time).timestamp() if entry.date_time[0] > 1980 else 0.0
    except (ValueError, OverflowError):  # there is no such month
        return 0.0


def is_junk(path: tuple[str, ...]) -> bool:
    return any(part in JUNK for part in path) or path[-1].startswith(BEGINS_AS_JUNK)
