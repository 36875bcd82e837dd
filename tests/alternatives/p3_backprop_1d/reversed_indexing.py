"""One input at a time, counting the weights backwards; outer products summed along diagonals."""

import numpy as np
import sympy as sp

import utils

x_0, x_1, x_2, x_3 = sp.symbols("x0:4")
w_0, w_1, w_2 = sp.symbols("w0:3")
delta_0, delta_1 = sp.symbols("delta0:2")

y_formulas = np.array([x_0 * w_0 + x_1 * w_1 + x_2 * w_2, x_1 * w_0 + x_2 * w_1 + x_3 * w_2])
outputs_for_each_input = [min(i + 1, 3, 6 - i) for i in range(6)]
dy_dx = np.array([[w_0, w_1, w_2, 0], [0, w_0, w_1, w_2]])
dL_dx = list(sp.Matrix(dy_dx).T * sp.Matrix([delta_0, delta_1]))
grad_x_by_hand = [3 * 1, 3 * 3 + -1 * 1, 3 * -2 + -1 * 3, -1 * -2]
dL_dw = list(sp.Matrix([[x_0, x_1], [x_1, x_2], [x_2, x_3]]) * sp.Matrix([delta_0, delta_1]))
grad_x_strided = np.array([3, 9, -7, -3, 2, 0])


def reversed_index(h, k):
    return ~h + k


def grad_input(grad_output, w, n):
    m, k = len(grad_output), len(w)
    return np.array([sum(grad_output[i - j] * w[j] for j in range(k) if 0 <= i - j < m) for i in range(n)])


def inputs_of_weight(x, j, m):
    return np.take(x, range(j, j + m))


def grad_weight(grad_output, x, k):
    table = np.outer(grad_output, x)
    return np.array([np.trace(table, offset=j) for j in range(k)])


def grad_input_padded(grad_output, w, n, padding):
    around = np.pad(grad_output, len(w) - 1)
    windows = np.lib.stride_tricks.sliding_window_view(around, len(w))
    return windows[padding : padding + n] @ np.flip(w)


def zero_insert(grad_output, stride):
    return np.kron(grad_output, np.eye(1, stride)[0].astype(grad_output.dtype))[: (len(grad_output) - 1) * stride + 1]


def conv1d_grad_input(grad_output, w, n, stride=1, padding=0):
    dx = []
    for i in range(n):
        total = 0 * w[0]
        for m, delta in enumerate(grad_output):
            j = i + padding - m * stride
            if 0 <= j < len(w):
                total += delta * w[j]
        dx.append(total)
    return np.array(dx)


def conv1d_grad_weight(grad_output, x, k, stride=1, padding=0):
    padded = np.concatenate([np.zeros(padding, x.dtype), x, np.zeros(padding, x.dtype)])
    stop = (len(grad_output) - 1) * stride + 1
    return np.stack([padded[j : j + stop : stride].dot(grad_output) for j in range(k)])


def grad_input_by_matrix(grad_output, w, n, stride=1, padding=0):
    W = utils.conv_matrix(w, n, stride, padding)
    return np.tensordot(W, grad_output, axes=(0, 0))[padding : W.shape[1] - padding]
