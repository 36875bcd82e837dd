"""Steps on the way to the gradients: slices, turned kernels, zeros, indices in letters (Problems 3 to 5)."""

from itertools import permutations
from typing import Any

import numpy as np

from .fork import DeadEnd, Fork, program, share_words

Array = np.ndarray

share_words(
    """
index-turned-around
  The place was subtracted the wrong way round.
  The pixel at p stands where i + u = p. Which of the three do you look for?

index-added
  You added the two places where one must be taken away from the other.
  The pixel at p stands where i + u = p. How do you get u out of that?

index-not-moved
  One of the two places is missing in your indices.
  The pixel at p stands where i + u = p. Which of the three do you look for?

letters-crossed
  The letters of rows and columns are mixed: a row's letter stands with a column's.
  Which letters count rows, and which count columns?

letters-multiplied
  You multiplied the two places.
  The window begins at i; how far from there is the place u?

letter-missing
  Some of the indices are missing.
  How many axes has this array, and which letter counts along each of them?

channels-first
  Your indices are right, but in the order of another library: channels come first there.
  In which order do we write the axes in this course?

rows-and-columns-exchanged
  Your indices are right, but columns come before rows.
  Which of the two indices counts rows, the first or the second?

channels-exchanged
  Your place is right, but the input channel and the filter have changed places.
  In the formula for y, which of the last two indices of w is the input channel?
"""
)


@program(
    "inputs_of_weight",
    words="""
slice-drops-last
  Your slice has one number too few: Python leaves out the end.
  How many numbers has x[0:3]? How many do you need, one for each of the m windows?

slice-one-too-many
  Your slice has one number too many.
  How many windows are there, and in how many of them does one weight meet one input?

slice-end-is-length
  Your slice ends at index m, wherever it begins.
  A slice a : b has b - a numbers. Which b gives m numbers when a is j?

slice-not-moved
  Every weight gets the inputs of weight 0.
  In the first window, which input lies under weight j?

slice-moved-too-far
  Your slice begins one place too late.
  In the first window, which input lies under weight j?

slice-with-steps
  You took every m-th number.
  In two neighbouring windows, how far apart are the inputs under the same weight?

slice-in-blocks
  Your slices lie side by side.
  In the first window, which input lies under weight 1? Where does its slice begin?

j-and-m-exchanged
  Your slice begins at m and has j numbers.
  Which of the two says where to begin, and which how many?

slice-to-the-end
  Your slice goes on to the end of x.
  Where does weight j lie in the last window?

slice-backwards
  Your numbers come from back to front.
  Which of these inputs does weight j meet in the first window?
""",
)
def inputs_of_weight(fork: Fork, x: Any, j: int, m: int) -> Array:
    """The inputs that weight j meets."""
    start = fork("the start of the slice", j, slice_not_moved=0, slice_moved_too_far=j + 1)
    ends = {"slice_drops_last": start + m - 1, "slice_one_too_many": start + m + 1, "slice_end_is_length": m}
    found = np.asarray(x, float)[start : fork("the end of the slice", start + m, slice_to_the_end=None, **ends)]
    x = np.asarray(x, float)
    others = {"slice_with_steps": x[j::m], "slice_in_blocks": x[j * m : j * m + m], "j_and_m_exchanged": x[m : m + j]}
    return fork("the order", found, slice_backwards=found[::-1], **others)


