"""What `benchmarks.operators` times: ours, PyTorch in two layouts, and plain im2col."""

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np
import torch  # pyright: ignore[reportMissingImports]
import torch.nn.functional as F  # pyright: ignore[reportMissingImports]

import utils

Contenders = dict[str, dict[str, Callable[[], object]]]

# batch, sizes, channels, kernel, filters, stride, padding
CONVOLUTIONS = {
    "32x28x28x1 k5→6": (32, (28, 28), 1, 5, 6, 1, 0),
    "32x32x32x3 k5→10 p2": (32, (32, 32), 3, 5, 10, 1, 2),
    "64x32x32x32 k3→64 p1": (64, (32, 32), 32, 3, 64, 1, 1),
    "8x56x56x64 k3→64 p1": (8, (56, 56), 64, 3, 64, 1, 1),
    "8x56x56x64 k1→256": (8, (56, 56), 64, 1, 256, 1, 0),
    "8x112x112x64 k3 s2→128": (8, (112, 112), 64, 3, 128, 2, 0),
    "1-D n=100000 k31": (1, (100_000,), 1, 31, 1, 1, 0),
}
# the same, and dilation, groups, whether it is transposed: then the filters are the channels that come out
VARIATIONS = {
    "8x56x56x64 k3 dilated 2": (8, (56, 56), 64, 3, 64, 1, 2, 2, 1, False),
    "1-D 8x4000x16 k3 dilated 4": (8, (4000,), 16, 3, 32, 1, 4, 4, 1, False),
    "16x32x32x64 k3 groups 4": (16, (32, 32), 64, 3, 64, 1, 1, 1, 4, False),
    "8x28x28x128 k3 groups 32": (8, (28, 28), 128, 3, 128, 1, 1, 1, 32, False),
    "8x56x56x64 k3 depthwise": (8, (56, 56), 64, 3, 64, 1, 1, 1, 64, False),
    "8x28x28x64 k4 s2→32 transposed": (8, (28, 28), 64, 4, 32, 2, 1, 1, 1, True),
    "8x28x28x64 k3 s2→64 transposed": (8, (28, 28), 64, 3, 64, 2, 1, 1, 1, True),
}
# batch, steps, channels, size of the state
SEQUENCES = {"32x28x28→64": (32, 28, 28, 64), "1x100x8→16": (1, 100, 8, 16), "64x50x64→128": (64, 50, 64, 128)}
WORKSHEET = {
    "n=4 k3": (1, (4,), 1, 3, 1, 1, 0),
    "4x4 k2": (1, (4, 4), 1, 2, 1, 1, 0),
    "32x32x3 k5→10 p2": (1, (32, 32), 3, 5, 10, 1, 2),
}
IMAGES = {"64x32x32x32": (64, 32, 32, 32), "8x56x56x64": (8, 56, 56, 64)}
POOLS = {"K2S2": (2, 2), "K3S2": (3, 2)}

torch.set_grad_enabled(False)
backward = torch.ops.aten.convolution_backward


def convolution(case: tuple[Any, ...], dtype: str, plain: bool = True) -> tuple[Contenders, tuple[int, int, int]]:
    """The contenders of each direction, and the (M, K, N) of the forward product."""
    batch, sizes, channels, k, filters, stride, padding = case
    axes = len(sizes)
    kernel = (k,) * axes
    out = tuple(utils.output_size(n, k, stride, padding) for n in sizes)
    rng = np.random.default_rng(0)
    shapes = ((batch, *sizes, channels), (*kernel, channels, filters), (batch, *out, filters))
    x, w, dy = (rng.normal(size=shape).astype(dtype) for shape in shapes)
    how = {"stride": stride, "padding": padding}
    all_how = ((stride,) * axes, (padding,) * axes, (1,) * axes, False, (0,) * axes, 1)
    forward = {1: F.conv1d, 2: F.conv2d}[axes]
    found: Contenders = {
        "forward": {"ours": lambda: utils.conv(x, w, **how)},
        "grad_input": {"ours": lambda: utils.conv_grad_input(dy, w, x.shape, **how)},
        "grad_weight": {"ours": lambda: utils.conv_grad_weight(dy, x, w.shape, **how)},
    }
    for layout in ("contiguous", "channels_last"):
        tx, tdy = first(x, layout), first(dy, layout)
        tw = torch.from_numpy(w).movedim((-1, -2), (0, 1)).contiguous(memory_format=memory(layout, axes))
        runs = {
            "forward": lambda tx=tx, tw=tw: forward(tx, tw, None, stride, padding),
            "grad_input": lambda tx=tx, tw=tw, tdy=tdy: backward(tdy, tx, tw, None, *all_how, (True, False, False)),
            "grad_weight": lambda tx=tx, tw=tw, tdy=tdy: backward(tdy, tx, tw, None, *all_how, (False, True, False)),
        }
        for direction, run in runs.items():
            found[direction][f"torch {layout}"] = run
    if batch == channels == filters == 1 and max(sizes) < 10:  # the worksheet's arrays are bare
        bx, bw, bdy = x[0, ..., 0], w[..., 0, 0], dy[0, ..., 0]
        y, dx, dw = (getattr(utils, f"conv{axes}d{name}") for name in ("", "_grad_input", "_grad_weight"))
        found["forward"]["ours"] = lambda: y(bx, bw)
        found["grad_input"]["ours"] = lambda: dx(bdy, bw, bx.shape)
        found["grad_weight"]["ours"] = lambda: dw(bdy, bx, bw.shape)
    if plain:
        rows, matrix = dy.reshape(-1, filters), w.reshape(-1, filters)
        found["forward"]["plain"] = lambda: plain_im2col(x, kernel, **how) @ matrix
        found["grad_weight"]["plain"] = lambda: plain_im2col(x, kernel, **how).T @ rows
        found["grad_input"]["plain"] = lambda: utils.col2im(rows @ matrix.T, x.shape, kernel, **how)
    return found, (batch * prod(out), prod(kernel) * channels, filters)


