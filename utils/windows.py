"""Padding, windows, and the patch matrix: what turns a convolution into a matrix product (Problem 2)."""

from itertools import product

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import ArrayLike

from utils.shapes import Array, PerAxis, Shape, as_floats, as_shape, check_shape, output_sizes, per_axis


def pad(x: Array, padding: Shape, value: float = 0.0) -> Array:
    """`x (B, n..., C)` with `padding` more entries on both sides of each spatial axis; x itself where there are none."""
    if not any(padding):
        return x
    sizes = tuple(n + 2 * p for n, p in zip(x.shape[1:-1], padding, strict=True))
    padded = np.full((x.shape[0], *sizes, x.shape[-1]), value, x.dtype)
    unpad(padded, padding)[...] = x
    return padded


def unpad(x: Array, padding: Shape) -> Array:
    """The view of `x` without its padding: the adjoint of `pad`."""
    return x[(slice(None), *(slice(p, n - p) for n, p in zip(x.shape[1:-1], padding, strict=True)))]


def windows(x: Array, kernel: Shape, stride: Shape, dilation: Shape) -> Array:
    """A read-only view `(B, out..., k..., C)` of `x (B, n..., C)`: every window, without copying a number."""
    batch, *steps, channel = x.strides
    out = output_sizes(x.shape[1:-1], kernel, stride, (0,) * len(kernel), dilation)
    return as_strided(
        x,
        (x.shape[0], *out, *kernel, x.shape[-1]),
        (
            batch,
            *(step * s for step, s in zip(steps, stride, strict=True)),
            *(step * d for step, d in zip(steps, dilation, strict=True)),
            channel,
        ),
        writeable=False,
    )


def taps(out: Shape, kernel: Shape, stride: Shape, dilation: Shape) -> list[tuple[Shape, tuple[slice, ...]]]:
    """For each index in the kernel, the slice of x that it meets: one pixel for each window."""
    return [
        (
            index,
            (
                slice(None),
                *(
                    slice(i * d, i * d + s * m, s)
                    for i, d, s, m in zip(index, dilation, stride, out, strict=True)
                ),
            ),
        )
        for index in product(*map(range, kernel))
    ]


def im2col(
    x: ArrayLike, kernel_size: PerAxis, stride: PerAxis = 1, padding: PerAxis = 0, dilation: PerAxis = 1
) -> Array:
    """The patch matrix: one row for each window, in the order of the output; one column for each weight.

    `x (B, n..., C)` gives `(B * out..., k... * C)`, so that `im2col(x, (kH, kW)) @ w.reshape(-1, D)` is the
    convolution (Problem 2). A bare signal `(n,)` or image `(H, W)` has B = C = 1. Each number is copied up to
    prod(kernel_size) times: good to look at, and too big for large images, so `conv` works through it in blocks.
    """
    (x,) = as_floats(x=x)
    x = x.reshape(_with_batch_and_channel(x.shape, "x"))
    kernel, strides, pads, dilations = _settings(x.ndim - 2, kernel_size, stride, padding, dilation)
    output_sizes(x.shape[1:-1], kernel, strides, pads, dilations)
    patches = windows(pad(x, pads), kernel, strides, dilations)
    return patches.reshape(-1, np.prod(patches.shape[len(kernel) + 1 :]))


def col2im(
    columns: ArrayLike,
    input_shape: PerAxis,
    kernel_size: PerAxis,
    stride: PerAxis = 1,
    padding: PerAxis = 0,
    dilation: PerAxis = 1,
) -> Array:
    """The adjoint of `im2col`: each entry goes back to the pixel it was copied from, and entries that meet add up.

    `columns (B * out..., k... * C)` gives an array of `input_shape`. It does not undo `im2col`: a pixel that
    lies in r windows comes back r times its size (Problem 3).
    """
    (columns,) = as_floats(columns=columns)
    shape = as_shape(input_shape, "input_shape")
    batch, *sizes, channels = _with_batch_and_channel(shape, "input_shape")
    kernel, strides, pads, dilations = _settings(len(sizes), kernel_size, stride, padding, dilation)
    out = output_sizes(tuple(sizes), kernel, strides, pads, dilations)
    rows, width = batch * int(np.prod(out)), int(np.prod(kernel)) * channels
    check_shape(
        columns, "columns", (rows, width), "(B * out..., k... * C) of this input_shape and kernel_size"
    )
    patches = columns.reshape(batch, *out, *kernel, channels)
    x = np.zeros((batch, *(n + 2 * p for n, p in zip(sizes, pads, strict=True)), channels), columns.dtype)
    for index, pixels in taps(out, kernel, strides, dilations):
        x[pixels] += patches[(slice(None),) * (len(out) + 1) + index]
    return unpad(x, pads).reshape(shape)


def _settings(
    axes: int, kernel_size: PerAxis, stride: PerAxis, padding: PerAxis, dilation: PerAxis
) -> tuple[Shape, Shape, Shape, Shape]:
    return (
        per_axis(kernel_size, axes, "kernel_size", least=1),
        per_axis(stride, axes, "stride", least=1),
        per_axis(padding, axes, "padding", least=0),
        per_axis(dilation, axes, "dilation", least=1),
    )


def _with_batch_and_channel(shape: Shape, name: str) -> Shape:
    if len(shape) == 0:
        raise ValueError(f"{name} is a single number, expected (n,), (H, W) or (B, n..., C)")
    return shape if len(shape) > 2 else (1, *shape, 1)
