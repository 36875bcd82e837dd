"""One loop for each letter: the specifications themselves; gradients that scatter or gather number by number."""

import numpy as np

y_by_hand = np.array([[8, -1], [7, 6]])
y_with_minus = -1 * 4 + 3 * -1 + 1 * 1 + 2 * 2
grad_x_by_hand = ((2, -5, 2), (7, 3, -10), (3, 14, 8))
grad_w_by_hand = np.array([[2, 5], [15, 11]])


def slide2d(x, w):
    kH, kW, C, D = w.shape
    y = np.zeros((x.shape[0], x.shape[1] - kH + 1, x.shape[2] - kW + 1, D), dtype=x.dtype)
    for b, i, j, d in np.ndindex(y.shape):
        for u, v, c in np.ndindex(kH, kW, C):
            y[b, i, j, d] += x[b, i + u, j + v, c] * w[u, v, c, d]
    return y


def true_convolution(x, w):
    kH, kW, C, D = w.shape
    y = np.zeros((x.shape[0], x.shape[1] - kH + 1, x.shape[2] - kW + 1, D), dtype=x.dtype)
    for b, i, j, d in np.ndindex(y.shape):
        for h, v, c in np.ndindex(kH, kW, C):
            y[b, i, j, d] += x[b, i + kH - 1 - h, j + kW - 1 - v, c] * w[h, v, c, d]
    return y


def numerical_gradient(f, x, grad_output, step=1e-6):
    x = x.copy()
    gradient = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        value = x[index]
        x[index] = value + step
        above = (grad_output * f(x)).sum()
        x[index] = value - step
        below = (grad_output * f(x)).sum()
        x[index] = value
        gradient[index] = (above - below) / step / 2
    return gradient


def worst_error(gradient, f, x, grad_output):
    worst = 0.0
    judge = numerical_gradient(f, x, grad_output)
    for index in np.ndindex(x.shape):
        worst = max(worst, abs(gradient[index] - judge[index]))
    return worst


def backward_kernel(w):
    kH, kW, C, D = w.shape
    back = np.zeros((kH, kW, D, C), dtype=w.dtype)
    for u, v, c, d in np.ndindex(w.shape):
        back[kH - 1 - u, kW - 1 - v, d, c] = w[u, v, c, d]
    return back


def grad_input(grad_output, w, input_shape):
    dx = np.zeros(input_shape, dtype=w.dtype)
    for b, i, j, d in np.ndindex(grad_output.shape):
        dx[b, i : i + w.shape[0], j : j + w.shape[1]] += grad_output[b, i, j, d] * w[..., d]
    return dx


def true_grad_input(grad_output, w, input_shape):
    kH, kW = w.shape[:2]
    dx = np.zeros(input_shape, dtype=w.dtype)
    for b, i, j, d in np.ndindex(grad_output.shape):
        for h, v, c in np.ndindex(w.shape[:3]):
            dx[b, i + kH - 1 - h, j + kW - 1 - v, c] += grad_output[b, i, j, d] * w[h, v, c, d]
    return dx


def grad_weight(grad_output, x, kernel_shape):
    dw = np.zeros(kernel_shape, dtype=x.dtype)
    for b, i, j, d in np.ndindex(grad_output.shape):
        dw[..., d] += grad_output[b, i, j, d] * x[b, i : i + dw.shape[0], j : j + dw.shape[1]]
    return dw


def true_grad_weight(grad_output, x, kernel_shape):
    kH, kW, C, _ = kernel_shape
    dw = np.zeros(kernel_shape, dtype=x.dtype)
    for b, i, j, d in np.ndindex(grad_output.shape):
        for h, v, c in np.ndindex(kH, kW, C):
            dw[h, v, c, d] += grad_output[b, i, j, d] * x[b, i + kH - 1 - h, j + kW - 1 - v, c]
    return dw


def conv2d_grad_bias(grad_output):
    db = np.zeros(grad_output.shape[-1], dtype=grad_output.dtype)
    for b in range(len(grad_output)):
        for row in grad_output[b]:
            for pixel in row:
                db += pixel
    return db


def conv2d(x, w, bias=None, stride=(1, 1), padding=(0, 0)):
    (B, H, W, _), (kH, kW, _, D) = x.shape, w.shape
    rows = range(-padding[0], H + padding[0] - kH + 1, stride[0])
    columns = range(-padding[1], W + padding[1] - kW + 1, stride[1])
    y = np.zeros((B, len(rows), len(columns), D), dtype=x.dtype)
    for i, top in enumerate(rows):
        for j, left in enumerate(columns):
            for u in range(kH):
                for v in range(kW):
                    if 0 <= top + u < H and 0 <= left + v < W:
                        y[:, i, j] += x[:, top + u, left + v] @ w[u, v]
            if bias is not None:
                y[:, i, j] += bias
    return y


def conv2d_grad_input(grad_output, w, input_shape, stride=(1, 1), padding=(0, 0)):
    dx = np.zeros(input_shape, dtype=w.dtype)
    for i, j, u, v in np.ndindex(*grad_output.shape[1:3], *w.shape[:2]):
        r, s = i * stride[0] + u - padding[0], j * stride[1] + v - padding[1]
        if r in range(input_shape[1]) and s in range(input_shape[2]):
            dx[:, r, s] += grad_output[:, i, j] @ w[u, v].T
    return dx


def conv2d_grad_weight(grad_output, x, kernel_shape, stride=(1, 1), padding=(0, 0)):
    dw = np.zeros(kernel_shape, dtype=x.dtype)
    for i, j, u, v in np.ndindex(*grad_output.shape[1:3], *kernel_shape[:2]):
        r, s = i * stride[0] + u - padding[0], j * stride[1] + v - padding[1]
        if r in range(x.shape[1]) and s in range(x.shape[2]):
            dw[u, v] += x[:, r, s].T @ grad_output[:, i, j]
    return dw
