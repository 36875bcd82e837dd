# %% [raw]
# # ASSIGNMENT CONFIG
# name: p4_backprop_2d
# title: "Problem 4 · Backpropagation for images"

# %% [markdown]
# # Problem 4 · A convolution layer, forwards and backwards
#
# This is the layer that real networks are made of: a batch of images, many channels, many filters. Problem 3 had one row of
# numbers. Now you find the gradients of the whole layer, and you find them yourself: change **one pixel** a little, then
# **one weight**, and write down what moves. After that the code is short.
#
# **What you'll do**
# - watch what a gradient makes of a blurred photo
# - derive both gradients in letters: one line worked for you, one with blanks, one on your own
# - turn them into code, and build a judge that knows no formulas
# - see once and for all where true convolution differs
#
# **What you'll learn**
# - what becomes of the kernel, and of its channels, on the way back
# - why both gradients are convolutions again
#
# **What you need**
# - problems 1 and 3
# - NumPy arrays with four axes
# - about 30 minutes for the core path, marked ◆; about 130 for everything

# %% tags=["setup"]
import sys

sys.path.insert(0, "..")  # utils/ lies beside the notebooks folder

# %% tags=["screen"]
import matplotlib.pyplot as plt
import numpy as np
import sympy as sp

import utils
from utils import explore
from utils.notebook import reveal, show

# %% [markdown]
# ## Three quick questions
#
# From the problems before this one, without looking anything up:
#
# - A 3×3 kernel slides over a $10\times10$ image with stride 2 and padding 1. How many **rows** does the output have?
# - A layer has 8 filters of 3×3 on 4 input channels, and a bias for each filter. How many **numbers** does it learn?
# - In one dimension, stride 1, no padding: a filter of 5 weights. How many **zeros** go on each side of the deltas
#   before the reversed filter slides over them?

# %% tags=["prediction"]
recap_rows = 5  # a whole number
recap_parameters = 288  # a whole number
recap_zeros = 5  # a whole number

# %% tags=["otter_ignore"]
reveal("the rows", recap_rows, utils.output_size(10, 3, 2, 1), why="Problem 1: (10 + 2 - 3) // 2 + 1.")
reveal("the numbers that are learned", recap_parameters, utils.num_parameters((3, 3, 4, 8), bias=True),
       why="Problem 1: every filter covers all four channels, and has one bias.")
reveal("the zeros on each side", recap_zeros, len(np.ones(5)) - 1,
       why="Problem 3: then even the first input finds its one weight in the window.");

# %% [markdown]
# ## What a gradient can do to a photo
#
# Somebody has blurred a photo and lost the original. We know the blur: every pixel became the average of the 5×5
# around it, which is a convolution. So we can ask: *which picture, when it is blurred, gives this one?*
#
# Start with the blurred photo as a guess. Blur the guess; what comes out differs a little from what it should be.
# Send that difference back through the convolution, to find out how each pixel of the guess must change. Take a
# small step. Do it 100 times.

# %% tags=["prediction"]
guess_photo = "as it was"  # "sharper", "as it was" or "more blurred"

# %% tags=["otter_ignore", "folded"]
# The photo comes with scikit-learn: "china.jpg" by Daniel Büchele, licence CC BY 2.0, here in grey and smaller.
from sklearn.datasets import load_sample_image

photo = load_sample_image("china.jpg")[60:380:2, 150:550:2].mean(axis=2)[None, :, :, None] / 255
average = np.full((5, 5, 1, 1), 1 / 25)
blurred = utils.conv2d(photo, average, padding=2)
found = blurred.copy()
for _ in range(100):
    difference = utils.conv2d(found, average, padding=2) - blurred
    found -= 1.5 * utils.conv2d_grad_input(difference, average, found.shape, padding=2)

nearer = np.abs(found - photo).mean() < 0.9 * np.abs(blurred - photo).mean()
if reveal("after 100 steps the photo is", guess_photo, "sharper" if nearer else "as it was",
          choices=("sharper", "as it was", "more blurred"), why="The gradient knows for each pixel which way is better."):
    figure, axes = plt.subplots(1, 3, figsize=(11, 3.4))
    for ax, picture, title in zip(axes, (blurred, found, photo), ("blurred", "after 100 steps", "the original"), strict=True):
        ax.imshow(picture[0, :, :, 0], cmap="gray", vmin=0, vmax=1)
        ax.set_title(title)
        ax.axis("off")
    show(
        figure,
        "Three grey pictures of a pagoda. The first is out of focus. The second has clear edges again on roofs and "
        "windows, with faint ripples along them. The third is the original, a little sharper still.",
    )

# %% [markdown]
# What is sent back is the **gradient with respect to the input**. Its twin, the gradient with respect to the kernel,
# is how a network learns. You are about to derive both.
#
# ## The layer, and its letters
#
# | array | axes | in words |
# |---|---|---|
# | `x` | `(B, H, W, C)` | `B` images, height, width, `C` input channels |
# | `w` | `(kH, kW, C, D)` | `D` filters, each one a block of `kH` × `kW` × `C` weights |
# | `y` | `(B, oH, oW, D)` | one output channel for each filter |
# | `grad_output` | as `y` | $\delta = \partial L/\partial y$: the gradient that the rest of the network sends back |
#
# Forwards, with stride 1 and no padding, the layer computes
#
# $$y_{b,i,j,d} = \sum_{u=0}^{k_H-1}\; \sum_{v=0}^{k_W-1}\; \sum_{c=0}^{C-1} x_{b,\, i+u,\, j+v,\, c}\; w_{u,v,c,d}$$
#
# Each letter keeps its meaning all the way: $b$ an image, $i, j$ a place in the output, $u, v$ a place in
# the kernel, $c$ an input channel, $d$ a filter. Later come $p, q$, a place in the input.
#
# <!--screen-->In the picture, point at an **input**: you see all the outputs that it leads to, and the weight on each path.
# Then switch to *backward: dx*. The same paths now bring `dy`, what comes in, back to `dx`.<!--/screen-->

# %% tags=["otter_ignore"]
explore.conv()

# %% [markdown]
# ## 4.a · Forwards
#
# *◇ more*
#
# On the core path you use `utils.conv2d` for this, and go on to 4.d. Here you can build it.

# %% [raw]
# # BEGIN QUESTION
# name: q4a_i
# grid: 2x2
# path: more
# minutes: 4
# difficulty: 1
# worksheet: 0.1
# misconceptions: flipped-forward
# explain: Which of the nine inputs was used in all four windows, and which in only one?
# vary:
#   draw: {x: 3x3 of -3..3, w: 2x2 of -3..3}
#   ask: >-
#     Slide $w = {w}$ over $x = {x}$, without turning the filter around. Which numbers come out? Write them as
#     a list of lists.
#   about: conv2d
#   case: x, w
# numbers: {x: [[2, 1, 0], [3, -1, -2], [-2, -2, 5]], w: [[4, -1], [1, 2]]}

