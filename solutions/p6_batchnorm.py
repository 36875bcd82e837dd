# %% [raw]
# # ASSIGNMENT CONFIG
# name: p6_batchnorm
# title: "Problem 6 · Batch normalization"

# %% [markdown]
# # Problem 6 · Batch normalization, forward and backward
#
# Deep networks learn faster when the numbers inside them stay in a sensible range. BatchNorm makes sure of that:
# it shifts and scales each feature so that its mean over the batch is 0 and its variance is 1. Then the network may
# choose another mean and another scale, and learns both.
#
# Forward, it is two lines. Backward, there is a trap: **the mean and the variance depend on every input.**
#
# **What you'll do**
# - normalize five numbers by hand, then a table, then a batch of images
# - walk back through the computation one small step at a time
# - put the steps together into one short formula
# - switch from training to evaluation
#
# **What you'll learn**
# - what is averaged over, in a dense network and in a CNN, and why
# - how to find the gradient of anything: draw the graph, then go back along each arrow
# - what BatchNorm's gradient removes, and why it must
# - why one and the same layer needs two modes
#
# **What you need**
# - mean, variance, the chain rule; NumPy's `axis` argument
# - about 130 minutes

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
# ## The idea: bring every channel to the same range
#
# Each row is one channel. On the left you see it as it comes in, on the right as it goes out. Change $\gamma$ and $\beta$
# and watch which part of the picture they control. (*Backward* is for 6.d.)

# %% tags=["otter_ignore"]
explore.batch_norm()

# %% [markdown]
# In symbols, for the numbers $x_1, \dots, x_m$ of **one** feature:
#
# $$\mu = \frac1m\sum_i x_i \qquad \sigma^2 = \frac1m\sum_i (x_i-\mu)^2 \qquad
# \hat x_i = \frac{x_i-\mu}{\sqrt{\sigma^2+\varepsilon}} \qquad y_i = \gamma\,\hat x_i + \beta$$
#
# The small number $\varepsilon$ (often $10^{-5}$) prevents a division by zero. $\gamma$ and $\beta$ are learned.
# The variance divides by $m$, not by $m-1$.

# %% [markdown]
# ## 6.a · A dense network: one row for each example

# %% [raw]
# # BEGIN QUESTION
# name: q6a_i
# path: more
# minutes: 4
# difficulty: 1

# %% [markdown]
# ### 6.a.i · Five numbers by hand
#
# One feature of five examples: $x = (2, 2, 2, 2, 7)$. Take $\varepsilon = 0$, $\gamma = 4$, $\beta = 10$.
# Write two lists of five numbers, `x_hat_by_hand` and `y_by_hand`.
#
# <details><summary>Hint 1</summary>
#
# The mean is $15/5 = 3$. Subtract it from each number.
#
# <details><summary>Hint 2</summary>
#
# $(-1, -1, -1, -1, 4)$. The mean of the squares is $20/5 = 4$. What is its square root?
#
# <details><summary>Hint 3</summary>
#
# Divide by 2 to get $\hat x$. Then multiply by 4 and add 10.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
x_hat_by_hand = [-0.5, -0.5, -0.5, -0.5, 2]  # SOLUTION
y_by_hand = [8, 8, 8, 8, 18]  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The five normalized numbers
""" # END TEST CONFIG
def test_x_hat(x_hat_by_hand):
    from utils.check import case, expect
    from utils.check.references import normalization

    expect(x_hat_by_hand, like=normalization.normalize_row, on=case([2, 2, 2, 2, 7], 1, 0))

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The five numbers after scale and shift
""" # END TEST CONFIG
def test_y(y_by_hand):
    from utils.check import case, expect
    from utils.check.references import normalization

    expect(y_by_hand, like=normalization.normalize_row, on=case([2, 2, 2, 2, 7], 4, 10))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q6a_ii
# path: more
# minutes: 8
# difficulty: 1

