# %% [raw]
# # ASSIGNMENT CONFIG
# name: p8_recurrent
# title: "Problem 8 · Recurrent networks"

# %% [markdown]
# # Problem 8 · The same weights at every step
#
# A filter uses the same few weights at every **place**. A recurrent network uses the same few weights at every **step**
# in time, and hands a note from each step to the next. A longer story takes no more weights. The price is paid on the
# way back: the gradient has to travel through every step, too.
#
# **What you'll do**
# - press a switch, and see what a single neuron makes of that after two hundred steps
# - find the gradient of a weight that is used again and again: with a pencil, in letters, in code
# - predict from one number of a matrix whether the gradient dies or blows up, then measure it
# - clip, truncate, and open the gates of an LSTM
# - let your network compete with a filter, on a task that neither of them wins for free
#
# **What you'll learn**
# - why a shared weight adds up what all its uses send back, in time as in space
# - why long memories are hard to learn, and what an LSTM does about it
# - when you would take a convolution instead
#
# **What you need**
# - problem 3; the chain rule; matrix products in NumPy
# - about 58 minutes for the core path, marked ◆ (in two halves, if you like: rest after 8.b); about 130 for everything

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
from utils.notebook import reveal, show

# %% [markdown]
# ## Three quick questions
#
# From earlier problems, without looking anything up:
#
# - A filter of 4 slides over 12 numbers, stride 1, no padding. The gradient with respect to its first weight is a sum.
#   How many **terms** does it have?
# - A one-dimensional convolution has 6 filters of width 5 on 4 channels, and a bias for each filter. How many
#   **numbers** does it learn?
# - Four layers of width 3 are stacked, stride 1. How many inputs **wide** is the receptive field of one output?

# %% tags=["prediction"]
recap_terms = 4  # a whole number
recap_numbers = 120  # a whole number
recap_wide = 12  # a whole number

# %% tags=["otter_ignore"]
reveal("the terms", recap_terms, utils.output_size(12, 4),
       why="Problem 3: a weight is used in every window, and each use sends something back.")
reveal("the numbers", recap_numbers, utils.num_parameters((5, 4, 6), bias=True), why="Problem 1: (5 · 4 + 1) · 6.")
reveal("the receptive field", recap_wide, 1 + 4 * (3 - 1), why="Problem 1: each layer adds k - 1.");

# %% [markdown]
# ## A neuron and a light switch
#
# Here is a network of a single neuron. At every step it gets a number $x_t$: $1$ when somebody presses *on*, $-1$ when
# somebody presses *off*, and $0$ the rest of the time. It also gets its own last output, $h_{t-1}$, which is called its
# *state*:
#
# $$h_t = \tanh(4\, x_t + 2\, h_{t-1})$$
#
# (The curve of $\tanh$ is steep at 0 and flat at both ends: it squeezes every number in between $-1$ and $1$.)
#
# Somebody presses *on* once. Then nothing happens for 200 steps. A filter of three weights would have forgotten the press
# after three of them. And the neuron? How far has its state fallen from where the press put it?

# %% tags=["prediction"]
guess_memory = "to about a half"  # "to nearly 0", "to about a half" or "hardly at all"

# %% tags=["otter_ignore", "folded"]
def one_neuron(presses, w_x, w_h):
    """The states of a single neuron while the presses come in."""
    states, h = [], 0.0
    for x in presses:
        h = np.tanh(w_x * x + w_h * h)
        states.append(h)
    return np.array(states)


amounts = ("to nearly 0", "to about a half", "hardly at all")
silence = one_neuron(np.eye(1, 201)[0], 4, 2)
left = silence[-1] / silence[0]
if reveal("how far the state has fallen", guess_memory, amounts[int(left > 0.25) + int(left > 0.75)], choices=amounts,
          why=f"From {silence[0]:.3f} to {silence[-1]:.3f}: there it holds itself up, because tanh(2 h) = h."):
    presses = np.zeros(120)
    presses[[5, 40, 75]] = [1, -1, 1]
    figure, ax = plt.subplots(figsize=(8, 2.6))
    ax.step(range(120), one_neuron(presses, 4, 2), where="post", color="#0b63b0", linewidth=2)
    ax.stem(np.flatnonzero(presses), presses[presses != 0], linefmt="#b04a00", markerfmt="o", basefmt=" ")
    ax.set(xlabel="steps", yticks=[-1, 0, 1], ylim=(-1.3, 1.3))
    ax.annotate("pressed", (40, -1), xytext=(43, -0.55), color="#b04a00")
    ax.annotate("the state", (90, 0.96), xytext=(90, 0.45), color="#0b63b0")
    ax.spines[["top", "right"]].set_visible(False)
    show(figure, "The state over 120 steps. It is 0 until the first press, jumps to nearly 1 and stays there for 35 steps, jumps to "
         "nearly -1 at the second press and stays, and jumps up again at the third.")

# %% [markdown]
# And with $0.9$ in place of the $2$? After how many steps of silence is the state below a tenth?

# %% tags=["prediction"]
guess_fades = 5  # a whole number; anything within a third counts

# %% tags=["otter_ignore"]
fading = one_neuron(np.eye(1, 201)[0], 4, 0.9)
reveal("the steps until it is below a tenth", guess_fades, int((fading >= 0.1).sum()), near=1 / 3,
       why="Each step keeps less than 0.9 of it. So one weight decides between a memory and an echo.");

# %% [markdown]
# Nobody has to choose such numbers by hand: they can be learned. That is what this problem is about.
#
# ## The idea: one layer, unrolled
#
# | array | axes | in words |
# |---|---|---|
# | `x` | `(B, T, C)` | `B` sequences of `T` steps; at each step `C` numbers come in |
# | `h` | `(B, T, M)` | the state after each step: `M` numbers |
# | `h0` | `(B, M)` | the state before the first step |
# | `w_x` | `(C, M)` | from the input to the state |
# | `w_h` | `(M, M)` | from the last state to the next one |
# | `bias` | `(M,)` | one number for each entry of the state |
#
# At every step, with the **same** `w_x`, `w_h` and `bias`:
#
# $$h_t = \tanh(x_t W_x + h_{t-1} W_h + b) \qquad t = 1, \dots, T$$
#
# Here $b$ is the bias. In this text steps are counted from 1, and $h_0$ is what you start with. In code `x[:, 0]` is the
# first step.
#
# Draw each step to the right of the one before it, and the loop becomes a deep network: as many layers as steps, and all
# of them share their weights.

# %% tags=["otter_ignore", "folded"]
def draw_steps(steps=4):
    """A recurrent layer, unrolled: inputs below, states in a row, and the weight on every arrow."""
    figure, ax = plt.subplots(figsize=(8, 2.8))
    arrow = {"arrowstyle": "-|>", "linewidth": 2, "shrinkA": 14, "shrinkB": 14}
    for t in range(steps + 1):
        ax.text(2 * t, 1, f"$h_{t}$", ha="center", va="center", fontsize=14)
        if t:
            ax.annotate("", (2 * t, 1), (2 * t - 2, 1), arrowprops={**arrow, "color": "#0b63b0"})
            ax.text(2 * t - 1, 1.12, "$W_h$", ha="center", color="#0b63b0")
            ax.text(2 * t, 0, f"$x_{t}$", ha="center", va="center", fontsize=14)
            ax.annotate("", (2 * t, 1), (2 * t, 0), arrowprops={**arrow, "color": "#b04a00"})
            ax.text(2 * t + 0.12, 0.5, "$W_x$", va="center", color="#b04a00")
    ax.set(xlim=(-0.5, 2 * steps + 0.8), ylim=(-0.25, 1.4))
    ax.axis("off")
    show(figure, "States h0 to h4 in a row, an arrow with W_h from each to the next. Inputs x1 to x4 below, an arrow with W_x from "
         "each up to its state. Every arrow to the right carries the same W_h, every arrow upwards the same W_x.")


draw_steps()

# %% [markdown]
# <!--screen-->Here are the steps with numbers, for one neuron. Walk along them with the arrow keys: the weight that lights
# up is the same at every step. Then change an input, and see from which step on the states are new ones. (*Backward* is
# for 8.d.)<!--/screen-->

# %% tags=["otter_ignore"]
explore.unroll(x=[1, 0, 0, 0, -1, 0, 0], w_x=2, w_h=1.5)

# %% [markdown]
# ## 8.a · One weight, used again and again
#
# First without the tanh, and with a single weight. This is the smallest recurrence there is:
#
# $$h_t = w\,(u_t + h_{t-1}), \qquad h_0 = 0, \qquad y = h_T$$

# %% [raw]
# # BEGIN QUESTION
# name: q8a_i
# path: core
# minutes: 2
# difficulty: 1
# misconceptions: [memory-not-weighted, memory-forgotten, input-not-weighted]
# explain: How often has the first input been multiplied by the weight when the last step is done?
# vary:
#   draw: {w: [-3, -2, 2, 3, 4], u: 3 of -3..4}
#   where: 0 not in u
#   ask: >-
#     A state begins with $h_0 = 0$, and each step makes $h_t = w\,(u_t + h_{t-1})$ of it. Take $w = {w}$ and
#     $u = {u}$. What are the states $h_1, h_2, h_3$?
#   about: recurrence
#   case: u, w
# numbers: {u: [2, -1, 3], w: 2}

