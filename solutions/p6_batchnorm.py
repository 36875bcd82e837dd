# %% [raw]
# # ASSIGNMENT CONFIG
# name: p6_batchnorm
# title: "Problem 6 · Batch normalization"

# %% [markdown]
# # Problem 6 · Numbers that stay in range
#
# If every layer of a network makes its numbers half as large, ten layers leave them a thousandth of their size, and every
# gradient as well. *Batch normalization*, BatchNorm for short, puts an end to that: behind each layer it brings every
# feature back to mean 0 and variance 1. Then it lets the network choose another mean and another scale, if it likes.
#
# Forwards, that is two lines of code. Backwards there is a trap, and in 6.d you decide whether you step into it.
#
# **What you'll do**
# - train the same ten layers with and without BatchNorm, and look
# - shift one image, and find out over what a CNN should take its means
# - normalize a batch of images in two ways, and send the gradient back
# - go back one arrow at a time, then switch from training to evaluation
#
# **What you'll learn**
# - what counts as an example in a dense network, and what in a CNN
# - what BatchNorm removes from a gradient, and why it must
#
# **What you need**
# - mean, variance, the chain rule; NumPy's `axis` argument
# - problem 2: a convolution as one matrix product
# - about 26 minutes for the core path, marked ◆; about 120 for everything

# %% tags=["setup"]
import sys

sys.path.insert(0, "..")  # utils/ lies beside the notebooks folder

# %%
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
# - A convolution layer has 6 filters of 5×5 on 3 input channels, and no biases. How many **numbers** does it learn?
# - Another layer puts out $(4, 10, 10, 6)$: images, rows, columns, filters. A filter adds its one bias to each of its
#   outputs. To how many **outputs**?
# - Average pooling with windows of 3×3 that do not overlap. An output gets back 18. How much of it reaches
#   **each pixel** of its window?

# %% tags=["prediction"]
recap_learned = 150  # a whole number
recap_terms = 4  # a whole number
recap_share = 18  # a number

# %% tags=["otter_ignore"]
reveal("the numbers that are learned", recap_learned, utils.num_parameters((5, 5, 3, 6)),
       why="Problem 1: every filter covers all three channels.")
reveal("the outputs with the same bias", recap_terms, np.zeros((4, 10, 10, 6))[..., 0].size,
       why="Problem 4: every place of every image. So its gradient is a sum over all of them. Two sums like it come in this problem.")
reveal("what reaches each pixel", recap_share, utils.avg_pool2d_grad([[18.0]], (3, 3), 3)[0, 0],
       why="Problem 5: in a mean of nine numbers, each counts a ninth.");

# %% [markdown]
# ## The same ten layers, with and without
#
# Ten dense layers of 32 numbers each, with a ReLU behind each (it turns negative numbers into 0), have to learn to read
# handwritten digits. We made one mistake: the random weights that they start with are **half as large** as they should be.
#
# We train the network twice for 100 steps, from the same weights and with the same images: once with BatchNorm before each ReLU, once
# without. How many of 100 new digits will the one **without** get right?

# %% tags=["prediction"]
guess_without = 60  # a whole number from 0 to 100

# %% tags=["otter_ignore", "folded"]
from sklearn.datasets import load_digits

pixels, digits = load_digits().data / 16, load_digits().target


def ten_layers(weights, x, normalize):
    """The 10 outputs for each row of x, and what lay before, between and behind each BatchNorm."""
    steps = []
    for w in weights[:-1]:
        z = x @ w
        n = utils.batch_norm(z, np.ones(32), np.zeros(32)) if normalize else z
        steps.append((x, z, n))
        x = np.maximum(n, 0)
    return x @ weights[-1], [*steps, (x, None, None)]


def train_ten_layers(size, normalize):
    """The loss at each of 100 steps, the spread of the numbers in each layer at the start, how many of 100 are right."""
    rng = np.random.default_rng(0)
    widths = [64, *[32] * 10, 10]
    weights = [size * np.sqrt(2 / a) * rng.normal(size=(a, b)) for a, b in zip(widths, widths[1:])]
    losses, spread = [], None
    for _ in range(100):
        batch = rng.choice(1000, 64, replace=False)
        logits, steps = ten_layers(weights, pixels[batch], normalize)
        spread = spread or [n.std() for _, _, n in steps[:-1]]
        p = np.exp(logits - logits.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        losses.append(-np.log(p[np.arange(64), digits[batch]]).mean())
        p[np.arange(64), digits[batch]] -= 1
        g = p / 64
        grads = [steps[-1][0].T @ g]
        for w, (x, z, n) in zip(weights[:0:-1], steps[-2::-1]):
            g = g @ w.T * (n > 0)
            if normalize:
                g = utils.batch_norm_grad(g, z, np.ones(32))[0]
            grads.insert(0, x.T @ g)
        weights = [w - 0.1 * grad for w, grad in zip(weights, grads)]
    read = ten_layers(weights, pixels[1000:], normalize)[0].argmax(axis=1) == digits[1000:]
    return losses, spread, round(100 * read.mean())


trained = {(size, norm): train_ten_layers(size, norm) for size in (0.5, 1.0) for norm in (False, True)}
without, with_norm = trained[0.5, False][2], trained[0.5, True][2]
if reveal("of 100 new digits, without BatchNorm", guess_without, without, near=0.3,
          why="That is as good as guessing: next to nothing arrives at the last layer (on the left), and next to nothing comes "
              f"back. With BatchNorm it reads {with_norm}."):
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.2), layout="constrained")
    for (size, norm), (losses, spread, _) in trained.items():
        color, style = "#0b63b0" if norm else "#b04a00", "-" if size == 0.5 else "--"
        if size == 0.5:
            left.plot(range(1, 11), spread, "o-", color=color)
        right.plot(np.convolve(losses, np.ones(5) / 5, "valid"), style, color=color)
    left.set(yscale="log", xlabel="layer", ylabel="standard deviation", title="the numbers in each layer, at the start")
    left.text(5.5, 2, "with BatchNorm", color="#0b63b0", ha="center")
    left.text(5.5, 4e-2, "without", color="#b04a00")
    left.set(ylim=(1e-4, 9), xticks=range(1, 11))
    right.set(xlabel="step", ylabel="loss", title="while it learns", xlim=(0, 97), ylim=(0, 2.6))
    for words, height, color in (("without", 2.3, "#b04a00"), ("without, usual weights", 1.45, "#b04a00"),
                                 ("with, usual weights", 0.58, "#0b63b0"), ("with BatchNorm", 0.22, "#0b63b0")):
        right.text(99, height, words, color=color, va="center")
    for ax in (left, right):
        ax.spines[["top", "right"]].set_visible(False)
    show(
        figure,
        "Left, the spread of the numbers in ten layers at the start. Without BatchNorm it falls in a straight line on a "
        "logarithmic scale, from 0.3 to 0.0005; with BatchNorm it is 1 in every layer. Right, the loss over 100 steps. Without "
        "BatchNorm it stays at 2.3. Without it, but with weights of the usual size, it falls late, to about 1.6. With "
        "BatchNorm it falls at once, to below 0.5, whichever size the weights have.",
    )

