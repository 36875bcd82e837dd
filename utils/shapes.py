"""Sizes, and the checks that every operator makes before it computes.

Arrays are channels last: images `(B, H, W, C)`, kernels `(kH, kW, C, D)`, signals `(B, n, C)`. PyTorch puts
the channels first; last reads better here, because each pixel's channels lie side by side in memory and a
patch of pixels becomes one row of a matrix without moving anything.

dtype rule of every operator: float32 if all its arrays are float32, float64 otherwise.

What may change: more checks. What stays: the order of the axes, the dtype rule, and that an error names its argument.
"""

import operator
from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from utils.watch import watched

Array = NDArray[Any]
PerAxis = int | Sequence[int]
Shape = tuple[int, ...]


@watched
def output_size(n: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """How many windows fit (Problem 1): floor((n + 2 padding - dilation (kernel_size - 1) - 1) / stride) + 1.

    All are in pixels along one axis; `padding` is added on both sides. ValueError if no window fits.
    """
    (n,) = per_axis(n, 1, "n", least=1)
    (k,) = per_axis(kernel_size, 1, "kernel_size", least=1)
    (s,) = per_axis(stride, 1, "stride", least=1)
    (p,) = per_axis(padding, 1, "padding", least=0)
    (d,) = per_axis(dilation, 1, "dilation", least=1)
    return count_windows(n, k, s, p, d)


def count_windows(n: int, k: int, s: int, p: int, d: int) -> int:
    """`output_size` of ints that are checked already."""
    span = d * (k - 1) + 1
    if span > n + 2 * p:
        size = f"{k}" if d == 1 else f"{k} (with dilation {d} it spans {span})"
        raise ValueError(f"kernel_size is {size}, larger than the padded input: {n} + 2*{p} = {n + 2 * p}")
    return (n + 2 * p - span) // s + 1


@watched
def num_parameters(kernel_shape: Sequence[int], bias: bool = False) -> int:
    """How many numbers a layer learns (Problem 1): those in `kernel_shape` = (..., C, D), and with `bias` D more."""
    shape = as_shape(kernel_shape, "kernel_shape")
    return prod(shape) + (shape[-1] if bias else 0)


def per_axis(value: PerAxis, axes: int, name: str, least: int) -> Shape:
    """An int for every axis, or one int for each: always a tuple of `axes` ints, none below `least`."""
    if type(value) is int and value >= least:
        return (value,) * axes
    try:
        numbers = (operator.index(value),) * axes if np.isscalar(value) else tuple(map(operator.index, value))  # type: ignore
    except TypeError:
        wanted = "an int" if axes == 1 else f"an int or {axes} ints, one per axis"
        raise TypeError(f"{name} is {value!r}, expected {wanted}") from None
    if len(numbers) != axes:
        wanted = "one int" if axes == 1 else f"one int or {axes} ints, one per axis"
        raise ValueError(f"{name} is {value!r}, expected {wanted}")
    if min(numbers, default=least) < least:
        raise ValueError(f"{name} is {value!r}, expected at least {least}")
    return numbers


def as_shape(shape: PerAxis, name: str) -> Shape:
    """A shape as a tuple of positive ints."""
    return per_axis(shape, 1 if isinstance(shape, int) else len(shape), name, least=1)


def as_floats(**arrays: ArrayLike) -> list[Array]:
    """The named arguments as contiguous arrays of one type: float32 if all are float32, float64 otherwise."""
    ready: list[Any] = list(arrays.values())
    if all(map(_is_ready, ready)) and len({array.dtype for array in ready}) == 1:
        return ready
    found = {name: as_array(value, name) for name, value in arrays.items()}
    dtype = np.float32 if all(array.dtype == np.float32 for array in found.values()) else np.float64
    return [np.asarray(array, dtype, order="C") for array in found.values()]


def _is_ready(value: Any) -> bool:
    """Whether nothing is to be checked or changed: the common case, and most of a small call's time."""
    ready = type(value) is np.ndarray and value.dtype.char in "df" and value.dtype.isnative
    return ready and value.size > 0 and value.flags.c_contiguous


def as_array(value: ArrayLike, name: str) -> Array:
    """`value` as an array of real numbers, at least one."""
    try:
        array = np.asarray(value)
    except ValueError:
        raise TypeError(f"{name} is not an array of numbers: its rows have different lengths") from None
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} holds {array.dtype} values, expected real numbers")
    if array.size == 0:
        raise ValueError(f"{name} has shape {array.shape}, expected at least one number")
    return array


def describe(name: str, shape: Shape) -> str:
    """How an error begins: "x has shape (4, 2)", but "input_shape is (4, 2)"."""
    return f"{name} is {shape}" if name.endswith("shape") else f"{name} has shape {shape}"


def check_shape(array: Array, name: str, expected: Shape, why: str) -> None:
    if array.shape != expected:
        raise ValueError(f"{name} has shape {array.shape}, expected {expected or 'a number'}: {why}")
