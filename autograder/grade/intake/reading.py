"""The child that reads students' bytes: one submission at a time, within limits of memory and processor time.

It answers with what the main process may see: names, sizes, which assignment, and one notebook for each assignment.
`readers` starts it, and ends it when it takes too long.
"""

import hashlib
import json
import os
import re
import resource
import sys
import zipfile
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from io import BytesIO
from multiprocessing.connection import Connection
from typing import IO, Any

from .archives import (
    MAX_FILE,
    MAX_UNPACKED,
    MAX_ZIP,
    Budget,
    File,
    Refused,
    Wanted,
    beginning,
    entry_path,
    entry_time,
    is_junk,
    is_windows,
    refuse,
    unpack,
)
from .beside import MAX_BYTES, Beside, Place, taken_along
from .names import Names, clean, copy_number, is_notebook, is_zip, natural
from .notebook import Unreadable, parse, reduced, understand

MEMORY = 1 << 30
SECONDS = 10  # of processor time, for one submission
WHOLE = 1 << 20  # a notebook of more bytes comes without its outputs
MAX_REDUCED = 4 << 20
MAX_TEXT = 4096
_OPEN = re.compile(r"^[ \t]*(?:(?:[^#\n]*=|return)[ \t]*)?\.\.\.[ \t]*(?:#.*)?$", re.M)
_CHECK = re.compile(r"""\.check\(\s*["'](\w{1,80})["']""")
MAX_CHECK = 2000  # characters of a cell in which a check is looked for
_OTHER_ARCHIVES = {b"Rar!": "a RAR archive", b"7z\xbc\xaf": "a 7z archive", b"\x1f\x8b": "a gzip archive"}
MAX_OTHERS = 500  # names of files that a notebook may use


@dataclass(frozen=True)
class Item:
    """A file of a submission: on disk, or the entries to open one after the other in a zip on disk.

    `attempt` orders what one student handed in; `fixed` says that `time` is known better than a zip's entries know it;
    `named` is the file's name before a course system put a student's in front.
    """

    path: tuple[str, ...]
    disk: str
    inside: tuple[int, ...] = ()
    attempt: float = 0.0
    time: float = 0.0
    fixed: bool = False
    refused: str = ""
    named: str = ""


@dataclass(frozen=True)
class Answers:
    """Hashes of a notebook's code cells: those in which an answer is still `...`, and the others."""

    open: frozenset[str] = frozenset()
    done: frozenset[str] = frozenset()

    @classmethod
    def of(cls, sources: Iterable[str]) -> "Answers":
        found: dict[bool, list[str]] = {True: [], False: []}
        for source in sources:
            found[bool(_OPEN.search(source))] += cell_hashes([source])
        return cls(frozenset(found[True]), frozenset(found[False]))

    def within(self, other: "Answers") -> bool:
        """Whether all that is answered here is answered there in the same way, and more is."""
        return self.done < other.done and not other.open - self.open


@dataclass
class Candidate:
    """A notebook that may be graded, or why there is none.

    `item` is the number of the file that it came in; `worked`: something in it is not in the handed-out one; `less`: it
    answers less than another of the same hand-in; `same` is a hash of its cells; `note` is for the grade's reason;
    `size` are the bytes that follow; `files` lie beside it, by their paths from there, and follow too.
    """

    assignment: str
    source: str
    item: int
    attempt: float
    time: float
    status: str = ""
    problem: str = ""
    worked: bool = True
    less: bool = False
    same: str = ""
    answers: Answers = Answers()
    note: str = ""
    size: int = 0
    data: bytes = field(default=b"", repr=False)
    files: dict[str, bytes] = field(default_factory=dict, repr=False)

    @property
    def order(self) -> tuple[float, float]:
        return (self.attempt, self.time)

    @property
    def rank(self) -> tuple:
        """Read before not read, worked before untouched, then the newest; of one moment, the copy with the higher
        number."""
        last = (copy_number(self.source), natural(self.source))
        return (not self.problem, self.worked, not self.less, *self.order, *last)


