"""Each version's numbers, drawn by the checker; and for multiple choice, wrong answers that people really give."""

import importlib
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Any

from autograder.build.info import QuestionInfo
from autograder.course import Course
from autograder.errors import CommandError

from .written import flat

MOST_VERSIONS = len(ascii_uppercase)
CHOICES = 5  # at most, the right one among them
TYPED = re.compile(  # in a cell, not on paper
    r"\s*Write (?:it|them) as a list of lists\.|, as a list of lists(?=[.?])"
    r"|, like `[^`]*`, with (?:a comma|commas) between them"
)


@dataclass(frozen=True)
class Wrong:
    """A wrong answer that a known mistake gives, with the words in which the checks tell it.

    `also`: others that the same mistake gives, made in a slightly different way.
    """

    mistake: str
    value: Any
    says: str
    asks: str
    also: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Item:
    """One question in one version. `choices`: what is offered, in this order; empty where the answer is written."""

    question: QuestionInfo
    number: int
    version: str
    points: int
    text: str  # Markdown
    right: Any
    wrong: tuple[Wrong, ...]  # each with another value; those that the master expects first
    choices: tuple[Any, ...] = ()

    @property
    def letter(self) -> str:
        """The letter of the right choice."""
        return ascii_uppercase[self.choices.index(self.right)]

    @property
    def offered(self) -> dict[str, Wrong | None]:
        """What each letter stands for: a wrong answer, or None for the right one."""
        by_value = {str(one.value): one for one in self.wrong}
        return {letter: by_value.get(str(value)) for letter, value in zip(ascii_uppercase, self.choices, strict=False)}


@dataclass(frozen=True)
class Version:
    letter: str
    items: tuple[Item, ...]


def versions(
    course: Course, questions: Sequence[QuestionInfo], count: int, seed: int, points: Sequence[int], choices: bool
) -> list[Version]:
    """`count` versions, the same for the same seed; no two have the same numbers in a question.

    `points`: of each question. Raises CommandError where a question has too few variants, or no wrong answer to choose.
    """
    columns = [
        _column(course, question, number, count, seed, worth, choices)
        for number, (question, worth) in enumerate(zip(questions, points, strict=True), start=1)
    ]
    return [Version(items[0].version, items) for items in zip(*columns, strict=True)]


def _column(
    course: Course, question: QuestionInfo, number: int, count: int, seed: int, points: int, choices: bool
) -> list[Item]:
    """One question in every version."""
    checker: Any = importlib.import_module(course.library.checker)
    tools: Any = importlib.import_module(f"{course.library.checker}.variants")
    recipe = tools.Recipe.of(question.own.vary)
    try:
        found = tools.pool(recipe, count, f"{seed} {question.name}")
    except tools.RecipeError as error:
        raise CommandError(f"{question.name}: {error}") from None
    words = {m.name: m for m in (*checker.known(""), *checker.known(recipe.about))}
    taken = _distractors(question, found, seed) if choices else []
    if choices and not taken:
        raise CommandError(
            f"{question.name}: no known mistake gives a wrong answer to choose from; ask it without --choices."
        )
    items = []
    for letter, variant in zip(ascii_uppercase, found, strict=False):
        offered = [variant.right, *(variant.wrong[name] for name in taken)] if choices else []
        random.Random(f"{seed} {question.name} {letter}").shuffle(offered)
        wrong = _told(question, variant, words)
        items.append(
            Item(question, number, letter, points, TYPED.sub("", variant.text), variant.right, wrong, tuple(offered))
        )
    return items


def _distractors(question: QuestionInfo, found: Sequence[Any], seed: int) -> list[str]:
    """Which mistakes are offered, in all versions the same: what looks like an answer, and what the master expects."""
    names = [name for name in found[0].wrong if all(name in variant.wrong for variant in found)]
    random.Random(f"{seed} {question.name}").shuffle(names)

    def rank(name: str) -> tuple[bool, bool]:
        odd = any(
            _form(variant.wrong[name]) != _form(variant.right) or _is_nothing(variant.wrong[name]) for variant in found
        )
        return odd, name not in question.own.misconceptions

    return sorted(names, key=rank)[: CHOICES - 1]


def _form(value: Any) -> tuple[Any, bool]:
    """What one sees of an answer without reckoning: how many numbers in which brackets, and whether all are whole."""

    def brackets(part: Any) -> Any:
        return list(map(brackets, part)) if isinstance(part, list) else ""

    whole = all(isinstance(entry, int) or (isinstance(entry, str) and "/" not in entry) for entry in flat(value))
    return brackets(value), whole


def _is_nothing(value: Any) -> bool:
    """Zeros only: nobody chooses these."""
    return all(entry in (0, "0") for entry in flat(value))


def _told(question: QuestionInfo, variant: Any, words: Mapping[str, Any]) -> tuple[Wrong, ...]:
    expected = question.own.misconceptions
    order = sorted(variant.wrong, key=lambda name: expected.index(name) if name in expected else len(expected))
    return tuple(
        Wrong(name, variant.wrong[name], words[name].says, words[name].asks, tuple(variant.also.get(name, ())))
        for name in order
    )
