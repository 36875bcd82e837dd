"""Another user: for a root without Landlock, as in a container; and whatever seccomp can still refuse."""

import os
from pathlib import Path

from autograder.course import Library

from ..jail.settings import ZygoteSettings
from ..jail.walls import Named, seccomp
from .backend import JAIL, MEMORY, SCRATCH_BYTES, Backend, Launch, course_folder, imported_from

STUDENTS = 61_000  # users of these numbers own nothing; each grading process has its own of them


class OtherUser(Backend):
    name = "another user"

    def enter(self, folder: Path, library: Library | None) -> Launch:
        if os.getuid() != 0:
            raise PermissionError("only root can become another user")
        scratch, uid = str(course_folder(folder, library)), STUDENTS + os.getpid() % 4000
        os.chmod(folder, 0o755)
        walls: list[Named] = [
            ("folder", {"model": scratch, "size": SCRATCH_BYTES, "uid": uid}),
            ("limits", {"memory": MEMORY, "file": SCRATCH_BYTES}),
            ("user", {"uid": uid}),
            ("threads", {"counted": True}),
            ("privileges", {}),
        ]
        if seccomp.supported():
            walls.append(("seccomp", {}))
        return Launch([], ZygoteSettings(scratch, walls), str(JAIL.parent), imported_from(folder, library))
