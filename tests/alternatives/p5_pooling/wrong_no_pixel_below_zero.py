"""The maximum starts at 0, so windows of negative numbers become 0. [mistake: max-starts-at-zero]"""

import numpy as np


def max_pool2d(x, kernel_size, stride):
    rows, columns = (pooled_size(n, kernel_size, stride) for n in x.shape[1:3])
    y = np.zeros((len(x), rows, columns, x.shape[3]), x.dtype)
    for i, j, h, w in np.ndindex(y.shape[1], y.shape[2], kernel_size, kernel_size):
        y[:, i, j] = np.maximum(y[:, i, j], x[:, i * stride + h, j * stride + w])
    return y
