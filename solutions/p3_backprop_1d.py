# %% [raw]
# # ASSIGNMENT CONFIG
# name: p3_backprop_1d
# title: "Problem 3 · Backpropagation in one dimension"

# %% [markdown]
# # Problem 3 · How does the error find its way back?
#
# A network learns by sending its error backwards. At a convolution the error arrives as one number for each
# **output**. You need one number for each **input** and one for each **weight**. In this notebook you find
# both, first with letters, then with numbers, then in code. You will see that both are convolutions again.
#
# **What you'll do**
# - write down the partial derivatives of a small convolution, with letters
# - turn them into a few lines of code, for any input and any filter
# - add padding, then stride
# - meet the matrix of problem 2 again, lying on its side
#
# **What you'll learn**
# - why the filter is reversed on the way back, and why zeros are added
# - why the gradient to the weights is a convolution of the input
# - what a stride does to the gradient
#
# **What you need**
# - problem 1, and the idea of problem 2
# - partial derivatives and the chain rule
# - about 90 minutes

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
import sympy as sp

import utils
from utils import explore

# %% [markdown]
# ## The idea: every road forward is a road back
#
# Take four inputs and a filter of three weights. No padding, stride 1. There are two outputs.
#
# The outputs go on into the rest of the network. At its end stands one number, the loss $L$. The rest of the
# network tells us how much $L$ changes when an output changes. We call these numbers $\delta$ (delta):
#
# $$\delta_0 = \frac{\partial L}{\partial y_0}, \qquad \delta_1 = \frac{\partial L}{\partial y_1}$$
#
# You do not need to know how $L$ is computed. The two deltas are all you get, and all you need.

# %% tags=["otter_ignore"]
def draw_roads(n=4, k=3):
    """A picture of the n inputs, the n - k + 1 outputs, and the weight on each road between them."""
    styles = ["-", "--", ":"]
    center = {"ha": "center", "va": "center"}
    node = {"facecolor": "white", "boxstyle": "circle"}
    label = {"facecolor": "white", "edgecolor": "none", "pad": 1}
    fig, ax = plt.subplots(figsize=(7, 3))
    for i in range(n - k + 1):
        for j in range(k):
            start, end = i + j, i + (k - 1) / 2
            ax.plot([start, end], [0, 1], styles[j], color="#4477aa", linewidth=2)
            ax.text(start + 0.3 * (end - start), 0.3, f"$w_{j}$", **center, bbox=label)
        ax.text(i + (k - 1) / 2, 1, f"$y_{i}$", **center, bbox=node)
        ax.text(i + (k - 1) / 2, 1.3, rf"$\delta_{i}$ comes in here", ha="center")
    for i in range(n):
        ax.text(i, 0, f"$x_{i}$", **center, bbox=node)
    ax.set_ylim(-0.25, 1.5)
    ax.axis("off")
    plt.show()


draw_roads()

# %% [markdown]
# *The picture: four inputs below, two outputs above. $x_0, x_1, x_2$ lead to $y_0$, and $x_1, x_2, x_3$ lead
# to $y_1$. The three roads into each output carry $w_0$ (solid), $w_1$ (dashed) and $w_2$ (dotted), from left
# to right.*
#
# Forwards, the numbers go up. Backwards, the deltas come down **the same roads**, with the same weights on
# them.
#
# Now move the window in the next picture. Point at one input: how many outputs does it lead to? Then switch to
# *backward*, where `dy` holds the deltas and `dx` what comes back.

# %% tags=["otter_ignore"]
explore.slide_1d(x=[2, 1, 0, 3], w=[1, 3, -2])

# %% [markdown]
# ### Letters in Python
#
# In the first questions your answers are formulas, not numbers. SymPy lets Python work with letters. Run the
# next cell. After it you can write `delta_0 * w_1 + 2 * x_3` as it stands. Any form of a right formula counts:
# the order does not matter, and neither do brackets.

# %%
x_0, x_1, x_2, x_3 = sp.symbols("x_0:4")
w_0, w_1, w_2 = sp.symbols("w_0:3")
delta_0, delta_1 = sp.symbols("delta_0:2")

