"""What tests asked submissions, what came back, and the verdicts that followed: a tree for each test.

See `transcripts.py` for how verdicts are taken from it.
"""

import hashlib
from collections import deque
from dataclasses import dataclass, field

from ..jail.wire import unpack

FORGET = 64 << 20  # bytes in a memory, before it forgets the test that takes most
TURN_BYTES = 600  # what a turn takes besides its frame
LONGEST = 1 << 20  # bytes of a transcript: a longer one, made by answers without end, is not remembered
LEAPS = 16  # of one turn
NEWS = 1000  # transcripts of one submission, at most
DIGEST = 32  # bytes
NOT_AHEAD = ("result", "go")  # answers to what the student's code asks; they mean nothing before

Verdict = tuple[tuple[bool, str], ...]  # for each case: passed, otter's message
Turns = list[tuple[bytes, bytes]]  # frames, and digests of their replies


@dataclass(slots=True, eq=False)
class Turn:
    """A frame, and by the digest of its reply what follows; `likely` is what followed last.

    The first `sure` frames from here on, this one among them, are the same along every path that is known.
    """

    frame: bytes
    ahead: bool
    next: "dict[bytes, Turn | Verdict]" = field(default_factory=dict)
    likely: "Turn | Verdict | None" = None
    sure: int = 1
    leaps: "dict[bytes, tuple[list[bytes], Turn | Verdict]]" = field(default_factory=dict)

    def leap(self, edge: bytes, frames: list[bytes], target: "Turn | Verdict") -> None:
        """Keep where a batch of `frames` from here leads, when all its replies come at once and have this digest."""
        if len(self.leaps) >= LEAPS:
            self.leaps.clear()
        self.leaps[edge] = frames, target


class Memory:
    """The transcripts of one worker, by test."""

    def __init__(self, limit: int = FORGET):
        self.limit = limit
        self.starts: dict[tuple, Turn | Verdict | None] = {}
        self.frames: dict[tuple, dict[bytes, bytes]] = {}  # of each test, so that equal ones are kept once
        self.sizes: dict[tuple, int] = {}
        self.bytes = 0
        self.news: deque[tuple[tuple, Turns, Verdict]] = deque(maxlen=NEWS)

    def find(self, key: tuple, turns: Turns, verdict: Verdict) -> None:
        """Learn from a test that ran here; what is new is also kept in `news`, for other workers.

        A test that contradicts what is known, since it asks something random, has no transcripts from then on.
        """
        new = self.learn(key, turns, verdict)
        if new is None:
            self.starts[key] = None
        elif new:
            self.news.append((key, turns.copy(), verdict))  # the tape goes on

    def learn(self, key: tuple, turns: Turns, verdict: Verdict) -> bool | None:
        """Remember a transcript. Whether it was new; None when it contradicts what is known."""
        while self.bytes > self.limit:
            self._forget(max(self.sizes, key=self.sizes.__getitem__))
        if key not in self.starts:
            self._add(key, sum(len(words) for _, words in verdict))
            self.starts[key] = self._turn(key, turns[0][0]) if turns else verdict
            if not turns:
                return True
        here = self.starts[key]
        if here is None:
            return False
        path: list[Turn] = []
        for i, (frame, edge) in enumerate(turns):
            if not isinstance(here, Turn) or here.frame != frame:
                return None
            path.append(here)
            if edge not in here.next:
                self._add(key, sum(len(words) for _, words in verdict))
                self._branch(key, path, edge, turns[i + 1 :], verdict)
                return True
            here.likely = here = here.next[edge]
        return False if isinstance(here, tuple) else None

    def _branch(self, key: tuple, path: list[Turn], edge: bytes, rest: Turns, verdict: Verdict) -> None:
        """A new reply to the last turn of `path`, and what followed."""
        new: Turn | Verdict = verdict
        for frame, reply in reversed(rest):
            turn = self._turn(key, frame)
            turn.sure = 1 + _sure(new)
            turn.next[reply] = turn.likely = new
            new = turn
        last = path[-1]
        last.sure = 1 + (_common(last.likely, new, last.sure - 1) if last.next else _sure(new))
        last.next[edge] = last.likely = new
        for away, turn in enumerate(reversed(path)):
            turn.sure = min(turn.sure, away + last.sure)

    def _turn(self, key: tuple, frame: bytes) -> Turn:
        frames = self.frames.setdefault(key, {})
        self._add(key, TURN_BYTES + (0 if frame in frames else len(frame)))
        return Turn(frames.setdefault(frame, frame), unpack(frame)[0]["op"] not in NOT_AHEAD)

    def _add(self, key: tuple, size: int) -> None:
        self.sizes[key] = self.sizes.get(key, 0) + size
        self.bytes += size

    def _forget(self, key: tuple) -> None:
        self.bytes -= self.sizes.pop(key)
        self.starts.pop(key, None)
        self.frames.pop(key, None)


def _sure(here: Turn | Verdict | None) -> int:
    return here.sure if isinstance(here, Turn) else 0


def _common(one: Turn | Verdict | None, other: Turn | Verdict | None, most: int) -> int:
    """How many frames, at most `most`, two paths have in common."""
    count, most = 0, min(most, _sure(other))
    while count < most and isinstance(one, Turn) and isinstance(other, Turn) and one.frame == other.frame:
        one, other, count = one.likely, other.likely, count + 1
    return count


def digest(reply: bytes) -> bytes:
    return hashlib.sha256(reply).digest()
