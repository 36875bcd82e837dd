"""The plan for whoever teaches: the clock, and for each question what to draw, what goes wrong, what to ask."""

from dataclasses import dataclass
from html import escape

from autograder.pdf.document import Part, code, headed
from autograder.pdf.formulas import Formulas
from autograder.pdf.markdown import render
from autograder.pdf.outputs import figure

from .select import Chosen
from .sheets import SMALL, pictured
from .wrong import LikelyAnswer, wrong_answers

MOST_WRONG = 3  # wrong answers told for one question


@dataclass(frozen=True)
class Slot:
    """A question with its place on the clock, in minutes from the start."""

    chosen: Chosen
    start: float

    @property
    def end(self) -> float:
        return self.start + self.chosen.in_class


def timetable(chosen: list[Chosen]) -> list[Slot]:
    slots, clock = [], 0.0
    for one in chosen:
        slots.append(Slot(one, clock))
        clock += one.in_class
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
        if len(dropped) >= 3 and sum(d.chosen.in_class for d in dropped) >= over:
            break
        dropped.append(slot)
    return dropped


def plan(chosen: list[Chosen], title: str, minutes: float) -> Part:
    """The plan as HTML, its formulas still to be set."""
    formulas = Formulas()
    slots = timetable(chosen)
    pieces = [f"<h1>{escape(title)}</h1>", *_overview(slots, minutes), "<h2>Question by question</h2>"]
    for slot in slots:
        pieces += _question(slot, formulas)
    return Part(title, "plan", "\n".join(pieces), formulas)


def latest(slots: list[Slot], spare: list[Slot], minutes: float) -> dict[float, float]:
    """By its planned start: the last minute at which a question can begin, if what is spare behind it is left out."""
    found, left = {}, minutes
    for slot in reversed(slots):
        left -= 0 if slot in spare else slot.chosen.in_class
        found[slot.start] = left
    return found


def _overview(slots: list[Slot], minutes: float) -> list[str]:
    spare = to_leave_out(slots, minutes)
    last = latest(slots, spare, minutes)
    rows = [
        f"<tr><td>{slot.start:g}–{slot.end:g}</td><td>{escape(slot.chosen.question.label)}</td>"
        f"<td>{escape(', '.join(slot.chosen.question.own.worksheet))}</td>"
        f"<td>{'may go' if slot in spare else f'{last[slot.start]:g}'}</td></tr>"
        for slot in slots
    ]
    total = slots[-1].end
    if total < minutes:
        rows.append(f"<tr><td>{total:g}–{minutes:g}</td><td>what is still open</td><td></td><td></td></tr>")
    heads = "".join(f"<th>{head}</th>" for head in ("minute", "question", "worksheet part", "begin by"))
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    names = ", then ".join(f"{s.chosen.label} ({s.chosen.in_class} min)" for s in spare)
    told = f"All of it takes {total:g} minutes, and there are {minutes:g}."
    if names:
        told += f" If time runs short, leave out {names}."
        told += " “Begin by” is the latest minute that a question can begin if these are left out."
    return [table, f"<p>{escape(told)}</p>"]


def _question(slot: Slot, formulas: Formulas) -> list[str]:
    one, where = slot.chosen, slot.chosen.problem.solution.where
    rows = "".join(
        f"<tr><td>{_seen(w, formulas, where)}</td><td>{escape(w.says)}</td><td>{escape(w.asks)}</td></tr>"
        for w in wrong_answers(one, MOST_WRONG, first=one.question.own.misconceptions)
    )
    heads = "".join(f"<th>{head}</th>" for head in ("you will see", "because", "ask back"))
    table = f'<table class="answers"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'
    pieces = [
        headed([f"minute {slot.start:g}", f"to {slot.end:g}"], escape(one.question.label)),
        *_board(one, formulas),
        table if rows else "",
    ]
    return [p for p in pieces if p]


def _seen(wrong: LikelyAnswer, formulas: Formulas, where: str) -> str:
    """The wrong answer; of a function the name, since nobody on paper has the numbers that it was called with."""
    if wrong.in_code:
        return f"<code>{escape(wrong.answer)}</code>"
    return f"<code>{escape(wrong.answer)} =</code>\u00a0{formulas.hold(wrong.shown, False, where)}"


def _board(one: Chosen, formulas: Formulas) -> list[str]:
    """What to write on the board, and the picture that goes with it."""
    where = f"{one.problem.solution.where}, {one.question.name}"
    shown = []
    if one.question.own.picture:
        shown.append(figure(*pictured(one), SMALL))
    if one.question.own.board:
        shown.append(f'<div class="board">{render(one.question.own.board, formulas, where, hints=False)}</div>')
        return shown
    for cell in one.solution:
        if cell.role == "solution":
            where = f"{one.problem.solution.where}, cell {cell.number}"
            written = cell.kind == "markdown"
            shown.append(
                render(cell.source, formulas, where, hints=False)
                if written
                else code(cell, one.problem.solution, formulas)
            )
    return shown