# %% [markdown]
# <!--screen-->And the dashed lines, where the weights have their usual size: which of the two networks gains by that?<!--/screen-->
#
# BatchNorm is no magic: it makes the starting weights matter less, and that is why deep networks use it, or a
# relative of it.

# %% [markdown]
# ## The idea: bring every feature to the same range
#
# A *feature* is one column of a layer's output, with a number from each example. Take one feature, and call its numbers
# $x_1, \dots, x_m$. BatchNorm computes their mean $\mu$ and their variance $\sigma^2$, *normalizes*, and then scales and shifts:
#
# $$\mu = \frac1m\sum_i x_i \qquad \sigma^2 = \frac1m\sum_i (x_i-\mu)^2$$
#
# $$\hat x_i = \frac{x_i-\mu}{\sqrt{\sigma^2+\varepsilon}} \qquad y_i = \gamma\,\hat x_i + \beta$$
#
# For example, $(3, 3, 7, 7)$ has $\mu = 5$ and $\sigma^2 = 4$, and becomes $(-1, -1, 1, 1)$.
# The normalized numbers $\hat x$ ("x hat") have mean 0 and variance 1. The scale $\gamma$ (gamma) and the shift $\beta$ (beta)
# are learned, one pair for each feature. The small number $\varepsilon$ (epsilon, often $10^{-5}$) keeps a feature of equal
# numbers from a division by zero. The variance divides by $m$, not by $m-1$.
#
# <!--screen-->In the picture each row is one channel, a feature of a CNN: in blue as it comes in, in green as it goes
# out. Move $\gamma$ and $\beta$. Which one moves the cloud, and which one makes it wider? (*Backward* is for 6.d.)<!--/screen-->

# %% tags=["otter_ignore"]
explore.batch_norm()

# %% [markdown]
# ## 6.a · A dense layer: one row for each example
#
# *◇ more*
#
# On the core path the formulas above are enough; go on to 6.b. Here you use them with a pencil and in code.

# %% [markdown]
# A guess first. Multiply all numbers of one feature by 10, before BatchNorm, and leave $\gamma$ and $\beta$ as they are. (Let
# $\varepsilon$ be so small that it plays no part.) By which number is each output multiplied?

# %% tags=["prediction"]
guess_ten_times = 10  # a number

# %% tags=["otter_ignore"]
feature = np.array([[3.0], [-1], [4], [1], [-5]])
plain, larger = (utils.batch_norm(x, [2.0], [0.5], eps=0) for x in (feature, 10 * feature))
reveal("the factor", guess_ten_times, round(float((larger / plain).mean()), 9),
       why="Ten times the distance from the mean, divided by ten times the standard deviation. "
           "This is how it made up for our weights of half the size.");

# %% [raw]
# # BEGIN QUESTION
# name: q6a_i
# path: more
# minutes: 4
# difficulty: 1
# misconceptions: [bn-var-not-std, bn-unbiased, bn-shift-first]
# explain: Four numbers lie on one side of the mean and one on the other. Why is that one so far away?
# vary:
#   draw: {x: 5 of -4..9}
#   ask: Normalize ${x}$ by hand, with $\gamma = 1$, $\beta = 0$ and without $\varepsilon$.
#   about: normalize_row
#   case: x, 1, 0

# %% [markdown]
# ### 6.a.i · Five numbers by hand
#
# One feature of five examples: $x = (2, 2, 2, 2, 7)$. Take $\varepsilon = 0$, $\gamma = 6$, $\beta = 10$. Write two lists of
# five numbers each, `x_hat_by_hand` and `y_by_hand`.
#
# <details><summary>Hint 1</summary>
#
# The mean first. Then the distance of each number from it.
#
# <details><summary>Hint 2</summary>
#
# The variance is the mean of the five squared distances. You divide by something else: by what?
#
# <details><summary>Hint 3</summary>
#
# The first distance is $2 - 3 = -1$. A test: the five numbers of $\hat x$ add up to 0, and their squares to 5.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
# mean 3, distances -1, -1, -1, -1, 4, variance (4·1 + 16) / 5 = 4: divide by 2; then 6·x_hat + 10
x_hat_by_hand = [-0.5, -0.5, -0.5, -0.5, 2]
y_by_hand = [7, 7, 7, 7, 22]
# END SOLUTION
""" # BEGIN PROMPT
x_hat_by_hand = ...
y_by_hand = ...
""" # END PROMPT

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

    expect(y_by_hand, like=normalization.normalize_row, on=case([2, 2, 2, 2, 7], 6, 10))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q6a_ii
# path: more
# minutes: 7
# difficulty: 1
# misconceptions: [bn-unbiased, bn-eps-outside, bn-gamma-beta-swapped, bn-all-axes]
# explain: Why can NumPy subtract an array of shape (C,) from one of shape (N, C)?
# also: |
#   scale = gamma / np.sqrt(x.var(axis=0) + eps)
#   return x * scale + (beta - x.mean(axis=0) * scale)

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
# `x.mean(axis=...)` and `x.var(axis=...)`. The second divides by the count, as we want it.
#
# <details><summary>Hint 3</summary>
#
# Is `eps` inside the square root, or outside? Look at the formula once more.
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
        case([[2], [2], [2], [2], [7]], [3], [10], 0.0),
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
# misconceptions: bn-var-not-std
# explain: There is a second pair, with another sign. Why does it not give x back?
# vary:
#   draw: {x: 5 of -6..12}
#   ask: Without $\varepsilon$, with which $\gamma$ does batch normalization leave ${x}$ as widely spread as it was?
#   about: undo_scale
#   case: x

# %% [markdown]
# ### 6.a.iii · Is this right?
#
# A friend worries: *"BatchNorm throws information away. After it, every feature has mean 0 and variance 1."* You answer:
# *"The network can take that back. Unless all numbers of a feature are equal, there is a $\gamma$ and a $\beta$ with which
# BatchNorm changes nothing."* Are you right?

# %% tags=["prediction"]
guess_undone = False  # True or False: you are right

