"""The course's own masters, read once in each test process: reading all nine takes seconds."""

from functools import cache
from pathlib import Path

from autograder.build.master import read_master
from autograder.build.parts import Master, MasterQuestion
from autograder.course import Course

COURSE = Course.find(Path(__file__))
read = cache(read_master)


def masters() -> list[Master]:
    return [read(path) for path in COURSE.masters()]


def questions() -> dict[str, MasterQuestion]:
    """All questions of the course by name, in its order."""
    return {q.name: q for master in masters() for q in master.questions}
