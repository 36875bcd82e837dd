# %% [raw]
# # ASSIGNMENT CONFIG
# name: p7_train_a_cnn
# title: "Problem 7 · Train your own CNN"

# %% [markdown]
# # Problem 7 · A network learns to read
#
# You know every piece: convolution, pooling, BatchNorm, and all of their gradients. Now they come together, in NumPy and
# nothing else, as a small network that learns to read handwritten digits. That takes a few seconds.
#
# **What you'll do**
# - plan a network, and write its pieces, or borrow ours
# - let it learn ten images by heart, and find out what that proves
# - train it, choose its settings, and let it sit an exam with images it has never seen
#
# **What you'll learn**
# - why there are *three* sets of data, and what each of them may be used for
# - how to write a backward pass: read the forward pass from its end
# - what all this is called in PyTorch, argument by argument
#
# **What you need**
# - problems 4, 5 and 6. Copy from your own notebooks as much as you like
# - about 13 minutes for the core path, marked ◆; about 115 for everything

# %% tags=["setup"]
import sys

sys.path.insert(0, "..")  # utils/ lies beside the notebooks folder

# %%
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

import utils
from utils import explore
from utils.notebook import reveal, show

# %% [markdown]
# ## Three quick questions
#
# From the problems before this one, without looking anything up:
#
# - Max pooling with windows of 2×2 and stride 2, on an image of shape $(10, 10, 6)$. How many **numbers** are left?
# - BatchNorm on a batch of shape $(32, 8, 8, 12)$. How many **numbers** does the layer learn?
# - A convolution with stride 1 and no padding has a kernel of shape $(3, 3, 4, 5)$, and puts out $(2, 6, 6, 5)$. What **shape**
#   does the gradient with respect to its input have?

# %% tags=["prediction"]
recap_left = 25  # a whole number
recap_learned = 2  # a whole number
recap_shape = (2, 6, 6, 5)  # four whole numbers, (images, rows, columns, channels)

# %% tags=["otter_ignore"]
reveal("the numbers that are left", recap_left, utils.max_pool2d(np.ones((1, 10, 10, 6)), 2).size,
       why="Problem 5: each channel is pooled on its own, to 5×5.")
reveal("the numbers that BatchNorm learns", recap_learned, 2 * 12, why="Problem 6: a scale and a shift for each channel.")
layer_input = np.ones((2, 8, 8, 4))
assert utils.conv2d(layer_input, np.ones((3, 3, 4, 5))).shape == (2, 6, 6, 5)
reveal("the shape of the gradient", recap_shape, layer_input.shape, why="Problem 4: it has the shape of the input itself.");

# %% [markdown]
# ## Three sets of images
#
# Here are 1797 handwritten digits, each $8\times8$ pixels of grey. We shuffle them once and split them into three sets:
#
# | set | images | what for |
# |---|---:|---|
# | **training** | 1077 | the network learns from them |
# | **validation** | 360 | *you* learn from them: they tell you which settings are good |
# | **test** | 360 | the exam. It is looked at once, when everything is decided |

# %% tags=["screen"]
digits = load_digits()
order = np.random.default_rng(0).permutation(1797)
images = (digits.images[order, :, :, None] / 16).astype(np.float32)  # (1797, 8, 8, 1), from 0 to 1
labels = digits.target[order]  # (1797,), whole numbers from 0 to 9
test_images, train_images, validation_images = images[:360], images[360:1437], images[1437:]
test_labels, train_labels, validation_labels = labels[:360], labels[360:1437], labels[1437:]

# %% tags=["otter_ignore", "folded"]
figure, axes = plt.subplots(1, 12, figsize=(9, 1.2))
for ax, image, label in zip(axes, train_images, train_labels, strict=False):
    ax.imshow(image[:, :, 0], cmap="gray_r")
    ax.set_title(label)
    ax.axis("off")
show(figure, f"Twelve small, blurred digits in a row, dark on white, with their labels: {', '.join(map(str, train_labels[:12]))}.")

# %% [markdown]
# ### Why three, and not two?
#
# *◇ more*
#
# Imagine a hundred "networks" that only roll a die with ten faces for every image. On average such a network
# is right in 36 of 360 images. Now we take the one of the hundred that is right most often **on the validation set**, and let it
# read the 360 **test** images. How many does it get right there?

# %% tags=["prediction"]
guess_dice = 50  # a whole number from 0 to 360

# %% tags=["otter_ignore"]
dice = np.random.default_rng(1).integers(0, 10, (100, 1797))  # what each of a hundred networks says about each image
on_validation, on_test = (dice[:, 1437:] == validation_labels).sum(axis=1), (dice[:, :360] == test_labels).sum(axis=1)
best = on_validation.argmax()
reveal("right on the test set", guess_dice, int(on_test[best]), near=0.2,
       why=f"On the validation set it got {on_validation[best]} right. Choose the best of a hundred, and you have chosen its luck, too.");

# %% [markdown]
# So when you have chosen, you need images that played no part in the choice.
#
# ## 7.a · The plan
#
# The network has two blocks and a dense layer:
#
# 1. convolution with 8 filters of $3\times3$, padding 1, no biases → BatchNorm → ReLU → max pooling $2\times2$, stride 2
# 2. convolution with 16 filters of $3\times3$, padding 1, no biases → BatchNorm → ReLU → max pooling $2\times2$, stride 2
# 3. flatten: all that is left of an image becomes one row → dense layer with biases → 10 numbers, one for each digit
#
# The convolutions need no biases: BatchNorm takes every shift back, and its own $\beta$ adds one.
#
# <!--screen-->
#
# ### Shapes along the way
#
# *◇ more*
#
# The picture shows such a chain for *another* network. Change a kernel size or a stride, and see what becomes of
# the shapes behind it. (It leaves out what changes no shape.)
#
# <!--/screen-->

# %% tags=["otter_ignore"]
explore.shapes(
    layers=[
        {"kind": "conv", "kernel_size": 5, "filters": 6, "padding": 0, "bias": False},
        {"kind": "pool", "kernel_size": 2, "stride": 2},
        {"kind": "conv", "kernel_size": 3, "filters": 12, "padding": 0, "bias": False},
    ],
    input_shape=(28, 28, 1),
)

# %% [raw]
# # BEGIN QUESTION
# name: q7a
# path: more
# minutes: 4
# difficulty: 1
# worksheet: ["1(a)iii", (f)]
# misconceptions: [pooling-forgotten, one-pooling-forgotten, statistics-counted]
# explain: Which of these counts would change if the images were twice as high and wide?
# vary:
#   draw: {n: [8, 12, 16, 20, 24, 28, 32, 40, 48, 64], d: 3..40, p: [2]}
#   ask: >-
#     Convolutions leave an image of {n} × {n} pixels as large as it is; pooling halves its height and its width,
#     twice in all. The last convolution has {d} filters. How many features go into the dense layer?
#   about: dense_inputs
#   case: n, d, p

# %% [markdown]
# ### 7.a · Count before you build
#
# Images of $8\times8\times1$ go through two blocks: convolution with 8 filters of $3\times3$, padding 1, no biases; BatchNorm;
# ReLU; max pooling $2\times2$ with stride 2. The second block is the same with 16 filters. Then a dense layer with biases gives
# 10 numbers.
#
# - `features`: how many numbers go into the dense layer, for one image?
# - `all_parameters`: how many numbers does the whole network learn?
#
# <details><summary>Hint 1</summary>
#
# A convolution of $3\times3$ with padding 1 keeps height and width. A pooling halves both.
#
# <details><summary>Hint 2</summary>
#
# Count the parameters layer by layer, and do not forget BatchNorm. How many channels come into the second convolution?
#
# <details><summary>Hint 3</summary>
#
# The dense layer has one weight for each pair of an input and an output, and one bias for each output. With 100 inputs it would
# be 1010 numbers.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION NO PROMPT
# two poolings make 2×2 of 8×8; then conv, BatchNorm, conv, BatchNorm, dense layer with biases
features = 2 * 2 * 16
all_parameters = 3 * 3 * 1 * 8 + 2 * 8 + 3 * 3 * 8 * 16 + 2 * 16 + 64 * 10 + 10
# END SOLUTION
""" # BEGIN PROMPT
features = ...
all_parameters = ...
""" # END PROMPT

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The numbers that go into the dense layer
""" # END TEST CONFIG
def test_features(features):
    from utils.check import case, expect
    from utils.check.references import counting

    expect(features, like=counting.dense_inputs, on=case(8, 16, 2))

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The parameters of the whole network
""" # END TEST CONFIG
def test_all_parameters(all_parameters):
    from utils.check import case, expect
    from utils.check.references import counting

    expect(all_parameters, like=counting.network_parameters, on=case(8, 8, 16, 10))

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ### What it starts with
#
# All learned numbers live in one dictionary, `params`. The weights start as random numbers of the size that problem 6 called
# usual, so that nothing explodes or vanishes on its way through the network.

