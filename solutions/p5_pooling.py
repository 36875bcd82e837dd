# %% [raw]
# # ASSIGNMENT CONFIG
# name: p5_pooling
# title: "Problem 5 · Pooling, forward and backward"

# %% [markdown]
# # Problem 5 · One number for each window
#
# A pooling layer looks at a window and keeps **one** number: the largest, or the mean. Forwards that is easy. Backwards
# is where most people slip: a gradient comes in for each *window*, and has to find its way to the right *pixels*.
#
# **What you'll do**
# - move a digit by one pixel, and see what pooling makes of it
# - pool a small image by hand, also when the windows do not fit
# - send a gradient back through one window, then through windows that overlap
# - do the same in code, for any number of axes
#
# **What you'll learn**
# - what happens to the pixels that are left over
# - where the gradient of a maximum goes, and where that of a mean
# - what windows that overlap change
#
# **What you need**
# - problems 1 and 3: the output size, and the paths that a gradient takes back
# - about 19 minutes for the core path, marked ◆; about 110 for everything

# %% tags=["setup"]
import sys

sys.path.insert(0, "..")  # utils/ lies beside the notebooks folder

# %% tags=["screen"]
import matplotlib.pyplot as plt
import numpy as np

import utils
from utils import explore
from utils.notebook import reveal, show

# %% [markdown]
# ## Three quick questions
#
# From the problems before this one, without looking anything up:
#
# - A filter of 3 slides over 14 numbers with stride 3, without padding. How many **outputs** are there?
# - Three paths lead from one input to the loss, and bring back the gradients 2, −1 and 4. What is the gradient with
#   respect to this **input**?
# - A layer turns images of shape `(2, 8, 8, 3)` into `(2, 4, 4, 6)`. How many **numbers** are in the gradient with respect to
#   its input?

# %% tags=["prediction"]
recap_outputs = 5  # a whole number
recap_gradient = 4  # a whole number
recap_numbers = 192  # a whole number

# %% tags=["otter_ignore"]
reveal("the outputs", recap_outputs, utils.output_size(14, 3, 3), why="Problem 1: (14 - 3) // 3 + 1. Two numbers are left over.")
reveal("the gradient with respect to the input", recap_gradient, 2 - 1 + 4, why="Problem 3: where paths meet, add.")
reveal("the numbers in the gradient", recap_numbers, 2 * 8 * 8 * 3, why="Problem 4: it has the shape of the input, always.");

# %% [markdown]
# ## A digit moves by one pixel
#
# Take a handwritten zero. Move it one pixel to the right, and compare the two pictures pixel by pixel: the changes add up to
# about as much as there was ink. For a network that looks at single pixels, this is a different picture.
#
# Now pool both before you compare them: of each $2\times2$ window keep the largest number. How much of the change is left?

# %% tags=["prediction"]
guess_left = "about as much as before"  # "hardly anything", "about half" or "about as much as before"

# %% tags=["otter_ignore", "folded"]
# The digit comes with scikit-learn: optical recognition of handwritten digits, UCI, licence CC BY 4.0.
from sklearn.datasets import load_digits

digit = np.pad(load_digits().images[0], 4)
moved = np.roll(digit, 1, axis=1)
pooled = {f"{k}×{k} windows": (utils.max_pool2d(digit, k), utils.max_pool2d(moved, k)) for k in (2, 4)}
panels = {"as it is": (digit, moved), **pooled}
change = {title: np.abs(one - other).sum() / one.sum() for title, (one, other) in panels.items()}
shares = {"hardly anything": 0.05, "about half": 0.5, "about as much as before": 1.0}
left = change["2×2 windows"] / change["as it is"]
nearest = min(shares, key=lambda words: abs(shares[words] - left))
if reveal("what is left of the change", guess_left, nearest, choices=tuple(shares),
          why="As long as the darkest pixel stays in its window, nothing changes there. That is what pooling is for: it matters less "
              "where exactly a thing is."):
    figure, axes = plt.subplots(2, 3, figsize=(7, 4.6))
    for column, (title, pair) in zip(axes.T, panels.items(), strict=True):
        for ax, pixels in zip(column, pair, strict=True):
            ax.imshow(pixels, cmap="gray_r", vmin=0, vmax=16, extent=(0, 16, 16, 0))
            ax.set(xticks=[], yticks=[], xlim=(3, 14), ylim=(13, 3))
        column[0].set_title(title, fontsize=10)
        column[1].set_xlabel(f"change: {100 * change[title]:.0f} % of the ink", fontsize=9)
    axes[0, 0].set_ylabel("the digit")
    axes[1, 0].set_ylabel("one pixel further")
    each = "; ".join(f"{title} {100 * share:.0f} %" for title, share in change.items())
    show(figure, "A handwritten zero and below it the same one pixel further right, three times: as it is, after max pooling with 2×2 "
         f"windows, and with 4×4 windows, where only a few grey squares are left. What changes, in percent of the ink: {each}.")

# %% [markdown]
# The picture gets smaller, and that has its price: fine detail is lost.<!--screen--> After 4×4 windows the zero has no hole in its middle any more.<!--/screen-->
#
# ## The idea: forwards a number, backwards a path
#
# <!--screen-->Move over the output with the arrow keys or the mouse: you see its window. Then switch to *backward*: to which
# pixel does the gradient of a window go? Finally, set the stride to 1. Now the windows **overlap**. Find a pixel that gets
# something from two windows.<!--/screen--><!--paper-->Each $2\times2$ window of this image becomes one number. It is the largest
# of its four pixels, and to that pixel the gradient goes back.<!--/paper-->

# %% tags=["screen"]
picture = np.array([
    [2.0, 7, 1, 0],
    [6, 1, 3, 8],
    [4, 9, 5, 2],
    [3, 0, 6, 7],
])

# %% tags=["otter_ignore"]
explore.pooling(picture, kernel_size=2, stride=2, mode="max")

# %% [markdown]
# ## 5.a · How big is the pooled image?
#
# Each channel is pooled on its own, along both axes in the same way.

