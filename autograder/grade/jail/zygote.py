"""A process that has imported everything a notebook needs, and forks once per submission.

It never runs student code and never reads from a student's process. The trusted side talks to it over one socket:
`start` (with the student's end of a new line) makes a child, `stop` ends it. Meanwhile the zygote looks at a child that
has been there for a while, and ends one that has broken out of a limit which the kernel does not keep.
"""

import contextlib
import gc
import json
import os
import random
import select
import socket
import sys
import time

from . import expressions, walls, warm
from .notebook import stubs
from .notebook.student import Student, compile_ahead
from .settings import GARBAGE, ZygoteSettings
from .walls import cores
from .walls.process import die_with_parent, stay_opaque
from .wire import MAX_ANSWER, Gone, Line

__all__ = ["expressions", "start"]  # the first: for the children, who hand expressions over

WATCH_SECONDS = 0.5  # until a child is looked at, and from one look to the next


class Zygote:
    """Serves `start` and `stop`; one child at a time."""

    def __init__(self, control: socket.socket, settings: ZygoteSettings):
        self.control, self.settings = control, settings
        self.walls = walls.build(settings.walls)
        self.child = 0
        self.ended = ""  # why the child had to be ended

    def serve(self) -> None:
        """Until the control socket closes."""
        while True:
            if self.child and not self.ended:
                self.watch()
            data, fds, _, _ = socket.recv_fds(self.control, 4096, 1)
            if not data:
                break
            order = json.loads(data)
            ended = self._leave()
            if order["op"] == "start":
                self._start(fds[0], order["core"])
            self.control.sendall(json.dumps({"ended": ended}).encode() + b"\n")
        self._leave()

    def watch(self) -> None:
        """Wait until the trusted side says something, or the child must be ended."""
        pause = WATCH_SECONDS
        while not select.select([self.control], [], [], pause)[0]:
            cores.let_go(self.child)
            began = time.monotonic()
            for wall in self.walls:
                self.ended = self.ended or wall.broken(self.child)
            if self.ended:
                _kill(self.child)
                return
            pause = WATCH_SECONDS + 10 * (time.monotonic() - began)  # where others have very many files

    def _start(self, line: int, core: int | None) -> None:
        for wall in self.walls:
            wall.prepare()
        alone = core is not None and all(wall.one_core for wall in self.walls)
        cores.move(0, {core} if alone and core is not None else cores.EVERY)  # and with this process its child
        self.child = self.walls[0].fork()
        if not self.child:
            self._become_student(line)
        os.close(line)

    def _leave(self) -> str:
        """End the child, if there is one; why it had been ended before."""
        if not self.child:
            return ""
        if not self.ended:
            _kill(self.child)
        for wall in reversed(self.walls):
            wall.leave()
        ended, self.child, self.ended = self.ended, 0, ""
        return ended

    def _become_student(self, line: int) -> None:
        """In the child: never returns."""
        try:
            self.control.close()
            if sys.platform == "linux":
                die_with_parent()
            for wall in self.walls:
                wall.enter()
            _silence(line)
            _fresh_randomness()
            gc.set_threshold(GARBAGE)
            serve = Line(socket.socket(fileno=3), sends=MAX_ANSWER)
            serve.send({"ready": True})
            with contextlib.suppress(Gone):
                Student(serve, self.settings.library, self.settings.checker).serve("bye")
            os._exit(0)
        except BaseException as e:
            with contextlib.suppress(BaseException):
                os.write(2, f"the sandbox could not be closed: {type(e).__name__}: {e}\n".encode())
        finally:
            os._exit(70)


def _silence(fd: int) -> None:
    """Only four descriptors: nothing in, nothing out, and the line."""
    null = os.open("/dev/null", os.O_RDWR)
    line = os.dup(fd)
    for target, source in ((0, null), (1, null), (2, null), (3, line)):
        os.dup2(source, target, inheritable=False)
    os.closerange(4, 65536)


def _fresh_randomness() -> None:
    """Every submission starts from the same random state, so that grading twice gives the same grade."""
    random.seed(0)
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed(0)


def _kill(pid: int) -> None:
    """End the child and everything below it."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, 9)
    os.waitpid(pid, 0)


def start() -> None:
    """The command line: a descriptor and the settings as JSON."""
    settings = ZygoteSettings(**json.loads(sys.argv[2]))
    control = socket.socket(fileno=int(sys.argv[1]))
    if sys.platform == "linux":
        stay_opaque()
    stubs.install_otter(lambda question: None)
    os.chdir(settings.scratch)
    warm.up(settings.preload, settings.lazy)
    if settings.given is not None:
        with open(settings.given, "rb") as cells:
            compile_ahead(json.load(cells))
    zygote = Zygote(control, settings)
    gc.collect()
    gc.freeze()
    control.sendall(b'{"ready":true}\n')
    zygote.serve()


if __name__ == "__main__":
    start()
