"""Whose each file is: the layout of a folder is seen as a whole, and names are read from outside in.

What lies in a student's folder or zip is that student's, whatever it is called. Where nothing names a person, the file
falls back to the folder's name, and `collect` says so when that is true of different files.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from .exported import METADATA
from .folders import Entry, Folder, readable, walk
from .layouts import BY_NAME, TABLE, Layout, Read, Whose, read
from .names import JOINTS, STAMP, Names, clean, is_packed, is_zip, same_place, stem, without_copy
from .parents import Eye, first, own_work

_NAME = re.compile(r"[^\W\d_]|\d{4}")  # a person's, and not the number of a file
_NUMBER = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.I)
_STUDENT = re.compile(r"STUDENT - (.+)\.txt$")
MAX_SECTIONS = 12  # more zips than that are students'
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

    def __post_init__(self) -> None:
        self.eye = Eye(self.names, self.chosen, self.shared)

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
        claims = self._of_a_class(root, alone or path.is_dir())
        return list(_told_apart(list(self._claims(root, name)) if claims is None else claims))

    def _of_a_class(self, root: Folder, alone: bool) -> list[Claim] | None:
        """What is in a zip with nothing beside it, when that is of several people; None when it is one student's."""
        works = [entry for entry in root.every() if entry.is_work]
        if len(works) != 1 or not is_zip(works[0].name) or works[0].refused or works[0] not in root.files:
            return None
        zip_ = works[0]
        if first(self.eye.reads(root), zip_.name, "file")[1] or (inner := self._inside(zip_)) is None:
            return None
        claims = list(self._claims(inner, stem(zip_.name)))
        owners = [who for c in claims for who in c.people if c.entry.is_work and not c.nameless]
        people = {f"{who.student} {who.id}".strip() for who in owners if _NAME.search(who.student)}
        nameless = sum(c.nameless and c.entry.is_work for c in claims)
        if self.eye.shared(zip_.name) or (len(people) > 1 and alone) or (nameless > 1 and not people):
            return claims
        if len(people) > 1:
            some = ", ".join(sorted(people)[:3])
            self.problems.append(f"{zip_.name} holds files of {some}: if it holds a class, grade it alone.")
            return []
        return None

    def _inside(self, zip_: Entry) -> Folder | None:
        """A zip as a folder; None when it cannot be read."""
        folder = Folder(stem(zip_.name), zip_.path)
        found = self.open_zip(zip_)
        for entry in found:
            folder.add(entry)
        return folder if found else None

    def _claims(self, folder: Folder, fallback: str) -> Iterator[Claim]:
        """The owners of all files in a folder that is nobody's own: a class's, or a part of it."""
        if self.chosen and self.chosen.name == "pattern":
            yield from self._by_pattern(folder, fallback, re.compile(self.chosen.pattern))
            return
        sight = self.eye.sight(folder)
        for layout in TABLE:
            twice = folder.name == layout.enter and [*folder.folders] == [layout.enter]  # a zip around the folder
            inner = folder.folders[layout.enter] if twice or layout.enters(sight) else folder
            if layout.enter and inner.name == layout.enter and inner.folders:
                yield from self._entered(inner, layout, fallback)
                return
        reads = self.eye.reads(folder)
        yield from self._in_folders(folder, reads, fallback)
        yield from self._in_files(folder, reads, fallback)

    def _in_folders(self, folder: Folder, reads: list[tuple[Layout, Read]], fallback: str) -> Iterator[Claim]:
        export = self._export(folder)
        down = self.eye.parents(folder, reads)
        alone = len(folder.folders) == 1 and not any(entry.is_work for entry in folder.files)
        for name, sub in folder.folders.items():
            layout, whose = first(reads, name, "folder")
            if name in export:
                time = export[name]["time"]
                people = tuple(Whose(n[0], "", tuple(n[1:]), time, time) for n in export[name]["people"])
                yield from (Claim(e, people or (Whose(name, attempt=time, time=time),), _EXPORT) for e in sub.every())
            elif layout and whose:
                yield from _all(sub, layout, whose)
            elif name in down:
                yield from self._claims(sub, fallback if self.eye.shared(name) else name)
            else:
                yield from self._folder(sub, fallback, alone)

    def _in_files(self, folder: Folder, reads: list[tuple[Layout, Read]], fallback: str) -> Iterator[Claim]:
        sections = self._sections(folder, reads)
        for entry in folder.files:
            if entry.name == METADATA:
                continue
            if entry.name in sections:
                yield from self._claims(sections[entry.name], stem(entry.name))
            elif is_zip(entry.name) and self.eye.shared(entry.name) and not entry.refused:
                inner = self._inside(entry)
                yield from self._claims(inner, stem(entry.name)) if inner else [self._file(entry, None, fallback)]
            else:
                yield self._file(entry, first(reads, entry.name, "file"), fallback)

    def _sections(self, folder: Folder, reads: list[tuple[Layout, Read]]) -> dict[str, Folder]:
        """A few zips that hold several people's files each, as folders may: one a section, say."""
        zips = [e for e in folder.files if is_zip(e.name) and not e.refused and not STAMP.search(e.name)]
        zips = [e for e in zips if not first(reads, e.name, "file")[1]]
        if not 1 < len(zips) <= MAX_SECTIONS:
            return {}
        inner = {e.name: inside for e in zips if (inside := self._inside(e))}
        rest = [e for e in folder.files if e.name not in inner]
        down = self.eye.parents(Folder(folder.name, folder.path, folder.folders | inner, rest), reads)
        return {name: inside for name, inside in inner.items() if name in down}

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
        whose = _collected(folder)
        stamped = bool(STAMP.search(folder.name)) and not person
        # three exports in the only folder there is: one student's, or a class in a folder too many
        bare = [e for e in folder.files if is_zip(e.name) and STAMP.search(e.name) and not self._person(e)[0]]
        doubtful = bare if alone and len(bare) > 1 else self._named_apart(folder) if alone else []
        for entry in folder.every():
            if entry.name == METADATA:
                continue
            if stamped or entry in doubtful:
                owner = Whose(clean(fallback if stamped else folder.name), by="none")
                place = folder.path if stamped else entry.path
                yield Claim(entry, (replace(owner, time=self._person(entry)[1]),), _FOLDERS, place=place)
            else:
                time = self._person(entry)[1] if is_zip(entry.name) else 0.0
                owner = replace(whose or Whose(clean(person or folder.name), by="folder"), time=time)
                # or somebody else of that name
                copy = without_copy(folder.name) != folder.name or folder.name.strip(JOINTS) != folder.name
                spelled = folder.name if copy else _spelled(folder.name, owner.student)
                yield Claim(entry, (owner,), _FOLDERS, "" if whose else spelled)

    def _named_apart(self, folder: Folder) -> list[Entry]:
        """The files of a folder with several in one place, all with names that may be people's; else none."""
        works = [entry for entry in folder.every() if entry.is_work]
        names = [self._person(entry)[0] for entry in works]
        together = len({entry.path[:-1] for entry in works}) == 1
        people = together and len({*names}) > 1 and all(name and not own_work(name) for name in names)
        return works if people else []

    def _file(self, entry: Entry, found: tuple[Layout | None, Whose | None] | None, fallback: str) -> Claim:
        layout, whose = found or (None, None)
        if layout and whose:
            return Claim(entry, (whose,), layout, "" if whose.id else _spelled(stem(entry.name), whose.student))
        person, time = self._person(entry)
        if person:
            by = "zip" if is_zip(entry.name) or is_packed(entry.name) else "file"
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

    def _export(self, folder: Folder) -> dict[str, dict]:
        return next((self.metadata(e) for e in folder.files if e.name == METADATA and not e.refused), {})


