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
    found = []
    for one in re.findall(r"<h[1-6].*?</h[1-6]>", html, flags=re.DOTALL):
        heading = BeautifulSoup(one, "html.parser")
        for formula in heading.find_all("span", role="img"):
            formula.replace_with(str(formula["aria-label"]).removeprefix(FORMULA))
        found.append(" ".join(heading.get_text().split()))
    return found


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


def page_count(content: bytes) -> int:
    with pikepdf.open(io.BytesIO(content)) as pdf:
        return len(pdf.pages)


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
