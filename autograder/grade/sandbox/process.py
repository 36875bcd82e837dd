"""Starts a zygote under a backend, and asks it for one fresh child per submission."""

import contextlib
import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from autograder.course import Library

from ..jail.settings import PRELOAD
from ..jail.walls import cores
from ..jail.wire import MAX_ANSWER, Gone, Line, NoAnswerInTime, WireError
from .backend import Backend
from .machine import environment, libraries

START_SECONDS = 60.0
BOOT = """import sys
sys.path[:0] = [{code!r}, *{course!r}]
sys.path += {libraries!r}
from jail.zygote import start
sys.path.remove({code!r})  # a student's `result.py` is none of ours
start()
"""


class SandboxFailed(Exception):
    """The sandbox did not start, or died by itself."""


class Sandbox:
    """A running zygote. `spawn` gives a line to a fresh child; the child before it is killed. Not for two threads.

    `preload` names modules to import besides the usual ones; without it the sandbox starts with none, and quickly.
    `lazy` names modules, of the usual ones too, that a child imports only when it uses them. `given` are cells, with
    their numbers, that most notebooks have: they are compiled once. `library` is the course's own.
    """

    def __init__(
        self,
        backend: Backend,
        preload: list[str] | None = None,
        lazy: Sequence[str] = (),
        given: Sequence[tuple[int, str]] = (),
        library: Library | None = None,
    ):
        self.backend, self.lazy, self.given, self.library = backend, list(lazy), list(given), library
        own = library.preload if library else ()
        self.preload = [*PRELOAD, *own, *preload] if preload is not None else []
        self.process: subprocess.Popen | None = None
        self.control: socket.socket | None = None
        self.folder = Path(tempfile.mkdtemp(prefix="grader-"))

    @property
    def library_name(self) -> str:
        return self.library.name if self.library else ""

    def spawn(self) -> Line:
        """A line to a fresh, locked-in child that has run nothing yet."""
        for attempt in range(2):
            try:
                if self.process is None or self.process.poll() is not None:
                    self._start()
                return self._spawn()
            except (SandboxFailed, OSError, Gone, NoAnswerInTime, WireError) as e:
                problem = self._complaint() or str(e) or "the child ended before it was ready"
                self._kill()
                if attempt:
                    raise SandboxFailed(f"{self.backend.name}: {problem}") from None
        raise AssertionError("unreachable")

    def stop(self) -> str:
        """End the child; in words, why the sandbox had ended it before, "" if it had not."""
        try:
            return self._ask("stop")["ended"]
        except (SandboxFailed, OSError):
            self._kill()
            return ""

    def close(self) -> None:
        self._kill()
        self.backend.leave(self.folder)

    def _start(self) -> None:
        launch = self.backend.enter(self.folder, self.library)
        cores.move(0, cores.EVERY)  # else the zygote would keep to one core for good
        ours, theirs = socket.socketpair()
        boot = BOOT.format(code=launch.code, course=[launch.course] * bool(launch.course), libraries=libraries())
        self.errors = open(self.folder / "errors", "wb+")  # noqa: SIM115
        with tempfile.TemporaryFile() as given:
            given.write(json.dumps(self.given).encode())
            given.seek(0)
            settings = replace(launch.settings, preload=self.preload, lazy=self.lazy, library=self.library_name)
            settings = replace(settings, checker=self.library.checker if self.library else "")
            if self.given:
                settings = replace(settings, given=given.fileno())
            python = [sys.executable, "-I", "-c", boot, str(theirs.fileno()), json.dumps(asdict(settings))]
            self.process = subprocess.Popen(
                [*launch.prefix, *python],
                pass_fds=[theirs.fileno(), given.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=self.errors,
                stderr=self.errors,
                env=environment(self.folder),
                start_new_session=True,
            )
        theirs.close()
        self.control = ours
        self._reply()

    def _spawn(self) -> Line:
        ours, theirs = socket.socketpair()
        try:
            self._ask("start", theirs)
        finally:
            theirs.close()
        line = Line(ours, receives=MAX_ANSWER)
        message, _ = line.receive(time.monotonic() + START_SECONDS)
        if message != {"ready": True}:
            raise SandboxFailed("the child did not report that it is ready")
        return line

    def _ask(self, operation: str, handed: socket.socket | None = None) -> dict:
        if self.control is None:
            raise SandboxFailed("the sandbox is not running")
        message = json.dumps({"op": operation, "core": cores.held()}).encode()
        socket.send_fds(self.control, [message], [handed.fileno()] if handed else [])
        return self._reply()

    def _reply(self) -> dict:
        assert self.control is not None
        self.control.settimeout(START_SECONDS)
        data = b""
        while not data.endswith(b"\n"):
            part = self.control.recv(4096)
            if not part or len(data) > 4096:
                raise SandboxFailed("the sandbox ended by itself")
            data += part
        return json.loads(data)

    def _complaint(self) -> str:
        """The last line that the sandbox's tools wrote; students' processes cannot write there."""
        with contextlib.suppress(OSError, AttributeError):
            lines = (self.folder / "errors").read_text(errors="replace").strip().splitlines()
            return lines[-1][:300] if lines else ""
        return ""

    def _kill(self) -> None:
        if self.control is not None:
            self.control.close()
            self.control = None
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
            self.errors.close()
