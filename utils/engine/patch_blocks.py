"""The patch matrix, a block of rows at a time.

The whole patch matrix of a 3x3 convolution is nine times its image, and to make it costs more than the product that
follows, because fresh memory is slow. A block stays in the processor's cache, and the next one overwrites it.
What may change: the sizes below, which were measured.
"""

from collections.abc import Iterator
from math import prod

import numpy as np

from utils.shapes import Array, Shape
from utils.windows import Windows, copy_inside, pad, view_windows

BLOCK = 2**20  # bytes of patches at a time: about the size of a level-2 cache
TINY = 2**14  # so few bytes of patches that working in blocks would take longer than the product
ONE_THREAD = 2**19  # BLAS computes a product of fewer multiplications than these with one thread
SMALL_PRODUCT = 2**24  # so few multiplications in all that waking a second thread takes longer than it helps


def patch_blocks(x: Array, windows: Windows, filters: int) -> Iterator[tuple[slice, Array]]:
    """The patch matrix of x, for a product with as many filters: (which rows, these rows), in order.

    A row is one window of x (B, n..., C). The rows live in memory that the next block overwrites.
    """
    multiplications = prod(windows.kernel) * x.shape[-1] * filters
    small = len(x) * prod(windows.out) * multiplications <= SMALL_PRODUCT
    start = 0
    for block in _blocks(x, windows):
        most = max(1, (ONE_THREAD - 1) // multiplications) if small else len(block)
        for first in range(0, len(block), most):
            rows = block[first : first + most]
            yield slice(start, start + len(rows)), rows
            start += len(rows)


def _blocks(x: Array, windows: Windows) -> Iterator[Array]:
    as_it_is = prod(windows.kernel) == prod(windows.stride) == 1 and not any(windows.padding)
    if as_it_is and windows.out == x.shape[1:-1]:
        yield x.reshape(-1, x.shape[-1])  # a 1x1 kernel's patches are the image itself
        return
    width = prod(windows.kernel) * x.shape[-1]
    total = len(x) * prod(windows.out)
    if total * width * x.itemsize <= TINY:
        yield view_windows(pad(x, windows), windows).reshape(total, width)
        return
    most = min(total, max(BLOCK // (width * x.itemsize), 128))
    memory = np.empty((most, width), x.dtype)
    for images in padded_groups(x, windows):
        view = view_windows(images, windows)
        for neighbours in runs(view.shape[: x.ndim - 1], most):
            block = view[neighbours]
            rows = memory[: block.size // width]
            rows.reshape(block.shape)[...] = block
            yield rows


def padded_groups(x: Array, windows: Windows) -> Iterator[Array]:
    """x with its padding, as many images at a time as fit a block: each group overwrites the one before."""
    sizes, span = x.shape[1:-1], windows.span
    if not any(windows.padding) and all(s <= n for s, n in zip(span, sizes, strict=True)):
        yield x
        return
    group = max(1, BLOCK // (prod(span) * x.shape[-1] * x.itemsize))
    padded = np.zeros((min(group, len(x)), *span, x.shape[-1]), x.dtype)
    for first in range(0, len(x), group):
        images = x[first : first + group]
        copy_inside(images, windows, into=padded[: len(images)])
        yield padded[: len(images)]


def runs(shape: Shape, most: int) -> Iterator[tuple[int | slice, ...]]:
    """Indices that cut an array of this shape, in order, into runs of at most `most` neighbouring entries."""
    axis, inner = len(shape) - 1, 1
    while axis > 0 and inner * shape[axis] <= most:
        inner *= shape[axis]
        axis -= 1
    step = max(1, most // inner)
    for head in np.ndindex(shape[:axis]):
        for first in range(0, shape[axis], step):
            yield (*head, slice(first, first + step))
