# %% [raw]
# # ASSIGNMENT CONFIG
# name: p2_conv_as_matrix
# title: "Problem 2 · A convolution is a matrix"

# %% [markdown]
# # Problem 2 · A convolution is a matrix
#
# A window slides over the input. That is one way to see a convolution. Here is another: the whole slide is
# **one** matrix, multiplied with the input. The matrix explains three things at once: why a convolution learns
# so few numbers, how its gradient will look, and why it runs fast.
#
# **What you'll do**
# - write down the matrix of a small convolution, with letters in the place of numbers
# - write a function that builds this matrix for any filter
# - count its zeros and its different entries
# - lay all windows into the rows of a matrix (*im2col*), and measure what this gains
# - transpose the matrix and follow the numbers back
#
# **What you'll learn**
# - *sparsity* and *weight sharing*: the two words behind every convolution
# - why a library copies the input many times over, and is faster for it
# - what the transposed matrix does (this is the door to problem 3)
#
# **What you need**
# - problem 1, and how a matrix is multiplied with a vector
# - about 70 minutes

# %% [markdown]
# ## How to work here
#
# - Replace every `...` by your answer. Then run the check cell below it.
# - A wrong answer is not the end. The check tells you *what your numbers look like*, so read its message.
# - Hints open one by one. Try first, then open one.
# - `utils` is the course's own library. Look around in it. But do not call it where a question asks you to
#   write that very function: the check will notice.

# %% tags=["setup"]
import sys

sys.path.insert(0, "..")  # utils/ lies beside the notebooks folder

# %%
import time

import matplotlib.pyplot as plt
import numpy as np
import sympy as sp

import utils
from utils import explore

# %% [markdown]
# ## The idea: every output is a row
#
# Each output is a weighted sum of the inputs. Most of the weights are zero: the window covers only a few inputs.
# Write the weights of one output as one row, and the rows one below the other. That is the matrix.
#
# Move the window in the picture with the arrow keys. Watch which row lights up. Then switch to
# *backward*: the matrix is transposed, and takes the numbers the other way.

# %% tags=["otter_ignore"]
explore.matrix(w=[1, 3, -2], n=4, stride=1, padding=1)

# %% [markdown]
# ## 2.a · The matrix, in letters
#
# The input is $x \in \mathbb{R}^4$. We pad it with one zero on each side, so the padded input is
# $(0, x_0, x_1, x_2, x_3, 0)$: six numbers. The filter is $w = (w_0, w_1, w_2)$. The stride is 1.
#
# We want a matrix $W$ with $y = W\,x_\text{padded}$. SymPy can compute with letters:

# %%
w0, w1, w2 = sp.symbols("w0 w1 w2")
row = sp.Matrix([[w0, 0, w2]])  # a matrix with one row and three columns
row

# %% [raw]
# # BEGIN QUESTION
# name: q2a
# path: core
# minutes: 6
# difficulty: 1
# worksheet: 1(b)
# grid: 4x6

# %% [markdown]
# ### 2.a · Write down W
#
# Write the matrix as a list of rows. Use `w0`, `w1`, `w2` and `0`.
#
# <details><summary>Hint 1</summary>
#
# How many rows? One for each output. How many columns? One for each *padded* input.
#
# <details><summary>Hint 2</summary>
#
# The first window covers the padded inputs 0, 1 and 2. Its row begins with the three letters.
# The rest of the row is zero.
#
# <details><summary>Hint 3</summary>
#
# The second row is the first row, moved one place to the right. Go on until the letters touch the right edge.
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
# Look at your matrix. Every diagonal that goes down to the right holds one letter only. A matrix like this is
# called a **Toeplitz** matrix.

# %% [raw]
# # BEGIN QUESTION
# name: q2b
# path: more
# minutes: 10
# difficulty: 2
# worksheet: 1(b)

# %% [markdown] tags=["given"]
# ### 2.b · Build it for any filter
#
# Write `conv_matrix(w, n, stride=1, padding=0)`. Here `w` is an array with $k$ numbers, and `n` is the length
# of the input *before* padding. Return an array with one row for each output and `n + 2 * padding` columns.
#
# <details><summary>Hint 1</summary>
#
# Start with zeros of the right shape. Problem 1 tells you how many rows there are.
#
# <details><summary>Hint 2</summary>
#
# In row `i`, where does the filter begin? With stride 1 it begins in column `i`. And with stride 2?
#
# <details><summary>Hint 3</summary>
#
# `W[i, i * stride : i * stride + k] = w`
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

    w = np.array([1.0, 3, -2])
    cases = [case(w, 4), case(w, 4, padding=1), case(w, 7, stride=2), case(w, 6, stride=2, padding=1)]
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
# Now see it. A white cell is zero, and every other cell shows its number. Your function drew this.

