"""The convolution's gradient to its biases: the sum of the deltas."""

from typing import Any

import numpy as np

from .fork import Fork, program
from .sliding import Array


@program(
    "conv2d_grad_bias", "conv_grad_bias",
    words="""
bias-averaged
  You took the mean of the deltas.
  The bias is added at every place. What does the chain rule do with the contributions of all the places?

bias-averaged-over-batch
  The gradient was divided by the number of images.
  Where the loss takes a mean over images, is that division not in the deltas already?

bias-per-place
  You added over the images only, so every pixel has a bias gradient of its own.
  How many biases does the layer have, and at how many places is each of them used?

bias-added-too-often
  The sum of all deltas was added more than once: again in every pass of a loop.
  Does the line that adds up all deltas stand inside of a loop? How often does it run?

bias-per-image
  You added over the pixels only, so every image has a bias gradient of its own.
  Do two images use two biases, or the same one?

bias-per-row-of-pixels
  One axis of space was not added over, so every row or column of pixels has a bias gradient of its own.
  How many biases does the layer have, and at how many places is each of them used?

bias-channels-first-axes
  You added over the axes of another library, where the channels come first.
  Which axis of grad_output (B, H, W, D) counts the filters?

bias-all-in-one
  You added everything up: all the filters share one sum.
  How many biases does a layer with D filters have?

bias-of-ones
  Every bias got the gradient 1; the deltas were not used.
  If one output matters twice as much to the loss as another, where does your answer show it?

bias-of-one-place
  Only one place sent its delta back.
  At how many places is a bias added?

bias-sizes-added
  You added the sizes of the deltas, without their signs.
  If one output asks for more and another for less, what does the bias get?

bias-largest
  You took the largest delta.
  The bias is added at every place. What does the chain rule do with the contributions of all the places?

channels-reshaped
  A reshape put the numbers of several filters together.
  The filters are the last axis. Which reshape leaves the last axis where it is?

bias-counts-places
  You counted the places where the bias was used; the numbers that came from above were not used.
  If one output matters twice as much to the loss as another, where does your answer show it?

extra-axis
  The numbers are right, but the axes that were added up are still there, with length 1.
  What does keepdims keep, and which shape has one bias for each filter?
""",
)  # fmt: skip
def bias_gradient(fork: Fork, grad_output: Any) -> Array:
    """Every bias gets the sum of its filter's deltas, over all places of all images."""
    deltas = np.asarray(grad_output, float)
    deltas = fork(
        "the deltas", deltas,
        bias_counts_places=np.ones_like(deltas), one_image_only=deltas[:1], last_image_only=deltas[-1:],
    )  # fmt: skip
    rank = deltas.ndim
    ways = {"bias_per_place": (0,), "bias_per_image": tuple(range(1, rank - 1)), "bias_all_in_one": tuple(range(rank))}
    if rank == 4:
        ways |= {"bias_channels_first_axes": (0, 2, 3), "bias_per_row_of_pixels": (0, 2)}
        ways |= {
            "bias_channels_first_axes__height": (0, 1, 3),
            "bias_per_row_of_pixels__columns": (0, 1),
            "bias_all_in_one__of_an_image": (1, 2, 3),
        }
    over = fork("what is added up", tuple(range(rank - 1)), **ways)
    kept = fork("the axes that were added up", False, extra_axis__kept=True)
    total, count = deltas.sum(over, keepdims=kept), int(np.prod([deltas.shape[a] for a in over]))
    ways = {}
    if rank == 4:
        images, height, width, _ = deltas.shape
        passes = {"rows": height, "columns": width, "places": height * width, "images": images, "all": count}
        ways = {f"bias_added_too_often__{way}": total * n for way, n in passes.items()}
        ways["bias_per_place__in_a_row"] = deltas.sum(0).ravel()
    return fork(
        "the sum", total, **ways,
        bias_of_ones=lambda: np.ones_like(total), bias_of_one_place=lambda: deltas[(0,) * (rank - 1)],
        bias_of_one_place__last=lambda: deltas[(-1,) * (rank - 1)],
        bias_all_in_one__for_each=lambda: np.full_like(total, deltas.sum()) if rank > 1 else total,
        bias_largest=lambda: deltas.max(over, keepdims=kept),
        bias_sizes_added=lambda: np.abs(deltas).sum(over, keepdims=kept),
        channels_reshaped=lambda: deltas.reshape(deltas.shape[-1], -1).sum(1),
        bias_averaged=lambda: total / count, bias_averaged_over_batch=lambda: total / len(deltas),
        bias_averaged_over_batch__places=lambda: total * len(deltas) / count,
    )  # fmt: skip
