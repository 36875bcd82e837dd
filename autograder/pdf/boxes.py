"""What an empty answer looks like on paper: boxes for numbers, lines for code and words."""

import ast
import io
import json
import re
import tokenize
from dataclasses import dataclass
from html import escape

LEAST, LEAST_OF_MANY, MOST = 96, 64, 520  # CSS pixels: three lines; two, if more is asked for
ROOMIER = 1.5  # handwriting is larger than print
SHORT = 22  # letters of a name
PROMPT_LINE = 15.0  # height of a printed line of code


def room(solution_height: float | None, prompt_lines: int = 0, shares: int = 1) -> int:
    """Height in CSS pixels of the room for an answer, from the height that the printed solution has.

    Only heights go from the solutions to the worksheet, so no text can leak.
    """
    wanted = ROOMIER * (solution_height or 0) / shares - PROMPT_LINE * prompt_lines
    return round(min(MOST, max(LEAST if shares == 1 else LEAST_OF_MANY, wanted)))


@dataclass(frozen=True)
class Blank:
    """A name to give a value to: boxes row by row, empty ones and some with what is given."""

    name: str
    rows: tuple[tuple[str, ...], ...]
    remark: str
    long: bool = False  # as wide as the page

    @property
    def is_small(self) -> bool:
        """Whether two of them fit beside each other."""
        return self.rows == (("",),) and not self.remark and not self.long and len(self.name) <= SHORT

    @property
    def attributes(self) -> str:
        told = {"data-name": self.name, "data-rows": json.dumps(self.rows), "data-remark": self.remark}
        told |= {"data-long": "yes"} if self.long else {}
        return " ".join(f'{key}="{escape(value)}"' for key, value in told.items())


def blanks(source: str, grid: str = "") -> list[Blank]:
    """The boxes of a cell that holds nothing but `name = ...`, lists and tables of `...`; [] for any other code.

    `grid`, such as "4x6", is the size of the table for each name; "line" is a box as wide as the page.
    """
    try:
        body = ast.parse(source).body
        remarks = _remarks(source)
    except (SyntaxError, tokenize.TokenError, ValueError):
        return []
    found = []
    for node in body:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Name):  # shown again at the end of the cell
            continue
        if not isinstance(node, ast.Assign) or len(node.targets) != 1 or not isinstance(node.targets[0], ast.Name):
            return []
        rows = _rows(node.value)
        if rows is None or not any("" in row for row in rows):
            return []
        found.append(Blank(node.targets[0].id, rows, _remark(node, remarks, source.split("\n"))))
    if grid and all(one.rows == (("",),) for one in found):
        if grid == "line":
            return [Blank(one.name, one.rows, "", long=True) for one in found]
        height, width = map(int, grid.split("x"))
        return [Blank(one.name, (("",) * width,) * height, "") for one in found]
    return found


def pieces(source: str) -> list[str]:
    """A cell's code in pieces that are answered one by one: names to give values to, and each function to write.

    Code behind the last gap only runs, and is left out. A cell without any gap is one piece.
    """
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError):
        return [source]
    lines, found, start = source.split("\n"), list[str](), 0
    for node, after in zip(body, [*body[1:], None], strict=True):
        more = _is_named_gap(node) and after is not None and _is_named_gap(after)
        if _has_gap(node) and not more:
            end = node.end_lineno or len(lines)
            found.append("\n".join(lines[start:end]).strip("\n"))
            start = end
    return found or [source]


def _has_gap(node: ast.stmt) -> bool:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return any(map(_is_gap, ast.walk(node)))
    return _is_named_gap(node) or (isinstance(node, ast.Expr) and _is_gap(node.value))


def _is_named_gap(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and any(map(_is_gap, ast.walk(node.value)))


def _is_gap(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is Ellipsis


def _rows(value: ast.expr) -> tuple[tuple[str, ...], ...] | None:
    if isinstance(value, ast.Call) and len(value.args) == 1 and not value.keywords:  # np.array([[...]])
        return _rows(value.args[0])
    if isinstance(value, ast.List | ast.Tuple) and value.elts:
        lines = [e for e in value.elts if isinstance(e, ast.List | ast.Tuple)]
        if len(lines) == len(value.elts) and len({len(line.elts) for line in lines}) == 1 and lines[0].elts:
            return tuple(tuple(_entry(e) for e in line.elts) for line in lines)
        return (tuple(_entry(e) for e in value.elts),) if not lines else None
    return ((_entry(value),),) if _is_gap(value) else None


def _entry(value: ast.expr) -> str:
    return "" if _is_gap(value) else ast.unparse(value)


def _remark(node: ast.stmt, remarks: dict[int, str], lines: list[str]) -> str:
    """What is said of a line: behind it, or in lines of comment just above it."""
    above: list[str] = []
    first = node.lineno
    while first > 1 and lines[first - 2].startswith("#"):
        first -= 1
        above.insert(0, remarks[first])
    return remarks.get(node.end_lineno or 0, "") or " ".join(above)


def _remarks(source: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {t.start[0]: t.string.lstrip("# ") for t in tokens if t.type == tokenize.COMMENT}


def signature(source: str) -> str:
    """Code to start from, without the `...` where the answer goes: on paper there are lines instead."""
    lines = [line for line in source.rstrip().split("\n") if line.strip() != "..."]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).rstrip()
