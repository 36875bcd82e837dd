# %% [raw]
# # ASSIGNMENT CONFIG
# name: p5_pooling
# title: "Problem 5 · Pooling, forward and backward"

# %% [markdown]
# # Problem 5 · One number for each window
#
# A pooling layer looks at a window and keeps **one** number: the largest one, or the mean. Going forward is
# easy. Going backward is where most people slip: one gradient comes in for each *window*, and it has to find
# its way to the right *pixels*.
#
# **What you'll do**
# - find the size of a pooled image, also when the windows do not fit
# - pool a small image by hand, then any batch of images in code
# - send a gradient back through one window, then through windows that overlap
# - pool arrays with any number of axes
#
# **What you'll learn**
# - why the size needs a floor, and what happens to the pixels that are left over
# - why the gradient of a maximum goes to one pixel only
# - why the gradient of a mean is *larger* in shape than what comes in, and smaller in value
# - what to do when two pixels are equal
#
# **What you need**
# - Problem 1: the output size. The chain rule
# - about 110 minutes

# %% [markdown]
# ## How to work here
#
# - Replace every `...` by your answer. Then run the check cell below it.
# - A wrong answer is not the end. The check tells you *what your numbers look like*, so read its message.
# - Hints open one by one. Try first, then open one.
# - Do not call the function of `utils` that a question asks you to write: the check will notice.

# %% tags=["setup"]
import sys

sys.path.insert(0, "..")  # utils/ lies beside the notebooks folder

# %%
import matplotlib.pyplot as plt
import numpy as np

import utils
from utils import explore

# %% [markdown]
# ## The idea: forward a number, backward a route
#
# This $4\times4$ image is our companion. Every $2\times2$ window becomes one number. Move over the output with
# the arrow keys or the mouse: you see its window. Then switch to *backward*. Where does the
# gradient go?
#
# Change the stride to 1. Now the windows **overlap**. Find a pixel that gets a gradient from two windows.

# %%
X = np.array([
    [3.0, 4, 1, 2],
    [0, 5, 9, 4],
    [8, 6, 3, 7],
    [2, 4, 2, 0],
])

# %% tags=["otter_ignore"]
explore.pooling(X, kernel_size=2, stride=2, mode="max")

# %% [markdown]
# Here is a real one: a handwritten digit of $8\times8$ pixels, and what is left of it after pooling with
# $2\times2$ windows and stride 2.

# %% tags=["otter_ignore"]
from sklearn.datasets import load_digits

digit = load_digits().images[0]
panels = {
    "input, 8×8": digit,
    "max pooling, 4×4": utils.max_pool2d(digit, 2),
    "average pooling, 4×4": utils.avg_pool2d(digit, 2),
}
fig, axes = plt.subplots(1, 3, figsize=(7, 2.6))
for ax, (title, image) in zip(axes, panels.items()):
    ax.imshow(image, cmap="gray_r", vmin=0, vmax=16)
    ax.set_title(title, fontsize=10)
    ax.set(xticks=[], yticks=[])
plt.show()

# %% [markdown]
# The picture shows a handwritten zero three times. After max pooling the strokes are dark and thick. After
# average pooling they are softer and lighter. In both the hole in the middle has closed: that is the price of so
# few pixels. Neither has learned anything: a pooling layer has no parameters.

# %% [markdown]
# ## 5.a · How big is the pooled image?
#
# The window has $K\times K$ pixels and moves by $S$ pixels, in both directions. Each channel is pooled on its own.
# The window must never stick out of the image.

# %% [raw]
# # BEGIN QUESTION
# name: q5a_i
# path: core
# minutes: 4
# difficulty: 1
# worksheet: (f)

