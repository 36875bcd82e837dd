"""The patch matrix, which turns a convolution into a matrix product, as Problem 2 builds it.

What may change: nothing that a faster way needs. `im2col` and `col2im` make the whole matrix, so that one can look at
it; the convolutions multiply with `utils.engine.PatchMatrix`, the same matrix made a few rows at a time.
"""

from math import prod

import numpy as np
from numpy.typing import ArrayLike

from utils.shapes import Array, Padding, PerAxis, Shape, as_floats, as_shape, check_shape
from utils.watch import watched
from utils.windows import pad, pixels_under_each_weight, view_windows, windows_over


@watched
def im2col(
    x: ArrayLike, kernel_size: PerAxis, stride: PerAxis = 1, padding: Padding = 0, dilation: PerAxis = 1
) -> Array:
    """The patch matrix: one row for each window, in the order of the output; one column for each weight.

    x (B, n..., C) gives (B * out..., k... * C), so that `im2col(x, (kH, kW)) @ w.reshape(-1, D)` is the
    convolution (Problem 2). A bare signal (n,) or image (H, W) has B = C = 1. `kernel_size`, `stride`, `padding`
    and `dilation` are an int or one per axis; `padding` may be what `conv` takes.
    """
    (x,) = as_floats(x=x)
    x = x.reshape(with_batch_and_channels(x.shape, "x"))
    windows = windows_over(x.shape[1:-1], kernel_size, stride, padding, dilation)
    view = view_windows(pad(x, windows), windows)
    columns = np.empty((len(x) * prod(windows.out), prod(windows.kernel) * x.shape[-1]), x.dtype)
    columns.reshape(view.shape)[...] = view
    return columns


@watched
def col2im(
    columns: ArrayLike, input_shape: PerAxis, kernel_size: PerAxis,
    stride: PerAxis = 1, padding: Padding = 0, dilation: PerAxis = 1,
) -> Array:  # fmt: skip
    """The adjoint of `im2col`: each entry goes back to the pixel it came from, and entries that meet add up.

    columns (B * out..., k... * C) give an array of `input_shape`. It does not undo `im2col`: a pixel that lies in
    r windows comes back r times its size (Problem 3). `kernel_size`, `stride`, `padding` and `dilation` are those
    that `im2col` got.
    """
    (columns,) = as_floats(columns=columns)
    shape = as_shape(input_shape, "input_shape")
    batch, *sizes, channels = with_batch_and_channels(shape, "input_shape")
    windows = windows_over(tuple(sizes), kernel_size, stride, padding, dilation)
    expected = (batch * prod(windows.out), prod(windows.kernel) * channels)
    check_shape(columns, "columns", expected, "(B * out..., k... * C) for this input_shape and kernel_size")
    patches = columns.reshape(batch, *windows.out, *windows.kernel, channels)
    reach = (max(p + n, span) for n, p, span in zip(sizes, windows.padding, windows.span, strict=True))
    padded = np.zeros((batch, *reach, channels), columns.dtype)
    for j, pixels in pixels_under_each_weight(windows):
        padded[pixels] += patches[(slice(None),) * (len(sizes) + 1) + j]
    inside = (slice(p, p + n) for p, n in zip(windows.padding, sizes, strict=True))
    return padded[(slice(None), *inside)].reshape(shape)


def with_batch_and_channels(shape: Shape, name: str) -> Shape:
    """The shape (B, n..., C) of an array that may be a bare signal or image."""
    if len(shape) == 0:
        raise ValueError(f"{name} is a single number, expected (n,), (H, W) or (B, n..., C)")
    return shape if len(shape) > 2 else (1, *shape, 1)