# %% [markdown]
# ### 8.a.i · Three steps by hand
#
# $h_t = w\,(u_t + h_{t-1})$ with $h_0 = 0$. Take $w = {{q8a_i.w}}$ and $u = {{q8a_i.u}}$. Write the states $h_1, h_2, h_3$ as a
# list.
#
# <details><summary>Hint 1</summary>
#
# The first state is ${{q8a_i.bracketed(w)}}\cdot({{q8a_i.u[0]}} + 0)$.
#
# <details><summary>Hint 2</summary>
#
# The second step adds its input to that state first, and multiplies then.
#
# <details><summary>Hint 3</summary>
#
# $h_2 = {{q8a_i.bracketed(w)}}\cdot({{q8a_i.u[1]}} + h_1)$. Which two numbers are added in the third step?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
# 2·(2 + 0), then 2·(-1 + 4), then 2·(3 + 6)
h_by_hand = [4, 6, 18]
# END SOLUTION
""" # BEGIN PROMPT
h_by_hand = ...
""" # END PROMPT

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The three states
""" # END TEST CONFIG
def test_states(h_by_hand):
    from utils.check import case, expect
    from utils.check.references import recurrent

    expect(h_by_hand, like=recurrent.recurrence, on=case({{q8a_i.u}}, {{q8a_i.w}}))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q8a_ii
# path: core
# minutes: 4
# difficulty: 2
# misconceptions: [last-use-only, memory-not-weighted]
# explain: Which input's term has the largest power of the weight, and how often did it meet the weight?
# unvaried: "its answer is in letters, so there are no numbers to draw: q8a_iii asks the same with numbers"

# %% [markdown]
# ### 8.a.ii · The same in letters
#
# $h_t = w\,(u_t + h_{t-1})$ with $h_0 = 0$, three steps, $y = h_3$. <!--screen-->With SymPy's letters `w`, `u_1`, `u_2`, `u_3`:<!--/screen-->
#
# - `y_formula`: the output $y$
# - `dy_dw`: its derivative with respect to $w$
#
# Do it with a pencil. Any form of a right formula counts.

# %% tags=["screen"]
w, u_1, u_2, u_3 = sp.symbols("w u_1 u_2 u_3")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Begin at the end: $y = w\,(u_3 + h_2)$. Then put in what $h_2$ is, and what $h_1$ is.
#
# <details><summary>Hint 2</summary>
#
# Multiplied out, $y$ has three terms. The last one is $w\,u_3$; in each other term the power of $w$ is higher by one.
#
# <details><summary>Hint 3</summary>
#
# The derivative of $w^2$ is $2 w$. And that of $w^3$?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
y_formula = w * (u_3 + w * (u_2 + w * u_1))  # SOLUTION
dy_dw = 3 * w**2 * u_1 + 2 * w * u_2 + u_3  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The output of three steps as a formula
""" # END TEST CONFIG
def test_y(y_formula):
    import sympy as sp

    from utils.check import case, expect
    from utils.check.references import recurrent

    expect(y_formula, like=recurrent.recurrence, on=case(list(sp.symbols("u_1:4")), sp.Symbol("w")), pick=-1)

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: Its derivative with respect to the weight
""" # END TEST CONFIG
def test_dy_dw(dy_dw):
    import sympy as sp

    from utils.check import case, expect
    from utils.check.references import recurrent

    expect(dy_dw, like=recurrent.recurrence_grad, on=case(list(sp.symbols("u_1:4")), sp.Symbol("w")))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ### Who sent what?
#
# The weight was used three times. Pretend for a moment that
# these are three different weights, $w_1$ at the first step, $w_2$ at the second, $w_3$ at the third. Each has a derivative
# of its own. If all three are one and the same number, its derivative is the **sum** of theirs. You have met this before: in problem 3 a
# filter's weight was used in every window, and its gradient was a sum over all windows.
#
# <!--screen-->
#
# ### The same in space
#
# *◇ more*
#
# Here is that filter again. Switch to *backward: dw*, and point at a weight in `dw`: the line below says what each
# window has sent. In a recurrent layer the steps take the place of the windows.
#
# <!--/screen-->

# %% tags=["otter_ignore", "screen"]
explore.conv(x=[1, 4, -2, 3, 2], w=[2, -1, 1])

# %% [raw]
# # BEGIN QUESTION
# name: q8a_iii
# path: core
# minutes: 4
# difficulty: 2
# misconceptions: [later-steps-forgotten, memory-forgotten]
# explain: Add the three numbers up, and put your numbers into the formula for the derivative. Why must both agree?
# vary:
#   draw: {w: [-3, -2, 2, 3, 4], u: 3 of -4..4}
#   where: 0 not in u
#   ask: >-
#     A state begins with $h_0 = 0$; each of three steps makes $h_t = w\,(u_t + h_{t-1})$ of it, with $w =
#     {w}$ and $u = {u}$. How much does $h_3$ change, per unit, when the weight changes at the first step
#     only, at the second only, at the third only?
#   about: weight_shares
#   case: u, w
# numbers: {u: [1, 3, -4], w: 2}

# %% [markdown]
# ### 8.a.iii · The share of each use
#
# $h_t = w\,(u_t + h_{t-1})$ with $h_0 = 0$, and $y = h_3$. Take $w = {{q8a_iii.w}}$ and $u = {{q8a_iii.u}}$. The weight is used at the
# first, second and third step. How much does $y$ change, per unit, when the weight changes at **that step only**? Write
# the three shares as a list.
#
# <details><summary>Hint 1</summary>
#
# Compute the states first. At its own step, a weight is multiplied by what is in the brackets.
#
# <details><summary>Hint 2</summary>
#
# At the third step that is $u_3 + h_2$, and nothing comes after it: this is the last share.
#
# <details><summary>Hint 3</summary>
#
# What changes at the second step goes through **one** more step before it reaches $y$, and is multiplied by $w$ there.
# And what changes at the first?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
# the brackets are 1, 3 + 2 and -4 + 10; the first passes two more steps, the second one: times 4, times 2
shares = [4, 10, 6]
# END SOLUTION
""" # BEGIN PROMPT
shares = ...
""" # END PROMPT

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The share of each use of the weight
""" # END TEST CONFIG
def test_shares(shares):
    from utils.check import case, expect
    from utils.check.references import recurrent

    expect(shares, like=recurrent.weight_shares, on=case({{q8a_iii.u}}, {{q8a_iii.w}}))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q8a_iv
# path: more
# minutes: 5
# difficulty: 2
# misconceptions: [power-off-by-one, last-step-first]
# explain: For which weights is the first number the largest, and for which the smallest?
# also: return np.cumprod(np.full(steps, w))[::-1]

# %% [markdown]
# ### 8.a.iv · Is this right?
#
# A claim about $h_t = w\,(u_t + h_{t-1})$, ten steps: *"Make the weight twice as large, and the derivative of $y$ with
# respect to the **first** input becomes twice as large."*

# %% tags=["prediction"]
guess_twice = True  # True or False

# %% tags=["otter_ignore", "folded"]
def last_state(first, weight):
    state = 0.0
    for number in [first] + [0.0] * 9:
        state = weight * (number + state)
    return state


times = last_state(1, 2 * 0.5) / last_state(1, 0.5)
reveal("it becomes twice as large", guess_twice, times == 2, why=f"It becomes {times:g} times as large.");

# %% [markdown]
# Write `grad_u(w, steps)`: the derivatives of $y = h_T$ with respect to $u_1, u_2, \dots, u_T$, as an array of `steps`
# numbers in this order.
#
# <details><summary>Hint 1</summary>
#
# How often is the **last** input multiplied by the weight? And the one before it?
#
# <details><summary>Hint 2</summary>
#
# So which power of $w$ belongs to the last input, and which to the first?
#
# <details><summary>Hint 3</summary>
#
# NumPy raises a number to many powers at once: `3.0 ** np.arange(5)` gives five numbers. Which way do yours run, and
# where do they end?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def grad_u(w, steps):
    """The derivatives (steps,) of the last state with respect to each input, for h = w * (u + h)."""
    return w ** np.arange(steps, 0, -1)  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The derivatives for three and four steps
