"""Public cases for the operations that only the notebooks of problems 3 and 4 have, with loops as references."""

import numpy as np

from utils.check import case, draw

Array = np.ndarray


def fan_out(n: int, k: int) -> Array:
    return np.array([sum(start <= i < start + k for start in range(n - k + 1)) for i in range(n)])


def reversed_index(h: int, k: int) -> int:
    return list(reversed(range(k)))[h]


def inputs_of_weight(x: Array, j: int, m: int) -> Array:
    return np.array([x[start + j] for start in range(m)])


def zero_insert(grad_output: Array, stride: int) -> Array:
    out = np.zeros((len(grad_output) - 1) * stride + 1, grad_output.dtype)
    for i, delta in enumerate(grad_output):
        out[i * stride] = delta
    return out


def backward_kernel(w: Array) -> Array:
    k_h, k_w, channels, filters = w.shape
    back = np.zeros((k_h, k_w, filters, channels), w.dtype)
    for u, v, c, d in np.ndindex(w.shape):
        back[k_h - 1 - u, k_w - 1 - v, d, c] = w[u, v, c, d]
    return back


def true_grad_input(grad_output: Array, w: Array, input_shape: tuple[int, ...]) -> Array:
    dx = np.zeros(input_shape, w.dtype)
    for b, i, j, d in np.ndindex(grad_output.shape):
        for h, v, c in np.ndindex(w.shape[:3]):
            dx[b, i + w.shape[0] - 1 - h, j + w.shape[1] - 1 - v, c] += grad_output[b, i, j, d] * w[h, v, c, d]
    return dx


def true_grad_weight(grad_output: Array, x: Array, kernel_shape: tuple[int, ...]) -> Array:
    k_h, k_w = kernel_shape[:2]
    dw = np.zeros(kernel_shape, x.dtype)
    for b, i, j, d in np.ndindex(grad_output.shape):
        for h, v, c in np.ndindex(kernel_shape[:3]):
            dw[h, v, c, d] += grad_output[b, i, j, d] * x[b, i + k_h - 1 - h, j + k_w - 1 - v, c]
    return dw


def _square(x: Array) -> Array:
    return x * x


def worst_error(gradient: Array, f: object, x: Array, grad_output: Array) -> float:
    """The slopes of _square are known, so no finite difference is needed."""
    return float(np.abs(gradient - 2 * x * grad_output).max())


def weight_of_pixel(p: int, q: int, i: int, j: int) -> tuple[int, ...]:
    return next((u, v) for u in range(9) for v in range(9) if (i + u, j + v) == (p, q))


def weight_many(p: int, q: int, i: int, j: int, c: int, d: int) -> tuple[int, ...]:
    return (*weight_of_pixel(p, q, i, j), c, d)


def input_of_weight(u: int, v: int, i: int, j: int) -> tuple[int, ...]:
    return next((p, q) for p in range(20) for q in range(20) if (p - i, q - j) == (u, v))


def input_many(b: int, u: int, v: int, i: int, j: int, c: int) -> tuple[int, ...]:
    return (b, *input_of_weight(u, v, i, j), c)


def summed_over(delta: str, weight: str) -> str:
    return "".join(letter for letter in "abcdefghij" if letter in delta and letter not in weight)


_X, _DELTA = [3.0, -1], [1.0, 10]
_W, _IMAGE, _BACK = draw((2, 3, 2, 2), 1), draw((1, 4, 5, 2), 2), draw((1, 3, 3, 2), 3)

CASES = {
    "fan_out": (fan_out, [case(6, 3), case(5, 2)]),
    "reversed_index": (reversed_index, [case(h, 3) for h in range(3)]),
    "inputs_of_weight": (inputs_of_weight, [case([2, 1, 0, 3], j, 2) for j in range(3)]),
    "zero_insert": (zero_insert, [case([3, -1], 2), case([3, -1, 4], 3), case([3, -1], 1)]),
    "backward_kernel": (backward_kernel, [case(draw((2, 2, 1, 1), 1)), case(draw((2, 3, 2, 2), 3))]),
    "true_grad_input": (true_grad_input, [case(_BACK, _W, _IMAGE.shape)]),
    "true_grad_weight": (true_grad_weight, [case(_BACK, _IMAGE, _W.shape)]),
    "weight_of_pixel": (weight_of_pixel, [case(7, 9, 2, 5)]),
    "weight_many": (weight_many, [case(7, 9, 2, 5, 1, 3)]),
    "input_of_weight": (input_of_weight, [case(2, 3, 7, 4)]),
    "input_many": (input_many, [case(6, 2, 3, 7, 4, 1)]),
    "summed_over": (summed_over, [case("bijd", "uvcd")]),
    "worst_error": (worst_error, [case(g, _square, _X, _DELTA) for g in ([6.5, -25], [5, -17])]),
}
