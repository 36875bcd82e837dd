"""What the test that called `expect` knows: the answer's name, and whether otter hides it."""

import inspect
import sys
from typing import Any

PACKAGE = __name__.rpartition(".")[0]


def name_in_test(answer: Any) -> str | None:
    """The name under which the test that called `expect` knows the answer."""
    caller = inspect.currentframe()
    while caller is not None and str(caller.f_globals.get("__name__", "")).startswith(PACKAGE):
        caller = caller.f_back
    if caller is None or answer is None or answer is Ellipsis:
        found = [] if caller is None else list(caller.f_code.co_varnames[: caller.f_code.co_argcount])
        return found[0] if caller is not None and len(found) == 1 else None
    found = [k for k, v in caller.f_locals.items() if v is answer and k.isidentifier() and not k.startswith("_")]
    return found[0] if len(found) == 1 else None


def inside_hidden_test() -> bool:
    """Whether an otter test case with `hidden=True` is running."""
    frame = sys._getframe()
    while frame is not None:
        if frame.f_code.co_name == "call_func" and getattr(frame.f_locals.get("self"), "hidden", False) is True:
            return True
        frame = frame.f_back
    return False
