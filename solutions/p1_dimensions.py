# %% [raw]
# # ASSIGNMENT CONFIG
# name: p1_dimensions
# title: "Problem 1 · Dimensions of a convolution"

# %% [markdown]
# # Problem 1 · How big is the output, and how many numbers are learned?
#
# A few numbers that slide over a picture can blur it, or make its edges light up: they are a *filter*. A network slides
# thousands of filters, and learns the numbers in them. Two questions come with each of its layers: **how big is what comes
# out**, and **how many numbers must be learned?** By the end you will answer both in your head.
#
# **What you'll do**
# - blur a photo, find its edges, and see that both are the same operation
# - slide a filter by hand, then find the output size for any stride and padding
# - count the parameters of a stack of filters on a colour image
# - see how far one output looks back through a chain of layers
#
# **What you'll learn**
# - how many numbers come out, and how to tell before you run anything
# - why a filter on a colour image is a block, not a square
# - what a 1×1 convolution can do, and what it never can
#
# **What you need**
# - Python functions and loops, NumPy slices and shapes
# - about 24 minutes for the core path, marked ◆; about 90 for everything

# %% [markdown]
# <!--screen-->
#
# ## How to work here
#
# - **Guess, then look.** Where a cell says `guess_... = ...`, write what you expect. The next cell shows what is true.
#   Guesses are never graded; you learn most from the wrong ones.
# - **Answer, then check.** Replace every other `...`, and run the check below it. If the answer is wrong, read what the
#   check says: your numbers often give away which slip you made.
# - **Hints open one by one.** Try first.
# - **◆ core, ◇ more.** What is marked ◇ can wait: a question, or a whole section with all that is in it.
# - `utils` is the course's own library, and you may look around in it. But where a question asks you to write a function,
#   write your own: the check notices a function that only calls ours.
#
# <!--/screen-->
#
# <!--paper-->A box called `guess_…` is never graded: fill it in before you read on.<!--/paper-->

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
# ## What a few numbers do to a photo
#
# Take a grey photo, and slide two small filters over it:
#
# - **blur**: each new pixel is the average of the 81 pixels around it, so the filter is 9×9, and each of its numbers is 1/81;
# - **edges**: each new pixel is its right neighbour minus its left neighbour, so the filter is $(-1, 0, 1)$.
#
# Where will the second result be far from zero?

# %% tags=["prediction"]
guess_bright = "where it is bright"  # "where it is bright", "where the brightness changes" or "everywhere"

# %% tags=["otter_ignore", "folded"]
# The photo comes with scikit-learn: "china.jpg" by Daniel Büchele, licence CC BY 2.0, here in grey and smaller.
places = ("where it is bright", "where the brightness changes", "everywhere")
if reveal("Where the edge filter answers", guess_bright, places[1], choices=places, why="A flat sky has no edges."):
    from sklearn.datasets import load_sample_image

    photo = load_sample_image("china.jpg")[60:380:2, 150:550:2].mean(axis=2)
    blurred = utils.conv2d(photo[None, :, :, None], np.full((9, 9, 1, 1), 1 / 81))[0, :, :, 0]
    edges = utils.conv2d(photo[None, :, :, None], np.array([-1.0, 0, 1]).reshape(1, 3, 1, 1))[0, :, :, 0]

    figure, axes = plt.subplots(1, 3, figsize=(11, 3.4))
    for ax, picture, title in zip(axes, (photo, blurred, edges), ("the photo", "blur", "edges"), strict=True):
        ax.imshow(picture, cmap="gray", vmin=-120 if title == "edges" else 0, vmax=120 if title == "edges" else 255)
        ax.set_title(title)
        ax.axis("off")
    show(
        figure,
        "Three grey pictures side by side. The photo: a pagoda with a curved roof before a pale sky. Blur: the same, as if "
        "out of focus. Edges: an even grey, on which the upright outlines of roof, windows and trees stand out, dark where "
        "the photo turns darker to the right, light where it turns lighter.",
    )

# %% [markdown]
# Both results came from one operation, a **convolution**; only the numbers in the filter differ. A network does not
# get these numbers from us. It finds them by itself, and problem 7 lets you watch that happen.
#
# One thing is easy to miss: the photo has 160 rows. How many rows does the blurred picture have?

# %% tags=["prediction"]
guess_rows = 160  # a whole number

# %% tags=["otter_ignore"]
rows = utils.conv2d(np.ones((1, 160, 200, 1)), np.ones((9, 9, 1, 1))).shape[1]
reveal("the number of rows after the blur", guess_rows, rows,
       why="All nine rows of the filter must lie on the photo. The next section shows why that costs eight.");

# %% [markdown]
# ## The idea: a window that slides
#
# One row of a photo is enough to see how it works. Put the filter on the first numbers of the input. Multiply
# each pair, add the products up: that is one output. Move the filter one step to the right, and do it again. When
# it would stick out at the end, stop.
#
# <!--screen-->Move the window with the arrow keys or the mouse, and read the line below it: it says where each
# output comes from. (Leave *matrix* for problem 2, *backward* for problem 3,
# *dilation* for problem 9.)<!--/screen-->

