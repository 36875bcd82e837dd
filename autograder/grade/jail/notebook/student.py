"""Serves the trusted side from inside the sandbox: runs cells, and calls the student's functions.

Nothing here can be believed: a student's code can change all of it. The trusted side treats each answer as the
student's answer, and nothing more.
"""

import contextlib
import importlib
import linecache
import math
import signal
import sys
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ..settings import MODULES, WAITING
from ..wire import Decoder, Gone, Line, WireError, encode
from . import stubs
from .copies import plain_copies
from .shell import ANNOTATIONS, Shell

MESSAGE_LENGTH = 600
COMPILED: dict[tuple[str, str], types.CodeType] = {}  # by cell and source: what every student was given

Left = tuple[float, float]  # seconds: of processor time, and by the clock


class TimeLimit(BaseException):
    """The time for this cell or call is over. Not an Exception, so that `except Exception` does not swallow it."""


class Student:
    """One notebook in one process: its names, the objects the other side holds handles to, and the line."""

    def __init__(self, line: Line, library: str = "", checker: str = ""):
        self.line = line
        self.modules = (*MODULES, library)
        self.checker = checker
        self.main = types.ModuleType("__main__")
        self.names = self.main.__dict__
        self.objects: dict[int, Any] = {}
        self.next_handle = 0
        self.kept: dict[str, dict[str, Any]] = {}
        self.ends: Left | None = None  # moments, on the processor's clock and on the wall's
        self.rings_at = math.inf
        self.shell = Shell(self.names)
        sys.modules["__main__"] = self.main
        sys.path.append("")  # the notebook's folder, as in Jupyter; but last, so that nothing there hides a library
        sys.stdout = sys.stderr = stubs.Sink()  # type: ignore[assignment]
        stubs.install_otter(self.check)
        signal.signal(signal.SIGALRM, self._ring)

    # the main loop

    def serve(self, until: str) -> dict:
        """Answer requests until one with the operation `until` arrives."""
        while True:
            message, blob = self.line.receive()
            operation = message.get("op")
            if operation == until:
                return message | {"blob": blob}
            if operation == "cells":
                self._run_cells(message)
            elif operation == "file":
                _place(Path(message["path"]), blob)
            elif operation == "calls":
                self._run_calls(message, blob)
            elif operation in ("keep", "restore"):
                self._names(operation, message)
            else:
                self._send(*self._answer(operation, message, blob))

    def _send(self, reply: dict, blobs: list[bytes]) -> None:
        try:
            self.line.send(reply, blobs)
        except WireError as e:
            self.line.send({"error": _plain_error("WireError", str(e))})

    def _answer(self, operation: Any, message: dict, blob: bytes) -> tuple[dict, list[bytes]]:
        def answer(blobs: list[bytes]) -> dict:
            if operation == "get":
                name = message["name"]
                known = name in self.names
                return {"value": encode(self.names[name], blobs, self._opaque)} if known else {"missing": True}
            target = self.objects[message["h"]]
            if operation == "getattr":
                value = self._timed(message["seconds"], getattr, [target, message["name"]], {})
                return {"value": encode(value, blobs, self._opaque)}
            value = Decoder(blob, self._resolve)(message["value"])
            self._timed(message["seconds"], setattr, [target, message["name"], value], {})
            return {}

        return self._guarded(answer, message.get("seconds", 0.0))

    def _guarded(self, answer: Callable[[list[bytes]], dict], seconds: float) -> tuple[dict, list[bytes]]:
        """An answer with the bytes of its arrays, which it lays into a list; or what the student's code raised."""
        blobs: list[bytes] = []
        try:
            return answer(blobs), blobs
        except TimeLimit as e:
            return {"late": "call", "error": self._describe(e, f"the call took more than {seconds:g} s")}, []
        except WireError as e:
            return {"error": _plain_error("WireError", str(e))}, []
        except Gone:
            raise
        except BaseException as e:
            return {"error": self._describe(e)}, []

    def _names(self, operation: str, message: dict) -> None:
        """Keep the notebook's names as they are now, or go back to those of a moment; forget the handles."""
        self.objects.clear()
        self.next_handle = 0
        if operation == "keep":
            self.kept[message["as"]] = plain_copies(self.names)
        elif operation == "restore" and message["as"] in self.kept:
            kept = self.kept.pop(message["as"])
            self.names.clear()
            self.names.update(kept)

    # cells

    def _run_cells(self, message: dict) -> None:
        """Run the cells one after the other; say after each how it ended."""
        for number, source in message["cells"]:
            error = self._run_cell(number, source, message["seconds"])
            self.line.send({"cell": number, "error": error} if error else {"cell": number})

    def _run_cell(self, number: int, source: str, seconds: float) -> dict | None:
        name, shell = cell_name(number), self.shell
        shell.history.append(source)
        try:
            linecache.cache[name] = (len(source), None, source.splitlines(True), name)
            code = None if shell.flags else COMPILED.get((name, source))
            if code is None:
                with contextlib.suppress(SyntaxError):
                    code = compile(source, name, "exec", shell.flags, True)
            self._alarm(seconds)
            if code is None:
                shell.file = name
                shell.run_cell(source)
            else:
                shell.flags |= code.co_flags & ANNOTATIONS
                exec(code, self.names)
        except TimeLimit as e:
            return self._describe(e, f"the cell took more than {seconds:g} s") | {"late": True}
        except BaseException as e:
            return self._describe(e)
        finally:
            self._alarm(None)
        return None

    def check(self, question: str) -> None:
        """Called from the student's cell: let the trusted side look at the names as they are now."""
        left = self._pause()
        try:
            self.line.send({"check": question[:200]})
            self.serve("go")
        finally:
            self._go_on(left)

    # calls

    def _run_calls(self, message: dict, blob: bytes) -> None:
        """Call a function with one set of arguments after the other, and answer each; one out of time is the last."""
        decode = Decoder(blob, self._resolve)
        ends = time.monotonic() + message["together"]
        for arguments in message["calls"]:
            if time.monotonic() > ends:
                self._send({"late": "together", "error": _plain_error("TimeLimit", "not called")}, [])
                return
            reply, blobs = self._call(message, arguments, decode)
            self._send(reply, blobs)
            if "late" in reply:
                return

    def _call(self, message: dict, arguments: list, decode: Decoder) -> tuple[dict, list[bytes]]:
        def answer(blobs: list[bytes]) -> dict:
            target = self.objects[message["h"]]
            args = [decode(a) for a in arguments[0]]
            kwargs = {k: decode(v) for k, v in arguments[1].items()}
            before = _snapshot(args, kwargs)
            with self._watching(message["watch"]) as used:
                value = self._timed(message["seconds"], target, args, kwargs)
            reply = {"value": encode(value, blobs, self._opaque)}
            if used:
                reply["used"] = sorted(used)
            if changed := [name for name, value, old in before if _changed(value, old)]:
                reply["mutated"] = changed
            return reply

        return self._guarded(answer, message["seconds"])

    def _watching(self, names: list[str]) -> contextlib.AbstractContextManager[set[str]]:
        """A block, and a set that fills with those functions of the library that it calls, as its checker can tell."""
        return importlib.import_module(self.checker).watching(names) if names else contextlib.nullcontext(set())

    def _timed(self, seconds: float, target: Callable, args: list, kwargs: dict) -> Any:
        self._alarm(seconds)
        try:
            return target(*args, **kwargs)
        finally:
            self._alarm(None)

    def _callback(self, number: int) -> Callable:
        """A function of the test's, for the student's code to call: it runs on the trusted side."""

        def callback(*args: Any, **kwargs: Any) -> Any:
            blobs: list[bytes] = []
            message = {
                "callback": number,
                "args": [encode(a, blobs, self._opaque) for a in args],
                "kwargs": {k: encode(v, blobs, self._opaque) for k, v in kwargs.items()},
            }
            left = self._pause()
            try:
                self.line.send(message, blobs)
                reply = self.serve("result")
            finally:
                self._go_on(left)
            if reply.get("error"):
                raise RuntimeError(reply["error"])
            return Decoder(reply["blob"], self._resolve)(reply["value"])

        return callback

    # values that are not plain

    def _opaque(self, value: Any) -> dict:
        if isinstance(value, types.ModuleType) and value.__name__ in self.modules:
            return {"m": value.__name__}
        self.next_handle += 1
        self.objects[self.next_handle] = value
        kind = type(value)
        base = np.ndarray if isinstance(value, np.ndarray) else kind
        detail = f"array of {value.dtype}" if base is np.ndarray else ""
        name = getattr(value, "__name__", "") if callable(value) else ""
        return {"h": [self.next_handle, callable(value), _name(kind.__name__), _name(name), detail[:60]]}

    def _resolve(self, tag: str, body: Any) -> Any:
        if tag == "h":
            return self.objects[body]
        if tag == "f":
            return self._callback(int(body))
        raise WireError(f"an unexpected tag {tag!r}")

    # time and errors

    def _alarm(self, seconds: float | None) -> None:
        """End what runs after so many seconds of processor time, and after WAITING times as many by the clock."""
        self._go_on(None if seconds is None else (seconds, WAITING * seconds))

    def _pause(self) -> Left | None:
        """Stop the clocks; what is left on them."""
        left, self.ends = self._left(), None
        return left

    def _go_on(self, left: Left | None) -> None:
        """A bell that is set already may ring too early: then it is set again."""
        if left is None:
            self.ends = None
            return
        now, soon = time.monotonic(), max(0.01, min(left))
        self.ends = (time.process_time() + left[0], now + left[1])
        if not now < self.rings_at <= now + soon:
            self._set_bell(now, soon)

    def _left(self) -> Left | None:
        return self.ends and (self.ends[0] - time.process_time(), self.ends[1] - time.monotonic())

    def _set_bell(self, now: float, seconds: float) -> None:
        self.rings_at = now + seconds
        signal.setitimer(signal.ITIMER_REAL, seconds)

    def _ring(self, signum: int, frame: Any) -> None:
        self.rings_at = math.inf
        left = self._left()
        if left is None:
            return
        if min(left) <= 0:
            raise TimeLimit
        self._set_bell(time.monotonic(), max(0.01, min(left)))

    def _describe(self, error: BaseException, message: str = "") -> dict:
        """The error as data: type, message, and the last line in one of the student's cells."""
        line, source = None, ""
        trace = error.__traceback__
        while trace is not None:
            file = trace.tb_frame.f_code.co_filename
            if file.startswith("<cell "):
                line, source = trace.tb_lineno, linecache.getline(file, trace.tb_lineno).strip()
            trace = trace.tb_next
        if isinstance(error, SyntaxError) and line is None:
            line, source = error.lineno, (error.text or "").strip()
        try:
            message = message or str(error)
        except BaseException:
            message = ""
        return {**_plain_error(type(error).__name__, message), "line": line, "source": str(source)[:200]}


