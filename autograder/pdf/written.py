"""Answers in words on paper: of each student only what a person marks, in one PDF for the class.

Beside each answer stand the question, a model answer, the rubric, and the points to circle. With `fixed` pages, each
question begins on the same page of everybody's part, and all parts are equally long, as Gradescope wants scans.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from autograder.build.info import QuestionInfo
from autograder.course import Course
from autograder.errors import CommandError
from autograder.grade.intake.notebook import Unreadable, source_of
from autograder.grade.intake.notebook import parse as parse_notebook
from autograder.grade.intake.readers import Reader, ReaderLost, ReaderPool
from autograder.grade.intake.submission import Submission
from autograder.grade.intake.written import BlankNotebook, Text, answers
from autograder.grade.reports.catalog import load_catalog
from autograder.progress import track
from autograder.words import counted

from . import writer
from .document import PASTED, headed
from .editions import on_paper
from .formulas import Formulas, settle
from .limited import packed
from .markdown import render
from .press import Press
from .printer import Printed, Printer

NAME, KIND = "written.pdf", "Answers in words"
HALVES_UP_TO = 4  # points; more are given whole
NOT_HANDED_IN, NOTHING = "(not handed in)", "(nothing written)"
HEADING = re.compile(r"<(/?)h[1-6]>")  # a student's own is no bookmark
Key = tuple[str, str]  # a problem, and what its question is called


@dataclass(frozen=True)
class WrittenQuestion:
    """A question in words of one problem."""

    problem: str
    asked: QuestionInfo

    @property
    def key(self) -> Key:
        return self.problem, self.asked.key


@dataclass(frozen=True)
class WrittenAnswer:
    """What a student wrote, and the pictures that were pasted there: by address, data of a kind."""

    text: str
    pictures: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Script:
    """One student's part, ready for the press: the code of each question, in order."""

    student: str
    questions: Mapping[Key, str]


def questions_of(course: Course, problems: Iterable[str]) -> list[WrittenQuestion]:
    """The questions in words of these problems, in the course's order."""
    catalog = load_catalog(course.dist / "build")
    return [WrittenQuestion(name, q) for name in sorted(problems, key=course.order) for q in catalog.in_words(name)]


def print_class(
    printer: Printer, children: ReaderPool, submissions: Sequence[Submission], fixed: bool = False
) -> tuple[Printed, list[str]]:
    """The PDF, and a sentence on each submission that could not be read. Raises CommandError when there is nothing."""
    course = printer.course
    problems = {s.assignment for s in submissions}
    wanted = {q.problem for q in questions_of(course, problems)}
    if not wanted:
        raise CommandError("No submission here is for a problem with questions in words. Run `make build` first.")
    scripts, faults = [], []
    handed_in: dict[str, list[Submission]] = {}
    for one in submissions:
        if one.assignment in wanted:
            handed_in.setdefault(one.student, []).append(one)
        elif one.problem:
            faults.append(f"{one.source}: not printed: {one.problem}")

    def ask(child: Reader, student: str) -> tuple[Script | None, list[str]]:
        theirs = handed_in[student]
        asked = sorted(wanted if fixed else {s.assignment for s in theirs})
        try:
            answer, next_bytes = child.ask(
                "script", student=student, submissions=[packed(s) for s in theirs], problems=asked
            )
        except ReaderLost as lost:
            return None, [f"{s.source}: not printed: {lost}" for s in theirs]
        for name in answer["pictures"]:
            (printer.press.work / Path(name).name).write_bytes(next_bytes())
        code = {(problem, key): text for problem, key, text in answer["code"]}
        return Script(student, code) if answer["read"] else None, answer["faults"]

    for script, said in track(children.map(ask, sorted(handed_in)), "reading", len(handed_in)):
        scripts += [script] if script else []
        faults += said
    if not scripts:
        raise CommandError("\n".join(faults) or "There are no answers to print.")
    return printer.write(laid_out(printer, scripts, fixed), NAME), faults


def read(submission: Submission, blank: BlankNotebook | None) -> dict[str, WrittenAnswer]:
    """The answers in a notebook's bytes, by question. Raises Unreadable."""
    if submission.problem:
        raise Unreadable(submission.problem)
    texts, pictures = [], {}
    for number, cell in enumerate(parse_notebook(submission.data)["cells"]):
        if not isinstance(cell, dict) or cell.get("cell_type") not in ("markdown", "raw", "code"):
            continue
        source = source_of(cell)
        for name, address in pasted(cell.get("attachments")):
            mark = f"attachment:{number}/{name}"  # Jupyter calls the first picture of every cell image.png
            source, pictures[mark] = source.replace(f"attachment:{name}", mark), address
        texts.append(Text(source, cell["cell_type"] == "code"))
    return {key: WrittenAnswer(text, pictures) for key, text in answers(texts, blank).items()}


