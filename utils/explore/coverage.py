"""Which known mistakes of a question have no picture: for `mutate`, and for whoever adds one."""

from collections.abc import Iterable

import numpy as np

from utils.check.call import is_function
from utils.check.cases import Case
from utils.check.rehearsal import ExpectCall, WrongAnswer
from utils.explore.layers import drawing
from utils.explore.subjects import SUBJECTS


def of_answers(wrong: Iterable[WrongAnswer]) -> list[str]:
    """Of the wrong answers to a question that lose points, on operations with a subject: the names of those without a
    picture, on the student's calls or on the subject's own."""
    left: dict[str, bool] = {}
    for w in wrong:
        if w.mistake.about in SUBJECTS and w.mistake.turns and w.name not in left and w.loses:
            calls = _operands(w.asked)
            with np.errstate(all="ignore"):
                found = drawing([w.mistake], calls) if is_function(w.asked.answer) else drawing([w.mistake], [], calls)
            left[w.name] = found is None
    return [name for name, missing in left.items() if missing]


def _operands(asked: ExpectCall) -> list[Case]:
    via = asked.options.get("via")
    return [via(*c.args, **c.kwargs) if via else c for c in asked.cases]
