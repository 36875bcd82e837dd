"""The patch matrix, which turns a convolution into a matrix product (Problem 2).

The whole patch matrix of a 3x3 convolution is nine times its image, and making it would cost more than the
product that follows, because fresh memory is slow. `patch_blocks` makes a piece at a time, in one buffer
that stays in the processor's cache.
"""

import operator
from collections.abc import Iterator
from math import prod

import numpy as np
from numpy.typing import ArrayLike

from utils.shapes import Array, PerAxis, Shape, as_floats, as_shape, check_shape
from utils.slide import Slide, put_padded, slide_over, taps, windows

BLOCK = 2**20  # bytes of patches at a time: about the size of a level-2 cache
SMALL = 2**14  # so few bytes of patches that working in blocks would take longer than the product


def im2col(
    x: ArrayLike, kernel_size: PerAxis, stride: PerAxis = 1, padding: PerAxis = 0, dilation: PerAxis = 1
) -> Array:
    """The patch matrix: one row for each window, in the order of the output; one column for each weight.

    x (B, n..., C) gives (B * out..., k... * C), so that `im2col(x, (kH, kW)) @ w.reshape(-1, D)` is the
    convolution (Problem 2). A bare signal (n,) or image (H, W) has B = C = 1.
    """
    (x,) = as_floats(x=x)
    x = x.reshape(with_batch_and_channels(x.shape, "x"))
    slide = slide_over(x.shape[1:-1], kernel_size, stride, padding, dilation)
    columns = np.empty((len(x) * prod(slide.out), prod(slide.kernel) * x.shape[-1]), x.dtype)
    for rows, patches in patch_blocks(x, slide):
        columns[rows] = patches
    return columns


def col2im(
    columns: ArrayLike, input_shape: PerAxis, kernel_size: PerAxis,
    stride: PerAxis = 1, padding: PerAxis = 0, dilation: PerAxis = 1,
) -> Array:  # fmt: skip
    """The adjoint of `im2col`: each entry goes back to the pixel it came from, and entries that meet add up.

    columns (B * out..., k... * C) give an array of `input_shape`. It does not undo `im2col`: a pixel that
    lies in r windows comes back r times its size (Problem 3).
    """
    (columns,) = as_floats(columns=columns)
    shape = as_shape(input_shape, "input_shape")
    batch, *sizes, channels = with_batch_and_channels(shape, "input_shape")
    slide = slide_over(tuple(sizes), kernel_size, stride, padding, dilation)
    expected = (batch * prod(slide.out), prod(slide.kernel) * channels)
    check_shape(columns, "columns", expected, "(B * out..., k... * C) for this input_shape and kernel_size")
    patches = columns.reshape(batch, *slide.out, *slide.kernel, channels)
    padded = np.zeros((batch, *slide.padded(tuple(sizes)), channels), columns.dtype)
    for j, pixels in taps(slide):
        padded[pixels] += patches[(slice(None),) * (len(sizes) + 1) + j]
    return slide.unpad(padded, tuple(sizes)).reshape(shape)


def with_batch_and_channels(shape: Shape, name: str) -> Shape:
    """The shape (B, n..., C) of an array that may be a bare signal or image."""
    if len(shape) == 0:
        raise ValueError(f"{name} is a single number, expected (n,), (H, W) or (B, n..., C)")
    return shape if len(shape) > 2 else (1, *shape, 1)


def patch_blocks(x: Array, slide: Slide) -> Iterator[tuple[slice, Array]]:
    """The rows of the patch matrix `(B * out..., k... * C)`, as (which rows, their patches).

    The patches live in one buffer that the next block overwrites.
    """
    sizes, channels = x.shape[1:-1], x.shape[-1]
    inside = not any(slide.left) and all(map(operator.le, slide.span, sizes))
    if inside and slide.out == sizes and prod(slide.kernel) == 1:
        yield slice(None), x.reshape(-1, channels)  # a 1x1 kernel's patches are the image itself
        return
    width = prod(slide.kernel) * channels
    if len(x) * prod(slide.out) * width * x.itemsize <= SMALL:
        if not inside:
            padded = np.zeros((len(x), *slide.span, channels), x.dtype)
            put_padded(x, slide, into=padded)
            x = padded
        yield slice(None), windows(x, slide).reshape(-1, width)
        return
    group = len(x) if inside else max(1, BLOCK // (prod(slide.span) * channels * x.itemsize))
    padded = np.zeros((0 if inside else min(group, len(x)), *slide.span, channels), x.dtype)
    buffer = np.empty(0, x.dtype)
    start = 0
    for first in range(0, len(x), group):
        images = x[first : first + group]
        if not inside:
            put_padded(images, slide, into=padded[: len(images)])
            images = padded[: len(images)]
        view = windows(images, slide)
        for where in blocks(view.shape[: len(sizes) + 1], most=max(BLOCK // (width * x.itemsize), 128)):
            block = view[where]
            rows = prod(block.shape) // width
            if rows * width > buffer.size:
                buffer = np.empty(rows * width, x.dtype)
            patches = buffer[: rows * width].reshape(rows, width)
            patches.reshape(block.shape)[...] = block
            yield slice(start, start + rows), patches
            start += rows


def blocks(shape: Shape, most: int) -> Iterator[tuple[int | slice, ...]]:
    """Indices that cut an array of this shape, in order, into runs of at most `most` neighbouring entries."""
    axis, inner = len(shape) - 1, 1
    while axis > 0 and inner * shape[axis] <= most:
        inner *= shape[axis]
        axis -= 1
    step = max(1, most // inner)
    for head in np.ndindex(shape[:axis]):
        for first in range(0, shape[axis], step):
            yield (*head, slice(first, first + step))