def pasted(attachments: Any) -> Iterable[tuple[str, str]]:
    """Names and data addresses of the pictures in a cell."""
    for name, kinds in attachments.items() if isinstance(attachments, dict) else ():
        for kind, data in kinds.items() if isinstance(kinds, dict) else ():
            if kind in PASTED and isinstance(data, str):
                yield str(name), f"data:{kind};base64,{''.join(data.split())}"


def script(
    student: str,
    questions: Iterable[WrittenQuestion],
    found: Mapping[Key, WrittenAnswer],
    press: Press,
    typed: bool = False,
) -> Script:
    """One student's part: what a stranger wrote becomes Typst code here, and nowhere else. `typed`: no Markdown."""
    formulas = Formulas()
    html = {q.key: one(q, found.get(q.key), formulas, typed) for q in questions}
    settled = settle(formulas.all, press.faults, lenient=True)
    made = writer.Writer(settled, "written", press.work, level=1)
    return Script(student, {key: made.write(h) for key, h in html.items()})


def one(question: WrittenQuestion, answer: WrittenAnswer | None, formulas: Formulas, typed: bool) -> str:
    """A question with its answer as HTML."""
    asked = question.asked
    text = answer.text if answer else ""
    pictures = answer.pictures if answer else {}
    if not text:
        written = f'<p class="nothing">{NOTHING if answer else NOT_HANDED_IN}</p>'
    elif typed:
        written = f"<pre>{escape(text)}</pre>"
    else:
        html = render(text, formulas, "answer", hints=True, picture=lambda address: pictures.get(address, ""))
        written = HEADING.sub(r"<\1strong>", html)
    model = [("Model answer", asked.answer), ("Rubric", asked.rubric)]
    where = f"{question.problem}, {asked.key}"
    told = on_paper(re.sub(r"^#+ .*\n", "", asked.text)).strip()
    pieces = [
        headed([counted(asked.points, "point")], escape(asked.label)),
        labelled("Asked", render(told, formulas, where, hints=False), small=True) if told else "",
        labelled("Answer", written),
        *(labelled(name, render(text, formulas, where, hints=True), small=True) for name, text in model if text),
        f'<div class="marking" data-points="{escape(json.dumps(possible(asked.points)))}"></div>',
    ]
    return "\n".join(pieces)


def labelled(label: str, inside: str, small: bool = False) -> str:
    return f'<div class="labelled" data-label="{label}" data-small="{str(small).lower()}">{inside}</div>'


def possible(points: float) -> list[str]:
    """The points that may be given, to circle one: 0, ½, 1, …"""
    steps = int(points * 2) if points <= HALVES_UP_TO else int(points)
    step = 0.5 if points <= HALVES_UP_TO else 1.0
    values = [step * number for number in range(steps + 1)]
    return [f"{int(v) or ('0' if v == 0 else '')}{'½' if v % 1 else ''}" for v in values]


def laid_out(printer: Printer, scripts: Sequence[Script], fixed: bool) -> Any:
    """All parts as one document; with `fixed` pages, laid out once to see how many pages each question takes."""
    title = f"{printer.course.title} · {KIND}"
    if not fixed:
        return printer.press.print(source(printer, title, scripts), title, lenient=True)
    first = printer.press.print(source(printer, title, scripts, apart=True), title, lenient=True)
    if len(scripts) == 1:
        return first
    taken = [end - begin + 1 for begin, end in zip(*map(printer.press.query, ("begins", "ends")), strict=True)]
    keys = [key for one in scripts for key in one.questions]
    most = {key: max(n for k, n in zip(keys, taken, strict=True) if k == key) for key in keys}
    missing = [most[key] - n for key, n in zip(keys, taken, strict=True)]
    return printer.press.print(source(printer, title, scripts, apart=True, missing=missing), title, lenient=True)


def source(
    printer: Printer, title: str, scripts: Iterable[Script], apart: bool = False, missing: Sequence[int] = ()
) -> str:
    """The document. `apart`: each question begins a page; `missing`: empty pages that come after each question."""
    lines, at = [writer.head(title)], 0
    for each in scripts:
        body = [f"masthead({writer.row(printer.masthead)}, {writer.string(KIND)}, ())"]
        body.append(f"heading(level: 1, {writer.string(each.student)})")
        for number, code in enumerate(each.questions.values()):
            body.append("pagebreak()" if apart and number else "")
            body.append(f"here-at(<begins>)\n{code}\nhere-at(<ends>)")
            body.append(f"empty-pages({missing[at]})" if missing else "")
            at += 1
        lines.append(
            writer.sheet(each.student, KIND, printer.masthead, printer.stamp(""), printer.paper, "\n".join(body))
        )
    return "\n".join(lines)
