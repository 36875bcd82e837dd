"""All views of the gradebook, written anew after each run."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from autograder.course import GradingOptions, Late, Mistake

from .catalog import load_catalog
from .changes import write_changes
from .class_report import write_report
from .exports.canvas import write_canvas
from .exports.columns import grades
from .exports.gradescope import write_gradescope
from .exports.moodle import write_moodle
from .exports.plain import write_plain
from .feedback import write_feedback
from .filled import saved_otherwise
from .gradebook import Gradebook
from .grading_page import write_pages
from .marks import Marking
from .overrides import read_overrides
from .sheets import Merge, sheets, write_sheets
from .similar import write_similar
from .tables import write_grades, write_questions


@dataclass(frozen=True)
class Taken:
    """The gradebook with what people filled in, and what of that could not be understood: a sentence each.

    `keep` are the sheets with such lines.
    """

    marking: Marking
    problems: list[str]
    keep: frozenset[Path]


def take(book: Gradebook, out: Path, build: Path, mistakes: Iterable[Mistake] = (), late: Late | None = None) -> Taken:
    """Take over what people filled in below `out`: points for answers in words, and overrides."""
    catalog = load_catalog(build, mistakes)
    refused = Merge(book, out, catalog).run()
    overrides, problems = read_overrides(book, out, catalog)
    left = [f"{path} was left as it is: mend it, and run the same command again." for path in refused]
    other = [sentence for folder in sorted((out / "written").glob("*/")) for sentence in saved_otherwise(folder)]
    problems = [*(sentence for found in refused.values() for sentence in found), *problems, *left, *other]
    return Taken(Marking(book, catalog, overrides, late or Late()), problems, frozenset(refused))


@dataclass(frozen=True)
class Wishes:
    """How reports are written. `anonymous`: sheets and pages for who grades are without names. `columns` are the titles
    in a gradebook that Canvas exported."""

    grading: GradingOptions
    anonymous: bool = False
    columns: tuple[str, ...] = ()


def write_all(taken: Taken, out: Path, wishes: Wishes) -> None:
    """Write every report."""
    marking = taken.marking
    write_grades(marking, out)
    write_questions(marking, out)
    write_changes(marking.book, out)
    write_similar(marking.book, out)
    found = grades(marking)
    write_plain(found, out)
    write_canvas(found, out, marking.catalog, wishes.columns)
    write_moodle(found, out, marking.catalog)
    write_gradescope(marking, out, wishes.grading)
    write_feedback(marking, out, wishes.grading.points_shown)
    to_fill_in = sheets(marking)
    write_sheets(marking, out, to_fill_in, taken.keep, wishes.anonymous)
    write_pages(marking, out, to_fill_in, wishes.anonymous)
    write_report(marking, out)
