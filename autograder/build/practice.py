"""A question with other numbers, for practice and for quizzes: drawn when the course is built, by its own checker.

A master says below `vary:` what may be drawn. The checker's module `recipe` explains the keys; its `variants` draws,
and keeps only numbers on which every known mistake gives an answer of its own. That takes a second or two for a
question, so what was drawn is kept in dist/practice until its recipe or the checker changes.
"""

import importlib
import json
from collections.abc import Iterable
from typing import Any

from autograder.build.info import Problem
from autograder.build.parts import Master, MasterQuestion
from autograder.course import Course
from autograder.words import counted

ENOUGH = 200  # variants of each question


def variants(question: MasterQuestion, master: Master, course: Course, count: int, seed: int | str) -> list[Any]:
    """`count` variants of a question, each once. Raises MasterError where its recipe is wrong or gives too few."""
    tools = _tools(question, master, course)
    try:
        return tools.pool(tools.Recipe.of(question.own.vary), count, seed)
    except tools.RecipeError as error:
        raise master.error(question.line, f"{question.name}: {error}") from None


def drawn(question: MasterQuestion, master: Master, course: Course) -> dict[str, Any]:
    """What a notebook keeps for practice: the recipe, and the numbers with their right answers, on one line."""
    if not question.own.vary:
        return {}
    numbers = _kept(question, master, course)
    return {"practice": {"level": question.own.difficulty or 1, "recipe": question.own.vary, "variants": numbers}}


def numbers(question: MasterQuestion, master: Master, course: Course) -> list[dict[str, Any]]:
    """The sets of numbers that were drawn for practice."""
    names = sorted(question.own.vary["draw"])
    return [dict(zip(names, said, strict=True)) for said, _ in json.loads(_kept(question, master, course))]


def _kept(question: MasterQuestion, master: Master, course: Course) -> str:
    """What was drawn, on one line; drawn anew where recipe or checker changed."""
    key = f"{ENOUGH} {_tools(question, master, course).fingerprint(question.own.vary)}"
    kept = course.dist / "practice" / f"{master.name}-{question.name}.txt"
    said, _, numbers = kept.read_text(encoding="utf-8").partition("\n") if kept.is_file() else ("", "", "")
    if said != key:
        numbers = _drawn_anew(question, master, course)
        kept.parent.mkdir(parents=True, exist_ok=True)
        new = kept.with_suffix(".new")
        new.write_text(f"{key}\n{numbers}", encoding="utf-8")
        new.replace(kept)  # whole or not at all: a build may be stopped
    return numbers


def told(problems: Iterable[Problem]) -> str:
    """What the build prints: how much there is to practise, and which questions are left out, with the reason."""
    questions = [q for problem in problems for q in problem.questions]
    varied = [q for q in questions if q.own.vary]
    lines = [f"to practise: {counted(len(varied), 'question')}, each with {ENOUGH} sets of numbers"] if varied else []
    return "\n".join(lines + [f"  not {q.name}: {q.own.unvaried}" for q in questions if q.own.unvaried])


def _drawn_anew(question: MasterQuestion, master: Master, course: Course) -> str:
    found = variants(question, master, course, ENOUGH, question.name)
    numbers = [[[v.numbers[name] for name in sorted(v.numbers)], v.right] for v in found]
    return json.dumps(numbers, separators=(",", ":"))


def _tools(question: MasterQuestion, master: Master, course: Course) -> Any:
    if not course.library.checker:
        raise master.error(question.line, "`vary` needs a checker; course.toml names none")
    return importlib.import_module(f"{course.library.checker}.variants")
