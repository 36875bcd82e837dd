"""Roads in words: what an entry is made of, what it should be made of, and where the two part."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from html import escape
from itertools import pairwise

import numpy as np

from utils.explore.layers import Drawing, Layer
from utils.explore.roads import NOWHERE, Array
from utils.explore.still import number

MOST_TERMS, MOST_NAMES = 9, 4
SOMETHING_ELSE = "It looks at the right numbers, but makes something else of them."
KERNELS = ("w", "dw")  # their axes are (kH, kW, C, D), those of all others (B, H, W, C)
_BLUE = ("x", "dx", "x_hat", "dx_hat", "centered", "dcentered", "rows")
_GREEN = ("y", "dy", "δ", "result")

Places = tuple[tuple[str, int], ...]


def colour(name: str) -> str:
    """The letter of an array's colour: x is read, w is learned, y is made."""
    return "x" if name in _BLUE else "y" if name in _GREEN else "w"


def called(name: str, shape: Sequence[int], entry: int) -> str:
    """`x[1,2]`: the place, without batch and channels (of a kernel: channels and filters) where there is but one."""
    place = [int(i) for i in np.unravel_index(entry, tuple(shape))]
    axes = range(len(shape))
    if len(shape) > 2:
        alone = axes[-2:] if name in KERNELS else (0, len(shape) - 1) if len(shape) < 5 else axes
        place = [i for i, n, axis in zip(place, shape, axes, strict=True) if n > 1 or axis not in alone] or place[-1:]
    return f"{name}[{','.join(map(str, place))}]" if len(shape) else name


def share(factor: float) -> str:
    """A factor as people write it: 1/4 for 0.25, else with two decimals."""
    near = Fraction(factor).limit_denominator(36)
    if abs(float(near) - factor) < 1e-9 and near.denominator > 1 and abs(near.numerator) < 10:
        return f"{'−' if factor < 0 else ''}{abs(near.numerator)}/{near.denominator}"
    return number(factor) if abs(factor) >= 0.05 or factor == 0 else f"{factor:.2g}".replace("-", "−")


