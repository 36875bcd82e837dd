"""Sliding windows and einsum; the gradients as one contraction each."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

y_by_hand = [[8.0, -1.0], [7.0, 6.0]]
y_with_minus = np.float64(-2)
grad_x_by_hand = np.array([[2.0, -5, 2], [7, 3, -10], [3, 14, 8]])
grad_w_by_hand = [(2, 5), (15, 11)]


def _windows(x, kH, kW):
    return sliding_window_view(x, (kH, kW), axis=(1, 2))  # (B, oH, oW, C, kH, kW)


def slide2d(x, w):
    return np.einsum("bijcuv,uvcd->bijd", _windows(x, *w.shape[:2]), w)


def true_convolution(x, w):
    return np.einsum("bijcuv,uvcd->bijd", _windows(x, *w.shape[:2])[..., ::-1, ::-1], w)


def numerical_gradient(f, x, grad_output, step=1e-6):
    moves = np.eye(x.size).reshape(x.size, *x.shape) * step
    slopes = [np.vdot(grad_output, f(x + move) - f(x - move)) / (2 * step) for move in moves]
    return np.array(slopes).reshape(x.shape)


def worst_error(gradient, f, x, grad_output):
    return np.linalg.norm(np.ravel(gradient - numerical_gradient(f, x, grad_output)), ord=np.inf)


def backward_kernel(w):
    return np.einsum("uvcd->uvdc", np.flip(w, axis=(0, 1)))


def grad_input(grad_output, w, input_shape):
    kH, kW = w.shape[:2]
    around = np.pad(grad_output, [(0, 0), (kH - 1,) * 2, (kW - 1,) * 2, (0, 0)])
    return np.einsum("bijduv,uvcd->bijc", _windows(around, kH, kW), np.flip(w, (0, 1)))


def true_grad_input(grad_output, w, input_shape):
    kH, kW = w.shape[:2]
    around = np.pad(grad_output, [(0, 0), (kH - 1,) * 2, (kW - 1,) * 2, (0, 0)])
    return np.einsum("bijduv,uvcd->bijc", _windows(around, kH, kW), w)


def grad_weight(grad_output, x, kernel_shape):
    return np.einsum("bijcuv,bijd->uvcd", _windows(x, *kernel_shape[:2]), grad_output)


def true_grad_weight(grad_output, x, kernel_shape):
    return np.flip(grad_weight(grad_output, x, kernel_shape), axis=(0, 1))


def conv2d_grad_bias(grad_output):
    return np.einsum("bijd->d", grad_output)


def conv2d(x, w, bias=None, stride=(1, 1), padding=(0, 0)):
    (pH, pW), (sH, sW) = padding, stride
    windows = _windows(np.pad(x, [(0, 0), (pH, pH), (pW, pW), (0, 0)]), *w.shape[:2])[:, ::sH, ::sW]
    y = np.einsum("bijcuv,uvcd->bijd", windows, w)
    return y if bias is None else y + bias[None, None, None, :]


def conv2d_grad_input(grad_output, w, input_shape, stride=(1, 1), padding=(0, 0)):
    _, H, W, _ = input_shape
    (pH, pW), (sH, sW) = padding, stride
    padded = np.zeros((input_shape[0], H + 2 * pH, W + 2 * pW, input_shape[3]), dtype=w.dtype)
    pieces = np.einsum("bijd,uvcd->bijcuv", grad_output, w)
    windows = sliding_window_view(padded, w.shape[:2], axis=(1, 2), writeable=True)[:, ::sH, ::sW]
    for u in range(w.shape[0]):
        for v in range(w.shape[1]):
            windows[..., u, v] += pieces[..., u, v]
    return padded[:, pH : H + pH, pW : W + pW, :]


def conv2d_grad_weight(grad_output, x, kernel_shape, stride=(1, 1), padding=(0, 0)):
    (pH, pW), (sH, sW) = padding, stride
    padded = np.pad(x, [(0, 0), (pH, pH), (pW, pW), (0, 0)])
    windows = _windows(padded, *kernel_shape[:2])[:, ::sH, ::sW]
    return np.einsum("bijcuv,bijd->uvcd", windows, grad_output)