# %% tags=["otter_ignore"]
explore.conv(x=[1, 4, -2, 0, 3, 2], w=[2, -1, 1])

# %% [markdown]
# ### One word, two meanings
#
# In signal processing, a *convolution* flips the filter, last number first, before it slides. Deep learning does
# not flip it: strictly speaking, what we compute is a *cross-correlation*. Everybody in the field calls it
# convolution all the same, and so do we. When the filter **is** flipped, we say *true convolution*.
#
# In symbols, for an input $x$ of length $n$ and a filter $w$ of length $k$, counting from zero:
#
# $$y_i = \sum_{j=0}^{k-1} x_{i+j}\, w_j$$

# %% [markdown]
# ## 1.a · One dimension

# %% [raw]
# # BEGIN QUESTION
# name: q1a_i
# path: core
# minutes: 3
# difficulty: 1
# worksheet: 0.1
# misconceptions: flipped-forward
# explain: Why are there three outputs, and not five?
# vary:
#   draw: {x: 5 of -3..4, w: 3 of -3..3}
#   ask: Slide $w = {w}$ along $x = {x}$, without turning the filter around. Which numbers come out?
#   about: conv1d
#   case: x, w
# numbers: {x: [2, 1, 0, 3, -1], w: [1, 0, -2]}

# %% [markdown]
# ### 1.a.i · Slide it by hand
#
# Take $x = {{q1a_i.x}}$ and $w = {{q1a_i.w}}$, and slide $w$ along $x$ one step at a time. Use a pencil,
# then write the outputs as a list.
#
# <details><summary>Hint 1</summary>
#
# The filter first lies on ${{q1a_i.x[:3]}}$. Then it moves by one and lies on ${{q1a_i.x[1:4]}}$.
#
# <details><summary>Hint 2</summary>
#
# The first pair is ${{q1a_i.x[0]}}$ and ${{q1a_i.w[0]}}$, the second ${{q1a_i.x[1]}}$ and ${{q1a_i.w[1]}}$. What is the third?
# The filter is not flipped.
#
# <details><summary>Hint 3</summary>
#
# The first output begins with ${{q1a_i.bracketed(x[0])}}\cdot{{q1a_i.bracketed(w[0])}} + \dots$, and has three terms. On
# which three numbers does the filter lie last?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
# 2·1 + 1·0 + 0·(-2), then 1·1 + 0·0 + 3·(-2), then 0·1 + 3·0 + (-1)·(-2)
y_by_hand = [2, -5, 2]
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
failure_message: The outputs of x = {{q1a_i.tuple(x)}} and w = {{q1a_i.tuple(w)}}
""" # END TEST CONFIG
def test_by_hand(y_by_hand):
    import utils
    from utils.check import case, expect

    expect(y_by_hand, like=utils.conv1d, on=case({{q1a_i.x}}, {{q1a_i.w}}))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ### What a worksheet says
#
# A worksheet says: *"The output of a filter of length $k$ on an input of length $n$ lies in $\mathbb{R}^{n-k-1}$."* By that
# rule, a filter of 2 on an input of 7 gives 4 outputs. Is it right?

# %% tags=["prediction"]
guess_worksheet = True  # True or False: the worksheet is right

# %% tags=["otter_ignore", "folded"]
n, k = 7, 2
if reveal("the worksheet is right", guess_worksheet, utils.conv1d(np.arange(n), np.ones(k)).size == n - k - 1,
          why="Count the places in the picture."):
    figure, ax = plt.subplots(figsize=(5, 2.6))
    rows = utils.conv1d(np.arange(n), np.ones(k)).size
    for row in range(rows):
        ax.broken_barh([(row, k)], (row + 0.1, 0.8), color="#0b63b0")
    ax.set(xlim=(0, n), ylim=(rows, 0), xticks=np.arange(n) + 0.5, xticklabels=range(n), yticks=[])
    ax.set_xlabel("index in the input of 7 numbers")
    ax.set_ylabel("one row for each place")
    ax.spines[["top", "right", "left"]].set_visible(False)
    show(figure, "Bars two wide, one below the other, each one step further right: six of them, from index 0 to index 5.")

# %% [raw]
# # BEGIN QUESTION
# name: q1a_ii
# path: more
# minutes: 2
# difficulty: 1
# worksheet: 0.1
# misconceptions: size-off-by-one
# explain: Both ends count. What does that have to do with the + 1?
# also: "return len(range(k, n + 1))"
# vary:
#   draw: {n: 6..60, k: 2..9}
#   where: k < n
#   ask: >-
#     A filter of {k} numbers slides along {n} numbers, one step at a time and without padding. How many numbers
#     come out?
#   about: output_size
#   case: n, k

# %% [markdown]
# ### 1.a.ii · The rule, one step at a time
#
# Write `valid_size(n, k)`: the number of outputs of a filter of length `k` on an input of length `n`. The filter moves one
# step at a time, and never sticks out.
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
# If the first start is 0 and the last one is 4, how many starts are there? Both ends count.
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
# path: more
# minutes: 8
# difficulty: 1
# worksheet: 0.1
# explain: Your loop ends at a certain start. What would the window lie on one step later?
# also: |
#   windows = np.lib.stride_tricks.sliding_window_view(x, len(w))
#   return windows @ w

# %% [markdown]
# ### 1.a.iii · Now in code
#
# Write `slide(x, w)`, which does for any two NumPy arrays what you did with a pencil. A loop is fine. So is
# anything else that gives the right numbers.
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
# Print that slice for a few `i`, and watch the window move. How do two rows of numbers become their dot product?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def slide(x, w):
    """The sliding dot product of x (n,) and w (k,), as an array."""
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
        case(np.array([2.5, 1, 0, 3, -1]), np.array([1.0, 0, -2])),
        case(np.array([1.3, 2, 3, 4]), np.array([1.0, -0.7])),
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
# zeros at *each* end of the input.
#
# Take eight numbers, a filter of three and stride 2. Does the last window reach the last number?

# %% tags=["prediction"]
guess_reaches = True  # True or False

# %% tags=["otter_ignore"]
if reveal("the last window reaches the last number", guess_reaches, (8 - 3) % 2 == 0):
    display(explore.conv(x=[1, 4, -2, 0, 3, 2, -1, 5], w=[2, -1, 1], stride=2))

# %% [markdown]
# <!--screen-->Go to the last window with the arrow keys: has every number been used by then? Then add padding, one step at a
# time. What becomes of the last window?<!--/screen-->

# %% [raw]
# # BEGIN QUESTION
# name: q1a_iv
# path: more
# minutes: 4
# difficulty: 1
# worksheet: 0.1
# explain: Which of these three outputs would be there without padding, too?
# vary:
#   draw: {x: 6 of -3..4, w: 3 of -3..3}
#   ask: >-
#     Write one zero at each end of $x = {x}$. Slide $w = {w}$ along it, two steps at a time. Which numbers
#     come out?
#   about: conv1d
#   case: x, w, stride=2, padding=1
# numbers: {x: [2, 1, 0, 3, -1], w: [1, 0, -2]}

# %% [markdown]
# ### 1.a.iv · Stride 2, padding 1, by hand
#
# Now $x = {{q1a_iv.x}}$ and $w = {{q1a_iv.w}}$, with one zero at each end of $x$, and two steps at a time.
# Write the outputs.
#
# <details><summary>Hint 1</summary>
#
# First write the padded input. It has {{q1a_iv.len(x) + 2}} numbers.
#
# <details><summary>Hint 2</summary>
#
# It begins with $(0, {{q1a_iv.x[0]}}, {{q1a_iv.x[1]}}, \dots)$. The windows start at index 0, then 2, then …
#
# <details><summary>Hint 3</summary>
#
# The first window is $(0, {{q1a_iv.x[0]}}, {{q1a_iv.x[1]}})$, the second begins where the first one ends. Which is
# the last that fits?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
# padded: 0, 2, 1, 0, 3, -1, 0; the windows (0, 2, 1), (1, 0, 3) and (3, -1, 0) meet (1, 0, -2)
y_strided = [-2, -5, 3]
# END SOLUTION
""" # BEGIN PROMPT
y_strided = ...
""" # END PROMPT

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

    expect(y_strided, like=utils.conv1d, on=case({{q1a_iv.x}}, {{q1a_iv.w}}, stride=2, padding=1))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q1a_v
# path: core
# minutes: 4
# difficulty: 2
# worksheet: ["1(a)i", "1(a)ii", (f)]
# misconceptions: [no-floor, floor-misplaced]
# explain: Why does the + 1 come after the division, and not before?
# also: "return len(range(0, n + 2 * padding - kernel_size + 1, stride))"
# vary:
#   draw: {n: 60..250, k: 9..25, s: 3..7, p: 3..12}
#   where: (n + 2 * p - k) % s == s - 1 and (k - 1) // 2 > s
#   ask: >-
#     There are {n} numbers, {p} zeros at each end, and a filter of {k} that moves {s} steps at a time. How
#     many numbers come out?
#   about: output_size
#   case: n, k, s, p

# %% [markdown]
# ### 1.a.v · The output size, for any stride and padding
#
# Write `output_size(n, kernel_size, stride, padding)`, which returns a whole number (an `int`). The window never
# sticks out of the padded input.
#
# Before you write, draw one case: 6 numbers, a filter of 3, stride 2, no padding. How many windows fit?
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
# In your drawing $r = 3$, and the step is 2. How many *whole* steps go into that, and how many windows is that, with
# the first one? Python has an operator that counts whole steps only.
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
        case(8, 3, stride=1, padding=2),
        case(7, 2, stride=3, padding=0),
        case(3, 2, stride=3, padding=0),
        case(6, 4, stride=2, padding=0),
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
# path: more
# minutes: 8
# difficulty: 2
# worksheet: 0.1
# explain: Sliding with stride 1 and keeping every second output gives the same as stride 2. What does it cost?
# also: "return slide(np.pad(x, padding), w)[::stride]"

# %% [markdown]
# ### 1.a.vi · One function for all of it
#
# Write `conv1d(x, w, stride=1, padding=0)`. Your own `slide` and `output_size` may help. Leave `x` as it was:
# whoever called your function may still need it.
#
# <details><summary>Hint 1</summary>
#
# Do it in two steps. Pad first. Then slide with a stride.
#
# <details><summary>Hint 2</summary>
#
# NumPy's `np.pad` writes zeros at both ends, into a new array. Its help is one `np.pad?` away.
#
# <details><summary>Hint 3</summary>
#
# With stride 2 the windows of the padded input start at 0, 2, 4. Where does number `i` start?
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

    x, w = np.array([2.5, 1, 0, 3, -1.2, 4]), np.array([1.0, 3, -2])
    cases = [case(x, w), case(x, w, stride=2), case(x, w, padding=1), case(x, w, stride=2, padding=1)]
    cases += [case(x, w[:2], stride=3, padding=1)]
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
# The filter is a **block** of $5\times 5\times 3$ numbers. It covers all three channels at once, so it can move
# in two directions only: down and to the right. At each place *all* the products are added up, those of the
# three channels together, and give **one** number.
#
# <!--screen-->The picture below is smaller, so that you can read its numbers, and begins with one channel. Set
# *channels* to 2. What has two layers now, and what still has one?<!--/screen-->

# %% tags=["otter_ignore"]
explore.conv(stride=1, padding=0)

# %% [raw]
# # BEGIN QUESTION
# name: q1b
# path: core
# minutes: 2
# difficulty: 1
# worksheet: 1(a)i
# explain: The image has several channels, the output only one. Where did the others go?
# misconceptions: [size-off-by-one, channels-kept, channels-not-counted, same-assumed]
# board: |
#   The filter can start in row 0, 1, …, 27: the last start is $32 - 5$. So there are $32 - 5 + 1 = 28$ rows, and as many columns.
#   One filter makes one channel:
#   $$28 \times 28 \times 1$$
#   Every number of the block meets one number of the image: $5\cdot 5\cdot 3 = 75$ products for one output.
# vary:
#   draw: {H: 12..64, W: 12..64, K: [3, 5, 7], C: 2..8, D: 2..16}
#   where: len({H, W, C, D}) == 4
#   ask: >-
#     An image of {H} × {W} pixels has {C} channels. {D} filters of {K} × {K} slide over it, with stride 1 and
#     without padding. What is the shape of the output: height, width, channels?
#   about: layer_shape
#   case: (H, W, C), (K, K, C, D)
# numbers: {H: 32, W: 32, K: 5, C: 3}

# %% [markdown]
# ### 1.b · Stride 1, no padding
#
# One ${{q1b.K}}\times{{q1b.K}}\times{{q1b.C}}$ filter slides over a ${{q1b.H}}\times{{q1b.W}}\times{{q1b.C}}$ image,
# one step at a time, without padding.
#
# - `shape_b`: the shape of the output, as a tuple `(height, width, channels)`
# - `products_b`: how many pairs are multiplied to get **one** output number?
#
# <details><summary>Hint 1</summary>
#
# Height and width each follow the rule of 1.a, as if the other were not there.
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
# BEGIN SOLUTION NO PROMPT
# 32 - 5 + 1 = 28 along each axis; one filter makes one channel; 5·5·3 pairs
shape_b = (28, 28, 1)
products_b = 75
# END SOLUTION
""" # BEGIN PROMPT
shape_b = ...
products_b = ...
""" # END PROMPT

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

    expect(shape_b, like=layer_shape, on=case(({{q1b.H}}, {{q1b.W}}, {{q1b.C}}), ({{q1b.K}}, {{q1b.K}}, {{q1b.C}}, 1)))

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The number of products for one output
""" # END TEST CONFIG
def test_products_b(products_b):
    import utils
    from utils.check import case, expect

    expect(products_b, like=utils.num_parameters, on=case(({{q1b.K}}, {{q1b.K}}, {{q1b.C}}, 1)))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q1c
