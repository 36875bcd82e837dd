"""Dilation: the receptive field by formula, and the kernel with gaps (Problem 9)."""

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from .fork import Fork, program

Array = np.ndarray

_FIELD = """
layers-reversed
  You began with the layer that is farthest from the image.
  Which layer in the list is the one at the image?

own-stride-counted
  A layer's own stride was counted for its own kernel.
  How far apart are two neighbours in the input of a layer? Does its own stride change that?

strides-ignored
  The strides were not counted.
  After a layer with stride 2, how many pixels apart are two neighbours?

only-the-last-stride
  Only the stride of the layer just before was counted.
  After two layers with stride 2, how many pixels apart are two neighbours?

sizes-added
  You added up the kernel sizes.
  Two layers of kernel size 3 see 5 pixels. How many did the second one add?

dilation-ignored
  The dilation was not counted.
  With weights two places apart, how many steps lie between the first of three weights and the last?

dilation-times-kernel
  You multiplied the kernel by the dilation; only the steps between its weights get longer.
  Three weights with dilation 2: how many steps lie between them, and how wide are they together?

jump-dilated
  The dilation was counted among the strides.
  Two neighbours in the output of a layer with dilation 2 and stride 1: how many pixels apart do their windows begin?

start-forgotten
  The pixel that you start with is missing.
  How many pixels does an output see before there is any layer?

strides-added
  The strides were added up.
  After two layers with stride 3, how many pixels apart are two neighbours?

last-layer-left-out
  The last layer's stride is missing.
  How far apart are two neighbours in the output of the last layer?
"""


@program("dilated_field", words=_FIELD)
def dilated_field(fork: Fork, layers: Sequence[tuple[int, int, int]]) -> int:
    """Each layer adds its kernel less 1, in steps that are as wide as all strides before it."""
    layers = fork("the order of the layers", list(layers), layers_reversed=list(layers)[::-1])
    field, jump = fork("the field to begin with", 1, start_forgotten=0), 1
    for i, (k, s, d) in enumerate(layers):
        d = fork("the dilation", d, dilation_ignored=1)
        before = layers[i - 1][1] if i else 1
        step = fork("the step", jump, own_stride_counted=jump * s, strides_ignored=1, only_the_last_stride=before)
        field += fork(
            "what a layer adds", (k - 1) * d * step, sizes_added=k * d * step, dilation_times_kernel=(k * d - 1) * step
        )
        jump = fork("the jump", jump * s, jump_dilated=jump * s * d)
    return fork(
        "the field", field, sizes_added__alone=sum((k - 1) * d + 1 for k, _, d in layers),
        sizes_added__wide=sum(k * d for k, _, d in layers),
    )  # fmt: skip


@program("jump", words=_FIELD)
def jump(fork: Fork, layers: Sequence[tuple[int, int, int]]) -> int:
    """The product of all strides."""
    strides = [s for _, s, _ in layers]
    return fork(
        "the strides together", prod(strides),
        strides_added=sum(strides), only_the_last_stride=strides[-1], last_layer_left_out=prod(strides[:-1]),
    )  # fmt: skip


@program(
    "spread_kernel",
    words="""
axes-exchanged
  The dilations of height and width changed places.
  Which number of the pair belongs to the rows?

zeros-at-the-end
  There are zeros behind the last weight.
  How many gaps lie between three weights: two or three?

one-zero-too-many
  There is one zero too many between the weights.
  With dilation 2, how many zeros stand between two neighbours?

dilation-ignored
  Nothing was spread.
  With dilation 2, how many zeros stand between two neighbours?

weights-repeated
  The weights were repeated where zeros belong.
  What does a place between two weights of a dilated kernel count for?
""",
)  # fmt: skip
def spread_kernel(fork: Fork, w: Any, dilation: tuple[int, int]) -> Array:
    """Zeros of the right shape, and the weights at every so many places."""
    w = np.asarray(w, float)
    dH, dW = fork(
        "the dilation", dilation,
        axes_exchanged=dilation[::-1], one_zero_too_many=(dilation[0] + 1, dilation[1] + 1), dilation_ignored=(1, 1),
    )  # fmt: skip
    kH, kW = w.shape[:2]
    shape = fork("the size", (dH * (kH - 1) + 1, dW * (kW - 1) + 1), zeros_at_the_end=(dH * kH, dW * kW))
    spread = np.zeros((*shape, *w.shape[2:]))
    spread[::dH, ::dW] = w
    repeated = np.repeat(np.repeat(w, dH, 0), dW, 1)[: shape[0], : shape[1]]
    return fork("what stands between the weights", spread, weights_repeated=repeated)
