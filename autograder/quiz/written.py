"""An answer as it is written: as Markdown for paper, and as one types it into a field."""

from fractions import Fraction
from typing import Any

FINEST = 1000  # denominator of a fraction that is written as one


def on_paper(value: Any) -> str:
    """An answer as Markdown: `$(3, -1)$`, a matrix, a fraction; words and code as code."""
    if isinstance(value, bool):
        return str(value)
    return f"`{value}`" if isinstance(value, str) else f"${_tex(value)}$"


def _tex(value: Any) -> str:
    if isinstance(value, str):  # a formula in letters
        return value.replace("*", r"\,")
    if not isinstance(value, list):
        exact = _fraction(value)
        return f"{exact.numerator}/{exact.denominator}" if exact else _number(value)
    if value and all(isinstance(row, list) and not any(isinstance(e, list) for e in row) for row in value):
        rows = r" \\ ".join(" & ".join(map(_tex, row)) for row in value)
        return rf"\begin{{pmatrix}}{rows}\end{{pmatrix}}"
    return f"({', '.join(map(_tex, value))})"


def spellings(value: Any) -> list[str]:
    """What counts as the same answer in a field for text; the first is how we write it."""
    entries = flat(value)
    if len(entries) == 1:
        return [_typed(entries[0])]
    texts = list(map(_typed, entries))
    joined = [", ".join(texts), ",".join(texts), " ".join(texts)]
    return [*joined, *(f"{a}{text}{b}" for a, b in ("()", "[]") for text in joined[:2])]


def how_to_type(value: Any) -> str:
    """A sentence on how to type such an answer; "" where anybody knows."""
    told = []
    if isinstance(value, list):
        rows = ", row by row," if any(isinstance(row, list) for row in value) else ""
        told.append(f"Type the numbers{rows} with commas between them, like 3, -1, 2.")
    if any(_fraction(entry) for entry in flat(value) if not isinstance(entry, str)):
        told.append(
            "Type a fraction like 2/3." if isinstance(value, list) else "Three digits after the point are enough."
        )
    return " ".join(told)


def flat(value: Any) -> list[Any]:
    """The entries, row by row."""
    return [leaf for entry in value for leaf in flat(entry)] if isinstance(value, list) else [value]


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _typed(value: Any) -> str:
    exact = _fraction(value) if is_number(value) else None
    return f"{exact.numerator}/{exact.denominator}" if exact else _number(value)


def _number(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _fraction(value: Any) -> Fraction | None:
    """A value that is a short fraction, and no whole number."""
    exact = Fraction(value).limit_denominator(FINEST) if is_number(value) else Fraction(0)
    return exact if exact.denominator > 1 and abs(exact - Fraction(value)) < 1e-9 else None
