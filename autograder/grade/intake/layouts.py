"""The forms in which course systems hand out what was handed in: one record each, all in `TABLE`.

A layout reads the names in one folder. From its `pattern` come `student`, `id`, `attempt` and `time` (which order what
one student handed in), `late` and `file`. What the names in a folder have in common is found by `prepare`, which
returns the pattern for this folder, or None when the folder is none of this layout.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal

from .moments import moment
from .names import JOINTS, Names, clean, is_notebook, is_zip, stem, without_copy

By = Literal["system", "folder", "zip", "file", "none"]
WORD = r"[^\x00-/:-@\[-^`{-\x7f\s]"  # what Canvas leaves of a name: letters of all scripts with their marks, digits, _
DATE = (
    r"(?:[^\W\d_]+\.? \d{1,2},? \d{4}|\d{1,2}\.?(?: de)? [^\W\d_]+\.?,?(?: de)? \d{4}|\d{4}-\d\d-\d\d"
    r"|\d{4}[年년] ?\d\d?[月월] ?\d\d?[日일]|\d\d?[-.]\d\d?[-.]\d{4})"
    r"(?:[ ,]+\d[\d: .h_-]*)?(?:[AaPp]\.? ?[Mm]\b\.?)?"
)


@dataclass(frozen=True)
class Whose:
    """Who handed in a file. `also` are other names by which a roster may know the student; `attempt` and `time` are 0
    and `late` None when nothing says; `by` is what named the student; `file` is the name that the file had before the
    system put something in front."""

    student: str
    id: str = ""
    also: tuple[str, ...] = ()
    attempt: float = 0.0
    time: float = 0.0
    late: bool | None = None
    by: By = "system"
    file: str = ""


@dataclass(frozen=True)
class Sight:
    """What a layout sees of a folder: its own name, and the names in it."""

    name: str
    folders: tuple[str, ...]
    files: tuple[str, ...]
    names: Names
    within: tuple[tuple[str, ...], ...] = ()  # names of folders within each of its folders


Read = Callable[[str], Whose | None]


@dataclass(frozen=True)
class Layout:
    """`title` is what people read. `enter` is the folder in which the students' are, when one of `beside` stands next
    to it; `below`, how the folders in a student's are called that alone were handed in; `receipt`, the end of the name
    of a text file that says when, or whose it is; `version`, the pattern of a folder there; `number`, how a roster may
    have the id; `clock`, whether the files' own times tell when they were handed in."""

    name: str
    title: str
    pattern: str = ""
    prepare: Callable[[Sight], str | Read | None] | None = None
    kinds: tuple[str, ...] = ("folder", "file")
    enter: str = ""
    beside: tuple[str, ...] = ()
    below: str = ""
    receipt: str = ""
    version: str = ""
    number: str = "{id}"
    clock: bool = True

    def see(self, sight: Sight) -> Read | None:
        """How this layout reads a name in the folder; None when the folder is none of this layout."""
        having = sum(any(re.match(self.below, name) for name in names) for names in sight.within)
        if self.enter or (self.below and 2 * having < max(1, len(sight.within))):  # one student may have one by chance
            return None
        found = self.prepare(sight) if self.prepare else self.pattern
        if not isinstance(found, str):
            return found
        compiled = re.compile(found)
        return lambda name: read(compiled, name)

    def enters(self, sight: Sight) -> bool:
        """Whether the students' folders are in one of this folder's, and what lies beside was not handed in."""
        return self.enter in sight.folders and bool({*sight.folders, *sight.files} & {*self.beside})


def read(pattern: re.Pattern[str], name: str) -> Whose | None:
    """The student in a name, from the groups of a pattern."""
    found = pattern.match(name)
    if not found:
        return None
    said = {key: value for key, value in found.groupdict().items() if value}
    time = moment(said["time"]) or 0.0 if "time" in said else 0.0
    attempt = float(said["attempt"][:15]) if said.get("attempt", "").isdigit() else time
    late = True if "late" in said else None
    student, file = clean(said.get("student") or said.get("id", "")), said.get("file", "")
    return Whose(student, said.get("id", ""), (), attempt, time, late, file=file)