class Containers:
    """The zips that hold a whole class. The last ones stay open, since each of its submissions asks for them."""

    def __init__(self) -> None:
        self.open: dict[tuple[str, tuple[int, ...]], zipfile.ZipFile] = {}

    def of(self, disk: str, inside: tuple[int, ...]) -> zipfile.ZipFile:
        if (disk, inside) not in self.open:
            source = self._data(disk, inside) if inside else open(os.fsencode(disk), "rb")  # noqa: SIM115
            while len(self.open) > 1:
                self.open.pop(next(iter(self.open))).close()
            self.open[disk, inside] = zipfile.ZipFile(source)
        return self.open[disk, inside]

    def _data(self, disk: str, inside: tuple[int, ...]) -> IO[bytes]:
        """A file within a zip; raises Refused."""
        if not inside:
            return open(os.fsencode(disk), "rb")
        bundle = self.of(disk, inside[:-1])
        entry = bundle.infolist()[inside[-1]]
        refuse(entry_path(entry, is_windows(bundle)), entry)
        return BytesIO(bundle.read(entry))

    def beginning(self, item: Item, most: int) -> bytes | None:
        """A small file's bytes; None when it has more than `most` or cannot be read."""
        if item.inside:
            bundle = self.of(item.disk, item.inside[:-1])
            return beginning(bundle, bundle.infolist()[item.inside[-1]], most)
        with suppress(OSError), open(os.fsencode(item.disk), "rb") as file:
            data = file.read(most + 1)
            return data if len(data) <= most else None
        return None

    def read(self, item: Item) -> IO[bytes]:
        limit = MAX_FILE if is_notebook(item.path[-1]) else MAX_ZIP
        if not item.inside and (size := os.stat(os.fsencode(item.disk)).st_size) > limit:
            raise Refused(f"the file has {size >> 20} MB")
        return self._data(item.disk, item.inside)


def is_packed_as(source: IO[bytes], name: str) -> bool:
    """Whether a file that is called a zip or a notebook is a zip: its first bytes say it, else its name.

    Raises Refused when it is another archive.
    """
    start = source.read(8)
    source.seek(0)
    other = next((kind for begins, kind in _OTHER_ARCHIVES.items() if start.startswith(begins)), None)
    if other:
        raise Refused(
            f"the file is {other}; of archives only zips are opened: unpack it into a folder with the student's name"
        )
    text = start.removeprefix(BOM_UTF8).lstrip().startswith(b"{")
    return start.startswith(b"PK\x03\x04") or (is_zip(name) and not text)


