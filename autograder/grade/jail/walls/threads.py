"""A number of threads that a notebook may well need, and not one that makes the machine slow for others."""

import os
import resource

from . import Wall
from .limits import lower

MOST = 64


class Built(Wall):
    """`counted`: the kernel counts this child's threads apart from others', since its user has no other process.

    Where it does not, and for root, whom it never limits, the zygote looks; some more may be there until it does.
    """

    def __init__(self, counted: bool):
        self.counted = counted

    def enter(self) -> None:
        if self.counted:
            lower(resource.RLIMIT_NPROC, MOST)

    def broken(self, child: int) -> str:
        try:
            threads = os.stat(f"/proc/{child}/task").st_nlink - 2
        except OSError:
            return ""
        return f"it started more than {MOST} threads" if threads > MOST else ""
