"""im2col, col2im and the spreading of one signal: windows copied out, and added back (Problem 2)."""

import numpy as np

import utils

from ..table import misconception
from ._arrays import per_axis


def _axes(x_ndim):
    return x_ndim if x_ndim < 3 else x_ndim - 2


@misconception(
    "windows-in-columns",
    about="im2col",
    says="Your windows stand in the columns; here each window is a row.",
    asks="In P @ w, which axis of P meets the filter?",
)
def in_columns(x, kernel_size, stride=1, padding=0, dilation=1):
    return utils.im2col(x, kernel_size, stride, padding, dilation).T


@misconception(
    "stride-ignored",
    about="im2col",
    says="Your windows move by one, whatever the stride is.",
    asks="Where does the second window begin when the stride is 2?",
)
def stride_ignored(x, kernel_size, stride=1, padding=0, dilation=1):
    return utils.im2col(x, kernel_size, 1, padding, dilation)


@misconception(
    "stride-not-in-start",
    about="im2col",
    says="There are as many windows as should be, but they begin at 0, 1, 2, ... as if the stride were 1.",
    asks="Window number i: at which input does it begin?",
)
def stride_not_in_start(x, kernel_size, stride=1, padding=0, dilation=1):
    rows = len(utils.im2col(x, kernel_size, stride, padding, dilation))
    return utils.im2col(x, kernel_size, 1, padding, dilation)[:rows] if np.ndim(x) == 1 else None


@misconception(
    "stride-as-dilation",
    about="im2col",
    says="The stride became gaps inside of the windows.",
    asks="What should the stride move: the window as a whole, or the inputs that one window reads?",
)
def stride_as_dilation(x, kernel_size, stride=1, padding=0, dilation=1):
    return utils.im2col(x, kernel_size, 1, padding, stride)


@misconception(
    "padding-ignored",
    about="im2col",
    says="These are the windows of the input without its padding.",
    asks="Which array should the windows be cut from: x, or x with zeros around it?",
)
def padding_ignored(x, kernel_size, stride=1, padding=0, dilation=1):
    return utils.im2col(x, kernel_size, stride, 0, dilation)


@misconception(
    "last-window-missing",
    about="im2col",
    says="The last window that fits is missing.",
    asks="Which starts does range(n - k) give, and does each window fit that is not among them?",
)
def last_missing(x, kernel_size, stride=1, padding=0, dilation=1):
    return utils.im2col(x, kernel_size, stride, padding, dilation)[:-1]


@misconception(
    "windows-reversed",
    about="im2col",
    says="Each window stands in its row from back to front.",
    asks="Which number of the window should meet w[0]?",
)
def reversed_windows(x, kernel_size, stride=1, padding=0, dilation=1):
    return utils.im2col(x, kernel_size, stride, padding, dilation)[:, ::-1]


@misconception(
    "slice-drops-last",
    about="im2col",
    says="Each window has one number too few.",
    asks="How many numbers has x[0:3]? And x[0:k-1]?",
)
def slice_drops_last(x, kernel_size, stride=1, padding=0, dilation=1):
    return utils.im2col(x, kernel_size, stride, padding, dilation)[:, :-1] if np.ndim(x) == 1 else None


@misconception(
    "no-overlap",
    about="im2col",
    says="Your windows stand side by side without overlap, as if the stride were the window's length.",
    asks="Where does the second window begin when the stride is 1?",
)
def no_overlap(x, kernel_size, stride=1, padding=0, dilation=1):
    return utils.im2col(x, kernel_size, kernel_size, padding, dilation)


@misconception(
    "rows-not-moved",
    about="im2col",
    says="Every row holds the first window.",
    asks="Does your loop variable appear in the slice?",
)
def not_moved(x, kernel_size, stride=1, padding=0, dilation=1):
    right = utils.im2col(x, kernel_size, stride, padding, dilation)
    return np.tile(right[:1], (len(right), 1))


@misconception(
    "columns-channels-first",
    about="im2col",
    says="Your columns are ordered by channel first; here the channels of one pixel stand side by side.",
    asks="In which order does w.reshape(-1, D) lay out (kH, kW, C)?",
)
def channels_first(x, kernel_size, stride=1, padding=0, dilation=1):
    if np.ndim(x) < 3:
        return None
    right = utils.im2col(x, kernel_size, stride, padding, dilation)
    kernel = per_axis(kernel_size, _axes(np.ndim(x)))
    split = right.reshape(len(right), int(np.prod(kernel)), np.shape(x)[-1])
    return split.swapaxes(1, 2).reshape(right.shape)


