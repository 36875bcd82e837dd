"""The convolution itself: what goes wrong on the way forward (Problems 1, 2 and 4)."""

import numpy as np

import utils

from ..table import misconception
from ._arrays import FORWARD, axes_of, cut_spatial, flip, forward, pad_spatial, per_axis, spatial


@misconception(
    "flipped-forward",
    about=FORWARD,
    says="Your filter was turned around before it slid: these are the numbers of a true convolution.",
    asks="When the window lies on the first inputs, which entry of the filter should meet the first of them?",
)
def flipped_forward(x, w, bias=None, stride=1, padding=0, dilation=1):
    return forward(x, flip(w), bias, stride, padding, dilation)


@misconception(
    "stride-ignored",
    about=FORWARD,
    says="The window moved by one, whatever the stride was.",
    asks="Where does the second window begin when the stride is 2?",
)
def stride_ignored(x, w, bias=None, stride=1, padding=0, dilation=1):
    return forward(x, w, bias, 1, padding, dilation)


@misconception(
    "stride-not-in-start",
    about=FORWARD,
    says="You made the right number of outputs, but their windows begin at 0, 1, 2, ... as if the stride were 1.",
    asks="Output number i: at which input does its window begin?",
)
def stride_not_in_start(x, w, bias=None, stride=1, padding=0, dilation=1):
    right = forward(x, w, bias, stride, padding, dilation)
    sizes = [right.shape[a] for a in spatial(right, np.ndim(w))]
    return cut_spatial(forward(x, w, bias, 1, padding, dilation), np.ndim(w), [0] * len(sizes), sizes)


@misconception(
    "stride-as-dilation",
    about=FORWARD,
    says="The stride became gaps inside of the window: it reads every second (third, ...) input.",
    asks="What should the stride move: the window as a whole, or the inputs that one window reads?",
)
def stride_as_dilation(x, w, bias=None, stride=1, padding=0, dilation=1):
    return forward(x, w, bias, 1, padding, stride)


@misconception(
    "padding-ignored",
    about=FORWARD,
    says="These are the numbers without any padding.",
    asks="Which line puts the zeros around the input, and does the window slide over its result?",
)
def padding_ignored(x, w, bias=None, stride=1, padding=0, dilation=1):
    return forward(x, w, bias, stride, 0, dilation)


_ONE_SIDED = {
    "says": "The zeros stand on one side of the input only.",
    "asks": "An input of 4 with padding 1: how many numbers should it have then, and where are the new ones?",
}


@misconception("one-sided-pad", about=FORWARD, **_ONE_SIDED)
def padded_before(x, w, bias=None, stride=1, padding=0, dilation=1):
    return forward(pad_spatial(x, np.ndim(w), padding, after=False), w, bias, stride, 0, dilation)


@misconception("one-sided-pad", about=FORWARD, **_ONE_SIDED)
def padded_after(x, w, bias=None, stride=1, padding=0, dilation=1):
    return forward(pad_spatial(x, np.ndim(w), padding, before=False), w, bias, stride, 0, dilation)


@misconception(
    "padding-not-zero",
    about=FORWARD,
    says="Your padding repeats the numbers at the edge; it should not add any information.",
    asks="Which number leaves a sum of products unchanged, whatever weight it meets?",
)
def padding_not_zero(x, w, bias=None, stride=1, padding=0, dilation=1):
    return forward(pad_spatial(x, np.ndim(w), padding, mode="edge"), w, bias, stride, 0, dilation)


@misconception(
    "padding-wraps-around",
    about=FORWARD,
    says="Your padding takes its numbers from the other end of the input, as on a circle.",
    asks="What lies outside of the input here: its own other end, or nothing?",
)
def padding_wraps(x, w, bias=None, stride=1, padding=0, dilation=1):
    return forward(pad_spatial(x, np.ndim(w), padding, mode="wrap"), w, bias, stride, 0, dilation)


@misconception(
    "dilation-ignored",
    about=FORWARD,
    says="The window reads neighbours, as if the dilation were 1.",
    asks="How far apart are two inputs that neighbouring weights meet?",
)
def dilation_ignored(x, w, bias=None, stride=1, padding=0, dilation=1):
    return forward(x, w, bias, stride, padding, 1)


