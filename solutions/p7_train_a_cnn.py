# %% [raw]
# # ASSIGNMENT CONFIG
# name: p7_train_a_cnn
# title: "Problem 7 · Train your own CNN"

# %% [markdown]
# # Problem 7 · Your own network learns to read
#
# You know every piece: convolution, pooling, BatchNorm, and all of their gradients. Now put them together, with NumPy and
# nothing else, and teach a small network to read handwritten digits. It takes less than a minute.
#
# **What you'll do**
# - plan a network: its shapes, its parameters
# - bring your pieces from problems 4, 5 and 6, and make them fast
# - add three new pieces: ReLU, the loss, one step downhill
# - train the network, watch the loss fall, look at what it has learned
#
# **What you'll learn**
# - why a loop over the *filter* is fast and a loop over the *image* is slow
# - why the gradient of softmax with cross-entropy is so simple
# - how a backward pass is written: the forward pass, read from the end
#
# **What you need**
# - your own notebooks of problems 4, 5 and 6: copy from them as much as you like
# - about 110 minutes

# %% [markdown]
# ## How to work here
#
# - Replace every `...` by your answer. Then run the check cell below it.
# - A wrong answer is not the end. The check tells you *what your numbers look like*, so read its message.
# - Hints open one by one. Try first, then open one.
# - Do not call the function of `utils` that a question asks you to write: the check will notice. Your **own** functions
#   from here and from earlier problems are always welcome.

# %% tags=["setup"]
import sys

sys.path.insert(0, "..")  # utils/ lies beside the notebooks folder

# %%
import time

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display
from sklearn.datasets import load_digits

import utils
from utils import explore

# %% [markdown]
# ## The data: 1797 handwritten digits
#
# Each image has $8\times8$ pixels. We shuffle them, and put 360 of them aside. The network never sees those while it
# learns: they are its exam.

# %%
digits = load_digits()
order = np.random.default_rng(0).permutation(1797)
images = (digits.images[order, :, :, None] / 16).astype(np.float32)  # (1797, 8, 8, 1), from 0 to 1
labels = digits.target[order]  # (1797,), whole numbers from 0 to 9
test_images, train_images = images[:360], images[360:]
test_labels, train_labels = labels[:360], labels[360:]

fig, axes = plt.subplots(1, 12, figsize=(9, 1.2))
for ax, image, label in zip(axes, train_images, train_labels):
    ax.imshow(image[:, :, 0], cmap="gray_r")
    ax.set_title(label, fontsize=10)
    ax.set_axis_off()
plt.show()

# %% [markdown]
# The picture shows twelve digits, each with its label above it. They are blurred and small, but you can read them.

# %% [markdown]
# ## 7.a · The plan
#
# The network has two blocks and a dense layer:
#
# 1. convolution with 8 filters $3\times3$, padding 1, no bias → BatchNorm → ReLU → max pooling $2\times2$, stride 2
# 2. convolution with 16 filters $3\times3$, padding 1, no bias → BatchNorm → ReLU → max pooling $2\times2$, stride 2
# 3. flatten → dense layer with biases → 10 numbers, one for each digit
#
# Follow the shapes in the picture. It shows the convolutions and the poolings only: BatchNorm and ReLU do not change the shape,
# and the dense layer comes after the last box.

# %%
explore.shapes(
    layers=[
        {"kind": "conv", "kernel_size": 3, "filters": 8, "padding": 1, "bias": False},
        {"kind": "pool", "kernel_size": 2, "stride": 2},
        {"kind": "conv", "kernel_size": 3, "filters": 16, "padding": 1, "bias": False},
        {"kind": "pool", "kernel_size": 2, "stride": 2},
    ],
    input_shape=(8, 8, 1),
)

# %% [raw]
# # BEGIN QUESTION
# name: q7a
# path: core
# minutes: 5
# difficulty: 1

