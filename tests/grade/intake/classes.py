"""Makes classes as each course system hands them out: odd names, clashes, groups, attempts, late ones, copies.

Each builder returns the files, path by path, and whose work must count: label of the student -> what its notebook says.
"""

import random
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

from tests.grade.small import notebook

P1 = "p1_dimensions"
KNOWN = [P1, "p5_pooling"]
START = datetime(2026, 11, 1, 9, 0, 0)
NAMES = [
    "Jane Doe", "Jane Doe", "Ali Bey", "Siobhán O'Neil", "María García López", "Jean-Luc Picard-Smith", "李 小明",
    "प्रिया शर्मा", "สมชาย ใจดี", "محمد علي", "שרה כהן", "Jörg Mu\u0308ller", "Anne van der Berg", "Plato X",
    "R2 D2", "Zoë 3rd", "Nguyễn Thị Hoa", "Ó Súilleabháin Seán", "Łukasz Żółć", "Ivan Иванов", "Ann Lee", "Anna Lee",
    "Ann Leeson", "Bob Attempt", "Late Larsen", "File Folder", "Copy Cat", "Student Test", "Max Mustermann", "Ye Xu",
]  # fmt: skip


@dataclass
class Person:
    number: int
    name: str

    @property
    def first(self) -> str:
        return self.name.split()[0]

    @property
    def last(self) -> str:
        return " ".join(self.name.split()[1:])

    @property
    def sortable(self) -> str:
        return f"{self.last}, {self.first}"

    @property
    def login(self) -> str:
        return f"user_{self.number}" if self.number % 3 else f"u{self.number}x"

    @property
    def user(self) -> int:
        return 40_000 + self.number

    @property
    def email(self) -> str:
        return f"{self.login}@school.example.org"


PEOPLE = [Person(n, name) for n, name in enumerate(NAMES)]


@dataclass
class Made:
    """A class on disk, in pieces."""

    files: dict[str, bytes] = field(default_factory=dict)
    expected: dict[str, str] = field(default_factory=dict)
    late: set[str] = field(default_factory=set)
    title: str = ""
    times: dict[str, float] = field(default_factory=dict)


def work(says: str) -> bytes:
    return notebook("import utils", f"answer = {says!r}", name=P1)


BLANK = notebook("import utils", "answer = ...", name=P1)


