"""The convolution as a matrix product: the filter's matrix, the patch matrix and the way back from it (Problem 2)."""

from typing import Any

import numpy as np

from .convolution import windows_of
from .fork import DeadEnd, Fork, program, share_words
from .input_grad import INPUT_WORDS, block_kept, landing_places
from .landing import cut, landing, spread
from .sliding import Array, PerAxis, Places, axes, unvisited, windows

share_words(
    """
columns-channels-first
  Your columns are ordered by channel first; here the channels of one pixel stand side by side.
  In which order does w.reshape(-1, D) lay out (kH, kW, C)?

windows-reversed
  Each window stands in its row from back to front.
  Which number of the window should meet w[0]?

windows-transposed
  Each window stands in its row column by column.
  In which order does w.reshape(-1, D) lay out (kH, kW, C)?

rows-in-another-order
  Your rows come in another order: the windows run down the columns, or through the images, first.
  A reshape to (B, H, W, D) needs the rows in which order?
"""
)


@program(
    "conv_matrix",
    words="""
flipped-forward
  The filter stands in your rows from back to front: that is a true convolution.
  When the window lies on the first inputs, which letter meets the first of them?

matrix-transposed = result-transposed
  Rows and columns changed places: this is the matrix of the way back.
  In y = W x, what does one row of W make?

padding-columns-cut
  Your matrix has no columns for the padding.
  Which vector is multiplied with W here: x, or x with its zeros?

last-window-missing = size-off-by-one
  The last row is missing, or empty: one window that fits was left out.
  In your last row, how many columns are left to the right of the filter?

padding-wraps-around
  At the right edge your filter comes in again on the left: this is the matrix of a circle.
  May a window stick out of the padded input?

partial-window-counted = size-rounded-up
  Your last rows hold a filter that sticks out over the right edge.
  May a window stick out of the padded input?

same-not-valid = same-assumed
same-not-valid = stride-ignored + same-assumed
same-not-valid
  Your matrix makes as many outputs as there are inputs (divided by the stride).
  How many windows fit into the padded input?

full-not-valid
  Your filter also stands half outside of the input: this is the matrix of the longest of the three usual results.
  Which windows lie inside of the padded input with all of their entries?

rows-move-left
  Your rows are in reversed order: from row to row the filter moves to the left.
  Which window makes y[0]: the first or the last?

rows-not-moved
  The filter begins in the same column in every row.
  Which columns does the second window cover?
""",
)
def conv_matrix(fork: Fork, w: Any, n: int, stride: int = 1, padding: int = 0) -> Array:
    """Row i holds the filter where window i lies."""
    w = np.asarray(w, float)
    w = fork("the filter", w, flipped_forward=w[::-1])
    a = axes([n], len(w), stride, padding, None, fork.gives("padding"))[0]
    places = windows(fork, a)
    matrix = unvisited(_rows(w, places)[None], [places])[0]
    wide = n + 2 * padding
    ways = {}
    if 2 * padding != len(w) - 1:  # else it is the transposed matrix, which is by far the likelier
        ways["full_not_valid__as_columns_unpadded"] = lambda: _banded(w[::-1], n, range(1 - len(w), n))
    return fork(
        "the rows", matrix,
        padding_columns_cut=matrix[:, places.before : places.before + n], rows_move_left=matrix[::-1],
        padding_wraps_around=lambda: np.array([np.roll(_row(w, wide), i) for i in range(0, wide, stride)]),
        same_not_valid__centred=lambda: _banded(w, wide, range(-(len(w) // 2), wide - len(w) // 2)),
        full_not_valid__unpadded=lambda: _banded(w, n, range(1 - len(w), n)),
        full_not_valid=lambda: _banded(w, wide, range(1 - len(w), wide)),
        full_not_valid__stepped=lambda: _banded(w, wide, range(1 - len(w), wide, stride)),
        full_not_valid__as_columns=lambda: _banded(w[::-1], wide, range(1 - len(w), wide)),
        full_not_valid__as_columns_stepped=lambda: _banded(w[::-1], wide, range(1 - len(w), wide, stride)),
        same_not_valid__cut_off=lambda: _banded(w, wide, range(0, wide, stride)), **ways,
    )  # fmt: skip


def _rows(w: Array, places: Places) -> Array:
    count, length = places.index.shape
    if length > len(w):
        raise DeadEnd
    matrix = np.zeros((count, places.room + 1))
    np.add.at(matrix, (np.arange(count)[:, None], places.index), w[:length])
    return matrix[:, : places.room]


def _row(w: Array, wide: int) -> Array:
    return np.pad(w, (0, max(wide - len(w), 0)))[:wide]


def _banded(w: Array, wide: int, starts: range) -> Array:
    k = len(w)
    return np.array([np.pad(w, (s + k, wide + k - s))[k : k + wide] for s in starts])


@program(
    "im2col",
    words="""
windows-in-columns = result-transposed
  Your windows stand in the columns; here each window is a row.
  In P @ w, which axis of P meets the filter?

last-window-missing = size-off-by-one
  The last window that fits is missing.
  Which starts does range(n - k) give, and does each window fit that is not among them?

no-overlap = stride-is-kernel
  Your windows stand side by side without overlap, as if the stride were the window's length.
  Where does the second window begin when the stride is 1?

windows-averaged
  You took the mean of each window; the patch matrix holds its numbers.
  How many numbers does one row of the patch matrix have?
""",
)
def patches(
    fork: Fork, x: Any, kernel_size: PerAxis, stride: PerAxis = 1, padding: PerAxis = 0, dilation: PerAxis = 1
) -> Array:
    """Row by row the numbers of each window, pixel by pixel."""
    x = np.asarray(x, float)
    image = x[None, ..., None] if x.ndim < 3 else x
    spreads = dilation if fork.gives("dilation") else 1
    along = axes(image.shape[1:-1], kernel_size, stride, padding, spreads, fork.gives("padding"))
    places = [fork.stage(windows, a) for a in along]
    seen = unvisited(fork.stage(windows_of, image, *places), places)
    return _laid_out(fork, seen, len(along))


def _laid_out(fork: Fork, seen: Array, rank: int) -> Array:
    """Windows (B, outputs..., window..., C) as rows."""
    outer, window = tuple(range(1 + rank)), tuple(range(1 + rank, 1 + 2 * rank))
    channel = 1 + 2 * rank
    orders = {"columns_channels_first": (*outer, channel, *window)}
    orders |= {"rows_in_another_order__batch_last": (*outer[1:], 0, *window, channel)} if seen.shape[0] > 1 else {}
    if rank > 1:
        orders |= {"windows_transposed": (*outer, *window[::-1], channel)}
        orders |= {"rows_in_another_order": (0, *outer[:0:-1], *window, channel)}
    ways: dict[str, Any] = {name: lambda o=order: seen.transpose(o) for name, order in orders.items()}
    ways["windows_reversed"] = lambda: np.flip(seen, window)
    ways["windows_reversed__with_channels"] = lambda: np.flip(seen, (*window, channel))
    rows = fork("the order of rows and columns", seen, **ways).reshape(int(np.prod(seen.shape[: 1 + rank])), -1)
    return fork(
        "the rows", rows,
        last_window_missing=rows[:-1], rows_not_moved=lambda: np.tile(rows[:1], (len(rows), 1)),
        windows_averaged=lambda: rows.mean(1),
    )  # fmt: skip


@program("col2im", words=INPUT_WORDS)
def patches_back(
    fork: Fork, columns: Any, input_shape: Any, kernel_size: PerAxis, stride: PerAxis = 1, padding: PerAxis = 0,
    dilation: PerAxis = 1,
) -> Array:  # fmt: skip
    """Each entry goes back to the pixel it came from; entries that meet add up."""
    columns = np.asarray(columns, float)
    shape = (int(input_shape),) if np.ndim(input_shape) == 0 else tuple(input_shape)
    batch, *sizes, channels = shape if len(shape) > 2 else (1, *shape, 1)
    along = axes(sizes, kernel_size, stride, padding, dilation, fork.gives("padding"))
    counts = [(a.n + 2 * a.p - a.d * (a.k - 1) - 1) // a.s + 1 for a in along]
    landed = [fork.stage(landing_places, a, m) for a, m in zip(along, counts, strict=True)]
    places = [axis.places for axis in landed]
    land = fork.stage(landing, *places)
    window, rank = [a.k for a in along], len(along)
    entries = columns.reshape(batch, *counts, *window, channels)
    first = tuple(range(1 + rank))

    def channels_first() -> Array:
        return np.moveaxis(columns.reshape(batch, *counts, channels, *window), 1 + rank, -1)

    entries = fork(
        "the order of rows and columns", entries,
        columns_channels_first=channels_first,
        windows_reversed=lambda: np.flip(entries, tuple(range(1 + rank, 1 + 2 * rank))),
        rows_in_another_order=lambda: np.moveaxis(
            columns.reshape(*counts, batch, *window, channels), rank, 0
        ).transpose(*first, *range(1 + rank, 2 + 2 * rank)),
    )  # fmt: skip
    found = cut(
        spread(land, entries, places), [block_kept(fork, a, axis) for a, axis in zip(along, landed, strict=True)]
    )
    return found.reshape(shape) if found.size == np.prod(shape) else found[0, ..., 0] if len(shape) < 3 else found