# %% tags=["otter_ignore"]
column = np.array([0.5, 3, -2, 8, 1])
hat = utils.batch_norm(column[:, None], [1.0], [0.0], eps=0)[:, 0]
line = np.poly1d(np.polyfit(hat, column, 1))  # the straight line through the points (hat, column)
reveal("the network can take it back", guess_undone, bool(np.allclose(line(hat), column)),
       why="Normalizing follows a straight line, and another straight line leads back.");

# %% [markdown]
# Which `gamma_undo` and which `beta_undo` give back $y = x = (2, 2, 2, 2, 7)$? Again with $\varepsilon = 0$.
#
# <details><summary>Hint 1</summary>
#
# $y = \gamma\,\hat x + \beta$, and $\hat x$ has mean 0 and standard deviation 1. So what is the mean of $y$?
#
# <details><summary>Hint 2</summary>
#
# And what is the standard deviation of $y$? Both must be those of $x$.
#
# <details><summary>Hint 3</summary>
#
# You have computed both for these five numbers in 6.a.i, on the way to $\hat x$. The variance is not yet the standard deviation.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
# the standard deviation and the mean of x: what normalizing has taken away
gamma_undo = 2
beta_undo = 3
# END SOLUTION
""" # BEGIN PROMPT
gamma_undo = ...
beta_undo = ...
""" # END PROMPT

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
# ## 6.b · A CNN: what counts as an example?
#
# A batch of images has the shape $(B, H, W, C)$: images, rows, columns, channels. In a dense network a mean is taken over the
# examples. What is an example here? There are two candidates:
#
# - one **image** is one example: each pixel of each channel gets a mean of its own, taken over the $B$ images
# - one **place** of one image is one example: each channel has one mean, taken over all places of all images
#
# Let us try both. Eight digits go through a convolution that looks for horizontal edges, then through BatchNorm. Now we move
# the **first** digit two pixels to the right. What the convolution finds in it moves along. With which mean is that still so
# after BatchNorm?

# %% tags=["prediction"]
guess_moves = "with both"  # "one mean per pixel", "one mean per channel", "with both" or "with neither"

# %% tags=["otter_ignore", "folded"]
from sklearn.datasets import load_digits

eight = np.pad(load_digits().images[:8, :, :, None] / 16, ((0, 0), (3, 3), (3, 3), (0, 0)))
edges = np.array([1.0, 0, -1]).reshape(3, 1, 1, 1) * np.ones((1, 3, 1, 1))
moved = eight.copy()
moved[0] = np.roll(eight[0], 2, axis=1)  # two columns to the right; the margin comes in from the left


def normalized(images, axes):
    y = utils.conv2d(images, edges)
    return (y - y.mean(axis=axes)) / np.sqrt(y.var(axis=axes) + 0.01)


pictures = {"one mean per pixel": 0, "one mean per channel": (0, 1, 2)}
expected = {name: np.roll(normalized(eight, axes)[0], 2, axis=1) for name, axes in pictures.items()}
found = {name: normalized(moved, axes)[0] for name, axes in pictures.items()}
same = [name for name in pictures if np.allclose(expected[name], found[name])]
answer = same[0] if len(same) == 1 else "with both" if same else "with neither"
choices = (*pictures, "with both", "with neither")
if reveal("the picture of the digit is the same, only moved", guess_moves, answer, choices=choices,
          why="Moving an image only carries its numbers to other places, and a mean over all places does not notice. A mean per "
              "pixel compares each pixel with what other images happen to have there. So in a CNN, space counts as batch."):
    figure, axes = plt.subplots(2, 3, figsize=(7.5, 4.6), layout="constrained")
    for row, name in zip(axes, pictures, strict=True):
        difference = found[name] - expected[name]
        for ax, picture in zip(row, (expected[name], found[name], difference), strict=True):
            ax.imshow(picture[:, :, 0], cmap="gray", vmin=-3, vmax=3)
            ax.set(xticks=[], yticks=[])
        row[0].set_ylabel(name)
    for ax, title in zip(axes[0], ("normalized, then moved", "moved, then normalized", "difference"), strict=True):
        ax.set_title(title)
    show(
        figure,
        "Two rows of three pictures: a digit's edges after normalizing and moving, after moving and normalizing, and the "
        "difference of the two. With one mean per pixel they are different pictures, and the difference is full of bright and "
        "dark spots. With one mean per channel they are the same, and the difference is an even grey.",
    )

# %% [markdown]
# What is an example to the *filter*? Remember im2col in problem 2: each window became a row of a table, and every row met the
# same weights. How many rows does one image bring, and how many does a batch?

# %% [raw]
# # BEGIN QUESTION
# name: q6b_i
# path: core
# minutes: 2
# difficulty: 1
# worksheet: (h)
# misconceptions: [bn-wrong-m, gamma-or-beta-forgotten, bn-all-axes]
# explain: Would the layer learn more numbers if the batch had twice as many images?
# setting: |
#   BatchNorm subtracts a mean and divides by a standard deviation, then scales by $\gamma$ and shifts by $\beta$. It learns
#   $\gamma$ and $\beta$.
# board: |
#   Everything but the last axis goes into a mean. Each channel learns one $\gamma$ and one $\beta$.
#   $$8 \cdot 6 \cdot 5 = 240 \qquad\qquad 2 \cdot 3 = 6$$
# vary:
#   draw: {B: 2..9, H: 2..9, W: 2..9, C: 2..9}
#   where: len({B, H, W, C}) == 4
#   ask: >-
#     {B} images of {H} × {W} pixels with {C} channels are normalized for each channel. Over how many numbers
#     is each mean taken?
#   about: batch_norm_count
#   case: (B, H, W, C)

# %% [markdown]
# ### 6.b.i · Count
#
# Suppose that BatchNorm for images takes one mean and one variance for each channel. A batch has the shape $(8, 6, 5, 3)$:
# 8 images, 6 rows, 5 columns, 3 channels.
#
# - `numbers_per_mean`: how many numbers go into **one** mean?
# - `learned`: how many numbers does the layer learn?
#
# <details><summary>Hint 1</summary>
#
# Choose one channel. How many numbers of the whole batch lie in it?
#
# <details><summary>Hint 2</summary>
#
# The mean and the variance are computed from each batch. Which letters of the formulas are changed by training?
#
# <details><summary>Hint 3</summary>
#
# For a batch $(2, 4, 4, 7)$ it would be 32 numbers in each mean, and two learned numbers for each of 7 channels.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
# all numbers of one channel; a gamma and a beta for each of three channels
numbers_per_mean = 8 * 6 * 5
learned = 2 * 3
# END SOLUTION
""" # BEGIN PROMPT
numbers_per_mean = ...
learned = ...
""" # END PROMPT

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
# minutes: 3
# difficulty: 1
# worksheet: (h)
# misconceptions: [bn-per-pixel, bn-per-image, bn-all-axes, bn-eps-outside]
# explain: The means have shape (C,). Which axis of x does NumPy line them up with?
# also: |
#   mean = np.einsum("bhwc->c", x) / x[..., 0].size
#   var = np.einsum("bhwc->c", (x - mean) ** 2) / x[..., 0].size
#   return gamma * (x - mean) / np.sqrt(var + eps) + beta

