"""Pooling: one number for each window and channel, and how its gradient goes back (Problem 5).

`kernel_size`, `stride` and `padding` are an int or one per axis; stride None means kernel_size. As in
PyTorch, padding is at most half the kernel, never wins a maximum, and counts as zeros in a mean.

A window's maximum is the maximum of its rows' maxima, and its sum the sum of its rows' sums: so everything
here pools along one axis at a time, with kH + kW steps for each window instead of kH kW.
"""

from collections.abc import Callable, Iterator
from math import prod
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from utils.shapes import Array, PerAxis, Shape, as_floats, as_shape, check_shape, told
from utils.slide import Slide, slide_over

BLOCK = 2**20  # bytes of images at a time, to stay in the processor's cache


def pool(
    x: ArrayLike, kernel_size: PerAxis, stride: PerAxis | None = None, padding: PerAxis = 0,
    mode: Literal["max", "avg"] = "max",
) -> Array:  # fmt: skip
    """The maximum or mean of each window, over any number of axes: x (B, n..., C) gives (B, out..., C).

    A window that holds a NaN gives NaN.
    """
    if mode not in ("max", "avg"):
        raise ValueError(f"mode is {mode!r}, expected 'max' or 'avg'")
    (x,) = as_floats(x=x)
    slide = _slide(x.shape, "x", kernel_size, stride, padding)
    y = np.empty((len(x), *slide.out, x.shape[-1]), x.dtype)
    for images in _groups(x):
        part = x[images]
        for axis in range(len(slide.out)):
            part = _pool_axis(part, slide, axis, mode)
        if mode == "max":
            y[images] = part
        else:
            np.divide(part, x.dtype.type(prod(slide.kernel)), out=y[images])
    return y


def max_pool_grad(
    grad_output: ArrayLike, x: ArrayLike, kernel_size: PerAxis,
    stride: PerAxis | None = None, padding: PerAxis = 0,
) -> Array:  # fmt: skip
    """The gradient of sum(grad_output * pool(x)) with respect to x: all of a window's goes to its maximum.

    grad_output (B, out..., C) and x (B, n..., C) give x's shape. A tie goes to the first in row order, as in
    PyTorch; a NaN counts as the largest; windows that overlap add up.
    """
    dy, x = as_floats(grad_output=grad_output, x=x)
    slide = _slide(x.shape, "x", kernel_size, stride, padding)
    check_shape(dy, "grad_output", (len(x), *slide.out, x.shape[-1]), "the shape of the pooled output")
    groups = list(_groups(x))
    corners = _corners(x[groups[0]].shape, slide)
    dx = np.zeros_like(x)
    for images in groups:
        winners = _winners(x[images], slide)
        places = _steps(x.shape[1:], slide).take(winners, mode="clip")  # none is out of range; this mode is fast
        places += corners[: len(places)]
        np.add.at(dx[images].reshape(-1), places.reshape(-1), dy[images].reshape(-1))
    return dx


def avg_pool_grad(
    grad_output: ArrayLike, input_shape: PerAxis, kernel_size: PerAxis, stride: PerAxis | None = None,
    padding: PerAxis = 0,
) -> Array:  # fmt: skip
    """The gradient of sum(grad_output * pool(x, mode="avg")) with respect to x: equal shares for all pixels.

    grad_output (B, out..., C) gives an array of `input_shape` = (B, n..., C). Pixels in no window get 0.
    """
    (dy,) = as_floats(grad_output=grad_output)
    shape = as_shape(input_shape, "input_shape")
    slide = _slide(shape, "input_shape", kernel_size, stride, padding)
    check_shape(dy, "grad_output", (shape[0], *slide.out, shape[-1]), "the shape of the pooled output")
    dx = np.empty(shape, dy.dtype)
    for images in _groups(dx):
        part = dy[images] / dy.dtype.type(prod(slide.kernel))
        for axis, n in enumerate(shape[1:-1]):
            part = _avg_axis_grad(part, n, slide, axis)
        dx[images] = part
    return dx


def _pool_axis(x: Array, slide: Slide, axis: int, mode: str) -> Array:
    """The maximum or sum of each window along one spatial axis."""
    shape = list(x.shape)
    shape[axis + 1] = slide.out[axis]
    merge: Callable[..., Array] = np.maximum if mode == "max" else np.add
    meetings = _meetings(x.shape[axis + 1], slide, axis)
    if slide.left[axis] == 0:
        y = x[next(meetings)[2]].copy()
    else:  # some windows begin in the padding
        y = np.full(shape, -np.inf if mode == "max" else 0, x.dtype)
    for _, outputs, pixels in meetings:
        merge(y[outputs], x[pixels], out=y[outputs])
    return y


