# %% [raw]
# # ASSIGNMENT CONFIG
# name: p3_backprop_1d
# title: "Problem 3 · Backpropagation in one dimension"

# %% [markdown]
# # Problem 3 · How does the error find its way back?
#
# A network learns by sending its error backwards. When the error reaches a convolution, it comes as one number for each
# **output**. What you need is one number for each **input** and one for each **weight**. Here you find both: first with
# letters, then with numbers, then in code. And each time you ask: is this a convolution again?
#
# **What you'll do**
# - watch a gradient look for a filter that nobody shows it
# - write down the partial derivatives of a small convolution, with letters
# - turn them into a few lines of code
# - add padding, then stride, and meet the matrix of problem 2 again
#
# **What you'll learn**
# - what slides over what on the way back, and why
# - what a stride does to the gradient
#
# **What you need**
# - problem 1, and the idea of problem 2
# - partial derivatives and the chain rule: where paths meet, add
# - about 22 minutes for the core path, marked ◆; about 90 for everything

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
# From problems 1 and 2, without looking anything up. A filter of 4 slides over 9 numbers, with stride 1 and no
# padding, and this is written as $y = W x$:
#
# - How many **outputs** are there?
# - How many **columns** does the matrix $W$ have?
# - How many **different** numbers are in $W$, the zeros not counted?

# %% tags=["prediction"]
recap_outputs = 6  # a whole number
recap_columns = 6  # a whole number
recap_different = 4  # a whole number

# %% tags=["otter_ignore"]
recap_matrix = utils.conv_matrix(np.array([5.0, 6, 7, 8]), 9)
reveal("the outputs", recap_outputs, len(recap_matrix), why="Problem 1: n - k + 1.")
reveal("the columns", recap_columns, recap_matrix.shape[1], why="Problem 2: one for each input, one row for each output.")
reveal("the different numbers", recap_different, len(set(recap_matrix[recap_matrix != 0])),
       why="Problem 2: all rows share the same weights. Remember that today: a weight that is shared hears from every row.");

# %% [markdown]
# ## Find a filter that nobody shows you
#
# We have a signal of 60 numbers, and we know what a secret filter of three weights made of it. Which filter was it? Start
# with $w = (0, 0, 0)$. Slide it, compare with what should have come out, send the difference back to the three weights, and
# let each of them take a small step. Then do it again.
#
# After 20 such steps: how many of the three weights are right to within 0.01?

# %% tags=["prediction"]
guess_weights = 1  # a whole number from 0 to 3

# %% tags=["otter_ignore", "folded"]
signal = np.random.default_rng(4).normal(size=60)
secret = np.array([1.0, -2, 0.5])
heard = utils.conv1d(signal, secret)
tries = [np.zeros(3)]
for _ in range(20):
    difference = utils.conv1d(signal, tries[-1]) - heard
    tries.append(tries[-1] - 0.006 * utils.conv1d_grad_weight(difference, signal, 3))

right = int((np.abs(tries[-1] - secret) < 0.01).sum())
if reveal("how many of the weights are right", guess_weights, right, why="At every step, each weight is told which way to go."):
    figure, ax = plt.subplots(figsize=(6, 2.8))
    for number, (color, style) in enumerate([("#0b63b0", "-"), ("#b04a00", "--"), ("#00734f", ":")]):
        ax.plot([w[number] for w in tries], style, color=color, linewidth=2)
        ax.axhline(secret[number], color=color, linewidth=0.6)
        ax.annotate(f"weight {number}", (20, secret[number]), xytext=(4, 4), textcoords="offset points", color=color)
    ax.set_xlabel("steps")
    ax.set_xlim(0, 24)
    ax.spines[["top", "right"]].set_visible(False)
    show(figure, "Three curves over 20 steps. All begin at 0. They bend towards the secret weights 1, -2 and 0.5, and after about "
         "fifteen steps can no longer be told from them.")

# %% [markdown]
# That is what learning is, here with three weights. What tells each weight which way to go is the gradient with respect to
# the weights.<!--screen--> At the end of 3.c your own function takes its place.<!--/screen-->
#
# ## The idea: every path forward is a path back
#
# Take four inputs and a filter of three weights, with stride 1 and no padding: that makes two outputs. They go on into the
# rest of the network, which ends in one number, the loss $L$. How much does $L$ change when an output changes a little? The
# rest of the network tells us, and we call these numbers $\delta$ (delta):
#
# $$\delta_0 = \frac{\partial L}{\partial y_0}, \qquad \delta_1 = \frac{\partial L}{\partial y_1}$$
#
# You do not need to know how $L$ is computed. The two deltas are all you get, and all you need.

# %% tags=["otter_ignore", "folded"]
def draw_ways(n=4, k=3):
    """A picture of the n inputs, the n - k + 1 outputs, and the weight on each path between them."""
    styles = [("#0b63b0", "-"), ("#b04a00", "--"), ("#00734f", ":")]
    center = {"ha": "center", "va": "center"}
    figure, ax = plt.subplots(figsize=(7, 3))
    for i in range(n - k + 1):
        for j in range(k):
            start, end, (color, style) = i + j, i + (k - 1) / 2, styles[j]
            ax.plot([start, start + 0.86 * (end - start)], [0.12, 0.88], style, color=color, linewidth=2)
            beside = (-0.15, -0.1 if i == 0 else 0.1, 0.15)[j]  # so that no letter lies on a path
            ax.text(start + 0.37 * (end - start) + beside, 0.45, f"$w_{j}$", **center, color=color)
        ax.text(i + (k - 1) / 2, 1, f"$y_{i}$", **center)
        ax.text(i + (k - 1) / 2, 1.25, rf"$\delta_{i}$ comes in here", ha="center")
    for i in range(n):
        ax.text(i, 0, f"$x_{i}$", **center)
    ax.set_ylim(-0.25, 1.5)
    ax.axis("off")
    show(figure, "Four inputs below, two outputs above. x0, x1 and x2 lead to y0, and x1, x2 and x3 lead to y1. The three paths "
         "into each output carry w0, w1 and w2, from left to right. A delta comes in at each output.")


draw_ways()

# %% [markdown]
# Forwards, the numbers go up. Backwards, the deltas come down **the same paths**, with the same weights on
# them.
#
# <!--screen-->In the next picture, point at one input: how many outputs does it lead to? Then switch to *backward: dx*. The
# paths stay; `dy` holds the deltas now, and `dx` what comes back.<!--/screen-->

# %% tags=["otter_ignore"]
explore.conv(x=[1, 4, -2, 3, 2], w=[2, -1, 1])

# %% [markdown] tags=["screen"]
# ### Letters in Python
#
# In the first questions your answers are formulas, not numbers. SymPy lets Python work with letters: after the
# next cell you can write `delta_0 * w_1 + 2 * x_3`. Every way of writing a right formula counts.

# %% tags=["screen"]
x_0, x_1, x_2, x_3 = sp.symbols("x_0:4")
w_0, w_1, w_2 = sp.symbols("w_0:3")
delta_0, delta_1 = sp.symbols("delta_0:2")

# %% [markdown]
# ## 3.a · Forwards, with letters

