"""A layer as a list of links: an output y, the input x that it reads, and the weight w between them.

Along each of its axes a layer has a short list of its own, and its links are those that all its axes allow together.
The page gets the axes' lists with its start, one for each setting that a student can choose, and joins them as `Links`
does here for the stills. Which places a window reads is asked of `utils.im2col`.
"""

from functools import cache
from itertools import chain, product

import numpy as np

from utils.patches import im2col

# "y", "x", "w": for each place, where its number stands in the array, or [None]; "links": [place of y, of x, of w]
Axis = dict[str, list[list]]


class Links:
    """Index arrays y, x and w (n_links,), flat, in the layer's places: `shape[letter]` of them along the axes.

    `cells[letter]`: for each place, flat, where its number stands in the array; None is in it where there is none.
    """

    y: np.ndarray
    x: np.ndarray
    w: np.ndarray

    def __init__(self, *axes: Axis) -> None:
        self.shape = {letter: tuple(len(axis[letter]) for axis in axes) for letter in "yxw"}
        self.cells = {letter: [[*chain(*at)] for at in product(*(axis[letter] for axis in axes))] for letter in "yxw"}
        links = np.zeros((1, 3), int)
        for axis in axes:
            sizes = [len(axis[letter]) for letter in "yxw"]
            links = (links[:, None] * sizes + np.reshape(axis["links"], (-1, 3)).astype(int)).reshape(-1, 3)
        self.y, self.x, self.w = links.T

    def of(self, letter: str) -> np.ndarray:
        return {"y": self.y, "x": self.x, "w": self.w}[letter]

    def inside(self, letter: str) -> np.ndarray:
        """Whether each place (flat) has a number."""
        return np.array([None not in cell for cell in self.cells[letter]], bool)

    def read(self, letter: str, array: np.ndarray) -> np.ndarray:
        """The array's numbers in their places, and 0 where there is none."""
        numbers = [0.0 if None in cell else float(array[tuple(cell)]) for cell in self.cells[letter]]
        return np.reshape(numbers, self.shape[letter])

    def contract(self, target: str, **factors: np.ndarray) -> np.ndarray:
        """Sum over all links that end in each place of `target`, of the product of the other places."""
        total = np.zeros(self.shape[target])
        factor = np.prod([np.ravel(values)[self.of(letter)] for letter, values in factors.items()], axis=0)
        np.add.at(total.reshape(-1), self.of(target), factor)
        return total


def along(n: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1, kind: str = "convolution") -> Axis:
    """The links along one axis of x, of n places; none where the kernel does not fit.

    `kind` "flipped": the kernel's numbers stand in their places the other way round; "transposed": x and y change
    places, and the padding cuts y.
    """
    transposed = kind == "transposed"
    wide = (n - 1) * stride + (kernel - 1) * dilation + 1 if transposed else n + 2 * padding
    framed: list[list] = [[i - padding] if padding <= i < wide - padding else [None] for i in range(wide)]
    windows = _windows(wide, kernel, stride, dilation)
    narrow, weights = ([[i] for i in range(many)] for many in (len(windows), kernel))
    links = [[o, i, a] for o, window in enumerate(windows) for a, i in enumerate(window)]
    if transposed:
        return {"y": framed, "x": narrow, "w": weights, "links": [[i, o, a] for o, i, a in links]}
    return {"y": narrow, "x": framed, "w": weights[::-1] if kind == "flipped" else weights, "links": links}


def across(channels: int, filters: int, groups: int = 1) -> Axis:
    """From every channel to every filter of its own group, each through a weight of its own."""
    pairs = list(product(range(channels), range(filters)))
    own = [c * groups // channels == f * groups // filters for c, f in pairs]
    return {
        "y": [[f] for f in range(filters)],
        "x": [[c] for c in range(channels)],
        "w": [[*pair] if mine else [None] for pair, mine in zip(pairs, own, strict=True)],
        "links": [[f, c, c * filters + f] for (c, f), mine in zip(pairs, own, strict=True) if mine],
    }


@cache
def _windows(n: int, kernel: int, stride: int, dilation: int) -> list[list[int]]:
    """The places that each window reads."""
    if (kernel - 1) * dilation >= n:
        return []
    return im2col(np.arange(n, dtype=float), kernel, stride, 0, dilation).astype(int).tolist()


def setting(*parts: str | int) -> str:
    """The name of a setting among those that the page gets."""
    return " ".join(map(str, parts))