# %%
def start_params(filters1=8, filters2=16, size=8, classes=10, seed=0):
    """Random weights for a network on images of size × size pixels."""
    rng = np.random.default_rng(seed)
    features = (size // 4) ** 2 * filters2
    params = {
        "w1": rng.standard_normal((3, 3, 1, filters1)) * np.sqrt(2 / 9),
        "gamma1": np.ones(filters1),
        "beta1": np.zeros(filters1),
        "w2": rng.standard_normal((3, 3, filters1, filters2)) * np.sqrt(2 / (9 * filters1)),
        "gamma2": np.ones(filters2),
        "beta2": np.zeros(filters2),
        "w3": rng.standard_normal((features, classes)) * np.sqrt(1 / features),
        "b3": np.zeros(classes),
    }
    return {name: value.astype(np.float32) for name, value in params.items()}

# %% [markdown]
# In 7.b to 7.g you write every piece of this network. **On the core path go on to 7.h**: the course's own pieces stand in for
# those that you have not written, so the network learns in any case.

# %% [markdown] tags=["given"]
# ## 7.b · Convolution, fast
#
# *◇ more*
#
# A convolution with a Python loop over all pixels of all images takes minutes here. The trick: loop over the **filter**.
# It has only 9 places. For each place `(h, v)`, one product does the work for *all* pixels of *all* images at once:
#
# ```python
# shifted = padded[:, h : h + H_out, v : v + W_out]   # (B, H_out, W_out, C)
# shifted @ w[h, v]                                   # w[h, v] is (C, D), so this is (B, H_out, W_out, D)
# ```
#
# Stride 1 is enough for this network. You have written slower or more general functions before. If yours of problem 4 loop
# over the filter already, copy them.

# %% [raw]
# # BEGIN QUESTION
# name: q7b_i
# path: more
# minutes: 7
# difficulty: 2
# worksheet: 0.1
# misconceptions: [padding-ignored, flipped-forward]
# explain: How often does your loop run for a batch of a thousand images?
# also: |
#   padded = np.pad(x, [(0, 0), (padding, padding), (padding, padding), (0, 0)])
#   windows = np.lib.stride_tricks.sliding_window_view(padded, w.shape[:2], axis=(1, 2))
#   return np.einsum("bijchv,hvcd->bijd", windows, w, optimize=True)

# %% [markdown]
# ### 7.b.i · Forward
#
# Write `conv2d(x, w, padding=0)` with stride 1. Shapes: `x` is `(B, H, W, C)`, `w` is `(kH, kW, C, D)`, the result is
# `(B, H_out, W_out, D)`.
#
# <details><summary>Hint 1</summary>
#
# `np.pad` takes a pair for each axis. Which of the four axes get zeros?
#
# <details><summary>Hint 2</summary>
#
# Start with zeros in the shape of the result, and add one product for each place of the filter.
#
# <details><summary>Hint 3</summary>
#
# `np.zeros` makes float64 unless you name a `dtype`. With that of `x`, float32 stays float32, and that is twice as fast.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def conv2d(x, w, padding=0):
    """The convolution of x (B, H, W, C) with w (kH, kW, C, D), stride 1."""
    # BEGIN SOLUTION
    kH, kW, _, D = w.shape
    padded = np.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    H_out, W_out = padded.shape[1] - kH + 1, padded.shape[2] - kW + 1
    y = np.zeros((len(x), H_out, W_out, D), dtype=x.dtype)
    for h, v in np.ndindex(kH, kW):
        y += padded[:, h : h + H_out, v : v + W_out] @ w[h, v]
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
def test_conv2d(conv2d):
    import utils
    from utils.check import case, draw, expect

    cases = [
        case(draw((1, 3, 4, 1), seed=1), draw((2, 2, 1, 1), seed=2)),
        case(draw((2, 5, 3, 4), seed=3), draw((3, 2, 4, 3), seed=4), padding=1),
    ]
    expect(conv2d, like=utils.conv2d, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
failure_message: Other sizes, channels and paddings
""" # END TEST CONFIG
def test_conv2d_for_all(conv2d):
    from utils.check import case, draw, expect
    from utils.check.loops import windows

    cases = [
        case(draw((b, h, v, c), seed=h, kind="normal"), draw((kh, kw, c, d), seed=d, kind="normal"), padding=p)
        for b, h, v, c in [(1, 5, 4, 2), (3, 4, 6, 1)]
        for kh, kw, d in [(3, 3, 4), (1, 2, 1), (4, 3, 2)]
        for p in (0, 1, 2)
    ]
    expect(conv2d, like=windows.conv, about="conv2d", on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q7b_ii
# path: more
# minutes: 7
# difficulty: 2
# worksheet: (e)
# misconceptions: flipped-dw
# explain: Which three axes are gone in the product, and why must they be?
# also: |
#   padded = np.pad(x, [(0, 0), (padding, padding), (padding, padding), (0, 0)])
#   windows = np.lib.stride_tricks.sliding_window_view(padded, kernel_shape[:2], axis=(1, 2))
#   return np.einsum("bijchv,bijd->hvcd", windows, grad_output, optimize=True)

# %% [markdown]
# ### 7.b.ii · The gradient with respect to the kernel
#
# Write `conv2d_grad_weight(grad_output, x, kernel_shape, padding=0)`, stride 1. The result has the shape `kernel_shape`. Again
# loop over the filter only.
#
# <details><summary>Hint 1</summary>
#
# `w[h, v]` meets the slice `shifted` above, and takes part in every output. So its gradient is a sum over all images and all
# places.
#
# <details><summary>Hint 2</summary>
#
# For each `(h, v)` you need a matrix of shape `(C, D)`, with the entries
# $\sum_{b,i,j}$ `shifted[b, i, j, c] * grad_output[b, i, j, d]`.
#
# <details><summary>Hint 3</summary>
#
# `np.tensordot` multiplies two arrays and sums over the axes that you name. `np.einsum` does so by letters: for two tables,
# `np.einsum("bc,bd->cd", p, q)`.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def conv2d_grad_weight(grad_output, x, kernel_shape, padding=0):
    """The gradient with respect to the kernel (kH, kW, C, D), stride 1."""
    # BEGIN SOLUTION
    padded = np.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    _, H_out, W_out, _ = grad_output.shape
    dw = np.zeros(kernel_shape, dtype=x.dtype)
    for h, v in np.ndindex(kernel_shape[:2]):
        shifted = padded[:, h : h + H_out, v : v + W_out]
        dw[h, v] = np.tensordot(shifted, grad_output, axes=([0, 1, 2], [0, 1, 2]))
    return dw
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
def test_conv2d_grad_weight(conv2d_grad_weight):
    import utils
    from utils.check import case, draw, expect

    cases = [
        case(draw((1, 2, 3, 1), seed=1), draw((1, 3, 4, 1), seed=2), (2, 2, 1, 1)),
        case(draw((2, 3, 5, 3), seed=3), draw((2, 3, 4, 2), seed=4), (3, 2, 2, 3), padding=1),
    ]
    expect(conv2d_grad_weight, like=utils.conv2d_grad_weight, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
failure_message: Other sizes, channels and paddings
""" # END TEST CONFIG
def test_conv2d_grad_weight_for_all(conv2d_grad_weight):
    from utils.check import case, draw, expect
    from utils.check.loops import windows

    cases = [
        case(
            draw((b, h + 2 * p - kh + 1, v + 2 * p - kw + 1, d), seed=50 + h, kind="normal"),
            draw((b, h, v, c), seed=h, kind="normal"), (kh, kw, c, d), padding=p,
        )
        for b, h, v, c in [(1, 5, 4, 2), (3, 4, 6, 1)]
        for kh, kw, d in [(3, 3, 4), (1, 2, 1), (4, 3, 2)]
        for p in (0, 1, 2)
    ]
    expect(conv2d_grad_weight, like=windows.conv_grad_weight, about="conv2d_grad_weight", on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q7b_iii
# path: more
# minutes: 7
# difficulty: 2
# worksheet: (d)
# misconceptions: [unflipped-dx, channels-not-swapped, forgot-unpad]
# explain: Why is it += here, although each place of the filter has a slice of its own?
# also: |
#   kH, kW = w.shape[:2]
#   wide = np.pad(grad_output, [(0, 0), (kH - 1, kH - 1), (kW - 1, kW - 1), (0, 0)])
#   full = conv2d(wide, w[::-1, ::-1].swapaxes(2, 3))
#   return full[:, padding : padding + input_shape[1], padding : padding + input_shape[2]]

# %% [markdown]
# ### 7.b.iii · The gradient with respect to the input
#
# Write `conv2d_grad_input(grad_output, w, input_shape, padding=0)`, stride 1. The result has the shape `input_shape`, which is
# `(B, H, W, C)`: the shape before the padding.
#
# <details><summary>Hint 1</summary>
#
# In the forward pass, each place of the filter *read* a slice of the padded input. In the backward pass it *adds* to the same
# slice.
#
# <details><summary>Hint 2</summary>
#
# `w[h, v]` led from `C` channels to `D`. Which matrix leads back from `D` to `C`?
#
# <details><summary>Hint 3</summary>
#
# At the end cut the padding off, as in 4.g: where do the rows that stay begin, and how many are there?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def conv2d_grad_input(grad_output, w, input_shape, padding=0):
    """The gradient with respect to the input (B, H, W, C), stride 1."""
    # BEGIN SOLUTION
    B, H, W, C = input_shape
    _, H_out, W_out, _ = grad_output.shape
    padded = np.zeros((B, H + 2 * padding, W + 2 * padding, C), dtype=grad_output.dtype)
    for h, v in np.ndindex(w.shape[:2]):
        padded[:, h : h + H_out, v : v + W_out] += grad_output @ w[h, v].T
    return padded[:, padding : padding + H, padding : padding + W]
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
def test_conv2d_grad_input(conv2d_grad_input):
    import utils
    from utils.check import case, draw, expect

    cases = [
        case(draw((1, 2, 3, 1), seed=1), draw((2, 2, 1, 1), seed=2), (1, 3, 4, 1)),
        case(draw((3, 5, 4, 4), seed=3), draw((3, 2, 2, 4), seed=4), (3, 5, 3, 2), padding=1),
        case(draw((1, 3, 3, 1), seed=5), draw((2, 3, 1, 1), seed=6), (1, 4, 5, 1)),
        case(draw((1, 2, 2, 2), seed=7), draw((3, 2, 1, 2), seed=8), (1, 4, 3, 1)),
    ]
    expect(conv2d_grad_input, like=utils.conv2d_grad_input, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
failure_message: Other sizes, channels and paddings
""" # END TEST CONFIG
def test_conv2d_grad_input_for_all(conv2d_grad_input):
    from utils.check import case, draw, expect
    from utils.check.loops import windows

    cases = [
        case(
            draw((b, h + 2 * p - kh + 1, v + 2 * p - kw + 1, d), seed=50 + h, kind="normal"),
            draw((kh, kw, c, d), seed=h, kind="normal"), (b, h, v, c), padding=p,
        )
        for b, h, v, c in [(1, 5, 4, 2), (3, 4, 6, 1)]
        for kh, kw, d in [(3, 3, 4), (1, 2, 1), (4, 3, 2)]
        for p in (0, 1, 2)
    ]
    expect(conv2d_grad_input, like=windows.conv_grad_input, about="conv2d_grad_input", on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown] tags=["given"]
# ## 7.c · Pooling, fast
#
# *◇ more*
#
# Here all windows are $2\times2$ with stride 2, and both sizes are even. So windows do not overlap, and `reshape` can lay them
# out without a single loop:
#
# ```python
# windows = x.reshape(B, H // 2, 2, W // 2, 2, C)   # axes 2 and 4 run inside a window
# ```

# %% [raw]
# # BEGIN QUESTION
# name: q7c_i
# path: more
# minutes: 4
# difficulty: 1
# worksheet: (f)
# misconceptions: pooled-over-channels
# explain: Which two pixels of a window lie side by side in memory?
# also: return np.maximum.reduce([x[:, h::2, v::2] for h in (0, 1) for v in (0, 1)])

# %% [markdown]
# ### 7.c.i · Forward
#
# Write `max_pool2x2(x)`, max pooling with windows of 2×2 and stride 2. `x` has shape `(B, H, W, C)` with even `H` and `W`; the
# result is `(B, H/2, W/2, C)`.
#
# <details><summary>Hint 1</summary>
#
# You may use your slower function from problem 5. But try the reshape first.
#
# <details><summary>Hint 2</summary>
#
# After the reshape there are six axes. Which two of them must go?
#
# <details><summary>Hint 3</summary>
#
# `max` takes a tuple of axes, as `mean` did in problem 6.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def max_pool2x2(x):
    """Max pooling with 2x2 windows and stride 2: x (B, H, W, C) with even H and W."""
    # BEGIN SOLUTION
    B, H, W, C = x.shape
    return x.reshape(B, H // 2, 2, W // 2, 2, C).max(axis=(2, 4))
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
def test_max_pool2x2(max_pool2x2):
    import utils
    from utils.check import case, draw, expect

    def max_pool2x2_reference(x):
        return utils.max_pool2d(x, 2, 2)

    cases = [case(draw((1, 2, 4, 1), seed=1)), case(draw((3, 4, 2, 2), seed=2)), case(draw((1, 2, 6, 3), seed=3))]
    expect(max_pool2x2, like=max_pool2x2_reference, about="max_pool2d", via=lambda x: case(x, 2, 2), on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
failure_message: Larger batches
""" # END TEST CONFIG
def test_max_pool2x2_for_all(max_pool2x2):
    import numpy as np

    from utils.check import case, draw, expect

    def loop(x):
        B, H, W, C = x.shape
        y = np.zeros((B, H // 2, W // 2, C), dtype=x.dtype)
        for b, i, j, c in np.ndindex(y.shape):
            y[b, i, j, c] = max(x[b, 2 * i + h, 2 * j + v, c] for h in range(2) for v in range(2))
        return y

    cases = [case(draw(shape, seed=9, kind="normal")) for shape in [(1, 8, 8, 2), (3, 6, 4, 1), (2, 2, 10, 5)]]
    expect(max_pool2x2, like=loop, about="max_pool2d", via=lambda x: case(x, 2, 2), on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q7c_ii
# path: more
# minutes: 7
# difficulty: 2
# worksheet: (g)
# misconceptions: [max-tie-duplicated, grad-to-everyone]
# explain: Why may equal pixels share, but not each get all of it?
# also: |
#   up = lambda a: a.repeat(2, axis=1).repeat(2, axis=2)
#   winners = x == up(max_pool2x2(x))
#   count = sum(winners[:, h::2, v::2].astype(x.dtype) for h in (0, 1) for v in (0, 1))
#   return winners * up(grad_output / count)

# %% [markdown]
# ### 7.c.ii · Backward
#
# Write `max_pool2x2_grad(grad_output, x)`. The result has the shape of `x`, and `grad_output` that of the pooled images. Equal
# pixels in a window may share the gradient, or one of them may get all of it.
#
# <details><summary>Hint 1</summary>
#
# Lay out the windows as in the forward pass, and compare them with their maximum. `keepdims=True` keeps the two axes, so that
# the shapes fit.
#
# <details><summary>Hint 2</summary>
#
# That gives True at the largest pixels. If two are equal, both are marked. How many are there in each window? Divide by that.
#
# <details><summary>Hint 3</summary>
#
# `grad_output` lacks the two axes inside a window. Indexing with `None` adds an axis of length 1: `a[:, None]` makes `(3, 1, 4)`
# of `(3, 4)`. At the end, the windows become images again.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def max_pool2x2_grad(grad_output, x):
    """The gradient with respect to x (B, H, W, C) of max_pool2x2."""
    # BEGIN SOLUTION
    B, H, W, C = x.shape
    windows = x.reshape(B, H // 2, 2, W // 2, 2, C)
    winners = (windows == windows.max(axis=(2, 4), keepdims=True)).astype(x.dtype)
    shares = winners / winners.sum(axis=(2, 4), keepdims=True)
    return (shares * grad_output[:, :, None, :, None, :]).reshape(x.shape)
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
def test_max_pool2x2_grad(max_pool2x2_grad):
    import numpy as np

    import utils
    from utils.check import case, draw, expect
    from utils.check.ties import ties_are_shared

    def max_pool2x2_grad_reference(grad_output, x):
        return utils.max_pool2d_grad(grad_output, x, 2, 2)

    cases = [
        case(draw((1, 1, 2, 1), seed=1), draw((1, 2, 4, 1), seed=2)),
        case(draw((3, 2, 1, 2), seed=3), draw((3, 4, 2, 2), seed=4)),
        case(draw((1, 1, 3, 3), seed=5), draw((1, 2, 6, 3), seed=6)),
    ]
    asked = {"like": max_pool2x2_grad_reference, "about": "max_pool2d_grad", "via": lambda g, x: case(g, x, 2, 2)}
    expect(max_pool2x2_grad, on=cases, **asked)
    grad_output, x = np.array([[[[5.0], [-2]]]]), np.array([[2.5, 2.5, 1, 0], [1, 2.5, 3, 3]])[None, ..., None]
    if not ties_are_shared(max_pool2x2_grad, grad_output, x, 2):
        expect(max_pool2x2_grad, on=case(grad_output, x), **asked)

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
failure_message: Larger batches
""" # END TEST CONFIG
def test_max_pool2x2_grad_for_all(max_pool2x2_grad):
    import numpy as np

    from utils.check import case, draw, expect

    def loop(grad_output, x):
        dx = np.zeros_like(x)
        for b, i, j, c in np.ndindex(grad_output.shape):
            places = [(b, 2 * i + h, 2 * j + v, c) for h in range(2) for v in range(2)]
            dx[max(places, key=lambda place: x[place])] = grad_output[b, i, j, c]
        return dx

    cases = [
        case(draw((b, h // 2, v // 2, c), seed=5, kind="normal"), draw((b, h, v, c), seed=9, kind="normal"))
        for b, h, v, c in [(1, 8, 8, 2), (3, 6, 4, 1), (2, 2, 10, 5)]
    ]
    expect(max_pool2x2_grad, like=loop, about="max_pool2d_grad", via=lambda g, x: case(g, x, 2, 2), on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## 7.d · BatchNorm and ReLU
#
# *◇ more*

# %% [raw]
# # BEGIN QUESTION
# name: q7d_i
# path: more
# minutes: 5
# difficulty: 2
# worksheet: (h)
# misconceptions: [bn-per-pixel, bn-stats-constant, bn-missing-mean, bn-missing-var]
# explain: What would the loss do if you scaled all images by two?

# %% [markdown]
# ### 7.d.i · BatchNorm, both ways
#
# Bring them from problem 6, for images `(B, H, W, C)`; `gamma` and `beta` have shape `(C,)`:
#
# - `batch_norm(x, gamma, beta, eps=1e-5)`
# - `batch_norm_grad(grad_output, x, gamma, eps=1e-5)`, which returns `(grad_x, grad_gamma, grad_beta)`
#
# <details><summary>Hint 1</summary>
#
# They are 6.b.ii and 6.e under other names.
#
# <details><summary>Hint 2</summary>
#
# Which axes does each mean run over?
#
# <details><summary>Hint 3</summary>
#
# The closed form is in 6.d. The bars are means, the gradients with respect to `gamma` and `beta` are sums.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def batch_norm(x, gamma, beta, eps=1e-5):
    """Normalize each channel of x (B, H, W, C), then scale by gamma (C,) and shift by beta (C,)."""
    # BEGIN SOLUTION
    axes = (0, 1, 2)
    return gamma * (x - x.mean(axes)) / np.sqrt(x.var(axes) + eps) + beta
    # END SOLUTION


def batch_norm_grad(grad_output, x, gamma, eps=1e-5):
    """The gradients (grad_x, grad_gamma, grad_beta) of batch_norm."""
    # BEGIN SOLUTION
    axes = (0, 1, 2)
    sigma = np.sqrt(x.var(axes) + eps)
    x_hat = (x - x.mean(axes)) / sigma
    along = grad_output * x_hat
    grad_x = gamma / sigma * (grad_output - grad_output.mean(axes) - x_hat * along.mean(axes))
    return grad_x, along.sum(axes), grad_output.sum(axes)
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: Forward and backward on a small batch
""" # END TEST CONFIG
def test_batch_norm(batch_norm, batch_norm_grad):
    import utils
    from utils.check import case, draw, expect

    x, g = draw((3, 2, 4, 2), seed=6), draw((3, 2, 4, 2), seed=5)
    expect(batch_norm, like=utils.batch_norm, on=[case(x, [2, -3], [1, 5], 0.5), case(x, [2, -3], [1, 5])])
    expect(batch_norm_grad, like=utils.batch_norm_grad, on=[case(g, x, [2, -3], 0.5), case(g, x, [2, -3])])

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
failure_message: Forward on larger batches
""" # END TEST CONFIG
def test_batch_norm_for_all(batch_norm):
    from utils.check import case, draw, expect
    from utils.check.loops import layers

    cases = [
        case(3 + 2 * draw(shape, seed=shape[1], kind="normal"), draw(shape[-1:], seed=3, kind="normal"), draw(shape[-1:], seed=9, kind="normal"), eps)
        for shape in [(1, 3, 4, 2), (4, 2, 5, 3)]
        for eps in (1e-5, 0.7)
    ]
    expect(batch_norm, like=layers.batch_norm, on=cases, hidden=True)

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
failure_message: Backward against central differences
""" # END TEST CONFIG
def test_batch_norm_grad_for_all(batch_norm_grad):
    from utils.check import case, draw, expect
    from utils.check.loops import differences

    cases = [
        case(draw(shape, seed=shape[1], kind="normal"), 2 + 2 * draw(shape, seed=60, kind="normal"), draw(shape[-1:], seed=4, kind="normal"), eps)
        for shape in [(1, 2, 3, 2), (3, 2, 4, 3)]
        for eps in (1e-3, 0.8)
    ]
    expect(batch_norm_grad, like=differences.batch_norm_grad, on=cases, rtol=1e-5, atol=1e-6, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ### Why a ReLU?
#
# *ReLU* keeps positive numbers and replaces negative ones by 0. It looks like nothing. Leave it out (and the pooling and
# BatchNorm, too), and two convolutions of $3\times3$ follow each other directly. Could *one* convolution do the same as both?
# How large is its kernel then? Write the length of its side, or 0 if you think
# that one convolution cannot do it.

# %% tags=["prediction"]
guess_side = 0  # a whole number: the side of the kernel, or 0

# %% tags=["otter_ignore"]
rng = np.random.default_rng(2)
picture, first, second = (rng.normal(size=(side, side)) for side in (12, 3, 3))
one = utils.conv2d_grad_input(second, first, (5, 5))  # each weight of the one, led through the other
alike = np.allclose(utils.conv2d(utils.conv2d(picture, first), second), utils.conv2d(picture, one))
reveal("the side of the one kernel", guess_side, len(one) if alike else 0,
       why="Without something that bends in between, a deep network is a shallow one.");

# %% [raw]
# # BEGIN QUESTION
# name: q7d_ii
# path: more
# minutes: 4
# difficulty: 1
# misconceptions: [relu-of-gradient, no-relu-backward, mask-upside-down]
# explain: Where does the function find out whether a number was positive, and why not in grad_output?
# also: return np.where(x > 0, grad_output, 0)

# %% [markdown]
# ### 7.d.ii · ReLU, backward
#
# `relu` is there already. Write `relu_grad(grad_output, x)`, the gradient with respect to `x`, in the shape of `x`.
#
# <details><summary>Hint 1</summary>
#
# What is the slope of $\max(x, 0)$ at $x = 3$? And at $x = -3$?
#
# <details><summary>Hint 2</summary>
#
# It depends on the sign of `x`, **not** on that of `grad_output`: a gradient may well be negative.
#
# <details><summary>Hint 3</summary>
#
# A comparison gives an array of True and False. NumPy multiplies with it as with 1 and 0.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def relu(x):
    """The positive part of x."""
    return np.maximum(x, 0)


def relu_grad(grad_output, x):
    """The gradient with respect to x of relu, in the shape of x."""
    return grad_output * (x > 0)  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: A few numbers, and a small image
""" # END TEST CONFIG
def test_relu_grad(relu, relu_grad):
    from utils.check import case, draw, expect
    from utils.check.references import network

    cases = [
        case([[5.5, -2, 7], [-1, 4.2, -3]], [[1, 2, -4], [-5, 3, -0.5]]),
        case(draw((2, 2, 3, 4), seed=1), draw((2, 2, 3, 4), seed=2)),
    ]
    expect(relu, like=network.relu, on=[case([[1, 2, -4], [-5, 0.5, -0.5]])])
    expect(relu_grad, like=network.relu_grad, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
failure_message: Batches of images
""" # END TEST CONFIG
def test_relu_grad_for_all(relu, relu_grad):
    from utils.check import case, draw, expect
    from utils.check.loops import layers

    cases = [case(draw(shape, seed=1, kind="normal"), draw(shape, seed=2, kind="normal")) for shape in [(3, 4, 5, 2), (7, 3)]]
    expect(relu, like=layers.relu, on=case(draw((3, 4, 2), seed=8, kind="normal")), hidden=True)
    expect(relu_grad, like=layers.relu_grad, on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## 7.e · The loss
#
# *◇ more*
#
# The last 10 numbers of the network are called *logits*. *Softmax* turns them into probabilities: all positive, and together they are 1.
# The loss, called *cross-entropy*, is small when the right digit has a high probability. For one image with the logits $z$ and
# the label $t$:
#
# $$p_k = \frac{e^{z_k}}{\sum_j e^{z_j}} \qquad\qquad \ell = -\log p_t$$
#
# The loss of a batch is the **mean** over its images.

# %% [raw]
# # BEGIN QUESTION
# name: q7e_i
# path: more
# minutes: 3
# difficulty: 1
# misconceptions: [loss-starts-at-zero, log10-not-ln, probability-not-loss]
# explain: The very first loss is far larger than this. What is the network doing?

# %% [markdown]
# ### 7.e.i · Is this right?
#
# Before training no digit is preferred: all logits are about equal. *"That is the largest loss there can be. From then on it
# only gets better."* Is this right?

# %% tags=["prediction"]
guess_largest_loss = True  # True or False

# %% tags=["otter_ignore"]
def loss_of(logits, label):
    return -np.log(np.exp(logits[label]) / np.exp(logits).sum())


no_idea, sure_of_a_3 = np.zeros(10), 9.0 * np.eye(10)[3]
reveal("it is the largest loss there can be", guess_largest_loss, bool(loss_of(no_idea, 5) >= loss_of(sure_of_a_3, 5)),
       why=f"Who is sure of a 3 and sees a 5 has the loss {loss_of(sure_of_a_3, 5):.1f}, and there is no limit to that.");

# %% [markdown]
# How large is the loss before training, for ten digits? Write `first_loss` with four correct digits, or as an expression with
# `np.log`.
#
# <details><summary>Hint 1</summary>
#
# What is the probability of each of the ten digits?
#
# <details><summary>Hint 2</summary>
#
# Put it into $\ell = -\log p_t$. `np.log` is the natural logarithm.
#
# <details><summary>Hint 3</summary>
#
# With two classes it would be $-\log\frac12 = \log 2$, about 0.69.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
first_loss = np.log(10)  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The loss before training
""" # END TEST CONFIG
def test_first_loss(first_loss):
    from utils.check import case, expect
    from utils.check.references import network

    expect(first_loss, like=network.loss_of_equal_logits, on=case(10), rtol=3e-4)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q7e_ii
# path: more
# minutes: 8
# difficulty: 2
# misconceptions: [softmax-overflow, log-of-zero, summed-not-averaged, softmax-over-batch]
# explain: After the shift, how large can a number in np.exp(z) become at most?
# also: |
#   top = logits.max(axis=1)
#   log_sum = top + np.log(np.exp(logits - top[:, None]).sum(axis=1))
#   return (log_sum - logits[np.arange(len(labels)), labels]).mean()

# %% [markdown]
# ### 7.e.ii · Is this right?
#
# *"Add the same number to all logits of an image, and none of its probabilities changes."*

# %% tags=["prediction"]
guess_shifted = False  # True or False

# %% tags=["otter_ignore"]
some_logits = np.array([1.0, 3, -2, 0.5])
with np.errstate(all="ignore"):
    p, p_7, p_900 = (np.exp(z) / np.exp(z).sum() for z in (some_logits, some_logits + 7, some_logits + 900))
if reveal("no probability changes", guess_shifted, bool(np.allclose(p, p_7)),
          why="Numerator and denominator are multiplied by the same power of e. In mathematics, that is: on a computer, see below."):
    print(some_logits, "give", p.round(3))
    print(some_logits + 900, "give", p_900, "with the code np.exp(z) / np.exp(z).sum()")

# %% [markdown]
# Logits may be large, and `np.exp(900)` is too large for any float: it overflows. The shift that you have guessed about can
# keep that from happening.
#
# Write `cross_entropy(logits, labels)`, which returns one number. `logits` has shape `(B, classes)`; `labels` has shape `(B,)`
# and holds whole numbers.
#
# <details><summary>Hint 1</summary>
#
# Each row loses its own maximum. With `keepdims=True` the maxima have a shape that NumPy can subtract from all columns.
#
# <details><summary>Hint 2</summary>
#
# $\log p_t = z_t - \log\sum_j e^{z_j}$, with the shifted $z$. Written like this, there is no logarithm of 0.
#
# <details><summary>Hint 3</summary>
#
# `a[[0, 1, 2], [5, 5, 7]]` picks three numbers of a matrix, one from each of the rows 0, 1 and 2. Then comes the mean. What is
# its sign?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def cross_entropy(logits, labels):
    """The mean of -log(probability of the right label): logits (B, classes), labels (B,)."""
    # BEGIN SOLUTION
    z = logits - logits.max(axis=1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return -log_p[np.arange(len(labels)), labels].mean()
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: Two small batches, and large logits
""" # END TEST CONFIG
def test_cross_entropy(cross_entropy):
    import numpy as np

    from utils.check import case, expect
    from utils.check.references.network import cross_entropy as reference

    cases = [case([[1, 0, 2]], np.array([2])), case([[1, 0, 2], [0, 3, -1]], np.array([0, 1]))]
    cases += [case([[1000, 999, 0]], np.array([k])) for k in (1, 2)]
    cases += [case([[-1000, -1002, -1001]], np.array([1])), case([[0, 1, -800]], np.array([1]))]
    cases += [case([[1000, 999, 0], [0, 1, 2.5], [-1000, -1002, -1001]], np.array([0, 1, 1]))]
    expect(cross_entropy, like=reference, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
failure_message: Larger batches, and large logits
""" # END TEST CONFIG
def test_cross_entropy_for_all(cross_entropy):
    import numpy as np

    from utils.check import case, draw, expect
    from utils.check.loops import layers

    cases = [
        case(scale * draw((b, k), seed=b, kind="normal"), np.random.default_rng(b).integers(0, k, b))
        for b, k in [(1, 2), (6, 4), (9, 10)]
        for scale in (1.0, 1000.0)
    ]
    expect(cross_entropy, like=layers.cross_entropy, on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ### The gradient of the loss
#
# Take the logarithm of the softmax and differentiate, with $[k = t]$ for "1 if $k$ is the right label, and 0 if not":
#
# $$\log p_t = z_t - \log\sum_j e^{z_j}$$
#
# $$\frac{\partial \log p_t}{\partial z_k} = [k = t] - \frac{e^{z_k}}{\sum_j e^{z_j}} = [k = t] - p_k$$
#
# The loss of an image has the opposite sign, so its gradient is $\dfrac{\partial \ell}{\partial z_k} = p_k - [k = t]$.
#
# An image of three classes: the network gives them the probabilities 0.2, 0.7 and 0.1, and the **first** is right. What are the
# three gradients?

# %% tags=["prediction"]
guess_gradients = (0.2, 0.7, 0.1)  # three numbers, such as (1, 2, 3)

# %% tags=["otter_ignore"]
three_classes = np.log([0.2, 0.7, 0.1])
three_gradients = utils.numerical_gradient(lambda z: np.log(np.exp(z).sum()) - z[0], three_classes, 1.0)
reveal("the three gradients", guess_gradients, tuple(three_gradients.round(6)),
       why="The right logit is pushed up, the others down, and all pushes together are 0.");

# %% [raw]
# # BEGIN QUESTION
# name: q7e_iii
# path: more
# minutes: 7
# difficulty: 2
# misconceptions: [batch-not-divided, onehot-forgotten, softmax-overflow]
# explain: When is the gradient of an image zero, and can that happen?
# also: |
#   z = logits - logits.max(axis=1, keepdims=True)
#   p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
#   return (p - np.eye(logits.shape[1])[labels]) / len(labels)

# %% [markdown]
# ### 7.e.iii · Its gradient
#
# For one image, the gradient with respect to its logits is $p_k - [k = t]$: each probability, and one less at the right label.
# Write `cross_entropy_grad`, a function of `logits` and `labels`, for the loss of the **batch**, which is the mean over its $B$
# images. Its result has the shape `(B, classes)`.
#
# <details><summary>Hint 1</summary>
#
# First the probabilities, one row for each image. The logits need their shift here, too.
#
# <details><summary>Hint 2</summary>
#
# Then the right label of each row: you have picked one number from each row in 7.e.ii. One can change numbers that way, too.
#
# <details><summary>Hint 3</summary>
#
# The loss is a mean over $B$ images. What does that do to the gradient of each image?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def cross_entropy_grad(logits, labels):
    """The gradient of cross_entropy with respect to the logits (B, classes)."""
    # BEGIN SOLUTION
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    p[np.arange(len(labels)), labels] -= 1
    return p / len(labels)
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: Two small batches
""" # END TEST CONFIG
def test_cross_entropy_grad(cross_entropy_grad):
    import numpy as np

    from utils.check import case, expect
    from utils.check.references.network import cross_entropy_grad as reference

    cases = [case([[1, 0, 2]], np.array([2])), case([[1, 0, 2], [0, 3, -1]], np.array([0, 1]))]
    cases += [case([[1000, 999, 0], [0, 1, 2.5], [-1000, -1002, -1001]], np.array([0, 1, 1]))]
    expect(cross_entropy_grad, like=reference, on=cases)

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
failure_message: Against central differences
""" # END TEST CONFIG
def test_cross_entropy_grad_for_all(cross_entropy_grad):
    import numpy as np

    from utils.check import case, draw, expect
    from utils.check.loops import differences

    cases = [
        case(shift + 2 * draw((b, k), seed=b, kind="normal"), np.random.default_rng(b).integers(0, k, b))
        for b, k in [(1, 2), (5, 4), (7, 10)]
        for shift in (0.0, 800.0)
    ]
    cases += [case(np.array([[1000.0, 1001, 1003], [-1000, -1002, -1001]]), np.array([1, 0]))]
    expect(cross_entropy_grad, like=differences.cross_entropy_grad, on=cases, rtol=1e-5, atol=1e-6, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## 7.f · The whole network
#
# *◇ more*
#
# `forward` is ready: it uses *your* pieces. It returns the logits, and a dictionary with the result of every step, because the
# backward pass needs them.

# %%
def forward(params, x):
    """The logits (B, classes) of images x (B, H, W, 1), and a dict with the result of every step."""
    c1 = conv2d(x, params["w1"], padding=1)
    n1 = batch_norm(c1, params["gamma1"], params["beta1"])
    r1 = relu(n1)
    p1 = max_pool2x2(r1)
    c2 = conv2d(p1, params["w2"], padding=1)
    n2 = batch_norm(c2, params["gamma2"], params["beta2"])
    r2 = relu(n2)
    p2 = max_pool2x2(r2)
    flat = p2.reshape(len(x), -1)
    logits = flat @ params["w3"] + params["b3"]
    steps = {"c1": c1, "n1": n1, "r1": r1, "p1": p1, "c2": c2, "n2": n2, "r2": r2, "p2": p2, "flat": flat}
    return logits, steps

# %% [raw]
# # BEGIN QUESTION
# name: q7f
# path: more
# minutes: 18
# difficulty: 3
# worksheet: [(d), (e), (g), (h)]
# misconceptions: [no-relu-backward-first-block, no-relu-backward-second-block, norm-of-normalized]
# explain: Which steps of the forward pass does your function never look at, and why not?

# %% [markdown]
# ### 7.f · The backward pass
#
# Write `gradients(params, x, labels)`. It returns a dictionary with the same keys as `params`: the gradient of the loss with
# respect to each of them. Read `forward` **from the last line to the first**. Each line of it becomes one line of yours.
#
# <details><summary>Hint 1</summary>
#
# Call the gradient that travels back `g`. It starts as the gradient with respect to the logits. Through the dense layer
# `flat @ w3 + b3` it goes as in problem 2: the matrix on the way back is the transpose. And `w3` itself? Its gradient has the
# shape of `w3`: which product of `flat` and `g` has that shape?
#
# <details><summary>Hint 2</summary>
#
# `g` is always the gradient with respect to what you have just reached. Flattening has changed a shape, so change it back. Each
# of your `..._grad` functions also wants what went **into** its step, and all of that is in `steps`.
#
# <details><summary>Hint 3</summary>
#
# One block has five lines: pooling, ReLU, BatchNorm (three results at once), then the gradient with respect to the kernel, then
# the one with respect to the input of the convolution. The other block is like it, but its images need no gradient.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def gradients(params, x, labels):
    """The gradient of the loss for every entry of params, as a dict with the same keys."""
    # BEGIN SOLUTION
    logits, s = forward(params, x)
    g = cross_entropy_grad(logits, labels)
    grads = {"w3": s["flat"].T @ g, "b3": g.sum(axis=0)}
    g = (g @ params["w3"].T).reshape(s["p2"].shape)

    g = max_pool2x2_grad(g, s["r2"])
    g = relu_grad(g, s["n2"])
    g, grads["gamma2"], grads["beta2"] = batch_norm_grad(g, s["c2"], params["gamma2"])
    grads["w2"] = conv2d_grad_weight(g, s["p1"], params["w2"].shape, padding=1)
    g = conv2d_grad_input(g, params["w2"], s["p1"].shape, padding=1)

    g = max_pool2x2_grad(g, s["r1"])
    g = relu_grad(g, s["n1"])
    g, grads["gamma1"], grads["beta1"] = batch_norm_grad(g, s["c1"], params["gamma1"])
    grads["w1"] = conv2d_grad_weight(g, x, params["w1"].shape, padding=1)
    return grads
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: The gradients of a tiny network
""" # END TEST CONFIG
def test_gradients(gradients):
    import numpy as np

    from utils.check import case, draw, expect
    from utils.check.references.network import network_gradients

    shapes = {"w1": (3, 3, 1, 2), "gamma1": (2,), "beta1": (2,), "w2": (3, 3, 2, 3), "gamma2": (3,), "beta2": (3,), "w3": (3, 4), "b3": (4,)}
    params = {name: draw(shape, seed=k, kind="normal") for k, (name, shape) in enumerate(shapes.items())}
    x = draw((3, 4, 4, 1), seed=20, kind="normal")
    expect(gradients, like=network_gradients, on=case(params, x, np.array([2, 0, 3])), rtol=1e-6, float32=False)

# %%
""" # BEGIN TEST CONFIG
points: 5
hidden: true
failure_message: Against central differences
""" # END TEST CONFIG
def test_gradients_for_all(gradients):
    import numpy as np

    from utils.check import case, draw, expect
    from utils.check.loops import differences

    cases = []
    for seed, b, h, v, f1, f2, k in [(1, 4, 8, 4, 2, 3, 4), (2, 2, 4, 8, 3, 1, 3)]:
        shapes = {"w1": (3, 3, 1, f1), "gamma1": (f1,), "beta1": (f1,), "w2": (3, 3, f1, f2), "gamma2": (f2,), "beta2": (f2,), "w3": (h * v // 16 * f2, k), "b3": (k,)}
        params = {name: draw(shape, seed=100 * seed + i, kind="normal") for i, (name, shape) in enumerate(shapes.items())}
        labels = np.random.default_rng(seed).integers(0, k, b)
        cases.append(case(params, draw((b, h, v, 1), seed=seed, kind="normal"), labels))
    expect(gradients, like=differences.network_gradients, on=cases, rtol=1e-4, atol=1e-6, float32=False, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## 7.g · One step downhill
#
# *◇ more*

# %% [raw]
# # BEGIN QUESTION
# name: q7g
# path: more
# minutes: 5
# difficulty: 1
# misconceptions: [step-uphill, old-velocity, rate-on-velocity, momentum-swapped]
# explain: With momentum 0, what is left of the two formulas?

# %% [markdown]
# ### 7.g · A step with momentum
#
# The gradient points uphill, so we step the other way. *Momentum* keeps some of the speed $v$ of the last step, like a ball
# that rolls downhill. For each parameter $\theta$ with the gradient $g$:
#
# $$v \leftarrow \text{momentum}\cdot v - \text{learning rate}\cdot g \qquad\qquad \theta \leftarrow \theta + v$$
#
# Write `step(params, velocity, grads, learning_rate, momentum)`. The first three are dictionaries with the same keys. Return two
# **new** dictionaries: first the parameters, then the velocity.
#
# <details><summary>Hint 1</summary>
#
# A loop over the names: `for name in params:`.
#
# <details><summary>Hint 2</summary>
#
# First the new velocity. The new parameters use the **new** one.
#
# <details><summary>Hint 3</summary>
#
# `{name: 2 * params[name] for name in params}` makes a new dictionary in one line. What goes in place of `2 *`?
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
def step(params, velocity, grads, learning_rate, momentum):
    """One step of gradient descent with momentum: (new_params, new_velocity)."""
    # BEGIN SOLUTION
    new_velocity = {name: momentum * velocity[name] - learning_rate * grads[name] for name in params}
    new_params = {name: params[name] + new_velocity[name] for name in params}
    return new_params, new_velocity
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
failure_message: One step with two parameters
""" # END TEST CONFIG
def test_step(step):
    import numpy as np

    from utils.check import case, expect
    from utils.check.references import network

    params = {"a": np.array([1.0, 2.0]), "b": np.array([5.0])}
    velocity = {"a": np.array([0.5, 1.0]), "b": np.array([-2.0])}
    grads = {"a": np.array([3.0, -4.0]), "b": np.array([1.0])}
    expect(step, like=network.momentum_step, on=case(params, velocity, grads, 0.1, 0.8))

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
failure_message: Three steps in a row
""" # END TEST CONFIG
def test_step_for_all(step):
    from utils.check import case, draw, expect
    from utils.check.loops import layers

    shapes = {"kernel": (3, 2, 2), "bias": (4,)}
    trio = [{name: draw(shape, seed=10 * k + len(shape), kind="normal") for name, shape in shapes.items()} for k in range(3)]
    cases = []
    for rate, momentum in [(0.1, 0.9), (0.02, 0.0), (1.5, 0.3)]:
        cases.append(case(*trio, rate, momentum))
        trio = [*layers.momentum_step(*trio, rate, momentum), trio[2]]
    expect(step, like=layers.momentum_step, on=cases, hidden=True)

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## 7.h · Train
#
# ### Ten images first
#
# Before anything else, let a new network learn **ten images by heart**. A network that cannot do that has a
# mistake in it, and a thousand images would hide it. <!--screen-->The next cell finds out which pieces it can use: yours if they are
# all there, the course's if not. It also has the function that reads.<!--/screen--> (While it reads, BatchNorm uses fixed
# statistics, those of the training images: 6.f.)

# %% tags=["screen"]
yours = False
if "gradients" in dir() and "step" in dir():  # or else their cells have not run
    try:
        tried = gradients(start_params(), train_images[:2], train_labels[:2]), step({}, {}, {}, 0.1, 0.9)
        yours = None not in tried
    except Exception as error:
        print("Your pieces do not work together yet. Python says:", error)

if yours:
    def learn(params, velocity, x, t, learning_rate):
        """One step with your own pieces: the new params, the new velocity, and the loss before the step."""
        loss = cross_entropy(forward(params, x)[0], t)
        return *step(params, velocity, gradients(params, x, t), learning_rate, 0.9), loss
else:
    from utils.notebook.stand_in import learn
print("What learns from here on is made of", "your own pieces." if yours else "the course's pieces.")


def read(params, x, seen=train_images):
    """The most likely digit for each image x, in evaluation mode: the statistics are those of the images `seen`."""
    for block in "12":
        w, gamma, beta = (params[name + block] for name in ("w", "gamma", "beta"))
        c, of_seen = utils.conv2d(x, w, padding=1), utils.conv2d(seen, w, padding=1)
        n = gamma * (c - of_seen.mean((0, 1, 2))) / np.sqrt(of_seen.var((0, 1, 2)) + 1e-5) + beta
        x, seen = (utils.max_pool2d(np.maximum(m, 0), 2) for m in (n, utils.batch_norm(of_seen, gamma, beta)))
    return (x.reshape(len(x), -1) @ params["w3"] + params["b3"]).argmax(axis=1)

# %% [markdown]
# A claim: *"Give the ten images **wrong** labels, each drawn at random, so that a 3 may be called a 7. The network learns them by
# heart all the same."* Is this right?

# %% tags=["prediction"]
guess_by_heart = False  # True or False

# %% tags=["otter_ignore", "folded"]
def by_heart(x, t, steps=40):
    """The loss at each step, and how many of the images are read in the end."""
    params = start_params()
    velocity = {name: np.zeros_like(value) for name, value in params.items()}
    losses = []
    for _ in range(steps):
        params, velocity, loss = learn(params, velocity, x, t, 0.1)
        losses.append(loss)
    return losses, int((read(params, x, seen=x) == t).sum())


ten = train_images[:10]
drawn = np.random.default_rng(3).integers(0, 10, 10)
(true_losses, true_read), (drawn_losses, drawn_read) = by_heart(ten, train_labels[:10]), by_heart(ten, drawn)
if reveal("it learns them by heart", guess_by_heart, drawn_read == 10,
          why="It has far more numbers to adjust than labels to remember, and learns nonsense just as well. With the right labels "
              f"it reads {true_read} of 10."):
    figure, ax = plt.subplots(figsize=(6, 2.8))
    for losses, style, color in ((true_losses, "-", "#0b63b0"), (drawn_losses, "--", "#b04a00")):
        ax.semilogy(losses, style, color=color)
    ax.annotate("right labels", (12, true_losses[12]), xytext=(-10, -14), textcoords="offset points", color="#0b63b0", ha="right")
    ax.annotate("drawn labels", (12, drawn_losses[12]), xytext=(10, 8), textcoords="offset points", color="#b04a00")
    ax.set(xlabel="step", ylabel="loss", title="ten images by heart")
    ax.spines[["top", "right"]].set_visible(False)
    show(figure, "Two curves over 40 steps on a logarithmic scale: the loss with the right labels, and with labels drawn at random. Both "
         "fall from 3 to below 0.001, and they can hardly be told apart.")

# %% [markdown]
# A network that gets its training images right *works*. Whether it can read, only images tell that it has not learned from: the
# validation set.
#
# If your own pieces do not get there, the curve says where to look. It stays where it began? No gradient arrives. It rises? A
# sign is wrong. It falls and then stops? One gradient is only nearly right, and BatchNorm's is the first to suspect.
#
# ### All images
#
# One *epoch* shows all training images once, in a new order, 32 at a time. After each epoch the network reads the validation
# images. The *learning rate* says how large a step is. It becomes smaller from epoch to epoch: large steps first, fine ones at
# the end.

# %% tags=["screen"]
@np.errstate(all="ignore")  # with a far too large learning rate the numbers overflow
def train(params, epochs, learning_rate, batch_size=32, seed=0):
    """The trained params, the loss of each step, and how many validation images are right after each epoch."""
    rng = np.random.default_rng(seed)
    velocity = {name: np.zeros_like(value) for name, value in params.items()}
    losses, right = [], []
    for epoch in range(epochs):
        rate = learning_rate * (1 - epoch / epochs)
        shuffled = rng.permutation(len(train_images))
        for start in range(0, len(shuffled) - batch_size + 1, batch_size):
            batch = shuffled[start : start + batch_size]
            params, velocity, loss = learn(params, velocity, train_images[batch], train_labels[batch], rate)
            losses.append(loss)
        right.append(int((read(params, validation_images) == validation_labels).sum()))
        print(f"epoch {epoch + 1}: loss {np.mean(losses[-20:]):.4f}, {right[-1]} of 360 validation images")
    return params, losses, right

# %% [raw]
# # BEGIN QUESTION
# name: q7h
# path: core
# minutes: 6
# difficulty: 1
# misconceptions: too-few-right
# explain: You have tried several settings. Which of the three sets can still say honestly how well it reads?
# unvaried: "its answer is settings with which a network learns: training takes too long to practise"

# %% [markdown]
# ### 7.h · At least 97 % of the validation images
#
# Choose the number of `epochs` and the `learning_rate`, and train<!--paper--> in the notebook<!--/paper-->. At least 350 of the 360 validation images must be read right.
# Try as often as you like: that is what this set is for. <!--paper-->Write down here what worked.<!--/paper--><!--screen-->When your notebook is graded, this cell runs once more, and
# has {{limits.cell}} seconds of processor time; an epoch takes less than one.<!--/screen-->
#
# <details><summary>Hint 1</summary>
#
# Begin small, with 2 epochs. Does the loss fall at all?
#
# <details><summary>Hint 2</summary>
#
# If the loss jumps up and down, the learning rate is too large. If it creeps, it is too small. Go in steps of ten: 10, 1, 0.1, …
#
# <details><summary>Hint 3</summary>
#
# With a good learning rate, fewer than ten epochs are enough.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
epochs = 6  # SOLUTION
learning_rate = 0.1  # SOLUTION

if epochs is ... or learning_rate is ...:
    trained = None
    print("Choose two numbers first.")
else:
    trained, losses, right = train(start_params(), epochs, learning_rate)

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 3
failure_message: At least 97 % of the validation images
""" # END TEST CONFIG
def test_accuracy(trained):
    import numpy as np
    from sklearn.datasets import load_digits

    import utils

    shapes = {"w1": (3, 3, 1, 8), "gamma1": (8,), "beta1": (8,), "w2": (3, 3, 8, 16), "gamma2": (16,), "beta2": (16,), "w3": (64, 10), "b3": (10,)}
    assert trained is not None and trained is not ..., "There is no trained network yet. Run the cell above when your pieces pass.\n[mistake: unanswered]"
    assert isinstance(trained, dict) and {k: np.shape(v) for k, v in trained.items()} == shapes, "trained is not a dict with the arrays of start_params().\n[mistake: shape]"
    digits = load_digits()
    order = np.random.default_rng(0).permutation(1797)
    images, labels = digits.images[order, :, :, None] / 16, digits.target[order]
    params = {name: np.asarray(value, float) for name, value in trained.items()}
    a, b = images[1437:], images[360:1437]
    for block in "12":
        w, gamma, beta = (params[name + block] for name in ("w", "gamma", "beta"))
        c, seen = utils.conv2d(a, w, padding=1), utils.conv2d(b, w, padding=1)
        n = gamma * (c - seen.mean((0, 1, 2))) / np.sqrt(seen.var((0, 1, 2)) + 1e-5) + beta
        a, b = (utils.max_pool2d(np.maximum(m, 0), 2) for m in (n, utils.batch_norm(seen, gamma, beta)))
    right = int(((a.reshape(360, -1) @ params["w3"] + params["b3"]).argmax(1) == labels[1437:]).sum())
    assert right >= 350, f"Your network reads {right} of the 360 validation images; 350 are needed.\nDoes the loss fall? Does it jump? Change one of the two settings, then train again.\n[mistake: too-few-right]"

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% tags=["otter_ignore", "folded"]
if trained is not None:
    figure, (loss_axes, right_axes) = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
    smooth = [np.mean(losses[max(0, i - 20) : i + 1]) for i in range(len(losses))]
    loss_axes.semilogy(losses, color="#b04a00", lw=0.6)
    loss_axes.semilogy(smooth, color="#0b63b0", lw=2)
    loss_axes.set(xlabel="step", ylabel="loss", title="training: the loss")
    corner = {"ha": "right", "va": "top", "transform": loss_axes.transAxes}
    loss_axes.text(0.97, 0.94, "each batch", color="#b04a00", **corner)
    loss_axes.text(0.97, 0.84, "mean of the last 20", color="#0b63b0", **corner)
    right_axes.plot(range(1, len(right) + 1), right, "o-", color="#0b63b0")
    right_axes.axhline(350, color="#b04a00", ls="--")
    right_axes.text(len(right), 348, "goal: 350", color="#b04a00", ha="right", va="top")
    right_axes.set(xlabel="epoch", ylabel="images right", title="validation, of 360", ylim=(min(300, *right) - 5, 361))
    for ax in (loss_axes, right_axes):
        ax.spines[["top", "right"]].set_visible(False)
    show(
        figure,
        f"Left, the loss of each training batch, on a logarithmic scale: {losses[0]:.1f} at the first step, about {smooth[-1]:.2g} "
        f"at the last. Right, how many of the 360 validation images are read after each epoch: {', '.join(map(str, right))}.",
    )

# %% [markdown]
# ## 7.i · The exam
#
# Now everything is decided, and the 360 test images come out, once. How many of them will your network read?

# %% tags=["prediction"]
guess_exam = 340  # a whole number from 0 to 360

# %% tags=["otter_ignore", "folded"]
if trained is None:
    print("First train a network, in 7.h.")
else:
    said = read(trained, test_images)
    passed, known = int((said == test_labels).sum()), int((read(trained, train_images) == train_labels).sum())
    if reveal("right in the exam", guess_exam, passed, near=0.01,
              why=f"That is {passed / 360:.1%}. Of the validation images it reads {right[-1] / 360:.1%}, of the training images "
                  f"{known / len(train_images):.1%}."):
        wrong = np.flatnonzero(said != test_labels)[:8]
        figure, axes = plt.subplots(1, 8, figsize=(9, 1.6), layout="constrained")
        for ax in axes:
            ax.axis("off")
        for ax, k in zip(axes, wrong, strict=False):
            ax.imshow(test_images[k, :, :, 0], cmap="gray_r")
            ax.set_title(f"{test_labels[k]}, read as {said[k]}", fontsize=8)
        mistakes = "; ".join(f"a {test_labels[k]} read as {said[k]}" for k in wrong)
        show(figure, f"Digits of the test set that it reads wrongly, dark on white: {mistakes}.")

# %% [markdown]
# <!--screen-->The pictures show what it got wrong. Could *you* read them? <!--/screen--><!--paper-->The notebook shows what it got wrong. Could *you* read that? <!--/paper-->One more thing to keep in
# mind: all three sets come from the same few people. This exam does not tell us how well the network reads somebody else's
# handwriting.
#
# ### What has it learned?

# %% tags=["otter_ignore", "folded"]
if trained is not None:
    w = trained["w1"][:, :, 0]
    c = utils.conv2d(test_images, trained["w1"], padding=1)
    responses = np.maximum(utils.batch_norm(c, trained["gamma1"], trained["beta1"]), 0)[0]
    figure, axes = plt.subplots(2, 9, figsize=(9, 2.4), layout="constrained")
    axes[0, 0].axis("off")
    axes[1, 0].imshow(test_images[0, :, :, 0], cmap="gray_r")
    axes[1, 0].set_title("input", fontsize=9)
    for f in range(8):
        top, bottom = axes[0, f + 1], axes[1, f + 1]
        top.imshow(w[:, :, f], cmap="RdBu_r", vmin=-abs(w).max(), vmax=abs(w).max())
        for row, column in np.ndindex(3, 3):
            weight = w[row, column, f]
            color = "#ffffff" if abs(weight) > 0.6 * abs(w).max() else "#111111"
            top.text(column, row, "+" if weight > 0 else "−", ha="center", va="center", color=color)
        top.set_title(f"filter {f}", fontsize=9)
        bottom.imshow(responses[:, :, f], cmap="gray_r")
    for ax in axes.flat:
        ax.set(xticks=[], yticks=[])
    signs = "; ".join(
        f"filter {f}: " + " / ".join("".join("+" if v > 0 else "−" for v in w[row, :, f]) for row in range(3)) for f in range(8)
    )
    show(figure, "Above, the eight 3×3 filters of the first layer, with the signs of their weights, row by row: "
         f"{signs}. Below each, where it responds to the digit at the left: dark is a strong response.")

# %% [markdown]
# <!--screen-->The upper row<!--/screen--><!--paper-->In the notebook's picture, the upper row<!--/paper--> shows the eight $3\times3$ filters of the first layer: a plus marks a positive weight, a minus a negative one, and
# strong colours are large weights. Below each filter you see where it responds to the digit at the left: dark means strongly. A
# filter with plus signs on one side and minus signs on the other finds **edges** of that direction, like the one of problem 1.
# But nobody wrote these down.

# %% [raw]
# # BEGIN QUESTION
# name: q7i
# manual: true
# points: 2
# rubric: |
#   - ½ point: a filter, what it looks for, and how its signs show it
#   - ½ point: a network could remember its training images
#   - 1 point: what happens without one piece (½), and why (½). A guess with a good reason counts in full
# path: more
# minutes: 8
# difficulty: 2

# %% [markdown]
# ### 7.i · In your own words
#
# Answer in five or six sentences. (1) Pick one filter in your picture. What does it look for, and how do its signs show this?
# (2) Why is a network judged with images that it has never seen? (3) Remove one piece of your choice: BatchNorm, ReLU, pooling or
# momentum. What do you expect to happen, and why? (If you like, try it.)

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# (1) For example: a filter with plus signs in the upper row and minus signs in the lower row responds where a dark stroke lies above
# something bright: it finds lower edges of horizontal strokes. (2) A network could simply remember its training images. Only new images show whether it has
# learned what a 3 looks like. (3) For example without ReLU: convolution, BatchNorm with fixed statistics and the dense layer are all linear, so only the pooling
# would keep the network from being one single linear map. It would read fewer digits. Without BatchNorm the loss falls more slowly, and the learning rate must be smaller.

# %% [raw]
# # END SOLUTION

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## From here to PyTorch
#
# *◇ more*
#
# What you have used or written here exists in every framework under almost the same names. Two things differ: PyTorch puts the
# **channels second** (NCHW: number of images, channels, height, width; ours is NHWC), and its layers hold their own parameters.
#
# | PyTorch | here |
# |---|---|
# | images `(B, C, H, W)` | `(B, H, W, C)`. From ours to theirs: `x.transpose(0, 3, 1, 2)`, in PyTorch `x.permute(0, 3, 1, 2)` |
# | `weight` of a convolution `(D, C, kH, kW)` | `(kH, kW, C, D)`. From ours to theirs: `w.transpose(3, 2, 0, 1)` |
# | **`nn.Conv2d(`** | `conv2d`: cross-correlation as well, nothing is flipped |
# | `in_channels, out_channels` | `C` and `D`, the last two axes of our kernel |
# | `kernel_size` | `kH, kW`, its first two axes |
# | `stride=1, padding=0, dilation=1` | the same in `utils.conv2d`. `padding="same"` is 1.g |
# | `groups=1` | each filter sees all channels. With `groups=C`, each sees one |
# | `bias=True` | one number for each filter. Before BatchNorm say `bias=False` |
# | `padding_mode="zeros"` | as here |
# | **`nn.MaxPool2d(`** | `utils.max_pool2d`, with the same names |
# | `kernel_size, stride=None` | `None` means: as large as the kernel. So windows do not overlap unless you say so |
# | `padding=0, dilation=1` | padding never wins, it counts as $-\infty$; dilation spreads the window |
# | `return_indices=False` | whether it also says *where* the largest number was |
# | `ceil_mode=False` | the size is rounded down, what is left over is dropped |
# | **`nn.BatchNorm2d(`** | `batch_norm`, one mean for each channel |
# | `num_features` | `C` |
# | `eps=1e-05` | $\varepsilon$, inside the square root |
# | `momentum=0.1` | the one of 6.f.i, not the one of 7.g |
# | `affine=True` | learns $\gamma$ (called `weight`) and $\beta$ (called `bias`) |
# | `track_running_stats=True` | keeps a running mean and variance; `net.train()` and `net.eval()` switch between 6.b and 6.f |
# | `nn.ReLU()`, `nn.Linear(64, 10)` | `relu`; `flat @ w3 + b3`, where `weight` is `w3.T` |
# | `nn.CrossEntropyLoss()` | `cross_entropy`: takes logits, not probabilities, and averages over the batch |
# | `loss.backward()` | `gradients` |
# | `torch.optim.SGD(…, lr, momentum)` | `step`, as long as the learning rate stays the same |
#
# One trap is left. Before the dense layer the images are flattened. A claim: *"Channels first or channels last, flattening gives the
# same 64 numbers in the same order."* Is this right?

# %% tags=["prediction"]
guess_flat = True  # True or False

# %% tags=["otter_ignore"]
small = np.arange(2 * 2 * 16).reshape(1, 2, 2, 16)
ours, theirs = small.reshape(-1), small.transpose(0, 3, 1, 2).reshape(-1)
reveal("the same numbers in the same order", guess_flat, bool((ours == theirs).all()),
       why=f"Channels first begins with the places {theirs[:5].tolist()} of ours. So the rows of w3 must be sorted anew.");

# %% [markdown]
# This is your trained network in PyTorch, whole. <!--screen-->(It is not installed here. Where it is, save `trained` with
# `np.savez`, or train it there.) <!--/screen-->The logits are those of `forward`, to the last digits of a float32:
#
# ```python
# import torch
# from torch import nn
#
# net = nn.Sequential(
#     nn.Conv2d(1, 8, kernel_size=3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
#     nn.Conv2d(8, 16, kernel_size=3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
#     nn.Flatten(), nn.Linear(64, 10),
# )
# own = {name: torch.tensor(value) for name, value in trained.items()}
# with torch.no_grad():
#     for conv, norm, block in ((net[0], net[1], "1"), (net[4], net[5], "2")):
#         conv.weight.copy_(own["w" + block].permute(3, 2, 0, 1))   # (kH, kW, C, D) -> (D, C, kH, kW)
#         norm.weight.copy_(own["gamma" + block])
#         norm.bias.copy_(own["beta" + block])
#     w3 = own["w3"].reshape(2, 2, 16, 10).permute(2, 0, 1, 3)      # sort the rows: (H, W, C) -> (C, H, W)
#     net[9].weight.copy_(w3.reshape(64, 10).T)
#     net[9].bias.copy_(own["b3"])
#
# logits = net(torch.tensor(test_images).permute(0, 3, 1, 2))       # NHWC -> NCHW; net is in training mode
# ```

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

utils.practice("train_a_cnn")

# %% [markdown]
# ## What to remember
#
# <!--screen-->What would be on your own list? Write three lines, then open ours.
#
# <details><summary>Our list</summary><!--/screen-->
#
# - Training data teach the network, validation data teach *you*, test data are looked at once.
# - Let it learn ten images by heart first. If it can, the network works; that does not mean that it can read.
# - A backward pass is the forward pass read from the end. Each step needs what went **into** it.
# - Softmax with cross-entropy: the gradient is $(p_k - [k = t])/B$: the probabilities, 1 less at the right label, over the batch size.
# - An untrained network with $K$ classes has a loss of about $\log K$. Look at this number first.
# - Loop over the filter, not over the image: few steps in Python, all the work in NumPy.
#
# <!--screen--></details>
#
# You have taken a convolutional network apart, down to single numbers, and put it together again. Every framework does what
# you did here, only faster.<!--/screen-->
