"""The last cell: what is done, what is left, and a zip file to hand in."""

import contextlib
import html
import io
import re
import warnings
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from utils.notebook import colab
from utils.notebook.files import COURSE, read
from utils.notebook.lesson import Lesson, LessonQuestion
from utils.notebook.words import Stop, card, shell

PLACEHOLDER = re.compile(r"_?Type your answer here,? replacing this text\.?_?", re.I)
UNANSWERED = re.compile(r"\[mistake: (unanswered|none)\]")  # `...`, or a function that returns nothing
END = re.compile(r"<!--\s*END QUESTION\s*-->")
CELL = 'style="text-align:left;padding:.15em .8em .15em 0"'
MARKS = {"right": "✓", "not yet": "✗", "open": "·", "written": "✓"}


def hand_in(
    grader: Any, otters_export: Callable[..., Any], lesson: Lesson, names: dict[str, Any], *, run_tests: bool
) -> None:
    """Check everything once more, show one table, write the zip. otter's own words are folded away."""
    from otter import Notebook

    if Notebook._grading_mode:
        return
    file = Path(f"{lesson.name}.ipynb") if colab.running() else Path(grader._resolve_nb_path(None))
    if colab.running():
        colab.save(file, read(COURSE / "notebooks" / file).get("metadata", {}))
    notebook = read(file)
    if not notebook:
        raise Stop("The notebook's file is empty. Save the notebook (Ctrl+S), then run this cell again.")
    states = states_of(grader, lesson, names, notebook)
    with_words = io.StringIO()
    with contextlib.redirect_stdout(with_words), warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        made = _zip(file) if colab.running() else _otters_zip(otters_export, file, run_tests)
    said = "\n".join([with_words.getvalue(), *(str(w.message) for w in warned)]).strip()
    body = table(lesson, states) + left(lesson, states, names) + differing(lesson, unlike(notebook, states))
    body += delivered(lesson, made) + folded(said)
    card("Hand in", body, f"Hand in {made.name}.")
    if colab.running():
        colab.download(made)


def states_of(grader: Any, lesson: Lesson, names: dict[str, Any], notebook: dict[str, Any]) -> dict[str, str]:
    """Each question: "right", "not yet", "open", or "written"."""
    answers = written(notebook)
    found = {}
    for question in lesson.questions.values():
        if question.manual:
            found[question.name] = "written" if answers.get(question.part) else "open"
            continue
        with contextlib.redirect_stdout(io.StringIO()):
            result = grader.check(question.name, names)
        unanswered = all(UNANSWERED.search(r.message or "") for r in result.test_case_results)
        found[question.name] = "right" if result.passed_all else "open" if unanswered else "not yet"
    return found


def written(notebook: dict[str, Any]) -> dict[str, str]:
    """The answers in words, by the part that stands in the heading: "1.f.iii"."""
    found: dict[str, str] = {}
    part = None
    for cell in notebook.get("cells", []):
        source = source_of(cell)
        if END.search(source):
            part = None
        if "BEGIN QUESTION" in source and (heading := re.search(r"^#+\s*([\w.]+)\s+·", source, re.MULTILINE)):
            part = heading[1]
        elif part is not None and cell.get("cell_type") == "markdown":
            found[part] = (found.get(part, "") + PLACEHOLDER.sub("", source)).strip()
    return found


def source_of(cell: dict[str, Any]) -> str:
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(source)


def unlike(notebook: dict[str, Any], states: dict[str, str]) -> list[str]:
    """Questions whose answer in the saved file is not what was run here, so that something else is handed in."""
    ran = {source.rstrip() for source in getattr(shell(), "user_ns", {}).get("In", [])}
    found: list[str] = []
    differs = False
    for cell in notebook.get("cells", []):
        source = source_of(cell)
        if "otter_answer_cell" in cell.get("metadata", {}).get("tags", []) and cell.get("cell_type") == "code":
            differs = differs or source.rstrip() not in ran
        elif check := re.match(r'grader\.check\("(\w+)"\)', source):
            if differs and states.get(check[1], "open") != "open":
                found.append(check[1])
            differs = False
    return found


