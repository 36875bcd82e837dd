# %% [raw]
# # ASSIGNMENT CONFIG
# name: p1_dimensions
# title: "Problem 1 · Dimensions of a convolution"

# %% [markdown]
# # Problem 1 · How big is the output, and how many numbers are learned?
#
# A convolution slides a small filter over a big input. Two questions come back in every network you will
# ever read or write: **how big is the result**, and **how many numbers does the layer learn**? After this
# notebook you answer both without looking anything up.
#
# **What you'll do**
# - slide a filter over five numbers, with a pencil, then in code
# - find the output size for any stride and padding
# - count the parameters of a stack of filters on a colour image
# - follow the shape of an image through a chain of layers
#
# **What you'll learn**
# - why the output has $n-k+1$ numbers, and why the floor is needed when the stride is larger than 1
# - what zero padding is for
# - why a filter on a colour image is a block, not a square
# - what a 1×1 convolution can do, and what it cannot do
#
# **What you need**
# - Python functions and loops, NumPy slices and shapes
# - about 80 minutes

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
# ## The idea: a window that slides
#
# Put the filter on the first numbers of the input. Multiply the pairs, add them up: that is one output.
# Move the filter one step to the right, and do it again. When the filter would stick out, stop.
#
# Play with the picture. Use the arrow keys or the mouse to move the window. Then change the stride and the
# padding, and watch how many outputs there are. (*Backward* is for problem 3.)

# %% tags=["otter_ignore"]
explore.slide_1d(x=[1, 4, -2, 0, 3, 2], w=[2, -1, 1])

# %% [markdown]
# ### One word, two meanings
#
# In signal processing, a *convolution* turns the filter around before it slides. Deep learning does not turn
# it: strictly speaking, what we compute is a *cross-correlation*. Everybody in deep learning calls it
# convolution all the same, and so do we. When the filter **is** turned around, we say *true convolution*.
#
# In symbols, for an input $x$ of length $n$ and a filter $w$ of length $k$, counting from zero:
#
# $$y_i = \sum_{j=0}^{k-1} x_{i+j}\, w_j$$

# %% [markdown]
# ## 1.a · One dimension

# %% [raw]
# # BEGIN QUESTION
# name: q1a_i