# %% [markdown]
# ### 6.b.ii · First way: several axes at once
#
# Write `batch_norm_axes(x, gamma, beta, eps=1e-5)` for images `x` of shape `(B, H, W, C)`, with one mean and one variance for
# each channel. `gamma` and `beta` have shape `(C,)`, and the result has the shape of `x`:
#
# $$\hat x = \frac{x-\mu}{\sqrt{\sigma^2+\varepsilon}} \qquad y = \gamma\,\hat x + \beta$$
#
# <details><summary>Hint 1</summary>
#
# In NumPy, `axis` may be a tuple: `a.sum(axis=(1, 3))` adds over two axes at once.
#
# <details><summary>Hint 2</summary>
#
# `C` means must be left. Which axes go, and which one stays?
#
# <details><summary>Hint 3</summary>
#
# Compute the mean, then the variance over the same axes, then one line for the formula. NumPy lines up an array of shape
# `(C,)` with the last axis of `x` by itself.
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
        case(draw((2, 1, 3, 2), seed=1), [2, -3], [1, 5], 0.5),
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
# minutes: 4
# difficulty: 2
# worksheet: (h)
# misconceptions: [bn-channels-mixed, bn-per-image]
# explain: Which axis can keep its place in every reshape of this kind, and why?
# also: |
#   rows = np.moveaxis(x, -1, 0).reshape(x.shape[-1], -1)
#   hat = (rows.T - rows.mean(axis=1)) / np.sqrt(rows.var(axis=1) + eps)
#   return (gamma * hat + beta).reshape(x.shape)

# %% [markdown]
# ### 6.b.iii · Second way: reshape. Is this right?
#
# In a dense network, BatchNorm normalizes each **column** of a table. A batch of images `x` of shape `(B, H, W, C)` can be
# made into such a table: one column for each channel, one row for each pixel of each image.
#
# A claim: *"`x.reshape(C, -1).T` makes that table. It has the right shape, after all."* Think of two images of 2×2 pixels
# with three channels, in which **every pixel is (0, 1, 2)**. In the right table, the first column holds zeros only, the
# second ones, the third twos. Does this one?

# %% tags=["prediction"]
guess_table = True  # True or False: the claim is right

# %% tags=["otter_ignore"]
all_alike = np.zeros((2, 2, 2, 3)) + np.arange(3)
suggested = all_alike.reshape(3, -1).T
if reveal("it makes that table", guess_table, bool((suggested == np.arange(3)).all()),
          why="Memory holds the three channels of one pixel side by side, and reshape never changes that order."):
    print("the suggested table begins with the rows", *suggested[:3].astype(int).tolist())

# %% [markdown]
# Write `batch_norm_rows(x, gamma, beta, eps=1e-5)`: make the right table, normalize its columns, scale them by `gamma` and
# shift them by `beta` (both of shape `(C,)`), and make images of it again. If you have written `batch_norm` in 6.a.ii,
# call it.
#
# <details><summary>Hint 1</summary>
#
# The channels of one pixel lie side by side in memory. In the table they lie side by side as well: they are a row.
#
# <details><summary>Hint 2</summary>
#
# So the last axis can stay the last axis. Merge the first three into one; NumPy finds out their product if you write −1.
#
# <details><summary>Hint 3</summary>
#
# The mean and the variance of each column are taken over the rows, `axis=0`. And how do you get back the shape that `x` had?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def batch_norm_rows(x, gamma, beta, eps=1e-5):
    """Normalize each channel of x (B, H, W, C) as one column of a table with B*H*W rows."""
    # BEGIN SOLUTION
    rows = x.reshape(-1, x.shape[-1])
    x_hat = (rows - rows.mean(axis=0)) / np.sqrt(rows.var(axis=0) + eps)
    return (gamma * x_hat + beta).reshape(x.shape)
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
# minutes: 4
# difficulty: 2
# worksheet: (h)
# misconceptions: bn-per-pixel
# explain: The two pairs are so different. What has BatchNorm kept of them?

# %% [markdown]
# ### 6.b.iv · Is this right?
#
# Once more the other candidate: each pixel of each channel gets its own mean and variance, over the images of the batch. A
# claim: *"Then a batch with a single image comes out as nothing but zeros."* (Before scale and shift.) Is this right?

# %% tags=["prediction"]
guess_single = False  # True or False

# %% tags=["otter_ignore"]
single = np.array([[[3.0, -7], [250, 8]]])  # one image of 2x2 pixels
hat = (single - single.mean(axis=0)) / np.sqrt(single.var(axis=0) + 1e-5)
reveal("a single image comes out as zeros", guess_single, bool((hat == 0).all()),
       why="With one number, the mean is the number itself.");

# %% [markdown]
# And with **two** images? At one place their pixels are 700 and 3, at another place 3.1 and 3. Each place is normalized on its
# own, with $\varepsilon = 0$. What does the *larger* one of each pair become? Write the two numbers as a list, `larger_ones`.
#
# <details><summary>Hint 1</summary>
#
# Two numbers $a > b$. Where is their mean, and how far is $a$ from it?
#
# <details><summary>Hint 2</summary>
#
# $b$ is as far away, on the other side. So what is the mean of the squared distances, and what is its square root?
#
# <details><summary>Hint 3</summary>
#
# For 10 and 4, the mean is 7, both distances are 3, and the variance is 9. Now divide the distance by the standard
# deviation.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
# the mean lies halfway, so both numbers are one standard deviation away from it
larger_ones = [1, 1]
# END SOLUTION
""" # BEGIN PROMPT
larger_ones = ...
""" # END PROMPT

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
# Over batch *and* space a mean comes from $B\cdot H\cdot W$ numbers, so a small batch of large images is no problem.

# %% [markdown]
# ## 6.c · Backward, one arrow at a time
#
# *◇ more*
#
# Write the forward pass as a chain of small steps. Each box below is one of them, and each arrow says "is used in". To go
# back, walk against the arrows, and multiply by the slope of each one. Where a quantity is used **twice**, two arrows
# come back to it, and what they bring is **added**.

