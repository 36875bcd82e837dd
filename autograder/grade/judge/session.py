"""One notebook in the sandbox, seen from the trusted side: runs cells, answers checks, calls functions, keeps time.

The sandbox may lie, hang or die. A lie is the student's answer. A call or cell past its limit is stopped by the child
itself when it can, and else by killing it; then `Lost` says so, and the caller starts a fresh child.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import ceil
from typing import Any

from ..jail.settings import WAITING
from ..jail.wire import Decoder, Gone, Line, NoAnswerInTime, WireError, encode
from ..result import CellError
from .outcome import Outcome, StudentError
from .proxies import Call, NotebookNames, Proxy, resolver

GRACE = 1.5  # seconds for the child to stop a call by itself
NESTED = 8  # calls of the test's functions within each other
PARTS = 10  # a question may use this many times the limit of one call in all
TIME_LIMIT = "TimeLimit"
TOGETHER = "all calls together took too long"
NAME_SECONDS = 10.0  # for the value of a name: nothing of the student's is called
ANSWERS_BYTES = 32 << 20  # of the arrays in all answers to one request
TOO_MUCH = StudentError("TypeError", "the answers together are too large")
FRAME_BYTES = 16 << 20  # of the arrays that go with one message, unless a single call has more


class Lost(Exception):
    """The child is gone or must go. `late` tells a time limit from a crash."""

    def __init__(self, message: str, late: bool = False):
        super().__init__(message)
        self.late = late


class Session:
    """Owns one child. `on_check(question)` runs when the student's cell asks for a check. No call after `ends`."""

    def __init__(self, line: Line, seconds: float, ends: float, on_check: Callable[[str], None], library: str = ""):
        self.line, self.seconds, self.ends, self.on_check = line, seconds, ends, on_check
        line.tick(min(60, ceil(WAITING * seconds + GRACE)))  # for a child that does not read what it asked for
        self.names = NotebookNames(self)
        self.resolve = resolver(self, library)
        self.callbacks: list[Callable] = []
        self.nested = 0
        self.in_cell = False
        self.in_question = False
        self.spoiled: str | None = None  # why no more may be asked in this question
        self.lost: Lost | None = None
        self.question_ends = 0.0

    # cells and questions

    def run_cells(self, cells: list[tuple[int, str]], begun: Callable[[int], None]) -> list[CellError]:
        """Run cells to their end; the time of checks inside them does not count. `begun` hears each cell's number."""
        errors = []
        begun(cells[0][0])
        self.in_cell = True
        try:
            self._send({"op": "cells", "cells": cells, "seconds": self.seconds})
            for i, (number, _) in enumerate(cells):
                message, _ = self._receive(WAITING * self.seconds + GRACE)
                if (error := message.get("error")) is not None:
                    e = _student_error(error)
                    late = isinstance(error, dict) and "late" in error
                    errors.append(CellError(number, TIME_LIMIT if late else e.type, e.message, e.line, late))
                if i + 1 < len(cells):
                    begun(cells[i + 1][0])
        finally:
            self.in_cell = False
        return errors

    def place(self, files: Mapping[str, bytes]) -> None:
        """Lay files beside the notebook, by their paths from there."""
        for path, data in files.items():
            self._send({"op": "file", "path": path}, [data])

    def keep(self, name: str) -> None:
        """Let the child keep the notebook's names as they are now. Handles end here, and with `restore`."""
        self.line.post({"op": "keep", "as": name})

    def restore(self, name: str) -> None:
        """Back to the names of a `keep`."""
        self.line.post({"op": "restore", "as": name})

    def begin_question(self) -> None:
        self.in_question, self.spoiled = True, None
        self.callbacks.clear()
        self.question_ends = min(self.ends, time.monotonic() + PARTS * self.seconds)

    def end_question(self) -> None:
        self.in_question = False
        self.callbacks.clear()

    def abandon(self, why: str) -> None:
        """The child is not asked again: this side stopped in the middle of something."""
        self.lost = self.lost or Lost(why, late=True)

    # what proxies need

    def calls(self, handle: int, calls: Sequence[Call], watch: tuple[str, ...]) -> list[Outcome]:
        """The outcome of each of the calls. After one that ran out of time, the rest is not called any more."""
        found: list[Outcome] = []
        left = ANSWERS_BYTES
        try:
            for some in _in_frames(calls):
                self._send_calls(handle, some, watch)
                for _ in some:
                    reply, blob = self._receive(WAITING * self.seconds + GRACE)
                    left -= len(blob)
                    found.append(self._outcome(reply, blob) if left >= 0 else Outcome(error=TOO_MUCH))
                    if self.spoiled is not None:
                        raise Lost(self.spoiled, late=True)
        except Lost as e:
            error = StudentError(TIME_LIMIT if e.late else "Crash", str(e))
            found += [Outcome(error=error)] * (len(calls) - len(found))
        return found

    def _send_calls(self, handle: int, calls: Sequence[Call], watch: tuple[str, ...]) -> None:
        blobs: list[bytes] = []
        body = [
            [[self._encoded(a, blobs) for a in args], {k: self._encoded(v, blobs) for k, v in kwargs.items()}]
            for args, kwargs in calls
        ]
        limits = {"seconds": self.seconds, "together": max(0.0, self.question_ends - time.monotonic())}
        self._send({"op": "calls", "h": handle, "calls": body, "watch": watch, **limits}, blobs)

    def attribute(self, handle: int, name: str) -> Any:
        return self._of_an_attribute({"op": "getattr", "h": handle, "name": name}, []).value

    def assign(self, handle: int, name: str, value: Any) -> None:
        blobs: list[bytes] = []
        body = self._encoded(value, blobs)
        self._of_an_attribute({"op": "setattr", "h": handle, "name": name, "value": body}, blobs)

    def _of_an_attribute(self, message: dict, blobs: list[bytes]) -> Outcome:
        try:
            self._send(message | {"seconds": self.seconds}, blobs)
            outcome = self._outcome(*self._receive(WAITING * self.seconds + GRACE))
        except Lost as e:
            raise AttributeError(str(e)) from None
        if outcome.error is not None:
            raise AttributeError(outcome.error.message)
        return outcome

    def name(self, name: str) -> tuple[bool, Any]:
        """Whether the notebook has this name, and its value."""
        try:
            self._send({"op": "get", "name": name})
            message, blob = self._receive(NAME_SECONDS)
        except Lost:
            return False, None
        if message.get("missing"):
            return False, None
        if "error" in message:
            return True, NotHandedOver(_student_error(message["error"]).message)
        try:
            return True, Decoder(blob, self.resolve)(message.get("value"))
        except WireError as e:
            return True, NotHandedOver(str(e))

    # the line

    def _outcome(self, reply: dict, blob: bytes) -> Outcome:
        if "error" in reply:
            error = _student_error(reply["error"])
            if "late" in reply:  # said in our words: the child's could hold what a hidden test gave it
                self.spoiled = (
                    TOGETHER if reply["late"] == "together" else f"the call took more than {self.seconds:g} s"
                )
                error = StudentError(TIME_LIMIT, self.spoiled, error.line, error.source)
            return Outcome(error=error)
        try:
            value = Decoder(blob, self.resolve)(reply.get("value"))
        except WireError as e:
            return Outcome(error=StudentError("TypeError", f"the answer could not be read: {e}"))
        return Outcome(value, None, _words(reply.get("mutated")), _words(reply.get("used")))

    def _encoded(self, value: Any, blobs: list[bytes]) -> Any:
        return encode(value, blobs, self._opaque)

    def _send(self, message: dict, blobs: list[bytes] | None = None) -> None:
        if self.lost is not None:
            raise self.lost
        if self.in_question and self.spoiled is None and time.monotonic() > self.question_ends:
            self.spoiled = TOGETHER
        if self.in_question and self.spoiled is not None:
            raise Lost(self.spoiled, late=True)
        self._guard(lambda: self.line.send(message, blobs))

    def _receive(self, seconds: float) -> tuple[dict, bytes]:
        return self._guard(lambda: self._reply(seconds))

    def _guard(self, action: Callable[[], Any]) -> Any:
        """`action` on the line; what goes wrong there means that the child is lost."""
        try:
            return action()
        except NoAnswerInTime:
            self.lost = Lost(f"took more than {self.seconds:g} s", late=True)
        except Gone:
            self.lost = Lost("the process ended")
        except WireError as e:
            self.lost = Lost(f"the process sent something that is not an answer ({e})")
        raise self.lost

    def _reply(self, seconds: float) -> tuple[dict, bytes]:
        """The answer to the last request. Checks and callbacks that come first are served; their time is ours."""
        deadline = time.monotonic() + seconds
        while True:
            message, blob = self.line.receive(deadline)
            began = time.monotonic()
            if "check" in message:
                self._serve_check(message["check"])
            elif "callback" in message:
                self._serve_callback(message, blob)
            else:
                return message, blob
            deadline += time.monotonic() - began

    def _serve_check(self, question: Any) -> None:
        if self.in_cell and not self.in_question and isinstance(question, str):
            self.on_check(question)
        self.line.send({"op": "go"})

    def _serve_callback(self, message: dict, blob: bytes) -> None:
        """Run one of the test's own functions on values that the student chose."""
        blobs: list[bytes] = []
        if time.monotonic() > self.question_ends:
            raise NoAnswerInTime
        self.nested += 1
        try:
            if self.nested > NESTED:  # at a depth of our own, and not where this process has no stack left
                raise RecursionError
            decode = Decoder(blob, self.resolve)
            args = [decode(a) for a in list(message.get("args", []))]
            kwargs = {str(k): decode(v) for k, v in dict(message.get("kwargs", {})).items()}
            if any(isinstance(v, Proxy) for v in (*args, *kwargs.values())):
                raise TypeError("the test's function was called with something that is not plain data")
            value = self._callback(message["callback"])(*args, **kwargs)
            reply = {"op": "result", "value": encode(value, blobs, self._opaque)}
        except Exception as e:
            blobs, reply = [], {"op": "result", "error": f"the test's function failed: {type(e).__name__}"}
        finally:
            self.nested -= 1
        self.line.send(reply, blobs)

    def _callback(self, number: Any) -> Callable:
        if type(number) is not int or not 0 <= number < len(self.callbacks):
            raise LookupError("no such function")
        return self.callbacks[number]

    def _opaque(self, value: Any) -> dict:
        """Our own objects on their way in: handles go back as what they stand for, functions become callbacks."""
        if isinstance(value, Proxy):
            return {"h": value._handle}
        if callable(value):
            self.callbacks.append(value)
            return {"f": len(self.callbacks) - 1}
        raise WireError(f"a test passed a value of type {type(value).__name__}, which cannot be handed over")