_MOODLE = re.compile(
    r"^(?P<student>.+?)(?:_(?P<id>\d+))?_assignsubmission_(?P<plugin>[a-z]+)(?:_(?P<file>.*)|\.html)?$"
)
_GROUP = re.compile(
    r"(?:(?:default|my) )?(?:group|gruppe|groupe|grupo|gruppo|groep|team|equipe|équipe|equipo|squad|section|seminar"
    r"|tutorial|tutorium|übung|kurs|course|class|klasse|lab|cohort|set|tutor)s?\b|.*\d|[A-Z]{1,2}$|\W*$",
    re.I,
)
FEW = 4  # people, all of whom may have a hyphen in their first name


def moodle(sight: Sight) -> Read:
    """NAME_NUMBER_assignsubmission_file_name. Where work is handed in by groups, GROUP-NAME: Moodle then puts a group
    before every name, so that a hyphen in all of them tells it from Jean-Luc."""
    heads = {f["student"] for n in (*sight.folders, *sight.files) if (f := _MOODLE.match(n))}
    split = {head: found for head in heads if (found := head.partition("-"))[1] and _named(found[2])}
    fronts = {front for front, _, _ in split.values()}
    all_in_groups = len(split) == len(heads) >= FEW and 2 * len(fronts) <= len(heads)

    def whose(name: str) -> Whose | None:
        found, match = read(_MOODLE, name), _MOODLE.match(name)
        if not found or not match:
            return None
        person = clean(_without_group(match["student"], all_in_groups))
        return replace(found, student=person, also=(found.student,) if person != found.student else ())

    return whose


def _named(person: str) -> bool:
    """Whether this is a first and a last name, or Moodle's word for a student without one."""
    return " " in person or person.casefold() in ("participant", "teilnehmer/in", "participante")


def _without_group(head: str, all_in_groups: bool) -> str:
    """The person in GROUP-NAME; a group's name may have a hyphen before a number, as in `Mon-10h`."""
    parts = re.split(r"(?<! )-(?! )", head)  # ` - ` belongs to the group's name
    for at in range(1, len(parts)):
        person = "-".join(parts[at:])
        group = any(_GROUP.match(part) for part in parts[:at]) or all_in_groups
        if group and _named(person) and not re.search(r"\d", parts[at]):
            return person.strip()
    return head


_CANVAS = re.compile(rf"^(?P<head>{WORD}+?)_(?P<numbers>[1-9]\d*(?:_\d+)+)_(?P<file>.+)$")
_CANVAS_QUIZ = re.compile(r"(_\d+)_question_\d+(?=_\d+_)")
_AGAIN = re.compile(r"-\d{1,2}(\.\w+)$")  # Canvas numbers what is handed in again under the same name
_CANVAS_HIDDEN = re.compile(
    r"^(?:(?P<late>LATE)_)?(?P<student>anon_[A-Za-z0-9]{1,12})_(?:(?P<attempt>\d+)_.+|text\.html|link\.html)$"
)
_CANVAS_TEXT = re.compile(rf"^(?P<head>{WORD}+?)_(?P<id>\d+)_(?:text|link)\.html$")


def canvas(sight: Sight) -> Read:
    """NAME_USER_FILE_name, NAME_LATE_USER_FILE_name. A name may end in a number of its own: `team_7_201_601_hw.ipynb`;
    then the user's and the file's number are as long as those of the others in the folder."""
    names = [_CANVAS_QUIZ.sub(r"\1", n) for n in (*sight.folders, *sight.files)]
    found = [f for n in names if (f := _CANVAS.match(n))]
    runs = [f["numbers"].split("_") for f in found]
    clear = {(len(run[0]), len(run[1])) for run in runs if len(run) == 2}
    named = [sight.names.assignment(f["file"][:60]) is not None for f in found]
    last = not clear and sum(named) * 2 > len(found)

    def whose(name: str) -> Whose | None:
        name = _CANVAS_QUIZ.sub(r"\1", name)
        if hidden := read(_CANVAS_HIDDEN, name):
            return replace(hidden, late=bool(hidden.late))
        if text := _CANVAS_TEXT.match(name):
            return _canvas(text["head"], text["id"], "0")
        match = _CANVAS.match(name)
        if not match:
            return None
        run = match["numbers"].split("_")
        pairs = range(len(run) - 1)
        at = next((i for i in pairs if (len(run[i]), len(run[i + 1])) in clear), len(run) - 2 if last else 0)
        if 1990 < int(run[at]) < 2100 and int(run[at + 1]) <= 12:  # a date
            return None
        file = "_".join([*run[at + 2 :], match["file"]])
        found = _canvas("_".join([match["head"], *run[:at]]), run[at], run[at + 1])
        return replace(found, file=_AGAIN.sub(r"\1", file))

    return whose


