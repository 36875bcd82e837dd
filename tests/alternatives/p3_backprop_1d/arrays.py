"""No loops over single numbers: np.convolve, sliding windows, index arrays, SymPy's own derivatives."""

import numpy as np
import sympy as sp

import utils

x = sp.symbols("x_0:4")
w = sp.symbols("w_0:3")
delta = sp.symbols("delta_0:2")

y_formulas = [sum(x[m + j] * w[j] for j in range(3)) for m in range(2)]
outputs_for_each_input = np.convolve(np.ones(4, dtype=int), np.ones(3, dtype=int))
dy_dx = sp.Matrix(y_formulas).jacobian(x)
loss = sum(d * y for d, y in zip(delta, y_formulas))
dL_dx = [sp.diff(loss, letter) for letter in x]
grad_x_by_hand = np.convolve([3, -1], [1, 3, -2])
dL_dw = tuple(sp.diff(loss, letter) for letter in w)
grad_x_strided = np.convolve([3, 0, -1], [1, 3, -2, 0])


def reversed_index(h, k):
    return int(np.arange(k)[::-1][h])


def grad_input(grad_output, w, n):
    return np.convolve(grad_output, w, mode="full")


def inputs_of_weight(x, j, m):
    return np.lib.stride_tricks.sliding_window_view(x, m)[j]


def grad_weight(grad_output, x, k):
    return np.lib.stride_tricks.sliding_window_view(x, len(grad_output)) @ grad_output


def grad_input_padded(grad_output, w, n, padding):
    return np.convolve(grad_output, w)[padding:][:n]


def zero_insert(grad_output, stride):
    rows = np.pad(grad_output[:, None], ((0, 0), (0, stride - 1)))
    return rows.reshape(-1)[: rows.size - stride + 1]


def conv1d_grad_input(grad_output, w, n, stride=1, padding=0):
    places = stride * np.arange(len(grad_output))[:, None] + np.arange(len(w))
    padded = np.zeros(n + 2 * padding, dtype=w.dtype)
    np.add.at(padded, places, np.outer(grad_output, w))
    return padded[padding : padding + n]


def conv1d_grad_weight(grad_output, x, k, stride=1, padding=0):
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(x, padding), k)[::stride]
    return np.einsum("i,ij->j", grad_output, windows[: len(grad_output)])


def grad_input_by_matrix(grad_output, w, n, stride=1, padding=0):
    return (grad_output @ utils.conv_matrix(w, n, stride, padding))[padding : padding + n]
