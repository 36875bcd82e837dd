"""The gradient to the input: dY spread back over x with the kernel (Problems 2, 3 and 4)."""

import numpy as np

from ..table import misconception
from ._arrays import (
    GRAD_INPUT,
    axes_of,
    cut_spatial,
    dilate,
    flip,
    forward,
    grad_input,
    pad_spatial,
    per_axis,
    shape_of,
    spatial,
    swap_channels,
)


def _padded(shape, w, padding):
    """The input's shape with padding, and its spatial sizes without and with it."""
    shape = shape_of(shape)
    first = 0 if np.ndim(w) < 3 else 1
    pads = per_axis(padding, axes_of(np.ndim(w)))
    sizes = shape[first : first + len(pads)]
    wide = tuple(n + 2 * p for n, p in zip(sizes, pads, strict=True))
    return (*shape[:first], *wide, *shape[first + len(pads) :]), sizes, wide, pads


def _spread_with(dy, w, stride, dilation, extra):
    """dY with zeros between and `k - 1 + extra` zeros around, under the flipped kernel with channels swapped."""
    axes = axes_of(np.ndim(w))
    dy = dilate(np.asarray(dy), np.ndim(w), per_axis(stride, axes))
    around = [d * (k - 1) + extra for k, d in zip(np.shape(w)[:axes], per_axis(dilation, axes), strict=True)]
    return forward(pad_spatial(dy, np.ndim(w), around), swap_channels(flip(w)), None, 1, 0, dilation)


@misconception(
    "unflipped-dx",
    about=GRAD_INPUT,
    says="You slid the filter over the deltas without turning it around.",
    asks="Input x[1] fed y[0] and y[1]: through which weight each? In which order does the window meet them?",
)
def unflipped(grad_output, w, input_shape, stride=1, padding=0, dilation=1):
    return grad_input(grad_output, flip(w), input_shape, stride, padding, dilation)


@misconception(
    "channels-not-swapped",
    about=GRAD_INPUT,
    says="Input and output channels of the filter are still in their forward order.",
    asks="The deltas have the output channels. Which channel axis of w must be summed away now?",
)
def channels_not_swapped(grad_output, w, input_shape, stride=1, padding=0, dilation=1):
    if np.ndim(w) < 3:
        return None
    return grad_input(grad_output, swap_channels(w), input_shape, stride, padding, dilation)


@misconception(
    "channels-not-swapped",
    about=GRAD_INPUT,
    says="The filter was neither turned around nor were its channels exchanged.",
    asks="The deltas have the output channels. Which channel axis of w is summed away, and how does the filter lie?",
)
def neither_flipped_nor_swapped(grad_output, w, input_shape, stride=1, padding=0, dilation=1):
    if np.ndim(w) < 3:
        return None
    return grad_input(grad_output, flip(swap_channels(w)), input_shape, stride, padding, dilation)


@misconception(
    "valid-not-full",
    about=GRAD_INPUT,
    says="Your filter stayed inside of the deltas, so the result is too small; the gradient must be as big as x.",
    asks="How many zeros must stand around the deltas so that the first of them meets every entry of the filter?",
)
def valid_not_full(grad_output, w, input_shape, stride=1, padding=0, dilation=1):
    dy = dilate(np.asarray(grad_output), np.ndim(w), per_axis(stride, axes_of(np.ndim(w))))
    return forward(dy, swap_channels(flip(w)), None, 1, 0, dilation)


@misconception(
    "padded-by-k",
    about=GRAD_INPUT,
    says="There is one zero too many on each side of the deltas.",
    asks="The first input fed one output only. How far may the filter hang out so that it still touches one number?",
)
def padded_by_k(grad_output, w, input_shape, stride=1, padding=0, dilation=1):
    return _spread_with(grad_output, w, stride, dilation, 1)


@misconception(
    "forgot-unpad",
    about=GRAD_INPUT,
    says="This is the gradient of the padded input: the zeros that you added still have their places.",
    asks="Whose gradient is asked for, and which part of yours belongs to the padding?",
)
def forgot_unpad(grad_output, w, input_shape, stride=1, padding=0, dilation=1):
    return grad_input(grad_output, w, _padded(input_shape, w, padding)[0], stride, 0, dilation)


_ONE_END = {
    "says": "The gradient is shifted by the padding: its numbers stand beside the inputs they belong to.",
    "asks": "With padding p, at which index of the padded input does x[0] stand?",
}


@misconception("padding-shift", about=GRAD_INPUT, **_ONE_END)
def cut_at_end(grad_output, w, input_shape, stride=1, padding=0, dilation=1):
    wide, sizes, _, _ = _padded(input_shape, w, padding)
    return cut_spatial(grad_input(grad_output, w, wide, stride, 0, dilation), np.ndim(w), [0] * len(sizes), sizes)


@misconception("padding-shift", about=GRAD_INPUT, **_ONE_END)
def cut_at_start(grad_output, w, input_shape, stride=1, padding=0, dilation=1):
    wide, sizes, _, pads = _padded(input_shape, w, padding)
    full = grad_input(grad_output, w, wide, stride, 0, dilation)
    return cut_spatial(full, np.ndim(w), [2 * p for p in pads], sizes)


_NOT_DILATED = {
    "says": "Your backward pass moved by one from output to output, although the stride was larger.",
    "asks": "With stride 2, which input does y[1] begin at? What should stand between y[0]'s and y[1]'s place?",
}


@misconception("stride-not-dilated", about=GRAD_INPUT, **_NOT_DILATED)
def not_dilated(grad_output, w, input_shape, stride=1, padding=0, dilation=1):
    return _spread_with(grad_output, w, 1, dilation, 0)


