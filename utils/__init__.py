"""The course's shared NumPy implementation. `import utils` gives every operator; NumPy is all it needs.

The pictures (`utils.explore`) and the checker (`utils.check`) are imported by name, when they are wanted.
What may change: more names. What stays: those that are here, and that NumPy alone is imported.
"""

import importlib
from typing import Any

from utils.convolution import conv, conv_grad_bias, conv_grad_input, conv_grad_weight
from utils.convolution_1d_2d import (
    conv1d,
    conv1d_grad_input,
    conv1d_grad_weight,
    conv2d,
    conv2d_grad_bias,
    conv2d_grad_input,
    conv2d_grad_weight,
    true_convolution,
)
from utils.gradients import check_gradient, numerical_gradient
from utils.matrix import conv_matrix
from utils.normalization import BatchNorm, batch_norm, batch_norm_grad
from utils.normalization_per_sample import (
    group_norm,
    group_norm_grad,
    instance_norm,
    instance_norm_grad,
    layer_norm,
    layer_norm_grad,
)
from utils.patches import col2im, im2col
from utils.pooling import avg_pool_grad, max_pool_grad, max_pool_indices, pool
from utils.pooling_1d_2d import avg_pool1d, avg_pool2d, avg_pool2d_grad, max_pool1d, max_pool2d, max_pool2d_grad
from utils.recurrent import lstm, lstm_grad, rnn, rnn_grad
from utils.shapes import num_parameters, output_size
from utils.transposed_convolution import (
    conv_transpose,
    conv_transpose1d,
    conv_transpose2d,
    conv_transpose_grad_input,
    conv_transpose_grad_weight,
)


def __getattr__(name: str) -> Any:
    """`utils.practice` needs the checker, and the checker needs these operators: it is fetched when it is wanted."""
    if name == "practice":
        return getattr(importlib.import_module("utils.notebook.practice"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "BatchNorm",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool2d_grad",
    "avg_pool_grad",
    "batch_norm",
    "batch_norm_grad",
    "check_gradient",
    "col2im",
    "conv",
    "conv1d",
    "conv1d_grad_input",
    "conv1d_grad_weight",
    "conv2d",
    "conv2d_grad_bias",
    "conv2d_grad_input",
    "conv2d_grad_weight",
    "conv_grad_bias",
    "conv_grad_input",
    "conv_grad_weight",
    "conv_matrix",
    "conv_transpose",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose_grad_input",
    "conv_transpose_grad_weight",
    "group_norm",
    "group_norm_grad",
    "im2col",
    "instance_norm",
    "instance_norm_grad",
    "layer_norm",
    "layer_norm_grad",
    "lstm",
    "lstm_grad",
    "max_pool1d",
    "max_pool2d",
    "max_pool2d_grad",
    "max_pool_grad",
    "max_pool_indices",
    "num_parameters",
    "numerical_gradient",
    "output_size",
    "pool",
    "rnn",
    "rnn_grad",
    "true_convolution",
]
