"""The line between the sandbox and the trusted process: frames of JSON plus raw array bytes, never pickle.

A frame is `<json length><blob length><json><blob>`. The JSON is a tree of tagged values; arrays are
`{"a": [dtype, shape]}` and take their bytes from the blob in the order in which they appear. Both sides refuse what is
too large, too deep, or not one of the plain kinds, whatever the other side says.
"""

import json
import math
import re
import socket
import struct
import time
import types
from collections.abc import Callable
from typing import Any

import numpy as np

HEADER = struct.Struct("<II")
MAX_JSON = 8 << 20
MAX_BLOB = 64 << 20
MAX_ANSWER = 8 << 20  # bytes of arrays in what a student's process says at a time
POSTED = 32 << 10  # bytes that may wait
MAX_DEPTH = 40
MAX_AXES = 32
MAX_PAIRS = 2_000  # of all dicts in a value: keys with equal hashes would take time with their square
MAX_OBJECTS = 10_000  # of an array of objects
MAX_EMPTY = 1 << 20  # the lengths of an array without entries, without the zeros
MAX_NODES = 200_000
MAX_INT_DIGITS = 600
PLAIN_KINDS = "biufc"
_SCAN: Any = vars(json.JSONDecoder())["scan_once"]  # no white space around: ours has none
_ATOMS = frozenset((int, float, bool, type(None)))
_HANDLES = frozenset((types.FunctionType, types.MethodType, types.BuiltinFunctionType, type, types.ModuleType))
_ENTRIES = frozenset("icsery")  # tags of what an array of objects may hold, besides plain JSON
_DECIMAL = re.compile(r"-?[0-9]{1,600}(\.[0-9]{0,600})?(E[+-]?[0-9]{1,3})?")
_EXACT = re.compile(r"[<>|=]?[biufc](1|2|4|8|16)")
_DTYPES: dict[str, np.dtype] = {}  # by name, those that may cross


def _encoder() -> Callable[[Any], str]:
    """JSON without white space. The standard library makes its encoder anew for each call; here one serves all."""
    plain = json.JSONEncoder(separators=(",", ":"))
    make: Any = json.encoder.c_make_encoder  # type: ignore[attr-defined]
    if make is None:
        return plain.encode
    parts = make(None, plain.default, json.encoder.encode_basestring_ascii, None, ":", ",", False, False, True)
    return lambda tree: "".join(parts(tree, 0))


_ENCODE = _encoder()


class WireError(Exception):
    """The bytes, or the value, cannot cross the line."""


class Gone(Exception):
    """The other side closed the line."""


class NoAnswerInTime(Exception):
    """The other side did not answer in time."""


AsOpaque = Callable[[Any], dict]
Resolve = Callable[[str, Any], Any]


def _no_opaque(value: Any) -> dict:
    raise WireError(f"a value of type {type(value).__name__} cannot be handed over")


def _no_resolve(tag: str, body: Any) -> Any:
    raise WireError(f"an unexpected value with the tag {tag!r}")


def encode(value: Any, blobs: list[bytes], opaque: AsOpaque = _no_opaque, depth: int = 0) -> Any:
    """`value` as a JSON tree; array bytes are appended to `blobs`. `opaque` says what to do with everything else."""
    kind = type(value)
    if value is None or kind is bool or kind is str or kind is float:
        return value
    if kind is int:
        return value if -(1 << 53) < value < 1 << 53 else _big_int(value)
    if depth > MAX_DEPTH:
        raise WireError(f"the value is nested more than {MAX_DEPTH} levels deep")
    if isinstance(value, np.ndarray):
        if kind is not np.ndarray and isinstance(value, np.ma.MaskedArray):
            return opaque(value)
        if value.dtype.kind not in PLAIN_KINDS:
            return _objects(value, blobs, opaque, depth)
        if value.nbytes > MAX_BLOB:
            raise WireError(f"the array has {value.nbytes >> 20} MB; the limit is {MAX_BLOB >> 20} MB")
        blobs.append(value.tobytes())
        return {"x" if isinstance(value, np.matrix) else "a": [value.dtype.str, list(value.shape)]}
    if kind is list:
        return [encode(v, blobs, opaque, depth + 1) for v in value]
    if kind is tuple:
        return {"t": [encode(v, blobs, opaque, depth + 1) for v in value]}
    if kind is dict:
        pairs = [[encode(k, blobs, opaque, depth + 1), encode(v, blobs, opaque, depth + 1)] for k, v in value.items()]
        return {"d": pairs}
    if kind is complex:
        return {"c": [value.real, value.imag]}
    if isinstance(value, np.generic) and value.dtype.kind in PLAIN_KINDS and kind.__module__ == "numpy":
        blobs.append(value.tobytes())
        return {"s": value.dtype.str}
    return opaque(value) if kind in _HANDLES else _rare(value, blobs, opaque, depth)


