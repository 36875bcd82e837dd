"""Which student handed in which notebook: one for each assignment, and a row or a sentence for everything else.

`owners` says whose each file is, by names alone; limited children (`reading`) open the files, one student's at a time;
`hand_ins` makes the rows; the roster, if there is one, knows who is missing.
"""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from .attendance import with_roster
from .candidates import Candidate, cell_hashes
from .folders import Entry
from .hand_ins import HandIn, clear, grouped, item, passed_over, rows, summaries, when_due
from .names import Names
from .notebook import Unreadable, parse
from .owners import Claim, Owners
from .readers import Reader, ReaderLost, Readers
from .receipts import with_receipts
from .submission import Collected, IntakeSettings, Submission, Unclear

__all__ = ["Collected", "IntakeSettings", "Submission", "Unclear", "cells_of", "collect", "take_in"]


def collect(paths: Iterable[Path], known: Iterable[str], settings: IntakeSettings | None = None) -> list[Submission]:
    """One submission of every student and assignment, in order of student; raises Unclear."""
    found = take_in(paths, known, settings or IntakeSettings())
    if found.unclear:
        raise Unclear("\n".join(found.unclear))
    return found.submissions


def take_in(paths: Iterable[Path], known: Iterable[str], settings: IntakeSettings) -> Collected:
    """The same, with sentences on what was found and on what is unclear."""
    about = {"reserved": settings.reserved, "questions": settings.questions}
    with Readers(known, settings.handed_out, settings.whole, **about) as readers:
        return Intake(list(known), settings, readers).take(list(paths))


def cells_of(folder: Path) -> dict[str, list[str]]:
    """The cells of the notebooks that students start from, as `make build` leaves them in FOLDER/NAME/student.ipynb."""
    found = {}
    for path in sorted(folder.glob("*/student.ipynb")):
        with suppress(OSError, Unreadable):
            cells = parse(path.read_bytes())["cells"]
            found[path.parent.name] = cell_hashes(c.get("source") for c in cells if isinstance(c, dict))
    return found


class Intake:
    """One run of collecting."""

    def __init__(self, known: list[str], settings: IntakeSettings, readers: Readers):
        self.known, self.settings, self.readers = known, settings, readers
        self.names = Names(known)
        self.said: list[str] = []
        self.renamed: dict[str, str] = {}

    def take(self, paths: list[Path]) -> Collected:
        owners = Owners(self.names, self._open_zip, self._metadata, self.settings.layout, self.settings.shared)
        claims = [claim for path in paths for claim in owners.below(path, alone=len(paths) == 1)]
        hand_ins = grouped(with_receipts(claims, self._texts), self.settings.one_owner)
        for _ in self.readers.map(self._read, hand_ins):
            pass
        hand_ins, unclear = clear(hand_ins, self.settings.one_owner)
        found = rows(hand_ins, self.known, self.settings.due)
        self.said += [*summaries(hand_ins, found), *passed_over(hand_ins), *when_due(self.settings.due)]
        if self.settings.roster:
            found, more, self.renamed = with_roster(found, hand_ins, self.settings.roster, self.known)
            self.said += more
        found.sort(key=lambda s: (s.student, s.assignment))
        return Collected(found, self.said, [*owners.problems, *unclear], self.renamed)

    def _open_zip(self, entry: Entry) -> list[Entry]:
        """The files in a zip that holds a class; none when it cannot be read."""
        try:
            answer = self.readers.ask("listing", disk=entry.disk, inside=list(entry.inside))
        except ReaderLost:
            return []  # what is wrong with it is found again when it is read as one student's
        found = [(tuple(path), number, when or entry.time) for path, number, when in answer["files"]]
        return [Entry((*entry.path, *p), entry.disk, (*entry.inside, n), when) for p, n, when in found]

    def _metadata(self, entry: Entry) -> dict[str, dict]:
        """Gradescope's metadata; nothing when they are not understood."""
        try:
            answer = self.readers.ask("metadata", disk=entry.disk, inside=list(entry.inside))
        except ReaderLost as e:
            answer = {"folders": {}, "problem": str(e)}
        if answer["problem"]:
            self.said.append(f"{'/'.join(entry.path)} is not understood, so folders are students: {answer['problem']}")
        return answer["folders"]

    def _texts(self, claims: list[Claim]) -> list[str]:
        """The beginnings of small text files."""
        try:
            return self.readers.ask("texts", items=[item(claim) for claim in claims])["texts"]
        except ReaderLost:
            return [""] * len(claims)

    def _read(self, reader: Reader, hand_in: HandIn) -> None:
        """Let a child read what one student handed in."""
        try:
            answer, next_bytes = reader.ask("submission", items=[item(claim) for claim in hand_in.claims])
        except ReaderLost as e:
            hand_in.found = [self._lost(hand_in, str(e))]
            return
        hand_in.found = [Candidate(**c) for c in answer["found"]]
        for candidate in hand_in.found:
            candidate.data = next_bytes() if candidate.size else b""
            candidate.files = {path: next_bytes() for path in candidate.files}
        hand_in.notebooks, hand_in.others = answer["notebooks"], answer["others"]
        hand_in.other_files, hand_in.newest_other = answer["other_files"], answer["newest_other"]

    def _lost(self, hand_in: HandIn, why: str) -> Candidate:
        number, claim = max(enumerate(hand_in.claims), key=lambda c: (c[1].entry.is_work, c[1].entry.time))
        entries = [c.entry.name for c in hand_in.claims]
        guess = next(filter(None, map(self.names.assignment, entries)), self.known[0] if len(self.known) == 1 else "")
        source = "/".join(claim.entry.path)
        return Candidate(guess, source, number, 0.0, claim.entry.time, "refused", f"not read: {why}")
