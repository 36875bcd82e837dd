"""Typst source -> PDF/UA-1. Nothing comes from the net, and a document may read nothing but its own folder."""

import json
import re
import shutil
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import typst

from autograder.errors import CommandError

from .formulas import string

LOOK = Path(__file__).with_name("look.typ")
UNSEEN = re.compile(r"the text `\"(.*?)\"` could not be displayed", re.DOTALL)
OURS = ("New Computer Modern", "DejaVu Sans")  # look.typ names them
POINTS = 0.75  # of a CSS pixel


@dataclass(frozen=True)
class Sheets:
    """What was printed. `heights`: of each solution, in CSS pixels; `warnings`: what a reader will not see."""

    pdf: bytes
    pages: int
    heights: dict[str, float]
    wide: tuple[str, ...] = ()  # TeX of formulas that had to be set too small
    warnings: tuple[str, ...] = ()


class Press:
    """One compiler for everything that is printed; pictures are kept in `work`, where documents may read them."""

    def __init__(self, work: Path) -> None:
        self.work = work
        shutil.copy(LOOK, work / LOOK.name)
        fonts = work / "fonts"  # beside Typst's own and the system's
        fonts.mkdir()
        for font in (_matplotlib() / "mpl-data" / "fonts" / "ttf").glob("DejaVuSans*.ttf"):
            shutil.copy(font, fonts)  # not all of them: one has a box for every letter of every script
        known = typst.Fonts(font_paths=[fonts])
        others = sorted(name for name in known.families() if not name.startswith(OURS))
        (work / "others.typ").write_text(f"#let others = ({''.join(string(name) + ', ' for name in others)})")
        self.source = work / "main.typ"
        self.source.touch()
        self.compiler = typst.Compiler(self.source, root=work, font_paths=known)
        self.checked: dict[str, str] = {}

    def faults(self, formulas: list[str]) -> dict[str, str]:
        """The pieces of mathematics that Typst refuses, with its reason."""
        new = [code for code in formulas if code not in self.checked]
        if new and self._refusal(new):
            self.checked |= {code: self._refusal([code]) for code in new}
        else:
            self.checked |= dict.fromkeys(new, "")
        return {code: self.checked[code] for code in formulas if self.checked[code]}

    def _refusal(self, formulas: list[str]) -> str:
        lines = [f'#formula({string(code)}, "x", false)' for code in formulas]
        self.source.write_text(f'#import "{LOOK.name}": *\n' + "\n".join(lines), encoding="utf-8")
        try:
            self.compiler.compile(format="pdf")
        except typst.TypstError as error:
            return error.message
        return ""

    def print(self, source: str, title: str, lenient: bool = False) -> Sheets:
        """Print a document. What would not be seen on paper raises CommandError, or with `lenient` is a warning."""
        self.source.write_text(source, encoding="utf-8")
        standards: Any = ["ua-1"]
        said: list[str] = []
        try:
            made: Any = self.compiler.compile_with_warnings(format="pdf", pdf_standards=standards)
        except typst.TypstError as error:
            if not lenient:
                raise CommandError(f"{title}: {error.message} {' '.join(error.hints)}".strip()) from None
            said.append(unseen(error.diagnostic))
            try:
                made = self.compiler.compile_with_warnings(format="pdf")
            except typst.TypstError as again:
                raise CommandError(f"{title}: {again.message}") from None
        pdf, warnings = made
        if warnings and not lenient:
            raise CommandError("\n".join(f"{title}: {one.message}" for one in warnings))
        heights: dict[str, float] = {}
        for gap, points in self.query("height"):
            heights[gap] = heights.get(gap, 0) + points / POINTS
        return Sheets(pdf, int(self.query("pages")[-1]), heights, tuple(self.query("wide")), tuple(filter(None, said)))

    def query(self, label: str) -> list[Any]:
        return json.loads(self.compiler.query(f"<{label}>", field="value"))


def _matplotlib() -> Path:
    """Where it is installed; importing it takes longer than printing a page."""
    found = find_spec("matplotlib")
    if not found or not found.origin:
        raise CommandError("matplotlib, whose fonts are printed with, is not installed")
    return Path(found.origin).parent


def unseen(said: str) -> str:
    """A sentence on the scripts that no font at hand covers; "" when Typst said something else."""
    import unicodedata

    found = "".join(UNSEEN.findall(said))
    found = re.sub(r"\\u\{([0-9a-f]{1,6})\}", lambda code: chr(int(code[1], 16)), found)
    scripts = {unicodedata.name(c, "UNKNOWN").split()[0].capitalize() for c in found if not c.isspace()}
    scripts = {script.upper() if script == "Cjk" else script for script in scripts}
    return f"no font on this machine shows {', '.join(sorted(scripts))}: install one, such as Noto's" if scripts else ""
