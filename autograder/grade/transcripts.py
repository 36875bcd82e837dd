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
"""

import hashlib
import time
from collections import deque
from dataclasses import dataclass, field

from .inside.wire import Line, pack, ungroup, unpack

AHEAD = 64  # requests in a batch, at most, while replies come fast
FAST = 0.01  # seconds a reply
TAKE_BACK = 2.0  # seconds to wait for what was left out
AHEAD_BYTES = 48 << 10  # what a socket takes while the other side is busy
FORGET = 64 << 20  # bytes of frames in a memory, before it starts anew
LEAPS = 64  # of one turn
LONGEST = 8 << 20  # bytes of a transcript: a longer one, made by answers without end, is not remembered
TURN_BYTES = 600  # what a turn takes besides its frame
NEWS = 1000  # transcripts of one submission, at most
DIGEST = 32  # bytes
NOT_AHEAD = ("result", "go")  # answers to what the student's code asks; they mean nothing before

Verdict = tuple[tuple[bool, str], ...]  # for each case: passed, otter's message


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


class Strayed(Exception):
    """The test asked something else than the transcript says: what it asks does not depend on the replies alone."""


class InVain(Exception):
    """The student's code ran for a request that the test never made."""


class Memory:
    """The transcripts of one worker, by test."""

    def __init__(self, limit: int = FORGET):
        self.limit = limit
        self.bytes = 0
        self.starts: dict[tuple, Turn | Verdict | None] = {}
        self.frames: dict[bytes, bytes] = {}
        self.news: deque[tuple[tuple, list[tuple[bytes, bytes]], Verdict]] = deque(maxlen=NEWS)

    def find(self, key: tuple, turns: "list[tuple[bytes, bytes]]", verdict: Verdict) -> None:
        """Learn from a test that ran here, and keep it in `news`, for other workers. A test that contradicts what is
        known, since it asks something random, has no transcripts from then on."""
        if not self.learn(key, turns, verdict):
            self.starts[key] = None
        elif self.starts[key] is not None:
            self.news.append((key, turns.copy(), verdict))

    def learn(self, key: tuple, turns: "list[tuple[bytes, bytes]]", verdict: Verdict) -> bool:
        """Remember a transcript, of frames and digests of their replies; False when it contradicts what is known."""
        if self.bytes > self.limit:
            self.bytes = 0
            self.starts.clear()
            self.frames.clear()
        self.bytes += sum(len(message) for _, message in verdict)
        if not turns:
            self.starts.setdefault(key, verdict)
            return True
        here = self.starts.setdefault(key, self._turn(turns[0][0]))
        path: list[Turn] = []
        for i, (frame, edge) in enumerate(turns):
            if not isinstance(here, Turn) or here.frame != frame:
                return here is None
            path.append(here)
            if edge not in here.next:
                self._branch(path, edge, turns[i + 1 :], verdict)
                return True
            here.likely = here = here.next[edge]
        return isinstance(here, tuple)

    def _branch(self, path: list[Turn], edge: bytes, rest: "list[tuple[bytes, bytes]]", verdict: Verdict) -> None:
        """A new reply to the last turn of `path`, and what followed."""
        new: Turn | Verdict = verdict
        for frame, reply in reversed(rest):
            turn = self._turn(frame)
            turn.sure = 1 + _sure(new)
            turn.next[reply] = turn.likely = new
            new = turn
        last = path[-1]
        last.sure = 1 + (_common(last.likely, new, last.sure - 1) if last.next else _sure(new))
        last.next[edge] = last.likely = new
        for away, turn in enumerate(reversed(path)):
            turn.sure = min(turn.sure, away + last.sure)

    def _turn(self, frame: bytes) -> Turn:
        self.bytes += TURN_BYTES
        if frame not in self.frames:
            self.bytes += len(frame)
            self.frames[frame] = frame
        return Turn(self.frames[frame], unpack(frame)[0]["op"] not in NOT_AHEAD)


def _sure(here: "Turn | Verdict | None") -> int:
    return here.sure if isinstance(here, Turn) else 0


def _common(one: "Turn | Verdict | None", other: "Turn | Verdict | None", most: int) -> int:
    """How many frames, at most `most`, two paths have in common."""
    count, most = 0, min(most, _sure(other))
    while count < most and isinstance(one, Turn) and isinstance(other, Turn) and one.frame == other.frame:
        one, other, count = one.likely, other.likely, count + 1
    return count


def digest(reply: bytes) -> bytes:
    return hashlib.sha256(reply).digest()


class Tape:
    """The line to a child, with a record of what passes while a question is judged. At most `widest` requests are on
    their way at a time."""

    def __init__(self, line: Line, widest: int = AHEAD):
        self.line = line
        self.turns: list[tuple[bytes, bytes]] = []  # frames, and digests of their replies
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

        Raises what the line raises: Late, Gone, WireError.
        """
        here = start
        told: list[tuple[bytes, bytes]] = []
        while isinstance(here, Turn) and time.monotonic() < ends:
            first, frames = here, self._ask(here)
            group = b"" if self.replies else self.line.pull(time.monotonic() + wait)
            edge = digest(group)
            leap = first.leaps.get(edge)
            if leap is not None and leap[0] == frames:
                told.extend(zip(frames, ungroup(group), strict=True))
                self.early.clear()
                here = leap[1]
                continue
            self.replies.extend(ungroup(group) if group else ())
            whole = len(self.replies) == len(frames) > 1
            here = self._walk(here, frames, told, wait)
            if whole and here is not None and not self.early:
                first.leap(edge, frames, here)
        if isinstance(here, tuple):
            return here
        self.script = deque(told)
        return None

    def _walk(
        self, here: "Turn | Verdict | None", frames: list[bytes], told: list[tuple[bytes, bytes]], wait: float
    ) -> "Turn | Verdict | None":
        """From `here` along the replies to `frames`, as far as these are what is asked next."""
        for i, frame in enumerate(frames):
            if not isinstance(here, Turn) or here.frame != frame:
                break
            if i:
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
            self.size += len(self.sent) + len(reply)
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
        self.batch = time.monotonic(), len(frames)
        if len(frames) > 1 and turn.ahead:
            self.early.extend(frames[1:])
            self.line.push(pack({"op": "batch", "n": len(frames)}) + b"".join(frames))
            return frames
        self.line.push(turn.frame)
        return frames[:1]

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
