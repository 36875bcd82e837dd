"""Which files beside a notebook go along with it into the sandbox: a helper to import, data to read.

They are that student's own, from the same hand-in. None may stand for a module of Python's, of the course's or of an
installed package: such a file is not taken, and the grade's reason says so where the notebook uses it.
"""

import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

MAX_FILES = 50
MAX_BYTES = 4 << 20  # of all together
KINDS = (".py", ".txt", ".csv", ".tsv", ".json", ".npy", ".npz", ".dat")  # others only where the notebook names them
OURS = ("otter", "jail", "autograder")
Place = tuple[str, ...]  # folders and name, from the notebook's folder inwards


@dataclass
class Beside:
    """What goes along, by its path from the notebook; `note` is for the grade's reason."""

    files: dict[str, bytes] = field(default_factory=dict)
    note: str = ""


def taken_along(
    places: Iterable[Place], code: str, reserved: Iterable[str], read: Callable[[list[Place]], dict[Place, bytes]]
) -> Beside:
    """`code` is the notebook's, `reserved` are names of the course's own modules; `read` gives the bytes of those
    places that can be read and are not too large."""
    wanted, used = [], set()
    for place in places:
        if uses(code, place):
            used.add(place)
        if place[0] not in reserved and (place in used or place[-1].lower().endswith(KINDS)) and _plain(place):
            wanted.append(place)
    shadows = {place for place in wanted if _module(place) in reserved or is_installed(_module(place))}
    wanted = sorted((p for p in wanted if p not in shadows), key=lambda p: (p not in used, p[-1][-3:] != ".py", p))
    found, left = Beside(), MAX_BYTES
    for place, data in read(wanted[:MAX_FILES]).items():
        if len(data) <= left:
            left -= len(data)
            found.files["/".join(place)] = data
    without = [p for p in sorted(used & set(wanted)) if "/".join(p) not in found.files]
    found.note = "; ".join(filter(None, (
        _said(sorted(used & shadows), "since Python or the course has a module of that name"),
        _said(without, f"since at most {MAX_FILES} files of {MAX_BYTES >> 20} MB together are"),
    )))  # fmt: skip
    return found


def uses(code: str, place: Place) -> bool:
    """Whether a notebook's code imports this file, or holds its name."""
    if place[-1].endswith(".py"):
        module = place[0].removesuffix(".py")
        imported = re.search(rf"^\s*(?:import|from)\s+(?:[\w., ]*, *)?{re.escape(module)}\b", code, re.M)
        return bool(imported) or place[-1] in code
    return len(place[-1]) > 3 and place[-1] in code


@cache
def is_installed(module: str) -> bool:
    """Whether Python itself or an installed package has a module of this name."""
    if module in sys.stdlib_module_names or module in OURS:
        return True
    packages = [Path(p) for p in sys.path if p.rstrip("/").endswith(("site-packages", "dist-packages"))]
    return any((p / module / "__init__.py").is_file() or (p / f"{module}.py").is_file() for p in packages)


def _module(place: Place) -> str:
    """The name by which Python would import something of this file; "" where it is data."""
    return place[0].removesuffix(".py") if place[-1].endswith(".py") else ""


def _plain(place: Place) -> bool:
    """Whether a file can have this name in any sandbox, and lies nowhere else."""
    return len(place) <= 5 and all(
        part not in ("", ".", "..") and part.isprintable() and not set(part) & {"/", "\\", ":"} for part in place
    )


def _said(places: list[Place], why: str) -> str:
    names = ", ".join("/".join(place) for place in places[:3])
    lay = "which lie" if len(places) > 1 else "which lies"
    return f"the notebook uses {names}, {lay} beside it and is not taken along, {why}" if places else ""