def _canvas(head: str, user: str, file: str) -> Whose:
    late = head == "LATE" or head.endswith("_LATE")
    student = head.removesuffix("LATE").rstrip("_") if late else head
    return Whose(clean(f"{student}_{user}".lstrip("_")), user, (clean(student),), float(file[:15]), 0.0, late)


_ATTEMPT = re.compile(r"^(?P<head>.+)_attempt_(?P<time>\d{4}(?:-\d\d){5})(?:_(?P<file>.+)|\.txt)?$")


def blackboard(sight: Sight) -> Read:
    """ASSIGNMENT_USER_attempt_TIME_name. Both may hold `_`. An assignment's title ends by the first `_` behind its last
    space, or behind the name of one of ours; of other titles, what several users have in common is the assignment.
    A roster may know the user by more of the name."""
    heads = {f["head"] for n in (*sight.folders, *sight.files) if (f := _ATTEMPT.match(n))}
    shared = Counter(front for head in heads for front in _fronts(head))

    def front(head: str) -> str:
        fronts = [f for f in _fronts(head) if " " not in head[len(f) :]]
        titles = [f for f in fronts if not sight.names.person(f)[0]]
        if fronts and " " in head:
            return fronts[0]
        # a group's name may have spaces, too
        return titles[-1] if titles else max(fronts or _fronts(head), key=lambda f: (shared[f], len(f)), default="")

    users = {head: head[len(front(head)) :] for head in heads}
    if len(heads) > 1 and len({*users.values()}) == 1:
        users = _before_what_is_shared(heads, sight.names) or users

    def whose(name: str) -> Whose | None:
        found = read(_ATTEMPT, name)
        match = _ATTEMPT.match(name)
        if not found or not match:
            return None
        user = users.get(match["head"], match["head"].rsplit("_", 1)[-1])
        longer = [match["head"][len(f) :] for f in _fronts(match["head"]) if len(match["head"]) - len(f) > len(user)]
        return replace(found, student=clean(user), id=user, also=tuple(map(clean, reversed(longer))))

    return whose


def _before_what_is_shared(heads: set[str], names: Names) -> dict[str, str]:
    """The users in USER_ASSIGNMENT, which is how nbgrader wants it; none where several titles end in one user."""
    ends = set.intersection(*({head[len(f) - 1 :] for f in _fronts(head)} for head in heads))
    users = {head: head.removesuffix(max(ends, key=len)) for head in heads}
    is_title = (" " in u or _FILE.match(u) or _TASK.search(u) or not names.person(u)[0] for u in users.values())
    return {} if any(is_title) else users


def _fronts(head: str) -> list[str]:
    return [head[: m.end()] for m in re.finditer("_", head) if m.end() < len(head)]


def brightspace(sight: Sight) -> Read:
    """USER-FOLDER - Name - Date, as a folder or in front of a file's name; a group or a number may stand in front of
    the name. Which of the first two numbers is the user's, the others in the folder tell."""
    dated = re.compile(rf"^(?P<id>\d+-\d+) - (?P<student>.+?) - (?P<time>{DATE})(?: - .+)?$")
    plain = re.compile(r"^(?P<id>\d+-\d+) - (?P<student>.+?) - .+\.\w+$")
    pairs = {f["id"] for n in (*sight.folders, *sight.files) if (f := dated.match(n) or plain.match(n))}
    first = len({p.split("-")[0] for p in pairs}) > 1 or len({p.split("-")[1] for p in pairs}) == 1

    def whose(name: str) -> Whose | None:
        found = read(dated, name) or read(plain, name)
        if not found:
            return None
        chunks = found.student.split(" - ")
        if len(chunks) > 1 and re.fullmatch(r"\S*\d{4,}\S*", chunks[0]):
            chunks = chunks[1:]
        user = found.id.split("-")[0 if first else 1]
        return replace(found, student=chunks[0], id=user if len(chunks) == 1 else "")  # else a group's

    return whose


def github(sight: Sight) -> str | None:
    """SLUG-username, one repository each: GitHub Classroom clones them into SLUG-submissions."""
    slug = sight.name.removesuffix("-submissions")
    if slug == sight.name or not any(f.startswith(f"{slug}-") for f in sight.folders):
        heads = [f.split("-")[:-1] for f in sight.folders]
        fronts = [heads[0][: n + 1] for n in range(len(heads[0]))] if len(heads) > 1 else []
        shared = ["-".join(f) for f in fronts if all(h[: len(f)] == f for h in heads)]
        named = [f for f in shared if not sight.names.person(f)[0]]
        told = [f for f in shared if _TASK.search(f) and len(heads) > 2]
        above = [f for f in shared if sight.name.startswith(f"{f}-")]  # SLUG-DATE, a newer way to fetch them
        slug = next(iter([*above[-1:], *named[-1:], *told[-1:]]), "")
    return rf"^{re.escape(slug)}-(?P<student>.+)$" if slug else None