# %% [raw]
# # BEGIN QUESTION
# name: q5a_i
# path: core
# difficulty: 1
# worksheet: (f)
# minutes: 3
# misconceptions: [rounded-up, window-counted-as-weights, channels-pooled]
# explain: Which pixels of the 6 × 9 image are never looked at?
# also: |
#   shape_odd = utils.max_pool2d(np.zeros((1, 6, 9, 4)), 3, 2).shape[1:]
# board: |
#   The window can start in row $0, S, 2S, \dots$ as long as it fits. Each channel is pooled on its own.
#   $$\left\lfloor \frac{32-2}{2} \right\rfloor + 1 = 16: \quad 16\times16\times10 \qquad\qquad
#   \left\lfloor \frac{6-3}{2} \right\rfloor + 1 = 2, \quad \left\lfloor \frac{9-3}{2} \right\rfloor + 1 = 4: \quad 2\times4\times4$$
#   A maximum has no weights: 0 numbers are learned.
# vary:
#   draw: {H: 14..64, W: 14..64, C: 3..20, K: [7, 8, 9], S: [3, 4]}
#   where: len({H, W, C}) == 3 and K > 2 * S and (H - K) % S == (W - K) % S == S - 1
#   ask: >-
#     An image of {H} × {W} pixels has {C} channels. Windows of {K} × {K} pixels move {S} pixels at a time,
#     and never stick out. What is the shape after the pooling: height, width, channels?
#   about: pooled_shape
#   case: (H, W, C), K, S

# %% [markdown]
# ### 5.a.i · Two shapes
#
# A pooling layer has windows of $K\times K$ pixels, which move $S$ pixels at a time and never stick out of the image. Write each
# shape after the pooling as a tuple `(height, width, channels)`.
#
# - `shape_even`: a $32\times32\times10$ image, $K = 2$, $S = 2$
# - `shape_odd`: a $6\times9\times4$ image, $K = 3$, $S = 2$
# - `parameters`: how many numbers does such a layer learn?
#
# <details><summary>Hint 1</summary>
#
# In which rows can the window start? Write them down.
#
# <details><summary>Hint 2</summary>
#
# An example: with 8 rows, $K = 3$ and $S = 2$ the window can start in the rows 0, 2 and 4. In row 6 it would stick out.
#
# <details><summary>Hint 3</summary>
#
# As many channels come out as go in, since pooling never mixes them. And is there a weight anywhere that training could change?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
# (32 - 2) / 2 + 1 = 16; (6 - 3) // 2 + 1 = 2 and (9 - 3) // 2 + 1 = 4; there is no weight to choose
shape_even = (16, 16, 10)
shape_odd = (2, 4, 4)
parameters = 0
# END SOLUTION
""" # BEGIN PROMPT
shape_even = ...
shape_odd = ...
parameters = ...
""" # END PROMPT

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
# difficulty: 1
# worksheet: (f)
# minutes: 4
# misconceptions: [no-floor, size-rounded-up, size-off-by-one]
# explain: The remainder of the division says something about pixels. What?
# also: |
#   return len(range(0, n - kernel_size + 1, stride))

# %% [markdown]
# ### 5.a.ii · Is this right?
#
# Somebody writes: *"An image of $H$ rows, pooled with windows of $K$ rows and stride $S$, has $(H-K)/S+1$ rows."*

# %% tags=["prediction"]
guess_formula = True  # True or False: it is right for all images

# %% tags=["otter_ignore"]
counted = {(H, K, S): len([top for top in range(0, H, S) if top + K <= H]) for H, K, S in [(9, 3, 3), (9, 2, 2), (10, 4, 4)]}
says = {(H, K, S): (H - K) / S + 1 for H, K, S in counted}
if reveal("the formula is right", guess_formula, says == counted, why="Half a row does not exist."):
    for (H, K, S), rows in counted.items():
        print(f"H = {H}, K = {K}, S = {S}: the formula says {says[H, K, S]:.1f}, and {rows} windows fit")

# %% [markdown]
# Write the rule as a function: `pooled_size(n, kernel_size, stride)` returns an `int`: how many windows fit along one axis of
# `n` pixels.
#
# <details><summary>Hint 1</summary>
#
# What does the formula say for 7 rows, $K = 2$ and $S = 2$? Can an image have that many rows?
#
# <details><summary>Hint 2</summary>
#
# The last row has no partner, and a window that would stick out does not count. So which way do you round?
#
# <details><summary>Hint 3</summary>
#
# You have met this rule in problem 1, with padding. What is left of it without?
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

    cases = [case(4, 2, 2), case(7, 2, 2), case(6, 3, 2), case(3, 2, 3), case(9, 2, 3)]
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
# ## 5.b · Forwards
#
# Two kinds of pooling: **max pooling** keeps the largest number of each window, **average pooling** its mean.

# %% [raw]
# # BEGIN QUESTION
# name: q5b_i
# grid: 2x2
# difficulty: 1
# worksheet: (f)
# path: core
# minutes: 2
# misconceptions: [first-of-window, window-averaged]
# explain: Shuffle the pixels inside a window, and neither result changes. For which operation of problem 1 would that not be true?
# also: |
#   mean_by_hand = np.array(X).reshape(2, 2, 2, 2).mean(axis=(1, 3))  # X: the image above
# vary:
#   draw: {x: 4x4 of -9..9}
#   where: max(x[0][0], x[0][1], x[1][0], x[1][1]) < 0
#   ask: >-
#     Take $x = {x}$ apart into windows of 2 × 2 that do not overlap. What is the largest number of each, as a
#     list of lists?
#   about: max_pool2d
#   case: x, 2, 2
# numbers: {x: [[3, 4, 1, 2], [0, 5, 9, 4], [8, 6, 3, 7], [2, 4, 2, 0]]}