# %% tags=["otter_ignore", "folded"]
boxes = {
    "x": (0, 1), "mean": (1.5, 0), "centered": (3, 1), "var": (4.5, 0),
    "inv_std": (6, 0), "x_hat": (7.5, 1), "y": (9.3, 1),
}
arrows = [
    ("x", "mean"), ("x", "centered"), ("mean", "centered"), ("centered", "var"),
    ("var", "inv_std"), ("inv_std", "x_hat"), ("centered", "x_hat"), ("x_hat", "y"),
]
figure, ax = plt.subplots(figsize=(9, 2.4))
patches = {}
for name, (column, row) in boxes.items():
    box = {"boxstyle": "round,pad=0.4", "facecolor": "none", "edgecolor": "black"}
    patches[name] = ax.text(column, row, name, ha="center", va="center", fontsize=11, bbox=box).get_bbox_patch()
for start, end in arrows:
    style = {"arrowstyle": "-|>", "color": "#0b63b0", "lw": 2, "shrinkA": 3, "shrinkB": 3}
    ax.annotate("", boxes[end], boxes[start], arrowprops={**style, "patchA": patches[start], "patchB": patches[end]})
ax.set(xlim=(-0.6, 9.9), ylim=(-0.5, 1.5))
ax.axis("off")
show(
    figure,
    "Seven boxes with arrows between them. x leads to mean and to centered; mean leads to centered; centered leads to var and to "
    "x_hat; var leads to inv_std, and inv_std to x_hat; x_hat leads to y.",
)

# %% [markdown]
# The chain rule goes along *every* path. How many different paths lead along the arrows from `x` to `y`?

# %% tags=["prediction"]
guess_paths = 2  # a whole number

# %% tags=["otter_ignore"]
paths = {"y": 1}
for box in ("x_hat", "inv_std", "var", "centered", "mean", "x"):
    paths[box] = sum(paths[end] for start, end in arrows if start == box)
reveal("the paths from x to y", guess_paths, paths["x"], why="Two from x to centered, and from there two to x_hat.");

# %% [markdown] tags=["given"]
# In code, for a table `x` of shape `(N, C)`:
#
# ```python
# mean     = x.mean(axis=0)                 # (C,)
# centered = x - mean                       # (N, C)
# var      = (centered**2).mean(axis=0)     # (C,)
# inv_std  = 1 / np.sqrt(var + eps)         # (C,)    one over the standard deviation
# x_hat    = centered * inv_std             # (N, C)
# y        = gamma * x_hat + beta           # (N, C)
# ```
#
# The gradient with respect to a quantity always has the shape of that quantity. In the questions below, `grad_output` is the
# gradient with respect to `y`, `grad_x_hat` the one with respect to `x_hat`, and so on.

# %% [raw]
# # BEGIN QUESTION
# name: q6c_i
# path: more
# minutes: 6
# difficulty: 1
# worksheet: (h)
# misconceptions: [not-summed, bn-xhat-forgotten, bn-grads-averaged]
# explain: Why does beta get a sum over the rows, and x_hat does not?
# also: return gamma * grad_output, np.einsum("nc,nc->c", grad_output, x_hat), np.einsum("nc->c", grad_output)

# %% [markdown]
# ### 6.c.i · Back through scale and shift
#
# The last step scales and shifts, $y = \gamma\,\hat x + \beta$. Write `scale_shift_grad`, a function of
# `grad_output`, `x_hat` and `gamma`. It returns three arrays: `grad_x_hat` of shape `(N, C)`, `grad_gamma` of shape `(C,)` and
# `grad_beta` of shape `(C,)`.
#
# <details><summary>Hint 1</summary>
#
# $y_{ic} = \gamma_c\,\hat x_{ic} + \beta_c$. What is its slope in $\hat x_{ic}$, what in $\gamma_c$, and what in $\beta_c$?
#
# <details><summary>Hint 2</summary>
#
# One $\beta_c$ is used by all $N$ rows. So $N$ arrows come back to it, as with the bias of a convolution: add them up.
#
# <details><summary>Hint 3</summary>
#
# $\gamma_c$ is used by all rows as well, but there each arrow has a slope of its own. Multiply by it before you add.
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
# worksheet: (h)
# misconceptions: [stopped-at-inv-std, half-forgotten, power-not-lowered, sign-flipped]
# explain: A larger variance makes every x_hat smaller. Where is that in your signs?
# also: return -(grad_x_hat * centered * inv_std**3).sum(axis=0) / 2

# %% [markdown]
# ### 6.c.ii · Back to the variance
#
# Two steps at once: `x_hat` is `centered` times `inv_std`, and `inv_std` is one over the square root of `var + eps`. Write
# `variance_grad`, a function of `grad_x_hat`, `centered` and `inv_std`. It returns the gradient with respect to `var`, of shape
# `(C,)`.
#
# <details><summary>Hint 1</summary>
#
# First go back to `inv_std`. There is one for each column, and all rows use it.
#
# <details><summary>Hint 2</summary>
#
# Then the second step, $s = v^{-1/2}$. What is the derivative of $v^{-1/2}$ with respect to $v$?
#
# <details><summary>Hint 3</summary>
#
# It has the power $-\frac32$. You were not given $v$, but its power $-\frac12$, which is `inv_std`. Which power of *that* do you need?
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
# worksheet: (h)
# misconceptions: two-forgotten
# explain: Whoever takes the variance for a constant forgets one of the two arrows. Which one?
# also: return inv_std * grad_x_hat + 2 / len(centered) * grad_var * centered

# %% [markdown]
# ### 6.c.iii · Two arrows come back to `centered`
#
# `centered` is used twice: `x_hat` is `centered` times `inv_std`, and `var` is the mean of its squares. Write
# `centered_grad`, a function of `grad_x_hat`, `grad_var`, `centered` and `inv_std`. It returns an array of shape `(N, C)`.
#
# <details><summary>Hint 1</summary>
#
# Follow each arrow on its own, give each result a name, and add the two at the end.
#
# <details><summary>Hint 2</summary>
#
# The arrow from `x_hat`: each number of `centered` is multiplied by one `inv_std`. So what is the slope?
#
# <details><summary>Hint 3</summary>
#
# The arrow from `var`: with three rows it would be $v = (a^2 + b^2 + c^2)/3$. What is its derivative with respect to $a$?
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
# worksheet: (h)
# misconceptions: [bn-missing-mean, bn-sum-not-mean]
# explain: What is the sum of each column of your result, and why is it the same for every input?
# also: |
#   n = len(grad_centered)
#   return (np.eye(n) - np.ones((n, n)) / n) @ grad_centered

