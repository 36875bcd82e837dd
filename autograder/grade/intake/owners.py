"""Whose each file is: the layout of a folder is seen as a whole, and names are read from outside in.

What lies in a student's folder or zip is that student's, whatever it is called. Where nothing names a person, the file
falls back to the folder's name, and `collect` says so when that is true of different files.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from .exported import METADATA
from .folders import Entry, Folder, readable, walk
from .layouts import BY_NAME, TABLE, Layout, Read, Sight, Whose, read, strong
from .names import STAMP, Names, clean, is_zip, same_place, stem

_CLASS = re.compile(
    r"^(?:submissions?|downloads?|assignment_\d+_export|class|all(?:[-_ ]submissions)?|students?|hand-?ins?|inbox"
    r"|attachments|notebooks|submitted|student work|.+-submissions|.*\(File responses\))(?: ?\(\d+\)|-\d+)?$",
    re.I,
)
_VERSION = re.compile(
    r"^(?:(?:attempt|version|v|try|submission|take|draft|rev|upload|old|new|final|backup|copy|work|archive)[-_ ]*\d*"
    r"|\d{1,3}|one|two|three|four|five|first|second|third|last|\d{4}-\d\d-\d\d.*)$",
    re.I,
)
_NAME = re.compile(r"[^\W\d_]|\d{4}")  # a person's, and not the number of a file
_EXPORT, _FOLDERS = BY_NAME["gradescope"], BY_NAME["folders"]
_FILES, _ONE = BY_NAME["files"], BY_NAME["one"]


@dataclass(frozen=True)
class Claim:
    """A file, the people whose it is, and the layout that says so. `spelled` is the student's name, or what stood there
    when it held white space or letters that cannot be seen; `place` tells files apart that fall back to one owner, all
    copies that Jupyter makes in one folder being one."""

    entry: Entry
    people: tuple[Whose, ...]
    layout: Layout
    spelled: str = ""
    place: tuple[str, ...] = ()

    @property
    def nameless(self) -> bool:
        return self.people[0].by == "none"


@dataclass
class Owners:
    """Reads whose each file below a path is. `open_zip` lists a zip that holds a class, and `metadata` reads
    Gradescope's; `shared` are more names of folders that are nobody's; `problems` are sentences for people."""

    names: Names
    open_zip: Callable[[Entry], list[Entry]]
    metadata: Callable[[Entry], dict[str, dict]]
    chosen: Layout | None = None
    shared: tuple[str, ...] = ()
    problems: list[str] = field(default_factory=list)

    def below(self, path: Path, alone: bool = True) -> list[Claim]:
        """`alone`: no other path is given, so that a zip may hold a class whatever it is called."""
        entries = list(walk(path))
        real = path.resolve()
        name = readable(real.parent.name if path.is_file() else real.name)
        root = Folder(name, ())
        for entry in entries:
            root.add(entry)
        if self.chosen is _ONE:
            return [Claim(entry, (Whose(clean(name), by="folder"),), _ONE) for entry in entries]
        works = [entry for entry in root.every() if entry.is_work]
        if len(works) == 1 and is_zip(works[0].name) and not works[0].refused and len(works[0].path) == 1:
            claims = self._sole_zip(works[0], name, alone or path.is_dir())
        else:
            claims = list(self._claims(root, name))
        return list(_told_apart(claims))

    def _sole_zip(self, entry: Entry, name: str, alone: bool) -> list[Claim]:
        """A zip with nothing beside it holds a class when what it holds is of several people."""
        inner = self._inside(entry)
        if inner is None:
            return [self._file(entry, None, name)]
        claims = list(self._claims(inner, stem(entry.name) if not self._shared(entry.name) else name))
        owners = [who for c in claims for who in c.people if c.entry.is_work and not c.nameless]
        people = {f"{who.student} {who.id}".strip() for who in owners if _NAME.search(who.student)}
        nameless = sum(c.nameless and c.entry.is_work for c in claims)
        if self._shared(entry.name) or self.chosen or (len(people) > 1 and alone) or (nameless > 1 and not people):
            return claims
        if len(people) > 1:
            some = ", ".join(sorted(people)[:3])
            self.problems.append(f"{entry.name} holds files of {some}: if it holds a class, grade it alone.")
            return []
        return [self._file(entry, None, name)]

    def _inside(self, zip_: Entry) -> Folder | None:
        """A zip as a folder; None when it cannot be read."""
        folder = Folder(stem(zip_.name), zip_.path)
        found = self.open_zip(zip_)
        for entry in found:
            folder.add(entry)
        return folder if found else None

    def _claims(self, folder: Folder, fallback: str) -> Iterator[Claim]:
        """Whose everything in a folder is that is nobody's own folder."""
        if self.chosen and self.chosen.name == "pattern":
            yield from self._by_pattern(folder, fallback, re.compile(self.chosen.pattern))
            return
        sight = self._sight(folder)
        for layout in TABLE:
            if layout.enters(sight) or (layout.enter and layout.enter == folder.name and folder.folders):
                yield from self._entered(folder.folders.get(layout.enter, folder), layout, fallback)
                return
        reads = self._reads(sight)
        export = self._export(folder)
        down = self._parents(folder, reads)
        works = [entry for entry in folder.files if entry.is_work]
        for name, sub in folder.folders.items():
            layout, whose = _first(reads, name, "folder")
            if name in export:
                time = export[name]["time"]
                people = tuple(Whose(n[0], "", tuple(n[1:]), time, time) for n in export[name]["people"])
                yield from (Claim(e, people or (Whose(name, attempt=time, time=time),), _EXPORT) for e in sub.every())
            elif layout and whose:
                yield from _all(sub, layout, whose)
            elif name in down:
                yield from self._claims(sub, fallback if self._shared(name) else name)
            else:
                yield from self._folder(sub, fallback, alone=len(folder.folders) == 1 and not works)
        for entry in folder.files:
            if entry.name == METADATA:
                continue
            if is_zip(entry.name) and self._shared(entry.name) and not entry.refused:
                inner = self._inside(entry)
                yield from self._claims(inner, stem(entry.name)) if inner else [self._file(entry, None, fallback)]
            else:
                yield self._file(entry, _first(reads, entry.name, "file"), fallback)

    def _entered(self, folder: Folder, layout: Layout, fallback: str) -> Iterator[Claim]:
        pattern = re.compile(layout.pattern)
        for name, sub in folder.folders.items():
            if whose := read(pattern, name):
                yield from _all(sub, layout, whose)
        for entry in folder.files:
            yield self._file(entry, None, fallback)

    def _folder(self, folder: Folder, fallback: str, alone: bool) -> Iterator[Claim]:
        """A folder that is one student's, unless it is called as otter calls its zips."""
        person, _ = self.names.person(folder.name)
        stamped = bool(STAMP.search(folder.name)) and not person
        # three exports in the only folder there is: one student's, or a class in a folder too many
        bare = [e for e in folder.files if is_zip(e.name) and STAMP.search(e.name) and not self._person(e)[0]]
        doubtful = alone and len(bare) > 1
        for entry in folder.every():
            if entry.name == METADATA:
                continue
            if stamped or (doubtful and entry in bare):
                owner = Whose(clean(fallback if stamped else folder.name), by="none")
                place = folder.path if stamped else entry.path
                yield Claim(entry, (replace(owner, time=self._person(entry)[1]),), _FOLDERS, place=place)
            else:
                time = self._person(entry)[1] if is_zip(entry.name) else 0.0
                owner = Whose(clean(person or folder.name), time=time, by="folder")
                yield Claim(entry, (owner,), _FOLDERS, _spelled(folder.name, owner.student))

    def _file(self, entry: Entry, found: tuple[Layout | None, Whose | None] | None, fallback: str) -> Claim:
        layout, whose = found or (None, None)
        if layout and whose:
            return Claim(entry, (whose,), layout, "" if whose.id else _spelled(stem(entry.name), whose.student))
        person, time = self._person(entry)
        if person:
            by = "zip" if is_zip(entry.name) else "file"
            owner = Whose(clean(person), time=time, by=by)
            return Claim(entry, (owner,), _FILES, _spelled(stem(entry.name), owner.student))
        nobody = Whose(clean(fallback) or "unknown", time=time, by="none")
        return Claim(entry, (nobody,), _FILES, place=(*entry.path[:-1], same_place(entry.name)))

    def _person(self, entry: Entry) -> tuple[str, float]:
        return self.names.person(stem(entry.name))

    def _by_pattern(self, folder: Folder, fallback: str, pattern: re.Pattern[str]) -> Iterator[Claim]:
        assert self.chosen is not None
        for entry in folder.every():
            if not entry.is_work and not entry.refused:
                continue
            steps = range(len(entry.path))
            plain = ["/".join((*entry.path[at:-1], stem(entry.name))) for at in steps]
            parts = ["/".join(entry.path[at : to + 1]) for at in steps for to in steps[at:]]
            whose = next((w for text in (*plain, *parts) if (w := read(pattern, text))), None)
            if whose:
                yield Claim(entry, (whose,), self.chosen)
            else:
                yield Claim(entry, (Whose(clean(fallback), by="none"),), self.chosen, place=entry.path)

    def _sight(self, folder: Folder) -> Sight:
        folders = tuple(name for name, sub in folder.folders.items() if any(sub.every()))
        within = tuple({name for sub in folder.folders.values() for name in sub.folders})
        return Sight(folder.name, folders, tuple(e.name for e in folder.files), self.names, within)

    def _reads(self, sight: Sight) -> list[tuple[Layout, Read]]:
        """The layouts seen in a folder, the one that reads most names first."""
        if self.chosen:
            seen = [(self.chosen, found)] if (found := self.chosen.see(sight)) else []
            return [] if self.chosen in (_FOLDERS, _FILES) else seen
        names = (*sight.folders, *sight.files)
        return sorted(strong(sight), key=lambda pair: -sum(bool(pair[1](name)) for name in names))  # stable

    def _export(self, folder: Folder) -> dict[str, dict]:
        return next((self.metadata(e) for e in folder.files if e.name == METADATA and not e.refused), {})

    def _shared(self, name: str) -> bool:
        """Whether a folder or zip is called as one that holds everybody's."""
        plain = stem(name) if is_zip(name) else name
        return bool(_CLASS.match(plain)) or plain in self.names.parts or plain in self.shared

    def _parents(self, folder: Folder, reads: list[tuple[Layout, Read]]) -> set[str]:
        """The folders in this one that hold several people's: by their names, or because most of them look like it.

        Most, and not each for itself: a student can put anything into a folder of his own.
        """
        subs = {n: s for n, s in folder.folders.items() if any(s.every()) and not _first(reads, n, "folder")[1]}
        down = {name for name in subs if self._shared(name)}
        if self.chosen is _FOLDERS:
            return down
        like = {name for name, sub in subs.items() if name not in down and self._looks_like_parent(sub)}
        others = [e for e in folder.files if e.is_work] + [n for n in folder.folders if n not in subs]
        inner = [n for name in like for n in subs[name].folders if subs[name].folders[n].work()]
        if len(inner) - len(set(inner)) > len(set(inner)):  # the same names in each: parts of each student's work
            return down
        return down | like if 2 * len(like) > len(subs) - len(down) + len(others) else down

    def _looks_like_parent(self, folder: Folder) -> bool:
        sight = self._sight(folder)
        if METADATA in sight.files or any(layout.enters(sight) for layout in TABLE):
            return True
        work = [n for n, sub in folder.folders.items() if sub.work()] + [e.name for e in folder.files if e.is_work]
        for layout, found in self._reads(sight):
            people = [who for name in work if (who := found(name)) and _kind(folder, name) in layout.kinds]
            if len({(who.student, who.id) for who in people}) > 1 and 2 * len(people) >= len(work):
                return True
        subs = [s for n, s in folder.folders.items() if s.work() and not _VERSION.match(n) and self.names.person(n)[0]]
        if len(subs) > 1 and not [e for e in folder.files if e.is_work]:
            return _overlap([{self.names.assignment(e.name) for e in s.every() if e.is_work} for s in subs])
        files = [e for e in folder.files if e.is_work]
        people = [self._person(e)[0] for e in files]
        return len(set(people)) > 1 and all(people) and _overlap([{self.names.assignment(e.name)} for e in files])


