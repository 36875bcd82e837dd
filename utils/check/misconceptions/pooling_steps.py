"""Pooling by hand: sizes, marks, overlaps and ties (the small questions of Problem 5)."""

from math import ceil

import numpy as np

import utils

from ..table import misconception


def _shape(input_shape, kernel_size, stride, along=lambda n, k, s: (n - k) // s + 1):
    height, width, channels = input_shape
    return along(height, kernel_size, stride), along(width, kernel_size, stride), channels


_SIZE = "How many windows fit into 5 pixels, with kernel size 2 and stride 2? Draw them."

misconception("rounded-up", "pooled_shape", "You rounded up, so the last window sticks out of the image.", _SIZE)(
    lambda shape, k, s: _shape(shape, k, s, lambda n, k, s: ceil((n - k) / s) + 1)
)
misconception("no-floor", "pooled_shape", "Your size is not a whole number of windows.", _SIZE)(
    lambda shape, k, s: _shape(shape, k, s, lambda n, k, s: (n - k) / s + 1)
)
misconception("size-off-by-one", "pooled_shape", "The first window was not counted.", _SIZE)(
    lambda shape, k, s: _shape(shape, k, s, lambda n, k, s: (n - k) // s)
)
misconception("stride-ignored", "pooled_shape", "This is the shape for stride 1.", _SIZE)(
    lambda shape, k, s: _shape(shape, k, s, lambda n, k, s: n - k + 1)
)
misconception("divided-by-kernel", "pooled_shape", "You divided by the kernel size; the step is the stride.", _SIZE)(
    lambda shape, k, s: _shape(shape, k, s, lambda n, k, s: n // k)
)
misconception(
    "channels-pooled",
    "pooled_shape",
    "You pooled the channels into one.",
    "Does the window reach over the channels, or is each channel pooled on its own?",
)(lambda shape, k, s: (*_shape(shape, k, s)[:2], 1))

_WEIGHTS = {
    "says": "You counted the window's pixels as if they were weights.",
    "asks": "A convolution multiplies its window with learned numbers. What does pooling multiply with?",
}
misconception("window-counted-as-weights", "pooling_parameters", **_WEIGHTS)(lambda k, channels: k * k)
misconception("window-and-channels-counted", "pooling_parameters", **_WEIGHTS)(lambda k, channels: k * k * channels)


@misconception(
    "window-at-own-pixel",
    about="max_marks",
    says="You asked each pixel about the window that begins at this very pixel.",
    asks="Where do the windows of the forward pass begin, with this stride?",
)
def own_window(x, kernel_size, stride):
    return np.array(
        [[x[i, j] == x[i : i + kernel_size, j : j + kernel_size].max() for j in range(x.shape[1])]
         for i in range(x.shape[0])], float
    )  # fmt: skip


misconception(
    "one-maximum-for-all",
    about="max_marks",
    says="You marked the largest pixel of the whole image.",
    asks="How many windows are there, and how many pixels does each of them choose?",
)(lambda x, kernel_size, stride: (x == x.max()).astype(float))
misconception(
    "maximum-of-each-row",
    about="max_marks",
    says="You marked the largest pixel of each row.",
    asks="A window has two rows. How many pixels of it may be marked?",
)(lambda x, kernel_size, stride: (x == x.max(axis=1, keepdims=True)).astype(float))

_TIE = {
    "says": "This program hands out exactly what came in, so it is acceptable.",
    "asks": "Raise all equal pixels together by 0.01. Which program predicts a wrong change of the loss?",
}
for _letter in "ABD":
    misconception(f"subgradient-{_letter.lower()}-refused", "not_a_subgradient", **_TIE)(
        lambda window, grad, letter=_letter: letter
    )


def _count(n, kernel_size, starts):
    return np.array([sum(s <= i < s + kernel_size for s in starts) for i in range(n)])


misconception(
    "stride-ignored",
    about="windows_per_pixel",
    says="Your windows begin at every pixel: this is the count for stride 1.",
    asks="Where does the second window begin?",
)(lambda n, k, s: _count(n, k, range(n - k + 1)))
misconception(
    "windows-stick-out",
    about="windows_per_pixel",
    says="You counted windows that stick out at the end.",
    asks="Which is the last pixel at which a whole window can begin?",
)(lambda n, k, s: _count(n, k, range(0, n, s)))
misconception(
    "size-off-by-one",
    about="windows_per_pixel",
    says="The last window that could fit was left out.",
    asks="Which is the last pixel at which a whole window can begin? Does your range reach it?",
)(lambda n, k, s: _count(n, k, range(0, n - k, s)))
misconception(
    "stride-is-kernel",
    about="windows_per_pixel",
    says="Your windows lie side by side: the stride was not used.",
    asks="Where does the second window begin?",
)(lambda n, k, s: _count(n, k, range(0, n - k + 1, k)))
misconception(
    "overwrite-overlap",
    about="windows_per_pixel",
    says="You noted whether a window covers the pixel, not how many do.",
    asks="A pixel that lies in two windows: what number should stand there?",
)(lambda n, k, s: np.minimum(_count(n, k, range(0, n - k + 1, s)), 1))

misconception(
    "one-to-one",
    about="windows_per_pixel",
    says="You counted one window for every pixel.",
    asks="A pixel between two windows, or after the last one: in how many windows does it lie?",
)(lambda n, k, s: np.ones(n, int))


@misconception(
    "max-starts-at-zero",
    about=("max_pool1d", "max_pool2d", "pool"),
    says="Windows that hold negative numbers only gave 0: your maximum began at 0.",
    asks="What is the largest of -3 and -5? With which number can a search for the maximum begin?",
)
def from_zero(x, kernel_size, stride=None, padding=0, mode="max"):
    x = np.asarray(x, float)
    bare = x[None, ..., None] if x.ndim < 3 else x
    y = np.maximum(utils.pool(bare, kernel_size, stride, padding), 0)
    return y[0, ..., 0] if x.ndim < 3 else y