# %% [markdown]
# ## 3.a · Forwards, with letters

# %% [raw]
# # BEGIN QUESTION
# name: q3a_i

# %% [markdown]
# ### 3.a.i · The two outputs
#
# *3 minutes · difficulty 1 of 3*
#
# Write $y_0$ and $y_1$ in the letters $x_0, \dots, x_3$ and $w_0, w_1, w_2$. Do not turn the filter around.
# The answer is a list of two formulas.
#
# <details><summary>Hint 1</summary>
#
# Look at the roads that lead into $y_0$ in the picture.
#
# <details><summary>Hint 2</summary>
#
# The first output is `x_0 * w_0 + x_1 * w_1 + x_2 * w_2`.
#
# <details><summary>Hint 3</summary>
#
# For the second output the window moves by one. The weights stay in their order, so $x_1$ meets $w_0$.
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

# %% [markdown]
# ### 3.a.ii · Is this right?
#
# *4 minutes · difficulty 1 of 3*
#
# A claim: *"inputs and outputs go one to one: each input belongs to one output."*
# In the next cell one input after the other is changed a little. The cell prints which outputs move.

# %%
start = np.array([2.0, 1, 0, 3])
for i in range(4):
    changed = start.copy()
    changed[i] += 0.1
    moves = np.correlate(changed, [1, 3, -2]) != np.correlate(start, [1, 3, -2])
    print(f"change x_{i}: outputs that move:", np.flatnonzero(moves))

# %% [markdown]
# The claim is wrong. Now think of a longer input: **six** inputs, and still three weights. For each of the six
# inputs: to how many outputs does it lead? Write a list of six numbers.
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
# In the middle an input lies in $k = 3$ windows. In between it is something in between.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
outputs_for_each_input = [1, 2, 3, 3, 2, 1]  # SOLUTION

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

# %% [markdown]
# ### 3.a.iii · One table for all of it
#
# *4 minutes · difficulty 1 of 3*
#
# Back to four inputs and two outputs. How much does output $y_i$ change when input $x_j$ changes? That is the
# partial derivative $\partial y_i / \partial x_j$. Write all of them as a matrix: one row for each output, one
# column for each input. `sp.Matrix([[...], [...]])` makes a matrix.
#
# <details><summary>Hint 1</summary>
#
# $y_0$ does not know $x_3$. So that entry is 0.
#
# <details><summary>Hint 2</summary>
#
# $y_0 = x_0 w_0 + x_1 w_1 + x_2 w_2$. Its derivative with respect to $x_1$ is what stands beside $x_1$.
#
# <details><summary>Hint 3</summary>
#
# The first row is $(w_0, w_1, w_2, 0)$. You have seen this matrix before.
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
# ## 3.b · The gradient to the input
#
# An input reaches the loss by several roads. The chain rule adds up all of them:
#
# $$\frac{\partial L}{\partial x_i} = \sum_{\text{outputs } m} \delta_m \frac{\partial y_m}{\partial x_i}$$

# %% [raw]
# # BEGIN QUESTION
# name: q3b_i

# %% [markdown]
# ### 3.b.i · Four formulas
#
# *6 minutes · difficulty 2 of 3*
#
# Write $\partial L/\partial x_0$, $\partial L/\partial x_1$, $\partial L/\partial x_2$ and
# $\partial L/\partial x_3$ in the letters $\delta_0, \delta_1, w_0, w_1, w_2$. The answer is a list of four
# formulas.
#
# <details><summary>Hint 1</summary>
#
# Go down the roads from the deltas to $x_0$. There is only one.
#
# <details><summary>Hint 2</summary>
#
# $x_1$ is reached from $\delta_0$ with the weight $w_1$, and from $\delta_1$ with the weight $w_0$. Add both.
#
# <details><summary>Hint 3</summary>
#
# Each formula uses one **column** of the matrix in 3.a.iii.
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

