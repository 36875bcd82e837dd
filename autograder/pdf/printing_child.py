"""What runs in a child of `limited`: one submission after the other becomes a PDF, or a part of one."""

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from autograder.course import Course
from autograder.errors import CommandError
from autograder.grade.intake.notebook import Unreadable
from autograder.grade.intake.notebook import parse as read_notebook
from autograder.grade.intake.serving import serve
from autograder.grade.intake.written import load_blank

from . import written
from .limited import SECONDS, unpacked
from .notebook import parse
from .press import Press
from .printer import Printer

PICTURE = re.compile(r'picture\("([0-9a-f]{16}\.\w+)"')  # as the writer names them
MEMORY, FILE = 2 << 30, 64 << 20  # bytes: fonts are laid into memory; pictures are written for Typst to read


class Printing:
    """What a child answers."""

    def __init__(self, root: str, paper: str, notebooks: str, work: str):
        self.course = Course.load(Path(root))
        self.notebooks = Path(notebooks)
        place = Path(mkdtemp(dir=work))
        out = place / "out"
        self.printer = Printer(self.course, Press(place), out, paper)

    def submission(self, told: dict, place: str, title: str) -> tuple[dict[str, Any], list[bytes]]:
        """The PDF of a whole notebook. `place` is where its pictures lie, `title` what its own is put behind."""
        data = unpacked(told).data
        try:
            return self._whole(data, Path(place), title)
        except CommandError as error:
            why = " ".join(str(error).split())
        try:
            answer, blobs = self._whole(without_outputs(data), Path(place), title)
        except (CommandError, Unreadable):
            return {"fault": "this is not a notebook of format 4 that can be read"}, []
        answer["warnings"].append(f"{told['source']}: its outputs are left out, since not all can be printed: {why}")
        return answer, blobs

    def _whole(self, data: bytes, place: Path, title: str) -> tuple[dict[str, Any], list[bytes]]:
        notebook = parse(data, place)
        notebook.title = f"{title} · {notebook.title}" if title else notebook.title
        printed = self.printer.submission(notebook, "one")
        pdf = printed.path.read_bytes()
        printed.path.unlink()
        return {"fault": "", "pages": printed.pages, "warnings": list(printed.warnings)}, [pdf]

    def script(self, student: str, submissions: Sequence[dict], problems: list[str]) -> tuple[dict, list[bytes]]:
        """One student's answers in words as Typst code, which has been set once, and the pictures in it."""
        found: dict[written.Key, written.WrittenAnswer] = {}
        faults = []
        questions = written.questions_of(self.course, problems)
        for one in map(unpacked, submissions):
            try:
                blank = load_blank(self.course.built(one.assignment))
                found |= {(one.assignment, key): answer for key, answer in written.read(one, blank).items()}
            except Unreadable as error:
                faults.append(f"{one.source}: not printed: {error}")
        press = self.printer.press
        try:
            script = written.script(student, questions, found, press)
            press.print(written.source(self.printer, student, [script]), student, lenient=True)
        except Exception:  # such as a picture that is none: then as it was typed
            script = written.script(student, questions, found, press, typed=True)
        code = [[*key, text] for key, text in script.questions.items()]
        pictures = sorted({name for text in script.questions.values() for name in PICTURE.findall(text)})
        answer = {"faults": faults, "code": code, "pictures": pictures, "read": bool(found)}
        return answer, [(press.work / name).read_bytes() for name in pictures]


def without_outputs(data: bytes) -> bytes:
    """A notebook's cells, those that are none left out. Raises Unreadable."""
    raw = read_notebook(data)
    cells = [cell for cell in raw["cells"] if isinstance(cell, dict) and cell.keys() >= {"cell_type", "source"}]
    return json.dumps(raw | {"cells": [cell | {"outputs": []} for cell in cells]}).encode()


if __name__ == "__main__":
    serve(int(sys.argv[1]), Printing, SECONDS, MEMORY, FILE)
