"""The specification of every operator: nothing but loops, one number at a time. Slow, and easy to believe."""

import math
from collections.abc import Iterator

import numpy as np

from utils.shapes import Array, Shape

Index = tuple[int, ...]


def meetings(
    sizes: Shape, kernel: Shape, out: Shape, stride: Shape, padding: Shape, dilation: Shape
) -> Iterator[tuple[Index, Index, Index]]:
    """Who meets whom: (output i, weight j, pixel i stride + j dilation - padding), where the pixel exists."""
    for i in np.ndindex(out):
        for j in np.ndindex(kernel):
            pixel = tuple(a * s + b * d - p for a, s, b, d, p in zip(i, stride, j, dilation, padding, strict=True))
            if all(0 <= at < n for at, n in zip(pixel, sizes, strict=True)):
                yield i, j, pixel


def conv(
    x: Array, w: Array, bias: Array, grad_output: Array, *,
    stride: Shape, padding: Shape, dilation: Shape, groups: int = 1,
) -> dict[str, Array]:  # fmt: skip
    y, dx, dw, dbias = np.zeros_like(grad_output), np.zeros_like(x), np.zeros_like(w), np.zeros_like(bias)
    sizes, kernel, out = x.shape[1:-1], w.shape[:-2], y.shape[1:-1]
    for b, c_w, d in np.ndindex(len(x), *w.shape[-2:]):
        c = c_w + d // (w.shape[-1] // groups) * w.shape[-2]  # the filter's group begins with this channel
        for i, j, pixel in meetings(sizes, kernel, out, stride, padding, dilation):
            y[b, *i, d] += x[b, *pixel, c] * w[*j, c_w, d]
            dx[b, *pixel, c] += grad_output[b, *i, d] * w[*j, c_w, d]
            dw[*j, c_w, d] += grad_output[b, *i, d] * x[b, *pixel, c]
    for b, *i, d in np.ndindex(y.shape):
        y[b, *i, d] += bias[d]
        dbias[d] += grad_output[b, *i, d]
    return {"y": y, "grad_x": dx, "grad_w": dw, "grad_bias": dbias}


def pool(
    x: Array, grad_output: Array, mode: str, kernel: Shape, stride: Shape, padding: Shape, *,
    dilation: Shape | None = None, ceil_mode: bool = False, count_include_pad: bool = True,
) -> dict[str, Array]:  # fmt: skip
    y, dx = np.zeros_like(grad_output), np.zeros_like(x)
    sizes, out, dilation = x.shape[1:-1], y.shape[1:-1], dilation or (1,) * len(kernel)
    beyond = padding if count_include_pad else (0,) * len(kernel)
    counted = tuple(n + 2 * p for n, p in zip(sizes, beyond, strict=True))
    before = tuple(p - q for p, q in zip(padding, beyond, strict=True))
    numbers: dict[Index, int] = {}  # by how many numbers a window's mean divides
    for i, _, _ in meetings(counted, kernel, out, stride, before, dilation):
        numbers[i] = numbers.get(i, 0) + 1
    winner: dict[Index, Index] = {}
    for b, c in np.ndindex(len(x), x.shape[-1]):
        for i, _, pixel in meetings(sizes, kernel, out, stride, padding, dilation):
            source, target = (b, *pixel, c), (b, *i, c)
            if mode == "avg":
                y[target] += x[source] / numbers[i]
                dx[source] += grad_output[target] / numbers[i]
            elif target not in winner or x[source] > x[winner[target]]:
                winner[target] = source
    for target, source in winner.items():
        y[target] = x[source]
        dx[source] += grad_output[target]
    return {"y": y, "grad_x": dx}


def conv_transpose(
    x: Array, w: Array, bias: Array, *,
    stride: Shape, padding: Shape, dilation: Shape, output_padding: Shape, groups: int,
) -> Array:  # fmt: skip
    along = zip(x.shape[1:-1], w.shape, stride, padding, dilation, output_padding, strict=False)
    sizes = tuple((n - 1) * s - 2 * p + d * (k - 1) + 1 + extra for n, k, s, p, d, extra in along)
    y = np.zeros((len(x), *sizes, len(bias))) + bias
    for b, c_w, d in np.ndindex(len(x), *w.shape[-2:]):
        c = c_w + d // (w.shape[-1] // groups) * w.shape[-2]
        for i, j, pixel in meetings(sizes, w.shape[:-2], x.shape[1:-1], stride, padding, dilation):
            y[b, *pixel, c] += x[b, *i, d] * w[*j, c_w, d]
    return y


def rnn(x: Array, w_x: Array, w_h: Array, bias: Array, h0: Array) -> Array:
    h = np.zeros((*x.shape[:2], len(w_h)))
    for b, t, m in np.ndindex(h.shape):
        before = h0[b] if t == 0 else h[b, t - 1]
        a = bias[m] + sum(x[b, t, c] * w_x[c, m] for c in range(x.shape[2]))
        h[b, t, m] = math.tanh(a + sum(before[k] * w_h[k, m] for k in range(len(w_h))))
    return h


def lstm(x: Array, w_x: Array, w_h: Array, bias: Array, h0: Array, c0: Array) -> tuple[Array, Array]:
    size = len(w_h)
    h, c = np.zeros((2, *x.shape[:2], size))
    for b, t, m in np.ndindex(h.shape):
        h_before, c_before = (h0[b], c0[b]) if t == 0 else (h[b, t - 1], c[b, t - 1])
        a = [
            bias[k]
            + sum(x[b, t, j] * w_x[j, k] for j in range(x.shape[2]))
            + sum(h_before[j] * w_h[j, k] for j in range(size))
            for k in (m, size + m, 2 * size + m, 3 * size + m)
        ]
        i, f, o = (1 / (1 + math.exp(-a[gate])) for gate in (0, 1, 3))
        c[b, t, m] = f * c_before[m] + i * math.tanh(a[2])
        h[b, t, m] = o * math.tanh(c[b, t, m])
    return h, c


def batch_norm(x: Array, gamma: Array, beta: Array, eps: float) -> Array:
    y = np.zeros_like(x)
    for c in range(x.shape[-1]):
        numbers = [float(v) for v in x[..., c].ravel()]
        mean = sum(numbers) / len(numbers)
        var = sum((v - mean) ** 2 for v in numbers) / len(numbers)
        for index in np.ndindex(x.shape[:-1]):
            y[*index, c] = gamma[c] * (x[*index, c] - mean) / (var + eps) ** 0.5 + beta[c]
    return y
