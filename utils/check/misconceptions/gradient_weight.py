"""The gradients to the kernel and to the bias: sums over every place where they were used (Problems 3 and 4)."""

import numpy as np

from ..table import misconception
from ._arrays import (
    GRAD_BIAS,
    GRAD_WEIGHT,
    axes_of,
    cut_spatial,
    flip,
    grad_weight,
    pad_spatial,
    per_axis,
    shape_of,
    spatial,
)


@misconception(
    "flipped-dw",
    about=GRAD_WEIGHT,
    says="Your gradient is right but lies the wrong way round: it belongs to a true convolution.",
    asks="The first weight met x[0] when y[0] was made. Which entries of x belong to dL/dw[0]?",
)
def flipped(grad_output, x, kernel_shape, stride=1, padding=0, dilation=1):
    return flip(grad_weight(grad_output, x, kernel_shape, stride, padding, dilation))


@misconception(
    "upstream-flipped",
    about=GRAD_WEIGHT,
    says="You turned the deltas around before sliding them over x.",
    asks="dL/dw[0] is a sum over outputs: which x goes with the first delta, and which with the second?",
)
def upstream_flipped(grad_output, x, kernel_shape, stride=1, padding=0, dilation=1):
    dy = np.flip(grad_output, spatial(grad_output, len(shape_of(kernel_shape))))
    return grad_weight(dy, x, kernel_shape, stride, padding, dilation)


_NOT_DILATED = {
    "says": "You slid the deltas over x as if the stride had been 1.",
    "asks": "With stride 2, the inputs that one weight met lie two apart. Do yours?",
}


@misconception("stride-not-dilated", about=GRAD_WEIGHT, **_NOT_DILATED)
def not_dilated(grad_output, x, kernel_shape, stride=1, padding=0, dilation=1):
    return grad_weight(grad_output, _start(grad_output, x, kernel_shape, padding), kernel_shape, 1, 0, dilation)


@misconception("stride-not-dilated", about=GRAD_WEIGHT, **_NOT_DILATED)
def not_dilated_and_longer(grad_output, x, kernel_shape, stride=1, padding=0, dilation=1):
    rank = len(shape_of(kernel_shape))
    dy, x = np.asarray(grad_output), pad_spatial(np.asarray(x), rank, padding)
    longer = [x.shape[a] - dy.shape[a] + 1 for a in spatial(x, rank)]
    return grad_weight(dy, x, (*longer, *shape_of(kernel_shape)[len(longer) :]), 1, 0, dilation)


def _start(dy, x, kernel_shape, padding):
    """The part of the padded x that dY covers when it slides by one over the kernel's places."""
    rank = len(shape_of(kernel_shape))
    x = pad_spatial(np.asarray(x), rank, padding)
    sizes = [np.shape(dy)[a] + k - 1 for a, k in zip(spatial(x, rank), shape_of(kernel_shape), strict=False)]
    return cut_spatial(x, rank, [0] * len(sizes), sizes)


@misconception(
    "leftover-counted",
    about=GRAD_WEIGHT,
    says="The result is larger than the kernel: inputs that no window reached gave it more places.",
    asks="How many places does the gradient of the kernel need, and what made yours have more?",
)
def leftover_counted(grad_output, x, kernel_shape, stride=1, padding=0, dilation=1):
    rank = len(shape_of(kernel_shape))
    dy, x = np.asarray(grad_output), pad_spatial(np.asarray(x), rank, padding)
    strides = per_axis(stride, axes_of(rank))
    sizes = [x.shape[a] - (dy.shape[a] - 1) * s for a, s in zip(spatial(x, rank), strides, strict=True)]
    return grad_weight(dy, x, (*sizes, *shape_of(kernel_shape)[len(sizes) :]), stride)


_NO_PADDING = {
    "says": "The deltas slid over x without its padding.",
    "asks": "Which array did the filter slide over in the forward pass: x, or x with zeros around it?",
}


@misconception("padding-ignored", about=GRAD_WEIGHT, **_NO_PADDING)
def padding_ignored(grad_output, x, kernel_shape, stride=1, padding=0, dilation=1):
    shape = shape_of(kernel_shape)
    axes = axes_of(len(shape))
    sizes = [k - 2 * p for k, p in zip(shape, per_axis(padding, axes), strict=False)]
    return grad_weight(grad_output, x, (*sizes, *shape[axes:]), stride, 0, dilation)


@misconception("padding-ignored", about=GRAD_WEIGHT, **_NO_PADDING)
def padding_after_only(grad_output, x, kernel_shape, stride=1, padding=0, dilation=1):
    rank = len(shape_of(kernel_shape))
    room = tuple(2 * p for p in per_axis(padding, axes_of(rank)))
    return grad_weight(grad_output, pad_spatial(x, rank, room, before=False), kernel_shape, stride, 0, dilation)


@misconception(
    "channels-swapped-dw",
    about=GRAD_WEIGHT,
    says="Input and output channels of the result changed places.",
    asks="w is (..., C, D): which of the two does x bring, and which one do the deltas?",
)
def channels_swapped(grad_output, x, kernel_shape, stride=1, padding=0, dilation=1):
    if len(shape_of(kernel_shape)) < 3:
        return None
    return np.swapaxes(grad_weight(grad_output, x, kernel_shape, stride, padding, dilation), -1, -2)


@misconception(
    "averaged-over-batch",
    about=GRAD_WEIGHT,
    says="The gradient was divided by the number of images.",
    asks="Where the loss takes a mean over images, is that division not in the deltas already?",
)
def averaged_over_batch(grad_output, x, kernel_shape, stride=1, padding=0, dilation=1):
    if len(shape_of(kernel_shape)) < 3:
        return None
    return grad_weight(grad_output, x, kernel_shape, stride, padding, dilation) / np.shape(x)[0]


