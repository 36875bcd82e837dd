"""Sizes of one layer and of several, and how many numbers they learn: counted before an image was seen (Problem 1)."""

from collections.abc import Sequence
from math import prod
from typing import Any

from .fork import Fork, program, share_words
from .sliding import Axis, PerAxis, axes, size_by_formula

Shape = Sequence[int]

SIZE_WORDS = """
size-rounded-up
  You rounded up, so the last window sticks out over the end.
  n = 6, k = 3, stride 2: draw the windows. Does the third one fit?

no-floor
  Your size is a fraction: half a window was counted.
  What happens to a window that sticks out at the end, and which kind of division leaves it out?

padding-ignored = padding-not-in-size
  This is the size without padding.
  How long is the input after the zeros were written around it?

padding-subtracted
  You took the padding away; it makes the input longer.
  How long is the input after the zeros were written around it?

stride-ignored = stride-not-in-size
  This is the size for stride 1.
  If the window takes steps of two, how many of its places remain?

dilation-ignored = dilation-not-in-size
  This is the size without dilation.
  With gaps between its entries, how far is it from the filter's first entry to its last?

same-assumed = size-by-stride
  The filter's own length was left out: this is the length of the (padded) input, divided by the stride.
  Can the filter start at the last input without sticking out?

size-grows
  Your output is longer than the input: you added the filter's length instead of taking it away.
  The longer the filter, the more or the fewer places does it have?

padding-after = padding-outside
  You counted the places without padding and added the zeros afterwards.
  The zeros are there before the filter slides. How long is the input then?

odd-filters-only
  You took half of the filter away on both sides: that is right for filters of odd length only.
  Halves of a filter of 4 are 2 and 2. How many places does it lose on both sides together?

half-window
  You took away what the filter loses on one side only.
  A filter of length 5 on the first number, then on the last: how many places are lost on each side?

stride-and-kernel-exchanged
  The stride and the filter's length changed places.
  Which of the two says how far the filter moves, and which how many numbers it covers?

input-and-filter-exchanged
  You took the input's length away from the filter's.
  Which of the two is longer, and what is left of it?

kernel-axes-swapped = window-of-other-axis
  The filter's height was used along the width, and its width along the height.
  Which axis of the kernel moves along the height of the image?

"""

share_words(
    """
sizes-added
  You added the lengths of the axes; a block holds their product.
  How many numbers are in a block of 5 times 5 times 3?

one-side-only
  You counted along one side only, and left the other out.
  A block of 5 rows and 4 columns: how many numbers does it hold?

channels-not-counted
  The channels were not counted: you took one flat layer.
  A filter covers all channels of its input at once. Is it a square, or a block?

length-not-counted
  The filter's own length was not counted.
  How many numbers does one filter hold for each of its input channels?

bias-not-counted
  The biases were not counted.
  What does each filter add to its sum at the end, and how many filters are there?

bias-counted-anyway
  You counted biases where there are none.
  What does the question say about biases?

bias-once
  You counted one bias for the whole layer.
  Can two filters have two different biases?

bias-per-input-channel
  You counted one bias for each input channel.
  When is the bias added: before or after the channels were summed up?

bias-per-row
  You counted one bias for each row of a filter: the first number of the shape.
  When is the bias added, and which entry of the shape (kH, kW, C, D) counts the filters?

bias-per-pair
  You counted one bias for each pair of input channel and filter.
  When is the bias added: before or after the channels were summed up?

bias-per-weight
  You counted a bias for every weight.
  How many numbers does one filter add at the end of one sum?
"""
)

PER_FILTER = """
sizes-added = sizes-added + bias-not-counted
  You added the lengths of the axes; a block holds their product.
  How many numbers are in a block of 5 times 5 times 3?

window-not-counted
  You counted one weight for each pair of input channel and filter.
  How many pixels does a filter cover, and does each of them have a weight of its own?

per-filter-not-total = filters-not-counted
per-filter-not-total = filters-not-counted + bias-once
per-filter-not-total = filters-not-counted + bias-not-counted
  This is the number for one filter.
  How many filters does the layer have, and do they share their weights?

"""


