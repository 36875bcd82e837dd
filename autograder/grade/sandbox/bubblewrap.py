"""bubblewrap: new namespaces and a file system that holds only what is listed here."""

import os
import shutil
from pathlib import Path

from autograder.course import Library

from ..jail.settings import ZygoteSettings
from ..jail.walls import Named, landlock, seccomp
from .backend import JAIL, MEMORY, SCRATCH_BYTES, Backend, Launch, handed_out
from .machine import environment, font_list, readable_paths

SCRATCH = "/grade/notebooks"
HIDDEN = "/grade/.hidden"  # there, what the zygote may write to, and no child sees; /tmp may hold the course itself
ALONE = "--unshare-all --unshare-user --uid 1000 --gid 1000 --die-with-parent --new-session --cap-drop ALL"


class Bubblewrap(Backend):
    name = "bubblewrap"

    def enter(self, folder: Path, library: Library | None) -> Launch:
        program = shutil.which("bwrap")
        if program is None:
            raise FileNotFoundError("bubblewrap is not installed (Debian, Ubuntu: apt install bubblewrap)")
        command = [program, *_options(folder, library)]
        return Launch(command, ZygoteSettings(SCRATCH, _walls()), "/grade/.grader", "/grade" if library else "")


def _walls() -> list[Named]:
    walls: list[Named] = [
        ("namespaces", {"scratch": SCRATCH, "size": SCRATCH_BYTES, "hide": ["/proc", HIDDEN, "/dev/shm"]}),
        ("limits", {"memory": MEMORY, "file": SCRATCH_BYTES}),
        ("threads", {"counted": True}),
    ]
    if landlock.version():
        walls.append(("landlock", {"readable": ["/"], "writable": ["/dev/null", "/dev/zero"]}))
    walls.append(("privileges", {}))
    if seccomp.supported():
        walls.append(("seccomp", {"process": 1}))
    return walls


def _options(folder: Path, library: Library | None) -> list[str]:
    options = [*ALONE.split(), "--clearenv", "--hostname", "sandbox"]
    fonts = f"{HIDDEN}/matplotlib"
    variables = environment(folder) | {"IPYTHONDIR": SCRATCH, "MPLCONFIGDIR": fonts, "TMPDIR": HIDDEN}
    for name, value in variables.items():
        options += ["--setenv", name, value]
    for path in readable_paths():
        at_the_root = os.path.islink(path) and path.count("/") == 1  # such as /lib -> usr/lib
        options += ["--symlink", os.readlink(path), path] if at_the_root else ["--ro-bind", path, path]
    options += ["--proc", "/proc", "--dev", "/dev", "--ro-bind", str(JAIL), "/grade/.grader/jail"]
    for path in handed_out(folder, library):
        options += ["--ro-bind", str(path), f"/grade/{path.name}"]
    options += ["--size", str(8 << 20), "--tmpfs", HIDDEN, "--bind", str(font_list(folder)), fonts]
    return [*options, "--dir", SCRATCH, "--dir", "/tmp", "--remount-ro", "/", "--chdir", SCRATCH]