def forms(sight: Sight) -> Read | None:
    """`NAME OF THE FILE - Name of the person`, as Google Forms calls what was uploaded."""
    stems = _stems(sight)
    pairs = [(clean(front), clean(back)) for front, back in (s.rsplit(" - ", 1) for s in stems if " - " in s)]
    common = Counter(front.casefold() for front, _ in pairs)
    fitting = [
        back
        for front, back in pairs
        if sight.names.person(back)[0] and (common[front.casefold()] > 1 or not sight.names.person(front)[0])
    ]
    if not pairs or ("(File responses)" not in sight.name and not _most(fitting, stems)):
        return None

    def whose(name: str) -> Whose | None:
        plain = without_copy(stem(name))
        return Whose(clean(plain.rsplit(" - ", 1)[1])) if " - " in plain else None

    return whose


def requests(sight: Sight) -> Read | None:
    """`Name of the person - NAME OF THE FILE`, as Dropbox and Google Classroom call it. What tells a file's name: it is
    an assignment's, holds a number, or several people have the same."""
    pairs = [s.split(" - ", 1) for s in _stems(sight) if " - " in s]
    common = Counter(back for _, back in pairs)
    fitting = [
        front
        for front, back in pairs
        if sight.names.person(front)[0]
        and not _FILE.match(front)
        and (common[back] > 1 or (not _TASK.search(front) and (not sight.names.person(back)[0] or _TASK.search(back))))
    ]
    if not _most(fitting, _stems(sight)):
        return None

    def whose(name: str) -> Whose | None:
        front, separator, back = stem(name).partition(" - ")
        return Whose(clean(front), file=back + name[len(stem(name)) :]) if separator else None

    return whose


def _most(people: list[str], stems: list[str]) -> bool:
    """Whether more than three quarters of the files name somebody, and not all the same person."""
    return len(set(people)) > 1 and 4 * len(people) > 3 * len(stems)


def _stems(sight: Sight) -> list[str]:
    return [without_copy(stem(f)) for f in sight.files if is_notebook(f) or is_zip(f)]


def mail(sight: Sight) -> Read | None:
    """Attachments saved by sender: an address, or a date with a name, in most names of the folder."""

    def whose(name: str) -> Whose | None:
        plain, stamped = sight.names.person(stem(name) if name in sight.files else name)
        if address := _ADDRESS.search(plain):
            day = _SOME_DAY.search(plain)
            time = moment(day.group()) or 0.0 if day else stamped
            return Whose(address.group().lower(), address.group().lower(), (), time, time)
        dated = _DATED.match(plain)
        person = dated and (dated["front"] or dated["back"] or "").strip(JOINTS)
        if not dated or not person:
            return None
        time = moment(dated["time"] or dated["day"]) or 0.0
        return Whose(clean(person), attempt=time, time=time)

    work = [*sight.folders, *(f for f in sight.files if is_notebook(f) or is_zip(f))]
    found = [w for name in work if (w := whose(name))]
    return whose if len({w.student for w in found}) > 1 and len(found) * 4 > 3 * len(work) else None


_FILE = re.compile(r"(?:hw|lab|ex|set|task|part|week|day|try|version|draft|[apqv])[ _-]?\d{1,2}\b", re.I)
_TASK = re.compile(r"[^\W\d_].*\d|homework|assignment|project|exercise|problem|lab", re.I)
_ADDRESS = re.compile(r"[\w.+'%-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,24}")
_DAY = r"(?P<time>(?:19|20)\d\d-\d\d-\d\d(?:[T _-]?\d\d[-_.h:]?\d\d(?:[-_.:]?\d\d)?)?)"
_SOME_DAY = re.compile(_DAY)
_DATED = re.compile(rf"^(?:{_DAY}[ _,-]+(?P<back>\D.*)|(?P<front>.+?)[ _,-]+{_DAY.replace('time', 'day')})$")

