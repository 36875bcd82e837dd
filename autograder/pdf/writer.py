"""A part's HTML -> a document of Typst. What the calls look like on paper is said in look.typ."""

import base64
import hashlib
import json
import re
from collections.abc import Iterable
from copy import copy
from itertools import zip_longest
from pathlib import Path

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString

from autograder.course import PAPERS

from .document import LABELS, Part
from .formulas import DISPLAYED, string
from .markdown import LONG, MARKED
from .press import POINTS

INLINE = {"b": "strong", "strong": "strong", "i": "emph", "em": "emph", "var": "emph", "sub": "sub", "sup": "super"}
INLINE |= {"s": "strike", "del": "strike", "mark": "highlight", "u": "underline"}
KEPT = "data-kept"  # mark of a last paragraph that stays with what follows
TALL = 280  # CSS pixels of room that may go on overleaf; less stays together
LONG_TABLE = 14  # rows
SHORT_LIST = 1000  # letters
PICTURES = f"{'[0-9a-f]' * 16}.*"  # how their files are called
MOST_SPAN = 50  # columns or rows of one cell in a table; a student may write any number


class Writer:
    """Writes one part. `formulas`: what stands for each mark; pictures go into `folder`."""

    def __init__(self, formulas: list[str], mode: str, folder: Path, level: int = 0) -> None:
        self.formulas, self.mode, self.folder = formulas, mode, folder
        self.level = level  # of the last heading: a student's may skip one, which no reader could follow

    def write(self, html: str) -> str:
        return self.inside(BeautifulSoup(html, "html.parser"))

    def inside(self, node: Tag) -> str:
        """The children as one code block."""
        lines: list[str] = []
        blocks = node.name in ("[document]", "div", "ul", "ol", "blockquote", "table", "tr", "thead", "tbody")
        for child in node.children:
            if isinstance(child, NavigableString):
                if type(child) is NavigableString and not (blocks and not child.strip()):
                    lines += self.words(str(child))
            elif isinstance(child, Tag):
                lines.append(self.one(child))
        return "{" + "\n".join(["[]", *filter(None, lines)]) + "}"

    def words(self, text: str) -> list[str]:
        pieces = MARKED.split(text)
        set_in = [self.formulas[int(number)] for number in pieces[1::2]]
        texts = [re.sub(r"\s+", " ", piece) for piece in pieces[::2]]
        for number, code in enumerate(set_in):
            if code.endswith(DISPLAYED):  # no space at the beginning of the line that follows
                texts[number], texts[number + 1] = texts[number].rstrip(), texts[number + 1].lstrip()
        said = [string(text) if text else "" for text in texts]
        return [piece for pair in zip_longest(said, set_in, fillvalue="") for piece in pair]

    def one(self, node: Tag) -> str:
        name, style = node.name, node.get("class") or []
        if "guessed" in style and self.mode == "solutions":
            return ""  # what somebody guessed is no part of a solution
        if name in INLINE:
            return f"{INLINE[name]}({self.inside(node)})"
        if re.fullmatch("h[1-6]", name):
            self.level = min(int(name[1]), self.level + 1) if self.mode != "written" else 2
            return f"heading(level: {self.level}, {self.inside(node)})"
        if name == "p":
            return self.paragraph(node, style)
        if name in ("code", "kbd", "samp"):
            return f"raw({string(node.get_text())})"
        if name == "a":
            return self.link(node)
        method = getattr(self, f"tag_{name}", None)
        return method(node, style) if method else self.inside(node)

    def paragraph(self, node: Tag, style: Iterable[str]) -> str:
        inside = self.inside(node)  # no par(): it would drop a formula that stands on a line of its own
        if {"summary"} & set(style):
            return f"block(sticky: true, strong({inside}))"
        if self.leads_on(node):
            return f"block(width: 100%, sticky: true, spacing: .95em, {inside})"
        return f"parbreak()\n{inside}\nparbreak()"

    def leads_on(self, node: Tag) -> bool:
        """Whether no page is turned behind a paragraph."""
        after = node.find_next_sibling()
        formula = MARKED.match(after.get_text().strip()) if after and after.name == "p" else None
        displayed = formula is not None and self.formulas[int(formula[1])].endswith(DISPLAYED)
        return displayed or introduces(node) or KEPT in node.attrs or node.get_text().rstrip().endswith(":")

    def link(self, node: Tag) -> str:
        address = str(node.get("href", ""))
        web = address.startswith(("http://", "https://", "mailto:"))
        return f"link({string(address)}, {self.inside(node)})" if web else self.inside(node)

    def tag_br(self, _node: Tag, _style: Iterable[str]) -> str:
        return "linebreak()"

    def tag_hr(self, _node: Tag, _style: Iterable[str]) -> str:
        return "pdf.artifact(line(length: 100%, stroke: .4pt + gray))"

    def tag_pre(self, node: Tag, _style: Iterable[str]) -> str:
        said = node.get_text().rstrip()
        long = str(said.count("\n") > LONG).lower()
        return f"printed({long}, raw({string(breakable(said))}, block: true))"

    def tag_aside(self, node: Tag, _style: Iterable[str]) -> str:
        return f"beside({', '.join(string(line) for line in node.get_text().split('|'))})"

    def tag_div(self, node: Tag, style: list[str]) -> str:
        """What `document`, `written` and the sheets mark by a class becomes a call of a function in look.typ."""
        if "code" in style:
            source = node.get_text().strip("\n")
            long = str(source.count("\n") > LONG).lower()
            return f'code({long}, raw({string(breakable(source))}, block: true, lang: "python"))'
        if "headed" in style:
            room = 1.8 if node.find("h2") else 1.4
            return f"block(width: 100%, sticky: true, breakable: false, above: {room}em, {self.inside(node)})"
        if "space" in style:
            return f"v({float(str(node['data-height'])):g}mm)"
        if "version" in style:
            return f"version-of({self.inside(node)})"
        if "choices" in style:
            return f"choices({', '.join(self.inside(one) for one in node.find_all('div', recursive=False))})"
        if "room" in style:
            return f"ruled({float(str(node['data-height'])) * POINTS:.1f}pt)"
        if "blank" in style:
            return f"blank({string(str(node['data-name']))})"
        if "fill-in" in style:
            rows = json.loads(str(node["data-rows"]))
            grid = ", ".join("(" + "".join(f"{string(entry)}, " for entry in row) + ")" for row in rows)
            if "data-long" in node.attrs:
                return f"long-fill-in({string(str(node['data-name']))})"
            return f"fill-in({string(str(node['data-name']))}, {string(str(node['data-remark']))}, ({grid},))"
        if "answer" in style:
            tall = max((float(str(one["data-height"])) for one in node.select(".room")), default=0) > TALL
            return f"answer({str(tall).lower()}, {self.inside(node)})"
        if "question" in style:  # not parted from what follows: the box to answer in
            most = 1000 if self.mode == "worksheet" else 450  # as a whole it would leave half of a page empty
            if len(node.get_text()) <= most:
                return f"block(width: 100%, sticky: true, breakable: false{above(node)}, {self.inside(node)})"
            asked = node.select(".cell > :not(.details)")  # hints may go on overleaf, but not the words before them
            whole = sum(len(one.get_text()) for one in asked) <= SHORT_LIST
            for one in [*(asked if whole else []), *node.select(".cell > :last-child")]:
                one[KEPT] = ""
            return self.inside(node)
        if "together" in style:  # all boxes of one question
            long = sum(float(str(one["data-height"])) for one in node.select(".room")) > 2 * TALL
            return f"block(width: 100%, breakable: {str(long).lower()}, above: .8em, below: 1.3em, {self.inside(node)})"
        if {"boxes", "small"} <= set(style):
            return f"fill-in-row({row(str(field['data-name']) for field in node.find_all('div'))})"
        if "boxes" in style:
            return f"block(width: 100%, breakable: {str(len(node.find_all('div')) > 8).lower()}, {self.inside(node)})"
        if "board" in style:
            return f"board({self.inside(node)})"
        if "labelled" in style:
            return f"labelled({string(str(node['data-label']))}, {node['data-small']}, {self.inside(node)})"
        if "marking" in style:
            return f"marking({row(json.loads(str(node['data-points'])))})"
        if "solution" in style:
            written = copy(node)
            for output in written.select(".output"):
                output.decompose()
            told = f"{string(str(node['data-gap']))}, {string(LABELS[self.mode])}"
            return f"solution({told}, {self.inside(written)}, {self.inside(node)})"
        return f"hint({self.inside(node)})" if "details" in style else self.inside(node)

    def tag_blockquote(self, node: Tag, _style: Iterable[str]) -> str:
        return f"quoted({self.inside(node)})"

    def tag_ul(self, node: Tag, _style: Iterable[str]) -> str:
        return self.listed(node, f"list({', '.join(self.items(node))})")

    def tag_ol(self, node: Tag, _style: Iterable[str]) -> str:
        return self.listed(node, f"enum(start: {number(node, 'start', 1_000_000)}, {', '.join(self.items(node))})")

    def listed(self, node: Tag, code: str) -> str:
        """A list; a page is not turned within a short one."""
        short = len(node.get_text()) < SHORT_LIST and not node.find_parent("li")
        sticky = str(KEPT in node.attrs).lower()
        return f"block(width: 100%, breakable: false, sticky: {sticky}, spacing: .95em, {code})" if short else code

    def items(self, node: Tag) -> list[str]:
        return [self.inside(item) for item in node.find_all("li", recursive=False)]

    def tag_table(self, node: Tag, style: Iterable[str]) -> str:
        rows = [row.find_all(["td", "th"], recursive=False) for row in node.find_all("tr")]
        width = max((sum(number(cell, "colspan") for cell in row) for row in rows), default=0)
        if not width:
            return "[]"
        if width > 4 * MOST_SPAN:
            return string("[a table that is too wide for paper]")
        head = len(node.thead.find_all("tr")) if node.thead else 0
        top = ", ".join(self.cell(cell, True) for row in rows[:head] for cell in row)
        rest = [self.cell(cell, cell.name == "th") for row in rows[head:] for cell in row]
        cells = ", ".join(([f"table.header({top})"] if top else []) + rest)
        long = str(len(rows) > LONG_TABLE).lower()  # goes on overleaf, below its heads once more
        columns = f"({'auto, ' * (width - 1)}1fr,)" if "wide" in style else width
        columns = "(auto, 1fr, 1fr)" if "answers" in style else columns  # an answer is not broken
        columns = "(2fr, 3fr)" if "seen" in style else columns
        return f"align(center, block(breakable: {long}, table(columns: {columns}, align: left, {cells})))"

    def cell(self, cell: Tag, bold: bool) -> str:
        spans = f"colspan: {number(cell, 'colspan')}, rowspan: {number(cell, 'rowspan')}"
        inside = self.inside(cell)
        return f"table.cell({spans}, {f'strong({inside})' if bold else inside})"

    def tag_img(self, node: Tag, _style: Iterable[str]) -> str:
        found = re.match(r"data:image/([a-z]+)[^,]*;base64,(.*)", str(node.get("src", "")), re.DOTALL)
        if not found:
            return string(f"[picture: {node.get('alt', '')}]")
        kind = {"jpeg": "jpg"}.get(found[1], found[1])
        share = re.fullmatch(r"([1-9]\d?)%", str(node.get("width", "")))
        scale = (1.0 if kind == "svg" else POINTS) * (int(share[1]) / 100 if share else 1)
        return f"picture({string(keep(self.folder, base64.b64decode(found[2]), kind))}, {string(alt(node))}, {scale})"


