"""bubblewrap: new namespaces and a file system that holds only what is listed here."""

import os
import shutil
from pathlib import Path

from autograder.course import Library

from ..jail.walls import lockdown, seccomp
from ..jail.zygote import FONTS, OWN, Settings
from .process import JAIL, MEMORY, SCRATCH_BYTES, Backend, Launch, environment, font_list, readable_paths

SCRATCH = "/grade/notebooks"
ALONE = "--unshare-all --unshare-user --uid 1000 --gid 1000 --die-with-parent --new-session --cap-drop ALL"


def launch(folder: Path, library: Library | None) -> Launch:
    program = shutil.which("bwrap")
    if program is None:
        raise FileNotFoundError("bubblewrap is not installed (Debian, Ubuntu: apt install bubblewrap)")
    settings = Settings(
        scratch=SCRATCH,
        readable=["/"],
        memory=MEMORY,
        scratch_bytes=SCRATCH_BYTES,
        namespaces=True,
        landlock=lockdown.landlock_version() > 0,
        seccomp=seccomp.supported(),
        uid=None,
    )
    return Launch([program, *_options(folder, library)], settings, "/grade/.grader", "/grade" if library else "")


def _options(folder: Path, library: Library | None) -> list[str]:
    options = [*ALONE.split(), "--clearenv", "--hostname", "sandbox"]
    variables = environment(folder) | {"IPYTHONDIR": SCRATCH, "MPLCONFIGDIR": f"{OWN}/matplotlib", "TMPDIR": OWN}
    for name, value in variables.items():
        options += ["--setenv", name, value]
    for path in readable_paths():
        at_the_root = os.path.islink(path) and path.count("/") == 1  # such as /lib -> usr/lib
        options += ["--symlink", os.readlink(path), path] if at_the_root else ["--ro-bind", path, path]
    options += ["--proc", "/proc", "--dev", "/dev", "--ro-bind", str(JAIL), "/grade/.grader/jail"]
    for path in library.given if library else ():
        options += ["--ro-bind", str(path), f"/grade/{path.name}"]
    options += ["--ro-bind", str(font_list(folder)), FONTS, "--dir", SCRATCH]
    options += ["--size", str(8 << 20), "--tmpfs", OWN, "--dir", "/tmp"]
    return [*options, "--remount-ro", "/", "--chdir", SCRATCH]


BUBBLEWRAP = Backend("bubblewrap", launch)
