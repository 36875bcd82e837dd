"""How much a process may have: memory, the size of a file, open files."""

import resource

from . import Wall

OPEN_FILES = 64  # each may be a deleted file that takes room


class Built(Wall):
    """`memory`: bytes of address space; `file`: bytes of a file."""

    def __init__(self, memory: int, file: int):
        self.memory, self.file = memory, file

    def enter(self) -> None:
        for what, value in (
            (resource.RLIMIT_AS, self.memory),
            (resource.RLIMIT_FSIZE, self.file),
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_NOFILE, OPEN_FILES),
            (resource.RLIMIT_MEMLOCK, 0),
            (getattr(resource, "RLIMIT_MSGQUEUE", None), 0),
        ):
            if what is not None:
                lower(what, value)


def lower(what: int, value: int) -> None:
    """Set a limit for good; one that is lower already stays as it is."""
    hard = resource.getrlimit(what)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(what, (value, value))