# path: core
# minutes: 1
# difficulty: 1
# worksheet: 1(a)ii
# explain: Two rings of zeros added four rows. What took rows away again?
# misconceptions: [one-sided-pad, padding-ignored, size-off-by-one]
# board: |
#   Two rings of zeros add four rows, and the filter takes four away:
#   $$32 + 2\cdot 2 = 36, \qquad 36 - 5 + 1 = 32: \qquad 32 \times 32 \times 1$$
# vary:
#   draw: {H: 12..64, W: 12..64, K: [5, 7, 9], P: 1..5, C: 2..8, D: 2..16}
#   where: len({H, W, C, D}) == 4 and 2 * P not in (K - 1, K, K + 1)
#   ask: >-
#     An image of {H} × {W} pixels has {C} channels. {D} filters of {K} × {K} slide over it, with stride 1 and
#     padding {P}. What is the shape of the output: height, width, channels?
#   about: layer_shape
#   case: (H, W, C), (K, K, C, D), 1, P
# numbers: {H: 32, W: 32, K: 5, C: 3}

# %% [markdown]
# ### 1.c · The same with padding 2
#
# One ${{q1c.K}}\times{{q1c.K}}\times{{q1c.C}}$ filter slides over a ${{q1c.H}}\times{{q1c.W}}\times{{q1c.C}}$ image,
# one step at a time. But first, two rings of zeros are put around the image. What is the shape of the output,
# `shape_c`, as a tuple `(height, width, channels)`?
#
# <details><summary>Hint 1</summary>
#
# How high is the padded image?
#
# <details><summary>Hint 2</summary>
#
# Zeros come above and below, left and right. The channels get none.
#
# <details><summary>Hint 3</summary>
#
# Use the rule of 1.a with $n + 2p$ in place of $n$.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
# 32 + 2·2 - 5 + 1 = 32
shape_c = (32, 32, 1)
# END SOLUTION
""" # BEGIN PROMPT
shape_c = ...
""" # END PROMPT

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

    expect(shape_c, like=layer_shape, on=case(({{q1c.H}}, {{q1c.W}}, {{q1c.C}}), ({{q1c.K}}, {{q1c.K}}, {{q1c.C}}, 1), padding=2))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## 1.d · Ten filters, stacked
