"""The convolution itself: what goes wrong on the way forward (Problems 1, 2 and 4)."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .filled import FILLED_WORDS, filled
from .fork import DeadEnd, Fork, program, share_words
from .sliding import Array, Axis, PerAxis, Places, axes, diagonal, padded, read, unvisited, windows

FORWARD_WORDS = (
    FILLED_WORDS
    + """
flipped-forward
  Your filter was turned around before it slid: these are the numbers of a true convolution.
  When the window lies on the first inputs, which entry of the filter should meet the first of them?

np-convolve-default = flipped-forward + full-not-valid
  These are the numbers of np.convolve as it comes: filter turned around, window half outside.
  Which of the two should not happen here, and does np.convolve's documentation say how to choose?

last-window-missing = size-off-by-one
  One window too few along each axis: the last one that fits was left out.
  For n = 5 and k = 3, which starts does range(n - k) give, and does each window fit that is not among them?

partial-window-counted = size-rounded-up
partial-window-counted = size-rounded
  You also used a window that sticks out over the right end: the number of windows was rounded, not cut.
  Where would the last window end, and is there still input?

flipped-one-axis
  The filter was turned around along one of its axes.
  When the window lies on the first inputs, which entry of the filter should meet the first of them?

flipped-with-channels
  Your filter was turned around along all of its axes, the channels too: a true convolution in three dimensions.
  When the window lies on the first inputs, which entry of the filter should meet the first of them?

input-turned-around
  The input was turned around.
  The first output: should it be made of the first inputs or of the last ones?

channels-reversed
  The channels of the filter stand in reversed order.
  Which channel of the filter should meet channel 0 of the image?

kernel-axes-swapped
  The filter lies on its side: its rows and columns changed places.
  Which axis of w moves along the height of the image?

kernel-channels-swapped
  The input and output channels of the filter changed places.
  In w (kH, kW, C, D), which of the last two axes must be summed away?

kernel-reshaped
  The filter was reshaped as if its axes came in another order, which mixes its weights up.
  A reshape keeps the order in memory. In which order do the weights of w (kH, kW, C, D) lie there?

last-weight-only
  Only the last place of the filter is left: each pass of the loop overwrote the one before.
  An output is a sum over all places of the filter. Where does your loop add?

weights-left-out
  Some rows or columns of the filter were not used.
  Which places of the filter does each of your two loops visit, and does the inner one stand inside of the outer one?

one-channel-only
  Only the first input channel took part.
  A filter on a colour image is a block: over which axes of the window should the products be added?

last-channel-only
  Only the last input channel is left: the channels should be added up.
  A filter on a colour image is a block: over which axes of the window should the products be added?

channels-averaged
  The channels were averaged; they should be added.
  Does the formula of one output divide by anything?

channels-not-mixed
  Each channel was filtered by itself: the channels of a window were not added up.
  A filter on a colour image is a block: over which axes of the window should the products be added?

window-averaged
  Each output is the mean of its products; it should be their sum.
  Does the formula of one output divide by anything?

input-channel-missing
  The last input channel was left out.
  How many channels has the input, and which of them does range(C - 1) visit?

first-weights-for-all-channels
  Every input channel met the weights of the first one.
  Which index of w counts the input channels, and does your loop use it?

one-filter-for-all
  Every output channel was made with the first filter.
  Which index of w counts the filters, and does your loop use it?

filters-counted-by-channels
  Your result has as many channels as the input; it should have one for each filter.
  In w (kH, kW, C, D), which of the last two numbers counts the filters?

largest-product
  You took the largest of the products; they should be added.
  What does the formula of one output do with its products?

added-not-multiplied
  The inputs and the weights were added; each input should be multiplied by its weight.
  What does the formula of one output do with an input and its weight?

weights-not-used
  The inputs of each window were added up as they are, without the weights.
  What is each input of a window multiplied by before you add?

images-added
  The numbers of all images of the batch were added up.
  Over which axes of your window do you add, and which of them counts the images?

products-not-summed
  These are the products of the first window; an output is their sum.
  How many numbers does one window give?