# %% [markdown]
# ### 6.c.iv · Back to x
#
# The last step: `centered = x - mean`, and `mean` is computed from `x` as well. Again two arrows. Write
# `input_grad(grad_centered)`, which returns an array of shape `(N, C)`.
#
# <details><summary>Hint 1</summary>
#
# The direct arrow has slope 1. The other one goes over the mean, in two steps.
#
# <details><summary>Hint 2</summary>
#
# Every row subtracts the same mean. So the gradient with respect to the mean is a sum over the rows, with a minus sign.
#
# <details><summary>Hint 3</summary>
#
# And how much does the mean of $N$ numbers move when one of them moves by 1? A sum over the rows, times that: what do you call it?
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
# minutes: 8
# difficulty: 2
# worksheet: (h)
# misconceptions: [bn-stats-constant, bn-missing-var, bn-missing-mean, bn-eps-not-passed-on]
# explain: Which line would you have to change if BatchNorm did not divide by the standard deviation?

# %% [markdown]
# ### 6.c.v · All the way back
#
# Put your four steps together. Write `batch_norm_grad(grad_output, x, gamma, eps=1e-5)`. It returns `(grad_x, grad_gamma, grad_beta)`.
#
# <details><summary>Hint 1</summary>
#
# First run the forward pass again, up to `x_hat`. Its code is above 6.c.i.
#
# <details><summary>Hint 2</summary>
#
# Then your four functions, in their order. Each one needs what the one before it returns.
#
# <details><summary>Hint 3</summary>
#
# The first of the four gives three results at once; two of them are finished. Which one travels on?
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
        case([[1], [0], [0], [0], [0]], [[2], [2], [2], [2], [7]], [3], 0.0),
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
# A claim first: *"$\mu$ and $\sigma$ are two numbers that we compute once. So $y = \gamma\,(x-\mu)/\sigma + \beta$ is a straight
# line with the slope $\gamma/\sigma$, and $\partial L/\partial x_i = \frac{\gamma}{\sigma}\, g_i$,"* where $g = \partial L/\partial y$.
# Is this right?

# %% tags=["prediction"]
guess_line = True  # True or False

# %% tags=["otter_ignore", "folded"]
column, scale = np.array([[1.0], [4], [-2], [0]]), np.array([3.0])
upstream = np.array([[2.0], [1], [0], [-1]])
claimed = scale / column.std() * upstream
measured = utils.numerical_gradient(lambda x: utils.batch_norm(x, scale, [0.0], eps=0), column, upstream)
if reveal("the slope is right", guess_line, bool(np.allclose(claimed, measured)),
          why="Move one input, and the mean and the variance move as well, and every output with them."):
    print("x =", column.ravel(), "  g =", upstream.ravel(), "  gamma =", scale[0])
    print("claimed: ", claimed.ravel().round(3))
    print("measured:", measured.ravel().round(3), "  (each input moved a little)")

# %% [markdown]
# Now with numbers that you know. Take $(3, 3, 7, 7)$ with $\gamma = 1$ and $\varepsilon = 0$: $\mu = 5$, $\sigma = 2$, and
# the outputs are $(-1, -1, 1, 1)$. The **first** number rises by a little. How many times as much does each of the four
# outputs rise? (Negative, if it falls. What does $\mu$ do, and does $\sigma$ grow or shrink?)

# %% tags=["prediction"]
guess_outputs = (0.5, 0, 0, 0)  # four numbers

# %% tags=["otter_ignore"]
four, little = np.array([[3.0], [3], [7], [7]]), 1e-6 * np.array([[1.0], [0], [0], [0]])
above, below = (utils.batch_norm(x, [1.0], [0.0], eps=0) for x in (four + little, four - little))
reveal("how much each output rises", guess_outputs, tuple(((above - below).ravel() / 2e-6).round(6) + 0.0),
       why="The mean rises by a quarter, so all distances from it change, and the standard deviation shrinks by a quarter.");

# %% [markdown]
# ### In letters: vary one input
#
# Write $s = \sqrt{\sigma^2+\varepsilon}$, so that $\hat x_j = (x_j - \mu)/s$. Raise **one** input, $x_i$, and fill in the
# blanks with a pencil. For each unit that $x_i$ rises,
#
# 1. the mean rises by $\square$.
# 2. $s^2 = \varepsilon + \frac1m\sum_j (x_j-\mu)^2$ rises by $\frac2m\,(x_i-\mu)$. (That $\mu$ moves adds nothing here, since all
#    distances from it sum up to 0.) And $s^2$ rises by $2s$ times as much as $s$. So $s$ rises by $\frac1m\,\hat x_i$.
# 3. In $\hat x_j$, the numerator moves by $[j=i] - \square$, where $[j=i]$ is 1 for the input itself and 0 for the others, and
#    $s$ moves as in line 2. Together, $\hat x_j$ moves by $\;\frac1s\left([j=i] - \square - \hat x_j\cdot\square\right)$.
# 4. Each $y_j = \gamma\,\hat x_j + \beta$ reaches the loss with $g_j$. Add up over all $j$:
#
# $$\frac{\partial L}{\partial x_i} = \frac{\gamma}{\sqrt{\sigma^2+\varepsilon}}
# \left( g_i - \frac1m\sum_j g_j - \hat x_i\cdot\frac1m\sum_j g_j\,\hat x_j \right)$$
#
# Do your blanks lead there? Try line 3 on the four numbers above, too. In words: take the gradient, remove its mean, remove
# the part that points along $\hat x$, then scale. What is left can neither shift all $x$ nor stretch them; BatchNorm would
# take both back anyway. The two learned numbers are shared by all examples, as a bias is, so their gradients are sums:
#
# $$\frac{\partial L}{\partial \gamma} = \sum_i g_i\,\hat x_i \qquad\qquad \frac{\partial L}{\partial \beta} = \sum_i g_i$$
#
# <details><summary>The blanks</summary>
#
# In lines 1 and 3, what moves the mean: $\frac1m$. The last one is how $s$ moves: $\frac1m\,\hat x_i$.
#
# </details>
#
# ### What do they add up to?
#
# *◇ more*
#
# <!--screen-->Go back to the moving picture at the top and switch it to *backward*. The line through the dots of the gradient
# that comes in has a mean and a slope. What has become of both in the gradient that goes out?<!--/screen-->
#
# Now suppose that some $g$ comes in, whatever it is. What do the numbers $\partial L/\partial x_i$ of one feature add up to?

# %% tags=["prediction"]
guess_sum = 1  # a number

# %% tags=["otter_ignore"]
rng = np.random.default_rng(5)
sums = [utils.batch_norm_grad(*rng.normal(size=(2, 9, 1)), [2.0])[0].sum() for _ in range(20)]
reveal("the sum of the gradients", guess_sum, round(float(np.abs(sums).max()), 9) + 0.0,
       why="If all inputs of a feature rise together, the mean rises along, and no output moves.");