def differing(lesson: Lesson, questions: list[str]) -> str:
    if not questions:
        return ""
    parts = html.escape(", ".join(lesson.questions[q].part or q for q in questions))
    return (
        f"<p><strong>Not saved?</strong> The file holds other code than you ran here in {parts}. Run these cells, "
        "save (Ctrl+S), then run this cell again.</p>"
    )


def table(lesson: Lesson, states: dict[str, str]) -> str:
    rows = []
    for q in lesson.questions.values():
        state = states[q.name]
        points = f"<td {CELL}>{_points(q, state)}</td>" if lesson.points_shown else ""
        rows.append(
            f"<tr><td {CELL}>{html.escape(q.part)} {html.escape(q.title)}</td><td {CELL}>{q.path}</td>"
            f"<td {CELL}>{MARKS[state]} {state}</td>{points}</tr>"
        )
    head = ["question", "path", "state", *(["points"] if lesson.points_shown else [])]
    cells = "".join(f'<th scope="col" {CELL}>{name}</th>' for name in head)
    return (
        f'<table style="border-collapse:collapse"><thead><tr>{cells}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
    )


def _points(question: LessonQuestion, state: str) -> str:
    if question.manual:
        return f"{question.points:g}, by a person"
    more = f", {question.points - question.public:g} more at grading" if question.hidden else ""
    return f"{question.public if state == 'right' else 0:g} of {question.public:g}{more}"


def left(lesson: Lesson, states: dict[str, str], names: dict[str, Any]) -> str:
    """Where you are in one line, and what is still to do."""
    parts = [lesson.standing()]
    manual = [q for q in lesson.questions.values() if q.manual]
    if manual:
        parts.append(f"{sum(states[q.name] == 'written' for q in manual)} of {len(manual)} answers in words")
    if lesson.guesses:
        made = sum(names.get(guess, ...) not in (..., None) for guess in lesson.guesses)
        parts.append(f"{made} of {len(lesson.guesses)} guesses made")
    open_ones = [q for q in lesson.questions.values() if states[q.name] in ("open", "not yet")]
    todo = ", ".join(q.part or q.name for q in open_ones)
    rest = f"<p>Left: {html.escape(todo)}. You can hand in now and again later.</p>" if todo else ""
    return f"<p><strong>{html.escape(' · '.join(p for p in parts if p))}</strong></p>{rest}"


def delivered(lesson: Lesson, made: Path) -> str:
    name = html.escape(made.name)
    where = f" {html.escape(lesson.hand_in)}" if lesson.hand_in else ""
    link = name if colab.running() else f'<a href="{name}" download="{name}" target="_blank">{name}</a>'
    return f"<p>Hand in this file: {link}.{where}</p>"


def folded(said: str) -> str:
    if not said:
        return ""
    return (
        "<details><summary>What the saved notebook's own run says</summary>"
        f'<pre style="white-space:pre-wrap">{html.escape(said)}</pre></details>'
    )


def _otters_zip(export: Callable[..., Any], file: Path, run_tests: bool) -> Path:
    before = set(Path().glob("*.zip"))
    export(nb_path=str(file), pdf=False, run_tests=run_tests, display_link=False)
    return max(set(Path().glob("*.zip")) - before, key=lambda path: path.stat().st_mtime)


def _zip(file: Path) -> Path:
    """What otter's export writes, where otter does not: in Colab."""
    made = Path(f"{file.stem}_{datetime.now():%Y_%m_%dT%H_%M_%S_%f}.zip")
    with zipfile.ZipFile(made, "w") as bundle:
        bundle.write(file)
        bundle.writestr("__zip_filename__", made.name)
    return made
