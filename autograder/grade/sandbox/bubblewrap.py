"""bubblewrap: new namespaces and a file system that holds only what is listed here."""

import os
import shutil
from pathlib import Path

from ..inside import lockdown, seccomp
from ..inside.zygote import Settings
from .process import INSIDE, MEMORY, SCRATCH_BYTES, UTILS, Backend, Launch, environment, readable_paths

SCRATCH = "/grade/notebooks"


def launch(folder: Path, preload: list[str]) -> Launch:
    program = shutil.which("bwrap")
    if program is None:
        raise FileNotFoundError("bubblewrap is not installed (Debian, Ubuntu: apt install bubblewrap)")
    prefix = [
        program,
        "--unshare-all",
        "--unshare-user",
        "--uid",
        "1000",
        "--gid",
        "1000",
        "--die-with-parent",
    ]
    prefix += ["--new-session", "--cap-drop", "ALL", "--clearenv", "--hostname", "sandbox"]
    for name, value in (environment(folder) | {"IPYTHONDIR": SCRATCH}).items():
        prefix += ["--setenv", name, value]
    for path in readable_paths():
        if os.path.islink(path):
            prefix += (
                ["--symlink", os.readlink(path), path] if path.count("/") == 1 else ["--ro-bind", path, path]
            )
        else:
            prefix += ["--ro-bind", path, path]
    prefix += ["--proc", "/proc", "--dev", "/dev", "--ro-bind", str(INSIDE), "/grade/.grader/inside"]
    if UTILS.is_dir():
        prefix += ["--ro-bind", str(UTILS), "/grade/utils"]
    prefix += [
        "--dir",
        SCRATCH,
        "--perms",
        "1777",
        "--size",
        str(1 << 20),
        "--tmpfs",
        "/tmp",
        "--remount-ro",
        "/tmp",
    ]
    prefix += ["--remount-ro", "/", "--chdir", SCRATCH]
    settings = Settings(
        scratch=SCRATCH,
        readable=["/"],
        memory=MEMORY,
        scratch_bytes=SCRATCH_BYTES,
        namespaces=True,
        landlock=lockdown.landlock_version() > 0,
        seccomp=seccomp.supported(),
        uid=None,
        preload=preload,
    )
    return Launch(prefix, settings, "/grade/.grader", "/grade")


BUBBLEWRAP = Backend("bubblewrap", launch)