@misconception("stride-not-dilated", about=GRAD_INPUT, **_NOT_DILATED)
def not_dilated_right_shape(grad_output, w, input_shape, stride=1, padding=0, dilation=1):
    _, sizes, wide, pads = _padded(input_shape, w, padding)
    spread = _spread_with(grad_output, w, 1, dilation, 0)
    room = [(0, 0)] * spread.ndim
    for axis, n in zip(spatial(spread, np.ndim(w)), wide, strict=True):
        room[axis] = (0, n - spread.shape[axis])
    return cut_spatial(np.pad(spread, room), np.ndim(w), pads, sizes)


@misconception(
    "one-zero-too-many",
    about=GRAD_INPUT,
    says="You put s zeros between the deltas; then neighbours are s + 1 apart.",
    asks="With stride 2, how far apart are the inputs at which y[0] and y[1] begin, and how many lie between?",
)
def one_zero_too_many(grad_output, w, input_shape, stride=1, padding=0, dilation=1):
    steps = tuple(s + 1 for s in per_axis(stride, axes_of(np.ndim(w))))
    return _spread_with(grad_output, w, steps, dilation, 0)


@misconception(
    "leftover-forgotten",
    about=GRAD_INPUT,
    says="The inputs that no window reached have no place in your gradient.",
    asks="What shape must dL/dx have, and what is the gradient of an input that feeds no output?",
)
def leftover_forgotten(grad_output, w, input_shape, stride=1, padding=0, dilation=1):
    pads = per_axis(padding, axes_of(np.ndim(w)))
    spread = _spread_with(grad_output, w, stride, dilation, 0)
    sizes = [spread.shape[a] - 2 * p for a, p in zip(spatial(spread, np.ndim(w)), pads, strict=True)]
    return cut_spatial(spread, np.ndim(w), pads, sizes)


@misconception(
    "overwrite-overlap",
    about=GRAD_INPUT,
    says="Where windows overlap, the later window wiped out what the earlier one had left.",
    asks="An input that feeds two outputs: what does the chain rule do with its two contributions?",
)
def overwrite_overlap(grad_output, w, input_shape, stride=1, padding=0, dilation=1):
    wide, sizes, _, pads = _padded(input_shape, w, padding)
    bare = np.ndim(w) < 3
    dy, kernel = np.asarray(grad_output), np.asarray(w)
    if bare:
        dy, kernel, wide = dy[None, ..., None], kernel[..., None, None], (1, *wide, 1)
    axes = len(sizes)
    strides, dilations = per_axis(stride, axes), per_axis(dilation, axes)
    dx = np.zeros(wide, np.result_type(dy, kernel))
    for place in np.ndindex(*dy.shape[1:-1]):
        index = tuple(
            slice(i * s, i * s + d * (k - 1) + 1, d)
            for i, s, d, k in zip(place, strides, dilations, kernel.shape, strict=False)
        )
        dx[(slice(None), *index)] = np.tensordot(dy[(slice(None), *place)], kernel, axes=(-1, -1))
    if bare:
        dx = dx[0, ..., 0]
    return cut_spatial(dx, np.ndim(w), pads, sizes)


@misconception(
    "upstream-ones",
    about=GRAD_INPUT,
    says="This is the gradient for deltas of one: the numbers that came from above were not used.",
    asks="If y[2] matters twice as much to the loss as y[1], where does your code notice?",
)
def upstream_ones(grad_output, w, input_shape, stride=1, padding=0, dilation=1):
    return grad_input(np.ones_like(grad_output), w, input_shape, stride, padding, dilation)


@misconception(
    "averaged-over-batch",
    about=GRAD_INPUT,
    says="The gradient was divided by the number of images.",
    asks="Where the loss takes a mean over images, is that division not in the deltas already?",
)
def averaged_over_batch(grad_output, w, input_shape, stride=1, padding=0, dilation=1):
    if np.ndim(w) < 3:
        return None
    return grad_input(grad_output, w, input_shape, stride, padding, dilation) / np.shape(grad_output)[0]


@misconception(
    "flipped-one-axis",
    about=GRAD_INPUT[1:],
    says="The filter was turned around along one of its axes only.",
    asks="Follow one input in both directions: along which axes does it meet the weights in reversed order?",
)
def flipped_first_axis(grad_output, w, input_shape, stride=1, padding=0, dilation=1):
    if axes_of(np.ndim(w)) < 2:
        return None
    return grad_input(grad_output, np.flip(w, 0), input_shape, stride, padding, dilation)


@misconception(
    "flipped-one-axis",
    about=GRAD_INPUT[1:],
    says="The filter was turned around along one of its axes only.",
    asks="Follow one input in both directions: along which axes does it meet the weights in reversed order?",
)
def flipped_second_axis(grad_output, w, input_shape, stride=1, padding=0, dilation=1):
    if axes_of(np.ndim(w)) < 2:
        return None
    return grad_input(grad_output, np.flip(w, 1), input_shape, stride, padding, dilation)


@misconception(
    "one-channel-only",
    about=GRAD_INPUT,
    says="Only the first output channel sent its gradient back.",
    asks="An input feeds all of the filters. What does the chain rule do with what comes back from each?",
)
def one_channel_back(grad_output, w, input_shape, stride=1, padding=0, dilation=1):
    if np.ndim(w) < 3:
        return None
    return grad_input(grad_output[..., :1], w[..., :1], input_shape, stride, padding, dilation)
