"""Pictures you can touch: five explorers that run in the page, by mouse and by keyboard.

    from utils import explore
    explore.conv()

Each call returns a widget; show it as the last line of a cell. Nothing heavy is imported until then.
How to add one, and how a wrong answer is drawn below its card: README.md.
"""

from typing import NoReturn

from utils.explore.batch_norm import batch_norm
from utils.explore.conv import conv
from utils.explore.pooling import pooling
from utils.explore.shapes import shapes
from utils.explore.unroll import unroll

__all__ = ["batch_norm", "conv", "pooling", "shapes", "unroll"]


def __getattr__(name: str) -> NoReturn:
    """A slip of the pen, or a notebook that was handed out before this version of the course."""
    has = ", ".join(__all__)
    older = "If this notebook is older than the course beside it: its questions and checks work without the picture."
    raise AttributeError(f"utils.explore has no {name!r}; it has {has}. {older}")
