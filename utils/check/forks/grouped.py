"""Groups: how many weights there are, which channels a filter sees, and the depthwise convolution (Problem 9)."""

from typing import Any

import numpy as np

from .fork import Fork, program

Array = np.ndarray

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

groups-multiplied
  You multiplied by the number of groups; a filter sees fewer channels where there are groups.
  With 8 groups, how many of the channels does one filter see?

one-side-only
  You counted one side of the square kernel.
  A kernel of 3 rows and 3 columns: how many weights does it have on one channel?

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
  You counted a depthwise filter for each output of the second part.
  How many filters does a depthwise convolution on 24 channels have?

depthwise-sees-all-channels
  Your first part is no depthwise convolution: each of its filters sees all channels.
  In a depthwise convolution, how many channels does one filter see?

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
        ways |= {
            "groups_multiplied": channels * groups,
            "groups_ignored": channels,
            "channels_and_filters_divided": channels // groups / groups,
        }
    seen = fork("the channels that a filter sees", channels // groups, **ways)
    return square * seen * fork("the filters", filters, filters_not_counted=1)


@program("separable_weights", words=_WEIGHTS)
def separable_weights(fork: Fork, kernel_size: int, channels: int, filters: int) -> int:
    """One filter for each channel, and then filters of 1 by 1."""
    square = fork("the kernel", kernel_size**2, one_side_only=kernel_size)
    deep = fork(
        "the depthwise part", square * channels, depthwise_forgotten=0, depthwise_for_each_filter=square * filters,
        depthwise_sees_all_channels=square * channels**2,
        depthwise_sees_all_channels__filters=square * channels * filters, channels_not_counted=square,
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
  How many filters does a depthwise convolution have?
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
