"""Pooling along one axis at a time: what `utils.pooling` calls for a batch that fits the cache.

A window's maximum is the maximum of its rows' maxima, and its sum the sum of its rows' sums: so a window takes
kH + kW steps instead of kH kW. What may change: how it is computed. What stays: ties, NaN and padding count as
`utils.pooling` says.
"""

from collections.abc import Callable, Iterator
from math import prod

import numpy as np

from utils.shapes import Array, Shape
from utils.windows import Windows

BLOCK = 2**20  # bytes of images at a time, to stay in the processor's cache


def groups_of_images(x: Array) -> Iterator[slice]:
    """Slices of x along the batch, of about `BLOCK` bytes."""
    size = max(1, BLOCK * len(x) // x.nbytes)
    return (slice(first, first + size) for first in range(0, len(x), size))


def pool_along(axis: int, x: Array, windows: Windows, mode: str) -> Array:
    """The maximum ("max") or sum of each window along one spatial axis of x (B, n..., C)."""
    merge: Callable[..., Array] = np.maximum if mode == "max" else np.add
    places = _places(x.shape[axis + 1], windows, axis)
    if windows.padding[axis] == 0:
        y = x[next(places)[2]].copy()
    else:  # some windows begin in the padding
        shape = list(x.shape)
        shape[axis + 1] = windows.out[axis]
        y = np.full(shape, -np.inf if mode == "max" else 0, x.dtype)
    for _, outputs, pixels in places:
        merge(y[outputs], x[pixels], out=y[outputs])
    return y


def spread_along(axis: int, dy: Array, n: int, windows: Windows) -> Array:
    """The adjoint of the sum: each window's gradient goes to each of its pixels, of which the axis has n."""
    shape = list(dy.shape)
    shape[axis + 1] = n
    dx = np.zeros(shape, dy.dtype)
    for _, outputs, pixels in _places(n, windows, axis):
        if windows.stride[axis] > (windows.kernel[axis] - 1) * windows.dilation[axis]:  # no window meets another
            dx[pixels] = dy[outputs]
        else:
            dx[pixels] += dy[outputs]
    return dx


def send_to_maxima(dy: Array, x: Array, windows: Windows) -> Array:
    """The adjoint of the maximum: each window's gradient goes to its first maximum in x, in row order."""
    dx = np.zeros_like(x)
    for images, places in places_of_maxima(x, windows):
        np.add.at(dx[images].reshape(-1), places.reshape(-1), dy[images].reshape(-1))
    return dx


def places_of_maxima(x: Array, windows: Windows) -> Iterator[tuple[slice, Array]]:
    """Some images, and where in x[images].reshape(-1) each of their windows has its first maximum (B, out..., C)."""
    groups = list(groups_of_images(x))
    first_pixels = _first_pixels(x[groups[0]].shape, windows)  # no later group is larger
    from_first = _pixels_from_first(x.shape[1:], windows)
    for images in groups:
        places = from_first.take(_winners(x[images], windows), mode="clip")  # none is out of range; this mode is fast
        places += first_pixels[: len(places)]
        yield images, places


def _winners(x: Array, windows: Windows) -> Array:
    """The number of each window's first maximum: its place in the window, counted in row order.

    The last axis goes first: then the first row with the maximum wins, and in it the first column.
    """
    y, winner = x, None
    for axis in reversed(range(len(windows.out))):
        y, winner = _winners_along(axis, y, winner, windows)
    if np.isnan(y).any():
        return _winners(np.where(np.isnan(x), x.dtype.type(np.inf), x), windows)
    assert winner is not None  # an image has an axis
    return winner


def _winners_along(axis: int, x: Array, winner: Array | None, windows: Windows) -> tuple[Array, Array]:
    """Each window's maximum along one axis, and its number. `winner` has x's shape: the numbers so far, if any."""
    row = prod(windows.kernel[axis + 1 :])
    starts = np.arange(windows.out[axis]) * windows.stride[axis] - windows.padding[axis]
    in_padding = -(np.minimum(starts, 0) // windows.dilation[axis])  # how many of a window come before its first pixel
    first = starts + in_padding * windows.dilation[axis]
    y = x.take(first, axis + 1)
    best = np.zeros(y.shape, np.min_scalar_type(prod(windows.kernel)))
    best += (in_padding * row).astype(best.dtype).reshape(-1, *[1] * (x.ndim - axis - 2))
    if winner is not None:
        best += winner.take(first, axis + 1)
    for j, outputs, pixels in _places(x.shape[axis + 1], windows, axis):
        if j:
            larger = x[pixels] > y[outputs]
            np.maximum(y[outputs], x[pixels], out=y[outputs])
            number = best.dtype.type(j * row)
            if winner is not None:
                best[outputs] += larger * (winner[pixels] + number - best[outputs])
            else:
                np.maximum(best[outputs], larger * number, out=best[outputs])
    return y, best


def _first_pixels(shape: Shape, windows: Windows) -> Array:
    """Where in x.reshape(-1) each window begins, for x of this shape (B, n..., C): negative where in the padding."""
    places = np.arange(shape[-1])
    for axis in reversed(range(len(windows.out))):
        starts = np.arange(windows.out[axis]) * windows.stride[axis] - windows.padding[axis]
        places = prod(shape[axis + 2 :]) * starts.reshape(-1, *[1] * places.ndim) + places
    return prod(shape[1:]) * np.arange(shape[0]).reshape(-1, *[1] * places.ndim) + places


def _pixels_from_first(shape: Shape, windows: Windows) -> Array:
    """How far in memory each pixel of a window is from its first, in an image of this shape (n..., C)."""
    steps = [prod(shape[axis + 1 :]) for axis in range(len(windows.out))]
    return np.array([np.dot(np.multiply(j, windows.dilation), steps) for j in np.ndindex(windows.kernel)])


def _places(n: int, windows: Windows, axis: int) -> Iterator[tuple[int, tuple[slice, ...], tuple[slice, ...]]]:
    """Each place j in the window, the outputs whose j-th pixel is not padding, and these pixels, of n."""
    kernel, stride, padding, dilation, out = (values[axis] for values in windows)
    before = (slice(None),) * (axis + 1)
    for j in range(kernel):
        from_start = j * dilation - padding
        first = max(0, -(from_start // stride))
        last = min(out - 1, (n - 1 - from_start) // stride)
        if first <= last:
            pixel = first * stride + from_start
            pixels = slice(pixel, pixel + (last - first) * stride + 1, stride)
            yield j, (*before, slice(first, last + 1)), (*before, pixels)