#
# One filter finds one thing, so a layer has many. Each makes an output channel of its own, and these are stacked.
# The **kernel** of the layer holds all its filters and has four axes: $(k_H, k_W, C_\text{in}, C_\text{out})$. Besides
# its block, a filter may have a **bias**: one number that is added to all of its outputs. Weights and biases together are the
# layer's **parameters**: the numbers that it learns.
#
# A claim to begin with: *"Twice as many filters, twice as many parameters."* Is this right?

# %% tags=["prediction"]
guess_twice = True  # True or False

# %% tags=["otter_ignore"]
one_layer, twice_the_filters = (utils.num_parameters((3, 3, 4, filters), bias=True) for filters in (6, 12))
reveal("twice as many filters, twice as many parameters", guess_twice, twice_the_filters == 2 * one_layer,
       why="Each filter brings its block and its bias, and shares nothing with the others.");

# %% [raw]
# # BEGIN QUESTION
# name: q1d
# path: core
# minutes: 2
# difficulty: 1
# worksheet: 1(a)iii
# misconceptions: [bias-not-counted, channels-not-counted, per-filter-not-total]
# explain: Why do the two counts of parameters not ask how large the image is?
# board: |
#   Each filter makes one channel, ten filters make ten: $32 \times 32 \times 10$.
#   $$\underbrace{5 \cdot 5 \cdot 3}_{\text{one filter}} = 75, \qquad 75 \cdot 10 = 750, \qquad 750 + \underbrace{10}_{\text{one bias each}} = 760$$
# vary:
#   draw: {S: 8..40, K: [2, 3, 5, 7], C: 2..12, D: 2..20}
#   where: C != D
#   ask: >-
#     {D} filters of {K} × {K} slide over an image of {S} × {S} pixels with {C} channels, and each filter has a bias.
#     How many numbers does the layer learn?
#   about: layer_parameters
#   case: (S, S, C), (K, K, C, D), 1, 0, True
# numbers: {K: 5, C: 3, D: 10}