# %% [markdown]
# ### 6.a.ii · In code, for a whole table
#
# Write `batch_norm(x, gamma, beta, eps=1e-5)`. The table `x` has shape `(N, C)`: `N` examples in rows, `C` features
# in columns. `gamma` and `beta` have shape `(C,)`. Each **column** is normalized on its own.
#
# <details><summary>Hint 1</summary>
#
# You need `C` means. Along which axis do you average, so that `C` numbers are left?
#
# <details><summary>Hint 2</summary>
#
# `x.mean(axis=0)` has shape `(C,)`. NumPy subtracts it from every row.
#
# <details><summary>Hint 3</summary>
#
# `x.var(axis=0)` divides by `N`, as we want. Put `eps` **inside** the square root.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def batch_norm(x, gamma, beta, eps=1e-5):
    """Normalize each column of x (N, C), then scale by gamma (C,) and shift by beta (C,)."""
    # BEGIN SOLUTION
    x_hat = (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps)
    return gamma * x_hat + beta
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: A small table
""" # END TEST CONFIG
def test_batch_norm(batch_norm):
    import utils
    from utils.check import case, draw, expect

    cases = [
        case([[2], [2], [2], [2], [7]], [4], [10], 0.0),
        case(draw((3, 2), seed=1), [2, -3], [1, 5], 0.5),
        case(draw((4, 3), seed=2), [1, 2, -1], [0, 1, 2]),
    ]
    expect(batch_norm, like=utils.batch_norm, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
failure_message: Larger tables, and another eps
""" # END TEST CONFIG
def test_batch_norm_for_all(batch_norm):
    from utils.check import case, draw, expect
    from utils.check.loops import layers

    cases = [
        case(3 + 2 * draw((n, c), seed=n, kind="normal"), draw((c,), seed=c, kind="normal"), draw((c,), seed=9, kind="normal"), eps)
        for n, c in [(2, 1), (5, 5), (17, 4)]
        for eps in (1e-5, 0.1, 2.0)
    ]
    expect(batch_norm, like=layers.batch_norm, on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q6a_iii
# path: more
# minutes: 4
# difficulty: 2

# %% [markdown]
# ### 6.a.iii · Is this right?
#
# Somebody writes: *"BatchNorm throws information away. After it, every feature has mean 0 and variance 1, and the network
# cannot get anything else."* Run the next cell, with two pairs $(\gamma, \beta)$.

# %%
x = np.array([[2.0], [2], [2], [2], [7]])
for gamma, beta in [(1.0, 0.0), (4.0, 10.0)]:
    y = utils.batch_norm(x, np.array([gamma]), np.array([beta]), eps=0)
    print(f"gamma={gamma} beta={beta}: mean {y.mean()}, standard deviation {y.std()}")

# %% [markdown]
# So the network *can* get another mean and another scale. It can even undo the normalization. Which `gamma_undo` and which
# `beta_undo` give back $y = x = (2, 2, 2, 2, 7)$? Again with $\varepsilon = 0$.
#
# <details><summary>Hint 1</summary>
#
# $y = \gamma\,\hat x + \beta$. What is the mean of $y$? What is its standard deviation?
#
# <details><summary>Hint 2</summary>
#
# The mean of $y$ is $\beta$. Its standard deviation is $|\gamma|$.
#
# <details><summary>Hint 3</summary>
#
# So you need the mean of $x$, and its standard deviation. You have computed both in 6.a.i.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
gamma_undo = 2  # SOLUTION
beta_undo = 3  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The scale that gives x back
""" # END TEST CONFIG
def test_gamma_undo(gamma_undo):
    from utils.check import case, expect
    from utils.check.references import normalization

    expect(gamma_undo, like=normalization.undo_scale, on=case([2, 2, 2, 2, 7]))

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The shift that gives x back
""" # END TEST CONFIG
def test_beta_undo(beta_undo):
    from utils.check import case, expect
    from utils.check.references import normalization

    expect(beta_undo, like=normalization.undo_shift, on=case([2, 2, 2, 2, 7]))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## 6.b · A CNN: one mean for each channel
#
# A batch of images has the shape $(B, H, W, C)$. A convolution uses the same filter at every place. So the same
# feature is measured at every place, and BatchNorm treats all places alike: **one** mean and **one** variance for
# each channel, over the batch *and* over space.

# %% [raw]
# # BEGIN QUESTION
# name: q6b_i
# path: core
# minutes: 3
# difficulty: 1
# worksheet: (h)
# misconceptions: [bn-wrong-m, gamma-or-beta-forgotten, bn-all-axes]
# setting: |
#   BatchNorm for images takes one mean and one variance for each channel, over all images and all places.
# board: |
#   Everything but the last axis goes into a mean. Each channel learns one $\gamma$ and one $\beta$.
#   $$8 \cdot 6 \cdot 5 = 240 \qquad\qquad 2 \cdot 3 = 6$$

# %% [markdown]
# ### 6.b.i · Count
#
# A batch has the shape $(8, 6, 5, 3)$: 8 images, 6 rows, 5 columns, 3 channels.
#
# - `numbers_per_mean`: how many numbers go into one mean?
# - `learned`: how many numbers does the layer learn?
#
# <details><summary>Hint 1</summary>
#
# Fix one channel. How many entries does the batch have there?
#
# <details><summary>Hint 2</summary>
#
# Every axis but the last: multiply their lengths.
#
# <details><summary>Hint 3</summary>
#
# The layer learns one $\gamma$ and one $\beta$ for each channel.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
numbers_per_mean = 8 * 6 * 5  # SOLUTION
learned = 2 * 3  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The numbers that go into one mean
""" # END TEST CONFIG
def test_numbers_per_mean(numbers_per_mean):
    from utils.check import case, expect
    from utils.check.references import counting

    expect(numbers_per_mean, like=counting.batch_norm_count, on=case((8, 6, 5, 3)))

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The numbers that are learned
""" # END TEST CONFIG
def test_learned(learned):
    from utils.check import case, expect
    from utils.check.references import counting

    expect(learned, like=counting.batch_norm_parameters, on=case((8, 6, 5, 3)))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q6b_ii
# path: core
# minutes: 6
# difficulty: 1
# worksheet: (h)

# %% [markdown]
# ### 6.b.ii · First way: axes
#
# Write `batch_norm_axes(x, gamma, beta, eps=1e-5)` for `x` of shape `(B, H, W, C)`. Average over several axes at once.
#
# <details><summary>Hint 1</summary>
#
# `axis` may be a tuple of axes.
#
# <details><summary>Hint 2</summary>
#
# The channel is the last axis. It stays.
#
# <details><summary>Hint 3</summary>
#
# `x.mean(axis=(0, 1, 2))` has shape `(C,)`. The rest is as in 6.a.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def batch_norm_axes(x, gamma, beta, eps=1e-5):
    """Normalize each channel of x (B, H, W, C), then scale by gamma (C,) and shift by beta (C,)."""
    # BEGIN SOLUTION
    mean = x.mean(axis=(0, 1, 2))
    var = x.var(axis=(0, 1, 2))
    return gamma * (x - mean) / np.sqrt(var + eps) + beta
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: A small batch of images
""" # END TEST CONFIG
def test_batch_norm_axes(batch_norm_axes):
    import utils
    from utils.check import case, draw, expect

    cases = [
        case(draw((2, 1, 2, 2), seed=1), [2, -3], [1, 5], 0.5),
        case(draw((2, 3, 2, 1), seed=2), [2], [1]),
    ]
    expect(batch_norm_axes, like=utils.batch_norm, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
failure_message: Larger batches
""" # END TEST CONFIG
def test_batch_norm_axes_for_all(batch_norm_axes):
    from utils.check import case, draw, expect
    from utils.check.loops import layers

    cases = [
        case(3 + 2 * draw(shape, seed=shape[1], kind="normal"), draw(shape[-1:], seed=3, kind="normal"), draw(shape[-1:], seed=9, kind="normal"), eps)
        for shape in [(1, 3, 4, 2), (4, 2, 5, 3), (3, 3, 3, 3)]
        for eps in (1e-5, 0.7)
    ]
    expect(batch_norm_axes, like=layers.batch_norm, on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q6b_iii
# path: core
# minutes: 8
# difficulty: 2
# worksheet: (h)

# %% [markdown]
# ### 6.b.iii · Second way: reshape. Is this right?
#
# You already have a function for tables. So make a table: one column for each channel, one row for each pixel of each
# image. Somebody suggests `x.reshape(C, -1).T`: its shape is right. Run the next cell. It fills channel 0 with 0, channel 1
# with 1 and channel 2 with 2, and looks at the columns.

# %%
x = np.zeros((2, 2, 2, 3)) + np.arange(3)
table = x.reshape(3, -1).T
print("shape", table.shape)
print("first rows:\n", table[:3])

# %% [markdown]
# Write `batch_norm_rows(x, gamma, beta, eps=1e-5)` for `x` of shape `(B, H, W, C)`. Use your own `batch_norm` from 6.a. In the right
# table every column of the example above holds one and the same number.
#
# <details><summary>Hint 1</summary>
#
# `reshape` keeps the order of the numbers in memory. The channels of one pixel lie side by side.
#
# <details><summary>Hint 2</summary>
#
# So the last axis can stay the last axis: merge the first three into one.
#
# <details><summary>Hint 3</summary>
#
# `x.reshape(-1, C)` makes the table. In the end, `.reshape(x.shape)` makes images again.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def batch_norm_rows(x, gamma, beta, eps=1e-5):
    """Normalize each channel of x (B, H, W, C) as one column of a table with B*H*W rows."""
    # BEGIN SOLUTION
    rows = x.reshape(-1, x.shape[-1])
    return batch_norm(rows, gamma, beta, eps).reshape(x.shape)
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: A small batch of images
""" # END TEST CONFIG
def test_batch_norm_rows(batch_norm_rows):
    import utils
    from utils.check import case, draw, expect

    cases = [
        case(draw((2, 1, 2, 2), seed=1), [2, -3], [1, 5], 0.5),
        case(draw((2, 3, 2, 1), seed=2), [2], [1]),
        case(draw((1, 2, 2, 3), seed=3), [2, 1, 1], [1, 0, 3]),
    ]
    expect(batch_norm_rows, like=utils.batch_norm, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
failure_message: Larger batches
""" # END TEST CONFIG
def test_batch_norm_rows_for_all(batch_norm_rows):
    from utils.check import case, draw, expect
    from utils.check.loops import layers

    cases = [
        case(3 + 2 * draw(shape, seed=shape[1], kind="normal"), draw(shape[-1:], seed=4, kind="normal"), draw(shape[-1:], seed=8, kind="normal"), eps)
        for shape in [(1, 3, 4, 2), (4, 2, 5, 3), (3, 3, 3, 3)]
        for eps in (1e-5, 0.7)
    ]
    expect(batch_norm_rows, like=layers.batch_norm, on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q6b_iv
# path: more
# minutes: 5
# difficulty: 2
# worksheet: (h)

# %% [markdown]
# ### 6.b.iv · Is this right?
#
# *"Normalize each pixel of each channel on its own, over the batch only. That is more precise."* Run the next cell. It does this
# for a batch of two images.

# %%
x = np.array([[[700.0, 3.1], [5, 8]], [[3, 3], [9, 2]]])  # two images of 2×2 pixels, one channel
print((x - x.mean(axis=0)) / x.std(axis=0))

# %% [markdown]
# At the first place the two pixels are 700 and 3. At the second place they are 3.1 and 3. What does the *larger* one of the two
# become in each case? Write the two numbers as a list, `larger_ones`.
#
# <details><summary>Hint 1</summary>
#
# Read them in the printed output: first row, first and second place.
#
# <details><summary>Hint 2</summary>
#
# With two numbers $a > b$, the mean lies in the middle. How far is $a$ from it? And what is the standard deviation?
#
# <details><summary>Hint 3</summary>
#
# Both are $(a-b)/2$.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
larger_ones = [1, 1]  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The larger pixel of a pair
""" # END TEST CONFIG
def test_larger_ones(larger_ones):
    from utils.check import case, expect
    from utils.check.references import normalization

    expect(larger_ones, like=normalization.larger_of_two, on=case([[700, 3], [3.1, 3]]))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# Everything but the order is lost: a huge difference and a tiny one look the same. With one image in the batch even
# the order is gone: every number turns into 0. And a picture that is shifted by one pixel would be treated
# differently, although the convolution before does not care where things are.

# %% [markdown]
# ## 6.c · Backward, one arrow at a time
#
# Write the forward pass as a chain of small steps. Each box below is one step. The thick gray arrows go forward. To go
# back, walk against each arrow and multiply by its slope. Where a number is used **twice**, two arrows come back, and
# you **add** them.

# %% tags=["otter_ignore"]
boxes = {
    "x": (0, 1), "mean": (1.5, 0), "centered": (3, 1), "var": (4.5, 0),
    "inv_std": (6, 0), "x_hat": (7.5, 1), "y": (9.3, 1),
}
arrows = [
    "x mean", "x centered", "mean centered", "centered var",
    "var inv_std", "inv_std x_hat", "centered x_hat", "x_hat y",
]
fig, ax = plt.subplots(figsize=(9, 2.4))
patches = {}
for name, (column, row) in boxes.items():
    box = {"boxstyle": "round,pad=0.4", "fc": "white", "ec": "black"}
    text = ax.text(column, row, name, ha="center", va="center", fontsize=11, bbox=box)
    patches[name] = text.get_bbox_patch()
for arrow in arrows:
    start, end = arrow.split()
    style = {"arrowstyle": "-|>", "color": "#777777", "lw": 2.5, "shrinkA": 3, "shrinkB": 3}
    style |= {"patchA": patches[start], "patchB": patches[end]}
    ax.annotate("", boxes[end], boxes[start], arrowprops=style)
ax.set_xlim(-0.6, 9.9)
ax.set_ylim(-0.5, 1.5)
ax.set_axis_off()
plt.show()

# %% [markdown] tags=["given"]
# The picture shows seven boxes. `x` feeds `mean` and `centered`. `mean` feeds `centered`. `centered` feeds `var` and `x_hat`.
# `var` feeds `inv_std`, and `inv_std` feeds `x_hat`. At the end `x_hat` feeds `y`. In code, for a table `x` of shape `(N, C)`:
#
# ```python
# mean     = x.mean(axis=0)                 # (C,)
# centered = x - mean                       # (N, C)
# var      = (centered**2).mean(axis=0)     # (C,)
# inv_std  = 1 / np.sqrt(var + eps)         # (C,)
# x_hat    = centered * inv_std             # (N, C)
# y        = gamma * x_hat + beta           # (N, C)
# ```
#
# The gradient of a quantity always has the shape of the quantity.

# %% [raw]
# # BEGIN QUESTION
# name: q6c_i
# path: more
# minutes: 6
# difficulty: 1

# %% [markdown]
# ### 6.c.i · Back through scale and shift
#
# The last step is `y = gamma * x_hat + beta`. Write `scale_shift_grad(grad_output, x_hat, gamma)`. It returns three things:
# `grad_x_hat` of shape `(N, C)`, `grad_gamma` of shape `(C,)`, `grad_beta` of shape `(C,)`.
#
# <details><summary>Hint 1</summary>
#
# What is the slope of $y_{ic} = \gamma_c\,\hat x_{ic} + \beta_c$ in each of $\hat x_{ic}$, $\gamma_c$ and $\beta_c$?
#
# <details><summary>Hint 2</summary>
#
# One $\beta_c$ is used by all $N$ rows. So $N$ arrows come back to it: add them up.
#
# <details><summary>Hint 3</summary>
#
# `grad_beta` is `grad_output.sum(axis=0)`. For `grad_gamma`, multiply with `x_hat` before you add.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def scale_shift_grad(grad_output, x_hat, gamma):
    """The gradients (grad_x_hat, grad_gamma, grad_beta) of y = gamma * x_hat + beta."""
    # BEGIN SOLUTION
    return grad_output * gamma, (grad_output * x_hat).sum(axis=0), grad_output.sum(axis=0)
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: A small table
""" # END TEST CONFIG
def test_scale_shift_grad(scale_shift_grad):
    from utils.check import case, draw, expect
    from utils.check.references import normalization

    cases = [case(draw((3, 2), seed=1), draw((3, 2), seed=2), [2, -3])]
    expect(scale_shift_grad, like=normalization.scale_shift_grad, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
failure_message: Larger tables
""" # END TEST CONFIG
def test_scale_shift_grad_for_all(scale_shift_grad):
    from utils.check import case, draw, expect
    from utils.check.loops import layers

    cases = [
        case(draw((n, c), seed=n, kind="normal"), draw((n, c), seed=40 + n, kind="normal"), draw((c,), seed=c, kind="normal"))
        for n, c in [(1, 2), (6, 6), (9, 4)]
    ]
    expect(scale_shift_grad, like=layers.scale_shift_grad, on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q6c_ii
# path: more
# minutes: 8
# difficulty: 2

# %% [markdown] tags=["given"]
# ### 6.c.ii · Back to the variance
#
# Two steps at once: `x_hat = centered * inv_std` and `inv_std = 1 / np.sqrt(var + eps)`. Write
# `variance_grad(grad_x_hat, centered, inv_std)`. It returns the gradient with respect to `var`, of shape `(C,)`.
#
# <details><summary>Hint 1</summary>
#
# First go back to `inv_std`. One number for each column, used by all rows.
#
# <details><summary>Hint 2</summary>
#
# The gradient of `inv_std` is `(grad_x_hat * centered).sum(axis=0)`. Now: what is the derivative of $v^{-1/2}$?
#
# <details><summary>Hint 3</summary>
#
# $-\frac12 v^{-3/2}$, and $v^{-1/2}$ is `inv_std`. So $v^{-3/2}$ is `inv_std**3`.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def variance_grad(grad_x_hat, centered, inv_std):
    """The gradient with respect to the variance (C,), on the way over inv_std."""
    # BEGIN SOLUTION
    grad_inv_std = (grad_x_hat * centered).sum(axis=0)
    return grad_inv_std * -0.5 * inv_std**3
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: A small table
""" # END TEST CONFIG
def test_variance_grad(variance_grad):
    from utils.check import case, draw, expect
    from utils.check.references import normalization

    cases = [case([[1], [2]], [[-1], [1]], [2]), case(draw((3, 2), seed=3), draw((3, 2), seed=4), [0.5, 2])]
    expect(variance_grad, like=normalization.variance_grad, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
failure_message: Against central differences
""" # END TEST CONFIG
def test_variance_grad_for_all(variance_grad):
    from utils.check import case, draw, expect
    from utils.check.loops import differences

    cases = [
        case(draw((n, c), seed=n, kind="normal"), draw((n, c), seed=40 + n, kind="normal"), 0.3 + draw((c,), seed=c, kind="normal") ** 2)
        for n, c in [(1, 2), (6, 6), (9, 4)]
    ]
    expect(variance_grad, like=differences.variance_grad, on=cases, rtol=1e-6, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q6c_iii
# path: more
# minutes: 8
# difficulty: 2

# %% [markdown] tags=["given"]
# ### 6.c.iii · Two arrows come back to `centered`
#
# `centered` is used twice: in `x_hat = centered * inv_std`, and in `var = (centered**2).mean(axis=0)`. Write
# `centered_grad(grad_x_hat, grad_var, centered, inv_std)`. It returns an array of shape `(N, C)`.
#
# <details><summary>Hint 1</summary>
#
# Compute the two contributions one by one. Then add them.
#
# <details><summary>Hint 2</summary>
#
# The first arrow: the slope of `x_hat` in `centered` is `inv_std`.
#
# <details><summary>Hint 3</summary>
#
# The second arrow: each number enters the variance as its square divided by $N$. The slope of that is `2 * centered / N`.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def centered_grad(grad_x_hat, grad_var, centered, inv_std):
    """The gradient with respect to centered (N, C): over x_hat and over the variance."""
    # BEGIN SOLUTION
    N = len(centered)
    over_x_hat = grad_x_hat * inv_std
    over_var = grad_var * 2 * centered / N
    return over_x_hat + over_var
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: A small table
""" # END TEST CONFIG
def test_centered_grad(centered_grad):
    from utils.check import case, draw, expect
    from utils.check.references import normalization

    cases = [case(draw((4, 3), seed=5), [4, -2, 1], draw((4, 3), seed=6), [0.5, 2, 1])]
    expect(centered_grad, like=normalization.centered_grad, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
failure_message: Against central differences
""" # END TEST CONFIG
def test_centered_grad_for_all(centered_grad):
    from utils.check import case, draw, expect
    from utils.check.loops import differences

    cases = [
        case(draw((n, c), seed=n, kind="normal"), draw((c,), seed=7, kind="normal"), draw((n, c), seed=40 + n, kind="normal"), 0.3 + draw((c,), seed=c, kind="normal") ** 2)
        for n, c in [(1, 2), (6, 6), (9, 4)]
    ]
    expect(centered_grad, like=differences.centered_grad, on=cases, rtol=1e-6, atol=1e-7, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q6c_iv
# path: more
# minutes: 5
# difficulty: 2

# %% [markdown]
# ### 6.c.iv · Back to x
#
# The last step: `centered = x - mean`, and `mean` is computed from `x`. Again two arrows. Write `input_grad(grad_centered)` of shape
# `(N, C)`.
#
# <details><summary>Hint 1</summary>
#
# The direct arrow has the slope 1. The other one goes over the mean.
#
# <details><summary>Hint 2</summary>
#
# The mean is subtracted from every row. So its gradient is `-grad_centered.sum(axis=0)`. And the slope of the mean in each $x_i$ is $1/N$.
#
# <details><summary>Hint 3</summary>
#
# A sum divided by $N$ is a mean: from each column you subtract its own mean.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def input_grad(grad_centered):
    """The gradient with respect to x (N, C) of centered = x - x.mean(axis=0)."""
    return grad_centered - grad_centered.mean(axis=0)  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: A small table
""" # END TEST CONFIG
def test_input_grad(input_grad):
    from utils.check import case, draw, expect
    from utils.check.references import normalization

    expect(input_grad, like=normalization.input_grad, on=[case([[1], [2], [6]]), case(draw((4, 2), seed=9))])

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
failure_message: Larger tables
""" # END TEST CONFIG
def test_input_grad_for_all(input_grad):
    from utils.check import case, draw, expect
    from utils.check.loops import layers

    expect(input_grad, like=layers.input_grad, on=[case(draw((n, c), seed=n, kind="normal")) for n, c in [(1, 3), (5, 5), (8, 2)]], hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q6c_v
# path: more
# minutes: 10
# difficulty: 2

# %% [markdown] tags=["given"]
# ### 6.c.v · All the way back
#
# Put your four steps together. Write `batch_norm_grad(grad_output, x, gamma, eps=1e-5)`. It returns `(grad_x, grad_gamma, grad_beta)`.
#
# <details><summary>Hint 1</summary>
#
# First run the forward pass again, up to `x_hat`. The code is above question 6.c.i.
#
# <details><summary>Hint 2</summary>
#
# Then call your functions in the order 6.c.i, 6.c.ii, 6.c.iii, 6.c.iv. Each one needs what the one before returns.
#
# <details><summary>Hint 3</summary>
#
# `grad_x_hat, grad_gamma, grad_beta = scale_shift_grad(grad_output, x_hat, gamma)` is the first of the four lines.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def batch_norm_grad(grad_output, x, gamma, eps=1e-5):
    """The gradients (grad_x, grad_gamma, grad_beta) of batch_norm on a table x (N, C)."""
    # BEGIN SOLUTION
    centered = x - x.mean(axis=0)
    inv_std = 1 / np.sqrt((centered**2).mean(axis=0) + eps)
    x_hat = centered * inv_std

    grad_x_hat, grad_gamma, grad_beta = scale_shift_grad(grad_output, x_hat, gamma)
    grad_var = variance_grad(grad_x_hat, centered, inv_std)
    grad_centered = centered_grad(grad_x_hat, grad_var, centered, inv_std)
    return input_grad(grad_centered), grad_gamma, grad_beta
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: A small table
""" # END TEST CONFIG
def test_batch_norm_grad(batch_norm_grad):
    import utils
    from utils.check import case, draw, expect

    cases = [
        case([[1], [0], [0], [0], [0]], [[2], [2], [2], [2], [7]], [4], 0.0),
        case(draw((4, 2), seed=3), draw((4, 2), seed=4), [2, -3], 0.5),
        case(draw((4, 2), seed=3), draw((4, 2), seed=4), [2, -3]),
    ]
    expect(batch_norm_grad, like=utils.batch_norm_grad, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 4
hidden: true
failure_message: Against central differences
""" # END TEST CONFIG
def test_batch_norm_grad_for_all(batch_norm_grad):
    from utils.check import case, draw, expect
    from utils.check.loops import differences

    cases = [
        case(draw((n, c), seed=n, kind="normal"), 2 + 2 * draw((n, c), seed=60 + n, kind="normal"), draw((c,), seed=c, kind="normal"), eps)
        for n, c in [(3, 1), (5, 5), (8, 3)]
        for eps in (1e-3, 0.8)
    ]
    expect(batch_norm_grad, like=differences.batch_norm_grad, on=cases, rtol=1e-5, atol=1e-6, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## 6.d · The closed form
#
# All the small steps melt into one line. With $m$ numbers in each column and $g = \partial L/\partial y$:
#
# $$\frac{\partial L}{\partial x_i} = \frac{\gamma}{\sqrt{\sigma^2+\varepsilon}}
# \left( g_i - \frac1m\sum_j g_j - \hat x_i\cdot\frac1m\sum_j g_j\,\hat x_j \right)$$
#
# Read it like this: take the gradient, remove its mean, remove the part that points along $\hat x$, then scale. What is left
# can neither shift all $x$ nor stretch them. BatchNorm would undo both anyway. You can see it in the picture at the top of this
# notebook: switch it to *backward*. The line through the dots on the left has a mean and a slope, and both are removed on the right.

# %% [raw]
# # BEGIN QUESTION
# name: q6d_i
# path: more
# minutes: 8
# difficulty: 2

# %% [markdown]
# ### 6.d.i · Is this right?
#
# *"$\mu$ and $\sigma$ are just numbers. So $y = \gamma\,(x-\mu)/\sigma + \beta$ is a straight line, and
# $\partial L/\partial x_i = \frac{\gamma}{\sigma} g_i$."*
#
# Take $x = (2, 2, 2, 2, 7)$ again, with $\gamma = 4$, $\varepsilon = 0$, so $\sigma = 2$. The gradient that comes in is
# $g = (1, 0, 0, 0, 0)$: the loss is just $y_1$. The next cell raises **all five** numbers by 0.01 and looks at the loss.

# %%
x = np.array([[2.0], [2], [2], [2], [7]])
gamma, beta, sigma = np.array([4.0]), np.array([0.0]), 2.0
g = np.array([[1.0], [0], [0], [0], [0]])

before = (g * utils.batch_norm(x, gamma, beta, eps=0)).sum()
after = (g * utils.batch_norm(x + 0.01, gamma, beta, eps=0)).sum()
claim = gamma / sigma * g
print("the claimed gradient:", claim.ravel())
print("it says that the loss rises by", 0.01 * claim.sum())
print("the loss really rises by", abs(round(after - before, 12)))

# %% [markdown]
# Now use the closed form, with a pencil. Write the five right numbers as a list, `dx_by_hand`. From 6.a.i you know
# $\hat x = (-\frac12, -\frac12, -\frac12, -\frac12, 2)$.
#
# <details><summary>Hint 1</summary>
#
# The mean of $g$ is $\frac15 = 0.2$. The mean of $g\,\hat x$ is $-\frac12\cdot\frac15 = -0.1$.
#
# <details><summary>Hint 2</summary>
#
# The first bracket is $1 - 0.2 - (-\frac12)(-0.1) = 0.75$. Then multiply by $\gamma/\sigma = 2$.
#
# <details><summary>Hint 3</summary>
#
# The second bracket is $0 - 0.2 - (-\frac12)(-0.1) = -0.25$. At the end, all five must add up to 0.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
dx_by_hand = [1.5, -0.5, -0.5, -0.5, 0]  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The five gradients
""" # END TEST CONFIG
def test_dx_by_hand(dx_by_hand):
    from utils.check import case, expect
    from utils.check.references import normalization

    expect(dx_by_hand, like=normalization.normalize_row_grad, on=case([1, 0, 0, 0, 0], [2, 2, 2, 2, 7], 4))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q6d_ii
# path: more
# minutes: 8
# difficulty: 2

# %% [markdown]
# ### 6.d.ii · The closed form in code
#
# Write `closed_form(grad_output, x_hat, gamma, inv_std)`: the gradient with respect to `x`, of shape `(N, C)`. Here `inv_std`
# is $1/\sqrt{\sigma^2+\varepsilon}$ for each column, as in 6.c. Then compare it with your `batch_norm_grad`: are the numbers equal?
#
# <details><summary>Hint 1</summary>
#
# Both sums in the formula, divided by $m$, are means over the rows.
#
# <details><summary>Hint 2</summary>
#
# `(grad_output * x_hat).mean(axis=0)` has shape `(C,)`.
#
# <details><summary>Hint 3</summary>
#
# `gamma * inv_std * (grad_output - ... - x_hat * ...)`.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def closed_form(grad_output, x_hat, gamma, inv_std):
    """The gradient of batch_norm with respect to x (N, C), in one formula."""
    # BEGIN SOLUTION
    mean = grad_output.mean(axis=0)
    along = (grad_output * x_hat).mean(axis=0)
    return gamma * inv_std * (grad_output - mean - x_hat * along)
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: A small table
""" # END TEST CONFIG
def test_closed_form(closed_form):
    from utils.check import case, draw, expect
    from utils.check.references import normalization

    x = draw((4, 2), seed=4)
    cases = [
        case([[1], [0], [0], [0], [0]], [[-0.5], [-0.5], [-0.5], [-0.5], [2]], [4], [0.5]),
        case(draw((4, 2), seed=3), (x - x.mean(0)) / x.std(0), [2, -3], 1 / x.std(0)),
    ]
    expect(closed_form, like=normalization.closed_form, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 3
hidden: true
failure_message: Against central differences
""" # END TEST CONFIG
def test_closed_form_for_all(closed_form):
    import numpy as np

    from utils.check import case, draw, expect
    from utils.check.loops import differences

    cases = []
    for n, c in [(3, 1), (5, 5), (8, 3)]:
        for eps in (1e-3, 0.8):
            x = 2 + 2 * draw((n, c), seed=80 + n, kind="normal")
            inv_std = 1 / np.sqrt(x.var(0) + eps)
            cases.append(case(draw((n, c), seed=n, kind="normal"), (x - x.mean(0)) * inv_std, draw((c,), seed=c, kind="normal"), inv_std))
    expect(closed_form, like=differences.closed_form, on=cases, rtol=1e-5, atol=1e-6, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## 6.e · Backward in a CNN

# %% [raw]
# # BEGIN QUESTION
# name: q6e
# path: core
# minutes: 8
# difficulty: 2
# worksheet: (h)

# %% [markdown]
# ### 6.e · Reshape, go back, reshape
#
# Write `batch_norm2d_grad(grad_output, x, gamma, eps=1e-5)` for images: `grad_output` and `x` have shape `(B, H, W, C)`. It returns
# `(grad_x, grad_gamma, grad_beta)`. In the closed form, what is $m$ now?
#
# <details><summary>Hint 1</summary>
#
# In 6.b.iii you turned images into a table. Do the same with `x` **and** with `grad_output`.
#
# <details><summary>Hint 2</summary>
#
# Your `batch_norm_grad` takes tables. One of its three results has to become images again.
#
# <details><summary>Hint 3</summary>
#
# $m = B\cdot H\cdot W$. If you call `batch_norm_grad` on the table, this happens by itself.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def batch_norm2d_grad(grad_output, x, gamma, eps=1e-5):
    """The gradients (grad_x, grad_gamma, grad_beta) of batch normalization of images x (B, H, W, C)."""
    # BEGIN SOLUTION
    C = x.shape[-1]
    grad_rows, grad_gamma, grad_beta = batch_norm_grad(grad_output.reshape(-1, C), x.reshape(-1, C), gamma, eps)
    return grad_rows.reshape(x.shape), grad_gamma, grad_beta
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: A small batch of images
""" # END TEST CONFIG
def test_batch_norm2d_grad(batch_norm2d_grad):
    import utils
    from utils.check import case, draw, expect

    cases = [
        case(draw((2, 1, 2, 1), seed=3), draw((2, 1, 2, 1), seed=4), [2], 0.5),
        case(draw((2, 3, 2, 2), seed=5), draw((2, 3, 2, 2), seed=6), [2, -3]),
    ]
    expect(batch_norm2d_grad, like=utils.batch_norm_grad, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 3
hidden: true
failure_message: Against central differences
""" # END TEST CONFIG
def test_batch_norm2d_grad_for_all(batch_norm2d_grad):
    from utils.check import case, draw, expect
    from utils.check.loops import differences

    cases = [
        case(draw(shape, seed=shape[1], kind="normal"), 2 + 2 * draw(shape, seed=60 + shape[2], kind="normal"), draw(shape[-1:], seed=4, kind="normal"), eps)
        for shape in [(1, 2, 3, 2), (3, 2, 4, 3)]
        for eps in (1e-3, 0.8)
    ]
    expect(batch_norm2d_grad, like=differences.batch_norm_grad, on=cases, rtol=1e-5, atol=1e-6, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## 6.f · Training and evaluation
#
# In training, each batch brings its own mean and variance. At the end the network has to judge **one** image. There is no
# batch to take a mean of. So during training we keep a *running* mean and a running variance, and use them later.

# %% [raw]
# # BEGIN QUESTION
# name: q6f_i
# path: more
# minutes: 8
# difficulty: 2

# %% [markdown]
# ### 6.f.i · Keep a running mean
#
# Write `update_running(running_mean, running_var, x, momentum)` for a table `x` of shape `(N, C)`. It returns the new running mean and
# the new running variance. Each one moves a little towards the batch:
#
# $$\text{new} = (1 - \text{momentum})\cdot\text{old} + \text{momentum}\cdot\text{batch}$$
#
# The variance of the batch is taken **with** the factor $\frac{N}{N-1}$ here (PyTorch does so, too). Why? A small batch
# underestimates how much the whole data varies, and here we want to know about the whole data.
#
# <details><summary>Hint 1</summary>
#
# Two lines, one for the mean and one for the variance. They look alike.
#
# <details><summary>Hint 2</summary>
#
# `x.var(axis=0, ddof=1)` divides by $N-1$ in place of $N$.
#
# <details><summary>Hint 3</summary>
#
# Return new arrays. Do not change the old ones with `*=` or `+=`.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def update_running(running_mean, running_var, x, momentum):
    """The new (running_mean, running_var) after a batch x (N, C)."""
    # BEGIN SOLUTION
    new_mean = (1 - momentum) * running_mean + momentum * x.mean(axis=0)
    new_var = (1 - momentum) * running_var + momentum * x.var(axis=0, ddof=1)
    return new_mean, new_var
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: One step from zero mean and variance one
""" # END TEST CONFIG
def test_update_running(update_running):
    from utils.check import case, draw, expect
    from utils.check.references import normalization

    cases = [case([0], [1], [[2], [2], [2], [2], [7]], 0.1), case([1, 2], [3, 5], draw((4, 2), seed=1), 0.5)]
    expect(update_running, like=normalization.update_running, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
failure_message: Other tables and other momenta
""" # END TEST CONFIG
def test_update_running_for_all(update_running):
    from utils.check import case, draw, expect
    from utils.check.loops import layers

    cases = [
        case(draw((c,), seed=1, kind="normal"), draw((c,), seed=2, kind="normal") ** 2, 4 + draw((n, c), seed=n, kind="normal"), momentum)
        for n, c in [(2, 3), (7, 7), (10, 2)]
        for momentum in (0.1, 0.75, 1.0)
    ]
    expect(update_running, like=layers.update_running, on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q6f_ii
# path: more
# minutes: 8
# difficulty: 2

# %% [markdown]
# ### 6.f.ii · Is this right?
#
# *"In evaluation, do as in training: use the mean and the variance of the images that I want to judge."* The next cell does so. It
# judges the same example twice, each time together with different others.

# %%
example = [5.0]
for others in [[1.0, 2], [8, 9]]:
    batch = np.array([example, *[[o] for o in others]])
    y = utils.batch_norm(batch, np.array([1.0]), np.array([0.0]))
    print(f"in a batch with {others} the 5 becomes {y[0, 0]:.2f}")

# %% [markdown]
# The verdict about one image must not depend on its neighbours. Write `batch_norm_eval(x, gamma, beta, running_mean, running_var, eps=1e-5)`,
# for `x` of shape `(N, C)` or `(B, H, W, C)`.
#
# <details><summary>Hint 1</summary>
#
# The formula is the one of 6.a. Only the mean and the variance come from somewhere else.
#
# <details><summary>Hint 2</summary>
#
# `(x - running_mean)` works for both shapes: NumPy lines up the last axis.
#
# <details><summary>Hint 3</summary>
#
# $\varepsilon$ is still inside the square root.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def batch_norm_eval(x, gamma, beta, running_mean, running_var, eps=1e-5):
    """Batch normalization with fixed statistics: x (..., C), the others (C,)."""
    return gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: A table, and a batch of images
""" # END TEST CONFIG
def test_batch_norm_eval(batch_norm_eval):
    from utils.check import case, draw, expect
    from utils.check.references import normalization

    cases = [
        case(draw((3, 2), seed=1), [2, -3], [1, 5], [1, 2], [3, 5], 0.5),
        case(draw((1, 2, 3, 2), seed=2), [2, 1], [1, 0], [1, 2], [3, 5]),
    ]
    expect(batch_norm_eval, like=normalization.batch_norm_eval, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
failure_message: Other shapes, and batches of one
""" # END TEST CONFIG
def test_batch_norm_eval_for_all(batch_norm_eval):
    from utils.check import case, draw, expect
    from utils.check.loops import layers

    cases = [
        case(draw(shape, seed=5, kind="normal"), *(draw(shape[-1:], seed=s, kind="normal") for s in (1, 2, 3)), 0.2 + draw(shape[-1:], seed=4, kind="normal") ** 2, eps)
        for shape in [(1, 4), (6, 3), (2, 3, 4, 3), (1, 2, 2, 1)]
        for eps in (1e-5, 0.8)
    ]
    expect(batch_norm_eval, like=layers.batch_norm_eval, on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q6f_iii
# path: more
# minutes: 5
# difficulty: 2

# %% [markdown]
# ### 6.f.iii · Backward in evaluation mode
#
# Sometimes you need $\partial L/\partial x$ in evaluation mode: to find out which pixels a trained network looks at. Now the statistics
# do **not** depend on `x`. Write `batch_norm_eval_grad(grad_output, gamma, running_var, eps=1e-5)`: the gradient with respect to `x`.
#
# <details><summary>Hint 1</summary>
#
# Which of the arrows in the graph are still there?
#
# <details><summary>Hint 2</summary>
#
# Only one way leads from `x` to `y`. It is a straight line. What is its slope?
#
# <details><summary>Hint 3</summary>
#
# You have seen the answer in 6.d.i. There it was wrong. Here it is right.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def batch_norm_eval_grad(grad_output, gamma, running_var, eps=1e-5):
    """The gradient with respect to x (..., C) when the statistics are fixed."""
    return grad_output * gamma / np.sqrt(running_var + eps)  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: A small table
""" # END TEST CONFIG
def test_batch_norm_eval_grad(batch_norm_eval_grad):
    from utils.check import case, draw, expect
    from utils.check.references import normalization

    expect(batch_norm_eval_grad, like=normalization.batch_norm_eval_grad, on=[case(draw((3, 2), seed=1), [2, -3], [3, 5], 0.5), case(draw((2, 1), seed=2), [2], [4])])

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
failure_message: Batches of images
""" # END TEST CONFIG
def test_batch_norm_eval_grad_for_all(batch_norm_eval_grad):
    from utils.check import case, draw, expect
    from utils.check.loops import layers

    cases = [
        case(draw(shape, seed=5, kind="normal"), draw(shape[-1:], seed=1, kind="normal"), 0.2 + draw(shape[-1:], seed=4, kind="normal") ** 2, eps)
        for shape in [(1, 4), (6, 3), (2, 3, 4, 3)]
        for eps in (1e-5, 0.8)
    ]
    expect(batch_norm_eval_grad, like=layers.batch_norm_eval_grad, on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q6g
# path: more
# minutes: 6
# difficulty: 2
# manual: true
# points: 2
# rubric: |
#   - 1 point: a channel is one feature looked for at every place, so its numbers are treated alike; or the mean comes from $BHW$ numbers instead of $B$
#   - 1 point: a number added to all inputs of a channel changes nothing, so the sum of the gradients is 0

# %% [markdown]
# ### 6.g · In your own words
#
# Explain to a friend, in four or five sentences: why does a CNN use one mean for each **channel**, and not one for each pixel?
# And why does the gradient of a batch, summed over the batch, come out as 0 in every channel?

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# A convolution looks for the same feature at every place, with the same filter. So the numbers of one channel measure one and the same thing,
# wherever they stand, and it makes sense to treat them alike. With one mean for each pixel, a shifted image would be treated differently, and each
# mean would come from only $B$ numbers. With one for each channel it comes from $B\cdot H\cdot W$ numbers.
# If we add the same number to all inputs of a channel, the mean moves along, and the output does not change at all. So the loss
# does not change in this direction. The slope in this direction is the sum of all gradients: it must be 0.

# %% [raw]
# # END SOLUTION

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## What to remember
#
# - Dense: over the rows, `axis=0`. CNN: over batch **and** space, `axis=(0, 1, 2)`, or `reshape(-1, C)` and then as before.
# - One $\gamma$ and one $\beta$ for each channel are learned. They can undo everything.
# - A number that is used twice gets two gradients, and they **add up**. A number that is used by all rows gets a sum over the rows.
# - $\dfrac{\partial L}{\partial x} = \dfrac{\gamma}{\sqrt{\sigma^2+\varepsilon}}\,\bigl(g - \overline{g} - \hat x\;\overline{g\,\hat x}\bigr)$. The bars are means over the same axes as in the forward pass.
# - In evaluation the statistics are fixed. Then, and only then, the gradient is $\gamma\, g/\sqrt{\sigma^2+\varepsilon}$.
