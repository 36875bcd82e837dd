"""What a master's cells become in a notebook: the first cell, marks under headings, folded code, guesses to make.

A cell of a master may carry these tags (`# %% tags=["otter_ignore", "folded"]`):

    setup          stands where students have the course's first cell, solutions/first_cell.txt
    prediction     students find `...` in the place of each value; the solution keeps the master's. The code of the cell
                   behind it is closed: who reads it reads the answer
    folded         the code is closed until somebody opens it: for long plotting
    otter_ignore   graders skip it
    given          the text may say a line that a solution says too; anywhere else the build refuses that
    screen, paper  only there; inside a text: <!--screen--> ... <!--/screen-->, <!--paper--> ... <!--/paper-->
"""

import ast
import re
from collections.abc import Iterator
from string import Template
from textwrap import wrap
from typing import Any, Literal

import nbformat
import yaml

from autograder.build import fields
from autograder.build.master import BOUNDARY, PART
from autograder.build.number_places import questions_in
from autograder.build.parts import Master, MasterCell, MasterQuestion
from autograder.build.practice import drawn
from autograder.course import Course
from autograder.pdf.editions import on_paper

Where = Literal["screen", "paper"]
FOLDED = {"jupyter": {"source_hidden": True}, "cellView": "form"}  # Jupyter and VS Code; Colab
LOCKED = {"deletable": False, "editable": False}
SUBMISSION = "## Submission\n"  # otter's words
SUBMIT = (
    "## Submit\n\nSave the notebook (Ctrl+S, on a Mac Cmd+S), then run the last cell. It checks everything once more, "
    "shows what is done and what is left, and makes the file that you hand in. You may do so as often as you like."
)
OTHERS = "numbers differ"  # beside a question, where each student has own numbers
EVERYBODYS = (
    "Some questions here ask each of you with other numbers. This copy has everybody's: if you were sent a notebook of "
    "your own, work in that one.<!--paper: Before you take your pencil, write your own numbers over these.-->"
)
LIMIT = re.compile(r"\{\{limits\.(\w+)\}\}")
GUESS_FIRST = "# Make your guess first, then run this cell."  # all that a closed cell shows of its code
WIDE = 64  # letters of a line of code that JupyterLab shows at 150 %
GIVEN = "given"
TAGS = frozenset({"setup", "prediction", "folded", "otter_ignore", "screen", "paper", GIVEN})
CHECK = re.compile(r'grader\.check\("\w+"\)')
ANEW = 'if "grader" in dir() else "Run the cells above first."'  # the kernel was started anew


def archive(course: Course) -> str:
    """The address of a zip of the course on the web; "" when it is not published."""
    repository = course.publish.repository.rstrip("/")
    made = f"{repository}/archive/refs/heads/{course.publish.branch}.zip" if repository else ""
    return course.publish.archive or made


def colab_link(course: Course, name: str) -> str:
    """A badge that opens the published notebook in Colab; "" when it is not on GitHub, where Colab looks."""
    host, _, place = course.publish.repository.rstrip("/").removesuffix(".git").partition("github.com/")
    if host != "https://" or not place:
        return ""
    to = f"https://colab.research.google.com/github/{place}/blob/{course.publish.branch}/notebooks/{name}.ipynb"
    return f"[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({to})"


def first_cell(course: Course, name: str) -> str | None:
    """The cell by which a notebook finds its course; None where the course has no such text: then otter's own."""
    text = course.solutions / "first_cell.txt"
    if not text.is_file():
        return None
    packages = " ".join(f'"{line}"' for line in _packages(course.requirements.read_text(encoding="utf-8")))
    known = {"name": name, "short": course.short, "archive": archive(course), "packages": packages}
    return Template(text.read_text(encoding="utf-8")).substitute(known).rstrip("\n")


def _packages(requirements: str) -> list[str]:
    """What a notebook needs that is open already: all but the server."""
    lines = (line.split("#")[0].strip() for line in requirements.splitlines())
    return [line for line in lines if line and not line.startswith("jupyterlab")]