@program(
    "zero_insert",
    words="""
one-zero-too-many
  You wrote as many zeros between two numbers as the stride says.
  With stride 2, how many outputs were left out between two that were kept?

one-zero-too-few
  You wrote one zero too few between two numbers.
  With stride 2, how many outputs were left out between two that were kept?

zeros-after-last
  There are zeros after the last number, too.
  How many pairs of neighbours are there? Between which numbers do zeros belong?

zeros-before-first
  There are zeros before the first number.
  The first window is always kept. What stands at place 0?

zeros-around
  There are zeros before the first number and after the last one.
  How many pairs of neighbours are there? Between which numbers do zeros belong?

stride-not-dilated
  You gave the numbers back as they were, without any zeros.
  With stride 2, how far apart are the places of two neighbours among the outputs of stride 1?

numbers-repeated
  You repeated the numbers where zeros belong.
  An output that was thrown away: can it change the loss? So what is its delta?

zeros-in-one-block
  The zeros stand behind the numbers, not between them.
  With stride 2, at which place among the outputs of stride 1 stands the second number?
""",
)
def zero_insert(fork: Fork, grad_output: Any, stride: int) -> Array:
    """The deltas with zeros between them."""
    g = np.asarray(grad_output, float)
    ways = {"one_zero_too_many": stride + 1, "stride_not_dilated": 1, "one_zero_too_few": max(stride - 1, 1)}
    step = fork("how far apart the numbers are", stride, **ways)
    out = np.zeros(max((len(g) - 1) * step + 1, 0))
    out[::step] = g
    zeros, more = np.zeros(step - 1), np.zeros(step)
    out = fork(
        "what stands between", out,
        numbers_repeated=lambda: np.repeat(g, step)[: len(out)], numbers_repeated__all=lambda: np.repeat(g, step),
        zeros_in_one_block=lambda: np.append(g, np.zeros(len(out) - len(g))),
    )  # fmt: skip
    return fork(
        "the zeros at the ends", out,
        zeros_after_last=lambda: np.append(out, zeros), zeros_before_first=lambda: np.append(zeros, out),
        zeros_around=lambda: np.concatenate([zeros, out, zeros]), zeros_after_last__one=lambda: np.append(out, more),
        zeros_in_one_block__around=lambda: np.concatenate([zeros, g, zeros]),
    )  # fmt: skip


@program(
    "backward_kernel",
    words="""
channels-not-swapped
  The channels are still in their forward order.
  The deltas have D channels. Which axis of the new kernel must have the length D?

unflipped-dx
  The kernel was not turned around in space.
  Which weight does the first input of a window meet, and which does it meet in the window before?

channels-reversed
  You also reversed the order of the channels.
  Is input channel 0 still input channel 0 on the way back?

flipped-one-axis
  The kernel was reversed from top to bottom only.
  The window moves in two directions. Along which axes does an input meet the weights in reverse?

flipped-other-axis
  The kernel was reversed from left to right only.
  The window moves in two directions. Along which axes does an input meet the weights in reverse?

kernel-axes-swapped
  Height and width have changed places as well.
  Which two of the four axes have to be swapped? (w.T reverses the order of all four.)

transposed-kernel
  This is w.T: all four axes stand in reversed order.
  Which of the axes should stay in front?

quarter-turn
  The kernel was turned by 90 degrees; a half turn reverses both axes.
  Where does the upper left weight stand after a half turn?

channels-reshaped
  The channels were reshaped, not swapped: their weights are mixed up.
  A reshape keeps the order in memory. Which function moves an axis?

nothing-turned = channels-not-swapped + unflipped-dx
  This is w as it is.
  Which weight does the first input of a window meet, and which axis holds the channels of the deltas?
""",
)
def backward_kernel(fork: Fork, w: Any) -> Array:
    """The kernel that slides over the deltas."""
    w = np.asarray(w, float)
    turned = fork(
        "the half turn", w[::-1, ::-1],
        unflipped_dx=w, flipped_one_axis=w[::-1], flipped_other_axis=w[:, ::-1],
        channels_reversed=w[::-1, ::-1, ::-1, ::-1], channels_reversed__inputs=w[::-1, ::-1, ::-1],
        channels_reversed__filters=w[::-1, ::-1, :, ::-1], quarter_turn=lambda: np.rot90(w),
        quarter_turn__other_way=lambda: np.rot90(w, -1),
    )  # fmt: skip
    swapped = fork(
        "the channels", turned.swapaxes(2, 3),
        channels_not_swapped=turned,
        channels_reshaped=lambda: turned.reshape(*turned.shape[:2], turned.shape[3], turned.shape[2]),
    )  # fmt: skip
    return fork("height and width", swapped, kernel_axes_swapped=swapped.swapaxes(0, 1), transposed_kernel=w.T)


