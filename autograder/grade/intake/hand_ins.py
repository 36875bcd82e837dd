"""What each student handed in becomes a row for each assignment; files that nobody's name is on become a sentence."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from autograder.words import counted

from .candidates import Candidate, note
from .layouts import Layout, Whose
from .names import is_packed
from .owners import Claim
from .submission import Submission

OURS = "gradebook.sqlite"  # a folder with it holds what the grader wrote
MINUTE = 60.0  # what is due at 23:59 may come in that minute
MAX_NAMED = 6  # files that a sentence names
_NO_WORK = re.compile(r"^(?:index\.html|README.*|LICENSE|gradebook\..*|.*\.(?:csv|xlsx?|toml|ya?ml|log|ini))$", re.I)


@dataclass
class HandIn:
    """What one student, or one group, handed in: its files, and what a limited child found in them."""

    claims: list[Claim]
    found: list[Candidate] = field(default_factory=list)
    notebooks: int = 0
    others: list[str] = field(default_factory=list)
    other_files: int = 0
    newest_other: float = 0.0

    @property
    def people(self) -> tuple[Whose, ...]:
        return self.claims[0].people

    @property
    def layout(self) -> Layout:
        return self.claims[0].layout

    @property
    def nameless(self) -> bool:
        return self.claims[0].nameless


def grouped(claims: Iterable[Claim], one_owner: bool) -> list[HandIn]:
    """The files of each student together. Files that nobody's name is on stay apart, unless `one_owner`."""
    groups: dict[tuple, list[Claim]] = defaultdict(list)
    for claim in claims:
        students = tuple(who.student for who in claim.people)
        apart = claim.place if claim.nameless and not one_owner else (claim.spelled,)
        groups[students, claim.nameless, apart].append(claim)
    return [HandIn(group) for group in groups.values()]


def clear(hand_ins: list[HandIn], one_owner: bool) -> tuple[list[HandIn], list[str]]:
    """The hand-ins that are one student's each, and a sentence for those that are not.

    Different files that fall back to one owner are nobody's. Of names that differ by a space or an invisible letter,
    the plain one keeps its files.
    """
    groups: dict[tuple[str, ...], list[HandIn]] = defaultdict(list)
    for hand_in in hand_ins:
        groups[tuple(who.student for who in hand_in.people)].append(hand_in)
    kept: list[HandIn] = []
    unclear: list[str] = []
    for group in groups.values():
        nameless = [h for h in group if h.nameless]
        named = [h for h in group if not h.nameless]
        if one_owner or not _different(nameless):
            kept += nameless
        else:
            unclear.append(
                f"Whose are these? {_names(nameless)}. Nothing in their names says it, so they are not graded. "
                "Put each into a folder with the student's name, or say --layout or --pattern; "
                "--one-owner if all are one student's."
            )
        plain = [h for h in named if h.claims[0].spelled in ("", h.people[0].student)]
        if len(named) > len(plain) and _different(named):
            others = [h for h in named if h not in plain]
            beside = f", which is graded: {_names(plain)}" if plain else ""
            why = "its name differs only by spaces or signs at an end, by a copy's number or by what cannot be seen"
            unclear.append(f"Not graded, since {why}: {_names(others)}{beside}.")
            named = plain
        kept += named
    return kept, unclear


def _different(hand_ins: list[HandIn]) -> bool:
    """Whether two of them have something different for the same assignment."""
    seen: dict[str, str] = {}
    for hand_in in hand_ins:
        for candidate in hand_in.found:
            content = candidate.same or f"{candidate.problem} {candidate.source}"
            if seen.setdefault(candidate.assignment, content) != content:
                return True
    return False


def _names(hand_ins: list[HandIn]) -> str:
    names = ["/".join(c.entry.path) for h in hand_ins for c in h.claims if c.entry.is_work]
    return ", ".join(names[:MAX_NAMED]) + (f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else "")


def rows(hand_ins: list[HandIn], known: list[str], due: Mapping[str, float]) -> list[Submission]:
    """One submission of each student and assignment: the best notebook, or why there is none."""
    best: dict[tuple[str, str], tuple[Candidate, HandIn]] = {}
    every: dict[tuple[str, str], list[Candidate]] = defaultdict(list)
    for hand_in in hand_ins:
        for who in hand_in.people:
            for candidate in hand_in.found:
                key = (who.student, candidate.assignment)
                if not candidate.problem:
                    every[key].append(candidate)
                if key not in best or candidate.rank > best[key][0].rank:
                    best[key] = (candidate, hand_in)
    kept = list(_without_leftovers({key: candidate for key, (candidate, _) in best.items()}, known))
    found = [_row(key[0], *best[key], every[key], due) for key in kept]
    return [*found, *_without_notebook(hand_ins, {key[0] for key in kept}, known)]


