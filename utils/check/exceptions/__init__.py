"""What an exception means in this course: half of all wrong answers are one."""

import re
from collections.abc import Mapping
from typing import Any

from ..operations import Windows
from ..outcome import StudentError
from . import names, shapes
from .cause import Cause, RaisingCall
from .texts import told

__all__ = ["Cause", "cause_of"]


def cause_of(
    error: StudentError, own: frozenset[str], arguments: Mapping[str, Any], windows: Windows | None
) -> Cause | None:
    """The cause of an exception, if its words and the call tell it. `own`: names of the student's function."""
    call = RaisingCall(error, own, arguments, windows)
    text = f"{error.type}: {error.message}"
    for pattern, rule in [*names.RULES, *shapes.RULES]:
        found = re.search(pattern, text)
        cause = rule(found, call) if found else None
        if cause is not None:
            return cause
    return told(text)
