"""Transcripts that one worker learned, told to the others: else each of them would run the same tests once more.

The process that owns the workers keeps what each of them says, and passes it on before their next submission of the
same assignment. A worker that is new, or was replaced, hears what is still kept.
"""

import threading
from collections import deque
from dataclasses import dataclass, field

from ..jail.wire import Line, WireError
from .memory import DIGEST, Memory, digest

SAID = 1 << 20  # bytes that a worker says after one submission, at most
KEPT = 8 << 20  # bytes that are kept of one assignment; the oldest go first
OVERHEAD = 1000  # bytes of a message besides its text


def say(line: Line, memory: Memory) -> None:
    """Send what tests have taught `memory` since the last time."""
    left = SAID
    while memory.news:
        key, turns, verdict = memory.news.popleft()
        message = {"learned": list(key), "sizes": [len(frame) for frame, _ in turns], "verdict": verdict}
        left -= sum(len(frame) + DIGEST for frame, _ in turns) + sum(len(words) for _, words in verdict)
        if left < 0:
            continue  # a flood: the others learn it for themselves
        try:
            line.post(message, [part for turn in turns for part in turn])
        except WireError:
            continue


def hear(memory: Memory, message: dict, blob: bytes) -> None:
    """Learn what another worker said."""
    turns, at = [], 0
    for size in message["sizes"]:
        middle, end = at + size, at + size + DIGEST
        turns.append((blob[at:middle], blob[middle:end]))
        at = end
    memory.learn(tuple(message["learned"]), turns, tuple((passed, words) for passed, words in message["verdict"]))


@dataclass
class Said:
    """A worker's message."""

    worker: int
    message: dict
    blob: bytes
    name: bytes
    size: int


@dataclass
class _About:
    """What was said about one assignment."""

    messages: deque[Said] = field(default_factory=deque)
    names: set[bytes] = field(default_factory=set)
    size: int = 0
    gone: int = 0  # messages that were dropped


class Exchange:
    """What the workers of this process have said, each thing once. Used by several threads."""

    def __init__(self, kept: int = KEPT):
        self.kept = kept
        self.about: dict[str, _About] = {}
        self.lock = threading.Lock()

    def add(self, worker: int, message: dict, blob: bytes) -> None:
        name = digest(repr(message["learned"]).encode() + blob)
        size = OVERHEAD + len(blob) + sum(len(words) for _, words in message["verdict"])
        with self.lock:
            about = self.about.setdefault(message["learned"][0], _About())
            if name in about.names:
                return
            about.messages.append(Said(worker, message, blob, name, size))
            about.names.add(name)
            about.size += size
            while about.size > self.kept:
                oldest = about.messages.popleft()
                about.names.discard(oldest.name)
                about.size -= oldest.size
                about.gone += 1

    def since(self, code: str, count: int) -> tuple[list[Said], int]:
        """What was said about an assignment after the first `count` messages, and how many there are by now."""
        with self.lock:
            about = self.about.get(code) or _About()
            new = list(about.messages)[max(0, count - about.gone) :]
            return new, about.gone + len(about.messages)
