"""The patch matrix as a factor: `PatchMatrix(x, windows) @ w` is `im2col(x, ...) @ w`, without making it whole.

What may change: how the product is computed. What stays: the result is that of the whole matrix, also where numbers
are infinite or NaN, and memory beyond it is a few blocks.
"""

from dataclasses import dataclass
from math import prod

import numpy as np

from utils.engine.bands import band_matrix, band_size, band_windows, kernels_within
from utils.engine.depthwise import depthwise, depthwise_grad_weight
from utils.engine.patch_blocks import patch_blocks
from utils.shapes import Array
from utils.windows import Windows


@dataclass(slots=True)
class PatchMatrix:
    """im2col of x (B, n..., C), contiguous: a row for each window, a column for each weight and channel.

    With `groups` it is one such matrix for each part of the channels, and each meets its own part of the filters.
    """

    x: Array
    windows: Windows
    groups: int = 1

    def __matmul__(self, w: Array) -> Array:
        """The convolution: a matrix w (k... * C / groups, D) gives y (B * out..., D)."""
        if self.is_depthwise(w):
            return depthwise(self.x, w.reshape(*self.windows.kernel, -1), self.windows)
        if self.groups > 1:
            parts = zip(self.parts(), np.split(w, self.groups, axis=-1), strict=True)
            return np.concatenate([part @ some for part, some in parts], axis=-1)
        band = band_size(w.shape[-1], self.windows)
        y = self._times(w, band)
        if band > 1 and not np.isfinite(y).all():
            return self._times(w, band=1)  # inf times the zeros of a band is NaN, where it should be nothing
        return y

    @property
    def T(self) -> "TransposedPatchMatrix":
        return TransposedPatchMatrix(self)

    def is_depthwise(self, factor: Array) -> bool:
        """Whether each channel has one filter of its own; `factor` has a column for each filter."""
        return 1 < self.groups == self.x.shape[-1] == factor.shape[-1]

    def parts(self) -> list["PatchMatrix"]:
        """The matrix of each group."""
        of_groups = np.moveaxis(self.x.reshape(*self.x.shape[:-1], self.groups, -1), -2, 0)
        return [PatchMatrix(np.ascontiguousarray(x), self.windows) for x in of_groups]

    def _times(self, w: Array, band: int) -> Array:
        filters, batch = w.shape[-1], len(self.x)
        banded = band_windows(self.windows, band)
        matrix = band_matrix(w.reshape(*self.windows.kernel, -1, filters), self.windows, band)
        y = np.empty((batch * prod(banded.out), band * filters), w.dtype)
        for rows, patches in patch_blocks(self.x, banded, band * filters):
            np.matmul(patches, matrix, out=y[rows])
        y = y.reshape(-1, banded.out[-1] * band, filters)
        return y[:, : self.windows.out[-1]].reshape(-1, filters)  # the last band may have computed too many


@dataclass(slots=True)
class TransposedPatchMatrix:
    """The transpose of `PatchMatrix`."""

    of: PatchMatrix

    def __matmul__(self, dy: Array) -> Array:
        """The gradient of the weights: dy (B * out..., D) gives (k... * C / groups, D)."""
        if self.of.is_depthwise(dy):
            return depthwise_grad_weight(dy, self.of.x, self.of.windows).reshape(-1, dy.shape[-1])
        if self.of.groups > 1:
            parts = zip(self.of.parts(), np.split(dy, self.of.groups, axis=-1), strict=True)
            return np.concatenate([part.T @ some for part, some in parts], axis=-1)
        band = band_size(dy.shape[-1], self.of.windows)
        dw = self._times(dy, band)
        return dw if band == 1 or np.isfinite(dw).all() else self._times(dy, band=1)

    def _times(self, dy: Array, band: int) -> Array:
        x, windows, filters = self.of.x, self.of.windows, dy.shape[-1]
        outputs = windows.out[-1]
        banded = band_windows(windows, band)
        if outputs % band:  # the last band's windows that are not there get no gradient
            given = dy.reshape(-1, outputs, filters)
            dy = np.zeros((len(given), banded.out[-1] * band, filters), dy.dtype)
            dy[:, :outputs] = given
        dy = dy.reshape(-1, band * filters)
        channels = x.shape[-1]
        matrix = np.zeros((prod(banded.kernel) * channels, band * filters), dy.dtype)
        for rows, patches in patch_blocks(x, banded, band * filters):
            matrix += patches.T @ dy[rows]
        kernels = kernels_within(matrix, (*windows.kernel, channels, filters), windows, band)
        return kernels.sum(0).reshape(-1, filters)