# %% [markdown]
# ### 1.d · Shape and parameters of the stack
#
# A layer of {{q1d.D}} filters, each ${{q1d.K}}\times{{q1d.K}}\times{{q1d.C}}$, on a $32\times32\times{{q1d.C}}$ image,
# with stride 1 and padding 2.
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
# BEGIN SOLUTION NO PROMPT
# ten filters make ten channels; each has 5·5·3 weights and one bias
shape_d = (32, 32, 10)
parameters_d = 5 * 5 * 3 * 10
parameters_with_bias_d = 5 * 5 * 3 * 10 + 10
# END SOLUTION
""" # BEGIN PROMPT
shape_d = ...
parameters_d = ...
parameters_with_bias_d = ...
""" # END PROMPT

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The shape of the output of all filters
""" # END TEST CONFIG
def test_shape_d(shape_d):
    from utils.check import case, expect
    from utils.check.references.counting import layer_shape

    expect(shape_d, like=layer_shape, on=case((32, 32, {{q1d.C}}), ({{q1d.K}}, {{q1d.K}}, {{q1d.C}}, {{q1d.D}}), padding=2))

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The number of parameters without biases
""" # END TEST CONFIG
def test_parameters_d(parameters_d):
    from utils.check import case, expect
    from utils.check.references.counting import layer_parameters

    on = case((32, 32, {{q1d.C}}), ({{q1d.K}}, {{q1d.K}}, {{q1d.C}}, {{q1d.D}}), padding=2)
    expect(parameters_d, like=layer_parameters, on=on)

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The number of parameters with biases
""" # END TEST CONFIG
def test_parameters_with_bias_d(parameters_with_bias_d):
    from utils.check import case, expect
    from utils.check.references.counting import layer_parameters

    on = case((32, 32, {{q1d.C}}), ({{q1d.K}}, {{q1d.K}}, {{q1d.C}}, {{q1d.D}}), padding=2, bias=True)
    expect(parameters_with_bias_d, like=layer_parameters, on=on)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q1e
# path: more
# minutes: 5
# difficulty: 1
# worksheet: 1(a)iii
# explain: Why does one bias for each filter do, and not one for each output pixel?
# also: "return int(np.prod(kernel_shape)) + bias * kernel_shape[-1]"
# vary:
#   draw: {H: 2..7, W: 2..7, C: 2..12, D: 2..20}
#   where: len({H, W, C, D}) == 4
#   ask: "{D} filters, {H} high and {W} wide, see {C} channels; they have no biases. How many weights are that?"
#   about: num_parameters
#   case: (H, W, C, D)

# %% [markdown]
# ### 1.e · Count them all
#
# Write `num_parameters(kernel_shape, bias=False)` for a kernel of any rank. The last axis of `kernel_shape`
# is always the number of filters: `(k, C_in, C_out)` in one dimension, `(kH, kW, C_in, C_out)` in two.
#
# <details><summary>Hint 1</summary>
#
# Without biases, it is how many numbers the kernel holds.
#
# <details><summary>Hint 2</summary>
#
# NumPy and `math` both have a function that multiplies all entries of a tuple.
#
# <details><summary>Hint 3</summary>
#
# With biases, there is one more number for each filter. Which entry of the shape counts the filters?
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
    cases += [case((2, 3, 5, 4, 6))]
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
# takes the $C_\text{in}$ numbers that are there, multiplies each by a weight, and adds them up.

# %% [raw]
# # BEGIN QUESTION
# name: q1f_i
# path: core
# minutes: 2
# difficulty: 1
# worksheet: 1(a)iv
# explain: Suppose there are fewer filters than input channels. Can all that the channels said still be told apart?
# misconceptions: [bias-per-input-channel, channels-not-counted, channels-kept]
# board: |
#   A window of one pixel fits everywhere: $32 - 1 + 1 = 32$. Four filters make four channels: $32 \times 32 \times 4$.
#   One filter has a weight for each of the ten input channels, and a bias:
#   $$4 \cdot (1\cdot 1\cdot 10 + 1) = 44$$
# vary:
#   draw: {H: 12..64, W: 12..64, C: 6..40, D: 2..30}
#   where: len({H, W, C, D}) == 4
#   ask: >-
#     {D} filters of 1 × 1, each with a bias, look at an image of {H} × {W} pixels with {C} channels. How many
#     numbers does the layer learn?
#   about: layer_parameters
#   case: (H, W, C), (1, 1, C, D), 1, 0, True
# numbers: {H: 32, W: 32, C: 10, D: 4}

# %% [markdown]
# ### 1.f.i · Shape and parameters
#
# A layer of {{q1f_i.D}} filters of 1×1, with biases, on an input of ${{q1f_i.H}}\times{{q1f_i.W}}\times{{q1f_i.C}}$.
# Stride 1, no padding. How large is what comes out, and how much is there to learn?
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
# A filter of 1×1 is small, but it still covers every input channel. How many weights does **one** filter have?
#
# <details><summary>Hint 3</summary>
#
# Besides its weights, what else does each filter learn? And how many filters are there?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
# k = 1 changes no size; each of 4 filters has a weight for each of 10 channels, and one bias
shape_f = (32, 32, 4)
parameters_f = 10 * 4 + 4
# END SOLUTION
""" # BEGIN PROMPT
shape_f = ...
parameters_f = ...
""" # END PROMPT

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

    expect(shape_f, like=layer_shape, on=case(({{q1f_i.H}}, {{q1f_i.W}}, {{q1f_i.C}}), (1, 1, {{q1f_i.C}}, {{q1f_i.D}})))

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The parameters of a 1×1 convolution
""" # END TEST CONFIG
def test_parameters_f(parameters_f):
    from utils.check import case, expect
    from utils.check.references.counting import layer_parameters

    on = case(({{q1f_i.H}}, {{q1f_i.W}}, {{q1f_i.C}}), (1, 1, {{q1f_i.C}}, {{q1f_i.D}}), bias=True)
    expect(parameters_f, like=layer_parameters, on=on)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q1f_ii
