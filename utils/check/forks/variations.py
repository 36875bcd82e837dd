"""Variations of the convolution: how far, through which channels, how often, and around what (Problem 9)."""

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from .fork import Fork, program
from .normalization import denominator, stretched

Array = np.ndarray

_FIELD = """
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
    field, jump = fork("the field to begin with", 1, start_forgotten=0), 1
    for i, (k, s, d) in enumerate(layers):
        d = fork("the dilation", d, dilation_ignored=1)
        before = layers[i - 1][1] if i else 1
        step = fork("the step", jump, own_stride_counted=jump * s, strides_ignored=1, only_the_last_stride=before)
        field += fork("what a layer adds", (k - 1) * d * step, sizes_added=k * d * step)
        jump *= s
    return fork("the field", field, sizes_added__alone=sum((k - 1) * d + 1 for k, _, d in layers))


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


_WEIGHTS = """
groups-ignored
  This is the plain convolution.
  How many input channels does a filter of one group see?

channels-and-filters-divided
  You divided both the channels and the filters.
  With groups, are there fewer filters, or does each filter see fewer channels?

channels-not-counted
  The input channels were not counted.
  A filter covers all channels of its group. Is it a square, or a block?

one-side-only
  You counted one side of the square kernel.
  A kernel of 3 rows and 3 columns: how many weights has it on one channel?

filters-not-counted
  This is the number for one filter.
  How many filters does the layer have?

pointwise-forgotten
  The 1 by 1 convolution is missing.
  A depthwise convolution never mixes channels. What does so behind it?

depthwise-forgotten
  The depthwise part is missing.
  What sees the neighbours before the channels are mixed?

depthwise-for-each-filter
  You counted a depthwise filter for each pair of channel and output.
  How many filters has a depthwise convolution on 24 channels?

kernel-in-both
  Both parts have your large kernel.
  How large is the kernel that only mixes channels?

parts-multiplied
  You multiplied the two parts.
  Two layers stand one behind the other. What happens to their weights?
"""


@program("grouped_weights", words=_WEIGHTS)
def grouped_weights(fork: Fork, kernel_size: int, channels: int, filters: int, groups: int) -> int:
    """A square, times the channels of a group, times all filters."""
    square = fork("the kernel", kernel_size**2, one_side_only=kernel_size)
    ways: dict[str, Any] = {"channels_not_counted": 1}
    if groups > 1:
        ways |= {"groups_ignored": channels, "channels_and_filters_divided": channels // groups / groups}
    seen = fork("the channels that a filter sees", channels // groups, **ways)
    return square * seen * fork("the filters", filters, filters_not_counted=1)


@program("separable_weights", words=_WEIGHTS)
def separable_weights(fork: Fork, kernel_size: int, channels: int, filters: int) -> int:
    """One filter for each channel, and then filters of 1 by 1."""
    square = fork("the kernel", kernel_size**2, one_side_only=kernel_size)
    deep = fork(
        "the depthwise part", square * channels, depthwise_forgotten=0, depthwise_for_each_filter=square * filters,
        channels_not_counted=square,
    )  # fmt: skip
    point = fork(
        "the 1 by 1 part", channels * filters, pointwise_forgotten=0, kernel_in_both=square * channels * filters
    )
    return fork("both parts together", deep + point, parts_multiplied=deep * point)


@program(
    "channels_seen",
    words="""
all-channels
  You listed all input channels.
  In a grouped convolution, which channels does a filter see: all, or those of its group?

groups-counted-from-one
  You took the next group.
  Filters 0 and 1 are in group 0. In which group is filter 7?

group-before
  You took the group before.
  Filters 0 and 1 are in group 0. In which group is filter 7?

interleaved
  You dealt the channels out in turn.
  Which channels belong to the first group: the first ones, or every fifth?

filters-for-channels
  You took as many channels as there are filters in a group.
  Into how many groups do the input channels fall, and how many are in each?

number-is-the-group
  You took the filter's number for the number of its group.
  Filters 0 and 1 are in group 0. In which group is filter 7?
""",
)  # fmt: skip
def channels_seen(fork: Fork, channels: int, filters: int, groups: int, number: int) -> Array:
    """The channels of the filter's group, in their order."""
    right = number // (filters // groups)
    wide = channels // groups
    group = fork(
        "the filter's group", right,
        groups_counted_from_one=right + 1, group_before=right - 1, number_is_the_group=number % groups,
    )  # fmt: skip
    per = filters // groups
    return fork(
        "the channels of a group", np.arange(wide) + group * wide,
        all_channels=np.arange(channels), interleaved=np.arange(group, channels, groups),
        filters_for_channels=np.arange(per) + group * per,
    )  # fmt: skip


