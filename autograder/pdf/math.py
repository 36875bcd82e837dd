"""Formulas -> HTML by MathJax, the one that JupyterLab uses, from a pip package and without the net.

All formulas of a notebook are set in the browser before its page is laid out. One that does not set is an
error."""

import importlib.util
import re
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .markdown import Formula
from .notebook import PdfError

if TYPE_CHECKING:
    from .engine import Engine

DEFINITION = re.compile(r"\\(?:re)?newcommand|\\def(?![a-z])|\\DeclareMathOperator|\\let(?![a-z])")
REFERENCE = re.compile(r"\\(?:eq)?ref\s*\{")
FONTS = "output/chtml/fonts/woff-v2"
MARKUP_PAGE = """<!doctype html><meta charset="utf-8"><title>math</title>
<script>window.MathJax = {
  tex: {
    packages: {'[-]': ['noerrors', 'noundefined', 'physics']},
    formatError: (_, error) => { throw error }
  },
  chtml: {fontURL: '/mathjax/fonts', adaptiveCSS: true},
  options: {enableMenu: false, menuOptions: {settings: {assistiveMml: false}}},
  startup: {typeset: false}
}</script><script src="/mathjax/tex-chtml-full.js"></script>"""
# MathJax draws glyphs as CSS content, which no PDF tag can hold: each becomes text in an <mjx-g>
SET_ALL = r"""async (formulas) => {
  await MathJax.startup.promise
  const done = []
  for (const [tex, display] of formulas) {
    try {
      const node = await MathJax.tex2chtmlPromise(tex, {display, em: 16, ex: 7.3, containerWidth: 680})
      node.querySelector('mjx-assistive-mml')?.remove()
      node.firstElementChild.removeAttribute('aria-hidden')
      done.push(node.querySelector('mjx-merror, [data-mjx-error]') ? {error: 'it set as an error'} : {node})
    } catch (error) { done.push({error: String(error.message || error)}) }
  }
  const sheet = MathJax.chtmlStylesheet()
  if (!sheet.isConnected) document.head.append(sheet)
  for (const one of done) {
    if (!one.node) continue
    document.body.replaceChildren(one.node)
    for (const glyph of one.node.querySelectorAll('mjx-c')) {
      const content = getComputedStyle(glyph, '::before').content
      if (!/^"[^]*"$/.test(content)) one.error = 'a glyph is missing in the fonts'
      else glyph.innerHTML = '<mjx-g></mjx-g>', glyph.firstChild.textContent = JSON.parse(content)
    }
    one.html = one.node.outerHTML
    delete one.node
  }
  return [done, [...sheet.sheet.cssRules].map(rule => rule.cssText.replaceAll('::before', ' > mjx-g'))]
}"""
FORMULA = "\ue002"  # begins a label that is a formula's: finish.py makes a tag of it


class MathError(PdfError):
    """Formulas that do not set, each with its file and cell."""


def mathjax_folder() -> Path:
    """Where pip put MathJax. The package is only looked up, never imported: it belongs to a web framework."""
    found = importlib.util.find_spec("mathjax")
    for place in (found and found.submodule_search_locations) or []:
        folder = Path(place) / "static" / "mathjax" / "es5"
        if (folder / "tex-chtml-full.js").exists():
            return folder
    raise PdfError("MathJax (package django-static-mathjax) is missing: formulas cannot be set. Run `make setup`.")


@dataclass(frozen=True)
class Styles:
    """What a page with formulas needs of CSS."""

    fonts: str
    rules: str


