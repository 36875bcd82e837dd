"""Starts a zygote under a backend, and asks it for one fresh child per submission."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from autograder.course import Library

from .. import jail
from ..jail.walls import cores, folders
from ..jail.wire import Gone, Late, Line, WireError
from ..jail.zygote import PRELOAD, Settings

JAIL = Path(jail.__file__).parent
MEMORY = 3 << 30
SCRATCH_BYTES = 64 << 20
START_SECONDS = 60.0
BOOT = "import sys; sys.path[:0] = {paths!r}; sys.path += {libraries!r}; from jail.zygote import start; start()"


class SandboxFailed(Exception):
    """The sandbox did not start, or died by itself."""


@dataclass(frozen=True)
class Launch:
    """How to start a zygote: the command before Python's, the settings within, where the trusted code is seen: the
    jail's, and the course's library."""

    prefix: list[str]
    settings: Settings
    code: str
    course: str


@dataclass(frozen=True)
class Backend:
    """A named way to build a sandbox; `launch` gets a private folder that is removed afterwards, and the library."""

    name: str
    launch: Callable[[Path, Library | None], Launch]
    safe: bool = True


class Sandbox:
    """A running zygote. `spawn` gives a line to a fresh child; the child before it is killed. Not for two threads.

    `preload` names modules to import besides the usual ones; without it the sandbox starts with none, and quickly.
    `later` names modules, of the usual ones too, that a child imports only when it uses them. `given` are cells, with
    their numbers, that most notebooks have: they are compiled once. `library` is the course's own.
    """

    def __init__(
        self,
        backend: Backend,
        preload: list[str] | None = None,
        later: Sequence[str] = (),
        given: Sequence[tuple[int, str]] = (),
        library: Library | None = None,
    ):
        self.backend, self.later, self.given, self.library = backend, list(later), list(given), library
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
            except (SandboxFailed, OSError, Gone, Late, WireError) as e:
                problem = self._complaint() or str(e)
                self._kill()
                if attempt:
                    raise SandboxFailed(f"{self.backend.name}: {problem}") from None
        raise AssertionError("unreachable")

    def stop(self) -> int | None:
        """Kill the child; its exit code (128 + n: signal n), -1 when it was still running, OVERFULL when it had filled
        the disk, None when the zygote is gone."""
        try:
            return self._ask("stop")["status"]
        except (SandboxFailed, OSError):
            self._kill()
            return None

    def close(self) -> None:
        self._kill()
        folders.clear(str(self.folder))

    def _start(self) -> None:
        launch = self.backend.launch(self.folder, self.library)
        cores.move(0, cores.EVERY)  # else the zygote would keep to one core for good
        ours, theirs = socket.socketpair()
        boot = BOOT.format(paths=[launch.code, *filter(None, [launch.course])], libraries=libraries())
        self.errors = open(self.folder / "errors", "wb+")  # noqa: SIM115
        with tempfile.TemporaryFile() as given:
            given.write(json.dumps(self.given).encode())
            given.seek(0)
            settings = replace(launch.settings, preload=self.preload, later=self.later, library=self.library_name)
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
        line = Line(ours)
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


def environment(folder: Path) -> dict[str, str]:
    """All that the sandbox may know of the outside's environment variables: nothing."""
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": "/nonexistent",
        "LANG": "C.UTF-8",
        "MPLBACKEND": "Agg",
        "MPLCONFIGDIR": str(font_list(folder)),
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "IPYTHONDIR": str(folder / "scratch" / "notebooks"),
    }


def font_list(folder: Path) -> Path:
    """A private copy of matplotlib's list of fonts: making it anew would cost each sandbox seconds."""
    import matplotlib

    copy = folder / "matplotlib"
    if not copy.is_dir():
        copy.mkdir()
        for found in Path(matplotlib.get_cachedir()).glob("fontlist-*.json"):
            shutil.copy(found, copy)
    return copy


def libraries() -> list[str]:
    """The folders of installed packages, wherever this Python has them."""
    return [p for p in sys.path if p.rstrip("/").endswith(("site-packages", "dist-packages")) and os.path.isdir(p)]


def readable_paths() -> list[str]:
    """What Python needs to see of this machine, and no more."""
    paths = [sys.prefix, os.path.realpath(sys.prefix), sys.base_prefix, os.path.realpath(sys.base_prefix)]
    paths += ["/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/localtime", "/etc/fonts"]
    paths += libraries()
    found: list[str] = []
    for path in paths:
        if os.path.exists(path) and path not in found:
            found.append(path)
    return found
