"""The three products behind every convolution: forward, back to the weights, back to the input.

x is `(B, n..., C)`, w `(k..., C, D)`, y and dy `(B, out..., D)`, all contiguous.
"""

from collections.abc import Iterator
from itertools import product
from math import gcd, prod

import numpy as np

from utils.patches import patch_blocks
from utils.shapes import Array, Shape
from utils.slide import Slide


def correlate(x: Array, w: Array, slide: Slide, band: int | None = None) -> Array:
    """y = patches @ w."""
    filters = w.shape[-1]
    band = band or band_size(filters, slide)
    wide = widen(slide, band)
    matrix = band_matrix(w, slide, band)
    y = np.empty((len(x) * prod(wide.out), band * filters), x.dtype)
    for rows, patches in patch_blocks(x, wide):
        np.matmul(patches, matrix, out=y[rows])
    if band > 1 and not np.isfinite(y).all():
        return correlate(x, w, slide, band=1)  # inf times the zeros of a band is NaN, where it should be nothing
    y = y.reshape(len(x), *wide.out[:-1], -1, filters)
    return np.ascontiguousarray(y[..., : slide.out[-1], :])


def correlate_grad_w(dy: Array, x: Array, slide: Slide, band: int | None = None) -> Array:
    """dw = patches.T @ dy."""
    filters, columns = dy.shape[-1], slide.out[-1]
    band = band or band_size(filters, slide)
    wide = widen(slide, band)
    whole = dy
    if columns % band:
        whole = np.zeros((*dy.shape[:-2], band * wide.out[-1], filters), dy.dtype)
        whole[..., :columns, :] = dy
    whole = whole.reshape(-1, band * filters)
    matrix = np.zeros((prod(wide.kernel) * x.shape[-1], band * filters), dy.dtype)
    for rows, patches in patch_blocks(x, wide):
        matrix += patches.T @ whole[rows]
    dw = np.zeros((*slide.kernel, x.shape[-1], filters), dy.dtype)
    for part in band_parts(matrix, dw.shape, slide, band):
        dw += part
    if band > 1 and not np.isfinite(dw).all():
        return correlate_grad_w(dy, x, slide, band=1)
    return dw


def correlate_grad_x(dy: Array, w: Array, sizes: Shape, slide: Slide) -> Array:
    """dx = the same forward product, of dy with the flipped kernel whose in and out channels are swapped.

    With stride s, the pixels fall into s phases along each axis. Each phase meets its own weights only, and
    is a convolution with stride 1: so no zeros are put between the entries of dy, and none are multiplied.
    """
    axes = range(len(sizes))
    dx = np.zeros((len(dy), *sizes, w.shape[-2]), dy.dtype)
    for along in product(*(phases(n, slide, axis) for axis, n in enumerate(sizes))):
        pixels, weights, parts = zip(*along, strict=True)
        flipped = np.flip(w[weights], tuple(axes)).swapaxes(-1, -2)
        part = Slide(*zip(*parts, strict=True))
        phase = correlate(dy, np.ascontiguousarray(flipped), part)
        if phase.shape == dx.shape:
            return phase  # with stride 1 there is one phase, and copying it would be a waste
        dx[(slice(None), *pixels)] = phase
    return dx


def phases(n: int, slide: Slide, axis: int) -> Iterator[tuple[slice, slice, tuple[int, ...]]]:
    """Along one axis, for each phase that any weight meets: its pixels, its weights, its slide over dy.

    Pixel p meets weight j at the output (p + left - j dilation) / stride, if that is an integer.
    """
    kernel, stride, left, dilation, _ = (values[axis] for values in slide)
    every = stride // gcd(stride, dilation)  # of the weights that meet a phase, one comes `every` weights
    for j in range(min(kernel, every)):
        p = (j * dilation - left) % stride
        pixels, weights = len(range(p, n, stride)), len(range(j, kernel, every))
        if pixels:
            newest = (p + left - j * dilation) // stride  # the output where pixel p meets weight j
            step = dilation * every // stride
            oldest = newest - step * (weights - 1)
            yield slice(p, None, stride), slice(j, None, every), (weights, 1, -oldest, step, pixels)


# A product with few filters is a thin matrix, and thin matrices are slow. So with few filters, one row of
# patches holds the pixels of `band` neighbouring outputs along the last axis, and the matrix is
# `conv_matrix` for these: the kernel once for each output, each a stride further on, zeros elsewhere. Three
# times faster for C = D = 1.


def band_size(filters: int, slide: Slide) -> int:
    """A power of two: enough to make the matrix about 48 wide, and not so many that its zeros cost more."""
    if prod(slide.out) < 64:
        return 1
    reach = 2 * (slide.kernel[-1] - 1) // (slide.stride[-1] * slide.dilation[-1])
    most = min(48 // filters, reach, slide.out[-1])
    return 1 << (most.bit_length() - 1) if most > 1 else 1


def widen(slide: Slide, band: int) -> Slide:
    """The slide of a window that holds the pixels of `band` neighbouring outputs."""
    if band == 1:
        return slide
    kernel, stride, left, dilation, out = slide
    width = (band - 1) * stride[-1] + (kernel[-1] - 1) * dilation[-1] + 1
    return Slide(
        (*kernel[:-1], width),
        (*stride[:-1], stride[-1] * band),
        left,
        (*dilation[:-1], 1),
        (*out[:-1], -(-out[-1] // band)),
    )


def band_matrix(w: Array, slide: Slide, band: int) -> Array:
    """The matrix `(k... * C, band * D)` of the widened window."""
    channels, filters = w.shape[-2:]
    if band == 1:
        return w.reshape(-1, filters)
    matrix = np.zeros((prod(widen(slide, band).kernel) * channels, band * filters), w.dtype)
    for part in band_parts(matrix, w.shape, slide, band):
        part[...] = w
    return matrix


def band_parts(matrix: Array, shape: Shape, slide: Slide, band: int) -> Iterator[Array]:
    """The places, views of the kernel's shape, where each output of a band has its kernel in the matrix."""
    *kernel, channels, filters = shape
    if band == 1:
        yield matrix.reshape(shape)
        return
    parts = matrix.reshape(*kernel[:-1], -1, channels, band, filters)
    reach = (kernel[-1] - 1) * slide.dilation[-1] + 1
    for i in range(band):
        first = i * slide.stride[-1]
        yield parts[..., first : first + reach : slide.dilation[-1], :, i, :]