# path: more
# minutes: 5
# difficulty: 2
# worksheet: 1(a)iv
# explain: Which loop over pixels does the one line stand for?
# also: "return np.einsum('bhwc,cd->bhwd', x, w[0, 0])"

# %% [markdown]
# ### 1.f.ii · Write it in one line
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
# A row times a matrix. Which two axes of `w` are that matrix, and how do you get rid of the other two?
#
# <details><summary>Hint 3</summary>
#
# NumPy's `@` works on the *last* axis of its left side, and leaves the axes before it alone. So nothing has to be
# reshaped.
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
             case(draw((2, 2, 3, 2), seed=3), draw((1, 1, 2, 2), seed=4)),
             case(draw((1, 3, 2, 4), seed=5), draw((1, 1, 4, 2), seed=6))]
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
# path: more
# minutes: 5
# difficulty: 2
# worksheet: 1(a)iv

# %% [markdown]
# ### 1.f.iii · In your own words
#
# A friend says: *"A 1×1 convolution does nothing. It looks at one pixel."* What do you answer, in two or three
# sentences? Say what happens to **space** and what to the **channels**, one thing that it is good for, and one
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
# path: more
# minutes: 5
# difficulty: 2
# worksheet: 1(a)ii
# explain: Why is there no such padding for a kernel of size 4?

