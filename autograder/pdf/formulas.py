"""TeX -> Typst's own mathematics, which is searched, copied and read aloud; the converter is the library tex2typst.

A formula that cannot be set is an error in a course's own text, and stays as it was typed in a student's.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from autograder.errors import CommandError

from .macros import Macros, expanded

UNKNOWN = re.compile(r"unknown variable: (\w+)")
# Typst's own functions without arguments: a command of that name is not known, and would print a word
BARE = re.compile(
    r"(?<![\w.#])(accent|attach|cases|class|op|mat|vec|scripts|limits|abs|norm|breve|acute|grave)(?![\w(:])"
)
CARRIED = {  # what macros.py says by one class within another, which nobody writes
    'class("relation", class("binary", ': "boxed",
    'class("binary", class("relation", ': "phantom",
    'class("relation", class("relation", ': "display",
}
# bars that are no pair of brackets: no space around them, as in TeX
BAR = re.compile(r"bar\.v(?:\.double)?(?![\w.])|(?:(?<=\s)|^)\|\|?(?=[\s)]|$)")
DISPLAYED = ", true)"  # how the call of a formula that has a line of its own ends
REFERENCE = re.compile(r"\\(?:eq)?ref\s*\{")


@dataclass(frozen=True)
class Formula:
    tex: str
    display: bool
    where: str  # "notebooks/NAME.ipynb, cell 7"


class MathError(CommandError):
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
    macros: Macros = {}
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
            broken[formula] = UNKNOWN.sub(r"the command \\\1 is not known", refused[code])
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
    if bare := BARE.search(re.sub(r'"[^"]*"', "", code)):
        raise ValueError(f"the command \\{bare[1]} is not known")
    code = re.sub(r"#none(?=[_^])", "zws", code)  # a base for an index that hangs on nothing
    code = re.sub(r"(\w)\.circle\b", r"\1.o", code)  # as Typst calls these now
    code = re.sub(r"\bcircle\.small\b", r'class("binary", \g<0>)', code)
    code = re.sub(r'("[^"]*[^"\s]") (?=\()', r"\1", code)  # the name of a function touches its bracket
    code = BAR.sub(r'class("normal", \g<0>)', code)
    for carrier, name in CARRIED.items():
        code = code.replace(carrier, f'class("normal", {name}(')
    return code.replace("//", r"\/\/")  # no comments


def string(text: str) -> str:
    """A Typst string literal."""
    safe = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "    ").replace("\r", "")
    return f'"{safe}"'


def shorten(tex: str, most: int = 120) -> str:
    tex = " ".join(tex.split())
    return tex if len(tex) <= most else tex[: most - 1] + "…"