# %% tags=["otter_ignore"]
fig, axes = plt.subplots(1, 2, figsize=(7, 3))
w = np.array([1.0, 3.0, -2.0])
for ax, stride in zip(axes, [1, 2]):
    try:
        picture = np.asarray(conv_matrix(w, 10, stride=stride), dtype=float)
        ax.imshow(picture, cmap="PuOr", vmin=-6, vmax=6)
        for (i, j), value in np.ndenumerate(picture):
            if value:
                ax.text(j, i, f"{value:g}", ha="center", va="center", fontsize=8)
    except Exception:
        ax.text(0.5, 0.5, "answer 2.b first", ha="center", va="center", transform=ax.transAxes)
    ax.set(title=f"stride {stride}", xticks=[], yticks=[])
plt.show()

# %% [markdown]
# With stride 1 the filter moves one column for each row. With stride 2 it moves two columns, so there are half
# as many rows.

# %% [markdown]
# ## 2.c · Few numbers, used again and again
#
# Compare three counts. Stride 1, no padding, an input of length $n$ and a filter of length $k$.
#
# - a **dense** layer from $n$ inputs to $n-k+1$ outputs has a free number in every cell of its matrix
# - the convolution's matrix has the same size, but many cells are zero: it is **sparse**
# - and the cells that are not zero repeat the same few numbers: the weights are **shared**

# %% [raw]
# # BEGIN QUESTION
# name: q2c_i
# path: core
# minutes: 8
# difficulty: 2
# worksheet: 1(b)

# %% [markdown]
# ### 2.c.i · Count
#
# Write three functions of `n` and `k`. Suppose that the $k$ numbers of the filter are all different and none of them is zero.
#
# - `dense_weights(n, k)`: the cells of the matrix
# - `nonzero_cells(n, k)`: the cells that are not zero
# - `distinct_weights(n, k)`: how many different numbers a convolution learns
#
# <details><summary>Hint 1</summary>
#
# Look at your 4 × 6 matrix from 2.a. There the padded length is $n = 6$, and $k = 3$. Count by hand first.
#
# <details><summary>Hint 2</summary>
#
# How many cells are not zero in *one* row? Is it the same for all the rows?
#
# <details><summary>Hint 3</summary>
#
# There are $n-k+1$ rows with $n$ cells each. In each row, $k$ cells are not zero. And the letters are
# $w_0, \dots, w_{k-1}$.
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
# path: core
# minutes: 5
# difficulty: 2
# worksheet: 1(b)

# %% [markdown]
# ### 2.c.ii · Is this right?
#
# Somebody says: *"Double the length of the input, and the convolution has to learn twice as many numbers,
# just like a dense layer from $n$ inputs to one output."*
#
# The next cell counts. Read what it prints, then answer.

# %%
print("   n   learned by the convolution   learned by a dense layer to one output")
for n in (8, 16, 32, 64):
    matrix = utils.conv_matrix(np.array([1.0, 2.0, 3.0]), n)
    print(f"{n:4d}   {len(set(matrix.ravel()) - {0}):26d}   {n:38d}")

# %% [markdown]
# - `claim_is_right`: `True` or `False`
# - `nonzero_fraction(n, k)`: which part of the matrix is not zero? Write the shortest formula you can.
#
# <details><summary>Hint 1</summary>
#
# Look at the column of the convolution. Does it change?
#
# <details><summary>Hint 2</summary>
#
# For the fraction: divide the number of non-zero cells by the number of all cells. A factor drops out.
#
# <details><summary>Hint 3</summary>
#
# $\dfrac{(n-k+1)\,k}{(n-k+1)\,n}$
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
claim_is_right = False  # SOLUTION