@program(
    "max_marks",
    words="""
window-at-own-pixel
  You asked each pixel about the window that begins at this very pixel.
  Where do the windows of the forward pass begin, with this stride?

one-maximum-for-all
  You marked the largest pixel of the whole image.
  How many windows are there, and how many pixels does each of them choose?

maximum-of-each-row
  You marked the largest pixel of each row.
  A window has two rows. How many pixels of it may be marked?

maximum-of-each-column
  You marked the largest pixel of each column.
  A window has two columns. How many pixels of it may be marked?

numbers-not-marks
  You wrote the largest numbers; a 1 was asked for at each place that a window chose.
  What should stand at a pixel that no window chose, and what at one that was chosen?

smallest-not-largest
  You marked the smallest pixel of each window.
  Which pixel does max pooling hand on?

first-of-each-window
  You marked the upper left pixel of each window.
  Which pixel does max pooling hand on?
""",
)
def max_marks(fork: Fork, x: Any, kernel_size: int, stride: int) -> Array:
    """A mark at the maximum of each window."""
    x, k = np.asarray(x, float), kernel_size
    s = fork("where a window begins", stride, stride_ignored=1)
    pick = fork("which pixel is marked", "max", smallest_not_largest="min", first_of_each_window="first")
    marks = np.zeros(x.shape)
    for i in range(0, x.shape[0] - k + 1, s):
        for j in range(0, x.shape[1] - k + 1, s):
            window = x[i : i + k, j : j + k]
            chosen = {"max": window.max(), "min": window.min(), "first": window[0, 0]}[pick]
            marks[i : i + k, j : j + k] += window == chosen
    return fork(
        "the marks", marks,
        numbers_not_marks=lambda: x * (marks > 0), one_maximum_for_all=lambda: (x == x.max()).astype(float),
        maximum_of_each_row=lambda: (x == x.max(1, keepdims=True)).astype(float),
        maximum_of_each_column=lambda: (x == x.max(0, keepdims=True)).astype(float),
        window_at_own_pixel=lambda: np.array(
            [[x[i, j] == x[i : i + k, j : j + k].max() for j in range(x.shape[1])] for i in range(len(x))], float
        ),
    )  # fmt: skip


_TIE = """
  This program hands out exactly what came in, so it is acceptable.
  Raise all equal pixels together by 0.01. Which program predicts a wrong change of the loss?

"""


@program("not_a_subgradient", words="".join(f"subgradient-{letter}-refused{_TIE}" for letter in "abd"))
def not_a_subgradient(fork: Fork, window: Any, grad_output: Any) -> str:
    """The program that hands out more than came in."""
    return fork("the choice", "C", subgradient_a_refused="A", subgradient_b_refused="B", subgradient_d_refused="D")


def _difference(fork: Fork, whole: Any, part: Any) -> Any:
    return fork(
        "the two places", whole - part,
        index_turned_around=part - whole, index_added=whole + part, index_not_moved=whole, index_not_moved__other=part,
    )  # fmt: skip


def _sum(fork: Fork, start: Any, inside: Any) -> Any:
    return fork(
        "the two places", start + inside,
        index_turned_around=start - inside, index_turned_around__too=inside - start, index_not_moved=inside,
        index_not_moved__other=start,
    )  # fmt: skip


def _places(fork: Fork, row: Any, column: Any) -> tuple[Any, Any]:
    return fork("rows and columns", (row, column), rows_and_columns_exchanged=(column, row))


def _all_letters(fork: Fork, indices: tuple[Any, ...]) -> tuple[Any, ...]:
    """Four indices: (image, row, column, channel), or (row, column, channel, filter)."""
    a, b, c, d = indices
    return fork(
        "the letters that are there", indices,
        letter_missing__first=(b, c, d), letter_missing__last=(a, b, c), letter_missing__both=(b, c),
        letter_missing__two=(a, b), channels_first=(a, d, b, c), channels_first__both=(c, d, a, b),
        letter_missing__next=(a, b, d), letter_missing__second=(a, c, d),
    )  # fmt: skip


