"""Wrong functions as students write them, with loops of their own: each must be told by its name, or by nothing else.

The programs of `utils.check.forks` are not used to make them, so they show what recognition knows of code that it has
not seen. `KINDS` says which operation, which names are true, and the function.
"""

from collections.abc import Callable
from functools import reduce
from math import ceil
from typing import Any

import numpy as np
import pytest

import utils
from tests.check.cases import CASES
from tests.check.test_forks import diagnosed
from utils.check import Failure, case, expect

Array = np.ndarray
UNDERFLOW = [case([[0.25, -900.0], [0, -5]], np.array([1, 0])), case([[0.5, -30.0, 1]], np.array([1]))]
KINDS: list[tuple[str, set[str], Callable[..., Any]]] = []


def kind(about: str, *names: str) -> Callable[[Callable], Callable]:
    def keep(wrong: Callable) -> Callable:
        KINDS.append((about, set(names), wrong))
        return wrong

    return keep


def two(value: Any) -> tuple[int, int]:
    return (value, value) if np.ndim(value) == 0 else tuple(value)


def as_image(x: Any) -> Array:
    x = np.asarray(x, float)
    return x[None, ..., None] if x.ndim < 3 else x


def as_kernel(w: Any) -> Array:
    w = np.asarray(w, float)
    return w[..., None, None] if w.ndim < 3 else w


# --- convolution ------------------------------------------------------------------------------------------------------


def slide(x, w, bias, s, p, out, start=None, gap=(1, 1)) -> Array:
    """A plain convolution with as many outputs as `out`, windows at `start(i, j)`; what lies outside is 0."""
    bare, x, w = np.ndim(x) < 3, as_image(x), as_kernel(w)
    wide = np.pad(x, ((0, 0), (p[0], p[0] + 30), (p[1], p[1] + 30), (0, 0)))
    y = np.zeros((len(x), *out, w.shape[-1]))
    for i, j in np.ndindex(*out):
        a, b = start(i, j) if start else (i * s[0], j * s[1])
        for u, v in np.ndindex(*w.shape[:2]):
            y[:, i, j] += wide[:, a + u * gap[0], b + v * gap[1]] @ w[u, v]
    y = y if bias is None else y + bias
    return y[0, ..., 0] if bare else y