def _collected(folder: Folder) -> Whose | None:
    """Who CoCalc says that a folder's student is: it calls the folder by a number and puts a file with the name there.
    A student who had put another one there is called by the number."""
    names = [found[1] for entry in folder.files if (found := _STUDENT.match(entry.name))]
    if not _NUMBER.match(folder.name) or len(names) != 1:
        return None
    return Whose(clean(names[0]), folder.name, by="folder")


def _spelled(raw: str, student: str) -> str:
    return student if clean(raw) == raw else raw


def _all(folder: Folder, layout: Layout, whose: Whose) -> Iterator[Claim]:
    """Everything in a student's folder that was handed in."""
    version = re.compile(layout.version) if layout.version else None
    below = [name for name in folder.folders if layout.below and re.match(layout.below, name)]
    for entry in folder.every():
        inner = entry.path[len(folder.path) :]
        receipt = len(inner) == 1 and inner[0] == layout.receipt
        if below and not receipt and inner[0] not in below:
            continue
        attempt = next((float(m["attempt"]) for part in inner if version and (m := version.match(part))), whose.attempt)
        yield Claim(entry, (replace(whose, attempt=attempt, file=""),), layout)


def _told_apart(claims: list[Claim]) -> Iterator[Claim]:
    """Two people of one name in one download get the number behind their names that the system gives them."""
    ids: dict[tuple[str, str], set[str]] = defaultdict(set)
    for claim in claims:
        for who in claim.people:
            ids[claim.layout.name, who.student].add(who.id)
    for claim in claims:
        people = tuple(
            replace(who, student=clean(f"{who.student} {who.id}"))
            if who.id and (len(ids[claim.layout.name, who.student]) > 1 or who.student.lower() == "participant")
            else who
            for who in claim.people
        )
        yield replace(claim, people=people)
