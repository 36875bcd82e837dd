"""Every operation that a question can be about: one record each."""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

import utils

from .cases import Case
from .references import backprop, counting, indices, network, normalization, recurrent, variations

Windows = list[tuple[int, int, int, int, int]]
"""(n, kernel_size, stride, padding, dilation) of each spatial axis."""


@dataclass(frozen=True)
class Operation:
    """`reference` gives the right answer, and its parameters say which argument is what: x, w, stride, ...

    kind        the operation whose face this is: "conv" of conv1d and conv2d; else the name itself
    axes        the spatial axes that it works along; None: any number
    forbidden   the functions of `utils` that answer the same question: calling one of them is no answer
    slides      a window slides, and the result has one place for each of its places
    shaped_like the argument that has, or is, the shape of the result
    results     what the single results are called, where there are several
    """

    name: str
    reference: Callable[..., Any]
    kind: str
    axes: int | None = None
    forbidden: frozenset[str] = frozenset()
    slides: bool = False
    shaped_like: str | None = None
    results: tuple[str, ...] = ()

    def arguments(self, on: Case) -> dict[str, Any]:
        """A case's arguments by their names, with the defaults of those that are not given."""
        bound = inspect.signature(self.reference).bind(*on.args, **on.kwargs)
        bound.apply_defaults()
        return dict(bound.arguments)

    def windows(self, on: Case) -> Windows | None:
        """The windows of a case along each spatial axis; None for an operation that has none."""
        given = self.arguments(on)
        sizes = next((_spatial(given[name]) for name in ("x", "input_shape", "n") if name in given), ())
        axes = len(sizes)
        kernel = next(
            (_kernel(given[name], axes) for name in ("w", "kernel_shape", "kernel_size") if name in given), ()
        )
        if not axes or len(kernel) != axes:
            return None
        stride = given.get("stride", 1)
        strides = kernel if stride is None else _each(stride, axes)
        padding, dilation = _each(given.get("padding", 0), axes), _each(given.get("dilation", 1), axes)
        return list(zip(sizes, kernel, strides, padding, dilation, strict=True))


def operation(name: str) -> Operation:
    """The record of this name. ValueError for a name that nobody knows."""
    if name not in OPERATIONS:
        raise ValueError(f"about is {name!r}, which is no operation in utils/check/operations.py")
    return OPERATIONS[name]


def forbidden_names(given: Iterable[str]) -> tuple[str, ...]:
    """The names themselves. ValueError where one is no function that could be called in place of an answer."""
    names = tuple(given)
    known = {*utils.__all__}.union(*(o.forbidden for o in OPERATIONS.values()))
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(f"forbid names {unknown[0]!r}, which is no function of utils")
    return names


def _spatial(x: Any) -> tuple[int, ...]:
    """The sizes along the spatial axes of a bare or full array, or of its shape."""
    shape = x.shape if hasattr(x, "shape") else _each(x, 1)
    return tuple(shape[1:-1] if len(shape) > 2 else shape)


def _kernel(w: Any, axes: int) -> tuple[int, ...]:
    return tuple(w.shape[:axes]) if hasattr(w, "shape") else _each(w, axes)[:axes]


def _each(value: Any, axes: int) -> tuple[int, ...]:
    return (value,) * axes if np.ndim(value) == 0 else tuple(value)


OPERATIONS: dict[str, Operation] = {}


def _add(kind: str, *references: Callable[..., Any], also: tuple[str, ...] = (), **facts: Any) -> None:
    """One record for each reference; whoever is asked for one of them may call none of them, nor what is in `also`."""
    forbidden = frozenset({kind, *(f.__name__ for f in references), *also})
    for reference in references:
        name = reference.__name__
        if name in OPERATIONS:
            raise ValueError(f"two operations are called {name!r}: {OPERATIONS[name].kind} and {kind}")
        axes = next((d for d in (1, 2) if f"{d}d" in name), None)
        OPERATIONS[name] = Operation(name, reference, kind, axes, forbidden, **facts)


_add("conv", utils.conv1d, utils.conv2d, utils.conv, also=("true_convolution", "conv_matrix"), slides=True)
_add("true_convolution", utils.true_convolution, also=("conv", "conv1d", "conv2d"), slides=True)
_add(
    "conv_grad_input",
    utils.conv1d_grad_input,
    utils.conv2d_grad_input,
    utils.conv_grad_input,
    shaped_like="input_shape",
)
_add(
    "conv_grad_weight",
    utils.conv1d_grad_weight,
    utils.conv2d_grad_weight,
    utils.conv_grad_weight,
    shaped_like="kernel_shape",
)
_add("conv_grad_bias", utils.conv2d_grad_bias, utils.conv_grad_bias)
_add("conv_matrix", utils.conv_matrix)
_add(
    "conv_transpose",
    utils.conv_transpose1d,
    utils.conv_transpose2d,
    utils.conv_transpose,
    also=("conv_grad_input", "conv1d_grad_input", "conv2d_grad_input"),
)
_add("conv_transpose_grad_input", utils.conv_transpose_grad_input, shaped_like="input_shape")
_add("conv_transpose_grad_weight", utils.conv_transpose_grad_weight, shaped_like="kernel_shape")
_add("im2col", utils.im2col)
_add("col2im", utils.col2im, shaped_like="input_shape")
_add("max_pool", utils.max_pool1d, utils.max_pool2d, also=("pool",), slides=True)
_add("max_pool_indices", utils.max_pool_indices)
_add("avg_pool", utils.avg_pool1d, utils.avg_pool2d, also=("pool",), slides=True)
_add(
    "pool",
    utils.pool,
    also=("max_pool", "max_pool1d", "max_pool2d", "avg_pool", "avg_pool1d", "avg_pool2d"),
    slides=True,
)
_add("max_pool_grad", utils.max_pool2d_grad, utils.max_pool_grad, also=("max_pool1d_grad",), shaped_like="x")
_add("avg_pool_grad", utils.avg_pool2d_grad, utils.avg_pool_grad, shaped_like="input_shape")
_add("batch_norm", utils.batch_norm, shaped_like="x")
_add("batch_norm_grad", utils.batch_norm_grad, results=("dx", "dgamma", "dbeta"))
_norms = ("batch_norm", "layer_norm", "group_norm", "instance_norm")
_add("layer_norm", utils.layer_norm, also=_norms, shaped_like="x")
_add("group_norm", utils.group_norm, also=_norms, shaped_like="x")
_add("instance_norm", utils.instance_norm, also=_norms, shaped_like="x")
for _norm in (utils.layer_norm_grad, utils.group_norm_grad, utils.instance_norm_grad):
    _add(_norm.__name__, _norm, also=tuple(f"{name}_grad" for name in _norms), results=("dx", "dgamma", "dbeta"))