# %% [markdown]
# ### 7.a · Count before you build
#
# - `features`: how many numbers go into the dense layer, for one image?
# - `all_parameters`: how many numbers does the whole network learn? Do not forget BatchNorm.
#
# <details><summary>Hint 1</summary>
#
# After the second pooling the shape is $2\times2\times16$.
#
# <details><summary>Hint 2</summary>
#
# The convolutions learn $3\cdot3\cdot1\cdot8$ and $3\cdot3\cdot8\cdot16$ numbers. BatchNorm learns two for each channel.
#
# <details><summary>Hint 3</summary>
#
# The dense layer has one weight for each pair of an input and an output, and 10 biases.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
features = 2 * 2 * 16  # SOLUTION
all_parameters = 3 * 3 * 1 * 8 + 2 * 8 + 3 * 3 * 8 * 16 + 2 * 16 + 64 * 10 + 10  # SOLUTION

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

# %% [markdown] tags=["given"]
# ## 7.b · Convolution, fast
#
# A convolution with a Python loop over all pixels of all images takes minutes here. The trick: loop over the **filter**.
# It has only 9 places. For each place `(h, v)`, one product does the work for *all* pixels of *all* images at once:
#
# ```python
# shifted = padded[:, h : h + H_out, v : v + W_out]   # (B, H_out, W_out, C)
# shifted @ w[h, v]                                   # w[h, v] is (C, D), so this is (B, H_out, W_out, D)
# ```
#
# Stride 1 is enough for this network.

# %% [raw]
# # BEGIN QUESTION
# name: q7b_i
# path: more
# minutes: 8
# difficulty: 2

# %% [markdown]
# ### 7.b.i · Forward
#
# Write `conv2d(x, w, padding=0)` with stride 1. Shapes: `x` is `(B, H, W, C)`, `w` is `(kH, kW, C, D)`, the result is
# `(B, H_out, W_out, D)`. If your function of problem 4 is fast, copy it.
#
# <details><summary>Hint 1</summary>
#
# `np.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0)))` pads space only.
#
# <details><summary>Hint 2</summary>
#
# Start with zeros in the shape of the result. Add one `shifted @ w[h, v]` for each place of the filter.
#
# <details><summary>Hint 3</summary>
#
# Give the zeros `x`'s own dtype. Then float32 stays float32, and that is twice as fast.
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
        case(draw((2, 3, 4, 2), seed=3), draw((3, 2, 2, 3), seed=4), padding=1),
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
# minutes: 8
# difficulty: 2

# %% [markdown]
# ### 7.b.ii · The gradient for the filter
#
# Write `conv2d_grad_weight(grad_output, x, kernel_shape, padding=0)`. The result has the shape `kernel_shape`. Again loop over
# the filter only.
#
# <details><summary>Hint 1</summary>
#
# `w[h, v]` meets the slice `shifted` above, and the result is added to all outputs. So its gradient adds up over all images
# and all places.
#
# <details><summary>Hint 2</summary>
#
# For fixed `(h, v)` you need the matrix with the entries $\sum_{b,i,j}$ `shifted[b, i, j, c] * grad_output[b, i, j, d]`.
#
# <details><summary>Hint 3</summary>
#
# `np.tensordot(shifted, grad_output, axes=([0, 1, 2], [0, 1, 2]))` is that matrix, of shape `(C, D)`.
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
# minutes: 8
# difficulty: 2

# %% [markdown]
# ### 7.b.iii · The gradient for the input
#
# Write `conv2d_grad_input(grad_output, w, input_shape, padding=0)`. The result has the shape `input_shape`, which is `(B, H, W, C)`.
#
# <details><summary>Hint 1</summary>
#
# In the forward pass, `shifted` was a slice of the padded input. In the backward pass, **add** to the same slice.
#
# <details><summary>Hint 2</summary>
#
# What you add is `grad_output @ w[h, v].T`: from `D` channels back to `C` channels.
#
# <details><summary>Hint 3</summary>
#
# At the end cut the padding off again: rows `padding : padding + H`, columns `padding : padding + W`.
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
        case(draw((2, 3, 5, 3), seed=3), draw((3, 2, 2, 3), seed=4), (2, 3, 4, 2), padding=1),
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

