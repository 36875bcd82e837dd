"""The filter's matrix and the patch matrix counted, and what a network learns (Problems 2, 6 and 7)."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .counting import block
from .fork import Fork, program, share_words

share_words(
    """
each-weight-once
  You counted each weight once, however often it stands in the matrix.
  A weight stands in several rows. Are these several cells or one?

rows-not-counted
  You counted the cells of one row.
  How many rows does the matrix have?

columns-not-counted
  You counted the rows.
  How many cells does each row have?

rows-and-columns-added
  You added rows and columns where they must be multiplied.
  A table of 3 rows and 4 columns: how many cells does it have?

gamma-or-beta-forgotten
  You counted one number for each channel.
  For each channel, which two numbers does BatchNorm learn?
"""
)

ROWS = """
size-off-by-one
  Your number of rows is too small.
  How many outputs does a filter of length 3 make of 6 numbers? Count them.

size-one-too-many
  Your number of rows is too large.
  How many outputs does a filter of length 3 make of 6 numbers? Count them.

same-assumed
  You took as many outputs as inputs.
  How many places does the filter have on n numbers?

"""


def _rows(fork: Fork, n: int, k: int) -> int:
    return fork(
        "the number of rows", n - k + 1,
        size_off_by_one=n - k, size_off_by_one__twice=n - k - 1, same_assumed=n, size_one_too_many=n - k + 2,
    )  # fmt: skip


def _cells(fork: Fork, rows: int, cells: int) -> int:
    ways = {"rows_and_columns_added": rows + cells, "rows_not_counted": cells, "columns_not_counted": rows}
    return fork("the number of cells", rows * cells, **ways)


@program(
    "dense_weights",
    words=ROWS
    + """
zeros-not-counted
  You counted the cells that are not zero.
  A dense layer has a free number in every cell. How many columns does each row have?

outputs-not-counted
  You multiplied the input's length by the filter's; the outputs are not counted.
  How many outputs are there, and how many inputs does a dense layer join to each?

bias-counted-anyway
  You counted a bias for each output.
  Is a bias a cell of this matrix?
""",
)
def dense_weights(fork: Fork, n: int, k: int) -> int:
    """The cells of a matrix with a row for each output and a column for each input."""
    rows = fork("whose rows", _rows(fork, n, k), outputs_not_counted=k)
    return _cells(fork, rows, fork("the cells of a row", n, zeros_not_counted=k, bias_counted_anyway=n + 1))


@program(
    "nonzero_cells",
    words=ROWS
    + """
zeros-counted
  You counted all the cells.
  In one row, how many cells hold a weight of the filter?

opposite-counted
  You counted the cells that are zero.
  Which cells does the question ask for?
""",
)
def nonzero_cells(fork: Fork, n: int, k: int) -> int:
    """The cells of the filter's matrix that hold a weight."""
    cells = fork("the cells of a row", k, zeros_counted=n, opposite_counted=n - k)
    return fork("the count", _cells(fork, _rows(fork, n, k), cells), each_weight_once=k)


@program(
    "distinct_weights",
    words="""
sharing-forgotten
  You counted a weight again in every row where it stands.
  The same letter in two rows: does the layer learn one number or two?

zero-counted
  You counted the zero as well.
  Is the zero a number that the layer learns?

all-cells-counted
  You counted all cells of the matrix.
  The same letter in two rows: does the layer learn one number or two?

diagonals-counted
  Your number grows with the input.
  Make the input longer: which new letter comes into the matrix?
""",
)
def distinct_weights(fork: Fork, n: int, k: int) -> int:
    """The different weights that the matrix is made of."""
    return fork(
        "the different weights", k,
        sharing_forgotten=(n - k + 1) * k, zero_counted=k + 1, all_cells_counted=(n - k + 1) * n,
        diagonals_counted=n, diagonals_counted__outputs=n - k + 1,
    )  # fmt: skip


