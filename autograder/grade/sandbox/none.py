"""No sandbox: student code runs with the grader's own rights, and every report says so."""

from pathlib import Path

from autograder.course import Library

from ..jail.settings import ZygoteSettings
from ..jail.walls import Named
from .backend import JAIL, MEMORY, SCRATCH_BYTES, Backend, Launch, course_folder, imported_from


class Unsandboxed(Backend):
    name = "none (--unsandboxed)"
    safe = False

    def enter(self, folder: Path, library: Library | None) -> Launch:
        scratch = str(course_folder(folder, library))
        walls: list[Named] = [
            ("folder", {"model": scratch, "size": 0}),
            ("limits", {"memory": MEMORY, "file": SCRATCH_BYTES}),
            ("threads", {"counted": False}),
        ]
        return Launch([], ZygoteSettings(scratch, walls), str(JAIL.parent), imported_from(folder, library))
