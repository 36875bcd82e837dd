"""Another one like this: a problem's questions with other numbers, harder and easier as it goes, and back again.

The build has drawn the numbers (`utils.check.variants`) and left them in the notebook, with the right answers. What
was done is kept in a file beside the notebook.
"""

import contextlib
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from utils.check import Failure, expect
from utils.check.display import paragraphs
from utils.check.recipe import Numbers, Recipe
from utils.check.rounded import ROUNDED
from utils.notebook.files import COURSE, assignment, notebook_file, read
from utils.notebook.mistakes import pictures
from utils.notebook.typed import examples, parse
from utils.notebook.words import card, shell

HARDER_AFTER = 2  # right answers in a row
BACK_AFTER = (2, 6)  # questions later, a mistake comes back, and once more


@dataclass(frozen=True)
class Pool:
    """One question and all numbers that it may be asked with."""

    question: str
    part: str
    level: int
    recipe: Recipe
    variants: list[tuple[Numbers, Any]]  # numbers, and the right answer

    @classmethod
    def of(cls, question: str, about: Mapping[str, Any]) -> "Pool":
        """From what the build wrote into a notebook."""
        said = about["practice"]
        names = sorted(said["recipe"]["draw"])  # JSON keeps no order
        variants = [(dict(zip(names, numbers, strict=True)), right) for numbers, right in json.loads(said["variants"])]
        return cls(question, about.get("part", ""), said["level"], Recipe.of(said["recipe"]), variants)


@dataclass
class Record:
    """What one student has done of a problem's practice."""

    asked: int = 0
    right: int = 0  # at the first try
    level: int = 1
    row: int = 0  # right answers one after the other
    back: list[tuple[int, str]] = field(default_factory=list)  # when a question comes back, counted in questions
    used: dict[str, list[int]] = field(default_factory=dict)  # the variants that were asked

    @classmethod
    def load(cls, file: Path | None) -> "Record":
        """What `file` says; a new record where it is not there, or not ours."""
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
            said = json.loads(file.read_text(encoding="utf-8")) if file else {}
            return cls(**{**said, "back": [(int(when), str(what)) for when, what in said.get("back", [])]})
        return cls()

    def save(self, file: Path | None) -> None:
        if file:
            with contextlib.suppress(OSError):
                file.write_text(json.dumps(vars(self)) + "\n", encoding="utf-8")

    def note(self, question: str, right: bool, top: int) -> None:
        """An answer at the first try: two right ones make the next harder, a wrong one easier, and it comes back."""
        self.right += right
        self.row = self.row + 1 if right else 0
        if right and self.row % HARDER_AFTER == 0:
            self.level = min(self.level + 1, top)
        elif not right:
            self.level = max(1, self.level - 1)
            self.back = sorted([*self.back, *((self.asked + later, question) for later in BACK_AFTER)])

    def line(self, top: int) -> str:
        """ "7 asked · 5 right at once · level 2 of 3 · 2 come back"."""
        waiting = len({question for _, question in self.back})
        back = f" · {waiting} come{'s' * (waiting == 1)} back" if waiting else ""
        return f"{self.asked} asked · {self.right} right at once · level {self.level} of {top}{back}"


