"""Where the windows of a convolution or of pooling lie. Every operator asks here first; nothing is computed here.

What may change: how the places are found. What stays: the rule in the docstring of `Windows`, and the errors'
words, which notebooks show to students.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from utils.shapes import Array, Padding, PerAxis, Shape, check_numbers, count_windows, flag, paddings, per_axis


class Windows(NamedTuple):
    """Along each axis, window i has its weight j on the pixel `i stride + j dilation - padding`.

    There are `out` windows with `kernel` weights each. `padding` is how many pixels are added before the first; how
    many after the last follows from `out`. A pixel that the image does not have counts as zero. A negative padding,
    which only the engine uses, leaves out the image's first pixels.
    """

    kernel: Shape
    stride: Shape
    padding: Shape
    dilation: Shape
    out: Shape

    @property
    def span(self) -> Shape:
        """How many pixels lie between the first window's start and the last window's end, padding included."""
        return tuple(
            (m - 1) * s + (k - 1) * d + 1
            for k, s, m, d in zip(self.kernel, self.stride, self.out, self.dilation, strict=True)
        )


def windows_over(
    sizes: Shape, kernel: PerAxis, stride: PerAxis, padding: Padding, dilation: PerAxis = 1, ceil_mode: bool = False
) -> Windows:
    """The windows over an image of these sizes. ValueError or TypeError for an argument that does not fit.

    With `ceil_mode` a last window may reach beyond the padding, if it begins before the padding at the end.
    """
    sides = kernel if type(kernel) is tuple else (kernel,)
    if {*map(type, (stride, padding, dilation, *sides))} == {int} and type(ceil_mode) is bool:  # 1.0 == 1, yet is wrong
        return _remembered(sizes, kernel, stride, padding, dilation, ceil_mode)
    return _remembered.__wrapped__(sizes, kernel, stride, padding, dilation, ceil_mode)


@lru_cache(maxsize=256)
def _remembered(
    sizes: Shape, kernel: PerAxis, stride: PerAxis, padding: Padding, dilation: PerAxis, ceil_mode: bool
) -> Windows:
    axes = len(sizes)
    kernels = per_axis(kernel, axes, "kernel_size", least=1)
    strides = per_axis(stride, axes, "stride", least=1)
    dilations = per_axis(dilation, axes, "dilation", least=1)
    before, after = paddings(padding, kernels, strides, dilations)
    out = tuple(map(count_windows, sizes, kernels, strides, before, after, dilations))
    check_numbers(tuple(map(sum, zip(sizes, before, after, strict=True))), "padding", padding)
    if flag(ceil_mode, "ceil_mode"):
        along = zip(sizes, kernels, strides, before, after, dilations, out, strict=True)
        out = tuple(m + _one_more(n, k, s, p, q, d, m) for n, k, s, p, q, d, m in along)
    return Windows(kernels, strides, before, dilations, out)


def _one_more(n: int, k: int, s: int, before: int, after: int, d: int, out: int) -> bool:
    """Whether some padded pixels come after the last window, and one more window would begin before the padding."""
    left_over = n + before + after - ((out - 1) * s + d * (k - 1) + 1)
    return left_over > 0 and out * s < n + before


def pad(x: Array, windows: Windows) -> Array:
    """x (B, n..., C) with zeros around it, as far as the windows reach: a new array (B, span..., C)."""
    padded = np.zeros((len(x), *windows.span, x.shape[-1]), x.dtype)
    copy_inside(x, windows, into=padded)
    return padded


def copy_inside(x: Array, windows: Windows, into: Array) -> None:
    """Copy x (B, n..., C) to its place within the padding of `into` (B, span..., C).

    Pixels that no window reaches are left out. The padding itself is not written.
    """
    target, source = [slice(None)], [slice(None)]
    for n, padding, span in zip(x.shape[1:-1], windows.padding, windows.span, strict=True):
        first, last = max(0, -padding), min(n, span - padding)
        source.append(slice(first, max(first, last)))
        target.append(slice(first + padding, max(first, last) + padding))
    into[tuple(target)] = x[tuple(source)]


def view_windows(x: Array, windows: Windows) -> Array:
    """Every window of x, `(B, out..., k..., C)`: a read-only view, in which no number is copied.

    x (B, span..., C) or larger has its padding already and is contiguous.
    """
    batch, *steps, channel = x.strides
    from_window_to_window = (step * s for step, s in zip(steps, windows.stride, strict=True))
    from_weight_to_weight = (step * d for step, d in zip(steps, windows.dilation, strict=True))
    view = np.ndarray(
        (len(x), *windows.out, *windows.kernel, x.shape[-1]),
        x.dtype,
        x,  # type: ignore[arg-type]
        strides=(batch, *from_window_to_window, *from_weight_to_weight, channel),
    )
    view.flags.writeable = False
    return view


def pixels_under_each_weight(windows: Windows) -> Iterator[tuple[Shape, tuple[slice, ...]]]:
    """For each weight j: (j, the pixels of a padded image that it lies on, one for each window)."""
    for j in np.ndindex(windows.kernel):
        along = zip(j, windows.dilation, windows.stride, windows.out, strict=True)
        yield j, (slice(None), *(slice(a * d, a * d + (m - 1) * s + 1, s) for a, d, s, m in along))
