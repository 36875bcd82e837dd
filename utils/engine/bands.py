"""Bands: with few filters, several neighbouring outputs are computed in one row of the matrix product.

With few filters the kernel's matrix is thin, and products with thin matrices are slow. So a row of patches holds the
pixels of `band` neighbouring windows along the last axis. They meet a matrix with the kernel once for each window,
each a stride further down, and zeros elsewhere: `conv_matrix` of Problem 2, for a few outputs. For k = 2 and band = 3:

    w0  0   0
    w1  w0  0
    0   w1  w0
    0   0   w1

Three times faster for one channel and one filter. What may change: how `band_size` chooses.
"""

from math import prod

import numpy as np

from utils.shapes import Array, Shape
from utils.windows import Windows


def band_size(filters: int, windows: Windows) -> int:
    """A power of two: enough to make the matrix about 48 columns wide, and not so many that its zeros cost more."""
    if prod(windows.out) < 64:
        return 1
    overlap = 2 * (windows.kernel[-1] - 1) // (windows.stride[-1] * windows.dilation[-1])
    most = min(48 // filters, overlap, windows.out[-1])
    return 1 << (most.bit_length() - 1) if most > 1 else 1


def band_windows(windows: Windows, band: int) -> Windows:
    """Windows that each hold the pixels of `band` neighbouring ones. The last may hold more than there are."""
    if band == 1:
        return windows
    kernel, stride, padding, dilation, out = windows
    width = (band - 1) * stride[-1] + (kernel[-1] - 1) * dilation[-1] + 1
    return Windows(
        (*kernel[:-1], width),
        (*stride[:-1], stride[-1] * band),
        padding,
        (*dilation[:-1], 1),
        (*out[:-1], -(-out[-1] // band)),
    )


def band_matrix(w: Array, windows: Windows, band: int) -> Array:
    """The matrix of the picture above, `(pixels of a band * C, band * D)`, from the kernel w (k..., C, D)."""
    channels, filters = w.shape[-2:]
    if band == 1:
        return w.reshape(-1, filters)
    matrix = np.zeros((prod(band_windows(windows, band).kernel) * channels, band * filters), w.dtype)
    kernels_within(matrix, w.shape, windows, band)[...] = w
    return matrix


def kernels_within(matrix: Array, kernel_shape: Shape, windows: Windows, band: int) -> Array:
    """The places in a band's matrix where each of its windows has its kernel: a view (band, k..., C, D)."""
    if band == 1:
        return matrix.reshape(1, *kernel_shape)
    *kernel, channels, filters = kernel_shape
    *axes, pixel, channel, window, filter_ = matrix.reshape(*kernel[:-1], -1, channels, band, filters).strides
    return np.ndarray(
        (band, *kernel_shape),
        matrix.dtype,
        matrix,  # type: ignore[arg-type]
        strides=(windows.stride[-1] * pixel + window, *axes, windows.dilation[-1] * pixel, channel, filter_),
    )