# %% [markdown]
# ### 5.a.i · Two shapes
#
# Write each shape as a tuple `(height, width, channels)`.
#
# - `shape_even`: a $32\times32\times10$ image, $K = 2$, $S = 2$
# - `shape_odd`: a $6\times9\times4$ image, $K = 3$, $S = 2$
# - `parameters`: how many numbers does a pooling layer learn?
#
# <details><summary>Hint 1</summary>
#
# Where can the window start? Write down the row numbers.
#
# <details><summary>Hint 2</summary>
#
# With 6 rows, $K = 3$ and $S = 2$, the window can start in row 0 and in row 2. In row 4 it would stick out.
#
# <details><summary>Hint 3</summary>
#
# Each channel goes in and comes out. Pooling never mixes channels.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
shape_even = (16, 16, 10)  # SOLUTION
shape_odd = (2, 4, 4)  # SOLUTION
parameters = 0  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The shape for K = 2 and S = 2
""" # END TEST CONFIG
def test_shape_even(shape_even):
    from utils.check import case, expect
    from utils.check.references import counting

    expect(shape_even, like=counting.pooled_shape, on=case((32, 32, 10), 2, 2))

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The shape for K = 3 and S = 2
""" # END TEST CONFIG
def test_shape_odd(shape_odd):
    from utils.check import case, expect
    from utils.check.references import counting

    expect(shape_odd, like=counting.pooled_shape, on=case((6, 9, 4), 3, 2))

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The number of parameters
""" # END TEST CONFIG
def test_parameters(parameters):
    from utils.check import case, expect
    from utils.check.references import counting

    expect(parameters, like=counting.pooling_parameters, on=case(2, 10))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q5a_ii
# path: more
# minutes: 5
# difficulty: 1
# worksheet: (f)

# %% [markdown]
# ### 5.a.ii · Is this right?
#
# Somebody writes: *"the pooled image has $(H-K)/S+1$ rows."* Run the next cell. It counts the windows one by one.
# Is the formula right?

# %%
for H, K, S in [(8, 2, 2), (7, 2, 2), (6, 3, 2)]:
    starts = [top for top in range(0, H, S) if top + K <= H]
    print(f"H={H} K={K} S={S}: the formula says {(H - K) / S + 1}; windows start in rows {starts}")

# %% [markdown]
# Now write the right one. `pooled_size(n, kernel_size, stride)` returns an `int`: how many windows fit into `n` pixels.
#
# <details><summary>Hint 1</summary>
#
# What does the formula say for $H = 7$, $K = 2$, $S = 2$? Can an image have that many rows?
#
# <details><summary>Hint 2</summary>
#
# The last row has no partner. A window that would stick out does not count. So which way do you round?
#
# <details><summary>Hint 3</summary>
#
# `//` rounds down. Divide first, and add the 1 for the first window afterwards.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def pooled_size(n, kernel_size, stride):
    """The number of windows along one axis of n pixels."""
    return (n - kernel_size) // stride + 1  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The pooled size for a few numbers
""" # END TEST CONFIG
def test_pooled_size(pooled_size):
    import utils
    from utils.check import case, expect

    cases = [case(4, 2, 2), case(7, 2, 2), case(6, 3, 2), case(3, 2, 3)]
    expect(pooled_size, like=utils.output_size, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
failure_message: The pooled size for many numbers
""" # END TEST CONFIG
def test_pooled_size_for_all(pooled_size):
    from utils.check import case, expect
    from utils.check.loops import counting

    cases = [case(n, k, s) for n in (1, 5, 8, 13, 32) for k in (1, 2, 3, 5) for s in (1, 2, 3, 7) if k <= n]
    expect(pooled_size, like=counting.output_size, on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## 5.b · Forward

# %% [raw]
# # BEGIN QUESTION
# name: q5b_i
# path: more
# minutes: 4
# difficulty: 1
# worksheet: (f)

# %% [markdown]
# ### 5.b.i · Pool it by hand
#
# Our companion, with $K = 2$ and $S = 2$:
#
# $$X = \begin{pmatrix} 3 & 4 & 1 & 2\\ 0 & 5 & 9 & 4\\ 8 & 6 & 3 & 7\\ 2 & 4 & 2 & 0 \end{pmatrix}$$
#
# Write both results as lists of rows, such as `[[1, 2], [3, 4]]`.
#
# - `max_by_hand`: max pooling
# - `mean_by_hand`: average pooling
#
# <details><summary>Hint 1</summary>
#
# Draw a horizontal and a vertical line through the middle. There are four windows.
#
# <details><summary>Hint 2</summary>
#
# The window at the top left holds $3, 4, 0, 5$. Its largest number is 5.
#
# <details><summary>Hint 3</summary>
#
# A mean is the sum divided by the number of pixels in the window: $(3+4+0+5)/4$.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
max_by_hand = [[5, 9], [8, 7]]  # SOLUTION
mean_by_hand = [[3, 4], [5, 3]]  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: Max pooling by hand
""" # END TEST CONFIG
def test_max_by_hand(max_by_hand):
    import utils
    from utils.check import case, expect

    X = [[3, 4, 1, 2], [0, 5, 9, 4], [8, 6, 3, 7], [2, 4, 2, 0]]
    expect(max_by_hand, like=utils.max_pool2d, on=case(X, 2, 2))

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: Average pooling by hand
""" # END TEST CONFIG
def test_mean_by_hand(mean_by_hand):
    import utils
    from utils.check import case, expect

    X = [[3, 4, 1, 2], [0, 5, 9, 4], [8, 6, 3, 7], [2, 4, 2, 0]]
    expect(mean_by_hand, like=utils.avg_pool2d, on=case(X, 2, 2))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q5b_ii
# path: more
# minutes: 10
# difficulty: 2
# worksheet: (f)

# %% [markdown]
# ### 5.b.ii · Max pooling in code
#
# Write `max_pool2d(x, kernel_size, stride)`. A batch of images `x` has shape `(B, H, W, C)`. The result has shape
# `(B, H_out, W_out, C)`. Both `kernel_size` and `stride` are whole numbers. Rows and columns that no window
# reaches are left out.
#
# <details><summary>Hint 1</summary>
#
# Two loops are enough: over the rows and over the columns of the *output*. NumPy does the batch and the channels.
#
# <details><summary>Hint 2</summary>
#
# The window of output pixel `(i, j)` starts in row `i * stride` and column `j * stride`. Its slice is
# `x[:, i*stride : i*stride + kernel_size, ...]`.
#
# <details><summary>Hint 3</summary>
#
# `window.max(axis=(1, 2))` takes the maximum over both axes of space at once. It leaves `(B, C)`.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def max_pool2d(x, kernel_size, stride):
    """The maximum of each window: x (B, H, W, C) gives (B, H_out, W_out, C)."""
    # BEGIN SOLUTION
    B, H, W, C = x.shape
    rows, columns = pooled_size(H, kernel_size, stride), pooled_size(W, kernel_size, stride)
    y = np.empty((B, rows, columns, C), dtype=x.dtype)
    for i in range(rows):
        for j in range(columns):
            top, left = i * stride, j * stride
            y[:, i, j] = x[:, top : top + kernel_size, left : left + kernel_size].max(axis=(1, 2))
    return y
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: Max pooling of small images
""" # END TEST CONFIG
def test_max_pool2d(max_pool2d):
    import numpy as np

    import utils
    from utils.check import case, draw, expect

    X = np.array([[3.0, 4, 1, 2], [0, 5, 9, 4], [8, 6, 3, 7], [2, 4, 2, 0]])
    cases = [
        case(X[None, :, :, None], 2, 2),
        case(-1 - X[None, :, :, None], 2, 2),
        case(X[None, :3, :, None], 2, 1),
        case(draw((2, 3, 5, 2), seed=1), 2, 2),
    ]
    expect(max_pool2d, like=utils.max_pool2d, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 3
hidden: true
failure_message: Max pooling with every mix of window, stride and remainder
""" # END TEST CONFIG
def test_max_pool2d_for_all(max_pool2d):
    from utils.check import case, draw, expect
    from utils.check.loops import windows

    cases = [
        case(draw((b, h, w, c), seed=h, kind="normal"), k, s)
        for b, h, w, c in [(1, 5, 8, 1), (3, 7, 4, 2)]
        for k in (1, 2, 3, 4)
        for s in (1, 2, 3, 5)
    ]
    expect(max_pool2d, like=windows.max_pool, about="max_pool2d", on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q5b_iii
# path: more
# minutes: 5
# difficulty: 1
# worksheet: (f)

# %% [markdown]
# ### 5.b.iii · Average pooling in code
#
# Now `avg_pool2d(x, kernel_size, stride)`, with the mean of each window.
#
# <details><summary>Hint 1</summary>
#
# Only one word of your last function changes.
#
# <details><summary>Hint 2</summary>
#
# The mean is over the two axes of space, not over the batch and not over the channels.
#
# <details><summary>Hint 3</summary>
#
# `window.mean(axis=(1, 2))`.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def avg_pool2d(x, kernel_size, stride):
    """The mean of each window: x (B, H, W, C) gives (B, H_out, W_out, C)."""
    # BEGIN SOLUTION
    B, H, W, C = x.shape
    rows, columns = pooled_size(H, kernel_size, stride), pooled_size(W, kernel_size, stride)
    y = np.empty((B, rows, columns, C), dtype=x.dtype)
    for i in range(rows):
        for j in range(columns):
            top, left = i * stride, j * stride
            y[:, i, j] = x[:, top : top + kernel_size, left : left + kernel_size].mean(axis=(1, 2))
    return y
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: Average pooling of small images
""" # END TEST CONFIG
def test_avg_pool2d(avg_pool2d):
    import numpy as np

    import utils
    from utils.check import case, draw, expect

    X = np.array([[3.0, 4, 1, 2], [0, 5, 9, 4], [8, 6, 3, 7], [2, 4, 2, 0]])
    cases = [case(X[None, :, :, None], 2, 2), case(X[None, :3, :, None], 2, 1), case(draw((2, 3, 5, 2), seed=1), 2, 2)]
    expect(avg_pool2d, like=utils.avg_pool2d, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
failure_message: Average pooling with every mix of window, stride and remainder
""" # END TEST CONFIG
def test_avg_pool2d_for_all(avg_pool2d):
    from utils.check import case, draw, expect
    from utils.check.loops import windows

    cases = [
        case(draw((b, h, w, c), seed=10 + h, kind="normal"), k, s)
        for b, h, w, c in [(1, 5, 8, 1), (3, 7, 4, 2)]
        for k in (1, 2, 3, 4)
        for s in (1, 2, 3, 5)
    ]
    expect(avg_pool2d, like=windows.avg_pool, about="avg_pool2d", on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## 5.c · Backward through max pooling
#
# From here on $L$ is the loss at the end of the network. The later layers tell us $\partial L/\partial y$ for each
# pooled number $y$. We call it `grad_output`. We want $\partial L/\partial x$ for each pixel $x$.
#
# Think of it like this: *if I make this pixel a little larger, how much does the output change?*

# %% [raw]
# # BEGIN QUESTION
# name: q5c_i
# path: core
# minutes: 4
# difficulty: 1
# worksheet: (g)

# %% [markdown]
# ### 5.c.i · One window by hand
#
# One window, $y = \max(3, 4, 0, 5)$, laid out as $\begin{pmatrix} 3 & 4\\ 0 & 5\end{pmatrix}$. The later layers say
# $\partial L/\partial y = 6$. Write `dx_window`, the gradient for all four pixels, as a list of two rows.
#
# <details><summary>Hint 1</summary>
#
# Make the 3 a little larger, say 3.01. Does $y$ change?
#
# <details><summary>Hint 2</summary>
#
# Make the 5 a little larger, say 5.01. By how much does $y$ change?
#
# <details><summary>Hint 3</summary>
#
# The largest pixel has the slope 1, the other three have the slope 0. Multiply each slope with 6.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
dx_window = [[0, 0], [0, 6]]  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The gradient for the four pixels of one window
""" # END TEST CONFIG
def test_dx_window(dx_window):
    import utils
    from utils.check import case, expect

    expect(dx_window, like=utils.max_pool2d_grad, on=case([[6]], [[3, 4], [0, 5]], 2, 2))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q5c_ii
# path: more
# minutes: 8
# difficulty: 2
# worksheet: (g)

# %% [markdown]
# ### 5.c.ii · Is this right?
#
# Somebody writes the backward pass of max pooling with an indicator: *"pixel $x_{ij}$ receives a gradient if
# $x_{ij} = \max_{0 \le h, w < K}\, x_{i+h,\,j+w}$."* So each pixel asks about the window that **starts at itself**.
#
# The next cell marks those pixels of our companion with a 1, for $K = 2$ and $S = 2$. There are four windows, and each
# has one largest pixel. How many marks should there be? How many are there?

# %%
K = 2
marks = np.zeros((4, 4), dtype=int)
for i in range(4):
    for j in range(4):
        marks[i, j] = X[i, j] == X[i : i + K, j : j + K].max()
print(marks)
print("marked:", marks.sum(), "of 16 pixels")

# %% [markdown]
# Now mark the right ones. Write `right_marks` as a list of four rows with 0 and 1.
#
# <details><summary>Hint 1</summary>
#
# Which windows does the forward pass use? With $S = 2$ they start at $(0,0)$, $(0,2)$, $(2,0)$ and $(2,2)$ only.
#
# <details><summary>Hint 2</summary>
#
# Look at the 5. It is the largest pixel of its window. Why is it not marked? Its neighbour 9 lies in another window.
#
# <details><summary>Hint 3</summary>
#
# Take the four windows one at a time. Write a 1 at the largest pixel of each, and a 0 everywhere else.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
right_marks = [[0, 0, 0, 0], [0, 1, 1, 0], [1, 0, 0, 1], [0, 0, 0, 0]]  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The pixels that receive a gradient
""" # END TEST CONFIG
def test_right_marks(right_marks):
    from utils.check import case, expect
    from utils.check.references import backprop

    X = [[3, 4, 1, 2], [0, 5, 9, 4], [8, 6, 3, 7], [2, 4, 2, 0]]
    expect(right_marks, like=backprop.max_marks, on=case(X, 2, 2))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q5c_iii
# path: core
# minutes: 5
# difficulty: 2
# worksheet: (g)

# %% [markdown]
# ### 5.c.iii · When windows overlap
#
# Another claim: *"Each output belongs to one input: $x$ and $y$ are one to one. So copy each gradient to its pixel."*
#
# Take one row of three pixels, $x = (1, 4, 2)$, with windows of two pixels and stride 1. The outputs are
# $y_0 = \max(1, 4)$ and $y_1 = \max(4, 2)$. The gradients that come in are $\partial L/\partial y_0 = 3$ and
# $\partial L/\partial y_1 = 5$. Run the next cell. It copies. Then it makes the 4 larger by 0.01 and looks at
# $L = 3 y_0 + 5 y_1$.

# %%
def loss(x):
    return 3 * max(x[0], x[1]) + 5 * max(x[1], x[2])


dx_copied = np.zeros(3)
dx_copied[1] = 3  # the maximum of window 0 is pixel 1
dx_copied[1] = 5  # the maximum of window 1 is pixel 1, too
print("copying says:        ", dx_copied)
slope = (loss([1, 4.01, 2]) - loss([1, 4, 2])) / 0.01
print("the loss really rises by", round(slope, 6), "for each unit of the 4")

# %% [markdown]
# Now write the right gradient for all three pixels as a list, `dx_overlap`.
#
# <details><summary>Hint 1</summary>
#
# Which outputs change when the 4 becomes a little larger?
#
# <details><summary>Hint 2</summary>
#
# Two outputs change, each with the slope 1. The chain rule adds the two ways.
#
# <details><summary>Hint 3</summary>
#
# In code, that is `+=` where the copy used `=`.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
dx_overlap = [0, 8, 0]  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The gradient where two windows share a pixel
""" # END TEST CONFIG
def test_dx_overlap(dx_overlap):
    from utils.check import case, expect
    from utils.check.references import backprop

    expect(dx_overlap, like=backprop.max_pool1d_grad, about="max_pool_grad", on=case([3, 5], [1, 4, 2], 2, 1))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q5c_iv
# path: more
# minutes: 15
# difficulty: 3
# worksheet: (g)

# %% [markdown]
# ### 5.c.iv · The whole backward pass
#
# Write `max_pool2d_grad(grad_output, x, kernel_size, stride)`.
#
# - `x` has shape `(B, H, W, C)`, and so does the result.
# - `grad_output` has the shape of the pooled images, `(B, H_out, W_out, C)`.
# - Windows may overlap. Pixels that no window reaches get 0.
# - If several pixels of a window are equally large, you may give the gradient to any one of them, or share it out
#   among them. But the shares must add up to the gradient that came in.
#
# <details><summary>Hint 1</summary>
#
# Start with zeros in the shape of `x`. Then loop over the pixels of the *output*, as in the forward pass. Each one
# adds something to its own window.
#
# <details><summary>Hint 2</summary>
#
# For a fixed `(b, i, j, c)` the window is a small matrix. `np.argmax` gives the place of its maximum in the flat
# window. `np.unravel_index(place, window.shape)` turns it into row and column.
#
# <details><summary>Hint 3</summary>
#
# `dx[b, i*stride + row, j*stride + column, c] += grad_output[b, i, j, c]`, with four loops around it. Slow, but right.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def max_pool2d_grad(grad_output, x, kernel_size, stride):
    """The gradient of the loss with respect to x (B, H, W, C), from grad_output (B, H_out, W_out, C)."""
    # BEGIN SOLUTION
    dx = np.zeros_like(x)
    for b, i, j, c in np.ndindex(grad_output.shape):
        top, left = i * stride, j * stride
        window = x[b, top : top + kernel_size, left : left + kernel_size, c]
        row, column = np.unravel_index(np.argmax(window), window.shape)
        dx[b, top + row, left + column, c] += grad_output[b, i, j, c]
    return dx
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The gradient of max pooling on small images
""" # END TEST CONFIG
def test_max_pool2d_grad(max_pool2d_grad):
    import numpy as np

    import utils
    from utils.check import case, draw, expect

    X = np.array([[3.0, 4, 1, 2], [0, 5, 9, 4], [8, 6, 3, 7], [2, 4, 2, 0]])[None, :, :, None]
    cases = [
        case(draw((1, 2, 2, 1), seed=2), X, 2, 2),
        case(draw((1, 3, 3, 1), seed=3), X, 2, 1),
        case(draw((1, 1, 2, 1), seed=4), X[:, :3], 2, 2),
        case(draw((2, 2, 1, 2), seed=5), draw((2, 5, 3, 2), seed=6, kind="normal").round(1), 2, 2),
    ]
    expect(max_pool2d_grad, like=utils.max_pool2d_grad, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 4
hidden: true
failure_message: The gradient with every mix of window, stride, overlap and remainder
""" # END TEST CONFIG
def test_max_pool2d_grad_for_all(max_pool2d_grad):
    from utils.check import case, draw, expect
    from utils.check.loops import windows

    def size(n, k, s):
        return len(range(0, n - k + 1, s))

    cases = [
        case(
            draw((b, size(h, k, s), size(w, k, s), c), seed=20 + k, kind="normal"),
            draw((b, h, w, c), seed=h, kind="normal"), k, s,
        )
        for b, h, w, c in [(1, 5, 8, 1), (2, 7, 4, 3)]
        for k in (1, 2, 3, 4)
        for s in (1, 2, 3, 5)
    ]
    expect(max_pool2d_grad, like=windows.max_pool_grad, about="max_pool2d_grad", on=cases, hidden=True)

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
failure_message: Equal pixels share what came in
""" # END TEST CONFIG
def test_max_pool2d_grad_ties(max_pool2d_grad):
    import numpy as np

    from utils.check import case, expect
    from utils.check.loops import windows

    def shared_out(dx, grad_output, x, k):
        # windows do not overlap here, so each window's shares can be read from dx
        if not isinstance(dx, np.ndarray) or dx.shape != x.shape or dx.dtype.kind != "f":
            return False
        for b, i, j, c in np.ndindex(grad_output.shape):
            window = x[b, i * k : (i + 1) * k, j * k : (j + 1) * k, c]
            share = dx[b, i * k : (i + 1) * k, j * k : (j + 1) * k, c] / grad_output[b, i, j, c]
            largest = window == window.max()
            if not (abs(share.sum() - 1) < 1e-9 and (share > -1e-9).all() and (abs(share[~largest]) < 1e-9).all()):
                return False
        return True

    rng = np.random.default_rng(7)
    for k, shape in [(2, (1, 4, 6, 1)), (3, (2, 3, 6, 2))]:
        x = rng.integers(0, 3, shape).astype(float)
        grad_output = rng.standard_normal((shape[0], shape[1] // k, shape[2] // k, shape[3]))
        try:
            right = shared_out(max_pool2d_grad(grad_output.copy(), x.copy(), k, k), grad_output, x, k)
        except Exception:
            right = False
        if not right:
            expect(max_pool2d_grad, like=windows.max_pool_grad, about="max_pool2d_grad", on=case(grad_output, x, k, k), hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ### Ask the numbers
#
# You need not believe anybody. Wiggle one pixel, see how the loss changes, divide: that is the gradient.
# `utils.numerical_gradient` does this for each pixel of our companion, here with $K = 2$, $S = 1$.

# %%
grad_output = np.array([[1.0, 2, 3], [4, 5, 6], [7, 8, 9]])
print("pooled:\n", utils.max_pool2d(X, 2, 1))
wiggled = utils.numerical_gradient(lambda x: utils.max_pool2d(x, 2, 1), X, grad_output)
print("gradient by wiggling:\n", wiggled.round(6) + 0)

# %% [markdown]
# The 9 is the largest pixel of four windows. Their gradients are 2, 3, 5 and 6, so it gets 16.

# %% [raw]
# # BEGIN QUESTION
# name: q5c_v
# path: more
# minutes: 4
# difficulty: 2

# %% [markdown]
# ### 5.c.v · When two pixels are equal
#
# The window is $\begin{pmatrix} 2 & 2\\ 1 & 0\end{pmatrix}$ and the gradient that comes in is 6. At this point the
# maximum has a kink: there is not just one slope. Four programs give four answers:
#
# | program | gradient for the four pixels |
# |---|---|
# | A | $\begin{pmatrix} 6 & 0\\ 0 & 0\end{pmatrix}$ |
# | B | $\begin{pmatrix} 3 & 3\\ 0 & 0\end{pmatrix}$ |
# | C | $\begin{pmatrix} 6 & 6\\ 0 & 0\end{pmatrix}$ |
# | D | $\begin{pmatrix} 2 & 4\\ 0 & 0\end{pmatrix}$ |
#
# Three of them are acceptable (they are *subgradients*). One is wrong. Write its letter as a string, such as `"A"`.
#
# <details><summary>Hint 1</summary>
#
# Raise **both** equal pixels by 0.01 at the same time. By how much does the loss change?
#
# <details><summary>Hint 2</summary>
#
# The maximum rises by 0.01, so the loss rises by $6\cdot0.01$. What does each program predict?
#
# <details><summary>Hint 3</summary>
#
# A program predicts the sum of its numbers, times 0.01. Three sums are equal.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
wrong_program = "C"  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The one that is not a subgradient
""" # END TEST CONFIG
def test_wrong_program(wrong_program):
    from utils.check import case, expect
    from utils.check.references import backprop

    expect(wrong_program, like=backprop.not_a_subgradient, on=case([[2, 2], [1, 0]], 6))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## 5.d · Backward through average pooling
#
# The picture again, now with the average. Switch to *backward*: every pixel of a window gets a share.

# %% tags=["otter_ignore"]
explore.pooling(X, kernel_size=2, stride=2, mode="average")

# %% [raw]
# # BEGIN QUESTION
# name: q5d_i
# path: core
# minutes: 6
# difficulty: 2
# worksheet: (g)

# %% [markdown]
# ### 5.d.i · Is this right?
#
# Somebody writes: *"The layer is an average. So its gradient is an average, too:
# $\partial L/\partial X = \mathrm{AveragePool}(\partial L/\partial Y)$."*
#
# Run the next cell. It does just that for a $4\times4$ image, $K = 2$, $S = 2$. There are 16 pixels that wait for a
# gradient. How many numbers come out?

# %%
grad_output = np.array([[4.0, 8], [-4, 12]])
print("x has shape", X.shape, "and the claimed gradient has shape", utils.avg_pool2d(grad_output, 2).shape)
wiggled = utils.numerical_gradient(lambda x: utils.avg_pool2d(x, 2), X, grad_output)
print("wiggling pixel (0, 0) gives", wiggled[0, 0].round(6))

# %% [markdown]
# Now do it right. Write `dx_mean`, the gradient for all 16 pixels, as a list of four rows, for
#
# $$\frac{\partial L}{\partial Y} = \begin{pmatrix} 4 & 8\\ -4 & 12 \end{pmatrix}$$
#
# <details><summary>Hint 1</summary>
#
# The gradient for $X$ has one number for each pixel of $X$. So it grows from $2\times2$ to $4\times4$.
#
# <details><summary>Hint 2</summary>
#
# In the window at the top left, $y = (x_{00} + x_{01} + x_{10} + x_{11})/4$. What is $\partial y/\partial x_{00}$?
#
# <details><summary>Hint 3</summary>
#
# All four pixels of that window get the same: $4\cdot\frac14 = 1$.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
dx_mean = [[1, 1, 2, 2], [1, 1, 2, 2], [-1, -1, 3, 3], [-1, -1, 3, 3]]  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The gradient of average pooling by hand
""" # END TEST CONFIG
def test_dx_mean(dx_mean):
    import utils
    from utils.check import case, expect

    expect(dx_mean, like=utils.avg_pool2d_grad, on=case([[4, 8], [-4, 12]], (4, 4), 2, 2))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q5d_ii
# path: more
# minutes: 10
# difficulty: 2
# worksheet: (g)

# %% [markdown]
# ### 5.d.ii · In code, for any window and stride
#
# Write `avg_pool2d_grad(grad_output, input_shape, kernel_size, stride)`. `input_shape` is `(B, H, W, C)`. The
# function does not need `x` itself. (Why not? A mean has the same slope everywhere.)
#
# <details><summary>Hint 1</summary>
#
# Two loops over the pixels of the output. Each one adds the same number to all pixels of its window.
#
# <details><summary>Hint 2</summary>
#
# The share of one pixel is `grad_output[:, i, j] / kernel_size**2`. Use `+=`: windows may overlap.
#
# <details><summary>Hint 3</summary>
#
# The share has shape `(B, C)`, the window `(B, K, K, C)`. Write `share[:, None, None, :]`, so that NumPy repeats it.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def avg_pool2d_grad(grad_output, input_shape, kernel_size, stride):
    """The gradient of the loss with respect to the input (B, H, W, C) of average pooling."""
    # BEGIN SOLUTION
    dx = np.zeros(input_shape, dtype=grad_output.dtype)
    _, rows, columns, _ = grad_output.shape
    for i in range(rows):
        for j in range(columns):
            top, left = i * stride, j * stride
            share = grad_output[:, i, j] / kernel_size**2
            dx[:, top : top + kernel_size, left : left + kernel_size] += share[:, None, None, :]
    return dx
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The gradient of average pooling on small images
""" # END TEST CONFIG
def test_avg_pool2d_grad(avg_pool2d_grad):
    import utils
    from utils.check import case, draw, expect

    cases = [
        case(draw((1, 2, 2, 1), seed=2), (1, 4, 4, 1), 2, 2),
        case(draw((1, 2, 3, 1), seed=3), (1, 3, 4, 1), 2, 1),
        case(draw((1, 1, 2, 2), seed=4), (1, 3, 4, 2), 2, 2),
    ]
    expect(avg_pool2d_grad, like=utils.avg_pool2d_grad, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 3
hidden: true
failure_message: The gradient with every mix of window, stride, overlap and remainder
""" # END TEST CONFIG
def test_avg_pool2d_grad_for_all(avg_pool2d_grad):
    from utils.check import case, draw, expect
    from utils.check.loops import windows

    def size(n, k, s):
        return len(range(0, n - k + 1, s))

    cases = [
        case(draw((b, size(h, k, s), size(w, k, s), c), seed=20 + k, kind="normal"), (b, h, w, c), k, s)
        for b, h, w, c in [(1, 5, 8, 1), (2, 7, 4, 3)]
        for k in (1, 2, 3, 4)
        for s in (1, 2, 3, 5)
    ]
    expect(avg_pool2d_grad, like=windows.avg_pool_grad, about="avg_pool2d_grad", on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## 5.e · One to one, or not?

# %% [raw]
# # BEGIN QUESTION
# name: q5e
# path: more
# minutes: 8
# difficulty: 2

# %% [markdown]
# ### 5.e · In how many windows does a pixel lie?
#
# This one number decides between "copy" and "add up". Write `windows_per_pixel(n, kernel_size, stride)` for one
# axis of `n` pixels: an array of `n` whole numbers. Entry number `i` says in how many windows pixel `i` lies.
#
# Before you start, guess: for which $K$ and $S$ are all entries 1?
#
# <details><summary>Hint 1</summary>
#
# Start with `n` zeros. Each window adds 1 to all of its pixels.
#
# <details><summary>Hint 2</summary>
#
# The windows start at `0, stride, 2 * stride, ...`, as long as `start + kernel_size <= n`.
#
# <details><summary>Hint 3</summary>
#
# `range(0, n - kernel_size + 1, stride)` gives the starts.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def windows_per_pixel(n, kernel_size, stride):
    """An array (n,): the number of windows that each pixel lies in."""
    # BEGIN SOLUTION
    count = np.zeros(n, dtype=int)
    for start in range(0, n - kernel_size + 1, stride):
        count[start : start + kernel_size] += 1
    return count
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: Small rows of pixels
""" # END TEST CONFIG
def test_windows_per_pixel(windows_per_pixel):
    from utils.check import case, expect
    from utils.check.references import backprop

    cases = [case(4, 2, 2), case(5, 2, 2), case(5, 3, 1), case(5, 1, 2)]
    expect(windows_per_pixel, like=backprop.windows_per_pixel, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
failure_message: Longer rows of pixels
""" # END TEST CONFIG
def test_windows_per_pixel_for_all(windows_per_pixel):
    from utils.check import case, expect
    from utils.check.references import backprop

    cases = [case(n, k, s) for n in (1, 6, 11, 20) for k in (1, 2, 3, 5) for s in (1, 2, 3, 4, 7) if k <= n]
    expect(windows_per_pixel, like=backprop.windows_per_pixel, on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# So "one to one" is safe when $S = K$ and $K$ divides the size. With $S < K$ windows overlap, and gradients add up.
# With $S > K$, or with a remainder, some pixels may lie in no window; their gradient is 0. One case slips through: if
# the only window covers the whole input, as for $n = K = 3$, each pixel counts once whatever the stride is.

# %% [markdown]
# ## 5.f · Any number of axes
#
# A sound has one axis, an image has two, a video or a body scan has three. The idea stays the same.

# %% [raw]
# # BEGIN QUESTION
# name: q5f
# path: more
# minutes: 15
# difficulty: 3
# worksheet: (g)

# %% [markdown]
# ### 5.f · Pool in n dimensions
#
# Write `max_pool(x, kernel_size, stride)`. The array `x` has shape `(B, n_1, ..., n_d, C)`. Now `kernel_size` and
# `stride` are **tuples** with one number for each of the $d$ axes of space, and $d$ may be 1, 2, 3 or more.
#
# <details><summary>Hint 1</summary>
#
# You cannot write $d$ nested loops when you do not know $d$. `np.ndindex(*sizes)` runs through all places of
# the output in a single loop. Each place is a tuple.
#
# <details><summary>Hint 2</summary>
#
# A tuple of slices picks a window: `x[(slice(None), *window)]`, where `window` has one
# `slice(start, start + k)` for each axis of space.
#
# <details><summary>Hint 3</summary>
#
# The axes of space are `tuple(range(1, x.ndim - 1))`: give them to `.max(axis=...)`. Another way, without a loop:
# `np.lib.stride_tricks.sliding_window_view`, then every `stride`-th window.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def max_pool(x, kernel_size, stride):
    """The maximum of each window: x (B, n_1, ..., n_d, C), with one kernel size and stride for each axis."""
    # BEGIN SOLUTION
    space = tuple(range(1, x.ndim - 1))
    sizes = [pooled_size(n, k, s) for n, k, s in zip(x.shape[1:-1], kernel_size, stride)]
    y = np.empty((x.shape[0], *sizes, x.shape[-1]), dtype=x.dtype)
    for place in np.ndindex(*sizes):
        window = [slice(i * s, i * s + k) for i, k, s in zip(place, kernel_size, stride)]
        y[(slice(None), *place)] = x[(slice(None), *window)].max(axis=space)
    return y
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: One axis and two axes
""" # END TEST CONFIG
def test_max_pool(max_pool):
    import utils
    from utils.check import case, draw, expect

    cases = [
        case(draw((1, 5, 1), seed=1), (2,), (2,)),
        case(draw((1, 3, 4, 1), seed=2), (2, 3), (1, 1)),
        case(draw((2, 5, 4, 2), seed=3), (1, 2), (2, 1)),
    ]
    expect(max_pool, like=utils.pool, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 3
hidden: true
failure_message: Up to four axes, another window along each
""" # END TEST CONFIG
def test_max_pool_for_all(max_pool):
    from utils.check import case, draw, expect
    from utils.check.loops import windows

    settings = [
        ((2, 9, 3), (4,), (2,)),
        ((1, 6, 7, 2), (3, 2), (2, 3)),
        ((2, 4, 5, 3, 2), (2, 3, 1), (2, 1, 2)),
        ((1, 3, 4, 2, 3, 1), (2, 2, 1, 3), (1, 2, 1, 1)),
    ]
    cases = [case(draw(shape, seed=len(shape), kind="normal"), k, s) for shape, k, s in settings]
    expect(max_pool, like=windows.max_pool, about="pool", on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q5g
# path: more
# minutes: 6
# difficulty: 2
# manual: true
# points: 2
# rubric: |
#   - ½ point: the first sentence is right for one image: one of four pixels gets the gradient
#   - 1 point: the second does not follow: weights are shared by all places (½), and for other images other pixels win (½)
#   - ½ point: with average pooling each pixel of a window gets a quarter

# %% [markdown]
# ### 5.g · In your own words
#
# A friend trains a network with $2\times2$ max pooling and stride 2. She says: *"In each step, three quarters of the pixels
# get no gradient. So three quarters of my network never learn."* Answer in three or four sentences. Is the first
# sentence right? Is the second? What would change with average pooling?

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# The first sentence is right for one image: in each window only the largest pixel gets a gradient, which is one of four.
# The second does not follow. A pixel is not a weight. The weights of the convolution before the pooling
# are shared by all places, so they learn from every pixel that did win. For the next image other pixels win. With average
# pooling each pixel gets a quarter of its window's gradient: all get something, and all pixels of a window get the same.

# %% [raw]
# # END SOLUTION

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## What to remember
#
# - Size: $\left\lfloor \dfrac{n - K}{S} \right\rfloor + 1$ along each axis. Channels stay, and nothing is learned.
# - The backward pass walks over the windows of the **forward** pass. Its result has the shape of $x$.
# - Max: the whole gradient goes to the largest pixel of the window. Average: each pixel gets $1/K^2$ of it.
# - Windows overlap? Gradients **add up**: `+=`. In no window? The gradient is 0.
# - Equal pixels: give it to one of them, or share it. The shares add up to what came in.
