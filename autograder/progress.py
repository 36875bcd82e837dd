"""A progress bar on a terminal, plain lines in a pipe or a log."""

import sys
import time
from collections.abc import Iterable, Iterator, Sized
from typing import TypeVar

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn, TimeRemainingColumn

T = TypeVar("T")
PLAIN_EVERY = 5.0  # seconds between two lines in a log


def track(items: Iterable[T], label: str, total: int | None = None) -> Iterator[T]:
    """Yield each of `items` and show how far we are, and how long it will take; in a log also how fast it goes.

    `total` is needed when `items` has no length, for example `as_completed(futures)`.
    The bar goes to standard error, so standard output stays clean for results.
    """
    if total is None and isinstance(items, Sized):
        total = len(items)
    console = Console(stderr=True)
    return _bar(items, label, total, console) if console.is_terminal else _lines(items, label, total)


def _bar(items: Iterable[T], label: str, total: int | None, console: Console) -> Iterator[T]:
    columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        yield from progress.track(items, total=total, description=label)


def _lines(items: Iterable[T], label: str, total: int | None) -> Iterator[T]:
    started = said = time.monotonic()
    of = "" if total is None else f" of {total}"
    for done, item in enumerate(items, start=1):
        yield item
        now = time.monotonic()
        if done == total or now - said >= PLAIN_EVERY:
            rate = _rate(done, now - started)
            print(f"{label}: {done}{of}, {now - started:.0f} s, {rate}", file=sys.stderr, flush=True)
            said = now


def _rate(done: int, seconds: float) -> str:
    per_second = done / max(seconds, 1e-6)
    return f"{per_second:.1f}/s" if per_second >= 1 else f"{1 / per_second:.1f} s each"