def block(fork: Fork, slot: str, **missing: int) -> int:
    """How many numbers a block holds: `missing` says what it is called when the length of one axis is left out."""
    count = prod(missing.values())
    ways = {name: count // length for name, length in missing.items() if length}
    return fork(slot, count, sizes_added=sum(missing.values()), **ways)


def size(fork: Fork, a: Axis, **ways: Any) -> Any:
    """How many windows fit along one axis, by the formula. `ways`: what else goes wrong in this operation."""
    found = size_by_formula(fork, a, a.k, a.s, a.d, 2 * a.p)
    m, span = a.n + 2 * a.p - a.d * (a.k - 1) - 1, a.d * (a.k - 1) + 1
    if a.pads:
        ways["padding_subtracted"] = (a.n - 2 * a.p - span) // a.s + 1
    if a.pads and a.p:
        ways["padding_outside"] = (a.n - span) // a.s + 1 + 2 * a.p
    if fork.gives("formula") and a.s > 1:
        ways["stride_and_kernel_exchanged"] = (a.n + 2 * a.p - a.s) // a.k + 1
    if fork.gives("formula"):
        ways["input_and_filter_exchanged"] = -m // a.s + 1
    if a.s > 1:
        ways["size_precedence__divided_first"] = (a.n + 2 * a.p) // a.s - span + 1
    return fork(
        "the division", found, a.at,
        no_floor=m / a.s + 1, no_floor__misplaced=(m + 1) / a.s,
        size_grows=(a.n + 2 * a.p + span - 1) // a.s + (a.s > 1), size_grows__too=(a.n + 2 * a.p + span) // a.s + 1,
        **ways,
    )  # fmt: skip


def lost_on_one_side(a: Axis) -> dict[str, Any]:
    """The ways of those who take away what the filter loses on one side."""
    window, room = a.d * (a.k - 1) + 1, a.n + 2 * a.p
    return {
        "half_window": (room - window // 2 - 1) // a.s + 1,
        "half_window__even": (room - (window - 1) // 2 - 1) // a.s + 1,
        "half_window__too": (room - window // 2) // a.s,
    }


@program("output_size", words=SIZE_WORDS)
def output_size(fork: Fork, n: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> Any:
    """How many places a window has along one axis."""
    pads, spreads = fork.gives("padding"), fork.gives("dilation")
    (along,) = axes([n], kernel_size, stride, padding, dilation if spreads else None, pads)
    ways = lost_on_one_side(along)
    if pads:
        ways["odd_filters_only"] = -((2 * (kernel_size // 2) - n - 2 * padding) // stride)
    return size(fork, along, **ways)


LAYER_WORDS = """
channels-kept
  Your output has as many channels as the image had.
  One filter makes one number at each place. How many numbers do all the filters make there?

channels-multiplied
  Your output has a channel for each pair of filter and input channel.
  At one place, a filter multiplies through all input channels. What happens to these products?

channels-added
  Your output has the channels of the image and of the filters together.
  One filter makes one number at each place. How many numbers do all the filters make there?

filters-forgotten
  Your shape has no channel axis, or one channel for all the filters together.
  Each filter makes one picture. Where do the pictures of all the filters go?

channels-first
  Your numbers are right but in the order of another library: channels come first there.
  In which order do we write the axes of an image in this course?

height-and-width-exchanged
  Height and width changed places.
  Which of the two comes first in the shape of an image?

batch-axis-added
  Your shape counts the images as well.
  The question is about one image. Which axes does it have?
"""


@program("layer_shape", words=SIZE_WORDS + LAYER_WORDS)
def layer_shape(
    fork: Fork, input_shape: Shape, kernel_shape: Shape, stride: PerAxis = 1, padding: PerAxis = 0
) -> tuple[Any, ...]:
    """The shape (H, W, D) that a kernel (kH, kW, C, D) makes of an image (H, W, C)."""
    height, width, channels = input_shape
    k_h, k_w, _, filters = kernel_shape
    return _shape(fork, (height, width), (k_h, k_w), channels, filters, stride, padding)


def _shape(
    fork: Fork, space: Shape, window: Shape, channels: int, filters: int, stride: PerAxis, padding: PerAxis
) -> tuple[Any, ...]:
    along = axes(space, window, stride, padding, None, fork.gives("padding"))
    height, width = [size(fork, a, **lost_on_one_side(a)) for a in along]
    depth = fork(
        "the channels of the output", filters,
        channels_kept=channels, channels_multiplied=channels * filters, filters_forgotten__one=1,
        channels_added=channels + filters,
    )  # fmt: skip
    return fork(
        "the order of the axes", (height, width, depth),
        filters_forgotten=(height, width), channels_first=(depth, height, width),
        height_and_width_exchanged=(width, height, depth), batch_axis_added=(1, height, width, depth),
    )  # fmt: skip


@program("num_parameters", words=PER_FILTER)
def num_parameters(fork: Fork, kernel_shape: Shape, bias: bool = False) -> int:
    """The weights of a kernel (k..., C, D) and its biases."""
    *window, channels, filters = kernel_shape
    names = ("one_side_only", "one_side_only__width", "one_side_only__third")
    sides = dict(zip(names if len(window) > 1 else ("length_not_counted",), window, strict=False))
    weights = block(fork, "the weights", **sides, channels_not_counted=channels, filters_not_counted=filters)
    if prod(window) > 1:
        weights = fork("the window", weights, window_not_counted=channels * filters)
    ways = {"bias_counted_anyway": filters, "bias_counted_anyway__one": 1}
    if bias:
        ways = {"bias_not_counted": 0, "bias_once": 1, "bias_per_input_channel": channels}
        if fork.gives("formula"):  # by hand nobody takes the wrong entry of the shape
            ways |= {"bias_per_row": kernel_shape[0], "bias_per_input_channel__third": kernel_shape[2]}
        ways |= {"bias_per_pair": channels * filters, "bias_per_weight": prod(kernel_shape)}
    return weights + fork("the biases", filters if bias else 0, **ways)


@program(
    "layer_parameters",
    words=PER_FILTER
    + """
counted-at-each-place
  You counted the filters again at every place where they lie.
  A filter moves one step to the right. Does it learn new numbers there, or are they the same?

bias-per-place
  You counted a bias for every number of the output.
  A filter adds its bias to each number that it makes. Is it another one each time?

every-pixel-weighted
  You gave each filter a weight for every number of the image, as in a dense layer.
  Does a filter cover the whole image, or a window of it?

outputs-counted
  You counted the numbers of the output.
  Which numbers does training change: those of the image, of the filters or of the output?
""",
)
def layer_parameters(
    fork: Fork, input_shape: Shape, kernel_shape: Shape, stride: int = 1, padding: int = 0, bias: bool = False
) -> int:
    """The weights of a kernel (kH, kW, C, D) and its biases; the image (H, W, C) that it slides over plays no part."""
    count = num_parameters(fork, kernel_shape, bias)
    sides = axes(input_shape[:2], kernel_shape[:2], stride, padding)
    places = prod((a.n + 2 * a.p - a.k) // a.s + 1 for a in sides)
    weights, biases = prod(kernel_shape), kernel_shape[-1] if bias else 0
    ways = {"bias_per_place": weights + places * biases} if bias else {}
    return fork(
        "what is counted", count, outputs_counted=places * kernel_shape[-1], counted_at_each_place=count * places,
        counted_at_each_place__weights=weights * places + biases,
        every_pixel_weighted=prod(input_shape) * kernel_shape[-1] + biases, **ways,
    )  # fmt: skip


@program(
    "chain",
    words="""
channels-not-updated
  Every layer was counted with the channels of the first image.
  Whose output is the second layer's input, and how many channels does it have?

channels-updated-too-early
  A layer was counted with its own filters as its input channels.
  When your loop counts the weights, does C already belong to the next layer?

last-layer-only
  Only the last layer's parameters are left in your number.
  What does each turn of the loop do with the count of the turn before?

first-layer-only
  Your function stopped after the first layer.
  How far is your `return` indented?

height-and-width-not-updated
  Every layer got the height and width of the first image.
  How big is the image that the second layer sees?

"""
    + SIZE_WORDS
    + LAYER_WORDS
    + PER_FILTER,
)
def chain(fork: Fork, input_shape: Shape, layers: Sequence[Shape]) -> tuple[Any, int]:
    """The shape after the last layer and the parameters of all; a layer is (kernel size, filters, stride, padding)."""
    shape, total, first = tuple(input_shape), 0, input_shape[2]
    if fork("which layers are looked at", "all", first_layer_only="first") == "first":
        layers = layers[:1]
    for k, filters, stride, padding in layers:
        channels = fork(
            "the channels that a layer takes in", shape[2],
            channels_not_updated=first, channels_updated_too_early=filters, channels_not_updated__never=first,
        )  # fmt: skip
        count = num_parameters(fork, (k, k, channels, filters), bias=True)
        total = fork("the sum over the layers", total + count, last_layer_only=count)
        space = fork("the image that a layer sees", shape[:2], height_and_width_not_updated=tuple(input_shape[:2]))
        shape = _shape(fork, space, (k, k), channels, filters, stride, padding)
        shape = fork("the channels at the end", shape, channels_not_updated__never=(*shape[:2], first))
    return shape, total


@program(
    "pooled_shape",
    words="""
divided-by-kernel = size-by-kernel
  You divided by the kernel size; the step is the stride.
  How many windows fit into 5 pixels, with kernel size 2 and stride 2? Draw them.

channels-pooled
  You pooled the channels into one.
  Does the window reach over the channels, or is each channel pooled on its own?

channels-missing
  Your shape has no channel axis.
  Does the window reach over the channels, or is each channel pooled on its own?

channels-first
  Your numbers are right but in the order of another library: channels come first there.
  In which order do we write the axes of an image in this course?

height-and-width-exchanged
  Height and width changed places.
  Which of the two comes first in the shape of an image?

channels-pooled-like-space
  You made the channels fewer, as if they were a third axis that the window moves along.
  Along which axes does the window move, and is each channel pooled on its own?

sizes-multiplied
  This is how many numbers the image has; its shape is asked for.
  How is a shape with height, width and channels written?

"""
    + SIZE_WORDS,
)
def pooled_shape(fork: Fork, input_shape: Shape, kernel_size: int, stride: int) -> tuple[Any, ...]:
    """The shape that pooling makes of an image (H, W, C)."""
    *space, channels = input_shape
    height, width = [size(fork, a) for a in axes(space, kernel_size, stride, 0, None, pads=False)]
    fewer = {"channels_pooled_like_space": channels // stride} if channels // stride > 1 else {}
    depth = fork("the channels", channels, channels_pooled=1, **fewer)
    return fork(
        "the order of the axes", (height, width, depth),
        channels_missing=(height, width), channels_first=(depth, height, width),
        height_and_width_exchanged=(width, height, depth), sizes_multiplied=height * width * depth,
    )  # fmt: skip


@program(
    "same_padding",
    words="""
no-floor
  Your padding has a decimal point: `/` always gives one.
  Padding counts zeros. Which division gives a whole number?

same-padding-both-sides
  This is the number of zeros on both sides together.
  The padding is written on each side. How many of these zeros does each side get?

same-padding-too-large
  One zero too many on each side: the output gets bigger than the input.
  For k = 1 nothing is lost. How many zeros does your formula give there?

same-padding-is-k
  You padded with as many zeros as the filter is long.
  How many places are lost on each side when a filter of length 3 slides without padding?

padding-fixed-at-one
  Your padding is 1 for every filter.
  A filter of length 5 loses how many places on each side?

same-padding-too-small
  One zero too few on each side: the output gets smaller than the input.
  How many places are lost on each side when a filter of length 3 slides without padding?
""",
)
def same_padding(fork: Fork, kernel_size: int) -> Any:
    """The padding that keeps the size, for stride 1."""
    k = kernel_size
    return fork(
        "the padding", (k - 1) // 2,
        no_floor=k / 2, no_floor__too=(k - 1) / 2, same_padding_both_sides=k - 1, same_padding_too_large=(k + 1) // 2,
        same_padding_is_k=k, padding_fixed_at_one=1, same_padding_too_small=(k - 2) // 2,
    )  # fmt: skip


@program(
    "receptive_field",
    words="""
stride-ignored
  You left out the strides.
  Two neighbours after a layer of stride 2: how many pixels are they apart?

stride-counted-too-early
  You let a layer's own stride widen what it sees.
  A single layer with a kernel of 3: how many pixels does an output see, with stride 1 and with stride 2?

last-stride-only
  You counted the stride of the layer before, and not the product of all strides before.
  Two layers of stride 2 in a row: how many pixels are two neighbours apart behind them?

strides-added
  You added up the strides before a layer; they multiply.
  Two layers of stride 2 in a row: how many pixels are two neighbours apart behind them?

own-stride
  You multiplied by the layer's own stride.
  Two neighbours in a layer's input: did its own stride pull them apart, or those of the layers before?

from-the-wrong-end
  This rule leads from the last layer back to the first; you went the other way.
  (width - 1) * stride + kernel is a width in the layer's input. Which layer comes next?

area-not-width
  This is an area.
  How wide is it, along one axis?

size-off-by-one
  Your width is one pixel off.
  Without any layer, how many pixels does one pixel depend on?

sizes-added
  You added up the kernel sizes.
  Two layers of 3: the window of the second covers three outputs. How many pixels do these cover together?

sizes-multiplied
  You multiplied the kernel sizes.
  Two layers of 3: the three windows below the second one overlap. How many different pixels are in them?

last-layer-only
  Only the last layer is left in your number.
  What does each turn of the loop do with the width of the turn before?
""",
)
def receptive_field(fork: Fork, layers: Sequence[tuple[int, int]]) -> int:
    """How many pixels one output of the last layer depends on."""
    layers = list(layers)
    width = fork("the width before any layer", 1, size_off_by_one=0, size_off_by_one__two=2)
    apart = 1
    for k, stride in layers:
        after = {"stride_ignored": 1, "last_stride_only": stride, "strides_added": apart + stride - (apart == 1)}
        after |= {"strides_added__to_one": apart + stride}
        after = fork("how far neighbours are apart", apart * stride, **after)
        more = (k - 1) * fork("whose strides count", apart, stride_counted_too_early=after, own_stride=stride)
        more = fork("what a layer adds", more, sizes_added__by_stride=k * apart)
        width, apart = fork("the sum over the layers", width + more, last_layer_only=1 + more), after
    sizes = [k for k, _ in layers]
    backwards = forwards = 1
    for k, stride in reversed(layers):
        backwards = backwards * stride + k
    for k, stride in layers:
        forwards = (forwards - 1) * stride + k
    ways = {"sizes_added__from_the_end": backwards, "from_the_wrong_end": forwards, "area_not_width": width**2}
    ways |= {"last_layer_only__kernel": sizes[-1]} if sizes else {}
    return fork("the width", width, sizes_added=sum(sizes), sizes_multiplied=prod(sizes), **ways)
