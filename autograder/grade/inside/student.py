"""Serves the trusted side from inside the sandbox: runs cells, and calls the student's functions.

Nothing here can be believed: a student's code can change all of it. The trusted side treats each answer as the
student's answer, and nothing more.
"""

import linecache
import signal
import sys
import time
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from . import stubs
from .wire import Decoder, Gone, Line, WireError, encode

MODULES = ("numpy", "sympy", "math", "utils", "matplotlib.pyplot", "scipy", "itertools", "functools")
MESSAGE_LENGTH = 600


class TimeLimit(BaseException):
    """The time for this cell or call is over. Not an Exception, so that `except Exception` does not swallow it."""


def _ring(signum: int, frame: Any) -> None:
    raise TimeLimit


class Student:
    """One notebook in one process: its names, the objects the other side holds handles to, and the line."""

    def __init__(self, line: Line):
        self.line = line
        self.main = types.ModuleType("__main__")
        self.names = self.main.__dict__
        self.objects: dict[int, Any] = {}
        self.next_handle = 0
        self.ends_at: float | None = None
        shell = stubs.Shell()
        self.names["get_ipython"] = lambda: shell
        sys.modules["__main__"] = self.main
        sys.stdout = sys.stderr = stubs.Sink()  # type: ignore[assignment]
        stubs.install_otter(self.check)
        signal.signal(signal.SIGALRM, _ring)

    # the main loop

    def serve(self, until: str) -> dict:
        """Answer requests until one with the operation `until` arrives."""
        while True:
            message, blob = self.line.receive()
            operation = message.get("op")
            if operation == until:
                return message | {"blob": blob}
            reply, blobs = self._answer(operation, message, blob)
            try:
                self.line.send(reply, blobs)
            except WireError as e:
                self.line.send({"error": _plain_error("WireError", str(e))})

    def _answer(self, operation: Any, message: dict, blob: bytes) -> tuple[dict, list[bytes]]:
        blobs: list[bytes] = []
        try:
            if operation == "cell":
                return self._run_cell(message), blobs
            if operation == "get":
                name = message["name"]
                if name not in self.names:
                    return {"missing": True}, blobs
                return {"value": encode(self.names[name], blobs, self._opaque)}, blobs
            if operation == "free":
                self.objects.clear()
                return {}, blobs
            return self._call(operation, message, blob)
        except WireError as e:
            return {"error": _plain_error("WireError", str(e))}, []

    # cells

    def _run_cell(self, message: dict) -> dict:
        number, seconds = message["n"], message["seconds"]
        name = f"<cell {number}>"
        try:
            source = _without_magics(message["source"])
            linecache.cache[name] = (len(source), None, source.splitlines(True), name)
            code = compile(source, name, "exec", dont_inherit=True)
            self._alarm(seconds)
            exec(code, self.names)
        except TimeLimit as e:
            return {"error": self._describe(e, f"the cell took more than {seconds:g} s")}
        except BaseException as e:
            return {"error": self._describe(e)}
        finally:
            self._alarm(None)
        return {}

    def check(self, question: str) -> None:
        """Called from the student's cell: let the trusted side look at the names as they are now."""
        left = None if self.ends_at is None else max(0.01, self.ends_at - time.monotonic())
        self._alarm(None)
        try:
            self.line.send({"check": question[:200]})
            self.serve("go")
        finally:
            self._alarm(left)

    # calls

    def _call(self, operation: Any, message: dict, blob: bytes) -> tuple[dict, list[bytes]]:
        decode = Decoder(blob, self._resolve)
        seconds, blobs = message["seconds"], []
        used: tuple[str, ...] = ()
        try:
            target = self.objects[message["h"]]
            if operation == "getattr":
                return {"value": encode(getattr(target, message["name"]), blobs, self._opaque)}, blobs
            if operation == "setattr":
                setattr(target, message["name"], decode(message["value"]))
                return {}, blobs
            args = [decode(a) for a in message["args"]]
            kwargs = {k: decode(v) for k, v in message["kwargs"].items()}
            before = _snapshot(args, kwargs)
            self._alarm(seconds)
            if message["watch"]:
                from utils.check.watch import watching

                with watching(message["watch"]) as seen:
                    value = target(*args, **kwargs)
                used = tuple(sorted(seen))
            else:
                value = target(*args, **kwargs)
            self._alarm(None)
            reply = {"value": encode(value, blobs, self._opaque), "used": list(used)}
            return reply | {"mutated": _changed(before, args, kwargs)}, blobs
        except TimeLimit as e:
            return {"error": self._describe(e, f"the call took more than {seconds:g} s")}, []
        except (WireError, Gone):
            raise
        except BaseException as e:
            return {"error": self._describe(e)}, []
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
            left = None if self.ends_at is None else max(0.01, self.ends_at - time.monotonic())
            self._alarm(None)
            try:
                self.line.send(message, blobs)
                reply = self.serve("result")
            finally:
                self._alarm(left)
            if reply.get("error"):
                raise RuntimeError(reply["error"])
            return Decoder(reply["blob"], self._resolve)(reply["value"])

        return callback

    # values that are not plain

    def _opaque(self, value: Any) -> dict:
        if isinstance(value, types.ModuleType) and value.__name__ in MODULES:
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
        self.ends_at = None if seconds is None else time.monotonic() + seconds
        signal.setitimer(signal.ITIMER_REAL, seconds or 0)

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


def _plain_error(kind: str, message: str) -> dict:
    return {"type": _name(kind), "message": message[:MESSAGE_LENGTH]}


def _name(value: Any) -> str:
    return value[:80] if isinstance(value, str) else ""


def _without_magics(source: str) -> str:
    """Jupyter's `%magic` and `!shell` lines become calls of `get_ipython()`, which does nothing here."""
    if not any(line.lstrip()[:1] in "%!?" and line.strip() for line in source.splitlines()) and "= %" not in source:
        return source
    from IPython.core.inputtransformer2 import TransformerManager

    return TransformerManager().transform_cell(source)


def _snapshot(args: list, kwargs: dict) -> list:
    return [(str(k), _frozen(v)) for k, v in [*enumerate(args, 1), *kwargs.items()]]


def _frozen(value: Any) -> Any:
    if type(value) is np.ndarray:
        return value.tobytes()
    return [_frozen(v) for v in value] if type(value) in (list, tuple) else None


def _changed(before: list, args: list, kwargs: dict) -> list[str]:
    now = [*args, *kwargs.values()]
    return [name for (name, old), value in zip(before, now, strict=True) if old is not None and _frozen(value) != old]
