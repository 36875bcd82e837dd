"""The student's names as the tests see them: plain values, and proxies whose calls run in the sandbox.

A proxy never evaluates anything that comes from the sandbox; what comes back has been rebuilt by `jail.wire`.
"""

import builtins
import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import ModuleType
from typing import Any, Protocol

from ..jail.settings import MODULES
from .outcome import Opaque, Outcome, StudentError

Call = tuple[tuple[Any, ...], dict[str, Any]]  # positional and named arguments


class Channel(Protocol):
    """What a proxy needs of the session that owns the sandbox."""

    def calls(self, handle: int, calls: Sequence["Call"], watch: tuple[str, ...]) -> list[Outcome]: ...
    def attribute(self, handle: int, name: str) -> Any: ...
    def assign(self, handle: int, name: str, value: Any) -> None: ...
    def name(self, name: str) -> tuple[bool, Any]: ...


class StudentException(Exception):
    """An exception from the student's code whose type is not one of Python's own."""


class Proxy:
    """Stands for an object in the sandbox: a function, a class, an instance. It cannot be compared or converted."""

    __slots__ = ("__name__", "_channel", "_detail", "_handle", "_kind")

    def __init__(self, channel: Channel, handle: int, kind: str, name: str, detail: str):
        object.__setattr__(self, "_channel", channel)
        object.__setattr__(self, "_handle", handle)
        object.__setattr__(self, "_kind", kind)
        object.__setattr__(self, "_detail", detail)
        object.__setattr__(self, "__name__", name or kind)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"{self!r} has no attribute {name!r}")
        return self._channel.attribute(self._handle, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("__"):
            raise AttributeError(name)
        self._channel.assign(self._handle, name, value)

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise TypeError(f"the answer is an object of type {self._detail or self._kind}, not plain numbers or text")

    __array__ = __bool__ = __len__ = __iter__ = __float__ = __int__ = __index__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = __add__ = __sub__ = __mul__ = __getitem__ = __contains__ = _refuse

    def __repr__(self) -> str:
        return f"<the student's {self._detail or self._kind}>"


class CallableProxy(Proxy):
    """A proxy that can be called: `f(x)` gives the value or raises; `student_calls` gives Outcomes."""

    __slots__ = ()

    def student_calls(self, calls: Sequence[Call], watch: tuple[str, ...] = ()) -> list[Outcome]:
        """The outcome of each (args, kwargs), all asked for in one message. An object is told by its type alone."""
        return [
            replace(o, value=Opaque(o.value._detail or o.value._kind)) if isinstance(o.value, Proxy) else o
            for o in self._channel.calls(self._handle, calls, watch)
        ]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        (outcome,) = self._channel.calls(self._handle, [(args, kwargs)], ())
        if outcome.error is not None:
            raise to_exception(outcome.error)
        return outcome.value


def to_exception(error: StudentError) -> Exception:
    """Python's own exception of that name with the message alone; StudentException for all others."""
    kind = getattr(builtins, error.type, None)
    if isinstance(kind, type) and issubclass(kind, Exception) and not issubclass(kind, UnicodeError):
        return kind(error.message)
    return StudentException(f"{error.type}: {error.message}")


class Module:
    """One of the trusted side's own modules, to read from: a test that sets an attribute must not change it for all."""

    __slots__ = ("__name__", "_module")

    def __init__(self, name: str):
        object.__setattr__(self, "_module", importlib.import_module(name))
        object.__setattr__(self, "__name__", name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"{self!r} has no attribute {name!r}")
        value = getattr(self._module, name)
        return Opaque("module") if isinstance(value, ModuleType) else value

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{name!r} of {self!r} cannot be set")

    def __repr__(self) -> str:
        return f"<module {self.__name__!r}>"


def resolver(channel: Channel, library: str = "") -> Callable[[str, Any], Any]:
    """Turns the wire's tags for objects and modules into proxies and into views of the trusted side's own modules.

    `library` is the name of the course's own.
    """
    modules = (*MODULES, library) if library else MODULES

    def resolve(tag: str, body: Any) -> Any:
        if tag == "h":
            handle, can_call, kind, name, detail = body
            plain = [str(s)[:80] for s in (kind, name, detail)]
            return (CallableProxy if can_call is True else Proxy)(channel, int(handle), *map(printable, plain))
        if tag == "m" and body in modules:
            return Module(body)
        raise ValueError("an unknown tag")

    return resolve


def printable(text: str) -> str:
    return "".join(c for c in text if c.isprintable())


class NotebookNames(Mapping):
    """The notebook's names, fetched when a test asks for them: what otter calls the global environment."""

    def __init__(self, channel: Channel):
        self._channel = channel

    def __getitem__(self, name: str) -> Any:
        found, value = self._channel.name(name)
        if not found:
            raise KeyError(name)
        return value

    def get(self, name: str, default: Any = None) -> Any:
        found, value = self._channel.name(name)
        return value if found else default

    def __iter__(self) -> Iterator[str]:
        raise TypeError("the student's names cannot be listed; ask for one by name")

    def __len__(self) -> int:
        raise TypeError("the student's names cannot be counted")

    def __contains__(self, name: object) -> bool:
        return self._channel.name(str(name))[0]
