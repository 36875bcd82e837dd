"""Copies of a notebook's names, so that a test which runs later sees what an earlier moment had."""

import copy
import types
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from typing import Any

import numpy as np

COPIED = 1 << 20  # bytes: a larger array is not copied
DEPTH = 12  # levels of objects in objects
OBJECTS = 20_000  # of the notebook's own kinds, in one go

Seen = dict[int, Any]  # the copies, by the identity of what they are copies of
Copier = Callable[[Any, Seen, int], Any]


def plain_copies(names: dict[str, Any]) -> dict[str, Any]:
    """The names with copies of containers, arrays and objects of the notebook's own classes, unless these are large.

    Two names of one object stay two names of one object.
    """
    seen: Seen = {}
    kinds = _KINDS
    return {
        name: how(value, seen, 0) if (how := kinds[type(value)]) is not None and name[:2] != "__" else value
        for name, value in names.items()
    }


def _copy(value: Any, seen: Seen, depth: int) -> Any:
    """What has a `copy` of its own; a large array stays itself."""
    key = id(value)
    if key not in seen:
        seen[key] = value.copy() if getattr(value, "nbytes", 0) <= COPIED else value
    return seen[key]


def _tuple(value: Any, seen: Seen, depth: int) -> Any:
    key = id(value)
    if key not in seen:
        seen[key] = tuple(_items(value, seen, depth))
    return seen[key]


def _list(value: Any, seen: Seen, depth: int) -> Any:
    key = id(value)
    if key not in seen:
        seen[key] = new = []
        new.extend(_items(value, seen, depth))
    return seen[key]


def _dict(value: Any, seen: Seen, depth: int) -> Any:
    key = id(value)
    if key not in seen:
        seen[key] = new = {}
        new.update(zip(value, _items(value.values(), seen, depth), strict=True))
    return seen[key]


def _items(values: Any, seen: Seen, depth: int) -> list:
    if depth >= DEPTH:
        return list(values)
    kinds = _KINDS
    return [v if (how := kinds[type(v)]) is None else how(v, seen, depth + 1) for v in values]


def _item(value: Any, seen: Seen, depth: int) -> Any:
    return _items((value,), seen, depth)[0]


def _method(value: Any, seen: Seen, depth: int) -> Any:
    """`forward = net.forward` belongs to the copy of `net`."""
    owner = _item(value.__self__, seen, depth)
    return value if owner is value.__self__ else types.MethodType(value.__func__, owner)


def _object(value: Any, seen: Seen, depth: int) -> Any:
    """A copy of an object with attributes or entries; the object itself when it cannot be copied."""
    key = id(value)
    if key in seen:
        return seen[key]
    if depth >= DEPTH or len(seen) > OBJECTS or getattr(value, "nbytes", 0) > COPIED:
        return value
    try:
        seen[key] = new = _new(value, seen, depth)
        if new is not value:
            _fill(new, value, seen, depth)
    except Exception:
        seen[key] = value
    return seen[key]


def _new(value: Any, seen: Seen, depth: int) -> Any:
    kind = type(value)
    if isinstance(value, tuple):
        return tuple.__new__(kind, _items(value, seen, depth))
    try:
        return object.__new__(kind)
    except TypeError:  # built on a list, an array, ...
        return copy.copy(value)


def _fill(new: Any, value: Any, seen: Seen, depth: int) -> None:
    if isinstance(value, dict):
        for k, v in value.items():
            dict.__setitem__(new, k, _item(v, seen, depth))
    elif isinstance(value, (list, deque)):
        for i, v in enumerate(value):
            new[i] = _item(v, seen, depth)
    attributes = getattr(value, "__dict__", None)
    if attributes:
        new.__dict__.update(zip(attributes, _items(attributes.values(), seen, depth), strict=True))
    for kind in type(value).__mro__:
        slots = vars(kind).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name not in ("__dict__", "__weakref__") and hasattr(value, name):
                object.__setattr__(new, name, _item(getattr(value, name), seen, depth))


class _Kinds(dict[type, Copier | None]):
    """How objects of a type are copied; None for what stays as it is."""

    def __missing__(self, kind: type) -> Copier | None:
        self[kind] = how = self._how(kind)
        return how

    @staticmethod
    def _how(kind: type) -> Copier | None:
        module = getattr(kind, "__module__", None)
        if module == "__main__" and not issubclass(kind, (type, BaseException)):
            return _object
        changeable = isinstance(module, str) and module.startswith("sympy.") and "Mutable" in kind.__name__
        return _copy if changeable else None  # a matrix


_KINDS = _Kinds(
    {
        np.ndarray: _copy,
        list: _list,
        dict: _dict,
        set: _copy,
        tuple: _tuple,
        types.MethodType: _method,
        **dict.fromkeys((OrderedDict, defaultdict, Counter, deque, types.SimpleNamespace), _object),
    }
)