def introduces(node: Tag) -> bool:
    """Whether a picture or code follows these words; with a formula between them it would all be too large a block."""
    cell = node.find_parent(class_="cell")
    if cell is None or node.find_next_sibling() or MARKED.fullmatch(node.get_text().strip()):
        return False
    after = cell.find_next_sibling(class_="cell")
    shown = ":scope > .output:first-child > .figure:first-child, :scope > .code:first-child"
    return after is not None and after.select_one(shown) is not None


def number(node: Tag, name: str, most: int = MOST_SPAN) -> int:
    """An attribute that is a whole number from 1 to `most`; 1 for anything else."""
    text = str(node.get(name, "1")).strip()
    return min(int(text), most) if text.isascii() and text.isdigit() and 0 < len(text) < 10 and int(text) else 1


def above(node: Tag) -> str:
    """The room above a block that begins with a heading: what the heading itself asks for counts outside of a block."""
    first = next(
        (one for one in node.find_all(True) if one.name != "div" or "headed" in (one.get("class") or [])), None
    )
    room = {"h2": 1.8, "h3": 1.5, "h4": 1.5, "div": 1.5}.get(first.name if first else "")
    return f", above: {room}em" if room else ""


def alt(node: Tag) -> str:
    return " ".join(str(node.get("alt", "")).split()) or "Picture"


