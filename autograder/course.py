"""The course as data: `course.toml` at its root, read once, checked, and handed to whoever needs it.

Light to import: no otter, no Jupyter, nothing of the course's own library. A key of the file is a field of one of the
classes below, so a new key is a new field with a default; a table is a class of its own.
"""

import importlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Protocol

from autograder.errors import CommandError
from autograder.settings import Seconds, SettingError, read

FILE = "course.toml"
PAPERS = {"a4": (210.0, 297.0), "letter": (215.9, 279.4)}  # millimetres: width, height


class CourseError(CommandError):
    """What is wrong with the course's own file: one sentence that names the file and the key."""

    status = 2


class UnknownProblem(CourseError, LookupError):
    """No master has this name."""


@dataclass(frozen=True)
class Library:
    """The package that notebooks import. Plain data: it travels to the processes that grade, here or on a cluster."""

    folder: str  # in course.toml relative to it; here as a whole path
    checker: str = ""  # the module of it that checks answers, such as "tools.check"; "": tests check by themselves
    support: tuple[str, ...] = ()  # files and folders beside it that notebooks read
    preload: tuple[str, ...] = ()  # modules that each sandbox imports before the first submission
    drawing: tuple[str, ...] = ()  # those of them that only a notebook which draws has need of
    hidden: tuple[str, ...] = ()  # modules that only hidden tests use: students do not get them
    recorded: tuple[str, ...] = ()  # modules of right answers: students get what they gave, by the checker's `recorded`

    @property
    def path(self) -> Path:
        return Path(self.folder)

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def root(self) -> Path:
        """Where it is imported from."""
        return self.path.parent

    @property
    def modules(self) -> set[str]:
        """The names that notebooks have for the library and its modules after `import` and `from ... import`."""
        return {self.name, *(module.rpartition(".")[2] for module in self.preload)}

    @property
    def given(self) -> list[Path]:
        """Everything that lies beside the notebooks: the library itself, and what supports it."""
        return [self.path, *map(Path, self.support)]

    @property
    def names(self) -> tuple[str, ...]:
        """What `given` is called there."""
        return tuple(path.name for path in self.given)

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> "Library":
        """The library again from what JSON made of `dataclasses.asdict`."""
        fixed: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in plain.items()}
        return cls(**fixed)


@dataclass(frozen=True)
class Limits:
    cell: Seconds = 30.0  # of processor time: for one cell of a submission, and for one call of a student's function
    build: Seconds = 180.0  # for a whole notebook of a master, when it is built


@dataclass(frozen=True)
class Publish:
    """Where students find the course on the web; links, badges and the notebooks' first cell are made of it."""

    repository: str = ""  # the address of its Git repository, such as "https://github.com/OWNER/NAME"
    branch: str = "main"
    archive: str = ""  # a zip of the course; without it the one that GitHub makes of the repository


@dataclass(frozen=True)
class GradingOptions:
    points_shown: bool = True  # whether students see their points, and not only what is right
    # on Gradescope: when they see the points that hidden tests give
    hidden_shown: Literal["always", "after_published", "never"] = "after_published"
    hand_in: str = ""  # where students hand in, in words


@dataclass(frozen=True)
class Late:
    """What is late by more than the grace costs nothing while free days last, and then a share of the points."""

    free_days: int = 0  # of each student, for the whole course
    penalty_per_day: float = 0.0  # of the points possible, for each begun day: 0.1 is a tenth
    grace_minutes: float = 0.0


@dataclass(frozen=True)
class Section:
    """One meeting with a teaching assistant: `python -m autograder section` makes its sheets."""

    title: str = "Discussion"
    minutes: float = 50.0
    questions: tuple[str, ...] = ()  # names, in order
    note: str = ""  # Markdown below the title: what holds for all questions


