"""How a kernel slides over an image."""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from utils.shapes import Array, PerAxis, Shape, count_windows, per_axis


class Slide(NamedTuple):
    """Along each axis, output i and weight j meet at the pixel `i stride + j dilation - left`.

    There are `out` outputs and `kernel` weights. A pixel that x does not have counts as zero.
    """

    kernel: Shape
    stride: Shape
    left: Shape
    dilation: Shape
    out: Shape

    @property
    def span(self) -> Shape:
        """How many pixels the windows cover, from the first to the last."""
        return tuple(
            (m - 1) * s + (k - 1) * d + 1
            for k, s, m, d in zip(self.kernel, self.stride, self.out, self.dilation, strict=True)
        )

    def padded(self, sizes: Shape) -> Shape:
        """The sizes of an image with `left` pixels of padding on both sides."""
        return tuple(n + 2 * p for n, p in zip(sizes, self.left, strict=True))

    def unpad(self, x: Array, sizes: Shape) -> Array:
        """The image within x (B, padded..., C): a view."""
        return x[(slice(None), *(slice(p, p + n) for p, n in zip(self.left, sizes, strict=True)))]


def slide_over(sizes: Shape, kernel: PerAxis, stride: PerAxis, padding: PerAxis, dilation: PerAxis = 1) -> Slide:
    """The slide over an image of these sizes, with every argument checked."""
    if type(kernel) is tuple and {*map(type, (stride, padding, dilation, *kernel))} == {int}:  # 1.0 == 1, yet is wrong
        return _slide_over(sizes, kernel, stride, padding, dilation)
    return _slide_over.__wrapped__(sizes, kernel, stride, padding, dilation)


@lru_cache(maxsize=256)
def _slide_over(sizes: Shape, kernel: PerAxis, stride: PerAxis, padding: PerAxis, dilation: PerAxis) -> Slide:
    axes = len(sizes)
    kernels = per_axis(kernel, axes, "kernel_size", least=1)
    strides = per_axis(stride, axes, "stride", least=1)
    pads = per_axis(padding, axes, "padding", least=0)
    dilations = per_axis(dilation, axes, "dilation", least=1)
    out = tuple(map(count_windows, sizes, kernels, strides, pads, dilations))
    return Slide(kernels, strides, pads, dilations, out)


def windows(x: Array, slide: Slide) -> Array:
    """Every window of x, `(B, out..., k..., C)`: a read-only view, in which no number is copied.

    x (B, span..., C) has its padding already and is contiguous.
    """
    batch, *steps, channel = x.strides
    over_outputs = (step * s for step, s in zip(steps, slide.stride, strict=True))
    over_weights = (step * d for step, d in zip(steps, slide.dilation, strict=True))
    view = np.ndarray(
        (len(x), *slide.out, *slide.kernel, x.shape[-1]),
        x.dtype,
        x,  # type: ignore[arg-type]
        strides=(batch, *over_outputs, *over_weights, channel),
    )
    view.flags.writeable = False
    return view


def put_padded(x: Array, slide: Slide, into: Array) -> None:
    """Copy x (B, n..., C) to its place in `into` (B, span..., C), past `left` pixels of padding.

    What is over is cropped; the padding itself is not touched.
    """
    target, source = [slice(None)], [slice(None)]
    for n, left, span in zip(x.shape[1:-1], slide.left, slide.span, strict=True):
        first, last = max(0, -left), min(n, span - left)
        source.append(slice(first, max(first, last)))
        target.append(slice(first + left, max(first, last) + left))
    into[tuple(target)] = x[tuple(source)]


def taps(slide: Slide) -> Iterator[tuple[Shape, tuple[slice, ...]]]:
    """For each weight j: the pixels of x (B, span..., C) that it meets, one for each output."""
    for j in np.ndindex(slide.kernel):
        along = zip(j, slide.dilation, slide.stride, slide.out, strict=True)
        yield j, (slice(None), *(slice(a * d, a * d + (m - 1) * s + 1, s) for a, d, s, m in along))
