"""Which indices meet in a layer, in letters (Problem 4)."""

from ..table import misconception


@misconception(
    "index-turned-around",
    about="weight_of_pixel",
    says="Your indices of w have the wrong sign: output minus input.",
    asks="The pixel at p stands where i + u = p. What is u?",
)
def output_minus_input(p, q, i, j):
    return i - p, j - q


@misconception(
    "index-added",
    about="weight_of_pixel",
    says="You added the place in the output to the place in the input.",
    asks="The pixel at p stands where i + u = p. How do you get u out of that?",
)
def input_plus_output(p, q, i, j):
    return p + i, q + j


@misconception(
    "rows-and-columns-exchanged",
    about="weight_of_pixel",
    says="Your two indices are right, but in the wrong order: columns come before rows.",
    asks="Which of the two indices of w counts rows, the first or the second?",
)
def columns_first(p, q, i, j):
    return q - j, p - i


@misconception(
    "index-turned-around",
    about="weight_many",
    says="Your first two indices of w have the wrong sign: output minus input.",
    asks="The pixel at p stands where i + u = p. What is u?",
)
def many_output_minus_input(p, q, i, j, c, d):
    return i - p, j - q, c, d


@misconception(
    "channels-exchanged",
    about="weight_many",
    says="Your place in the kernel is right, but the input channel and the filter have changed places.",
    asks="In the formula for y, which of the last two indices of w is the input channel?",
)
def filter_first(p, q, i, j, c, d):
    return p - i, q - j, d, c


@misconception(
    "index-turned-around",
    about="input_of_weight",
    says="You subtracted the place in the kernel: a minus sign would mean a true convolution.",
    asks="In the formula for y, which x stands beside the weight at (u, v)?",
)
def output_minus_weight(u, v, i, j):
    return i - u, j - v


@misconception(
    "index-turned-around",
    about="input_many",
    says="You subtracted the place in the kernel: a minus sign would mean a true convolution.",
    asks="In the formula for y, which x stands beside the weight at (u, v)?",
)
def many_output_minus_weight(b, u, v, i, j, c):
    return b, i - u, j - v, c


@misconception(
    "batch-not-summed",
    about="summed_over",
    says="You sum over the places of one image only.",
    asks="Every image of the batch used this weight. Does its letter stand on the left of the formula?",
)
def places_only(delta, weight):
    return "ij"


@misconception(
    "given-letters-summed",
    about="summed_over",
    says="You sum over every letter of delta, also over the filter that the weight belongs to.",
    asks="Which of delta's letters stands on the left of the formula, and so is given?",
)
def every_letter(delta, weight):
    return "".join(sorted(delta))
