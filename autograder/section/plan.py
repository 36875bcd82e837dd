"""The plan for whoever teaches: the clock, and for each question what to draw, what goes wrong, what to ask."""

from dataclasses import dataclass
from html import escape
from typing import Any

from autograder.pdf.document import Part, code, headed
from autograder.pdf.formulas import Formulas
from autograder.pdf.markdown import render
from autograder.pdf.notebook import PrintedCell

from .select import Chosen
from .wrong import wrong_answers

MOST_WRONG = 3  # wrong answers told for one question


@dataclass(frozen=True)
class Slot:
    """A question with its place on the clock, in minutes from the start."""

    chosen: Chosen
    start: float

    @property
    def end(self) -> float:
        return self.start + self.chosen.minutes


def timetable(chosen: list[Chosen]) -> list[Slot]:
    slots, clock = [], 0.0
    for one in chosen:
        slots.append(Slot(one, clock))
        clock += one.minutes
    return slots


def to_leave_out(slots: list[Slot], minutes: float) -> list[Slot]:
    """What to drop when time runs short, the first to go first.

    What is off the core path goes first, then what teaches a part that another question teaches too, then the end.
    """
    taught = [p for slot in slots for p in slot.chosen.question.own.worksheet]

    def spare(slot: Slot) -> tuple[bool, bool, float]:
        parts = slot.chosen.question.own.worksheet
        twice = bool(parts) and all(taught.count(p) > 1 for p in parts)
        return slot.chosen.question.own.path != "more", not twice, -slot.start

    over = max(slots[-1].end - minutes, 0.0)
    dropped: list[Slot] = []
    for slot in sorted(slots[1:], key=spare):
        if len(dropped) >= 3 and sum(d.chosen.minutes for d in dropped) >= over:
            break
        dropped.append(slot)
    return dropped


def plan(chosen: list[Chosen], title: str, minutes: float) -> Part:
    """The plan as HTML, its formulas still to be set."""
    formulas = Formulas()
    slots = timetable(chosen)
    drawn: set[int] = set()
    pieces = [f"<h1>{escape(title)} · plan</h1>", *_overview(slots, minutes)]
    for slot in slots:
        pieces += _question(slot, formulas, drawn)
    return Part(f"{title} · plan", "plan", "\n".join(pieces), formulas)


def _overview(slots: list[Slot], minutes: float) -> list[str]:
    rows = [
        f"<tr><td>{slot.start:g}–{slot.end:g}</td><td>{escape(slot.chosen.heading)}</td>"
        f"<td>{escape(', '.join(slot.chosen.question.own.worksheet))}</td></tr>"
        for slot in slots
    ]
    table = (
        "<table><thead><tr><th>minute</th><th>question</th><th>worksheet part</th></tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>"
    )
    spare = to_leave_out(slots, minutes)
    names = ", then ".join(f"{s.chosen.question.part} ({s.chosen.minutes:g} min)" for s in spare)
    total = slots[-1].end
    told = f"{total:g} minutes in all, of {minutes:g}." + (f" If time runs short, leave out {names}." if names else "")
    return [table, f"<p>{escape(told)}</p>"]


def _question(slot: Slot, formulas: Formulas, drawn: set[int]) -> list[str]:
    one = slot.chosen
    own = one.question.own
    pieces = [
        headed([f"minute {slot.start:g}", f"to {slot.end:g}"], escape(one.heading)),
        *_answer(one, formulas),
        *_board(one, formulas, drawn),
    ]
    wrong = wrong_answers(one, MOST_WRONG, first=own.misconceptions)
    if wrong:
        rows = "".join(
            f"<tr><td><code>{escape(w.shown)}</code></td><td>{escape(w.says)}</td><td>{escape(w.asks)}</td></tr>"
            for w in wrong
        )
        pieces.append(
            "<table><thead><tr><th>you will see</th><th>because</th><th>ask back</th></tr></thead>"
            f"<tbody>{rows}</tbody></table>"
        )
    return [p for p in pieces if p]


def _answer(one: Chosen, formulas: Formulas) -> list[str]:
    """The solution, short."""
    shown = []
    for cell in one.solution:
        if cell.role == "solution":
            where = f"{one.problem.solution.where}, cell {cell.number}"
            shown.append(
                render(cell.source, formulas, where, hints=False)
                if cell.kind == "markdown"
                else code(cell, one.problem.solution, formulas)
            )
    return shown


def _board(one: Chosen, formulas: Formulas, seen: set[int]) -> list[str]:
    """The picture for the board: the nearest one before the question's answer in its problem, told once."""
    cells = one.problem.solution.cells
    last = one.solution[-1].number
    parts = [c.number for c in cells if c.kind == "markdown" and c.source.lstrip().startswith("## ")]
    first = max((n for n in parts if n <= one.solution[0].number), default=0)
    near = [c for c in cells if first <= c.number <= last and _pictures(c)]
    if not near:
        return []
    picture: PrintedCell = near[-1]
    if id(picture) in seen:
        return []
    seen.add(id(picture))
    return [
        '<p class="summary">On the board</p>',
        code(picture, one.problem.solution, formulas, hidden=True),
    ]


def _pictures(cell: PrintedCell) -> list[dict[str, Any]]:
    return [o for o in cell.outputs if any(kind.startswith("image/") for kind in o.get("data", {}))]
