"""Variants of a question: numbers that its recipe draws, kept where every known mistake gives an answer of its own."""

import hashlib
import math
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import chain, combinations, islice
from pathlib import Path
from typing import Any

import numpy as np

from .cases import Case
from .forks.mistakes import Mistake, mistakes
from .question import picked
from .recipe import FINEST, Numbers, Recipe, RecipeError, plain

TRIES = 300  # draws for each variant that is wanted: a recipe that needs more says what it wants too seldom
SAMPLE = 40  # variants by which two mistakes are told apart, if they can be
LARGEST = 99_999  # a number that one likes to write is no larger
APART = 1000  # letters are tried as powers of this: a sum of them tells how often each is in it
Key = tuple[Any, ...]


@dataclass(frozen=True)
class Variant:
    """One question with its numbers. `wrong` maps the name of a mistake to what it gives here.

    `also`: what it gives in its other spellings, where these give something else.
    """

    recipe: Recipe
    numbers: Numbers
    right: Any
    wrong: Mapping[str, Any]
    also: Mapping[str, list[Any]] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return self.recipe.text(self.numbers)

    @property
    def on(self) -> Case:
        return self.recipe.on(self.numbers)

    def in_letters(self) -> "Variant":
        """With formulas in the place of numbers, where the recipe has letters."""
        letters = self.recipe.letters
        if not letters:
            return self
        wrong = {name: _formulas(value, letters) for name, value in self.wrong.items()}
        also = {name: [_formulas(value, letters) for value in values] for name, values in self.also.items()}
        return Variant(self.recipe, self.numbers, _formulas(self.right, letters), wrong, also)


def pool(recipe: Recipe, count: int, seed: int | str) -> list[Variant]:
    """`count` variants, each once; on each every known mistake gives an answer of its own. The same for the same seed.

    Two mistakes that give the same numbers wherever they are tried are one here. Raises RecipeError where there are
    not so many.
    """
    fresh = _fresh(recipe, random.Random(f"{seed}"), TRIES * max(count, SAMPLE))
    tried = list(islice(fresh, SAMPLE))
    shown = _mistakes_apart(recipe, tried)
    kept: list[Variant] = []
    for numbers, on, right in chain(tried, fresh):
        wrong = _all_apart(_wrong(recipe, shown, on), right)
        if wrong is not None:
            first = {name: values[0] for name, values in wrong.items()}
            also = {name: values[1:] for name, values in wrong.items() if values[1:]}
            kept.append(Variant(recipe, numbers, right, first, also).in_letters())
        if len(kept) == count:
            return kept
    alike = _most_alike(recipe, tried, shown)
    raise RecipeError(
        f"`vary` gives {len(kept)} variants on which every known mistake shows; {count} are wanted: widen `draw`{alike}"
    )


def fingerprint(recipe: Mapping[str, Any]) -> str:
    """Another one whenever a recipe or a program that decides changes; till then `pool` draws what it drew before."""
    here = Path(__file__).parent
    deciding = [*here.glob("forks/**/*.py"), *here.glob("references/**/*.py")]
    deciding += [here / name for name in ("operations.py", "recipe.py", "variants.py")]
    digest = hashlib.sha256(repr(recipe).encode())
    for path in sorted(deciding):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _fresh(recipe: Recipe, chance: random.Random, tries: int) -> Iterator[tuple[Numbers, Case, Any]]:
    """Numbers with a pleasant answer, none twice; the case they make, and the answer."""
    seen = set()
    for _ in range(tries):
        numbers = recipe.drawn(chance)
        if numbers is None or str(numbers) in seen:
            continue
        seen.add(str(numbers))
        on = recipe.on(numbers, {letter: float(APART ** (i + 1)) for i, letter in enumerate(recipe.letters)})
        right = recipe.right(on)
        if recipe.letters or is_pleasant(right):
            yield numbers, on, right


def _mistakes_apart(recipe: Recipe, tried: list[tuple[Numbers, Case, Any]]) -> dict[str, list[Mistake]]:
    """The spellings of each mistake: one of those that agree on all that was tried, and none that is right there."""
    truth = tuple(key(right) for _, _, right in tried)
    groups: dict[Key, Mistake] = {}
    memory: list[dict] = [{} for _ in tried]
    for mistake in mistakes(recipe.about, [on for _, on, _ in tried], typed=True):
        values = [_answer(recipe, mistake, on, seen) for (_, on, _), seen in zip(tried, memory, strict=True)]
        everywhere = tuple(None if value is None else key(value) for value in values)
        if any(e not in (None, t) for e, t in zip(everywhere, truth, strict=True)):
            groups.setdefault(everywhere, mistake)
    named: dict[str, list[Mistake]] = {}
    for mistake in groups.values():
        named.setdefault(mistake.name, []).append(mistake)
    return named


