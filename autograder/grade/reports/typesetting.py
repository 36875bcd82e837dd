"""Students' texts, typeset for a page by a process that may not take more than its time and memory."""

import time
from collections.abc import Iterable

from markupsafe import Markup

from ..intake.readers import Reader, ReaderLost, ReaderPool
from .typeset import SECONDS

WALL_SECONDS = 120.0  # for all texts; those that are not done by then stay as they were typed
LOSSES = 20  # processes that may be lost


class Typesetter(Reader):
    module = "autograder.grade.reports.typeset"
    seconds, doing = SECONDS, "typeset"


def typeset_all(texts: Iterable[str]) -> dict[str, Markup]:
    """Text -> HTML. A text that the process did not get through is missing: show it as it was typed.

    Raises RuntimeError when the process does not start at all.
    """
    wanted = [text for text in dict.fromkeys(texts) if text.strip()]
    if not wanted:
        return {}
    found: dict[str, Markup] = {}
    ends, losses = time.monotonic() + WALL_SECONDS, 0
    with ReaderPool([Typesetter({})]) as pool:
        try:
            pool.ask("page", text="")
        except ReaderLost as lost:
            raise RuntimeError(f"The program that sets students' formulas does not start: {lost}") from None
        for text in wanted:
            if losses == LOSSES or time.monotonic() > ends:
                break
            try:
                html = pool.ask("page", text=text)["html"]
            except ReaderLost:
                losses += 1
            else:
                found |= {text: Markup(html)} if html is not None else {}
    return found
