"""Transcripts that one worker learned, told to the others: else each of them would run the same tests once more.

The process that owns the workers keeps what each of them says, and passes it on before their next submission of the
same assignment. A worker that is new, or was replaced, hears everything.
"""

import threading

from .inside.wire import Line, WireError
from .transcripts import DIGEST, Memory

LIMIT = 32 << 20  # bytes that are kept, in all; beyond that each worker learns for itself

Said = tuple[int, dict, bytes]  # which worker, and its message


def say(line: Line, memory: Memory) -> None:
    """Send what tests have taught `memory` since the last time."""
    while memory.news:
        key, turns, verdict = memory.news.popleft()
        message = {"learned": list(key), "sizes": [len(frame) for frame, _ in turns], "verdict": verdict}
        try:
            line.post(message, [part for turn in turns for part in turn])
        except WireError:
            continue  # too large: the others learn it for themselves


def hear(memory: Memory, message: dict, blob: bytes) -> None:
    """Learn what another worker said."""
    turns, at = [], 0
    for size in message["sizes"]:
        middle, end = at + size, at + size + DIGEST
        turns.append((blob[at:middle], blob[middle:end]))
        at = end
    memory.learn(tuple(message["learned"]), turns, tuple((passed, words) for passed, words in message["verdict"]))


class Exchange:
    """What the workers of this process have said, by assignment. Used by several threads."""

    def __init__(self, limit: int = LIMIT):
        self.limit = limit
        self.size = 0
        self.said: dict[str, list[Said]] = {}
        self.lock = threading.Lock()

    def add(self, worker: int, message: dict, blob: bytes) -> None:
        code, size = message["learned"][0], len(blob) + sum(len(words) for _, words in message["verdict"])
        with self.lock:
            if self.size + size <= self.limit:
                self.size += size
                self.said.setdefault(code, []).append((worker, message, blob))

    def since(self, code: str, count: int) -> list[Said]:
        """All but the first `count` messages about an assignment."""
        with self.lock:
            return self.said.get(code, [])[count:]
