"""What was asked of a submission in a question, what came back, and the verdict that followed.

A test sees a student's code through the line alone, so equal replies mean an equal verdict. A `Memory` keeps the
transcripts of each test as a tree: what was sent, and for every reply what was sent next, down to the verdict. A
submission whose replies are all known walks to its verdict, and the test itself does not run; at the first new reply
the test does run, is told the replies that are there already, and goes on with the submission from that point.

The next requests are sent together with the one at hand, and their replies come together, as far as all that is known
led to the same requests: most tests ask the same whatever the answer is. Where a new answer leads elsewhere, the
student's functions have been called in vain, and a function may remember that it was called, take a while, or end its
process. Then nothing that happened counts: `InVain` tells the caller to grade the submission anew in a fresh child,
asking one thing at a time. So no verdict depends on what others had handed in before.

A child can read requests that wait while it answers an earlier one. They hold inputs alone, as long as the last answer
that a test asks for stands in none of its requests.
"""

import time
from collections import deque

from ..jail.wire import Gone, Late, Line, WireError, pack, ungroup, unpack
from .memory import LONGEST, TURN_BYTES, Turn, Turns, Verdict, digest

AHEAD = 64  # requests in a batch, at most, while replies come fast
FAST = 0.01  # seconds a reply
TAKE_BACK = 2.0  # seconds to wait for what was left out
AHEAD_BYTES = 48 << 10  # what a socket takes while the other side is busy


class Strayed(Exception):
    """The test asked something else than the transcript says: what it asks does not depend on the replies alone."""


class InVain(Exception):
    """The student's code ran for a request that the test never made."""


