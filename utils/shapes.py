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
Padding = PerAxis | Sequence[Sequence[int]] | str  # as `paddings` reads it
Shape = tuple[int, ...]
LARGEST = 2**31 - 1  # of a size or step along one axis
MOST_NUMBERS = 2**34  # in one array: more than a machine's memory holds


@watched
def output_size(n: int, kernel_size: int, stride: int = 1, padding: Padding = 0, dilation: int = 1) -> int:
    """How many windows fit (Problem 1): floor((n + 2 padding - dilation (kernel_size - 1) - 1) / stride) + 1.

    All are in pixels along one axis; `padding` is added on both sides, or is ((before, after),) or "same".
    ValueError if no window fits.
    """
    (n,) = per_axis(n, 1, "n", least=1)
    (k,) = per_axis(kernel_size, 1, "kernel_size", least=1)
    (s,) = per_axis(stride, 1, "stride", least=1)
    (d,) = per_axis(dilation, 1, "dilation", least=1)
    (before,), (after,) = paddings(padding, (k,), (s,), (d,))
    return count_windows(n, k, s, before, after, d)


def count_windows(n: int, k: int, s: int, before: int, after: int, d: int) -> int:
    """`output_size` of ints that are checked already, with the padding before and after."""
    span, padded = d * (k - 1) + 1, n + before + after
    if span > padded:
        size = f"{k}" if d == 1 else f"{k} (with dilation {d} it spans {span})"
        sides = f"2*{before}" if before == after else f"{before} + {after}"
        raise ValueError(f"kernel_size is {size}, larger than the padded input: {n} + {sides} = {padded}")
    return (padded - span) // s + 1


@watched
def num_parameters(kernel_shape: Sequence[int], bias: bool = False) -> int:
    """How many numbers a layer learns (Problem 1): those in `kernel_shape` = (..., C, D), and with `bias` D more."""
    shape = as_shape(kernel_shape, "kernel_shape")
    return prod(shape) + (shape[-1] if flag(bias, "bias") else 0)


def per_axis(value: PerAxis, axes: int, name: str, least: int) -> Shape:
    """An int for every axis, or one int for each: always a tuple of `axes` ints, none below `least`."""
    if type(value) is int and least <= value <= LARGEST:
        return (value,) * axes
    several = _is_list(value)
    try:
        numbers = tuple(map(operator.index, value)) if several else (operator.index(value),) * axes  # type: ignore
    except TypeError:
        wanted = "an int" if axes == 1 else f"an int or {axes} ints, one per axis"
        raise TypeError(f"{name} is {shown(value)}, expected {wanted}") from None
    if len(numbers) != axes:
        wanted = "one int" if axes == 1 else f"one int or {axes} ints, one per axis"
        raise ValueError(f"{name} is {shown(value)}, expected {wanted}")
    if min(numbers, default=least) < least:
        raise ValueError(f"{name} is {shown(value)}, expected at least {least}")
    if max(numbers, default=least) > LARGEST:
        raise ValueError(f"{name} is {shown(value)}, expected at most {LARGEST}")
    return numbers


def flag(value: Any, name: str) -> bool:
    """True or False, and nothing that only counts as one of them."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} is {shown(value)}, expected True or False")
    return bool(value)


def _is_list(value: Any) -> bool:
    """Whether it has an order and a length: a set has no first axis, and the letters of a text are no numbers."""
    if type(value) is tuple or type(value) is list:
        return True
    return value.ndim > 0 if isinstance(value, np.ndarray) else isinstance(value, Sequence) and type(value) is not bytes


def shown(value: Any) -> str:
    """A wrong argument as an error shows it: on one line, and not too long."""
    text = " ".join(repr(value).split())
    return text if len(text) < 80 else f"{text[:76]} ..."


def paddings(padding: Padding, kernel: Shape, stride: Shape, dilation: Shape) -> tuple[Shape, Shape]:
    """How many pixels are added (before, after) along each axis.

    `padding` is an int, or one int for each axis, for both sides; or a pair (before, after) for each axis; or "valid",
    none; or "same": as many as keep the size at stride 1, an odd one after, as in PyTorch.
    """
    axes = len(kernel)
    if isinstance(padding, str):
        if padding not in ("same", "valid"):
            raise ValueError(f"padding is {shown(padding)}, expected an int, a pair for each axis, 'same' or 'valid'")
        if padding == "same" and max(stride) > 1:
            raise ValueError(f"padding is 'same', which keeps the size, but stride is {stride}: expected stride 1")
        total = [d * (k - 1) if padding == "same" else 0 for k, d in zip(kernel, dilation, strict=True)]
        return tuple(t // 2 for t in total), tuple(t - t // 2 for t in total)
    try:
        pairs = [tuple(map(operator.index, pair)) for pair in padding]  # type: ignore[union-attr, arg-type]
    except TypeError:
        sides = per_axis(padding, axes, "padding", least=0)  # type: ignore[arg-type]
        return sides, sides
    if len(pairs) != axes or any(len(pair) != 2 or min(pair) < 0 for pair in pairs):
        wanted = f"{axes} pairs (before, after), one per axis" if axes > 1 else "one pair: ((before, after),)"
        raise ValueError(f"padding is {shown(padding)}, expected {wanted}, none below 0")
    before, after = (per_axis(side, axes, "padding", least=0) for side in zip(*pairs, strict=True))
    return before, after


def as_shape(shape: PerAxis, name: str) -> Shape:
    """A shape as a tuple of positive ints."""
    sizes = per_axis(shape, len(shape) if _is_list(shape) else 1, name, least=1)  # type: ignore[arg-type]
    if not sizes:
        raise ValueError(f"{name} is {shown(shape)}, expected at least one size")
    return sizes


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
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{name} is a masked array, expected real numbers everywhere: fill the gaps with .filled(0)")
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


def check_numbers(sizes: Shape, name: str, value: Any) -> None:
    """A ValueError that names what makes an array of these sizes larger than any memory."""
    if prod(sizes) > MOST_NUMBERS:
        raise ValueError(f"{name} is {shown(value)}, expected less: that makes {float(prod(sizes)):.0e} numbers")


def check_eps(eps: float) -> None:
    """An error unless eps is one number, 0 or more."""
    if not isinstance(eps, int | float | np.integer | np.floating):
        raise TypeError(f"eps is {shown(eps)}, expected a small number, 0 or more")
    if not 0 <= eps < np.inf:
        raise ValueError(f"eps is {eps!r}, expected a small number, 0 or more")


def check_shape(array: Array, name: str, expected: Shape, why: str) -> None:
    if array.shape != expected:
        raise ValueError(f"{name} has shape {array.shape}, expected {expected or 'a number'}: {why}")
