"""Shifts, norms over other axes, and residual blocks (Problem 9)."""

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from .fork import Fork, program
from .normalization import denominator, stretched

Array = np.ndarray


@program(
    "good_shifts",
    words="""
every-shift
  You listed every shift.
  With stride 2, does a window find the same numbers after a shift by 1?

last-stride-only
  You took one of the strides.
  After a shift by 2, the first layer's output is shifted by 1. What does the second layer say to that?

strides-added
  You added the strides.
  How many pixels apart are two neighbours of the last output?

only-the-first
  There are more such shifts up to 20.
  If a shift by some number of pixels comes out, what about twice as many?
""",
)  # fmt: skip
def good_shifts(fork: Fork, strides: Sequence[int], largest: int) -> Array:
    """The multiples of all strides together."""
    right = prod(strides)
    step = fork(
        "the smallest shift", right,
        every_shift=1, last_stride_only=strides[-1], last_stride_only__first=strides[0], strides_added=sum(strides),
    )  # fmt: skip
    shifts = np.arange(1, largest // step + 1) * step
    return fork("which shifts are listed", shifts, only_the_first=shifts[:1])


@program(
    "numbers_per_mean",
    words="""
batch-counted
  You counted the batch in LayerNorm as well.
  Does LayerNorm look at one image or at all?

batch-not-counted
  BatchNorm takes its means over the batch, too.
  What does Batch stand for in its name?

channels-not-counted
  In GroupNorm you counted one channel.
  With 2 groups of 6 channels, how many channels does a group have?

groups-for-channels
  In GroupNorm you counted as many channels as there are groups.
  With 2 groups of 6 channels, how many channels does a group have?

layer-per-channel
  In LayerNorm you left the channels out.
  Over which axes does LayerNorm run?

instance-with-batch
  In InstanceNorm you counted the batch or the channels.
  Over which two axes does InstanceNorm run?
""",
)  # fmt: skip
def numbers_per_mean(fork: Fork, shape: tuple[int, int, int, int], groups: int) -> Array:
    """The lengths of the axes that a mean runs over, multiplied."""
    B, H, W, C = shape
    batch = fork("BatchNorm's mean", B * H * W, batch_not_counted=H * W)
    layer = fork("LayerNorm's mean", H * W * C, batch_counted=B * H * W * C, layer_per_channel=H * W)
    group = fork(
        "GroupNorm's mean", H * W * C // groups, channels_not_counted=H * W, groups_for_channels=H * W * groups
    )
    instance = fork(
        "InstanceNorm's mean", H * W, instance_with_batch=B * H * W, instance_with_batch__channels=H * W * C
    )
    return np.array([batch, layer, group, instance])


@program(
    "group_norm",
    words="""
gn-interleaved
  Your groups take every so many channels, not neighbours.
  In which order does reshape fill a new axis: which of the two must come last?

gn-channels-first
  Your reshape makes groups as if the channels came first in each image.
  A reshape keeps the order in memory. Which axis of x (B, H, W, C) lies innermost there?

gn-over-batch
  Your mean runs over the batch, too.
  May the result for one image depend on another?

gn-per-channel
  Each channel was normalized on its own.
  How many channels share a mean?

gn-one-group
  All channels share one mean and one variance.
  Into how many groups do the channels fall?

gn-per-pixel
  Each pixel was normalized on its own.
  Does the mean of a group run over height and width?

gn-unbiased
  Your variance divides by the count minus one.
  A variance is a mean of squared distances. Which `ddof` is a plain mean?
""",
)  # fmt: skip
def group_norm(fork: Fork, x: Any, gamma: Any, beta: Any, groups: int, eps: float = 1e-5) -> Array:
    """The groups become an axis of their own, which no mean runs over."""
    x = np.asarray(x, float)
    wide = x.shape[-1] // groups
    shape = (*x.shape[:-1], groups, wide)
    order = fork(
        "how the channels fall into groups", "neighbours", gn_interleaved="interleaved", gn_channels_first="first"
    )
    if order == "first":
        x = np.moveaxis(x.reshape(len(x), x.shape[-1], *x.shape[1:-1]), 1, -1)
    interleaved = order == "interleaved"
    parts = x.reshape(*x.shape[:-1], wide, groups).swapaxes(-1, -2) if interleaved else x.reshape(shape)
    space = tuple(range(1, x.ndim - 1))
    last = x.ndim
    axes = fork(
        "what the statistics run over", (*space, last),
        gn_over_batch=(0, *space, last), gn_per_channel=space, gn_one_group=(*space, last - 1, last),
        gn_per_pixel=(last,), gn_per_pixel__all_channels=(last - 1, last),
    )  # fmt: skip
    centered = parts - parts.mean(axes, keepdims=True)
    count = prod(parts.shape[a] for a in axes)
    var = fork(
        "the variance", lambda: (centered**2).mean(axes, keepdims=True),
        gn_unbiased=lambda: (centered**2).sum(axes, keepdims=True) / (count - 1),
    )  # fmt: skip
    x_hat = centered / denominator(fork, var, eps)
    x_hat = (x_hat.swapaxes(-1, -2) if interleaved else x_hat).reshape(x.shape)
    if order == "first":
        x_hat = np.moveaxis(x_hat, -1, 1).reshape(x.shape)
    return stretched(fork, x_hat, gamma, beta)


@program(
    "through_blocks",
    words="""
bridge-forgotten
  The bridge is missing.
  On which two ways does a gradient come back through a residual block, and what happens where they meet?

bridge-once
  You counted the bridge once, around all three blocks.
  Each block has a bridge of its own. What does one block multiply by?

bridge-counted-anyway
  A plain chain has no bridges.
  By what does one plain block multiply a gradient?

added-not-multiplied
  You added up what the blocks do.
  One block after the other multiplies. What do three blocks do together?
""",
)  # fmt: skip
def through_blocks(fork: Fork, slope: float, blocks: int, bridges: bool) -> float:
    """The slope of one block, as often as there are blocks."""
    if not bridges:
        one = fork("one block", slope, bridge_counted_anyway=slope + 1)
        return fork("all blocks together", one**blocks, added_not_multiplied=one * blocks)
    one = fork("one block", slope + 1, bridge_forgotten=slope)
    return fork("all blocks together", one**blocks, added_not_multiplied=one * blocks, bridge_once=slope**blocks + 1)


@program(
    "residual_grad",
    words="""
bridge-forgotten
  What comes back over the bridge is missing.
  On how many ways does x reach y?

block-forgotten
  Only the bridge is there.
  On how many ways does x reach y?

no-relu-backward
  The gradient passed where the relu was 0.
  Where the relu is 0, does y feel a small change of its input?

mask-from-gradient
  You looked at the sign of the gradient.
  The slope of relu depends on a number. Which one?

mask-from-x
  You looked at the sign of x itself.
  What went into the relu?

gradient-times-x
  You multiplied by the output of the relu; its slope is 1 or 0.
  If what goes into the relu grows from 3 to 4, by how much does its output grow?

bridge-multiplied
  You multiplied what comes on the two ways.
  Where two ways meet, what happens to their gradients?

not-transposed
  A matrix was not transposed on the way back.
  Forwards, rows meet w2 from the left. What undoes rows and columns on the way back?
""",
)  # fmt: skip
def residual_gradient(fork: Fork, grad_output: Any, x: Any, w1: Any, w2: Any) -> Array:
    """Over the bridge, and back through the block."""
    g, x, w1, w2 = (np.asarray(a, float) for a in (grad_output, x, w1, w2))
    square = w1.shape == w2.shape
    back1, back2 = w1.T, w2.T
    if square:
        back1, back2 = fork(
            "the matrices on the way back", (back1, back2),
            not_transposed=(w1, w2), not_transposed__first=(w1, w2.T), not_transposed__second=(w1.T, w2),
        )  # fmt: skip
    inside = g @ back2
    ways = {"mask_from_x": lambda: inside * (x > 0)} if square else {}
    inside = fork(
        "where the gradient passes", lambda: inside * (x @ w1 > 0),
        no_relu_backward=lambda: inside, gradient_times_x=lambda: inside * np.maximum(x @ w1, 0),
        mask_from_gradient=lambda: inside * (inside > 0), **ways,
    )  # fmt: skip
    block = inside @ back1
    return fork(
        "where the two ways meet", g + block, bridge_forgotten=block, block_forgotten=g, bridge_multiplied=g * block
    )
