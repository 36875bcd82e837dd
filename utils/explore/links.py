"""A layer as a list of links: an output y, the input x that it reads, and the weight w between them.

Which places a window reads is asked of `utils.im2col`, axis by axis, for every setting that a student can choose. The
page gets these lists with the start, and puts them together just as `linked` does here for the stills.
"""

from itertools import product
from typing import NamedTuple

import numpy as np

from utils.patches import im2col

Windows = list[list[int]]


class Links(NamedTuple):
    """Index arrays (n_links,), flat and channels last; `shape[axis]` is the shape they count in, padding included."""

    y: np.ndarray
    x: np.ndarray
    w: np.ndarray
    shape: dict[str, tuple[int, ...]]

    def of(self, axis: str) -> np.ndarray:
        return {"y": self.y, "x": self.x, "w": self.w}[axis]

    def contract(self, target: str, **factors: np.ndarray) -> np.ndarray:
        """Sum over all links that end in each cell of `target`, of the product of the other cells."""
        total = np.zeros(self.shape[target])
        factor = np.prod([np.ravel(values)[self.of(axis)] for axis, values in factors.items()], axis=0)
        np.add.at(total.reshape(-1), self.of(target), factor)
        return total


def windows(n: int, kernel: int, stride: int = 1, dilation: int = 1) -> Windows:
    """Along one axis of n places: those that each window reads; no window where the kernel does not fit."""
    if (kernel - 1) * dilation >= n:
        return []
    places = np.arange(n, dtype=float)
    return im2col(places, kernel, stride, 0, dilation).astype(int).tolist()


def along(n: int, kernel: int, strides: range, dilations: range, paddings: range) -> dict[str, dict[str, Windows]]:
    """The windows along one axis of n places, for each kind of layer and each setting: {kind: {setting: windows}}.

    A convolution has them over x and its padding; a transposed one over all of y, before the padding cuts it.
    """
    found: dict[str, dict[str, Windows]] = {"convolution": {}, "transposed": {}}
    for stride, dilation in product(strides, dilations):
        whole = (n - 1) * stride + (kernel - 1) * dilation + 1
        found["transposed"][setting(stride, dilation)] = windows(whole, kernel, stride, dilation)
        for padding in paddings:
            key = setting(stride, dilation, padding)
            found["convolution"][key] = windows(n + 2 * padding, kernel, stride, dilation)
    return found


def setting(*numbers: int) -> str:
    """The name of a setting in the lists that the page gets."""
    return " ".join(map(str, numbers))


def linked(
    rows: Windows, columns: Windows, wide: tuple[int, int], kernel: tuple[int, int],
    channels: int = 1, filters: int = 1, groups: int = 1, transposed: bool = False, flip: bool = False,
) -> Links:  # fmt: skip
    """The links of a layer from its windows down and across an image of `wide` places; w is (kH, kW, C, D).

    Transposed, x and y change places. A filter has links to the channels of its own group only.
    """
    narrow = len(rows), len(columns)
    i, j, a, b, c, f = (axis.ravel() for axis in np.indices((*narrow, *kernel, channels, filters)))
    own = c * groups // channels == f * groups // filters
    i, j, a, b, c, f = (axis[own] for axis in (i, j, a, b, c, f))
    down, across = np.array(rows, int).reshape(-1, kernel[0]), np.array(columns, int).reshape(-1, kernel[1])
    under = down[i, a] * wide[1] + across[j, b]
    over = i * narrow[1] + j
    y, x = (under, over) if transposed else (over, under)
    a, b = (kernel[0] - 1 - a, kernel[1] - 1 - b) if flip else (a, b)
    sizes = {"y": wide if transposed else narrow, "x": narrow if transposed else wide}
    shape = {"y": (*sizes["y"], filters), "x": (*sizes["x"], channels), "w": (*kernel, channels, filters)}
    return Links(y * filters + f, x * channels + c, ((a * kernel[1] + b) * channels + c) * filters + f, shape)


def pool_links(x: np.ndarray, rows: Windows, columns: Windows, mode: str) -> tuple[Links, np.ndarray]:
    """The links of pooling x (H, W), each with a weight of its own, and these weights (n_links,): 1 for the first
    maximum of a window and 0 for the others, or a mean's share."""
    kernel = (len(rows[0]), len(columns[0]))
    bare = linked(rows, columns, (x.shape[0], x.shape[1]), kernel)
    cells = bare.x.reshape(-1, kernel[0] * kernel[1])
    gains = np.full(cells.shape, 1 / cells.shape[1])
    if mode == "max":
        gains = (np.arange(cells.shape[1]) == np.ravel(x)[cells].argmax(axis=1)[:, None]).astype(float)
    shape = {"y": bare.shape["y"][:2], "x": x.shape, "w": (cells.size,)}
    return Links(bare.y, bare.x, np.arange(cells.size), shape), gains.ravel()