# %% [markdown]
# ### 7.c.i · Forward
#
# Write `max_pool2x2(x)`: `(B, H, W, C)` becomes `(B, H/2, W/2, C)`.
#
# <details><summary>Hint 1</summary>
#
# You may use your slower function from problem 5. But try the reshape first.
#
# <details><summary>Hint 2</summary>
#
# Over which two axes of `windows` do you take the maximum?
#
# <details><summary>Hint 3</summary>
#
# `windows.max(axis=(2, 4))`.
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

    cases = [case(draw((1, 2, 4, 1), seed=1)), case(draw((2, 4, 2, 3), seed=2))]
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
# minutes: 8
# difficulty: 2

# %% [markdown]
# ### 7.c.ii · Backward
#
# Write `max_pool2x2_grad(grad_output, x)`. The result has the shape of `x`. Equal pixels in a window may share the gradient, or one
# of them may get all of it.
#
# <details><summary>Hint 1</summary>
#
# Compare `windows` with their maximum. `keepdims=True` keeps the two axes, so that the shapes fit.
#
# <details><summary>Hint 2</summary>
#
# `winners = windows == windows.max(axis=(2, 4), keepdims=True)` is True at the largest pixels. If two are equal, both are marked:
# divide by their number, `winners.sum(axis=(2, 4), keepdims=True)`.
#
# <details><summary>Hint 3</summary>
#
# `grad_output[:, :, None, :, None, :]` has the two extra axes as well. At the end `.reshape(x.shape)`.
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
    import utils
    from utils.check import case, draw, expect

    def max_pool2x2_grad_reference(grad_output, x):
        return utils.max_pool2d_grad(grad_output, x, 2, 2)

    cases = [
        case(draw((1, 1, 2, 1), seed=1), draw((1, 2, 4, 1), seed=2)),
        case(draw((2, 2, 1, 3), seed=3), draw((2, 4, 2, 3), seed=4, kind="normal").round(1)),
    ]
    expect(max_pool2x2_grad, like=max_pool2x2_grad_reference, about="max_pool2d_grad", via=lambda g, x: case(g, x, 2, 2), on=cases)

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
    tied = np.asarray(max_pool2x2_grad(np.array([[[[3.0]]]]), np.zeros((1, 2, 2, 1))), float)
    assert tied.shape == (1, 2, 2, 1) and (tied >= 0).all() and abs(tied.sum() - 3) < 1e-9, "Equal pixels got more or less than the window's gradient between them.\n[mistake: max-tie-duplicated]"

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## 7.d · BatchNorm and ReLU

# %% [raw]
# # BEGIN QUESTION
# name: q7d_i
# path: more
# minutes: 6
# difficulty: 2

# %% [markdown]
# ### 7.d.i · BatchNorm, both ways
#
# Bring them from problem 6, for images `(B, H, W, C)`:
#
# - `batch_norm(x, gamma, beta, eps=1e-5)`
# - `batch_norm_grad(grad_output, x, gamma, eps=1e-5)`, which returns `(grad_x, grad_gamma, grad_beta)`
#
# <details><summary>Hint 1</summary>
#
# Every mean is over the batch and over space: `axis=(0, 1, 2)`.
#
# <details><summary>Hint 2</summary>
#
# The closed form: `gamma / sigma * (g - mean(g) - x_hat * mean(g * x_hat))`.
#
# <details><summary>Hint 3</summary>
#
# `grad_beta` is the sum of `g` over the three axes, `grad_gamma` the sum of `g * x_hat`.
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

    x, g = draw((2, 3, 2, 2), seed=6), draw((2, 3, 2, 2), seed=5)
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

# %% [raw]
# # BEGIN QUESTION
# name: q7d_ii
# path: more
# minutes: 4
# difficulty: 1