@program(
    "depthwise",
    words="""
channels-mixed
  The channels were added up: every output channel has seen all of them.
  Does a depthwise convolution have a sum over the channels?

flipped-forward
  Your filter was turned around before it slid.
  Which weight meets the first pixel of a window?

overwritten-in-the-loop
  Only the last place of the kernel is left: the loop wrote over what it had.
  Which sign adds to what is already there?

one-filter-for-all
  All channels went under the first channel's filter.
  How many filters has a depthwise convolution?
""",
)  # fmt: skip
def depthwise(fork: Fork, x: Any, w: Any) -> Array:
    """Place by place of the kernel, with a number for each channel."""
    x, w = np.asarray(x, float), np.asarray(w, float)
    kH, kW, _ = w.shape
    oH, oW = x.shape[1] - kH + 1, x.shape[2] - kW + 1
    w = fork("the filters", w, flipped_forward=w[::-1, ::-1], one_filter_for_all=w[:, :, :1])
    terms = [x[:, u : u + oH, v : v + oW] * w[u, v] for u in range(kH) for v in range(kW)]
    y = fork("the sum over the kernel", sum(terms), overwritten_in_the_loop=terms[-1])
    mixed = np.broadcast_to(y.sum(-1, keepdims=True), y.shape)
    return fork("the channels", y, channels_mixed=mixed, channels_mixed__one=y.sum(-1, keepdims=True))


@program(
    "laid_down",
    words="""
overwrite-overlap
  Where two kernels overlap, the later one has replaced the earlier one.
  What happens at a place on which two kernels lie?

stride-not-dilated
  The kernels begin one place apart.
  How far apart do the kernels begin with stride 2?

flipped-kernel
  Each kernel was laid down turned around.
  Which weight lies where the kernel begins?

no-overlap
  Your kernels stand one behind the other and never overlap.
  How far apart do the kernels begin with stride 2, and how long is one?
""",
)  # fmt: skip
def laid_down(fork: Fork, x: Any, w: Any, stride: int) -> Array:
    """Each number lays down its multiple of the kernel."""
    x, w = np.asarray(x, float), np.asarray(w, float)
    k = len(w)
    step = fork("how far apart the kernels begin", stride, stride_not_dilated=1, no_overlap=k)
    w = fork("the kernel", w, flipped_kernel=w[::-1])
    overwrite = fork("where two kernels overlap", False, overwrite_overlap=True)
    y = np.zeros((len(x) - 1) * step + k)
    for i, number in enumerate(x):
        y[i * step : i * step + k] = number * w + (0 if overwrite else y[i * step : i * step + k])
    return y


@program(
    "transposed_size",
    words="""
forward-size
  This is the size of a convolution; it gets smaller.
  Where does the last of n kernels begin, and how long is it?

padding-added
  Padding was added; here it is cut off.
  With padding 1, is the result longer or shorter?

padding-once
  Padding was cut off at one end only.
  How many ends has the result?

padding-ignored
  Padding was not counted.
  With padding 1, is the result longer or shorter?

last-kernel-forgotten
  Your result ends where the last kernel begins, or one place behind.
  The last kernel begins at (n - 1) s. How much room does it need from there?

one-step-too-many
  You counted a step behind the last kernel.
  With n kernels, how many steps lie between the first and the last?

no-overlap
  Your kernels never overlap.
  How far apart do the kernels begin: by their length or by the stride?
""",
)  # fmt: skip
def transposed_size(fork: Fork, n: int, kernel_size: int, stride: int, padding: int) -> int:
    """Where the last kernel begins, and its length, less the padding."""
    k, s = kernel_size, stride
    begins = fork("where the last kernel begins", (n - 1) * s, one_step_too_many=n * s, no_overlap=(n - 1) * k)
    length = fork("the length of the last kernel", k, last_kernel_forgotten=0, last_kernel_forgotten__one=1)
    ways = (
        {"padding_added": 2 * padding, "padding_once": -padding, "padding_ignored": 0} if fork.gives("padding") else {}
    )
    cut = fork("the padding", -2 * padding, **ways)
    forward = (n + 2 * padding - k) // s + 1
    return fork("the size", begins + length + cut, forward_size=forward)


