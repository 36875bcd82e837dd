"""Reads a PDF back: its bookmarks and its tags."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary


@dataclass(frozen=True)
class Heading:
    level: int
    title: str
    page: int  # from 1


def headings(content: bytes) -> list[Heading]:
    """A PDF's bookmarks in order."""
    found: list[Heading] = []
    with pikepdf.open(io.BytesIO(content)) as pdf:
        places = {page.objgen: number for number, page in enumerate(pdf.pages, start=1)}

        def walk(items: list[pikepdf.OutlineItem], level: int) -> None:
            for item in items:
                place = item.destination
                if isinstance(place, Array):
                    found.append(Heading(level, item.title, places.get(place[0].objgen, 0)))  # type: ignore[union-attr]
                walk(item.children, level + 1)

        with pdf.open_outline() as outline:
            walk(outline.root, 1)
    return found


def structure(root: Any) -> Iterator[Any]:
    """Every element of the tag tree, in reading order."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node is not root:
            yield node
        kids = node.get("/K")
        if isinstance(kids, Dictionary):
            kids = [kids]
        if isinstance(kids, Array | list):
            waiting += [kid for kid in reversed(list(kids)) if isinstance(kid, Dictionary) and "/S" in kid]


def fullness(pdf: bytes) -> list[float]:
    """How far down each page is filled, from 0 to 1: by the lowest thing drawn above its foot."""
    import shutil
    import subprocess

    import numpy as np
    import pytest

    if not shutil.which("pdftoppm"):
        pytest.skip("pdftoppm (poppler-utils) draws the pages, and it is not on this machine")
    done = subprocess.run(["pdftoppm", "-r", "20", "-gray", "-"], input=pdf, capture_output=True, check=True)
    found, at = [], 0
    while at < len(done.stdout):
        magic, size, depth, _ = done.stdout[at:].split(b"\n", 3)
        assert (magic, depth) == (b"P5", b"255")
        width, height = map(int, size.split())
        start = at + len(magic) + len(size) + len(depth) + 3
        page = np.frombuffer(done.stdout[start : start + width * height], np.uint8).reshape(height, width)
        body = page[int(height * 0.08) : int(height * 0.93)]
        rows = np.flatnonzero((body < 200).any(axis=1))
        found.append((rows[-1] + 1) / len(body) if len(rows) else 0.0)
        at = start + width * height
    return found
