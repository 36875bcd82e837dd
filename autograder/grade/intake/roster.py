"""A class list from Canvas, Gradescope, Moodle, Brightspace, Blackboard, GitHub Classroom, or made by hand, as CSV."""

import csv
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from autograder.errors import CommandError

from ..spreadsheet import rows, sheet
from .names import clean

MAX_BYTES = 16 << 20
MAX_WORDS = 20  # of a name that may hold a person's
MIN_DIGITS, MIN_LETTERS = 4, 3  # of what may be somebody's number or login within it
_COLUMNS = {  # what the systems call their columns, without spaces and case; Moodle also in German, French, Spanish
    "name": (
        "name", "student", "fullname", "studentname", "displayname",
        "vollständigername", "nomcomplet", "nombrecompleto",
    ),
    "first": ("firstname", "givenname", "first", "vorname", "prénom", "nombre"),
    "last": ("lastname", "surname", "familyname", "last", "nachname", "nom", "nomdefamille", "apellidos"),
    "id": (
        "id", "studentid", "userid", "canvasid", "sid", "identifier", "idnumber", "orgdefinedid", "participant",
        "idnummer", "matrikelnummer", "identifiant", "numérodidentification", "identificador", "númerodeid",
    ),
    "sis_id": ("sisuserid", "sisid", "sis"),
    "login": (
        "sisloginid", "login", "loginid", "username", "user", "githubusername", "github", "netid",
        "anmeldename", "nutzername", "nomdutilisateur", "nombredeusuario",
    ),
    "email": (
        "email", "emailaddress", "mail",
        "emailadresse", "adressedecourriel", "courriel", "direccióndecorreo", "correoelectrónico",
    ),
    "section": ("section", "sections", "group", "class", "gruppe", "gruppen", "groupe", "groupes", "grupo", "grupos"),
}  # fmt: skip
_PARTICIPANT = re.compile(r"[^\d@]{6,} ?(\d+)$")  # Moodle's worksheets have `Participant 12345`, in the site's language


class RosterError(CommandError, ValueError):
    """The roster cannot be used; the message says why and what was expected."""


@dataclass(frozen=True)
class Person:
    """A student on the roster. `name` is what the reports say; two of one name have their number in it."""

    name: str
    id: str = ""
    sis_id: str = ""
    login: str = ""
    email: str = ""
    section: str = ""

    def as_dict(self) -> dict[str, str]:
        return {key: value for key, value in asdict(self).items() if value}


class Roster:
    """Finds people by any of their numbers and addresses, else by their name when only one has it.

    `columns` are the titles of the file's columns, as they stand there.
    """

    def __init__(self, people: Iterable[Person], columns: Iterable[str] = ()):
        self.columns = tuple(columns)
        self.people = list(_told_apart(_once(people)))
        self._numbers: dict[str, set[Person]] = defaultdict(set)
        self._plain_numbers: dict[str, set[Person]] = defaultdict(set)
        self._names: dict[str, set[Person]] = defaultdict(set)
        for person in self.people:
            numbers = [_key(n) for n in (person.id, person.sis_id, person.login, person.email) if n]
            numbers += [f"participant {found[1]}" for n in numbers if (found := _PARTICIPANT.match(n))]
            for number in numbers:
                self._numbers[number].add(person)
                if number.isdecimal():
                    self._plain_numbers[number.lstrip("0")].add(person)
            for name in _spellings(person.name):
                self._names[name].add(person)

    def find(self, numbers: Iterable[str], names: Iterable[str]) -> Person | None:
        """The person with one of these numbers, or else of one of these names; None when nobody is, when several are,
        or when number and name are those of two."""
        by_number = self._one(self._numbers, map(_key, numbers))
        by_name = self._one(self._names, (_joined(_words(name)) for name in names))
        return (by_number or by_name) if by_number is None or by_name in (None, by_number) else None

    def guesses(self, names: Iterable[str], others: Iterable[str]) -> dict[str, Person]:
        """The people whose number, login or whole name is a part of one of these names: `cnn-hw-1-jdoe`,
        `Doe_Jane_jdoe_77`. What several names have, those of `others` included, is nobody's."""
        wanted = {*names}
        count = Counter(part for name in wanted | {*others} for part in _parts(name))
        shared = {part for part, times in count.items() if times > 1}
        return {name: person for name in sorted(wanted) if (person := self._guess(name, shared))}

    def _guess(self, name: str, shared: set[str]) -> Person | None:
        """A spreadsheet may have cut off the zeros before a number."""
        words = _words(name)[:MAX_WORDS]
        ends = [(at, to) for at in range(len(words)) for to in range(at + 1, len(words) + 1)]
        parts = [p for p in _parts(name) if p not in shared]
        joined = [_joined(words[at:to]) for at, to in ends if to > at + 1] + [_joined(_words(p)) for p in parts]
        found = {p for run in joined if len(run) >= MIN_LETTERS for p in self._names.get(run, ())}
        for part in parts:
            if part.isdecimal():
                found |= self._plain_numbers.get(part.lstrip("0"), set()) if len(part) >= MIN_DIGITS else set()
            elif len(part) >= MIN_LETTERS:
                found |= self._numbers.get(part, set())
        return next(iter(found)) if len(found) == 1 else None

    def _one(self, table: dict[str, set[Person]], keys: Iterable[str]) -> Person | None:
        for key in keys:
            if key and len(found := table.get(key, set())) == 1:
                return next(iter(found))
        return None


