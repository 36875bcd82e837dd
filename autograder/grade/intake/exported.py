"""Gradescope's submission_metadata.yml: which folder of an export is whose, and when it was handed in.

Read in a limited child: students choose their own names.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import yaml

from .moments import moment
from .names import clean

METADATA = "submission_metadata.yml"
MAX_BYTES = 16 << 20
MAX_DEPTH = 40
_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # all values are plain text; tags build nothing


class NotUnderstood(Exception):
    """The metadata cannot be used; the message says why."""


def folders(data: bytes) -> dict[str, dict[str, Any]]:
    """Folder -> `people`, the names of each from the surest to the least, and `time`, 0 when it does not say.

    Raises NotUnderstood.
    """
    if len(data) > MAX_BYTES:
        raise NotUnderstood(f"it has more than {MAX_BYTES >> 20} MB")
    try:
        _refuse_deep(data)
        entries = yaml.load(data, Loader=_LOADER)
    except (yaml.YAMLError, ValueError, RecursionError) as e:
        raise NotUnderstood(" ".join(str(e).split())[:200]) from None
    if not isinstance(entries, dict):
        raise NotUnderstood("it does not list submissions")
    every = {
        folder: (people, _time(entry.get(":created_at")))
        for folder, entry in entries.items()
        if isinstance(folder, str) and isinstance(entry, dict) and isinstance(people := entry.get(":submitters"), list)
    }
    bare = Counter(name for people, _ in every.values() for person in people if (name := _bare(person)))
    return {
        folder: {"people": [names for p in people if (names := _told_apart(p, folder, bare))], "time": time}
        for folder, (people, time) in every.items()
    }


def _told_apart(person: Any, folder: str, bare: Mapping[str, int]) -> list[str]:
    """Somebody's names. Who has only a name may be another person in each submission."""
    name = _bare(person)
    return [f"{name} {folder}", name] if bare.get(name, 0) > 1 else _names(person)


def _bare(person: Any) -> str:
    """The name of somebody without a number and an address; "" of others."""
    names = _names(person)
    return names[0] if len(names) == 1 and _names({":name": person.get(":name")}) else ""


def _names(person: Any) -> list[str]:
    fields = [person.get(key) for key in (":email", ":sid", ":name")] if isinstance(person, dict) else []
    return [clean(f) for f in fields if isinstance(f, str) and clean(f) not in ("", "~", "null")]


def _time(value: Any) -> float:
    return (moment(value) or 0.0) if isinstance(value, str) else 0.0


def _refuse_deep(data: bytes) -> None:
    """Brackets within brackets take a loader quadratic time."""
    depth = 0
    for event in yaml.parse(data, Loader=_LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise NotUnderstood(f"it is nested more than {MAX_DEPTH} levels deep")