# %% [markdown]
# ### 1.g · Keep the size: "same" padding
#
# When a layer's output is as big as its input, you can stack as many layers as you like, and nothing shrinks. Which padding
# does that? Write `same_padding(kernel_size)`, for an **odd** kernel size and stride 1.
#
# <details><summary>Hint 1</summary>
#
# Write down the rule for the size with stride 1. Set the result equal to $n$.
#
# <details><summary>Hint 2</summary>
#
# You have an equation now. One of its letters drops out: which one? Solve for the padding.
#
# <details><summary>Hint 3</summary>
#
# Try it with $k = 1$ and $k = 5$ on paper: the answers are whole numbers, and Python should return an `int`.
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
# An **even** kernel has no such padding: it would need half a zero at each end. This is one reason why you almost
# always meet kernels of size 3, 5 and 7.

# %% [markdown]
# ## 1.h · A chain of layers
#
# *◇ more*
#
# A network is a chain: what one layer puts out, the next takes in.<!--screen--> Build one in the picture, then try to
# break it: what happens when a filter is larger than what is left of the image? (A *pool* layer keeps one number of each
# window: problem 5.)<!--/screen-->

# %% tags=["otter_ignore"]
explore.shapes(
    layers=[
        {"kind": "conv", "kernel_size": 3, "filters": 6},
        {"kind": "pool", "kernel_size": 2, "stride": 2},
        {"kind": "conv", "kernel_size": 5, "filters": 12},
    ],
    input_shape=(24, 24, 3),
)

# %% [raw]
# # BEGIN QUESTION
# name: q1h
# path: more
# minutes: 12
# difficulty: 3
# worksheet: ["1(a)i", "1(a)iii"]
# explain: In which line would it matter if C were updated too early?

# %% [markdown]
# ### 1.h · Follow the image
#
# Write `chain(input_shape, layers)`. The input shape is `(H, W, C)`. Each layer is a tuple
# `(kernel_size, filters, stride, padding)`. The kernels are square, and every layer has biases.
# Return two things:
#
# 1. the output shape `(H, W, C)` of the **last** layer,
# 2. the number of parameters of **all** layers together.
#
# Your own functions from above do most of the work.
#
# <details><summary>Hint 1</summary>
#
# Go through the layers with one loop, and keep `H, W, C` up to date as you go.
#
# <details><summary>Hint 2</summary>
#
# How many channels does the second layer see? Ask what the first one has put out.
#
# <details><summary>Hint 3</summary>
#
# Does the count of parameters need the channels that come in, or those that go out? So when may `C` change?
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
        case((32, 24, 3), ((5, 10, 1, 2),)),
        case((28, 22, 3), ((5, 10, 3, 1), (4, 6, 2, 0))),
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
# ## Why so few numbers are enough
#
# *◇ more*
#
# Take a layer with 16 filters of 3×3 on a $64\times64\times3$ image, padded so that the size stays. A **dense** layer
# with the same input and output joins every input number to every output number by a weight of its own. How many times
# as many weights is that?

# %% tags=["prediction"]
guess_times = "about ten thousand"  # "about a hundred", "about ten thousand" or "about two million"

# %% tags=["otter_ignore", "folded"]
dense, convolution = (64 * 64 * 3) * (64 * 64 * 16), 3 * 3 * 3 * 16
sizes = {"about a hundred": 1e2, "about ten thousand": 1e4, "about two million": 2e6}
nearest = min(sizes, key=lambda words: abs(np.log(sizes[words] * convolution / dense)))
if reveal("how many times as many", guess_times, nearest, choices=tuple(sizes)):
    figure, ax = plt.subplots(figsize=(6, 1.6))
    ax.barh(["convolution", "dense"], [convolution, dense], color=["#0b63b0", "#b04a00"])
    ax.set_xscale("log")
    ax.set_xlabel("number of weights (each mark: 100 times as many)")
    for row, count in enumerate([convolution, dense]):
        ax.annotate(f"{count:,}", (count, row), xytext=(4, 0), textcoords="offset points", va="center")
    ax.set_xlim(1, 1e11)
    ax.spines[["top", "right"]].set_visible(False)
    show(figure, f"Two bars. The convolution has {convolution:,} weights, the dense layer {dense:,}.")

# %% [markdown]
# Two savings come together: each output looks at a small window only, and all windows share the same weights.
# Problem 2 makes both visible in one matrix, and asks what is given up for it.

# %% [markdown]
# ## How far does one output look?
#
# *◇ more*
#
# One output of a 3×3 filter depends on 3×3 pixels. These are its **receptive field**. Now stack three such layers. An
# output of the third depends on 3×3 outputs of the second, and each of those on 3×3 of the first. How many pixels
# wide is the receptive field of *one* output at the end?

# %% tags=["prediction"]
guess_field = 9  # a whole number