def read_roster(path: Path) -> Roster:
    """Raises RosterError."""
    try:
        data = path.read_bytes()
    except OSError as e:
        raise RosterError(f"the roster {path} could not be opened ({e.strerror})") from None
    if len(data) > MAX_BYTES:
        raise RosterError(f"the roster {path} has {len(data) >> 20} MB; a class list of at most 16 MB was expected")
    try:
        lines = rows(sheet(data))
    except csv.Error as e:
        raise RosterError(f"the roster {path} is no CSV file ({e})") from None
    return Roster(_people(lines, path), lines[0] if lines else ())


def _people(lines: list[list[str]], path: Path) -> list[Person]:
    columns = {}
    for number, title in enumerate(lines[0] if lines else []):
        plain = re.sub(r"[\W_]", "", clean(title)).lower()
        for key, titles in _COLUMNS.items():
            if plain in titles:
                columns.setdefault(key, number)
    if not {"name", "id", "login", "email", "last"} & set(columns):
        head = ", ".join(lines[0] if lines else ())
        raise RosterError(
            f"the first line of the roster {path} is {head[:100]!r}; columns like name, id, login, email, "
            "section were expected, as Canvas, Gradescope and Moodle export them"
        )
    found = []
    for row in lines[1:]:
        said = {key: _plain(clean(row[n])) for key, n in columns.items() if n < len(row)}
        name = said.get("name") or " ".join(filter(None, (said.get("first"), said.get("last"))))
        rest = {key: said.get(key, "") for key in ("id", "sis_id", "login", "email", "section")}
        name = name or rest["email"] or rest["login"] or rest["id"]
        if name and name.lower() not in ("points possible", "student, test", "test student"):
            found.append(Person(name, **rest))
    if not found:
        raise RosterError(f"the roster {path} names no students: a line for each was expected below the first")
    return found


def _plain(cell: str) -> str:
    """A cell without what exports and spreadsheets put around a number: `#7001`, `'007`, `="007"`, `1234567.0`."""
    cell = re.sub(r'^="(.*)"$', r"\1", cell).lstrip("#'")
    return cell[:-2] if re.fullmatch(r"\d+\.0", cell) else cell


def _once(people: Iterable[Person]) -> list[Person]:
    """A person on several lines, as in two sections, once."""
    named: dict[str, list[Person]] = defaultdict(list)
    for person in people:
        same = named[_key(person.name)]
        at = next((n for n, other in enumerate(same) if _agree(person, other)), None)
        if at is None:
            same.append(person)
        else:
            section = ", ".join(dict.fromkeys(filter(None, (same[at].section, person.section))))
            same[at] = Person(**(person.as_dict() | same[at].as_dict() | {"section": section}))
    return [person for same in named.values() for person in same]


def _agree(one: Person, other: Person) -> bool:
    """Whether two people of one name have something that tells people apart in common, and nothing that differs."""
    both = [(getattr(one, key), getattr(other, key)) for key in ("id", "sis_id", "login", "email")]
    both = [(_key(a), _key(b)) for a, b in both if a and b]
    return bool(both) and all(a == b for a, b in both)


def _told_apart(people: list[Person]) -> Iterable[Person]:
    count: dict[str, int] = defaultdict(int)
    for person in people:
        count[person.name] += 1
    for person in people:
        mark = person.id or person.login or person.email or person.sis_id
        yield replace(person, name=f"{person.name} {mark}".strip()) if count[person.name] > 1 else person


def _key(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold().strip()


def _spellings(name: str) -> set[str]:
    """`Jane Doe`, `Doe, Jane` and `doejane` are one name: all orders that begin elsewhere, without spaces."""
    words = _words(name)
    return {_joined(words[n:] + words[:n]) for n in range(len(words))}


def _parts(name: str) -> set[str]:
    """What may be a number or a login within a name: with `-` and `.` in it, and without."""
    loose = [part.strip(".-") for part in re.split(r"[\s,;_()<>\[\]]+", _key(name))]
    return {part for part in (*loose, *_words(_key(name))) if part}


def _words(name: str) -> list[str]:
    return [word for word in re.split(r"[\s,;_.'’`-]+", name) if word]


def _joined(words: list[str]) -> str:
    plain = unicodedata.normalize("NFKD", "".join(words).casefold())
    return "".join(c for c in plain if not "\u0300" <= c <= "\u036f")  # accents; marks of other scripts are letters