def nonzero_fraction(n, k):
    """The part of the matrix's cells that are not zero: a number between 0 and 1."""
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
# ## 2.d · Turn it inside out: im2col
#
# The matrix $W$ is mostly zeros, and multiplying with zeros is a waste of time. So do it the other way around.
# Keep the filter small, and build a matrix from the **input**: each row is one window.
#
# For $x = (2, 1, 0, 3, -1)$ and $k = 3$:
#
# $$P = \begin{pmatrix} 2 & 1 & 0 \\ 1 & 0 & 3 \\ 0 & 3 & -1 \end{pmatrix}, \qquad y = P\,w$$
#
# The name *im2col* comes from "image to columns": in the first programs each window was a column.

# %% [raw]
# # BEGIN QUESTION
# name: q2d_i
# path: more
# minutes: 8
# difficulty: 2
# worksheet: 1(b)

# %% [markdown]
# ### 2.d.i · The windows of a signal
#
# Write `im2col(x, kernel_size, stride=1, padding=0)` for an array `x` with one axis. Row `i` of the result is
# window `i` of the padded input. The shape is `(outputs, kernel_size)`.
#
# <details><summary>Hint 1</summary>
#
# Pad first. Then collect the windows one after the other.
#
# <details><summary>Hint 2</summary>
#
# Window `i` is the slice of the padded input from `i * stride` to `i * stride + kernel_size`.
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

    x = np.array([2.0, 1, 0, 3, -1])
    cases = [case(x, 3), case(x, 2), case(x, 3, stride=2), case(x, 3, stride=2, padding=1)]
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
# An image window is a block of $k_H \times k_W \times C$ numbers. Lay the block out as one long row. Lay each filter
# out as one long **column**, in the same order. Then **one** matrix product does the whole layer:
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

# %% [markdown]
# ### 2.d.ii · A layer as one product
#
# Write `conv2d(x, w)` with **one** matrix product. The images `x` are `(B, H, W, C)`, the kernel `w` is
# `(kH, kW, C, D)`. Stride 1, no padding. The result is `(B, H - kH + 1, W - kW + 1, D)`.
#
# <details><summary>Hint 1</summary>
#
# Make an empty array of the shape `(B, H_out, W_out, kH, kW, C)`. It has a place for every number of every window.
#
# <details><summary>Hint 2</summary>
#
# Do not loop over the windows: there are many. Loop over the places *in* the window: there are only
# `kH * kW`. For the place `(a, b)`, all windows together see the slice `x[:, a : a + H_out, b : b + W_out]`.
#
# <details><summary>Hint 3</summary>
#
# At the end: `patches.reshape(-1, kH * kW * C) @ w.reshape(-1, D)`, and then reshape the result.
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
    H_out, W_out = H - kH + 1, W - kW + 1
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
        case(draw((1, 3, 4, 1), seed=1, kind="integers"), draw((2, 3, 1, 1), seed=2, kind="integers")),
        case(draw((2, 4, 3, 2), seed=3, kind="integers"), draw((3, 2, 2, 3), seed=4, kind="integers")),
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
# Below is the convolution as a plain Python loop: one window at a time. We time it against your `conv2d`
# on images that get bigger. Both axes of the plot are logarithmic: one mark higher on the left
# means ten times the time.

# %% tags=["otter_ignore"]
def conv2d_with_loops(x, w):
    (B, H, W, _), (kH, kW, _, D) = x.shape, w.shape
    y = np.zeros((B, H - kH + 1, W - kW + 1, D))
    for b in range(B):
        for i in range(H - kH + 1):
            for j in range(W - kW + 1):
                for d in range(D):
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
methods = {
    "Python loops": conv2d_with_loops,
    "your im2col": conv2d,
    "utils.conv2d": utils.conv2d,
}
if still_open(conv2d, images[0], kernel):
    print("Answer 2.d.ii first, then run this cell again to see your own line.")
    del methods["your im2col"]

fig, ax = plt.subplots(figsize=(6, 3.4))
for (label, method), style in zip(methods.items(), ["o-", "s--", "^:"]):
    milliseconds = [1000 * best_time(method, image, kernel) for image in images]
    ax.plot(sides, milliseconds, style, label=label)
ax.set(xscale="log", yscale="log")
ax.set(xlabel="height and width of the image (pixels)", ylabel="time (milliseconds)")
ax.set_xticks(sides, sides)
ax.minorticks_off()
ax.legend(frameon=False)
ax.spines[["top", "right"]].set_visible(False)
plt.show()

