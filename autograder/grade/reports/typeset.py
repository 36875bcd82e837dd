"""Markdown with formulas -> HTML with MathML, which every browser sets without a script.

The texts are students' own. What comes out of here is made of the tags below and of escaped text: no HTML of theirs, no
links, no pictures from elsewhere. It runs in a process with limits (`typesetting`), because some text may be slow.
"""

import html
import json
import re
import resource
import signal
import sys
from functools import cache
from types import FrameType
from xml.etree import ElementTree

_NUMBERED = re.compile(r"\{(align|equation|gather)\}")
MEMORY, SECONDS = 1 << 30, 2  # for all texts, and of processor time for each
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


def main() -> None:
    """A text in each line, as JSON, and an answer in each line: HTML, or null for a text that takes too long.

    The first line says that it has started.
    """
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    signal.signal(signal.SIGVTALRM, _ring)
    _parser()
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        used = resource.getrusage(resource.RUSAGE_SELF)
        most = int(used.ru_utime + used.ru_stime) + 2 * SECONDS + 1  # where the signal is not heard, this ends it
        resource.setrlimit(resource.RLIMIT_CPU, (most, resource.getrlimit(resource.RLIMIT_CPU)[1]))
        try:
            signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
            answer = typeset(json.loads(line))
        except (FormulaTooSlow, MemoryError, Exception):
            answer = None
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
