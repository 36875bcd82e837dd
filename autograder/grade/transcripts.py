"""What was asked of a submission in a question, what came back, and the verdict that followed.

A test sees a student's code through the line alone, so equal replies mean an equal verdict. A `Memory` keeps the
transcripts of each test as a tree: what was sent, and for every reply what was sent next, down to the verdict. A
submission whose replies are all known walks to its verdict, and the test itself does not run; at the first new reply
the test does run, is told the replies that are there already, and goes on with the submission from that point.

The likely next requests are sent together with the one at hand, and their replies come together: most tests ask the
same whatever the answer is. A child that ends or hangs meanwhile takes replies with it; such a question is judged again
by the test itself, one request at a time, so that its verdict does not depend on what others had handed in before.
"""

import hashlib
import time
from collections import deque
from dataclasses import dataclass, field

from .inside.wire import Line, pack, unpack

AHEAD = 64  # requests, and
AHEAD_BYTES = 48 << 10  # bytes that a socket takes while the other side is busy
FORGET = 64 << 20  # bytes of frames in a memory, before it starts anew
LONGEST = 8 << 20  # bytes of a transcript: a longer one, made by answers without end, is not remembered
TURN_BYTES = 600  # what a turn takes besides its frame
NOT_AHEAD = ("result", "go")  # answers to what the student's code asks; they mean nothing before

Verdict = tuple[tuple[bool, str], ...]  # for each case: passed, otter's message


@dataclass(slots=True, eq=False)
class Turn:
    """A frame, and by the digest of its reply what follows."""

    frame: bytes
    ahead: bool
    next: "dict[bytes, Turn | Verdict]" = field(default_factory=dict)
    likely: "Turn | Verdict | None" = None


class Strayed(Exception):
    """The test asked something else than the transcript says: its requests do not depend on the replies alone."""


class Memory:
    """The transcripts of one worker, by test."""

    def __init__(self, limit: int = FORGET):
        self.limit = limit
        self.bytes = 0
        self.starts: dict[tuple, Turn | Verdict] = {}
        self.frames: dict[bytes, bytes] = {}

    def learn(self, key: tuple, turns: "list[tuple[bytes, bytes]]", verdict: Verdict) -> None:
        """Remember a transcript, of frames and digests of their replies; one that contradicts what is known (a test
        with randomness) is left out."""
        if self.bytes > self.limit:
            self.bytes = 0
            self.starts.clear()
            self.frames.clear()
        self.bytes += sum(len(message) for _, message in verdict)
        if not turns:
            self.starts.setdefault(key, verdict)
            return
        here = self.starts.setdefault(key, self._turn(turns[0][0]))
        for i, (frame, edge) in enumerate(turns):
            if not isinstance(here, Turn) or here.frame != frame:
                return
            if edge not in here.next:
                here.next[edge] = self._turn(turns[i + 1][0]) if i + 1 < len(turns) else verdict
            here.likely = here = here.next[edge]

    def _turn(self, frame: bytes) -> Turn:
        self.bytes += TURN_BYTES
        if frame not in self.frames:
            self.bytes += len(frame)
            self.frames[frame] = frame
        return Turn(self.frames[frame], unpack(frame)[0]["op"] not in NOT_AHEAD)


def digest(reply: bytes) -> bytes:
    return hashlib.sha256(reply).digest()


class Tape:
    """The line to a child, with a record of what passes while a question is judged."""

    def __init__(self, line: Line):
        self.line = line
        self.turns: list[tuple[bytes, bytes]] = []  # frames, and digests of their replies
        self.size = 0
        self.script: deque[tuple[bytes, bytes]] = deque()
        self.reply: bytes | None = None
        self.sent: bytes | None = None
        self.early: deque[bytes] = deque()  # sent ahead, not yet answered
        self.strayed = False

    def begin(self) -> None:
        """A new question: nothing recorded yet."""
        self.turns = []
        self.size = 0
        self.script.clear()
        self.reply = self.sent = None
        self.strayed = False

    def rehearse(self, start: Turn | Verdict | None, wait: float, ends: float) -> Verdict | None:
        """Walk from `start` to a verdict, `wait` seconds a reply; None when the test itself must run.

        Raises what the line raises: Late, Gone, WireError.
        """
        here = start
        told: list[tuple[bytes, bytes]] = []
        while isinstance(here, Turn) and time.monotonic() < ends:
            self._ask(here)
            reply = self.line.pull(time.monotonic() + wait)
            told.append((here.frame, reply))
            found = here.next.get(digest(reply))
            if found is not None:
                here.likely = found
            here = found
        if isinstance(here, tuple):
            return here
        self.script = deque(told)
        return None

    def finish(self) -> None:
        """The question is over: nothing may be left on the line."""
        self.script.clear()
        self._drain(time.monotonic() + 10)

    @property
    def complete(self) -> bool:
        """Whether `turns` holds all of the question, and the test asked what the transcript says."""
        return self.size <= LONGEST and not self.strayed

    @property
    def scripted(self) -> bool:
        return bool(self.script)

    # the line, as a session uses it

    def send(self, message: dict, blobs: list[bytes] | None = None) -> None:
        frame = pack(message, blobs)
        self.sent = frame
        if self.script:
            expected, self.reply = self.script.popleft()
            if expected == frame:
                return
            self.strayed, self.reply = True, None
            raise Strayed
        if self.early and self.early[0] == frame:
            self.early.popleft()
            return
        self._drain(time.monotonic() + 10)
        self.line.push(frame)

    def receive(self, deadline: float) -> tuple[dict, bytes]:
        reply, self.reply = self.reply, None
        if reply is None:
            reply = self.line.pull(deadline)
        if self.sent is not None:
            self.size += len(self.sent) + len(reply)
            if self.size <= LONGEST:
                self.turns.append((self.sent, digest(reply)))
            self.sent = None
        return unpack(reply)

    def post(self, message: dict) -> None:
        self.line.post(message)

    # requests ahead of their time

    def _ask(self, turn: Turn) -> None:
        if self.early and self.early[0] == turn.frame:
            self.early.popleft()
            return
        self._drain(time.monotonic() + 10)
        frames, size, here = [turn.frame], len(turn.frame), turn.likely
        while isinstance(here, Turn) and here.ahead and len(frames) < AHEAD and size + len(here.frame) < AHEAD_BYTES:
            frames.append(here.frame)
            size += len(here.frame)
            here = here.likely
        if len(frames) > 1 and turn.ahead:
            self.early.extend(frames[1:])
            self.line.push(pack({"op": "batch", "n": len(frames)}) + b"".join(frames))
        else:
            self.line.push(turn.frame)

    def _drain(self, deadline: float) -> None:
        """Take the replies to what was asked ahead and is not wanted; a function that asks back is refused."""
        while self.early:
            message, _ = unpack(self.line.pull(deadline))
            if "callback" in message:
                self.line.send({"op": "result", "error": "the test's function is gone"})
            elif "check" in message:
                self.line.send({"op": "go"})
            else:
                self.early.popleft()
