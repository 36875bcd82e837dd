"""MathJax's fonts with TrueType outlines: a browser embeds those as real fonts, but CFF ones as pictures
of letters,
which print heavier and cannot be hinted."""

import hashlib
import io
from pathlib import Path
from typing import Any

from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont, newTable

TOLERANCE = 0.5  # of a thousandth of the letter's size


class Fonts:
    """A folder of fonts, converted when asked for. Converting takes seconds, so the results are kept in
    `cache`."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self.folder, self.cache = folder, cache

    def read(self, name: str) -> bytes | None:
        file = self.folder / name
        if "/" in name or not file.is_file():
            return None
        content = file.read_bytes()
        kept = self.cache / f"{file.stem}-{hashlib.sha256(content).hexdigest()[:12]}.ttf"
        if kept.is_file():
            return kept.read_bytes()
        converted = truetype(content)
        self.cache.mkdir(parents=True, exist_ok=True)
        half = kept.with_suffix(f".{id(self)}")
        half.write_bytes(converted)
        half.replace(kept)  # another run may be writing the same one
        return converted


def truetype(content: bytes) -> bytes:
    """The same font with quadratic outlines."""
    font: Any = TTFont(io.BytesIO(content), recalcTimestamp=False)
    if "CFF " not in font:
        return content
    order, shapes = font.getGlyphOrder(), font.getGlyphSet()
    glyphs = {}
    for name in order:
        pen = TTGlyphPen(shapes)
        shapes[name].draw(Cu2QuPen(pen, TOLERANCE, reverse_direction=True))
        glyphs[name] = pen.glyph()
    del font["CFF "]
    font["loca"], font["glyf"] = newTable("loca"), newTable("glyf")
    font["glyf"].glyphOrder, font["glyf"].glyphs = order, glyphs
    font["glyf"].compile(font)
    limits = font["maxp"]
    limits.tableVersion, limits.maxZones = 0x00010000, 1
    for zero in (
        "TwilightPoints",
        "Storage",
        "FunctionDefs",
        "InstructionDefs",
        "StackElements",
        "SizeOfInstructions",
        "ComponentElements",
    ):
        setattr(limits, f"max{zero}", 0)
    limits.compile(font)
    names = font["post"]
    names.formatType, names.extraNames, names.mapping, names.glyphOrder = 2.0, [], {}, order
    font.sfntVersion, font.flavor = "\000\001\000\000", None
    result = io.BytesIO()
    font.save(result)
    return result.getvalue()
