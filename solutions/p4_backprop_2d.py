# %% [raw]
# # ASSIGNMENT CONFIG
# name: p4_backprop_2d
# title: "Problem 4 · Backpropagation for images"

# %% [markdown]
# # Problem 4 · A convolution layer, forwards and backwards
#
# This is the layer that real networks are made of: a batch of images, many channels, many filters, biases,
# stride and padding. You build all of it: the output, and the gradient to everything that went in. You also
# build a judge that tells you, without any formula, whether a gradient is right.
#
# **What you'll do**
# - slide a stack of filters over a batch of images
# - meet true convolution, and see what it changes
# - write a check by finite differences, and use it
# - write the gradients to the input, to the kernel and to the biases
# - add stride and padding to all of it
#
# **What you'll learn**
# - why the kernel is flipped **and** its channels are swapped on the way back
# - why both gradients are convolutions
# - which formulas change when someone else means true convolution
#
# **What you need**
# - problem 1 and problem 3
# - NumPy arrays with four axes
# - about 130 minutes

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
import matplotlib.pyplot as plt
import numpy as np

import utils
from utils import explore

# %% [markdown]
# ## The idea: windows in two directions
#
# A window slides over the image, down and to the right. Point at an output: you see its window. Now point at an
# **input**: you see all the outputs that it leads to, and the weight on each road. Then switch to
# *backward*, and look at the same cells again: `dy` is what comes in, `dx` and `dw` are the gradients.

# %% tags=["otter_ignore"]
explore.conv2d()

# %% [markdown]
# ### The shapes
#
# | array | axes | in words |
# |---|---|---|
# | `x` | `(B, H, W, C)` | `B` images, height, width, `C` input channels |
# | `w` | `(kH, kW, C, D)` | `D` filters, each one a block of `kH` × `kW` × `C` weights |
# | `y` | `(B, oH, oW, D)` | one output channel for each filter |
# | `grad_output` | as `y` | $\delta = \partial L/\partial y$, it comes from the rest of the network |

# %% [markdown]
# ## 4.a · Forwards

# %% [raw]
# # BEGIN QUESTION
# name: q4a_i

# %% [markdown]
# ### 4.a.i · One channel, by hand
#
# *4 minutes · difficulty 1 of 3*
#
# One image, one channel, one filter. Stride 1, no padding.
#
# $$x = \begin{pmatrix} 2 & 1 & 0 \\ 3 & -1 & 1 \\ 0 & 2 & 3 \end{pmatrix} \qquad
# w = \begin{pmatrix} 1 & -2 \\ 3 & 1 \end{pmatrix}$$
#
# Write the output as a list of rows.
#
# <details><summary>Hint 1</summary>
#
# The window is as big as the filter: two rows, two columns. It fits in two places to the right and in two
# places down.
#
# <details><summary>Hint 2</summary>
#
# The first window holds 2, 1 in its upper row and 3, −1 in its lower row. Multiply by the weights that lie
# above them.
#
# <details><summary>Hint 3</summary>
#
# $2\cdot 1 + 1\cdot(-2) + 3\cdot 3 + (-1)\cdot 1 = 8$ is the first of four numbers.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
y_by_hand = [[8, -1], [7, 6]]  # SOLUTION

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

    expect(y_by_hand, like=utils.conv2d, on=case([[2, 1, 0], [3, -1, 1], [0, 2, 3]], [[1, -2], [3, 1]]))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q4a_ii

# %% [markdown]
# ### 4.a.ii · Batches and channels
#
# *12 minutes · difficulty 2 of 3*
#
# Write `slide2d(x, w)` for stride 1 and no padding. This sum says exactly what has to come out. It is your
# specification:
#
# $$y_{b,i,j,d} = \sum_{u=0}^{k_H-1}\; \sum_{v=0}^{k_W-1}\; \sum_{c=0}^{C-1} x_{b, i+u, j+v, c}\, w_{u,v,c,d}$$
#
# You may write one loop for each letter. It will be slow, but right. The hints show a way with two loops only.
#
# <details><summary>Hint 1</summary>
#
# Four letters stand on the left: they say *where* a number goes. Three stand under the sums: they say *what*
# is added.
#
# <details><summary>Hint 2</summary>
#
# Take one weight place `(u, v)`. All outputs at once look at the inputs `x[:, u : u + oH, v : v + oW]`.
#
# <details><summary>Hint 3</summary>
#
# `w[u, v]` is a matrix `(C, D)`. The operator `@` multiplies it with the last axis of that slice, so it does
# the sum over `c` and fills all `d`. Add the results for all places `(u, v)`.
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
        case(draw((1, 3, 4, 2), seed=3), draw((2, 3, 2, 1), seed=4)),
        case(draw((2, 4, 3, 2), seed=5), draw((3, 2, 2, 3), seed=6)),
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
# In problem 1 we said it once: deep learning slides the filter as it is (*cross-correlation*), while
# mathematics and signal processing turn it around first (*true convolution*). Many texts announce the one and
# then write the formula of the other. So learn to recognise it.

