"""An assignment as the grader needs it: otter test files, read from a built zip or from a folder of tests."""

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path

import autograder.grade
from autograder.build.bundle import digest_of, guards
from autograder.build.number_places import PLACES, Numbers, PlaceError, fill, questions_in
from autograder.course import Library
from autograder.testfiles import faults_of_file

MAX_TEST_FILE = 4 << 20
STOCK = "-stock"  # how a zip for otter's own runner is called: NAME-stock.zip


@dataclass(frozen=True)
class Assignment:
    """`tests` maps a file name to an otter test file's text, `files` the path of a file that lies beside the notebook
    to its bytes. `code` tells this assignment from every other; `fault` says why it cannot be graded. `places` are the
    test files in which each student's own numbers have their places, these left open."""

    name: str
    tests: dict[str, str]
    config: dict = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    fault: str = ""
    places: dict[str, str] = field(default_factory=dict)

    def edition(self, numbers: Numbers) -> "Assignment":
        """The assignment with one student's own numbers. Raises PlaceError where they do not fit."""
        own = {name: fill(text, numbers, repr) for name, text in self.places.items()}
        for name, text in own.items():
            for question in questions_in([text]):
                raise PlaceError(f"there are no numbers for {question} in {name}")
        return replace(self, tests=self.tests | own)

    @cached_property
    def code(self) -> str:
        files = {path: hashlib.sha256(data).hexdigest() for path, data in self.files.items()}
        return hashlib.sha256(json.dumps([self.name, self.tests, files], sort_keys=True).encode()).hexdigest()

    @property
    def questions(self) -> list[str]:
        return [file.removesuffix(".py") for file in sorted(self.tests)]

    def as_message(self) -> tuple[dict, list[bytes]]:
        """For the line to a worker: plain data, and the bytes of the files one after the other."""
        sizes = {path: len(data) for path, data in self.files.items()}
        return {"name": self.name, "tests": self.tests, "config": self.config, "files": sizes}, [*self.files.values()]

    @classmethod
    def of(cls, message: dict, blob: bytes) -> "Assignment":
        """The assignment again from what `as_message` gave."""
        return cls(message["name"], message["tests"], message["config"], cut(blob, message["files"]))


def cut(blob: bytes, sizes: Mapping[str, int]) -> dict[str, bytes]:
    """The files that lie one after the other in `blob`, by their paths."""
    files, at = {}, 0
    for path, size in sizes.items():
        files[path], at = blob[at : at + size], at + size
    return files


@cache
def code_hash(library: Library | None) -> str:
    """A hash of the grader's own code, of the course's library and its data: a change in either may change a grade.

    Reports change none: they are written anew in each run.
    """
    digest = hashlib.sha256()
    grader = Path(autograder.grade.__file__).parent
    for folder in (grader, *(library.given if library else ())):
        files = [folder] if folder.is_file() else [p for p in sorted(folder.rglob("*")) if p.is_file()]
        for path in (p for p in files if "__pycache__" not in p.parts and grader / "reports" not in p.parents):
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def from_zip(path: Path, library: Library | None = None) -> Assignment:
    """The assignment in an autograder zip as `otter assign` and `make build` write it; its `files/` are the problem's,
    and not the `library`'s. Raises ValueError for what is no such zip."""
    with zipfile.ZipFile(path) as bundle:
        tests = {
            entry.filename.removeprefix("tests/"): bundle.read(entry).decode("utf-8")
            for entry in bundle.infolist()
            if entry.filename.startswith("tests/")
            and entry.filename.endswith(".py")
            and entry.file_size < MAX_TEST_FILE
        }
        config = json.loads(bundle.read("otter_config.json")) if "otter_config.json" in bundle.namelist() else {}
        ours = tuple(f"files/{given.name}" for given in library.given) if library else ()
        files = {
            entry.filename.removeprefix("files/"): bundle.read(entry)
            for entry in bundle.infolist()
            if entry.filename.startswith("files/")
            and not entry.is_dir()
            and not any(entry.filename == own or entry.filename.startswith(f"{own}/") for own in ours)
        }
    config.pop("token", None)
    if not tests:
        raise ValueError(f"{path} holds no tests/*.py: it is not an autograder zip")
    return _checked(Assignment(config.get("assignment_name") or path.stem, tests, config, files), f"{path}: tests")


