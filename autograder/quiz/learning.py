"""What both learning systems get of a question: HTML with mathematics as they read it."""

from collections.abc import Callable

from autograder.pdf.markdown import converted, put_back

from .versions import Item
from .written import how_to_type

MARGIN = 0.001  # of a number with digits after the point


def asked(item: Item) -> str:
    """The question as Markdown, and how to type an answer to it."""
    return item.text if item.choices else " ".join(filter(None, (item.text.strip(), how_to_type(item.right))))


def html(text: str, formula: Callable[[str, bool], str]) -> str:
    """Markdown as HTML; `formula` writes TeX, and is told whether it has a line of its own."""
    code, held = converted(text)
    return put_back(code, [formula(tex, display) for tex, display in held]).strip()