TABLE = (
    Layout("moodle", "Moodle download", prepare=moodle, number="Participant {id}"),
    Layout(
        "moodle-quiz",
        "Answers to a Moodle quiz",
        r"^(?P<student>.+)_(?P<attempt>\d+)_(?P<time>\d{8}_\d{6})$",
        kinds=("folder",),
    ),
    Layout("blackboard", "Blackboard download", prepare=blackboard, receipt=".txt"),
    Layout("brightspace", "Brightspace download", prepare=brightspace, number=""),
    Layout("canvas", "Canvas download", prepare=canvas, clock=False),
    Layout(
        "sakai",
        "Sakai download",
        r"^(?P<student>.+\((?P<id>[^()]+)\))$",
        kinds=("folder",),
        below="Submission attachment",
        receipt="timestamp.txt",
    ),
    Layout(
        "sakai-files", "Sakai download", r"^(?P<student>.+\((?P<id>[^()]+)\))_Submission attachment\(s\)_(?P<file>.+)$"
    ),
    Layout(
        "openolat",
        "OpenOlat archive",
        r"^(?P<student>.+)$",
        kinds=("folder",),
        below=r"\d+_(?:submissions|revisions_\d+)$",
        version=r"^\d+_revisions_(?P<attempt>\d+)$",
    ),
    Layout("gradescope", "Gradescope export", r"^(?P<student>submission_\d+)$", kinds=("folder",)),
    Layout(
        "nbgrader",
        "nbgrader course",
        r"^(?P<student>.+)$",
        kinds=("folder",),
        enter="submitted",
        beside=("source", "release", "autograded", "feedback", "gradebook.db", "nbgrader_config.py"),
        receipt="timestamp.txt",
    ),
    Layout(
        "nbgrader-exchange",
        "nbgrader exchange",
        r"^(?P<student>[^+]+)\+(?P<assignment>[^+]+)\+(?P<time>\d{4}-\d\d-\d\d[ T_]\d\d[:_-]?\d\d[^+]*)(?:\+.*)?$",
        kinds=("folder",),
    ),
    Layout(
        "teams",
        "Teams assignment",
        r"^(?P<student>.+)$",
        kinds=("folder",),
        enter="Submitted files",
        beside=("Working files",),
        version=r"^Version (?P<attempt>\d+)$",
    ),
    Layout("github", "GitHub Classroom repositories", prepare=github, kinds=("folder",)),
    Layout("forms", "Google Forms uploads", prepare=forms, kinds=("file",)),
    Layout("requests", "Files asked for by Dropbox or Google Classroom", prepare=requests, kinds=("file",)),
    Layout("mail", "Attachments by sender", prepare=mail),
    Layout("folders", "Folders, one a student", r"^(?P<student>.+)$", kinds=("folder",)),
    Layout("files", "Files named by student"),
    Layout("one", "One student's files"),
)
BY_NAME = {layout.name: layout for layout in TABLE}
PLAIN = ("folders", "files", "one")  # what is left when no course system is seen


def pattern_layout(text: str, names: Names) -> Layout:
    """A layout from a pattern like `{student}_{id}_{file}`, also over several folders; raises ValueError."""
    known = "|".join(re.escape(k) for k in names.known)
    groups = {
        "student": ".+?",
        "id": r"[^/]+?",
        "attempt": r"\d+",
        "time": ".+?",
        "late": "LATE|late",
        "assignment": known,
    }
    parts: list[str] = []
    used: set[str] = set()
    for piece in re.split(r"(\{[^{}/]*\})", text):
        key = piece[1:-1]
        if not piece.startswith("{"):
            parts.append(re.escape(piece))
        elif key in groups and key not in used:
            used.add(key)
            parts.append(f"(?P<{key}>{groups[key]})")
        else:
            parts.append("[^/]*?")
    if not used & {"student", "id"}:
        raise ValueError(f"--pattern {text!r} has neither {{student}} nor {{id}}, e.g. '{{student}}_{{id}}_{{file}}'")
    return Layout("pattern", f"Names like {text}", rf"^{''.join(parts)}$")


def choose(name: str) -> Layout:
    """The layout that `--layout` names; raises ValueError."""
    if name not in BY_NAME:
        raise ValueError(f"--layout {name!r} is none of: {', '.join(BY_NAME)}")
    return BY_NAME[name]


def strong(sight: Sight) -> Iterable[tuple[Layout, Read]]:
    """The layouts that may be read in this folder."""
    for layout in TABLE:
        if layout.name not in PLAIN and (found := layout.see(sight)):
            yield layout, found
