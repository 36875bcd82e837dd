"""A browser's PDF -> the one to hand out: title, language, no dates, the same bytes for the same pages."""

import io
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, String

from .artifacts import mark_artifacts
from .math import FORMULA
from .notebook import PdfError


def finish(printed: bytes, title: str, version: str, bookmarks: list[str], language: str = "en") -> bytes:
    """Set what readers and screen readers ask for, and take out what differs from run to run."""
    with pikepdf.open(io.BytesIO(printed)) as pdf:
        for key in list(pdf.docinfo.keys()):
            del pdf.docinfo[key]
        pdf.docinfo["/Title"] = title
        pdf.docinfo["/Subject"] = version
        pdf.Root.Lang = String(language)
        pdf.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
        pdf.Root.PageMode = Name.UseOutlines
        retag(pdf)
        mark_artifacts(pdf)
        rename_bookmarks(pdf, bookmarks)
        with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as meta:
            meta["dc:title"] = title
            meta["dc:language"] = [language]
            meta["pdf:Producer"] = version
        if "SOURCE_DATE_EPOCH" in os.environ:
            date = datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), UTC)
            pdf.docinfo["/CreationDate"] = date.strftime("D:%Y%m%d%H%M%SZ")
        result = io.BytesIO()
        pdf.save(result, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return result.getvalue()


def rename_bookmarks(pdf: pikepdf.Pdf, titles: list[str]) -> None:
    """A browser writes the title of a heading twice when it had moved it to the next page: write them
    anew."""
    with pdf.open_outline() as outline:
        items = list(flat(outline.root))
        if len(items) != len(titles):
            raise PdfError(f"{len(titles)} headings became {len(items)} bookmarks")
        for item, title in zip(items, titles, strict=True):
            item.title = title


def flat(items: list[pikepdf.OutlineItem]) -> Iterator[pikepdf.OutlineItem]:
    for item in items:
        yield item
        yield from flat(item.children)


def retag(pdf: pikepdf.Pdf) -> None:
    """Formulas get their own tag. The tags' names come from counters of the browser: name them by their
    order instead."""
    root = pdf.Root.get("/StructTreeRoot")
    if root is None:
        return
    new: dict[str, String] = {}
    elements = list(structure(root))
    for element in elements:
        words = str(element.get("/Alt", ""))
        if words.startswith(FORMULA):
            element.S, element.Alt = Name.Formula, String(words.removeprefix(FORMULA))
        if "/ID" in element:
            old = str(element.ID)
            new.setdefault(old, String(f"n{len(new) + 1:06d}"))
            element.ID = new[old]
    for element in elements:
        attributes = element.get("/A")
        for entry in attributes if isinstance(attributes, Array) else [attributes]:  # type: ignore[union-attr]
            if isinstance(entry, Dictionary) and "/Headers" in entry:
                entry.Headers = Array([new.get(str(name), name) for name in entry.Headers])  # type: ignore[union-attr]
    if "/IDTree" in root:
        pairs = sorted((str(element.ID), element) for element in elements if "/ID" in element)
        flat: list[Object] = []
        for name, element in pairs:
            flat += [String(name), element]
        leaf = Dictionary(Names=Array(flat))
        if pairs:
            leaf.Limits = Array([String(pairs[0][0]), String(pairs[-1][0])])
        root.IDTree = Dictionary(Kids=Array([pdf.make_indirect(leaf)]))


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
