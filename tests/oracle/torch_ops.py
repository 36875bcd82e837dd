"""PyTorch's operators with our layout: channels last in and out, NumPy arrays, gradients by autograd."""

# pyright: reportMissingImports=false
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from utils.shapes import Array, Shape

# in torch 2.13, oneDNN crashes on one float32 pixel with a 1x1 kernel and a stride
torch.backends.mkldnn.enabled = False

CONV: dict[int, Callable[..., Any]] = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
CONV_TRANSPOSE: dict[int, Callable[..., Any]] = {
    1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d
}  # fmt: skip
MAX_POOL: dict[int, Callable[..., Any]] = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
AVG_POOL: dict[int, Callable[..., Any]] = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}


def conv(x: Array, w: Array, bias: Array, grad_output: Array, **settings: Any) -> dict[str, Array]:
    """y, and the gradients of sum(grad_output * y) with respect to x, w and bias."""
    leaves = {name: torch.tensor(a, requires_grad=True) for name, a in {"x": x, "w": w, "bias": bias}.items()}
    kernel = leaves["w"].movedim((-1, -2), (0, 1)).contiguous()
    y = CONV[x.ndim - 2](leaves["x"].movedim(-1, 1).contiguous(), kernel, leaves["bias"], **settings).movedim(1, -1)
    return _with_gradients(y, grad_output, leaves)


def conv_transpose(x: Array, w: Array, bias: Array, grad_output: Array, **settings: Any) -> dict[str, Array]:
    """y, and the gradients of sum(grad_output * y) with respect to x, w and bias."""
    leaves = {name: torch.tensor(a, requires_grad=True) for name, a in {"x": x, "w": w, "bias": bias}.items()}
    kernel = leaves["w"].movedim((-1, -2), (0, 1)).contiguous()
    function = CONV_TRANSPOSE[x.ndim - 2]
    y = function(leaves["x"].movedim(-1, 1).contiguous(), kernel, leaves["bias"], **settings).movedim(1, -1)
    return _with_gradients(y, grad_output, leaves)


def pool(
    x: Array, grad_output: Array, mode: str, kernel: Shape, stride: Shape, padding: Shape, **more: Any
) -> dict[str, Array]:
    """y, and the gradient of sum(grad_output * y) with respect to x."""
    leaf = torch.tensor(x, requires_grad=True)
    function = (MAX_POOL if mode == "max" else AVG_POOL)[x.ndim - 2]
    y = function(leaf.movedim(-1, 1), kernel, stride, padding, **more).movedim(1, -1)
    return _with_gradients(y, grad_output, {"x": leaf})


def batch_norm(x: Array, gamma: Array, beta: Array, grad_output: Array, eps: float) -> dict[str, Array]:
    """y, and the gradients of sum(grad_output * y) with respect to x, gamma and beta."""
    leaves = {name: torch.tensor(a, requires_grad=True) for name, a in {"x": x, "gamma": gamma, "beta": beta}.items()}
    y = F.batch_norm(leaves["x"].movedim(-1, 1), None, None, leaves["gamma"], leaves["beta"], training=True, eps=eps)
    return _with_gradients(y.movedim(1, -1), grad_output, leaves)


def max_pool_indices(x: Array, kernel: Shape, stride: Shape, padding: Shape, **more: Any) -> Array:
    first = torch.from_numpy(x).movedim(-1, 1).contiguous()
    return MAX_POOL[x.ndim - 2](first, kernel, stride, padding, return_indices=True, **more)[1].movedim(1, -1).numpy()


def norm(
    name: str, x: Array, gamma: Array, beta: Array, grad_output: Array, eps: float, *groups: int
) -> dict[str, Array]:
    """y, and the gradients of sum(grad_output * y) with respect to x, gamma and beta; `name` is layer_norm, ..."""
    leaves = {key: torch.tensor(a, requires_grad=True) for key, a in {"x": x, "gamma": gamma, "beta": beta}.items()}
    leaf, scale, shift = leaves.values()
    if name == "layer_norm":
        return _with_gradients(F.layer_norm(leaf, gamma.shape, scale, shift, eps), grad_output, leaves)
    first = leaf.movedim(-1, 1)
    if name == "group_norm":
        y = F.group_norm(first, *groups, scale, shift, eps)
    else:
        y = F.instance_norm(first, None, None, scale, shift, True, 0.1, eps)
    # of one sample, instance_norm's gradient in torch 2.13 is wrong unless it comes in PyTorch's own order
    found = _with_gradients(y, np.moveaxis(grad_output, -1, 1), leaves)
    return {**found, "y": np.moveaxis(found["y"], 1, -1)}


def recurrent(kind: str, grad_output: Array, grad_c: Array, **arrays: Array) -> dict[str, Array]:
    """All states y, an LSTM's last cell, and the gradients of sum(grad_output * y) + sum(grad_c * c)."""
    leaves = {name: torch.tensor(a, requires_grad=True) for name, a in arrays.items()}
    module = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM}[kind]
    layer = module(arrays["x"].shape[-1], len(arrays["w_h"]), batch_first=True, dtype=leaves["x"].dtype)
    bias = leaves["bias"]
    weights = {"weight_ih_l0": leaves["w_x"].T, "weight_hh_l0": leaves["w_h"].T}
    weights |= {"bias_ih_l0": bias, "bias_hh_l0": torch.zeros_like(bias)}
    first = tuple(leaves[name][None] for name in ("h0", "c0") if name in leaves)
    y, last = torch.func.functional_call(layer, weights, (leaves["x"], first if kind == "lstm" else first[0]))
    loss = (y * torch.from_numpy(grad_output)).sum()
    results = {"y": y.detach().numpy()}
    if kind == "lstm":
        loss = loss + (last[1][0] * torch.from_numpy(grad_c[:, -1].copy())).sum()
        results["last_c"] = last[1][0].detach().numpy()
    gradients = torch.autograd.grad(loss, list(leaves.values()))
    return results | {f"grad_{name}": g.numpy() for name, g in zip(leaves, gradients, strict=True)}


def _with_gradients(y: torch.Tensor, grad_output: Array, leaves: dict[str, torch.Tensor]) -> dict[str, Array]:
    gradients = torch.autograd.grad(y, list(leaves.values()), torch.from_numpy(np.ascontiguousarray(grad_output)))
    named = zip(leaves, gradients, strict=True)
    return {"y": y.detach().numpy(), **{f"grad_{name}": g.numpy() for name, g in named}}