# %% [markdown]
# The line of the Python loops lies far above the others. For the biggest image, the loops take many times longer,
# often more than a hundred times. Yet all three do the same multiplications.

# %% [raw]
# # BEGIN QUESTION
# name: q2e_i
# path: more
# minutes: 4
# difficulty: 2
# worksheet: 1(b)

# %% [markdown]
# ### 2.e.i · What does it cost?
#
# im2col copies numbers. Take one image of $32\times32\times3$, a $5\times5$ kernel, stride 1, no padding.
# How many **numbers** are in the patch matrix? Write it as `patch_numbers`.
#
# <details><summary>Hint 1</summary>
#
# The number of rows times the number of columns.
#
# <details><summary>Hint 2</summary>
#
# There is one row for each output pixel. You know that shape from 1.b.
#
# <details><summary>Hint 3</summary>
#
# Each row holds one block of $5\cdot5\cdot3$ numbers. How often does a pixel from the middle of the image appear?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
patch_numbers = 28 * 28 * 75  # SOLUTION

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

    expect(patch_numbers, like=counting.patch_numbers, on=case((32, 32, 3), (5, 5)))

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
#   - Half of it where only the word falls ("it is vectorised") and no reason is given

# %% [markdown]
# ### 2.e.ii · Why is it fast all the same?
#
# The patch matrix is almost 20 times as big as the image, and copying costs time. Why is im2col still so much
# faster than the loops? Write two or three sentences. Name **one** thing that it does not do, and **one** thing
# that the matrix product is good at.

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
# $W$ takes the padded input and gives the outputs. Its transpose $W^\top$ goes the other way: it takes one
# number for each **output**, and gives one number for each **padded input**. Look at a column of $W$: it tells you
# which outputs an input feeds, and with which weight.<!--screen--> In the picture, switch to *backward* and point at a
# cell of `dx`.<!--/screen-->

# %% tags=["otter_ignore"]
explore.matrix(w=[1, 3, -2], n=4, stride=1, padding=0)

# %% [raw]
# # BEGIN QUESTION
# name: q2f_i
# path: more
# minutes: 6
# difficulty: 2

# %% [markdown]
# ### 2.f.i · By hand
#
# Take $w = (1, 3, -2)$, $n = 4$, no padding, stride 1. So $W$ has two rows and four columns. Let
# $\delta = (1, 2)$. Compute $W^\top \delta$ with a pencil, and write it as a list.
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
# $1\cdot(1, 3, -2, 0) + 2\cdot(0, 1, 3, -2)$
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
spread_by_hand = [1, 5, 4, -4]  # SOLUTION

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

# %% [markdown]
# ### 2.f.ii · Spread, without the matrix
#
# Each output hands its number back to the inputs that it came from, with the weight that was used.
# Where windows overlap, the contributions **add up**. Write `spread(delta, w, n, stride=1)`: it returns
# $W^\top\delta$ for an input of length `n` without padding. Do not build the matrix.
#
# <details><summary>Hint 1</summary>
#
# Start with `n` zeros. Go through the outputs one by one.
#
# <details><summary>Hint 2</summary>
#
# Output `i` came from the inputs `i * stride` to `i * stride + k - 1`. It hands `delta[i] * w` back to them.
#
# <details><summary>Hint 3</summary>
#
# Use `+=` on the slice. With `=`, the next window would wipe out what the last one has left.
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

    w = np.array([1.0, 3, -2])
    cases = [
        case(np.array([1.0, 2]), w, 4),
        case(np.array([1.0, -2]), w, 5, stride=2),
        case(np.array([2.0, 1]), w, 6, stride=2),
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
# This is no accident: spreading is exactly what happens to a **gradient** on its way back through a convolution.
# In problem 3 you derive it from the chain rule, and you will meet your own function again.

# %% [markdown]
# ## What to remember
#
# - A convolution **is** a matrix product. Each row of the matrix is the filter, moved by the stride.
# - **Sparsity**: only the part $k/n$ of the matrix is not zero. **Weight sharing**: it holds only $k$ different numbers.
# - The number of learned weights does not depend on the size of the input.
# - *im2col* puts each window into a row. Then the whole layer is one big matrix product, and those are fast.
# - The price is memory: almost every number is copied $k_H k_W$ times.
# - The transposed matrix hands each output's number back to the inputs it came from, and adds where windows overlap.