def _wrong(recipe: Recipe, shown: dict[str, list[Mistake]], on: Case) -> Iterator[tuple[str, list[Any]]]:
    """What each mistake gives, in each of its spellings that give a number; one after the other, as it is wanted."""
    memory: dict = {}
    for name, spellings in shown.items():
        values = [v for m in spellings if (v := _answer(recipe, m, on, memory)) is not None]
        if values:
            yield name, values


def _all_apart(wrong: Iterable[tuple[str, list[Any]]], right: Any) -> dict[str, list[Any]] | None:
    """The wrong answers of each mistake; None where one is not seen, or where two mistakes give the same."""
    truth = key(right)
    owner = {truth: ""}
    told = {}
    for name, values in wrong:
        seen: dict[Key, Any] = {}
        for value in values:
            if (found := key(value)) != truth:
                seen.setdefault(found, value)
        if not seen or any(owner.setdefault(k, name) != name for k in seen):
            return None
        told[name] = [plain(value) for value in seen.values()]
    return told


def _answer(recipe: Recipe, mistake: Mistake, on: Case, memory: dict) -> Any:
    """What the mistake gives; None where that is no number: a wrong program may fail where a right one does not."""
    try:
        with np.errstate(all="ignore"):
            value = picked(mistake.walk(on, memory), recipe.pick)
        entries = _flat(value)
        return value if entries and all(map(math.isfinite, entries)) else None
    except Exception:
        return None


def _most_alike(recipe: Recipe, tried: list[tuple[Numbers, Case, Any]], shown: dict[str, list[Mistake]]) -> str:
    """The two that agree most often, for whoever widens a recipe."""
    often: Counter[tuple[str, str]] = Counter()
    for _, on, right in tried:
        truth = key(right)
        keys = {name: {*map(key, values)} for name, values in _wrong(recipe, shown, on)}
        often.update(("the right answer", name) for name, values in keys.items() if values == {truth})
        often.update((a, b) for a, b in combinations(keys, 2) if (keys[a] & keys[b]) - {truth})
    return "".join(f"; {a} and {b} agree on {n} of {len(tried)}" for (a, b), n in often.most_common(3))


def key(value: Any) -> Key:
    """The same for answers that are the same up to rounding, whatever brackets they stand in."""
    return (value,) if isinstance(value, str) else tuple(round(v, 9) + 0.0 for v in _flat(value))


def is_pleasant(right: Any) -> bool:
    """Whether one would write these numbers by hand: whole, or short fractions; not all the same if there are many."""
    if isinstance(right, str | bool):
        return True
    entries = _flat(right)
    short = all(abs(v) <= LARGEST and abs(Fraction(v).limit_denominator(FINEST) - Fraction(v)) < 1e-9 for v in entries)
    return short and bool(entries) and (any(entries) if len(entries) == 1 else len(set(entries)) > 1)


def _formulas(value: Any, letters: list[str]) -> Any:
    """2_001_000 as "d_0 + 2*d_1", for letters that were tried as powers of `APART`."""
    if isinstance(value, list):
        return [_formulas(entry, letters) for entry in value]
    rest, terms = Fraction(value), []
    for power, letter in reversed([*enumerate(letters, 1)]):
        often = Fraction(round(rest / APART**power * FINEST), FINEST)  # what is left is of the letters before
        rest -= often * APART**power
        if often:
            terms.insert(0, ("-"[: often < 0] if abs(often) == 1 else f"{often}*") + letter)
    rest = rest.limit_denominator(FINEST)
    terms += [f"{rest}"] if rest else []
    return " + ".join(terms).replace("+ -", "- ") or "0"


def _flat(value: Any) -> list[float]:
    if isinstance(value, np.ndarray):
        return value.astype(float).ravel().tolist()
    return [leaf for v in value for leaf in _flat(v)] if isinstance(value, list | tuple) else [float(value)]
