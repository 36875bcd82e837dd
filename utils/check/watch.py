"""Which functions of `utils` ran during a call, found by watching the calls themselves, so an alias is found too."""

import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

OPERATORS = __name__.split(".")[0]
CHECKER = __name__.rpartition(".")[0]


def is_operator(frame: FrameType) -> bool:
    """Whether a frame runs code of `utils`, this checker apart. By module name: one file may have several paths."""
    module = str(frame.f_globals.get("__name__", ""))
    return f"{module}.".startswith(f"{OPERATORS}.") and not f"{module}.".startswith(f"{CHECKER}.")


@contextmanager
def watching(names: Iterable[str]) -> Iterator[set[str]]:
    """A set that fills with those of `names` that code outside of `utils` calls while the block runs."""
    wanted, seen = frozenset(names), set()

    def on_call(frame: FrameType, event: str, _: Any) -> None:
        # the cheapest question first: this runs at every call and return, also of numpy's functions
        if (
            event == "call"
            and frame.f_code.co_name in wanted
            and is_operator(frame)
            and not (frame.f_back and is_operator(frame.f_back))
        ):
            seen.add(frame.f_code.co_name)

    if not wanted:
        yield seen
        return
    before = sys.getprofile()
    sys.setprofile(on_call)
    threading.setprofile(on_call)
    try:
        yield seen
    finally:
        sys.setprofile(before)
        threading.setprofile(None)