sums-multiplied
  The inputs of a window were added up, and the weights too, and then you multiplied the two sums.
  Which weight does the first input of the window meet, and does it meet the others?

weights-move-on
  Your weights move on together with the window: input x[i] always meets w[i].
  When the window has moved by one, which weight meets its first input?

matrix-product
  This is the matrix product of the first window and the filter.
  How many numbers does one window give, and how is it made of its products?

bias-forgotten
  The bias was not added.
  Where does the bias enter the formula of one output?

bias-in-the-loop
  The bias was added once for every weight instead of once for every output.
  In which of your loops does the line stand that adds the bias?

bias-per-channel
  The bias was added once for every input channel instead of once for every output.
  In which of your loops does the line stand that adds the bias?

bias-in-last-place
  The bias was added in the last place only.
  Does the line that adds the bias stand inside of your loops or behind them, and which places does it name?

bias-twice
  The bias was added twice.
  In which of your lines is the bias added?

bias-of-later-filters
  An output also got the biases of the filters that came after its own: each was added to the whole pixel.
  Does your line add the bias of filter d to output d only?

bias-of-first-filter
  Every filter got the bias of the first one.
  How many biases are there, and which one belongs to output channel d?

bias-summed
  Every output got the sum of all biases.
  How many biases are there, and which one belongs to output channel d?

bias-multiplied
  You multiplied with the bias; it is added.
  What should come out where the bias is 0?

bias-subtracted
  The bias was subtracted.
  Where does the bias enter the formula of one output?

"""
)

share_words(
    """
windows-reshaped
  Your table of windows was reshaped without moving its axes: its rows hold numbers of different windows.
  A reshape keeps the order in memory. Which axes must come first so that each row is one window?

image-reshaped
  The image was reshaped where its axes had to be moved: its numbers stand in other places now.
  A reshape keeps the order in memory. In which order do the numbers of x (B, H, W, C) lie there?
"""
)


@program("conv1d", "conv2d", "conv", words=FORWARD_WORDS)
def convolution(
    fork: Fork, x: Any, w: Any, bias: Any = None, stride: PerAxis = 1, padding: PerAxis = 0, dilation: PerAxis = 1
) -> Array:
    """Every output is the sum of the numbers of its window times the weights, and a bias."""
    image, kernel = fork.stage(as_full, x, w)
    y = slid(fork, image, fork.stage(filters, kernel), bias, stride, padding, dilation)
    if np.ndim(w) < 3:
        y = y[0, ..., 0]
        k = len(w)
        if np.ndim(w) == 1:
            y = fork("window and filter", y, products_not_summed=lambda: image[0, :k, 0] * np.asarray(w))
        if np.ndim(w) == 2:
            y = fork("window and filter", y, matrix_product=lambda: image[0, :k, : np.shape(w)[1], 0] @ np.asarray(w))
    return y


@program(
    "true_convolution",
    words=FORWARD_WORDS
    + """
not-flipped
  Your filter slid as it is: that is a cross-correlation, what deep learning calls convolution.
  In x[i - j] w[j], which way does the index of x run while j grows?

input-flipped-only = not-flipped + input-turned-around
  You turned the input around and kept the filter: the outputs come in reversed order.
  The first output: should it be made of the first inputs or of the last ones?

flipped-one-axis
  The filter was turned around along one of its axes only.
  How many axes does the filter slide along, and which of them does the formula reverse?

channels-flipped-too
  The channels were reversed together with the height and width.
  Along which axes does the filter slide? Only those are reversed.

quarter-turn
  The filter was turned by 90 degrees; a half turn reverses both axes.
  Where does the upper left weight stand after a half turn?

flipped-and-transposed
  The filter was turned around, and its rows and columns changed places as well.
  Where does the upper right weight stand after a half turn?