# %% [raw]
# # BEGIN QUESTION
# name: q3a_i
# grid: 2x1
# path: core
# minutes: 2
# difficulty: 1
# worksheet: 1(c)
# misconceptions: flipped-forward
# explain: Which inputs are in both formulas, and do they meet the same weight there?
# vary:
#   draw: {x: 4 letters, w: 3 of -5..5}
#   where: 0 not in w and len(set(map(abs, w))) == 3
#   ask: >-
#     The filter $w = {w}$ slides along four inputs, $x = {x}$. Write the two outputs as formulas in the
#     letters of $x$, like `2*x_0 - x_1`, with a comma between them.
#   about: conv1d
#   case: x, w

# %% [markdown]
# ### 3.a.i · The two outputs
#
# Four inputs $x_0, \dots, x_3$ and a filter $w_0, w_1, w_2$, stride 1, no padding. Write $y_0$ and $y_1$ in these letters.
# The filter is not turned around. The answer is a list of two formulas.
#
# <details><summary>Hint 1</summary>
#
# Look at the paths that lead into $y_0$ in the picture.
#
# <details><summary>Hint 2</summary>
#
# The first output begins with `x_0 * w_0 + x_1 * w_1`. One product is missing.
#
# <details><summary>Hint 3</summary>
#
# For the second output the window moves by one, and the weights stay in their order. Which input meets $w_0$ now?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
y_formulas = [x_0 * w_0 + x_1 * w_1 + x_2 * w_2, x_1 * w_0 + x_2 * w_1 + x_3 * w_2]  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The two outputs as formulas
""" # END TEST CONFIG
def test_outputs(y_formulas):
    import sympy as sp

    import utils
    from utils.check import case, expect

    x, w = list(sp.symbols("x_0:4")), list(sp.symbols("w_0:3"))
    expect(y_formulas, like=utils.conv1d, on=case(x, w))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q3a_ii
# path: more
# minutes: 4
# difficulty: 1
# worksheet: 1(c)
# misconceptions: [one-to-one, edges-forgotten, outputs-not-inputs]
# explain: What would the list look like for six inputs and a filter of six?

# %% [markdown]
# ### 3.a.ii · Is this right?
#
# To how many outputs does each input lead? A claim: *"Write these numbers in a row, one for each input. The row reads the
# same from the right as from the left, whatever the lengths of input and filter."*

# %% tags=["prediction"]
guess_symmetric = False  # True or False

# %% tags=["otter_ignore"]
counts = [(utils.conv_matrix(np.ones(k), n) != 0).sum(axis=0) for n in range(1, 12) for k in range(1, n + 1)]
if reveal("the row reads the same both ways", guess_symmetric, all(np.array_equal(row, row[::-1]) for row in counts),
          why="Seen from the other end, a sliding window is still a sliding window."):
    print("for example, five inputs and a filter of two:", (utils.conv_matrix(np.ones(2), 5) != 0).sum(axis=0).tolist())

# %% [markdown]
# Now **six** inputs and a filter of **three** weights, stride 1, no padding. For each of the six inputs: to how many
# outputs does it lead? Write a list of six numbers.
#
# <details><summary>Hint 1</summary>
#
# How many outputs are there? Draw them as windows of three above a row of six.
#
# <details><summary>Hint 2</summary>
#
# The first input lies in one window only. So does the last one.
#
# <details><summary>Hint 3</summary>
#
# No input can lie in more windows than the filter has weights. Which inputs reach that number, and which ones lie too
# near to an end?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
# the windows begin at 0, 1, 2 and 3: how many of them hold each input?
outputs_for_each_input = [1, 2, 3, 3, 2, 1]
# END SOLUTION
""" # BEGIN PROMPT
outputs_for_each_input = ...
""" # END PROMPT

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The number of outputs for each of six inputs
""" # END TEST CONFIG
def test_outputs_for_each_input(outputs_for_each_input):
    from utils.check import case, expect
    from utils.check.references import counting

    expect(outputs_for_each_input, like=counting.fan_out, on=case(6, 3))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q3a_iii
# grid: 2x4
# path: more
# minutes: 4
# difficulty: 1
# worksheet: 1(c)
# explain: Where in this matrix do you find all paths that lead back to one input?

# %% [markdown]
# ### 3.a.iii · One table for all of it
#
# Four inputs, a filter of three, two outputs. How much does output $y_i$ change when input $x_j$ changes? That is the
# partial derivative $\partial y_i / \partial x_j$. Write all of them as a matrix: one row for each output, one
# column for each input. <!--screen-->`sp.Matrix([[...], [...]])` makes a matrix.<!--/screen-->
#
# <details><summary>Hint 1</summary>
#
# $y_0$ does not know $x_3$. So that entry is 0.
#
# <details><summary>Hint 2</summary>
#
# Look at your formula for $y_0$ in 3.a.i. Its derivative with respect to $x_1$ is the factor beside $x_1$.
#
# <details><summary>Hint 3</summary>
#
# You have seen this matrix before, in problem 2. How does its second row follow from its first?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
dy_dx = sp.Matrix([[w_0, w_1, w_2, 0], [0, w_0, w_1, w_2]])  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The matrix of partial derivatives
""" # END TEST CONFIG
def test_table(dy_dx):
    import sympy as sp

    import utils
    from utils.check import case, expect

    expect(dy_dx, like=utils.conv_matrix, on=case(list(sp.symbols("w_0:3")), 4))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## 3.b · The gradient with respect to the input
#
# Say an input reaches two outputs: the weights on the two paths are 2 and −1, and the deltas of the outputs are 5 and 3. Raise
# the input by 0.01. The outputs move by 0.02 and −0.01, so the loss moves by $5\cdot 0.02 - 3\cdot 0.01 = 0.07$: seven times as
# much as the input. This 7 is the gradient. The chain rule says the same in letters; it adds up all paths:
#
# $$\frac{\partial L}{\partial x_i} = \sum_{\text{outputs } m} \delta_m \frac{\partial y_m}{\partial x_i}$$

# %% [raw]
# # BEGIN QUESTION
# name: q3b_i
# path: core
# minutes: 4
# difficulty: 2
# worksheet: 1(c)
# misconceptions: [unflipped-dx, overwrite-overlap]
# explain: Look at the indices in one formula. Which go up, and which go down?
# grid: 4x1
# setting: |
#   A layer computes $y_m = w_0 x_m + w_1 x_{m+1} + w_2 x_{m+2}$ for $m = 0, 1$. The loss $L$ depends on $y_0$ and $y_1$, and
#   $\delta_m = \partial L/\partial y_m$ is known.
# picture: Four inputs below, two outputs above
# board: |
#   The chain rule adds up all ways from an input to the loss; each way has its weight. To $x_1$ lead two ways, from $y_0$ by $w_1$
#   and from $y_1$ by $w_0$:
#   $$\frac{\partial L}{\partial x_0} = \delta_0 w_0, \qquad
#   \frac{\partial L}{\partial x_1} = \delta_0 w_1 + \delta_1 w_0, \qquad
#   \frac{\partial L}{\partial x_2} = \delta_0 w_2 + \delta_1 w_1, \qquad
#   \frac{\partial L}{\partial x_3} = \delta_1 w_2$$
#   The indices go up in $\delta$ and down in $w$: the filter is reversed.
# vary:
#   draw: {d: 2 letters, w: 3 of -5..5}
#   where: 0 not in w and len(set(map(abs, w))) == 3
#   ask: >-
#     Four inputs met the filter $w = {w}$, and the two outputs send back $\delta = {d}$. Write the gradients
#     with respect to the four inputs as formulas in the letters of $\delta$, like `2*d_0 - d_1`, with commas
#     between them.
#   about: conv1d_grad_input
#   case: d, w, 4

# %% [markdown]
# ### 3.b.i · Four formulas
#
# Four inputs, a filter $w_0, w_1, w_2$, and the deltas $\delta_0, \delta_1$ of the two outputs. Write
# $\partial L/\partial x_0$, $\partial L/\partial x_1$, $\partial L/\partial x_2$ and $\partial L/\partial x_3$ in the letters
# of $\delta$ and $w$. The answer is a list of four formulas.
#
# <details><summary>Hint 1</summary>
#
# Go down all paths from the deltas to $x_0$. There is only one.
#
# <details><summary>Hint 2</summary>
#
# Which deltas reach $x_1$, and what is the weight on each of these paths? Add them.
#
# <details><summary>Hint 3</summary>
#
# In the first window $x_1$ stands in the middle. Where does it stand in the second window, and which weight does it meet there?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
dL_dx = [
    delta_0 * w_0,
    delta_0 * w_1 + delta_1 * w_0,
    delta_0 * w_2 + delta_1 * w_1,
    delta_1 * w_2,
]
# END SOLUTION
""" # BEGIN PROMPT
dL_dx = ...
""" # END PROMPT

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 2
failure_message: The four partial derivatives with respect to the inputs
""" # END TEST CONFIG
def test_formulas_x(dL_dx):
    import sympy as sp

    import utils
    from utils.check import case, expect

    delta, w = list(sp.symbols("delta_0:2")), list(sp.symbols("w_0:3"))
    expect(dL_dx, like=utils.conv1d_grad_input, on=case(delta, w, 4))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q3b_ii
