"""Answers in words: which of a student's cells answer which question.

A student may delete otter's marks, rewrite a heading, answer below the question or in its own cell, or move everything.
So the notebook is laid beside the one that students start from: cells that are still alike tell where a question
stood, and what is new there is the answer.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from itertools import takewhile
from pathlib import Path

from autograder.build.info import load_problem

MAX_WRITTEN, MAX_ANSWER = 50, 20_000  # questions in words where the build knows none, and characters of an answer
MAX_COMPARED = 20_000  # characters of a cell that are compared
ALIKE = 0.6  # the share of a given cell's words that must stand in a student's, for it to be the same cell
FEW = 5  # words of a cell that must all stand there
MOVED = 0.8  # the same, for a cell that stands elsewhere
AT_ITS_PLACE = "(The question's own cell was not found. This is what stands at its place.)"
ELSEWHERE = "(This was found elsewhere in the notebook.)"

_BEGIN = re.compile(r"<!--\s*BEGIN QUESTION\s*-->")
_END = re.compile(r"<!--\s*END QUESTION\s*-->")
_NAME = re.compile(r"^#+\s*(?:Question\s+)?([\w.-]{1,40})(?=\s|$)", re.M)
_PLACEHOLDER = re.compile(r"_?Type your answer here,? replacing this text\.?_?", re.I)


@dataclass(frozen=True)
class Text:
    """A cell of any kind, as text."""

    source: str
    code: bool = False

    @cached_property
    def plain(self) -> str:
        """What is compared: without marks, placeholders and the accidents of white space."""
        without = _PLACEHOLDER.sub("", _END.sub("", _BEGIN.sub("", self.source[:MAX_COMPARED])))
        return " ".join(without.split())

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(re.findall(r"\w+", self.plain))

    def share(self, other: "Text") -> float:
        """The share of this cell's words that stand in the other."""
        return len(self.words & other.words) / len(self.words) if self.words else 0.0


@dataclass(frozen=True)
class Place:
    """Where a question stands in the notebook that students start from: its own cell, and the first one after it."""

    key: str
    first: int
    end: int


@dataclass(frozen=True)
class BlankNotebook:
    """The notebook that students start from, and the places of its questions in words."""

    cells: tuple[Text, ...]
    places: tuple[Place, ...]


