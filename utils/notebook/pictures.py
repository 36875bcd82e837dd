"""Show a picture of matplotlib's in the page's own colours, dark or light, with words for who cannot see it."""

import html
import io
import os
import re
from typing import Any

from utils.notebook.words import shell

# the text colour of VS Code, of Colab, of JupyterLab, whose name the other two give to black, dark or not; else a grey
INK = "var(--vscode-editor-foreground,var(--colab-primary-text-color,var(--jp-content-font-color1,#1c1c1c)))"
BLACK = "#000000"
# lines and words in a colour get a share of the ink where the page is dark: blue on black is hard to see
DARK = "[data-jp-theme-light=false] .lesson-picture,.vscode-dark .lesson-picture,html[theme=dark] .lesson-picture"
LIFTED = "color-mix(in oklab,{},currentColor var(--lift,0%))"
COLOURED = re.compile(r"(stroke: |<(?:g|use)\b[^>]*?style=\"fill: )(#[0-9a-f]{6})")


def show(figure: Any, words: str) -> None:
    """Show `figure` and close it; nothing is shown outside of a notebook.

    What is black, the default, takes the page's text colour, and the background is the page. Ink that lies on a
    colour of the picture's own needs a colour of its own, such as "#111111".
    words  what is to be seen, for who cannot see it, and for places that show no picture.
    """
    from matplotlib import pyplot

    if shell() is not None:
        from IPython.display import display

        data = {"text/plain": words, "image/png": _saved(figure, "png")}
        if os.environ.get("OTTER_BUILD"):  # the PDFs want lines, not pixels, and the paper is white
            data["image/svg+xml"] = _saved(figure, "svg").decode()
        else:
            data["text/html"] = page(_saved(figure, "svg", transparent=True).decode(), words)
        display(data, metadata={kind: {"alt": words} for kind in data if kind.startswith("image")}, raw=True)
    pyplot.close(figure)


def page(svg: str, words: str) -> str:
    """The picture as HTML: black became the page's ink. Where a page lets no picture through,
    as JupyterLab does with a notebook that it does not trust, the words are left."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = COLOURED.sub(_lifted, svg.replace(BLACK, "currentColor"))
    opening = (
        f'<svg role="img" aria-label="{html.escape(words)}" fill="currentColor" style="max-width:100%;height:auto"'
    )
    folded = f"<details><summary><small>In words</small></summary><small>{html.escape(words)}</small></details>"
    picture = svg.replace("<svg", opening, 1)
    return f'<style>{DARK}{{--lift:45%}}</style><div class="lesson-picture" style="color:{INK}">{picture}{folded}</div>'


def _lifted(found: re.Match[str]) -> str:
    """A colour that the page's ink may lighten; greys and white lie on the picture's own colours, and stay."""
    red, green, blue = (found[2][i : i + 2] for i in (1, 3, 5))
    return found[0] if red == green == blue else found[1] + LIFTED.format(found[2])


def _saved(figure: Any, kind: str, *, transparent: bool = False) -> bytes:
    from matplotlib.legend import Legend

    frames = [legend.get_frame() for legend in figure.findobj(Legend)] if transparent else []
    for frame in frames:
        frame.set_facecolor("none")
    out = io.BytesIO()
    undated = {"Date": None} if kind == "svg" else None
    figure.savefig(out, format=kind, bbox_inches="tight", dpi=110, metadata=undated, transparent=transparent)
    return out.getvalue()
