"""What a sandbox's way is: how a zygote gets in, and what is cleared away when it is gone."""

from dataclasses import dataclass
from pathlib import Path

from autograder.course import Library
from autograder.student_library import write

from .. import jail
from ..jail.settings import ZygoteSettings
from ..jail.walls.folder import clear

JAIL = Path(jail.__file__).parent  # all of the grader that a sandbox sees
MEMORY = 1 << 30  # bytes of address space of a student's process
SCRATCH_BYTES = 64 << 20  # that its files may take


@dataclass(frozen=True)
class Launch:
    """How to start a zygote: the command before Python's, the settings within, where the trusted code is seen: the
    jail's, and the course's library."""

    prefix: list[str]
    settings: ZygoteSettings
    code: str
    course: str


class Backend:
    """A way to keep students' processes apart. To add one: a file with such a class, and a line in `choose.py`."""

    name = ""
    safe = True

    def enter(self, folder: Path, library: Library | None) -> Launch:
        """Prepare `folder`, a private one, for a zygote. OSError where this machine does not allow it."""
        raise NotImplementedError

    def leave(self, folder: Path) -> None:
        """Clear the folder away, when the zygote is gone."""
        clear(str(folder))


def handed_out(folder: Path, library: Library | None) -> list[Path]:
    """The library and its data in `folder`, as students have them: without what only checks use."""
    to = folder / "course"
    if library and not to.exists():
        to.mkdir()
        write(library, to)
        for path in to.rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)
    return [to / name for name in library.names] if library else []


def course_folder(folder: Path, library: Library | None) -> Path:
    """A folder that looks like the course: `notebooks/` to work in, and links to the trusted library and its data."""
    scratch = folder / "scratch" / "notebooks"
    scratch.mkdir(parents=True, exist_ok=True)
    for path in handed_out(folder, library):
        link = scratch.parent / path.name
        if not link.is_symlink():
            link.symlink_to(path)
    return scratch


def imported_from(folder: Path, library: Library | None) -> str:
    return str(folder / "course") if library else ""