""" # END TEST CONFIG
def test_grad_u(grad_u):
    from utils.check import case, expect
    from utils.check.references import recurrent

    expect(grad_u, like=recurrent.input_slopes, on=[case(2.0, 3), case(0.5, 4), case(-3.0, 2)])

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
failure_message: The derivatives for any number of steps
""" # END TEST CONFIG
def test_grad_u_for_all(grad_u):
    from utils.check import case, expect
    from utils.check.loops import recurrent

    cases = [case(w, steps) for w in (-1.5, 0.3, 1.0, 2.5) for steps in (1, 2, 5, 9)]
    expect(grad_u, like=recurrent.input_slopes, on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# Your first number holds the whole drama of recurrent networks. For $|w| < 1$ an early input is hardly felt at the end;
# for $|w| > 1$ it outshouts all others. In 8.d the weight becomes a matrix, and the drama stays.
#
# ## 8.b · A layer, forwards
#
# $$h_t = \tanh(x_t W_x + h_{t-1} W_h + b)$$

# %% [raw]
# # BEGIN QUESTION
# name: q8b_i
# path: core
# minutes: 3
# difficulty: 1
# misconceptions: [state-weights-not-counted, bias-not-counted, counted-again-at-each-step]
# explain: Which of these counts would change if the state had one number more?
# vary:
#   draw: {a: 2..12, m: 3..20, t: [2, 5, 10, 20]}
#   where: a != m
#   ask: >-
#     A recurrent layer, $h_t = \tanh(x_t W_x + h_{t-1} W_h + b)$, reads {a} numbers at each step; its state
#     has {m}, and its sequences are {t} steps long. How many numbers does it learn?
#   about: rnn_parameters
#   case: a, m, t

# %% [markdown]
# ### 8.b.i · Count
#
# At each step **6** numbers come in; the state has **9**. All weights and the bias are learned.
#
# - `rnn_numbers`: how many numbers does the recurrent layer learn, $h_t = \tanh(x_t W_x + h_{t-1} W_h + b)$?
# - `rnn_numbers_longer`: and if the sequences are 10 times as long?
# - `filter_numbers`: how many does a one-dimensional convolution of width 4 learn, from 6 channels to 9, with biases?
#
# <details><summary>Hint 1</summary>
#
# What shapes do $W_x$, $W_h$ and $b$ have?
#
# <details><summary>Hint 2</summary>
#
# $W_h$ leads from a state to a state: it is square.
#
# <details><summary>Hint 3</summary>
#
# A filter covers 4 steps of all 6 channels, and there are 9 filters. Did the size of the image ever count in problem
# 1?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
rnn_numbers = 6 * 9 + 9 * 9 + 9  # SOLUTION
rnn_numbers_longer = rnn_numbers  # SOLUTION
filter_numbers = 4 * 6 * 9 + 9  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The numbers of a recurrent layer
""" # END TEST CONFIG
def test_rnn_numbers(rnn_numbers):
    from utils.check import case, expect
    from utils.check.references import recurrent

    expect(rnn_numbers, like=recurrent.rnn_parameters, on=case(6, 9, 1))

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The same for longer sequences
""" # END TEST CONFIG
def test_rnn_numbers_longer(rnn_numbers_longer):
    from utils.check import case, expect
    from utils.check.references import recurrent

    expect(rnn_numbers_longer, like=recurrent.rnn_parameters, on=case(6, 9, 10))

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The numbers of a one-dimensional convolution
""" # END TEST CONFIG
def test_filter_numbers(filter_numbers):
    import utils
    from utils.check import case, expect

    expect(filter_numbers, like=utils.num_parameters, on=case((4, 6, 9), bias=True))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q8b_ii
# path: core
# minutes: 7
# difficulty: 2
# misconceptions: [start-state-forgotten, states-mixed-up, no-tanh]
# explain: Which part of the work could be done for all steps at once, and which must wait for the step before?
# also: |
#   from_x = x @ w_x + bias
#   states = []
#   for step in from_x.swapaxes(0, 1):
#       h0 = np.tanh(step + h0 @ w_h)
#       states.append(h0)
#   return np.stack(states, axis=1)

# %% [markdown]
# ### 8.b.ii · The layer in code
#
# Write `rnn(x, w_x, w_h, bias, h0)`. The input `x` has shape `(B, T, C)`; `w_x` is `(C, M)`, `w_h` is `(M, M)`, `bias`
# is `(M,)`, and `h0`, the state before the first step, is `(B, M)`. Return **all** states, as an array `(B, T, M)`.
#
# <details><summary>Hint 1</summary>
#
# One loop over the steps. The batch needs none: `x[:, t]` holds step `t` of all sequences, with shape `(B, C)`.
#
# <details><summary>Hint 2</summary>
#
# Keep the last state in a variable of its own, which starts as `h0`. At each step make the new state from it, and write
# that into the result.
#
# <details><summary>Hint 3</summary>
#
# Inside the tanh three things are added up. Two of them are products of matrices (`@`), and the shapes tell you which
# side the weights stand on.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def rnn(x, w_x, w_h, bias, h0):
    """All states (B, T, M) of a recurrent layer: x (B, T, C), w_x (C, M), w_h (M, M), bias (M,), h0 (B, M)."""
    # BEGIN SOLUTION
    B, T, _ = x.shape
    h = np.zeros((B, T, len(w_h)), dtype=x.dtype)
    state = h0
    for t in range(T):
        state = np.tanh(x[:, t] @ w_x + state @ w_h + bias)
        h[:, t] = state
    return h
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The states of short sequences
""" # END TEST CONFIG
def test_rnn(rnn):
    import utils
    from utils.check import case, draw, expect

    def layer(B, T, C, M, seed):
        shapes = [(B, T, C), (C, M), (M, M), (M,), (B, M)]
        return case(*[draw(shape, seed + i, kind="normal") / 2 for i, shape in enumerate(shapes)])

    expect(rnn, like=utils.rnn, on=[layer(1, 2, 2, 3, 10), layer(2, 3, 2, 2, 20)])

# %%
""" # BEGIN TEST CONFIG
points: 3
hidden: true
failure_message: The states of longer sequences, also in float32
""" # END TEST CONFIG
def test_rnn_for_all(rnn):
    from utils.check import case, draw, expect
    from utils.check.loops import recurrent

    def layer(B, T, C, M, seed):
        shapes = [(B, T, C), (C, M), (M, M), (M,), (B, M)]
        return case(*[draw(shape, seed + i, kind="normal") / 2 for i, shape in enumerate(shapes)])

    sizes = [(1, 1, 1, 1), (3, 5, 1, 4), (2, 7, 4, 1), (4, 2, 3, 3), (1, 12, 2, 5)]
    cases = [layer(*size, seed=100 * k) for k, size in enumerate(sizes)]
    expect(rnn, like=recurrent.rnn, on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q8b_iii
# path: more
# minutes: 4
# difficulty: 1
# misconceptions: [memory-one-step, reads-the-future, window-off-by-one]
# explain: What would you have to do with filters so that the second list is as long as the first?

# %% [markdown]
# ### 8.b.iii · Is this right?
#
# A claim: *"A recurrent layer whose $W_h$ is all zeros is a convolution of width 1, followed by tanh."*

# %% tags=["prediction"]
guess_width_one = False  # True or False

# %% tags=["otter_ignore"]
some = np.random.default_rng(1)
x_some, w_some = some.normal(size=(2, 6, 3)), some.normal(size=(3, 4))
recurrent_layer = utils.rnn(x_some, w_some, np.zeros((4, 4)))
width_one = np.tanh(utils.conv(x_some, w_some[None]))
reveal("the claim is right", guess_width_one, bool(np.allclose(recurrent_layer, width_one)),
       why="Without the note from the last step, each step is treated on its own, with shared weights.");

# %% [markdown]
# Now give both a memory. There are 9 steps, numbered from 0 to 8, and you change the input at step **3**. The recurrent
# layer has weights that are not zero. The filter has width 3, and its output at step $t$ reads the inputs $t-2$, $t-1$
# and $t$, so it never looks ahead. Write the numbers of all steps whose output can change, as lists:
#
# - `changed_rnn`: in the recurrent layer
# - `changed_filter`: in the convolution
#
# <details><summary>Hint 1</summary>
#
# Follow the arrows that leave one input in the picture of the unrolled layer.
#
# <details><summary>Hint 2</summary>
#
# From a state, an arrow leads to the next one. Does this ever end?
#
# <details><summary>Hint 3</summary>
#
# In how many windows of width 3 does an input in the middle lie? The first of them ends at the input itself.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
# the state hands it on to every later step; the filter's windows at steps 3, 4 and 5 hold step 3
changed_rnn = [3, 4, 5, 6, 7, 8]
changed_filter = [3, 4, 5]
# END SOLUTION
""" # BEGIN PROMPT
changed_rnn = ...
changed_filter = ...
""" # END PROMPT

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The steps that change in a recurrent layer
""" # END TEST CONFIG
def test_changed_rnn(changed_rnn):
    from utils.check import case, expect
    from utils.check.references import recurrent

    expect(changed_rnn, like=recurrent.reached, on=case(9, 3))

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The steps that change in a convolution
""" # END TEST CONFIG
def test_changed_filter(changed_filter):
    from utils.check import case, expect
    from utils.check.references import recurrent

    expect(changed_filter, like=recurrent.reached, on=case(9, 3, 3))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## 8.c · Backward through time
#
# The rest of the network, or the loss itself, may look at every state. So at each step a gradient comes in: call it
# $\delta_t$. It says how the loss depends on $h_t$ **directly**. But that is not the only way from $h_t$ to the loss. Look at
# the arrows:

# %% tags=["otter_ignore", "folded"]
def draw_ways_back(steps=4):
    """A recurrent layer with a loss that looks at every state: which arrows lead from one state to the loss."""
    figure, ax = plt.subplots(figsize=(8, 2.6))
    arrow = {"arrowstyle": "-|>", "linewidth": 2, "shrinkA": 14, "shrinkB": 14}
    for t in range(1, steps + 1):
        ax.text(2 * t, 0, f"$h_{t}$", ha="center", va="center", fontsize=14)
        ax.text(2 * t, 1, "$L$", ha="center", va="center", fontsize=14)
        ax.annotate("", (2 * t, 1), (2 * t, 0), arrowprops={**arrow, "color": "#b04a00"})
        ax.text(2 * t + 0.12, 0.5, rf"$\delta_{t}$", va="center", color="#b04a00")
        if t > 1:
            ax.annotate("", (2 * t, 0), (2 * t - 2, 0), arrowprops={**arrow, "color": "#0b63b0"})
            ax.text(2 * t - 1, 0.1, "$W_h$, tanh", ha="center", color="#0b63b0")
    ax.set(xlim=(1, 2 * steps + 0.9), ylim=(-0.3, 1.3))
    ax.axis("off")
    show(figure, "Four states in a row, an arrow from each to the next, with W_h and tanh on it. From each state another arrow leads up "
         "to the loss L, with delta 1 to delta 4 beside them.")


draw_ways_back()

# %% [markdown]
# How many different ways lead along the arrows from $h_2$ to a loss $L$? (All four $L$ are one and the same loss.)

# %% tags=["prediction"]
guess_ways = 1  # a whole number

# %% tags=["otter_ignore"]
ways = 0
for _ in range(4, 1, -1):  # backwards from the last state to the second: its own arrow, and all ways of the next state
    ways = 1 + ways
reveal("the ways from the second state to the loss", guess_ways, ways,
       why="Its own arrow, and every way that the next state has. So there is no need to list them all: go backwards, and add two things at each state.");

# %% [markdown]
# Two things come back to a state: its own $\delta_t$, and what the next state sends. (For the last state there is only
# $\delta_T$.) Call their sum
#
# $$d_t = \frac{\partial L}{\partial h_t}$$
#
# From there it goes back through the tanh, whose slope is $1 - h_t^2$: for that you need the state, not what went into the
# tanh. Call the result
#
# $$g_t = d_t \cdot (1 - h_t^2)$$
#
# It is the gradient with respect to the sum **inside** the tanh at step $t$. So it reaches everything that was added up
# there: $x_t W_x$, $h_{t-1} W_h$ and $b$. Through $h_{t-1} W_h$ it arrives at the state before. That is why the loop runs
# **from the last step to the first**.

# %% [raw]
# # BEGIN QUESTION
# name: q8c_i
# path: core
# minutes: 5
# difficulty: 2
# misconceptions: [last-use-only, slope-forgotten, slope-of-previous-state, direct-gradient-forgotten]
# explain: How large would the gradient be if the weight had been used at the second step only?
# vary:
#   draw: {d: 2 of -3..4, a: [1, -1, 0.5, -0.5], b: [0.5, -0.5], c: [0.5, -0.5, 0], w: [-4, -2, 2, 4]}
#   where: 0 not in d
#   ask: >-
#     One neuron, two steps: $h_t = \tanh(w_x x_t + w_h h_{t-1} + b)$ with $w_h = {w}$. Its states were $h_0 =
#     {a}$, $h_1 = {b}$, $h_2 = {c}$, and the loss sends back $(\delta_1, \delta_2) = {d}$. What is the
#     gradient with respect to $w_h$?
#   about: one_neuron_grad
#   case: d, [a, b, c], w
#   pick: 1

# %% [markdown]
# ### 8.c.i · Two steps back, by hand
#
# One neuron, two steps: $h_t = \tanh(w_x x_t + w_h h_{t-1} + b)$ with $w_h = 2$. The forward pass has left the states
#
# $$h_0 = 1, \qquad h_1 = 0.5, \qquad h_2 = -0.5$$
#
# and the loss sends back $\delta_1 = 1$ and $\delta_2 = 2$. Use a pencil.
#
# - `g_by_hand`: the list $g_1, g_2$, where $g_t$ is the gradient with respect to what is **inside** the tanh at
#   step $t$
# - `grad_w_h_by_hand`: the gradient with respect to $w_h$, one number
#
# <details><summary>Hint 1</summary>
#
# Begin at the end. Nothing comes after step 2, so $d_2 = \delta_2$. The slope of tanh there is $1 - 0.25$.
#
# <details><summary>Hint 2</summary>
#
# Two gradients meet at $h_1$: its own $\delta_1$, and what $g_2$ sends back through the weight. Add them, then multiply
# by the slope at $h_1$.
#
# <details><summary>Hint 3</summary>
#
# At step $t$ the weight $w_h$ is multiplied by $h_{t-1}$. It was used twice: which state did it meet each time?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
# g_2 = 2·0.75; d_1 = 1 + 2·1.5 = 4, so g_1 = 4·0.75; then 3·1 + 1.5·0.5
g_by_hand = [3, 1.5]
grad_w_h_by_hand = 3.75
# END SOLUTION
""" # BEGIN PROMPT
g_by_hand = ...
grad_w_h_by_hand = ...
""" # END PROMPT

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The gradient inside the tanh, at both steps
""" # END TEST CONFIG
def test_g(g_by_hand):
    from utils.check import case, expect
    from utils.check.references import recurrent

    expect(g_by_hand, like=recurrent.one_neuron_grad, on=case([1, 2], [1, 0.5, -0.5], 2), pick=0)

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The gradient with respect to the weight of the state
""" # END TEST CONFIG
def test_grad_w_h(grad_w_h_by_hand):
    from utils.check import case, expect
    from utils.check.references import recurrent

    expect(grad_w_h_by_hand, like=recurrent.one_neuron_grad, on=case([1, 2], [1, 0.5, -0.5], 2), pick=1)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q8c_ii
# path: more
# minutes: 6
# difficulty: 3
# grid: line
# misconceptions: [last-use-only, slope-forgotten, direct-gradient-forgotten]
# explain: Which letter would your formula have once more if there were three steps?

# %% [markdown]
# ### 8.c.ii · The same in letters
#
# One neuron, two steps, $h_t = \tanh(w_x x_t + w_h h_{t-1} + b)$. Write $\partial L/\partial w_h$ in the letters `w_h`,
# `h_0`, `h_1`, `h_2` (the states) and `delta_1`, `delta_2` (what the loss sends back to each state directly). The slope
# of tanh at step $t$ is $1 - h_t^2$.

# %% tags=["screen"]
w_h, h_0, h_1, h_2, delta_1, delta_2 = sp.symbols("w_h h_0 h_1 h_2 delta_1 delta_2")

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Name the parts: first $g_2$, then $d_1$, then $g_1$. You may write them as Python variables, and use them in your
# formula.
#
# <details><summary>Hint 2</summary>
#
# $g_2$ is $\delta_2$ times a slope. $d_1$ has two terms, and $g_2$ is in one of them.
#
# <details><summary>Hint 3</summary>
#
# In the end there are two products, one for each use of the weight: a $g$ times the state that the weight met there.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
g_2 = delta_2 * (1 - h_2**2)
g_1 = (delta_1 + g_2 * w_h) * (1 - h_1**2)
dL_dw_h = g_1 * h_0 + g_2 * h_1
# END SOLUTION
""" # BEGIN PROMPT
dL_dw_h = ...
""" # END PROMPT

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 2
failure_message: The gradient with respect to the weight of the state, in letters
""" # END TEST CONFIG
def test_letters(dL_dw_h):
    import sympy as sp

    from utils.check import case, expect
    from utils.check.references import recurrent

    delta, h = list(sp.symbols("delta_1:3")), list(sp.symbols("h_0:3"))
    expect(dL_dw_h, like=recurrent.one_neuron_grad, on=case(delta, h, sp.Symbol("w_h")), pick=1)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ### With matrices
#
# For one neuron, what the next state sends is $g_{t+1}\, w_h$. And for many? $W_h$ is square, so $g_{t+1} W_h$ and
# $g_{t+1} W_h^\top$ both have the right shape: this time the shapes do not tell. So derive it. Vary **one** number, entry $i$
# of the state $h_t$, leave all others as they are, and ask what moves. Fill in the blanks with a pencil.
#
# 1. **Forwards.** Entry $j$ of the sum inside the next tanh is $\;\dots + \sum_i h_t[i]\; W_h[\square, \square]$
# 2. **Vary $h_t[i]$.** Entry $j$ of that sum moves by $W_h[\square, \square]$ times as much.
# 3. **Add up all paths.** Entry $i$ gets back $\;\sum_j g_{t+1}[j]\; W_h[\square, \square]$. Over which index of $W_h$ does this sum
#    run, the first or the second?
#
# So which of the two products is it?

# %% tags=["prediction"]
guess_product = "g @ W_h"  # "g @ W_h" or "g @ W_h.T"

# %% tags=["otter_ignore"]
two_by_two, from_next = np.array([[0.0, 1.0], [0.0, 0.0]]), np.array([[3.0, 5.0]])  # entry 0 feeds entry 1, and nothing else
products = {"g @ W_h": from_next @ two_by_two, "g @ W_h.T": from_next @ two_by_two.T}
measured = utils.numerical_gradient(lambda h: h @ two_by_two, np.zeros((1, 2)), from_next).round(6)
right_product = next(name for name, product in products.items() if np.allclose(product, measured))
if reveal("what the next state sends back", guess_product, right_product, choices=tuple(products),
          why="The sum runs over j, the second index, and a product of matrices sums over the first index of what is on its right."):
    print("W_h = [[0, 1], [0, 0]]: entry 0 feeds entry 1 of the next state. There, g = (3, 5) comes back.")
    print("measured:", measured.ravel(), "  g @ W_h:", products["g @ W_h"].ravel(), "  g @ W_h.T:", products["g @ W_h.T"].ravel())

# %% [markdown]
# For one step, with the batch in the rows ($\circ$ multiplies entry by entry, and $\square$ is $W_h$ or its transpose, as you
# have found out):
#
# $$d_t = \delta_t + g_{t+1}\, \square \qquad\qquad g_t = d_t \circ (1 - h_t^2)$$
#
# A weight $W_h[i, j]$ leads from $h_{t-1}[i]$ to entry $j$, so step $t$ gives it $h_{t-1}[i]\, g_t[j]$. And since every step
# uses the same weights, their gradients are **sums over all steps**:
#
# $$\frac{\partial L}{\partial W_x} = \sum_t x_t^\top g_t \qquad \frac{\partial L}{\partial W_h} = \sum_t h_{t-1}^\top g_t \qquad
# \frac{\partial L}{\partial b} = \sum_t \sum_{\text{batch}} g_t$$
#
# And what does $x_t$ get back? There the shapes do tell: $g_t$ is $(B, M)$, $W_x$ is $(C, M)$, and $x_t$ is $(B, C)$.

# %% [raw]
# # BEGIN QUESTION
# name: q8c_iii
# path: core
# minutes: 10
# difficulty: 3
# misconceptions: [last-step-only, start-state-forgotten, direct-gradient-forgotten, slope-of-input, loop-forwards, not-transposed]
# explain: Which line of the forward loop does each line of the backward loop belong to?
# also: |
#   h = rnn(x, w_x, w_h, bias, h0)
#   before = np.concatenate([h0[:, None], h[:, :-1]], axis=1)
#   g = np.zeros_like(h)
#   back = np.zeros_like(h0)
#   for t in reversed(range(x.shape[1])):
#       g[:, t] = (grad_output[:, t] + back) * (1 - h[:, t] ** 2)
#       back = g[:, t] @ w_h.T
#   return (g @ w_x.T, np.einsum("btc,btm->cm", x, g), np.einsum("btk,btm->km", before, g),
#           g.sum(axis=(0, 1)), back)

# %% [markdown]
# ### 8.c.iii · Backward through time, in code
#
# Write `rnn_grad(grad_output, x, w_x, w_h, bias, h0)`. `grad_output` has shape `(B, T, M)`: $\delta_t$ for every step.
# The other arguments are those of `rnn`. Return **five** gradients, with respect to `x`, `w_x`, `w_h`, `bias` and `h0`,
# each in the shape of its array. Begin by calling your own `rnn`: you need its states.
#
# <details><summary>Hint 1</summary>
#
# Start with zeros in the shapes of `x`, `w_x`, `w_h` and `bias`, and a variable for what comes back from the next step:
# zeros of the shape of `h0`. Then a loop over `reversed(range(T))`.
#
# <details><summary>Hint 2</summary>
#
# Each pass of the loop: $d_t$, then $g_t$; then **add** to the gradients of the weights and the bias, write the one of
# `x[:, t]`, and make what goes back to the step before.
#
# <details><summary>Hint 3</summary>
#
# The state before step `t` is `h[:, t - 1]`, but not for the first step. (In Python `h[:, -1]` is the *last* state, and
# no error warns you.) What goes back from the first step is the fifth gradient.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def rnn_grad(grad_output, x, w_x, w_h, bias, h0):
    """The gradients of sum(grad_output * rnn(x, w_x, w_h, bias, h0)) with respect to x, w_x, w_h, bias and h0."""
    # BEGIN SOLUTION
    h = rnn(x, w_x, w_h, bias, h0=h0)
    dx, dw_x, dw_h, dbias = np.zeros_like(x), np.zeros_like(w_x), np.zeros_like(w_h), np.zeros_like(bias)
    from_next = np.zeros_like(h0)
    for t in reversed(range(x.shape[1])):
        before = h[:, t - 1] if t > 0 else h0
        g = (grad_output[:, t] + from_next) * (1 - h[:, t] ** 2)
        dw_x += x[:, t].T @ g
        dw_h += before.T @ g
        dbias += g.sum(axis=0)
        dx[:, t] = g @ w_x.T
        from_next = g @ w_h.T
    return dx, dw_x, dw_h, dbias, from_next
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The five gradients of short sequences
""" # END TEST CONFIG
def test_rnn_grad(rnn_grad):
    import utils
    from utils.check import case, draw, expect

    def layer(B, T, C, M, seed):
        shapes = [(B, T, M), (B, T, C), (C, M), (M, M), (M,), (B, M)]
        return case(*[draw(shape, seed + i, kind="normal") / 2 for i, shape in enumerate(shapes)])

    expect(rnn_grad, like=utils.rnn_grad, on=[layer(1, 1, 2, 3, 10), layer(2, 2, 3, 2, 20), layer(2, 4, 2, 2, 30)])

# %%
""" # BEGIN TEST CONFIG
points: 5
hidden: true
failure_message: The five gradients against central differences
""" # END TEST CONFIG
def test_rnn_grad_for_all(rnn_grad):
    from utils.check import case, draw, expect
    from utils.check.loops import recurrent

    def layer(B, T, C, M, seed):
        shapes = [(B, T, M), (B, T, C), (C, M), (M, M), (M,), (B, M)]
        return case(*[draw(shape, seed + i, kind="normal") / 2 for i, shape in enumerate(shapes)])

    sizes = [(1, 3, 1, 1), (3, 5, 1, 4), (2, 6, 4, 1), (4, 2, 3, 3)]
    cases = [layer(*size, seed=100 * k) for k, size in enumerate(sizes)]
    expect(rnn_grad, like=recurrent.rnn_grad, on=cases, rtol=1e-5, atol=1e-6, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q8c_iv
# path: more
# minutes: 3
# difficulty: 2
# misconceptions: [only-where-the-loss-looks, start-state-forgotten]
# explain: How many of the terms contain the loss's own gradient without any detour?

# %% [markdown]
# ### 8.c.iv · Is this right?
#
# A sequence is read to its end, and the loss looks at the **last** state only. A claim: *"Then only the last use of
# $W_h$ has a gradient, and $\partial L/\partial W_h$ is $h_{T-1}^\top g_T$."*

# %% tags=["prediction"]
guess_last_use = True  # True or False

# %% tags=["otter_ignore", "folded"]
some = np.random.default_rng(6)
x_some, w_some, w_back = some.normal(size=(1, 5, 2)), some.normal(size=(2, 3)), some.normal(size=(3, 3)) / 2
states = utils.rnn(x_some, w_some, w_back)
looks = np.zeros_like(states)
looks[:, -1] = 1
whole = utils.rnn_grad(looks, x_some, w_some, w_back)[2]
last = states[:, -2].T @ (looks[:, -1] * (1 - states[:, -1] ** 2))
reveal("the last use is all", guess_last_use, bool(np.allclose(whole, last)),
       why=f"What it leaves out is {np.linalg.norm(whole - last) / np.linalg.norm(whole):.0%} as long as the whole gradient: "
       "something comes back to every earlier step, and each of them has used the weights.");

# %% [markdown]
# Now the loss looks at every state, and $\partial L/\partial W_h = \sum_t h_{t-1}^\top g_t$. A sequence has **12** steps, no $g_t$ is zero, and no
# state is zero except where the question says so. How many terms of the sum are **not** zero?
#
# - `terms`: when $h_0$ is not zero
# - `terms_from_zero`: when $h_0 = 0$
#
# <details><summary>Hint 1</summary>
#
# How many uses of $W_h$ are there in 12 steps?
#
# <details><summary>Hint 2</summary>
#
# The first term is $h_0^\top g_1$, the second $h_1^\top g_2$. Which is the last?
#
# <details><summary>Hint 3</summary>
#
# A product is zero if one of its factors is. Which terms contain $h_0$?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
# a term for each step; the first of them contains h_0
terms = 12
terms_from_zero = 11
# END SOLUTION
""" # BEGIN PROMPT
terms = ...
terms_from_zero = ...
""" # END PROMPT

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The terms when the first state is not zero
""" # END TEST CONFIG
def test_terms(terms):
    from utils.check import case, expect
    from utils.check.references import recurrent

    expect(terms, like=recurrent.terms_of_weight, on=case(12, False))

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The terms when it is zero
""" # END TEST CONFIG
def test_terms_from_zero(terms_from_zero):
    from utils.check import case, expect
    from utils.check.references import recurrent

    expect(terms_from_zero, like=recurrent.terms_of_weight, on=case(12, True))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown] tags=["screen"]
# ### The judge of problem 4, on your layer
#
# *◇ more*
#
# Finite differences know no formulas: they wiggle one number after the other, and look at what the layer gives.
# Run the next cell: all five numbers should be tiny, about $10^{-8}$. Then leave something out of your `rnn_grad`, and
# run it again.

# %% tags=["otter_ignore", "folded", "screen"]
some = np.random.default_rng(3)
arrays = {"x": (2, 4, 3), "w_x": (3, 5), "w_h": (5, 5), "bias": (5,), "h0": (2, 5)}
arrays = {name: some.normal(size=shape) / 2 for name, shape in arrays.items()}
try:
    deltas = some.normal(size=rnn(**arrays).shape)
    for name, gradient in zip(arrays, rnn_grad(deltas, **arrays), strict=True):
        slopes = utils.numerical_gradient(lambda a, name=name: rnn(**{**arrays, name: a}), arrays[name], deltas)
        print(f"{name:5} {np.abs(gradient - slopes).max():.1e}")
except Exception as error:
    print("Not yet. First answer the questions above. Python says:", error)

# %% [markdown]
# ## 8.d · Why it vanishes, or explodes
#
# From $h_t$ back to $h_{t-1}$ a gradient is multiplied by the slope $1 - h_t^2$ and by $W_h^\top$, at every step anew.
#
# <!--screen-->Look at one neuron first. In the picture switch to *backward*: the bars are the gradient, on its way from the last
# state to the first. To begin with there is no tanh: with which $w_h$ do the bars get smaller, with which larger? Then put the
# tanh back, and make the inputs large.<!--/screen-->

# %% tags=["otter_ignore"]
explore.unroll(x=[1, 0, 1, 0, 0, -1, 0, 1], w_x=0.5, w_h=0.7, activation="linear")

# %% [markdown]
# For one neuron each step back multiplies by $w_h$ and by a slope. A matrix does not multiply every vector by the same number,
# but there is a largest one: the most by which it can make a vector longer. This is called its **largest singular value**,
# $\sigma$ (sigma; in NumPy `np.linalg.norm(W, 2)`), and $W_h^\top$ has the same as $W_h$. The slope $1 - h^2$ is never more
# than 1. If $s$ is the largest slope on the way, then after $n$ steps back
#
# $$\text{the gradient is at most } (\sigma\, s)^n \text{ times as long.}$$

# %% [raw]
# # BEGIN QUESTION
# name: q8d_i
# path: core
# minutes: 3
# difficulty: 1
# misconceptions: [power-forgotten, slope-once]
# explain: In which of the three cases are you sure what happens, and in which could both happen?
# vary:
#   draw: {a: [2, 3, 4, 5, 6, 10], b: [4, 6, 8, 10, 12], s: 2..5, t: 2..5}
#   where: a != b and s != t
#   ask: >-
#     A gradient of length 1 goes back through a recurrent layer. $\sigma$ is the largest singular value of
#     $W_h$: no vector grows by more than this factor. How long can the gradient be at most, after {s} steps with
#     $\sigma = {a}$ and slopes of at most 1? And after {t} steps with $\sigma = {b}$ and slopes of at most 0.5?
#     Write two numbers.
#   about: gradient_bounds
#   case: "[a, b], [1, 0.5], [s, t]"

# %% [markdown]
# ### 8.d.i · How long at most?
#
# A gradient of length 1 goes back through a recurrent layer. How long can it get? Write a list of three numbers:
#
# 1. $\sigma = 0.5$, slopes at most 1, **6** steps
# 2. $\sigma = 2$, slopes at most 1, **10** steps
# 3. $\sigma = 2$, slopes at most 0.5, **100** steps
#
# <details><summary>Hint 1</summary>
#
# One step multiplies it by $\sigma\, s$ at most. What do two steps do?
#
# <details><summary>Hint 2</summary>
#
# In the first case one step leaves a half, two steps leave a quarter.
#
# <details><summary>Hint 3</summary>
#
# In the third case, compute $\sigma\, s$ first.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
# (1/2) to the power 6, 2 to the power 10, (2·0.5) to the power 100
longest = [1 / 64, 1024, 1]
# END SOLUTION
""" # BEGIN PROMPT
longest = ...
""" # END PROMPT

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: How long the gradient can be in three cases
""" # END TEST CONFIG
def test_longest(longest):
    from utils.check import case, expect
    from utils.check.references import recurrent

    expect(longest, like=recurrent.gradient_bounds, on=case([0.5, 2, 2], [1, 1, 0.5], [6, 10, 100]))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ### Predict, then measure
#
# Take three layers with 32 numbers in the state. Their $W_h$ turns every vector without favouring any
# direction, and then makes it $\sigma$ times as long: all its singular values are $\sigma$. Ordinary inputs come in for
# 60 steps; the loss looks at the last state only. How long is the gradient that arrives at each earlier step?
#
# The bound shrinks with $\sigma = 0.9$. With $\sigma = 1.3$ it grows up to $1.3^{59}$, which is more than five million. But
# the inputs drive the states up and down, where tanh has slopes below 1. What does the gradient do with $\sigma = 1.3$?

# %% tags=["prediction"]
guess_measured = "explode"  # "vanish", "stay about as long" or "explode"

# %% tags=["otter_ignore", "folded"]
def gradient_lengths(sigma, size_of_inputs, steps=60, M=32):
    """The length of the gradient at each step, relative to the last one, and the bound with slope 1."""
    generator = np.random.default_rng(5)
    turn = np.linalg.qr(generator.normal(size=(M, M)))[0]
    x = size_of_inputs * generator.normal(size=(1, steps, M))
    looks = np.zeros((1, steps, M))
    looks[0, -1] = generator.normal(size=M)
    g = utils.rnn_grad(looks, x, np.eye(M), sigma * turn)[0][0]  # w_x is the identity: the gradient of x is g
    return np.linalg.norm(g, axis=1) / np.linalg.norm(g[-1])


did = ("vanish", "stay about as long", "explode")
first = gradient_lengths(1.3, 1.0)[0]
if reveal("what the gradient does with σ = 1.3", guess_measured, did[int(first > 0.01) + int(first > 100)], choices=did,
          why=f"At the first step it is {first:.0e} times as long as at the last. The bound says what may be, not what must. "
              "Two things can shrink a gradient on its way, the matrix and the slopes; only the matrix can make it grow."):
    figure, axes = plt.subplots(1, 2, figsize=(10, 3.2), sharey=True)
    panels = [("tiny inputs: every slope is near 1", 1e-9, (0.9, 1.3, 1.0)), ("ordinary inputs", 1.0, (0.9, 1.3, 3.0))]
    for ax, (title, size, sigmas) in zip(axes, panels, strict=True):
        for sigma, color, style in zip(sigmas, ("#0b63b0", "#b04a00", "#00734f"), (":", "-", "--"), strict=True):
            back = np.arange(59, -1, -1)
            ax.semilogy(back, gradient_lengths(sigma, size), style, color=color, linewidth=2, label=f"σ = {sigma}")
            ax.semilogy(back, float(sigma) ** back, color=color, linewidth=0.5)
        ax.set(title=title, xlabel="steps back", ylim=(1e-16, 1e10))
        ax.legend(frameon=False, loc="lower left")
        ax.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("length of the gradient")
    show(figure, "Two panels, the length of the gradient against steps back, on a logarithmic scale; thin lines are the bounds. "
         "With tiny inputs all three curves lie on their bounds: 0.9 falls, 1.0 stays, 1.3 grows to five million. With ordinary "
         "inputs all lie far below their bounds: 0.9 falls to nearly nothing, 1.3 falls as well, and 3.0 grows to three million.")

# %% [markdown]
# *Must* or *may*? Put one word into each blank: with $\sigma < 1$ the gradient $\square$ vanish, and with $\sigma > 1$ it
# $\square$ explode. A neuron that holds on to something, such as the light
# switch, sits where its tanh is flat: it remembers well, and is hard to teach.

# %% [raw]
# # BEGIN QUESTION
# name: q8d_ii
# path: more
# minutes: 8
# difficulty: 3
# misconceptions: [slopes-on-rows, slopes-forgotten, product-reversed]
# explain: Which rows or columns of the product become small when one neuron is at the flat end of its tanh?
# also: |
#   import functools
#   return functools.reduce(np.matmul, [w_h * (1 - state**2) for state in h])

# %% [markdown]
# ### 8.d.ii · The whole way in one matrix
#
# One sequence, $T$ steps. Write `state_jacobian(h, w_h)`, where `h` has shape `(T, M)`: the states $h_1, \dots, h_T$.
# It returns the matrix `(M, M)` of all derivatives of the last state with respect to $h_0$: its entry in row $i$ and
# column $j$ is $\partial h_T[j] / \partial h_0[i]$.
#
# <details><summary>Hint 1</summary>
#
# First one step: $h_1 = \tanh(\dots + h_0 W_h)$. How much does entry $j$ of it change when entry $i$ of $h_0$ changes?
# A weight and a slope.
#
# <details><summary>Hint 2</summary>
#
# The weight is `w_h[i, j]`. The slope belongs to the entry $j$ that comes **out**. So each column of `w_h` has its own
# slope.
#
# <details><summary>Hint 3</summary>
#
# With the index of the start in the rows and that of the end in the columns, several steps are a product of matrices in
# the order in which the steps happen. Start with `np.eye(M)`.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def state_jacobian(h, w_h):
    """The derivatives (M, M) of the last of the states h (T, M), in columns, with respect to h_0, in rows."""
    # BEGIN SOLUTION
    jacobian = np.eye(len(w_h), dtype=h.dtype)
    for state in h:
        jacobian = jacobian @ (w_h * (1 - state**2))
    return jacobian
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: One step, and two
""" # END TEST CONFIG
def test_jacobian(state_jacobian):
    from utils.check import case, expect
    from utils.check.references import recurrent

    w_h = [[1, 2], [-3, 0.5]]
    cases = [case([[0.5, -0.25]], w_h), case([[0.5, -0.25], [0.8, 0.1]], w_h)]
    expect(state_jacobian, like=recurrent.state_jacobian, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
failure_message: Many steps
""" # END TEST CONFIG
def test_jacobian_for_all(state_jacobian):
    import numpy as np

    from utils.check import case, draw, expect
    from utils.check.loops import recurrent

    cases = [case(np.tanh(draw((T, M), seed=T, kind="normal")), draw((M, M), seed=20 + M, kind="normal"))
             for T, M in [(1, 1), (3, 2), (4, 3), (7, 4)]]
    expect(state_jacobian, like=recurrent.state_jacobian, on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q8d_iii
# path: more
# minutes: 5
# difficulty: 3
# misconceptions: [bound-for-the-truth, step-off-by-one]
# explain: Which number of the matrix, if not its largest singular value, tells you what many steps do?

# %% [markdown]
# ### 8.d.iii · Is this right?
#
# A claim about a recurrence without tanh, $h_t = h_{t-1} W$: *"If the largest singular value of $W$ is greater than 1,
# then the gradient grows when the sequence is long enough."*

# %% tags=["prediction"]
guess_grows = True  # True or False

# %% tags=["otter_ignore"]
skewed = np.array([[0.5, 6.0], [0.0, 0.5]])
many = np.linalg.norm(np.linalg.matrix_power(skewed, 100), 2)
reveal("it grows", guess_grows, many > 1,
       why=f"W = [[0.5, 6], [0, 0.5]] has σ = {np.linalg.norm(skewed, 2):.1f}, and W to the power 100 has {many:.0e}.");

# %% [markdown]
# Now one that you can do in your head:
#
# $$W = \begin{pmatrix} 0 & 4 \\ 0.125 & 0 \end{pmatrix}$$
#
# - `sigma`: its largest singular value
# - `after_ten`: the largest singular value of $W^{10}$ (ten steps)
#
# <details><summary>Hint 1</summary>
#
# What does $W$ do to the vectors $(1, 0)$ and $(0, 1)$? How long are they afterwards?
#
# <details><summary>Hint 2</summary>
#
# Multiply $W$ by itself. Two steps together are a matrix that is easy to take to any power.
#
# <details><summary>Hint 3</summary>
#
# $W^2$ only makes every vector shorter, by the same factor. How often does that happen in ten steps?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
# no vector of length 1 becomes longer than 4; W·W is half of the identity, and ten steps are five of these
sigma = 4
after_ten = 0.5**5
# END SOLUTION
""" # BEGIN PROMPT
sigma = ...
after_ten = ...
""" # END PROMPT

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The largest singular value
""" # END TEST CONFIG
def test_sigma(sigma):
    from utils.check import case, expect
    from utils.check.references import recurrent

    expect(sigma, like=recurrent.power_norm, on=case([[0, 4], [0.125, 0]], 1))

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The largest singular value after ten steps
""" # END TEST CONFIG
def test_after_ten(after_ten):
    from utils.check import case, expect
    from utils.check.references import recurrent

    expect(after_ten, like=recurrent.power_norm, on=case([[0, 4], [0.125, 0]], 10))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## 8.e · First aid: clip and truncate
#
# *◇ more*
#
# One exploded gradient throws all weights far away, and everything learned is lost. The cure is crude and works: if the
# gradient is longer than a limit, make it shorter, and **keep its direction**. Here the gradient is that of
# *all* parameters together, as one long vector:
#
# $$\|g\| = \sqrt{\sum_{\text{arrays}} \sum_{\text{entries}} g^2} \qquad\qquad
# g \leftarrow g \cdot \frac{\text{limit}}{\|g\|} \quad \text{if } \|g\| > \text{limit}$$
#
# Somebody cuts each **entry** off at the limit instead, which is one line shorter. Take $g = (3, 0.3)$ and the limit 1.
# By how many degrees is the direction turned?

# %% tags=["prediction"]
guess_turned = 0  # a whole number of degrees; 3 more or less counts

# %% tags=["otter_ignore", "folded"]
def direction(vector):
    return float(np.degrees(np.arctan2(vector[1], vector[0])))


steep = np.array([3, 0.3])
turned = direction(np.clip(steep, -1, 1)) - direction(steep)
reveal("the degrees", guess_turned, round(turned), near=3 / turned,
       why="The large entries are cut, the small ones are not: the step goes another way.");

# %% [raw]
# # BEGIN QUESTION
# name: q8e_i
# path: more
# minutes: 6
# difficulty: 2
# misconceptions: [entries-clipped, each-array-on-its-own, always-scaled, squares-not-rooted]
# explain: What happens to a short gradient, and what would happen to it without the "if"?
# also: |
#   length = np.linalg.norm(np.concatenate([g.ravel() for g in grads.values()]))
#   return {name: g / max(1, length / limit) for name, g in grads.items()}

# %% [markdown]
# ### 8.e.i · Clip by the norm
#
# Write `clip(grads, limit)`. `grads` is a dictionary: a name and an array for each parameter, of any shapes. Return a
# **new** dictionary with the same names. All of its arrays together are not longer than `limit`, and a gradient that is
# short enough stays as it is.
#
# <details><summary>Hint 1</summary>
#
# First one number: the length of everything together. Add up the squares of each array, then add up these sums.
#
# <details><summary>Hint 2</summary>
#
# Is the length above the limit? Then each array is multiplied by the **same** factor. What is it otherwise?
#
# <details><summary>Hint 3</summary>
#
# Double every array, and all together are twice as long. So which factor makes a gradient of length 12 just 3 long?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def clip(grads, limit):
    """The gradients (a dictionary), made shorter by one factor if together they are longer than `limit`."""
    # BEGIN SOLUTION
    length = np.sqrt(sum((g**2).sum() for g in grads.values()))
    factor = limit / length if length > limit else 1
    return {name: g * factor for name, g in grads.items()}
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: A long gradient, and a short one
""" # END TEST CONFIG
def test_clip(clip):
    import numpy as np

    from utils.check import case, expect
    from utils.check.references import recurrent

    cases = [
        case({"w": np.array([3.0, -0.5]), "b": np.array([[2.0], [4.0]])}, 1.5),
        case({"w": np.array([0.3, -0.5]), "b": np.array([[0.2], [0.1]])}, 1.5),
        case({"w": np.array([6.0, 2.0]), "b": np.array([[3.0, 1.0]])}, 5.0),
    ]
    expect(clip, like=recurrent.clip_by_norm, on=cases, float32=False)

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
failure_message: Many arrays, and other limits
""" # END TEST CONFIG
def test_clip_for_all(clip):
    from utils.check import case, draw, expect
    from utils.check.loops import recurrent

    shapes = {"w_x": (2, 3), "bias": (4,), "w_h": (1, 2, 2)}
    cases = [case({name: size * draw(s, seed=len(name), kind="normal") for name, s in shapes.items()}, limit)
             for size in (0.1, 1.0, 30.0) for limit in (0.5, 1.0, 8.0)]
    expect(clip, like=recurrent.clip_by_norm, on=cases, float32=False, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# A **vanished** gradient cannot be helped this way: what is gone is gone.
#
# And if a sequence has a million steps? Nobody keeps a million states. So the way back is cut: go forwards through the
# whole sequence, but backwards through the last $K$ steps only. This is **truncated** backpropagation through time.

# %% [raw]
# # BEGIN QUESTION
# name: q8e_ii
# path: more
# minutes: 7
# difficulty: 2
# misconceptions: [memory-thrown-away, not-truncated, first-steps-kept, one-use-too-many]
# explain: What can a network never learn this way, however long it trains?

# %% [markdown]
# ### 8.e.ii · Is this right?
#
# A claim: *"The truncated gradient is the whole gradient of a shorter sequence: the last $K$ steps, which start from
# the state that the steps before have left."*

# %% tags=["prediction"]
guess_shorter = False  # True or False

# %% tags=["otter_ignore", "folded"]
some = np.random.default_rng(6)
x_some, w_some, w_back = some.normal(size=(1, 9, 2)), some.normal(size=(2, 3)), some.normal(size=(3, 3))
states, keep = utils.rnn(x_some, w_some, w_back), 4
looks = some.normal(size=(1, keep, 3))
before, g, by_hand = np.concatenate([np.zeros((1, 1, 3)), states[:, :-1]], axis=1), np.zeros((1, 3)), np.zeros((3, 3))
for t in range(8, 8 - keep, -1):
    g = (looks[:, t - 5] + g @ w_back.T) * (1 - states[:, t] ** 2)
    by_hand += before[:, t].T @ g
shorter = utils.rnn_grad(looks, x_some[:, -keep:], w_some, w_back, h0=states[:, -keep - 1])[2]
reveal("the claim is right", guess_shorter, bool(np.allclose(by_hand, shorter)),
       why="What came before is not forgotten: its state is there. But it is a constant now, and hears nothing of the loss.");

# %% [markdown]
# Back to the smallest recurrence, $h_t = w\,(u_t + h_{t-1})$ with $h_0 = 0$ and $y = h_T$. Write
# `truncated_grad(u, w, keep)`: the derivative of $y$ with respect to $w$, in which only the **last** `keep` uses of the
# weight are counted. `u` is an array of $T$ numbers, and `keep` is at most $T$.
#
# <details><summary>Hint 1</summary>
#
# One loop forwards for the states, all $T$ of them. Then one loop backwards.
#
# <details><summary>Hint 2</summary>
#
# The use at step $t$ has the share $(u_t + h_{t-1})$, times $w$ for each step that comes after it. (You had this in
# 8.a.iii.)
#
# <details><summary>Hint 3</summary>
#
# Let a variable hold what the loss feels of the current state. It starts as 1 at the end, and each step back multiplies
# it by `w`.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def truncated_grad(u, w, keep):
    """The derivative of the last state with respect to w, through the last `keep` steps only."""
    # BEGIN SOLUTION
    inside, state = [], 0.0
    for number in u:
        inside.append(number + state)
        state = w * inside[-1]
    total, felt = 0.0, 1.0
    for bracket in inside[::-1][:keep]:
        total += felt * bracket
        felt *= w
    return total
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The last one, two or three uses
""" # END TEST CONFIG
def test_truncated(truncated_grad):
    from utils.check import case, expect
    from utils.check.references import recurrent

    cases = [case([3, 1, -2, 5], 1.5, keep) for keep in (1, 2, 3, 4)] + [case([1, 4, 2], -3.0, 2)]
    expect(truncated_grad, like=recurrent.truncated_grad, on=cases, float32=False)

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
failure_message: Longer sequences
""" # END TEST CONFIG
def test_truncated_for_all(truncated_grad):
    from utils.check import case, draw, expect
    from utils.check.loops import recurrent

    cases = [case(draw((T,), seed=T), w, keep) for T in (5, 9) for w in (0.5, -1.5) for keep in (1, 3, T)]
    expect(truncated_grad, like=recurrent.truncated_grad, on=cases, float32=False, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## 8.f · A straight road: the LSTM
#
# The trouble is that the state has to pass through $W_h$ and a tanh at every step. So the LSTM (*long short-term memory*)
# gives the network a second state, the **cell** $c_t$. At each step it is only **multiplied by a number, and then something is
# added**: a straight road.

# %% tags=["otter_ignore", "folded"]
def draw_cell():
    """One step of an LSTM: the cell's straight road above, the gates below it."""
    figure, ax = plt.subplots(figsize=(8, 3))
    road, gate, center = "#0b63b0", "#b04a00", {"ha": "center", "va": "center"}
    arrow = {"arrowstyle": "-|>", "linewidth": 2}
    ax.annotate("", (9.3, 2), (0.6, 2), arrowprops={**arrow, "color": road, "linewidth": 3})
    ax.text(0.2, 2, "$c_{t-1}$", **center, fontsize=14)
    ax.text(9.8, 2, "$c_t$", **center, fontsize=14)
    for place, sign, name in [(2.5, "×", "$f$"), (5, "+", r"$i \circ g$")]:
        ax.text(place, 2, sign, **center, fontsize=15, color="#111111",
                bbox={"boxstyle": "circle", "facecolor": "white", "edgecolor": road})
        ax.annotate("", (place, 1.68), (place, 0.9), arrowprops={**arrow, "color": gate})
        ax.text(place, 0.65, name, **center, fontsize=14, color=gate)
    ax.annotate("", (7.5, 0.95), (7.5, 2), arrowprops={**arrow, "color": gate})
    ax.text(7.5, 0.65, r"$h_t = o \circ \tanh(c_t)$", **center, fontsize=14, color=gate)
    ax.set(xlim=(-0.3, 10.3), ylim=(0.3, 2.5))
    ax.axis("off")
    show(figure, "One step of an LSTM. A straight road leads from the cell before, on the left, to the cell after it, on the right. On it "
         "the cell is multiplied by f, then i times g is added. Behind that an arrow leads down to the state: o times tanh of the cell.")


draw_cell()

# %% [markdown]
# The same as a formula, where again $\circ$ multiplies entry by entry:
#
# $$c_t = f \circ c_{t-1} + i \circ g \qquad\qquad h_t = o \circ \tanh(c_t)$$
#
# Four small recurrent layers make $i$, $f$, $g$ and $o$ anew at each step, each with weights of its own. Three of them are
# **gates**, numbers between 0 and 1, made with the sigmoid function, which takes $a$ to $1 / (1 + e^{-a})$:
#
# | | in words | made by |
# |---|---|---|
# | $i$ | input gate: how much of the candidate is let in | sigmoid |
# | $f$ | forget gate: how much of the old is **kept** | sigmoid |
# | $g$ | candidate: what could be written | tanh |
# | $o$ | output gate: how much of the cell is shown | sigmoid |
#
# On the way back along the cell there is no matrix and no tanh. A gradient that arrives at $c_t$ goes on to $c_{t-1}$
# multiplied by $f$, and by nothing else. (There are detours through the gates as well; this is the straight road.)

# %% [raw]
# # BEGIN QUESTION
# name: q8f_i
# path: core
# minutes: 3
# difficulty: 1
# misconceptions: [gates-swapped, gates-added, input-gate-on-the-road]
# explain: Which gates must be 1 and 0 so that a cell keeps its number forever?
# vary:
#   draw: {c: -20..20, i: [0.25, 0.5, 0.75], f: [0.25, 0.75], g: [-1, -0.5, 0.5, 1]}
#   where: abs(c) > 1 and i != f
#   ask: >-
#     A cell of an LSTM holds ${c}$. At this step its input gate is {i}, its forget gate {f}, and the new number
#     ${g}$. What does the cell hold afterwards?
#   about: cell_step
#   case: float(c), i, f, float(g)

# %% [markdown]
# ### 8.f.i · One step, and the road back
#
# One cell. It holds $c_{t-1} = 4$. At this step the gates are $i = 0.5$ and $f = 0.75$, and the candidate is $g = -1$.
#
# - `c_new`: what does the cell hold afterwards?
# - `road`: in the **three** steps after that, the forget gate is $0.5$, $1$ and $0.75$. By what number is a gradient
#   multiplied that goes back along the straight road through these three steps?
#
# <details><summary>Hint 1</summary>
#
# Which gate belongs to the old number, and which to the candidate?
#
# <details><summary>Hint 2</summary>
#
# Three quarters of the old number stay. How much of the candidate comes in, and with which sign?
#
# <details><summary>Hint 3</summary>
#
# Each step back multiplies by that step's forget gate. Three steps, three factors. Does it matter what was added to the
# cell?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
# 0.75·4 + 0.5·(-1)
c_new = 2.5
road = 0.5 * 1 * 0.75
# END SOLUTION
""" # BEGIN PROMPT
c_new = ...
road = ...
""" # END PROMPT

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The cell after the step
""" # END TEST CONFIG
def test_c_new(c_new):
    from utils.check import case, expect
    from utils.check.references import recurrent

    expect(c_new, like=recurrent.cell_step, on=case(4.0, 0.5, 0.75, -1.0))

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The factor of the straight road
""" # END TEST CONFIG
def test_road(road):
    from utils.check import case, expect
    from utils.check.references import recurrent

    expect(road, like=recurrent.straight_road, on=case([0.5, 1, 0.75]))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q8f_ii
# path: more
# minutes: 11
# difficulty: 3
# misconceptions: [gate-order, forget-gate-turned-around, cell-not-squashed, cell-forgotten]
# explain: Where would your code change if there were no output gate?
# also: |
#   h, c = np.zeros((2, *x.shape[:2], len(w_h)), x.dtype)
#   for t in range(x.shape[1]):
#       a = (x[:, t] @ w_x + h0 @ w_h + bias).reshape(len(x), 4, -1)
#       i, f, o = (1 / (1 + np.exp(-a[:, k])) for k in (0, 1, 3))
#       c[:, t] = c0 = f * c0 + i * np.tanh(a[:, 2])
#       h[:, t] = h0 = o * np.tanh(c0)
#   return h, c

# %% [markdown]
# ### 8.f.ii · An LSTM in code
#
# Write `lstm(x, w_x, w_h, bias, h0, c0)`. The weights of the four layers stand side by side, in the order $i, f, g, o$:
# so `w_x` is `(C, 4 * M)`, `w_h` is `(M, 4 * M)` and `bias` is `(4 * M,)`. The rest is as in `rnn`: `x` is `(B, T, C)`;
# `h0` and `c0`, the state and the cell before the first step, are `(B, M)`. At each step
#
# $$a = x_t W_x + h_{t-1} W_h + b$$
#
# is cut into four parts of `M` columns; sigmoid makes $i$, $f$, $o$ of theirs, tanh makes $g$. Return two arrays
# `(B, T, M)`: all states, and all cells.
#
# <details><summary>Hint 1</summary>
#
# Take your loop from `rnn`, and carry two variables from step to step, the state and the cell.
#
# <details><summary>Hint 2</summary>
#
# `np.split(a, 4, axis=1)` cuts `a` into four parts of equal width. A small function for the sigmoid saves you three
# lines.
#
# <details><summary>Hint 3</summary>
#
# Which comes first at each step, the new cell or the new state? One of them needs the other.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def lstm(x, w_x, w_h, bias, h0, c0):
    """All states and all cells of an LSTM, two arrays (B, T, M); the gates stand in the order i, f, g, o."""
    # BEGIN SOLUTION
    def sigmoid(a):
        return 1 / (1 + np.exp(-a))

    states, cells = [], []
    h, c = h0, c0
    for t in range(x.shape[1]):
        i, f, g, o = np.split(x[:, t] @ w_x + h @ w_h + bias, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        states.append(h)
        cells.append(c)
    return np.stack(states, axis=1), np.stack(cells, axis=1)
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: States and cells of short sequences
""" # END TEST CONFIG
def test_lstm(lstm):
    import utils
    from utils.check import case, draw, expect

    def layer(B, T, C, M, seed):
        shapes = [(B, T, C), (C, 4 * M), (M, 4 * M), (4 * M,), (B, M), (B, M)]
        return case(*[draw(shape, seed + i, kind="normal") / 2 for i, shape in enumerate(shapes)])

    expect(lstm, like=utils.lstm, on=[layer(1, 1, 2, 2, 10), layer(2, 3, 2, 3, 20)])

# %%
""" # BEGIN TEST CONFIG
points: 4
hidden: true
failure_message: States and cells of longer sequences, also in float32
""" # END TEST CONFIG
def test_lstm_for_all(lstm):
    from utils.check import case, draw, expect
    from utils.check.loops import recurrent

    def layer(B, T, C, M, seed):
        shapes = [(B, T, C), (C, 4 * M), (M, 4 * M), (4 * M,), (B, M), (B, M)]
        return case(*[draw(shape, seed + i, kind="normal") / 2 for i, shape in enumerate(shapes)])

    sizes = [(1, 1, 1, 1), (3, 5, 1, 4), (2, 7, 4, 1), (1, 9, 2, 3)]
    cases = [layer(*size, seed=100 * k) for k, size in enumerate(sizes)]
    expect(lstm, like=recurrent.lstm, on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q8f_iii
# path: more
# minutes: 4
# difficulty: 2
# misconceptions: [state-weights-not-counted, bias-not-counted, gates-not-counted]
# explain: How many times as many numbers does an LSTM have as the simple layer, and does this depend on the sizes?
# vary:
#   draw: {a: 2..30, m: 3..40}
#   where: a != m
#   ask: >-
#     An LSTM reads {a} numbers at each step, and its state has {m}. How many numbers do its four layers
#     learn, with their biases?
#   about: gated_parameters
#   case: a, m, 4

# %% [markdown]
# ### 8.f.iii · What do gates cost?
#
# **4** numbers come in, the state has **6**.
#
# - `lstm_numbers`: how many numbers does an LSTM learn? (Four layers, each with its $W_x$, $W_h$ and bias.)
# - `gru_numbers`: the GRU, a younger relative, gets by with **three** such layers. How many does it learn?
#
# <details><summary>Hint 1</summary>
#
# First one layer alone, as in 8.b.i.
#
# <details><summary>Hint 2</summary>
#
# One layer leads from $4 + 6$ numbers to 6, and has 6 biases.
#
# <details><summary>Hint 3</summary>
#
# The gates share nothing: each has weights of its own.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
lstm_numbers = 4 * (6 * (4 + 6) + 6)  # SOLUTION
gru_numbers = 3 * (6 * (4 + 6) + 6)  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The numbers of an LSTM
""" # END TEST CONFIG
def test_lstm_numbers(lstm_numbers):
    from utils.check import case, expect
    from utils.check.references import recurrent

    expect(lstm_numbers, like=recurrent.gated_parameters, on=case(4, 6, 4))

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The numbers of a GRU
""" # END TEST CONFIG
def test_gru_numbers(gru_numbers):
    from utils.check import case, expect
    from utils.check.references import recurrent

    expect(gru_numbers, like=recurrent.gated_parameters, on=case(4, 6, 3))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q8f_iv
# path: more
# minutes: 5
# difficulty: 2
# misconceptions: [one-step-too-few, one-step-too-many]
# explain: Why do many people start the bias of the forget gate at 1 or higher, instead of 0?

# %% [markdown]
# ### 8.f.iv · Is this right?
#
# A claim: *"In an LSTM gradients do not vanish."* Start an LSTM with small random weights, once with the bias of the
# forget gate at 0, as all others, and once at 4. Then compare the gradient that arrives at the cell before the first of
# 50 steps with the one at the end. With which bias did it vanish?

# %% tags=["prediction"]
guess_vanished = "with neither"  # "with 0", "with 4", "with both" or "with neither"

# %% tags=["otter_ignore", "folded"]
some = np.random.default_rng(7)
x_some, w_some, w_back = some.normal(size=(1, 50, 4)), 0.03 * some.normal(size=(4, 24)), 0.03 * some.normal(size=(6, 24))
looks, arrived = np.zeros((1, 50, 6)), {}
looks[0, -1] = 1
for forget_bias in (0.0, 4.0):
    bias_some = np.repeat([0.0, forget_bias, 0.0, 0.0], 6)
    gradients = utils.lstm_grad(0 * looks, x_some, w_some, w_back, bias_some, grad_c=looks)
    arrived[forget_bias] = np.linalg.norm(gradients[5]) / np.linalg.norm(looks)
vanished = [f"with {forget_bias:g}" for forget_bias, size in arrived.items() if size < 0.01]
which = vanished[0] if len(vanished) == 1 else "with both" if vanished else "with neither"
if reveal("the gradient has vanished", guess_vanished, which, choices=("with 0", "with 4", "with both", "with neither"),
          why="A gate that is half open halves it at each step. The road is straight, but somebody must open the gates."):
    for forget_bias, size in arrived.items():
        print(f"bias {forget_bias:g}: the forget gate is {1 / (1 + np.exp(-forget_bias)):.2f}, {size:.1e} of the gradient arrives")

# %% [markdown]
# A forget gate stays at **0.8**. After how many steps on the straight road is less than **one hundredth** of the
# gradient left? Write the smallest such number as `steps_left`. <!--screen-->Python<!--/screen--><!--paper-->A calculator<!--/paper--> may help.
#
# <details><summary>Hint 1</summary>
#
# After one step 0.8 is left, after two 0.64. What is left after $n$ steps?
#
# <details><summary>Hint 2</summary>
#
# Multiply by 0.8 in a loop and count. Or take logarithms of both sides, and mind that $\log 0.8$ is negative.
#
# <details><summary>Hint 3</summary>
#
# Test your number and the one before it: with one of them there must be less than 0.01 left, with the other one more.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
# 0.8 to the power 20 is 0.0115, to the power 21 it is 0.0092
steps_left = 21
# END SOLUTION
""" # BEGIN PROMPT
steps_left = ...
""" # END PROMPT

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The steps until less than a hundredth is left
""" # END TEST CONFIG
def test_steps_left(steps_left):
    from utils.check import case, expect
    from utils.check.references import recurrent

    expect(steps_left, like=recurrent.steps_until_below, on=case(0.8, 0.01))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## 8.g · Who remembers better?
#
# *◇ more*
#
# Now let your layer learn the light switch, from examples alone. At each step a noisy number comes in: near $1$ when
# *on* is pressed, near $-1$ for *off*, and near $0$ otherwise, nine times out of ten. At each step the network is
# asked: is the light on? It has to repeat the last press, however long ago that was.
#
# - The **recurrent** layer has 8 numbers in its state, and learns with your own `rnn` and `rnn_grad`.
# - The first **convolution** has 8 filters of width 8, so that it has about as many weights. Its output at step $t$
#   reads the steps up to $t$.
# - A second convolution has filters of width 16, and twice as many weights.
#
# Each of them trains for a few seconds, on sequences of **25** steps, with the same data, the same loss and clipped
# gradients. Then all are tested on new sequences of **100** steps. In what share of the steps whose last press is **12
# steps** ago will each be right? Guess two of them; a coin would get 0.5.

# %% tags=["prediction"]
guess_recurrent = 0.7  # a number from 0 to 1; 0.1 more or less counts
guess_filter = 0.7  # a number from 0 to 1; 0.1 more or less counts

# %% tags=["otter_ignore", "folded"]
def presses(generator, B, T):
    """Noisy presses (B, T, 1), the last press at each step (B, T), and how many steps ago it was (B, T)."""
    pressed = generator.random((B, T)) < 0.1
    pressed[:, 0] = True
    signs = generator.choice([-1.0, 1.0], size=(B, T)) * pressed
    place = np.maximum.accumulate(np.where(pressed, np.arange(T), 0), axis=1)
    return (signs + 0.1 * generator.normal(size=(B, T)))[..., None], np.take_along_axis(signs, place, 1), np.arange(T) - place


def recurrent_layer(x, w_x, w_h, bias, grad=None):
    h0 = np.zeros((len(x), len(bias)))
    return rnn(x, w_x, w_h, bias, h0) if grad is None else rnn_grad(grad, x, w_x, w_h, bias, h0)[1:4]


def filters(x, w, bias, grad=None):
    padded = np.pad(x, ((0, 0), (len(w) - 1, 0), (0, 0)))  # zeros in front only: nobody sees the future
    y = np.tanh(utils.conv(padded, w, bias))
    if grad is None:
        return y
    grad = grad * (1 - y**2)
    return utils.conv_grad_weight(grad, padded, w.shape), grad.sum(axis=(0, 1))


def train(layer, shapes, steps=250):
    """Train a layer, with a sum of its outputs behind it, by Adam. The share of right answers by distance, and the seconds."""
    generator, begin = np.random.default_rng(8), time.perf_counter()
    params = [generator.normal(size=s) / np.sqrt(max(1, np.prod(s[:-1]))) for s in shapes] + [generator.normal(size=8) / 3]
    mean, square = [0 * p for p in params], [0 * p for p in params]
    for step in range(1, steps + 1):
        x, last, _ = presses(generator, 64, 25)
        out = layer(x, *params[:-1])
        error = 2 * (out @ params[-1] - last) / last.size
        grads = [*layer(x, *params[:-1], grad=error[..., None] * params[-1]), np.einsum("bt,btm->m", error, out)]
        length = np.sqrt(sum(np.vdot(g, g) for g in grads))
        for k, g in enumerate(grads):
            g = g / max(1, length)
            mean[k], square[k] = 0.9 * mean[k] + 0.1 * g, 0.99 * square[k] + 0.01 * g**2
            params[k] = params[k] - 0.02 * mean[k] / (1 - 0.9**step) / (np.sqrt(square[k] / (1 - 0.99**step)) + 1e-8)
    seconds = time.perf_counter() - begin
    x, last, ago = presses(np.random.default_rng(9), 400, 100)
    right = np.sign(layer(x, *params[:-1]) @ params[-1]) == last
    return [right[ago == n].mean() for n in range(31)], seconds, sum(p.size for p in params)


told = False
try:
    found = {"recurrent": train(recurrent_layer, [(1, 8), (8, 8), (8,)]), "width 8": train(filters, [(8, 1, 8), (8,)]),
             "width 16": train(filters, [(16, 1, 8), (8,)])}
except Exception as error:
    print("Not yet. First answer 8.b.ii and 8.c.iii. Python says:", error)
else:
    told = reveal("the recurrent layer, 12 steps after the press", guess_recurrent, round(found["recurrent"][0][12], 2), near=0.1,
                  why="It was trained on 25 steps and remembers over any distance: it has learned a rule and not a window. Where the "
                      "noise is stronger it suffers most, since it takes a loud noise for a press, and then remembers it.")
    told = reveal("the convolution of width 8", guess_filter, round(found["width 8"][0][12], 2), near=0.2,
                  why="The press lies outside of its window: it can only toss a coin. Inside of it, it does nearly as well, and it "
                      "never has to carry anything through time.") and told
    if told:
        figure, ax = plt.subplots(figsize=(8, 3))
        for (name, (right, _, _)), color, style in zip(found.items(), ("#0b63b0", "#b04a00", "#00734f"), ("-", "--", ":"), strict=True):
            ax.plot(right, style, color=color, linewidth=2, label=name)
        ax.set(xlabel="steps since the last press", ylabel="right", ylim=(0.3, 1.05))
        ax.legend(frameon=False, loc="lower left")
        ax.spines[["top", "right"]].set_visible(False)
        show(figure, "Share of right answers against the steps since the last press. The recurrent layer stays near 1 all the way to 30 steps. "
             "The convolution of width 8 is near 1 up to 7 steps, then falls to a half at once. The one of width 16 is a little lower, "
             "and falls to a half after 15.")
        for name, (_, _, numbers) in found.items():
            print(f"{name:10} {numbers:4} numbers")

# %% tags=["otter_ignore", "screen"]
if told:
    for name, (_, seconds, _) in found.items():
        print(f"{name:10} trained for {seconds:.1f} seconds")

# %% [markdown]
# Windows can be made wide cheaply: with stacked layers, with dilation. And there is more to a race than who is right: how long
# does each of them take, if all that can be computed at once is computed at once?

# %% [raw]
# # BEGIN QUESTION
# name: q8g_i
# path: more
# minutes: 5
# difficulty: 2
# misconceptions: [first-layer-forgotten, width-not-less-one, not-in-a-row]
# explain: What would a dilation that doubles from layer to layer do to the first number?

# %% [markdown]
# ### 8.g.i · How deep, how long?
#
# One output must depend on the last **49** steps, its own step among them.
#
# - `layers_deep`: a stack of convolutions of width **5**, stride 1, without dilation. How many layers must it have at
#   least?
# - `steps_in_a_row`: one recurrent layer reads these 49 steps. How many steps must be computed one **after** the other?
# - `layers_in_a_row`: and in the stack of convolutions, how many computations must come one after the other, if
#   there are enough processors to do everything else at the same time?
#
# <details><summary>Hint 1</summary>
#
# One layer sees 5 steps. How many steps does the next one add to that?
#
# <details><summary>Hint 2</summary>
#
# Two layers see 9 steps. How many do three see? Go on until it is 49 or more.
#
# <details><summary>Hint 3</summary>
#
# In one layer of a convolution, does any output wait for another output of the same layer?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
# 1 + 4·12 = 49; a step waits for the step before it, a layer for the layer below it
layers_deep = 12
steps_in_a_row = 49
layers_in_a_row = 12
# END SOLUTION
""" # BEGIN PROMPT
layers_deep = ...
steps_in_a_row = ...
layers_in_a_row = ...
""" # END PROMPT

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The layers of a stack of convolutions
""" # END TEST CONFIG
def test_layers_deep(layers_deep):
    from utils.check import case, expect
    from utils.check.references import recurrent

    expect(layers_deep, like=recurrent.layers_needed, on=case(49, 5))

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: What must be computed one after the other
""" # END TEST CONFIG
def test_in_a_row(steps_in_a_row, layers_in_a_row):
    from utils.check import case, expect
    from utils.check.references import recurrent

    expect((steps_in_a_row, layers_in_a_row), like=recurrent.in_a_row, on=case(49, 5))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q8g_ii
# manual: true
# points: 2
# rubric: |
#   - ½ point: both share their weights over all steps, so neither grows with the length
#   - ½ point: a filter sees its window only; a state can carry something over any distance
#   - ½ point: a filter's steps are computed at the same time; a recurrent layer's one after the other
#   - ½ point: the recurrent gradient passes through every step, and may vanish or explode; a choice for the task that fits these reasons
# path: more
# minutes: 6
# difficulty: 2

# %% [markdown]
# ### 8.g.ii · In your own words
#
# A friend wants to find heartbeats that come too early in hours of a noisy recording. Each beat lasts about half a
# second; whether it is early depends on the beats before it. Convolution or recurrent layer? Explain in five or six
# sentences what the two have in common, how they differ (name at least three things), and which of them you would take, or
# how you would combine both.

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# Both use the same few weights at every step, so neither has more to learn for a longer recording. A convolution sees a
# window of fixed width; a recurrent layer carries a state, which can hold on to something for as long as it wants. All
# outputs of a convolution can be computed at once, while the recurrent layer must take one step after the other,
# forwards and backwards. Its gradient passes through every step on the way back: it may vanish or explode, so long
# memories are hard to learn, and it needs clipping, truncation or gates. The shape of a beat is local: I would find it
# with a few convolutions, which also cut the many samples down to few steps. Whether a beat is early needs the rhythm
# of the beats before it: a small LSTM over those few steps can remember that (or a stack of dilated convolutions that
# is wide enough).

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

utils.practice("recurrent")

# %% [markdown]
# ## What to remember
#
# <!--screen-->What would be on your own list? Write three lines, then open ours.
#
# <details><summary>Our list</summary><!--/screen-->
#
# - A recurrent layer is one layer, used at every step. Its parameters, $M(M + C) + M$, do not depend on the length.
# - A shared weight adds up what **all** its uses send back, in time as in space.
# - Backward through time: from the last step to the first, $d_t = \delta_t + g_{t+1} W_h^\top$, then times $1 - h_t^2$.
# - Over $n$ steps the gradient is at most $(\sigma s)^n$ times as long: $\sigma < 1$ must vanish, $\sigma > 1$ may
#   explode.
# - Exploding: clip the norm of all gradients together. Too long: truncate. Vanishing: a straighter road.
# - An LSTM's cell is multiplied by the forget gate and added to; the road back is the product of the forget gates.
# - A filter sees its window, at once. A state sees everything, one step after the other.
#
# <!--screen--></details><!--/screen-->
