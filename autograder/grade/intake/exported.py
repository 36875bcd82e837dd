"""Gradescope's submission_metadata.yml: which folder of an export is whose. Its text is taken as plain strings."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import yaml

from ..jail.wire import text
from .archives import METADATA, File
from .owners import Owners

MAX_BYTES = 16 << 20
MAX_DEPTH = 40  # libyaml takes quadratic time for brackets within brackets
MAX_NAME = 200
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_END = object()


class NotUnderstood(Exception):
    """The metadata cannot be used; the message says why."""


def roots(files: list[File], owners: Owners) -> Iterator[File]:
    """The metadata files that Gradescope may have put where they are; from inside a submission they would be forged."""
    found = [f for f in files if f.name == METADATA and not f.refused and not f.other]
    found = [f for f in found if not any(_below(f, other) and f is not other for other in found)]
    for file in found:
        kinds = {kind for kind, _ in owners.kinds(file.path[:-1])}
        # in a folder with a name of its own only when nothing lies beside it that another student may own
        if kinds <= {"shared"} or (kinds <= {"shared", "folder"} and all(_is_below(f, found) for f in files)):
            yield file


def _below(file: File, root: File) -> bool:
    folder = root.path[:-1]
    return file.path[: len(folder)] == folder and len(file.path) > len(folder)


def _is_below(file: File, found: list[File]) -> bool:
    return any(_below(file, root) for root in found)


def students(file: File) -> dict[tuple[str, ...], tuple[str, float]]:
    """Folder -> (student, time); raises NotUnderstood."""
    if len(file.data) > MAX_BYTES:
        raise NotUnderstood(f"it has {len(file.data) >> 20} MB, the limit is {MAX_BYTES >> 20} MB")
    try:
        entries = _load(file.data)
    except (yaml.YAMLError, ValueError) as e:
        raise NotUnderstood(" ".join(str(e).split())[:200]) from None
    if not isinstance(entries, dict):
        raise NotUnderstood("it does not list submissions")
    found = {}
    for folder, entry in entries.items():
        people = entry.get(":submitters") if isinstance(entry, dict) else None
        if not isinstance(people, list):
            continue
        names = [name for person in people if (name := _name(person))]
        found[(*file.path[:-1], folder)] = (" & ".join(names)[:MAX_NAME] or folder, _time(entry.get(":created_at")))
    return found


def _name(person: Any) -> str:
    fields = [person.get(key) for key in (":email", ":sid", ":name")] if isinstance(person, dict) else []
    return next((text(f)[:MAX_NAME] for f in fields if isinstance(f, str) and f), "")


def _time(value: Any) -> float:
    if not isinstance(value, str) or not yaml.SafeLoader.timestamp_regexp.match(value):
        return 0.0
    try:
        node = yaml.ScalarNode("tag:yaml.org,2002:timestamp", value)
        when = yaml.constructor.SafeConstructor().construct_yaml_timestamp(node)
        if not isinstance(when, datetime):
            return 0.0
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return 0.0


def _load(data: bytes) -> Any:
    """Strings, lists and dictionaries from YAML's events: nothing is built from tags, aliases or merges."""
    events = (e for e in yaml.parse(data, Loader=_LOADER) if not isinstance(e, yaml.StreamStartEvent))
    if not isinstance(next(events), yaml.DocumentStartEvent):
        return None
    return _value(events, {}, 0)


def _value(events: Iterator[yaml.Event], names: dict[str, str], depth: int) -> Any:
    event = next(events)
    if isinstance(event, yaml.AliasEvent):
        return names.get(event.anchor, "")  # Ruby gives equal strings an alias; structures have none here
    if isinstance(event, yaml.ScalarEvent):
        plain = "" if event.implicit[0] and event.value in ("~", "null") else event.value
        if event.anchor:
            names[event.anchor] = plain
        return plain
    if isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
        return _END
    if depth > MAX_DEPTH:
        raise NotUnderstood(f"it is nested more than {MAX_DEPTH} levels deep")
    items = []
    while (item := _value(events, names, depth + 1)) is not _END:
        items.append(item)
    if isinstance(event, yaml.SequenceStartEvent):
        return items
    return {k: v for k, v in zip(items[::2], items[1::2], strict=False) if isinstance(k, str)}
