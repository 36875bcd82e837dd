"""Starts the limited children that read students' bytes, and ends them: a few are reused for a whole class."""

import json
import os
import queue
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, Self, TypeVar

from autograder import import_paths

from .serving import SECONDS

WALL_SECONDS = 20.0 * SECONDS  # a child that waits for a disk takes no processor time
MAX_ANSWER = 64 << 20
READERS = 2
T = TypeVar("T")


class ReaderLost(Exception):
    """The bytes were too much for the child that read them; the message says what was too much."""


class Reader:
    """One child. It is started again after it was lost."""

    module = "autograder.grade.intake.reading"  # what it runs
    seconds = SECONDS
    doing = "read"  # for a sentence on what was too much

    def __init__(self, setup: dict[str, Any]):
        self.setup = setup
        self.process: subprocess.Popen | None = None
        self.line: Connection | None = None

    def ask(self, what: str, **arguments: Any) -> tuple[dict[str, Any], Callable[[], bytes]]:
        """The answer, and a function that gives the bytes that follow it, one after the other; raises ReaderLost."""
        line = self.line or self._start()
        try:
            line.send_bytes(json.dumps({"do": what, "with": arguments}).encode())
            if not line.poll(WALL_SECONDS):
                self.close()
                raise ReaderLost(f"it takes more than {WALL_SECONDS:g} s to {self.doing}")
            answer = json.loads(line.recv_bytes(MAX_ANSWER))
        except (EOFError, OSError):
            raise ReaderLost(self._why()) from None
        if "failed" in answer:
            self.close()
            raise ReaderLost(answer["failed"])
        return answer, lambda: line.recv_bytes(MAX_ANSWER)

    def _start(self) -> Connection:
        ours, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-P", "-m", self.module, str(theirs.fileno())]
            self.process = subprocess.Popen(
                command,
                pass_fds=[theirs.fileno()],
                env={**os.environ, **import_paths(), "PYTHONDONTWRITEBYTECODE": "1"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        self.line = Connection(ours.detach())
        self.line.send_bytes(json.dumps(self.setup).encode())
        return self.line

    def _why(self) -> str:
        process = self.process
        self.close()
        if process is not None and process.returncode == -signal.SIGXCPU:
            return f"it takes more than {self.seconds} s to {self.doing}"
        return f"it ended the process that was to {self.doing} it ({process.returncode if process else 'not started'})"

    def close(self) -> None:
        if self.line is not None:
            self.line.close()
            self.line = None
        if self.process is not None:
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(0.5)  # it ends by itself when its line is closed
            self.process.kill()
            self.process.wait()
            self.process = None


class ReaderPool:
    """A few children, used from several threads; a context manager."""

    def __init__(self, every: list[Reader]):
        self.free: queue.LifoQueue[Reader] = queue.LifoQueue()  # the last used is running already
        self.every = every
        for reader in every:
            self.free.put(reader)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for reader in self.every:
            reader.close()

    def ask(self, what: str, **arguments: Any) -> dict[str, Any]:
        """An answer without bytes; raises ReaderLost."""
        return self.use(lambda reader: reader.ask(what, **arguments)[0])

    def use(self, job: Callable[[Reader], T]) -> T:
        reader = self.free.get()
        try:
            return job(reader)
        except BaseException:
            reader.close()  # what it still says would answer another question
            raise
        finally:
            self.free.put(reader)

    def map(self, job: Callable[[Reader, Any], T], things: list[Any]) -> Iterator[T]:
        """`job(reader, thing)` for each thing, in their order, several at a time."""
        if len(things) < 4:
            yield from (self.use(lambda reader, thing=thing: job(reader, thing)) for thing in things)
            return
        with ThreadPoolExecutor(len(self.every)) as threads:
            yield from threads.map(lambda thing: self.use(lambda reader: job(reader, thing)), things)


class Readers(ReaderPool):
    """Children that read what was handed in."""

    def __init__(
        self,
        known: Iterable[str],
        handed_out: Mapping[str, list[str]],
        whole: bool,
        count: int = READERS,
        reserved: Iterable[str] = (),
        questions: Mapping[str, list[str]] | None = None,
    ):
        setup = {"known": list(known), "handed_out": dict(handed_out), "whole": whole}
        setup |= {"reserved": list(reserved), "questions": dict(questions or {})}
        super().__init__([Reader(setup) for _ in range(count)])
