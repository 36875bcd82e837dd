"""An answer as a student types it into a box: numbers, lists and fractions, or a formula in given letters."""

import ast
import operator
import re
from collections.abc import Mapping, Sequence
from typing import Any

_BETWEEN_PRINTED = re.compile(r"(?<=[\d.\]])\s+(?=[-+]?[\d.]|\[)")
_SUMS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}


def parse(text: str, letters: Sequence[str] = ()) -> Any:
    """What was typed into a box: `3, 4`, `[[1, 0], [2, 1]]`, `1/3`, and with these letters `2*d_0 - d_1`.

    What NumPy prints, `[-3 -2 -5]`, is three numbers, too.
    Raises ValueError with a sentence.
    """
    known: dict[str, Any] = {}
    if letters:
        from sympy import Symbol  # takes its time

        known = {spelled: Symbol(name) for name in letters for spelled in (name, name.replace("_", ""))}
    try:
        text = text.strip().replace("−", "-")  # as a page writes it, and who copies from there
        if text.startswith("[") and "," not in text and not letters:
            text = _BETWEEN_PRINTED.sub(", ", text)
        return _number(ast.parse(text, mode="eval").body, known)
    except (SyntaxError, ValueError, KeyError, ZeroDivisionError, RecursionError, MemoryError, OverflowError):
        what = f"formulas in the letters {', '.join(letters)}" if letters else "numbers only"
        raise ValueError(f"Write {what}, such as {examples(letters)}.") from None


def examples(letters: Sequence[str]) -> str:
    """What an answer may look like."""
    return f"2*{letters[0]} - {letters[-1]}" if letters else "12, or 3, -4, 1/2, or [[1, 0], [2, 1]]"


def _number(node: ast.expr, letters: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return node.value
    if isinstance(node, ast.Name) and node.id in letters:
        return letters[node.id]
    if isinstance(node, ast.List | ast.Tuple):
        return [_number(entry, letters) for entry in node.elts]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        value = _number(node.operand, letters)
        if not isinstance(value, list):
            return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.BinOp) and type(node.op) in _SUMS:
        left, right = _number(node.left, letters), _number(node.right, letters)
        if not isinstance(left, list) and not isinstance(right, list):
            if isinstance(node.op, ast.Div) and right == 0:
                raise ZeroDivisionError
            return _SUMS[type(node.op)](left, right)
    raise ValueError
