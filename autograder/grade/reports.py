"""All views of the gradebook, written anew after each run."""

from pathlib import Path

from .assignment import Assignment
from .gradebook import Gradebook
from .tables import write_grades, write_questions


def write_reports(book: Gradebook, out: Path, assignments: dict[str, Assignment]) -> None:
    write_grades(book, out)
    write_questions(book, out)
