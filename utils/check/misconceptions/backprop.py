"""Steps on the way to the gradients: slices, turned and swapped kernels, zeros (Problems 3 and 4)."""

import numpy as np

from ..table import misconception


@misconception(
    "one-to-one",
    about="fan_out",
    says="You gave each input one output.",
    asks="Which inputs does the first window cover, and which the second? Does any input lie in both?",
)
def fan_out_one(n, k):
    return np.full(n, 1)


@misconception(
    "edges-forgotten",
    about="fan_out",
    says="You gave every input as many outputs as there are weights.",
    asks="How many windows cover the very first input?",
)
def fan_out_all(n, k):
    return np.full(n, k)


@misconception(
    "outputs-not-inputs",
    about="fan_out",
    says="You counted how many inputs each output has, not to how many outputs each input leads.",
    asks="There are six inputs. How many numbers must your list have?",
)
def fan_in(n, k):
    return np.full(n - k + 1, k)


@misconception(
    "reversed-index-off-by-one",
    about="reversed_index",
    says="Your rule is k - h: the place 0 would get the weight number k.",
    asks="A filter of three weights has the indices 0, 1 and 2. Which index does w[k] ask for?",
)
def index_without_one(h, k):
    return k - h


@misconception(
    "reversed-index-not-reversed",
    about="reversed_index",
    says="Your rule leaves every weight at its place: nothing is reversed.",
    asks="Which weight must stand first when the filter is written from back to front?",
)
def index_as_it_is(h, k):
    return h


@misconception(
    "reversed-index-too-small",
    about="reversed_index",
    says="Your indices are one too small: the last weight never comes, and the last place gets index -1.",
    asks="Which index has the last of k weights, when the first has 0?",
)
def index_one_less(h, k):
    return k - h - 2


@misconception(
    "reversed-index-negative",
    about="reversed_index",
    says="Your answers are below zero: they count from the end. Counted from zero, they are k too small.",
    asks="Which number from 0 to k - 1 names the same weight?",
)
def index_from_the_end(h, k):
    return -1 - h


@misconception(
    "slice-drops-last",
    about="inputs_of_weight",
    says="Your slice has one number too few: Python leaves out the end.",
    asks="How many numbers has x[0:3]? How many do you need, one for each of the m windows?",
)
def slice_too_short(x, j, m):
    return x[j : j + m - 1]


@misconception(
    "slice-one-too-many",
    about="inputs_of_weight",
    says="Your slice has one number too many.",
    asks="How many windows are there, and in how many of them does one weight meet one input?",
)
def slice_too_long(x, j, m):
    return x[j : j + m + 1]


@misconception(
    "slice-end-is-length",
    about="inputs_of_weight",
    says="Your slice ends at index m, wherever it begins.",
    asks="A slice a : b has b - a numbers. Which b gives m numbers when a is j?",
)
def slice_to_m(x, j, m):
    return x[j:m]


@misconception(
    "slice-not-moved",
    about="inputs_of_weight",
    says="Every weight gets the inputs of weight 0.",
    asks="In the first window, which input lies under weight j?",
)
def slice_of_first(x, j, m):
    return x[:m]


@misconception(
    "slice-to-the-end",
    about="inputs_of_weight",
    says="Your slice goes on to the end of x.",
    asks="Where does weight j lie in the last window?",
)
def slice_open(x, j, m):
    return x[j:]


def _spread(grad_output, step):
    out = np.zeros((len(grad_output) - 1) * step + 1, np.asarray(grad_output).dtype)
    out[::step] = grad_output
    return out


@misconception(
    "one-zero-too-many",
    about="zero_insert",
    says="You wrote as many zeros between two numbers as the stride says.",
    asks="With stride 2, how many outputs were left out between two that were kept?",
)
def zeros_as_stride(grad_output, stride):
    return _spread(grad_output, stride + 1)


