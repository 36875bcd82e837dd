"""Equal pixels each get the whole gradient. [mistake: max-tie-duplicated]"""

import numpy as np


def max_pool2d_grad(grad_output, x, kernel_size, stride):
    dx = np.zeros_like(x)
    _, rows, columns, _ = grad_output.shape
    for i in range(rows):
        for j in range(columns):
            index = np.s_[:, i * stride : i * stride + kernel_size, j * stride : j * stride + kernel_size]
            dx[index] += (x[index] == x[index].max(axis=(1, 2), keepdims=True)) * grad_output[:, i : i + 1, j : j + 1]
    return dx
