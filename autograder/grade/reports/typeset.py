"""Markdown with formulas -> HTML with MathML, which every browser sets without a script.

The texts are students' own. What comes out of here is made of the tags below and of escaped text: no HTML of theirs, no
links, no pictures from elsewhere. It runs in a process with limits (`typesetting`), because some text may be slow.
"""

import html
import re
import signal
import sys
from functools import cache
from types import FrameType
from xml.etree import ElementTree

from ..intake.serving import serve

_NUMBERED = re.compile(r"\{(align|equation|gather)\}")
SECONDS = 2  # of processor time, for each text
# a formula's attributes that only say how it looks; others could name addresses or styles of the page
LOOKS = {
    "accent", "accentunder", "align", "close", "columnalign", "columnlines", "columnspacing", "depth", "display",
    "displaystyle", "fence", "form", "height", "linethickness", "lspace", "mathcolor", "mathvariant", "maxsize",
    "minsize", "notation", "open", "rowlines", "rowspacing", "rspace", "scriptlevel", "separator", "separators",
    "stretchy", "width",
}  # fmt: skip


def typeset(text: str) -> str:
    """`text` as HTML; formulas that cannot be set stay as they were typed."""
    return _parser().render(text)


@cache
def _parser():
    from markdown_it import MarkdownIt
    from mdit_py_plugins.amsmath import amsmath_plugin
    from mdit_py_plugins.dollarmath import dollarmath_plugin

    parser = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["link", "image", "autolink"])
    parser.use(dollarmath_plugin, allow_labels=False, allow_space=False, double_inline=True, renderer=_formula)
    return parser.use(amsmath_plugin, renderer=lambda tex: _formula(tex, {"display_mode": True}))


def _formula(tex: str, options: dict) -> str:
    from latex2mathml.converter import convert_to_element

    display = "block" if options.get("display_mode") else "inline"
    try:
        root = convert_to_element(_NUMBERED.sub(r"{\1*}", tex), display=display)
        for element in root.iter():
            element.attrib = {k: v for k, v in element.attrib.items() if k in LOOKS}
            element.text = html.unescape(element.text) if element.text else element.text
        return ElementTree.tostring(root, encoding="unicode", short_empty_elements=False)
    except (Exception, RecursionError):
        return f"<code>{html.escape(tex)}</code>"


class FormulaTooSlow(BaseException):
    """Not an Exception, so that no library takes it for one of its own."""


def _ring(_number: int, _frame: FrameType | None) -> None:
    raise FormulaTooSlow


class Typesetting:
    """What a child of `typesetting` answers."""

    def __init__(self) -> None:
        signal.signal(signal.SIGVTALRM, _ring)
        _parser()

    def page(self, text: str) -> dict[str, str | None]:
        """A text as HTML, or nothing where that takes too long: a signal is cheaper than a process that ends."""
        try:
            signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
            return {"html": typeset(text)}
        except (FormulaTooSlow, MemoryError, Exception):
            return {"html": None}
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)


if __name__ == "__main__":
    serve(int(sys.argv[1]), Typesetting, 2 * SECONDS)  # where the signal is not heard, this ends it
