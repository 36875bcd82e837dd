"""A question with other numbers, for practice and for quizzes: drawn when the course is built, by its own checker.

A master says below `vary:` what may be drawn; the checker's module `variants` explains the keys, draws, and keeps only
numbers on which every known mistake gives an answer of its own.
"""

import importlib
import json
from typing import Any

from autograder.build.info import MasterError
from autograder.build.master import Master, MasterQuestion
from autograder.course import Course

ENOUGH = 200  # variants of each question


def variants(question: MasterQuestion, master: Master, course: Course, count: int, seed: int | str) -> list[Any]:
    """`count` variants of a question, each once. Raises MasterError where its recipe is wrong or gives too few."""
    if not course.library.checker:
        raise MasterError(master.path, question.line, "`vary` needs a checker; course.toml names none")
    tools = importlib.import_module(f"{course.library.checker}.variants")
    try:
        return tools.pool(tools.Recipe.of(question.own.vary), count, seed)
    except tools.RecipeError as error:
        raise MasterError(master.path, question.line, f"{question.name}: {error}") from None


def drawn(question: MasterQuestion, master: Master, course: Course) -> dict[str, Any]:
    """What a notebook keeps for practice: the recipe, and the numbers with their right answers, on one line."""
    if not question.own.vary:
        return {}
    found = variants(question, master, course, ENOUGH, question.name)
    numbers = json.dumps(
        [[[v.numbers[name] for name in sorted(v.numbers)], v.right] for v in found], separators=(",", ":")
    )
    return {"practice": {"level": question.own.difficulty or 1, "recipe": question.own.vary, "variants": numbers}}
