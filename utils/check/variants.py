"""One question, other numbers: a recipe draws them, and keeps those on which every known mistake shows.

A recipe is data, as a master declares it below `vary:`

    draw:   name -> what it may be: `3..9` a whole number, `[1, 3, 5]` one of these, `5 of -3..4` a list,
            `2x3 of -2..3` a matrix (names drawn before may stand for sizes), `= n - k` computed from the others,
            `2 letters` for d: d_0 and d_1, and then the answer is formulas, in which no letter has a power
    where:  which of them are kept, as a Python expression
    ask:    the question; `{n}` stands for a number, `{x}` for a list or matrix as mathematics
    about:  the operation that answers it, and `case`, its arguments as Python; `pick` one of several results
    like:   the reference that answers, where it is another one than the operation's own: `backprop.max_pool1d_grad`
"""

import hashlib
import math
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from fractions import Fraction
from functools import cache
from importlib import import_module
from itertools import chain, combinations, islice
from pathlib import Path
from types import CodeType
from typing import Any

import numpy as np

from . import references
from .cases import Case, case
from .forks.mistakes import Mistake, mistakes
from .operations import operation
from .question import picked

TRIES = 300  # draws for each variant that is wanted: a recipe that needs more says what it wants too seldom
SAMPLE = 40  # variants by which two mistakes are told apart, if they can be
LARGEST, FINEST = 99_999, 12  # a number that one likes to write: this large, or a fraction with this denominator
RANGE = r"(-?\d+)\.\.(-?\d+)"
LETTERS = r"(\d) letters"
APART = 1000  # letters are tried as powers of this: a sum of them tells how often each is in it
Numbers = dict[str, Any]
Key = tuple[Any, ...]


class RecipeError(ValueError):
    """What is wrong with a recipe, in one sentence that names the key."""


@dataclass(frozen=True)
class Recipe:
    """How one question is asked with other numbers; the keys are explained above."""

    draw: Mapping[str, Any]
    ask: str
    about: str
    case: str
    where: str = ""
    pick: Any = None
    like: str = ""

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> "Recipe":
        """A recipe from a master's keys. Raises RecipeError."""
        names = {f.name for f in fields(cls)}
        for key in plain:
            if key not in names:
                raise RecipeError(f"`vary` has no key `{key}`; known are: {', '.join(sorted(names))}")
        for key in ("draw", "ask", "about", "case"):
            if not plain.get(key):
                raise RecipeError(f"`vary` lacks the key `{key}`")
        found = cls(**plain)
        try:
            found.reference  # noqa: B018
        except (ValueError, AttributeError, ImportError) as error:
            raise RecipeError(str(error)) from None
        return found

    @property
    def reference(self) -> Callable[..., Any]:
        """The function that answers."""
        module, _, name = self.like.partition(".")
        known = operation(self.about)
        return getattr(import_module(f"{references.__name__}.{module}"), name) if name else known.reference

    def drawn(self, chance: random.Random) -> Numbers | None:
        """Numbers for one variant; None where `where` does not keep them."""
        numbers: Numbers = {}
        for name, kind in self.draw.items():
            computed = isinstance(kind, str) and kind.startswith("=")
            numbers[name] = self._value(kind[1:], numbers) if computed else _one(name, kind, numbers, chance)
        return numbers if not self.where or self._value(self.where, numbers) else None

    def text(self, numbers: Numbers) -> str:
        """The question with these numbers, as Markdown."""
        return re.sub(r"\{(\w+)\}", lambda m: _set(numbers[m[1]]) if m[1] in numbers else m[0], self.ask)

    @property
    def letters(self) -> list[str]:
        """The letters that an answer is written in, in the order in which they are drawn."""
        named = [(name, re.fullmatch(LETTERS, str(kind))) for name, kind in self.draw.items()]
        return [f"{name}_{i}" for name, many in named if many for i in range(int(many[1]))]

    def on(self, numbers: Numbers, letters: Mapping[str, Any] | None = None) -> Case:
        """The arguments of the operation. A letter is a SymPy symbol, or what `letters` has in its place."""
        if self.letters:
            if letters is None:
                from sympy import Symbol  # takes its time

                letters = {letter: Symbol(letter) for letter in self.letters}
            known = letters
            numbers = {
                name: [known.get(e, e) for e in value] if re.fullmatch(LETTERS, str(self.draw[name])) else value
                for name, value in numbers.items()
            }
        return self._value(f"case({self.case})", numbers)

    def right(self, on: Case) -> Any:
        """The right answer, as plain numbers."""
        try:
            return plain(picked(on.call(self.reference), self.pick))
        except Exception as error:
            raise RecipeError(f"`vary`: the reference says {type(error).__name__} for {on}: {error}") from None

    def _value(self, expression: str, numbers: Numbers) -> Any:
        try:
            return eval(_compiled(expression), {"np": np, "case": case}, dict(numbers))
        except Exception as error:
            raise RecipeError(f"`vary`: `{expression}` with {numbers} says {type(error).__name__}: {error}") from None