# %% [markdown]
# ### 5.b.i · Pool it by hand
#
# Pool this image with $K = 2$ and $S = 2$:
#
# $$X = {{q5b_i.x}}$$
#
# Write both results<!--screen--> as lists of rows, such as `[[1, 2], [3, 4]]`<!--/screen-->.
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
# The window at the top left holds ${{q5b_i.tuple(x[0][:2] + x[1][:2])}}$. Which of them does max pooling keep?
#
# <details><summary>Hint 3</summary>
#
# A mean is the sum divided by the number of pixels in the window, which is four here.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
# the windows hold 3 4 0 5, then 1 2 9 4, then 8 6 2 4, then 3 7 2 0
max_by_hand = [[5, 9], [8, 7]]
mean_by_hand = [[3, 4], [5, 3]]
# END SOLUTION
""" # BEGIN PROMPT
max_by_hand = ...
mean_by_hand = ...
""" # END PROMPT

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

    X = {{q5b_i.x}}
    expect(max_by_hand, like=utils.max_pool2d, on=case(X, 2, 2))

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: Average pooling by hand
""" # END TEST CONFIG
def test_mean_by_hand(mean_by_hand):
    import utils
    from utils.check import case, expect

    X = {{q5b_i.x}}
    expect(mean_by_hand, like=utils.avg_pool2d, on=case(X, 2, 2))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q5b_ii
# path: more
# difficulty: 2
# worksheet: (f)
# minutes: 9
# misconceptions: [max-starts-at-zero, pooled-over-channels, stride-ignored, leftover-counted]
# explain: What would go wrong with negative pixels if each maximum were first set to 0?
# also: |
#   windows = np.lib.stride_tricks.sliding_window_view(x, (kernel_size, kernel_size), axis=(1, 2))
#   return windows[:, ::stride, ::stride].max(axis=(-2, -1))

# %% [markdown]
# ### 5.b.ii · Max pooling in code
#
# Write `max_pool2d(x, kernel_size, stride)`. A batch of images `x` has shape `(B, H, W, C)`, the result has shape
# `(B, H_out, W_out, C)`. Both `kernel_size` and `stride` are whole numbers. Rows and columns that no window reaches are left
# out.
#
# <details><summary>Hint 1</summary>
#
# Two loops are enough: over the rows and over the columns of the *output*. NumPy does the batch and the channels.
#
# <details><summary>Hint 2</summary>
#
# In which row does the window of output pixel `(i, j)` begin, in which column, and where does it end? That is a slice of the
# two axes in the middle.
#
# <details><summary>Hint 3</summary>
#
# `a.max(axis=(0, 2))` takes the maximum over two axes at once. Which two axes of your slice are space?
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
        case(draw((2, 7, 4, 3), seed=2), 2, 3),
        case(draw((2, 5, 7, 2), seed=13), 3, 2),
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
# difficulty: 1
# worksheet: (f)
# minutes: 3
# misconceptions: [divided-by-k, pooled-over-channels, stride-ignored]
# explain: Average pooling is a convolution in which each channel stays by itself. Which filter is it?
# also: |
#   windows = np.lib.stride_tricks.sliding_window_view(x, (kernel_size, kernel_size), axis=(1, 2))
#   return windows[:, ::stride, ::stride].mean(axis=(-2, -1))
# vary:
#   draw: {x: 4x4 of -9..9}
#   ask: Take $x = {x}$ apart into windows of 2 × 2 that do not overlap. What is the mean of each, as a list of lists?
#   about: avg_pool2d
#   case: x, 2, 2

# %% [markdown]
# ### 5.b.iii · Average pooling in code
#
# Write `avg_pool2d(x, kernel_size, stride)`, the mean of each window: `x` is `(B, H, W, C)`, the result is
# `(B, H_out, W_out, C)`, and rows and columns that no window reaches are left out.
#
# <details><summary>Hint 1</summary>
#
# How much of your `max_pool2d` has to change?
#
# <details><summary>Hint 2</summary>
#
# The mean is over the two axes of space, not over the batch and not over the channels.
#
# <details><summary>Hint 3</summary>
#
# Two ways to test yours: an image of ones must stay an image of ones, whatever the window; and changing one channel must not
# move another.
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
    cases += [case(draw((2, 7, 4, 3), seed=2), 2, 3), case(draw((2, 5, 7, 2), seed=13), 3, 2)]
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
# ### Which comes first?
#
# *◇ more*
#
# In a network max pooling often follows a ReLU, which writes 0 in place of every negative number. Two claims:
#
# - *"It makes no difference whether the ReLU comes before max pooling or after it."*
# - *"Two max poolings in a row, each with $K = S = 2$, do the same as a single one with $K = S = 4$."*
#
# Are they right, for all images?

# %% tags=["prediction"]
guess_order = False  # True or False: ReLU before or after makes no difference
guess_two = False  # True or False: two are one

# %% tags=["otter_ignore", "folded"]
def relu(x):
    return np.maximum(x, 0)


images = [np.random.default_rng(seed).normal(size=(seed + 5, 9)) for seed in range(50)]  # negative pixels, and sizes that do not fit
same_order = all(np.array_equal(relu(utils.max_pool2d(x, 2)), utils.max_pool2d(relu(x), 2)) for x in images)
same_twice = all(np.array_equal(utils.max_pool2d(utils.max_pool2d(x, 2), 2), utils.max_pool2d(x, 4)) for x in images)
reveal("before or after makes no difference", guess_order, same_order,
       why="ReLU never puts a smaller number above a larger one. After pooling it has a quarter of the work.")
reveal("two are one", guess_two, same_twice,
       why="The largest of four largest is the largest of all sixteen, and what is left over is the same, too.");

# %% [markdown]
# ## 5.c · Backwards through max pooling
#
# From here on $L$ is the loss at the end of the network. The later layers tell us $\partial L/\partial y$ for each
# pooled number $y$. In code it is called `grad_output`. We look for $\partial L/\partial x$, for each pixel $x$.
#
# Think of it like this: *if I make this pixel a little larger, how much larger does the output get?*

# %% [raw]
# # BEGIN QUESTION
# name: q5c_i
# path: core
# difficulty: 1
# worksheet: (g)
# minutes: 2
# misconceptions: [grad-to-everyone, grad-spread-evenly, upstream-ones]
# explain: If the 4 were 4.999, the answer would be the same. And if it were 5.001?
# also: |
#   dx_window = utils.max_pool2d_grad([[6]], [[3, 4], [0, 5]], 2, 2)
# grid: 2x2
# board: |
#   Make one pixel a little larger: does $y$ change? Only for the 5. Its slope is 1, the others' is 0, and each slope is multiplied by 6:
#   $$6 \begin{pmatrix} 0 & 0 \\ 0 & 1 \end{pmatrix} = \begin{pmatrix} 0 & 0 \\ 0 & 6 \end{pmatrix}$$
# vary:
#   draw: {g: 2x2 of 2..9, x: 4x4 of -5..9}
#   where: x[0][0] == x[1][1] == max(x[0][0], x[0][1], x[1][0], x[1][1]) and x[0][1] != x[0][0]
#   ask: >-
#     Max pooling with windows of 2 × 2 that do not overlap read $x = {x}$, and $\delta = {g}$ comes back. Where
#     two numbers of a window are the largest, the first of them counts, row by row. What is the gradient with
#     respect to $x$, as a list of lists?
#   about: max_pool2d_grad
#   case: g, x, 2, 2

# %% [markdown]
# ### 5.c.i · One window by hand
#
# A window $\begin{pmatrix} 3 & 4\\ 0 & 5\end{pmatrix}$ goes into max pooling, and $y = \max(3, 4, 0, 5)$ comes out. The later
# layers say $\partial L/\partial y = 6$. Write `dx_window`, the gradient of $L$ with respect to the four
# pixels<!--screen-->, as a list of two rows<!--/screen-->.
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
# So you have four slopes of $y$, one for each pixel. What does the chain rule multiply them by?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
# only the 5 moves the maximum, and as much as it moves itself: 1·6
dx_window = [[0, 0], [0, 6]]
# END SOLUTION
""" # BEGIN PROMPT
dx_window = ...
""" # END PROMPT

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
# grid: 4x4
# path: more
# difficulty: 2
# worksheet: (g)
# minutes: 6
# misconceptions: [window-at-own-pixel, no-overlap]
# explain: Which pixels would be marked with S = 1, and could one of them be marked twice?
# also: |
#   right_marks = utils.max_pool2d_grad(np.ones((2, 2)), X, 2, 2).astype(int)  # X: the image above

# %% [markdown]
# ### 5.c.ii · Is this right?
#
# Somebody writes the backward pass of max pooling like this: *"Pixel $x_{i,j}$ gets a gradient if
# $x_{i,j} = \max_{0 \le h, w < K}\, x_{i+h,\,j+w}$."* So each pixel asks about the window that **starts at itself**. With
# $K = S = 2$, does this find the right pixels?

# %% tags=["prediction"]
guess_indicator = True  # True or False: it finds the right pixels

# %% tags=["otter_ignore", "folded"]
claimed = np.array([[picture[i, j] == picture[i : i + 2, j : j + 2].max() for j in range(4)] for i in range(4)]).astype(int)
largest = utils.max_pool2d_grad(np.ones((2, 2)), picture, 2).astype(int)
if reveal("it finds the right pixels", guess_indicator, np.array_equal(claimed, largest),
          why="Forwards, most of these windows were never looked at."):
    print(f"the image      the formula: {claimed.sum()} marks      the largest of each window: {largest.sum()}")
    for pixels, wrong, right in zip(picture.astype(int), claimed, largest, strict=True):
        print(f"{pixels}      {wrong}                  {right}")

# %% [markdown]
# Now with a pencil, for another image, and again with $K = S = 2$:
#
# $$X = \begin{pmatrix} 3 & 4 & 1 & 2\\ 0 & 5 & 9 & 4\\ 8 & 6 & 3 & 7\\ 2 & 4 & 2 & 0 \end{pmatrix}$$
#
# Mark the pixels that get a gradient from max pooling: write `right_marks` as a list of four rows with 0 and 1.
#
# <details><summary>Hint 1</summary>
#
# Which windows did the forward pass use? With $S = 2$, there are only four.
#
# <details><summary>Hint 2</summary>
#
# Look at the 5. Its right neighbour is a 9. Are the two in the same window?
#
# <details><summary>Hint 3</summary>
#
# How many pixels of one window get something, and how many does that make in all?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
# one mark in each of the four windows: 5, 9, 8 and 7
right_marks = [[0, 0, 0, 0], [0, 1, 1, 0], [1, 0, 0, 1], [0, 0, 0, 0]]
# END SOLUTION
""" # BEGIN PROMPT
right_marks = ...
""" # END PROMPT

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
# difficulty: 2
# worksheet: (g)
# minutes: 3
# misconceptions: [overwrite-overlap, grad-spread-evenly, overlap-averaged]
# explain: If the 4 were the largest of three windows instead of two, what would be its gradient?
# also: |
#   dx_overlap = utils.max_pool_grad(np.reshape([3.0, 5], (1, 2, 1)), np.reshape([1.0, 4, 2], (1, 3, 1)), 2, 1).ravel()
# vary:
#   draw: {d: 5 of 2..9, x: 6 of -4..9}
#   where: len(set(x)) == 6 and len(set(d)) == 5
#   ask: >-
#     Max pooling reads $x = {x}$ with windows of two pixels and stride 1. The gradients of its five outputs
#     are $\delta = {d}$. What is the gradient with respect to the six pixels?
#   about: max_pool_grad
#   like: backprop.max_pool1d_grad
#   case: d, x, 2, 1

# %% [markdown]
# ### 5.c.iii · When windows overlap
#
# *"Copy the gradient of each window to its largest pixel, and you are done."* As long as no pixel lies in two windows, that is
# right. And when windows overlap?
#
# Take a row $x = (2, 6, 1, 5)$ with windows of two pixels and stride 1. The 6 is the largest of the first window and of the second
# one. Say the gradients that come back are 4, 3 and 2, so for small changes $L = 4 y_0 + 3 y_1 + 2 y_2$. Make the 6 larger: by how
# much does $L$ rise for each unit?

# %% tags=["prediction"]
guess_rise = 3  # a whole number

# %% tags=["otter_ignore", "folded"]
def loss(x):
    return 4 * max(x[0], x[1]) + 3 * max(x[1], x[2]) + 2 * max(x[2], x[3])


copied = np.zeros(4)
for gradient, pixel in [(4, 1), (3, 1), (2, 3)]:  # each window, and the index of its largest pixel
    copied[pixel] = gradient
rise = round((loss([2, 6.01, 1, 5]) - loss([2, 6, 1, 5])) / 0.01)
if reveal("the rise for each unit of the 6", guess_rise, rise, why="It reaches the loss along two paths, and both count."):
    print("copying would give:", copied, "- the second copy has wiped out the first")

# %% [markdown]
# Now one row of three pixels, $x = (1, 4, 2)$, again with windows of two pixels and stride 1. So $y_0 = \max(1, 4)$ and
# $y_1 = \max(4, 2)$, and max pooling gets back $\partial L/\partial y_0 = 3$ and $\partial L/\partial y_1 = 5$. Write the gradient
# with respect to the three pixels as a list, `dx_overlap`.
#
# <details><summary>Hint 1</summary>
#
# Which outputs change when the 4 becomes a little larger?
#
# <details><summary>Hint 2</summary>
#
# And which change when the 1 or the 2 becomes a little larger?
#
# <details><summary>Hint 3</summary>
#
# Where several paths lead to the loss, the chain rule adds them up. In code that is `+=`.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
# the 4 is the largest number of both windows: 3 + 5
dx_overlap = [0, 8, 0]
# END SOLUTION
""" # BEGIN PROMPT
dx_overlap = ...
""" # END PROMPT

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
# difficulty: 3
# worksheet: (g)
# minutes: 14
# misconceptions: [overwrite-overlap, max-tie-duplicated, window-at-own-pixel, dropped-rows]
# explain: Your loop runs over outputs, not over pixels. Why is that the easier way round?
# also: |
#   dx = np.zeros_like(x)
#   for i, j in np.ndindex(grad_output.shape[1:3]):
#       at = np.s_[:, i * stride : i * stride + kernel_size, j * stride : j * stride + kernel_size]
#       largest = (x[at] == x[at].max(axis=(1, 2), keepdims=True)).astype(x.dtype)
#       dx[at] += largest / largest.sum(axis=(1, 2), keepdims=True) * grad_output[:, i, j][:, None, None]
#   return dx

# %% [markdown]
# ### 5.c.iv · The whole backward pass
#
# Write `max_pool2d_grad(grad_output, x, kernel_size, stride)`.
#
# - `x` has shape `(B, H, W, C)`, and so does the result.
# - `grad_output` has the shape of the pooled images, `(B, H_out, W_out, C)`.
# - Windows may overlap. Pixels that no window reaches get 0.
# - If several pixels of a window are equally large, you may give the gradient to any one of them, or share it out
#   among them. But the shares must add up to what came in.
#
# <details><summary>Hint 1</summary>
#
# Start with zeros in the shape of `x`. Then loop over the numbers of the *output*, as in the forward pass. Each of them
# gives something to its own window.
#
# <details><summary>Hint 2</summary>
#
# For one image, one channel and one place of the output, the window is a small matrix. `np.argmax` finds its largest number, but
# counts through the rows: for a matrix of two rows of three, place 4 is row 1, column 1. `np.unravel_index` turns the one into
# the other.
#
# <details><summary>Hint 3</summary>
#
# That row and column count from the corner of the window. Where is the corner in the image? Four loops, one for each axis of
# `grad_output`, are slow, but right; `np.ndindex` makes one of them.
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
        case(draw((2, 2, 3, 2), seed=7), draw((2, 6, 7, 2), seed=8, kind="normal"), 3, 2),
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
failure_message: Equal pixels share what came in
""" # END TEST CONFIG
def test_max_pool2d_grad_ties(max_pool2d_grad):
    import numpy as np

    import utils
    from utils.check import case, expect
    from utils.check.ties import ties_are_shared

    wide = np.array([[[[5.0], [-2]]]]), np.array([[2.5, 2.5, 1, 0], [1, 2.5, 3, 3]])[None, ..., None]
    three = np.array([[[[4.0]]]]), np.array([[1.0, 2, 2], [0, 2, 1], [2, 0, 1]])[None, ..., None]
    for (grad_output, x), k in [(wide, 2), (three, 3)]:
        if not ties_are_shared(max_pool2d_grad, grad_output, x, k, k, k):
            expect(max_pool2d_grad, like=utils.max_pool2d_grad, on=case(grad_output, x, k, k))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ### Ask the numbers