@program("weight_of_pixel")
def weight_of_pixel(fork: Fork, p: Any, q: Any, i: Any, j: Any) -> tuple[Any, Any]:
    """The place in the kernel."""
    places = _places(fork, _difference(fork, p, i), _difference(fork, q, j))
    return fork("which letters belong together", places, letters_crossed=(p - j, q - i))


@program("weight_many")
def weight_many(fork: Fork, p: Any, q: Any, i: Any, j: Any, c: Any, d: Any) -> tuple[Any, ...]:
    """The same, with channels."""
    channels = fork("the channels", (c, d), channels_exchanged=(d, c))
    return _all_letters(fork, (*weight_of_pixel(fork, p, q, i, j), *channels))


@program(
    "input_of_weight",
    words="""
index-turned-around
  You subtracted the place in the kernel: a minus sign would mean a true convolution.
  In the formula for y, which x stands beside the weight at (u, v)?

index-not-moved
  One of the two places is missing in your indices.
  In the formula for y, which x stands beside the weight at (u, v)?
""",
)
def input_of_weight(fork: Fork, u: Any, v: Any, i: Any, j: Any) -> tuple[Any, Any]:
    """The pixel under a weight."""
    places = _places(fork, _sum(fork, i, u), _sum(fork, j, v))
    ways = {"letters_crossed": (i + v, j + u), "letters_multiplied": (i * u, j * v)}
    return fork("which letters belong together", places, **ways)


@program(
    "input_many",
    words="""
index-turned-around
  You subtracted the place in the kernel: a minus sign would mean a true convolution.
  In the formula for y, which x stands beside the weight at (u, v)?

index-not-moved
  One of the two places is missing in your indices.
  In the formula for y, which x stands beside the weight at (u, v)?
""",
)
def input_many(fork: Fork, b: Any, u: Any, v: Any, i: Any, j: Any, c: Any) -> tuple[Any, ...]:
    """The same, with image and channel."""
    return _all_letters(fork, (b, *input_of_weight(fork, u, v, i, j), c))


@program("delta_many")
def delta_many(fork: Fork, b: Any, i: Any, j: Any, d: Any) -> tuple[Any, ...]:
    """The indices of an output."""
    return _all_letters(fork, (b, *_places(fork, i, j), d))


@program(
    "summed_over",
    words="""
batch-not-summed
  You sum over the places of one image only.
  Every image of the batch used this weight. Does its letter stand on the left of the formula?

given-letters-summed
  You sum over every letter of delta, also over the filter that the weight belongs to.
  Which of delta's letters stands on the left of the formula, and so is given?

places-not-summed
  You sum over the images only.
  At how many places of one image is a weight used?

channel-summed
  You sum over the input channel, too.
  Which letters stand on the left of the formula, and so are given? Is the channel of x among them?

kernel-letters-summed
  You sum over the places of the kernel, as on the way forward.
  Which letters stand on the left of the formula, and so are given?

letters-separated
  The letters are right, but there is more than letters in your text.
  How is "dij" written: with commas and blanks, or without?

letters-not-in-order
  The letters are right, but not in the order of the alphabet.
  Which of b, i and j comes first in the alphabet?

weights-letters-summed
  You sum over letters of the weight itself.
  Which letters stand on the left of the formula, and so are given?
""",
)
def summed_over(fork: Fork, delta: str, weight: str) -> str:
    """The letters of delta that do not name the weight."""
    letters = "".join(sorted(set(delta) - set(weight)))
    return fork(
        "the letters", letters,
        batch_not_summed=letters.replace("b", ""), given_letters_summed="".join(sorted(delta)),
        places_not_summed="b", weights_letters_summed="".join(sorted(weight)),
        weights_letters_summed__too="".join(sorted({*delta, *weight})),
        channel_summed="".join(sorted(letters + "c")), channel_summed__last=letters + "c",
        given_letters_summed__last=letters + "d", kernel_letters_summed__and_places=letters + "uv",
        kernel_letters_summed="uv", kernel_letters_summed__channel="cuv", letters_separated=", ".join(letters),
        letters_separated__commas=",".join(letters), letters_separated__blanks=" ".join(letters),
        **{f"letters_not_in_order__{i}": "".join(p) for i, p in enumerate(permutations(letters)) if i},
    )  # fmt: skip