class Words:
    """What can be said of the entries of a drawing."""

    def __init__(self, drawing: Drawing) -> None:
        self.drawing, self.right = drawing, drawing.layers[-1]
        self._into = [[_terms(layer, o) for o in range(layer.result.size)] for layer in drawing.layers]

    def into(self, layer: int, entry: int) -> dict[Places, float]:
        """Where an entry's roads come from -> their factors."""
        return self._into[layer][entry]

    def twin(self, layer: int, entry: int, other: int) -> int | None:
        """The entry of another layer that stands at the same place; None where that layer has none."""
        here, there = self.drawing.layers[layer].result.shape, self.drawing.layers[other].result.shape
        if len(here) != len(there):
            same_size = np.prod(here) == np.prod(there)
            return entry if same_size else None
        place = np.unravel_index(entry, here) if here else ()
        if any(i >= n for i, n in zip(place, there, strict=True)):
            return None
        return int(np.ravel_multi_index(place, there)) if there else 0

    def source(self, name: str, entry: int) -> str:
        """The name of an input's entry."""
        return called(self.drawing.subject.inputs[name], self.drawing.arrays[name].shape, entry)

    def output(self, layer: int, entry: int) -> str:
        """The name of an entry of a result."""
        return called(self.drawing.out, self.drawing.layers[layer].result.shape, entry)

    def sentence(self, layer: int, entry: int | None) -> list[tuple[str, str]]:
        """What an entry of a layer is made of, in pieces (colour's letter or "", text)."""
        if entry is None:
            return [("", "no such place")]
        one = self.drawing.layers[layer]
        terms = self.into(layer, entry)
        value, name = float(one.result.flat[entry]), (colour(self.drawing.out), self.output(layer, entry))
        if not one.roads.adds_up:
            return [name, *self._moved(layer, entry, terms, value)]
        if not terms:
            return [name, ("", f" = {number(value)}: nothing leads here")]
        pieces = [name, ("", " = "), *self._sum(terms)]
        total = sum(factor * self._product(places) for places, factor in terms.items())
        plain = len(terms) == 1 and next(iter(terms)) == ()
        pieces += [] if plain else [("", f" = {self._numbers(terms)}")]
        pieces += [] if plain or self._numbers(terms) == number(total) else [("", f" = {number(total)}")]
        if abs(total - value) < 1e-6 * max(1, abs(value)):
            return pieces
        cut = "cut to" if abs(np.trunc(total) - value) < 1e-6 else "but its parts were cut, which makes"
        return [*pieces, ("", f", {cut} {number(value)}")]

    def verdict(self, layer: int, entry: int | None) -> str:
        """Where the roads of a wrong layer part from the right ones; `entry` counts in the wrong layer."""
        last = len(self.drawing.layers) - 1
        twin = None if entry is None else self.twin(layer, entry, last)
        if entry is None:
            return "There is no such place in your result."
        if twin is None:
            return "There is no such place in the right result."
        mine, right = self.into(layer, entry), self.into(last, twin)
        here, there = float(self.drawing.layers[layer].result.flat[entry]), float(self.right.result.flat[twin])
        same = abs(here - there) <= 1e-7 * max(1.0, abs(there))
        if _alike(mine, right):
            return "The same paths: this entry is right." if same else self._other_number(layer, entry, twin)
        sums = self.drawing.layers[layer].roads.adds_up and self.right.roads.adds_up
        return self._parting(mine, right, sums) + (" Here both come to the same number." if same else "")

    def line(self, layer: int, entry: int) -> str:
        """How a normalised entry is made of its x, read off the numbers of its group: what is taken away from x, and
        what the rest is divided by."""
        arrays, one = self.drawing.arrays, self.drawing.layers[layer]
        if "gamma" not in arrays or "x" not in arrays or one.result.shape != arrays["x"].shape:
            return ""
        group = self._group(layer, entry)
        x, y = arrays["x"].ravel()[group], one.result.ravel()[group]
        if len(np.unique(x)) < 3:
            return ""
        slope, shift = np.polyfit(x, y, 1)
        if abs(slope) < 1e-12 or np.abs(slope * x + shift - y).max() > 1e-7 * max(1.0, np.abs(y).max()):
            return ""
        name, stretch = self.source("x", entry), self._stretch(layer, entry)
        if stretch is None or (not stretch[1] and abs(y.mean()) > 1e-6):  # something else was added
            return f" = {number(slope)} · {name} {_signed(shift)}"
        gamma, beta = stretch
        spread, centre = gamma / slope, (beta - shift) / slope
        top = f"({name} {_signed(-centre)})" if abs(centre) > 1e-9 else name
        by = f"{number(gamma)} · " if gamma != 1 else ""
        return f" = {by}{top} / {_in_brackets(number(spread))} {_signed(beta) if beta else ''}".rstrip()

    def _stretch(self, layer: int, entry: int) -> tuple[float, float] | None:
        """What this entry's x-hat is multiplied with, and what is added: gamma and beta, or 1 and 0 where it does not
        know them. None if they do something else to it."""
        terms, channel = self.into(layer, entry), entry % self.drawing.arrays["gamma"].size
        gamma, beta = (float(self.drawing.arrays[name].flat[channel]) for name in ("gamma", "beta"))
        by_gamma, by_beta = (terms.get(((name, channel),), 0.0) for name in ("gamma", "beta"))
        value, added = float(self.drawing.layers[layer].result.flat[entry]), round(by_beta) * beta
        known = all(i == channel for places in terms for name, i in places if name in ("gamma", "beta"))
        if not known or min(abs(by_beta - times) for times in (-1, 0, 1)) > 1e-4:
            return None
        if abs(by_gamma * gamma + added - value) < 1e-4 * (1 + abs(value)):
            return (gamma, added) if gamma else None
        return None if by_gamma else (1.0, added)

    def _group(self, layer: int, entry: int) -> list[int]:
        """The entries that look at the same numbers as this one, apart from its own."""

        def looks_at(o: int) -> frozenset[Places]:
            found = frozenset(self.into(layer, o))
            read = {p for p in found if p[0][0] == "x"}
            return found - read if read <= {(("x", o),)} else found

        mine = looks_at(entry)
        return [o for o in range(self.drawing.layers[layer].result.size) if looks_at(o) == mine]

    def _moved(self, layer: int, entry: int, terms: dict[Places, float], value: float) -> list[tuple[str, str]]:
        """Behind the name of an entry that is no sum: which number it takes, or how it moves with what it looks at."""
        moves = [p for p, factor in terms.items() if factor != 0]
        looks = [p for p, factor in terms.items() if factor == 0]
        if line := self.line(layer, entry):
            read = [p for p in terms if p[0][0] == "x"]
            return [("", f" = {number(value)}{line}; it looks at "), *self._list(read)]
        taken = [p for p in moves if abs(abs(terms[p]) - 1) < 1e-4]
        choice = {p[0][0] for p in looks} <= {p[0][0] for p in moves}  # a maximum looks at others of its own array
        if choice and taken == moves and all(abs(terms[p] * self._product(p) - value) < 1e-6 for p in moves) and moves:
            chosen = [x for p in moves for x in (("", " = −" if terms[p] < 0 else " = "), self._piece(p[0]))]
            chosen.append(("", f" = {number(value)}"))
            return [*chosen, ("", ", taken from "), *self._list([*moves, *looks])] if looks else chosen
        if not moves and terms:
            return [("", f" = {number(value)}, none of the numbers it looked at: "), *self._list(looks)]
        if not terms:
            return [("", f" = {number(value)}: nothing leads here")]
        more = [("", ", and looks at "), *self._list(looks)] if looks else []
        return [("", f" = {number(value)}; it moves with "), *self._list(moves), *more]

    def _list(self, terms: Iterable[Places]) -> list[tuple[str, str]]:
        every = sorted(terms, key=lambda p: (p[0][0] != "x", p[0]))
        pieces = [piece for p in every[:MOST_TERMS] for piece in (("", ", "), self._piece(p[0]))][1:]
        return pieces + ([("", f", … ({len(every)} in all)")] if len(every) > MOST_TERMS else [])

    def _piece(self, at: tuple[str, int]) -> tuple[str, str]:
        return colour(self.drawing.subject.inputs[at[0]]), self.source(*at)

    def _product(self, places: Places) -> float:
        return float(np.prod([self.drawing.arrays[name].flat[i] for name, i in places]))

    def _sum(self, terms: dict[Places, float]) -> list[tuple[str, str]]:
        common = _common(terms)
        pieces: list[tuple[str, str]] = [("", f"{share(common)} · (")] if common else []
        for n, (places, factor) in enumerate(list(terms.items())[:MOST_TERMS]):
            minus, size = factor < 0 and not common, abs(factor)
            pieces.append(("", ("−" if minus else "") if n == 0 else " − " if minus else " + "))
            if not places or (share(size) != "1" and not common):
                pieces.append(("", share(size) + ("·" if places else "")))
            for k, at in enumerate(places):
                pieces += [("", "·")] * (k > 0) + [self._piece(at)]
        more = f" + … ({len(terms)} in all)" if len(terms) > MOST_TERMS else ""
        return [*pieces, ("", more + (")" if common else ""))]

    def _numbers(self, terms: dict[Places, float]) -> str:
        common, written = _common(terms), []
        for places, factor in list(terms.items())[:MOST_TERMS]:
            values = [float(self.drawing.arrays[name].flat[i]) for name, i in places]
            plain = common or (share(factor) == "1" and places)
            shown = [] if plain else [share(factor)]
            shown += [number(v) for v in values]
            written.append("·".join(_in_brackets(v) if len(shown) > 1 else v for v in shown))
        text = written[0] + "".join(f" + {t}" if not t.startswith("−") else f" − {t[1:]}" for t in written[1:])
        text += " + …" if len(terms) > MOST_TERMS else ""
        return f"{share(common)} · ({text})" if common else text

    def _other_number(self, layer: int, entry: int, twin: int) -> str:
        mine, right = self.line(layer, entry), self.line(len(self.drawing.layers) - 1, twin)
        if mine and right and mine != right:
            return SOMETHING_ELSE
        return "The same paths, but another number at their end."

    def _parting(self, mine: dict[Places, float], right: dict[Places, float], sums: bool) -> str:
        if mine.keys() == right.keys():
            return "The right paths, with other factors." if sums else SOMETHING_ELSE
        if not mine:
            return "No path leads to your entry."
        for name in self.drawing.subject.inputs:
            extra, missing = (self._only(name, a, b) for a, b in ((mine, right), (right, mine)))
            if extra and missing:
                return f"Yours takes {extra} where {missing} {'belong' if ' ' in missing else 'belongs'}."
            if extra or missing:
                do = "do" if " " in extra else "does"
                return f"Yours also takes {extra}, which {do} not belong here." if extra else f"Yours lacks {missing}."
        if () in mine or () in right:
            return (
                "Yours brings a number that comes from none of the inputs." if () in mine else "Yours lacks a number."
            )
        return "The right numbers, but they meet in other pairs." if sums else SOMETHING_ELSE

    def _only(self, name: str, these: dict[Places, float], those: dict[Places, float]) -> str:
        """The entries of an array that only the first roads come from."""
        mine, others = ({i for p in terms for n, i in p if n == name} for terms in (these, those))
        found = [self.source(name, i) for i in sorted(mine - others)]
        if len(found) > MOST_NAMES:
            shown = self.drawing.subject.inputs[name]
            return f"{len(found)} entries of {shown}"
        return " and ".join([", ".join(found[:-1]), found[-1]]) if len(found) > 1 else "".join(found)