def _without_leftovers(best: dict[tuple[str, str], Candidate], known: list[str]) -> Iterator[tuple[str, str]]:
    """A student's file for no assignment of ours does not matter when one that was handed in later could be read."""
    newest: dict[str, tuple[float, float]] = {}
    for (student, _), candidate in best.items():
        if not candidate.problem:
            newest[student] = max(candidate.order, newest.get(student, candidate.order))
    for (student, assignment), candidate in best.items():
        if not candidate.problem or assignment in known or student not in newest or candidate.order > newest[student]:
            yield student, assignment


def _row(
    student: str, best: Candidate, hand_in: HandIn, every: list[Candidate], due: Mapping[str, float]
) -> Submission:
    claim = hand_in.claims[best.item]
    who = next(p for p in claim.people if p.student == student)
    time = best.time if hand_in.layout.clock or who.time else 0.0
    limit = due.get(best.assignment, due.get(""))
    late, late_by = who.late, 0.0
    if late is None and limit is not None and time:
        late = time >= limit + MINUTE
        late_by = time - limit if late else 0.0
    number = hand_in.layout.number.format(id=who.id)
    person = {"name": student, "id": who.id, "number": number} if who.id else {}
    return Submission(
        student, best.assignment, best.source, best.data, time, best.status, best.problem,
        best.note or note(best, every), late, late_by, person, best.files,
    )  # fmt: skip


def _without_notebook(hand_ins: list[HandIn], students: set[str], known: list[str]) -> Iterator[Submission]:
    """A row for a student who handed in a photo, say, and nothing that can be graded."""
    for hand_in in hand_ins:
        ours = any(claim.entry.name == OURS for claim in hand_in.claims)
        if not hand_in.other_files or ours or hand_in.people[0].by in ("file", "none"):
            continue
        names = ", ".join(hand_in.others) + ", …" * (hand_in.other_files > len(hand_in.others))
        why = f"no notebook was found among {counted(hand_in.other_files, 'file')} ({names})"
        if any(map(is_packed, hand_in.others)):
            why += ". Of archives only zips are opened: unpack it into a folder with the student's name"
        source = "/".join(hand_in.claims[0].entry.path)
        for who in hand_in.people:
            if who.student not in students:
                students.add(who.student)
                assignment = known[0] if len(known) == 1 else ""
                yield Submission(who.student, assignment, source, b"", hand_in.newest_other, "unreadable", why)


def summaries(hand_ins: list[HandIn], found: list[Submission]) -> list[str]:
    """`Moodle download: 63 files, 61 students, 2 newer attempts`, for each layout that was seen."""
    titles = {who.student: h.layout.title for h in hand_ins for who in h.people}
    graded = Counter(titles[row.student] for row in found if not row.problem)
    listed = {row.student for row in found}
    lines = []
    for title, _ in Counter(h.layout.title for h in hand_ins for _ in h.claims).most_common():
        ours = [h for h in hand_ins if h.layout.title == title]
        files = sum(claim.entry.is_work for h in ours for claim in h.claims)
        students = {who.student for h in ours for who in h.people} & listed
        newer = sum(h.notebooks * len(h.people) for h in ours) - graded[title]
        more = f", {counted(newer, 'newer attempt')}" if newer > 0 else ""
        if files:
            lines.append(f"{title}: {counted(files, 'file')}, {counted(len(students), 'student')}{more}")
    return lines


def passed_over(hand_ins: list[HandIn]) -> list[str]:
    """A sentence on files in nobody's folder that are neither a notebook nor a zip."""
    names = [h.claims[0].entry for h in hand_ins if h.claims[0].layout.name == "files" and not h.notebooks]
    names = [e for e in names if not e.is_work and not is_packed(e.name) and not _NO_WORK.search(e.name)]
    odd = sorted("/".join(e.path) for e in names)
    more = f" and {len(odd) - MAX_NAMED} more" if len(odd) > MAX_NAMED else ""
    return [f"Neither notebook nor zip, so not graded: {', '.join(odd[:MAX_NAMED])}{more}"] if odd else []


def when_due(due: Mapping[str, float]) -> list[str]:
    """A sentence that says it back: a day without a time is its first minute."""
    said = [f"{name or 'each'} {datetime.fromtimestamp(time):%Y-%m-%d %H:%M}" for name, time in due.items()]
    return [f"Due: {', '.join(said)}"] if said else []


def item(claim: Claim) -> dict[str, Any]:
    """A claim's file as a child is asked for it."""
    entry, who = claim.entry, claim.people[0]
    return {
        "path": list(entry.path),
        "disk": entry.disk,
        "inside": list(entry.inside),
        "attempt": who.attempt,
        "time": who.time or entry.time,
        "fixed": bool(who.time),
        "refused": entry.refused,
        "named": who.file,
    }