def zipped(files: dict[str, bytes]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, data in files.items():
            bundle.writestr(zipfile.ZipInfo(name, (2026, 11, 2, 12, 0, 0)), data)
    return out.getvalue()


def handed_in(person: Person, says: str, rng: random.Random) -> tuple[str, bytes]:
    """A file as students upload it: otter's zip, the notebook, a renamed one, one that the browser renamed."""
    stamp = START + timedelta(minutes=rng.randrange(5000))
    data = work(says)
    return rng.choice(
        [
            (f"{P1}_{stamp:%Y_%m_%dT%H_%M_%S}_000000.zip", zipped({f"{P1}.ipynb": data, ".OTTER_LOG": b"x"})),
            (f"{P1}_{stamp:%Y_%m_%dT%H_%M_%S}_123456 (1).zip", zipped({f"{P1}.ipynb": data})),
            (f"{P1}.ipynb", data),
            (f"{P1} (2).ipynb", data),
            (f"{P1}-Copy1.ipynb", data),
            (f"{P1}.ipynb.txt", data),
            ("my homework.ipynb", data),
            ("work.zip", zipped({"jane_doe_1_2_x.ipynb": data, "bob/notes.txt": b"x"})),
        ]
    )


def unique(people: list[Person]) -> list[Person]:
    return list({p.name: p for p in people}.values())


def canvas_word(text: str) -> str:
    """As Canvas does: no space, no sign; letters, marks, digits and _ stay."""
    return re.sub(r"[\x00-/:-@\[-^`{-\x7f\s]", "", text).lower()


def canvas(people: list[Person], rng: random.Random) -> Made:
    made = Made(title="Canvas download")
    for p in people:
        name, data = handed_in(p, p.name, rng)
        word, late = canvas_word(p.sortable), p.number % 7 == 3
        made.files[f"{word}{'_LATE' * late}_{p.user}_{900_000 + p.number}_{name}"] = data
        made.expected[f"{word}_{p.user}"] = p.name
        made.late |= {f"{word}_{p.user}"} if late else set()
    return made


def canvas_groups(people: list[Person], rng: random.Random) -> Made:
    made = Made(title="Canvas download")
    for p in people:
        name, data = handed_in(p, p.login, rng)
        group = ["group", "team_alpha", "section_", "42", "a_b_"][p.number % 5] + str(p.number)
        made.files[f"{group}_{p.user}_{900_000 + p.number}_{name}"] = data
        made.expected[f"{group}_{p.user}"] = p.login
    return made


def canvas_anonymous(people: list[Person], rng: random.Random) -> Made:
    made = Made(title="Canvas download")
    for p in people:
        name, data = handed_in(p, p.login, rng)
        code = "".join(rng.choice("abcDEF123456789") for _ in range(5))
        late = p.number % 7 == 3
        made.files[f"{'LATE_' * late}anon_{code}_{900_000 + p.number}_{name}"] = data
        made.expected[f"anon_{code}"] = p.login
        made.late |= {f"anon_{code}"} if late else set()
    return made


def moodle_label(p: Person, people: list[Person]) -> str:
    return f"{p.name} {p.user}" if sum(q.name == p.name for q in people) > 1 else p.name


def moodle(people: list[Person], rng: random.Random) -> Made:
    made = Made(title="Moodle download")
    for p in people:
        name, data = handed_in(p, p.login, rng)
        folder = f"{p.name}_{p.user}_assignsubmission"
        made.files[f"{folder}_file_/{name}"] = data
        made.files[f"{folder}_onlinetext_/onlinetext.html"] = b"<p>done</p>"
        made.expected[moodle_label(p, people)] = p.login
    return made


def moodle_flat(people: list[Person], rng: random.Random) -> Made:
    made = Made(title="Moodle download")
    for p in people:
        name, data = handed_in(p, p.login, rng)
        made.files[f"{p.name}_{p.user}_assignsubmission_file_{name}"] = data
        made.files[f"{p.name}_{p.user}_assignsubmission_onlinetext.html"] = b"<p>done</p>"
        made.expected[moodle_label(p, people)] = p.login
    return made


def moodle_blind(people: list[Person], rng: random.Random) -> Made:
    made = Made(title="Moodle download")
    for p in people:
        name, data = handed_in(p, p.login, rng)
        made.files[f"Participant_{p.user}_assignsubmission_file/{name}"] = data
        made.expected[f"Participant {p.user}"] = p.login
    return made


def blackboard(people: list[Person], rng: random.Random) -> Made:
    made = Made(title="Blackboard download")
    for p in people:
        for attempt in range(1 + p.number % 3):
            name, data = handed_in(p, f"{p.login} {attempt}", rng)
            when = START + timedelta(days=attempt, minutes=p.number)
            front = f"Problem_1_{p.login}_attempt_{when:%Y-%m-%d-%H-%M-%S}"
            made.files[f"{front}_{name}"] = data
            made.files[f"{front}.txt"] = f"Name: {p.name} ({p.login})\n".encode()
            made.times[p.login] = when.timestamp()
        made.expected[p.login] = f"{p.login} {p.number % 3}"
    return made


def brightspace(people: list[Person], rng: random.Random) -> Made:
    made = Made(title="Brightspace download", files={"index.html": b"<html>"})
    for p in people:
        for attempt in range(1 + p.number % 2):
            name, data = handed_in(p, f"{p.login} {attempt}", rng)
            when = START + timedelta(days=attempt * 12, hours=p.number)
            date = f"{when:%b} {when.day}, {when.year} {when.hour % 12 or 12}{when:%M} {when:%p}"
            made.files[f"{p.user}-2557 - {p.name} - {date}/{name}"] = data
        made.expected[moodle_label(p, people)] = f"{p.login} {p.number % 2}"
    return made


def brightspace_flat(people: list[Person], rng: random.Random) -> Made:
    made = brightspace(people, rng)
    made.files = {name.replace("/", " - "): data for name, data in made.files.items()}
    return made


def sakai(people: list[Person], rng: random.Random) -> Made:
    made = Made(title="Sakai download", files={"grades.csv": b"Display ID,ID\n"})
    for p in people:
        name, data = handed_in(p, p.login, rng)
        folder = f"{p.sortable}({p.login})"
        made.files[f"{folder}/Submission attachment(s)/{name}"] = data
        made.files[f"{folder}/Feedback Attachment(s)/{P1}.ipynb"] = work("feedback of a teacher")
        when = START + timedelta(hours=p.number)
        made.files[f"{folder}/timestamp.txt"] = f"{when:%Y%m%d%H%M%S}123".encode()
        made.times[folder] = when.timestamp()
        made.files[f"{folder}/Submission attachment(s)/timestamp.txt"] = b"20200101000000"  # a student's
        made.expected[folder] = p.login
    return made


def gradescope(people: list[Person], rng: random.Random) -> Made:
    """Groups of three; in each the second hands in once more alone, and the third once more with another."""
    made, lines, number = Made(title="Gradescope export"), ["---"], 100

    def submit(members: list[Person], says: str, when: datetime) -> None:
        nonlocal number
        number += 1
        name, data = handed_in(members[0], says, rng)
        made.files[f"submission_{number}/{name}"] = data
        made.files[f"submission_{number}/submission_metadata.yml"] = b"submission_101:\n  :submitters: []\n"
        lines.extend([f"submission_{number}:", "  :submitters:"])
        for p in members:
            lines.extend([f'  - :name: "{p.name}"', f"    :sid: '{p.user}'", f"    :email: {p.email}"])
            made.expected[p.email] = says
            made.times[p.email] = when.replace(tzinfo=UTC).timestamp()
        lines.extend([f"  :created_at: {when:%Y-%m-%d %H:%M:%S}.000000000 Z", "  :score: 0.0"])

    for n in range(0, len(people), 3):
        submit(people[n : n + 3], f"group {n}", START)
        if len(people) > n + 2 and n % 2:
            submit([people[n + 1]], f"alone {n}", START + timedelta(days=1))
            submit([people[n + 2], people[0]], f"again {n}", START + timedelta(days=2 + n))
    made.files["submission_metadata.yml"] = "\n".join(lines).encode()
    return made


def github(people: list[Person], rng: random.Random) -> Made:
    made = Made(title="GitHub Classroom repositories")
    for p in people:
        login = p.login.replace("_", "-")
        made.files[f"p1-dimensions-{login}/{P1}.ipynb"] = work(login)
        made.files[f"p1-dimensions-{login}/README.md"] = b"x"
        made.expected[login] = login
    return made


def nbgrader(people: list[Person], rng: random.Random) -> Made:
    made = Made(title="nbgrader course", files={"gradebook.db": b"x", f"source/{P1}/{P1}.ipynb": work("a solution")})
    made.files[f"release/{P1}/{P1}.ipynb"] = BLANK
    for p in people:
        made.files[f"submitted/{p.login}/{P1}/{P1}.ipynb"] = work(p.login)
        made.files[f"submitted/{p.login}/{P1}/timestamp.txt"] = f"{START:%Y-%m-%d %H:%M:%S} UTC".encode()
        made.files[f"autograded/{p.login}/{P1}/{P1}.ipynb"] = work("made by the system")
        made.expected[p.login] = p.login
        made.times[p.login] = START.replace(tzinfo=UTC).timestamp()
    return made


def teams(people: list[Person], rng: random.Random) -> Made:
    made = Made(title="Teams assignment")
    for p in unique(people):
        for version in range(1, 2 + p.number % 3):
            path = f"Submitted files/{p.name}/Problem 1/Version {version}/{P1}.ipynb"
            made.files[path] = work(f"{p.login} {version}")
        made.files[f"Working files/{p.name}/Problem 1/{P1}.ipynb"] = work("not handed in")
        made.expected[p.name] = f"{p.login} {1 + p.number % 3}"
    return made


def forms(people: list[Person], rng: random.Random) -> Made:
    made = Made(title="Google Forms uploads")
    for p in unique(people):
        stamp = START + timedelta(minutes=p.number)
        if p.number % 2:
            made.files[f"{P1}_{stamp:%Y_%m_%dT%H_%M_%S}_000000 - {p.name}.zip"] = zipped({f"{P1}.ipynb": work(p.login)})
        else:
            made.files[f"{P1} - {p.name}.ipynb"] = work(p.login)
        made.expected[p.name] = p.login
    return made


def mail(people: list[Person], rng: random.Random) -> Made:
    made = Made(title="Attachments by sender")
    for p in people:
        for attempt in range(1 + p.number % 2):
            when = START + timedelta(days=attempt, minutes=p.number)
            name, data = handed_in(p, f"{p.login} {attempt}", rng)
            made.files[f"{when:%Y-%m-%d_%H%M} {p.name} <{p.email}> P1/{name}"] = data
        made.expected[p.email] = f"{p.login} {p.number % 2}"
    return made


def folders(people: list[Person], rng: random.Random) -> Made:
    """Each has the untouched notebook beside the worked one."""
    made = Made(title="Folders, one a student")
    for p in unique(people):
        made.files[f"{p.name}/{P1}.ipynb"] = BLANK
        name, data = handed_in(p, p.login, rng)
        made.files[f"{p.name}/handed in/{name}"] = data
        made.expected[p.name] = p.login
    return made


def files(people: list[Person], rng: random.Random) -> Made:
    made = Made(title="Files named by student")
    for p in unique(people):
        stamp = START + timedelta(minutes=p.number)
        otter = f"{p.name}_{P1}_{stamp:%Y_%m_%dT%H_%M_%S}_000000.zip"
        form = [
            f"{p.name}.ipynb",
            f"{p.name}_{P1}.ipynb",
            f"{P1} {p.name} (1).ipynb",
            f"Copy of {p.name}.ipynb.json",
            otter,
        ]
        name = form[p.number % 5]
        made.files[name] = zipped({f"{P1}.ipynb": work(p.login)}) if name == otter else work(p.login)
        made.expected[p.name] = p.login
    return made


Builder = Callable[[list[Person], random.Random], Made]
BUILDERS: tuple[Builder, ...] = (
    canvas, canvas_groups, canvas_anonymous, moodle, moodle_flat, moodle_blind, blackboard, brightspace,
    brightspace_flat, sakai, gradescope, github, nbgrader, teams, forms, mail, folders, files,
)  # fmt: skip


def write(folder: Path, made: dict[str, bytes]) -> Path:
    for name, data in made.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder
