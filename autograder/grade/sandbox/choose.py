"""Which sandbox this machine allows: found by running one and attacking it, not by asking for version numbers."""

import os
import tempfile
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from autograder.course import Library
from autograder.errors import CommandError

from ..jail.wire import Gone, NoAnswerInTime, WireError
from .backend import Backend
from .bubblewrap import Bubblewrap
from .landlock import Landlock
from .none import Unsandboxed
from .other_user import OtherUser
from .process import Sandbox, SandboxFailed

ORDER = (Bubblewrap(), Landlock(), OtherUser())
UNSANDBOXED = Unsandboxed()
SAMPLE = 20  # paths in each private folder that the self-test tries

# each line must fail; the names of those that work are the answer. It aims at a marked file of our own, nothing else.
ATTACK = """
import os, socket, sys
def attempts(canary, parent):
    return {
        "reads a file outside": lambda: open(canary).read(),
        "writes a file outside": lambda: open(canary + ".written", "w"),
        "writes to the course": lambda: open(LIBRARY + "/__init__.py", "a"),
        "opens a network socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
        "opens a local socket": lambda: socket.socket(socket.AF_UNIX),
        "starts a process": lambda: os.fork() or os._exit(0),
        "runs a program": lambda: os.execv("/nonexistent-program", ["x"]) ,
        "signals its parent": lambda: os.kill(parent, 0),
        "sees the grader's files": lambda: os.listdir(os.path.dirname(canary)),
    }
escaped = []
for path in PRIVATE:
    try:
        os.listdir(path) if os.path.isdir(path) else open(path, "rb").read(1)
        escaped.append("reads " + path)
        break
    except Exception:
        pass
for name, attempt in attempts(CANARY, PARENT).items():
    try:
        attempt()
        escaped.append(name)
    except FileNotFoundError:
        if name == "runs a program":
            escaped.append(name)
    except Exception:
        pass
"""


class NoSandbox(CommandError):
    """No way to run student code apart works here; the message says why, and what to do."""


def choose(
    unsandboxed: bool = False, only: str | None = None, library: Library | None = None, private: Sequence[Path] = ()
) -> Backend:
    """The first sandbox that holds against the self-test, or NoSandbox. `only` limits the choice by name; `library` is
    the course's, which student code sees and must not change. It must see nothing of `private`: solutions, hidden
    tests, what others handed in, the gradebook."""
    if unsandboxed:
        return UNSANDBOXED
    reasons = []
    for backend in ORDER:
        if only is not None and backend.name != only:
            continue
        problem = self_test(backend, library, private)
        if problem is None:
            return backend
        reasons.append(f"  {backend.name}: {problem}")
    raise NoSandbox(
        "No sandbox works on this machine:\n"
        + "\n".join(reasons)
        + "\nInstall bubblewrap on Linux, or start Docker or Podman and grade in a container, or use WSL2,"
        + "\nor pass --unsandboxed to run student code with your own rights; every report will say so."
    )


def self_test(backend: Backend, library: Library | None = None, private: Sequence[Path] = ()) -> str | None:
    """None when the sandbox starts and every attack fails; else what went wrong."""
    sandbox = Sandbox(backend, library=library)
    with tempfile.TemporaryDirectory(prefix="grader-canary-") as folder:
        canary = os.path.join(folder, "canary")
        with open(canary, "w") as f:
            f.write("secret")
        os.chmod(canary, 0o600)
        try:
            line = sandbox.spawn()
            given = f"../{library.name}" if library else "/usr"
            names = f"CANARY, PARENT, LIBRARY = {canary!r}, {os.getpid()}, {given!r}"
            source = f"{names}\nPRIVATE = {_some_of(private)!r}\n{ATTACK}"
            deadline = time.monotonic() + 20
            line.send({"op": "cells", "cells": [[0, source]], "seconds": 15})
            outcome, _ = line.receive(deadline)
            line.send({"op": "get", "name": "escaped"})
            answer, _ = line.receive(deadline)
            if "error" in outcome or not isinstance(answer.get("value"), list):
                return f"the self-test did not run: {outcome or answer}"
            return f"student code {', '.join(answer['value'])}" if answer["value"] else None
        except (SandboxFailed, Gone, NoAnswerInTime, WireError, OSError) as e:
            return str(e)
        finally:
            sandbox.close()


def _some_of(private: Sequence[Path]) -> list[str]:
    """Some paths to try: a folder that cannot be listed may hold files that can be read by name."""
    found = []
    for path in private:
        found += [path, *(islice(path.rglob("*"), SAMPLE) if path.is_dir() else ())]
    return [str(path.resolve()) for path in found]
