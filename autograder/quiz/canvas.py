"""QTI 1.2, as Canvas takes it, by text2qti: each question is a group, from which a student gets one version."""

import re
from collections.abc import Sequence

from autograder.errors import CommandError

from .learning import MARGIN, asked
from .versions import Item, Version
from .written import is_number, on_paper, spellings

SMALLEST = 0.0001  # a number of less than this is no number in a numerical question of Canvas


def quiz_zip(title: str, note: str, versions: Sequence[Version]) -> bytes:
    """The file to import: a zip with a manifest. Raises CommandError with what the library says.

    `note`: what holds for all questions, told before the first.
    """
    from text2qti.config import Config
    from text2qti.err import Text2qtiError
    from text2qti.qti import QTI
    from text2qti.quiz import Quiz

    try:
        quiz = Quiz(quiz_text(title, note, versions), config=Config())
        quiz.points_possible = sum(item.points for item in versions[0].items)  # text2qti adds all versions up
        return QTI(quiz).zip_bytes()
    except Text2qtiError as error:
        raise CommandError(f"The quiz could not be written for Canvas: {' '.join(str(error).split())}") from None


def quiz_text(title: str, note: str, versions: Sequence[Version]) -> str:
    """The quiz in text2qti's language: https://github.com/gpoore/text2qti"""
    lines = [f"Quiz title: {_line(title)}"]
    lines += [f"Quiz description: {_line(note)}"] if note else []
    lines += ["shuffle answers: true", ""]
    for items in zip(*(version.items for version in versions), strict=True):
        lines += ["GROUP", "pick: 1", f"points per question: {items[0].points}", ""]
        for item in items:
            lines += [*_question(item), ""]
        lines += ["END_GROUP", ""]
    return "\n".join(lines)


def _question(item: Item) -> list[str]:
    lines = [
        f"Title: {_line(item.question.title or item.question.name)} · {item.version}",
        _block(f"{item.number}.", asked(item)),
    ]
    if item.choices or isinstance(item.right, bool):
        choices = item.choices or (True, False)
        offered = item.offered or {"A": None, "B": None}
        for (letter, wrong), value in zip(offered.items(), choices, strict=True):
            mark = "*" if value == item.right else ""
            lines.append(_block(f"{mark}{letter.lower()})", on_paper(value)))
            lines += [_block("...", f"{wrong.says} {wrong.asks}")] if wrong else []
    elif is_number(item.right) and abs(item.right) >= SMALLEST:
        whole = isinstance(item.right, int)
        lines.append(f"=   {item.right}" if whole else f"=   {item.right!r} +- {MARGIN}")
    else:
        lines += [f"*   {spelling}" for spelling in spellings(item.right)]
    return lines


def _block(mark: str, text: str) -> str:
    """Markdown behind its mark: further lines are indented."""
    return f"{mark:<4} " + re.sub(r"\n[ \t]*", "\n     ", text.strip())


def _line(text: str) -> str:
    return " ".join(text.split())