NUMERICAL = """
one-sided-difference
  You went one step up and compared with x itself. With a large step this is visibly wrong.
  On a curve that bends, which is closer to the tangent: from x to x + h, or from x - h to x + h?

backward-difference
  You compared x itself with one step down. With a large step this is visibly wrong.
  On a curve that bends, which is closer to the tangent: from x - h to x, or from x - h to x + h?

half-forgotten
  Your numbers are twice as large as they should be.
  How far apart are x - h and x + h?

half-twice
  Your numbers are half of what they should be: one step up or down was compared with x, and divided by two steps.
  How far apart are the two places that you compare?

divided-half
  Your numbers are the right ones times the step squared: you multiplied where you should divide.
  In Python, what does a / 2 * h do first? Where do brackets belong?

not-divided
  The difference was not divided by the step.
  A slope is a rise over a run. How long is your run?

step-of-ones-own
  You worked with a step of your own; the step of the call was not used.
  Where in your code does the argument step appear?

values-added
  You added the two values of f; the slope is their difference.
  If f does not change at all, what should its slope be?

fractions-cut-off
  Your steps were lost: the copy of x holds whole numbers only.
  Which dtype does the array have that you move, and what is 3 + 0.000001 in it?

sums-multiplied
  You multiplied two sums; the loss is the sum of the products.
  Which number of grad_output does each output meet?

sign-turned
  All your numbers have the wrong sign.
  When the loss grows while x grows, is the slope above or below zero?

upstream-ones
  The outputs were just added up: grad_output was not used.
  If one output matters ten times as much to the loss as another, where does your answer show it?

all-moved-at-once
  You changed all numbers of x at the same time.
  A partial derivative asks what happens when how many numbers change?

summed-too-late
  You moved all numbers of x at once and did not add up: as if each output had its own input.
  Which outputs move when you change x[0] alone?

not-moved-back
  A number of x that was moved stays moved while the next one has its turn.
  What stands in x when your loop comes to its second number?

upstream-averaged
  You averaged over the outputs; the loss adds them up.
  The loss is sum(grad_output * f(x)). Where does it divide?
"""


@program("numerical_gradient", words=NUMERICAL, noise=1e-6)
def numerical_gradient(fork: Fork, f: Any, x: Any, grad_output: Any, step: float = 1e-6) -> Array:
    """Central differences of sum(grad_output * f(x)), one number of x after the other."""
    x, g = np.array(x, float), np.asarray(grad_output, float)
    g = fork("the numbers from above", g, upstream_ones=np.ones_like(g))
    own = {"step_of_ones_own": 1e-5, "step_of_ones_own__4": 1e-4, "step_of_ones_own__6": 1e-6}
    h = fork("the step", step, **(own if fork.gives("step") else {}))
    up, down = fork("where f is asked", (h, h), one_sided_difference=(h, 0), backward_difference=(0, h))
    back = fork("after a number was moved", True, not_moved_back=False)
    together = fork("which numbers move", "one", all_moved_at_once="all", summed_too_late="each")
    run = up + down
    runs = {"half_forgotten": run / 2, "divided_half": 2 / h, "not_divided": 1.0, "half_twice": 2 * run}
    run = fork("the run", run, sign_turned=-run, not_divided__two=2.0, **runs)

    def rise(above: Array, below: Array) -> Any:
        one, other = (np.asarray(f(a), float) for a in (above, below))
        return g * fork("the two values", one - other, values_added=one + other)

    if together != "one":
        rises = rise(x + up, x - down)
        return rises / run if together == "each" else np.full(x.shape, np.sum(rises) / run)
    gradient, moved = np.zeros(x.shape), x.copy()
    whole = fork("the dtype of what moves", False, fractions_cut_off__of_x=True)
    for place in np.ndindex(x.shape):
        above, below = moved.copy(), moved.copy()
        above[place] += up
        below[place] -= down
        if whole:
            above, below = np.trunc(above), np.trunc(below)
        rises = rise(above, below)
        total = fork(
            "the sum over the outputs", np.sum(rises),
            upstream_averaged=np.mean(rises), sums_multiplied=lambda r=rises: np.sum(g) * np.sum(r / g),
        )  # fmt: skip
        gradient[place] = total / run
        if not back:
            moved[place] -= down
    return gradient


