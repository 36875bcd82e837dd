"""What keeps a student's process apart from everything else. Each file is one wall; a sandbox is a list of them.

The zygote goes through its list for every child: `prepare` before the fork, `enter` in the child, `broken` now and then
while the child runs, `leave` when it is gone. The first wall of a list makes the child.
"""

import importlib
import os
from collections.abc import Iterable
from typing import Any

Named = tuple[str, dict[str, Any]]  # a wall's file and its settings: plain data, on its way to the zygote


class Wall:
    """A wall that does nothing. What `enter` does cannot be undone."""

    one_core = True  # whether a child may share its worker's core: the zygote must be able to let it go again

    def prepare(self) -> None:
        """In the zygote, before each child."""

    def fork(self) -> int:
        """Make the child, as `os.fork` does."""
        return os.fork()

    def enter(self) -> None:
        """In the child, which has run nothing of the student's yet."""

    def broken(self, child: int) -> str:
        """In the zygote: why this child must be ended, in words; "" when it may go on."""
        return ""

    def leave(self) -> None:
        """In the zygote, when the child is gone."""


def build(names: Iterable[Named]) -> list[Wall]:
    """The walls of a list, with their settings."""
    return [importlib.import_module(f".{name}", __package__).Built(**settings) for name, settings in names]