""",
)
def true_convolution(
    fork: Fork, x: Any, w: Any, bias: Any = None, stride: PerAxis = 1, padding: PerAxis = 0, dilation: PerAxis = 1
) -> Array:
    """The filter is turned around before it slides."""
    image, kernel = fork.stage(as_full, x, w)
    image = fork.stage(input_as_it_lies, image)
    y = slid(fork, image, fork.stage(turned_filters, kernel), bias, stride, padding, dilation)
    return y[0, ..., 0] if np.ndim(w) < 3 else y


def input_as_it_lies(fork: Fork, x: Array) -> Array:
    """The input over which the filter slides."""
    return fork("the input", x, input_turned_around=lambda: np.flip(x, tuple(range(1, x.ndim - 1))))


def turned_filters(fork: Fork, w: Array) -> Array:
    """The filter after its half turn."""
    spatial = tuple(range(w.ndim - 2))
    half = np.flip(w, spatial)
    ways = {
        "not_flipped": lambda: w,
        "channels_flipped_too": lambda: half[..., ::-1, :],
        "channels_flipped_too__both": lambda: half[..., ::-1, ::-1],
        "channels_flipped_too__filters": lambda: half[..., ::-1],
        "kernel_channels_swapped": lambda: half.swapaxes(-1, -2),
    }
    if len(spatial) > 1:
        ways |= {"flipped_one_axis__first": lambda: w[::-1], "flipped_one_axis__second": lambda: w[:, ::-1]}
        ways |= {"quarter_turn": lambda: np.rot90(w), "quarter_turn__other_way": lambda: np.rot90(w, -1)}
        ways |= {"flipped_and_transposed": lambda: half.swapaxes(0, 1)}
    return fork("the filter", half, **ways)


def slid(
    fork: Fork, image: Array, kernel: Array, bias: Any, stride: PerAxis, padding: PerAxis, dilation: PerAxis
) -> Array:
    """The outputs (B, outputs..., D) of a kernel (k..., C, D) that slides over an image (B, n..., C)."""
    along = fork.stage(axes_of, image, kernel, stride, padding, dilation)
    places = [fork.stage(windows, a) for a in along]
    seen = fork.stage(windows_of, fork.stage(image_as_kept, image), *places)
    y = fork.stage(products, seen, kernel)
    if len(places) == 1:
        y = fork("which weight an input meets", y, weights_move_on=lambda: moving_weights(seen, kernel, places[0]))
    y = fork.stage(with_bias, y, bias, kernel)
    return fork.stage(written, y, bias, *places)


def image_as_kept(fork: Fork, x: Array) -> Array:
    """The image in the array in which it is padded."""
    return fork("the dtype of the padded image", x, fractions_cut_off__of_the_image=lambda: np.trunc(x))


def moving_weights(seen: Array, w: Array, places: Places) -> Array:
    """Input i meets weight i, wherever the window lies; there is none for most of them."""
    found = np.concatenate([w, np.zeros((places.room + 1, *w.shape[1:]))])[places.index]
    return np.einsum("bmuc,mucd->bmd", seen, found)


def as_full(fork: Fork, x: Any, w: Any) -> tuple[Array, Array]:
    """x (B, n..., C) and w (k..., C, D): bare ones get a batch and channels of one."""
    x, w = np.asarray(x, float), np.asarray(w, float)
    return (x[None, ..., None], w[..., None, None]) if w.ndim < 3 else (x, w)


def axes_of(fork: Fork, x: Array, w: Array, stride: PerAxis, padding: PerAxis, dilation: PerAxis) -> list[Axis]:
    """The axes along which w slides over x."""
    return axes(x.shape[1:-1], w.shape[:-2], stride, padding, dilation, pads=fork.gives("padding"))


def windows_of(fork: Fork, x: Array, *places: Places) -> Array:
    """All windows of the padded x: (B, outputs..., window..., C)."""
    filling = fork(
        "what stands in the padding", "zeros",
        padding_not_zero="edge", padding_not_zero__mirrored="reflect", padding_not_zero__mirrored_with_edge="symmetric",
        padding_not_zero__ones="constant", padding_wraps_around="wrap",
    )  # fmt: skip
    ways = {}
    if x.ndim == 4:
        ways["image_reshaped"] = lambda: np.moveaxis(x.reshape(len(x), x.shape[3], *x.shape[1:3]), 1, -1)
    image = fork("the image", x, **ways)
    seen = read(padded(image, places, filling), places)
    return fork("the table of windows", seen, **_tables(seen)) if x.ndim == 4 else seen


def _tables(seen: Array) -> dict[str, Callable[[], Array]]:
    """Windows (B, outputs, outputs, window, window, C) that a reshape should bring into the rows of a table."""
    return {
        f"windows_reshaped__{''.join(map(str, order))}": lambda order=order: seen.transpose(order).reshape(seen.shape)
        for order in ((0, 5, 3, 4, 1, 2), (0, 3, 4, 1, 2, 5), (0, 3, 4, 5, 1, 2), (0, 5, 1, 2, 3, 4))
    }


def filters(fork: Fork, w: Array) -> Array:
    """The filter as it slides."""
    spatial = tuple(range(w.ndim - 2))
    ways = {
        "flipped_forward": lambda: np.flip(w, spatial),
        "kernel_channels_swapped": lambda: w.swapaxes(-1, -2),
        "minus_lost": lambda: np.abs(w),
        "weights_not_used": lambda: np.ones_like(w),
        "channels_reversed": lambda: w[..., ::-1, :],
        "channels_reversed__both": lambda: w[..., ::-1, ::-1],
        "kernel_reshaped__filters_first": lambda: np.moveaxis(w.reshape(w.shape[-1], *w.shape[:-1]), 0, -1),
        "last_weight_only": lambda: _last(w),
        "kernel_reshaped__all_first": lambda: np.moveaxis(w.reshape(*w.shape[:-3:-1], *w.shape[:-2]), (0, 1), (-1, -2)),
        "one_filter_for_all": lambda: np.broadcast_to(w[..., :1], w.shape),
    }
    if w.shape[-2] > 1:
        ways["first_weights_for_all_channels"] = lambda: np.broadcast_to(w[..., :1, :], w.shape)
        ways["flipped_with_channels"] = lambda: np.flip(w, (*spatial, w.ndim - 2))
    if len(spatial) > 1:
        ways |= {
            "kernel_axes_swapped": lambda: w.swapaxes(0, 1),
            "flipped_one_axis__first": lambda: w[::-1],
            "flipped_one_axis__second": lambda: w[:, ::-1],
            **{
                f"weights_left_out__{axis}{i}": lambda a=axis, s=s: _kept(w, a, s) for axis in (0, 1) for i, s in _PARTS
            },
            "kernel_reshaped__channels_first": lambda: np.moveaxis(w.reshape(w.shape[-2], *w.shape[:-2], -1), 0, -2),
        }
    if len(spatial) == 2:
        ways["kernel_reshaped__columns_first"] = lambda: w.reshape(w.shape[1], w.shape[0], *w.shape[2:]).swapaxes(0, 1)
    return fork("the filter", w, **ways)


_PARTS = list(enumerate((slice(1, None), slice(-1, None), slice(None, None, 2))))


def _kept(w: Array, axis: int, part: slice) -> Array:
    kept = np.zeros_like(w)
    at = (slice(None),) * axis + (part,)
    kept[at] = w[at]
    return kept


def _last(w: Array) -> Array:
    last = np.zeros_like(w)
    place = (-1,) * (w.ndim - 2)
    last[place] = w[place]
    return last


def products(fork: Fork, seen: Array, w: Array) -> Array:
    """The sum over window and input channels: (B, outputs..., D)."""
    rank = w.ndim - 2
    kernel, outer = seen.shape[1 + rank : -1], seen.shape[: 1 + rank]
    if seen.shape[-1] != w.shape[-2]:
        raise DeadEnd
    if kernel != w.shape[:-2]:
        if any(k > n for k, n in zip(kernel, w.shape[:-2], strict=True)):
            raise DeadEnd
        w = w[tuple(slice(k) for k in kernel)]
    taps, channels = int(np.prod(kernel)), w.shape[-2]
    flat, weights = seen.reshape(*outer, taps, channels), w.reshape(taps, channels, -1)

    def total(first: int = 0, last: int | None = None) -> Array:
        size = channels if last is None else last - first
        part, wpart = flat[..., first:last], weights[:, first:last]
        return part.reshape(*outer, taps * size) @ wpart.reshape(taps * size, -1)

    ways = {}
    if outer[0] > 1:
        ways["images_added"] = lambda: np.broadcast_to(total().sum(0), (*outer, w.shape[-1]))
    if rank > 1:
        ways["largest_product"] = lambda: (flat[..., None] * weights).max((-3, -2))
    else:
        ways["sums_multiplied"] = lambda: flat.sum((-2, -1))[..., None] * weights.sum((0, 1))
    return fork(
        "the sum over a window", total,
        one_channel_only=lambda: total(0, 1), last_channel_only=lambda: total(channels - 1, channels),
        channels_averaged=lambda: total() / channels, window_averaged=lambda: total() / max(taps, 1),
        window_averaged__all=lambda: total() / max(taps * channels, 1),
        channels_not_mixed=lambda: _channelwise(flat, weights), **ways,
        input_channel_missing=lambda: total(0, channels - 1),
        added_not_multiplied=lambda: (flat[..., None] + weights).sum((-3, -2)),
    )  # fmt: skip


def _channelwise(flat: Array, weights: Array) -> Array:
    own = np.arange(weights.shape[2]) % weights.shape[1]
    return np.einsum("...uc,uc->...c", flat[..., own], weights[:, own, np.arange(weights.shape[2])])


def with_bias(fork: Fork, y: Array, bias: Any, w: Array) -> Array:
    """The outputs with what is added to each of them."""
    if w.shape[-2] != w.shape[-1]:
        y = fork("how many filters there are", y, filters_counted_by_channels=lambda: _first_filters(y, w.shape[-2]))
    if bias is None:
        return y
    bias = np.asarray(bias, float)
    y = y + fork(
        "the bias", bias,
        bias_forgotten=0.0, bias_in_the_loop=lambda: bias * w[..., 0].size,
        bias_in_the_loop__places=lambda: bias * w[..., 0, 0].size, bias_per_channel=lambda: bias * w.shape[-2],
        bias_of_first_filter=lambda: bias.ravel()[0], bias_summed=lambda: bias.sum(), bias_subtracted=lambda: -bias,
        bias_in_last_place=lambda: _in_last_place(bias, y),
        bias_twice=lambda: 2 * bias, bias_of_later_filters=lambda: bias[::-1].cumsum()[::-1],
    )  # fmt: skip
    return fork(
        "the array of the outputs",
        y,
        bias_multiplied=lambda: (y - bias) * bias,
        fractions_cut_off__before_the_bias=lambda: np.trunc(np.trunc(y - bias) + bias),
    )


def _first_filters(y: Array, count: int) -> Array:
    if count > y.shape[-1]:
        raise DeadEnd
    return y[..., :count]


def _in_last_place(bias: Array, y: Array) -> Array:
    added = np.zeros_like(y)
    added[(slice(None), *(-1,) * (y.ndim - 2))] = bias
    return added


def written(fork: Fork, y: Array, bias: Any, *places: Places) -> Array:
    """The outputs in the array that holds them: which image, which window, at which place."""
    bias = 0.0 if bias is None else np.asarray(bias, float)
    y = filled(fork, unvisited(y, places, bias if any(p.biased for p in places) else 0.0), bias=bias)
    if y.ndim == 4:
        ways = {}
        if fork.gives("formula"):  # by hand nobody takes a counter twice
            ways = {f"counter_used_twice__{axis}": lambda a=axis: diagonal(y, a) for axis in (1, 2)}
        y = fork("the place of a window", y, places_counted_by_height=lambda: counted_by_height(y), **ways)
    return y


def counted_by_height(y: Array) -> Array:
    """Window (i, j) at place i * rows + j of a list that is then cut into rows."""
    rows, columns = y.shape[1:3]
    place = np.arange(rows)[:, None] * rows + np.arange(columns)
    if place.size and place.max() >= rows * columns:
        raise DeadEnd
    placed = np.zeros_like(y).reshape(y.shape[0], -1, y.shape[-1])
    for i, j in np.ndindex(rows, columns):
        placed[:, place[i, j]] = y[:, i, j]
    return placed.reshape(y.shape)
