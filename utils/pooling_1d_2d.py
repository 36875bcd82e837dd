"""`pool` with one and two spatial axes, and of bare arrays: a signal (n,) or image (H, W) (Problem 5).

What may change: more checks. What stays: names, arguments, results and the errors' words, on which notebooks rely.
"""

from typing import Any, Literal

from numpy.typing import ArrayLike

from utils.pooling import avg_pool_grad, max_pool_grad, pool
from utils.shapes import Array, Padding, PerAxis, Shape, as_floats, as_shape, describe
from utils.watch import watched


@watched
def max_pool1d(
    x: ArrayLike, kernel_size: PerAxis, stride: PerAxis | None = None, padding: Padding = 0,
    dilation: PerAxis = 1, ceil_mode: bool = False,
) -> Array:  # fmt: skip
    """The maximum of each window of x (B, n, C) or, bare, (n,): gives (B, out, C) or (out,).

    `kernel_size`, `stride`, `padding` and `dilation` are ints; without a stride it is `kernel_size`. `padding` and
    `ceil_mode` may be what `pool` takes.
    """
    return _pool(1, x, kernel_size, stride, padding, "max", dilation, ceil_mode)


@watched
def avg_pool1d(
    x: ArrayLike, kernel_size: PerAxis, stride: PerAxis | None = None, padding: Padding = 0, ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Array:  # fmt: skip
    """The mean of each window of x (B, n, C) or, bare, (n,): gives (B, out, C) or (out,).

    `kernel_size`, `stride` and `padding` are ints; without a stride it is `kernel_size`.
    `padding`, `ceil_mode` and `count_include_pad` may be what `pool` takes.
    """
    return _pool(1, x, kernel_size, stride, padding, "avg", 1, ceil_mode, count_include_pad)


@watched
def max_pool2d(
    x: ArrayLike, kernel_size: PerAxis, stride: PerAxis | None = None, padding: Padding = 0,
    dilation: PerAxis = 1, ceil_mode: bool = False,
) -> Array:  # fmt: skip
    """The maximum of each window of x (B, H, W, C) or, bare, (H, W): (B, outH, outW, C) or (outH, outW).

    `kernel_size`, `stride`, `padding` and `dilation` are an int or one per axis; without a stride it is
    `kernel_size`. `padding` and `ceil_mode` may be what `pool` takes.
    """
    return _pool(2, x, kernel_size, stride, padding, "max", dilation, ceil_mode)


@watched
def avg_pool2d(
    x: ArrayLike, kernel_size: PerAxis, stride: PerAxis | None = None, padding: Padding = 0, ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Array:  # fmt: skip
    """The mean of each window of x (B, H, W, C) or, bare, (H, W): (B, outH, outW, C) or (outH, outW).

    `kernel_size`, `stride` and `padding` are an int or one per axis; without a stride it is `kernel_size`.
    `padding`, `ceil_mode` and `count_include_pad` may be what `pool` takes.
    """
    return _pool(2, x, kernel_size, stride, padding, "avg", 1, ceil_mode, count_include_pad)


@watched
def max_pool2d_grad(
    grad_output: ArrayLike, x: ArrayLike, kernel_size: PerAxis,
    stride: PerAxis | None = None, padding: Padding = 0, dilation: PerAxis = 1, ceil_mode: bool = False,
) -> Array:  # fmt: skip
    """`max_pool_grad` of images: grad_output (B, outH, outW, C) and x (B, H, W, C), or both bare.

    `kernel_size`, `stride`, `padding`, `dilation` and `ceil_mode` are those of the pooling.
    """
    dy, x = as_floats(grad_output=grad_output, x=x)
    if _is_bare(2, x.shape, "x"):
        dy = _whole(dy, "grad_output")
        return max_pool_grad(dy, x[None, ..., None], kernel_size, stride, padding, dilation, ceil_mode)[0, ..., 0]
    return max_pool_grad(dy, x, kernel_size, stride, padding, dilation, ceil_mode)


@watched
def avg_pool2d_grad(
    grad_output: ArrayLike, input_shape: PerAxis, kernel_size: PerAxis, stride: PerAxis | None = None,
    padding: Padding = 0, ceil_mode: bool = False, count_include_pad: bool = True,
) -> Array:  # fmt: skip
    """`avg_pool_grad` of images: grad_output (B, outH, outW, C), input_shape (B, H, W, C), or both bare.

    `kernel_size`, `stride`, `padding`, `ceil_mode` and `count_include_pad` are those of the pooling.
    """
    (dy,) = as_floats(grad_output=grad_output)
    shape = as_shape(input_shape, "input_shape")
    how = (kernel_size, stride, padding, 1, ceil_mode, count_include_pad)
    if _is_bare(2, shape, "input_shape"):
        dy = _whole(dy, "grad_output")
        return avg_pool_grad(dy, (1, *shape, 1), *how)[0, ..., 0]
    return avg_pool_grad(dy, shape, *how)


def _pool(
    axes: int, x: ArrayLike, kernel_size: PerAxis, stride: PerAxis | None, padding: Padding,
    mode: Literal["max", "avg"], *more: Any,
) -> Array:  # fmt: skip
    (x,) = as_floats(x=x)
    if _is_bare(axes, x.shape, "x"):
        return pool(x[None, ..., None], kernel_size, stride, padding, mode, *more)[0, ..., 0]
    return pool(x, kernel_size, stride, padding, mode, *more)


def _whole(dy: Array, name: str) -> Array:
    if dy.ndim != 2:
        raise ValueError(f"{name} has shape {dy.shape}, expected (outH, outW), because the image is bare")
    return dy[None, ..., None]


def _is_bare(axes: int, shape: Shape, name: str) -> bool:
    if len(shape) not in (axes, axes + 2):
        expected = {1: "(B, n, C) or, bare, (n,)", 2: "(B, H, W, C) or, bare, (H, W)"}[axes]
        raise ValueError(f"{describe(name, shape)}, expected {expected}")
    return len(shape) == axes
