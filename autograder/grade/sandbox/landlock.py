"""Landlock and seccomp: for machines that forbid user namespaces. No other program is needed, and no rights."""

import os
from dataclasses import replace
from pathlib import Path

from ..jail.walls import lockdown, seccomp
from ..jail.zygote import Settings
from .process import JAIL, MEMORY, SCRATCH_BYTES, UTILS, Backend, Launch, readable_paths

STUDENTS = 61_000  # users of these numbers own nothing; each grading process has its own of them


def course_folder(folder: Path) -> Path:
    """A folder that looks like the course: `notebooks/` to work in, and a link to the trusted `utils`."""
    scratch = folder / "scratch" / "notebooks"
    scratch.mkdir(parents=True, exist_ok=True)
    link = scratch.parent / "utils"
    if UTILS.is_dir() and not link.is_symlink():
        link.symlink_to(UTILS)
    return scratch


def launch(folder: Path) -> Launch:
    if not lockdown.landlock_version():
        raise OSError("this kernel has no Landlock")
    if not seccomp.supported():
        raise OSError("seccomp filters are written for x86_64 and aarch64 only")
    return Launch([], _settings(folder), str(JAIL.parent), str(UTILS.parent))


def _settings(folder: Path) -> Settings:
    scratch = course_folder(folder)
    readable = [
        *readable_paths(),
        str(JAIL),
        str(UTILS),
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


def launch_other_user(folder: Path) -> Launch:
    """For a root without Landlock, as in a container: another user, and whatever seccomp can still refuse."""
    if os.getuid() != 0:
        raise PermissionError("only root can become another user")
    uid = STUDENTS + os.getpid() % 4000
    settings = replace(_settings(folder), landlock=False, seccomp=seccomp.supported(), uid=uid)
    os.chmod(folder, 0o755)
    return Launch([], settings, str(JAIL.parent), str(UTILS.parent))


def launch_unsandboxed(folder: Path) -> Launch:
    settings = replace(_settings(folder), landlock=False, seccomp=False)
    return Launch([], settings, str(JAIL.parent), str(UTILS.parent))


LANDLOCK = Backend("Landlock and seccomp", launch)
OTHER_USER = Backend("another user", launch_other_user)
UNSANDBOXED = Backend("none (--unsandboxed)", launch_unsandboxed, safe=False)
