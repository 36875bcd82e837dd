"""Headings and their pages; the course's front page with its table of contents."""

import io
import re
from dataclasses import dataclass
from html import escape

import pikepdf
from bs4 import BeautifulSoup

from .math import FORMULA


@dataclass(frozen=True)
class Heading:
    level: int
    title: str
    page: int  # from 1


def titles(html: str) -> list[str]:
    """The text of every heading of a page, in order; a formula in one is written as its TeX."""
    tree = BeautifulSoup(html, "html.parser")
    for formula in tree.select("h1 .math, h2 .math, h3 .math, h4 .math, h5 .math, h6 .math"):
        formula.replace_with(str(formula["aria-label"]).removeprefix(FORMULA))
    return [" ".join(one.get_text().split()) for one in tree.find_all(re.compile("^h[1-6]$"))]


def headings(content: bytes) -> list[Heading]:
    """A PDF's bookmarks in order."""
    found: list[Heading] = []
    with pikepdf.open(io.BytesIO(content)) as pdf:
        places = {page.objgen: number for number, page in enumerate(pdf.pages, start=1)}

        def walk(items: list[pikepdf.OutlineItem], level: int) -> None:
            for item in items:
                place = item.destination
                if isinstance(place, pikepdf.Array):
                    found.append(Heading(level, item.title, places.get(place[0].objgen, 0)))  # type: ignore[union-attr]
                walk(item.children, level + 1)

        with pdf.open_outline() as outline:
            walk(outline.root, 1)
    return found


def front_page(title: str, subtitle: str, version: str, entries: list[tuple[Heading, str]]) -> str:
    """Title and table of contents; each entry comes with the place that it links to."""
    lines = [
        f'<p class="h{heading.level}"><a href="#{place}"><span>{escape(heading.title)}</span><i></i>'
        f"<span>{heading.page}</span></a></p>"
        for heading, place in entries
    ]
    return (
        f'<header class="front"><h1>{escape(title)}</h1><p class="subtitle">{escape(subtitle)}</p>'
        f'<p>{escape(version)}</p><nav class="contents" aria-label="Contents">{"".join(lines)}</nav></header>'
    )