@program(
    "there_and_back",
    words="""
inverse-assumed
  This is the input again.
  What lies on a place at the end: what was there, or all multiples of the kernel that were laid on it?

forward-only
  This is the convolution alone.
  What does each of these outputs lay down afterwards?

flipped-kernel
  The kernel was turned around on the way back.
  Which weight lies where the kernel begins?

flipped-forward
  The kernel was turned around on the way forwards.
  Which weight meets the first number of a window?

overwrite-overlap
  Where two kernels overlap, the later one has replaced the earlier one.
  What happens at a place on which two kernels lie?
""",
)  # fmt: skip
def there_and_back(fork: Fork, x: Any, w: Any) -> Array:
    """Slide, and then lay down."""
    x, w = np.asarray(x, float), np.asarray(w, float)
    k, m = len(w), len(x) - len(w) + 1
    first = fork("the kernel forwards", w, flipped_forward=w[::-1])
    there = np.array([x[i : i + k] @ first for i in range(m)])
    second = fork("the kernel on the way back", w, flipped_kernel=w[::-1])
    overwrite = fork("where two kernels overlap", False, overwrite_overlap=True)
    back = np.zeros(len(x))
    for i in range(m):
        back[i : i + k] = there[i] * second + (0 if overwrite else back[i : i + k])
    return fork("the result", back, inverse_assumed=x, forward_only=there)


@program(
    "even_overlap",
    words="""
the-other-way-round
  Your answers are all the other way round.
  With kernel 4 and stride 2, does the number of kernels change from place to place?

even-numbers
  You asked whether the kernel size is an even number.
  With kernel 3 and stride 3, how many kernels lie over each place?

longer-is-enough
  You asked whether the kernel is longer than the step.
  With kernel 3 and stride 2, how many kernels lie over each place?

no-common-divisor-needed
  A common divisor is not enough.
  With kernel 6 and stride 4, where do kernels begin, and where do they end?

never-even
  You say that it is never even.
  With kernel 4 and stride 2, does the number of kernels change from place to place?
""",
)  # fmt: skip
def even_overlap(fork: Fork, kernel_size: Any, stride: Any) -> Array:
    """Even where the ends of kernels fall on beginnings of others."""
    k, s = np.asarray(kernel_size, int), np.asarray(stride, int)
    return fork(
        "what makes it even", 1.0 * (k % s == 0),
        the_other_way_round=1.0 * (k % s != 0), even_numbers=1.0 * (k % 2 == 0), longer_is_enough=1.0 * (k > s),
        no_common_divisor_needed=1.0 * (np.gcd(k, s) > 1), never_even=0.0 * k,
    )  # fmt: skip


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
  What is the first letter of its name?

channels-not-counted
  In GroupNorm you counted one channel.
  With 2 groups of 6 channels, how many channels has a group?

groups-for-channels
  In GroupNorm you counted as many channels as there are groups.
  With 2 groups of 6 channels, how many channels has a group?

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
    interleaved = fork("how the channels fall into groups", False, gn_interleaved=True)
    parts = x.reshape(*x.shape[:-1], wide, groups).swapaxes(-1, -2) if interleaved else x.reshape(shape)
    space = tuple(range(1, x.ndim - 1))
    last = x.ndim
    axes = fork(
        "what the statistics run over", (*space, last),
        gn_over_batch=(0, *space, last), gn_per_channel=space, gn_one_group=(*space, last - 1, last),
        gn_per_pixel=(last,),
    )  # fmt: skip
    centered = parts - parts.mean(axes, keepdims=True)
    count = prod(parts.shape[a] for a in axes)
    var = fork(
        "the variance", lambda: (centered**2).mean(axes, keepdims=True),
        gn_unbiased=lambda: (centered**2).sum(axes, keepdims=True) / (count - 1),
    )  # fmt: skip
    x_hat = centered / denominator(fork, var, eps)
    x_hat = (x_hat.swapaxes(-1, -2) if interleaved else x_hat).reshape(x.shape)
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
        no_relu_backward=lambda: inside, mask_from_gradient=lambda: inside * (inside > 0), **ways,
    )  # fmt: skip
    block = inside @ back1
    return fork(
        "where the two ways meet", g + block, bridge_forgotten=block, block_forgotten=g, bridge_multiplied=g * block
    )
