"""An answer as it is written: as Markdown for paper, and as one types it into a field."""

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

FINEST = 1000  # denominator of a fraction that is written as one
LETTER = re.compile(r"[A-Za-z]\w*")
TERM = re.compile(r"([+-]?) *([^ +-]+)")  # of a sum in letters, with its sign


def on_paper(value: Any) -> str:
    """An answer as Markdown: `$(3, -1)$`, a matrix, a fraction; words and code as code."""
    if isinstance(value, bool):
        return str(value)
    return f"`{value}`" if isinstance(value, str) else f"${_tex(value, _style(value))}$"


def _tex(value: Any, number: Callable[[Any], str]) -> str:
    if isinstance(value, str):  # a formula in letters
        return value.replace("*", r"\,")
    if not isinstance(value, list):
        return number(value)
    if value and all(isinstance(row, list) and not any(isinstance(e, list) for e in row) for row in value):
        rows = r" \\ ".join(" & ".join(_tex(entry, number) for entry in row) for row in value)
        return rf"\begin{{pmatrix}}{rows}\end{{pmatrix}}"
    return f"({', '.join(_tex(entry, number) for entry in value)})"


def spellings(value: Any) -> list[str]:
    """What counts as the same answer in a field for text; the first is how we write it, the likely ones come early."""
    entries = flat(value)
    if in_letters(value):
        ways = [list(way) for way in zip(*map(_styles, entries), strict=True)]
    else:
        ways = [list(map(number, entries)) for number in (_style(value), _number, _as_fraction, _in_digits)]
    found = [joined for kind in zip(*(_in_a_row(texts) for texts in ways), strict=True) for joined in kind]
    found += [joined for texts in ways for joined in _in_rows(value, texts)]
    return list(dict.fromkeys(found))


def _in_a_row(texts: list[str]) -> list[str]:
    """One after the other, with what people put between them and around them."""
    if len(texts) == 1:
        return texts
    bare = [between.join(texts) for between in (", ", ",", " ", "; ", ";", " , ")]
    return [*bare[:3], *(f"{a}{text}{b}" for a, b in ("()", "[]") for text in bare[:3]), *bare[3:]]


def _in_rows(value: Any, texts: list[str]) -> list[str]:
    """The rows of a matrix, each in brackets, or with semicolons between them."""
    if not (isinstance(value, list) and value and all(isinstance(row, list) for row in value)):
        return []
    left = iter(texts)
    rows = [[next(left) for _ in flat(row)] for row in value]
    listed = "[" + ", ".join(f"[{', '.join(row)}]" for row in rows) + "]"
    return [listed, listed.replace(" ", ""), *("; ".join(between.join(row) for row in rows) for between in (", ", " "))]


def in_letters(value: Any) -> bool:
    """Whether an answer is a list of formulas."""
    return isinstance(value, list) and any(LETTER.search(entry) for entry in flat(value) if isinstance(entry, str))


def _styles(formula: str) -> list[str]:
    """A sum as people type it: its terms in both orders, with and without spaces, stars and underscores."""
    terms = [(sign or "+", body) for sign, body in TERM.findall(formula)]
    found = []
    for order in (terms, terms[::-1]):
        text = re.sub(r"^- ", "-", " ".join(f"{sign} {body}" for sign, body in order).removeprefix("+ "))
        bare = text.replace("*", "")
        found += [text, text.replace(" ", ""), bare, bare.replace(" ", ""), text.replace("*", " ")]
    return [*found, *(text.replace("_", "") for text in found)]


def how_to_type(value: Any) -> str:
    """A sentence on how to type such an answer; "" where anybody knows."""
    told = []
    if in_letters(value):
        letters = sorted({letter for entry in flat(value) for letter in LETTER.findall(str(entry))})
        return f"Type the formulas with commas between them, like `2*{letters[0]} - {letters[-1]}, 3*{letters[0]}`."
    if isinstance(value, list):
        rows = ", row by row," if any(isinstance(row, list) for row in value) else ""
        told.append(f"Type the numbers{rows} with commas between them, like 3, -1, 2.")
    if _has_fraction(value):
        told.append(
            "Type all of them as fractions like 2/3, or all of them with three digits after the point."
            if isinstance(value, list)
            else "Three digits after the point are enough."
        )
    return " ".join(told)


def flat(value: Any) -> list[Any]:
    """The entries, row by row."""
    return [leaf for entry in value for leaf in flat(entry)] if isinstance(value, list) else [value]


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _has_fraction(value: Any) -> bool:
    return any("/" in _number(entry) for entry in flat(value) if is_number(entry))


def _style(value: Any) -> Callable[[Any], str]:
    """How the numbers of an answer are written: next to a fraction, all of them as fractions."""
    return _as_fraction if _has_fraction(value) else _number


def _number(value: Any) -> str:
    """A number as one writes it: with at most two digits after the point, or else as a fraction, if a short one."""
    if not isinstance(value, float):
        return str(value)
    return f"{round(value, 2)}" if abs(value - round(value, 2)) < 1e-9 else _as_fraction(value)


def _in_digits(value: Any) -> str:
    """A number with at most three digits after the point."""
    return f"{value:.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def _as_fraction(value: Any) -> str:
    if not isinstance(value, float):
        return str(value)
    exact = Fraction(value).limit_denominator(FINEST)
    short = exact.denominator > 1 and abs(exact - Fraction(value)) < 1e-9
    return f"{exact.numerator}/{exact.denominator}" if short else f"{value:.6g}"
