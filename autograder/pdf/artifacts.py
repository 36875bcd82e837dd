"""What a browser draws outside of every tag (margins, lines, backgrounds) is marked as an artifact, so that a screen
reader passes over it and does not find text that belongs nowhere."""

from collections.abc import Iterator
from typing import Any

import pikepdf
from pikepdf import ContentStreamInstruction, Name, Operator

SHOW = {"Tj", "TJ", "'", '"', "Do", "sh", "INLINE IMAGE"}
BEGIN = {"m", "re"}
PAINT = {"f", "F", "f*", "S", "s", "B", "B*", "b", "b*", "n"}
OPEN = ContentStreamInstruction([Name.Artifact], Operator("BMC"))
CLOSE = ContentStreamInstruction([], Operator("EMC"))


def mark_artifacts(pdf: pikepdf.Pdf) -> None:
    """Put `/Artifact BMC ... EMC` around everything that is drawn on a page outside of marked content."""
    for page in pdf.pages:
        marked = list(_marked(pikepdf.parse_content_stream(page)))
        page.Contents = pdf.make_stream(pikepdf.unparse_content_stream(marked))


def untagged(page: pikepdf.Page) -> int:
    """How many operators draw outside of marked content."""
    depth = found = 0
    for instruction in pikepdf.parse_content_stream(page):
        operator = str(instruction.operator)
        depth += (operator in ("BMC", "BDC")) - (operator == "EMC")
        found += depth == 0 and operator in SHOW | PAINT - {"n"}
    return found


def _marked(instructions: Any) -> Iterator[Any]:
    depth, in_path = 0, False
    for instruction in instructions:
        operator = str(instruction.operator)
        if depth == 0 and operator in SHOW:
            yield from (OPEN, instruction, CLOSE)
            continue
        if depth == 0 and operator in BEGIN and not in_path:
            in_path = True
            yield OPEN  # not between a path and its painting: that is forbidden
        yield instruction
        if in_path and operator in PAINT:
            in_path = False
            yield CLOSE
        depth += (operator in ("BMC", "BDC")) - (operator == "EMC")