#
# *◇ more*
#
# You need not believe anybody. Change one pixel a little, see how much the loss changes, divide: that is the gradient.
# `utils.numerical_gradient` does this for every pixel. Here is the image from the beginning, with $K = 2$ and $S = 1$, so there are nine
# windows. The gradients that come back are numbered row by row: 1, 2, 3, then 4, 5, 6, then 7, 8, 9.
#
# $$\begin{pmatrix} 2 & 7 & 1 & 0\\ 6 & 1 & 3 & 8\\ 4 & 9 & 5 & 2\\ 3 & 0 & 6 & 7 \end{pmatrix} \qquad
# \frac{\partial L}{\partial Y} = \begin{pmatrix} 1 & 2 & 3\\ 4 & 5 & 6\\ 7 & 8 & 9 \end{pmatrix}$$
#
# What is the gradient with respect to the largest pixel, the 9?

# %% tags=["prediction"]
guess_nine = 5  # a whole number

# %% tags=["otter_ignore"]
numbered = np.arange(1.0, 10).reshape(3, 3)
measured = utils.numerical_gradient(lambda x: utils.max_pool2d(x, 2, 1), picture, numbered).round(6) + 0
if reveal("the gradient with respect to the 9", guess_nine, measured[2, 1], why="It is the largest of four windows: 4 + 5 + 7 + 8."):
    print("pooled:", utils.max_pool2d(picture, 2, 1), "the gradient, measured pixel by pixel:", measured, sep="\n")

