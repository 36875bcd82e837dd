"""Files that people open: written as a whole, with names that every file system takes, and CSV without formulas."""

import csv
import hashlib
import io
import os
import re
import tempfile
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ..jail.wire import text as without_surrogates

MAX_NAME = 120  # bytes of a file's name before its ending: file systems take 255
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.I)  # on Windows no file can be called that
# a spreadsheet may cut a line at semicolons too, and then reads what stands behind one as a field of its own
_FORMULA = re.compile(r"""(^|;)([\s"]*)([=+\-@＝＋－＠])""")


class Verbatim(str):
    """Words of our own that a file must have just so."""


def harmless(value: Any) -> Any:
    """Text in one line that no spreadsheet takes for a formula, wherever it cuts the line; numbers in short."""
    if not isinstance(value, str) or isinstance(value, Verbatim):
        return "" if value is None else f"{value:g}" if isinstance(value, float) else value
    text = " ".join("".join(c if c.isprintable() else " " for c in without_surrogates(value)).split())
    return _FORMULA.sub(r"\1'\2\3", text)


def write_csv(path: Path, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A table in UTF-8, with commas and a line of column names."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([harmless(v) for v in row] for row in rows)
    replace(path, text.getvalue())


def replace(path: Path, text: str) -> None:
    """Write a file as a whole: another command, or a kill, never leaves half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    with os.fdopen(handle, "w", encoding="utf-8", errors="replace", newline="") as f:
        f.write(text)
    os.chmod(name, 0o644)
    os.replace(name, path)


def file_name(name: str) -> str:
    """A student's or an assignment's name as a file name without ending: harmless, short, and no other's."""
    plain = _cut(re.sub(r"[^\w.@ &+-]", "_", without_surrogates(name))).strip(". ")
    plain = f"_{plain}" if _DEVICE.match(plain) else plain
    return plain if plain == name else f"{plain}-{_hash(name)}"


def file_names(names: Iterable[str]) -> dict[str, str]:
    """`file_name` of each; names that some file systems hold for the same (Ann and ann) get different ones."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        file = file_name(name)
        if _folded(file) in taken:
            file = f"{_cut(file)}-{_hash(name)}"
        taken.add(_folded(file))
        found[name] = file
    return found


def _cut(name: str) -> str:
    return name.encode("utf-8", "ignore")[:MAX_NAME].decode("utf-8", "ignore")


def _hash(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "backslashreplace")).hexdigest()[:8]


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