def room(x, w, s, p, d=(1, 1)) -> list[int]:
    n, k = as_image(x).shape[1:3], as_kernel(w).shape[:2]
    return [(n[i] + 2 * p[i] - d[i] * (k[i] - 1) - 1) // s[i] + 1 for i in (0, 1)]


@kind("conv2d", "size-of-other-axis")
def height_for_both(x, w, bias=None, stride=1, padding=0, dilation=1):
    s, p = two(stride), two(padding)
    n, k = as_image(x).shape[1], as_kernel(w).shape[:2]
    out = [(n + 2 * p[i] - k[i]) // s[i] + 1 for i in (0, 1)]
    return slide(x, w, bias, s, p, out) if dilation == 1 else None


@kind("conv2d", "padding-fixed-at-one")
def padding_of_one(x, w, bias=None, stride=1, padding=0, dilation=1):
    s, p = two(stride), (1, 1)
    return slide(x, w, bias, s, p, room(x, w, s, p, two(dilation)), gap=two(dilation))


@kind("conv2d", "stride-as-dilation")
def stride_inside(x, w, bias=None, stride=1, padding=0, dilation=1):
    s, p = two(stride), two(padding)
    return slide(x, w, bias, s, p, room(x, w, s, p, two(dilation)), lambda i, j: (i, j), s) if dilation == 1 else None


@kind("conv2d", "padding-not-in-size")
def size_without_padding(x, w, bias=None, stride=1, padding=0, dilation=1):
    s, p = two(stride), two(padding)
    return slide(x, w, bias, s, p, room(x, w, s, (0, 0), two(dilation)), gap=two(dilation))


@kind("conv2d", "last-image-only", "one-image-only")
def first_image_for_all(x, w, bias=None, stride=1, padding=0, dilation=1):
    y = utils.conv2d(x, w, bias, stride, padding, dilation)
    return y if y.ndim < 3 else np.repeat(y[:1], len(y), axis=0)


@kind("conv2d", "bias-per-channel")
def bias_for_each_channel(x, w, bias=None, stride=1, padding=0, dilation=1):
    y = utils.conv2d(x, w, None, stride, padding, dilation)
    return y if bias is None else y + np.shape(x)[-1] * bias


@kind("conv2d", "bias-in-the-loop")
def bias_for_each_weight(x, w, bias=None, stride=1, padding=0, dilation=1):
    y = utils.conv2d(x, w, None, stride, padding, dilation)
    return y if bias is None else y + as_kernel(w)[..., 0].size * bias


@kind("conv2d", "reshaped-not-transposed")
def reshaped(x, w, bias=None, stride=1, padding=0, dilation=1):
    y = utils.conv2d(x, w, bias, stride, padding, dilation)
    return y if y.ndim < 3 else np.ascontiguousarray(y.transpose(3, 0, 1, 2)).reshape(y.shape)


@kind("conv2d", "result-channels-first")
def channels_first(x, w, bias=None, stride=1, padding=0, dilation=1):
    y = utils.conv2d(x, w, bias, stride, padding, dilation)
    return y if y.ndim < 3 else y.transpose(0, 3, 1, 2)


@kind("conv2d", "not-set-back")
def sum_begins_once(x, w, bias=None, stride=1, padding=0, dilation=1):
    if np.ndim(x) < 3 or dilation != 1:
        return None
    s, p = two(stride), two(padding)
    wide = np.pad(x, ((0, 0), (p[0], p[0]), (p[1], p[1]), (0, 0)))
    y = np.zeros((len(x), *room(x, w, s, p), w.shape[-1]))
    for b, i, j in np.ndindex(*y.shape[:3]):
        total = 0.0
        for d in range(w.shape[-1]):
            a, c = i * s[0], j * s[1]
            total += np.sum(wide[b, a : a + w.shape[0], c : c + w.shape[1]] * w[..., d])
            if bias is not None:
                total += bias[d]
            y[b, i, j, d] = total
    return y


@kind("conv2d", "last-channel-written")
def index_of_the_last(x, w, bias=None, stride=1, padding=0, dilation=1):
    y = utils.conv2d(x, w, bias, stride, padding, dilation)
    if y.ndim == 4:
        y[..., :-1] = 0
    return y


@kind("conv2d", "fractions-cut-off")
def whole_numbers(x, w, bias=None, stride=1, padding=0, dilation=1):
    return utils.conv2d(x, w, bias, stride, padding, dilation).astype(int)


@kind("conv1d", "stride-is-kernel")
def side_by_side(x, w, bias=None, stride=1, padding=0, dilation=1):
    return utils.conv1d(x, w, bias, len(w), padding) if dilation == 1 else None


@kind("conv1d", "weights-move-on")
def weights_move(x, w, bias=None, stride=1, padding=0, dilation=1):
    if np.ndim(x) > 1 or padding not in (0, (0,)):
        return None
    s = int(np.ravel(stride)[0])
    m = (len(x) - len(w)) // s + 1
    return np.array([sum(x[i * s + u] * w[i * s + u] for u in range(len(w)) if i * s + u < len(w)) for i in range(m)])


# --- its gradients ----------------------------------------------------------------------------------------------------


def spread_back(dy, w, shape, s, p, write=np.add) -> Array:
    """The gradient of the padded input, added up window by window."""
    dy, w = as_image(dy), as_kernel(w)
    n = shape if len(shape) == 2 else shape[1:3]
    wide = np.zeros((len(dy), n[0] + 2 * p[0], n[1] + 2 * p[1], w.shape[2]))
    for b, i, j in np.ndindex(*dy.shape[:3]):
        window = (b, slice(i * s[0], i * s[0] + w.shape[0]), slice(j * s[1], j * s[1] + w.shape[1]))
        wide[window] = write(wide[window], w @ dy[b, i, j])
    return wide


def bare_again(dx: Array, shape: Any) -> Array:
    return dx[0, ..., 0] if len(shape) < 3 else dx


@kind("conv2d_grad_input", "empty-slice")
def minus_nothing(grad_output, w, input_shape, stride=1, padding=0, dilation=1):
    p = two(padding)
    wide = spread_back(grad_output, w, input_shape, two(stride), p)
    return bare_again(wide[:, p[0] : -p[0], p[1] : -p[1]], input_shape)


@kind("conv2d_grad_input", "cut-fixed-at-one")
def one_to_minus_one(grad_output, w, input_shape, stride=1, padding=0, dilation=1):
    wide = spread_back(grad_output, w, input_shape, two(stride), two(padding))
    return bare_again(wide[:, 1:-1, 1:-1], input_shape)


@kind("conv2d_grad_input", "forgot-unpad")
def still_padded(grad_output, w, input_shape, stride=1, padding=0, dilation=1):
    return bare_again(spread_back(grad_output, w, input_shape, two(stride), two(padding)), input_shape)


@kind("conv2d_grad_input", "overwrite-overlap")
def later_wins(grad_output, w, input_shape, stride=1, padding=0, dilation=1):
    p = two(padding)
    wide = spread_back(grad_output, w, input_shape, two(stride), p, write=lambda old, new: new)
    h, v = wide.shape[1] - 2 * p[0], wide.shape[2] - 2 * p[1]
    return bare_again(wide[:, p[0] : p[0] + h, p[1] : p[1] + v], input_shape)


@kind("conv2d_grad_input", "numbers-repeated")
def deltas_repeated(grad_output, w, input_shape, stride=1, padding=0, dilation=1):
    s, full = two(stride), as_image(grad_output)
    for axis in (1, 2):
        places = np.arange((full.shape[axis] - 1) * s[axis - 1] + 1) // s[axis - 1]
        full = full.take(places, axis=axis)
    k, n = as_kernel(w), input_shape if len(input_shape) == 2 else input_shape[1:3]
    p = two(padding)
    wide = spread_back(full, k, (0, *n, 0), (1, 1), p)
    return bare_again(wide[:, p[0] : p[0] + n[0], p[1] : p[1] + n[1]], input_shape)


@kind("conv2d_grad_weight", "padding-ignored")
def unpadded(grad_output, x, kernel_shape, stride=1, padding=0, dilation=1):
    dy, x, s = as_image(grad_output), as_image(x), two(stride)
    x = np.pad(x, ((0, 0), (0, 2 * two(padding)[0]), (0, 2 * two(padding)[1]), (0, 0)))  # as far as slices reach
    return weight(dy, x, kernel_shape, s)


def weight(dy, wide, kernel_shape, s) -> Array:
    kernel = kernel_shape[:2]
    dw = np.zeros((*kernel, wide.shape[-1], dy.shape[-1]))
    for b, i, j in np.ndindex(*dy.shape[:3]):
        for u, v in np.ndindex(*kernel):
            dw[u, v] += np.outer(wide[b, i * s[0] + u, j * s[1] + v], dy[b, i, j])
    return dw[..., 0, 0] if len(kernel_shape) == 2 else dw


@kind("conv2d_grad_weight", "last-image-only")
def last_image(grad_output, x, kernel_shape, stride=1, padding=0, dilation=1):
    part = slice(-1, None) if np.ndim(x) > 2 else slice(None)
    return utils.conv2d_grad_weight(grad_output[part], x[part], kernel_shape, stride, padding)


@kind("conv2d_grad_weight", "averaged-over-batch")
def mean_over_batch(grad_output, x, kernel_shape, stride=1, padding=0, dilation=1):
    return utils.conv2d_grad_weight(grad_output, x, kernel_shape, stride, padding) / len(as_image(x))


@kind("conv2d_grad_bias", "bias-channels-first-axes")
def other_librarys_axes(grad_output):
    return grad_output.sum(axis=(0, 2, 3))


@kind("conv2d_grad_bias", "bias-per-place")
def per_pixel(grad_output):
    return grad_output.sum(axis=0)


@kind("conv2d_grad_bias", "extra-axis")
def kept_axes(grad_output):
    return grad_output.sum(axis=(0, 1, 2), keepdims=True)


@kind("true_convolution", "flipped-one-axis")
def fliplr(x, w, bias=None, stride=1, padding=0, dilation=1):
    return utils.conv2d(x, w[:, ::-1], bias, stride, padding, dilation)


@kind("true_convolution", "quarter-turn")
def rot90(x, w, bias=None, stride=1, padding=0, dilation=1):
    return utils.conv2d(x, np.rot90(w), bias, stride, padding, dilation)


# --- matrices ---------------------------------------------------------------------------------------------------------


@kind("im2col", "columns-channels-first")
def by_channel(x, kernel_size, stride=1, padding=0, dilation=1):
    rows = utils.im2col(x, kernel_size, stride, padding, dilation)
    if np.ndim(x) < 3:
        return rows
    c = np.shape(x)[-1]
    return rows.reshape(len(rows), -1, c).swapaxes(1, 2).reshape(len(rows), -1)


@kind("im2col", "rows-in-another-order")
def down_the_columns(x, kernel_size, stride=1, padding=0, dilation=1):
    rows = utils.im2col(x, kernel_size, stride, padding, dilation)
    if np.ndim(x) < 3:
        return rows
    k, s, p = two(kernel_size), two(stride), two(padding)
    out = [(np.shape(x)[i + 1] + 2 * p[i] - k[i]) // s[i] + 1 for i in (0, 1)]
    return rows.reshape(len(x), *out, -1).swapaxes(1, 2).reshape(rows.shape)


@kind("im2col", "stride-as-dilation")
def gaps_inside(x, kernel_size, stride=1, padding=0, dilation=1):
    if np.ndim(x) > 1:
        return None
    wide, m = np.pad(x, padding), (len(x) + 2 * padding - kernel_size) // stride + 1
    return np.array([[wide[i + u * stride] for u in range(kernel_size)] for i in range(m)])


@kind("conv_matrix", "full-not-valid")
def toeplitz(w, n, stride=1, padding=0):
    matrix = np.zeros((n + len(w) - 1, n))
    for i, u in np.ndindex(n, len(w)):
        matrix[i + u, i] = w[u]
    return matrix


# --- pooling ----------------------------------------------------------------------------------------------------------


def pooled(x, k, s, p, width=None, out=None) -> Array:
    bare, x, k = np.ndim(x) < 3, as_image(x), two(k)
    s = k if s is None else two(s)
    width = width(k, s) if width else k
    wide = np.pad(x, ((0, 0), (p[0], p[0] + 30), (p[1], p[1] + 30), (0, 0)), constant_values=-np.inf)
    out = out or [(x.shape[i + 1] + 2 * p[i] - k[i]) // s[i] + 1 for i in (0, 1)]
    y = np.zeros((len(x), *out, x.shape[-1]))
    for i, j in np.ndindex(*out):
        y[:, i, j] = wide[:, i * s[0] : i * s[0] + width[0], j * s[1] : j * s[1] + width[1]].max((1, 2))
    return y[0, ..., 0] if bare else y


@kind("max_pool2d", "window-as-wide-as-stride")
def stride_wide(x, kernel_size, stride=None, padding=0):
    return pooled(x, kernel_size, stride, two(padding), lambda k, s: s)


@kind("max_pool2d", "max-starts-at-zero")
def from_zero(x, kernel_size, stride=None, padding=0):
    return np.maximum(utils.max_pool2d(x, kernel_size, stride, padding), 0)


@kind("max_pool2d", "not-set-back")
def maximum_begins_once(x, kernel_size, stride=None, padding=0):
    y = utils.max_pool2d(x, kernel_size, stride, padding)
    return np.maximum.accumulate(y.ravel()).reshape(y.shape)


@kind("max_pool2d", "size-by-kernel")
def as_many_as_kernels(x, kernel_size, stride=None, padding=0):
    x4, k = as_image(x), two(kernel_size)
    return pooled(x, kernel_size, stride, two(padding), out=[x4.shape[1] // k[0], x4.shape[2] // k[1]])


# --- batch normalization ----------------------------------------------------------------------------------------------


def normalized(x, gamma, beta, root, axes=None) -> Array:
    axes = tuple(range(x.ndim - 1)) if axes is None else axes
    mean, var = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
    return gamma * (x - mean) / root(var) + beta


for _names, _root in [
    ({"bn-var-not-std"}, lambda e: lambda v: v + e), ({"bn-no-eps"}, lambda e: np.sqrt),
    ({"bn-eps-subtracted"}, lambda e: lambda v: np.sqrt(v - e)),
    ({"bn-eps-outside"}, lambda e: lambda v: np.sqrt(v) + e),
    ({"bn-eps-not-passed-on"}, lambda e: lambda v: np.sqrt(v + 1e-8)), ({"bn-var-not-std"}, lambda e: lambda v: v),
]:  # fmt: skip
    KINDS.append(("batch_norm", _names, lambda x, gamma, beta, eps=1e-5, r=_root: normalized(x, gamma, beta, r(eps))))


@kind("batch_norm", "bn-channels-first-axes")
def other_axes(x, gamma, beta, eps=1e-5):
    return normalized(x, gamma, beta, lambda v: np.sqrt(v + eps), (0, 2, 3)) if x.ndim == 4 else None


@kind("batch_norm", "not-reshaped-back")
def table_left(x, gamma, beta, eps=1e-5):
    return utils.batch_norm(x, gamma, beta, eps).reshape(-1, x.shape[-1]) if x.ndim == 4 else None


@kind("batch_norm_eval", "bn-no-scale-shift")
def x_hat_only(x, gamma, beta, running_mean, running_var, eps=1e-5):
    return (x - running_mean) / np.sqrt(running_var + eps)


@kind("batch_norm_grad", "extra-axis")
def kept_rows(grad_output, x, gamma, eps=1e-5):
    dx, dgamma, dbeta = utils.batch_norm_grad(grad_output, x, gamma, eps)
    return dx, dgamma[None], dbeta[None]


@kind("batch_norm_grad", "bn-eps-outside")
def root_plus_eps(grad_output, x, gamma, eps=1e-5):
    axes = tuple(range(x.ndim - 1))
    m, std, centered = x[..., 0].size, x.std(axes), x - x.mean(axes)
    d_hat = grad_output * gamma
    d_std = -(d_hat * centered).sum(axes) / (std + eps) ** 2
    d_centered = d_hat / (std + eps) + d_std / std * centered / m
    x_hat = centered / (std + eps)
    return d_centered - d_centered.mean(axes), (grad_output * x_hat).sum(axes), grad_output.sum(axes)


@kind("batch_norm_grad", "bn-per-pixel")
def sums_over_the_batch(grad_output, x, gamma, eps=1e-5):
    if x.ndim == 2:
        return None
    _, dgamma, dbeta = utils.batch_norm_grad(grad_output, x, gamma, eps)
    x_hat = normalized(x, 1, 0, lambda v: np.sqrt(v + eps))
    d, inv = grad_output * gamma, 1 / np.sqrt(x.var((0, 1, 2)) + eps)
    return inv * (d - d.mean(0) - x_hat * (d * x_hat).mean(0)), dgamma, dbeta


@kind("update_running", "momentum-swapped")
def weights_exchanged(running_mean, running_var, x, momentum):
    keep = momentum
    return keep * running_mean + (1 - keep) * x.mean(0), keep * running_var + (1 - keep) * x.var(0, ddof=1)


@kind("update_running", "old-not-faded")
def added_on_top(running_mean, running_var, x, momentum):
    return running_mean + momentum * x.mean(0), running_var + momentum * x.var(0, ddof=1)


@kind("scale_shift_grad", "beta-not-summed")
def rows_of_beta(grad_output, x_hat, gamma):
    return grad_output * gamma, (grad_output * x_hat).sum(0), grad_output


@kind("centered_grad", "bn-one-row-short", "bn-wrong-m")
def one_less(grad_x_hat, grad_var, centered, inv_std):
    return grad_x_hat * inv_std + grad_var * 2 * centered / (len(centered) - 1)


# --- the network ------------------------------------------------------------------------------------------------------


@kind("cross_entropy", "log-of-zero")
def log_of_softmax(logits, labels):
    e = np.exp(logits - logits.max(1, keepdims=True))
    return -np.log((e / e.sum(1, keepdims=True))[np.arange(len(labels)), labels]).mean()


@kind("cross_entropy", "one-maximum-for-all")
def one_maximum(logits, labels):
    e = np.exp(logits - logits.max())
    return -np.log((e / e.sum(1, keepdims=True))[np.arange(len(labels)), labels]).mean()


@kind("cross_entropy", "tiny-number-added")
def clipped(logits, labels):
    e = np.exp(logits - logits.max(1, keepdims=True))
    p = np.clip(e / e.sum(1, keepdims=True), 1e-7, 1 - 1e-7)
    return -np.log(p[np.arange(len(labels)), labels]).mean()


@kind("cross_entropy_grad", "log-of-zero")
def through_one_over_p(logits, labels):
    e = np.exp(logits - logits.max(1, keepdims=True))
    p, rows = e / e.sum(1, keepdims=True), np.arange(len(labels))
    d = np.zeros_like(p)
    d[rows, labels] = -1 / p[rows, labels] / len(labels)
    return p * (d - (d * p).sum(1, keepdims=True))


def moved(params, velocity, grads, v, step) -> tuple[dict, dict]:
    new = {k: v(velocity[k], grads[k]) for k in params}
    return {k: params[k] + step(new[k], grads[k], velocity[k]) for k in params}, new


for _names, _v, _step in [
    ({"rate-on-velocity"}, lambda m, r: lambda v, g: m * v + g, lambda m, r: lambda n, g, v: -r * n),
    ({"momentum-averaged"}, lambda m, r: lambda v, g: m * v + (1 - m) * g, lambda m, r: lambda n, g, v: -r * n),
    ({"velocity-uphill"}, lambda m, r: lambda v, g: m * v + r * g, lambda m, r: lambda n, g, v: -n),
    ({"nesterov"}, lambda m, r: lambda v, g: m * v - r * g, lambda m, r: lambda n, g, v: m * n - r * g),
    ({"nesterov"}, lambda m, r: lambda v, g: m * v - r * g, lambda m, r: lambda n, g, v: (1 + m) * n - m * v),
    ({"rate-forgotten"}, lambda m, r: lambda v, g: m * v - g, lambda m, r: lambda n, g, v: n),
]:  # fmt: skip
    KINDS.append((
        "momentum_step", _names,
        lambda p, v, g, rate, m, one=_v, two=_step: moved(p, v, g, one(m, rate), two(m, rate)),
    ))  # fmt: skip


# --- counted ----------------------------------------------------------------------------------------------------------

KINDS += [
    ("output_size", {"size-precedence"}, lambda n, k, s=1, p=0, d=1: n + 2 * p - (d * (k - 1) + 1) // s + 1),
    ("output_size", {"size-remainder"}, lambda n, k, s=1, p=0, d=1: (n + 2 * p - d * (k - 1) - 1) % s + 1),
    ("output_size", {"size-one-too-many"}, lambda n, k, s=1, p=0, d=1: (n + 2 * p - d * (k - 1)) // s + 1),
    ("output_size", {"rounded-up", "size-rounded-up"},
     lambda n, k, s=1, p=0, d=1: ceil((n + 2 * p - d * (k - 1) - 1) / s) + 1),
    ("num_parameters", {"bias-per-pair"},
     lambda shape, bias=False: int(np.prod(shape)) + (shape[-1] * shape[-2] if bias else 0)),
    ("num_parameters", {"sizes-added"}, lambda shape, bias=False: sum(shape)),
    ("num_parameters", {"per-filter-not-total"}, lambda shape, bias=False: int(np.prod(shape[:-1]))),
    ("output_size", {"padding-after"}, lambda n, k, s=1, p=0, d=1: (n - d * (k - 1) - 1) // s + 1 + 2 * p),
    ("receptive_field", {"from-the-wrong-end"},
     lambda layers: reduce(lambda w, one: (w - 1) * one[1] + one[0], layers, 1)),
    ("receptive_field", {"own-stride"}, lambda layers: 1 + sum((k - 1) * s for k, s in layers)),
    ("inputs_of_weight", {"j-and-m-exchanged"}, lambda x, j, m: x[m : m + j]),
    ("zero_insert", {"numbers-repeated"}, lambda g, stride: np.repeat(g, stride)),
    ("layer_shape", {"height-and-width-exchanged"},
     lambda i, k, stride=1, padding=0: (*(utils.output_size(i[a], k[a], stride, padding) for a in (1, 0)), k[3])),
    ("weight_of_pixel", {"index-turned-around"}, lambda p, q, i, j: (i - p, j - q)),
    ("fan_out", {"one-to-one"}, lambda n, k: np.ones(n)),
    ("numerical_gradient", {"half-forgotten"}, lambda f, x, g, step=1e-6: 2 * utils.numerical_gradient(f, x, g, step)),
    ("worst_error", {"error-relative"},
     lambda grad, f, x, g: float(np.max(np.abs(grad - utils.numerical_gradient(f, x, g))
                                        / (np.abs(grad) + np.abs(utils.numerical_gradient(f, x, g)))))),
]  # fmt: skip


@pytest.mark.parametrize(("about", "names", "wrong"), KINDS, ids=[f"{a}-{sorted(n)[0]}" for a, n, _ in KINDS])
def test_each_kind_is_told_by_its_name(about: str, names: set[str], wrong: Callable) -> None:
    cases = CASES[about][1] + (UNDERFLOW if about.startswith("cross_entropy") else [])
    with np.errstate(all="ignore"):
        cases = [c for c in cases if c.call(wrong) is not None]
        said = diagnosed(wrong, about, cases)
    assert said is not None, "nothing was said"
    assert names & set(said.names), said


def test_typed_answers_of_one_number() -> None:
    for about, on, answer, names in [
        ("output_size", case(32, 5, stride=2), 32 - 5 // 2 + 1, {"size-precedence"}),
        ("num_parameters", case((5, 4, 3, 10)), 22, {"sizes-added"}),
        ("layer_parameters", case((8, 6, 3), (3, 3, 3, 5), padding=1), 135 * 48, {"counted-at-each-place"}),
        ("layer_parameters", case((8, 6, 3), (3, 3, 3, 5), bias=True), 135 + 24 * 5, {"bias-per-place"}),
        ("layer_shape", case((32, 28, 3), (5, 5, 3, 4), padding=2), (34, 30, 4), {"half-window"}),
        ("layer_shape", case((32, 28, 3), (5, 5, 3, 4)), (1, 28, 24, 4), {"batch-axis-added"}),
        ("fan_out", case(7, 3), [1, 2, 2, 2, 2, 2, 1], {"filter-too-short"}),
        ("fan_out", case(7, 3), [3, 2, 1, 1, 1, 2, 3], {"edges-and-middle-exchanged"}),
        ("layer_shape", case((6, 9, 4), (3, 3, 4, 5), stride=2), (4, 2, 5), {"size-of-other-axis"}),
        ("reversed_index", case(0, 5), -4, {"reversed-index-turned"}),
        ("update_running", case([0.0], [1.0], [[1.0], [4]], 0.25), ([0.625], [-0.375]), set()),
    ]:
        with pytest.raises(Failure) as failure:
            expect(answer, like=CASES[about][0] if about in CASES else None, on=on, about=about)  # type: ignore[arg-type]
        assert not names or failure.value.misconception in names, failure.value


def test_nothing_written_and_changed_inputs_come_first() -> None:
    reference, cases = CASES["conv2d"]

    def zeros(x, w, *args, **kwargs):
        return np.zeros_like(reference(x, w, *args, **kwargs))

    def doubled(x, w, *args, **kwargs):
        x *= 2
        return reference(x, w, *args, **kwargs)

    for wrong, name in ((zeros, "nothing-written"), (doubled, None)):
        with pytest.raises(Failure) as failure:
            expect(wrong, like=reference, on=cases, forbid=())
        assert name is None or failure.value.misconception == name
    assert "changed one of its arguments" in str(failure.value)


def test_a_lone_1_is_no_remainder_of_a_division_by_1() -> None:
    with pytest.raises(Failure) as typed:
        expect(1, like=utils.output_size, on=case(49, 8))
    assert typed.value.misconception != "size-remainder"
    with pytest.raises(Failure) as coded:
        expect(lambda n, k, s: (n - k) % s + 1, like=utils.output_size, on=[case(49, 8, 1), case(9, 3, 1)])
    assert coded.value.misconception == "size-remainder"
