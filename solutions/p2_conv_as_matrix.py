# %% [raw]
# # ASSIGNMENT CONFIG
# name: p2_conv_as_matrix
# title: "Problem 2 · A convolution is a matrix"

# %% [markdown]
# # Problem 2 · A convolution is a matrix
#
# A window slides over the input: that is one way to see a convolution. Here is another. The whole slide is **one**
# matrix, multiplied by the input. Once you have seen this matrix, three things become clear: why a convolution
# learns so few numbers, what its gradient will look like, and why it can run so fast.
#
# **What you'll do**
# - write down the matrix of a small convolution, with letters in place of numbers
# - count its zeros and its different entries, and find out what is given up for them
# - put every window into a row of its own (*im2col*), and measure what that gains
# - transpose the matrix, and follow the numbers back
#
# **What you'll learn**
# - *sparsity* and *weight sharing*: the two words behind every convolution
# - what a dense layer can do that no convolution ever can
# - why a library copies its input many times over, and is faster for it
#
# **What you need**
# - problem 1, and how a matrix is multiplied by a vector
# - about 16 minutes for the core path, marked ◆; about 75 for everything

# %% tags=["setup"]
import sys

sys.path.insert(0, "..")  # utils/ lies beside the notebooks folder

# %% tags=["screen"]
import time

import matplotlib.pyplot as plt
import numpy as np
import sympy as sp

import utils
from utils import explore
from utils.notebook import reveal, show

# %% [markdown]
# ## The same layer, run twice
#
# Take an image of $64\times64\times3$ and a layer of eight filters of 3×3. We run the layer twice: once with plain Python
# loops, window after window, as in problem 1; and once the way libraries do it, as one product of two matrices. Both give
# the same numbers, with the same multiplications.
#
# How many times as fast is the second way?

# %% tags=["prediction"]
guess_race = "about 3 times"  # "about as fast", "about 3 times", "about 20 times" or "100 times and more"

# %% tags=["otter_ignore", "folded"]
def conv2d_with_loops(x, w):
    """The convolution of x (B, H, W, C) with w (kH, kW, C, D), one output number at a time."""
    (B, H, W, _), (kH, kW, _, D) = x.shape, w.shape
    y = np.zeros((B, H - kH + 1, W - kW + 1, D))
    for b, i, j, d in np.ndindex(y.shape):
        y[b, i, j, d] = (x[b, i : i + kH, j : j + kW] * w[..., d]).sum()
    return y


def best_time(function, *arguments, repeats=3):
    """The shortest of a few runs, in seconds: the other runs were disturbed by something."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function(*arguments)
        times.append(time.perf_counter() - start)
    return min(times)


speeds = {"about as fast": 1, "about 3 times": 3, "about 20 times": 20, "100 times and more": 100}
image, filters = np.random.default_rng(0).normal(size=(1, 64, 64, 3)), np.random.default_rng(1).normal(size=(3, 3, 3, 8))
slow, fast = best_time(conv2d_with_loops, image, filters, repeats=2), best_time(utils.conv2d, image, filters, repeats=20)
nearest = min(speeds, key=lambda words: abs(np.log(speeds[words] * fast / slow)))
raced = reveal("how many times as fast", guess_race, nearest, choices=tuple(speeds), why="Section 2.d shows how, 2.e asks why.")

# %% tags=["otter_ignore", "screen"]
if raced:
    same = np.allclose(conv2d_with_loops(image, filters), utils.conv2d(image, filters))
    print(f"loops {1000 * slow:.0f} ms, one product {1000 * fast:.1f} ms; the same numbers: {same}")

# %% [markdown]
# ## The idea: every output is a row
#
# Each output is a weighted sum of the inputs. Most of the weights are zero, since the window covers only a few
# inputs. Write the weights of one output as a row, and put the rows one below the other.
# That is the matrix: a row for each output, a column for each input.
#
# <!--screen-->Move over the picture with the arrow keys or the mouse, and watch which row lights up. Then set the padding
# to 0. Which rows and columns are gone? (Leave *backward* for 2.f.)<!--/screen-->

# %% tags=["otter_ignore"]
explore.conv(x=[1, 4, -2, 3], w=[2, -1], padding=1, matrix=True)

# %% [markdown]
# ## 2.a · The matrix, in letters
#
# The numbers in a filter are what a network learns, so leave them open and write letters. <!--screen-->SymPy computes
# with letters, and puts them into a matrix, too.<!--/screen-->

# %% tags=["screen"]
w0, w1, w2 = sp.symbols("w0 w1 w2")
row = sp.Matrix([[w0, 0, w2]])  # a matrix with one row and three columns
row

# %% [raw]
# # BEGIN QUESTION
# name: q2a
# path: core
# difficulty: 1
# worksheet: 1(b)
# grid: 4x6
# minutes: 4
# misconceptions: [rows-not-moved, rows-move-left, padding-not-counted]
# explain: Why does the letter w1 run down a diagonal, and not down a column?
# also: |
#   W = sp.Matrix(4, 6, lambda i, j: (w0, w1, w2)[j - i] if 0 <= j - i < 3 else 0)
# board: |
#   One row for each output, one column for each padded input. Row $i$ is the window that starts at $i$:
#   $$W = \begin{pmatrix}
#   w_0 & w_1 & w_2 & 0 & 0 & 0 \\
#   0 & w_0 & w_1 & w_2 & 0 & 0 \\
#   0 & 0 & w_0 & w_1 & w_2 & 0 \\
#   0 & 0 & 0 & w_0 & w_1 & w_2
#   \end{pmatrix}$$
#   The same three letters in every row, each time one place further to the right.
# vary:
#   draw: {w: 3 of -4..5, n: 4..5}
#   where: len(set(w)) == 3 and 0 not in w
#   ask: >-
#     The filter $w = {w}$ slides along {n} numbers, without padding. What is its matrix, row by row, as a
#     list of lists?
#   about: conv_matrix
#   case: w, n

# %% [markdown]
# ### 2.a · Write down W
#
# The input is $x \in \mathbb{R}^4$, with one zero written at each end: $x_\text{padded} = (0, x_0, x_1, x_2, x_3, 0)$. The
# filter is $w = (w_0, w_1, w_2)$, and the stride is 1. Write the matrix $W$ for which $y = W\,x_\text{padded}$<!--screen-->, as a list
# of rows. Use `w0`, `w1`, `w2` and `0`<!--/screen-->.
#
# <details><summary>Hint 1</summary>
#
# How many rows? One for each output. How many columns? One for each number of the *padded* input.
#
# <details><summary>Hint 2</summary>
#
# The first window covers the first three numbers of the padded input. So its row begins with the three letters, in their
# order. What fills the rest of the row?
#
# <details><summary>Hint 3</summary>
#
# The second window lies one place further to the right, and so do the letters in the second row. Go on until they touch the
# right edge.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
W = sp.Matrix([
    [w0, w1, w2, 0, 0, 0],
    [0, w0, w1, w2, 0, 0],
    [0, 0, w0, w1, w2, 0],
    [0, 0, 0, w0, w1, w2],
])
# END SOLUTION
""" # BEGIN PROMPT
W = ...  # sp.Matrix([[w0, w1, ...], [...], ...])
"""; # END PROMPT
W

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 2
failure_message: The matrix W for n = 4, k = 3, padding 1
""" # END TEST CONFIG
def test_W(W):
    import sympy as sp

    import utils
    from utils.check import case, expect

    expect(W, like=utils.conv_matrix, on=case(list(sp.symbols("w0:3")), 4, padding=1))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# Look along the diagonals of your matrix, down to the right. What do you see? A matrix of this kind is called a **Toeplitz**
