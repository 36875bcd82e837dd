"""Stops the trusted side's own work on a student's value, such as an expression that takes hours to compare."""

import signal
import threading
from types import FrameType, TracebackType

AGAIN = 1.0  # seconds; a test that goes on after the bell hears it again


class TooSlow(Exception):
    """The bell rang."""


class Stopwatch:
    """Raises TooSlow in the block after so many seconds of processor time of this process; waiting does not count.

    The exception may come anywhere, and the block may swallow it: `rang` tells. Only for a process's main thread;
    elsewhere nothing rings.
    """

    def __init__(self, seconds: float):
        self.seconds = seconds
        self.rang = False

    def __enter__(self) -> "Stopwatch":
        self.works = threading.current_thread() is threading.main_thread()
        if self.works:
            self.before = signal.signal(signal.SIGVTALRM, self._ring)
            signal.setitimer(signal.ITIMER_VIRTUAL, self.seconds, AGAIN)
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> bool:
        if self.works:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            signal.signal(signal.SIGVTALRM, self.before)
        return isinstance(error, TooSlow)

    def _ring(self, signum: int, frame: FrameType | None) -> None:
        self.rang = True
        raise TooSlow("comparing the answer took too long")
