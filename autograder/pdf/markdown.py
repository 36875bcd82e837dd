"""A cell's markdown -> clean HTML. Formulas are taken out first, as JupyterLab does; a mark stands in their place."""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from functools import cache
from html import escape

import bleach
from bleach.css_sanitizer import CSSSanitizer
from bs4 import BeautifulSoup
from markdown_it import MarkdownIt

from .formulas import Formulas

# code comes first: a dollar sign inside it is no formula
TOKEN = re.compile(
    r"""
    (?P<code> ^[ ]{0,3}(?P<fence>`{3,40}|~{3,40})[^\n]*+\n.*?(?:^[ ]{0,3}(?P=fence)[`~]*[ \t]*$|\Z)
            | (?<!`)(?P<tick>`{1,40})(?!`)(?:(?!\n[ \t]*\n).)+?(?<!`)(?P=tick)(?!`)
            | \\\$ )
  | \$\$(?P<display>.+?)\$\$
  | (?P<opening> \\begin\{(?P<name>[A-Za-z]+\*?)\} | \\\\\[ | \\\\\( )
  | (?<![\\$])\$(?![\s$])(?P<inline>(?:\\.|[^$\\\n]|\n(?![ \t]*\n))+?)(?<![\s\\])\$(?![\d$])
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
CLOSING = re.compile(r"\\end\{[A-Za-z]+\*?\}|\\\\[\])]")
MARK = "\ue000{}\ue001"  # private characters: markdown and HTML leave them alone
MARKED = re.compile("\ue000(\\d+)\ue001")

INLINE = "a abbr b br code del em i kbd mark q s samp small span strong sub sup u var img"
BLOCKS = "blockquote details summary div dl dt dd figure figcaption h1 h2 h3 h4 h5 h6 hr li ol p pre ul"
TABLES = "table caption col colgroup thead tbody tfoot tr td th"
TAGS = frozenset(f"{INLINE} {BLOCKS} {TABLES}".split())
ATTRIBUTES = {
    "*": ["class", "style", "id", "title", "lang"],
    "a": ["href"],
    "img": ["src", "alt", "width", "height"],
    "td": ["colspan", "rowspan", "align"],
    "th": ["colspan", "rowspan", "align", "scope"],
    "ol": ["start"],
    "details": ["open"],
}
STYLES = CSSSanitizer(allowed_css_properties=["text-align", "font-weight", "font-style", "vertical-align"])
LONG = 25  # lines of code that a page may cut
HINT = re.compile(r"\b(hints?|answers?|solutions?)\b", re.IGNORECASE)


def code_block(source: str) -> str:
    """Source code as HTML."""
    return f'<div class="code"><pre>{escape(source.rstrip())}</pre></div>'


_markdown = MarkdownIt("commonmark", {"html": True, "highlight": None, "typographer": True}).enable(
    ["table", "strikethrough", "smartquotes"]
)
_markdown.add_render_rule("fence", lambda _self, tokens, at, _options, _env: code_block(tokens[at].content))


def render(
    source: str, formulas: Formulas, where: str, hints: bool, picture: Callable[[str], str] | None = None
) -> str:
    """HTML of a markdown cell, every `<details>` opened; those that hold hints or answers only with `hints`.

    `picture` turns an image's address into one that can be printed.
    """
    html, held = converted(source)
    marks = [formulas.hold(tex, display, where) for tex, display in held]
    html = put_back(html, marks)
    tree = BeautifulSoup(html, "html.parser")
    for details in tree.find_all("details"):
        if details.decomposed:
            continue
        summary = details.find("summary")
        if not hints and summary and HINT.search(summary.get_text()):
            details.decompose()
            continue
        details.name = "div"
        details["class"] = "details"
        if summary:
            summary.name = "p"
            summary["class"] = "summary"
    for image in tree.find_all("img"):
        if picture and not (source := picture(str(image.get("src", "")))):
            image.replace_with(f"[picture: {image.get('alt', '')}]")
        elif picture:
            image["src"] = source
    for heading in tree.find_all(re.compile("^h[1-6]$")):
        heading.attrs.pop("id", None)
    return str(tree).strip()


@cache  # most cells are printed twice: in a worksheet and in its solutions
def converted(source: str) -> tuple[str, list[tuple[str, bool]]]:
    """Clean HTML of markdown, and the formulas that its marks stand for: TeX, and whether it is displayed."""
    held: list[tuple[str, bool]] = []

    def hold(tex: str, display: bool) -> str:
        held.append((tex, display))
        return MARK.format(len(held) - 1)

    return clean(_markdown.render("".join(_without_formulas(source, hold)))), held


def _without_formulas(source: str, hold: Callable[[str, bool], str]) -> Iterator[str]:
    """The text with a mark for each formula. Closing marks are listed once, so that no text takes long."""
    closings: dict[str, list[int]] = {}
    for found in CLOSING.finditer(source):
        closings.setdefault(found[0], []).append(found.start())
    at = 0
    while found := TOKEN.search(source, at):
        yield source[at : found.start()]
        at = found.end()
        if found["code"]:
            yield found[0]
        elif found["opening"]:
            name = found["name"]
            closing = rf"\end{{{name}}}" if name else {"[": r"\\]", "(": r"\\)"}[found[0][-1]]
            places = closings.get(closing, [])
            nearest = bisect_left(places, at)
            if nearest == len(places):
                yield found[0]
            else:
                end = places[nearest]
                inside = source[found.start() : end + len(closing)] if name else source[at:end]
                yield hold(inside, found[0][-1] != "(")
                at = end + len(closing)
        else:
            yield hold(found["inline"] or found["display"], not found["inline"])
    yield source[at:]


def clean(html: str) -> str:
    """HTML without scripts, styles, comments and foreign addresses: a stranger's submission is printed like this."""
    return bleach.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        css_sanitizer=STYLES,
        strip=True,
        protocols=["http", "https", "mailto", "data", "attachment"],
    )


def put_back(html: str, settled: list[str]) -> str:
    """Replace each mark by its set formula."""
    return MARKED.sub(lambda found: settled[int(found[1])], html)
