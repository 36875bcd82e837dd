"""A quiz in versions: a sheet for each, a key that knows the wrong answers, and the same for Moodle and Canvas."""

import argparse
import time
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from autograder.course import PAPERS, Course
from autograder.errors import CommandError
from autograder.pdf.command import open_printer
from autograder.words import counted

from .select import choose
from .sheets import key, sheet
from .versions import MOST_VERSIONS, Version, versions

FORMATS = ("pdf", "moodle", "canvas")


def configure(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--questions", metavar="Q1,Q2,…", help="names of questions, in order (default: those of the section that vary)")
    add("--versions", type=int, default=4, metavar="N", help=f"1 to {MOST_VERSIONS} (default: 4)")
    add("--seed", type=int, default=1, metavar="N", help="the same seed gives the same sheets (default: 1)")
    add("--choices", action="store_true", help="multiple choice; the wrong ones are what known mistakes give")
    add("--points", default="1", metavar="P1,P2,…", help="one for all questions, or one for each (default: 1)")
    add("--title", default="Quiz", help="what stands at the top (default: Quiz)")
    add("--formats", default=",".join(FORMATS), metavar="F1,F2,…", help=f"some of {', '.join(FORMATS)} (default: all)")
    add("--paper", choices=PAPERS, help="default: course.toml's")
    add("--out", type=Path, metavar="DIR", help="where to write (default: dist/quiz)")


def run(args: argparse.Namespace) -> int:
    course: Course = args.course
    out = args.out or course.dist / "quiz"
    began = time.perf_counter()
    formats = _formats(args.formats)
    if not 1 <= args.versions <= MOST_VERSIONS:
        raise CommandError(f"--versions is {args.versions}; expected 1 to {MOST_VERSIONS}, a letter for each.")
    questions = choose(course, _names(args.questions or ""))
    points = _points(args.points, len(questions))
    made = versions(course, questions, args.versions, args.seed, points, args.choices)
    note = course.section.note
    out.mkdir(parents=True, exist_ok=True)
    if "pdf" in formats:
        _print(course, made, args.title, args.paper or course.paper, out)
    if "moodle" in formats:
        from .moodle import quiz_xml

        _write(out / "quiz.moodle.xml", quiz_xml(args.title, note, made), "Moodle: question bank, import, Moodle XML")
    if "canvas" in formats:
        from .canvas import quiz_zip

        _write(
            out / "quiz.canvas.zip", quiz_zip(args.title, note, made), "Canvas: settings, import content, QTI .zip file"
        )
    asked = f"{counted(len(questions), 'question')} in {counted(len(made), 'version')}"
    print(f"{asked}. All in {out}, {time.perf_counter() - began:.1f} s")
    return 0


def _print(course: Course, made: Sequence[Version], title: str, paper: str, out: Path) -> None:
    digest = sha256("\0".join(i.text + str(i.choices) for v in made for i in v.items).encode()).hexdigest()[:7]
    with open_printer(course, paper, out) as printer:
        for version in made:
            printed = printer.one(sheet(title, course.section.note, version), f"quiz-{version.letter}.pdf", digest)[1]
            _tell(printed.path, counted(printed.pages, "page"))
        printed = printer.one(key(title, made), "key.pdf", digest)[1]
        _tell(printed.path, counted(printed.pages, "page"))


def _write(path: Path, content: bytes, what: str) -> None:
    path.write_bytes(content)
    _tell(path, what)


def _tell(path: Path, what: str) -> None:
    print(f"{path.name:16} {what}")


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _formats(text: str) -> list[str]:
    found = _names(text)
    wrong = [one for one in found if one not in FORMATS]
    if wrong or not found:
        raise CommandError(f"--formats is {text!r}; expected some of {', '.join(FORMATS)}, with commas between them.")
    return found


def _points(text: str, count: int) -> list[int]:
    """Points of each question: whole ones, as every learning system takes them."""
    found = _names(text)
    if len(found) not in (1, count) or not all(one.isascii() and one.isdigit() and int(one) for one in found):
        each = f", or {count} with commas between them" if count > 1 else ""
        raise CommandError(f"--points is {text!r}; expected one whole number above 0{each}.")
    points = [int(one) for one in found]
    return points * count if len(points) == 1 else points