@program(
    "worst_error",
    words="""
error-without-abs
  You took the largest difference with its sign, so an error below zero was lost.
  Which is worse: an error of 0.5 or one of -5? Which of them does your maximum find?

error-averaged
  You took the mean of the errors.
  One wrong number among a thousand right ones: what does the mean say, and what should you say?

error-summed
  You added the errors up.
  The question asks for one place only. Which?

error-squared
  Your error is squared.
  How far apart are 6 and 6.5?

error-relative
  You divided by the size of the numbers; the distance itself is asked for.
  How far apart are 6 and 6.5?

error-is-length
  You took the length of the vector of errors (the root of the sum of their squares).
  The question asks for one place only. Which?

error-smallest
  You took the smallest error.
  Which place should decide whether a gradient is right?

place-not-error
  This is where the largest error lies, not how large it is.
  What does argmax give, and what does max give?

compared-with-the-output
  You compared the gradient with f(x).
  Is f(x) a gradient? Which of your functions finds one without a formula?

compared-with-the-deltas
  You compared the gradient with grad_output.
  grad_output is the gradient of the outputs. Which function makes of it the one of x?

gradient-in-its-place
  You handed the gradient itself on, where grad_output belongs.
  Which arguments does numerical_gradient take, and in which order?

error-of-the-largest
  You took the maximum of each array first, and then the difference.
  Can two arrays have the same largest number and still differ somewhere?

error-of-the-first
  You looked at the first number only.
  The question asks for the worst of all places. Which of them does your code look at?
"""
    + NUMERICAL,
    noise=1e-6,
)
def worst_error(fork: Fork, gradient: Any, f: Any, x: Any, grad_output: Any) -> Any:
    """The largest distance between a gradient and the central differences."""
    mine, right = np.asarray(gradient, float), numerical_gradient(fork, f, x, grad_output)
    if mine.shape != right.shape:
        raise DeadEnd
    errors, size = mine - right, np.abs(mine) + np.abs(right)
    errors = fork(
        "the errors", np.abs(errors),
        error_without_abs=errors, error_without_abs__turned=-errors, error_squared=errors**2,
        error_relative=lambda: np.abs(errors) / np.abs(right), error_relative__sum=lambda: np.abs(errors) / size,
        error_relative__largest=lambda: np.abs(errors) / np.maximum(np.abs(mine), np.abs(right)),
        error_relative__mine=lambda: np.abs(errors) / np.abs(mine),
    )  # fmt: skip
    length = float(np.sqrt(np.sum(np.square(errors))))
    return fork(
        "what is taken of the errors", errors.max(),
        error_averaged=errors.mean(), error_summed=errors.sum(), error_is_length=length, error_smallest=errors.min(),
        error_relative__norms=lambda: length / (np.linalg.norm(mine) + np.linalg.norm(right)),
        error_relative__norm=lambda: length / np.linalg.norm(right), error_of_the_first=errors.ravel()[0],
        error_of_the_largest=float(abs(mine.max() - right.max())), place_not_error=float(np.argmax(errors)),
        error_of_the_largest__sizes=float(np.abs(mine).max() - np.abs(right).max()),
        error_of_the_largest__turned=float(np.abs(right).max() - np.abs(mine).max()),
        compared_with_the_output=lambda: np.abs(mine - np.asarray(f(np.array(x, float)))).max(),
        compared_with_the_deltas=lambda: np.abs(mine - np.asarray(grad_output)).max(),
        gradient_in_its_place=lambda: np.abs(mine - numerical_gradient(Fork(), f, x, mine)).max(),
    )  # fmt: skip
