"""Parts -> what a browser prints of them, not yet finished."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from . import boxes
from .contents import Heading, headings, page_count, titles
from .document import Part, page
from .engine import Engine, folder
from .fonts import Fonts
from .math import FONTS, Styles, mathjax_folder
from .notebook import PdfError


@dataclass(frozen=True)
class Sheets:
    """What an engine printed. `titles` are its headings', `heights` its answers'."""

    pdf: bytes
    titles: list[str]
    heights: dict[str, float]

    @cached_property
    def headings(self) -> list[Heading]:
        found = headings(self.pdf)
        if len(found) != len(self.titles):
            raise PdfError(f"{len(self.titles)} headings became {len(found)} bookmarks")
        return [replace(one, title=title) for one, title in zip(found, self.titles, strict=True)]

    @cached_property
    def pages(self) -> int:
        return page_count(self.pdf)


@dataclass(frozen=True)
class Ready:
    """A part that was printed by itself, kept for the course."""

    part: Part
    html: str
    sheets: Sheets


def serve(engine: Engine, cache: Path) -> None:
    """Give a browser MathJax and the fonts, which come from no net; what is made of them is kept in `cache`."""
    import matplotlib

    mathjax = mathjax_folder()
    engine.files["/mathjax/fonts/"] = Fonts(mathjax / FONTS, cache).read
    engine.files["/mathjax/"] = folder(mathjax)
    engine.files["/fonts/"] = folder(Path(matplotlib.get_data_path()) / "fonts" / "ttf")


def lay(
    engine: Engine, parts: list[tuple[Part, str]], title: str, version: str, styles: Styles, front: str = ""
) -> Sheets:
    """Print parts, each with its HTML, as one document. Raises PdfError for what would not be seen on paper."""
    html = page(parts, title, version, engine.paper, styles, front)
    printed, said = engine.print(html, boxes.MEASURE)
    faults = [f"{where}: wider than the paper: {what}: {words}" for where, what, words in said["outside"]]
    faults += [f"{where}: a picture cannot be shown: {alt}" for where, alt in said["broken"]]
    if faults and parts and parts[0][0].mode != "submission":
        raise PdfError("\n".join(faults))
    return Sheets(printed, titles(html), said["heights"])
