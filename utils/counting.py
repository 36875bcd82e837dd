"""Shapes and numbers of weights: what can be said of a layer before it has seen an image (Problems 1 and 2).

All lengths are in pixels along one axis, without the batch.
"""

from collections.abc import Iterable
from math import prod

Layer = tuple[int, int, int, int]


def layer_shape(
    input_shape: tuple[int, int, int], kernel_shape: tuple[int, int, int, int], stride: int = 1, padding: int = 0
) -> tuple[int, int, int]:
    """The shape `(H_out, W_out, D)` that a kernel `(kH, kW, C, D)` makes of an image `(H, W, C)` (Problem 1).

    ValueError if the channels differ or the kernel is larger than the padded image.
    """
    from utils.shapes import output_size

    height, width, channels = input_shape
    k_h, k_w, kernel_channels, filters = kernel_shape
    if kernel_channels != channels:
        raise ValueError(f"kernel_shape has {kernel_channels} input channels, the image has {channels}")
    return output_size(height, k_h, stride, padding), output_size(width, k_w, stride, padding), filters


def same_padding(kernel_size: int) -> int:
    """The padding that keeps the size with stride 1 (Problem 1). ValueError for an even kernel: it has none."""
    if kernel_size < 1 or kernel_size % 2 == 0:
        raise ValueError(f"kernel_size is {kernel_size}, expected an odd positive number")
    return (kernel_size - 1) // 2


def chain(input_shape: tuple[int, int, int], layers: Iterable[Layer]) -> tuple[tuple[int, int, int], int]:
    """The shape after the last layer, and the weights and biases of all layers (Problem 1).

    A layer is `(kernel_size, filters, stride, padding)`, its kernel is square and each filter has a bias.
    """
    from utils.shapes import num_parameters

    shape, parameters = input_shape, 0
    for kernel_size, filters, stride, padding in layers:
        kernel_shape = (kernel_size, kernel_size, shape[2], filters)
        shape = layer_shape(shape, kernel_shape, stride, padding)
        parameters += num_parameters(kernel_shape, bias=True)
    return shape, parameters


def dense_weights(n: int, k: int) -> int:
    """The weights of a dense layer from n inputs to the n - k + 1 outputs of a filter of length k (Problem 2)."""
    return (n - k + 1) * n


def nonzero_cells(n: int, k: int) -> int:
    """The cells of that filter's matrix (n - k + 1, n) that are not zero (Problem 2)."""
    return (n - k + 1) * k


def nonzero_fraction(n: int, k: int) -> float:
    """The part of the matrix's cells that are not zero: every row has k of n (Problem 2)."""
    return k / n


def distinct_weights(n: int, k: int) -> int:
    """How many different numbers the matrix is made of, zero not counted: the length of the input plays no part."""
    return k


def weights_grow_with_input(n: int, longer: int, k: int) -> bool:
    """Whether a filter of length k has more to learn on a longer input (Problem 2): it never has."""
    return distinct_weights(longer, k) > distinct_weights(n, k)


def patch_numbers(input_shape: tuple[int, int, int], kernel_size: tuple[int, int]) -> int:
    """The numbers in the patch matrix of one image `(H, W, C)`, stride 1, no padding (Problem 2)."""
    height, width, _ = layer_shape(input_shape, (*kernel_size, input_shape[2], 1))
    return height * width * prod(kernel_size) * input_shape[2]