class Reading:
    """`known` are the assignments; `handed_out` has the hashes of the cells that each was handed out with; `whole` asks
    for large notebooks as they are; `reserved` are names that no file beside a notebook may have; `questions` are those
    of each assignment."""

    def __init__(
        self,
        known: list[str],
        handed_out: dict[str, list[str]],
        whole: bool,
        reserved: list[str],
        questions: dict[str, list[str]],
    ):
        self.known, self.names, self.whole, self.reserved = known, Names(known), whole, reserved
        self.questions = questions
        self.handed_out = {name: frozenset(cells) for name, cells in handed_out.items()}
        self.containers = Containers()

    def listing(self, disk: str, inside: list[int]) -> dict[str, Any]:
        """The files in a zip that holds several people's: path, number of the entry, time."""
        bundle = self.containers.of(disk, tuple(inside))
        Budget().take(len(bundle.infolist()))
        windows = is_windows(bundle)
        found = []
        for number, entry in enumerate(bundle.infolist()):
            path = entry_path(entry, windows)
            if not entry.is_dir() and not is_junk(path):
                found.append([[_text(part) for part in path], number, entry_time(entry)])
        return {"files": found}

    def texts(self, items: list[dict]) -> dict[str, Any]:
        """The beginnings of small text files that course systems write."""
        found = []
        for item in map(_item, items):
            with suppress(Exception):
                found.append(self.containers.read(item).read(MAX_TEXT).decode("utf-8", "replace"))
                continue
            found.append("")
        return {"texts": found}

    def metadata(self, disk: str, inside: list[int]) -> dict[str, Any]:
        """What Gradescope's metadata say."""
        from . import exported  # a YAML reader takes longer to import than a class of notebooks to read

        try:
            with self.containers.read(Item((exported.METADATA,), disk, tuple(inside))) as f:
                return {"folders": exported.folders(f.read(exported.MAX_BYTES + 1)), "problem": ""}
        except (exported.NotUnderstood, Refused) as e:
            return {"folders": {}, "problem": str(e)}

    def submission(self, items: list[dict]) -> tuple[dict[str, Any], list[bytes]]:
        """The best notebook of each assignment in what one person handed in, and the names of other files."""
        best: dict[str, Candidate] = {}
        readable: dict[str, list[Candidate]] = {}
        others: list[tuple[Item, File]] = []
        count, newest = 0, 0.0
        every = list(map(_item, items))
        for number, item in enumerate(every):
            for file in self._files(item):
                candidate = self._candidate(file, item, number)
                if candidate is None:
                    count, newest = count + 1, max(newest, file.time)
                    if len(others) < MAX_OTHERS:
                        others.append((item, file))
                    continue
                if not candidate.problem:
                    readable.setdefault(candidate.assignment, []).append(candidate)
                old = best.setdefault(candidate.assignment, candidate)
                if old is not candidate:
                    compare(old, candidate)
                    better, other = (candidate, old) if candidate.rank > old.rank else (old, candidate)
                    best[candidate.assignment], other.data = better, b""
        for name, candidate in best.items():
            along = Beside() if self.whole else self._beside(candidate, every[candidate.item], others)
            candidate.note = "; ".join(
                filter(None, (note(candidate, readable.get(name, [])), candidate.note, along.note))
            )
            candidate.size, candidate.files = len(candidate.data), along.files
        kept = [{k: v for k, v in vars(c).items() if k not in ("data", "answers")} for c in best.values()]
        found = [one | {"files": dict.fromkeys(one["files"])} for one in kept]
        read = sum(len(r) for r in readable.values())
        rest = {
            "others": [file.path[-1] for _, file in others[:3]],
            "other_files": count,
            "newest_other": newest,
            "notebooks": read,
        }
        blobs = [b for c in best.values() for b in (*([c.data] if c.data else []), *c.files.values())]
        return {"found": found, **rest}, blobs

    def _beside(self, candidate: Candidate, item: Item, others: list[tuple[Item, File]]) -> Beside:
        """The student's own files that go along with a notebook: those in its folder, and in folders there."""
        if not candidate.data or candidate.problem or not others:
            return Beside()
        home = _place(item, tuple(candidate.source.split("/")))[:-1]
        near: dict[Place, tuple[Item, File]] = {}
        for one, file in sorted(others, key=lambda other: (other[0].attempt, other[1].time)):
            place = _place(one, file.path)
            if place[: len(home)] == home:
                near[place[len(home) :]] = (one, file)  # the newest of one name
        code = "\n".join(cell.source for cell in understand(parse(candidate.data)).cells)
        return taken_along(near, code, self.reserved, lambda places: self._contents([near[p] for p in places], places))

    def _contents(self, files: list[tuple[Item, File]], places: list[Place]) -> dict[Place, bytes]:
        """The bytes of those files that can be read."""
        wanted = {(item, file.path): place for (item, file), place in zip(files, places, strict=True)}
        found = {}
        for item in dict.fromkeys(item for item, _ in files):
            for file in self._files(item, lambda path, item=item: MAX_BYTES if (item, path) in wanted else 0):
                place = wanted.get((item, file.path))
                if place and file.data is not None:
                    found[place] = file.data
        return {place: found[place] for place in places if place in found}

    def _files(self, item: Item, wanted: Wanted = lambda path: 0) -> Iterator[File]:
        if item.refused:
            yield File(item.path, item.time, refused=item.refused)
        elif not is_notebook(item.path[-1]) and not is_zip(item.path[-1]):
            most = wanted(item.path)
            yield File(item.path, item.time, self.containers.beginning(item, most) if most else None)
        else:
            try:
                with self.containers.read(item) as source:
                    if is_packed_as(source, item.path[-1]):
                        yield from unpack(source, item.path, item.time, Budget(bytes=MAX_UNPACKED), wanted)
                    else:
                        yield File(item.path, item.time, source.read(MAX_FILE + 1))
            except Refused as e:
                yield File(item.path, item.time, refused=str(e))
            except OSError as e:
                yield File(item.path, item.time, refused=f"the file could not be opened ({e.strerror})")
            except (MemoryError, GeneratorExit):
                raise
            except Exception as e:  # damaged bytes in the zip that holds a class
                yield File(item.path, item.time, refused=f"the file cannot be read from its zip ({str(e)[:80]})")

    def _candidate(self, file: File, item: Item, number: int) -> Candidate | None:
        """None for a file that is no notebook and need not be one."""
        guess = self.names.assignment(file.path[-1]) or (self.known[0] if len(self.known) == 1 else "")
        when = item.time if item.fixed else file.time
        found = Candidate(guess, "/".join(map(_text, file.path)), number, item.attempt, when)
        if file.refused:
            return replace(found, status="refused", problem=file.refused)
        if file.data is None:
            return None
        try:
            raw = parse(file.data)
            notebook = understand(raw)
            data = file.data if self.whole or len(file.data) <= WHOLE else reduced(raw)
            if not self.whole and len(data) > MAX_REDUCED:
                limit = MAX_REDUCED >> 20
                raise Unreadable(f"the cells of the notebook have {len(data) >> 20} MB; the limit is {limit} MB")
        except Unreadable as e:
            if file.path[-1].lower().endswith(".json") and ".ipynb" not in file.path[-1].lower():
                return None
            return replace(found, status="unreadable", problem=_text(str(e)))
        cells = _hashes(raw)
        asked = {q for c in notebook.cells for q in (*c.checks, *_CHECK.findall(c.source[:MAX_CHECK]))}
        name = self._assignment(notebook.assignment, file.path[-1], cells, asked)
        found.same = hashlib.sha256("".join(cells).encode()).hexdigest()
        found.note = "" if notebook.cells else "no cell of the notebook is a code cell, so nothing was run"
        found.answers = Answers.of(cell.source for cell in notebook.cells)
        if name not in self.known:
            says = f"is for {name!r}; graded are: {', '.join(self.known)}" if name else "names no assignment"
            return replace(found, assignment=name, status="wrong-assignment", problem=f"the notebook {says}", data=data)
        worked = name not in self.handed_out or not self.handed_out[name].issuperset(cells)
        return replace(found, assignment=name, worked=worked, data=data)

    def _assignment(self, name: str | None, file: str, cells: list[str], asked: set[str]) -> str:
        """The one that the notebook names; else its file's name; else the one that most of its cells come from;
        else the only one that has most of the questions which it checks."""
        if name is not None:
            return name if name in self.known else self.names.assignment(name) or name
        if named := self.names.assignment(file):
            return named
        shared = {k: len(given & set(cells)) / len(given) for k, given in self.handed_out.items() if given}
        likely = max(shared, key=lambda k: shared[k], default="")
        if shared.get(likely, 0) > 0.5:
            return likely
        fitting = [k for k, names in self.questions.items() if 2 * len(asked.intersection(names)) > len(asked)]
        return fitting[0] if len(fitting) == 1 else ""


