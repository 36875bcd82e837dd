"""links.js once more, for the still pictures: a layer is a list of links, y reads x through w."""

from typing import NamedTuple

import numpy as np

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
    padded = tuple(n + 2 * p for n, p in zip(size, padding, strict=True))
    spans = [(k - 1) * d + 1 for k, d in zip(w_shape, dilation, strict=False)]
    out = tuple((n - span) // s + 1 for n, span, s in zip(padded, spans, stride, strict=True))
    shape = {"y": (*out, w_shape[3]), "x": (*padded, w_shape[2]), "w": tuple(w_shape)}
    if min(out) < 1:
        return Links(*(np.zeros(0, int),) * 3, shape={**shape, "y": (0, 0, w_shape[3])})
    i, j, f, c, a, b = (axis.ravel() for axis in np.indices((*out, w_shape[3], w_shape[2], *w_shape[:2])))
    own = c * groups // w_shape[2] == f * groups // w_shape[3]
    i, j, f, c, a, b = (axis[own] for axis in (i, j, f, c, a, b))
    rows, columns = i * stride[0] + a * dilation[0], j * stride[1] + b * dilation[1]
    a, b = (w_shape[0] - 1 - a, w_shape[1] - 1 - b) if flip else (a, b)
    places = {"y": (i, j, f), "x": (rows, columns, c), "w": (a, b, c, f)}
    return Links(*(np.ravel_multi_index(places[axis], shape[axis]) for axis in "yxw"), shape=shape)


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
    out = tuple((n - kernel) // stride + 1 for n in x.shape)
    i, j, a, b = (axis.reshape(-1, kernel**2) for axis in np.indices((*out, kernel, kernel)))
    cells = (i * stride + a) * x.shape[1] + j * stride + b
    if mode == "max":
        gains = np.zeros(cells.shape)
        gains[np.arange(len(cells)), np.ravel(x)[cells].argmax(axis=1)] = 1.0
    else:
        gains = np.full(cells.shape, 1 / kernel**2)
    windows = np.repeat(np.arange(len(cells)), kernel**2)
    links = Links(windows, cells.ravel(), np.arange(cells.size), shape={"y": out, "x": x.shape, "w": (cells.size,)})
    return links, gains.ravel()