# %% [raw]
# # BEGIN QUESTION
# name: q5c_v
# path: more
# difficulty: 2
# minutes: 4
# worksheet: (g)
# misconceptions: [subgradient-a-refused, subgradient-b-refused, subgradient-d-refused]
# explain: Why does it matter so little in practice which of the three a library chooses?

# %% [markdown]
# ### 5.c.v · When two pixels are equal
#
# The window $\begin{pmatrix} 2 & 2\\ 1 & 0\end{pmatrix}$ goes into max pooling, and the gradient that comes back is 6. At this
# point the maximum has a kink: the slope to the left is not the slope to the right. Four programs give four answers:
#
# | program | gradient with respect to the four pixels |
# |---|---|
# | A | $\begin{pmatrix} 6 & 0\\ 0 & 0\end{pmatrix}$ |
# | B | $\begin{pmatrix} 3 & 3\\ 0 & 0\end{pmatrix}$ |
# | C | $\begin{pmatrix} 6 & 6\\ 0 & 0\end{pmatrix}$ |
# | D | $\begin{pmatrix} 2 & 4\\ 0 & 0\end{pmatrix}$ |
#
# Three of them may be used (they are called *subgradients*). One is wrong. Write its letter as a text, such as `"A"`, into
# `wrong_program`.
#
# <details><summary>Hint 1</summary>
#
# Raise **both** equal pixels by 0.01 at the same time. By how much does the loss change?
#
# <details><summary>Hint 2</summary>
#
# The maximum rises by 0.01. What does each program predict for the loss?
#
# <details><summary>Hint 3</summary>
#
# Each program predicts the sum of its numbers, times 0.01.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
# raise both 2s by 0.01: L rises by 0.06, so the shares must add up to 6; those of C make 12
wrong_program = "C"
# END SOLUTION
""" # BEGIN PROMPT
wrong_program = ...
""" # END PROMPT

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
# ## 5.d · Backwards through average pooling
#
# The same question, now for the mean: if I make one pixel a little larger, how much larger does the output get?
#
# <!--screen-->Switch to *backward*, and look at a window with the arrow keys: who gets how much?<!--/screen-->