class NotHandedOver:
    """Stands for a value that could not be handed over: every use raises a TypeError that says why."""

    def __init__(self, message: str):
        self.message = message

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise TypeError(f"the answer could not be read: {self.message}")

    __array__ = __bool__ = __len__ = __iter__ = __float__ = __int__ = __index__ = __call__ = __getitem__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = __add__ = __sub__ = __mul__ = __eq__ = __ne__ = _refuse  # type: ignore[assignment]
    __hash__ = None  # type: ignore[assignment]


def _in_frames(calls: Sequence[Call]) -> Iterator[list[Call]]:
    """The calls in groups whose arrays fit into one message."""
    group: list[Call] = []
    size = 0
    for args, kwargs in calls:
        more = sum(getattr(v, "nbytes", 0) for v in (*args, *kwargs.values()))
        if group and size + more > FRAME_BYTES:
            yield group
            group, size = [], 0
        group.append((args, kwargs))
        size += more
    if group:
        yield group


def _words(value: Any) -> tuple[str, ...]:
    return tuple(str(v)[:80] for v in value[:50]) if isinstance(value, list) else ()


def _student_error(error: Any) -> StudentError:
    """The child's account of an error, as plain bounded text."""
    if not isinstance(error, dict):
        return StudentError("Exception")
    kind, message, line, source = (error.get(k) for k in ("type", "message", "line", "source"))
    return StudentError(
        "".join(c for c in str(kind)[:80] if c.isalnum() or c == "_") or "Exception",
        _clean(message)[:600],
        line if type(line) is int and 0 < line < 100_000 else None,
        _clean(source)[:200] or None,
    )


def _clean(value: Any) -> str:
    """Text without control characters, and without what looks like the checker's own data."""
    if not isinstance(value, str):
        return ""
    text = "".join(c if c.isprintable() or c == "\n" else "?" for c in value[:2000])
    return text.encode("utf-8", "replace").decode("utf-8").replace("[mistake:", "[").replace("[second mistake:", "[")
