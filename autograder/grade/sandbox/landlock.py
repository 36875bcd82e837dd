"""Landlock and seccomp: for machines that forbid user namespaces. No other program is needed, and no rights."""

import os
from dataclasses import replace
from pathlib import Path

from autograder.course import Library

from ..jail.walls import lockdown, seccomp
from ..jail.zygote import Settings
from .process import JAIL, MEMORY, SCRATCH_BYTES, Backend, Launch, readable_paths

STUDENTS = 61_000  # users of these numbers own nothing; each grading process has its own of them


def course_folder(folder: Path, library: Library | None) -> Path:
    """A folder that looks like the course: `notebooks/` to work in, and links to the trusted library and its data."""
    scratch = folder / "scratch" / "notebooks"
    scratch.mkdir(parents=True, exist_ok=True)
    for path in library.given if library else ():
        link = scratch.parent / path.name
        if not link.is_symlink():
            link.symlink_to(path)
    return scratch


def launch(folder: Path, library: Library | None) -> Launch:
    if not lockdown.landlock_version():
        raise OSError("this kernel has no Landlock")
    if not seccomp.supported():
        raise OSError("seccomp filters are written for x86_64 and aarch64 only")
    return Launch([], _settings(folder, library), str(JAIL.parent), _imported_from(library))


def _imported_from(library: Library | None) -> str:
    return str(library.root) if library else ""


def _settings(folder: Path, library: Library | None) -> Settings:
    scratch = course_folder(folder, library)
    readable = [
        *readable_paths(),
        str(JAIL),
        *(str(path) for path in (library.given if library else ())),
        "/dev/null",
        "/dev/zero",
        "/dev/urandom",
        "/dev/random",
    ]
    return Settings(
        scratch=str(scratch),
        readable=readable,
        memory=MEMORY,
        scratch_bytes=SCRATCH_BYTES,
        namespaces=False,
        landlock=True,
        seccomp=True,
        uid=None,
    )


def launch_other_user(folder: Path, library: Library | None) -> Launch:
    """For a root without Landlock, as in a container: another user, and whatever seccomp can still refuse."""
    if os.getuid() != 0:
        raise PermissionError("only root can become another user")
    uid = STUDENTS + os.getpid() % 4000
    settings = replace(_settings(folder, library), landlock=False, seccomp=seccomp.supported(), uid=uid)
    os.chmod(folder, 0o755)
    return Launch([], settings, str(JAIL.parent), _imported_from(library))


def launch_unsandboxed(folder: Path, library: Library | None) -> Launch:
    settings = replace(_settings(folder, library), landlock=False, seccomp=False)
    return Launch([], settings, str(JAIL.parent), _imported_from(library))


LANDLOCK = Backend("Landlock and seccomp", launch)
OTHER_USER = Backend("another user", launch_other_user)
UNSANDBOXED = Backend("none (--unsandboxed)", launch_unsandboxed, safe=False)
