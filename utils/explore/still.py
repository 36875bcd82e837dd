"""How the still pictures are drawn: numbered cells, by matplotlib without pyplot: no figure stays open."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Context, Decimal
from textwrap import wrap
from typing import Any

import numpy as np

from utils.explore.links import Links

COLOUR = {"x": "#0b63b0", "w": "#b04a00", "y": "#00734f"}
INK, QUIET = "#1c1c1c", "#5c5c5c"
CELL = 0.36  # inches


@dataclass
class Panel:
    """One array: its title, its colour's axis, its values (rows, columns), the cells lit and pointed at.

    `tags`: small words in a cell; `seen`: cells that are looked at only; `off`: marked as not right; `empty`:
    without a number of the array's own.
    """

    title: str
    axis: str
    values: np.ndarray
    lit: set[tuple[int, int]] = field(default_factory=set)
    here: tuple[int, int] | None = None
    empty: set[tuple[int, int]] = field(default_factory=set)
    tags: dict[tuple[int, int], str] = field(default_factory=dict)
    seen: set[tuple[int, int]] = field(default_factory=set)
    off: set[tuple[int, int]] = field(default_factory=set)

    @property
    def width(self) -> float:
        """In cells, with the room beside it."""
        return max(self.values.shape[1], 0.3 * len(self.title)) + 1


def number(value: float | str) -> str:
    """As the page writes it: at most two decimals, a half away from zero, a true minus sign; words as they are."""
    if isinstance(value, str):
        return value
    if not np.isfinite(value):
        return "?" if np.isnan(value) else "∞" if value > 0 else "−∞"
    rounded = Decimal(repr(float(value))).quantize(Decimal("0.01"), ROUND_HALF_UP, Context(prec=400))
    return f"{rounded or 0:,f}".rstrip("0").rstrip(".").replace("-", "−")


def png(figure: Any) -> bytes:
    """The figure as PNG, without the empty part of its page."""
    figure.set_dpi(110)
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=110, facecolor="white", bbox_inches=drawn_on(figure))
    return out.getvalue()


def drawn_on(figure: Any) -> Any:
    """The part of the page that is drawn on, in inches; None, which is all of it, where the axes are to be seen."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.transforms import Bbox

    axes = figure.axes[0]
    if axes.axison:
        return None
    renderer = FigureCanvasAgg(figure).get_renderer()
    inked = [*axes.patches, *(text for text in axes.texts if text.get_text())]
    boxes = [one.get_window_extent(renderer) for one in inked]
    return Bbox.union(boxes).padded(6).transformed(figure.dpi_scale_trans.inverted())


def sheet(heading: str, rows: list[list[Panel]], formula: str, headings: Sequence[str] = ()) -> bytes:
    """Panels in rows under a heading, the formula below them (of one line or more), as PNG; `headings`: of each row."""
    from matplotlib.figure import Figure

    lines = [part for line in formula.split("\n") for part in wrap(line, 110, subsequent_indent="    ") or [""]]
    long = 0.2 * max(map(len, lines)) + 1
    wide = max(20.0, long, *(sum(p.width for p in row) for row in rows)) + 0.5
    over = [0.8 if title else 0.0 for title in headings] or [0.0] * len(rows)
    high = 2.2 + 0.7 * len(lines) + sum(over) + sum(max(p.values.shape[0] for p in row) + 1.2 for row in rows)
    figure = Figure(figsize=(wide * CELL, high * CELL))
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, wide), ylim=(high, 0))
    axes.axis("off")
    axes.text(0.5, 0.75, heading, size=11, weight="bold", color=INK, va="center")
    top = 1.3
    for row, above, title in zip(rows, over, [*headings, *[""] * len(rows)], strict=False):
        axes.text(0.5, top + 0.5, title, size=9, weight="bold", color=INK, va="center")
        left, top = 0.5, top + above
        for panel in row:
            _draw_panel(axes, panel, left, top)
            left += panel.width
        top += max(p.values.shape[0] for p in row) + 1.2
    for n, line in enumerate(lines):
        axes.text(0.5, high - 0.4 - 0.7 * (len(lines) - n - 0.5), line, size=9, color=INK, va="center")
    return png(figure)


