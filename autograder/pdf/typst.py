"""A part's HTML -> a document of Typst: what prints where there is no browser, from pip packages alone."""

import base64
import re
from collections.abc import Iterable
from copy import copy
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString

from .engine import PAPERS
from .markdown import LONG, MARKED

INLINE = {"b": "strong", "strong": "strong", "i": "emph", "em": "emph", "var": "emph", "sub": "sub", "sup": "super"}
INLINE |= {"s": "strike", "del": "strike", "mark": "highlight", "u": "underline"}
BLOCK = {"div", "p", "ul", "ol", "li", "table", "pre", "blockquote", "section", "figure", "dl", "dt", "dd"}
COLORS = {"solutions": ("#eef4ea", "#4a7c2c"), "submission": ("#f3f3f8", "#44508c")}
POINTS = 0.75  # of a CSS pixel


def string(text: str) -> str:
    """A Typst string literal."""
    safe = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "    ").replace("\r", "")
    return f'"{safe}"'


class Writer:
    """Writes one part. `formulas`: what stands for each mark; pictures go into `folder`."""

    def __init__(self, formulas: list[str], mode: str, folder: Path) -> None:
        self.formulas, self.mode, self.folder = formulas, mode, folder

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
        said = [string(re.sub(r"\s+", " ", piece)) if piece else "" for piece in pieces]
        said[1::2] = [self.formulas[int(number)] for number in pieces[1::2]]
        return said

    def one(self, node: Tag) -> str:
        name, style = node.name, node.get("class") or []
        if name in INLINE:
            return f"{INLINE[name]}({self.inside(node)})"
        if re.fullmatch("h[1-6]", name):
            return f"heading(level: {name[1]}, {self.inside(node)})"
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
        if {"summary", "label"} & set(style):
            return f"block(sticky: true, strong({inside}))"
        alone = [child for child in node.children if str(child).strip()]
        if len(alone) == 1 and getattr(alone[0], "name", "") == "em":
            return f"block(sticky: true, {inside})"
        return f"parbreak()\n{inside}\nparbreak()"

    def link(self, node: Tag) -> str:
        address = str(node.get("href", ""))
        web = address.startswith(("http://", "https://", "mailto:"))
        return f"link({string(address)}, {self.inside(node)})" if web else self.inside(node)

    def tag_br(self, _node: Tag, _style: Iterable[str]) -> str:
        return "linebreak()"

    def tag_hr(self, _node: Tag, _style: Iterable[str]) -> str:
        return "line(length: 100%, stroke: .5pt + gray)"

    def tag_pre(self, node: Tag, style: Iterable[str]) -> str:
        return f"printed(raw({string(breakable(node.get_text().rstrip()))}, block: true))"

    def tag_div(self, node: Tag, style: list[str]) -> str:
        if "code" in style:
            source = node.get_text().strip("\n")
            long = str(source.count("\n") > LONG).lower()
            return f'code({long}, raw({string(breakable(source))}, block: true, lang: "python"))'
        if "room" in style:
            height = int(re.findall(r"(\d+)px", str(node["style"]))[0])
            return f"block(height: {height * POINTS}pt, [])"
        if "answer" in style:
            long = str(node.get_text().count("\n") > LONG).lower()
            return f"answer({long}, {self.inside(node)})"
        if "solution" in style:
            fill, stroke = (f'rgb("{color}")' for color in COLORS[self.mode])
            written = copy(node)
            for output in written.select(".output"):
                output.decompose()
            gap, long = string(str(node["data-gap"])), str(bool(node.select(".long, .figure"))).lower()
            return f"solution({gap}, {long}, {fill}, {stroke}, {self.inside(node)}, {self.inside(written)})"
        return f"hint({self.inside(node)})" if "details" in style else self.inside(node)

    def tag_blockquote(self, node: Tag, _style: Iterable[str]) -> str:
        return f"quoted({self.inside(node)})"

    def tag_ul(self, node: Tag, _style: Iterable[str]) -> str:
        return f"list({', '.join(self.items(node))})"

    def tag_ol(self, node: Tag, _style: Iterable[str]) -> str:
        return f"enum(start: {int(str(node.get('start', '1')))}, {', '.join(self.items(node))})"

    def items(self, node: Tag) -> list[str]:
        return [self.inside(item) for item in node.find_all("li", recursive=False)]

    def tag_table(self, node: Tag, _style: Iterable[str]) -> str:
        rows = [row.find_all(["td", "th"], recursive=False) for row in node.find_all("tr")]
        width = max((sum(int(str(cell.get("colspan", "1"))) for cell in row) for row in rows), default=0)
        if not width:
            return "[]"
        head = len(node.thead.find_all("tr")) if node.thead else 0
        top = ", ".join(self.cell(cell, True) for row in rows[:head] for cell in row)
        rest = [self.cell(cell, cell.name == "th") for row in rows[head:] for cell in row]
        cells = ", ".join(([f"table.header({top})"] if top else []) + rest)
        return f"align(center, block(breakable: false, table(columns: {width}, align: left, {cells})))"

    def cell(self, cell: Tag, bold: bool) -> str:
        spans = f"colspan: {int(str(cell.get('colspan', '1')))}, rowspan: {int(str(cell.get('rowspan', '1')))}"
        inside = self.inside(cell)
        return f"table.cell({spans}, {f'strong({inside})' if bold else inside})"

    def tag_img(self, node: Tag, _style: Iterable[str]) -> str:
        found = re.match(r"data:image/([a-z]+)[^,]*;base64,(.*)", str(node.get("src", "")), re.DOTALL)
        if not found:
            return string(f"[picture: {node.get('alt', '')}]")
        kind = {"jpeg": "jpg"}.get(found[1], found[1])
        scale = 1.0 if kind == "svg" else POINTS
        return f"picture({string(keep(self.folder, base64.b64decode(found[2]), kind))}, {string(alt(node))}, {scale})"