def _rare(value: Any, blobs: list[bytes], opaque: AsOpaque, depth: int) -> Any:
    """What is seldom handed over: numbers that are not Python's or NumPy's own, and subclasses as their plain value."""
    module = type(value).__module__
    if module.startswith("sympy."):
        from . import expressions

        tree = expressions.to_tree(value)
        return opaque(value) if tree is None else {"y": tree}
    if module in ("fractions", "decimal"):
        return _exact(value) or opaque(value)
    plain = _plain(value)
    return opaque(value) if plain is None else encode(plain, blobs, opaque, depth)


_NUMBERS: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (str, str.__str__), (int, int.__int__), (float, float.__float__), (complex, complex.__complex__),
)  # fmt: skip


def _plain(value: Any) -> Any:
    """The value of Python's or NumPy's own type that `value` is a kind of; None when it is of no such kind."""
    if isinstance(value, np.generic) and value.dtype.kind in PLAIN_KINDS:
        return np.array(value, value.dtype)[()]
    for kind in (tuple, dict, list):
        if isinstance(value, kind):
            return kind(value)
    for kind, take in _NUMBERS:
        if isinstance(value, kind):  # one that compares in its own way is something else than its value
            return take(value) if isinstance(value, np.generic) or type(value).__eq__ is kind.__eq__ else None
    return None


def _exact(value: Any) -> dict | None:
    """A Fraction or a Decimal, when it is one of a bounded length."""
    if type(value).__name__ == "Fraction":
        parts = [int(value.numerator), int(value.denominator)]
        return {"r": list(map(str, parts))} if all(p.bit_length() <= 3 * MAX_INT_DIGITS for p in parts) else None
    return {"e": str(value)} if type(value).__name__ == "Decimal" and _DECIMAL.fullmatch(str(value)) else None


def _objects(value: np.ndarray, blobs: list[bytes], opaque: AsOpaque, depth: int) -> Any:
    """An array of numbers that are Python objects, or of expressions; opaque when it holds anything else."""
    if value.dtype.kind != "O" or value.size > MAX_OBJECTS:
        return opaque(value)
    count = len(blobs)
    try:
        entries = [encode(v, blobs, _no_opaque, depth + 1) for v in value.ravel()]
        if all(type(e) is not list and (type(e) is not dict or not _ENTRIES.isdisjoint(e)) for e in entries):
            return {"o": [list(value.shape), entries]}
    except WireError:
        pass
    del blobs[count:]
    return opaque(value)


def _big_int(value: int) -> dict:
    if value.bit_length() > 3 * MAX_INT_DIGITS:
        raise WireError(f"an integer of {value.bit_length()} bits is too large to hand over")
    return {"i": str(value)}


