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
MAX_POOL: dict[int, Callable[..., Any]] = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
AVG_POOL: dict[int, Callable[..., Any]] = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}


def conv(x: Array, w: Array, bias: Array, grad_output: Array, **settings: Shape) -> dict[str, Array]:
    """y, and the gradients of sum(grad_output * y) with respect to x, w and bias."""
    leaves = {name: torch.tensor(a, requires_grad=True) for name, a in {"x": x, "w": w, "bias": bias}.items()}
    kernel = leaves["w"].movedim((-1, -2), (0, 1)).contiguous()
    y = CONV[x.ndim - 2](leaves["x"].movedim(-1, 1).contiguous(), kernel, leaves["bias"], **settings).movedim(1, -1)
    return _with_gradients(y, grad_output, leaves)


def pool(x: Array, grad_output: Array, mode: str, kernel: Shape, stride: Shape, padding: Shape) -> dict[str, Array]:
    """y, and the gradient of sum(grad_output * y) with respect to x."""
    leaf = torch.tensor(x, requires_grad=True)
    function = (MAX_POOL if mode == "max" else AVG_POOL)[x.ndim - 2]
    y = function(leaf.movedim(-1, 1), kernel, stride, padding).movedim(1, -1)
    return _with_gradients(y, grad_output, {"x": leaf})


def batch_norm(x: Array, gamma: Array, beta: Array, grad_output: Array, eps: float) -> dict[str, Array]:
    """y, and the gradients of sum(grad_output * y) with respect to x, gamma and beta."""
    leaves = {name: torch.tensor(a, requires_grad=True) for name, a in {"x": x, "gamma": gamma, "beta": beta}.items()}
    y = F.batch_norm(leaves["x"].movedim(-1, 1), None, None, leaves["gamma"], leaves["beta"], training=True, eps=eps)
    return _with_gradients(y.movedim(1, -1), grad_output, leaves)


def _with_gradients(y: torch.Tensor, grad_output: Array, leaves: dict[str, torch.Tensor]) -> dict[str, Array]:
    gradients = torch.autograd.grad(y, list(leaves.values()), torch.from_numpy(np.ascontiguousarray(grad_output)))
    named = zip(leaves, gradients, strict=True)
    return {"y": y.detach().numpy(), **{f"grad_{name}": g.numpy() for name, g in named}}
