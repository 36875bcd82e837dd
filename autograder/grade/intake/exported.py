"""Gradescope's submission_metadata.yml: which folder of an export is whose, and when it was handed in.

Read in a limited child: students choose their own names.
"""

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
    found = {}
    for folder, entry in entries.items():
        people = entry.get(":submitters") if isinstance(entry, dict) else None
        if isinstance(folder, str) and isinstance(people, list):
            names = [names for person in people if (names := _names(person))]
            found[folder] = {"people": names, "time": _time(entry.get(":created_at"))}
    return found


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
