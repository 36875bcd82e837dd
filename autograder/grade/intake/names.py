"""What a file's name says: the person's name, without what belongs to the file (assignment, time, second copy)."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable

from .moments import moment

MAX_NAME = 120  # characters of a student's or an assignment's name; a longer one ends in a mark of the whole
MAX_BYTES = 200  # of the same in UTF-8: reports are files with these names, and no file system takes more than 255
JOINTS = "-_ ."
STAMP = re.compile(r"\d{4}_\d\d_\d\dT\d\d_\d\d_\d\d_\d+")  # otter puts it behind the assignment's name in a zip's name
_PACKED = re.compile(r"\.(?:rar|7z|tar|tgz|tbz2?|txz|gz|bz2|xz|zst)$", re.I)
_SUFFIX = re.compile(
    r"(?:\.(?:ipynb|zip|tar))?\.(?:ipynb|zip|json|txt|download|rar|7z|tar|tgz|tbz2?|txz|gz|bz2|xz|zst)$", re.I
)
_NOTEBOOK = re.compile(r"\.ipynb(?:\.(?:txt|json|download))?$|\.json$", re.I)
_COPY_END = re.compile(
    r"(?:\s*\(\d{1,2}\)|\s*\([^()]*(?:confli|konflikt)[^()]*\)|[-_]Copy\d{0,3}"
    r"|\s+[-–]\s+(?:Copy|Kopie|Copie|Copia|Cópia|Kopia)|\s+copy(?: \d{1,2})?)$",
    re.I,
)
_COPY_NUMBER = re.compile(r"^\s*\((\d{1,2})\)")
_COPY_START = re.compile(r"^(?:Copy|Kopie|Copie|Copia|Cópia) (?:of|von|de|di)\s+", re.I)
_BRANCH = re.compile(r"(?<=\w)-(?:main|master)$")  # of a repository that was downloaded as a zip
_JUPYTER_COPY = re.compile(r"-Copy\d{1,3}$|-checkpoint$")


def clean(name: str) -> str:
    """`name` as a gradebook can hold it: composed letters, single spaces, nothing that cannot be printed."""
    name = unicodedata.normalize("NFC", name)
    name = " ".join("".join(c if c.isprintable() else " " for c in name).split())
    if len(name) <= MAX_NAME and len(name.encode()) <= MAX_BYTES:
        return name
    mark = hashlib.sha256(name.encode()).hexdigest()[:8]
    short = name[: MAX_NAME - 10].encode()[: MAX_BYTES - 12].decode(errors="ignore")
    return f"{short.rstrip()}… {mark}"


def is_notebook(name: str) -> bool:
    """Browsers add .txt or .json to a notebook's name; a plain .json may be a notebook too."""
    return bool(_NOTEBOOK.search(name))


def is_zip(name: str) -> bool:
    return name.lower().endswith(".zip")


def is_packed(name: str) -> bool:
    """Whether this is an archive of a kind that is not opened: everything but zips."""
    return bool(_PACKED.search(name))


def stem(name: str) -> str:
    return _SUFFIX.sub("", name) if _SUFFIX.search(name) else name.rsplit(".", 1)[0]


def without_copy(name: str) -> str:
    """`name` without the marks of browsers, systems and Jupyter for another copy of the same file."""
    before = None
    while name != before:
        before, name = name, _COPY_START.sub("", _COPY_END.sub("", name)).strip()
    return name


def copy_number(name: str) -> int:
    """The number that a browser put behind the name of another copy: 2 in `x (2).ipynb`; else 0."""
    found = re.search(r"\((\d{1,2})\)$", stem(name))
    return int(found[1]) if found else 0


def natural(name: str) -> list[tuple[int, str]]:
    """A key by which `try 10` comes after `try 9`."""
    return [(int(part) if part.isdecimal() else -1, part) for part in re.split(r"(\d{1,9})", name)]


def same_place(name: str) -> str:
    """What a notebook and the copies that Jupyter made beside it have in common."""
    return _JUPYTER_COPY.sub("", stem(name))


class Names:
    """Reads a person's name from a file's or a folder's name, given the names of the assignments."""

    def __init__(self, known: Iterable[str]):
        self.known = list(known)
        self.parts = {*self.known, *(k.split("_")[0] for k in self.known)}
        longest = sorted(self.parts, key=len, reverse=True)
        words = "|".join(re.escape(part).replace("_", "[-_ ]") for part in longest)
        self._assignment = re.compile(rf"(?<![^\W_])(?:{words})(?:\.ipynb)?(?![^\W_])", re.I) if words else None

    def assignment(self, name: str) -> str | None:
        """The assignment that a file's name names, if it does."""
        plain = name.lower().replace("-", "_").replace(" ", "_")
        return next((k for k in self.known if k.lower() in plain), None)

    def person(self, name: str) -> tuple[str, float]:
        """(person, time) of a file's stem; '' and 0 where it does not say.

        Otter calls its zips ASSIGNMENT_TIME.zip. What stands in front of an assignment's name or behind the time was
        added by whoever collected the files: that is the person.
        """
        time = 0.0
        if stamp := STAMP.search(name):
            time = moment(stamp.group()) or 0.0
            front, back = name[: stamp.start()], _COPY_NUMBER.sub("", name[stamp.end() :])
            if self._assignment is None or not self._assignment.search(front):
                front = ""  # the name of an assignment that is not graded here
            name = f"{front.rstrip(JOINTS)}_{back.lstrip(JOINTS)}"
        return self._rest(_BRANCH.sub("", name)), time

    def _rest(self, name: str) -> str:
        before = None
        while name != before:
            before, name = name, without_copy(name).strip(JOINTS)
            if self._assignment and (found := self._assignment.search(name)):
                front, back = name[: found.start()], name[found.end() :]
                joint = "_" if front.endswith("_") or back.startswith("_") else " "
                front, back = front.rstrip(JOINTS), back.lstrip(JOINTS)
                name = f"{front}{joint}{back}" if front and back else front or back
            if name[:1] + name[-1:] in ("()", "[]"):
                name = name[1:-1].strip()
        return name