class Decoder:
    """Rebuilds values from a tree; counts nodes and takes array bytes from `blob` in order."""

    def __init__(self, blob: bytes, resolve: Resolve = _no_resolve):
        self.blob, self.at, self.nodes, self.resolve = blob, 0, 0, resolve
        self.pairs, self.expressions = 0, [0]

    def __call__(self, tree: Any, depth: int = 0) -> Any:
        self.nodes += 1
        if self.nodes > MAX_NODES or depth > MAX_DEPTH:
            raise WireError("the value has too many parts")
        kind = type(tree)
        if kind in _ATOMS:
            return tree
        if kind is str:
            return text(tree)
        if kind is list:
            return [self(v, depth + 1) for v in tree]
        if kind is not dict or len(tree) != 1:
            raise WireError("a value without a tag")
        ((tag, body),) = tree.items()
        try:
            return self._array(*body) if tag == "a" else self._tagged(tag, body, depth)
        except (TypeError, ValueError, KeyError, ArithmeticError) as e:
            raise WireError(f"a broken value with the tag {text(str(tag))[:20]!r}: {type(e).__name__}") from None

    def _tagged(self, tag: str, body: Any, depth: int) -> Any:
        if tag == "s":
            return self._array(body, [])[()]
        if tag == "x":  # a checker is kind to a matrix, which has always two axes
            return self._array(*body).view(np.matrix)
        if tag == "t":
            return tuple(self(v, depth + 1) for v in list(body))
        if tag == "d":
            self.pairs += len(body)
            if self.pairs > MAX_PAIRS:
                raise WireError(f"dicts with more than {MAX_PAIRS} keys")
            return {self(k, depth + 1): self(v, depth + 1) for k, v in body}
        if tag == "c":
            return complex(float(body[0]), float(body[1]))
        if tag == "i":
            return _integer(body)
        if tag == "y":
            from . import expressions

            return expressions.from_tree(body, self.expressions)
        if tag == "o":
            return self._objects(body[0], body[1], depth)
        if tag == "r":
            from fractions import Fraction

            return Fraction(_integer(body[0]), _integer(body[1]))
        if tag == "e":
            from decimal import Decimal

            if not isinstance(body, str) or not _DECIMAL.fullmatch(body):
                raise WireError("a decimal number that is too large")
            return Decimal(body)
        return self.resolve(tag, body)

    def _objects(self, shape: list[int], trees: list, depth: int) -> np.ndarray:
        if len(trees) > MAX_OBJECTS or len(shape) > MAX_AXES:
            raise WireError("an array of too many objects")
        found = np.empty(len(trees), object)
        for i, tree in enumerate(trees):
            if type(tree) is list or (type(tree) is dict and _ENTRIES.isdisjoint(tree)):
                raise WireError("an array of objects that cannot be handed over")
            found[i] = self(tree, depth + 1)
        return found.reshape([max(int(n), 0) for n in shape])

    def _array(self, name: Any, shape: list[int]) -> np.ndarray:
        dtype = _DTYPES.get(name) or _dtype(name)
        size = dtype.itemsize
        if len(shape) > MAX_AXES:
            raise WireError("an array with too many axes")
        for n in shape:
            if type(n) is not int or not 0 <= n <= MAX_BLOB:
                raise WireError("an array with an impossible shape")
            size *= n
        if size > MAX_BLOB or (not size and math.prod(filter(None, shape)) > MAX_EMPTY):
            raise WireError("an array that is too large")
        if self.at + size > len(self.blob):
            raise WireError("array bytes are missing")
        begin, self.at = self.at, self.at + size
        own = bytearray(self.blob[begin : self.at])  # one that can be written to
        if dtype.kind == "b":  # other bytes than 0 and 1 are no truth values
            return (np.frombuffer(own, "u1") != 0).reshape(shape)
        return np.frombuffer(own, dtype).reshape(shape)


def _integer(digits: Any) -> int:
    if not isinstance(digits, str) or len(digits) > MAX_INT_DIGITS:
        raise WireError("an integer that is too large")
    return int(digits)


def _dtype(name: Any) -> np.dtype:
    if not isinstance(name, str) or not _EXACT.fullmatch(name):
        raise WireError("an array of a kind that cannot be handed over")
    _DTYPES[name] = np.dtype(name)
    return _DTYPES[name]


