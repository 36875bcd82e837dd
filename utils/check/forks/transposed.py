"""The transposed convolution: what it lays down, its size, its checkerboard (Problem 9)."""

from typing import Any

import numpy as np

from .fork import Fork, program

Array = np.ndarray


@program(
    "laid_down",
    words="""
overwrite-overlap
  Where two kernels overlap, the later one has replaced the earlier one.
  What happens at a place on which two kernels lie?

stride-not-dilated
  The kernels begin one place apart.
  How far apart do the kernels begin with stride 2?

flipped-kernel
  Each kernel was laid down turned around.
  Which weight lies where the kernel begins?

no-overlap
  Your kernels stand one behind the other and never overlap.
  How far apart do the kernels begin with stride 2, and how long is one?
""",
)  # fmt: skip
def laid_down(fork: Fork, x: Any, w: Any, stride: int) -> Array:
    """Each number lays down its multiple of the kernel."""
    x, w = np.asarray(x, float), np.asarray(w, float)
    k = len(w)
    step = fork("how far apart the kernels begin", stride, stride_not_dilated=1, no_overlap=k)
    w = fork("the kernel", w, flipped_kernel=w[::-1])
    overwrite = fork("where two kernels overlap", False, overwrite_overlap=True)
    y = np.zeros((len(x) - 1) * step + k)
    for i, number in enumerate(x):
        y[i * step : i * step + k] = number * w + (0 if overwrite else y[i * step : i * step + k])
    return y


@program(
    "transposed_size",
    words="""
forward-size
  This is the size of a convolution; it gets smaller.
  Where does the last of n kernels begin, and how long is it?

padding-added
  Padding was added; here it is cut off.
  With padding 1, is the result longer or shorter?

padding-once
  Padding was cut off at one end only.
  How many ends does the result have?

padding-ignored
  Padding was not counted.
  With padding 1, is the result longer or shorter?

last-kernel-forgotten
  Your result ends where the last kernel begins, or one place behind.
  The last kernel begins at (n - 1) s. How much room does it need from there?

one-step-too-many
  You counted a step behind the last kernel.
  With n kernels, how many steps lie between the first and the last?

no-overlap
  Your kernels never overlap.
  How far apart do the kernels begin: by their length or by the stride?
""",
)  # fmt: skip
def transposed_size(fork: Fork, n: int, kernel_size: int, stride: int, padding: int) -> int:
    """Where the last kernel begins, and its length, less the padding."""
    k, s = kernel_size, stride
    begins = fork("where the last kernel begins", (n - 1) * s, one_step_too_many=n * s, no_overlap=(n - 1) * k)
    length = fork("the length of the last kernel", k, last_kernel_forgotten=0, last_kernel_forgotten__one=1)
    ways = (
        {"padding_added": 2 * padding, "padding_once": -padding, "padding_ignored": 0} if fork.gives("padding") else {}
    )
    cut = fork("the padding", -2 * padding, **ways)
    forward = (n + 2 * padding - k) // s + 1
    return fork("the size", begins + length + cut, forward_size=forward)


@program(
    "there_and_back",
    words="""
inverse-assumed
  This is the input again.
  What lies on a place at the end: what was there, or all multiples of the kernel that were laid on it?

forward-only
  This is the convolution alone.
  What does each of these outputs lay down afterwards?

flipped-kernel
  The kernel was turned around on the way back.
  Which weight lies where the kernel begins?

flipped-forward
  The kernel was turned around on the way forwards.
  Which weight meets the first number of a window?

overwrite-overlap
  Where two kernels overlap, the later one has replaced the earlier one.
  What happens at a place on which two kernels lie?
""",
)  # fmt: skip
def there_and_back(fork: Fork, x: Any, w: Any) -> Array:
    """Slide, and then lay down."""
    x, w = np.asarray(x, float), np.asarray(w, float)
    k, m = len(w), len(x) - len(w) + 1
    first = fork("the kernel forwards", w, flipped_forward=w[::-1])
    there = np.array([x[i : i + k] @ first for i in range(m)])
    second = fork("the kernel on the way back", w, flipped_kernel=w[::-1])
    overwrite = fork("where two kernels overlap", False, overwrite_overlap=True)
    back = np.zeros(len(x))
    for i in range(m):
        back[i : i + k] = there[i] * second + (0 if overwrite else back[i : i + k])
    return fork("the result", back, inverse_assumed=x, forward_only=there)


@program(
    "even_overlap",
    words="""
the-other-way-round
  Your answers are all the other way round.
  With kernel 4 and stride 2, does the number of kernels change from place to place?

even-numbers
  You asked whether the kernel size is an even number.
  With kernel 3 and stride 3, how many kernels lie over each place?

longer-is-enough
  You asked whether the kernel is longer than the step.
  With kernel 3 and stride 2, how many kernels lie over each place?

no-common-divisor-needed
  A common divisor is not enough.
  With kernel 6 and stride 4, where do kernels begin, and where do they end?

never-even
  You say that it is never even.
  With kernel 4 and stride 2, does the number of kernels change from place to place?
""",
)  # fmt: skip
def even_overlap(fork: Fork, kernel_size: Any, stride: Any) -> Array:
    """Even where the ends of kernels fall on beginnings of others."""
    k, s = np.asarray(kernel_size, int), np.asarray(stride, int)
    return fork(
        "what makes it even", 1.0 * (k % s == 0),
        the_other_way_round=1.0 * (k % s != 0), even_numbers=1.0 * (k % 2 == 0), longer_is_enough=1.0 * (k > s),
        no_common_divisor_needed=1.0 * (np.gcd(k, s) > 1), never_even=0.0 * k,
    )  # fmt: skip
