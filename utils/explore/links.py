"""For the stills, a layer as a list of links: y reads x through w. Which x a window reads, `utils.im2col` says."""

from typing import NamedTuple

import numpy as np

from utils.patches import im2col

Pair = tuple[int, int]


class Links(NamedTuple):
    """Index arrays (n_links,), flat and channels last; `shape[axis]` is the shape they count in, x padded."""

    y: np.ndarray
    x: np.ndarray
    w: np.ndarray
    shape: dict[str, tuple[int, ...]]

    def of(self, axis: str) -> np.ndarray:
        return {"y": self.y, "x": self.x, "w": self.w}[axis]

    def contract(self, target: str, **factors: np.ndarray) -> np.ndarray:
        """Sum over all links that end in each cell of `target`, of the product of the other cells."""
        total = np.zeros(self.shape[target])
        product = np.prod([np.ravel(values)[self.of(axis)] for axis, values in factors.items()], axis=0)
        np.add.at(total.reshape(-1), self.of(target), product)
        return total


def conv_links(
    size: Pair,
    w_shape: tuple[int, ...],
    stride: Pair,
    padding: Pair,
    dilation: Pair = (1, 1),
    flip: bool = False,
    groups: int = 1,
) -> Links:
    """The links of a 2-D convolution of (H, W, C) with (kH, kW, C, D); of its groups, those that stay in their own."""
    (rows, columns), (*kernel, channels, filters) = (n + 2 * p for n, p in zip(size, padding, strict=True)), w_shape
    spans = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
    shape = {"y": (0, 0, filters), "x": (rows, columns, channels), "w": tuple(w_shape)}
    if rows < spans[0] or columns < spans[1]:
        return Links(*(np.zeros(0, int),) * 3, shape=shape)
    shape["y"] = ((rows - spans[0]) // stride[0] + 1, (columns - spans[1]) // stride[1] + 1, filters)
    under = windows((rows, columns), (kernel[0], kernel[1]), stride, dilation)
    o, f, c, tap = (axis.ravel() for axis in np.indices((len(under), filters, channels, under.shape[1])))
    own = c * groups // channels == f * groups // filters
    o, f, c, tap = (axis[own] for axis in (o, f, c, tap))
    weight = under.shape[1] - 1 - tap if flip else tap
    return Links(o * filters + f, under[o, tap] * channels + c, (weight * channels + c) * filters + f, shape=shape)


def windows(size: Pair, kernel: Pair, stride: Pair, dilation: Pair = (1, 1)) -> np.ndarray:
    """(outputs, taps): the flat place in an image of this size that each tap of each window reads."""
    places = np.arange(size[0] * size[1], dtype=float).reshape(1, *size, 1)
    return im2col(places, kernel, stride, 0, dilation).astype(int)


def transposed_links(
    size: Pair, w_shape: tuple[int, ...], stride: Pair, padding: Pair, dilation: Pair, groups: int = 1
) -> Links:
    """The links of a transposed convolution of (H, W, C) with (kH, kW, C, D): x and y exchanged, y cut by padding."""
    along = zip(size, w_shape, stride, padding, dilation, strict=False)
    height, width = ((n - 1) * s - 2 * p + d * (k - 1) + 1 for n, k, s, p, d in along)
    out = height, width
    channels, filters = w_shape[2:]
    shape = {"x": (*size, channels), "w": tuple(w_shape), "y": (*out, filters)}
    if min(out) < 1:
        return Links(*(np.zeros(0, int),) * 3, shape={**shape, "y": (0, 0, filters)})
    back = conv_links(out, (*w_shape[:2], filters, channels), stride, padding, dilation, groups=groups)
    row, column, f = np.unravel_index(back.x, back.shape["x"])
    row, column = row - padding[0], column - padding[1]
    inside = (row >= 0) & (row < out[0]) & (column >= 0) & (column < out[1])
    a, b, _, c = np.unravel_index(back.w, back.shape["w"])
    y = np.ravel_multi_index((row[inside], column[inside], f[inside]), shape["y"])
    w = np.ravel_multi_index((a[inside], b[inside], c[inside], f[inside]), shape["w"])
    return Links(y, back.y[inside], w, shape=shape)


def pool_links(x: np.ndarray, kernel: int, stride: int, mode: str) -> tuple[Links, np.ndarray]:
    """The links of pooling x (H, W), and their gains (n_links,): 1 for the first maximum, or 1/K² each."""
    cells = windows((x.shape[0], x.shape[1]), (kernel, kernel), (stride, stride))
    if mode == "max":
        gains = np.zeros(cells.shape)
        gains[np.arange(len(cells)), np.ravel(x)[cells].argmax(axis=1)] = 1.0
    else:
        gains = np.full(cells.shape, 1 / kernel**2)
    outputs = np.repeat(np.arange(len(cells)), kernel**2)
    shape = {"y": tuple((n - kernel) // stride + 1 for n in x.shape), "x": x.shape, "w": (cells.size,)}
    return Links(outputs, cells.ravel(), np.arange(cells.size), shape=shape), gains.ravel()