def compare(one: Candidate, other: Candidate) -> None:
    """Say which of two notebooks in the same hand-in answers less, where one holds all that the other answers."""
    if one.attempt == other.attempt:
        one.less = one.less or one.answers.within(other.answers)
        other.less = other.less or other.answers.within(one.answers)


def note(chosen: Candidate, every: list[Candidate]) -> str:
    """A sentence when one person handed in different notebooks for the same assignment at once."""
    others = {c.same: c for c in every if c.same != chosen.same}
    empty = [c for c in others.values() if c.less or not c.worked]
    passed = [c for c in empty if c.order > chosen.order]
    beside = [c for c in others.values() if c.attempt == chosen.attempt]
    if not passed and not beside:
        return ""
    name = chosen.source.split("/")[-1]
    one = len(others) == 1
    why = "it is the newest"
    if chosen.worked and all(not c.worked for c in others.values()):
        why = "the other is as handed out" if one else "the others are as handed out"
    elif not chosen.less and len(empty) == len(others):
        why = "the other answers less" if one else "the others answer less"
    return f"{len(others) + 1} different notebooks were handed in for this; {name} counts, since {why}"


def _place(item: Item, path: tuple[str, ...]) -> Place:
    """Where a file lay for the student, who knows nothing of names in front of it."""
    return (*item.path[:-1], item.named, *path[len(item.path) :]) if item.named else path