# %% [markdown]
# ### 3.b.ii · The same with numbers
#
# *3 minutes · difficulty 1 of 3*
#
# Take $w = (1, 3, -2)$ and $\delta = (3, -1)$. Put the numbers into your formulas, with a pencil. Write a list
# of four numbers.
#
# <details><summary>Hint 1</summary>
#
# $\delta_0 w_0 = 3 \cdot 1$.
#
# <details><summary>Hint 2</summary>
#
# The second number is $3\cdot 3 + (-1)\cdot 1$.
#
# <details><summary>Hint 3</summary>
#
# A test: the four numbers add up to $(3 - 1)\cdot(1 + 3 - 2) = 4$. Can you see why?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
grad_x_by_hand = [3, 8, -9, 2]  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The gradient to the four inputs, in numbers
""" # END TEST CONFIG
def test_numbers_x(grad_x_by_hand):
    import utils
    from utils.check import case, expect

    expect(grad_x_by_hand, like=utils.conv1d_grad_input, on=case([3, -1], [1, 3, -2], 4))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ### A convolution again
#
# Look at the four formulas once more. In each of them the indices of $\delta$ go **up** while the indices of
# $w$ go **down**: $\delta_0 w_1 + \delta_1 w_0$. A window that slides over $\delta$ does exactly this, if the
# filter in it is written from right to left.
#
# The first formula has only one term. So the window must hang over the edge: it needs zeros beside $\delta$.

# %% [raw]
# # BEGIN QUESTION
# name: q3b_iii

# %% [markdown]
# ### 3.b.iii · Is this right?
#
# *4 minutes · difficulty 2 of 3*
#
# A claim: *"reversed, the filter has $w_{k-h}$ at the place $h$."* Here $k$ is the length of the filter, and we
# count from zero. Run the next cell and see what happens at the first place.

# %%
w, k = np.array([1, 3, -2]), 3
print("reversed:", w[::-1])
for h in range(k):
    try:
        print(f"place {h}: w[k - h] =", w[k - h])
    except IndexError as error:
        print(f"place {h}: {error}")

# %% [markdown]
# Write the right rule. `reversed_index(h, k)` returns the index of the weight that stands at place `h` of the
# reversed filter.
#
# <details><summary>Hint 1</summary>
#
# Which weight stands at place 0 of the reversed filter? It is the last one. What is its index?
#
# <details><summary>Hint 2</summary>
#
# With $k = 3$ the three answers are 2, 1 and 0.
#
# <details><summary>Hint 3</summary>
#
# The place and the index always have the same sum. Which one?
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

    expect(reversed_index, like=counting.reversed_index, on=[case(0, 3), case(1, 3), case(2, 3)])

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

# %% [markdown]
# ### 3.b.iv · Is this right?
#
# *5 minutes · difficulty 2 of 3*
#
# Two more claims about the numbers of 3.b.ii:
#
# 1. *"Add $k-1$ zeros on each side of $\delta$ and slide the filter $w$ over it, as it is."*
# 2. *"Reverse the filter and slide it over $\delta$. No zeros are needed."*
#
# Run the next cell. Compare it with your numbers.

# %%
w, delta = np.array([1, 3, -2]), np.array([3, -1])
print("claim 1:", np.correlate(np.pad(delta, 2), w))
try:
    print("claim 2:", utils.conv1d(delta, w[::-1]))
except ValueError as error:
    print("claim 2:", error)

# %% [markdown]
# Each claim has one half of the truth. Put the two halves together. `grad_input(grad_output, w, n)` returns the
# gradient to `x` as an array of `n` numbers, where `n` is the length of `x`. In code we call the deltas
# `grad_output`: they are the gradient that comes from the output side. Stride 1, no padding.
#
# <details><summary>Hint 1</summary>
#
# You can follow the roads with two loops: each delta, each weight. Add (`+=`), because several roads end at the
# same input.
#
# <details><summary>Hint 2</summary>
#
# Or slide: pad `grad_output` with `k - 1` zeros on each side. Then slide the reversed filter over it.
#
# <details><summary>Hint 3</summary>
#
# `np.pad(grad_output, k - 1)` adds the zeros. `w[::-1]` is the reversed filter. For the sliding, use your
# `slide` of problem 1, or `utils.conv1d`, or `np.correlate`.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def grad_input(grad_output, w, n):
    """The gradient to x (n,) from grad_output (n - k + 1,) and w (k,): stride 1, no padding."""
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
failure_message: The gradient to a small input
""" # END TEST CONFIG
def test_grad_input(grad_input):
    import utils
    from utils.check import case, expect

    cases = [case([3, -1, 2], [1, 3, -2], 5), case([2, 1, -3], [4, -1], 4), case([2, -5], [3], 2)]
    expect(grad_input, like=utils.conv1d_grad_input, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 3
hidden: true
failure_message: The gradient to inputs of any length, also in float32
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
# ## 3.c · The gradient to the weights
#
# Each weight is used again and again, once in each window. So each weight, too, has several roads to the loss:
#
# $$\frac{\partial L}{\partial w_j} = \sum_{\text{outputs } m} \delta_m \frac{\partial y_m}{\partial w_j}$$

# %% [raw]
# # BEGIN QUESTION
# name: q3c_i

# %% [markdown]
# ### 3.c.i · Three formulas
#
# *5 minutes · difficulty 2 of 3*
#
# Write $\partial L/\partial w_0$, $\partial L/\partial w_1$ and $\partial L/\partial w_2$ in the letters
# $\delta_0, \delta_1, x_0, x_1, x_2, x_3$. The answer is a list of three formulas.
#
# <details><summary>Hint 1</summary>
#
# Go back to the formulas for $y_0$ and $y_1$ in 3.a.i. Beside which input does $w_0$ stand in each of them?
#
# <details><summary>Hint 2</summary>
#
# In $y_0$ it stands beside $x_0$, in $y_1$ beside $x_1$.
#
# <details><summary>Hint 3</summary>
#
# So the first formula is `delta_0 * x_0 + delta_1 * x_1`. The next weights look one step further to the right.
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
# This time all indices go **up** together: $\delta_0 x_1 + \delta_1 x_2$. So nothing is reversed: $\delta$
# itself is the filter, and it slides over $x$. In short: the gradient to $w$ is $x \star \delta$, where the
# star means our sliding dot product.

# %% [raw]
# # BEGIN QUESTION
# name: q3c_ii

# %% [markdown]
# ### 3.c.ii · Is this right?
#
# *4 minutes · difficulty 1 of 3*
#
# Let $\delta$ have $m$ numbers. A claim: *"the gradient to $w_0$ is the dot product of $\delta$ with the slice
# `x[0 : m - 1]`."* Run the next cell. How many numbers does the slice have?

# %%
x, delta = np.array([2, 1, 0, 3]), np.array([3, -1])
m = len(delta)
print("the deltas:       ", delta)
print("x[0 : m - 1] gives", x[0 : m - 1])

# %% [markdown]
# Python leaves out the end of a slice. Write the right slice, for any weight. `inputs_of_weight(x, j, m)`
# returns the `m` inputs that meet the weight `j`: the first of them in the first window, the last in the last
# window. Stride 1, no padding.
#
# <details><summary>Hint 1</summary>
#
# In the first window, weight 0 meets `x[0]`. Which input does weight `j` meet there?
#
# <details><summary>Hint 2</summary>
#
# Start at `j` and take `m` numbers.
#
# <details><summary>Hint 3</summary>
#
# A slice that starts at `a` and has `m` numbers ends before `a + m`.
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

    x = [2, 1, 0, 3]
    expect(inputs_of_weight, like=backprop.inputs_of_weight, on=[case(x, 0, 2), case(x, 1, 2), case(x, 2, 2)])

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

# %% [markdown]
# ### 3.c.iii · Now in code
#
# *6 minutes · difficulty 2 of 3*
#
# Write `grad_weight(grad_output, x, k)`: the gradient to the `k` weights, as an array. Stride 1, no padding.
#
# First do it with a pencil for $x = (2, 1, 0, 3)$ and $\delta = (3, -1)$. Then compare.
#
# <details><summary>Hint 1</summary>
#
# With the pencil: $3\cdot 2 + (-1)\cdot 1 = 5$ is the first of three numbers.
#
# <details><summary>Hint 2</summary>
#
# One number for each weight: a loop over `j`, and the dot product of `inputs_of_weight(x, j, m)` with the
# deltas.
#
# <details><summary>Hint 3</summary>
#
# The whole loop is one sliding dot product: `grad_output` slides over `x`.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def grad_weight(grad_output, x, k):
    """The gradient to w (k,) from grad_output (n - k + 1,) and x (n,): stride 1, no padding."""
    # BEGIN SOLUTION
    m = len(grad_output)
    return np.array([inputs_of_weight(x, j, m) @ grad_output for j in range(k)])
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The gradient to a few weights
""" # END TEST CONFIG
def test_grad_weight(grad_weight):
    import utils
    from utils.check import case, expect

    cases = [case([3, -1], [2, 1, 0, 3], 3), case([2, 1, -3], [4, -1, 2, 5], 2), case([2], [3, 1, -2], 3)]
    expect(grad_weight, like=utils.conv1d_grad_weight, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 3
hidden: true
failure_message: The gradient to filters of any length, also in float32
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

# %% [markdown]
# ## 3.d · Padding
#
# Now the forward pass first writes $p$ zeros on each side of $x$. Nothing else changes. The zeros get a
# gradient too. But nobody needs it: they are not inputs of the layer.

# %% [raw]
# # BEGIN QUESTION
# name: q3d

# %% [markdown]
# ### 3.d · The gradient through padding
#
# *7 minutes · difficulty 2 of 3*
#
# Write `grad_input_padded(grad_output, w, n, padding)`. The result has `n` numbers: as many as `x` had
# **before** the padding. Stride 1.
#
# Try it on paper: $w = (1, 3, -2)$, padding 1, and $\delta = (3, -1, 2, 4)$. How long was $x$?
#
# <details><summary>Hint 1</summary>
#
# The padded input has `n + 2 * padding` numbers. You already have a function for its gradient.
#
# <details><summary>Hint 2</summary>
#
# Compute the gradient to the padded input. Then cut off what belongs to the zeros.
#
# <details><summary>Hint 3</summary>
#
# The numbers that stay begin at the index `padding`, and there are `n` of them. (`[padding:-padding]` looks
# shorter. What does it give when the padding is 0?)
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def grad_input_padded(grad_output, w, n, padding):
    """The gradient to x (n,), which gets padding zeros on each side before w (k,) slides over it."""
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

    cases = [case([3, -1, 2, 4], [1, 3, -2], 4, padding=1), case([3, -1, 2], [1, 3, -2], 5, padding=0)]
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
# With padding 1 and a filter of three, the gradient is a "same" convolution as well: it needs $k - 1 - p = 1$
# zero on each side of $\delta$. That is how many networks work: "same" forwards, "same" backwards.

# %% [markdown]
# ## 3.e · Stride
#
# A stride of $s$ gives the same outputs as stride 1, but it keeps only every $s$-th of them. The others are
# thrown away. An output that is thrown away cannot change the loss. So its delta is **zero**.
#
# This is the whole trick: write the missing zeros between the deltas. After that it is stride 1 again.

# %% tags=["otter_ignore"]
def draw_zero_insertion(stride=2, deltas=3):
    """A picture of the deltas before and after the zeros of the missing outputs are written between them."""
    length = stride * (deltas - 1) + 1
    center = {"ha": "center", "va": "center"}
    fig, ax = plt.subplots(figsize=(7, 2))
    for m in range(deltas):
        ax.annotate("", (m * stride, 0.4), (m * stride, 1), arrowprops={"arrowstyle": "->"})
        ax.text(m * stride, 1.2, rf"$\delta_{m}$", **center, bbox={"facecolor": "#cce0f0"})
    for i in range(length):
        kept = i % stride == 0
        words, color = (rf"$\delta_{i // stride}$", "#cce0f0") if kept else ("$0$", "white")
        ax.text(i, 0.2, words, **center, bbox={"facecolor": color})
    ax.text(-0.6, 1.2, "stride 2:", ha="right", va="center")
    ax.text(-0.6, 0.2, "as with stride 1:", ha="right", va="center")
    ax.set_xlim(-2.2, length)
    ax.set_ylim(0, 1.5)
    ax.axis("off")
    plt.show()


draw_zero_insertion()

# %% [markdown]
# *The picture: above, three deltas. Below, the same three deltas with one zero between each pair: $\delta_0, 0,
# \delta_1, 0, \delta_2$. Arrows lead from each delta above to the same delta below.*

# %% [raw]
# # BEGIN QUESTION
# name: q3e_i

# %% [markdown]
# ### 3.e.i · Stride 2, by hand
#
# *5 minutes · difficulty 2 of 3*
#
# Six inputs, $w = (1, 3, -2)$, stride 2, no padding. There are two windows. The deltas are $\delta = (3, -1)$.
# Write the gradient to the six inputs as a list.
#
# <details><summary>Hint 1</summary>
#
# The first window covers $x_0, x_1, x_2$. The second covers $x_2, x_3, x_4$.
#
# <details><summary>Hint 2</summary>
#
# Each window sends $\delta$ times the filter back: the first one sends $3\cdot(1, 3, -2)$ to its three
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
grad_x_strided = [3, 9, -7, -3, 2, 0]  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The gradient to six inputs with stride 2
""" # END TEST CONFIG
def test_strided_by_hand(grad_x_strided):
    import utils
    from utils.check import case, expect

    expect(grad_x_strided, like=utils.conv1d_grad_input, on=case([3, -1], [1, 3, -2], 6, stride=2))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q3e_ii

# %% [markdown] tags=["given"]
# ### 3.e.ii · Write the zeros
#
# *5 minutes · difficulty 1 of 3*
#
# Write `zero_insert(grad_output, stride)`: the same numbers, with zeros **between** them for the outputs that
# the stride has left out. No zeros before the first number, none after the last.
#
# <details><summary>Hint 1</summary>
#
# With stride 2 there is one zero between two neighbours. With stride 1 there is none. With stride 3?
#
# <details><summary>Hint 2</summary>
#
# How long is the result? From the first to the last number there are `len(grad_output) - 1` steps of length
# `stride`.
#
# <details><summary>Hint 3</summary>
#
# Start with an array of zeros of the right length and the same `dtype`. Then fill every `stride`-th place:
# `result[::stride] = grad_output`.
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

    cases = [case([3, -1], 2), case([3, -1, 4], 3), case([3, -1], 1)]
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

# %% [markdown]
# ### 3.e.iii · The gradient to the input, complete
#
# *10 minutes · difficulty 3 of 3*
#
# Write `conv1d_grad_input(grad_output, w, n, stride=1, padding=0)`. Again `n` is the length of `x` before the
# padding. You may use your own functions from above.
#
# Before you start: why is `n` needed at all? With three weights and stride 2, five inputs and six inputs give
# the same number of outputs.
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
# Start with `np.zeros(n + 2 * padding, dtype=grad_output.dtype)`. Write what you have at its beginning. Then
# cut. Or use the two loops: delta number `i` and weight number `j` lead to place `i * stride + j` of the
# padded input.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def conv1d_grad_input(grad_output, w, n, stride=1, padding=0):
    """The gradient to x (n,) from grad_output and w (k,), with stride and padding."""
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
failure_message: The gradient to the input with stride and padding, small
""" # END TEST CONFIG
def test_conv1d_grad_input(conv1d_grad_input):
    import utils
    from utils.check import case, expect

    w = [1, 3, -2]
    cases = [
        case([3, -1, 2], w, 5),
        case([3, -1, 2, 4], w, 4, padding=1),
        case([3, -1], w, 5, stride=2),
        case([3, -1], w, 6, stride=2),
        case([3, -1, 2], w, 6, stride=2, padding=1),
    ]
    expect(conv1d_grad_input, like=utils.conv1d_grad_input, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 4
hidden: true
failure_message: The gradient to the input with every mix of stride and padding
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

# %% [markdown]
# ### 3.e.iv · The gradient to the weights, complete
#
# *8 minutes · difficulty 3 of 3*
#
# Write `conv1d_grad_weight(grad_output, x, k, stride=1, padding=0)`. Leave `x` as it was.
#
# <details><summary>Hint 1</summary>
#
# In the forward pass, the weights have met the *padded* input. So begin with that.
#
# <details><summary>Hint 2</summary>
#
# In window number `i`, weight `j` meets place `i * stride + j`. Slide `zero_insert(grad_output, stride)` over
# the padded input, or take a slice with a step: `padded[j : ... : stride]`.
#
# <details><summary>Hint 3</summary>
#
# When the stride leaves inputs over on the right, the sliding gives more than `k` numbers. Only the first `k`
# belong to weights.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def conv1d_grad_weight(grad_output, x, k, stride=1, padding=0):
    """The gradient to w (k,) from grad_output and x (n,), with stride and padding."""
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
failure_message: The gradient to the weights with stride and padding, small
""" # END TEST CONFIG
def test_conv1d_grad_weight(conv1d_grad_weight):
    import utils
    from utils.check import case, expect

    x = [2, 1, 0, 3, -1, 4]
    cases = [
        case([3, -1, 2, 4], x, 3),
        case([3, -1, 2, 4, 1, -2], x, 3, padding=1),
        case([3, -1], x, 3, stride=2),
        case([3, -1, 2], x, 3, stride=2, padding=1),
    ]
    expect(conv1d_grad_weight, like=utils.conv1d_grad_weight, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 4
hidden: true
failure_message: The gradient to the weights with every mix of stride and padding
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
# ## 3.f · The matrix of problem 2, lying on its side
#
# In problem 2 you wrote the convolution as a matrix: $y = W x$, where $x$ is the padded input. The table of
# 3.a.iii is that matrix. Row $m$ of $W$ says from where output $m$ takes its numbers. Read **column** $i$ instead: it says
# to which outputs input $i$ leads. A matrix whose rows and columns change places is the transpose, $W^T$:
#
# $$\frac{\partial L}{\partial x} = W^T \delta$$
#
# In the picture, switch to *backward* and point at an entry in the middle of `dx`. Look for the reversed filter.

# %% tags=["otter_ignore"]
explore.matrix(w=[1, 3, -2], n=4)

# %% [raw]
# # BEGIN QUESTION
# name: q3f

# %% [markdown]
# ### 3.f · One line, any stride
#
# *6 minutes · difficulty 2 of 3*
#
# Write `grad_input_by_matrix(grad_output, w, n, stride=1, padding=0)`. The function
# `utils.conv_matrix(w, n, stride, padding)` gives you $W$, with `n + 2 * padding` columns. You may call it.
#
# <details><summary>Hint 1</summary>
#
# In NumPy the transpose of `W` is `W.T`.
#
# <details><summary>Hint 2</summary>
#
# `W.T @ grad_output` is the gradient to the *padded* input.
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
    """The gradient to x (n,) with the transpose of the convolution's matrix."""
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

    w = [1, 3, -2]
    cases = [case([3, -1], w, 4), case([3, -1], w, 6, stride=2), case([3, -1, 2], w, 6, stride=2, padding=1)]
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
#   - ½ point: towards $w$ the indices of $\delta_m$ and $x_{m+j}$ grow together, so nothing is reversed

# %% [markdown]
# ### 3.g · In your own words
#
# *5 minutes · difficulty 2 of 3*
#
# Explain to a friend who knows problem 1: on the way back to $x$, **why** is the filter reversed, and **why**
# are $k-1$ zeros written on each side of $\delta$? And why is nothing reversed on the way to $w$? Four or
# five sentences. Use the picture of the roads, or a small example with numbers.

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
# ## What to remember
#
# - Each road forward is a road back, with the same weight on it. Where roads meet, **add**.
# - Gradient to the input: write $k-1$ zeros on each side of $\delta$, then slide the **reversed** filter over it.
# - Gradient to the weights: slide $\delta$ over $x$. Nothing is reversed.
# - Padding: compute the gradient to the padded input, then cut.
# - Stride: write $s-1$ zeros between the deltas. Then it is stride 1.
# - Inputs that no window reaches have the gradient 0.
# - All of this is one short line with the matrix of problem 2: $W^T \delta$.
#
# Problem 4 does the same for images with many channels. The roads are more, but the rules are these.