_add("rnn", utils.rnn)
_add("rnn_grad", utils.rnn_grad, results=("dx", "dw_x", "dw_h", "dbias", "dh0"))
_add("lstm", utils.lstm, results=("h", "c"))
_add("lstm_grad", utils.lstm_grad, results=("dx", "dw_x", "dw_h", "dbias", "dh0", "dc0"))
_add("numerical_gradient", utils.numerical_gradient, also=("check_gradient",), shaped_like="x")
_add("output_size", utils.output_size)
_add("num_parameters", utils.num_parameters)

for _step in (
    counting.layer_shape, counting.layer_parameters, counting.same_padding, counting.chain, counting.receptive_field,
    counting.dense_weights, counting.nonzero_cells, counting.nonzero_fraction, counting.distinct_weights,
    counting.weights_grow_with_input, counting.patch_numbers, counting.fan_out, counting.reversed_index,
    counting.pooled_shape, counting.pooling_parameters, counting.batch_norm_count, counting.batch_norm_parameters,
    counting.dense_inputs, counting.network_parameters, backprop.inputs_of_weight, backprop.zero_insert,
    backprop.backward_kernel, backprop.worst_error, backprop.max_marks, backprop.not_a_subgradient,
    backprop.windows_per_pixel, indices.weight_of_pixel, indices.delta_many, indices.weight_many,
    indices.input_of_weight, indices.input_many, indices.summed_over, normalization.normalize_row,
    normalization.undo_scale, normalization.undo_shift, normalization.larger_of_two, normalization.variance_grad,
    network.relu, network.loss_of_equal_logits, network.cross_entropy, recurrent.recurrence,
    recurrent.recurrence_grad, recurrent.weight_shares, recurrent.truncated_grad, recurrent.input_slopes,
    recurrent.rnn_parameters, recurrent.gated_parameters, recurrent.reached, recurrent.terms_of_weight,
    recurrent.gradient_bounds, recurrent.power_norm, recurrent.clip_by_norm, recurrent.cell_step,
    recurrent.straight_road, recurrent.steps_until_below, recurrent.layers_needed, recurrent.in_a_row,
    variations.dilated_field, variations.jump, variations.spread_kernel, variations.grouped_weights,
    variations.separable_weights, variations.channels_seen, variations.transposed_size, variations.even_overlap,
    variations.good_shifts, variations.numbers_per_mean, variations.through_blocks,
):  # fmt: skip
    _add(_step.__name__, _step)

_add("spread", backprop.spread, also=("conv_grad_input", "conv1d_grad_input"), shaped_like="n")
_add("true_grad_input", backprop.true_grad_input, shaped_like="input_shape")
_add("true_grad_weight", backprop.true_grad_weight, shaped_like="kernel_shape")
_add("normalize_row_grad", normalization.normalize_row_grad, shaped_like="x")
_add("scale_shift_grad", normalization.scale_shift_grad, results=("grad_x_hat", "grad_gamma", "grad_beta"))
_add("centered_grad", normalization.centered_grad, shaped_like="centered")
_add("input_grad", normalization.input_grad, shaped_like="grad_centered")
_add("closed_form", normalization.closed_form, shaped_like="x_hat")
_add("update_running", normalization.update_running, results=("running_mean", "running_var"))
_add("batch_norm_eval", normalization.batch_norm_eval, shaped_like="x")
_add("batch_norm_eval_grad", normalization.batch_norm_eval_grad, shaped_like="grad_output")
_add("relu_grad", network.relu_grad, shaped_like="x")
_add("cross_entropy_grad", network.cross_entropy_grad, shaped_like="logits")
_add("network_gradients", network.network_gradients)
_add("momentum_step", network.momentum_step, results=("params", "velocity"))
_add("one_neuron_grad", recurrent.one_neuron_grad, results=("g", "dw_h"))
_add("state_jacobian", recurrent.state_jacobian, shaped_like="w_h")
_add("depthwise", variations.depthwise, also=("conv", "conv2d"))
_add("laid_down", variations.laid_down, also=("conv_transpose", "conv_transpose1d"))
_add("there_and_back", variations.there_and_back)
_add("residual_grad", variations.residual_grad, shaped_like="x")
