"""A dataclass from a table that a person wrote, in TOML or YAML; what is wrong is one sentence.

Each key is a field: a text, a truth, a whole number, a number (above 0: `Positive`), a list of texts
(`tuple[str, ...]`), one of several words (`Literal`, of which an empty one is the default and is never written), a
table of any kind (`dict`), or of a kind of its own (a dataclass).
"""

import difflib
import typing
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Annotated, Any, Literal

Positive = Annotated[float, "a number above 0"]
Seconds = Annotated[float, "a number of seconds above 0"]
KINDS = {str: "a text", bool: "true or false", int: "a whole number", float: "a number", dict: "a table"}


class SettingError(ValueError):
    """What is wrong with a key."""

    def __init__(self, key: str, message: str):
        super().__init__(message)
        self.key = key


def read(kind: Any, table: Mapping[str, Any], where: str = "", **given: Any) -> Any:
    """`kind`, a dataclass, from a table, with `given` for fields that no table says. Raises SettingError.

    `where` is the table's name with a dot, "" for the whole file.
    """
    hints = typing.get_type_hints(kind, include_extras=True)
    known = {f.name: f for f in fields(kind) if f.name not in given}
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(str(key), known, 1)
            meant = f"did you mean `{where}{near[0]}`?" if near else f"known are: {', '.join(known)}"
            raise SettingError(key, f"there is no key `{where}{key}`; {meant}")
    for name, f in known.items():
        if name not in table and f.default is MISSING and f.default_factory is MISSING:
            raise SettingError(name, f"the key `{where}{name}` is missing")
    return kind(**given, **{name: _value(hints[name], value, where + name) for name, value in table.items()})


def _value(kind: Any, value: Any, key: str) -> Any:
    base = typing.get_origin(kind) or kind
    if is_dataclass(kind):
        if isinstance(value, dict):
            return read(kind, value, f"{key}.")
    elif base is tuple:
        if isinstance(value, list):
            return tuple(_value(typing.get_args(kind)[0], entry, f"{key}[{i}]") for i, entry in enumerate(value))
    elif base is Literal:
        if any(type(value) is type(choice) and value == choice for choice in _choices(kind)):
            return value
    elif base in (float, Annotated):
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if is_number and (base is float or value > 0):
            return float(value)
    elif type(value) is base:
        return value
    raise SettingError(key, f"`{key}` is {value!r}; expected {_expected(kind)}")


def _expected(kind: Any) -> str:
    base = typing.get_origin(kind) or kind
    if base is tuple:
        return "a list of texts"
    if base is Literal:
        *first, last = map(str, _choices(kind))
        return f"{', '.join(first)} or {last}"
    if base is Annotated:
        return typing.get_args(kind)[1]
    return KINDS[dict if is_dataclass(kind) else base]


def _choices(kind: Any) -> list[Any]:
    return [choice for choice in typing.get_args(kind) if choice]