@misconception(
    "bias-forgotten",
    about=FORWARD,
    says="The bias was not added.",
    asks="Where does the bias enter the formula of one output?",
)
def bias_forgotten(x, w, bias=None, stride=1, padding=0, dilation=1):
    return forward(x, w, None, stride, padding, dilation)


@misconception(
    "bias-in-the-loop",
    about=FORWARD,
    says="The bias was added once for every weight instead of once for every output.",
    asks="In which of your loops does the line stand that adds the bias?",
)
def bias_in_the_loop(x, w, bias=None, stride=1, padding=0, dilation=1):
    taps = np.size(w) // (np.shape(w)[-1] if np.ndim(w) > 2 else 1)
    return forward(x, w, np.asarray(bias) * taps, stride, padding, dilation)


@misconception(
    "slice-drops-last",
    about=FORWARD,
    says="The last entry of the filter never took part: a window has one number too few.",
    asks="How many numbers has x[0:3]? And x[0:k-1]?",
)
def slice_drops_last(x, w, bias=None, stride=1, padding=0, dilation=1):
    short = np.array(w, float)
    for axis in range(axes_of(short.ndim)):
        short[(slice(None),) * axis + (-1,)] = 0
    return forward(x, short, bias, stride, padding, dilation)


@misconception(
    "last-window-missing",
    about=FORWARD,
    says="The last window was left out; its output stayed zero.",
    asks="For n = 5 and k = 3, which starts does range(n - k) give, and does each window fit that is not among them?",
)
def last_window_zero(x, w, bias=None, stride=1, padding=0, dilation=1):
    y = forward(x, w, bias, stride, padding, dilation)
    for axis in spatial(y, np.ndim(w)):
        y[(slice(None),) * axis + (-1,)] = 0
    return y


@misconception(
    "last-window-missing",
    about=FORWARD,
    says="One window too few along each axis: the last one that fits was left out.",
    asks="For n = 5 and k = 3, which starts does range(n - k) give, and does each window fit that is not among them?",
)
def last_window_dropped(x, w, bias=None, stride=1, padding=0, dilation=1):
    y = forward(x, w, bias, stride, padding, dilation)
    axes = spatial(y, np.ndim(w))
    return cut_spatial(y, np.ndim(w), [0] * len(axes), [y.shape[a] - 1 for a in axes])


@misconception(
    "partial-window-counted",
    about=FORWARD,
    says="You also used a window that sticks out over the right end.",
    asks="Where would the last window end, and is there still input?",
)
def partial_window_counted(x, w, bias=None, stride=1, padding=0, dilation=1):
    axes = axes_of(np.ndim(w))
    x = pad_spatial(x, np.ndim(w), padding)
    extra = tuple(s - 1 for s in per_axis(stride, axes))
    return forward(pad_spatial(x, np.ndim(w), extra, before=False), w, bias, stride, 0, dilation)


@misconception(
    "full-not-valid",
    about=FORWARD,
    says="Your window also stands half outside of the input: this is the longest of the three usual results (full).",
    asks="Which windows lie inside of the padded input with all of their entries?",
)
def full_not_valid(x, w, bias=None, stride=1, padding=0, dilation=1):
    wider = [p + k - 1 for p, k in zip(per_axis(padding, axes_of(np.ndim(w))), np.shape(w), strict=False)]
    return forward(x, w, bias, stride, wider, dilation)


@misconception(
    "np-convolve-default",
    about=FORWARD,
    says="These are the numbers of np.convolve as it comes: filter turned around, window half outside.",
    asks="Which of the two should not happen here, and does np.convolve's documentation say how to choose?",
)
def np_convolve_default(x, w, bias=None, stride=1, padding=0, dilation=1):
    return full_not_valid(x, flip(w), bias, stride, padding, dilation)


@misconception(
    "one-channel-only",
    about=FORWARD,
    says="Only the first input channel took part.",
    asks="A filter on a colour image is a block: over which axes of the window should the products be added?",
)
def one_channel_only(x, w, bias=None, stride=1, padding=0, dilation=1):
    return forward(x[..., :1], w[..., :1, :], bias, stride, padding, dilation)


