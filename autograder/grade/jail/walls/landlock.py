"""Landlock: from here on only the given files exist for this process (kernel 5.13 and newer).

With a new kernel it also reaches no network, and no signal of its own reaches an outsider.
"""

import os
import struct
import sys

from . import Wall
from .libc import LIBC, check
from .privileges import no_new_privileges

CREATE, ADD, RESTRICT = 444, 445, 446  # the same numbers on every architecture
READ_FILE, READ_DIR, EXECUTE = 1 << 2, 1 << 3, 1 << 0


class Built(Wall):
    """`readable` and `writable`: files and folders; the working folder is writable too."""

    def __init__(self, readable: list[str], writable: list[str]):
        self.readable, self.writable = readable, writable

    def enter(self) -> None:
        kernel = version()
        if not kernel:
            raise OSError("this kernel has no Landlock")
        everything = (1 << 13) - 1 | (1 << 13 if kernel >= 2 else 0) | (1 << 14 if kernel >= 3 else 0)
        everything |= 1 << 15 if kernel >= 5 else 0
        network = 3 if kernel >= 4 else 0
        scope = 3 if kernel >= 6 else 0
        attributes = struct.pack("<QQQ", everything, network, scope)
        size = 24 if kernel >= 6 else 16 if kernel >= 4 else 8
        ruleset = check(LIBC.syscall(CREATE, attributes, size, 0), "landlock_create_ruleset")
        files_only = READ_FILE | EXECUTE | 1 << 1 | (1 << 14 if kernel >= 3 else 0) | (1 << 15 if kernel >= 5 else 0)
        rules = (self.readable, READ_FILE | READ_DIR | EXECUTE), ([os.getcwd(), *self.writable], everything)
        try:
            for paths, rights in rules:
                for path in paths:
                    if os.path.exists(path):
                        _allow(ruleset, path, rights if os.path.isdir(path) else rights & files_only)
            no_new_privileges()
            check(LIBC.syscall(RESTRICT, ruleset, 0), "landlock_restrict_self")
        finally:
            os.close(ruleset)


def version() -> int:
    """The kernel's Landlock version; 0 when it has none."""
    return max(0, LIBC.syscall(CREATE, None, 0, 1)) if sys.platform == "linux" else 0


def _allow(ruleset: int, path: str, rights: int) -> None:
    folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = struct.pack("<Qi", rights, folder)  # packed: 12 bytes
        check(LIBC.syscall(ADD, ruleset, 1, rule, 0), "landlock_add_rule")
    finally:
        os.close(folder)
