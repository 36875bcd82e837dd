"""Which indices meet in a convolution layer, in letters (Problem 4): y[b,i,j,d] = sum of x[b,i+u,j+v,c] * w[u,v,c,d].

Every argument is one index; so is every entry of a result. The answers are SymPy's letters, so these take those, too.
"""

from typing import Any

from utils.watch import watched

Index = Any  # a whole number, or a letter of SymPy


@watched
def weight_of_pixel(p: Index, q: Index, i: Index, j: Index) -> tuple[Index, Index]:
    """The place in the kernel at which pixel (p, q) counts for output (i, j)."""
    return p - i, q - j


@watched
def delta_many(b: Index, i: Index, j: Index, d: Index) -> tuple[Index, Index, Index, Index]:
    """The indices of an output of many channels."""
    return b, i, j, d


@watched
def weight_many(p: Index, q: Index, i: Index, j: Index, c: Index, d: Index) -> tuple[Index, Index, Index, Index]:
    """The weight with which pixel (p, q) of input channel c counts for output (i, j) of filter d."""
    return p - i, q - j, c, d


@watched
def input_of_weight(u: Index, v: Index, i: Index, j: Index) -> tuple[Index, Index]:
    """The pixel that weight (u, v) meets in the window of output (i, j)."""
    return i + u, j + v


@watched
def input_many(b: Index, u: Index, v: Index, i: Index, j: Index, c: Index) -> tuple[Index, Index, Index, Index]:
    """The pixel of image b and channel c that weight (u, v) meets in the window of output (i, j)."""
    return b, i + u, j + v, c


@watched
def summed_over(delta: str, weight: str) -> str:
    """The letters of delta's indices that do not name the weight, in the order of the alphabet."""
    return "".join(sorted(set(delta) - set(weight)))