# %% [markdown]
# ### 1.a.i · Slide it by hand
#
# *3 minutes · difficulty 1 of 3*
#
# Take $x = (2, 1, 0, 3, -1)$ and $w = (1, 0, -2)$. Stride 1, no padding. Use a pencil.
# Write the outputs as a list.
#
# <details><summary>Hint 1</summary>
#
# The filter first lies on $(2, 1, 0)$. Then it moves by one and lies on $(1, 0, 3)$.
#
# <details><summary>Hint 2</summary>
#
# The first output is $2\cdot 1 + 1\cdot 0 + 0\cdot(-2)$. The filter is not turned around.
#
# <details><summary>Hint 3</summary>
#
# The last position is $(0, 3, -1)$. So there are three outputs. The first one is 2.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
y_by_hand = [2, -5, 2]  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The outputs of x = (2, 1, 0, 3, -1) and w = (1, 0, -2)
""" # END TEST CONFIG
def test_by_hand(y_by_hand):
    import utils
    from utils.check import case, expect

    expect(y_by_hand, like=utils.conv1d, on=case([2, 1, 0, 3, -1], [1, 0, -2]))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q1a_ii

# %% [markdown]
# ### 1.a.ii · Is this right?
#
# *4 minutes · difficulty 1 of 3*
#
# Somebody hands you a worksheet. It says: *"the output of a filter of length $k$ on an input of length $n$
# lies in $\mathbb{R}^{n-k-1}$."* You have just counted the outputs for $n = 5$ and $k = 3$.
# Run the next cell: is the formula right?

# %%
n, k = 5, 3
print("the worksheet says:", n - k - 1, "output(s)")
print("np.correlate gives:", np.correlate([2, 1, 0, 3, -1], [1, 0, -2], mode="valid"))

# %% [markdown]
# Now write the right one. `valid_size(n, k)` returns the number of outputs with stride 1 and no padding.
#
# <details><summary>Hint 1</summary>
#
# Number the positions from zero. What is the *last* index at which the filter can start?
#
# <details><summary>Hint 2</summary>
#
# The filter that starts at $i$ covers the indices $i, \dots, i+k-1$. The last index of the input is $n-1$.
#
# <details><summary>Hint 3</summary>
#
# From $i + k - 1 = n - 1$ you get the last start. The first start is 0. Count both ends.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def valid_size(n, k):
    """The number of outputs of a filter of length k on an input of length n: stride 1, no padding."""
    return n - k + 1  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The size for a few n and k
""" # END TEST CONFIG
def test_size(valid_size):
    import utils
    from utils.check import case, expect

    expect(valid_size, like=utils.output_size, on=[case(5, 3), case(4, 4), case(7, 1)])

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
failure_message: The size for many n and k
""" # END TEST CONFIG
def test_size_for_all(valid_size):
    from utils.check import case, expect
    from utils.check.loops import counting

    cases = [case(n, k) for n in (1, 2, 5, 9, 32, 100) for k in (1, 2, 3, 5, 31) if k <= n]
    expect(valid_size, like=counting.output_size, on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q1a_iii

# %% [markdown]
# ### 1.a.iii · Now in code
#
# *8 minutes · difficulty 1 of 3*
#
# Write `slide(x, w)`: the sliding dot product with stride 1 and no padding. Both are NumPy arrays with one
# axis. A loop is fine. So is anything else that gives the right numbers.
#
# <details><summary>Hint 1</summary>
#
# Start with an array of zeros. How many? You have just written a function for it.
#
# <details><summary>Hint 2</summary>
#
# Output number `i` looks at `k` numbers, beginning at `x[i]`. Which slice is that? Remember that Python
# leaves out the end of a slice: `x[0:k-1]` has only `k-1` numbers.
#
# <details><summary>Hint 3</summary>
#
# `x[i : i + k] @ w` is the dot product of one window with the filter.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def slide(x, w):
    """The sliding dot product of x (n,) and w (k,): an array (n - k + 1,)."""
    # BEGIN SOLUTION
    n, k = len(x), len(w)
    y = np.zeros(n - k + 1, dtype=x.dtype)
    for i in range(n - k + 1):
        y[i] = x[i : i + k] @ w
    return y
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The sliding dot product on small inputs
""" # END TEST CONFIG
def test_slide(slide):
    import numpy as np

    import utils
    from utils.check import case, expect

    cases = [
        case(np.array([2.0, 1, 0, 3, -1]), np.array([1.0, 0, -2])),
        case(np.array([1.0, 2, 3, 4]), np.array([1.0, -1])),
    ]
    expect(slide, like=utils.conv1d, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 3
hidden: true
failure_message: The sliding dot product on longer inputs, also in float32
""" # END TEST CONFIG
def test_slide_for_all(slide):
    from utils.check import case, draw, expect
    from utils.check.loops import windows

    cases = [case(draw((n,), seed=n), draw((k,), seed=50 + k)) for n, k in [(5, 5), (6, 1), (9, 4), (40, 7)]]
    expect(slide, like=windows.conv, about="conv1d", on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ### Two knobs: stride and padding
#
# **Stride** $s$: the window moves $s$ steps at a time. **Zero padding** $p$: before anything else, write $p$
# zeros on *each* side of the input.
#
# Try both in the picture. With this stride, does the window reach the last number?

# %% tags=["otter_ignore"]
explore.slide_1d(x=[1, 4, -2, 0, 3, 2], w=[2, -1, 1], stride=2, padding=1)

# %% [raw]
# # BEGIN QUESTION
# name: q1a_iv

# %% [markdown]
# ### 1.a.iv · Stride 2, padding 1, by hand
#
# *4 minutes · difficulty 1 of 3*
#
# Again $x = (2, 1, 0, 3, -1)$ and $w = (1, 0, -2)$. Now with stride 2 and padding 1. Write the outputs.
#
# <details><summary>Hint 1</summary>
#
# First write the padded input. It has seven numbers.
#
# <details><summary>Hint 2</summary>
#
# $(0, 2, 1, 0, 3, -1, 0)$. The windows start at index 0, then 2, then …
#
# <details><summary>Hint 3</summary>
#
# The three windows are $(0, 2, 1)$, $(1, 0, 3)$ and $(3, -1, 0)$.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
y_strided = [-2, -5, 3]  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The outputs with stride 2 and padding 1
""" # END TEST CONFIG
def test_strided_by_hand(y_strided):
    import utils
    from utils.check import case, expect

    expect(y_strided, like=utils.conv1d, on=case([2, 1, 0, 3, -1], [1, 0, -2], stride=2, padding=1))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q1a_v

# %% [markdown]
# ### 1.a.v · The output size, for any stride and padding
#
# *8 minutes · difficulty 2 of 3*
#
# Write `output_size(n, kernel_size, stride, padding)`. Return an `int`. The window must never stick out of
# the padded input.
#
# Test yourself first. An input of 6 numbers, a filter of 3, stride 2, no padding: how many windows fit?
# Draw them.
#
# <details><summary>Hint 1</summary>
#
# How long is the input after padding? Both sides count.
#
# <details><summary>Hint 2</summary>
#
# The first window always fits. Call the room to its right $r = n + 2p - k$. How many steps of length $s$ go
# into $r$?
#
# <details><summary>Hint 3</summary>
#
# Only whole steps count, so round *down*: `//` in Python. And do not forget the first window, after the division.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def output_size(n, kernel_size, stride, padding):
    """How many windows of kernel_size fit into n numbers with padding zeros on each side."""
    return (n + 2 * padding - kernel_size) // stride + 1  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The output size of small inputs
""" # END TEST CONFIG
def test_output_size(output_size):
    import utils
    from utils.check import case, expect

    cases = [
        case(5, 3, stride=1, padding=0),
        case(5, 3, stride=2, padding=1),
        case(6, 3, stride=2, padding=0),
        case(3, 2, stride=3, padding=0),
    ]
    expect(output_size, like=utils.output_size, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 3
hidden: true
failure_message: The output size for many strides and paddings
""" # END TEST CONFIG
def test_output_size_for_all(output_size):
    from utils.check import case, expect
    from utils.check.loops import counting

    cases = [
        case(n, k, stride=s, padding=p)
        for n in (4, 7, 32)
        for k in (1, 2, 3, 5)
        for s in (1, 2, 3, 5)
        for p in (0, 1, 2)
        if n + 2 * p >= k
    ]
    expect(output_size, like=counting.output_size, on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q1a_vi

# %% [markdown]
# ### 1.a.vi · One function for all of it
#
# *8 minutes · difficulty 2 of 3*
#
# Write `conv1d(x, w, stride=1, padding=0)`. You may use your own `slide` and `output_size`.
# Leave `x` as it was: whoever called your function may still need it.
#
# <details><summary>Hint 1</summary>
#
# Do it in two steps. Pad first. Then slide with a stride.
#
# <details><summary>Hint 2</summary>
#
# `np.pad(x, padding)` writes the zeros on both sides and gives a new array.
#
# <details><summary>Hint 3</summary>
#
# Output number `i` starts at `i * stride` in the padded input. Or: slide with stride 1, then keep every
# `stride`-th number.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def conv1d(x, w, stride=1, padding=0):
    """The sliding dot product of x (n,) and w (k,) with stride and zero padding."""
    # BEGIN SOLUTION
    k = len(w)
    padded = np.pad(x, padding)
    y = np.zeros(output_size(len(x), k, stride, padding), dtype=x.dtype)
    for i in range(len(y)):
        y[i] = padded[i * stride : i * stride + k] @ w
    return y
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: conv1d with stride and padding on small inputs
""" # END TEST CONFIG
def test_conv1d(conv1d):
    import numpy as np

    import utils
    from utils.check import case, expect

    x, w = np.array([2.0, 1, 0, 3, -1, 4]), np.array([1.0, 3, -2])
    cases = [case(x, w), case(x, w, stride=2), case(x, w, padding=1), case(x, w, stride=2, padding=1)]
    expect(conv1d, like=utils.conv1d, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 4
hidden: true
failure_message: conv1d with every mix of stride and padding
""" # END TEST CONFIG
def test_conv1d_for_all(conv1d):
    from utils.check import case, draw, expect
    from utils.check.loops import windows

    cases = [
        case(draw((n,), seed=n), draw((k,), seed=70 + k), stride=s, padding=p)
        for n, k in [(4, 1), (7, 4), (12, 5)]
        for s in (1, 2, 3, 6)
        for p in (0, 1, 3)
    ]
    expect(conv1d, like=windows.conv, about="conv1d", on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## 1.b · A colour image and one filter
#
# The image has height 32, width 32 and 3 channels: red, green, blue. Its shape is $32\times 32\times 3$.
# The filter is a **block** of $5\times 5\times 3$ numbers. It covers all three channels at once, and it slides
# in two directions only: down and to the right. At each place all the products are added up, those of all
# three channels together. That gives **one** number.
#
# The picture is smaller, so that you can see the numbers. It begins with one channel. Set *channels* to 2: the input gets
# a second layer, the filter gets a second layer, and the output keeps one.

# %% tags=["otter_ignore"]
explore.conv2d(stride=1, padding=0)

# %% [raw]
# # BEGIN QUESTION
# name: q1b

# %% [markdown]
# ### 1.b · Stride 1, no padding
#
# *3 minutes · difficulty 1 of 3*
#
# One $5\times5\times3$ filter slides over the $32\times32\times3$ image. Stride 1, no padding.
#
# - `shape_b`: the shape of the output, as a tuple `(height, width, channels)`
# - `products_b`: how many pairs are multiplied to get **one** output number?
#
# <details><summary>Hint 1</summary>
#
# Height and width each follow the rule of 1.a. The two directions do not disturb each other.
#
# <details><summary>Hint 2</summary>
#
# One filter makes one output channel, however many channels go in.
#
# <details><summary>Hint 3</summary>
#
# Every number of the block meets one number of the image.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
shape_b = (28, 28, 1)  # SOLUTION
products_b = 75  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The shape of the output
""" # END TEST CONFIG
def test_shape_b(shape_b):
    from utils.check import case, expect
    from utils.check.references.counting import layer_shape

    expect(shape_b, like=layer_shape, on=case((32, 32, 3), (5, 5, 3, 1)))

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The number of products for one output
""" # END TEST CONFIG
def test_products_b(products_b):
    import utils
    from utils.check import case, expect

    expect(products_b, like=utils.num_parameters, on=case((5, 5, 3, 1)))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q1c

# %% [markdown]
# ### 1.c · The same with padding 2
#
# *2 minutes · difficulty 1 of 3*
#
# Now write two rings of zeros around the image first. Stride 1. What is the shape of the output?
#
# <details><summary>Hint 1</summary>
#
# How high is the padded image?
#
# <details><summary>Hint 2</summary>
#
# 32 + 2 + 2 = 36. Only space is padded. The channels are not.
#
# <details><summary>Hint 3</summary>
#
# Use the rule of 1.a with $n + 2p$ in the place of $n$.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
shape_c = (32, 32, 1)  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The shape of the output with padding 2
""" # END TEST CONFIG
def test_shape_c(shape_c):
    from utils.check import case, expect
    from utils.check.references.counting import layer_shape

    expect(shape_c, like=layer_shape, on=case((32, 32, 3), (5, 5, 3, 1), padding=2))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## 1.d · Ten filters, stacked
#
# A layer has many filters. Each one makes its own output channel, and the channels are stacked.
# So the layer's kernel has four axes: $(k_H, k_W, C_\text{in}, C_\text{out})$.

# %% [raw]
# # BEGIN QUESTION
# name: q1d

# %% [markdown]
# ### 1.d · Shape and parameters of the stack
#
# *5 minutes · difficulty 1 of 3*
#
# Ten $5\times5\times3$ filters, stride 1, padding 2, on the $32\times32\times3$ image.
#
# - `shape_d`: the shape of the output
# - `parameters_d`: how many numbers does the layer learn, without biases?
# - `parameters_with_bias_d`: and with one bias for each filter?
#
# <details><summary>Hint 1</summary>
#
# Begin with one filter. How many numbers are in its block?
#
# <details><summary>Hint 2</summary>
#
# The size of the image plays no part here. The same numbers are used at every place.
#
# <details><summary>Hint 3</summary>
#
# A bias is one number for a whole output channel. How many output channels are there?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
shape_d = (32, 32, 10)  # SOLUTION
parameters_d = 5 * 5 * 3 * 10  # SOLUTION
parameters_with_bias_d = 5 * 5 * 3 * 10 + 10  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The shape of the output of ten filters
""" # END TEST CONFIG
def test_shape_d(shape_d):
    from utils.check import case, expect
    from utils.check.references.counting import layer_shape

    expect(shape_d, like=layer_shape, on=case((32, 32, 3), (5, 5, 3, 10), padding=2))

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The number of parameters without biases
""" # END TEST CONFIG
def test_parameters_d(parameters_d):
    import utils
    from utils.check import case, expect

    expect(parameters_d, like=utils.num_parameters, on=case((5, 5, 3, 10)))

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The number of parameters with biases
""" # END TEST CONFIG
def test_parameters_with_bias_d(parameters_with_bias_d):
    import utils
    from utils.check import case, expect

    expect(parameters_with_bias_d, like=utils.num_parameters, on=case((5, 5, 3, 10), bias=True))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q1e

# %% [markdown]
# ### 1.e · Count them all
#
# *5 minutes · difficulty 1 of 3*
#
# Write `num_parameters(kernel_shape, bias=False)` for a kernel of any rank. The last axis of `kernel_shape`
# is always the number of filters: `(k, C_in, C_out)` in one dimension, `(kH, kW, C_in, C_out)` in two.
#
# <details><summary>Hint 1</summary>
#
# Without biases, it is just the number of numbers in the kernel.
#
# <details><summary>Hint 2</summary>
#
# `np.prod` or `math.prod` multiplies all entries of a tuple.
#
# <details><summary>Hint 3</summary>
#
# With biases, add one number for each filter: `kernel_shape[-1]`.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def num_parameters(kernel_shape, bias=False):
    """The number of learned numbers of a convolution layer whose kernel has this shape."""
    # BEGIN SOLUTION
    count = int(np.prod(kernel_shape))
    if bias:
        count += kernel_shape[-1]
    return count
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The parameters of the layers that you have just met
""" # END TEST CONFIG
def test_num_parameters(num_parameters):
    import utils
    from utils.check import case, expect

    cases = [case((5, 5, 3, 10)), case((5, 5, 3, 10), bias=True), case((3, 2, 4), bias=True)]
    expect(num_parameters, like=utils.num_parameters, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
failure_message: The parameters of layers of any rank
""" # END TEST CONFIG
def test_num_parameters_for_all(num_parameters):
    from utils.check import case, expect
    from utils.check.loops import counting

    shapes = [(1, 1, 1), (7, 5, 2), (3, 1, 6, 4), (1, 1, 64, 16), (3, 5, 7, 2, 6)]
    cases = [case(shape, bias=bias) for shape in shapes for bias in (False, True)]
    expect(num_parameters, like=counting.num_parameters, on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## 1.f · The 1×1 convolution
#
# Make the filter as small as it can be: $1\times1$. It still covers **all** input channels. So at each pixel it
# takes the $C_\text{in}$ numbers that lie there and adds them up with weights. It never looks at a neighbour.

# %% [raw]
# # BEGIN QUESTION
# name: q1f_i

# %% [markdown]
# ### 1.f.i · Shape and parameters
#
# *3 minutes · difficulty 1 of 3*
#
# Four 1×1 filters, with biases, on a $32\times32\times10$ input. Stride 1, no padding.
#
# - `shape_f`: the shape of the output
# - `parameters_f`: the number of parameters, with biases
#
# <details><summary>Hint 1</summary>
#
# Use $k = 1$ in the rule for the size.
#
# <details><summary>Hint 2</summary>
#
# One filter has $1\cdot1\cdot10$ weights.
#
# <details><summary>Hint 3</summary>
#
# Four filters, and each has its own bias.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
shape_f = (32, 32, 4)  # SOLUTION
parameters_f = 10 * 4 + 4  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The shape after a 1×1 convolution
""" # END TEST CONFIG
def test_shape_f(shape_f):
    from utils.check import case, expect
    from utils.check.references.counting import layer_shape

    expect(shape_f, like=layer_shape, on=case((32, 32, 10), (1, 1, 10, 4)))

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The parameters of a 1×1 convolution
""" # END TEST CONFIG
def test_parameters_f(parameters_f):
    import utils
    from utils.check import case, expect

    expect(parameters_f, like=utils.num_parameters, on=case((1, 1, 10, 4), bias=True))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q1f_ii

# %% [markdown]
# ### 1.f.ii · Write it in one line
#
# *5 minutes · difficulty 2 of 3*
#
# Write `conv1x1(x, w)`. The batch of images `x` has shape `(B, H, W, C)`. The kernel `w` has shape
# `(1, 1, C, D)`. The output has shape `(B, H, W, D)`.
#
# <details><summary>Hint 1</summary>
#
# At one pixel: a row of `C` numbers goes in, a row of `D` numbers comes out. Which operation of linear
# algebra is that?
#
# <details><summary>Hint 2</summary>
#
# `w[0, 0]` is a matrix with the shape `(C, D)`.
#
# <details><summary>Hint 3</summary>
#
# NumPy's `@` multiplies along the *last* axis of its left side, and does so for all the axes before it.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def conv1x1(x, w):
    """A 1×1 convolution of x (B, H, W, C) with w (1, 1, C, D): (B, H, W, D)."""
    return x @ w[0, 0]  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: A 1×1 convolution of a tiny image
""" # END TEST CONFIG
def test_conv1x1(conv1x1):
    import utils
    from utils.check import case, draw, expect

    cases = [case(draw((1, 1, 2, 2), seed=1), draw((1, 1, 2, 3), seed=2)),
             case(draw((2, 2, 3, 2), seed=3), draw((1, 1, 2, 2), seed=4))]
    expect(conv1x1, like=utils.conv2d, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
failure_message: A 1×1 convolution of batches with many channels
""" # END TEST CONFIG
def test_conv1x1_for_all(conv1x1):
    from utils.check import case, draw, expect
    from utils.check.loops import windows

    cases = [case(draw((b, h, v, c), seed=h), draw((1, 1, c, d), seed=30 + d))
             for b, h, v, c, d in [(1, 3, 5, 1, 4), (3, 4, 2, 5, 1), (2, 5, 3, 6, 7)]]
    expect(conv1x1, like=windows.conv, about="conv2d", on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q1f_iii
# manual: true
# points: 2
# rubric: |
#   - ½ point: height and width stay as they are; each pixel is treated on its own
#   - ½ point: each output channel is a weighted sum of the input channels, the same at every pixel
#   - ½ point: something that it is good for, such as changing the number of channels cheaply
#   - ½ point: something that it can never do, such as seeing a neighbour or finding an edge

# %% [markdown]
# ### 1.f.iii · In your own words
#
# *5 minutes · difficulty 2 of 3*
#
# A friend says: *"A 1×1 convolution does nothing. It looks at one pixel."* Answer in two or three sentences.
# What does it do to **space**, and what to the **channels**? Give one thing that it is good for, and one thing
# that it can never do.

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# Height and width stay as they are: every pixel is treated on its own. The channels are mixed: each output
# channel is a weighted sum of all input channels, the same sum at every pixel (a small dense layer that is
# shared by all pixels). It is good for changing the number of channels cheaply, for example from 256 to 64
# before an expensive 3×3 convolution. It can never see a neighbour, so it can never find an edge.

# %% [raw]
# # END SOLUTION

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q1g

# %% [markdown]
# ### 1.g · Keep the size: "same" padding
#
# *5 minutes · difficulty 2 of 3*
#
# In 1.c the output was as big as the input. That is handy: you can stack many layers, and nothing shrinks.
# Write `same_padding(kernel_size)` for an **odd** kernel size and stride 1: the padding that keeps the size.
#
# <details><summary>Hint 1</summary>
#
# Write down the rule for the size with stride 1. Set the result equal to $n$.
#
# <details><summary>Hint 2</summary>
#
# $n + 2p - k + 1 = n$. Solve for $p$.
#
# <details><summary>Hint 3</summary>
#
# The padding is a whole number, so use `//`. Try it with $k = 5$: you know the answer from 1.c. And with $k=1$?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def same_padding(kernel_size):
    """The padding that keeps the size, for an odd kernel_size and stride 1."""
    return (kernel_size - 1) // 2  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The padding for small odd kernels
""" # END TEST CONFIG
def test_same_padding(same_padding):
    from utils.check import case, expect
    from utils.check.references.counting import same_padding as reference

    expect(same_padding, like=reference, on=[case(5), case(3), case(1)])

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
failure_message: The size is kept for every odd kernel
""" # END TEST CONFIG
def test_size_is_kept(same_padding):
    from utils.check import case, expect
    from utils.check.loops import counting

    expect(same_padding, like=counting.same_padding, on=[case(k) for k in (1, 7, 9, 11, 31)], hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# An **even** kernel has no such padding: $p = (k-1)/2$ is not a whole number. This is one reason why you
# almost always meet kernels of size 3, 5 and 7.

# %% [markdown]
# ## 1.h · A chain of layers
#
# A network is a chain. The output shape of one layer is the input shape of the next. Build one in the
# picture. Try to break it, too: what happens when a filter is larger than what is left of the image?

# %% tags=["otter_ignore"]
explore.shapes()

# %% [raw]
# # BEGIN QUESTION
# name: q1h

# %% [markdown]
# ### 1.h · Follow the image
#
# *12 minutes · difficulty 3 of 3*
#
# Write `chain(input_shape, layers)`. The input shape is `(H, W, C)`. Each layer is a tuple
# `(kernel_size, filters, stride, padding)`. The kernels are square, and every layer has biases.
# Return two things:
#
# 1. the output shape `(H, W, C)` of the **last** layer,
# 2. the number of parameters of **all** layers together.
#
# You may use your own functions from above.
#
# <details><summary>Hint 1</summary>
#
# Go through the layers with one loop. Keep `H, W, C` up to date as you go.
#
# <details><summary>Hint 2</summary>
#
# What is the number of input channels of the second layer? It is the number of filters of the first.
#
# <details><summary>Hint 3</summary>
#
# Inside the loop: first add `num_parameters((k, k, C, filters), bias=True)`, then compute the new `H` and `W`,
# and only then set `C = filters`.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def chain(input_shape, layers):
    """The output shape (H, W, C) and the number of parameters of a chain of convolutions with biases."""
    # BEGIN SOLUTION
    H, W, C = input_shape
    parameters = 0
    for kernel_size, filters, stride, padding in layers:
        parameters += num_parameters((kernel_size, kernel_size, C, filters), bias=True)
        H = output_size(H, kernel_size, stride, padding)
        W = output_size(W, kernel_size, stride, padding)
        C = filters
    return (H, W, C), parameters
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: One layer, then two
""" # END TEST CONFIG
def test_chain(chain):
    from utils.check import case, expect
    from utils.check.references.counting import chain as reference

    cases = [
        case((32, 32, 3), ((5, 10, 1, 2),)),
        case((32, 32, 3), ((5, 10, 1, 2), (3, 4, 2, 0))),
    ]
    expect(chain, like=reference, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 4
hidden: true
failure_message: Longer chains, and images that are not square
""" # END TEST CONFIG
def test_chain_for_all(chain):
    from utils.check import case, expect
    from utils.check.loops import counting

    cases = [
        case((28, 20, 1), ((5, 6, 1, 0), (2, 6, 2, 0), (5, 16, 1, 0), (1, 3, 1, 0))),
        case((224, 160, 3), ((11, 96, 4, 2), (5, 256, 1, 2), (3, 384, 1, 1))),
        case((9, 14, 2), ((3, 4, 3, 1), (3, 5, 1, 1))),
        case((6, 6, 4), ()),
    ]
    expect(chain, like=counting.chain, on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## Why this matters: one look at the numbers
#
# How many parameters would a **dense** layer need to make the same output as the layer in 1.d? It connects
# each of the $32\cdot32\cdot3$ inputs with each of the $32\cdot32\cdot10$ outputs.

# %% tags=["otter_ignore"]
dense = (32 * 32 * 3) * (32 * 32 * 10)
convolution = 5 * 5 * 3 * 10

fig, ax = plt.subplots(figsize=(6, 1.8))
ax.barh(["convolution", "dense"], [convolution, dense], color=["#4477aa", "#bbbbbb"])
ax.set_xscale("log")
ax.set_xlabel("number of weights (from mark to mark: 100 times as many)")
for row, count in enumerate([convolution, dense]):
    ax.annotate(f"{count:,}", (count, row), xytext=(4, 0), textcoords="offset points", va="center")
ax.set_xlim(1, 1e10)
ax.spines[["top", "right"]].set_visible(False)
plt.show()

# %% [markdown]
# The dense layer needs about forty thousand times as many. The convolution gets by with so few for two reasons: each output
# looks at a small window only, and all windows share the same weights. Problem 2 makes both reasons visible
# in one matrix.

# %% [markdown]
# ## What to remember
#
# - Size: $\left\lfloor \dfrac{n + 2p - k}{s} \right\rfloor + 1$. Pad first, round **down**, then add 1.
# - With stride 1 and no padding this is $n - k + 1$.
# - A filter covers **all** input channels. One filter makes one output channel.
# - Parameters: $(k_H \cdot k_W \cdot C_\text{in} + 1)\cdot C_\text{out}$ with biases. The image size plays no part.
# - A 1×1 convolution mixes channels. It leaves space alone.
# - An odd kernel with padding $(k-1)/2$ and stride 1 keeps the size.