@misconception(
    "overwrite-overlap",
    about="col2im",
    says="Where windows overlap, the later one wiped out what the earlier one had left.",
    asks="A pixel that was copied into two windows: what comes back to it?",
)
def col2im_overwrite(columns, input_shape, kernel_size, stride=1, padding=0, dilation=1):
    places = np.arange(1, np.prod(input_shape) + 1, dtype=float).reshape(input_shape)
    where = utils.im2col(places, kernel_size, stride, padding, dilation)
    x = np.zeros(int(np.prod(input_shape)) + 1)
    for target, value in zip(where.ravel().astype(int), np.ravel(columns), strict=True):
        x[target] = value
    return x[1:].reshape(input_shape)


@misconception(
    "overlap-averaged",
    about="col2im",
    says="Where windows overlap you took the mean; this undoes im2col, but it is not the gradient.",
    asks="A pixel feeds two windows: what does the chain rule do with its two contributions?",
)
def col2im_average(columns, input_shape, kernel_size, stride=1, padding=0, dilation=1):
    arguments = (input_shape, kernel_size, stride, padding, dilation)
    count = utils.col2im(np.ones_like(columns, dtype=float), *arguments)
    return utils.col2im(columns, *arguments) / np.maximum(count, 1)


@misconception(
    "forgot-unpad",
    about="col2im",
    says="The padding still has its places in your result.",
    asks="Whose gradient is asked for, and which part of yours belongs to the padding?",
)
def col2im_padded(columns, input_shape, kernel_size, stride=1, padding=0, dilation=1):
    first = 1 if len(input_shape) > 2 else 0
    pads = per_axis(padding, _axes(len(input_shape)))
    wide = list(input_shape)
    for axis, p in enumerate(pads):
        wide[first + axis] += 2 * p
    return utils.col2im(columns, tuple(wide), kernel_size, stride, 0, dilation)


def _spread(delta, w, n, starts, write=np.add):
    back = np.zeros(n)
    for start, d in zip(starts, delta, strict=False):
        window = slice(start, start + len(w))
        back[window] = write(back[window], d * np.asarray(w)[: len(back[window])])
    return back


@misconception(
    "overwrite-overlap",
    about="spread",
    says="Where windows overlap, the later one wiped out what the earlier one had left.",
    asks="An input that feeds two outputs gets something from each. What happens to the two?",
)
def spread_overwrite(delta, w, n, stride=1):
    return _spread(delta, w, n, range(0, n, stride), write=lambda old, new: new)


@misconception(
    "unflipped-dx",
    about="spread",
    says="Your filter lies the wrong way round in every window.",
    asks="The first input of a window was used with w[0]. With which weight does the number come back to it?",
)
def spread_reversed(delta, w, n, stride=1):
    return _spread(delta, np.asarray(w)[::-1], n, range(0, n, stride))


@misconception(
    "stride-not-dilated",
    about="spread",
    says="Your windows move by one, although the stride is larger.",
    asks="Output i came from which inputs?",
)
def spread_by_one(delta, w, n, stride=1):
    return _spread(delta, w, n, range(n))


@misconception(
    "upstream-ones",
    about="spread",
    says="Every output handed back the filter itself: the numbers in delta were not used.",
    asks="An output with delta = 2 and one with delta = 1: what does each hand back?",
)
def spread_ones(delta, w, n, stride=1):
    return _spread(np.ones(len(delta)), w, n, range(0, n, stride))


@misconception(
    "last-window-missing",
    about="spread",
    says="The last output handed nothing back.",
    asks="How many outputs are there, and which of them does your loop visit?",
)
def spread_without_last(delta, w, n, stride=1):
    return _spread(delta[:-1], w, n, range(0, n, stride))


@misconception(
    "weights-not-used",
    about="spread",
    says="Each output handed its number back as it is, without the weights.",
    asks="An input that was multiplied by 3 on the way forward: by how much does the output grow when it grows by 1?",
)
def spread_without_weights(delta, w, n, stride=1):
    return _spread(delta, np.ones(len(w)), n, range(0, n, stride))


@misconception(
    "overlap-averaged",
    about="spread",
    says="Where windows overlap you took the mean.",
    asks="An input that feeds two outputs gets something from each. What happens to the two?",
)
def spread_average(delta, w, n, stride=1):
    count = _spread(np.ones(len(delta)), np.ones(len(w)), n, range(0, n, stride))
    return _spread(delta, w, n, range(0, n, stride)) / np.maximum(count, 1)


@misconception(
    "leftover-forgotten",
    about="spread",
    says="The inputs that no window reached have no place in your result.",
    asks="How long must the result be, and what does an input get that feeds no output?",
)
def spread_short(delta, w, n, stride=1):
    return _spread(delta, w, (len(delta) - 1) * stride + len(w), range(0, n, stride))
