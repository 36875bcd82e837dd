# %% [raw]
# # ASSIGNMENT CONFIG
# name: p9_variations
# title: "Problem 9 · Variations of the convolution"

# %% [markdown]
# # Problem 9 · The same idea, seven ways
#
# Real networks seldom use the plain convolution alone. They spread its window, cut its channels into groups, run it
# backwards to make pictures larger, normalize in other ways, and build bridges around it. Each of these is one small
# change to what you know, and before you use it you ask: **what does it cost, and what does it break?**
#
# **What you'll do**
# - light up the pixels that one output depends on, and predict how far they reach
# - spread a kernel, cut it into groups, and count what is saved
# - make a signal larger with a transposed convolution, and find out what can go wrong
# - shift an image and see whether the network notices
# - normalize each image on its own, and send a gradient through a bridge
#
# **What you'll learn**
# - receptive field and jump, layer by layer
# - what a transposed convolution gives back, and what it does not
# - what BatchNorm, LayerNorm and GroupNorm have in common, and why a residual block trains
#
# **What you need**
# - problems 1 and 3; problem 6 for 9.f
# - about 38 minutes for the core path, marked ◆; about 95 for everything

# %% tags=["setup"]
import sys

sys.path.insert(0, "..")  # utils/ lies beside the notebooks folder

# %%
import time

import matplotlib.pyplot as plt
import numpy as np

import utils
from utils import explore
from utils.notebook import reveal, show

# %% [markdown]
# ## Three quick questions
#
# From earlier problems, without looking anything up:
#
# - A filter of 3 slides over 11 numbers with stride 2, no padding. How many **outputs** are there?
# - In that layer, into how many outputs does the input at index 4 go? (Count from 0.)
# - BatchNorm, images of shape $(4, 5, 6, 3)$: over how many **numbers** is each mean taken?

# %% tags=["prediction"]
recap_outputs = 6  # a whole number
recap_fan = 1  # a whole number
recap_mean = 4  # a whole number

# %% tags=["otter_ignore"]
reveal("the outputs", recap_outputs, utils.output_size(11, 3, 2), why="Problem 1: (11 - 3) // 2 + 1.")
reveal("the outputs of input 4", recap_fan, int((utils.conv_matrix(np.ones(3), 11, 2)[:, 4] != 0).sum()),
       why="Problem 3: the windows begin at 0, 2, 4, ...; two of them hold index 4.")
reveal("the numbers in a mean", recap_mean, 4 * 5 * 6, why="Problem 6: batch, height and width, for each channel.");

# %% [markdown]
# ## A picture grows
#
# Networks that draw have to make small pictures large. One way is to let every pixel lay down a small patch, two steps
# apart, and to add up where patches overlap. Here every patch is $3\times3$, and each of its nine numbers is the pixel
# itself. The picture to enlarge is plain grey: every pixel is 1. Will the large picture be plain grey, too, apart from its
# border?

# %% tags=["prediction"]
guess_plain = True  # True or False

# %% tags=["otter_ignore", "folded"]
# The photo comes with scikit-learn: "china.jpg" by Daniel Büchele, licence CC BY 2.0, here in grey and smaller.
grown = utils.conv_transpose2d(np.ones((12, 12)), np.ones((3, 3)), stride=2)
if reveal("the large picture is plain", guess_plain, len(np.unique(grown[4:-4, 4:-4])) == 1,
          why="Some of its pixels lie in one patch, some in two, some in four."):
    from sklearn.datasets import load_sample_image

    photo = load_sample_image("china.jpg")[120:280:4, 200:400:4].mean(axis=2) / 255
    figure, axes = plt.subplots(1, 3, figsize=(11, 3.4))
    pictures = [(grown, "plain grey, enlarged"), (utils.conv_transpose2d(photo, np.ones((3, 3)), stride=2), "a photo: patch 3, step 2"),
                (utils.conv_transpose2d(photo, np.ones((4, 4)), stride=2), "a photo: patch 4, step 2")]
    for ax, (picture, title) in zip(axes, pictures, strict=True):
        ax.imshow(picture, cmap="gray")
        ax.set_title(title)
        ax.axis("off")
    show(figure, "Three grey pictures. Plain grey became a regular checkerboard of bright and dark squares. The photo of a pagoda, enlarged "
         "with patches of 3, lies behind the same checkerboard. Enlarged with patches of 4 it is smooth.")

# %% [markdown]
# How large the patches are, and how far apart: in 9.d you will predict the picture's fate from these two numbers.
#
# ## 9.a · How far does one output look?
#
# The **receptive field** of an output is the part of the image that it depends on. Take a row of 15 pixels. A first layer has
# a kernel of 3 and stride 2, a second one a kernel of 3 and stride 1. How many pixels wide is the receptive field of **one**
# output of the second layer? Draw it: three dots of the first layer, and what each of them looks at.

# %% tags=["prediction"]
guess_two_layers = 9  # a whole number