# %% [raw]
# # BEGIN QUESTION
# name: q6d_i
# path: more
# minutes: 6
# difficulty: 2
# worksheet: (h)
# misconceptions: [bn-stats-constant, bn-missing-mean, bn-missing-var]
# explain: The loss is the first output alone. Why does it hear from inputs 2, 3 and 4 at all?

# %% [markdown]
# ### 6.d.i · Five gradients by hand
#
# Five numbers of one feature, $x = (12, 12, 12, 12, 2)$, with $\gamma = 8$ and $\varepsilon = 0$. So $\sigma = 4$ and
# $\hat x = (\frac12, \frac12, \frac12, \frac12, -2)$. The gradient that comes in is $g = (1, 0, 0, 0, 0)$. Use the closed
# form
#
# $$\frac{\partial L}{\partial x_i} = \frac{\gamma}{\sqrt{\sigma^2+\varepsilon}}
# \left( g_i - \frac1m\sum_j g_j - \hat x_i\cdot\frac1m\sum_j g_j\,\hat x_j \right)$$
#
# with a pencil, and write the five numbers as a list, `dx_by_hand`.
#
# <details><summary>Hint 1</summary>
#
# Two means come first, the same for all five: that of $g$, and that of $g\,\hat x$. How many of the products are not zero?
#
# <details><summary>Hint 2</summary>
#
# With the two means at hand, write down the five brackets. Some inputs have the same $g$ and the same $\hat x$: how many different
# brackets are left?
#
# <details><summary>Hint 3</summary>
#
# Do not forget the factor in front of the bracket. A test: all five numbers add up to 0.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
# gamma/sigma = 2, the two means are 1/5 and 1/10:
# 2·(1 - 1/5 - 1/20), then three times 2·(0 - 1/5 - 1/20), then 2·(0 - 1/5 + 2/10)
dx_by_hand = [1.5, -0.5, -0.5, -0.5, 0]
# END SOLUTION
""" # BEGIN PROMPT
dx_by_hand = ...
""" # END PROMPT

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

    expect(dx_by_hand, like=normalization.normalize_row_grad, on=case([1, 0, 0, 0, 0], [12, 12, 12, 12, 2], 8))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q6d_ii
# path: more
# minutes: 7
# difficulty: 2
# worksheet: (h)
# misconceptions: [bn-stats-constant, bn-missing-mean, bn-missing-var, bn-sum-not-mean]
# explain: Which of the terms would be 0 for every x if all numbers of grad_output were equal?
# also: |
#   m = len(x_hat)
#   along = (grad_output * x_hat).sum(axis=0)
#   return gamma * inv_std / m * (m * grad_output - grad_output.sum(axis=0) - x_hat * along)

# %% [markdown]
# ### 6.d.ii · The closed form in code
#
# Write `closed_form(grad_output, x_hat, gamma, inv_std)`: the gradient with respect to `x`, of shape `(N, C)`. Here `inv_std`
# is $1/\sqrt{\sigma^2+\varepsilon}$ for each column, as in 6.c. Compare it with your `batch_norm_grad`: are the numbers equal?
#
# <details><summary>Hint 1</summary>
#
# Both sums in the formula are divided by $m$. What is a sum that is divided by its count?
#
# <details><summary>Hint 2</summary>
#
# The second of them is taken over products, number by number, and it has one number for each column.
#
# <details><summary>Hint 3</summary>
#
# Give both a name, each with one number per column. Then the formula is one line, and NumPy lines up the shapes.
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
        case([[1], [0], [0], [0], [0]], [[-0.5], [-0.5], [-0.5], [-0.5], [2]], [3], [0.5]),
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
# minutes: 6
# difficulty: 2
# worksheet: (h)
# misconceptions: [bn-stats-constant, bn-wrong-m, bn-per-pixel, bn-grads-averaged]
# explain: What is m in the closed form now, and where in your code is it?
# also: |
#   rows = [a.reshape(-1, a.shape[-1]) for a in (grad_output, x)]
#   grad_rows, grad_gamma, grad_beta = batch_norm_grad(*rows, gamma, eps)  # yours of 6.c.v
#   return grad_rows.reshape(x.shape), grad_gamma, grad_beta

# %% [markdown]
# ### 6.e · The gradients for images
#
# Write `batch_norm2d_grad(grad_output, x, gamma, eps=1e-5)`. Both `grad_output` and `x` have shape `(B, H, W, C)`, `gamma` has
# shape `(C,)`. It returns `(grad_x, grad_gamma, grad_beta)`, of shapes `(B, H, W, C)`, `(C,)` and `(C,)`. For each channel,
# with $g = \partial L/\partial y$ and all $m$ numbers of that channel:
#
# $$\frac{\partial L}{\partial x_i} = \frac{\gamma}{\sqrt{\sigma^2+\varepsilon}}
# \left( g_i - \frac1m\sum_j g_j - \hat x_i\cdot\frac1m\sum_j g_j\,\hat x_j \right)$$
#
# $$\frac{\partial L}{\partial \gamma} = \sum_i g_i\,\hat x_i \qquad \frac{\partial L}{\partial \beta} = \sum_i g_i$$
#
# Two ways lead there. Write the formulas with every mean and sum over three axes, as in 6.b.ii. Or reshape to tables as in
# 6.b.iii, go back through a dense layer's BatchNorm (your `batch_norm_grad` of 6.c.v, if you have it), and reshape again.
#
# <details><summary>Hint 1</summary>
#
# Either way you need the forward pass once more, up to $\hat x$. Only what has the shape of `x` is reshaped back.
#
# <details><summary>Hint 2</summary>
#
# By axes: the product of $g$ and $\hat x$ is used twice, once as a mean and once as a sum. Give it a name.
#
# <details><summary>Hint 3</summary>
#
# By tables: make one of `x` **and** one of `grad_output`. One of the three results has to become images again.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def batch_norm2d_grad(grad_output, x, gamma, eps=1e-5):
    """The gradients (grad_x, grad_gamma, grad_beta) of batch normalization of images x (B, H, W, C)."""
    # BEGIN SOLUTION
    axes = (0, 1, 2)
    inv_std = 1 / np.sqrt(x.var(axes) + eps)
    x_hat = (x - x.mean(axes)) * inv_std
    along = grad_output * x_hat
    grad_x = gamma * inv_std * (grad_output - grad_output.mean(axes) - x_hat * along.mean(axes))
    return grad_x, along.sum(axes), grad_output.sum(axes)
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
        case(draw((2, 1, 3, 1), seed=3), draw((2, 1, 3, 1), seed=4), [2], 0.5),
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
# *◇ more*
#
# In training, each batch brings its own mean and variance. Later the network has to judge **one** image, and there is no
# batch to take a mean of. So during training we keep a *running* mean and a running variance, and use them from then on.
# A layer has two modes, training and evaluation, and forgetting the switch is a classic mistake.