# %% [markdown]
# ### 4.a.i · One channel, by hand
#
# One image, one channel, one filter. Stride 1, no padding.
#
# $$x = {{q4a_i.x}} \qquad w = {{q4a_i.w}}$$
#
# Write the output<!--screen--> as a list of rows<!--/screen-->.
#
# <details><summary>Hint 1</summary>
#
# The window is as big as the filter: two rows, two columns. In how many places does it fit?
#
# <details><summary>Hint 2</summary>
#
# The first window holds ${{q4a_i.x[0][:2]}}$ in its upper row and ${{q4a_i.x[1][:2]}}$ in its lower row. Multiply each by the
# weight at the same place of the filter.
#
# <details><summary>Hint 3</summary>
#
# The first output begins with ${{q4a_i.bracketed(x[0][0])}}\cdot {{q4a_i.bracketed(w[0][0])}} + {{q4a_i.bracketed(x[0][1])}}\cdot {{q4a_i.bracketed(w[0][1])}} + \dots$, and has four terms.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
# upper left: 2·4 + 1·(-1) + 3·1 + (-1)·2 = 8; the others in the same way
y_by_hand = [[8, -1], [7, 6]]
# END SOLUTION
""" # BEGIN PROMPT
y_by_hand = ...
""" # END PROMPT

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The four outputs
""" # END TEST CONFIG
def test_by_hand(y_by_hand):
    import utils
    from utils.check import case, expect

    expect(y_by_hand, like=utils.conv2d, on=case({{q4a_i.x}}, {{q4a_i.w}}))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q4a_ii
# path: more
# minutes: 12
# difficulty: 2
# worksheet: 0.1
# explain: The sum has seven letters. For which of them does your code have a loop, and which does NumPy run for you?
# also: |
#   patches = np.lib.stride_tricks.sliding_window_view(x, w.shape[:2], axis=(1, 2))
#   return np.einsum("bijcuv,uvcd->bijd", patches, w)

# %% [markdown]
# ### 4.a.ii · Batches and channels
#
# Write `slide2d(x, w)` for stride 1 and no padding. This sum is your specification:
#
# $$y_{b,i,j,d} = \sum_{u=0}^{k_H-1}\; \sum_{v=0}^{k_W-1}\; \sum_{c=0}^{C-1} x_{b, i+u, j+v, c}\, w_{u,v,c,d}$$
#
# One loop for each letter is slow, but right.<!--screen--> The hints show a way with two loops only.<!--/screen-->
#
# <details><summary>Hint 1</summary>
#
# Four letters are on the left: they say *where* a number goes. Three are under the sums: they say *what*
# is added.
#
# <details><summary>Hint 2</summary>
#
# Take one place `(u, v)` of the kernel. Which block of `x` do all outputs together look at through it? It is as high
# and as wide as the output.
#
# <details><summary>Hint 3</summary>
#
# `w[u, v]` is a matrix `(C, D)`. Remember 1.f: `@` multiplies the last axis of an image by such a matrix. Add up what
# the places `(u, v)` give.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def slide2d(x, w):
    """The sliding sum of x (B, H, W, C) and w (kH, kW, C, D): (B, H - kH + 1, W - kW + 1, D)."""
    # BEGIN SOLUTION
    kH, kW, _, D = w.shape
    B, oH, oW = x.shape[0], x.shape[1] - kH + 1, x.shape[2] - kW + 1
    y = np.zeros((B, oH, oW, D), dtype=x.dtype)
    for u in range(kH):
        for v in range(kW):
            y += x[:, u : u + oH, v : v + oW] @ w[u, v]
    return y
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The sliding sum of small images
""" # END TEST CONFIG
def test_slide2d(slide2d):
    import utils
    from utils.check import case, draw, expect

    cases = [
        case(draw((1, 3, 3, 1), seed=1), draw((2, 2, 1, 1), seed=2)),
        case(draw((1, 3, 5, 2), seed=3), draw((2, 3, 2, 1), seed=4)),
        case(draw((2, 6, 4, 3), seed=5), draw((3, 2, 3, 4), seed=6)),
    ]
    expect(slide2d, like=utils.conv2d, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 3
hidden: true
failure_message: The sliding sum of batches with many channels, also in float32
""" # END TEST CONFIG
def test_slide2d_for_all(slide2d):
    from utils.check import case, draw, expect
    from utils.check.loops import windows

    sizes = [(1, 5, 4, 1, 2, 3, 1), (2, 4, 6, 3, 1, 4, 2), (3, 3, 3, 2, 3, 3, 4), (2, 5, 5, 4, 1, 1, 3)]
    cases = [case(draw((B, H, W, C), seed=H), draw((kH, kW, C, D), seed=30 + kW)) for B, H, W, C, kH, kW, D in sizes]
    expect(slide2d, like=windows.conv, about="conv2d", on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## 4.b · The other convolution
#
# *◇ more*
#
# Problem 1 said it once: deep learning slides the filter as it is (*cross-correlation*), while mathematics and
# signal processing turn it around first (*true convolution*). Texts seldom say which of the two they mean. Their formulas
# do, if you know where to look.

# %% [raw]
# # BEGIN QUESTION
# name: q4b_i
# path: more
# minutes: 5
# difficulty: 2
# worksheet: (d)
# misconceptions: not-flipped
# explain: Which sign in an index tells you that the kernel is turned?
# vary:
#   draw: {x: 3x3 of -3..3, w: 2x2 of -3..3}
#   ask: >-
#     Turn $w = {w}$ around first, as in a true convolution, and slide it over $x = {x}$. Which four numbers
#     come out, as a list of lists?
#   about: true_convolution
#   case: x, w

# %% [markdown]
# ### 4.b.i · Is this right?
#
# A text says: *"The filter slides over the image as it is,"* and then gives this formula for one channel:
#
# $$y_{i,j} = \sum_{u}\sum_{v} x_{i-u,\, j-v}\;  w_{u,v}$$
#
# Write out one output: which number of the image does $w_{0,0}$ meet, and which does $w_{1,1}$ meet? Does the formula do what
# the sentence says?

# %% tags=["prediction"]
guess_minus = True  # True or False: the formula slides the filter as it is

# %% tags=["otter_ignore"]
line, three = np.array([4, 1, -1, 2, 5]), np.array([1, 3, -2])
by_formula = [int(sum(line[i - u] * three[u] for u in range(3))) for i in (2, 3, 4)]
if reveal("the formula slides the filter as it is", guess_minus, by_formula == np.correlate(line, three).tolist(),
          why="With each minus sign the kernel is read from its other end: a true convolution. The text contradicts itself."):
    print("the formula, in one dimension:", by_formula)
    print("the filter as it is:          ", np.correlate(line, three).tolist())
    print("the filter turned around:     ", np.correlate(line, three[::-1]).tolist())

# %% [markdown]
# Now in two dimensions, with a pencil:
#
# $$x = \begin{pmatrix} 2 & 1 & 0 \\ 3 & -1 & 1 \\ 0 & 2 & 3 \end{pmatrix} \qquad
# w = \begin{pmatrix} 4 & -1 \\ 1 & 2 \end{pmatrix}$$
#
# What is $y_{1,1}$ by the formula with the minus signs? ($u$ and $v$ are 0 or 1.)
#
# <details><summary>Hint 1</summary>
#
# Write down the four pairs $(u, v)$: (0,0), (0,1), (1,0), (1,1). Find $x_{1-u,1-v}$ for each of them.
#
# <details><summary>Hint 2</summary>
#
# $w_{0,0}$ meets $x_{1,1}$, and $w_{1,1}$ meets $x_{0,0}$. Which weight meets $x_{1,0}$?
#
# <details><summary>Hint 3</summary>
#
# They are the four inputs of the first window, but each meets the weight in the opposite corner. The sum begins with
# $-1\cdot 4 + 3\cdot(-1) + \dots$
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
# x[1,1]·w[0,0] + x[1,0]·w[0,1] + x[0,1]·w[1,0] + x[0,0]·w[1,1] = -4 - 3 + 1 + 4
y_with_minus = -2
# END SOLUTION
""" # BEGIN PROMPT
y_with_minus = ...
""" # END PROMPT

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: One number of the formula with the minus signs
""" # END TEST CONFIG
def test_with_minus(y_with_minus):
    import utils
    from utils.check import case, expect

    on = case([[2, 1, 0], [3, -1, 1], [0, 2, 3]], [[4, -1], [1, 2]])
    expect(y_with_minus, like=utils.true_convolution, on=on, pick=(0, 0))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q4b_ii
# path: more
# minutes: 4
# difficulty: 2
# worksheet: (d)
# explain: What would happen to the filters if the last axis were reversed, too?
# also: return slide2d(x[:, ::-1, ::-1], w)[:, ::-1, ::-1]

# %% [markdown]
# ### 4.b.ii · Turn the kernel around
#
# Write `true_convolution(x, w)` for images with channels, stride 1, no padding. Use your `slide2d`. The
# kernel is turned around in **space**. The channels stay where they are: filter 0 is still filter 0.
#
# <details><summary>Hint 1</summary>
#
# Which of the four axes of `w` are space?
#
# <details><summary>Hint 2</summary>
#
# Both of them are reversed: what was at the upper left is now at the lower right.
#
# <details><summary>Hint 3</summary>
#
# `a[::-1]` reverses the first axis of an array. How do you tell NumPy the same for the second one?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def true_convolution(x, w):
    """The true convolution of x (B, H, W, C) with w (kH, kW, C, D): (B, oH, oW, D)."""
    return slide2d(x, w[::-1, ::-1])  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The true convolution of small images
""" # END TEST CONFIG
def test_true_convolution(true_convolution):
    import utils
    from utils.check import case, draw, expect

    cases = [
        case(draw((1, 4, 3, 1), seed=1), draw((2, 2, 1, 1), seed=2)),
        case(draw((2, 3, 5, 2), seed=3), draw((2, 3, 2, 3), seed=4)),
    ]
    expect(true_convolution, like=utils.true_convolution, on=cases, forbid=["true_convolution"])

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
failure_message: The true convolution of batches with many channels
""" # END TEST CONFIG
def test_true_convolution_for_all(true_convolution):
    from utils.check import case, draw, expect
    from utils.check.loops import windows

    sizes = [(1, 5, 4, 1, 2, 3, 2), (2, 4, 6, 3, 1, 4, 2), (2, 3, 5, 2, 3, 2, 4)]
    cases = [case(draw((B, H, W, C), seed=H), draw((kH, kW, C, D), seed=60 + kW)) for B, H, W, C, kH, kW, D in sizes]
    expect(true_convolution, like=windows.true_convolution, on=cases, forbid=["true_convolution"], hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## 4.c · A judge that knows no formulas
#
# *◇ more*
#
# Is a gradient right? There is a way to tell that needs no formula: change one number of the input a little, up
# and down, and see how much the loss changes. (On the core path `utils.numerical_gradient` does it for you.)
#
# We do not know the loss. But we know $\delta$, its slope for each output. So for small changes we may use
# this stand-in:
#
# $$L = \sum_{\text{all outputs}} \delta \cdot f(x)$$
#
# Its gradient with respect to $x$ is the one we look for. For each number $x_i$, with a small step $h$:
#
# $$\frac{\partial L}{\partial x_i} \approx \frac{L(x_i + h) - L(x_i - h)}{2h}$$
#
# This is called a **central difference**.

# %% [raw]
# # BEGIN QUESTION
# name: q4c_i
# path: more
# minutes: 10
# difficulty: 2
# explain: Why is one number changed at a time, and not all of them at once?

# %% [markdown] tags=["given"]
# ### 4.c.i · Write the judge
#
# Write `numerical_gradient(f, x, grad_output, step=1e-6)`. Here `f` is a function from an array to an array,
# and `grad_output` has the shape of `f(x)`. The result has the shape of `x`. Work on a copy: leave `x` as it
# was.
#
# Try it first on $f(x) = x^2$ with $x = (2, -3)$ and $\delta = (1, 10)$. What must come out, by the rule for $x^2$?
#
# <details><summary>Hint 1</summary>
#
# `np.ndindex(2, 3)` visits every place of an array of shape `(2, 3)`. What does it need to visit those of `x`, however many
# axes that has?
#
# <details><summary>Hint 2</summary>
#
# Make two copies of `x`. Change *one* number in each of them, up in one and down in the other.
#
# <details><summary>Hint 3</summary>
#
# `(f(up) - f(down)) / (2 * step)` is an array: one slope for each output. How much does each of them count for $L$?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def numerical_gradient(f, x, grad_output, step=1e-6):
    """The gradient of the sum of grad_output * f(x) with respect to x, by central differences."""
    # BEGIN SOLUTION
    gradient = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[index] += step
        down[index] -= step
        gradient[index] = np.sum(grad_output * (f(up) - f(down))) / (2 * step)
    return gradient
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The slope of a square, and of a sum of neighbours
""" # END TEST CONFIG
def test_numerical_gradient(numerical_gradient):
    import utils
    from utils.check import case, expect

    def square(x):
        return x * x

    def neighbours(x):
        return x[1:] + 3 * x[:-1]

    def cube(x):
        return x * x * x

    cases = [
        case(square, [3.0, -1], [1.0, 10]),
        case(neighbours, [2.0, 1, -3], [5.0, -2]),
        case(square, [3.0, -1], [1.0, 10], step=0.5),
        case(cube, [[2.0, -1.5, 1]], [[1.0, 3, -2]]),
        case(cube, [2.0, -1], [1.0, 10], step=0.5),
    ]
    expect(numerical_gradient, like=utils.numerical_gradient, on=cases, rtol=1e-4, float32=False)

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
failure_message: The gradient of functions from images to images
""" # END TEST CONFIG
def test_numerical_gradient_for_all(numerical_gradient):
    from utils.check import case, draw, expect
    from utils.check.loops import differences

    def cube(x):
        return x * x * x

    def columns(x):
        return x.sum(0) * x[0]

    cubes = [
        case(cube, draw((2, 3, 2), seed=1), draw((2, 3, 2), seed=2)),
        case(cube, draw((3,), seed=3), draw((3,), seed=4), step=0.5),
    ]
    sums = case(columns, draw((3, 4), seed=5), draw((4,), seed=6))
    settings = {"about": "numerical_gradient", "rtol": 1e-4, "float32": False, "hidden": True}
    expect(numerical_gradient, like=differences.numerical_gradient, on=cubes, **settings)
    expect(numerical_gradient, like=differences.numerical_gradient, on=[sums], **settings)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# How small should the step be? Take the slope of $x^3$ at 2, which is 12, with thirteen steps from
# $10^{-1}$ down to $10^{-13}$, in float64. Which one gives the smallest error: $10^{-1}$, $10^{-5}$
# or $10^{-13}$?

# %% tags=["prediction"]
guess_step = "1e-13"  # "1e-1", "1e-5" or "1e-13"

# %% tags=["otter_ignore", "folded"]
steps = 10.0 ** -np.arange(1, 14)
errors = np.abs(((2 + steps) ** 3 - (2 - steps) ** 3) / (2 * steps) - 12)
best = min(("1e-1", "1e-5", "1e-13"), key=lambda name: errors[np.isclose(steps, float(name), rtol=1e-3, atol=0)][0])
if reveal("the best of the three steps", guess_step, best, choices=("1e-1", "1e-5", "1e-13"),
          why="A large step feels the bend of the curve. A tiny one leaves two values that differ in their last digits only."):
    figure, ax = plt.subplots(figsize=(6, 2.6))
    ax.loglog(steps, errors, "o-", color="#0b63b0")
    ax.invert_xaxis()
    ax.set_xlabel("step (smaller to the right)")
    ax.set_ylabel("error of the slope")
    ax.spines[["top", "right"]].set_visible(False)
    show(figure, "The error of the slope against the step, both on logarithmic scales. It falls until the step is about "
         "one hundred-thousandth, and rises again after that.")

# %% [markdown]
# In float64 a computer keeps about 16 digits, and there is a step that suits them. In float32, with its 7 digits, this check
# is almost useless, whatever the step. So check in float64.

# %% [raw]
# # BEGIN QUESTION
# name: q4c_ii
# path: more
# minutes: 4
# difficulty: 1
# explain: An error of +5 in one place and of -5 in another. What would the mean have said?

# %% [markdown]
# ### 4.c.ii · One number that says how wrong
#
# Write `worst_error(gradient, f, x, grad_output)`: the **largest** distance between a number of `gradient`
# and the number that your judge finds at the same place. Return one number, never below zero.
#
# The largest, and not the mean: one wrong corner must not hide among a thousand right numbers.
#
# <details><summary>Hint 1</summary>
#
# Call `numerical_gradient` first. Then compare two arrays of one shape.
#
# <details><summary>Hint 2</summary>
#
# The distance of two numbers has no sign: `np.abs`.
#
# <details><summary>Hint 3</summary>
#
# In which order: the sizes first, then the maximum, or the maximum first? Try both on the errors $(1, -5)$.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def worst_error(gradient, f, x, grad_output):
    """The largest distance between gradient and the numerical gradient of f at x."""
    return float(np.max(np.abs(gradient - numerical_gradient(f, x, grad_output))))  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: A right gradient, and a wrong one
""" # END TEST CONFIG
def test_worst_error(worst_error):
    from utils.check import case, expect
    from utils.check.references import backprop

    def square(x):
        return x * x

    x, grad_output = [3.0, -1], [1.0, 10]
    gradients = [6.0, -20], [6.5, -25], [5, -17]
    cases = [case(gradient, square, x, grad_output) for gradient in gradients]
    expect(worst_error, like=backprop.worst_error, on=cases, rtol=1e-4, atol=1e-5, float32=False)

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
failure_message: Errors in two places of an image
""" # END TEST CONFIG
def test_worst_error_for_all(worst_error):
    from utils.check import case, draw, expect
    from utils.check.references import backprop

    def cube(x):
        return x * x * x

    cases = []
    for place, error in [((0, 0), 7.0), ((1, 2), -7.0), ((2, 1), 0.01)]:
        x, grad_output = draw((3, 4), seed=place[1]), draw((3, 4), seed=9)
        gradient = 3 * x * x * grad_output
        gradient[place] += error
        gradient[2, 3] += error / 2
        cases.append(case(gradient, cube, x, grad_output))
    expect(worst_error, like=backprop.worst_error, on=cases, rtol=1e-4, atol=1e-4, float32=False, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## 4.d · The gradient with respect to the input
#
# Derive first, code later. The plan is always the same: **vary one number**, leave all others as they are, and ask
# which outputs move, and by how much.
#
# Begin with numbers. An image of zeros, and the kernel $\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}$. Now raise *one*
# pixel in the middle of the image by 1. Four outputs move. What do their changes look like, side by side?

# %% tags=["prediction"]
guess_pixel = "the kernel as it is"  # "the kernel as it is", "the kernel turned by 180°" or "four equal numbers"

# %% tags=["otter_ignore", "folded"]
def draw_numbers(ax, cells, blue, title):
    """A grid of numbers with a title; `blue` says which cells have a blue ground."""
    for (i, j), value in np.ndenumerate(cells):
        ground, ink = ("#0b63b0", "#ffffff") if blue[i, j] else ("none", "black")
        ax.add_patch(plt.Rectangle((j, i), 1, 1, facecolor=ground, edgecolor="black"))
        ax.text(j + 0.5, i + 0.5, f"{value:g}", ha="center", va="center", color=ink)
    ax.set(xlim=(-0.1, 5.1), ylim=(5.1, -0.1), aspect="equal")
    ax.set_title(title, fontsize=10, loc="left")
    ax.axis("off")


shapes_of_change = ("the kernel as it is", "the kernel turned by 180°", "four equal numbers")
one_pixel, counting = np.zeros((5, 5)), np.array([[1.0, 2], [3, 4]])
one_pixel[2, 2] = 1
change = utils.conv2d(one_pixel, counting)
truth = shapes_of_change[0 if np.array_equal(change[1:3, 1:3], counting) else 1]
if reveal("what the changes look like", guess_pixel, truth, choices=shapes_of_change,
          why="The output further up and to the left met the pixel with a weight further down and to the right."):
    figure, axes = plt.subplots(1, 3, figsize=(8, 2.6))
    draw_numbers(axes[0], one_pixel, one_pixel > 0, "one pixel is raised")
    draw_numbers(axes[1], counting, counting > 0, "the kernel")
    draw_numbers(axes[2], change, change > 0, "how the outputs change")
    show(figure, "Three grids. The image, five by five zeros with a 1 in the middle. The kernel, 1, 2 above 3, 4. The changes of "
         "the four by four outputs: zeros around a block with 4, 3 in its upper row and 2, 1 in its lower row.")

# %% [markdown]
# ### A worked line, in one dimension
#
# Now the same in letters. $w_m$ counts as 0 where the filter has no weight number $m$.
#
# 1. **Forwards.** $y_i = \sum_u x_{i+u}\, w_u$
# 2. **Vary one input, $x_p$.** In the sum for $y_i$ it stands where $i + u = p$. So it is multiplied by the weight
#    with $u = p - i$.
# 3. **How much does $y_i$ move?** That weight times as much: $\partial y_i/\partial x_p = w_{p-i}$
# 4. **Add up all paths to the loss.**
#
# $$\frac{\partial L}{\partial x_p} = \sum_i \delta_i \, \frac{\partial y_i}{\partial x_p} = \sum_i \delta_i\, w_{p-i}$$
#
# <!--screen-->The letters of the next question, for SymPy:<!--/screen-->

# %% tags=["screen"]
b, c, d, i, j, p, q, u, v = sp.symbols("b c d i j p q u v")

# %% [raw]
# # BEGIN QUESTION
# name: q4d_0
# path: core
# minutes: 6
# difficulty: 2
# worksheet: (d)
# misconceptions: [index-turned-around, channels-exchanged]
# explain: Which letters must be summed over, and how do you see it from the left side alone?
# unvaried: "its answer is indices in letters, and there are no numbers to draw: q4d_i asks the same with numbers"

# %% [markdown]
# ### 4.d.0 · In letters: vary one pixel
#
# **One channel, with blanks.** Forwards, $y_{i,j} = \sum_u \sum_v x_{i+u,\, j+v}\, w_{u,v}$. Vary one pixel, $x_{p,q}$.
# In the sum for $y_{i,j}$ it stands where $i+u = p$ and $\square = q$. So
#
# $$\frac{\partial L}{\partial x_{p,q}} = \sum_i \sum_j \delta_{i,j}\; w_{\square,\,\square}$$
#
# **Many images and channels, on your own.** Forwards, $y_{b,i,j,d} = \sum_u \sum_v \sum_c x_{b,\,i+u,\,j+v,\,c}\, w_{u,v,c,d}$.
# Vary one pixel of one channel of one image, $x_{b,p,q,c}$. The gradient is again a sum of products
# $\delta_{\square,\square,\square,\square}\; w_{\square,\square,\square,\square}$.
#
# Write the indices as tuples of letters. A tuple may hold formulas: `(i + u, j)`.
#
# - `weight_of_pixel`: the two indices of $w$ in the line for one channel
# - `delta_many`: the four indices of $\delta$ in the line for many channels
# - `weight_many`: the four indices of $w$ in that line. No $u$ and no $v$ are left in it
#
# <details><summary>Hint 1</summary>
#
# Go through the worked line once more, step by step. Only step 2 becomes longer: height and width each have an
# equation of their own.
#
# <details><summary>Hint 2</summary>
#
# Solve the two equations of step 2 for the place in the kernel. What you look for is a place in the *kernel*, given
# one in the input and one in the output.
#
# <details><summary>Hint 3</summary>
#
# Images do not mix: an output of image $b$ sees pixels of image $b$ only. And the weight between input channel $c$ and
# filter $d$ is the one that joined them forwards: its two last indices keep their order.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
weight_of_pixel = (p - i, q - j)  # SOLUTION
delta_many = (b, i, j, d)  # SOLUTION
weight_many = (p - i, q - j, c, d)  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The indices of the weight, for one channel
""" # END TEST CONFIG
def test_weight_of_pixel(weight_of_pixel):
    import sympy as sp

    from utils.check import case, expect
    from utils.check.references import indices

    expect(weight_of_pixel, like=indices.weight_of_pixel, on=case(*sp.symbols("p q i j")))

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The indices of delta, for many images and channels
""" # END TEST CONFIG
def test_delta_many(delta_many):
    import sympy as sp

    from utils.check import case, expect
    from utils.check.references import indices

    expect(delta_many, like=indices.delta_many, on=case(*sp.symbols("b i j d")))

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The indices of the weight, for many images and channels
""" # END TEST CONFIG
def test_weight_many(weight_many):
    import sympy as sp

    from utils.check import case, expect
    from utils.check.references import indices

    expect(weight_many, like=indices.weight_many, on=case(*sp.symbols("p q i j c d")))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# <details><summary>When you have your answer, compare: the whole line</summary>
#
# $$\frac{\partial L}{\partial x_{b,p,q,c}} = \sum_i \sum_j \sum_d \delta_{b,i,j,d}\; w_{p-i,\,q-j,\,c,\,d}$$
#
# The letters $b, p, q, c$ are on the left, so they are given; all others are summed over. $w$ counts as 0 where an
# index lies outside of the kernel.
#
# </details>

# %% [raw]
# # BEGIN QUESTION
# name: q4d_i
# path: more
# minutes: 4
# difficulty: 2
# worksheet: (d)
# misconceptions: [unflipped-dx, overwrite-overlap]
# explain: Why does the middle get something from all four deltas, and each corner from one?
# grid: 3x3
# setting: |
#   The same for images: $y_{i,j} = \sum_{h,k} w_{h,k}\, x_{i+h,\,j+k}$, and $\delta_{i,j} = \partial L/\partial y_{i,j}$.
# board: |
#   Delta by delta: each of the four sends itself times the kernel back to its own window. Where windows overlap, add.
#   $$2 \begin{pmatrix} 1 & -2 & 0 \\ 3 & 2 & 0 \\ 0 & 0 & 0 \end{pmatrix}
#   - \begin{pmatrix} 0 & 1 & -2 \\ 0 & 3 & 2 \\ 0 & 0 & 0 \end{pmatrix}
#   + \begin{pmatrix} 0 & 0 & 0 \\ 1 & -2 & 0 \\ 3 & 2 & 0 \end{pmatrix}
#   + 4 \begin{pmatrix} 0 & 0 & 0 \\ 0 & 1 & -2 \\ 0 & 3 & 2 \end{pmatrix}
#   = \begin{pmatrix} 2 & -5 & 2 \\ 7 & 3 & -10 \\ 3 & 14 & 8 \end{pmatrix}$$
# vary:
#   draw: {g: 2x2 of -2..3, w: 2x2 of -3..3}
#   where: 0 not in g[0] + g[1]
#   ask: >-
#     An image of 3 × 3 met the filter $w = {w}$, and its outputs send back $\delta = {g}$. What is the
#     gradient with respect to the image, as a list of lists?
#   about: conv2d_grad_input
#   case: g, w, (3, 3)
# numbers: {g: [[2, -1], [1, 4]], w: [[1, -2], [3, 2]]}

# %% [markdown]
# ### 4.d.i · Nine inputs, by hand
#
# A kernel of 2×2 has slid over an image of 3×3, and four deltas come back:
#
# $$w = {{q4d_i.w}} \qquad \delta = {{q4d_i.g}}$$
#
# Write the gradient with respect to the nine inputs<!--screen--> as a list of rows<!--/screen-->. Go pixel by pixel, or delta by delta.
#
# <details><summary>Hint 1</summary>
#
# Delta by delta: begin with nine zeros. Each delta sends itself times the kernel to its own window.
#
# <details><summary>Hint 2</summary>
#
# The delta ${{q4d_i.g[0][0]}}$ adds ${{q4d_i.[g[0][0] * v for v in w[0]]}}$ and ${{q4d_i.[g[0][0] * v for v in w[1]]}}$ to the window in
# the upper left corner. Where windows overlap, add.
#
# <details><summary>Hint 3</summary>
#
# Pixel by pixel: for the middle, $p = q = 1$. Your formula pairs $\delta_{0,0}$ with $w_{1,1}$, and $\delta_{0,1}$ with
# $w_{1,0}$. Which two pairs are left?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
# each delta sends itself times w to its window: 2·w, -1·w, 1·w and 4·w; where they overlap, add
grad_x_by_hand = [[2, -5, 2], [7, 3, -10], [3, 14, 8]]
# END SOLUTION
""" # BEGIN PROMPT
grad_x_by_hand = ...
""" # END PROMPT

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The gradient with respect to the nine inputs
""" # END TEST CONFIG
def test_grad_x_by_hand(grad_x_by_hand):
    import utils
    from utils.check import case, expect

    on = case({{q4d_i.g}}, {{q4d_i.w}}, (3, 3))
    expect(grad_x_by_hand, like=utils.conv2d_grad_input, on=on)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ### It slides again
#
# In $\sum_i \delta_i\, w_{p-i}$ one index goes up while the other goes down. As in problem 3, a window slides over $\delta$,
# and the kernel in it is turned around. At a corner only one pair is left, so a ring of zeros goes around the deltas.
#
# How wide must the ring be for a kernel of 3 rows and 5 columns? Give two numbers: the rows of zeros above, and the
# columns of zeros to the left.

# %% tags=["prediction"]
guess_ring = (3, 5)  # two whole numbers

# %% tags=["otter_ignore", "folded"]
wide = (9, 9)
ring = tuple((n + k - 1 - (n - k + 1)) // 2 for n, k in zip(wide, (3, 5), strict=True))
if reveal("the ring", guess_ring, ring, why="One less than the kernel, along each axis, as in problem 3."):
    deltas, turned = np.array([[5.0, -3], [2, 6]]), np.array([[4.0, 3], [2, 1]])
    padded = np.pad(deltas, 1)
    slid = utils.conv2d(padded, turned)
    figure, axes = plt.subplots(1, 3, figsize=(8, 2.6))
    draw_numbers(axes[0], padded, np.pad(deltas != 0, 1), "deltas in their ring of zeros")
    draw_numbers(axes[1], turned, turned > 0, "kernel 1 2 / 3 4, turned")
    draw_numbers(axes[2], slid, np.eye(3)[:, ::-1] * np.eye(3) > 0, "gradient of the 3×3 input")
    show(figure, "Three grids. The deltas 5, -3, 2, 6 as two by two, with a ring of zeros around them. The kernel turned by "
         "180°: 4, 3 above 2, 1. What the second makes when it slides over the first: three by three numbers, "
         f"{' / '.join(', '.join(f'{number:g}' for number in row) for row in slid)}, the middle one marked.")

# %% [markdown]
# ### And the channels?
#
# Forwards, output channel $d$ takes something from **every** input channel. Backwards, input channel $c$
# takes something back from **every** output channel. The block that joins $c$ and $d$ is the same both ways:
# `w[:, :, c, d]`.

# %% tags=["otter_ignore", "folded"]
def draw_channels(ax, back, C=2, D=3):
    """The paths between C input channels and D output channels; those of one channel are thick."""
    inputs = [(0, D - 1.5 - c) for c in range(C)]
    outputs = [(1, D - 1 - d) for d in range(D)]
    for c, d in np.ndindex(C, D):
        strong = (c if back else d) == 0
        style = {"color": "#0b63b0" if strong else "#888888", "linewidth": 2.5 if strong else 1}
        ends = (inputs[c], outputs[d]) if back else (outputs[d], inputs[c])
        ax.annotate("", *ends, arrowprops={"arrowstyle": "->", "shrinkA": 25, "shrinkB": 25, **style})
    for name, places in (("input", inputs), ("output", outputs)):
        for number, (x, y) in enumerate(places):
            ax.text(x, y, f"{name} {number}", ha="center", va="center", bbox={"facecolor": "none"})
    ax.set(xlim=(-0.3, 1.3), ylim=(-0.4, D - 0.6))
    ax.set_title("backwards, to input 0" if back else "forwards, to output 0", fontsize=10)
    ax.axis("off")


figure, (left, right) = plt.subplots(1, 2, figsize=(8, 2.6))
draw_channels(left, back=False)
draw_channels(right, back=True)
show(figure, "Two input channels and three output channels, with an arrow between each pair. On the left the arrows go to "
     "the outputs, and the two that end at output 0 are thick. On the right they go to the inputs, and the three that "
     "end at input 0 are thick.")

# %% [raw]
# # BEGIN QUESTION
# name: q4d_ii
# path: core
# minutes: 3
# difficulty: 2
# worksheet: (d)
# misconceptions: channels-not-swapped
# explain: A swap and a reversal both move channels. What would a reversal have done to channel 0?
# also: return np.flip(w, (0, 1)).transpose(0, 1, 3, 2)

# %% [markdown]
# ### 4.d.ii · Is this right?
#
# A claim: *"Turn the kernel around in space, and slide it over the deltas in their ring. If a layer has as many filters as
# input channels, so that the shapes fit, what comes out is the gradient with respect to the input."* Is this right?

# %% tags=["prediction"]
guess_turn = True  # True or False: with as many filters as channels, that is the gradient

# %% tags=["otter_ignore"]
two_deltas, two_by_two = np.array([[[[1.0, 0]]]]), np.array([[[[1.0, 5], [0, 2]]]])  # one pixel, a 1×1 kernel
claimed = utils.conv2d(two_deltas, two_by_two).ravel()
true_gradient = utils.conv2d_grad_input(two_deltas, two_by_two, (1, 1, 1, 2)).ravel()
reveal("it is the gradient", guess_turn, bool(np.allclose(claimed, true_gradient)),
       why=f"One pixel, a 1×1 kernel with w[0, 0] = [[1, 5], [0, 2]], deltas (1, 0): the claim gives {claimed.tolist()}, right is "
       f"{true_gradient.tolist()}. Filter 0 took nothing from channel 1, and has nothing to give back to it.");

# %% [markdown]
# Write `backward_kernel(w)`: the kernel that slides over the deltas, for any number of channels and filters. It reads the
# channels of the *output*, and it writes the channels of the *input*.
#
# <details><summary>Hint 1</summary>
#
# What goes in has `D` channels now, what comes out has `C`. Which shape must a kernel have for that?
#
# <details><summary>Hint 2</summary>
#
# So two axes change places, which ones? And what the claim says about space is right.
#
# <details><summary>Hint 3</summary>
#
# NumPy's `swapaxes` and `transpose` both let axes change places. Do not *reverse* the channels: channel 0 stays
# channel 0.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def backward_kernel(w):
    """The kernel (kH, kW, D, C) that takes the deltas back to the input, from w (kH, kW, C, D)."""
    return w[::-1, ::-1].swapaxes(2, 3)  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The kernel of the way back, small
""" # END TEST CONFIG
def test_backward_kernel(backward_kernel):
    from utils.check import case, draw, expect
    from utils.check.references import backprop

    cases = [case(draw((2, 2, 1, 1), seed=1)), case(draw((1, 1, 2, 2), seed=2)), case(draw((2, 3, 1, 2), seed=3))]
    expect(backward_kernel, like=backprop.backward_kernel, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
failure_message: The kernel of the way back, any shape
""" # END TEST CONFIG
def test_backward_kernel_for_all(backward_kernel):
    from utils.check import case, draw, expect
    from utils.check.loops import windows

    shapes = [(3, 3, 2, 2), (2, 4, 3, 1), (1, 5, 4, 6), (3, 2, 3, 3)]
    cases = [case(draw(shape, seed=i)) for i, shape in enumerate(shapes)]
    expect(backward_kernel, like=windows.backward_kernel, on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q4d_iii
# path: core
# minutes: 5
# difficulty: 3
# worksheet: (d)
# misconceptions: [valid-not-full, channels-not-swapped, overwrite-overlap]
# explain: Where in your code is the sum over all filters d?
# also: |
#   dx = np.zeros(input_shape, dtype=grad_output.dtype)
#   oH, oW = grad_output.shape[1:3]
#   for u in range(w.shape[0]):
#       for v in range(w.shape[1]):
#           dx[:, u : u + oH, v : v + oW] += grad_output @ w[u, v].T
#   return dx

# %% [markdown]
# ### 4.d.iii · The gradient with respect to the input, stride 1
#
# Write `grad_input(grad_output, w, input_shape)` for stride 1, no padding. The result has the shape
# `input_shape`, which is `(B, H, W, C)`. For the sliding you may call `utils.conv2d`, or your own `slide2d`.
#
# <details><summary>Hint 1</summary>
#
# Three steps: the ring of zeros, the backward kernel, the sliding.
#
# <details><summary>Hint 2</summary>
#
# `np.pad` takes one pair for each axis. `np.pad(a, ((0, 0), (2, 2), (3, 3), (0, 0)))` adds two rows above and below, three
# columns left and right, and leaves batch and channels alone.
#
# <details><summary>Hint 3</summary>
#
# How wide is the ring for a kernel of `kH` rows? And for one of a single row?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def grad_input(grad_output, w, input_shape):
    """From grad_output (B, oH, oW, D) and w (kH, kW, C, D) to the gradient of x (B, H, W, C)."""
    # BEGIN SOLUTION
    kH, kW = w.shape[:2]
    ring = ((0, 0), (kH - 1, kH - 1), (kW - 1, kW - 1), (0, 0))
    return utils.conv2d(np.pad(grad_output, ring), backward_kernel(w))
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The gradient with respect to small images
""" # END TEST CONFIG
def test_grad_input(grad_input):
    import utils
    from utils.check import case, draw, expect

    cases = [
        case(draw((1, 2, 2, 1), seed=1), draw((2, 2, 1, 1), seed=2), (1, 3, 3, 1)),
        case(draw((1, 2, 3, 2), seed=3), draw((2, 3, 3, 2), seed=4), (1, 3, 5, 3)),
        case(draw((2, 3, 2, 4), seed=5), draw((3, 2, 3, 4), seed=6), (2, 5, 3, 3)),
    ]
    expect(grad_input, like=utils.conv2d_grad_input, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 3
hidden: true
failure_message: The gradient with respect to batches with many channels, also in float32
""" # END TEST CONFIG
def test_grad_input_for_all(grad_input):
    from utils.check import case, draw, expect
    from utils.check.loops import windows

    sizes = [(1, 5, 4, 1, 2, 3, 2), (2, 4, 6, 3, 1, 4, 2), (3, 3, 3, 2, 3, 3, 4), (2, 5, 4, 3, 2, 2, 3)]
    cases = [case(draw((B, H - kH + 1, W - kW + 1, D), seed=H), draw((kH, kW, C, D), seed=30 + kW), (B, H, W, C))
             for B, H, W, C, kH, kW, D in sizes]
    expect(grad_input, like=windows.conv_grad_input, about="conv2d_grad_input", on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# <details><summary>When you have your answer, compare: the formula in short</summary>
#
# Write $w^\top$ for the **transposed kernel**, turned in space and with its channels swapped:
#
# $$w^\top_{u,v,d,c} = w_{k_H-1-u,\; k_W-1-v,\; c,\; d}$$
#
# Write $\star$ for sliding a kernel as it is, and $\text{pad}(\delta)$ for the deltas in their ring of zeros. Then the
# long line of 4.d.0 says
#
# $$\frac{\partial L}{\partial x} = \text{pad}(\delta) \star w^\top$$
#
# "Transposed" is the right word: this is $W^\top \delta$ with the matrix $W$ of problem 2, and where a library offers
# a *transposed convolution*, it means this.
#
# </details>

# %% [raw]
# # BEGIN QUESTION
# name: q4d_iv
# path: more
# minutes: 7
# difficulty: 3
# worksheet: (d)
# explain: The kernel was turned twice. What does that leave?
# also: |
#   ring = [(0, 0), *((k - 1, k - 1) for k in w.shape[:2]), (0, 0)]
#   return slide2d(np.pad(grad_output, ring), w.swapaxes(2, 3))

# %% [markdown]
# ### 4.d.iv · Is this right?
#
# Suppose the forward pass was a **true convolution**, the formula with the minus signs. A claim about the gradient with
# respect to the input: *"Take the same operation as in the forward pass, whichever it is. Put the deltas in their ring,
# and give it the kernel **turned around**."* Does it hold for both?<!--screen--> Finite differences will tell.<!--/screen-->

# %% tags=["prediction"]
guess_one_rule = False  # True or False: the claim holds for both

# %% tags=["otter_ignore", "folded"]
image = np.array([[1.0, 0, 2], [2, -1, 3], [0, 4, 1]])
kernel = np.array([[2.0, -1], [1, 4]])
deltas = np.array([[3.0, 1], [-2, 2]])
holds = []
for operation in (utils.conv2d, utils.true_convolution):
    claimed = operation(np.pad(deltas, 1), kernel[::-1, ::-1])
    judge = utils.numerical_gradient(lambda x, op=operation: op(x, kernel), image, deltas)
    holds.append(np.allclose(claimed, judge))
reveal("the claim holds for both", guess_one_rule, all(holds),
       why="One rule with two meanings: a true convolution turns the kernel a second time.");

# %% [markdown]
# Now write `true_grad_input(grad_output, w, input_shape)`: the gradient with respect to the input when the forward pass
# was a true convolution. Stride 1, no padding. Use your `grad_input`.
#
# <details><summary>Hint 1</summary>
#
# A true convolution with `w` is a sliding sum with the turned kernel. You know the gradient of a sliding sum.
#
# <details><summary>Hint 2</summary>
#
# So call `grad_input`, and give it the kernel that has really been slid.
#
# <details><summary>Hint 3</summary>
#
# Which axes of `w` are turned for that, and which must stay? 4.b.ii asked the same.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def true_grad_input(grad_output, w, input_shape):
    """The gradient with respect to the input of true_convolution: (B, H, W, C)."""
    return grad_input(grad_output, w[::-1, ::-1], input_shape)  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The gradient with respect to the input of a true convolution, small
""" # END TEST CONFIG
def test_true_grad_input(true_grad_input):
    from utils.check import case, draw, expect
    from utils.check.references import backprop

    cases = [
        case(draw((1, 3, 2, 1), seed=1), draw((2, 2, 1, 1), seed=2), (1, 4, 3, 1)),
        case(draw((2, 2, 3, 2), seed=3), draw((2, 3, 3, 2), seed=4), (2, 3, 5, 3)),
        case(draw((1, 2, 2, 1), seed=5), draw((3, 2, 2, 1), seed=6), (1, 4, 3, 2)),
    ]
    expect(true_grad_input, like=backprop.true_grad_input, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
failure_message: The gradient with respect to the input of a true convolution, batches with many channels
""" # END TEST CONFIG
def test_true_grad_input_for_all(true_grad_input):
    from utils.check import case, draw, expect
    from utils.check.loops import windows

    sizes = [(1, 5, 4, 1, 2, 3, 2), (2, 4, 6, 3, 1, 4, 2), (2, 3, 5, 2, 3, 2, 2)]
    cases = [case(draw((B, H - kH + 1, W - kW + 1, D), seed=H), draw((kH, kW, C, D), seed=80 + kW), (B, H, W, C))
             for B, H, W, C, kH, kW, D in sizes]
    expect(true_grad_input, like=windows.true_grad_input, on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## 4.e · The gradient with respect to the kernel
#
# Again: vary one number. This time it is **one weight**. Two images of $5\times4$ with one channel go through three
# filters of 2×2: stride 1, no padding. You raise *one* weight of filter 0. How many outputs move?

# %% tags=["prediction"]
guess_moved = 12  # a whole number

# %% tags=["otter_ignore"]
two_images, three_filters = np.arange(1.0, 41).reshape(2, 5, 4, 1), np.zeros((2, 2, 1, 3))
raised = three_filters.copy()
raised[1, 0, 0, 0] += 1
moved = utils.conv2d(two_images, raised) - utils.conv2d(two_images, three_filters)
reveal("the outputs that move", guess_moved, np.count_nonzero(moved),
       why=f"All of channel 0, in both images: {moved[..., 0].size} of {moved.size}. Weights are shared by all windows.");

# %% [markdown]
# ### A worked line, in one dimension
#
# 1. **Forwards.** $y_i = \sum_u x_{i+u}\, w_u$
# 2. **Vary one weight, $w_u$.** It stands in the sum for *every* $y_i$, beside the input $x_{i+u}$.
# 3. **How much does $y_i$ move?** $\partial y_i/\partial w_u = x_{i+u}$
# 4. **Add up all paths to the loss.**
#
# $$\frac{\partial L}{\partial w_u} = \sum_i \delta_i\, x_{i+u}$$

# %% tags=["screen"]
b, c, d, i, j, u, v = sp.symbols("b c d i j u v")

# %% [raw]
# # BEGIN QUESTION
# name: q4e_0
# path: core
# minutes: 4
# difficulty: 2
# worksheet: (e)
# misconceptions: [index-turned-around, batch-not-summed]
# explain: The gradient with respect to a pixel is a sum over filters. Why is this one a sum over images?
# unvaried: "its answer is indices in letters, and there are no numbers to draw: q4e_i asks the same with numbers"

# %% [markdown]
# ### 4.e.0 · In letters: vary one weight
#
# **One channel, with blanks.** Forwards, $y_{i,j} = \sum_u \sum_v x_{i+u,\, j+v}\, w_{u,v}$. Vary one weight, $w_{u,v}$:
#
# $$\frac{\partial L}{\partial w_{u,v}} = \sum_i \sum_j \delta_{i,j}\; x_{\square,\,\square}$$
#
# **Many images and channels, on your own.** Forwards, $y_{b,i,j,d} = \sum_u \sum_v \sum_c x_{b,\,i+u,\,j+v,\,c}\, w_{u,v,c,d}$.
# Vary one weight, $w_{u,v,c,d}$, and write the gradient as a sum of products $\delta_{b,i,j,d}\; x_{\square,\square,\square,\square}$.
#
# - `input_of_weight`: the two indices of $x$ in the line for one channel
# - `input_many`: the four indices of $x$ in the line for many channels
# - `summed_over`: the letters that are summed over in that line, in the order of the alphabet and as one text. In
#   4.d.0 it would have been `"dij"`
#
# <details><summary>Hint 1</summary>
#
# Look into the sum for $y$. Which $x$ does the weight that you vary multiply?
#
# <details><summary>Hint 2</summary>
#
# The letters on the left of a formula are given. Every other letter has to be summed over.
#
# <details><summary>Hint 3</summary>
#
# There are seven letters in all: $b, c, d, i, j, u, v$. Four of them name the weight.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
input_of_weight = (i + u, j + v)  # SOLUTION
input_many = (b, i + u, j + v, c)  # SOLUTION
summed_over = "bij"  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The indices of the input, for one channel
""" # END TEST CONFIG
def test_input_of_weight(input_of_weight):
    import sympy as sp

    from utils.check import case, expect
    from utils.check.references import indices

    expect(input_of_weight, like=indices.input_of_weight, on=case(*sp.symbols("u v i j")))

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The indices of the input, for many images and channels
""" # END TEST CONFIG
def test_input_many(input_many):
    import sympy as sp

    from utils.check import case, expect
    from utils.check.references import indices

    expect(input_many, like=indices.input_many, on=case(*sp.symbols("b u v i j c")))

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The letters that are summed over
""" # END TEST CONFIG
def test_summed_over(summed_over):
    from utils.check import case, expect
    from utils.check.references import indices

    expect(summed_over, like=indices.summed_over, on=case("bijd", "uvcd"))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# <details><summary>When you have your answer, compare: the whole line</summary>
#
# $$\frac{\partial L}{\partial w_{u,v,c,d}} = \sum_b \sum_i \sum_j \delta_{b,i,j,d}\; x_{b,\,i+u,\,j+v,\,c}$$
#
# Both indices go **up** together. So nothing is turned: each channel of $\delta$ slides over each channel of $x$, as it
# is, and the images are added up. For one channel, in short: $\partial L/\partial w = x \star \delta$.
#
# </details>

# %% [raw]
# # BEGIN QUESTION
# name: q4e_i
# path: more
# minutes: 4
# difficulty: 1
# worksheet: (e)
# misconceptions: flipped-dw
# explain: Why are there four numbers, when the image has nine and the deltas four?
# grid: 2x2
# setting: |
#   Again $y_{i,j} = \sum_{h,k} w_{h,k}\, x_{i+h,\,j+k}$, with $\delta_{i,j} = \partial L/\partial y_{i,j}$.
# board: |
#   Each weight meets four inputs, one for each delta. Slide $\delta$ over $x$ as it is:
#   $$\begin{pmatrix}
#   2\cdot 2 - 1 + 3 - 4 & 2 \cdot 1 - 0 - 1 + 4 \\
#   2\cdot 3 + 1 + 0 + 4\cdot 2 & -2 - 1 + 2 + 4\cdot 3
#   \end{pmatrix} = \begin{pmatrix} 2 & 5 \\ 15 & 11 \end{pmatrix}$$
# vary:
#   draw: {g: 2x2 of -2..3, x: 3x3 of -3..3}
#   where: 0 not in g[0] + g[1]
#   ask: >-
#     The image was $x = {x}$, and the outputs of a 2 × 2 filter send back $\delta = {g}$. What is the
#     gradient with respect to the filter, as a list of lists?
#   about: conv2d_grad_weight
#   case: g, x, (2, 2)
# numbers: {g: [[2, -1], [1, 4]], x: [[2, 1, 0], [3, -1, 1], [0, 2, 3]]}

# %% [markdown]
# ### 4.e.i · Four weights, by hand
#
# An image, and the deltas that came back for its four windows of 2×2:
#
# $$x = {{q4e_i.x}} \qquad \delta = {{q4e_i.g}}$$
#
# Write the gradient with respect to the four weights<!--screen--> as a list of rows<!--/screen-->.
#
# <details><summary>Hint 1</summary>
#
# The weight in the upper left corner meets the four inputs ${{q4e_i.tuple(x[0][:2] + x[1][:2])}}$. Which delta belongs to each?
#
# <details><summary>Hint 2</summary>
#
# Its gradient begins with ${{q4e_i.bracketed(g[0][0])}}\cdot {{q4e_i.bracketed(x[0][0])}} + {{q4e_i.bracketed(g[0][1])}}\cdot {{q4e_i.bracketed(x[0][1])}} + \dots$
#
# <details><summary>Hint 3</summary>
#
# It is as if $\delta$ were a filter that slides over $x$, as it is.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
# upper left: 2·2 + (-1)·1 + 1·3 + 4·(-1) = 2; the deltas slide over x for the others
grad_w_by_hand = [[2, 5], [15, 11]]
# END SOLUTION
""" # BEGIN PROMPT
grad_w_by_hand = ...
""" # END PROMPT

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The gradient with respect to the four weights
""" # END TEST CONFIG
def test_grad_w_by_hand(grad_w_by_hand):
    import utils
    from utils.check import case, expect

    on = case({{q4e_i.g}}, {{q4e_i.x}}, (2, 2))
    expect(grad_w_by_hand, like=utils.conv2d_grad_weight, on=on)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q4e_ii
# path: more
# minutes: 5
# difficulty: 2
# worksheet: (e)
# misconceptions: [flipped-dw, channels-not-swapped]
# explain: Which of the sums over b, i and j does NumPy do for you, and in which line?
# also: |
#   pairs = x[:, u : u + oH, v : v + oW].reshape(-1, C), grad_output.reshape(-1, D)
#   dw[u, v] = pairs[0].T @ pairs[1]  # one matrix product in place of einsum

# %% [markdown]
# ### 4.e.ii · Batches and channels
#
# Write `grad_weight(grad_output, x, kernel_shape)` for stride 1, no padding. The result has the shape
# `kernel_shape`, which is `(kH, kW, C, D)`.
#
# <details><summary>Hint 1</summary>
#
# Go through the places `(u, v)` of the kernel. Which block of `x` did the weight at this place meet? It is as high and as
# wide as the output.
#
# <details><summary>Hint 2</summary>
#
# That block has the axes `(B, oH, oW, C)`, the deltas have `(B, oH, oW, D)`. Multiply each channel of the one by each
# channel of the other, and add up over the first three axes.
#
# <details><summary>Hint 3</summary>
#
# `np.einsum` speaks in letters. `np.einsum("ijc,ijd->cd", first, second)` would do it for a single image. Which letter is
# missing?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def grad_weight(grad_output, x, kernel_shape):
    """From grad_output (B, oH, oW, D) and x (B, H, W, C) to the gradient of w (kH, kW, C, D)."""
    # BEGIN SOLUTION
    oH, oW = grad_output.shape[1:3]
    dw = np.zeros(kernel_shape, dtype=x.dtype)
    for u in range(kernel_shape[0]):
        for v in range(kernel_shape[1]):
            dw[u, v] = np.einsum("bijc,bijd->cd", x[:, u : u + oH, v : v + oW], grad_output)
    return dw
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The gradient with respect to small kernels
""" # END TEST CONFIG
def test_grad_weight(grad_weight):
    import utils
    from utils.check import case, draw, expect

    cases = [
        case(draw((1, 2, 2, 1), seed=1), draw((1, 3, 3, 1), seed=2), (2, 2, 1, 1)),
        case(draw((1, 2, 3, 2), seed=3), draw((1, 3, 5, 2), seed=4), (2, 3, 2, 2)),
        case(draw((2, 3, 2, 3), seed=5), draw((2, 5, 3, 4), seed=6), (3, 2, 4, 3)),
    ]
    expect(grad_weight, like=utils.conv2d_grad_weight, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 3
hidden: true
failure_message: The gradient with respect to kernels with many channels, also in float32
""" # END TEST CONFIG
def test_grad_weight_for_all(grad_weight):
    from utils.check import case, draw, expect
    from utils.check.loops import windows

    sizes = [(1, 5, 4, 1, 2, 3, 2), (2, 4, 6, 3, 1, 4, 2), (3, 3, 3, 2, 3, 3, 4), (2, 5, 4, 3, 2, 2, 3)]
    cases = [case(draw((B, H - kH + 1, W - kW + 1, D), seed=H), draw((B, H, W, C), seed=30 + kW), (kH, kW, C, D))
             for B, H, W, C, kH, kW, D in sizes]
    expect(grad_weight, like=windows.conv_grad_weight, about="conv2d_grad_weight", on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q4e_iii
# path: more
# minutes: 6
# difficulty: 3
# worksheet: (e)
# misconceptions: not-flipped
# explain: Turn the result, or reflect the image and the deltas first. Why does it come to the same?
# also: return grad_weight(grad_output[:, ::-1, ::-1], x[:, ::-1, ::-1], kernel_shape)

# %% [markdown]
# ### 4.e.iii · Is this right?
#
# Back to the true convolution. For the input, one rule served both operations. A claim about the kernel: *"Here, too:
# take the same operation as in the forward pass, and let the deltas slide over the input with it."* Does it hold when
# the forward pass was a true convolution?

# %% tags=["prediction"]
guess_kernel_rule = True  # True or False: it holds for a true convolution

# %% tags=["otter_ignore", "folded"]
image = np.array([[1.0, 0, 2], [2, -1, 3], [0, 4, 1]])
kernel = np.array([[2.0, -1], [1, 4]])
deltas = np.array([[3.0, 1], [-2, 2]])
claimed = utils.true_convolution(image, deltas)
judge = utils.numerical_gradient(lambda w: utils.true_convolution(image, w), kernel, deltas)
if reveal("it holds for a true convolution", guess_kernel_rule, np.allclose(claimed, judge)):
    print("the claim:                        ", claimed.tolist())
    print("finite differences:               ", np.round(judge, 6).tolist())
    print("the deltas slid over x as they are:", utils.conv2d(image, deltas).tolist())

# %% [markdown]
# <!--screen-->Compare the last two lines: what has happened to the four numbers? <!--/screen-->Now write
# `true_grad_weight(grad_output, x, kernel_shape)`: the gradient with respect to the kernel when the forward pass was a
# true convolution. Use your `grad_weight`.
#
# <details><summary>Hint 1</summary>
#
# A true convolution turns the kernel and then slides it. `grad_weight` gives you the gradient with respect to the
# **turned** kernel.
#
# <details><summary>Hint 2</summary>
#
# The number for the upper left corner of the turned kernel belongs to the lower right corner of `w`.
#
# <details><summary>Hint 3</summary>
#
# So one thing has to be done with the *result*, in space only.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def true_grad_weight(grad_output, x, kernel_shape):
    """The gradient with respect to the kernel of true_convolution: (kH, kW, C, D)."""
    return grad_weight(grad_output, x, kernel_shape)[::-1, ::-1]  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The gradient with respect to the kernel of a true convolution, small
""" # END TEST CONFIG
def test_true_grad_weight(true_grad_weight):
    from utils.check import case, draw, expect
    from utils.check.references import backprop

    cases = [
        case(draw((1, 2, 2, 1), seed=1), draw((1, 3, 3, 1), seed=2), (2, 2, 1, 1)),
        case(draw((2, 2, 3, 2), seed=3), draw((2, 3, 5, 3), seed=4), (2, 3, 3, 2)),
    ]
    expect(true_grad_weight, like=backprop.true_grad_weight, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
failure_message: The gradient with respect to the kernel of a true convolution, batches with many channels
""" # END TEST CONFIG
def test_true_grad_weight_for_all(true_grad_weight):
    from utils.check import case, draw, expect
    from utils.check.loops import windows

    sizes = [(1, 5, 4, 1, 2, 3, 2), (2, 4, 6, 3, 1, 4, 2), (2, 3, 5, 2, 3, 2, 2)]
    cases = [case(draw((B, H - kH + 1, W - kW + 1, D), seed=H), draw((B, H, W, C), seed=80 + kW), (kH, kW, C, D))
             for B, H, W, C, kH, kW, D in sizes]
    expect(true_grad_weight, like=windows.true_grad_weight, on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## The two convolutions, once and for all
#
# Deep learning slides the filter as it is: *cross-correlation*. Elsewhere a *true convolution* turns it around first, and then
# the formula has a minus. The derivation is the same work with other signs: if $y_i = \sum_u x_{i-u}\, w_u$, then $x_p$ stands
# beside the weight with $u = i - p$, and $w_u$ beside $x_{i-u}$.
#
# | | forwards | with respect to $x$ | with respect to $w$ |
# |---|---|---|---|
# | cross-correlation | $y_i = \sum_u x_{i+u}\, w_u$ | $\sum_i \delta_i\, w_{p-i}$ | $\sum_i \delta_i\, x_{i+u}$ |
# | true convolution | $y_i = \sum_u x_{i-u}\, w_u$ | $\sum_i \delta_i\, w_{i-p}$ | $\sum_i \delta_i\, x_{i-u}$ |
#
# Look at the last formula. The index of $\delta$ and that of $x$ go up together, but $u$ has a minus. Some texts write
# this as a convolution of $\delta$ with $\tilde X$, the image **reflected**: turned by 180°, so that its last pixel
# comes first. For which forward pass is the true convolution of $\tilde X$ with $\delta$ the gradient with respect to the
# kernel?

# %% tags=["prediction"]
guess_reflected = "both"  # "cross-correlation", "true convolution", "both" or "neither"

# %% tags=["otter_ignore", "folded"]
image = np.array([[1.0, 0, 2], [2, -1, 3], [0, 4, 1]])
kernel = np.array([[2.0, -1], [1, 4]])
deltas = np.array([[3.0, 1], [-2, 2]])


def turn(a):
    return a[::-1, ::-1]


meanings = {"cross-correlation": utils.conv2d, "true convolution": utils.true_convolution}
judged = {name: utils.numerical_gradient(lambda w, op=op: op(image, w), kernel, deltas) for name, op in meanings.items()}
fits = [name for name in meanings if np.allclose(judged[name], utils.true_convolution(turn(image), deltas))]
truth = "both" if len(fits) == 2 else fits[0] if fits else "neither"
if reveal("the forward pass whose gradient it is", guess_reflected, truth, choices=(*meanings, "both", "neither")):
    for name, op in meanings.items():
        dx = utils.numerical_gradient(lambda x, op=op: op(x, kernel), image, deltas)
        rules = {
            "x: same operation, deltas in their ring, kernel turned": (op(np.pad(deltas, 1), turn(kernel)), dx),
            "w: the deltas slide over x as they are": (utils.conv2d(image, deltas), judged[name]),
            "w: the deltas slide over x, the result is turned": (turn(utils.conv2d(image, deltas)), judged[name]),
            "w: true convolution of reflected x with the deltas": (
                utils.true_convolution(turn(image), deltas), judged[name]),
        }
        print(f"The forward pass is a {name}. With respect to")
        for rule, (claimed, judge) in rules.items():
            print("   yes " if np.allclose(claimed, judge) else "   no  ", rule)

# %% [markdown]
# <details><summary>When you have looked: the answer in one table</summary>
#
# Write $\star$ for sliding a kernel as it is, $*$ for true convolution,
# $\tilde w$ for the kernel turned by 180°, and $\text{pad}(\delta)$ for the deltas in their ring:
#
# | | forwards | with respect to $x$ | with respect to $w$ |
# |---|---|---|---|
# | cross-correlation | $x \star w$ | $\text{pad}(\delta) \star \tilde w$ | $x \star \delta$ |
# | true convolution | $x * w$ | $\text{pad}(\delta) * \tilde w$ | $\tilde X * \delta$, which is $x \star \delta$ turned |
#
# (With many channels $\tilde w$ becomes $w^\top$: the channels change places, too.) The column in the middle looks the
# same in both rows. The last one does not. When you read a formula, first find out in which row its author lives: a
# plus or a minus in the index of $x$ tells you.
#
# </details>

# %% [markdown]
# ## 4.f · The biases
#
# *◇ more*
#
# Each filter has one bias. It is added to **every** number of its output channel, in every image of the batch.

# %% [raw]
# # BEGIN QUESTION
# name: q4f
# path: more
# minutes: 2
# difficulty: 1
# misconceptions: bias-averaged
# explain: The batch becomes twice as large. What happens to this gradient, and why?
# also: return np.einsum("bijd->d", grad_output)

# %% [markdown]
# ### 4.f · Is this right?
#
# A claim: *"Once the deltas are known, the gradient with respect to the biases depends neither on the image nor on the
# kernel."*

# %% tags=["prediction"]
guess_bias = False  # True or False

# %% tags=["otter_ignore"]
some_deltas = np.array([[[[1.0, 2]], [[-3, 5]]]])  # one image, two rows, one column, two filters
found = [utils.numerical_gradient(lambda bias, x=x, w=w: utils.conv2d(x, w, bias), np.zeros(2), some_deltas)
         for x, w in [(np.ones((1, 3, 2, 1)), np.ones((2, 2, 1, 2))), (np.full((1, 3, 2, 1), 7.0), np.full((2, 2, 1, 2), -4.0))]]
reveal("it depends on neither", guess_bias, np.allclose(*found, atol=1e-4),
       why="A bias is only added, so every output moves by exactly as much as it does.");

# %% [markdown]
# Write `conv2d_grad_bias(grad_output)`: one number for each filter.
#
# <details><summary>Hint 1</summary>
#
# Vary one bias. Which outputs move, and by how much?
#
# <details><summary>Hint 2</summary>
#
# The result has the shape `(D,)`. Which of the four axes of `grad_output` must go?
#
# <details><summary>Hint 3</summary>
#
# NumPy's sums take a tuple of axes. The batch is one of them: every image uses the same bias.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def conv2d_grad_bias(grad_output):
    """The gradient with respect to the biases (D,) from grad_output (B, oH, oW, D)."""
    return grad_output.sum(axis=(0, 1, 2))  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The gradient with respect to a few biases
""" # END TEST CONFIG
def test_grad_bias(conv2d_grad_bias):
    import utils
    from utils.check import case, draw, expect

    cases = [case(draw((1, 2, 2, 1), seed=1)), case(draw((3, 2, 4, 2), seed=2)), case(draw((2, 4, 3, 5), seed=3))]
    expect(conv2d_grad_bias, like=utils.conv2d_grad_bias, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
failure_message: The gradient with respect to many biases, also in float32
""" # END TEST CONFIG
def test_grad_bias_for_all(conv2d_grad_bias):
    from utils.check import case, draw, expect
    from utils.check.loops import windows

    cases = [case(draw(shape, seed=shape[1])) for shape in [(1, 3, 4, 1), (3, 2, 5, 4), (4, 4, 4, 4), (5, 1, 1, 3)]]
    expect(conv2d_grad_bias, like=windows.conv_grad_bias, about="conv2d_grad_bias", on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## 4.g · The whole layer, with stride and padding
#
# *◇ more*
#
# From here on, `stride` and `padding` are pairs: the first number is for the height, the second for the
# width. So `stride=(2, 3)` moves the window 2 down or 3 to the right.
#
# <!--screen-->Set stride and padding in the picture, and switch to *backward: dx*. Which inputs get nothing back?<!--/screen-->

# %% tags=["otter_ignore"]
explore.conv(stride=2, padding=1)

# %% [raw]
# # BEGIN QUESTION
# name: q4g_i
# path: more
# minutes: 7
# difficulty: 2
# worksheet: 0.1
# explain: Computing all outputs and keeping every second row and column wastes how much of the work?

# %% [markdown]
# ### 4.g.i · Forwards
#
# Write `conv2d(x, w, bias=None, stride=(1, 1), padding=(0, 0))`. Use your `slide2d` for the sliding. With `bias=None`
# nothing is added. Leave `x` as it was.
#
# <details><summary>Hint 1</summary>
#
# Four steps: pad, slide, keep some, add the bias.
#
# <details><summary>Hint 2</summary>
#
# A stride of 2 keeps every second output. A slice with a step does that, along one axis or along several.
#
# <details><summary>Hint 3</summary>
#
# `bias` has the shape `(D,)`, and the channels are the last axis. What does NumPy do with `y + bias`?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def conv2d(x, w, bias=None, stride=(1, 1), padding=(0, 0)):
    """The layer's output (B, oH, oW, D) from x (B, H, W, C), w (kH, kW, C, D) and bias (D,)."""
    # BEGIN SOLUTION
    pH, pW = padding
    padded = np.pad(x, ((0, 0), (pH, pH), (pW, pW), (0, 0)))
    y = slide2d(padded, w)[:, :: stride[0], :: stride[1]]
    return y if bias is None else y + bias
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The layer on small images
""" # END TEST CONFIG
def test_conv2d(conv2d):
    import utils
    from utils.check import case, draw, expect

    x, w = draw((2, 4, 6, 3), seed=1), draw((2, 3, 3, 4), seed=2)
    cases = [
        case(x, w),
        case(x, w, bias=draw((4,), seed=3)),
        case(x, w, stride=(1, 3)),
        case(x, w, padding=(1, 0)),
        case(x, w, bias=draw((4,), seed=3), stride=(2, 3), padding=(2, 1)),
        case(x, w, stride=(3, 2), padding=(0, 2)),
        case(x, draw((3, 2, 3, 1), seed=4)),
    ]
    expect(conv2d, like=utils.conv2d, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 3
hidden: true
failure_message: The layer with every mix of stride and padding
""" # END TEST CONFIG
def test_conv2d_for_all(conv2d):
    from utils.check import case, draw, expect
    from utils.check.loops import windows

    settings = [((1, 2), (0, 1)), ((2, 1), (2, 0)), ((3, 2), (1, 1)), ((2, 4), (0, 0))]
    cases = []
    for n, (stride, padding) in enumerate(settings):
        x, bias = draw((2, 5, 6, 2), seed=n), draw((3,), seed=20 + n)
        cases.append(case(x, draw((2, 3, 2, 3), seed=40 + n), bias=bias, stride=stride, padding=padding))
        cases.append(case(x, draw((3, 2, 2, 1), seed=50 + n), stride=stride, padding=padding))
    expect(conv2d, like=windows.conv, about="conv2d", on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q4g_ii
# path: more
# minutes: 10
# difficulty: 3
# worksheet: (d)
# misconceptions: [stride-not-dilated, forgot-unpad]
# explain: Why can the input's shape not be computed from that of the deltas?

# %% [markdown]
# ### 4.g.ii · Back to the input
#
# Write `conv2d_grad_input(grad_output, w, input_shape, stride=(1, 1), padding=(0, 0))`. The result has the
# shape `input_shape`: the image **before** the padding. Your `grad_input` does most of it.
#
# <details><summary>Hint 1</summary>
#
# As in problem 3: an output that the stride has left out has the delta 0. Write these zeros, then it is stride 1.
#
# <details><summary>Hint 2</summary>
#
# Make an array of zeros for the deltas of **all** outputs that stride 1 would have. Its height is
# `H + 2 * pH - kH + 1`. Put the deltas where they belong. What the stride leaves over at the edge then takes care of itself.
#
# <details><summary>Hint 3</summary>
#
# `all_of_them[::3] = some` writes into every third row. Then call `grad_input` with the shape of the *padded* image, and
# cut the padding off.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def conv2d_grad_input(grad_output, w, input_shape, stride=(1, 1), padding=(0, 0)):
    """The gradient with respect to x (B, H, W, C) from grad_output (B, oH, oW, D) and w (kH, kW, C, D)."""
    # BEGIN SOLUTION
    B, H, W, C = input_shape
    kH, kW, _, D = w.shape
    pH, pW = padding
    deltas = np.zeros((B, H + 2 * pH - kH + 1, W + 2 * pW - kW + 1, D), dtype=grad_output.dtype)
    deltas[:, :: stride[0], :: stride[1]] = grad_output
    padded = grad_input(deltas, w, (B, H + 2 * pH, W + 2 * pW, C))
    return padded[:, pH : pH + H, pW : pW + W]
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The layer's gradient with respect to small images
""" # END TEST CONFIG
def test_conv2d_grad_input(conv2d_grad_input):
    import utils
    from utils.check import case, draw, expect

    w = draw((2, 3, 2, 2), seed=2)
    cases = [
        case(draw((3, 3, 4, 2), seed=1), w, (3, 4, 6, 2)),
        case(draw((3, 2, 4, 2), seed=3), w, (3, 4, 6, 2), stride=(2, 1)),
        case(draw((3, 2, 4, 2), seed=3), w, (3, 5, 6, 2), stride=(2, 1)),
        case(draw((3, 5, 4, 2), seed=4), w, (3, 4, 6, 2), padding=(1, 0)),
        case(draw((3, 4, 2, 2), seed=5), w, (3, 4, 6, 2), stride=(2, 3), padding=(2, 1)),
        case(draw((3, 1, 4, 2), seed=6), w, (3, 4, 6, 2), stride=(3, 2), padding=(0, 2)),
        case(draw((3, 2, 5, 1), seed=7), draw((3, 2, 2, 1), seed=8), (3, 4, 6, 2)),
    ]
    expect(conv2d_grad_input, like=utils.conv2d_grad_input, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 4
hidden: true
failure_message: The layer's gradient with respect to the images with every mix of stride and padding
""" # END TEST CONFIG
def test_conv2d_grad_input_for_all(conv2d_grad_input):
    from utils.check import case, draw, expect
    from utils.check.loops import windows

    def outputs(H, W, kH, kW, stride, padding):
        return (H + 2 * padding[0] - kH) // stride[0] + 1, (W + 2 * padding[1] - kW) // stride[1] + 1

    settings = [((1, 2), (0, 1)), ((2, 1), (2, 0)), ((3, 2), (1, 1)), ((2, 4), (0, 0))]
    cases = []
    for n, (stride, padding) in enumerate(settings):
        for kH, kW, D in [(2, 3, 3), (3, 2, 1)]:
            delta = draw((2, *outputs(5, 6, kH, kW, stride, padding), D), seed=n)
            cases.append(case(delta, draw((kH, kW, 2, D), seed=40 + n), (2, 5, 6, 2), stride=stride, padding=padding))
    expect(conv2d_grad_input, like=windows.conv_grad_input, about="conv2d_grad_input", on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q4g_iii
# path: more
# minutes: 8
# difficulty: 3
# worksheet: (e)
# misconceptions: stride-not-dilated
# explain: Why is nothing cut off at the end this time?

# %% [markdown]
# ### 4.g.iii · Back to the kernel
#
# Write `conv2d_grad_weight(grad_output, x, kernel_shape, stride=(1, 1), padding=(0, 0))`. Leave `x` as it was.
#
# <details><summary>Hint 1</summary>
#
# The weights have met the padded image. So pad first.
#
# <details><summary>Hint 2</summary>
#
# You may write the zeros of 4.g.ii again and call `grad_weight`. Or slice with a step.
#
# <details><summary>Hint 3</summary>
#
# With a step: the weight at `(u, v)` has met every `sH`-th row from `u` on, `oH` of them. Where must a slice end, so
# that it holds just these?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def conv2d_grad_weight(grad_output, x, kernel_shape, stride=(1, 1), padding=(0, 0)):
    """The gradient with respect to w (kH, kW, C, D) from grad_output (B, oH, oW, D) and x (B, H, W, C)."""
    # BEGIN SOLUTION
    kH, kW, _, D = kernel_shape
    pH, pW = padding
    padded = np.pad(x, ((0, 0), (pH, pH), (pW, pW), (0, 0)))
    B, H, W, _ = padded.shape
    deltas = np.zeros((B, H - kH + 1, W - kW + 1, D), dtype=grad_output.dtype)
    deltas[:, :: stride[0], :: stride[1]] = grad_output
    return grad_weight(deltas, padded, kernel_shape)
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The layer's gradient with respect to small kernels
""" # END TEST CONFIG
def test_conv2d_grad_weight(conv2d_grad_weight):
    import utils
    from utils.check import case, draw, expect

    x, kernel_shape = draw((3, 4, 6, 2), seed=2), (2, 3, 2, 2)
    cases = [
        case(draw((3, 3, 4, 2), seed=1), x, kernel_shape),
        case(draw((3, 2, 4, 2), seed=3), x, kernel_shape, stride=(2, 1)),
        case(draw((3, 2, 4, 2), seed=3), draw((3, 5, 6, 2), seed=6), kernel_shape, stride=(2, 1)),
        case(draw((3, 5, 4, 2), seed=4), x, kernel_shape, padding=(1, 0)),
        case(draw((3, 4, 2, 2), seed=5), x, kernel_shape, stride=(2, 3), padding=(2, 1)),
        case(draw((3, 1, 4, 2), seed=7), x, kernel_shape, stride=(3, 2), padding=(0, 2)),
        case(draw((3, 2, 5, 1), seed=8), x, (3, 2, 2, 1)),
    ]
    expect(conv2d_grad_weight, like=utils.conv2d_grad_weight, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 4
hidden: true
failure_message: The layer's gradient with respect to the kernel with every mix of stride and padding
""" # END TEST CONFIG
def test_conv2d_grad_weight_for_all(conv2d_grad_weight):
    from utils.check import case, draw, expect
    from utils.check.loops import windows

    def outputs(H, W, kH, kW, stride, padding):
        return (H + 2 * padding[0] - kH) // stride[0] + 1, (W + 2 * padding[1] - kW) // stride[1] + 1

    settings = [((1, 2), (0, 1)), ((2, 1), (2, 0)), ((3, 2), (1, 1)), ((2, 4), (0, 0))]
    cases = []
    for n, (stride, padding) in enumerate(settings):
        for kH, kW, D in [(2, 3, 3), (3, 2, 1)]:
            delta = draw((2, *outputs(5, 6, kH, kW, stride, padding), D), seed=n)
            x = draw((2, 5, 6, 2), seed=40 + n)
            cases.append(case(delta, x, (kH, kW, 2, D), stride=stride, padding=padding))
    expect(conv2d_grad_weight, like=windows.conv_grad_weight, about="conv2d_grad_weight", on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown] tags=["screen"]
# ### Your judge on your layer
#
# A layer that you invent comes without a check. Then the judge is all you have. Run the next cell: all three numbers
# should be tiny, about $10^{-8}$. Change something in your functions, and see what the judge says.

# %% tags=["otter_ignore", "folded", "screen"]
generator = np.random.default_rng(0)
x = generator.normal(size=(2, 5, 6, 3))
w = generator.normal(size=(3, 2, 3, 4))
bias = generator.normal(size=4)
steps = {"stride": (2, 3), "padding": (1, 0)}
try:
    deltas = generator.normal(size=conv2d(x, w, bias, **steps).shape)
    dx = conv2d_grad_input(deltas, w, x.shape, **steps)
    dw = conv2d_grad_weight(deltas, x, w.shape, **steps)
    db = conv2d_grad_bias(deltas)
    print("input: ", worst_error(dx, lambda x: conv2d(x, w, bias, **steps), x, deltas))
    print("kernel:", worst_error(dw, lambda w: conv2d(x, w, bias, **steps), w, deltas))
    print("biases:", worst_error(db, lambda bias: conv2d(x, w, bias, **steps), bias, deltas))
except Exception as error:
    print("Not yet. First answer the questions above. Python says:", error)

# %% [raw]
# # BEGIN QUESTION
# name: q4h
# manual: true
# points: 2
# rubric: |
#   - 1 point: an experiment that tells them apart: a kernel without symmetry and a single 1 (½ where the kernel is symmetric)
#   - ½ point: for a cross-correlation all functions serve as they are
#   - ½ point: for a true convolution the kernel is turned for the gradient with respect to the input, and the gradient with respect to the kernel is turned; the biases stay
# path: more
# minutes: 6
# difficulty: 3
# worksheet: [(d), (e)]

# %% [markdown]
# ### 4.h · In your own words
#
# You read a library's page. It says *convolution*, and it does not say which one. You have only its forward
# function. Describe a small experiment, with an input and a kernel that you choose, that tells you which one
# it is. Then: which of **your** gradient functions could you use for that library as they are, and which
# would you change, and how?

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# Take a kernel that is not symmetric, for example the row $(1, 2)$, and an image that is 0 except for a
# single 1. A true convolution copies the kernel as it is around the 1: $(1, 2)$. A cross-correlation copies
# it turned around: $(2, 1)$. (With a symmetric kernel the experiment says nothing.)
#
# If it is a cross-correlation, all functions can be used as they are. If it is a true convolution, the
# gradient with respect to the input needs the kernel turned around before the call (it is turned twice, so it slides over
# the deltas as it is), and the gradient with respect to the kernel must be turned around after the call. The gradient with respect
# to the biases does not change. In each case the channels are never reversed.

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

utils.practice("backprop_2d")

# %% [markdown]
# ## What to remember
#
# <!--screen-->What would be on your own list? Write three lines, then open ours.
#
# <details><summary>Our list</summary><!--/screen-->
#
# - To derive a gradient, vary **one** number: which outputs move, and by how much? Then add up all paths to the loss.
# - With respect to the input: $\text{pad}(\delta) \star w^\top$. A ring of $k-1$ zeros, the kernel turned in space, its channels swapped.
# - With respect to the kernel: $x \star \delta$. The deltas slide over the input, and nothing is turned. What the images give is added up.
# - With respect to a bias: the sum of all deltas of its channel, over the whole batch.
# - Stride: zeros for the outputs that were left out. Padding: cut it off at the end (input), put it on at the beginning (kernel).
# - $x_{i-u}$ with a **minus** means true convolution: the rule for the input survives, the gradient with respect to the kernel is turned.
# - Never trust a gradient that no finite difference has seen.
#
# <!--screen--></details><!--/screen-->
