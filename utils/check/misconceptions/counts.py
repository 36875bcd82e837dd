"""The matrix counted: cells, zeros, shared weights, copied numbers (Problem 2)."""

from ..table import misconception

_ROWS = {
    "says": "Your number of rows is too small.",
    "asks": "How many outputs has a filter of length 3 on 6 numbers? Count them.",
}


@misconception("size-off-by-one", about="dense_weights", **_ROWS)
def dense_one_row_less(n, k):
    return (n - k) * n


@misconception("size-off-by-one", about="dense_weights", **_ROWS)
def dense_two_rows_less(n, k):
    return (n - k - 1) * n


@misconception(
    "same-assumed",
    about="dense_weights",
    says="You took as many outputs as inputs.",
    asks="How many places does the filter have on n numbers?",
)
def dense_square(n, k):
    return n * n


@misconception(
    "zeros-not-counted",
    about="dense_weights",
    says="You counted the cells that are not zero.",
    asks="A dense layer has a free number in every cell. How many columns has each row?",
)
def dense_without_zeros(n, k):
    return (n - k + 1) * k


@misconception(
    "bias-counted-anyway",
    about="dense_weights",
    says="You counted a bias for each output.",
    asks="Is a bias a cell of this matrix?",
)
def dense_with_bias(n, k):
    return (n - k + 1) * (n + 1)


@misconception("size-off-by-one", about="nonzero_cells", **_ROWS)
def nonzero_one_row_less(n, k):
    return (n - k) * k


@misconception("size-off-by-one", about="nonzero_cells", **_ROWS)
def nonzero_two_rows_less(n, k):
    return (n - k - 1) * k


@misconception(
    "zeros-counted",
    about="nonzero_cells",
    says="You counted all the cells.",
    asks="In one row, how many cells hold a weight of the filter?",
)
def all_cells(n, k):
    return (n - k + 1) * n


@misconception(
    "opposite-counted",
    about="nonzero_cells",
    says="You counted the cells that are zero.",
    asks="Which cells does the question ask for?",
)
def zero_cells(n, k):
    return (n - k + 1) * (n - k)


@misconception(
    "each-weight-once",
    about="nonzero_cells",
    says="You counted each weight once, however often it stands in the matrix.",
    asks="A weight stands in several rows. Are these several cells or one?",
)
def each_weight_once(n, k):
    return k


@misconception(
    "same-assumed",
    about="nonzero_cells",
    says="You took as many rows as columns.",
    asks="How many places does the filter have on n numbers?",
)
def nonzero_square(n, k):
    return n * k


@misconception(
    "sharing-forgotten",
    about="distinct_weights",
    says="You counted a weight again in every row where it stands.",
    asks="The same letter in two rows: does the layer learn one number or two?",
)
def not_shared(n, k):
    return (n - k + 1) * k


@misconception(
    "zero-counted",
    about="distinct_weights",
    says="You counted the zero as well.",
    asks="Is the zero a number that the layer learns?",
)
def zero_too(n, k):
    return k + 1


@misconception(
    "diagonals-counted",
    about="distinct_weights",
    says="Your number grows with the input.",
    asks="Make the input longer: which new letter comes into the matrix?",
)
def diagonals(n, k):
    return n


@misconception(
    "diagonals-counted",
    about="distinct_weights",
    says="You counted the outputs.",
    asks="Make the input longer: which new letter comes into the matrix?",
)
def outputs(n, k):
    return n - k + 1


@misconception(
    "opposite-counted",
    about="nonzero_fraction",
    says="This is the part of the matrix that is zero.",
    asks="Which cells does the question ask for?",
)
def zero_part(n, k):
    return (n - k) / n


@misconception(
    "upside-down",
    about="nonzero_fraction",
    says="Your fraction is upside down: a part of a whole cannot be more than 1.",
    asks="Which of the two counts is the whole?",
)
def upside_down(n, k):
    return n / k


@misconception(
    "per-row-of-outputs",
    about="nonzero_fraction",
    says="You divided by the number of outputs.",
    asks="How long is one row, and how many of its cells are not zero?",
)
def per_output(n, k):
    return k / (n - k + 1)


@misconception(
    "each-weight-once",
    about="nonzero_fraction",
    says="You counted each weight once and divided by all the cells.",
    asks="A weight stands in several rows. Are these several cells or one?",
)
def weight_once(n, k):
    return k / (n * (n - k + 1))


@misconception(
    "count-not-fraction",
    about="nonzero_fraction",
    says="This is a number of cells, not a part of them.",
    asks="By what must a count be divided to become a part between 0 and 1?",
)
def count_only(n, k):
    return (n - k + 1) * k


@misconception(
    "weights-grow",
    about="weights_grow_with_input",
    says="You say that a longer input gives the convolution more to learn.",
    asks="In the table, which column changes with n? Is that the convolution's?",
)
def weights_grow(n, longer, k):
    return True


_PATCH = "patch_numbers"


def _places(input_shape, kernel_size, less=0):
    return (input_shape[0] - kernel_size[0] + 1 - less) * (input_shape[1] - kernel_size[1] + 1 - less)


@misconception(
    "places-only",
    about=_PATCH,
    says="You counted the windows.",
    asks="How many numbers does one window hold?",
)
def windows_only(input_shape, kernel_size):
    return _places(input_shape, kernel_size)


@misconception(
    "places-only",
    about=_PATCH,
    says="You counted the numbers of one window.",
    asks="How many windows are there?",
)
def one_window(input_shape, kernel_size):
    return kernel_size[0] * kernel_size[1] * input_shape[2]


@misconception(
    "channels-not-counted",
    about=_PATCH,
    says="Your windows are flat: the channels were not counted.",
    asks="A window covers all channels at once. Is it a square, or a block?",
)
def flat_windows(input_shape, kernel_size):
    return _places(input_shape, kernel_size) * kernel_size[0] * kernel_size[1]


@misconception(
    "size-off-by-one",
    about=_PATCH,
    says="Your number of windows is too small.",
    asks="How big is the output of a 5 by 5 filter on 32 by 32 pixels? You found it in problem 1.",
)
def one_place_less(input_shape, kernel_size):
    return _places(input_shape, kernel_size, 1) * kernel_size[0] * kernel_size[1] * input_shape[2]


@misconception(
    "same-assumed",
    about=_PATCH,
    says="You took a window for every pixel.",
    asks="Can a window begin at the last pixel without sticking out?",
)
def place_for_each_pixel(input_shape, kernel_size):
    return input_shape[0] * input_shape[1] * kernel_size[0] * kernel_size[1] * input_shape[2]


@misconception(
    "copies-not-counted",
    about=_PATCH,
    says="You counted the numbers of the image itself.",
    asks="A pixel in the middle of the image lies in many windows. How often is it copied?",
)
def image_only(input_shape, kernel_size):
    return input_shape[0] * input_shape[1] * input_shape[2]
