"""What a browser draws outside of every tag (margins, lines, backgrounds) is marked as an artifact, so that a screen
reader passes over it and does not find text that belongs nowhere."""

import re

import pikepdf

SHOW = {b"Tj", b"TJ", b"'", b'"', b"Do", b"sh"}
BEGIN = {b"m", b"re"}
PAINT = {b"f", b"F", b"f*", b"S", b"s", b"B", b"B*", b"b", b"b*", b"n"}
OPEN, CLOSE = b"\n/Artifact BMC", b"\nEMC"
# strings, names and comments are passed over; what is left of letters and quotes is an operator
TOKEN = re.compile(
    rb"\((?:\\.|[^\\()])*\)|<[^<>]*>|/[^\s/<>\[\](){}%]*|%[^\r\n]*|([A-Za-z'\"][A-Za-z0-9*]*)", re.DOTALL
)
OPERANDS = {b"true", b"false", b"null"}


def mark_artifacts(pdf: pikepdf.Pdf) -> None:
    """Put `/Artifact BMC ... EMC` around everything that is drawn on a page outside of marked content."""
    for page in pdf.pages:
        page.contents_coalesce()
        page.Contents = pdf.make_stream(marked(page.Contents.read_bytes()))


def untagged(page: pikepdf.Page) -> int:
    """How many operators draw outside of marked content. Read with pikepdf's own parser, not with ours."""
    depth = found = 0
    drawing = {operator.decode() for operator in SHOW | PAINT - {b"n"}} | {"INLINE IMAGE"}
    for instruction in pikepdf.parse_content_stream(page, " ".join(drawing | {"BMC", "BDC", "EMC", "BI", "ID", "EI"})):
        operator = str(instruction.operator)
        depth += (operator in ("BMC", "BDC")) - (operator == "EMC")
        found += depth == 0 and operator in drawing
    return found


def marked(stream: bytes) -> bytes:
    """A content stream with its loose parts in marks."""
    parts: list[bytes] = []
    copied = began = depth = 0  # began: where the present instruction's operands begin
    in_path = False
    for token in TOKEN.finditer(stream):
        operator = token[1]
        if operator is None or operator in OPERANDS:
            continue
        end = token.end()
        if operator in (b"BMC", b"BDC"):
            depth += 1
        elif operator == b"EMC":
            depth -= 1
        elif operator == b"BI":
            raise ValueError("a page with an inline image, which no engine of ours makes")
        elif depth == 0:
            if operator in SHOW:
                parts += (stream[copied:began], OPEN, stream[began:end], CLOSE)
                copied = end
            elif operator in BEGIN and not in_path:
                in_path = True
                parts += (stream[copied:began], OPEN)  # not between a path and its painting: that is forbidden
                copied = began
        if in_path and operator in PAINT:
            in_path = False
            parts += (stream[copied:end], CLOSE)
            copied = end
        began = end
    return b"".join([*parts, stream[copied:]])