def variation(case: tuple[Any, ...], dtype: str) -> Contenders:
    """A dilated, grouped or transposed convolution, forward and its gradients."""
    batch, sizes, channels, k, filters, stride, padding, dilation, groups, transposed = case
    axes = len(sizes)
    rng = np.random.default_rng(0)
    weights = (filters // groups, channels) if transposed else (channels // groups, filters)
    x, w = (rng.normal(size=shape).astype(dtype) for shape in ((batch, *sizes, channels), (*(k,) * axes, *weights)))
    how = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    name = "conv_transpose" if transposed else "conv"
    ours, to_input, to_weight = (getattr(utils, f"{name}{end}") for end in ("", "_grad_input", "_grad_weight"))
    dy = rng.normal(size=ours(x, w, **how).shape).astype(dtype)
    found: Contenders = {
        "forward": {"ours": lambda: ours(x, w, **how)},
        "grad_input": {"ours": lambda: to_input(dy, w, x.shape, **how)},
        "grad_weight": {"ours": lambda: to_weight(dy, x, w.shape, **how)},
    }
    forward = getattr(F, f"{name}{axes}d")
    all_how = ((stride,) * axes, (padding,) * axes, (dilation,) * axes, transposed, (0,) * axes, groups)
    for layout in ("contiguous", "channels_last"):
        tx, tdy = first(x, layout), first(dy, layout)
        tw = torch.from_numpy(w).movedim((-1, -2), (0, 1)).contiguous(memory_format=memory(layout, axes))
        runs = {
            "forward": lambda tx=tx, tw=tw: forward(tx, tw, **how),
            "grad_input": lambda tx=tx, tw=tw, tdy=tdy: backward(tdy, tx, tw, None, *all_how, (True, False, False)),
            "grad_weight": lambda tx=tx, tw=tw, tdy=tdy: backward(tdy, tx, tw, None, *all_how, (False, True, False)),
        }
        for direction, run in runs.items():
            found[direction][f"torch {layout}"] = run
    return found


def recurrent(kind: str, case: tuple[int, ...], dtype: str) -> Contenders:
    """An RNN or LSTM: forward; and forward with all gradients, which is what `rnn_grad` computes."""
    batch, steps, channels, size = case
    rng, wide = np.random.default_rng(0), size * (1 if kind == "rnn" else 4)
    shapes = ((batch, steps, channels), (channels, wide), (size, wide), (wide,), (batch, steps, size))
    x, w_x, w_h, bias, dy = (0.3 * rng.normal(size=shape).astype(dtype) for shape in shapes)
    forward, gradient = getattr(utils, kind), getattr(utils, f"{kind}_grad")
    layer = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM}[kind](
        channels, size, batch_first=True, dtype=getattr(torch, dtype)
    )
    tx, tdy = torch.tensor(x, requires_grad=True), torch.from_numpy(dy)

    def with_gradients() -> object:
        with torch.enable_grad():
            return torch.autograd.grad(layer(tx)[0], [tx, *layer.parameters()], tdy)

    return {
        f"{kind} forward": {"ours": lambda: forward(x, w_x, w_h, bias), "torch": lambda: layer(tx)},
        f"{kind} gradients": {"ours": lambda: gradient(dy, x, w_x, w_h, bias), "torch": with_gradients},
    }