class Tape:
    """The line to a child, with a record of what passes while a question is judged. At most `widest` requests are on
    their way at a time."""

    def __init__(self, line: Line, widest: int = AHEAD):
        self.line = line
        self.turns: Turns = []
        self.size = 0
        self.script: deque[tuple[bytes, bytes]] = deque()
        self.reply: bytes | None = None
        self.sent: bytes | None = None
        self.early: deque[bytes] = deque()  # sent ahead, not yet answered
        self.replies: deque[bytes] = deque()  # that came in a group
        self.vain = False  # the student's code ran for nothing, or may have: this child is of no use any more
        self.asked_ahead = False  # the request at hand
        self.widest = self.width = widest
        self.batch = (0.0, 0)  # when the last batch left, and its length

    def begin(self) -> None:
        """A new question: nothing recorded yet."""
        self.turns = []
        self.size = 0
        self.script.clear()
        self.reply = self.sent = None
        self.asked_ahead = False
        self.width, self.batch = self.widest, (0.0, 0)

    def rehearse(self, start: Turn | Verdict | None, wait: float, ends: float) -> Verdict | None:
        """Walk from `start` to a verdict, `wait` seconds a reply; None when the test itself must run.

        What was replied until then waits for the test, also when the line raises: Late, Gone, WireError. Raises
        Strayed when the time ends while requests are on their way that would not have been made any more.
        """
        here = start
        told: list[tuple[bytes, bytes]] = []
        try:
            while isinstance(here, Turn) and time.monotonic() < ends:
                here = self._step(here, told, wait, ends)
        except (Late, Gone, WireError):
            self.script = deque(told)
            raise
        if isinstance(here, tuple):
            return here
        self.script = deque(told)
        return None

    def _step(self, here: Turn, told: list[tuple[bytes, bytes]], wait: float, ends: float) -> Turn | Verdict | None:
        """From `here` to where the replies to one batch lead; None when that is not known."""
        first, frames = here, self._ask(here)
        if self.replies:  # more than was asked for: the student's own doing
            return self._walk(here, frames, told, wait, ends)
        group = self.line.pull(time.monotonic() + wait)
        edge = digest(group)
        leap = first.leaps.get(edge)
        if leap is not None and leap[0] == frames and time.monotonic() < ends:
            told.extend(zip(frames, ungroup(group), strict=True))
            self.early.clear()
            return leap[1]
        self.replies.extend(ungroup(group))
        whole = len(self.replies) == len(frames) > 1
        found = self._walk(here, frames, told, wait, ends)
        if whole and found is not None and not self.early:
            first.leap(edge, frames, found)
        return found

    def _walk(
        self, start: Turn, frames: list[bytes], told: list[tuple[bytes, bytes]], wait: float, ends: float
    ) -> Turn | Verdict | None:
        """From `start` along the replies to `frames`, as far as these are what is asked next."""
        here: Turn | Verdict | None = start
        for i, frame in enumerate(frames):
            if not isinstance(here, Turn) or here.frame != frame:
                break
            if i:
                if time.monotonic() > ends:
                    raise Strayed
                self.early.popleft()
            reply = self._pull(time.monotonic() + wait)
            told.append((frame, reply))
            found = here.next.get(digest(reply))
            if found is not None:
                here.likely = found
            here = found
        return here

    def finish(self) -> None:
        """The question is over: nothing may be left on the line."""
        self.vain = self.vain or bool(self.script)
        self.script.clear()
        self._take_back()

    @property
    def complete(self) -> bool:
        """Whether `turns` holds all of the question."""
        return self.size <= LONGEST

    @property
    def scripted(self) -> bool:
        return bool(self.script)

    # the line, as a session uses it

    def send(self, message: dict, blobs: list[bytes] | None = None) -> None:
        if self.vain:
            raise Strayed
        frame = pack(message, blobs)
        self.sent = frame
        if self.script:
            expected, self.reply = self.script.popleft()
            if expected == frame:
                return
            self.vain, self.reply = True, None
            raise Strayed
        self.asked_ahead = bool(self.early) and self.early[0] == frame
        if self.asked_ahead:
            self.early.popleft()
            return
        self._take_back()
        self.line.push(frame)

    def receive(self, deadline: float) -> tuple[dict, bytes]:
        reply, self.reply = self.reply, None
        if reply is None:
            self.vain = self.asked_ahead or bool(self.early)  # until the reply is there: what comes after it may fail
            reply = self._pull(deadline)
            self.vain = False
        if self.sent is not None:
            self.size += len(self.sent) + len(reply) + TURN_BYTES
            if self.size <= LONGEST:
                self.turns.append((self.sent, digest(reply)))
            self.sent = None
        return unpack(reply)

    def post(self, message: dict) -> None:
        self.line.post(message)

    # requests ahead of their time

    def _ask(self, turn: Turn) -> list[bytes]:
        """Send `turn`'s request, and with it what followed every reply so far; the frames that are now on their way."""
        if self.early:
            self._take_back()
        elif self.batch[1]:
            seconds = (time.monotonic() - self.batch[0]) / self.batch[1]
            self.width = self.widest if seconds < FAST else 1
        frames, size, here = [turn.frame], len(turn.frame), turn
        width = min(self.width, turn.sure)
        while len(frames) < width and size < AHEAD_BYTES:
            if not isinstance(here.likely, Turn) or not here.likely.ahead:
                break
            here = here.likely
            frames.append(here.frame)
            size += len(here.frame)
        if not turn.ahead:
            del frames[1:]
        self.batch = time.monotonic(), len(frames)
        if len(frames) > 1:
            self.early.extend(frames[1:])
            self.line.push(pack({"op": "batch", "n": len(frames)}) + b"".join(frames))
            return frames
        self.line.push(turn.frame)
        return frames

    def _pull(self, deadline: float) -> bytes:
        if not self.replies:
            self.replies.extend(ungroup(self.line.pull(deadline)))
        return self.replies.popleft()

    def _take_back(self) -> None:
        """Nobody wants what was asked ahead. That does no harm only where the child left it out, being out of time."""
        if self.early and not self.vain:
            self.vain = True
            while self.early:
                message, _ = unpack(self._pull(time.monotonic() + TAKE_BACK))
                if "skipped" not in message:
                    raise Strayed
                self.early.popleft()
            self.vain = False