def _winners(x: Array, slide: Slide) -> Array:
    """The number of each window's first maximum: its place in the window, counted in row order.

    The last axis goes first: then the first row with the maximum wins, and in it the first column.
    """
    y, winner = x, None
    for axis in reversed(range(len(slide.out))):
        y, winner = _winner_along(y, winner, slide, axis)
    if np.isnan(y).any():
        return _winners(np.where(np.isnan(x), x.dtype.type(np.inf), x), slide)
    assert winner is not None  # an image has an axis
    return winner


def _winner_along(x: Array, winner: Array | None, slide: Slide, axis: int) -> tuple[Array, Array]:
    """`_pool_axis(x)`, and the number of each window's winner. `winner` (x's shape) is of the axes before, if any."""
    row = prod(slide.kernel[axis + 1 :])
    starts = np.arange(slide.out[axis]) * slide.stride[axis] - slide.left[axis]
    y = x.take(np.maximum(starts, 0), axis + 1)
    skipped = np.maximum(-starts, 0) * row  # where a window begins in the padding
    best = np.zeros(y.shape, np.min_scalar_type(prod(slide.kernel)))
    best += skipped.astype(best.dtype).reshape(-1, *[1] * (x.ndim - axis - 2))
    if winner is not None:
        best += winner.take(np.maximum(starts, 0), axis + 1)
    for j, outputs, pixels in _meetings(x.shape[axis + 1], slide, axis):
        if j:
            larger = x[pixels] > y[outputs]
            np.maximum(y[outputs], x[pixels], out=y[outputs])
            number = best.dtype.type(j * row)
            if winner is not None:
                best[outputs] += larger * (winner[pixels] + number - best[outputs])
            else:
                np.maximum(best[outputs], larger * number, out=best[outputs])
    return y, best


def _corners(shape: Shape, slide: Slide) -> Array:
    """Where in x.reshape(-1) each window begins, for x of this shape (B, n..., C): negative where in the padding."""
    places = np.arange(shape[-1])
    for axis in reversed(range(len(slide.out))):
        starts = np.arange(slide.out[axis]) * slide.stride[axis] - slide.left[axis]
        places = prod(shape[axis + 2 :]) * starts.reshape(-1, *[1] * places.ndim) + places
    return prod(shape[1:]) * np.arange(shape[0]).reshape(-1, *[1] * places.ndim) + places


def _steps(shape: Shape, slide: Slide) -> Array:
    """How far each pixel of a window is from its first, in an image of this shape (n..., C)."""
    strides = [prod(shape[axis + 1 :]) for axis in range(len(slide.out))]
    return np.array([np.dot(j, strides) for j in np.ndindex(slide.kernel)])


def _avg_axis_grad(dy: Array, n: int, slide: Slide, axis: int) -> Array:
    """Each window's gradient, to every pixel in it, along one spatial axis."""
    shape = list(dy.shape)
    shape[axis + 1] = n
    dx = np.zeros(shape, dy.dtype)
    for _, outputs, pixels in _meetings(n, slide, axis):
        if slide.stride[axis] >= slide.kernel[axis]:
            dx[pixels] = dy[outputs]
        else:
            dx[pixels] += dy[outputs]
    return dx


def _meetings(n: int, slide: Slide, axis: int) -> Iterator[tuple[int, tuple[slice, ...], tuple[slice, ...]]]:
    """Each place j in the window, the outputs whose j-th pixel is not padding, and these pixels."""
    kernel, stride, left, _, out = (values[axis] for values in slide)
    before = (slice(None),) * (axis + 1)
    for j in range(kernel):
        first = max(0, -((j - left) // stride))
        last = min(out - 1, (n - 1 - j + left) // stride)
        if first <= last:
            pixel = first * stride + j - left
            pixels = slice(pixel, pixel + (last - first) * stride + 1, stride)
            yield j, (*before, slice(first, last + 1)), (*before, pixels)


def _groups(x: Array) -> Iterator[slice]:
    """Slices of x along the batch, of about `BLOCK` bytes."""
    size = max(1, BLOCK * len(x) // x.nbytes)
    return (slice(first, first + size) for first in range(0, len(x), size))


def _slide(shape: Shape, name: str, kernel_size: PerAxis, stride: PerAxis | None, padding: PerAxis) -> Slide:
    if len(shape) < 3:
        raise ValueError(f"{told(name, shape)}, expected (B, n..., C)")
    slide = slide_over(shape[1:-1], kernel_size, kernel_size if stride is None else stride, padding)
    if any(2 * p > k for p, k in zip(slide.left, slide.kernel, strict=True)):
        raise ValueError(f"padding is {padding}, expected at most half of kernel_size, which is {kernel_size}")
    return slide