# %% tags=["otter_ignore"]
explore.pooling(picture, kernel_size=2, stride=2, mode="average")

# %% [raw]
# # BEGIN QUESTION
# name: q5d_i
# grid: 4x4
# path: core
# difficulty: 2
# worksheet: (g)
# minutes: 2
# misconceptions: [avgpool-of-dy, no-1-over-k2, divided-by-k, grad-to-corner]
# explain: What do the sixteen numbers add up to, and why just to that?
# also: |
#   dx_mean = np.kron([[4, 8], [-4, 12]], np.ones((2, 2))) / 4
# vary:
#   draw: {g: 2x2 of -9..9}
#   ask: >-
#     Average pooling with windows of 2 × 2 read an image of 4 × 4, and $\delta = {g}$ comes back. What is the
#     gradient with respect to the image, as a list of lists?
#   about: avg_pool2d_grad
#   case: g, (4, 4), 2, 2
# numbers: {g: [[4, 8], [-4, 12]]}

# %% [markdown]
# ### 5.d.i · Is this right?
#
# Somebody writes: *"An average forwards, an average backwards:
# $\partial L/\partial X = \mathrm{AveragePool}(\partial L/\partial Y)$."*

# %% tags=["prediction"]
guess_average = True  # True or False: the formula is right

# %% tags=["otter_ignore"]
came_back = np.array([[8.0, -4], [12, 20]])
claimed = utils.avg_pool2d(came_back, 2)
if reveal("the formula is right", guess_average, claimed.shape == picture.shape,
          why=f"It gives {claimed.size} number for {picture.size} pixels."):
    first = utils.numerical_gradient(lambda x: utils.avg_pool2d(x, 2), picture, came_back)[0, 0]
    print("what came back:", came_back.tolist(), " the first pixel, measured:", first.round(6))

# %% [markdown]
# Now a $4\times4$ image $X$ has been pooled by the mean, with $K = S = 2$, and this comes back:
#
# $$\frac{\partial L}{\partial Y} = {{q5d_i.g}}$$
#
# Write `dx_mean`, the gradient with respect to all 16 pixels of $X$, as a list of four rows.
#
# <details><summary>Hint 1</summary>
#
# There is one number for each pixel of $X$. So $2\times2$ numbers have to become $4\times4$.
#
# <details><summary>Hint 2</summary>
#
# In the window at the top left, $y = (x_{0,0} + x_{0,1} + x_{1,0} + x_{1,1})/4$. What is $\partial y/\partial x_{0,0}$?
#
# <details><summary>Hint 3</summary>
#
# Is the slope any different for another pixel of that window? Then multiply by what came back for it.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
# each pixel counts a quarter in its mean: 4/4, 8/4, -4/4, 12/4
dx_mean = [[1, 1, 2, 2], [1, 1, 2, 2], [-1, -1, 3, 3], [-1, -1, 3, 3]]
# END SOLUTION
""" # BEGIN PROMPT
dx_mean = ...
""" # END PROMPT

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

    expect(dx_mean, like=utils.avg_pool2d_grad, on=case({{q5d_i.g}}, (4, 4), 2, 2))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q5d_ii
# path: more
# difficulty: 2
# worksheet: (g)
# minutes: 9
# misconceptions: [divided-by-k, no-1-over-k2, overwrite-overlap]
# explain: Max pooling's gradient needs x, and this one does not. Why?
# also: |
#   dx = np.zeros(input_shape, dtype=grad_output.dtype)
#   rows, columns = (stride * (n - 1) + 1 for n in grad_output.shape[1:3])
#   for a, b in np.ndindex(kernel_size, kernel_size):
#       dx[:, a : a + rows : stride, b : b + columns : stride] += grad_output / kernel_size**2
#   return dx

# %% [markdown]
# ### 5.d.ii · In code, for any window and stride
#
# Write `avg_pool2d_grad(grad_output, input_shape, kernel_size, stride)`, the gradient with respect to the input of average
# pooling. `grad_output` has the shape of the pooled images, `(B, H_out, W_out, C)`, and `input_shape` is `(B, H, W, C)`. Windows may
# overlap. Pixels that no window reaches get 0.
#
# <details><summary>Hint 1</summary>
#
# Two loops over the places of the output. Each place gives the same number to all pixels of its window.
#
# <details><summary>Hint 2</summary>
#
# Which share of what came back does one pixel get? And what do you do where windows overlap?
#
# <details><summary>Hint 3</summary>
#
# The share of one place has shape `(B, C)`, its window `(B, K, K, C)`. `a[:, None, :]` gives `a` one more axis of length 1, which
# NumPy then repeats. Here you need two.
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
        case(draw((2, 3, 1, 3), seed=5), (2, 7, 4, 3), 3, 2),
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
# ## For any window, along any number of axes
#
# A sound has one axis, an image has two, a video or a scan of a body has three. Write $p$ for a pixel and $m$ for an output:
# both are tuples with one index for each axis. $\mathcal{W}_m$ is the window of output $m$, and $|\mathcal{W}|$ the number of its
# pixels. None of your reasons had anything to do with rows and columns, so all of it stays true:
#
# $$\text{max:}\quad \frac{\partial L}{\partial x_p} = \sum_{m\,:\; p\ \text{is the largest in}\ \mathcal{W}_m} \frac{\partial L}{\partial y_m}$$
#
# $$\text{mean:}\quad \frac{\partial L}{\partial x_p} = \frac{1}{|\mathcal{W}|} \sum_{m\,:\; p\ \text{lies in}\ \mathcal{W}_m} \frac{\partial L}{\partial y_m}$$
#
# In code a loop runs over the **outputs**, not over the pixels: each output knows its window, and adds to it.
#
# ## 5.e · One to one, or not?
#
# *◇ more*
#
# When is it enough to copy a gradient to its pixel, and when must you add? It depends on one number: in how many windows
# a pixel lies. A claim: *"If $S = K$, and $K$ divides the size of the image, every pixel lies in exactly one window."* Is this right?

