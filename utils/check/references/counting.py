"""Shapes and numbers of weights: what can be said of a layer before it has seen an image.

All lengths are in pixels along one axis, without the batch.
"""

from collections.abc import Iterable
from math import prod

from utils.shapes import num_parameters, output_size
from utils.watch import watched

Layer = tuple[int, int, int, int]


@watched
def layer_shape(
    input_shape: tuple[int, int, int], kernel_shape: tuple[int, int, int, int], stride: int = 1, padding: int = 0
) -> tuple[int, int, int]:
    """The shape `(H_out, W_out, D)` that a kernel `(kH, kW, C, D)` makes of an image `(H, W, C)` (Problem 1).

    ValueError if the channels differ or the kernel is larger than the padded image.
    """
    height, width, channels = input_shape
    k_h, k_w, kernel_channels, filters = kernel_shape
    if kernel_channels != channels:
        raise ValueError(f"kernel_shape has {kernel_channels} input channels, the image has {channels}")
    return output_size(height, k_h, stride, padding), output_size(width, k_w, stride, padding), filters


@watched
def layer_parameters(
    input_shape: tuple[int, int, int], kernel_shape: tuple[int, int, int, int], stride: int = 1, padding: int = 0,
    bias: bool = False,
) -> int:  # fmt: skip
    """The numbers that a kernel `(kH, kW, C, D)` learns, whatever image `(H, W, C)` it slides over (Problem 1).

    ValueError if the channels differ or the kernel is larger than the padded image.
    """
    layer_shape(input_shape, kernel_shape, stride, padding)
    return num_parameters(kernel_shape, bias)


@watched
def same_padding(kernel_size: int) -> int:
    """The padding that keeps the size with stride 1 (Problem 1). ValueError for an even kernel: it has none."""
    if kernel_size < 1 or kernel_size % 2 == 0:
        raise ValueError(f"kernel_size is {kernel_size}, expected an odd positive number")
    return (kernel_size - 1) // 2


@watched
def chain(input_shape: tuple[int, int, int], layers: Iterable[Layer]) -> tuple[tuple[int, int, int], int]:
    """The shape after the last layer, and the weights and biases of all layers (Problem 1).

    A layer is `(kernel_size, filters, stride, padding)`, its kernel is square and each filter has a bias.
    """
    shape, parameters = input_shape, 0
    for kernel_size, filters, stride, padding in layers:
        kernel_shape = (kernel_size, kernel_size, shape[2], filters)
        shape = layer_shape(shape, kernel_shape, stride, padding)
        parameters += num_parameters(kernel_shape, bias=True)
    return shape, parameters


@watched
def receptive_field(layers: Iterable[tuple[int, int]]) -> int:
    """How many pixels wide is what one output of the last layer depends on (Problem 1).

    A layer is `(kernel_size, stride)`; it widens the field by its kernel less one, times all strides before it.
    """
    width = apart = 1
    for kernel_size, stride in layers:
        width += (kernel_size - 1) * apart
        apart *= stride
    return width


@watched
def dense_weights(n: int, k: int) -> int:
    """The weights of a dense layer from n inputs to the n - k + 1 outputs of a filter of length k (Problem 2)."""
    return (n - k + 1) * n


@watched
def nonzero_cells(n: int, k: int) -> int:
    """The cells of that filter's matrix (n - k + 1, n) that are not zero (Problem 2)."""
    return (n - k + 1) * k


@watched
def nonzero_fraction(n: int, k: int) -> float:
    """The part of the matrix's cells that are not zero: every row has k of n (Problem 2)."""
    return k / n


@watched
def distinct_weights(n: int, k: int) -> int:
    """How many different numbers the matrix is made of, zero not counted: the length of the input plays no part."""
    return k


@watched
def weights_grow_with_input(n: int, longer: int, k: int) -> bool:
    """Whether a filter of length k has more to learn on a longer input (Problem 2): it never has."""
    return distinct_weights(longer, k) > distinct_weights(n, k)


@watched
def patch_numbers(input_shape: tuple[int, int, int], kernel_size: tuple[int, int]) -> int:
    """The numbers in the patch matrix of one image `(H, W, C)`, stride 1, no padding (Problem 2)."""
    height, width, _ = layer_shape(input_shape, (*kernel_size, input_shape[2], 1))
    return height * width * prod(kernel_size) * input_shape[2]


@watched
def fan_out(n: int, k: int) -> list[int]:
    """How many outputs each of n inputs goes into, under a filter of length k with stride 1 (Problem 3)."""
    return [min(i + 1, k, n - k + 1, n - i) for i in range(n)]


@watched
def reversed_index(h: int, k: int) -> int:
    """The place of entry h of a filter of length k when the filter is turned around (Problem 3)."""
    return k - 1 - h


@watched
def pooled_shape(input_shape: tuple[int, int, int], kernel_size: int, stride: int) -> tuple[int, int, int]:
    """The shape that pooling with square windows makes of an image `(H, W, C)` (Problem 5)."""
    height, width, channels = input_shape
    return output_size(height, kernel_size, stride), output_size(width, kernel_size, stride), channels


@watched
def pooling_parameters(kernel_size: int, channels: int) -> int:
    """What pooling has to learn: nothing (Problem 5)."""
    return 0


@watched
def batch_norm_count(shape: tuple[int, int, int, int]) -> int:
    """How many numbers each mean is taken of, for images `(B, H, W, C)` (Problem 6)."""
    return prod(shape[:-1])


@watched
def batch_norm_parameters(shape: tuple[int, int, int, int]) -> int:
    """The learned numbers of batch normalization: gamma and beta of each channel (Problem 6)."""
    return 2 * shape[-1]


@watched
def dense_inputs(size: int, channels: int, poolings: int) -> int:
    """The features of a square image whose size was halved `poolings` times (Problem 7)."""
    return (size // 2**poolings) ** 2 * channels


@watched
def network_parameters(size: int, filters1: int, filters2: int, classes: int) -> int:
    """All that the network of `references.network` learns, for square images of this size (Problem 7)."""
    convolutions = 9 * filters1 + 9 * filters1 * filters2
    return convolutions + 2 * (filters1 + filters2) + (dense_inputs(size, filters2, 2) + 1) * classes