# %% tags=["otter_ignore", "folded"]
def draw_field(layers, pixels):
    """Rows of dots, the image below and a row for each layer (kernel_size, stride), with what the middle output at the top sees."""
    rows = [np.arange(pixels, dtype=float)]  # where each dot stands: in the middle of its window
    for kernel_size, stride in layers:
        starts = range(0, len(rows[-1]) - kernel_size + 1, stride)
        rows.append(np.array([rows[-1][start : start + kernel_size].mean() for start in starts]))
    seen = [{len(rows[-1]) // 2}]
    for kernel_size, stride in layers[::-1]:
        seen.insert(0, {one * stride + step for one in seen[0] for step in range(kernel_size)})
    figure, ax = plt.subplots(figsize=(8, 2.4))
    for height, (places, lit_dots) in enumerate(zip(rows, seen, strict=True)):
        for number, place in enumerate(places):
            blue = number in lit_dots
            ax.plot(place, height, "o", color="#0b63b0" if blue else "#888888", markersize=11 if blue else 6)
            if height and blue:
                kernel_size, stride = layers[height - 1]
                for below in rows[height - 1][number * stride : number * stride + kernel_size]:
                    ax.plot([place, below], [height, height - 1], color="#0b63b0", linewidth=1)
        ax.text(-0.8, height, "image" if not height else f"layer {height}", ha="right", va="center")
    ax.set(xlim=(-3, pixels), ylim=(-0.4, len(layers) + 0.4))
    ax.axis("off")
    return figure, len(seen[0])


figure, seen_wide = draw_field([(3, 2), (3, 1)], 15)
if reveal("the width of the receptive field", guess_two_layers, seen_wide,
          why="The output looks at three dots of layer 1. They are 2 pixels apart, so the outer ones add 2 at each side of the middle one's 3."):
    show(figure, "Three rows of dots. Above, one dot of layer 2 is lit, in the middle. Lines lead from it to three neighbours in layer 1, and "
         "from each of them to three pixels of the image. Seven pixels side by side are lit; two of them are seen by two dots of layer 1.")
plt.close(figure)

# %% [markdown]
# So two numbers grow from layer to layer. One is the width of the receptive field in pixels, call it $r$. The other is the
# **jump** $j$: how many pixels apart two neighbours in a layer's output are. In the image itself $r = j = 1$. A layer with
# kernel size $k$, stride $s$ and dilation $d$ (its weights look at places $d$ apart) makes
#
# $$r \leftarrow r + (k - 1)\, d\, j \qquad \text{and then} \qquad j \leftarrow j\, s$$
#
# In words: the kernel reaches $(k-1)\,d$ steps beyond its first place, and each of these steps is $j$ pixels wide.

# %% [raw]
# # BEGIN QUESTION
# name: q9a_i
# path: core
# minutes: 4
# difficulty: 1
# misconceptions: [own-stride-counted, strides-ignored, sizes-added]
# explain: Which layer's stride does not matter for the receptive field at the end?
# vary:
#   draw: {a: 2..7, b: 2..7, c: 2..7, s: 2..3, t: 1..3, r: 1..3}
#   where: s * t * r > 2
#   ask: >-
#     Three layers without dilation: kernel {a} with stride {s}, then kernel {b} with stride {t}, then kernel
#     {c} with stride {r}. How many pixels wide is the receptive field of one output at the end?
#   about: dilated_field
#   case: "[(a, s, 1), (b, t, 1), (c, r, 1)]"
# numbers: {a: 5, s: 2, b: 3, t: 1, c: 2, r: 2}

# %% [markdown]
# ### 9.a.i · Three layers by hand
#
# Three layers without dilation: kernel {{q9a_i.a}} with stride {{q9a_i.s}}, then kernel {{q9a_i.b}} with stride {{q9a_i.t}}, then kernel
# {{q9a_i.c}} with stride {{q9a_i.r}}. How wide is the receptive field of **one** output at the end (`field`), and how many pixels apart are two neighbours
# (`jump`)? The rule: $r \leftarrow r + (k-1)\,j$, and then $j \leftarrow j\,s$, starting from $r = j = 1$.
#
# <details><summary>Hint 1</summary>
#
# After the first layer the field is as wide as its kernel. And the jump?
#
# <details><summary>Hint 2</summary>
#
# The second layer adds {{q9a_i.b - 1}} steps at each output. How many pixels is one step wide by now?
#
# <details><summary>Hint 3</summary>
#
# Its own stride counts only for the layers **after** a layer. Make a table with three rows.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
# 1 + 4·1 = 5, jump 2; then 5 + 2·2 = 9, jump 2; then 9 + 1·2 = 11, jump 4
field = 11
jump = 4
# END SOLUTION
""" # BEGIN PROMPT
field = ...
jump = ...
""" # END PROMPT

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The receptive field of three layers
""" # END TEST CONFIG
def test_field(field):
    from utils.check import case, expect
    from utils.check.references import variations

    expect(field, like=variations.dilated_field, on=case([({{q9a_i.a}}, {{q9a_i.s}}, 1), ({{q9a_i.b}}, {{q9a_i.t}}, 1), ({{q9a_i.c}}, {{q9a_i.r}}, 1)]))

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: How far apart two neighbours are
""" # END TEST CONFIG
def test_jump(jump):
    from utils.check import case, expect
    from utils.check.references import variations

    expect(jump, like=variations.jump, on=case([({{q9a_i.a}}, {{q9a_i.s}}, 1), ({{q9a_i.b}}, {{q9a_i.t}}, 1), ({{q9a_i.c}}, {{q9a_i.r}}, 1)]))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q9a_ii
# path: core
# minutes: 5
# difficulty: 2
# misconceptions: [own-stride-counted, strides-ignored, dilation-ignored]
# explain: Which of the two lines of your loop must come first, and what happens in the other order?
# also: |
#   jumps = np.cumprod([1] + [s for _, s, _ in layers])
#   return int(1 + sum((k - 1) * d * j for (k, _, d), j in zip(layers, jumps)))

# %% [markdown]
# ### 9.a.ii · For any stack of layers
#
# Write `receptive_field(layers)`. Each layer is a tuple `(kernel_size, stride, dilation)`; the first in the list is the
# one at the image. Return a whole number. The rule: $r \leftarrow r + (k-1)\,d\,j$, and then $j \leftarrow j\,s$,
# starting from $r = j = 1$.
#
# <details><summary>Hint 1</summary>
#
# Two variables and one loop.
#
# <details><summary>Hint 2</summary>
#
# The head of a loop can take each tuple apart: write three names there, with commas between them.
#
# <details><summary>Hint 3</summary>
#
# Which of the two variables is needed in its old form by the other one? Change that one last.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def receptive_field(layers):
    """How many pixels wide one output looks, after layers (kernel_size, stride, dilation)."""
    # BEGIN SOLUTION
    field, jump = 1, 1
    for kernel_size, stride, dilation in layers:
        field += (kernel_size - 1) * dilation * jump
        jump *= stride
    return field
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: A few short stacks
""" # END TEST CONFIG
def test_receptive_field(receptive_field):
    from utils.check import case, expect
    from utils.check.references import variations

    stacks = [((3, 1, 1),), ((3, 2, 1), (4, 1, 1)), ((3, 2, 1), (3, 3, 2), (2, 1, 3))]
    expect(receptive_field, like=variations.dilated_field, on=[case(stack) for stack in stacks])

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
failure_message: Longer stacks, against what a gradient lights up
""" # END TEST CONFIG
def test_receptive_field_for_all(receptive_field):
    from utils.check import case, expect
    from utils.check.loops import variations

    stacks = [((1, 1, 1), (5, 1, 2)), ((7, 2, 1), (3, 2, 1), (3, 1, 1), (3, 2, 1)), ((2, 1, 1), (2, 1, 2), (2, 1, 4)), ()]
    expect(receptive_field, like=variations.dilated_field, on=[case(stack) for stack in stacks], hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ### Light it up
#
# You can check the rule without any formula. Send a gradient of 1 back from **one** output, through all layers: every pixel on
# which the output depends lights up, and the more ways lead to it, the brighter it is. We do this for three stacks of three
# $3\times3$ layers: one with stride 1; one with stride 2 in each layer; and one with the dilations 1, 2 and 4. Which of the
# three sees the largest part of the image?

# %% tags=["prediction"]
guess_widest = "stride 2"  # "plain", "stride 2", "dilation" or "stride 2 and dilation see as far"

# %% tags=["otter_ignore", "folded"]
def lit(layers, pixels=51):
    """How brightly each pixel of an image is lit by one output in the middle, through 3x3 layers (stride, dilation)."""
    sizes = [pixels]
    for stride, dilation in layers:
        sizes.append(utils.output_size(sizes[-1], 3, stride, dilation, dilation))
    glow = np.zeros((1, sizes[-1], sizes[-1], 1))
    glow[0, sizes[-1] // 2, sizes[-1] // 2] = 1
    for size, (stride, dilation) in zip(sizes[-2::-1], layers[::-1], strict=True):
        glow = utils.conv2d_grad_input(glow, np.ones((3, 3, 1, 1)), (1, size, size, 1), stride, dilation, dilation)
    return glow[0, :, :, 0]


stacks = {"plain": [(1, 1)] * 3, "stride 2": [(2, 1)] * 3, "dilation": [(1, 1), (1, 2), (1, 4)]}
wide = {name: int((lit(stack).sum(axis=0) > 0).sum()) for name, stack in stacks.items()}
same = "stride 2 and dilation see as far"
truth = same if wide["stride 2"] == wide["dilation"] else max(wide, key=lambda name: wide[name])
if reveal("the one that sees most", guess_widest, truth, choices=(*stacks, same),
          why="A dilation that doubles widens the steps just as stride 2 does, but it throws no output away."):
    figure, axes = plt.subplots(1, 3, figsize=(9, 3.3))
    for ax, (name, stack) in zip(axes, stacks.items(), strict=True):
        ax.imshow(lit(stack)[13:38, 13:38], cmap="Blues")
        ax.set_title(f"{name}: {wide[name]} wide")
        ax.set(xticks=[], yticks=[])
    show(figure, "Three squares of pixels, those lit that one output depends on. Plain: 7 wide, brightest in the middle. Stride 2 and dilation: "
         "both 15 wide, in the same pattern of brighter and darker pixels.")

# %% [raw]
# # BEGIN QUESTION
# name: q9a_iii
# path: more
# minutes: 4
# difficulty: 2
# misconceptions: [sizes-added, dilation-ignored]
# explain: How many layers with such dilations would you need to look a thousand steps back, and how many without?

# %% [markdown]
# ### 9.a.iii · Is this right?
#
# A claim: *"Ten layers of kernel size 3, with stride 1, see exactly as far as one layer of kernel size 21."*

# %% tags=["prediction"]
guess_ten = False  # True or False

# %% tags=["otter_ignore"]
reveal("they see as far", guess_ten, 1 + 10 * (3 - 1) == 21, why="But they have 30 weights instead of 21 in one dimension, and ten nonlinearities.");

# %% [markdown]
# For sounds, layers of kernel size **2** with stride 1 are stacked, and the dilation doubles: 1, 2, 4, 8, 16. How many
# steps wide is the receptive field of these **five** layers (`field_doubling`)? And without dilation (`field_plain`)?
#
# <details><summary>Hint 1</summary>
#
# With stride 1 the jump stays 1. Each layer adds $(k-1)\,d$.
#
# <details><summary>Hint 2</summary>
#
# With $k = 2$, a layer adds its dilation.
#
# <details><summary>Hint 3</summary>
#
# Do not forget the pixel you start with.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
# 1 + 1 + 2 + 4 + 8 + 16, and 1 + 5·1
field_doubling = 32
field_plain = 6
# END SOLUTION
""" # BEGIN PROMPT
field_doubling = ...
field_plain = ...
""" # END PROMPT

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The receptive field with doubling dilation
""" # END TEST CONFIG
def test_field_doubling(field_doubling):
    from utils.check import case, expect
    from utils.check.references import variations

    expect(field_doubling, like=variations.dilated_field, on=case([(2, 1, 1), (2, 1, 2), (2, 1, 4), (2, 1, 8), (2, 1, 16)]))

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The receptive field without dilation
""" # END TEST CONFIG
def test_field_plain(field_plain):
    from utils.check import case, expect
    from utils.check.references import variations

    expect(field_plain, like=variations.dilated_field, on=case([(2, 1, 1)] * 5))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## 9.b · Dilation: a kernel with holes
#
# *◇ more*
#
# A kernel of size $k$ with **dilation** $d$ looks at places $d$ apart. It spans $d\,(k-1) + 1$ places and still has
# only $k$ weights. <!--screen-->In the picture, raise the dilation and point at one output.<!--/screen-->

# %% tags=["otter_ignore"]
explore.conv(dilation=2)

# %% [raw]
# # BEGIN QUESTION
# name: q9b
# path: more
# minutes: 6
# difficulty: 2
# misconceptions: [size-off-by-one, axes-exchanged]
# explain: Why is no library's dilated convolution computed this way, although the result is right?
# also: |
#   kH, kW, C, D = w.shape
#   rows = np.zeros((kH, dilation[0], kW, dilation[1], C, D), w.dtype)
#   rows[:, 0, :, 0] = w
#   full = rows.reshape(kH * dilation[0], kW * dilation[1], C, D)
#   return full[: 1 - dilation[0] or None, : 1 - dilation[1] or None]

# %% [markdown]
# ### 9.b · Put in the holes
#
# A dilated convolution is a plain one with a larger kernel that has zeros between its weights. Write
# `spread_kernel(w, dilation)`: `w` has shape `(kH, kW, C, D)`, `dilation` is a pair `(dH, dW)`, for the height and the
# width. Return the larger kernel: no zeros before the first weight, none after the last.
#
# <details><summary>Hint 1</summary>
#
# First the shape. How many rows lie between the first and the last weight of a column?
#
# <details><summary>Hint 2</summary>
#
# Zeros of that shape; then the weights go to every `dH`-th row and every `dW`-th column.
#
# <details><summary>Hint 3</summary>
#
# `a[::3, ::2] = b` writes into every third row and every second column.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def spread_kernel(w, dilation):
    """w (kH, kW, C, D) with zeros between its weights: (dH (kH - 1) + 1, dW (kW - 1) + 1, C, D)."""
    # BEGIN SOLUTION
    kH, kW, C, D = w.shape
    dH, dW = dilation
    spread = np.zeros((dH * (kH - 1) + 1, dW * (kW - 1) + 1, C, D), dtype=w.dtype)
    spread[::dH, ::dW] = w
    return spread
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: Two small kernels
""" # END TEST CONFIG
def test_spread_kernel(spread_kernel):
    from utils.check import case, draw, expect
    from utils.check.references import variations

    cases = [case(draw((2, 3, 1, 1), seed=1), (2, 1)), case(draw((2, 2, 1, 2), seed=2), (2, 3))]
    expect(spread_kernel, like=variations.spread_kernel, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
failure_message: Larger kernels
""" # END TEST CONFIG
def test_spread_kernel_for_all(spread_kernel):
    from utils.check import case, draw, expect
    from utils.check.loops import variations

    cases = [case(draw((kH, kW, 2, 3), seed=kH), d) for kH, kW in [(1, 1), (3, 2), (4, 5)] for d in [(1, 1), (3, 2), (1, 4)]]
    expect(spread_kernel, like=variations.spread_kernel, on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## 9.c · Groups: not everybody talks to everybody
#
# In a plain convolution every filter looks at all input channels. Cut the channels into $g$ **groups**: the first $C/g$
# input channels feed the first $D/g$ filters, the next ones the next, and nothing crosses over. $g$ must divide both
# $C$ and $D$. What does that save? You will count it.
#
# The extreme is $g = C$: a **depthwise** convolution, in which each channel has a filter of its own. It
# sees space, and never mixes channels. A 1×1 convolution (problem 1) mixes channels and never sees space. One after
# the other they are a **depthwise-separable** convolution.

# %% [markdown]
# <!--screen-->Here are two channels and two filters in two groups. The hatched weights are those that only a plain
# convolution would have. Press *2 groups*, and see what an output is made of then.<!--/screen-->

# %% tags=["otter_ignore"]
explore.conv(x=np.arange(32).reshape(4, 4, 2) % 7 - 3, w=np.arange(8).reshape(2, 2, 1, 2) % 5 - 2, groups=2)

# %% [raw]
# # BEGIN QUESTION
# name: q9c_i
# path: core
# minutes: 5
# difficulty: 2
# misconceptions: [groups-ignored, channels-and-filters-divided, pointwise-forgotten, depthwise-forgotten]
# explain: With 8 groups an eighth of the weights is left. Why just that? And which part of the separable convolution costs more?
# vary:
#   draw: {K: [3, 5, 7], a: 2..8, b: 2..9, G: 2..8, C: = a * G, D: = b * G}
#   where: C != D and a != b
#   ask: >-
#     Square kernels of {K} × {K} lead from {C} channels to {D} filters, in {G} groups. There are no biases.
#     How many weights are that?
#   about: grouped_weights
#   case: K, C, D, G

# %% [markdown]
# ### 9.c.i · Count the weights
#
# Kernels of $3\times3$, from **24** input channels to **40** filters. No biases. How many weights does each of these have?
#
# - `weights_plain`: a plain convolution
# - `weights_grouped`: one with 8 groups
# - `weights_separable`: a depthwise $3\times3$ convolution on the 24 channels, and then a 1×1 convolution to 40
#
# <details><summary>Hint 1</summary>
#
# In the plain one, each of 40 filters is a block of $3\cdot3\cdot24$ weights.
#
# <details><summary>Hint 2</summary>
#
# With 8 groups there are still 40 filters. How many input channels does each of them see?
#
# <details><summary>Hint 3</summary>
#
# The separable one has two parts. In the first each of 24 channels has one small filter. In the second there are 40 filters:
# how many weights does a 1×1 filter on 24 channels have?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
weights_plain = 3 * 3 * 24 * 40  # SOLUTION
weights_grouped = 3 * 3 * 3 * 40  # SOLUTION
weights_separable = 3 * 3 * 24 + 24 * 40  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The plain and the grouped convolution
""" # END TEST CONFIG
def test_grouped(weights_plain, weights_grouped):
    from utils.check import case, expect
    from utils.check.references import variations

    expect(weights_plain, like=variations.grouped_weights, on=case(3, 24, 40, 1))
    expect(weights_grouped, like=variations.grouped_weights, on=case(3, 24, 40, 8))

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The depthwise-separable convolution
""" # END TEST CONFIG
def test_separable(weights_separable):
    from utils.check import case, expect
    from utils.check.references import variations

    expect(weights_separable, like=variations.separable_weights, on=case(3, 24, 40))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q9c_ii
# path: more
# minutes: 4
# difficulty: 2
# misconceptions: [all-channels, interleaved, groups-counted-from-one]
# explain: What must come behind a grouped convolution if all channels are to meet in the end?

# %% [markdown]
# ### 9.c.ii · Is this right?
#
# A claim: *"Put two convolutions with the same 4 groups one behind the other. The first does not let channels meet, but after
# the second, each output channel has seen all input channels."*

# %% tags=["prediction"]
guess_sees_all = True  # True or False: after two of them, every output channel has seen every input channel

# %% tags=["otter_ignore"]
some = np.random.default_rng(1)
x_some, w_one, w_two = some.normal(size=(1, 7, 7, 8)), some.normal(size=(3, 3, 2, 8)), some.normal(size=(3, 3, 2, 8))
both = [utils.conv2d(utils.conv2d(x, w_one, groups=4), w_two, groups=4) for x in (x_some, x_some + np.eye(8)[0])]
changed = (both[0] != both[1]).any(axis=(0, 1, 2))
reveal("after two, every output channel has seen every input channel", guess_sees_all, bool(changed.all()),
       why=f"With input channel 0 changed, {changed.sum()} of {changed.size} output channels changed: "
       "what a group reads, only the same group writes.");

# %% [markdown]
# A convolution leads from **15** input channels to **10** filters, in **5** groups. Which input channels does filter
# number **7** see? Everything is counted from 0. Write a list, `seen_by_7`.
#
# <details><summary>Hint 1</summary>
#
# How many filters are in a group, and how many input channels?
#
# <details><summary>Hint 2</summary>
#
# Filters 0 and 1 are group 0. In which group is filter 7?
#
# <details><summary>Hint 3</summary>
#
# Group 0 sees the channels 0, 1 and 2. With which channel does your group begin?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
# a group has two filters and three channels; filter 7 is in group 3, whose channels begin at 9
seen_by_7 = [9, 10, 11]
# END SOLUTION
""" # BEGIN PROMPT
seen_by_7 = ...
""" # END PROMPT

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The channels that filter 7 sees
""" # END TEST CONFIG
def test_seen(seen_by_7):
    from utils.check import case, expect
    from utils.check.references import variations

    expect(seen_by_7, like=variations.channels_seen, on=case(15, 10, 5, 7))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q9c_iii
# path: more
# minutes: 7
# difficulty: 2
# misconceptions: [channels-mixed, flipped-forward]
# explain: Which letter of the plain convolution's sum is missing here?
# also: |
#   windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[:2], axis=(1, 2))
#   return np.einsum("bijcuv,uvc->bijc", windows, w)

# %% [markdown]
# ### 9.c.iii · A depthwise convolution
#
# Write `depthwise(x, w)`: `x` has shape `(B, H, W, C)`, and `w` has shape `(kH, kW, C)`: one filter for each channel.
# Stride 1, no padding. The result has shape `(B, H - kH + 1, W - kW + 1, C)`:
#
# $$y_{b,i,j,c} = \sum_{u}\sum_{v} x_{b,\,i+u,\,j+v,\,c}\; w_{u,v,c}$$
#
# <details><summary>Hint 1</summary>
#
# Two loops are enough: over the places $(u, v)$ of the kernel.
#
# <details><summary>Hint 2</summary>
#
# Which block of `x` do all outputs together look at through the place $(u, v)$? It is as high and as wide as the
# output.
#
# <details><summary>Hint 3</summary>
#
# `w[u, v]` has shape `(C,)`. What does `*` do with an array `(B, oH, oW, C)` and that? And what would `@` do?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def depthwise(x, w):
    """Each channel of x (B, H, W, C) under its own filter, w (kH, kW, C): (B, H - kH + 1, W - kW + 1, C)."""
    # BEGIN SOLUTION
    kH, kW, C = w.shape
    B, oH, oW = x.shape[0], x.shape[1] - kH + 1, x.shape[2] - kW + 1
    y = np.zeros((B, oH, oW, C), dtype=x.dtype)
    for u in range(kH):
        for v in range(kW):
            y += x[:, u : u + oH, v : v + oW] * w[u, v]
    return y
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: Small images
""" # END TEST CONFIG
def test_depthwise(depthwise):
    from utils.check import case, draw, expect
    from utils.check.references import variations

    cases = [case(draw((1, 3, 4, 2), seed=1), draw((2, 3, 2), seed=2)), case(draw((2, 5, 3, 3), seed=3), draw((3, 2, 3), seed=4))]
    expect(depthwise, like=variations.depthwise, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
failure_message: Larger batches, also in float32
""" # END TEST CONFIG
def test_depthwise_for_all(depthwise):
    from utils.check import case, draw, expect
    from utils.check.loops import variations

    sizes = [(1, 5, 4, 1, 2, 3), (2, 4, 6, 3, 1, 4), (3, 3, 3, 4, 3, 3)]
    cases = [case(draw((B, H, W, C), seed=H), draw((kH, kW, C), seed=30 + kW)) for B, H, W, C, kH, kW in sizes]
    expect(depthwise, like=variations.depthwise, on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ### Fewer products, less time?
#
# *◇ more*
#
# A separable $3\times3$ convolution with 64 channels in and out has about 8 times fewer products than a plain one. Does
# it also take 8 times less time, with the course's own `utils`, on 8 images of $32\times32$?

# %% tags=["prediction"]
guess_faster = "less than 8 times faster"  # "less than 8 times faster" or "8 times faster, or more"

# %% tags=["otter_ignore", "folded"]
def seconds(work):
    """The best of five runs."""
    runs = []
    for _ in range(5):
        begin = time.perf_counter()
        work()
        runs.append(time.perf_counter() - begin)
    return min(runs)


some = np.random.default_rng(2)
x_some = some.normal(size=(8, 32, 32, 64)).astype(np.float32)
w_plain, w_deep, w_point = (some.normal(size=s).astype(np.float32) for s in [(3, 3, 64, 64), (3, 3, 1, 64), (1, 1, 64, 64)])
plain = seconds(lambda: utils.conv2d(x_some, w_plain, padding=1))
separable = seconds(lambda: utils.conv2d(utils.conv2d(x_some, w_deep, padding=1, groups=64), w_point))
speeds = ("less than 8 times faster", "8 times faster, or more")
timed = reveal(
    "the separable one is", guess_faster, speeds[int(plain / separable >= 8)], choices=speeds,
    why="Products are not everything: numbers must be fetched from memory, and many small products are a poor use of a processor.",
)

# %% tags=["otter_ignore", "screen"]
if timed:
    print(f"plain {1000 * plain:.1f} ms, separable {1000 * separable:.1f} ms: {plain / separable:.1f} times as fast")

# %% [markdown]
# ## 9.d · The way up: transposed convolution
#
# A convolution with stride makes things smaller. A **transposed** convolution makes them larger: each input number lays
# down its multiple of the whole kernel, and the next one does the same $s$ places further on. Where kernels overlap,
# what they lay down is added up. You have met this: it is the way **back** of problem 3, $W^\top$, used forwards. Its
# length follows from the place where the last kernel begins.

# %% [markdown]
# <!--screen-->In the picture, point at an **input**: these are the places on which it lays its kernel. Then point at an
# output, and count how many inputs have laid something there. Is it the same number everywhere?<!--/screen-->

# %% tags=["otter_ignore"]
explore.conv(x=[[1, 2, -1], [0, 3, 1]], w=[[1, 2, 1], [-1, 0, 2], [1, -2, 1]], stride=2, kind="transposed")

# %% [raw]
# # BEGIN QUESTION
# name: q9d_i
# path: core
# minutes: 3
# difficulty: 1
# misconceptions: [overwrite-overlap, stride-not-dilated, flipped-kernel]
# explain: At which places do two kernels overlap, and why only there?
# vary:
#   draw: {x: 3 of -3..4, w: 3 of -3..4}
#   where: 0 not in x and 0 not in w
#   ask: >-
#     Each number of $x = {x}$ lays down its multiple of $w = {w}$, and the next one does so two places
#     further on: a transposed convolution with stride 2. What comes out?
#   about: laid_down
#   case: x, w, 2
# numbers: {x: [2, -1, 3], w: [1, 4, 2]}

# %% [markdown]
# ### 9.d.i · By hand
#
# $x = {{q9d_i.x}}$ and the kernel $w = {{q9d_i.w}}$, stride **2**, no padding. Each number of $x$ lays down its multiple
# of $w$, and the next one does so two places further on. Write the result as a list.
#
# <details><summary>Hint 1</summary>
#
# The first number lays down ${{q9d_i.[x[0] * v for v in w]}}$, beginning at index 0.
#
# <details><summary>Hint 2</summary>
#
# The second begins at index 2, where the first one's last number lies. Add.
#
# <details><summary>Hint 3</summary>
#
# The last kernel begins at index 4. So how many numbers are there in all?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
# 2·(1, 4, 2) at index 0, -1·(1, 4, 2) at index 2, 3·(1, 4, 2) at index 4; where they overlap, add
y_up = [2, 8, 3, -4, 1, 12, 6]
# END SOLUTION
""" # BEGIN PROMPT
y_up = ...
""" # END PROMPT

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The transposed convolution of three numbers
""" # END TEST CONFIG
def test_up(y_up):
    from utils.check import case, expect
    from utils.check.references import variations

    expect(y_up, like=variations.laid_down, on=case({{q9d_i.x}}, {{q9d_i.w}}, 2))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q9d_ii
# path: core
# minutes: 4
# difficulty: 2
# misconceptions: [forward-size, padding-added, padding-once, last-kernel-forgotten]
# explain: With stride 2, which sizes does a convolution map to the same size, and which of them does your formula give back?
# also: return len(range(padding, (n - 1) * stride + kernel_size - padding))

# %% [markdown]
# ### 9.d.ii · How long is it?
#
# Write `transposed_size(n, kernel_size, stride, padding)`: the length of the result for `n` input numbers. Padding $p$
# works the other way round here: $p$ numbers are **cut off** at each end.
#
# <details><summary>Hint 1</summary>
#
# Where does the last kernel begin? $n$ kernels begin at $0, s, 2s, \dots$
#
# <details><summary>Hint 2</summary>
#
# From there on it needs its own length.
#
# <details><summary>Hint 3</summary>
#
# Padding takes something away, and there are two ends. With three numbers, a kernel of 4, stride 2 and padding 1 there
# are 6.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def transposed_size(n, kernel_size, stride, padding):
    """The length of the transposed convolution of n numbers."""
    return (n - 1) * stride + kernel_size - 2 * padding  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: A few sizes
""" # END TEST CONFIG
def test_transposed_size(transposed_size):
    from utils.check import case, expect
    from utils.check.references import variations

    expect(transposed_size, like=variations.transposed_size, on=[case(3, 3, 2, 0), case(5, 4, 2, 1), case(4, 2, 3, 0)])

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
failure_message: Many sizes
""" # END TEST CONFIG
def test_transposed_size_for_all(transposed_size):
    from utils.check import case, expect
    from utils.check.loops import variations

    cases = [case(n, k, s, p) for n in (1, 4, 9) for k, p in [(1, 0), (3, 1), (5, 2), (6, 1)] for s in (1, 2, 5)]
    expect(transposed_size, like=variations.transposed_size, on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q9d_iii
# path: more
# minutes: 5
# difficulty: 2
# misconceptions: [inverse-assumed, forward-only, flipped-kernel]
# explain: What do you multiply by, forwards and then transposed, in the letters of problem 2?
# vary:
#   draw: {x: 4 of -2..3, w: 2 of -3..4}
#   where: 0 not in w
#   ask: >-
#     $x = {x}$ goes through a convolution with $w = {w}$, stride 1, no padding; what comes out goes through
#     the transposed convolution with the same $w$. Which four numbers come out at the end?
#   about: there_and_back
#   case: x, w

# %% [markdown]
# ### 9.d.iii · Is this right?
#
# People say *deconvolution*. A claim: *"A transposed convolution with the same kernel undoes a convolution: it gives
# the input back."*

# %% tags=["prediction"]
guess_undoes = True  # True or False

# %% tags=["otter_ignore"]
x_some = np.array([3.0, -1, 4, 1, 5])
there = utils.conv1d(x_some, np.array([1.0, 2]))
back = utils.conv_transpose1d(there, np.array([1.0, 2]))
reveal("it gives the input back", guess_undoes, bool(np.allclose(back, x_some)),
       why=f"The shape, yes. But from {x_some.astype(int).tolist()} it makes {back.astype(int).tolist()}.");

# %% [markdown]
# Do it once by hand. $x = (0, 1, 0, 0)$ goes through a convolution with $w = (2, 3)$, stride 1, no padding, and what
# comes out goes through the transposed convolution with the same $w$. Write the four numbers at the end as a list,
# `there_and_back`.
#
# <details><summary>Hint 1</summary>
#
# First forwards: three outputs, of which two see the 1.
#
# <details><summary>Hint 2</summary>
#
# The first output is $0\cdot2 + 1\cdot3$.
#
# <details><summary>Hint 3</summary>
#
# Now each of the three lays down its multiple of $(2, 3)$; add where they overlap.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
# forwards (3, 2, 0); then 3·(2, 3) at index 0 and 2·(2, 3) at index 1
there_and_back = [6, 13, 6, 0]
# END SOLUTION
""" # BEGIN PROMPT
there_and_back = ...
""" # END PROMPT

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: Forwards, and then transposed
""" # END TEST CONFIG
def test_there_and_back(there_and_back):
    from utils.check import case, expect
    from utils.check.references import variations

    expect(there_and_back, like=variations.there_and_back, on=case([0, 1, 0, 0], [2, 3]))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ### Where the checkerboard comes from
#
# How many kernels lie over each place of the result? If that number changes from place to place, so does the
# brightness, whatever the weights are. Take a kernel of size **5** and stride **2**: how many kernels lie over each place in
# the middle?

# %% tags=["prediction"]
guess_overlap = "2 everywhere"  # "2 everywhere", "2 and 3 by turns" or "3 everywhere"

# %% tags=["otter_ignore", "folded"]
def overlaps(kernel_size, stride, n=8):
    """How many kernels lie over each place."""
    return utils.conv_transpose1d(np.ones(n), np.ones(kernel_size), stride=stride)


middle = sorted(set(overlaps(5, 2)[4:-4].astype(int).tolist()))
if reveal("in the middle there are", guess_overlap, "2 and 3 by turns" if middle == [2, 3] else f"{middle[0]} everywhere",
          choices=("2 everywhere", "2 and 3 by turns", "3 everywhere")):
    figure, axes = plt.subplots(1, 3, figsize=(10, 2.2), sharey=True)
    for ax, (kernel_size, stride) in zip(axes, [(5, 2), (4, 2), (6, 4)], strict=True):
        counts = overlaps(kernel_size, stride)
        ax.bar(range(len(counts)), counts, color="#0b63b0")
        ax.set_title(f"kernel {kernel_size}, stride {stride}")
        ax.set_xlabel("place in the result")
        ax.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("kernels")
    show(figure, "Three bar charts of how many kernels lie over each place. Kernel 5, stride 2: 2 and 3 by turns. Kernel 4, stride 2: 2 everywhere "
         "but at the ends. Kernel 6, stride 4: two places with 2, two with 1, and so on.")

# %% [raw]
# # BEGIN QUESTION
# name: q9d_iv
# path: core
# minutes: 4
# difficulty: 2
# misconceptions: [the-other-way-round, even-numbers, longer-is-enough]
# explain: When it is even, how many kernels lie over each place in the middle?
# vary:
#   draw: {k: 4 of 2..14, s: 4 of 2..6}
#   where: all(a > b for a, b in zip(k, s))
#   ask: >-
#     Transposed convolutions have kernels of the sizes ${k}$ and, in the same order, the strides ${s}$. In
#     which of the four does the same number of kernels lie over every place in the middle? Write four
#     numbers: 1 where it does, 0 where it does not.
#   about: even_overlap
#   case: k, s

# %% [markdown]
# ### 9.d.iv · Predict the checkerboard
#
# For which kernel sizes and strides does the **same** number of kernels lie over every place in the middle of the
# result? Write a list of four `True` or `False`, `even`, for
#
# 1. kernel 6, stride 2
# 2. kernel 7, stride 3
# 3. kernel 9, stride 3
# 4. kernel 8, stride 6
#
# <details><summary>Hint 1</summary>
#
# Draw the first: bars of length 6 that begin two places apart.
#
# <details><summary>Hint 2</summary>
#
# When you go one place to the right, a new kernel may begin and an old one may end. When do both always happen at the
# same places?
#
# <details><summary>Hint 3</summary>
#
# Kernels begin at $0, s, 2s, \dots$ and end at these places plus $k$. What must be true of $k$, so that the ends lie
# where others begin?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
# at each place as many kernels end as begin, if the stride divides the size
even = [True, False, True, False]
# END SOLUTION
""" # BEGIN PROMPT
even = ...
""" # END PROMPT

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: Which of the four are even
""" # END TEST CONFIG
def test_even(even):
    from utils.check import case, expect
    from utils.check.references import variations

    expect(even, like=variations.even_overlap, on=case([6, 7, 9, 8], [2, 3, 3, 6]))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## 9.e · If the image moves, does the answer move along?
#
# *◇ more*
#
# Shift the image by one pixel, and the output of a convolution shifts by one pixel as well. This is called **equivariant** to
# shifts, and thanks to it a network need not learn anew at every place what a cat looks like. How far does it go? Three
# claims:
#
# - *"With stride 1 and no padding, the shifted image gives exactly the shifted output, wherever both outputs have a number."*
# - *"The same holds with stride 2, for a shift by one pixel."*
# - *"The same holds with stride 1 and one zero at each end."*

# %% tags=["prediction"]
guess_exact = False  # True or False: the first claim
guess_stride_two = True  # True or False: the second
guess_padded = True  # True or False: the third

# %% tags=["otter_ignore", "folded"]
def moves_along(shift, stride, padding=0):
    """Whether the output of a shifted signal is the shifted output, at every place that both have."""
    signal, w = np.random.default_rng(3).normal(size=60), np.array([1.0, -2, 0.5])
    y = utils.conv1d(signal[:-shift], w, stride=stride, padding=padding)
    moved = utils.conv1d(signal[shift:], w, stride=stride, padding=padding)
    steps = [s for s in range(len(y)) if len(y) - s > 5 and np.allclose(y[s:], moved[: len(y) - s])]
    return bool(steps)


reveal("with stride 1 and no padding it is exact", guess_exact, moves_along(1, 1), why="Every window finds the same numbers, one step further on.")
reveal("with stride 2 the output follows a shift by 1", guess_stride_two, moves_along(1, 2),
       why="The windows now begin at the other half of the numbers: the outputs are new ones.")
reveal("with padding it is exact at every place", guess_padded, moves_along(1, 1, padding=1), why="At the border the window finds a zero where it found a number before.");

# %% [raw]
# # BEGIN QUESTION
# name: q9e
# path: more
# minutes: 4
# difficulty: 2
# misconceptions: [every-shift, last-stride-only, strides-added]
# explain: By how many places does the output move, for the smallest of these shifts?

# %% [markdown]
# ### 9.e · Which shifts does the output follow?
#
# Two layers, without padding: the first has stride **2**, the second stride **3**. By how many pixels may an image be
# shifted so that the output is exactly the old one, only shifted? Write all such shifts from 1 to **20** as a list,
# `good_shifts`.
#
# <details><summary>Hint 1</summary>
#
# One layer with stride 2: which shifts make its windows fall on the same numbers again?
#
# <details><summary>Hint 2</summary>
#
# After such a shift by 2, the first layer's output is shifted by 1. What does the second layer make of that?
#
# <details><summary>Hint 3</summary>
#
# How many pixels apart are two neighbours of the last output? (In 9.a this was called the jump.)
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
# multiples of 2·3, by which the output moves one place
good_shifts = [6, 12, 18]
# END SOLUTION
""" # BEGIN PROMPT
good_shifts = ...
""" # END PROMPT

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The shifts that the output follows exactly
""" # END TEST CONFIG
def test_good_shifts(good_shifts):
    from utils.check import case, expect
    from utils.check.references import variations

    expect(good_shifts, like=variations.good_shifts, on=case((2, 3), 20))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## 9.f · Normalize each image on its own
#
# *◇ more*
#
# BatchNorm (problem 6) takes mean and variance over the batch, so training and evaluation differ. It has three relatives. All
# of them subtract a mean, divide by $\sqrt{\text{variance} + \varepsilon}$, then multiply by $\gamma$ and add $\beta$, one of
# each for every channel. What differs is over which numbers a mean is taken. In the picture each cell is one channel of one
# image, and cells with the same number share one mean.

# %% tags=["otter_ignore", "folded"]
figure, axes = plt.subplots(1, 4, figsize=(10, 2.2))
colours = ["#0b63b0", "#b04a00", "#00734f"]
means = {
    "BatchNorm": lambda image, channel: channel, "LayerNorm": lambda image, channel: image,
    "GroupNorm, 2 groups": lambda image, channel: 2 * image + channel // 2, "InstanceNorm": None,
}
for ax, (name, mean_of) in zip(axes, means.items(), strict=True):
    for image, channel in np.ndindex(2, 4):
        number = mean_of(image, channel) if mean_of else 4 * image + channel
        ax.add_patch(plt.Rectangle((channel, image), 1, 1, facecolor=colours[number % 3], edgecolor="#ffffff", linewidth=2))
        ax.text(channel + 0.5, image + 0.5, number, ha="center", va="center", color="#ffffff")
    ax.set(xlim=(0, 4), ylim=(2, 0), aspect="equal", xticks=np.arange(4) + 0.5, xticklabels=range(4), xlabel="channel")
    ax.set(yticks=[0.5, 1.5], yticklabels=["image 0", "image 1"] if name == "BatchNorm" else ["", ""])
    ax.set_title(name, fontsize=10)
    ax.tick_params(length=0)
show(figure, "Four tables of two images in rows and four channels in columns; each cell holds height times width numbers and says which mean it "
     "goes into. BatchNorm: one mean for each column. LayerNorm: one for each row. GroupNorm with two groups: one for each half of "
     "a row. InstanceNorm: one for each cell.")

# %% [markdown]
# | | one mean for | over |
# |---|---|---|
# | BatchNorm | each channel | batch, height, width |
# | LayerNorm | each image | height, width, **all** channels |
# | GroupNorm | each image and each group of channels | height, width, the channels of the group |
# | InstanceNorm | each image and each channel | height, width |
#
# (In networks for text, LayerNorm takes the channels of each step alone.) Now change **one** image of a batch. With which
# of these norms does the result for the other images change as well?

# %% tags=["prediction"]
guess_neighbours = "LayerNorm"  # "BatchNorm", "LayerNorm", "GroupNorm" or "none of them"

# %% tags=["otter_ignore", "folded"]
some = np.random.default_rng(4)
x_some, ones, zeros = some.normal(size=(2, 3, 3, 4)), np.ones(4), np.zeros(4)
other = x_some.copy()
other[0] *= 5
norms = {
    "BatchNorm": lambda x: utils.batch_norm(x, ones, zeros),
    "LayerNorm": lambda x: utils.group_norm(x, ones, zeros, 1),  # one group: all channels
    "GroupNorm": lambda x: utils.group_norm(x, ones, zeros, 2),
}
feel = [name for name, norm in norms.items() if not np.allclose(norm(x_some)[1], norm(other)[1])]
reveal("the other images feel it with", guess_neighbours, feel[0] if feel else "none of them", choices=(*norms, "none of them"),
       why="The others have no memory of the batch, so they need no running statistics, and work with a batch of one.");

# %% [raw]
# # BEGIN QUESTION
# name: q9f_i
# path: more
# minutes: 4
# difficulty: 1
# misconceptions: [batch-counted, channels-not-counted, groups-for-channels]
# explain: Which two of these norms are the same for one group, and which for as many groups as channels?
# vary:
#   draw: {B: 2..12, H: 2..9, W: 2..9, G: [2, 3, 4], a: 2..5, C: = a * G}
#   where: len({B, H, W, C, G, a}) == 6
#   ask: >-
#     Images come in a batch of the shape $({B}, {H}, {W}, {C})$: batch, height, width, channels. Of how many
#     numbers is one mean taken in BatchNorm, in LayerNorm over each whole image, in GroupNorm with {G}
#     groups, and in InstanceNorm? Write the four in this order.
#   about: numbers_per_mean
#   case: (B, H, W, C), G

# %% [markdown]
# ### 9.f.i · Count
#
# A batch of images has the shape $(10, 4, 5, 6)$: batch, height, width, channels. Over how many numbers is **one**
# mean taken? Write a list of four numbers, `per_mean`, for BatchNorm, LayerNorm (over each whole image), GroupNorm with
# **2** groups, and InstanceNorm, in this order.
#
# <details><summary>Hint 1</summary>
#
# Multiply the lengths of the axes that the mean runs over.
#
# <details><summary>Hint 2</summary>
#
# BatchNorm runs over all axes but the last, LayerNorm over all but the first.
#
# <details><summary>Hint 3</summary>
#
# With 2 groups, how many channels does each group have?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
per_mean = [10 * 4 * 5, 4 * 5 * 6, 4 * 5 * 3, 4 * 5]  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The numbers in one mean, for four norms
""" # END TEST CONFIG
def test_per_mean(per_mean):
    from utils.check import case, expect
    from utils.check.references import variations

    expect(per_mean, like=variations.numbers_per_mean, on=case((10, 4, 5, 6), 2))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q9f_ii
# path: more
# minutes: 9
# difficulty: 3
# misconceptions: [gn-interleaved, gn-over-batch, gn-per-channel, gn-one-group]
# explain: Which one number do you change to get LayerNorm over whole images, and which for InstanceNorm?
# also: |
#   parts = [part - part.mean(axis=(1, 2, 3), keepdims=True) for part in np.split(x, groups, axis=3)]
#   parts = [part / np.sqrt((part**2).mean(axis=(1, 2, 3), keepdims=True) + eps) for part in parts]
#   return gamma * np.concatenate(parts, axis=3) + beta

# %% [markdown]
# ### 9.f.ii · GroupNorm in code
#
# Write `group_norm(x, gamma, beta, groups, eps=1e-5)`. `x` has shape `(B, H, W, C)`; `gamma` and `beta` have shape
# `(C,)`. The channels, in their order, fall into `groups` groups of equal size. Each image and each group has a mean
# and a variance of its own.
#
# <details><summary>Hint 1</summary>
#
# Make the groups an axis of their own: from `(B, H, W, C)` to `(B, H, W, groups, C // groups)`.
#
# <details><summary>Hint 2</summary>
#
# Over which of these five axes does one mean run? `keepdims=True` leaves them in place, with the length 1.
#
# <details><summary>Hint 3</summary>
#
# When the numbers are normalized, they go back into the shape of `x`. Does $\gamma$ belong to a group or to a channel,
# and so: before or after that?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def group_norm(x, gamma, beta, groups, eps=1e-5):
    """x (B, H, W, C), normalized over height, width and the channels of each group, for each image on its own."""
    # BEGIN SOLUTION
    B, H, W, C = x.shape
    grouped = x.reshape(B, H, W, groups, C // groups)
    centered = grouped - grouped.mean(axis=(1, 2, 4), keepdims=True)
    x_hat = centered / np.sqrt(grouped.var(axis=(1, 2, 4), keepdims=True) + eps)
    return gamma * x_hat.reshape(x.shape) + beta
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: Small batches
""" # END TEST CONFIG
def test_group_norm(group_norm):
    import utils
    from utils.check import case, draw, expect

    cases = [case(draw((2, 2, 3, 4), seed=1), [2, -3, 1, 4], [1, 0, -2, 5], 2, 0.3), case(draw((3, 2, 2, 6), seed=2), [1, 2, 3, -1, -2, 0.5], [0, 1, 2, 3, 4, 5], 3)]
    expect(group_norm, like=utils.group_norm, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 3
hidden: true
failure_message: Other groups, and another eps
""" # END TEST CONFIG
def test_group_norm_for_all(group_norm):
    from utils.check import case, draw, expect
    from utils.check.loops import variations

    cases = [case(2 + draw((B, 3, 4, C), seed=C, kind="normal"), draw((C,), 5, kind="normal"), draw((C,), 6, kind="normal"), groups, eps)
             for B, C, groups in [(1, 4, 4), (3, 6, 2), (2, 6, 1)] for eps in (1e-5, 0.5)]
    expect(group_norm, like=variations.group_norm, on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## 9.g · A bridge around a block
#
# In a very deep chain every layer multiplies the gradient by its own slope. (If you have done problem 8: a recurrent layer is
# such a chain.) A **residual block** builds a bridge: it adds its input to what it makes of it, $y = x + F(x)$.
#
# Take 20 layers, each with random weights and a ReLU, once as a plain chain and once with a bridge around each of them. The
# weights are rather small. A gradient of length 1 starts at the end. How long is what arrives at the beginning of the chain
# **without** bridges?

# %% tags=["prediction"]
guess_arrives = "about a tenth"  # "about as long", "about a tenth" or "less than a millionth"

# %% tags=["otter_ignore", "folded"]
def lengths_on_the_way(bridge, layers=20, width=32):
    """How long the gradient is before each layer, from the end to the beginning."""
    some = np.random.default_rng(3)
    x, steps = some.normal(size=(1, width)), []
    for _ in range(layers):
        w = 0.5 * some.normal(size=(width, width)) / np.sqrt(width)
        z = x @ w
        steps.append((w, z))
        x = np.maximum(z, 0) + bridge * x
    g, lengths = some.normal(size=(1, width)), []
    g /= np.linalg.norm(g)
    for w, z in steps[::-1]:
        g = g * (z > 0) @ w.T + bridge * g
        lengths.append(np.linalg.norm(g))
    return np.array(lengths)


without, with_bridges = lengths_on_the_way(False), lengths_on_the_way(True)
lengths = ("about as long", "about a tenth", "less than a millionth")
arrives = lengths[2 if without[-1] < 1e-6 else 1 if without[-1] < 0.3 else 0]
if reveal("what arrives without bridges", guess_arrives, arrives, choices=lengths,
          why=f"Each layer leaves about a third. With bridges nothing is lost: {with_bridges[-1]:.1f} arrives."):
    figure, ax = plt.subplots(figsize=(6, 2.6))
    for on_the_way, colour, style in ((without, "#b04a00", "--"), (with_bridges, "#0b63b0", "-")):
        ax.semilogy(range(1, 21), on_the_way, style, color=colour, linewidth=2)
    ax.annotate("with bridges", (20, with_bridges[-1]), xytext=(0, -14), textcoords="offset points", ha="right", color="#0b63b0")
    ax.annotate("without", (12, without[11]), xytext=(6, 4), textcoords="offset points", color="#b04a00")
    ax.set(xlabel="layers back", ylabel="length of the gradient", xticks=range(0, 21, 5))
    ax.spines[["top", "right"]].set_visible(False)
    show(figure, f"The length of a gradient over 20 layers back, on a logarithmic scale. Without bridges it falls in a straight line to "
         f"{without[-1]:.0e}. With bridges it grows a little at each layer, to {with_bridges[-1]:.1f}.")

# %% [markdown]
# Why? Going back, the gradient reaches the plus sign in $y = x + F(x)$. There it takes **both** ways: a copy goes through $F$, and a
# copy goes over the bridge, untouched. Where they meet again, at $x$, they are added:
#
# $$\frac{\partial L}{\partial x} = g + J_F^\top g$$
#
# Here $g$ is the gradient with respect to $y$, and $J_F$ holds the derivatives of $F$. If $x$ is a single number, $J_F$ is the
# slope $F'$.

# %% [raw]
# # BEGIN QUESTION
# name: q9g_i
# path: core
# minutes: 2
# difficulty: 1
# misconceptions: [bridge-forgotten, bridge-once, added-not-multiplied]
# explain: What happens to the second number if there are a hundred blocks, and how do networks keep it in check?
# unvaried: "so few numbers of blocks and slopes give a number that one likes to write that there are not 200"

# %% [markdown]
# ### 9.g.i · Three blocks
#
# Each of **three** blocks in a row has the slope $F' = 0.5$. By what is a gradient multiplied on its way back
#
# - through a plain chain, $y = F(x)$ three times: `through_plain`
# - through three residual blocks, $y = x + F(x)$ three times: `through_bridges`
#
# <details><summary>Hint 1</summary>
#
# One plain block halves it.
#
# <details><summary>Hint 2</summary>
#
# One residual block: what comes over the bridge, and what comes through $F$, are added.
#
# <details><summary>Hint 3</summary>
#
# One block multiplies by its number, three blocks do it three times.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
# 0.5 for each block; over a bridge 1 + 0.5
through_plain = 0.5**3
through_bridges = 1.5**3
# END SOLUTION
""" # BEGIN PROMPT
through_plain = ...
through_bridges = ...
""" # END PROMPT

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: Through three plain blocks, and through three residual blocks
""" # END TEST CONFIG
def test_through(through_plain, through_bridges):
    from utils.check import case, expect
    from utils.check.references import variations

    expect(through_plain, like=variations.through_blocks, on=case(0.5, 3, False))
    expect(through_bridges, like=variations.through_blocks, on=case(0.5, 3, True))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q9g_ii
# path: more
# minutes: 7
# difficulty: 2
# misconceptions: [bridge-forgotten, no-relu-backward, not-transposed]
# explain: If both matrices were zero, what would the block do forwards, and what backwards?
# also: |
#   slope = np.where(x @ w1 > 0, 1.0, 0.0)
#   return grad_output + np.einsum("nc,mc,nm,dm->nd", grad_output, w2, slope, w1)

# %% [markdown]
# ### 9.g.ii · Its gradient in code
#
# A residual block on a table `x` of shape `(N, C)`: $y = x + \text{relu}(x W_1)\, W_2$, where `w1` is `(C, M)`, `w2` is
# `(M, C)`, and relu sets negative numbers to 0. Write `residual_grad(grad_output, x, w1, w2)`: the gradient with
# respect to `x`, where `grad_output`, `(N, C)`, is the one with respect to $y$.
#
# <details><summary>Hint 1</summary>
#
# Go back on each of the two ways from $y$ to $x$, and add what arrives.
#
# <details><summary>Hint 2</summary>
#
# The way through the block, from the end: a product with $W_2$, the relu, a product with $W_1$. How does a gradient go
# back through a product of matrices?
#
# <details><summary>Hint 3</summary>
#
# The relu lets a gradient pass where its **input** was positive. Which array is that here?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def residual_grad(grad_output, x, w1, w2):
    """The gradient with respect to x (N, C) of x + relu(x @ w1) @ w2."""
    # BEGIN SOLUTION
    inside = (grad_output @ w2.T) * (x @ w1 > 0)
    return grad_output + inside @ w1.T
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
def test_residual_grad(residual_grad):
    from utils.check import case, draw, expect
    from utils.check.references import variations

    cases = [case(draw((n, c), seed=1), draw((n, c), seed=2), draw((c, m), seed=3), draw((m, c), seed=4)) for n, c, m in [(1, 2, 3), (3, 3, 3)]]
    cases += [case(draw((4, 2), seed=5), 0.2 * draw((4, 2), seed=6), draw((2, 5), seed=7), draw((5, 2), seed=8))]
    expect(residual_grad, like=variations.residual_grad, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
failure_message: Against central differences
""" # END TEST CONFIG
def test_residual_grad_for_all(residual_grad):
    from utils.check import case, draw, expect
    from utils.check.loops import variations

    cases = [case(*[draw(s, seed=10 * n + k, kind="normal") for k, s in enumerate([(n, c), (n, c), (c, m), (m, c)])])
             for n, c, m in [(1, 1, 4), (5, 3, 2), (4, 2, 6)]]
    expect(residual_grad, like=variations.residual_grad, on=cases, rtol=1e-5, atol=1e-6, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q9g_iii
# manual: true
# points: 2
# rubric: |
#   - ½ point: a cheap way to see far (dilation or stride), with what it costs
#   - ½ point: depthwise-separable convolutions for fewer weights and products
#   - ½ point: a norm that does not need a large batch
#   - ½ point: a way up without a checkerboard: a kernel size that the stride divides, or resizing and then a convolution
# path: more
# minutes: 6
# difficulty: 2

# %% [markdown]
# ### 9.g.iii · In your own words
#
# A network on a phone must find the sky in a photo: for each pixel, sky or not. It must have few weights, each output
# must see a large part of the photo, the result must be as large as the photo, and while it is trained there is only room
# for **two** photos in a batch. Choose four of this problem's variations, one for each of these wishes, and
# say in a sentence each what it does and what you must watch out for.

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# Depthwise-separable convolutions: one filter for each channel, then a 1×1 convolution that mixes them; about $k^2$
# times fewer weights, but the time does not fall as much. Dilation that grows from layer to layer, to see far without
# losing pixels (or strides, which make everything cheaper, but then the network notices shifts, and must come up
# again). To come up, a transposed convolution whose stride divides its kernel size, so that there is no checkerboard;
# or resize, and then a plain convolution. GroupNorm in place of BatchNorm, since with two photos the batch's mean
# and variance are mostly noise; its number of groups must divide the channels. If the network is deep, residual blocks,
# so that the gradient arrives.

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

utils.practice("variations")

# %% [markdown]
# ## What to remember
#
# <!--screen-->What would be on your own list? Write three lines, then open ours.
#
# <details><summary>Our list</summary><!--/screen-->
#
# - Receptive field: $r \leftarrow r + (k-1)\,d\,j$, then $j \leftarrow j\,s$. A gradient of 1 lights it up.
# - Dilation: $k$ weights over $d\,(k-1) + 1$ places.
# - Groups: $g$ times fewer weights, and nothing crosses over. Depthwise sees space, 1×1 mixes channels.
# - Transposed: $(n-1)\,s + k - 2p$ long. It is the gradient's way, used forwards; not the inverse. Even exactly when
#   $s$ divides $k$.
# - The output follows a shift exactly if that is a multiple of the product of all strides, away from the padding.
# - LayerNorm, GroupNorm and InstanceNorm look at one sample: no running statistics, and no neighbours.
# - A residual block multiplies by $1 + F'$ in place of $F'$: the gradient has a bridge.
#
# <!--screen--></details><!--/screen-->