@program(
    "nonzero_fraction",
    words="""
opposite-counted
  This is the part of the matrix that is zero.
  Which cells does the question ask for?

upside-down
  Your fraction is upside down: a part of a whole cannot be more than 1.
  Which of the two counts is the whole?

per-row-of-outputs
  You divided by the number of outputs.
  How long is one row, and how many of its cells are not zero?

outputs-over-inputs
  You divided the number of outputs by the number of inputs.
  In one row, which cells are not zero, and how many cells are there?

each-weight-once
  You counted each weight once and divided by all the cells.
  A weight stands in several rows. Are these several cells or one?

as-percent
  This is the fraction in percent.
  Which number between 0 and 1 is that?

count-not-fraction
  This is a number of cells, not a part of them.
  By what must a count be divided to become a part between 0 and 1?
""",
)
def nonzero_fraction(fork: Fork, n: int, k: int) -> float:
    """The part of the cells that hold a weight."""
    m = n - k + 1
    return fork(
        "the fraction", k / n,
        opposite_counted=(n - k) / n, upside_down=n / k, per_row_of_outputs=k / m, each_weight_once=k / (n * m),
        count_not_fraction=m * k, count_not_fraction__of_a_row=k, as_percent=100 * k / n, outputs_over_inputs=m / n,
    )  # fmt: skip


@program(
    "weights_grow_with_input",
    words="""
weights-grow
  You say that a longer input gives the convolution more to learn.
  What do you have to write down to tell a friend the whole filter? Does that depend on n?
""",
)
def weights_grow_with_input(fork: Fork, n: int, longer: int, k: int) -> bool:
    """Whether a longer input has more to learn: no."""
    return fork("the answer", False, weights_grow=True)