@dataclass(frozen=True)
class Variant:
    """One question with its numbers. `wrong` maps the name of a mistake to what it gives here."""

    recipe: Recipe
    numbers: Numbers
    right: Any
    wrong: Mapping[str, Any]

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
        return Variant(self.recipe, self.numbers, _formulas(self.right, letters), wrong)


def pool(recipe: Recipe, count: int, seed: int | str) -> list[Variant]:
    """`count` variants, each once; on each every known mistake gives an answer of its own. The same for the same seed.

    Two mistakes that give the same numbers wherever they are tried are one here. Raises RecipeError where there are
    not so many.
    """
    fresh = _fresh(recipe, random.Random(f"{seed}"), TRIES * count)
    tried = list(islice(fresh, SAMPLE))
    shown = _mistakes_apart(recipe, tried)
    kept: list[Variant] = []
    for numbers, on, right in chain(tried, fresh):
        wrong = _all_apart(_wrong(recipe, shown, on), right)
        if wrong is not None:
            kept.append(Variant(recipe, numbers, right, wrong).in_letters())
        if len(kept) == count:
            return kept
    alike = _most_alike(recipe, tried, shown)
    raise RecipeError(
        f"`vary` gives {len(kept)} variants on which every known mistake shows; {count} are wanted: widen `draw`{alike}"
    )


def fingerprint(recipe: Mapping[str, Any]) -> str:
    """Another one whenever a recipe or a program that decides changes; till then `pool` draws what it drew before."""
    here = Path(__file__).parent
    deciding = [*here.glob("forks/**/*.py"), *here.glob("references/**/*.py"), here / "operations.py", Path(__file__)]
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


def _all_apart(wrong: Iterable[tuple[str, list[Any]]], right: Any) -> dict[str, Any] | None:
    """One wrong answer for each mistake; None where one is not seen, or where two mistakes give the same."""
    truth = key(right)
    owner = {truth: ""}
    first = {}
    for name, values in wrong:
        seen = [(k, v) for v in values if (k := key(v)) != truth]
        if not seen or any(owner.setdefault(k, name) != name for k, _ in seen):
            return None
        first[name] = seen[0][1]
    return {name: plain(value) for name, value in first.items()}


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


def plain(value: Any) -> Any:
    """An answer as JSON has it: numbers and lists; whole numbers are written as such."""
    if isinstance(value, tuple | list):
        return [plain(v) for v in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, bool | np.bool_ | str):
        return bool(value) if not isinstance(value, str) else value
    number = float(value)
    short = float(Fraction(number).limit_denominator(FINEST)) if np.isfinite(number) else number
    number = short if abs(short - number) < 1e-12 * max(1, abs(number)) else number
    return int(number) if number.is_integer() else number


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


@cache
def _compiled(expression: str) -> CodeType:
    return compile(expression.strip(), "vary", "eval")


def _flat(value: Any) -> list[float]:
    if isinstance(value, np.ndarray):
        return value.astype(float).ravel().tolist()
    return [leaf for v in value for leaf in _flat(v)] if isinstance(value, list | tuple) else [float(value)]


def _one(name: str, kind: Any, numbers: Numbers, chance: random.Random) -> Any:
    if isinstance(kind, list):
        return chance.choice(kind)
    text = str(kind)
    if many := re.fullmatch(LETTERS, text):
        return [f"{name}_{i}" for i in range(int(many[1]))]
    whole = re.fullmatch(RANGE, text)
    if whole:
        return chance.randint(int(whole[1]), int(whole[2]))
    many = re.fullmatch(rf"(\w+?)(?:x(\w+))? of {RANGE}", text)
    if many is None:
        raise RecipeError(
            f"`vary`: {name} is {text!r}; expected 3..9, [1, 3], 5 of -3..4, 2x3 of -2..3, 2 letters or = n - k"
        )
    rows, columns = (_size(many[i], numbers) for i in (1, 2))
    entry: Callable[[], int] = lambda: chance.randint(int(many[3]), int(many[4]))  # noqa: E731
    return [entry() for _ in range(rows)] if not columns else [[entry() for _ in range(columns)] for _ in range(rows)]


def _size(text: str | None, numbers: Numbers) -> int:
    if text is None:
        return 0
    return int(text) if text.isdigit() else int(numbers[text])


def _set(value: Any) -> str:
    """A number, list or matrix as it stands in a formula."""
    if isinstance(value, list) and value and isinstance(value[0], list):
        rows = r" \\ ".join(" & ".join(str(v) for v in row) for row in value)
        return rf"\begin{{pmatrix}}{rows}\end{{pmatrix}}"
    return f"({', '.join(str(v) for v in value)})" if isinstance(value, list | tuple) else str(value)