@misconception(
    "channels-averaged",
    about=FORWARD,
    says="The channels were averaged; they should be added.",
    asks="Does the formula of one output divide by anything?",
)
def channels_averaged(x, w, bias=None, stride=1, padding=0, dilation=1):
    return forward(x, w / np.shape(w)[-2], bias, stride, padding, dilation) if np.ndim(w) > 2 else None


@misconception(
    "window-averaged",
    about=FORWARD,
    says="Each output is the mean of its products; it should be their sum.",
    asks="Does the formula of one output divide by anything?",
)
def window_averaged(x, w, bias=None, stride=1, padding=0, dilation=1):
    taps = np.prod(np.shape(w)[: axes_of(np.ndim(w))])
    return forward(x, w / taps, bias, stride, padding, dilation)


@misconception(
    "kernel-axes-swapped",
    about=FORWARD[1:],
    says="The filter lies on its side: its rows and columns changed places.",
    asks="Which axis of w moves along the height of the image?",
)
def kernel_axes_swapped(x, w, bias=None, stride=1, padding=0, dilation=1):
    return forward(x, np.swapaxes(w, 0, 1), bias, stride, padding, dilation) if axes_of(np.ndim(w)) > 1 else None


@misconception(
    "kernel-channels-swapped",
    about=FORWARD,
    says="The input and output channels of the filter changed places.",
    asks="In w (kH, kW, C, D), which of the last two axes must be summed away?",
)
def kernel_channels_swapped(x, w, bias=None, stride=1, padding=0, dilation=1):
    return forward(x, np.swapaxes(w, -1, -2), bias, stride, padding, dilation) if np.ndim(w) > 2 else None


@misconception(
    "stride-axes-swapped",
    about=FORWARD[1:],
    says="The strides of height and width changed places.",
    asks="Which entry of stride belongs to the first spatial axis?",
)
def stride_axes_swapped(x, w, bias=None, stride=1, padding=0, dilation=1):
    return forward(x, w, bias, per_axis(stride, axes_of(np.ndim(w)))[::-1], padding, dilation)


@misconception(
    "padding-axes-swapped",
    about=FORWARD[1:],
    says="The paddings of height and width changed places.",
    asks="Which entry of padding belongs to the first spatial axis?",
)
def padding_axes_swapped(x, w, bias=None, stride=1, padding=0, dilation=1):
    return forward(x, w, bias, stride, per_axis(padding, axes_of(np.ndim(w)))[::-1], dilation)


@misconception(
    "not-flipped",
    about="true_convolution",
    says="Your filter slid as it is: that is a cross-correlation, what deep learning calls convolution.",
    asks="In x[i - j] w[j], which way does the index of x run while j grows?",
)
def not_flipped(x, w, bias=None, stride=1, padding=0, dilation=1):
    return forward(x, w, bias, stride, padding, dilation)


@misconception(
    "input-flipped-only",
    about="true_convolution",
    says="You turned the input around and kept the filter: the outputs come in reversed order.",
    asks="The first output: should it be made of the first inputs or of the last ones?",
)
def input_flipped(x, w, bias=None, stride=1, padding=0, dilation=1):
    return forward(np.flip(x, spatial(x, np.ndim(w))), w, bias, stride, padding, dilation)


@misconception(
    "flipped-one-axis",
    about="true_convolution",
    says="The filter was turned around along its first axis only.",
    asks="How many axes does the filter slide along, and which of them does the formula reverse?",
)
def flipped_one_axis(x, w, bias=None, stride=1, padding=0, dilation=1):
    return forward(x, np.flip(w, 0), bias, stride, padding, dilation) if axes_of(np.ndim(w)) > 1 else None


@misconception(
    "channels-flipped-too",
    about="true_convolution",
    says="The channels were reversed together with the height and width.",
    asks="Along which axes does the filter slide? Only those are reversed.",
)
def channels_flipped(x, w, bias=None, stride=1, padding=0, dilation=1):
    return utils.true_convolution(x, w[..., ::-1, :], bias, stride, padding, dilation) if np.ndim(w) > 2 else None