# %% [markdown]
# ### 7.d.ii · ReLU, backward
#
# ReLU keeps the positive numbers and replaces the negative ones by 0: `np.maximum(x, 0)`. Without it, two convolutions in a row
# would be just one larger convolution. Write `relu_grad(grad_output, x)`.
#
# <details><summary>Hint 1</summary>
#
# What is the slope of $\max(x, 0)$ for $x = 3$? And for $x = -3$?
#
# <details><summary>Hint 2</summary>
#
# 1 and 0. It depends on the sign of `x`, **not** on the sign of `grad_output`.
#
# <details><summary>Hint 3</summary>
#
# `x > 0` is an array of True and False. NumPy multiplies with it as with 1 and 0.
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
failure_message: Six numbers
""" # END TEST CONFIG
def test_relu_grad(relu_grad):
    from utils.check import case, expect
    from utils.check.references.network import relu_grad as reference

    expect(relu_grad, like=reference, on=case([[5, -2, 7], [-1, 4, -3]], [[1, 2, -4], [-5, 3, -6]]))

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
# The network's last 10 numbers are called *logits*. Softmax turns them into probabilities. The loss is small when the right digit
# has a high probability. For one image with the logits $z$ and the label $t$:
#
# $$p_k = \frac{e^{z_k}}{\sum_j e^{z_j}} \qquad \ell = -\log p_t$$
#
# The loss of a batch is the **mean** over its images.

# %% [raw]
# # BEGIN QUESTION
# name: q7e_i
# path: more
# minutes: 3
# difficulty: 1

# %% [markdown]
# ### 7.e.i · Is this right?
#
# *"A network that has learned nothing yet has the loss 0."* Before training, no digit is preferred: all 10 logits are about equal.
# What is the loss then? Write `first_loss` with four correct digits, or as an expression with `np.log`.
#
# <details><summary>Hint 1</summary>
#
# What is the probability of each of the 10 digits?
#
# <details><summary>Hint 2</summary>
#
# $p_t = \frac1{10}$, so $\ell = -\log\frac1{10}$. `np.log` is the natural logarithm.
#
# <details><summary>Hint 3</summary>
#
# $-\log\frac1{10} = \log 10$. It lies between 2 and 3.
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

# %% [markdown]
# ### 7.e.ii · The loss of a batch
#
# *"`np.exp(z) / np.exp(z).sum()` is fine for all logits."* Run the next cell first.

# %%
with np.errstate(all="ignore"):
    z = np.array([1000.0, 999, 0])
    print("plain:         ", np.exp(z) / np.exp(z).sum())
    z = z - z.max()
    print("after shifting:", np.exp(z) / np.exp(z).sum())

# %% [markdown]
# If you subtract the largest logit first, the result stays the same and nothing overflows. Write
# `cross_entropy(logits, labels)`: one number. `logits` has shape `(B, classes)`. `labels` has shape `(B,)`, with whole numbers.
#
# <details><summary>Hint 1</summary>
#
# Subtract from each row its own maximum: `logits.max(axis=1, keepdims=True)`.
#
# <details><summary>Hint 2</summary>
#
# $\log p_t = z_t - \log\sum_j e^{z_j}$, with the shifted $z$. This way there is no $\log 0$.
#
# <details><summary>Hint 3</summary>
#
# `log_p[np.arange(len(labels)), labels]` picks one number from each row. Then the mean, with a minus sign.
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
    cases += [case([[1000, 999, 0]], np.array([1]))]
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

# %% [raw]
# # BEGIN QUESTION
# name: q7e_iii
# path: more
# minutes: 8
# difficulty: 2

# %% [markdown]
# ### 7.e.iii · Its gradient
#
# For one image, all the logarithms and exponentials cancel, and the gradient with respect to the logits is simply
#
# $$\frac{\partial \ell}{\partial z_k} = p_k - [k = t]$$
#
# where $[k = t]$ is 1 for the right label and 0 for the others. Write `cross_entropy_grad(logits, labels)` for the loss of the **batch**. Its
# shape is `(B, classes)`.
#
# <details><summary>Hint 1</summary>
#
# First compute the probabilities, one row for each image. Shift the logits again.
#
# <details><summary>Hint 2</summary>
#
# Then subtract 1 at the right label of each row: `p[np.arange(B), labels] -= 1`.
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
# All learned numbers live in one dictionary, `params`. The weights start as small random numbers. Their size is chosen such that
# the numbers neither explode nor vanish on their way through the network.
#
# `forward` is ready: it uses *your* pieces. It returns the logits, and a dictionary with the result of every step. The backward
# pass needs them.

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
# minutes: 20
# difficulty: 3

# %% [markdown]
# ### 7.f · The backward pass
#
# Write `gradients(params, x, labels)`. It returns a dictionary with the same keys as `params`: the gradient of the loss for each of them.
# Read `forward` **from the last line to the first**. Each line of it becomes one line of yours.
#
# <details><summary>Hint 1</summary>
#
# Call the gradient that travels back `g`. It starts as `cross_entropy_grad` of the logits. The dense layer is
# `flat @ w3 + b3`: so the gradient of `w3` is `flat.T @ g`, the one of `b3` is a sum over the batch, and `g @ w3.T` travels on.
# Give it the shape of `p2`.
#
# <details><summary>Hint 2</summary>
#
# `g` is always the gradient of the thing you have just reached. The pooling took `r2`, the ReLU took `n2`, BatchNorm took `c2`, the
# convolution took `p1`: these are the second arguments of your functions.
#
# <details><summary>Hint 3</summary>
#
# The second block has five lines: pooling, ReLU, BatchNorm (three results at once), then the filter's gradient, then the gradient
# for the input of the convolution. Both with `padding=1`. The first block looks the same, but the images need no gradient.
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

# %% [raw]
# # BEGIN QUESTION
# name: q7g
# path: more
# minutes: 6
# difficulty: 1

# %% [markdown]
# ### 7.g · A step with momentum
#
# The gradient points uphill. So we step the other way. With *momentum* we keep some of the speed $v$ of the last step, like a ball that
# rolls. For each parameter $\theta$ with the gradient $g$:
#
# $$v \leftarrow \text{momentum}\cdot v - \text{learning rate}\cdot g \qquad\qquad \theta \leftarrow \theta + v$$
#
# Write `step(params, velocity, grads, learning_rate, momentum)`. The first three are dictionaries with the same keys. Return two **new**
# dictionaries, `(new_params, new_velocity)`.
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
# `{name: ... for name in params}` makes a new dictionary in one line: write the formula of $v$ in place of the dots.
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
    velocity = {"a": np.array([0.0, 1.0]), "b": np.array([-2.0])}
    grads = {"a": np.array([3.0, -4.0]), "b": np.array([1.0])}
    expect(step, like=network.momentum_step, on=case(params, velocity, grads, 0.1, 0.5))

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
# Everything is in place. One *epoch* shows all training images once, in a new order, 32 at a time. After each epoch the test images are
# judged. For that, BatchNorm needs fixed statistics (problem 6.f). We take the mean and the variance over all training images.
#
# The learning rate becomes smaller from epoch to epoch: large steps first, fine steps at the end.

# %%
def statistics(params, x):
    """The mean and the variance of each channel before each BatchNorm, over all images x."""
    _, s = forward(params, x)
    return {name: (s[name].mean((0, 1, 2)), s[name].var((0, 1, 2))) for name in ("c1", "c2")}


def predict(params, fixed, x):
    """The most likely digit for each image x, with fixed statistics."""
    for block in "12":
        mean, var = fixed["c" + block]
        c = conv2d(x, params["w" + block], padding=1)
        n = params["gamma" + block] * (c - mean) / np.sqrt(var + 1e-5) + params["beta" + block]
        x = max_pool2x2(relu(n))
    return (x.reshape(len(x), -1) @ params["w3"] + params["b3"]).argmax(axis=1)


def train(params, epochs, learning_rate, batch_size=32, momentum=0.9, seed=0):
    """Train, show a live picture, and return the trained params."""
    rng = np.random.default_rng(seed)
    velocity = {name: np.zeros_like(value) for name, value in params.items()}
    losses, accuracies, started = [], [], time.perf_counter()
    fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
    headline = {"text/plain": "The learning curve:"}
    live = display(headline, raw=True, display_id=True)
    for epoch in range(epochs):
        rate = learning_rate * (1 - epoch / epochs)
        shuffled = rng.permutation(len(train_images))
        for start in range(0, len(shuffled) - batch_size + 1, batch_size):
            batch = shuffled[start : start + batch_size]
            x, t = train_images[batch], train_labels[batch]
            losses.append(cross_entropy(forward(params, x)[0], t))
            params, velocity = step(params, velocity, gradients(params, x, t), rate, momentum)
        predicted = predict(params, statistics(params, train_images), test_images)
        accuracies.append((predicted == test_labels).mean())
        draw_progress(left, right, losses, accuracies, epochs)
        if live is not None:
            live.update(fig)
    if live is not None:
        live.update(headline, raw=True)
    display(fig)  # the last picture stays
    plt.close(fig)
    print(f"{time.perf_counter() - started:.0f} s, {accuracies[-1]:.1%} of the test images are right")
    return params


def draw_progress(left, right, losses, accuracies, epochs):
    """The loss of each batch on the left, the accuracy after each epoch on the right."""
    left.clear()
    left.semilogy(losses, color="#bbbbbb", lw=0.8, label="each batch")
    smooth = [np.mean(losses[max(0, i - 20) : i + 1]) for i in range(len(losses))]
    left.semilogy(smooth, color="#004488", label="mean of the last 20")
    left.set(xlabel="step", ylabel="loss", title="loss while training")
    left.legend()
    right.clear()
    right.plot(range(1, len(accuracies) + 1), [100 * a for a in accuracies], "o-", color="#004488")
    right.axhline(97, color="#bb5566", ls="--")
    right.text(epochs + 0.4, 96.8, "goal: 97 %", ha="right", va="top")
    right.set(xlim=(0.5, epochs + 0.5), ylim=(80, 100), yticks=range(80, 101, 5))
    right.set(xlabel="epoch", ylabel="right, in %", title="test images")

# %% [raw]
# # BEGIN QUESTION
# name: q7h
# path: core
# minutes: 10
# difficulty: 1

# %% [markdown]
# ### 7.h · At least 97 %
#
# Choose the number of `epochs` and the `learning_rate`. Then train. At least 97 % of the test images must be right: 350 of 360.
# It should take less than a minute.
#
# <details><summary>Hint 1</summary>
#
# Begin small: 2 epochs. Does the loss start near `first_loss`? Does it fall?
#
# <details><summary>Hint 2</summary>
#
# If the loss jumps up and down, the learning rate is too large. If it falls too slowly, it is too small. Try 1, 0.1, 0.01.
#
# <details><summary>Hint 3</summary>
#
# About 10 epochs are enough.
#
# </details></details></details>

# %% [raw]
# # BEGIN SOLUTION

# %%
epochs = 10  # SOLUTION
learning_rate = 0.05  # SOLUTION

if gradients(start_params(), train_images[:2], train_labels[:2]) is None:
    print("First write the pieces above. Then run this cell again.")
    trained = None
else:
    trained = train(start_params(), epochs, learning_rate)

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 3
failure_message: At least 97 % of the test images
""" # END TEST CONFIG
def test_accuracy(trained):
    import numpy as np
    from sklearn.datasets import load_digits

    import utils
    from utils.check.references.network import network

    shapes = {"w1": (3, 3, 1, 8), "gamma1": (8,), "beta1": (8,), "w2": (3, 3, 8, 16), "gamma2": (16,), "beta2": (16,), "w3": (64, 10), "b3": (10,)}
    assert trained is not None and trained is not ..., "There is no trained network yet. Run the cell above when your pieces pass.\n[mistake: unanswered]"
    assert isinstance(trained, dict) and {k: np.shape(v) for k, v in trained.items()} == shapes, "trained is not a dict with the arrays of start_params().\n[mistake: shape]"
    digits = load_digits()
    order = np.random.default_rng(0).permutation(1797)
    images, labels = digits.images[order, :, :, None] / 16, digits.target[order]
    params = {name: np.asarray(value, float) for name, value in trained.items()}
    _, steps = network(params, images[360:])
    a = images[:360]
    for block in "12":
        c, seen = utils.conv2d(a, params["w" + block], padding=1), steps["c" + block]
        n = params["gamma" + block] * (c - seen.mean((0, 1, 2))) / np.sqrt(seen.var((0, 1, 2)) + 1e-5) + params["beta" + block]
        a = utils.max_pool2d(np.maximum(n, 0), 2)
    right = int(((a.reshape(360, -1) @ params["w3"] + params["b3"]).argmax(1) == labels[:360]).sum())
    assert right >= 350, f"Your network reads {right} of the 360 test images; 350 are needed.\nDoes the loss fall? Does it jump? Change one of the two settings, then train again.\n[mistake: too-few-right]"

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# The left picture shows the loss on a logarithmic scale. It starts a little above 2.3: random weights are a bit worse than no opinion.
# Then it falls by a factor of more than 100. The right picture shows how many test images are right after each epoch. The curve climbs
# above the dashed line at 97 %.
#
# ## 7.i · What has it learned?