@program(
    "patch_numbers",
    words="""
places-only = window-not-counted
  You counted the windows.
  How many numbers does one window hold?

one-window-only = windows-not-counted
  You counted the numbers of one window.
  How many windows are there?

channels-not-counted
  Your windows are flat: the channels were not counted.
  A window covers all channels at once. Is it a square, or a block?

size-off-by-one
  Your number of windows is too small.
  How big is the output of a 5 by 5 filter on 32 by 32 pixels? You found it in problem 1.

same-assumed
  You took a window for every pixel.
  Can a window begin at the last pixel without sticking out?

windows-side-by-side
  You took windows that do not overlap.
  Where does the second window begin when the stride is 1?

copies-not-counted
  You counted the numbers of the image itself.
  A pixel in the middle of the image lies in many windows. How often is it copied?
""",
)
def patch_numbers(fork: Fork, input_shape: Sequence[int], kernel_size: Sequence[int]) -> int:
    """The windows of an image times the numbers of one window."""
    (h, w, channels), (k_h, k_w) = input_shape, kernel_size
    windows = fork(
        "the number of windows", (h - k_h + 1) * (w - k_w + 1),
        size_off_by_one=(h - k_h) * (w - k_w), same_assumed=h * w, windows_not_counted=1,
        windows_side_by_side=(h // k_h) * (w // k_w), one_side_only=h - k_h + 1,
    )  # fmt: skip
    window = block(fork, "a window", one_side_only__of_it=k_h, one_side_only__width=k_w, channels_not_counted=channels)
    window = fork("the numbers of a window", window, window_not_counted=1)
    ways = {"copies_not_counted": h * w * channels, "rows_and_columns_added": windows + window}
    return fork("the numbers of the patch matrix", windows * window, **ways)


@program(
    "batch_norm_count",
    words="""
bn-wrong-m
  You counted the images only.
  One image has many pixels. Do they all take part?

bn-one-pixel
  You counted images and channels; the pixels take part, the channels do not.
  Which numbers of a batch belong to one channel?

bn-per-image
  You counted the pixels of one image.
  Over what does *batch* norm average?

bn-all-axes
  You counted the channels too.
  Is there one mean for all channels together?

bn-per-sample
  You counted the numbers of one image, with its channels.
  Over what does *batch* norm average, and is there one mean for all channels together?

channels-counted
  You counted the channels.
  Each channel has a mean of its own. Which numbers of a batch belong to one channel?

divided-by-channels
  You divided by the number of channels, but the product did not hold them.
  Which sizes did you multiply, and was the number of channels among them?

bn-channels-first-axes
  You counted over the axes of another library, where the channels come first.
  Which axis of x (B, H, W, C) counts the channels?
""",
)
def batch_norm_count(fork: Fork, shape: Sequence[int]) -> int:
    """How many numbers belong to one channel."""
    B, H, W, C = shape
    return fork(
        "what is counted", B * H * W,
        bn_wrong_m=B, bn_one_pixel=B * C, bn_per_image=H * W, bn_all_axes=B * H * W * C, bn_per_sample=H * W * C,
        bn_channels_first_axes=B * W * C, bn_channels_first_axes__too=B * H * C, one_side_only=B * H,
        one_side_only__width=B * W, sizes_added=B + H + W, channels_counted=C, channels_counted__and_width=W * C,
        channels_counted__and_height=H * C, divided_by_channels=B * H * W // C,
    )  # fmt: skip


@program(
    "batch_norm_parameters",
    words="""
bn-per-pixel
  This is one pair for each pixel and channel.
  For each channel, which two numbers are learned, and is there one pair for each pixel?

bn-all-axes
  This is one pair for all channels together.
  How many channels are there?

bn-per-image
  This is one pair for each image.
  Would a network with twice as many images have more to learn?

numbers-counted
  You counted numbers of the batch; gamma and beta are for channels.
  Would a network with larger images have more to learn?

channels-squared
  You multiplied the channels with each other.
  How many channels does one gamma belong to?

one-in-all
  One number alone: not even gamma and beta together.
  What is multiplied, what is added, and for how many channels?

statistics-counted
  You counted the mean and the variance too.
  Are the mean and the variance learned by gradient descent, or measured?
""",
)
def batch_norm_parameters(fork: Fork, shape: Sequence[int]) -> int:
    """Gamma and beta of each channel."""
    B, H, W, C = shape
    each = fork("how many numbers a channel has", 2, gamma_or_beta_forgotten=1, statistics_counted=4)
    count = fork(
        "how many there are of each", C, bn_per_pixel=H * W * C, bn_all_axes=1, bn_per_image=B,
        bn_per_pixel__one_channel=H * W,
    )  # fmt: skip
    ways = {"numbers_counted": B * H * W, "numbers_counted__all": B * H * W * C, "channels_squared": C * C}
    return fork("what is counted", each * count, **ways, one_in_all=1)


@program(
    "pooling_parameters",
    words="""
window-counted-as-weights
  You counted the window's pixels as if they were weights.
  A convolution multiplies its window with learned numbers. What does pooling multiply with?

window-and-channels-counted
  You counted the window's pixels as if they were weights.
  A convolution multiplies its window with learned numbers. What does pooling multiply with?

one-in-all
  You counted one number for the whole layer.
  What would it be multiplied with or added to, when all that is done is to pick the largest pixel?

one-for-each-channel
  You counted a number for each channel.
  What would a channel learn, when all that is done to it is to pick the largest of its pixels?
""",
)
def pooling_parameters(fork: Fork, kernel_size: int, channels: int) -> int:
    """Nothing."""
    k = kernel_size
    return fork(
        "what is learned", 0, window_counted_as_weights=k * k, window_and_channels_counted=k * k * channels,
        one_for_each_channel=channels, one_for_each_channel__two=2 * channels, window_counted_as_weights__one_side=k,
        one_for_each_channel__and_window=(k * k + 1) * channels, one_in_all=1,
    )  # fmt: skip


@program(
    "dense_inputs",
    words="""
pooling-forgotten
  You counted the pixels before pooling.
  How large is the image after the second pooling, and how many channels does it have?

one-pooling-forgotten
  One of the two poolings was not counted.
  How large is the image after the second pooling, and how many channels does it have?

channels-not-counted
  You counted the pixels of one channel.
  How large is the image after the second pooling, and how many channels does it have?

padding-forgotten
  Each convolution took two rows and columns away, as without padding.
  Which padding have the convolutions of the plan, and which size do they leave?

places-not-counted
  This is one number for each channel.
  How many pixels does the image have after the second pooling?
""",
)
def dense_inputs(fork: Fork, size: int, channels: int, poolings: int) -> int:
    """The pixels after the last pooling, in all channels."""
    unpadded = size
    for _ in range(poolings):
        unpadded = (unpadded - 2) // 2
    side = fork(
        "the size of the image", size // 2**poolings,
        pooling_forgotten=size, one_pooling_forgotten=size // 2 ** (poolings - 1), padding_forgotten=max(unpadded, 0),
        places_not_counted=1,
    )  # fmt: skip
    return block(fork, "the features", one_side_only=side, one_side_only__width=side, channels_not_counted=channels)


@program(
    "network_parameters",
    words="""
bn-not-counted
  BatchNorm's numbers are missing.
  What does BatchNorm learn for each channel?

bias-not-counted
  The biases of the dense layer are missing.
  The dense layer adds one number to each output. How many?

bias-counted-anyway
  You counted biases for the convolutions.
  Does the plan give the convolutions a bias?

channels-not-counted
  A filter of the second convolution has more than 9 numbers.
  How many channels go into the second convolution?

dense-not-counted
  The weights of the dense layer are missing.
  How many numbers does the dense layer multiply each feature with?

convolution-not-counted
  The weights of a convolution are missing.
  Go through the plan line by line: which lines learn something?

statistics-counted
  You counted BatchNorm's mean and variance too.
  Are the mean and the variance learned by gradient descent, or measured?

pooling-forgotten
  The dense layer was counted as if nothing had been pooled.
  How large is the image after the second pooling?
""",
)
def network_parameters(fork: Fork, size: int, filters1: int, filters2: int, classes: int) -> int:
    """All that two blocks and a dense layer learn."""
    f = filters1 + filters2
    first = fork("the first convolution", 9 * filters1, convolution_not_counted=0)
    second = 9 * filters1 * filters2
    second = fork(
        "the second convolution", second, channels_not_counted=9 * filters2, convolution_not_counted__second=0
    )
    norms = fork("BatchNorm", 2 * f, bn_not_counted=0, gamma_or_beta_forgotten=f, statistics_counted=4 * f)
    pixels = fork("the pixels", (size // 4) ** 2, pooling_forgotten=size**2, one_side_only=size // 4)
    dense = fork("the dense layer", pixels * filters2 * classes, dense_not_counted=0)
    bias = fork("the dense layer's biases", classes, bias_not_counted=0, bias_once=1)
    return first + second + fork("the convolutions' biases", 0, bias_counted_anyway=f) + norms + dense + bias


@program(
    "fan_out",
    words="""
one-to-one
  You gave each input one output.
  Which inputs does the first window cover, and which the second? Does any input lie in both?

edges-forgotten
  You gave every input as many outputs as there are weights.
  How many windows cover the very first input?

edges-too-short
  Only the first and the last input are different in your list.
  How many windows cover the second input?

one-edge-only
  At one end of your list every input has as many outputs as there are weights.
  How many windows cover the very first input, and how many the very last?

every-output
  You let every input lead to every output.
  Is the first input under the filter when it makes the last output?

edges-and-middle-exchanged
  Your numbers are large at the ends and small in the middle.
  How many windows cover the very first input, and how many one in the middle?

filter-too-short
  You counted for a filter that is one number shorter.
  An input in the middle: under how many of the weights does it come?

one-window-too-few
  Each of your numbers is one too small.
  How many windows cover the very first input?

grows-without-end
  Your numbers go on growing.
  Can more windows cover an input than the filter has weights?

padding-counted
  You counted as if there were zeros around the input.
  How many windows cover the very first input when nothing stands before it?

outputs-not-inputs
  You counted how many inputs each output has, not to how many outputs each input leads.
  There are six inputs. How many numbers must your list have?
""",
)
def fan_out(fork: Fork, n: int, k: int) -> Any:
    """How many windows cover each input."""
    place = np.arange(n)
    m = n - k + 1
    covered = np.minimum.reduce([place + 1, np.full(n, k), np.full(n, m), n - place])
    return fork(
        "how many windows cover an input", covered,
        one_to_one=np.ones(n, int), edges_forgotten=np.full(n, k), outputs_not_inputs=np.full(m, k),
        outputs_not_inputs__cut_off=covered[:m], every_output=np.full(n, m), grows_without_end=place + 1,
        one_window_too_few=covered - 1,
        edges_and_middle_exchanged=k + 1 - covered, filter_too_short=np.minimum(covered, k - 1),
        one_edge_only=np.minimum(place + 1, k), one_edge_only__other=np.minimum(n - place, k),
        edges_too_short=np.where((place == 0) | (place == n - 1), 1, k),
        padding_counted=np.minimum.reduce([place + 1 + k // 2, np.full(n, k), n - place + k // 2]),
    )  # fmt: skip


@program(
    "reversed_index",
    words="""
reversed-index-off-by-one
  Your rule is k - h: the place 0 would get the weight number k.
  A filter of three weights has the indices 0, 1 and 2. Which index does w[k] ask for?

reversed-index-not-reversed
  Your rule leaves every weight at its place: nothing is reversed.
  Which weight must stand first when the filter is written from back to front?

reversed-index-too-small
  Your indices are one too small: the last weight never comes, and the last place gets index -1.
  Which index does the last of k weights have, when the first has 0?

reversed-index-negative
  Your answers are below zero: they count from the end. Counted from zero, they are k too small.
  Which number from 0 to k - 1 names the same weight?

reversed-index-turned
  Your rule has the wrong sign.
  Which index does the last of k weights have, when the first has 0?
""",
)
def reversed_index(fork: Fork, h: int, k: int) -> int:
    """The place of weight h, counted from the back."""
    return fork(
        "the place", k - 1 - h,
        reversed_index_off_by_one=k - h, reversed_index_not_reversed=h, reversed_index_too_small=k - h - 2,
        reversed_index_off_by_one__too_much=k + 1 - h, reversed_index_off_by_one__turned=(k - h) % k,
        reversed_index_negative=-1 - h, reversed_index_negative__off_by_one=-h, reversed_index_turned=h - k + 1,
    )  # fmt: skip


@program(
    "windows_per_pixel",
    words="""
stride-ignored
  Your windows begin at every pixel: this is the count for stride 1.
  Where does the second window begin?

windows-stick-out
  You counted windows that stick out at the end.
  Which is the last pixel at which a whole window can begin?

size-off-by-one
  The last window that could fit was left out.
  Which is the last pixel at which a whole window can begin? Does your range reach it?

stride-is-kernel
  Your windows lie side by side: the stride was not used.
  Where does the second window begin?

overwrite-overlap
  You noted whether a window covers the pixel, not how many do.
  A pixel that lies in two windows: what number should stand there?

starts-counted
  You counted the windows that begin at a pixel.
  Which pixels does a window cover that begins at pixel 3?

end-is-length
  Each of your slices ends at the window's length, wherever it begins.
  x[3:2] takes nothing. Where does a window end that begins at 3?

counted-from-one
  Every pixel was counted once before the first window came.
  In how many windows does a pixel lie that no window reaches?

first-window-only
  Only the first window was counted.
  Is a `return` indented so far that it stands inside of the loop?

ends-forgotten
  You counted as if every pixel lay far from the end: there fewer windows reach it.
  How many windows reach the last pixel?

number-of-windows
  This is the number of all windows.
  For each pixel one number is asked for: in how many of them does it lie?

one-to-one
  You counted one window for every pixel.
  A pixel between two windows, or after the last one: in how many windows does it lie?
""",
)
def windows_per_pixel(fork: Fork, n: int, kernel_size: int, stride: int) -> Any:
    """How many windows cover each pixel."""
    s = fork("where a window begins", stride, stride_ignored=1, stride_is_kernel=kernel_size)
    end = fork("where the starts end", n - kernel_size + 1, windows_stick_out=n, size_off_by_one=n - kernel_size)
    length = fork("where a window ends", kernel_size, slice_drops_last=kernel_size - 1, window_as_wide_as_stride=stride)
    counts = np.array([sum(start <= i < start + length for start in range(0, end, s)) for i in range(n)])
    starts, at = range(0, n - kernel_size + 1, stride), np.arange(n)
    return fork(
        "what is counted", counts, overwrite_overlap=np.minimum(counts, 1), one_to_one=np.ones(n, int),
        starts_counted=lambda: np.isin(at, starts).astype(int), counted_from_one=counts + 1,
        end_is_length=lambda: sum((at >= start) & (at < kernel_size) for start in starts),
        first_window_only=(at < kernel_size).astype(int), number_of_windows=np.int64(len(starts)),
        ends_forgotten=np.full(n, kernel_size // stride),
        ends_forgotten__from_the_left=np.minimum(at // stride + 1, kernel_size),
    )  # fmt: skip