# path: core
# minutes: 2
# difficulty: 1
# worksheet: 1(c)
# misconceptions: [unflipped-dx, overwrite-overlap]
# explain: The four numbers add up to the sum of the deltas times the sum of the weights. Why must they?
# vary:
#   draw: {g: 2 of -4..5, w: 3 of -4..4}
#   where: 0 not in g
#   ask: >-
#     Four inputs met the filter $w = {w}$, and the two outputs send back $\delta = {g}$. What is the gradient
#     with respect to the inputs?
#   about: conv1d_grad_input
#   case: g, w, 4
# numbers: {g: [3, -1], w: [1, 3, -2]}

# %% [markdown]
# ### 3.b.ii · The same with numbers
#
# Take $w = {{q3b_ii.w}}$ and $\delta = {{q3b_ii.g}}$. What is the gradient with respect to the four inputs? Use a pencil, and write
# a list of four numbers.
#
# <details><summary>Hint 1</summary>
#
# Put the numbers into your four formulas.
#
# <details><summary>Hint 2</summary>
#
# The second number is ${{q3b_ii.bracketed(g[0])}}\cdot {{q3b_ii.bracketed(w[1])}} + \dots$
#
# <details><summary>Hint 3</summary>
#
# A test: the four numbers add up to the sum of ${{q3b_ii.g}}$ times the sum of ${{q3b_ii.w}}$.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
# 3·1, then 3·3 + (-1)·1, then 3·(-2) + (-1)·3, then (-1)·(-2)
grad_x_by_hand = [3, 8, -9, 2]
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
failure_message: The gradient with respect to the four inputs, in numbers
""" # END TEST CONFIG
def test_numbers_x(grad_x_by_hand):
    import utils
    from utils.check import case, expect

    expect(grad_x_by_hand, like=utils.conv1d_grad_input, on=case({{q3b_ii.g}}, {{q3b_ii.w}}, 4))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ### Can you write it as a convolution?
#
# Four formulas, each of them a sum of products. Could one **sliding window** make all four? A filter would
# have to slide over $(\delta_0, \delta_1)$, perhaps with zeros at both ends.
#
# Try it on your formulas before you read on. Which weights must lie in the window when it gives
# $\partial L/\partial x_1$, and in which order? How many zeros does the first formula need?

# %% tags=["prediction"]
guess_filter = "as it is"  # "as it is" or "reversed": how w lies in the window
guess_zeros = 1  # a whole number: the zeros at each end of delta

# %% tags=["otter_ignore", "folded"]
some_w, some_delta = np.array([4.0, -1, 2]), np.array([5.0, 3])
right_one = utils.conv1d_grad_input(some_delta, some_w, 4)
recipes = {
    (order, zeros): np.correlate(np.pad(some_delta, zeros), some_w[:: 1 if order == "as it is" else -1])
    for order in ("as it is", "reversed") for zeros in (1, 2, 3)
}
order, zeros = next(recipe for recipe, result in recipes.items() if np.array_equal(result, right_one))
told = reveal("how the filter lies in the window", guess_filter, order, choices=("as it is", "reversed"),
              why="In each formula the indices of delta go up while those of w go down.")
if reveal("the zeros at each end", guess_zeros, zeros, why="One less than the filter has weights: k - 1.") and told:
    print("w = 4, -1, 2 and delta = 5, 3. The gradient with respect to x:", right_one)
    for (order, zeros), result in recipes.items():
        print(f"  w {order:8}, zeros at each end: {zeros}   {result}", "<- the same" if np.array_equal(result, right_one) else "")

# %% [raw]
# # BEGIN QUESTION
# name: q3b_iii
# path: more
# minutes: 4
# difficulty: 2
# worksheet: 1(c)
# misconceptions: [reversed-index-off-by-one, reversed-index-not-reversed]
# explain: The place and the index always have the same sum. Which one?
# also: return range(k)[::-1][h]

# %% [markdown]
# ### 3.b.iii · Is this right?
#
# A claim: *"A filter of length $k$, written in reverse, has $w_{k-h}$ at the place $h$."* We count from zero.

# %% tags=["prediction"]
guess_reversed = True  # True or False

# %% tags=["otter_ignore"]
w, k = np.array([7, 8, 9, 5]), 4
says = [f"w[{k - h}] = {w[k - h]}" if k - h < k else f"w[{k - h}] is not there" for h in range(k)]
reveal("the rule is right", guess_reversed, [k - h for h in range(k)] == list(range(k))[::-1],
       why=f"For w = 7, 8, 9, 5 it gives: {', '.join(says)}.");

# %% [markdown]
# Write the rule as a function: `reversed_index(h, k)` returns the index of the weight at place `h` of the
# reversed filter.
#
# <details><summary>Hint 1</summary>
#
# Which weight is at place 0 of the reversed filter? What is its index?
#
# <details><summary>Hint 2</summary>
#
# With $k = 5$ the answers are 4, 3, 2, 1 and 0.
#
# <details><summary>Hint 3</summary>
#
# Add place and index in that example. What do you get each time, and how does it depend on $k$?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def reversed_index(h, k):
    """The index of the weight at place h of the reversed filter of length k, both from zero."""
    return k - 1 - h  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The index for a filter of three weights
""" # END TEST CONFIG
def test_reversed_index(reversed_index):
    from utils.check import case, expect
    from utils.check.references import counting

    expect(reversed_index, like=counting.reversed_index, on=[case(0, 3), case(1, 3), case(2, 3), case(0, 5)])

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
failure_message: The index for filters of any length
""" # END TEST CONFIG
def test_reversed_index_for_all(reversed_index):
    from utils.check import case, expect
    from utils.check.references import counting

    cases = [case(h, k) for k in (1, 2, 4, 7, 10) for h in range(k)]
    expect(reversed_index, like=counting.reversed_index, on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q3b_iv
# path: more
# minutes: 6
# difficulty: 2
# worksheet: 1(c)
# misconceptions: [unflipped-dx, valid-not-full, overwrite-overlap]
# explain: What do the k - 1 zeros stand for, at the left end of the input?
# also: |
#   dx = np.zeros(n, dtype=grad_output.dtype)
#   for m in range(len(grad_output)):
#       for j in range(len(w)):
#           dx[m + j] += grad_output[m] * w[j]
#   return dx

# %% [markdown]
# ### 3.b.iv · One sliding window, in code
#
# Write `grad_input(grad_output, w, n)`: the gradient with respect to `x`, an array of `n` numbers, where `n` is the length
# of `x`. In code the deltas are called `grad_output`: they are the gradient that comes from the output side. Stride 1, no
# padding.
#
# <details><summary>Hint 1</summary>
#
# You can go either way: follow each delta back along each weight, with two loops; or let one window slide, as above.
#
# <details><summary>Hint 2</summary>
#
# With loops: several paths end at the same input, so add with `+=`. With a window: first the zeros, then the reversed
# filter.
#
# <details><summary>Hint 3</summary>
#
# NumPy has all parts of the second way: `np.pad` writes zeros at both ends, a slice with the step −1 reverses, and
# `np.correlate` (or `utils.conv1d`) slides.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def grad_input(grad_output, w, n):
    """The gradient with respect to x (n,) from grad_output (n - k + 1,) and w (k,): stride 1, no padding."""
    # BEGIN SOLUTION
    return np.correlate(np.pad(grad_output, len(w) - 1), w[::-1])
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The gradient with respect to a small input
""" # END TEST CONFIG
def test_grad_input(grad_input):
    import utils
    from utils.check import case, expect

    cases = [case([3, -1, 2], [1.5, 3, -2], 5), case([2, 1, -3], [4, -0.7], 4), case([2, -5], [3], 2)]
    expect(grad_input, like=utils.conv1d_grad_input, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 3
hidden: true
failure_message: The gradient with respect to inputs of any length, also in float32
""" # END TEST CONFIG
def test_grad_input_for_all(grad_input):
    from utils.check import case, draw, expect
    from utils.check.loops import windows

    cases = [case(draw((n - k + 1,), seed=n), draw((k,), seed=40 + k), n)
             for n, k in [(5, 2), (5, 5), (7, 6), (9, 4), (12, 3)]]
    expect(grad_input, like=windows.conv_grad_input, about="conv1d_grad_input", on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## 3.c · The gradient with respect to the weights
#
# Each weight is used again and again, once in each window. So each weight, too, reaches the loss along several paths:
#
# $$\frac{\partial L}{\partial w_j} = \sum_{\text{outputs } m} \delta_m \frac{\partial y_m}{\partial w_j}$$

# %% [raw]
# # BEGIN QUESTION
# name: q3c_i
# path: core
# minutes: 3
# difficulty: 2
# worksheet: 1(c)
# misconceptions: [flipped-dw, rows-not-moved, upstream-flipped]
# explain: Do the indices of delta and x go the same way this time, or against each other?
# grid: 3x1
# setting: |
#   Still $y_m = w_0 x_m + w_1 x_{m+1} + w_2 x_{m+2}$ for $m = 0, 1$, and $\delta_m = \partial L/\partial y_m$.
# board: |
#   Each weight is used twice, once in each window. There it meets one input:
#   $$\frac{\partial L}{\partial w_0} = \delta_0 x_0 + \delta_1 x_1, \qquad
#   \frac{\partial L}{\partial w_1} = \delta_0 x_1 + \delta_1 x_2, \qquad
#   \frac{\partial L}{\partial w_2} = \delta_0 x_2 + \delta_1 x_3$$
#   All indices go up: $\delta$ slides over $x$, and nothing is reversed.
# vary:
#   draw: {g: 3 of -5..5, x: 4 letters}
#   where: 0 not in g and len(set(map(abs, g))) == 3
#   ask: >-
#     A filter of two slid along four inputs, $x = {x}$, and the three outputs send back $\delta = {g}$. Write
#     the gradients with respect to the two weights as formulas in the letters of $x$, like `2*x_0 - x_1`,
#     with a comma between them.
#   about: conv1d_grad_weight
#   case: g, x, 2

# %% [markdown]
# ### 3.c.i · Three formulas
#
# Four inputs $x_0, \dots, x_3$, a filter of three, and the deltas $\delta_0, \delta_1$. Write $\partial L/\partial w_0$,
# $\partial L/\partial w_1$ and $\partial L/\partial w_2$ in the letters of $\delta$ and $x$. The answer is a list of three
# formulas.
#
# <details><summary>Hint 1</summary>
#
# Go back to your formulas for $y_0$ and $y_1$ in 3.a.i. Which input does $w_0$ meet in each of them?
#
# <details><summary>Hint 2</summary>
#
# So in $\partial L/\partial w_0$ there are two products: $\delta_0$ times the one input, $\delta_1$ times the other.
#
# <details><summary>Hint 3</summary>
#
# The next weight lies one step further to the right in each window. What changes in the formula, and what stays?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
dL_dw = [
    delta_0 * x_0 + delta_1 * x_1,
    delta_0 * x_1 + delta_1 * x_2,
    delta_0 * x_2 + delta_1 * x_3,
]
# END SOLUTION
""" # BEGIN PROMPT
dL_dw = ...
""" # END PROMPT

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 2
failure_message: The three partial derivatives with respect to the weights
""" # END TEST CONFIG
def test_formulas_w(dL_dw):
    import sympy as sp

    import utils
    from utils.check import case, expect

    delta, x = list(sp.symbols("delta_0:2")), list(sp.symbols("x_0:4"))
    expect(dL_dw, like=utils.conv1d_grad_weight, on=case(delta, x, 3))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ### Can you write this one as a convolution?
#
# Three formulas now. What slides over what, so that all three come out in their order? Try it on your formulas first.

# %% tags=["prediction"]
guess_slides = "delta, reversed, over x"  # "delta over x", "delta, reversed, over x" or "w over x"

# %% tags=["otter_ignore", "folded"]
ways = ("delta over x", "delta, reversed, over x", "w over x")
some_x, some_delta, some_w = np.array([4.0, 1, -2, 6]), np.array([5.0, 3]), np.array([4.0, -1, 2])
right_one = utils.conv1d_grad_weight(some_delta, some_x, 3)
results = dict(zip(ways, (np.correlate(some_x, f) for f in (some_delta, some_delta[::-1], some_w)), strict=True))
truth = next(way for way, result in results.items() if np.array_equal(result, right_one))
if reveal("what slides", guess_slides, truth, choices=ways, why="Both indices go up together, so nothing is reversed."):
    print("x = 4, 1, -2, 6 and delta = 5, 3. The gradient with respect to w:", right_one)
    for way, result in results.items():
        print(f"  {way}:", result)

# %% [raw]
# # BEGIN QUESTION
# name: q3c_ii
# path: more
# minutes: 4
# difficulty: 1
# worksheet: 1(c)
# misconceptions: slice-drops-last
# explain: How long is x[a:b], and for which b does it hold m numbers?
# also: return np.lib.stride_tricks.sliding_window_view(x, m)[j]
# vary:
#   draw: {g: 3 of -4..5, x: 5 of -4..4}
#   where: 0 not in g
#   ask: >-
#     The inputs were $x = {x}$, and the three outputs send back $\delta = {g}$. What is the gradient with
#     respect to the three weights?
#   about: conv1d_grad_weight
#   case: g, x, 3

# %% [markdown]
# ### 3.c.ii · Is this right?
#
# There are $m$ outputs, so $\delta$ has $m$ numbers. A claim: *"The gradient with respect to $w_0$ is the dot product of
# $\delta$ with the slice `x[0 : m - 1]`."*

# %% tags=["prediction"]
guess_slice = True  # True or False

# %% tags=["otter_ignore"]
five, m = np.array([6, 1, 4, 3, 8]), 3
reveal("the slice is right", guess_slice, len(five[0 : m - 1]) == m,
       why=f"For m = {m} it holds {len(five[0 : m - 1])} numbers, since Python leaves out the end of a slice.");

# %% [markdown]
# Now the slice for any weight: write `inputs_of_weight(x, j, m)`, which
# returns the `m` inputs that meet the weight `j`: the first of them in the first window, the last in the last
# window. Stride 1, no padding.
#
# <details><summary>Hint 1</summary>
#
# In the first window, weight 0 meets `x[0]`. Which input does weight `j` meet there?
#
# <details><summary>Hint 2</summary>
#
# Start there and take `m` numbers.
#
# <details><summary>Hint 3</summary>
#
# A slice that starts at 4 and has 3 numbers ends before 7.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def inputs_of_weight(x, j, m):
    """The m inputs that weight j meets, one for each of the m windows."""
    return x[j : j + m]  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The inputs that meet a weight
""" # END TEST CONFIG
def test_inputs_of_weight(inputs_of_weight):
    from utils.check import case, expect
    from utils.check.references import backprop

    x = [2.5, 1, 0, 3]
    cases = [case(x, 0, 2), case(x, 1, 2), case(x, 2, 2), case([2.5, 1, 0, 3, -1.2], 1, 3)]
    expect(inputs_of_weight, like=backprop.inputs_of_weight, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
failure_message: The inputs that meet a weight, in longer signals
""" # END TEST CONFIG
def test_inputs_of_weight_for_all(inputs_of_weight):
    from utils.check import case, draw, expect
    from utils.check.references import backprop

    cases = [case(draw((n,), seed=n), j, n - k + 1) for n, k in [(5, 1), (6, 6), (9, 4)] for j in range(k)]
    expect(inputs_of_weight, like=backprop.inputs_of_weight, on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q3c_iii
# path: core
# minutes: 3
# difficulty: 2
# worksheet: 1(c)
# misconceptions: flipped-dw
# explain: Why must the result have k numbers, whatever the length of x?
# also: return np.correlate(x, grad_output)

# %% [markdown]
# ### 3.c.iii · Now in code
#
# Write `grad_weight(grad_output, x, k)`: the gradient with respect to the `k` weights, as an array. In code the deltas are
# called `grad_output`: they are the gradient that comes from the output side. Stride 1, no padding.
#
# <details><summary>Hint 1</summary>
#
# Try it with a pencil first, for $x = (2, 1, 0, 3)$ and $\delta = (3, -1)$. The first of the three numbers is
# $3\cdot 2 + (-1)\cdot 1$.
#
# <details><summary>Hint 2</summary>
#
# One number for each weight. Which inputs has weight `j` met? The dot product of these with the deltas is its gradient.
#
# <details><summary>Hint 3</summary>
#
# Or all at once: `grad_output` is a filter that slides over `x`. Two functions that slide are `utils.conv1d` and NumPy's
# `np.correlate`.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def grad_weight(grad_output, x, k):
    """The gradient with respect to w (k,) from grad_output (n - k + 1,) and x (n,): stride 1, no padding."""
    # BEGIN SOLUTION
    m = len(grad_output)
    return np.array([x[j : j + m] @ grad_output for j in range(k)])
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The gradient with respect to a few weights
""" # END TEST CONFIG
def test_grad_weight(grad_weight):
    import utils
    from utils.check import case, expect

    cases = [case([3, -1], [2.5, 1, 0, 3], 3), case([2, 1, -3], [4, -0.7, 2, 5], 2), case([2], [3, 1, -2], 3)]
    expect(grad_weight, like=utils.conv1d_grad_weight, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 3
hidden: true
failure_message: The gradient with respect to filters of any length, also in float32
""" # END TEST CONFIG
def test_grad_weight_for_all(grad_weight):
    from utils.check import case, draw, expect
    from utils.check.loops import windows

    cases = [case(draw((n - k + 1,), seed=n), draw((n,), seed=40 + k), k)
             for n, k in [(5, 2), (6, 1), (7, 6), (9, 4), (12, 3)]]
    expect(grad_weight, like=windows.conv_grad_weight, about="conv1d_grad_weight", on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown] tags=["screen"]
# ### Your gradient finds the filter
#
# The search for the secret filter once more, this time with **your** `grad_weight`. Nothing else is changed.

# %% tags=["otter_ignore", "folded", "screen"]
noise = np.random.default_rng(9).normal(size=80)
target = utils.conv1d(noise, np.array([-0.5, 3.0, 1.25]))
try:
    guessed = np.zeros(3)
    for _ in range(60):
        guessed = guessed - 0.005 * grad_weight(utils.conv1d(noise, guessed) - target, noise, 3)
    print("the secret filter: -0.5, 3.0, 1.25")
    print("yours has found:  ", ", ".join(f"{weight:.3f}" for weight in guessed))
except Exception as error:
    print("Not yet. First answer 3.c.iii. Python says:", error)

# %% [markdown]
# ## 3.d · Padding
#
# *◇ more*
#
# Now the forward pass first writes $p$ zeros at each end of $x$. Nothing else changes. The zeros get a
# gradient, too. But nobody needs it: they are not inputs of the layer.
#
# A filter of three with padding 1 is a "same" convolution: the output is as long as the input. A claim: *"Then the
# gradient with respect to the input is a 'same' convolution, too: the reversed filter slides over $\delta$ with one zero at
# each end."* Is this right?

# %% tags=["prediction"]
guess_same = False  # True or False

# %% tags=["otter_ignore"]
six, three = np.array([2.0, -1, 4, 3, 1, 5]), np.array([4.0, -1, 2])
with_one_zero = np.correlate(np.pad(six, 1), three[::-1])
reveal("it is a same convolution, too", guess_same,
       np.array_equal(with_one_zero, utils.conv1d_grad_input(six, three, 6, padding=1)),
       why="Cutting off p numbers does the same as leaving out p of the k - 1 zeros: here 2 - 1 is left.");

# %% [raw]
# # BEGIN QUESTION
# name: q3d
# path: more
# minutes: 6
# difficulty: 2
# worksheet: 1(c)
# misconceptions: [forgot-unpad, padding-shift]
# explain: What is x[p:-p] when p is 0, and why does that matter here?
# also: |
#   from_left = grad_input(grad_output, w, n + 2 * padding)[padding:]
#   return from_left[:n]

# %% [markdown]
# ### 3.d · The gradient through padding
#
# Write `grad_input_padded(grad_output, w, n, padding)`. The result has `n` numbers: as many as `x` had
# **before** the padding. Stride 1. Your `grad_input` may help.
#
# Try it on paper first: $w = (1, 3, -2)$, padding 1, and $\delta = (3, -1, 2, 4)$. How long was $x$?
#
# <details><summary>Hint 1</summary>
#
# How long is the padded input? You already have a function for its gradient.
#
# <details><summary>Hint 2</summary>
#
# Compute the gradient with respect to the padded input. Then cut off what belongs to the zeros.
#
# <details><summary>Hint 3</summary>
#
# Where do the numbers begin that stay, and how many of them are there? (`[padding:-padding]` looks
# short. What does it give when the padding is 0?)
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def grad_input_padded(grad_output, w, n, padding):
    """The gradient with respect to x (n,), which gets padding zeros on each side before w (k,) slides over it."""
    # BEGIN SOLUTION
    padded = grad_input(grad_output, w, n + 2 * padding)
    return padded[padding : padding + n]
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The gradient through one zero on each side
""" # END TEST CONFIG
def test_padding(grad_input_padded):
    import utils
    from utils.check import case, expect

    w = [1.5, 3, -0.7]
    cases = [case([3, -1, 2, 4], w, 4, padding=1), case([3, -1, 2], w, 5, padding=0)]
    cases.append(case([3, -1, 2, 4], [2.5, -1], 3, padding=1))
    expect(grad_input_padded, like=utils.conv1d_grad_input, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
failure_message: The gradient through any padding, also wide padding
""" # END TEST CONFIG
def test_padding_for_all(grad_input_padded):
    from utils.check import case, draw, expect
    from utils.check.loops import windows

    cases = [case(draw((n + 2 * p - k + 1,), seed=n), draw((k,), seed=40 + k), n, padding=p)
             for n, k in [(5, 2), (3, 5), (9, 4), (6, 1)] for p in (0, 1, 2, 5) if n + 2 * p >= k]
    expect(grad_input_padded, like=windows.conv_grad_input, about="conv1d_grad_input", on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## 3.e · Stride
#
# *◇ more*
#
# Think of stride $s$ as stride 1 that keeps only every $s$-th output and throws the others away. Then we could go back as
# with stride 1, if we had a delta for *every* output. Which delta belongs to an output that was thrown away?

# %% tags=["prediction"]
guess_thrown = "that of its neighbour"  # "that of its neighbour", "one" or "zero"

# %% tags=["otter_ignore", "folded"]
def draw_zero_insertion(stride=2, deltas=3):
    """A picture of the deltas before and after the zeros of the missing outputs are written between them."""
    length = stride * (deltas - 1) + 1
    center = {"ha": "center", "va": "center"}
    figure, ax = plt.subplots(figsize=(7, 2))
    for m in range(deltas):
        ax.annotate("", (m * stride, 0.4), (m * stride, 1), arrowprops={"arrowstyle": "->", "color": "black"})
        ax.text(m * stride, 1.2, rf"$\delta_{m}$", **center)
    for i in range(length):
        kept = i % stride == 0
        ax.text(i, 0.2, rf"$\delta_{i // stride}$" if kept else "$0$", **center, color="black" if kept else "#b04a00")
    ax.text(-0.6, 1.2, "stride 2:", ha="right", va="center")
    ax.text(-0.6, 0.2, "as with stride 1:", ha="right", va="center")
    ax.set(xlim=(-2.2, length), ylim=(0, 1.5))
    ax.axis("off")
    show(figure, "Above, three deltas. Below, the same three with one zero between each pair. An arrow leads from each delta above "
         "to the same delta below.")


if reveal("the delta of an output that was thrown away", guess_thrown, "zero", choices=("that of its neighbour", "one", "zero"),
          why="It cannot change the loss."):
    draw_zero_insertion()

# %% [markdown]
# That is the whole trick: write in the missing deltas, and it is stride 1 again.

# %% [raw]
# # BEGIN QUESTION
# name: q3e_i
# path: more
# minutes: 5
# difficulty: 2
# worksheet: 1(c)
# misconceptions: [stride-not-dilated, overwrite-overlap]
# explain: Which input heard from two windows, and which from none?
# vary:
#   draw: {g: 2 of -4..5, w: 3 of -4..4}
#   where: 0 not in g and 0 not in w
#   ask: >-
#     Six inputs met the filter $w = {w}$ with stride 2, and the two outputs send back $\delta = {g}$. What is
#     the gradient with respect to the six inputs?
#   about: conv1d_grad_input
#   case: g, w, 6, 2
# numbers: {g: [3, -1], w: [1, 3, -2]}

# %% [markdown]
# ### 3.e.i · Stride 2, by hand
#
# Six inputs, $w = {{q3e_i.w}}$, stride 2, no padding. There are two windows. The deltas are $\delta = {{q3e_i.g}}$.
# Write the gradient with respect to the six inputs as a list.
#
# <details><summary>Hint 1</summary>
#
# The first window covers $x_0, x_1, x_2$. Where does the second one begin?
#
# <details><summary>Hint 2</summary>
#
# Each window sends $\delta$ times the filter back: the first one sends ${{q3e_i.bracketed(g[0])}}\cdot{{q3e_i.w}}$ to its three
# inputs. Where two windows meet, add.
#
# <details><summary>Hint 3</summary>
#
# No window covers $x_5$. If you change $x_5$, no output moves. So what is its gradient?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
# 3·(1, 3, -2) begins at index 0, -1·(1, 3, -2) at index 2, where they meet: -6 - 1
grad_x_strided = [3, 9, -7, -3, 2, 0]
# END SOLUTION
""" # BEGIN PROMPT
grad_x_strided = ...
""" # END PROMPT

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The gradient with respect to six inputs with stride 2
""" # END TEST CONFIG
def test_strided_by_hand(grad_x_strided):
    import utils
    from utils.check import case, expect

    expect(grad_x_strided, like=utils.conv1d_grad_input, on=case({{q3e_i.g}}, {{q3e_i.w}}, 6, stride=2))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q3e_ii
# path: more
# minutes: 5
# difficulty: 1
# worksheet: 1(c)
# misconceptions: stride-not-dilated
# explain: Why are there no zeros after the last number, and who takes care of inputs further right?
# also: |
#   table = np.zeros((len(grad_output), stride), dtype=grad_output.dtype)
#   table[:, 0] = grad_output
#   return table.ravel()[: len(grad_output) * stride - stride + 1]
# vary:
#   draw: {g: 3 of -9..9, s: 2..4}
#   where: 0 not in g
#   ask: Before a gradient goes back through stride {s}, zeros go between its entries. What becomes of ${g}$?
#   about: zero_insert
#   case: g, s

# %% [markdown] tags=["given"]
# ### 3.e.ii · Write the zeros
#
# Write the function `zero_insert` of `grad_output` and `stride`. It returns the same numbers, with zeros **between** them
# for the outputs that the stride has left out. No zeros before the first number, none after the last.
#
# <details><summary>Hint 1</summary>
#
# With stride 2 there is one zero between two neighbours. With stride 1 there is none. With stride 3?
#
# <details><summary>Hint 2</summary>
#
# How long is the result? How many steps of length `stride` are there from the first number to the last?
#
# <details><summary>Hint 3</summary>
#
# Start with an array of zeros of the right length and the same `dtype`. `a[::3] = b` writes into every third place of
# `a`.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def zero_insert(grad_output, stride):
    """grad_output (m,) with stride - 1 zeros between its numbers: ((m - 1) * stride + 1,)."""
    # BEGIN SOLUTION
    result = np.zeros((len(grad_output) - 1) * stride + 1, dtype=grad_output.dtype)
    result[::stride] = grad_output
    return result
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: Zeros between two and three numbers
""" # END TEST CONFIG
def test_zero_insert(zero_insert):
    from utils.check import case, expect
    from utils.check.references import backprop

    cases = [case([3.5, -1.2], 2), case([3, -1, 4], 3), case([3, -1], 1)]
    expect(zero_insert, like=backprop.zero_insert, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
failure_message: Zeros between many numbers, also in float32
""" # END TEST CONFIG
def test_zero_insert_for_all(zero_insert):
    from utils.check import case, draw, expect
    from utils.check.references import backprop

    cases = [case(draw((m,), seed=m), stride) for m in (1, 2, 5, 8) for stride in (1, 2, 3, 7)]
    expect(zero_insert, like=backprop.zero_insert, on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q3e_iii
# path: more
# minutes: 9
# difficulty: 3
# worksheet: 1(c)
# misconceptions: [stride-not-dilated, padding-shift, dropped-rows]
# explain: Which inputs get the gradient 0, and what tells your function that they exist?
# also: |
#   padded = np.zeros(n + 2 * padding, dtype=grad_output.dtype)
#   for m, delta in enumerate(grad_output):
#       padded[m * stride : m * stride + len(w)] += delta * w
#   return padded[padding : padding + n]

# %% [markdown]
# ### 3.e.iii · The gradient with respect to the input, complete
#
# Write `conv1d_grad_input(grad_output, w, n, stride=1, padding=0)`. Again `n` is the length of `x` before the
# padding. You may use your own functions from above.
#
# Before you start, count: three weights slide with stride 2 over five inputs, then over six. How many outputs are there each
# time? So why must the function be told `n`?
#
# <details><summary>Hint 1</summary>
#
# Three steps: insert the zeros, compute the gradient as with stride 1, cut off the padding.
#
# <details><summary>Hint 2</summary>
#
# After the first two steps you may have fewer than `n + 2 * padding` numbers. The missing ones belong to
# inputs on the right that no window has reached. You know their gradient from 3.e.i.
#
# <details><summary>Hint 3</summary>
#
# Start with as many zeros as the padded input has numbers. Write what you have at its beginning, then cut. Or use two
# loops: to which place of the padded input does delta number `i` lead through weight number `j`?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def conv1d_grad_input(grad_output, w, n, stride=1, padding=0):
    """The gradient with respect to x (n,) from grad_output and w (k,), with stride and padding."""
    # BEGIN SOLUTION
    spread = zero_insert(grad_output, stride)
    reached = len(spread) + len(w) - 1
    padded = np.zeros(n + 2 * padding, dtype=grad_output.dtype)
    padded[:reached] = grad_input(spread, w, reached)
    return padded[padding : padding + n]
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The gradient with respect to the input with stride and padding, small
""" # END TEST CONFIG
def test_conv1d_grad_input(conv1d_grad_input):
    import utils
    from utils.check import case, expect

    w = [1.5, 3, -0.7]
    cases = [
        case([3, -1, 2], w, 5),
        case([3, -1, 2, 4], w, 4, padding=1),
        case([3, -1], w, 5, stride=2),
        case([3, -1], w, 6, stride=2),
        case([3, -1, 2], w, 6, stride=2, padding=1),
        case([3, -1, 2, 4, 1, -2], w, 2, padding=3),
        case([3, -1], [2.5, -1], 4, stride=2),
    ]
    expect(conv1d_grad_input, like=utils.conv1d_grad_input, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 4
hidden: true
failure_message: The gradient with respect to the input with every mix of stride and padding
""" # END TEST CONFIG
def test_conv1d_grad_input_for_all(conv1d_grad_input):
    from utils.check import case, draw, expect
    from utils.check.loops import windows

    cases = [case(draw(((n + 2 * p - k) // s + 1,), seed=n), draw((k,), seed=70 + k), n, stride=s, padding=p)
             for n, k in [(4, 1), (7, 4), (12, 5)] for s in (1, 2, 3, 6) for p in (0, 1, 3)]
    expect(conv1d_grad_input, like=windows.conv_grad_input, about="conv1d_grad_input", on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q3e_iv
# path: more
# minutes: 7
# difficulty: 3
# worksheet: 1(c)
# misconceptions: stride-not-dilated
# explain: Why is x padded here, while in 3.e.iii the result was cut?
# vary:
#   draw: {g: 2 of -4..5, x: 6 of -4..4}
#   where: 0 not in g
#   ask: >-
#     The inputs were $x = {x}$, the stride was 2, and the two outputs send back $\delta = {g}$. What is the
#     gradient with respect to the three weights?
#   about: conv1d_grad_weight
#   case: g, x, 3, 2

# %% [markdown]
# ### 3.e.iv · The gradient with respect to the weights, complete
#
# Write `conv1d_grad_weight(grad_output, x, k, stride=1, padding=0)`. Leave `x` as it was. You may use your own functions
# from above.
#
# <details><summary>Hint 1</summary>
#
# In the forward pass, the weights have met the *padded* input. So begin with that.
#
# <details><summary>Hint 2</summary>
#
# In window number `i`, weight `j` meets place `i * stride + j`. What does the stride do to the deltas, if you want to
# slide them?
#
# <details><summary>Hint 3</summary>
#
# When the stride leaves inputs over on the right, sliding gives more than `k` numbers. Which of them belong to weights?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def conv1d_grad_weight(grad_output, x, k, stride=1, padding=0):
    """The gradient with respect to w (k,) from grad_output and x (n,), with stride and padding."""
    # BEGIN SOLUTION
    return grad_weight(zero_insert(grad_output, stride), np.pad(x, padding), k)
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The gradient with respect to the weights with stride and padding, small
""" # END TEST CONFIG
def test_conv1d_grad_weight(conv1d_grad_weight):
    import utils
    from utils.check import case, expect

    x = [2.5, 1, 0, 3, -1.2, 4]
    cases = [
        case([3, -1, 2, 4], x, 3),
        case([3, -1, 2, 4, 1, -2], x, 3, padding=1),
        case([3, -1], x, 3, stride=2),
        case([3, -1, 2], x, 3, stride=2, padding=1),
        case([3, -1, 2], x, 2, stride=2),
    ]
    expect(conv1d_grad_weight, like=utils.conv1d_grad_weight, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 4
hidden: true
failure_message: The gradient with respect to the weights with every mix of stride and padding
""" # END TEST CONFIG
def test_conv1d_grad_weight_for_all(conv1d_grad_weight):
    from utils.check import case, draw, expect
    from utils.check.loops import windows

    cases = [case(draw(((n + 2 * p - k) // s + 1,), seed=n), draw((n,), seed=70 + k), k, stride=s, padding=p)
             for n, k in [(4, 1), (7, 4), (12, 5)] for s in (1, 2, 3, 6) for p in (0, 1, 3)]
    expect(conv1d_grad_weight, like=windows.conv_grad_weight, about="conv1d_grad_weight", on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## 3.f · The matrix of problem 2, transposed
#
# *◇ more*
#
# In problem 2 you wrote the convolution as a matrix: $y = W x$, where $x$ is the padded input. The table of
# 3.a.iii is that matrix. Row $m$ of $W$ says where output $m$ takes its numbers from. Read **column** $i$ instead: it says
# to which outputs input $i$ leads. When rows and columns change places, a matrix becomes its transpose, $W^\top$:
#
# $$\frac{\partial L}{\partial x} = W^\top \delta$$
#
# <!--screen-->In the picture, switch to *backward: dx* and point at an entry in the middle of `dx`. Look for the reversed
# filter.<!--/screen-->

# %% tags=["otter_ignore"]
explore.conv(x=[1, 4, -2, 3, 2], w=[2, -1, 1], matrix=True)

# %% [raw]
# # BEGIN QUESTION
# name: q3f
# path: more
# minutes: 5
# difficulty: 2
# worksheet: [1(b), 1(c)]
# misconceptions: forgot-unpad
# explain: Where in the matrix are the zeros of the stride?
# also: |
#   W = utils.conv_matrix(w, n, stride, padding)
#   return (grad_output @ W)[padding : padding + n]

# %% [markdown]
# ### 3.f · One line, any stride
#
# Write `grad_input_by_matrix(grad_output, w, n, stride=1, padding=0)`. Here you may call `utils.conv_matrix`, which takes
# `w`, `n`, stride and padding in this order. It gives you $W$, with `n + 2 * padding` columns.
#
# <details><summary>Hint 1</summary>
#
# In NumPy, `.T` transposes a matrix and `@` multiplies it.
#
# <details><summary>Hint 2</summary>
#
# The product is the gradient with respect to the *padded* input.
#
# <details><summary>Hint 3</summary>
#
# Cut off the padding as in 3.d. The zeros of the stride, and the inputs that were left over, are in the
# matrix already.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def grad_input_by_matrix(grad_output, w, n, stride=1, padding=0):
    """The gradient with respect to x (n,) with the transpose of the convolution's matrix."""
    # BEGIN SOLUTION
    W = utils.conv_matrix(w, n, stride, padding)
    return (W.T @ grad_output)[padding : padding + n]
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The gradient by the transpose, small
""" # END TEST CONFIG
def test_by_matrix(grad_input_by_matrix):
    import utils
    from utils.check import case, expect

    w = [1.5, 3, -0.7]
    cases = [case([3, -1], w, 4), case([3, -1], w, 6, stride=2), case([3, -1, 2], w, 6, stride=2, padding=1)]
    cases.append(case([3, -1, 2], [2.5, -1], 4))
    expect(grad_input_by_matrix, like=utils.conv1d_grad_input, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 3
hidden: true
failure_message: The gradient by the transpose, with every mix of stride and padding
""" # END TEST CONFIG
def test_by_matrix_for_all(grad_input_by_matrix):
    from utils.check import case, draw, expect
    from utils.check.loops import windows

    cases = [case(draw(((n + 2 * p - k) // s + 1,), seed=n), draw((k,), seed=90 + k), n, stride=s, padding=p)
             for n, k in [(5, 2), (8, 3)] for s in (1, 2, 4) for p in (0, 2)]
    expect(grad_input_by_matrix, like=windows.conv_grad_input, about="conv1d_grad_input", on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# The matrix is a good way to *think*. To compute, use the sliding form: the matrix of a long signal is almost
# empty, as you saw in problem 2.

# %% [raw]
# # BEGIN QUESTION
# name: q3g
# manual: true
# points: 2
# rubric: |
#   - 1 point: the filter is reversed because an earlier window meets a later weight at the same input
#   - ½ point: the zeros stand for the windows that do not exist at the edges
#   - ½ point: on the way to $w$ the indices of $\delta_m$ and $x_{m+j}$ grow together, so nothing is reversed
# path: more
# minutes: 5
# difficulty: 2
# worksheet: 1(c)

# %% [markdown]
# ### 3.g · In your own words
#
# Explain it to a friend who has done problem 1. On the way back to $x$, **why** is the filter reversed, and **why** are
# $k-1$ zeros written at each end of $\delta$? And why is nothing reversed on the way to $w$? Write four or five sentences,
# with a drawing of the paths from inputs to outputs or a small example with numbers.

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# An input lies in several windows. In the window that starts at it, it meets the first weight; in the window
# that starts one step earlier, it meets the second weight, and so on. So when we go through the deltas from
# right to left, the weights come in their order, and from left to right they come in reverse: a sliding
# window over $\delta$ with the reversed filter. An input at the edge lies in one window only, but the sliding
# sum always has $k$ terms: the $k-1$ zeros stand for the windows that do not exist. A weight $w_j$ meets
# $x_{m+j}$ in window $m$, so the indices of $\delta_m$ and $x_{m+j}$ grow together: a sliding window again,
# and nothing is reversed.

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

utils.practice("backprop_1d")

# %% [markdown]
# ## What to remember
#
# <!--screen-->What would be on your own list? Write three lines, then open ours.
#
# <details><summary>Our list</summary><!--/screen-->
#
# - Each path forward is a path back, with the same weight on it. Where paths meet, **add**.
# - With respect to the input: write $k-1$ zeros at each end of $\delta$, then slide the **reversed** filter over it.
# - With respect to the weights: slide $\delta$ over $x$. Nothing is reversed.
# - Padding: compute the gradient with respect to the padded input, then cut.
# - Stride: write $s-1$ zeros between the deltas. Then it is stride 1.
# - Inputs that no window reaches have the gradient 0.
# - All of this is one short line with the matrix of problem 2: $W^\top \delta$.
#
# <!--screen--></details><!--/screen-->
#
# Problem 4 does the same for images with many channels: more indices, and the same two questions.