# %%
if trained is not None:
    w = trained["w1"][:, :, 0]
    _, s = forward(trained, test_images)
    fig, axes = plt.subplots(2, 9, figsize=(9, 2.4), layout="constrained")
    axes[0, 0].set_axis_off()
    axes[1, 0].imshow(test_images[0, :, :, 0], cmap="gray_r")
    axes[1, 0].set_title("input", fontsize=9)
    for f in range(8):
        top, bottom = axes[0, f + 1], axes[1, f + 1]
        top.imshow(w[:, :, f], cmap="RdBu_r", vmin=-abs(w).max(), vmax=abs(w).max())
        for row, column in np.ndindex(3, 3):
            weight = w[row, column, f]
            color = "white" if abs(weight) > 0.6 * abs(w).max() else "black"
            top.text(column, row, "+" if weight > 0 else "−", ha="center", va="center", color=color)
        top.set_title(f"filter {f}", fontsize=9)
        bottom.imshow(s["r1"][0, :, :, f], cmap="gray_r")
    for ax in axes.flat:
        ax.set_xticks([])
        ax.set_yticks([])
    plt.show()

# %% [markdown]
# The upper row shows the eight $3\times3$ filters of the first layer. A plus marks a positive weight, a minus a negative one; strong
# colours mean large weights. Below each filter you see where it responds to the digit at the left: dark means a strong response. A filter
# with plus signs on one side and minus signs on the other finds **edges** of that direction.
#
# And these are digits that it still gets wrong:

