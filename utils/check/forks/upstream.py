"""What comes from above in a convolution's gradients, and the words that both of them share."""

from typing import Any

import numpy as np

from .fork import DeadEnd, Fork, share_words
from .sliding import Array, diagonal

share_words(
    """
upstream-ones
  This is the gradient for deltas of one: the numbers that came from above were not used.
  If y[2] matters twice as much to the loss as y[1], where does your answer show it?

upstream-flipped
  The deltas were turned around.
  The first window made the first output. Which of the deltas belongs to it?

minus-lost
  A minus sign got lost: a negative number was counted as a positive one.
  Which of the numbers that are given are negative, and what is minus times plus?

upstream-transposed
  Height and width of what came from above changed places.
  Which of your loops runs over the rows of grad_output, and which one over its columns?

same-index-twice
  Both spatial indices of grad_output are the same: only the numbers on its diagonal were used.
  Which of your loops counts rows, and which one columns? Do both of their variables stand in the index?

deltas-of-all-places
  The deltas of all windows were added up, and each window got the whole sum.
  Which entry of grad_output belongs to the window (i, j)? Is its index in your line?

images-added-up
  The deltas of all images were added up: each image got what belongs to the others.
  Can a pixel of one image change the output of another?

deltas-of-first-image
  Every image got the deltas of the first one.
  Which index of grad_output runs over the images, and does your loop use it?

deltas-added-over-filters
  The deltas of all channels were added up before they were used.
  Which channel of grad_output belongs to which channel of the result?

first-delta-for-all-filters
  Every channel got the deltas of the first one.
  Which index of grad_output counts the channels, and does your loop use it?

averaged-over-batch
  The gradient was divided by the number of images.
  Where the loss takes a mean over images, is that division not in the deltas already?

one-image-only
  Only the first image of the batch was counted.
  Every image used the same weights. What happens to what each of them has to say?

first-image-written
  Only the gradient of the first image was written.
  Which of your loops runs over the images? Is a `return` indented too far?

last-image-written
  Only the gradient of the last image was written.
  Which of your lines stands behind the loop over the images, and should it stand inside?

last-image-only
  Only the last image of the batch is left.
  Every image used the same weights. What happens to what each of them has to say?

padding-shift
  The gradient is shifted by the padding: its numbers stand beside the inputs they belong to.
  With padding p, at which index of the padded input does x[0] stand?

forgot-unpad
  This is the gradient of the padded input: the zeros that you added still have their places.
  Whose gradient is asked for, and which part of yours belongs to the padding?

empty-slice
  The padding is cut off with [p:-p], which is empty when p is 0.
  What is x[0:-0] for a list x? How can the end of the slice be written so that it is right for p = 0, too?

cut-fixed-at-one
  The padding is cut off as if it were 1, whatever the padding of the call is.
  What does your last line do when it is called with padding=0 or with padding=2?

cut-by-half-kernel
  Half of the filter's size was cut off on each side; the padding of the call was not used.
  How many zeros were put around the image, and does that depend on the filter?

cut-at-one-end
  The padding was cut off on one side only.
  Padding 1: how many zeros stand before the first input, and how many after the last?

cut-with-other-axis
  The result was cut with the size of the other axis.
  An image with H rows and W columns: which of your two slices ends with H, and which one with W?

room-without-padding
  The gradient was collected in an array without room for the padding.
  With padding p, at which index of your array does the first window begin, and where does the last one end?

padded-twice
  The input was padded once more on the way back, although it had its padding already.
  Which shape has the array that you pad, and does it hold the zeros of the forward pass?

leftover-forgotten
  The inputs that no window reached have no place in your gradient.
  What shape must dL/dx have, and what is the gradient of an input that feeds no output?

one-zero-too-many
  You put s zeros between the deltas; then neighbours are s + 1 apart.
  With stride 2, how far apart are the inputs at which y[0] and y[1] begin, and how many lie between?
"""
)


def as_full(fork: Fork, deltas: Any, other: Any) -> tuple[Array, Array]:
    """Deltas and kernel, or deltas and input, with a batch and channels."""
    deltas, other = np.asarray(deltas, float), np.asarray(other, float)
    return (deltas[None, ..., None], other) if deltas.ndim < 3 else (deltas, other)


def upstream(fork: Fork, deltas: Array) -> Array:
    """The numbers that come from above."""
    spatial = tuple(range(1, deltas.ndim - 1))
    ways = {
        "upstream_ones": lambda: np.ones_like(deltas),
        "upstream_flipped": lambda: np.flip(deltas, spatial),
        "minus_lost__of_the_deltas": lambda: np.abs(deltas),
        "last_window_missing": lambda: without_last(deltas, spatial),
    }
    if len(deltas) > 1:
        ways["images_added_up"] = lambda: np.broadcast_to(deltas.sum(0, keepdims=True), deltas.shape)
        ways["deltas_of_first_image"] = lambda: np.broadcast_to(deltas[:1], deltas.shape)
    if deltas.shape[-1] > 1:
        ways["deltas_added_over_filters"] = lambda: np.broadcast_to(deltas.sum(-1, keepdims=True), deltas.shape)
        ways["first_delta_for_all_filters"] = lambda: np.broadcast_to(deltas[..., :1], deltas.shape)
    if len(spatial) == 2:
        ways["upstream_transposed"] = lambda: deltas.swapaxes(1, 2)
        if fork.gives("formula"):  # by hand nobody takes an index twice
            ways |= {f"same_index_twice__{axis}": lambda a=axis: diagonal(deltas, a) for axis in (1, 2)}
            ways |= {f"counter_used_twice__{axis}": lambda a=axis: _onto_diagonal(deltas, a) for axis in (1, 2)}
    if fork.gives("formula"):
        sums = {"of_the_channel": spatial, "of_all": None}
        ways |= {
            f"deltas_of_all_places__{way}": lambda a=axes: np.broadcast_to(deltas.sum(a, keepdims=True), deltas.shape)
            for way, axes in sums.items()
        }
    return fork("the deltas", deltas, **ways)


def _onto_diagonal(deltas: Array, axis: int) -> Array:
    """What belongs to the windows (i, j) at the window (i, i), or (j, j)."""
    at = np.arange(deltas.shape[axis])
    if len(at) > min(deltas.shape[1:3]):
        raise DeadEnd
    moved = np.zeros_like(deltas)
    moved[:, at, at] = deltas.sum(3 - axis)
    return moved


def without_last(deltas: Array, spatial: tuple[int, ...]) -> Array:
    deltas = deltas.copy()
    for axis in spatial:
        deltas[(slice(None),) * axis + (-1,)] = 0
    return deltas
