"""What a notebook holds for one of its two editions: the screen, where cells run, or paper, where a pencil writes."""

import re

SCREEN = re.compile(r"^<!--screen-->.*?<!--/screen-->\n+|<!--screen-->.*?<!--/screen-->", re.DOTALL | re.MULTILINE)
PAPER = re.compile(r"<!--paper(?:-->|:)(.*?)(?:<!--/paper)?-->", re.DOTALL)


def on_paper(text: str) -> str:
    """A text without what is for the screen alone, and with what is for paper alone."""
    return PAPER.sub(r"\1", SCREEN.sub("", text))