# %%
if trained is not None:
    predicted = predict(trained, statistics(trained, train_images), test_images)
    wrong = np.flatnonzero(predicted != test_labels)[:8]
    fig, axes = plt.subplots(1, 8, figsize=(9, 1.6), layout="constrained")
    for ax in axes:
        ax.set_axis_off()
    for ax, k in zip(axes, wrong):
        ax.imshow(test_images[k, :, :, 0], cmap="gray_r")
        ax.set_title(f"{test_labels[k]}, read as {predicted[k]}", fontsize=8)
    plt.show()

# %% [markdown]
# The picture shows up to eight test images, each with its label and with the digit that the network read. Would you have read the same digits?

# %% [raw]
# # BEGIN QUESTION
# name: q7i
# path: more
# minutes: 8
# difficulty: 2
# manual: true
# points: 2
# rubric: |
#   - ½ point: a filter, what it looks for, and how its signs show it
#   - ½ point: a network could remember its training images
#   - 1 point: what happens without one piece (½), and why (½). A guess with a good reason counts in full

# %% [markdown]
# ### 7.i · In your own words
#
# Answer in five or six sentences. (1) Pick one filter in your picture. What does it look for, and how do its signs show this? (2) Why do
# we judge the network with images that it has never seen? (3) Remove one piece of your choice: BatchNorm, ReLU, pooling or momentum. What do you
# expect to happen, and why? (If you like, try it.)

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
# ## What to remember
#
# - Loop over the filter, not over the image: few steps in Python, all the work in NumPy.
# - A backward pass is the forward pass read from the end. Each step needs what went **into** it.
# - Softmax with cross-entropy: the gradient is *probability minus one-hot*, divided by the batch size.
# - An untrained network with $K$ classes has a loss of about $\log K$. Look at this number first.
# - Judge with images that were never used for training.
#
# You have written a convolutional network from nothing but arrays. Every framework does what you did here, only faster.
