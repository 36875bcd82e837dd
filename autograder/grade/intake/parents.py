"""Which layouts a folder shows, and which of its folders hold several people's work and not one student's."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from .exported import METADATA
from .folders import Entry, Folder
from .layouts import PLAIN, TABLE, Layout, Read, Sight, Whose, strong
from .names import Names, is_zip, stem

_CLASS = re.compile(
    r"^(?:submissions?|downloads?|assignment_\d+_export|class|all(?:[-_ ]submissions)?|students?|hand-?ins?|inbox"
    r"|attachments|notebooks|submitted|student work|.+-submissions|.*\(File responses\)"
    r"|.+-\d{8}T\d{6}Z(?:-\d+)+|OneDrive_\d[\d_-]*)(?: ?\(\d+\)|-\d+)?$",  # Google Drive's zips, OneDrive's
    re.I,
)
_NOBODY = re.compile(
    r"^(?:(?:(?:my|the|new|old)[-_ ]?)?(?:attempt|version|v|try|submission|take|draft|rev(?:ision)?|upload|old|new"
    r"|final|backup|copy|work|archive|mine|homework|hw|assignment|notebook|untitled|solutions?|tests?|scratch|temp|tmp"
    r"|answers?|problem|exercise|lab|code|given)[-_ ]*(?:[\d_. -]*|final|copy|new|old)"
    r"(?:[-_ ]*\(?(?:on[- ]time|late)\)?)?"
    r"|\d{1,3}|one|two|three|four|five|first|second|third|last|\d{4}-\d\d-\d\d.*)$",
    re.I,
)
WEAK = ("canvas", "github", "forms", "requests", "mail")  # layouts whose names one student may have by chance


def own_work(name: str) -> bool:
    """Whether this is what people call their own work, and never themselves."""
    return bool(_NOBODY.match(name))


@dataclass(frozen=True)
class Eye:
    """`chosen` is the layout that people named; `more` are names of folders that are nobody's."""

    names: Names
    chosen: Layout | None = None
    more: tuple[str, ...] = ()

    def sight(self, folder: Folder) -> Sight:
        folders = tuple(name for name, sub in folder.folders.items() if any(sub.every()))
        within = tuple(tuple(folder.folders[name].folders) for name in folders)
        return Sight(folder.name, folders, tuple(e.name for e in folder.files), self.names, within)

    def reads(self, folder: Folder) -> list[tuple[Layout, Read]]:
        """The layouts seen in a folder, the one that reads most names first."""
        sight = self.sight(folder)
        if self.chosen:
            found = None if self.chosen.name in PLAIN else self.chosen.see(sight)
            return [(self.chosen, found)] if found else []
        names = (*sight.folders, *sight.files)
        return sorted(strong(sight), key=lambda pair: -sum(bool(pair[1](name)) for name in names))  # stable

    def shared(self, name: str) -> bool:
        """Whether a folder or zip is called as one that holds everybody's."""
        plain = stem(name) if is_zip(name) else name
        return bool(_CLASS.match(plain)) or plain in self.names.parts or plain in self.more

    def parents(self, folder: Folder, reads: list[tuple[Layout, Read]]) -> set[str]:
        """The folders in this one that hold several people's: by their names, or because most of them look like it.

        Most, and not each for itself: a student can put anything into a folder of his own.
        """
        subs = {n: s for n, s in folder.folders.items() if any(s.every()) and not first(reads, n, "folder")[1]}
        down = {name for name in subs if self.shared(name)}
        if 2 * len(down) < sum(sub.work() for sub in subs.values()):  # a student may be called like a problem
            down = {name for name in down if self._names_somebody(subs[name])}
        if self.chosen and self.chosen.name == "folders":
            return down
        others = [e for e in folder.files if e.is_work] + [n for n in folder.folders if n not in subs]
        only = len(subs) == 1 and not others
        like = {name for name, sub in subs.items() if name not in down and self._looks_like_parent(sub, only)}
        inner = [n for name in like for n in self._names(subs[name])]
        tasks = all(own_work(name) for name in like)  # Homework 1, Homework 2, each with the same people
        if not tasks and len(inner) - len(set(inner)) > len(set(inner)):  # the same names in each: parts of one's work
            return down
        return down | like if 2 * len(like) > len(subs) - len(down) + len(others) else down

    def _names_somebody(self, folder: Folder) -> bool:
        """Whether anything in the folder is called by a name that may be a person's."""
        return any(self._names(folder)) or any(self._names_somebody(sub) for sub in folder.folders.values())

    def _names(self, folder: Folder) -> list[str]:
        """The names of what lies in a folder: of people, or of parts of one student's work."""
        folders = [name for name, sub in folder.folders.items() if sub.work()]
        return folders + [self.names.person(stem(e.name))[0] for e in folder.files if e.is_work]

    def _looks_like_parent(self, folder: Folder, only: bool, deep: bool = False) -> bool:
        """Whether the names in a folder are several people's.

        `only`: there is no other folder beside it, so that one student's name is enough where it cannot be there by
        chance. `deep`: it is the only folder in a folder; then files with names of their own may be one student's,
        unless each has an assignment's beside a person's.
        """
        sight = self.sight(folder)
        if METADATA in sight.files or any(layout.enters(sight) for layout in TABLE):
            return True
        files = [e for e in folder.files if e.is_work]
        subs = {n: s for n, s in folder.folders.items() if s.work()}
        for layout, found in self.reads(folder):
            names = [*subs] * ("folder" in layout.kinds) + [e.name for e in files] * ("file" in layout.kinds)
            people = [who for name in names if (who := found(name))]
            several = len({(who.student, who.id) for who in people}) > 1 or (only and layout.name not in WEAK)
            if people and several and 2 * len(people) >= len(files) + len(subs):
                return True
        if files and deep and not all(self.names.assignment(e.name) for e in files):
            return False
        if files:  # and folders between them, where some were handed in as a folder
            works = [(stem(e.name), [e]) for e in files] + [(n, [*s.every()]) for n, s in subs.items()]
            people = [self.names.person(name)[0] for name, _ in works]
            named = all(name and not own_work(name) for name in people)
            return named and len(set(people)) > 1 and _overlap(self._assignments(entries) for _, entries in works)
        if len(subs) == 1:
            return self._looks_like_parent(*subs.values(), only=only, deep=True)
        own = [s for n, s in subs.items() if not own_work(n) and self.names.person(n)[0]]
        return _overlap(self._assignments(s.every()) for s in own)

    def _assignments(self, entries: Iterable[Entry]) -> set[str | None]:
        """The assignments that the names of the work name; None is one that does not say."""
        return {self.names.assignment(e.name) for e in entries if e.is_work}


def first(reads: list[tuple[Layout, Read]], name: str, kind: str) -> tuple[Layout | None, Whose | None]:
    """The first layout that reads a name, and what it reads."""
    for layout, found in reads:
        if kind in layout.kinds and (whose := found(name)):
            return layout, whose
    return None, None


def _overlap(sets: Iterable[set[str | None]]) -> bool:
    """Whether two of the sets may have something in common; None may be anything."""
    seen: set[str | None] = set()
    for each in sets:
        if each & seen or (seen and None in each | seen):
            return True
        seen |= each
    return False
