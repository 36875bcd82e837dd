"""Prints what strangers handed in, in children with limits: a notebook that is too much ends nobody else's paper."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autograder.course import Course
from autograder.grade.intake.readers import Reader, ReaderPool
from autograder.grade.intake.submission import Submission

CHILDREN = 2
SECONDS = 30  # of processor time, for one submission


class Child(Reader):
    module = "autograder.pdf.printing_child"
    seconds, doing = SECONDS, "print"


class Children(ReaderPool):
    """`work`: a folder for what the children leave behind; whoever made it removes it."""

    def __init__(self, course: Course, paper: str, notebooks: Path, work: Path):
        setup = {"root": str(course.root), "paper": paper, "notebooks": str(notebooks), "work": str(work)}
        super().__init__([Child(setup) for _ in range(CHILDREN)])


def packed(submission: Submission) -> dict[str, Any]:
    """What a child is told of a submission."""
    s = submission
    data = base64.b64encode(s.data).decode()
    return {"student": s.student, "assignment": s.assignment, "source": s.source, "data": data, "problem": s.problem}


def unpacked(told: Mapping[str, Any]) -> Submission:
    data = base64.b64decode(told["data"])
    return Submission(told["student"], told["assignment"], told["source"], data, 0.0, problem=told["problem"])