# %% [raw]
# # BEGIN QUESTION
# name: q4b_i

# %% [markdown]
# ### 4.b.i · Is this right?
#
# *6 minutes · difficulty 2 of 3*
#
# A text says: *"the filter slides over the image as it is"*, and then gives this formula for one channel:
#
# $$y_{i,j} = \sum_{h}\sum_{v} x_{i-h, j-v}  w_{h,v}$$
#
# Look at the **minus** signs. When $h$ grows, the index of $x$ shrinks. Run the next cell: it does the same
# in one dimension, in both ways.

# %%
x_line, w_line = np.array([2, 1, 0, 3]), np.array([1, 3, -2])
for i in (2, 3):
    print(f"minus, at i = {i}:", sum(x_line[i - h] * w_line[h] for h in range(3)))
print("the filter as it is:       ", np.correlate(x_line, w_line))
print("the filter turned around:  ", np.correlate(x_line, w_line[::-1]))

# %% [markdown]
# So the formula with the minus signs is a true convolution. The filter has been turned around, and the text
# contradicts itself.
#
# Now in two dimensions, with a pencil. Take $x$ and $w$ of 4.a.i. What is $y_{1,1}$ by the formula with the
# minus signs? ($h$ and $v$ are 0 or 1.)
#
# <details><summary>Hint 1</summary>
#
# Write down the four pairs $(h, v)$: (0,0), (0,1), (1,0), (1,1). Find $x_{1-h,1-v}$ for each of them.
#
# <details><summary>Hint 2</summary>
#
# $w_{0,0}$ meets $x_{1,1} = -1$. And $w_{1,1}$ meets $x_{0,0} = 2$.
#
# <details><summary>Hint 3</summary>
#
# The same four inputs as in the first window, but each meets the weight in the opposite corner:
# $-1\cdot 1 + 3\cdot(-2) + \dots$
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
y_with_minus = -2  # SOLUTION

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

    on = case([[2, 1, 0], [3, -1, 1], [0, 2, 3]], [[1, -2], [3, 1]])
    expect(y_with_minus, like=utils.true_convolution, on=on, pick=(0, 0))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q4b_ii

# %% [markdown]
# ### 4.b.ii · Turn the kernel around
#
# *5 minutes · difficulty 2 of 3*
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
# Both of them are reversed: the upper left corner goes to the lower right.
#
# <details><summary>Hint 3</summary>
#
# `w[::-1]` reverses the first axis. A second `::-1` after a comma reverses the next one.
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
        case(draw((1, 3, 3, 1), seed=1), draw((2, 2, 1, 1), seed=2)),
        case(draw((2, 3, 4, 2), seed=3), draw((2, 3, 2, 3), seed=4)),
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
# Before you write a gradient, build something that can tell whether it is right. The idea is old and simple:
# change one number of the input a little, up and down, and look how much the loss changes.
#
# We do not know the loss. But we know $\delta$, its slope for each output. So for small changes we may use
# this stand-in:
#
# $$L = \sum_{\text{all outputs}} \delta \cdot f(x)$$
#
# Its gradient to $x$ is the one we look for. For each number $x_i$, with a small step $h$:
#
# $$\frac{\partial L}{\partial x_i} \approx \frac{L(x_i + h) - L(x_i - h)}{2h}$$
#
# This is called a **central difference**.

# %% [raw]
# # BEGIN QUESTION
# name: q4c_i