def _overlap(sets: Iterable[set]) -> bool:
    """Whether two of the sets have something in common."""
    seen: set = set()
    for each in sets:
        if each & seen:
            return True
        seen |= each
    return False


def _spelled(raw: str, student: str) -> str:
    return student if clean(raw) == raw else raw


def _kind(folder: Folder, name: str) -> str:
    return "folder" if name in folder.folders else "file"


def _first(reads: list[tuple[Layout, Read]], name: str, kind: str) -> tuple[Layout | None, Whose | None]:
    for layout, found in reads:
        if kind in layout.kinds and (whose := found(name)):
            return layout, whose
    return None, None


def _all(folder: Folder, layout: Layout, whose: Whose) -> Iterator[Claim]:
    """Everything in a student's folder that was handed in."""
    version = re.compile(layout.version) if layout.version else None
    for entry in folder.every():
        inner = entry.path[len(folder.path) :]
        if layout.below and not any(part.startswith(layout.below) for part in inner[:-1]):
            continue
        attempt = next((float(m["attempt"]) for part in inner if version and (m := version.match(part))), whose.attempt)
        yield Claim(entry, (replace(whose, attempt=attempt),), layout)


def _told_apart(claims: list[Claim]) -> Iterator[Claim]:
    """Two people of one name in one download get the number behind their names that the system gives them."""
    ids: dict[tuple[str, str], set[str]] = defaultdict(set)
    for claim in claims:
        for who in claim.people:
            ids[claim.layout.name, who.student].add(who.id)
    for claim in claims:
        people = tuple(
            replace(who, student=clean(f"{who.student} {who.id}"), also=(*who.also, who.student))
            if who.id and (len(ids[claim.layout.name, who.student]) > 1 or who.student.lower() == "participant")
            else who
            for who in claim.people
        )
        yield replace(claim, people=people)
