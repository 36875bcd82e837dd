"""Children that read what was handed in stay for the next test: each start of Python costs more than most tests do."""

import json
from collections.abc import Iterator
from multiprocessing.connection import Connection

import pytest

from autograder.grade.intake.readers import Reader, Readers


@pytest.fixture(autouse=True, scope="module")
def children_stay() -> Iterator[None]:
    """Those that a class is done with wait for a class with the same setup, till the end of the file."""
    idle: dict[str, list[Reader]] = {}
    start = Reader._start

    def key(reader: Reader) -> str:
        return json.dumps([reader.module, reader.setup], sort_keys=True)

    def start_or_take(reader: Reader) -> Connection:
        waiting = idle.get(key(reader))
        if not waiting:
            return start(reader)
        other = waiting.pop()
        reader.process, reader.line = other.process, other.line
        assert reader.line is not None
        return reader.line

    def stay(readers: Readers, *_: object) -> None:
        for reader in readers.every:
            if reader.line is not None:
                idle.setdefault(key(reader), []).append(reader)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Reader, "_start", start_or_take)
        patch.setattr(Readers, "__exit__", stay)
        yield
    for reader in (reader for waiting in idle.values() for reader in waiting):
        reader.close()