def breakable(source: str) -> str:
    """Code whose longest words can be broken: a line that is wider than the paper goes on below."""
    return re.sub(r"(\S{60})(?=\S{20})", "\\1\u200b", source)


def keep(folder: Path, content: bytes, kind: str) -> str:
    """Write a picture once; its name for Typst, which `PICTURES` matches."""
    name = f"{hashlib.sha256(content).hexdigest()[:16]}.{kind}"
    (folder / name).write_bytes(content)
    return name


def document(parts: list[tuple[Part, str]], title: str, course: Iterable[str], version: str, paper: str) -> str:
    """The whole source. Each part comes with its Typst code and begins on a page of its own."""
    lines = [head(title)]
    for part, code in parts:
        kind = part.label
        fields = '"Name", "Section", "Date"' if part.mode == "worksheet" else ""
        top = f"masthead({row(course)}, {string(kind)}, ({fields}{',' if fields else ''}))"
        small = "set text(size: 9.4pt)\n" if part.mode == "plan" else ""  # to read at a desk, with a watch
        lines.append(sheet(part.title, kind, course, version, paper, f"{top}\n{small}{code}"))
    return "\n".join(lines)


def head(title: str) -> str:
    return f'#import "look.typ": *\n#set document(title: {string(title)}, date: none)\n#show: look'


def sheet(title: str, kind: str, course: Iterable[str], version: str, paper: str, body: str) -> str:
    width, height = PAPERS[paper]
    size = f"({width}mm, {height}mm)"
    told = ", ".join((size, row(course), string(title), string(kind), string(version)))
    return f"#sheet({told}, {{\n{body}\n}})"


def front(title: str, subtitle: str, course: Iterable[str], version: str, paper: str) -> str:
    """Title and table of contents, whose pages Typst finds by itself."""
    wanted = "heading.where(level: 1).or(heading.where(level: 3))"
    body = (
        f"masthead({row(course)}, {string(subtitle)}, ())\nv(14mm)\n"
        f"heading(level: 1, outlined: false, bookmarked: true, {string(title)})\n"
        f"text(size: 14pt, {string(subtitle)})\nparbreak()\nv(6mm)\n"
        'set text(size: 9.5pt)\nshow outline.entry.where(level: 1): set text(weight: "bold")\n'
        f"columns(2, outline(title: none, target: {wanted}))"
    )
    return sheet(title, subtitle, course, version, paper, body)


def row(texts: Iterable[str]) -> str:
    """A Typst array of texts."""
    return "(" + "".join(f"{string(text)}, " for text in texts) + ")"
