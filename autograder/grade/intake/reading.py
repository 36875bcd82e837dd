"""The child that reads students' bytes, one submission at a time.

It answers with what the main process may see: names, sizes, which assignment, and one notebook for each assignment.
"""

import hashlib
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

from .archives import (
    MAX_FILE,
    MAX_UNPACKED,
    Budget,
    File,
    Refused,
    Wanted,
    entry_path,
    entry_time,
    is_junk,
    is_windows,
    unpack,
)
from .beside import MAX_BYTES, Beside, Place, taken_along
from .candidates import AnswerCells, Candidate, cell_hashes, compare, note
from .containers import Containers, SubmittedFile, is_packed_as
from .folders import readable
from .names import Names, is_notebook, is_zip
from .notebook import Unreadable, language, parse, reduced, understand
from .serving import serve

WHOLE = 1 << 20  # a notebook of more bytes comes without its outputs
MAX_REDUCED = 4 << 20
MAX_TEXT = 4096
_CHECK = re.compile(r"""\.check\(\s*["'](\w{1,80})["']""")
MAX_CHECK = 2000  # characters of a cell in which a check is looked for
MAX_OTHERS = 500  # names of files that a notebook may use


class ReadingChild:
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
                found.append([[readable(part) for part in path], number, entry_time(entry)])
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
            with self.containers.read(SubmittedFile((exported.METADATA,), disk, tuple(inside))) as f:
                return {"folders": exported.folders(f.read(exported.MAX_BYTES + 1)), "problem": ""}
        except (exported.NotUnderstood, Refused) as e:
            return {"folders": {}, "problem": str(e)}

    def submission(self, items: list[dict]) -> tuple[dict[str, Any], list[bytes]]:
        """The best notebook of each assignment in what one person handed in, and the names of other files."""
        best: dict[str, Candidate] = {}
        readable: dict[str, list[Candidate]] = {}
        others: list[tuple[SubmittedFile, File]] = []
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

    def _beside(self, candidate: Candidate, item: SubmittedFile, others: list[tuple[SubmittedFile, File]]) -> Beside:
        """The student's own files that go along with a notebook: those in its folder, and in folders there."""
        if not candidate.data or candidate.problem or not others:
            return Beside()
        home = _place(item, tuple(candidate.source.split("/")))[:-1]
        near: dict[Place, tuple[SubmittedFile, File]] = {}
        for one, file in sorted(others, key=lambda other: (other[0].attempt, other[1].time)):
            place = _place(one, file.path)
            if place[: len(home)] == home:
                near[place[len(home) :]] = (one, file)  # the newest of one name
        code = "\n".join(cell.source for cell in understand(parse(candidate.data)).cells)
        return taken_along(near, code, self.reserved, lambda places: self._contents([near[p] for p in places], places))

    def _contents(self, files: list[tuple[SubmittedFile, File]], places: list[Place]) -> dict[Place, bytes]:
        """The bytes of those files that can be read."""
        wanted = {(item, file.path): place for (item, file), place in zip(files, places, strict=True)}
        found = {}
        for item in dict.fromkeys(item for item, _ in files):
            for file in self._files(item, lambda path, item=item: MAX_BYTES if (item, path) in wanted else 0):
                place = wanted.get((item, file.path))
                if place and file.data is not None:
                    found[place] = file.data
        return {place: found[place] for place in places if place in found}

    def _files(self, item: SubmittedFile, wanted: Wanted = lambda path: 0) -> Iterator[File]:
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

    def _candidate(self, file: File, item: SubmittedFile, number: int) -> Candidate | None:
        """A file as a notebook that may be graded, or why it cannot; None for one that need not be a notebook."""
        guess = self.names.assignment(file.path[-1]) or (self.known[0] if len(self.known) == 1 else "")
        when = item.time if item.fixed else file.time
        found = Candidate(guess, "/".join(map(readable, file.path)), number, item.attempt, when)
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
            return replace(found, status="unreadable", problem=readable(str(e)))
        cells = _hashes(raw)
        asked = {q for c in notebook.cells for q in (*c.checks, *_CHECK.findall(c.source[:MAX_CHECK]))}
        name = self._assignment(notebook.assignment, file.path[-1], cells, asked)
        found.same = hashlib.sha256("".join(cells).encode()).hexdigest()
        found.note = "" if notebook.cells else "no cell of the notebook is a code cell, so nothing was run"
        if language(raw).lower() not in ("", "python"):
            found.note = f"the notebook says that it is written in {language(raw)}; it was run as Python"
        found.answers = AnswerCells.of(cell.source for cell in notebook.cells)
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


def _place(item: SubmittedFile, path: tuple[str, ...]) -> Place:
    """Where a file lay for the student, who knows nothing of names in front of it."""
    return (*item.path[:-1], item.named, *path[len(item.path) :]) if item.named else path


def _hashes(raw: dict) -> list[str]:
    return cell_hashes(c.get("source") for c in raw["cells"] if isinstance(c, dict))


def _item(raw: dict[str, Any]) -> SubmittedFile:
    return replace(SubmittedFile(**raw), path=tuple(raw["path"]), inside=tuple(raw["inside"]))


if __name__ == "__main__":
    serve(int(sys.argv[1]), ReadingChild)
