"""Explorer (h): a wrong answer drawn: the roads that it took beside the right ones, one entry at a time."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from utils.check.cases import Case
from utils.check.forks.mistakes import Mistake
from utils.explore.layers import Drawing, drawing
from utils.explore.roads import NOWHERE
from utils.explore.said import KERNELS, Words, as_html, as_text, called, colour, share, values_of
from utils.explore.still import Panel, sheet
from utils.explore.widget import Explorer, State

OTHER_NUMBERS = "Drawn for other numbers than yours, with the same mistake."
WIDEST = 30  # cells in a line of the still
LONGEST_TAG = 7  # letters that one can read in a cell
PLACE = re.compile(r"\w+\[([\d,]+)\]")
MOST_SHOWN = 6  # outputs that an input is said to lead to


def drawn(mistakes: Sequence[Mistake], cases: Sequence[Case] = (), secret: Sequence[Case] = ()) -> Explorer | None:
    """A picture of what the mistakes compute, or None where there is none: see `layers.drawing`."""
    found = drawing(mistakes, cases, secret)
    return Explorer("drawn", _start(found, mistakes), describe, draw) if found else None


def _start(found: Drawing, mistakes: Sequence[Mistake]) -> State:
    """All that the page shows, the words and the lit cells of each entry included: it only looks them up."""
    words = Words(found)
    inputs = [
        _array(name, shown, (found.arrays | found.beside)[name])
        for name, shown in {**found.subject.inputs, **found.subject.beside}.items()
        if name in found.arrays or name in found.beside
    ]
    layers = [
        {"title": layer.title, "off": _off(found, words, n), **_array("out", found.out, layer.result)}
        for n, layer in enumerate(found.layers)
    ]
    focus = {
        f"out{n}:{o}": _at_output(words, n, o) for n, one in enumerate(found.layers) for o in range(one.result.size)
    }
    focus |= {
        f"{name}:{i}": _at_input(words, name, i) for name, array in found.arrays.items() for i in range(array.size)
    }
    off = [(n, o) for n, one in enumerate(layers) for o in one["off"]]
    off.sort(key=lambda at: _tells_little(words, *at))
    first = f"out{off[0][0]}:{off[0][1]}" if off else "out0:0"
    return {
        "title": found.subject.title,
        "says": [m.says for m in mistakes],
        "note": " ".join(filter(None, ["" if found.own else OTHER_NUMBERS, _shapes(found)])),
        "inputs": inputs,
        "layers": layers,
        "focus": focus,
        "cursor": first if first in focus else next(iter(focus)),
    }


def _tells_little(words: Words, n: int, entry: int) -> tuple[bool, int]:
    """Last what cannot be compared; where roads are of small changes, first what most of them lead to: at the smallest
    number of a group, a range brings nothing of gamma."""
    right = len(words.drawing.layers) - 1
    many = 0 if words.drawing.layers[n].roads.adds_up else len(words.into(n, entry))
    return words.twin(n, entry, 0 if n else right) is None, -many


def _array(name: str, shown: str, values: np.ndarray) -> dict[str, Any]:
    return {
        "id": name,
        "name": shown,
        "axis": colour(shown),
        "values": values_of(values),
        "called": [called(shown, values.shape, i) for i in range(values.size)],
        "panels": panels_of(shown, values.shape),
        "across": values.shape[-1] if values.ndim > 2 else 1,
    }


def panels_of(name: str, shape: tuple[int, ...]) -> list[dict[str, Any]]:
    """An array as tables, each with its title, rows, columns, and the flat index of each cell.

    Of three or four axes the first (images) and the last (channels) become tables of their own, of a kernel
    (kH, kW, C, D) the last two. Of more axes those of length 1 are dropped, and the depth becomes tables.
    """
    index = np.arange(int(np.prod(shape))).reshape(shape)
    if len(shape) < 3:
        return [_table(name, index)]
    if len(shape) > 4:
        lean = np.squeeze(index)
        layers = list(lean) if lean.ndim == 3 else [lean]
        return [_table(f"{name}, {d}" if len(layers) > 1 else name, layer) for d, layer in enumerate(layers)]
    last = len(shape) - 1
    apart = (last - 1, last) if name in KERNELS else (0, last)
    panels = []
    for place in np.ndindex(*(shape[a] for a in apart)):
        at = tuple(place[apart.index(a)] if a in apart else slice(None) for a in range(len(shape)))
        title = f"{name}[{', '.join(':' if isinstance(i, slice) else str(i) for i in at)}]"
        panels.append(_table(title, index[at]))
    return panels


def _table(title: str, index: np.ndarray) -> dict[str, Any]:
    table = np.atleast_2d(index)
    return {"title": title, "rows": table.shape[0], "columns": table.shape[1], "index": table.ravel().tolist()}


def _off(found: Drawing, words: Words, n: int) -> list[int]:
    """The entries of a layer whose number is not that of the other layer: of the right one, those that are missing."""
    last = len(found.layers) - 1
    if n == last:
        return [o for o in range(found.layers[n].result.size) if words.twin(n, o, 0) is None]
    mine, right = found.layers[n].result.ravel(), found.layers[last].result.ravel()
    twins = [words.twin(n, o, last) for o in range(mine.size)]
    return [o for o, t in enumerate(twins) if t is None or not np.isclose(mine[o], right[t], rtol=1e-7, atol=1e-7)]


def _at_output(words: Words, n: int, entry: int) -> dict[str, Any]:
    """What is said and lit for an entry of layer n: its roads, and those of the entries at the same place."""
    layers = words.drawing.layers
    places = [entry if k == n else words.twin(n, entry, k) for k in range(len(layers))]
    lines = [(layer.title, words.sentence(k, places[k])) for k, layer in enumerate(layers)]
    verdicts = list(dict.fromkeys(words.verdict(k, places[k]) for k in range(len(layers) - 1)))
    lit = [{} if o is None else _lit(words, k, o) for k, o in enumerate(places)]
    for k, o in enumerate(places):
        lit[k]["out"] = {} if o is None else {str(o): ""}
    for k, name in ((k, name) for k in range(len(layers)) for name in words.drawing.beside):
        o = places[k]
        if o is not None and layers[k].result.shape == words.drawing.beside[name].shape:
            lit[k][name] = {str(o): ""}
    return {"lit": lit, "here": places, **_said(lines, " ".join(verdicts))}


def _lit(words: Words, n: int, entry: int) -> dict[str, dict[str, str]]:
    """By array: the entries that lead to this one -> what they meet on the way: a partner, or a factor; "" for neither,
    "seen" where the entry is only looked at."""
    roads, drawing = words.drawing.layers[n].roads, words.drawing
    found: dict[str, dict[str, list[str]]] = {name: {} for name in drawing.arrays}
    for k in roads.into(entry).tolist():
        ends = [(name, int(at[k])) for name, at in roads.at.items() if at[k] != NOWHERE]
        for name, i in ends:
            met = [words.source(*other) for other in ends if other[0] != name]
            found[name].setdefault(str(i), []).extend(met or [_factor(float(roads.factor[k]), roads.adds_up)])
    return {name: {i: _tag(tags) for i, tags in cells.items()} for name, cells in found.items()}


def _factor(factor: float, adds_up: bool) -> str:
    if not adds_up:
        return "seen" if factor == 0 else ""
    return "" if abs(factor - 1) < 1e-9 else f"×{share(factor)}"


def _tag(tags: list[str]) -> str:
    """What fits into a cell: of a long name the place alone, for which array it is in the sentence below says."""
    said = f"{len(tags)} times" if len(tags) > 2 else " ".join(tags)
    return PLACE.sub(r"\1", said) if len(said) > LONGEST_TAG * max(len(tags), 1) else said


def _at_input(words: Words, name: str, entry: int) -> dict[str, Any]:
    """What is said and lit for an entry of an input: where its roads lead in each layer."""
    lines, lit = [], []
    for n, layer in enumerate(words.drawing.layers):
        roads = layer.roads
        numbers = [k for k in roads.from_(name, entry).tolist() if roads.adds_up or roads.factor[k] != 0]
        pieces = [(colour(words.drawing.subject.inputs[name]), words.source(name, entry))]
        pieces.append(("", " leads to " if numbers else " leads nowhere"))
        cells: dict[str, dict[str, str]] = {other: {} for other in words.drawing.arrays} | {
            name: {str(entry): ""},
            "out": {},
        }
        for m, k in enumerate(numbers):
            o = int(roads.out[k])
            met = [(other, int(at[k])) for other, at in roads.at.items() if other != name and at[k] != NOWHERE]
            cells["out"][str(o)] = _tag([words.source(*one) for one in met]) if met else ""
            for other, i in met:
                cells[other][str(i)] = ""
            if m < MOST_SHOWN:
                pieces += [("", ", ")] * (m > 0) + [(colour(words.drawing.out), words.output(n, o))]
                pieces += [("", " through ")] * bool(met)
                pieces += [(colour(words.drawing.subject.inputs[other]), words.source(other, i)) for other, i in met]
        pieces += [("", f", … ({len(numbers)} in all)")] * (len(numbers) > MOST_SHOWN)
        lines.append((layer.title, pieces))
        lit.append(cells)
    return {"lit": lit, "here": [None] * len(lit), **_said(lines, "")}


def _said(lines: list[tuple[str, list[tuple[str, str]]]], verdict: str) -> dict[str, Any]:
    rows = [f"<div><b>{title}:</b> {as_html(pieces)}</div>" for title, pieces in lines]
    rows += [f'<div class="cnn-verdict">{verdict}</div>'] if verdict else []
    text = [f"{title}: {as_text(pieces)}" for title, pieces in lines] + ([verdict] if verdict else [])
    return {"html": "".join(rows), "text": text}


def _shapes(found: Drawing) -> str:
    right = found.layers[-1].result.shape
    mine = list(dict.fromkeys(layer.result.shape for layer in found.layers[:-1] if layer.result.shape != right))
    return f"Your result has shape {mine[0]}; the right one has {right}." if mine else ""


def describe(state: State) -> str:
    """The picture in words: the mistake, and the entry that it stands at."""
    said = " ".join(line if line.endswith(".") else f"{line}." for line in state["focus"][state["cursor"]]["text"])
    return f"Your answer, drawn: {' Or: '.join(state['says'])} {state['note']} {said}".replace("  ", " ")


def draw(state: State) -> bytes:
    """The still picture, as PNG: a row for each layer, with the roads of the entry under the cursor."""
    at = state["focus"][state["cursor"]]
    rows, headings = [], []
    for n, layer in enumerate(state["layers"]):
        lit, row = at["lit"][n], []
        for array in [*state["inputs"], {**layer, "id": "out"}]:
            row += _still_panels(
                array, lit.get(array["id"], {}), at["here"][n], layer["off"] if array["id"] == "out" else []
            )
        lines = _lines(row)
        rows += lines
        headings += [layer["title"], *[""] * (len(lines) - 1)]
    note = [state["note"]] if state["note"] else []
    return sheet(f"{state['title']}: your answer, drawn", rows, "\n".join([*at["text"], *note]), headings)


def _lines(panels: list[Panel]) -> list[list[Panel]]:
    """Panels side by side, as many as a line has room for."""
    lines: list[list[Panel]] = [[]]
    for panel in panels:
        if lines[-1] and sum(p.width for p in [*lines[-1], panel]) > WIDEST:
            lines.append([])
        lines[-1].append(panel)
    return lines


def _still_panels(array: dict[str, Any], lit: dict[str, str], here: int | None, off: list[int]) -> list[Panel]:
    made = []
    for panel in array["panels"]:
        shape = panel["rows"], panel["columns"]
        index = np.reshape(panel["index"], shape)
        values = np.array([*array["values"], None], dtype=object)[index]
        spots = {int(i): spot for spot, i in np.ndenumerate(index)}
        tags = {spots[int(i)]: tag for i, tag in lit.items() if int(i) in spots}
        one = Panel(panel["title"], array["axis"], values, {spot for spot, tag in tags.items() if tag != "seen"})
        one.tags = {spot: tag for spot, tag in tags.items() if tag not in ("", "seen")}
        one.seen = {spot for spot, tag in tags.items() if tag == "seen"}
        one.off = {spots[i] for i in off if i in spots}
        one.here = spots.get(here) if array["id"] == "out" and here is not None else None
        made.append(one)
    return made