def _terms(layer: Layer, entry: int) -> dict[Places, float]:
    roads, found = layer.roads, {}
    for k in roads.into(entry).tolist():
        places = tuple((name, int(at[k])) for name, at in roads.at.items() if at[k] != NOWHERE)
        found[places] = float(roads.factor[k])
    return found


def _alike(mine: dict[Places, float], right: dict[Places, float]) -> bool:
    return mine.keys() == right.keys() and all(abs(f - right[p]) <= 1e-4 * (1 + abs(right[p])) for p, f in mine.items())


def _common(terms: dict[Places, float]) -> float:
    """The factor that all of several roads share, if it is not 1; else 0."""
    factors = list(terms.values())
    same = len(factors) > 1 and all(abs(a - b) < 1e-9 for a, b in pairwise(factors))
    return factors[0] if same and () not in terms and abs(factors[0] - 1) > 1e-9 else 0.0


def _in_brackets(shown: str) -> str:
    return f"({shown})" if shown.startswith("−") else shown


def _signed(value: float) -> str:
    return f"{'−' if value < 0 else '+'} {number(abs(value))}"


def as_html(pieces: Iterable[tuple[str, str]]) -> str:
    """Pieces as the page shows them: names in their colours."""
    return "".join(f'<span class="cnn-t cnn-{c}">{escape(text)}</span>' if c else escape(text) for c, text in pieces)


def as_text(pieces: Iterable[tuple[str, str]]) -> str:
    """Pieces as they are read aloud, and written below a still."""
    return "".join(text for _, text in pieces)


def values_of(array: Array) -> list[float | str]:
    """An array's numbers, flat, as the page gets them: what is not finite in words, since JSON has no infinity."""
    return [float(v) if np.isfinite(v) else number(v) for v in np.ravel(array)]
