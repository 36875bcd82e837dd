"""Plain loops, one road at a time; formulas in factored or expanded forms."""

import numpy as np
import sympy as sp

x_0, x_1, x_2, x_3 = sp.symbols("x_0:4")
w_0, w_1, w_2 = sp.symbols("w_0:3")
delta_0, delta_1 = sp.symbols("delta_0:2")

y_formulas = (w_0 * x_0 + w_1 * x_1 + w_2 * x_2, sp.expand(x_1 * w_0 + (x_2 * w_1 + x_3 * w_2)))
outputs_for_each_input = (1, 2, 3, 3, 2, 1)
dy_dx = [[w_0, w_1, w_2, 0], [0, w_0, w_1, w_2]]
dL_dx = [w_0 * delta_0, w_0 * (delta_1 + delta_0 * w_1 / w_0), w_2 * delta_0 + w_1 * delta_1, delta_1 * w_2]
grad_x_by_hand = (3, 8, -9, 2)
dL_dw = [x_0 * delta_0 + x_1 * delta_1, x_1 * delta_0 + x_2 * delta_1, x_2 * delta_0 + x_3 * delta_1]
grad_x_strided = [3.0, 9.0, -7.0, -3.0, 2.0, 0.0]


def reversed_index(h, k):
    for index in range(k):
        if index + h == k - 1:
            return index


def grad_input(grad_output, w, n):
    dx = np.zeros(n, dtype=w.dtype)
    for i in range(len(grad_output)):
        for j in range(len(w)):
            dx[i + j] += grad_output[i] * w[j]
    return dx


def inputs_of_weight(x, j, m):
    return np.array([x[i + j] for i in range(m)])


def grad_weight(grad_output, x, k):
    dw = np.zeros(k, dtype=x.dtype)
    for i in range(len(grad_output)):
        for j in range(k):
            dw[j] += grad_output[i] * x[i + j]
    return dw


def grad_input_padded(grad_output, w, n, padding):
    dx = np.zeros(n, dtype=w.dtype)
    for i, delta in enumerate(grad_output):
        for j, weight in enumerate(w):
            if 0 <= i + j - padding < n:
                dx[i + j - padding] += delta * weight
    return dx


def zero_insert(grad_output, stride):
    result = []
    for i, delta in enumerate(grad_output):
        if i > 0:
            result.extend([0] * (stride - 1))
        result.append(delta)
    return np.array(result)


def conv1d_grad_input(grad_output, w, n, stride=1, padding=0):
    padded = [0.0] * (n + 2 * padding)
    for i, delta in enumerate(grad_output):
        for j, weight in enumerate(w):
            padded[i * stride + j] += delta * weight
    return np.array(padded[padding : padding + n])


def conv1d_grad_weight(grad_output, x, k, stride=1, padding=0):
    dw = np.zeros(k, dtype=x.dtype)
    for j in range(k):
        for i, delta in enumerate(grad_output):
            place = i * stride + j - padding
            if place in range(len(x)):
                dw[j] += delta * x[place]
    return dw


def grad_input_by_matrix(grad_output, w, n, stride=1, padding=0):
    matrix = np.zeros((len(grad_output), n + 2 * padding), dtype=w.dtype)
    for i in range(len(grad_output)):
        matrix[i, i * stride : i * stride + len(w)] = w
    dx = np.zeros(n + 2 * padding, dtype=w.dtype)
    for row, delta in zip(matrix, grad_output):
        dx += delta * row
    return dx[padding : n + padding]