def plain_im2col(x: Any, kernel: tuple[int, ...], stride: int, padding: int) -> Any:
    """The whole patch matrix at once, as a course would write it."""
    axes = tuple(range(1, x.ndim - 1))
    padded = np.pad(x, [(0, 0), *[(padding, padding)] * len(axes), (0, 0)])
    view = np.lib.stride_tricks.sliding_window_view(padded, kernel, axes)
    view = view[(slice(None), *[slice(None, None, stride)] * len(axes))]
    order = (0, *axes, *range(x.ndim, x.ndim + len(axes)), x.ndim - 1)
    return view.transpose(order).reshape(-1, prod(kernel) * x.shape[-1])


def pooling(shape: tuple[int, ...], kernel: int, stride: int, dtype: str) -> Contenders:
    """Max and average pooling, forward and backward."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=shape).astype(dtype)
    dy = rng.normal(size=utils.max_pool2d(x, kernel, stride).shape).astype(dtype)
    k, s = [kernel] * 2, [stride] * 2
    aten = torch.ops.aten
    found: Contenders = {
        "max forward": {"ours": lambda: utils.max_pool2d(x, kernel, stride)},
        "max backward": {"ours": lambda: utils.max_pool2d_grad(dy, x, kernel, stride)},
        "avg forward": {"ours": lambda: utils.avg_pool2d(x, kernel, stride)},
        "avg backward": {"ours": lambda: utils.avg_pool2d_grad(dy, x.shape, kernel, stride)},
    }
    for layout in ("contiguous", "channels_last"):
        tx, tdy = first(x, layout), first(dy, layout)
        index = aten.max_pool2d_with_indices(tx, k, s)[1]
        max_rest, avg_rest = (k, s, [0, 0], [1, 1], False, index), (k, s, [0, 0], False, True, None)
        runs = {
            "max forward": lambda tx=tx: F.max_pool2d(tx, kernel, stride),
            "max backward": lambda tx=tx, tdy=tdy, rest=max_rest: aten.max_pool2d_with_indices_backward(tdy, tx, *rest),
            "avg forward": lambda tx=tx: F.avg_pool2d(tx, kernel, stride),
            "avg backward": lambda tx=tx, tdy=tdy, rest=avg_rest: aten.avg_pool2d_backward(tdy, tx, *rest),
        }
        for direction, run in runs.items():
            found[direction][f"torch {layout}"] = run
    return found


def normalization(shape: tuple[int, ...], dtype: str) -> Contenders:
    """BatchNorm in training, forward and backward."""
    rng = np.random.default_rng(0)
    x, dy = rng.normal(size=(2, *shape)).astype(dtype)
    gamma, beta = rng.normal(size=(2, shape[-1])).astype(dtype)
    found: Contenders = {
        "BatchNorm forward": {"ours": lambda: utils.batch_norm(x, gamma, beta)},
        "BatchNorm backward": {"ours": lambda: utils.batch_norm_grad(dy, x, gamma)},
    }
    tg, tb = torch.from_numpy(gamma), torch.from_numpy(beta)
    for layout in ("contiguous", "channels_last"):
        tx, tdy = first(x, layout), first(dy, layout)
        _, mean, scale = torch.ops.aten.native_batch_norm(tx, tg, tb, None, None, True, 0.1, 1e-5)
        rest = (tg, None, None, mean, scale, True, 1e-5, [True, True, True])
        found["BatchNorm forward"][f"torch {layout}"] = lambda tx=tx: torch.ops.aten.native_batch_norm(
            tx, tg, tb, None, None, True, 0.1, 1e-5
        )
        found["BatchNorm backward"][f"torch {layout}"] = lambda tx=tx, tdy=tdy, rest=rest: (
            torch.ops.aten.native_batch_norm_backward(tdy, tx, *rest)
        )
    return found


def product_of(m: int, k: int, n: int, dtype: str) -> Callable[[], object]:
    """A @ B of these sizes into kept memory: what no convolution by a matrix product can be faster than."""
    a, b, out = np.ones((m, k), dtype), np.ones((k, n), dtype), np.empty((m, n), dtype)
    return lambda: np.matmul(a, b, out=out)


def memory(layout: str, axes: int) -> Any:
    last = layout == "channels_last" and axes == 2
    return torch.channels_last if last else torch.contiguous_format


def first(array: Any, layout: str) -> Any:
    """Channels first, in PyTorch's layout of that name."""
    return torch.from_numpy(array).movedim(-1, 1).contiguous(memory_format=memory(layout, array.ndim - 2))
