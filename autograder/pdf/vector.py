"""Formulas -> pictures made of lines, by the same MathJax without a browser: a small JavaScript engine runs it."""

import json
from pathlib import Path
from typing import Any

from .markdown import Formula
from .math import FORMULA, MathSetter, mathjax_folder, shorten
from .notebook import PdfError
from .typst import keep, string

FILES = ("startup", "core", "adaptors/liteDOM", "input/tex-full", "output/svg", "output/svg/fonts/tex")
BEFORE = """
globalThis.setTimeout = work => { Promise.resolve().then(work) }
globalThis.MathJax = {
  tex: {
    packages: {'[-]': ['noerrors', 'noundefined', 'physics']},
    formatError: (_, error) => { throw error }
  },
  svg: {fontCache: 'none'},
  startup: {typeset: false, adaptor: 'liteAdaptor'}
}; 0"""
# the answer is flat text: the engine's own strings may be trees that Python cannot read
AFTER = """
MathJax.startup.getComponents()
MathJax.startup.makeMethods()
globalThis.set = (tex, display) => {
  try {
    const {adaptor} = MathJax.startup
    const svg = adaptor.firstChild(MathJax.tex2svg(tex, {display, em: 16, ex: 7.072, containerWidth: 680}))
    const size = name => parseFloat(adaptor.getAttribute(svg, name))
    const [width, height] = [size('width'), size('height')]
    const depth = -parseFloat(adaptor.getStyle(svg, 'vertical-align') || 0)
    const html = adaptor.outerHTML(svg)
    if (/data-mjx-error|"merror"/.test(html)) return JSON.stringify({error: 'it set as an error'})
    if (!(width >= 0 && height >= 0)) return JSON.stringify({error: 'it has no size'})
    return JSON.stringify({html, width, height, depth})
  } catch (error) { return JSON.stringify({error: String(error && error.message || error)}) }
}; 0"""
STYLE = "<style>line[data-line],rect[data-frame]{stroke-width:70px;fill:none} .mjx-dashed{stroke-dasharray:140}</style>"
EX = 0.442 * 11  # points: MathJax's x-height at the size of the text
WIDEST = 174 * 72 / 25.4  # points
SMALLEST = 0.6


class VectorSetter(MathSetter):
    """Like MathSetter; `set` returns Typst code."""

    def __init__(self, folder: Path) -> None:
        super().__init__(None)  # type: ignore[arg-type]
        self.folder = folder
        self.sizes: dict[str, dict[str, float]] = {}

    def convert(self, new: list[tuple[str, bool]]) -> list[dict[str, str]]:
        if self.page is None:
            self.page = start()
        results = []
        for key in new:
            result = json.loads(self.page(*key))
            if "html" in result:
                html = result.pop("html").replace("currentColor", "#000")
                html = html.replace('font-family="serif"', 'font-family="STIXGeneral"')
                html = html.replace(">", ">" + STYLE, 1)
                if result["width"] * EX * SMALLEST > WIDEST:
                    results.append({"error": "wider than the paper"})
                    continue
                file = keep(self.folder, html.encode(), "svg")
                self.sizes[file] = result
                results.append({"html": file})
            else:
                results.append(result)
        return results

    def wrap(self, formula: Formula, html: str) -> str:
        size = self.sizes[html]
        words = string(FORMULA + shorten(formula.tex, 2000))
        wide = size["width"] * EX
        if not wide:
            return "[]"  # a formula that only defines a macro
        if formula.display:
            least = min(wide, WIDEST - 20)
            return f"align(center, block(breakable: false, image({string(html)}, alt: {words}, width: {least:.3f}pt)))"
        wide = min(wide, WIDEST)
        return f"box(baseline: {size['depth'] * EX:.3f}pt, image({string(html)}, alt: {words}, width: {wide:.3f}pt))"

    def raw(self, formula: Formula) -> str:
        return f"raw({string(formula.tex)})"


def start() -> Any:
    """MathJax in its own engine; a function of TeX and `display` that returns JSON."""
    try:
        import quickjs
    except ImportError:
        raise PdfError("The package quickjs-ng is missing: formulas cannot be set without a browser.") from None
    engine, folder = quickjs.Context(), mathjax_folder()
    for source in (BEFORE, *((folder / f"{name}.js").read_text(encoding="utf-8") + "\n;0" for name in FILES), AFTER):
        engine.eval(source)
        while engine.execute_pending_job():
            pass
    return engine.get("set")