def text(value: str) -> str:
    """`value` without lone surrogates, so that it can be written to any file."""
    return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")


def pack(message: dict, blobs: list[bytes] | None = None, most: int = MAX_BLOB) -> bytes:
    """A frame; raises WireError when it is too large: `most` bytes of arrays."""
    body = _ENCODE(message).encode()
    blob = b"".join(blobs) if blobs else b""
    if len(body) > MAX_JSON or len(blob) > most:
        raise WireError(f"the value takes {(len(body) + len(blob)) >> 20} MB; the limit is {most >> 20} MB")
    return HEADER.pack(len(body), len(blob)) + body + blob


def unpack(frame: bytes) -> tuple[dict, bytes]:
    """The message and the array bytes of a frame; raises WireError when it is none."""
    end = HEADER.size + HEADER.unpack_from(frame)[0]
    try:
        body = str(frame[HEADER.size : end], "utf-8")
        message, read = _SCAN(body, 0)
    except (ValueError, StopIteration, RecursionError):
        raise WireError("the frame is not JSON") from None
    if not isinstance(message, dict) or read != len(body):
        raise WireError("the frame is not a message")
    return message, frame[end:]


class Line:
    """One end of the line. `receive` keeps to a deadline (`time.monotonic()`), or waits for ever with None."""

    TICK = 0.05  # how often a wait looks at its deadline; the kernel keeps the time, for one system call a frame

    def __init__(self, sock: socket.socket, sends: int = MAX_BLOB, receives: int = MAX_BLOB):
        self.sock, self.sends, self.receives = sock, sends, receives  # bytes of arrays in a frame, at most
        self.sock.settimeout(None)
        self.ticks = False
        self.data, self.at = b"", 0  # what has come, and how much of it was taken
        self.posted = b""

    def send(self, message: dict, blobs: list[bytes] | None = None) -> None:
        self.push(pack(message, blobs, self.sends))

    def post(self, message: dict) -> None:
        """Like `send`, but the message may wait for the next `send`."""
        self.posted += pack(message)
        if len(self.posted) > POSTED:
            self.push(b"")

    def push(self, frames: bytes) -> None:
        frames, self.posted = self.posted + frames, b""
        try:
            self.sock.sendall(frames)
        except BlockingIOError:
            raise NoAnswerInTime from None
        except OSError:
            raise Gone from None

    def receive(self, deadline: float | None = None) -> tuple[dict, bytes]:
        if len(self.data) - self.at < HEADER.size:
            self._until(HEADER.size, deadline)
        json_length, blob_length = HEADER.unpack_from(self.data, self.at)
        if json_length > MAX_JSON or blob_length > self.receives:
            raise WireError("the frame is too large, or not a frame at all")
        size = HEADER.size + json_length + blob_length
        if len(self.data) - self.at < size:
            self._until(size, deadline)
        begin, self.at = self.at, self.at + size
        return unpack(self.data[begin : self.at])

    def _until(self, size: int, deadline: float | None) -> None:
        """Read until `size` bytes are there."""
        if deadline is not None and not self.ticks:
            self.tick()
        parts = [self.data[self.at :]]
        missing = size - len(parts[0])
        try:
            while missing > 0:
                if deadline is not None and time.monotonic() >= deadline:
                    raise NoAnswerInTime
                try:
                    part = self.sock.recv(max(1 << 16, min(missing, 1 << 20)))
                except BlockingIOError:
                    continue
                except OSError:
                    raise Gone from None
                if not part:
                    raise Gone
                parts.append(part)
                missing -= len(part)
        finally:
            self.data, self.at = b"".join(parts), 0

    def tick(self, sending: int = 60) -> None:
        """Let waiting end now and then, so that deadlines are looked at; `sending` may take so many seconds."""
        self.ticks = True
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 0, int(self.TICK * 1e6)))
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", sending, 0))

    def close(self) -> None:
        self.sock.close()