def stage(
    master: Master, first: str | None, where: Where = "screen", *, own: bool = False
) -> list[nbformat.NotebookNode]:
    """The master's cells as otter is to see them. `first` takes the place of the cell tagged "setup". `own`: where a
    question has numbers of each student's own, it says so."""
    other = "paper" if where == "screen" else "screen"
    given = {"tags": ["setup"], "jupyter": FOLDED["jupyter"], **LOCKED}  # Colab would show an empty form
    found = []
    reveals = False
    for cell in master.cells:
        _check_tags(master, cell)
        if first is not None and "setup" in cell.tags:
            found.append(_node("code", first, given))
        elif other not in cell.tags:
            found.append(_node(cell.kind, _source(cell, master, where, own), _metadata(cell)))
            if cell.kind == "code" and reveals:
                found[-1].source = f"{GUESS_FIRST}\n{found[-1].source}"
                found[-1].metadata.update(FOLDED)
            reveals = "prediction" in cell.tags
    if first is not None and not any("setup" in c.tags for c in master.cells):
        found.insert(master.config_cell + 1, _node("code", first, given))
    return found


def for_edition(text: str, where: Where) -> str:
    """A text as one edition has it.

    Both come from one notebook: on the screen what is for paper is a comment, and the marks around what is for the
    screen stay, which nobody sees; on paper the comment is read, and what is between the marks is not.
    """
    if where == "paper":
        return on_paper(text)
    text = re.sub(r"<!--paper-->(.*?)<!--/paper-->", r"<!--paper:\1-->", text, flags=re.DOTALL)
    # to Markdown a line that begins with a comment is HTML: its `*stars*` would be seen, and the line end there
    text = re.sub(r"(?<=[^\n])\n(?=<!--screen-->)", " ", text)
    return re.sub(r"^<!--screen-->(?=[^\n])", "<!--screen-->\n\n", text, flags=re.MULTILINE)


def filled(text: str, master: Master, course: Course) -> str:
    """A text with the course's own numbers: `{{limits.cell}}` is what the course's file says there."""

    def number(found: re.Match[str]) -> str:
        if found[1] not in vars(course.limits):
            lines = master.path.read_text(encoding="utf-8-sig").splitlines()
            line = next((n for n, text in enumerate(lines, 1) if found[0] in text), 1)
            known = ", ".join(f"{{{{limits.{name}}}}}" for name in vars(course.limits))
            raise master.error(line, f"there is no {found[0]}; known are: {known}")
        return f"{getattr(course.limits, found[1]):g}"

    return LIMIT.sub(number, text)


def finish(
    notebook: nbformat.NotebookNode, master: Master, course: Course, said: dict[str, Any], *, student: bool
) -> None:
    """After otter: what `lesson` says for its notebook, checks that speak plainly, guesses to make."""
    notebook.metadata["lesson"] = said
    if said.get("own_numbers") and not questions_in(cell.source for cell in notebook.cells):
        first = next(cell for cell in notebook.cells if cell.cell_type == "markdown")
        first.source += f"\n\n{EVERYBODYS}"
    if link := colab_link(course, master.name):
        notebook.cells.insert(0, _node("markdown", link, {"tags": ["setup"], **LOCKED}))
    for cell in notebook.cells:
        if cell.cell_type != "code":
            if cell.source.startswith(SUBMISSION):
                cell.source = SUBMIT
            continue
        if CHECK.fullmatch(cell.source):
            cell.source = f"{cell.source} {ANEW}"
        if "prediction" in cell.metadata.get("tags", []):
            for lock in LOCKED:
                cell.metadata.pop(lock, None)
            if student:
                cell.source = unguessed(cell.source)


def lesson(master: Master, course: Course) -> dict[str, Any]:
    """What the notebook shows beside otter's results: read by the course's library, in the student's Python."""
    questions = {
        q.name: {
            "part": q.part or "",
            "title": q.title,
            "path": q.own.path,
            "points": q.worth,
            "public": public_points(q),
            "hidden": any(t.hidden for t in q.tests),
            "manual": q.manual,
            "explain": q.own.explain,
            "also": q.own.also,
            "grid": q.own.grid,
            **drawn(q, master, course),
        }
        for q in master.questions
    }
    return {
        "title": master.title,
        "hand_in": course.grading.hand_in,
        "points_shown": course.grading.points_shown,
        "questions": questions,
        **({"own_numbers": True} if course.per_student and any(q.own.numbers for q in master.questions) else {}),
        "guesses": guesses(master),
    }


