"""The sheets, one for each version, and the key to all of them: HTML, printed like everything else."""

import json
from collections.abc import Sequence
from html import escape
from typing import Any

from autograder.pdf.document import Part, headed
from autograder.pdf.formulas import Formulas
from autograder.pdf.markdown import render
from autograder.words import counted

from .versions import Item, Version, Wrong
from .written import in_letters, on_paper

LINE = 30.3  # CSS pixels of a line to write on
LEAST, MOST, CHOSEN = 3, 5, 2  # lines of a question: one for each minute, and one; of one with choices
COLUMNS = 4  # of a table with all right answers


def sheet(title: str, note: str, version: Version) -> Part:
    """What a student gets. Nothing of an answer is in it, unless there are choices. `note`: what holds for all."""
    formulas = Formulas()
    minutes = sum(item.question.own.minutes for item in version.items)
    points = sum(item.points for item in version.items)
    told = [counted(len(version.items), "question")]
    told += [f"about {minutes:g} minutes"] if minutes else []
    told += [counted(points, "point")]
    chosen = " Circle one letter for each question." if any(item.choices for item in version.items) else ""
    pieces = [
        f"<h1>{escape(title)} · version {version.letter}</h1>",
        f"<p>{', '.join(told)}. {escape(note)}{chosen}</p>",
        *(_asked(item, formulas) for item in version.items),
    ]
    return Part(title, "worksheet", "\n".join(pieces), formulas, kind=f"Version {version.letter}")


def _asked(item: Item, formulas: Formulas) -> str:
    heading = headed([counted(item.points, "point")], f"Question {item.number}", 2)
    lines = CHOSEN if item.choices else min(MOST, max(LEAST, item.question.own.minutes + 1))
    space = f'<div class="room" data-height="{lines * LINE:g}"></div>'
    is_matrix = isinstance(item.right, list) and any(isinstance(row, list) for row in item.right)
    kind, rows = "blank" if is_matrix else "fill-in", escape(json.dumps([[""]]))
    long = ' data-long="yes"' if in_letters(item.right) else ""
    blank = f'<div class="{kind}" data-name="answer" data-rows="{rows}" data-remark=""{long}></div>'
    inside = space + blank
    if item.choices:
        offered = "".join(f"<div>{_set(on_paper(value), item, formulas)}</div>" for value in item.choices)
        inside = f'<div class="choices">{offered}</div>{space}'
    return f'{heading}<div class="question">{_set(item.text, item, formulas)}</div><div class="answer">{inside}</div>'


def key(title: str, versions: Sequence[Version]) -> Part:
    """For whoever marks: all right answers at a glance, then for each version the wrong ones and their reasons."""
    formulas = Formulas()
    pieces = [f"<h1>{escape(title)} · key</h1>", f"<p>{_opening(versions[0])}</p>"]
    count = len(versions[0].items)
    for start in range(0, count, COLUMNS):
        pieces.append(_glance(versions, slice(start, start + COLUMNS), formulas))
    for version in versions:
        solved = "\n".join(_solved(item, formulas) for item in version.items)
        pieces.append(f'<div class="version"><h2>Version {version.letter}</h2>{solved}</div>')
    return Part(f"{title} · key", "plan", "\n".join(pieces), formulas, kind="Key")


def _opening(version: Version) -> str:
    if any(item.choices for item in version.items):
        return "The right letters first. Then, for each version, the mistake behind every other letter."
    return (
        "The right answers first. Then, for each version, the wrong answers that known mistakes lead to. In one "
        "question no two mistakes have the same answer: what you find in the table has one reason. What is not there "
        "is another mistake, or a slip."
    )


def _glance(versions: Sequence[Version], part: slice, formulas: Formulas) -> str:
    heads = "".join(f"<th>{item.number} · {escape(_name(item))}</th>" for item in versions[0].items[part])
    rows = "".join(
        f"<tr><td><b>{version.letter}</b></td>"
        + "".join(f"<td>{_right(item, formulas)}</td>" for item in version.items[part])
        + "</tr>"
        for version in versions
    )
    return f"<table><thead><tr><th>version</th>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _name(item: Item) -> str:
    return item.question.part or item.question.name


def _right(item: Item, formulas: Formulas) -> str:
    letter = f"<b>{item.letter}</b>\u00a0· " if item.choices else ""
    return letter + _answer(item.right, item, formulas)


def _solved(item: Item, formulas: Formulas) -> str:
    heading = f"{item.number} · {_name(item)} · {item.question.title}"
    if item.choices:
        heads = "<th>letter</th><th>answer</th><th>because</th>"
        rows = "".join(
            f"<tr><td><b>{letter}</b></td><td>{_answer(value, item, formulas)}</td>"
            f"<td>{_because(wrong, item, formulas) if wrong else '<b>right</b>'}</td></tr>"
            for (letter, wrong), value in zip(item.offered.items(), item.choices, strict=True)
        )
    else:
        heads = "<th>you will see</th><th>because</th>"
        rows = "".join(
            f"<tr><td>{', '.join(_answer(value, item, formulas) for value in (wrong.value, *wrong.also))}</td>"
            f"<td>{_because(wrong, item, formulas)}</td></tr>"
            for wrong in item.wrong
        )
    look = "wide" if item.choices else "seen"
    table = f'<table class="{look}"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>' if rows else ""
    right = f"<p><b>Right:</b> {_right(item, formulas)}</p>"
    asked = f'<div class="question">{_set(item.text, item, formulas)}{right}</div>'
    return headed([counted(item.points, "point")], escape(heading)) + asked + table


def _because(wrong: Wrong, item: Item, formulas: Formulas) -> str:
    return f"<code>{escape(wrong.mistake)}</code> {_in_line(wrong.says, item, formulas)}"


def _answer(value: Any, item: Item, formulas: Formulas) -> str:
    return _in_line(on_paper(value), item, formulas)


def _in_line(text: str, item: Item, formulas: Formulas) -> str:
    """Markdown without a paragraph of its own."""
    return _set(text, item, formulas).removeprefix("<p>").removesuffix("</p>")


def _set(text: str, item: Item, formulas: Formulas) -> str:
    return render(text, formulas, f"{item.question.name}, version {item.version}", hints=False)
