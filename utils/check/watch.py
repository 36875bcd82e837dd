"""Which functions of `utils` ran during a call.

While one is watched, a function runs a spy in its place: the function object is the same, so an alias is found too, and
nothing else gets slower, as it would under `sys.setprofile`.
"""

import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from operator import is_not
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any

OPERATORS = __name__.split(".")[0]
CHECKER = __name__.rpartition(".")[0]

_LOCK = threading.Lock()
_listening: list[set[str]] = []
_watched: dict[FunctionType, int] = {}  # by how many blocks
_spies: dict[FunctionType, tuple[CodeType, CodeType]] = {}  # the function's own code, and its spy
_places: dict[tuple[str, ...], list[tuple[dict, str]]] = {}  # where the functions of some names are found
_found: dict[tuple[str, ...], tuple[list, list[FunctionType]]] = {}  # what was there, and which of it is watched
_package: ModuleType | None = None
_modules: list[dict] = []  # the names in the package and its modules


@contextmanager
def watching(names: Iterable[str]) -> Iterator[set[str]]:
    """A set that fills with those of `names` that code outside of `utils` calls while the block runs."""
    seen: set[str] = set()
    functions = _functions(tuple(names))
    with _LOCK:
        _listening.append(seen)
        for function in functions:
            count = _watched[function] = _watched.get(function, 0) + 1
            if count == 1:
                function.__code__ = _spy(function)
    try:
        yield seen
    finally:
        with _LOCK:
            _listening[:] = [s for s in _listening if s is not seen]
            for function in functions:
                count = _watched[function] = _watched[function] - 1
                if not count:
                    function.__code__ = _spies[function][0]


def _functions(names: tuple[str, ...]) -> list[FunctionType]:
    """The functions of these names in the modules of `utils`, this checker apart."""
    global _package, _modules
    if sys.modules.get(OPERATORS) is not _package:
        _package = sys.modules.get(OPERATORS)
        _modules = [vars(m) for name, m in list(sys.modules.items()) if m is not None and _is_operators(name)]
        _places.clear()
        _found.clear()
    if names not in _places:
        _places[names] = [(m, n) for m in _modules for n in names if isinstance(m.get(n), FunctionType)]
    there = [m.get(n) for m, n in _places[names]]
    known = _found.get(names)
    if known is None or any(map(is_not, known[0], there)):
        functions = dict.fromkeys(f for f in there if isinstance(f, FunctionType))
        known = _found[names] = there, [f for f in functions if _is_operators(_module(f))]
    return known[1]


def _module(function: FunctionType) -> str:
    return str(function.__globals__.get("__name__", ""))


def _spy(function: FunctionType) -> CodeType:
    """Code for `function` that tells who called it, and then does what the function does."""
    known = _spies.get(function)
    if known is None or known[0] is not function.__code__:
        code, name = function.__code__, function.__name__
        original = FunctionType(code, function.__globals__, name, function.__defaults__, function.__closure__)
        original.__kwdefaults__, original.__qualname__ = function.__kwdefaults__, function.__qualname__

        def told(args: tuple, kwargs: dict[str, Any]) -> Any:
            if not is_operator(sys._getframe(2)):
                for seen in _listening:
                    seen.add(name)
            return original(*args, **kwargs)

        consts = tuple(told if c == _MARK else c for c in _placeholder.__code__.co_consts)
        known = _spies[function] = code, _placeholder.__code__.replace(co_consts=consts, co_name=name)
    return known[1]


_MARK = "the spy's own function"


def _placeholder(*args: Any, **kwargs: Any) -> Any:
    told: Callable = "the spy's own function"  # type: ignore[assignment]
    return told(args, kwargs)


def _is_operators(module: str) -> bool:
    return f"{module}.".startswith(f"{OPERATORS}.") and not f"{module}.".startswith(f"{CHECKER}.")


def is_operator(frame: FrameType) -> bool:
    """Whether a frame runs code of `utils`, this checker apart. By module name: one file may have several paths."""
    return _is_operators(str(frame.f_globals.get("__name__", "")))
