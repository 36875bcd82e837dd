"""The convolution's matrix, its counts, the patch matrix, and the transpose (Problem 2)."""

import numpy as np

import utils

from ..table import misconception


@misconception(
    "flipped-forward",
    about="conv_matrix",
    says="The filter stands in your rows from back to front: that is a true convolution.",
    asks="When the window lies on the first inputs, which letter meets the first of them?",
)
def filter_reversed(w, n, stride=1, padding=0):
    return utils.conv_matrix(np.asarray(w)[::-1], n, stride, padding)


@misconception(
    "matrix-transposed",
    about="conv_matrix",
    says="Rows and columns changed places: this is the matrix of the way back.",
    asks="In y = W x, what does one row of W make?",
)
def transposed(w, n, stride=1, padding=0):
    return utils.conv_matrix(w, n, stride, padding).T


@misconception(
    "padding-columns-cut",
    about="conv_matrix",
    says="Your matrix has no columns for the padding.",
    asks="Which vector is multiplied with W here: x, or x with its zeros?",
)
def columns_cut(w, n, stride=1, padding=0):
    return utils.conv_matrix(w, n, stride, padding)[:, padding : padding + n]


@misconception(
    "padding-ignored",
    about="conv_matrix",
    says="This is the matrix without padding.",
    asks="How long is the input after the zeros were written around it, and how many windows fit then?",
)
def padding_ignored(w, n, stride=1, padding=0):
    return utils.conv_matrix(w, n, stride, 0)


@misconception(
    "one-sided-pad",
    about="conv_matrix",
    says="The padding was counted once: the zeros stand on one side only.",
    asks="An input of 4 with padding 1: how many columns does the matrix need?",
)
def one_sided(w, n, stride=1, padding=0):
    return utils.conv_matrix(w, n + padding, stride, 0)


@misconception(
    "stride-ignored",
    about="conv_matrix",
    says="From row to row the filter moves by one, whatever the stride is.",
    asks="Where does the second window begin when the stride is 2?",
)
def stride_ignored(w, n, stride=1, padding=0):
    return utils.conv_matrix(w, n, 1, padding)


@misconception(
    "stride-not-in-start",
    about="conv_matrix",
    says="There are as many rows as should be, but they move by one column each, as if the stride were 1.",
    asks="Row number i: in which column does its window begin?",
)
def stride_not_in_start(w, n, stride=1, padding=0):
    return utils.conv_matrix(w, n, 1, padding)[: len(utils.conv_matrix(w, n, stride, padding))]


@misconception(
    "last-window-missing",
    about="conv_matrix",
    says="The last row is missing, or empty: one window that fits was left out.",
    asks="In your last row, how many columns are left to the right of the filter?",
)
def last_row_missing(w, n, stride=1, padding=0):
    return utils.conv_matrix(w, n, stride, padding)[:-1]


@misconception(
    "last-window-missing",
    about="conv_matrix",
    says="The last row is missing, or empty: one window that fits was left out.",
    asks="In your last row, how many columns are left to the right of the filter?",
)
def last_row_empty(w, n, stride=1, padding=0):
    matrix = utils.conv_matrix(w, n, stride, padding)
    matrix[-1] = 0
    return matrix


@misconception(
    "padding-wraps-around",
    about="conv_matrix",
    says="At the right edge your filter comes in again on the left: this is the matrix of a circle.",
    asks="May a window stick out of the padded input?",
)
def circulant(w, n, stride=1, padding=0):
    wide = n + 2 * padding
    row = np.zeros(wide)
    row[: len(w)] = w
    return np.array([np.roll(row, i) for i in range(0, wide, stride)])


@misconception(
    "partial-window-counted",
    about="conv_matrix",
    says="Your last rows hold a filter that sticks out over the right edge.",
    asks="May a window stick out of the padded input?",
)
def cut_off_rows(w, n, stride=1, padding=0):
    wide = n + 2 * padding
    return utils.conv_matrix(w, wide + len(w) - 1, stride, 0)[:, :wide]


@misconception(
    "rows-move-left",
    about="conv_matrix",
    says="Your rows are in reversed order: from row to row the filter moves to the left.",
    asks="Which window makes y[0]: the first or the last?",
)
def rows_move_left(w, n, stride=1, padding=0):
    return utils.conv_matrix(w, n, stride, padding)[::-1]


@misconception(
    "rows-not-moved",
    about="conv_matrix",
    says="The filter begins in the same column in every row.",
    asks="Which columns does the second window cover?",
)
def rows_not_moved(w, n, stride=1, padding=0):
    matrix = utils.conv_matrix(w, n, stride, padding)
    return np.tile(matrix[:1], (len(matrix), 1))


@misconception(
    "slice-drops-last",
    about="conv_matrix",
    says="The last entry of the filter is missing in every row.",
    asks="How many numbers has x[0:3]? And x[0:k-1]?",
)
def slice_drops_last(w, n, stride=1, padding=0):
    return utils.conv_matrix([*np.asarray(w)[:-1], 0], n, stride, padding)


@misconception(
    "same-not-valid",
    about="conv_matrix",
    says="Your matrix is square: it makes as many outputs as there are inputs.",
    asks="How many windows fit into the padded input?",
)
def square(w, n, stride=1, padding=0):
    wide = n + 2 * padding
    return utils.conv_matrix(w, wide + len(w) - 1, 1, 0)[:, :wide]