# %% [markdown]
# ### 4.c.i · Write the judge
#
# *10 minutes · difficulty 2 of 3*
#
# Write `numerical_gradient(f, x, grad_output, step=1e-6)`. Here `f` is a function from an array to an array,
# and `grad_output` has the shape of `f(x)`. The result has the shape of `x`. Work on a copy: leave `x` as it
# was.
#
# Test yourself: with $f(x) = x^2$, $x = (3, -1)$ and $\delta = (1, 10)$ you should get about $(6, -20)$.
#
# <details><summary>Hint 1</summary>
#
# `for index in np.ndindex(x.shape):` visits every place of an array, however many axes it has.
#
# <details><summary>Hint 2</summary>
#
# Make two copies of `x`. Change *one* number in each of them: `up[index] += step` and `down[index] -= step`.
#
# <details><summary>Hint 3</summary>
#
# `(f(up) - f(down)) / (2 * step)` is an array: one slope for each output. Multiply it with `grad_output` and
# add up. This is the gradient at `index`.
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

    cases = [
        case(square, [3.0, -1], [1.0, 10]),
        case(neighbours, [2.0, 1, -3], [5.0, -2]),
        case(square, [3.0, -1], [1.0, 10], step=0.5),
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
# How small should the step be? *"The smaller, the better"* sounds right. Run the next cell. It takes the
# slope of $x^3$ at 2, which is 12, with many steps.

# %% tags=["otter_ignore"]
steps = 10.0 ** -np.arange(1, 14)
slopes = ((2 + steps) ** 3 - (2 - steps) ** 3) / (2 * steps)

fig, ax = plt.subplots(figsize=(6, 2.6))
ax.loglog(steps, np.abs(slopes - 12), "o-", color="#4477aa")
ax.invert_xaxis()
ax.set_xlabel("step (smaller to the right)")
ax.set_ylabel("error of the slope")
ax.spines[["top", "right"]].set_visible(False)
plt.show()

# %% [markdown]
# *The picture: the error against the step, both on logarithmic scales. From the left, the error falls until
# the step is about $10^{-5}$. After that it rises again.*
#
# A computer keeps about 16 digits. When the step is tiny, the two values differ only in the last of them, and
# little is left after the subtraction. A step between $10^{-4}$ and $10^{-6}$ is a good choice in float64. In
# float32, with its 7 digits, this check is almost useless. So check in float64.

# %% [raw]
# # BEGIN QUESTION
# name: q4c_ii

# %% [markdown]
# ### 4.c.ii · One number that says how wrong
#
# *4 minutes · difficulty 1 of 3*
#
# Write `worst_error(gradient, f, x, grad_output)`: the **largest** distance between a number of `gradient`
# and the number that your judge finds at the same place. Return one number, never below zero.
#
# Why the largest, and not the mean? Because one wrong corner should not hide among a thousand right numbers.
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
# `np.max` of those distances. Do not take the maximum *before* `np.abs`: then an error of −5 would be lost.
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
# ## 4.d · The gradient to the input
#
# The rule of problem 3 still holds: each road forward is a road back, with the same weight on it. Where roads
# meet, add.

# %% [raw]
# # BEGIN QUESTION
# name: q4d_i

# %% [markdown]
# ### 4.d.i · One channel, by hand
#
# *6 minutes · difficulty 2 of 3*
#
# The kernel of 4.a.i again. Four deltas come back:
#
# $$w = \begin{pmatrix} 1 & -2 \\ 3 & 1 \end{pmatrix} \qquad
# \delta = \begin{pmatrix} 2 & -1 \\ 1 & 4 \end{pmatrix}$$
#
# Write the gradient to the nine inputs as a list of rows.
#
# <details><summary>Hint 1</summary>
#
# Begin with nine zeros. Each delta sends $\delta \cdot w$ to its own window.
#
# <details><summary>Hint 2</summary>
#
# The delta 2 adds $(2, -4)$ and $(6, 2)$ to the window in the upper left corner. The delta −1 adds $(-1, 2)$
# and $(-3, -1)$ to the window in the upper right corner.
#
# <details><summary>Hint 3</summary>
#
# The middle lies in all four windows: $2\cdot 1 + (-1)\cdot 3 + 1\cdot(-2) + 4\cdot 1 = 1$.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
grad_x_by_hand = [[2, -5, 2], [7, 1, -9], [3, 13, 4]]  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The gradient to the nine inputs
""" # END TEST CONFIG
def test_grad_x_by_hand(grad_x_by_hand):
    import utils
    from utils.check import case, expect

    on = case([[2, -1], [1, 4]], [[1, -2], [3, 1]], (3, 3))
    expect(grad_x_by_hand, like=utils.conv2d_grad_input, on=on)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# As in problem 3, this is a sliding window over the deltas: with a ring of zeros around them, and with the
# kernel turned around. The next picture shows the window that gives the middle number.

# %% tags=["otter_ignore"]
def draw_cells(ax, cells, shaded, title):
    """A grid of numbers; `shaded` is the slice of rows and of columns that has a blue ground."""
    blue = np.zeros(cells.shape, bool)
    blue[shaded, shaded] = True
    for (i, j), value in np.ndenumerate(cells):
        color = "#cce0f0" if blue[i, j] else "white"
        ax.add_patch(plt.Rectangle((j, i), 1, 1, facecolor=color, edgecolor="black"))
        ax.text(j + 0.5, i + 0.5, str(value), ha="center", va="center")
    ax.set(xlim=(-0.1, 4.1), ylim=(4.1, -0.1), aspect="equal")
    ax.set_title(title, fontsize=10, loc="left")
    ax.axis("off")


fig, (left, right) = plt.subplots(1, 2, figsize=(6, 2.6))
draw_cells(left, np.pad([[2, -1], [1, 4]], 1), slice(1, 3), "deltas and zeros")
draw_cells(right, np.array([[1, 3], [-2, 1]]), slice(0, 2), "kernel, turned around")
plt.show()

# %% [markdown]
# *The picture: on the left, four by four cells. The outer ring holds zeros. The four cells in the middle are
# shaded and hold 2, −1, 1, 4. On the right, the kernel turned around: 1, 3 in its upper row and −2, 1 in its
# lower row.*
#
# ### And the channels?
#
# Forwards, output channel $d$ takes something from **every** input channel. Backwards, input channel $c$
# takes something back from **every** output channel. The block that connects $c$ and $d$ is the same:
# `w[:, :, c, d]`.

# %% tags=["otter_ignore"]
def draw_channels(ax, back, C=2, D=3):
    """The roads between C input channels and D output channels; those of one channel are thick."""
    inputs = [(0, D - 1.5 - c) for c in range(C)]
    outputs = [(1, D - 1 - d) for d in range(D)]
    strong, weak = {"color": "#004488", "linewidth": 2.5}, {"color": "#bbbbbb", "linewidth": 1}
    for c, d in np.ndindex(C, D):
        ends = (inputs[c], outputs[d]) if back else (outputs[d], inputs[c])
        style = strong if (c if back else d) == 0 else weak
        ax.annotate("", *ends, arrowprops={"arrowstyle": "->", "shrinkA": 25, "shrinkB": 25, **style})
    for name, places in (("input", inputs), ("output", outputs)):
        for number, (x, y) in enumerate(places):
            ax.text(x, y, f"{name} {number}", ha="center", va="center", bbox={"facecolor": "white"})
    ax.set(xlim=(-0.3, 1.3), ylim=(-0.4, D - 0.6))
    ax.set_title("backwards, to input 0" if back else "forwards, to output 0", fontsize=10)
    ax.axis("off")


fig, (left, right) = plt.subplots(1, 2, figsize=(8, 2.6))
draw_channels(left, back=False)
draw_channels(right, back=True)
plt.show()

# %% [markdown]
# *The picture: two input channels and three output channels, with an arrow between each pair. On the left the
# arrows go to the outputs, and the two that end at output 0 are thick. On the right the arrows go to the
# inputs, and the three that end at input 0 are thick.*

# %% [raw]
# # BEGIN QUESTION
# name: q4d_ii

# %% [markdown]
# ### 4.d.ii · Is this right?
#
# *5 minutes · difficulty 2 of 3*
#
# A claim: *"turn the kernel around in space. Then slide it over the deltas. That is all."* Run the next cell.
# There are 3 input channels and 4 filters.

# %%
deltas, kernel = np.ones((1, 4, 4, 4)), np.ones((2, 2, 3, 4))
try:
    utils.conv2d(deltas, kernel[::-1, ::-1])
except ValueError as error:
    print(error)

# %% [markdown]
# Write `backward_kernel(w)`: the kernel that slides over the deltas. It takes in the channels of the *output*
# and gives the channels of the *input*.
#
# <details><summary>Hint 1</summary>
#
# What goes in has `D` channels now, what comes out has `C`. Which shape must a kernel have for that?
#
# <details><summary>Hint 2</summary>
#
# `(kH, kW, D, C)`: the last two axes change places. The first two are reversed, as the claim says.
#
# <details><summary>Hint 3</summary>
#
# `np.swapaxes(w, 2, 3)` or `w.transpose(0, 1, 3, 2)` swaps. Do not *reverse* the channels: channel 0 stays
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

# %% [markdown]
# ### 4.d.iii · The gradient to the input, stride 1
#
# *10 minutes · difficulty 3 of 3*
#
# Write `grad_input(grad_output, w, input_shape)`. Stride 1, no padding. The result has the shape
# `input_shape`, which is `(B, H, W, C)`.
#
# <details><summary>Hint 1</summary>
#
# How many zeros? In problem 3 it was `k - 1` on each side. Height and width each have their own `k`.
#
# <details><summary>Hint 2</summary>
#
# `np.pad` takes one pair for each axis: `((0, 0), (pH, pH), (pW, pW), (0, 0))`. Batch and channels get no
# zeros.
#
# <details><summary>Hint 3</summary>
#
# Now `slide2d` with your `backward_kernel(w)`. Or, without any flip: go through the places `(u, v)` of the
# kernel and add `grad_output @ w[u, v].T` to the window of the result that begins at `(u, v)`.
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
    return slide2d(np.pad(grad_output, ring), backward_kernel(w))
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The gradient to small images
""" # END TEST CONFIG
def test_grad_input(grad_input):
    import utils
    from utils.check import case, draw, expect

    cases = [
        case(draw((1, 2, 2, 1), seed=1), draw((2, 2, 1, 1), seed=2), (1, 3, 3, 1)),
        case(draw((1, 2, 3, 2), seed=3), draw((2, 3, 2, 2), seed=4), (1, 3, 5, 2)),
        case(draw((2, 3, 2, 3), seed=5), draw((3, 2, 3, 3), seed=6), (2, 5, 3, 3)),
    ]
    expect(grad_input, like=utils.conv2d_grad_input, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 3
hidden: true
failure_message: The gradient to batches with many channels, also in float32
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

# %% [raw]
# # BEGIN QUESTION
# name: q4d_iv

# %% [markdown]
# ### 4.d.iv · Is this right?
#
# *8 minutes · difficulty 3 of 3*
#
# Suppose the forward pass was a **true convolution**. A claim about the gradient to the input: *"take the
# same operation as in the forward pass, whichever it is. Put a ring of zeros around the deltas. Give it the
# kernel **turned around**."*
#
# The next cell tries it with both operations, on one channel. The judge has no formula in it.

# %%
image = np.array([[1.0, 0, 2], [2, -1, 3], [0, 4, 1]])
kernel = np.array([[2.0, -1], [1, 4]])
deltas = np.array([[3.0, 1], [-2, 2]])
for operation in (utils.conv2d, utils.true_convolution):
    claimed = operation(np.pad(deltas, 1), kernel[::-1, ::-1])
    judge = utils.numerical_gradient(lambda x, op=operation: op(x, kernel), image, deltas)
    verdict = "agree" if np.allclose(claimed, judge) else "differ"
    print(f"{operation.__name__}: the claim and the judge {verdict}")

# %% [markdown]
# They agree for both. One rule, two meanings. So for true convolution the two turns **cancel**. Use this: write
# `true_grad_input(grad_output, w, input_shape)`, the gradient to the input of your `true_convolution`.
#
# <details><summary>Hint 1</summary>
#
# `true_convolution(x, w)` is `slide2d(x, turned)` with the turned kernel. You know the gradient to the input
# of `slide2d`.
#
# <details><summary>Hint 2</summary>
#
# So call `grad_input` with the kernel that `slide2d` has really used.
#
# <details><summary>Hint 3</summary>
#
# The kernel that it has used is `w[::-1, ::-1]`. Inside `grad_input` it is turned once more.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def true_grad_input(grad_output, w, input_shape):
    """The gradient to the input of true_convolution: (B, H, W, C)."""
    return grad_input(grad_output, w[::-1, ::-1], input_shape)  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The gradient to the input of a true convolution, small
""" # END TEST CONFIG
def test_true_grad_input(true_grad_input):
    from utils.check import case, draw, expect
    from utils.check.references import backprop

    cases = [
        case(draw((1, 2, 2, 1), seed=1), draw((2, 2, 1, 1), seed=2), (1, 3, 3, 1)),
        case(draw((1, 2, 2, 2), seed=3), draw((2, 3, 3, 2), seed=4), (1, 3, 4, 3)),
    ]
    expect(true_grad_input, like=backprop.true_grad_input, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
failure_message: The gradient to the input of a true convolution, batches with many channels
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
# ## 4.e · The gradient to the kernel
#
# A weight is used in every window of every image. In window $(i, j)$ the weight at the place $(u, v)$ meets
# the input at $(i + u, j + v)$. So it collects the products of all deltas with all the inputs that it has
# met:
#
# $$\frac{\partial L}{\partial w_{u,v,c,d}} = \sum_{b}\sum_{i}\sum_{j} \delta_{b,i,j,d}  x_{b, i+u, j+v, c}$$

# %% [raw]
# # BEGIN QUESTION
# name: q4e_i

# %% [markdown]
# ### 4.e.i · One channel, by hand
#
# *5 minutes · difficulty 1 of 3*
#
# The image of 4.a.i and the deltas of 4.d.i:
#
# $$x = \begin{pmatrix} 2 & 1 & 0 \\ 3 & -1 & 1 \\ 0 & 2 & 3 \end{pmatrix} \qquad
# \delta = \begin{pmatrix} 2 & -1 \\ 1 & 4 \end{pmatrix}$$
#
# Write the gradient to the four weights as a list of rows.
#
# <details><summary>Hint 1</summary>
#
# The weight in the upper left corner meets the four inputs 2, 1, 3, −1. Which delta belongs to each?
#
# <details><summary>Hint 2</summary>
#
# $2\cdot 2 + (-1)\cdot 1 + 1\cdot 3 + 4\cdot(-1) = 2$ is its gradient.
#
# <details><summary>Hint 3</summary>
#
# It is as if $\delta$ were a filter that slides over $x$, as it is.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
grad_w_by_hand = [[2, 5], [15, 11]]  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The gradient to the four weights
""" # END TEST CONFIG
def test_grad_w_by_hand(grad_w_by_hand):
    import utils
    from utils.check import case, expect

    on = case([[2, -1], [1, 4]], [[2, 1, 0], [3, -1, 1], [0, 2, 3]], (2, 2))
    expect(grad_w_by_hand, like=utils.conv2d_grad_weight, on=on)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q4e_ii

# %% [markdown]
# ### 4.e.ii · Batches and channels
#
# *10 minutes · difficulty 2 of 3*
#
# Write `grad_weight(grad_output, x, kernel_shape)`. Stride 1, no padding. The result has the shape
# `kernel_shape`, which is `(kH, kW, C, D)`.
#
# <details><summary>Hint 1</summary>
#
# Go through the places `(u, v)` of the kernel. Each one has met the inputs `x[:, u : u + oH, v : v + oW]`.
#
# <details><summary>Hint 2</summary>
#
# That slice has the axes `(B, oH, oW, C)`, the deltas have `(B, oH, oW, D)`. Multiply, add up over the first
# three axes, and keep `C` and `D`.
#
# <details><summary>Hint 3</summary>
#
# `np.einsum` says it in letters: `"bijc,bijd->cd"`. So do a reshape to two matrices, a transpose and `@`.
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
failure_message: The gradient to small kernels
""" # END TEST CONFIG
def test_grad_weight(grad_weight):
    import utils
    from utils.check import case, draw, expect

    cases = [
        case(draw((1, 2, 2, 1), seed=1), draw((1, 3, 3, 1), seed=2), (2, 2, 1, 1)),
        case(draw((1, 2, 2, 2), seed=3), draw((1, 3, 4, 2), seed=4), (2, 3, 2, 2)),
        case(draw((2, 2, 3, 3), seed=5), draw((2, 4, 4, 2), seed=6), (3, 2, 2, 3)),
    ]
    expect(grad_weight, like=utils.conv2d_grad_weight, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 3
hidden: true
failure_message: The gradient to kernels with many channels, also in float32
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

# %% [markdown]
# ### 4.e.iii · Is this right?
#
# *8 minutes · difficulty 3 of 3*
#
# Back to the true convolution. For the input there was one rule for both operations. A claim about the
# kernel: *"here, too: take the same operation as in the forward pass, and let the deltas slide over the input
# with it."* Run the next cell.

# %%
for operation in (utils.conv2d, utils.true_convolution):
    claimed = operation(image, deltas)
    judge = utils.numerical_gradient(lambda w, op=operation: op(image, w), kernel, deltas)
    verdict = "agree" if np.allclose(claimed, judge) else "differ"
    print(f"{operation.__name__}: the claim and the judge {verdict}")
    print("  the claim:", claimed.tolist())
    print("  the judge:", np.round(judge, 6).tolist())

# %% [markdown]
# For the kernel the claim fails as soon as the forward pass is a true convolution. Look at the judge's two
# answers, above and below: what has happened to the four numbers?
#
# Write `true_grad_weight(grad_output, x, kernel_shape)`, the gradient to the kernel of your `true_convolution`.
#
# <details><summary>Hint 1</summary>
#
# `true_convolution` turns the kernel and then slides it. `grad_weight` gives you the gradient to the
# **turned** kernel.
#
# <details><summary>Hint 2</summary>
#
# The number for the upper left corner of the turned kernel belongs to the lower right corner of `w`.
#
# <details><summary>Hint 3</summary>
#
# So turn the *result* around, in space only.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def true_grad_weight(grad_output, x, kernel_shape):
    """The gradient to the kernel of true_convolution: (kH, kW, C, D)."""
    return grad_weight(grad_output, x, kernel_shape)[::-1, ::-1]  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The gradient to the kernel of a true convolution, small
""" # END TEST CONFIG
def test_true_grad_weight(true_grad_weight):
    from utils.check import case, draw, expect
    from utils.check.references import backprop

    cases = [
        case(draw((1, 2, 2, 1), seed=1), draw((1, 3, 3, 1), seed=2), (2, 2, 1, 1)),
        case(draw((1, 2, 2, 2), seed=3), draw((1, 3, 4, 3), seed=4), (2, 3, 3, 2)),
    ]
    expect(true_grad_weight, like=backprop.true_grad_weight, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
failure_message: The gradient to the kernel of a true convolution, batches with many channels
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
# ### The two meanings, side by side
#
# Write $\star$ for the sliding of a filter as it is, $*$ for true convolution, $\tilde w$ for the kernel
# turned around, and $\text{pad}(\delta)$ for the deltas in their ring of zeros.
#
# | | forward | gradient to $x$ | gradient to $w$ |
# |---|---|---|---|
# | cross-correlation | $x \star w$ | $\text{pad}(\delta) \star \tilde w$ | $x \star \delta$ |
# | true convolution | $x * w$ | $\text{pad}(\delta) * \tilde w$ | $x \star \delta$, turned around |
#
# The column in the middle looks the same in both rows. The last column does not. When you read a formula,
# first find out which row the author is in.

# %% [markdown]
# ## 4.f · The biases
#
# Each filter has one bias. It is added to **every** number of its output channel, in every image of the batch.

# %% [raw]
# # BEGIN QUESTION
# name: q4f

# %% [markdown]
# ### 4.f · Is this right?
#
# *5 minutes · difficulty 1 of 3*
#
# A claim: *"a bias is only added. Its derivative is 1. So the gradient to each bias is 1."* In the next cell
# there are two images and three filters. The bias of filter 0 is changed by 1.

# %%
images, kernels = np.zeros((2, 4, 4, 1)), np.zeros((2, 2, 1, 3))
before = utils.conv2d(images, kernels, np.array([0.0, 0, 0]))
after = utils.conv2d(images, kernels, np.array([1.0, 0, 0]))
print("outputs that move:", np.count_nonzero(after - before), "of", after.size)

# %% [markdown]
# Each of these outputs has its own delta. Write `conv2d_grad_bias(grad_output)`: one number for each filter.
#
# <details><summary>Hint 1</summary>
#
# How many outputs does one bias reach? All roads are added up, and each has the weight 1.
#
# <details><summary>Hint 2</summary>
#
# The result has the shape `(D,)`. Which of the four axes of `grad_output` must go?
#
# <details><summary>Hint 3</summary>
#
# `sum` takes a tuple of axes. The batch is one of them: every image uses the same bias.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def conv2d_grad_bias(grad_output):
    """The gradient to the biases (D,) from grad_output (B, oH, oW, D)."""
    return grad_output.sum(axis=(0, 1, 2))  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The gradient to a few biases
""" # END TEST CONFIG
def test_grad_bias(conv2d_grad_bias):
    import utils
    from utils.check import case, draw, expect

    cases = [case(draw((1, 2, 2, 1), seed=1)), case(draw((2, 2, 3, 2), seed=2))]
    expect(conv2d_grad_bias, like=utils.conv2d_grad_bias, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
failure_message: The gradient to many biases, also in float32
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
# From here on, `stride` and `padding` are pairs: the first number is for the height, the second for the
# width. So `stride=(2, 3)` moves the window 2 down or 3 to the right.
#
# Set stride and padding in the picture, and switch to *backward*. Which inputs get nothing back?

# %% tags=["otter_ignore"]
explore.conv2d(stride=2, padding=1)

# %% [raw]
# # BEGIN QUESTION
# name: q4g_i

# %% [markdown]
# ### 4.g.i · Forwards
#
# *8 minutes · difficulty 2 of 3*
#
# Write `conv2d(x, w, bias=None, stride=(1, 1), padding=(0, 0))`. With `bias=None` nothing is added. Leave `x`
# as it was.
#
# <details><summary>Hint 1</summary>
#
# Four steps: pad, slide, keep some, add the bias.
#
# <details><summary>Hint 2</summary>
#
# A stride of 2 keeps every second output: `y[:, ::2]` in the height.
#
# <details><summary>Hint 3</summary>
#
# `bias` has the shape `(D,)`, and the channels are the last axis. So `y + bias` does the right thing.
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

    x, w = draw((2, 4, 5, 2), seed=1), draw((2, 3, 2, 2), seed=2)
    cases = [
        case(x, w),
        case(x, w, bias=draw((2,), seed=3)),
        case(x, w, stride=(2, 1)),
        case(x, w, padding=(1, 0)),
        case(x, w, bias=draw((2,), seed=3), stride=(2, 3), padding=(1, 2)),
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

# %% [markdown]
# ### 4.g.ii · Back to the input
#
# *12 minutes · difficulty 3 of 3*
#
# Write `conv2d_grad_input(grad_output, w, input_shape, stride=(1, 1), padding=(0, 0))`. The result has the
# shape `input_shape`: the image **before** the padding.
#
# <details><summary>Hint 1</summary>
#
# As in 3.e: an output that the stride has left out has the delta 0. Write these zeros, then it is stride 1.
#
# <details><summary>Hint 2</summary>
#
# Make an array of zeros for the deltas of **all** outputs that stride 1 would have. Its height is
# `H + 2 * pH - kH + 1`. Put the deltas into `[:, ::sH, ::sW]`. What the stride leaves over at the edge is
# then right by itself.
#
# <details><summary>Hint 3</summary>
#
# `all_deltas[:, ::sH, ::sW] = grad_output` fits exactly: both sides have the same number of places.
# Now call `grad_input` with the padded shape, and cut the padding off.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def conv2d_grad_input(grad_output, w, input_shape, stride=(1, 1), padding=(0, 0)):
    """The gradient to x (B, H, W, C) from grad_output (B, oH, oW, D) and w (kH, kW, C, D)."""
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
failure_message: The layer's gradient to small images
""" # END TEST CONFIG
def test_conv2d_grad_input(conv2d_grad_input):
    import utils
    from utils.check import case, draw, expect

    w = draw((2, 3, 2, 2), seed=2)
    cases = [
        case(draw((2, 3, 3, 2), seed=1), w, (2, 4, 5, 2)),
        case(draw((2, 2, 3, 2), seed=3), w, (2, 4, 5, 2), stride=(2, 1)),
        case(draw((2, 2, 3, 2), seed=3), w, (2, 5, 5, 2), stride=(2, 1)),
        case(draw((2, 5, 3, 2), seed=4), w, (2, 4, 5, 2), padding=(1, 0)),
        case(draw((2, 3, 3, 2), seed=5), w, (2, 4, 5, 2), stride=(2, 3), padding=(1, 2)),
    ]
    expect(conv2d_grad_input, like=utils.conv2d_grad_input, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 4
hidden: true
failure_message: The layer's gradient to the images with every mix of stride and padding
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

# %% [markdown]
# ### 4.g.iii · Back to the kernel
#
# *8 minutes · difficulty 3 of 3*
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
# With a step: the weight at `(u, v)` has met every `sH`-th row from `u` on, `oH` of them. The slice
# `[u : u + (oH - 1) * sH + 1 : sH]` takes exactly these.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def conv2d_grad_weight(grad_output, x, kernel_shape, stride=(1, 1), padding=(0, 0)):
    """The gradient to w (kH, kW, C, D) from grad_output (B, oH, oW, D) and x (B, H, W, C)."""
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
failure_message: The layer's gradient to small kernels
""" # END TEST CONFIG
def test_conv2d_grad_weight(conv2d_grad_weight):
    import utils
    from utils.check import case, draw, expect

    x, kernel_shape = draw((2, 4, 5, 2), seed=2), (2, 3, 2, 2)
    cases = [
        case(draw((2, 3, 3, 2), seed=1), x, kernel_shape),
        case(draw((2, 2, 3, 2), seed=3), x, kernel_shape, stride=(2, 1)),
        case(draw((2, 2, 3, 2), seed=3), draw((2, 5, 5, 2), seed=6), kernel_shape, stride=(2, 1)),
        case(draw((2, 5, 3, 2), seed=4), x, kernel_shape, padding=(1, 0)),
        case(draw((2, 3, 3, 2), seed=5), x, kernel_shape, stride=(2, 3), padding=(1, 2)),
    ]
    expect(conv2d_grad_weight, like=utils.conv2d_grad_weight, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 4
hidden: true
failure_message: The layer's gradient to the kernel with every mix of stride and padding
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

# %% [markdown]
# ### Your judge on your layer
#
# Nobody gives you a check cell when you write a layer of your own. Then you use the judge. Run the next cell:
# all three numbers should be tiny, about $10^{-8}$. Change something in your functions, and see what the
# judge says.

# %% tags=["otter_ignore"]
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
#   - ½ point: for a true convolution the kernel is turned for the gradient to the input, and the gradient to the kernel is turned; the biases stay

# %% [markdown]
# ### 4.h · In your own words
#
# *6 minutes · difficulty 3 of 3*
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
# gradient to the input needs the kernel turned around before the call (it is turned twice, so it slides over
# the deltas as it is), and the gradient to the kernel must be turned around after the call. The gradient to
# the biases does not change. In each case the channels are never reversed.

# %% [raw]
# # END SOLUTION

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## What to remember
#
# - Forwards: each output channel takes from **all** input channels. Backwards: each input channel takes from all output channels.
# - Gradient to the input: a ring of $k-1$ zeros around the deltas, the kernel turned around in space, its two channel axes swapped.
# - Gradient to the kernel: the deltas slide over the input. Nothing is turned.
# - Gradient to a bias: the sum of all deltas of its channel, over the whole batch.
# - Stride: zeros for the outputs that were left out. Padding: cut it off at the end (input), put it on at the beginning (kernel).
# - $x_{i-h}$ with a **minus** means true convolution. The pattern for the input survives. The gradient to the kernel is turned around.
# - Never trust a gradient that no finite difference has seen.