# %% tags=["prediction"]
guess_exactly_one = False  # True or False

# %% tags=["otter_ignore"]
def lies_in(n, K, S):
    return [sum(start <= pixel < start + K for start in range(0, n - K + 1, S)) for pixel in range(n)]


reveal("every pixel lies in exactly one window", guess_exactly_one,
       all(set(lies_in(K * times, K, K)) == {1} for K in range(1, 8) for times in range(1, 8)),
       why="One window ends where the next begins, and the last one ends with the image.");

# %% [raw]
# # BEGIN QUESTION
# name: q5e
# path: more
# difficulty: 2
# minutes: 7
# worksheet: (g)
# misconceptions: [windows-stick-out, leftover-counted, stride-ignored]
# explain: With n = K = 3 and S = 5 every pixel counts once, too. Is the claim above wrong, then?
# also: |
#   pixels, starts = np.arange(n), np.arange(0, n - kernel_size + 1, stride)[:, None]
#   return ((starts <= pixels) & (pixels < starts + kernel_size)).sum(axis=0)

# %% [markdown]
# ### 5.e · In how many windows does a pixel lie?
#
# Windows of `kernel_size` pixels move over one axis of `n` pixels, `stride` pixels at a time, and never stick out. Write
# `windows_per_pixel(n, kernel_size, stride)`: an array of `n` whole numbers. Entry number `i` says in how many windows pixel
# `i` lies.
#
# <details><summary>Hint 1</summary>
#
# Start with `n` zeros. Each window adds 1 to all of its pixels.
#
# <details><summary>Hint 2</summary>
#
# The windows start at `0, stride, 2 * stride, ...`, as long as they fit.
#
# <details><summary>Hint 3</summary>
#
# `range` takes a start, a stop and a step, and leaves the stop itself out. What is the last place where a window may start, and so
# what is the stop?
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
# With $S < K$ windows overlap, and gradients add up. With $S > K$, or when something is left over, there are pixels in no
# window, and their gradient is 0. (And if a single window covers the whole image, as with $n = K = 3$, each pixel lies in that
# one, whatever the stride.)

# %% [markdown]
# ## 5.f · Any number of axes
#
# *◇ more*
#
# The same idea in code. A window is a box now, with one length for each axis of space.

# %% [raw]
# # BEGIN QUESTION
# name: q5f
# path: more
# difficulty: 3
# worksheet: (g)
# minutes: 13
# misconceptions: [pooled-over-channels, stride-axes-swapped, kernel-axes-swapped]
# explain: How many numbers does a window have in three dimensions, and which of your lines knows?
# also: |
#   space = tuple(range(1, x.ndim - 1))
#   windows = np.lib.stride_tricks.sliding_window_view(x, kernel_size, axis=space)
#   windows = windows[(slice(None), *(slice(None, None, s) for s in stride))]
#   return windows.max(axis=tuple(range(x.ndim, windows.ndim)))

# %% [markdown]
# ### 5.f · Pool in n dimensions
#
# Write `max_pool(x, kernel_size, stride)`. The array `x` has shape `(B, n_1, ..., n_d, C)`. Now `kernel_size` and `stride` are
# **tuples** with one number for each of the $d$ axes of space, and $d$ may be 1, 2, 3 or more. What no window reaches is left out.
#
# <details><summary>Hint 1</summary>
#
# You cannot write $d$ nested loops when you do not know $d$. `np.ndindex(4, 3)` visits every place of an output of $4\times3$ in a
# single loop, and `np.ndindex(4, 3, 5)` every place of one with three axes. Each place is a tuple.
#
# <details><summary>Hint 2</summary>
#
# A tuple of slices is an index: `x[(slice(None), slice(2, 4), slice(0, 3))]` is `x[:, 2:4, 0:3]`. Which slice does each axis of space
# need?
#
# <details><summary>Hint 3</summary>
#
# `.max(axis=...)` takes a tuple of axes, too. Which axes of `x` are space? All but the first and the last.
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
        case(draw((2, 7, 4, 3), seed=3), (2, 2), (3, 1)),
        case(draw((2, 4, 7, 1), seed=4), (4, 2), (3, 3)),
        case(draw((1, 4, 2, 2, 1), seed=5), (1, 2, 1), (3, 1, 4)),
        case(draw((1, 7, 2, 6, 3, 1), seed=6), (3, 1, 4, 3), (1, 3, 1, 4)),
        case(draw((1, 6, 7, 2, 3, 1), seed=7), (4, 3, 1, 2), (2, 4, 3, 4)),
        case(draw((1, 2, 2, 5, 6, 2), seed=8), (2, 2, 1, 4), (4, 1, 4, 1)),
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

# %% [markdown]
# ### And back again
#
# *◇ more*
#
# Take average pooling in three dimensions with windows of $2\times3\times2$ that do not overlap. 24 comes back for one window. How
# much of it does each of its pixels get?

# %% tags=["prediction"]
guess_share = 6  # a whole number

# %% tags=["otter_ignore"]
box = utils.avg_pool_grad(np.full((1, 1, 1, 1, 1), 24.0), (1, 2, 3, 2, 1), (2, 3, 2))
reveal("the share of one pixel", guess_share, box[0, 0, 0, 0, 0], why="The box holds 2 * 3 * 2 = 12 pixels. Nothing is squared any more.");

# %% [raw]
# # BEGIN QUESTION
# name: q5f_ii
# path: more
# minutes: 12
# difficulty: 3
# worksheet: (g)
# misconceptions: [overwrite-overlap, max-tie-duplicated]
# explain: What had to change from two dimensions to n, and what did not?
# also: |
#   dx = np.zeros_like(x)
#   for place in np.ndindex(grad_output.shape[1:-1]):
#       window = [slice(i * s, i * s + k) for i, k, s in zip(place, kernel_size, stride)]
#       at = (slice(None), *window)
#       space = tuple(range(1, x.ndim - 1))
#       largest = (x[at] == x[at].max(axis=space, keepdims=True)).astype(x.dtype)
#       came_back = np.expand_dims(grad_output[(slice(None), *place)], space)
#       dx[at] += came_back * largest / largest.sum(axis=space, keepdims=True)
#   return dx