def _place(path: Path, data: bytes) -> None:
    """A file in the working folder, where a notebook looks for it, and nowhere else."""
    if path.is_absolute() or ".." in path.parts:
        return
    with contextlib.suppress(OSError):  # a notebook that misses it says so
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    importlib.invalidate_caches()


def cell_name(number: int) -> str:
    """The name of a cell in tracebacks."""
    return f"<cell {number}>"


def compile_ahead(cells: list[tuple[int, str]]) -> None:
    """Compile cells that most notebooks will have, before the first of them comes."""
    for number, source in cells:
        name = cell_name(number)
        with contextlib.suppress(SyntaxError, ValueError):
            COMPILED[name, source] = compile(source, name, "exec", 0, True)


def _plain_error(kind: str, message: str) -> dict:
    return {"type": _name(kind), "message": message[:MESSAGE_LENGTH]}


def _name(value: Any) -> str:
    return value[:80] if isinstance(value, str) else ""


_CHANGEABLE = frozenset((np.ndarray, list, dict))


def _snapshot(args: list, kwargs: dict) -> list[tuple[str, Any, Any]]:
    """(name, argument, its contents) of those arguments that a function could change.

    What counts is what counts without a grader, in a checker: a list's own entries, and no tuples.
    """
    found = [(str(i), v, _frozen(v)) for i, v in enumerate(args, 1) if type(v) in _CHANGEABLE]
    if kwargs:
        found += [(k, v, _frozen(v)) for k, v in kwargs.items() if type(v) in _CHANGEABLE]
    return found


def _frozen(value: Any) -> Any:
    kind = type(value)
    if kind is np.ndarray:
        return (value.tobytes(), value.shape, value.dtype) if value.dtype.kind != "O" else value.copy()
    if kind is dict:
        return {k: _frozen(v) for k, v in value.items()}
    return value.copy() if kind is list else None


def _changed(value: Any, before: Any) -> bool:
    """Whether `value` is not what `_frozen` saw any more."""
    kind = type(value)
    if kind is np.ndarray:
        if type(before) is tuple:
            return (value.tobytes(), value.shape, value.dtype) != before
        return value.shape != before.shape or value.dtype != before.dtype or not bool((value == before).all())
    if kind is dict:
        return value.keys() != before.keys() or any(_changed(v, before[k]) for k, v in value.items())
    return kind is list and value != before