def public_points(question: MasterQuestion) -> float:
    """The points of those tests of a question that its notebook can run."""
    if question.manual or not question.tests:
        return 0.0
    weights = [t.points for t in question.tests]
    if isinstance(question.points, list):
        weights = list(question.points)
    elif not any(weights):
        weights = [1.0] * len(weights)
    shares = [w or 0.0 for w in weights]
    return question.worth * sum(s for s, t in zip(shares, question.tests, strict=True) if not t.hidden) / sum(shares)


def guesses(master: Master) -> list[str]:
    """The names in cells tagged "prediction", in order. Raises MasterError for a cell that is more than guesses."""
    found: list[str] = []
    for cell in master.cells:
        if "prediction" not in cell.tags:
            continue
        for line, name in _assigned(master, cell):
            if name in found:
                raise master.error(line, f"a second guess is called {name}: one may be taken for the other")
            found.append(name)
    return found


def _assigned(master: Master, cell: MasterCell) -> Iterator[tuple[int, str]]:
    for node in ast.parse(cell.source).body:
        line = cell.line + node.lineno - 1
        if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name) or len(node.targets) > 1:
            raise master.error(line, "a cell tagged prediction holds lines such as `guess_size = 3` only")
        yield line, node.targets[0].id


def unguessed(source: str) -> str:
    """A cell of guesses with `...` in the place of each value; a long remark stands above its line, where all of it is
    seen on a small screen."""
    lines = source.split("\n")
    for node in reversed(ast.parse(source).body):
        assert isinstance(node, ast.Assign) and node.end_lineno and node.value.end_col_offset is not None
        first, last = node.value.lineno - 1, node.end_lineno - 1
        rest = lines[last].encode()[node.value.end_col_offset :].decode()
        line = lines[first].encode()[: node.value.col_offset].decode() + "..." + rest
        code, _, remark = line.partition("  # ")
        whole = re.sub('"[^"]*"', lambda text: text[0].replace(" ", "\0"), remark)  # what is to be copied, in one line
        parts = wrap(whole, WIDE - 2, break_on_hyphens=False) if len(line) > WIDE else []
        above = [f"# {part}".replace("\0", " ") for part in parts]
        lines[first : last + 1] = [*above, code] if above else [line]
    return "\n".join(lines)


def _check_tags(master: Master, cell: MasterCell) -> None:
    for tag in cell.tags:
        if tag not in TAGS:
            raise master.error(cell.line - 1, f"there is no tag {tag!r}; known are: {', '.join(sorted(TAGS))}")


def _metadata(cell: MasterCell) -> dict[str, Any]:
    tags = [tag for tag in cell.tags if tag != GIVEN]
    rest = {key: value for key, value in cell.metadata.items() if key != "tags"}
    return {**rest, **({"tags": tags} if tags else {}), **(FOLDED if "folded" in cell.tags else {})}


def _source(cell: MasterCell, master: Master, where: Where, own: bool) -> str:
    if cell.kind == "markdown":
        text = for_edition(cell.source, where)
        question = next((q for q in master.questions if q.heading is cell), None)
        heading = PART.search(text) if question and question.own.marks else None
        if question and heading:
            marks = question.own.marks
            if own and question.own.numbers:
                marks = f"*{' · '.join(filter(None, (marks.strip('*'), OTHERS)))}*"
            above, below = text[: heading.end()].rstrip(), text[heading.end() :].lstrip("\n")
            text = "\n\n".join(part for part in (above, marks, below) if part)
        return text
    mark = BOUNDARY.match(cell.lines[0].rstrip()) if cell.kind == "raw" else None
    if mark and (mark[1].upper(), mark[2].upper()) == ("BEGIN", "QUESTION"):
        return f"{cell.lines[0]}\n{yaml.safe_dump(fields.otters(yaml.safe_load(cell.source)), sort_keys=False)}"
    return cell.source


def _node(kind: str, source: str, metadata: dict[str, Any]) -> nbformat.NotebookNode:
    """A cell of nbformat 4.4: no id, so the same text gives the same bytes."""
    new = {
        "raw": nbformat.v4.new_raw_cell,
        "markdown": nbformat.v4.new_markdown_cell,
        "code": nbformat.v4.new_code_cell,
    }
    node = new[kind](source, metadata=nbformat.from_dict(metadata))
    del node["id"]
    return node
