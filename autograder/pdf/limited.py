"""Prints what strangers handed in, in children with limits: a notebook that is too much ends nobody else's paper."""

import base64
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from autograder.course import Course
from autograder.grade.intake.notebook import Unreadable
from autograder.grade.intake.readers import Pool, Reader
from autograder.grade.intake.reading import serve
from autograder.grade.intake.submission import Submission

CHILDREN = 2
SECONDS = 30  # of processor time, for one submission
PICTURE = re.compile(r'picture\("([0-9a-f]{16}\.\w+)"')  # as the writer names them
MEMORY, FILE = 2 << 30, 64 << 20  # bytes: fonts are laid into memory; pictures are written for Typst to read


class Child(Reader):
    module = "autograder.pdf.limited"
    seconds, doing = SECONDS, "print"


class Children(Pool):
    """`work`: a folder for what the children leave behind; whoever made it removes it."""

    def __init__(self, course: Course, paper: str, notebooks: Path, work: Path, count: int = CHILDREN):
        setup = {"root": str(course.root), "paper": paper, "notebooks": str(notebooks), "work": str(work)}
        super().__init__([Child(setup) for _ in range(count)])


def packed(submission: Submission) -> dict[str, Any]:
    """What a child is told of a submission."""
    s = submission
    data = base64.b64encode(s.data).decode()
    return {"student": s.student, "assignment": s.assignment, "source": s.source, "data": data, "problem": s.problem}


def unpacked(told: Mapping[str, Any]) -> Submission:
    data = base64.b64decode(told["data"])
    return Submission(told["student"], told["assignment"], told["source"], data, 0.0, problem=told["problem"])


class Printing:
    """What a child answers."""

    def __init__(self, root: str, paper: str, notebooks: str, work: str):
        from .press import Press
        from .printer import Printer

        self.course = Course.load(Path(root))
        self.notebooks = Path(notebooks)
        place = Path(mkdtemp(dir=work))
        out = place / "out"
        self.printer = Printer(self.course, Press(place), out, paper)

    def submission(self, told: dict, place: str, title: str) -> tuple[dict[str, Any], list[bytes]]:
        """The PDF of a whole notebook. `place` is where its pictures lie, `title` what its own is put behind."""
        from .notebook import PdfError, parse

        try:
            notebook = parse(unpacked(told).data, Path(place))
        except PdfError:
            return {"fault": "this is not a notebook of format 4 that can be read"}, []
        notebook.title = f"{title} · {notebook.title}" if title else notebook.title
        printed = self.printer.submission(notebook, "one")
        pdf = printed.path.read_bytes()
        printed.path.unlink()
        return {"fault": "", "pages": printed.pages, "warnings": list(printed.warnings)}, [pdf]

    def script(self, student: str, submissions: Sequence[dict], problems: list[str]) -> tuple[dict, list[bytes]]:
        """One student's answers in words as Typst code, which has been set once, and the pictures in it."""
        from autograder.grade.intake.written import load_blank

        from . import written

        found: dict[written.Key, written.Answer] = {}
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


if __name__ == "__main__":
    serve(int(sys.argv[1]), Printing, SECONDS, MEMORY, FILE)
