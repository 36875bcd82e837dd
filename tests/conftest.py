"""What all tests share."""

import fcntl

import pytest
from hypothesis import settings

from autograder.__main__ import main
from autograder.course import Course

settings.register_profile("course", deadline=None)  # a busy machine is slow, and no test is about time
settings.load_profile("course")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long comes first, so that no process is left alone with it: builds, and what is marked slow; last come
    the operators, whose files are many and short."""
    builds = {"built", "course"}

    def when(item: pytest.Item) -> tuple[bool, bool, bool]:
        quick = item.get_closest_marker("slow") is None
        return builds.isdisjoint(getattr(item, "fixturenames", ())), quick, "operators" in item.path.parts

    items.sort(key=when)


@pytest.fixture(scope="session")
def built() -> Course:
    """The problems whose questions tests print, built by whichever test process asks first; the others wait for it.

    `make build` proves all problems, and CI begins with it.
    """
    course = Course.find()
    course.dist.mkdir(exist_ok=True)
    with (course.dist / "tests.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert main(["build", "p1", "p2", "p3", "p4", "p5", "p6"]) == 0
    return course
