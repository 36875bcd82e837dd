"""What a build depends on, in one hash: a problem whose hash has not changed is not built again."""

import hashlib
import sys
from collections.abc import Iterable
from pathlib import Path

from autograder.course import Course

HERE = Path(__file__).parent


def key(course: Course, master: Path) -> str:
    """A hash of everything that a build of `master` depends on."""
    beside = [p for p in course.solutions.rglob("*") if p.suffix != ".py"]  # settings, data, texts for all masters
    inputs = [master, *beside, course.file, course.requirements, course.lock, *HERE.rglob("*")]
    digest = hashlib.sha256(sys.version.encode())
    for path in _files([*inputs, *(p for given in course.library.given for p in _within(given))]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _within(path: Path) -> Iterable[Path]:
    return path.rglob("*") if path.is_dir() else [path]


def _files(paths: Iterable[Path]) -> list[Path]:
    return sorted(p for p in paths if p.is_file() and "__pycache__" not in p.parts)