@misconception(
    "zeros-after-last",
    about="zero_insert",
    says="There are zeros after the last number, too.",
    asks="How many pairs of neighbours are there? Between which numbers do zeros belong?",
)
def zeros_at_the_end(grad_output, stride):
    return np.append(_spread(grad_output, stride), np.zeros(stride - 1, np.asarray(grad_output).dtype))


@misconception(
    "zeros-before-first",
    about="zero_insert",
    says="There are zeros before the first number.",
    asks="The first window is always kept. What stands at place 0?",
)
def zeros_at_the_start(grad_output, stride):
    return np.append(np.zeros(stride - 1, np.asarray(grad_output).dtype), _spread(grad_output, stride))


@misconception(
    "stride-not-dilated",
    about="zero_insert",
    says="You gave the numbers back as they were, without any zeros.",
    asks="With stride 2, how far apart are the places of two neighbours among the outputs of stride 1?",
)
def no_zeros(grad_output, stride):
    return np.asarray(grad_output)


@misconception(
    "numbers-repeated",
    about="zero_insert",
    says="You repeated the numbers where zeros belong.",
    asks="An output that was thrown away: can it change the loss? So what is its delta?",
)
def repeated(grad_output, stride):
    return np.repeat(grad_output, stride)[: (len(grad_output) - 1) * stride + 1]


@misconception(
    "channels-not-swapped",
    about="backward_kernel",
    says="The kernel is turned around, but its channels are still in their forward order.",
    asks="The deltas have D channels. Which axis of the new kernel must have the length D?",
)
def only_flipped(w):
    return w[::-1, ::-1]


@misconception(
    "unflipped-dx",
    about="backward_kernel",
    says="The channels are swapped, but the kernel was not turned around in space.",
    asks="Which weight does the first input of a window meet, and which does it meet in the window before?",
)
def only_swapped(w):
    return w.swapaxes(2, 3)


@misconception(
    "channels-reversed",
    about="backward_kernel",
    says="You also reversed the order of the channels.",
    asks="Is input channel 0 still input channel 0 on the way back?",
)
def channels_reversed(w):
    return w[::-1, ::-1, ::-1, ::-1].swapaxes(2, 3)


@misconception(
    "flipped-one-axis",
    about="backward_kernel",
    says="The kernel was reversed from top to bottom only.",
    asks="The window moves in two directions. Along which axes does an input meet the weights in reverse?",
)
def rows_reversed(w):
    return w[::-1].swapaxes(2, 3)


@misconception(
    "flipped-other-axis",
    about="backward_kernel",
    says="The kernel was reversed from left to right only.",
    asks="The window moves in two directions. Along which axes does an input meet the weights in reverse?",
)
def columns_reversed(w):
    return w[:, ::-1].swapaxes(2, 3)


@misconception(
    "kernel-axes-swapped",
    about="backward_kernel",
    says="Height and width have changed places as well.",
    asks="Which two of the four axes have to be swapped? (w.T reverses the order of all four.)",
)
def all_axes_swapped(w):
    return w[::-1, ::-1].transpose(1, 0, 3, 2)


@misconception(
    "transposed-kernel",
    about="backward_kernel",
    says="This is w.T: all four axes stand in reversed order.",
    asks="Which of the axes should stay in front?",
)
def plain_transpose(w):
    return w.T


def _operators():
    import utils  # when it is called: utils imports this package's neighbours

    return utils


@misconception(
    "gradient-of-the-other",
    about="true_grad_input",
    says="This is the gradient to the input of the cross-correlation.",
    asks="Which kernel has slide2d really used inside your true_convolution?",
)
def correlation_grad_input(grad_output, w, input_shape):
    return _operators().conv2d_grad_input(grad_output, w, input_shape)


@misconception(
    "channels-reversed",
    about="true_grad_input",
    says="You also reversed the order of the channels.",
    asks="A true convolution turns the kernel around in space. What does it do to the channels?",
)
def true_grad_input_channels(grad_output, w, input_shape):
    return _operators().conv2d_grad_input(grad_output, w[::-1, ::-1, ::-1, ::-1], input_shape)


