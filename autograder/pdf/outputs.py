"""A cell's outputs -> HTML. Every picture has an alternative text; an interactive one is printed as its still."""

import base64
import re
from html import escape
from typing import Any

from autograder.errors import CommandError

from .markdown import Formulas, clean
from .notebook import PrintedCell

ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
ALT = re.compile(r"^\s*#\s*(?:alt|picture)\s*:\s*(.+)$", re.IGNORECASE | re.MULTILINE)
LABEL = re.compile(r"""\.(?:set_title|suptitle|title|set_xlabel|set_ylabel)\(\s*r?f?["'](.+?)["']""")
ASLEEP = 'class="cnn-asleep"'  # of the library's widgets
WIDGET = "application/vnd.jupyter.widget-view+json"
ON_SCREEN = " Run this cell to move it."  # said of an explorer
LONGEST = 6000  # characters of one output: a runaway loop must not print a thousand pages


def render(cell: PrintedCell, formulas: Formulas, where: str) -> str:
    """HTML of all outputs of a cell, "" when there is nothing to print."""
    parts = [one(output, cell, formulas, where) for output in joined(cell.outputs)]
    inside = "".join(part for part in parts if part)
    return f'<div class="output">{inside}</div>' if inside else ""


def joined(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Kernels flush a stream in pieces, differently from run to run: put neighbours together."""
    result: list[dict[str, Any]] = []
    for output in outputs:
        last = result[-1] if result else {}
        if output["output_type"] == "stream" == last.get("output_type") and output["name"] == last["name"]:
            result[-1] = {**last, "text": last["text"] + output["text"]}
        else:
            result.append(output)
    return result


def one(output: dict[str, Any], cell: PrintedCell, formulas: Formulas, where: str) -> str:
    kind = output["output_type"]
    if kind == "stream":
        return text(output["text"]) if output["name"] == "stdout" else ""
    if kind == "error":
        return text(f"{output['ename']}: {output['evalue']}", "error")
    data, details = output.get("data", {}), output.get("metadata", {})
    if "image/svg+xml" in data:
        source = base64.b64encode(svg_for_print(data["image/svg+xml"]).encode()).decode()
        return figure(f"data:image/svg+xml;base64,{source}", alt_text(data, details, "image/svg+xml", cell), "")
    for kind in ("image/png", "image/jpeg"):
        if kind in data:
            source = "".join(data[kind].split())
            width = details.get(kind, {}).get("width") or details.get("width") or ""
            return figure(f"data:{kind};base64,{source}", alt_text(data, details, kind, cell), str(width))
    if WIDGET in data:
        raise CommandError(f"{where}: an interactive picture without a still. Give its mimebundle an image/png.")
    if ASLEEP in data.get("text/html", ""):
        return ""  # words for a page without Python, and paper shows the still
    if "text/html" in data:
        return f'<div class="html">{clean(data["text/html"])}</div>'
    if "text/latex" in data:
        return f"<div>{formulas.hold(bare(data['text/latex']), True, where)}</div>"
    return text(data.get("text/plain", ""))


def without_widgets(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The outputs of a stranger's cell: a widget without a picture is its text, or told in words."""
    return [_in_words(one) if WIDGET in one.get("data", {}) else one for one in outputs]


def _in_words(output: dict[str, Any]) -> dict[str, Any]:
    data = {kind: value for kind, value in output["data"].items() if kind != WIDGET}
    shown = any(kind.startswith("image/") or kind == "text/html" for kind in data)
    if not shown and re.match(r"\w+\(|\s*$", data.get("text/plain", "")):  # what Python calls the object
        data = {"text/plain": "(a widget stood here)"}
    return {**output, "data": data}


def text(content: str, style: str = "text") -> str:
    content = ANSI.sub("", content).rstrip()
    if len(content) > LONGEST:
        content = content[:LONGEST] + f"\n... ({len(content) - LONGEST} more characters are not printed)"
    return f'<pre class="{style}">{escape(content)}</pre>' if content else ""


def figure(source: str, alt: str, width: str) -> str:
    size = f' width="{escape(width)}"' if width else ""
    return f'<div class="figure"><img src="{source}" alt="{escape(alt)}"{size}></div>'


def alt_text(data: dict[str, Any], details: dict[str, Any], kind: str, cell: PrintedCell) -> str:
    """What a picture shows: its own words, the cell's (`# alt: ...` in the code), else the labels in its code."""
    own = details.get(kind, {}).get("alt") or details.get("alt")
    if own:
        return str(own).removesuffix(ON_SCREEN)
    if said := ALT.search(cell.source):
        return said[1].strip()
    plain = str(data.get("text/plain", ""))
    if plain and not plain.startswith("<"):
        return plain
    if cell.alt:
        return cell.alt
    labels = "; ".join(label for label in LABEL.findall(cell.source) if "{" not in label)
    return f"Picture drawn by the code above: {labels}" if labels else "Picture drawn by the code above"


def svg_for_print(svg: str) -> str:
    """An SVG without its date and salt, which differ from run to run."""
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    return re.sub(r"<!--.*?-->", "", svg, flags=re.DOTALL)


def bare(tex: str) -> str:
    """SymPy and others wrap their LaTeX in dollars."""
    tex = tex.strip().strip("$").strip()
    return tex.removeprefix(r"\displaystyle").strip()
