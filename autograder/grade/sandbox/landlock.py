"""Landlock and seccomp: for machines that forbid user namespaces. No other program is needed, and no rights."""

from pathlib import Path

from autograder.course import Library

from ..jail.settings import ZygoteSettings
from ..jail.walls import landlock, seccomp
from .backend import JAIL, MEMORY, SCRATCH_BYTES, Backend, Launch, course_folder, handed_out, imported_from
from .machine import readable_paths

DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random")


class Landlock(Backend):
    name = "Landlock and seccomp"

    def enter(self, folder: Path, library: Library | None) -> Launch:
        if not landlock.version():
            raise OSError("this kernel has no Landlock")
        if not seccomp.supported():
            raise OSError("seccomp filters are written for x86_64 and aarch64 only")
        scratch = course_folder(folder, library)
        given = [str(path) for path in handed_out(folder, library)]
        readable = [*readable_paths(), str(JAIL), *given, *DEVICES]
        settings = ZygoteSettings(
            str(scratch),
            [
                ("folder", {"model": str(scratch), "size": SCRATCH_BYTES}),
                ("limits", {"memory": MEMORY, "file": SCRATCH_BYTES}),
                ("threads", {"counted": False}),
                ("landlock", {"readable": readable, "writable": ["/dev/null", "/dev/zero"]}),
                ("privileges", {}),
                ("seccomp", {}),
            ],
        )
        return Launch([], settings, str(JAIL.parent), imported_from(folder, library))