@misconception(
    "result-turned-around",
    about="true_grad_input",
    says="You turned the gradient of the cross-correlation around, not the kernel.",
    asks="Which of the two is turned in the forward pass: the image or the kernel?",
)
def true_grad_input_result(grad_output, w, input_shape):
    return _operators().conv2d_grad_input(grad_output, w, input_shape)[:, ::-1, ::-1]


@misconception(
    "flipped-one-axis",
    about="true_grad_input",
    says="The kernel was turned along one axis only.",
    asks="Along how many axes does true_convolution reverse its kernel?",
)
def true_grad_input_one_axis(grad_output, w, input_shape):
    return _operators().conv2d_grad_input(grad_output, w[::-1], input_shape)


@misconception(
    "gradient-of-the-other",
    about="true_grad_weight",
    says="This is the gradient to the kernel of the cross-correlation.",
    asks="Your number for the upper left corner: did it come from the turned kernel or from w itself?",
)
def correlation_grad_weight(grad_output, x, kernel_shape):
    return _operators().conv2d_grad_weight(grad_output, x, kernel_shape)


@misconception(
    "upstream-flipped",
    about="true_grad_weight",
    says="You used the same operation as in the forward pass: it has turned the deltas around.",
    asks="The judge had the numbers of x sliding under delta, as delta is, in another order. Which order?",
)
def operation_of_forward(grad_output, x, kernel_shape):
    return _operators().conv2d_grad_weight(grad_output[:, ::-1, ::-1], x, kernel_shape)


@misconception(
    "channels-reversed",
    about="true_grad_weight",
    says="You also reversed the order of the channels.",
    asks="A true convolution turns the kernel around in space. What does it do to the channels?",
)
def true_grad_weight_channels(grad_output, x, kernel_shape):
    return _operators().conv2d_grad_weight(grad_output, x, kernel_shape)[::-1, ::-1, ::-1, ::-1]


@misconception(
    "flipped-one-axis",
    about="true_grad_weight",
    says="Your result was turned along one axis only.",
    asks="Along how many axes does true_convolution reverse its kernel?",
)
def true_grad_weight_one_axis(grad_output, x, kernel_shape):
    return _operators().conv2d_grad_weight(grad_output, x, kernel_shape)[::-1]


@misconception(
    "first-window-only",
    about="conv1d_grad_input",
    says="Where windows overlap, you kept what the first window sends back and dropped the rest.",
    asks="An input that feeds two outputs: what does the chain rule do with its two contributions?",
)
def first_window_only(grad_output, w, input_shape, stride=1, padding=0):
    if np.ndim(w) != 1:
        return None
    n = int(np.ravel(input_shape)[0])
    s, p = int(np.ravel(stride)[0]), int(np.ravel(padding)[0])
    dx, seen = np.zeros(n + 2 * p), np.zeros(n + 2 * p, bool)
    for i, delta in enumerate(grad_output):
        for j, weight in enumerate(w):
            place = i * s + j
            dx[place] = dx[place] if seen[place] else delta * weight
            seen[place] = True
    return dx[p : p + n]


@misconception(
    "indices-both-up",
    about="conv1d_grad_input",
    says="In your sums the indices of delta and of w grow together.",
    asks="x[1] lies in the first window and in the second. Under which weight does it lie in each of them?",
)
def indices_both_up(grad_output, w, input_shape, stride=1, padding=0):
    if np.ndim(w) != 1 or stride not in (1, (1,)) or padding not in (0, (0,)):
        return None
    m, k = len(grad_output), len(w)
    shifts = [i - m + 1 for i in range(int(np.ravel(input_shape)[0]))]
    sums = [sum(grad_output[r] * w[s + r] for r in range(m) if 0 <= s + r < k) for s in shifts]
    sums[0], sums[-1] = grad_output[0] * w[0], grad_output[-1] * w[-1]  # the ends are right in most attempts
    return np.array(sums)
