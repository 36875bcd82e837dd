"""What a finished PDF must have before it is handed out."""

import io
import re
from dataclasses import dataclass

import pikepdf

from .artifacts import untagged
from .engine import PAPERS
from .finish import structure
from .notebook import PdfError

TAGGED = re.compile(rb"/\w+ *<<\s*/MCID \d+\s*>>\s*BDC(.*?)\bEMC\b", re.DOTALL)
NEEDS_WORDS = ("/Figure", "/Formula")


@dataclass(frozen=True)
class Facts:
    pages: int
    headings: int
    pictures: int


def inspect(content: bytes, paper: str, name: str) -> Facts:
    """Raise PdfError that lists every fault; return what was counted."""
    faults: list[str] = []
    with pikepdf.open(io.BytesIO(content)) as pdf:
        root = pdf.Root
        if not root.get("/MarkInfo", {}).get("/Marked"):
            faults.append("it is not tagged")
        if not str(root.get("/Lang", "")):
            faults.append("it has no language")
        if not str(pdf.docinfo.get("/Title", "")):
            faults.append("it has no title")
        tags = [element for element in structure(root.get("/StructTreeRoot", pikepdf.Dictionary()))]
        pictures = [tag for tag in tags if str(tag.S) in NEEDS_WORDS]
        silent = [tag for tag in pictures if not str(tag.get("/Alt", "")).strip()]
        if silent:
            faults.append(f"{len(silent)} pictures or formulas have no alternative text")
        with pdf.open_outline() as outline:
            headings = count(outline.root)
        if not headings:
            faults.append("it has no bookmarks")
        width, height = (round(side * 72 / 25.4) for side in PAPERS[paper])
        for number, page in enumerate(pdf.pages, start=1):
            box = [float(side) for side in page.mediabox]  # type: ignore[union-attr]
            if abs(box[2] - box[0] - width) > 1.5 or abs(box[3] - box[1] - height) > 1.5:
                faults.append(f"page {number} is {box[2]:.0f} x {box[3]:.0f} pt, not {paper}")
            if loose := untagged(page):
                faults.append(f"page {number} draws {loose} times outside of every tag")
            if blank(page):
                faults.append(f"page {number} is blank")
        pages = len(pdf.pages)
    if faults:
        raise PdfError(f"{name}: " + "; ".join(faults))
    return Facts(pages, headings, len(pictures))


def count(items: list[pikepdf.OutlineItem]) -> int:
    return sum(1 + count(item.children) for item in items)


def blank(page: pikepdf.Page) -> bool:
    """Nothing that is tagged is drawn on the page: the margins are not."""
    page.contents_coalesce()
    return not any(re.search(rb"\b(Tj|TJ|Do)\b", inside) for inside in TAGGED.findall(page.Contents.read_bytes()))
