"""Which functions of `utils` ran during a call, found by watching the calls themselves, so an alias is found too."""

import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

OPERATORS = str(Path(__file__).resolve().parents[1])
CHECKER = str(Path(__file__).resolve().parent)


def is_operator_file(filename: str) -> bool:
    """Whether a source file belongs to the operators of `utils` (and not to this checker)."""
    return filename.startswith(OPERATORS) and not filename.startswith(CHECKER)


@contextmanager
def watching(names: Iterable[str]) -> Iterator[set[str]]:
    """A set that fills with those of `names` that code outside of `utils` calls while the block runs."""
    wanted, seen = frozenset(names), set()

    def on_call(frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if event == "call" and code.co_name in wanted and is_operator_file(code.co_filename):
            caller = frame.f_back
            if caller is None or not is_operator_file(caller.f_code.co_filename):
                seen.add(code.co_name)

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