# %% [raw]
# # BEGIN QUESTION
# name: q6f_i
# path: more
# minutes: 7
# difficulty: 2
# misconceptions: [batch-variance, momentum-swapped, input-overwritten]
# explain: After a hundred batches, which of them counts most in the running mean?
# also: |
#   mean, var = x.mean(axis=0), x.var(axis=0, ddof=1)
#   return running_mean + momentum * (mean - running_mean), running_var + momentum * (var - running_var)

# %% [markdown]
# ### 6.f.i · Keep a running mean
#
# Write `update_running(running_mean, running_var, x, momentum)` for a table `x` of shape `(N, C)`. It returns the new running
# mean and the new running variance, both of shape `(C,)`. Each of them moves a little towards the batch:
#
# $$\text{new} = (1 - \text{momentum})\cdot\text{old} + \text{momentum}\cdot\text{batch}$$
#
# The variance of the batch is divided by $N-1$ here, not by $N$ (PyTorch does so, too). A small batch underestimates how much
# *all* data vary, and here we want to know about all data.
#
# <details><summary>Hint 1</summary>
#
# Two lines, one for the mean and one for the variance. They look alike.
#
# <details><summary>Hint 2</summary>
#
# NumPy's `var` has an argument for what is subtracted from the count: `ddof`. By itself it is 0.
#
# <details><summary>Hint 3</summary>
#
# Return new arrays. With `*=` or `+=` you would change the old ones, and whoever called you may still need them.
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

    cases = [case([0], [3], [[2], [2], [2], [2], [7]], 0.1), case([1, 2], [3, 5], draw((4, 2), seed=1), 0.5)]
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
# minutes: 6
# difficulty: 2
# misconceptions: [batch-statistics, bn-eps-outside, bn-no-beta]
# explain: Why does one line do for tables and for images?
# also: |
#   scale = gamma / np.sqrt(running_var + eps)
#   return x * scale + (beta - running_mean * scale)  # a layer that only scales and shifts

# %% [markdown]
# ### 6.f.ii · Is this right?
#
# Somebody leaves the switch on training while the network judges new images, in batches of three. *"That does no harm,"* he
# says: *"what the network says about an image still depends on that image alone, and on what was learned."* Is this right?

# %% tags=["prediction"]
guess_always = True  # True or False: it depends on that image alone

# %% tags=["otter_ignore"]
judged = {}
for others in ([1.0, 2.0], [8.0, 9.0]):
    batch = np.array([5.0, *others])[:, None]
    judged[tuple(others)] = round(float(utils.batch_norm(batch, [1.0], [0.0])[0, 0]), 2)
if reveal("it depends on that image alone", guess_always, len(set(judged.values())) == 1,
          why="It depends on who else is in the batch. The verdict about one image must not depend on its company."):
    for others, becomes in judged.items():
        print("together with", others, "the number 5 becomes", becomes)

# %% [markdown]
# Now the other mode. Write
# `batch_norm_eval(x, gamma, beta, running_mean, running_var, eps=1e-5)`, for `x` of shape `(N, C)` **or** `(B, H, W, C)`. The four
# other arrays have shape `(C,)`.
#
# <details><summary>Hint 1</summary>
#
# The formula is that of training. Only the mean and the variance come from somewhere else.
#
# <details><summary>Hint 2</summary>
#
# NumPy lines up an array of shape `(C,)` with the last axis of `x`, however many axes are before it.
#
# <details><summary>Hint 3</summary>
#
# Nothing in your function should compute a mean. And $\varepsilon$ is still inside the square root.
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
        case(draw((3, 1, 2, 2), seed=2), [2, 1], [1, 0], [1, 2], [3, 5]),
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
# explain: Which three of the four paths from x to y are gone?

# %% [markdown]
# ### 6.f.iii · Backward in evaluation mode
#
# Sometimes you need $\partial L/\partial x$ in evaluation mode, for example to find out which pixels a trained network looks
# at. Now the statistics do **not** depend on `x`. Write `batch_norm_eval_grad(grad_output, gamma, running_var, eps=1e-5)`, the
# gradient with respect to `x`. It has the shape of `grad_output`, which is `(N, C)` or `(B, H, W, C)`.
#
# <details><summary>Hint 1</summary>
#
# Look at the boxes of 6.c. Which arrows are still there when mean and variance are given from outside?
#
# <details><summary>Hint 2</summary>
#
# Only one path leads from `x` to `y`, and it is a straight line. What is its slope?
#
# <details><summary>Hint 3</summary>
#
# You have read the answer in 6.d, as a claim. There it was wrong.
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
# manual: true
# points: 2
# rubric: |
#   - 1 point: a channel is one feature looked for at every place, so its numbers are treated alike; or the mean comes from $BHW$ numbers instead of $B$
#   - 1 point: a number added to all inputs of a channel changes nothing, so the sum of the gradients is 0
# path: more
# minutes: 6
# difficulty: 2
# worksheet: (h)

# %% [markdown]
# ### 6.g · In your own words
#
# Explain to a friend, in four or five sentences: why does a CNN use one mean for each **channel**, and not one for each pixel?
# And why do the gradients with respect to all inputs of one channel always add up to 0?

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

utils.practice("batchnorm")

# %% [markdown]
# ## What to remember
#
# <!--screen-->What would be on your own list? Write three lines, then open ours.
#
# <details><summary>Our list</summary><!--/screen-->
#
# - Dense: over the rows, `axis=0`. CNN: over batch **and** space, `axis=(0, 1, 2)`, or `reshape(-1, C)` and then as before.
# - One $\gamma$ and one $\beta$ for each channel are learned. They can take everything back.
# - A quantity that is used twice gets two gradients, and they **add up**. One that all rows use gets a sum over the rows.
# - $\dfrac{\partial L}{\partial x} = \dfrac{\gamma}{\sqrt{\sigma^2+\varepsilon}}\,\bigl(g - \overline{g} - \hat x\;\overline{g\,\hat x}\bigr)$. The
#   bars are means, over the same axes as in the forward pass.
# - In evaluation the statistics are fixed. Then, and only then, the gradient is $\gamma\, g/\sqrt{\sigma^2+\varepsilon}$.
#
# <!--screen--></details><!--/screen-->
#
# In problem 7 this layer is part of a network that you train.