class Practice:
    """One sitting. `answer(...)` checks what you have, `next()` asks another one; in Jupyter there is a box for it."""

    def __init__(self, pools: list[Pool], file: Path | None = None, chance: random.Random | None = None) -> None:
        self.pools = {pool.question: pool for pool in pools}
        self.file, self.record = file, Record.load(file)
        self.levels = sorted({pool.level for pool in pools})
        self.chance = chance or random.Random()
        self._last: list[str] = []  # questions, as they were asked
        self._failed = ""  # what the check said of the last answer
        self._ask()

    @property
    def text(self) -> str:
        """The question, as Markdown."""
        return self.pool.recipe.text(self.numbers)

    @property
    def example(self) -> str:
        """What an answer to it may look like."""
        return examples(self.pool.recipe.letters)

    def answer(self, your_answer: Any) -> bool:
        """Whether it answers the question: a number, or lists of numbers. Says what is wrong with it, and draws it."""
        right, lines = self.judge(your_answer)
        card("Your answer", paragraphs(lines), "\n".join(lines))
        if shell() is not None:
            from IPython.display import display

            for picture in self.pictures():
                display(picture)
        return right

    def pictures(self) -> list[Any]:
        """The last answer, drawn with other numbers, if it was a known mistake that has a picture."""
        return pictures([self._failed] if self._failed else [])

    def judge(self, your_answer: Any) -> tuple[bool, list[str]]:
        """Whether it is right, and what to say of it. The first try counts; right numbers that are rounded are none."""
        recipe, on = self.pool.recipe, self.pool.recipe.on(self.numbers)
        kept = np.array(self.right) if isinstance(self.right, list) else self.right
        try:
            if recipe.letters:
                expect(your_answer, recipe.reference, on, about=recipe.about, pick=recipe.pick)
            else:
                expect(your_answer, lambda *_, **__: kept, on, about=recipe.about)
            lines, self._failed = [], ""
        except Failure as failure:
            if failure.misconception == ROUNDED.name:
                self._failed = ""
                return False, [ROUNDED.says, "Write them whole: a fraction such as 11/12 will do. This was no try."]
            self._failed = str(failure)
            lines = [line.replace("your_answer", "Your answer") for line in failure.lines[:-1]]
        if self.first:
            self.first = False
            self.record.note(self.pool.question, not lines, len(self.levels))
            self.record.save(self.file)
        return not lines, lines or [f"✓ Right. {self.line}"]

    def judge_text(self, text: str) -> list[str]:
        """What to say of an answer that was typed into a box."""
        self._failed = ""
        try:
            return self.judge(parse(text, self.pool.recipe.letters))[1]
        except ValueError as error:
            return [str(error)]

    def next(self) -> "Practice":
        """Another question."""
        self._ask()
        return self

    @property
    def line(self) -> str:
        """How it goes, on one line."""
        return self.record.line(len(self.levels))

    def _ask(self) -> None:
        self.pool = self._chosen()
        self._last.append(self.pool.question)
        used = self.record.used.setdefault(self.pool.question, [])
        if not (left := {*range(len(self.pool.variants))} - {*used}):
            used.clear()
            left = {*range(len(self.pool.variants))}
        index = self.chance.choice(sorted(left))
        used.append(index)
        self.numbers, self.right = self.pool.variants[index]
        self.first, self._failed = True, ""
        self.record.asked += 1

    def _chosen(self) -> Pool:
        """What is due to come back; else of this level the question that was asked least."""
        now = self.record.asked
        due = [(when, q) for when, q in self.record.back if when <= now and q in self.pools]
        if due:
            self.record.back.remove(due[0])
            return self.pools[due[0][1]]
        here = self._fresh(self.levels[min(self.record.level, len(self.levels)) - 1])
        asked = {pool.question: len(self.record.used.get(pool.question, [])) for pool in here}
        least = min(asked.values())
        return self.chance.choice([pool for pool in here if asked[pool.question] == least])

    def _fresh(self, level: int) -> list[Pool]:
        """Those of this level that were not asked just now; where it has no other, those of an easier one."""
        fit = [pool for pool in self.pools.values() if pool.level <= level]
        for last in (self._last[-2:], self._last[-1:]):
            fit = [pool for pool in fit if pool.question not in last] or fit
        hardest = max(pool.level for pool in fit)
        return [pool for pool in fit if pool.level == hardest]

    def __repr__(self) -> str:
        return f"{self.text}\n\nAnswer with .answer(...), ask another one with .next()."

    def _ipython_display_(self) -> None:
        from utils.notebook.practice_box import show

        show(self)


def practice(topic: str, seed: int | None = None) -> Practice:
    """Questions like those of a problem, with other numbers, one after the other.

    topic  a problem ("dimensions", "p1" or "p1_dimensions"), or one question of it ("q1a_i").
    seed   for the same questions in the same order, an int; None: other ones each time.

    Raises ValueError for a topic that nobody knows.
    """
    if not isinstance(topic, str):
        raise TypeError(f'topic is {topic!r}; expected a text such as "dimensions" or "q1a_i"')
    found = {path.stem: path for path in sorted((COURSE / "notebooks").glob("*.ipynb"))}
    found |= {name: path for path in sorted(Path().glob("*.ipynb")) if (name := assignment(path))}  # a new problem's
    for name, path in found.items():
        pools = _pools(notebook_file(name) or path)
        one = [pool for pool in pools if pool.question == topic]
        if pools and (one or topic in (name, *name.split("_", 1))):
            file = Path(f".{name}.practice.json") if shell() is not None and seed is None else None
            return Practice(one or pools, file, random.Random(seed))
    known = ", ".join(repr(name.split("_", 1)[-1]) for name, path in found.items() if _pools(path)) or "none"
    raise ValueError(f"topic is {topic!r}; there is practice for {known}, and for single questions such as 'q1a_i'")


def _pools(path: Path) -> list[Pool]:
    questions = read(path).get("metadata", {}).get("lesson", {}).get("questions", {})
    return [Pool.of(name, about) for name, about in questions.items() if about.get("practice")]