def alt(node: Tag) -> str:
    return " ".join(str(node.get("alt", "")).split()) or "Picture"


def breakable(source: str) -> str:
    """Code whose longest words can be broken: a line that is wider than the paper goes on below."""
    return re.sub(r"(\S{60})(?=\S{20})", "\\1\u200b", source)


def keep(folder: Path, content: bytes, kind: str) -> str:
    """Write a picture once; its name for Typst."""
    import hashlib

    name = f"{hashlib.sha256(content).hexdigest()[:16]}.{kind}"
    (folder / name).write_bytes(content)
    return name


def document(parts: list[tuple[Any, str]], title: str, version: str, paper: str, front: str = "") -> str:
    """The whole source. Each part comes with its Typst code."""
    width, height = PAPERS[paper]
    lines = [
        '#import "sheet.typ": *',
        f"#set document(title: {string(title)}, date: none)",
        f"#set page(width: {width}mm, height: {height}mm, margin: (x: {(width - 174) / 2}mm, top: 22mm, bottom: 20mm))",
        "#show: look",
        front,
    ]
    for part, code in parts:
        label = string(part.mode.capitalize())
        name = "name-line\nv(5mm)\n" if part.mode == "worksheet" else ""
        lines.append(f"#{{\nset page(..margins({string(part.title)}, {label}, {string(version)}))\n{name}{code}\n}}")
    return "\n".join(lines)


def front(title: str, subtitle: str, version: str) -> str:
    """Title and table of contents, whose pages Typst finds by itself."""
    wanted = "heading.where(level: 1).or(heading.where(level: 3))"
    return (
        f'#{{\nset page(..margins("", "", {string(version)}))\nv(20mm)\n'
        f"heading(level: 1, outlined: false, bookmarked: true, {string(title)})\n"
        f"text(size: 15pt, {string(subtitle)})\nparbreak()\n{string(version)}\nv(8mm)\n"
        'set text(size: 10pt)\nshow outline.entry.where(level: 1): set text(weight: "bold")\n'
        f"columns(2, outline(title: none, target: {wanted}))\n}}"
    )
