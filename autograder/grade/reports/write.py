"""All views of the gradebook, written anew after each run."""

from collections.abc import Iterable
from pathlib import Path

from autograder.course import Mistake

from .catalog import load_catalog
from .class_report import write_report
from .exports import write_canvas, write_gradescope
from .feedback import write_feedback
from .gradebook import Gradebook
from .marks import Marking
from .tables import write_grades, write_questions
from .written import merge_written, write_written


def write_reports(book: Gradebook, out: Path, build: Path, mistakes: Iterable[Mistake] = ()) -> list[str]:
    """Merge what people filled in, then write every report; returns what could not be merged."""
    problems = merge_written(book, out)
    marking = Marking(book, load_catalog(build, mistakes))
    write_grades(marking, out)
    write_questions(marking, out)
    write_canvas(marking, out)
    write_gradescope(marking, out)
    write_feedback(marking, out)
    write_written(marking, out, keep=problems)
    write_report(marking, out)
    left = [f"{path} was left as it is: mend it, and run the same command again." for path in problems]
    return [sentence for found in problems.values() for sentence in found] + left