def _draw_panel(axes: Any, panel: Panel, left: float, top: float) -> None:
    """A panel's title and cells, on axes whose unit is a cell."""
    from matplotlib.patches import Polygon, Rectangle

    colour = COLOUR[panel.axis]
    axes.text(left, top + 0.6, panel.title, size=9, weight="bold", color=colour, va="bottom")
    for (r, c), value in np.ndenumerate(panel.values):
        x, y, spot = left + c, top + 0.8 + r, (r, c)
        here, lit, seen = spot == panel.here, spot in panel.lit, spot in panel.seen
        face = colour if here else (*to_rgb(colour), 0.25) if lit else "white"
        edge = colour if here or lit or seen else "#b8b8b8"
        width, dotted = 1.6 if here or lit or seen else 0.7, seen or spot in panel.empty
        axes.add_patch(Rectangle((x, y), 0.94, 0.94, fc=face, ec=edge, lw=width, ls=":" if dotted else "-"))
        text = {"ha": "center", "va": "center", "color": "white" if here else INK}
        tag = panel.tags.get(spot, "")
        middle, weight = y + (0.33 if tag else 0.49), "bold" if lit or here else None
        axes.text(x + 0.47, middle, number(value), size=8, weight=weight, **text)
        axes.text(x + 0.47, y + 0.75, tag, size=4.6 if len(tag) > 6 else 5.5, **text)
        if spot in panel.off:
            corner = [(x + 0.94 - d, y + e) for d, e in ((0.25, 0), (0, 0), (0, 0.25))]
            axes.add_patch(Polygon(corner, fc="white" if here else INK, lw=0))


def to_rgb(colour: str) -> tuple[float, ...]:
    return tuple(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))


def pointed(state: dict) -> tuple[str, str, int]:
    """The array's name, its axis and the flat index under the cursor; a grid's name may end in a number."""
    name, index, *_ = state["cursor"]
    name = str(name).removesuffix("-line").rstrip("0123456789")
    return name, name[-1], int(index)


def panels(title: str, name: str, values: np.ndarray, links: Links, cursor: tuple[str, str, int]) -> Iterable[Panel]:
    """An array in the links' places, (places,) or (rows, columns, layers), as a panel per layer, lit where the
    cursor's links touch it."""
    axis = name[-1]
    rows, columns, layers = values.shape if values.ndim == 3 else (1, *values.shape)
    which, on, index = cursor
    touched = set(links.of(axis)[links.of(on) == index].tolist()) if which != name else set()
    places = np.arange(values.size).reshape(rows, columns, layers)
    for layer in range(layers):
        spots = {int(i): spot for spot, i in np.ndenumerate(places[..., layer])}
        here = spots.get(index) if which == name else None
        one = Panel(f"{title} · {layer}" if layers > 1 else title, axis, values.flat[places[..., layer]])
        one.lit, one.here = {spot for i, spot in spots.items() if i in touched}, here
        one.empty = {spot for i, spot in spots.items() if None in links.cells[axis][i]}
        yield one


def caption(links: Links, cursor: tuple[str, str, int], arrays: dict[str, np.ndarray]) -> str:
    """`y = 2·1 + 3·(−1) = −1` for the cell under the cursor; at most nine products are written."""
    name, axis, index = cursor
    if name not in ("y", "dx", "dw") or index >= arrays[name].size:
        return ""
    chosen = links.of(axis) == index
    parts = {"y": ("x", "w"), "dx": ("w", "dy"), "dw": ("x", "dy")}[name]
    columns = [np.ravel(arrays[part])[links.of(part[-1])[chosen]] for part in parts]
    terms = ["·".join(f"({number(v)})" if v < 0 else number(v) for v in each) for each in zip(*columns, strict=True)]
    more = " + …" if len(terms) > 9 else ""
    return f"{name} = {' + '.join(terms[:9]) or '0'}{more} = {number(np.ravel(arrays[name])[index])}"