class MathSetter:
    """Sets formulas in one page of the engine's browser and remembers them, since worksheet, solutions
    and course share most."""

    def __init__(self, engine: "Engine") -> None:
        self.engine = engine
        self.known: dict[tuple[str, bool], str] = {}
        self.rules: dict[str, None] = {}
        self.page: Any = None

    @property
    def styles(self) -> Styles:
        fonts = [rule for rule in self.rules if rule.startswith("@font-face")]
        others = [rule for rule in self.rules if not rule.startswith("@font-face")]
        return Styles("\n".join(fonts), "\n".join(others))

    def set(self, formulas: list[Formula], lenient: bool = False) -> list[str]:
        """HTML of each formula. `lenient` (a student's own text): a broken one is printed as it was typed."""
        inputs = with_definitions(formulas)
        new = list(dict.fromkeys(key for key in inputs if key not in self.known))
        errors: dict[tuple[str, bool], str] = {}
        if new:
            results = self.convert(new)
            if any(DEFINITION.search(tex) for tex, _ in new):  # a macro of one notebook must not help another
                self.forget()
            for key, result in zip(new, results, strict=True):
                if "error" in result:
                    errors[key] = result["error"]
                else:
                    self.known[key] = result["html"]
        if not lenient:
            self.refuse(formulas, inputs, errors)
        return [
            self.wrap(formula, self.known[key]) if key in self.known else self.raw(formula)
            for formula, key in zip(formulas, inputs, strict=True)
        ]

    def convert(self, new: list[tuple[str, bool]]) -> list[dict[str, str]]:
        """For each formula its HTML, or why it does not set."""
        if self.page is None:
            self.page = self.engine.page(MARKUP_PAGE, scripts=True)
        results, rules = self.page.evaluate(SET_ALL, [list(key) for key in new])
        self.rules |= dict.fromkeys(rules)
        return results

    def forget(self) -> None:
        if hasattr(self.page, "close"):
            self.page.close()
        self.page = None

    def wrap(self, formula: Formula, html: str) -> str:
        return wrap(formula, html)

    def raw(self, formula: Formula) -> str:
        return f'<code class="raw-tex">{escape(formula.tex)}</code>'

    def refuse(
        self, formulas: list[Formula], inputs: list[tuple[str, bool]], errors: dict[tuple[str, bool], str]
    ) -> None:
        faults = [
            f"{formula.where}: {errors[key]}: {shorten(formula.tex)}"
            for formula, key in zip(formulas, inputs, strict=True)
            if key in errors
        ]
        faults += [
            f"{formula.where}: a reference to another formula is not printed: {shorten(formula.tex)}"
            for formula in formulas
            if REFERENCE.search(formula.tex)
        ]
        if faults:
            raise MathError("\n".join(faults))


def with_definitions(formulas: list[Formula]) -> list[tuple[str, bool]]:
    """What to set for each formula: the macros that earlier cells of the same notebook define come along."""
    inputs: list[tuple[str, bool]] = []
    preamble, notebook = "", ""
    for formula in formulas:
        if formula.where.split(",")[0] != notebook:
            preamble, notebook = "", formula.where.split(",")[0]
        inputs.append((preamble + formula.tex, formula.display))
        if DEFINITION.search(formula.tex):
            preamble += "".join(definitions(formula.tex))
    return inputs


def definitions(tex: str) -> list[str]:
    r"""The `\newcommand{..}{..}` and the like in a formula, braces matched."""
    found = []
    for match in DEFINITION.finditer(tex):
        end, depth, groups = match.end(), 0, 0
        wanted = 1 if match[0].startswith(r"\def") else 2
        while end < len(tex):
            if tex[end] == "{":
                depth += 1
            elif tex[end] == "}":
                depth -= 1
                groups += depth == 0
            elif tex[end] == "\\" and depth == 0 and wanted == 2:
                groups += 1  # \newcommand\name{...}
            end += 1
            if depth == 0 and groups == wanted:
                break
        found.append(tex[match.start() : end])
    return found


def wrap(formula: Formula, html: str) -> str:
    """One picture for a screen reader, with the formula's TeX as its words."""
    style = "math display" if formula.display else "math"
    words = escape(shorten(formula.tex, 2000))
    return f'<span class="{style}" role="img" aria-label="{FORMULA}{words}">{html}</span>'


def shorten(tex: str, most: int = 120) -> str:
    tex = " ".join(tex.split())
    return tex if len(tex) <= most else tex[: most - 1] + "…"
