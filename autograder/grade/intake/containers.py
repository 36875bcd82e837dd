"""A file of a submission, wherever it lies: on disk, or in a zip, or in a zip within one."""

import os
import zipfile
from codecs import BOM_UTF8
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from typing import IO

from .archives import MAX_FILE, MAX_ZIP, Refused, beginning, entry_path, is_windows, refuse
from .names import is_notebook, is_zip

_OTHER_ARCHIVES = {b"Rar!": "a RAR archive", b"7z\xbc\xaf": "a 7z archive", b"\x1f\x8b": "a gzip archive"}


@dataclass(frozen=True)
class SubmittedFile:
    """A file of a submission: on disk, or the entries to open one after the other in a zip on disk.

    `attempt` orders what one student handed in; `fixed` says that `time` is known better than a zip's entries know it;
    `named` is the file's name before a course system put a student's in front.
    """

    path: tuple[str, ...]
    disk: str
    inside: tuple[int, ...] = ()
    attempt: float = 0.0
    time: float = 0.0
    fixed: bool = False
    refused: str = ""
    named: str = ""


class Containers:
    """The zips that hold a whole class. The last ones stay open, since each of its submissions asks for them."""

    def __init__(self) -> None:
        self.open: dict[tuple[str, tuple[int, ...]], zipfile.ZipFile] = {}

    def of(self, disk: str, inside: tuple[int, ...]) -> zipfile.ZipFile:
        if (disk, inside) not in self.open:
            source = self._data(disk, inside) if inside else open(os.fsencode(disk), "rb")  # noqa: SIM115
            while len(self.open) > 1:
                self.open.pop(next(iter(self.open))).close()
            self.open[disk, inside] = zipfile.ZipFile(source)
        return self.open[disk, inside]

    def _data(self, disk: str, inside: tuple[int, ...]) -> IO[bytes]:
        """A file within a zip; raises Refused."""
        if not inside:
            return open(os.fsencode(disk), "rb")
        bundle = self.of(disk, inside[:-1])
        entry = bundle.infolist()[inside[-1]]
        refuse(entry_path(entry, is_windows(bundle)), entry)
        return BytesIO(bundle.read(entry))

    def beginning(self, item: SubmittedFile, most: int) -> bytes | None:
        """A small file's bytes; None when it has more than `most` or cannot be read."""
        if item.inside:
            bundle = self.of(item.disk, item.inside[:-1])
            return beginning(bundle, bundle.infolist()[item.inside[-1]], most)
        with suppress(OSError), open(os.fsencode(item.disk), "rb") as file:
            data = file.read(most + 1)
            return data if len(data) <= most else None
        return None

    def read(self, item: SubmittedFile) -> IO[bytes]:
        limit = MAX_FILE if is_notebook(item.path[-1]) else MAX_ZIP
        if not item.inside and (size := os.stat(os.fsencode(item.disk)).st_size) > limit:
            raise Refused(f"the file has {size >> 20} MB")
        return self._data(item.disk, item.inside)


def is_packed_as(source: IO[bytes], name: str) -> bool:
    """Whether a file that is called a zip or a notebook is a zip: its first bytes say it, else its name.

    Raises Refused when it is another archive.
    """
    start = source.read(8)
    source.seek(0)
    other = next((kind for begins, kind in _OTHER_ARCHIVES.items() if start.startswith(begins)), None)
    if other:
        raise Refused(
            f"the file is {other}; of archives only zips are opened: unpack it into a folder with the student's name"
        )
    text = start.removeprefix(BOM_UTF8).lstrip().startswith(b"{")
    return start.startswith(b"PK\x03\x04") or (is_zip(name) and not text)
