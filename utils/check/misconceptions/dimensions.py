"""Sizes and counts: how big the output is, how many numbers are learned (Problem 1)."""

from math import ceil, prod

from ..table import misconception

_SIZE = ("output_size",)
_OFF_BY_ONE = {
    "says": "Your size is too small: one window that fits was not counted.",
    "asks": "For n = 5 and k = 3, at which indices can the filter start? How many are these?",
}


@misconception("size-off-by-one", about=_SIZE, **_OFF_BY_ONE)
def plus_one_forgotten(n, kernel_size, stride=1, padding=0, dilation=1):
    return (n + 2 * padding - dilation * (kernel_size - 1) - 1) // stride


@misconception("size-off-by-one", about=_SIZE, **_OFF_BY_ONE)
def minus_one(n, kernel_size, stride=1, padding=0, dilation=1):
    return (n + 2 * padding - dilation * (kernel_size - 1) - 2) // stride


@misconception("size-off-by-one", about=_SIZE, **_OFF_BY_ONE)
def last_start_forgotten(n, kernel_size, stride=1, padding=0, dilation=1):
    return (n + 2 * padding - dilation * (kernel_size - 1) - 2) // stride + 1


@misconception(
    "size-one-too-many",
    about=_SIZE,
    says="Your size counts one window more than fits.",
    asks="For n = 5 and k = 3, where would your last window end?",
)
def one_too_many(n, kernel_size, stride=1, padding=0, dilation=1):
    return (n + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 2


@misconception(
    "floor-misplaced",
    about=_SIZE,
    says="The 1 for the first window was added before the division, so it was divided by the stride too.",
    asks="n = 3, k = 2, stride 3: how many windows fit on paper? The first window always fits: when is it counted?",
)
def floor_misplaced(n, kernel_size, stride=1, padding=0, dilation=1):
    return (n + 2 * padding - dilation * (kernel_size - 1)) // stride


@misconception(
    "no-floor",
    about=_SIZE,
    says="Your size is a fraction: half a window was counted.",
    asks="What happens to a window that sticks out at the end, and which kind of division leaves it out?",
)
def no_floor(n, kernel_size, stride=1, padding=0, dilation=1):
    return (n + 2 * padding - dilation * (kernel_size - 1) - 1) / stride + 1


@misconception(
    "size-rounded-up",
    about=_SIZE,
    says="You rounded up: a window that sticks out over the end was counted.",
    asks="n = 6, k = 3, stride 2: draw the windows. Does the third one fit?",
)
def rounded_up(n, kernel_size, stride=1, padding=0, dilation=1):
    return ceil((n + 2 * padding - dilation * (kernel_size - 1) - 1) / stride) + 1


@misconception(
    "one-sided-pad",
    about=_SIZE,
    says="The padding was counted once.",
    asks="On how many sides of the input do the zeros stand?",
)
def one_sided(n, kernel_size, stride=1, padding=0, dilation=1):
    return (n + padding - dilation * (kernel_size - 1) - 1) // stride + 1


@misconception(
    "padding-ignored",
    about=_SIZE,
    says="This is the size without padding.",
    asks="How long is the input after the zeros were written around it?",
)
def padding_ignored(n, kernel_size, stride=1, padding=0, dilation=1):
    return (n - dilation * (kernel_size - 1) - 1) // stride + 1


@misconception(
    "stride-ignored",
    about=_SIZE,
    says="This is the size for stride 1.",
    asks="If the window takes steps of two, how many of its places remain?",
)
def stride_ignored(n, kernel_size, stride=1, padding=0, dilation=1):
    return n + 2 * padding - dilation * (kernel_size - 1)


@misconception(
    "same-assumed",
    about=_SIZE,
    says="You took it that the output is as big as the input (divided by the stride).",
    asks="Can the filter start at the last input without sticking out?",
)
def same_assumed(n, kernel_size, stride=1, padding=0, dilation=1):
    return ceil(n / stride)


@misconception(
    "same-assumed",
    about=_SIZE,
    says="You divided the length by the stride and left the filter's own length out.",
    asks="Can the filter start at the last input without sticking out?",
)
def kernel_ignored(n, kernel_size, stride=1, padding=0, dilation=1):
    return (n + 2 * padding) // stride


@misconception(
    "dilation-ignored",
    about=_SIZE,
    says="This is the size without dilation.",
    asks="With gaps between its entries, how far is it from the filter's first entry to its last?",
)
def dilation_ignored(n, kernel_size, stride=1, padding=0, dilation=1):
    return (n + 2 * padding - kernel_size) // stride + 1


@misconception(
    "dilated-span",
    about=_SIZE,
    says="You took the dilated filter to be k times d long.",
    asks="k = 3 entries with dilation 2: draw them. How many gaps lie between three entries?",
)
def dilated_span(n, kernel_size, stride=1, padding=0, dilation=1):
    return (n + 2 * padding - dilation * kernel_size) // stride + 1


@misconception(
    "size-grows",
    about=_SIZE,
    says="Your output is longer than the input: you added the filter's length instead of taking it away.",
    asks="The longer the filter, the more or the fewer places does it have?",
)
def size_grows(n, kernel_size, stride=1, padding=0, dilation=1):
    return (n + 2 * padding + dilation * (kernel_size - 1)) // stride + (stride > 1)


_COUNT = ("num_parameters",)


@misconception(
    "bias-not-counted",
    about=_COUNT,
    says="The biases were not counted.",
    asks="What does each filter add to its sum at the end, and how many filters are there?",
)
def bias_not_counted(kernel_shape, bias=False):
    return prod(kernel_shape)


@misconception(
    "bias-counted-anyway",
    about=_COUNT,
    says="You counted biases, but this layer has none.",
    asks="What does the question say about biases?",
)
def bias_counted_anyway(kernel_shape, bias=False):
    return prod(kernel_shape) + kernel_shape[-1]


@misconception(
    "bias-once",
    about=_COUNT,
    says="You counted one bias for the whole layer.",
    asks="Can two filters have two different biases?",
)
def bias_once(kernel_shape, bias=False):
    return prod(kernel_shape) + bool(bias)


@misconception(
    "bias-per-input-channel",
    about=_COUNT,
    says="You counted one bias for each input channel.",
    asks="When is the bias added: before or after the channels were summed up?",
)
def bias_per_input_channel(kernel_shape, bias=False):
    return prod(kernel_shape) + (kernel_shape[-2] if bias else 0)


@misconception(
    "bias-per-weight",
    about=_COUNT,
    says="You counted a bias for every weight.",
    asks="How many numbers does one filter add at the end of one sum?",
)
def bias_per_weight(kernel_shape, bias=False):
    return prod(kernel_shape) * (2 if bias else 1)


@misconception(
    "channels-not-counted",
    about=_COUNT,
    says="Your filters are flat: the input channels were not counted.",
    asks="A filter covers all input channels at once. Is it a square, or a block?",
)
def channels_not_counted(kernel_shape, bias=False):
    return prod(kernel_shape[:-2]) * kernel_shape[-1] + (kernel_shape[-1] if bias else 0)


@misconception(
    "per-filter-not-total",
    about=_COUNT,
    says="This is the number for one filter.",
    asks="How many filters does the layer have, and do they share their weights?",
)
def per_filter(kernel_shape, bias=False):
    return prod(kernel_shape[:-1]) + bool(bias)


@misconception(
    "one-side-only",
    about=_COUNT,
    says="You counted one side of the filter, not its area.",
    asks="A filter with 5 rows and 5 columns: how many numbers lie in one layer of it?",
)
def one_side_only(kernel_shape, bias=False):
    if len(kernel_shape) < 4:
        return None
    return kernel_shape[0] * prod(kernel_shape[-2:]) + (kernel_shape[-1] if bias else 0)


@misconception(
    "sizes-added",
    about=_COUNT,
    says="You added the lengths of the kernel's axes; a block holds their product.",
    asks="How many numbers are in a block of 5 times 5 times 3?",
)
def sizes_added(kernel_shape, bias=False):
    return sum(kernel_shape)


@misconception(
    "no-floor",
    about="same_padding",
    says="Your padding has a decimal point: `/` always gives one.",
    asks="Padding counts zeros. Which division gives a whole number?",
)
def same_no_floor(kernel_size):
    return kernel_size / 2


@misconception(
    "same-padding-both-sides",
    about="same_padding",
    says="This is the number of zeros on both sides together.",
    asks="The padding is written on each side. How many of these zeros does each side get?",
)
def same_both_sides(kernel_size):
    return kernel_size - 1


@misconception(
    "same-padding-too-large",
    about="same_padding",
    says="One zero too many on each side: the output gets bigger than the input.",
    asks="For k = 1 nothing is lost. How many zeros does your formula give there?",
)
def same_too_large(kernel_size):
    return (kernel_size + 1) // 2


@misconception(
    "same-padding-is-k",
    about="same_padding",
    says="You padded with as many zeros as the filter is long.",
    asks="How many places are lost on each side when a filter of length 3 slides without padding?",
)
def same_is_k(kernel_size):
    return kernel_size
