"""Pictures you can touch: seven explorers that run in the page, by mouse and by keyboard.

    from utils import explore
    explore.conv2d()

Each call returns a widget; show it as the last line of a cell. Nothing heavy is imported until then.
How to add one, and how a wrong answer is drawn below its card: README.md.
"""

from utils.explore.batch_norm import batch_norm
from utils.explore.conv2d import conv2d
from utils.explore.matrix import matrix
from utils.explore.pooling import pooling
from utils.explore.shapes import shapes
from utils.explore.slide_1d import slide_1d
from utils.explore.unroll import unroll

__all__ = ["batch_norm", "conv2d", "matrix", "pooling", "shapes", "slide_1d", "unroll"]