@dataclass(frozen=True)
class Course:
    """A course on disk: what its file says, and where its parts are."""

    root: Path
    title: str
    short: str  # a name for folders and images: small letters, digits, hyphens
    library: Library
    term: str = ""
    institution: str = ""
    authors: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()  # the masters' names, in order; without them all that lie in solutions/
    publish: Publish = Publish()
    limits: Limits = Limits()
    grading: GradingOptions = GradingOptions()
    late: Late = Late()
    section: Section = Section()
    paper: Literal["a4", "letter"] = "a4"
    variants: Literal["same", "per-student"] = "same"  # the latter by `python -m autograder hand-out`
    variants_folder: str = ""  # for what `hand-out` keeps, its secret too; without it SHORT-numbers beside the root

    @classmethod
    def load(cls, root: Path) -> "Course":
        """The course whose root is the folder `root`. Raises CourseError."""
        root = root.resolve()
        file = root / FILE
        try:
            with open(file, "rb") as opened:
                said = tomllib.load(opened)
        except FileNotFoundError:
            raise CourseError(f"there is no {FILE} in {root}: a course begins with one") from None
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise CourseError(f"{file}: {error}") from None
        try:
            course = read(cls, said, root=root)
        except SettingError as error:
            raise CourseError(f"{file}: {error}") from None
        library = course.library
        beside = tuple(str(root / name) for name in library.support)
        course = replace(course, library=replace(library, folder=str(root / library.folder), support=beside))
        course._check(file)
        return course

    @classmethod
    def find(cls, start: Path | None = None) -> "Course":
        """The course that holds the folder `start`, else the working directory. Raises CourseError."""
        start = (start or Path.cwd()).resolve()
        for folder in (start, *start.parents):
            if (folder / FILE).is_file():
                return cls.load(folder)
        raise CourseError(f"there is no {FILE} in {start} or above it: go into a course, or name one with --course")

    def _check(self, file: Path) -> None:
        if self.per_student and not self.library.checker:
            raise CourseError(f"{file}: `variants` is 'per-student'; that needs a checker below [library]")
        if self.numbers.is_relative_to(self.root):
            said = self.variants_folder
            raise CourseError(
                f"{file}: `variants_folder` is {said!r}; expected a folder outside of the course: it is secret"
            )
        if not self.short or not all(c.isascii() and (c.isalnum() or c == "-") and c == c.lower() for c in self.short):
            raise CourseError(f"{file}: `short` is {self.short!r}; expected small letters, digits and hyphens")
        if not self.library.name.isidentifier() or not self.library.path.is_dir():
            raise CourseError(f"{file}: `library.folder` is {self.library.name!r}; expected a package beside {FILE}")
        for path in self.library.given:
            if path.parent != self.root or not path.exists():
                raise CourseError(f"{file}: `library` names {path}; expected what lies beside {FILE}")
        if len(set(self.problems)) < len(self.problems):
            raise CourseError(f"{file}: `problems` names one problem twice")

    @property
    def per_student(self) -> bool:
        return self.variants == "per-student"

    # where its parts are

    @property
    def numbers(self) -> Path:
        """The secret of numbers per student, and what was handed out: never in the repository."""
        return (self.root / (self.variants_folder or f"../{self.short}-numbers")).resolve()

    @property
    def file(self) -> Path:
        return self.root / FILE

    @property
    def solutions(self) -> Path:
        return self.root / "solutions"

    @property
    def notebooks(self) -> Path:
        return self.root / "notebooks"

    @property
    def dist(self) -> Path:
        return self.root / "dist"

    @property
    def settings(self) -> Path:
        """What otter is told about every master."""
        return self.solutions / "assignment.yml"

    @property
    def requirements(self) -> Path:
        return self.root / "requirements.txt"

    @property
    def lock(self) -> Path:
        return self.root / "requirements.lock"

    @property
    def alternatives(self) -> Path:
        """Other answers that the checks are tried on: right ones, and, named wrong_*.py, wrong ones."""
        return self.root / "tests" / "alternatives"

    @property
    def equivalents(self) -> Path:
        """Mutants of the solutions that are right answers, too, each with its reason."""
        return self.root / "tests" / "mutants" / "equivalent.toml"

    @property
    def contributing(self) -> Path:
        return self.root / "CONTRIBUTING.md"

    def masters(self) -> list[Path]:
        """All masters, in the course's order. Raises CourseError for one that is listed and not there."""
        if not self.problems:
            return sorted(self.solutions.glob("*.py"), key=lambda path: _by_number(path.stem))
        found = [self.solutions / f"{name}.py" for name in self.problems]
        for path in found:
            if not path.is_file():
                raise CourseError(f"{self.file}: `problems` names {path.stem}; there is no {path}")
        return found

    def order(self, name: str) -> tuple:
        """A key to sort names of problems with: the course's order, and what it does not list behind."""
        listed = name in self.problems
        return (not listed, self.problems.index(name) if listed else 0, _by_number(name))

    def drafts(self) -> list[Path]:
        """Masters that the course's file does not list: nothing is made of them."""
        return sorted(p for p in self.solutions.glob("*.py") if self.problems and p.stem not in self.problems)

    def master(self, name: str) -> Path:
        """The master of this name, or of what stands before the name's first "_". Raises UnknownProblem."""
        name = Path(name).name.removesuffix(".py").removesuffix(".ipynb")
        for path in self.masters():
            if name in (path.stem, path.stem.split("_")[0]):
                return path
        known = ", ".join(p.stem for p in self.masters()) or "none yet"
        raise UnknownProblem(f"there is no master called {name!r} in {self.solutions}; there are: {known}")

    def built(self, name: str) -> Path:
        """One problem's build: student.ipynb, solution.ipynb, tests/, autograder.zip, problem.json."""
        return self.dist / "build" / name


def _by_number(name: str) -> list[tuple[int, str]]:
    """The second comes before the tenth."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", name)]


class Mistake(Protocol):
    """A misconception as the course's checker knows it."""

    name: str
    about: str
    says: str
    asks: str


def known_mistakes(library: Library) -> list[Mistake]:
    """What the course's checker can recognise; nothing where it has no checker. The library must be importable."""
    return importlib.import_module(library.checker).known() if library.checker else []
