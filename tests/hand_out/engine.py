"""Stands in for Docker where there is none: `run` gives a program what it is told to mount, by bubblewrap."""

import os
import sys
from pathlib import Path

WITH_VALUES = ("--network", "--tmpfs", "--pids-limit", "--cap-drop", "--security-opt", "--workdir")


def command(arguments: list[str]) -> list[str]:
    """The call of bubblewrap for the words after `docker run`."""
    system = [str(p) for p in Path("/").iterdir() if p.name not in ("tmp", "dev", "proc", "sys", "run")]
    words = ["bwrap", "--unshare-net", "--clearenv", "--setenv", "PATH", os.environ["PATH"], "--tmpfs", "/"]
    for place in sorted(system):
        words += ["--symlink", os.readlink(place), place] if os.path.islink(place) else ["--ro-bind", place, place]
    words += ["--dev", "/dev", "--proc", "/proc"]
    at = 0
    while arguments[at].startswith("-"):
        name, separator, value = arguments[at].partition("=")
        if not separator and name in WITH_VALUES:
            at, value = at + 1, arguments[at + 1]
        if name == "--tmpfs":
            words += ["--perms", "0700" if "0700" in value else "0755", "--tmpfs", value.split(":")[0]]
        elif name == "--mount":
            said = {key: place for key, _, place in (part.partition("=") for part in value.split(","))}
            words += ["--ro-bind" if "readonly" in said else "--bind", said["source"], said["target"]]
        elif name == "--env":
            words += ["--setenv", *value.split("=", 1)]
        elif name == "--workdir":
            words += ["--chdir", value]
        at += 1
    _image, _python, *rest = arguments[at:]
    for place in (sys.base_prefix, sys.prefix):  # an image has its Python; this one may lie below /tmp
        words += ["--ro-bind", os.path.realpath(place), os.path.realpath(place)]  # a link to it is there already
    return [*words, sys.executable, *rest]


if __name__ == "__main__" and sys.argv[1] == "run":
    words = command(sys.argv[2:])
    os.execvp(words[0], words)