def _hashes(raw: dict) -> list[str]:
    return cell_hashes(c.get("source") for c in raw["cells"] if isinstance(c, dict))


def cell_hashes(sources: Any) -> list[str]:
    """Short hashes of the cells that hold something, without regard to white space at the ends of lines."""
    found = []
    for source in sources:
        text = "".join(s for s in source if isinstance(s, str)) if isinstance(source, list) else source
        if isinstance(text, str) and text.strip():
            plain = "\n".join(line.rstrip() for line in text.strip().splitlines())
            found.append(hashlib.sha256(plain.encode("utf-8", "replace")).hexdigest()[:16])
    return found


def _item(raw: dict[str, Any]) -> Item:
    return replace(Item(**raw), path=tuple(raw["path"]), inside=tuple(raw["inside"]))


def _text(name: str) -> str:
    r"""A file's name as text that can be printed and stored: bytes that are no UTF-8 become \\xff."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace") if not name.isascii() else name


def limit_memory(most: int = MEMORY, file: int = 0) -> None:
    """No more memory than that, and no file with more bytes."""
    for what, limit in ((resource.RLIMIT_AS, most), (resource.RLIMIT_FSIZE, file), (resource.RLIMIT_CORE, 0)):
        with suppress(OSError, ValueError):  # not every system has each
            resource.setrlimit(what, (limit, resource.getrlimit(what)[1]))


def limit_seconds(seconds: int = SECONDS) -> None:
    """From now on so many more seconds of processor time; the system ends the process after that."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = int(used.ru_utime + used.ru_stime) + 1 + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (most, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def serve(fd: int, make: Callable[..., Any], seconds: int = SECONDS, memory: int = MEMORY, file: int = 0) -> None:
    """Answer requests until the line is closed, each within the limits. `make` gives what answers, from its setup."""
    line = Connection(fd)
    answering = make(**json.loads(line.recv_bytes()))
    limit_memory(memory, file)
    while True:
        try:
            request = json.loads(line.recv_bytes())
        except EOFError:
            return
        limit_seconds(seconds)
        blobs: list[bytes] = []
        try:
            answer = getattr(answering, request["do"])(**request["with"])
            if isinstance(answer, tuple):
                answer, blobs = answer
            data = json.dumps(answer).encode()
        except MemoryError:
            data, blobs = b'{"failed": "it takes more than 1 GB of memory"}', []
        except Exception as e:
            data, blobs = json.dumps({"failed": clean(f"{type(e).__name__}: {e}")}).encode(), []
        line.send_bytes(data)
        for blob in blobs:
            line.send_bytes(blob)


if __name__ == "__main__":
    serve(int(sys.argv[1]), Reading)
