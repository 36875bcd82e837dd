"""How one question is asked with other numbers: a recipe.

A recipe is data, as a master declares it below `vary:`

    draw:   name -> what it may be: `3..9` a whole number, `[1, 3, 5]` one of these, `5 of -3..4` a list,
            `2x3 of -2..3` a matrix (names drawn before may stand for sizes), `= n - k` computed from the others,
            `2 letters` for d: d_0 and d_1, and then the answer is formulas, in which no letter has a power
    where:  which of them are kept, as a Python expression
    ask:    the question; `{n}` stands for a number, `{x}` for a list or matrix as mathematics
    about:  the operation that answers it, and `case`, its arguments as Python; `pick` one of several results
    like:   the reference that answers, where it is another one than the operation's own: `backprop.max_pool1d_grad`
"""

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from fractions import Fraction
from functools import cache
from importlib import import_module
from types import CodeType
from typing import Any

import numpy as np

from . import references
from .cases import Case, case
from .operations import operation
from .question import picked

RANGE = r"(-?\d+)\.\.(-?\d+)"
LETTERS = r"(\d) letters"
FINEST = 12  # the largest denominator of a fraction that one likes to write
Numbers = dict[str, Any]


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


@cache
def _compiled(expression: str) -> CodeType:
    return compile(expression.strip(), "vary", "eval")


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