def from_folder(
    tests: Path, name: str, config: dict | None = None, files: Path | None = None, library: Library | None = None
) -> Assignment:
    """The assignment whose test files lie in `tests`, and what lies beside its notebook in `files`, if there is any
    besides the `library`. Raises ValueError where there are no tests."""
    found = {path.name: path.read_text(encoding="utf-8") for path in sorted(tests.glob("*.py"))}
    if not found:
        raise ValueError(f"{tests} holds no test files")
    ours = {path.name for path in library.given} if library else set()
    beside = [p for p in sorted(files.rglob("*")) if p.is_file()] if files else []
    beside = [p for p in beside if files and p.relative_to(files).parts[0] not in ours]
    data = {p.relative_to(files).as_posix(): p.read_bytes() for p in beside if files}
    return _checked(Assignment(name, found, config or {}, data), str(tests))


def _checked(assignment: Assignment, where: str) -> Assignment:
    for name, source in sorted(assignment.tests.items()):
        for fault in faults_of_file(source):
            return replace(assignment, fault=f"{where}/{name}:{fault.line}: {fault.message}")
    return assignment


def load_all(folder: Path, library: Library | None = None) -> dict[str, Assignment]:
    """All assignments in a folder of autograder zips (`dist/autograder`), by name.

    Beside it the build keeps the test files without the guard that otter needs against a foreign library; here
    the library is ours by construction, so those are taken where they belong to the same build.
    """
    found = {}
    for path in sorted(p for p in folder.glob("*.zip") if not p.stem.endswith(STOCK)):
        assignment = from_zip(path, library)
        plain, stock = folder.parent / "build" / path.stem, path.with_name(f"{path.stem}{STOCK}.zip")
        if (plain / "tests").is_dir() and _same_build(plain / "autograder.zip", stock if stock.exists() else path):
            assignment = from_folder(plain / "tests", assignment.name, assignment.config, plain / "files")
            assignment = replace(assignment, places=open_places(plain / PLACES / "tests"))
        elif library and not assignment.fault and _accepted(assignment) - {digest_of(library.path)}:
            fault = f"{path} was made with another edition of {library.name}/, which its tests do not accept"
            assignment = replace(assignment, fault=f"{fault}: run `make build`")
        found[assignment.name] = assignment
    return found


def _accepted(assignment: Assignment) -> set[str]:
    return {digest for test in assignment.tests.values() for digest in guards(test)}


def open_places(tests: Path) -> dict[str, str]:
    """The test files in a folder in which numbers have open places."""
    texts = {path.name: path.read_text(encoding="utf-8") for path in sorted(tests.glob("*.py"))}
    return {name: text for name, text in texts.items() if questions_in([text])}


def _same_build(one: Path, other: Path) -> bool:
    return one.is_file() and one.read_bytes() == other.read_bytes()


_WRITTEN: dict[str, tempfile.TemporaryDirectory] = {}


def forget_folders() -> None:
    """Delete the test files that are on disk."""
    while _WRITTEN:
        _WRITTEN.popitem()[1].cleanup()


def test_folder(assignment: Assignment) -> Path:
    """The test files on disk, in a folder that only this user can read; written once per process."""
    if assignment.code not in _WRITTEN:
        folder = tempfile.TemporaryDirectory(prefix="grader-tests-")
        for name, body in assignment.tests.items():
            (Path(folder.name) / Path(name).name).write_text(body, encoding="utf-8")
        _WRITTEN[assignment.code] = folder
    return Path(_WRITTEN[assignment.code].name)
