"""TeX -> Typst's own mathematics, which is searched, copied and read aloud; the converter is the library tex2typst.

A formula that cannot be set is an error in a course's own text, and stays as it was typed in a student's.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from .notebook import PdfError

DEFINITION = re.compile(r"\\(?:re)?newcommand\*?\s*\{?\\(?P<name>[A-Za-z]+)\}?\s*(?:\[(?P<count>\d)\])?\s*(?=\{)")
DISPLAYED = ", true)"  # how the call of a formula that has a line of its own ends
REFERENCE = re.compile(r"\\(?:eq)?ref\s*\{")


@dataclass(frozen=True)
class Formula:
    tex: str
    display: bool
    where: str  # "notebooks/NAME.ipynb, cell 7"


class MathError(PdfError):
    """Formulas that do not set, each with its file and cell."""


class Formulas:
    """The formulas of a document in reading order; `hold` gives the mark that stands for one until it is set."""

    def __init__(self) -> None:
        self.all: list[Formula] = []

    def hold(self, tex: str, display: bool, where: str) -> str:
        self.all.append(Formula(tex.strip(), display, where))
        return f"\ue000{len(self.all) - 1}\ue001"  # private characters: markdown and HTML leave them alone


def settle(formulas: list[Formula], faults: Callable[[list[str]], dict[str, str]], lenient: bool = False) -> list[str]:
    """Typst code for each formula. `faults` says which pieces of mathematics Typst refuses, and why.

    Raises MathError with every formula that does not set; `lenient` prints it as it was typed instead.
    """
    macros: dict[str, tuple[int, str]] = {}
    notebook, made, broken = "", [], {}
    for formula in formulas:
        if formula.where.split(",")[0] != notebook:  # a macro of one notebook must not help another
            macros, notebook = {}, formula.where.split(",")[0]
        try:
            made.append(convert(expanded(formula.tex, macros)))
        except ValueError as error:
            made.append("")
            broken[formula] = str(error)
    refused = faults(list(dict.fromkeys(filter(None, made))))
    for formula, code in zip(formulas, made, strict=True):
        if code in refused:
            broken[formula] = refused[code]
        if REFERENCE.search(formula.tex):
            broken[formula] = "a reference to another formula is not printed"
    if broken and not lenient:
        raise MathError("\n".join(f"{f.where}: {broken[f]}: {shorten(f.tex)}" for f in formulas if f in broken))
    return [typed(f) if f in broken else placed(f, code) for f, code in zip(formulas, made, strict=True)]


def placed(formula: Formula, code: str) -> str:
    if not code.strip():
        return "[]"  # a formula that only defines a macro
    return f"formula({string(code)}, {string(shorten(formula.tex, 2000))}, {str(formula.display).lower()})"


def typed(formula: Formula) -> str:
    return f"raw({string(formula.tex)})"


@cache
def convert(tex: str) -> str:
    """Typst's mathematics for TeX. Raises ValueError with the converter's reason."""
    from tex2typst import tex2typst

    if not tex.strip():
        return ""
    try:
        code = tex2typst(tex)
    except ValueError as error:
        raise ValueError(str(error).split("\n")[0].removeprefix("Conversion failed: ")) from None
    code = re.sub(r"#none(?=[_^])", "zws", code)  # a base for an index that hangs on nothing
    return code.replace("//", r"\/\/")  # no comments


def expanded(tex: str, macros: dict[str, tuple[int, str]]) -> str:
    r"""`tex` with the macros that were defined up to here; what it defines by `\newcommand` is taken into `macros`."""
    while found := DEFINITION.search(tex):
        end = closing(tex, found.end())
        macros[found["name"]] = int(found["count"] or 0), tex[found.end() + 1 : end - 1]
        tex = tex[: found.start()] + tex[end:]
    for _ in range(5):  # a macro may use another one
        before = tex
        for name, (count, body) in macros.items():
            tex = _replaced(tex, name, count, body)
        if tex == before or len(tex) > 20_000:
            break
    return tex


def _replaced(tex: str, name: str, count: int, body: str) -> str:
    pieces, at = [], 0
    for found in re.finditer(rf"\\{name}(?![A-Za-z])", tex):
        if found.start() < at:  # inside of an argument: the next round's
            continue
        end, text = found.end(), body
        for number in range(1, count + 1):
            start = end + len(tex[end:]) - len(tex[end:].lstrip())
            end = closing(tex, start) if tex[start : start + 1] == "{" else start + 1
            argument = tex[start:end]
            text = text.replace(f"#{number}", argument[1:-1] if argument[:1] == "{" else argument)
        pieces += [tex[at : found.start()], "{", text, "}"]
        at = end
    return "".join([*pieces, tex[at:]])


def closing(tex: str, start: int) -> int:
    """Behind the brace that closes the one at `start`."""
    depth = 0
    for at in range(start, len(tex)):
        depth += {"{": 1, "}": -1}.get(tex[at], 0) if tex[at - 1 : at] != "\\" else 0
        if depth == 0:
            return at + 1
    return len(tex)


def string(text: str) -> str:
    """A Typst string literal."""
    safe = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "    ").replace("\r", "")
    return f'"{safe}"'


def shorten(tex: str, most: int = 120) -> str:
    tex = " ".join(tex.split())
    return tex if len(tex) <= most else tex[: most - 1] + "…"