def load_blank(build: Path) -> BlankNotebook | None:
    """The blank notebook as one problem's build (a folder) has it; None where it has none."""
    try:
        notebook = json.loads((build / "student.ipynb").read_text(encoding="utf-8"))
        keys = [question.key for question in load_problem(build).questions if question.manual]
        cells = tuple(Text("".join(c["source"]), c["cell_type"] == "code") for c in notebook["cells"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    marked = list(_marked(cells))
    return BlankNotebook(cells, tuple(Place(key, *span) for key, span in zip(keys, marked, strict=False)))


def _marked(cells: Sequence[Text]) -> Iterator[tuple[int, int]]:
    """From which cell to which each BEGIN QUESTION goes; END QUESTION may share a cell with the next one."""
    first = None
    for number, cell in enumerate(cells):
        begins, ends = _BEGIN.search(cell.source), _END.search(cell.source)
        if first is not None and (ends or begins):
            yield first, number
            first = None
        if begins and not (ends and ends.start() > begins.start()):
            first = number
    if first is not None:
        yield first, len(cells)


def answers(cells: Sequence[Text], blank: BlankNotebook | None = None) -> dict[str, str]:
    """Every question in words of `blank` -> the student's answer, '' where there is none.

    Without `blank` only otter's marks tell where an answer stands, and headings what it is called.
    """
    if blank is None or not blank.places:
        return _by_marks(cells)
    return {place.key: text for place, text in Alignment(blank, cells).answers()}


def _by_marks(cells: Sequence[Text]) -> dict[str, str]:
    found: dict[str, str] = {}
    for first, end in list(_marked(cells))[:MAX_WRITTEN]:
        named = _NAME.search(cells[first].source)
        found[named[1] if named else f"written-{len(found) + 1}"] = _joined(cells[first + 1 : end])
    return found


class Alignment:
    """Which cell of the blank notebook is which of the student's, in order; and what is new between them."""

    def __init__(self, blank: BlankNotebook, cells: Sequence[Text]):
        self.blank, self.cells = blank, cells
        self.at = self._same()  # number in the blank notebook -> number in the student's
        unchanged = sorted(self.at)
        for before, after in zip([-1, *unchanged], [*unchanged, len(blank.cells)], strict=True):
            self._alike(before, after)
        self.given = {number: given for given, number in self.at.items()}

    def _same(self) -> dict[int, int]:
        """Cells that have not changed."""
        ours, theirs = ([c.plain for c in cells] for cells in (self.blank.cells, self.cells))
        blocks = SequenceMatcher(None, theirs, ours, autojunk=False).get_matching_blocks()
        pairs = {b.b + i: b.a + i for b in blocks for i in range(b.size)}
        return {given: number for given, number in pairs.items() if ours[given]}

    def _alike(self, before: int, after: int) -> None:
        """Cells that have changed a little, between two that have not."""
        start = self.at[before] + 1 if before >= 0 else 0
        end = self.at.get(after, len(self.cells))
        for given in range(before + 1, after):
            cell = self.blank.cells[given]
            share, number = max(((cell.share(self.cells[n]), -n) for n in range(start, end)), default=(0.0, 0))
            if share >= (ALIKE if len(cell.words) >= FEW else 1.0):
                self.at[given] = -number
                start = 1 - number

    def answers(self) -> Iterator[tuple[Place, str]]:
        taken: set[int] = set()
        for place in self.blank.places:
            numbers = [n for n in self._region(place) if self._new(n, place)]
            text, note = self._text(numbers, place), ""
            if text and place.first not in self.at:
                note = AT_ITS_PLACE
            if not text:
                text = self._above(place)
            if not text:
                numbers = self._elsewhere(place, taken)
                text, note = self._text(numbers, place), ELSEWHERE
            taken.update(numbers)
            yield place, f"{note}\n\n{text}".strip()[:MAX_ANSWER] if text else ""

    def _region(self, place: Place) -> range:
        """From the question's cell, or from where it should be, to the first cell that is known to come after it."""
        before = max((given for given in self.at if given < place.first), default=None)
        after = min((given for given in self.at if given >= place.end), default=None)
        start = self.at.get(place.first, 0 if before is None else self.at[before] + 1)
        return range(start, len(self.cells) if after is None else self.at[after])

    def _new(self, number: int, place: Place) -> bool:
        """Whether a cell may hold something of the answer: it is no cell that other questions were given."""
        given = self.given.get(number)
        return given is None or place.first <= given < place.end

    def _text(self, numbers: Sequence[int], place: Place) -> str:
        """What the student wrote in these cells; a heading in other words is no answer, unless it stands alone."""
        return _joined([self._added(n, place, headings=False) for n in numbers]) or _joined(
            [self._added(n, place, headings=True) for n in numbers]
        )

    def _added(self, number: int, place: Place, headings: bool) -> Text:
        """What the student added to a cell; all of it, when it is the student's own."""
        cell, given = self.cells[number], self.given.get(number)
        if given is None and self.blank.cells[place.first].share(cell) >= MOVED:
            given = place.first
        if given is None or (cell.code and cell.plain != self.blank.cells[given].plain):
            return cell
        known = {line.strip() for line in self.blank.cells[given].source.splitlines()}
        new = [line for line in cell.source.splitlines() if line.strip() not in known or not line.strip()]
        if given == place.first and not headings:
            new = [line for line in new if not line.startswith("#")]
        return Text("\n".join(new).strip(), cell.code)

    def _above(self, place: Place) -> str:
        """What was typed into the cell after the answer's place, above all that was given there."""
        after = self.at.get(place.end)
        if after is None or self.cells[after].code:
            return ""
        given = self.blank.cells[place.end].source.splitlines()
        known = {line.strip() for line in given if line.strip() and not _END.search(line)}
        above = takewhile(lambda line: line.strip() not in known, self.cells[after].source.splitlines())
        return _joined([Text("\n".join(line for line in above if not line.startswith("#")))])

    def _elsewhere(self, place: Place, taken: set[int]) -> list[int]:
        """A cell with the question and what follows it, or cells of the student's own that name the question."""
        free = set(range(len(self.cells))) - set(self.given) - taken
        question = self.blank.cells[place.first]
        for number in sorted(free):
            if question.share(self.cells[number]) >= MOVED:
                ends = (n for n in range(number, len(self.cells)) if n not in free)
                return list(range(number, next(ends, len(self.cells))))
        name = re.compile(rf"(?<![\w.]){re.escape(place.key)}(?!\w|\.\w)")
        own = (n for n in sorted(free) if not self.cells[n].code)
        return [n for n in own if name.search(self.cells[n].source[:MAX_COMPARED])]


def _joined(cells: Sequence[Text]) -> str:
    """Cells as one text; marks and placeholders are no answer."""
    found = []
    for cell in cells:
        source = _PLACEHOLDER.sub("", _END.sub("", _BEGIN.sub("", cell.source[:MAX_ANSWER]))).strip()
        if source:
            found.append(f"```python\n{source}\n```" if cell.code else source)
    return "\n\n".join(found)[:MAX_ANSWER]