# %% tags=["otter_ignore", "folded"]
def field(strides):
    """How often each pixel of an image is reached from one output in the middle, through 3x3 layers."""
    kernel = np.ones((3, 3, 1, 1))
    sizes = [41]
    for stride in strides:
        sizes.append(utils.output_size(sizes[-1], 3, stride, 1))
    lit = np.zeros((1, sizes[-1], sizes[-1], 1))
    lit[0, sizes[-1] // 2, sizes[-1] // 2, 0] = 1
    for size, stride in zip(sizes[-2::-1], strides[::-1], strict=True):
        lit = utils.conv2d_grad_input(lit, kernel, (1, size, size, 1), stride=stride, padding=1)
    return lit[0, :, :, 0]


def wide(strides):
    return int((field(strides).sum(axis=0) > 0).sum())


if reveal("the width of the receptive field", guess_field, wide([1, 1, 1]), why="Each layer adds one pixel at each side."):
    figure, axes = plt.subplots(1, 3, figsize=(8, 2.8))
    for ax, layers in zip(axes, (1, 2, 3), strict=True):
        ax.imshow(field([1] * layers)[14:27, 14:27], cmap="Blues")
        ax.set_title(f"{layers} layer{'s' * (layers > 1)}: {wide([1] * layers)} wide")
        ax.set(xticks=[], yticks=[])
    show(
        figure,
        "Three squares of pixels, those lit that one output depends on: 3 by 3 after one layer, 5 by 5 after two, 7 by 7 "
        "after three. The middle is the darkest: most paths lead there.",
    )

# %% [markdown]
# And if the *first* of the three layers moves two steps at a time? Then two neighbours in its output are two pixels
# apart, so everything that the later layers add counts twice.

# %% tags=["prediction"]
guess_field_strided = 9  # a whole number

# %% tags=["otter_ignore"]
reveal("the width with stride 2 in the first layer", guess_field_strided, wide([2, 1, 1]),
       why="The first layer sees 3; each later one adds 1 at each side, and each of these is 2 pixels wide: 3 + 4 + 4.");

# %% [raw]
# # BEGIN QUESTION
# name: q1i
# path: more
# minutes: 8
# difficulty: 2
# worksheet: 0.1
# misconceptions: [stride-ignored, stride-counted-too-early]
# explain: Why does the stride of the last layer make no difference?
# also: |
#   width = 1
#   for kernel_size, stride in reversed(layers):
#       width = (width - 1) * stride + kernel_size
#   return width

# %% [markdown]
# ### 1.i · The receptive field of a chain
#
# Convolution layers follow one another. Each is a tuple `(kernel_size, stride)`, the first layer first. Write
# `receptive_field(layers)`: how many pixels wide is the part of the image that **one** output of the last layer depends on?
# The image is large enough, and padding plays no part.
#
# <details><summary>Hint 1</summary>
#
# Without any layer, one "output" is one pixel, so the width is 1. What does a first layer with a kernel of 5 make of it?
#
# <details><summary>Hint 2</summary>
#
# Two neighbours in the output of a layer with stride 2 lie two pixels apart. If a second layer has stride 3, how many pixels
# apart are two neighbours in *its* output?
#
# <details><summary>Hint 3</summary>
#
# Keep two numbers in your loop: the width so far, and how many pixels apart two neighbours are. Which of the two does a layer
# need first, and which does it change for the layers behind it?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def receptive_field(layers):
    """How many pixels wide is what one output of the last layer depends on; a layer is (kernel_size, stride)."""
    # BEGIN SOLUTION
    width, apart = 1, 1
    for kernel_size, stride in layers:
        width += (kernel_size - 1) * apart
        apart *= stride
    return width
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: Two layers, and three
""" # END TEST CONFIG
def test_receptive_field(receptive_field):
    from utils.check import case, expect
    from utils.check.references import counting

    cases = [case(((5, 1), (3, 1))), case(((3, 2), (5, 1))), case(((2, 2), (4, 3), (3, 1)))]
    expect(receptive_field, like=counting.receptive_field, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
failure_message: Longer chains, and a chain of one
""" # END TEST CONFIG
def test_receptive_field_for_all(receptive_field):
    from utils.check import case, expect
    from utils.check.loops import counting

    chains = [((7, 3),), ((3, 1),) * 6, ((7, 2), (3, 2), (1, 1), (3, 2), (5, 1)), ((1, 4), (2, 2), (2, 2)), ((4, 2), (4, 2), (4, 2))]
    expect(receptive_field, like=counting.receptive_field, on=[case(chain) for chain in chains], hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# This is why networks that must see a whole face use strides or pooling (problem 5): without them, it would take a hundred
# layers of 3×3 to look 200 pixels wide.

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

utils.practice("dimensions")

# %% [markdown]
# ## What to remember
#
# <!--screen-->What would be on your own list? Write three lines, then open ours.
#
# <details><summary>Our list</summary><!--/screen-->
#
# - Size: $\left\lfloor \dfrac{n + 2p - k}{s} \right\rfloor + 1$. Pad first, round **down**, then add 1.
# - A filter covers **all** input channels, and makes **one** output channel.
# - Parameters: $(k_H \cdot k_W \cdot C_\text{in} + 1)\cdot C_\text{out}$ with biases. The image size plays no part.
# - A 1×1 convolution mixes channels and leaves space alone.
# - An odd kernel with padding $(k-1)/2$ and stride 1 keeps the size.
# - Each layer widens the receptive field by $(k-1)$ times the product of the strides before it.
#
# <!--screen--></details><!--/screen-->
