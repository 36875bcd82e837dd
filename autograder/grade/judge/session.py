"""One notebook in the sandbox, seen from the trusted side: runs cells, answers checks, calls functions, keeps time.

The sandbox may lie, hang or die. A lie is the student's answer. A call or cell past its limit is stopped by the child
itself when it can, and else by killing it; then `Lost` says so, and the caller starts a fresh child.
"""

import contextlib
import time
from collections.abc import Callable
from typing import Any

from ..jail.wire import Decoder, Gone, Late, Line, WireError, encode
from ..result import CellError
from .memory import Turn, Verdict
from .outcome import Outcome, StudentError
from .proxies import Names, Proxy, resolver
from .transcripts import InVain, Strayed, Tape

GRACE = 1.5  # seconds for the child to stop a call by itself
NESTED = 8  # calls of the test's functions within each other
PARTS = 10  # a question may use this many times the limit of one call in all
TIME_LIMIT = "TimeLimit"


class Lost(Exception):
    """The child is gone or must go. `late` tells a time limit from a crash."""

    def __init__(self, message: str, late: bool = False):
        super().__init__(message)
        self.late = late


class Session:
    """Owns one child. `on_check(question)` runs when the student's cell asks for a check. No call after `ends`, and at
    most `width` on their way at a time."""

    def __init__(
        self,
        line: Line,
        seconds: float,
        ends: float,
        on_check: Callable[[str], None],
        width: int = 1,
        library: str = "",
    ):
        self.line, self.seconds, self.ends, self.on_check = Tape(line, width), seconds, ends, on_check
        self.names = Names(self)
        self.resolve = resolver(self, library)
        self.callbacks: list[Callable] = []
        self.nested = 0
        self.in_cell = False
        self.in_question = False
        self.spoiled: str | None = None
        self.lost: Lost | None = None
        self.question_ends = 0.0

    # cells and questions

    def run_cells(self, cells: list[tuple[int, str]], begun: Callable[[int], None]) -> list[CellError]:
        """Run cells to their end; the time of checks inside them does not count. `begun` hears each cell's number."""
        errors = []
        begun(cells[0][0])
        self.in_cell = True
        try:
            self._request({"op": "cells", "cells": cells, "seconds": self.seconds}, receive=False)
            for i, (number, _) in enumerate(cells):
                message, _ = self._received(self.seconds + GRACE)
                if (error := message.get("error")) is not None:
                    e = _student_error(error)
                    late = isinstance(error, dict) and "late" in error
                    errors.append(CellError(number, TIME_LIMIT if late else e.type, e.message, e.line, late))
                if i + 1 < len(cells):
                    begun(cells[i + 1][0])
        finally:
            self.in_cell = False
        return errors

    def keep(self, name: str) -> None:
        """Let the child keep the notebook's names as they are now. Handles end here, and with `restore`."""
        self.line.post({"op": "keep", "as": name})

    def restore(self, name: str) -> None:
        """Back to the names of a `keep`."""
        self.line.post({"op": "restore", "as": name})

    def begin_question(self) -> None:
        self.in_question, self.spoiled = True, None
        self.callbacks.clear()
        self.line.begin()
        self.question_ends = min(self.ends, time.monotonic() + PARTS * self.seconds)

    def rehearse(self, start: Turn | Verdict | None) -> Verdict | None:
        """The verdict that a known transcript ends with; None when the test must run. Raises InVain.

        A child that is lost when it was asked one thing at a time is lost to the test at the same place.
        """
        try:
            return self._guard(lambda: self.line.rehearse(start, self.seconds + GRACE, self.question_ends))
        except Strayed:
            raise InVain from None
        except Lost:
            if self.line.widest > 1:
                raise InVain from None
            return None

    def finish(self) -> None:
        """The test has run. Raises InVain when the student's code ran for nothing meanwhile."""
        if self.lost is None:
            with contextlib.suppress(Lost, Strayed):
                self._guard(self.line.finish)
        if self.line.vain or self.line.scripted:
            raise InVain

    def abandon(self, why: str) -> None:
        """The child is not asked again: a reply may have been dropped on the way."""
        self.lost = self.lost or Lost(why, late=True)

    def end_question(self) -> None:
        self.in_question = False
        self.callbacks.clear()

    # what proxies need

    def call(self, handle: int, args: tuple, kwargs: dict, watch: tuple[str, ...]) -> Outcome:
        blobs: list[bytes] = []
        message = {
            "op": "call",
            "h": handle,
            "args": [encode(a, blobs, self._opaque) for a in args],
            "kwargs": {k: encode(v, blobs, self._opaque) for k, v in kwargs.items()},
            "watch": sorted(watch),  # in the same order in each worker
            "seconds": self.seconds,
        }
        return self._outcome(message, blobs)

    def attribute(self, handle: int, name: str) -> Any:
        outcome = self._outcome({"op": "getattr", "h": handle, "name": name, "seconds": self.seconds}, [])
        if outcome.error is not None:
            raise AttributeError(outcome.error.message)
        return outcome.value

    def assign(self, handle: int, name: str, value: Any) -> None:
        blobs: list[bytes] = []
        body = encode(value, blobs, self._opaque)
        message = {"op": "setattr", "h": handle, "name": name, "value": body, "seconds": self.seconds}
        outcome = self._outcome(message, blobs)
        if outcome.error is not None:
            raise AttributeError(outcome.error.message)

    def name(self, name: str) -> tuple[bool, Any]:
        try:
            message, blob = self._request({"op": "get", "name": name})
        except Lost:
            return False, None
        if message.get("missing"):
            return False, None
        if "error" in message:
            return True, _unreadable(_student_error(message["error"]).message)
        try:
            return True, Decoder(blob, self.resolve)(message.get("value"))
        except WireError as e:
            return True, _unreadable(str(e))

    # the line

    def _outcome(self, message: dict, blobs: list[bytes]) -> Outcome:
        try:
            reply, blob = self._request(message, blobs)
        except Lost as e:
            return Outcome(error=StudentError(TIME_LIMIT if e.late else "Crash", str(e)))
        if "error" in reply:
            error = _student_error(reply["error"])
            if "late" in reply:  # said in our words: the child's could hold what a hidden test gave it
                self.spoiled = f"the call took more than {self.seconds:g} s"
                error = StudentError(TIME_LIMIT, self.spoiled, error.line, error.source)
            return Outcome(error=error)
        try:
            value = Decoder(blob, self.resolve)(reply.get("value"))
        except WireError as e:
            return Outcome(error=StudentError("TypeError", f"the answer could not be read: {e}"))
        return Outcome(value, None, _words(reply.get("mutated")), _words(reply.get("used")))

    def _request(self, message: dict, blobs: list[bytes] | None = None, receive: bool = True) -> tuple[dict, bytes]:
        if self.lost is not None and not self.line.scripted:
            raise self.lost
        if self.spoiled is not None and self.in_question:
            raise Lost(self.spoiled, late=True)
        if self.in_question and not self.line.scripted and time.monotonic() > self.question_ends:
            self.spoiled = "all calls together took too long"
            raise Lost(self.spoiled, late=True)
        self._guard(lambda: self.line.send(message, blobs))
        return self._received(self.seconds + GRACE if "seconds" in message else GRACE + 8) if receive else ({}, b"")

    def _received(self, seconds: float) -> tuple[dict, bytes]:
        return self._guard(lambda: self._reply(seconds))

    def _guard(self, action: Callable[[], Any]) -> Any:
        """`action` on the line; what goes wrong there means that the child is lost."""
        try:
            return action()
        except Late:
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
            raise Late
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


class Unreadable:
    """Stands for a value that could not be handed over: every use raises a TypeError that says why."""

    def __init__(self, message: str):
        self.message = message

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise TypeError(f"the answer could not be read: {self.message}")

    __array__ = __bool__ = __len__ = __iter__ = __float__ = __int__ = __index__ = __call__ = __getitem__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = __add__ = __sub__ = __mul__ = __eq__ = __ne__ = _refuse  # type: ignore[assignment]
    __hash__ = None  # type: ignore[assignment]


def _unreadable(message: str) -> Unreadable:
    return Unreadable(message)


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
    return text.encode("utf-8", "replace").decode("utf-8").replace("[mistake:", "[")