# %% [markdown]
# ### 5.f.ii · The gradient in n dimensions
#
# Write `max_pool_grad(grad_output, x, kernel_size, stride)`, the gradient with respect to `x` of max pooling along any number of
# axes.
#
# - `x` has shape `(B, n_1, ..., n_d, C)`, and so does the result.
# - `grad_output` has the shape of what max pooling gives, `(B, m_1, ..., m_d, C)`.
# - `kernel_size` and `stride` are tuples with one number for each of the $d$ axes of space.
# - Windows may overlap. What no window reaches gets 0. Of equally large numbers, any one may get the gradient, or all may share it.
#
# <details><summary>Hint 1</summary>
#
# Your `max_pool2d_grad` of 5.c.iv is a good start. In which of its lines do height and width appear?
#
# <details><summary>Hint 2</summary>
#
# `for b, *place, c in np.ndindex(shape)` takes a tuple apart: the first index, all those in the middle, the last. And
# `(b, *corner, c)` puts one together again.
#
# <details><summary>Hint 3</summary>
#
# `np.unravel_index` gives one index for each axis, however many there are. Each of them counts from the window's corner along
# its own axis, so add the two tuples entry by entry, with `zip`.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def max_pool_grad(grad_output, x, kernel_size, stride):
    """The gradient with respect to x (B, n_1, ..., n_d, C), from grad_output (B, m_1, ..., m_d, C)."""
    # BEGIN SOLUTION
    dx = np.zeros_like(x)
    for b, *place, c in np.ndindex(grad_output.shape):
        corner = [i * s for i, s in zip(place, stride)]
        box = [slice(start, start + k) for start, k in zip(corner, kernel_size)]
        window = x[(b, *box, c)]
        winner = np.unravel_index(np.argmax(window), window.shape)
        pixel = [start + step for start, step in zip(corner, winner)]
        dx[(b, *pixel, c)] += grad_output[(b, *place, c)]
    return dx
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The gradient along one axis and along two
""" # END TEST CONFIG
def test_max_pool_grad(max_pool_grad):
    import numpy as np

    import utils
    from utils.check import case, draw, expect
    from utils.check.ties import ties_are_shared

    cases = [
        case(draw((1, 4, 1), seed=1), draw((1, 6, 1), seed=2), (3,), (1,)),
        case(draw((1, 2, 2, 1), seed=3), draw((1, 3, 5, 1), seed=4), (2, 3), (1, 2)),
        case(draw((3, 2, 3, 2), seed=5), draw((3, 4, 5, 2), seed=6), (1, 3), (2, 1)),
        case(draw((1, 1, 2, 1), seed=7), draw((1, 4, 7, 1), seed=8), (4, 2), (3, 3)),
        case(draw((1, 2, 2, 2, 1), seed=9), draw((1, 4, 3, 3, 1), seed=10), (2, 2, 1), (2, 1, 2)),
        case(draw((1, 2, 1, 3, 2, 1), seed=11), draw((1, 5, 2, 6, 3, 1), seed=13), (3, 1, 4, 2), (2, 3, 1, 1)),
        case(draw((1, 1, 3, 2, 3, 1), seed=13), draw((1, 6, 7, 2, 3, 1), seed=14), (4, 3, 1, 1), (4, 2, 1, 1)),
        case(draw((1, 1, 2, 2, 2, 2), seed=15), draw((1, 2, 3, 5, 4, 2), seed=18), (2, 2, 1, 3), (4, 1, 3, 1)),
        case(draw((1, 2, 2, 2, 1, 1), seed=17), draw((1, 3, 4, 2, 3, 1), seed=18), (2, 2, 1, 3), (1, 2, 1, 1)),
    ]
    expect(max_pool_grad, like=utils.max_pool_grad, on=cases)  # no two numbers of a window are equal
    grad_output, x = np.array([[[[5.0], [-2]]]]), np.array([[2.5, 2.5, 1, 0], [1, 2.5, 3, 3]])[None, ..., None]
    if not ties_are_shared(max_pool_grad, grad_output, x, 2, (2, 2), (2, 2)):
        expect(max_pool_grad, like=utils.max_pool_grad, on=case(grad_output, x, (2, 2), (2, 2)))

# %%
""" # BEGIN TEST CONFIG
points: 3
hidden: true
failure_message: The gradient along up to four axes, another window along each
""" # END TEST CONFIG
def test_max_pool_grad_for_all(max_pool_grad):
    from utils.check import case, draw, expect
    from utils.check.loops import windows

    settings = [
        ((2, 9, 3), (4,), (2,)),
        ((1, 6, 7, 2), (3, 2), (2, 3)),
        ((2, 4, 5, 3, 2), (2, 3, 1), (2, 1, 2)),
        ((1, 3, 4, 2, 3, 1), (2, 2, 1, 3), (1, 2, 1, 1)),
    ]
    cases = []
    for shape, kernel, stride in settings:
        out = [len(range(0, n - k + 1, s)) for n, k, s in zip(shape[1:-1], kernel, stride, strict=True)]
        grad_output = draw((shape[0], *out, shape[-1]), seed=40 + len(shape), kind="normal")
        cases.append(case(grad_output, draw(shape, seed=len(shape), kind="normal"), kernel, stride))
    expect(max_pool_grad, like=windows.max_pool_grad, about="max_pool_grad", on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q5g
# path: more
# difficulty: 2
# manual: true
# points: 2
# rubric: |
#   - ½ point: the first sentence is right for one image: one of four pixels gets the gradient
#   - 1 point: the second does not follow: weights are shared by all places (½), and for other images other pixels win (½)
#   - ½ point: with average pooling each pixel of a window gets a quarter
# minutes: 5
# worksheet: (g)

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

utils.practice("pooling")

# %% [markdown]
# ## What to remember
#
# <!--screen-->What would be on your own list? Write three lines, then open ours.
#
# <details><summary>Our list</summary><!--/screen-->
#
# - Size: $\left\lfloor \dfrac{n - K}{S} \right\rfloor + 1$ along each axis. Channels stay, and nothing is learned.
# - The backward pass walks over the windows of the **forward** pass. Its result has the shape of $x$.
# - Max: the whole gradient goes to the largest pixel of the window. Mean: each pixel gets $1/K^2$ of it, in a box of $d$ axes
#   $1/K^d$.
# - Windows overlap? Gradients **add up**: `+=`. In no window? The gradient is 0.
# - Equal pixels: give it to one of them, or share it. The shares add up to what came in.
# - Move the picture a little: what was pooled changes much less than the picture itself.
#
# <!--screen--></details><!--/screen-->