# matrix.

# %% [raw]
# # BEGIN QUESTION
# name: q2b
# path: more
# difficulty: 2
# worksheet: 1(b)
# minutes: 9
# misconceptions: [stride-not-in-start, rows-not-moved, padding-not-counted]
# explain: How can you read the stride off a matrix without counting its rows?
# also: |
#   starts = stride * np.arange((n + 2 * padding - len(w)) // stride + 1)[:, None]
#   W = np.zeros((len(starts), n + 2 * padding), dtype=w.dtype)
#   np.put_along_axis(W, starts + np.arange(len(w)), w, axis=1)
#   return W

# %% [markdown]
# ### 2.b · Build it for any filter
#
# Write `conv_matrix(w, n, stride=1, padding=0)`. Here `w` is an array of $k$ numbers, and `n` is the length of the input
# *before* the padding. Return an array with one row for each output and `n + 2 * padding` columns.
#
# <details><summary>Hint 1</summary>
#
# Start with zeros of the right shape. Problem 1 tells you how many rows there are.
#
# <details><summary>Hint 2</summary>
#
# In which column does the filter begin in row 0, in row 1, in row 2? Take stride 1 first. And with stride 2?
#
# <details><summary>Hint 3</summary>
#
# A slice can be filled at once: `A[5, 2:4] = b` writes the two numbers of `b` into row 5 of `A`, from column 2 on. Which
# slice of row `i` do you need?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def conv_matrix(w, n, stride=1, padding=0):
    """The matrix (outputs, n + 2 padding) that does to the padded input what the filter w (k,) does."""
    # BEGIN SOLUTION
    k = len(w)
    rows = (n + 2 * padding - k) // stride + 1
    W = np.zeros((rows, n + 2 * padding), dtype=w.dtype)
    for i in range(rows):
        W[i, i * stride : i * stride + k] = w
    return W
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The matrix of small filters
""" # END TEST CONFIG
def test_conv_matrix(conv_matrix):
    import numpy as np

    import utils
    from utils.check import case, expect

    w = np.array([1.5, 3, -0.7])
    cases = [case(w, 4), case(w, 4, padding=1), case(w, 7, stride=2), case(w, 6, stride=2, padding=1)]
    cases.append(case(np.array([2.5, -1]), 4))
    expect(conv_matrix, like=utils.conv_matrix, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 3
hidden: true
failure_message: The matrix for every mix of length, stride and padding
""" # END TEST CONFIG
def test_conv_matrix_for_all(conv_matrix):
    from utils.check import case, draw, expect
    from utils.check.loops import windows

    cases = [
        case(draw((k,), seed=k), n, stride=s, padding=p)
        for n, k in [(5, 5), (6, 1), (9, 4), (12, 3)]
        for s in (1, 2, 3, 5)
        for p in (0, 2)
    ]
    expect(conv_matrix, like=windows.conv_matrix, on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# <!--screen-->Now look at it. Your own function draws the next picture (or `utils` does, while 2.b is open): the same
# filter with stride 1 and with stride 2.<!--/screen-->

# %% tags=["otter_ignore", "folded"]
figure, axes = plt.subplots(1, 2, figsize=(7, 3))
for ax, stride in zip(axes, [1, 2], strict=True):
    try:
        cells = np.asarray(conv_matrix(np.array([2.0, -1, 4]), 10, stride=stride), dtype=float)
    except Exception:
        cells = np.zeros(0)
    by = "" if cells.ndim == 2 else " (by utils.conv_matrix)"  # 2.b is still open
    cells = cells if cells.ndim == 2 else utils.conv_matrix(np.array([2.0, -1, 4]), 10, stride=stride)
    for (i, j), value in np.ndenumerate(cells):
        ground, ink = ("#0b63b0", "#ffffff") if value else ("none", "black")
        ax.add_patch(plt.Rectangle((j, i), 1, 1, facecolor=ground, edgecolor="black", linewidth=0.4))
        ax.text(j + 0.5, i + 0.5, f"{value:g}", ha="center", va="center", fontsize=8, color=ink)
    ax.set(xlim=(-0.1, cells.shape[1] + 0.1), ylim=(8.1, -0.1), aspect="equal")
    ax.set_title(f"stride {stride}{by}", fontsize=10)
    ax.axis("off")
show(figure, "Two matrices with ten columns; all cells are 0 but for the filter 2, -1, 4 in each row. With stride 1 there are eight "
     "rows, and the filter begins one column further right in each. With stride 2 there are four rows, and it begins two "
     "columns further right in each: two neighbouring rows share only one column.")

# %% [markdown]
# With stride 2 the filter moves two columns from row to row, so there are half as many rows.
#
# ### Two in a row
#
# *◇ more*
#
# Now slide a filter of three over the input, and then a filter of two over what came out. A claim: *"One single filter
# could have done both at once."* Is this right?

# %% tags=["prediction"]
guess_single = False  # True or False

# %% tags=["otter_ignore"]
first, second = utils.conv_matrix(np.array([2.0, -1, 3]), 7), utils.conv_matrix(np.array([1.0, 4]), 5)
both = second @ first  # first the filter of three, then the filter of two
one_filter = both[0, : 3 + 2 - 1]
if reveal("one filter could have done both", guess_single, np.array_equal(both, utils.conv_matrix(one_filter, 7)),
          why="The product of the two matrices is the matrix of a filter again. Through both layers, an output looks at four inputs."):
    print("2, -1, 3 and then 1, 4 do what this one filter does:", one_filter)
    print(both)

# %% [markdown]
# Between two convolutions a network puts a *nonlinearity*, such as $\max(0, \cdot)$: it writes 0 in place of each negative
# number. What would be lost without it? Your guess was about just that.

# %% [markdown]
# ## 2.c · Few numbers, used again and again
#
# A **dense** layer has a matrix, too, and it learns every cell of it: each output has a weight of its own for each
# input. A convolution's matrix saves in two ways, and both have names:
#
# - most of its cells are zero, and stay zero. The matrix is **sparse**: each output looks at a few neighbours only
# - the other cells hold the same few numbers again and again. The weights are **shared**: every window uses them

# %% [raw]
# # BEGIN QUESTION
# name: q2c_i
# path: core
# difficulty: 2
# worksheet: 1(b)
# minutes: 5
# misconceptions: [sharing-forgotten, diagonals-counted, zeros-counted]
# explain: What do the three counts become when k = n, and which layer is that?
# also: |
#   nonzero_cells = lambda n, k: int(np.count_nonzero(utils.conv_matrix(np.ones(k), n)))
# vary:
#   draw: {n: 6..60, k: 2..9}
#   where: k < n
#   ask: >-
#     A filter of {k} numbers slides along {n} inputs, one step at a time and without padding. A dense layer has the
#     same inputs and as many outputs. How many weights does the dense layer have?
#   about: dense_weights
#   case: n, k

# %% [markdown]
# ### 2.c.i · Count
#
# A filter of $k$ numbers slides over an input of $n$ numbers, with stride 1 and no padding. Its matrix has a row for each
# output and a column for each input. All $k$ numbers differ, and none is zero. Write three functions:
#
# - `dense_weights(n, k)`: all cells of the matrix, which is what a dense layer of that size learns
# - `nonzero_cells(n, k)`: the cells that are not zero
# - `distinct_weights(n, k)`: how many different numbers these cells hold, which is what the convolution learns
#
# <details><summary>Hint 1</summary>
#
# Draw the matrix for $n = 5$ and $k = 2$, and count with a pencil first.
#
# <details><summary>Hint 2</summary>
#
# How many cells are not zero in *one* row? Is it the same number in every row?
#
# <details><summary>Hint 3</summary>
#
# For the first two, count one row, and ask how many rows there are. The third has nothing to do with the rows: which letters
# would you need to write the matrix down?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def dense_weights(n, k):
    """The weights of a dense layer from n inputs to as many outputs as the convolution has."""
    return (n - k + 1) * n  # SOLUTION


def nonzero_cells(n, k):
    """The cells of the convolution's matrix that are not zero."""
    return (n - k + 1) * k  # SOLUTION


def distinct_weights(n, k):
    """How many different numbers the convolution's matrix is made of, zero not counted."""
    return k  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The counts for a small matrix
""" # END TEST CONFIG
def test_counts(dense_weights, nonzero_cells, distinct_weights):
    from utils.check.references import counting
    from utils.check import case, expect

    expect(dense_weights, like=counting.dense_weights, on=[case(6, 3), case(4, 4)])
    expect(nonzero_cells, like=counting.nonzero_cells, on=[case(6, 3), case(4, 4)])
    expect(distinct_weights, like=counting.distinct_weights, on=[case(6, 3), case(4, 4)])

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
failure_message: The counts for many n and k
""" # END TEST CONFIG
def test_counts_for_all(dense_weights, nonzero_cells, distinct_weights):
    from utils.check import case, expect
    from utils.check.loops import counting

    cases = [case(n, k) for n in (5, 9, 20) for k in (1, 2, 5)]
    expect(dense_weights, like=counting.dense_weights, on=cases, hidden=True)
    expect(nonzero_cells, like=counting.nonzero_cells, on=cases, hidden=True)
    expect(distinct_weights, like=counting.distinct_weights, on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q2c_ii
# path: more
# worksheet: 1(b)
# minutes: 3
# difficulty: 1
# misconceptions: [weights-grow, count-not-fraction]
# explain: As the input grows, the non-zero part of the matrix shrinks. Why does the number of weights not change?
# also: |
#   nonzero_fraction = lambda n, k: nonzero_cells(n, k) / dense_weights(n, k)
# vary:
#   draw: {n: 6..60, k: 2..9}
#   where: k < n
#   ask: >-
#     A filter of {k} numbers, none of them 0, slides along {n} inputs, one step at a time and without padding.
#     How many cells of its matrix are not 0?
#   about: nonzero_cells
#   case: n, k

# %% [markdown]
# ### 2.c.ii · Is this right?
#
# A filter of $k$ numbers slides over $n$ inputs, with stride 1 and no padding. Somebody says: *"Double the length of the
# input, and about twice as many outputs come out. So the convolution has about twice as many numbers to learn."*
#
# - `claim_is_right`: `True` or `False`
# - `nonzero_fraction(n, k)`: which fraction of the cells of its matrix is not zero? A number between 0 and 1, by the shortest
#   formula that you can find
#
# <details><summary>Hint 1</summary>
#
# What would you have to write down to tell a friend all weights of the convolution? Does the list get longer with the
# input?
#
# <details><summary>Hint 2</summary>
#
# For the fraction you need two counts: the cells that are not zero, and all cells.
#
# <details><summary>Hint 3</summary>
#
# Both counts hold the number of rows as a factor. So look at a single row: which fraction of it is not zero?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
claim_is_right = False  # SOLUTION


def nonzero_fraction(n, k):
    """The fraction of the matrix's cells that are not zero: a number between 0 and 1."""
    return k / n  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: Is the claim right, and the fraction for a small matrix
""" # END TEST CONFIG
def test_claim(claim_is_right, nonzero_fraction):
    from utils.check.references import counting
    from utils.check import case, expect

    expect(claim_is_right, like=counting.weights_grow_with_input, on=case(8, 16, 3))
    expect(nonzero_fraction, like=counting.nonzero_fraction, on=[case(6, 3), case(4, 4)])

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
failure_message: The fraction for many n and k
""" # END TEST CONFIG
def test_fraction_for_all(nonzero_fraction):
    from utils.check import case, expect
    from utils.check.loops import counting

    cases = [case(n, k) for n in (5, 12, 30) for k in (1, 2, 5)]
    expect(nonzero_fraction, like=counting.nonzero_fraction, on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ### Nothing comes for free
#
# A dense layer can choose every cell of its matrix; a convolution cannot. Here are three tasks, each for five inputs and five
# outputs. Which of them can a convolution do, with a filter of three, stride 1 and one zero at each end?
#
# - `guess_move`: move every number one place to the right (the first output is 0, the last number is lost)
# - `guess_reverse`: give the five numbers in reverse order
# - `guess_first`: double the first number, and leave the others as they are

# %% tags=["prediction"]
guess_move = False  # True or False: a convolution can do it
guess_reverse = True  # True or False
guess_first = True  # True or False

# %% tags=["otter_ignore", "folded"]
tasks = {"move to the right": np.eye(5, k=-1), "reverse": np.eye(5)[::-1], "double the first": np.diag([2.0, 1, 1, 1, 1])}
# every filter of three is a mix of these three matrices; without the columns of the two zeros, which count for nothing
bricks = np.stack([utils.conv_matrix(one, 5, padding=1)[:, 1:-1].ravel() for one in np.eye(3)], axis=1)
can = [np.allclose(bricks @ np.linalg.lstsq(bricks, task.ravel(), rcond=None)[0], task.ravel()) for task in tasks.values()]
told = (
    reveal("a convolution can move them to the right", guess_move, can[0], why="The filter (1, 0, 0) does it."),
    reveal("a convolution can reverse them", guess_reverse, can[1],
           why="Most outputs would have to look too far away."),
    reveal("a convolution can double the first", guess_first, can[2],
           why="The first place would need a filter of its own."),
)
if all(told):
    figure, axes = plt.subplots(1, 3, figsize=(7.5, 2.5))
    for ax, (words, task) in zip(axes, tasks.items(), strict=True):
        for (i, j), value in np.ndenumerate(task):
            near = abs(i - j) <= 1  # where a filter of three may have weights
            ground, ink = ("#0b63b0", "#ffffff") if near else ("none", "black")
            ax.add_patch(plt.Rectangle((j, i), 1, 1, facecolor=ground, edgecolor="black", linewidth=0.4))
            ax.text(j + 0.5, i + 0.5, f"{value:g}", ha="center", va="center", color=ink)
        ax.set(xlim=(-0.1, 5.1), ylim=(5.1, -0.1), aspect="equal")
        ax.set_title(words, fontsize=10)
        ax.axis("off")
    show(figure, "Three matrices of five by five, with the three diagonals in the middle in blue: there a filter of three has its "
         "weights, one and the same along each diagonal. Move to the right: ones below the main diagonal, all of them blue. "
         "Reverse: ones from the upper right to the lower left, most of them outside of the blue. Double the first: 2, 1, 1, 1, 1 "
         "on the main diagonal, so one diagonal would have to hold two different weights.")

# %% [raw]
# # BEGIN QUESTION
# name: q2c_iii
# manual: true
# points: 2
# rubric: |
#   - ½ point: every convolution is a dense layer whose matrix has zeros and repeated weights in the right cells
#   - ½ point: not the other way round, with a task that a dense layer can do and a short filter cannot
#   - ½ point: which of the two stands in the way of this task: the zeros (it looks too far) or the sharing (places differ)
#   - ½ point: why it is little loss for photos: neighbours belong together, and a thing may be anywhere
# path: more
# minutes: 5
# difficulty: 2
# worksheet: 1(b)

# %% [markdown]
# ### 2.c.iii · In your own words
#
# A friend says: *"A convolution can learn whatever a dense layer with as many inputs and outputs can learn. It only needs
# fewer numbers."* What do you answer, in three or four sentences?
#
# - Is every convolution a dense layer? Is every dense layer a convolution?
# - Give **one** task that a dense layer can do and a convolution with a short filter cannot. (Not one of those above: think
#   of another.) What stands in the way: the zeros, or that the weights are shared?
# - Why is this so little loss when the input is a photo?

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# Every convolution is a dense layer: one in which most cells of the matrix are zero and the others repeat the filter.
# Not every dense layer is a convolution, so the convolution is the less expressive of the two. Take a running sum,
# where each output is the sum of all inputs so far: the last output needs the first input, and there the matrix has a
# zero. (Or: exchange the first two numbers and leave the rest alone. This fails at the sharing: what happens at one
# place happens at all.) With photos little is lost: what belongs together lies side by side, so a small window sees
# it; and a cat may sit anywhere, so what is worth finding at one place is worth finding at every other.

# %% [raw]
# # END SOLUTION

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## 2.d · Turn it inside out: im2col
#
# $W$ is mostly zeros, and multiplying by zeros wastes time. So do it the other way around: leave the filter small, and turn
# the **input** into a matrix. Each row is one window.
#
# For $x = (5, 2, -1, 4)$ and a filter of two:
#
# $$P = \begin{pmatrix} 5 & 2 \\ 2 & -1 \\ -1 & 4 \end{pmatrix}, \qquad y = P\,w$$
#
# The step from the input to $P$ is called *im2col*, "image to columns": in the first programs each window was a column. The
# whole layer is **one** matrix product now, and that is what won the race at the beginning.
#
# The core path (◆) ends here. If you have five minutes more, read 2.f: it is the door to problem 3.

# %% [raw]
# # BEGIN QUESTION
# name: q2d_i
# path: more
# difficulty: 2
# worksheet: 1(b)
# minutes: 7
# misconceptions: [windows-in-columns, stride-ignored]
# explain: In how many rows does a number from the middle appear, and why do those at the ends appear in fewer?
# also: |
#   return np.lib.stride_tricks.sliding_window_view(np.pad(x, padding), kernel_size)[::stride]

# %% [markdown]
# ### 2.d.i · The windows of a signal
#
# Write `im2col(x, kernel_size, stride=1, padding=0)` for an array `x` with one axis. Row `i` of the result is window
# number `i` of the padded input. The shape is `(outputs, kernel_size)`. For $x = (5, 2, -1, 4)$ and a filter of two, the rows are
# $(5, 2)$, $(2, -1)$ and $(-1, 4)$.
#
# <details><summary>Hint 1</summary>
#
# Pad first. Then collect the windows, one after the other.
#
# <details><summary>Hint 2</summary>
#
# At which index of the padded input does window number `i` begin, and how many numbers does it hold? That is a slice.
#
# <details><summary>Hint 3</summary>
#
# `np.stack` makes a matrix out of a list of rows.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def im2col(x, kernel_size, stride=1, padding=0):
    """The windows of x (n,), one in each row: (outputs, kernel_size)."""
    # BEGIN SOLUTION
    padded = np.pad(x, padding)
    starts = range(0, len(padded) - kernel_size + 1, stride)
    return np.stack([padded[start : start + kernel_size] for start in starts])
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The windows of a short signal
""" # END TEST CONFIG
def test_im2col(im2col):
    import numpy as np

    import utils
    from utils.check import case, expect

    x = np.array([2.5, 1, 0, 3, -1.2])
    cases = [case(x, 3), case(x, 2), case(x, 3, stride=2), case(x, 3, stride=2, padding=1), case(x, 3, stride=3)]
    expect(im2col, like=utils.im2col, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
failure_message: The windows of longer signals, with every stride and padding
""" # END TEST CONFIG
def test_im2col_for_all(im2col):
    from utils.check import case, draw, expect
    from utils.check.loops import windows

    cases = [
        case(draw((n,), seed=n), k, stride=s, padding=p)
        for n, k in [(5, 5), (7, 1), (11, 4)]
        for s in (1, 2, 3, 6)
        for p in (0, 2)
    ]
    expect(im2col, like=windows.im2col, on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ### The same for images
#
# *◇ more*
#
# A window of an image is a block of $k_H \times k_W \times C$ numbers. Write the block as one long row, and each filter as
# one long **column**, in the same order. Then **one** matrix product does the work of the whole layer, with $B$ images and
# $D$ filters:
#
# $$\underbrace{(B\,H_\text{out}\,W_\text{out}) \times (k_H k_W C)}_{\text{all windows}} \quad\text{times}\quad
# \underbrace{(k_H k_W C) \times D}_{\text{all filters}}$$

# %% [raw]
# # BEGIN QUESTION
# name: q2d_ii
# path: more
# minutes: 12
# difficulty: 3
# worksheet: 1(b)
# explain: What goes wrong, without any error, if the numbers of a window and of a filter come in different orders?
# also: |
#   patches = np.lib.stride_tricks.sliding_window_view(x, w.shape[:2], axis=(1, 2))
#   return np.tensordot(patches, w, axes=((4, 5, 3), (0, 1, 2)))

# %% [markdown]
# ### 2.d.ii · A layer as one product
#
# Write `conv2d(x, w)` with **one** matrix product. The images `x` have shape `(B, H, W, C)`, the kernel `w` has shape
# `(kH, kW, C, D)`. Stride 1, no padding. The result has shape `(B, H - kH + 1, W - kW + 1, D)`.
#
# <details><summary>Hint 1</summary>
#
# Make an empty array of the shape `(B, H_out, W_out, kH, kW, C)`. It has a place for every number of every window.
#
# <details><summary>Hint 2</summary>
#
# Do not loop over the windows: there are many. Loop over the places *in* a window: there are only `kH * kW`. Through the
# place `(a, b)`, all windows together see one block of `x`, as high and as wide as the output. In which row and in which
# column does it begin?
#
# <details><summary>Hint 3</summary>
#
# Now make rows of it: `.reshape(-1, 12)` cuts an array into rows of 12 numbers, whatever axes it had. How long is the row of
# one window, and how long the column of one filter? After the product, one more `reshape` brings the four axes back.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def conv2d(x, w):
    """The convolution of x (B, H, W, C) with w (kH, kW, C, D) as one matrix product."""
    # BEGIN SOLUTION
    B, H, W, C = x.shape
    kH, kW, _, D = w.shape
    H_out = H - kH + 1
    W_out = W - kW + 1
    patches = np.zeros((B, H_out, W_out, kH, kW, C), dtype=x.dtype)
    for a in range(kH):
        for b in range(kW):
            patches[:, :, :, a, b] = x[:, a : a + H_out, b : b + W_out]
    y = patches.reshape(-1, kH * kW * C) @ w.reshape(-1, D)
    return y.reshape(B, H_out, W_out, D)
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: A layer on tiny images
""" # END TEST CONFIG
def test_conv2d(conv2d):
    import utils
    from utils.check import case, draw, expect

    cases = [
        case(draw((1, 3, 5, 1), seed=1), draw((2, 3, 1, 1), seed=2)),
        case(draw((3, 6, 4, 2), seed=3), draw((3, 2, 2, 4), seed=4)),
    ]
    expect(conv2d, like=utils.conv2d, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 3
hidden: true
failure_message: A layer on batches of images with many channels
""" # END TEST CONFIG
def test_conv2d_for_all(conv2d):
    from utils.check import case, draw, expect
    from utils.check.loops import windows

    shapes = [((1, 5, 7, 1), (5, 2, 1, 2)), ((3, 6, 4, 2), (1, 3, 2, 1)), ((2, 5, 8, 3), (3, 4, 3, 5))]
    cases = [case(draw(a, seed=i), draw(b, seed=10 + i)) for i, (a, b) in enumerate(shapes)]
    expect(conv2d, like=windows.conv, about="conv2d", on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## 2.e · Measure it
#
# *◇ more*
#
# Once more the race from the beginning. This time your `conv2d` takes part, too, on images that get bigger. im2col first has
# to copy all its windows. So what about the smallest image, $6\times6$ pixels: which is the fastest there?

# %% tags=["prediction"]
guess_smallest = "the loops"  # "the loops", "one product" or "hardly any difference"

# %% tags=["otter_ignore", "folded"]
def still_open(function, *arguments):
    """Whether the question is not answered yet."""
    try:
        return not isinstance(function(*arguments), np.ndarray)
    except Exception:
        return True


rng = np.random.default_rng(0)
kernel = rng.normal(size=(3, 3, 3, 8))
sides = [6, 10, 18, 34, 50]
images = [rng.normal(size=(1, side, side, 3)) for side in sides]
methods = {"Python loops": conv2d_with_loops, "your conv2d": conv2d, "utils.conv2d": utils.conv2d}
if still_open(conv2d, images[0], kernel):
    print("Answer 2.d.ii first, then run this cell again to see your own line.")
    del methods["your conv2d"]

milliseconds = {label: [1000 * best_time(f, image, kernel) for image in images] for label, f in methods.items()}
loops, product = milliseconds["Python loops"][0], min(times[0] for label, times in milliseconds.items() if label[0] != "P")
races = ("the loops", "one product", "hardly any difference")
fastest = races[2] if 0.5 < loops / product < 2 else races[int(product < loops)]
if reveal("the fastest on 6 by 6 pixels", guess_smallest, fastest, choices=races,
          why="Even for 128 outputs, Python has to decide 128 times what comes next."):
    figure, ax = plt.subplots(figsize=(6, 3.4))
    styles = zip(("#b04a00", "#0b63b0", "#00734f"), ("o-", "s--", "^:"), strict=True)
    for (label, times), (color, style) in zip(milliseconds.items(), styles):
        ax.plot(sides, times, style, color=color, label=label)
    ax.set(xscale="log", yscale="log")
    ax.set(xlabel="height and width of the image (pixels)", ylabel="time (milliseconds)")
    ax.set_xticks(sides, sides)
    ax.minorticks_off()
    ax.legend(frameon=False)
    ax.spines[["top", "right"]].set_visible(False)
    each = "; ".join(f"{label} from {times[0]:.2g} to {times[-1]:.2g}" for label, times in milliseconds.items())
    show(figure, f"Time over the size of the image; both axes are logarithmic. From 6 to 50 pixels, in milliseconds: {each}.")

# %% [markdown]
# <!--screen-->Each mark on the left is ten times the one below it. How many times as long as one product do the loops take on
# the largest image, and how many times on the smallest? All lines stand for the same multiplications.<!--/screen-->

# %% [raw]
# # BEGIN QUESTION
# name: q2e_i
# path: more
# difficulty: 2
# worksheet: 1(b)
# minutes: 4
# misconceptions: [same-assumed, window-and-channels-counted]
# explain: A pixel in the middle is copied once for each place of the window. Why is the patch matrix not quite that many times as big as the image?
# also: |
#   patch_numbers = np.lib.stride_tricks.sliding_window_view(np.zeros((32, 32, 3)), (5, 5), axis=(0, 1)).size
# vary:
#   draw: {H: 8..40, W: 8..40, C: 2..9, K: 2..5, L: 2..5}
#   where: len({H, W, C, K, L}) == 5
#   ask: >-
#     An image has {H} × {W} pixels and {C} channels; the windows are {K} high and {L} wide, with stride 1 and
#     no padding. How many numbers are in its patch matrix?
#   about: patch_numbers
#   case: (H, W, C), (K, L)
# numbers: {H: 32, W: 32, C: 3, K: 5, L: 5}

# %% [markdown]
# ### 2.e.i · What does it cost?
#
# im2col copies numbers: each window becomes a row of the patch matrix. Take one image of
# ${{q2e_i.H}}\times{{q2e_i.W}}\times{{q2e_i.C}}$, a ${{q2e_i.K}}\times{{q2e_i.L}}$ kernel, stride 1, no padding. How many **numbers** are in the patch matrix? Write it as `patch_numbers`.
#
# <details><summary>Hint 1</summary>
#
# The number of rows times the number of columns.
#
# <details><summary>Hint 2</summary>
#
# There is one row for each output pixel. You counted such pixels in 1.b.
#
# <details><summary>Hint 3</summary>
#
# A row holds everything that the window covers: height, width and channels.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
# a row for each of 28·28 outputs, which holds the 5·5·3 numbers of its window
patch_numbers = 28 * 28 * 75
# END SOLUTION
""" # BEGIN PROMPT
patch_numbers = ...
""" # END PROMPT

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The size of the patch matrix
""" # END TEST CONFIG
def test_patch_numbers(patch_numbers):
    from utils.check.references import counting
    from utils.check import case, expect

    expect(patch_numbers, like=counting.patch_numbers, on=case(({{q2e_i.H}}, {{q2e_i.W}}, {{q2e_i.C}}), ({{q2e_i.K}}, {{q2e_i.L}})))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q2e_ii
# path: more
# minutes: 5
# difficulty: 2
# worksheet: 1(b)
# manual: true
# points: 2
# rubric: |
#   - 1 point: a thing that im2col does not do: it makes Python decide nothing for each single output
#   - 1 point: a thing that the matrix product is good at: fast memory, several numbers with one instruction, each number used many times
#   - Half of that for the bare word ("it is vectorised"), without a reason

# %% [markdown]
# ### 2.e.ii · Why is it fast all the same?
#
# im2col copies most pixels many times over, into a matrix many times as big as the image, and copying costs time. Why
# is it still so much faster than a Python loop over all windows? Write two or three sentences. Name **one** thing that
# Python no longer has to do, and **one** thing that a matrix product is good at.

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# The loops make Python decide, for every single output, what to do next. Each little step costs about a
# microsecond before a number is even touched. With im2col, Python makes only a handful of calls. All the
# arithmetic happens in one matrix product, and that is the best-tuned program of the whole library: it keeps the
# numbers in the fast memory close to the processor, works on several of them with one instruction, and uses
# each number that it has loaded many times.

# %% [raw]
# # END SOLUTION

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## 2.f · The transpose goes back
#
# *◇ more*
#
# $W$ takes the padded input and gives the outputs. Its transpose $W^\top$ goes the other way: it takes one number for each
# **output**, and gives one for each **padded input**. A claim: *"So it undoes the convolution. If $y = W x$, then
# $W^\top y$ is $x$ again."* Is this right?

# %% tags=["prediction"]
guess_undone = True  # True or False

# %% tags=["otter_ignore"]
some_x, some_W = np.array([4.0, -1, 2, 5]), utils.conv_matrix(np.array([2.0, -1]), 4)
if reveal("the transpose undoes the convolution", guess_undone, np.allclose(some_W.T @ (some_W @ some_x), some_x),
          why="It follows the same paths back, which is something else."):
    print("x =", some_x, "  W x =", some_W @ some_x, "  W.T W x =", some_W.T @ (some_W @ some_x))

# %% [markdown]
# Look at a column of $W$: it tells you which outputs an input leads to, and with which weight. A column of
# $W$ is a row of $W^\top$. So each input gets back, from every output that it led to, that output's number times that
# weight.
#
# <!--screen-->In the picture, switch to *backward: dx* and point at a cell of `dx`. From how many cells of `dy` does it
# come?<!--/screen-->

# %% tags=["otter_ignore"]
explore.conv(x=[1, 4, -2, 3, 2], w=[2, -1], matrix=True)

# %% [raw]
# # BEGIN QUESTION
# name: q2f_i
# path: more
# difficulty: 2
# minutes: 5
# worksheet: 1(b)
# misconceptions: [flipped-forward, overwrite-overlap]
# explain: Which of the four inputs hear from both outputs, and how do you see it in the matrix?
# also: |
#   spread_by_hand = utils.conv_matrix([1, 3, -2], 4).T @ [1, 2]
# vary:
#   draw: {g: 3 of -3..4, w: 3 of -3..3}
#   ask: >-
#     Lay $w = {w}$ down three times, each time one step further right, and multiply the copies by ${g}$, one
#     number each. What is the sum, five numbers long?
#   about: conv1d_grad_input
#   case: g, w, 5

# %% [markdown]
# ### 2.f.i · By hand
#
# Take $w = (1, 3, -2)$ and four inputs, stride 1, no padding. The matrix $W$ of this convolution has two rows and four
# columns. Let $\delta = (1, 2)$, one number for each output. Compute $W^\top \delta$ with a pencil, and write it as a list.
#
# <details><summary>Hint 1</summary>
#
# The first row of $W$ is $(1, 3, -2, 0)$. What is the second?
#
# <details><summary>Hint 2</summary>
#
# $W^\top\delta$ is $\delta_0$ times the first row of $W$, plus $\delta_1$ times the second row.
#
# <details><summary>Hint 3</summary>
#
# Write the two rows one below the other, double the lower one, and add column by column. The first and the last column have
# only one number that is not zero.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
# the rows of W are (1, 3, -2, 0) and (0, 1, 3, -2): once the first, plus twice the second
spread_by_hand = [1, 5, 4, -4]
# END SOLUTION
""" # BEGIN PROMPT
spread_by_hand = ...
""" # END PROMPT

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The product of the transposed matrix with (1, 2)
""" # END TEST CONFIG
def test_spread_by_hand(spread_by_hand):
    import utils
    from utils.check import case, expect

    expect(spread_by_hand, like=utils.conv1d_grad_input, on=case([1, 2], [1, 3, -2], (4,)))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q2f_ii
# path: more
# minutes: 8
# difficulty: 3
# worksheet: 1(b)
# misconceptions: [overwrite-overlap, stride-ignored, unflipped-dx]
# explain: For which strides would = in place of += give the same numbers?
# also: |
#   places = stride * np.arange(len(delta))[:, None] + np.arange(len(w))
#   back = np.zeros(n, dtype=w.dtype)
#   np.add.at(back, places, delta[:, None] * w)
#   return back

# %% [markdown]
# ### 2.f.ii · Spread, without the matrix
#
# A filter `w` has slid over `n` inputs without padding. Now each output hands a number back, `delta`, to the inputs
# that it came from, times the weight that was used. Where windows overlap, these contributions **add up**. Write
# `spread(delta, w, n, stride=1)`, which returns $W^\top\delta$, an array of `n` numbers. Do not build the matrix.
#
# <details><summary>Hint 1</summary>
#
# Start with `n` zeros. Go through the outputs one by one.
#
# <details><summary>Hint 2</summary>
#
# From which inputs did output `i` come? That is a slice. What does output `i` hand back to it, as an array of `k` numbers?
#
# <details><summary>Hint 3</summary>
#
# `a[2:5] += b` adds to a slice. With `=`, the next window would wipe out what the last one has left.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def spread(delta, w, n, stride=1):
    """The transposed convolution matrix times delta (outputs,): an array (n,)."""
    # BEGIN SOLUTION
    k = len(w)
    back = np.zeros(n, dtype=w.dtype)
    for i in range(len(delta)):
        back[i * stride : i * stride + k] += delta[i] * w
    return back
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: Spreading over short inputs
""" # END TEST CONFIG
def test_spread(spread):
    import numpy as np

    from utils.check import case, expect
    from utils.check.references import backprop

    w = np.array([1.5, 3, -0.7])
    cases = [
        case(np.array([1.0, 2]), w, 4),
        case(np.array([1.0, -2]), w, 5, stride=2),
        case(np.array([2.0, 1]), w, 6, stride=2),
        case(np.array([1.0, -2, 4]), np.array([2.5, -1]), 4),
    ]
    expect(spread, like=backprop.spread, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 3
hidden: true
failure_message: Spreading with every stride, also when inputs are left over
""" # END TEST CONFIG
def test_spread_for_all(spread):
    from utils.check import case, draw, expect
    from utils.check.loops import windows

    cases = [
        case(draw(((n - k) // s + 1,), seed=n + s), draw((k,), seed=k), n, stride=s)
        for n, k in [(5, 5), (7, 1), (10, 4), (13, 3)]
        for s in (1, 2, 3, 5)
    ]
    expect(spread, like=windows.conv_grad_input, about="spread", on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# This is exactly what happens to a **gradient** on its way back through a convolution. In problem 3 you derive it from the
# chain rule, and meet your own function again.

# %% [markdown]
# <!--screen-->
#
# ## Another one like this
#
# The questions that you answered by hand, with new numbers, for as long as you like. After two right answers they get harder;
# after a wrong one they get easier, and the one that you missed comes back later. Nothing is graded. Type your answer and
# press Enter; Tab leads to the buttons.
#
# <!--/screen-->

# %% tags=["otter_ignore", "screen"]
import sys

sys.path.append("..")  # so that this cell works alone, too
import utils

utils.practice("conv_as_matrix")

# %% [markdown]
# ## What to remember
#
# <!--screen-->What would be on your own list? Write three lines, then open ours.
#
# <details><summary>Our list</summary><!--/screen-->
#
# - A convolution **is** a matrix product. Each row of the matrix is the filter, moved by the stride.
# - **Sparsity**: only the fraction $k/n$ of the matrix is not zero. **Weight sharing**: it holds only $k$ different numbers.
# - The length of the input plays no part in how many weights are learned.
# - The price: it looks only nearby, and treats all places alike. A dense layer can do more, and has to learn more.
# - *im2col* puts each window into a row. Then a layer is one big matrix product, and those are fast.
# - What im2col costs is memory: almost every number is copied $k_H k_W$ times.
# - The transposed matrix hands each output's number back to the inputs it came from, and adds where windows overlap.
#
# <!--screen--></details><!--/screen-->
