"""How a notebook speaks: one sentence, a card, or an error without a traceback."""

import sys
from typing import Any

from utils.check.display import box


class Stop(Exception):
    """An error that is one sentence for the student: Jupyter shows it without a traceback."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


def shell() -> Any:
    """IPython's shell, when this is a notebook; None in a grader and in plain Python."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None  # type: ignore[attr-defined]


def say(sentence: str) -> None:
    """Print a sentence in a notebook; nothing elsewhere."""
    if shell() is not None:
        print(sentence)


def card(label: str, body: str, plain: str) -> None:
    """Show HTML in a frame, which a screen reader announces; nothing outside of a notebook. `plain` is the same in
    words, for places without HTML."""
    if shell() is not None:
        from IPython.display import display

        display({"text/html": box(label, body), "text/plain": plain}, raw=True)