@misconception(
    "averaged-over-places",
    about=GRAD_WEIGHT,
    says="You took the mean over the places where the weight was used.",
    asks="One weight is used at many places. What does the chain rule do with their contributions?",
)
def averaged_over_places(grad_output, x, kernel_shape, stride=1, padding=0, dilation=1):
    dy = np.asarray(grad_output)
    places = np.prod([dy.shape[a] for a in spatial(dy, len(shape_of(kernel_shape)))])
    return grad_weight(dy, x, kernel_shape, stride, padding, dilation) / places


@misconception(
    "one-image-only",
    about=GRAD_WEIGHT,
    says="Only the first image of the batch was counted.",
    asks="Every image used the same weights. What happens to what each of them has to say?",
)
def one_image_only(grad_output, x, kernel_shape, stride=1, padding=0, dilation=1):
    if len(shape_of(kernel_shape)) < 3:
        return None
    return grad_weight(grad_output[:1], x[:1], kernel_shape, stride, padding, dilation)


@misconception(
    "last-window-missing",
    about=GRAD_WEIGHT,
    says="The last output along each axis was not counted.",
    asks="How many outputs are there, and which of them does your loop visit?",
)
def last_window_missing(grad_output, x, kernel_shape, stride=1, padding=0, dilation=1):
    dy = np.array(grad_output, float)
    for axis in spatial(dy, len(shape_of(kernel_shape))):
        dy[(slice(None),) * axis + (-1,)] = 0
    return grad_weight(dy, x, kernel_shape, stride, padding, dilation)


@misconception(
    "only-last-window",
    about=GRAD_WEIGHT,
    says="Each output wiped out what the earlier ones had left: only the last one counts.",
    asks="One weight is used by every output. What does the chain rule do with their contributions?",
)
def only_last_window(grad_output, x, kernel_shape, stride=1, padding=0, dilation=1):
    dy = np.zeros_like(np.asarray(grad_output, float))
    last = tuple(-1 if a in spatial(dy, len(shape_of(kernel_shape))) else slice(None) for a in range(dy.ndim))
    dy[last] = np.asarray(grad_output)[last]
    return grad_weight(dy, x, kernel_shape, stride, padding, dilation)


@misconception(
    "upstream-ones",
    about=GRAD_WEIGHT,
    says="This is the gradient for deltas of one: the numbers that came from above were not used.",
    asks="If y[2] matters twice as much to the loss as y[1], where does your code notice?",
)
def upstream_ones(grad_output, x, kernel_shape, stride=1, padding=0, dilation=1):
    return grad_weight(np.ones_like(grad_output), x, kernel_shape, stride, padding, dilation)


@misconception(
    "kernel-axes-swapped",
    about=GRAD_WEIGHT[1:],
    says="Rows and columns of the result changed places.",
    asks="Which axis of the kernel moves along the height of the image?",
)
def axes_swapped(grad_output, x, kernel_shape, stride=1, padding=0, dilation=1):
    right = grad_weight(grad_output, x, kernel_shape, stride, padding, dilation)
    return np.swapaxes(right, 0, 1) if axes_of(right.ndim) > 1 else None


@misconception(
    "bias-averaged",
    about=GRAD_BIAS,
    says="You took the mean of the deltas.",
    asks="The bias is added at every place. What does the chain rule do with the contributions of all the places?",
)
def bias_averaged(grad_output):
    return np.mean(grad_output, axis=tuple(range(np.ndim(grad_output) - 1)))


@misconception(
    "bias-averaged-over-batch",
    about=GRAD_BIAS,
    says="The gradient was divided by the number of images.",
    asks="Where the loss takes a mean over images, is that division not in the deltas already?",
)
def bias_averaged_over_batch(grad_output):
    return np.sum(grad_output, axis=tuple(range(np.ndim(grad_output) - 1))) / np.shape(grad_output)[0]


@misconception(
    "bias-per-place",
    about=GRAD_BIAS,
    says="You added over the images only, so every pixel has a bias gradient of its own.",
    asks="How many biases does the layer have, and at how many places is each of them used?",
)
def bias_per_place(grad_output):
    return np.sum(grad_output, axis=0)


@misconception(
    "bias-per-image",
    about=GRAD_BIAS,
    says="You added over the pixels only, so every image has a bias gradient of its own.",
    asks="Do two images use two biases, or the same one?",
)
def bias_per_image(grad_output):
    return np.sum(grad_output, axis=tuple(range(1, np.ndim(grad_output) - 1)))


@misconception(
    "bias-all-in-one",
    about=GRAD_BIAS,
    says="You added everything to one number.",
    asks="How many biases does a layer with D filters have?",
)
def bias_all_in_one(grad_output):
    return np.sum(grad_output)


@misconception(
    "one-image-only",
    about=GRAD_BIAS,
    says="Only the first image of the batch was counted.",
    asks="Every image used the same bias. What happens to what each of them has to say?",
)
def bias_one_image(grad_output):
    return np.sum(grad_output[0], axis=tuple(range(np.ndim(grad_output) - 2)))


@misconception(
    "bias-counts-places",
    about=GRAD_BIAS,
    says="You counted the places where the bias was used; the numbers that came from above were not used.",
    asks="If one output matters twice as much to the loss as another, where does your code notice?",
)
def bias_counts_places(grad_output):
    return np.sum(np.ones_like(grad_output), axis=tuple(range(np.ndim(grad_output) - 1)))
